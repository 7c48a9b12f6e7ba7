/* editor.h - text that a person writes: typing, moving, cutting, undo, soft wrap; a whole body or
 * one line.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Knows neither keys nor mail. The text is UTF-8 with \n; what was typed stays as it is (also
 * invisible characters that languages need), only controls are left out. Positions are bytes.
 * Moving and wrapping look at the lines around the cursor only, so that a long text costs no more
 * than a short one. */
#pragma once

#include "ui/canvas.h"

enum { EDITOR_BODY_MAX = 8 * 1024 * 1024, EDITOR_LINE_MAX = 256 * 1024, EDITOR_WRAP = 72 };

typedef enum {
	EDIT_LEFT, EDIT_RIGHT, EDIT_UP, EDIT_DOWN, EDIT_WORD_LEFT, EDIT_WORD_RIGHT,
	EDIT_ROW_START, EDIT_ROW_END,	/* of the row on the screen; there already: of the line */
	EDIT_PAGE_UP, EDIT_PAGE_DOWN, EDIT_TEXT_START, EDIT_TEXT_END,
	EDIT_ERASE_BACK, EDIT_ERASE, EDIT_ERASE_WORD_BACK /* or what is marked */, EDIT_ERASE_WORD,
	EDIT_MARK,	/* begins a mark, or takes it away */
	EDIT_COPY,	/* what is marked, else the line */
	EDIT_CUT,	/* what is marked, else to the line's end; a whole line at its beginning; several in a row add up */
	EDIT_PASTE, EDIT_UNDO, EDIT_REDO,
	EDIT_REWRAP,	/* the paragraph: quoted text with its marks before each line */
} EditorAct;

typedef struct Editor Editor;

/* clip: what was cut, shared by several; borrowed. one_line: line ends become blanks. */
Editor *editor_new(bool one_line, GString *clip);
void editor_free(Editor *e);
/* a new text: nothing to undo, cursor at its beginning */
void editor_set(Editor *e, const char *text);
/* One step of undo; false: too long, nothing was done. len -1: up to the NUL. */
bool editor_insert(Editor *e, const char *text, gssize len);
bool editor_type(Editor *e, gunichar c);	/* joins the undo step of what was typed before */
/* all of it, as one step that can be undone */
bool editor_replace(Editor *e, const char *text);
/* false: nothing to do (the end of the text, nothing to paste) */
bool editor_act(Editor *e, EditorAct act);
/* From behind the cursor, letter case ignored, round the end (*wrapped); false: not there. */
bool editor_find(Editor *e, const char *text, bool *wrapped);

const char *editor_text(const Editor *e);	/* borrowed until the next change */
gsize editor_length(const Editor *e);
gsize editor_cursor(const Editor *e);
void editor_set_cursor(Editor *e, gsize at);
guint editor_changes(const Editor *e);	/* grows with each change */
bool editor_marked(const Editor *e, gsize *from, gsize *to);	/* false: nothing */
/* where rows end; EDITOR_WRAP at the beginning */
void editor_set_columns(Editor *e, int columns);
/* true (the beginning): M-q makes one long line of a paragraph, which the screen and the mail
 * wrap; else it sets line ends */
void editor_set_flowed(Editor *e, bool flowed);
/* On the first, the last row: where a field above or below it is meant. */
bool editor_at_first_row(const Editor *e);
bool editor_at_last_row(const Editor *e);

/* Columns of a character on the screen at a column of its row (a tab goes to the next multiple
 * of 8). */
int editor_columns(gunichar c, int column);
/* The row that begins at `from`: its bytes end at *end; the result is where the next one
 * begins, or G_MAXSIZE: none. */
gsize editor_row(const Editor *e, gsize from, gsize *end);
gsize editor_row_start(const Editor *e, gsize at);	/* of the row that a position is in */

/* editor_draw.c: the rows from the top one on, the cursor among them. */
void editor_draw(Editor *e, Canvas *c, Rect r, bool focused);
/* one line, scrolled sideways */
void editor_draw_line(Editor *e, Canvas *c, Rect line, CellStyle style, bool focused);
/* of the cursor, from 1 on */
int editor_line_number(const Editor *e, int *column, int *lines);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Editor, editor_free)
