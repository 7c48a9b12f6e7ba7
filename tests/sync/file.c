/* file.c - tests of the copy of a sent mail: in the server's Sent folder, once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * "pop" of world.h is the IMAP server here: the account receives from it. */
#include "config.h"
#include "store/folders.h"
#include "store/outbox.h"
#include "imapd.h"
#include "world.h"


static Account *
imap_account(guint16 smtp_port, guint16 imap_port, guint check)
{
	Account *a = account_for(smtp_port, imap_port, check, "at once");
	a->receive.scheme = SCHEME_IMAP_INSECURE;
	return a;
}

static World *
imap_world(guint check)
{
	World *w = g_new0(World, 1);
	server_reset(smtp);
	imap_reset(pop);
	w->dir = world_dir("file");
	w->store = g_build_filename(w->dir, "test.db", NULL);
	w->account = imap_account(smtp->port, pop->port, check);
	w->letters = chan_new((GDestroyNotify)letter_free);
	world_open(w, 0);
	return w;
}

static OutRow *
row_of(World *w, gint64 id)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	return outbox_get(db, id, NULL);
}

/* -1: gone. */
static int
state(World *w, gint64 id)
{
	g_autoptr(OutRow) r = row_of(w, id);
	return r ? (int)r->state : -1;
}

static bool
is_done(World *w, gint64 id)
{
	int s = state(w, id);
	return s < 0 || s == OUT_FILED;
}

static gint64
send_mail(World *w, const char *subject)
{
	g_autoptr(Draft) d = draft_new();
	Request *r = request_new(REQ_SEND);

	draft_set(d, DRAFT_TO, "bob@example.com");
	draft_set(d, DRAFT_SUBJECT, subject);
	g_free(d->body);
	d->body = g_strdup("hello\n");
	r->data = draft_write(d);
	w->answered = false;
	engine_post(w->engine, r);
	WAIT_FOR(w, w->answered);
	g_assert_false(w->failed);
	return w->row;
}

/* Sent and filed: the time that the server gets to file it by itself passes at once. */
static gint64
send_and_file(World *w, const char *subject)
{
	gint64 row = send_mail(w, subject);
	WAIT_FOR(w, state(w, row) >= OUT_SENT);
	later(w, 5);
	WAIT_FOR(w, is_done(w, row));
	return row;
}

static const Copy *
copy(guint n)
{
	g_assert_cmpuint(n, <, box.copies->len);
	return box.copies->pdata[n];
}

static char *
fact(World *w)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	return db_fact(db, "server-files-sent");
}

/* ---- stories ---- */

/* S19: once, read, with its date; the first is looked for, and then it is known who files. */
static void
test_once(void)
{
	World *w = imap_world(CHECK_STARTUP);
	gint64 row = send_and_file(w, "first");
	g_autoptr(OutRow) r G_GNUC_UNUSED = row_of(w, row);
	g_autofree char *known = fact(w);

	g_assert_cmpuint(box.copies->len, ==, 1);
	g_assert_cmpstr(copy(0)->flags, ==, "\\Seen");
	g_assert_cmpuint(strlen(copy(0)->date), ==, 26);
	g_assert_cmpstr(copy(0)->data, ==, ((Taken *)smtp->taken->pdata[0])->data);
	g_assert_cmpuint(server_n_said(pop, "UID SEARCH"), ==, 1);
	g_assert_cmpstr(known, ==, "no");
	send_and_file(w, "second");
	g_assert_cmpuint(box.copies->len, ==, 2);
	g_assert_nonnull(strstr(copy(1)->data, "Subject: second"));
	g_assert_cmpuint(server_n_said(pop, "UID SEARCH"), ==, 1);
	g_assert_cmpuint(server_n_said(pop, "APPEND"), ==, 2);
	world_free(w);
}

/* S19: where the server files it by itself there is still one, and this is remembered. */
static void
test_by_server(void)
{
	World *w = imap_world(CHECK_STARTUP);
	box.files = smtp;
	send_and_file(w, "first");
	g_autofree char *known = fact(w);
	g_assert_cmpstr(known, ==, "yes");
	/* now it is slow: it is looked for again, not filed */
	box.blind = 2;
	gint64 row = send_mail(w, "second");
	WAIT_FOR(w, state(w, row) >= OUT_SENT);
	for (int i = 0; i < 6 && !is_done(w, row); i++) {
		later(w, 11);
		wait_ms(w, 200);
	}
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(server_n_said(pop, "UID SEARCH"), ==, 4);
	g_assert_cmpuint(server_n_said(pop, "APPEND"), ==, 0);
	g_assert_cmpuint(box.copies->len, ==, 2);
	world_free(w);
}

/* The folder is known by its name, also in German; where there is none it is made, beside or below as the others are. */
static void
test_folder(void)
{
	static const struct { const char *sent, *beside; bool special; const char *append, *create; } rows[] = {
		{ "Gesendete Elemente", NULL, false, "APPEND \"Gesendete Elemente\"", NULL },
		{ "Gesendete Objekte", "Sent", true, "APPEND \"Gesendete Objekte\"", NULL },
		{ NULL, NULL, false, "APPEND Sent", "CREATE Sent" },
		{ NULL, "INBOX.Archive", false, "APPEND INBOX.Sent", "CREATE INBOX.Sent" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		World *w = imap_world(CHECK_STARTUP);
		box.sent = rows[i].sent;
		box.beside = rows[i].beside;
		box.special_use = rows[i].special;
		send_and_file(w, "copy");
		g_assert_cmpuint(box.copies->len, ==, 1);
		g_assert_cmpuint(server_n_said(pop, rows[i].append), ==, 1);
		g_assert_cmpuint(server_n_said(pop, "CREATE"), ==, rows[i].create ? 1 : 0);
		if (rows[i].create) {
			g_assert_cmpuint(server_n_said(pop, rows[i].create), ==, 1);
			g_assert_cmpuint(server_n_said(pop, "SUBSCRIBE"), ==, 1);
		}
		world_free(w);
	}
}

/* A mail is sent, and its copy can't be filed: said in words. Its row. */
static gint64
not_filed(World *w, const char *subject)
{
	gint64 row = send_mail(w, subject);
	WAIT_FOR(w, state(w, row) == OUT_SENT);
	later(w, 5);
	WAIT_FOR(w, w->trouble != NULL);
	return row;
}

/* What is known without asking is our sentence, not the server's, and does not come back every five minutes. */
static void
test_limit(void)
{
	World *w = imap_world(CHECK_STARTUP);
	box.limit = 100;
	gint64 row = not_filed(w, "large");
	g_assert_nonnull(strstr(w->trouble, "at most 100"));
	g_assert_null(strstr(w->trouble, "server said"));
	g_autoptr(OutRow) r = row_of(w, row);
	g_assert_cmpint(r->not_before, >, clock_s() + 3600);
	g_assert_cmpuint(server_n_said(pop, "APPEND"), ==, 0);
	world_free(w);
}

static void
test_create_refused(void)
{
	World *w = imap_world(CHECK_STARTUP);
	box.sent = NULL;
	box.refuse_create = -1;
	gint64 row = not_filed(w, "no place");
	g_assert_nonnull(strstr(w->trouble, "no place"));
	g_assert_nonnull(strstr(w->trouble, "not you"));
	wait_ms(w, 400);
	g_assert_cmpuint(server_n_said(pop, "CREATE"), ==, 1);
	g_assert_cmpint(state(w, row), ==, OUT_SENT);
	world_free(w);
}

/* The line breaks in the middle of APPEND: whether the server kept it or not, there is one in the end. */
static void
test_cut(void)
{
	for (int stored = 0; stored < 2; stored++)
		for (int again = 1; again <= 2; again++) {
			World *w = imap_world(CHECK_STARTUP);
			box.cut_append = stored ? 0 : again;
			box.cut_stored = stored ? 1 : 0;
			gint64 row = send_mail(w, "cut");
			for (int i = 0; i < 10 && !is_done(w, row); i++) {
				later(w, 20);
				wait_ms(w, 200);
			}
			WAIT_FOR(w, is_done(w, row));
			g_assert_cmpuint(box.copies->len, ==, 1);
			g_assert_cmpuint(server_n_said(pop, "APPEND"), ==, stored ? 1 : (guint)again + 1);
			g_assert_cmpuint(server_n_taken(smtp), ==, 1);
			world_free(w);
		}
}

/* The server says no: said in words, tried again by itself, the mail is not sent again. */
static void
test_refused(void)
{
	World *w = imap_world(CHECK_STARTUP);
	box.refuse_append = 1;
	gint64 row = not_filed(w, "quota");
	g_assert_nonnull(strstr(w->trouble, "the box is full"));
	g_autoptr(OutRow) r = row_of(w, row);
	g_assert_cmpint(r->not_before, >, clock_s() + 60);
	later(w, 400);
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(box.copies->len, ==, 1);
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

static void
test_no_copy(void)
{
	World *w = imap_world(CHECK_STARTUP);
	world_close(w);
	w->account->sent = g_strdup("no copy");
	world_open(w, 0);
	gint64 row = send_mail(w, "without");
	WAIT_FOR(w, is_done(w, row));
	/* in doubt, and the person says that it arrived */
	smtp->cut_end = 1;
	row = send_mail(w, "doubt");
	WAIT_FOR(w, state(w, row) == OUT_UNKNOWN);
	ask(w, REQ_OUT_DECIDE, row, true);
	WAIT_FOR(w, is_done(w, row));
	wait_ms(w, 300);
	g_assert_cmpuint(server_n_said(pop, "APPEND"), ==, 0);
	g_assert_cmpuint(server_n_said(pop, "CREATE"), ==, 0);
	world_free(w);
}

/* S25: what the last session left to file opens no connection at the start, only on the command. */
static void
test_manual(void)
{
	World *w = imap_world(CHECK_MANUAL);
	box.refuse_append = 1;
	gint64 row = send_mail(w, "left");
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, state(w, row) == OUT_SENT);
	later(w, 5);
	WAIT_FOR(w, w->trouble != NULL);
	world_close(w);
	guint before = server_n_connections(pop);
	world_open(w, 0);
	later(w, 3600);
	wait_ms(w, 400);
	g_assert_cmpuint(server_n_connections(pop), ==, before);
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(box.copies->len, ==, 1);
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

/* P17: in doubt, but the server filed it: then it did arrive. If it did not, the person is asked. */
static void
test_doubt(void)
{
	for (int filed = 0; filed < 2; filed++) {
		World *w = imap_world(CHECK_STARTUP);
		box.files = filed ? smtp : NULL;
		smtp->cut_end = 1;
		gint64 row = send_mail(w, "doubt");
		WAIT_FOR(w, state(w, row) == OUT_UNKNOWN || is_done(w, row));
		for (int i = 0; i < 4 && !is_done(w, row); i++) {
			later(w, 30);
			wait_ms(w, 200);
		}
		g_assert_cmpint(is_done(w, row), ==, filed);
		g_assert_cmpuint(server_n_taken(smtp), ==, 1);
		g_assert_cmpuint(server_n_said(pop, "APPEND"), ==, 0);
		g_assert_cmpuint(server_n_said(pop, "UID SEARCH"), >=, 1);
		world_free(w);
	}
}

/* ---- killed ---- */

static void
check_after_crash(World *w, bool queued, const char *when)
{
	g_autoptr(GPtrArray) rows = NULL;

	smtp->victim = pop->victim = 0;
	smtp->kill_line = pop->kill_line = 0;
	world_open(w, 0);
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, w->checked > 0);
	{
		g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
		rows = outbox_list(db, false, NULL);
	}
	g_assert_cmpuint(rows->len, <=, 1);
	guint n = server_n_taken(smtp);
	const OutRow *r = rows->len ? rows->pdata[0] : NULL;
	g_test_message("%s: taken %u, copies %u, state %d", when, n, imap_n_copies(pop), r ? (int)r->state : -1);
	if (r) {
		if (r->state == OUT_UNKNOWN)
			ask(w, REQ_OUT_DECIDE, r->id, n == 1);
		for (int i = 0; i < 10 && !is_done(w, r->id); i++) {
			later(w, 10);
			wait_ms(w, 100);
		}
		WAIT_FOR(w, is_done(w, r->id));
	}
	n = server_n_taken(smtp);
	g_assert_cmpuint(n, <=, 1);
	if (queued)
		g_assert_cmpuint(n, ==, 1);
	g_assert_cmpuint(imap_n_copies(pop), ==, n);
	world_close(w);
}

static bool
is_queued(const World *w)
{
	g_autofree char *file = g_build_filename(w->dir, "queued", NULL);
	return g_file_test(file, G_FILE_TEST_EXISTS);
}

static World *
world_for_child(void)
{
	World *w = imap_world(CHECK_MANUAL);
	world_close(w);
	return w;
}

static void
test_stopped_at_commits(void)
{
	for (int by_server = 0; by_server < 2; by_server++) {
		guint n = 1;
		for (bool whole = false; !whole; n++) {
			World *w = world_for_child();
			g_autofree char *when = g_strdup_printf("commit %u", n);
			box.files = by_server ? smtp : NULL;
			whole = run_child(w, pop, "file", n);
			check_after_crash(w, is_queued(w), when);
			world_free(w);
		}
		g_assert_cmpuint(n, >, 6);
	}
}

static void
test_stopped_at_lines(void)
{
	guint n = 1;
	for (bool whole = false; !whole; n++) {
		World *w = world_for_child();
		g_autofree char *when = g_strdup_printf("line %u", n);
		pop->kill_line = n;
		whole = run_child(w, pop, "file", 0);
		check_after_crash(w, is_queued(w), when);
		world_free(w);
	}
	g_assert_cmpuint(n, >, 6);
}

/* The server has the copy, and the program dies before it hears so. */
static void
test_stopped_when_stored(void)
{
	World *w = world_for_child();
	pop->kill_line = 1;
	pop->kill_after = true;
	box.kill_stored = true;
	g_assert_false(run_child(w, pop, "file", 0));
	g_assert_cmpuint(imap_n_copies(pop), ==, 1);
	check_after_crash(w, true, "stored");
	world_free(w);
}

static int
child(char **argv)
{
	guint plug = (guint)atoi(argv[6]);
	World w = world_of_child(argv, imap_account((guint16)atoi(argv[4]), (guint16)atoi(argv[5]), CHECK_MANUAL));
	g_autofree char *queued = g_build_filename(argv[3], "queued", NULL);

	world_open(&w, 0);
	wait_ms(&w, 100);	/* what the start commits is over */
	db_set_plug(w.engine->db, pull, &plug);
	gint64 row = send_mail(&w, "to be killed");
	g_assert_true(g_file_set_contents(queued, "", 0, NULL));
	ask(&w, REQ_CHECK, 0, false);
	WAIT_FOR(&w, state(&w, row) >= OUT_SENT);
	later(&w, 5);
	WAIT_FOR(&w, is_done(&w, row));
	world_close(&w);
	_exit(0);
}

int
main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "child") == 0)
		return child(argv);
	world_begin(&argc, &argv, imap_start);
	g_test_add_func("/sync/file/once/S19", test_once);
	g_test_add_func("/sync/file/by-server/S19", test_by_server);
	g_test_add_func("/sync/file/folder", test_folder);
	g_test_add_func("/sync/file/limit", test_limit);
	g_test_add_func("/sync/file/create-refused", test_create_refused);
	g_test_add_func("/sync/file/cut", test_cut);
	g_test_add_func("/sync/file/refused", test_refused);
	g_test_add_func("/sync/file/no-copy", test_no_copy);
	g_test_add_func("/sync/file/manual/S25", test_manual);
	g_test_add_func("/sync/file/doubt/P17", test_doubt);
	g_test_add_func("/sync/file/stopped-at-commits", test_stopped_at_commits);
	g_test_add_func("/sync/file/stopped-at-lines", test_stopped_at_lines);
	g_test_add_func("/sync/file/stopped-when-stored", test_stopped_when_stored);
	return g_test_run();
}
