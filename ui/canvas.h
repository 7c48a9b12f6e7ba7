/* canvas.h - a grid of cells that panes draw on; knows neither curses nor what the cells mean.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Text arrives only as Clean (base/utf8), so nothing that a stranger wrote can act on the
 * terminal. Coordinates are absolute; what lies outside the canvas or the clip is not drawn. UI
 * thread only. */
#pragma once

#include "base/utf8.h"

typedef struct { int y, x, h, w; } Rect;

Rect rect_row(Rect r, int row);		/* one line of it; h 0 when row is outside */
Rect rect_inset(Rect r, int left, int right);
bool rect_has(Rect r, int y, int x);
bool rect_empty(Rect r);

/* A Style of ui/theme.h, with modifiers or-ed to it. */
typedef guint16 CellStyle;
enum {
	MOD_BOLD = 0x100, MOD_REVERSE = 0x200, MOD_UNDERLINE = 0x400, MOD_DIM = 0x800,
	MOD_ITALIC = 0x1000,
	MOD_STYLE = 0xff,	/* the mask of the Style itself */
};

typedef enum {
	PUT_CUT = 0,		/* too long: cut with an ellipsis */
	PUT_PAD = 1 << 0,	/* too short: fill up with spaces of the same style */
	PUT_RIGHT = 1 << 1,	/* flush right (with PUT_PAD: spaces before it) */
	PUT_HARD = 1 << 2,	/* too long: cut without an ellipsis */
} PutFlags;

/* combining marks kept on a cell: what the terminal library can take */
enum { CELL_MARKS = 4 };

typedef struct {
	gunichar ch;		/* ' ' when empty; 0 in the right half of a wide character */
	gunichar marks[CELL_MARKS];	/* ends at the first 0 */
	CellStyle style;
	guint8 columns;		/* 1, 2, or 0 in the right half */
} Cell;

typedef struct Canvas Canvas;

Canvas *canvas_new(int rows, int cols);
void canvas_free(Canvas *c);
void canvas_resize(Canvas *c, int rows, int cols);	/* and clears it */
void canvas_clear(Canvas *c);	/* spaces of style 0, no cursor, no clip */
int canvas_rows(const Canvas *c);
int canvas_cols(const Canvas *c);
Rect canvas_rect(const Canvas *c);
/* Whether a cell of the row was written since the last canvas_settle. */
bool canvas_touched(const Canvas *c, int y);
void canvas_settle(Canvas *c);

/* Draws only inside r from now on; gives the clip that was, to be set again. */
Rect canvas_clip(Canvas *c, Rect r);

/* One line of text in `width` columns; ends at a newline. The columns used, padding included. A
 * wide character is never halved: where half of one would stand there is a space. */
int canvas_put(Canvas *c, int y, int x, int width, CellStyle style, PutFlags flags,
	const Clean *text);
/* The same for the first `len` bytes: pieces of a line with styles of their own; never an
 * ellipsis. */
int canvas_put_part(Canvas *c, int y, int x, int width, CellStyle style, const Clean *text,
	gsize from, gsize len);
/* A character of the program's own (lines, bullets). */
void canvas_put_char(Canvas *c, int y, int x, CellStyle style, gunichar ch);
void canvas_fill(Canvas *c, Rect r, CellStyle style);	/* with spaces */
void canvas_hline(Canvas *c, int y, int x, int w, CellStyle style);
void canvas_vline(Canvas *c, int y, int x, int h, CellStyle style);
/* the text stays, its style is replaced */
void canvas_style_row(Canvas *c, int y, int x, int w, CellStyle style);
/* or-ed to what is there */
void canvas_style_add(Canvas *c, int y, int x, int w, CellStyle modifiers);

void canvas_cursor(Canvas *c, int y, int x, bool visible);
bool canvas_cursor_peek(const Canvas *c, int *y, int *x);	/* whether it is visible */

const Cell *canvas_cell(const Canvas *c, int y, int x);	/* borrowed; NULL outside */
const Cell *canvas_row(const Canvas *c, int y);		/* canvas_cols() of them, borrowed */

/* for tests: the text of a row without the spaces at its end, all rows with newlines; a cell's
 * style. Yours. */
char *canvas_row_text(const Canvas *c, int y);
char *canvas_text(const Canvas *c);
CellStyle canvas_style_at(const Canvas *c, int y, int x);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Canvas, canvas_free)
