/* readview.c - a document as lines of a width.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/readview.h"
#include "base/intl.h"
#include "base/limits.h"
#include "ui/theme.h"

#include <string.h>

#define OVERLAP 2		/* lines of the last page that stay on a page's way */
#define QUOTE_SHOWN 8		/* deeper quotes look like this one */
#define FOLD_FROM 4		/* shorter runs of quoted lines are not worth folding */

struct ReadView {
	Document *document;	/* owned */
	int width, height;
	bool all_headers, fold;
	GPtrArray *lines;	/* owned, of ReadLine* */
	guint top;
	char *needle;		/* owned, folded; NULL: nothing was searched for */
};

static void
line_free(gpointer p)
{
	ReadLine *l = p;
	clean_free(l->text);
	g_free(l->runs);
	g_free(l);
}

ReadView *
readview_new(Document *document)
{
	ReadView *v = g_new0(ReadView, 1);
	v->document = document;
	v->height = 1;
	v->lines = g_ptr_array_new_with_free_func(line_free);
	return v;
}

void
readview_free(ReadView *v)
{
	if (!v)
		return;
	document_free(v->document);
	g_ptr_array_unref(v->lines);
	g_free(v->needle);
	g_free(v);
}

const Document *
readview_document(const ReadView *v)
{
	return v->document;
}

/* ---- one block ---- */

/* A block's text with the numbers of its links put in, and its spans moved accordingly. */
typedef struct { GString *text; GArray *runs; } Marked;

static CellStyle
span_style(const Span *s, CellStyle base)
{
	CellStyle style = s->style & SPAN_LINK ? STYLE_LINK : s->style & SPAN_CODE ? STYLE_CODE : base;
	if (s->style & SPAN_BOLD)
		style |= MOD_BOLD;
	if (s->style & SPAN_ITALIC)
		style |= MOD_ITALIC;
	if (s->style & SPAN_UNDERLINE)
		style |= MOD_UNDERLINE;
	if (s->style & (SPAN_HIDDEN | SPAN_STRUCK))
		style |= MOD_DIM;
	return style;
}

static Marked
mark(const ReadView *v, const Block *b, CellStyle base)
{
	Marked m = { g_string_new(NULL), g_array_new(FALSE, FALSE, sizeof(ReadRun)) };
	const char *text = b->text ? clean_peek(b->text) : "";
	gsize len = strlen(text), at = 0;

	for (guint32 i = 0; i < b->n_spans; i++) {
		const Span *s = &b->spans[i];
		gsize from = MIN(s->start, len), end = MIN((gsize)s->start + s->len, len);
		if (from < at)
			continue;	/* overlapping spans: the first one counts */
		g_string_append_len(m.text, text + at, (gssize)(from - at));
		ReadRun run = { (guint32)m.text->len, (guint32)(end - from), span_style(s, base) };
		g_string_append_len(m.text, text + from, (gssize)(end - from));
		if (document_mark(v->document, b, i)) {
			gsize before = m.text->len;
			g_string_append_printf(m.text, "[%u]", s->link);
			run.len += (guint32)(m.text->len - before);
		}
		g_array_append_val(m.runs, run);
		at = end;
	}
	g_string_append(m.text, text + at);
	return m;
}

static ReadLine *
add_line(ReadView *v, char *text /* taken; clean but for the composing */, CellStyle style, guint8 quote)
{
	ReadLine *l = g_new0(ReadLine, 1);
	l->text = clean_new(text, -1, CLEAN_LINE);
	l->style = style;
	l->quote = quote;
	g_free(text);
	g_ptr_array_add(v->lines, l);
	return l;
}

static char *
quote_prefix(guint8 quote, guint indent)
{
	GString *s = g_string_new(NULL);
	for (guint i = 0; i < MIN(quote, QUOTE_SHOWN); i++)
		g_string_append(s, "> ");
	for (guint i = 0; i < indent; i++)
		g_string_append_c(s, ' ');
	return g_string_free(s, FALSE);
}

static void
take_runs(ReadLine *l, const GArray *runs, gsize from, gsize len, gsize shift)
{
	g_autoptr(GArray) mine = g_array_new(FALSE, FALSE, sizeof(ReadRun));
	for (guint i = 0; i < runs->len; i++) {
		ReadRun r = g_array_index(runs, ReadRun, i);
		gsize start = MAX(r.from, from), end = MIN((gsize)r.from + r.len, from + len);
		if (start >= end)
			continue;
		ReadRun cut = { (guint32)(start - from + shift), (guint32)(end - start), r.style };
		g_array_append_val(mine, cut);
	}
	l->n_runs = (guint16)MIN(mine->len, G_MAXUINT16);
	l->runs = g_memdup2(mine->data, l->n_runs * sizeof(ReadRun));
}

/* One display line: prefix, then len bytes of the marked text. */
static void
put_slice(ReadView *v, const Marked *m, gsize from, gsize len, const char *prefix, CellStyle style, guint8 quote)
{
	char *text = g_strdup_printf("%s%.*s", prefix, (int)len, m->text->str + from);
	ReadLine *l = add_line(v, text, style, quote);
	take_runs(l, m->runs, from, len, strlen(prefix));
}

static void
wrap(ReadView *v, const Marked *m, const Block *b, CellStyle style)
{
	guint hang = b->kind == BLOCK_ITEM ? b->level : 0;
	g_autofree char *first = quote_prefix(b->quote, b->indent), *rest = quote_prefix(b->quote, b->indent + hang);
	const char *text = m->text->str;
	gsize len = m->text->len, at = 0;
	bool at_first = true;

	do {
		const char *prefix = at_first ? first : rest;
		int room = MAX(v->width - utf8_columns(prefix, -1), 8);
		gsize next = len - at, take;
		if (b->kind == BLOCK_PRE) {	/* its own lines; what is too long goes on below */
			const char *end = memchr(text + at, '\n', len - at);
			gsize whole = end ? (gsize)(end - text) - at : len - at;
			take = utf8_cut(text + at, (gssize)whole, room, NULL);
			if (take == 0 && whole > 0)
				take = whole;
			next = take == whole && end ? take + 1 : take;
		} else {
			take = utf8_wrap(text + at, len - at, room, &next);
		}
		put_slice(v, m, at, take, prefix, style, b->quote);
		at += MAX(next, len > at ? 1 : 0);
		at_first = false;
	} while (at < len);
}

static CellStyle
block_style(const Block *b)
{
	if (b->quote)
		return style_quote(b->quote);
	switch (b->kind) {
	case BLOCK_HEADING:	return STYLE_HEADLINE;
	case BLOCK_SIGNATURE:	return STYLE_SIGNATURE;
	case BLOCK_NOTE:	return STYLE_NOTE;
	case BLOCK_PART:	return STYLE_PART;
	default:		return STYLE_NORMAL;
	}
}

static void
part_line(ReadView *v, const Block *b)
{
	const GArray *parts = v->document->parts;
	const DocPart *p = b->part && b->part <= parts->len ? &g_array_index(parts, DocPart, b->part - 1) : NULL;

	if (!p) {
		Marked m = mark(v, b, STYLE_PART);
		wrap(v, &m, b, STYLE_PART);
		g_string_free(m.text, TRUE);
		g_array_unref(m.runs);
		return;
	}
	g_autofree char *size = g_format_size(p->size);
	const char *name = p->name ? clean_peek(p->name) : "";
	add_line(v, p->attachment ?
		/* TRANSLATORS: an attachment in the text: name, type, size */
		g_strdup_printf(_("[-- %s (%s, %s) · v lists and saves --]"), *name ? name : _("Attachment"), clean_peek(p->type), size) :
		g_strdup_printf("[-- %s%s%s --]", clean_peek(p->type), *name ? ", " : "", name), STYLE_PART, b->quote);
}

static void
put_block(ReadView *v, const Block *b)
{
	if (b->kind == BLOCK_BLANK) {
		add_line(v, quote_prefix(b->quote, 0), block_style(b), b->quote);
	} else if (b->kind == BLOCK_RULE) {
		GString *rule = g_string_new(NULL);
		for (int i = 0; i < MIN(v->width, 60); i++)
			g_string_append(rule, "─");
		add_line(v, g_string_free(rule, FALSE), STYLE_BORDER, b->quote);
	} else if (b->kind == BLOCK_PART) {
		part_line(v, b);
	} else if (b->kind == BLOCK_NOTE) {
		g_autofree char *note = document_note_text(b->note, b->text);
		Clean *text = clean_new(note, -1, CLEAN_LINE);
		Block as_text = { .kind = BLOCK_TEXT, .quote = b->quote, .text = text };
		Marked m = mark(v, &as_text, STYLE_NOTE);
		wrap(v, &m, &as_text, STYLE_NOTE);
		g_string_free(m.text, TRUE);
		g_array_unref(m.runs);
		clean_free(text);
	} else {
		CellStyle style = block_style(b);
		Marked m = mark(v, b, style);
		wrap(v, &m, b, style);
		g_string_free(m.text, TRUE);
		g_array_unref(m.runs);
	}
}

/* ---- headers, notes, links ---- */

/* The fields that everybody knows, in the order in which they are shown. */
static const char *const KNOWN[] = {
	N_("From"), N_("Sender"), N_("To"), N_("Cc"), N_("Bcc"), N_("Reply-To"), N_("Date"), N_("Subject"),
};

static const char *
field_name(const ReadView *v, const HeaderField *f)
{
	for (guint i = 0; i < G_N_ELEMENTS(KNOWN) && !v->all_headers; i++)
		if (!g_ascii_strcasecmp(clean_peek(f->name), KNOWN[i]))
			return _(KNOWN[i]);
	return clean_peek(f->name);
}

static void
put_field(ReadView *v, const HeaderField *f, int name_columns)
{
	const char *name = field_name(v, f), *value = clean_peek(f->value);
	gsize len = strlen(value), at = 0;
	bool subject = !g_ascii_strcasecmp(clean_peek(f->name), "Subject");
	int pad = MAX(name_columns - utf8_columns(name, -1), 0);

	do {
		gsize next = len - at;
		gsize take = utf8_wrap(value + at, len - at, MAX(v->width - name_columns - 2, 8), &next);
		char *text = at == 0 ?
			g_strdup_printf("%s:%*s %.*s", name, pad, "", (int)take, value + at) :
			g_strdup_printf("%*s%.*s", name_columns + 2, "", (int)take, value + at);
		ReadLine *l = add_line(v, text, subject ? STYLE_HEADER_SUBJECT : STYLE_HEADER_VALUE, 0);
		if (at == 0) {
			l->runs = g_new(ReadRun, 1);
			l->runs[0] = (ReadRun){ 0, (guint32)strlen(name) + 1, STYLE_HEADER_NAME };
			l->n_runs = 1;
		}
		at += MAX(next, len > at ? 1 : 0);
	} while (at < len);
}

static guint
rank(const HeaderField *f)
{
	for (guint i = 0; i < G_N_ELEMENTS(KNOWN); i++)
		if (!g_ascii_strcasecmp(clean_peek(f->name), KNOWN[i]))
			return i;
	return G_N_ELEMENTS(KNOWN);
}

static void
put_headers(ReadView *v)
{
	const GArray *fields = v->document->fields;
	int columns = 0;

	for (guint i = 0; i < fields->len; i++) {
		const HeaderField *f = &g_array_index(fields, HeaderField, i);
		if (f->brief)
			columns = MAX(columns, utf8_columns(field_name(v, f), -1));
	}
	columns = MIN(columns, v->width / 3);
	for (guint i = 0; i < fields->len && v->all_headers; i++)
		put_field(v, &g_array_index(fields, HeaderField, i), 0);
	for (guint r = 0; r <= G_N_ELEMENTS(KNOWN) && !v->all_headers; r++)
		for (guint i = 0; i < fields->len; i++) {
			const HeaderField *f = &g_array_index(fields, HeaderField, i);
			if (f->brief && rank(f) == r)
				put_field(v, f, columns);
		}
	if (fields->len)
		add_line(v, g_strdup(""), STYLE_NORMAL, 0);
}

/* It stands where it belongs in the text. */
static bool
is_in_text(const Document *d, guint8 note)
{
	for (guint i = 0; i < d->blocks->len; i++) {
		const Block *b = d->blocks->pdata[i];
		if (b->kind == BLOCK_NOTE && b->note == note)
			return true;
	}
	return false;
}

static void
put_notes(ReadView *v)
{
	const GArray *notes = v->document->notes;
	guint n = 0;

	for (guint i = 0; i < notes->len; i++) {
		Block b = { .kind = BLOCK_NOTE, .note = g_array_index(notes, guint8, i) };
		if (is_in_text(v->document, b.note))
			continue;
		put_block(v, &b);
		n++;
	}
	if (n)
		add_line(v, g_strdup(""), STYLE_NORMAL, 0);
}

static void
put_links(ReadView *v)
{
	const GArray *links = v->document->links;
	bool head = false;

	for (guint i = 0; i < links->len; i++) {
		const DocLink *link = &g_array_index(links, DocLink, i);
		if (link->visible && !link->mismatch)
			continue;
		if (!head) {
			add_line(v, g_strdup(""), STYLE_NORMAL, 0);
			head = true;
		}
		g_autofree char *text = g_strdup_printf("[%u] %s", i + 1, clean_peek(link->target));
		for (gsize at = 0, len = strlen(text); at < len;) {
			gsize take = utf8_cut(text + at, (gssize)(len - at), MAX(v->width, 8), NULL);
			take = MAX(take, 1);
			add_line(v, g_strndup(text + at, take), STYLE_LINK, 0);
			at += take;
		}
		if (link->mismatch)
			add_line(v, g_strdup_printf(_("    the text shows another address; this leads to %s"), clean_peek(link->host)), STYLE_NOTE, 0);
	}
}

/* ---- the whole ---- */

static void
fold_quotes(ReadView *v)
{
	GPtrArray *kept = g_ptr_array_new_with_free_func(line_free);
	guint i = 0;

	while (i < v->lines->len) {
		guint end = i;
		while (end < v->lines->len && ((ReadLine *)g_ptr_array_index(v->lines, end))->quote > 0)
			end++;
		if (end - i < FOLD_FROM) {
			end = MAX(end, i + 1);
			for (; i < end; i++)
				g_ptr_array_add(kept, g_steal_pointer(&g_ptr_array_index(v->lines, i)));
			continue;
		}
		ReadLine *l = g_new0(ReadLine, 1);
		g_autofree char *text = g_strdup_printf(ngettext("[-- %u quoted line · T shows it --]", "[-- %u quoted lines · T shows them --]", end - i), end - i);
		l->text = clean_new(text, -1, CLEAN_LINE);
		l->style = STYLE_FOLD;
		l->fold = true;
		l->quote = 1;
		g_ptr_array_add(kept, l);
		i = end;
	}
	g_ptr_array_set_free_func(v->lines, NULL);
	for (guint k = 0; k < v->lines->len; k++)
		if (g_ptr_array_index(v->lines, k))
			line_free(g_ptr_array_index(v->lines, k));
	g_ptr_array_unref(v->lines);
	v->lines = kept;
}

static void
lay_out(ReadView *v)
{
	g_ptr_array_set_size(v->lines, 0);
	put_headers(v);
	put_notes(v);
	for (guint i = 0; i < v->document->blocks->len; i++)
		put_block(v, g_ptr_array_index(v->document->blocks, i));
	put_links(v);
	if (v->fold)
		fold_quotes(v);
	readview_top_set(v, v->top);
}

void
readview_set_width(ReadView *v, int columns)
{
	guint was = v->lines->len, top = v->top;
	if (columns == v->width)
		return;
	v->width = columns;
	lay_out(v);
	if (was)	/* about the same place */
		readview_top_set(v, (guint)((guint64)top * v->lines->len / was));
}

void
readview_set_height(ReadView *v, int rows)
{
	v->height = MAX(rows, 1);
}

void
readview_toggle_headers(ReadView *v)
{
	v->all_headers = !v->all_headers;
	v->top = 0;
	lay_out(v);
}

void
readview_toggle_quotes(ReadView *v)
{
	v->fold = !v->fold;
	lay_out(v);
}

bool
readview_quotes_folded(const ReadView *v)
{
	return v->fold;
}

guint
readview_count(const ReadView *v)
{
	return v->lines->len;
}

const ReadLine *
readview_line(const ReadView *v, guint i)
{
	return i < v->lines->len ? g_ptr_array_index(v->lines, i) : NULL;
}

guint
readview_top(const ReadView *v)
{
	return v->top;
}

/* ---- moving ---- */

static guint
last_top(const ReadView *v)
{
	return v->lines->len > (guint)v->height ? v->lines->len - (guint)v->height : 0;
}

void
readview_top_set(ReadView *v, guint line)
{
	v->top = MIN(line, last_top(v));
}

bool
readview_scroll(ReadView *v, int lines)
{
	guint was = v->top;
	if (lines < 0)
		v->top = (guint)-lines > v->top ? 0 : v->top - (guint)-lines;
	else
		readview_top_set(v, v->top + (guint)lines);
	return v->top != was;
}

bool
readview_page(ReadView *v, int halves)
{
	int page = v->height > 2 * OVERLAP ? v->height - OVERLAP : v->height;
	return readview_scroll(v, halves * page / 2);
}

bool
readview_at_end(const ReadView *v)
{
	return v->top >= last_top(v);
}

int
readview_percent(const ReadView *v)
{
	guint shown = MIN(v->top + (guint)v->height, v->lines->len);
	return v->lines->len ? (int)((guint64)shown * 100 / v->lines->len) : 100;
}

bool
readview_skip_quoted(ReadView *v)
{
	guint i = v->top;
	while (i < v->lines->len && readview_line(v, i)->quote == 0)
		i++;
	while (i < v->lines->len && readview_line(v, i)->quote > 0)
		i++;
	if (i >= v->lines->len)
		return false;
	readview_top_set(v, i);
	return true;
}

/* ---- searching ---- */

static bool
line_has(const ReadView *v, guint i)
{
	g_autofree char *folded = utf8_fold(clean_peek(readview_line(v, i)->text), -1);
	return strstr(folded, v->needle) != NULL;
}

bool
readview_search(ReadView *v, const char *text, bool backwards, bool *wrapped)
{
	guint n = v->lines->len;

	if (text) {
		g_free(v->needle);
		v->needle = utf8_fold(text, -1);
	}
	*wrapped = false;
	if (!v->needle || !*v->needle || n == 0)
		return false;
	for (guint step = 1; step <= n; step++) {
		guint i = backwards ? (v->top + n - step % n) % n : (v->top + step) % n;
		/* the first search begins with the line at the top */
		if (text && !backwards)
			i = (v->top + step - 1) % n;
		if (!line_has(v, i))
			continue;
		*wrapped = backwards ? i > v->top : i < v->top;
		v->top = MIN(i, n - 1);
		return true;
	}
	return false;
}

GArray *
readview_hits(const ReadView *v, guint line)
{
	const ReadLine *l = readview_line(v, line);
	if (!v->needle || !*v->needle || !l || !line_has(v, line))
		return NULL;
	GArray *hits = g_array_new(FALSE, FALSE, sizeof(ReadRun));
	const char *text = clean_peek(l->text);
	/* folding may change lengths: each start is tried by folding what follows it */
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		gsize n = MIN(strlen(at), strlen(v->needle) * 4);
		while (n > 0 && (at[n] & 0xc0) == 0x80)
			n--;
		g_autofree char *rest = utf8_fold(at, (gssize)n);
		if (!g_str_has_prefix(rest, v->needle))
			continue;
		glong chars = g_utf8_strlen(v->needle, -1);
		const char *end = at;
		for (glong i = 0; i < chars && *end; i++)
			end = g_utf8_next_char(end);
		ReadRun hit = { (guint32)(at - text), (guint32)(end - at), STYLE_SEARCH };
		g_array_append_val(hits, hit);
	}
	return hits;
}
