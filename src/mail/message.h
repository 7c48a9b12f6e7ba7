/* message.h - foreign bytes in, a Document out: what the sandboxed worker runs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * MIME structure, header decoding, charsets and HTML of received mail. After message_init nothing
 * here opens a file, touches the network, switches the locale or starts a thread: a seccomp sandbox
 * is around it. Runs only in the worker, and in tests. Never fails: the worst message still gives a
 * document that says what is wrong. */
#pragma once

#include "mail/document.h"

/* A part as far as it is known. Multipart containers may be given too (body NULL; the root's
 * section is ""): with them the choice among alternatives is exact, without them it is guessed from
 * the sections. */
typedef struct {
	const char *section;	/* borrowed: IMAP section */
	const char *mime;	/* borrowed: its MIME header lines */
	GBytes *body;		/* borrowed, still encoded; NULL: not here */
	guint64 size;		/* of the encoded part */
	guint8 depth;
} MessagePart;

typedef struct {
	GBytes *raw;		/* borrowed: the whole message, or NULL */
	GBytes *header;		/* borrowed: else the header block; may be NULL */
	const MessagePart *parts;	/* borrowed: depth first */
	gsize n_parts;
	guint16 columns;	/* tables are laid out to this width; 0: 80 */
	bool prefer_html;
} MessageInput;

/* Once, before sealing and after setlocale: loads the charset modules (they stay open) and the
 * translations. */
void message_init(void);

Document *message_render(const MessageInput *in);	/* yours */
/* A raw header value to one line of UTF-8: unfolded, RFC 2047 decoded, 8-bit guessed. Yours. */
char *message_decode_header(const char *raw, gsize len);
/* The decoded bytes of a part, for saving. With mime set, data is the encoded body of that part;
 * with mime NULL, data is the whole message and section names the part. NULL: there is no such
 * part. Yours. */
GBytes *message_decode_part(GBytes *data, const char *section, const char *mime);
