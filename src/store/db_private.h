/* db_private.h - how the files of this room talk to SQLite. No other room may include it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A Stmt is prepared once for a Db and lent: the autoptr gives it back (reset), it does not free it. */
#pragma once

#include "store/db.h"

#include <sqlite3.h>

typedef sqlite3_stmt Stmt;

Stmt *db_stmt(Db *db, const char *sql, GError **err);	/* lent; NULL: err */
/* Whoever switches them off does what they would do, in the same transaction. All statements are prepared anew then. */
void db_triggers(Db *db, bool on);
bool db_is_beside(const Db *db);
void stmt_done(Stmt *st);
void stmt_int(Stmt *st, int n, gint64 value);
void stmt_text(Stmt *st, int n, const char *text);	/* borrowed until stmt_done */
void stmt_blob(Stmt *st, int n, const void *data, gsize len);	/* borrowed until stmt_done */
char *stmt_dup(Stmt *st, int column);	/* yours; NULL: NULL */

bool db_next(Db *db, Stmt *st, bool *row, GError **err);	/* one step; *row: there is one */
bool db_run(Db *db, Stmt *st, GError **err);	/* to its end */
bool db_exec(Db *db, const char *sql, GError **err);	/* several statements, not kept */

/* A statement whose parameters are all numbers. INTS (a, b) fits the last two. */
bool db_run_ints(Db *db, GError **err, const char *sql, const gint64 *values, guint n);
/* The first column of its first row; no row: `otherwise`, and an error is `otherwise` too. */
gint64 db_int(Db *db, gint64 otherwise, const char *sql, const gint64 *values, guint n);
#define INTS(...) (const gint64[]){ __VA_ARGS__ }, G_N_ELEMENTS (((const gint64[]){ __VA_ARGS__ }))

void db_error(Db *db, GError **err);	/* what SQLite last complained about, as one of the five codes */
sqlite3 *db_handle(Db *db);
bool db_writes(const Db *db);
bool db_in_transaction(Db *db);

/* A message whose UID is not known has this plus its row id for one. */
#define UID_PROVISIONAL ((gint64)1 << 32)

/* schema.c: brings the file from the version it has to the one that this program knows. */
#define SCHEMA_VERSION 7
bool schema_migrate(Db *db, int from, int to, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stmt, stmt_done)
