/* acts.h - what the person did, so that it can be taken back: the history of `u` and `U`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An act is one command on any number of messages. Its wishes carry its number; what it changed is kept by message, so that
 * taking it back is an act of the journal like any other, also after the server has done it. The last ACTS_KEPT are kept. */
#pragma once

#include "store/db.h"

enum { ACTS_KEPT = 200 };

typedef enum {
	ACT_FLAG, ACT_KEYWORD, ACT_MOVE, ACT_COPY, ACT_DELETE, ACT_READ_ALL, ACT_EMPTY, ACT_TRASH, ACT_ARCHIVE, ACT_JUNK, ACT_NOT_JUNK,
	ACT_APPEND,	/* from another account, or imported */
	/* n is 1, folder and target are the folder; text: its name, before it was renamed */
	ACT_FOLDER_CREATE, ACT_FOLDER_RENAME, ACT_FOLDER_DELETE, ACT_FOLDER_SUBSCRIBE,
} ActKind;
typedef enum { ACT_DONE, ACT_WAITING, ACT_UNDER_WAY, ACT_FAILED, ACT_UNDONE } ActState;

typedef struct Act {
	gint64 id, at;		/* at: Unix seconds */
	ActKind kind;
	gint64 folder, target;	/* folder: of the first message */
	guint n;		/* messages */
	guint32 flag;		/* ACT_FLAG */
	bool on;
	char *text;		/* owned: the subject of the first message; ACT_KEYWORD: the keyword */
	char *error;		/* owned: what the server said, or NULL */
	ActState state;
	bool undone;		/* taken back, not merely passed over */
} Act;
void act_free(Act *a);
bool act_is_of_folder(const Act *a);

GPtrArray *acts_list(Db *db, guint max, GError **err);	/* of Act*, newest first; yours. Any Db */
Act *acts_get(Db *db, gint64 id, GError **err);	/* 0: the last that is neither undone nor passed over; NULL without err: none. Any Db */

/* writer, inside a transaction of the caller's */
gint64 acts_new(Db *db, const Act *a, gint64 now, GError **err);	/* kind, target, flag, on, text; the id, or 0 */
bool acts_add(Db *db, gint64 act, gint64 message, gint64 folder, GError **err);	/* folder: where it lay */
bool acts_close(Db *db, gint64 act, guint *n, GError **err);	/* counts; one with no message is forgotten (*n 0) */
bool acts_close_folder(Db *db, gint64 act, gint64 folder, GError **err);
bool acts_failed(Db *db, gint64 act, const char *words, GError **err);
/* Takes it back: *n messages. EIL_REFUSED with a sentence if it can't be any more. */
bool acts_undo(Db *db, gint64 id, guint *n, GError **err);
bool acts_undone(Db *db, gint64 id, GError **err);	/* that of a folder was, by the caller */
bool acts_skip(Db *db, gint64 id, GError **err);	/* it can't be taken back: the one before it is the next */
/* Its wish about a message (0: about the folder) was given up, and what it had changed is as before; error: what the server had
 * said to it, or NULL. With the last of them the act is taken back. */
bool acts_given_up(Db *db, gint64 id, gint64 message, const char *error, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Act, act_free)
