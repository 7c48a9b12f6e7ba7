/* waiting.c - tests of ui/view/waitlist: what is on its way, from a store, on a canvas.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../store/fixture.h"
#include "ui/theme.h"
#include "ui/view/waitlist_private.h"

#include <locale.h>
#include <string.h>

enum { NOW = 1795426800 };	/* 2026-11-23 09:40 UTC, a Monday */

typedef struct { Db *db; GTimeZone *zone; Account *account; WaitAccount acc; } World;

static World
world_new(void)
{
	World w = { must_open(":memory:", DB_WRITER), g_time_zone_new_utc(), account_new(), { 0 } };
	g_free(w.account->name);
	w.account->name = g_strdup("work");
	w.account->send.scheme = SCHEME_SMTPS;
	g_free(w.account->send_when);
	w.account->send_when = g_strdup("at once");
	w.account->check = CHECK_STARTUP | CHECK_EVERY;
	w.account->check_minutes = 5;
	w.acc = (WaitAccount){ .number = 3,
		.account = w.account,
		.db = w.db,
		.state = ENGINE_ONLINE,
		.schedule = "on startup, every 5 minutes" };
	return w;
}

static void
world_end(World *w)
{
	db_close(w->db);
	g_time_zone_unref(w->zone);
	account_unref(w->account);
}

static gint64
queue(World *w, const char *to, const char *subject, gint64 not_before, bool later)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(GBytes) message = g_bytes_new_static("Subject: x\r\n\r\n", 14);
	g_autoptr(Draft) d = draft_new();
	OutMail m = { .sender = "alice@example.org",
		.recipients = (const char *const[]){ "bob@example.org", "c@d.example", NULL },
		.message = message,
		.message_id = "<1@x>",
		.subject = subject,
		.to = to };
	draft_set(d, DRAFT_TO, to);
	draft_set(d, DRAFT_SUBJECT, subject);
	must_begin(w->db);
	gint64 id = outbox_queue(w->db, 0, d, &m, not_before, later, &err);
	g_assert_no_error(err);
	must_commit(w->db);
	return id;
}

static void
state(World *w, gint64 id, OutState s, gint64 not_before, const char *error)
{
	g_autoptr(GError) err = NULL;
	must_begin(w->db);
	g_assert_true(outbox_set_state(w->db, id, s, not_before, error, &err));
	g_assert_no_error(err);
	must_commit(w->db);
}

static char *
picture(World *w, WaitList *l, int rows, int cols)
{
	g_autoptr(Canvas) c = canvas_new(rows, cols);
	waitlist_fill(l, &w->acc, 1, NOW);
	waitlist_draw(l, c, canvas_rect(c), true);
	return canvas_text(c);
}

#define assert_has(text, part)                                                                     \
	do {                                                                                       \
		if (!strstr(text, part))                                                           \
			g_error("no \"%s\" in:\n%s", part, text);                                  \
	} while (0)
#define assert_hasnt(text, part)                                                                   \
	do {                                                                                       \
		if (strstr(text, part))                                                            \
			g_error("\"%s\" in:\n%s", part, text);                                     \
	} while (0)

/* ---- words ---- */

static const struct {
	const char *list, *people;
} people[] = {
	{ "Anna Weber <anna@example.org>", "Anna Weber" },
	{ "anna@example.org", "anna@example.org" },
	{ "\"Weber, Anna\" <a@b>, c@d", "Weber, Anna +1" },
	{ "<a@b>, c@d, e@f", "a@b +2" },
	{ "", "(nobody)" },
	{ NULL, "(nobody)" },
};

static void
test_people(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(people); i++) {
		g_autofree char *is = waitlist_people(people[i].list);
		g_assert_cmpstr(is, ==, people[i].people);
	}
}

static const struct {
	gint64 in;
	const char *text;
} times[] = {
	{ 0, "09:40" },
	{ 37 * 60, "10:17" },
	{ 86400, "Tue 09:40" },
	{ 31 * 86400, "2026-12-24 09:40" },
	{ -86400, "Sun 09:40" },
};

static void
test_times(void)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
		g_autofree char *is = waitlist_time(NOW + times[i].in, NOW, zone);
		g_assert_cmpstr(is, ==, times[i].text);
	}
	g_autofree char *far = waitlist_time(G_MAXINT64, NOW, zone);
	g_assert_cmpstr(far, ==, "?");
}

static const struct {
	OutRow row;
	const char *send_when;
	guint check;
	EngineState state;
	bool stopped, paused;
	const char *words;
} words[] = {
	{ { .state = OUT_QUEUED, .not_before = NOW + 9 }, "at once", CHECK_EVERY, ENGINE_ONLINE,
		false, false, "leaves in 9 s" },
	{ { .state = OUT_QUEUED, .not_before = NOW + 300 }, "at once", CHECK_EVERY, ENGINE_ONLINE,
		false, false, "leaves at 09:45" },
	{ { .state = OUT_QUEUED, .not_before = NOW + 3600, .later = true }, "at once", CHECK_EVERY,
		ENGINE_ONLINE, false, false, "leaves at 10:40" },
	{ { .state = OUT_QUEUED, .not_before = NOW + 30, .later = true }, "at once", CHECK_EVERY,
		ENGINE_ONLINE, false, false, "leaves at 09:40" },
	{ { .state = OUT_QUEUED, .not_before = NOW }, "at once", CHECK_EVERY, ENGINE_ONLINE, false,
		false, "leaves now" },
	{ { .state = OUT_QUEUED, .not_before = NOW }, "manual", CHECK_EVERY, ENGINE_ONLINE, false,
		false, "waits for “send now” ($)" },
	{ { .state = OUT_QUEUED, .not_before = NOW + 9 }, "manual", CHECK_EVERY, ENGINE_ONLINE,
		false, false, "waits for “send now” ($)" },
	{ { .state = OUT_QUEUED, .not_before = NOW + 9 }, "at once", CHECK_MANUAL, ENGINE_ONLINE,
		false, false, "waits for a check (G) or $" },
	{ { .state = OUT_QUEUED, .not_before = NOW }, "with check", CHECK_EVERY, ENGINE_ONLINE,
		false, false, "leaves with the check at 09:45" },
	{ { .state = OUT_QUEUED, .not_before = NOW }, "at once", CHECK_MANUAL, ENGINE_ONLINE, false,
		false, "waits for a check (G) or $" },
	{ { .state = OUT_QUEUED, .not_before = NOW }, "at once", CHECK_EVERY, ENGINE_BLOCKED, false,
		false, "waits for the sign-in" },
	{ { .state = OUT_QUEUED, .not_before = NOW }, "at once", CHECK_EVERY, ENGINE_ONLINE, true,
		false, "waits for the sign-in" },
	{ { .state = OUT_QUEUED, .not_before = NOW }, "at once", CHECK_EVERY, ENGINE_ONLINE, false,
		true, "waits: the account is paused" },
	{ { .state = OUT_QUEUED, .not_before = NOW + 37 * 60, .tries = 2 }, "at once", CHECK_EVERY,
		ENGINE_ONLINE, false, false, "next try at 10:17" },
	{ { .state = OUT_QUEUED, .not_before = NOW + 20, .tries = 1 }, "at once", CHECK_EVERY,
		ENGINE_ONLINE, false, false, "next try in 20 s" },
	{ { .state = OUT_SENDING }, "at once", CHECK_EVERY, ENGINE_ONLINE, false, false,
		"is being sent" },
	{ { .state = OUT_DOT_SENT }, "at once", CHECK_EVERY, ENGINE_ONLINE, false, false,
		"sent, waits for the receipt" },
	{ { .state = OUT_SENT }, "at once", CHECK_EVERY, ENGINE_ONLINE, false, false,
		"sent, is being filed" },
	{ { .state = OUT_UNKNOWN }, "at once", CHECK_EVERY, ENGINE_ONLINE, false, false,
		"in doubt: your decision" },
	{ { .state = OUT_FAILED }, "at once", CHECK_EVERY, ENGINE_ONLINE, false, false,
		"refused: needs you" },
	{ { .state = OUT_FILED, .n_refused = 1 }, "at once", CHECK_EVERY, ENGINE_ONLINE, false,
		false, "sent, but not to all" },
	{ { .state = OUT_DRAFT, .changed = NOW - 600 }, "at once", CHECK_EVERY, ENGINE_ONLINE,
		false, false, "saved 09:30" },
};

static void
test_words(void)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autoptr(Account) account = account_new();
		account->send.scheme = SCHEME_SMTPS;
		g_free(account->send_when);
		account->send_when = g_strdup(words[i].send_when);
		account->check = words[i].check;
		WaitAccount acc = { .account = account,
			.state = words[i].state,
			.stopped = words[i].stopped,
			.schedule_paused = words[i].paused,
			.next_check = NOW + 300 };
		g_autofree char *is = waitlist_mail_words(&words[i].row, &acc, NOW, zone);
		g_assert_cmpstr(is, ==, words[i].words);
	}
}

/* ---- the list ---- */

static void
test_empty(void)
{
	World w = world_new();
	g_autoptr(WaitList) l = waitlist_new(w.zone);
	w.acc.checked_at = NOW - 60;
	w.acc.next_check = NOW + 240;
	g_autofree char *text = picture(&w, l, 24, 100);
	assert_has(text, "Outbox");
	assert_has(text, "No mail waits.");
	assert_has(text, "checked 09:39");
	assert_has(text, "on startup, every 5 minutes · next 09:44");
	assert_hasnt(text, "Drafts");
	g_assert_false(waitlist_counts(l));
	world_end(&w);
}

static void
test_sections(void)
{
	World w = world_new();
	g_autoptr(WaitList) l = waitlist_new(w.zone);
	gint64 waits = queue(&w, "Anna Weber <anna@example.org>", "The wall", NOW + 9, false);
	gint64 failed = queue(&w, "Bob <bob@example.org>, c@d.example", "Numbers", NOW, false);
	gint64 doubt = queue(&w, "Iva <iva@example.com>", "Pictures", NOW, false);
	gint64 sent = queue(&w, "Tomas <t@example.com>", "Done", NOW, false);
	must_begin(w.db);
	g_assert_true(outbox_set_recipient(
		w.db, failed, "c@d.example", false, 550, "5.1.1 no such user", NULL));
	g_assert_true(outbox_set_recipient(w.db, failed, "bob@example.org", true, 250, "ok", NULL));
	must_commit(w.db);
	state(&w, failed, OUT_FAILED, 0, NULL);
	state(&w, doubt, OUT_UNKNOWN, 0, NULL);
	state(&w, sent, OUT_SENT, 0, NULL);
	g_autoptr(Draft) d = draft_new();
	draft_set(d, DRAFT_TO, "Eva <e@f>");
	must_begin(w.db);
	outbox_save_draft(w.db, 0, d, NULL);
	must_commit(w.db);
	g_autofree char *text = picture(&w, l, 30, 120);
	assert_has(text, "Outbox  3");
	assert_has(text, "leaves in 9 s");
	assert_has(text, "Anna Weber");
	assert_has(text, "refused c@d.example: 550 5.1.1 no such user");
	assert_hasnt(text, "refused bob@");
	assert_has(text, "in doubt: your decision");
	assert_has(text, "not sent again by itself");
	assert_has(text, "Sent, not filed yet  1");
	assert_has(text, "Drafts  1");
	assert_has(text, "(no subject)");
	g_assert_true(waitlist_counts(l));
	g_assert_cmpuint(waitlist_count(l, WAIT_OUTBOX), ==, 3);
	/* the cursor stays on its mail when another goes */
	waitlist_move(l, 1);
	g_assert_cmpint(waitlist_current(l)->id, ==, failed);
	g_assert_true(waitlist_current(l)->needs_person);
	must_begin(w.db);
	g_assert_true(outbox_remove(w.db, waits, NULL));
	must_commit(w.db);
	waitlist_fill(l, &w.acc, 1, NOW);
	g_assert_cmpint(waitlist_current(l)->id, ==, failed);
	g_assert_cmpuint(waitlist_current(l)->account, ==, 3);
	world_end(&w);
}

static void
test_wishes(void)
{
	World w = world_new();
	g_autoptr(WaitList) l = waitlist_new(w.zone);
	g_autoptr(GError) err = NULL;
	must_begin(w.db);
	gint64 folder = put_folder(w.db, "INBOX", ROLE_INBOX);
	gint64 one = put_message(w.db, folder, 1, NOW - 100, 0, "Read me"),
	       two = put_message(w.db, folder, 2, NOW - 90, FLAG_SEEN, "Keep me");
	g_assert_true(journal_flag(w.db, one, FLAG_SEEN, true, &err));
	g_assert_true(journal_flag(w.db, two, FLAG_FLAGGED, true, &err));
	must_commit(w.db);
	must_begin(w.db);
	g_assert_true(journal_folder(w.db, put_folder(w.db, "Garden", ROLE_NONE), FOLDER_CREATE, true, NULL, 0, &err));
	must_commit(w.db);
	g_autoptr(GPtrArray) ready = journal_ready(w.db, NOW, 1, NULL);
	must_begin(w.db);
	g_assert_true(journal_mark_sent(w.db, ready, &err));
	g_assert_true(journal_fail(w.db, ready, "mailbox is read-only", &err));
	must_commit(w.db);
	g_autofree char *text = picture(&w, l, 24, 100);
	assert_has(text, "Changes on their way  3");
	assert_has(text, "Garden");
	assert_has(text, "mailbox is read-only");
	assert_has(text, "mark as read");
	assert_has(text, "Read me");
	assert_has(text, "waits for the connection");
	/* far more than a person reads: counted; what needs the person comes first */
	must_begin(w.db);
	for (guint i = 0; i < 150; i++)
		g_assert_true(
			journal_flag(w.db, put_message(w.db, folder, 10 + i, NOW - 50, 0, "x"),
				FLAG_SEEN, true, &err));
	must_commit(w.db);
	waitlist_fill(l, &w.acc, 1, NOW);
	g_assert_cmpuint(waitlist_count(l, WAIT_WISHES), ==, 153);
	waitlist_select(l, WAIT_WISHES);
	g_assert_true(waitlist_current(l)->needs_person);
	world_end(&w);
}

static void
test_accounts(void)
{
	World w = world_new();
	g_autoptr(WaitList) l = waitlist_new(w.zone);
	w.acc.stopped = true;
	w.acc.progress = "Fetching Inbox";
	w.acc.done = 1234;
	w.acc.total = 5000;
	w.acc.paused = true;
	g_autofree char *text = picture(&w, l, 24, 100);
	assert_has(text, "Going on");
	assert_has(text, "of 5");
	assert_has(text, "paused");
	assert_has(text, "stopped: needs you");
	assert_has(text, "The sign-in was refused");
	w.acc.how_far = "20M of 50M, about 8 s left";
	g_autofree char *attachment = picture(&w, l, 24, 100);
	assert_has(attachment, "20M of 50M, about 8 s left, paused · Fetching Inbox");
	w.acc = (WaitAccount){ .account = w.account,
		.db = w.db,
		.state = ENGINE_WAITING,
		.next_try = NOW + 37 * 60,
		.state_text = "no route to host" };
	g_autofree char *offline = picture(&w, l, 24, 100);
	assert_has(offline, "offline, next try 10:17");
	assert_has(offline, "no route to host");
	world_end(&w);
}

/* What strangers and servers wrote can do nothing to the picture, at any size. */
static void
test_hostile_any_size(void)
{
	World w = world_new();
	g_autoptr(WaitList) l = waitlist_new(w.zone);
	gint64 id = queue(&w, "\"\xe2\x80\xae\x1b[2J\" <a@b>",
		"\x1b]0;x\x07 \xe4\xb8\xad\xe6\x96\x87", NOW, false);
	g_autofree char *reason = g_strnfill(3000, 'x');
	state(&w, id, OUT_FAILED, 0, reason);
	queue(&w, "Anna <a@b>", "second", NOW, false);
	for (int rows = 1; rows < 30; rows++)
		for (int cols = 1; cols < 130; cols += 3) {
			g_autofree char *text = picture(&w, l, rows, cols);
			g_assert_null(strchr(text, 0x1b));
			waitlist_move(l, rows % 3 - 1);
		}
	world_end(&w);
}

/* The selected entry is on the screen, wherever the cursor goes. */
static void
test_scroll(void)
{
	World w = world_new();
	g_autoptr(WaitList) l = waitlist_new(w.zone);
	for (int i = 0; i < 40; i++) {
		g_autofree char *subject = g_strdup_printf("mail %d.", i);
		gint64 id = queue(&w, "a@b", subject, NOW, false);
		state(&w, id, OUT_FAILED, 0,
			"a reason of some words that takes more than one line on a small screen, as reasons do");
	}
	for (int cols = 20; cols <= 120; cols += 50)
		for (int step = -1; step <= 1; step += 2)
			for (int i = 0; i < 45; i++) {
				int y, x;
				g_autoptr(Canvas) c = canvas_new(4, cols);
				waitlist_fill(l, &w.acc, 1, NOW);
				waitlist_move(l, -step);
				waitlist_draw(l, c, canvas_rect(c), true);
				g_assert_true(canvas_cursor_peek(c, &y, &x));
			}
	world_end(&w);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/waiting/people", test_people);
	g_test_add_func("/waiting/times", test_times);
	g_test_add_func("/waiting/words", test_words);
	g_test_add_func("/waiting/empty", test_empty);
	g_test_add_func("/waiting/X5-S1-sections", test_sections);
	g_test_add_func("/waiting/wishes", test_wishes);
	g_test_add_func("/waiting/accounts", test_accounts);
	g_test_add_func("/waiting/hostile-any-size", test_hostile_any_size);
	g_test_add_func("/waiting/scroll", test_scroll);
	return g_test_run();
}
