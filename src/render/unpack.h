/* unpack.h - the transfer encoding of a part undone as a stream, for files that are too large to wait in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The one thing that is done to foreign bytes outside of the sandboxed worker: base64 and quoted-printable have no structure, no
 * lengths and no nesting; out come never more bytes than went in, and what is kept between two pieces has a fixed size. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { UNPACK_AS_IT_IS, UNPACK_BASE64, UNPACK_QUOTED, UNPACK_UNKNOWN } UnpackKind;

typedef struct {
	UnpackKind kind;
	guint save;		/* base64: the letters of the group that is not full */
	char held[80];		/* quoted-printable: "=", "=A", and blanks that may be at a line's end */
	guint n_held;		/* of either */
} Unpack;

UnpackKind unpack_kind(const char *mime);	/* by the part's MIME header lines; UNKNOWN: the worker has to do it */
void unpack_begin(Unpack *u, UnpackKind kind);
/* Appends what comes out to `out`. */
void unpack_put(Unpack *u, const guint8 *data, gsize len, GByteArray *out);
void unpack_end(Unpack *u, GByteArray *out);
