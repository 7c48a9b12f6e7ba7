/* wire.h - how the main process and the worker talk: frames, and the lists inside them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A request is one frame with a descriptor beside it: its data lies in that file, so that a message of any size is
 * asked for without waiting. An answer is a frame and its data in the stream. Both sides read with suspicion; the
 * client has to. Knows neither sockets nor processes. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
	WIRE_HELLO = 1,		/* the worker is ready; data: SandboxFlags, 4 bytes */
	WIRE_MESSAGE,		/* answer: document_write's bytes */
	WIRE_HEADERS,		/* answer: a list of texts */
	WIRE_PART,		/* answer: the decoded bytes */
	WIRE_SUMMARIES,		/* answer: a list of summary_put's records */
	WIRE_TROUBLE,		/* answer: WireTrouble, 1 byte */
} WireKind;

typedef enum { WIRE_NOT_UNDERSTOOD = 1, WIRE_NO_SUCH_PART, WIRE_TOO_LARGE, WIRE_TROUBLE_LAST } WireTrouble;

typedef struct {
	guint32 kind;		/* WireKind */
	guint32 job;
	guint32 cpu_ms;		/* of a request: processor time that it may take */
	guint64 length;		/* of the data */
	guint64 meta;		/* of a request: where in its data the list begins that names the rest */
} WireFrame;

#define WIRE_FRAME_SIZE 32

void wire_frame_write(const WireFrame *f, guint8 out[WIRE_FRAME_SIZE]);
bool wire_frame_read(WireFrame *f, const guint8 in[WIRE_FRAME_SIZE]);	/* false: no frame of ours */

void wire_put_number(GByteArray *a, guint64 n);
void wire_put_bytes(GByteArray *a, const void *data, gsize len);
void wire_put_text(GByteArray *a, const char *text);	/* NULL is "" */

/* A cursor; after anything that does not fit `bad` stays set and all that follows reads as nothing. */
typedef struct { const guint8 *at; gsize left; bool bad; } WireReader;

guint64 wire_number(WireReader *r);
const guint8 *wire_bytes(WireReader *r, gsize *len);	/* borrowed; never NULL */
const char *wire_text(WireReader *r);	/* borrowed; never NULL */

/* The client's side of the stream: first the hello, then one answer for each question asked. */
typedef enum { WIRE_MORE, WIRE_WHOLE, WIRE_BAD } WireState;
typedef struct {
	guint8 head[WIRE_FRAME_SIZE];
	gsize head_len;
	WireFrame frame;	/* valid when the head is whole */
	guint8 *data;		/* owned */
	gsize got;
	guint32 kind, job;	/* what may come next; kind 0: nothing */
	gsize limit;
} WireInbox;

void wire_inbox_init(WireInbox *in);	/* expects the hello */
void wire_inbox_clear(WireInbox *in);
void wire_inbox_expect(WireInbox *in, WireKind kind, guint32 job, gsize limit);
/* Where the next bytes go, at least one; after reading n of them there, tell it. */
guint8 *wire_inbox_room(WireInbox *in, gsize *n);
WireState wire_inbox_added(WireInbox *in, gsize n);
/* After WIRE_WHOLE: the data, yours; *kind is what was expected, or WIRE_TROUBLE. */
GBytes *wire_inbox_take(WireInbox *in, WireKind *kind);

/* A list of exactly n texts, given to you as valid UTF-8 of one line without controls. False: it is no such list, and
 * out is untouched. */
bool wire_read_texts(GBytes *data, char **out, gsize n);
/* Any bytes as valid UTF-8 of one line without controls; folded lines become one. Yours. */
char *wire_one_line(const char *bytes, gsize len);
