/* json.h - JSON on the standard output, for scripts: one object on a line.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What can't be written is seen in the end, by main. Any bytes go in: what is no UTF-8 becomes U+FFFD. */
#pragma once

#include <glib.h>

void json_string(const char *text);	/* NULL: "" */
void json_member(const char *name, const char *text);	/* ,"name":"text" */
void json_time(const char *name, gint64 when);	/* ,"name":"2026-11-29T18:22:00Z"; 0: null */
