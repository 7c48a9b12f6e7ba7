/* index.c - the list of messages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/panes/index.h"
#include "ui/theme.h"

void
index_draw(Canvas *c, Rect head, Rect r, ListView *list, const RowContext *rc, bool focused, const Clean *empty)
{
	RowLine line = { 0 };

	if (!rect_empty(head)) {
		rows_index_head(head.w, rc, &line);
		row_line_draw(&line, c, head.y, head.x, head.w);
		row_line_clear(&line);
	}
	for (int i = 0; i < r.h && list && i < (int)listview_count(list); i++) {
		rows_index(listview_row(list, (guint)i), r.w, rc, &line);
		row_line_draw(&line, c, r.y + i, r.x, r.w);
		row_line_clear(&line);
		if (i == listview_selected(list)) {
			canvas_style_row(c, r.y + i, r.x, r.w, focused ? STYLE_SELECTED : STYLE_SELECTED_IDLE);
			if (focused)
				canvas_cursor(c, r.y + i, r.x, true);
		}
	}
	if (!rect_empty(r) && (!list || listview_count(list) == 0))
		canvas_put(c, r.y, r.x + 1, r.w - 1, STYLE_NOTE, PUT_CUT, empty);
}
