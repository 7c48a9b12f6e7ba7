/* box.h - messages in files: mbox, Maildir, single .eml; written for export, read for import.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * mbox is mboxrd: every line of ">"s and "From " gets one ">" more, and loses it again; flags stand in Status, X-Status and
 * X-Keywords, which are no part of the message. In mbox and Maildir lines end in LF, in .eml in CRLF as on the wire. A name
 * of a file never comes from a message. */
#pragma once

#include "base/error.h"

typedef enum { BOX_MBOX, BOX_MAILDIR, BOX_EML } BoxFormat;
bool box_format_parse(const char *text, BoxFormat *format);

typedef struct {
	GBytes *whole;		/* owned; lines end in CRLF */
	guint32 flags;		/* MessageFlags of store/messages.h */
	gint64 received;	/* Unix seconds; 0: not known */
	char *keywords;		/* owned: separated by spaces; NULL: none */
} BoxItem;
void box_item_free(BoxItem *i);

/* Lines end in CRLF, the last one too; strip: without what mbox adds to the header. So messages are compared. Yours. */
GBytes *box_canonical(const void *data, gsize len, bool strip);
char *box_message_id(GBytes *whole);	/* without < >; yours; NULL: it has none */

/* ---- writing ---- */
typedef struct BoxWriter BoxWriter;
/* target is a file (mbox) or a folder and must not exist: it is made under another name, and gets its own when all is well. */
BoxWriter *box_writer_new(BoxFormat format, const char *target, GError **err);
bool box_writer_add(BoxWriter *w, GBytes *whole, guint32 flags, gint64 received, const char *keywords, GError **err);
/* Reads all again, by count and SHA-256, and only then gives it its name. Frees w. */
bool box_writer_finish(BoxWriter *w, GError **err);
void box_writer_abort(BoxWriter *w);	/* nothing is left; frees w; NULL is fine */

/* For a signal's handler: from then on adding and finishing end soon, with EIL_CANCELLED. */
void box_cut_off(void);

/* ---- reading ---- */
typedef struct BoxReader BoxReader;
/* What it is is seen: a folder with "cur" is a Maildir, another one has .eml files; a file that begins with "From " is an mbox, else one message,
 * or nothing that can be read (EIL_ASK_USER). */
BoxReader *box_reader_new(const char *path, GError **err);
BoxItem *box_reader_next(BoxReader *r, GError **err);	/* yours; it may be empty; NULL without err: the end */
void box_reader_free(BoxReader *r);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BoxItem, box_item_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BoxReader, box_reader_free)
