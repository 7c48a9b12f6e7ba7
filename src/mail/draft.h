/* draft.h - a mail that is being written: what the composer edits, the store keeps, and the worker makes a message of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * All text is UTF-8 as the person typed it; no field holds a control character (P16): draft_set and draft_read take them
 * out, draft_check refuses what can't be a mail. Plain values, no GMime: it is used in the main process too. */
#pragma once

#include "base/error.h"

typedef enum { DRAFT_NEW, DRAFT_REPLY, DRAFT_REPLY_ALL, DRAFT_REPLY_LIST, DRAFT_FORWARD, DRAFT_FORWARD_ATTACHED, DRAFT_EDIT,
	DRAFT_BOUNCE /* data of the only attachment is the message as it came; only Resent- fields are put before it (RFC 5322, 3.6.6) */ } DraftKind;

typedef enum { DRAFT_FROM, DRAFT_TO, DRAFT_CC, DRAFT_BCC, DRAFT_REPLY_TO, DRAFT_SUBJECT, DRAFT_FIELDS } DraftField;

typedef struct {
	char *path;	/* owned: read when the mail is queued; NULL: data */
	GBytes *data;	/* owned: decoded bytes, or NULL */
	char *name;	/* owned: file name as the receiver sees it */
	char *type;	/* owned: MIME type; NULL: guessed by name and content. message/rfc822 goes as it is */
	char *description;	/* owned, or NULL */
	bool is_inline;
} DraftAttachment;

typedef struct {
	DraftKind kind;
	char *fields[DRAFT_FIELDS];	/* owned, never NULL: "Name <a@b>, c@d" */
	char *identity;		/* owned: name of an [identity]; NULL: the account itself */
	char *in_reply_to, *references;	/* owned: with angle brackets; or NULL */
	char *body;		/* owned, never NULL: lines end in \n */
	bool flowed;		/* format=flowed (RFC 3676): the writer of the message does stuffing and soft breaks */
	bool dsn;		/* a notice of delivery is asked for (RFC 3461) */
	GArray *attachments;	/* owned, of DraftAttachment */
	gint64 answers;		/* row of the message in the account's store that it answers or forwards; 0: none */
	char *answers_id;	/* owned: its Message-ID, or NULL */
	/* fixed when it is queued, and kept in all tries after (P: never sent twice in silence) */
	char *message_id;	/* owned: with angle brackets; NULL: not yet */
	gint64 date;		/* Unix seconds; 0: not yet */
} Draft;

Draft *draft_new(void);
Draft *draft_copy(const Draft *d);
void draft_free(Draft *d);
void draft_set(Draft *d, DraftField field, const char *text);	/* cleans: controls become blanks */
DraftAttachment *draft_attach(Draft *d);	/* a new empty one at the end; borrowed until the next */
void draft_detach(Draft *d, guint n);
GBytes *draft_write(const Draft *d);	/* yours; length-prefixed records with a version */
Draft *draft_read(GBytes *data);	/* yours; NULL: not a whole draft */
bool draft_is_empty(const Draft *d);	/* nothing that was typed would be lost */

/* EIL_ASK_USER with a sentence for people: no recipient, an address that is none (which one), a field with CR or LF or longer than
 * LIMIT_HEADER, an attachment that can't be read. */
bool draft_check(const Draft *d, GError **err);
bool draft_check_begun(const Draft *d, GError **err);	/* the same, but nobody needs to get it yet */
void draft_drop_half_addresses(Draft *d);	/* what no message can say: entries that are no address yet */
/* "Name <a@b>, c@d; Group: e@f;" as single "Name <a@b>" entries; quotes and comments understood; yours (g_strfreev). */
char **draft_split_addresses(const char *list);
/* The bare a@b of one entry; NULL: it is none; *why (may be NULL) gets a translated sentence, yours. IDN and UTF-8 local parts are fine. */
char *draft_address(const char *entry, char **why);
/* The body or subject promises an attachment (words of the languages of po/, as whole words outside quotes), and none is there.
 * The word, yours; NULL: no. */
char *draft_forgot_attachment(const Draft *d);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Draft, draft_free)
