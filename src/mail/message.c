/* message.c - foreign bytes in, a Document out: which parts are shown, and how.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The walk goes over the tree of part.c, whose depth and number are bounded; each part is rendered
 * alone, never joined with another before it is parsed (RELIABILITY M11). */
#include "config.h"
#include "mail/message.h"
#include "base/intl.h"
#include "base/limits.h"
#include "mail/build.h"
#include "mail/calendar.h"
#include "mail/charset.h"
#include "mail/fields.h"
#include "mail/html.h"
#include "mail/part.h"
#include "mail/tags.h"
#include "mail/text.h"

#include <string.h>

/* a message that is itself encoded: each level is held in memory */
#define LIMIT_EMBEDDED	(8 * MIB)
#define LIMIT_OPAQUE	(64 * KIB)	/* shown of what was not taken apart */
#define LIMIT_NAMES	(2 * MIB)	/* of all parts, in the written document */

typedef struct {
	Document *doc;		/* borrowed */
	Builder b;
	bool prefer_html;
	gsize parts_left;	/* of LIMIT_MIME_PARTS */
	gsize names_left;
	guint depth;		/* of the tree that is being walked, in the outermost message */
	guint texts;		/* parts whose text was shown */
	bool listing;		/* the parts of this tree have sections of the message */
} Show;

static void show_part(Show *s, Part *p);
static void show_tree(Show *s, PartTree *t);

/* the list of parts */

static guint64
decoded_size(const Part *p)
{
	guint64 letters = 0;

	if (p->encoding != ENCODING_BASE64)
		return p->size;
	if (!p->body)
		return p->size / 78 * 57 + p->size % 78 * 3 / 4;	/* lines of 76 and CRLF */
	for (gsize i = 0; i < p->body_len; i++)
		letters += g_ascii_isalnum(p->body[i]) || p->body[i] == '+' || p->body[i] == '/';
	return letters * 3 / 4;
}

static void
list_part(Show *s, Part *p)
{
	const char *name = part_name(p), *charset = part_param(p, "charset");

	DocPart d = {
		.section = g_strdup(p->section),
		.type = clean_new(p->type->value, (gssize)MIN(strlen(p->type->value), 127),
		CLEAN_LINE),
		.name = clean_new(name ? name : "",
			name ? (gssize)MIN(strlen(name), s->names_left ? 1024 : 60) : 0,
			CLEAN_LINE | CLEAN_SHOW),
		.file_name = part_file_name(p),
		.charset = clean_new(charset ? charset : "",
		charset ? (gssize)MIN(strlen(charset), 60) : 0, CLEAN_LINE),
		.size = decoded_size(p), .depth = p->depth, .here = p->body != NULL,
	};
	gsize cost = strlen(d.section) + strlen(clean_peek(d.type)) + strlen(clean_peek(d.name)) +
		strlen(d.file_name) +
		strlen(clean_peek(d.charset)) + 40;
	s->names_left -= MIN(s->names_left, cost);
	build_take_room(&s->b, cost);
	g_array_append_val(s->doc->parts, d);
	p->index = s->doc->parts->len;
}

static void
list_parts(Show *s, PartTree *t)
{
	for (guint i = 0; i < t->all->len; i++) {
		Part *p = t->all->pdata[i];
		if (p->kind == MIME_LEAF || (p->kind == MIME_MESSAGE && p->parent))
			list_part(s, p);
	}
}

static DocPart *
listed(const Show *s, const Part *p)
{
	return p->index ? &g_array_index(s->doc->parts, DocPart, p->index - 1) : NULL;
}

/* attachments */

static void
show_attachment(Show *s, Part *p)
{
	DocPart *d = listed(s, p);
	const char *name = part_name(p);

	if (d)
		d->attachment = true;
	g_autofree char *size = build_size_text(d ? d->size : decoded_size(p));
	g_autofree char *line = name ? g_strdup_printf("%s (%s, %s)", name, p->type->value, size) :
		g_strdup_printf("%s (%s)", p->type->value, size);
	const GPtrArray *blocks = s->doc->blocks;
	if (blocks->len == 0 || ((const Block *)blocks->pdata[blocks->len - 1])->kind != BLOCK_PART)
		build_blank(&s->b);
	build_part_line(&s->b, p->index, line);
}

/* A picture that belongs to the HTML beside it. */
static bool
is_inner_picture(const Part *p)
{
	HeaderLine h;
	return !part_is_attachment(p) && part_is(p, "image/") &&
		header_find(p->header, p->header_len, "Content-ID", &h);
}

/* Of what is not shown: files still have to be found. */
static void
list_files(Show *s, Part *p)
{
	for (guint i = 0; i < p->children->len; i++)
		list_files(s, p->children->pdata[i]);
	if (p->kind != MIME_LEAF)
		return;
	DocPart *d = listed(s, p);
	if (is_inner_picture(p)) {
		if (d)
			d->attachment = true;
	} else if (part_is_attachment(p) || (!part_is(p, "text/") && !part_is(p, "multipart/"))) {
		show_attachment(s, p);
	}
}

/* text */

static TextForm
form_of(const Part *p)
{
	const char *format = part_param(p, "format"), *delsp = part_param(p, "delsp");

	if (part_is(p, "text/x-patch") || part_is(p, "text/x-diff") || part_is(p, "text/csv") ||
		part_is(p, "text/tab-separated-values") ||
		part_is(p, "message/") || part_is(p, "text/rfc822-headers") || p->opaque)
		return TEXT_VERBATIM;
	if (!format || g_ascii_strcasecmp(format, "flowed") != 0)
		return TEXT_FIXED;
	return delsp && g_ascii_strcasecmp(delsp, "yes") == 0 ? TEXT_FLOWED_DELSP : TEXT_FLOWED;
}

static void
note_inline_pgp(Show *s, const char *text)
{
	const char *mark = strstr(text, "-----BEGIN PGP ");
	if (!mark || (mark > text && mark[-1] != '\n'))
		return;
	if (g_str_has_prefix(mark + 15, "MESSAGE-----"))
		document_add_note(s->doc, NOTE_ENCRYPTED);
	else if (g_str_has_prefix(mark + 15, "SIGNED MESSAGE-----"))
		document_add_note(s->doc, NOTE_SIGNED_UNCHECKED);
}

static void
show_decoded(Show *s, const Part *p, const char *text)
{
	if (part_is(p, "text/html")) {
		html_show(&s->b, text, strlen(text));
	} else if (part_is(p, "text/calendar")) {
		g_autofree char *summary = calendar_summary(text);
		build_note(&s->b, NOTE_CALENDAR, NULL);
		text_show(&s->b, *summary ? summary : text, *summary ? TEXT_FIXED : TEXT_VERBATIM);
	} else if (part_is(p, "text/enriched") || part_is(p, "text/richtext")) {
		g_autofree char *plain = text_from_enriched(text);
		text_show(&s->b, plain, TEXT_FIXED);
	} else {
		note_inline_pgp(s, text);
		text_show(&s->b, text, form_of(p));
	}
}

static void
note_charset(Show *s, CharsetVerdict verdict, const char *label)
{
	NoteKind note = verdict == CHARSET_UNKNOWN ? NOTE_CHARSET_UNKNOWN : NOTE_CHARSET_WRONG;
	if (verdict == CHARSET_FINE)
		return;
	build_note(&s->b, note, label);
	document_add_note(s->doc, note);
}

static bool
is_blank_text(const char *text)
{
	return text[strspn(text, " \t\r\n\f")] == '\0';
}

/* A long text is not fetched whole. Servers that don't count well are off by far less. */
static bool
was_fetched_in_part(const Part *p)
{
	return p->body_len >= 128 * KIB && p->size > p->body_len + KIB;
}

static void
show_text(Show *s, Part *p)
{
	bool cut, broken, html = part_is(p, "text/html");
	gsize len, max = p->opaque ? LIMIT_OPAQUE : html ? LIMIT_HTML_INPUT : LIMIT_BODY_SHOWN;
	CharsetVerdict verdict;
	DocPart *d = listed(s, p);

	if (!p->body) {
		build_note(&s->b, NOTE_PART_NOT_HERE, part_name(p) ? part_name(p) : p->type->value);
		return;
	}
	g_autofree char *bytes = part_decode(p, max, &len, &cut, &broken);
	g_autofree char *meta = html && !part_param(p, "charset") ? tags_charset(bytes, len) : NULL;
	const char *label = meta ? meta : part_param(p, "charset");
	g_autofree char *text = charset_to_utf8(bytes, len, label, max, &verdict);
	g_clear_pointer(&bytes, g_free);
	cut = cut || was_fetched_in_part(p);
	s->b.part = (guint16)p->index;
	if (broken && !cut) {
		build_note(&s->b, NOTE_ENCODING_BROKEN, NULL);
		document_add_note(s->doc, NOTE_ENCODING_BROKEN);
	}
	note_charset(s, verdict, label);
	if (!is_blank_text(text)) {
		build_blank(&s->b);
		guint before = s->doc->blocks->len;
		show_decoded(s, p, text);
		s->texts += s->doc->blocks->len > before;
	}
	if (cut) {
		build_note(&s->b, NOTE_CUT_BODY, NULL);
		document_add_note(s->doc, NOTE_CUT_BODY);
	}
	s->b.part = 0;
	if (d)
		d->shown = true;
}

/* Text that a person reads, of kinds that have no text/ before them too. */
static bool
is_readable(const Part *p)
{
	return (part_is(p, "text/") && !part_is(p, "text/rtf") && !part_is(p, "text/vcard") &&
		!part_is(p, "text/x-vcard")) ||
		part_is(p, "message/delivery-status") ||
		part_is(p, "message/disposition-notification") ||
		part_is(p, "message/feedback-report") || part_is(p, "message/rfc822-headers") ||
		part_is(p, "message/global-delivery-status") ||
		part_is(p, "message/global-headers") ||
		part_is(p, "message/global-disposition-notification") ||
		part_is(p, "application/pgp");
}

/* messages in messages */

static void
show_message_head(Show *s, const Part *p, const char *header, gsize len)
{
	g_autofree char *summary = fields_summary(header, len);

	build_blank(&s->b);
	build_part_line(&s->b, p->index, _("Message in this message"));
	s->b.part = (guint16)p->index;
	if (*summary) {
		build_block(&s->b, BLOCK_PRE, summary, strlen(summary), NULL, 0);
		build_blank(&s->b);
	}
	s->b.part = 0;
}

/* A message that is encoded as a whole: IMAP has no names for its parts, so only its text is shown.
 */
static void
show_encoded_message(Show *s, Part *p)
{
	bool cut, broken;
	gsize len;

	if (!p->body || s->depth + p->depth + 1u >= LIMIT_MIME_DEPTH || s->parts_left < 2) {
		show_attachment(s, p);
		return;
	}
	g_autofree char *bytes = part_decode(p, LIMIT_EMBEDDED, &len, &cut, &broken);
	g_autoptr(PartTree) t = part_tree_new(bytes, len, s->depth + p->depth + 1u, s->parts_left);
	Part *root = t->all->pdata[0];
	bool listing = s->listing;
	guint depth = s->depth;

	s->listing = false;
	s->depth = 0;	/* the new tree counts from the depth that it was given */
	s->parts_left -= MIN(s->parts_left, t->all->len);
	show_message_head(s, p, root->header, root->header_len);
	show_tree(s, t);
	s->listing = listing;
	s->depth = depth;
	if (listed(s, p))
		listed(s, p)->attachment = true;
	if (cut || broken)
		build_note(&s->b, cut ? NOTE_CUT_BODY : NOTE_ENCODING_BROKEN, NULL);
}

static void
show_message(Show *s, Part *p)
{
	if (p->children->len == 0) {
		if (p->encoding == ENCODING_NONE && !p->body)
			build_note(&s->b, NOTE_PART_NOT_HERE,
				part_name(p) ? part_name(p) : p->type->value);
		else
			show_encoded_message(s, p);
		return;
	}
	const Part *root = p->children->pdata[0];
	const char *header = root->header;
	gsize header_len = root->header_len, body;
	PrescanFlags flags = 0;
	if (p->body) {	/* of what was fetched in pieces the child has only its MIME lines */
		header = p->body;
		header_len = prescan_header(p->body, p->body_len, &body, &flags);
	}
	show_message_head(s, p, header, header_len);
	if (listed(s, p))
		listed(s, p)->attachment = true;
	for (guint i = 0; i < p->children->len; i++)
		show_part(s, p->children->pdata[i]);
}

/* multiparts */

typedef enum { CHOICE_UNKNOWN, CHOICE_NOTHING, CHOICE_NOT_HERE, CHOICE_OTHER, CHOICE_ENRICHED, CHOICE_WORSE, CHOICE_BETTER } Choice;

static bool
has_text(const Part *p)
{
	bool cut, broken;
	gsize len;

	if (!p->body)
		return p->size > 2;
	g_autofree char *text = part_decode(p, 16 * KIB, &len, &cut, &broken);
	for (gsize i = 0; i < len; i++)
		if (!g_ascii_isspace(text[i]))
			return true;
	return cut;
}

static Choice
choice_of_leaf(const Show *s, const Part *p)
{
	if (!has_text(p) || part_is_attachment(p))
		return CHOICE_NOTHING;
	if (!p->body && part_is(p, "text/"))
		return CHOICE_NOT_HERE;
	if (part_is(p, "text/plain"))
		return s->prefer_html ? CHOICE_WORSE : CHOICE_BETTER;
	if (part_is(p, "text/html"))
		return s->prefer_html ? CHOICE_BETTER : CHOICE_WORSE;
	return part_is(p, "text/enriched") ? CHOICE_ENRICHED :
		is_readable(p) ? CHOICE_OTHER : CHOICE_NOTHING;
}

/* Alternatives in alternatives ask for the same parts at every depth: the answer is kept. */
static Choice
choice_of(const Show *s, Part *p)
{
	if (p->choice != CHOICE_UNKNOWN)
		return p->choice;
	Choice best = p->kind == MIME_LEAF ? choice_of_leaf(s, p) : CHOICE_NOTHING;
	for (guint i = 0; i < p->children->len; i++)
		best = MAX(best, choice_of(s, p->children->pdata[i]));
	p->choice = (guint8)best;
	return best;
}

static void
show_alternative(Show *s, Part *p)
{
	Part *best = NULL;
	Choice of_best = CHOICE_NOTHING;

	for (guint i = 0; i < p->children->len; i++) {
		Part *child = p->children->pdata[i];
		Choice c = choice_of(s, child);
		/* RFC 2046: the last is the richest */
		if (c > of_best || (c == of_best && c == CHOICE_OTHER)) {
			best = child;
			of_best = c;
		}
	}
	for (guint i = 0; i < p->children->len; i++) {
		Part *child = p->children->pdata[i];
		if (child == best)
			show_part(s, child);
		else if (part_is(child, "text/calendar") && has_text(child) &&
			!part_is_attachment(child))
			show_text(s, child);
		else
			list_files(s, child);
	}
}

static void
show_related(Show *s, Part *p)
{
	const char *start = part_param(p, "start");
	Part *root = p->children->len ? p->children->pdata[0] : NULL;

	for (guint i = 0; start && i < p->children->len; i++) {
		const Part *child = p->children->pdata[i];
		HeaderLine h;
		if (header_find(child->header, child->header_len, "Content-ID", &h) &&
			h.value_len == strlen(start) &&
			memcmp(h.value, start, h.value_len) == 0)
			root = p->children->pdata[i];
	}
	for (guint i = 0; i < p->children->len; i++) {
		Part *child = p->children->pdata[i];
		if (child == root || choice_of(s, child) > CHOICE_NOTHING)
			show_part(s, child);
		else
			list_files(s, child);
	}
}

static void
show_multipart(Show *s, Part *p)
{
	if (part_is(p, "multipart/alternative")) {
		show_alternative(s, p);
		return;
	}
	if (part_is(p, "multipart/related")) {
		show_related(s, p);
		return;
	}
	if (part_is(p, "multipart/signed"))
		document_add_note(s->doc, NOTE_SIGNED_UNCHECKED);
	if (part_is(p, "multipart/encrypted")) {
		build_note(&s->b, NOTE_ENCRYPTED, NULL);
		document_add_note(s->doc, NOTE_ENCRYPTED);
	}
	for (guint i = 0; i < p->children->len; i++)
		show_part(s, p->children->pdata[i]);
	/* no boundary was found: all that can be done is to show it */
	if (p->children->len == 0 && p->body)
		show_text(s, p);
}

static void
show_other(Show *s, Part *p)
{
	if (part_is(p, "application/pkcs7-mime") || part_is(p, "application/x-pkcs7-mime")) {
		const char *kind = part_param(p, "smime-type");
		NoteKind note = kind && g_ascii_strcasecmp(kind, "signed-data") == 0 ?
			NOTE_SIGNED_UNCHECKED : NOTE_ENCRYPTED;
		build_note(&s->b, note, NULL);
		document_add_note(s->doc, note);
	}
	show_attachment(s, p);
}

static void
show_leaf(Show *s, Part *p)
{
	bool alone = !p->parent || p->parent->kind == MIME_MESSAGE;

	if (p->opaque) {
		show_text(s, p);
	} else if (part_is(p, "message/rfc822") || part_is(p, "message/global") ||
		part_is(p, "message/news")) {
		show_encoded_message(s, p);
	/* without a boundary: all that can be done is to show it */
	} else if (part_is(p, "multipart/")) {
		show_text(s, p);
	} else if (is_readable(p) && (alone || !part_is_attachment(p))) {
		show_text(s, p);
		if (part_name(p) && listed(s, p))
			listed(s, p)->attachment = true;
	} else if (p->parent && part_is(p->parent, "multipart/signed") &&
		strstr(p->type->value, "signature")) {
		return;
	} else {
		show_other(s, p);
	}
}

static void
show_part(Show *s, Part *p)
{
	switch (p->kind) {
	case MIME_LEAF:
		show_leaf(s, p);
		break;
	case MIME_MULTIPART:
		show_multipart(s, p);
		break;
	case MIME_MESSAGE:
		show_message(s, p);
		break;
	}
}

static void
note_flags(Show *s, PrescanFlags flags)
{
	static const struct { PrescanFlags flag; NoteKind note; } notes[] = {
		{ PRESCAN_CUT_HEADERS, NOTE_CUT_HEADERS },
		{ PRESCAN_TOO_MANY_PARTS, NOTE_TOO_MANY_PARTS },
		{ PRESCAN_TOO_DEEP, NOTE_TOO_DEEP },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(notes); i++)
		if (flags & notes[i].flag)
			document_add_note(s->doc, notes[i].note);
}

static void
show_tree(Show *s, PartTree *t)
{
	note_flags(s, t->flags);
	if (s->listing)
		list_parts(s, t);
	if (t->all->len)
		show_part(s, t->all->pdata[0]);
}

/* the door */

void
message_init(void)
{
	charset_init();
	/* the first look-up loads the translations */
	(void)_("Message in this message");
}

static void
remove_last_blanks(Document *d)
{
	while (d->blocks->len &&
		((Block *)d->blocks->pdata[d->blocks->len - 1])->kind == BLOCK_BLANK)
		g_ptr_array_set_size(d->blocks, (gint)d->blocks->len - 1);
}

static bool
has_note(const Document *d, NoteKind note)
{
	for (guint i = 0; i < d->notes->len; i++)
		if (g_array_index(d->notes, guint8, i) == note)
			return true;
	return false;
}

static void
note_what_is_missing(Show *s, const PartTree *t, bool raw)
{
	bool files = false;

	for (guint i = 0; i < s->doc->parts->len; i++)
		files = files || g_array_index(s->doc->parts, DocPart, i).attachment;
	if (s->texts > 0 || has_note(s->doc, NOTE_CUT_BODY) || has_note(s->doc, NOTE_ENCRYPTED))
		return;
	for (guint i = 0; i < t->all->len; i++) {
		const Part *p = t->all->pdata[i];
		if (p->kind == MIME_LEAF && !p->body)
			return;
	}
	NoteKind note = files ? NOTE_NO_TEXT : NOTE_EMPTY;
	if (!raw && t->all->len == 0)
		return;	/* only the header is known so far */
	document_add_note(s->doc, note);
	build_note(&s->b, note, NULL);
}

/* What the outermost text says of itself: bare 8-bit bytes in the header are in the same charset.
 */
static const char *
guess_charset(const PartTree *t)
{
	for (guint i = 0; i < t->all->len && i < 20; i++) {
		const Part *p = t->all->pdata[i];
		const char *label = part_is(p, "text/") ? part_param(p, "charset") : NULL;
		if (label && g_ascii_strcasecmp(label, "us-ascii") != 0 && charset_known(label))
			return label;
	}
	return NULL;
}

Document *
message_render(const MessageInput *in)
{
	g_autoptr(Document) doc = document_new();
	Show s = { .doc = doc, .prefer_html = in->prefer_html, .parts_left = LIMIT_MIME_PARTS,
		.names_left = LIMIT_NAMES, .listing = true };
	gsize len = 0, header_len = 0, body;
	const char *raw = in->raw ? g_bytes_get_data(in->raw, &len) : NULL;
	const char *header = in->header ? g_bytes_get_data(in->header, &header_len) : NULL;
	PrescanFlags flags = 0;

	build_init(&s.b, doc, in->columns);
	if (len > LIMIT_MESSAGE_PARSED)
		document_add_note(doc, NOTE_CUT_BODY);
	g_autoptr(PartTree) t = in->raw ?
		part_tree_new(raw ? raw : "", MIN(len, LIMIT_MESSAGE_PARSED), 0, LIMIT_MIME_PARTS) :
		part_tree_known(in);
	if (in->raw) {
		const Part *root = t->all->pdata[0];
		header = root->header;
		header_len = root->header_len;
		s.parts_left -= MIN(t->all->len, s.parts_left);
		if (t->flags & PRESCAN_NOT_MAIL && header_len == 0 && len)
			document_add_note(doc, NOTE_NOT_MAIL);
	} else {
		header_len = header ? prescan_header(header, header_len, &body, &flags) : 0;
		note_flags(&s, flags);
	}
	fields_show(&s.b, header ? header : "", header_len, guess_charset(t));
	show_tree(&s, t);
	remove_last_blanks(doc);
	note_what_is_missing(&s, t, in->raw != NULL);
	build_clear(&s.b);
	return g_steal_pointer(&doc);
}

char *
message_decode_header(const char *raw, gsize len)
{
	return header_decode(raw, MIN(len, LIMIT_HEADER), NULL);
}

static GBytes *
decode_whole(const Part *p)
{
	bool cut, broken;
	gsize len;
	char *bytes = part_decode(p, LIMIT_MESSAGE_STORED, &len, &cut, &broken);
	return g_bytes_new_take(bytes, len);
}

GBytes *
message_decode_part(GBytes *data, const char *section, const char *mime)
{
	if (mime) {
		MessagePart known = { .section = "1", .mime = mime, .body = data };
		MessageInput in = { .parts = &known, .n_parts = 1 };
		g_autoptr(PartTree) t = part_tree_known(&in);
		return decode_whole(t->all->pdata[t->all->len - 1]);
	}
	gsize len;
	const char *raw = g_bytes_get_data(data, &len);
	g_autoptr(PartTree) t = part_tree_new(raw ? raw : "", len, 0, LIMIT_MIME_PARTS);
	for (guint i = 0; i < t->all->len; i++) {
		const Part *p = t->all->pdata[i];
		if (p->kind != MIME_MULTIPART && strcmp(p->section, section) == 0)
			return decode_whole(p);
	}
	return NULL;
}
