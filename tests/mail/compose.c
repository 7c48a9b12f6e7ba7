/* compose.c - tests of writing messages: what a draft becomes, read back by our own reader.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/compose.h"
#include "mail/encode.h"
#include "mail/message.h"
#include "mail/summary.h"
#include "base/limits.h"
#include "tests/cpu.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ID "<0123456789abcdef@example.org>"

/* what librender has for the main process */
void
summary_clear(Summary *s)
{
	char **texts[] = { &s->subject, &s->from_name, &s->from_address, &s->to, &s->cc, &s->reply_to, &s->message_id,
		&s->in_reply_to, &s->references };
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(*texts[i]);
}

static Draft *
draft(const char *to, const char *subject, const char *body)
{
	Draft *d = draft_new();
	draft_set(d, DRAFT_TO, to);
	draft_set(d, DRAFT_SUBJECT, subject);
	g_free(d->body);
	d->body = g_strdup(body);
	d->message_id = g_strdup(ID);
	d->date = 1772442000;
	return d;
}

static GBytes *
file_bytes(int fd)
{
	gsize len = (gsize)lseek(fd, 0, SEEK_END);
	char *data = g_malloc(len + 1);
	g_assert_cmpint(pread(fd, data, len, 0), ==, (ssize_t)len);
	data[len] = 0;
	return g_bytes_new_take(data, len);
}

/* P15, P16: what holds for every message that leaves. */
static void
check_wire(GBytes *message, bool has_8bit)
{
	gsize len, column = 0;
	const char *p = g_bytes_get_data(message, &len);

	g_assert_cmpuint(len, >, 2);
	g_assert_true(memcmp(p + len - 2, "\r\n", 2) == 0);
	for (gsize i = 0; i < len; i++) {
		if (p[i] == '\r')
			g_assert_true(i + 1 < len && p[i + 1] == '\n');
		if (p[i] == '\n')
			g_assert_true(i > 0 && p[i - 1] == '\r');
		column = p[i] == '\n' ? 0 : column + 1;
		g_assert_cmpuint(column, <=, 999);	/* with its CR */
		g_assert_true(p[i] != 0);
		if (!has_8bit)
			g_assert_true((guchar)p[i] < 0x80);
	}
}

static GBytes *
write_draft(const Draft *d, Envelope *e)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(GTimeZone) zone = g_time_zone_new_offset(3600);
	int fd = memfd_create("test", 0);

	envelope_init(e);
	bool fine = compose_write(d, "Me <me@example.org>", zone, fd, e, &err);
	g_assert_no_error(err);
	g_assert_true(fine);
	GBytes *message = file_bytes(fd);
	close(fd);
	if (d->kind != DRAFT_BOUNCE)
		check_wire(message, e->has_8bit);
	return message;
}

static void
refused(const Draft *d, const char *words)
{
	g_autoptr(GError) err = NULL;
	Envelope e;
	int fd = memfd_create("test", 0);

	envelope_init(&e);
	g_assert_false(compose_write(d, "Me <me@example.org>", NULL, fd, &e, &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	if (!strstr(err->message, words))
		g_error("“%s” does not say “%s”", err->message, words);
	envelope_clear(&e);
	close(fd);
}

static bool
has(GBytes *message, const char *text)
{
	gsize len;
	const char *p = g_bytes_get_data(message, &len);
	return memmem(p, len, text, strlen(text)) != NULL;
}

static void
assert_has(GBytes *message, const char *text)
{
	if (!has(message, text))
		g_error("no “%s” in:\n%s", text, (const char *)g_bytes_get_data(message, NULL));
}

/* The whole text as the pager has it: each block a line, its quote depth before it. */
static char *
shown(GBytes *message)
{
	MessageInput in = { .raw = message, .columns = 80 };
	g_autoptr(Document) doc = message_render(&in);
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < doc->blocks->len; i++) {
		const Block *b = doc->blocks->pdata[i];
		if (b->kind == BLOCK_PART || b->kind == BLOCK_NOTE)
			continue;
		for (guint q = 0; q < b->quote; q++)
			g_string_append_c(out, '>');
		g_string_append_printf(out, "%s\n", b->text ? clean_peek(b->text) : "");
	}
	return g_string_free(out, FALSE);
}

/* ---- header fields ---- */

static const struct { const char *name, *to, *subject; const char *seen_to; } header_cases[] = {
	{ "plain", "Bob <bob@example.org>", "hello", NULL },
	{ "no name", "bob@example.org", "hello", NULL },
	{ "umlauts", "J\xc3\xbcrgen Gro\xc3\x9f <j@example.org>", "Gr\xc3\xbc\xc3\x9f" "e aus K\xc3\xb6ln und Umgebung", NULL },
	{ "comma", "\"Weber, Anna\" <anna@example.org>", "a, b", "Weber, Anna <anna@example.org>" },
	{ "quote", "\"Anna \\\"A\\\" Weber\" <anna@example.org>", "say \"hi\"", "Anna \"A\" Weber <anna@example.org>" },
	{ "comma and umlaut", "\"M\xc3\xbcller, \xc3\x84nne\" <a@example.org>", "x", "M\xc3\xbcller, \xc3\x84nne <a@example.org>" },
	{ "emoji", "\xf0\x9f\x98\x80 <smile@example.org>", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb \xf0\x9f\x98\x80\xf0\x9f\x98\x80 party", NULL },
	{ "chinese", "\xe6\x9d\x8e <li@example.org>", "\xe4\xbd\xa0\xe5\xa5\xbd\xef\xbc\x8c\xe4\xb8\x96\xe7\x95\x8c\xe4\xbd\xa0\xe5\xa5\xbd\xef\xbc\x8c"
		"\xe4\xb8\x96\xe7\x95\x8c\xe4\xbd\xa0\xe5\xa5\xbd\xef\xbc\x8c\xe4\xb8\x96\xe7\x95\x8c\xe4\xbd\xa0\xe5\xa5\xbd", NULL },
	{ "looks encoded", "Bob <bob@example.org>", "what =?utf-8?q?is?= this", NULL },
	{ "mixed words", "Bob <bob@example.org>", "a \xc3\xa4 b \xc3\xb6 \xc3\xbc c  d", NULL },
	{ "many", "a@example.org, B <b@example.org>, \xc3\x84 <c@example.org>, dddddddddddddddddddddddd@example.org, e@example.org",
		"x", NULL },
	{ "comment", "bob@example.org (Bob)", "x", "Bob <bob@example.org>" },
	{ "quoted local part", "\"a b\"@example.org", "x", NULL },
	{ "blanks only between", "a@b.example", "one   two", NULL },
	{ "no subject", "a@b.example", "", NULL },
};

static void
test_headers(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(header_cases); i++) {
		g_test_message("%s", header_cases[i].name);
		g_autoptr(Draft) d = draft(header_cases[i].to, header_cases[i].subject, "text\n");
		Envelope e;
		Summary s;
		gsize len;
		g_autoptr(GBytes) message = write_draft(d, &e);
		const char *raw = g_bytes_get_data(message, &len);
		summary_of(raw, len, &s);
		g_assert_cmpstr(s.subject ? s.subject : "", ==, header_cases[i].subject);
		g_assert_cmpstr(s.to, ==, header_cases[i].seen_to ? header_cases[i].seen_to : header_cases[i].to);
		g_assert_cmpstr(s.message_id, ==, ID);
		g_assert_cmpint(s.sent, ==, 1772442000);
		g_assert_cmpstr(s.from_address, ==, "me@example.org");
		assert_has(message, "Date: Mon, 02 Mar 2026 10:00:00 +0100\r\n");
		g_assert_false(has(message, "User-Agent"));
		summary_clear(&s);
		envelope_clear(&e);
	}
}

/* Subjects of every length and kind of letter fold and come back the same. */
static void
test_subject_lengths(void)
{
	static const char *const units[] = { "a", "\xc3\xa4", "\xe4\xbd\xa0", "\xf0\x9f\x98\x80", "ab \xc3\xa4", "word ", "=?" };

	for (gsize u = 0; u < G_N_ELEMENTS(units); u++)
		for (guint n = 1; n < 1200; n += n < 120 ? 1 : 97) {
			GString *subject = g_string_new(NULL);
			for (guint i = 0; i < n; i++)
				g_string_append(subject, units[u]);
			g_autofree char *wanted = g_strstrip(g_string_free(subject, FALSE));
			g_autoptr(GString) out = g_string_new(NULL);
			encode_text(out, "Subject", wanted);
			g_auto(GStrv) lines = g_strsplit(out->str, "\r\n", -1);
			for (char **l = lines; *l; l++)
				g_assert_cmpuint(strlen(*l), <=, strstr(*l, "=?") ? 76 : 998);
			Summary s;
			summary_of(out->str, out->len, &s);
			g_assert_cmpstr(s.subject, ==, wanted);
			summary_clear(&s);
		}
}

static void
test_injection(void)
{
	static const char evil[] = "x\r\nBcc: evil@example.com\r\n\r\nbody\n.\r\nMAIL FROM:<e@x>\r";
	g_autoptr(Draft) d = draft("Bob <bob@example.org>", evil, "text\n");
	DraftAttachment *a = draft_attach(d);
	Envelope e;

	a->data = g_bytes_new_static("x", 1);
	a->name = g_strdup(evil);
	a->type = g_strdup("text/plain\r\nX-Evil: 1");
	a->description = g_strdup(evil);
	d->in_reply_to = g_strdup("<a@b>\r\nX-Evil: 1");
	d->references = g_strdup("<a@b>\r\n\r\nX-Evil: 1 <c@d>");
	draft_set(d, DRAFT_REPLY_TO, "\"x\r\nX-Evil: 1\" <a@b.example>");
	g_autoptr(GBytes) message = write_draft(d, &e);
	g_assert_false(has(message, "\nBcc:"));
	g_assert_false(has(message, "\nX-Evil"));
	g_assert_false(has(message, "\n.\r"));
	g_assert_cmpuint(e.recipients->len, ==, 1);
	envelope_clear(&e);

	/* past draft_set: what is there may be as bad as it likes */
	const DraftField all[] = { DRAFT_FROM, DRAFT_TO, DRAFT_CC, DRAFT_BCC, DRAFT_REPLY_TO, DRAFT_SUBJECT };
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
		g_autoptr(Draft) bad = draft("Bob <bob@example.org>", "x", "text\n");
		g_free(bad->fields[all[i]]);
		bad->fields[all[i]] = g_strdup("a <a@example.org>\r\nX-Evil: 1");
		refused(bad, "line end");
	}
}

static void
test_bcc(void)
{
	g_autoptr(Draft) d = draft("a@example.org", "x", "text\n");
	Envelope e;

	draft_set(d, DRAFT_CC, "A@example.org, b@example.org");
	draft_set(d, DRAFT_BCC, "Secret <s@example.org>, b@example.org");
	g_autoptr(GBytes) message = write_draft(d, &e);
	g_assert_false(has(message, "Bcc"));
	g_assert_false(has(message, "s@example.org"));
	g_assert_cmpuint(e.recipients->len, ==, 3);
	g_assert_cmpstr(e.recipients->pdata[2], ==, "s@example.org");
	g_assert_cmpstr(e.sender, ==, "me@example.org");
	envelope_clear(&e);
	g_autoptr(Draft) only = draft("", "x", "text\n");
	draft_set(only, DRAFT_BCC, "s@example.org");
	g_autoptr(GBytes) quiet = write_draft(only, &e);
	assert_has(quiet, "\r\nTo: undisclosed-recipients:;\r\n");
	g_assert_false(has(quiet, "s@example.org"));
	envelope_clear(&e);
	g_autoptr(Draft) begun = draft("", "x", "text\n");	/* it lies among the drafts */
	g_autoptr(GBytes) nobody = write_draft(begun, &e);
	g_assert_false(has(nobody, "\r\nTo:"));
	g_assert_cmpuint(e.recipients->len, ==, 0);
	envelope_clear(&e);
}

static void
test_idn(void)
{
	g_autoptr(Draft) d = draft("Bj\xc3\xb6rn <bjorn@b\xc3\xbc" "cher.example>", "x", "text\n");
	Envelope e;

	g_autoptr(GBytes) message = write_draft(d, &e);
	g_assert_cmpstr(e.recipients->pdata[0], ==, "bjorn@xn--bcher-kva.example");
	g_assert_false(e.needs_utf8);
	g_assert_false(e.has_8bit);
	assert_has(message, "<bjorn@xn--bcher-kva.example>");
	envelope_clear(&e);
	g_autoptr(Draft) utf8 = draft("bj\xc3\xb6rn@example.org", "x", "text\n");
	g_autoptr(GBytes) eai = write_draft(utf8, &e);
	g_assert_true(e.needs_utf8);
	g_assert_true(e.has_8bit);
	assert_has(eai, "To: bj\xc3\xb6rn@example.org\r\n");
	envelope_clear(&e);
}

static void
test_references(void)
{
	g_autoptr(Draft) d = draft("a@example.org", "x", "text\n");
	GString *ids = g_string_new(NULL);
	Envelope e;
	Summary s;
	gsize len;

	for (int i = 0; i < 100; i++)
		g_string_append_printf(ids, "%s<number-%d-with-some-length@mail.example.org>", i ? " " : "", i);
	d->references = g_string_free(ids, FALSE);
	d->in_reply_to = g_strdup("<number-99-with-some-length@mail.example.org>");
	g_autoptr(GBytes) message = write_draft(d, &e);
	const char *raw = g_bytes_get_data(message, &len);
	summary_of(raw, len, &s);
	g_assert_cmpstr(s.references, ==, d->references);
	g_assert_cmpstr(s.in_reply_to, ==, d->in_reply_to);
	summary_clear(&s);
	envelope_clear(&e);
}

/* ---- bodies ---- */

#define W50 "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj "
static const struct { const char *name, *body, *shown; const char *encoding; } body_cases[] = {
	{ "plain", "Hello\nthere\n", "Hello\nthere\n", "7bit" },
	{ "empty", "", "", "7bit" },
	{ "no end", "Hello", "Hello\n", "7bit" },
	{ "one dot", "a\n.\n..\n.x\n", "a\n.\n..\n.x\n", "7bit" },
	{ "From", "From here\n>From there\n", "From here\n>From there\n", "7bit" },
	{ "trailing blanks", "one   \ntwo\n", "one\ntwo\n", "7bit" },
	{ "leading blanks", "  one\n two\n", "  one\n two\n", "7bit" },
	{ "long paragraph", W50 W50 W50 "end\n", W50 W50 W50 "end\n", "7bit" },
	{ "two paragraphs", W50 W50 "x\n\n" W50 W50 "y\n", W50 W50 "x\n\n" W50 W50 "y\n", "7bit" },
	{ "quoted", "> a\n>> b\n> > > c\n\nme\n", ">a\n>>b\n>>>c\n\nme\n", "7bit" },
	{ "quoted long", "> " W50 W50 "x\n", ">" W50 W50 "x\n", "7bit" },
	{ "signature", "text\n-- \nMe\nHome\n", "text\n-- \nMe\nHome\n", "7bit" },
	{ "umlauts", "Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9f" "e und vieles mehr\n", "Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9f" "e und vieles mehr\n", "quoted-printable" },
	{ "chinese", "\xe4\xbd\xa0\xe5\xa5\xbd\n", "\xe4\xbd\xa0\xe5\xa5\xbd\n", "base64" },
	{ "= and tabs", "a=b\n", "a=b\n", "7bit" },
	{ "dashes first", "-- " W50 W50 "x\n", "-- " W50 W50 "x\n", "7bit" },
};

/* What blocks make of it is compared without the layout's blanks at ends. */
static char *
trimmed(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **l = lines; *l; l++)
		g_strchomp(*l);
	g_autofree char *all = g_strjoinv("\n", lines);
	return g_strdup(g_strchomp(all));
}

static void
test_bodies(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(body_cases); i++) {
		g_test_message("%s", body_cases[i].name);
		g_autoptr(Draft) d = draft("a@example.org", "x", body_cases[i].body);
		Envelope e;
		g_autoptr(GBytes) message = write_draft(d, &e);
		g_autofree char *seen = shown(message), *a = trimmed(seen), *b = trimmed(body_cases[i].shown);
		g_autofree char *wanted = g_strdup_printf("Content-Transfer-Encoding: %s\r\n", body_cases[i].encoding);
		if (strcmp(a, b) != 0)
			g_printerr("%s\n", (const char *)g_bytes_get_data(message, NULL));
		g_assert_cmpstr(a, ==, b);
		assert_has(message, wanted);
		envelope_clear(&e);
	}
}

static void
test_long_line(void)
{
	g_autofree char *line = g_strnfill(10240, 'x'), *body = g_strdup_printf("%s\nend\n", line);

	for (int flowed = 0; flowed < 2; flowed++) {
		g_autoptr(Draft) d = draft("a@example.org", "x", body);
		Envelope e;
		d->flowed = flowed;
		g_autoptr(GBytes) message = write_draft(d, &e);
		g_autofree char *seen = shown(message);
		g_assert_cmpstr(seen, ==, body);
		envelope_clear(&e);
	}
	/* many words in one line: soft breaks, in a time that is linear */
	g_autoptr(GString) words = g_string_new(NULL);
	while (words->len < 4 * MIB)
		g_string_append(words, W50);
	g_string_append(words, "end\n");
	g_autoptr(Draft) d = draft("a@example.org", "x", words->str);
	Envelope e;
	gint64 start = cpu_us();
	g_autoptr(GBytes) message G_GNUC_UNUSED = write_draft(d, &e);
	g_test_message("4 MiB flowed in %d ms", (int)((cpu_us() - start) / 1000));
	g_assert_cmpint(cpu_us() - start, <, 5 * G_USEC_PER_SEC);
	envelope_clear(&e);
}

static void
test_fixed(void)
{
	g_autoptr(Draft) d = draft("a@example.org", "x", "From me\ntrailing  \n.\n");
	Envelope e;

	d->flowed = false;
	g_autoptr(GBytes) message = write_draft(d, &e);
	assert_has(message, "\r\n=46rom me\r\ntrailing =20\r\n=2E\r\n");
	g_assert_false(has(message, "flowed"));
	envelope_clear(&e);
}

/* ---- attachments ---- */

static void
test_attachments(void)
{
	g_autofree char *dir = g_dir_make_tmp("eil-XXXXXX", NULL), *path = g_build_filename(dir, "B\xc3\xbc" "cher liste.bin", NULL);
	g_autoptr(Draft) d = draft("a@example.org", "x", "text\n");
	g_autofree char *data = g_malloc(200001);
	Envelope e;

	for (gsize i = 0; i < 200001; i++)
		data[i] = (char)(i * 7 + i / 251);
	g_assert_true(g_file_set_contents(path, data, 200001, NULL));
	draft_attach(d)->path = g_strdup(path);
	DraftAttachment *a = draft_attach(d);
	a->data = g_bytes_new_static("%PDF-1.4 x", 10);
	a->name = g_strdup("a very long name of a file that nobody would type by hand but that programs make all the time.pdf");
	a = draft_attach(d);
	a->data = g_bytes_new_static("\xc3\xa4\n", 3);
	a->name = g_strdup("note.txt");
	a->is_inline = true;
	a->description = g_strdup("eine Notiz f\xc3\xbcr dich");
	draft_attach(d)->name = g_strdup("empty.dat");
	g_autoptr(GBytes) message = write_draft(d, &e);
	MessageInput in = { .raw = message, .columns = 80 };
	g_autoptr(Document) doc = message_render(&in);
	g_assert_cmpuint(doc->parts->len, >=, 5);
	const char *names[] = { NULL, "B\xc3\xbc" "cher liste.bin",
		"a very long name of a file that nobody would type by hand but that programs make all the time.pdf", "note.txt", "empty.dat" };
	const char *types[] = { "text/plain", "application/octet-stream", "application/pdf", "text/plain", "application/octet-stream" };
	guint k = 0;
	for (guint i = 0; i < doc->parts->len; i++) {
		const DocPart *p = &g_array_index(doc->parts, DocPart, i);
		if (g_str_has_prefix(clean_peek(p->type), "multipart/"))
			continue;
		g_assert_cmpuint(k, <, G_N_ELEMENTS(names));
		g_assert_cmpstr(clean_peek(p->type), ==, types[k]);
		g_assert_cmpstr(clean_peek(p->name), ==, names[k] ? names[k] : "");
		g_autoptr(GBytes) got = message_decode_part(message, p->section, NULL);
		if (k == 1)
			g_assert_cmpmem(g_bytes_get_data(got, NULL), g_bytes_get_size(got), data, 200001);
		if (k == 4)
			g_assert_cmpuint(g_bytes_get_size(got), ==, 0);
		k++;
	}
	g_assert_cmpuint(k, ==, 5);
	g_assert_false(e.has_8bit);
	/* the same draft, the same bytes */
	Envelope e2;
	g_autoptr(GBytes) again = write_draft(d, &e2);
	g_assert_true(g_bytes_equal(message, again));
	envelope_clear(&e);
	envelope_clear(&e2);
	g_unlink(path);
	refused(d, "B\xc3\xbc" "cher liste.bin");
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	refused(d, "folder");
	g_rmdir(path);
	g_rmdir(dir);
}

static void
test_message_inside(void)
{
	static const struct { const char *raw, *encoding; bool has_8bit; } cases[] = {
		{ "From: a@b\nSubject: inner\n\nhello\n", "7bit", false },
		{ "From: a@b\r\nSubject: inner\r\n\r\nGr\xc3\xbc\xc3\x9f" "e\r\n", "8bit", true },
		{ "Subject: inner\n\nbare\rreturn\n", "7bit", false },
		{ "no header at all", "base64", false },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Draft) d = draft("a@example.org", "x", "see below\n");
		DraftAttachment *a = draft_attach(d);
		Envelope e;
		a->data = g_bytes_new_static(cases[i].raw, strlen(cases[i].raw));
		a->type = g_strdup("message/rfc822");
		a->name = g_strdup("inner.eml");
		g_autoptr(GBytes) message = write_draft(d, &e);
		g_autofree char *wanted = g_strdup_printf("filename=inner.eml\r\nContent-Transfer-Encoding: %s\r\n", cases[i].encoding);
		assert_has(message, wanted);
		g_assert_cmpint(e.has_8bit, ==, cases[i].has_8bit);
		envelope_clear(&e);
	}
}

static void
test_bounce(void)
{
	static const char raw[] = "From x@y Mon Mar  2 10:00:00 2026\nReceived: from a\n\tby b\nFrom: Anna <anna@example.org>\n"
		"Bcc: secret@example.org,\n another@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMessage-ID: <old@x>\n\nhello  \nthere";
	g_autoptr(Draft) d = draft("Bob <bob@example.org>", "", "");
	DraftAttachment *a = draft_attach(d);
	Envelope e;

	d->kind = DRAFT_BOUNCE;
	a->data = g_bytes_new_static(raw, strlen(raw));
	a->type = g_strdup("message/rfc822");
	g_autoptr(GBytes) message = write_draft(d, &e);
	check_wire(message, false);
	g_assert_cmpstr(g_bytes_get_data(message, NULL), ==, "Resent-Date: Mon, 02 Mar 2026 10:00:00 +0100\r\n"
		"Resent-From: Me <me@example.org>\r\nResent-To: Bob <bob@example.org>\r\nResent-Message-ID: " ID "\r\n"
		"Received: from a\r\n\tby b\r\nFrom: Anna <anna@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
		"Message-ID: <old@x>\r\n\r\nhello  \r\nthere\r\n");
	g_assert_cmpstr(e.subject, ==, "Gr\xc3\xbc\xc3\x9f" "e");
	envelope_clear(&e);
	g_clear_pointer(&g_array_index(d->attachments, DraftAttachment, 0).data, g_bytes_unref);
	refused(d, "no message");
}

/* ---- what can't be ---- */

static void
test_refused(void)
{
	g_autofree char *huge = g_strnfill(10 * MIB, 'x'), *label = g_strnfill(300, 'a');
	g_autofree char *host = g_strdup_printf("a@%s.example", label);
	static const struct { const char *to, *words; } bad[] = {
		{ "bob", "bob" }, { "a@b@", "a@b@" }, { "Bob <bob@example.org", "not complete" },
		{ "a@exa mple.org", "exa mple" }, { "a@-b.example", "-b" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(Draft) d = draft(bad[i].to, "x", "text\n");
		refused(d, bad[i].words);
	}
	g_autoptr(Draft) d = draft("a@example.org", huge, "text\n");
	refused(d, "too long");
	(void)host;
}

/* A disk that is full is no fault of the person's: later. */
static void
test_disk_full(void)
{
	g_autoptr(Draft) d = draft("a@example.org", "x", "text\n");
	g_autoptr(GError) err = NULL;
	Envelope e;
	int fd = g_open("/dev/full", O_WRONLY, 0);

	if (fd < 0) {
		g_test_skip("no /dev/full");
		return;
	}
	envelope_init(&e);
	g_assert_false(compose_write(d, "me@example.org", NULL, fd, &e, &err));
	g_assert_error(err, EIL_ERROR, EIL_LATER);
	envelope_clear(&e);
	close(fd);
}

/* ---- raw ---- */

typedef struct { const char *name, *in; const char *to[3]; bool from_header; const char *out, *recipients; bool has_8bit; } RawCase;
#define ADDED "Date: Mon, 02 Mar 2026 10:00:00 +0100\r\n"
static const RawCase raw_cases[] = {
	{ "bare LF, all there", "From: a@example.org\nTo: b@example.org\nDate: x\nMessage-ID: <1@x>\nSubject: s\n\n.\n..\nend", { "c@example.org" }, false,
		"From: a@example.org\r\nTo: b@example.org\r\nDate: x\r\nMessage-ID: <1@x>\r\nSubject: s\r\n\r\n.\r\n..\r\nend\r\n",
		"c@example.org", false },
	{ "-t with Bcc", "To: b@example.org\nCc: C <c@example.org>\nBcc: d@example.org,\n e@example.org\nSubject: s\n\nx\n", { NULL }, true,
		"To: b@example.org\r\nCc: C <c@example.org>\r\nSubject: s\r\n" ADDED "From: Me <me@example.org>\r\nMessage-ID: " ID "\r\n\r\nx\r\n",
		"b@example.org c@example.org d@example.org e@example.org", false },
	{ "no header", "just text\nmore\n", { "b@example.org" }, false,
		ADDED "From: Me <me@example.org>\r\nMessage-ID: " ID "\r\n\r\njust text\r\nmore\r\n", "b@example.org", false },
	{ "empty line first", "\nSubject: no\n", { "b@example.org" }, false,
		ADDED "From: Me <me@example.org>\r\nMessage-ID: " ID "\r\n\r\nSubject: no\r\n", "b@example.org", false },
	{ "mbox", "From a Mon\nFrom: a@example.org\nDate: x\nMessage-ID: <1@x>\n\nx\n", { "b@example.org" }, false,
		"From: a@example.org\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nx\r\n", "b@example.org", false },
	{ "bare letters", "From: J\xc3\xbcrgen <a@example.org>\nDate: x\nMessage-ID: <1@x>\nSubject: Gr\xc3\xbc\xc3\x9f" "e\n\n\xc3\xa4\n", { "b@example.org" }, false,
		"From: =?utf-8?q?J=C3=BCrgen?= <a@example.org>\r\nDate: x\r\nMessage-ID: <1@x>\r\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4\r\n",
		"b@example.org", false },
	{ "8bit said", "From: a@example.org\nDate: x\nMessage-ID: <1@x>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n\xc3\xa4\n", { "b@example.org" }, false,
		"From: a@example.org\r\nDate: x\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xc3\xa4\r\n",
		"b@example.org", true },
	{ "bare CR", "From: a@example.org\nDate: x\nMessage-ID: <1@x>\n\nx\r.\ry\n", { "b@example.org" }, false,
		"From: a@example.org\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nx\r\n.\r\ny\r\n", "b@example.org", false },
	{ "resent", "Resent-To: r@example.org\nResent-Bcc: q@example.org\nFrom: a@example.org\nTo: b@example.org\nDate: x\nMessage-ID: <1@x>\n\nx\n", { NULL }, true,
		"Resent-To: r@example.org\r\nFrom: a@example.org\r\nTo: b@example.org\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nx\r\n",
		"r@example.org q@example.org", false },
};

static void
test_raw(void)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_offset(3600);

	for (gsize i = 0; i < G_N_ELEMENTS(raw_cases); i++) {
		const RawCase *c = &raw_cases[i];
		g_autoptr(GError) err = NULL;
		g_autofree char *id = NULL;
		RawMail in = { .from = "Me <me@example.org>", .recipients = (const char *const *)c->to, .from_header = c->from_header,
			.message_id = ID, .date = 1772442000, .zone = zone };
		Envelope e;
		int fd = memfd_create("test", 0);
		g_test_message("%s", c->name);
		envelope_init(&e);
		bool fine = compose_write_raw(c->in, strlen(c->in), &in, fd, &e, &id, &err);
		g_assert_no_error(err);
		g_assert_true(fine);
		g_autoptr(GBytes) message = file_bytes(fd);
		check_wire(message, e.has_8bit);
		g_assert_cmpstr(g_bytes_get_data(message, NULL), ==, c->out);
		g_ptr_array_add(e.recipients, NULL);
		g_autofree char *all = g_strjoinv(" ", (char **)e.recipients->pdata);
		g_assert_cmpstr(all, ==, c->recipients);
		g_assert_cmpint(e.has_8bit, ==, c->has_8bit);
		g_assert_cmpstr(id, ==, strstr(c->in, "<1@x>") ? "<1@x>" : ID);
		envelope_clear(&e);
		close(fd);
	}
}

static void
test_raw_refused(void)
{
	static const struct { const char *in; const char *from; } bad[] = {
		{ "Subject: x\n\ny\n", "me@example.org" }, { "To: nobody\n\ny\n", "me@example.org" }, { "To: a@b.example\n\ny\n", NULL },
		{ "", "me@example.org" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) err = NULL;
		g_autofree char *id = NULL;
		RawMail in = { .from = bad[i].from, .from_header = true, .message_id = ID };
		Envelope e;
		int fd = memfd_create("test", 0);
		envelope_init(&e);
		g_assert_false(compose_write_raw(bad[i].in, strlen(bad[i].in), &in, fd, &e, &id, &err));
		g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
		envelope_clear(&e);
		close(fd);
	}
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/mail/compose/headers", test_headers);
	g_test_add_func("/mail/compose/subject-lengths", test_subject_lengths);
	g_test_add_func("/mail/compose/injection/P16", test_injection);
	g_test_add_func("/mail/compose/bcc", test_bcc);
	g_test_add_func("/mail/compose/idn", test_idn);
	g_test_add_func("/mail/compose/references", test_references);
	g_test_add_func("/mail/compose/bodies/P15", test_bodies);
	g_test_add_func("/mail/compose/long-line/P15", test_long_line);
	g_test_add_func("/mail/compose/fixed", test_fixed);
	g_test_add_func("/mail/compose/attachments", test_attachments);
	g_test_add_func("/mail/compose/message-inside", test_message_inside);
	g_test_add_func("/mail/compose/bounce", test_bounce);
	g_test_add_func("/mail/compose/refused", test_refused);
	g_test_add_func("/mail/compose/disk-full", test_disk_full);
	g_test_add_func("/mail/compose/raw/P15", test_raw);
	g_test_add_func("/mail/compose/raw-refused", test_raw_refused);
	return g_test_run();
}
