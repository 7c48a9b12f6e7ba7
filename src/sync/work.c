/* work.c - facts for the plan, and the plan's steps as commands.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#define LINGER_MS 60000
#define POLL_MS 120000	/* news of the folder on the screen, where there is no IDLE */
#define SETTLE_MS 80	/* the person is reading: nothing is fetched ahead, and no IDLE begins, in the same breath */

void
work_job_free(gpointer p)
{
	Job *job = p;
	g_free(job->section);
	g_free(job->items);
	if (job->texts)
		g_array_unref(job->texts);
	if (job->wishes)
		g_ptr_array_unref(job->wishes);
	if (job->seen)
		g_array_unref(job->seen);
	if (job->found)
		g_array_unref(job->found);
	g_free(job);
}

Job *
work_job(Engine *e, JobKind kind, ImapCommand *command)
{
	Job *job = g_new0(Job, 1);
	job->kind = kind;
	job->folder = e->sel.id;
	job->since = e->now;
	job->early = !e->ready;
	if (kind == JOB_PAGE || kind == JOB_RANGE || kind == JOB_NEW || kind == JOB_BACKFILL)
		job->seen = g_array_new(FALSE, FALSE, sizeof(guint32));
	job->preview = job->seen && kind != JOB_RANGE && extend_asks_preview(e, kind);
	g_ptr_array_add(e->jobs, job);
	job->id = imap_session_submit(e->session, command);
	e->last_use = e->now;
	return job;
}

void
work_ask_again(Engine *e, const Job *job)
{
	if (job->kind != JOB_BODY)
		return;
	if (job->texts) {
		texts_ask_again(e, job);
	} else if (job->attachment) {
		large_want(e, job->message, job->section, false);
	} else {
		g_array_append_val(e->opening, job->message);
	}
}

void
work_clear(Engine *e)
{
	if (e->writer) {
		bodies_write_abort(g_steal_pointer(&e->writer));
		e->writer_job = NULL;
	}
	large_clear(e, false);
	outbox_cut(e);
	for (guint i = 0; i < e->jobs->len; i++)
		work_ask_again(e, g_ptr_array_index(e->jobs, i));
	g_ptr_array_set_size(e->jobs, 0);
	g_ptr_array_set_size(e->list, 0);
	g_array_set_size(e->status_queue, 0);
	news_clear(e);
	keep_clear(e);
	GArray *filled = e->sel.filled;
	g_array_set_size(filled, 0);
	g_free(e->sel.wire);
	e->sel = (Selected){ .filled = filled, .rows = 500 };
	e->listed = false;
}

/* Some servers delete no folder that is open (RFC 9051, 6.3.5 leaves it to them). */
void
work_unselect(Engine *e)
{
	GArray *filled = e->sel.filled;

	if (!e->sel.id || e->jobs->len || !imap_session_can(e->session, "UNSELECT"))
		return;
	work_job(e, JOB_OTHER, imap_command_simple("UNSELECT"));
	if (e->shown == e->sel.id)
		e->shown = 0;
	g_array_set_size(filled, 0);
	g_free(e->sel.wire);
	e->sel = (Selected){ .filled = filled, .rows = 500 };
}

bool
work_page_comes(const Engine *e)
{
	for (guint i = 0; i < e->jobs->len; i++)
		if (((const Job *)g_ptr_array_index(e->jobs, i))->kind == JOB_PAGE)
			return true;
	return false;
}

/* ---- facts ---- */

static gint64
folder_of(Engine *e, gint64 message)
{
	g_autoptr(Message) m = messages_get(e->db, message, NULL);
	return m ? m->folder : 0;
}

static gint64
opening_folder(Engine *e)
{
	while (e->opening->len > 0) {
		gint64 message = g_array_index(e->opening, gint64, e->opening->len - 1);
		gint64 folder = folder_of(e, message);
		if (folder)
			return folder;
		g_array_set_size(e->opening, e->opening->len - 1);
		fetch_failed(e, message, "", _("This message is gone."));
	}
	return 0;
}

/* The person opened another folder, and it has not been looked at since. */
static bool
looks(const Engine *e)
{
	const Selected *s = &e->sel;

	if (!e->look)
		return false;
	for (guint i = 0; i < e->jobs->len; i++) {
		JobKind kind = ((const Job *)g_ptr_array_index(e->jobs, i))->kind;
		if (kind == JOB_SELECT || kind == JOB_PAGE || kind == JOB_NEW)
			return true;
	}
	return s->id != e->shown || s->selecting || s->page_wanted || s->new_wanted;
}

gint64
work_target(Engine *e)
{
	gint64 folder = opening_folder(e);
	if (folder)
		return folder;
	/* the folder on the screen first, if nothing is known of it yet in this session */
	if (e->shown && e->sel.id != e->shown && !e->sel.id)
		return e->shown;
	if (push_ready(e, &folder))
		return folder;
	if (file_step(e, &folder) == FILE_SEARCH)
		return folder;
	/* large ones take their time: the folder on the screen, and what the person did, go first */
	if (e->shown && (e->look = looks(e)))
		return e->shown;
	folder = large_folder(e, false);
	if (folder)
		return folder;
	folder = news_visit(e);
	if (!folder)
		folder = keep_visit(e);
	return folder ? folder : e->shown;
}

static bool
more_bodies(Engine *e)
{
	gint64 folder = opening_folder(e);
	if (folder && folder == e->sel.id)
		return true;
	return !folder && large_ready(e, false) && large_folder(e, false) == e->sel.id;
}

/* Forgets those that are here, or on their way. */
static bool
near_wanted(Engine *e)
{
	while (e->near->len > 0 && ahead_may(e)) {
		gint64 id = g_array_index(e->near, gint64, 0);
		g_autoptr(Message) m = messages_get(e->db, id, NULL);
		if (m && !m->body_here && m->folder == e->sel.id && m->size <= 256 * KIB && !fetch_in_flight(e, id))
			return true;
		g_array_remove_index(e->near, 0);
	}
	return false;
}

/* Push without IDLE is a question now and then; it also keeps the line, and tells when it is dead. -1: not needed; now: due. */
gint64
work_poll_at(const Engine *e)
{
	if (!e->ready || !(e->account->check & CHECK_PUSH) || imap_session_can(e->session, "IDLE") || e->jobs->len > 0)
		return -1;
	return MAX(e->last_use + POLL_MS, e->now);
}

static PlanFacts
facts(Engine *e)
{
	const Selected *s = &e->sel;
	listing_look(e);
	PlanFacts f = { .target = work_target(e), .listed = e->listed, .paused = e->paused, .quiet = e->now < e->quiet_until && e->sel.fill_at > 1 };
	f.quiet |= large_active(e, false);	/* the line is for what the person waits for */
	bool settled = e->now - e->last_use >= SETTLE_MS;

	for (guint i = 0; i < e->jobs->len; i++) {
		const Job *job = g_ptr_array_index(e->jobs, i);
		bool background = job->kind == JOB_RANGE || job->kind == JOB_BACKFILL || job->kind == JOB_STATUS || job->kind == JOB_CHANGES ||
			job->texts;
		f.in_flight++;
		f.background += background;
		f.flowing = background ? job->kind == JOB_BACKFILL && job->seen->len > 0 : f.flowing;
		f.list_in_flight |= job->kind == JOB_LIST;
		f.page_in_flight |= job->kind == JOB_PAGE;
		f.new_in_flight |= job->kind == JOB_NEW;
		f.file_in_flight |= job->kind == JOB_FILE;
		f.prefetch_in_flight |= job->texts != NULL;
	}
	f.selecting = s->selecting;
	f.selected = s->id && s->id == f.target;
	f.page_wanted = s->page_wanted;
	f.body_wanted = more_bodies(e);
	f.wishes_ready = push_can(e);
	gint64 file_folder = 0;
	FileStep file = file_step(e, &file_folder);
	f.file_wanted = file == FILE_SEARCH ? file_folder == s->id : file != FILE_NOTHING;
	f.new_wanted = s->new_wanted;
	f.changes_wanted = s->changes_wanted;
	f.scan_wanted = s->id && s->scans;
	f.range_wanted = scan_range_wanted(e);
	f.backfill_wanted = s->id && s->fill_at > 1 && !f.page_wanted && engine_has_room(e);
	f.status_wanted = e->status_queue->len > 0;
	f.check_wanted = e->check_wanted || work_poll_at(e) == e->now;
	f.prefetch_wanted = settled && near_wanted(e) && engine_has_room(e);
	f.keep_wanted = keep_goes_on(e);
	f.compress_wanted = (f.backfill_wanted || f.range_wanted || f.prefetch_wanted) && extend_compress_wanted(e);
	bool elsewhere = keep_bulk_folder(e) != 0;	/* texts still come over the second connection, which ends with this one */
	f.push = settled && !(elsewhere && e->headless) && (e->account->check & CHECK_PUSH) && imap_session_can(e->session, "IDLE");
	f.linger = !settled || elsewhere || e->now - e->last_use < LINGER_MS || (e->account->check & CHECK_PUSH);
	return f;
}

bool
work_waits(Engine *e)
{
	gint64 folder;
	if (e->wake_wanted || e->check_wanted || opening_folder(e) || large_active(e, false) || large_active(e, true) || file_waits(e))
		return true;
	/* nothing goes out by itself: what the person changed waits for the command (S25) */
	if ((e->account->check & CHECK_MANUAL) || e->schedule.paused || e->schedule.stopped || e->headless)
		return false;
	return push_ready(e, &folder) || (e->account->check & CHECK_PUSH);
}

/* ---- steps ---- */

static void
first_page(Engine *e)
{
	enum { ROWS = 50 };
	guint32 hi = e->sel.exists, lo = hi > ROWS ? hi - ROWS + 1 : 1;
	Job *job = work_job(e, JOB_PAGE, imap_command_fetch_seq(lo, hi, extend_items(e, JOB_PAGE)));
	job->lo = lo;
	job->hi = hi;
	e->sel.page_wanted = false;
}

static void
new_mail(Engine *e)
{
	g_autofree char *set = g_strdup_printf("%" G_GUINT32_FORMAT ":*", MAX(e->sel.next, 1));
	Job *job = work_job(e, JOB_NEW, imap_command_uid_fetch(set, extend_items(e, JOB_NEW), 0, false));
	job->lo = MAX(e->sel.next, 1);
	e->sel.new_wanted = false;
}

static void
window(Engine *e, JobKind kind, guint32 *at, guint32 remaining, guint32 rows, const char *items, guint32 end)
{
	guint32 width = plan_window(*at, remaining, rows);
	guint32 hi = *at - 1, lo = hi >= width ? hi - width + 1 : 1;
	lo = MAX(lo, MAX(end, 1));
	g_autofree char *set = g_strdup_printf("%" G_GUINT32_FORMAT ":%" G_GUINT32_FORMAT, lo, hi);
	Job *job = work_job(e, kind, imap_command_uid_fetch(set, items, 0, false));
	job->lo = lo;
	job->hi = hi;
	*at = lo;
}

static void
backfill(Engine *e)
{
	Selected *s = &e->sel;
	g_autoptr(Folder) f = folders_get(e->db, s->id, NULL);
	guint32 here = f ? f->total : 0, remaining = s->exists > here ? s->exists - here : 0;
	window(e, JOB_BACKFILL, &s->fill_at, remaining, s->rows, extend_items(e, JOB_BACKFILL), 1);
}

static void
range(Engine *e)
{
	Selected *s = &e->sel;
	s->range_begun = true;
	guint32 here = messages_count_range(e->db, s->id, s->range_end, s->range_at - 1);
	window(e, JOB_RANGE, &s->range_at, here, s->range_rows, extend_flag_items(e), s->range_end);
}

static void
changes(Engine *e)
{
	e->sel.changes_wanted = false;
	work_job(e, JOB_CHANGES, imap_command_uid_fetch("1:*", extend_flag_items(e), e->sel.changes_since, false));
}

static void
bodies(Engine *e)
{
	if (e->opening->len > 0 && opening_folder(e) == e->sel.id) {
		gint64 message = g_array_index(e->opening, gint64, e->opening->len - 1);
		g_array_set_size(e->opening, e->opening->len - 1);
		fetch_submit(e, message, 0);
		return;
	}
	if (e->jobs->len == 0 && large_active(e, false) && extend_compress_wanted(e))	/* the third that base64 adds */
		extend_compress(e);
	large_submit(e, false);
}

static void
prefetch(Engine *e)
{
	gint64 id = g_array_index(e->near, gint64, 0);
	g_array_remove_index(e->near, 0);
	fetch_submit(e, id, e->sel.id);
	texts_submit(e, false);
}

/* A dead line is known after the short deadline of a probe, not after the long one. */
static void
noop(Engine *e)
{
	work_job(e, JOB_NOOP, imap_command_simple("NOOP"));
	if (e->jobs->len == 1)
		imap_session_probe(e->session, e->now);
}

static void
check(Engine *e)
{
	e->check_wanted = false;
	e->listed = false;	/* folders too, once a check */
	noop(e);
	scan_hurry(e);
}

static void
cycle_ended(Engine *e)
{
	filler_wait(e);
	if (!e->headless || !e->threads_wanted)	/* a program without a screen ends then */
		engine_cycle_ended(e, !e->no_room && !e->drop);
}

static void
tell_progress(Engine *e)
{
	const Selected *s = &e->sel;
	if (!s->id || e->now - e->told_headers < 200)
		return;
	bool filling = s->fill_at > 1 && s->exists > 0 && !e->no_room;
	if (!filling && !e->told_headers)
		return;
	g_autoptr(Folder) f = folders_get(e->db, s->id, NULL);
	if (!f)
		return;
	Letter *l = letter_new(LETTER_PROGRESS);
	l->folder = s->id;
	l->text = g_strdup(_("reading the headers"));
	l->total = MAX(s->exists, f->total);
	l->done = filling ? MIN(f->total, l->total) : l->total;
	e->told_headers = filling ? e->now : 0;
	engine_tell(e, l);
}

static bool
step(Engine *e, PlanStep s, gint64 target)
{
	switch (s) {
	case PLAN_WAIT:
		if (e->jobs->len == 0 && !e->sel.clearing) {	/* that goes on by itself */
			if (e->now < e->last_use + SETTLE_MS)
				e->quiet_until = MAX(e->quiet_until, e->last_use + SETTLE_MS);	/* turn again then */
			else if (e->now >= e->quiet_until && !(e->headless && keep_bulk_folder(e)))
				cycle_ended(e);
		}
		return false;
	case PLAN_IDLE:
		cycle_ended(e);
		imap_session_idle(e->session);
		return false;
	case PLAN_LEAVE:
		cycle_ended(e);
		imap_session_logout(e->session);
		return false;
	case PLAN_SELECT:	pull_select(e, target); break;
	case PLAN_FIRST_PAGE:	first_page(e); break;
	case PLAN_BODY:		bodies(e); break;
	case PLAN_STORE:	push_submit(e); break;
	case PLAN_FILE:		file_submit(e); break;
	case PLAN_NEW:		new_mail(e); break;
	case PLAN_LIST:		listing_submit(e); break;
	case PLAN_COMPRESS:	extend_compress(e); break;
	case PLAN_SCAN:		scan_submit(e); break;
	case PLAN_CHANGES:	changes(e); break;
	case PLAN_RANGE:	range(e); break;
	case PLAN_BACKFILL:	backfill(e); break;
	case PLAN_STATUS:	listing_status(e); break;
	case PLAN_NOOP:		e->check_wanted ? check(e) : noop(e); break;
	case PLAN_PREFETCH:	prefetch(e); break;
	case PLAN_KEEP:		keep_submit(e); break;
	}
	return true;
}

void
work_plan(Engine *e)
{
	/* each step takes away what it was planned for; the bound is against a mistake in that */
	for (guint i = 0; i < 64 && e->session && e->ready && !e->drop; i++) {
		PlanFacts f = facts(e);
		if (!step(e, plan_next(&f), f.target))
			break;
	}
	tell_progress(e);
}

/* Before the sign-in: the folder's SELECT may ride with it. */
void
work_ready(Engine *e)
{
	gint64 target = work_target(e);
	if (target)
		pull_select(e, target);
}

static Job *
job_steal(Engine *e, guint32 id)
{
	for (guint i = 0; i < e->jobs->len; i++)
		if (((Job *)g_ptr_array_index(e->jobs, i))->id == id)
			return g_ptr_array_steal_index(e->jobs, i);
	return NULL;
}

void
work_done(Engine *e, guint32 id, const ImapResponse *r)
{
	Job *job = job_steal(e, id);
	if (!job)
		return;
	if (job->kind == JOB_BODY && !job->texts)
		e->last_use = e->now;	/* and settles: nothing is said on top of what the person begins to read */
	/* a window's mark, and texts that nobody waits for, go into the commit of what they are about */
	bool shares = job->kind == JOB_BACKFILL || job->texts;
	if (!shares || r->status != IMAP_OK)
		headers_flush(e);
	extend_took(e, job);
	if (e->poor && r->status == IMAP_OK && (job->kind == JOB_PAGE || job->kind == JOB_NEW || job->kind == JOB_BACKFILL))
		extend_header_done(e);
	if (r->status != IMAP_OK)
		log_line(LOG_INFO, "imap", "command of kind %d was refused: %s", job->kind, r->text ? r->text : "");
	/* Exchange says only now that IMAP is off for the mailbox ("User is authenticated but not connected") */
	bool opens = job->kind == JOB_SELECT || job->kind == JOB_LIST || job->kind == JOB_STATUS || job->kind == JOB_NOOP;
	if (opens && refused_service(e, r)) {
		work_job_free(job);
		return;
	}
	if (extend_refused(e, job, r)) {
		work_job_free(job);
		return;
	}
	switch (job->kind) {
	case JOB_SELECT:	pull_selected(e, job, r); break;
	case JOB_PAGE:		pull_page_done(e, job, r->status == IMAP_OK); break;
	case JOB_NEW:		pull_new_done(e, job); break;
	case JOB_BODY:		fetch_done(e, job, r); break;
	case JOB_STORE:		push_done(e, job, r); break;
	case JOB_LIST:		listing_done(e, r); break;
	case JOB_NOTIFY:	listing_notify_done(e, r); break;
	case JOB_MODSEQ:	if (r->status == IMAP_OK) pull_sync_save(e); break;
	case JOB_SCAN:		scan_done(e, job, r); break;
	case JOB_RANGE:		if (r->status == IMAP_OK) pull_range_done(e, job); break;
	case JOB_BACKFILL:	if (r->status == IMAP_OK) pull_backfill_done(e, job); else e->sel.fill_at = 1; break;
	case JOB_CHANGES:	if (r->status == IMAP_OK) pull_changes_done(e, job); break;
	case JOB_PIECE:		large_done(e, job, r); break;
	case JOB_FILE:		file_done(e, job, r); break;
	case JOB_STATUS: case JOB_NOOP: case JOB_POOR: case JOB_OTHER: break;
	}
	work_job_free(job);
}
