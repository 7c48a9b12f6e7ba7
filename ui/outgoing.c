/* outgoing.c - the mails of the person that are on their way, in short.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/outgoing.h"
#include "ui/view/waitlist.h"
#include "base/intl.h"

#define TAKE_BACK G_GINT64_CONSTANT(-8437201)	/* our number in LETTER_DRAFT: no composer's */

typedef struct {
	guint account;
	gint64 id, not_before;
	OutState state;
	bool refused;		/* by some recipient */
	bool undo;		/* may leave after its undo time, was not tried yet */
	char *people;		/* owned */
} Mail;

struct Outgoing {
	GArray *mails;		/* owned, of Mail: all but drafts and what is filed */
	gint64 seen_at;		/* monotonic: when the newest came */
};

static void
mail_clear(gpointer p)
{
	g_free(((Mail *)p)->people);
}

static GArray *
mails_new(void)
{
	GArray *mails = g_array_new(FALSE, TRUE, sizeof(Mail));
	g_array_set_clear_func(mails, mail_clear);
	return mails;
}

Outgoing *
outgoing_new(void)
{
	Outgoing *o = g_new0(Outgoing, 1);
	o->mails = mails_new();
	return o;
}

void
outgoing_free(Outgoing *o)
{
	if (!o)
		return;
	g_array_unref(o->mails);
	g_free(o);
}

static const Mail *
find(const GArray *mails, guint account, gint64 id)
{
	for (guint i = 0; i < mails->len; i++) {
		const Mail *m = &g_array_index(mails, Mail, i);
		if (m->account == account && m->id == id)
			return m;
	}
	return NULL;
}

static bool
has_left(OutState s)
{
	return s == OUT_SENT || s == OUT_FILED;
}

static void
say_sent(App *a, const AppAccount *acc, const Mail *was, const Mail *is)
{
	if (has_left(was->state))
		return;
	if (is ? !has_left(is->state) : false)
		return;
	if (!is) {
		g_autoptr(OutRow) row = outbox_get(acc->db, was->id, NULL);
		if (!row || !has_left(row->state))
			return;	/* taken back, or given up */
	}
	if (!is || !is->refused)	/* else the engine tells who has not got it */
		app_say(a, STYLE_STATUS, _("Sent to %s."), was->people);
}

/* Something that has not left, or needs the person. */
static bool
holds(const GArray *mails, guint account)
{
	for (guint i = 0; i < mails->len; i++) {
		const Mail *m = &g_array_index(mails, Mail, i);
		if (m->account == account && (m->state != OUT_SENT || m->refused))
			return true;
	}
	return false;
}

void
outgoing_read(App *a, guint account, bool say)
{
	Outgoing *o = a->outgoing;
	AppAccount *acc = app_account_of(a, account);
	g_autoptr(GPtrArray) rows = acc && acc->db ? outbox_list(acc->db, false, NULL) : NULL;
	GArray *fresh = mails_new();

	if (!rows) {
		g_array_unref(fresh);
		return;
	}
	for (guint i = 0; i < o->mails->len; i++) {	/* of the other accounts */
		Mail *m = &g_array_index(o->mails, Mail, i);
		if (m->account == account)
			continue;
		Mail moved = *m;
		moved.people = g_strdup(m->people);
		g_array_append_val(fresh, moved);
	}
	for (guint i = 0; i < rows->len; i++) {
		const OutRow *r = g_ptr_array_index(rows, i);
		Mail m = { account, r->id, r->not_before, r->state, r->n_refused > 0,
			r->state == OUT_QUEUED && !r->later && !r->tries && !r->last_error,
			waitlist_people(r->to) };
		if (!find(o->mails, account, r->id))
			o->seen_at = g_get_monotonic_time();
		g_array_append_val(fresh, m);
	}
	for (guint i = 0; say && i < o->mails->len; i++) {
		const Mail *was = &g_array_index(o->mails, Mail, i);
		if (was->account == account)
			say_sent(a, acc, was, find(fresh, account, was->id));
	}
	bool had = holds(o->mails, account);
	g_array_unref(o->mails);
	o->mails = fresh;
	/* what was said of the sending is over with its last mail; what keeps the account from the
	 * server is not */
	if (had && !holds(fresh, account) && acc->state != ENGINE_BLOCKED &&
		acc->state != ENGINE_WAITING)
		g_clear_pointer(&acc->trouble, clean_free);
}

void
outgoing_forget(App *a, guint account)
{
	GArray *mails = a->outgoing->mails;
	for (guint i = mails->len; i > 0; i--)
		if (g_array_index(mails, Mail, i - 1).account == account)
			g_array_remove_index(mails, i - 1);
}

OutgoingCounts
outgoing_counts(const Outgoing *o)
{
	OutgoingCounts n = { 0 };
	for (guint i = 0; i < o->mails->len; i++) {
		const Mail *m = &g_array_index(o->mails, Mail, i);
		OutState s = m->state;
		n.waiting += s == OUT_QUEUED || s == OUT_SENDING || s == OUT_DOT_SENT;
		n.needs_person +=
			s == OUT_UNKNOWN || s == OUT_FAILED || (s == OUT_FILED && m->refused);
	}
	return n;
}

bool
outgoing_leaves(const Outgoing *o, guint account)
{
	for (guint i = 0; i < o->mails->len; i++) {
		const Mail *m = &g_array_index(o->mails, Mail, i);
		if (m->account == account && m->state == OUT_SENDING)
			return true;
	}
	return false;
}

/* ---- undo send ---- */

static gint64
now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static const Mail *
newest(const Outgoing *o, bool in_undo_time)
{
	const Mail *best = NULL;
	gint64 now = now_s();
	for (guint i = 0; i < o->mails->len; i++) {
		const Mail *m = &g_array_index(o->mails, Mail, i);
		if (m->state != OUT_QUEUED || (in_undo_time && (!m->undo || m->not_before <= now)))
			continue;
		/* rows of two stores can't be compared: the later to leave was written later */
		if (!best || m->not_before > best->not_before ||
			(m->not_before == best->not_before && m->id > best->id))
			best = m;
	}
	return best;
}

bool
outgoing_counting(App *a)
{
	return newest(a->outgoing, true) != NULL;
}

Clean *
outgoing_countdown(App *a)
{
	const Mail *m = newest(a->outgoing, true);
	if (!m || (a->message && a->message_at > a->outgoing->seen_at))
		return NULL;
	guint left = (guint)(m->not_before - now_s());
	g_autofree char *key = keymap_first_key(a->keymap, app_where(a), CMD_undo);
	const AppAccount *acc = app_account_of(a, m->account);
	if (!waitlist_leaves_by_itself(acc->account, acc->stopped, acc->schedule_paused))
		return key ? clean_printf(_("The mail to %s waits in the outbox · %s takes it back"),
			m->people, key) : clean_printf(_("The mail to %s waits in the outbox"), m->people);
	if (!key)
		return clean_printf(_("The mail to %s leaves in %u s"), m->people, left);
	Clean *whole = clean_printf(
		_("The mail to %s leaves in %u s · %s takes it back"), m->people, left, key);
	if (utf8_columns(clean_peek(whole), -1) + 2 <= a->layout.status.w)
		return whole;
	clean_free(whole);
	return clean_printf(_("Leaves in %u s · %s: back"), left, key);
}

void
outgoing_edit(App *a, guint account, gint64 row)
{
	Request *r = request_new(REQ_OUT_EDIT);
	r->message = row;
	r->when = TAKE_BACK;
	app_post(a, account, r);
}

bool
outgoing_take_back(App *a)
{
	const Mail *m = newest(a->outgoing, true);
	if (!m)
		return false;
	app_say(a, STYLE_STATUS, _("The mail to %s comes back …"), m->people);
	outgoing_edit(a, m->account, m->id);
	return true;
}

void
outgoing_taken_back(App *a, const Letter *l)
{
	if (l->when != TAKE_BACK)
		return;
	if (l->failed)
		app_say(a, STYLE_WARN, "%s", l->text2 ? l->text2 : _("The mail has left already."));
	else {
		g_clear_pointer(&a->message, clean_free);	/* "comes back": it is here */
		compose_open_row(a, l->account, l->message);
	}
}
