/* scan.c - the pass over flags and deletions where the server keeps no MODSEQ.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * FETCH FLAGS of everything costs 40 bytes a message each time. What changes mostly is cheap to ask for: which are
 * unread, which are flagged, and (if the counts differ) which are there at all, a few bytes each or a few ranges with
 * ESEARCH. So a large folder gets its newest flags and these searches at once; the rest of the flags follows window by
 * window while nothing else is to do, and not again within the hour. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>

#define SMALL 2000		/* messages: all flags in one go */
#define NEWEST 1000
#define WINDOW_MOST 8000
#define SEARCH_ROWS 50000	/* of a SEARCH line: 400 kB */
#define SLOW_MS 2000		/* between windows that nobody waits for */
#define PASS_AGE_S 3600
#define MISFITS 1000		/* more than so many: the flags are read instead */
#define HEAL 2000

/* ---- when the last whole pass was ---- */

static char *
pass_key(gint64 folder)
{
	return g_strdup_printf("pass.%" G_GINT64_FORMAT, folder);
}

static bool
passed_lately(Engine *e)
{
	g_autofree char *key = pass_key(e->sel.id), *text = db_fact(e->db, key);
	gint64 when = text ? g_ascii_strtoll(text, NULL, 10) : 0, now = clock_s();
	return when > 0 && when <= now && now - when < PASS_AGE_S;
}

/* Every flag was read just now. */
void
scan_passed(Engine *e)
{
	g_autofree char *key = pass_key(e->sel.id), *text = g_strdup_printf("%" G_GINT64_FORMAT, clock_s());

	if (store_begin(e, NULL) && (!db_set_fact(e->db, key, text, NULL) || !db_commit(e->db, NULL)))
		db_rollback(e->db);
}

/* ---- the plan ---- */

void
scan_plan(Engine *e, guint what, bool by_modseq)
{
	Selected *s = &e->sel;
	guint32 rows = messages_count_range(e->db, s->id, s->below, s->next - 1);

	s->range_end = s->below;
	s->range_at = s->next;
	s->slow_at = 0;
	s->range_whole = true;
	s->range_begun = false;
	if (what == 0 || rows == 0) {
		s->range_at = s->range_end;
		return;
	}
	if (by_modseq) {	/* CHANGEDSINCE tells the flags */
		s->range_at = s->range_end;
		s->scans |= what & SCAN_HERE;
		return;
	}
	if (rows <= SMALL) {
		s->range_rows = SMALL;
		return;
	}
	s->scans |= what;
	s->range_rows = NEWEST;
	/* eilpost sync wants to be certain, and of its inbox each time; nobody waits on its screen */
	if (e->headless && (s->id == e->shown || !passed_lately(e)))
		s->scans = 0;
	else if (passed_lately(e))
		s->range_whole = false;
	else
		s->slow_at = e->now + SLOW_MS;
}

bool
scan_range_wanted(const Engine *e)
{
	const Selected *s = &e->sel;
	return s->id && s->range_at > s->range_end && (!s->range_begun || (s->range_whole && e->now >= s->slow_at));
}

gint64
scan_deadline(const Engine *e)
{
	const Selected *s = &e->sel;
	return s->id && s->range_at > s->range_end && s->slow_at > e->now ? s->slow_at : -1;
}

/* Somebody asked for a look: what is left of the pass is done now. */
void
scan_hurry(Engine *e)
{
	e->sel.slow_at = 0;
}

/* ---- searches ---- */

static void
search(Engine *e, guint what, guint32 lo, guint32 hi)
{
	static const struct { guint what; const char *words; } criteria[] = {
		{ SCAN_HERE, "" }, { SCAN_UNSEEN, " UNSEEN" }, { SCAN_FLAGGED, " FLAGGED" },
	};
	for (guint i = 0; i < G_N_ELEMENTS(criteria); i++) {
		if (!(what & criteria[i].what))
			continue;
		g_autofree char *text = g_strdup_printf("UID %" G_GUINT32_FORMAT ":%" G_GUINT32_FORMAT "%s", lo, hi, criteria[i].words);
		Job *job = work_job(e, JOB_SCAN, imap_session_can(e->session, "ESEARCH") ?
			imap_command_uid_search_return(text, IMAP_RETURN_ALL, 0) : imap_command_uid_search(text, false));
		job->lo = lo;
		job->hi = hi;
		job->what = criteria[i].what;
		job->found = imap_set_new();
	}
}

void
scan_submit(Engine *e)
{
	Selected *s = &e->sel;
	guint32 at = s->next, rows = messages_count_range(e->db, s->id, s->below, s->next - 1);
	bool whole = imap_session_can(e->session, "ESEARCH");

	while (at > MAX(s->below, 1)) {
		guint32 width = whole ? at : plan_window(at, rows, SEARCH_ROWS), hi = at - 1;
		guint32 lo = hi >= width ? hi - width + 1 : 1;
		at = MAX(lo, MAX(s->below, 1));
		search(e, s->scans, at, hi);
		rows -= MIN(rows, SEARCH_ROWS);
	}
	s->scans = 0;
}

/* ---- their answers ---- */

/* On the server, and not here: an older session broke off in a bad moment. */
static void
heal(Engine *e, GArray *missing)
{
	guint at = 0;
	g_autofree char *text = NULL;

	if (missing->len == 0)
		return;
	log_line(LOG_WARN, "sync", "%" G_GUINT64_FORMAT " messages of folder %" G_GINT64_FORMAT " were not here", imap_set_count(missing), e->sel.id);
	text = imap_set_next_text(missing, &at, LIMIT_IMAP_COMMAND - 500);
	work_job(e, JOB_OTHER, imap_command_uid_fetch(text, extend_items(e, JOB_OTHER), 0, false));
}

static void
compare_all(Engine *e, const Job *job, const GArray *here)
{
	g_autoptr(GArray) missing = g_array_copy(job->found), known = imap_set_new();
	g_autoptr(GError) err = NULL;

	for (guint i = 0; i < here->len && !err; i++) {
		guint32 uid = g_array_index(here, MessageUid, i).uid;
		imap_set_add(known, uid, uid);
		if (imap_set_has(job->found, uid) || !batch_begin(e))
			continue;
		if (messages_remove_uid(e->db, job->folder, uid, &err))
			batch_row(e, CHANGE_REMOVED | CHANGE_COUNTS);
	}
	headers_flush(e);
	if (err)
		engine_store_failed(e, g_steal_pointer(&err));
	imap_set_subtract(missing, known);
	if (imap_set_count(missing) <= HEAL)
		heal(e, missing);
}

static bool
set_bit(Engine *e, guint32 uid, guint32 bit, bool on)
{
	g_autoptr(Message) m = messages_find_uid(e->db, e->sel.id, uid, NULL);
	g_autoptr(GError) err = NULL;
	bool changed = false;

	if (!m || !batch_begin(e))
		return m == NULL;
	guint32 flags = on ? m->server_flags | bit : m->server_flags & ~bit;
	if (!messages_server_flags(e->db, e->sel.id, uid, flags, m->keywords, m->modseq, &changed, &err)) {
		engine_store_failed(e, g_steal_pointer(&err));
		return false;
	}
	if (changed)
		batch_row(e, CHANGE_FLAGS | CHANGE_COUNTS);
	return true;
}

static void
compare_flag(Engine *e, const Job *job, const GArray *here)
{
	guint32 bit = job->what == SCAN_UNSEEN ? FLAG_SEEN : FLAG_FLAGGED;
	g_autoptr(GArray) misfits = g_array_new(FALSE, FALSE, sizeof(MessageUid));

	for (guint i = 0; i < here->len; i++) {
		MessageUid u = g_array_index(here, MessageUid, i);
		bool on = imap_set_has(job->found, u.uid) != (job->what == SCAN_UNSEEN);
		if (on == !!(u.server_flags & bit))
			continue;
		u.server_flags = on;
		g_array_append_val(misfits, u);
	}
	if (misfits->len > MISFITS) {	/* much has happened: with the other flags too */
		e->sel.range_at = e->sel.next;
		e->sel.range_whole = true;
		scan_hurry(e);
		return;
	}
	for (guint i = 0; i < misfits->len; i++)
		if (!set_bit(e, g_array_index(misfits, MessageUid, i).uid, bit, g_array_index(misfits, MessageUid, i).server_flags))
			break;
	headers_flush(e);
}

void
scan_done(Engine *e, Job *job, const ImapResponse *r)
{
	if (job->folder != e->sel.id)
		return;
	g_autoptr(GArray) here = messages_uids(e->db, job->folder, job->lo, job->hi, NULL);
	/* nothing found where much was: as with a folder that comes back empty (P9) it is looked at twice, in another way */
	bool doubt = job->what == SCAN_HERE && job->found->len == 0 && here && here->len > 0;

	if (r->status != IMAP_OK || doubt || !here) {
		e->sel.range_at = e->sel.next;
		e->sel.range_whole = true;
		scan_hurry(e);
	} else if (job->what == SCAN_HERE) {
		compare_all(e, job, here);
	} else {
		compare_flag(e, job, here);
	}
}

/* ---- windows of flags ---- */

void
scan_window_done(Engine *e, const Job *job)
{
	Selected *s = &e->sel;
	gint64 took = e->now - job->since - e->rtt_ms;

	if (s->range_at > s->range_end) {
		if (!s->range_whole) {
			s->range_at = s->range_end;
			pull_sync_save(e);
			return;
		}
		if (s->slow_at && took < 300)
			s->range_rows = WINDOW_MOST;	/* seldom and much: each costs a turn out of IDLE */
		else if (took < 100 && s->range_rows < WINDOW_MOST)
			s->range_rows = MIN(s->range_rows * 4, WINDOW_MOST);
		else if (took > 300 && s->range_rows > NEWEST / 2)
			s->range_rows /= 2;
		if (s->slow_at)
			s->slow_at = e->now + SLOW_MS;
		return;
	}
	for (guint i = 0; i < e->jobs->len; i++)
		if (((const Job *)g_ptr_array_index(e->jobs, i))->kind == JOB_RANGE)
			return;
	pull_sync_save(e);
	if (s->range_whole && !e->drop)
		scan_passed(e);
}
