/* json.c - JSON on the standard output.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "batch/json.h"

#include <stdio.h>

void
json_string(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

	putchar('"');
	for (const char *p = valid; *p; p++) {
		guchar c = (guchar)*p;
		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

void
json_member(const char *name, const char *text)
{
	printf(",\"%s\":", name);
	json_string(text);
}

void
json_time(const char *name, gint64 when)
{
	g_autoptr(GDateTime) t = when ? g_date_time_new_from_unix_utc(when) : NULL;
	g_autofree char *text = t ? g_date_time_format(t, "%Y-%m-%dT%H:%M:%SZ") : NULL;

	if (text)
		printf(",\"%s\":\"%s\"", name, text);
	else
		printf(",\"%s\":null", name);
}
