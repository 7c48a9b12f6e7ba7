/* json.c - what is an object and what is not, and what is kept of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/json.h"
#include "base/limits.h"

#include <string.h>

static void
members(void)
{
	static const struct { const char *text, *name, *want; } rows[] = {
		{ "{\"a\":\"b\"}", "a", "b" },
		{ " { \"a\" : \"b\" , \"c\":\"d\" }\r\n", "c", "d" },
		{ "{\"a\":\"\\u00e4\\n\\\"\\\\\\/\"}", "a", "ä\n\"\\/" },
		{ "{\"a\":\"\\ud83d\\ude00\"}", "a", "😀" },
		{ "{\"a\":{\"b\":\"deep\"},\"b\":\"top\"}", "b", "top" },
		{ "{\"a\":[{\"b\":\"deep\"},1,[],{}]}", "b", NULL },
		{ "{\"a\":1}", "a", NULL },
		{ "{\"a\":null}", "a", NULL },
		{ "{\"a\":\"x\",\"a\":\"y\"}", "a", "y" },
		{ "{}", "a", NULL },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Json) j = json_read(rows[i].text, strlen(rows[i].text));
		g_test_message("%s", rows[i].text);
		g_assert_nonnull(j);
		g_assert_cmpstr(json_text(j, rows[i].name), ==, rows[i].want);
	}
}

static void
numbers(void)
{
	const char *text = "{\"a\":3600,\"b\":\"20\",\"c\":1.5,\"d\":-7,\"e\":true,\"f\":\"x\",\"g\":1e3}";
	g_autoptr(Json) j = json_read(text, strlen(text));
	gint64 n = 0;
	g_assert_true(json_int(j, "a", &n) && n == 3600);
	g_assert_true(json_int(j, "b", &n) && n == 20);
	g_assert_true(json_int(j, "d", &n) && n == -7);
	g_assert_false(json_int(j, "c", &n));
	g_assert_false(json_int(j, "e", &n));
	g_assert_false(json_int(j, "f", &n));
	g_assert_false(json_int(j, "z", &n));
}

static void
broken(void)
{
	static const char *const rows[] = {
		"", "x", "[]", "\"a\"", "{", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1}x", "{\"a\":\"b}", "{\"a\":\"\\x\"}",
		"{\"a\":\"\\u12\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\n\"}", "{\"a\":01x}", "{\"a\":-}", "{\"a\":1.}",
		"{\"a\":\"\xff\"}", "{\"a\":tru}", "<html>Sign in</html>",
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i]);
		g_assert_null(json_read(rows[i], strlen(rows[i])));
	}
	g_assert_null(json_read("{\"a\":1}\0", 8));
	g_assert_null(json_read(NULL, 0));
}

/* every beginning of a good text is not one, and nothing is read beyond its end */
static void
cut(void)
{
	const char *text = "{\"a\":\"b\\u00e4\",\"c\":[1,{\"d\":null}],\"e\":-1.5e+3,\"f\":true}";
	for (gsize n = 0; n < strlen(text); n++) {
		g_autofree char *part = g_malloc(n + 1);	/* exact: the sanitizer sees a step too far */
		memcpy(part, text, n);
		g_assert_null(json_read(part, n));
	}
}

static void
limits(void)
{
	for (int more = -1; more <= 1; more++) {
		GString *s = g_string_new("{\"a\":");
		int depth = LIMIT_JSON_DEPTH - 1 + more;	/* the outermost object is the first */
		for (int i = 0; i < depth; i++)
			g_string_append_c(s, '[');
		for (int i = 0; i < depth; i++)
			g_string_append_c(s, ']');
		g_string_append_c(s, '}');
		g_autoptr(Json) j = json_read(s->str, s->len);
		g_assert_cmpint(j != NULL, ==, more <= 0);
		g_string_free(s, TRUE);
	}
	for (int more = -1; more <= 1; more++) {
		gsize len = LIMIT_JSON + (gsize)more;
		g_autofree char *s = g_malloc(len);
		memset(s, 'x', len);
		memcpy(s, "{\"a\":\"", 6);
		memcpy(s + len - 2, "\"}", 2);
		g_autoptr(Json) j = json_read(s, len);
		g_assert_cmpint(j != NULL, ==, more <= 0);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/members", members);
	g_test_add_func("/json/numbers", numbers);
	g_test_add_func("/json/broken", broken);
	g_test_add_func("/json/cut", cut);
	g_test_add_func("/json/limits", limits);
	return g_test_run();
}
