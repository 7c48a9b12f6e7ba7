/* hours.c - tests of conf/hours: times of the day in which something holds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/hours.h"

static const struct { const char *text; bool ok; const char *in, *out; } rows[] = {
	{ "22:00-07:00", true, "22:00 23:59 00:00 06:59", "07:00 21:59 12:00" },
	{ "12:30-13:15", true, "12:30 13:14", "12:29 13:15" },
	{ "22-7, 12.30 - 13.15", true, "22:00 12:30 06:59", "13:15 07:00" },
	{ "0:00-24:00", true, "00:00 23:59", "" },
	{ "22:00–23:00", true, "22:30", "23:00" },
	{ "", true, "", "00:00 12:00" }, { " , ", true, "", "12:00" },
	{ "22:00", false, "", "" }, { "22:00-", false, "", "" }, { "-7", false, "", "" }, { "25-7", false, "", "" },
	{ "22:60-7", false, "", "" }, { "22:0-7", false, "", "" }, { "24:00-7", false, "", "" },
	{ "24:01-7", false, "", "" }, { "7-7", false, "", "" }, { "22:00-07:00 daily", false, "", "" },
	{ "night", false, "", "" }, { "22:00-07:00; 12-13", false, "", "" },
};

static void
check(const GArray *hours, const char *times, bool holds)
{
	g_auto(GStrv) all = g_strsplit(times, " ", 0);
	for (char **t = all; *t; t++) {
		int minute = (int)g_ascii_strtoll(*t, NULL, 10) * 60 + (int)g_ascii_strtoll(*t + 3, NULL, 10);
		if (hours_hold(hours, minute) != holds)
			g_error("%s: %d", *t, holds);
	}
}

static void
test_hours(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GArray) hours = NULL;
		g_autofree char *problem = NULL;
		g_test_message("%s", rows[i].text);
		g_assert_cmpint(hours_parse(rows[i].text, &hours, &problem), ==, rows[i].ok);
		g_assert_cmpint(problem == NULL, ==, rows[i].ok);
		if (!hours)
			continue;
		check(hours, rows[i].in, true);
		check(hours, rows[i].out, false);
	}
	g_assert_false(hours_hold(NULL, 0));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf/hours", test_hours);
	return g_test_run();
}
