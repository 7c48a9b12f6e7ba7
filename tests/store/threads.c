/* threads.c - what belongs together, in whatever order it comes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "store/threads.h"

#include <string.h>

static gint64
put(Db *db, gint64 folder, guint32 uid, const char *id, const char *answers, const char *references)
{
	Message m = { .folder = folder, .uidvalidity = 7, .uid = uid, .received = 1000 + uid, .message_id = (char *)id,
		.in_reply_to = (char *)answers, .references = (char *)references };
	return messages_put(db, &m, NULL);
}

static void
fill(Db *db)
{
	bool left = true;
	while (left)
		g_assert_true(threads_fill(db, 2, NULL, NULL, &left, NULL));
	g_assert_false(threads_left(db));
}

/* The UIDs of the thread of that message, as text. */
static char *
thread_text(Db *db, gint64 message)
{
	g_autoptr(GArray) ids = threads_messages(db, message, NULL);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < ids->len; i++) {
		g_autoptr(Message) m = messages_get(db, g_array_index(ids, gint64, i), NULL);
		g_string_append_printf(text, "%s%u", i ? " " : "", m->uid);
	}
	return g_string_free(text, FALSE);
}

#define ASSERT_THREAD(db, message, wanted) do { \
	g_autofree char *text_ = thread_text(db, message); \
	g_assert_cmpstr(text_, ==, wanted); \
} while (0)

typedef struct { const char *id, *answers, *references; } Mail;

/* Each line is one mail of one thread; all orders of arrival give the same. */
static const Mail one_thread[] = {
	{ "<a@x>", NULL, NULL },
	{ "<b@x>", "<a@x>", NULL },			/* no References */
	{ "<c@x>", "<b@x>", "<a@x> <b@x>" },
	{ "<d@x>", NULL, "<a@x>\r\n <gone@x>" },	/* a link that never came */
	{ NULL, "your mail <c@x> of Monday", NULL },	/* no id of its own */
};

static void
test_any_order(void)
{
	enum { N = G_N_ELEMENTS(one_thread) };
	for (guint order = 0; order < 120; order++) {
		Db *db = must_open(":memory:", DB_WRITER);
		guint left[N] = { 0, 1, 2, 3, 4 }, rest = order;
		gint64 first = 0;
		must_begin(db);
		gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
		for (guint n = N; n > 0; rest /= n, n--) {
			guint at = rest % n, which = left[at];
			gint64 id = put(db, folder, which + 1, one_thread[which].id, one_thread[which].answers, one_thread[which].references);
			first = which == 0 ? id : first;
			memmove(left + at, left + at + 1, (n - at - 1) * sizeof *left);
			if (order % 2)
				fill(db);
		}
		gint64 other = put(db, folder, 9, "<other@x>", "<A@X>", NULL);	/* case counts */
		fill(db);
		ASSERT_THREAD(db, first, "1 2 3 4 5");
		ASSERT_THREAD(db, other, "9");
		must_commit(db);
		db_close(db);
	}
}

static void
test_parent_and_folders(void)
{
	Db *db = must_open(":memory:", DB_WRITER);
	must_begin(db);
	gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX), sent = put_folder(db, "Sent", ROLE_SENT);
	gint64 a = put(db, inbox, 1, "<a@x>", NULL, NULL), b = put(db, sent, 1, "<b@x>", "<a@x>", "<a@x>");
	gint64 c = put(db, inbox, 2, "<c@x>", "<b@x>", "<a@x> <b@x>"), d = put(db, inbox, 3, "<d@x>", NULL, "<a@x> <b@x> <c@x>");
	fill(db);
	ASSERT_THREAD(db, a, "1 2 3");	/* the answer between them lies elsewhere */
	ASSERT_THREAD(db, b, "1");
	g_assert_cmpint(threads_parent(db, d), ==, c);
	g_assert_cmpint(threads_parent(db, c), ==, 0);
	g_assert_cmpint(threads_parent(db, a), ==, 0);
	/* what is gone is gone, what hung on it stays together */
	g_assert_true(messages_remove_uid(db, inbox, 2, NULL));
	ASSERT_THREAD(db, a, "1 3");
	g_assert_cmpint(threads_parent(db, d), ==, 0);
	gint64 e = put(db, inbox, 4, "<e@x>", "<c@x>", NULL);
	ASSERT_THREAD(db, e, "4");	/* not yet looked at: alone */
	g_assert_true(threads_left(db));
	fill(db);
	ASSERT_THREAD(db, e, "1 3 4");
	must_commit(db);
	db_close(db);
}

/* Bad fields end in a thread of their own, and a chain of 10,000 costs no more than its ends. */
static void
test_bad(void)
{
	static const char *const bad[] = { "", "<>", "<", "no id", "<a", "a>", "<<>>", "< >" };
	Db *db = must_open(":memory:", DB_WRITER);
	g_autoptr(GString) chain = g_string_new(NULL);
	must_begin(db);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);

	for (guint i = 0; i < 5000; i++)
		g_string_append_printf(chain, "<%u@x> ", i);
	gint64 root = put(db, folder, 1, "<0@x>", NULL, NULL), last = put(db, folder, 2, "<last@x>", NULL, chain->str);
	gint64 middle = put(db, folder, 3, "<2000@x>", NULL, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		put(db, folder, 10 + i, bad[i], NULL, NULL);
	fill(db);
	ASSERT_THREAD(db, root, "1 2");
	ASSERT_THREAD(db, last, "1 2");
	ASSERT_THREAD(db, middle, "3");
	for (guint i = 0; i < 4; i++) {
		gint64 id = messages_id_of_uid(db, folder, 10 + i);
		g_autofree char *alone = g_strdup_printf("%u", 10 + i);
		ASSERT_THREAD(db, id, alone);
	}
	must_commit(db);
	db_close(db);
}

static bool
after_some(void *left)
{
	return --*(guint *)left == 0;
}

/* Given up at any place it leaves nothing behind, and what it does in blocks is what it does one by one. */
static void
test_given_up(void)
{
	enum { N = 300 };
	Db *db = must_open(":memory:", DB_WRITER);
	gint64 ids[N];
	bool left = false;
	guint tries = 0;

	must_begin(db);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	for (guint i = 0; i < N; i++) {
		g_autofree char *id = g_strdup_printf("<%u@x>", i), *answers = i >= 100 ? g_strdup_printf("<%u@x>", i - 100) : NULL;
		ids[i] = put(db, folder, i + 1, id, answers, NULL);
	}
	must_commit(db);
	for (guint after = 1;; after++, tries++) {
		g_autoptr(GError) err = NULL;
		guint more = after;
		must_begin(db);
		if (threads_fill(db, N + 1, after_some, &more, &left, &err))
			break;
		g_assert_error(err, EIL_ERROR, EIL_CANCELLED);
		db_rollback(db);
		g_assert_true(threads_left(db));
		ASSERT_THREAD(db, ids[0], "1");
	}
	must_commit(db);
	g_assert_cmpuint(tries, >, 10);
	g_assert_false(left);
	g_assert_false(threads_left(db));
	ASSERT_THREAD(db, ids[0], "1 101 201");
	ASSERT_THREAD(db, ids[299], "100 200 300");
	db_close(db);
}

static bool
counted(void *n)
{
	++*(guint *)n;
	return false;
}

/* Somebody who waits is looked for while the messages are read, while each gets its thread, and while that is written. */
static void
test_asked_all_along(void)
{
	enum { N = 1280, BLOCKS = N / 64 };
	Db *db = must_open(":memory:", DB_WRITER);
	bool left = false;
	guint n = 0;

	must_begin(db);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	for (guint i = 0; i < N; i++)
		put(db, folder, i + 1, "<the-same@x>", NULL, NULL);
	g_assert_true(threads_fill(db, N, counted, &n, &left, NULL));
	must_commit(db);
	g_assert_cmpuint(n, >=, 3 * BLOCKS);
	db_close(db);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/threads/any-order", test_any_order);
	g_test_add_func("/store/threads/parent-and-folders", test_parent_and_folders);
	g_test_add_func("/store/threads/bad", test_bad);
	g_test_add_func("/store/threads/given-up", test_given_up);
	g_test_add_func("/store/threads/asked-all-along", test_asked_all_along);
	return g_test_run();
}
