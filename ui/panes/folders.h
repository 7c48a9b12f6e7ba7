/* folders.h - the accounts and their folders, as a tree.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/rows.h"

enum { FOLDERS_OUTBOX = 0xffff };	/* in the place of an account: the outbox of all */

typedef struct {
	guint account;
	gint64 folder;		/* 0: the account itself */
	FolderLine line;	/* its name is owned here */
	char *path;		/* owned: the whole name on the server; "" for the account */
} FolderItem;

typedef struct {
	GArray *items;		/* owned, of FolderItem */
	int selected;
	gint64 top;
	Clean *foot;		/* owned: a line at the bottom, where there is room; NULL: none */
	CellStyle foot_style;
} FoldersPane;

void folders_pane_init(FoldersPane *p);
void folders_pane_clear(FoldersPane *p);
void folders_pane_free(FoldersPane *p);
void folders_pane_add(FoldersPane *p, guint account, gint64 folder, const char *path, const FolderLine *line);
bool folders_pane_select(FoldersPane *p, guint account, gint64 folder);	/* false: there is none, it stays where it is */
/* Of that path, or the one that it is folded into. False: there is neither. */
bool folders_pane_select_path(FoldersPane *p, guint account, const char *path, char delimiter);
void folders_pane_set_foot(FoldersPane *p, CellStyle style, Clean *foot /* taken; may be NULL */);
bool folders_pane_move(FoldersPane *p, int rows);	/* over lines that can't be opened */
const FolderItem *folders_pane_current(const FoldersPane *p);	/* NULL: empty */
void folders_pane_draw(FoldersPane *p, Canvas *c, Rect head, Rect r, bool focused);
