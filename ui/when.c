/* when.c - a time as people type it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/when.h"
#include "base/intl.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_HOUR = 8, YEARS_AHEAD = 5 };

static const char *const days[] = { N_("mon"), N_("tue"), N_("wed"), N_("thu"), N_("fri"),
	N_("sat"), N_("sun") };

/* The beginning of a word in either language, at least as long as the short form. */
static bool
is_word(const char *typed, const char *word)
{
	g_autofree char *want = utf8_fold(word, -1), *local = utf8_fold(_(word), -1);
	return g_str_has_prefix(typed, want) || g_str_has_prefix(typed, local);
}

/* "+2h", "+90m", "+3d", "+1w", also several: "+1h30m". */
static bool
parse_span(const char *p, gint64 *seconds)
{
	static const struct { char unit; gint64 seconds; } units[] = {
		{ 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
	};
	*seconds = 0;
	do {
		char *end;
		guint64 n = g_ascii_strtoull(p, &end, 10);
		gint64 unit = 0;
		if (end == p || n > 100000)
			return false;
		for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
			if (*end == units[i].unit)
				unit = units[i].seconds;
		if (!unit)
			return false;
		*seconds += (gint64)n * unit;
		for (p = end + 1; *p == ' '; p++)
			;
	} while (*p);
	return *seconds > 0;
}

/* "8", "8:30", "08:30"; empty: eight o'clock. */
static bool
parse_clock(const char *text, int *hour, int *minute)
{
	char rest;
	*hour = DEFAULT_HOUR;
	*minute = 0;
	if (!*text)
		return true;
	int n = sscanf(text, "%2d:%2d%c", hour, minute, &rest);
	if (n == 1) {
		*minute = 0;
		n = sscanf(text, "%2d%c", hour, &rest) == 1 ? 2 : 0;
	}
	return n == 2 && *hour >= 0 && *hour < 24 && *minute >= 0 && *minute < 60;
}

/* The day as year, month, day; what follows it is the clock. False: no day stands there. */
static bool
parse_day(const char *text, GDateTime *today, GDateTime **day, const char **rest)
{
	int y, m, d, used = 0;
	gsize word = strcspn(text, " ");

	*rest = text + word + strspn(text + word, " ");
	if (sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &used) == 3 && (gsize)used == word) {
		*day = g_date_time_new(g_date_time_get_timezone(today), y, m, d, 0, 0, 0);
		return *day != NULL;
	}
	if (is_word(text, N_("tomorrow")))
		return (*day = g_date_time_add_days(today, 1)) != NULL;
	if (is_word(text, N_("today")))
		return (*day = g_date_time_ref(today)) != NULL;
	for (int i = 0; i < 7; i++)
		if (is_word(text, days[i])) {
			int ahead = (i + 1 - g_date_time_get_day_of_week(today) + 7) % 7;
			return (*day = g_date_time_add_days(today, ahead ? ahead : 7)) != NULL;
		}
	return false;
}

static bool
no(char **problem, char *sentence)
{
	*problem = sentence;
	return false;
}

bool
when_parse(const char *text, gint64 now, GTimeZone *zone, gint64 *when, char **problem)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text)), *typed = utf8_fold(stripped, -1);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now),
			     today = g_date_time_to_timezone(utc, zone), day = NULL;
	const char *clock = typed;
	int hour, minute;

	if (*typed == '+') {
		gint64 span;
		if (!parse_span(typed + 1, &span))
			return no(problem,
				g_strdup(_("A span looks like these: +30m, +2h, +3d, +1h30m.")));
		*when = now + span;
		return true;
	}
	bool dated = *typed && parse_day(typed, today, &day, &clock);
	if (!*typed || !parse_clock(dated ? clock : typed, &hour, &minute))
		return no(problem,
			g_strdup_printf(
				_("“%s” is not a time; it should look like +2h, tomorrow 08:00 or 2026-12-01 09:30."),
				stripped));
	if (!dated)
		day = g_date_time_ref(today);
	g_autoptr(GDateTime) at = g_date_time_new(zone, g_date_time_get_year(day),
		g_date_time_get_month(day), g_date_time_get_day_of_month(day), hour, minute, 0);
	if (at && !dated && g_date_time_to_unix(at) <= now) {
		GDateTime *next = g_date_time_add_days(at, 1);
		g_date_time_unref(at);
		at = next;
	}
	if (!at || g_date_time_to_unix(at) <= now)
		return no(problem, g_strdup(_("That time is over already.")));
	if (g_date_time_to_unix(at) > now + (gint64)YEARS_AHEAD * 366 * 86400)
		return no(problem, g_strdup(_("That is more than five years away.")));
	*when = g_date_time_to_unix(at);
	return true;
}
