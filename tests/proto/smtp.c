/* smtp.c - SMTP conversations, each fed at every chunk size.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A script is a list of lines: "S text" the server says, "C text" we must have written, "T" TLS begins, "E event" an event
 * must have come. Lines of one side in a row are one segment: so the turns are counted as well. */
#include "proto/smtp/session.h"
#include "../heap.h"

#include <string.h>

#define MESSAGE "Subject: x\r\n\r\nhello\r\n.dot\r\n"

typedef struct {
	const char *name;
	Security security;
	const char *user;	/* NULL: no AUTH */
	bool oauth2;
	const char *recipients;	/* separated by blanks */
	const char *message;	/* NULL: MESSAGE */
	bool utf8, dsn, eight;
	guint n_mails;		/* 0: 1 */
	const char *script;
} Case;

#define EHLO_ALL "S 250-mx.example\nS 250-PIPELINING\nS 250-SIZE 1000\nS 250-AUTH PLAIN LOGIN\nS 250-ENHANCEDSTATUSCODES\nS 250-8BITMIME\nS 250-DSN\nS 250 SMTPUTF8\n"
#define EHLO_PLAIN "S 250-mx.example\nS 250-PIPELINING\nS 250 SIZE 1000\n"
#define EHLO_BDAT "S 250-mx.example\nS 250-PIPELINING\nS 250-CHUNKING\nS 250 SIZE\n"
#define HELLO "S 220 mx.example ESMTP\nC EHLO [127.0.0.1]\n"
#define ENVELOPE "C MAIL FROM:<a@b> SIZE=27\nC RCPT TO:<c@d>\nC DATA\n"
#define CONTENT "C Subject: x\nC \nC hello\nC ..dot\n"

static const Case cases[] = {
	{ "one mail, pipelined", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 250 2.1.0 ok\nS 250 2.1.5 ok\nS 354 go\nE rcpt 0 + 250\nE data\nE dot\n" CONTENT "C .\n"
	  "S 250 2.0.0 Ok: queued as 42\nE accepted 250 2.0.0 Ok: queued as 42\n" },
	{ "no ESMTP", SECURITY_NONE, .recipients = "c@d e@f", .script =
	  HELLO "S 502 what?\nC HELO [127.0.0.1]\nS 250 mx\nE ready\nC MAIL FROM:<a@b>\nS 250 ok\nC RCPT TO:<c@d>\nS 250 ok\nE rcpt 0 + 250\n"
	  "C RCPT TO:<e@f>\nS 251 will forward\nE rcpt 1 + 251\nC DATA\nS 354 go\nE data\nE dot\n" CONTENT "C .\nS 250 done\nE accepted 250 done\n" },
	{ "chunking: one turn", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_BDAT "E ready\nE data\nE dot\nC MAIL FROM:<a@b> SIZE=27\nC RCPT TO:<c@d>\nC BDAT 27 LAST\nC Subject: x\nC \nC hello\nC .dot\n"
	  "S 250 ok\nS 250 ok\nS 250 2.6.0 27 octets\nE rcpt 0 + 250\nE accepted 250 27 octets\n" },
	{ "chunking: two mails, one turn each", SECURITY_NONE, .recipients = "c@d", .n_mails = 2, .script =
	  HELLO EHLO_BDAT "E ready\nE data\nE dot\nC MAIL FROM:<a@b> SIZE=27\nC RCPT TO:<c@d>\nC BDAT 27 LAST\nC Subject: x\nC \nC hello\nC .dot\n"
	  "S 250 ok\nS 250 ok\nS 250 ok\nE rcpt 0 + 250\nE accepted 250 ok\nE data\nE dot\n"
	  "C MAIL FROM:<a@b> SIZE=27\nC RCPT TO:<c@d>\nC BDAT 27 LAST\nC Subject: x\nC \nC hello\nC .dot\n"
	  "S 250 ok\nS 250 ok\nS 250 ok\nE rcpt 0 + 250\nE accepted 250 ok\n" },
	{ "chunking: all recipients refused", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_BDAT "E ready\nE data\nE dot\nC MAIL FROM:<a@b> SIZE=27\nC RCPT TO:<c@d>\nC BDAT 27 LAST\nC Subject: x\nC \nC hello\nC .dot\n"
	  "S 250 ok\nS 550 5.1.1 no such user\nS 503 no recipients\nE rcpt 0 - 550\nE refused 550 no such user\n" },
	{ "P: some recipients refused", SECURITY_NONE, .recipients = "c@d e@f g@h", .script =
	  HELLO EHLO_PLAIN "E ready\nC MAIL FROM:<a@b> SIZE=27\nC RCPT TO:<c@d>\nC RCPT TO:<e@f>\nC RCPT TO:<g@h>\nC DATA\n"
	  "S 250 ok\nS 250 ok\nS 550-5.1.1 unknown\nS 550 5.1.1 user\nS 452 4.2.2 full\nS 354 go\nE rcpt 0 + 250\nE rcpt 1 - 550\nE rcpt 2 - 452\nE data\nE dot\n"
	  CONTENT "C .\nS 250 ok\nE accepted 250 ok\n" },
	{ "all recipients refused, DATA accepted", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 250 ok\nS 550 5.1.1 unknown\nS 354 go\nE rcpt 0 - 550\nC .\nS 554 no valid recipients\nE refused 550 unknown\n" },
	{ "all recipients refused, DATA refused", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 250 ok\nS 450 4.2.0 greylisted\nS 503 no\nE rcpt 0 - 450\nE refused 450 greylisted\nC RSET\nS 250 ok\n" },
	{ "sender refused", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 550 5.7.1 not you\nS 503 no\nS 503 no\nE refused 550 not you\nC RSET\nS 250 ok\n" },
	{ "refused after the end", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 250 ok\nS 250 ok\nS 354 go\nE rcpt 0 + 250\nE data\nE dot\n" CONTENT "C .\n"
	  "S 554 5.7.1 spam\nE refused 554 spam\n" },
	{ "too large for SIZE", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO "S 250-mx\nS 250 SIZE 10\nE ready\nE refused 552 the message is larger than this server takes\n" },
	{ "an address that is not ASCII", SECURITY_NONE, .recipients = "j\xc3\xb6rg@d", .utf8 = true, .script =
	  HELLO EHLO_PLAIN "E ready\nE refused 553 an address is not ASCII, and this server takes no other\n" },
	{ "SMTPUTF8, 8BITMIME, DSN", SECURITY_NONE, .recipients = "j\xc3\xb6rg@d", .utf8 = true, .dsn = true, .eight = true, .script =
	  HELLO "S 250-mx\nS 250-PIPELINING\nS 250-8BITMIME\nS 250-DSN\nS 250 SMTPUTF8\nE ready\n"
	  "C MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B1\nC RCPT TO:<j\xc3\xb6rg@d> NOTIFY=SUCCESS,FAILURE,DELAY\nC DATA\n"
	  "S 250 ok\nS 250 ok\nS 354 go\nE rcpt 0 + 250\nE data\nE dot\n" CONTENT "C .\nS 250 ok\nE accepted 250 ok\n" },
	{ "P15: only CRLF leaves", SECURITY_NONE, .recipients = "c@d", .message = "a\n.\nb\r.\r\n\r.c\rd", .script =
	  HELLO EHLO_PLAIN "E ready\nC MAIL FROM:<a@b> SIZE=14\nC RCPT TO:<c@d>\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nE rcpt 0 + 250\nE data\nE dot\n"
	  "C a\nC ..\nC b\nC ..\nC \nC ..c\nC d\nC .\nS 250 ok\nE accepted 250 ok\n" },
	{ "AUTH PLAIN", SECURITY_TLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO EHLO_ALL "C AUTH PLAIN AGFsaWNlAHNlY3JldA==\nE auth PLAIN\nS 235 2.7.0 ok\nE ready\n" ENVELOPE
	  "S 250 ok\nS 250 ok\nS 354 go\nE rcpt 0 + 250\nE data\nE dot\n" CONTENT "C .\nS 250 ok\nE accepted 250 ok\n" },
	{ "AUTH LOGIN", SECURITY_TLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO "S 250-mx\nS 250 AUTH=LOGIN\nE auth LOGIN\nC AUTH LOGIN\nS 334 VXNlcm5hbWU6\nC YWxpY2U=\nS 334 UGFzc3dvcmQ6\nC c2VjcmV0\nS 235 ok\nE ready\n"
	  "C MAIL FROM:<a@b>\n" },
	{ "wrong password", SECURITY_TLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO EHLO_ALL "C AUTH PLAIN AGFsaWNlAHNlY3JldA==\nE auth PLAIN\nS 535 5.7.8 no\nE failed auth no\n" },
	{ "no sign-in without encryption: not the password's fault, which was sent", SECURITY_NONE, .user = "alice", .recipients = "c@d", .script =
	  HELLO "S 250-mx\nS 250 AUTH PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nE auth PLAIN\nS 538 5.7.11 encryption first\nE failed refused encryption first\n" },
	{ "sign-in later", SECURITY_TLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO EHLO_ALL "C AUTH PLAIN AGFsaWNlAHNlY3JldA==\nE auth PLAIN\nS 454 4.7.0 busy\nE failed unavailable busy\n" },
	{ "the mechanism is announced and not there", SECURITY_TLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO EHLO_ALL "C AUTH PLAIN AGFsaWNlAHNlY3JldA==\nE auth PLAIN\nS 504 not that\nE auth LOGIN\nC AUTH LOGIN\nS 334 VXNlcm5hbWU6\nC YWxpY2U=\n" },
	{ "S3: OAuth never falls back to a password", SECURITY_TLS, .user = "alice", .oauth2 = true, .recipients = "c@d", .script =
	  HELLO EHLO_ALL "E failed no-mechanism\n" },
	{ "XOAUTH2 refused", SECURITY_TLS, .user = "alice", .oauth2 = true, .recipients = "c@d", .script =
	  HELLO "S 250-mx\nS 250 AUTH XOAUTH2\nE auth XOAUTH2\nC AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciBzZWNyZXQBAQ==\n"
	  "S 334 eyJzdGF0dXMiOiI0MDEifQ==\nC \nS 535 5.7.3 no\nE failed auth no\n" },
	{ "AUTH wanted, none set up", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 530 5.7.0 sign in first\nE failed auth-required sign in first\n" },
	{ "STARTTLS", SECURITY_STARTTLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO "S 250-mx\nS 250-AUTH PLAIN\nS 250 STARTTLS\nC STARTTLS\nS 220 go\nE tls\nT\nC EHLO [127.0.0.1]\n" EHLO_ALL
	  "C AUTH PLAIN AGFsaWNlAHNlY3JldA==\nE auth PLAIN\nS 235 ok\nE ready\n" ENVELOPE },
	{ "T1: no STARTTLS", SECURITY_STARTTLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO EHLO_ALL "E failed no-starttls\n" },
	{ "T1: STARTTLS refused", SECURITY_STARTTLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 454 not now\nE failed no-starttls\n" },
	{ "T2: bytes after STARTTLS", SECURITY_STARTTLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 220 go\nS 250 injected\nE failed injection\n" },
	{ "T6: what was told before TLS is forgotten", SECURITY_STARTTLS, .user = "alice", .recipients = "c@d", .script =
	  HELLO "S 250-mx\nS 250-SIZE 1\nS 250-PIPELINING\nS 250 STARTTLS\nC STARTTLS\nS 220 go\nE tls\nT\nC EHLO [127.0.0.1]\nS 250 mx\nE ready\nC MAIL FROM:<a@b>\n" },
	{ "greeting says later", SECURITY_NONE, .recipients = "c@d", .script = "S 421 4.3.2 too busy\nE failed unavailable too busy\n" },
	{ "greeting says no", SECURITY_NONE, .recipients = "c@d", .script = "S 554 5.7.1 not from there\nE failed refused not from there\n" },
	{ "421 in the envelope", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 250 ok\nS 421 4.3.0 going\nE failed unavailable going\n" },
	{ "421 after the end", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 250 ok\nS 250 ok\nS 354 go\nE rcpt 0 + 250\nE data\nE dot\n" CONTENT "C .\n"
	  "S 421 4.3.0 going\nE failed unavailable going\n" },
	{ "nonsense", SECURITY_NONE, .recipients = "c@d", .script = "S * OK IMAP4rev1\nE failed protocol\n" },
	{ "nonsense after the end is in doubt", SECURITY_NONE, .recipients = "c@d", .script =
	  HELLO EHLO_PLAIN "E ready\n" ENVELOPE "S 250 ok\nS 250 ok\nS 354 go\nE rcpt 0 + 250\nE data\nE dot\n" CONTENT "C .\n"
	  "S hm\nE failed protocol in-doubt\n" },
	{ "code changes inside a reply", SECURITY_NONE, .recipients = "c@d", .script = HELLO "S 250-a\nS 251 b\nE failed protocol\n" },
};

static const char *const failures[] = { "none", "protocol", "no-starttls", "injection", "auth", "no-mechanism", "auth-required", "unavailable", "refused", "timeout" };

typedef struct {
	SmtpSession *s;
	const Case *c;
	GString *written;	/* not yet looked at */
	GPtrArray *events;	/* as text, not yet looked at */
	guint mails;
	const char *message;
} Run;

static void
submit(Run *r)
{
	g_auto(GStrv) recipients = g_strsplit(r->c->recipients, " ", -1);
	SmtpMail mail = { .sender = "a@b", .recipients = (const char *const *)recipients, .size = strlen(r->message), .has_8bit = r->c->eight,
		.needs_utf8 = r->c->utf8, .dsn = r->c->dsn, .envelope_id = "id+1" };
	g_assert_true(smtp_session_submit(r->s, &mail));
}

static void
drain(Run *r)
{
	gsize len;
	const char *out = smtp_session_output(r->s, &len);
	g_string_append_len(r->written, out, (gssize)len);
	smtp_session_output_taken(r->s, len, 0);
}

static void
take(Run *r)
{
	for (;;) {
		SmtpEvent e = smtp_session_next(r->s);
		char *text = NULL;
		gsize at = 0;
		switch (e.kind) {
		case SMTP_WANTS_BYTES:
			drain(r);
			return;
		case SMTP_EV_START_TLS:	text = g_strdup("tls"); break;
		case SMTP_EV_SIGNING_IN: text = g_strdup_printf("auth %s", e.text); break;
		case SMTP_EV_READY:	text = g_strdup("ready"); break;
		case SMTP_EV_RECIPIENT:	text = g_strdup_printf("rcpt %u %c %u", e.recipient, e.accepted ? '+' : '-', e.reply.code); break;
		case SMTP_EV_WANTS_DATA:
			text = g_strdup("data");
			while (at < strlen(r->message)) {	/* in small pieces */
				at += smtp_session_data(r->s, r->message + at, MIN(3, strlen(r->message) - at));
				drain(r);
			}
			break;
		case SMTP_EV_BEFORE_DOT:
			text = g_strdup("dot");
			drain(r);
			g_assert_null(strstr(r->written->str, "\r\n.\r\n"));	/* the end waits for us */
			g_assert_null(strstr(r->written->str, "LAST"));
			smtp_session_finish(r->s);
			break;
		case SMTP_EV_ACCEPTED:	text = g_strdup_printf("accepted %u%s %s", e.reply.code, strstr(e.reply.text, "queued") ? " 2.0.0" : "", e.reply.text); break;
		case SMTP_EV_REFUSED:	text = g_strdup_printf("refused %u %s", e.reply.code, e.reply.text); break;
		case SMTP_EV_CLOSED:	text = g_strdup("closed"); break;
		case SMTP_EV_FAILED:
			text = g_strdup_printf("failed %s%s%s%s", failures[e.failure], e.text ? " " : "", e.text ? e.text : "", e.in_doubt ? " in-doubt" : "");
			break;
		}
		if ((e.kind == SMTP_EV_ACCEPTED || e.kind == SMTP_EV_REFUSED) && ++r->mails < MAX(r->c->n_mails, 1))
			submit(r);
		g_ptr_array_add(r->events, text);
	}
}

static void
feed(Run *r, GString *segment, gsize step)
{
	for (gsize i = 0; i < segment->len; i += step) {
		g_autofree char *piece = g_memdup2(segment->str + i, MIN(step, segment->len - i));
		smtp_session_feed(r->s, piece, MIN(step, segment->len - i));
		take(r);
	}
	g_string_truncate(segment, 0);
}

static void
run_case(const Case *c, gsize step)
{
	SmtpSetup setup = { .security = c->security, .user = c->user, .secret = "secret", .oauth2 = c->oauth2, .host = "mx.example", .port = 587 };
	Run r = { smtp_session_new(&setup, 1000), c, g_string_new(NULL), g_ptr_array_new_with_free_func(g_free), 0, c->message ? c->message : MESSAGE };
	g_auto(GStrv) lines = g_strsplit(c->script, "\n", -1);
	g_autoptr(GString) segment = g_string_new(NULL);

	submit(&r);
	take(&r);
	for (char **l = lines; *l && **l; l++) {
		const char *text = (*l)[1] ? *l + 2 : "";
		if (**l == 'S') {
			g_string_append_printf(segment, "%s\r\n", text);
			continue;
		}
		feed(&r, segment, step);
		if (**l == 'T') {
			smtp_session_tls_started(r.s);
			take(&r);
		} else if (**l == 'C') {
			g_autofree char *want = g_strdup_printf("%s\r\n", text);
			if (strncmp(r.written->str, want, strlen(want)))
				g_error("%s, step %d: wrote “%s”, not “%s”", c->name, (int)step, r.written->str, want);
			g_string_erase(r.written, 0, (gssize)strlen(want));
		} else {
			/* how many events lie between does not depend on the pieces, their order does not either */
			if (r.events->len == 0 || strcmp(r.events->pdata[0], text))
				g_error("%s, step %d: “%s” came, not “%s”", c->name, (int)step, r.events->len ? (char *)r.events->pdata[0] : "nothing", text);
			g_ptr_array_remove_index(r.events, 0);
		}
	}
	feed(&r, segment, step);
	g_assert_cmpuint(r.events->len, ==, 0);
	g_string_free(r.written, TRUE);
	g_ptr_array_unref(r.events);
	smtp_session_free(r.s);
}

static void
test_case(gconstpointer user)
{
	const Case *c = user;
	/* in pieces the injected bytes come after the pump was told to begin TLS: they break the handshake instead */
	for (gsize step = 1; step < 60 && !g_str_has_prefix(c->name, "T2"); step++)
		run_case(c, step);
	run_case(c, 100000);
}

/* P16: an address can't become a command. */
static void
test_addresses(void)
{
	static const char *const bad[] = { "a b@c", "a@b>\r\nRCPT TO:<x@y", "a@b\n", "<a@b>", "", "a@b\tc", "a@b\x7f" };
	SmtpSetup setup = { .security = SECURITY_NONE };
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(SmtpSession) s = smtp_session_new(&setup, 0);
		SmtpMail mail = { .sender = "a@b", .recipients = (const char *const[]){ "ok@x", bad[i], NULL }, .size = 10 };
		g_assert_false(smtp_session_submit(s, &mail));
		SmtpMail from = { .sender = *bad[i] ? bad[i] : "\n", .recipients = (const char *const[]){ "ok@x", NULL }, .size = 10 };
		g_assert_false(smtp_session_submit(s, &from));
	}
}

static void
test_deadlines(void)
{
	SmtpSetup setup = { .security = SECURITY_NONE };
	g_autoptr(SmtpSession) s = smtp_session_new(&setup, 1000);
	g_assert_cmpint(smtp_session_deadline(s), ==, 31000);
	smtp_session_tick(s, 30999);
	g_assert_cmpint(smtp_session_next(s).kind, ==, SMTP_WANTS_BYTES);
	smtp_session_tick(s, 31000);
	SmtpEvent e = smtp_session_next(s);
	g_assert_cmpint(e.kind, ==, SMTP_EV_FAILED);
	g_assert_cmpint(e.failure, ==, SMTP_FAIL_TIMEOUT);
	g_assert_false(e.in_doubt);
	g_assert_cmpint(smtp_session_deadline(s), ==, -1);
}

/* A reply without end, a line without end: closed, not grown. */
static void
test_floods(void)
{
	SmtpSetup setup = { .security = SECURITY_NONE };
	g_autoptr(SmtpSession) s = smtp_session_new(&setup, 0), t = smtp_session_new(&setup, 0);
	for (int i = 0; i < 600; i++)
		smtp_session_feed(s, "220-more\r\n", 10);
	g_assert_cmpint(smtp_session_next(s).kind, ==, SMTP_EV_FAILED);
	for (int i = 0; i < 600; i++)
		smtp_session_feed(t, "220 more..", 10);
	g_assert_cmpint(smtp_session_next(t).kind, ==, SMTP_EV_FAILED);
}

/* A large message over BDAT: in chunks, the last one held back until finish. */
static void
test_large_chunks(void)
{
	SmtpSetup setup = { .security = SECURITY_NONE };
	g_autoptr(SmtpSession) s = smtp_session_new(&setup, 0);
	enum { SIZE = 1000000 };
	g_autofree char *data = g_malloc(SIZE);
	g_autoptr(GString) out = g_string_new(NULL);
	gsize at = 0, len;
	bool wants = false, dot = false;

	memset(data, 'x', SIZE);
	for (gsize i = 70; i + 2 < SIZE; i += 72)
		memcpy(data + i, "\r\n", 2);
	SmtpMail mail = { .sender = "a@b", .recipients = (const char *const[]){ "c@d", NULL }, .size = SIZE };
	g_assert_true(smtp_session_submit(s, &mail));
	static const char said[] = "220 x\r\n250-x\r\n250-CHUNKING\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n";
	smtp_session_feed(s, said, strlen(said));
	for (;;) {
		SmtpEvent e = smtp_session_next(s);
		wants |= e.kind == SMTP_EV_WANTS_DATA;
		dot |= e.kind == SMTP_EV_BEFORE_DOT;
		g_assert_cmpint(e.kind, !=, SMTP_EV_FAILED);
		if (wants && at < SIZE)
			at += smtp_session_data(s, data + at, SIZE - at);
		const char *text = smtp_session_output(s, &len);
		g_string_append_len(out, text, (gssize)len);
		smtp_session_output_taken(s, len, 0);
		if (dot)
			break;
	}
	g_assert_null(strstr(out->str, "LAST"));
	smtp_session_finish(s);
	const char *text = smtp_session_output(s, &len);
	g_string_append_len(out, text, (gssize)len);
	/* all chunks together are the message */
	g_autoptr(GString) body = g_string_new(NULL);
	char *p = strstr(out->str, "BDAT ");
	while (p) {
		char *end;
		gsize n = g_ascii_strtoull(p + 5, &end, 10);
		end = strstr(end, "\r\n") + 2;
		g_string_append_len(body, end, (gssize)n);
		p = end + n < out->str + out->len ? strstr(end + n, "BDAT ") : NULL;
	}
	g_assert_cmpuint(body->len, ==, SIZE + 2);	/* its last line got an end */
	g_assert_cmpint(memcmp(body->str, data, SIZE), ==, 0);
}

/* Refused while it is still on its way: that is the server's word on this mail, and no nonsense. */
static void
test_refused_midway(void)
{
	static const struct { const char *said; guint16 code; SmtpEventKind kind; } rows[] = {
		{ "552 5.3.4 too large\r\n", 552, SMTP_EV_REFUSED }, { "451 4.4.2 timeout\r\n", 451, SMTP_EV_REFUSED },
		{ "421 4.4.2 going\r\n", 421, SMTP_EV_FAILED }, { "250 hm\r\n", 0, SMTP_EV_FAILED },
	};
	static const char hello[] = "220 x\r\n250-x\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n";
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		SmtpSetup setup = { .security = SECURITY_NONE };
		g_autoptr(SmtpSession) s = smtp_session_new(&setup, 0);
		SmtpMail mail = { .sender = "a@b", .recipients = (const char *const[]){ "c@d", NULL }, .size = 100 };
		SmtpEvent e;
		g_assert_true(smtp_session_submit(s, &mail));
		smtp_session_feed(s, hello, strlen(hello));
		while ((e = smtp_session_next(s)).kind != SMTP_WANTS_BYTES)
			g_assert_cmpint(e.kind, !=, SMTP_EV_FAILED);
		g_assert_cmpuint(smtp_session_data(s, "Subject: x\r\n", 12), ==, 12);
		smtp_session_feed(s, rows[i].said, strlen(rows[i].said));
		e = smtp_session_next(s);
		g_assert_cmpint(e.kind, ==, rows[i].kind);
		g_assert_false(e.in_doubt);
		if (e.kind == SMTP_EV_REFUSED) {
			g_assert_cmpuint(e.reply.code, ==, rows[i].code);
			g_assert_cmpint(smtp_session_next(s).kind, ==, SMTP_EV_CLOSED);
		}
	}
}

/* What the person switched off is not announced, whatever the server says. */
static void
test_disabled(void)
{
	static const char *const off[] = { "CHUNKING", "SIZE", NULL };
	static const char hello[] = "220 x\r\n250-x\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 SIZE 1\r\n";
	SmtpSetup setup = { .security = SECURITY_NONE, .disabled = off };
	g_autoptr(SmtpSession) s = smtp_session_new(&setup, 0);
	SmtpMail mail = { .sender = "a@b", .recipients = (const char *const[]){ "c@d", NULL }, .size = 3 };
	gsize len;
	g_assert_true(smtp_session_submit(s, &mail));
	smtp_session_feed(s, hello, strlen(hello));
	while (smtp_session_next(s).kind != SMTP_WANTS_BYTES)
		;
	const char *out = smtp_session_output(s, &len);
	static const char want[] = "EHLO [127.0.0.1]\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
	g_assert_cmpmem(out, len, want, strlen(want));
}

/* P22: a computer that slept behind the dot first hears what was said meanwhile. */
static void
test_sleep(void)
{
	static const char hello[] = "220 x\r\n250-x\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n";
	enum { LONG = 7200000, END = 600000, AWAKE = 30000 };
	for (int i = 0; i < 3; i++) {
		SmtpSetup setup = { .security = SECURITY_NONE };
		g_autoptr(SmtpSession) s = smtp_session_new(&setup, 0);
		SmtpMail mail = { .sender = "a@b", .recipients = (const char *const[]){ "c@d", NULL }, .size = 3 };
		SmtpEvent e;
		gsize len;
		g_assert_true(smtp_session_submit(s, &mail));
		smtp_session_feed(s, hello, strlen(hello));
		while ((e = smtp_session_next(s)).kind != SMTP_WANTS_BYTES) {
			if (e.kind == SMTP_EV_WANTS_DATA)
				smtp_session_data(s, "a\r\n", 3);
			else if (e.kind == SMTP_EV_BEFORE_DOT)
				smtp_session_finish(s);
		}
		smtp_session_output(s, &len);
		smtp_session_output_taken(s, len, 0);
		gint64 now = 0;
		if (i < 2)
			smtp_session_tick(s, now = LONG);
		else	/* awake all the time */
			while (now + 50000 < END)
				smtp_session_tick(s, now += 50000);
		if (i == 0)
			smtp_session_feed(s, "250 ok\r\n", 8);
		else
			g_assert_cmpint(smtp_session_deadline(s), ==, i == 1 ? LONG + AWAKE : END);
		smtp_session_tick(s, smtp_session_deadline(s));
		e = smtp_session_next(s);
		g_assert_cmpint(e.kind, ==, i == 0 ? SMTP_EV_ACCEPTED : SMTP_EV_FAILED);
		g_assert_cmpint(e.in_doubt, ==, i > 0);
	}
}

/* T16: when it is over, the password is nowhere, neither as it is nor as it went. */
static void
test_auth_leaves_nothing(void)
{
	char secret[17], plain[32] = "", sent[64];
	int state = 0, save = 0;
	gsize len;
	heap_secret(secret);
	memcpy(plain, "\0alice\0", 7);
	memcpy(plain + 7, secret, 16);
	len = g_base64_encode_step((const guchar *)plain, 23, FALSE, sent, &state, &save);
	sent[len] = 0;
	SmtpSetup setup = { .security = SECURITY_TLS, .user = "alice", .secret = secret, .host = "h", .port = 587 };
	SmtpSession *s = smtp_session_new(&setup, 0);
	static const char said[] = "220 x\r\n250-x\r\n250 AUTH PLAIN\r\n";
	smtp_session_feed(s, said, strlen(said));
	while (smtp_session_next(s).kind != SMTP_WANTS_BYTES)
		;
	const char *out = smtp_session_output(s, &len);
	g_assert_nonnull(g_strstr_len(out, (gssize)len, sent));
	smtp_session_output_taken(s, len, 0);
	g_assert_false(heap_has(secret + 8));	/* who frees it writes over its beginning */
	g_assert_false(heap_has(sent + 16));
	smtp_session_feed(s, "235 ok\r\n", 8);
	while (smtp_session_next(s).kind != SMTP_WANTS_BYTES)
		;
	g_assert_false(heap_has(secret + 8));
	smtp_session_free(s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/smtp/case/%s", cases[i].name);
		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/smtp/P16/addresses", test_addresses);
	g_test_add_func("/smtp/disabled", test_disabled);
	g_test_add_func("/smtp/P22/sleep", test_sleep);
	g_test_add_func("/smtp/refused-midway", test_refused_midway);
	g_test_add_func("/smtp/T16/auth-leaves-nothing", test_auth_leaves_nothing);
	g_test_add_func("/smtp/deadlines", test_deadlines);
	g_test_add_func("/smtp/floods", test_floods);
	g_test_add_func("/smtp/large-chunks", test_large_chunks);
	return g_test_run();
}
