/* pop3.c - libFuzzer's target for proto/pop3: a server may say anything.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte chooses the chunk size, the second how the session is set up and what it asks
 * for. The session must not crash, must end its events, answer each command once, keep the secret
 * where it is not allowed, and never say that a deletion is done before QUIT. usage:
 * tests/fuzz/pop3 [-max_len=65536] CORPUS... */
#include "config.h"
#include "proto/pop3/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

enum { COMMANDS = 16 };
enum { STARTTLS = 1, KNOWN = 2, OAUTH2 = 4, BODIES = 8, DELETES = 16, QUITS = 32, SMALL_PIPE = 64, UPSIDE_DOWN = 128 };

typedef struct {
	Pop3Session *s;
	guint8 how;
	bool clear;		/* nothing may be told yet */
	bool ready, quit, closed, failed;
	guint8 answered[COMMANDS + 1];
} Run;

static void
drain(Run *r)
{
	/* "hunter2", also as AUTH LOGIN, PLAIN and XOAUTH2 write it */
	static const char *const secret[] = { "hunter2", "aHVudGVyMg", "Ah1bnRlcjI", "BodW50ZXIy" };
	gsize len;
	const char *out = pop3_session_output(r->s, &len);

	for (gsize i = 0; r->clear && len && i < G_N_ELEMENTS(secret); i++)
		if (g_strstr_len(out, (gssize)len, secret[i]))
			abort();
	pop3_session_output_taken(r->s, len, 0);
}

static void
ask(Run *r)
{
	pop3_session_stat(r->s);
	pop3_session_list(r->s);
	pop3_session_uidl(r->s);
	pop3_session_noop(r->s);
	if (r->how & BODIES) {
		pop3_session_top(r->s, 1, 0);
		pop3_session_retr(r->s, 2, 100000);
		pop3_session_retr(r->s, 3, 0);
		pop3_session_retr(r->s, 4, 10);
	}
	if (r->how & DELETES) {
		pop3_session_dele(r->s, 1);
		pop3_session_dele(r->s, 2);
	}
	if (r->how & QUITS) {
		pop3_session_quit(r->s);
		r->quit = true;
	}
}

static void
pull(Run *r)
{
	for (guint i = 0; i < 1000000; i++) {
		Pop3Event e = pop3_session_next(r->s);
		if (e.kind == POP3_WANTS_BYTES)
			return;
		if (r->failed && e.kind != POP3_EV_FAILED)
			abort();
		if (e.text && strchr(e.text, '\n'))
			abort();
		switch (e.kind) {
		case POP3_EV_START_TLS:
			drain(r);
			r->clear = false;
			pop3_session_tls_started(r->s);
			break;
		case POP3_EV_READY:
			if (r->clear || r->ready)
				abort();
			r->ready = true;
			ask(r);
			break;
		case POP3_EV_STAT: case POP3_EV_LINE: case POP3_EV_CHUNK:
			if (!r->ready || e.id > COMMANDS || (e.id && r->answered[e.id]))
				abort();
			break;
		case POP3_EV_DONE:
			if (!e.id || e.id > COMMANDS || r->answered[e.id]++)
				abort();
			break;
		case POP3_EV_CLOSED:
			if (!r->quit || r->closed)
				abort();
			r->closed = true;
			break;
		case POP3_EV_FAILED:
			if (!e.failure)
				abort();
			r->failed = true;
			return;	/* sticky */
		default:
			break;
		}
	}
	abort();
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	if (size < 2)
		return 0;
	gsize chunk = data[0] ? data[0] : size;
	Run r = { .how = data[1], .clear = data[1] & STARTTLS };
	Pop3Setup setup = { .security = r.clear ? SECURITY_STARTTLS : SECURITY_TLS,
		.user = "alice", .secret = "hunter2", .oauth2 = r.how & OAUTH2, .host = "h", .port = 1,
		.known_capabilities = !(r.how & KNOWN) ? NULL : r.how & OAUTH2 ?
			"PIPELINING\nTOP\nUIDL\nSASL XOAUTH2" : "PIPELINING\nTOP\nUIDL\nUSER\nSASL PLAIN LOGIN",
		.pipeline_bytes = r.how & SMALL_PIPE ? 200 : 0 };
	r.s = pop3_session_new(&setup, 1);
	for (gsize at = 2; at < size; at += chunk) {
		gsize n = MIN(chunk, size - at);
		pop3_session_feed(r.s, data + at, n);
		pull(&r);
		drain(&r);
		if (r.how & UPSIDE_DOWN)
			pop3_session_tick(r.s, (gint64)at);
	}
	g_free(pop3_session_capabilities(r.s));
	pop3_session_tick(r.s, 100000000);
	pull(&r);
	drain(&r);
	pop3_session_free(r.s);
	return 0;
}
