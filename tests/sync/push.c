/* push.c - every act becomes true on the server exactly once, whenever the program is killed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "acts.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>

/* ---- stories ---- */

static void
story_move(World *w)
{
	move(w, "INBOX", 2, 3, "Archive");
	move(w, "INBOX", 5, 0, "Work");
}

static void
story_copy(World *w)
{
	copy(w, "INBOX", 2, "Archive");
}

static void
story_delete(World *w)
{
	delete(w, "INBOX", 2, false);
	delete(w, "INBOX", 3, true);
}

static void
story_flags(World *w)
{
	flag(w, "INBOX", 2, FLAG_FLAGGED, true);
	label(w, "INBOX", 2, true);
	flag(w, "INBOX", 3, FLAG_SEEN, false);
}

/* Flagged, moved on before it arrived, flagged again, and another one brought back. */
static void
story_chain(World *w)
{
	flag(w, "INBOX", 2, FLAG_FLAGGED, true);
	move(w, "INBOX", 2, 0, "Archive");
	flag(w, "Archive", 2, FLAG_SEEN, true);
	move(w, "Archive", 2, 0, "Work");
	move(w, "INBOX", 4, 0, "Archive");
	undo(w);
	copy(w, "Work", 2, "Trash");
}

/* One of them goes on before it arrived. */
static void
story_append(World *w)
{
	append(w, "Archive", 40, 3);
	flag(w, "Archive", 41, FLAG_FLAGGED, true);
	move(w, "Archive", 42, 0, "Work");
}

static void
story_folders(World *w)
{
	folder(w, REQ_FOLDER_CREATE, NULL, "Neu");
	move(w, "INBOX", 2, 0, "Neu");
	folder(w, REQ_FOLDER_RENAME, "Work", "Arbeit");
	folder(w, REQ_FOLDER_DELETE, "Archive", NULL);
}

typedef struct {
	const char *name;
	void (*run)(World *w);
	const char *inbox, *archive, *work, *trash, *neu, *arbeit;	/* at the end; NULL: not looked at */
} Story;

static const Story stories[] = {
	{ "move", story_move, "1:S 4: 6: 7:S 8:", "20:S 2: 3:S", "5:S", "", NULL, NULL },
	{ "copy", story_copy, "1:S 2: 3:S 4: 5:S 6: 7:S 8:", "20:S 2:", "", "", NULL, NULL },
	{ "delete", story_delete, "1:S 4: 5:S 6: 7:S 8:", "20:S", "", "2:", NULL, NULL },
	{ "flags", story_flags, "1:S 2:Fw 3: 4: 5:S 6: 7:S 8:", "20:S", "", "", NULL, NULL },
	{ "chain", story_chain, "1:S 3:S 4: 5:S 6: 7:S 8:", "20:S", "2:SF", "2:SF", NULL, NULL },
	{ "append", story_append, "1:S 2: 3:S 4: 5:S 6: 7:S 8:", "20:S 40:S 41:SF", "42:S", "", NULL, NULL },
	{ "folders", story_folders, "1:S 3:S 4: 5:S 6: 7:S 8:", "none", "none", "", "2:", "" },
};

static void
assert_box(const char *story, const char *name, const char *wanted)
{
	g_autofree char *there = server_text(name), *words = wanted ? g_strconcat(wanted, *wanted && strcmp(wanted, "none") ? " " : "", NULL) : NULL;
	g_autofree char *expected = words ? sorted(words) : NULL;

	if (expected && strcmp(there, expected))
		g_error("%s: %s has %s, not %s\n%s", story, name, there, expected, pop->log->str);
}

static void
assert_story(const Story *s)
{
	assert_box(s->name, "INBOX", s->inbox);
	assert_box(s->name, "Archive", s->archive);
	assert_box(s->name, "Work", s->work);
	assert_box(s->name, "Trash", s->trash);
	assert_box(s->name, "Neu", s->neu);
	assert_box(s->name, "Arbeit", s->arbeit);
}

static const char *const caps[] = { WITH_MANY, WITH_MOVE, WITH_COPY, PLAIN };

static void
test_stories(void)
{
	for (guint c = 0; c < G_N_ELEMENTS(caps); c++)
		for (guint i = 0; i < G_N_ELEMENTS(stories); i++) {
			World *w = push_world(caps[c]);
			g_test_message("%s with %s", stories[i].name, caps[c]);
			stories[i].run(w);
			WAIT_FOR(w, n_wishes(w) == 0);
			assert_story(&stories[i]);
			assert_in_step(w);
			g_assert_cmpuint(boxes.bad, ==, 0);
			world_free(w);
		}
}

/* ---- killed ---- */

static bool
is_said(const World *w)
{
	g_autofree char *file = g_build_filename(w->dir, "said", NULL);
	return g_file_test(file, G_FILE_TEST_EXISTS);
}

static void
check_after_crash(World *w, const Story *s, const char *when)
{
	bool said = is_said(w);

	smtp->victim = pop->victim = 0;
	smtp->kill_line = pop->kill_line = 0;
	pop->kill_after = false;
	g_string_append_printf(pop->log, "--- killed at %s ---\n", when);
	g_test_message("%s: %s%s", s->name, when, said ? ", all was said" : "");
	w->checked = 0;
	world_open(w, 0);
	WAIT_FOR(w, n_wishes(w) == 0);
	if (said)
		assert_story(s);
	for (guint id = 1; id <= 8; id++) {
		guint least = s->run == story_delete && id == 3 ? 0 : 1, most = (s->run == story_copy || s->run == story_chain) && id == 2 ? 2 : 1;
		if (n_of(id) < least || n_of(id) > most)
			g_error("%s: m%u is there %u times\n%s", when, id, n_of(id), pop->log->str);
	}
	for (guint id = 40; s->run == story_append && id < 43; id++)
		if (n_of(id) > 1 || (said && n_of(id) != 1))
			g_error("%s: m%u is there %u times\n%s", when, id, n_of(id), pop->log->str);
	assert_in_step(w);
	world_close(w);
}

/* As push_world leaves it, closed. It is made once for each kind of server, and then copied. */
static World *
world_for_child(const char *with)
{
	static const char *kept_for;
	static char *kept;
	static gsize n;
	World *w;

	if (kept_for != with) {
		w = push_world(with);
		world_close(w);
		g_free(kept);
		g_assert_true(g_file_get_contents(w->store, &kept, &n, NULL));
		kept_for = with;
		return w;
	}
	w = g_new0(World, 1);
	boxes_reset(pop, with);
	w->dir = g_dir_make_tmp("eilpost-push-XXXXXX", NULL);
	w->store = g_build_filename(w->dir, "test.db", NULL);
	w->account = imap_account(pop->port);
	w->letters = chan_new((GDestroyNotify)letter_free);
	g_assert_true(g_file_set_contents(w->store, kept, (gssize)n, NULL));
	g_assert_cmpint(g_chmod(w->store, 0600), ==, 0);
	return w;
}

static bool
stopped_once(const Story *s, const char *with, guint commit, guint line, bool after)
{
	World *w = world_for_child(with);
	g_autofree char *when = g_strdup_printf("%s %u%s (%s)", commit ? "commit" : "line", commit ? commit : line, after ? ", done" : "", with);
	g_mutex_lock(&pop->lock);
	pop->lines = 0;
	g_mutex_unlock(&pop->lock);
	pop->kill_line = line;
	pop->kill_after = after;
	bool whole = run_child(w, pop, s->name, commit);
	check_after_crash(w, s, when);
	world_free(w);
	return whole;
}

static void
stopped(gconstpointer user)
{
	const char *with = user;
	for (guint i = 0; i < G_N_ELEMENTS(stories); i++) {
		guint n = 1;
		if (!strcmp(with, WITH_MANY) && stories[i].run != story_append)
			continue;	/* as with MOVE */
		while (!stopped_once(&stories[i], with, n, 0, false))
			n++;
		g_assert_cmpuint(n, >, 3);
		for (int after = 0; after < 2; after++)
			for (n = 1; !stopped_once(&stories[i], with, 0, n, after);)
				n++;
		g_assert_cmpuint(n, >, 3);
	}
}

static int
child(char **argv)
{
	guint plug = (guint)atoi(argv[6]);
	World w = { .dir = argv[3], .store = g_build_filename(argv[3], "test.db", NULL), .letters = chan_new((GDestroyNotify)letter_free),
		.account = imap_account((guint16)atoi(argv[5])) };
	g_autofree char *said = g_build_filename(argv[3], "said", NULL);

	smtp = g_new0(Server, 1);
	smtp->log = g_string_new("(in the other process)");
	pop = smtp;
	world_open(&w, 0);
	db_set_plug(w.engine->db, pull, &plug);
	for (guint i = 0; i < G_N_ELEMENTS(stories); i++)
		if (!strcmp(stories[i].name, argv[2]))
			stories[i].run(&w);
	g_assert_true(g_file_set_contents(said, "", 0, NULL));
	WAIT_FOR(&w, n_wishes(&w) == 0);
	world_close(&w);
	_exit(0);
}

/* ---- refused ---- */

static void
test_refused(void)
{
	World *w = push_world(WITH_MOVE);
	boxes.refuse_move = 1;
	move(w, "INBOX", 2, 3, "Archive");
	WAIT_FOR(w, w->trouble && strstr(w->trouble, "not you"));
	WAIT_FOR(w, same(w, "INBOX"));
	ASSERT_SERVER("INBOX", "1:S 2: 3:S 4: 5:S 6: 7:S 8:");
	g_assert_cmpuint(n_wishes(w), ==, 2);	/* they are shown as refused until the person has seen them */
	/* tried again, it works */
	{
		g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
		g_autoptr(GPtrArray) all = journal_list(db, NULL);
		for (guint i = 0; i < all->len; i++)
			ask(w, REQ_WISH_RETRY, ((Wish *)all->pdata[i])->id, false);
	}
	WAIT_FOR(w, n_wishes(w) == 0);
	ASSERT_SERVER("Archive", "20:S 2: 3:S");
	assert_in_step(w);
	world_free(w);
}

/* It is the only copy: it waits out of sight until it is tried again or given up. */
static void
test_append_refused(void)
{
	World *w = push_world(WITH_MOVE);
	g_mutex_lock(&pop->lock);
	g_autofree char *renamed = g_strdup("Elsewhere"), *home = box_named("Work")->name;
	box_named("Work")->name = renamed;
	g_mutex_unlock(&pop->lock);
	append(w, "Work", 40, 1);
	WAIT_FOR(w, w->trouble && strstr(w->trouble, "no such mailbox"));
	g_assert_cmpuint(n_wishes(w), ==, 1);
	g_mutex_lock(&pop->lock);
	box_named("Elsewhere")->name = g_steal_pointer(&home);
	g_mutex_unlock(&pop->lock);
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(GPtrArray) all = journal_list(db, NULL);
	ask(w, REQ_WISH_RETRY, ((Wish *)all->pdata[0])->id, false);
	WAIT_FOR(w, n_wishes(w) == 0);
	ASSERT_SERVER("Work", "40:S");
	assert_in_step(w);
	g_assert_cmpuint(n_of(40), ==, 1);
	world_free(w);
}

/* Others marked something: it stays, and the person is told. */
static void
test_others_marked(void)
{
	World *w = push_world(PLAIN);
	g_mutex_lock(&pop->lock);
	g_array_index(box_named("INBOX")->messages, BoxMessage, 6).flags |= BOX_DELETED;
	g_mutex_unlock(&pop->lock);
	delete(w, "INBOX", 2, true);
	WAIT_FOR(w, n_wishes(w) == 0);
	g_assert_cmpuint(n_of(7), ==, 1);
	g_assert_nonnull(w->trouble);
	for (bool shown = false; !shown;) {
		g_autofree char *here = store_text(w, "INBOX");
		shown = strstr(here, "2:D") != NULL;
		turn(w);
	}
	ASSERT_SERVER("INBOX", "1:S 2:D 3:S 4: 5:S 6: 7:SD 8:");
	world_free(w);
}

/* While it waits, an act and its opposite are nothing: the server hears of neither. */
static void
test_counter_wish(void)
{
	World *w = push_world(WITH_MOVE);
	world_close(w);
	pop->down = true;
	world_open(w, 0);
	move(w, "INBOX", 2, 0, "Archive");
	delete(w, "INBOX", 3, true);
	flag(w, "INBOX", 4, FLAG_FLAGGED, true);
	label(w, "INBOX", 5, true);
	copy(w, "INBOX", 6, "Work");
	for (int i = 0; i < 5; i++)
		undo(w);
	g_assert_cmpuint(n_wishes(w), ==, 0);
	world_close(w);
	pop->down = false;
	guint before = server_n_said(pop, "UID MOVE") + server_n_said(pop, "UID STORE") + server_n_said(pop, "UID COPY");
	world_open(w, 0);
	assert_in_step(w);
	g_assert_cmpuint(server_n_said(pop, "UID MOVE") + server_n_said(pop, "UID STORE") + server_n_said(pop, "UID COPY"), ==, before);
	ASSERT_SERVER("INBOX", "1:S 2: 3:S 4: 5:S 6: 7:S 8:");
	world_free(w);
}

/* A new UIDVALIDITY under a move that waits: it is bound again by the Message-ID. */
static void
test_uidvalidity(void)
{
	World *w = push_world(WITH_MOVE);
	world_close(w);
	pop->down = true;
	world_open(w, 0);
	move(w, "INBOX", 2, 0, "Archive");
	delete(w, "INBOX", 3, true);
	world_close(w);
	g_mutex_lock(&pop->lock);
	Box *b = box_named("INBOX");
	b->uidvalidity = 99;
	for (guint i = 0; i < b->messages->len; i++)
		g_array_index(b->messages, BoxMessage, i).uid += 1000;
	b->uidnext += 1000;
	g_mutex_unlock(&pop->lock);
	pop->down = false;
	world_open(w, 0);
	WAIT_FOR(w, n_wishes(w) == 0);
	ASSERT_SERVER("INBOX", "1:S 4: 5:S 6: 7:S 8:");
	ASSERT_SERVER("Archive", "20:S 2:");
	assert_in_step(w);
	world_free(w);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	if (argc == 7 && strcmp(argv[1], "child") == 0)
		return child(argv);
	g_test_init(&argc, &argv, NULL);
	self = g_file_read_link("/proc/self/exe", NULL);
	smtp = server_start(false, NULL);
	pop = boxes_start();
	g_test_add_func("/sync/push/stories", test_stories);
	g_test_add_func("/sync/push/refused", test_refused);
	g_test_add_func("/sync/push/append-refused", test_append_refused);
	g_test_add_func("/sync/push/others-marked", test_others_marked);
	g_test_add_func("/sync/push/counter-wish", test_counter_wish);
	g_test_add_func("/sync/push/uidvalidity/P9", test_uidvalidity);
	g_test_add_data_func("/sync/push/stopped/move", WITH_MOVE, stopped);
	g_test_add_data_func("/sync/push/stopped/many", WITH_MANY, stopped);
	g_test_add_data_func("/sync/push/stopped/copy", WITH_COPY, stopped);
	g_test_add_data_func("/sync/push/stopped/plain", PLAIN, stopped);
	return g_test_run();
}
