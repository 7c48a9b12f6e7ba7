/* document.h - a message made readable: what the worker gives and the pager shows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A Document is flat: header fields, blocks of text with styled spans, links, parts, notes. It is
 * written as length-prefixed records by the worker and read back (every length checked, every text
 * cleaned again by base/utf8) in the main process: what the worker says is as foreign as the mail.
 * Knows nothing of screens. */
#pragma once

#include "base/utf8.h"

typedef enum {
	BLOCK_TEXT,	/* a paragraph: wrapped by the reader; a newline in it begins a new line */
	/* laid out already (code, <pre>, table rows): each line kept, only cut or wrapped hard */
	BLOCK_PRE,
	BLOCK_HEADING,
	BLOCK_ITEM,	/* `level` columns at the beginning are the bullet or number */
	BLOCK_RULE,
	BLOCK_SIGNATURE, /* the lines from "-- " on */
	/* a separator: the part that follows (its index in `part`), or an attachment as a line */
	BLOCK_PART,
	/* the program's own remark, translated in the main process: `note`, text is its argument */
	BLOCK_NOTE,
	BLOCK_BLANK,	/* an empty line */
} BlockKind;

typedef enum {
	SPAN_BOLD = 1, SPAN_ITALIC = 2, SPAN_UNDERLINE = 4, SPAN_CODE = 8, SPAN_LINK = 16,
	SPAN_HIDDEN = 32, SPAN_STRUCK = 64,
} SpanStyle;
typedef struct {
	guint32 start, len;	/* bytes of the block's text */
	guint16 style;		/* SpanStyle */
	guint16 link;		/* 1..n_links, 0: none */
} Span;

/* What BLOCK_NOTE and document.notes can say; the sentences (translated) are
 * document_note_text()'s. */
typedef enum {
	NOTE_NONE, NOTE_CUT_BODY, NOTE_CUT_HEADERS, NOTE_TOO_MANY_PARTS, NOTE_TOO_DEEP,
	NOTE_CHARSET_UNKNOWN, NOTE_CHARSET_WRONG, NOTE_ENCODING_BROKEN, NOTE_HTML_CUT,
	NOTE_HIDDEN_TEXT, NOTE_REMOTE_CONTENT, NOTE_NO_TEXT, NOTE_EMPTY, NOTE_NOT_MAIL,
	NOTE_PART_NOT_HERE,	/* known from the structure, not downloaded yet */
	NOTE_MORE_ADDRESSES, NOTE_SEVERAL_FROM, NOTE_NAME_LOOKS_LIKE_ADDRESS, NOTE_ENCRYPTED,
	NOTE_SIGNED_UNCHECKED, NOTE_CALENDAR,
	NOTE_UNKNOWN_TYPE,	/* shown as plain text because nothing better is known */
	NOTE_LAST
} NoteKind;

typedef struct {
	guint8 kind;		/* BlockKind */
	guint8 quote;		/* depth of "> " before it, 0..LIMIT_QUOTE_DEPTH */
	guint8 indent;		/* columns */
	guint8 level;		/* heading level, or columns of an item's marker */
	guint8 note;		/* NoteKind */
	guint16 part;		/* index + 1 into parts that it comes from; 0: none */
	Clean *text;		/* owned */
	Span *spans;		/* owned */
	guint32 n_spans;
} Block;

typedef struct {
	Clean *name, *value;	/* owned; value decoded, unfolded */
	bool brief;		/* shown without `h` */
} HeaderField;
typedef struct {
	Clean *target, *host;	/* owned */
	bool mismatch;		/* the shown text names another host (M18) */
	/* the target stands in the text itself: no "[n]" after it, no line in the list of links */
	bool visible;
} DocLink;

typedef struct {
	char *section;		/* owned: IMAP section, "1.2" */
	Clean *type;		/* "application/pdf" */
	Clean *name;		/* file name cleaned for showing, or "" */
	/* owned: safe to save as: base name, no leading dot or dash, <= LIMIT_FILE_NAME bytes,
	 * never empty */
	char *file_name;
	Clean *charset;
	guint64 size;		/* decoded bytes when known, else of the encoded part */
	guint8 depth;
	bool attachment;	/* to be listed and saved; else it is part of the shown text */
	bool shown, here;	/* its text is in the blocks; its bytes were given to the worker */
} DocPart;

typedef struct {
	GArray *fields;		/* of HeaderField, in the mail's order, the brief ones marked */
	GPtrArray *blocks;	/* of Block* */
	GArray *links;		/* of DocLink */
	GArray *parts;		/* of DocPart, depth first */
	GArray *notes;		/* of guint8 NoteKind that concern the whole, each once */
	gint64 date;		/* of Date, since 1970; DOCUMENT_NO_DATE: none that can be read */
	gint16 date_offset;	/* its zone, minutes east of UTC */
} Document;

#define DOCUMENT_NO_DATE G_MININT64

Document *document_new(void);
void document_free(Document *d);
void document_add_field(Document *d, Clean *name, Clean *value, bool brief);	/* takes both */
/* The link whose "[n]" stands behind span i: its target is not in the text itself, and no span goes on with it. NULL: none. */
const DocLink *document_mark(const Document *d, const Block *b, guint32 i);
void document_add_note(Document *d, NoteKind note);	/* unless it is there */
Block *document_add_block(Document *d, BlockKind kind);	/* text NULL; borrowed */
GBytes *document_write(const Document *d);
/* NULL: not a whole document within the limits. */
Document *document_read(const void *data, gsize len);
/* True if a file may be saved under this name: one component, no leading dot or dash, no controls,
 * not too long. */
bool document_name_is_safe(const char *name);
/* The sentence of a note, translated; argument may be NULL or "". Yours. */
char *document_note_text(NoteKind note, const Clean *argument);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Document, document_free)
