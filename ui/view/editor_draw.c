/* editor_draw.c - the rows of a text that is written, with its quotes and its signature.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/editor_private.h"
#include "ui/theme.h"

#include <string.h>

static CellStyle
style_of(const Editor *e, gsize line, bool signature)
{
	int depth = 0;
	for (const char *p = e->text->str + line; *p == '>' || (*p == ' ' && depth); p++)
		depth += *p == '>';
	return depth ? style_quote(depth) : signature ? STYLE_SIGNATURE : STYLE_NORMAL;
}

static bool
begins_signature(const Editor *e, gsize line)
{
	const char *p = e->text->str + line;
	return !strncmp(p, "-- ", 3) && (p[3] == '\n' || !p[3]);
}

/* Whether a line that begins the signature stands above a place. */
static bool
below_signature(const Editor *e, gsize at)
{
	const char *sign = at ? g_strrstr_len(e->text->str, (gssize)at, "-- \n") : NULL;
	return sign && (sign == e->text->str || sign[-1] == '\n');
}

/* ---- what is on the screen ---- */

/* The cursor stays visible; a jump far away puts it in the middle. */
static void
scroll(Editor *e, int height)
{
	gsize row = editor_row_start(e, e->at), end;

	e->height = height;
	e->top = editor_row_start(e, e->top);
	if (row < e->top) {
		gsize up = e->top;
		for (int i = 0; i < height && up > row; i++)
			up = editor_row_start(e, up - 1);
		e->top = row;
		if (up <= row)
			return;	/* less than a screen: the cursor's row becomes the first */
	} else {
		gsize down = e->top;
		for (int i = 0; i < 2 * height && down != G_MAXSIZE; i++) {
			if (down == row && i < height)
				return;
			if (down == row) {	/* some rows below: it becomes the last one */
				for (; i >= height; i--)
					e->top = editor_row(e, e->top, &end);
				return;
			}
			down = editor_row(e, down, &end);
		}
		e->top = row;
	}
	for (int i = 0; i < height / 2 && e->top > 0; i++)
		e->top = editor_row_start(e, e->top - 1);
}

static void
show_range(const Editor *e, Canvas *c, Rect r, int y, gsize row, gsize end, gsize from, gsize to,
	bool found)
{
	from = MAX(from, row);
	to = MIN(to, end);
	if (from >= to)
		return;
	int x = editor_column_of(e, row, from), w = editor_column_of(e, row, to) - x;
	if (x < r.w && found)
		canvas_style_row(c, y, r.x + x, MIN(w, r.w - x), STYLE_SEARCH_CURRENT);
	else if (x < r.w)
		canvas_style_add(c, y, r.x + x, MIN(w, r.w - x), MOD_REVERSE);
}

void
editor_draw(Editor *e, Canvas *c, Rect r, bool focused)
{
	gsize from = 0, to = 0;

	if (rect_empty(r))
		return;
	canvas_fill(c, r, STYLE_NORMAL);
	editor_set_columns(e, MIN(EDITOR_WRAP, r.w - 1));
	scroll(e, r.h);
	bool marked = editor_marked(e, &from, &to), signature = below_signature(e, e->top);
	gsize row = e->top, cursor_row = editor_row_start(e, e->at), end;
	for (int y = r.y; y < r.y + r.h && row != G_MAXSIZE; y++) {
		gsize next = editor_row(e, row, &end), line = editor_line_start(e, row);
		signature = signature || begins_signature(e, line);
		const char *prefix;
		gsize drawn = editor_drawn_prefix(e, row, &prefix);
		g_autofree char *bytes = g_strdup_printf(
			"%.*s%.*s", (int)drawn, prefix, (int)(end - row), e->text->str + row);
		g_autoptr(Clean) text = clean_new(bytes, -1, CLEAN_TEXT);
		canvas_put_part(c, y, r.x, r.w, style_of(e, line, signature), text, 0,
			strlen(clean_peek(text)));
		if (marked)
			show_range(e, c, r, y, row, end, from, to, false);
		if (e->n_found)
			show_range(e, c, r, y, row, end, e->found, e->found + e->n_found, true);
		if (focused && row == cursor_row)
			canvas_cursor(
				c, y, r.x + MIN(editor_column_of(e, row, e->at), r.w - 1), true);
		row = next;
	}
}

/* Sideways, so that the cursor is in the line. */
static void
scroll_line(Editor *e, int width)
{
	if (e->left > e->at || e->left > e->text->len)
		e->left = e->at;
	/* far away: only what can be seen is counted */
	if (e->at - e->left > (gsize)width * 16) {
		const char *p = e->text->str + e->at - (gsize)width * 4;
		while (((guchar)*p & 0xc0) == 0x80)
			p++;
		e->left = (gsize)(p - e->text->str);
	}
	while (e->left < e->at && editor_column_of(e, e->left, e->at) > width - 1)
		e->left = (gsize)(g_utf8_next_char(e->text->str + e->left) - e->text->str);
}

void
editor_draw_line(Editor *e, Canvas *c, Rect line, CellStyle style, bool focused)
{
	gsize from, to;

	if (rect_empty(line))
		return;
	canvas_fill(c, line, style);
	if (!focused) {
		gsize shown = MIN(e->text->len, (gsize)line.w * 16);
		g_autoptr(Clean) beginning = clean_new(e->text->str, (gssize)shown, CLEAN_LINE);
		canvas_put(c, line.y, line.x, line.w, style, PUT_CUT, beginning);
		return;
	}
	scroll_line(e, line.w);
	gsize len = MIN(e->text->len - e->left, (gsize)line.w * 16);
	g_autoptr(Clean) text = clean_new(e->text->str + e->left, (gssize)len, CLEAN_LINE);
	canvas_put_part(c, line.y, line.x, line.w, style, text, 0, strlen(clean_peek(text)));
	if (editor_marked(e, &from, &to))
		show_range(e, c, line, line.y, e->left, e->left + len, from, to, false);
	canvas_cursor(c, line.y, line.x + editor_column_of(e, e->left, e->at), true);
}

int
editor_line_number(const Editor *e, int *column, int *lines)
{
	int n = 1, all = 1;
	for (gsize i = 0; i < e->text->len; i++)
		if (e->text->str[i] == '\n') {
			all++;
			n += i < e->at;
		}
	*column = editor_column_of(e, editor_line_start(e, e->at), e->at) + 1;
	*lines = all;
	return n;
}
