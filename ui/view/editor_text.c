/* editor_text.c - where characters, words, lines and rows of a text begin and end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/editor_private.h"
#include "base/utf8.h"

#include <string.h>

/* What the cleaner takes out of the picture has no column; tables of one's own would disagree
 * with it some day. */
int
editor_columns(gunichar c, int column)
{
	if (c == '\t')
		return 8 - column % 8;
	if (c >= 0x20 && c < 0x7f)
		return 1;
	char bytes[8] = "x";
	int n = g_unichar_to_utf8(c, bytes + 1);
	g_autoptr(Clean) clean = clean_new(bytes, n + 1, CLEAN_LINE);
	return utf8_columns(clean_peek(clean), -1) - 1;
}

gunichar
editor_char(const Editor *e, gsize at)
{
	return at < e->text->len ? g_utf8_get_char(e->text->str + at) : 0;
}

gsize
editor_next(const Editor *e, gsize at)
{
	return at < e->text->len ? at + (gsize)g_utf8_skip[(guchar)e->text->str[at]] : at;
}

gsize
editor_previous(const Editor *e, gsize at)
{
	while (at > 0 && ((guchar)e->text->str[--at] & 0xc0) == 0x80)
		;
	return at;
}

/* A character with the marks on it; invisible ones belong to what stands before them. */
static bool
is_mark(const Editor *e, gsize at)
{
	gunichar c = editor_char(e, at);
	return c >= 0x300 && editor_columns(c, 0) == 0;
}

gsize
editor_forward(const Editor *e, gsize at)
{
	at = editor_next(e, at);
	while (at < e->text->len && is_mark(e, at))
		at = editor_next(e, at);
	return at;
}

gsize
editor_backward(const Editor *e, gsize at)
{
	at = editor_previous(e, at);
	while (at > 0 && is_mark(e, at) && e->text->str[at - 1] != '\n')
		at = editor_previous(e, at);
	return at;
}

static bool
is_word(gunichar c)
{
	return g_unichar_isalnum(c) || c == '_' || c == '\'' || c == 0x2019 || g_unichar_ismark(c);
}

gsize
editor_word_forward(const Editor *e, gsize at)
{
	while (at < e->text->len && !is_word(editor_char(e, at)))
		at = editor_next(e, at);
	while (at < e->text->len && is_word(editor_char(e, at)))
		at = editor_next(e, at);
	return at;
}

gsize
editor_word_backward(const Editor *e, gsize at)
{
	while (at > 0 && !is_word(editor_char(e, editor_previous(e, at))))
		at = editor_previous(e, at);
	while (at > 0 && is_word(editor_char(e, editor_previous(e, at))))
		at = editor_previous(e, at);
	return at;
}

/* As shells do it: to the last blank. */
gsize
editor_blank_backward(const Editor *e, gsize at)
{
	while (at > 0 && g_unichar_isspace(editor_char(e, editor_previous(e, at))))
		at = editor_previous(e, at);
	while (at > 0 && !g_unichar_isspace(editor_char(e, editor_previous(e, at))))
		at = editor_previous(e, at);
	return at;
}

/* ---- lines and rows ---- */

gsize
editor_line_start(const Editor *e, gsize at)
{
	while (at > 0 && e->text->str[at - 1] != '\n')
		at--;
	return at;
}

gsize
editor_line_end(const Editor *e, gsize at)
{
	const char *nl = memchr(e->text->str + at, '\n', e->text->len - at);
	return nl ? (gsize)(nl - e->text->str) : e->text->len;
}

gsize
editor_quote_prefix(const char *line, gsize len, int *depth)
{
	gsize n = 0;
	*depth = 0;
	for (gsize i = 0; i < len && (line[i] == '>' || (line[i] == ' ' && *depth)); i++) {
		if (line[i] == '>') {
			(*depth)++;
			n = i + 1;
		}
	}
	if (n && n < len && line[n] == ' ')
		n++;
	return n;
}

/* Of a row: quote marks that are only drawn, where a quoted line goes on. The line is
 * remembered, for walking through a long one. */
gsize
editor_drawn_prefix(const Editor *e, gsize row, const char **prefix)
{
	EditorIndent *in = e->indent;
	int depth;

	*prefix = "";
	if (e->one_line || row == 0 || e->text->str[row - 1] == '\n')
		return 0;
	if (in->changes != e->changes || row <= in->line || row > in->end) {
		in->line = editor_line_start(e, row);
		in->end = editor_line_end(e, row);
		in->changes = e->changes;
		in->bytes =
			editor_quote_prefix(e->text->str + in->line, in->end - in->line, &depth);
		if (in->bytes > (gsize)e->columns / 2)
			in->bytes = 0;
	}
	*prefix = e->text->str + in->line;
	return in->bytes;
}

/* Blanks hang over the edge, so that a row never begins with the blank that it was broken at. */
gsize
editor_row(const Editor *e, gsize from, gsize *end)
{
	const char *s = e->text->str;
	const char *prefix;
	gsize at = from, brk = from;
	int column = (int)editor_drawn_prefix(e, from, &prefix);
	bool wide_before = false;

	while (at < e->text->len && s[at] != '\n') {
		gunichar c = g_utf8_get_char(s + at);
		int w = editor_columns(c, column);
		if (at > from && w > 0 && (w == 2 || wide_before) && c != ' ')
			brk = at;
		if (!e->one_line && at > from && w > 0 && c != ' ' && column + w > e->columns) {
			*end = brk > from ? brk : at;
			return *end;
		}
		if (w > 0)
			wide_before = w == 2;
		column += w;
		at = editor_next(e, at);
		if (c == ' ' || c == '\t')
			brk = at;
	}
	*end = at;
	return at < e->text->len ? at + 1 : G_MAXSIZE;
}

gsize
editor_row_start(const Editor *e, gsize at)
{
	gsize row = editor_line_start(e, at), end, next;
	while ((next = editor_row(e, row, &end)) <= at)
		row = next;
	return row;
}

int
editor_column_of(const Editor *e, gsize row, gsize at)
{
	const char *prefix;
	int column = (int)editor_drawn_prefix(e, row, &prefix);
	for (; row < at; row = editor_next(e, row))
		column += editor_columns(editor_char(e, row), column);
	return column;
}

/* The place in a row that is nearest to a column. */
gsize
editor_at_column(const Editor *e, gsize row, int goal)
{
	const char *prefix;
	gsize end, next = editor_row(e, row, &end), at = row;
	int column = (int)editor_drawn_prefix(e, row, &prefix);

	if (next == end && end > row)	/* wrapped: behind its end is the next row */
		end = editor_backward(e, end);
	while (at < end) {
		int w = editor_columns(editor_char(e, at), column);
		if (column + w > goal)
			break;
		column += w;
		at = editor_forward(e, at);
	}
	return MIN(at, end);
}

gsize
editor_previous_row(const Editor *e, gsize row)
{
	return row == 0 ? G_MAXSIZE : editor_row_start(e, row - 1);
}
