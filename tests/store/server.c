/* server.c - tests of store/server and of what folders know of the server: namespaces, quota, rights, names that stay.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "store/server.h"

static void
test_namespaces(void)
{
	g_autoptr(Db) db = db_open(":memory:", DB_WRITER, NULL);
	g_autoptr(GPtrArray) none = namespaces_get(db), spaces = namespaces_new();
	char delimiter = 'x';

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpint(namespaces_of(none, "shared/bob"), ==, SPACE_PERSONAL);
	namespaces_add(spaces, SPACE_PERSONAL, "INBOX.", '.');
	namespaces_add(spaces, SPACE_OTHERS, "shared.", '.');
	namespaces_add(spaces, SPACE_SHARED, "Public folders.", '.');
	namespaces_add(spaces, SPACE_SHARED, "#news.", '.');
	g_assert_true(db_begin(db, NULL) && namespaces_set(db, spaces, NULL) && db_commit(db, NULL));
	g_autoptr(GPtrArray) got = namespaces_get(db);
	g_assert_cmpuint(got->len, ==, 4);
	static const struct { const char *wire; FolderSpace space; } cases[] = {
		{ "INBOX", SPACE_PERSONAL }, { "INBOX.Sent", SPACE_PERSONAL }, { "shared.bob.INBOX", SPACE_OTHERS }, { "shared", SPACE_OTHERS },
		{ "sharedness", SPACE_PERSONAL }, { "Public folders.x", SPACE_SHARED }, { "#news.comp", SPACE_SHARED }, { "else", SPACE_PERSONAL },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(namespaces_of(got, cases[i].wire), ==, cases[i].space);
	g_autofree char *own = namespaces_personal(db, &delimiter);
	g_assert_cmpstr(own, ==, "INBOX.");
	g_assert_cmpint(delimiter, ==, '.');
}

static void
test_quota(void)
{
	g_autoptr(Db) db = db_open(":memory:", DB_WRITER, NULL);
	Quota q = quota_get(db), set = { .used = 950, .limit = 1000, .messages = 3, .messages_limit = 0 };

	g_assert_false(q.told);
	g_assert_cmpuint(quota_percent(&q), ==, 0);
	g_assert_true(db_begin(db, NULL) && quota_set(db, &set, NULL) && db_commit(db, NULL));
	q = quota_get(db);
	g_assert_true(q.told);
	g_assert_cmpuint(quota_percent(&q), ==, 95);
	q.messages_limit = 2;
	g_assert_cmpuint(quota_percent(&q), ==, 150);
}

static gint64
put(Db *db, const char *wire, const char *mailbox_id, const char *rights)
{
	g_autoptr(Folder) f = folder_new();
	f->wire = g_strdup(wire);
	f->name = g_strdup(wire);
	f->mailbox_id = g_strdup(mailbox_id);
	f->rights = g_strdup(rights);
	f->space = SPACE_OTHERS;
	return folders_put(db, f, NULL);
}

static void
test_folder(void)
{
	g_autoptr(Db) db = db_open(":memory:", DB_WRITER, NULL);
	g_autoptr(GError) err = NULL;

	g_assert_true(db_begin(db, NULL));
	gint64 id = put(db, "a", "F1", "lrs"), other = put(db, "b", NULL, NULL);
	g_assert_cmpint(put(db, "a", NULL, NULL), ==, id);	/* what is not told again stays */
	g_assert_true(folders_set_size(db, id, 5000000000, NULL));
	g_autoptr(Folder) f = folders_by_mailbox_id(db, "F1", NULL);
	g_assert_cmpint(f->id, ==, id);
	g_assert_cmpint(f->space, ==, SPACE_OTHERS);
	g_assert_cmpuint(f->server_size, ==, 5000000000);
	g_assert_true(folder_may(f, 's') && !folder_may(f, 'i') && !folder_may(f, 'e'));
	g_assert_true(folders_set_rights(db, other, "lrsd", NULL));
	g_autoptr(Folder) old = folders_get(db, other, NULL);
	g_assert_true(folder_may(old, 'e') && folder_may(old, 't') && !folder_may(old, 'k'));
	g_assert_false(folders_rename(db, id, "b", "b", &err));
	g_assert_true(error_is(err, EIL_REFUSED));
	g_assert_true(folders_rename(db, id, "c", "c", NULL));
	g_autoptr(Folder) renamed = folders_find(db, "c", NULL);
	g_assert_cmpint(renamed->id, ==, id);
	g_autoptr(Folder) gone = folders_find(db, "a", NULL);
	g_assert_null(gone);
	g_assert_true(db_commit(db, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/server/namespaces", test_namespaces);
	g_test_add_func("/store/server/quota", test_quota);
	g_test_add_func("/store/server/folder", test_folder);
	return g_test_run();
}
