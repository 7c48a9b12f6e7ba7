/* session.c - one POP3 connection: lines, lists, bodies, the pipeline.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Answers come in the order of the commands (RFC 2449, 6.6). A body is given out in chunks with its dots unstuffed; what
 * may be the end of it is held back until the next byte decides. */
#include "config.h"
#include "proto/pop3/session_private.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

enum { PIPELINE_COMMANDS = 200 };	/* LIST and UIDL know no more than that of a command's answer: some bytes */

static void
event_free(gpointer p)
{
	Pop3Event *e = p;
	g_free((char *)e->text);
	g_free((char *)e->said);
	g_free((void *)e->data);
	g_free(e);
}

Pop3Session *
pop3_session_new(const Pop3Setup *setup, gint64 now_ms)
{
	Pop3Session *s = g_new0(Pop3Session, 1);
	s->security = setup->security;
	s->tls = setup->security == SECURITY_TLS;
	s->user = g_strdup(setup->user);
	s->host = g_strdup(setup->host);
	s->port = setup->port;
	s->secret = secret_new(setup->secret ? setup->secret : "", -1);
	s->by = setup->external ? SASL_CERTIFICATE : setup->oauth2 ? SASL_TOKEN : SASL_PASSWORD;
	s->pipeline_bytes = setup->pipeline_bytes ? setup->pipeline_bytes : MIB;
	s->trace = setup->trace;
	s->disabled = g_strdupv((char **)setup->disabled);
	bytes_init(&s->in, LIMIT_POP3_LINE + 64 * KIB);
	bytes_init(&s->out, MIB);
	g_queue_init(&s->waiting);
	g_queue_init(&s->flight);
	g_queue_init(&s->events);
	s->refused = g_ptr_array_new();
	s->now = s->progress = now_ms;
	if (setup->known_capabilities) {
		g_auto(GStrv) lines = g_strsplit(setup->known_capabilities, "\n", -1);
		for (char **l = lines; *l; l++)
			pop3_capa_line(s, *l);
		s->capa_known = s->capa_remembered = s->capabilities != NULL;
	}
	return s;
}

void
pop3_session_free(Pop3Session *s)
{
	if (!s)
		return;
	g_queue_clear_full(&s->waiting, g_free);
	g_queue_clear_full(&s->flight, g_free);
	g_queue_clear_full(&s->events, event_free);
	g_clear_pointer(&s->capabilities, g_hash_table_unref);
	g_clear_pointer(&s->secret, secret_free);
	g_clear_pointer(&s->sasl, sasl_free);
	g_ptr_array_unref(s->refused);
	bytes_clear(&s->in);
	bytes_wipe(&s->out);
	g_strfreev(s->disabled);
	g_free(s->last_text);
	g_free(s->last_said);
	g_free(s->status);
	g_free(s->last_data);
	g_free(s->user);
	g_free(s->host);
	g_free(s);
}

/* ---- events ---- */

Pop3Event *
pop3_event(Pop3Session *s, Pop3EventKind kind, const char *text)
{
	Pop3Event *e = g_new0(Pop3Event, 1);
	e->kind = kind;
	e->text = g_strdup(text);
	g_queue_push_tail(&s->events, e);
	return e;
}

void
pop3_fail(Pop3Session *s, Pop3Failure failure, Pop3Code code, const char *text)
{
	if (s->phase == POP3_PHASE_DEAD)
		return;
	bool said = s->tls || s->security == SECURITY_NONE;	/* T6 */
	Pop3Event *e = pop3_event(s, POP3_EV_FAILED, said ? text : NULL);
	e->failure = failure;
	e->code = code;
	if (said && text && s->status) {
		const char *json = s->sasl ? sasl_error(s->sasl) : NULL;
		e->said = g_strjoin(json ? " " : NULL, s->status, json, NULL);
	}
	s->phase = POP3_PHASE_DEAD;
	bytes_wipe(&s->out);
}

Pop3Event
pop3_session_next(Pop3Session *s)
{
	Pop3Event out = { .kind = POP3_WANTS_BYTES };
	g_autofree Pop3Event *e = g_queue_pop_head(&s->events);

	g_clear_pointer(&s->last_text, g_free);
	g_clear_pointer(&s->last_said, g_free);
	g_clear_pointer(&s->last_data, g_free);
	if (!e)
		return out;
	if (e->kind == POP3_EV_START_TLS && s->phase == POP3_PHASE_DEAD)	/* overtaken by a failure */
		return pop3_session_next(s);
	out = *e;
	s->last_text = (char *)e->text;
	s->last_said = (char *)e->said;
	s->last_data = (void *)e->data;
	return out;
}

/* ---- writing ---- */

static void
put(Pop3Session *s, const char *line, const char *argument)
{
	if (g_queue_is_empty(&s->flight))
		s->progress = s->now;
	bytes_append_text(&s->out, line);
	bytes_append_text(&s->out, argument);
	bytes_append_text(&s->out, "\r\n");
}

/* Its own commands by their names only: some of them are secret (T15). */
static void
trace_own(Pop3Session *s, Pop3Verb verb)
{
	if (verb == VERB_USER)
		trace_line(s->trace, "pop3", '>', "USER (name, not shown)", -1);
	else if (verb == VERB_PASS)
		trace_line(s->trace, "pop3", '>', "PASS (password, not shown)", -1);
	else if (verb == VERB_AUTH)
		trace_printf(s->trace, "pop3", '>', "AUTH %s (sign-in data, not shown)", s->mechanism);
	else
		trace_line(s->trace, "pop3", '>', verb == VERB_CAPA ? "CAPA" : "STLS", -1);
}

/* A secret is in no buffer but that of the output, which is wiped: printf leaves copies behind. */
void
pop3_write(Pop3Session *s, Pop3Verb verb, const char *command, const char *argument)
{
	put(s, command, argument);
	trace_own(s, verb);
	Pop3Command *c = g_new0(Pop3Command, 1);
	c->verb = verb;
	g_queue_push_tail(&s->flight, c);
}

static char *
line_of(const Pop3Command *c)
{
	static const char *const words[] = { [VERB_STAT] = "STAT", [VERB_LIST] = "LIST", [VERB_UIDL] = "UIDL", [VERB_TOP] = "TOP",
		[VERB_RETR] = "RETR", [VERB_DELE] = "DELE", [VERB_RSET] = "RSET", [VERB_NOOP] = "NOOP", [VERB_QUIT] = "QUIT" };
	if (c->verb == VERB_TOP)
		return g_strdup_printf("TOP %u %u", c->number, c->lines);
	if (c->verb == VERB_RETR || c->verb == VERB_DELE)
		return g_strdup_printf("%s %u", words[c->verb], c->number);
	return g_strdup(words[c->verb]);
}

/* As many as may be under way: one without PIPELINING, else by the bytes of their answers, so that what comes is never
 * more than we read in a moment (and the server's send buffer never blocks both sides). */
void
pop3_write_waiting(Pop3Session *s)
{
	bool pipelines = pop3_session_can(s, "PIPELINING");

	while (s->phase == POP3_PHASE_READY && !g_queue_is_empty(&s->waiting)) {
		Pop3Command *c = g_queue_peek_head(&s->waiting);
		guint under_way = g_queue_get_length(&s->flight);
		if (under_way && (!pipelines || under_way >= PIPELINE_COMMANDS || s->flight_bytes + c->size > s->pipeline_bytes))
			return;
		g_queue_pop_head(&s->waiting);
		g_autofree char *line = line_of(c);
		put(s, line, "");
		trace_line(s->trace, "pop3", '>', line, -1);
		s->flight_bytes += c->size;
		g_queue_push_tail(&s->flight, c);
		if (c->verb == VERB_QUIT) {
			s->phase = POP3_PHASE_QUIT;
			s->progress = s->now;
		}
	}
}

static guint32
submit(Pop3Session *s, Pop3Verb verb, guint32 number, guint32 lines, guint64 size)
{
	Pop3Command *c = g_new0(Pop3Command, 1);
	c->id = ++s->next_id;
	c->verb = verb;
	c->number = number;
	c->lines = lines;
	c->size = size;
	g_queue_push_tail(&s->waiting, c);
	guint32 id = c->id;
	pop3_write_waiting(s);
	return id;
}

guint32 pop3_session_stat(Pop3Session *s) { return submit(s, VERB_STAT, 0, 0, 0); }
guint32 pop3_session_list(Pop3Session *s) { return submit(s, VERB_LIST, 0, 0, 0); }
guint32 pop3_session_uidl(Pop3Session *s) { return submit(s, VERB_UIDL, 0, 0, 0); }
guint32 pop3_session_dele(Pop3Session *s, guint32 number) { return submit(s, VERB_DELE, number, 0, 0); }
guint32 pop3_session_rset(Pop3Session *s) { return submit(s, VERB_RSET, 0, 0, 0); }
guint32 pop3_session_noop(Pop3Session *s) { return submit(s, VERB_NOOP, 0, 0, 0); }

guint32
pop3_session_top(Pop3Session *s, guint32 number, guint32 lines)
{
	return submit(s, VERB_TOP, number, lines, 8 * KIB + (guint64)lines * 80);
}

guint32
pop3_session_retr(Pop3Session *s, guint32 number, guint64 size)
{
	return submit(s, VERB_RETR, number, 0, size);
}

void
pop3_session_quit(Pop3Session *s)
{
	submit(s, VERB_QUIT, 0, 0, 0);
}

guint
pop3_session_in_flight(const Pop3Session *s)
{
	return g_queue_get_length((GQueue *)&s->waiting) + g_queue_get_length((GQueue *)&s->flight);
}

const void *
pop3_session_output(Pop3Session *s, gsize *len)
{
	return bytes_peek(&s->out, len);
}

void
pop3_session_output_taken(Pop3Session *s, gsize n, gint64 now_ms)
{
	bytes_consume(&s->out, n);
	s->progress = s->now = MAX(s->now, now_ms);
	if (s->out.len == 0 && s->out_secret) {
		s->out_secret = false;
		bytes_wipe(&s->out);
	}
}

bool
pop3_session_output_secret(const Pop3Session *s)
{
	return s->out_secret;
}

/* ---- answers ---- */

static Pop3Code
read_code(const char **text)
{
	static const struct { const char *name; Pop3Code code; } codes[] = {
		{ "IN-USE", POP3_CODE_IN_USE }, { "LOGIN-DELAY", POP3_CODE_LOGIN_DELAY }, { "SYS/TEMP", POP3_CODE_SYS_TEMP },
		{ "SYS/PERM", POP3_CODE_SYS_PERM }, { "AUTH", POP3_CODE_AUTH }, { "UTF8", POP3_CODE_UTF8 },
	};
	const char *end = **text == '[' ? strchr(*text, ']') : NULL;
	if (!end)
		return POP3_CODE_NONE;
	const char *name = *text + 1;
	gsize len = (gsize)(end - name);
	*text = end + 1 + strspn(end + 1, " ");
	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
		if (strlen(codes[i].name) == len && !g_ascii_strncasecmp(name, codes[i].name, len))
			return codes[i].code;
	return POP3_CODE_OTHER;
}

static bool
has_lines(Pop3Verb verb)
{
	return verb == VERB_CAPA || verb == VERB_LIST || verb == VERB_UIDL || verb == VERB_TOP || verb == VERB_RETR;
}

static Pop3Command *
head(Pop3Session *s)
{
	return g_queue_peek_head(&s->flight);
}

static void
command_done(Pop3Session *s, bool ok, Pop3Code code, const char *text)
{
	g_autofree Pop3Command *c = g_queue_pop_head(&s->flight);

	s->flight_bytes -= MIN(s->flight_bytes, c->size);
	s->multi = false;
	s->progress = s->now;
	if (c->verb == VERB_CAPA && ok) {
		pop3_capa_done(s);
	} else if (c->verb <= VERB_PASS) {
		pop3_signin_reply(s, c->verb, ok, code, text);
	} else if (c->verb == VERB_QUIT) {
		Pop3Event *e = pop3_event(s, POP3_EV_CLOSED, text);
		e->ok = ok;
		s->phase = POP3_PHASE_DEAD;
	} else {
		Pop3Event *e = pop3_event(s, POP3_EV_DONE, text);
		e->id = c->id;
		e->number = c->number;
		e->ok = ok;
		e->code = code;
		pop3_write_waiting(s);
	}
}

static void
stat_line(Pop3Session *s, const char *text)
{
	guint64 count, size;
	if (sscanf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &count, &size) != 2 || count > LIMIT_POP3_MESSAGES) {
		pop3_fail(s, POP3_FAIL_PROTOCOL, POP3_CODE_NONE, NULL);
		return;
	}
	Pop3Event *e = pop3_event(s, POP3_EV_STAT, NULL);
	e->id = head(s)->id;
	e->count = count;
	e->size = size;
}

static void
status_line(Pop3Session *s, const char *line)
{
	bool ok = !g_ascii_strncasecmp(line, "+OK", 3) && (!line[3] || line[3] == ' ');
	bool err = !g_ascii_strncasecmp(line, "-ERR", 4) && (!line[4] || line[4] == ' ');

	if (line[0] == '+' && (!line[1] || line[1] == ' ') && s->phase == POP3_PHASE_AUTH)
		trace_printf(s->trace, "pop3", '<', "+ (a challenge of %" G_GSIZE_FORMAT " bytes)", strlen(line));
	else
		trace_line(s->trace, "pop3", '<', line, -1);
	if (line[0] == '+' && line[1] == ' ' && s->phase == POP3_PHASE_AUTH) {
		pop3_signin_challenge(s, line + 2);
		return;
	}
	if (!strcmp(line, "+") && s->phase == POP3_PHASE_AUTH) {
		pop3_signin_challenge(s, "");
		return;
	}
	if (!ok && !err) {
		pop3_fail(s, POP3_FAIL_PROTOCOL, POP3_CODE_NONE, NULL);
		return;
	}
	g_free(s->status);
	s->status = g_strdup(line);
	const char *text = line + (ok ? 3 : 4);
	text += *text == ' ';
	Pop3Code code = read_code(&text);
	if (s->phase == POP3_PHASE_GREETING) {
		pop3_greeting(s, ok, code, text);
		return;
	}
	if (s->phase == POP3_PHASE_TLS) {
		pop3_fail(s, POP3_FAIL_INJECTION, POP3_CODE_NONE, NULL);
		return;
	}
	Pop3Command *c = head(s);
	if (!c) {	/* nobody asked */
		pop3_fail(s, err ? POP3_FAIL_UNAVAILABLE : POP3_FAIL_PROTOCOL, code, text);
		return;
	}
	if (ok && c->verb == VERB_STAT)
		stat_line(s, text);
	if (s->phase == POP3_PHASE_DEAD)
		return;
	if (ok && has_lines(c->verb)) {
		s->multi = s->line_start = true;
		s->was_cr = false;
		s->held = 0;
		s->n_lines = 0;
		return;
	}
	command_done(s, ok, code, text);
}

/* "3 1200" or "3 uidl": nonsense in one line is skipped, the message is then one that has no entry. */
static void
list_line(Pop3Session *s, const Pop3Command *c, const char *line)
{
	char *end;
	guint64 number = g_ascii_strtoull(line, &end, 10);

	if (++s->n_lines > LIMIT_POP3_MESSAGES) {
		pop3_fail(s, POP3_FAIL_PROTOCOL, POP3_CODE_NONE, NULL);
		return;
	}
	if (end == line || *end != ' ' || number == 0 || number > LIMIT_POP3_MESSAGES)
		return;
	end += strspn(end, " ");
	if (c->verb == VERB_LIST) {
		if (!g_ascii_isdigit(*end))
			return;
		Pop3Event *e = pop3_event(s, POP3_EV_LINE, NULL);
		e->id = c->id;
		e->number = (guint32)number;
		e->size = g_ascii_strtoull(end, NULL, 10);
		return;
	}
	g_autofree char *uidl = g_strchomp(g_strdup(end));
	if (!*uidl || strlen(uidl) > LIMIT_POP3_UIDL)
		return;
	for (const guchar *p = (const guchar *)uidl; *p; p++)
		if (*p < 0x21 || *p > 0x7e)
			return;
	Pop3Event *e = pop3_event(s, POP3_EV_LINE, uidl);
	e->id = c->id;
	e->number = (guint32)number;
}

static void
multi_line(Pop3Session *s, const char *line)
{
	Pop3Command *c = head(s);

	s->progress = s->now;
	if (!strcmp(line, ".")) {
		trace_printf(s->trace, "pop3", '<', "(%" G_GUINT64_FORMAT " lines)", s->n_lines);
		command_done(s, true, POP3_CODE_NONE, NULL);
		return;
	}
	if (line[0] == '.')
		line++;
	if (c->verb == VERB_CAPA) {
		if (++s->n_lines > LIMIT_POP3_CAPA_LINES)
			pop3_fail(s, POP3_FAIL_PROTOCOL, POP3_CODE_NONE, NULL);
		else
			pop3_capa_line(s, line);
	} else {
		list_line(s, c, line);
	}
}

/* One body byte into out; true: the body has ended. */
static bool
body_byte(Pop3Session *s, GByteArray *out, guint8 c)
{
	if (s->held == 2 && c == '\n')
		return true;
	if (s->held == 2) {	/* ".\r" and something else: it was stuffed, or nonsense that is kept */
		g_byte_array_append(out, (const guint8 *)"\r", 1);
		s->held = 0;
		s->was_cr = true;
		s->line_start = false;
	} else if (s->held == 1) {
		if (c == '\r') {
			s->held = 2;
			return false;
		}
		if (c == '\n')	/* a server that ends lines with LF alone */
			return true;
		s->held = 0;	/* the dot was stuffed */
		s->line_start = false;
	} else if (s->line_start && c == '.') {
		s->held = 1;
		return false;
	}
	/* LF alone becomes CRLF: one form of line end in the store */
	if (c == '\n' && !s->was_cr)
		g_byte_array_append(out, (const guint8 *)"\r", 1);
	g_byte_array_append(out, &c, 1);
	s->line_start = c == '\n';
	s->was_cr = c == '\r';
	return false;
}

/* The plain middle of a line goes as it is: that is nearly all. */
static gsize
plain_run(const Pop3Session *s, const guint8 *data, gsize len)
{
	if (s->held || s->line_start || s->was_cr)
		return 0;
	const guint8 *lf = memchr(data, '\n', len);
	gsize n = lf ? (gsize)(lf - data) : len;
	while (n > 0 && data[n - 1] == '\r')
		n--;
	return n;
}

static void
body(Pop3Session *s)
{
	gsize len, i = 0;
	const guint8 *data = bytes_peek(&s->in, &len);
	g_autoptr(GByteArray) out = g_byte_array_sized_new((guint)len + 16);
	bool ended = false;

	while (i < len && !ended) {
		gsize n = plain_run(s, data + i, len - i);
		if (n) {
			g_byte_array_append(out, data + i, (guint)n);
			i += n;
		} else {
			ended = body_byte(s, out, data[i++]);
		}
	}
	bytes_consume(&s->in, i);
	s->progress = s->now;
	s->bytes_told += i;
	if (ended) {
		trace_printf(s->trace, "pop3", '<', "(%" G_GUINT64_FORMAT " bytes)", s->bytes_told);
		s->bytes_told = 0;
	}
	if (out->len) {
		const Pop3Command *c = head(s);
		Pop3Event *e = pop3_event(s, POP3_EV_CHUNK, NULL);
		e->id = c->id;
		e->number = c->number;
		e->len = out->len;
		e->data = g_byte_array_steal(out, NULL);
	}
	if (ended)
		command_done(s, true, POP3_CODE_NONE, NULL);
}

static bool
take_line(Pop3Session *s)
{
	gsize len;
	const guint8 *data = bytes_peek(&s->in, &len);
	const guint8 *end = len ? memchr(data, '\n', len) : NULL;

	if (!end) {
		if (len > LIMIT_POP3_LINE)
			pop3_fail(s, POP3_FAIL_PROTOCOL, POP3_CODE_NONE, NULL);
		return false;
	}
	g_autofree char *raw = g_strndup((const char *)data, (gsize)(end - data));
	bytes_consume(&s->in, (gsize)(end - data) + 1);
	if (*raw && raw[strlen(raw) - 1] == '\r')
		raw[strlen(raw) - 1] = 0;
	g_autofree char *line = g_utf8_make_valid(raw, -1);
	if (s->multi)
		multi_line(s, line);
	else
		status_line(s, line);
	/* STLS was accepted: what stands behind that in the clear is an attack (T2) */
	if (s->phase == POP3_PHASE_TLS && s->in.len)
		pop3_fail(s, POP3_FAIL_INJECTION, POP3_CODE_NONE, NULL);
	return true;
}

static void
read_all(Pop3Session *s)
{
	while (s->phase != POP3_PHASE_DEAD && s->in.len > 0) {
		Pop3Command *c = head(s);
		if (s->multi && (c->verb == VERB_RETR || c->verb == VERB_TOP))
			body(s);
		else if (!take_line(s))
			return;
	}
}

void
pop3_session_feed(Pop3Session *s, const void *data, gsize len)
{
	const guint8 *p = data;
	while (len > 0 && s->phase != POP3_PHASE_DEAD) {
		gsize n = MIN(len, 64 * KIB);
		if (!bytes_append(&s->in, p, n))
			pop3_fail(s, POP3_FAIL_PROTOCOL, POP3_CODE_NONE, NULL);
		read_all(s);
		p += n;
		len -= n;
	}
}

void
pop3_session_tls_started(Pop3Session *s)
{
	s->tls = true;
	s->progress = s->now;
	pop3_signin_again(s);
}

/* ---- time ---- */

gint64
pop3_session_deadline(const Pop3Session *s)
{
	switch (s->phase) {
	case POP3_PHASE_GREETING:
		return s->progress + DEADLINE_GREETING_MS;
	case POP3_PHASE_CAPA: case POP3_PHASE_STLS:
		return s->progress + DEADLINE_COMMAND_MS;
	case POP3_PHASE_TLS:
		return s->progress + DEADLINE_TLS_MS;
	case POP3_PHASE_AUTH:
		return s->progress + DEADLINE_SIGN_IN_MS;
	case POP3_PHASE_READY:
		return g_queue_is_empty((GQueue *)&s->flight) ? -1 : s->progress + DEADLINE_COMMAND_MS;
	case POP3_PHASE_QUIT:	/* the server deletes now: that may take long, and its answer decides */
		return s->progress + DEADLINE_COMMAND_MS;
	case POP3_PHASE_DEAD:
		break;
	}
	return -1;
}

void
pop3_session_tick(Pop3Session *s, gint64 now_ms)
{
	s->now = now_ms;
	gint64 deadline = pop3_session_deadline(s);
	if (deadline >= 0 && now_ms >= deadline)
		pop3_fail(s, POP3_FAIL_TIMEOUT, POP3_CODE_NONE, NULL);
}
