/* engine.c - the first sync and the later ones, stopped at every commit and line, and with another client that never rests:
 * in the end the store is the server's truth.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mailboxd.h"
#include "world.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#define EXCHANGE "SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
#define CONDSTORE EXCHANGE " ENABLE CONDSTORE ESEARCH"
#define QRESYNC CONDSTORE " QRESYNC"

enum { N = 1200 };	/* more than one window of the backfill */

static World *
closed_world(const char *caps)
{
	World *w = world_imap("engine", CHECK_PUSH);

	server_reset(smtp);
	mailbox_reset(pop, caps, N);
	return w;
}

/* Every message of the server is here with its flags and subject, once, and no other. */
static bool
same(World *w)
{
	Db *db = world_reader(w);
	g_autoptr(Folder) f = db ? folders_find(db, "INBOX", NULL) : NULL;
	g_autoptr(GArray) here = f ? messages_uids(db, f->id, 1, G_MAXUINT32, NULL) : NULL;
	bool equal = true;

	lock(pop);
	equal = here && here->len == mbox.inbox->len && f->total == here->len && f->uidvalidity == mbox.uidvalidity;
	for (guint i = 0; equal && i < here->len; i++) {
		const Msg *m = &g_array_index(mbox.inbox, Msg, i);
		MessageUid u = g_array_index(here, MessageUid, i);
		guint32 want = (m->flags & SEEN ? FLAG_SEEN : 0) | (m->flags & FLAGGED ? FLAG_FLAGGED : 0) | (m->flags & ANSWERED ? FLAG_ANSWERED : 0);
		equal = u.uid == m->uid && u.server_flags == want;
	}
	unlock(pop);
	return equal;
}

static void
assert_subjects(World *w)
{
	Db *db = world_reader(w);
	g_autoptr(Folder) f = folders_find(db, "INBOX", NULL);
	for (guint i = 0; i < mbox.inbox->len; i += 97) {
		guint uid = g_array_index(mbox.inbox, Msg, i).uid;
		g_autoptr(Message) m = messages_find_uid(db, f->id, uid, NULL);
		g_autofree char *wanted = g_strdup_printf("number %u", uid);
		g_assert_nonnull(m);
		g_assert_cmpstr(m->subject, ==, wanted);
	}
}

static void
assert_in_step(World *w, const char *when)
{
	g_test_message("%s", when);
	world_open(w, 0);
	WAIT_FOR(w, same(w));
	assert_subjects(w);
	if (mbox.refused)
		g_error("%s: %u commands that were not offered:\n%s", when, mbox.refused, pop->log->str);
	world_close(w);
}

/* ---- what happened on the server since ---- */

static void
add(guint uid, guint flags)
{
	Msg m = { uid, flags, ++mbox.modseq };
	g_array_append_val(mbox.inbox, m);
}

static void
while_away(void)
{
	lock(pop);
	set_flags(3, 0);
	set_flags(N / 2, SEEN | FLAGGED);
	set_flags(N - 1, ANSWERED);
	take_out(2);
	take_out(N / 3);
	take_out(N);
	for (guint uid = N + 1; uid <= N + 30; uid++)
		add(uid, uid % 2 ? 0 : SEEN);
	unlock(pop);
}

static void
another_uidvalidity(void)
{
	lock(pop);
	mbox.uidvalidity++;
	for (guint i = 0; i < mbox.inbox->len; i++)
		g_array_index(mbox.inbox, Msg, i).uid += 5000;
	unlock(pop);
}

static void
nothing(void)
{
}

typedef struct { const char *name; const char *caps; bool known; void (*since)(void); } Story;

static const Story stories[] = {
	{ "initial/exchange", EXCHANGE, false, nothing },
	{ "initial/qresync", QRESYNC, false, nothing },
	{ "incremental/exchange", EXCHANGE, true, while_away },
	{ "incremental/condstore", CONDSTORE, true, while_away },
	{ "incremental/qresync", QRESYNC, true, while_away },
	{ "uidvalidity/exchange/P9", EXCHANGE, true, another_uidvalidity },
	{ "uidvalidity/qresync/P9", QRESYNC, true, another_uidvalidity },
};

/* The store as it was when the folder had been read; made once. */
static void
give_store(World *w, const Story *s)
{
	static const char *kept_for;
	static char *kept;
	static gsize n;

	if (!s->known)
		return;
	if (kept_for != s->caps) {
		world_open(w, 0);
		WAIT_FOR(w, same(w) && w->checked);
		world_close(w);
		g_free(kept);
		g_assert_true(g_file_get_contents(w->store, &kept, &n, NULL));
		kept_for = s->caps;
		w->checked = 0;
	}
	g_assert_true(g_file_set_contents(w->store, kept, (gssize)n, NULL));
	g_assert_cmpint(g_chmod(w->store, 0600), ==, 0);
}

static World *
world_before(const Story *s)
{
	World *w = closed_world(s->caps);
	give_store(w, s);
	s->since();
	lock(pop);
	g_string_truncate(pop->log, 0);
	pop->lines = 0;
	unlock(pop);
	return w;
}

/* ---- stopped ---- */

static bool
stopped_once(const Story *s, guint commit, guint line)
{
	World *w = world_before(s);
	g_autofree char *when = g_strdup_printf("%s: %s %u", s->name, commit ? "commit" : "line", commit ? commit : line);

	pop->kill_line = line;
	bool whole = run_child(w, pop, s->name, commit);
	pop->kill_line = 0;
	assert_in_step(w, when);
	world_free(w);
	return whole;
}

static void
stopped(gconstpointer user)
{
	const Story *s = user;
	guint commits = 1, lines = 1;

	while (!stopped_once(s, commits, 0))
		commits++;
	while (!stopped_once(s, 0, lines))
		lines++;
	g_assert_cmpuint(commits, >, 3);
	g_assert_cmpuint(lines, >, 4);
}

static int
child(char **argv)
{
	guint plug = (guint)atoi(argv[6]);
	World w = world_of_child(argv, account_for((guint16)atoi(argv[4]), (guint16)atoi(argv[5]), CHECK_PUSH, "at once"));

	w.account->receive.scheme = SCHEME_IMAP_INSECURE;
	world_open(&w, 0);
	db_set_plug(w.engine->db, pull, &plug);
	WAIT_FOR(&w, w.checked);
	wait_ms(&w, 250);
	world_close(&w);
	_exit(0);
}

/* ---- another client ---- */

typedef struct { guint at; const char *kind; } Meddling;

/* What it does, and what the server says of that to the connection that has the folder open. */
static char *
meddle(const char *kind, bool qresync)
{
	GArray *inbox = mbox.inbox;
	guint n = inbox->len;

	if (!strcmp(kind, "flags")) {
		Msg *m = &g_array_index(inbox, Msg, n / 2);
		set_flags(m->uid, FLAGGED);
		return g_strdup_printf("* %u FETCH (UID %u FLAGS (\\Flagged))\r\n", n / 2 + 1, m->uid);
	}
	if (!strcmp(kind, "new")) {
		add(g_array_index(inbox, Msg, n - 1).uid + 1, 0);
		return g_strdup_printf("* %u EXISTS\r\n", n + 1);
	}
	guint at = !strcmp(kind, "oldest") ? 0 : !strcmp(kind, "newest") ? n - 1 : n - 40;
	guint uid = g_array_index(inbox, Msg, at).uid;
	take_out(uid);
	return qresync ? g_strdup_printf("* VANISHED %u\r\n", uid) : g_strdup_printf("* %u EXPUNGE\r\n", at + 1);
}

static bool
meddled_once(const Story *s, const char *kind, guint at)
{
	World *w = world_before(s);
	g_autofree char *when = g_strdup_printf("%s: %s at command %u", s->name, kind, at);

	mbox.meddle = meddle;
	mbox.meddle_kind = kind;
	mbox.meddle_at = at;
	g_test_message("%s", when);
	world_open(w, 0);
	WAIT_FOR(w, w->checked);
	WAIT_FOR(w, same(w));
	lock(pop);
	bool done = mbox.meddle_at == 0;
	mbox.meddle_at = 0;	/* it rests from now on */
	unlock(pop);
	WAIT_FOR(w, same(w));
	assert_subjects(w);
	world_free(w);
	return done;
}

static void
meddled(gconstpointer user)
{
	static const char *const kinds[] = { "flags", "new", "oldest", "newest", "middle" };
	const Story *s = user;

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		guint at = 1;
		while (meddled_once(s, kinds[i], at))
			at++;
		g_assert_cmpuint(at, >, 4);
	}
}

int
main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "child") == 0)
		return child(argv);
	world_begin(&argc, &argv, mailbox_start);
	for (guint i = 0; i < G_N_ELEMENTS(stories); i++) {
		g_autofree char *stop = g_strconcat("/sync/engine/stopped/", stories[i].name, NULL);
		g_autofree char *other = g_strconcat("/sync/engine/other-client/", stories[i].name, NULL);
		g_test_add_data_func(stop, &stories[i], stopped);
		g_test_add_data_func(other, &stories[i], meddled);
	}
	return g_test_run();
}
