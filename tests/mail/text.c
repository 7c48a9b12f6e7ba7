/* text.c - paragraphs, quotes, signatures, format=flowed, addresses of the web.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/text.h"
#include "base/limits.h"
#include "tests/mail/dump.h"
#include "tests/cpu.h"

static char *
show(const char *text, TextForm form)
{
	g_autoptr(Document) d = document_new();
	Builder b;

	build_init(&b, d, 80);
	text_show(&b, text, form);
	build_clear(&b);
	return dump_blocks(d);
}

static const struct { const char *name, *text; TextForm form; const char *blocks; } cases[] = {
	{ "paragraphs", "one\ntwo\n\nthree\n", TEXT_FIXED, "text|one/two\nblank|\ntext|three\n" },
	{ "crlf", "one\r\n\r\ntwo\r\n", TEXT_FIXED, "text|one\nblank|\ntext|two\n" },
	{ "only-cr", "one\rtwo", TEXT_FIXED, "text|one/two\n" },
	{ "leading-blanks", "\n\n\none", TEXT_FIXED, "text|one\n" },
	{ "many-blanks", "one\n\n\n\n\ntwo", TEXT_FIXED, "text|one\nblank|\nblank|\ntext|two\n" },
	{ "quotes", "> one\n>> two\n> > three\nfour", TEXT_FIXED, "text|> one\ntext|> > two/three\ntext|four\n" },
	{ "quote-with-name", "AW> one", TEXT_FIXED, "text|> one\n" },
	{ "not-a-quote", "-> one", TEXT_FIXED, "text|-> one\n" },
	{ "blank-in-quote", "> one\n>\n> two", TEXT_FIXED, "text|> one\nblank|> \ntext|> two\n" },
	{ "signature", "one\n-- \nAnna\nhome", TEXT_FIXED, "text|one\nsig|-- /Anna/home\n" },
	{ "signature-without-blank", "one\n--\nAnna", TEXT_FIXED, "text|one\nsig|--/Anna\n" },
	{ "dashes-in-text", "one\n--- \ntwo", TEXT_FIXED, NULL },
	{ "table", "name   amount\nx      12", TEXT_FIXED, "pre|name   amount/x      12\n" },
	{ "code", "see:\n    int main(void)\nend", TEXT_FIXED, "text|see:\npre|    int main(void)\ntext|end\n" },
	{ "verbatim", "> a\n\n-- \nb", TEXT_VERBATIM, "pre|> a\nblank|\npre|--/b\n" },
	{ "flowed", "one \ntwo\nthree", TEXT_FLOWED, "text|one two/three\n" },
	{ "flowed-delsp", "on \ne\ntwo", TEXT_FLOWED_DELSP, "text|one/two\n" },
	{ "flowed-quote", "> one \n> two\n>> three", TEXT_FLOWED, "text|> one two\ntext|> > three\n" },
	{ "flowed-quote-changes-while-soft", "> one \ntwo", TEXT_FLOWED, NULL },
	{ "flowed-stuffed", " >not quoted \n From there", TEXT_FLOWED, "text|>not quoted From there\n" },
	{ "flowed-signature-is-hard", "one \n-- \nAnna", TEXT_FLOWED, NULL },
	{ "url", "see http://a.b/c. Bye", TEXT_FIXED, "text|see <l1:http://a.b/c>. Bye\n" },
	{ "url-in-angles", "<https://a.b/c?d=(e)>", TEXT_FIXED, "text|<<l1:https://a.b/c?d=(e)>>\n" },
	{ "url-in-brackets", "(http://a.b)", TEXT_FIXED, "text|(<l1:http://a.b>)\n" },
	{ "url-with-brackets", "http://a.b/x_(y)", TEXT_FIXED, "text|<l1:http://a.b/x_(y)>\n" },
	{ "www", "www.example.com", TEXT_FIXED, "text|<l1:www.example.com>\n" },
	{ "same-url-twice", "http://a.b http://a.b", TEXT_FIXED, "text|<l1:http://a.b> <l1:http://a.b>\n" },
	{ "no-url", "http:// xhttp://", TEXT_FIXED, "text|http:// xhttp://\n" },
	{ "escapes", "a\x1b[31mb\x07" "c\x9b" "d", TEXT_FIXED, NULL },
	{ "bidi", "a\u202eb\u200bc", TEXT_FIXED, "text|abc\n" },
	{ "uuencode", "see:\nbegin 644 a b.txt\n%:&5L;&\\`\n`\nend\nbye", TEXT_FIXED,
		"text|see:\npart|a b.txt (5 bytes, encoded in the text)\ntext|bye\n" },
	{ "uuencode-no-end", "begin 644 a\n%:&5L;&\\`\n", TEXT_FIXED, "part|a (5 bytes, encoded in the text)\n" },
	{ "begin-of-a-sentence", "begin 644 then\ngo on", TEXT_FIXED, "text|begin 644 then/go on\n" },
	{ "empty", "", TEXT_FIXED, "" },
	{ "only-blanks", "\n \n\t\n", TEXT_FIXED, "" },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *blocks = show(cases[i].text, cases[i].form);

	if (cases[i].blocks)
		g_assert_cmpstr(blocks, ==, cases[i].blocks);
	for (const char *p = blocks; *p; p++)
		g_assert_true((guchar)*p >= 0x20 || *p == '\n');
}

static void
test_limits(void)
{
	static const char *const pieces[] = { "a", "\n", ">", "> ", "> a\n", "http://", "http://a.b/c ", "\t", "a \n", "-- \n", "a\n\n",
		"begin 644 a\n", "begin 644 a\n%:&5L;&\\`\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString *s = g_string_new(NULL);
		while (s->len < 8 * MIB)
			g_string_append(s, pieces[i]);
		gint64 start = cpu_us();
		g_autoptr(Document) d = document_new();
		Builder b;
		build_init(&b, d, 80);
		text_show(&b, s->str, TEXT_FLOWED);
		build_clear(&b);
		g_autoptr(GBytes) written = document_write(d);
		g_assert_cmpuint(g_bytes_get_size(written), <=, LIMIT_WORKER_OUTPUT);
		g_assert_cmpint(cpu_us() - start, <, 2 * G_USEC_PER_SEC);
		g_string_free(s, TRUE);
	}
}

static void
test_quote_depth(void)
{
	for (guint n = LIMIT_QUOTE_DEPTH - 1; n <= LIMIT_QUOTE_DEPTH + 1; n++) {
		g_autofree char *marks = g_strnfill(n, '>');
		g_autofree char *line = g_strconcat(marks, " a", NULL);
		g_autoptr(Document) d = document_new();
		Builder b;
		build_init(&b, d, 80);
		text_show(&b, line, TEXT_FIXED);
		build_clear(&b);
		g_assert_cmpuint(((Block *)d->blocks->pdata[0])->quote, ==,
			MIN(n, LIMIT_QUOTE_DEPTH));
	}
}

static void
test_enriched(void)
{
	static const struct { const char *text, *plain; } forms[] = {
		{ "<bold>a</bold> b", "a b" }, { "a\nb\n\nc", "a b\nc" }, { "a<<b", "a<b" }, { "<color><param>red</param>x</color>", "x" },
		{ "<param>", "" }, { "<", "" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *plain = text_from_enriched(forms[i].text);
		g_assert_cmpstr(plain, ==, forms[i].plain);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/mail/text/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/mail/text/limits", test_limits);
	g_test_add_func("/mail/text/quote-depth", test_quote_depth);
	g_test_add_func("/mail/text/enriched", test_enriched);
	return g_test_run();
}
