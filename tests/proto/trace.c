/* trace.c - what the connection log gets of each kind of sign-in: never the secret, plain or in base64 (T15).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/trace.h"
#include "proto/imap/session.h"
#include "proto/pop3/session.h"
#include "proto/smtp/session.h"

#include <string.h>

#define SECRET "CanaryOfGold"

typedef struct {
	const char *what, *offers;
	bool oauth2, early;	/* early: SASL-IR, PIPELINING */
} Way;

static const Way WAYS[] = {
	{ "PLAIN", "PLAIN", false, true }, { "PLAIN in two turns", "PLAIN", false, false }, { "LOGIN", "LOGIN", false, false },
	{ "SCRAM", "SCRAM-SHA-256", false, false }, { "XOAUTH2", "XOAUTH2", true, true }, { "XOAUTH2 in two turns", "XOAUTH2", true, false },
	{ "OAUTHBEARER", "OAUTHBEARER", true, true }, { "no mechanism", "", false, true },
};

static void
nothing_in(Trace *t, const char *what)
{
	g_autofree char *all = trace_text(t);

	g_test_message("%s", all);
	g_assert_nonnull(strstr(all, what));
	g_assert_null(strstr(all, SECRET));
	for (guint shift = 0; shift < 3; shift++) {
		g_autofree char *padded = g_strconcat(shift > 0 ? "x" : "", shift > 1 ? "x" : "", SECRET, NULL);
		g_autofree char *base64 = g_base64_encode((const guchar *)padded, strlen(padded));
		g_autofree char *middle = g_strndup(base64 + 4, strlen(base64) - 8);
		g_assert_null(strstr(all, middle));
	}
}

/* The next line that the session writes; NULL: none. Yours. */
static char *
take(const void *(*output)(gpointer, gsize *), void (*taken)(gpointer, gsize), gpointer session)
{
	gsize len;
	const char *data = output(session, &len), *end = len ? memchr(data, '\n', len) : NULL;
	if (!end)
		return NULL;
	char *line = g_strndup(data, (gsize)(end - data));
	taken(session, (gsize)(end - data) + 1);
	return g_strchomp(line);
}

static const void *imap_output(gpointer s, gsize *len) { return imap_session_output(s, len); }
static void imap_taken(gpointer s, gsize n) { imap_session_output_taken(s, n, 0); }
static const void *pop3_output(gpointer s, gsize *len) { return pop3_session_output(s, len); }
static void pop3_taken(gpointer s, gsize n) { pop3_session_output_taken(s, n, 0); }
static const void *smtp_output(gpointer s, gsize *len) { return smtp_session_output(s, len); }
static void smtp_taken(gpointer s, gsize n) { smtp_session_output_taken(s, n, 0); }

static void
imap_way(const Way *w)
{
	g_autoptr(Trace) t = trace_new(100);
	ImapSetup setup = { .security = SECURITY_NONE, .user = "alice", .secret = SECRET, .oauth2 = w->oauth2, .host = "h", .port = 143, .trace = t };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 0);
	g_autofree char *hello = g_strdup_printf("* OK [CAPABILITY IMAP4rev1%s%s%s] x\r\n", w->early ? " SASL-IR" : "", *w->offers ? " AUTH=" : "", w->offers);
	g_autofree char *tag = NULL;
	guint turns = 0;
	char *line;

	imap_session_feed(s, hello, strlen(hello));
	while (imap_session_next(s).kind != IMAP_WANTS_BYTES)
		;
	while ((line = take(imap_output, imap_taken, s)) && turns++ < 6) {
		bool begins = strstr(line, "AUTHENTICATE") || strstr(line, "LOGIN ");
		if (begins) {
			g_free(tag);
			tag = g_strndup(line, strcspn(line, " "));
		}
		bool asks = (begins && strstr(line, "AUTHENTICATE") && !w->early) || (!begins && turns == 2 && !strcmp(w->offers, "LOGIN"));
		g_autofree char *answer = asks ? g_strdup("+ \r\n") : g_strdup_printf("%s NO [AUTHENTICATIONFAILED] no\r\n", tag);
		imap_session_feed(s, answer, strlen(answer));
		while (imap_session_next(s).kind != IMAP_WANTS_BYTES)
			;
		g_free(line);
	}
	g_free(line);
	g_assert_cmpuint(turns, >=, 1);
	nothing_in(t, "not shown");
}

static void
pop3_way(const Way *w)
{
	g_autoptr(Trace) t = trace_new(100);
	Pop3Setup setup = { .security = SECURITY_NONE, .user = "alice", .secret = SECRET, .oauth2 = w->oauth2, .host = "h", .port = 110, .trace = t };
	g_autoptr(Pop3Session) s = pop3_session_new(&setup, 0);
	g_autofree char *capa = g_strdup_printf("+OK\r\n%s%s%sUSER\r\n.\r\n", *w->offers ? "SASL " : "", w->offers, *w->offers ? "\r\n" : "");
	guint turns = 0, asked = 0;
	char *line;

	pop3_session_feed(s, "+OK x\r\n", 7);
	while (pop3_session_next(s).kind != POP3_WANTS_BYTES)
		;
	while ((line = take(pop3_output, pop3_taken, s)) && turns++ < 8) {
		guint words = 1 + (strchr(line, ' ') != NULL) + (strchr(line, ' ') && strchr(strchr(line, ' ') + 1, ' '));
		bool asks = (g_str_has_prefix(line, "AUTH") && words < 3) || (!strcmp(w->offers, "LOGIN") && asked == 1);
		asked += asks;
		const char *answer = !strcmp(line, "CAPA") ? capa : asks ? "+ \r\n" : g_str_has_prefix(line, "USER") ? "+OK\r\n" : "-ERR [AUTH] no\r\n";
		pop3_session_feed(s, answer, strlen(answer));
		while (pop3_session_next(s).kind != POP3_WANTS_BYTES)
			;
		g_free(line);
	}
	g_free(line);
	nothing_in(t, "not shown");
}

static void
smtp_way(const Way *w)
{
	g_autoptr(Trace) t = trace_new(100);
	SmtpSetup setup = { .security = SECURITY_NONE, .user = "alice", .secret = SECRET, .oauth2 = w->oauth2, .host = "h", .port = 587, .trace = t };
	g_autoptr(SmtpSession) s = smtp_session_new(&setup, 0);
	g_autofree char *hello = g_strdup_printf("250-h\r\n250 AUTH %s\r\n", w->offers);
	guint turns = 0, asked = 0;
	char *line;

	if (!*w->offers)
		return;
	smtp_session_feed(s, "220 x\r\n", 7);
	while (smtp_session_next(s).kind != SMTP_WANTS_BYTES)
		;
	while ((line = take(smtp_output, smtp_taken, s)) && turns++ < 8) {
		bool asks = !strcmp(w->offers, "LOGIN") && asked < 2 && !g_str_has_prefix(line, "EHLO");
		asked += asks;
		const char *answer = g_str_has_prefix(line, "EHLO") ? hello : asks ? "334 UGFzc3dvcmQ6\r\n" : "535 5.7.8 no\r\n";
		smtp_session_feed(s, answer, strlen(answer));
		while (smtp_session_next(s).kind != SMTP_WANTS_BYTES)
			;
		g_free(line);
	}
	g_free(line);
	nothing_in(t, "not shown");
}

static void
test_ways(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(WAYS); i++) {
		g_test_message("%s", WAYS[i].what);
		imap_way(&WAYS[i]);
		pop3_way(&WAYS[i]);
		smtp_way(&WAYS[i]);
	}
}

/* Texts of mails are sizes: quoted, as literals, and what is appended. */
static void
test_texts(void)
{
	static const char ready[] = "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] x\r\n",
		fetched[] = "* 1 FETCH (UID 7 ENVELOPE (\"date\" \"Canary \\\"subject\\\"\" NIL NIL NIL NIL NIL NIL NIL NIL) BODY[1] {6}\r\nCanary BODY[2] \"Canary\")\r\n";
	g_autoptr(Trace) t = trace_new(100);
	ImapSetup setup = { .security = SECURITY_TLS, .allow_preauth = true, .user = "alice", .secret = SECRET, .host = "h", .port = 993, .trace = t };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 0);
	g_autoptr(GBytes) mail = g_bytes_new_static("Canary", 6);

	imap_session_feed(s, ready, strlen(ready));
	while (imap_session_next(s).kind != IMAP_WANTS_BYTES)
		;
	ImapCommand *c = imap_command_append("Sent");
	imap_command_append_message(c, "\\Seen", 0, mail, IMAP_APPEND_PLAIN);
	imap_session_submit(s, c);
	for (int i = 0; i < 3; i++) {
		imap_session_feed(s, fetched, strlen(fetched));
		while (imap_session_next(s).kind != IMAP_WANTS_BYTES)
			;
	}
	g_autofree char *all = trace_text(t);
	g_test_message("%s", all);
	g_assert_null(strstr(all, "Canary"));
	g_assert_nonnull(strstr(all, "{6 bytes}"));
	g_assert_nonnull(strstr(all, "\"(18)\""));
	g_assert_nonnull(strstr(all, "and 2 more of FETCH"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trace/T15/ways", test_ways);
	g_test_add_func("/trace/T15/texts", test_texts);
	return g_test_run();
}
