/* layout.c - a screen's size and what is wanted -> where the panes lie.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/layout.h"

/* Takes a head line off a pane if it is high enough to spare one. */
static Rect
take_head(Rect *pane)
{
	if (pane->h < 3)
		return (Rect){ pane->y, pane->x, 0, pane->w };
	Rect head = rect_row(*pane, 0);
	pane->y++;
	pane->h--;
	return head;
}

static void
place_folders(Layout *l, Rect *rest, const LayoutWant *want)
{
	int w = want->folders_width > 0 ? want->folders_width : CLAMP(rest->w / 4, 16, 27);
	w = MIN(w, rest->w / 2);
	l->folders = (Rect){ rest->y, rest->x, rest->h, w };
	l->border_v = (Rect){ rest->y, rest->x + w, rest->h, 1 };
	*rest = rect_inset(*rest, w + 1, 0);
}

static void
place_mail(Layout *l, Rect rest, const LayoutWant *want, bool one)
{
	if (!want->pager) {
		l->index = rest;
	} else if (one) {
		*(want->focus == PANE_PAGER ? &l->pager : &l->index) = rest;
	} else {
		int percent = want->index_percent > 0 ? want->index_percent : 40;
		int h = CLAMP(rest.h * percent / 100, 3, rest.h - 4);
		l->index = (Rect){ rest.y, rest.x, h, rest.w };
		l->border_h = (Rect){ rest.y + h, rest.x, 1, rest.w };
		l->pager = (Rect){ rest.y + h + 1, rest.x, rest.h - h - 1, rest.w };
	}
	if (!rect_empty(l->index))
		l->index_head = take_head(&l->index);
}

Layout
layout_make(int rows, int cols, LayoutWant want)
{
	Layout l = { 0 };
	int top = rows >= 3 ? 1 : 0, bottom = rows >= 2 ? 1 : 0;

	l.title = (Rect){ 0, 0, top, cols };
	l.status = (Rect){ rows - bottom, 0, bottom, cols };
	l.body = (Rect){ top, 0, MAX(rows - top - bottom, 0), cols };
	Rect rest = l.body;
	bool keys = want.focus == PANE_FOLDERS;
	if (cols < LAYOUT_MEDIUM && keys) {
		l.folders = rest;
		l.folders_head = take_head(&l.folders);
		return l;
	}
	if (keys || (want.folders && cols >= LAYOUT_WIDE)) {
		place_folders(&l, &rest, &want);
		l.folders_head = take_head(&l.folders);
	}
	place_mail(&l, rest, &want, cols < LAYOUT_MEDIUM || rest.h < LAYOUT_TALL);
	return l;
}

void
layout_draw_borders(const Layout *l, Canvas *c, CellStyle style)
{
	bool v = !rect_empty(l->border_v), h = !rect_empty(l->border_h);
	if (v)
		canvas_vline(c, l->border_v.y, l->border_v.x, l->border_v.h, style);
	if (h)
		canvas_hline(c, l->border_h.y, l->border_h.x, l->border_h.w, style);
	if (v && h)
		canvas_put_char(c, l->border_h.y, l->border_v.x, style, 0x251c);
}

gint64
layout_list_top(gint64 top, gint64 selected, int height, gint64 total)
{
	if (height <= 0 || total <= 0)
		return 0;
	/* the page that ends with it, so that going back has the same rhythm */
	if (selected < top)
		top = selected - (height - 1);
	else if (selected >= top + height)
		top = selected;
	gint64 last = MAX(total - height, 0);
	return CLAMP(top, 0, last);
}
