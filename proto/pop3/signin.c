/* signin.c - from the greeting to the first command: CAPA, STLS, AUTH or USER and PASS.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * No write that is or follows a secret before policy_allows (RELIABILITY T1, T4). What was told before TLS is forgotten. */
#include "config.h"
#include "proto/pop3/session_private.h"

#include <string.h>

static bool
policy_allows(const Pop3Session *s)
{
	return s->tls || s->security == SECURITY_NONE;
}

/* ---- capabilities ---- */

void
pop3_capa_line(Pop3Session *s, const char *line)
{
	gsize n = strcspn(line, " ");
	if (n == 0)
		return;
	if (!s->capabilities)
		s->capabilities = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_hash_table_replace(s->capabilities, g_ascii_strup(line, (gssize)n), g_strdup(line[n] ? line + n + 1 : ""));
}

bool
pop3_session_has_capa(const Pop3Session *s)
{
	return s->capabilities != NULL;
}

static bool
disabled(const Pop3Session *s, const char *capability)
{
	return s->disabled && g_strv_contains((const char *const *)s->disabled, capability);
}

bool
pop3_session_can(const Pop3Session *s, const char *capability)
{
	if (disabled(s, capability))
		return false;
	if (s->capabilities)
		return g_hash_table_contains(s->capabilities, capability);
	return !strcmp(capability, "UIDL") || !strcmp(capability, "TOP") || !strcmp(capability, "USER");	/* may be tried */
}

static const char *
argument(const Pop3Session *s, const char *capability)
{
	const char *value = s->capabilities && !disabled(s, capability) ? g_hash_table_lookup(s->capabilities, capability) : NULL;
	return value ? value : "";
}

int
pop3_session_expire(const Pop3Session *s)
{
	const char *value = argument(s, "EXPIRE");
	return g_ascii_isdigit(*value) ? (int)MIN(g_ascii_strtoull(value, NULL, 10), G_MAXINT) : -1;
}

guint
pop3_session_login_delay(const Pop3Session *s)
{
	return (guint)MIN(g_ascii_strtoull(argument(s, "LOGIN-DELAY"), NULL, 10), 86400);
}

char *
pop3_session_capabilities(const Pop3Session *s)
{
	if (!s->capabilities)
		return NULL;
	GString *out = g_string_new(NULL);
	GHashTableIter it;
	gpointer name, value;
	g_hash_table_iter_init(&it, s->capabilities);
	while (g_hash_table_iter_next(&it, &name, &value))
		g_string_append_printf(out, "%s%s%s%s", out->len ? "\n" : "", (char *)name, *(char *)value ? " " : "", (char *)value);
	return g_string_free(out, FALSE);
}

/* ---- the sign-in ---- */

static void
ready(Pop3Session *s)
{
	s->signed_in = true;
	s->phase = POP3_PHASE_READY;
	g_clear_pointer(&s->sasl, sasl_free);
	g_clear_pointer(&s->secret, secret_free);
	pop3_event(s, POP3_EV_READY, NULL);
	pop3_write_waiting(s);
}

/* Names and passwords with a line end or NUL can't be said in USER and PASS. */
static bool
sayable(const char *text)
{
	return *text && !strpbrk(text, "\r\n");
}

static void
user_pass(Pop3Session *s)
{
	const char *secret = secret_peek(s->secret);

	if (s->by != SASL_PASSWORD || !sayable(s->user) || !sayable(secret)) {
		pop3_fail(s, POP3_FAIL_AUTH_NO_MECHANISM, POP3_CODE_NONE, NULL);
		return;
	}
	s->mechanism = "USER";
	pop3_event(s, POP3_EV_SIGNING_IN, s->mechanism);
	pop3_write(s, VERB_USER, "USER ", s->user);
	/* one turn where the server takes commands ahead (RFC 2449, 6.6: also before the sign-in) */
	if (pop3_session_can(s, "PIPELINING")) {
		pop3_write(s, VERB_PASS, "PASS ", secret);
		s->out_secret = s->user_pass = true;
	}
}

static const char *
choose(Pop3Session *s)
{
	g_autofree char *upper = g_ascii_strup(argument(s, "SASL"), -1);
	g_auto(GStrv) offered = g_strsplit(upper, " ", -1);
	g_ptr_array_add(s->refused, NULL);
	const char *m = sasl_choose((const char *const *)offered, s->by, true, (const char *const *)s->refused->pdata);
	g_ptr_array_set_size(s->refused, (gint)s->refused->len - 1);
	return m;
}

static char *
encoded(GBytes *answer, bool initial)
{
	gsize len;
	const guint8 *data = g_bytes_get_data(answer, &len);
	return len ? g_base64_encode(data, len) : g_strdup(initial ? "=" : "");	/* RFC 5034, 4 */
}

static void
authenticate(Pop3Session *s)
{
	SaslCredentials c = { .user = s->user, .secret = secret_peek(s->secret), .host = s->host, .port = s->port, .service = "pop" };
	GBytes *first = NULL;

	g_clear_pointer(&s->sasl, sasl_free);
	s->sasl = sasl_new(s->mechanism, &c);
	bool with_first = s->sasl && sasl_client_first(s->sasl);
	if (!s->sasl || (with_first && !sasl_step(s->sasl, NULL, 0, &first))) {
		pop3_fail(s, POP3_FAIL_AUTH_NO_MECHANISM, POP3_CODE_NONE, NULL);
		return;
	}
	pop3_event(s, POP3_EV_SIGNING_IN, s->mechanism);
	char *text = with_first ? encoded(first, true) : NULL;
	/* a line of at most 255 octets (RFC 2449, 4): a token of Exchange Online is longer, and goes as the answer to "+" */
	if (text && strlen(text) < 200) {
		g_autofree char *command = g_strdup_printf("AUTH %s ", s->mechanism);
		pop3_write(s, VERB_AUTH, command, text);
		s->out_secret = true;
	} else {
		pop3_write(s, VERB_AUTH, "AUTH ", s->mechanism);
		g_clear_pointer(&s->sasl, sasl_free);
		s->sasl = sasl_new(s->mechanism, &c);
	}
	secret_wipe_string(text);
	sasl_bytes_free(first);
}

static void
signin_begin(Pop3Session *s)
{
	if (!policy_allows(s)) {
		pop3_fail(s, POP3_FAIL_NO_STARTTLS, POP3_CODE_NONE, NULL);
		return;
	}
	s->phase = POP3_PHASE_AUTH;
	s->mechanism = choose(s);
	/* SASL may be missing from what is told before the sign-in; USER is then all there is, but for OAuth it is none (S3) */
	if (s->mechanism)
		authenticate(s);
	else if (s->refused->len)
		pop3_fail(s, POP3_FAIL_AUTH, POP3_CODE_NONE, NULL);
	else
		user_pass(s);
}

void
pop3_signin_challenge(Pop3Session *s, const char *base64)
{
	GBytes *answer = NULL;
	gsize len = 0;

	if (!s->sasl) {
		pop3_fail(s, POP3_FAIL_PROTOCOL, POP3_CODE_NONE, NULL);
		return;
	}
	g_autofree guchar *data = *base64 ? g_base64_decode(base64, &len) : NULL;
	if (!sasl_step(s->sasl, data, len, &answer)) {
		sasl_bytes_free(answer);
		bytes_append_text(&s->out, "*\r\n");	/* cancels; -ERR follows */
		return;
	}
	char *text = encoded(answer, false);
	bytes_append_text(&s->out, text);
	trace_line(s->trace, "pop3", '>', "(sign-in data, not shown)", -1);
	bytes_append_text(&s->out, "\r\n");
	s->out_secret = true;
	s->progress = s->now;
	secret_wipe_string(text);
	sasl_bytes_free(answer);
}

static void
ask_capa(Pop3Session *s)
{
	s->phase = POP3_PHASE_CAPA;
	g_clear_pointer(&s->capabilities, g_hash_table_unref);
	s->capa_known = s->capa_remembered = false;
	pop3_write(s, VERB_CAPA, "CAPA", "");
}

static void
stls(Pop3Session *s)
{
	s->phase = POP3_PHASE_STLS;
	pop3_write(s, VERB_STLS, "STLS", "");
}

void
pop3_greeting(Pop3Session *s, bool ok, Pop3Code code, const char *text)
{
	if (!ok)
		pop3_fail(s, POP3_FAIL_UNAVAILABLE, code, text);
	else if (!policy_allows(s))
		stls(s);	/* required: whether it is announced does not matter */
	else if (s->capa_known)
		signin_begin(s);
	else
		ask_capa(s);
}

void
pop3_signin_again(Pop3Session *s)
{
	if (s->capa_known)
		signin_begin(s);
	else
		ask_capa(s);
}

void
pop3_capa_done(Pop3Session *s)
{
	s->capa_known = true;
	if (s->signed_in)
		ready(s);
	else
		signin_begin(s);
}

/* ---- answers ---- */

static void
refused(Pop3Session *s, Pop3Code code, const char *text)
{
	if (code == POP3_CODE_IN_USE || code == POP3_CODE_LOGIN_DELAY || code == POP3_CODE_SYS_TEMP) {
		pop3_fail(s, POP3_FAIL_UNAVAILABLE, code, text);
		return;
	}
	/* announced is not usable: a mechanism of challenges may fail for want of a stored hash (SERVERS, signing in) */
	if (s->mechanism && g_str_has_prefix(s->mechanism, "SCRAM") && code != POP3_CODE_AUTH) {
		g_ptr_array_add(s->refused, (gpointer)s->mechanism);
		if (choose(s)) {
			signin_begin(s);
			return;
		}
	}
	pop3_fail(s, POP3_FAIL_AUTH, code, text);
}

static void
signed_in(Pop3Session *s)
{
	if (s->sasl && !sasl_done(s->sasl)) {
		pop3_fail(s, POP3_FAIL_PROTOCOL, POP3_CODE_NONE, NULL);	/* accepted before the server's own proof */
		return;
	}
	s->signed_in = true;
	/* UIDL, TOP and PIPELINING are told before the sign-in by all that have CAPA; where one is missing it may come after it */
	if (s->capabilities && !s->capa_remembered && !pop3_session_can(s, "UIDL")) {
		ask_capa(s);
		return;
	}
	ready(s);
}

void
pop3_signin_reply(Pop3Session *s, Pop3Verb verb, bool ok, Pop3Code code, const char *text)
{
	switch (verb) {
	case VERB_CAPA:		/* none: a server of 1996; everything is tried */
		g_clear_pointer(&s->capabilities, g_hash_table_unref);
		pop3_capa_done(s);
		break;
	case VERB_STLS:
		if (!ok) {
			pop3_fail(s, POP3_FAIL_NO_STARTTLS, POP3_CODE_NONE, NULL);
		} else {
			s->phase = POP3_PHASE_TLS;
			pop3_event(s, POP3_EV_START_TLS, NULL);
		}
		break;
	case VERB_AUTH: case VERB_PASS:
		if (ok)
			signed_in(s);
		else
			refused(s, code, text);
		break;
	case VERB_USER:
		if (!ok) {
			refused(s, code, text);
		} else if (!s->user_pass) {
			pop3_write(s, VERB_PASS, "PASS ", secret_peek(s->secret));
			s->out_secret = s->user_pass = true;
		}
		break;
	default:
		break;
	}
}
