/* session.c - one SMTP connection: replies, events, deadlines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Answers come in the order of the questions (RFC 2920), so what is under way is a plain queue. */
#include "config.h"
#include "proto/smtp/session_private.h"
#include "base/limits.h"

#include <stdarg.h>
#include <string.h>

/* RFC 5321, 4.5.3.2: servers look things up before they answer */
enum { DEADLINE_REPLY_MS = 300000, DEADLINE_END_MS = 600000 };

SmtpSession *
smtp_session_new(const SmtpSetup *setup, gint64 now_ms)
{
	SmtpSession *s = g_new0(SmtpSession, 1);
	s->security = setup->security;
	s->tls = setup->security == SECURITY_TLS;
	s->user = g_strdup(setup->user);
	s->host = g_strdup(setup->host);
	s->port = setup->port;
	s->helo = g_strdup(setup->helo ? setup->helo : "[127.0.0.1]");
	s->secret = setup->user && setup->secret ? secret_new(setup->secret, -1) : NULL;
	s->by = setup->external ? SASL_CERTIFICATE : setup->oauth2 ? SASL_TOKEN : SASL_PASSWORD;
	s->disabled = g_strdupv((char **)setup->disabled);
	s->no_chunking = setup->no_chunking;
	s->no_pipelining = setup->no_pipelining;
	s->trace = setup->trace;
	s->keywords = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	bytes_init(&s->in, LIMIT_SMTP_LINE + 64 * KIB);
	bytes_init(&s->out, 16 * MIB);
	bytes_init(&s->mail.chunk, LIMIT_SMTP_CHUNK * 4);
	s->reply = g_string_new(NULL);
	s->asked = g_array_new(FALSE, FALSE, sizeof(Asked));
	g_queue_init(&s->events);
	s->refused = g_ptr_array_new();
	s->now = s->progress = now_ms;
	return s;
}

static void
event_free(gpointer p)
{
	SmtpEvent *e = p;
	g_free((char *)e->text);
	g_free((char *)e->reply.text);
	g_free((char *)e->said);
	g_free(e);
}

void
smtp_session_free(SmtpSession *s)
{
	if (!s)
		return;
	smtp_mail_clear(s);
	bytes_clear(&s->mail.chunk);
	bytes_clear(&s->in);
	bytes_wipe(&s->out);
	g_clear_pointer(&s->secret, secret_free);
	g_clear_pointer(&s->sasl, sasl_free);
	g_hash_table_unref(s->keywords);
	g_string_free(s->reply, TRUE);
	g_array_unref(s->asked);
	g_queue_clear_full(&s->events, event_free);
	g_ptr_array_unref(s->refused);
	g_free(s->user);
	g_free(s->host);
	g_free(s->helo);
	g_strfreev(s->disabled);
	g_free(s->last_text);
	g_free(s->last_said);
	g_free(s);
}

/* ---- events ---- */

void
smtp_event(SmtpSession *s, SmtpEventKind kind, const char *text)
{
	SmtpEvent *e = g_new0(SmtpEvent, 1);
	e->kind = kind;
	e->text = g_strdup(text);
	g_queue_push_tail(&s->events, e);
}

SmtpEvent *
smtp_event_reply(SmtpSession *s, SmtpEventKind kind)
{
	SmtpEvent *e = g_new0(SmtpEvent, 1);
	e->kind = kind;
	e->reply.code = s->reply_code;
	memcpy(e->reply.enhanced, s->enhanced, sizeof s->enhanced);
	e->reply.text = g_strdup(s->reply->str);
	g_queue_push_tail(&s->events, e);
	return e;
}

static char *
whole_words(const SmtpSession *s)
{
	const char *json = s->sasl ? sasl_error(s->sasl) : NULL;
	g_autofree char *enhanced = s->enhanced[0] ? g_strdup_printf(" %u.%u.%u", s->enhanced[0], s->enhanced[1], s->enhanced[2]) : NULL;

	return g_strdup_printf("%u%s %s%s%s", s->reply_code, enhanced ? enhanced : "", s->reply->str, json ? " " : "", json ? json : "");
}

void
smtp_fail(SmtpSession *s, SmtpFailure failure, const char *text)
{
	if (s->phase == SMTP_PHASE_DEAD)
		return;
	/* server text from before TLS is nobody's word (T6) */
	bool said = s->tls || s->security == SECURITY_NONE;
	SmtpEvent *e = g_new0(SmtpEvent, 1);
	e->kind = SMTP_EV_FAILED;
	e->failure = failure;
	/* a mail whose sender or whose every recipient was refused is nowhere, whatever breaks then */
	e->in_doubt = s->mail.step == MAIL_END && !s->mail.hollow && !(s->mail.code && s->mail.accepted == 0);
	e->text = said ? g_strdup(text) : NULL;
	if (said && text && text == s->reply->str) {
		e->reply.code = s->reply_code;
		memcpy(e->reply.enhanced, s->enhanced, sizeof s->enhanced);
		e->reply.text = g_strdup(text);
		e->said = whole_words(s);
	}
	g_queue_push_tail(&s->events, e);
	s->phase = SMTP_PHASE_DEAD;
	bytes_wipe(&s->out);
}

/* ---- writing ---- */

/* Of a sign-in only its name (T15), of a message only its size. */
static void
trace_asked(SmtpSession *s, Asked asked, const char *line)
{
	bool first = g_str_has_prefix(line, "AUTH ");

	if (asked == ASKED_AUTH)
		trace_printf(s->trace, "smtp", '>', "%s%s%s(sign-in data, not shown)", first ? "AUTH " : "", first ? s->mechanism : "", first ? " " : "");
	else if (asked == ASKED_END && !strcmp(line, "."))
		trace_printf(s->trace, "smtp", '>', "(a message of %" G_GSIZE_FORMAT " bytes, then the dot)", s->mail.size);
	else
		trace_line(s->trace, "smtp", '>', line, -1);
}

void
smtp_ask(SmtpSession *s, Asked asked, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *line = g_strdup_vprintf(format, ap);
	va_end(ap);
	if (s->asked->len == 0)
		s->progress = s->now;
	bytes_append_text(&s->out, line);
	bytes_append_text(&s->out, "\r\n");
	trace_asked(s, asked, line);
	g_array_append_val(s->asked, asked);
}

/* In no buffer but that of the output, which is wiped: printf leaves copies behind. */
void
smtp_ask_auth(SmtpSession *s, const char *command, const char *secret)
{
	Asked asked = ASKED_AUTH;

	if (s->asked->len == 0)
		s->progress = s->now;
	bytes_append_text(&s->out, command);
	bytes_append_text(&s->out, secret);
	bytes_append_text(&s->out, "\r\n");
	trace_asked(s, asked, command);
	g_array_append_val(s->asked, asked);
	s->out_secret = true;
}

bool
smtp_pipelines(const SmtpSession *s)
{
	return !s->no_pipelining && g_hash_table_contains(s->keywords, "PIPELINING");
}

const void *
smtp_session_output(SmtpSession *s, gsize *len)
{
	return bytes_peek(&s->out, len);
}

void
smtp_session_output_taken(SmtpSession *s, gsize n, gint64 now_ms)
{
	gsize left;
	bytes_consume(&s->out, n);
	bytes_peek(&s->out, &left);
	s->progress = s->now = MAX(s->now, now_ms);
	if (left == 0 && s->out_secret) {
		s->out_secret = false;
		bytes_wipe(&s->out);
	}
}

bool
smtp_session_output_secret(const SmtpSession *s)
{
	return s->out_secret;
}

/* ---- replies ---- */

static void
read_enhanced(SmtpSession *s, const char **text)
{
	const char *p = *text;
	guint n[3] = { 0 };

	memset(s->enhanced, 0, sizeof s->enhanced);
	for (int i = 0; i < 3; i++) {
		if (!g_ascii_isdigit(*p))
			return;
		while (g_ascii_isdigit(*p)) {
			n[i] = MIN(n[i] * 10 + (guint)(*p - '0'), 999);
			p++;
		}
		if (i < 2 && *p++ != '.')
			return;
	}
	if ((*p && *p != ' ') || (n[0] != 2 && n[0] != 4 && n[0] != 5))
		return;
	for (int i = 0; i < 3; i++)
		s->enhanced[i] = (guint16)n[i];
	*text = *p ? p + 1 : p;
}

static Asked
answered(SmtpSession *s)
{
	Asked a = g_array_index(s->asked, Asked, 0);
	g_array_remove_index(s->asked, 0);
	return a;
}

static void
whole_reply(SmtpSession *s)
{
	s->progress = s->now;
	if (s->phase == SMTP_PHASE_GREETING) {
		smtp_greeting(s);
		return;
	}
	if (s->phase == SMTP_PHASE_TLS) {
		smtp_fail(s, SMTP_FAIL_INJECTION, NULL);
		return;
	}
	if (s->asked->len == 0 && smtp_content_refused(s))
		return;
	if (s->asked->len == 0) {	/* nobody asked: the server goes, or talks nonsense */
		smtp_fail(s, s->reply_code == 421 ? SMTP_FAIL_UNAVAILABLE : SMTP_FAIL_PROTOCOL, s->reply->str);
		return;
	}
	Asked asked = answered(s);
	if (asked == ASKED_QUIT) {
		smtp_event(s, SMTP_EV_CLOSED, NULL);
		s->phase = SMTP_PHASE_DEAD;
	} else if (s->reply_code == 421 && asked != ASKED_END) {
		if (s->mail.step == MAIL_END)	/* it goes before it took the mail that rode with its envelope */
			s->mail.step = MAIL_ENVELOPE;
		smtp_fail(s, SMTP_FAIL_UNAVAILABLE, s->reply->str);
	} else if (asked <= ASKED_AUTH) {
		smtp_signin_reply(s, asked);
	} else {
		smtp_mail_reply(s, asked);
	}
}

static void
keyword(SmtpSession *s, const char *line)
{
	gsize n = strcspn(line, " =");
	char *name = g_ascii_strup(line, (gssize)n);
	if (s->disabled && g_strv_contains((const char *const *)s->disabled, name)) {
		g_free(name);
		return;
	}
	char *value = g_strdup(line[n] ? line + n + 1 : "");
	const char *old = g_hash_table_lookup(s->keywords, name);

	if (!strcmp(name, "SIZE"))
		s->max_size = g_ascii_strtoull(value, NULL, 10);
	if (old && !strcmp(name, "AUTH")) {	/* "AUTH=LOGIN" of old servers beside "AUTH PLAIN LOGIN" */
		char *both = g_strjoin(" ", old, value, NULL);
		g_free(value);
		value = both;
	}
	g_hash_table_replace(s->keywords, name, value);
}

static void
trace_reply(SmtpSession *s, guint16 code, const char *line)
{
	if (code == 334)
		trace_printf(s->trace, "smtp", '<', "334 (a challenge of %" G_GSIZE_FORMAT " bytes)", strlen(line));
	else
		trace_line(s->trace, "smtp", '<', line, -1);
}

/* One line without its end; false: it is no reply. */
static bool
reply_line(SmtpSession *s, const char *line, gsize len)
{
	g_autofree char *copy = g_strndup(line, len);

	if (strlen(copy) != len || len < 3 || !g_ascii_isdigit(copy[0]) || !g_ascii_isdigit(copy[1]) || !g_ascii_isdigit(copy[2]) ||
		(copy[3] && copy[3] != ' ' && copy[3] != '-') || copy[0] < '2' || copy[0] > '5')
		return false;
	guint16 code = (guint16)((copy[0] - '0') * 100 + (copy[1] - '0') * 10 + (copy[2] - '0'));
	trace_reply(s, code, copy);
	bool hello = s->asked->len && g_array_index(s->asked, Asked, 0) == ASKED_HELLO && code == 250;
	const char *text = copy[3] ? copy + 4 : copy + 3;

	if (s->reply_lines++ == 0) {
		s->reply_code = code;
		g_string_truncate(s->reply, 0);
		memset(s->enhanced, 0, sizeof s->enhanced);
	} else if (code != s->reply_code) {
		return false;
	}
	if (s->reply_lines > LIMIT_SMTP_REPLY_LINES)
		return false;
	if (hello && s->reply_lines > 1)
		keyword(s, text);
	if (!hello)
		read_enhanced(s, &text);
	if (s->reply->len && *text)
		g_string_append_c(s->reply, ' ');
	g_string_append(s->reply, text);
	if (copy[3] == '-')
		return true;
	s->reply_lines = 0;
	char *valid = g_utf8_make_valid(s->reply->str, -1);
	g_string_assign(s->reply, valid);
	g_free(valid);
	whole_reply(s);
	return true;
}

static void
read_replies(SmtpSession *s)
{
	while (s->phase != SMTP_PHASE_DEAD) {
		gsize len;
		const guint8 *data = bytes_peek(&s->in, &len);
		const guint8 *end = len ? memchr(data, '\n', len) : NULL;
		if (!end) {
			if (len > LIMIT_SMTP_LINE)
				smtp_fail(s, SMTP_FAIL_PROTOCOL, NULL);
			return;
		}
		gsize n = (gsize)(end - data);
		g_autofree char *line = g_strndup((const char *)data, n);
		bool nul = memchr(data, 0, n) != NULL;
		bytes_consume(&s->in, n + 1);
		if (n && line[n - 1] == '\r')
			line[n - 1] = 0;
		if (nul || strlen(line) > LIMIT_SMTP_LINE || !reply_line(s, line, strlen(line)))
			smtp_fail(s, SMTP_FAIL_PROTOCOL, NULL);
		/* STARTTLS was accepted: whatever stands behind that in the clear is an attack (T2) */
		gsize left;
		bytes_peek(&s->in, &left);
		if (s->phase == SMTP_PHASE_TLS && left > 0)
			smtp_fail(s, SMTP_FAIL_INJECTION, NULL);
	}
}

void
smtp_session_feed(SmtpSession *s, const void *data, gsize len)
{
	const guint8 *p = data;
	while (len > 0 && s->phase != SMTP_PHASE_DEAD) {
		gsize n = MIN(len, 32 * KIB);
		if (!bytes_append(&s->in, p, n))
			smtp_fail(s, SMTP_FAIL_PROTOCOL, NULL);
		read_replies(s);
		p += n;
		len -= n;
	}
}

SmtpEvent
smtp_session_next(SmtpSession *s)
{
	SmtpEvent out = { .kind = SMTP_WANTS_BYTES };

	/* a failure overtakes what asks for more of a mail */
	while (!g_queue_is_empty(&s->events)) {
		g_autofree SmtpEvent *e = g_queue_pop_head(&s->events);
		bool stale = s->phase == SMTP_PHASE_DEAD && (e->kind == SMTP_EV_START_TLS || e->kind == SMTP_EV_WANTS_DATA || e->kind == SMTP_EV_BEFORE_DOT);
		g_free(s->last_text);
		g_free(s->last_said);
		s->last_said = (char *)e->said;
		s->last_text = (char *)(e->reply.text ? e->reply.text : e->text);
		if (e->reply.text && e->text)
			g_free((char *)e->text);
		if (stale)
			continue;
		out = *e;
		out.text = s->last_text;
		out.reply.text = e->reply.text ? s->last_text : NULL;
		return out;
	}
	return out;
}

void
smtp_session_tls_started(SmtpSession *s)
{
	s->tls = true;
	s->progress = s->now;
	g_hash_table_remove_all(s->keywords);	/* what was told in the clear is nobody's word */
	s->max_size = 0;
	smtp_hello(s);
}

/* ---- time ---- */

gint64
smtp_session_deadline(const SmtpSession *s)
{
	switch (s->phase) {
	case SMTP_PHASE_GREETING:
		return s->progress + DEADLINE_GREETING_MS;
	case SMTP_PHASE_EHLO: case SMTP_PHASE_HELO: case SMTP_PHASE_STARTTLS:
		return s->progress + DEADLINE_COMMAND_MS;
	case SMTP_PHASE_TLS:
		return s->progress + DEADLINE_TLS_MS;
	case SMTP_PHASE_AUTH:
		return s->progress + DEADLINE_SIGN_IN_MS;
	case SMTP_PHASE_READY:
		if (s->mail.step == MAIL_END)
			return s->progress + DEADLINE_END_MS;
		return s->asked->len || s->out.len ? s->progress + DEADLINE_REPLY_MS : -1;
	case SMTP_PHASE_QUIT:
		return s->progress + DEADLINE_QUIT_MS;
	case SMTP_PHASE_DEAD:
		break;
	}
	return -1;
}

/* Closed behind the dot, the computer wakes when it is over: the answer may have come, and is not read yet. */
static bool
slept_behind_the_end(SmtpSession *s, gint64 before, gint64 deadline)
{
	enum { AWAKE_MS = 30000 };

	if (s->mail.step != MAIL_END || s->now - before <= CLOCK_JUMP_MS)
		return false;
	s->progress += s->now + AWAKE_MS - deadline;
	return true;
}

void
smtp_session_tick(SmtpSession *s, gint64 now_ms)
{
	gint64 before = s->now;
	s->now = now_ms;
	gint64 deadline = smtp_session_deadline(s);
	if (deadline >= 0 && now_ms >= deadline && !slept_behind_the_end(s, before, deadline))
		smtp_fail(s, SMTP_FAIL_TIMEOUT, NULL);
}

void
smtp_session_quit(SmtpSession *s)
{
	if (s->phase != SMTP_PHASE_READY || s->mail.step > MAIL_WAITS)
		return;
	smtp_ask(s, ASKED_QUIT, "QUIT");
	s->phase = SMTP_PHASE_QUIT;
	s->progress = s->now;
}

bool
smtp_session_idle(const SmtpSession *s)
{
	return s->phase == SMTP_PHASE_READY && s->mail.step == MAIL_NONE;
}

bool
smtp_session_can(const SmtpSession *s, const char *keyword)
{
	return g_hash_table_contains(s->keywords, keyword);
}

guint64
smtp_session_max_size(const SmtpSession *s)
{
	return s->max_size;
}
