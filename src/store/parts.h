/* parts.h - the list of a message's parts that lies beside bodies fetched in pieces (section "PARTS").
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The engine writes it from BODYSTRUCTURE, the reader gives it to the worker. One record a part: a line
 * "section TAB depth TAB size", the part's MIME header lines, an empty line. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define PARTS_SECTION "PARTS"

typedef struct {
	char *section;	/* owned: IMAP section; "" for a multipart at the top */
	char *mime;	/* owned: header lines, each ending in CRLF */
	guint64 size;	/* octets of the encoded part */
	guint8 depth;
} PartInfo;

GArray *parts_new(void);	/* of PartInfo, cleared when freed */
void parts_add(GArray *parts, const char *section, guint8 depth, guint64 size, const char *mime);
GBytes *parts_write(const GArray *parts);	/* yours */
/* Is it base64 that the server may undo on the way (BINARY, RFC 3516)? Nothing of a message that is signed or encrypted anywhere:
 * there each byte counts as it was sent. */
bool parts_may_unpack(const GArray *parts, const char *section);
GArray *parts_read(GBytes *data);	/* yours; what can't be read is left out */
