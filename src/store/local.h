/* local.h - folders that are only on this computer: the inbox of a POP3 account and the folders beside it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The wire name begins with "local:" (no server can name one so: a control character stands before it), the UIDs are given here, UIDVALIDITY is 1.
 * All on the writer, in a transaction of the caller's, unless it says otherwise. */
#pragma once

#include "store/folders.h"
#include "store/messages.h"

bool folder_is_local(const Folder *f);	/* any thread */
bool folders_is_local(Db *db, gint64 id);	/* the same by its id, and cheap: a whole Folder counts its wishes */
/* The folder of that role (or, with ROLE_NONE, of that name); made if it is not there. The id, or 0. */
gint64 local_folder(Db *db, FolderRole role, const char *name, GError **err);
char *local_wire(const char *name);	/* yours */
/* n UIDs in a row for local_add, used or not; the first, or 0. For messages that come in another order than they lie. */
guint32 local_reserve(Db *db, gint64 folder, guint n, GError **err);
/* A whole message: row and body in one. m->folder, uid (if 0), uidvalidity, body_here are filled in. The id, or 0. */
gint64 local_add(Db *db, gint64 folder, Message *m, GBytes *raw, GError **err);
/* The same in two steps, for a body that streams: the row first, hidden nowhere yet; then bodies_write on it. */
bool local_move(Db *db, gint64 message, gint64 folder, GError **err);	/* the row stays the same one */
bool local_remove(Db *db, gint64 message, GError **err);
