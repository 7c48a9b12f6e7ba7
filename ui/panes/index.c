/* index.c - the list of messages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/panes/index.h"
#include "ui/theme.h"

static void
draw_row(Canvas *c, Rect r, ListView *list, const RowContext *rc, bool focused, int i)
{
	RowLine line = { 0 };

	rows_index(listview_row(list, (guint)i), r.w, rc, &line);
	row_line_draw(&line, c, r.y + i, r.x, r.w);
	row_line_clear(&line);
	if (i != listview_selected(list))
		return;
	canvas_style_row(c, r.y + i, r.x, r.w, focused ? STYLE_SELECTED : STYLE_SELECTED_IDLE);
	if (focused)
		canvas_cursor(c, r.y + i, r.x, true);
}

static void
draw_rows(Canvas *c, Rect r, ListView *list, const RowContext *rc, bool focused)
{
	for (int i = 0; i < r.h && i < (int)listview_count(list); i++)
		draw_row(c, r, list, rc, focused, i);
}

void
index_draw(Canvas *c, Rect head, Rect r, ListView *list, const RowContext *rc, bool focused, const Clean *empty,
	IndexDrawn *drawn)
{
	RowLine line = { 0 };

	if (!rect_empty(head)) {
		rows_index_head(head.w, rc, &line);
		row_line_draw(&line, c, head.y, head.x, head.w);
		row_line_clear(&line);
	}
	if (list)
		draw_rows(c, r, list, rc, focused);
	if (!rect_empty(r) && (!list || listview_count(list) == 0))
		canvas_put(c, r.y, r.x + 1, r.w - 1, STYLE_NOTE, PUT_CUT, empty);
	*drawn = (IndexDrawn){ .known = list && listview_count(list), .r = r, .focused = focused };
	if (list) {
		drawn->generation = listview_generation(list);
		drawn->selected = listview_selected(list);
	}
}

bool
index_draw_again(Canvas *c, ListView *list, const RowContext *rc, IndexDrawn *drawn)
{
	int was = drawn->selected, is = listview_selected(list);
	Rect r = drawn->r;

	if (!drawn->known || listview_count(list) == 0)
		return false;
	if (drawn->generation != listview_generation(list)) {
		canvas_fill(c, r, STYLE_NORMAL);	/* the page may have become shorter */
		draw_rows(c, r, list, rc, drawn->focused);
	} else if (was != is) {
		if (was >= 0 && was < r.h)
			draw_row(c, r, list, rc, drawn->focused, was);
		if (is >= 0 && is < r.h)
			draw_row(c, r, list, rc, drawn->focused, is);
	}
	drawn->generation = listview_generation(list);
	drawn->selected = is;
	return true;
}
