/* build.h - puts blocks, links and notes into a Document, within the limits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * All text that leaves src/mail goes through here, so that it is cleaned once and its spans still
 * fit. */
#pragma once

#include "mail/document.h"

typedef struct {
	Document *doc;		/* borrowed */
	guint16 columns;
	guint16 part;		/* index + 1 of the part that is being shown */
	guint8 quote, indent;	/* of the next blocks */
	gsize left;		/* bytes that may still be shown */
	gsize room;		/* bytes of the written document that are still free */
	gsize html_left;	/* of LIMIT_HTML_INPUT */
	guint nodes_left;	/* of LIMIT_HTML_NODES */
	guint blanks;		/* empty lines at the end so far */
	bool cut;		/* said once */
	GHashTable *link_ids;	/* owned: target -> number; NULL: none yet */
} Builder;

void build_init(Builder *b, Document *doc, guint16 columns);
void build_clear(Builder *b);

/* spans: byte offsets into text, ordered by start; may be NULL. NULL if there was no room. */
Block *build_block(Builder *b, BlockKind kind, const char *text, gsize len, const Span *spans,
	gsize n_spans);
/* Takes n bytes of the room in the written document; false: there are not so many. */
bool build_take_room(Builder *b, gsize n);
void build_blank(Builder *b);	/* unless there is one, or nothing before it */
void build_note(Builder *b, NoteKind note, const char *argument);
void build_part_line(Builder *b, guint part, const char *text);
char *build_size_text(guint64 bytes);	/* "1.2 kB"; yours */

/* The number of a link, or 0 if its target is nothing to follow. shown: the text that the person
 * sees. */
guint16 build_link(Builder *b, const char *target, const char *shown, bool visible);
bool build_target_is_link(const char *target);
