/* journal.c - the wishes of the person, until they are true on the server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What the server has on a flag, once what is under way has arrived, is the "ground" of a new
 * wish: the wish that is sent, else server_flags. A new wish is only written if it differs from
 * the ground, so wish and counter-wish vanish together. A wish that was sent before (tries > 0)
 * and waits again is in doubt: the server may have done it. Then there is no ground, and the
 * newest word is always sent. */
#include "config.h"
#include "store/journal_private.h"
#include "store/acts.h"
#include "store/messages.h"
#include "base/intl.h"

void
wish_free(Wish *w)
{
	if (!w)
		return;
	g_free(w->argument);
	g_free(w->last_error);
	g_free(w);
}

static Wish *
read_wish(Stmt *st)
{
	Wish *w = g_new0(Wish, 1);

	w->id = sqlite3_column_int64(st, 0);
	w->kind = (WishKind)sqlite3_column_int(st, 1);
	w->folder = sqlite3_column_int64(st, 2);
	w->message = sqlite3_column_int64(st, 3);
	w->uidvalidity = (guint32)sqlite3_column_int64(st, 4);
	w->uid = (guint32)sqlite3_column_int64(st, 5);
	w->flag = (guint32)sqlite3_column_int64(st, 6);
	w->on = sqlite3_column_int(st, 7);
	w->argument = stmt_dup(st, 8);
	w->state = (WishState)sqlite3_column_int(st, 9);
	w->tries = (guint)sqlite3_column_int(st, 10);
	w->not_before = sqlite3_column_int64(st, 11);
	w->last_error = stmt_dup(st, 12);
	w->target = sqlite3_column_int64(st, 13);
	w->source = sqlite3_column_int64(st, 14);
	w->step = (WishStep)sqlite3_column_int(st, 15);
	w->act = sqlite3_column_int64(st, 16);
	return w;
}

GPtrArray *
journal_read(Db *db, Stmt *st, GError **err)
{
	g_autoptr(GPtrArray) wishes = g_ptr_array_new_with_free_func((GDestroyNotify)wish_free);
	bool row;

	for (;;) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			return g_steal_pointer(&wishes);
		g_ptr_array_add(wishes, read_wish(st));
	}
}

Wish *
journal_get(Db *db, gint64 id, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " WISH_COLUMNS " FROM wish WHERE id = ?1", err);

	if (!st)
		return NULL;
	stmt_int(st, 1, id);
	g_autoptr(GPtrArray) one = journal_read(db, st, err);
	return one && one->len ? g_ptr_array_steal_index(one, 0) : NULL;
}

/* ---- the wish of a flag ---- */

typedef enum { GROUND_OFF, GROUND_ON, GROUND_DOUBT } Ground;

static Ground
ground_of(Db *db, gint64 message, guint32 flag, guint32 server_flags)
{
	gint64 last = db_int(db, -1, "SELECT \"on\" FROM wish WHERE message = ?1 AND flag = ?2 AND kind = 0 AND (state = 1 OR (state = 0 AND "
	    COPIED_SINCE ")) ORDER BY id DESC LIMIT 1", INTS(message, flag));
	gint64 tries = db_int(db, 0, "SELECT max(tries) FROM wish WHERE message = ?1 AND flag = ?2 AND kind = 0 AND state = 0", INTS(message, flag));

	if (tries > 0)
		return GROUND_DOUBT;
	if (last >= 0)
		return last ? GROUND_ON : GROUND_OFF;
	return server_flags & flag ? GROUND_ON : GROUND_OFF;
}

bool
journal_flag(Db *db, gint64 message, guint32 flag, bool on, GError **err)
{
	gint64 server_flags = db_int(db, -1, "SELECT server_flags FROM message WHERE id = ?1",
	    INTS(message));
	gint64 flags = db_int(db, -1, "SELECT flags FROM message WHERE id = ?1", INTS(message));
	Ground ground;

	if (flags < 0 || server_flags < 0) {
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("This message is not there any more."));
		return false;
	}
	ground = ground_of(db, message, flag, (guint32)server_flags);
	if (((flags & flag) != 0) != on &&
	    !db_run_ints(db, err, "UPDATE message SET flags = (flags & ~?2) | ?3 WHERE id = ?1",
	    INTS(message, flag, on ? flag : 0)))
		return false;
	if (!db_run_ints(db, err,
	    "DELETE FROM wish WHERE message = ?1 AND flag = ?2 AND kind = 0 AND state IN (0, 2)"
	    " AND NOT (state = 0 AND " COPIED_SINCE ")",
	    INTS(message, flag)))
		return false;
	if (ground == (on ? GROUND_ON : GROUND_OFF))
		return true;
	return db_run_ints(db, err,
	    "INSERT INTO wish (kind, folder, message, uidvalidity, uid, flag, \"on\", tries)"
	    " SELECT 0, folder, id, uidvalidity, CASE WHEN uid < ?5 THEN uid ELSE 0 END, ?2, ?3, ?4"
	    " FROM message WHERE id = ?1",
	    INTS(message, flag, on, ground == GROUND_DOUBT, UID_PROVISIONAL));
}

/* ---- what push asks ---- */

/* The indexes are named where SQLite would take that of states, and go through all that waits for each that waits: ten thousand
 * moves took half a minute. The EXISTS that names no row outside itself is asked once: nearly always no folder waits.
 * Never under an old UIDVALIDITY (P9), nor while an older wish on the same flag of the same
 * message is under way, nor before a copy that was made before it; no move before all that was said of the message before it, and nothing in
 * a folder that is still to be made. Two copies of one message to one folder are two commands: in a set it is named once. */
#define READY " FROM wish w WHERE state = 0 AND " DUE " AND (uid > 0 OR kind IN (4, 5))" \
	" AND NOT EXISTS (SELECT 1 FROM wish s WHERE s.message = w.message AND s.flag = w.flag AND s.id < w.id" \
	"  AND s.kind = w.kind AND s.state IN (0, 1) AND w.message <> 0 AND w.kind IN (0, 6))" \
	" AND NOT EXISTS (SELECT 1 FROM wish s WHERE s.kind = 2 AND s.source = w.message AND s.source <> 0 AND s.id < w.id AND s.state IN " LIVE \
	"  AND w.kind IN (0, 6))" \
	" AND (kind NOT IN (1, 2, 3) OR NOT (" \
	"  EXISTS (SELECT 1 FROM wish s INDEXED BY wish_message WHERE s.message = w.message AND w.message <> 0 AND s.id < w.id AND s.state IN " LIVE ")" \
	"  OR EXISTS (SELECT 1 FROM wish s INDEXED BY wish_message WHERE s.message = w.source AND w.source <> 0 AND s.id < w.id AND s.state IN " LIVE ")" \
	"  OR EXISTS (SELECT 1 FROM wish s INDEXED BY wish_source WHERE s.source = w.message AND s.source <> 0 AND s.id < w.id AND s.state IN " LIVE ")))" \
	" AND (kind <> 2 OR NOT EXISTS (SELECT 1 FROM wish s WHERE s.kind = 2 AND s.source = w.source AND s.source <> 0 AND s.target = w.target" \
	"  AND s.id < w.id AND s.state IN " LIVE "))" \
	" AND NOT EXISTS (SELECT 1 FROM wish s WHERE EXISTS (SELECT 1 FROM wish WHERE kind = 5 AND state IN " LIVE ") AND s.kind = 5 AND s.state IN " LIVE \
	"  AND ((s.id < w.id AND s.folder IN (w.folder, w.target))" \
	"   OR (s.id > w.id AND s.flag = 0 AND s.folder = w.target)))" \
	" AND (kind <> 5 OR flag <> 2 OR NOT EXISTS (SELECT 1 FROM wish s WHERE s.id < w.id AND s.state IN " LIVE \
	"  AND w.folder IN (s.folder, s.target)))" \
	" AND (kind IN (4, 5) OR (SELECT uidvalidity FROM folder WHERE id = w.folder) IN (0, w.uidvalidity))"

GPtrArray *
journal_ready(Db *db, gint64 now, guint max, GError **err)
{
	g_autoptr(GPtrArray) first = NULL;
	{
		g_autoptr(Stmt) st = db_stmt(db, "SELECT " WISH_COLUMNS READY " ORDER BY id LIMIT 1",
		    err);
		if (!st)
			return NULL;
		stmt_int(st, 1, now);
		first = journal_read(db, st, err);
	}
	if (!first || first->len == 0 || max <= 1)
		return g_steal_pointer(&first);

	const Wish *w = first->pdata[0];
	if (w->kind == WISH_FOLDER)
		return g_steal_pointer(&first);
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " WISH_COLUMNS READY
	    " AND kind = ?7 AND folder = ?2 AND flag = ?3 AND \"on\" = ?4 AND uidvalidity = ?5"
	    " AND target = ?8 AND step = ?9 AND argument IS ?10 ORDER BY id LIMIT ?6", err);
	if (!st)
		return NULL;
	stmt_int(st, 1, now);
	stmt_int(st, 2, w->folder);
	stmt_int(st, 3, w->flag);
	stmt_int(st, 4, w->on);
	stmt_int(st, 5, w->uidvalidity);
	stmt_int(st, 6, max);
	stmt_int(st, 7, w->kind);
	stmt_int(st, 8, w->target);
	stmt_int(st, 9, w->step);
	stmt_text(st, 10, w->argument);
	return journal_read(db, st, err);
}

gint64
journal_next_time(Db *db, gint64 now)
{
	return db_int(db, -1, "SELECT min(not_before) FROM wish WHERE state IN (0, 4) AND NOT " DUE, INTS(now));
}

bool
journal_mark_sent(Db *db, const GPtrArray *wishes, GError **err)
{
	for (guint i = 0; i < wishes->len; i++) {
		const Wish *w = wishes->pdata[i];
		if (!db_run_ints(db, err,
		    "UPDATE wish SET state = 1, tries = tries + 1 WHERE id = ?1 AND state = 0",
		    INTS(w->id)))
			return false;
	}
	return true;
}

bool
journal_done(Db *db, const GPtrArray *wishes, GError **err)
{
	for (guint i = 0; i < wishes->len; i++) {
		const Wish *w = wishes->pdata[i];
		if (w->kind == WISH_FLAG && w->message != 0 &&
		    !db_run_ints(db, err,
		    "UPDATE message SET server_flags = (server_flags & ~?2) | ?3 WHERE id = ?1",
			INTS(w->message, w->flag, w->on ? w->flag : 0)))
			return false;
		bool ok = w->kind == WISH_FOLDER ? journal_folder_done(db, w, err) : journal_move_done(db, w, err);
		if (!ok || !db_run_ints(db, err, "DELETE FROM wish WHERE id = ?1", INTS(w->id)))
			return false;
	}
	return true;
}

/* A sent wish goes back to waiting. If the person said something newer about that flag
 * meanwhile, the newer word stands for both, in doubt about what the server has. */
static bool
wait_again(Db *db, gint64 id, GError **err)
{
	return db_run_ints(db, err,
	    "UPDATE wish SET tries = max(tries, 1) WHERE kind = 0 AND state = 0 AND message <> 0"
	    " AND (message, flag) = (SELECT message, flag FROM wish WHERE id = ?1 AND kind = 0"
	    " AND state = 1)", INTS(id)) &&
	    db_run_ints(db, err,
	    "DELETE FROM wish WHERE id = ?1 AND kind = 0 AND state = 1 AND message <> 0 AND EXISTS"
	    " (SELECT 1 FROM wish n WHERE n.message = wish.message AND n.flag = wish.flag"
	    " AND n.kind = 0 AND n.state = 0)", INTS(id)) &&
	    db_run_ints(db, err, "UPDATE wish SET state = 0 WHERE id = ?1 AND state = 1", INTS(id));
}

bool
journal_set_words(Db *db, gint64 id, gint64 not_before, const char *words, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "UPDATE wish SET not_before = ?2, last_error = ?3 WHERE id = ?1", err);

	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_int(st, 2, not_before);
	stmt_text(st, 3, words);
	return db_run(db, st, err);
}

bool
journal_retry(Db *db, const GPtrArray *wishes, gint64 not_before, const char *error, GError **err)
{
	for (guint i = 0; i < wishes->len; i++) {
		const Wish *w = wishes->pdata[i];
		if (!wait_again(db, w->id, err) || !journal_set_words(db, w->id, not_before, error, err))
			return false;
	}
	return true;
}

/* All but flags: those are in messages.server_flags. */
static bool
change_failed(Db *db, const Wish *w, GError **err)
{
	switch (w->kind) {
	case WISH_FOLDER:	return journal_folder_failed(db, w, err);
	case WISH_KEYWORD:	return journal_keyword_failed(db, w, err);
	default:		return journal_move_failed(db, w, err);
	}
}

bool
journal_fail(Db *db, const GPtrArray *wishes, const char *error, GError **err)
{
	for (guint i = 0; i < wishes->len; i++) {
		const Wish *w = wishes->pdata[i];
		/* an older failure on the same flag has been answered by this one */
		if (w->kind == WISH_FLAG && w->message != 0 &&
		    !db_run_ints(db, err,
		    "DELETE FROM wish WHERE message = ?1 AND flag = ?2 AND kind = 0"
		    " AND state = 2 AND id <> ?3",
			INTS(w->message, w->flag, w->id)))
			return false;
		if (!db_run_ints(db, err,
		    "UPDATE wish SET state = 2 WHERE id = ?1 AND state IN " LIVE, INTS(w->id)) ||
		    !journal_set_words(db, w->id, 0, error, err))
			return false;
		if (!change_failed(db, w, err))
			return false;
		/* back to the server's truth, unless the person has said something newer */
		if (w->kind == WISH_FLAG && w->message != 0 &&
		    !db_run_ints(db, err,
		    "UPDATE message SET flags = (flags & ~?2) | (server_flags & ?2) WHERE id = ?1"
		    " AND NOT EXISTS (SELECT 1 FROM wish WHERE message = ?1 AND flag = ?2"
		    " AND kind = 0 AND state IN (0, 1))",
			INTS(w->message, w->flag)))
			return false;
	}
	return true;
}

static bool
try_again(Db *db, const Wish *w, GError **err)
{
	return db_run_ints(db, err,
	    "UPDATE wish SET state = 0, not_before = 0 WHERE id = ?1 AND state IN (0, 2)"
	    " AND NOT EXISTS (SELECT 1 FROM wish AS w WHERE w.kind = 0 AND w.state = 0 AND w.id <> ?1"
	    "  AND w.message = wish.message AND w.flag = wish.flag)", INTS(w->id));
}

static bool
give_up(Db *db, const Wish *w, GError **err)
{
	/* one that failed is as before already */
	if (w->state == WISH_WAITING && !change_failed(db, w, err))
		return false;
	/* what was never under way is undone here; what was sent is for the server to answer */
	return db_run_ints(db, err,
	    "UPDATE message SET flags = (flags & ~w.flag) | (server_flags & w.flag)"
	    " FROM (SELECT message AS m, flag FROM wish WHERE id = ?1 AND kind = 0 AND state IN (0, 2)) AS w"
	    " WHERE message.id = w.m", INTS(w->id)) &&
	    db_run_ints(db, err, "DELETE FROM wish WHERE id = ?1 AND state <> 1", INTS(w->id));
}

static bool
again(Db *db, const Wish *w, bool remove, GError **err)
{
	switch (w->kind) {
	case WISH_MOVE: case WISH_COPY: case WISH_DELETE:
		return journal_move_again(db, w, remove, err);
	case WISH_APPEND:
		return journal_append_again(db, w, remove, err);
	default:
		return remove ? give_up(db, w, err) : try_again(db, w, err);
	}
}

bool
journal_again(Db *db, gint64 id, bool remove, GError **err)
{
	g_autoptr(Wish) w = journal_get(db, id, err);

	if (!w)
		return err == NULL || *err == NULL;
	return again(db, w, remove, err) && (!remove || wish_is_under_way(w) ||
	    acts_given_up(db, w->act, w->message, w->state == WISH_FAILED ? w->last_error : NULL, err));
}

bool
wish_is_under_way(const Wish *w)
{
	return w->state == WISH_SENT || w->state == WISH_DOUBT;
}

bool
journal_recover(Db *db, GError **err)
{
	g_autoptr(GArray) sent = g_array_new(FALSE, FALSE, sizeof(gint64));
	{
		g_autoptr(Stmt) st = db_stmt(db,
		    "SELECT id FROM wish WHERE kind IN (0, 5, 6) AND state = 1 ORDER BY id", err);
		bool row;
		if (!st)
			return false;
		for (;;) {
			if (!db_next(db, st, &row, err))
				return false;
			if (!row)
				break;
			gint64 id = sqlite3_column_int64(st, 0);
			g_array_append_val(sent, id);
		}
	}
	for (guint i = 0; i < sent->len; i++)
		if (!wait_again(db, g_array_index(sent, gint64, i), err))
			return false;
	return journal_move_recover(db, err);
}

bool
journal_park_folder(Db *db, gint64 folder, GError **err)
{
	/* of two on the same flag only the newest word is worth keeping */
	return db_run_ints(db, err,
	    "DELETE FROM wish WHERE folder = ?1 AND kind = 0 AND state = 1 AND EXISTS"
	    " (SELECT 1 FROM wish n WHERE n.message = wish.message AND n.flag = wish.flag"
	    " AND n.kind = 0 AND n.state = 0)",
	    INTS(folder)) &&
	    journal_unbind(db, folder, err);
}

GPtrArray *
journal_list(Db *db, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " WISH_COLUMNS " FROM wish ORDER BY id", err);

	return st ? journal_read(db, st, err) : NULL;
}

guint
journal_count(Db *db, WishState state)
{
	return (guint)db_int(db, 0, "SELECT count(*) FROM wish WHERE state = ?1", INTS(state));
}
