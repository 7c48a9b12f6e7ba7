/* payload.h - the data of one request, in a file without a name that the worker is handed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Large byte strings go straight into the file; the list that names them follows at its end. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	int fd;			/* -1: could not be made */
	guint64 length;
	GByteArray *meta;	/* owned: numbers and texts, written by wire_put_... */
} Payload;

void payload_init(Payload *p);
void payload_clear(Payload *p);
/* Adds the bytes to the file and their place and length to the list; a failure shows in payload_finish. */
void payload_add(Payload *p, const void *data, gsize len);
/* Writes the list; *meta: where it begins. The descriptor is yours; -1: no memory and no disk, see errno. */
int payload_finish(Payload *p, guint64 *meta);
