/* layout.c - tests of ui/layout: for every size and wish nothing overlaps, and the one with the
 * keys is there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/layout.h"

#include <locale.h>
#include <string.h>

static Layout
make(int cols, int rows, Pane focus, bool folders, bool pager)
{
	return layout_make(rows, cols,
		(LayoutWant){ .focus = focus, .folders = folders, .pager = pager });
}

static void
paint(Canvas *c, Rect r, char ch)
{
	for (int y = r.y; y < r.y + r.h; y++) {
		for (int x = r.x; x < r.x + r.w; x++) {
			g_assert_true(rect_has(canvas_rect(c), y, x));
			g_assert_cmpuint(canvas_cell(c, y, x)->ch, ==, ' ');
			canvas_put_char(c, y, x, 0, (gunichar)ch);
		}
	}
}

/* The picture of a layout: a letter a pane; asserts that nothing overlaps. */
static char *
picture(const Layout *l, int rows, int cols)
{
	g_autoptr(Canvas) c = canvas_new(rows, cols);
	paint(c, l->title, 't');
	paint(c, l->status, 's');
	paint(c, l->folders_head, 'f');
	paint(c, l->folders, 'F');
	paint(c, l->index_head, 'i');
	paint(c, l->index, 'I');
	paint(c, l->pager, 'P');
	paint(c, l->border_v, '|');
	paint(c, l->border_h, '-');
	return canvas_text(c);
}

static void
test_every_size(void)
{
	for (int rows = 1; rows <= 60; rows++) {
		for (int cols = 1; cols <= 140; cols++) {
			for (int wish = 0; wish < 12; wish++) {
				Pane focus = (Pane)(wish % 3);
				bool folders = wish / 3 % 2, pager = wish / 6;
				if (focus == PANE_PAGER && !pager)
					continue;
				Layout l = make(cols, rows, focus, folders, pager);
				g_autofree char *p = picture(&l, rows, cols);
				if (rows >= 3 && cols >= 2) {
					g_assert_null(strchr(p, ' '));	/* no hole */
					Rect has = focus == PANE_INDEX ? l.index :
						focus == PANE_PAGER ? l.pager : l.folders;
					g_assert_false(rect_empty(has));
				}
			}
		}
	}
}

static void
test_sizes(void)
{
	Layout l = make(120, 36, PANE_INDEX, true, false);
	g_assert_cmpint(l.folders.w, ==, 27);
	g_assert_cmpint(l.index.w, ==, 92);
	g_assert_cmpint(l.index.h, ==, 33);
	g_assert_true(rect_empty(l.pager) && rect_empty(l.border_h));
	l = make(120, 36, PANE_PAGER, true, true);
	g_assert_false(rect_empty(l.folders) || rect_empty(l.index) || rect_empty(l.pager));
	g_assert_cmpint(l.pager.y, >, l.index.y);
	g_assert_cmpint(l.index_head.h, ==, 1);
	l = make(120, 36, PANE_PAGER, false, true);
	g_assert_true(rect_empty(l.folders));
	g_assert_cmpint(l.pager.w, ==, 120);
	l = make(80, 24, PANE_PAGER, true, true);
	g_assert_true(rect_empty(l.folders));
	g_assert_false(rect_empty(l.index) || rect_empty(l.pager));
	l = make(80, 24, PANE_FOLDERS, false, true);
	g_assert_false(rect_empty(l.folders) || rect_empty(l.index));
	l = make(50, 15, PANE_PAGER, true, true);
	g_assert_true(rect_empty(l.index) && rect_empty(l.folders));
	g_assert_cmpint(l.pager.h, ==, 13);
	l = make(50, 15, PANE_FOLDERS, true, true);
	g_assert_true(rect_empty(l.index) && rect_empty(l.pager));
	l = make(20, 5, PANE_INDEX, true, false);
	g_assert_cmpint(l.index.h, ==, 2);
	g_assert_cmpint(l.index_head.h, ==, 1);
	g_assert_cmpint(l.status.y, ==, 4);
	l = make(20, 5, PANE_PAGER, true, true);
	g_assert_cmpint(l.pager.h, ==, 3);
	l = make(120, 13, PANE_PAGER, true, true);	/* wide, but too low for two */
	g_assert_true(rect_empty(l.index));
}

static void
test_borders(void)
{
	Layout l = make(100, 16, PANE_PAGER, true, true);
	g_autoptr(Canvas) c = canvas_new(16, 100);
	layout_draw_borders(&l, c, 1);
	g_assert_cmpuint(canvas_cell(c, l.border_h.y, l.border_v.x)->ch, ==, 0x251c);
	g_assert_cmpuint(canvas_cell(c, l.border_v.y, l.border_v.x)->ch, ==, 0x2502);
	g_assert_cmpuint(canvas_cell(c, l.border_h.y, 99)->ch, ==, 0x2500);
}

static const struct { gint64 top, selected; int height; gint64 total, want; } tops[] = {
	{ 0, 0, 10, 100, 0 }, { 0, 9, 10, 100, 0 }, { 0, 10, 10, 100, 10 }, { 10, 9, 10, 100, 0 },
	{ 20, 5, 10, 100, 0 }, { 0, 99, 10, 100, 90 },
	{ 95, 97, 10, 100, 90 }, { 50, 40, 10, 100, 31 }, { 5, 2, 10, 3, 0 }, { 0, 0, 0, 10, 0 },
	{ 7, 0, 10, 0, 0 }, { -4, 0, 10, 100, 0 },
};

static void
test_list_top(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(tops); i++)
		g_assert_cmpint(layout_list_top(tops[i].top, tops[i].selected, tops[i].height,
			tops[i].total), ==, tops[i].want);
	for (int n = 0; n < 20000; n++) {
		gint64 total = g_test_rand_int_range(1, 200),
			selected = g_test_rand_int_range(0, (gint32)total);
		int height = g_test_rand_int_range(1, 60);
		gint64 top = layout_list_top(g_test_rand_int_range(-10, 250), selected, height,
			total);
		g_assert_true(top >= 0 && top <= selected && selected < top + height);
		g_assert_true(top == 0 || top + height <= total);
	}
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/layout/every-size", test_every_size);
	g_test_add_func("/layout/sizes", test_sizes);
	g_test_add_func("/layout/borders", test_borders);
	g_test_add_func("/layout/list-top", test_list_top);
	return g_test_run();
}
