/* pop.c - the ledger of a POP3 account.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "store/pop.h"
#include "store/db_private.h"

#define COLUMNS "id, uidl, size, hash, message, first_seen, changed, state, subject, sender"

void
pop_row_free(PopRow *r)
{
	if (!r)
		return;
	g_free(r->uidl);
	g_free(r->hash);
	g_free(r->subject);
	g_free(r->from);
	g_free(r);
}

static PopRow *
read_row(Stmt *st)
{
	PopRow *r = g_new0(PopRow, 1);
	r->id = sqlite3_column_int64(st, 0);
	r->uidl = stmt_dup(st, 1);
	r->size = (guint64)sqlite3_column_int64(st, 2);
	r->hash = stmt_dup(st, 3);
	r->message = sqlite3_column_int64(st, 4);
	r->first_seen = sqlite3_column_int64(st, 5);
	r->changed = sqlite3_column_int64(st, 6);
	r->state = (PopState)sqlite3_column_int(st, 7);
	r->subject = stmt_dup(st, 8);
	r->from = stmt_dup(st, 9);
	return r;
}

GPtrArray *
pop_list(Db *db, bool on_server_only, GError **err)
{
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func((GDestroyNotify)pop_row_free);
	g_autoptr(Stmt) st = db_stmt(db, on_server_only ? "SELECT " COLUMNS " FROM pop WHERE state IN (0, 1, 2) ORDER BY first_seen DESC, id DESC" :
		"SELECT " COLUMNS " FROM pop ORDER BY first_seen DESC, id DESC", err);
	bool row = true;
	if (!st)
		return NULL;
	while (row) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (row)
			g_ptr_array_add(out, read_row(st));
	}
	return g_steal_pointer(&out);
}

PopRow *
pop_find(Db *db, const char *uidl, guint64 size, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " COLUMNS " FROM pop WHERE uidl = ?1 AND size = ?2", err);
	bool row;
	if (!st)
		return NULL;
	stmt_text(st, 1, uidl);
	stmt_int(st, 2, (gint64)size);
	return db_next(db, st, &row, err) && row ? read_row(st) : NULL;
}

guint
pop_count(Db *db, PopState state)
{
	return (guint)db_int(db, 0, "SELECT count (*) FROM pop WHERE state = ?1", INTS(state));
}

guint64
pop_bytes(Db *db, PopState state)
{
	return (guint64)db_int(db, 0, "SELECT coalesce (sum (size), 0) FROM pop WHERE state = ?1", INTS(state));
}

gint64
pop_put(Db *db, const PopRow *r, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "INSERT INTO pop (uidl, size, hash, message, first_seen, changed, state, subject, sender)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	    " ON CONFLICT (uidl, size) DO UPDATE SET hash = coalesce (excluded.hash, hash), message = excluded.message,"
	    "  changed = excluded.changed, state = excluded.state, deled = 0,"
	    "  subject = coalesce (excluded.subject, subject), sender = coalesce (excluded.sender, sender)"
	    " RETURNING id", err);
	gint64 id;
	bool row;
	if (!st)
		return 0;
	stmt_text(st, 1, r->uidl);
	stmt_int(st, 2, (gint64)r->size);
	stmt_text(st, 3, r->hash);
	stmt_int(st, 4, r->message);
	stmt_int(st, 5, r->first_seen);
	stmt_int(st, 6, r->changed);
	stmt_int(st, 7, r->state);
	stmt_text(st, 8, r->subject);
	stmt_text(st, 9, r->from);
	if (!db_next(db, st, &row, err) || !row)
		return 0;
	id = sqlite3_column_int64(st, 0);
	return db_run(db, st, err) ? id : 0;
}

bool
pop_set_state(Db *db, gint64 id, PopState state, gint64 now, GError **err)
{
	return db_run_ints(db, err, "UPDATE pop SET state = ?2, changed = ?3, deled = 0 WHERE id = ?1", INTS(id, state, now));
}

bool
pop_rename(Db *db, gint64 id, const char *uidl, guint64 size, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE OR IGNORE pop SET uidl = ?2, size = ?3 WHERE id = ?1", err);
	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_text(st, 2, uidl);
	stmt_int(st, 3, (gint64)size);
	return db_run(db, st, err);
}

bool
pop_session(Db *db, GError **err)
{
	return db_exec(db, "UPDATE pop SET deled = 0 WHERE deled <> 0", err);
}

bool
pop_deled(Db *db, gint64 id, GError **err)
{
	return db_run_ints(db, err, "UPDATE pop SET deled = 1 WHERE id = ?1 AND state = 2", INTS(id));
}

bool
pop_deleted(Db *db, gint64 now, GError **err)
{
	return db_run_ints(db, err, "UPDATE pop SET state = 3, deled = 0, changed = ?1 WHERE state = 2 AND deled = 1", INTS(now));
}
