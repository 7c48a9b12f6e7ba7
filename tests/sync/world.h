/* world.h - an engine with its letters, between servers that do what they are told; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "servers.h"
#include "sync/engine_private.h"
#include "tests/tree.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>

/* A time that is promised, as it is here: EILPOST_PATIENCE times longer where other tests run beside ("make check"). */
static inline gint64
promised_us(gint64 ms)
{
	const char *patience = g_getenv("EILPOST_PATIENCE");
	return ms * 1000 * (patience ? MAX(atoi(patience), 1) : 1);
}

enum { PATIENCE_S = 20 };

static Server *smtp, *pop;
#define SELF ((char *)(guintptr)"/proc/self/exe")	/* for a child */

typedef struct {
	char *dir, *store;	/* owned */
	Account *account;	/* owned */
	Chan *letters;		/* owned */
	Vault *vault;		/* borrowed; NULL: none */
	Engine *engine;		/* owned */
	Db *reader;		/* owned; opened when it is first needed: tests ask again and again */
	/* of the last LETTER_DRAFT */
	gint64 row;
	bool answered, failed, asked, headless;
	char *why, *trouble;	/* owned */
	guint troubles;		/* so many were told */
	guint checked, acts;
	bool check_failed;	/* the last of them */
	guint64 removals;	/* LETTER_POP_REMOVAL: so many would go */
} World;

/* ---- the program ---- */

static inline void
world_surroundings(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
}

/* mailbox makes the server that is read; NULL: one of POP3. */
static inline void
world_servers(Server *(*mailbox)(void))
{
	world_surroundings();
	smtp = server_start(false, NULL);
	pop = mailbox ? mailbox() : server_start(true, NULL);
}

/* What main begins with. */
static inline void
world_begin(int *argc, char ***argv, Server *(*mailbox)(void))
{
	g_test_init(argc, argv, NULL);
	world_servers(mailbox);
}

/* Of a process that will be killed, which has no servers itself; args: of main, args[3] is the world's folder. */
static inline World
world_of_child(char **args, Account *account)
{
	world_surroundings();
	smtp = pop = g_new0(Server, 1);
	smtp->log = g_string_new("(in the other process)");
	return (World){ .dir = args[3], .store = g_build_filename(args[3], "test.db", NULL), .account = account,
		.letters = chan_new((GDestroyNotify)letter_free) };
}

/* ---- the world ---- */

/* In memory where there is such a place: what a killed process leaves there is what it would leave on a disk. */
static inline char *
world_dir(const char *name)
{
	g_autofree char *in_memory = g_strdup_printf("/dev/shm/eilpost-%s-XXXXXX", name), *elsewhere = g_strdup_printf("eilpost-%s-XXXXXX", name);
	return g_mkdtemp(in_memory) ? g_steal_pointer(&in_memory) : g_dir_make_tmp(elsewhere, NULL);
}

static inline Account *
account_for(guint16 smtp_port, guint16 pop_port, guint check, const char *send_when)
{
	Account *a = account_new();
	a->name = g_strdup("test");
	a->address = g_strdup("alice@example.org");
	a->full_name = g_strdup("Alice");
	a->receive = (ServerUrl){ SCHEME_POP3_INSECURE, g_strdup("alice"), g_strdup("127.0.0.1"), pop_port };
	a->send = (ServerUrl){ SCHEME_SMTP_INSECURE, g_strdup("alice"), g_strdup("127.0.0.1"), smtp_port };
	a->password_command = g_strdup("echo secret");
	a->check = check;
	a->send_when = g_strdup(send_when);
	return a;
}

/* An IMAP account at the server `pop`, and the store that it would have. */
static inline World *
world_imap(const char *name, guint check)
{
	World *w = g_new0(World, 1);

	w->dir = world_dir(name);
	w->store = g_build_filename(w->dir, "test.db", NULL);
	w->account = account_for(smtp->port, pop->port, check, "at once");
	w->account->receive.scheme = SCHEME_IMAP_INSECURE;
	w->letters = chan_new((GDestroyNotify)letter_free);
	return w;
}

static inline void
world_open(World *w, guint undo_s)
{
	g_autoptr(GError) err = NULL;
	EngineSetup setup = { .account = w->account, .store = w->store, .letters = w->letters, .vault = w->vault, .undo_s = undo_s, .headless = w->headless };
	/* what a killed process had just begun to start may hold its lock for a moment */
	for (int i = 0; i < 40 && !(w->engine = engine_new(&setup, &err)) && strstr(err->message, "in use"); i++) {
		g_clear_error(&err);
		g_usleep(50000);
	}
	g_assert_no_error(err);
	g_assert_nonnull(w->engine);
}

static inline Db *
world_reader(World *w)
{
	if (!w->reader)
		w->reader = db_open(w->store, DB_READER, NULL);
	return w->reader;
}

static inline void
world_close(World *w)
{
	g_clear_pointer(&w->reader, db_close);
	engine_end(w->engine, 5000);
	w->engine = NULL;
}

static inline World *
world_new(guint check, const char *send_when, guint undo_s)
{
	World *w = g_new0(World, 1);
	server_reset(smtp);
	server_reset(pop);
	w->dir = world_dir("outbox");
	w->store = g_build_filename(w->dir, "test.db", NULL);
	w->account = account_for(smtp->port, pop->port, check, send_when);
	w->letters = chan_new((GDestroyNotify)letter_free);
	world_open(w, undo_s);
	return w;
}

static inline void
world_free(World *w)
{
	if (w->engine)
		world_close(w);
	g_clear_pointer(&w->reader, db_close);
	chan_free(w->letters);
	account_unref(w->account);
	remove_tree(w->dir);
	g_free(w->dir);
	g_free(w->store);
	g_free(w->why);
	g_free(w->trouble);
	g_free(w);
}

static inline void
hear(World *w, const Letter *l)
{
	switch (l->kind) {
	case LETTER_DRAFT:
		w->row = l->message;
		w->answered = true;
		w->failed = l->failed;
		g_free(w->why);
		w->why = g_strdup(l->text2);
		break;
	case LETTER_TROUBLE:
		g_free(w->trouble);
		w->trouble = g_strdup(l->text);
		w->troubles += l->text != NULL;
		break;
	case LETTER_ASK_SECRET:
		w->asked = true;
		break;
	case LETTER_ACT:
		if (l->failed)
			g_test_message("refused: %s", l->text2);
		w->acts++;
		break;
	case LETTER_CHECKED:
		w->checked++;
		w->check_failed = l->failed;
		break;
	case LETTER_POP_REMOVAL:
		w->removals = l->total;
		break;
	default:
		break;
	}
}

static inline void
turn(World *w)
{
	struct pollfd p = { chan_fd(w->letters), POLLIN, 0 };
	Letter *l;
	poll(&p, 1, 20);
	while ((l = chan_take(w->letters))) {
		hear(w, l);
		letter_free(l);
	}
}

/* hears: what takes the letters, for at most a moment. */
#define WAIT_UNTIL(w, hears, what) do { \
	gint64 until = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC; \
	while (!(what)) { \
		hears(w); \
		if (g_get_monotonic_time() > until) \
			g_error("%d: waited in vain for %s; trouble: %s; wire:\n%s%s", __LINE__, #what, (w)->trouble ? (w)->trouble : "-", smtp->log->str, pop->log->str); \
	} \
} while (0)

#define WAIT_FOR(w, what) WAIT_UNTIL(w, turn, what)

/* Time in which something would happen if it did. */
static inline void
wait_ms(World *w, int ms)
{
	gint64 until = g_get_monotonic_time() + ms * 1000;
	while (g_get_monotonic_time() < until)
		turn(w);
}

static inline void
ask(World *w, RequestKind kind, gint64 row, bool on)
{
	Request *r = request_new(kind);
	r->message = row;
	r->on = on;
	engine_post(w->engine, r);
}

static inline void
later(World *w, gint64 seconds)
{
	wait_ms(w, 60);	/* nothing is in the middle of a turn */
	clock_shift(seconds * 1000);
	ask(w, REQ_RESUME, 0, false);	/* wakes it: a shifted clock rings no bell */
}

/* For db_set_plug, with a gint that is read and changed atomically: the commit of that number fails, counted from 1 on, and no other. */
static inline bool
fail_one_commit(void *left)
{
	return g_atomic_int_add((gint *)left, -1) != 1;
}

/* Runs the child; true if it came to its end by itself. */
static inline bool
run_child(World *w, Server *killer, const char *what, guint plug)
{
	g_autofree char *smtp_port = g_strdup_printf("%u", smtp->port), *pop_port = g_strdup_printf("%u", pop->port), *n = g_strdup_printf("%u", plug);
	char *argv[] = { SELF, (char *)(guintptr)"child", (char *)(guintptr)what, w->dir, smtp_port, pop_port, n, NULL };
	g_autoptr(GError) err = NULL;
	GPid pid;
	int status;

	g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &err);
	g_assert_no_error(err);
	g_mutex_lock(&killer->lock);
	killer->victim = pid;
	g_mutex_unlock(&killer->lock);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_mutex_lock(&killer->lock);
	killer->victim = 0;
	g_mutex_unlock(&killer->lock);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	g_assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 77) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	return false;
}

static inline bool
pull(void *user)
{
	guint *left = user;
	if (*left && --*left == 0)
		_exit(77);
	return true;
}
