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
#include "store/sum.h"

#include <string.h>

#define NAMES_MAX 64	/* of one message: its own, the root, the last ones; a longer chain is somebody's joke */
#define BLOCK 64	/* rows of a statement */

static gint64
hash_of(Sum *sum, const char *name, gsize len)
{
	guint8 digest[SUM_BYTES];
	gint64 hash = 0;

	sum_again(sum);
	sum_add(sum, name, len);
	sum_end(sum, digest);
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

/* The hashes of one message begin at `from`. */
static void
add_name(GArray *hashes, guint from, Sum *sum, const char *name, gsize len)
{
	gint64 hash = len ? hash_of(sum, name, len) : 0;

	if (!len)
		return;
	for (guint i = from; i < hashes->len; i++)
		if (g_array_index(hashes, gint64, i) == hash)
			return;
	g_array_append_val(hashes, hash);
}

static void
add_names(GArray *hashes, guint from, Sum *sum, const char *field)
{
	const char *at = field, *name;
	gsize len;
	guint n = 0, i = 0;

	while (next_name(&at, &len))
		n++;
	for (at = field; (name = next_name(&at, &len)); i++)
		if (i == 0 || i + NAMES_MAX > n + 2)
			add_name(hashes, from, sum, name, len);
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

typedef struct { gint64 message, thread; guint from, n; } Fresh;	/* its names: hashes[from] ... */
typedef struct { gint64 hash, thread; bool fresh; } Known;	/* thread 0: none yet */

typedef struct {
	GArray *all;		/* owned, of Fresh: in the order of their rows */
	GArray *hashes;		/* owned, of gint64 */
	GArray *known;		/* owned, of Known: each name of the piece once, by its hash */
	GHashTable *joined;	/* owned: a thread -> what it was joined into by this piece */
	ThreadsStop stop;
	void *user;		/* borrowed */
} Piece;

static void
piece_clear(Piece *p)
{
	g_array_unref(p->all);
	g_array_unref(p->hashes);
	g_array_unref(p->known);
	g_hash_table_unref(p->joined);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Piece, piece_clear)

static bool
stopped(const Piece *p, GError **err)
{
	if (!p->stop || !p->stop(p->user))
		return false;
	g_set_error_literal(err, EIL_ERROR, EIL_CANCELLED, "somebody waits");
	return true;
}

static bool
read_fresh(Db *db, Piece *p, gint64 above, guint max, GError **err)
{
	g_autoptr(Sum) sum = sum_new();
	g_autoptr(Stmt) st = db_stmt(db, "SELECT message, message_id, in_reply_to, refs FROM detail"
	    " WHERE message > ?1 ORDER BY message LIMIT ?2", err);
	bool row;

	if (!st)
		return false;
	stmt_int(st, 1, above);
	stmt_int(st, 2, max);
	for (;;) {
		if ((p->all->len % BLOCK == 0 && stopped(p, err)) || !db_next(db, st, &row, err))
			return false;
		if (!row)
			return true;
		Fresh f = { .message = sqlite3_column_int64(st, 0), .from = p->hashes->len };
		add_names(p->hashes, f.from, sum, (const char *)sqlite3_column_text(st, 1));
		add_names(p->hashes, f.from, sum, (const char *)sqlite3_column_text(st, 3));
		add_names(p->hashes, f.from, sum, (const char *)sqlite3_column_text(st, 2));
		f.n = p->hashes->len - f.from;
		g_array_append_val(p->all, f);
	}
}

static int
by_hash(gconstpointer a, gconstpointer b)
{
	gint64 x = ((const Known *)a)->hash, y = ((const Known *)b)->hash;
	return (x > y) - (x < y);
}

/* The names lie in the file by their hashes, that is, anywhere: in that order each page is visited once. */
static bool
look_up(Db *db, Piece *p, GError **err)
{
	guint n = 0;

	g_array_set_size(p->known, p->hashes->len);
	Known *k = (Known *)(void *)p->known->data;
	for (guint i = 0; i < p->hashes->len; i++)
		k[i] = (Known){ .hash = g_array_index(p->hashes, gint64, i) };
	g_array_sort(p->known, by_hash);
	for (guint i = 0; i < p->known->len; i++)
		if (i == 0 || k[i].hash != k[n - 1].hash)
			k[n++] = k[i];
	g_array_set_size(p->known, n);
	for (guint i = 0; i < n; i++) {
		if ((i % BLOCK == 0 && stopped(p, err)) || !thread_of_name(db, k[i].hash, &k[i].thread, err))
			return false;
		k[i].fresh = k[i].thread == 0;
	}
	return true;
}

static gint64
now_in(const Piece *p, gint64 thread)
{
	const gint64 *into;

	while ((into = g_hash_table_lookup(p->joined, &thread)))
		thread = *into;
	return thread;
}

/* A new thread is named after its first row. */
static bool
place(Db *db, Piece *p, Fresh *f, GError **err)
{
	g_autofree guint *at = g_new(guint, f->n + 1);

	for (guint i = 0; i < f->n; i++) {
		Known wanted = { .hash = g_array_index(p->hashes, gint64, f->from + i) };
		g_array_binary_search(p->known, &wanted, by_hash, &at[i]);
		gint64 found = g_array_index(p->known, Known, at[i]).thread;
		found = found ? now_in(p, found) : 0;
		if (f->thread && found && found != f->thread) {
			if (!join(db, found, f->thread, err))
				return false;
			g_hash_table_insert(p->joined, g_memdup2(&found, sizeof found), g_memdup2(&f->thread, sizeof f->thread));
		} else if (found) {
			f->thread = found;
		}
	}
	if (!f->thread)
		f->thread = f->message;
	for (guint i = 0; i < f->n; i++) {
		Known *k = &g_array_index(p->known, Known, at[i]);
		if (!k->thread)
			k->thread = f->thread;
	}
	return true;
}

/* Rows of two numbers, many to a statement: what SQLite does for each of those is more than what it does for a row. */
static bool
write_rows(Db *db, const Piece *p, const char *head, const GArray *numbers, GError **err)
{
	g_autoptr(GString) sql = g_string_new(head);
	guint n = numbers->len / 2, i = 0;

	g_string_append(sql, "(?, ?)");
	g_autofree char *one = g_strdup(sql->str);
	for (guint k = 1; k < BLOCK; k++)
		g_string_append(sql, ", (?, ?)");
	while (i < n) {
		guint rows = n - i >= BLOCK ? BLOCK : 1;
		g_autoptr(Stmt) st = db_stmt(db, rows == 1 ? one : sql->str, err);
		for (guint k = 0; st && k < 2 * rows; k++)
			stmt_int(st, (int)k + 1, g_array_index(numbers, gint64, 2 * i + k));
		if (!st || stopped(p, err) || !db_run(db, st, err))
			return false;
		i += rows;
	}
	return true;
}

static bool
write_piece(Db *db, const Piece *p, GError **err)
{
	g_autoptr(GArray) rows = g_array_sized_new(FALSE, FALSE, sizeof(gint64), 2 * MAX(p->all->len, p->known->len));

	for (guint i = 0; i < p->all->len; i++) {
		const Fresh *f = &g_array_index(p->all, Fresh, i);
		const gint64 row[] = { f->message, now_in(p, f->thread) };
		g_array_append_vals(rows, row, 2);
	}
	if (!write_rows(db, p, "INSERT OR REPLACE INTO thread (message, thread) VALUES ", rows, err))
		return false;
	g_array_set_size(rows, 0);
	for (guint i = 0; i < p->known->len; i++) {
		const Known *k = &g_array_index(p->known, Known, i);
		const gint64 row[] = { k->hash, now_in(p, k->thread) };
		if (k->fresh)
			g_array_append_vals(rows, row, 2);
	}
	return write_rows(db, p, "INSERT INTO name (hash, thread) VALUES ", rows, err);
}

bool
threads_left(Db *db)
{
	g_autofree char *upto = db_fact(db, UPTO);
	return db_int(db, 0, "SELECT max(message) FROM detail", NULL, 0) > (upto ? g_ascii_strtoll(upto, NULL, 10) : 0);
}

bool
threads_fill(Db *db, guint max, ThreadsStop stop, void *user, bool *left, GError **err)
{
	g_autofree char *upto = db_fact(db, UPTO), *now = NULL;
	g_auto(Piece) p = {
		.all = g_array_new(FALSE, FALSE, sizeof(Fresh)), .hashes = g_array_new(FALSE, FALSE, sizeof(gint64)),
		.known = g_array_new(FALSE, FALSE, sizeof(Known)),
		.joined = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
		.stop = stop, .user = user,
	};

	*left = false;
	if (!read_fresh(db, &p, upto ? g_ascii_strtoll(upto, NULL, 10) : 0, max, err) || !look_up(db, &p, err))
		return false;
	*left = p.all->len == max;
	for (guint i = 0; i < p.all->len; i++)
		if ((i % BLOCK == 0 && stopped(&p, err)) || !place(db, &p, &g_array_index(p.all, Fresh, i), err))
			return false;
	if (p.all->len == 0)
		return true;
	if (!write_piece(db, &p, err))
		return false;
	now = g_strdup_printf("%" G_GINT64_FORMAT, g_array_index(p.all, Fresh, p.all->len - 1).message);
	return db_set_fact(db, UPTO, now, err);
}
