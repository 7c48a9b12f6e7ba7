/* bodies.c - tests of store/bodies.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "base/limits.h"
#include "store/db_private.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static GBytes *
pattern(gsize len)
{
	guint8 *data = g_malloc(len + 1);

	for (gsize i = 0; i < len; i++)
		data[i] = (guint8)(i * 7 + i / 251);
	return g_bytes_new_take(data, len);
}

static void
test_sizes(void)
{
	static const gsize sizes[] = { 0, 1, 1000, MIB - 1, MIB, MIB + 1, 3 * MIB + 17 };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	gint64 m = put_message(db, folder, 1, 100, 0, "m");

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GBytes) in = pattern(sizes[i]);
		g_autofree char *section = g_strdup_printf("1.%u", i);
		g_assert_true(bodies_put(db, m, section, in, NULL));
		g_assert_true(bodies_has(db, m, section));
		g_autoptr(GBytes) out = bodies_get(db, m, section, NULL);
		g_assert_true(g_bytes_equal(in, out));
	}
	g_autoptr(GBytes) other = g_bytes_new_static("new", 3);
	g_assert_true(bodies_put(db, m, "1.6", other, NULL));	/* replaces */
	g_autoptr(GBytes) out = bodies_get(db, m, "1.6", NULL);
	g_assert_true(g_bytes_equal(other, out));
	g_assert_null(bodies_get(db, m, "", NULL));
	g_assert_true(bodies_set_here(db, m, true, NULL));
	g_assert_true(bodies_remove(db, m, NULL));
	g_autoptr(Message) msg = messages_get(db, m, NULL);
	g_assert_false(msg->body_here);
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM piece", NULL, 0), ==, 0);
}

static void
test_goes_with_message(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	gint64 m = put_message(db, folder, 1, 100, 0, "m");
	g_autoptr(GBytes) in = pattern(2 * MIB);

	g_assert_true(bodies_put(db, m, "", in, NULL));
	g_assert_true(messages_remove_uid(db, folder, 1, NULL));
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM body", NULL, 0), ==, 0);
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM piece", NULL, 0), ==, 0);
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM detail", NULL, 0), ==, 0);
	g_autoptr(GError) err = NULL;
	g_assert_false(bodies_put(db, m, "", in, &err));	/* came too late */
	g_assert_error(err, EIL_ERROR, EIL_REFUSED);
}

static void
test_streamed(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	gint64 m = put_message(db, folder, 1, 100, 0, "m");
	g_autoptr(GBytes) in = pattern(2 * MIB + 5);
	const char *data = g_bytes_get_data(in, NULL);
	static const gsize steps[] = { 1000, 65536, MIB, 3 * MIB };

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		BodyWriter *w = bodies_write(db, m, "", NULL);
		for (gsize at = 0; at < g_bytes_get_size(in); at += steps[i])
			g_assert_true(bodies_write_piece(w, data + at, MIN(steps[i], g_bytes_get_size(in) - at), NULL));
		g_assert_true(i > 0 || !bodies_has(db, m, ""));	/* not before finish */
		g_assert_true(bodies_write_finish(w, NULL));
		g_autoptr(GBytes) out = bodies_get(db, m, "", NULL);
		g_assert_true(g_bytes_equal(in, out));
	}
	BodyWriter *w = bodies_write(db, m, "", NULL);
	g_assert_true(bodies_write_piece(w, "junk", 4, NULL));
	bodies_write_abort(w);
	g_autoptr(GBytes) out = bodies_get(db, m, "", NULL);	/* the old one is still whole */
	g_assert_true(g_bytes_equal(in, out));
}

/* Three pieces of a body, then the end of the process, with neither finish nor abort. */
static G_GNUC_NORETURN void
die_in_a_body(const char *path)
{
	g_autoptr(GBytes) in = pattern(3 * MIB);
	Db *db = must_open(path, DB_WRITER);
	gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);
	BodyWriter *w = bodies_write(db, put_message(db, inbox, 1, 100, 0, "m"), "", NULL);

	if (!bodies_write_piece(w, g_bytes_get_data(in, NULL), 3 * MIB, NULL))
		_exit(1);
	_exit(db_int(db, -1, "SELECT count(*) FROM piece", NULL, 0) == 3 ? 0 : 2);
}

/* S2: what was cut short never counts, and is gone at the next open */
static void
test_cut_short(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	int status;

	pid_t child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0)
		die_in_a_body(path);
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_cmpint(status, ==, 0);
	{
		g_autoptr(Db) reader = must_open(path, DB_READER);
		g_assert_cmpint(db_int(reader, -1, "SELECT count(*) FROM piece", NULL, 0), ==, 3);
		g_assert_null(bodies_get(reader, 1, "", NULL));
	}
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM message", NULL, 0), ==, 1);
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM body", NULL, 0), ==, 0);
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM piece", NULL, 0), ==, 0);
	g_assert_false(bodies_has(db, 1, ""));
	remove_tree(folder);
}

/* S2, S8: a bit, a piece or a byte too much: as if not there; the reader leaves it, the writer takes it out */
static void
test_damaged(void)
{
	static const char *const harm[] = {
		"UPDATE piece SET data = CAST (replace (CAST (data AS TEXT), 'good', 'evil') AS BLOB)",
		"DELETE FROM piece", "UPDATE body SET size = size + 1", "UPDATE body SET size = size - 1",
		"UPDATE piece SET data = data || x'00'", "UPDATE body SET sha256 = NULL", "UPDATE body SET size = 99999999999",
	};
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);
	gint64 m = put_message(db, inbox, 1, 100, 0, "m");
	g_autoptr(GBytes) in = g_bytes_new_static("good words", 10);
	g_autoptr(Db) reader = must_open(path, DB_READER);

	for (guint i = 0; i < G_N_ELEMENTS(harm); i++) {
		g_autoptr(GError) err = NULL;
		g_assert_true(bodies_put(db, m, "", in, NULL));
		g_assert_true(bodies_set_here(db, m, true, NULL));
		g_autoptr(GBytes) good = bodies_get(reader, m, "", NULL);
		g_assert_true(g_bytes_equal(in, good));
		g_assert_true(db_exec(db, harm[i], NULL));
		g_assert_null(bodies_get(reader, m, "", &err));
		g_assert_no_error(err);
		g_assert_false(bodies_has(db, m, ""));
		g_autoptr(Message) msg = messages_get(db, m, NULL);
		g_assert_false(msg->body_here);
		g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM body", NULL, 0), ==, 0);
	}
	remove_tree(folder);
}

static void
test_too_large(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	gint64 m = put_message(db, folder, 1, 100, 0, "m");
	BodyWriter *w = bodies_write(db, m, "", NULL);
	g_autoptr(GError) err = NULL;

	g_assert_true(bodies_write_piece(w, "x", 1, NULL));
	g_assert_false(bodies_write_piece(w, "x", LIMIT_MESSAGE_STORED, &err));	/* refused before it is read */
	g_assert_error(err, EIL_ERROR, EIL_REFUSED);
	bodies_write_abort(w);
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM body", NULL, 0), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/bodies/sizes", test_sizes);
	g_test_add_func("/store/bodies/goes-with-message", test_goes_with_message);
	g_test_add_func("/store/bodies/streamed", test_streamed);
	g_test_add_func("/store/bodies/S2/cut-short", test_cut_short);
	g_test_add_func("/store/bodies/S8/damaged", test_damaged);
	g_test_add_func("/store/bodies/too-large", test_too_large);
	return g_test_run();
}
