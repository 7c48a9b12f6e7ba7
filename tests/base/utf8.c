/* utf8.c - tests of base/utf8: the cleaner, columns, cutting, wrapping.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <locale.h>
#include <string.h>

static const struct { const char *name, *in; CleanFlags flags; const char *out; } cleaned[] = {
	{ "M6/escape", "a\033[31mred\033[0m", CLEAN_LINE, "a[31mred[0m" },
	{ "M6/osc-52", "\033]52;c;ZXZpbA==\007x", CLEAN_LINE, "]52;c;ZXZpbA==x" },
	{ "M6/c1-utf8", "a\xc2\x9b" "31mb", CLEAN_LINE, "a31mb" },
	{ "M6/c1-raw", "a\x9b" "31m", CLEAN_LINE, "a\xef\xbf\xbd" "31m" },
	{ "M6/del-bs-cr", "a\x7f\b\rb", CLEAN_TEXT, "ab" },
	{ "M6/newline-in-line", "a\nb\tc", CLEAN_LINE, "a b c" },
	{ "M6/tab-in-text", "ab\tc\n\tx", CLEAN_TEXT, "ab      c\n        x" },
	{ "M7/bidi", "a\xe2\x80\xae" "b\xe2\x81\xa6" "c\xd8\x9c", CLEAN_LINE, "abc" },
	{ "M7/bidi-shown", "a\xe2\x80\xae" "txt.exe", CLEAN_SHOW, "a<U+202E>txt.exe" },
	{ "M7/zero-width", "a\xe2\x80\x8b\xe2\x80\x8c\xef\xbb\xbf" "b", CLEAN_LINE, "ab" },
	{ "M7/hangul-filler", "a\xe3\x85\xa4" "b", CLEAN_LINE, "ab" },
	{ "M7/tags", "a\xf3\xa0\x81\x81" "b", CLEAN_LINE, "ab" },
	{ "M7/private", "a\xee\x80\x80" "b", CLEAN_LINE, "ab" },
	{ "emoji-joined", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb\xef\xb8\x8f", CLEAN_LINE, "\xf0\x9f\x91\xa9\xf0\x9f\x92\xbb" },
	{ "flag", "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", CLEAN_LINE, "DE" },
	{ "overlong", "\xc0\xafz", CLEAN_LINE, "\xef\xbf\xbd\xef\xbf\xbdz" },
	{ "surrogate", "\xed\xa0\x80z", CLEAN_LINE, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz" },
	{ "cut-short", "a\xe2\x82", CLEAN_LINE, "a\xef\xbf\xbd\xef\xbf\xbd" },
	{ "mark-without-base", "\xcc\x81" "a", CLEAN_LINE, "a" },
	{ "german", "Grüße ß €", CLEAN_LINE, "Grüße ß €" },
};

static void
test_clean(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Clean) c = clean_new(cleaned[i].in, -1, cleaned[i].flags);
	g_assert_cmpstr(clean_peek(c), ==, cleaned[i].out);
	/* cleaning is a fixed point */
	g_autoptr(Clean) again = clean_new(clean_peek(c), -1, cleaned[i].flags);
	g_assert_cmpstr(clean_peek(again), ==, cleaned[i].out);
}

static void
test_marks(void)
{
	for (int n = LIMIT_COMBINING - 1; n <= LIMIT_COMBINING + 1; n++) {
		g_autoptr(GString) s = g_string_new("e");
		for (int i = 0; i < n; i++)
			g_string_append(s, "\xcc\x81");
		g_autoptr(Clean) c = clean_new(s->str, -1, CLEAN_LINE);
		g_assert_cmpint(g_utf8_strlen(clean_peek(c), -1), ==, 1 + MIN(n, LIMIT_COMBINING));
	}
}

/* No byte sequence whatever brings a control character out. */
static void
test_random_bytes(void)
{
	char buf[64];
	for (int round = 0; round < 20000; round++) {
		for (gsize i = 0; i < sizeof buf; i++)
			buf[i] = (char)g_test_rand_int_range(0, 256);
		g_autoptr(Clean) c = clean_new(buf, sizeof buf, CLEAN_LINE);
		g_assert_true(g_utf8_validate(clean_peek(c), -1, NULL));
		for (const char *p = clean_peek(c); *p; p = g_utf8_next_char(p)) {
			gunichar u = g_utf8_get_char(p);
			g_assert_false(u < 0x20 || (u >= 0x7f && u < 0xa0) || u == 0x202e || u == 0x200b);
		}
	}
}

static void
test_display_limit(void)
{
	for (int d = -1; d <= 1; d++) {
		gsize n = (gsize)((gssize)LIMIT_DISPLAY_STRING + d);
		g_autofree char *s = g_strnfill(n, 'x');
		g_autoptr(Clean) c = clean_new(s, -1, CLEAN_LINE);
		g_assert_cmpuint(strlen(clean_peek(c)), ==, MIN(n, LIMIT_DISPLAY_STRING));
	}
}

static void
test_columns(void)
{
	int used;
	g_assert_cmpint(utf8_columns("abc", -1), ==, 3);
	g_assert_cmpint(utf8_columns("日本", -1), ==, 4);
	g_assert_cmpint(utf8_columns("e\xcc\x81", -1), ==, 1);
	g_assert_cmpuint(utf8_cut("日本語", -1, 5, &used), ==, 6);
	g_assert_cmpint(used, ==, 4);
	g_assert_cmpuint(utf8_cut("ae\xcc\x81z", -1, 2, &used), ==, 4);
	g_assert_cmpuint(utf8_cut("abc", -1, 0, &used), ==, 0);
}

static const struct { const char *text; int columns; const char *lines; } wrapped[] = {
	{ "", 10, "" },
	{ "short", 10, "short" },
	{ "one two three", 7, "one two|three" },
	{ "one two three", 8, "one two|three" },
	{ "aaaaaaaaaa", 4, "aaaa|aaaa|aa" },
	{ "x aaaaaaaaaa", 4, "x|aaaa|aaaa|aa" },
	{ "a\nb", 10, "a|b" },
	{ "a  b", 2, "a|b" },
	{ "日本語です", 5, "日本|語で|す" },
	{ "  indented text", 10, "  indented|text" },
};

static void
test_wrap(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(wrapped); i++) {
		g_autoptr(GString) got = g_string_new(NULL);
		const char *p = wrapped[i].text;
		gsize left = strlen(p), next;
		while (left) {
			gsize n = utf8_wrap(p, left, wrapped[i].columns, &next);
			g_assert_cmpuint(next, >, 0);
			g_string_append_printf(got, "%s%.*s", got->len ? "|" : "", (int)n, p);
			p += next;
			left -= next;
		}
		g_assert_cmpstr(got->str, ==, wrapped[i].lines);
	}
}

static void
test_fold(void)
{
	g_autofree char *a = utf8_fold("GRÜSSE", -1), *b = utf8_fold("Gru\xcc\x88ße", -1);
	g_assert_cmpstr(a, ==, b);
	g_autofree char *c = utf8_fold("ABC", -1);
	g_assert_cmpstr(c, ==, "abc");
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cleaned); i++) {
		g_autofree char *path = g_strconcat("/utf8/", cleaned[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_clean);
	}
	g_test_add_func("/utf8/M6/marks-on-a-cell", test_marks);
	g_test_add_func("/utf8/M6/random-bytes", test_random_bytes);
	g_test_add_func("/utf8/display-limit", test_display_limit);
	g_test_add_func("/utf8/columns", test_columns);
	g_test_add_func("/utf8/wrap", test_wrap);
	g_test_add_func("/utf8/fold", test_fold);
	return g_test_run();
}
