/* extensions.c - tests of what a session does with the server's extensions: switched off, names in UTF-8, COMPRESS, limits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A script of steps, played at every chunk size: S from the server, C expected of the client, > something that the caller does. */
#include "config.h"
#include "proto/imap/session.h"
#include "proto/imap/set.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN_B64 "AGFsaWNlAHNlY3JldA=="
#define SIGN_IN(caps) "S* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi", "Ce1 AUTHENTICATE PLAIN " PLAIN_B64, \
	"Se1 OK [CAPABILITY " caps "] in"

typedef struct {
	const char *name;
	const char *disabled;	/* names, one space between */
	const char *steps[24];
	const char *events;
} Case;

static const Case cases[] = {
	{ "compress", NULL, { SIGN_IN("IMAP4rev1 COMPRESS=DEFLATE"), ">compress", "Ce2 COMPRESS DEFLATE", ">noop", "Se2 OK go",
		">compressed", "Ce3 NOOP", "Se3 OK" }, "ready done:2:0 compress done:3:0" },
	{ "compress-waits-for-what-is-under-way", NULL, { SIGN_IN("IMAP4rev1"), ">noop", "Ce2 NOOP", ">compress", ">noop", "Se2 OK",
		"Ce3 COMPRESS DEFLATE", "Se3 OK", ">compressed", "Ce4 NOOP", "Se4 OK" }, "ready done:2:0 done:3:0 compress done:4:0" },
	{ "compress-refused", NULL, { SIGN_IN("IMAP4rev1"), ">compress", "Ce2 COMPRESS DEFLATE", ">noop", "Se2 NO [COMPRESSIONACTIVE] is",
		"Ce3 NOOP", "Se3 OK" }, "ready done:2:1 done:3:0" },
	{ "compress-no-logout-behind-it", NULL, { SIGN_IN("IMAP4rev1"), ">compress", "Ce2 COMPRESS DEFLATE", ">logout" }, "ready fail:9" },
	{ "names-are-utf7-by-default", NULL, { SIGN_IN("IMAP4rev1"), ">status", "Ce2 STATUS \"Entw&APw-rfe\" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)",
		"S* LIST () \"/\" \"Entw&APw-rfe\"", "Se2 OK" }, "ready list:Entw&APw-rfe done:2:0" },
	{ "UTF8=ACCEPT-both-ways", NULL, { SIGN_IN("IMAP4rev1 ENABLE UTF8=ACCEPT"), ">enable UTF8=ACCEPT", "Ce2 ENABLE UTF8=ACCEPT",
		">status",	/* it waits: nobody knows yet how its name is written */
		"S* ENABLED UTF8=ACCEPT", "Se2 OK", "Ce3 STATUS \"Entw\xc3\xbcrfe\" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)",
		"S* LIST () \"/\" \"Entw\xc3\xbcrfe\"", "S* STATUS \"R&D\" (UNSEEN 1)", "Se3 OK" },
		"ready enabled:UTF8=ACCEPT done:2:0 list:Entw&APw-rfe status:R&-D done:3:0" },
	{ "P8/no-line-end-in-a-name", NULL, { SIGN_IN("IMAP4rev1 ENABLE UTF8=ACCEPT"), ">enable UTF8=ACCEPT", "Ce2 ENABLE UTF8=ACCEPT",
		"S* ENABLED UTF8=ACCEPT", "Se2 OK", ">line-end", "Ce3 STATUS \"a&AA0ACg-e9 DELETE INBOX\" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)", "Se3 NO" },
		"ready enabled:UTF8=ACCEPT done:2:0 done:3:1" },
	{ "UTF8=ACCEPT-refused", NULL, { SIGN_IN("IMAP4rev1 ENABLE UTF8=ACCEPT"), ">enable UTF8=ACCEPT", "Ce2 ENABLE UTF8=ACCEPT", ">status",
		"S* ENABLED", "Se2 OK", "Ce3 STATUS \"Entw&APw-rfe\" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)", "Se3 OK" },
		"ready enabled: done:2:0 done:3:0" },
	{ "a-plain-name-waits-for-nothing", NULL, { SIGN_IN("IMAP4rev1 ENABLE IMAP4rev2"), ">enable IMAP4rev2", "Ce2 ENABLE IMAP4rev2", ">select",
		"Ce3 SELECT INBOX", "S* ENABLED IMAP4rev2", "Se2 OK", "Se3 OK" }, "ready enabled:IMAP4REV2 done:2:0 done:3:0" },
	{ "switched-off", "COMPRESS MOVE", { SIGN_IN("IMAP4rev1 COMPRESS=DEFLATE MOVE IDLE"), ">can COMPRESS=DEFLATE", ">can MOVE", ">can IDLE" },
		"ready no no yes" },
	{ "switched-off-mechanism", "AUTH=PLAIN", { "S* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi", "Ce1 LOGIN alice secret",
		"Se1 OK [CAPABILITY IMAP4rev1] in" }, "ready" },
	{ "rev2-alone-implies", NULL, { SIGN_IN("IMAP4rev2"), ">can MOVE", ">can LIST-STATUS", ">can BINARY", ">can CONDSTORE" }, "ready yes yes yes no" },
	{ "rev2-beside-rev1-does-not", NULL, { SIGN_IN("IMAP4rev1 IMAP4rev2"), ">can MOVE" }, "ready no" },
	{ "rev2-enabled-implies", "IDLE", { SIGN_IN("IMAP4rev1 IMAP4rev2"), ">enable IMAP4rev2", "Ce2 ENABLE IMAP4rev2", "S* ENABLED IMAP4rev2",
		"Se2 OK", ">can MOVE", ">can IDLE" }, "ready enabled:IMAP4REV2 done:2:0 yes no" },
	{ "limit-of-connections-is-no-wrong-password", NULL, { "S* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi", "Ce1 AUTHENTICATE PLAIN " PLAIN_B64,
		"Se1 NO [ALERT] Too many simultaneous connections. (Failure)" }, "fail:7" },
	{ "status-events-of-notify", NULL, { SIGN_IN("IMAP4rev1 NOTIFY"), ">notify", "Ce2 NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange)) "
		"(PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))", "Se2 OK", "S* STATUS Lists (MESSAGES 4 UIDNEXT 9 UNSEEN 1)" },
		"ready done:2:0 status:Lists" },
	{ "create-with-its-use", NULL, { SIGN_IN("IMAP4rev1 CREATE-SPECIAL-USE"), ">create", "Ce2 CREATE \"Sent Items\" (USE (\\Sent))", "Se2 OK" }, "ready done:2:0" },
	{ "labels", NULL, { SIGN_IN("IMAP4rev1 X-GM-EXT-1"), ">labels", "Ce2 UID STORE 7 +X-GM-LABELS.SILENT (\\Starred \"two words\")", "Se2 OK" }, "ready done:2:0" },
	{ "searchres", NULL, { SIGN_IN("IMAP4rev1 ESEARCH SEARCHRES"), ">search", "Ce2 UID SEARCH RETURN (COUNT ALL SAVE) UNSEEN",
		"S* ESEARCH (TAG \"e2\") UID COUNT 2 ALL 4,7", "Se2 OK" }, "ready esearch:e2 done:2:0" },
	{ "partial", NULL, { SIGN_IN("IMAP4rev1 PARTIAL"), ">newest", "Ce2 UID FETCH 1:* (UID) (PARTIAL -1:-50)", "Se2 OK" }, "ready done:2:0" },
	{ "multiappend", NULL, { SIGN_IN("IMAP4rev1 LITERAL+ MULTIAPPEND"), ">append", "Ce2 APPEND \"Entw&APw-rfe\" (\\Seen) \"02-Jan-1970 00:00:00 +0000\" {3+}",
		"Cone ~{3+}", "Ctwo", "Se2 OK [APPENDUID 7 3:4] x" }, "ready done:2:0" },
	{ "literal-minus", NULL, { SIGN_IN("IMAP4rev1 LITERAL-"), ">text 4096", "Ce2 APPEND INBOX {4096+}", ">drain", "Se2 OK" }, "ready done:2:0" },
	{ "literal-minus-large", NULL, { SIGN_IN("IMAP4rev1 LITERAL-"), ">text 4097", "Ce2 APPEND INBOX {4097}", "S+ go", ">drain", "Se2 OK" },
		"ready done:2:0" },
	{ "literal-minus-of-rev2", NULL, { SIGN_IN("IMAP4rev2"), ">text 1", "Ce2 APPEND INBOX {1+}", ">drain", "Se2 OK" }, "ready done:2:0" },
	{ "literal-minus-disabled", "LITERAL-", { SIGN_IN("IMAP4rev2 LITERAL-"), ">text 1", "Ce2 APPEND INBOX {1}", "S+ go", ">drain", "Se2 OK" },
		"ready done:2:0" },
	{ "literal-plus-disabled", "LITERAL+", { SIGN_IN("IMAP4rev1 LITERAL+"), ">text 1", "Ce2 APPEND INBOX {1}", "S+ go", ">drain", "Se2 OK" },
		"ready done:2:0" },
	{ "list-with-rights", NULL, { SIGN_IN("IMAP4rev1 LIST-EXTENDED LIST-MYRIGHTS"), ">list", "Ce2 LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN MYRIGHTS)",
		"S* LIST () \"/\" INBOX", "Se2 OK" }, "ready list:INBOX done:2:0" },
};

static void
tell_response(GString *got, const ImapResponse *r)
{
	switch (r->kind) {
	case IMAP_RESP_LIST: g_string_append_printf(got, " list:%s", r->list.name); break;
	case IMAP_RESP_MAILBOX_STATUS: g_string_append_printf(got, " status:%s", r->mailbox.name); break;
	case IMAP_RESP_ESEARCH: g_string_append_printf(got, " esearch:%s", r->tag); break;
	case IMAP_RESP_ENABLED: g_string_append_printf(got, " enabled:%s", r->words && r->words[0] ? r->words[0] : ""); break;
	default: break;
	}
}

static void
events(ImapSession *s, GString *got)
{
	for (;;) {
		ImapEvent e = imap_session_next(s);
		switch (e.kind) {
		case IMAP_WANTS_BYTES: return;
		case IMAP_EV_READY: g_string_append(got, " ready"); break;
		case IMAP_EV_DONE: g_string_append_printf(got, " done:%u:%d", e.id, e.response->status); break;
		case IMAP_EV_FAILED: g_string_append_printf(got, " fail:%d", e.failure); break;
		case IMAP_EV_START_COMPRESS: g_string_append(got, " compress"); break;
		case IMAP_EV_SKIPPED: g_string_append_printf(got, " skipped:%u", e.uid); break;
		case IMAP_EV_RESPONSE: tell_response(got, e.response); break;
		default: break;
		}
	}
}

static ImapCommand *
two_messages(void)
{
	g_autoptr(GBytes) one = g_bytes_new_static("one", 3), two = g_bytes_new_static("two", 3);
	ImapCommand *c = imap_command_append("Entw&APw-rfe");
	imap_command_append_message(c, "\\Seen", 86400, one, IMAP_APPEND_PLAIN);
	imap_command_append_message(c, NULL, 0, two, IMAP_APPEND_BINARY);
	return c;
}

static ImapCommand *
one_message(gsize size)
{
	g_autofree char *text = g_strnfill(size, 'x');
	g_autoptr(GBytes) one = g_bytes_new(text, size);
	ImapCommand *c = imap_command_append("INBOX");
	imap_command_append_message(c, NULL, 0, one, IMAP_APPEND_PLAIN);
	return c;
}

static void
drain(ImapSession *s)
{
	gsize len;
	while (imap_session_output(s, &len) && len)
		imap_session_output_taken(s, len, 0);
}

static void
act(ImapSession *s, const char *what, GString *got)
{
	static const char *const labels[] = { "\\Starred", "two words", NULL };
	ImapCommand *c = NULL;

	if (g_str_has_prefix(what, "enable "))
		c = imap_command_enable(what + 7);
	else if (!strcmp(what, "compress"))
		c = imap_command_compress();
	else if (!strcmp(what, "noop"))
		c = imap_command_simple("NOOP");
	else if (!strcmp(what, "status"))
		c = imap_command_status("Entw&APw-rfe", 0);
	else if (!strcmp(what, "line-end"))
		c = imap_command_status("a&AA0ACg-e9 DELETE INBOX", 0);
	else if (!strcmp(what, "select"))
		c = imap_command_select("INBOX", false, false);
	else if (!strcmp(what, "notify"))
		c = imap_command_notify(true, true);
	else if (!strcmp(what, "create"))
		c = imap_command_create("Sent Items", "\\Sent");
	else if (!strcmp(what, "labels"))
		c = imap_command_uid_store_labels("7", true, labels);
	else if (!strcmp(what, "search"))
		c = imap_command_uid_search_return("UNSEEN", IMAP_RETURN_ALL | IMAP_RETURN_COUNT | IMAP_RETURN_SAVE, 0);
	else if (!strcmp(what, "newest"))
		c = imap_command_uid_fetch_newest("1:*", "(UID)", 50);
	else if (!strcmp(what, "append"))
		c = two_messages();
	else if (g_str_has_prefix(what, "text "))
		c = one_message((gsize)atoi(what + 5));
	else if (!strcmp(what, "drain"))
		drain(s);
	else if (!strcmp(what, "list"))
		c = imap_command_list("", "*", IMAP_LIST_EXTENDED | IMAP_LIST_MYRIGHTS);
	else if (!strcmp(what, "compressed"))
		g_assert_null(imap_session_compress_started(s));
	else if (!strcmp(what, "logout"))
		imap_session_logout(s);
	else if (g_str_has_prefix(what, "can "))
		g_string_append(got, imap_session_can(s, what + 4) ? " yes" : " no");
	if (c)
		imap_session_submit(s, c);
}

static void
play(const Case *c, gsize step)
{
	g_auto(GStrv) disabled = g_strsplit(c->disabled ? c->disabled : "", " ", -1);
	ImapSetup setup = { .security = SECURITY_TLS, .user = "alice", .secret = "secret", .host = "h", .client_version = "1",
		.disabled = (const char *const *)disabled };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 0);
	g_autoptr(GString) got = g_string_new(NULL);
	gsize len;

	for (const char *const *l = c->steps; *l; l++) {
		g_autofree char *line = g_strconcat(*l + 1, "\r\n", NULL);
		gsize total = strlen(line);
		const char *out = imap_session_output(s, &len);
		if (**l == 'C') {
			g_autofree char *have = g_strndup(out ? out : "", MIN(len, total));
			g_assert_cmpstr(have, ==, line);
			imap_session_output_taken(s, total, 0);
		} else if (**l == 'S') {
			g_assert_cmpuint(len, ==, 0);
			for (gsize at = 0; at < total; at += step) {
				imap_session_feed(s, line + at, MIN(step, total - at));
				events(s, got);
			}
		} else {
			act(s, *l + 1, got);
			events(s, got);
		}
	}
	imap_session_output(s, &len);
	g_assert_cmpuint(len, ==, 0);
	g_assert_cmpstr(got->str + 1, ==, c->events);
}

static void
test_case(gconstpointer data)
{
	for (gsize step = 1; step < 120; step += step < 20 ? 1 : 37)
		play(data, step);
}

static ImapSession *
signed_in(GString *got)
{
	static const char wire[] = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n", ok[] = "e1 OK [CAPABILITY IMAP4rev1] in\r\n";
	ImapSetup setup = { .security = SECURITY_TLS, .user = "alice", .secret = "secret", .host = "h", .client_version = "1" };
	ImapSession *s = imap_session_new(&setup, 0);
	gsize len;

	imap_session_feed(s, wire, sizeof wire - 1);
	events(s, got);
	imap_session_feed(s, ok, sizeof ok - 1);
	events(s, got);
	imap_session_output(s, &len);
	imap_session_output_taken(s, len, 0);
	return s;
}

/* What the server compressed right behind its OK is not read as a line, in whatever way it is cut; NUL, CR and "e9 OK" in it. */
static void
test_compressed_bytes(void)
{
	static const char ok[] = "e2 OK deflate\r\n", packed[] = "\x00\r\n* BYE\r\ne9 OK\r\n\xff\xfe";
	gsize n = sizeof ok - 1 + sizeof packed - 1;
	g_autofree char *wire = g_malloc(n);
	memcpy(wire, ok, sizeof ok - 1);
	memcpy(wire + sizeof ok - 1, packed, sizeof packed - 1);

	for (gsize step = 1; step <= n; step++) {
		g_autoptr(GString) got = g_string_new(NULL);
		g_autoptr(ImapSession) s = signed_in(got);
		gsize at = 0, len;
		imap_session_submit(s, imap_command_compress());
		imap_session_output(s, &len);
		imap_session_output_taken(s, len, 0);
		while (!strstr(got->str, "compress")) {
			imap_session_feed(s, wire + at, MIN(step, n - at));
			at = MIN(at + step, n);
			events(s, got);
		}
		/* the session says nothing and reads nothing until the deflater is in its place */
		imap_session_submit(s, imap_command_simple("NOOP"));
		imap_session_output(s, &len);
		g_assert_cmpuint(len, ==, 0);
		g_autoptr(GBytes) rest = imap_session_compress_started(s);
		g_assert_cmpuint(rest ? g_bytes_get_size(rest) : 0, ==, at - (sizeof ok - 1));
		if (rest)
			g_assert_cmpmem(g_bytes_get_data(rest, NULL), g_bytes_get_size(rest), packed, at - (sizeof ok - 1));
		g_assert_true(imap_session_compressed(s));
		imap_session_output(s, &len);
		g_assert_cmpuint(len, >, 0);
		imap_session_feed(s, "e3 OK\r\n", 7);
		events(s, got);
		g_assert_cmpstr(got->str, ==, " ready done:2:0 compress done:3:0");
	}
}

static void
feed_big(ImapSession *s, GString *got, const char *before, gsize fill, const char *after, gsize step)
{
	g_autoptr(GString) wire = g_string_new(before);
	gsize at = wire->len;
	g_string_set_size(wire, at + fill);
	memset(wire->str + at, 'x', fill);
	g_string_append(wire, after);
	for (gsize done = 0; done < wire->len; done += step) {
		imap_session_feed(s, wire->str + done, MIN(step, wire->len - done));
		events(s, got);
	}
}

/* P2: a response beyond the limit is thrown away, and the session goes on. */
static void
test_too_long(void)
{
	static const gsize steps[] = { 1000, 4096, 65536, 4000000 };

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autoptr(GString) got = g_string_new(NULL);
		g_autoptr(ImapSession) s = signed_in(got);
		imap_session_submit(s, imap_command_uid_fetch("1:*", "(UID BODYSTRUCTURE)", 0, false));
		feed_big(s, got, "* 3 EXISTS\r\n* 2 FETCH (UID 77 BODYSTRUCTURE (\"", LIMIT_IMAP_LINE + 10, "\"))\r\n* STATUS a (UNSEEN 1)\r\n", steps[i]);
		/* with literals in it, whose bytes look like an end */
		feed_big(s, got, "* 3 FETCH (UID 78 BODYSTRUCTURE (\"", LIMIT_IMAP_LINE + 10, "\" {9}\r\n* 1 BYE\r\n {3+}\r\n))\r x))\r\ne2 OK done\r\n", steps[i]);
		g_assert_cmpstr(got->str, ==, " ready skipped:77 status:a skipped:78 done:2:0");
	}
}

/* Many literals, each small enough to be kept. */
static void
test_too_large(void)
{
	g_autoptr(GString) got = g_string_new(NULL), wire = g_string_new("* 2 FETCH (UID 5 X (");
	g_autoptr(ImapSession) s = signed_in(got);
	g_autofree char *fill = g_strnfill(LIMIT_IMAP_INLINE, 'y');

	imap_session_submit(s, imap_command_simple("NOOP"));
	for (gsize have = 0; have < LIMIT_IMAP_RESPONSE + LIMIT_IMAP_INLINE; have += LIMIT_IMAP_INLINE)
		g_string_append_printf(wire, " {%" G_GSIZE_FORMAT "}\r\n%s", LIMIT_IMAP_INLINE, fill);
	g_string_append(wire, "))\r\ne2 OK done\r\n");
	for (gsize at = 0; at < wire->len; at += 10000) {
		imap_session_feed(s, wire->str + at, MIN(10000, wire->len - at));
		events(s, got);
	}
	g_assert_cmpstr(got->str, ==, " ready skipped:5 done:2:0");
}

/* What never ends, and a tagged line that is needed, close the connection all the same. */
static void
test_endless(void)
{
	g_autoptr(GString) got = g_string_new(NULL), other = g_string_new(NULL);
	g_autoptr(ImapSession) s = signed_in(got), t = signed_in(other);

	feed_big(s, got, "* 2 FETCH (UID 5 X \"", LIMIT_IMAP_UNTAGGED + 10, "", 1 << 20);
	g_assert_cmpstr(got->str, ==, " ready fail:1");
	imap_session_submit(t, imap_command_simple("NOOP"));
	feed_big(t, other, "e2 OK ", LIMIT_IMAP_LINE + 10, "\r\n", 1 << 16);
	g_assert_cmpstr(other->str, ==, " ready fail:1");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/imap/", g_str_has_prefix(cases[i].name, "P8/") ? "" : "extensions/", cases[i].name, NULL);
		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/imap/P20/compressed-bytes-behind-the-ok", test_compressed_bytes);
	g_test_add_func("/imap/P2/too-long-is-skipped", test_too_long);
	g_test_add_func("/imap/P2/too-large-is-skipped", test_too_large);
	g_test_add_func("/imap/P2/endless-is-closed", test_endless);
	return g_test_run();
}
