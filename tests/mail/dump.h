/* dump.h - a document as text, for comparing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A block is a line: kind, "> " for each quote, "+n" for an indent, then the text, newlines shown
 * as "/", spans as
 * "<b:text>" (b i u c l h s). */
#pragma once

#include "mail/document.h"

#include <string.h>

static void
dump_span(GString *out, const Block *b, const Span *s)
{
	static const char letters[] = "biuclhs";
	g_string_append_c(out, '<');
	for (int i = 0; i < 7; i++)
		if (s->style & 1 << i)
			g_string_append_c(out, letters[i]);
	if (s->link)
		g_string_append_printf(out, "%u", s->link);
	g_string_append_c(out, ':');
	g_string_append_len(out, clean_peek(b->text) + s->start, (gssize)s->len);
	g_string_append_c(out, '>');
}

static void
dump_block(GString *out, const Block *b)
{
	static const char *const kinds[] = { "text", "pre", "head", "item", "rule", "sig", "part", "note", "blank" };
	const char *text = clean_peek(b->text);
	gsize at = 0;

	g_string_append_printf(out, "%s|", kinds[b->kind]);
	if (b->kind == BLOCK_NOTE)
		g_string_append_printf(out, "%u ", b->note);
	for (guint i = 0; i < b->quote; i++)
		g_string_append(out, "> ");
	if (b->indent)
		g_string_append_printf(out, "+%u ", b->indent);
	for (guint i = 0; i < b->n_spans; i++) {
		g_string_append_len(out, text + at, (gssize)(b->spans[i].start - at));
		dump_span(out, b, &b->spans[i]);
		at = b->spans[i].start + b->spans[i].len;
	}
	g_string_append(out, text + at);
	g_string_append_c(out, '\n');
}

static inline char *
dump_blocks(const Document *d)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < d->blocks->len; i++) {
		gsize from = out->len;
		dump_block(out, d->blocks->pdata[i]);
		for (gsize k = from; k + 1 < out->len; k++)
			if (out->str[k] == '\n')
				out->str[k] = '/';
	}
	return g_string_free(out, FALSE);
}

static inline bool
dump_has_note(const Document *d, NoteKind note)
{
	for (guint i = 0; i < d->notes->len; i++)
		if (g_array_index(d->notes, guint8, i) == note)
			return true;
	return false;
}
