/* fetch.c - the text of a message: which parts to ask for, and where they go.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Small messages come whole; of the others the header and the text that will be shown, attachments only when asked. All
 * in one turn. Literals over LIMIT_IMAP_INLINE are streamed into the store; at most one section of a command may be that
 * large, so that it is known whose it is before its FETCH is complete. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

#define WHOLE_ALWAYS (48 * KIB)
#define WHOLE_TEXT (192 * KIB)
#define INLINE_MAX (LIMIT_IMAP_INLINE - 1)
#define WHOLE_ITEMS "(UID BODY.PEEK[])"

/* ---- which parts ---- */

static bool
is_text(const ImapBody *b)
{
	return !g_strcmp0(b->type, "text") && g_strcmp0(b->disposition, "attachment");
}

static bool
all_text(const ImapBody *b, guint depth)
{
	if (depth > LIMIT_MIME_DEPTH)
		return false;
	if (!b->children || b->children->len == 0)
		return !g_strcmp0(b->type, "text");
	for (guint i = 0; i < b->children->len; i++)
		if (!all_text(g_ptr_array_index(b->children, i), depth + 1))
			return false;
	return true;
}

static bool
has_subtype(const ImapBody *b, const char *subtype, guint depth)
{
	if (depth > LIMIT_MIME_DEPTH)
		return false;
	if (!b->children || b->children->len == 0)
		return is_text(b) && !g_strcmp0(b->subtype, subtype);
	for (guint i = 0; i < b->children->len; i++)
		if (has_subtype(g_ptr_array_index(b->children, i), subtype, depth + 1))
			return true;
	return false;
}

/* The text parts that will be shown, of ImapBody* (borrowed). */
static void
choose(const ImapBody *b, const char *wanted, GPtrArray *chosen, guint depth)
{
	if (depth > LIMIT_MIME_DEPTH || chosen->len >= 100)
		return;
	if (!b->children || b->children->len == 0) {
		if (is_text(b) || !g_strcmp0(b->subtype, "delivery-status"))
			g_ptr_array_add(chosen, (gpointer)b);
		return;
	}
	if (!g_strcmp0(b->subtype, "alternative")) {
		for (guint i = 0; i < b->children->len; i++) {
			const ImapBody *child = g_ptr_array_index(b->children, i);
			if (has_subtype(child, wanted, depth + 1)) {
				choose(child, wanted, chosen, depth + 1);
				return;
			}
		}
		choose(g_ptr_array_index(b->children, b->children->len - 1), wanted, chosen, depth + 1);
		return;
	}
	for (guint i = 0; i < b->children->len; i++)
		choose(g_ptr_array_index(b->children, i), wanted, chosen, depth + 1);
}

/* ---- MIME header lines out of the structure ---- */

static void
quoted(GString *out, const char *value)
{
	g_string_append_c(out, '"');
	for (; *value; value++) {
		if (*value == '\r' || *value == '\n')
			continue;
		if (*value == '"' || *value == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *value);
	}
	g_string_append_c(out, '"');
}

static void
params(GString *out, const GPtrArray *list)
{
	for (guint i = 0; list && i + 1 < list->len; i += 2) {
		const char *name = g_ptr_array_index(list, i), *value = g_ptr_array_index(list, i + 1);
		if (!name || !value || strpbrk(name, "\r\n;=\""))
			continue;
		g_string_append_printf(out, "; %s=", name);
		quoted(out, value);
	}
	g_string_append(out, "\r\n");
}

static void
line(GString *out, const char *name, const char *value)
{
	if (!value)
		return;
	g_autofree char *one = g_strdelimit(g_strdup(value), "\r\n", ' ');
	g_string_append_printf(out, "%s: %s\r\n", name, one);
}

static char *
mime_lines(const ImapBody *b)
{
	GString *out = g_string_new(NULL);
	g_string_append_printf(out, "Content-Type: %s/%s", b->type ? b->type : "application", b->subtype ? b->subtype : "octet-stream");
	params(out, b->params);
	line(out, "Content-Transfer-Encoding", b->encoding);
	line(out, "Content-ID", b->id);
	line(out, "Content-Description", b->description);
	if (b->disposition) {
		g_autofree char *kind = g_strdelimit(g_strdup(b->disposition), "\r\n", ' ');
		g_string_append_printf(out, "Content-Disposition: %s", kind);
		params(out, b->disposition_params);
	}
	return g_string_free(out, FALSE);
}

static void
list_parts(GArray *parts, const ImapBody *b, guint8 depth)
{
	if (depth > LIMIT_MIME_DEPTH)
		return;
	g_autofree char *mime = mime_lines(b);
	parts_add(parts, b->section ? b->section : "", depth, b->octets, mime);
	for (guint i = 0; b->children && i < b->children->len; i++)
		list_parts(parts, g_ptr_array_index(b->children, i), depth + 1);
}

static bool
save_list(Engine *e, gint64 message, const ImapBody *body, bool ahead)
{
	g_autoptr(GArray) parts = parts_new();
	g_autoptr(GError) err = NULL;

	list_parts(parts, body, 0);
	g_autoptr(GBytes) data = parts_write(parts);
	if (ahead) {
		texts_hold(e, message, PARTS_SECTION, data);
		return true;
	}
	if (batch_begin(e) && bodies_put(e->db, message, PARTS_SECTION, data, &err))
		return true;
	engine_store_failed(e, g_steal_pointer(&err));
	return false;
}

/* ---- asking ---- */

static Job *
submit(Engine *e, const Message *m, const char *items, const char *streamed)
{
	g_autofree char *set = g_strdup_printf("%" G_GUINT32_FORMAT, m->uid);
	if (e->speed_since == 0)
		speed_began(e);
	Job *job = work_job(e, JOB_BODY, imap_command_uid_fetch(set, items, 0, false));
	job->message = m->id;
	job->uid = m->uid;
	job->section = g_strdup(streamed);
	return job;
}

bool
fetch_in_flight(const Engine *e, gint64 message)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		const Job *job = g_ptr_array_index(e->jobs, i);
		if (job->kind == JOB_BODY && job->message == message && !job->attachment)
			return true;
	}
	return texts_come(e, message);
}

static bool
submit_chosen(Engine *e, const Message *m, const ImapBody *body, bool ahead)
{
	g_autoptr(GPtrArray) chosen = g_ptr_array_new();
	g_autoptr(GString) items = g_string_new(NULL);
	guint64 octets = 4 * KIB;	/* the header */

	choose(body, e->prefer_html ? "html" : "plain", chosen, 0);
	for (guint i = 0; ahead && i < chosen->len; i++) {
		const ImapBody *b = g_ptr_array_index(chosen, i);
		if (b->octets > INLINE_MAX)	/* half a text is none */
			return false;
		octets += b->octets;
	}
	if (ahead)
		ahead_spend(e, octets);
	g_string_printf(items, "(UID BODY.PEEK[HEADER]<0.%u>", (guint)INLINE_MAX);
	for (guint i = 0; i < chosen->len; i++) {
		const ImapBody *b = g_ptr_array_index(chosen, i);
		if (b->octets <= INLINE_MAX)
			g_string_append_printf(items, " BODY.PEEK[%s]<0.%u>", b->section, (guint)INLINE_MAX);
	}
	g_string_append_c(items, ')');
	if (ahead) {
		texts_add(e, m, items->str);
		return true;
	}
	submit(e, m, items->str, NULL);
	for (guint i = 0; i < chosen->len; i++) {
		const ImapBody *b = g_ptr_array_index(chosen, i);
		if (b->octets <= INLINE_MAX)
			continue;
		g_autofree char *one = g_strdup_printf("(UID BODY.PEEK[%s]<0.%u>)", b->section, (guint)LIMIT_BODY_SHOWN);
		submit(e, m, one, b->section);
	}
	return true;
}

bool
fetch_submit(Engine *e, gint64 message, gint64 ahead)
{
	g_autoptr(Message) m = messages_get(e->db, message, NULL);
	if (!m || m->body_here || (ahead && m->folder != ahead) || (!ahead && texts_wait_for(e, message)) || fetch_in_flight(e, message))
		return false;
	g_autoptr(ImapBody) body = m->structure ? imap_body_deserialise(m->structure) : NULL;
	bool whole = !body || m->size <= WHOLE_ALWAYS || (m->size <= WHOLE_TEXT && all_text(body, 0));
	if (whole && !ahead) {
		submit(e, m, WHOLE_ITEMS, "");
		return true;
	}
	if (whole) {
		if (m->size > WHOLE_TEXT)	/* nobody knows what is in it */
			return false;
		ahead_spend(e, m->size);
		texts_add(e, m, WHOLE_ITEMS);
		return true;
	}
	if (!save_list(e, message, body, ahead))
		return false;
	if (!ahead)
		headers_flush(e);
	return submit_chosen(e, m, body, ahead);
}

void
fetch_submit_part(Engine *e, const Message *m, const char *section)
{
	g_autofree char *items = g_strdup_printf("(UID BODY.PEEK[%s])", section);
	submit(e, m, items, section)->attachment = true;
}

void
fetch_want(Engine *e, gint64 message, const char *section)
{
	g_autofree char *own = g_strdup(section);	/* it may be that of a Save, which ends if there is no room */

	if (!engine_has_room(e)) {
		wanted_refuse(e, message, own, db_no_room());
		return;
	}
	large_want(e, message, section, false);
	if (!e->ready)
		wanted_later(e, message, section);
	e->wake_wanted = true;
}

/* ---- what comes ---- */

static Job *
streaming_job(Engine *e)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		Job *job = g_ptr_array_index(e->jobs, i);
		if (job->kind == JOB_BODY && job->section && !job->got)
			return job;
	}
	return NULL;
}

static void
abort_writer(Engine *e)
{
	if (e->writer)
		bodies_write_abort(g_steal_pointer(&e->writer));
	e->writer_job = NULL;
}

static void
tell_bytes(Engine *e, guint64 done, guint64 total)
{
	Letter *l = letter_new(LETTER_PROGRESS);
	l->text = g_strdup(_("fetching"));
	l->done = done;
	l->total = total;
	engine_tell(e, l);
}

void
fetch_literal(Engine *e, const ImapEvent *ev)
{
	static const gint64 TELL_MS = 200;
	g_autoptr(GError) err = NULL;
	Job *job = NULL;

	headers_flush(e);
	switch (ev->kind) {
	case IMAP_EV_LITERAL:
		abort_writer(e);
		job = streaming_job(e);
		if (job && !engine_has_room(e))
			job->no_room = true;
		if (!job || ev->size > LIMIT_MESSAGE_STORED || job->no_room) {
			log_line(LOG_WARN, "sync", "a literal of %" G_GUINT64_FORMAT " bytes is not kept", ev->size);
			return;
		}
		e->writer = bodies_write(e->db, job->message, job->section, &err);
		e->writer_job = job;
		job->lo = 0;
		job->hi = (guint32)MIN(ev->size / KIB, G_MAXUINT32);
		break;
	case IMAP_EV_CHUNK:
		if (!e->writer)
			return;
		bodies_write_piece(e->writer, ev->data, ev->len, &err);
		speed_got(e, ev->len, false);
		job = e->writer_job;
		job->lo += (guint32)(ev->len / KIB);
		if (e->now - e->told_progress > TELL_MS) {
			tell_bytes(e, (guint64)job->lo * KIB, (guint64)job->hi * KIB);
			e->told_progress = e->now;
		}
		break;
	default:
		break;	/* it counts when its FETCH is whole: fetch_parts */
	}
	if (!err)
		return;
	abort_writer(e);
	if (engine_has_room(e))
		engine_store_failed(e, g_steal_pointer(&err));
	else if (job)
		job->no_room = true;
}

static void
finish_writer(Engine *e, guint32 uid, const char *section)
{
	g_autoptr(GError) err = NULL;
	Job *job = e->writer_job;

	if (!e->writer)
		return;
	if (job->uid != uid || strcmp(job->section, section)) {
		abort_writer(e);
		return;
	}
	e->writer_job = NULL;
	headers_flush(e);
	if (!bodies_write_finish(g_steal_pointer(&e->writer), &err))
		engine_store_failed(e, g_steal_pointer(&err));
	else
		job->got = true;
	tell_bytes(e, 1, 1);
}

static void
mark_got(Engine *e, guint32 uid, const char *section)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		Job *job = g_ptr_array_index(e->jobs, i);
		if (job->kind == JOB_BODY && job->uid == uid && (!job->section || !strcmp(job->section, section)))
			job->got = true;
	}
}

void
fetch_parts(Engine *e, const ImapFetch *f)
{
	gint64 message = 0;

	large_fetched(e, false, f);
	for (guint i = 0; i < f->parts->len; i++) {
		const ImapFetchPart *p = g_ptr_array_index(f->parts, i);
		g_autoptr(GError) err = NULL;
		if (g_str_has_prefix(p->section, "HEADER.FIELDS"))
			continue;
		if (texts_part(e, false, f->uid, p) || large_part(e, false, f->uid, p))
			continue;
		if (!message && !(message = messages_id_of_uid(e->db, e->sel.id, f->uid)))
			return;
		speed_got(e, p->data ? g_bytes_get_size(p->data) : 0, false);
		if (p->streamed) {
			finish_writer(e, f->uid, p->section);
			continue;
		}
		if (!p->data || !batch_begin(e))
			continue;
		if (!bodies_put(e->db, message, p->section, p->data, &err)) {
			engine_store_failed(e, g_steal_pointer(&err));
			return;
		}
		mark_got(e, f->uid, p->section);
		batch_row(e, 0);
	}
}

void
fetch_failed(Engine *e, gint64 message, const char *section, const char *why)
{
	Letter *l = letter_new(LETTER_BODY);
	l->message = message;
	l->text = g_strdup(section);
	l->text2 = g_strdup(why);
	l->failed = true;
	engine_tell(e, l);
}

bool
fetch_body_is_here(Engine *e, gint64 message)
{
	g_autoptr(GError) err = NULL;

	if (batch_begin(e) && !bodies_set_here(e->db, message, true, &err))
		engine_store_failed(e, g_steal_pointer(&err));
	headers_flush(e);
	return !e->drop;
}

static void
tell_came(Engine *e, gint64 message, const char *section)
{
	Letter *l = letter_new(LETTER_BODY);
	l->message = message;
	l->text = g_strdup(section);
	engine_tell(e, l);
	save_came(e, message, section);
}

/* Nobody waits for them: many share one commit. */
void
fetch_tell_came(Engine *e)
{
	g_autoptr(GArray) came = e->came;

	if (came->len == 0) {
		g_steal_pointer(&came);
		return;
	}
	e->came = g_array_new(FALSE, FALSE, sizeof(gint64));
	for (guint i = 0; i < came->len; i++)
		tell_came(e, g_array_index(came, gint64, i), "");
}

void
fetch_came(Engine *e, gint64 message, const char *section)
{
	tell_came(e, message, section);
	wanted_done(e, message, section);
}

/* The server did not give it; the person waits for it. */
void
fetch_refused(Engine *e, const Job *job, gint64 message, const ImapResponse *r)
{
	g_autofree char *why = r->status == IMAP_OK ? g_strdup(_("The server did not give this message. It may have been deleted there.")) :
		g_strdup_printf(_("The server did not give this message: “%s”"), r->text ? r->text : "");

	fetch_failed(e, message, job->attachment ? job->section : "", why);
	if (job->attachment)
		save_failed(e, message, job->section, why);
	else
		wanted_done(e, message, WANTED_TEXT);
}

/* A text of several parts is not here when one of them is not. */
static void
others_lack_room(Engine *e, const Job *job)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		Job *other = g_ptr_array_index(e->jobs, i);
		other->no_room |= other->kind == JOB_BODY && other->message == job->message && !other->attachment && !job->attachment;
	}
}

/* False: the store failed, and what came was rolled back. */
static bool
is_in_store(Engine *e, const Job *job)
{
	if (!job->attachment || !*job->section)
		return fetch_body_is_here(e, job->message);
	headers_flush(e);
	return !e->drop;
}

void
fetch_done(Engine *e, Job *job, const ImapResponse *r)
{
	if (job->texts) {
		texts_done(e, false, job, r);
		return;
	}
	if (e->writer_job == job)
		abort_writer(e);
	if (e->drop) {	/* what came may have been rolled back */
		work_ask_again(e, job);
		return;
	}
	if (job->no_room && (!job->got || !job->attachment)) {
		others_lack_room(e, job);
		wanted_refuse(e, job->message, job->attachment ? job->section : WANTED_TEXT, db_no_room());
		return;
	}
	if (!job->got) {
		fetch_refused(e, job, job->message, r);
		return;
	}
	if (!job->attachment && fetch_in_flight(e, job->message))
		return;	/* more of it is coming */
	if (!is_in_store(e, job)) {
		work_ask_again(e, job);
		return;
	}
	if (!job->attachment)
		wanted_done(e, job->message, WANTED_TEXT);
	speed_got(e, 0, true);
	e->speed_since = 0;
	fetch_came(e, job->message, job->attachment ? job->section : "");
}
