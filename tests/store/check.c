/* check.c - tests of store/check.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "store/check.h"

#include <sqlite3.h>
#include <string.h>

static void
test_rows(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX), other = put_folder(db, "Other", ROLE_NONE);

	must_begin(db);
	g_assert_true(folders_set_sync(db, folder, 7, 10, 0, NULL));
	gint64 nine = put_message(db, folder, 9, 2000, FLAG_SEEN, "Nine");
	gint64 two = put_message(db, folder, 2, 3000, FLAG_FLAGGED, "Two");
	put_message(db, other, 5, 3000, 0, "Elsewhere");
	g_assert_true(journal_flag(db, two, FLAG_SEEN, true, NULL));
	Message m = { .subject = (char *)"On its way", .message_id = (char *)"<way@x>", .received = 1, .flags = 0 };
	g_autoptr(GBytes) raw = g_bytes_new_static("Subject: On its way\r\n\r\nHi\r\n", 27);
	g_autoptr(GError) err = NULL;
	gint64 way = journal_append(db, folder, &m, raw, 0, &err);
	g_assert_no_error(err);
	g_assert_cmpint(way, >, 0);
	must_commit(db);
	g_autoptr(GArray) rows = check_rows(db, folder, NULL);
	g_assert_cmpuint(rows->len, ==, 3);
	const CheckRow *r = &g_array_index(rows, CheckRow, 0);
	g_assert_cmpint(r[0].id, ==, two);
	g_assert_cmpuint(r[0].uid, ==, 2);
	g_assert_cmpuint(r[0].flags, ==, FLAG_FLAGGED | FLAG_SEEN);
	g_assert_cmpuint(r[0].server_flags, ==, FLAG_FLAGGED);
	g_assert_cmpint(r[1].id, ==, nine);
	g_assert_cmpuint(r[2].uid, ==, 0);
	g_assert_cmpstr(r[2].message_id, ==, "<way@x>");
	g_assert_true(r[2].text_here);
}

static void
damage(const char *path)
{
	sqlite3 *raw = NULL;

	g_assert_cmpint(sqlite3_open(path, &raw), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(raw, "UPDATE piece SET data = zeroblob(length(data)) WHERE id = (SELECT max(id) FROM piece)", NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(raw);
}

static void
test_texts(void)
{
	g_autofree char *folder_path = NULL, *path = temp_store(&folder_path);
	Db *db = must_open(path, DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	g_autoptr(GBytes) one = g_bytes_new_static("whole", 5), two = g_bytes_new_static("in parts", 8);
	g_autoptr(GArray) broken = NULL, after = NULL;
	CheckTexts texts;

	must_begin(db);
	gint64 a = put_message(db, folder, 1, 10, 0, "a"), b = put_message(db, folder, 2, 20, 0, "b");
	g_assert_true(bodies_put(db, a, "", one, NULL) && bodies_put(db, b, "HEADER", one, NULL) && bodies_put(db, b, "1", two, NULL));
	must_commit(db);
	Db *reader = must_open(path, DB_READER);
	g_assert_true(check_texts(reader, folder, &texts, &broken, NULL));
	g_assert_cmpuint(texts.messages, ==, 2);
	g_assert_cmpuint(texts.bytes, ==, 18);
	g_assert_cmpuint(broken->len, ==, 0);
	g_autoptr(GHashTable) wholes = check_wholes(reader, folder, NULL);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "whole", 5);
	g_assert_cmpuint(g_hash_table_size(wholes), ==, 1);
	g_assert_cmpstr(g_hash_table_lookup(wholes, &a), ==, sum);
	gint64 version = check_version(reader);
	damage(path);
	g_assert_cmpint(check_version(reader), !=, version);
	g_assert_true(check_texts(reader, folder, &texts, &after, NULL));
	g_assert_cmpuint(after->len, ==, 1);
	g_assert_cmpint(g_array_index(after, gint64, 0), ==, b);
	db_close(reader);
	db_close(db);
	remove_tree(folder_path);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/check/rows", test_rows);
	g_test_add_func("/store/check/texts", test_texts);
	return g_test_run();
}
