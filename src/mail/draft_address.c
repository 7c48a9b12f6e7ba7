/* draft_address.c - addresses as people type them (RFC 5322, 3.4; RFC 6531 for UTF-8).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/draft.h"
#include "base/intl.h"
#include "base/limits.h"

#include <string.h>

/* The end of a quoted string, a comment or a domain literal that begins at p; else the next character. */
static const char *
skip_token(const char *p)
{
	char open = *p, close = open == '"' ? '"' : open == '(' ? ')' : open == '[' ? ']' : 0;
	guint depth = 1;

	if (!close)
		return p + 1;
	for (p++; *p; p++) {
		if (*p == '\\' && p[1]) {
			p++;
		} else if (*p == close && --depth == 0) {
			return p + 1;
		} else if (open == '(' && *p == '(') {
			depth++;
		}
	}
	return p;
}

static void
add_entry(GPtrArray *out, const char *from, const char *to)
{
	char *entry = g_strstrip(g_strndup(from, (gsize)(to - from)));
	if (*entry)
		g_ptr_array_add(out, entry);
	else
		g_free(entry);
}

char **
draft_split_addresses(const char *list)
{
	g_autoptr(GPtrArray) out = g_ptr_array_new();
	const char *from = list, *p = list;
	bool angle = false;

	while (*p && out->len < LIMIT_ADDRESSES) {
		if (*p == '<' || *p == '>') {
			angle = *p == '<';
		} else if ((*p == ',' || *p == ';') && !angle) {
			add_entry(out, from, p);
			from = p + 1;
		} else if (*p == ':' && !angle && !memchr(from, '@', (gsize)(p - from))) {
			from = p + 1;	/* a group's name is nobody's address; where one stands, it is not lost in silence */
		}
		p = skip_token(p);
	}
	add_entry(out, from, p);
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&out), FALSE);
}

static char *
no(char **why, char *sentence)
{
	if (why)
		*why = sentence;
	else
		g_free(sentence);
	return NULL;
}

/* Without comments; blanks at the ends gone. */
static char *
without_comments(const char *text)
{
	GString *out = g_string_new(NULL);
	for (const char *p = text; *p;) {
		const char *end = skip_token(p);
		if (*p != '(')
			g_string_append_len(out, p, end - p);
		p = end;
	}
	return g_strstrip(g_string_free(out, FALSE));
}

static bool
is_atom(const char *text)
{
	if (!*text || *text == '.' || text[strlen(text) - 1] == '.' || strstr(text, ".."))
		return false;
	for (const guchar *p = (const guchar *)text; *p; p++)
		if (*p <= 0x20 || *p == 0x7f || strchr("()<>[]:;@\\,\"", *p))
			return false;
	return true;
}

static bool
is_quoted(const char *text)
{
	gsize n = strlen(text);
	return n >= 2 && text[0] == '"' && skip_token(text) == text + n && text[n - 1] == '"';
}

static bool
is_domain(const char *text)
{
	gsize n = strlen(text);
	if (n > 253 * 4)
		return false;
	if (text[0] == '[')
		return n > 3 && text[n - 1] == ']' && strspn(text + 1, "0123456789abcdefABCDEF.:IPv") == n - 2;
	if (!is_atom(text) || text[0] == '-')
		return false;
	for (const guchar *p = (const guchar *)text; *p; p++)
		if (*p < 0x80 && !g_ascii_isalnum(*p) && *p != '-' && *p != '.' && *p != '_')
			return false;
	return true;
}

char *
draft_address(const char *entry, char **why)
{
	g_autofree char *plain = without_comments(entry);
	const char *open = NULL;
	char *address = plain;

	if (!g_utf8_validate(plain, -1, NULL))
		return no(why, g_strdup(_("An address is not UTF-8 text.")));
	for (const guchar *p = (const guchar *)plain; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return no(why, g_strdup(_("An address holds a control character.")));
	bool colon = false;
	for (const char *p = plain; *p; p = skip_token(p)) {
		colon |= *p == ':' && !open;
		if (*p == '<')
			open = p;
	}
	if (open && colon)	/* "bob@x.org RCPT TO:<eve@y.org>": nobody would be told that it goes to eve alone */
		return no(why, g_strdup_printf(_("“%s” is not a mail address; it should look like alice@example.org."), entry));
	if (open) {
		char *close = strchr(open, '>');
		if (!close || close[1])
			return no(why, g_strdup_printf(_("The address “%s” is not complete: “>” is missing, or something follows it."), entry));
		*close = 0;
		address = g_strstrip(plain + (open - plain) + 1);
	}
	char *at = strrchr(address, '@');
	if (!at)
		return no(why, g_strdup_printf(_("“%s” is not a mail address; it should look like alice@example.org."), entry));
	g_autofree char *local = g_strndup(address, (gsize)(at - address));
	if (strlen(local) > 64 * 4 || !(is_atom(local) || is_quoted(local)) || !is_domain(at + 1))
		return no(why, g_strdup_printf(_("“%s” is not a mail address; it should look like alice@example.org."), entry));
	return g_strdup(address);
}
