/* db.h - one SQLite file per account: open, check, migrate, transactions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * WAL, synchronous=FULL (but for db_begin_lazy), foreign_keys, trusted_schema off. Written only by the account's engine
 * (DB_WRITER, which holds an flock on FILE.lock), and by the one thread that it lends that to (db_beside); others open
 * DB_READER: query_only, their own connection and thread. A Db is used by one thread. Statements are prepared once and kept. */
#pragma once

#include "base/error.h"

typedef struct Db Db;
typedef enum { DB_READER, DB_WRITER } DbMode;

/* path may be ":memory:" (tests; then writer). A writer makes the file (0600) and its folder (0700), migrates, and runs
 * quick_check after an unclean end. A reader on a missing or not yet migrated file: EIL_LATER. Locked by another process:
 * EIL_REFUSED. Damaged: EIL_BROKEN (the caller moves the file aside; all that came from a server can be rebuilt).
 * From a newer eilpost: EIL_ASK_USER, and the file is untouched.
 * Errors of all later calls: EIL_LATER busy or disk full; EIL_REFUSED what it is about is gone (skip it); EIL_BROKEN a
 * read, write or fsync failed: this Db then writes nothing more, open it again (S6). */
Db *db_open(const char *path, DbMode mode, GError **err);
/* The writer's second connection, for another thread: under the lock of the first, which is closed after it. Where both
 * want to write, SQLite lets the second wait; that is short, as the writer itself gives and awaits what the other one does.
 * A failed write or fsync of one is one of both (S6). For messages_put_many, folders_set_backfill, threads_fill and db_checkpoint: a block of new rows leaves the
 * triggers off. NULL: err, as of a store in memory. */
Db *db_beside(Db *writer, GError **err);
void db_close(Db *db);	/* a writer marks a clean end */

bool db_begin(Db *db, GError **err);	/* IMMEDIATE */
/* For nothing but what the server can tell again: the commit does not wait for the disk. kill -9 takes none of it; when
 * the power fails the last of these may be missing, always from the end on, so that no mark is left of what is not here.
 * The next commit of a db_begin makes them durable as well. */
bool db_begin_lazy(Db *db, GError **err);
bool db_commit(Db *db, GError **err);
void db_rollback(Db *db);
bool db_checkpoint(Db *db);	/* passive; call between batches */

/* False: the file system has fewer free bytes than LIMIT_DISK_RESERVE and `more`: nothing may be downloaded (S2). */
bool db_has_room(Db *db, guint64 more);
const char *db_no_room(void);	/* the sentence for it; static */

/* An unnamed file beside the store (or in the temporary folder), for what is too large to wait in memory; -1: errno. */
int db_scratch(Db *db);

/* Test builds and the plug: called before each commit; returns false to stop the engine there. */
typedef bool (*DbPlug)(void *user);
void db_set_plug(Db *db, DbPlug plug, void *user);

/* small facts of the account: capabilities of the last session, quirks, sizes */
char *db_fact(Db *db, const char *key);	/* yours; NULL: none */
bool db_set_fact(Db *db, const char *key, const char *value, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)
