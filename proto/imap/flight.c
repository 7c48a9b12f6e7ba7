/* flight.c - commands on their way: what may be written now, what waits, and how it is written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/session_private.h"
#include "base/limits.h"

#include <string.h>

Flight *
session_flight(ImapSession *s, FlightKind kind, ImapCommand *command)
{
	Flight *f = g_new0(Flight, 1);
	f->id = ++s->next_id;
	f->kind = kind;
	f->command = command;
	return f;
}

/* From now on the server owes an answer. The time for that begins with the first: more of them keep no dead line alive. */
static void
owed(ImapSession *s, Flight *f)
{
	if (s->flights->len == 0 || (s->idle && s->idle_answered)) {
		s->progress = s->now;
		s->begins = true;
	}
	if (s->idle) {
		bytes_append_text(&s->out, "DONE\r\n");
		trace_line(s->trace, "imap", '>', "DONE", -1);
		s->idle = false;
	}
	g_ptr_array_add(s->flights, f);
}

void
session_write_line(ImapSession *s, Flight *f, const char *text)
{
	owed(s, f);
	bytes_printf(&s->out, "e%" G_GUINT32_FORMAT " %s\r\n", f->id, text);
	trace_printf(s->trace, "imap", '>', "e%" G_GUINT32_FORMAT " %s", f->id, text);
}

static bool
without_waiting(const ImapSession *s, gsize size)
{
	return imap_session_can(s, "LITERAL+") || (imap_session_can(s, "LITERAL-") && size <= 4096);
}

/* The table is the old folder's. What the server still says of that before it has read the command names no folder. */
static void
select_written(ImapSession *s)
{
	s->selecting = true;
	s->leaving = s->selected;
	s->left_unheard = false;
	g_array_set_size(s->uids, 0);
}

bool
session_write_command(ImapSession *s, Flight *f)
{
	const ImapCommand *c = f->command;

	if (f->piece == 0 && f != s->literal_wait) {
		owed(s, f);
		bytes_printf(&s->out, "e%" G_GUINT32_FORMAT " ", f->id);
		session_trace_command(s, f);
		if (c->select)
			select_written(s);
	}
	for (; f->piece < c->pieces->len; f->piece++) {
		const ImapPiece *p = &g_array_index(c->pieces, ImapPiece, f->piece);
		if (p->text) {
			bytes_append_text(&s->out, p->text);
			continue;
		}
		if (p->mailbox) {
			g_autofree char *name = session_name_written(s, p->mailbox);
			bytes_append_text(&s->out, name);
			continue;
		}
		gsize len;
		const void *data = g_bytes_get_data(p->literal, &len);
		if (s->literal_wait != f) {
			bool plus = without_waiting(s, len);
			bytes_printf(&s->out, "{%" G_GSIZE_FORMAT "%s}\r\n", len, plus ? "+" : "");
			if (!plus) {
				s->literal_wait = f;
				return false;
			}
		}
		s->literal_wait = NULL;
		bytes_append(&s->out, data, len);
	}
	s->literal_wait = NULL;
	bytes_append(&s->out, c->text->str, c->text->len);
	bytes_append_text(&s->out, "\r\n");
	if (!strcmp(c->verb, "COMPRESS"))
		s->compress_wait = true;
	return true;
}

guint
imap_session_in_flight(const ImapSession *s)
{
	guint n = g_queue_get_length((GQueue *)&s->waiting);
	for (guint i = 0; i < s->flights->len; i++) {
		const Flight *f = g_ptr_array_index(s->flights, i);
		n += f->kind == FLIGHT_USER;
	}
	return n;
}

guint
session_user_flights(const ImapSession *s)
{
	return imap_session_in_flight(s) - g_queue_get_length((GQueue *)&s->waiting);
}

static void
write_id(ImapSession *s)
{
	if (!s->id_wanted || s->phase != PHASE_READY || s->literal_wait || s->compress_wait)
		return;
	s->id_wanted = false;
	g_autofree char *line = g_strdup_printf("ID (\"name\" \"eilpost\" \"version\" \"%s\")", s->version ? s->version : "");
	session_write_line(s, session_flight(s, FLIGHT_ID, NULL), line);
}

void
session_send_id(ImapSession *s)
{
	s->id_wanted = imap_session_can(s, "ID");
	if (s->flights->len == 0)
		write_id(s);
}

static bool
speaks_of_folder(const ImapSession *s)
{
	for (guint i = 0; i < s->flights->len; i++) {
		const Flight *f = g_ptr_array_index(s->flights, i);
		if (f->kind == FLIGHT_USER && strcmp(f->command->verb, "NOTIFY"))
			return true;
	}
	return false;
}

static bool
must_wait(const ImapSession *s, const ImapCommand *c)
{
	/* what was asked before COMPRESS is answered before it, so that no answer is half one and half the other */
	if (!strcmp(c->verb, "COMPRESS"))
		return s->flights->len > (s->idle ? 1 : 0);
	return c->foreign && session_names_wait(s);
}

void
session_write_waiting(ImapSession *s)
{
	bool wrote = false;

	while (s->phase == PHASE_READY && !s->literal_wait && !s->compress_wait && !g_queue_is_empty(&s->waiting)) {
		Flight *f = g_queue_peek_head(&s->waiting);
		if (must_wait(s, f->command))
			break;
		/* a SELECT waits for what speaks of the folder before it; an early one has nothing before it */
		if (f->command->select && s->selected && speaks_of_folder(s))
			return;
		g_queue_pop_head(&s->waiting);
		if (!session_write_command(s, f))
			return;
		wrote = true;
	}
	if (wrote)
		write_id(s);
}

guint32
imap_session_submit(ImapSession *s, ImapCommand *command)
{
	Flight *f = session_flight(s, FLIGHT_USER, command);
	guint32 id = f->id;
	g_queue_push_tail(&s->waiting, f);
	session_write_waiting(s);
	return id;
}

const void *
imap_session_output(ImapSession *s, gsize *len)
{
	return bytes_peek(&s->out, len);
}

void
imap_session_output_taken(ImapSession *s, gsize n, gint64 now_ms)
{
	/* to a large message nothing is answered before its end; what the system takes at once into its buffers says nothing of the
	 * line, but when the first of what is owed left is known only now */
	bool counts = n > 0 && (s->backlog || s->begins);

	bytes_consume(&s->out, n);
	s->backlog = s->out.len > 0;
	if (counts) {
		s->begins = false;
		s->progress = s->now = MAX(s->now, now_ms);
		if (s->deadline_override)
			s->deadline_override = s->now + DEADLINE_PROBE_MS;
	}
	if (s->out.len == 0 && s->out_secret) {
		s->out_secret = false;
		bytes_wipe(&s->out);
	}
}

bool
imap_session_output_secret(const ImapSession *s)
{
	return s->out_secret || s->phase == PHASE_SIGN_IN;
}

GBytes *
imap_session_compress_started(ImapSession *s)
{
	g_assert(s->compress_begins);
	GBytes *rest = imap_frame_take_rest(s->frame);
	s->compress_begins = s->compress_wait = false;
	s->compressed = true;
	session_write_waiting(s);
	return rest;
}

bool
imap_session_compressed(const ImapSession *s)
{
	return s->compressed;
}

void
imap_session_tls_started(ImapSession *s)
{
	g_assert(s->phase == PHASE_TLS);
	s->tls = true;
	imap_frame_free(s->frame);	/* T2: a new parser */
	s->frame = imap_frame_new();
	g_clear_pointer(&s->capabilities, g_strfreev);	/* T5 */
	s->phase = PHASE_CAPABILITY;
	session_write_line(s, session_flight(s, FLIGHT_CAPABILITY, NULL), "CAPABILITY");
}

bool
imap_session_idle(ImapSession *s)
{
	if (s->idle || s->phase != PHASE_READY || !s->selected || imap_session_in_flight(s) || !imap_session_can(s, "IDLE"))
		return false;
	write_id(s);
	session_write_line(s, session_flight(s, FLIGHT_IDLE, NULL), "IDLE");
	s->idle = true;
	s->idle_answered = false;
	s->idle_since = s->now;
	return true;
}

bool
imap_session_is_idle(const ImapSession *s)
{
	return s->idle;
}

void
imap_session_logout(ImapSession *s)
{
	if (s->phase == PHASE_DEAD || s->phase == PHASE_LOGOUT)
		return;
	/* LOGOUT would become the beginning of a message whose "+" is on its way */
	if (s->phase != PHASE_READY || s->compress_wait || s->literal_wait) {
		session_fail(s, IMAP_FAIL_BYE, NULL);
		return;
	}
	session_write_line(s, session_flight(s, FLIGHT_LOGOUT, NULL), "LOGOUT");
	s->phase = PHASE_LOGOUT;
	s->phase_since = s->now;
}
