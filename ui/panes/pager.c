/* pager.c - the open message.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/panes/pager.h"
#include "base/intl.h"
#include "ui/theme.h"

#include <string.h>

static void
put_piece(Canvas *c, int y, Rect r, int *x, CellStyle style, const Clean *text, gsize from, gsize len)
{
	if (*x < r.w)
		*x += canvas_put_part(c, y, r.x + *x, r.w - *x, style, text, from, len);
}

static void
draw_line(Canvas *c, int y, Rect r, const ReadView *view, guint i)
{
	const ReadLine *l = readview_line(view, i);
	gsize len = strlen(clean_peek(l->text)), at = 0;
	int x = 0;

	for (guint k = 0; k < l->n_runs; k++) {
		const ReadRun *run = &l->runs[k];
		if (run->from < at || run->from + run->len > len)
			continue;
		put_piece(c, y, r, &x, l->style, l->text, at, run->from - at);
		put_piece(c, y, r, &x, run->style, l->text, run->from, run->len);
		at = run->from + run->len;
	}
	put_piece(c, y, r, &x, l->style, l->text, at, len - at);
	g_autoptr(GArray) hits = readview_hits(view, i);
	for (guint k = 0; hits && k < hits->len; k++) {
		const ReadRun *hit = &g_array_index(hits, ReadRun, k);
		int before = utf8_columns(clean_peek(l->text), hit->from), columns = utf8_columns(clean_peek(l->text) + hit->from, hit->len);
		if (before < r.w)
			canvas_style_row(c, y, r.x + before, MIN(columns, r.w - before), STYLE_SEARCH);
	}
}

/* In as many rows as it takes; the row behind it. */
static int
put_wrapped(Canvas *c, int y, Rect r, const Clean *text)
{
	const char *at = clean_peek(text);
	gsize len = strlen(at), next;

	for (; y < r.y + r.h && len > 0; y++, at += next, len -= next) {
		gsize n = utf8_wrap(at, len, r.w, &next);
		g_autoptr(Clean) row = clean_new(at, (gssize)n, CLEAN_LINE);
		canvas_put(c, y, r.x, r.w, STYLE_NOTE, PUT_CUT, row);
	}
	return y;
}

/* What to say while the text is not here, and below it how the text begins. */
static void
draw_waiting(Canvas *c, Rect r, const Clean *waiting, const Clean *preview)
{
	int y = put_wrapped(c, r.y, r, waiting);

	if (preview)
		put_wrapped(c, y + 1, r, preview);
}

void
pager_draw(Canvas *c, Rect r, ReadView *view, const Clean *waiting, const Clean *preview, bool focused)
{
	if (rect_empty(r))
		return;
	Rect text = rect_inset(r, 1, 0);	/* the cell before the text is ours alone (M8) */
	if (!view) {
		draw_waiting(c, text, waiting, preview);
		return;
	}
	readview_set_height(view, r.h);
	readview_set_width(view, MAX(text.w - 1, 1));
	guint top = readview_top(view);
	for (int i = 0; i < r.h; i++) {
		if (top + (guint)i < readview_count(view))
			draw_line(c, text.y + i, text, view, top + (guint)i);
		else
			canvas_put(c, r.y + i, r.x, 1, STYLE_GUTTER, PUT_HARD, clean_ours("~"));
	}
	if (focused)
		canvas_cursor(c, r.y, r.x, true);
}
