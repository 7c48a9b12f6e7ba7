/* session.c - one IMAP connection: tags, states, pipelining, IDLE.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What is written is in flight.c, what happens before the first command in signin.c, sequence numbers are in
 * seqmap.c. Tags are "e" and the command's id. */
#include "config.h"
#include "proto/imap/session_private.h"
#include "base/limits.h"

#include <string.h>

#define LIMIT_OUTPUT (LIMIT_MESSAGE_STORED + MIB)

static void
flight_free(gpointer p)
{
	Flight *f = p;
	imap_command_free(f->command);
	g_free(f);
}

ImapSession *
imap_session_new(const ImapSetup *setup, gint64 now_ms)
{
	ImapSession *s = g_new0(ImapSession, 1);
	s->security = setup->security;
	s->tls = setup->security == SECURITY_TLS;
	s->by = setup->external ? SASL_CERTIFICATE : setup->oauth2 ? SASL_TOKEN : SASL_PASSWORD;
	s->allow_preauth = setup->allow_preauth;
	s->no_early = setup->no_early;
	s->user = g_strdup(setup->user);
	s->host = g_strdup(setup->host);
	s->version = g_strdup(setup->client_version);
	s->disabled = setup->disabled ? g_strdupv((char **)setup->disabled) : g_new0(char *, 1);
	s->port = setup->port;
	s->secret = secret_new(setup->secret ? setup->secret : "", -1);
	s->frame = imap_frame_new();
	bytes_init(&s->out, LIMIT_OUTPUT);
	s->flights = g_ptr_array_new_with_free_func(flight_free);
	s->refused = g_ptr_array_new();
	s->trace = setup->trace;
	s->uids = g_array_new(FALSE, TRUE, sizeof(guint32));
	g_queue_init(&s->waiting);
	g_queue_init(&s->events);
	s->now = s->phase_since = s->progress = now_ms;
	return s;
}

void
imap_session_free(ImapSession *s)
{
	if (!s)
		return;
	secret_free(s->secret);
	sasl_free(s->sasl);
	imap_frame_free(s->frame);
	bytes_wipe(&s->out);
	g_ptr_array_unref(s->flights);
	g_ptr_array_unref(s->refused);
	g_array_unref(s->uids);
	g_queue_clear_full(&s->waiting, flight_free);
	g_queue_clear_full(&s->events, g_free);
	imap_response_free(s->current);
	g_strfreev(s->capabilities);
	g_strfreev(s->disabled);
	g_strfreev(s->enabled);
	g_free(s->user);
	g_free(s->host);
	g_free(s->version);
	g_free(s->failure_text);
	g_free(s->failure_said);
	g_free(s);
}

/* ---- events ---- */

void
session_event(ImapSession *s, ImapEventKind kind, const char *text)
{
	ImapEvent *e = g_new0(ImapEvent, 1);
	e->kind = kind;
	e->text = text;	/* static, or lives in the session */
	g_queue_push_tail(&s->events, e);
}

void
session_fail(ImapSession *s, ImapFailure failure, const char *text)
{
	if (s->phase == PHASE_DEAD)
		return;
	s->phase = PHASE_DEAD;
	s->failure = failure;
	s->failure_text = g_strdup(text);
	g_clear_pointer(&s->secret, secret_free);
	bytes_wipe(&s->out);
	ImapEvent *e = g_new0(ImapEvent, 1);
	e->kind = IMAP_EV_FAILED;
	e->failure = failure;
	e->text = s->failure_text;
	e->said = s->failure_said;
	g_queue_push_tail(&s->events, e);
}

/* Data before the sign-in is over. That no password was sent can only be said as long as it is so. */
ImapFailure
session_early_data(const ImapSession *s)
{
	return s->phase == PHASE_SIGN_IN ? IMAP_FAIL_PROTOCOL : IMAP_FAIL_INJECTION;
}

/* ---- reading ---- */

/* A code is valid only for the command type in flight (P4). */
static void
check_code(ImapResponse *r, const ImapCommand *c)
{
	bool copy = c && (strstr(c->verb, "COPY") || strstr(c->verb, "MOVE")), append = c && !strcmp(c->verb, "APPEND");
	if ((r->code == IMAP_CODE_COPYUID && !copy) || (r->code == IMAP_CODE_APPENDUID && !append))
		r->code = IMAP_CODE_OTHER;
}

static void
selected(ImapSession *s, const Flight *f, const ImapResponse *r)
{
	s->selecting = false;
	s->selected = r->status == IMAP_OK;	/* SERVERS fact 17: a failing SELECT leaves nothing selected */
	if (!s->selected)
		g_array_set_size(s->uids, 0);
	else if (s->left_unheard)
		session_event(s, IMAP_EV_RESYNC, "no CLOSED before what was said while selecting");
}

/* Of the folder that is being left? Without QRESYNC a SELECT is answered by no flags and no deletions at all; with it they
 * come behind CLOSED (RFC 7162, 3.2.11), and what is EARLIER is the new folder's in any case. */
static bool
is_of_the_old(ImapSession *s, const ImapResponse *r)
{
	if (!s->selecting || (r->kind == IMAP_RESP_VANISHED && r->earlier))
		return false;
	if (r->kind != IMAP_RESP_FETCH)
		return true;
	bool resync = imap_session_enabled(s, "QRESYNC");
	s->left_unheard |= s->leaving && resync;
	return s->leaving || !resync;
}

/* In the order written: each IDLE gets one before anything behind it does (RFC 9051, 6.3.13). */
static Flight *
idle_without_plus(const ImapSession *s)
{
	for (guint i = 0; i < s->flights->len; i++) {
		Flight *f = g_ptr_array_index(s->flights, i);
		if (f->kind == FLIGHT_IDLE && !f->plus)
			return f;
	}
	return NULL;
}

static bool
is_last_idle(const ImapSession *s, const Flight *f)
{
	for (guint i = s->flights->len; i > 0; i--) {
		const Flight *last = g_ptr_array_index(s->flights, i - 1);
		if (last->kind == FLIGHT_IDLE)
			return last == f;
	}
	return false;
}

/* The server says that IDLE is over, by itself if our DONE is not written. One that it won't have, or ends at once, would only be asked for again. */
static void
idle_done(ImapSession *s, const Flight *f, ImapStatus status)
{
	enum { AT_ONCE_MS = 10000 };

	s->idle_refused |= status != IMAP_OK;
	if (!s->idle || !is_last_idle(s, f))
		return;
	s->idle = false;
	s->idle_refused |= !f->plus || s->now - s->idle_since < AT_ONCE_MS;
}

static void
go_ahead(ImapSession *s)
{
	Flight *idle = idle_without_plus(s);

	if (idle) {
		idle->plus = true;
		s->idle_answered |= s->idle && is_last_idle(s, idle);
	} else if (s->literal_wait && session_write_command(s, s->literal_wait)) {
		session_write_waiting(s);
	}
}

static bool
flight_done(ImapSession *s, Flight *f, ImapEvent *e)
{
	ImapResponse *r = s->current;
	bool give = false;

	s->progress = s->now;
	s->unasked = 0;
	if (s->literal_wait == f)
		s->literal_wait = NULL;
	check_code(r, f->command);
	if (f->kind == FLIGHT_USER) {
		if (f->command->select)
			selected(s, f, r);
		if (!strcmp(f->command->verb, "COMPRESS")) {
			s->compress_wait = s->compress_begins = r->status == IMAP_OK;
			if (r->status == IMAP_OK)
				session_event(s, IMAP_EV_START_COMPRESS, NULL);
		}
		if (!strcmp(f->command->verb, "UNSELECT") || !strcmp(f->command->verb, "CLOSE"))
			s->selected = false;
		*e = (ImapEvent){ .kind = IMAP_EV_DONE, .id = f->id, .response = r };
		give = true;
	} else if (f->kind == FLIGHT_IDLE) {
		idle_done(s, f, r->status);
	} else if (f->kind == FLIGHT_LOGOUT) {
		session_event(s, IMAP_EV_CLOSED, NULL);
	}
	bool asked = f->kind == FLIGHT_CAPABILITY;
	g_ptr_array_remove(s->flights, f);
	if (asked)
		session_send_id(s);
	session_write_waiting(s);
	return give;
}

static bool
tagged(ImapSession *s, ImapEvent *e)
{
	for (guint i = 0; i < s->flights->len; i++) {
		Flight *f = g_ptr_array_index(s->flights, i);
		char name[16];
		g_snprintf(name, sizeof name, "e%" G_GUINT32_FORMAT, f->id);
		if (!strcmp(name, s->current->tag))
			return flight_done(s, f, e);
	}
	session_fail(s, IMAP_FAIL_PROTOCOL, s->current->text);
	return false;
}

static bool
untagged_status(ImapSession *s)
{
	ImapResponse *r = s->current;
	if (r->status == IMAP_BYE) {
		if (s->phase == PHASE_LOGOUT)
			return false;
		session_fail(s, IMAP_FAIL_BYE, r->text);
		return false;
	}
	if (r->code == IMAP_CODE_CLOSED)
		s->leaving = s->left_unheard = false;
	if (r->code == IMAP_CODE_CAPABILITY) {
		session_set_capabilities(s, r->words);
		s->capabilities_final = true;
	}
	if (r->code == IMAP_CODE_COPYUID || r->code == IMAP_CODE_APPENDUID) {
		bool fits = false;	/* untagged COPYUID comes before the expunges of a MOVE */
		for (guint i = 0; i < s->flights->len && !fits; i++) {
			const Flight *f = g_ptr_array_index(s->flights, i);
			fits = f->command && strstr(f->command->verb, "MOVE");
		}
		if (!fits)
			r->code = IMAP_CODE_OTHER;
	}
	return true;
}

/* True: the response is to be given out. */
static bool
untagged(ImapSession *s)
{
	ImapResponse *r = s->current;
	bool known = true;

	if ((r->kind == IMAP_RESP_FETCH || r->kind == IMAP_RESP_EXPUNGE || r->kind == IMAP_RESP_VANISHED) && is_of_the_old(s, r))
		return false;
	switch (r->kind) {
	case IMAP_RESP_SKIP: case IMAP_RESP_ID:
		return false;
	case IMAP_RESP_BAD:
		session_fail(s, IMAP_FAIL_PROTOCOL, NULL);
		return false;
	case IMAP_RESP_CONTINUE:
		go_ahead(s);
		return false;
	case IMAP_RESP_STATUS:
		return untagged_status(s);
	case IMAP_RESP_CAPABILITY:
		session_set_capabilities(s, r->words);
		s->capabilities_final = true;
		return false;
	case IMAP_RESP_EXISTS:
		seqmap_exists(s, r->number);
		return true;
	case IMAP_RESP_EXPUNGE:
		seqmap_expunge(s, r);
		return r->kind == IMAP_RESP_VANISHED;
	case IMAP_RESP_VANISHED:
		if (!r->earlier)
			seqmap_vanished(s, r->set);
		return true;
	case IMAP_RESP_ENABLED:
		session_set_enabled(s, r->words);
		return true;
	case IMAP_RESP_FETCH:
		seqmap_fetch(s, r->fetch, &known);
		if (!known && (r->fetch->has & IMAP_HAS_FLAGS))
			session_event(s, IMAP_EV_RESYNC, "FETCH of an unknown message");
		return known;
	default:
		return true;
	}
}

static bool
response(ImapSession *s, const ImapFramePiece *p, ImapEvent *e)
{
	imap_response_free(s->current);
	s->current = imap_parse(p->line, p->len, p->literals, p->n_literals);
	session_names_read(s, s->current);
	if (s->phase < PHASE_READY) {
		signin_response(s, s->current);
		return false;
	}
	if (s->current->tag && s->current->kind == IMAP_RESP_STATUS)
		return tagged(s, e);
	if (!untagged(s))
		return false;
	*e = (ImapEvent){ .kind = IMAP_EV_RESPONSE, .response = s->current };
	return true;
}

/* "* 12 FETCH (UID 345 ...": which message it was. */
static void
skipped(ImapSession *s, const ImapFramePiece *p, ImapEvent *e)
{
	const char *at = p->line + MIN(p->len, 2), *uid = strstr(p->line, "UID ");
	char *end;
	guint64 seq = g_ascii_strtoull(at, &end, 10);

	*e = (ImapEvent){ .kind = IMAP_EV_SKIPPED, .text = p->line };
	if (g_ascii_strncasecmp(end, " FETCH", 6))
		return;
	if (seq > 0 && seq <= s->uids->len)
		e->uid = g_array_index(s->uids, guint32, seq - 1);
	if (!e->uid && uid && imap_parse_u32(uid + 4, strspn(uid + 4, "0123456789"), &e->uid) && seq > 0 && seq <= s->uids->len)
		g_array_index(s->uids, guint32, seq - 1) = e->uid;
}

static bool
piece(ImapSession *s, const ImapFramePiece *p, ImapEvent *e)
{
	switch (p->kind) {
	case IMAP_FRAME_RESPONSE:
		return response(s, p, e);
	case IMAP_FRAME_FAILED:
		session_fail(s, IMAP_FAIL_PROTOCOL, p->text);
		return false;
	case IMAP_FRAME_SKIPPED:
		if (s->phase < PHASE_READY)
			break;
		skipped(s, p, e);
		return true;
	default:
		break;
	}
	if (s->phase < PHASE_READY) {
		session_fail(s, session_early_data(s), NULL);
		return false;
	}
	*e = (ImapEvent){
		.kind = p->kind == IMAP_FRAME_LITERAL ? IMAP_EV_LITERAL : p->kind == IMAP_FRAME_CHUNK ? IMAP_EV_CHUNK : IMAP_EV_LITERAL_END,
		.size = p->size, .data = p->data, .len = p->len,
	};
	return true;
}

ImapEvent
imap_session_next(ImapSession *s)
{
	for (;;) {
		g_autofree ImapEvent *queued = g_queue_pop_head(&s->events);
		if (queued)
			return *queued;
		if (s->compress_begins)
			return (ImapEvent){ .kind = IMAP_WANTS_BYTES };
		if (s->phase == PHASE_DEAD || s->phase == PHASE_TLS) {
			if (s->phase == PHASE_TLS && imap_frame_waiting(s->frame) > 0) {
				session_fail(s, IMAP_FAIL_INJECTION, NULL);
				continue;
			}
			return (ImapEvent){ .kind = IMAP_WANTS_BYTES };
		}
		ImapFramePiece p = imap_frame_next(s->frame);
		if (p.kind == IMAP_FRAME_WANTS_BYTES)
			return (ImapEvent){ .kind = IMAP_WANTS_BYTES };
		ImapEvent e;
		session_trace_read(s, &p);
		bool given = piece(s, &p, &e);
		if (given && g_queue_is_empty(&s->events))
			return e;
		if (given) {	/* what the response itself caused comes behind it */
			g_queue_push_head(&s->events, g_memdup2(&e, sizeof e));
		}
	}
}

void
imap_session_feed(ImapSession *s, const void *data, gsize len)
{
	if (s->phase == PHASE_DEAD)
		return;
	s->progress = s->now;
	s->deadline_override = 0;	/* whatever it is: the line is alive */
	s->unasked += len;
	if (session_user_flights(s) > 0 || s->phase < PHASE_READY)
		s->unasked = s->phase < PHASE_READY ? s->unasked : 0;
	if (s->unasked > LIMIT_IMAP_UNTAGGED) {
		session_fail(s, IMAP_FAIL_PROTOCOL, NULL);
		return;
	}
	imap_frame_feed(s->frame, data, len);
}

/* ---- time ---- */

gint64
imap_session_deadline(const ImapSession *s)
{
	switch (s->phase) {
	case PHASE_DEAD: case PHASE_TLS:
		return -1;
	case PHASE_GREETING:
		return s->phase_since + DEADLINE_GREETING_MS;
	case PHASE_CAPABILITY: case PHASE_STARTTLS: case PHASE_SIGN_IN:
		return s->phase_since + DEADLINE_SIGN_IN_MS;
	case PHASE_LOGOUT:
		return s->phase_since + DEADLINE_QUIT_MS;
	case PHASE_READY:
		break;
	}
	if (s->deadline_override)
		return s->deadline_override;
	if (s->idle)	/* DONE and IDLE into a dead line: nobody would say so before TCP gives up */
		return s->idle_since + (s->idle_answered ? IDLE_RENEW_MS : DEADLINE_COMMAND_MS);
	return s->flights->len ? s->progress + DEADLINE_COMMAND_MS : -1;
}

void
imap_session_tick(ImapSession *s, gint64 now_ms)
{
	s->now = now_ms;
	gint64 deadline = imap_session_deadline(s);
	if (deadline < 0 || now_ms < deadline)
		return;
	if (s->phase == PHASE_READY && s->idle && s->idle_answered && !s->deadline_override) {
		session_write_line(s, session_flight(s, FLIGHT_IDLE, NULL), "IDLE");	/* DONE goes before it */
		s->idle = true;
		s->idle_answered = false;
		s->idle_since = now_ms;
		return;
	}
	session_fail(s, IMAP_FAIL_TIMEOUT, NULL);
}

void
imap_session_probe(ImapSession *s, gint64 now_ms)
{
	s->now = now_ms;
	if (s->phase != PHASE_READY)
		return;
	if ((s->flights->len == 0 || s->idle) && !s->compress_wait)
		session_write_line(s, session_flight(s, FLIGHT_NOOP, NULL), "NOOP");
	s->progress = now_ms;
	s->begins = true;
	s->deadline_override = now_ms + DEADLINE_PROBE_MS;
}

bool
imap_session_signed_in(const ImapSession *s)
{
	return s->signed_in;
}

guint32
imap_session_exists(const ImapSession *s)
{
	return s->uids->len;
}
