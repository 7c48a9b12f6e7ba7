/* tags.c - what is left of HTML before the parser sees it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/tags.h"
#include "base/limits.h"

#include <string.h>

static const struct { const char *name, *html, *left; } cases[] = {
	{ "text", "a < b", "a &lt; b" },
	{ "kept", "<p class=x>a</p>", "<p class=\"x\">a</p>" },
	{ "unknown", "<o:p>a</o:p><blink>b</blink>", "ab" },
	{ "script", "a<script>x</b></script>b", "ab" },
	{ "script-case", "a<SCRIPT>x</ScRiPt >b", "ab" },
	{ "script-no-end", "a<script>b", "a" },
	{ "handlers", "<p onclick=x style=\"a\">b", "<p style=\"a\">b" },
	{ "quotes", "<p class='a\"b'>c", "<p class=\"a&quot;b\">c" },
	{ "no-quotes", "<a href=http://x/y>c", "<a href=\"http://x/y\">c" },
	{ "blanks-around-equals", "<a href = 'x'>c", "<a href=\"x\">c" },
	{ "greater-in-quotes", "<a href='a>b'>c", "<a href=\"a>b\">c" },
	{ "no-closing-quote", "<a href=\"b>c", "<a href=\"b\">c" },
	{ "comment", "a<!-- <p> -->b", "ab" },
	{ "short-comment", "a<!-->b", "ab" },
	{ "comment-no-end", "a<!-- b>c", "ac" },
	{ "doctype", "<!DOCTYPE html>a", "a" },
	{ "lonely-end", "a</div>b", "ab" },
	{ "void-end", "a</br>b", "ab" },
	{ "cut", "a<", "a&lt;" },
	{ "self-closing", "<br/><p/>a", "<br><p>a" },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	guint nodes = LIMIT_HTML_NODES;
	TagsFound found;

	GString *left = tags_reduce(cases[i].html, strlen(cases[i].html), &nodes, &found);
	g_assert_cmpstr(left->str, ==, cases[i].left);
	g_assert_false(found.cut);
	g_string_free(left, TRUE);
	tags_clear(&found);
}

static void
test_css(void)
{
	guint nodes = 10;
	TagsFound found;
	static const char html[] = "<style>a{}</style><link rel=stylesheet href=https://a.b/c.css>";
	GString *left = tags_reduce(html, strlen(html), &nodes, &found);
	g_assert_cmpstr(found.css->str, ==, "a{}\n");
	g_assert_true(found.remote);
	g_string_free(left, TRUE);
	tags_clear(&found);
}

static void
test_nodes(void)
{
	for (guint n = 9; n <= 11; n++) {
		guint nodes = 10;
		TagsFound found;
		GString *html = g_string_new(NULL);
		for (guint k = 0; k < n; k++)
			g_string_append(html, "<p>x");
		GString *left = tags_reduce(html->str, html->len, &nodes, &found);
		g_assert_cmpint(found.cut, ==, n > 10);
		g_assert_cmpuint(nodes, ==, n > 10 ? 0 : 10 - n);
		g_assert_cmpint(strlen(left->str), ==, 3 * MIN(n, 10) + n);
		g_string_free(left, TRUE);
		g_string_free(html, TRUE);
		tags_clear(&found);
	}
}

static void
test_charset(void)
{
	static const struct { const char *html, *label; } pages[] = {
		{ "<meta charset=windows-1250>", "windows-1250" }, { "<META http-equiv=Content-Type content='text/html; charset=koi8-r'>", "koi8-r" },
		{ "<p>charset=x", NULL }, { "", NULL },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autofree char *label = tags_charset(pages[i].html, strlen(pages[i].html));
		g_assert_cmpstr(label, ==, pages[i].label);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/mail/tags/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/mail/tags/charset", test_charset);
	g_test_add_func("/mail/tags/css", test_css);
	g_test_add_func("/mail/tags/M16/nodes", test_nodes);
	return g_test_run();
}
