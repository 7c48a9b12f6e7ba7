/* keep.c - which texts are to be here, and which were asked for without a connection.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * There is no index of the messages without text: it would cost every header of the first sync more than the walk along the
 * list, which nobody waits for. */
#include "config.h"
#include "store/keep.h"
#include "store/db_private.h"

bool
keep_set_policy(Db *db, gint64 folder, int policy, GError **err)
{
	return db_run_ints(db, err, "UPDATE folder SET keep = ?2 WHERE id = ?1", INTS(folder, policy));
}

GArray *
keep_missing(Db *db, gint64 folder, gint64 since, guint look, MessageKey *at, bool *end, GError **err)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(Stmt) st = db_stmt(db, "SELECT id, received, uid, body_here FROM message INDEXED BY message_order"
	    " WHERE folder = ?1 AND (received, uid) < (?2, ?3) AND received >= ?4"
	    " ORDER BY received DESC, uid DESC LIMIT ?5", err);
	guint looked = 0;
	bool row;

	*end = true;
	if (!st)
		return NULL;
	stmt_int(st, 1, folder);
	stmt_int(st, 2, at->received);
	stmt_int(st, 3, at->uid);
	stmt_int(st, 4, since);
	stmt_int(st, 5, look);
	for (;; looked++) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			break;
		*at = (MessageKey){ sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2), sqlite3_column_int64(st, 0) };
		/* what is just being moved has no name on the server yet */
		if (!sqlite3_column_int(st, 3) && at->uid < UID_PROVISIONAL)
			g_array_append_val(ids, at->id);
	}
	*end = looked < look;
	return g_steal_pointer(&ids);
}

/* ---- what waits for a connection ---- */

static void
wanted_clear(gpointer p)
{
	g_free(((Wanted *)p)->section);
}

GArray *
wanted_list(Db *db, GError **err)
{
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Wanted));
	g_autoptr(Stmt) st = db_stmt(db, "SELECT message, section FROM wanted ORDER BY message, section", err);
	bool row;

	g_array_set_clear_func(list, wanted_clear);
	if (!st)
		return NULL;
	for (;;) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			return g_steal_pointer(&list);
		Wanted w = { sqlite3_column_int64(st, 0), stmt_dup(st, 1) };
		g_array_append_val(list, w);
	}
}

static bool
run_with(Db *db, const char *sql, gint64 message, const char *section, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, err);

	if (!st)
		return false;
	stmt_int(st, 1, message);
	stmt_text(st, 2, section);
	return db_run(db, st, err);
}

bool
wanted_has(Db *db, gint64 message, const char *section)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT 1 FROM wanted WHERE message = ?1 AND section = ?2", NULL);
	bool row = false;

	if (!st)
		return false;
	stmt_int(st, 1, message);
	stmt_text(st, 2, section);
	return db_next(db, st, &row, NULL) && row;
}

bool
wanted_add(Db *db, gint64 message, const char *section, GError **err)
{
	return run_with(db, "INSERT OR IGNORE INTO wanted (message, section) SELECT ?1, ?2"
	    " WHERE EXISTS (SELECT 1 FROM message WHERE id = ?1)", message, section, err);
}

bool
wanted_remove(Db *db, gint64 message, const char *section, GError **err)
{
	return run_with(db, "DELETE FROM wanted WHERE message = ?1 AND section = ?2", message, section, err);
}
