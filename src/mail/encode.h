/* encode.h - header fields as they leave: folded, RFC 2047 words, RFC 2231 parameters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Takes values, gives whole lines with CRLF. Whatever a value holds, no line end gets into a field (P16), no line is
 * longer than 998 bytes, and all is ASCII but an address whose local part is not (RFC 6531). */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* "Name: value", free text (RFC 5322, 2.2.1). */
void encode_text(GString *out, const char *name, const char *value);
/* Message identifiers; what is none is left out. Nothing is written if none is left. */
void encode_ids(GString *out, const char *name, const char *ids);

typedef struct { char *name, *address; } Mailbox;	/* owned: name "" if none; address with an ASCII domain */
void mailbox_clear(Mailbox *m);
void encode_mailboxes(GString *out, const char *name, const Mailbox *list, gsize n);

/* "Content-Type: value" without its end, then the parameters, then encode_end. */
void encode_begin(GString *out, const char *name, const char *value);
void encode_param(GString *out, const char *name, const char *value);
void encode_end(GString *out);

/* "Mon, 23 Nov 2026 16:38:59 +0100"; yours. */
char *encode_date(gint64 when, GTimeZone *zone);
/* a@b with its domain as A-labels; NULL: that can't be. *is_utf8 is set if its local part is not ASCII. Yours. */
char *encode_address(const char *address, bool *is_utf8);
