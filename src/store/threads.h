/* threads.h - which messages belong together, by Message-ID, References and In-Reply-To (RFC 5322, 3.6.4); subjects are not asked.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A thread is a number; over all folders of the account. Those that come get theirs when the line is quiet (threads_fill); one that
 * connects two threads makes them one. Names once seen stay known, so that a thread holds together when a link of it is gone. */
#pragma once

#include "store/db.h"

/* The messages of the thread of `message` that lie in its folder, it among them, oldest first; of gint64; yours. NULL: err. Any Db. */
GArray *threads_messages(Db *db, gint64 message, GError **err);
/* The message of the same folder that this one answers; 0: none is here. Any Db. */
gint64 threads_parent(Db *db, gint64 message);

/* Messages that came since and are in no thread yet. */
bool threads_left(Db *db);
/* writer, inside a transaction of the caller's: up to max of those get their threads; *left: there are more. In large pieces, because
 * each name lies anywhere in its table, and every page of it that is touched goes through the log. stop (NULL: never) is asked now and
 * then: true gives it up, EIL_CANCELLED, and the transaction is to be rolled back. */
typedef bool (*ThreadsStop)(void *user);
bool threads_fill(Db *db, guint max, ThreadsStop stop, void *user, bool *left, GError **err);
