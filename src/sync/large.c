/* large.c - attachments and whole messages that the person asked for: in pieces that can be stopped and go on another time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * BODY[n]<offset.length> or BINARY[n]<offset.length> (RFC 9051, 6.4.5), a few on their way at a time: so many that the line does not rest, so few that what
 * the person asks for meanwhile is not far behind. Each is small enough to come inline, so that it says itself whose it is and
 * where it belongs. What came is kept by the store over the end of the connection and of the program. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

#define PIECE_LEAST (16 * KIB)
#define PIECE_FIRST (64 * KIB)
#define PIECE_MOST (LIMIT_IMAP_INLINE - 1)	/* of a larger one nobody would know whose it is */
#define WINDOW_MOST (2 * MIB)
#define PIECE_MS 300
#define TELL_MS 200
#define VAIN_MOST 2
#define SYNC_MS 5000	/* as much of it is lost when the program is killed */

void
part_wish_free(gpointer p)
{
	PartWish *w = p;
	bodies_write_pause(w->writer);
	g_free(w->section);
	g_free(w);
}

static PartWish *
wish_of(const Engine *e, gint64 message, const char *section)
{
	for (guint i = 0; i < e->part_wishes->len; i++) {
		PartWish *w = g_ptr_array_index(e->part_wishes, i);
		if (w->message == message && !strcmp(w->section, section))
			return w;
	}
	return NULL;
}

/* ---- letters ---- */

static void
tell_progress(Engine *e, const PartWish *w, guint64 total)
{
	Letter *l = letter_new(LETTER_PROGRESS);
	l->message = w->message;
	l->text = g_strdup(_("fetching"));
	l->text2 = g_strdup(w->section);
	/* whatever the way: in bytes as they were sent, and as many of those a second */
	l->done = w->binary ? binary_sent_size(w->have) : w->have;
	l->total = w->binary ? binary_sent_size(total) : total;
	l->when = (gint64)(w->binary ? binary_sent_size(e->speed) : e->speed);
	engine_tell(e, l);
	e->told_progress = e->now;
}

static void
tell_end(Engine *e, const PartWish *w)
{
	if (w->told)
		tell_progress(e, w, w->have);
}

static void
give_up(Engine *e, PartWish *w, const char *why)
{
	tell_end(e, w);
	if (!w->by_itself)
		fetch_failed(e, w->message, w->section, why);
	save_failed(e, w->message, w->section, why);
	wanted_done(e, w->message, w->section);
	g_ptr_array_remove(e->part_wishes, w);
}

/* ---- the speed of the line ---- */

static void
keep_speed(Engine *e)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, e->speed);

	if (e->speed_kept && e->speed > e->speed_kept / 4 * 3 && e->speed < e->speed_kept / 4 * 5)
		return;
	headers_flush(e);
	if (store_begin(e, &err) && db_set_fact(e->db, "speed", text, &err) && db_commit(e->db, &err)) {
		e->speed_kept = e->speed;
		return;
	}
	db_rollback(e->db);
	engine_store_failed(e, g_steal_pointer(&err));
}

void
speed_began(Engine *e)
{
	e->speed_since = clock_ms();
	e->speed_bytes = 0;
}

/* Measured over a tenth of a second or more, or at the end of something that was large enough to say anything. */
static void
measure_speed(Engine *e, bool ended)
{
	enum { LEAST = 32 * 1024, WINDOW_MS = 100 };
	gint64 ms;

	if (!e->speed_since || e->speed_bytes < LEAST)
		return;
	ms = MAX(clock_ms() - e->speed_since, 1);
	if (ms < WINDOW_MS && !ended)
		return;
	guint64 now = e->speed_bytes * 1000 / (guint64)ms;
	e->speed = MAX(e->speed ? (e->speed * 2 + now) / 3 : now, 1);
	speed_began(e);
}

void
speed_got(Engine *e, guint64 bytes, bool ended)
{
	e->speed_bytes += bytes;
	measure_speed(e, ended);
	if (ended && e->speed)	/* also if the last window closed just before the end, as on a slow line */
		keep_speed(e);
}

/* ---- wishes ---- */

static guint64
announced(Engine *e, const Message *m, const char *section)
{
	if (!*section)
		return m->size;
	g_autoptr(GBytes) list = bodies_get(e->db, m->id, PARTS_SECTION, NULL);
	g_autoptr(GArray) parts = list ? parts_read(list) : parts_new();
	for (guint i = 0; i < parts->len; i++)
		if (!strcmp(g_array_index(parts, PartInfo, i).section, section))
			return g_array_index(parts, PartInfo, i).size;
	return 0;
}

/* Worth a connection of its own? */
static bool
is_large(Engine *e, gint64 message, const char *section)
{
	g_autoptr(Message) m = e->account->connections > 1 ? messages_get(e->db, message, NULL) : NULL;
	return m && announced(e, m, section) >= PIECE_MOST;
}

void
large_want(Engine *e, gint64 message, const char *section, bool by_itself)
{
	PartWish *w = wish_of(e, message, section);

	if (w) {
		w->again |= w->broken;
		w->stopping = w->broken;
		w->by_itself &= by_itself;
	} else {
		w = g_new0(PartWish, 1);
		w->message = message;
		w->section = g_strdup(section);
		w->by_itself = by_itself;
		w->large = is_large(e, message, section);
		g_ptr_array_add(e->part_wishes, w);
	}
	/* what was asked for last goes first */
	guint at;
	if (g_ptr_array_find(e->part_wishes, w, &at))
		g_ptr_array_insert(e->part_wishes, by_itself ? 0 : -1, g_ptr_array_steal_index(e->part_wishes, at));
}

/* It comes, or will when what it broke at is off the line. */
static bool
goes_on(const PartWish *w)
{
	return !w->stopping || w->again;
}

/* Told at once; what is on its way still comes and is kept. */
static void
stop(Engine *e, PartWish *w)
{
	static const char *const why = N_("Stopped. What came so far is kept; it goes on from there.");

	if (!goes_on(w))
		return;
	w->stopping = true;
	w->again = false;
	tell_end(e, w);
	save_failed(e, w->message, w->section, NULL);
	fetch_failed(e, w->message, w->section, _(why));
	wanted_done(e, w->message, w->section);
	headers_flush(e);
	if (w->writer)
		bodies_write_sync(w->writer, NULL);
	if (w->in_flight == 0)
		g_ptr_array_remove(e->part_wishes, w);
}

bool
large_stop(Engine *e, gint64 message, const char *section)
{
	bool any = false;

	for (guint i = e->part_wishes->len; i-- > 0;) {
		PartWish *w = g_ptr_array_index(e->part_wishes, i);
		if (!goes_on(w) || (message && (w->message != message || (section && strcmp(w->section, section)))))
			continue;
		stop(e, w);
		any = true;
	}
	return any;
}

/* Where it was begun it goes on. */
static bool
goes_over(const Engine *e, const PartWish *w, bool bulk)
{
	return (w->begun ? w->bulk : w->large && bulk_usable(e)) == bulk;
}

/* The newest that can go on over that connection. */
static PartWish *
current(const Engine *e, bool bulk)
{
	for (guint i = e->part_wishes->len; i-- > 0;) {
		PartWish *w = g_ptr_array_index(e->part_wishes, i);
		if (!w->stopping && goes_over(e, w, bulk))
			return w;
	}
	return NULL;
}

gint64
large_folder(Engine *e, bool bulk)
{
	PartWish *w;

	while ((w = current(e, bulk))) {
		g_autoptr(Message) m = messages_get(e->db, w->message, NULL);
		if (m)
			return m->folder;
		give_up(e, w, _("This message is gone."));
	}
	return 0;
}

/* ---- asking ---- */

static guint
piece_size(const Engine *e)
{
	return e->speed ? (guint)CLAMP(e->speed * PIECE_MS / 1000, PIECE_LEAST, PIECE_MOST) : PIECE_FIRST;
}

static guint64
window_size(const Engine *e)
{
	guint64 piece = piece_size(e);
	return CLAMP(e->speed * (e->rtt_ms + PIECE_MS) / 1000, 2 * piece, MAX(WINDOW_MOST, 2 * piece));
}

bool
large_ready(Engine *e, bool bulk)
{
	const PartWish *w = current(e, bulk);

	if (!w)
		return false;
	if (!w->begun)	/* what was half fetched by BINARY must not be begun anew because that is not known yet */
		return binary_known(e, bulk);
	if (w->in_flight == 0)
		return true;
	if (w->ended || w->anew || w->asked - w->have >= window_size(e))
		return false;
	return !w->total || w->asked <= w->total;
}

bool
large_active(const Engine *e, bool bulk)
{
	return current(e, bulk) != NULL;
}

/* In one piece, as ever: small ones, and where the server can't do better. */
static void
ask_whole(Engine *e, const Message *m, PartWish *w)
{
	fetch_submit_part(e, m, w->section);
	g_ptr_array_remove(e->part_wishes, w);
}

static bool
begin(Engine *e, const Message *m, PartWish *w, bool bulk)
{
	g_autoptr(GError) err = NULL;

	guint64 here = bodies_partial(e->db, m->id, w->section);

	w->begun = true;
	w->bulk = bulk;
	w->total = w->sent = announced(e, m, w->section);
	if (w->whole || (w->sent && w->sent < PIECE_MOST && !here))
		return false;
	/* what was begun goes on in the same way, or begins anew */
	w->sized = false;
	w->binary = (here ? bodies_partial_form(e->db, m->id, w->section) == BODY_RECODED : w->n_vain < VAIN_MOST) &&
		binary_wanted(e, bulk, m->id, w->section);
	headers_flush(e);
	w->writer = bodies_write_on(e->db, m->id, w->section, w->binary ? BODY_RECODED : BODY_AS_SENT, &err);
	if (!w->writer) {
		engine_store_failed(e, g_steal_pointer(&err));
		return false;
	}
	w->have = w->asked = bodies_written(w->writer);
	if (w->binary) {
		w->total = binary_file_size(w->sent);
		w->have = w->asked = binary_go_on(w->have, &w->skip);
	}
	w->synced = e->now;
	return true;
}

static void
ask_piece(Engine *e, const Message *m, PartWish *w, bool bulk)
{
	guint length = w->binary ? piece_size(e) / BINARY_LINE * BINARY_LINE : piece_size(e);
	g_autofree char *set = g_strdup_printf("%" G_GUINT32_FORMAT, m->uid);
	g_autofree char *size = w->binary && !w->sized && w->in_flight == 0 ? g_strdup_printf("BINARY.SIZE[%s] ", w->section) : g_strdup("");
	g_autofree char *items = g_strdup_printf("(UID %s%s.PEEK[%s]<%" G_GUINT64_FORMAT ".%u>)", size, w->binary ? "BINARY" : "BODY",
		w->section, w->asked, length);
	ImapCommand *c = imap_command_uid_fetch(set, items, 0, false);
	Job *job = bulk ? bulk_job(e, JOB_PIECE, c) : work_job(e, JOB_PIECE, c);

	job->message = w->message;
	job->uid = m->uid;
	job->section = g_strdup(w->section);
	job->offset = w->asked;
	job->hi = length;
	job->binary = w->binary;
	w->asked += length;
	w->in_flight++;
}

void
large_submit(Engine *e, bool bulk)
{
	PartWish *w = current(e, bulk);
	g_autoptr(Message) m = w ? messages_get(e->db, w->message, NULL) : NULL;

	if (!m)
		return;
	/* the section came from our own list, but went through the worker */
	if (strspn(w->section, "0123456789.") != strlen(w->section) || strlen(w->section) > 200) {
		give_up(e, w, _("There is no such part."));
		return;
	}
	if (!w->begun && !begin(e, m, w, bulk)) {
		if (bulk)
			w->begun = w->large = false;	/* the first one asks for it */
		else if (!e->drop)
			ask_whole(e, m, w);	/* w is gone */
		return;
	}
	if (w->in_flight == 0)
		w->asked = w->have;	/* what did not come is asked for again */
	if (w->in_flight == 0 && w->told == 0)
		speed_began(e);
	ask_piece(e, m, w, bulk);
	if (!w->told) {
		tell_progress(e, w, w->total);
		w->told = true;
	}
}

/* ---- what comes ---- */

static Job *
job_of(Engine *e, bool bulk, guint32 uid, const char *section, bool binary)
{
	GPtrArray *jobs = bulk ? bulk_jobs(e) : e->jobs;
	for (guint i = 0; i < jobs->len; i++) {
		Job *job = g_ptr_array_index(jobs, i);
		if (job->kind == JOB_PIECE && !job->got && job->binary == binary && job->uid == uid && !strcmp(job->section, section))
			return job;
	}
	return NULL;
}

static bool
put_piece(PartWish *w, const guint8 *data, gsize len, GError **err)
{
	if (!w->binary)
		return bodies_write_piece(w->writer, data, len, err);
	g_autoptr(GByteArray) lines = binary_lines(data, len);
	guint here = MIN(w->skip, lines->len);
	w->skip -= here;
	return bodies_write_piece(w->writer, lines->data + here, lines->len - here, err);
}

/* What came so far is kept. */
static void
stop_writing(Engine *e, PartWish *w, const char *why /* NULL: it goes on by itself */)
{
	bodies_write_pause(g_steal_pointer(&w->writer));
	w->stopping = w->broken = true;
	w->again |= !why;
	tell_end(e, w);
	if (!why)
		return;
	if (!w->by_itself)
		fetch_failed(e, w->message, w->section, why);
	save_failed(e, w->message, w->section, why);
}

void
large_stop_all(Engine *e, const char *why)
{
	for (guint i = e->part_wishes->len; i-- > 0;) {
		PartWish *w = g_ptr_array_index(e->part_wishes, i);
		if (!goes_on(w))
			continue;
		wanted_later(e, w->message, w->section);
		stop_writing(e, w, why);
		w->again = false;
		if (w->in_flight == 0)
			g_ptr_array_remove_index(e->part_wishes, i);
	}
}

static void
write_piece(Engine *e, PartWish *w, GBytes *data)
{
	g_autoptr(GError) err = NULL;
	gsize len;
	const void *bytes = g_bytes_get_data(data, &len);

	headers_flush(e);
	if (!put_piece(w, bytes, len, &err)) {
		if (!engine_has_room(e) && !w->writer)	/* all of them were stopped */
			return;
		bool refused = g_error_matches(err, EIL_ERROR, EIL_REFUSED) || e->no_room;
		stop_writing(e, w, refused ? err->message : NULL);
		if (!refused)
			engine_store_failed(e, g_steal_pointer(&err));
		return;
	}
	w->have += len;
	if (e->now - w->synced > SYNC_MS) {
		w->synced = e->now;
		if (!bodies_write_sync(w->writer, &err))
			engine_store_failed(e, g_steal_pointer(&err));
	}
}

/* All that is here of it is in the way: it begins again as it was sent. */
static void
as_sent(Engine *e, PartWish *w, const char *why, bool all)
{
	binary_refused(e, w, why, all);
	w->anew = true;
}

/* The server knows how large the file is; what that can't be true of is not fetched by its decoding. */
void
large_fetched(Engine *e, bool bulk, const ImapFetch *f)
{
	Job *job = f->uid && (f->has & IMAP_HAS_BINARY_SIZE) ? job_of(e, bulk, f->uid, f->binary_section, true) : NULL;
	PartWish *w = job ? wish_of(e, job->message, job->section) : NULL;

	if (!w || !w->binary || !w->writer || w->anew)
		return;
	w->total = f->binary_size;
	w->sized = true;
	if (!binary_size_fits(w->total, w->sent))
		as_sent(e, w, "its size is not what it can be", false);
}

/* The last piece is here. */
static void
ended(Engine *e, PartWish *w)
{
	w->ended = true;
	if (w->binary && !(w->sized ? w->have == w->total : binary_size_fits(w->have, w->sent)))
		as_sent(e, w, "it ended where it can't end", false);
}

/* True: it was a piece of ours. */
bool
large_part(Engine *e, bool bulk, guint32 uid, const ImapFetchPart *p)
{
	Job *job = job_of(e, bulk, uid, p->section, p->binary);
	PartWish *w = job ? wish_of(e, job->message, job->section) : NULL;
	gsize len = p->data ? g_bytes_get_size(p->data) : 0;

	if (!job)
		return false;
	job->got = true;
	speed_got(e, len, false);
	if (!w || !w->writer || w->ended || w->anew || w->binary != job->binary)
		return true;
	if (p->streamed || len > job->hi || (p->origin != job->offset && len > 0)) {
		if (w->binary) {
			as_sent(e, w, "not in pieces", true);
			return true;
		}
		log_line(LOG_WARN, "imap", "the server does not know pieces of a part: it is fetched in one");
		w->whole = w->anew = true;
		return true;
	}
	if (job->offset != w->have)	/* the one before it did not come */
		return true;
	if (len > 0)
		write_piece(e, w, p->data);
	if (w->writer && len < job->hi)
		ended(e, w);
	if (w->writer && !w->stopping && e->now - e->told_progress > TELL_MS)
		tell_progress(e, w, w->total);
	return true;
}

static void
finish(Engine *e, PartWish *w)
{
	g_autoptr(GError) err = NULL;

	headers_flush(e);
	if (w->total && w->have != w->total)
		log_line(LOG_INFO, "sync", "part %s has %" G_GUINT64_FORMAT " bytes, %" G_GUINT64_FORMAT " were announced", w->section, w->have, w->total);
	if (!bodies_write_finish(g_steal_pointer(&w->writer), &err)) {
		engine_store_failed(e, g_steal_pointer(&err));
		return;
	}
	if (!*w->section)
		fetch_body_is_here(e, w->message);
	speed_got(e, 0, true);
	tell_end(e, w);
	fetch_came(e, w->message, w->section);
	g_ptr_array_remove(e->part_wishes, w);
}

/* In another way: all that is here of it is in the way. */
static void
begin_anew(PartWish *w)
{
	if (w->writer)
		bodies_write_abort(g_steal_pointer(&w->writer));
	w->have = w->asked = 0;
	w->begun = w->ended = w->anew = w->binary = false;
	w->large &= !w->whole;	/* the first connection streams what has no pieces */
}

static void
refused(Engine *e, PartWish *w, const ImapResponse *r)
{
	if (r->status == IMAP_BAD && w->have == 0 && !w->binary) {
		w->whole = w->anew = true;
		return;
	}
	/* some say NO to what lies behind the end */
	if (w->have > 0 && w->total && w->have >= w->total) {
		ended(e, w);
		return;
	}
	if (w->binary) {
		as_sent(e, w, r->text ? r->text : "nothing came", r->status == IMAP_BAD);
		return;
	}
	g_autofree char *why = r->status == IMAP_OK ? g_strdup(_("The server did not give this message. It may have been deleted there.")) :
		g_strdup_printf(_("The server did not give this message: “%s”"), r->text ? r->text : "");
	give_up(e, w, why);
}

/* Of one that was stopped nothing is on its way any more. */
static void
forget(Engine *e, PartWish *w)
{
	g_autofree char *section = w->again ? g_strdup(w->section) : NULL;
	gint64 message = w->message;
	bool by_itself = w->by_itself;

	g_ptr_array_remove(e->part_wishes, w);
	if (section)
		large_want(e, message, section, by_itself);
}

void
large_done(Engine *e, Job *job, const ImapResponse *r)
{
	PartWish *w = wish_of(e, job->message, job->section);

	if (!w || w->in_flight == 0)
		return;
	w->in_flight--;
	if (w->broken || (w->stopping && (!w->ended || w->anew))) {
		if (w->in_flight == 0)
			forget(e, w);
		return;
	}
	if (!job->got && !w->ended && !w->anew && job->offset <= w->have)
		refused(e, w, r);
	w = wish_of(e, job->message, job->section);
	if (w && w->anew && w->in_flight == 0)
		begin_anew(w);
	else if (w && w->ended && !w->anew && w->writer)
		finish(e, w);
}

/* The connection is gone: what came is kept, the rest is asked for in the next one, or over the other. */
void
large_clear(Engine *e, bool bulk)
{
	for (guint i = e->part_wishes->len; i-- > 0;) {
		PartWish *w = g_ptr_array_index(e->part_wishes, i);
		if (w->bulk != bulk)
			continue;
		w->n_vain += w->binary && w->in_flight > 0 && w->have == 0;
		bodies_write_pause(g_steal_pointer(&w->writer));
		w->begun = w->ended = w->anew = false;
		w->in_flight = 0;
		tell_end(e, w);
		w->told = w->bulk = w->binary = false;
		if (w->again)
			w->again = w->broken = w->stopping = false;
		else if (w->stopping)
			g_ptr_array_remove_index(e->part_wishes, i);
	}
	e->speed_since = 0;
}
