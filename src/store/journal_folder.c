/* journal_folder.c - folders that are made, renamed, deleted, subscribed, until the server has done it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The tree shows it at once. A LIST that comes before the server did it tells the old state: what
 * is wished is kept out of its way (journal_folder_hides, journal_folder_keep). */
#include "config.h"
#include "store/journal_private.h"
#include "store/folders.h"
#include "base/intl.h"

#include <string.h>

bool
journal_folder(Db *db, gint64 folder, FolderWish what, bool on, const char *old_wire, gint64 act, GError **err)
{
	gint64 made = db_int(db, 0, "SELECT id FROM wish WHERE kind = 5 AND folder = ?1 AND flag = ?2 AND state = 0 AND tries = 0",
	    INTS(folder, FOLDER_CREATE));

	/* the server has never heard of it: it is made under the new name, or not at all */
	if (made && what == FOLDER_RENAME)
		return true;
	if (made && what == FOLDER_DELETE)
		return db_run_ints(db, err, "DELETE FROM wish WHERE kind = 5 AND folder = ?1", INTS(folder)) && folders_remove(db, folder, err);
	if (what == FOLDER_SUBSCRIBE && !db_run_ints(db, err, "DELETE FROM wish WHERE kind = 5 AND folder = ?1 AND flag = ?2 AND state IN (0, 2)",
	    INTS(folder, FOLDER_SUBSCRIBE)))
		return false;
	g_autoptr(Stmt) st = db_stmt(db, "INSERT INTO wish (kind, folder, flag, \"on\", argument, act) VALUES (5, ?1, ?2, ?3, ?4, ?5)", err);
	if (!st)
		return false;
	stmt_int(st, 1, folder);
	stmt_int(st, 2, what);
	stmt_int(st, 3, on);
	stmt_text(st, 4, old_wire);
	stmt_int(st, 5, act);
	return db_run(db, st, err);
}

bool
journal_folder_done(Db *db, const Wish *w, GError **err)
{
	if (w->kind == WISH_FOLDER && w->flag == FOLDER_DELETE)
		return folders_remove(db, w->folder, err);
	return true;
}

/* Back to how the server has it. A rename is told anew by the next LIST: its rows get their old names there. */
bool
journal_folder_failed(Db *db, const Wish *w, GError **err)
{
	switch ((FolderWish)w->flag) {
	case FOLDER_CREATE:
		return db_run_ints(db, err, "UPDATE folder SET gone = 1 WHERE id = ?1", INTS(w->folder));
	case FOLDER_DELETE:
		return db_run_ints(db, err, "UPDATE folder SET gone = 0 WHERE id = ?1", INTS(w->folder));
	case FOLDER_SUBSCRIBE:
		return db_run_ints(db, err, "UPDATE folder SET subscribed = NOT ?2 WHERE id = ?1", INTS(w->folder, w->on));
	case FOLDER_RENAME:
		return true;
	}
	return true;
}

/* The wire name itself, or one below it. */
static bool
is_below(const char *wire, const char *old, char delimiter)
{
	gsize len = strlen(old);
	return !strncmp(wire, old, len) && (!wire[len] || (delimiter && wire[len] == delimiter));
}

bool
journal_folder_hides(Db *db, const char *wire)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT w.argument, f.delimiter FROM wish w JOIN folder f ON f.id = w.folder"
	    " WHERE w.kind = 5 AND w.flag IN (1, 2) AND w.state IN " LIVE " AND w.argument IS NOT NULL", NULL);
	bool row;

	while (st && db_next(db, st, &row, NULL) && row)
		if (is_below(wire, (const char *)sqlite3_column_text(st, 0), (char)sqlite3_column_int(st, 1)))
			return true;
	return false;
}

bool
journal_folder_keep(Db *db, GArray *ids, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT DISTINCT c.id FROM wish w JOIN folder f ON f.id = w.folder"
	    " JOIN folder c ON c.id = f.id OR (f.delimiter <> 0 AND substr(c.wire, 1, length(f.wire) + 1) = f.wire || char(f.delimiter))"
	    " WHERE w.kind = 5 AND w.flag IN (0, 1) AND w.state IN " LIVE, err);
	bool row;

	if (!st)
		return false;
	for (;;) {
		if (!db_next(db, st, &row, err))
			return false;
		if (!row)
			return true;
		gint64 id = sqlite3_column_int64(st, 0);
		g_array_append_val(ids, id);
	}
}
