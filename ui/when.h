/* when.h - a time as people type it: "+2h", "tomorrow 08:00", "2026-12-01 09:30".
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Also "18:00" (today, or tomorrow if that is over), "mon 9:00", "+3d". Words in English and in the
 * language of the screen. False: *problem gets a sentence (yours); a time in the past is
 * refused. */
bool when_parse(const char *text, gint64 now, GTimeZone *zone, gint64 *when, char **problem);
