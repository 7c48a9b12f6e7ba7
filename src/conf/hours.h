/* hours.h - times of the day in which something holds: "22:00-07:00, 12:30-13:15".
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Minutes since midnight, from inclusive, to exclusive; from > to: over midnight. */
typedef struct { int from, to; } Hours;

/* hours (may be NULL) gets an array of Hours, yours. False: *problem gets a sentence (yours). */
bool hours_parse(const char *text, GArray **hours, char **problem);
bool hours_hold(const GArray *hours, int minute);
