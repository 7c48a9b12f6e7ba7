/* readview.h - a document as lines of a width: wrapping, quotes folded or not, headers few or all, search.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * No drawing: a line is clean text and pieces of it with styles. UI thread. */
#pragma once

#include "mail/document.h"
#include "ui/canvas.h"

typedef struct { guint32 from, len; CellStyle style; } ReadRun;	/* bytes of the line's text */
typedef struct {
	Clean *text;		/* owned */
	CellStyle style;	/* of what no run covers */
	ReadRun *runs;		/* owned */
	guint16 n_runs;
	guint8 quote;
	bool fold;		/* stands for quoted lines that are not shown */
} ReadLine;

typedef struct ReadView ReadView;

ReadView *readview_new(Document *document /* taken */);
void readview_free(ReadView *v);
const Document *readview_document(const ReadView *v);

void readview_set_width(ReadView *v, int columns);	/* lays out anew if it differs */
void readview_set_height(ReadView *v, int rows);
void readview_toggle_headers(ReadView *v);
void readview_toggle_quotes(ReadView *v);
bool readview_quotes_folded(const ReadView *v);

guint readview_count(const ReadView *v);
const ReadLine *readview_line(const ReadView *v, guint i);	/* borrowed until the next layout; NULL behind the end */
guint readview_top(const ReadView *v);
/* Scroll; false: it stood at the end. */
bool readview_scroll(ReadView *v, int lines);
bool readview_page(ReadView *v, int halves);	/* pages keep two lines of the last one */
void readview_top_set(ReadView *v, guint line);
bool readview_at_end(const ReadView *v);
int readview_percent(const ReadView *v);	/* of the text that is above the lower edge */
bool readview_skip_quoted(ReadView *v);

/* Search: case is ignored; the line found comes to the top third. False: not found. Wraps round (*wrapped). */
bool readview_search(ReadView *v, const char *text, bool backwards, bool *wrapped);
/* The byte ranges of a line that match the last search; of ReadRun; yours; NULL: none. */
GArray *readview_hits(const ReadView *v, guint line);
