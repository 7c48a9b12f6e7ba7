/* prescan.h - finds the parts of a message, with bounds, before anything else looks at it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One pass over the lines, linear in the input; the only memory is one array of at most
 * LIMIT_MIME_PARTS entries. What is beyond a limit becomes one opaque leaf. Decodes nothing. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { MIME_LEAF, MIME_MULTIPART, MIME_MESSAGE } MimeKind;

typedef struct {
	gsize header, header_len;	/* offsets into the bytes */
	gsize body, body_len;
	gint32 parent;			/* index; -1: the message itself */
	guint32 number;			/* among its siblings, from 1 */
	guint8 kind;			/* MimeKind */
	guint8 depth;
	bool opaque;			/* not taken apart: beyond a limit */
	bool digest;			/* its default type is message/rfc822 */
} MimeRange;

typedef enum {
	PRESCAN_CUT_HEADERS = 1,
	PRESCAN_TOO_MANY_PARTS = 2,
	PRESCAN_TOO_DEEP = 4,
	PRESCAN_NOT_MAIL = 8,		/* the first line is no header field */
} PrescanFlags;

typedef struct {
	MimeRange *parts;	/* owned; parts[0] is the message, depth first */
	gsize n_parts;
	PrescanFlags flags;
} Prescan;

/* depth, budget: what an outer message has used up already and may still use (0 and
 * LIMIT_MIME_PARTS else). */
void prescan_init(Prescan *p, const char *bytes, gsize len, guint depth, gsize budget);
void prescan_clear(Prescan *p);

/* The length of the header block of bytes, with its limits, and where the body begins. */
gsize prescan_header(const char *bytes, gsize len, gsize *body, PrescanFlags *flags);
