/* acts.c - tests of store/acts: the state of what was done, and what `u` finds next.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"
#include "store/acts.h"

typedef struct {
	Db *db;		/* owned */
	gint64 folder, other, m[2];
} World;

static World
world(void)
{
	World w = { .db = must_open(":memory:", DB_WRITER) };

	w.folder = put_folder(w.db, "INBOX", ROLE_INBOX);
	w.other = put_folder(w.db, "Work", ROLE_NONE);
	g_assert_true(folders_set_sync(w.db, w.folder, 7, 100, 0, NULL));
	for (guint i = 0; i < 2; i++)
		w.m[i] = put_message(w.db, w.folder, i + 1, 1000, 0, "m");
	return w;
}

/* One act on the first n messages. */
static gint64
act(World *w, ActKind kind, guint n)
{
	Act a = { .kind = kind, .on = true, .flag = FLAG_FLAGGED, .target = kind == ACT_MOVE ? w->other : 0,
		.text = (char *)(kind == ACT_KEYWORD ? "work" : NULL) };
	gint64 id = acts_new(w->db, &a, 1000, NULL);

	g_assert_cmpint(id, >, 0);
	for (guint i = 0; i < n; i++) {
		bool ok = kind == ACT_FLAG ? journal_flag(w->db, w->m[i], FLAG_FLAGGED, true, NULL) :
			kind == ACT_KEYWORD ? journal_keyword(w->db, w->m[i], "work", true, id, NULL) :
			journal_move(w->db, w->m[i], w->other, id, NULL);
		g_assert_true(ok);
		g_assert_true(acts_add(w->db, id, w->m[i], w->folder, NULL));
	}
	g_assert_true(acts_close(w->db, id, &n, NULL));
	return id;
}

static void
check(World *w, gint64 id, ActState state, bool undone, const char *error)
{
	g_autoptr(Act) a = acts_get(w->db, id, NULL);

	g_assert_nonnull(a);
	g_assert_cmpint(a->state, ==, state);
	g_assert_cmpint(a->undone, ==, undone);
	g_assert_cmpstr(a->error, ==, error);
}

/* The wishes as the server answers them. */
static void
answer(World *w, bool refused)
{
	g_autoptr(GPtrArray) wishes = journal_ready(w->db, 5000, 50, NULL);

	g_assert_cmpuint(wishes->len, >, 0);
	g_assert_true(journal_mark_sent(w->db, wishes, NULL));
	g_assert_true(refused ? journal_fail(w->db, wishes, "no", NULL) : journal_done(w->db, wishes, NULL));
}

static void
give_up(World *w, guint n)
{
	g_autoptr(GPtrArray) all = journal_list(w->db, NULL);

	for (guint i = 0; i < n; i++)
		g_assert_true(journal_again(w->db, ((const Wish *)all->pdata[i])->id, true, NULL));
}

static const ActKind kinds[] = { ACT_FLAG, ACT_KEYWORD, ACT_MOVE };

/* The message as it was before. */
static void
check_untouched(World *w, guint i)
{
	g_autoptr(Message) m = messages_get(w->db, w->m[i], NULL);

	g_assert_cmphex(m->flags, ==, 0);
	g_assert_cmpstr(m->keywords, ==, NULL);
	g_assert_cmpint(m->folder, ==, w->folder);
}

/* Refused, and given up in the list of what waits: it failed, and is nothing that could be taken back. */
static void
test_refused(void)
{
	for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
		World w = world();
		gint64 id = act(&w, kinds[k], 1);
		check(&w, id, ACT_WAITING, false, NULL);
		answer(&w, true);
		check(&w, id, ACT_FAILED, false, "no");
		check_untouched(&w, 0);
		give_up(&w, 1);
		check(&w, id, ACT_FAILED, true, "no");
		check_untouched(&w, 0);
		g_assert_null(acts_get(w.db, 0, NULL));
		db_close(w.db);
	}
}

/* Given up before the server heard of it: taken back, once the last of its messages is. */
static void
test_given_up(void)
{
	for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
		World w = world();
		gint64 id = act(&w, kinds[k], 2);
		give_up(&w, 1);
		check(&w, id, ACT_WAITING, false, NULL);
		check_untouched(&w, 0);
		give_up(&w, 1);
		check(&w, id, ACT_UNDONE, true, NULL);
		check_untouched(&w, 1);
		db_close(w.db);
	}
}

/* What is under way can't be given up: its act goes on. */
static void
test_under_way(void)
{
	for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
		World w = world();
		gint64 id = act(&w, kinds[k], 1);
		g_autoptr(GPtrArray) wishes = journal_ready(w.db, 5000, 50, NULL);
		g_assert_true(journal_mark_sent(w.db, wishes, NULL));
		give_up(&w, 1);
		check(&w, id, ACT_UNDER_WAY, false, NULL);
		g_assert_true(journal_done(w.db, wishes, NULL));
		check(&w, id, ACT_DONE, false, NULL);
		db_close(w.db);
	}
}

/* What can't be taken back is passed over: `u` finds the one before, and it stays done. */
static void
test_passed_over(void)
{
	World w = world();
	gint64 first = act(&w, ACT_FLAG, 1), second = act(&w, ACT_MOVE, 1);

	answer(&w, false);
	answer(&w, false);
	g_assert_true(acts_skip(w.db, second, NULL));
	check(&w, second, ACT_DONE, false, NULL);
	g_autoptr(Act) next = acts_get(w.db, 0, NULL);
	g_assert_cmpint(next->id, ==, first);
	g_assert_true(acts_undone(w.db, first, NULL));
	check(&w, first, ACT_UNDONE, true, NULL);
	g_assert_null(acts_get(w.db, 0, NULL));
	/* taken back is not made less so */
	g_assert_true(acts_skip(w.db, first, NULL));
	check(&w, first, ACT_UNDONE, true, NULL);
	db_close(w.db);
}

/* A label that was refused, and taken off, and set again meanwhile: it is not there, and the others are. */
static void
test_newer_label(void)
{
	static const guint newer[] = { 0, 1, 2 };

	for (gsize i = 0; i < G_N_ELEMENTS(newer); i++) {
		World w = world();
		act(&w, ACT_KEYWORD, 1);
		g_autoptr(GPtrArray) sent = journal_ready(w.db, 5000, 50, NULL);
		g_assert_true(journal_mark_sent(w.db, sent, NULL));
		for (guint k = 0; k < newer[i]; k++)
			g_assert_true(journal_keyword(w.db, w.m[0], k == 0 ? "work" : "WORK", k == 1, 0, NULL));
		g_assert_true(journal_keyword(w.db, w.m[0], "other", true, 0, NULL));
		g_assert_true(journal_fail(w.db, sent, "no", NULL));
		g_autoptr(Message) m = messages_get(w.db, w.m[0], NULL);
		g_assert_cmpstr(m->keywords, ==, "other");
		db_close(w.db);
	}
}

/* Marked after it was moved, and the move is refused: the marks hold where it lies. */
static void
test_marks_come_back(void)
{
	World w = world();

	act(&w, ACT_MOVE, 1);
	g_assert_true(journal_flag(w.db, w.m[0], FLAG_FLAGGED, true, NULL));
	g_assert_true(journal_keyword(w.db, w.m[0], "work", true, 0, NULL));
	answer(&w, true);
	g_autoptr(Message) m = messages_get(w.db, w.m[0], NULL);
	g_assert_cmpint(m->folder, ==, w.folder);
	g_assert_cmphex(m->flags, ==, FLAG_FLAGGED);
	g_assert_cmpstr(m->keywords, ==, "work");
	for (guint i = 0; i < 2; i++) {
		g_autoptr(GPtrArray) ready = journal_ready(w.db, 5000, 50, NULL);
		const Wish *mark = ready->pdata[0];
		g_assert_cmpint(mark->folder, ==, w.folder);
		g_assert_cmpuint(mark->uid, ==, 1);
		g_assert_true(journal_mark_sent(w.db, ready, NULL));
		g_assert_true(journal_done(w.db, ready, NULL));
	}
	g_autoptr(Message) after = messages_get(w.db, w.m[0], NULL);
	g_assert_cmphex(after->server_flags, ==, FLAG_FLAGGED);
	db_close(w.db);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/acts/refused", test_refused);
	g_test_add_func("/store/acts/given-up", test_given_up);
	g_test_add_func("/store/acts/under-way", test_under_way);
	g_test_add_func("/store/acts/passed-over", test_passed_over);
	g_test_add_func("/store/acts/newer-label", test_newer_label);
	g_test_add_func("/store/acts/marks-come-back", test_marks_come_back);
	return g_test_run();
}
