/* bytes.h - a byte queue with a hard limit: nothing from the wire may grow without end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Bytes are appended at the end and consumed at the front. Knows nothing of
 * protocols. One thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	guint8 *data;	/* owned; the queue begins at data + start */
	gsize start;
	gsize len;
	gsize room;	/* allocated */
	gsize limit;	/* bytes that the queue may hold at once */
} Bytes;

void bytes_init(Bytes *b, gsize limit);
void bytes_clear(Bytes *b);	/* frees, and wipes nothing; usable again */
void bytes_wipe(Bytes *b);	/* as bytes_clear, after overwriting: for secrets */

/* False: the limit would be passed; nothing was appended. */
bool bytes_append(Bytes *b, const void *data, gsize len);
bool bytes_append_text(Bytes *b, const char *text);
bool bytes_printf(Bytes *b, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The queued bytes, borrowed until the next call that changes the queue.
 * NULL only if nothing was ever appended. */
const guint8 *bytes_peek(const Bytes *b, gsize *len);
void bytes_consume(Bytes *b, gsize n);	/* n <= len */
