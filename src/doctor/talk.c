/* talk.c - what the doctor says to a server, and hears: greeting, what is offered, sign-in, mailbox, quota.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The sessions of proto/ do the talking, so it is the same road that mail takes. Without a secret the connection is left
 * where the sign-in would be written: an invented one stands in its place and never goes. */
#include "config.h"
#include "doctor/exam_private.h"
#include "base/intl.h"

#include <string.h>

#define NOBODY "-"
#define SLOW_MS 2000

typedef enum { FAIL_AUTH, FAIL_MECHANISM, FAIL_STARTTLS, FAIL_INJECTION, FAIL_PREAUTH, FAIL_BUSY, FAIL_TIMEOUT, FAIL_CLOSED, FAIL_NONSENSE, FAIL_REFUSED } Fail;

static gint64
now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

void
talk_begin(Exam *x)
{
	const ServerUrl *u = x->url;
	const char *secret = x->secret ? secret_peek(x->secret) : NOBODY;
	bool oauth2 = x->setup.account->auth == AUTH_OAUTH2, external = x->setup.account->auth == AUTH_CERTIFICATE;

	if (x->setup.by == SAYS_IMAP) {
		ImapSetup s = { .security = server_security(u),
			.user = exam_user(x), .secret = secret, .oauth2 = oauth2, .external = external, .host = u->host, .port = u->port, .no_early = true, .client_version = PACKAGE_VERSION };
		x->imap = imap_session_new(&s, now_ms());
	} else if (x->setup.by == SAYS_POP3) {
		Pop3Setup s = { .security = server_security(u),
			.user = exam_user(x), .secret = secret, .oauth2 = oauth2, .external = external, .host = u->host, .port = u->port };
		x->pop3 = pop3_session_new(&s, now_ms());
	} else {
		SmtpSetup s = { .security = server_security(u),
			.user = exam_user(x), .secret = secret, .oauth2 = oauth2, .external = external, .host = u->host, .port = u->port };
		x->smtp = smtp_session_new(&s, now_ms());
	}
}

void
talk_free(Exam *x)
{
	imap_session_free(x->imap);
	pop3_session_free(x->pop3);
	smtp_session_free(x->smtp);
	x->imap = NULL;
	x->pop3 = NULL;
	x->smtp = NULL;
}

/* ---- what is found out ---- */

static char *
smtp_offers(const Exam *x)
{
	static const char *const known[] = { "AUTH", "STARTTLS", "SIZE", "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", NULL };
	GString *out = g_string_new(NULL);

	for (const char *const *k = known; *k; k++)
		if (smtp_session_can(x->smtp, *k))
			g_string_append_printf(out, "%s%s", out->len ? " " : "", *k);
	return g_string_free(out, FALSE);
}

static char *
offers(const Exam *x)
{
	if (x->smtp)
		return smtp_offers(x);
	if (x->pop3) {
		char *text = pop3_session_capabilities(x->pop3);
		return text ? g_strdelimit(text, "\n", ';') : g_strdup(_("nothing is told (no CAPA)"));
	}
	const char *const *words = imap_session_offers(x->imap);
	return words ? g_strjoinv(" ", (char **)words) : g_strdup(_("nothing is told"));
}

static void
tell_offers(Exam *x)
{
	if (x->offered)
		return;
	g_autofree char *text = offers(x);
	x->offered = true;
	exam_step(x, DOCTOR_OK, _("offers"), text);
}

static void
signing_in(Exam *x, const char *mechanism)
{
	tell_offers(x);
	x->signing = true;
	g_free(x->mechanism);
	x->mechanism = g_strdup(mechanism);
	if (x->secret)
		return;
	/* nothing of it has left: output is drained only after the events */
	g_autofree char *text = g_strdup_printf(_("%s would be used; %s"), mechanism, x->why_not ? x->why_not : _("there is no password"));
	exam_step_untimed(x, DOCTOR_SKIPPED, _("sign-in"), text);
	x->unsigned_in = true;
	exam_over(x);
}

static void
signed_in(Exam *x)
{
	gint64 ms = (g_get_monotonic_time() - x->since) / 1000;
	bool used = x->mechanism != NULL;

	tell_offers(x);
	x->ready = true;
	g_autofree char *text = used ? g_strdup_printf(_("%s, as %s"), x->mechanism, exam_user(x)) : g_strdup(_("the server wants none"));
	exam_step(x, DOCTOR_OK, _("sign-in"), text);
	if (used && ms - x->line_ms >= SLOW_MS) {
		g_autofree char *slow = g_strdup_printf(_("this server takes %.1f s to answer a sign-in; that is not your network"), (double)ms / 1000);
		exam_step_untimed(x, DOCTOR_NOTE, _("sign-in"), slow);
	}
}

static char *
sentence_of(const Exam *x, Fail fail)
{
	const char *host = x->url->host;

	switch (fail) {
	case FAIL_AUTH:		return g_strdup_printf(_("%s refused the sign-in of %s."), host, exam_user(x));
	case FAIL_MECHANISM:	return g_strdup_printf(_("%s offers no way to sign in that eilpost knows and that is safe here. No password was sent."), host);
	case FAIL_STARTTLS:	return g_strdup_printf(_("%s does not offer encryption (STARTTLS) on this port. No password was sent."), host);
	case FAIL_INJECTION:	return g_strdup_printf(_("Somebody or something between here and %s tampers with the connection. No password was sent."), host);
	case FAIL_PREAUTH:	return g_strdup_printf(_("%s claims that nobody needs to sign in; that is not safe, so eilpost went away."), host);
	case FAIL_BUSY:		return g_strdup_printf(_("%s can't take the sign-in right now. eilpost tries again by itself."), host);
	case FAIL_TIMEOUT:	return g_strdup_printf(_("%s did not answer for too long. eilpost tries again by itself."), host);
	case FAIL_CLOSED:	return g_strdup_printf(_("%s closed the connection."), host);
	case FAIL_REFUSED:	return g_strdup_printf(_("%s takes no mail from here."), host);
	case FAIL_NONSENSE:	break;
	}
	return g_strdup_printf(_("%s sent something that is not %s."), host, refusal_protocol(x->setup.by));
}

static const char *
advice_of(Fail fail)
{
	switch (fail) {
	case FAIL_STARTTLS: case FAIL_NONSENSE:
		return _("Compare host, port and kind (imaps, imap, pop3s, smtps, smtp) in the settings with what the provider says.");
	case FAIL_INJECTION: case FAIL_PREAUTH:
		return _("Try from another network; tell the provider if it stays so.");
	case FAIL_MECHANISM:
		return _("Look whether the provider wants auth = oauth2 (or a password instead), and whether the port is the right one.");
	default:
		return _("Try again in a while; if it stays so, ask.");
	}
}

static void
failed(Exam *x, Fail fail, const char *words, const char *said)
{
	const Refusal *row = refusal_find(x->setup.by, x->setup.account->auth == AUTH_OAUTH2, said);
	g_autofree char *sentence = sentence_of(x, fail);
	const char *shown = said ? said : words && *words ? words : sentence;

	/* all was found out: that the goodbye is slow, or never answered, is no fault of the account */
	if (x->leaving) {
		exam_over(x);
		return;
	}
	if (x->imap && imap_session_offers(x->imap))
		tell_offers(x);
	exam_step(x, DOCTOR_FAILED, x->signing || fail <= FAIL_MECHANISM ? _("sign-in") : x->greeted ? _("connection") : _("greeting"), shown);
	x->secret_wrong = x->signing && (!row ? fail == FAIL_AUTH : row->cause == CAUSE_SECRET || row->cause == CAUSE_TOKEN || !strcmp(row->id, "exchange-refused"));
	exam_trouble(x, sentence, row, shown, fail == FAIL_MECHANISM || fail == FAIL_STARTTLS ? WHOM_YOURSELF : WHOM_PROVIDER, advice_of(fail));
	exam_over(x);
}

/* ---- IMAP ---- */

static void
imap_ready(Exam *x)
{
	signed_in(x);
	x->select = imap_session_submit(x->imap, imap_command_select("INBOX", true, false));
	if (imap_session_can(x->imap, "QUOTA"))
		x->quota = imap_session_submit(x->imap, imap_command_quota_root("INBOX"));
}

static void
tell_quota(Exam *x, const ImapQuota *q)
{
	if (!q->storage_limit)
		return;
	guint percent = (guint)(q->storage * 100 / q->storage_limit);
	g_autofree char *used = g_format_size(q->storage * 1024);
	g_autofree char *limit = g_format_size(q->storage_limit * 1024);
	g_autofree char *text = g_strdup_printf(_("%s of %s (%u %%)"), used, limit, percent);
	x->quota_told++;
	exam_step(x, percent >= 95 ? DOCTOR_NOTE : DOCTOR_OK, _("quota"), text);
}

static void
imap_done(Exam *x, const ImapEvent *ev)
{
	if (ev->id == x->select) {
		x->select = 0;
		if (ev->response->status == IMAP_OK) {
			guint n = imap_session_exists(x->imap);
			g_autofree char *text = g_strdup_printf(ngettext("%u message in the inbox", "%u messages in the inbox", n), n);
			exam_step(x, DOCTOR_OK, _("inbox"), text);
		} else {
			g_autofree char *said = g_strdup_printf("%s %s", ev->response->status == IMAP_BAD ? "BAD" : "NO", ev->response->text ? ev->response->text : "");
			g_autofree char *sentence = g_strdup_printf(_("%s took the sign-in of %s but does not open the inbox."), x->url->host, exam_user(x));
			const Refusal *row = refusal_find(SAYS_IMAP, x->setup.account->auth == AUTH_OAUTH2, said);
			exam_step(x, DOCTOR_FAILED, _("inbox"), said);
			exam_trouble(x, sentence, row, said, WHOM_ADMINISTRATOR, NULL);
		}
	} else if (ev->id == x->quota) {
		x->quota = 0;
		if (!x->quota_told)
			exam_step(x, DOCTOR_OK, _("quota"), _("none"));
	}
	if (!x->select && !x->quota) {
		x->leaving = true;
		imap_session_logout(x->imap);
	}
}

static void
imap_failed(Exam *x, const ImapEvent *ev)
{
	static const Fail kinds[] = {
		[IMAP_FAIL_NONE] = FAIL_NONSENSE, [IMAP_FAIL_PROTOCOL] = FAIL_NONSENSE, [IMAP_FAIL_NO_STARTTLS] = FAIL_STARTTLS, [IMAP_FAIL_INJECTION] = FAIL_INJECTION,
		[IMAP_FAIL_PREAUTH] = FAIL_PREAUTH, [IMAP_FAIL_AUTH] = FAIL_AUTH, [IMAP_FAIL_AUTH_NO_MECHANISM] = FAIL_MECHANISM, [IMAP_FAIL_UNAVAILABLE] = FAIL_BUSY,
		[IMAP_FAIL_TIMEOUT] = FAIL_TIMEOUT, [IMAP_FAIL_BYE] = FAIL_CLOSED,
	};
	failed(x, kinds[ev->failure], ev->text, ev->said);
}

static void
start_tls(Exam *x)
{
	g_autoptr(GError) err = NULL;

	x->since = g_get_monotonic_time();
	if (link_start_tls(x->link, &err))
		return;
	exam_step(x, DOCTOR_FAILED, _("encryption"), err->message);
	exam_trouble(x, err->message, NULL, NULL, WHOM_PROVIDER, advice_of(FAIL_INJECTION));
	exam_over(x);
}

static void
imap_event(Exam *x, const ImapEvent *ev)
{
	switch (ev->kind) {
	case IMAP_EV_START_TLS:
		start_tls(x);
		break;
	case IMAP_EV_SIGNING_IN:
		signing_in(x, ev->text);
		break;
	case IMAP_EV_READY:
		imap_ready(x);
		break;
	case IMAP_EV_RESPONSE:
		if (ev->response->kind == IMAP_RESP_QUOTA)
			tell_quota(x, &ev->response->quota);
		break;
	case IMAP_EV_DONE:
		imap_done(x, ev);
		break;
	case IMAP_EV_FAILED:
		imap_failed(x, ev);
		break;
	case IMAP_EV_CLOSED:
		exam_over(x);
		break;
	default:
		break;
	}
}

/* ---- POP3 ---- */

static void
pop3_event(Exam *x, const Pop3Event *ev)
{
	static const Fail kinds[] = {
		[POP3_FAIL_NONE] = FAIL_NONSENSE, [POP3_FAIL_PROTOCOL] = FAIL_NONSENSE, [POP3_FAIL_NO_STARTTLS] = FAIL_STARTTLS, [POP3_FAIL_INJECTION] = FAIL_INJECTION,
		[POP3_FAIL_AUTH] = FAIL_AUTH, [POP3_FAIL_AUTH_NO_MECHANISM] = FAIL_MECHANISM, [POP3_FAIL_UNAVAILABLE] = FAIL_BUSY, [POP3_FAIL_TIMEOUT] = FAIL_TIMEOUT,
	};

	switch (ev->kind) {
	case POP3_EV_START_TLS:
		start_tls(x);
		break;
	case POP3_EV_SIGNING_IN:
		signing_in(x, ev->text);
		break;
	case POP3_EV_READY:
		signed_in(x);
		pop3_session_stat(x->pop3);
		break;
	case POP3_EV_STAT: {
		g_autofree char *size = g_format_size(ev->size);
		g_autofree char *text = g_strdup_printf(ngettext("%u message, %s", "%u messages, %s", (guint)ev->count), (guint)ev->count, size);
		exam_step(x, DOCTOR_OK, _("inbox"), text);
		break;
	}
	case POP3_EV_DONE:
		if (!ev->ok) {
			exam_step(x, DOCTOR_FAILED, _("inbox"), ev->text);
			exam_trouble(x, ev->text, refusal_find(SAYS_POP3, false, ev->text), ev->text, WHOM_ADMINISTRATOR, NULL);
		}
		x->leaving = true;
		pop3_session_quit(x->pop3);
		break;
	case POP3_EV_FAILED:
		failed(x, kinds[ev->failure], ev->text, ev->said);
		break;
	case POP3_EV_CLOSED:
		exam_over(x);
		break;
	default:
		break;
	}
}

/* ---- SMTP ---- */

static void
smtp_event(Exam *x, const SmtpEvent *ev)
{
	static const Fail kinds[] = {
		[SMTP_FAIL_NONE] = FAIL_NONSENSE, [SMTP_FAIL_PROTOCOL] = FAIL_NONSENSE, [SMTP_FAIL_NO_STARTTLS] = FAIL_STARTTLS, [SMTP_FAIL_INJECTION] = FAIL_INJECTION,
		[SMTP_FAIL_AUTH] = FAIL_AUTH, [SMTP_FAIL_AUTH_NO_MECHANISM] = FAIL_MECHANISM, [SMTP_FAIL_AUTH_REQUIRED] = FAIL_MECHANISM,
		[SMTP_FAIL_UNAVAILABLE] = FAIL_BUSY, [SMTP_FAIL_REFUSED] = FAIL_REFUSED, [SMTP_FAIL_TIMEOUT] = FAIL_TIMEOUT,
	};

	switch (ev->kind) {
	case SMTP_EV_START_TLS:
		start_tls(x);
		break;
	case SMTP_EV_SIGNING_IN:
		signing_in(x, ev->text);
		break;
	case SMTP_EV_READY:
		signed_in(x);
		x->leaving = true;
		smtp_session_quit(x->smtp);
		break;
	case SMTP_EV_FAILED:
		failed(x, kinds[ev->failure], ev->text, ev->said);
		break;
	case SMTP_EV_CLOSED:
		exam_over(x);
		break;
	default:
		break;
	}
}

/* ---- the pump ---- */

/* False: nothing more now. */
static bool
next_event(Exam *x)
{
	if (x->imap) {
		ImapEvent ev = imap_session_next(x->imap);
		imap_event(x, &ev);
		return ev.kind != IMAP_WANTS_BYTES;
	}
	if (x->pop3) {
		Pop3Event ev = pop3_session_next(x->pop3);
		pop3_event(x, &ev);
		return ev.kind != POP3_WANTS_BYTES;
	}
	SmtpEvent ev = smtp_session_next(x->smtp);
	smtp_event(x, &ev);
	return ev.kind != SMTP_WANTS_BYTES;
}

void
talk_pump(Exam *x)
{
	gsize len = 0;

	if (!x->imap && !x->pop3 && !x->smtp)
		return;
	while (!x->over && next_event(x))
		;
	if (!x->over && talk_output(x, &len) && len)
		link_kick(x->link);
}

static bool
safe_words(const Exam *x)
{
	Scheme s = x->url->scheme;
	return s != SCHEME_IMAP && s != SCHEME_POP3 && s != SCHEME_SMTP;
}

void
talk_feed(Exam *x, const guint8 *data, gsize len)
{
	if (x->over)
		return;
	if (!x->greeted) {
		gsize line = 0;
		while (line < MIN(len, 120) && data[line] != '\r' && data[line] != '\n')
			line++;
		/* what is said in the clear is nobody's word */
		bool cut = line < len && data[line] != '\r' && data[line] != '\n';
		g_autofree char *words = safe_words(x) ? g_strdup_printf("%.*s%s", (int)line, (const char *)data, cut ? "…" : "") : g_strdup(_("the server is there"));
		x->greeted = true;
		x->line_ms = (g_get_monotonic_time() - x->since) / 1000;
		exam_step(x, DOCTOR_OK, _("greeting"), words);
	}
	talk_tick(x);
	if (x->imap)
		imap_session_feed(x->imap, data, len);
	else if (x->pop3)
		pop3_session_feed(x->pop3, data, len);
	else if (x->smtp)
		smtp_session_feed(x->smtp, data, len);
}

/* Once it is over nothing more is written: the session may hold a sign-in that must not go. */
const guint8 *
talk_output(Exam *x, gsize *len)
{
	*len = 0;
	if (x->over)
		return NULL;
	return x->imap ? imap_session_output(x->imap, len) : x->pop3 ? pop3_session_output(x->pop3, len) : x->smtp ? smtp_session_output(x->smtp, len) : NULL;
}

void
talk_taken(Exam *x, gsize n)
{
	if (x->imap)
		imap_session_output_taken(x->imap, n, now_ms());
	else if (x->pop3)
		pop3_session_output_taken(x->pop3, n, now_ms());
	else if (x->smtp)
		smtp_session_output_taken(x->smtp, n, now_ms());
}

void
talk_secured(Exam *x)
{
	x->since = g_get_monotonic_time();
	if (x->imap)
		imap_session_tls_started(x->imap);
	else if (x->pop3)
		pop3_session_tls_started(x->pop3);
	else if (x->smtp)
		smtp_session_tls_started(x->smtp);
}

void
talk_tick(Exam *x)
{
	if (x->imap)
		imap_session_tick(x->imap, now_ms());
	else if (x->pop3)
		pop3_session_tick(x->pop3, now_ms());
	else if (x->smtp)
		smtp_session_tick(x->smtp, now_ms());
}
