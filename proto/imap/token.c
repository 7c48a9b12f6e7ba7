/* token.c - reads the tokens of one response.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/token.h"
#include "proto/imap/set.h"
#include "base/limits.h"

#include <string.h>

bool
token_is(Tokens *t, char c)
{
	return !t->bad && t->p < t->end && *t->p == c;
}

bool
token_take(Tokens *t, char c)
{
	if (!token_is(t, c))
		return false;
	t->p++;
	return true;
}

void
token_expect(Tokens *t, char c)
{
	if (!token_take(t, c))
		t->bad = true;
}

void
token_spaces(Tokens *t)
{
	while (t->p < t->end && *t->p == ' ')
		t->p++;
}

bool
token_open(Tokens *t)
{
	if (!token_take(t, '('))
		return false;
	if (++t->depth > LIMIT_IMAP_DEPTH)
		t->bad = true;
	return !t->bad;
}

bool
token_close(Tokens *t)
{
	token_spaces(t);
	if (!token_take(t, ')'))
		return false;
	t->depth--;
	return true;
}

static bool
atom_char(char c)
{
	return (guchar)c > ' ' && c != '(' && c != ')' && c != '"' && c != '{' && (guchar)c != 0x7f;
}

const char *
token_atom(Tokens *t, gsize *len)
{
	const char *start = t->p;
	if (!t->bad)
		while (t->p < t->end && atom_char(*t->p))
			t->p++;
	*len = (gsize)(t->p - start);
	return start;
}

bool
token_word(Tokens *t, const char *word)
{
	/* nearly every word that is not the one differs in its first letter */
	if (t->p == t->end || ((*t->p ^ *word) & ~0x20))
		return false;
	gsize n = strlen(word);
	if (t->bad || (gsize)(t->end - t->p) < n || g_ascii_strncasecmp(t->p, word, n) ||
		((gsize)(t->end - t->p) > n && atom_char(t->p[n]) && t->p[n] != '[' && t->p[n] != ']'))
		return false;
	t->p += n;
	return true;
}

static char *
copied(const char *text, gsize len)
{
	char *s = g_malloc(len + 1);

	memcpy(s, text, len);	/* g_strndup looks for a NUL and fills up with them */
	s[len] = '\0';
	return s;
}

static char *
quoted(Tokens *t, gsize *len)
{
	t->p++;
	const char *p = memchr(t->p, '"', (gsize)(t->end - t->p));
	if (p && !memchr(t->p, '\\', (gsize)(p - t->p))) {	/* nothing escaped: one copy */
		*len = (gsize)(p - t->p);
		char *s = copied(t->p, *len);
		t->p = p + 1;
		return s;
	}
	GString *s = g_string_new(NULL);
	for (p = t->p; p < t->end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < t->end)
			p++;
		g_string_append_c(s, *p);
	}
	t->p = p;
	token_expect(t, '"');
	*len = s->len;
	return g_string_free(s, FALSE);
}

static const ImapLiteral *
literal(Tokens *t)
{
	const char *p = memchr(t->p, '}', (gsize)(t->end - t->p));
	if (!p || t->next_literal >= t->n_literals) {
		t->bad = true;
		return NULL;
	}
	t->p = p + 1;
	return &t->literals[t->next_literal++];
}

char *
token_string(Tokens *t)
{
	gsize len;

	if (t->bad)
		return NULL;
	token_take(t, '~');
	if (token_is(t, '"'))
		return quoted(t, &len);
	if (token_is(t, '{')) {
		const ImapLiteral *l = literal(t);
		if (!l || !l->data)
			return NULL;
		const char *data = g_bytes_get_data(l->data, &len);
		/* a NUL can't be part of a text: it would cut what follows */
		char *s = g_malloc(len + 1);
		gsize n = 0;
		for (gsize i = 0; i < len; i++)
			if (data[i])
				s[n++] = data[i];
		s[n] = '\0';
		return s;
	}
	const char *atom = token_atom(t, &len);
	if (len == 0) {
		t->bad = true;
		return NULL;
	}
	return len == 3 && !g_ascii_strncasecmp(atom, "NIL", 3) ? NULL : copied(atom, len);
}

GBytes *
token_bytes(Tokens *t, bool *streamed, guint64 *size)
{
	*streamed = false;
	*size = 0;
	token_take(t, '~');
	if (token_is(t, '{')) {
		const ImapLiteral *l = literal(t);
		if (!l)
			return NULL;
		*streamed = l->streamed;
		*size = l->size;
		return l->data ? g_bytes_ref(l->data) : NULL;
	}
	gsize len;
	if (token_is(t, '"')) {
		char *s = quoted(t, &len);
		*size = len;
		return g_bytes_new_take(s, len);
	}
	g_autofree char *s = token_string(t);
	if (!s)
		return NULL;
	*size = strlen(s);
	return g_bytes_new(s, *size);
}

guint64
token_u63(Tokens *t)
{
	const char *start = t->p;
	guint64 n = 0;
	while (t->p < t->end && g_ascii_isdigit(*t->p))
		t->p++;
	if (t->bad || !imap_parse_u63(start, (gsize)(t->p - start), &n))
		t->bad = true;
	return n;
}

guint32
token_u32(Tokens *t)
{
	guint64 n = token_u63(t);
	if (n > G_MAXUINT32)
		t->bad = true;
	return t->bad ? 0 : (guint32)n;
}

static void
skip(Tokens *t, bool deep)
{
	int base = t->depth;
	do {
		token_spaces(t);
		if (deep && token_take(t, '(')) {
			t->depth++;
			continue;
		}
		if (token_open(t))
			continue;
		if (t->depth > base && token_close(t))
			continue;
		bool streamed;
		guint64 size;
		GBytes *b = token_bytes(t, &streamed, &size);
		if (b)
			g_bytes_unref(b);
	} while (t->depth > base && !t->bad);
}

void
token_skip(Tokens *t)
{
	skip(t, false);
}

void
token_skip_deep(Tokens *t)
{
	skip(t, true);
}

GArray *
token_set(Tokens *t)
{
	const char *start = t->p;
	while (t->p < t->end && (g_ascii_isdigit(*t->p) || strchr(":,*", *t->p)))
		t->p++;
	GArray *set = t->bad ? NULL : imap_set_parse(start, (gsize)(t->p - start));
	if (!set)
		t->bad = true;
	return set;
}

static bool
ascends(const char *p, const char *end)
{
	guint64 last = 0;

	while (p < end) {
		gsize n = 0;
		guint64 number;
		while (p + n < end && g_ascii_isdigit(p[n]))
			n++;
		if (!imap_parse_u63(p, n, &number) || number < last || (number == last && p[-1] != ':'))
			return false;
		last = number;
		p += n + 1;
	}
	return true;
}

GArray *
token_set_in_order(Tokens *t)
{
	const char *start = t->p;
	GArray *set = token_set(t);

	if (set && !ascends(start, t->p))
		t->bad = true;
	return set;
}
