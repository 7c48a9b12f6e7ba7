/* canvas.c - a grid of cells that panes draw on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Every cell holds what the terminal will show there: a base character with its
 * marks, or the right half of a wide one. Whoever overwrites one half of a wide
 * character turns the other into a space, so that no half ever stands alone. */
#include "config.h"
#include "ui/canvas.h"

#include <string.h>

struct Canvas {
	int rows, cols;
	Cell *cells;		/* owned: rows * cols */
	guint8 *touched;	/* owned: of each row */
	Rect clip;
	int cursor_y, cursor_x;
	bool cursor;
};

static const Cell empty_cell = { .ch = ' ', .columns = 1 };

Rect
rect_row(Rect r, int row)
{
	if (row < 0 || row >= r.h)
		return (Rect){ r.y, r.x, 0, r.w };
	return (Rect){ r.y + row, r.x, 1, r.w };
}

Rect
rect_inset(Rect r, int left, int right)
{
	int w = MAX(r.w - left - right, 0);
	return (Rect){ r.y, r.x + MIN(left, r.w), r.h, w };
}

bool
rect_has(Rect r, int y, int x)
{
	return y >= r.y && y < r.y + r.h && x >= r.x && x < r.x + r.w;
}

bool
rect_empty(Rect r)
{
	return r.h <= 0 || r.w <= 0;
}

static Rect
rect_cut(Rect a, Rect b)
{
	int y0 = MAX(a.y, b.y), x0 = MAX(a.x, b.x);
	int y1 = MIN(a.y + a.h, b.y + b.h), x1 = MIN(a.x + a.w, b.x + b.w);
	return (Rect){ y0, x0, MAX(y1 - y0, 0), MAX(x1 - x0, 0) };
}

Canvas *
canvas_new(int rows, int cols)
{
	Canvas *c = g_new0(Canvas, 1);
	canvas_resize(c, rows, cols);
	return c;
}

void
canvas_free(Canvas *c)
{
	if (!c)
		return;
	g_free(c->cells);
	g_free(c->touched);
	g_free(c);
}

void
canvas_resize(Canvas *c, int rows, int cols)
{
	c->rows = CLAMP(rows, 1, 10000);
	c->cols = CLAMP(cols, 1, 10000);
	c->cells = g_renew(Cell, c->cells, (gsize)c->rows * (gsize)c->cols);
	c->touched = g_renew(guint8, c->touched, (gsize)c->rows);
	canvas_clear(c);
}

void
canvas_clear(Canvas *c)
{
	gsize n = (gsize)c->rows * (gsize)c->cols;
	for (gsize i = 0; i < n; i++)
		c->cells[i] = empty_cell;
	memset(c->touched, 1, (gsize)c->rows);
	c->clip = canvas_rect(c);
	c->cursor = false;
	c->cursor_y = c->cursor_x = 0;
}

bool
canvas_touched(const Canvas *c, int y)
{
	return y >= 0 && y < c->rows && c->touched[y];
}

void
canvas_settle(Canvas *c)
{
	memset(c->touched, 0, (gsize)c->rows);
}

int
canvas_rows(const Canvas *c)
{
	return c->rows;
}

int
canvas_cols(const Canvas *c)
{
	return c->cols;
}

Rect
canvas_rect(const Canvas *c)
{
	return (Rect){ 0, 0, c->rows, c->cols };
}

Rect
canvas_clip(Canvas *c, Rect r)
{
	Rect was = c->clip;
	c->clip = rect_cut(r, canvas_rect(c));
	return was;
}

static Cell *
cell_at(const Canvas *c, int y, int x)
{
	return &c->cells[(gsize)y * (gsize)c->cols + (gsize)x];
}

/* Before the cell at x is overwritten: the other half of a wide character there becomes a space. */
static void
part_halves(Canvas *c, int y, int x)
{
	Cell *cell = cell_at(c, y, x);
	if (cell->columns == 0 && x > 0) {
		Cell *left = cell - 1;
		CellStyle style = left->style;
		*left = empty_cell;
		left->style = style;
	} else if (cell->columns == 2 && x + 1 < c->cols) {
		Cell *right = cell + 1;
		CellStyle style = right->style;
		*right = empty_cell;
		right->style = style;
	}
}

/* A character of 1 or 2 columns. Where the clip would halve it, the half that is inside is a
 * space. */
static void
set_cell(Canvas *c, int y, int x, CellStyle style, gunichar ch, int columns)
{
	if (columns == 2 && rect_has(c->clip, y, x) != rect_has(c->clip, y, x + 1)) {
		int inside = rect_has(c->clip, y, x) ? x : x + 1;
		set_cell(c, y, inside, style, ' ', 1);
		return;
	}
	if (!rect_has(c->clip, y, x))
		return;
	Cell *cell = cell_at(c, y, x);
	c->touched[y] = 1;
	for (int i = 0; i < columns; i++)
		if (cell[i].columns != 1)
			part_halves(c, y, x + i);
	*cell = (Cell){ .ch = ch, .style = style, .columns = (guint8)columns };
	if (columns == 2)
		cell[1] = (Cell){ .ch = 0, .style = style, .columns = 0 };
}

static void
add_mark(Canvas *c, int y, int x, gunichar mark)
{
	if (!rect_has(c->clip, y, x))
		return;
	Cell *cell = cell_at(c, y, x);
	c->touched[y] = 1;
	for (int i = 0; i < CELL_MARKS; i++) {
		if (cell->marks[i])
			continue;
		cell->marks[i] = mark;
		return;
	}
}

/* Characters of text[0..len) from x on, at most `width` columns. The columns used. */
static int
draw_text(Canvas *c, int y, int x, int width, CellStyle style, const char *text, gsize len)
{
	const char *p = text, *end = text + len;
	int used = 0, last = -1;

	while (p < end) {
		gunichar ch = g_utf8_get_char(p);
		int w = utf8_char_columns(ch);
		if (w > 0 && used + w > width)
			break;
		if (w == 0) {
			if (last >= 0)
				add_mark(c, y, last, ch);
		} else {
			set_cell(c, y, x + used, style, ch, w);
			last = x + used;
			used += w;
		}
		p = g_utf8_next_char(p);
	}
	return used;
}

static void
spaces(Canvas *c, int y, int x, int n, CellStyle style)
{
	for (int i = 0; i < n; i++)
		set_cell(c, y, x + i, style, ' ', 1);
}

int
canvas_put(Canvas *c, int y, int x, int width, CellStyle style, PutFlags flags, const Clean *text)
{
	const char *s = clean_peek(text);
	gsize len = strcspn(s, "\n");
	int columns = 0;

	if (width <= 0)
		return 0;
	gsize fits = utf8_cut(s, (gssize)len, width, &columns);
	bool ellipsis = fits < len && !(flags & PUT_HARD);
	if (ellipsis) {
		fits = utf8_cut(s, (gssize)len, width - 1, &columns);
		columns++;
	}
	int before = flags & PUT_RIGHT ? width - columns : 0;
	int at = x + before;
	if (flags & PUT_PAD)
		spaces(c, y, x, before, style);
	at += draw_text(c, y, at, width, style, s, fits);
	if (ellipsis)
		set_cell(c, y, at++, style, 0x2026, 1);
	if (flags & PUT_PAD) {
		spaces(c, y, at, x + width - at, style);
		return width;
	}
	return at - x;
}

int
canvas_put_part(Canvas *c, int y, int x, int width, CellStyle style, const Clean *text, gsize from,
	gsize len)
{
	const char *s = clean_peek(text);
	gsize whole = strlen(s);
	if (from >= whole || width <= 0)
		return 0;
	len = MIN(len, whole - from);
	return draw_text(c, y, x, width, style, s + from, MIN(len, strcspn(s + from, "\n")));
}

void
canvas_put_char(Canvas *c, int y, int x, CellStyle style, gunichar ch)
{
	int w = utf8_char_columns(ch);
	if (w > 0)
		set_cell(c, y, x, style, ch, w);
}

void
canvas_fill(Canvas *c, Rect r, CellStyle style)
{
	Rect in = rect_cut(r, c->clip);
	Cell space = empty_cell;
	space.style = style;
	for (int y = in.y; in.w > 0 && y < in.y + in.h; y++) {
		/* only at the ends may a half be outside */
		part_halves(c, y, in.x);
		part_halves(c, y, in.x + in.w - 1);
		c->touched[y] = 1;
		Cell *row = cell_at(c, y, in.x);
		for (int i = 0; i < in.w; i++)
			row[i] = space;
	}
}

void
canvas_hline(Canvas *c, int y, int x, int w, CellStyle style)
{
	for (int i = 0; i < w; i++)
		set_cell(c, y, x + i, style, 0x2500, 1);
}

void
canvas_vline(Canvas *c, int y, int x, int h, CellStyle style)
{
	for (int i = 0; i < h; i++)
		set_cell(c, y + i, x, style, 0x2502, 1);
}

/* The part of a row that may be styled, widened so that both halves of a wide character agree. */
static void
style_cells(Canvas *c, int y, int x, int w, CellStyle set, CellStyle keep)
{
	Rect in = rect_cut((Rect){ y, x, 1, w }, c->clip);
	if (!rect_empty(in))
		c->touched[y] = 1;
	for (int i = 0; i < in.w && in.h > 0; i++) {
		Cell *cell = cell_at(c, y, in.x + i);
		CellStyle style = (CellStyle)((cell->style & keep) | set);
		cell->style = style;
		if (cell->columns == 0 && in.x + i > 0)
			cell[-1].style = style;
		if (cell->columns == 2)
			cell[1].style = style;
	}
}

void
canvas_style_row(Canvas *c, int y, int x, int w, CellStyle style)
{
	style_cells(c, y, x, w, style, 0);
}

void
canvas_style_add(Canvas *c, int y, int x, int w, CellStyle modifiers)
{
	style_cells(c, y, x, w, modifiers, 0xffff);
}

void
canvas_cursor(Canvas *c, int y, int x, bool visible)
{
	c->cursor_y = CLAMP(y, 0, c->rows - 1);
	c->cursor_x = CLAMP(x, 0, c->cols - 1);
	c->cursor = visible;
}

bool
canvas_cursor_peek(const Canvas *c, int *y, int *x)
{
	*y = c->cursor_y;
	*x = c->cursor_x;
	return c->cursor;
}

const Cell *
canvas_cell(const Canvas *c, int y, int x)
{
	return rect_has(canvas_rect(c), y, x) ? cell_at(c, y, x) : NULL;
}

const Cell *
canvas_row(const Canvas *c, int y)
{
	g_assert(y >= 0 && y < c->rows);
	return cell_at(c, y, 0);
}

char *
canvas_row_text(const Canvas *c, int y)
{
	g_autoptr(GString) s = g_string_new(NULL);
	for (int x = 0; x < c->cols; x++) {
		const Cell *cell = cell_at(c, y, x);
		if (cell->columns == 0)
			continue;
		g_string_append_unichar(s, cell->ch);
		for (int i = 0; i < CELL_MARKS && cell->marks[i]; i++)
			g_string_append_unichar(s, cell->marks[i]);
	}
	while (s->len > 0 && s->str[s->len - 1] == ' ')
		g_string_truncate(s, s->len - 1);
	return g_strdup(s->str);
}

char *
canvas_text(const Canvas *c)
{
	g_autoptr(GString) s = g_string_new(NULL);
	for (int y = 0; y < c->rows; y++) {
		g_autofree char *row = canvas_row_text(c, y);
		g_string_append(s, row);
		g_string_append_c(s, '\n');
	}
	return g_strdup(s->str);
}

CellStyle
canvas_style_at(const Canvas *c, int y, int x)
{
	return rect_has(canvas_rect(c), y, x) ? cell_at(c, y, x)->style : 0;
}
