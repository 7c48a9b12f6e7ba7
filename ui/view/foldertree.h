/* foldertree.h - an account's folders, as a tree that folds. Pure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Special folders stand on top, wherever the server has them ("[Gmail]/Sent Mail"); what lies under the personal prefix
 * (RFC 2342: "INBOX." of Courier and Cyrus) stands as if there were none. A name in between that the server does not list
 * gets a line of its own, so that nothing hangs in the air. */
#pragma once

#include "store/folders.h"

typedef struct {
	const Folder *folder;	/* borrowed; NULL: a name in between */
	char *path;		/* owned: the whole name, UTF-8 as the server has it */
	char *leaf;		/* owned: the last component */
	int depth;		/* 0: top */
	bool parent, folded;
	guint unseen;		/* its own; while it is folded, with those below it */
} FolderNode;

typedef struct {
	const char *prefix;	/* of the personal namespace, UTF-8; "": none */
	bool subscribed;	/* only those, and what stands above them; special ones always */
	GHashTable *folded;	/* borrowed: set of paths; NULL: none */
	guint (*unseen)(const Folder *f);
} FolderTreeWant;

/* Of FolderNode*, as they stand below each other; what is folded away is left out. Yours. */
GPtrArray *foldertree_build(const GPtrArray *folders, const FolderTreeWant *want);
