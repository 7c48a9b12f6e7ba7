/* editor_private.h - what editor.c and editor_draw.c share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/view/editor.h"

/* One change; those of a group are undone together. */
typedef struct {
	gsize at, cursor;	/* cursor: where it stood before */
	char *removed, *inserted;	/* owned */
	gsize n_removed, n_inserted;
	guint group;
} EditorChange;

/* The line whose quote marks were looked for last. */
typedef struct { gsize line, end, bytes; guint changes; } EditorIndent;

typedef enum { LAST_OTHER, LAST_TYPED, LAST_ERASED, LAST_CUT, LAST_VERTICAL } EditorLast;

struct Editor {
	GString *text;		/* owned */
	GString *clip;		/* borrowed */
	GArray *done, *undone;	/* owned, of EditorChange */
	gsize at, top, left;	/* cursor; first visible byte: of the body, of a line */
	gssize mark;		/* -1: none */
	gsize found, n_found;	/* what was searched for, to be shown */
	int columns, goal, height;
	guint group, changes;
	gsize kept;		/* bytes in done and undone */
	EditorLast last;
	EditorIndent *indent;	/* owned */
	bool one_line, flowed;
};

/* editor_text.c: positions, in bytes */
gunichar editor_char(const Editor *e, gsize at);	/* 0: the end */
gsize editor_next(const Editor *e, gsize at);
gsize editor_previous(const Editor *e, gsize at);
gsize editor_forward(const Editor *e, gsize at);	/* over a character with the marks on it */
gsize editor_backward(const Editor *e, gsize at);
gsize editor_word_forward(const Editor *e, gsize at);
gsize editor_word_backward(const Editor *e, gsize at);
gsize editor_blank_backward(const Editor *e, gsize at);
gsize editor_line_start(const Editor *e, gsize at);
gsize editor_line_end(const Editor *e, gsize at);
/* Bytes of "> > " before a line's own text; depth counts the signs. */
gsize editor_quote_prefix(const char *line, gsize len, int *depth);
/* Quote marks that are drawn before a row which goes on with a quoted line: ASCII, so bytes
 * are columns. */
gsize editor_drawn_prefix(const Editor *e, gsize row, const char **prefix);
gsize editor_previous_row(const Editor *e, gsize row);	/* G_MAXSIZE: none */
int editor_column_of(const Editor *e, gsize row, gsize at);
gsize editor_at_column(const Editor *e, gsize row, int goal);	/* the nearest place in the row */
