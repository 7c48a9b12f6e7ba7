/* plan.c - the order of the engine's steps.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/plan.h"
#include "sync/roles.h"
#include "proto/imap/parse.h"

/* A selected, listed folder with nothing to do. */
#define CALM .selected = true, .target = 1, .listed = true

static const struct { const char *name; PlanFacts facts; PlanStep step; } STEPS[] = {
	{ "calm-with-push", { CALM, .push = true }, PLAN_IDLE },
	{ "calm-lingers", { CALM, .linger = true }, PLAN_WAIT },
	{ "calm-leaves", { CALM }, PLAN_LEAVE },
	{ "no-idle-while-working", { CALM, .push = true, .in_flight = 1 }, PLAN_WAIT },
	{ "select-first", { .target = 1, .body_wanted = true }, PLAN_SELECT },
	{ "select-waits-for-answers", { .target = 1, .body_wanted = true, .in_flight = 1 }, PLAN_WAIT },
	{ "selecting", { CALM, .selecting = true, .body_wanted = true }, PLAN_WAIT },
	{ "body-before-all", { CALM, .body_wanted = true, .page_wanted = true, .wishes_ready = true, .new_wanted = true, .backfill_wanted = true }, PLAN_BODY },
	{ "body-while-background-runs", { CALM, .body_wanted = true, .in_flight = 2, .background = 2 }, PLAN_BODY },
	{ "page-before-list", { .selected = true, .target = 1, .page_wanted = true }, PLAN_FIRST_PAGE },
	{ "list-rides-with-page", { .selected = true, .target = 1, .page_wanted = true, .page_in_flight = true, .in_flight = 1 }, PLAN_LIST },
	{ "backfill-waits-for-page", { CALM, .page_in_flight = true, .in_flight = 1, .backfill_wanted = true }, PLAN_WAIT },
	{ "journal-before-new", { CALM, .wishes_ready = true, .new_wanted = true }, PLAN_STORE },
	{ "new-before-range", { CALM, .new_wanted = true, .range_wanted = true }, PLAN_NEW },
	{ "range-before-backfill", { CALM, .range_wanted = true, .backfill_wanted = true }, PLAN_RANGE },
	{ "prefetch-before-backfill", { CALM, .prefetch_wanted = true, .backfill_wanted = true }, PLAN_PREFETCH },
	{ "backfill-deep", { CALM, .backfill_wanted = true, .in_flight = 2, .background = 2 }, PLAN_WAIT },
	{ "backfill-flowing", { CALM, .backfill_wanted = true, .in_flight = 2, .background = 2, .flowing = true }, PLAN_BACKFILL },
	{ "backfill-flowing-deep", { CALM, .backfill_wanted = true, .in_flight = 3, .background = 3, .flowing = true }, PLAN_WAIT },
	{ "backfill-second", { CALM, .backfill_wanted = true, .in_flight = 1, .background = 1 }, PLAN_BACKFILL },
	{ "paused", { CALM, .backfill_wanted = true, .range_wanted = true, .paused = true, .push = true }, PLAN_IDLE },
	{ "paused-still-prefetches", { CALM, .prefetch_wanted = true, .paused = true }, PLAN_PREFETCH },
	{ "check", { CALM, .check_wanted = true, .backfill_wanted = true }, PLAN_NOOP },
	{ "counts-last", { CALM, .status_wanted = true, .push = true }, PLAN_STATUS },
	{ "texts-last", { CALM, .keep_wanted = true, .status_wanted = true, .push = true }, PLAN_STATUS },
	{ "texts-before-idle", { CALM, .keep_wanted = true, .push = true }, PLAN_KEEP },
	{ "texts-not-while-paused", { CALM, .keep_wanted = true, .paused = true, .push = true }, PLAN_IDLE },
	{ "quiet", { CALM, .backfill_wanted = true, .quiet = true, .push = true }, PLAN_WAIT },
	{ "quiet-not-for-the-person", { CALM, .body_wanted = true, .quiet = true }, PLAN_BODY },
	{ "no-folder", { .listed = true, .push = true, .linger = true }, PLAN_WAIT },
};

static void
steps(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(STEPS); i++) {
		g_test_message("%s", STEPS[i].name);
		g_assert_cmpint(plan_next(&STEPS[i].facts), ==, STEPS[i].step);
	}
}

static void
window(void)
{
	g_assert_cmpuint(plan_window(100001, 100000, 500), ==, 500);	/* dense */
	g_assert_cmpuint(plan_window(1000001, 1000, 500), ==, 500000);	/* sparse */
	g_assert_cmpuint(plan_window(1000001, 0, 500), ==, 1000000);	/* nothing known below: one look */
	g_assert_cmpuint(plan_window(300, 299, 500), ==, 299);
	g_assert_cmpuint(plan_window(1, 0, 500), ==, 1);
	g_assert_cmpuint(plan_window(10, 4000000000u, 1), ==, 1);	/* a lying count */
}

static void
backoff(void)
{
	static const guint expected[] = { 5, 5, 10, 20, 40, 80, 160, 300, 300 };
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
		g_assert_cmpuint(plan_backoff(i), ==, expected[i]);
}

static void
roles(void)
{
	static const struct { guint32 attrs; const char *name; char delimiter; FolderRole role; } rows[] = {
		{ 0, "INBOX", '/', ROLE_INBOX }, { 0, "Inbox", 0, ROLE_INBOX },
		{ IMAP_ATTR_SENT, "Ausgang", '/', ROLE_SENT }, { 0, "Gesendete Elemente", '/', ROLE_SENT },
		{ 0, "INBOX.Sent", '.', ROLE_SENT }, { 0, "[Gmail]/Papierkorb", '/', ROLE_TRASH },
		{ 0, "Archive/Sent", '/', ROLE_NONE }, { 0, "Kunden", '/', ROLE_NONE }, { 0, "ENTWÜRFE", '/', ROLE_DRAFTS },
		{ 0, "Sent", 0, ROLE_SENT }, { 0, "INBOX.x.Sent", '.', ROLE_NONE },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].name);
		g_assert_cmpint(role_of(rows[i].attrs, rows[i].name, rows[i].delimiter), ==, rows[i].role);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/steps", steps);
	g_test_add_func("/plan/window", window);
	g_test_add_func("/plan/backoff", backoff);
	g_test_add_func("/roles", roles);
	return g_test_run();
}
