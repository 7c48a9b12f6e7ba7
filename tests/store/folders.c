/* folders.c - tests of store/folders.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"

static void
test_put_and_read(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 id = put_folder(db, "Work", ROLE_NONE);

	g_assert_cmpint(put_folder(db, "Work", ROLE_ARCHIVE), ==, id);
	g_assert_true(folders_set_sync(db, id, 7, 12, 1234567890123, NULL));
	g_assert_true(folders_set_server_counts(db, id, 50, 4, NULL));
	g_assert_true(folders_set_backfill(db, id, 3, NULL));
	g_assert_true(folders_set_checked(db, id, 1700000000, NULL));
	g_autoptr(Folder) f = folders_get(db, id, NULL);
	g_assert_cmpint(f->role, ==, ROLE_ARCHIVE);
	g_assert_cmpint(f->uidvalidity, ==, 7);
	g_assert_cmpint(f->uidnext, ==, 12);
	g_assert_cmpint((gint64)f->highestmodseq, ==, 1234567890123);
	g_assert_cmpint(f->server_total, ==, 50);
	g_assert_cmpint(f->server_unseen, ==, 4);
	g_assert_cmpint(f->backfill_below, ==, 3);
	g_assert_cmpint(f->checked_at, ==, 1700000000);
	g_assert_cmpint(f->delimiter, ==, '/');
	g_autoptr(Folder) found = folders_find(db, "Work", NULL);
	g_assert_cmpint(found->id, ==, id);
	g_autoptr(Folder) role = folders_role(db, ROLE_ARCHIVE, NULL);
	g_assert_cmpint(role->id, ==, id);
	g_autoptr(GError) err = NULL;
	g_assert_null(folders_get(db, 999, &err));
	g_assert_no_error(err);
	g_assert_null(folders_find(db, "Nowhere", &err));
	g_assert_no_error(err);
}

static void
test_showing_order(void)
{
	static const struct { const char *name; FolderRole role; } put[] = {
		{ "work/zebra", ROLE_NONE }, { "Trash", ROLE_TRASH }, { "Work", ROLE_NONE }, { "Junk", ROLE_JUNK }, { "INBOX", ROLE_INBOX },
		{ "alpha", ROLE_NONE }, { "Sent", ROLE_SENT }, { "Work/b", ROLE_NONE }, { "INBOX/lists", ROLE_NONE }, { "Work-old", ROLE_NONE },
		{ "Drafts", ROLE_DRAFTS }, { "Archive", ROLE_ARCHIVE }, { "Work/a/deep", ROLE_NONE }, { "Ärger", ROLE_NONE },
	};
	static const char *const wanted[] = { "INBOX", "INBOX/lists", "Drafts", "Sent", "Archive", "Junk", "Trash" };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);

	for (guint i = 0; i < G_N_ELEMENTS(put); i++)
		put_folder(db, put[i].name, put[i].role);
	g_autoptr(GPtrArray) list = folders_list(db, NULL);
	g_assert_cmpint(list->len, ==, G_N_ELEMENTS(put));
	for (guint i = 0; i < G_N_ELEMENTS(wanted); i++)
		g_assert_cmpstr(((Folder *)list->pdata[i])->name, ==, wanted[i]);

	/* a child is right behind its parent or a sibling's family, never behind "Work-old" */
	guint at_work = 0, at_b = 0, at_deep = 0;
	for (guint i = 0; i < list->len; i++) {
		const Folder *f = list->pdata[i];
		at_work = g_str_equal(f->name, "Work") ? i : at_work;
		at_b = g_str_equal(f->name, "Work/b") ? i : at_b;
		at_deep = g_str_equal(f->name, "Work/a/deep") ? i : at_deep;
	}
	g_assert_cmpint(at_deep, ==, at_work + 1);
	g_assert_cmpint(at_b, ==, at_work + 2);
}

static void
test_gone_and_back(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 a = put_folder(db, "a", ROLE_NONE), b = put_folder(db, "b", ROLE_NONE);
	g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(gint64));

	put_message(db, b, 1, 100, 0, "kept");
	g_array_append_val(listed, a);
	g_assert_true(folders_mark_gone_except(db, listed, NULL));
	g_autoptr(GPtrArray) list = folders_list(db, NULL);
	g_assert_cmpint(list->len, ==, 1);
	g_autoptr(Folder) gone = folders_get(db, b, NULL);
	g_assert_true(gone->gone);
	g_assert_cmpint(gone->total, ==, 1);
	g_assert_cmpint(put_folder(db, "b", ROLE_NONE), ==, b);
	g_autoptr(Folder) back = folders_get(db, b, NULL);
	g_assert_false(back->gone);
	g_assert_true(folders_remove(db, b, NULL));
	g_assert_null(folders_get(db, b, NULL));
	g_assert_cmpint(messages_id_of_uid(db, b, 1), ==, 0);
}

/* what a count of the server from before the last act says does not outlive the act */
static void
test_counts_shown(void)
{
	static const struct { guint32 below, total, unseen, server_total, server_unseen, shown_total, shown_unseen; } cases[] = {
		{ 1, 236, 7, 236, 11, 236, 7 },		/* all headers are here: ours */
		{ 1, 3, 3, 0, 0, 3, 3 },
		{ 40, 60, 2, 100, 9, 100, 9 },		/* some are: the server knows more */
		{ 40, 60, 12, 58, 9, 60, 12 },
		{ 0, 0, 0, 100, 9, 100, 9 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Folder f = { .backfill_below = cases[i].below, .total = cases[i].total, .unseen = cases[i].unseen,
			.server_total = cases[i].server_total, .server_unseen = cases[i].server_unseen };
		g_assert_cmpuint(folder_total(&f), ==, cases[i].shown_total);
		g_assert_cmpuint(folder_unseen(&f), ==, cases[i].shown_unseen);
	}
}

/* P12: a folder that is listed twice, or under one wire name with two spellings of the rest, is one row */
static void
test_listed_twice(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 id = put_folder(db, "INBOX", ROLE_INBOX);

	g_assert_cmpint(put_folder(db, "INBOX", ROLE_NONE), ==, id);
	g_autoptr(GPtrArray) list = folders_list(db, NULL);
	g_assert_cmpint(list->len, ==, 1);
}

/* P7: whatever a server calls its folder is a value in a row, nothing else */
static void
test_names_are_values(void)
{
	static const char *const names[] = { "../../etc/passwd", "/", "-rf", "a'; DROP TABLE message; --", "%s%n", "", "x/../y" };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		gint64 id = put_folder(db, names[i], ROLE_NONE);
		g_autoptr(Folder) f = folders_find(db, names[i], NULL);
		g_assert_cmpint(f->id, ==, id);
		g_assert_cmpstr(f->name, ==, names[i]);
	}
	g_autoptr(GPtrArray) list = folders_list(db, NULL);
	g_assert_cmpint(list->len, ==, G_N_ELEMENTS(names));
}

static void
check_counts(Db *db, gint64 id, guint total, guint unseen, guint recent)
{
	g_autoptr(Folder) f = folders_get(db, id, NULL);

	g_assert_cmpint(f->total, ==, total);
	g_assert_cmpint(f->unseen, ==, unseen);
	g_assert_cmpint(f->recent, ==, recent);
}

static void
test_counts_are_exact(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 id = put_folder(db, "INBOX", ROLE_INBOX);

	for (guint32 uid = 1; uid <= 10; uid++)
		put_message(db, id, uid, uid * 100000, uid % 2 ? FLAG_SEEN : FLAG_RECENT, "m");
	check_counts(db, id, 10, 5, 5);
	put_message(db, id, 2, 200000, FLAG_SEEN, "again");	/* the same message once more, now read */
	check_counts(db, id, 10, 4, 4);
	g_assert_true(journal_flag(db, messages_id_of_uid(db, id, 4), FLAG_SEEN, true, NULL));
	check_counts(db, id, 10, 3, 4);
	g_assert_true(messages_server_flags(db, id, 1, 0, NULL, 0, NULL, NULL));
	check_counts(db, id, 10, 4, 4);
	guint n = 0;
	g_assert_true(messages_remove_range(db, id, 1, 3, &n, NULL));
	g_assert_cmpint(n, ==, 3);
	check_counts(db, id, 7, 3, 4);
	g_assert_true(messages_remove_uid(db, id, 4, NULL));
	check_counts(db, id, 6, 3, 3);
	g_assert_true(folders_reset(db, id, 8, NULL));
	check_counts(db, id, 0, 0, 0);
}

/* P9: in pieces; whoever stops between two of them finds the old marks, and begins again */
static void
test_clear_in_pieces(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 id = put_folder(db, "INBOX", ROLE_INBOX), other = put_folder(db, "other", ROLE_NONE);
	bool left = false;

	g_assert_true(folders_set_sync(db, id, 7, 11, 99, NULL) && folders_set_backfill(db, id, 1, NULL));
	put_message(db, other, 1, 1, 0, "stays");
	for (guint32 uid = 1; uid <= 10; uid++)
		put_message(db, id, uid, uid * 100000, 0, "m");
	for (int n = 6; n > 0; n -= 4) {
		g_assert_true(folders_clear_piece(db, id, 4, &left, NULL));
		g_assert_true(left);
		check_counts(db, id, (guint)n, (guint)n, 0);
		g_autoptr(Folder) f = folders_get(db, id, NULL);
		g_assert_cmpint(f->uidvalidity, ==, 7);
		g_assert_cmpint(f->backfill_below, ==, 1);
	}
	g_assert_true(folders_clear_piece(db, id, 4, &left, NULL));
	g_assert_false(left);
	g_assert_true(folders_reset(db, id, 8, NULL));
	check_counts(db, id, 0, 0, 0);
	check_counts(db, other, 1, 1, 0);
}

/* P9: after a new UIDVALIDITY nothing of the old one stays, and an old one can't come back by mistake */
static void
test_uidvalidity(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 id = put_folder(db, "INBOX", ROLE_INBOX);
	g_autoptr(GBytes) body = g_bytes_new_static("old", 3);

	g_assert_true(folders_set_sync(db, id, 7, 2, 99, NULL));
	gint64 m = put_message(db, id, 1, 100, 0, "old");
	g_assert_true(bodies_put(db, m, "", body, NULL));
	gint64 wished = put_message(db, id, 2, 100, 0, "wished");
	g_assert_true(journal_flag(db, wished, FLAG_FLAGGED, true, NULL));

	g_autoptr(GError) err = NULL;
	g_assert_false(folders_set_sync(db, id, 8, 2, 99, &err));
	g_assert_error(err, EIL_ERROR, EIL_BROKEN);
	g_assert_true(folders_reset(db, id, 8, NULL));
	g_autoptr(Folder) f = folders_get(db, id, NULL);
	g_assert_cmpint(f->uidvalidity, ==, 8);
	g_assert_cmpint(f->uidnext, ==, 0);
	g_assert_cmpint((gint64)f->highestmodseq, ==, 0);
	g_assert_cmpint(f->total, ==, 1);	/* it waits to be recognised */
	g_assert_null(messages_get(db, m, NULL));
	g_assert_false(bodies_has(db, m, ""));
	g_autoptr(Message) waits = messages_get(db, wished, NULL);
	g_assert_cmpuint(waits->uid, ==, 0);
	g_assert_cmpint(journal_count(db, WISH_WAITING), ==, 1);
	g_autoptr(GPtrArray) ready = journal_ready(db, G_MAXINT32, 10, NULL);
	g_assert_cmpint(ready->len, ==, 0);

	Message late = { .folder = id, .uidvalidity = 7, .uid = 5 };
	g_clear_error(&err);
	g_assert_cmpint(messages_put(db, &late, &err), ==, 0);
	g_assert_nonnull(err);
}

/* P9: an empty folder where there was mail must be empty twice, ten minutes apart */
static void
test_empty_is_asked_twice(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 id = put_folder(db, "INBOX", ROLE_INBOX);
	bool sure = false;

	put_message(db, id, 1, 100, 0, "m");
	g_assert_true(folders_empty_is_sure(db, id, 1000, &sure, NULL));
	g_assert_true(sure);
	for (guint32 uid = 2; uid <= FOLDER_EMPTY_FEW; uid++)
		put_message(db, id, uid, 100 + uid, 0, "m");
	g_assert_true(folders_empty_is_sure(db, id, 1000, &sure, NULL));
	g_assert_false(sure);
	g_assert_true(folders_empty_is_sure(db, id, 1000 + FOLDER_EMPTY_WAIT_S - 1, &sure, NULL));
	g_assert_false(sure);
	g_assert_true(folders_set_server_counts(db, id, 3, 0, NULL));	/* it was an accident */
	g_assert_true(folders_empty_is_sure(db, id, 1000 + FOLDER_EMPTY_WAIT_S, &sure, NULL));
	g_assert_false(sure);
	g_assert_true(folders_set_server_counts(db, id, 0, 0, NULL));
	g_assert_true(folders_empty_is_sure(db, id, 1000 + 2 * FOLDER_EMPTY_WAIT_S, &sure, NULL));
	g_assert_true(sure);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/P9/clear-in-pieces", test_clear_in_pieces);
	g_test_add_func("/store/folders/put-and-read", test_put_and_read);
	g_test_add_func("/store/folders/showing-order", test_showing_order);
	g_test_add_func("/store/folders/gone-and-back", test_gone_and_back);
	g_test_add_func("/store/folders/P12/listed-twice", test_listed_twice);
	g_test_add_func("/store/folders/P7/names-are-values", test_names_are_values);
	g_test_add_func("/store/folders/counts-are-exact", test_counts_are_exact);
	g_test_add_func("/store/folders/counts-shown", test_counts_shown);
	g_test_add_func("/store/folders/P9/uidvalidity", test_uidvalidity);
	g_test_add_func("/store/folders/P9/empty-is-asked-twice", test_empty_is_asked_twice);
	return g_test_run();
}
