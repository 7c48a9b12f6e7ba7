/* reply.c - tests of answers and forwards: who gets it, the subject, the quoted text, the thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/message.h"
#include "mail/reply.h"
#include "tests/cpu.h"

#include <locale.h>
#include <string.h>

static const char *const own[] = { "me@work.example", "*@mine.example", NULL };

static ReplyStyle
style(void)
{
	static GTimeZone *zone;
	if (!zone)
		zone = g_time_zone_new_utc();
	return (ReplyStyle){ .address = "me@example.org", .full_name = "Me", .own = own, .zone = zone };
}

/* ---- who gets it ---- */

static const struct {
	const char *name;
	DraftKind kind;
	ReplySource s;
	const char *from, *to, *cc;
} address_cases[] = {
	{ "plain", DRAFT_REPLY, { .from = "Anna <anna@x>", .to = "me@example.org" }, "Me <me@example.org>", "Anna <anna@x>", "" },
	{ "Reply-To", DRAFT_REPLY, { .from = "Anna <anna@x>", .reply_to = "office@x", .to = "me@example.org" }, "Me <me@example.org>", "office@x", "" },
	{ "own other address", DRAFT_REPLY, { .from = "anna@x", .to = "me@work.example" }, "Me <me@work.example>", "anna@x", "" },
	{ "wildcard", DRAFT_REPLY, { .from = "anna@x", .to = "b@x", .cc = "Shop@mine.example" }, "Me <Shop@mine.example>", "anna@x", "" },
	{ "delivered", DRAFT_REPLY, { .from = "anna@x", .to = "list@x", .delivered_to = "me@work.example" }, "Me <me@work.example>", "anna@x", "" },
	{ "all", DRAFT_REPLY_ALL, { .from = "Anna <anna@x>", .to = "ME@example.org, Bob <bob@x>", .cc = "c@x, anna@x, BOB@x, x@mine.example" },
		"Me <me@example.org>", "Anna <anna@x>, Bob <bob@x>", "c@x" },
	{ "all, Reply-To", DRAFT_REPLY_ALL, { .from = "anna@x", .reply_to = "list@x", .to = "list@x", .cc = "me@example.org" },
		"Me <me@example.org>", "list@x", "" },
	{ "all, only me", DRAFT_REPLY_ALL, { .from = "anna@x", .to = "me@example.org" }, "Me <me@example.org>", "anna@x", "" },
	{ "followup", DRAFT_REPLY_ALL, { .from = "anna@x", .to = "list@x", .cc = "c@x", .mail_followup_to = "list@x, d@x" },
		"Me <me@example.org>", "list@x, d@x", "" },
	{ "followup not used", DRAFT_REPLY, { .from = "anna@x", .to = "list@x", .mail_followup_to = "list@x" }, "Me <me@example.org>", "anna@x", "" },
	{ "list", DRAFT_REPLY_LIST, { .from = "anna@x", .to = "list@x.example", .cc = "c@x", .list_post = "<mailto:list@x.example> (moderated)" },
		"Me <me@example.org>", "list@x.example", "" },
	{ "list, escaped", DRAFT_REPLY_LIST, { .from = "anna@x", .list_post = "<mailto:a%2Bb@x.example?subject=x>" },
		"Me <me@example.org>", "a+b@x.example", "" },
	{ "list, bare", DRAFT_REPLY_LIST, { .from = "anna@x", .list_post = "list@x.example" }, "Me <me@example.org>", "list@x.example", "" },
	{ "list, none", DRAFT_REPLY_LIST, { .from = "anna@x", .list_post = "NO" }, "Me <me@example.org>", "", "" },
	{ "oneself", DRAFT_REPLY, { .from = "me@example.org", .to = "Bob <bob@x>", .cc = "c@x" }, "Me <me@example.org>", "Bob <bob@x>", "" },
	{ "oneself, all", DRAFT_REPLY_ALL, { .from = "me@work.example", .to = "Bob <bob@x>", .cc = "c@x" }, "Me <me@work.example>", "Bob <bob@x>", "c@x" },
	{ "to oneself", DRAFT_REPLY, { .from = "me@example.org", .to = "me@example.org" }, "Me <me@example.org>", "me@example.org", "" },
	{ "to oneself, all", DRAFT_REPLY_ALL, { .from = "me@example.org", .to = "me@example.org" }, "Me <me@example.org>", "me@example.org", "" },
	{ "comma in a name", DRAFT_REPLY_ALL, { .from = "Weber, Anna <anna@x>", .to = "me@example.org, M\xc3\xbcller, J. <j@x>" },
		"Me <me@example.org>", "\"Weber, Anna\" <anna@x>, \"M\xc3\xbcller, J.\" <j@x>", "" },
	{ "nobody", DRAFT_REPLY, { .to = "undisclosed-recipients:;" }, "Me <me@example.org>", "", "" },
	{ "nonsense", DRAFT_REPLY_ALL, { .from = "a@x", .to = "@, <>, \"a, b@@, c@x" }, "Me <me@example.org>", "a@x, c@x", "" },
	{ "one quote mark", DRAFT_REPLY_ALL, { .from = "a@x", .to = "5\" disk <d@x>, c@x" }, "Me <me@example.org>", "a@x, 5 disk <d@x>, c@x", "" },
	/* names stand in the store without their quotes */
	{ "brackets in names", DRAFT_REPLY_ALL, { .from = "a@x", .to = "Anna :( <anna@x>, Bob :) <bob@x>, C [x <c@x>, d@x",
		.cc = "E (F <e@x>, G (Home) <g@x>, h@x (I, J), \"K, (L\" <k@x>, m@x" }, "Me <me@example.org>",
		"a@x, \"Anna :(\" <anna@x>, \"Bob :)\" <bob@x>, \"C [x\" <c@x>, d@x",
		"\"E (F\" <e@x>, \"G (Home)\" <g@x>, h@x, \"K, (L\" <k@x>, m@x" },
	{ "colon in a name", DRAFT_REPLY_ALL, { .from = "a@x", .to = "Help: Shop <b@x>, c <3 d <d@x>, e@x" },
		"Me <me@example.org>", "a@x, \"Help: Shop\" <b@x>, \"c <3 d\" <d@x>, e@x", "" },
	{ "group", DRAFT_REPLY_ALL, { .from = "a@x", .to = "Friends: B <b@x>, c@x;, d@x" }, "Me <me@example.org>", "a@x, B <b@x>, c@x, d@x", "" },
	{ "two ends", DRAFT_REPLY_ALL, { .from = "a@x", .to = "b@x RCPT TO:<c(@x>, d@x" }, "Me <me@example.org>", "a@x, d@x", "" },
	{ "only cc left", DRAFT_REPLY_ALL, { .from = "me@example.org", .to = "me@example.org", .cc = "c@x" }, "Me <me@example.org>", "c@x", "" },
	{ "forward", DRAFT_FORWARD, { .from = "anna@x", .to = "me@work.example" }, "Me <me@work.example>", "", "" },
	{ "edit", DRAFT_EDIT, { .from = "me@work.example", .to = "a@x", .cc = "b@x" }, "Me <me@work.example>", "a@x", "b@x" },
};

static void
test_addresses(void)
{
	ReplyStyle st = style();

	for (gsize i = 0; i < G_N_ELEMENTS(address_cases); i++) {
		g_test_message("%s", address_cases[i].name);
		g_autoptr(Draft) d = reply_make(address_cases[i].kind, &address_cases[i].s, &st);
		g_assert_cmpstr(d->fields[DRAFT_FROM], ==, address_cases[i].from);
		g_assert_cmpstr(d->fields[DRAFT_TO], ==, address_cases[i].to);
		g_assert_cmpstr(d->fields[DRAFT_CC], ==, address_cases[i].cc);
		g_assert_cmpstr(d->fields[DRAFT_BCC], ==, "");
	}
}

/* ---- subject ---- */

static const struct { const char *in, *reply, *forward; } subjects[] = {
	{ "x", "Re: x", "Fwd: x" },
	{ "Re: x", "Re: x", "Fwd: x" },
	{ "RE: AW: Re: x", "Re: x", "Fwd: x" },
	{ "Re[2]: x", "Re: x", "Fwd: x" }, { "Re(12): x", "Re: x", "Fwd: x" }, { "Re^3: x", "Re: x", "Fwd: x" },
	{ "Re2: x", "Re: x", "Fwd: x" }, { "AW3: x", "Re: x", "Fwd: x" }, { "R2: x", "Re: R2: x", "Fwd: R2: x" },
	{ "TR069: x", "Re: TR069: x", "Fwd: TR069: x" }, { "Re: i5: x", "Re: i5: x", "Fwd: i5: x" }, { "R[2]: x", "Re: x", "Fwd: x" },
	{ "RE : x", "Re: x", "Fwd: x" }, { "Re:x", "Re: x", "Fwd: x" },
	{ "Antw: x", "Re: x", "Fwd: x" }, { "SV: x", "Re: x", "Fwd: x" }, { "Odp: x", "Re: x", "Fwd: x" }, { "VS: x", "Re: x", "Fwd: x" },
	{ "WG: AW: x", "Re: x", "Fwd: x" }, { "Fwd: x", "Re: x", "Fwd: x" }, { "TR: x", "Re: x", "Fwd: x" }, { "RIF: x", "Re: x", "Fwd: x" },
	{ "\xe5\x9b\x9e\xe5\xa4\x8d\xef\xbc\x9ax", "Re: x", "Fwd: x" },	/* Chinese, wide colon */
	{ "\xd0\x9e\xd1\x82\xd0\xb2\xd0\xb5\xd1\x82: x", "Re: x", "Fwd: x" },	/* Russian */
	{ "[list] Re: x", "Re: [list] x", "Fwd: [list] x" }, { "Re: [list] AW: x", "Re: [list] x", "Fwd: [list] x" },
	{ "[list] x", "Re: [list] x", "Fwd: [list] x" },
	{ "Reply: x", "Re: Reply: x", "Fwd: Reply: x" }, { "Real: x", "Re: Real: x", "Fwd: Real: x" }, { "Re x", "Re: Re x", "Fwd: Re x" },
	{ "", "Re: ", "Fwd: " }, { NULL, "Re: ", "Fwd: " }, { "Re:", "Re: ", "Fwd: " }, { "  Re:  x", "Re: x", "Fwd: x" },
	{ "[", "Re: [", "Fwd: [" }, { "\xff", "Re: ", "Fwd: " },
};

static void
test_subjects(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_autofree char *re = reply_subject(subjects[i].in, false), *fwd = reply_subject(subjects[i].in, true);
		g_assert_cmpstr(re, ==, subjects[i].reply);
		g_assert_cmpstr(fwd, ==, subjects[i].forward);
	}
}

/* ---- text ---- */

static Document *
document_of(const char *header, const char *body)
{
	g_autofree char *raw = g_strdup_printf("From: Anna <anna@x>\r\n%s\r\n%s", header, body);
	g_autoptr(GBytes) bytes = g_bytes_new(raw, strlen(raw));
	MessageInput in = { .raw = bytes, .columns = 80 };
	return message_render(&in);
}

#define FLOWED "Content-Type: text/plain; format=flowed\r\n"
#define LONG "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
static const struct { const char *name, *header, *body; guint wrap; const char *quoted; } quotes[] = {
	{ "plain", "", "Hello\r\nthere\r\n", 0, "> Hello\n> there\n" },
	{ "depth", "", "> a\r\n>> b\r\nme\r\n", 0, ">> a\n>>> b\n> me\n" },
	{ "blank lines", "", "\r\n\r\na\r\n\r\nb\r\n\r\n", 0, "> a\n>\n> b\n" },
	{ "signature", "", "text\r\n-- \r\nAnna\r\nx\r\n", 0, "> text\n" },
	{ "wrapped", "", LONG "\r\n", 40, "> one two three four five six seven\n> eight nine ten eleven twelve thirteen\n> fourteen\n" },
	{ "not wrapped", FLOWED, "one two \r\nthree\r\n", 0, "> one two three\n" },
	{ "flowed", FLOWED, ">> one two \r\n>> three\r\n", 0, ">>> one two three\n" },
	{ "empty", "", "", 0, "" },
	{ "html", "Content-Type: text/html\r\n", "<p>Hello <b>you</b></p><blockquote>old</blockquote>", 0, "> Hello you\n>\n>> old\n" },
};

static void
test_quotes(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(quotes); i++) {
		g_test_message("%s", quotes[i].name);
		g_autoptr(Document) doc = document_of(quotes[i].header, quotes[i].body);
		g_autofree char *text = reply_quote(doc, quotes[i].wrap);
		g_assert_cmpstr(text, ==, quotes[i].quoted);
	}
	g_autofree char *none = reply_quote(NULL, 72);
	g_assert_cmpstr(none, ==, "");
}

static void
test_bodies(void)
{
	g_autoptr(Document) doc = document_of("", "Hello\r\n-- \r\nAnna\r\n");
	ReplySource s = { .from = "Weber, Anna <anna@x>", .to = "me@example.org", .subject = "wall", .sent = 1772442000, .document = doc };
	ReplyStyle st = style();

	st.signature = "Me\nHome";
	g_autoptr(Draft) below = reply_make(DRAFT_REPLY, &s, &st);
	g_assert_cmpstr(below->body, ==, "On Mon, 02 Mar 2026 at 09:00, Weber, Anna wrote:\n> Hello\n\n\n-- \nMe\nHome\n");
	st.signature_above = true;
	st.attribution = "%a (%n) on %s: 100%% %x";
	g_autoptr(Draft) above = reply_make(DRAFT_REPLY, &s, &st);
	g_assert_cmpstr(above->body, ==, "\n\n-- \nMe\nHome\n\nanna@x (Weber, Anna) on wall: 100% %x\n> Hello\n");
	st = style();
	st.signature = "-- \nMe\n";
	g_autoptr(Draft) forward = reply_make(DRAFT_FORWARD, &s, &st);
	g_assert_cmpstr(forward->body, ==, "\n\n---------- Forwarded message ----------\nFrom: Weber, Anna <anna@x>\n"
		"Date: Mon, 02 Mar 2026 at 09:00\nSubject: wall\nTo: me@example.org\n\nHello\n-- \nAnna\n\n-- \nMe\n");
	g_assert_cmpstr(forward->fields[DRAFT_SUBJECT], ==, "Fwd: wall");
	g_autoptr(Draft) again = reply_make(DRAFT_EDIT, &s, &st);
	g_assert_cmpstr(again->body, ==, "Hello\n-- \nAnna\n");
	g_assert_cmpstr(again->fields[DRAFT_SUBJECT], ==, "wall");
	g_autoptr(Draft) fresh = reply_make(DRAFT_NEW, &(ReplySource){ 0 }, &st);
	g_assert_cmpstr(fresh->body, ==, "\n\n-- \nMe\n");
	g_assert_cmpstr(fresh->fields[DRAFT_SUBJECT], ==, "");
	s.sent = 0;
	st = style();
	g_autoptr(Draft) undated = reply_make(DRAFT_REPLY, &s, &st);
	g_assert_true(g_str_has_prefix(undated->body, "Weber, Anna wrote:\n"));
}

static void
test_attached(void)
{
	g_autoptr(GBytes) raw = g_bytes_new_static("Subject: x\r\n\r\n", 14);
	ReplySource s = { .from = "anna@x", .subject = "a/b: c", .message_id = "<1@x>", .raw = raw };
	ReplyStyle st = style();
	const DraftKind kinds[] = { DRAFT_FORWARD_ATTACHED, DRAFT_BOUNCE };

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(Draft) d = reply_make(kinds[i], &s, &st);
		g_assert_cmpuint(d->attachments->len, ==, 1);
		const DraftAttachment *a = &g_array_index(d->attachments, DraftAttachment, 0);
		g_assert_cmpstr(a->type, ==, "message/rfc822");
		g_assert_cmpstr(a->name, ==, "a_b_ c.eml");
		g_assert_true(g_bytes_equal(a->data, raw));
		g_assert_cmpstr(d->answers_id, ==, "<1@x>");
		g_assert_null(d->in_reply_to);
	}
}

/* ---- thread ---- */

static void
test_thread(void)
{
	static const struct { const char *name; ReplySource s; const char *in_reply_to, *references; } cases[] = {
		{ "first", { .message_id = "<1@x>" }, "<1@x>", "<1@x>" },
		{ "second", { .message_id = "<2@x>", .references = "<0@x> <1@x>", .in_reply_to = "<1@x>" }, "<2@x>", "<0@x> <1@x> <2@x>" },
		{ "only In-Reply-To", { .message_id = "<2@x>", .in_reply_to = "<1@x>" }, "<2@x>", "<1@x> <2@x>" },
		{ "two In-Reply-To", { .message_id = "<2@x>", .in_reply_to = "<0@x> <1@x>" }, "<2@x>", "<2@x>" },
		{ "no id", { .references = "<0@x>" }, NULL, "<0@x>" },
		{ "nonsense", { .message_id = "1@x", .references = "x <a b> <> <ok@x>" }, NULL, "<ok@x>" },
		{ "nothing", { .subject = "x" }, NULL, NULL },
	};
	ReplyStyle st = style();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].name);
		g_autoptr(Draft) d = reply_make(DRAFT_REPLY, &cases[i].s, &st);
		g_assert_cmpstr(d->in_reply_to, ==, cases[i].in_reply_to);
		g_assert_cmpstr(d->references, ==, cases[i].references);
	}
	GString *many = g_string_new(NULL);
	for (int i = 0; i < 100; i++)
		g_string_append_printf(many, "<%d@x> ", i);
	g_autofree char *text = g_string_free(many, FALSE);
	ReplySource s = { .message_id = "<100@x>", .references = text };
	g_autoptr(Draft) d = reply_make(DRAFT_REPLY, &s, &st);
	g_auto(GStrv) ids = g_strsplit(d->references, " ", -1);
	g_assert_cmpuint(g_strv_length(ids), ==, 21);
	g_assert_cmpstr(ids[0], ==, "<0@x>");
	g_assert_cmpstr(ids[1], ==, "<81@x>");
	g_assert_cmpstr(ids[20], ==, "<100@x>");
}

static void
test_fill(void)
{
	g_autoptr(Document) doc = document_of("List-Post: <mailto:list@x.example>\r\nMail-Followup-To: a@x.example\r\nDelivered-To: me@work.example\r\n"
		"Message-ID: <1@x>\r\nReferences: <0@x>\r\n <00@x>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\nTo: b@x\r\n", "x\r\n");
	ReplySource s = { .to = "kept@x" };

	reply_source_fill(&s, doc);
	g_assert_cmpstr(s.to, ==, "kept@x");
	g_assert_cmpstr(s.list_post, ==, "<mailto:list@x.example>");
	g_assert_cmpstr(s.mail_followup_to, ==, "a@x.example");
	g_assert_cmpstr(s.delivered_to, ==, "me@work.example");
	g_assert_cmpstr(s.message_id, ==, "<1@x>");
	g_assert_cmpstr(s.references, ==, "<0@x> <00@x>");
	g_assert_cmpint(s.sent, ==, 1772442000);
	g_assert_true(s.document == doc);
	ReplyStyle st = style();
	g_autoptr(Draft) d = reply_make(DRAFT_REPLY_LIST, &s, &st);
	g_assert_cmpstr(d->fields[DRAFT_TO], ==, "a@x.example");
	g_assert_cmpstr(d->fields[DRAFT_FROM], ==, "Me <me@work.example>");
}

/* A draft of another program: those who get it unseen are part of it. */
static void
test_edit_bcc(void)
{
	g_autoptr(Document) doc = document_of("From: me@example.org\r\nTo: b@x\r\nBcc: \"Sam, (S\" <sam@x>, eve@x\r\n", "x\r\n");
	ReplySource s = { 0 };

	reply_source_fill(&s, doc);
	ReplyStyle st = style();
	g_autoptr(Draft) again = reply_make(DRAFT_EDIT, &s, &st), answer = reply_make(DRAFT_REPLY_ALL, &s, &st);
	g_assert_cmpstr(again->fields[DRAFT_BCC], ==, "\"Sam, (S\" <sam@x>, eve@x");
	g_assert_cmpstr(answer->fields[DRAFT_BCC], ==, "");
}

/* Each piece over and over: it costs no time that is felt. */
static void
test_floods(void)
{
	static const char *const pieces[] = { "(", "<", ":", "\"", "a@x,", "(<", "\\(", "a <b@x>, " };

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) list = g_string_new(NULL);
		while (list->len < 64 * 1024)
			g_string_append(list, pieces[i]);
		gint64 start = cpu_us();
		g_auto(GStrv) all = reply_addresses(list->str);
		g_test_message("%s: %u, %" G_GINT64_FORMAT " ms", pieces[i], g_strv_length(all), (cpu_us() - start) / 1000);
		g_assert_cmpint(cpu_us() - start, <, 20 * G_USEC_PER_SEC);
	}
}

#define MIXED "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
#define MESSAGE "From: c@x\r\nSubject: old\r\nContent-Type: text/plain\r\n\r\nOld words\r\n-- \r\nsig\r\n"

/* What comes along as a file is not in the text as well. */
static void
test_files(void)
{
	g_autofree char *encoded = g_base64_encode((const guchar *)MESSAGE, strlen(MESSAGE));
	g_autofree char *body = g_strconcat("--b\r\n\r\nMy words\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" MESSAGE
		"\r\n--b\r\nContent-Type: text/plain; name=notes.txt\r\n\r\nNotes\r\n--b\r\nContent-Type: message/rfc822\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n", encoded, "\r\n--b\r\nContent-Type: text/plain\r\n\r\nThe end\r\n--b--\r\n", NULL);
	g_autoptr(Document) doc = document_of(MIXED, body), alone = document_of("Content-Type: text/plain; name=x.txt\r\n", "All of it\r\n");
	g_autofree char *text = reply_plain(doc), *whole = reply_plain(alone);

	g_assert_nonnull(strstr(text, "My words"));
	g_assert_nonnull(strstr(text, "The end"));
	g_assert_null(strstr(text, "Old words"));
	g_assert_null(strstr(text, "Notes"));
	g_assert_null(strstr(text, "sig"));
	g_assert_cmpstr(whole, ==, "All of it\n");
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/mail/reply/addresses", test_addresses);
	g_test_add_func("/mail/reply/subjects", test_subjects);
	g_test_add_func("/mail/reply/quotes", test_quotes);
	g_test_add_func("/mail/reply/bodies", test_bodies);
	g_test_add_func("/mail/reply/attached", test_attached);
	g_test_add_func("/mail/reply/thread", test_thread);
	g_test_add_func("/mail/reply/fill", test_fill);
	g_test_add_func("/mail/reply/edit-bcc", test_edit_bcc);
	g_test_add_func("/mail/reply/files", test_files);
	g_test_add_func("/mail/reply/floods", test_floods);
	return g_test_run();
}
