/* outbox.c - tests of the sending side of an engine, against servers that do what they are told.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The account receives by POP3, so its copies are filed here. The stories that kill the program start this program once
 * more, as a child with an engine of its own. */
#include "config.h"
#include "store/folders.h"
#include "store/outbox.h"
#include "world.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>

static OutRow *
row_of(World *w, gint64 id)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(Db) db = db_open(w->store, DB_READER, &err);
	g_assert_no_error(err);
	return outbox_get(db, id, NULL);
}

/* -1: gone. */
static int
state(World *w, gint64 id)
{
	g_autoptr(OutRow) r = row_of(w, id);
	return r ? (int)r->state : -1;
}

/* It came back from so many tries, and waits for the next. */
static bool
came_back(World *w, gint64 id, guint tries)
{
	g_autoptr(OutRow) r = row_of(w, id);
	return r && r->state == OUT_QUEUED && r->tries >= tries && r->not_before > clock_s();
}

static bool
is_done(World *w, gint64 id)
{
	int s = state(w, id);
	return s < 0 || s == OUT_FILED;
}

static Draft *
draft_to(const char *to, const char *subject)
{
	Draft *d = draft_new();
	draft_set(d, DRAFT_TO, to);
	draft_set(d, DRAFT_SUBJECT, subject);
	g_free(d->body);
	d->body = g_strdup("hello\n.\nend\n");
	return d;
}

static gint64
post(World *w, RequestKind kind, gint64 row, const Draft *d, gint64 when)
{
	Request *r = request_new(kind);
	r->message = row;
	r->data = draft_write(d);
	r->when = when;
	w->answered = false;
	engine_post(w->engine, r);
	WAIT_FOR(w, w->answered);
	return w->row;
}

static gint64
send_mail(World *w, const char *to, const char *subject)
{
	g_autoptr(Draft) d = draft_to(to, subject);
	gint64 row = post(w, REQ_SEND, 0, d, 0);
	g_assert_false(w->failed);
	return row;
}

static const Taken *
taken(guint n)
{
	g_assert_cmpuint(n, <, smtp->taken->len);
	return smtp->taken->pdata[n];
}

static guint
n_sent_copies(World *w)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_role(db, ROLE_SENT, NULL);
	g_autoptr(GArray) rows = f ? messages_page(db, f->id, NULL, NULL, false, true, 100, 0, NULL, NULL, NULL) : NULL;
	guint n = rows ? rows->len : 0;
	for (guint i = 0; i < n; i++)
		message_row_clear(&g_array_index(rows, MessageRow, i));
	return n;
}

/* ---- stories ---- */

static void
test_one(void)
{
	for (int chunking = 0; chunking < 3; chunking++) {	/* 2: offered, and switched off */
		World *w = world_new(CHECK_STARTUP, "at once", 0);
		smtp->chunking = chunking > 0;
		account_set_disable(w->account, chunking == 2 ? "chunking" : "");
		gint64 row = send_mail(w, "Bob <bob@example.com>, eve@example.com", "one");
		WAIT_FOR(w, is_done(w, row));
		g_assert_cmpuint(smtp->taken->len, ==, 1);
		g_assert_cmpstr(taken(0)->recipients, ==, "bob@example.com eve@example.com");
		g_assert_nonnull(strstr(taken(0)->data, "Subject: one\r\n"));
		g_assert_true(g_str_has_suffix(taken(0)->data, "\r\n\r\nhello\r\n.\r\nend\r\n"));
		g_assert_cmpuint(n_sent_copies(w), ==, 1);
		g_assert_cmpint(strstr(smtp->log->str, "BDAT") != NULL, ==, chunking == 1);
		world_free(w);
	}
}

/* S23: a cycle sends before it receives; in manual mode a mail leaves on the command only. */
static void
test_s23(void)
{
	World *w = world_new(CHECK_MANUAL, "at once", 0);
	GString *both = smtp->log;
	pop->log = both;	/* one log, so that the order shows */
	gint64 row = send_mail(w, "bob@example.com", "manual");
	wait_ms(w, 400);
	g_assert_cmpuint(server_n_connections(smtp), ==, 0);
	g_assert_cmpuint(server_n_connections(pop), ==, 0);
	g_assert_cmpint(state(w, row), ==, OUT_QUEUED);
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, w->checked == 1);
	WAIT_FOR(w, is_done(w, row));
	const char *sent = strstr(both->str, "smtp 1: (taken)"), *received = strstr(both->str, "pop 1: (connected)");
	g_assert_nonnull(sent);
	g_assert_nonnull(received);
	g_assert_true(sent < received);
	pop->log = g_string_new(NULL);
	world_free(w);
}

/* A computer that starts with a clock of years ahead, without a network yet: once it is put right the mail leaves. */
static void
test_clock_set_back(void)
{
	World *w = world_new(CHECK_STARTUP, "at once", 0);
	smtp->later_user = "bob@";
	gint64 row = send_mail(w, "bob@example.com", "early");
	WAIT_FOR(w, came_back(w, row, 1));
	smtp->later_user = NULL;
	clock_wall_shift(-3 * 86400);
	later(w, 3600);
	WAIT_FOR(w, server_n_taken(smtp) == 1);
	WAIT_FOR(w, is_done(w, row));
	clock_wall_shift(3 * 86400);
	world_free(w);
}

static void
test_partial(void)
{
	World *w = world_new(CHECK_STARTUP, "at once", 0);
	smtp->no_user = "nobody@";
	smtp->later_user = "busy@";
	gint64 row = send_mail(w, "nobody@example.com, bob@example.com, busy@example.com", "partial");
	WAIT_FOR(w, server_n_taken(smtp) == 1 && came_back(w, row, 1));
	g_assert_cmpstr(taken(0)->recipients, ==, "bob@example.com");
	{
		g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
		g_autoptr(GArray) all = outbox_recipients(db, row, NULL);
		g_assert_cmpuint(all->len, ==, 3);
		g_assert_cmpuint(g_array_index(all, OutRecipient, 0).state, ==, 2);
		g_assert_cmpuint(g_array_index(all, OutRecipient, 0).code, ==, 550);
		g_assert_cmpuint(g_array_index(all, OutRecipient, 1).state, ==, 1);
		g_assert_cmpuint(g_array_index(all, OutRecipient, 2).state, !=, 1);
	}
	smtp->later_user = NULL;
	later(w, 3600);
	WAIT_FOR(w, server_n_taken(smtp) == 2);
	g_assert_cmpstr(taken(1)->recipients, ==, "busy@example.com");	/* never twice to who has it */
	g_assert_null(strstr(strstr(smtp->log->str, "(taken)"), "nobody@"));
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(n_sent_copies(w), ==, 1);
	world_free(w);
}

/* One has it, and the other is refused in the end: it was sent, its copy is filed, and who did not get it is kept. */
static void
test_rest_refused(void)
{
	for (int whole = 0; whole < 2; whole++) {
		World *w = world_new(CHECK_STARTUP, "at once", 0);
		smtp->later_user = "busy@";
		gint64 row = send_mail(w, "bob@example.com, busy@example.com", "rest");
		WAIT_FOR(w, server_n_taken(smtp) == 1 && came_back(w, row, 1));
		smtp->later_user = NULL;
		if (whole)
			smtp->refuse_data = 1;
		else
			smtp->no_user = "busy@";
		later(w, 3600);
		WAIT_FOR(w, is_done(w, row));
		g_assert_cmpuint(server_n_taken(smtp), ==, 1);
		g_assert_cmpuint(n_sent_copies(w), ==, 1);
		g_autoptr(OutRow) r = row_of(w, row);
		g_assert_nonnull(strstr(r->last_error, "busy@example.com"));
		g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
		g_autoptr(GArray) all = outbox_recipients(db, row, NULL);
		g_assert_cmpuint(g_array_index(all, OutRecipient, 0).state, ==, 1);
		g_assert_cmpuint(g_array_index(all, OutRecipient, 1).state, ==, 2);
		g_assert_cmpuint(g_array_index(all, OutRecipient, 1).code, ==, whole ? 554 : 550);
		world_free(w);
	}
}

/* Who is refused for good fails at once; what may go later is tried again, not earlier than it should. */
static void
test_later(void)
{
	World *w = world_new(CHECK_STARTUP, "at once", 0);
	smtp->later_data = 1;
	gint64 row = send_mail(w, "bob@example.com", "greylisted");
	WAIT_FOR(w, came_back(w, row, 1) && w->trouble);
	g_autoptr(OutRow) r = row_of(w, row);
	g_assert_cmpint(r->not_before, >, clock_s() + 30);
	g_assert_nonnull(strstr(r->last_error, "not now"));
	wait_ms(w, 300);
	g_assert_cmpuint(server_n_taken(smtp), ==, 0);
	later(w, 3600);
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

static void
test_refused(void)
{
	World *w = world_new(CHECK_STARTUP, "at once", 0);
	smtp->refuse_data = 1;
	gint64 row = send_mail(w, "bob@example.com", "spam");
	WAIT_FOR(w, state(w, row) == OUT_FAILED);
	g_autoptr(OutRow) r = row_of(w, row);
	g_assert_nonnull(strstr(r->last_error, "looks like spam"));
	later(w, 86400);
	wait_ms(w, 300);
	g_assert_cmpint(state(w, row), ==, OUT_FAILED);
	g_assert_cmpuint(server_n_taken(smtp), ==, 0);
	ask(w, REQ_OUT_NOW, row, true);	/* the person's word */
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

/* The line breaks before the end: tried again. S10 */
static void
test_cut_before(void)
{
	World *w = world_new(CHECK_STARTUP, "at once", 0);
	smtp->cut_data = 2;
	gint64 row = send_mail(w, "bob@example.com", "cut");
	for (int i = 0; i < 2; i++) {
		WAIT_FOR(w, came_back(w, row, (guint)i + 1));
		later(w, 7200);
	}
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

/* P17: it breaks after the end: nobody knows, and it is never sent again in silence. */
static void
test_cut_after(void)
{
	for (int arrived = 0; arrived < 2; arrived++) {
		World *w = world_new(CHECK_STARTUP, "at once", 0);
		smtp->cut_end = 1;
		smtp->chunking = arrived;
		gint64 row = send_mail(w, "bob@example.com", "in doubt");
		WAIT_FOR(w, state(w, row) == OUT_UNKNOWN && w->trouble);
		g_assert_nonnull(strstr(w->trouble, "in doubt"));
		later(w, 86400);
		ask(w, REQ_CHECK, 0, false);
		ask(w, REQ_OUT_NOW, 0, true);
		wait_ms(w, 500);
		g_assert_cmpint(state(w, row), ==, OUT_UNKNOWN);
		g_assert_cmpuint(server_n_taken(smtp), ==, 1);
		ask(w, REQ_OUT_DECIDE, row, arrived);
		WAIT_FOR(w, is_done(w, row));
		g_assert_cmpuint(server_n_taken(smtp), ==, arrived ? 1 : 2);
		g_assert_cmpuint(n_sent_copies(w), ==, 1);
		world_free(w);
	}
}

/* S4: a wrong password is tried once, until the person acts. */
static void
test_wrong_password(void)
{
	World *w = world_new(CHECK_EVERY, "at once", 0);
	w->account->check_minutes = 1;
	smtp->refuse_auth = -1;
	gint64 row = send_mail(w, "bob@example.com", "wrong");
	WAIT_FOR(w, smtp->refused == 1 && state(w, row) == OUT_QUEUED && w->trouble);
	for (int i = 0; i < 20; i++) {
		later(w, 600);
		wait_ms(w, 30);
	}
	g_assert_cmpuint(smtp->refused, ==, 1);
	smtp->refuse_auth = 0;
	ask(w, REQ_OUT_NOW, row, true);
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

static void
test_one_connection(void)
{
	World *w = world_new(CHECK_MANUAL, "at once", 0);
	gint64 rows[3];
	for (int i = 0; i < 3; i++) {
		g_autofree char *subject = g_strdup_printf("number %d", i);
		rows[i] = send_mail(w, "bob@example.com", subject);
	}
	ask(w, REQ_CHECK, 0, false);
	for (int i = 0; i < 3; i++)
		WAIT_FOR(w, is_done(w, rows[i]));
	g_assert_cmpuint(server_n_taken(smtp), ==, 3);
	g_assert_cmpuint(server_n_connections(smtp), ==, 1);
	g_assert_cmpuint(smtp->signed_in, ==, 1);
	g_assert_nonnull(strstr(taken(0)->data, "number 0"));
	g_assert_nonnull(strstr(taken(2)->data, "number 2"));
	world_free(w);
}

static void
test_undo(void)
{
	World *w = world_new(CHECK_STARTUP, "at once", 10);
	gint64 row = send_mail(w, "bob@example.com", "undone");
	wait_ms(w, 200);
	g_assert_cmpint(state(w, row), ==, OUT_QUEUED);
	w->answered = false;
	ask(w, REQ_OUT_EDIT, row, false);
	WAIT_FOR(w, w->answered);
	g_assert_false(w->failed);
	g_assert_cmpint(state(w, row), ==, OUT_DRAFT);
	later(w, 60);
	wait_ms(w, 300);
	g_assert_cmpuint(server_n_connections(smtp), ==, 0);
	/* sent again it is another mail; after its time it can't be taken back */
	g_autoptr(Draft) d = draft_to("bob@example.com", "not undone");
	g_assert_cmpint(post(w, REQ_SEND, row, d, 0), ==, row);
	g_assert_cmpint(state(w, row), ==, OUT_QUEUED);
	later(w, 11);
	WAIT_FOR(w, is_done(w, row));
	w->answered = false;
	ask(w, REQ_OUT_EDIT, row, false);
	WAIT_FOR(w, w->answered);
	g_assert_true(w->failed);
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

static void
test_send_later(void)
{
	World *w = world_new(CHECK_STARTUP, "at once", 0);
	g_autoptr(Draft) d = draft_to("bob@example.com", "tomorrow");
	gint64 row = post(w, REQ_SEND, 0, d, clock_s() + 86400);
	ask(w, REQ_CHECK, 0, false);
	ask(w, REQ_OUT_NOW, 0, true);	/* "all that wait": not what has a time of its own */
	wait_ms(w, 400);
	g_assert_cmpint(state(w, row), ==, OUT_QUEUED);
	later(w, 86390);
	wait_ms(w, 200);
	g_assert_cmpuint(server_n_taken(smtp), ==, 0);
	later(w, 20);
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

/* Bad input: a sentence, and the draft is kept. */
static void
test_bad_input(void)
{
	static const struct { const char *to, *attachment, *words; } bad[] = {
		{ "bob@example.com\r\nRCPT TO:<eve@example.com>", NULL, "" }, { "bob@example.com\r\nBcc: eve@example.com", NULL, "" },
		{ "", NULL, "no recipient" }, { "bob", NULL, "bob" }, { "bob@example.com", "/nonexistent/a.pdf", "/nonexistent/a.pdf" },
	};
	World *w = world_new(CHECK_STARTUP, "at once", 0);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(Draft) d = draft_to(bad[i].to, "bad");
		if (bad[i].attachment)
			draft_attach(d)->path = g_strdup(bad[i].attachment);
		gint64 row = post(w, REQ_SEND, 0, d, 0);
		g_assert_true(w->failed);
		g_assert_nonnull(strstr(w->why, bad[i].words));
		g_assert_cmpint(state(w, row), ==, OUT_DRAFT);
	}
	g_autofree char *huge = g_strnfill(10 * 1024 * 1024, 'x');
	g_autoptr(Draft) d = draft_to("bob@example.com", huge);
	gint64 row = post(w, REQ_SEND, 0, d, 0);
	g_assert_true(w->failed);
	g_assert_cmpint(state(w, row), ==, OUT_DRAFT);
	g_assert_cmpuint(server_n_connections(smtp), ==, 0);
	/* a name of two lines is one line: it forges no field and reaches nobody else */
	row = send_mail(w, "\"x\r\nBcc: eve@example.com\r\nX-Forged: yes\" <bob@example.com>", "two\r\nX-Forged: yes");
	WAIT_FOR(w, is_done(w, row));
	g_assert_cmpstr(taken(0)->recipients, ==, "bob@example.com");
	g_assert_null(strstr(taken(0)->data, "\nBcc:"));
	g_assert_null(strstr(taken(0)->data, "\nX-Forged"));
	world_free(w);
}

/* ---- a full disk ---- */

/* A file system of its own for the store, of that many KiB; again: another size. False: not allowed here. */
static bool
small_disk(const char *dir, guint kib, bool again)
{
	g_autofree char *size = g_strdup_printf("size=%uk", kib);

	if (!again && unshare(CLONE_NEWNS) != 0) {
		g_autofree char *map = g_strdup_printf("0 %u 1", (guint)getuid());
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !g_file_set_contents("/proc/self/uid_map", map, -1, NULL))
			return false;
	}
	return (again || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) &&
		mount("tmpfs", dir, "tmpfs", again ? MS_REMOUNT : 0, size) == 0;
}

/* In a process of its own: the mail does not fit on the disk, is kept as a draft, and leaves when there is room. */
static int
full_disk(const char *dir, const char *big)
{
	if (!small_disk(dir, 2048, false))
		_exit(78);
	world_servers(NULL);
	World w = { .dir = (char *)(guintptr)dir, .store = g_build_filename(dir, "test.db", NULL), .letters = chan_new((GDestroyNotify)letter_free),
		.account = account_for(smtp->port, pop->port, CHECK_STARTUP, "at once") };
	g_autoptr(Draft) d = draft_to("bob@example.com", "big");

	world_open(&w, 0);
	draft_attach(d)->path = g_strdup(big);
	gint64 row = post(&w, REQ_SEND, 0, d, 0);
	g_assert_true(w.failed);
	g_assert_nonnull(w.why);
	g_assert_cmpint(state(&w, row), ==, OUT_DRAFT);
	wait_ms(&w, 200);
	g_assert_cmpuint(server_n_connections(smtp), ==, 0);
	g_assert_true(small_disk(dir, 65536, true));
	g_assert_cmpint(post(&w, REQ_SEND, row, d, 0), ==, row);
	g_assert_false(w.failed);
	/* it leaves; the copy waits as long as the disk is nearly full, and the mail is not in doubt */
	WAIT_FOR(&w, state(&w, row) == OUT_SENT && w.trouble);
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	g_assert_true(small_disk(dir, 1 << 20, true));
	later(&w, 3600);
	WAIT_FOR(&w, is_done(&w, row));
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	g_assert_cmpuint(n_sent_copies(&w), ==, 1);
	world_close(&w);
	_exit(0);
}

/* S2: bad input of the issue: the disk is full while a mail is queued. */
static void
test_full_disk(void)
{
	g_autofree char *dir = g_dir_make_tmp("eilpost-full-XXXXXX", NULL), *big = g_strconcat(dir, ".bin", NULL), *zeros = g_malloc0(3 << 20);
	char *argv[] = { SELF, (char *)(guintptr)"full", dir, big, NULL };
	g_autoptr(GError) err = NULL;
	int status = 0;

	g_assert_true(g_file_set_contents(big, zeros, 3 << 20, NULL));
	g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &err);
	g_assert_no_error(err);
	g_unlink(big);
	g_rmdir(dir);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 78)
		g_test_skip("no file system can be mounted here");
	else
		g_assert_cmpint(status, ==, 0);
}

/* ---- killed ---- */

/* What is left after a crash comes to its end: nothing lost, nothing twice. saved: the draft was told to be kept. */
static void
check_after_crash(World *w, bool saved, const char *when)
{
	g_autoptr(GPtrArray) rows = NULL, drafts = NULL;
	server_reset(pop);
	smtp->victim = 0;
	smtp->kill_line = 0;
	world_open(w, 0);
	ask(w, REQ_CHECK, 0, false);
	guint checked = w->checked;
	WAIT_FOR(w, w->checked > checked);
	{
		g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
		rows = outbox_list(db, false, NULL);
		drafts = outbox_list(db, true, NULL);
	}
	guint n = server_n_taken(smtp);
	const OutRow *r = rows->len ? rows->pdata[0] : NULL;
	g_test_message("%s: taken %u, drafts %u, waiting %u%s", when, n, drafts->len, rows->len, r && r->state == OUT_UNKNOWN ? " in doubt" : "");
	g_assert_cmpuint(n, <=, 1);
	g_assert_cmpuint(rows->len + drafts->len, <=, 1);
	if (saved)
		g_assert_cmpuint(n + rows->len + drafts->len, >=, 1);
	if (n == 1)	/* what has left lies nowhere as if it had not, but perhaps in doubt */
		g_assert_true(drafts->len == 0 && (!r || r->state == OUT_UNKNOWN));
	if (r) {
		g_assert_cmpint(r->state, ==, OUT_UNKNOWN);
		ask(w, REQ_OUT_DECIDE, r->id, n == 1);
		WAIT_FOR(w, is_done(w, r->id));
		g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	}
	if (server_n_taken(smtp) == 1)
		g_assert_cmpuint(n_sent_copies(w), ==, 1);
	world_close(w);
}

static bool
is_saved(const World *w)
{
	g_autofree char *file = g_build_filename(w->dir, "saved", NULL);
	return g_file_test(file, G_FILE_TEST_EXISTS);
}

static World *
world_for_child(void)
{
	World *w = world_new(CHECK_MANUAL, "at once", 0);
	world_close(w);
	return w;
}

/* S10: sent while there is no network, killed, started again: it arrives once. */
static void
test_s10(void)
{
	World *w = world_for_child();
	smtp->down = true;
	g_assert_false(run_child(w, smtp, "offline", 0));
	g_assert_true(is_saved(w));
	g_assert_cmpuint(server_n_taken(smtp), ==, 0);
	smtp->down = false;
	check_after_crash(w, true, "offline");
	g_assert_cmpuint(server_n_taken(smtp), ==, 1);
	world_free(w);
}

static void
test_stopped_at_commits(void)
{
	guint n = 1;
	for (bool whole = false; !whole; n++) {
		World *w = world_for_child();
		g_autofree char *when = g_strdup_printf("commit %u", n);
		whole = run_child(w, smtp, "send", n);
		check_after_crash(w, is_saved(w), when);
		world_free(w);
	}
	g_assert_cmpuint(n, >, 5);
}

static bool
has_ended(World *w, gint64 row)
{
	return is_done(w, row) || state(w, row) == OUT_UNKNOWN;
}

/* S6: one commit fails, whichever it is, and the program goes on: the mail arrives once, its copy is filed, and nobody is asked;
 * or it is cut off at its end, and then that is what the person is told. */
static void
test_commit_fails(gconstpointer cut)
{
	guint failures = 0;

	for (gint at = 1, none = 0; none < 2; at++) {
		World *w = world_new(CHECK_STARTUP, "at once", 0);
		g_autoptr(Draft) d = draft_to("bob@example.com, eve@example.com", "once");
		gint left = at;
		smtp->cut_end = cut != NULL;
		wait_ms(w, 100);	/* what the start commits is over */
		db_set_plug(w->engine->db, fail_one_commit, &left);
		gint64 row = post(w, REQ_SEND, 0, d, 0);
		if (w->failed)	/* it is said, and the person does it again */
			row = post(w, REQ_SEND, w->row, d, 0);
		WAIT_FOR(w, has_ended(w, row) || w->trouble);
		g_test_message("commit %d: %s, state %d", at, w->trouble ? w->trouble : "-", state(w, row));
		failures += g_atomic_int_get(&left) <= 0;
		none = g_atomic_int_get(&left) > 0 ? none + 1 : 0;
		for (int i = 0; i < 200 && !has_ended(w, row); i++)
			i % 20 ? wait_ms(w, 50) : later(w, 400);	/* the back-off; then it has a second, before the clock is a silence */
		WAIT_FOR(w, has_ended(w, row));
		g_assert_true(cut ? state(w, row) == OUT_UNKNOWN : is_done(w, row));
		g_assert_cmpuint(server_n_taken(smtp), ==, 1);
		g_assert_cmpuint(n_sent_copies(w), ==, cut ? 0 : 1);
		world_free(w);
	}
	g_assert_cmpuint(failures, >, 3);
}

static void
stopped_at_lines(bool after, bool chunking)
{
	guint n = 1;
	for (bool whole = false; !whole; n++) {
		World *w = world_for_child();
		g_autofree char *when = g_strdup_printf("line %u%s", n, after ? ", taken" : "");
		smtp->kill_line = n;
		smtp->kill_after = after;
		smtp->chunking = chunking;
		whole = run_child(w, smtp, "send", 0);
		check_after_crash(w, is_saved(w), when);
		world_free(w);
		if (after && !whole)	/* it dies at the end of the mail, whatever n is */
			break;
	}
	g_assert_cmpuint(n, >=, after ? 1 : 5);
}

static void
test_stopped_at_lines(void)
{
	stopped_at_lines(false, false);
	stopped_at_lines(false, true);
	stopped_at_lines(true, false);
	stopped_at_lines(true, true);
}

static int
child(char **argv)
{
	guint plug = (guint)atoi(argv[6]);
	bool offline = strcmp(argv[2], "offline") == 0;
	World w = world_of_child(argv, account_for((guint16)atoi(argv[4]), (guint16)atoi(argv[5]), CHECK_MANUAL, "at once"));
	g_autoptr(Draft) d = draft_to("bob@example.com", "to be killed");
	g_autofree char *saved = g_build_filename(argv[3], "saved", NULL);

	world_open(&w, 0);
	wait_ms(&w, 100);	/* what the start commits is over */
	db_set_plug(w.engine->db, pull, &plug);
	gint64 row = post(&w, REQ_DRAFT_SAVE, 0, d, 1);
	g_assert_true(g_file_set_contents(saved, "", 0, NULL));
	row = post(&w, REQ_SEND, row, d, 0);
	ask(&w, REQ_CHECK, 0, false);
	if (offline) {
		WAIT_FOR(&w, w.trouble != NULL);
		_exit(77);
	}
	WAIT_FOR(&w, is_done(&w, row));
	world_close(&w);
	_exit(0);
}

int
main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "child") == 0)
		return child(argv);
	if (argc == 4 && strcmp(argv[1], "full") == 0)
		return full_disk(argv[2], argv[3]);
	world_begin(&argc, &argv, NULL);
	g_test_add_func("/sync/outbox/one", test_one);
	g_test_add_func("/sync/outbox/S23", test_s23);
	g_test_add_func("/sync/outbox/clock-set-back", test_clock_set_back);
	g_test_add_func("/sync/outbox/partial", test_partial);
	g_test_add_func("/sync/outbox/rest-refused", test_rest_refused);
	g_test_add_func("/sync/outbox/later", test_later);
	g_test_add_func("/sync/outbox/refused", test_refused);
	g_test_add_func("/sync/outbox/cut-before", test_cut_before);
	g_test_add_func("/sync/outbox/cut-after/P17", test_cut_after);
	g_test_add_func("/sync/outbox/wrong-password/S4", test_wrong_password);
	g_test_add_func("/sync/outbox/one-connection", test_one_connection);
	g_test_add_func("/sync/outbox/undo", test_undo);
	g_test_add_func("/sync/outbox/send-later", test_send_later);
	g_test_add_func("/sync/outbox/bad-input/P16", test_bad_input);
	g_test_add_func("/sync/outbox/full-disk/S2", test_full_disk);
	g_test_add_func("/sync/outbox/S10", test_s10);
	g_test_add_data_func("/sync/outbox/commit-fails/S6", NULL, test_commit_fails);
	g_test_add_data_func("/sync/outbox/commit-fails/in-doubt", &smtp, test_commit_fails);
	g_test_add_func("/sync/outbox/stopped-at-commits", test_stopped_at_commits);
	g_test_add_func("/sync/outbox/stopped-at-lines", test_stopped_at_lines);
	return g_test_run();
}
