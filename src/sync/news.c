/* news.c - which messages are news: told once, to whoever gives notice of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * News is a row that was not there, above all UIDs of the last look, unread, and not of long ago:
 * so neither the first sync nor the backfill is, nor what another client read or moved here. The
 * headers of a folder that is not on the screen are fetched for it by a short visit, begun when
 * its counts say that something came. */
#include "config.h"
#include "sync/engine_private.h"

enum { OLD_S = 86400 };	/* moved, not new; clocks differ by less */

static bool
nobody_waits_for(FolderRole role)
{
	return role == ROLE_SENT || role == ROLE_DRAFTS || role == ROLE_TRASH || role == ROLE_JUNK ||
		role == ROLE_ALL || role == ROLE_FLAGGED || role == ROLE_IMPORTANT || role == ROLE_OUTBOX;
}

/* ---- which ---- */

bool
news_is(Engine *e, const Message *m)
{
	const Selected *s = &e->sel;

	return s->below != 0 && s->next != 0 && m->uid >= s->next &&
		!(m->flags & (FLAG_SEEN | FLAG_DELETED | FLAG_DRAFT)) &&
		m->received >= s->looked - OLD_S &&
		!messages_id_of_uid(e->db, m->folder, m->uid);
}

void
news_add(Engine *e, gint64 id)
{
	if (id && !e->headless)
		g_array_append_val(e->news, id);
}

void
news_tell(Engine *e, gint64 folder)
{
	if (!e->news->len)
		return;
	if (!e->drop) {
		Letter *l = letter_new(LETTER_NEWS);
		l->folder = folder;
		l->total = e->news->len;
		l->ids = g_array_ref(e->news);
		g_array_unref(e->news);
		e->news = g_array_new(FALSE, FALSE, sizeof(gint64));
		engine_tell(e, l);
	}
	g_array_set_size(e->news, 0);
}

/* ---- folders that are not on the screen ---- */

void
news_counted(Engine *e, const char *wire, const ImapMailboxStatus *st)
{
	g_autoptr(Folder) f = e->headless || !(st->has & IMAP_ST_UIDNEXT) ? NULL :
		folders_find(e->db, wire, NULL);

	if (!f || !f->selectable || f->id == e->sel.id || f->id == e->visiting ||
		f->backfill_below == 0 || nobody_waits_for(f->role) || st->uidnext <= f->uidnext ||
		((st->has & IMAP_ST_UNSEEN) && !st->unseen) ||
		((st->has & IMAP_ST_UIDVALIDITY) && st->uidvalidity != f->uidvalidity))
		return;
	for (guint i = 0; i < e->visits->len; i++)
		if (g_array_index(e->visits, gint64, i) == f->id)
			return;
	g_array_append_val(e->visits, f->id);
}

static bool
fetches_news(const Engine *e)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		JobKind kind = ((const Job *)g_ptr_array_index(e->jobs, i))->kind;
		if (kind == JOB_NEW || kind == JOB_PAGE || kind == JOB_SELECT)
			return true;
	}
	return e->sel.selecting || e->sel.new_wanted || e->sel.page_wanted;
}

gint64
news_visit(Engine *e)
{
	if (e->visiting && e->sel.id != e->visiting && !e->visit_begun)
		return e->visiting;
	if (e->visiting && e->sel.id == e->visiting) {
		e->visit_begun = true;
		if (fetches_news(e))
			return e->visiting;
	}
	e->visiting = 0;
	if (!e->ready || !e->listed || !e->visits->len || fetches_news(e))
		return 0;
	e->visiting = g_array_index(e->visits, gint64, 0);
	e->visit_begun = false;
	g_array_remove_index(e->visits, 0);
	return e->visiting;
}

void
news_clear(Engine *e)
{
	g_array_set_size(e->visits, 0);
	g_array_set_size(e->news, 0);
	e->visiting = 0;
}
