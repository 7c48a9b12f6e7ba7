/* ledger.c - tests of ui/view/poplist: what lies on a POP3 server and when it goes, on a canvas.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../store/fixture.h"
#include "ui/view/poplist.h"

#include <locale.h>
#include <string.h>

enum { NOW = 1795426800, DAY = 86400 };	/* 2026-11-23 09:40 UTC */

static Account *
account(KeepKind keep, int days)
{
	Account *a = account_new();
	g_free(a->name);
	a->name = g_strdup("home");
	a->receive.scheme = SCHEME_POP3S;
	a->keep = keep;
	a->keep_days = days;
	return a;
}

static void
put(Db *db, const char *uidl, PopState state, gint64 message, gint64 first_seen,
	const char *subject)
{
	g_autoptr(GError) err = NULL;
	PopRow row = { .uidl = (char *)uidl,
		.size = 2048,
		.message = message,
		.first_seen = first_seen,
		.changed = first_seen,
		.state = state,
		.subject = (char *)subject,
		.from = (char *)"Anna Weber" };
	must_begin(db);
	g_assert_cmpint(pop_put(db, &row, &err), >, 0);
	g_assert_no_error(err);
	must_commit(db);
}

static char *
picture(PopList *l, const PopListAccount *acc, int rows, int cols)
{
	g_autoptr(Canvas) c = canvas_new(rows, cols);
	poplist_fill(l, acc, 1, NOW);
	poplist_draw(l, c, canvas_rect(c), true);
	return canvas_text(c);
}

#define assert_has(text, part)                                                                     \
	do {                                                                                       \
		if (!strstr(text, part))                                                           \
			g_error("no \"%s\" in:\n%s", part, text);                                  \
	} while (0)

static const struct {
	KeepKind keep;
	int days;
	PopState state;
	gint64 message, seen;
	PopFate fate;
	gint64 at;
} fates[] = {
	{ KEEP_YES, 0, POP_HERE, 1, 0, POP_STAYS, 0 },
	{ KEEP_YES, 0, POP_SEEN, 0, 0, POP_STAYS, 0 },
	{ KEEP_YES, 0, POP_DELETING, 1, 0, POP_GOES_NOW, 0 },
	{ KEEP_NO, 0, POP_HERE, 1, 0, POP_GOES_NOW, 0 },
	{ KEEP_NO, 0, POP_SEEN, 0, 0, POP_NOT_HERE, 0 },
	{ KEEP_DAYS, 30, POP_HERE, 1, 29 * DAY, POP_GOES_AT, NOW + DAY },
	{ KEEP_DAYS, 30, POP_HERE, 1, 30 * DAY, POP_GOES_NOW, NOW },
	{ KEEP_DAYS, 30, POP_SEEN, 0, 60 * DAY, POP_NOT_HERE, 0 },
	{ KEEP_UNTIL_DELETED, 0, POP_HERE, 1, 0, POP_GOES_WHEN_DELETED, 0 },
	{ KEEP_UNTIL_DELETED, 0, POP_HERE, 0, 0, POP_GOES_NOW, 0 },
};

/* Nothing that is not here is ever said to go. */
static void
test_fates(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fates); i++) {
		g_autoptr(Account) a = account(fates[i].keep, fates[i].days);
		PopRow row = { .state = fates[i].state,
			.message = fates[i].message,
			.first_seen = NOW - fates[i].seen };
		gint64 at;
		g_assert_cmpint(poplist_fate(a, &row, NOW, &at), ==, fates[i].fate);
		g_assert_cmpint(at, ==, fates[i].at);
	}
}

static void
test_dry_run(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	g_autoptr(Account) a = account(KEEP_DAYS, 30);
	g_autoptr(PopList) l = poplist_new(zone);
	must_begin(db);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX),
	       here = put_message(db, folder, 1, NOW, 0, "x");
	must_commit(db);
	put(db, "old", POP_HERE, here, NOW - 40 * DAY, "An old one");
	put(db, "young", POP_HERE, here, NOW - 2 * DAY, "A young one");
	put(db, "new", POP_SEEN, 0, NOW, NULL);
	put(db, "gone", POP_DELETED, here, NOW - 50 * DAY, "Gone long ago");
	PopListAccount acc = { .number = 4, .account = a, .db = db, .asks = true };
	g_autofree char *text = picture(l, &acc, 20, 110);
	assert_has(text, "! home") ;
	assert_has(text, "3 mails, 6K");
	assert_has(text, "due: 1 mail, 2K (D decides)");
	assert_has(text, "after 30 days");
	assert_has(text, "due: asks you");
	assert_has(text, "goes 2026-12-21");
	assert_has(text, "not fetched yet: stays");
	assert_has(text, "An old one");
	g_assert_null(strstr(text, "Gone long ago"));
	PopTotals t = poplist_totals(l, 4);
	g_assert_cmpuint(t.all, ==, 3);
	g_assert_cmpuint(t.due, ==, 1);
	g_assert_cmpuint(t.due_bytes, ==, 2048);
	guint number;
	g_assert_true(poplist_account(l, &number));
	g_assert_cmpuint(number, ==, 4);
	g_assert_null(poplist_current(l));
	poplist_move(l, 100);
	g_assert_cmpstr(poplist_current(l)->uidl, ==, "old");
	acc.asks = false;
	g_autofree char *agreed = picture(l, &acc, 20, 110);
	assert_has(agreed, "goes with the next check");
	g_assert_cmpstr(poplist_current(l)->uidl, ==, "old");
}

static void
test_any_size(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	g_autoptr(Account) a = account(KEEP_NO, 0);
	g_autoptr(PopList) l = poplist_new(zone);
	for (int i = 0; i < 40; i++) {
		g_autofree char *uidl = g_strdup_printf("u%d", i);
		put(db, uidl, POP_HERE, 0, NOW - i * DAY, "\x1b[2J\xe2\x80\xae\xe4\xb8\xad");
	}
	PopListAccount acc = { .number = 0, .account = a, .db = db };
	for (int rows = 1; rows < 20; rows++)
		for (int cols = 1; cols < 120; cols += 3) {
			int y, x;
			g_autoptr(Canvas) c = canvas_new(rows, cols);
			poplist_fill(l, &acc, 1, NOW);
			poplist_move(l, cols % 2 ? 7 : -3);
			poplist_draw(l, c, canvas_rect(c), true);
			g_autofree char *text = canvas_text(c);
			g_assert_null(strchr(text, 0x1b));
			g_assert_true(canvas_cursor_peek(c, &y, &x));
		}
	g_autoptr(PopList) none = poplist_new(zone);
	a->receive.scheme = SCHEME_IMAPS;
	g_autofree char *text = picture(none, &acc, 5, 60);
	assert_has(text, "No account receives by POP3.");
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ledger/P14-fates", test_fates);
	g_test_add_func("/ledger/S15-dry-run", test_dry_run);
	g_test_add_func("/ledger/hostile-any-size", test_any_size);
	return g_test_run();
}
