/* reply_text.c - the text of a message as an answer quotes it, or as it is passed on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/reply.h"

#include <string.h>

static void
put_quoted(GString *out, guint depth, guint indent, const char *text, gsize len)
{
	for (guint i = 0; i < depth; i++)
		g_string_append_c(out, '>');
	if (depth && len)
		g_string_append_c(out, ' ');
	for (guint i = 0; i < indent && len; i++)
		g_string_append_c(out, ' ');
	g_string_append_len(out, text, (gssize)len);
	g_string_append_c(out, '\n');
}

static void
put_line(GString *out, guint depth, const Block *b, const char *line, gsize len, guint wrap)
{
	int room = (int)wrap - (int)depth - 1 - (int)b->indent;

	if (!wrap || b->kind == BLOCK_PRE || room < 20 || utf8_columns(line, (gssize)len) <= room) {
		put_quoted(out, depth, b->indent, line, len);
		return;
	}
	while (len > 0) {
		gsize next, n = utf8_wrap(line, len, room, &next);
		put_quoted(out, depth, b->indent, line, n);
		line += next;
		len -= next;
	}
}

static bool
is_text(const Block *b)
{
	switch ((BlockKind)b->kind) {
	case BLOCK_TEXT:
	case BLOCK_PRE:
	case BLOCK_HEADING:
	case BLOCK_ITEM:
	case BLOCK_RULE:
	case BLOCK_BLANK:
		return true;
	default:
		return false;
	}
}

static void
put_block(GString *out, const Block *b, const char *words, guint more_depth, guint wrap)
{
	const char *text = b->kind == BLOCK_RULE ? "----" : words;
	guint depth = b->quote + more_depth;

	for (;;) {
		gsize n = strcspn(text, "\n");
		put_line(out, depth, b, text, n, wrap);
		if (!text[n] || !text[n + 1])
			break;
		text += n + 1;
	}
}

/* Where a link leads that does not stand in the text itself: "[n]" behind its words. */
static char *
with_marks(const Document *d, const Block *b)
{
	GString *out = g_string_new(NULL);
	const char *text = b->text ? clean_peek(b->text) : "";
	gsize len = strlen(text), at = 0;

	for (guint32 i = 0; i < b->n_spans; i++) {
		const Span *s = &b->spans[i];
		gsize end = MIN((gsize)s->start + s->len, len);
		if (end < at || !document_mark(d, b, i))
			continue;
		g_string_append_len(out, text + at, (gssize)(end - at));
		g_string_append_printf(out, "[%u]", s->link);
		at = end;
	}
	g_string_append(out, text + at);
	return g_string_free(out, FALSE);
}

static void
put_links(GString *out, const Document *d)
{
	bool any = false;

	for (guint i = 0; d && i < d->links->len; i++) {
		const DocLink *link = &g_array_index(d->links, DocLink, i);
		if (link->visible)
			continue;
		g_string_append_printf(out, "%s[%u] %s\n", any ? "" : "\n", i + 1, clean_peek(link->target));
		any = true;
	}
}

static bool
is_message(const DocPart *p)
{
	return p->attachment && !g_ascii_strcasecmp(clean_peek(p->type), "message/rfc822");
}

/* It comes along as a file, so its text is not said once more; n: of a part, 0 of what has no name of its own. */
static bool
is_file(const Document *d, guint n, bool in_message)
{
	if (n == 0 || n > d->parts->len || d->parts->len == 1)
		return n == 0 && in_message;
	const DocPart *p = &g_array_index(d->parts, DocPart, n - 1);
	for (guint i = 0; i + 1 < n; i++) {
		const DocPart *above = &g_array_index(d->parts, DocPart, i);
		gsize len = strlen(above->section);
		if (is_message(above) && !strncmp(p->section, above->section, len) && p->section[len] == '.')
			return true;
	}
	return p->attachment;
}

/* Follows the blocks: whether this one is in a message that is encoded as a whole, whose parts have no names. */
static bool
step_into(const Document *d, const Block *b, bool in_message)
{
	if (b->part == 0 || b->part > d->parts->len)
		return in_message;
	return is_message(&g_array_index(d->parts, DocPart, b->part - 1));
}

/* Text blocks without signature and notes, and without empty ones at both ends. whole: with the signature, and with where
 * links lead, but without the text of files, which come along. */
static char *
text_of(const Document *document, guint more_depth, guint wrap, bool whole)
{
	GString *out = g_string_new(NULL);
	guint from = 0, to = document ? document->blocks->len : 0;
	guint part = G_MAXUINT;
	bool in_message = false, file = false;

	while (to > 0) {
		const Block *b = document->blocks->pdata[to - 1];
		if (is_text(b) && b->kind != BLOCK_BLANK)
			break;
		if (b->kind == BLOCK_SIGNATURE && whole)
			break;
		to--;
	}
	while (from < to && (!is_text(document->blocks->pdata[from]) || ((Block *)document->blocks->pdata[from])->kind == BLOCK_BLANK))
		from++;
	for (guint i = 0; i < to; i++) {
		const Block *b = document->blocks->pdata[i];
		in_message = step_into(document, b, in_message);
		if (i < from || (!is_text(b) && !(b->kind == BLOCK_SIGNATURE && whole)))
			continue;
		if (b->part != part || part == 0)
			file = is_file(document, b->part, in_message);
		part = b->part;
		if (whole && file)
			continue;
		g_autofree char *marked = whole ? with_marks(document, b) : NULL;
		put_block(out, b, marked ? marked : b->text ? clean_peek(b->text) : "", more_depth, wrap);
	}
	while (g_str_has_suffix(out->str, "\n\n"))	/* before a file */
		g_string_truncate(out, out->len - 1);
	if (whole)
		put_links(out, document);
	return g_string_free(out, FALSE);
}

char *
reply_quote(const Document *document, guint wrap)
{
	return text_of(document, 1, wrap, false);
}

char *
reply_plain(const Document *document)
{
	return text_of(document, 0, 0, true);
}
