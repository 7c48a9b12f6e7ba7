/* acts.c - what the person did, so that it can be taken back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The state of an act is that of its wishes; one without any is done. */
#include "config.h"
#include "store/acts.h"
#include "store/local.h"
#include "store/journal_private.h"
#include "base/intl.h"

void
act_free(Act *a)
{
	if (!a)
		return;
	g_free(a->text);
	g_free(a->error);
	g_free(a);
}

bool
act_is_of_folder(const Act *a)
{
	return a->kind >= ACT_FOLDER_CREATE && a->kind <= ACT_FOLDER_SUBSCRIBE;
}

enum { TAKEN_BACK = 1, PASSED_OVER };	/* act.undone; 0: `u` finds it */

#define COLUMNS "id, at, kind, folder, target, n, flag, \"on\", text, undone, error," \
	" (SELECT CASE max(CASE state WHEN 2 THEN 3 WHEN 3 THEN 3 WHEN 1 THEN 2 WHEN 4 THEN 2 ELSE 1 END)" \
	"  WHEN 3 THEN 3 WHEN 2 THEN 2 WHEN 1 THEN 1 ELSE 0 END FROM wish WHERE wish.act = act.id)," \
	" (SELECT last_error FROM wish WHERE wish.act = act.id AND state = 2 AND last_error IS NOT NULL LIMIT 1)"

static Act *
read_act(Stmt *st)
{
	static const ActState states[] = { ACT_DONE, ACT_WAITING, ACT_UNDER_WAY, ACT_FAILED };
	Act *a = g_new0(Act, 1);

	a->id = sqlite3_column_int64(st, 0);
	a->at = sqlite3_column_int64(st, 1);
	a->kind = (ActKind)sqlite3_column_int(st, 2);
	a->folder = sqlite3_column_int64(st, 3);
	a->target = sqlite3_column_int64(st, 4);
	a->n = (guint)sqlite3_column_int(st, 5);
	a->flag = (guint32)sqlite3_column_int64(st, 6);
	a->on = sqlite3_column_int(st, 7);
	a->text = stmt_dup(st, 8);
	a->error = stmt_dup(st, 12);
	if (!a->error)
		a->error = stmt_dup(st, 10);
	a->state = states[sqlite3_column_int(st, 11)];
	if (a->state == ACT_DONE && a->error)
		a->state = ACT_FAILED;
	a->undone = sqlite3_column_int(st, 9) == TAKEN_BACK;
	if (a->undone && a->state == ACT_DONE)
		a->state = ACT_UNDONE;
	return a;
}

GPtrArray *
acts_list(Db *db, guint max, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)act_free);
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " COLUMNS " FROM act ORDER BY id DESC LIMIT ?1", err);
	bool row;

	if (!st)
		return NULL;
	stmt_int(st, 1, max);
	for (;;) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			return g_steal_pointer(&all);
		g_ptr_array_add(all, read_act(st));
	}
}

Act *
acts_get(Db *db, gint64 id, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " COLUMNS " FROM act WHERE id = ?1 OR (?1 = 0 AND undone = 0)"
	    " ORDER BY id DESC LIMIT 1", err);
	bool row;

	if (!st)
		return NULL;
	stmt_int(st, 1, id);
	return db_next(db, st, &row, err) && row ? read_act(st) : NULL;
}

/* ---- writing ---- */

gint64
acts_new(Db *db, const Act *a, gint64 now, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "INSERT INTO act (at, kind, target, flag, \"on\", text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	    " RETURNING id", err);
	bool row;

	if (!st || !db_run_ints(db, err, "DELETE FROM act WHERE id <= (SELECT max(id) FROM act) - ?1", INTS(ACTS_KEPT)))
		return 0;
	stmt_int(st, 1, now);
	stmt_int(st, 2, a->kind);
	stmt_int(st, 3, a->target);
	stmt_int(st, 4, a->flag);
	stmt_int(st, 5, a->on);
	stmt_text(st, 6, a->text);
	return db_next(db, st, &row, err) && row ? sqlite3_column_int64(st, 0) : 0;
}

bool
acts_add(Db *db, gint64 act, gint64 message, gint64 folder, GError **err)
{
	return db_run_ints(db, err, "INSERT OR REPLACE INTO act_item (act, message, folder) VALUES (?1, ?2, ?3)",
	    INTS(act, message, folder));
}

bool
acts_close(Db *db, gint64 act, guint *n, GError **err)
{
	*n = (guint)db_int(db, 0, "SELECT count(*) FROM act_item WHERE act = ?1", INTS(act));
	if (*n == 0)
		return db_run_ints(db, err, "DELETE FROM act WHERE id = ?1", INTS(act));
	return db_run_ints(db, err, "UPDATE act SET n = ?2, folder = (SELECT folder FROM act_item WHERE act = ?1 LIMIT 1),"
	    " text = ifnull(text, (SELECT subject FROM message WHERE id = (SELECT message FROM act_item WHERE act = ?1 LIMIT 1)))"
	    " WHERE id = ?1", INTS(act, *n)) &&
	    /* flags are wished without a number: the ones that are new belong to it */
	    db_run_ints(db, err, "UPDATE wish SET act = ?1 WHERE act = 0 AND kind = 0 AND state = 0 AND tries = 0 AND message IN"
	    " (SELECT message FROM act_item WHERE act = ?1)", INTS(act));
}

bool
acts_close_folder(Db *db, gint64 act, gint64 folder, GError **err)
{
	return db_run_ints(db, err, "UPDATE act SET n = 1, folder = ?2, target = ?2 WHERE id = ?1", INTS(act, folder));
}

bool
acts_failed(Db *db, gint64 act, const char *words, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE act SET error = ?2 WHERE id = ?1", err);

	if (!st)
		return false;
	stmt_int(st, 1, act);
	stmt_text(st, 2, words);
	return db_run(db, st, err);
}

/* ---- taking back ---- */

typedef struct { gint64 message, folder; } Item;

static GArray *
items_of(Db *db, gint64 act, GError **err)
{
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(Item));
	g_autoptr(Stmt) st = db_stmt(db, "SELECT i.message, i.folder FROM act_item i JOIN message m ON m.id = i.message"
	    " WHERE i.act = ?1", err);
	bool row;

	if (!st)
		return NULL;
	stmt_int(st, 1, act);
	for (;;) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			return g_steal_pointer(&items);
		Item i = { sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1) };
		g_array_append_val(items, i);
	}
}

static bool
undo_flag(Db *db, gint64 message, guint32 flag, bool on, GError **err)
{
	g_autoptr(Message) m = messages_get(db, message, err);

	if (m && folders_is_local(db, m->folder))
		return messages_set_flags(db, message, on ? m->flags | flag : m->flags & ~flag, on ? m->flags | flag : m->flags & ~flag, 0, err);
	return m && journal_flag(db, message, flag, on, err);
}

static bool
undo_one(Db *db, const Act *a, const Item *i, bool *done, GError **err)
{
	*done = true;
	switch (a->kind) {
	case ACT_FLAG:		return undo_flag(db, i->message, a->flag, !a->on, err);
	case ACT_READ_ALL:	return undo_flag(db, i->message, FLAG_SEEN, false, err);
	case ACT_KEYWORD:	return journal_keyword(db, i->message, a->text, !a->on, a->id, err);
	case ACT_COPY: case ACT_APPEND:
		return journal_delete(db, i->message, a->id, err);
	case ACT_MOVE: case ACT_TRASH: case ACT_ARCHIVE: case ACT_JUNK: case ACT_NOT_JUNK:
		return journal_move(db, i->message, i->folder, a->id, err);
	case ACT_DELETE: case ACT_EMPTY:
		*done = journal_is_going(db, i->message) && db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM wish INDEXED BY wish_message WHERE message = ?1"
		    " AND kind = 3 AND state IN (0, 2) AND tries = 0)", INTS(i->message));
		return !*done || journal_move(db, i->message, i->folder, a->id, err);
	case ACT_FOLDER_CREATE: case ACT_FOLDER_RENAME: case ACT_FOLDER_DELETE: case ACT_FOLDER_SUBSCRIBE:
		break;	/* they have no messages */
	}
	return true;
}

bool
acts_undo(Db *db, gint64 id, guint *n, GError **err)
{
	g_autoptr(Act) a = acts_get(db, id, err);
	g_autoptr(GArray) items = a ? items_of(db, a->id, err) : NULL;

	*n = 0;
	if (!a || !items) {
		if (!err || !*err)
			g_set_error(err, EIL_ERROR, EIL_REFUSED, _("There is nothing to take back."));
		return false;
	}
	for (guint k = 0; k < items->len; k++) {
		bool done;
		if (!undo_one(db, a, &g_array_index(items, Item, k), &done, err))
			return false;
		*n += done;
	}
	if (*n == 0) {
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("This can't be taken back: the messages are not on the server any more."));
		return false;
	}
	return acts_undone(db, a->id, err);
}

bool
acts_undone(Db *db, gint64 id, GError **err)
{
	return db_run_ints(db, err, "UPDATE act SET undone = ?2, error = NULL WHERE id = ?1", INTS(id, TAKEN_BACK));
}

bool
acts_skip(Db *db, gint64 id, GError **err)
{
	return db_run_ints(db, err, "UPDATE act SET undone = ?2 WHERE id = ?1 AND undone = 0", INTS(id, PASSED_OVER));
}

bool
acts_given_up(Db *db, gint64 id, gint64 message, const char *error, GError **err)
{
	return (!error || acts_failed(db, id, error, err)) &&
	    db_run_ints(db, err, "DELETE FROM act_item WHERE act = ?1 AND message = ?2", INTS(id, message)) &&
	    db_run_ints(db, err, "UPDATE act SET undone = ?2 WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM act_item WHERE act = ?1)",
	    INTS(id, TAKEN_BACK));
}
