/* journal.h - the wishes of the person, until they are true on the server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * States: waiting -> sent -> gone, or failed; parked when UIDVALIDITY changed under it. *Sent* is committed before the
 * first byte leaves. A new flag wish replaces a waiting one on the same flag; wish and counter-wish vanish together.
 * All functions run inside the caller's transaction, on the writer; journal_list and journal_count also on a reader. */
#pragma once

#include "store/db.h"

typedef enum { WISH_FLAG, WISH_MOVE, WISH_COPY, WISH_DELETE, WISH_APPEND, WISH_FOLDER } WishKind;
typedef enum { WISH_WAITING, WISH_SENT, WISH_FAILED, WISH_PARKED } WishState;

typedef struct {
	gint64 id;
	WishKind kind;
	gint64 folder, message;	/* message: row id, 0 for none */
	guint32 uidvalidity, uid;
	guint32 flag;		/* WISH_FLAG: one of MessageFlags */
	bool on;
	char *argument;		/* owned, or NULL */
	WishState state;
	guint tries;
	gint64 not_before;	/* Unix seconds */
	char *last_error;	/* owned, or NULL */
} Wish;
void wish_free(Wish *w);

/* The wish to set or clear a flag: changes messages.flags and writes the row (or takes back the one that waits). */
bool journal_flag(Db *db, gint64 message, guint32 flag, bool on, GError **err);
/* The oldest ready wish and those behind it that can go in the same command (same folder, flag and direction; up to max); of Wish*; yours; empty: nothing is ready. */
GPtrArray *journal_ready(Db *db, gint64 now, guint max, GError **err);
gint64 journal_next_time(Db *db);	/* the earliest not_before of those that wait, or -1 */
bool journal_mark_sent(Db *db, const GPtrArray *wishes, GError **err);
/* The tagged OK came: the server's truth in, the rows out, in one transaction. */
bool journal_done(Db *db, const GPtrArray *wishes, GError **err);
bool journal_retry(Db *db, const GPtrArray *wishes, gint64 not_before, const char *error, GError **err);
bool journal_fail(Db *db, const GPtrArray *wishes, const char *error, GError **err);	/* and takes the local change back to the server's truth */
bool journal_recover(Db *db, GError **err);	/* after a start or a lost connection: flag wishes that were sent wait again (repeating is harmless) */
bool journal_park_folder(Db *db, gint64 folder, GError **err);
bool journal_again(Db *db, gint64 id, bool remove, GError **err);	/* a failed or waiting wish: tried again now; or taken back with its local change */
GPtrArray *journal_list(Db *db, GError **err);	/* of Wish*, oldest first; yours */
guint journal_count(Db *db, WishState state);
