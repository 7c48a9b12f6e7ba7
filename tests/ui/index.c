/* index.c - tests of ui/panes/index: a list drawn in part is the list drawn whole.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "ui/panes/index.h"
#include "ui/theme.h"

#include <locale.h>
#include <string.h>

enum { ROWS = 30, COLS = 100, MESSAGES = 400, STEPS = 6000 };

static const char *const subjects[] = { "The garden wall", "日本語の件名です", "e\xcc\x81t\xc3\xa9 \xf0\x9f\x98\x80 wide at the very end of its column 日本語日本語日本語日本語日本語", "",
	"\033[31m\xe2\x80\xae evil", "plain" };

typedef struct { Canvas *part, *whole; ListView *list; RowContext rc; IndexDrawn drawn; Rect head, r; bool focused; } Two;

static void
draw_whole(Two *t, Canvas *c, IndexDrawn *drawn)
{
	canvas_clear(c);
	listview_set_height(t->list, t->r.h);
	/* what stands around it */
	canvas_fill(c, (Rect){ 0, 0, 1, COLS }, STYLE_TITLE);
	canvas_vline(c, 1, t->r.x - 1, ROWS - 2, STYLE_BORDER);
	index_draw(c, t->head, t->r, t->list, &t->rc, t->focused, clean_ours("No messages."), drawn);
	canvas_fill(c, (Rect){ ROWS - 1, 0, 1, COLS }, STYLE_STATUS);
}

static void
assert_same(const Two *t, int step)
{
	for (int y = 0; y < ROWS; y++)
		if (memcmp(canvas_row(t->part, y), canvas_row(t->whole, y), sizeof(Cell) * COLS)) {
			g_autofree char *part = canvas_row_text(t->part, y), *whole = canvas_row_text(t->whole, y);
			g_error("step %d, row %d:\n%s\n%s", step, y, part, whole);
		}
	int y1, x1, y2, x2;
	g_assert_cmpint(canvas_cursor_peek(t->part, &y1, &x1), ==, canvas_cursor_peek(t->whole, &y2, &x2));
	g_assert_cmpint(y1, ==, y2);
	g_assert_cmpint(x1, ==, x2);
}

/* What a key may do to the list. */
static void
any_move(ListView *v)
{
	int n = g_test_rand_int_range(0, 100);
	if (n < 35)
		listview_move(v, 1);
	else if (n < 60)
		listview_move(v, -1);
	else if (n < 65)
		listview_move(v, g_test_rand_int_range(-60, 60));
	else if (n < 73)
		listview_page(v, 2);
	else if (n < 80)
		listview_page(v, -2);
	else if (n < 86)
		listview_page(v, g_test_rand_int_range(0, 2) ? 1 : -1);
	else if (n < 88)
		listview_first(v);
	else if (n < 90)
		listview_last(v);
	else if (n < 94)
		listview_jump(v, (guint)g_test_rand_int_range(1, MESSAGES + 10));
	else
		listview_select(v, (guint)g_test_rand_int_range(0, ROWS));
}

/* What may come from elsewhere. */
static void
any_news(Two *t, Db *db, gint64 folder, guint32 *uid)
{
	int n = g_test_rand_int_range(0, 5);

	must_begin(db);
	if (n == 0) {
		g_assert_true(messages_server_flags(db, folder, (guint32)g_test_rand_int_range(1, MESSAGES),
			(guint32)g_test_rand_int_range(0, 16), NULL, 0, NULL, NULL));
	} else if (n == 1) {
		(*uid)++;
		put_message(db, folder, *uid, 1700000000 + (gint64)*uid * 60, 0, subjects[*uid % G_N_ELEMENTS(subjects)]);
	} else if (n == 2) {
		g_assert_true(messages_remove_uid(db, folder, (guint32)g_test_rand_int_range(1, MESSAGES), NULL));
	}
	must_commit(db);
	if (n == 3)
		listview_set_limit(t->list, g_test_rand_int_range(0, 2) ? "garden" : "~s plain", NULL);
	else if (n == 4)
		listview_set_limit(t->list, NULL, NULL);
	listview_reload(t->list);
	while (listview_work(t->list))
		;
}

static void
walk(Two *t, Db *db, gint64 folder)
{
	guint32 uid = MESSAGES;
	guint parts = 0;
	IndexDrawn other;

	draw_whole(t, t->part, &t->drawn);
	for (int step = 0; step < STEPS; step++) {
		if (g_test_rand_int_range(0, 40) == 0)
			any_news(t, db, folder, &uid);
		else
			any_move(t->list);
		while (listview_work(t->list))
			;
		if (index_draw_again(t->part, t->list, &t->rc, &t->drawn))
			parts++;
		else
			draw_whole(t, t->part, &t->drawn);
		draw_whole(t, t->whole, &other);
		assert_same(t, step);
		if (g_test_rand_int_range(0, 200) == 0) {	/* another size, another focus */
			t->r.h = g_test_rand_int_range(1, ROWS - 3);
			t->focused = g_test_rand_int_range(0, 2);
			draw_whole(t, t->part, &t->drawn);
		}
	}
	g_assert_cmpuint(parts, >, STEPS * 9 / 10);
}

static void
test_parts(void)
{
	g_autofree char *dir = NULL, *path = temp_store(&dir);
	Db *db = must_open(path, DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();

	must_begin(db);
	for (guint32 uid = 1; uid <= MESSAGES; uid++)
		put_message(db, folder, uid, 1700000000 + (gint64)uid * 60, uid % 3 ? FLAG_SEEN : uid % 5 ? 0 : FLAG_FLAGGED,
			subjects[uid % G_N_ELEMENTS(subjects)]);
	must_commit(db);
	Two t = { .part = canvas_new(ROWS, COLS), .whole = canvas_new(ROWS, COLS), .list = listview_new(db, folder),
		.rc = { .now = 1700030000, .zone = zone }, .head = { 1, 28, 1, COLS - 28 }, .r = { 2, 28, ROWS - 3, COLS - 28 }, .focused = true };
	listview_set_height(t.list, t.r.h);
	walk(&t, db, folder);
	canvas_free(t.part);
	canvas_free(t.whole);
	listview_free(t.list);
	db_close(db);
	remove_tree(dir);
}

/* Only what was written is told as touched, and what was written is. */
static void
test_touched(void)
{
	g_autoptr(Canvas) c = canvas_new(5, 20), before = canvas_new(5, 20);

	g_assert_true(canvas_touched(c, 0) && canvas_touched(c, 4) && !canvas_touched(c, 5) && !canvas_touched(c, -1));
	for (int i = 0; i < 3000; i++) {
		int y = g_test_rand_int_range(-1, 6), x = g_test_rand_int_range(-3, 22), w = g_test_rand_int_range(0, 12);
		canvas_settle(c);
		for (int row = 0; row < 5; row++)
			memcpy((Cell *)canvas_row(before, row), canvas_row(c, row), sizeof(Cell) * 20);
		canvas_clip(c, i % 3 ? canvas_rect(c) : (Rect){ 1, 2, 3, 9 });
		switch (i % 6) {
		case 0: canvas_put(c, y, x, w, (CellStyle)(i % 5), i % 2 ? PUT_PAD : PUT_CUT, clean_ours("日本 e\xcc\x81語 text")); break;
		case 1: canvas_fill(c, (Rect){ y, x, 2, w }, (CellStyle)(i % 5)); break;
		case 2: canvas_style_row(c, y, x, w, (CellStyle)(i % 5)); break;
		case 3: canvas_style_add(c, y, x, w, MOD_BOLD); break;
		case 4: canvas_hline(c, y, x, w, 1); break;
		default: canvas_vline(c, y, x, w, 2); break;
		}
		for (int row = 0; row < 5; row++)
			if (memcmp(canvas_row(before, row), canvas_row(c, row), sizeof(Cell) * 20))
				g_assert_true(canvas_touched(c, row));
		/* no half of a wide character stands alone */
		for (int row = 0; row < 5; row++)
			for (int col = 0; col < 20; col++) {
				const Cell *cell = canvas_cell(c, row, col);
				g_assert_true(cell->columns != 2 || (col < 19 && canvas_cell(c, row, col + 1)->columns == 0));
				g_assert_true(cell->columns != 0 || (col > 0 && canvas_cell(c, row, col - 1)->columns == 2));
			}
	}
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/index/parts", test_parts);
	g_test_add_func("/ui/index/touched", test_touched);
	return g_test_run();
}
