/* db.c - tests of store/db and store/schema: opening, versions, locks, transactions, and a writer that is killed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "store/db_private.h"
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
expect_refusal(const char *path, DbMode mode, EilError code)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(Db) db = db_open(path, mode, &err);

	g_assert_null(db);
	g_assert_error(err, EIL_ERROR, (int)code);
	g_test_message("%s", err->message);
}

static void
test_open(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autofree char *dir = g_path_get_dirname(path);
	struct stat st;

	expect_refusal(path, DB_READER, EIL_LATER);
	g_autoptr(Db) writer = must_open(path, DB_WRITER);
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	g_assert_cmpint(stat(dir, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0700);

	g_autoptr(Db) reader = must_open(path, DB_READER);
	must_begin(writer);
	gint64 id = put_folder(writer, "INBOX", ROLE_INBOX);
	g_autoptr(GPtrArray) before = folders_list(reader, NULL);
	g_assert_cmpint(before->len, ==, 0);
	must_commit(writer);
	g_autoptr(GPtrArray) after = folders_list(reader, NULL);
	g_assert_cmpint(after->len, ==, 1);
	g_assert_false(folders_set_checked(reader, id, 1, NULL));	/* a reader can't write */
	g_assert_true(db_has_room(writer, 0));
	remove_tree(folder);
}

/* S4, S6: what the promises rest on is really switched on */
static void
test_settings(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	g_autoptr(Stmt) mode = db_stmt(db, "PRAGMA journal_mode", NULL);
	bool row;

	g_assert_true(db_next(db, mode, &row, NULL));
	g_assert_cmpstr((const char *)sqlite3_column_text(mode, 0), ==, "wal");
	g_assert_cmpint(db_int(db, -1, "PRAGMA synchronous", NULL, 0), ==, 2);
	g_assert_cmpint(db_int(db, -1, "PRAGMA foreign_keys", NULL, 0), ==, 1);
	g_assert_cmpint(db_int(db, -1, "PRAGMA user_version", NULL, 0), ==, SCHEMA_VERSION);
	remove_tree(folder);
}

/* S3: one writer; the second is told so, and may read */
static void
test_second_writer(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autoptr(Db) db = must_open(path, DB_WRITER);

	expect_refusal(path, DB_WRITER, EIL_REFUSED);
	g_autoptr(Db) reader G_GNUC_UNUSED = must_open(path, DB_READER);
	g_clear_pointer(&db, db_close);
	db = must_open(path, DB_WRITER);
	remove_tree(folder);
}

static char *
read_all(const char *path, gsize *len)
{
	char *data = NULL;

	g_assert_true(g_file_get_contents(path, &data, len, NULL));
	return data;
}

static void
test_newer_version(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	gsize before_len, after_len;

	{
		g_autoptr(Db) db = must_open(path, DB_WRITER);
		put_folder(db, "INBOX", ROLE_INBOX);
		g_assert_true(db_exec(db, "PRAGMA user_version = 999", NULL));
	}
	g_autofree char *before = read_all(path, &before_len);
	expect_refusal(path, DB_WRITER, EIL_ASK_USER);
	expect_refusal(path, DB_READER, EIL_ASK_USER);
	g_autofree char *after = read_all(path, &after_len);
	g_assert_cmpmem(before, before_len, after, after_len);
	remove_tree(folder);
}

/* A store of a version before gets what is new, and keeps what it has. */
static void
test_older_version(gconstpointer undo)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	gint64 id;

	{
		g_autoptr(Db) db = must_open(path, DB_WRITER);
		gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);
		id = put_message(db, inbox, 1, 100, 0, "old");
		g_assert_true(db_exec(db, undo, NULL));
	}
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	g_assert_cmpint(db_int(db, -1, "PRAGMA user_version", NULL, 0), ==, SCHEMA_VERSION);
	g_autoptr(Message) m = messages_get(db, id, NULL);
	g_assert_nonnull(m);
	g_assert_cmpstr(m->subject, ==, "old");
	g_assert_cmpstr(m->cc, ==, "Iva <iva@example.com>");
	g_assert_null(m->preview);
	m->preview = g_strdup("It begins so");
	g_assert_cmpint(messages_put(db, m, NULL), ==, id);
	g_clear_pointer(&m->preview, g_free);	/* not told again: kept */
	g_assert_cmpint(messages_put(db, m, NULL), ==, id);
	g_autoptr(Message) again = messages_get(db, id, NULL);
	g_assert_cmpstr(again->preview, ==, "It begins so");
	remove_tree(folder);
}

/* What was set aside once is shown as what was refused: both need the person. */
static void
test_set_aside(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);

	{
		g_autoptr(Db) db = must_open(path, DB_WRITER);
		gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX), id = put_message(db, inbox, 1, 100, 0, "old");
		must_begin(db);
		g_assert_true(journal_flag(db, id, FLAG_FLAGGED, true, NULL));
		must_commit(db);
		g_assert_true(db_exec(db, "ALTER TABLE body DROP COLUMN form; UPDATE wish SET state = 3; PRAGMA user_version = 5", NULL));
	}
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	g_assert_cmpuint(journal_count(db, WISH_FAILED), ==, 1);
	remove_tree(folder);
}

static void
test_facts(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);

	g_assert_null(db_fact(db, "capability"));
	g_assert_true(db_set_fact(db, "capability", "IMAP4rev1 IDLE", NULL));
	g_assert_true(db_set_fact(db, "capability", "IMAP4rev2", NULL));
	g_autofree char *value = db_fact(db, "capability");
	g_assert_cmpstr(value, ==, "IMAP4rev2");
	g_assert_true(db_set_fact(db, "capability", NULL, NULL));
	g_assert_null(db_fact(db, "capability"));
}

static bool
pull(void *user)
{
	guint *left = user;

	return (*left)-- > 0;
}

static void
test_plug(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	g_autoptr(GError) err = NULL;
	guint left = 1;

	db_set_plug(db, pull, &left);
	must_begin(db);
	put_folder(db, "a", ROLE_NONE);
	must_commit(db);
	must_begin(db);
	put_folder(db, "b", ROLE_NONE);
	g_assert_false(db_commit(db, &err));
	g_assert_error(err, EIL_ERROR, EIL_CANCELLED);
	g_autoptr(GPtrArray) list = folders_list(db, NULL);
	g_assert_cmpint(list->len, ==, 1);
}

/* S7: bytes that are not a store, and a store with a page of rubbish */
static void
test_damaged(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autofree char *dir = g_path_get_dirname(path);
	g_autofree char *noise = g_malloc0(65536);

	g_mkdir_with_parents(dir, 0700);
	memset(noise, 'x', 65536);
	g_assert_true(g_file_set_contents(path, noise, 65536, NULL));
	expect_refusal(path, DB_WRITER, EIL_BROKEN);
	g_remove(path);
	{
		g_autoptr(Db) db = must_open(path, DB_WRITER);
		must_begin(db);
		gint64 id = put_folder(db, "INBOX", ROLE_INBOX);
		for (guint32 uid = 1; uid <= 2000; uid++)
			put_message(db, id, uid, uid, 0, "a subject");
		must_commit(db);
		g_assert_true(db_set_fact(db, "clean", "0", NULL));
	}
	{
		/* as if the last run had been killed: no clean end, and the disk has lost pages */
		g_autoptr(Db) db = must_open(path, DB_WRITER);
		must_begin(db);
		must_commit(db);
		g_assert_true(db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL));
		gsize len;
		g_autofree char *data = read_all(path, &len);
		g_clear_pointer(&db, db_close);
		memset(data + len / 2, 0x5a, 16384);
		g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
	}
	expect_refusal(path, DB_WRITER, EIL_BROKEN);
	remove_tree(folder);
}

/* S7: the write-ahead log is cut or gone: what was checkpointed is there, and the store opens */
static void
test_wal_lost(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autofree char *copy = g_strconcat(path, ".copy", NULL);
	g_autofree char *copy_wal = g_strconcat(copy, "-wal", NULL);
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	gsize len, wal_len;

	put_folder(db, "a", ROLE_NONE);
	g_assert_true(db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL));
	put_folder(db, "b", ROLE_NONE);
	g_autofree char *data = read_all(path, &len);
	g_autofree char *log = read_all(wal, &wal_len);
	for (gsize cut = 0; cut <= wal_len; cut += 1 + wal_len / 20) {
		g_assert_true(g_file_set_contents(copy, data, (gssize)len, NULL));
		g_assert_true(g_file_set_contents(copy_wal, log, (gssize)cut, NULL));
		g_autoptr(Db) again = must_open(copy, DB_WRITER);
		g_autoptr(GPtrArray) list = folders_list(again, NULL);
		g_assert_cmpint(list->len, >=, 1);
	}
	remove_tree(folder);
}

/* S2: no room: the whole transaction is taken back, told as LATER, and goes when there is room again */
static void
test_disk_full(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	g_autoptr(GBytes) body = g_bytes_new_take(g_malloc0(300000), 300000);
	g_autoptr(GError) err = NULL;

	must_begin(db);
	gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);
	gint64 m = put_message(db, inbox, 1, 1, 0, "m");
	must_commit(db);
	g_assert_true(db_exec(db, "PRAGMA max_page_count = 1", NULL));	/* what it has now */
	must_begin(db);
	put_folder(db, "other", ROLE_NONE);
	g_assert_false(bodies_put(db, m, "", body, &err));
	g_assert_error(err, EIL_ERROR, EIL_LATER);
	db_rollback(db);
	g_assert_null(folders_find(db, "other", NULL));
	g_assert_false(bodies_has(db, m, ""));
	g_assert_true(db_exec(db, "PRAGMA max_page_count = 1000000", NULL));
	must_begin(db);
	g_assert_true(bodies_put(db, m, "", body, NULL));
	must_commit(db);
	g_assert_true(bodies_has(db, m, ""));
	remove_tree(folder);
}

/* A file system whose fsync fails on demand: SQLite's own, with one method changed in each of its few method tables. */
static sqlite3_vfs shaky_vfs;
static struct { const sqlite3_io_methods *sound; sqlite3_io_methods shaky; } tables[8];
static bool fsync_fails;
static guint fsyncs;

static int
shaky_sync(sqlite3_file *f, int flags)
{
	fsyncs++;
	for (guint i = 0; !fsync_fails && i < G_N_ELEMENTS(tables); i++)
		if (f->pMethods == &tables[i].shaky)
			return tables[i].sound->xSync(f, flags);
	return SQLITE_IOERR_FSYNC;
}

static int
shaky_open(G_GNUC_UNUSED sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	sqlite3_vfs *sound = shaky_vfs.pAppData;
	int code = sound->xOpen(sound, name, f, flags, out);
	guint i = 0;

	if (code != SQLITE_OK || !f->pMethods)
		return code;
	while (tables[i].sound && tables[i].sound != f->pMethods)
		i++;
	g_assert_cmpint(i, <, G_N_ELEMENTS(tables) - 1);
	tables[i].sound = f->pMethods;
	tables[i].shaky = *f->pMethods;
	tables[i].shaky.xSync = shaky_sync;
	f->pMethods = &tables[i].shaky;
	return code;
}

static sqlite3_vfs *
shaky_begin(void)
{
	sqlite3_vfs *sound = sqlite3_vfs_find(NULL);

	shaky_vfs = *sound;
	shaky_vfs.zName = "shaky";
	shaky_vfs.pAppData = sound;
	shaky_vfs.xOpen = shaky_open;
	sqlite3_vfs_register(&shaky_vfs, 1);
	return sound;
}

static void
shaky_end(sqlite3_vfs *sound)
{
	fsync_fails = false;
	sqlite3_vfs_register(sound, 1);
	sqlite3_vfs_unregister(&shaky_vfs);
}

/* S4: only what asks for it does without the disk, and nothing after it does */
static void
test_lazy(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	sqlite3_vfs *sound = shaky_begin();
	Db *db = must_open(path, DB_WRITER);

	put_folder(db, "first", ROLE_NONE);
	guint before = fsyncs;
	for (int i = 0; i < 3; i++) {
		g_assert_true(db_begin_lazy(db, NULL));
		g_assert_cmpint(db_int(db, -1, "PRAGMA synchronous", NULL, 0), ==, 1);
		put_folder(db, i ? "second" : "third", ROLE_NONE);
		if (i == 1)
			db_rollback(db);
		else
			must_commit(db);
		g_assert_cmpint(db_int(db, -1, "PRAGMA synchronous", NULL, 0), ==, 2);
	}
	g_assert_cmpuint(fsyncs, ==, before);
	must_begin(db);
	put_folder(db, "fourth", ROLE_NONE);
	must_commit(db);
	g_assert_cmpuint(fsyncs, >, before);
	db_close(db);
	shaky_end(sound);
	remove_tree(folder);
}

static void
write_until_checkpoint_fails(Db *db, gint64 folder)
{
	for (guint32 uid = 1; db_checkpoint(db) && uid < 20000; uid++) {
		g_assert_true(db_begin_lazy(db, NULL));
		put_message(db, folder, uid, 1000 + uid, 0, "m");
		must_commit(db);
	}
}

/* S6: what was committed lazily reaches the disk by a checkpoint; an fsync that fails there is no smaller thing */
static void
test_lazy_fsync_fails(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	sqlite3_vfs *sound = shaky_begin();
	g_autoptr(GError) err = NULL;
	Db *db = must_open(path, DB_WRITER);
	gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);

	fsync_fails = true;
	write_until_checkpoint_fails(db, inbox);
	fsync_fails = false;
	g_assert_false(db_begin_lazy(db, &err));
	g_assert_error(err, EIL_ERROR, EIL_BROKEN);
	db_close(db);
	shaky_end(sound);
	remove_tree(folder);
}

/* S6: an fsync that failed is not repeated: nothing is written any more until the store was opened, and checked, again */
static void
test_fsync_fails(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	sqlite3_vfs *sound = shaky_begin();
	g_autoptr(GError) err = NULL;
	Db *db = must_open(path, DB_WRITER);

	must_begin(db);
	put_folder(db, "kept", ROLE_NONE);
	must_commit(db);
	fsync_fails = true;
	must_begin(db);
	put_folder(db, "in doubt", ROLE_NONE);
	g_assert_false(db_commit(db, &err));
	g_assert_error(err, EIL_ERROR, EIL_BROKEN);
	fsync_fails = false;
	g_clear_error(&err);
	g_assert_false(db_begin(db, &err));
	g_assert_error(err, EIL_ERROR, EIL_BROKEN);
	g_assert_false(db_set_fact(db, "a", "b", NULL));
	g_autoptr(Folder) kept = folders_find(db, "kept", NULL);	/* it can still be read */
	g_assert_nonnull(kept);
	db_close(db);
	shaky_end(sound);

	g_autoptr(Db) again = must_open(path, DB_WRITER);
	g_autoptr(Folder) still = folders_find(again, "kept", NULL);
	g_assert_nonnull(still);
	must_begin(again);
	must_commit(again);
	remove_tree(folder);
}

/* S6: what fails one of the writer's two connections fails the other, whichever it is, and wherever */
static void
test_beside_fsync_fails(gconstpointer user)
{
	enum { COMMIT_BESIDE, CHECKPOINT_BESIDE, COMMIT_FIRST } where = GPOINTER_TO_INT(user);
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	sqlite3_vfs *sound = shaky_begin();
	g_autoptr(GError) err = NULL;
	Db *first = must_open(path, DB_WRITER);
	gint64 inbox = put_folder(first, "INBOX", ROLE_INBOX);
	Db *beside = db_beside(first, &err);
	g_assert_no_error(err);
	Db *broken = where == COMMIT_FIRST ? first : beside, *other = where == COMMIT_FIRST ? beside : first;

	fsync_fails = true;
	if (where == CHECKPOINT_BESIDE) {
		write_until_checkpoint_fails(broken, inbox);
	} else {
		must_begin(broken);
		put_message(broken, inbox, 1, 1000, 0, "in doubt");
		g_assert_false(db_commit(broken, NULL));
	}
	fsync_fails = false;
	g_assert_false(db_begin(other, &err));
	g_assert_error(err, EIL_ERROR, EIL_BROKEN);
	g_clear_error(&err);
	g_assert_false(db_set_fact(other, "a", "b", &err));	/* outside of any transaction */
	g_assert_error(err, EIL_ERROR, EIL_BROKEN);
	g_assert_null(db_fact(other, "a"));
	db_close(beside);
	g_assert_null(db_beside(first, NULL));
	db_close(first);
	shaky_end(sound);
	first = must_open(path, DB_WRITER);
	g_autofree char *clean = db_fact(first, "clean");
	g_assert_cmpstr(clean, !=, "1");
	db_close(first);
	remove_tree(folder);
}

/* The reader of the UI beside a writer at full speed: never an error, never a half batch. */
static gpointer
write_fast(gpointer data)
{
	Db *db = must_open(data, DB_WRITER);
	gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);

	for (guint32 uid = 1; uid <= 10000;) {
		must_begin(db);
		for (int i = 0; i < 100; i++, uid++)
			put_message(db, inbox, uid, 1000 + uid, 0, "m");
		must_commit(db);
		db_checkpoint(db);
	}
	db_close(db);
	return NULL;
}

static void
test_reader_beside_writer(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	{
		g_autoptr(Db) db = must_open(path, DB_WRITER);
		put_folder(db, "INBOX", ROLE_INBOX);
	}
	g_autoptr(Db) reader = must_open(path, DB_READER);
	GThread *writer = g_thread_new("writer", write_fast, path);
	guint looks = 0;
	for (guint total = 0; total < 10000; looks++) {
		g_autoptr(GError) err = NULL;
		g_autoptr(Folder) f = folders_find(reader, "INBOX", &err);
		g_assert_no_error(err);
		g_assert_cmpint(f->total % 100, ==, 0);
		g_assert_cmpint(f->total, ==, f->unseen);
		g_assert_cmpint(f->total, >=, total);
		total = f->total;
		g_autoptr(GArray) page = messages_page(reader, f->id, NULL, NULL, false, false, 50, 0, NULL, NULL, &err);
		g_assert_no_error(err);
		g_assert_cmpint(page->len, ==, total || page->len ? 50 : 0);
	}
	g_thread_join(writer);
	g_test_message("%u looks", looks);
	remove_tree(folder);
}

/* ---- S1: kill(9) at any time ---- */

enum { KILLS = 30, BATCH = 20 };

/* Writes batches of messages, a body and a wish each, and tells the parent after each commit. */
static G_GNUC_NORETURN void
write_until_killed(const char *path, int out)
{
	g_autoptr(GError) err = NULL;
	Db *db = db_open(path, DB_WRITER, &err);

	if (!db)
		_exit(1);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	guint32 uid = messages_max_uid(db, folder);
	for (;;) {
		must_begin(db);
		for (int i = 0; i < BATCH; i++)
			put_message(db, folder, uid + 1 + (guint32)i, 1000001 + uid + i, 0, "killed or not");
		uid += BATCH;
		gint64 m = messages_id_of_uid(db, folder, uid);
		g_autofree char *text = g_strnfill(5000 + uid % 5000, 'b');
		g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
		g_assert_true(bodies_put(db, m, "1", body, NULL));
		g_assert_true(journal_flag(db, m, FLAG_SEEN, true, NULL));
		must_commit(db);
		g_assert_true(write(out, &uid, sizeof uid) == sizeof uid);
		db_checkpoint(db);
	}
}

static guint32
run_and_kill(const char *path, gulong after_us)
{
	guint32 uid = 0, last = 0;
	int fds[2];

	g_assert_cmpint(pipe(fds), ==, 0);
	pid_t child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		close(fds[0]);
		write_until_killed(path, fds[1]);
	}
	close(fds[1]);
	g_usleep(after_us);
	kill(child, SIGKILL);
	int status;
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFSIGNALED(status));	/* it did not fail by itself */
	while (read(fds[0], &uid, sizeof uid) == sizeof uid)
		last = uid;
	close(fds[0]);
	return last;
}

static void
check_whole(const char *path, guint32 told)
{
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	g_autoptr(Stmt) st = db_stmt(db, "PRAGMA integrity_check", NULL);
	g_autoptr(Folder) f = folders_find(db, "INBOX", NULL);
	bool row;

	g_assert_true(db_next(db, st, &row, NULL));
	g_assert_cmpstr((const char *)sqlite3_column_text(st, 0), ==, "ok");
	if (!f) {	/* killed before the first commit */
		g_assert_cmpint(told, ==, 0);
		return;
	}
	/* whole batches; none lost that was told; counts, wishes and bodies of the same batches */
	guint32 max = messages_max_uid(db, f->id);
	g_assert_cmpint(max, >=, told);
	g_assert_cmpint(max % BATCH, ==, 0);
	g_assert_cmpint(messages_count_range(db, f->id, 1, G_MAXUINT32), ==, max);
	g_assert_cmpint(f->total, ==, max);
	g_assert_cmpint(journal_count(db, WISH_WAITING), ==, max / BATCH);
	g_assert_cmpint(f->unseen, ==, max - max / BATCH);
	if (max > 0) {
		g_autoptr(GBytes) body = bodies_get(db, messages_id_of_uid(db, f->id, max), "1", NULL);
		g_assert_cmpint(g_bytes_get_size(body), ==, 5000 + max % 5000);
	}
}

static void
test_killed(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	guint32 told = 0;

	for (int i = 0; i < KILLS; i++) {
		guint32 last = run_and_kill(path, (gulong)g_test_rand_int_range(500, 60000));
		told = MAX(told, last);
		check_whole(path, told);
	}
	g_test_message("%u messages after %d kills", told, KILLS);
	g_assert_cmpint(told, >, 0);
	remove_tree(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/db/open", test_open);
	g_test_add_func("/store/db/S4/settings", test_settings);
	g_test_add_func("/store/db/S3/second-writer", test_second_writer);
	g_test_add_func("/store/db/newer-version", test_newer_version);
	g_test_add_data_func("/store/db/older-version/4", "ALTER TABLE body DROP COLUMN form; ALTER TABLE detail DROP COLUMN preview; PRAGMA user_version = 4",
	    test_older_version);
	g_test_add_data_func("/store/db/older-version/6", "ALTER TABLE body DROP COLUMN form; PRAGMA user_version = 6", test_older_version);
	g_test_add_func("/store/db/set-aside", test_set_aside);
	g_test_add_func("/store/db/facts", test_facts);
	g_test_add_func("/store/db/plug", test_plug);
	g_test_add_func("/store/db/S7/damaged", test_damaged);
	g_test_add_func("/store/db/S7/wal-lost", test_wal_lost);
	g_test_add_func("/store/db/S1/killed", test_killed);
	g_test_add_func("/store/db/S2/disk-full", test_disk_full);
	g_test_add_func("/store/db/S6/fsync-fails", test_fsync_fails);
	g_test_add_func("/store/db/S4/lazy", test_lazy);
	g_test_add_func("/store/db/S6/lazy-fsync-fails", test_lazy_fsync_fails);
	g_test_add_data_func("/store/db/S6/beside/commit", GINT_TO_POINTER(0), test_beside_fsync_fails);
	g_test_add_data_func("/store/db/S6/beside/checkpoint", GINT_TO_POINTER(1), test_beside_fsync_fails);
	g_test_add_data_func("/store/db/S6/beside/first", GINT_TO_POINTER(2), test_beside_fsync_fails);
	g_test_add_func("/store/db/reader-beside-writer", test_reader_beside_writer);
	return g_test_run();
}
