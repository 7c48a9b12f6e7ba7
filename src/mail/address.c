/* address.c - address lists, as RFC 5322 has them and as senders write them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One pass, no recursion: a comma at the top level ends an item, quotes and comments are counted.
 * The address is what stands between the last angle brackets (RELIABILITY M2, M9). */
#include "config.h"
#include "mail/header.h"
#include "base/limits.h"

#include <string.h>

static void
address_clear(gpointer p)
{
	g_free(((Address *)p)->name);
	g_free(((Address *)p)->address);
}

/* Without the quotes and backslashes of quoted strings. */
static char *
unquote(const char *p, gsize len)
{
	GString *out = g_string_sized_new(len);
	bool quoted = false;

	for (gsize i = 0; i < len; i++) {
		if (p[i] == '"')
			quoted = !quoted;
		else if (p[i] == '\\' && i + 1 < len)
			g_string_append_c(out, p[++i]);
		else
			g_string_append_c(out, p[i]);
	}
	return g_string_free(out, FALSE);
}

static char *
without_blanks(const char *p, gsize len)
{
	GString *out = g_string_sized_new(len);
	bool quoted = false;

	for (gsize i = 0; i < len; i++) {
		quoted ^= p[i] == '"';
		if (quoted || !g_ascii_isspace(p[i]))
			g_string_append_c(out, p[i]);
	}
	return g_string_free(out, FALSE);
}

/* Where an item's things are; offsets into the raw text. */
typedef struct { gsize start, open, close, comment, comment_end; bool angle, has_comment; } Item;

static char *
utf8_of(char *bytes)
{
	char *out = header_decode(bytes, strlen(bytes), NULL);
	g_free(bytes);
	return out;
}

static void
add_address(GArray *list, char *name, char *address)
{
	Address a = { name, address };
	g_array_append_val(list, a);
}

/* A quoted local part may hold blanks. */
static bool
has_bare_blank(const char *p, gsize len)
{
	bool quoted = false;

	for (gsize i = 0; i < len; i++) {
		quoted ^= p[i] == '"';
		if (p[i] == ' ' && !quoted)
			return true;
	}
	return false;
}

static void
end_item(GArray *list, const char *raw, const Item *it, gsize end, const char *charset)
{
	gsize start = it->start;

	while (start < end && g_ascii_isspace(raw[start]))
		start++;
	while (end > start && g_ascii_isspace(raw[end - 1]))
		end--;
	if (start == end)
		return;
	if (it->angle) {
		g_autofree char *name =
			unquote(raw + start, it->open > start ? it->open - start : 0);
		gsize close = it->close > it->open ? it->close : end;
		const char *address = raw + it->open + 1;
		gsize n = close > it->open + 1 ? close - it->open - 1 : 0;
		/* obsolete source route */
		const char *route = n && *address == '@' ? memchr(address, ':', n) : NULL;
		if (route) {
			n -= (gsize)(route + 1 - address);
			address = route + 1;
		}
		add_address(list, header_decode(name, strlen(name), charset),
			utf8_of(without_blanks(address, n)));
		return;
	}
	if (it->has_comment && it->comment > start) {	/* old style: address (Name) */
		g_autofree char *name =
			unquote(raw + it->comment + 1, it->comment_end - it->comment - 1);
		add_address(list, header_decode(name, strlen(name), charset),
			utf8_of(without_blanks(raw + start, it->comment - start)));
		return;
	}
	if (memchr(raw + start, '@', end - start) && !has_bare_blank(raw + start, end - start)) {
		add_address(list, g_strdup(""), utf8_of(without_blanks(raw + start, end - start)));
		return;
	}
	/* "undisclosed recipients", a bare name, nonsense */
	g_autofree char *plain = unquote(raw + start, end - start);
	add_address(list, header_decode(plain, strlen(plain), charset), g_strdup(""));
}

/* What one character does inside quotes, comments and angle brackets; true: it is not of the top
 * level. */
typedef struct { bool quoted; guint depth; bool in_angle; } Inside;

static bool
step_inside(Inside *in, Item *it, const char *raw, gsize len, gsize *i)
{
	char c = raw[*i];

	if (c == '\\' && (in->quoted || in->depth) && *i + 1 < len) {
		(*i)++;
	} else if (in->quoted) {
		in->quoted = c != '"';
	} else if (in->depth) {
		in->depth += (c == '(') - (c == ')');
		if (!in->depth)
			it->comment_end = *i;
	} else if (c == '"') {
		in->quoted = true;
	} else if (in->in_angle) {
		if (c == '>') {
			in->in_angle = false;
			it->close = *i;
		}
	} else if (c == '(') {
		if (!it->has_comment) {
			it->comment = *i;
			it->comment_end = len;
		}
		it->has_comment = true;
		in->depth = 1;
	} else if (c == '<') {
		it->angle = in->in_angle = true;
		it->open = *i;
		it->close = 0;
	} else {
		return false;
	}
	return true;
}

/* A quote or comment that never ends must not swallow the rest: closers that are missing are not
 * looked for. */
static bool
closes_later(const char *raw, gsize len, gsize i)
{
	return memchr(raw + i + 1, raw[i] == '(' ? ')' : '"', len - i - 1) != NULL;
}

GArray *
header_addresses(const char *raw, gsize len, const char *charset, gsize *more)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(Address));
	Item it = { 0 };
	Inside in = { 0 };
	gsize ignored, *left_out = more ? more : &ignored;
	bool odd_quote = false, odd_comment = false;

	*left_out = 0;
	g_array_set_clear_func(list, address_clear);
	len = MIN(len, LIMIT_HEADER);
	for (gsize i = 0; i < len; i++) {
		if (raw[i] == '"' && !in.quoted && !odd_quote && !closes_later(raw, len, i))
			odd_quote = true;
		if (raw[i] == '"' && odd_quote && !in.quoted)
			continue;
		if (raw[i] == '(' && !in.quoted && !in.depth && (odd_comment || !closes_later(raw, len, i))) {
			odd_comment = true;
			continue;
		}
		if (step_inside(&in, &it, raw, len, &i))
			continue;
		bool group = raw[i] == ':' && !it.angle && !it.has_comment;
		if (raw[i] != ',' && raw[i] != ';' && !group)
			continue;
		if (list->len >= LIMIT_ADDRESSES)
			(*left_out)++;
		else if (!group)
			end_item(list, raw, &it, i, charset);
		it = (Item){ .start = i + 1 };
	}
	if (list->len < LIMIT_ADDRESSES)
		end_item(list, raw, &it, len, charset);
	else
		(*left_out)++;
	return list;
}

/* Scripts that stand together in one language. */
static guint
script_class(gunichar c)
{
	switch (g_unichar_get_script(c)) {
	case G_UNICODE_SCRIPT_COMMON:
	case G_UNICODE_SCRIPT_INHERITED:
		return 0;
	case G_UNICODE_SCRIPT_LATIN:
		return 1;
	case G_UNICODE_SCRIPT_HAN:
	case G_UNICODE_SCRIPT_HIRAGANA:
	case G_UNICODE_SCRIPT_KATAKANA:
	case G_UNICODE_SCRIPT_HANGUL:
	case G_UNICODE_SCRIPT_BOPOMOFO:
		return 2;
	default:
		return 3 + (guint)g_unichar_get_script(c);
	}
}

char *
header_show_host(const char *host)
{
	guint seen = 0;

	if (!g_utf8_validate(host, -1, NULL))
		return g_utf8_make_valid(host, -1);
	for (const char *p = host; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		guint class = script_class(c);
		if (c == '.')
			continue;
		/* the ASCII ending counts: Cyrillic.com is a mix */
		if (class && seen && class != seen) {
			char *ascii = strlen(host) < 1000 ? g_hostname_to_ascii(host) : NULL;
			return ascii ? ascii : g_strdup(host);
		}
		if (class)
			seen = class;
	}
	return g_strdup(host);
}
