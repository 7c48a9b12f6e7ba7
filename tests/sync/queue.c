/* queue.c - fifty mixed acts made with no network become true later: once each, wherever the program is stopped, and with
 * another client that changes things in between.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What the person saw when the last act was done is what the server has in the end. Every step is tried if
 * EILPOST_THOROUGH is set, else every few, each kind of server from another one on. */
#include "config.h"
#include "acts.h"

#include <glib/gstdio.h>

enum { MESSAGES = 40, ACTS = 50, STRIDE = 6 };

static guint stride = STRIDE;

/* ---- fifty acts ---- */

static GPtrArray *
folders_here(World *w)
{
	Db *db = world_reader(w);
	g_autoptr(GPtrArray) all = folders_list(db, NULL);
	GPtrArray *out = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);

	while (all->len) {
		Folder *f = g_ptr_array_steal_index(all, 0);
		if (f->gone || !f->selectable)
			folder_free(f);
		else
			g_ptr_array_add(out, f);
	}
	return out;
}

static gint64
any_message(World *w, GRand *dice, const GPtrArray *folders)
{
	Db *db = world_reader(w);

	for (int tries = 0; tries < 20; tries++) {
		const Folder *f = folders->pdata[tries < 10 && g_rand_boolean(dice) ? 0 : g_rand_int_range(dice, 0, (gint32)folders->len)];
		g_autoptr(GArray) keys = messages_keys(db, f->id, NULL, NULL, false, true, 1000, 0, NULL, NULL, NULL);
		if (keys->len)
			return g_array_index(keys, MessageKey, g_rand_int_range(dice, 0, (gint32)keys->len)).id;
	}
	return 0;
}

static Request *
act_on_message(GRand *dice, gint64 message, gint64 target)
{
	static const RequestKind kinds[] = { REQ_FLAG, REQ_FLAG, REQ_FLAG, REQ_KEYWORD, REQ_MOVE, REQ_MOVE, REQ_MOVE, REQ_COPY, REQ_DELETE, REQ_DELETE, REQ_TO_ROLE };
	Request *r = request_new(kinds[g_rand_int_range(dice, 0, G_N_ELEMENTS(kinds))]);

	r->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_array_append_val(r->ids, message);
	r->folder = target;
	r->on = r->kind == REQ_DELETE ? g_rand_int_range(dice, 0, 4) == 0 : g_rand_boolean(dice);
	r->flag = r->kind == REQ_TO_ROLE ? ROLE_ARCHIVE : g_rand_boolean(dice) ? FLAG_SEEN : FLAG_FLAGGED;
	if (r->kind == REQ_KEYWORD)
		r->text = g_strdup("work");
	return r;
}

static Request *
act_on_folder(GRand *dice, const GPtrArray *folders)
{
	static guint number;
	const Folder *f = folders->pdata[g_rand_int_range(dice, 0, (gint32)folders->len)];
	RequestKind kind = (RequestKind[]){ REQ_FOLDER_CREATE, REQ_FOLDER_CREATE, REQ_FOLDER_RENAME, REQ_FOLDER_DELETE }[g_rand_int_range(dice, 0, 4)];
	bool plain = f->role == ROLE_NONE && !strchr(f->name, '.');
	Request *r = request_new(kind == REQ_FOLDER_CREATE || plain ? kind : REQ_FOLDER_CREATE);

	r->folder = f->id;
	r->text = r->kind == REQ_FOLDER_DELETE ? NULL : g_strdup_printf("New%u", ++number);
	return r;
}

static void
fifty_acts(World *w, guint32 seed)
{
	g_autoptr(GRand) dice = g_rand_new_with_seed(seed);

	for (int i = 0; i < ACTS; i++) {
		g_autoptr(GPtrArray) folders = folders_here(w);
		const Folder *target = folders->pdata[g_rand_int_range(dice, 0, (gint32)folders->len)];
		int what = g_rand_int_range(dice, 0, 20);
		gint64 message = any_message(w, dice, folders);
		if (what < 2)
			act(w, request_new(REQ_UNDO));
		else if (what < 5 || !message)
			act(w, act_on_folder(dice, folders));
		else
			act(w, act_on_message(dice, message, target->id));
	}
}

/* "INBOX: 1:S 2: | Archive: ...", in the order of the names. */
static char *
whole_store(World *w)
{
	g_autoptr(GPtrArray) folders = folders_here(w);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < folders->len; i++) {
		const Folder *f = folders->pdata[i];
		g_autofree char *text = store_text(w, f->wire);
		g_ptr_array_add(lines, g_strdup_printf("%s: %s", f->wire, text));
	}
	qsort(lines->pdata, lines->len, sizeof(gpointer), as_words);
	for (guint i = 0; i < lines->len; i++)
		for (const char *p = lines->pdata[i]; *p || (g_string_append(out, "\n"), false); p++)
			if (*p != '?')	/* not there yet */
				g_string_append_c(out, *p);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *
whole_server(void)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) out = g_string_new(NULL);

	g_mutex_lock(&pop->lock);
	for (guint i = 0; i < boxes.all->len; i++) {
		const Box *b = boxes.all->pdata[i];
		g_autofree char *text = box_text(b), *in_order = sorted(text);
		g_ptr_array_add(lines, g_strdup_printf("%s: %s", b->name, in_order));
	}
	g_mutex_unlock(&pop->lock);
	qsort(lines->pdata, lines->len, sizeof(gpointer), as_words);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(out, "%s\n", (char *)lines->pdata[i]);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- the queue, made once for each kind of server ---- */

static struct { char *store; gsize n; char *wanted; const char *caps; guint32 seed; } queue;

static void
fill_server(const char *caps)
{
	boxes_reset(pop, caps);
	g_mutex_lock(&pop->lock);
	for (guint id = 50; id < 50 + MESSAGES; id++)
		box_put(box_named("INBOX"), id, id % 3 ? BOX_SEEN : 0);
	g_mutex_unlock(&pop->lock);
}

static World *
new_world(void)
{
	World *w = g_new0(World, 1);
	w->dir = world_dir("queue");
	w->store = g_build_filename(w->dir, "test.db", NULL);
	w->account = imap_account(pop->port);
	w->letters = chan_new((GDestroyNotify)letter_free);
	return w;
}

static void
make_queue(const char *caps, guint32 seed)
{
	if (queue.caps == caps && queue.seed == seed)
		return;
	fill_server(caps);
	World *w = new_world();
	world_open(w, 0);
	WAIT_FOR(w, w->checked && folder_id(w, "Work.Old") && same(w, "INBOX"));
	g_autoptr(GPtrArray) folders = folders_here(w);
	for (guint i = 0; i < folders->len; i++) {
		const Folder *f = folders->pdata[i];
		Request *r = request_new(REQ_OPEN_FOLDER);
		r->folder = f->id;
		engine_post(w->engine, r);
		WAIT_FOR(w, same(w, f->wire));
	}
	world_close(w);
	pop->down = true;
	world_open(w, 0);
	fifty_acts(w, seed);
	world_close(w);
	pop->down = false;
	g_free(queue.store);
	g_free(queue.wanted);
	g_assert_true(g_file_get_contents(w->store, &queue.store, &queue.n, NULL));
	queue.wanted = whole_store(w);
	queue.caps = caps;
	queue.seed = seed;
	g_assert_cmpuint(n_wishes(w), >, 10);
	world_free(w);
}

static World *
world_with_queue(const char *caps, guint32 seed)
{
	make_queue(caps, seed);
	fill_server(caps);
	World *w = new_world();
	g_assert_true(g_file_set_contents(w->store, queue.store, (gssize)queue.n, NULL));
	g_assert_cmpint(g_chmod(w->store, 0600), ==, 0);
	return w;
}

static void
wait_all_done(World *w, const char *when)
{
	gint64 until = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

	while (n_wishes(w)) {
		turn(w);
		if (g_get_monotonic_time() < until)
			continue;
		Db *db = world_reader(w);
		g_autoptr(GPtrArray) all = journal_list(db, NULL);
		for (guint i = 0; i < all->len; i++) {
			const Wish *x = all->pdata[i];
			g_printerr("wish %d: kind %d state %d folder %d message %d uid %u target %d source %d flag %u on %d step %d tries %u not before %d: %s\n", (int)x->id, x->kind,
				x->state, (int)x->folder, (int)x->message, x->uid, (int)x->target, (int)x->source, x->flag, x->on, x->step, x->tries,
				(int)x->not_before, x->last_error ? x->last_error : "-");
		}
		g_error("%s: waited in vain; %s\n%s", when, w->trouble ? w->trouble : "", pop->log->str);
	}
}

static void
assert_all_true(World *w, const char *when)
{
	wait_all_done(w, when);
	g_autofree char *there = whole_server();
	if (strcmp(there, queue.wanted))
		g_error("%s: the server has\n%snot\n%s%s", when, there, queue.wanted, pop->log->str);
	assert_in_step(w);
	g_assert_cmpuint(boxes.bad, ==, 0);
}

/* ---- tests ---- */

static const guint32 seeds[] = { 7, 8, 9 };

static void
test_pushed(gconstpointer caps)
{
	for (guint32 seed = 1; seed <= (stride == 1 ? 100 : 10); seed++) {
		World *w = world_with_queue(caps, seed);
		g_test_message("seed %u", seed);
		world_open(w, 0);
		assert_all_true(w, "not stopped");
		world_free(w);
	}
}

static bool
stopped_once(const char *caps, guint32 seed, guint commit, guint line, bool after)
{
	World *w = world_with_queue(caps, seed);
	g_autofree char *when = g_strdup_printf("%s %u%s (%s)", commit ? "commit" : "line", commit ? commit : line, after ? ", done" : "", caps);

	g_mutex_lock(&pop->lock);
	pop->lines = 0;
	g_mutex_unlock(&pop->lock);
	pop->kill_line = line;
	pop->kill_after = after;
	bool whole = run_child(w, pop, "push", commit);
	pop->kill_line = 0;
	pop->kill_after = false;
	g_test_message("%s", when);
	g_string_append_printf(pop->log, "--- stopped at %s ---\n", when);
	world_open(w, 0);
	assert_all_true(w, when);
	world_free(w);
	return whole;
}

static void
test_stopped(gconstpointer caps)
{
	guint32 seed = seeds[strlen(caps) % G_N_ELEMENTS(seeds)];
	guint from = stride == 1 ? 1 : 1 + (guint)strlen(caps) % stride, n;

	for (n = from; !stopped_once(caps, seed, n, 0, false);)
		n += stride;
	g_assert_cmpuint(n, >, 20);
	for (int after = 0; after < 2; after++)
		for (n = from; !stopped_once(caps, seed, 0, n, after);)
			n += stride;
	g_assert_cmpuint(n, >, 20);
}

/* And the next one too, which takes back what was under way. */
static bool
fail_two_commits(void *left)
{
	gint n = g_atomic_int_add((gint *)left, -1);
	return n != 1 && n != 0;
}

/* The program goes on when a commit failed, with another connection. True: there was none of that number. */
static bool
failed_once(const char *caps, guint32 seed, guint commit, DbPlug plug)
{
	World *w = world_with_queue(caps, seed);
	gint left = (gint)commit;
	g_autofree char *when = g_strdup_printf("commit %u failed (%s)", commit, caps);

	world_open(w, 0);
	db_set_plug(w->engine->db, plug, &left);
	WAIT_FOR(w, g_atomic_int_get(&left) < 0 || n_wishes(w) == 0 || (plug == fail_one_commit && w->trouble));
	bool none = g_atomic_int_add(&left, G_MININT) > 0;	/* and no later one fails */
	for (int i = 0; i < 8 && (i == 0 || n_wishes(w)); i++)
		later(w, 400);	/* the back-off */
	g_test_message("%s: %s", when, w->trouble ? w->trouble : "-");
	assert_all_true(w, when);
	world_free(w);
	return none;
}

static void
test_failed(gconstpointer caps)
{
	guint32 seed = seeds[strlen(caps) % G_N_ELEMENTS(seeds)];
	guint n = stride == 1 ? 1 : 1 + (guint)strlen(caps) % stride;

	while (!failed_once(caps, seed, n, n / stride % 2 ? fail_one_commit : fail_two_commits))
		n += stride;
	g_assert_cmpuint(n, >, 20);
}

static int
child(char **argv)
{
	guint plug = (guint)atoi(argv[6]);
	World w = world_of_child(argv, imap_account((guint16)atoi(argv[5])));

	world_open(&w, 0);
	db_set_plug(w.engine->db, pull, &plug);
	WAIT_FOR(&w, n_wishes(&w) == 0);
	world_close(&w);
	_exit(0);
}

/* ---- another client ---- */

static guint
n_known(const char *text, guint id)
{
	g_autofree char *needle = g_strdup_printf(" %u:", id);
	guint n = 0;
	for (const char *p = text; (p = strstr(p, needle)); p++)
		n++;
	return n;
}

/* It flags, takes away and puts in, in the inbox and elsewhere, once before each command number at, at+step, ... */
static void
test_other_client(gconstpointer caps)
{
	for (guint at = 1; at <= 8; at++) {
		World *w = world_with_queue(caps, seeds[at % G_N_ELEMENTS(seeds)]);
		g_mutex_lock(&pop->lock);
		boxes.meddle_at = at;
		boxes.meddle_step = 8;
		boxes.meddled = 0;
		g_mutex_unlock(&pop->lock);
		g_test_message("from command %u on (%s)", at, (const char *)caps);
		world_open(w, 0);
		WAIT_FOR(w, live_wishes(w) == 0);
		g_mutex_lock(&pop->lock);
		boxes.meddle_at = 0;
		g_mutex_unlock(&pop->lock);
		assert_in_step(w);
		g_assert_cmpuint(boxes.meddled, >, 0);
		/* nothing is there more often than the person wanted it, and what nobody took away is there */
		g_autofree char *there = whole_server();
		for (guint id = 50; id < 50 + MESSAGES; id++) {
			guint wanted = n_known(queue.wanted, id), n = n_known(there, id);
			if (n > MAX(wanted, 1) || (wanted > 0 && n < wanted && id % 2 == 0))
				g_error("m%u is there %u times, not %u:\n%s%s%s", id, n, wanted, queue.wanted, there, pop->log->str);
		}
		world_free(w);
	}
}

int
main(int argc, char **argv)
{
	static const char *const kinds[] = { WITH_MANY, WITH_COPY, PLAIN };

	if (argc == 7 && strcmp(argv[1], "child") == 0)
		return child(argv);
	world_begin(&argc, &argv, boxes_start);
	if (g_getenv("EILPOST_THOROUGH"))
		stride = 1;
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const char *name = *kinds[i] ? kinds[i] : "plain";
		g_autofree char *pushed = g_strconcat("/sync/queue/pushed/", name, NULL), *stopped = g_strconcat("/sync/queue/stopped/", name, NULL);
		g_autofree char *other = g_strconcat("/sync/queue/other-client/", name, NULL), *failed = g_strconcat("/sync/queue/failed/", name, NULL);
		g_test_add_data_func(pushed, kinds[i], test_pushed);
		g_test_add_data_func(stopped, kinds[i], test_stopped);
		g_test_add_data_func(failed, kinds[i], test_failed);
		g_test_add_data_func(other, kinds[i], test_other_client);
	}
	return g_test_run();
}
