/* log.h - the debug log: a ring in memory, and a file when asked.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Secrets can't enter: what the sign-in code writes to the wire is never handed
 * to the log (RELIABILITY T15: redaction by state, not by pattern). Nothing is
 * printed while the screen is up. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_WIRE, LOG_DEBUG } LogLevel;	/* -d 0 .. 4 */

/* Opens FILE (0600, appended, O_NOFOLLOW) for lines up to level. */
bool log_open(const char *file, LogLevel level, GError **err);
void log_close(void);

bool log_wants(LogLevel level);
/* One line; control characters are escaped. room is a literal such as "imap". */
void log_line(LogLevel level, const char *room, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Bytes of the wire, direction '<' or '>', escaped and cut at 200 bytes; level LOG_WIRE. */
void log_wire(const char *room, char direction, const void *data, gsize len);

/* The last lines of the ring, oldest first, newline-separated. Yours. */
char *log_recent(void);
