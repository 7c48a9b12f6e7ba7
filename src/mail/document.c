/* document.c - a message made readable, and its form on the way out of the worker.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The form: magic, then records of a tag, a length and that many bytes, little-endian, and an end
 * record. The reader trusts nothing: each length is checked against what is left, each text is
 * cleaned again, each index and enum is checked against what was read; one wrong byte and there is
 * no document. */
#include "config.h"
#include "mail/document.h"
#include "base/intl.h"
#include "base/limits.h"

#include <string.h>

#define MAGIC "EIL1"
#define LIMIT_BLOCKS	1000000
#define LIMIT_SPANS	1000000
#define LIMIT_SECTION	1024

static void
field_clear(gpointer p)
{
	HeaderField *f = p;
	clean_free(f->name);
	clean_free(f->value);
}

static void
link_clear(gpointer p)
{
	DocLink *l = p;
	clean_free(l->target);
	clean_free(l->host);
}

static void
part_clear(gpointer p)
{
	DocPart *part = p;
	g_free(part->section);
	g_free(part->file_name);
	clean_free(part->type);
	clean_free(part->name);
	clean_free(part->charset);
}

static void
block_free(gpointer p)
{
	Block *b = p;
	clean_free(b->text);
	g_free(b->spans);
	g_free(b);
}

Document *
document_new(void)
{
	Document *d = g_new0(Document, 1);
	d->fields = g_array_new(FALSE, TRUE, sizeof(HeaderField));
	g_array_set_clear_func(d->fields, field_clear);
	d->blocks = g_ptr_array_new_with_free_func(block_free);
	d->links = g_array_new(FALSE, TRUE, sizeof(DocLink));
	g_array_set_clear_func(d->links, link_clear);
	d->parts = g_array_new(FALSE, TRUE, sizeof(DocPart));
	g_array_set_clear_func(d->parts, part_clear);
	d->notes = g_array_new(FALSE, TRUE, sizeof(guint8));
	d->date = DOCUMENT_NO_DATE;
	return d;
}

void
document_free(Document *d)
{
	if (!d)
		return;
	g_array_unref(d->fields);
	g_ptr_array_unref(d->blocks);
	g_array_unref(d->links);
	g_array_unref(d->parts);
	g_array_unref(d->notes);
	g_free(d);
}

void
document_add_field(Document *d, Clean *name, Clean *value, bool brief)
{
	HeaderField f = { name, value, brief };
	g_array_append_val(d->fields, f);
}

const DocLink *
document_mark(const Document *d, const Block *b, guint32 i)
{
	const Span *s = &b->spans[i];
	const DocLink *link = s->link && s->link <= d->links->len ? &g_array_index(d->links, DocLink, s->link - 1) : NULL;
	bool goes_on = i + 1 < b->n_spans && b->spans[i + 1].link == s->link && b->spans[i + 1].start == s->start + s->len;

	return link && !link->visible && !goes_on ? link : NULL;
}

void
document_add_note(Document *d, NoteKind note)
{
	guint8 n = (guint8)note;
	for (guint i = 0; i < d->notes->len; i++)
		if (g_array_index(d->notes, guint8, i) == n)
			return;
	g_array_append_val(d->notes, n);
}

Block *
document_add_block(Document *d, BlockKind kind)
{
	Block *b = g_new0(Block, 1);
	b->kind = (guint8)kind;
	g_ptr_array_add(d->blocks, b);
	return b;
}

bool
document_name_is_safe(const char *name)
{
	gsize len = strlen(name);
	if (len == 0 || len > LIMIT_FILE_NAME || name[0] == '.' || name[0] == '-' ||
		name[0] == ' ' ||
		!g_utf8_validate(name, (gssize)len, NULL))
		return false;
	for (const char *p = name; *p; p++)
		if ((guchar)*p < 0x20 || *p == 0x7f || *p == '/' || *p == '\\')
			return false;
	g_autoptr(Clean) same = clean_new(name, -1, CLEAN_LINE);
	return strcmp(clean_peek(same), name) == 0;
}

/* writing */

static void
put_u8(GByteArray *out, guint8 v)
{
	g_byte_array_append(out, &v, 1);
}

static void
put_u16(GByteArray *out, guint16 v)
{
	v = GUINT16_TO_LE(v);
	g_byte_array_append(out, (const guint8 *)&v, sizeof v);
}

static void
put_u32(GByteArray *out, guint32 v)
{
	v = GUINT32_TO_LE(v);
	g_byte_array_append(out, (const guint8 *)&v, sizeof v);
}

static void
put_u64(GByteArray *out, guint64 v)
{
	v = GUINT64_TO_LE(v);
	g_byte_array_append(out, (const guint8 *)&v, sizeof v);
}

static void
put_text(GByteArray *out, const char *text)
{
	gsize len = text ? strlen(text) : 0;
	put_u32(out, (guint32)len);
	g_byte_array_append(out, (const guint8 *)(text ? text : ""), (guint)len);
}

static guint
record_begin(GByteArray *out, char tag)
{
	put_u8(out, (guint8)tag);
	put_u32(out, 0);
	return out->len;
}

static void
record_end(GByteArray *out, guint start)
{
	guint32 len = GUINT32_TO_LE(out->len - start);
	memcpy(out->data + start - 4, &len, 4);
}

static void
write_block(GByteArray *out, const Block *b)
{
	guint start = record_begin(out, 'B');
	put_u8(out, b->kind);
	put_u8(out, b->quote);
	put_u8(out, b->indent);
	put_u8(out, b->level);
	put_u8(out, b->note);
	put_u16(out, b->part);
	put_text(out, clean_peek(b->text));
	put_u32(out, b->n_spans);
	for (guint i = 0; i < b->n_spans; i++) {
		put_u32(out, b->spans[i].start);
		put_u32(out, b->spans[i].len);
		put_u16(out, b->spans[i].style);
		put_u16(out, b->spans[i].link);
	}
	record_end(out, start);
}

static void
write_part(GByteArray *out, const DocPart *p)
{
	guint start = record_begin(out, 'P');
	put_text(out, p->section);
	put_text(out, clean_peek(p->type));
	put_text(out, clean_peek(p->name));
	put_text(out, p->file_name);
	put_text(out, clean_peek(p->charset));
	put_u64(out, p->size);
	put_u8(out, p->depth);
	put_u8(out, (guint8)(p->attachment | p->shown << 1 | p->here << 2));
	record_end(out, start);
}

GBytes *
document_write(const Document *d)
{
	GByteArray *out = g_byte_array_new();
	guint start;

	g_byte_array_append(out, (const guint8 *)MAGIC, 4);
	start = record_begin(out, 'D');
	put_u64(out, (guint64)d->date);
	put_u16(out, (guint16)d->date_offset);
	record_end(out, start);
	for (guint i = 0; i < d->fields->len; i++) {
		const HeaderField *f = &g_array_index(d->fields, HeaderField, i);
		start = record_begin(out, 'F');
		put_text(out, clean_peek(f->name));
		put_text(out, clean_peek(f->value));
		put_u8(out, f->brief);
		record_end(out, start);
	}
	for (guint i = 0; i < d->links->len; i++) {
		const DocLink *l = &g_array_index(d->links, DocLink, i);
		start = record_begin(out, 'L');
		put_text(out, clean_peek(l->target));
		put_text(out, clean_peek(l->host));
		put_u8(out, (guint8)(l->mismatch | l->visible << 1));
		record_end(out, start);
	}
	for (guint i = 0; i < d->parts->len; i++)
		write_part(out, &g_array_index(d->parts, DocPart, i));
	for (guint i = 0; i < d->notes->len; i++) {
		start = record_begin(out, 'N');
		put_u8(out, g_array_index(d->notes, guint8, i));
		record_end(out, start);
	}
	for (guint i = 0; i < d->blocks->len; i++)
		write_block(out, d->blocks->pdata[i]);
	record_end(out, record_begin(out, 'E'));
	return g_byte_array_free_to_bytes(out);
}

/* reading */

typedef struct {
	const guint8 *at;	/* borrowed */
	gsize left;
	bool bad;		/* sticky: what is read after it is zero or "" */
} Reader;

static const guint8 *
take(Reader *r, gsize n)
{
	if (r->bad || n > r->left) {
		r->bad = true;
		return NULL;
	}
	const guint8 *p = r->at;
	r->at += n;
	r->left -= n;
	return p;
}

static guint64
take_number(Reader *r, gsize bytes)
{
	const guint8 *p = take(r, bytes);
	guint64 v = 0;

	for (gsize i = 0; p && i < bytes; i++)
		v |= (guint64)p[i] << (8 * i);
	return v;
}

static char *
take_plain(Reader *r, gsize limit)
{
	gsize len = (gsize)take_number(r, 4);
	const guint8 *p = len <= limit ? take(r, len) : NULL;
	if (!p || memchr(p, 0, len)) {
		r->bad = true;
		return NULL;
	}
	return g_strndup((const char *)p, len);
}

static Clean *
take_clean(Reader *r, CleanFlags flags)
{
	gsize len = (gsize)take_number(r, 4);
	const guint8 *p = take(r, len);
	return p ? clean_new((const char *)p, (gssize)len, flags) : NULL;
}

/* A field's value may be longer than a line of CLEAN_LINE may be, yet it is one line. */
static Clean *
take_line(Reader *r, CleanFlags flags)
{
	gsize len = (gsize)take_number(r, 4);
	const guint8 *p = take(r, len);
	if (!p)
		return NULL;
	g_autofree char *flat = g_strndup((const char *)p, len);
	g_strdelimit(flat, "\t\r\n", ' ');
	return clean_new(flat, -1, CLEAN_TEXT | flags);
}

static bool
section_is_sane(const char *section)
{
	return section && strspn(section, "0123456789.") == strlen(section);
}

static bool
on_boundary(const char *text, gsize len, gsize at)
{
	return at == len || (at < len && ((guchar)text[at] & 0xc0) != 0x80);
}

static bool
read_spans(Reader *r, Block *b)
{
	const char *text = clean_peek(b->text);
	gsize len = strlen(text), n = (gsize)take_number(r, 4);

	if (n > LIMIT_SPANS || n * 12 != r->left)
		return false;
	b->spans = n ? g_new0(Span, n) : NULL;
	for (b->n_spans = 0; b->n_spans < n; b->n_spans++) {
		Span *s = &b->spans[b->n_spans];
		s->start = (guint32)take_number(r, 4);
		s->len = (guint32)take_number(r, 4);
		s->style = (guint16)take_number(r, 2);
		s->link = (guint16)take_number(r, 2);
		if (s->start > len || s->len > len - s->start ||
			!on_boundary(text, len, s->start) ||
			!on_boundary(text, len, s->start + s->len))
			return false;
	}
	return true;
}

static bool
read_block(Reader *r, Document *d)
{
	if (d->blocks->len >= LIMIT_BLOCKS)
		return false;
	Block *b = document_add_block(d, BLOCK_TEXT);
	b->kind = (guint8)take_number(r, 1);
	b->quote = (guint8)take_number(r, 1);
	b->indent = (guint8)take_number(r, 1);
	b->level = (guint8)take_number(r, 1);
	b->note = (guint8)take_number(r, 1);
	b->part = (guint16)take_number(r, 2);
	b->text = take_clean(r,
		CLEAN_TEXT | (b->kind == BLOCK_PART || b->kind == BLOCK_NOTE ? CLEAN_SHOW : 0));
	return !r->bad && b->kind <= BLOCK_BLANK && b->note < NOTE_LAST &&
		b->quote <= LIMIT_QUOTE_DEPTH && read_spans(r, b);
}

static bool
read_part(Reader *r, Document *d)
{
	DocPart p = { 0 };

	if (d->parts->len > LIMIT_MIME_PARTS)
		return false;
	p.section = take_plain(r, LIMIT_SECTION);
	p.type = take_clean(r, CLEAN_LINE);
	p.name = take_clean(r, CLEAN_LINE | CLEAN_SHOW);
	p.file_name = take_plain(r, LIMIT_FILE_NAME);
	p.charset = take_clean(r, CLEAN_LINE);
	p.size = take_number(r, 8);
	p.depth = (guint8)take_number(r, 1);
	guint8 flags = (guint8)take_number(r, 1);
	p.attachment = flags & 1;
	p.shown = flags >> 1 & 1;
	p.here = flags >> 2 & 1;
	g_array_append_val(d->parts, p);
	return !r->bad && section_is_sane(p.section) && p.file_name &&
		document_name_is_safe(p.file_name);
}

static bool
read_link(Reader *r, Document *d)
{
	DocLink l = { 0 };

	l.target = take_line(r, CLEAN_SHOW);
	l.host = take_clean(r, CLEAN_LINE | CLEAN_SHOW);
	guint8 flags = (guint8)take_number(r, 1);
	l.mismatch = flags & 1;
	l.visible = flags >> 1 & 1;
	g_array_append_val(d->links, l);
	return !r->bad && d->links->len <= G_MAXUINT16;
}

static bool
read_record(char tag, Reader *r, Document *d)
{
	switch (tag) {
	case 'D':
		d->date = (gint64)take_number(r, 8);
		d->date_offset = (gint16)take_number(r, 2);
		return !r->bad;
	case 'F': {
		Clean *name = take_clean(r, CLEAN_LINE), *value = take_line(r, CLEAN_SHOW);
		document_add_field(d, name, value, take_number(r, 1) == 1);
		return !r->bad && d->fields->len <= LIMIT_HEADERS;
	}
	case 'L':
		return read_link(r, d);
	case 'P':
		return read_part(r, d);
	case 'N': {
		guint8 note = (guint8)take_number(r, 1);
		document_add_note(d, note);
		return !r->bad && note < NOTE_LAST;
	}
	case 'B':
		return read_block(r, d);
	default:
		return false;
	}
}

/* Links and parts that blocks name must exist. */
static bool
indexes_are_sane(const Document *d)
{
	for (guint i = 0; i < d->blocks->len; i++) {
		const Block *b = d->blocks->pdata[i];
		if (b->part > d->parts->len)
			return false;
		for (guint s = 0; s < b->n_spans; s++)
			if (b->spans[s].link > d->links->len)
				return false;
	}
	return true;
}

Document *
document_read(const void *data, gsize len)
{
	g_autoptr(Document) d = document_new();
	Reader r = { data, len, false };
	const guint8 *magic = len <= LIMIT_WORKER_OUTPUT ? take(&r, 4) : NULL;

	if (!magic || memcmp(magic, MAGIC, 4) != 0)
		return NULL;
	for (;;) {
		char tag = (char)take_number(&r, 1);
		gsize n = (gsize)take_number(&r, 4);
		const guint8 *p = take(&r, n);
		if (!p)
			return NULL;
		if (tag == 'E')
			break;
		Reader record = { p, n, false };
		if (!read_record(tag, &record, d) || record.left != 0)
			return NULL;
	}
	return r.left == 0 && indexes_are_sane(d) ? g_steal_pointer(&d) : NULL;
}

/* %s is the note's argument; the first sentence is for a note without one. */
static const struct { const char *alone, *with; } sentences[NOTE_LAST] = {
	[NOTE_CUT_BODY] = { N_("The message is longer than what is shown here."), NULL },
	[NOTE_CUT_HEADERS] = { N_("The header of this message is too large; part of it was left out."), NULL },
	[NOTE_TOO_MANY_PARTS] = { N_("The message has too many parts; the rest was not taken apart."), NULL },
	[NOTE_TOO_DEEP] = { N_("The parts of this message are nested too deeply; the rest was not taken apart."), NULL },
	[NOTE_CHARSET_UNKNOWN] = { N_("The character set of this text is unknown; some characters may be wrong."),
		N_("The character set “%s” is unknown; some characters may be wrong.") },
	[NOTE_CHARSET_WRONG] = { N_("This text is not in the character set that it names; some characters may be wrong."),
		N_("This text is not in the character set “%s” as it says; some characters may be wrong.") },
	[NOTE_ENCODING_BROKEN] = { N_("The encoding of this part is damaged; some of it may be missing."), NULL },
	[NOTE_HTML_CUT] = { N_("This HTML text is too large or too complicated; part of it was left out."), NULL },
	[NOTE_HIDDEN_TEXT] = { N_("The sender hid text in this message; it was left out."),
		N_("Hidden text was left out: “%s”") },
	[NOTE_REMOTE_CONTENT] = { N_("The message refers to remote pictures or styles; nothing was loaded."), NULL },
	[NOTE_NO_TEXT] = { N_("The message has no text that can be shown, only attachments."), NULL },
	[NOTE_EMPTY] = { N_("The message is empty."), NULL },
	[NOTE_NOT_MAIL] = { N_("This does not look like a mail message; it is shown as it is."), NULL },
	[NOTE_PART_NOT_HERE] = { N_("This part was not downloaded yet."),
		N_("“%s” was not downloaded yet.") },
	[NOTE_MORE_ADDRESSES] = { N_("There are more addresses than are shown."),
		N_("and %s more addresses") },
	[NOTE_SEVERAL_FROM] = { N_("The message names several senders; none of them may be the true one."), NULL },
	[NOTE_NAME_LOOKS_LIKE_ADDRESS] = { N_("The sender’s name looks like an address; the true address is the one in angle brackets."), NULL },
	[NOTE_ENCRYPTED] = { N_("This message is encrypted; it cannot be read here."), NULL },
	[NOTE_SIGNED_UNCHECKED] = { N_("This message is signed; the signature was not checked."), NULL },
	[NOTE_CALENDAR] = { N_("This is a calendar entry."), NULL },
	[NOTE_UNKNOWN_TYPE] = { N_("This text is of an unknown kind; it is shown as it is."),
		N_("This text is of the kind “%s”; it is shown as it is.") },
};

char *
document_note_text(NoteKind note, const Clean *argument)
{
	if (note <= NOTE_NONE || note >= NOTE_LAST)
		return g_strdup("");
	const char *with = sentences[note].with;
	if (with && clean_peek(argument)[0])
		return g_strdup_printf(_(with), clean_peek(argument));
	return g_strdup(_(sentences[note].alone));
}
