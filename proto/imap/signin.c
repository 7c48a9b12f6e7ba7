/* signin.c - from the greeting to the first command: STARTTLS rules, capabilities, authentication.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * There is no state in which the policy is not yet evaluated and a write is
 * allowed (RELIABILITY T4): every write of this file is behind policy_allows().
 * Server text from before TLS is never given out (T6). */
#include "config.h"
#include "proto/imap/session_private.h"

#include <string.h>

/* May something that is or follows a secret be written now? */
static bool
policy_allows(const ImapSession *s)
{
	return s->tls || s->security == SECURITY_NONE;
}

static const char *
server_text(const ImapSession *s, const ImapResponse *r)
{
	return policy_allows(s) ? r->text : NULL;
}

static void
ask_capabilities(ImapSession *s)
{
	s->phase = PHASE_CAPABILITY;
	session_write_line(s, session_flight(s, FLIGHT_CAPABILITY, NULL), "CAPABILITY");
}

static char **
mechanisms(const ImapSession *s)
{
	GPtrArray *all = g_ptr_array_new();
	for (char **c = s->capabilities; c && *c; c++)
		if (g_str_has_prefix(*c, "AUTH="))
			g_ptr_array_add(all, g_strdup(*c + 5));
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

static void
write_secret(ImapSession *s, GBytes *answer, bool initial)
{
	gsize len;
	const guint8 *data = g_bytes_get_data(answer, &len);
	s->out_secret = true;
	if (len == 0) {
		bytes_append_text(&s->out, initial ? "=" : "");
	} else {
		char *base64 = g_base64_encode(data, len);
		bytes_append_text(&s->out, base64);
		secret_wipe_string(base64);
	}
	bytes_append_text(&s->out, "\r\n");
}

/* Commands that the caller marked go out right behind a sign-in of one turn. */
static void
write_early(ImapSession *s)
{
	if (s->no_early)
		return;
	while (!g_queue_is_empty(&s->waiting)) {
		Flight *f = g_queue_peek_head(&s->waiting);
		if (!f->command->early || f->command->has_literal || (f->command->foreign && session_names_wait(s)))
			return;
		g_queue_pop_head(&s->waiting);
		s->early_written = true;
		session_write_command(s, f);
	}
}

static void
login_command(ImapSession *s)
{
	ImapCommand *c = imap_command_new("LOGIN");
	imap_command_secret(c);
	imap_command_string(c, s->user, -1);
	imap_command_string(c, secret_peek(s->secret), -1);
	s->mechanism = "LOGIN command";
	session_event(s, IMAP_EV_SIGNING_IN, s->mechanism);
	s->out_secret = true;
	if (session_write_command(s, session_flight(s, FLIGHT_SIGN_IN, c)))
		write_early(s);
}

static void
authenticate(ImapSession *s)
{
	SaslCredentials c = { .user = s->user, .secret = secret_peek(s->secret), .host = s->host, .port = s->port, .service = "imap" };

	g_clear_pointer(&s->sasl, sasl_free);
	s->sasl = sasl_new(s->mechanism, &c);
	if (!s->sasl) {
		session_fail(s, IMAP_FAIL_AUTH_NO_MECHANISM, NULL);
		return;
	}
	session_event(s, IMAP_EV_SIGNING_IN, s->mechanism);
	Flight *f = session_flight(s, FLIGHT_SIGN_IN, NULL);
	s->mechanism_sent_first = imap_session_can(s, "SASL-IR") && sasl_client_first(s->sasl);
	if (!s->mechanism_sent_first) {
		g_autofree char *line = g_strdup_printf("AUTHENTICATE %s", s->mechanism);
		session_write_line(s, f, line);
		return;
	}
	GBytes *first = NULL;
	if (!sasl_step(s->sasl, NULL, 0, &first)) {
		session_fail(s, IMAP_FAIL_AUTH_NO_MECHANISM, NULL);
		return;
	}
	g_ptr_array_add(s->flights, f);
	bytes_printf(&s->out, "e%" G_GUINT32_FORMAT " AUTHENTICATE %s ", f->id, s->mechanism);
	trace_printf(s->trace, "imap", '>', "e%" G_GUINT32_FORMAT " AUTHENTICATE %s (sign-in data, not shown)", f->id, s->mechanism);
	write_secret(s, first, true);
	sasl_bytes_free(first);
	if (!g_str_has_prefix(s->mechanism, "SCRAM"))
		write_early(s);
}

void
signin_begin(ImapSession *s)
{
	if (!policy_allows(s)) {
		session_fail(s, IMAP_FAIL_NO_STARTTLS, NULL);
		return;
	}
	s->phase = PHASE_SIGN_IN;
	s->phase_since = s->now;
	g_auto(GStrv) offered = mechanisms(s);
	g_ptr_array_add(s->refused, NULL);
	s->mechanism = sasl_choose((const char *const *)offered, s->by, true, (const char *const *)s->refused->pdata);
	g_ptr_array_set_size(s->refused, (gint)s->refused->len - 1);
	if (s->mechanism)
		authenticate(s);
	else if (s->by == SASL_PASSWORD && !imap_session_can(s, "LOGINDISABLED") && s->refused->len == 0)
		login_command(s);
	else
		session_fail(s, s->refused->len ? IMAP_FAIL_AUTH : IMAP_FAIL_AUTH_NO_MECHANISM, NULL);
}

/* What to do next is known from the capabilities. */
static void
capabilities_known(ImapSession *s)
{
	if (s->security != SECURITY_STARTTLS || s->tls) {
		signin_begin(s);
		return;
	}
	if (!imap_session_can(s, "STARTTLS")) {
		session_fail(s, IMAP_FAIL_NO_STARTTLS, NULL);
		return;
	}
	s->phase = PHASE_STARTTLS;
	session_write_line(s, session_flight(s, FLIGHT_STARTTLS, NULL), "STARTTLS");
}

static void
ready(ImapSession *s)
{
	s->signed_in = true;
	s->phase = PHASE_READY;
	s->progress = s->now;
	g_clear_pointer(&s->sasl, sasl_free);
	g_clear_pointer(&s->secret, secret_free);
	if (!s->capabilities_final)
		session_write_line(s, session_flight(s, FLIGHT_CAPABILITY, NULL), "CAPABILITY");
	else
		session_send_id(s);
	session_event(s, IMAP_EV_READY, NULL);
	session_write_waiting(s);
}

/* The refusal in whole, so that it can be looked up. */
static void
fail_saying(ImapSession *s, ImapFailure failure, const ImapResponse *r)
{
	const char *word = r->status == IMAP_BYE ? "BYE" : r->status == IMAP_BAD ? "BAD" : "NO";
	const char *json = s->sasl ? sasl_error(s->sasl) : NULL;

	s->failure_said = g_strdup_printf("%s %s%s%s%s%s%s", word, r->code_text ? "[" : "", r->code_text ? r->code_text : "", r->code_text ? "] " : "",
		r->text ? r->text : "", json ? " " : "", json ? json : "");
	session_fail(s, failure, r->text);
}

static void
greeting(ImapSession *s, const ImapResponse *r)
{
	if (r->kind != IMAP_RESP_STATUS || r->tag || r->status == IMAP_NO || r->status == IMAP_BAD) {
		session_fail(s, IMAP_FAIL_PROTOCOL, NULL);
		return;
	}
	if (r->status == IMAP_BYE) {
		if (policy_allows(s))
			fail_saying(s, IMAP_FAIL_UNAVAILABLE, r);
		else
			session_fail(s, IMAP_FAIL_UNAVAILABLE, NULL);
		return;
	}
	session_event(s, IMAP_EV_GREETING, NULL);
	if (r->code == IMAP_CODE_CAPABILITY)
		session_set_capabilities(s, r->words);
	if (r->status == IMAP_PREAUTH) {
		if (!s->tls || !s->allow_preauth) {	/* T3: it would skip STARTTLS, or sign us in as somebody */
			session_fail(s, IMAP_FAIL_PREAUTH, NULL);
			return;
		}
		s->capabilities_final = s->capabilities != NULL;
		ready(s);
		return;
	}
	if (s->capabilities)
		capabilities_known(s);
	else
		ask_capabilities(s);
}

/* A limit of connections without [LIMIT]: Gmail ("Too many simultaneous connections"), Cyrus, Zimbra, Exchange; 2026. It is
 * no wrong password, and trying again later heals it. */
static bool
too_many(const char *text)
{
	static const char *const words[] = { "too many", "simultaneous", "maximum number of connections", "connection limit" };
	g_autofree char *low = g_ascii_strdown(text ? text : "", -1);

	if (!strstr(low, "connection"))
		return false;
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(low, words[i]))
			return true;
	return false;
}

static void
refused(ImapSession *s, const ImapResponse *r)
{
	switch (r->code) {
	case IMAP_CODE_UNAVAILABLE: case IMAP_CODE_INUSE: case IMAP_CODE_SERVERBUG: case IMAP_CODE_LIMIT:
		fail_saying(s, IMAP_FAIL_UNAVAILABLE, r);
		return;
	default:
		break;
	}
	if (too_many(r->text)) {
		fail_saying(s, IMAP_FAIL_UNAVAILABLE, r);
		return;
	}
	/* announced is not usable (SERVERS, signing in): a challenge mechanism may fail for want of a stored hash */
	if (s->mechanism && g_str_has_prefix(s->mechanism, "SCRAM") && !s->early_written) {
		g_ptr_array_add(s->refused, (gpointer)s->mechanism);
		g_auto(GStrv) offered = mechanisms(s);
		g_ptr_array_add(s->refused, NULL);
		bool more = sasl_choose((const char *const *)offered, s->by, true, (const char *const *)s->refused->pdata) != NULL;
		g_ptr_array_set_size(s->refused, (gint)s->refused->len - 1);
		if (more) {
			signin_begin(s);
			return;
		}
	}
	fail_saying(s, IMAP_FAIL_AUTH, r);
}

static void
tagged(ImapSession *s, ImapResponse *r, FlightKind kind)
{
	switch (kind) {
	case FLIGHT_CAPABILITY:
		if (!s->capabilities)
			session_fail(s, IMAP_FAIL_PROTOCOL, server_text(s, r));
		else
			capabilities_known(s);
		break;
	case FLIGHT_STARTTLS:
		if (r->status != IMAP_OK)
			session_fail(s, IMAP_FAIL_NO_STARTTLS, NULL);
		else if (imap_frame_waiting(s->frame) > 0)
			session_fail(s, IMAP_FAIL_INJECTION, NULL);	/* T2: not merely cleared */
		else {
			s->phase = PHASE_TLS;
			session_event(s, IMAP_EV_START_TLS, NULL);
		}
		break;
	case FLIGHT_SIGN_IN:
		if (r->status != IMAP_OK) {
			refused(s, r);
		} else if (s->sasl && !sasl_done(s->sasl)) {
			session_fail(s, IMAP_FAIL_PROTOCOL, NULL);	/* OK before the server's proof: not our server */
		} else {
			/* what was told before the sign-in is not true any more */
			if (r->code == IMAP_CODE_CAPABILITY)
				session_set_capabilities(s, r->words);
			s->capabilities_final = r->code == IMAP_CODE_CAPABILITY || s->capabilities_final;
			ready(s);
		}
		break;
	default:
		session_fail(s, IMAP_FAIL_PROTOCOL, NULL);
		break;
	}
}

static void
challenge(ImapSession *s, const ImapResponse *r)
{
	GBytes *answer = NULL;
	gsize len = 0;

	if (s->phase != PHASE_SIGN_IN) {
		session_fail(s, s->phase == PHASE_STARTTLS ? IMAP_FAIL_NO_STARTTLS : IMAP_FAIL_PROTOCOL, NULL);
		return;
	}
	if (s->literal_wait) {	/* LOGIN with a literal */
		s->out_secret = true;
		session_write_command(s, s->literal_wait);
		return;
	}
	if (!s->sasl) {
		session_fail(s, IMAP_FAIL_PROTOCOL, NULL);
		return;
	}
	g_autofree guchar *data = *r->text ? g_base64_decode(r->text, &len) : NULL;
	trace_line(s->trace, "imap", '>', "(sign-in data, not shown)", -1);
	if (sasl_step(s->sasl, data, len, &answer))
		write_secret(s, answer, false);
	else
		bytes_append_text(&s->out, "*\r\n");	/* cancels; the tagged BAD or NO follows */
	sasl_bytes_free(answer);
}

static FlightKind
land(ImapSession *s, const char *tag)
{
	for (guint i = 0; i < s->flights->len; i++) {
		Flight *f = g_ptr_array_index(s->flights, i);
		char name[16];
		g_snprintf(name, sizeof name, "e%" G_GUINT32_FORMAT, f->id);
		if (strcmp(name, tag))
			continue;
		FlightKind kind = f->kind;
		if (s->literal_wait == f)
			s->literal_wait = NULL;
		g_ptr_array_remove_index(s->flights, i);
		return kind;
	}
	return FLIGHT_NOOP;	/* nobody's: refused by tagged() */
}

void
signin_response(ImapSession *s, ImapResponse *r)
{
	if (s->phase == PHASE_GREETING) {
		greeting(s, r);
	} else if (s->phase == PHASE_TLS) {
		session_fail(s, IMAP_FAIL_INJECTION, NULL);
	} else if (r->kind == IMAP_RESP_BAD) {
		session_fail(s, IMAP_FAIL_PROTOCOL, NULL);
	} else if (r->kind == IMAP_RESP_CONTINUE) {
		challenge(s, r);
	} else if (r->tag) {
		FlightKind kind = land(s, r->tag);
		if (s->phase == PHASE_STARTTLS && kind != FLIGHT_STARTTLS)
			session_fail(s, IMAP_FAIL_NO_STARTTLS, NULL);
		else
			tagged(s, r, kind);
	} else if (r->kind == IMAP_RESP_CAPABILITY) {
		session_set_capabilities(s, r->words);
		s->capabilities_final = s->phase == PHASE_SIGN_IN;	/* told between AUTHENTICATE and its OK */
	} else if (r->kind == IMAP_RESP_STATUS && r->status == IMAP_BYE) {
		if (policy_allows(s))
			fail_saying(s, IMAP_FAIL_UNAVAILABLE, r);
		else
			session_fail(s, IMAP_FAIL_UNAVAILABLE, NULL);
	} else if (r->kind != IMAP_RESP_STATUS && r->kind != IMAP_RESP_ID && r->kind != IMAP_RESP_SKIP) {
		session_fail(s, session_early_data(s), NULL);	/* T5 */
	}
}
