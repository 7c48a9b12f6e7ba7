/* store.c - times of the store: filling, paging, counting, searching. Not run by make check.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * usage: tests/bench/store [ROWS [FOLDER]]; the store is made in FOLDER (else where temporary files lie) and removed.
 * tests/bench/store --fill FILE ROWS only makes one, whole as after a sync (for screen.py). */
#include "config.h"
#include "tests/store/fixture.h"
#include "base/limits.h"
#include "store/threads.h"

#include <stdlib.h>
#include <unistd.h>

static double
ms_since(gint64 start)
{
	return (double)(g_get_monotonic_time() - start) / 1000;
}

static int
by_value(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
tell(const char *what, GArray *times)
{
	g_array_sort(times, by_value);
	g_print("%-44s median %8.3f ms   p95 %8.3f   p99 %8.3f   worst %8.3f   (%u)\n", what,
	    g_array_index(times, double, times->len / 2), g_array_index(times, double, times->len * 95 / 100),
	    g_array_index(times, double, times->len * 99 / 100), g_array_index(times, double, times->len - 1), times->len);
	g_array_set_size(times, 0);
}

static void
add(GArray *times, gint64 start)
{
	double ms = ms_since(start);

	g_array_append_val(times, ms);
}

/* What the engine does when the line is quiet. */
static void
thread_all(Db *db, GArray *times)
{
	gint64 start = g_get_monotonic_time();

	for (bool left = true; left;) {
		gint64 piece = g_get_monotonic_time();
		must_begin(db);
		g_assert_true(threads_fill(db, THREADS_PIECE, NULL, NULL, &left, NULL));
		must_commit(db);
		add(times, piece);
		db_checkpoint(db);
	}
	g_print("threads of all: %.2f s\n", ms_since(start) / 1000);
	tell("  a piece of them with its commit", times);
}

static Message *
made(gint64 folder, guint32 uid)
{
	static const char structure[] =
		"((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 2345 56)"
		"(\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 12345 156) \"alternative\")";
	Message *m = message_new();

	m->folder = folder;
	m->uidvalidity = 7;
	m->uid = uid;
	m->received = 1200000000 + (gint64)uid * 300;
	m->sent = m->received - 5;
	m->size = 3000 + uid % 20000;
	m->flags = m->server_flags = uid % 50 ? FLAG_SEEN : 0;
	m->subject = g_strdup_printf("Re: [list] message %u about the %u. garden wall", uid, uid % 97);
	m->from_name = g_strdup_printf("Person Number %u", uid % 1000);
	m->from_address = g_strdup_printf("person%u@example%u.org", uid % 1000, uid % 10);
	m->to = g_strdup("Post <post@example.net>");
	m->message_id = g_strdup_printf("<%u.%u@mail.example.org>", uid * 2654435761u, uid);
	m->references = g_strdup_printf("<%u.1@mail.example.org> <%u.2@mail.example.org>", uid, uid);
	m->structure = g_strdup(structure);
	return m;
}

/* As a first sync does: the newest window first, each in the order of its UIDs, with what a FETCH of envelope and structure brings. */
static void
fill(Db *db, gint64 folder, guint rows, GArray *times)
{
	gint64 start = g_get_monotonic_time();
	g_autofree gint64 *ids = g_new(gint64, STORE_BULK_ROWS);

	for (guint32 left = rows; left > 0;) {
		g_autoptr(GPtrArray) batch = g_ptr_array_new_with_free_func((GDestroyNotify)message_free);
		guint32 n = MIN(left, STORE_BULK_ROWS);
		for (guint32 uid = left - n + 1; uid <= left; uid++)
			g_ptr_array_add(batch, made(folder, uid));
		gint64 before = g_get_monotonic_time();
		must_begin(db);
		g_assert_true(messages_put_many(db, (Message *const *)batch->pdata, n, ids, NULL));
		must_commit(db);
		add(times, before);
		db_checkpoint(db);
		left -= n;
	}
	g_print("fill %u rows in batches of %d: %.2f s\n", rows, STORE_BULK_ROWS, ms_since(start) / 1000);
	tell("  a batch with its commit (FULL)", times);
}

static void
page_from(Db *db, gint64 folder, guint position, const char *what, GArray *times)
{
	for (int i = 0; i < 200; i++) {
		MessageKey key;
		g_assert_true(messages_key_at(db, folder, position + (guint)i, &key));
		gint64 start = g_get_monotonic_time();
		g_autoptr(GArray) page = messages_page(db, folder, NULL, &key, false, true, 40, 0, NULL, NULL, NULL);
		add(times, start);
		g_assert_cmpint(page->len, ==, 40);
	}
	tell(what, times);
}

static void
positions(Db *db, gint64 folder, guint rows, GArray *times)
{
	for (guint i = 0; i < 1000; i++) {
		MessageKey key;
		guint at = (guint)((guint64)rows * i / 1000);
		gint64 start = g_get_monotonic_time();
		g_assert_true(messages_key_at(db, folder, at, &key));
		g_assert_cmpint(messages_count_newer(db, folder, &key), ==, at);
		add(times, start);
	}
	tell("position -> row -> position", times);
}

static void
search(Db *db, gint64 folder, const char *pattern, GArray *times)
{
	g_autoptr(MessageLimit) limit = messages_limit_new(pattern, NULL);
	g_autofree char *what = g_strdup_printf("limit %s, slices of 4 ms", pattern);
	MessageKey from = { 0 };
	bool cut = true, first = true;
	guint found = 0;
	gint64 begin = g_get_monotonic_time();

	while (cut) {
		gint64 start = g_get_monotonic_time();
		g_autoptr(GArray) keys = messages_keys(db, folder, limit, first ? NULL : &from, false, false, G_MAXUINT, 4000, &cut, &from, NULL);
		add(times, start);
		found += keys->len;
		first = false;
	}
	g_print("limit %s: %u found in %.0f ms\n", pattern, found, ms_since(begin));
	tell(what, times);
}

static void
wishes(Db *db, gint64 folder, guint rows, GArray *times)
{
	for (guint i = 0; i < 300; i++) {
		gint64 m = messages_id_of_uid(db, folder, 1 + (guint32)((guint64)rows * i / 300));
		gint64 start = g_get_monotonic_time();
		must_begin(db);
		g_assert_true(journal_flag(db, m, FLAG_FLAGGED, true, NULL));
		must_commit(db);
		add(times, start);
	}
	tell("a wish with its commit (FULL)", times);
}

static void
open_again(const char *path, GArray *times)
{
	for (int i = 0; i < 20; i++) {
		gint64 start = g_get_monotonic_time();
		g_autoptr(Db) db = must_open(path, DB_READER);
		g_autoptr(GPtrArray) folders = folders_list(db, NULL);
		const Folder *f = folders->pdata[0];
		g_array_unref(messages_page(db, f->id, NULL, NULL, false, true, 50, 0, NULL, NULL, NULL));
		add(times, start);
	}
	tell("open a reader, folders, first page", times);
}

static void
open_unclean(const char *path)
{
	Db *db = must_open(path, DB_WRITER);

	must_begin(db);
	must_commit(db);
	g_assert_true(db_set_fact(db, "clean", "0", NULL));
	g_autofree char *copy = g_strconcat(path, ".unclean", NULL);
	g_autofree char *command = g_strdup_printf("cp '%s' '%s' && cp '%s-wal' '%s-wal'", path, copy, path, copy);
	g_assert_cmpint(system(command), ==, 0);
	gint64 start = g_get_monotonic_time();
	Db *again = must_open(copy, DB_WRITER);
	g_print("%-44s %.1f ms\n", "open after an unclean end (quick_check)", ms_since(start));
	db_close(again);
	db_close(db);
}

static int
only_fill(const char *path, guint rows)
{
	static const char *const others[] = { "Drafts", "Sent", "Archive", "Junk", "Trash", "Lists/dev", "Lists/users" };
	static const FolderRole roles[] = { ROLE_DRAFTS, ROLE_SENT, ROLE_ARCHIVE, ROLE_JUNK, ROLE_TRASH, ROLE_NONE, ROLE_NONE };
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
	Db *db = must_open(path, DB_WRITER);
	gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);

	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		put_folder(db, others[i], roles[i]);
	fill(db, inbox, rows, times);
	thread_all(db, times);
	must_begin(db);
	g_assert_true(folders_set_sync(db, inbox, 7, rows + 1, 0, NULL) && folders_set_backfill(db, inbox, 1, NULL) &&
		folders_set_checked(db, inbox, g_get_real_time() / G_USEC_PER_SEC, NULL));
	must_commit(db);
	db_close(db);
	return 0;
}

int
main(int argc, char **argv)
{
	guint rows = argc > 1 ? (guint)atoi(argv[1]) : 100000;
	g_autofree char *folder = argc > 2 ? g_build_filename(argv[2], "eilpost-bench-store", NULL) : g_dir_make_tmp("eilpost-bench-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "store.db", NULL);
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));

	if (argc == 4 && !strcmp(argv[1], "--fill"))
		return only_fill(argv[2], (guint)atoi(argv[3]));
	if (rows < 1000)
		g_error("at least 1000 rows");
	Db *db = must_open(path, DB_WRITER);
	gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);
	fill(db, inbox, rows, times);
	thread_all(db, times);
	Db *reader = must_open(path, DB_READER);
	page_from(reader, inbox, 0, "page of 40 at the top", times);
	page_from(reader, inbox, rows / 2, "page of 40 in the middle", times);
	page_from(reader, inbox, rows - 300, "page of 40 at the end", times);
	positions(reader, inbox, rows, times);
	search(reader, inbox, "~s \"42. garden\"", times);
	search(reader, inbox, "person77", times);
	search(reader, inbox, "~U ~f person50", times);
	search(reader, inbox, "~c nobody", times);
	wishes(db, inbox, rows, times);
	open_again(path, times);
	db_close(reader);
	db_close(db);
	open_unclean(path);
	gint64 start = g_get_monotonic_time();
	db = must_open(path, DB_WRITER);
	must_begin(db);
	g_assert_true(folders_reset(db, inbox, 8, NULL));
	must_commit(db);
	g_print("%-44s %.0f ms\n", "folders_reset", ms_since(start));
	db_close(db);
	remove_tree(folder);
	return 0;
}
