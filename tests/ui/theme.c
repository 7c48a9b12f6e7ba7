/* theme.c - tests of ui/theme: complete, readable without colour, the lines of [colors].
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/theme.h"

#include <string.h>

static void
test_complete(void)
{
	g_autoptr(Theme) mono = theme_new(DEPTH_MONO);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (Style s = 0; s < STYLE_LAST; s++) {
		const char *name = theme_style_name(s);
		g_assert_nonnull(name);
		g_assert_true(g_hash_table_add(names, (gpointer)name));
		Look look = theme_look(mono, s);
		g_assert_cmpint(look.fg, ==, COLOR_DEFAULT);
		g_assert_cmpint(look.bg, ==, COLOR_DEFAULT);
		if (s != STYLE_NORMAL && !theme_by_character(s) && look.attrs == 0)
			g_error("style %s says what it says by colour alone", name);
	}
}

/* A style without colours must not lose an attribute that a style with colours needs the colour
 * for. */
static void
test_depths(void)
{
	for (ThemeDepth d = DEPTH_8; d <= DEPTH_256; d++) {
		g_autoptr(Theme) t = theme_new(d);
		for (Style s = 0; s < STYLE_LAST; s++) {
			Look look = theme_look(t, s);
			int limit = d == DEPTH_8 ? 8 : d == DEPTH_16 ? 16 : 256;
			g_assert_cmpint(look.fg, <, limit);
			g_assert_cmpint(look.bg, <, limit);
			/* never a background with an unknown foreground */
			if (look.bg != COLOR_DEFAULT)
				g_assert_cmpint(look.fg, !=, COLOR_DEFAULT);
		}
	}
}

static void
test_no_color(void)
{
	g_unsetenv("NO_COLOR");
	g_assert_cmpint(theme_choose_depth(0), ==, DEPTH_MONO);
	g_assert_cmpint(theme_choose_depth(8), ==, DEPTH_8);
	g_assert_cmpint(theme_choose_depth(16), ==, DEPTH_16);
	g_assert_cmpint(theme_choose_depth(88), ==, DEPTH_16);
	g_assert_cmpint(theme_choose_depth(1 << 24), ==, DEPTH_256);
	g_setenv("NO_COLOR", "", TRUE);
	g_assert_cmpint(theme_choose_depth(256), ==, DEPTH_256);
	g_setenv("NO_COLOR", "1", TRUE);
	g_assert_cmpint(theme_choose_depth(256), ==, DEPTH_MONO);
	g_unsetenv("NO_COLOR");
}

static const struct { const char *value; ThemeDepth depth; bool good; int fg,
	bg; guint attrs; } lines[] = {
	{ "bold red", DEPTH_256, true, 1, -1, MOD_BOLD },
	{ "red on default", DEPTH_256, true, 1, -1, 0 },
	{ "default on 17 underline", DEPTH_256, true, -1, 17, MOD_UNDERLINE },
	{ "  bright-blue  on   black ", DEPTH_256, true, 12, 0, 0 },
	{ "bright-blue", DEPTH_8, true, 4, -1, 0 },
	{ "#ff0000", DEPTH_256, true, 196, -1, 0 },
	{ "#808080", DEPTH_256, true, 244, -1, 0 },
	{ "#ff0000", DEPTH_8, true, 1, -1, 0 },
	{ "normal", DEPTH_256, true, -1, -1, 0 },
	{ "", DEPTH_256, true, -1, -1, 0 },
	{ "red", DEPTH_MONO, true, -1, -1, MOD_BOLD },
	{ "256", DEPTH_256, false },
	{ "-1", DEPTH_256, false },
	{ "#ff00", DEPTH_256, false },
	{ "#gg0000", DEPTH_256, false },
	{ "rot", DEPTH_256, false },
	{ "red on", DEPTH_256, false },
	{ "bright-", DEPTH_256, false },
};

static void
test_set(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(Theme) t = theme_new(lines[i].depth);
		g_autofree char *problem = NULL;
		Look before = theme_look(t, STYLE_UNREAD);
		g_assert_cmpint(theme_set(t, "unread", lines[i].value, &problem), ==,
			lines[i].good);
		Look after = theme_look(t, STYLE_UNREAD);
		g_assert_cmpint(problem == NULL, ==, lines[i].good);
		g_assert_cmpint(after.fg, ==, lines[i].good ? lines[i].fg : before.fg);
		g_assert_cmpint(after.bg, ==, lines[i].good ? lines[i].bg : before.bg);
		g_assert_cmpint(after.attrs, ==, lines[i].good ? lines[i].attrs : before.attrs);
	}
	g_autoptr(Theme) t = theme_new(DEPTH_8);
	g_autofree char *problem = NULL;
	g_assert_false(theme_set(t, "no-such", "red", &problem));
	g_assert_nonnull(strstr(problem, "no-such"));
}

static void
test_modifiers_quotes(void)
{
	g_autoptr(Theme) t = theme_new(DEPTH_8);
	g_assert_cmpint(theme_look(t, STYLE_READ | MOD_REVERSE).attrs, ==, MOD_REVERSE);
	g_assert_cmpint(theme_look(t, 0xff).fg, ==, theme_look(t, STYLE_NORMAL).fg);
	g_assert_cmpint(style_quote(0), ==, STYLE_NORMAL);
	g_assert_cmpint(style_quote(1), ==, STYLE_QUOTE1);
	g_assert_cmpint(style_quote(4), ==, STYLE_QUOTE4);
	g_assert_cmpint(style_quote(5), ==, STYLE_QUOTE1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/theme/complete", test_complete);
	g_test_add_func("/theme/depths", test_depths);
	g_test_add_func("/theme/no-color", test_no_color);
	g_test_add_func("/theme/set", test_set);
	g_test_add_func("/theme/modifiers-quotes", test_modifiers_quotes);
	return g_test_run();
}
