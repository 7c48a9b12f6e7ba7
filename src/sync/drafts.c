/* drafts.c - a draft that was put aside stands in the server's folder of drafts too, once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The draft itself is the outbox's, here, with all that a message can't say (Bcc, half an address). Its copy goes through
 * the journal like each message that comes from here; the fact "draft-copy:ROW" names it, so that a newer one takes its place
 * and that it goes when the mail is sent. A draft that another program put there becomes the copy of the one that goes on
 * with it. */
#include "config.h"
#include "sync/outbox_private.h"
#include "base/intl.h"

#include <string.h>

static bool
no_copy(const Account *a)
{
	return a->drafts && (!strcmp(a->drafts, "no copy") || !strcmp(a->drafts, "no"));
}

static Folder *
drafts_folder(Engine *e)
{
	const char *name = e->account->drafts;

	if (!name || !*name)
		return folders_role(e->db, ROLE_DRAFTS, NULL);
	g_autoptr(GPtrArray) all = folders_list(e->db, NULL);
	for (guint i = 0; all && i < all->len; i++) {
		const Folder *f = g_ptr_array_index(all, i);
		if (!strcmp(f->name, name) && f->selectable)
			return folders_get(e->db, f->id, NULL);
	}
	return NULL;
}

/* An append that never left: the message was never there. */
static gint64
waiting_append(Engine *e, gint64 message)
{
	g_autoptr(GPtrArray) all = journal_list(e->db, NULL);

	for (guint i = 0; all && i < all->len; i++) {
		const Wish *w = g_ptr_array_index(all, i);
		if (w->kind == WISH_APPEND && w->message == message && w->state == WISH_WAITING && w->tries == 0)
			return w->id;
	}
	return 0;
}

static bool
take_away(Engine *e, const Message *m, bool into_trash, GError **err)
{
	gint64 append = waiting_append(e, m->id);
	bool made = false;

	if (append)
		return journal_again(e->db, append, true, err);
	gint64 trash = into_trash ? wish_role_folder(e, ROLE_TRASH, &made, err) : 0;
	if (into_trash && !trash)
		return false;
	return trash && trash != m->folder ? journal_move(e->db, m->id, trash, 0, err) : journal_delete(e->db, m->id, 0, err);
}

gint64
drafts_gone(Engine *e, gint64 row, bool into_trash, GError **err)
{
	gint64 copy = outbox_copy(e->db, row);
	g_autoptr(Message) m = copy ? messages_get(e->db, copy, NULL) : NULL;

	if (copy && !outbox_set_copy(e->db, row, 0, err))
		return -1;
	if (!m || e->read_only || journal_is_going(e->db, copy))
		return 0;
	return take_away(e, m, into_trash, err) ? m->folder : -1;
}

void
drafts_changed(Engine *e, gint64 folder)
{
	if (folder > 0)
		engine_changed(e, folder, CHANGE_ADDED | CHANGE_REMOVED | CHANGE_COUNTS);
}

bool
drafts_goes_on_with(Engine *e, gint64 row, const GArray *ids, GError **err)
{
	gint64 message = ids && ids->len ? g_array_index(ids, gint64, 0) : 0;

	return !message || outbox_copy(e->db, row) || outbox_set_copy(e->db, row, message, err);
}

/* Behind the new one, so that there is always one. */
static bool
put(Engine *e, gint64 row, const Folder *f, GBytes *whole, GError **err)
{
	g_autoptr(Message) m = message_of_whole(e, whole);

	m->flags = FLAG_DRAFT | FLAG_SEEN;
	m->received = clock_s();
	m->sent = m->sent ? m->sent : m->received;
	gint64 id = journal_append(e->db, f->id, m, whole, 0, err);
	return id && drafts_gone(e, row, false, err) >= 0 && outbox_set_copy(e->db, row, id, err);
}

void
drafts_postponed(Engine *e, gint64 row)
{
	g_autoptr(Draft) d = outbox_draft(e->db, row, NULL);
	g_autoptr(OutRow) out = outbox_get(e->db, row, NULL);
	g_autoptr(Folder) f = e->is_pop || e->read_only || no_copy(e->account) ? NULL : drafts_folder(e);
	g_autofree char *from = outbox_own_address(e->account);
	g_autoptr(GError) why = NULL;
	GError *err = NULL;

	if (!d || !f || !out || out->state != OUT_DRAFT || folder_is_local(f) || !folder_may(f, 'i'))
		return;
	g_clear_pointer(&d->message_id, g_free);	/* each copy is a message of its own: it is looked for by that after a cut */
	d->date = 0;
	draft_drop_half_addresses(d);
	g_autoptr(Composed) c = compose_message(d, from, &why);
	if (!c) {
		engine_trouble(e, EIL_ASK_USER, g_strdup_printf(_("The draft is kept here, but can't be put into %s: %s"), f->name, why ? why->message : ""));
		return;
	}
	headers_flush(e);
	if (outbox_commit(e, store_begin(e, &err) && put(e, row, f, c->message, &err), &err))
		drafts_changed(e, f->id);
}

static bool
copy_is_old(Engine *e, const OutRow *r)
{
	gint64 copy = outbox_copy(e->db, r->id);
	g_autoptr(Message) m = copy ? messages_get(e->db, copy, NULL) : NULL;
	return !m || m->received < r->changed;
}

void
drafts_left(Engine *e)
{
	gint64 since = e->drafts_since;

	if (!since)
		return;
	g_autoptr(GPtrArray) all = outbox_list(e->db, true, NULL);
	for (guint i = 0; all && i < all->len && !e->drop; i++) {
		const OutRow *r = g_ptr_array_index(all, i);
		if (r->changed <= since && copy_is_old(e, r))
			drafts_postponed(e, r->id);
	}
	if (!e->drop)
		e->drafts_since = 0;
}
