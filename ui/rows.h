/* rows.h - a message or a folder as one line: pure functions from a struct to pieces of text with
 * their styles.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Knows the store's structs, not the store. All foreign text is cleaned here. */
#pragma once

#include "store/folders.h"
#include "store/messages.h"
#include "ui/canvas.h"

enum { ROW_PIECES = 10 };

typedef struct {
	int x, w;		/* columns from the row's left end */
	CellStyle style;
	bool right;		/* flush right */
	Clean *text;		/* owned */
} RowPiece;

typedef struct { RowPiece pieces[ROW_PIECES]; guint n; CellStyle style; /* of the row where no piece is */ } RowLine;
void row_line_clear(RowLine *l);
void row_line_draw(const RowLine *l, Canvas *c, int y, int x, int w);
/* the row as text, w columns, spaces at the end taken away */
Clean *row_line_text(const RowLine *l, int w);

typedef enum { DATES_RELATIVE, DATES_ABSOLUTE } RowDates;

typedef struct {
	gint64 now;		/* Unix seconds */
	GTimeZone *zone;	/* borrowed */
	RowDates dates;
	GHashTable *tagged;	/* borrowed: set of gint64* ids; NULL: none */
	bool recipients;	/* Sent, Drafts: show to whom instead of from whom */
} RowContext;

/* "09:31" today, "Mon" in the last six days, "12 Nov" in the last ten months (or so), else
 * "2024-11"; "2026-11-23 09:31" if absolute. Yours. */
Clean *rows_date(gint64 when, const RowContext *rc);
Clean *rows_size(guint64 bytes);	/* at most 4 columns: 999, 12K, 1.2M, 3G; yours */

/* The index: a row for w columns (30 and more; below that what fits), and the heads of the same
 * columns. */
void rows_index(const MessageRow *m, int w, const RowContext *rc, RowLine *out);
void rows_index_head(int w, const RowContext *rc, RowLine *out);

/* The folder pane: an account or a folder. */
typedef struct {
	bool account;		/* a root: name is the account's */
	bool open;		/* the one that the index shows */
	bool selectable;
	bool outbox;		/* of all accounts; unseen: what waits; trouble: something needs the person */
	bool trouble, busy;	/* of an account: shown by a character */
	bool news;		/* of a folder: mail came that nobody looked at yet */
	bool parent, folded;	/* it has folders below it; which are not shown */
	bool read_only;		/* nothing may be put there or changed */
	int depth;		/* of a folder below its account: 0, 1 ... */
	FolderRole role;
	const char *name;	/* borrowed, foreign: the last component for folders */
	guint unseen;
} FolderLine;
void rows_folder(const FolderLine *f, int w, RowLine *out);
/* What a folder is called on the screen: INBOX is translated. Yours. */
Clean *rows_folder_name(FolderRole role, const char *name);
