/* index.h - the list of messages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/rows.h"
#include "ui/view/listview.h"

/* What a canvas shows of it. */
typedef struct {
	bool known;
	Rect r;
	guint64 generation;	/* of the list */
	int selected;
	bool focused;
} IndexDrawn;

/* empty: what to say when there are no rows; borrowed. drawn gets what was drawn. */
void index_draw(Canvas *c, Rect head, Rect r, ListView *list, const RowContext *rc, bool focused, const Clean *empty,
	IndexDrawn *drawn);
/* The same for a canvas that shows `drawn`, of the same list, context and place: only the rows that differ. The cells are
 * those of index_draw. False: nothing was drawn, it must be whole. */
bool index_draw_again(Canvas *c, ListView *list, const RowContext *rc, IndexDrawn *drawn);
