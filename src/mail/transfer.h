/* transfer.h - bytes as they may travel: lines, flowed text, base64, quoted-printable.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A Transfer writes to a descriptor and remembers the first failure, so that its users need not look at each step. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	int fd;			/* borrowed */
	GByteArray *waiting;	/* owned */
	guint64 total, limit;
	int error;		/* errno of the first failure; EFBIG: the limit */
} Transfer;

void transfer_init(Transfer *t, int fd, guint64 limit);
void transfer_put(Transfer *t, const void *data, gsize len);
void transfer_text(Transfer *t, const char *text);
bool transfer_end(Transfer *t);	/* writes the rest and frees; false: see error */

typedef struct { gsize n_8bit, n_control, longest; bool odd_end /* a blank before a line end */, from_line /* "From " begins a line */; } TransferLook;
/* What stands in the way of sending these bytes as they are. Line ends of any kind are line ends. */
void transfer_look(const char *data, gsize len, TransferLook *look);
/* The bytes with CRLF only (a bare CR or LF is a line end, P15), without NULs, and with a line end at the end. */
void transfer_lines(Transfer *t, const char *data, gsize len);
/* The same without an end added. */
void transfer_lines_open(Transfer *t, const char *data, gsize len);

typedef struct { Transfer *to; gint state, save; guchar held[3]; guint n_held; } Base64;
void base64_begin(Base64 *b, Transfer *to);
void base64_put(Base64 *b, const guint8 *data, gsize len);
void base64_end(Base64 *b);

/* Text with CRLF line ends as quoted-printable (RFC 2045, 6.7). */
void transfer_quoted(Transfer *t, const char *text, gsize len);

/* A body as typed (lines end in \n) as format=flowed (RFC 3676): quote depths without blanks between, stuffed, softly
 * broken at column 72, "-- " kept. Lines end in CRLF. Yours. */
GString *transfer_flow(const char *body);
/* The same as fixed lines. */
GString *transfer_fixed(const char *body);
