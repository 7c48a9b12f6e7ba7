/* run.c - a stretch of styled text that becomes one block.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/run.h"

#include <string.h>

void
run_init(Run *r)
{
	*r = (Run){ g_string_new(NULL), g_array_new(FALSE, FALSE, sizeof(Span)), false };
}

void
run_clear(Run *r)
{
	g_string_free(r->text, TRUE);
	g_array_unref(r->spans);
}

void
run_reset(Run *r)
{
	g_string_truncate(r->text, 0);
	g_array_set_size(r->spans, 0);
	r->space = false;
}

void
run_append(Run *r, const char *text, gsize n, guint16 style, guint16 link)
{
	guint32 start = (guint32)r->text->len;

	if (n == 0)
		return;
	g_string_append_len(r->text, text, (gssize)n);
	if (!style && !link)
		return;
	Span *last = r->spans->len ? &g_array_index(r->spans, Span, r->spans->len - 1) : NULL;
	if (last && last->start + last->len == start && last->style == style &&
		last->link == link) {
		last->len += (guint32)n;
		return;
	}
	Span s = { start, (guint32)n, style, link };
	g_array_append_val(r->spans, s);
}

static bool
at_line_start(const Run *r)
{
	return r->text->len == 0 || r->text->str[r->text->len - 1] == '\n';
}

void
run_append_collapsed(Run *r, const char *text, guint16 style, guint16 link)
{
	for (const char *p = text; *p; ) {
		gsize blanks = strspn(p, " \t\r\n\f");
		if (blanks)
			r->space = true;
		p += blanks;
		gsize word = strcspn(p, " \t\r\n\f");
		if (!word)
			break;
		if (r->space && !at_line_start(r)) {
			const Span *last = r->spans->len ?
				&g_array_index(r->spans, Span, r->spans->len - 1) : NULL;
			/* the blank between two links belongs to none */
			bool inside = blanks == 0 || p - blanks > text;
			inside = inside && last && last->start + last->len == r->text->len &&
				last->style == style && last->link == link;
			run_append(r, " ", 1, inside ? style : 0, inside ? link : 0);
		}
		r->space = false;
		run_append(r, p, word, style, link);
		p += word;
	}
}

/* Cuts the text, and the spans with it. */
static void
truncate_run(Run *r, gsize n)
{
	g_string_truncate(r->text, n);
	while (r->spans->len) {
		Span *last = &g_array_index(r->spans, Span, r->spans->len - 1);
		if (last->start < n) {
			last->len = MIN(last->len, (guint32)n - last->start);
			return;
		}
		g_array_set_size(r->spans, r->spans->len - 1);
	}
}

/* Where the blanks at the end begin; U+00A0 is one of them. */
static gsize
blanks_from(const Run *r, const char *which)
{
	const char *s = r->text->str;
	gsize n = r->text->len;

	for (;;) {
		if (n && strchr(which, s[n - 1]))
			n--;
		else if (n >= 2 && (guchar)s[n - 2] == 0xc2 && (guchar)s[n - 1] == 0xa0)
			n -= 2;
		else
			return n;
	}
}

void
run_newline(Run *r)
{
	truncate_run(r, blanks_from(r, " \t"));
	run_append(r, "\n", 1, 0, 0);
	r->space = false;
}

void
run_trim(Run *r)
{
	truncate_run(r, blanks_from(r, " \t\n"));
}

bool
run_is_blank(const Run *r)
{
	for (const char *p = r->text->str; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (!g_unichar_isspace(c) && c != 0xa0 && c != 0xad && c != 0x34f && c != 0xfeff &&
			!(c >= 0x200b && c <= 0x200f) &&
			c != 0x2060 && c != 0x2007)
			return false;
	}
	return true;
}

void
run_append_run(Run *r, const Run *from, gsize start, gsize end)
{
	gsize at = start;

	for (guint i = 0; i < from->spans->len && at < end; i++) {
		const Span *s = &g_array_index(from->spans, Span, i);
		gsize a = MAX(s->start, at), z = MIN((gsize)s->start + s->len, end);
		if (a >= z)
			continue;
		run_append(r, from->text->str + at, a - at, 0, 0);
		run_append(r, from->text->str + a, z - a, s->style, s->link);
		at = z;
	}
	if (at < end)
		run_append(r, from->text->str + at, end - at, 0, 0);
}
