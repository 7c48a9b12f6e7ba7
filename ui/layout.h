/* layout.h - a screen's size and what is wanted -> where the panes lie. Pure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * From 100 columns up folders, index and pager; from 60 index and pager, and the folders beside
 * the index only while they have the keys; below that, or where fewer than LAYOUT_TALL rows are
 * left, one at a time: the one that has the keys. 20x5 still works. */
#pragma once

#include "ui/canvas.h"

enum { LAYOUT_WIDE = 100, LAYOUT_MEDIUM = 60, LAYOUT_TALL = 12 };

typedef enum { PANE_INDEX, PANE_PAGER, PANE_FOLDERS } Pane;

typedef struct {
	Pane focus;
	bool folders;		/* not hidden by F9 */
	bool pager;		/* a message is open */
	int folders_width;	/* 0: a quarter, 16..30 columns */
	int index_percent;	/* of the height, with an open message; 0: 40 */
} LayoutWant;

typedef struct {	/* empty where there is no room */
	Rect title, status;
	Rect body;		/* all between them: help and lists over everything */
	Rect folders, index, pager;
	Rect folders_head, index_head;	/* one line above their pane */
	Rect border_v, border_h;	/* between folders and the rest; between index and pager */
} Layout;

Layout layout_make(int rows, int cols, LayoutWant want);
/* The lines between the panes, with their joints. */
void layout_draw_borders(const Layout *l, Canvas *c, CellStyle style);

/* The first visible line of a list so that the selected one is on the screen: by whole pages, as
 * in mutt, which costs fewer bytes than line by line; never more empty lines below than needed. */
gint64 layout_list_top(gint64 top, gint64 selected, int height, gint64 total);
