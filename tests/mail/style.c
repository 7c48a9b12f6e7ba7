/* style.c - what hides text, and what only looks so.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/style.h"
#include "base/limits.h"
#include "tests/cpu.h"

#include <string.h>

static const struct { const char *css; bool hidden; } declarations[] = {
	{ "display:none", true }, { "DISPLAY : none !important", true }, { "display:none;display:block", false }, { "display:block", false },
	{ "visibility:hidden", true }, { "opacity:0", true }, { "opacity:0.0;", true }, { "opacity:1", false }, { "opacity:inherit", false },
	{ "font-size:0px", true }, { "font-size:1px", true }, { "font-size:1em", false }, { "font-size:12px", false }, { "font-size:small", false },
	{ "max-height:0;overflow:hidden", true }, { "max-height:0", false }, { "overflow:hidden", false },
	{ "text-indent:-9999px", true }, { "left:-9999px;position:absolute", true }, { "left:-5px", false },
	{ "color:red", false }, { "", false }, { ";;;:::", false }, { "display", false },
};

static void
test_declarations(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(declarations); i++) {
		Style s = { 0 };
		style_read(&s, declarations[i].css);
		if (style_hides(&s) != declarations[i].hidden)
			g_error("%s", declarations[i].css);
	}
}

static void
test_forms(void)
{
	Style s = { 0 };
	style_read(&s, "font-weight:700;font-style:italic;text-decoration:underline line-through;white-space:pre-wrap;"
		"color:#fff;background:url('https://a.b/x') red");
	g_assert_true(s.bold && s.italic && s.underline && s.struck && s.pre && s.remote);
	g_assert_cmpuint(s.fg, ==, 0xffffff);
	g_assert_cmpuint(s.bg, ==, COLOUR_UNKNOWN);
}

static void
test_colours(void)
{
	g_assert_cmpuint(style_colour("#AbC"), ==, 0xaabbcc);
	g_assert_cmpuint(style_colour("#010203"), ==, 0x010203);
	g_assert_cmpuint(style_colour("rgb(1, 2, 3)"), ==, 0x010203);
	g_assert_cmpuint(style_colour("white"), ==, 0xffffff);
	g_assert_cmpuint(style_colour("#12"), ==, COLOUR_UNKNOWN);
	g_assert_cmpuint(style_colour("mauve"), ==, COLOUR_UNKNOWN);
	g_assert_true(style_same_colour(0xffffff, 0xfefefe));
	g_assert_false(style_same_colour(0xffffff, 0xf0ffff));
	g_assert_false(style_same_colour(COLOUR_UNKNOWN, COLOUR_UNKNOWN));
}

static void
test_sheet(void)
{
	StyleSheet s;
	style_sheet_init(&s, "/* .c{display:none} */ .a, p.b {display:none} .d .e{display:none} @media x{.f{display:none}} "
		"@font-face{src:x} .g{display:none} .g{display:block} .h{color:red} <!-- .i{display:none}");
	static const struct { const char *name; bool hidden; } names[] = {
		{ "a", true }, { "b", true }, { "x a y", true }, { "c", false }, { "d", false }, { "e", false }, { "f", false }, { "g", false },
		{ "i", true }, { "", false },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (style_sheet_hides(&s, names[i].name) != names[i].hidden)
			g_error("class %s", names[i].name);
	g_assert_true(s.paints);
	style_sheet_clear(&s);
}

static void
test_floods(void)
{
	static const char *const pieces[] = { "{", "}", ".a{", ".a{display:none}", "/*", "@media{", "a,", ";", ":" };
	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString *css = g_string_new(NULL);
		while (css->len < 128 * KIB)
			g_string_append(css, pieces[i]);
		gint64 start = cpu_us();
		StyleSheet s;
		style_sheet_init(&s, css->str);
		style_sheet_clear(&s);
		Style one = { 0 };
		style_read(&one, css->str);
		g_assert_cmpint(cpu_us() - start, <, 10 * G_USEC_PER_SEC);
		g_string_free(css, TRUE);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/style/M16/hidden", test_declarations);
	g_test_add_func("/mail/style/forms", test_forms);
	g_test_add_func("/mail/style/colours", test_colours);
	g_test_add_func("/mail/style/sheet", test_sheet);
	g_test_add_func("/mail/style/floods", test_floods);
	return g_test_run();
}
