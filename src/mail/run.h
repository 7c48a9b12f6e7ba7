/* run.h - a stretch of styled text that becomes one block: what html.c and table.c share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "mail/build.h"

typedef struct {
	GString *text;	/* owned */
	GArray *spans;	/* owned: of Span, in order, never overlapping */
	bool space;	/* a blank is due before the next word */
} Run;

void run_init(Run *r);
void run_clear(Run *r);
void run_reset(Run *r);
/* Appends n bytes as they are. */
void run_append(Run *r, const char *text, gsize n, guint16 style, guint16 link);
/* Appends with blanks and line ends made one blank, as HTML wants it. */
void run_append_collapsed(Run *r, const char *text, guint16 style, guint16 link);
void run_newline(Run *r);
void run_trim(Run *r);	/* blanks and line ends at the end */
bool run_is_blank(const Run *r);
/* Appends bytes [from, to) of another run. */
void run_append_run(Run *r, const Run *from, gsize start, gsize end);

/* A table's cells, row after row, laid out in columns. False: it does not fit; nothing was built.
 */
typedef struct { Run run; guint row, column; } Cell;
bool table_show(Builder *b, const GArray *cells, guint n_columns);
