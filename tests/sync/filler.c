/* filler.c - tests of the thread that stores the headers of a backfill: whatever of it fails, no mark stands where rows are missing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "reader.h"
#include "room.h"
#include "base/limits.h"
#include "store/threads.h"


enum { N = 3000 };	/* several loads, and several windows */

/* ---- what the store says ---- */

/* Above the mark, every message of the server is here and no other; and the counts are those of the rows. Away: 0, or one that
 * was moved away here. */
static void
assert_marks_but(World *w, guint away)
{
	g_autoptr(Folder) f = folder(w, "INBOX");
	g_autoptr(GArray) here = here_of(w, "INBOX");
	g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL);
	guint unseen = 0;

	for (guint i = 0; here && i < here->len; i++) {
		MessageUid u = g_array_index(here, MessageUid, i);
		g_hash_table_add(uids, GUINT_TO_POINTER(u.uid));
		unseen += !(u.server_flags & FLAG_SEEN);
	}
	g_assert_nonnull(f);
	g_assert_cmpuint(f->total, ==, g_hash_table_size(uids));
	g_assert_cmpuint(f->unseen, ==, unseen);
	g_autoptr(GHashTable) there = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < mbox.inbox->len; i++)
		g_hash_table_add(there, GUINT_TO_POINTER(g_array_index(mbox.inbox, Msg, i).uid));
	for (guint i = 0; f->backfill_below && here && i < here->len; i++) {
		guint uid = g_array_index(here, MessageUid, i).uid;
		if (uid >= f->backfill_below && !g_hash_table_contains(there, GUINT_TO_POINTER(uid)))
			g_error("%u is not there any more, and the mark is %u", uid, f->backfill_below);
	}
	for (guint i = 0; f->backfill_below && i < mbox.inbox->len; i++) {
		guint uid = g_array_index(mbox.inbox, Msg, i).uid;
		if (uid != away && uid >= f->backfill_below && uid < f->uidnext && !g_hash_table_contains(uids, GUINT_TO_POINTER(uid)))
			g_error("%u is not here, and the mark is %u", uid, f->backfill_below);
	}
}

static void
assert_marks(World *w)
{
	assert_marks_but(w, 0);
}

/* ---- the plug ---- */

typedef struct { const World *w; guint at, commits, by_filler; bool slow; } Plug;

/* Stops the commit whose turn it is; counts those that are not the engine's own. */
static bool
stop_one(void *user)
{
	Plug *p = user;

	bool by_filler = g_thread_self() != p->w->engine->thread;
	p->by_filler += by_filler;
	if (p->slow && by_filler)	/* the next loads are given meanwhile */
		g_usleep(20 * 1000);
	return ++p->commits != p->at;
}

static void
begin(World *w, Plug *plug)
{
	world_open(w, 0);
	if (plug)
		db_set_plug(w->engine->db, stop_one, plug);
	engine_post(w->engine, request_new(REQ_CHECK));
}

static World *
headless_world(void)
{
	World *w = world_with(EXCHANGE, N, NULL);
	w->headless = true;
	return w;
}

/* ---- the tests ---- */

static void
assert_whole(World *w)
{
	g_autoptr(Folder) f = folder(w, "INBOX");
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);

	g_assert_true(same(w));
	assert_marks(w);
	g_assert_cmpuint(f->backfill_below, ==, 1);
	g_assert_false(threads_left(db));
}

static void
test_complete(void)
{
	World *w = headless_world();
	Plug plug = { .w = w };

	begin(w, &plug);
	WAIT_FOR(w, w->checked);
	g_assert_cmpuint(plug.by_filler, >=, N / STORE_BULK_ROWS - 1);	/* the last rows may be too few */
	world_close(w);
	assert_whole(w);
	world_free(w);
}

/* The next session brings the rest. */
static void
goes_on(World *w)
{
	w->checked = 0;
	begin(w, NULL);
	WAIT_FOR(w, w->checked);
	world_close(w);
}

static void
ends(World *w)
{
	world_close(w);
	wait_ms(w, 1);	/* what it had told */
	g_clear_pointer(&w->trouble, g_free);
	assert_marks(w);
}

/* The commit number `at` fails, and what is here is what the marks say; the next start brings the rest. False: there was none. */
static bool
failed_once(guint at, guint *failures)
{
	World *w = headless_world();
	Plug plug = { .w = w, .at = at };

	begin(w, &plug);
	WAIT_FOR(w, w->checked || w->trouble);
	bool failed = w->trouble != NULL, there = plug.commits >= at;
	*failures += failed;
	g_test_message("commit %u: trouble %s, checked %u", at, w->trouble ? w->trouble : "-", w->checked);
	ends(w);
	g_assert_cmpuint(w->troubles, <=, 1);	/* not once more for each load behind it */
	if (failed)
		goes_on(w);
	assert_whole(w);
	world_free(w);
	return there;
}

static void
test_failed(void)
{
	guint failures = 0;

	/* some stand behind a check's end, or are of the threads: those are tried again */
	for (guint at = 1; failed_once(at, &failures); at++)
		;
	g_assert_cmpuint(failures, >=, N / STORE_BULK_ROWS);
}

/* A store with that mark, which has a few below it, too; one of those the server lost. */
static World *
doubtful_world(guint mark, guint lost)
{
	World *w = headless_world();

	begin(w, NULL);
	WAIT_FOR(w, w->checked);
	world_close(w);
	g_autoptr(Db) db = db_open(w->store, DB_WRITER, NULL);
	g_autoptr(Folder) f = folders_find(db, "INBOX", NULL);
	g_assert_true(db_begin(db, NULL) && messages_remove_range(db, f->id, 1, lost - 6, NULL, NULL) &&
		messages_remove_range(db, f->id, lost + 5, mark - 1, NULL, NULL) && folders_set_backfill(db, f->id, mark, NULL) && db_commit(db, NULL));
	take_out(lost);
	w->checked = 0;
	return w;
}

/* Rows that the server does not have any more are in windows that are read once more. */
static void
test_in_doubt(void)
{
	World *w = doubtful_world(700, 605);
	Plug plug = { .w = w };

	begin(w, &plug);
	WAIT_FOR(w, w->checked);
	g_assert_cmpuint(plug.by_filler, >, 1);
	world_close(w);
	assert_whole(w);
	world_free(w);
}

/* A message that was moved away here, and not there yet. */
static void
move_away(World *w, guint32 uid)
{
	g_autoptr(Db) db = db_open(w->store, DB_WRITER, NULL);
	g_autoptr(Folder) inbox = folders_find(db, "INBOX", NULL);
	g_autoptr(Message) m = messages_find_uid(db, inbox->id, uid, NULL);
	Folder to = { .name = (char *)"Kept", .wire = (char *)"Kept", .selectable = true };

	g_assert_true(db_begin(db, NULL));
	gint64 target = folders_put(db, &to, NULL);
	g_assert_true(target && journal_move(db, m->id, target, 0, NULL));
	g_autoptr(GPtrArray) wishes = journal_ready(db, clock_s(), 1, NULL);
	g_assert_cmpuint(wishes->len, ==, 1);
	g_assert_true(journal_mark_sent(db, wishes, NULL) && journal_retry(db, wishes, clock_s() + 3600, "not now", NULL) && db_commit(db, NULL));
}

/* There are as many in the window as the server names, and yet one of them is not there any more. */
static void
test_in_doubt_moved_away(void)
{
	World *w = doubtful_world(700, 605);

	move_away(w, 602);
	begin(w, NULL);
	WAIT_FOR(w, w->checked);
	world_close(w);
	assert_marks_but(w, 602);
	world_free(w);
}

/* The rows behind it are on their way in several loads, most of which end no window. */
static void
test_in_doubt_rows_behind(void)
{
	World *w = doubtful_world(N - 50, N * 2 / 3);
	Plug plug = { .w = w, .slow = true };

	begin(w, &plug);
	WAIT_FOR(w, w->checked);
	world_close(w);
	assert_whole(w);
	world_free(w);
}

/* And no later window moves the mark past them while the engine does not know it yet. */
static void
test_in_doubt_failed(void)
{
	bool there = true;

	for (guint at = 1; there; at++) {
		World *w = doubtful_world(700, 605);
		Plug plug = { .w = w, .at = at, .slow = true };
		begin(w, &plug);
		WAIT_FOR(w, w->checked || w->trouble);
		there = plug.commits >= at;
		ends(w);
		goes_on(w);
		assert_whole(w);
		world_free(w);
	}
}

/* S2: on a disk that is nearly full the rest of the headers waits, and so it is told; when there is room they come. */
static void
test_no_room(void)
{
	World *w = world_with(EXCHANGE, N, NULL);

	g_atomic_int_set(&no_room, true);
	world_open(w, 0);
	WAIT_FOR(w, w->trouble && w->checked);
	g_assert_cmpstr(w->trouble, ==, db_no_room());
	g_assert_true(w->check_failed);
	wait_ms(w, 200);
	g_autoptr(GArray) first = here_of(w, "INBOX");
	g_assert_cmpuint(first->len, >, 0);
	g_assert_cmpuint(first->len, <, N);
	g_atomic_int_set(&no_room, false);
	later(w, 6);
	WAIT_FOR(w, same(w));
	g_assert_cmpuint(pop->connections, ==, 1);
	world_free(w);
}

int
main(int argc, char **argv)
{
	world_begin(&argc, &argv, mailbox_start);
	g_test_add_func("/sync/filler/complete", test_complete);
	g_test_add_func("/sync/filler/failed", test_failed);
	g_test_add_func("/sync/filler/no-room/S2", test_no_room);
	g_test_add_func("/sync/filler/in-doubt", test_in_doubt);
	g_test_add_func("/sync/filler/in-doubt-moved-away", test_in_doubt_moved_away);
	g_test_add_func("/sync/filler/in-doubt-rows-behind", test_in_doubt_rows_behind);
	g_test_add_func("/sync/filler/in-doubt-failed", test_in_doubt_failed);
	return g_test_run();
}
