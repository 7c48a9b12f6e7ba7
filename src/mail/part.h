/* part.h - the parts of a message as a tree, and their decoded bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Made from the whole bytes (prescan) or from what is known of a message that was not downloaded
 * whole. Section numbers are IMAP's (RFC 9051, 6.4.5). Knows nothing of showing. */
#pragma once

#include "mail/header.h"
#include "mail/message.h"
#include "mail/prescan.h"

typedef enum {
	ENCODING_NONE,
	ENCODING_BASE64,
	ENCODING_QP,
	ENCODING_UU,
	ENCODING_UNKNOWN,
} PartEncoding;

typedef struct Part Part;
struct Part {
	MimeKind kind;
	Part *parent;		/* borrowed; NULL: the root */
	GPtrArray *children;	/* borrowed: of Part* */
	char *section;		/* owned */
	/* borrowed: its MIME header lines; of an embedded message's root: the message's header */
	const char *header;
	gsize header_len;
	const char *body;	/* borrowed, encoded; NULL: not here */
	gsize body_len;
	guint64 size;		/* encoded */
	ParamValue *type, *disposition;	/* owned; type->value is never empty */
	PartEncoding encoding;
	guint8 depth;
	bool opaque;
	guint8 choice;		/* message.c's, so that it judges each part once; 0: not yet */
	guint index;		/* in the document's parts, + 1; 0: not listed */
};

typedef struct {
	GPtrArray *all;		/* owned: of Part*, depth first; [0] is the root */
	PrescanFlags flags;
} PartTree;

PartTree *part_tree_new(const char *raw, gsize len, guint depth, gsize budget);	/* borrows raw */
PartTree *part_tree_known(const MessageInput *in);	/* borrows what in points to */
void part_tree_free(PartTree *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PartTree, part_tree_free)

bool part_is(const Part *p, const char *type);	/* "text/html", or "text/" for all of them */
/* Of Content-Type; borrowed, NULL: none. */
const char *part_param(const Part *p, const char *name);
bool part_is_attachment(const Part *p);		/* its disposition says so */
/* A name to save it as: RELIABILITY M14. Never empty. Yours. */
char *part_file_name(const Part *p);
/* What the sender calls it, decoded, or NULL. Borrowed. */
const char *part_name(const Part *p);
/* Its bytes without transfer encoding, at most max; *cut: there are more; *broken: some could not
 * be decoded. Yours. */
char *part_decode(const Part *p, gsize max, gsize *len, bool *cut, bool *broken);
