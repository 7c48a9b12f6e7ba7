/* journal.c - tests of store/journal: the three-way merge is tried as a table of who said what when.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "store/db_private.h"

typedef struct {
	Db *db;		/* owned */
	gint64 folder, m;
} World;

static World
world(guint32 flags)
{
	World w = { .db = must_open(":memory:", DB_WRITER) };

	w.folder = put_folder(w.db, "INBOX", ROLE_INBOX);
	g_assert_true(folders_set_sync(w.db, w.folder, 7, 100, 0, NULL));
	w.m = put_message(w.db, w.folder, 1, 1000, flags, "m");
	return w;
}

static void
check(World *w, guint32 flags, guint32 server_flags, guint waiting, guint sent)
{
	g_autoptr(Message) m = messages_get(w->db, w->m, NULL);

	g_assert_cmphex(m->flags, ==, flags);
	g_assert_cmphex(m->server_flags, ==, server_flags);
	g_assert_cmpint(journal_count(w->db, WISH_WAITING), ==, waiting);
	g_assert_cmpint(journal_count(w->db, WISH_SENT), ==, sent);
}

/* The tests tell a story: s+ the person sets \Seen, s- clears it; > the wish is sent; o the server says OK; x the line is
 * cut and the engine recovers; n m the server counts two messages, one; r the server says "later"; f it refuses; 0 1 2 the server reports none, \Seen, \Flagged. */
static void
tell(World *w, const char *story)
{
	g_autoptr(GPtrArray) sent = NULL;

	for (const char *p = story; *p; p++) {
		switch (*p) {
		case 's':
			p++;
			g_assert_true(journal_flag(w->db, w->m, FLAG_SEEN, *p == '+', NULL));
			break;
		case '>':
			g_clear_pointer(&sent, g_ptr_array_unref);
			sent = journal_ready(w->db, 5000, 50, NULL);
			g_assert_cmpint(sent->len, ==, 1);
			g_assert_true(journal_mark_sent(w->db, sent, NULL));
			break;
		case 'o': g_assert_true(journal_done(w->db, sent, NULL)); break;
		case 'n': g_assert_true(folders_set_server_counts(w->db, w->folder, 2, 0, NULL)); break;
		case 'm': g_assert_true(folders_set_server_counts(w->db, w->folder, 1, 0, NULL)); break;
		case 'x': g_assert_true(journal_recover(w->db, NULL)); break;
		case 'r': g_assert_true(journal_retry(w->db, sent, 100, "try later", NULL)); break;
		case 'f': g_assert_true(journal_fail(w->db, sent, "no such thing", NULL)); break;
		case '0': g_assert_true(messages_server_flags(w->db, w->folder, 1, 0, NULL, 0, NULL, NULL)); break;
		case '1': g_assert_true(messages_server_flags(w->db, w->folder, 1, FLAG_SEEN, NULL, 0, NULL, NULL)); break;
		case '2': g_assert_true(messages_server_flags(w->db, w->folder, 1, FLAG_FLAGGED, NULL, 0, NULL, NULL)); break;
		default: break;
		}
	}
}

static void
test_stories(void)
{
	enum { S = FLAG_SEEN, F = FLAG_FLAGGED };
	static const struct { const char *story; guint32 flags, server_flags; guint waiting, sent; } cases[] = {
		{ "s+", S, 0, 1, 0 },
		{ "s+ s+", S, 0, 1, 0 },
		{ "s-", 0, 0, 0, 0 },			/* nothing to wish */
		{ "s+ s-", 0, 0, 0, 0 },		/* undo costs nothing */
		{ "s+ s- s+ s- s+", S, 0, 1, 0 },
		{ "s+ >", S, 0, 0, 1 },
		{ "s+ > o", S, S, 0, 0 },
		{ "s+ > 1 o", S, S, 0, 0 },		/* the untagged FETCH before the OK */
		{ "s+ > 0 o", S, S, 0, 0 },
		{ "s+ > s-", 0, 0, 1, 1 },		/* undo of what is under way is a wish of its own */
		{ "s+ > s- o", 0, S, 1, 0 },
		{ "s+ > s- o > o", 0, 0, 0, 0 },
		{ "s+ > s- s+", S, 0, 0, 1 },		/* and the undo of the undo vanishes */
		{ "s+ > s- 0", 0, 0, 1, 1 },		/* a report from before the command: the wish stays */
		{ "s+ > x", S, 0, 1, 0 },		/* cut: in doubt, so repeat */
		{ "s+ > x > o", S, S, 0, 0 },
		{ "s+ > x s-", 0, 0, 1, 0 },		/* in doubt: the undo must be told */
		{ "s+ > x s- s+", S, 0, 1, 0 },
		{ "s+ > s- x", 0, 0, 1, 0 },		/* the newer word stands for both */
		{ "s+ > s- x 0", 0, 0, 1, 0 },
		{ "s+ > r", S, 0, 1, 0 },
		{ "s+ > r > o", S, S, 0, 0 },
		{ "s+ > f", 0, 0, 0, 0 },		/* refused: back to the server's truth */
		{ "s+ > s- f", 0, 0, 1, 0 },
		{ "s+ > f s+", S, 0, 1, 0 },
		{ "s+ 0", S, 0, 1, 0 },			/* pull while a wish waits: the person's word holds */
		{ "s+ 1", S, S, 0, 0 },			/* another client did the same */
		{ "s+ 2", S | F, F, 1, 0 },		/* another flag merges in */
		{ "1", S, S, 0, 0 },
		{ "1 s- 1", 0, S, 1, 0 },
		{ "1 s- 0", 0, 0, 0, 0 },
		{ "1 s- > 1", 0, S, 0, 1 },
		{ "1 2", F, F, 0, 0 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		World w = world(0);
		g_test_message("%s", cases[i].story);
		tell(&w, cases[i].story);
		check(&w, cases[i].flags, cases[i].server_flags, cases[i].waiting, cases[i].sent);
		db_close(w.db);
	}
}

static void
test_put_keeps_wishes(void)
{
	World w = world(0);

	tell(&w, "s+");
	put_message(w.db, w.folder, 1, 1000, FLAG_FLAGGED, "m");	/* the same message comes with a resync */
	check(&w, FLAG_SEEN | FLAG_FLAGGED, FLAG_FLAGGED, 1, 0);
	db_close(w.db);
}

static void
test_batches(void)
{
	World w = world(0);
	gint64 other = put_folder(w.db, "Other", ROLE_NONE);

	for (guint32 uid = 2; uid <= 150; uid++)
		put_message(w.db, w.folder, uid, 1000 + uid, 0, "m");
	gint64 far = put_message(w.db, other, 1, 1, 0, "far");
	g_assert_true(journal_flag(w.db, w.m, FLAG_SEEN, true, NULL));
	g_assert_true(journal_flag(w.db, far, FLAG_SEEN, true, NULL));
	for (guint32 uid = 2; uid <= 150; uid++)
		g_assert_true(journal_flag(w.db, messages_id_of_uid(w.db, w.folder, uid), uid == 9 ? FLAG_FLAGGED : FLAG_SEEN, true, NULL));

	g_autoptr(GPtrArray) first = journal_ready(w.db, 0, 100, NULL);
	g_assert_cmpint(first->len, ==, 100);
	for (guint i = 0; i < first->len; i++) {
		const Wish *wish = first->pdata[i];
		g_assert_cmpint(wish->folder, ==, w.folder);
		g_assert_cmphex(wish->flag, ==, FLAG_SEEN);
		g_assert_true(wish->on);
		g_assert_cmpint(wish->uidvalidity, ==, 7);
	}
	g_assert_true(journal_mark_sent(w.db, first, NULL));
	g_assert_true(journal_done(w.db, first, NULL));
	g_autoptr(GPtrArray) second = journal_ready(w.db, 0, 100, NULL);
	g_assert_cmpint(second->len, ==, 1);
	g_assert_cmpint(((Wish *)second->pdata[0])->folder, ==, other);
	g_assert_true(journal_retry(w.db, second, 500, "busy", NULL));	/* one that was never sent may wait, too */
	g_autoptr(GPtrArray) third = journal_ready(w.db, 0, 100, NULL);
	g_assert_cmpint(third->len, ==, 1);
	g_assert_cmphex(((Wish *)third->pdata[0])->flag, ==, FLAG_FLAGGED);
	g_assert_cmpint(journal_next_time(w.db, -1), ==, 0);
	db_close(w.db);
}

/* A wish that failed while the clock was days ahead is due when it is put right; a folder that could not be looked at, too. */
static void
test_clock_set_back(void)
{
	enum { NOW = 1000000, AHEAD = 3 * 86400 };
	World w = world(0);

	tell(&w, "s+ >");
	g_autoptr(GPtrArray) sent = journal_list(w.db, NULL);
	g_assert_true(journal_retry(w.db, sent, NOW + AHEAD + 60, "busy", NULL));
	g_assert_cmpint(journal_next_time(w.db, NOW + AHEAD), ==, NOW + AHEAD + 60);
	g_autoptr(GPtrArray) early = journal_ready(w.db, NOW + AHEAD, 10, NULL);
	g_assert_cmpuint(early->len, ==, 0);
	g_autoptr(GPtrArray) due = journal_ready(w.db, NOW, 10, NULL);
	g_assert_cmpuint(due->len, ==, 1);
	g_assert_cmpint(journal_next_time(w.db, NOW), ==, -1);
	g_assert_true(db_run_ints(w.db, NULL, "UPDATE wish SET state = 4, folder = ?1, target = ?1", INTS(w.folder)));
	g_assert_cmpint(journal_look_at(w.db, NOW + AHEAD), ==, 0);
	g_assert_cmpint(journal_look_at(w.db, NOW), ==, w.folder);
	db_close(w.db);
}

static void
test_times_and_words(void)
{
	World w = world(0);

	g_assert_cmpint(journal_next_time(w.db, 5), ==, -1);
	tell(&w, "s+ > r");
	g_assert_cmpint(journal_next_time(w.db, 5), ==, 100);
	g_autoptr(GPtrArray) early = journal_ready(w.db, 99, 10, NULL);
	g_assert_cmpint(early->len, ==, 0);
	g_autoptr(GPtrArray) list = journal_list(w.db, NULL);
	g_assert_cmpint(list->len, ==, 1);
	const Wish *wish = list->pdata[0];
	g_assert_cmpstr(wish->last_error, ==, "try later");
	g_assert_cmpint(wish->tries, ==, 1);
	tell(&w, "> f");
	g_assert_cmpint(journal_count(w.db, WISH_FAILED), ==, 1);
	tell(&w, "s+ > f");	/* a second refusal does not pile up */
	g_assert_cmpint(journal_count(w.db, WISH_FAILED), ==, 1);
	db_close(w.db);
}

/* P9: with other numbers a wish is not ready before its message is recognised; nor is one whose UIDVALIDITY is not the folder's */
static void
test_parked(void)
{
	World w = world(0);

	tell(&w, "s+ > s-");
	g_assert_true(journal_park_folder(w.db, w.folder, NULL));
	g_autoptr(GPtrArray) none = journal_ready(w.db, G_MAXINT32, 10, NULL);
	g_assert_cmpint(none->len, ==, 0);
	g_assert_true(folders_reset(w.db, w.folder, 8, NULL));
	g_autoptr(GPtrArray) list = journal_list(w.db, NULL);
	g_assert_cmpint(list->len, ==, 1);
	const Wish *wish = list->pdata[0];
	g_assert_cmpint(wish->state, ==, WISH_WAITING);
	g_assert_cmpint(wish->message, ==, w.m);
	g_assert_cmpint(wish->uid, ==, 0);
	g_assert_cmpint(journal_look_at(w.db, G_MAXINT32), ==, w.folder);
	db_close(w.db);
}

static void
test_message_gone(void)
{
	World w = world(0);
	g_autoptr(GError) err = NULL;

	tell(&w, "s+");
	g_assert_true(messages_remove_uid(w.db, w.folder, 1, NULL));
	g_autoptr(GPtrArray) list = journal_list(w.db, NULL);
	g_assert_cmpint(list->len, ==, 0);
	g_assert_false(journal_flag(w.db, w.m, FLAG_SEEN, true, &err));
	g_assert_error(err, EIL_ERROR, EIL_REFUSED);
	db_close(w.db);
}

/* S1, S5: the sent mark is in the file before a byte leaves, and after a kill we know what is in doubt */
static void
test_sent_survives(void)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = temp_store(&folder);
	g_autoptr(GPtrArray) sent = NULL;
	{
		g_autoptr(Db) db = must_open(path, DB_WRITER);
		must_begin(db);
		gint64 inbox = put_folder(db, "INBOX", ROLE_INBOX);
		gint64 m = put_message(db, inbox, 1, 1, 0, "m");
		g_assert_true(journal_flag(db, m, FLAG_SEEN, true, NULL));
		must_commit(db);
		must_begin(db);
		sent = journal_ready(db, 0, 10, NULL);
		g_assert_true(journal_mark_sent(db, sent, NULL));
		must_commit(db);
		must_begin(db);		/* the answer never made it to the disk */
		g_assert_true(journal_done(db, sent, NULL));
		db_rollback(db);
	}
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	g_assert_cmpint(journal_count(db, WISH_SENT), ==, 1);
	g_assert_true(journal_recover(db, NULL));
	g_assert_cmpint(journal_count(db, WISH_WAITING), ==, 1);
	remove_tree(folder);
}

/* A folder that was read before, and two messages of one Message-ID: each stays one of its own. */
static void
test_append_known_folder(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "Archive", ROLE_ARCHIVE);
	g_autoptr(GBytes) raw = g_bytes_new_static("Subject: x\r\n\r\nHi\r\n", 18);
	g_autoptr(GError) err = NULL;
	gint64 ids[2];

	must_begin(db);
	g_assert_true(folders_set_sync(db, folder, 7, 10, 0, NULL));
	put_message(db, folder, 9, 1000, 0, "of the server");
	for (guint i = 0; i < 2; i++) {
		Message m = { .subject = (char *)"x", .message_id = (char *)"<same@x>", .received = 5 };
		ids[i] = journal_append(db, folder, &m, raw, 0, &err);
		g_assert_no_error(err);
		g_assert_cmpint(ids[i], >, 0);
	}
	must_commit(db);
	g_assert_cmpint(ids[0], !=, ids[1]);
	g_autoptr(Folder) f = folders_get(db, folder, NULL);
	g_assert_cmpuint(f->total, ==, 3);
	g_assert_cmpuint(journal_count(db, WISH_WAITING), ==, 2);
}

static guint
shown_in(World *w)
{
	g_autoptr(Folder) f = folders_get(w->db, w->folder, NULL);
	return folder_total(f);
}

/* A folder that was never read is counted by what the server said; what the person took out of it counts at once, whether
 * the server is told, says the old count once more, refuses, or has done it. */
static void
test_leaving_is_counted(gconstpointer for_good)
{
	static const struct { const char *story; guint shown; } cases[] = {
		{ ">", 1 }, { "> o", 1 }, { "> f", 2 }, { "> x", 1 }, { "n", 1 }, { "n > n", 1 }, { "> o m", 1 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		World w = world(0);
		gint64 trash = put_folder(w.db, "Trash", ROLE_TRASH);
		g_assert_true(folders_set_server_counts(w.db, w.folder, 2, 0, NULL));
		g_assert_cmpuint(shown_in(&w), ==, 2);
		g_assert_true(for_good ? journal_delete(w.db, w.m, 0, NULL) : journal_move(w.db, w.m, trash, 0, NULL));
		g_assert_cmpuint(shown_in(&w), ==, 1);
		tell(&w, cases[i].story);
		g_assert_cmpuint(shown_in(&w), ==, cases[i].shown);
		db_close(w.db);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/journal/stories", test_stories);
	g_test_add_func("/store/journal/put-keeps-wishes", test_put_keeps_wishes);
	g_test_add_func("/store/journal/batches", test_batches);
	g_test_add_func("/store/journal/times-and-words", test_times_and_words);
	g_test_add_func("/store/journal/clock-set-back", test_clock_set_back);
	g_test_add_func("/store/journal/P9/parked", test_parked);
	g_test_add_func("/store/journal/message-gone", test_message_gone);
	g_test_add_func("/store/journal/S5/sent-survives", test_sent_survives);
	g_test_add_func("/store/journal/append-known-folder", test_append_known_folder);
	g_test_add_data_func("/store/journal/leaving-is-counted/moved", NULL, test_leaving_is_counted);
	g_test_add_data_func("/store/journal/leaving-is-counted/deleted", "", test_leaving_is_counted);
	return g_test_run();
}
