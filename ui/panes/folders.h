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
} FolderItem;

typedef struct {
	GArray *items;		/* owned, of FolderItem */
	int selected;
	gint64 top;
} FoldersPane;

void folders_pane_init(FoldersPane *p);
void folders_pane_clear(FoldersPane *p);
void folders_pane_free(FoldersPane *p);
void folders_pane_add(FoldersPane *p, guint account, gint64 folder, const FolderLine *line);
void folders_pane_select(FoldersPane *p, guint account, gint64 folder);	/* stays where it is if there is none */
bool folders_pane_move(FoldersPane *p, int rows);	/* over lines that can't be opened */
const FolderItem *folders_pane_current(const FoldersPane *p);	/* NULL: empty */
void folders_pane_draw(FoldersPane *p, Canvas *c, Rect head, Rect r, bool focused);
