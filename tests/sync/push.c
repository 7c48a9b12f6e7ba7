/* push.c - every act becomes true on the server exactly once, whenever the program is killed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "acts.h"

#include <glib/gstdio.h>
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

/* Everything in it read, a thread of two unread again; another folder has nothing to read. */
static void
story_read(World *w)
{
	whole(w, REQ_MARK_READ_ALL, "INBOX");
	Request *r = on_messages(w, REQ_FLAG, "INBOX", 2, 5);
	r->flag = FLAG_SEEN;
	act(w, r);
	whole(w, REQ_MARK_READ_ALL, "Work.Old");
}

/* The folder for junk is made; what goes back from there may not have arrived yet. */
static void
story_roles(World *w)
{
	to_role(w, "INBOX", 2, ROLE_ARCHIVE);
	to_role(w, "INBOX", 3, ROLE_JUNK);
	to_role(w, "INBOX", 4, ROLE_JUNK);
	to_role(w, "Junk", 4, ROLE_INBOX);
}

static void
story_empty(World *w)
{
	delete(w, "INBOX", 2, false);
	delete(w, "INBOX", 3, false);
	whole(w, REQ_EMPTY, "Trash");
	delete(w, "INBOX", 5, false);
}

/* What is made is taken back, and renamed again; Work is not subscribed at the end, Archive is. */
static void
story_tree(World *w)
{
	subscribe(w, "Work", false);
	subscribe(w, "Archive", false);
	undo(w);
	folder(w, REQ_FOLDER_RENAME, "Work.Old", "Work.New");
	undo(w);
	folder(w, REQ_FOLDER_CREATE, NULL, "Neu");
	undo(w);
	folder(w, REQ_FOLDER_DELETE, "Work.Old", NULL);
	folder(w, REQ_FOLDER_RENAME, "Work", "Arbeit");
}

static void
all_done(World *w)
{
	WAIT_FOR(w, n_wishes(w) == 0);
}

/* Taken back when the server has done it. */
static void
story_undone_flags(World *w)
{
	flag(w, "INBOX", 2, FLAG_FLAGGED, true);
	label(w, "INBOX", 4, true);
	whole(w, REQ_MARK_READ_ALL, "INBOX");
	all_done(w);
	undo(w);
	undo(w);
	undo(w);
}

static void
story_undone(World *w)
{
	move(w, "INBOX", 2, 5, "Work");
	copy(w, "INBOX", 6, "Archive");
	delete(w, "INBOX", 3, false);
	append(w, "Archive", 40, 1);
	all_done(w);
	for (int i = 0; i < 4; i++)
		undo(w);
}

enum { SAME_EVERYWHERE = 1, WAITS = 2 };	/* neither MOVE nor UIDPLUS matters; needs the server while it goes on */

typedef struct {
	const char *name;
	void (*run)(World *w);
	guint traits;
	guint twice, gone[2], appended, n_appended;	/* messages that may be there twice, or not at all; that come from here */
	const char *inbox, *archive, *work, *trash, *neu, *arbeit, *junk;	/* at the end; NULL: not looked at */
} Story;

#define UNTOUCHED "1:S 2: 3:S 4: 5:S 6: 7:S 8:"

static const Story stories[] = {
	{ "move", story_move, 0, 0, { 0, 0 }, 0, 0, "1:S 4: 6: 7:S 8:", "20:S 2: 3:S", "5:S", "", NULL, NULL, NULL },
	{ "copy", story_copy, 0, 2, { 0, 0 }, 0, 0, UNTOUCHED, "20:S 2:", "", "", NULL, NULL, NULL },
	{ "delete", story_delete, 0, 0, { 3, 0 }, 0, 0, "1:S 4: 5:S 6: 7:S 8:", "20:S", "", "2:", NULL, NULL, NULL },
	{ "flags", story_flags, SAME_EVERYWHERE, 0, { 0, 0 }, 0, 0, "1:S 2:Fw 3: 4: 5:S 6: 7:S 8:", "20:S", "", "", NULL, NULL, NULL },
	{ "read", story_read, SAME_EVERYWHERE, 0, { 0, 0 }, 0, 0, "1:S 2: 3:S 4:S 5: 6:S 7:S 8:S", "20:S", "", "", NULL, NULL, NULL },
	{ "roles", story_roles, 0, 0, { 0, 0 }, 0, 0, "1:S 4: 5:S 6: 7:S 8:", "20:S 2:", "", "", NULL, NULL, "3:S" },
	{ "empty", story_empty, 0, 0, { 2, 3 }, 0, 0, "1:S 4: 6: 7:S 8:", "20:S", "", "5:S", NULL, NULL, NULL },
	{ "chain", story_chain, 0, 2, { 0, 0 }, 0, 0, "1:S 3:S 4: 5:S 6: 7:S 8:", "20:S", "2:SF", "2:SF", NULL, NULL, NULL },
	{ "append", story_append, 0, 0, { 0, 0 }, 40, 3, UNTOUCHED, "20:S 40:S 41:SF", "42:S", "", NULL, NULL, NULL },
	{ "folders", story_folders, 0, 0, { 0, 0 }, 0, 0, "1:S 3:S 4: 5:S 6: 7:S 8:", "none", "none", "", "2:", "", NULL },
	{ "tree", story_tree, SAME_EVERYWHERE, 0, { 0, 0 }, 0, 0, UNTOUCHED, "20:S", "none", "", "none", "", NULL },
	{ "undone-flags", story_undone_flags, SAME_EVERYWHERE | WAITS, 0, { 0, 0 }, 0, 0, UNTOUCHED, "20:S", "", "", NULL, NULL, NULL },
	{ "undone", story_undone, WAITS, 6, { 40, 0 }, 40, 1, UNTOUCHED, "20:S", "", "", NULL, NULL, NULL },
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
	assert_box(s->name, "Junk", s->junk);
	g_mutex_lock(&pop->lock);
	if (s->run == story_tree && (box_named("Arbeit")->subscribed || !box_named("Archive")->subscribed))
		g_error("%s: subscribed otherwise\n%s", s->name, pop->log->str);
	g_mutex_unlock(&pop->lock);
}

/* 0 lost, 0 doubled. */
static void
assert_counts(const Story *s, const char *when, bool said, guint taken)
{
	for (guint id = 1; id <= 8; id++) {
		guint least = id == s->gone[0] || id == s->gone[1] || id == taken ? 0 : 1, most = id == s->twice ? 2 : 1;
		if (n_of(id) < least || n_of(id) > most)
			g_error("%s, %s: m%u is there %u times\n%s", s->name, when, id, n_of(id), pop->log->str);
	}
	for (guint id = s->appended; id < s->appended + s->n_appended; id++)
		if (n_of(id) > 1 || (said && n_of(id) != 1 && id != s->gone[0]))
			g_error("%s, %s: m%u is there %u times\n%s", s->name, when, id, n_of(id), pop->log->str);
}

static bool
is_told(const Story *s, const char *with)
{
	if (!strcmp(with, WITH_MANY))
		return s->n_appended > 1;	/* else it is as with MOVE */
	return !(s->traits & SAME_EVERYWHERE) || !strcmp(with, WITH_MOVE);
}

static const char *const caps[] = { WITH_MANY, WITH_MOVE, WITH_COPY, PLAIN };

static void
test_stories(void)
{
	for (guint c = 0; c < G_N_ELEMENTS(caps); c++)
		for (guint i = 0; i < G_N_ELEMENTS(stories); i++) {
			if (!is_told(&stories[i], caps[c]))
				continue;
			World *w = push_world(caps[c]);
			g_test_message("%s with %s", stories[i].name, caps[c]);
			stories[i].run(w);
			WAIT_FOR(w, n_wishes(w) == 0);
			assert_story(&stories[i]);
			assert_in_step(w);
			if (boxes.bad)
				g_error("%u commands were BAD:\n%s", boxes.bad, pop->log->str);
			world_free(w);
		}
}

static void
renumber(void)
{
	g_mutex_lock(&pop->lock);
	for (guint i = 0; i < boxes.all->len; i++)
		box_renumber(boxes.all->pdata[i]);
	g_mutex_unlock(&pop->lock);
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
	assert_counts(s, when, said, 0);
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
	w->dir = world_dir("push");
	w->store = g_build_filename(w->dir, "test.db", NULL);
	w->account = imap_account(pop->port);
	w->letters = chan_new((GDestroyNotify)letter_free);
	g_assert_true(g_file_set_contents(w->store, kept, (gssize)n, NULL));
	g_assert_cmpint(g_chmod(w->store, 0600), ==, 0);
	return w;
}

typedef enum { BEFORE, AFTER, RENUMBERED } Moment;	/* of a line: as it comes; when it was done; and then the folders got other numbers */

static bool
stopped_once(const Story *s, const char *with, guint commit, guint line, Moment moment)
{
	World *w = world_for_child(with);
	bool after = moment != BEFORE;
	g_autofree char *when = g_strdup_printf("%s %u%s%s (%s)", commit ? "commit" : "line", commit ? commit : line, after ? ", done" : "",
		moment == RENUMBERED ? ", other UIDVALIDITY" : "", with);
	g_mutex_lock(&pop->lock);
	pop->lines = 0;
	g_mutex_unlock(&pop->lock);
	pop->kill_line = line;
	pop->kill_after = after;
	bool whole = run_child(w, pop, s->name, commit);
	if (moment == RENUMBERED)
		renumber();
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
		if (!is_told(&stories[i], with))
			continue;
		while (!stopped_once(&stories[i], with, n, 0, BEFORE))
			n++;
		g_assert_cmpuint(n, >, 3);
		for (Moment m = BEFORE; m <= AFTER; m++)
			for (n = 1; !stopped_once(&stories[i], with, 0, n, m);)
				n++;
		g_assert_cmpuint(n, >, 3);
	}
}

/* What was under way is looked for by its name; the numbers that were said are worth nothing. */
static void
renumbered(gconstpointer with)
{
	for (guint i = 0; i < G_N_ELEMENTS(stories); i++)
		for (guint n = 1; is_told(&stories[i], with) && !stopped_once(&stories[i], with, 0, n, RENUMBERED);)
			n++;
}

/* Made with no network, and then nothing has its old number any more. */
static void
test_renumbered_offline(void)
{
	for (guint c = 0; c < G_N_ELEMENTS(caps); c++)
		for (guint i = 0; i < G_N_ELEMENTS(stories); i++) {
			if (!is_told(&stories[i], caps[c]) || stories[i].traits & WAITS)
				continue;
			World *w = world_for_child(caps[c]);
			g_test_message("%s with %s", stories[i].name, caps[c]);
			pop->down = true;
			world_open(w, 0);
			stories[i].run(w);
			world_close(w);
			renumber();
			pop->down = false;
			world_open(w, 0);
			WAIT_FOR(w, n_wishes(w) == 0);
			assert_story(&stories[i]);
			assert_in_step(w);
			world_free(w);
		}
}

/* ---- another client ---- */

/* Before one command it brings, flags or takes what the story is about; each in turn, or all of them if EILPOST_THOROUGH is set. */
static bool
meddled_once(const Story *s, const char *with, const char *kind, guint at)
{
	World *w = world_for_child(with);
	bool take = kind && !strcmp(kind, "take");

	boxes.meddle_kind = kind;
	boxes.meddle_at = at;
	g_test_message("%s with %s: %s before command %u", s->name, with, kind ? kind : "new", at);
	world_open(w, 0);
	s->run(w);
	WAIT_FOR(w, live_wishes(w) == 0);
	g_mutex_lock(&pop->lock);
	bool done = boxes.meddled > 0;
	boxes.meddle_at = 0;
	g_mutex_unlock(&pop->lock);
	assert_counts(s, "with another client", true, take ? BOX_VICTIM : 0);
	assert_in_step(w);
	world_free(w);
	return done;
}

static void
meddled(gconstpointer with)
{
	static const char *const kinds[] = { NULL, "flag", "take" };
	bool all = g_getenv("EILPOST_THOROUGH") != NULL;

	for (guint i = 0; i < G_N_ELEMENTS(stories); i++)
		for (guint k = 0; k < (all ? G_N_ELEMENTS(kinds) : 1) && is_told(&stories[i], with); k++) {
			guint at = 1;
			while (meddled_once(&stories[i], with, kinds[all ? k : (at + i) % G_N_ELEMENTS(kinds)], at))
				at++;
			g_assert_cmpuint(at, >, 4);
		}
}

static int
child(char **argv)
{
	guint plug = (guint)atoi(argv[6]);
	World w = world_of_child(argv, imap_account((guint16)atoi(argv[5])));
	g_autofree char *said = g_build_filename(argv[3], "said", NULL);

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
		Db *db = world_reader(w);
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
	Db *db = world_reader(w);
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
	if (argc == 7 && strcmp(argv[1], "child") == 0)
		return child(argv);
	world_begin(&argc, &argv, boxes_start);
	g_test_add_func("/sync/push/stories", test_stories);
	g_test_add_func("/sync/push/refused", test_refused);
	g_test_add_func("/sync/push/append-refused", test_append_refused);
	g_test_add_func("/sync/push/others-marked", test_others_marked);
	g_test_add_func("/sync/push/counter-wish", test_counter_wish);
	g_test_add_func("/sync/push/uidvalidity/P9", test_uidvalidity);
	g_test_add_func("/sync/push/renumbered/offline/P9", test_renumbered_offline);
	g_test_add_data_func("/sync/push/renumbered/move/P9", WITH_MOVE, renumbered);
	g_test_add_data_func("/sync/push/renumbered/plain/P9", PLAIN, renumbered);
	g_test_add_data_func("/sync/push/other-client/move/S33", WITH_MOVE, meddled);
	g_test_add_data_func("/sync/push/other-client/plain/S33", PLAIN, meddled);
	g_test_add_data_func("/sync/push/stopped/move", WITH_MOVE, stopped);
	g_test_add_data_func("/sync/push/stopped/many", WITH_MANY, stopped);
	g_test_add_data_func("/sync/push/stopped/copy", WITH_COPY, stopped);
	g_test_add_data_func("/sync/push/stopped/plain", PLAIN, stopped);
	return g_test_run();
}
