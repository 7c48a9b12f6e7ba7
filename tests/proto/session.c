/* session.c - tests of proto/imap/session: transcripts, played at every chunk size.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A script is lines: "S:" from the server, "C:" expected of the client since the last "S:" block, ">" something that the caller
 * does (select, fetch, idle, tls, logout, tick N). What comes out as events is written as a line of words and compared. */
#include "config.h"
#include "proto/imap/session.h"
#include "proto/imap/set.h"
#include "base/limits.h"
#include "../heap.h"

#include <string.h>

typedef struct {
	const char *name;
	Security security;
	bool oauth2, early;
	const char *script, *events;
} Case;

#define PLAIN_B64 "AGFsaWNlAHNlY3JldA=="
#define GREET "S:* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ AUTH=PLAIN] hi\n"
#define SIGNED "C:e1 AUTHENTICATE PLAIN " PLAIN_B64 "\nS:e1 OK [CAPABILITY IMAP4rev1 IDLE LITERAL+ UIDPLUS] in\n"
#define TLS SECURITY_TLS
#define START SECURITY_STARTTLS

static const Case cases[] = {
	{ "sign-in", TLS, false, false, GREET SIGNED, "greeting signing:PLAIN ready" },
	{ "sign-in-without-sasl-ir", TLS, false, false,
		"S:* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\nC:e1 AUTHENTICATE PLAIN\nS:+ \nC:" PLAIN_B64 "\nS:e1 OK in\nC:e2 CAPABILITY\nS:* CAPABILITY IMAP4rev1 ID\nS:e2 OK\nC:e3 ID (\"name\" \"eilpost\" \"version\" \"1\")\nS:* ID NIL\nS:e3 OK\n",
		"greeting signing:PLAIN ready" },
	{ "capability-asked", TLS, false, false,
		"S:* OK hi\nC:e1 CAPABILITY\nS:* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\nS:e1 OK\nC:e2 AUTHENTICATE PLAIN " PLAIN_B64 "\nS:* CAPABILITY IMAP4rev1\nS:e2 OK in\n",
		"greeting signing:PLAIN ready" },
	{ "login-command", TLS, false, false, "S:* OK [CAPABILITY IMAP4rev1] hi\nC:e1 LOGIN alice secret\nS:e1 OK [CAPABILITY IMAP4rev1] in\n", "greeting signing:LOGIN command ready" },
	{ "S3/oauth2-never-a-password", TLS, true, false, "S:* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] hi\n", "greeting fail:6" },
	{ "oauth2", TLS, true, false,
		"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2] hi\nC:e1 AUTHENTICATE XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciBzZWNyZXQBAQ==\nS:+ eyJzdGF0dXMiOiI0MDEifQ==\nC:\nS:e1 NO [AUTHENTICATIONFAILED] expired\n",
		"greeting signing:XOAUTH2 fail:5(expired)" },
	{ "S4/refused-once-is-enough", TLS, false, false, GREET "C:e1 AUTHENTICATE PLAIN " PLAIN_B64 "\nS:e1 NO [AUTHENTICATIONFAILED] no\n", "greeting signing:PLAIN fail:5(no)" },
	{ "unavailable-is-not-a-wrong-password", TLS, false, false, GREET "C:e1 AUTHENTICATE PLAIN " PLAIN_B64 "\nS:e1 NO [UNAVAILABLE] later\n", "greeting signing:PLAIN fail:7(later)" },
	{ "bye-as-greeting", TLS, false, false, "S:* BYE too many\n", "fail:7(too many)" },
	{ "T4/garbage-greeting", TLS, false, false, "S:220 mail ESMTP\n", "fail:1" },
	{ "T4/greeting-is-data", TLS, false, false, "S:* 5 EXISTS\n", "fail:1" },
	{ "T3/preauth-in-the-clear", START, false, false, "S:* PREAUTH hi\n", "greeting fail:4" },
	{ "T3/preauth-inside-tls", TLS, false, false, "S:* PREAUTH hi\n", "greeting fail:4" },
	{ "starttls", START, false, false,
		"S:* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\nC:e1 STARTTLS\nS:e1 OK go\n>tls\nC:e2 CAPABILITY\nS:* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\nS:e2 OK\nC:e3 AUTHENTICATE PLAIN " PLAIN_B64 "\nS:e3 OK [CAPABILITY IMAP4rev1] in\n",
		"greeting starttls signing:PLAIN ready" },
	{ "T1/stripped-in-greeting", START, false, false, "S:* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\n", "greeting fail:2" },
	{ "T1/stripped-in-capability", START, false, false, "S:* OK hi\nC:e1 CAPABILITY\nS:* CAPABILITY IMAP4rev1 AUTH=PLAIN\nS:e1 OK\n", "greeting fail:2" },
	{ "T1/answered-no", START, false, false, "S:* OK [CAPABILITY STARTTLS] hi\nC:e1 STARTTLS\nS:e1 NO [ALERT] call 555\n", "greeting fail:2" },
	{ "T1/answered-bad", START, false, false, "S:* OK [CAPABILITY STARTTLS] hi\nC:e1 STARTTLS\nS:e1 BAD x\n", "greeting fail:2" },
	{ "T1/answered-plus", START, false, false, "S:* OK [CAPABILITY STARTTLS] hi\nC:e1 STARTTLS\nS:+ x\n", "greeting fail:2" },
	{ "T1/answered-other-tag", START, false, false, "S:* OK [CAPABILITY STARTTLS] hi\nC:e1 STARTTLS\nS:e9 OK x\n", "greeting fail:2" },
	{ "T2/data-while-tls-starts", START, false, false, "S:* OK [CAPABILITY STARTTLS] hi\nC:e1 STARTTLS\nS:* 4 EXISTS\n", "greeting fail:3" },
	{ "T5/list-before-sign-in", TLS, false, false, "S:* OK hi\nC:e1 CAPABILITY\nS:* LIST () \"/\" INBOX\n", "greeting fail:3" },
	{ "T5/fetch-before-sign-in", TLS, false, false, GREET "C:e1 AUTHENTICATE PLAIN " PLAIN_B64 "\nS:* 1 FETCH (FLAGS ())\n", "greeting signing:PLAIN fail:1" },
	{ "early-select", TLS, false, true, ">select\n" GREET "C:e2 AUTHENTICATE PLAIN " PLAIN_B64 "\nC:e1 SELECT INBOX\nS:e2 OK [CAPABILITY IMAP4rev1] in\nS:* 3 EXISTS\nS:e1 OK [READ-WRITE] x\n",
		"greeting signing:PLAIN ready exists:3 done:1:0" },
	{ "out-of-order", TLS, false, false, GREET SIGNED ">select\n>fetch\nC:e2 SELECT INBOX\nC:e3 UID FETCH 1:* (FLAGS)\nS:* 2 EXISTS\nS:e2 OK x\nS:* 1 FETCH (UID 7 FLAGS (\\Seen))\nS:e3 OK x\n",
		"greeting signing:PLAIN ready exists:2 done:2:0 fetch:7 done:3:0" },
	{ "expunge-becomes-vanished", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 2 EXISTS\nS:e2 OK x\n>fetch\nC:e3 UID FETCH 1:* (FLAGS)\nS:* 1 FETCH (UID 7 FLAGS ())\nS:* 2 FETCH (UID 9 FLAGS ())\nS:e3 OK x\nS:* 1 EXPUNGE\nS:* 1 FETCH (FLAGS (\\Seen))\n",
		"greeting signing:PLAIN ready exists:2 done:2:0 fetch:7 fetch:9 done:3:0 vanished:7 fetch:9" },
	{ "P10/expunge-of-the-folder-that-is-left", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 2 EXISTS\nS:e2 OK x\n>fetch\nC:e3 UID FETCH 1:* (FLAGS)\nS:* 1 FETCH (UID 7 FLAGS ())\nS:* 2 FETCH (UID 9 FLAGS ())\nS:e3 OK x\n>select\nC:e4 SELECT INBOX\nS:* 1 EXPUNGE\nS:* 1 FETCH (UID 9 FLAGS (\\Seen))\nS:* 2 EXISTS\nS:e4 OK x\nS:* 1 EXPUNGE\n",
		"greeting signing:PLAIN ready exists:2 done:2:0 fetch:7 fetch:9 done:3:0 exists:2 done:4:0 resync" },
	{ "resync-on-unknown", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 2 EXISTS\nS:e2 OK x\nS:* 2 FETCH (FLAGS (\\Seen))\nS:* 5 EXPUNGE\nS:* 1 EXISTS\n",
		"greeting signing:PLAIN ready exists:2 done:2:0 resync resync exists:1 resync" },
	{ "idle", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 1 EXISTS\nS:e2 OK x\n>idle\nC:e3 IDLE\nS:+ idling\nS:* 2 EXISTS\n>fetch\nC:DONE\nC:e4 UID FETCH 1:* (FLAGS)\nS:e3 OK\nS:e4 OK\n",
		"greeting signing:PLAIN ready exists:1 done:2:0 exists:2 done:4:0" },
	{ "idle-renewed", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 1 EXISTS\nS:e2 OK x\n>idle\nC:e3 IDLE\nS:+ idling\n>tick 1500000\nC:DONE\nC:e4 IDLE\nS:e3 OK\nS:+ idling\n",
		"greeting signing:PLAIN ready exists:1 done:2:0" },
	{ "P8/plus-of-idle-is-no-word-to-a-literal", TLS, false, false, "S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\nC:e1 AUTHENTICATE PLAIN " PLAIN_B64
		"\nS:e1 OK [CAPABILITY IMAP4rev1 IDLE] in\n>select\nC:e2 SELECT INBOX\nS:* 1 EXISTS\nS:e2 OK x\n>idle\nC:e3 IDLE\n>status\nC:DONE\nC:e4 STATUS {2}\nS:+ idling\nS:e3 OK\nS:+ go\n"
		"C:\xc3\xbc (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)\nS:e4 OK\n",
		"greeting signing:PLAIN ready exists:1 done:2:0 done:4:0" },
	{ "idle-ended-by-the-server", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 1 EXISTS\nS:e2 OK x\n>idle\nC:e3 IDLE\nS:+ idling\n>tick 10000\nS:e3 OK enough\n>fetch\nC:e4 UID FETCH 1:* (FLAGS)\nS:e4 OK\n>idle\nC:e5 IDLE\n",
		"greeting signing:PLAIN ready exists:1 done:2:0 done:4:0" },
	{ "idle-ended-at-once-is-not-asked-for-again", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 1 EXISTS\nS:e2 OK x\n>idle\nC:e3 IDLE\nS:+ idling\nS:e3 OK enough\n>no-idle\n",
		"greeting signing:PLAIN ready exists:1 done:2:0" },
	{ "idle-refused-is-not-asked-for-again", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 1 EXISTS\nS:e2 OK x\n>idle\nC:e3 IDLE\nS:e3 NO not now\n>no-idle\n",
		"greeting signing:PLAIN ready exists:1 done:2:0" },
	{ "P21/idle-renewed-into-a-dead-line", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:* 1 EXISTS\nS:e2 OK x\n>idle\nC:e3 IDLE\nS:+ idling\n>tick 1500000\nC:DONE\nC:e4 IDLE\n>tick 1560000\n",
		"greeting signing:PLAIN ready exists:1 done:2:0 fail:8" },
	{ "P21/silent-server", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\n>tick 0\n>tick 60001\n", "greeting signing:PLAIN ready fail:8" },
	{ "P21/no-greeting", TLS, false, false, ">tick 30000\n", "fail:8" },
	{ "P4/copyuid-to-a-select", TLS, false, false, GREET SIGNED ">select\nC:e2 SELECT INBOX\nS:e2 OK [COPYUID 1 1 1] x\n", "greeting signing:PLAIN ready done:2:0" },
	{ "unknown-tag", TLS, false, false, GREET SIGNED "S:e77 OK what\n", "greeting signing:PLAIN ready fail:1(what)" },
	{ "bye", TLS, false, false, GREET SIGNED "S:* BYE shutting down\n", "greeting signing:PLAIN ready fail:9(shutting down)" },
	{ "logout", TLS, false, false, GREET SIGNED ">logout\nC:e2 LOGOUT\nS:* BYE\nS:e2 OK\n", "greeting signing:PLAIN ready closed" },
	{ "literal-waits", TLS, false, false,
		"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\nC:e1 AUTHENTICATE PLAIN " PLAIN_B64 "\nS:e1 OK [CAPABILITY IMAP4rev1] in\n>status\n>fetch\nC:e2 STATUS {2}\nS:+ go\nC:\xc3\xbc (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)\nC:e3 UID FETCH 1:* (FLAGS)\nS:e2 OK\nS:e3 OK\n",
		"greeting signing:PLAIN ready done:2:0 done:3:0" },
	{ "P8/no-logout-into-a-literal", TLS, false, false,
		"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\nC:e1 AUTHENTICATE PLAIN " PLAIN_B64 "\nS:e1 OK [CAPABILITY IMAP4rev1] in\n>status\nC:e2 STATUS {2}\n>logout\n",
		"greeting signing:PLAIN ready fail:9" },
	{ "literal-plus", TLS, false, false, GREET SIGNED ">status\nC:e2 STATUS {2+}\nC:\xc3\xbc (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)\nS:e2 NO gone\n", "greeting signing:PLAIN ready done:2:1" },
};

static void
events(ImapSession *s, GString *got)
{
	for (;;) {
		ImapEvent e = imap_session_next(s);
		if (e.kind == IMAP_WANTS_BYTES)
			return;
		if (got->len)
			g_string_append_c(got, ' ');
		switch (e.kind) {
		case IMAP_EV_GREETING: g_string_append(got, "greeting"); break;
		case IMAP_EV_START_TLS: g_string_append(got, "starttls"); break;
		case IMAP_EV_SIGNING_IN: g_string_append_printf(got, "signing:%s", e.text); break;
		case IMAP_EV_READY: g_string_append(got, "ready"); break;
		case IMAP_EV_DONE: g_string_append_printf(got, "done:%u:%d", e.id, e.response->status);
			g_assert_cmpint(e.response->code, !=, IMAP_CODE_COPYUID); break;
		case IMAP_EV_RESYNC: g_string_append(got, "resync"); break;
		case IMAP_EV_CLOSED: g_string_append(got, "closed"); break;
		case IMAP_EV_FAILED: g_string_append_printf(got, "fail:%d", e.failure);
			if (e.text)
				g_string_append_printf(got, "(%s)", e.text);
			break;
		case IMAP_EV_RESPONSE:
			if (e.response->kind == IMAP_RESP_EXISTS)
				g_string_append_printf(got, "exists:%u", e.response->number);
			else if (e.response->kind == IMAP_RESP_FETCH)
				g_string_append_printf(got, "fetch:%u", e.response->fetch->uid);
			else if (e.response->kind == IMAP_RESP_VANISHED)
				g_string_append_printf(got, "vanished:%u", g_array_index(e.response->set, ImapRange, 0).lo);
			break;
		default: g_string_append_printf(got, "event%d", e.kind); break;
		}
	}
}

static void
act(ImapSession *s, const char *what)
{
	if (g_str_has_prefix(what, "select")) {
		ImapCommand *c = imap_command_select("INBOX", false, false);
		imap_command_early(c);
		imap_session_submit(s, c);
	} else if (g_str_has_prefix(what, "fetch")) {
		imap_session_submit(s, imap_command_uid_fetch("1:*", "(FLAGS)", 0, false));
	} else if (g_str_has_prefix(what, "status")) {
		imap_session_submit(s, imap_command_status("\xc3\xbc", 0));
	} else if (g_str_has_prefix(what, "no-idle")) {
		g_assert_false(imap_session_can(s, "IDLE"));
		g_assert_false(imap_session_idle(s));
	} else if (g_str_has_prefix(what, "idle")) {
		g_assert_true(imap_session_idle(s));
	} else if (g_str_has_prefix(what, "tls")) {
		imap_session_tls_started(s);
	} else if (g_str_has_prefix(what, "logout")) {
		imap_session_logout(s);
	} else if (g_str_has_prefix(what, "tick")) {
		imap_session_tick(s, atoi(what + 5));
	}
}

/* Feeds one server line in pieces of `step`; a whole block goes in at once when step is 0. */
static void
feed(ImapSession *s, const char *line, gsize len, gsize step, GString *got)
{
	g_autofree char *wire = g_strdup_printf("%.*s\r\n", (int)len, line);
	gsize total = strlen(wire);
	for (gsize at = 0; at < total; at += step) {
		imap_session_feed(s, wire + at, MIN(step, total - at));
		events(s, got);
	}
}

static void
play(const Case *c, gsize step)
{
	ImapSetup setup = { .security = c->security, .user = "alice", .secret = "secret", .oauth2 = c->oauth2, .host = "h", .port = 143, .client_version = "1" };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 0);
	g_autoptr(GString) got = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(c->script, "\n", -1);

	for (char **l = lines; *l && **l; l++) {
		gsize len;
		if (g_str_has_prefix(*l, "S:")) {
			imap_session_output(s, &len);
			g_assert_cmpuint(len, ==, 0);	/* nothing was written that the script does not expect */
			feed(s, *l + 2, strlen(*l + 2), step, got);
		} else if (g_str_has_prefix(*l, "C:")) {
			g_autofree char *want = g_strconcat(*l + 2, "\r\n", NULL);
			const char *out = imap_session_output(s, &len);
			g_assert_cmpuint(len, >=, strlen(want));
			g_autofree char *have = g_strndup(out, strlen(want));
			g_assert_cmpstr(have, ==, want);
			imap_session_output_taken(s, strlen(want), 0);
		} else {
			act(s, *l + 1);
			events(s, got);
		}
	}
	gsize len;
	imap_session_output(s, &len);
	g_assert_cmpuint(len, ==, 0);
	g_assert_cmpstr(got->str, ==, c->events);
}

static void
test_case(gconstpointer data)
{
	for (gsize step = 1; step < 200; step += step < 20 ? 1 : 37)
		play(data, step);
}

/* T2: bytes in the same segment as the OK to STARTTLS end the session, in whatever way they are cut. */
static void
test_injection(void)
{
	static const char wire[] = "* OK [CAPABILITY STARTTLS] hi\r\ne1 OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n";
	ImapSetup setup = { .security = START, .user = "alice", .secret = "secret", .host = "h", .client_version = "1" };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 0);
	g_autoptr(GString) got = g_string_new(NULL);
	imap_session_feed(s, wire, sizeof wire - 1);
	events(s, got);
	g_assert_cmpstr(got->str, ==, "greeting fail:3");
	gsize len;
	const char *out = imap_session_output(s, &len);
	g_assert_null(g_strstr_len(out ? out : "", (gssize)len, "AUTHENTICATE"));
}

/* P23: a flood that nobody asked for closes the connection. */
static void
test_flood(void)
{
	ImapSetup setup = { .security = TLS, .user = "alice", .secret = "secret", .host = "h", .client_version = "1" };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 0);
	g_autoptr(GString) got = g_string_new(NULL), flood = g_string_new(NULL);
	feed(s, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] x", 48, 100, got);
	feed(s, "e1 OK [CAPABILITY IMAP4rev1] x", 30, 100, got);
	while (flood->len < 100000)
		g_string_append(flood, "* 5 RECENT\r\n");
	for (gsize fed = 0; fed < LIMIT_IMAP_UNTAGGED + flood->len; fed += flood->len) {
		imap_session_feed(s, flood->str, flood->len);
		while (imap_session_next(s).kind == IMAP_EV_RESPONSE)
			;
	}
	imap_session_feed(s, "x", 1);
	g_assert_cmpint(imap_session_deadline(s), ==, -1);
}

/* P21: what counts is that it goes on: a large message on a slow line takes longer than any answer may. */
static void
test_slow_upload(void)
{
	ImapSetup setup = { .security = TLS, .user = "alice", .secret = "secret", .host = "h", .client_version = "1" };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 0);
	g_autoptr(GString) got = g_string_new(NULL);
	g_autofree char *text = g_strnfill(1000, 'x');
	g_autoptr(GBytes) message = g_bytes_new(text, 1000);
	ImapCommand *c = imap_command_append("INBOX");
	gint64 now = 0;
	gsize len;

	feed(s, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] x", 48, 100, got);
	feed(s, "e1 OK [CAPABILITY IMAP4rev1 LITERAL+] x", 39, 100, got);
	imap_command_append_message(c, NULL, 0, message, IMAP_APPEND_PLAIN);
	imap_session_submit(s, c);
	for (imap_session_output(s, &len); len > 500; imap_session_output(s, &len)) {
		imap_session_output_taken(s, MIN(len, 100), now);
		imap_session_tick(s, now += DEADLINE_COMMAND_MS - 1000);
	}
	imap_session_probe(s, now);	/* the network changed: as long as bytes leave the line is alive */
	for (; len > 0; imap_session_output(s, &len)) {
		imap_session_output_taken(s, MIN(len, 100), now);
		imap_session_tick(s, now += DEADLINE_PROBE_MS - 1000);
	}
	g_assert_cmpint(imap_session_deadline(s), ==, now + 1000);
	feed(s, "* OK still here", 15, 100, got);
	imap_session_output_taken(s, 0, now + 500);	/* nothing left */
	imap_session_tick(s, now);
	g_assert_cmpint(imap_session_deadline(s), ==, now + DEADLINE_COMMAND_MS);
	imap_session_tick(s, now + DEADLINE_COMMAND_MS - 1);
	g_assert_cmpint(imap_session_next(s).kind, ==, IMAP_WANTS_BYTES);
	imap_session_tick(s, now + DEADLINE_COMMAND_MS);
	g_assert_cmpint(imap_session_next(s).failure, ==, IMAP_FAIL_TIMEOUT);
}

/* Without TLS, at the time 0. */
static ImapSession *
signed_in(void)
{
	ImapSetup setup = { .security = SECURITY_NONE, .user = "alice", .secret = "secret", .host = "h", .client_version = "1" };
	ImapSession *s = imap_session_new(&setup, 0);
	g_autoptr(GString) got = g_string_new(NULL);

	feed(s, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] x", 48, 100, got);
	feed(s, "e1 OK [CAPABILITY IMAP4rev1] x", 30, 100, got);
	return s;
}

/* P21: the same without a probe: what is owed counts from the first command that nothing answers. */
static void
test_more_into_a_dead_line(void)
{
	g_autoptr(ImapSession) s = signed_in();
	gsize len;

	for (gint64 now = 100000; now < 100000 + DEADLINE_COMMAND_MS; now += 20000) {
		imap_session_tick(s, now);
		imap_session_submit(s, imap_command_simple("NOOP"));
		imap_session_output(s, &len);
		imap_session_output_taken(s, len, now);
	}
	g_assert_cmpint(imap_session_deadline(s), ==, 100000 + DEADLINE_COMMAND_MS);
}

/* P21: who was busy for minutes before a command (eilpost export) has the whole time for its answer. */
static void
test_no_tick_for_long(void)
{
	g_autoptr(ImapSession) s = signed_in();
	gsize len;

	imap_session_tick(s, 1000);
	imap_session_submit(s, imap_command_simple("NOOP"));
	imap_session_output(s, &len);
	imap_session_output_taken(s, len, 1000 + 3 * DEADLINE_COMMAND_MS);
	g_assert_cmpint(imap_session_deadline(s), ==, 1000 + 4 * DEADLINE_COMMAND_MS);
}

/* P21: into a dead line a probe leaves, and perhaps more, for the system's buffers take it: it is over at the probe's deadline. */
static void
test_probe(void)
{
	g_autoptr(ImapSession) s = signed_in();
	gsize len;

	imap_session_tick(s, 5000);
	imap_session_probe(s, 5000);
	imap_session_output(s, &len);
	g_assert_cmpuint(len, >, 0);
	imap_session_output_taken(s, len, 5010);
	imap_session_tick(s, 9000);
	imap_session_submit(s, imap_command_simple("CHECK"));
	imap_session_output(s, &len);
	g_assert_cmpuint(len, >, 0);
	imap_session_output_taken(s, len, 9010);
	g_assert_cmpint(imap_session_deadline(s), ==, 5010 + DEADLINE_PROBE_MS);
	imap_session_tick(s, 5010 + DEADLINE_PROBE_MS);
	g_assert_cmpint(imap_session_next(s).failure, ==, IMAP_FAIL_TIMEOUT);
}

/* T16: when it is over, the password is nowhere. */
static void
test_login_leaves_nothing(void)
{
	char secret[17];
	heap_secret(secret);
	for (int literal = 0; literal < 2; literal++) {
		char password[32];
		g_snprintf(password, sizeof password, "%s%s", secret, literal ? "\xc3\xbc" : "");
		ImapSetup setup = { .security = TLS, .user = "somebody.with.a.long.name@example.com", .secret = password, .host = "h", .client_version = "1" };
		ImapSession *s = imap_session_new(&setup, 0);
		g_autoptr(GString) got = g_string_new(NULL);
		gsize len;
		feed(s, "* OK [CAPABILITY IMAP4rev1 LITERAL+] x", 38, 100, got);
		const char *out = imap_session_output(s, &len);
		g_assert_nonnull(g_strstr_len(out, (gssize)len, secret));
		imap_session_output_taken(s, len, 0);
		feed(s, "e1 OK [CAPABILITY IMAP4rev1] x", 30, 100, got);
		g_assert_false(heap_has(secret + 8));	/* who frees it writes over its beginning */
		imap_session_free(s);
		g_assert_false(heap_has(secret + 8));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/imap/", g_ascii_isupper(cases[i].name[0]) ? "" : "session/", cases[i].name, NULL);
		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/imap/T2/bytes-after-starttls", test_injection);
	g_test_add_func("/imap/P23/flood", test_flood);
	g_test_add_func("/imap/P21/slow-upload", test_slow_upload);
	g_test_add_func("/imap/P21/probe", test_probe);
	g_test_add_func("/imap/P21/no-tick-for-long", test_no_tick_for_long);
	g_test_add_func("/imap/P21/more-into-a-dead-line", test_more_into_a_dead_line);
	g_test_add_func("/imap/T16/login-leaves-nothing", test_login_leaves_nothing);
	return g_test_run();
}
