/* act_elsewhere.c - messages go to a folder of another account: no server can do that, so each is fetched whole, stands in
 * the other account at once, and its own engine puts it on the server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Of a move the original goes into the trash of its account, and only when the other account has the message on the disk:
 * whatever is cut off in between, it is there once at least. */
#include "config.h"
#include "ui/app_private.h"
#include "base/intl.h"
#include "store/acts.h"
#include "store/bodies.h"

#include <string.h>

enum { ITEMS_AT_ONCE = 50, BYTES_AT_ONCE = 4 << 20 };

typedef struct {
	gint64 number;		/* in the letters */
	guint from, to;		/* accounts */
	gint64 folder;		/* in `to` */
	bool move;
	GArray *ids;		/* owned */
	guint at;		/* of ids: the next one */
	gint64 asked;		/* that message's text is on its way; 0: none */
	Request *gathering;	/* owned; NULL: nothing yet */
	gsize bytes;
	GArray *gathered;	/* owned, of gint64 */
	bool posted;		/* gathered is with the other engine */
	guint done;
} Errand;

static void
errand_free(gpointer p)
{
	Errand *er = p;
	g_array_unref(er->ids);
	g_array_unref(er->gathered);
	request_free(er->gathering);
	g_free(er);
}

static char *
target_name(App *a, const Errand *er)
{
	const AppAccount *acc = app_account_of(a, er->to);
	g_autoptr(Folder) f = acc && acc->db ? folders_get(acc->db, er->folder, NULL) : NULL;
	return g_strdup_printf("%s/%s", acc ? acc->account->name : "", f ? f->name : "");
}

static void
give_up(App *a, Errand *er, const char *why)
{
	g_autofree char *name = target_name(a, er);
	app_say(a, STYLE_WARN, _("%u of %u messages went to %s; the others stay where they are: %s"), er->done, er->ids->len, name, why ? why : "");
	g_ptr_array_remove(a->errands, er);
}

/* ---- gathering ---- */

static void
ask_for(App *a, Errand *er, gint64 id)
{
	Request *r = request_new(REQ_FETCH_PART);
	r->message = id;
	r->text = g_strdup("");
	er->asked = id;
	app_post(a, er->from, r);
	app_say(a, STYLE_PROGRESS, _("Fetching message %u of %u; it goes on by itself …"), er->at + 1, er->ids->len);
}

static void
gather(Errand *er, const Message *m, GBytes *whole)
{
	if (!er->gathering) {
		er->gathering = request_new(REQ_APPEND);
		er->gathering->folder = er->folder;
		er->gathering->when = er->number;
	}
	request_add_item(er->gathering, append_item_new(whole, m->flags & ~(guint32)(FLAG_RECENT | FLAG_DELETED), m->received, m->keywords));
	g_array_append_val(er->gathered, m->id);
	er->bytes += g_bytes_get_size(whole);
}

static bool
is_full(const Errand *er)
{
	return er->gathered->len >= ITEMS_AT_ONCE || er->bytes >= BYTES_AT_ONCE || er->at == er->ids->len;
}

static void
go_on(App *a, Errand *er)
{
	const AppAccount *acc = app_account_of(a, er->from);

	while (!er->posted && !er->asked && acc && er->at < er->ids->len && (er->gathered->len == 0 || !is_full(er))) {
		gint64 id = g_array_index(er->ids, gint64, er->at);
		g_autoptr(Message) m = messages_get(acc->db, id, NULL);
		g_autoptr(GBytes) whole = m ? bodies_get(acc->db, id, "", NULL) : NULL;
		if (m && !whole) {
			ask_for(a, er, id);
			return;
		}
		er->at++;
		if (m)	/* else it went meanwhile */
			gather(er, m, whole);
	}
	if (er->posted || er->asked)
		return;
	if (!er->gathering) {
		if (er->at == er->ids->len)
			g_ptr_array_remove(a->errands, er);
		return;
	}
	er->posted = true;
	app_post(a, er->to, g_steal_pointer(&er->gathering));
}

void
elsewhere_body_came(App *a, const Letter *l)
{
	for (guint i = 0; a->errands && i < a->errands->len; i++) {
		Errand *er = g_ptr_array_index(a->errands, i);
		const AppAccount *acc = app_account_of(a, er->from);
		if (l->account != er->from || l->message != er->asked || !er->asked || (l->text && *l->text))
			continue;
		if (l->failed)
			give_up(a, er, l->text2);
		else if (acc && bodies_has(acc->db, l->message, "")) {
			er->asked = 0;
			go_on(a, er);
		}
		return;
	}
}

/* ---- the answers ---- */

static void
remove_originals(App *a, Errand *er)
{
	Request *r = request_new(REQ_DELETE);
	r->ids = g_array_ref(er->gathered);
	r->when = er->number;
	for (guint i = 0; i < er->gathered->len && er->from == a->account; i++)
		tags_remove(a, g_array_index(er->gathered, gint64, i));
	app_post(a, er->from, r);
}

static void
say_done(App *a, const Errand *er)
{
	g_autofree char *name = target_name(a, er);
	if (er->at < er->ids->len)
		app_say(a, STYLE_PROGRESS, _("%u of %u messages are in %s …"), er->done, er->ids->len, name);
	else if (er->move)
		app_say(a, STYLE_STATUS, ngettext("%u message moved to %s; the original is in the trash.", "%u messages moved to %s; the originals are in the trash.", er->done),
			er->done, name);
	else
		app_say(a, STYLE_STATUS, ngettext("%u message copied to %s.", "%u messages copied to %s.", er->done), er->done, name);
}

static void
put(App *a, Errand *er)
{
	er->done += er->gathered->len;
	er->posted = false;
	say_done(a, er);
	if (er->move)
		remove_originals(a, er);
	g_array_unref(er->gathered);
	er->gathered = g_array_new(FALSE, FALSE, sizeof(gint64));
	er->bytes = 0;
	go_on(a, er);
}

bool
elsewhere_act_came(App *a, const Letter *l)
{
	if (!l->when)
		return false;
	for (guint i = 0; a->errands && i < a->errands->len; i++) {
		Errand *er = g_ptr_array_index(a->errands, i);
		if (er->number != l->when || l->account != er->to)
			continue;
		if (l->failed)
			give_up(a, er, l->text2);
		else
			put(a, er);
		return true;
	}
	return !l->failed;	/* the originals */
}

/* ---- the door ---- */

void
elsewhere_go(App *a, GArray *ids, guint to, gint64 folder, bool move)
{
	static gint64 number;
	const AppAccount *target = app_account_of(a, to);

	if (!target || !target->engine) {
		app_say(a, STYLE_WARN, "%s", _("Another eilpost has this account; do it there."));
		g_array_unref(ids);
		return;
	}
	Errand *er = g_new0(Errand, 1);
	*er = (Errand){ .number = ++number, .from = a->account, .to = to, .folder = folder, .move = move, .ids = ids,
		.gathered = g_array_new(FALSE, FALSE, sizeof(gint64)) };
	if (!a->errands)
		a->errands = g_ptr_array_new_with_free_func(errand_free);
	g_ptr_array_add(a->errands, er);
	go_on(a, er);
}
