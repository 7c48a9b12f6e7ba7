/* limit_private.h - what page.c needs of a limit: does a row pass, and which index is the shortest way to such rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/messages.h"

typedef struct {
	Db *db;			/* borrowed: for what only some limits look at (cc, bodies) */
	gint64 id;
	guint32 flags, traits;
	guint64 size;
	gint64 received, sent;
	const char *subject, *from_name, *from_address, *to;	/* borrowed; any may be NULL */
	bool body_here;
} LimitRow;

bool limit_matches(const MessageLimit *l, const LimitRow *row);

typedef enum { LIMIT_AMONG_ALL, LIMIT_AMONG_UNSEEN, LIMIT_AMONG_FLAGGED } LimitAmong;
LimitAmong limit_among(const MessageLimit *l);
const char *limit_kept(const MessageLimit *l);	/* the ids of messages_limit_keep as a JSON array; NULL: none; borrowed, until the next */
bool limit_reads_bodies(const MessageLimit *l);	/* a row may be slow: look at the clock after each */

/* limit_text.c: folded needle in foreign text; NULL text: false. */
bool text_has(const char *text, const char *needle);
bool cc_has_text(Db *db, gint64 message, const char *needle);
/* In the text of a message's parts, as far as they are here; decodes what is plainly quoted-printable or base64. */
bool body_has_text(Db *db, gint64 message, const char *needle);
bool preview_has_text(Db *db, gint64 message, const char *needle);	/* in what the server told of its beginning */
