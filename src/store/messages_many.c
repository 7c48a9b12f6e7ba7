/* messages_many.c - many new messages at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A first sync brings rows of which none is here. One statement then puts a whole block of them: what SQLite does for a
 * statement (its own journal, the row of AUTOINCREMENT) it does once for the block. And where there are many blocks, what
 * the triggers of an INSERT into `message` do for each row, which is a third of its time, is done here for each block;
 * tests/store/messages.c compares the two. Whatever is not plainly new goes one by one, by messages_put. */
#include "config.h"
#include "store/messages.h"
#include "store/db_private.h"
#include "store/journal.h"
#include "base/intl.h"

enum { BLOCK = 32, SMALL = 4 /* what is left of a batch */, SIZES = 3, BARE_ROWS = 256 /* fewer are not worth it: statements are prepared anew */, MESSAGE_COLUMNS = 17, DETAIL_COLUMNS = 9 };

static char *
insert_of_block(const char *head, guint columns, guint rows)
{
	g_autoptr(GString) sql = g_string_new(head);

	for (guint row = 0; row < rows; row++) {
		g_string_append(sql, row ? ",(" : "(");
		for (guint i = 0; i < columns; i++)
			g_string_append(sql, i ? ",?" : "?");
		g_string_append_c(sql, ')');
	}
	return g_string_free(g_steal_pointer(&sql), FALSE);
}

/* One of SIZES. */
static guint
size_of(guint rows)
{
	return rows == BLOCK ? 2 : rows == SMALL ? 1 : 0;
}

static const char *
message_sql(guint rows)
{
	static const char head[] = "INSERT INTO message (id, folder, uid, uidvalidity, received, sent, flags, server_flags,"
		" traits, size, modseq, body_here, subject, from_name, from_address, to_list, keywords) VALUES ";
	static gsize made[SIZES];
	gsize *sql = &made[size_of(rows)];

	if (g_once_init_enter(sql))
		g_once_init_leave(sql, (gsize)insert_of_block(head, MESSAGE_COLUMNS, rows));
	return (const char *)*sql;
}

static const char *
detail_sql(guint rows)
{
	static const char head[] = "INSERT INTO detail (message, cc, reply_to, message_id, in_reply_to, refs, structure, email_id, preview) VALUES ";
	static gsize made[SIZES];
	gsize *sql = &made[size_of(rows)];

	if (g_once_init_enter(sql))
		g_once_init_leave(sql, (gsize)insert_of_block(head, DETAIL_COLUMNS, rows));
	return (const char *)*sql;
}

/* None of the block is here, none of it can be what the journal waits for, and its UIDVALIDITY is the folder's. */
static bool
plainly_new(Db *db, Message *const *m, guint rows)
{
	guint32 lo = G_MAXUINT32, hi = 0;

	for (guint i = 0; i < rows; i++) {
		if (m[i]->folder != m[0]->folder || m[i]->uidvalidity != m[0]->uidvalidity || (i > 0 && m[i]->uid <= m[i - 1]->uid))
			return false;
		lo = MIN(lo, m[i]->uid);
		hi = MAX(hi, m[i]->uid);
	}
	gint64 validity = db_int(db, -1, "SELECT uidvalidity FROM folder WHERE id = ?1", INTS(m[0]->folder));
	return (validity == 0 || validity == m[0]->uidvalidity) && messages_count_range(db, m[0]->folder, lo, hi) == 0;
}

/* What the trigger message_in does (schema.c). */
static bool
count_block(Db *db, Message *const *m, guint rows, GError **err)
{
	gint64 unseen = 0, recent = 0;

	for (guint i = 0; i < rows; i++) {
		unseen += (m[i]->flags & 1) == 0;
		recent += (m[i]->flags & 32) != 0;
	}
	if (!db_run_ints(db, err, "UPDATE folder SET total = total + ?2, unseen = unseen + ?3, recent = recent + ?4 WHERE id = ?1",
		INTS(m[0]->folder, rows, unseen, recent)))
		return false;
	for (guint from = 0, to = 0; from < rows; from = to) {
		gint64 day = m[from]->received >> 16;
		while (to < rows && m[to]->received >> 16 == day)
			to++;
		if (!db_run_ints(db, err, "INSERT INTO day (folder, day, n) VALUES (?1, ?2, ?3) ON CONFLICT (folder, day) DO UPDATE SET n = n + ?3",
			INTS(m[from]->folder, day, to - from)))
			return false;
	}
	return true;
}

static bool
put_messages(Db *db, Message *const *m, guint rows, gint64 first, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, message_sql(rows), err);
	int n = 0;

	for (guint i = 0; st && i < rows; i++) {
		const gint64 numbers[] = { first + i, m[i]->folder, m[i]->uid, m[i]->uidvalidity, m[i]->received, m[i]->sent, m[i]->flags,
			m[i]->server_flags, m[i]->traits, (gint64)m[i]->size, (gint64)m[i]->modseq, m[i]->body_here };
		const char *const texts[] = { m[i]->subject, m[i]->from_name, m[i]->from_address, m[i]->to, m[i]->keywords };
		for (guint k = 0; k < G_N_ELEMENTS(numbers); k++)
			stmt_int(st, ++n, numbers[k]);
		for (guint k = 0; k < G_N_ELEMENTS(texts); k++)
			stmt_text(st, ++n, texts[k]);
	}
	return st && db_run(db, st, err);
}

static bool
put_details(Db *db, Message *const *m, guint rows, gint64 first, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, detail_sql(rows), err);
	int n = 0;

	for (guint i = 0; st && i < rows; i++) {
		const char *const texts[] = { m[i]->cc, m[i]->reply_to, m[i]->message_id, m[i]->in_reply_to, m[i]->references, m[i]->structure, m[i]->email_id,
			m[i]->preview };
		stmt_int(st, ++n, first + i);
		for (guint k = 0; k < G_N_ELEMENTS(texts); k++)
			stmt_text(st, ++n, texts[k]);
	}
	return st && db_run(db, st, err);
}

static bool
put_block(Db *db, Message *const *m, guint rows, gint64 first, bool bare, GError **err)
{
	return put_messages(db, m, rows, first, err) && (!bare || count_block(db, m, rows, err)) && put_details(db, m, rows, first, err);
}

/* 0: the next one goes alone. Beside the writer even the last ones go bare: to switch the triggers on and off for them would
 * prepare all statements anew, each time. */
static guint
block_of(Db *db, Message *const *m, guint n)
{
	if (n >= BLOCK && plainly_new(db, m, BLOCK))
		return BLOCK;
	if (n >= SMALL && plainly_new(db, m, SMALL))
		return SMALL;
	return db_is_beside(db) && plainly_new(db, m, 1) ? 1 : 0;
}

/* Beside the writer no foreign key is looked at (db.c). */
static bool
folder_is_here(Db *db, gint64 folder, GError **err)
{
	if (!db_is_beside(db))
		return true;
	g_autoptr(Stmt) st = db_stmt(db, "SELECT 1 FROM folder WHERE id = ?1", err);
	bool row;
	if (!st)
		return false;
	stmt_int(st, 1, folder);
	if (!db_next(db, st, &row, err) || row)
		return row;
	g_set_error(err, EIL_ERROR, EIL_REFUSED, _("This does not fit what is stored (any more): %s"), "folder");
	return false;
}

bool
messages_put_many(Db *db, Message *const *messages, guint n, gint64 *ids, GError **err)
{
	gint64 next = -1;
	bool quiet = n >= SMALL && !journal_expects(db, messages[0]->folder), bare = false;
	bool well = n == 0 || folder_is_here(db, messages[0]->folder, err);

	for (guint i = 0; i < n && well;) {
		guint rows = quiet ? block_of(db, messages + i, n - i) : 0;
		bare = rows && (bare || n - i >= BARE_ROWS || db_is_beside(db));
		db_triggers(db, !bare);
		if (!rows) {
			ids[i] = messages_put(db, messages[i], err);
			well = ids[i++] != 0;
			next = -1;
			continue;
		}
		if (next < 0)	/* ids are never used twice (AUTOINCREMENT) */
			next = db_int(db, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'message'", NULL, 0) + 1;
		well = put_block(db, messages + i, rows, next, bare, err);
		for (guint k = 0; k < rows; k++)
			ids[i++] = next++;
	}
	if (!db_is_beside(db))	/* its next block goes bare as well, and what else it does has no triggers */
		db_triggers(db, true);
	return well;
}
