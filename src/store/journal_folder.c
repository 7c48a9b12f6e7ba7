/* journal_folder.c - folders that are made, renamed, deleted, subscribed, until the server has done it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The tree shows it at once. A LIST that comes before the server did it tells the old state: what
 * is wished is kept out of its way (journal_folder_hides, journal_folder_keep). */
#include "config.h"
#include "store/journal_private.h"
#include "store/folders.h"
#include "store/messages.h"
#include "base/intl.h"

#include <string.h>

/* What was moved into a folder that no server knows goes where it lies on the server. */
static bool
empty(Db *db, gint64 folder, gint64 act, GError **err)
{
	g_autoptr(GArray) keys = messages_keys(db, folder, NULL, NULL, false, true, G_MAXINT32, 0, NULL, NULL, err);

	for (guint i = 0; keys && i < keys->len; i++)
		if (!journal_delete(db, g_array_index(keys, MessageKey, i).id, act, err))
			return false;
	return keys != NULL;
}

/* NULL: a name that no folder can have. */
static bool
set_wire(Db *db, gint64 folder, const char *wire, GError **err)
{
	g_autofree char *gone = g_strdup_printf("\001gone:%" G_GINT64_FORMAT, folder);
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE folder SET wire = ?2 WHERE id = ?1 AND (?2 NOT IN (SELECT wire FROM folder))", err);

	if (!st)
		return false;
	stmt_int(st, 1, folder);
	stmt_text(st, 2, wire ? wire : gone);
	return db_run(db, st, err);
}

bool
journal_folder(Db *db, gint64 folder, FolderWish what, bool on, const char *old_wire, gint64 act, GError **err)
{
	gint64 made = journal_folder_waits(db, folder, FOLDER_CREATE);

	/* the server has never heard of it: it is made under the new name, or not at all */
	if (made && what == FOLDER_RENAME)
		return true;
	if (made && what == FOLDER_DELETE)
		return empty(db, folder, act, err) && db_run_ints(db, err, "DELETE FROM wish WHERE kind = 5 AND folder = ?1", INTS(folder)) &&
		    folders_remove(db, folder, err);
	/* another one may be made under that name before this one is gone on the server */
	if (what == FOLDER_DELETE && !set_wire(db, folder, NULL, err))
		return false;
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
		return set_wire(db, w->folder, w->argument, err) &&
		    db_run_ints(db, err, "UPDATE folder SET gone = 0 WHERE id = ?1 AND substr(wire, 1, 1) <> char(1)", INTS(w->folder));
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
	g_autoptr(Stmt) st = db_stmt(db, "SELECT w.argument, CASE w.flag WHEN 1 THEN f.delimiter ELSE 0 END FROM wish w JOIN folder f ON f.id = w.folder"
	    " WHERE w.kind = 5 AND w.flag IN (1, 2) AND w.state IN " LIVE " AND w.argument IS NOT NULL", NULL);
	bool row;

	while (st && db_next(db, st, &row, NULL) && row)
		if (is_below(wire, (const char *)sqlite3_column_text(st, 0), (char)sqlite3_column_int(st, 1)))
			return true;
	return false;
}

/* ---- what the server calls them now ---- */

typedef struct { char *wire; /* owned */ gint64 since; } Name;	/* since: of a wish; renames behind it have nothing to do with it */

static Name
name_now(Db *db, gint64 folder, const GPtrArray *wishes)
{
	g_autoptr(Folder) f = folders_get(db, folder, NULL);
	Name n = { f ? g_strdup(f->wire) : NULL, G_MAXINT64 };

	for (guint i = 0; f && i < wishes->len; i++) {
		const Wish *w = wishes->pdata[i];
		if (w->folder == folder && w->flag == FOLDER_DELETE && w->argument) {
			g_free(n.wire);
			n = (Name){ g_strdup(w->argument), w->id };
		}
	}
	return n;
}

static void
take_back(Name *n, const Wish *w, const char *new, char delimiter)
{
	if (!n->wire || w->id >= n->since || !is_below(n->wire, new, delimiter))
		return;
	char *before = g_strconcat(w->argument, n->wire + strlen(new), NULL);
	g_free(n->wire);
	n->wire = before;
}

/* Those that are still to come, the newest first: each knows only what its folder was called before. */
static GPtrArray *
renames(Db *db, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " WISH_COLUMNS " FROM wish WHERE kind = 5 AND flag IN (1, 2) AND state IN " LIVE " ORDER BY id DESC", err);
	return st ? journal_read(db, st, err) : NULL;
}

/* except: a wish that is taken for done; 0: none. */
static char *
name_on_server(Db *db, gint64 folder, gint64 except)
{
	g_autoptr(GPtrArray) wishes = renames(db, NULL);
	guint n = wishes ? wishes->len : 0;
	g_autofree Name *names = g_new0(Name, n + 1);

	for (guint i = 0; i < n; i++)
		names[i] = name_now(db, ((const Wish *)wishes->pdata[i])->folder, wishes);
	names[n] = wishes ? name_now(db, folder, wishes) : (Name){ NULL, 0 };
	for (guint i = 0; i < n; i++) {
		const Wish *w = wishes->pdata[i];
		g_autoptr(Folder) f = folders_get(db, w->folder, NULL);
		g_autofree char *new = g_strdup(names[i].wire);
		if (w->flag != FOLDER_RENAME || w->id == except || !f || !new || !w->argument)
			continue;
		for (guint k = 0; k <= n; k++)
			take_back(&names[k], w, new, f->delimiter);
	}
	for (guint i = 0; i < n; i++)
		g_free(names[i].wire);
	return names[n].wire;
}

char *
journal_wire(Db *db, gint64 folder)
{
	return name_on_server(db, folder, 0);
}

char *
journal_wire_after(Db *db, const Wish *w)
{
	return name_on_server(db, w->folder, w->id);
}

bool
journal_is_leaving(Db *db, gint64 folder)
{
	return db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM wish WHERE kind = 5 AND flag = 2 AND folder = ?1 AND state IN " LIVE ")", INTS(folder)) != 0;
}

gint64
journal_folder_waits(Db *db, gint64 folder, FolderWish what)
{
	return db_int(db, 0, "SELECT id FROM wish WHERE kind = 5 AND flag = ?2 AND folder = ?1 AND state = 0 AND tries = 0", INTS(folder, what));
}

bool
journal_folder_subscribed(Db *db, const char *wire, bool server)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT w.\"on\" FROM wish w JOIN folder f ON f.id = w.folder WHERE f.wire = ?1 AND w.kind = 5 AND w.flag = 3"
	    " AND w.state IN " LIVE " ORDER BY w.id DESC LIMIT 1", NULL);
	bool row;

	if (!st)
		return server;
	stmt_text(st, 1, wire);
	return db_next(db, st, &row, NULL) && row ? sqlite3_column_int(st, 0) != 0 : server;
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
