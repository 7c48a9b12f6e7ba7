/* when.c - tests of ui/when: times as people type them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/when.h"

#include <locale.h>

/* now: Monday 2026-11-23 17:00 UTC */
#define NOW 1795453200

static const struct { const char *typed, *want; } times[] = {
	{ "+2h", "2026-11-23 19:00" }, { "+90m", "2026-11-23 18:30" }, { "+1h30m", "2026-11-23 18:30" },
	{ "+3d", "2026-11-26 17:00" }, { "+1w", "2026-11-30 17:00" }, { " +2h ", "2026-11-23 19:00" },
	{ "tomorrow 08:00", "2026-11-24 08:00" }, { "tomorrow", "2026-11-24 08:00" }, { "Tomorrow 9", "2026-11-24 09:00" },
	{ "today 18:15", "2026-11-23 18:15" }, { "18:00", "2026-11-23 18:00" }, { "16:00", "2026-11-24 16:00" },
	{ "mon 9:00", "2026-11-30 09:00" }, { "friday 7", "2026-11-27 07:00" }, { "2026-12-01 09:30", "2026-12-01 09:30" },
	{ "2026-12-01", "2026-12-01 08:00" },
	{ "", NULL }, { "+", NULL }, { "+0h", NULL }, { "+2x", NULL }, { "today 9:00", NULL }, { "2026-11-22 10:00", NULL },
	{ "2026-13-01", NULL }, { "25:00", NULL }, { "12:60", NULL }, { "soon", NULL }, { "2036-01-01", NULL },
	{ "+99999999999999999999h", NULL }, { "tomorrow 8:00 sharp", NULL },
};

static void
test_times(void)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
		gint64 when = 0;
		g_autofree char *problem = NULL;
		bool ok = when_parse(times[i].typed, NOW, zone, &when, &problem);
		g_test_message("“%s”", times[i].typed);
		g_assert_cmpint(ok, ==, times[i].want != NULL);
		g_assert_cmpint(ok, ==, problem == NULL);
		if (!ok)
			continue;
		g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(when);
		g_autofree char *text = g_date_time_format(at, "%Y-%m-%d %H:%M");
		g_assert_cmpstr(text, ==, times[i].want);
	}
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/when/times", test_times);
	return g_test_run();
}
