/* pull.c - what the server tells becomes the store's truth.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Untagged data is taken for what it says, whichever command brought it; the end of a command only moves the marks of
 * how far the store is complete (uidnext, backfill_below, highestmodseq), in the order that a crash can't break: rows
 * first, marks after them. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

#define ROWS_LEAST 500		/* headers in one command of the backfill */
#define ROWS_MOST 8000
#define QUIET_MS 120		/* of no background work behind the first page of a new folder */

/* ---- selecting ---- */


/* The first page of a folder never seen may go in the same write as its SELECT: by PARTIAL, or by the count that LIST told
 * in this session. If it does not fit, it is asked for again. */
static void
page_with_select(Engine *e, const Folder *f)
{
	enum { ROWS = 50 };
	Job *job;

	if (imap_session_can(e->session, "PARTIAL")) {
		job = work_job(e, JOB_PAGE, imap_command_uid_fetch_newest("1:*", extend_items(e, JOB_PAGE), ROWS));
	} else if (e->listed && f->server_total > 0) {
		guint32 lo = f->server_total > ROWS ? f->server_total - ROWS + 1 : 1;
		job = work_job(e, JOB_PAGE, imap_command_fetch_seq(lo, G_MAXUINT32, extend_items(e, JOB_PAGE)));
		job->lo = lo;
	} else {
		return;
	}
	job->ahead = true;
}

void
pull_select(Engine *e, gint64 folder)
{
	Selected *s = &e->sel;
	filler_wait(e);
	g_autoptr(Folder) f = folders_get(e->db, folder, NULL);
	g_free(s->wire);
	g_array_set_size(s->filled, 0);
	*s = (Selected){ .filled = s->filled, .rows = s->rows ? s->rows : 500 };
	g_autofree char *wire = f ? journal_wire(e->db, folder) : NULL;
	if (!f || !f->selectable || !wire) {
		if (e->visiting == folder)
			e->visiting = 0;
		keep_refused(e, folder);
		if (e->shown == folder)
			e->shown = 0;
		return;
	}
	extend_enable(e);
	extend_notify(e);
	s->id = folder;
	s->wire = g_strdup(f->wire);
	s->selecting = true;
	s->looked = f->checked_at ? f->checked_at : clock_s();
	s->first = !f->checked_at;
	s->previews = s->without = 0;
	s->known_uidvalidity = f->uidvalidity;
	bool resync = e->qresync && f->uidvalidity && f->highestmodseq;
	ImapCommand *c = resync ?
		imap_command_select_qresync(wire, e->read_only, f->uidvalidity, f->highestmodseq, NULL) :
		imap_command_select(wire, e->read_only, extend_select_condstore(e));
	extend_submit(e, JOB_SELECT, c)->qresync = resync;
	if (e->ready && f->backfill_below == 0)
		page_with_select(e, f);
}

static void
select_refused(Engine *e, const ImapResponse *r)
{
	gint64 folder = e->sel.id;

	/* Exchange Online, 2026: its front end took the sign-in, the mailbox behind it is not there. Time heals it. */
	if (r->text && strstr(r->text, "not connected")) {
		connect_lost(e, EIL_LATER, sentence_with_server(g_strdup_printf(_("%s can't reach the mailbox right now. eilpost tries again by itself."),
			e->account->receive.host), r->text));
		return;
	}
	if (keep_refused(e, folder)) {
		log_line(LOG_INFO, "imap", "%s could not be opened: it is left out of what is kept here", e->sel.wire);
		e->sel.id = 0;
		return;
	}
	engine_trouble(e, EIL_REFUSED, g_strdup_printf(_("The folder %s could not be opened on the server: “%s”. What is on this computer is shown."),
		e->sel.wire, r->text ? r->text : ""));
	e->sel.id = 0;
	if (e->shown == folder)
		e->shown = 0;
	for (guint i = e->opening->len; i-- > 0;) {
		gint64 message = g_array_index(e->opening, gint64, i);
		g_autoptr(Message) m = messages_get(e->db, message, NULL);
		if (m && m->folder == folder) {
			g_array_remove_index(e->opening, i);
			fetch_failed(e, message, "", _("The folder of this message could not be opened on the server."));
		}
	}
	push_barred(e, folder, r->text);
}

static bool
uidvalidity_changed(Engine *e, const Folder *f)
{
	/* one that was never read may have messages by COPYUID: under the numbers of then */
	bool other = f->uidvalidity ? f->uidvalidity != e->sel.uidvalidity : folders_has_other_uidvalidity(e->db, f->id, e->sel.uidvalidity);
	if (!other)
		return false;
	log_line(LOG_WARN, "sync", "UIDVALIDITY of %s changed from %u to %u: reading the folder anew", f->wire, f->uidvalidity, e->sel.uidvalidity);
	return true;
}

static void
store_failed(Engine *e, GError *err)
{
	db_rollback(e->db);
	engine_store_failed(e, err);
}

/* A folder that comes back empty may be an accident of the server's (P9): what is here stays until it is certain. */
static bool
empty_in_doubt(Engine *e, const Folder *f)
{
	g_autoptr(GError) err = NULL;
	bool sure = true;

	if (e->sel.exists > 0 || f->total == 0)
		return false;
	if (!store_begin(e, &err) || !folders_empty_is_sure(e->db, f->id, g_get_real_time() / G_USEC_PER_SEC, &sure, &err) || !db_commit(e->db, &err)) {
		store_failed(e, g_steal_pointer(&err));
		return true;
	}
	if (!sure)
		engine_trouble(e, EIL_LATER, g_strdup_printf(_("The server says that %s is empty now. What is on this computer is kept until that is certain."), f->name));
	return !sure;
}

/* What of flags and deletions must be looked at. */
static void
plan_resync(Engine *e, const Folder *f, bool qresync)
{
	Selected *s = &e->sel;

	if (qresync && f->backfill_below <= 1 && !s->new_wanted && f->total == s->exists)
		return;
	if (!qresync && f->highestmodseq && s->modseq && f->highestmodseq != s->modseq) {
		s->changes_wanted = s->changes_open = true;
		s->changes_since = f->highestmodseq;
	}
	bool by_modseq = s->modseq && f->highestmodseq;
	/* how many of `exists` are new is known when they are here */
	bool complete = f->backfill_below <= 1 && (s->new_wanted || f->total == s->exists);
	s->recount = complete && s->new_wanted;
	scan_plan(e, by_modseq ? (complete ? 0 : SCAN_HERE) : complete ? SCAN_FLAGS : SCAN_ALL, by_modseq);
}

/* A folder never read, and empty: what came here by COPYUID has been taken away again. */
static bool
nothing_is_here(Engine *e)
{
	GError *err = NULL;
	guint n = 0;
	guint32 last = e->sel.uidnext ? e->sel.uidnext - 1 : G_MAXUINT32;

	headers_flush(e);
	if (last > 0 && batch_begin(e) && messages_remove_range(e->db, e->sel.id, 1, last, &n, &err) && n > 0)
		batch_row(e, CHANGE_REMOVED | CHANGE_COUNTS);
	headers_flush(e);
	if (err)
		engine_store_failed(e, err);
	return err == NULL;
}

/* Nothing is known of it yet. */
static void
begin(Engine *e)
{
	Selected *s = &e->sel;

	s->next = s->below = s->fill_at = 0;
	s->page_wanted = s->exists > 0 && !work_page_comes(e);
	if (s->exists == 0 && nothing_is_here(e))
		pull_sync_save(e);
}

void
pull_selected(Engine *e, Job *job, const ImapResponse *r)
{
	Selected *s = &e->sel;

	s->selecting = false;
	if (r->status != IMAP_OK) {
		select_refused(e, r);
		return;
	}
	if (r->code == IMAP_CODE_READ_ONLY)
		s->read_only = true;
	g_autoptr(Folder) f = folders_get(e->db, s->id, NULL);
	if (!f)
		return;
	if (empty_in_doubt(e, f)) {
		s->held = true;
		s->fill_at = s->below = 1;
		return;
	}
	if (uidvalidity_changed(e, f)) {
		s->selecting = s->clearing = true;	/* nothing else is asked of it meanwhile */
		pull_clear(e);
		return;
	}
	if (f->backfill_below == 0) {
		begin(e);
		return;
	}
	s->next = f->uidnext;
	s->below = s->fill_at = f->backfill_below;
	s->new_wanted = s->exists > 0 && (s->uidnext == 0 || s->uidnext > s->next);
	plan_resync(e, f, job->qresync);
	if (job->qresync)
		pull_sync_save(e);
}

/* A folder of a million messages takes its time: the person's wishes are served between the pieces. */
void
pull_clear(Engine *e)
{
	g_autoptr(GError) err = NULL;
	Selected *s = &e->sel;
	bool left = false;

	if (!s->clearing)
		return;
	/* after a crash between two pieces the marks are still the old ones: it begins again */
	bool ok = store_begin(e, &err) && journal_park_folder(e->db, s->id, &err) &&
		folders_clear_piece(e->db, s->id, STORE_CLEAR_ROWS, &left, &err) &&
		(left || folders_reset(e->db, s->id, s->uidvalidity, &err)) && db_commit(e->db, &err);
	if (!ok) {
		store_failed(e, g_steal_pointer(&err));
		return;
	}
	db_checkpoint(e->db);
	engine_changed(e, s->id, (left ? CHANGE_REMOVED : CHANGE_RESET) | CHANGE_COUNTS);
	if (left)
		return;
	s->selecting = s->clearing = false;
	begin(e);
}

/* ---- marks ---- */

void
pull_sync_save(Engine *e)
{
	g_autoptr(GError) err = NULL;
	Selected *s = &e->sel;
	guint64 modseq = s->changes_open ? s->changes_since : s->modseq;	/* else what it says would never be asked for again */

	if (e->drop)	/* perhaps because the store failed: what the marks stand behind may not be in it */
		return;
	if (s->below == 0 && s->exists == 0) {	/* an empty folder is complete */
		s->below = 1;
		s->next = s->uidnext ? s->uidnext : 1;
	}
	if (!store_begin(e, &err) || !folders_set_sync(e->db, s->id, s->uidvalidity, s->next, modseq, &err) ||
		!folders_set_backfill(e->db, s->id, s->below, &err) ||
		!folders_set_checked(e->db, s->id, clock_s(), &err) || !db_commit(e->db, &err)) {
		store_failed(e, g_steal_pointer(&err));
		return;
	}
	if (s->first)	/* an empty one brings nothing else, and the screen would wait for its list */
		engine_changed(e, s->id, CHANGE_COUNTS);
	s->first = false;
}

void
pull_changes_done(Engine *e, const Job *job)
{
	if (job->folder != e->sel.id)
		return;
	e->sel.changes_open = e->sel.changes_wanted;
	pull_sync_save(e);
}

static void
seen_bounds(const GArray *seen, guint32 *min, guint32 *max)
{
	*min = G_MAXUINT32;
	*max = 0;
	for (guint i = 0; i < seen->len; i++) {
		guint32 uid = g_array_index(seen, guint32, i);
		*min = MIN(*min, uid);
		*max = MAX(*max, uid);
	}
}

/* What the store has in the window and the server did not name is gone. */
bool
pull_remove_unseen(Engine *e, const GArray *told, guint32 lo, guint32 hi)
{
	g_autoptr(GArray) here = messages_uids(e->db, e->sel.id, lo, hi, NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	GError *err = NULL;

	for (guint i = 0; i < told->len; i++)
		g_hash_table_add(seen, GUINT_TO_POINTER(g_array_index(told, guint32, i)));
	for (guint i = 0; here && i < here->len && !err; i++) {
		guint32 uid = g_array_index(here, MessageUid, i).uid;
		if (g_hash_table_contains(seen, GUINT_TO_POINTER(uid)) || !batch_begin(e))
			continue;
		if (messages_remove_uid(e->db, e->sel.id, uid, &err))
			batch_row(e, CHANGE_REMOVED | CHANGE_COUNTS);
	}
	headers_flush(e);
	if (err)
		engine_store_failed(e, err);
	return err == NULL;
}

void
pull_page_done(Engine *e, Job *job, bool whole)
{
	guint32 min, max;
	Selected *s = &e->sel;

	seen_bounds(job->seen, &min, &max);
	if (max == 0) {	/* nothing came: the folder was emptied meanwhile, or the server can't */
		s->page_wanted = job->ahead && s->exists > 0 && s->id == job->folder;
		if (s->id == job->folder && s->below == 0 && s->exists == 0)
			begin(e);
		return;
	}
	bool all = job->lo == 1 || job->seen->len >= s->exists;
	/* what came here by COPYUID may have been taken away again before the folder was ever read */
	if (whole && job->folder == s->id && !pull_remove_unseen(e, job->seen, all ? 1 : min, MAX(max, s->uidnext ? s->uidnext - 1 : 0)))
		return;
	if (!e->headless)	/* nobody looks at it, and wants more */
		e->quiet_until = e->now + QUIET_MS;
	s->next = MAX(max + 1, s->uidnext);
	s->below = all ? 1 : min;
	s->fill_at = s->below;
	/* mail that came while the page was on its way has a higher UID than UIDNEXT said */
	if (max + 1 < s->uidnext)
		s->next = s->uidnext;
	pull_sync_save(e);
	extend_condstore(e);
}

void
pull_new_done(Engine *e, Job *job)
{
	guint32 min, max;
	Selected *s = &e->sel;

	seen_bounds(job->seen, &min, &max);
	s->next = MAX(s->next, MAX(max == G_MAXUINT32 ? max : max + 1, s->uidnext));
	pull_sync_save(e);
	g_autoptr(Folder) f = s->recount ? folders_get(e->db, s->id, NULL) : NULL;
	if (f && f->total != s->exists)
		s->scans |= SCAN_HERE;
	s->recount = false;
	keep_again(e);
}

static gint
by_hi(gconstpointer a, gconstpointer b)
{
	const Window *x = a, *y = b;
	return x->hi > y->hi ? -1 : x->hi < y->hi;
}

static void
window_filled(Selected *s, Window w)
{
	g_array_append_val(s->filled, w);
	g_array_sort(s->filled, by_hi);
	while (s->filled->len && g_array_index(s->filled, Window, 0).hi + 1 >= s->below) {
		s->below = MIN(s->below, g_array_index(s->filled, Window, 0).lo);
		g_array_remove_index(s->filled, 0);
	}
}

/* Rows and mark in one commit. */
void
pull_mark(Engine *e, guint32 below)
{
	g_autoptr(GError) err = NULL;

	if (headers_put(e) && batch_begin(e) && !e->drop && !folders_set_backfill(e->db, e->sel.id, below, &err))
		engine_store_failed(e, g_steal_pointer(&err));
	headers_flush(e);
}

void
pull_backfill_done(Engine *e, Job *job)
{
	Selected *s = &e->sel;
	gint64 took = job->last_at - job->first_at;

	/* pieces of about 100 ms, so that the person's wish never waits long behind them */
	gint64 wished = e->headless ? 400 : 100;
	if (took < wished / 2 && s->rows < ROWS_MOST)
		s->rows *= 2;
	else if (took > wished * 3 / 2 && s->rows > ROWS_LEAST)
		s->rows /= 2;
	if (job->folder != s->id)
		return;
	window_filled(s, (Window){ job->lo, job->hi });
	if (!filler_give(e, job)) {
		if (pull_remove_unseen(e, job->seen, job->lo, job->hi))
			pull_mark(e, s->below);
		if (e->threadless >= THREADS_PIECE)	/* a line that is never quiet */
			threads_find(e);
		db_checkpoint(e->db);
	}
	if (s->below > 1)
		return;
	filler_wait(e);
	if (!e->drop)
		scan_passed(e);
}

void
pull_range_done(Engine *e, Job *job)
{
	if (pull_remove_unseen(e, job->seen, job->lo, job->hi))
		scan_window_done(e, job);
}

void
pull_resync(Engine *e)
{
	Selected *s = &e->sel;
	/* an EXPUNGE whose number is not known is told by nothing else */
	if (s->id && !s->selecting)
		s->exists = imap_session_exists(e->session);
	if (s->id && !s->selecting && s->below == 0 && s->exists == 0 && !s->page_wanted && !work_page_comes(e))
		begin(e);	/* its only mails went before they were here */
	if (!s->id || s->below == 0 || s->held)
		return;
	g_autoptr(Folder) f = folders_get(e->db, s->id, NULL);
	bool by_modseq = s->modseq && f && f->highestmodseq;
	s->new_wanted = true;
	if (by_modseq) {
		s->changes_wanted = s->changes_open = true;
		s->changes_since = f->highestmodseq;
	}
	scan_plan(e, SCAN_ALL, by_modseq);
}

/* ---- untagged data ---- */

static void
mark_seen(Engine *e, guint32 uid, bool header)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		Job *job = g_ptr_array_index(e->jobs, i);
		bool window = job->kind == JOB_RANGE || job->kind == JOB_BACKFILL;
		if (!job->seen || (window && (uid < job->lo || uid > job->hi)) || (job->kind == JOB_NEW && uid < job->lo))
			continue;
		g_array_append_val(job->seen, uid);
		job->rowless |= !header;
		job->first_at = job->first_at ? job->first_at : e->now;
		job->last_at = e->now;
	}
}

static void
flags_told(Engine *e, const ImapFetch *f)
{
	g_autoptr(GError) err = NULL;
	bool changed = false;

	if (e->batch->len > 0 && !work_page_comes(e))	/* it may be of one of these */
		headers_put(e);
	if (!batch_begin(e))
		return;
	g_autofree char *keywords = extend_keywords(e, f);
	if (!messages_server_flags(e->db, e->sel.id, f->uid, f->flags.bits & ~(guint32)IMAP_FLAG_ANY, keywords, f->modseq, &changed, &err))
		engine_store_failed(e, g_steal_pointer(&err));
	else if (changed)
		batch_row(e, CHANGE_FLAGS | CHANGE_COUNTS);
}

static Job *
poor_job(Engine *e, guint32 uid)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		Job *job = g_ptr_array_index(e->jobs, i);
		if (job->kind == JOB_POOR && job->uid == uid)
			return job;
	}
	return NULL;
}

/* A structure of a megabyte must not hide its message, nor stop what comes behind it: it is asked for with less. */
void
pull_skipped(Engine *e, guint32 uid)
{
	static const char *const items[] = { "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)", "(UID FLAGS INTERNALDATE RFC822.SIZE)" };
	Job *before = uid ? poor_job(e, uid) : NULL;
	guint level = before ? before->lo + 1 : 0;

	log_line(LOG_WARN, "imap", "what the server said of message %u was too large: skipped", uid);
	if (!e->sel.id || !uid || e->sel.selecting)
		return;
	mark_seen(e, uid, false);
	if (level >= G_N_ELEMENTS(items))
		return;
	g_autofree char *set = g_strdup_printf("%" G_GUINT32_FORMAT, uid);
	if (before)
		before->uid = 0;
	Job *job = work_job(e, JOB_POOR, imap_command_uid_fetch(set, items[level], 0, false));
	job->uid = uid;
	job->lo = level;
}

static void
fetch(Engine *e, const ImapFetch *f)
{
	if (!e->sel.id || !(f->has & IMAP_HAS_UID) || !f->uid)
		return;
	/* answers to a QRESYNC SELECT of a folder that is not the one that we knew */
	if (e->sel.selecting && e->sel.uidvalidity && e->sel.known_uidvalidity != e->sel.uidvalidity)
		return;
	const Job *poor = (f->has & IMAP_HAS_DATE) ? poor_job(e, f->uid) : NULL;
	bool bare = (poor && poor->lo == 1) || (e->poor == 2 && (f->has & IMAP_HAS_DATE));
	bool header = ((f->has & IMAP_HAS_ENVELOPE) && f->envelope) || bare;
	mark_seen(e, f->uid, header);
	if (header) {
		headers_add(e, f);
		return;
	}
	if (f->has & IMAP_HAS_FLAGS)
		flags_told(e, f);
	if (f->parts->len)
		fetch_parts(e, f);
}

static void
vanished(Engine *e, const ImapResponse *r)
{
	g_autoptr(GError) err = NULL;

	if (!e->sel.id || !r->set)
		return;
	headers_flush(e);
	for (guint i = 0; i < r->set->len && !err && batch_begin(e); i++) {
		ImapRange range = g_array_index(r->set, ImapRange, i);
		guint n = 0;
		if (messages_remove_range(e->db, e->sel.id, range.lo, range.hi, &n, &err) && n > 0)
			batch_row(e, CHANGE_REMOVED | CHANGE_COUNTS);
	}
	if (err)
		engine_store_failed(e, g_steal_pointer(&err));
	if (!r->earlier && !e->sel.selecting)
		e->sel.exists = imap_session_exists(e->session);
}

static void
exists(Engine *e, guint32 n)
{
	Selected *s = &e->sel;
	if (!s->selecting && s->id && n > s->exists) {
		if (s->held)
			s->id = 0;	/* not empty after all: selected anew */
		else if (s->below == 0)
			s->page_wanted = true;
		else
			s->new_wanted = true;
	}
	s->exists = n;
}

static void
status_code(Engine *e, const ImapResponse *r)
{
	Selected *s = &e->sel;
	switch (r->code) {
	case IMAP_CODE_UIDVALIDITY:
		s->uidvalidity = (guint32)r->code_number;
		break;
	case IMAP_CODE_UIDNEXT:
		s->uidnext = (guint32)r->code_number;
		break;
	case IMAP_CODE_HIGHESTMODSEQ:
		s->modseq = e->qresync || extend_can(e, "CONDSTORE") ? r->code_number : 0;	/* Dovecot says it unasked */
		break;
	case IMAP_CODE_NOMODSEQ:
		s->modseq = 0;
		break;
	case IMAP_CODE_COPYUID:
		push_told(e, r);
		break;
	case IMAP_CODE_NOTIFICATIONOVERFLOW:
		listing_notify_lost(e);
		break;
	case IMAP_CODE_PERMANENTFLAGS:
		s->permanent = r->flags.bits;
		break;
	case IMAP_CODE_ALERT:	/* must be shown to the person (RFC 9051, 7.1) */
		engine_trouble(e, EIL_ASK_USER, g_strdup_printf(_("The server says: “%s”"), r->text ? r->text : ""));
		break;
	default:
		break;
	}
}

/* Whose result it is: ESEARCH says it; the old SEARCH answers in the order of the questions (RFC 9051, 5.5). */
static void
searched(Engine *e, const ImapResponse *r)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		Job *job = g_ptr_array_index(e->jobs, i);
		g_autofree char *tag = g_strdup_printf("e%" G_GUINT32_FORMAT, job->id);
		bool searches = job->found || (job->kind == JOB_FILE && job->lo == FILE_SEARCH);
		if (!searches || (r->kind == IMAP_RESP_ESEARCH && g_strcmp0(r->tag, tag)))
			continue;
		if (!job->found)
			file_found(e, r);
		for (guint k = 0; job->found && r->set && k < r->set->len; k++)
			imap_set_add(job->found, g_array_index(r->set, ImapRange, k).lo, g_array_index(r->set, ImapRange, k).hi);
		return;
	}
}

void
pull_response(Engine *e, const ImapResponse *r)
{
	switch (r->kind) {
	case IMAP_RESP_STATUS:		status_code(e, r); break;
	case IMAP_RESP_EXISTS:		exists(e, r->number); break;
	case IMAP_RESP_FETCH:		fetch(e, r->fetch); break;
	case IMAP_RESP_VANISHED:	vanished(e, r); break;
	case IMAP_RESP_LIST:		listing_told(e, &r->list); break;
	case IMAP_RESP_SEARCH: case IMAP_RESP_ESEARCH:	searched(e, r); break;
	case IMAP_RESP_MAILBOX_STATUS:	listing_counted(e, &r->mailbox); break;
	case IMAP_RESP_NAMESPACE:	listing_namespaces(e, r); break;
	case IMAP_RESP_MYRIGHTS:	listing_rights(e, r); break;
	case IMAP_RESP_QUOTA:		listing_quota(e, &r->quota); break;
	default:			break;
	}
}
