/* canvas.c - tests of ui/canvas: cutting, padding, wide characters, clips, styles.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/canvas.h"

#include <locale.h>
#include <string.h>

/* Each is put at (0, x) of a canvas of 12 columns that is full of dots. */
static const struct { const char *name; int x,
	width; PutFlags flags; const char *text; int used; const char *row; } puts_[] = {
	{ "fits", 0, 5, PUT_CUT, "abc", 3, "abc........." },
	{ "exact", 0, 3, PUT_CUT, "abc", 3, "abc........." },
	{ "cut", 0, 3, PUT_CUT, "abcd", 3, "ab…........." },
	{ "cut-hard", 0, 3, PUT_HARD, "abcd", 3, "abc........." },
	{ "pad", 1, 5, PUT_PAD, "abc", 5, ".abc  ......" },
	{ "right", 1, 5, PUT_RIGHT, "abc", 5, "...abc......" },
	{ "right-pad", 1, 5, PUT_RIGHT | PUT_PAD, "abc", 5, ".  abc......" },
	{ "right-cut", 1, 3, PUT_RIGHT, "abcd", 3, ".ab…........" },
	{ "width-1", 0, 1, PUT_CUT, "abc", 1, "…..........." },
	{ "width-0", 0, 0, PUT_CUT, "abc", 0, "............" },
	{ "wide", 0, 6, PUT_CUT, "日本語", 6, "日本語......" },
	{ "wide-cut", 0, 5, PUT_CUT, "日本語", 5, "日本…......." },
	{ "wide-cut-odd", 0, 4, PUT_CUT, "日本語", 3, "日…........." },
	{ "wide-cut-pad", 0, 4, PUT_PAD, "日本語", 4, "日… ........" },
	{ "wide-hard-pad", 0, 3, PUT_PAD | PUT_HARD, "日本語", 3, "日 ........." },
	{ "emoji", 0, 8, PUT_CUT, "a😀b", 4, "a😀b........" },
	{ "marks", 0, 8, PUT_CUT, "e\xcc\x81\xcc\x82g", 2, "e\xcc\x81\xcc\x82g.........." },
	{ "marks-many", 0, 8, PUT_CUT, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", 1,
	"e\xcc\x81\xcc\x81\xcc\x81\xcc\x81..........." },
	{ "cut-keeps-marks", 0, 2, PUT_CUT, "e\xcc\x81xy", 2, "e\xcc\x81….........." },
	{ "newline-ends", 0, 8, PUT_CUT, "ab\ncd", 2, "ab.........." },
	{ "over-the-edge", 10, 5, PUT_CUT, "abcde", 5, "..........ab" },
	{ "wide-at-the-edge", 9, 4, PUT_CUT, "日本", 4, ".........日" },
	{ "left-of-it", -1, 4, PUT_CUT, "日本", 4, " 本........." },
	{ "empty", 0, 4, PUT_PAD, "", 4, "    ........" },
};

static Canvas *
dots(int rows, int cols)
{
	Canvas *c = canvas_new(rows, cols);
	for (int y = 0; y < rows; y++)
		for (int x = 0; x < cols; x++)
			canvas_put_char(c, y, x, 7, '.');
	return c;
}

static void
test_put(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Canvas) c = dots(1, 12);
	g_autoptr(Clean) text = clean_new(puts_[i].text, -1, CLEAN_TEXT);
	int used = canvas_put(c, 0, puts_[i].x, puts_[i].width, 1, puts_[i].flags, text);
	g_assert_cmpint(used, ==, puts_[i].used);
	g_autofree char *row = canvas_row_text(c, 0);
	g_assert_cmpstr(row, ==, puts_[i].row);
}

/* Whatever is written over a wide character, no half of one is left. */
static void
test_halves(void)
{
	for (int x = 0; x < 6; x++) {
		for (int w = 1; w <= 2; w++) {
			g_autoptr(Canvas) c = canvas_new(1, 6);
			canvas_put(c, 0, 0, 6, 3, PUT_CUT, clean_ours("日本語"));
			canvas_put_char(c, 0, x, 4, w == 1 ? 'x' : 0x8a9e);
			int columns = 0;
			for (int i = 0; i < 6; i++) {
				const Cell *cell = canvas_cell(c, 0, i);
				if (cell->columns == 2)
					g_assert_true(i + 1 < 6 &&
						canvas_cell(c, 0, i + 1)->columns == 0);
				if (cell->columns == 0)
					g_assert_true(i > 0 &&
						canvas_cell(c, 0, i - 1)->columns == 2);
				columns += cell->columns;
			}
			g_assert_cmpint(columns, ==, 6);
		}
	}
}

static void
test_random(void)
{
	static const char *const texts[] = { "a", "日", "e\xcc\x81", "日本語テキスト", "plain text", "😀😀",
		"" };
	g_autoptr(Canvas) c = canvas_new(5, 17);
	for (int n = 0; n < 20000; n++) {
		Rect clip = { g_test_rand_int_range(-2, 5), g_test_rand_int_range(-2, 17),
			g_test_rand_int_range(0, 6), g_test_rand_int_range(0, 18) };
		canvas_clip(c, clip);
		canvas_put(c, g_test_rand_int_range(-1, 6), g_test_rand_int_range(-3, 19),
			g_test_rand_int_range(-1, 20), 2,
			(PutFlags)g_test_rand_int_range(0, 8), clean_ours(texts[n % 7]));
		for (int y = 0; y < 5; y++) {
			int columns = 0;
			for (int x = 0; x < 17; x++)
				columns += canvas_row(c, y)[x].columns;
			g_assert_cmpint(columns, ==, 17);
		}
	}
}

static void
test_clip(void)
{
	g_autoptr(Canvas) c = dots(4, 8);
	Rect was = canvas_clip(c, (Rect){ 1, 2, 2, 4 });
	g_assert_cmpint(was.h, ==, 4);
	canvas_fill(c, (Rect){ 0, 0, 4, 8 }, 1);
	canvas_put(c, 1, 1, 6, 1, PUT_HARD, clean_ours("日本語"));
	canvas_put(c, 3, 0, 8, 1, PUT_CUT, clean_ours("outside"));
	canvas_clip(c, was);
	g_autofree char *text = canvas_text(c);
	g_assert_cmpstr(text, ==, "........\n.. 本 ..\n..    ..\n........\n");
	g_assert_cmpint(canvas_style_at(c, 0, 0), ==, 7);
	g_assert_cmpint(canvas_style_at(c, 2, 2), ==, 1);
}

static void
test_style(void)
{
	g_autoptr(Canvas) c = dots(2, 8);
	canvas_put(c, 0, 0, 8, 3, PUT_CUT, clean_ours("日本"));
	canvas_style_row(c, 0, 1, 2, 5);	/* both halves of both */
	for (int x = 0; x < 4; x++)
		g_assert_cmpint(canvas_style_at(c, 0, x), ==, 5);
	canvas_style_add(c, 0, 0, 8, MOD_REVERSE);
	g_assert_cmpint(canvas_style_at(c, 0, 0), ==, 5 | MOD_REVERSE);
	g_assert_cmpint(canvas_style_at(c, 0, 7), ==, 7 | MOD_REVERSE);
	g_assert_cmpint(canvas_style_at(c, 1, 0), ==, 7);
	canvas_style_row(c, 7, 0, 8, 5);
	g_assert_cmpint(canvas_style_at(c, 7, 0), ==, 0);
}

static void
test_part(void)
{
	g_autoptr(Canvas) c = canvas_new(1, 20);
	const Clean *text = clean_ours("one two\nthree");
	int x = canvas_put_part(c, 0, 0, 20, 1, text, 0, 4);
	g_assert_cmpint(x, ==, 4);
	g_assert_cmpint(canvas_put_part(c, 0, x, 16, 2, text, 4, 9), ==, 3);
	g_assert_cmpint(canvas_put_part(c, 0, 0, 16, 2, text, 40, 9), ==, 0);
	g_autofree char *row = canvas_row_text(c, 0);
	g_assert_cmpstr(row, ==, "one two");
	g_assert_cmpint(canvas_style_at(c, 0, 3), ==, 1);
	g_assert_cmpint(canvas_style_at(c, 0, 4), ==, 2);
}

static void
test_lines_cursor_size(void)
{
	g_autoptr(Canvas) c = canvas_new(3, 5);
	int y, x;
	canvas_hline(c, 1, 0, 9, 1);
	canvas_vline(c, 0, 2, 9, 1);
	canvas_put_char(c, 1, 2, 1, 0x253c);
	canvas_cursor(c, 9, 9, true);
	g_assert_true(canvas_cursor_peek(c, &y, &x));
	g_assert_cmpint(y, ==, 2);
	g_assert_cmpint(x, ==, 4);
	g_autofree char *text = canvas_text(c);
	g_assert_cmpstr(text, ==, "  │\n──┼──\n  │\n");
	canvas_resize(c, 0, -4);
	g_assert_cmpint(canvas_rows(c), ==, 1);
	g_assert_cmpint(canvas_cols(c), ==, 1);
	g_assert_null(canvas_cell(c, 0, 1));
	g_assert_false(canvas_cursor_peek(c, &y, &x));
}

static void
test_rect(void)
{
	Rect r = { 2, 3, 4, 10 };
	g_assert_cmpint(rect_row(r, 1).y, ==, 3);
	g_assert_true(rect_empty(rect_row(r, 4)));
	g_assert_cmpint(rect_inset(r, 2, 3).w, ==, 5);
	g_assert_cmpint(rect_inset(r, 2, 3).x, ==, 5);
	g_assert_true(rect_empty(rect_inset(r, 20, 3)));
	g_assert_true(rect_has(r, 5, 12));
	g_assert_false(rect_has(r, 6, 12));
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(puts_); i++) {
		g_autofree char *path = g_strconcat("/canvas/put/", puts_[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_put);
	}
	g_test_add_func("/canvas/halves", test_halves);
	g_test_add_func("/canvas/random", test_random);
	g_test_add_func("/canvas/clip", test_clip);
	g_test_add_func("/canvas/style", test_style);
	g_test_add_func("/canvas/part", test_part);
	g_test_add_func("/canvas/lines-cursor-size", test_lines_cursor_size);
	g_test_add_func("/canvas/rect", test_rect);
	return g_test_run();
}
