/* extensions.c - tests of what an engine makes of the server's extensions, each with and without, and of lines that die.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * "pop" of world.h is the IMAP server here. Whatever is offered, the store is the server's truth in the end. */
#include "config.h"
#include "base/limits.h"
#include "store/server.h"
#include "store/threads.h"
#include "reader.h"


static guint
rows_of(World *w, const char *wire)
{
	g_autoptr(GArray) here = here_of(w, wire);
	return here ? here->len : 0;
}

static guint
unseen_of(World *w, const char *wire)
{
	g_autoptr(Folder) f = folder(w, wire);
	return f ? f->server_unseen : 0;
}

/* ---- the plain path, and what makes it cheaper ---- */

static void
changes_elsewhere(guint n)
{
	set_flags(3, 0);
	set_flags(4, SEEN | FLAGGED);
	set_flags(n - 1, 0);
	set_flags(n - 2, SEEN | ANSWERED);	/* among the newest, which are asked for all their flags */
	take_out(2);
	take_out(n / 2);
	Msg new = { n + 1, 0, ++mbox.modseq };
	g_array_append_val(mbox.inbox, new);
}

/* A line that the server sends by itself. */
static void
untagged(const char *line)
{
	g_assert_cmpint(send(mbox.fd, line, strlen(line), MSG_NOSIGNAL), >, 0);
}

static void
test_pass(gconstpointer caps)
{
	World *w = world_with(caps, 5000, NULL);

	first_session(w);
	changes_elsewhere(5000);
	open_and_check(w);
	WAIT_FOR(w, same(w));
	g_assert_cmpuint(times_said("FETCH 1:5"), ==, 0);	/* not everything again */
	finish(w);
}

/* Five thousand that nobody touched: no flag is fetched but of the newest, and little is said. */
static void
test_unchanged(void)
{
	World *w = world_with(EXCHANGE, 5000, NULL);

	first_session(w);
	clock_shift(3601 * 1000);
	world_open(w, 0);
	WAIT_FOR(w, said("IDLE"));
	g_assert_cmpuint(times_said("\n"), <=, 12);	/* two of them are namespaces that LIST leaves out */
	g_assert_true(said("UID SEARCH UID 1:5000 UNSEEN") && said("UID FETCH 4001:5000 (UID FLAGS)"));
	g_assert_false(said("UID SEARCH UID 1:5000\n"));	/* the counts agree: nothing is gone */
	/* what no search tells is found while nothing is to do */
	set_flags(10, SEEN | ANSWERED);
	WAIT_FOR(w, same(w));
	g_assert_cmpuint(times_said("UID FETCH"), <=, 4);
	WAIT_FOR(w, times_said("IDLE") >= 2);
	world_close(w);
	/* and not again within the hour */
	forget_said();
	open_and_check(w);
	wait_ms(w, 2500);
	g_assert_cmpuint(times_said("UID FETCH"), ==, 1);
	finish(w);
}

/* A program without a screen is told that all is done when all is done, threads too, and at once. */
static void
test_headless(void)
{
	World *w = world_with(EXCHANGE, 19999, NULL);

	w->headless = true;
	world_open(w, 0);
	engine_post(w->engine, request_new(REQ_CHECK));
	WAIT_FOR(w, w->checked > 0 && rows_of(w, "INBOX") == 19999);
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_assert_false(threads_left(db));
	finish(w);
}

/* Counts hold anywhere: with nothing but what Exchange announces, an unchanged folder of 10,000 is in step after at most 6 round
 * trips, those of TCP and greeting among them. */
static void
test_turns_unchanged(void)
{
	World *w = world_with(EXCHANGE, 10000, NULL);

	first_session(w);
	clock_shift(3601 * 1000);	/* the last whole pass is long ago */
	pop->turns = 0;
	w->checked = 0;
	world_open(w, 0);
	WAIT_FOR(w, said("UID SEARCH UID 1:10000 UNSEEN") && said("UID FETCH 9001:10000 (UID FLAGS)") && said("FLAGGED"));
	WAIT_FOR(w, said("IDLE") && w->checked > 0);
	guint turns = pop->turns - 1;	/* the one to IDLE: nobody waits for it */
	g_test_message("%u turns and TCP and greeting", turns);
	g_assert_cmpuint(turns + 1, <=, 6);	/* the first turn is the answer to the greeting */
	g_assert_true(same(w));
	finish(w);
}

/* A folder never seen, on a connection that is open: its first screen is here after at most 3 round trips. */
static void
test_turns_first_screen(gconstpointer caps)
{
	World *w = world_with(caps, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work";
	open_and_check(w);
	WAIT_FOR(w, unseen_of(w, "Work") == 3 && said("IDLE"));
	wait_ms(w, 200);
	g_autoptr(Folder) f = folder(w, "Work");
	pop->turns = 0;
	forget_said();
	Request *r = request_new(REQ_OPEN_FOLDER);
	r->folder = f->id;
	engine_post(w->engine, r);
	WAIT_FOR(w, said("FETCH 1:"));
	guint turns = pop->turns;
	g_test_message("%u turns", turns);
	g_assert_cmpuint(turns, <=, 3);
	finish(w);
}

/* A folder that is known: its first screen is the store's. Every row is there while the server has not said a word of it, with
 * no connection, and with one that is open but silent. */
static void
test_turns_known(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work";
	put_other("Work", 60);
	open_and_check(w);
	open_folder(w, "Work");
	WAIT_FOR(w, rows_of(w, "Work") == 60 && times_said("IDLE") >= 2);
	forget_said();
	open_folder(w, "INBOX");
	WAIT_FOR(w, said("SELECT INBOX") && said("IDLE"));
	mbox.mute = true;
	pop->turns = 0;
	forget_said();
	open_folder(w, "Work");
	g_assert_cmpuint(rows_of(w, "Work"), ==, 60);
	WAIT_FOR(w, said("SELECT Work"));
	g_assert_false(said("FETCH"));
	g_assert_cmpuint(rows_of(w, "Work"), ==, 60);
	world_close(w);
	w->account->receive.port = 1;	/* nobody listens there */
	world_open(w, 0);
	open_folder(w, "Work");
	WAIT_FOR(w, w->trouble != NULL);	/* it was tried */
	g_assert_cmpuint(rows_of(w, "Work"), ==, 60);
	finish(w);
}

/* As many came as went: the counts agree, and yet. */
static void
test_counts_agree(gconstpointer caps)
{
	World *w = world_with(caps, 5000, NULL);

	first_session(w);
	take_out(17);
	Msg new = { 5001, 0, ++mbox.modseq };
	g_array_append_val(mbox.inbox, new);
	open_and_check(w);
	WAIT_FOR(w, same(w));
	finish(w);
}

static void
test_condstore(void)
{
	World *w = world_with(EXCHANGE " ENABLE CONDSTORE ESEARCH", 5000, NULL);

	first_session(w);
	changes_elsewhere(5000);
	open_and_check(w);
	WAIT_FOR(w, same(w));
	g_assert_true(said("CHANGEDSINCE"));
	g_assert_true(said("UID SEARCH RETURN (ALL) UID 1:"));
	g_assert_false(said("UNSEEN\n"));
	finish(w);
}

/* A SEARCH that finds nothing must not empty the folder. */
static void
test_lying_search(void)
{
	World *w = world_with(EXCHANGE, 3000, NULL);

	first_session(w);
	mbox.lying_search = true;
	take_out(7);
	open_and_check(w);
	WAIT_FOR(w, same(w));
	g_assert_cmpuint(rows_of(w, "INBOX"), ==, 2999);
	finish(w);
}

static void
test_monsters(void)
{
	World *w = world_with(EXCHANGE, 200, NULL);

	mbox.monsters = true;
	open_and_check(w);
	WAIT_FOR(w, same(w));
	WAIT_FOR(w, said("IDLE"));
	g_assert_cmpuint(pop->connections, ==, 1);
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_find(db, "INBOX", NULL);
	g_autoptr(Message) two = messages_find_uid(db, f->id, 2, NULL), three = messages_find_uid(db, f->id, 3, NULL);
	g_assert_cmpstr(two->subject, ==, "number 2");
	g_assert_null(two->structure);
	g_assert_null(three->subject);
	g_assert_cmpint(three->received, >, 0);
	g_assert_cmpuint(f->backfill_below, <=, 1);
	finish(w);
}

static void
test_broken_structure(void)
{
	World *w = world_with(EXCHANGE, 200, NULL);

	mbox.broken = 20;
	world_open(w, 0);
	WAIT_FOR(w, w->trouble && strstr(w->trouble, "not IMAP"));
	later(w, 6);
	WAIT_FOR(w, same(w));
	finish(w);
}

static void
test_disable(void)
{
	World *w = world_with(MUCH " PARTIAL X-GM-EXT-1 UTF8=ACCEPT IMAP4rev2", 300, "ENABLE, CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS STATUS=SIZE "
		"SPECIAL-USE NOTIFY QUOTA ACL OBJECTID PARTIAL X-GM-EXT-1 NAMESPACE ID IMAP4rev2");

	first_session(w);
	/* what is switched off is not there for the server of this test either */
	mbox.caps = EXCHANGE;
	changes_elsewhere(300);
	open_and_check(w);
	WAIT_FOR(w, same(w));
	finish(w);
}

/* After ENABLE IMAP4rev2 every SEARCH is answered by ESEARCH. */
static void
test_rev2(void)
{
	World *w = world_with(EXCHANGE " ENABLE IMAP4rev2", 5000, NULL);

	first_session(w);
	changes_elsewhere(5000);
	open_and_check(w);
	WAIT_FOR(w, same(w));
	g_assert_true(said("ENABLE IMAP4rev2"));
	finish(w);
}

/* ---- folders ---- */

static void
test_account_facts(void)
{
	World *w = world_with(MUCH, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work\n\\HasNoChildren|F2|#users/bob\n\\HasNoChildren|F3|Public/news";
	open_and_check(w);
	WAIT_FOR(w, said("MYRIGHTS Public/news"));
	WAIT_FOR(w, said("IDLE"));
	g_autoptr(Folder) work = folder(w, "Work"), bob = folder(w, "#users/bob"), news = folder(w, "Public/news");
	g_assert_cmpint(work->space, ==, SPACE_PERSONAL);
	g_assert_cmpuint(work->server_total, ==, 7);
	g_assert_cmpuint(work->server_unseen, ==, 3);
	g_assert_nonnull(bob);	/* LIST "" "*" does not tell of it */
	g_assert_cmpint(bob->space, ==, SPACE_OTHERS);
	g_assert_cmpint(news->space, ==, SPACE_SHARED);
	g_assert_cmpstr(news->rights, ==, "lr");
	g_assert_false(folder_may(news, 't'));
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	Quota q = quota_get(db);
	g_assert_true(q.told);
	g_assert_cmpuint(quota_percent(&q), ==, 95);	/* of the fuller root */
	g_assert_nonnull(strstr(w->trouble, "95"));
	g_assert_cmpuint(times_said("STATUS Work"), ==, 0);	/* LIST told */
	finish(w);
}

/* Rights come with the list, and nobody asks for each. */
static void
test_list_rights(void)
{
	World *w = world_with(MUCH " LIST-MYRIGHTS", 5, NULL);

	mbox.names = "\\HasNoChildren|F3|Public/news";
	open_and_check(w);
	WAIT_FOR(w, said("IDLE"));
	g_autoptr(Folder) news = folder(w, "Public/news");
	g_assert_cmpstr(news->rights, ==, "lr");
	g_assert_false(said(": MYRIGHTS"));
	finish(w);
}

static void
test_without_list_status(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work";
	open_and_check(w);
	WAIT_FOR(w, said("STATUS Work"));
	WAIT_FOR(w, said("IDLE"));
	g_autoptr(Folder) work = folder(w, "Work");
	g_assert_cmpuint(work->server_unseen, ==, 3);
	finish(w);
}

static void
test_notify(void)
{
	World *w = world_with(MUCH, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work";
	mbox.events = "* STATUS Work (MESSAGES 9 UNSEEN 5 UIDNEXT 10 UIDVALIDITY 1)\r\n";
	open_and_check(w);
	WAIT_FOR(w, unseen_of(w, "Work") == 5);
	/* another client makes a folder: the tree is read anew */
	mbox.names = "\\HasNoChildren|F1|Work\n\\HasNoChildren|F9|Fresh";
	untagged("* LIST () \"/\" Fresh\r\n");
	WAIT_FOR(w, unseen_of(w, "Fresh") == 3);
	/* too much for the server: from here IDLE alone */
	WAIT_FOR(w, times_said("IDLE") >= 2);
	forget_said();
	untagged("* OK [NOTIFICATIONOVERFLOW] x\r\n");
	WAIT_FOR(w, said("LIST") && said("IDLE"));
	g_assert_false(said("NOTIFY"));
	finish(w);
}

static void
test_notify_refused(void)
{
	World *w = world_with(MUCH, 5, NULL);

	mbox.refuse_notify = "NO [BADEVENT (FlagChange)] not that";
	open_and_check(w);
	WAIT_FOR(w, said("IDLE"));
	untagged("* 5 EXISTS\r\n");
	g_assert_cmpuint(pop->connections, ==, 1);
	finish(w);
}

/* The folder that another client renamed keeps its messages. */
static void
test_renamed_elsewhere(void)
{
	World *w = world_with(MUCH, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work";
	open_and_check(w);
	WAIT_FOR(w, unseen_of(w, "Work") == 3);
	g_autoptr(Folder) before = folder(w, "Work");
	world_close(w);
	mbox.names = "\\HasNoChildren|F1|Job\n\\HasNoChildren|F2|Work2";
	open_and_check(w);
	WAIT_FOR(w, unseen_of(w, "Job") == 3);
	g_autoptr(Folder) after = folder(w, "Job");
	g_assert_cmpint(after->id, ==, before->id);
	finish(w);
}

/* Names in UTF-8 on the wire are the folders that they were. */
static void
test_utf8(void)
{
	World *w = world_with(EXCHANGE " ENABLE", 5, NULL);
	Request *r = request_new(REQ_OPEN_FOLDER);

	mbox.names = "\\HasNoChildren|F1|Entw&APw-rfe";
	open_and_check(w);
	WAIT_FOR(w, unseen_of(w, "Entw&APw-rfe") == 3);
	g_autoptr(Folder) before = folder(w, "Entw&APw-rfe");
	g_assert_cmpstr(before->name, ==, "Entw\xc3\xbcrfe");
	world_close(w);
	mbox.caps = EXCHANGE " ENABLE UTF8=ACCEPT";
	mbox.names = "\\HasNoChildren|F1|Entw\xc3\xbcrfe";
	open_and_check(w);	/* nobody knows yet that it can: it is known from the second session on */
	world_close(w);
	forget_said();
	world_open(w, 0);
	WAIT_FOR(w, said("IDLE"));
	g_assert_true(said("ENABLE UTF8=ACCEPT"));
	g_autoptr(Folder) after = folder(w, "Entw&APw-rfe");
	g_assert_cmpint(after->id, ==, before->id);
	g_assert_false(after->gone);
	r->folder = after->id;
	engine_post(w->engine, r);
	WAIT_FOR(w, said("SELECT \"Entw\xc3\xbcrfe\""));
	finish(w);
}

/* ---- messages ---- */

static char *
keywords_of(World *w, guint uid)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_find(db, "INBOX", NULL);
	g_autoptr(Message) m = messages_find_uid(db, f->id, uid, NULL);
	return m ? g_strdup(m->keywords) : NULL;
}

static void
test_labels(void)
{
	World *w = world_with(EXCHANGE " X-GM-EXT-1", 5, NULL);

	first_session(w);	/* the first page comes before anybody knows of labels */
	mbox.labels = "\"\\\\Inbox\" Work \"two words\"";
	open_and_check(w);
	WAIT_FOR(w, said("X-GM-LABELS"));
	WAIT_FOR(w, said("IDLE"));
	g_autofree char *got = keywords_of(w, 5);
	g_assert_cmpstr(got, ==, "label:Work label:two\u00a0words");
	/* flags alone do not take them away */
	message(5)->flags = FLAGGED;
	untagged("* 5 FETCH (UID 5 FLAGS (\\Flagged $Todo))\r\n");
	WAIT_FOR(w, same(w));
	g_autofree char *after = keywords_of(w, 5);
	g_assert_cmpstr(after, ==, "$Todo label:Work label:two\u00a0words");
	finish(w);
}

static void
test_email_id(void)
{
	World *w = world_with(EXCHANGE " OBJECTID", 400, NULL);

	open_and_check(w);
	WAIT_FOR(w, same(w));
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_find(db, "INBOX", NULL);
	g_autoptr(Message) m = messages_find_uid(db, f->id, 100, NULL);
	g_assert_cmpstr(m->email_id, ==, "M100");
	finish(w);
}

/* The first page of a folder never seen rides with its SELECT; where that goes wrong it is asked for again. */
static void
test_early_page(gconstpointer data)
{
	const char *caps = data;
	World *w = world_with(caps ? caps : MUCH, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work";
	open_and_check(w);
	WAIT_FOR(w, unseen_of(w, "Work") == 3);
	mbox.no_early_page = caps == NULL;
	g_autoptr(Folder) f = folder(w, "Work");
	Request *r = request_new(REQ_OPEN_FOLDER);
	r->folder = f->id;
	engine_post(w->engine, r);
	WAIT_FOR(w, said("SELECT Work"));
	wait_ms(w, 300);
	g_assert_true(caps ? said("PARTIAL -1:-50") : said("FETCH 1:* (UID") && said("FETCH 1:7 (UID"));
	finish(w);
}

/* The folder that is open is closed before it is deleted, where the server can. */
static void
test_unselect(gconstpointer caps)
{
	World *w = world_with(caps, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work";
	open_and_check(w);
	WAIT_FOR(w, unseen_of(w, "Work") == 3);
	g_autoptr(Folder) f = folder(w, "Work"), inbox = folder(w, "INBOX");
	Request *r = request_new(REQ_OPEN_FOLDER);
	r->folder = f->id;
	engine_post(w->engine, r);
	WAIT_FOR(w, said("SELECT Work"));
	WAIT_FOR(w, times_said("IDLE") >= 2);
	forget_said();
	mbox.names = NULL;
	r = request_new(REQ_FOLDER_DELETE);
	r->folder = f->id;
	engine_post(w->engine, r);
	r = request_new(REQ_OPEN_FOLDER);
	r->folder = inbox->id;
	WAIT_FOR(w, said("DELETE Work"));
	engine_post(w->engine, r);
	g_assert_cmpuint(times_said("UNSELECT\n"), ==, strstr(caps, "UNSELECT") != NULL);
	WAIT_FOR(w, said("SELECT INBOX"));
	WAIT_FOR(w, said("IDLE"));
	g_assert_cmpuint(times_said("SELECT Work"), ==, 0);
	finish(w);
}

/* ---- lines that die ---- */

static void
test_silent_line(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	open_and_check(w);
	WAIT_FOR(w, said("IDLE"));
	mbox.mute = true;
	ask(w, REQ_CHECK, 0, false);	/* what the schedule does at each interval */
	WAIT_FOR(w, said("NOOP"));
	mbox.mute = false;
	later(w, 11);
	later(w, 6);	/* and the pause before the next try */
	WAIT_FOR(w, pop->connections == 2);
	WAIT_FOR(w, times_said("IDLE") >= 2);
	finish(w);
}

/* After a sleep the line is asked at once whether it lives. */
static void
test_silent_after_sleep(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	open_and_check(w);
	WAIT_FOR(w, said("IDLE"));
	mbox.mute = true;
	later(w, 25 * 60 + 1);
	WAIT_FOR(w, said("NOOP"));
	mbox.mute = false;
	later(w, 11);
	later(w, 6);
	WAIT_FOR(w, pop->connections >= 2);
	finish(w);
}

/* Numbers of messages that this session has not seen: it is looked which they were, not at everything. */
static void
test_unknown_numbers(void)
{
	World *w = world_with(EXCHANGE, 5000, NULL);

	first_session(w);
	open_and_check(w);
	WAIT_FOR(w, said("IDLE"));
	forget_said();
	take_out(3);
	untagged("* 3 EXPUNGE\r\n");
	WAIT_FOR(w, same(w));
	g_assert_true(said("UID SEARCH UID 1:5000\n"));
	set_flags(10, SEEN | FLAGGED);
	untagged("* 9 FETCH (FLAGS (\\Seen \\Flagged))\r\n");
	WAIT_FOR(w, same(w));
	g_assert_false(said("FETCH 1:"));
	finish(w);
}

/* Push without IDLE: a question every two minutes. */
static void
test_without_idle(void)
{
	World *w = world_with("SASL-IR UIDPLUS", 5, NULL);

	open_and_check(w);
	WAIT_FOR(w, same(w));
	Msg new = { 6, 0, 11 };
	g_array_append_val(mbox.inbox, new);
	forget_said();
	later(w, 50);
	wait_ms(w, 100);
	g_assert_false(said("NOOP"));
	later(w, 50);
	later(w, 21);
	WAIT_FOR(w, said("NOOP"));
	WAIT_FOR(w, same(w));
	finish(w);
}

/* Without NOTIFY the other folders are looked at every five minutes. */
static void
test_looks_again(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	mbox.names = "\\HasNoChildren|F1|Work";
	open_and_check(w);
	WAIT_FOR(w, said("STATUS Work") && said("IDLE"));
	forget_said();
	later(w, 60);
	WAIT_FOR(w, !said("STATUS Work"));
	later(w, 241);
	WAIT_FOR(w, said("STATUS Work"));
	finish(w);
}

/* Nobody can plug cables in a test: a word to the engine's context is what the kernel's word becomes. */
static void
test_other_network(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	open_and_check(w);
	WAIT_FOR(w, said("IDLE"));
	mbox.mute = true;
	net_change_tell(w->engine->net_change);
	WAIT_FOR(w, said("NOOP"));
	mbox.mute = false;
	later(w, 11);
	WAIT_FOR(w, w->trouble != NULL);
	/* and the wait for the next try ends with the next change */
	net_change_tell(w->engine->net_change);
	ask(w, REQ_RESUME, 0, false);
	WAIT_FOR(w, pop->connections == 2);
	finish(w);
}

static void
test_restart(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	open_and_check(w);
	WAIT_FOR(w, said("IDLE"));
	untagged("* BYE restarting\r\n");
	shutdown(mbox.fd, SHUT_RDWR);
	WAIT_FOR(w, w->trouble != NULL);
	later(w, 6);
	WAIT_FOR(w, times_said("IDLE") >= 2);
	finish(w);
}

/* Neither is a wrong password, and both heal by themselves. */
static void
test_limits_of_the_server(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	mbox.refuse_sign_in = "[ALERT] Too many simultaneous connections. (Failure)";
	world_open(w, 0);
	WAIT_FOR(w, w->trouble && strstr(w->trouble, "Too many"));
	mbox.refuse_sign_in = NULL;
	mbox.refuse_select = "User is authenticated but not connected.";
	later(w, 6);
	WAIT_FOR(w, strstr(w->trouble, "not connected") && strstr(w->trouble, "tries again by itself"));
	mbox.refuse_select = NULL;
	later(w, 11);
	WAIT_FOR(w, same(w));
	g_assert_false(w->asked);
	finish(w);
}

/* A server that never says another word does not keep the person. */
static void
test_quit_at_once(void)
{
	World *w = world_with(EXCHANGE, 5, NULL);

	mbox.mute = true;
	world_open(w, 0);
	wait_ms(w, 200);
	gint64 start = g_get_monotonic_time();
	world_close(w);
	g_assert_cmpint(g_get_monotonic_time() - start, <, promised_us(100));
	finish(w);
}

/* ---- how a text begins ---- */

static char *
preview(World *w, guint32 uid)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_find(db, "INBOX", NULL);
	g_autoptr(Message) m = messages_find_uid(db, f->id, uid, NULL);
	g_assert_nonnull(m);
	return g_strdup(m->preview);
}

static void
expect_previews(World *w, const char *want)
{
	static const guint32 uids[] = { 1, 550, 700, 701 };	/* of the backfill, of the first page, news */

	set_flags(5, SEEN | FLAGGED);	/* an answer about flags does not take it away */
	Msg new = { 701, 0, ++mbox.modseq };
	g_array_append_val(mbox.inbox, new);
	open_and_check(w);
	WAIT_FOR(w, same(w));
	for (guint i = 0; i < G_N_ELEMENTS(uids); i++) {
		g_autofree char *got = preview(w, uids[i]);
		g_assert_cmpstr(got, ==, want);
	}
}

/* PREVIEW (RFC 8970): asked for where it is announced, only what costs the server nothing. */
static void
test_preview(void)
{
	World *w = world_with(EXCHANGE " PREVIEW", 700, NULL);

	mbox.preview = "\" Gr\xc3\xbc\xc3\x9f" "e\xff aus Bern \"";
	first_session(w);
	expect_previews(w, "Grüße\xef\xbf\xbd aus Bern");
	finish(w);
}

static void
test_preview_limits(gconstpointer length)
{
	guint n = GPOINTER_TO_UINT(length);
	World *w = world_with(EXCHANGE " PREVIEW", 3, NULL);
	g_autofree char *text = g_strnfill(n - 1, 'x'), *told = g_strdup_printf("\"%sü\"", text);

	mbox.preview = told;
	first_session(w);
	g_autofree char *got = preview(w, 2);
	g_assert_cmpint(g_utf8_strlen(got, -1), ==, MIN(n, LIMIT_PREVIEW));
	g_assert_true(g_str_has_suffix(got, n > LIMIT_PREVIEW ? "x" : "ü"));
	finish(w);
}

/* The server has it not at hand, does not offer it, or it is switched off. */
static void
test_preview_none(void)
{
	World *w = world_with(EXCHANGE " PREVIEW", 700, NULL);

	first_session(w);
	expect_previews(w, NULL);
	g_assert_true(said("PREVIEW (LAZY)"));
	finish(w);
	w = world_with(EXCHANGE " PREVIEW", 700, "preview");
	mbox.preview = "\"Grüße\"";
	first_session(w);
	expect_previews(w, NULL);
	g_assert_false(said("PREVIEW"));
	finish(w);
	w = world_with(EXCHANGE, 700, NULL);	/* mailboxd.h counts what is asked for and was not offered */
	first_session(w);
	expect_previews(w, NULL);
	finish(w);
}

/* Announced, and BAD: the headers come all the same, those of the first page, of news, and of the backfill. */
static void
test_preview_bad(void)
{
	World *w = world_with(EXCHANGE " PREVIEW", 700, NULL);

	mbox.no_preview = true;
	open_and_check(w);
	WAIT_FOR(w, same(w));
	g_assert_cmpuint(times_said("PREVIEW"), ==, 1);
	world_close(w);
	/* from now on even what is new */
	Msg new = { 701, 0, ++mbox.modseq };
	g_array_append_val(mbox.inbox, new);
	open_and_check(w);
	WAIT_FOR(w, same(w));
	finish(w);
}

/* Where the server has none at hand for the newest, it need not look for those of the older ones; for new mail it is asked on. */
static void
test_preview_not_at_hand(gconstpointer at_hand)
{
	World *w = world_with(EXCHANGE " PREVIEW", 3000, NULL);
	Msg new = { 3001, 0, ++mbox.modseq };

	mbox.preview = at_hand;
	open_and_check(w);
	WAIT_FOR(w, same(w));
	guint headers = times_said("BODYSTRUCTURE"), with = times_said("PREVIEW (LAZY)");
	g_test_message("%u of %u with PREVIEW", with, headers);
	if (at_hand)
		g_assert_cmpuint(with, ==, headers);
	else
		g_assert_cmpuint(with, <, headers);
	forget_said();
	mbox.preview = "\"Grüße\"";
	g_array_append_val(mbox.inbox, new);
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, same(w));
	g_autofree char *got = preview(w, 3001);
	g_assert_cmpstr(got, ==, "Grüße");
	finish(w);
}

/* It was well at the first page and is BAD in the backfill. */
static void
test_preview_bad_later(void)
{
	World *w = world_with(EXCHANGE " PREVIEW", 3000, NULL);

	mbox.preview = "\"Grüße\"";
	world_open(w, 0);
	WAIT_FOR(w, rows_of(w, "INBOX") >= 50);
	mbox.no_preview = true;
	WAIT_FOR(w, same(w));
	finish(w);
}

int
main(int argc, char **argv)
{
	world_begin(&argc, &argv, mailbox_start);
	g_test_add_data_func("/sync/extensions/pass/plain", EXCHANGE, test_pass);
	g_test_add_data_func("/sync/extensions/pass/esearch", EXCHANGE " ESEARCH", test_pass);
	g_test_add_data_func("/sync/extensions/pass/condstore", EXCHANGE " CONDSTORE", test_pass);
	g_test_add_data_func("/sync/extensions/pass/all", MUCH, test_pass);
	g_test_add_func("/sync/extensions/unchanged", test_unchanged);
	g_test_add_func("/sync/extensions/headless", test_headless);
	g_test_add_func("/sync/extensions/round-trips/unchanged", test_turns_unchanged);
	g_test_add_data_func("/sync/extensions/round-trips/first-screen/plain", EXCHANGE, test_turns_first_screen);
	g_test_add_data_func("/sync/extensions/round-trips/first-screen/all", MUCH " PARTIAL", test_turns_first_screen);
	g_test_add_func("/sync/extensions/round-trips/known", test_turns_known);
	g_test_add_data_func("/sync/extensions/counts-agree/plain", EXCHANGE, test_counts_agree);
	g_test_add_data_func("/sync/extensions/counts-agree/condstore", EXCHANGE " CONDSTORE ESEARCH", test_counts_agree);
	g_test_add_func("/sync/extensions/condstore", test_condstore);
	g_test_add_func("/sync/extensions/P9/lying-search", test_lying_search);
	g_test_add_func("/sync/extensions/P2/monsters", test_monsters);
	g_test_add_func("/sync/extensions/P2/broken-structure", test_broken_structure);
	g_test_add_func("/sync/extensions/rev2", test_rev2);
	g_test_add_func("/sync/extensions/disable", test_disable);
	g_test_add_func("/sync/extensions/account-facts", test_account_facts);
	g_test_add_func("/sync/extensions/list-myrights", test_list_rights);
	g_test_add_func("/sync/extensions/without-list-status", test_without_list_status);
	g_test_add_func("/sync/extensions/notify", test_notify);
	g_test_add_func("/sync/extensions/notify-refused", test_notify_refused);
	g_test_add_func("/sync/extensions/renamed-elsewhere", test_renamed_elsewhere);
	g_test_add_func("/sync/extensions/utf8", test_utf8);
	g_test_add_func("/sync/extensions/labels", test_labels);
	g_test_add_func("/sync/extensions/email-id", test_email_id);
	g_test_add_func("/sync/extensions/preview/with", test_preview);
	g_test_add_data_func("/sync/extensions/preview/limit/199", GUINT_TO_POINTER(199), test_preview_limits);
	g_test_add_data_func("/sync/extensions/preview/limit/200", GUINT_TO_POINTER(200), test_preview_limits);
	g_test_add_data_func("/sync/extensions/preview/limit/201", GUINT_TO_POINTER(201), test_preview_limits);
	g_test_add_func("/sync/extensions/preview/without", test_preview_none);
	g_test_add_data_func("/sync/extensions/preview/not-at-hand", NULL, test_preview_not_at_hand);
	g_test_add_data_func("/sync/extensions/preview/at-hand", "\"Gr\xc3\xbc\xc3\x9f" "e\"", test_preview_not_at_hand);
	g_test_add_func("/sync/extensions/preview/refused", test_preview_bad);
	g_test_add_func("/sync/extensions/preview/refused-later", test_preview_bad_later);
	g_test_add_data_func("/sync/extensions/early-page/refused", NULL, test_early_page);
	g_test_add_data_func("/sync/extensions/early-page/partial", MUCH " PARTIAL", test_early_page);
	g_test_add_data_func("/sync/extensions/unselect/with", EXCHANGE, test_unselect);
	g_test_add_data_func("/sync/extensions/unselect/without", "SASL-IR UIDPLUS MOVE IDLE LITERAL+", test_unselect);
	g_test_add_func("/sync/extensions/P21/silent-line/S30", test_silent_line);
	g_test_add_func("/sync/extensions/P21/silent-after-sleep", test_silent_after_sleep);
	g_test_add_func("/sync/extensions/P21/quit-at-once", test_quit_at_once);
	g_test_add_func("/sync/extensions/restart", test_restart);
	g_test_add_func("/sync/extensions/unknown-numbers", test_unknown_numbers);
	g_test_add_func("/sync/extensions/without-idle", test_without_idle);
	g_test_add_func("/sync/extensions/looks-again", test_looks_again);
	g_test_add_func("/sync/extensions/P21/other-network", test_other_network);
	g_test_add_func("/sync/extensions/limits-of-the-server/S4", test_limits_of_the_server);
	return g_test_run();
}
