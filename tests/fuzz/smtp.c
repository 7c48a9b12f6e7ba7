/* smtp.c - libFuzzer's target for proto/smtp: a server may say anything.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte chooses the chunk size, the second how the session is set up, the third how the
 * mail is. The session must not crash, must end its events, keep the secret where it is not
 * allowed, never let the end of a mail out before it may (S12), and say of each mail once what
 * became of it. usage: tests/fuzz/smtp [-max_len=65536] CORPUS... */
#include "config.h"
#include "proto/smtp/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

enum { STARTTLS = 1, OAUTH2 = 2, NO_AUTH = 4, NO_CHUNKING = 8, NO_PIPELINING = 16, EARLY = 32, QUITS = 64, TICKS = 128 };
enum { BIT8 = 1, UTF8 = 2, DSN = 4, MANY = 8, BOUNCE = 16, BIG = 32, STRANGE = 64, NEVER_FINISH = 128 };

static const char text[] = "Subject: x\r\n\r\n.\r\n..dots\r\n.\r\n\r\nMAIL FROM:<x>\r\n";

typedef struct {
	SmtpSession *s;
	guint8 how, mail;
	bool clear, failed, closed, may_end, bdat;
	guint sent;		/* mails submitted */
	guint ended;		/* those told of */
	guint accepted;		/* recipients of the one under way */
	gsize size, given;	/* of the mail under way */
	GString *out;		/* owned: written of it */
} Run;

static void
drain(Run *r)
{
	static const char *const secret[] = { "hunter2", "aHVudGVyMg", "Ah1bnRlcjI", "BodW50ZXIy" };
	gsize len;
	const char *out = smtp_session_output(r->s, &len);

	for (gsize i = 0; r->clear && len && i < G_N_ELEMENTS(secret); i++)
		if (g_strstr_len(out, (gssize)len, secret[i]))
			abort();
	g_string_append_len(r->out, out, (gssize)len);
	r->bdat |= strstr(r->out->str, "BDAT ") != NULL;
	/* without a recipient an empty mail may end at once */
	if (!r->may_end && r->accepted && strstr(r->out->str, r->bdat ? " LAST\r\n" : "\r\n.\r\n"))
		abort();
	if (r->out->len > 4096)
		g_string_erase(r->out, 0, (gssize)r->out->len - 64);
	smtp_session_output_taken(r->s, len, 0);
}

static void
submit(Run *r)
{
	static const char *const one[] = { "bob@example.org", NULL },
		*const many[] = { "bob@example.org", "a@b", "\"a b\"@example.org", "c@d", "e@f", NULL },
		*const strange[] = { "x>\r\nRCPT TO:<y@z", "a b", "", "jürgen@exämple.org", "<x>", NULL };

	r->given = 0;
	r->size = r->mail & BIG ? 600000 : strlen(text);
	r->may_end = r->bdat = false;
	r->accepted = 0;
	g_string_truncate(r->out, 0);
	SmtpMail m = { .sender = r->mail & BOUNCE ? "" : "alice@example.org",
		.recipients = r->mail & STRANGE ? strange : r->mail & MANY ? many : one, .size = r->size,
		.has_8bit = r->mail & BIT8, .needs_utf8 = r->mail & UTF8, .dsn = r->mail & DSN,
		.envelope_id = r->mail & DSN ? "a+b=c\r\nd" : NULL };
	if (smtp_session_submit(r->s, &m))
		r->sent++;
}

static void
give(Run *r)
{
	g_autofree char *big = NULL;
	const char *data = text;

	if (r->mail & BIG) {
		big = g_malloc(r->size);
		for (gsize i = 0; i < r->size; i++)
			big[i] = "a\r\n.\r\n.."[i % 8];
		data = big;
	}
	for (guint i = 0; r->given < r->size && i < 100; i++) {
		gsize n = smtp_session_data(r->s, data + r->given, r->size - r->given);
		if (n > r->size - r->given)
			abort();
		r->given += n;
		drain(r);
	}
}

static void
mail_ended(Run *r)
{
	if (++r->ended > r->sent)
		abort();
	if (r->sent < 3)
		submit(r);
	else if (r->how & QUITS)
		smtp_session_quit(r->s);
}

static void
event(Run *r, const SmtpEvent *e)
{
	switch (e->kind) {
	case SMTP_EV_START_TLS:
		drain(r);
		r->clear = false;
		smtp_session_tls_started(r->s);
		break;
	case SMTP_EV_READY:
		if (r->clear)
			abort();
		if (!r->sent)
			submit(r);
		break;
	case SMTP_EV_RECIPIENT:
		r->accepted += e->accepted;
		break;
	case SMTP_EV_WANTS_DATA:
		if (r->ended >= r->sent)
			abort();
		give(r);
		break;
	case SMTP_EV_BEFORE_DOT:
		drain(r);	/* and its end is not among it */
		if (!(r->mail & NEVER_FINISH)) {
			r->may_end = true;
			smtp_session_finish(r->s);
			drain(r);
		}
		break;
	case SMTP_EV_ACCEPTED:
		if (!r->may_end)
			abort();
		mail_ended(r);
		break;
	case SMTP_EV_REFUSED:
		if (e->in_doubt)
			abort();
		mail_ended(r);
		break;
	case SMTP_EV_CLOSED:
		r->closed = true;
		break;
	default:
		break;
	}
}

static void
pull(Run *r)
{
	for (guint i = 0; i < 1000000; i++) {
		SmtpEvent e = smtp_session_next(r->s);
		if (e.kind == SMTP_WANTS_BYTES)
			return;
		if (e.reply.text && strchr(e.reply.text, '\n'))
			abort();
		if (e.kind == SMTP_EV_FAILED) {
			/* the end was let go and nobody said what became of it, or it was not */
			if (e.in_doubt && !r->may_end)
				abort();
			if (!r->failed && r->may_end && r->ended < r->sent && r->accepted &&
				e.reply.code / 100 != 4 && e.reply.code / 100 != 5 && !e.in_doubt)
				abort();
			r->failed = true;
			return;
		}
		if (r->failed)
			abort();
		event(r, &e);
	}
	abort();
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	if (size < 3)
		return 0;
	gsize chunk = data[0] ? data[0] : size;
	Run r = { .how = data[1], .mail = data[2], .clear = data[1] & STARTTLS, .out = g_string_new(NULL) };
	SmtpSetup setup = { .security = r.clear ? SECURITY_STARTTLS : SECURITY_TLS,
		.user = r.how & NO_AUTH ? NULL : "alice", .secret = r.how & NO_AUTH ? NULL : "hunter2",
		.oauth2 = r.how & OAUTH2, .host = "h", .port = 1,
		.no_chunking = r.how & NO_CHUNKING, .no_pipelining = r.how & NO_PIPELINING };
	r.s = smtp_session_new(&setup, 1);
	if (r.how & EARLY)
		submit(&r);
	for (gsize at = 3; at < size; at += chunk) {
		smtp_session_feed(r.s, data + at, MIN(chunk, size - at));
		pull(&r);
		drain(&r);
		if (r.how & TICKS)
			smtp_session_tick(r.s, (gint64)at);
	}
	smtp_session_tick(r.s, 100000000);
	pull(&r);
	drain(&r);
	smtp_session_free(r.s);
	g_string_free(r.out, TRUE);
	return 0;
}
