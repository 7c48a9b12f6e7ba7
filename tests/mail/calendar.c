/* calendar.c - invitations as a few lines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/calendar.h"
#include "base/limits.h"
#include "tests/cpu.h"

#include <string.h>

static const struct { const char *name, *text, *lines; } cases[] = {
	{ "event", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Lunch\\, late\r\nDTSTART;TZID=Europe/Berlin:20260131T123000\r\n"
		"DTEND:20260131T113000Z\r\nLOCATION:Room\\n4\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
		"What: Lunch, late\nFrom: 2026-01-31 12:30 (Europe/Berlin)\nUntil: 2026-01-31 11:30 UTC\nWhere: Room\n4" },
	{ "folded", "BEGIN:VEVENT\nSUMMARY:a\n bc\n\td\nEND:VEVENT", "What: abcd" },
	{ "all-day", "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260131\nEND:VEVENT", "From: 2026-01-31" },
	{ "one-whole-day", "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20280229\nDTEND;VALUE=DATE:20280301\nEND:VEVENT", "From: 2028-02-29\nUntil: 2028-02-29" },
	{ "whole-days", "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270103\nEND:VEVENT", "From: 2026-12-30\nUntil: 2027-01-02" },
	{ "no-day", "BEGIN:VEVENT\nDTEND:20261399\nEND:VEVENT\nBEGIN:VEVENT\nDTEND:00010101\nEND:VEVENT", "Until: 2026-13-99\n\nUntil: 0001-01-01" },
	{ "due", "BEGIN:VTODO\nDUE;VALUE=DATE:20261230\nEND:VTODO", "Until: 2026-12-30" },
	{ "people", "BEGIN:VEVENT\nORGANIZER;CN=\"Weber, Anna\":mailto:a@b.c\nATTENDEE:mailto:d@e.f\nEND:VEVENT",
		"Organizer: Weber, Anna <a@b.c>\nGuest: d@e.f" },
	{ "alarm", "BEGIN:VEVENT\nSUMMARY:a\nBEGIN:VALARM\nDESCRIPTION:ring\nEND:VALARM\nDESCRIPTION:text\nEND:VEVENT", "What: a\n\ntext" },
	{ "cancelled", "METHOD:CANCEL\nBEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT", "This appointment was cancelled.\nWhat: a" },
	{ "no-end", "BEGIN:VEVENT\nSUMMARY:a", "What: a" },
	{ "odd-time", "BEGIN:VEVENT\nDTSTART:tomorrow\nEND:VEVENT", "From: tomorrow" },
	{ "none", "hello", "" },
	{ "empty", "", "" },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *lines = calendar_summary(cases[i].text);
	g_assert_cmpstr(lines, ==, cases[i].lines);
}

static void
test_floods(void)
{
	static const char *const pieces[] = { "BEGIN:VEVENT\n", "BEGIN:VEVENT\nEND:VEVENT\n", "ATTENDEE:a\n", " a\n", ";", "\\", "\"", ";TZID=" };
	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString *s = g_string_new("BEGIN:VEVENT\nSUMMARY:x");
		while (s->len < 4 * MIB)
			g_string_append(s, pieces[i]);
		gint64 start = cpu_us();
		g_free(calendar_summary(s->str));
		g_assert_cmpint(cpu_us() - start, <, 20 * G_USEC_PER_SEC);
		g_string_free(s, TRUE);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/mail/calendar/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/mail/calendar/floods", test_floods);
	return g_test_run();
}
