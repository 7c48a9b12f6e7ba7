/* utf8.c - columns, cutting, wrapping, and the one cleaner for foreign text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A whitelist by exclusion of whole classes: what is a control, a format
 * character, a tag, private or unassigned plane never reaches a cell
 * (RELIABILITY M6, M7). */
#include "config.h"
#include "base/utf8.h"
#include "base/limits.h"

#include <stdarg.h>
#include <string.h>
#include <wchar.h>

typedef enum { KEEP, DROP, SPACE, NEWLINE, LETTER } Fate;

static bool
is_format(gunichar c)
{
	return c == 0x061c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
		(c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
		(c >= 0xe0000 && c <= 0xe0fff);
}

static bool
is_filler(gunichar c)
{
	return c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 || c == 0x3164 || c == 0xffa0 ||
		(c >= 0xfe00 && c <= 0xfe0f) || c == 0x00ad;
}

static Fate
fate_of(gunichar c)
{
	if (c == '\n')
		return NEWLINE;
	if (c == '\t' || c == 0xa0 || c == 0x2028 || c == 0x2029)
		return SPACE;
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return DROP;
	if (c < 0x300)
		return c == 0xad ? DROP : KEEP;
	if (is_format(c) || is_filler(c) || (c >= 0x1f3fb && c <= 0x1f3ff))
		return DROP;
	if (c >= 0x1f1e6 && c <= 0x1f1ff)
		return LETTER;	/* a flag's two halves: terminals disagree about their width */
	if ((c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000 || (c & 0xfffe) == 0xfffe)
		return DROP;
	return KEEP;
}

int
utf8_char_columns(gunichar c)
{
	if (c >= 0x20 && c < 0x7f)
		return 1;
	int w = wcwidth((wchar_t)c);
	return w < 0 ? 1 : w;
}

static bool
is_combining(gunichar c)
{
	return c >= 0x300 && utf8_char_columns(c) == 0;
}

/* One character of text; invalid bytes give U+FFFD and a step of one byte. */
static gunichar
next_char(const char *p, const char *end, gsize *step)
{
	if ((guchar)*p < 0x80) {
		*step = 1;
		return (guchar)*p;
	}
	gunichar c = g_utf8_get_char_validated(p, end - p);
	if (c == (gunichar)-1 || c == (gunichar)-2) {
		*step = 1;
		return 0xfffd;
	}
	*step = (gsize)g_utf8_skip[(guchar)*p];
	return c;
}

typedef struct {
	GString *out;	/* owned until the end */
	CleanFlags flags;
	int column;	/* of the line, for tabs */
	int marks;	/* combining marks on the last cell */
	bool base;	/* a cell to put marks on exists */
} Cleaner;

static void
put(Cleaner *k, gunichar c)
{
	int w = utf8_char_columns(c);
	if (w == 0) {
		if (!k->base || k->marks >= LIMIT_COMBINING)
			return;
		k->marks++;
	} else {
		k->marks = 0;
		k->base = true;
	}
	k->column += w;
	g_string_append_unichar(k->out, c);
}

static void
put_dropped(Cleaner *k, gunichar c)
{
	if (!(k->flags & CLEAN_SHOW) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0x200d)
		return;
	char name[16];
	g_snprintf(name, sizeof name, "<U+%04X>", c);
	for (const char *p = name; *p; p++)
		put(k, (guchar)*p);
}

static void
put_space(Cleaner *k, gunichar c)
{
	int n = c == '\t' && (k->flags & CLEAN_TEXT) ? 8 - k->column % 8 : 1;
	while (n-- > 0)
		put(k, ' ');
}

static void
clean_char(Cleaner *k, gunichar c)
{
	switch (fate_of(c)) {
	case KEEP:
		put(k, c);
		break;
	case LETTER:
		put(k, 'A' + (c - 0x1f1e6));
		break;
	case SPACE:
		put_space(k, c);
		break;
	case NEWLINE:
		if (k->flags & CLEAN_TEXT) {
			g_string_append_c(k->out, '\n');
			k->column = k->marks = 0;
			k->base = false;
		} else {
			put(k, ' ');
		}
		break;
	case DROP:
		put_dropped(k, c);
		break;
	}
}

static bool
plain_ascii(const char *s, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if ((guchar)s[i] < 0x20 || (guchar)s[i] >= 0x7f)
			return false;
	return true;
}

Clean *
clean_new(const char *bytes, gssize len, CleanFlags flags)
{
	gsize n = len < 0 ? strlen(bytes) : (gsize)len;
	if (!(flags & CLEAN_TEXT))
		n = MIN(n, LIMIT_DISPLAY_STRING);
	if (plain_ascii(bytes, n))
		return (Clean *)g_strndup(bytes, n);
	Cleaner k = { .out = g_string_sized_new(n + 8), .flags = flags };
	const char *end = bytes + n;
	for (gsize step; bytes < end; bytes += step) {
		gunichar c = next_char(bytes, end, &step);
		/* a multibyte character that only the limit cut is left away whole */
		if (c == 0xfffd && !(flags & CLEAN_TEXT) && n == LIMIT_DISPLAY_STRING && end - bytes < 4 &&
			g_utf8_get_char_validated(bytes, end - bytes) == (gunichar)-2)
			break;
		clean_char(&k, c);
	}
	return (Clean *)g_string_free(k.out, FALSE);
}

Clean *
clean_dup(const Clean *c)
{
	return (Clean *)g_strdup((const char *)c);
}

Clean *
clean_join(const Clean *a, const char *ours, const Clean *b)
{
	return (Clean *)g_strconcat(clean_peek(a), ours, clean_peek(b), NULL);
}

Clean *
clean_printf(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	return clean_new(text, -1, CLEAN_LINE);
}

void
clean_free(Clean *c)
{
	g_free(c);
}

const char *
clean_peek(const Clean *c)
{
	return c ? (const char *)c : "";
}

const Clean *
clean_ours(const char *text)
{
	return (const Clean *)text;
}

int
utf8_columns(const char *text, gssize len)
{
	const char *end = text + (len < 0 ? strlen(text) : (gsize)len);
	int columns = 0;

	for (gsize step; text < end; text += step)
		columns += utf8_char_columns(next_char(text, end, &step));
	return columns;
}

gsize
utf8_cut(const char *text, gssize len, int columns, int *used)
{
	const char *p = text, *end = text + (len < 0 ? strlen(text) : (gsize)len);
	int have = 0;

	for (gsize step; p < end; p += step) {
		int w = utf8_char_columns(next_char(p, end, &step));
		if (have + w > columns)
			break;
		have += w;
	}
	if (used)
		*used = have;
	return (gsize)(p - text);
}

/* Scripts without spaces may be broken before any character. */
static bool
breaks_before(gunichar c)
{
	return (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
		(c >= 0xff00 && c <= 0xffef) || (c >= 0x20000 && c <= 0x3ffff);
}

gsize
utf8_wrap(const char *text, gsize len, int columns, gsize *next)
{
	gsize at = 0, brk = 0, brk_next = 0;
	int have = 0;
	bool wide_before = false;

	columns = MAX(columns, 1);
	while (at < len && text[at] != '\n') {
		gsize step;
		gunichar c = next_char(text + at, text + len, &step);
		int w = utf8_char_columns(c);
		if (at > 0 && (wide_before || breaks_before(c)) && w > 0 && c != ' ' && text[at - 1] != ' ') {
			brk = at;
			brk_next = at;
		}
		if (c == ' ' && (at == 0 || text[at - 1] != ' ' || brk_next == at)) {
			if (at == 0 || text[at - 1] != ' ')
				brk = at;
		}
		if (c == ' ')
			brk_next = at + 1;
		if (have + w > columns && c != ' ') {
			if (brk_next == 0 || brk == 0) {	/* no break possible: inside the word */
				brk = brk_next = at > 0 ? at : step;
			}
			*next = brk_next;
			return brk;
		}
		have += w;
		wide_before = breaks_before(c) || (wide_before && is_combining(c));
		at += step;
	}
	*next = at < len ? at + 1 : at;
	while (at > 0 && have > columns && text[at - 1] == ' ')
		at--, have--;
	return at;
}

char *
utf8_fold(const char *text, gssize len)
{
	gsize n = len < 0 ? strlen(text) : (gsize)len;
	if (plain_ascii(text, n))
		return g_ascii_strdown(text, (gssize)n);
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)n);
	g_autofree char *normal = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL_COMPOSE);
	return g_utf8_casefold(normal, -1);
}
