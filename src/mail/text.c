/* text.c - plain text of a mail to blocks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Prose goes into blocks that the reader wraps; what looks laid out (tables, drawings, code) keeps
 * its lines. RFC 3676 for format=flowed. */
#include "config.h"
#include "mail/text.h"
#include "base/intl.h"
#include "base/limits.h"

#include <string.h>

typedef struct { const char *text; gsize len; guint quote; } Line;

typedef struct {
	Builder *b;		/* borrowed */
	TextForm form;
	GString *run;		/* owned: lines that become one block */
	BlockKind kind;
	guint quote;
	bool flowing;		/* the last line ended softly */
	bool signature;
} Text;

/* Depth of "> > " and its odd relatives ("AB> ", " >"); moves over it. */
static guint
take_quote(const char **text, gsize *len, bool flowed)
{
	const char *p = *text, *end = p + *len;
	guint depth = 0;

	if (!flowed) {
		const char *q = p;
		if (q < end && *q == ' ')
			q++;
		while (q < end && q - p < 4 && g_ascii_isupper(*q))
			q++;
		if (q < end && *q == '>' && q > p && (q + 1 == end || q[1] == ' ' || q[1] == '>'))
			p = q;
	}
	while (p < end && *p == '>') {
		depth++;
		p++;
		if (!flowed && p + 1 < end && *p == ' ' && p[1] == '>')
			p++;
	}
	/* the blank after the mark; flowed: space-stuffing */
	if (p < end && *p == ' ' && (depth || flowed))
		p++;
	if (depth == 0 && !flowed)
		return 0;
	*len -= (gsize)(p - *text);
	*text = p;
	return MIN(depth, LIMIT_QUOTE_DEPTH);
}

/* Columns that somebody aligned by hand would be lost by wrapping. */
static bool
looks_laid_out(const char *p, gsize len)
{
	gsize i = 0, n = 0, marks = 0;

	while (i < len && p[i] == ' ')
		i++;
	if (i >= 4 && i < len)
		return true;
	for (; i < len; i++) {
		if (p[i] == '\t')
			return true;
		n = p[i] == ' ' ? n + 1 : 0;
		if (n >= 3 && i + 1 < len)
			return true;
		marks += strchr("|+=_-*#", p[i]) != NULL && p[i];
	}
	return len > 3 && marks * 2 > len;
}

static bool
is_url_end(char c)
{
	return (guchar)c <= 0x20 || strchr("<>\"`{}|\\^", c);
}

/* The next address of the web in text, from `at`; its length, or 0. */
static gsize
find_url(const char *text, gsize len, gsize at, gsize *start)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://", "mailto:", "www." };

	for (gsize i = at; i < len; i++) {
		if (!strchr("hHfFmMwW", text[i]) || !text[i] || (i && g_ascii_isalnum(text[i - 1])))
			continue;
		for (gsize s = 0; s < G_N_ELEMENTS(schemes); s++) {
			gsize n = strlen(schemes[s]), end = i;
			if (len - i <= n || g_ascii_strncasecmp(text + i, schemes[s], n) != 0)
				continue;
			while (end < len && !is_url_end(text[end]) &&
				end - i < LIMIT_DISPLAY_STRING)
				end++;
			bool open = memchr(text + i, '(', end - i) != NULL;
			while (end > i + n &&
				(strchr(".,;:!?'*", text[end - 1]) ||
				(!open && strchr(")]", text[end - 1]))))
				end--;
			if (end <= i + n)
				continue;
			*start = i;
			return end - i;
		}
	}
	return 0;
}

static gsize
find_links(Builder *b, const char *text, gsize len, GArray *spans)
{
	gsize at = 0, start, n;

	while (spans->len < 5000 && (n = find_url(text, len, at, &start)) != 0) {
		g_autofree char *word = g_strndup(text + start, n);
		g_autofree char *target = g_ascii_strncasecmp(word, "www.", 4) == 0 ?
			g_strconcat("http://", word, NULL) : g_strdup(word);
		guint16 id = build_link(b, target, NULL, true);
		Span s = { (guint32)start, (guint32)n, SPAN_LINK, id };
		if (id)
			g_array_append_val(spans, s);
		at = start + n;
	}
	return spans->len;
}

static void
flush(Text *t)
{
	if (!t->run->len)
		return;
	if (t->run->str[t->run->len - 1] == '\n')
		g_string_truncate(t->run, t->run->len - 1);
	g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(Span));
	find_links(t->b, t->run->str, t->run->len, spans);
	t->b->quote = (guint8)t->quote;
	build_block(t->b, t->kind, t->run->str, t->run->len, (const Span *)spans->data, spans->len);
	t->b->quote = 0;
	g_string_truncate(t->run, 0);
}

static bool
is_blank_line(const Line *l)
{
	for (gsize i = 0; i < l->len; i++)
		if (!g_ascii_isspace(l->text[i]) &&
			!(i + 1 < l->len && (guchar)l->text[i] == 0xc2 &&
			(guchar)l->text[i + 1] == 0xa0 && ++i))
			return false;
	return true;
}

static bool
is_signature_mark(const Line *l, const char *rest)
{
	if (l->quote || l->len < 2 || memcmp(l->text, "--", 2) != 0)
		return false;
	if (l->len == 3 && l->text[2] == ' ')
		return true;
	if (l->len != 2)
		return false;
	guint lines = 0;	/* the blank is often lost on the way: then only near the end */
	for (; *rest && lines < 12; rest++)
		lines += *rest == '\n';
	return lines < 12;
}

static void
begin_run(Text *t, BlockKind kind, guint quote)
{
	if (t->run->len && (t->kind != kind || t->quote != quote))
		flush(t);
	t->kind = kind;
	t->quote = quote;
}

static void
blank_line(Text *t, guint quote)
{
	flush(t);
	if (t->b->blanks < 2) {
		t->b->quote = (guint8)quote;
		build_block(t->b, BLOCK_BLANK, "", 0, NULL, 0);
		t->b->quote = 0;
	}
}

/* files in the text itself: uuencode */

/* The bytes that an encoded line holds, or 0 if it is none. */
static gsize
uu_line(const char *p, gsize len)
{
	gsize n = len ? ((gsize)(guchar)p[0] - ' ') & 63 : 0;

	if (len == 0 || p[0] < ' ' || p[0] > '`' || n == 0 || n > 45)
		return 0;
	/* blanks at the end get lost, a checksum may follow */
	gsize want = 1 + (n + 2) / 3 * 4;
	if (len > want + 1 || len + 4 < want)
		return 0;
	for (gsize i = 1; i < len; i++)
		if (p[i] < ' ' || p[i] > '`')
			return 0;
	return n;
}

static gsize
line_length(const char *p, const char **next)
{
	gsize n = strcspn(p, "\r\n");
	*next = p + n + (p[n] == '\r' && p[n + 1] == '\n' ? 2 : p[n] != '\0');
	return n;
}

/* Behind the encoded file that begins at p, and a line that names it instead; NULL: there is none.
 */
static const char *
show_uu_file(Text *t, const char *p)
{
	const char *at, *next;
	gsize len = line_length(p, &at), mode = len > 10 ? strspn(p + 6, "01234567") : 0, bytes = 0;

	if (mode < 3 || mode > 4 || strncmp(p, "begin ", 6) != 0 || p[6 + mode] != ' ')
		return NULL;
	for (gsize n, got; *at; at = next) {
		n = line_length(at, &next);
		got = uu_line(at, n);
		if (got == 0)
			break;
		bytes += got;
	}
	if (bytes == 0)
		return NULL;
	for (int i = 0; i < 2; i++) {	/* the empty line, and "end" */
		gsize n = line_length(at, &next);
		if ((n == 1 && strchr("` ", *at)) || (n == 0 && i == 0 && *at) ||
			(n == 3 && strncmp(at, "end", 3) == 0))
			at = next;
	}
	flush(t);
	g_autofree char *name = g_strndup(p + 7 + mode, len - 7 - mode),
		*size = build_size_text(bytes);
	/* TRANSLATORS: name and size of a file that stands uuencoded in the text */
	g_autofree char *line = g_strdup_printf(_("%s (%s, encoded in the text)"), name, size);
	build_part_line(t->b, t->b->part, line);
	return at;
}

static void
flowed_line(Text *t, const Line *l)
{
	bool soft = l->len && l->text[l->len - 1] == ' ' &&
		!(l->len == 3 && memcmp(l->text, "-- ", 3) == 0);
	gsize len = l->len - (soft && t->form == TEXT_FLOWED_DELSP);

	if (t->flowing && t->quote != l->quote)
		flush(t);
	if (!t->flowing)
		begin_run(t, looks_laid_out(l->text, l->len) &&
			!soft ? BLOCK_PRE : BLOCK_TEXT, l->quote);
	t->quote = l->quote;
	g_string_append_len(t->run, l->text, (gssize)len);
	if (!soft) {
		while (t->run->len && t->run->str[t->run->len - 1] == ' ')
			g_string_truncate(t->run, t->run->len - 1);
		g_string_append_c(t->run, '\n');
	}
	t->flowing = soft;
}

static void
take_line(Text *t, Line *l, const char *rest)
{
	bool flowed = t->form == TEXT_FLOWED || t->form == TEXT_FLOWED_DELSP;

	if (t->form != TEXT_VERBATIM)
		l->quote = take_quote(&l->text, &l->len, flowed);
	if (!t->signature && t->form != TEXT_VERBATIM && is_signature_mark(l, rest)) {
		flush(t);
		t->signature = true;
		t->flowing = false;
	}
	if (t->signature && l->quote == 0) {
		begin_run(t, BLOCK_SIGNATURE, 0);
		g_string_append_len(t->run, l->text, (gssize)l->len);
		g_string_append_c(t->run, '\n');
		return;
	}
	t->signature = false;
	if (is_blank_line(l)) {
		t->flowing = false;
		blank_line(t, l->quote);
		return;
	}
	if (flowed) {
		flowed_line(t, l);
		return;
	}
	while (l->len && (l->text[l->len - 1] == ' ' || l->text[l->len - 1] == '\t'))
		l->len--;
	begin_run(t, t->form == TEXT_VERBATIM ||
		looks_laid_out(l->text, l->len) ? BLOCK_PRE : BLOCK_TEXT, l->quote);
	g_string_append_len(t->run, l->text, (gssize)l->len);
	g_string_append_c(t->run, '\n');
}

void
text_show(Builder *b, const char *text, TextForm form)
{
	Text t = { .b = b, .form = form, .run = g_string_new(NULL) };
	const char *p = text, *end = text + strlen(text);

	while (end > p && strchr(" \t\r\n", end[-1]))
		end--;
	while (p < end && b->left) {
		const char *behind = *p == 'b' && form == TEXT_FIXED ? show_uu_file(&t, p) : NULL;
		if (behind) {
			p = behind;
			continue;
		}
		gsize n = 0, max = (gsize)(end - p);
		while (n < max && p[n] != '\n' && p[n] != '\r')
			n++;
		const char *next = p + n;
		if (next < end)
			next += *next == '\r' && next + 1 < end && next[1] == '\n' ? 2 : 1;
		Line l = { p, n, 0 };
		take_line(&t, &l, next);
		p = next;
		if (t.run->len > 256 * KIB)
			flush(&t);
	}
	flush(&t);
	g_string_free(t.run, TRUE);
}

char *
text_from_enriched(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));
	bool no_param_end = false;	/* looked for in vain: not again */

	for (const char *p = text; *p; p++) {
		if (*p == '<' && p[1] == '<') {
			g_string_append_c(out, '<');
			p++;
		} else if (*p == '<') {
			const char *close = strchr(p, '>');
			if (!close)
				break;
			if (g_ascii_strncasecmp(p, "<nl>", 4) == 0)
				g_string_append_c(out, '\n');
			if (g_ascii_strncasecmp(p, "<param>", 7) == 0 && !no_param_end) {
				const char *over = strstr(p, "</param>");
				no_param_end = !over;
				close = over ? over + 7 : close;
			}
			p = close;
		} else if (*p == '\n') {	/* one line end is a blank, n are n - 1 */
			g_string_append_c(out, p[1] == '\n' ? '\n' : ' ');
			while (p[1] == '\n' && p[2] == '\n') {
				g_string_append_c(out, '\n');
				p++;
			}
			p += p[1] == '\n';
		} else if (*p != '\r') {
			g_string_append_c(out, *p);
		}
	}
	return g_string_free(out, FALSE);
}
