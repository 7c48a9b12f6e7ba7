/* reply.h - an answer or a forward made of a message: who gets it, its subject, its quoted text. Pure; main process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "mail/document.h"
#include "mail/draft.h"

typedef struct {
	const char *from, *reply_to, *to, *cc, *subject;	/* borrowed, as all here; decoded; any may be NULL */
	const char *bcc;		/* of what is edited again: a draft has it; or NULL */
	const char *message_id, *references, *in_reply_to;
	const char *list_post;		/* List-Post as it stands, or its bare address; or NULL */
	const char *mail_followup_to;	/* or NULL */
	const char *delivered_to;	/* Delivered-To, X-Original-To, or NULL */
	gint64 sent;			/* Unix seconds; 0: unknown */
	const Document *document;	/* its text; NULL: quoted without */
	GBytes *raw;			/* the whole message: for forward as attachment and bounce; else NULL */
} ReplySource;

typedef struct {
	const char *address, *full_name;	/* of the account */
	const char *const *own;		/* all own addresses, "*@example.org" allowed; NULL-terminated */
	const char *signature;		/* text without "-- ", or NULL */
	bool signature_above;		/* above the quoted text */
	const char *attribution;	/* "On %d, %n wrote:" (%d date, %n name, %a address, %s subject); NULL: the translated default */
	GTimeZone *zone;
	guint wrap;			/* columns of quoted text; 0: as it is (flowed) */
} ReplyStyle;

/* Never fails: what is not known stays empty. One's own addresses are left out of the recipients of a reply to all, unless one
 * answers oneself; no recipient is there twice; References are kept to the first and the last 20 (RFC 5322, 3.6.4). yours. */
Draft *reply_make(DraftKind kind, const ReplySource *source, const ReplyStyle *style);
/* "Re: " once, whatever was there in any language (Aw, Antw, SV, Re[2], Fwd, WG ...). Yours. */
char *reply_subject(const char *subject, bool forward);
/* The text of a document, quoted: "> " before each line, ">" before what was quoted already. Signature left out. Yours. */
char *reply_quote(const Document *document, guint wrap);
char *reply_plain(const Document *document);	/* unquoted, for a forward. Yours */
/* Takes from the document's header what is not set yet (List-Post, Mail-Followup-To, Delivered-To, References ...); borrows. */
void reply_source_fill(ReplySource *source, const Document *document);
/* The bare addresses of a list as the store has it: names stand there without their quotes. Yours (g_strfreev). */
char **reply_addresses(const char *list);
/* "Name <a@b>", the name quoted where it must be. Yours. */
char *reply_mailbox(const char *name, const char *address);
