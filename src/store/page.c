/* page.c - the list of a folder, read by key in pages, with or without a limit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A page begins where the last one ended, inside an index, so the last page of a million rows
 * costs what the first one costs. A limit is tried row by row, in slices of a time that the
 * caller gives; limits that ask for unread or flagged messages walk the partial index of those. */
#include "config.h"
#include "store/limit_private.h"
#include "store/db_private.h"

#include <string.h>

enum { DAY_SHIFT = 16, DAY_SECONDS = 1 << DAY_SHIFT, ROWS_BETWEEN_CLOCKS = 16 };

void
message_row_clear(MessageRow *r)
{
	g_free(r->subject);
	g_free(r->from_name);
	g_free(r->from_address);
	g_free(r->to);
	memset(r, 0, sizeof *r);
}

#define ROW_COLUMNS "id, received, uid, flags, traits, size, sent, body_here," \
	" subject, from_name, from_address, to_list"

static const char *
column(Stmt *st, int n)
{
	return (const char *)sqlite3_column_text(st, n);
}

static MessageKey
read_key(Stmt *st)
{
	return (MessageKey){ .received = sqlite3_column_int64(st, 1),
	    .uid = sqlite3_column_int64(st, 2),
		.id = sqlite3_column_int64(st, 0) };
}

static void
read_row(Stmt *st, MessageRow *r)
{
	r->key = read_key(st);
	r->flags = (guint32)sqlite3_column_int64(st, 3);
	r->traits = (guint32)sqlite3_column_int64(st, 4);
	r->size = (guint64)sqlite3_column_int64(st, 5);
	r->sent = sqlite3_column_int64(st, 6);
	r->body_here = sqlite3_column_int(st, 7);
	r->subject = stmt_dup(st, 8);
	r->from_name = stmt_dup(st, 9);
	r->from_address = stmt_dup(st, 10);
	r->to = stmt_dup(st, 11);
}

static bool
passes(Db *db, Stmt *st, const MessageLimit *limit)
{
	LimitRow row = {
		.db = db, .id = sqlite3_column_int64(st, 0),
		.flags = (guint32)sqlite3_column_int64(st, 3),
		.traits = (guint32)sqlite3_column_int64(st, 4),
		.size = (guint64)sqlite3_column_int64(st, 5),
		.received = sqlite3_column_int64(st, 1), .sent = sqlite3_column_int64(st, 6),
		.body_here = sqlite3_column_int(st, 7),
		.subject = column(st, 8), .from_name = column(st, 9),
		.from_address = column(st, 10), .to = column(st, 11),
	};
	return limit_matches(limit, &row);
}

bool
messages_limit_lost(Db *db, const MessageLimit *l, gint64 folder, gint64 id)
{
	bool row = false;
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " ROW_COLUMNS " FROM message WHERE id = ?1 AND folder = ?2", NULL);

	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_int(st, 2, folder);
	return db_next(db, st, &row, NULL) && row && (limit_reads_bodies(l) || !passes(db, st, l));
}

/* The statement that walks from a key. Without a limit SQLite is told how many; with one it is
 * stepped until enough. */
static Stmt *
walk(Db *db, gint64 folder, const MessageLimit *limit, const MessageKey *from, bool newer,
    bool inclusive, guint n, GError **err)
{
	static const struct { const char *index, *is, *is_not; } among[] = {
		[LIMIT_AMONG_ALL] = { "message_order", "1", "0" },
		[LIMIT_AMONG_UNSEEN] = { "message_unseen", "(flags & 1) = 0", "(flags & 1) <> 0" },
		[LIMIT_AMONG_FLAGGED] = { "message_flagged", "(flags & 4) <> 0", "(flags & 4) = 0" },
	};
	MessageKey start = { .received = newer ? G_MININT64 : G_MAXINT64,
	    .uid = newer ? 0 : G_MAXINT64 };
	LimitAmong way = limit ? limit_among(limit) : LIMIT_AMONG_ALL;
	const char *kept = limit && way != LIMIT_AMONG_ALL ? limit_kept(limit) : NULL;
	g_autoptr(GString) sql = g_string_new(NULL);

	if (from)
		start = *from;
	else
		inclusive = true;
	const char *direction = newer ? "ASC" : "DESC", *behind = newer ? ">" : "<", *or_at = inclusive ? "=" : "";
	g_string_append_printf(sql, "SELECT " ROW_COLUMNS " FROM message INDEXED BY %s WHERE %s AND folder = ?1"
	    " AND (received, uid) %s%s (?2, ?3)", among[way].index, among[way].is, behind, or_at);
	if (kept)	/* SQLite merges the two as they come */
		g_string_append_printf(sql, " UNION ALL SELECT " ROW_COLUMNS " FROM message NOT INDEXED"
		    " WHERE id IN (SELECT value FROM json_each(?5)) AND %s AND folder = ?1 AND (received, uid) %s%s (?2, ?3)",
		    among[way].is_not, behind, or_at);
	g_string_append_printf(sql, " ORDER BY received %s, uid %s LIMIT ?4", direction, direction);
	Stmt *st = db_stmt(db, sql->str, err);
	if (!st)
		return NULL;
	stmt_int(st, 1, folder);
	stmt_int(st, 2, start.received);
	stmt_int(st, 3, start.uid);
	stmt_int(st, 4, limit ? -1 : (gint64)n);
	if (kept)
		stmt_text(st, 5, kept);
	return st;
}

typedef void (*TakeRow)(Stmt *st, GArray *out);

static void
take_whole(Stmt *st, GArray *out)
{
	MessageRow r;

	read_row(st, &r);
	g_array_append_val(out, r);
}

static void
take_key(Stmt *st, GArray *out)
{
	MessageKey k = read_key(st);

	g_array_append_val(out, k);
}

static bool
collect(Db *db, Stmt *st, const MessageLimit *limit, guint n, guint budget_us, TakeRow take,
    GArray *out, bool *cut, MessageKey *resume, GError **err)
{
	gint64 end = budget_us ? g_get_monotonic_time() + budget_us : 0;
	guint between = limit && limit_reads_bodies(limit) ? 1 : ROWS_BETWEEN_CLOCKS;
	bool row;

	for (guint looked = 1; out->len < n; looked++) {
		if (!db_next(db, st, &row, err))
			return false;
		if (!row)
			return true;
		if (!limit || passes(db, st, limit))
			take(st, out);
		if (end && looked % between == 0 && out->len < n && g_get_monotonic_time() >= end) {
			if (cut)
				*cut = true;
			if (resume)
				*resume = read_key(st);
			return true;
		}
	}
	return true;
}

GArray *
messages_page(Db *db, gint64 folder, const MessageLimit *limit, const MessageKey *from, bool newer,
    bool inclusive, guint n, guint budget_us, bool *cut, MessageKey *resume, GError **err)
{
	g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(MessageRow));
	g_autoptr(Stmt) st = walk(db, folder, limit, from, newer, inclusive, n, err);

	g_array_set_clear_func(rows, (GDestroyNotify)message_row_clear);
	if (cut)
		*cut = false;
	if (!st || !collect(db, st, limit, n, budget_us, take_whole, rows, cut, resume, err))
		return NULL;
	return g_steal_pointer(&rows);
}

GArray *
messages_keys(Db *db, gint64 folder, const MessageLimit *limit, const MessageKey *from, bool newer,
    bool inclusive, guint n, guint budget_us, bool *cut, MessageKey *resume, GError **err)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, TRUE, sizeof(MessageKey));
	g_autoptr(Stmt) st = walk(db, folder, limit, from, newer, inclusive, n, err);

	if (cut)
		*cut = false;
	if (!st || !collect(db, st, limit, n, budget_us, take_key, keys, cut, resume, err))
		return NULL;
	return g_steal_pointer(&keys);
}

bool
messages_row(Db *db, gint64 id, MessageRow *out, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " ROW_COLUMNS " FROM message WHERE id = ?1", err);
	bool row;

	memset(out, 0, sizeof *out);
	if (!st)
		return false;
	stmt_int(st, 1, id);
	if (!db_next(db, st, &row, err) || !row)
		return false;
	read_row(st, out);
	return true;
}

bool
messages_key(Db *db, gint64 id, MessageKey *key)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT id, received, uid FROM message WHERE id = ?1", NULL);
	bool row;

	if (!st)
		return false;
	stmt_int(st, 1, id);
	if (!db_next(db, st, &row, NULL) || !row)
		return false;
	*key = read_key(st);
	return true;
}

/* ---- position <-> row ---- */

guint
messages_count_newer(Db *db, gint64 folder, const MessageKey *key)
{
	gint64 day = key->received >> DAY_SHIFT;
	gint64 days = db_int(db, 0, "SELECT sum(n) FROM day WHERE folder = ?1 AND day > ?2",
	    INTS(folder, day));
	gint64 here = db_int(db, 0,
	    "SELECT count(*) FROM message INDEXED BY message_order WHERE folder = ?1"
	    " AND (received, uid) > (?2, ?3) AND received < ?4",
	    INTS(folder, key->received, key->uid, (day + 1) * DAY_SECONDS));

	return (guint)(days + here);
}

/* The day that holds the row, and how many rows of it are before. */
static bool
find_day(Db *db, gint64 folder, guint position, gint64 *day, guint *skip)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT day, n FROM day WHERE folder = ?1 ORDER BY day DESC", NULL);
	bool row;

	if (!st)
		return false;
	stmt_int(st, 1, folder);
	for (*skip = position;; *skip -= (guint)sqlite3_column_int64(st, 1)) {
		if (!db_next(db, st, &row, NULL) || !row)
			return false;
		if (*skip < sqlite3_column_int64(st, 1))
			break;
	}
	*day = sqlite3_column_int64(st, 0);
	return true;
}

bool
messages_key_at(Db *db, gint64 folder, guint position, MessageKey *key)
{
	gint64 day;
	guint skip;
	bool row;

	if (!find_day(db, folder, position, &day, &skip))
		return false;
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT id, received, uid FROM message INDEXED BY message_order WHERE folder = ?1"
	    " AND received < ?2 ORDER BY received DESC, uid DESC LIMIT 1 OFFSET ?3", NULL);
	if (!st)
		return false;
	stmt_int(st, 1, folder);
	stmt_int(st, 2, (day + 1) * DAY_SECONDS);
	stmt_int(st, 3, skip);
	if (!db_next(db, st, &row, NULL) || !row)
		return false;
	*key = read_key(st);
	return true;
}
