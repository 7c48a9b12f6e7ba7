/* db.c - opens and guards the one file of an account, and lends out prepared statements.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The clean end is a fact in the file itself, cleared inside the first transaction of a run: no
 * extra fsync, and no side file with a meaning (RELIABILITY S4). A failed read, write or fsync
 * is never retried (S6): from then on the Db refuses to write until it was opened, and thereby
 * checked, again. */
#include "config.h"
#include "store/db_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	WAL_PAGES_WISHED = 2000,	/* db_checkpoint does nothing below: each copies what is written all the time once more */
	WAL_PAGES_MOST = 8000,		/* nobody called it: do it at a commit */
	RECENT = 64,			/* statements that are found without a hash of their text */
	BUSY_WRITER_MS = 5000,
	BUSY_READER_MS = 250,
};

struct Db {
	sqlite3 *sql;		/* owned */
	char *path;		/* owned */
	GHashTable *statements;	/* owned: char* -> Stmt* */
	struct { const char *text, *sql; Stmt *st; } recent[RECENT];	/* borrowed; by the address of the caller's text */
	int lock;		/* owned descriptor, or -1 */
	int wal_pages;
	bool writer, in_memory;
	bool beside;		/* another Db has the lock */
	bool bare;		/* triggers are off */
	bool marked;		/* the unclean mark is in the file */
	bool lazy;		/* the open transaction waits for no disk */
	gint dead;		/* S6; atomic, as it is shared with the thread of a second connection */
	gint *fate;		/* the `dead` of the first connection: what fails one fails both */
	DbPlug plug;
	void *plug_user;	/* borrowed */
};

/* ---- errors ---- */

static bool
is_dead(const Db *db)
{
	return g_atomic_int_get(db->fate);
}

static void
set_dead_error(const Db *db, GError **err)
{
	g_set_error(err, EIL_ERROR, EIL_BROKEN,
	    _("The mail store “%s” could not be written; it stays as it is until"
	    " eilpost is started again"), db->path);
}

void
db_error(Db *db, GError **err)
{
	int code = sqlite3_errcode(db->sql) & 0xff;
	g_autofree char *words = g_strdup(sqlite3_errmsg(db->sql));

	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		g_set_error(err, EIL_ERROR, EIL_LATER, _("The mail store is busy: %s"), words);
		return;
	case SQLITE_FULL:
		g_set_error(err, EIL_ERROR, EIL_LATER,
		    _("The disk is full: nothing more can be stored until there is room"));
		return;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		g_set_error(err, EIL_ERROR, EIL_BROKEN, _("The mail store “%s” is damaged: %s"),
		    db->path, words);
		return;
	case SQLITE_CONSTRAINT:
		if (is_dead(db)) {	/* may_commit */
			set_dead_error(db, err);
			return;
		}
		/* an answer for a message or folder that went meanwhile */
		g_set_error(err, EIL_ERROR, EIL_REFUSED,
		    _("This does not fit what is stored (any more): %s"), words);
		return;
	case SQLITE_IOERR:
		g_atomic_int_set(db->fate, true);
		sqlite3_exec(db->sql, "PRAGMA query_only = ON", NULL, NULL, NULL);
		G_GNUC_FALLTHROUGH;
	default:
		g_set_error(err, EIL_ERROR, EIL_BROKEN, _("The mail store “%s” can't be used: %s"),
		    db->path, words);
		return;
	}
}

sqlite3 *
db_handle(Db *db)
{
	return db->sql;
}

bool
db_writes(const Db *db)
{
	return db->writer;
}

bool
db_in_transaction(Db *db)
{
	return !sqlite3_get_autocommit(db->sql);
}

/* ---- statements ---- */

Stmt *
db_stmt(Db *db, const char *sql, GError **err)
{
	guint slot = (guint)(((gsize)sql >> 3) % RECENT);
	gpointer kept = NULL, known = NULL;

	/* one address may hold another text the next time: it is compared, which is far cheaper than hashed */
	if (db->recent[slot].text == sql && !strcmp(db->recent[slot].sql, sql)) {
		known = db->recent[slot].st;
	} else if (g_hash_table_lookup_extended(db->statements, sql, &kept, &known)) {
		db->recent[slot].text = sql;
		db->recent[slot].sql = kept;
		db->recent[slot].st = known;
	}
	if (known) {
		g_assert(!sqlite3_stmt_busy(known));	/* lent twice */
		return known;
	}
	Stmt *st = NULL;
	sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
	if (!st) {
		db_error(db, err);
		return NULL;
	}
	g_hash_table_insert(db->statements, g_strdup(sql), st);
	return st;
}

void
db_triggers(Db *db, bool on)
{
	if (db->bare == !on)
		return;
	db->bare = !on;
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_TRIGGER, on, NULL);
}

bool
db_is_beside(const Db *db)
{
	return db->beside;
}

void
stmt_done(Stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

void
stmt_int(Stmt *st, int n, gint64 value)
{
	sqlite3_bind_int64(st, n, value);
}

void
stmt_text(Stmt *st, int n, const char *text)
{
	sqlite3_bind_text(st, n, text, -1, SQLITE_STATIC);
}

void
stmt_blob(Stmt *st, int n, const void *data, gsize len)
{
	sqlite3_bind_blob64(st, n, len ? data : "", len, SQLITE_STATIC);
}

char *
stmt_dup(Stmt *st, int column)
{
	return g_strdup((const char *)sqlite3_column_text(st, column));
}

bool
db_next(Db *db, Stmt *st, bool *row, GError **err)
{
	int code = sqlite3_step(st);

	*row = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return true;
	db_error(db, err);
	return false;
}

bool
db_run(Db *db, Stmt *st, GError **err)
{
	bool row = true;

	while (row)
		if (!db_next(db, st, &row, err))
			return false;
	return true;
}

bool
db_exec(Db *db, const char *sql, GError **err)
{
	if (sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	db_error(db, err);
	return false;
}

bool
db_run_ints(Db *db, GError **err, const char *sql, const gint64 *values, guint n)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, err);

	if (!st)
		return false;
	for (guint i = 0; i < n; i++)
		stmt_int(st, (int)i + 1, values[i]);
	return db_run(db, st, err);
}

gint64
db_int(Db *db, gint64 otherwise, const char *sql, const gint64 *values, guint n)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, NULL);
	bool row;

	if (!st)
		return otherwise;
	for (guint i = 0; i < n; i++)
		stmt_int(st, (int)i + 1, values[i]);
	if (!db_next(db, st, &row, NULL) || !row || sqlite3_column_type(st, 0) == SQLITE_NULL)
		return otherwise;
	return sqlite3_column_int64(st, 0);
}

/* ---- opening ---- */

static int
wal_grew(void *user, G_GNUC_UNUSED sqlite3 *sql, G_GNUC_UNUSED const char *name, int pages)
{
	Db *db = user;

	db->wal_pages = pages;
	if (pages >= WAL_PAGES_MOST)
		db_checkpoint(db);
	return SQLITE_OK;
}

/* S6, for what is written without db_begin, too, and for what the other connection broke meanwhile. */
static int
may_commit(void *user)
{
	return is_dead(user);
}

/* The writer's file and its lock; the file must be ours alone before the first byte is in it. */
static bool
take_file(Db *db, GError **err)
{
	g_autofree char *folder = g_path_get_dirname(db->path);
	g_autofree char *lock = g_strconcat(db->path, ".lock", NULL);
	int fd;

	if (g_mkdir_with_parents(folder, 0700) != 0) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The folder “%s” can't be made: %s"),
		    folder, g_strerror(errno));
		return false;
	}
	db->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (db->lock < 0) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("“%s” can't be opened: %s"), lock,
		    g_strerror(errno));
		return false;
	}
	if (flock(db->lock, LOCK_EX | LOCK_NB) != 0) {
		g_set_error(err, EIL_ERROR, EIL_REFUSED,
		    _("The mail store “%s” is in use by another eilpost"), db->path);
		return false;
	}
	fd = open(db->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("“%s” can't be opened: %s"), db->path,
		    g_strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

static bool
read_version(Db *db, int *version, GError **err)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(db->sql, "PRAGMA user_version", -1, &st, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*version = sqlite3_column_int(st, 0);
	else
		db_error(db, err);
	sqlite3_finalize(st);
	return code == SQLITE_ROW;
}

/* S7: the file says of itself that its last writer did not come to an end. */
static bool
check_unclean(Db *db, GError **err)
{
	g_autofree char *clean = db_fact(db, "clean");
	if (!clean || strcmp(clean, "1") == 0)
		return true;

	g_autoptr(Stmt) st = db_stmt(db, "PRAGMA quick_check(1)", err);
	bool row;
	if (!st || !db_next(db, st, &row, err))
		return false;
	const char *words = row ? (const char *)sqlite3_column_text(st, 0) : NULL;
	if (g_strcmp0(words, "ok") == 0)
		return true;
	g_set_error(err, EIL_ERROR, EIL_BROKEN, _("The mail store “%s” is damaged: %s"), db->path,
	    words ? words : "?");
	return false;
}

static bool
set_up_writer(Db *db, int version, GError **err)
{
	static const char pragmas[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA recursive_triggers = ON;"
		"PRAGMA cell_size_check = ON;"
		"PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16777216;";
	/* Beside the other: blocks of rows go to the end of their tables, and threads' names anywhere. That their folder is there
	 * is asked for each load (messages_many.c), not for each row. */
	const char *own = db->beside ? "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -1024" : "PRAGMA foreign_keys = ON; PRAGMA cache_size = -2048";

	sqlite3_busy_timeout(db->sql, BUSY_WRITER_MS);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	sqlite3_wal_hook(db->sql, wal_grew, db);
	sqlite3_commit_hook(db->sql, may_commit, db);
	return db_exec(db, pragmas, err) && db_exec(db, own, err) && (db->beside ||
	    ((version == 0 || check_unclean(db, err)) &&
	    schema_migrate(db, version, SCHEMA_VERSION, err) &&
	    db_exec(db, "DELETE FROM body WHERE done = 0", err)));
}

static bool
set_up_reader(Db *db, int version, GError **err)
{
	sqlite3_busy_timeout(db->sql, BUSY_READER_MS);
	if (version < SCHEMA_VERSION) {
		g_set_error(err, EIL_ERROR, EIL_LATER, _("The mail store “%s” is not ready yet"),
		    db->path);
		return false;
	}
	return db_exec(db,
	    "PRAGMA query_only = ON; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY;", err);
}

static bool
open_file(Db *db, GError **err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
	    SQLITE_OPEN_PRIVATECACHE;
	int version = 0;

	if (db->in_memory)
		flags |= SQLITE_OPEN_CREATE;
	else if (db->writer && !db->beside && !take_file(db, err))
		return false;
	/* NOFOLLOW refuses links anywhere in the path: give it the real one */
	g_autofree char *real = db->in_memory ? NULL : realpath(db->path, NULL);
	if (!db->in_memory && !real) {
		g_set_error(err, EIL_ERROR, EIL_LATER, _("The mail store “%s” is not there yet"),
		    db->path);
		return false;
	}
	if (sqlite3_open_v2(real ? real : db->path, &db->sql, flags, NULL) != SQLITE_OK) {
		db_error(db, err);
		return false;
	}
	/* Until the version is known nothing may be changed, not even by a checkpoint at the
	 * end. */
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(db->sql, BUSY_READER_MS);
	if (!read_version(db, &version, err))
		return false;
	if (version > SCHEMA_VERSION) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER,
		    _("The mail store “%s” was written by a newer eilpost (its format is %d,"
		    " this one knows %d); please update"),
		    db->path, version, SCHEMA_VERSION);
		return false;
	}
	return db->writer ? set_up_writer(db, version, err) : set_up_reader(db, version, err);
}

static void
finalize(gpointer st)
{
	sqlite3_finalize(st);
}

static void
db_free(Db *db)
{
	g_hash_table_unref(db->statements);
	if (db->sql && is_dead(db))
		sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close_v2(db->sql);
	if (db->lock >= 0)
		close(db->lock);
	g_free(db->path);
	g_free(db);
}

/* Nobody asks SQLite how much memory it has; counting it costs a lock for each piece. */
static void
set_up_library(void)
{
	static gsize done;

	if (g_once_init_enter(&done)) {
		sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
		g_once_init_leave(&done, 1);
	}
}

static Db *
db_new(const char *path, bool writer)
{
	Db *db = g_new0(Db, 1);

	set_up_library();
	db->path = g_strdup(path);
	db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
	db->lock = -1;
	db->fate = &db->dead;
	db->in_memory = strcmp(path, ":memory:") == 0;
	db->writer = writer || db->in_memory;
	return db;
}

static Db *
opened(Db *db, GError **err)
{
	if (open_file(db, err))
		return db;
	db_free(db);
	return NULL;
}

Db *
db_open(const char *path, DbMode mode, GError **err)
{
	return opened(db_new(path, mode == DB_WRITER), err);
}

Db *
db_beside(Db *writer, GError **err)
{
	if (writer->in_memory || is_dead(writer)) {
		g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, "no second connection to this store");
		return NULL;
	}
	Db *db = db_new(writer->path, true);
	db->beside = true;
	db->fate = writer->fate;
	db->plug = writer->plug;
	db->plug_user = writer->plug_user;
	sqlite3_db_release_memory(writer->sql);	/* the pages that it wrote; the other one has most to do now */
	return opened(db, err);
}

void
db_close(Db *db)
{
	if (!db)
		return;
	db_rollback(db);
	if (db->writer && !db->beside && !is_dead(db))
		db_set_fact(db, "clean", "1", NULL);
	db_free(db);
}

/* ---- transactions ---- */

/* SQLite takes it between transactions only. Whatever is no lazy transaction is durable: it does not stay. */
static bool
set_lazy(Db *db, bool lazy, GError **err)
{
	if (db->lazy != lazy && !db_exec(db, lazy ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", err))
		return false;
	db->lazy = lazy;
	return true;
}

static bool
begin(Db *db, bool lazy, GError **err)
{
	g_assert(db->writer);
	if (is_dead(db)) {
		set_dead_error(db, err);
		return false;
	}
	if (!set_lazy(db, lazy, err) || !db_run_ints(db, err, "BEGIN IMMEDIATE", NULL, 0))
		return false;
	if (!db->marked && !db_set_fact(db, "clean", "0", err)) {
		db_rollback(db);
		return false;
	}
	return true;
}

bool
db_begin(Db *db, GError **err)
{
	return begin(db, false, err);
}

bool
db_begin_lazy(Db *db, GError **err)
{
	return begin(db, true, err);
}

bool
db_commit(Db *db, GError **err)
{
	if (db->plug && !db->plug(db->plug_user)) {
		db_rollback(db);
		g_set_error(err, EIL_ERROR, EIL_CANCELLED, "the plug was pulled");
		return false;
	}
	if (!db_run_ints(db, err, "COMMIT", NULL, 0)) {
		db_rollback(db);
		return false;
	}
	db->marked = true;
	set_lazy(db, false, NULL);
	return true;
}

void
db_rollback(Db *db)
{
	if (db_in_transaction(db))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	if (db->writer)
		set_lazy(db, false, NULL);
}

bool
db_checkpoint(Db *db)
{
	if (db->in_memory || db->wal_pages < WAL_PAGES_WISHED)
		return true;
	if (is_dead(db))	/* an fsync that failed is not repeated (S6), whichever connection it was */
		return false;
	db->wal_pages = 0;
	int code = sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (code == SQLITE_OK || code == SQLITE_BUSY)	/* the other connection does it just now */
		return true;
	/* what was committed lazily is on the disk only now, if at all: an error counts as one of a commit does (S6) */
	g_autoptr(GError) err = NULL;
	db_error(db, &err);
	log_line(LOG_WARN, "store", "checkpoint: %s", err->message);
	return false;
}

void
db_set_plug(Db *db, DbPlug plug, void *user)
{
	db->plug = plug;
	db->plug_user = user;
}

bool
db_has_room(Db *db, guint64 more)
{
	g_autofree char *folder = g_path_get_dirname(db->path);
	struct statvfs fs;

	if (db->in_memory || statvfs(folder, &fs) != 0)
		return true;
	return (guint64)fs.f_bavail * fs.f_frsize >= LIMIT_DISK_RESERVE + more;
}

const char *
db_no_room(void)
{
	return _("The disk is nearly full: nothing more is downloaded until there is room");
}

int
db_scratch(Db *db)
{
	g_autofree char *folder = db->in_memory ? g_strdup(g_get_tmp_dir()) : g_path_get_dirname(db->path);
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* a file system without O_TMPFILE */
	g_autofree char *name = g_build_filename(folder, "scratch-XXXXXX", NULL);
	fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlink(name);
	return fd;
}

/* ---- facts ---- */

char *
db_fact(Db *db, const char *key)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT value FROM fact WHERE key = ?1", NULL);
	bool row;

	if (!st)
		return NULL;
	stmt_text(st, 1, key);
	if (!db_next(db, st, &row, NULL) || !row)
		return NULL;
	return stmt_dup(st, 0);
}

bool
db_set_fact(Db *db, const char *key, const char *value, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, value ?
	    "INSERT OR REPLACE INTO fact (key, value) VALUES (?1, ?2)" :
	    "DELETE FROM fact WHERE key = ?1", err);

	if (!st)
		return false;
	stmt_text(st, 1, key);
	if (value)
		stmt_text(st, 2, value);
	return db_run(db, st, err);
}
