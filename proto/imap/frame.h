/* frame.h - cuts the server's bytes into whole responses with their literals.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A response ends at CRLF (or a bare LF), unless the line announces a literal
 * {n}, {n+} or ~{n}; then the counted bytes belong to it and the line goes on
 * behind them (RFC 9051, 4.3). A literal above LIMIT_IMAP_INLINE inside a FETCH
 * is given out in chunks as it comes. Limits: base/limits.h: an untagged response beyond them is read to its end and thrown
 * away, so that one message with a monstrous structure does not end each session anew. One thread. */
#pragma once

#include "proto/imap/parse.h"

typedef struct ImapFrame ImapFrame;

typedef enum {
	IMAP_FRAME_WANTS_BYTES,
	IMAP_FRAME_RESPONSE,	/* line, literals */
	IMAP_FRAME_LITERAL,	/* a streamed literal begins: line is the response so far, size its size */
	IMAP_FRAME_CHUNK,	/* data, len: the next bytes of it */
	IMAP_FRAME_LITERAL_END,
	IMAP_FRAME_SKIPPED,	/* line: the beginning of what was thrown away, NUL-terminated */
	IMAP_FRAME_FAILED,	/* sticky: a limit was passed; text says which */
} ImapFrameKind;

typedef struct {
	ImapFrameKind kind;
	const char *line;	/* borrowed until the next call, as is all here */
	gsize len;
	const ImapLiteral *literals;
	gsize n_literals;
	guint64 size;
	const void *data;
	const char *text;
} ImapFramePiece;

ImapFrame *imap_frame_new(void);
void imap_frame_free(ImapFrame *f);
void imap_frame_feed(ImapFrame *f, const void *data, gsize len);	/* copied */
ImapFramePiece imap_frame_next(ImapFrame *f);
GBytes *imap_frame_take_rest(ImapFrame *f);	/* takes away what was fed behind the last response; yours; NULL: nothing */
gsize imap_frame_waiting(const ImapFrame *f);	/* bytes fed that belong to no response given out yet (T2) */
