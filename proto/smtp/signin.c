/* signin.c - from the greeting to the first mail: EHLO, STARTTLS, AUTH.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * No write that is or follows a secret, and no mail, before policy_allows (RELIABILITY T1, T4). */
#include "config.h"
#include "proto/smtp/session_private.h"

#include <string.h>

static bool
policy_allows(const SmtpSession *s)
{
	return s->tls || s->security == SECURITY_NONE;
}

static guint
class_of(const SmtpSession *s)
{
	return s->reply_code / 100;
}

void
smtp_hello(SmtpSession *s)
{
	s->phase = SMTP_PHASE_EHLO;
	s->esmtp = true;
	smtp_ask(s, ASKED_HELLO, "EHLO %s", s->helo);
}

void
smtp_greeting(SmtpSession *s)
{
	if (class_of(s) == 2)
		smtp_hello(s);
	else
		smtp_fail(s, class_of(s) == 4 ? SMTP_FAIL_UNAVAILABLE : SMTP_FAIL_REFUSED, s->reply->str);
}

/* ---- AUTH ---- */

static void
ready(SmtpSession *s)
{
	s->phase = SMTP_PHASE_READY;
	g_clear_pointer(&s->sasl, sasl_free);
	g_clear_pointer(&s->secret, secret_free);
	smtp_event(s, SMTP_EV_READY, NULL);
	smtp_mail_begin(s);
}

static char *
encoded(GBytes *answer, bool initial)
{
	gsize len;
	const guint8 *data = g_bytes_get_data(answer, &len);
	if (len == 0)
		return g_strdup(initial ? "=" : "");	/* RFC 4954, 4 */
	return g_base64_encode(data, len);
}

static const char *
choose(SmtpSession *s)
{
	const char *list = g_hash_table_lookup(s->keywords, "AUTH");
	g_autofree char *upper = g_ascii_strup(list ? list : "", -1);
	g_auto(GStrv) offered = g_strsplit(upper, " ", -1);
	g_ptr_array_add(s->refused, NULL);
	const char *m = sasl_choose((const char *const *)offered, s->by, true, (const char *const *)s->refused->pdata);
	g_ptr_array_set_size(s->refused, (gint)s->refused->len - 1);
	return m;
}

static void
authenticate(SmtpSession *s)
{
	SaslCredentials c = { .user = s->user, .secret = secret_peek(s->secret), .host = s->host, .port = s->port, .service = "smtp" };
	GBytes *first = NULL;

	s->phase = SMTP_PHASE_AUTH;
	g_clear_pointer(&s->sasl, sasl_free);
	s->sasl = sasl_new(s->mechanism, &c);
	s->auth_first = s->sasl && sasl_client_first(s->sasl);
	if (!s->sasl || (s->auth_first && !sasl_step(s->sasl, NULL, 0, &first))) {
		smtp_fail(s, SMTP_FAIL_AUTH_NO_MECHANISM, NULL);
		return;
	}
	smtp_event(s, SMTP_EV_SIGNING_IN, s->mechanism);
	if (!s->auth_first) {
		smtp_ask(s, ASKED_AUTH, "AUTH %s", s->mechanism);
		return;
	}
	char *text = encoded(first, true);
	g_autofree char *command = g_strdup_printf("AUTH %s ", s->mechanism);
	smtp_ask_auth(s, command, text);
	secret_wipe_string(text);
	sasl_bytes_free(first);
}

static void
signin_begin(SmtpSession *s)
{
	if (!policy_allows(s)) {
		smtp_fail(s, SMTP_FAIL_NO_STARTTLS, NULL);
		return;
	}
	/* A server that asks for no name is used without one; if it wants one after all it says so to MAIL. */
	if (!s->secret || !smtp_session_can(s, "AUTH")) {
		ready(s);
		return;
	}
	s->mechanism = choose(s);
	if (s->mechanism)
		authenticate(s);
	else
		smtp_fail(s, s->refused->len ? SMTP_FAIL_AUTH : SMTP_FAIL_AUTH_NO_MECHANISM, s->refused->len ? s->reply->str : NULL);
}

static void
challenge(SmtpSession *s)
{
	GBytes *answer = NULL;
	gsize len = 0;
	g_autofree guchar *data = *s->reply->str ? g_base64_decode(s->reply->str, &len) : NULL;

	if (!sasl_step(s->sasl, data, len, &answer)) {
		sasl_bytes_free(answer);
		smtp_ask(s, ASKED_AUTH, "*");	/* cancels; 501 follows */
		return;
	}
	char *text = encoded(answer, false);
	smtp_ask_auth(s, "", text);
	secret_wipe_string(text);
	sasl_bytes_free(answer);
}

static void
auth_refused(SmtpSession *s)
{
	bool challenges = g_str_has_prefix(s->mechanism, "SCRAM");
	if (class_of(s) == 4) {	/* 454: not a wrong password */
		smtp_fail(s, SMTP_FAIL_UNAVAILABLE, s->reply->str);
		return;
	}
	/* announced is not usable (SERVERS, signing in): 504, 534, 538 (not without encryption), or a mechanism whose hash the server lacks */
	if (s->reply_code == 504 || s->reply_code == 534 || s->reply_code == 538 || challenges) {
		g_ptr_array_add(s->refused, (gpointer)s->mechanism);
		if (choose(s)) {
			signin_begin(s);
			return;
		}
	}
	smtp_fail(s, s->reply_code == 538 ? SMTP_FAIL_REFUSED : SMTP_FAIL_AUTH, s->reply->str);
}

static void
auth_reply(SmtpSession *s)
{
	if (s->reply_code == 334)
		challenge(s);
	else if (class_of(s) != 2)
		auth_refused(s);
	else if (!sasl_done(s->sasl))
		smtp_fail(s, SMTP_FAIL_PROTOCOL, NULL);	/* accepted before the server's own proof: not our server */
	else
		ready(s);
}

/* ---- EHLO, STARTTLS ---- */

static void
hello_reply(SmtpSession *s)
{
	if (class_of(s) == 2) {
		if (s->security != SECURITY_STARTTLS || s->tls) {
			signin_begin(s);
		} else if (smtp_session_can(s, "STARTTLS")) {
			s->phase = SMTP_PHASE_STARTTLS;
			smtp_ask(s, ASKED_STARTTLS, "STARTTLS");
		} else {
			smtp_fail(s, SMTP_FAIL_NO_STARTTLS, NULL);
		}
	} else if (class_of(s) == 5 && s->phase == SMTP_PHASE_EHLO) {
		s->phase = SMTP_PHASE_HELO;
		s->esmtp = false;
		smtp_ask(s, ASKED_HELLO, "HELO %s", s->helo);
	} else {
		smtp_fail(s, class_of(s) == 4 ? SMTP_FAIL_UNAVAILABLE : SMTP_FAIL_REFUSED, s->reply->str);
	}
}

void
smtp_signin_reply(SmtpSession *s, Asked asked)
{
	if (asked == ASKED_HELLO) {
		hello_reply(s);
	} else if (asked == ASKED_AUTH) {
		auth_reply(s);
	} else if (class_of(s) == 2) {
		s->phase = SMTP_PHASE_TLS;
		smtp_event(s, SMTP_EV_START_TLS, NULL);
	} else {
		smtp_fail(s, SMTP_FAIL_NO_STARTTLS, NULL);
	}
}
