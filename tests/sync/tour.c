/* tour.c - tests of the visits to folders that are not open, where another client may have changed flags.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The clock is the test's: what is due after a quarter of an hour is due at once. */
#include "config.h"
#include "store/acts.h"
#include "reader.h"


#define KEEPS "ENABLE CONDSTORE LIST-EXTENDED LIST-STATUS"
#define TELLS EXCHANGE " NOTIFY LIST-EXTENDED LIST-STATUS"
#define WORK "\\HasNoChildren|F1|Work"

static bool
same_there(World *w, const char *name)
{
	return same_as(w, name, other_box(name)->messages);
}

/* Nothing is under way: a clock that moves then is no answer that stays away. */
static bool
idle(void)
{
	lock(pop);
	bool yes = g_str_has_suffix(pop->log->str, "IDLE\n");
	unlock(pop);
	return yes;
}

static void
forget_but_idle(void)
{
	lock(pop);
	g_string_assign(pop->log, "1: IDLE\n");
	unlock(pop);
}

/* Its messages are here, the inbox is on the screen, and the person is still. */
static void
read_once(World *w, const char *name)
{
	open_folder(w, name);
	WAIT_FOR(w, same_there(w, name) && idle());
	forget_said();
	open_folder(w, "INBOX");
	WAIT_FOR(w, said("SELECT INBOX") && idle());
}

static World *
world_of(const char *caps, const char *names)
{
	World *w = world_with(caps, 5, NULL);

	mbox.names = names;
	put_other("Work", 40);
	put_other("Late", 40);
	open_and_check(w);
	read_once(w, "Work");
	if (strstr(names, "Late"))
		read_once(w, "Late");
	forget_but_idle();
	return w;
}

/* All that was due is done. */
static void
rest(World *w)
{
	wait_ms(w, 1700);	/* the person is still for so long before a visit begins */
	WAIT_FOR(w, idle());
}

static void
pass(World *w, guint minutes)
{
	WAIT_FOR(w, idle());
	later(w, minutes * 60 + 1);
}

static void
look_again(World *w)
{
	guint looks = times_said("LIST \"\" \"*\"");

	pass(w, 5);
	WAIT_FOR(w, times_said("LIST \"\" \"*\"") > looks);
}

/* ---- the server keeps MODSEQ ---- */

/* By what STATUS or LIST-STATUS says: only a folder in which something changed is selected. */
static void
test_modseq(gconstpointer caps)
{
	World *w = world_of(caps, WORK);

	look_again(w);
	rest(w);
	g_assert_true(said("HIGHESTMODSEQ"));
	g_assert_false(said("SELECT Work"));
	set_other_flags("Work", 3, SEEN | FLAGGED);
	look_again(w);
	WAIT_FOR(w, same_there(w, "Work"));
	g_assert_true(said("CHANGEDSINCE"));
	WAIT_FOR(w, said("SELECT INBOX") && idle());	/* and back */
	/* an hour in which nothing happens: no visit at all */
	forget_but_idle();
	for (guint i = 0; i < 12; i++)
		look_again(w);
	rest(w);
	g_assert_false(said("SELECT"));
	finish(w);
}

/* NOTIFY tells of it by itself. */
static void
test_notify_modseq(void)
{
	World *w = world_of(TELLS " ENABLE CONDSTORE", WORK);

	rest(w);
	g_assert_false(said("SELECT Work"));
	set_other_flags("Work", 3, SEEN | FLAGGED);
	g_assert_cmpint(send(mbox.fd, "* STATUS Work (UIDVALIDITY 7 HIGHESTMODSEQ 11)\r\n", 48, MSG_NOSIGNAL), >, 0);
	WAIT_FOR(w, same_there(w, "Work"));
	/* what it said already is no reason */
	WAIT_FOR(w, said("SELECT INBOX") && idle());
	forget_but_idle();
	g_assert_cmpint(send(mbox.fd, "* STATUS Work (UIDVALIDITY 7 HIGHESTMODSEQ 11)\r\n", 48, MSG_NOSIGNAL), >, 0);
	rest(w);
	pass(w, 16);
	rest(w);
	g_assert_false(said("SELECT"));
	finish(w);
}

/* ---- it does not ---- */

/* One look in a quarter of an hour, and no more. */
static void
test_turns(gconstpointer caps)
{
	World *w = world_of(caps, WORK);

	set_other_flags("Work", 3, SEEN | FLAGGED);
	pass(w, 5);
	rest(w);
	pass(w, 5);
	rest(w);
	g_assert_false(said("SELECT Work"));
	g_assert_false(same_there(w, "Work"));
	pass(w, 5);
	WAIT_FOR(w, same_there(w, "Work"));
	WAIT_FOR(w, said("SELECT INBOX") && idle());
	g_assert_cmpuint(times_said("SELECT Work"), ==, 1);
	/* and so it goes on */
	forget_but_idle();
	set_other_flags("Work", 3, SEEN);
	for (guint i = 0; i < 2; i++) {
		pass(w, 5);
		rest(w);
	}
	g_assert_false(said("SELECT Work"));
	pass(w, 5);
	WAIT_FOR(w, same_there(w, "Work"));
	finish(w);
}

/* The clock of the computer was days ahead when it started, and is put right: nothing waits for days. */
static void
test_clock_set_back(void)
{
	World *w = world_of(EXCHANGE, WORK);

	clock_wall_shift(-3 * 86400);
	set_other_flags("Work", 3, SEEN | FLAGGED);
	pass(w, 5);
	WAIT_FOR(w, same_there(w, "Work"));
	clock_wall_shift(3 * 86400);
	finish(w);
}

/* ---- the person acts ---- */

static gint64
of_inbox(World *w, guint32 uid)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_find(db, "INBOX", NULL);
	g_autoptr(Message) m = messages_find_uid(db, f->id, uid, NULL);
	return m->id;
}

static void
flag(World *w, guint32 uid)
{
	Request *r = request_new(REQ_FLAG);
	gint64 id = of_inbox(w, uid);

	r->ids = g_array_new(FALSE, FALSE, sizeof id);
	g_array_append_val(r->ids, id);
	r->flag = FLAG_FLAGGED;
	r->on = true;
	engine_post(w->engine, r);
}

static const char *
place_of(const char *words)
{
	const char *at = strstr(pop->log->str, words);
	g_assert_nonnull(at);
	return at;
}

static void
hold(const char *commands)
{
	__atomic_store_n(&mbox.hold, commands, __ATOMIC_RELAXED);
}

/* In the middle of a tour, whose next answer stays away until the test lets it go. */
static World *
world_on_tour(const char *caps)
{
	World *w = world_of(caps, WORK "\n\\HasNoChildren|F2|Late\n\\HasNoChildren|F3|Wanted");

	put_other("Wanted", 3);
	set_other_flags("Work", 3, SEEN | FLAGGED);
	set_other_flags("Late", 3, SEEN | FLAGGED);
	hold("SELECT ");
	pass(w, 15);
	WAIT_FOR(w, said("SELECT "));
	g_assert_true(said("SELECT Work") != said("SELECT Late"));
	return w;
}

static bool
flagged_here(World *w, guint32 uid)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Message) m = messages_get(db, of_inbox(w, uid), NULL);
	return m->flags & FLAG_FLAGGED;
}

/* A wish is told behind the answer that is under way, and before all that is left of the tour; which comes when the person is
 * still again. */
static void
test_wish_first(gconstpointer caps)
{
	World *w = world_on_tour(caps);

	flag(w, 2);
	WAIT_FOR(w, flagged_here(w, 2));
	hold(NULL);
	WAIT_FOR(w, said("UID STORE 2 +FLAGS"));
	WAIT_FOR(w, same_there(w, "Work") && same_there(w, "Late"));
	lock(pop);
	const char *store = place_of("UID STORE");
	g_assert_true(store < MAX(place_of("SELECT Work"), place_of("SELECT Late")));
	g_assert_true(place_of("SELECT INBOX") < store);
	unlock(pop);
	finish(w);
}

/* Who goes on acting is not left for a visit. */
static void
test_acting(gconstpointer caps)
{
	World *w = world_of(caps, WORK);

	set_other_flags("Work", 3, SEEN | FLAGGED);
	pass(w, 15);
	for (guint i = 0; i < 8; i++) {
		gint64 begun = g_get_monotonic_time();
		flag(w, i % 5 + 1);
		wait_ms(w, 400);
		bool visited = said("SELECT Work");
		if (g_get_monotonic_time() - begun > G_USEC_PER_SEC)	/* the computer itself was too slow to act */
			break;
		g_assert_false(visited);
	}
	WAIT_FOR(w, same_there(w, "Work"));
	finish(w);
}

/* A folder that the person opens meanwhile is selected next. */
static void
test_opened(gconstpointer caps)
{
	World *w = world_on_tour(caps);

	open_folder(w, "Wanted");
	hold(NULL);
	WAIT_FOR(w, same_there(w, "Wanted"));
	g_assert_false(said("SELECT Work") && said("SELECT Late"));
	finish(w);
}

int
main(int argc, char **argv)
{
	world_begin(&argc, &argv, mailbox_start);
	g_test_add_data_func("/sync/tour/modseq/list-status", EXCHANGE " " KEEPS, test_modseq);
	g_test_add_data_func("/sync/tour/modseq/status", EXCHANGE " ENABLE CONDSTORE", test_modseq);
	g_test_add_func("/sync/tour/modseq/notify", test_notify_modseq);
	g_test_add_data_func("/sync/tour/turns/plain", EXCHANGE, test_turns);
	g_test_add_data_func("/sync/tour/turns/notify", TELLS, test_turns);
	g_test_add_func("/sync/tour/turns/clock-set-back", test_clock_set_back);
	g_test_add_data_func("/sync/tour/wish-first/modseq", EXCHANGE " " KEEPS, test_wish_first);
	g_test_add_data_func("/sync/tour/wish-first/plain", EXCHANGE, test_wish_first);
	g_test_add_data_func("/sync/tour/wish-first/notify", TELLS, test_wish_first);
	g_test_add_data_func("/sync/tour/acting/modseq", EXCHANGE " " KEEPS, test_acting);
	g_test_add_data_func("/sync/tour/acting/plain", EXCHANGE, test_acting);
	g_test_add_data_func("/sync/tour/opened/modseq", EXCHANGE " " KEEPS, test_opened);
	g_test_add_data_func("/sync/tour/opened/plain", EXCHANGE, test_opened);
	return g_test_run();
}
