/* keep.c - tests of store/keep, and of bodies that come in several sittings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "store/bodies.h"
#include "store/db_private.h"
#include "store/keep.h"
#include "store/parts.h"
#include "base/limits.h"

#include <string.h>

static GBytes *
pattern(gsize len)
{
	guint8 *data = g_malloc(len + 1);

	for (gsize i = 0; i < len; i++)
		data[i] = (guint8)(i * 11 + i / 241);
	return g_bytes_new_take(data, len);
}

static void
test_policy(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	g_autoptr(Folder) f = folders_get(db, folder, NULL);

	g_assert_cmpint(f->keep, ==, KEEP_TEXTS_AS_ACCOUNT);
	g_assert_true(keep_set_policy(db, folder, 30, NULL));
	f->subscribed = true;
	g_assert_cmpint(folders_put(db, f, NULL), ==, folder);	/* the next LIST changes nothing of it */
	g_autoptr(Folder) again = folders_get(db, folder, NULL);
	g_assert_cmpint(again->keep, ==, 30);
}

static void
test_missing(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX), other = put_folder(db, "Other", ROLE_NONE), ids[10];
	MessageKey at = { G_MAXINT64, G_MAXINT64, 0 };
	guint n = 0;
	bool end = false;

	for (guint i = 0; i < 10; i++) {
		g_autofree char *subject = g_strdup_printf("m%u", i);
		ids[i] = put_message(db, folder, i + 1, 100 + i * 10, 0, subject);
		g_assert_true(bodies_set_here(db, ids[i], i % 2 == 0, NULL));
	}
	put_message(db, other, 1, 500, 0, "elsewhere");
	while (!end) {
		g_autoptr(GArray) some = keep_missing(db, folder, 120, 3, &at, &end, NULL);
		for (guint i = 0; i < some->len; i++, n++)
			g_assert_cmpint(g_array_index(some, gint64, i), ==, ids[9 - 2 * n]);
	}
	g_assert_cmpuint(n, ==, 4);	/* 9 7 5 3; 1 is too old */
}

static void
test_wanted(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX), m = put_message(db, folder, 1, 100, 0, "m"), gone = put_message(db, folder, 2, 100, 0, "n");

	g_assert_true(wanted_add(db, m, "2.1", NULL));
	g_assert_true(wanted_add(db, m, "2.1", NULL));
	g_assert_true(wanted_add(db, m, WANTED_TEXT, NULL));
	g_assert_true(wanted_add(db, gone, WANTED_TEXT, NULL));
	g_assert_true(wanted_add(db, 4711, "", NULL));	/* there is no such message: nothing */
	g_assert_true(wanted_has(db, m, "2.1"));
	g_assert_true(messages_remove_uid(db, folder, 2, NULL));
	g_assert_true(wanted_remove(db, m, "2.1", NULL));
	g_autoptr(GArray) list = wanted_list(db, NULL);
	g_assert_cmpuint(list->len, ==, 1);
	g_assert_cmpstr(g_array_index(list, Wanted, 0).section, ==, WANTED_TEXT);
}

/* ---- bodies in several sittings ---- */

/* Stopped at every kind of place, with and without the program's end. */
static void
test_sittings(void)
{
	static const gsize stops[] = { 0, 1, 1000, MIB - 1, MIB, MIB + 1, 2 * MIB + 77, 3 * MIB };
	g_autofree char *dir = NULL, *path = temp_store(&dir);
	g_autoptr(GBytes) in = pattern(3 * MIB + 5);
	const char *data = g_bytes_get_data(in, NULL);
	Db *db = must_open(path, DB_WRITER);
	gint64 m = put_message(db, put_folder(db, "INBOX", ROLE_INBOX), 1, 100, 0, "m");

	for (guint i = 0; i < 2 * G_N_ELEMENTS(stops); i++) {
		gsize stop = stops[i / 2];
		g_autofree char *section = g_strdup_printf("2.%u", i);
		BodyWriter *w = bodies_write_on(db, m, section, BODY_AS_SENT, NULL);
		g_assert_cmpuint(bodies_written(w), ==, 0);
		g_assert_true(bodies_write_piece(w, data, stop, NULL));
		bodies_write_pause(w);
		g_assert_cmpuint(bodies_partial(db, m, section), ==, stop);
		g_assert_false(bodies_has(db, m, section));
		if (i % 2) {
			db_close(db);
			db = must_open(path, DB_WRITER);
		}
		w = bodies_write_on(db, m, section, BODY_AS_SENT, NULL);
		g_assert_cmpuint(bodies_written(w), ==, stop);
		g_assert_true(bodies_write_piece(w, data + stop, 5, NULL));
		bodies_write_pause(w);
		w = bodies_write_on(db, m, section, BODY_AS_SENT, NULL);
		g_assert_true(bodies_write_piece(w, data + stop + 5, g_bytes_get_size(in) - stop - 5, NULL));
		g_assert_true(bodies_write_finish(w, NULL));
		g_autoptr(GBytes) out = bodies_get(db, m, section, NULL);
		g_assert_true(out && g_bytes_equal(in, out));
		g_assert_cmpuint(bodies_partial(db, m, section), ==, 0);
	}
	db_close(db);
	remove_tree(dir);
}

/* Killed: what was synced is here. */
static void
test_killed(void)
{
	g_autofree char *dir = NULL, *path = temp_store(&dir);
	g_autoptr(GBytes) in = pattern(MIB + 100);
	const char *data = g_bytes_get_data(in, NULL);
	Db *db = must_open(path, DB_WRITER);
	gint64 m = put_message(db, put_folder(db, "INBOX", ROLE_INBOX), 1, 100, 0, "m");
	BodyWriter *w = bodies_write_on(db, m, "2", BODY_AS_SENT, NULL);

	g_assert_true(bodies_write_piece(w, data, MIB + 60, NULL));
	g_assert_true(bodies_write_sync(w, NULL));
	g_assert_true(bodies_write_piece(w, data + MIB + 60, 10, NULL));
	g_assert_cmpuint(bodies_partial(db, m, "2"), ==, MIB + 60);
	g_assert_true(bodies_write_piece(w, data + MIB + 70, 30, NULL));
	g_assert_true(bodies_write_finish(w, NULL));
	g_autoptr(GBytes) out = bodies_get(db, m, "2", NULL);
	g_assert_true(out && g_bytes_equal(in, out));
	db_close(db);
	remove_tree(dir);
}

static void
test_reader(void)
{
	static const gsize sizes[] = { 0, 1, MIB - 1, MIB, 2 * MIB + 3 };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 m = put_message(db, put_folder(db, "INBOX", ROLE_INBOX), 1, 100, 0, "m");

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GBytes) in = pattern(sizes[i]);
		g_autoptr(GByteArray) out = g_byte_array_new();
		const guint8 *data;
		gsize len;
		g_assert_true(bodies_put(db, m, "1", in, NULL));
		g_autoptr(BodyReader) r = bodies_read(db, m, "1", NULL);
		do {
			g_assert_true(bodies_read_piece(r, &data, &len, NULL));
			g_assert_cmpuint(len, <=, MIB);
			g_byte_array_append(out, data, (guint)len);
		} while (len > 0);
		g_assert_cmpmem(out->data, out->len, g_bytes_get_data(in, NULL), sizes[i]);
	}
	g_assert_null(bodies_read(db, m, "7", NULL));
}

/* What was begun in one form does not go on in the other. */
static void
test_forms(void)
{
	g_autofree char *dir = NULL, *path = temp_store(&dir);
	g_autoptr(GBytes) in = pattern(2 * MIB);
	const char *data = g_bytes_get_data(in, NULL);
	Db *db = must_open(path, DB_WRITER);
	gint64 m = put_message(db, put_folder(db, "INBOX", ROLE_INBOX), 1, 100, 0, "m");

	for (BodyForm form = BODY_AS_SENT; form <= BODY_RECODED; form++) {
		BodyForm other = form == BODY_AS_SENT ? BODY_RECODED : BODY_AS_SENT;
		BodyWriter *w = bodies_write_on(db, m, "2", other, NULL);
		g_assert_true(bodies_write_piece(w, data + 7, MIB + 5, NULL));
		bodies_write_pause(w);
		db_close(db);
		db = must_open(path, DB_WRITER);
		g_assert_cmpuint(bodies_partial(db, m, "2"), ==, MIB + 5);
		g_assert_cmpint(bodies_partial_form(db, m, "2"), ==, other);
		w = bodies_write_on(db, m, "2", form, NULL);
		g_assert_cmpuint(bodies_written(w), ==, 0);
		g_assert_true(bodies_write_piece(w, data, 2 * MIB, NULL));
		bodies_write_pause(w);
		g_assert_cmpint(bodies_partial_form(db, m, "2"), ==, form);
		w = bodies_write_on(db, m, "2", form, NULL);
		g_assert_cmpuint(bodies_written(w), ==, 2 * MIB);
		g_assert_true(bodies_write_finish(w, NULL));
		g_autoptr(GBytes) out = bodies_get(db, m, "2", NULL);
		g_assert_true(out && g_bytes_equal(in, out));
	}
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM piece", NULL, 0), ==, 2);	/* nothing is left of what was dropped */
	db_close(db);
	remove_tree(dir);
}

/* Which parts the server may decode. */
static void
test_unpack(void)
{
	static const struct { const char *section, *mime; } list[] = {
		{ "", "Content-Type: multipart/mixed\r\n" },
		{ "1", "Content-Type: text/plain; name=\"base64\"\r\nContent-Transfer-Encoding: quoted-printable\r\n" },
		{ "2", "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n" },
		{ "3", "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n" },
		{ "4", "Content-Type: text/csv\r\nContent-Transfer-Encoding: BASE64\r\n" },
		{ "5", "Content-Type: application/zip\r\n" },
		{ "6", "Content-Type: application/zip; x=\"Content-Transfer-Encoding: base64\"\r\nContent-Transfer-Encoding: binary\r\n" },
	};
	static const char *const sealed[] = { "multipart/signed; micalg=\"x\"", "multipart/encrypted", "application/pkcs7-mime; name=\"smime.p7m\"",
		"application/x-pkcs7-signature", "application/pgp-encrypted", "application/pgp-signature", "Application/PKCS7-Signature" };
	g_autoptr(GArray) parts = parts_new();
	g_autoptr(GString) may = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(list); i++)
		parts_add(parts, list[i].section, i > 0, 9, list[i].mime);
	for (guint i = 0; i < G_N_ELEMENTS(list); i++)
		if (parts_may_unpack(parts, list[i].section))
			g_string_append(may, list[i].section);
	g_assert_cmpstr(may->str, ==, "24");
	g_assert_false(parts_may_unpack(parts, "7"));
	for (guint i = 0; i < G_N_ELEMENTS(sealed); i++) {
		g_autofree char *mime = g_strdup_printf("Content-Type: %s\r\n", sealed[i]);
		parts_add(parts, "7", 1, 9, mime);
		g_assert_false(parts_may_unpack(parts, "2"));
		g_array_set_size(parts, G_N_ELEMENTS(list));
	}
	g_assert_true(parts_may_unpack(parts, "2"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/keep/policy", test_policy);
	g_test_add_func("/store/keep/missing", test_missing);
	g_test_add_func("/store/keep/wanted", test_wanted);
	g_test_add_func("/store/bodies/sittings", test_sittings);
	g_test_add_func("/store/bodies/killed", test_killed);
	g_test_add_func("/store/bodies/forms", test_forms);
	g_test_add_func("/store/bodies/reader", test_reader);
	g_test_add_func("/store/parts/unpack", test_unpack);
	return g_test_run();
}
