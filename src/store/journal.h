/* journal.h - the wishes of the person, until they are true on the server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * States: waiting -> sent -> gone, or failed. When UIDVALIDITY changed under it, it has no UID until its message is recognised. *Sent* is committed before the
 * first byte leaves. A new flag wish replaces a waiting one on the same flag; wish and counter-wish vanish together.
 * All functions run inside the caller's transaction, on the writer; journal_list and journal_count also on a reader. */
#pragma once

#include "store/messages.h"

typedef enum { WISH_FLAG, WISH_MOVE, WISH_COPY, WISH_DELETE, WISH_APPEND, WISH_FOLDER, WISH_KEYWORD } WishKind;
typedef enum {
	WISH_WAITING, WISH_SENT, WISH_FAILED,
	WISH_DOUBT = 4,	/* it was sent and no answer came: the server must be looked at before it is repeated */
} WishState;
/* How far a move is: by MOVE in one command, or COPY and then the deletion of the original. */
typedef enum { STEP_MOVE, STEP_COPY, STEP_DELETE } WishStep;
/* WISH_FOLDER: in `flag` */
typedef enum { FOLDER_CREATE, FOLDER_RENAME, FOLDER_DELETE, FOLDER_SUBSCRIBE } FolderWish;

typedef struct {
	gint64 id;
	WishKind kind;
	gint64 folder, message;	/* message: row id, 0 for none; of a copy: the copy's */
	gint64 target;		/* moves, copies, appends: the folder; 0 of a deletion */
	gint64 source;		/* copies: row id of the original */
	gint64 act;		/* store/acts.h; 0: none */
	WishStep step;
	guint32 uidvalidity, uid;	/* of the message in `folder`; uid 0: not known yet, because it is on its way there */
	guint32 flag;		/* WISH_FLAG: one of MessageFlags */
	bool on;
	char *argument;		/* owned, or NULL */
	WishState state;
	guint tries;
	gint64 not_before;	/* Unix seconds */
	char *last_error;	/* owned, or NULL */
} Wish;
void wish_free(Wish *w);
Wish *journal_get(Db *db, gint64 id, GError **err);	/* NULL without err: gone; yours */
bool wish_is_under_way(const Wish *w);	/* for the server to answer: it can be neither repeated nor given up */
const char *wish_kind_words(const Wish *w);	/* what is wished, translated: "mark as read" (journal_words.c) */

/* The wish to set or clear a flag: changes messages.flags and writes the row (or takes back the one that waits). */
bool journal_flag(Db *db, gint64 message, guint32 flag, bool on, GError **err);
/* The oldest ready wish and those behind it that can go in the same command (same folder, flag and direction; up to max); of Wish*; yours; empty: nothing is ready. */
GPtrArray *journal_ready(Db *db, gint64 now, guint max, GError **err);
gint64 journal_next_time(Db *db, gint64 now);	/* the earliest not_before after now of those that wait, or -1 */
bool journal_mark_sent(Db *db, const GPtrArray *wishes, GError **err);
/* The tagged OK came: the server's truth in, the rows out, in one transaction. */
bool journal_done(Db *db, const GPtrArray *wishes, GError **err);
bool journal_retry(Db *db, const GPtrArray *wishes, gint64 not_before, const char *error, GError **err);
bool journal_fail(Db *db, const GPtrArray *wishes, const char *error, GError **err);	/* and takes the local change back to the server's truth */
bool journal_recover(Db *db, GError **err);	/* after a start or a lost connection: flag wishes that were sent wait again (repeating is harmless) */
/* UIDVALIDITY changed (P9): its wishes wait for their messages to be recognised, by Message-ID or date and size, never under an old UID. */
bool journal_park_folder(Db *db, gint64 folder, GError **err);
bool journal_again(Db *db, gint64 id, bool remove, GError **err);	/* a failed or waiting wish: tried again now; or taken back with its local change */
GPtrArray *journal_list(Db *db, GError **err);	/* of Wish*, oldest first; yours */
guint journal_count(Db *db, WishState state);

/* ---- what moves (journal_move.c) ----
 * The message stands in its new folder at once; its wish keeps where it lay. In a folder of this computer only (store/local.h) it is
 * done at once, without a wish. All on the writer in the caller's transaction; EIL_REFUSED with a sentence where it can't be. */
bool journal_move(Db *db, gint64 message, gint64 target, gint64 act, GError **err);	/* back to where it came from: takes back the wish that waits */
bool journal_copy(Db *db, gint64 message, gint64 target, gint64 act, gint64 *copy, GError **err);	/* *copy: the new row */
bool journal_delete(Db *db, gint64 message, gint64 act, GError **err);	/* for good; out of sight until it is done */
/* A whole message from here (journal_append.c): its row, or 0. m as for local_add. */
gint64 journal_append(Db *db, gint64 folder, Message *m, GBytes *raw, gint64 act, GError **err);
bool journal_keyword(Db *db, gint64 message, const char *keyword, bool on, gint64 act, GError **err);
/* Folders (journal_folder.c): in the tree at once. wire and name of the whole path; old_wire as the server still has it. */
bool journal_folder(Db *db, gint64 folder, FolderWish what, bool on, const char *old_wire, gint64 act, GError **err);
bool journal_folder_subscribed(Db *db, const char *wire, bool server);	/* as the person wished it, else as the server says */
gint64 journal_folder_waits(Db *db, gint64 folder, FolderWish what);	/* that wish, not tried yet; 0: none */
/* What the server calls a folder now: what waits to be renamed or deleted still has its old name there. Yours; NULL: no such folder. */
char *journal_wire(Db *db, gint64 folder);
bool journal_is_leaving(Db *db, gint64 folder);	/* it waits to be deleted, with what is in it */
char *journal_wire_after(Db *db, const Wish *w);	/* and when that one is done */
/* What LIST told is about to be another name, or gone: not to be shown again. Ids of folders that it can't tell yet are added. */
bool journal_folder_hides(Db *db, const char *wire);
bool journal_folder_keep(Db *db, GArray *ids, GError **err);
bool journal_is_going(Db *db, gint64 message);	/* deleted for good, and not yet done: any Db */

/* Those of `wishes` (moves, copies) went as the step says: committed before the first byte leaves. */
bool journal_set_step(Db *db, const GPtrArray *wishes, WishStep step, GError **err);
/* The server's name of a moved or copied message in its target: COPYUID. Keeps the wish. */
bool journal_arrived(Db *db, const Wish *w, guint32 uidvalidity, guint32 uid, GError **err);
bool journal_expects(Db *db, gint64 folder);	/* something that the server may show there is known under another name (journal_recognise) */
/* A message that the server shows in a folder: *message is its row if it is known under another name (moved here, or about to be
 * moved away from there: *hidden), else 0. message_id may be NULL. */
bool journal_recognise(Db *db, gint64 folder, guint32 uidvalidity, guint32 uid, const char *message_id, gint64 received, guint64 size,
	gint64 *message, bool *hidden, GError **err);
/* A folder that must be looked at: it has wishes in doubt, or messages whose UIDs are not known; 0: none. */
gint64 journal_look_at(Db *db, gint64 now);
/* Wishes in doubt that are answered by the UIDs of their folder (moves by MOVE); of Wish*; yours. */
GPtrArray *journal_doubts(Db *db, gint64 folder, GError **err);
bool journal_doubt_resolved(Db *db, const Wish *w, bool done, GError **err);	/* not done: it waits again */
/* All that the server has in the folder is in the store: what was not recognised is not there. */
bool journal_looked(Db *db, gint64 folder, GError **err);
/* The folder can't be looked at now. */
bool journal_look_later(Db *db, gint64 folder, gint64 not_before, const char *error, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wish, wish_free)
