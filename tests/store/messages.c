/* messages.c - tests of store/messages and store/page.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "store/db_private.h"

static void
test_put_and_read(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	Message in = {
		.folder = folder, .uidvalidity = 7, .uid = 4294967295u, .flags = FLAG_SEEN, .server_flags = FLAG_SEEN,
		.keywords = (char *)"work $Junk", .received = 1700000000, .sent = -5, .size = 5000000000, .modseq = 1ull << 62,
		.traits = TRAIT_ATTACHMENT, .subject = (char *)"Grüße", .from_name = (char *)"Ä", .from_address = (char *)"a@b",
		.to = (char *)"t", .cc = (char *)"c", .reply_to = (char *)"r", .message_id = (char *)"<i>", .in_reply_to = (char *)"<p>",
		.references = (char *)"<q> <p>", .structure = (char *)"(text plain)",
	};

	gint64 id = messages_put(db, &in, NULL);
	g_autoptr(Message) m = messages_find_uid(db, folder, in.uid, NULL);
	g_assert_cmpint(m->id, ==, id);
	g_assert_cmpint(m->uid, ==, in.uid);
	g_assert_cmpint(m->flags, ==, FLAG_SEEN);
	g_assert_cmpstr(m->keywords, ==, "work $Junk");
	g_assert_cmpint(m->received, ==, 1700000000);
	g_assert_cmpint(m->sent, ==, -5);
	g_assert_cmpuint(m->size, ==, 5000000000);
	g_assert_cmpuint(m->modseq, ==, 1ull << 62);
	g_assert_cmpint(m->traits, ==, TRAIT_ATTACHMENT);
	g_assert_cmpstr(m->subject, ==, "Grüße");
	g_assert_cmpstr(m->cc, ==, "c");
	g_assert_cmpstr(m->reply_to, ==, "r");
	g_assert_cmpstr(m->references, ==, "<q> <p>");
	g_assert_cmpstr(m->structure, ==, "(text plain)");
	g_assert_false(m->body_here);

	/* a later, poorer fetch takes nothing away */
	Message poor = { .folder = folder, .uidvalidity = 7, .uid = in.uid, .flags = 0, .server_flags = 0 };
	g_assert_cmpint(messages_put(db, &poor, NULL), ==, id);
	g_autoptr(Message) again = messages_get(db, id, NULL);
	g_assert_cmpstr(again->structure, ==, "(text plain)");
	g_assert_cmpstr(again->subject, ==, "Grüße");
	g_assert_cmpint(again->received, ==, 1700000000);
	g_assert_cmpint(again->traits, ==, TRAIT_ATTACHMENT);
	g_assert_cmpint(again->flags, ==, 0);
	g_assert_null(messages_get(db, id + 1, NULL));
	g_assert_null(messages_find_uid(db, folder, 1, NULL));
}

/* a block of new ones goes by one statement, and must leave what the single way leaves */
static void
test_put_many(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX), other = put_folder(db, "other", ROLE_NONE);
	gint64 early = put_message(db, folder, 70, 100, 0, "was here"), ids[100];
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)message_free);

	put_message(db, other, 5, 100, 0, "elsewhere");
	for (guint i = 0; i < 100; i++) {
		Message *m = message_new();
		*m = (Message){ .folder = folder, .uidvalidity = 7, .uid = i + 1, .received = 1000 + i, .sent = i, .size = i, .modseq = i,
			.flags = i % 3 ? FLAG_SEEN : 0, .server_flags = i % 3 ? FLAG_SEEN : 0, .traits = TRAIT_ATTACHMENT };
		m->subject = g_strdup_printf("m%u", i);
		m->keywords = i % 2 ? g_strdup("work") : NULL;
		m->message_id = g_strdup_printf("<%u@x>", i);
		m->references = g_strdup("<a> <b>");
		g_ptr_array_add(all, m);
	}
	must_begin(db);
	g_assert_true(messages_put_many(db, (Message *const *)all->pdata, 100, ids, NULL));
	must_commit(db);
	g_autoptr(Folder) f = folders_get(db, folder, NULL);
	g_assert_cmpint(f->total, ==, 100);
	g_assert_cmpint(f->unseen, ==, 34);
	for (guint i = 0; i < 100; i++) {
		g_autoptr(Message) m = messages_find_uid(db, folder, i + 1, NULL);
		g_autofree char *subject = g_strdup_printf("m%u", i), *name = g_strdup_printf("<%u@x>", i);
		g_assert_cmpint(m->id, ==, ids[i]);
		g_assert_cmpstr(m->subject, ==, subject);
		g_assert_cmpstr(m->message_id, ==, name);
		g_assert_cmpstr(m->references, ==, "<a> <b>");
		g_assert_cmpstr(m->keywords, ==, i % 2 ? "work" : NULL);
		g_assert_cmpint(m->received, ==, 1000 + i);
		g_assert_cmpuint(m->modseq, ==, i);
		g_assert_cmpint(m->flags, ==, i % 3 ? FLAG_SEEN : 0);
		g_assert_cmpint(m->traits, ==, TRAIT_ATTACHMENT);
	}
	g_assert_cmpint(ids[69], ==, early);
	/* again: nothing is doubled, and ids stay */
	gint64 again[100];
	must_begin(db);
	g_assert_true(messages_put_many(db, (Message *const *)all->pdata, 100, again, NULL));
	must_commit(db);
	g_assert_cmpmem(ids, sizeof ids, again, sizeof again);
	g_assert_cmpint(messages_count_range(db, folder, 1, 100), ==, 100);
	/* an id that was used is not used again */
	must_begin(db);
	g_assert_true(messages_remove_range(db, folder, 1, 100, NULL, NULL));
	g_assert_true(messages_put_many(db, (Message *const *)all->pdata, 100, again, NULL));
	must_commit(db);
	for (guint i = 0; i < 100; i++)
		for (guint k = 0; k < 100; k++)
			g_assert_cmpint(again[i], !=, ids[k]);
}

/* P10: the same UID in two folders is two messages */
static void
test_key_has_folder(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 a = put_folder(db, "a", ROLE_NONE), b = put_folder(db, "b", ROLE_NONE);
	gint64 in_a = put_message(db, a, 1, 100, 0, "in a"), in_b = put_message(db, b, 1, 100, 0, "in b");

	g_assert_cmpint(in_a, !=, in_b);
	g_autoptr(Message) m = messages_find_uid(db, b, 1, NULL);
	g_assert_cmpstr(m->subject, ==, "in b");
	g_autoptr(GArray) page = messages_page(db, a, NULL, NULL, false, true, 10, 0, NULL, NULL, NULL);
	g_assert_cmpint(page->len, ==, 1);
	g_assert_cmpstr(g_array_index(page, MessageRow, 0).subject, ==, "in a");
}

/* P12: the same message twice is one row */
static void
test_twice_is_one(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "a", ROLE_NONE);
	gint64 id = put_message(db, folder, 1, 100, 0, "first");

	g_assert_cmpint(put_message(db, folder, 1, 200, 0, "second"), ==, id);
	g_assert_cmpint(messages_count_range(db, folder, 1, 10), ==, 1);
	MessageKey key;
	g_assert_true(messages_key_at(db, folder, 0, &key));
	g_assert_cmpint(key.received, ==, 200);
	g_assert_false(messages_key_at(db, folder, 1, &key));
}

static void
test_pages(void)
{
	enum { N = 997, PAGE = 40 };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "a", ROLE_NONE);

	for (guint32 uid = 1; uid <= N; uid++)	/* seven arrive in each second */
		put_message(db, folder, uid, 1000000 + uid / 7 * 5000, 0, "m");
	for (int newer = 0; newer <= 1; newer++) {
		g_autofree MessageKey *from = NULL;
		guint seen = 0;
		for (;;) {
			g_autoptr(GArray) page = messages_page(db, folder, NULL, from, newer, false, PAGE, 0, NULL, NULL, NULL);
			for (guint i = 0; i < page->len; i++, seen++)
				g_assert_cmpint(g_array_index(page, MessageRow, i).key.uid, ==, newer ? seen + 1 : N - seen);
			if (page->len < PAGE)
				break;
			g_free(from);
			from = g_memdup2(&g_array_index(page, MessageRow, PAGE - 1).key, sizeof *from);
		}
		g_assert_cmpint(seen, ==, N);
	}
	for (guint at = 0; at < N; at += 13) {
		MessageKey key;
		g_assert_true(messages_key_at(db, folder, at, &key));
		g_assert_cmpint(key.uid, ==, N - at);
		g_assert_cmpint(messages_count_newer(db, folder, &key), ==, at);
		g_autoptr(GArray) page = messages_page(db, folder, NULL, &key, false, true, 1, 0, NULL, NULL, NULL);
		g_assert_cmpint(g_array_index(page, MessageRow, 0).key.id, ==, key.id);
		MessageKey same;
		g_assert_true(messages_key(db, key.id, &same));
		g_assert_cmpint(same.uid, ==, key.uid);
	}
}

/* dates before 1970 and far ahead: INTERNALDATE is the server's to say */
static void
test_odd_dates(void)
{
	static const gint64 dates[] = { -70000000000, -65536, -1, 0, 1, 65535, 65536, 253402300799 };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "a", ROLE_NONE);
	guint n = G_N_ELEMENTS(dates);

	for (guint i = 0; i < n; i++)
		put_message(db, folder, i + 1, dates[i], 0, "m");
	for (guint at = 0; at < n; at++) {
		MessageKey key;
		g_assert_true(messages_key_at(db, folder, at, &key));
		g_assert_cmpint(key.received, ==, dates[n - 1 - at]);
		g_assert_cmpint(messages_count_newer(db, folder, &key), ==, at);
	}
}

static void
test_row(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "a", ROLE_NONE);
	gint64 id = put_message(db, folder, 1, 100, FLAG_FLAGGED, "subject");
	MessageRow row;

	g_assert_true(messages_row(db, id, &row, NULL));
	g_assert_cmpstr(row.subject, ==, "subject");
	g_assert_cmpstr(row.from_address, ==, "anna@example.org");
	g_assert_cmpint(row.flags, ==, FLAG_FLAGGED);
	message_row_clear(&row);
	g_assert_false(messages_row(db, id + 1, &row, NULL));
}

static void
test_uids(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "a", ROLE_NONE);
	guint n;

	g_assert_cmpint(messages_max_uid(db, folder), ==, 0);
	for (guint32 uid = 10; uid <= 100; uid += 10)
		put_message(db, folder, uid, 1000 - uid, uid == 50 ? FLAG_SEEN : 0, "m");
	g_autoptr(GArray) uids = messages_uids(db, folder, 20, 70, NULL);
	g_assert_cmpint(uids->len, ==, 6);
	g_assert_cmpint(g_array_index(uids, MessageUid, 3).uid, ==, 50);
	g_assert_cmpint(g_array_index(uids, MessageUid, 3).server_flags, ==, FLAG_SEEN);
	g_assert_cmpint(messages_max_uid(db, folder), ==, 100);
	g_assert_cmpint(messages_count_range(db, folder, 1, 55), ==, 5);
	g_assert_true(messages_remove_range(db, folder, 15, 45, &n, NULL));
	g_assert_cmpint(n, ==, 3);
	g_assert_cmpint(messages_count_range(db, folder, 1, G_MAXUINT32), ==, 7);
	Message zero = { .folder = folder, .uidvalidity = 7, .uid = 0 };
	g_assert_cmpint(messages_put(db, &zero, NULL), ==, 0);
}

static void
test_server_flags_say_changed(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "a", ROLE_NONE);
	bool changed = true;

	put_message(db, folder, 1, 1, 0, "m");
	g_assert_true(messages_server_flags(db, folder, 1, 0, NULL, 5, &changed, NULL));
	g_assert_false(changed);
	g_assert_true(messages_server_flags(db, folder, 1, FLAG_SEEN, NULL, 6, &changed, NULL));
	g_assert_true(changed);
	g_assert_true(messages_server_flags(db, folder, 1, FLAG_SEEN, "label", 7, &changed, NULL));
	g_assert_true(changed);
	g_assert_true(messages_server_flags(db, folder, 1, FLAG_SEEN, "label", 7, &changed, NULL));
	g_assert_false(changed);
	g_assert_true(messages_server_flags(db, folder, 99, FLAG_SEEN, NULL, 7, &changed, NULL));	/* not here: no harm */
	g_assert_false(changed);
	g_autoptr(Message) m = messages_find_uid(db, folder, 1, NULL);
	g_assert_cmpuint(m->modseq, ==, 7);
	g_assert_cmpstr(m->keywords, ==, "label");
}

/* The promise behind 1,000,000 rows: every question of the list walks an index and sorts nothing. */
static void
test_plans(void)
{
	static const char *const questions[] = {
		"SELECT id FROM message INDEXED BY message_order WHERE folder = 1 AND (received, uid) < (5, 6) ORDER BY received DESC, uid DESC",
		"SELECT id FROM message INDEXED BY message_order WHERE folder = 1 AND (received, uid) >= (5, 6) ORDER BY received ASC, uid ASC",
		"SELECT id FROM message INDEXED BY message_unseen WHERE (flags & 1) = 0 AND folder = 1 AND (received, uid) < (5, 6)"
		" ORDER BY received DESC, uid DESC",
		"SELECT id FROM message INDEXED BY message_flagged WHERE (flags & 4) <> 0 AND folder = 1 AND (received, uid) < (5, 6)"
		" ORDER BY received DESC, uid DESC",
		"SELECT uid, server_flags FROM message WHERE folder = 1 AND uid BETWEEN 2 AND 3 ORDER BY uid",
		"SELECT max(uid) FROM message WHERE folder = 1",
		"SELECT data FROM piece WHERE id >= 5 << 16 AND id < 6 << 16 ORDER BY id",
		"SELECT id FROM body WHERE message = 1 AND section = '' AND done = 1",
		"SELECT id FROM wish WHERE message = 1 AND flag = 1 AND kind = 0 AND state = 0",
	};
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);

	for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
		g_autofree char *sql = g_strconcat("EXPLAIN QUERY PLAN ", questions[i], NULL);
		g_autoptr(Stmt) st = db_stmt(db, sql, NULL);
		bool row;
		g_assert_nonnull(st);
		while (db_next(db, st, &row, NULL) && row) {
			g_autofree char *step = stmt_dup(st, 3);
			g_test_message("%s", step);
			g_assert_true(g_str_has_prefix(step, "SEARCH"));
		}
	}
}

static Message *
a_message(gint64 folder, guint32 uid)
{
	Message *m = message_new();

	*m = (Message){ .folder = folder, .uidvalidity = 7, .uid = uid, .received = 1200000000 + (gint64)(uid % 40) * 20000 + uid, .sent = uid, .size = uid,
		.flags = (uid % 3 ? FLAG_SEEN : 0) | (uid % 7 ? 0 : FLAG_RECENT) | (uid % 5 ? 0 : FLAG_FLAGGED) };
	m->server_flags = m->flags;
	m->subject = g_strdup_printf("m%u", uid);
	return m;
}

/* Counts and days of a folder, as text. */
static char *
counted(Db *db, gint64 folder)
{
	g_autoptr(GString) s = g_string_new(NULL);
	g_autoptr(Folder) f = folders_get(db, folder, NULL);
	g_autoptr(Stmt) st = db_stmt(db, "SELECT day, n FROM day WHERE folder = ?1 ORDER BY day", NULL);
	bool row = true;

	g_string_printf(s, "%u %u %" G_GINT64_FORMAT ":", f->total, f->unseen, db_int(db, -1, "SELECT recent FROM folder WHERE id = ?1", INTS(folder)));
	stmt_int(st, 1, folder);
	while (db_next(db, st, &row, NULL) && row)
		g_string_append_printf(s, " %d/%d", sqlite3_column_int(st, 0), sqlite3_column_int(st, 1));
	return g_string_free(g_steal_pointer(&s), FALSE);
}

/* Hundreds of rows go past the triggers: what these would have done is done all the same, and nothing stays without them. */
static void
test_put_hundreds(void)
{
	enum { N = 1000 };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 many = put_folder(db, "many", ROLE_NONE), single = put_folder(db, "single", ROLE_NONE), ids[N];
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)message_free);
	g_autoptr(GError) err = NULL;

	for (guint32 uid = 1; uid <= N; uid++) {
		g_autoptr(Message) one = a_message(single, uid);
		g_ptr_array_add(all, a_message(many, uid));
		g_assert_cmpint(messages_put(db, one, NULL), !=, 0);
	}
	put_message(db, many, 500, 1200000000, 0, "in the middle of a block: was here");
	must_begin(db);
	g_assert_true(messages_put_many(db, (Message *const *)all->pdata, N, ids, NULL));
	must_commit(db);
	g_autofree char *wanted = counted(db, single), *got = counted(db, many);
	g_assert_cmpstr(got, ==, wanted);
	/* and the triggers are on again */
	g_assert_true(messages_remove_range(db, many, 1, N, NULL, NULL) && messages_remove_range(db, single, 1, N, NULL, NULL));
	g_autofree char *empty = counted(db, single), *emptied = counted(db, many);
	g_assert_cmpstr(emptied, ==, empty);
	g_assert_true(g_str_has_prefix(empty, "0 0 0:"));
	/* P10: rows of another UIDVALIDITY are refused as ever, and the triggers are on after that too */
	must_begin(db);
	g_assert_true(folders_set_sync(db, many, 8, 1, 0, NULL));
	must_commit(db);
	must_begin(db);
	g_assert_false(messages_put_many(db, (Message *const *)all->pdata, N, ids, &err));
	g_assert_nonnull(err);
	db_rollback(db);
	g_autofree char *still = counted(db, many);
	g_assert_cmpstr(still, ==, empty);
	g_assert_cmpint(put_message(db, single, 9, 100, 0, "counted"), !=, 0);
	g_autofree char *one = counted(db, single);
	g_assert_true(g_str_has_prefix(one, "1 1 "));
}

/* The second connection looks at no foreign key: what is on its way for a folder that went must not come in without one. */
static void
test_put_many_folder_gone(void)
{
	enum { N = 300 };
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)message_free);
	g_autoptr(GError) err = NULL;
	gint64 ids[N];
	Db *db = must_open(path, DB_WRITER);
	gint64 gone = put_folder(db, "gone", ROLE_NONE);
	Db *beside = db_beside(db, &err);

	g_assert_no_error(err);
	for (guint32 uid = 1; uid <= N; uid++)
		g_ptr_array_add(all, a_message(gone, uid));
	must_begin(db);
	g_assert_true(db_run_ints(db, &err, "DELETE FROM folder WHERE id = ?1", INTS(gone)));
	must_commit(db);
	must_begin(beside);
	g_assert_false(messages_put_many(beside, (Message *const *)all->pdata, N, ids, &err));
	g_assert_error(err, EIL_ERROR, EIL_REFUSED);
	db_rollback(beside);
	g_assert_cmpint(db_int(db, -1, "SELECT count(*) FROM message", NULL, 0), ==, 0);
	db_close(beside);
	db_close(db);
	remove_tree(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/messages/put-many", test_put_many);
	g_test_add_func("/store/messages/put-many-folder-gone", test_put_many_folder_gone);
	g_test_add_func("/store/messages/P10/put-hundreds", test_put_hundreds);
	g_test_add_func("/store/messages/put-and-read", test_put_and_read);
	g_test_add_func("/store/messages/P10/key-has-folder", test_key_has_folder);
	g_test_add_func("/store/messages/P12/twice-is-one", test_twice_is_one);
	g_test_add_func("/store/messages/pages", test_pages);
	g_test_add_func("/store/messages/odd-dates", test_odd_dates);
	g_test_add_func("/store/messages/row", test_row);
	g_test_add_func("/store/messages/uids", test_uids);
	g_test_add_func("/store/messages/server-flags-say-changed", test_server_flags_say_changed);
	g_test_add_func("/store/messages/plans", test_plans);
	return g_test_run();
}
