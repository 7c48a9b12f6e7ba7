/* schedule.c - when an account sends and receives by itself, with a clock of our own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/schedule.h"
#include "conf/accounts.h"

#define MINUTE ((gint64)60000)

/* Runs the clock from `from` for so many minutes in steps of `step` ms; the number of cycles. */
static guint
run(Schedule *s, gint64 from, guint minutes, gint64 step)
{
	guint n = 0;
	for (gint64 now = from; now < from + minutes * MINUTE; now += step)
		if (schedule_due(s, now)) {
			n++;
			schedule_ran(s, now, (guint)g_test_rand_int_range(0, 2000));
		}
	return n;
}

static const struct {
	const char *what;
	guint check, minutes;	/* the mode */
	guint for_minutes;
	guint least, most;	/* cycles */
} modes[] = {
	{ "startup", CHECK_STARTUP, 0, 30, 1, 1 },
	{ "manual", CHECK_MANUAL, 0, 30, 0, 0 },
	{ "manual beside others", CHECK_MANUAL | CHECK_STARTUP | CHECK_EVERY, 5, 60, 0, 0 },
	{ "every 5 minutes", CHECK_EVERY, 5, 60, 12, 13 },
	{ "startup and every 5", CHECK_STARTUP | CHECK_EVERY, 5, 60, 12, 13 },
	{ "every minute", CHECK_EVERY, 1, 60, 57, 61 },
	{ "once a day", CHECK_EVERY, 1440, 1441, 1, 2 },
	{ "push", CHECK_PUSH, 0, 60, 1, 1 },
	{ "push and every 10", CHECK_PUSH | CHECK_EVERY, 10, 60, 6, 7 },
	{ "nothing said", 0, 0, 60, 0, 0 },
};

static void
test_modes(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
		Schedule s;
		schedule_start(&s, modes[i].check, modes[i].minutes, 1000);
		guint n = run(&s, 1000, modes[i].for_minutes, 1000);
		g_test_message("%s: %u cycles", modes[i].what, n);
		g_assert_cmpuint(n, >=, modes[i].least);
		g_assert_cmpuint(n, <=, modes[i].most);
	}
}

/* S26: three hours asleep are one cycle, and the next comes a whole interval later. */
static void
test_sleep(void)
{
	Schedule s;
	schedule_start(&s, CHECK_EVERY, 5, 1000);
	g_assert_cmpuint(run(&s, 1000, 7, 1000), ==, 2);
	gint64 awake = 1000 + 187 * MINUTE;
	g_assert_cmpuint(run(&s, awake, 1, 1000), ==, 1);
	g_assert_cmpuint(run(&s, awake + MINUTE, 3, 1000), ==, 0);
	g_assert_cmpuint(run(&s, awake + 4 * MINUTE, 3, 1000), ==, 1);
}

/* S4: a refused sign-in stops it until the person acts. */
static void
test_refused(void)
{
	Schedule s;
	schedule_start(&s, CHECK_EVERY, 1, 1000);
	g_assert_true(schedule_due(&s, 1000));
	schedule_ran(&s, 1000, 0);
	schedule_refused(&s);
	g_assert_cmpuint(run(&s, 2000, 100, 1000), ==, 0);
	schedule_acted(&s);
	g_assert_cmpuint(run(&s, 2000 + 100 * MINUTE, 1, 1000), ==, 1);
	schedule_refused(&s);
	schedule_change(&s, CHECK_EVERY, 2, 0);
	g_assert_false(s.stopped);
}

static void
test_paused(void)
{
	Schedule s;
	schedule_start(&s, CHECK_EVERY, 1, 1000);
	s.paused = true;
	g_assert_cmpuint(run(&s, 1000, 10, 1000), ==, 0);
	s.paused = false;
	g_assert_cmpuint(run(&s, 1000 + 10 * MINUTE, 1, 1000), ==, 1);
}

/* S22: another mode acts at once. */
static void
test_changed(void)
{
	Schedule s;
	schedule_start(&s, CHECK_MANUAL, 0, 1000);
	schedule_change(&s, CHECK_EVERY, 1, 10 * MINUTE);
	g_assert_cmpint(s.due, ==, 11 * MINUTE);
	schedule_change(&s, CHECK_EVERY, 30, 10 * MINUTE);	/* not later than what was due */
	g_assert_cmpint(s.due, ==, 11 * MINUTE);
	schedule_change(&s, CHECK_STARTUP, 0, 10 * MINUTE);
	g_assert_cmpuint(run(&s, 10 * MINUTE, 60, 1000), ==, 0);
	schedule_change(&s, CHECK_EVERY, 60, 80 * MINUTE);
	g_assert_cmpint(s.due, ==, 140 * MINUTE);
	schedule_change(&s, CHECK_EVERY, 2, 80 * MINUTE);
	g_assert_cmpint(s.due, ==, 82 * MINUTE);
	schedule_change(&s, CHECK_MANUAL, 0, 81 * MINUTE);
	g_assert_cmpuint(run(&s, 81 * MINUTE, 60, 1000), ==, 0);
	schedule_change(&s, CHECK_PUSH, 0, 200 * MINUTE);
	g_assert_true(schedule_due(&s, 200 * MINUTE));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/schedule/S24-S25-S26/modes", test_modes);
	g_test_add_func("/schedule/S26/sleep-is-one-cycle", test_sleep);
	g_test_add_func("/schedule/S4/refused-stops", test_refused);
	g_test_add_func("/schedule/paused", test_paused);
	g_test_add_func("/schedule/S22/change-acts-at-once", test_changed);
	return g_test_run();
}
