/* bulk.c - a second connection for what takes long, where the account allows one: large attachments, and texts that are kept
 * here, while the first goes on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It belongs to the first: it begins when there is something for it and the first is signed in, and ends with it. It opens folders
 * for reading only (EXAMINE), writes nothing into the store but the pieces that it was sent for, and no trouble of its is told:
 * what it can't do the first one does. A server that refuses it is not asked again in this session. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/log.h"

#define LINGER_MS 30000
#define AGAIN_MS 30000		/* after it was cut off */
#define AT_ONCE 64		/* pieces */

struct Bulk {
	Link *link;		/* owned; NULL: none */
	ImapSession *session;	/* owned */
	bool ready, refused;	/* refused: not again before the first connection is a new one */
	gint64 again_at;	/* ms: not before */
	gint64 folder;		/* 0: none is open */
	guint32 opening;	/* the command that opens it; 0: it is open */
	guint32 uidvalidity;
	GPtrArray *jobs;	/* owned, of Job* */
	gint64 last_use;
};

Bulk *
bulk_new(void)
{
	Bulk *b = g_new0(Bulk, 1);
	b->jobs = g_ptr_array_new_with_free_func(work_job_free);
	return b;
}

void
bulk_free(Bulk *b)
{
	if (!b)
		return;
	g_ptr_array_unref(b->jobs);
	g_free(b);
}

bool
bulk_usable(const Engine *e)
{
	return e->account->connections > 1 && e->ready && !e->bulk->refused && e->now >= e->bulk->again_at;
}

const ImapSession *
bulk_session(const Engine *e)
{
	return e->bulk->session;
}

GPtrArray *
bulk_jobs(const Engine *e)
{
	return e->bulk->jobs;
}

static void
close_it(Engine *e)
{
	Bulk *b = e->bulk;

	g_clear_pointer(&b->link, link_close);
	g_clear_pointer(&b->session, imap_session_free);
	for (guint i = 0; i < b->jobs->len; i++) {
		const Job *job = g_ptr_array_index(b->jobs, i);
		if (job->texts)
			texts_ask_again(e, job);
	}
	g_ptr_array_set_size(b->jobs, 0);
	keep_bulk_lost(e);
	b->ready = false;
	b->folder = b->opening = 0;
	large_clear(e, true);
}

void
bulk_drop(Engine *e)
{
	close_it(e);
	e->bulk->refused = false;
	e->bulk->again_at = 0;
}

void
bulk_no_secret(Engine *e)
{
	if (!e->bulk->link)
		e->bulk->again_at = e->now + AGAIN_MS;
}

/* What it was about goes on over the first connection. */
static void
lost(Engine *e, const char *why)
{
	Bulk *b = e->bulk;

	log_line(LOG_INFO, "imap", "the second connection ended: %s", why ? why : "");
	b->refused = !b->ready;
	b->again_at = e->now + AGAIN_MS;
	close_it(e);
}

Job *
bulk_job(Engine *e, JobKind kind, ImapCommand *command)
{
	Bulk *b = e->bulk;
	Job *job = g_new0(Job, 1);

	job->kind = kind;
	job->folder = b->folder;
	job->since = b->last_use = e->now;
	g_ptr_array_add(b->jobs, job);
	job->id = imap_session_submit(b->session, command);
	return job;
}

/* ---- what comes ---- */

static void
fetched(Engine *e, const ImapFetch *f)
{
	large_fetched(e, true, f);
	for (guint i = 0; f->uid && f->parts && i < f->parts->len; i++) {
		const ImapFetchPart *p = g_ptr_array_index(f->parts, i);
		if (!texts_part(e, true, f->uid, p))
			large_part(e, true, f->uid, p);
	}
}

static void
opened_folder(Engine *e, const ImapResponse *r)
{
	Bulk *b = e->bulk;
	g_autoptr(Folder) f = folders_get(e->db, b->folder, NULL);

	b->opening = 0;
	if (r->status == IMAP_NO)
		keep_bulk_barred(e, b->folder);
	if (r->status != IMAP_OK || !f || f->uidvalidity != b->uidvalidity)
		lost(e, r->text ? r->text : "another UIDVALIDITY");
}

static void
ended(Engine *e, guint32 id, const ImapResponse *r)
{
	Bulk *b = e->bulk;

	if (id == b->opening) {
		opened_folder(e, r);
		return;
	}
	for (guint i = 0; i < b->jobs->len; i++) {
		Job *job = g_ptr_array_index(b->jobs, i);
		if (job->id != id)
			continue;
		g_ptr_array_steal_index(b->jobs, i);
		if (job->texts)
			texts_done(e, true, job, r);
		else if (job->kind == JOB_PIECE)
			large_done(e, job, r);
		work_job_free(job);
		return;
	}
}

/* False: it is over. */
static bool
event(Engine *e, const ImapEvent *ev)
{
	Bulk *b = e->bulk;
	g_autoptr(GBytes) rest = NULL;
	g_autoptr(GError) err = NULL;

	switch (ev->kind) {
	case IMAP_EV_START_TLS:
		if (!link_start_tls(b->link, &err))
			lost(e, err->message);
		break;
	case IMAP_EV_READY:
		b->ready = true;
		log_line(LOG_INFO, "imap", "a second connection");
		if (e->rtt_ms >= 3 && imap_session_can(b->session, "COMPRESS=DEFLATE"))
			bulk_job(e, JOB_OTHER, imap_command_compress());
		break;
	case IMAP_EV_START_COMPRESS:
		rest = imap_session_compress_started(b->session);
		link_start_deflate(b->link, rest);
		break;
	case IMAP_EV_RESPONSE:
		if (ev->response->kind == IMAP_RESP_FETCH)
			fetched(e, ev->response->fetch);
		else if (ev->response->kind == IMAP_RESP_STATUS && ev->response->code == IMAP_CODE_UIDVALIDITY)
			b->uidvalidity = (guint32)ev->response->code_number;
		break;
	case IMAP_EV_DONE:
		ended(e, ev->id, ev->response);
		break;
	case IMAP_EV_CLOSED: case IMAP_EV_FAILED:
		lost(e, ev->text);
		break;
	default:
		break;	/* pieces are small enough to come inline */
	}
	return b->session && !e->drop;
}

/* ---- what goes ---- */

static void
open_folder(Engine *e, gint64 folder)
{
	Bulk *b = e->bulk;
	g_autoptr(Folder) f = folders_get(e->db, folder, NULL);

	if (!f || !f->selectable) {
		lost(e, "no such folder");
		return;
	}
	b->folder = folder;
	b->uidvalidity = 0;
	b->opening = imap_session_submit(b->session, imap_command_select(f->wire, true, false));
	b->last_use = e->now;
}

/* The next pieces of texts; both connections must mean the same folder. */
static void
plan_texts(Engine *e)
{
	Bulk *b = e->bulk;
	g_autoptr(Folder) f = folders_get(e->db, b->folder, NULL);

	if (!f || f->uidvalidity != b->uidvalidity) {
		lost(e, "another UIDVALIDITY");
		return;
	}
	while (keep_bulk_folder(e) == b->folder && b->jobs->len < AT_ONCE && !e->drop && keep_bulk_goes_on(e))
		keep_submit(e);
}

static void
plan(Engine *e)
{
	Bulk *b = e->bulk;
	gint64 folder = large_folder(e, true);

	if (!folder)
		folder = keep_bulk_folder(e);
	if (folder && folder != b->folder && b->jobs->len == 0)
		open_folder(e, folder);
	while (b->session && !b->opening && !e->drop && b->jobs->len < AT_ONCE && (folder = large_folder(e, true)) && folder == b->folder && large_ready(e, true))
		large_submit(e, true);
	if (b->session && !b->opening && !e->drop && !folder && keep_bulk_folder(e) && keep_bulk_folder(e) == b->folder)
		plan_texts(e);
	if (b->session && !folder && !keep_bulk_folder(e) && b->jobs->len == 0 && e->now - b->last_use >= LINGER_MS)
		imap_session_logout(b->session);
}

static void begin(Engine *e);

void
bulk_pump(Engine *e)
{
	Bulk *b = e->bulk;
	gsize len = 0;

	if (!b->link && !bulk_usable(e))
		keep_bulk_lost(e);
	if (!b->link && bulk_usable(e) && (large_active(e, true) || keep_bulk_folder(e)) && secret_ready(e, RECEIVING))
		begin(e);
	while (b->session && !e->drop) {
		ImapEvent ev = imap_session_next(b->session);
		if (ev.kind == IMAP_WANTS_BYTES || !event(e, &ev))
			break;
	}
	if (b->session && b->ready && !b->opening && !e->drop)
		plan(e);
	if (b->session && imap_session_output(b->session, &len) && len)
		link_kick(b->link);
}

void
bulk_tick(Engine *e)
{
	if (e->bulk->session)
		imap_session_tick(e->bulk->session, e->now);
}

void
bulk_probe(Engine *e)
{
	if (e->bulk->session && e->bulk->ready)
		imap_session_probe(e->bulk->session, e->now);
}

gint64
bulk_deadline(const Engine *e)
{
	const Bulk *b = e->bulk;

	if (!b->session)
		return b->again_at > e->now ? b->again_at : -1;
	gint64 at = imap_session_deadline(b->session);
	return at > 0 ? MIN(at, b->last_use + LINGER_MS) : b->last_use + LINGER_MS;
}

/* ---- the link's side ---- */

static void
on_opened(void *user)
{
	Engine *e = user;

	e->now = clock_ms();
	if (!secret_text(e, RECEIVING)) {
		lost(e, "no secret");
		return;
	}
	e->bulk->session = connect_session(e);
	bulk_pump(e);
}

static void
on_tls_started(void *user)
{
	Engine *e = user;

	e->now = clock_ms();
	imap_session_tls_started(e->bulk->session);
	bulk_pump(e);
}

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Engine *e = user;
	Bulk *b = e->bulk;

	if (log_wants(LOG_WIRE))
		log_wire("imap2", '<', data, len);
	e->now = clock_ms();
	if (b->session) {
		imap_session_tick(b->session, e->now);
		imap_session_feed(b->session, data, len);
		bulk_pump(e);
	}
	return b->link != NULL;
}

static const guint8 *
on_output(void *user, gsize *len)
{
	Engine *e = user;

	*len = 0;
	return e->bulk->session ? imap_session_output(e->bulk->session, len) : NULL;
}

static void
on_taken(void *user, gsize n)
{
	Engine *e = user;
	gsize len;
	const void *data = imap_session_output(e->bulk->session, &len);

	if (log_wants(LOG_WIRE) && !imap_session_output_secret(e->bulk->session))
		log_wire("imap2", '>', data, n);
	imap_session_output_taken(e->bulk->session, n, clock_ms());
}

static void
on_stage(void *user, LinkStage stage)
{
}

static void
on_closed(void *user, const GError *err)
{
	Engine *e = user;

	e->now = clock_ms();
	lost(e, err ? err->message : "closed by the server");
}

static const LinkClient CLIENT = {
	.stage = on_stage, .opened = on_opened, .tls_started = on_tls_started,
	.feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed,
};

static void
begin(Engine *e)
{
	e->bulk->last_use = e->now;
	e->bulk->link = connect_link(e, &CLIENT);
}
