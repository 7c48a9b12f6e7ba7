/* calendar.h - a calendar entry (RFC 5545) as a few lines of text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Takes UTF-8. "" if there is no entry in it. Yours. */
char *calendar_summary(const char *text);
