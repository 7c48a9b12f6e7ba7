/* check.c - what a folder holds, bare.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "store/check.h"
#include "store/bodies.h"
#include "store/db_private.h"

static void
row_clear(gpointer p)
{
	CheckRow *r = p;
	g_free(r->keywords);
	g_free(r->subject);
	g_free(r->message_id);
}

typedef void (*TakeRow)(Stmt *st, gpointer into);

/* All rows of a statement about one folder. False: err. */
static bool
take_rows(Db *db, const char *sql, gint64 folder, TakeRow take, gpointer into, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, err);
	bool row = st != NULL;

	if (!st)
		return false;
	stmt_int(st, 1, folder);
	while (row) {
		if (!db_next(db, st, &row, err))
			return false;
		if (row)
			take(st, into);
	}
	return true;
}

static void
take_message(Stmt *st, gpointer into)
{
	gint64 uid = sqlite3_column_int64(st, 1);
	CheckRow r = {
		.id = sqlite3_column_int64(st, 0), .uid = uid < UID_PROVISIONAL ? (guint32)uid : 0,
		.flags = (guint32)sqlite3_column_int64(st, 2), .server_flags = (guint32)sqlite3_column_int64(st, 3),
		.received = sqlite3_column_int64(st, 4), .size = (guint64)sqlite3_column_int64(st, 5),
		.text_here = sqlite3_column_int(st, 6) != 0, .keywords = stmt_dup(st, 7), .subject = stmt_dup(st, 8),
		.message_id = stmt_dup(st, 9),
	};
	g_array_append_val((GArray *)into, r);
}

GArray *
check_rows(Db *db, gint64 folder, GError **err)
{
	g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(CheckRow));

	g_array_set_clear_func(rows, row_clear);
	if (!take_rows(db, "SELECT id, uid, flags, server_flags, received, size, body_here, keywords, subject, message_id"
	    " FROM message LEFT JOIN detail ON detail.message = message.id WHERE folder = ?1 ORDER BY uid", folder, take_message, rows, err))
		return NULL;
	return g_steal_pointer(&rows);
}

/* ---- texts ---- */

typedef struct { gint64 message; char *section; } Text;

static void
text_clear(gpointer p)
{
	g_free(((Text *)p)->section);
}

static void
take_text(Stmt *st, gpointer into)
{
	Text t = { sqlite3_column_int64(st, 0), stmt_dup(st, 1) };
	g_array_append_val((GArray *)into, t);
}

/* Named first and read then: a long statement would keep what the writer wants to tidy. */
static GArray *
texts_of(Db *db, gint64 folder, GError **err)
{
	g_autoptr(GArray) texts = g_array_new(FALSE, FALSE, sizeof(Text));

	g_array_set_clear_func(texts, text_clear);
	if (!take_rows(db, "SELECT body.message, section FROM body JOIN message ON message.id = body.message"
	    " WHERE folder = ?1 AND done = 1 ORDER BY body.message", folder, take_text, texts, err))
		return NULL;
	return g_steal_pointer(&texts);
}

/* False with EIL_BROKEN: it is not as it came. */
static bool
read_text(Db *db, const Text *t, guint64 *bytes, GError **err)
{
	g_autoptr(BodyReader) reader = bodies_read(db, t->message, t->section, err);
	const guint8 *data;
	gsize len;

	if (!reader)
		return !err || !*err;	/* it went meanwhile */
	do {
		if (!bodies_read_piece(reader, &data, &len, err))
			return false;
		*bytes += len;
	} while (len);
	return true;
}

bool
check_texts(Db *db, gint64 folder, CheckTexts *texts, GArray **broken, GError **err)
{
	g_autoptr(GArray) all = texts_of(db, folder, err);
	g_autoptr(GArray) bad = g_array_new(FALSE, FALSE, sizeof(gint64));
	gint64 last = 0;

	*texts = (CheckTexts){ 0 };
	for (guint i = 0; all && i < all->len; i++) {
		const Text *t = &g_array_index(all, Text, i);
		GError *why = NULL;
		if (t->message != last)
			texts->messages++;
		last = t->message;
		if (read_text(db, t, &texts->bytes, &why))
			continue;
		if (!error_is(why, EIL_BROKEN)) {
			g_propagate_error(err, why);
			return false;
		}
		g_error_free(why);
		if (!bad->len || g_array_index(bad, gint64, bad->len - 1) != t->message)
			g_array_append_val(bad, t->message);
	}
	if (!all)
		return false;
	*broken = g_steal_pointer(&bad);
	return true;
}

static void
take_hash(Stmt *st, gpointer into)
{
	gint64 id = sqlite3_column_int64(st, 0);
	g_hash_table_insert(into, g_memdup2(&id, sizeof id), stmt_dup(st, 1));
}

GHashTable *
check_wholes(Db *db, gint64 folder, GError **err)
{
	g_autoptr(GHashTable) hashes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);

	if (!take_rows(db, "SELECT body.message, lower(hex(sha256)) FROM body JOIN message ON message.id = body.message"
	    " WHERE folder = ?1 AND done = 1 AND section = '' AND sha256 IS NOT NULL", folder, take_hash, hashes, err))
		return NULL;
	return g_steal_pointer(&hashes);
}

gint64
check_version(Db *db)
{
	return db_int(db, 0, "PRAGMA data_version", NULL, 0);
}
