/* threads.c - which messages belong together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Each Message-ID that a message has or names is kept as 63 bits of its SHA-256, with the thread
 * it belongs to: a hash that can be forged would let a stranger's mail into a thread that the
 * person deletes. Two threads that turn out to be one are joined in `joined`, which is always
 * flat (a target is never joined to another), so that no row of `name` needs to be written anew. */
#include "config.h"
#include "store/threads.h"
#include "store/db_private.h"

#include <string.h>

#define NAMES_MAX 64	/* of one message: its own, the root, the last ones; a longer chain is somebody's joke */

static gint64
hash_of(const char *name, gsize len)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize n = sizeof digest;
	gint64 hash = 0;

	g_checksum_update(sum, (const guchar *)name, (gssize)len);
	g_checksum_get_digest(sum, digest, &n);
	memcpy(&hash, digest, sizeof hash);
	return hash & G_MAXINT64;
}

/* The ids between < and >, without them; *at goes behind it. */
static const char *
next_name(const char **at, gsize *len)
{
	const char *from = *at ? strchr(*at, '<') : NULL;
	const char *to = from ? strchr(from + 1, '>') : NULL;

	if (!to)
		return NULL;
	*at = to + 1;
	*len = (gsize)(to - from - 1);
	return from + 1;
}

static void
add_name(GArray *hashes, const char *name, gsize len)
{
	gint64 hash = len ? hash_of(name, len) : 0;

	if (!len)
		return;
	for (guint i = 0; i < hashes->len; i++)
		if (g_array_index(hashes, gint64, i) == hash)
			return;
	g_array_append_val(hashes, hash);
}

static void
add_names(GArray *hashes, const char *field)
{
	const char *at = field, *name;
	gsize len;
	guint n = 0, i = 0;

	while (next_name(&at, &len))
		n++;
	for (at = field; (name = next_name(&at, &len)); i++)
		if (i == 0 || i + NAMES_MAX > n + 2)
			add_name(hashes, name, len);
}

static bool
thread_of_name(Db *db, gint64 hash, gint64 *thread, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT ifnull(target, name.thread) FROM name"
	    " LEFT JOIN joined ON joined.thread = name.thread WHERE hash = ?1", err);
	bool row;

	if (!st)
		return false;
	stmt_int(st, 1, hash);
	if (!db_next(db, st, &row, err))
		return false;
	*thread = row ? sqlite3_column_int64(st, 0) : 0;
	return true;
}

static bool
join(Db *db, gint64 thread, gint64 into, GError **err)
{
	return db_run_ints(db, err, "UPDATE joined SET target = ?2 WHERE target = ?1", INTS(thread, into)) &&
	    db_run_ints(db, err, "INSERT INTO joined (thread, target) VALUES (?1, ?2)", INTS(thread, into)) &&
	    db_run_ints(db, err, "UPDATE thread SET thread = ?2 WHERE thread = ?1", INTS(thread, into));
}

/* The thread of a message with these fields; a new one is named after the row. 0: err. */
static gint64
thread_for(Db *db, gint64 message, const char *message_id, const char *in_reply_to,
    const char *references, GError **err)
{
	g_autoptr(GArray) hashes = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GArray) unknown = g_array_new(FALSE, FALSE, sizeof(gint64));
	gint64 thread = 0;

	add_names(hashes, message_id);
	add_names(hashes, references);
	add_names(hashes, in_reply_to);
	for (guint i = 0; i < hashes->len; i++) {
		gint64 hash = g_array_index(hashes, gint64, i), found;
		if (!thread_of_name(db, hash, &found, err))
			return 0;
		if (!found)
			g_array_append_val(unknown, hash);
		else if (thread && found != thread && !join(db, found, thread, err))
			return 0;
		else if (!thread)
			thread = found;
	}
	if (!thread)
		thread = message;
	for (guint i = 0; i < unknown->len; i++)
		if (!db_run_ints(db, err, "INSERT INTO name (hash, thread) VALUES (?1, ?2)",
		    INTS(g_array_index(unknown, gint64, i), thread)))
			return 0;
	return thread;
}

/* ---- asked for ---- */

GArray *
threads_messages(Db *db, gint64 message, GError **err)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(Stmt) st = db_stmt(db, "SELECT m.id FROM thread t JOIN message m ON m.id = t.message"
	    " WHERE t.thread = (SELECT thread FROM thread WHERE message = ?1)"
	    " AND m.folder = (SELECT folder FROM message WHERE id = ?1)"
	    " ORDER BY m.received, m.uid", err);
	bool row;

	if (!st)
		return NULL;
	stmt_int(st, 1, message);
	for (;;) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			break;
		gint64 id = sqlite3_column_int64(st, 0);
		g_array_append_val(ids, id);
	}
	if (ids->len == 0 && db_int(db, 0, "SELECT id FROM message WHERE id = ?1", INTS(message)))
		g_array_append_val(ids, message);
	return g_steal_pointer(&ids);
}

/* The last of References is the parent; In-Reply-To speaks where there are none. */
static char *
parent_name(Db *db, gint64 message)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT refs, in_reply_to FROM detail WHERE message = ?1", NULL);
	bool row;

	if (!st)
		return NULL;
	stmt_int(st, 1, message);
	if (!db_next(db, st, &row, NULL) || !row)
		return NULL;
	g_autofree char *refs = stmt_dup(st, 0), *answered = stmt_dup(st, 1);
	const char *at = refs, *name, *last = NULL;
	gsize len, last_len = 0;
	while ((name = next_name(&at, &len))) {
		last = name;
		last_len = len;
	}
	at = answered;
	if (!last)
		last = next_name(&at, &last_len);
	return last ? g_strdup_printf("<%.*s>", (int)last_len, last) : NULL;
}

gint64
threads_parent(Db *db, gint64 message)
{
	g_autofree char *name = parent_name(db, message);
	g_autoptr(Stmt) st = !name ? NULL : db_stmt(db, "SELECT m.id FROM thread t"
	    " JOIN message m ON m.id = t.message JOIN detail d ON d.message = t.message"
	    " WHERE t.thread = (SELECT thread FROM thread WHERE message = ?1) AND d.message_id = ?2 AND m.folder = (SELECT folder FROM message WHERE id = ?1)"
	    " AND m.id <> ?1 LIMIT 1", NULL);
	bool row;

	if (!st)
		return 0;
	stmt_int(st, 1, message);
	stmt_text(st, 2, name);
	return db_next(db, st, &row, NULL) && row ? sqlite3_column_int64(st, 0) : 0;
}

/* ---- those that came since ---- */

/* Row ids only grow: what has no thread yet lies above the last one that got its own. */
#define UPTO "threads-upto"

typedef struct { gint64 message; char *message_id, *in_reply_to, *references; } Fresh;

static void
fresh_clear(gpointer p)
{
	Fresh *f = p;
	g_free(f->message_id);
	g_free(f->in_reply_to);
	g_free(f->references);
}

static GArray *
next_fresh(Db *db, gint64 above, guint max, GError **err)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Fresh));
	g_autoptr(Stmt) st = db_stmt(db, "SELECT message, message_id, in_reply_to, refs FROM detail"
	    " WHERE message > ?1 ORDER BY message LIMIT ?2", err);
	bool row;

	g_array_set_clear_func(all, fresh_clear);
	if (!st)
		return NULL;
	stmt_int(st, 1, above);
	stmt_int(st, 2, max);
	for (;;) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			return g_steal_pointer(&all);
		Fresh f = { sqlite3_column_int64(st, 0), stmt_dup(st, 1), stmt_dup(st, 2), stmt_dup(st, 3) };
		g_array_append_val(all, f);
	}
}

bool
threads_left(Db *db)
{
	g_autofree char *upto = db_fact(db, UPTO);
	return db_int(db, 0, "SELECT max(message) FROM detail", NULL, 0) > (upto ? g_ascii_strtoll(upto, NULL, 10) : 0);
}

bool
threads_fill(Db *db, guint max, bool *left, GError **err)
{
	g_autofree char *upto = db_fact(db, UPTO), *now = NULL;
	g_autoptr(GArray) all = next_fresh(db, upto ? g_ascii_strtoll(upto, NULL, 10) : 0, max, err);

	*left = all && all->len == max;
	for (guint i = 0; all && i < all->len; i++) {
		const Fresh *f = &g_array_index(all, Fresh, i);
		gint64 thread = thread_for(db, f->message, f->message_id, f->in_reply_to, f->references, err);
		if (!thread || !db_run_ints(db, err, "INSERT OR REPLACE INTO thread (message, thread) VALUES (?1, ?2)",
		    INTS(f->message, thread)))
			return false;
	}
	if (!all || all->len == 0)
		return all != NULL;
	now = g_strdup_printf("%" G_GINT64_FORMAT, g_array_index(all, Fresh, all->len - 1).message);
	return db_set_fact(db, UPTO, now, err);
}
