/* pop3.c - POP3 conversations, each fed at every chunk size.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A script is a list of lines: "S text" the server says, "C text" we must have written, "T" TLS begins, "D command" the
 * caller asks for, "E event" an event must have come. Lines of one side in a row are one segment. */
#include "proto/pop3/session.h"
#include "base/limits.h"
#include "../heap.h"

#include <stdio.h>
#include <string.h>

typedef struct {
	const char *name;
	Security security;
	bool oauth2;
	const char *known;
	const char *script;
} Case;

#define CAPA "S +OK\nS CAPA\nS TOP\nS UIDL\nS RESP-CODES\nS PIPELINING\nS SASL PLAIN LOGIN\nS .\n"
#define HELLO "S +OK hello\nC CAPA\n"
#define SIGN_IN HELLO CAPA "E auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK in\nE ready\n"
#define KNOWN "PIPELINING\nTOP\nUIDL\nSASL PLAIN"

static const Case cases[] = {
	{ "sign in and list", SECURITY_TLS, .script = SIGN_IN "D stat\nD list\nD uidl\nC STAT\nC LIST\nC UIDL\n"
	  "S +OK 2 320\nS +OK 2 messages\nS 1 120\nS 2 200\nS .\nS +OK\nS 1 whqtswO00WBw418f9t5JxYwZ\nS 2 QhdPYR:00WBw1Ph7x7\nS .\n"
	  "E stat 2 320\nE done 1 +\nE line 2 1 120\nE line 2 2 200\nE done 2 +\nE line 3 1 whqtswO00WBw418f9t5JxYwZ\nE line 3 2 QhdPYR:00WBw1Ph7x7\nE done 3 +\n" },
	{ "known capabilities: no turn that only asks", SECURITY_TLS, .known = KNOWN, .script =
	  "S +OK hello\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK in\nE ready\nD stat\nD uidl\nC STAT\nC UIDL\n" },
	{ "no CAPA", SECURITY_NONE, .script = HELLO "S -ERR what\nE auth USER\nC USER alice\nS +OK\nC PASS secret\nS +OK in\nE ready\nD uidl\nC UIDL\nS -ERR no\nE done 1 - no\n" },
	{ "no CAPA: one command at a time", SECURITY_NONE, .script = HELLO "S -ERR\nE auth USER\nC USER alice\nS +OK\nC PASS secret\nS +OK\nE ready\n"
	  "D stat\nD list\nC STAT\nS +OK 0 0\nC LIST\nS +OK\nS .\nE stat 0 0\nE done 1 +\nE done 2 +\n" },
	{ "USER and PASS in one turn", SECURITY_TLS, .known = "PIPELINING\nUIDL\nUSER", .script = "S +OK\nE auth USER\nC USER alice\nC PASS secret\nS +OK\nS +OK\nE ready\n" },
	{ "a body with dots", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nE ready\n"
	  "D retr 1 40\nC RETR 1\nS +OK 40 octets\nS Subject: x\nS \nS ..\nS ...dot\nS a.b.\nS .\nE body Subject: x||.|..dot|a.b.|\nE done 1 +\n" },
	{ "bare line feeds", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nE ready\n"
	  "D retr 1 40\nC RETR 1\nL +OK\nL a\nL ..b\nL .\nE body a|.b|\nE done 1 +\n" },
	{ "a message that is gone, then one that is there", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nE ready\n"
	  "D retr 1 40\nD retr 2 40\nC RETR 1\nC RETR 2\nS -ERR no such message\nS +OK\nS x\nS .\nE done 1 - no such message\nE body x|\nE done 2 +\n" },
	{ "the pipeline is bounded by bytes", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nE ready\n"
	  "D retr 1 600\nD retr 2 600\nC RETR 1\nN\nS +OK\nS x\nS .\nC RETR 2\nE body x|\nE done 1 +\n" },
	{ "P14: delete and quit", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nE ready\n"
	  "D dele 2\nD quit\nC DELE 2\nC QUIT\nS +OK\nS +OK bye\nE done 1 +\nE closed +\n" },
	{ "P14: QUIT fails: nothing is known to be deleted", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nE ready\n"
	  "D dele 2\nD quit\nC DELE 2\nC QUIT\nS +OK\nS -ERR some deleted messages not removed\nE done 1 +\nE closed - some deleted messages not removed\n" },
	{ "wrong password", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS -ERR [AUTH] no\nE failed auth AUTH no\n" },
	{ "in use", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS -ERR [IN-USE] locked\nE failed unavailable IN-USE locked\n" },
	{ "login delay", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS -ERR [LOGIN-DELAY] wait\nE failed unavailable LOGIN-DELAY wait\n" },
	{ "S3: OAuth never falls back to a password", SECURITY_TLS, true, .script = HELLO CAPA "E failed no-mechanism\n" },
	{ "XOAUTH2 refused", SECURITY_TLS, true, .known = "SASL XOAUTH2", .script =
	  "S +OK\nE auth XOAUTH2\nC AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciBzZWNyZXQBAQ==\nS + eyJzdGF0dXMiOiI0MDEifQ==\nC \nS -ERR no\nE failed auth no\n" },
	{ "STLS", SECURITY_STARTTLS, .script = "S +OK\nC STLS\nS +OK\nE tls\nT\nC CAPA\n" CAPA "E auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nE ready\n" },
	{ "T1: STLS refused", SECURITY_STARTTLS, .script = "S +OK\nC STLS\nS -ERR no\nE failed no-starttls\n" },
	{ "T2: bytes after STLS", SECURITY_STARTTLS, .script = "S +OK\nC STLS\nS +OK\nS +OK injected\nE failed injection\n" },
	{ "UIDL appears after the sign-in", SECURITY_TLS, .script = HELLO "S +OK\nS SASL PLAIN\nS .\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nC CAPA\nS +OK\nS UIDL\nS .\nE ready\n" },
	{ "garbled lists", SECURITY_TLS, .known = KNOWN, .script = "S +OK\nE auth PLAIN\nC AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS +OK\nE ready\n"
	  "D uidl\nC UIDL\nS +OK\nS x\nS 0 a\nS 1\nS 2 a b\nS 3 good\nS -1 neg\nS 99999999999 big\nS .\nE line 1 3 good\nE done 1 +\n" },
	{ "a status shorter than any", SECURITY_NONE, .script = "S +MK\nE failed protocol\n" },
	{ "nonsense", SECURITY_NONE, .script = "S * OK IMAP4rev1\nE failed protocol\n" },
	{ "greeting says no", SECURITY_NONE, .script = "S -ERR [SYS/TEMP] later\nE failed unavailable SYS/TEMP later\n" },
};

static const char *const failures[] = { "none", "protocol", "no-starttls", "injection", "auth", "no-mechanism", "unavailable", "timeout" };
static const char *const codes[] = { "", " IN-USE", " LOGIN-DELAY", " SYS/TEMP", " SYS/PERM", " AUTH", " UTF8", " OTHER" };

typedef struct { Pop3Session *s; GString *written, *body; GPtrArray *events; } Run;

static void
add(Run *r, char *text)
{
	g_ptr_array_add(r->events, text);
}

static void
take(Run *r)
{
	for (;;) {
		Pop3Event e = pop3_session_next(r->s);
		const char *space = e.text && *e.text ? " " : "", *text = e.text ? e.text : "";
		gsize len;
		if (r->body->len && e.kind != POP3_EV_CHUNK && e.kind != POP3_WANTS_BYTES) {
			add(r, g_strdup_printf("body %s", r->body->str));
			g_string_truncate(r->body, 0);
		}
		switch (e.kind) {
		case POP3_WANTS_BYTES: {
			const char *out = pop3_session_output(r->s, &len);
			g_string_append_len(r->written, out, (gssize)len);
			pop3_session_output_taken(r->s, len, 0);
			return;
		}
		case POP3_EV_START_TLS:	add(r, g_strdup("tls")); break;
		case POP3_EV_SIGNING_IN: add(r, g_strdup_printf("auth %s", e.text)); break;
		case POP3_EV_READY:	add(r, g_strdup("ready")); break;
		case POP3_EV_STAT:	add(r, g_strdup_printf("stat %d %d", (int)e.count, (int)e.size)); break;
		case POP3_EV_LINE:
			add(r, e.text ? g_strdup_printf("line %u %u %s", e.id, e.number, e.text) : g_strdup_printf("line %u %u %d", e.id, e.number, (int)e.size));
			break;
		case POP3_EV_CHUNK:
			for (gsize i = 0; i < e.len; i++)
				if (((const char *)e.data)[i] != '\r')
					g_string_append_c(r->body, ((const char *)e.data)[i] == '\n' ? '|' : ((const char *)e.data)[i]);
			break;
		case POP3_EV_DONE:	add(r, g_strdup_printf("done %u %c%s%s", e.id, e.ok ? '+' : '-', e.ok ? "" : space, e.ok ? "" : text)); break;
		case POP3_EV_CLOSED:	add(r, g_strdup_printf("closed %c%s%s", e.ok ? '+' : '-', e.ok ? "" : space, e.ok ? "" : text)); break;
		case POP3_EV_FAILED:	add(r, g_strdup_printf("failed %s%s%s%s", failures[e.failure], codes[e.code], space, text)); break;
		}
	}
}

static void
feed(Run *r, GString *segment, gsize step)
{
	for (gsize i = 0; i < segment->len; i += step) {
		g_autofree char *piece = g_memdup2(segment->str + i, MIN(step, segment->len - i));
		pop3_session_feed(r->s, piece, MIN(step, segment->len - i));
		take(r);
	}
	g_string_truncate(segment, 0);
}

static void
command(Run *r, const char *text)
{
	guint n = 0, size = 0;
	char verb[16] = "";
	g_assert_cmpint(sscanf(text, "%15s %u %u", verb, &n, &size), >, 0);
	if (!strcmp(verb, "stat"))
		pop3_session_stat(r->s);
	else if (!strcmp(verb, "list"))
		pop3_session_list(r->s);
	else if (!strcmp(verb, "uidl"))
		pop3_session_uidl(r->s);
	else if (!strcmp(verb, "retr"))
		pop3_session_retr(r->s, n, size);
	else if (!strcmp(verb, "dele"))
		pop3_session_dele(r->s, n);
	else
		pop3_session_quit(r->s);
}

static void
run_case(const Case *c, gsize step)
{
	Pop3Setup setup = { .security = c->security, .user = "alice", .secret = "secret", .oauth2 = c->oauth2, .host = "pop.example", .port = 995,
		.known_capabilities = c->known, .pipeline_bytes = 1000 };
	Run r = { pop3_session_new(&setup, 1000), g_string_new(NULL), g_string_new(NULL), g_ptr_array_new_with_free_func(g_free) };
	g_auto(GStrv) lines = g_strsplit(c->script, "\n", -1);
	g_autoptr(GString) segment = g_string_new(NULL);

	for (char **l = lines; *l && **l; l++) {
		const char *text = (*l)[1] ? *l + 2 : "";
		if (**l == 'S' || **l == 'L') {
			g_string_append_printf(segment, **l == 'S' ? "%s\r\n" : "%s\n", text);
			continue;
		}
		feed(&r, segment, step);
		if (**l == 'T') {
			pop3_session_tls_started(r.s);
			take(&r);
		} else if (**l == 'D') {
			command(&r, text);
			take(&r);
		} else if (**l == 'N') {
			g_assert_cmpstr(r.written->str, ==, "");
		} else if (**l == 'C') {
			g_autofree char *want = g_strdup_printf("%s\r\n", text);
			if (strncmp(r.written->str, want, strlen(want)))
				g_error("%s, step %d: wrote “%s”, not “%s”", c->name, (int)step, r.written->str, want);
			g_string_erase(r.written, 0, (gssize)strlen(want));
		} else {
			if (r.events->len == 0 || strcmp(r.events->pdata[0], text))
				g_error("%s, step %d: “%s” came, not “%s”", c->name, (int)step, r.events->len ? (char *)r.events->pdata[0] : "nothing", text);
			g_ptr_array_remove_index(r.events, 0);
		}
	}
	feed(&r, segment, step);
	g_assert_cmpuint(r.events->len, ==, 0);
	g_string_free(r.written, TRUE);
	g_string_free(r.body, TRUE);
	g_ptr_array_unref(r.events);
	pop3_session_free(r.s);
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

static void
test_limits(void)
{
	Pop3Setup setup = { .security = SECURITY_NONE, .user = "a", .secret = "b" };
	g_autoptr(Pop3Session) s = pop3_session_new(&setup, 0);
	g_autofree char *long_line = g_strnfill(LIMIT_POP3_LINE + 10, 'x');
	pop3_session_feed(s, long_line, strlen(long_line));
	g_assert_cmpint(pop3_session_next(s).kind, ==, POP3_EV_FAILED);

	/* a UIDL of 70 characters counts, one of 71 does not */
	setup.known_capabilities = "PIPELINING\nUIDL";
	g_autoptr(Pop3Session) t = pop3_session_new(&setup, 0);
	pop3_session_feed(t, "+OK\r\n+OK\r\n+OK\r\n", 15);
	pop3_session_uidl(t);
	g_autofree char *id = g_strnfill(70, 'u');
	g_autofree char *lines = g_strdup_printf("+OK\r\n1 %s\r\n2 %sx\r\n.\r\n", id, id);
	pop3_session_feed(t, lines, strlen(lines));
	guint n = 0;
	for (Pop3Event e = pop3_session_next(t); e.kind != POP3_WANTS_BYTES; e = pop3_session_next(t))
		n += e.kind == POP3_EV_LINE;
	g_assert_cmpuint(n, ==, 1);
}

static void
test_deadlines(void)
{
	Pop3Setup setup = { .security = SECURITY_NONE, .user = "a", .secret = "b" };
	g_autoptr(Pop3Session) s = pop3_session_new(&setup, 1000);
	pop3_session_tick(s, 1000 + DEADLINE_GREETING_MS - 1);
	g_assert_cmpint(pop3_session_next(s).kind, ==, POP3_WANTS_BYTES);
	pop3_session_tick(s, 1000 + DEADLINE_GREETING_MS);
	g_assert_cmpint(pop3_session_next(s).failure, ==, POP3_FAIL_TIMEOUT);
}

static void
test_remembered(void)
{
	Pop3Setup setup = { .security = SECURITY_NONE, .known_capabilities = "UIDL\nEXPIRE 30 USER\nLOGIN-DELAY 900\nSASL PLAIN" };
	g_autoptr(Pop3Session) s = pop3_session_new(&setup, 0);
	g_autofree char *text = pop3_session_capabilities(s);
	setup.known_capabilities = text;
	g_autoptr(Pop3Session) t = pop3_session_new(&setup, 0);
	g_assert_true(pop3_session_can(t, "UIDL"));
	g_assert_false(pop3_session_can(t, "TOP"));
	g_assert_cmpint(pop3_session_expire(t), ==, 30);
	g_assert_cmpuint(pop3_session_login_delay(t), ==, 900);
}

static void
test_disabled(void)
{
	static const char *const off[] = { "PIPELINING", "TOP", "SASL", NULL };
	Pop3Setup setup = { .security = SECURITY_NONE, .user = "alice", .secret = "secret", .host = "h", .known_capabilities = KNOWN, .disabled = off };
	g_autoptr(Pop3Session) s = pop3_session_new(&setup, 0);
	gsize len;
	g_assert_true(pop3_session_can(s, "UIDL"));
	g_assert_false(pop3_session_can(s, "TOP"));
	pop3_session_feed(s, "+OK\r\n", 5);
	while (pop3_session_next(s).kind != POP3_WANTS_BYTES)
		;
	const char *out = pop3_session_output(s, &len);
	g_assert_cmpmem(out, len, "USER alice\r\n", 12);	/* and PASS does not ride along */
}

/* T16: when it is over, the password is nowhere. */
static void
test_pass_leaves_nothing(void)
{
	char secret[17], password[161];
	gsize len;
	heap_secret(secret);
	for (gsize i = 0; i < sizeof password; i++)	/* long: a buffer that grows leaves copies */
		password[i] = i + 1 < sizeof password ? secret[i % 16] : 0;
	Pop3Setup setup = { .security = SECURITY_TLS, .user = "alice", .secret = password, .host = "h", .port = 995, .known_capabilities = "USER\nUIDL\nPIPELINING" };
	Pop3Session *s = pop3_session_new(&setup, 0);
	pop3_session_feed(s, "+OK\r\n", 5);
	while (pop3_session_next(s).kind != POP3_WANTS_BYTES)
		;
	const char *out = pop3_session_output(s, &len);
	g_assert_nonnull(g_strstr_len(out, (gssize)len, secret));
	pop3_session_output_taken(s, len, 0);
	g_assert_false(heap_has(secret + 8));
	pop3_session_free(s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/pop3/case/%s", cases[i].name);
		g_strdelimit(path + 11, "/", '-');
		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/pop3/limits", test_limits);
	g_test_add_func("/pop3/deadlines", test_deadlines);
	g_test_add_func("/pop3/remembered", test_remembered);
	g_test_add_func("/pop3/disabled", test_disabled);
	g_test_add_func("/pop3/T16/pass-leaves-nothing", test_pass_leaves_nothing);
	return g_test_run();
}
