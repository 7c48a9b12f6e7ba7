/* hours.c - times of the day in which something holds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/hours.h"
#include "base/intl.h"

#include <string.h>

/* "7", "07:30", "24:00"; -1: no time. */
static int
minute_of(const char *text, const char **end)
{
	const char *p = text;
	int hour = 0, minute = 0, digits = 0;

	for (; g_ascii_isdigit(*p) && digits < 2; p++, digits++)
		hour = hour * 10 + (*p - '0');
	if (!digits)
		return -1;
	if (*p == ':' || *p == '.') {
		if (!g_ascii_isdigit(p[1]) || !g_ascii_isdigit(p[2]))
			return -1;
		minute = (p[1] - '0') * 10 + (p[2] - '0');
		p += 3;
	}
	*end = p;
	return minute > 59 || hour > 24 || (hour == 24 && minute) ? -1 : hour * 60 + minute;
}

static const char *
skip(const char *p, const char *dash)
{
	while (*p == ' ')
		p++;
	gsize n = strlen(dash);
	return strncmp(p, dash, n) ? NULL : p + n;
}

static bool
parse_one(const char *text, Hours *h)
{
	const char *p, *rest;

	while (*text == ' ')
		text++;
	h->from = minute_of(text, &p);
	if (h->from < 0 || h->from == 1440)
		return false;
	rest = skip(p, "-");
	if (!rest)
		rest = skip(p, "–");
	if (!rest)
		return false;
	while (*rest == ' ')
		rest++;
	h->to = minute_of(rest, &p);
	while (h->to >= 0 && *p == ' ')
		p++;
	return h->to >= 0 && !*p && h->to != h->from;
}

bool
hours_parse(const char *text, GArray **hours, char **problem)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", 0);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Hours));

	for (char **p = parts; *p; p++) {
		Hours h;
		if (!*g_strstrip(*p))
			continue;
		if (!parse_one(*p, &h)) {
			if (problem)
				*problem = g_strdup_printf(
					_("“%s” is no span of the day; it should look like 22:00-07:00."), *p);
			return false;
		}
		g_array_append_val(all, h);
	}
	if (hours)
		*hours = g_steal_pointer(&all);
	return true;
}

bool
hours_hold(const GArray *hours, int minute)
{
	for (guint i = 0; hours && i < hours->len; i++) {
		Hours h = g_array_index(hours, Hours, i);
		if (h.from < h.to ? minute >= h.from && minute < h.to : minute >= h.from || minute < h.to)
			return true;
	}
	return false;
}
