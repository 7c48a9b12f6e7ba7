/* body.c - BODYSTRUCTURE: the tree of a message's parts, and its form in the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * RFC 9051, 7.5.2. Recursion is bounded by the depth that token_open counts
 * (LIMIT_IMAP_DEPTH, RELIABILITY P6). */
#include "config.h"
#include "proto/imap/token.h"
#include "base/limits.h"

#include <string.h>

void
imap_body_free(ImapBody *b)
{
	if (!b)
		return;
	g_free(b->section);
	g_free(b->type);
	g_free(b->subtype);
	g_free(b->id);
	g_free(b->description);
	g_free(b->encoding);
	g_free(b->disposition);
	if (b->params)
		g_ptr_array_unref(b->params);
	if (b->disposition_params)
		g_ptr_array_unref(b->disposition_params);
	if (b->children)
		g_ptr_array_unref(b->children);
	imap_envelope_free(b->envelope);
	g_free(b);
}

static char *
lower(char *s)
{
	for (char *p = s; p && *p; p++)
		*p = g_ascii_tolower(*p);
	return s;
}

static char *
next_string(Tokens *t)
{
	token_spaces(t);
	return token_string(t);
}

/* (name value name value ...); NULL: NIL */
static GPtrArray *
params(Tokens *t)
{
	token_spaces(t);
	if (token_word(t, "NIL") || !token_open(t))
		return NULL;
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	while (!t->bad && !token_close(t)) {
		char *name = lower(next_string(t)), *value = next_string(t);
		g_ptr_array_add(all, name ? name : g_strdup(""));
		g_ptr_array_add(all, value ? value : g_strdup(""));
	}
	return all;
}

static void
disposition(Tokens *t, ImapBody *b)
{
	token_spaces(t);
	if (token_word(t, "NIL"))
		return;
	if (!token_open(t)) {	/* some servers send a bare string */
		b->disposition = lower(token_string(t));
		return;
	}
	b->disposition = lower(next_string(t));
	b->disposition_params = params(t);
	while (!t->bad && !token_close(t))
		token_skip(t);
}

/* Extension data up to the closing bracket: whatever comes is skipped but the disposition, which stands at place `at`. */
static void
extensions(Tokens *t, ImapBody *b, int at)
{
	for (int n = 0; !t->bad && !token_close(t); n++) {
		token_spaces(t);
		if (n == at)
			disposition(t, b);
		else
			token_skip(t);
	}
}

static ImapBody *body(Tokens *t, const char *section);

static void
multipart(Tokens *t, ImapBody *b)
{
	guint n = 0;

	b->type = g_strdup("multipart");
	b->children = g_ptr_array_new_with_free_func((GDestroyNotify)imap_body_free);
	for (;;) {
		token_spaces(t);
		if (t->bad || !token_is(t, '('))
			break;
		if (++n > LIMIT_MIME_PARTS) {
			t->bad = true;
			break;
		}
		g_autofree char *section = *b->section ? g_strdup_printf("%s.%u", b->section, n) : g_strdup_printf("%u", n);
		ImapBody *child = body(t, section);
		if (child)
			g_ptr_array_add(b->children, child);
	}
	b->subtype = lower(token_string(t));
	token_spaces(t);
	if (!token_is(t, ')'))
		b->params = params(t);
	extensions(t, b, 0);
}

static void
embedded(Tokens *t, ImapBody *b)
{
	b->envelope = imap_parse_envelope(t);
	token_spaces(t);
	b->children = g_ptr_array_new_with_free_func((GDestroyNotify)imap_body_free);
	/* the parts of a multipart inside are numbered below the message itself; a single one is .1 */
	bool multi = t->p + 1 < t->end && t->p[0] == '(' && t->p[1] == '(';
	g_autofree char *section = multi ? g_strdup(b->section) : g_strdup_printf("%s.1", b->section);
	if (token_word(t, "NIL"))
		return;
	ImapBody *child = body(t, section);
	if (child)
		g_ptr_array_add(b->children, child);
	token_spaces(t);
	if (!token_is(t, ')') && !token_is(t, '(') && !token_word(t, "NIL"))
		b->lines = token_u32(t);
}

static void
single(Tokens *t, ImapBody *b)
{
	b->type = lower(token_string(t));
	b->subtype = lower(next_string(t));
	b->params = params(t);
	b->id = next_string(t);
	b->description = next_string(t);
	b->encoding = lower(next_string(t));
	token_spaces(t);
	if (!token_word(t, "NIL"))
		b->octets = token_u32(t);
	token_spaces(t);
	if (g_strcmp0(b->type, "message") == 0 && g_strcmp0(b->subtype, "rfc822") == 0 && !token_is(t, ')')) {
		embedded(t, b);
	} else if (g_strcmp0(b->type, "text") == 0 && !token_is(t, ')')) {
		if (!token_word(t, "NIL"))
			b->lines = token_u32(t);
	}
	extensions(t, b, 1);
}

static ImapBody *
body(Tokens *t, const char *section)
{
	if (!token_open(t)) {
		t->bad = true;
		return NULL;
	}
	ImapBody *b = g_new0(ImapBody, 1);
	b->section = g_strdup(section);
	token_spaces(t);
	if (token_is(t, '('))
		multipart(t, b);
	else
		single(t, b);
	if (!b->type)
		b->type = g_strdup("application");
	if (!b->subtype)
		b->subtype = g_strdup("octet-stream");
	return b;
}

ImapBody *
imap_parse_body(Tokens *t)
{
	if (token_word(t, "NIL"))
		return NULL;
	ImapBody *b = body(t, "");
	if (t->bad) {
		imap_body_free(b);
		return NULL;
	}
	if (b && !(b->children && !strcmp(b->type, "multipart")))
		g_free(b->section), b->section = g_strdup("1");
	return b;
}

ImapBody *
imap_body_find(ImapBody *top, const char *section)
{
	g_autoptr(GPtrArray) todo = g_ptr_array_new();
	g_ptr_array_add(todo, top);
	while (todo->len) {
		ImapBody *b = g_ptr_array_steal_index(todo, todo->len - 1);
		if (!strcmp(b->section, section))
			return b;
		for (guint i = b->children ? b->children->len : 0; i-- > 0; )
			g_ptr_array_add(todo, g_ptr_array_index(b->children, i));
	}
	return NULL;
}

static const char *
param(const GPtrArray *all, const char *name)
{
	for (guint i = 0; all && i + 1 < all->len; i += 2)
		if (!strcmp(g_ptr_array_index(all, i), name))
			return g_ptr_array_index(all, i + 1);
	return NULL;
}

const char *
imap_body_param(const ImapBody *b, const char *name)
{
	return param(b->params, name);
}

const char *
imap_body_disposition_param(const ImapBody *b, const char *name)
{
	return param(b->disposition_params, name);
}

/* ---- the store's form: again a BODYSTRUCTURE, without what nobody reads ---- */

static void
put_string(GString *s, const char *text)
{
	if (!text) {
		g_string_append(s, "NIL");
		return;
	}
	g_string_append_c(s, '"');
	for (;;) {
		gsize plain = strcspn(text, "\"\\\r\n");
		g_string_append_len(s, text, (gssize)plain);
		text += plain;
		if (!*text)
			break;
		if (*text == '"' || *text == '\\')
			g_string_append_c(s, '\\');
		g_string_append_c(s, *text == '\r' || *text == '\n' ? ' ' : *text);
		text++;
	}
	g_string_append_c(s, '"');
}

static void
put_number(GString *s, guint32 n)
{
	char digits[12], *p = digits + sizeof digits;

	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	*--p = ' ';
	g_string_append_len(s, p, digits + sizeof digits - p);
}

static void
put_params(GString *s, const GPtrArray *all)
{
	if (!all || all->len == 0) {
		g_string_append(s, " NIL");
		return;
	}
	g_string_append(s, " (");
	for (guint i = 0; i < all->len; i++) {
		if (i)
			g_string_append_c(s, ' ');
		put_string(s, g_ptr_array_index(all, i));
	}
	g_string_append_c(s, ')');
}

static void
put_disposition(GString *s, const ImapBody *b)
{
	if (!b->disposition) {
		g_string_append(s, " NIL");
		return;
	}
	g_string_append(s, " (");
	put_string(s, b->disposition);
	put_params(s, b->disposition_params);
	g_string_append_c(s, ')');
}

static void
put_body(GString *s, const ImapBody *b)
{
	g_string_append_c(s, '(');
	if (!strcmp(b->type, "multipart") && b->children) {
		for (guint i = 0; i < b->children->len; i++)
			put_body(s, g_ptr_array_index(b->children, i));
		g_string_append_c(s, ' ');
		put_string(s, b->subtype);
		put_params(s, b->params);
	} else {
		put_string(s, b->type);
		g_string_append_c(s, ' ');
		put_string(s, b->subtype);
		put_params(s, b->params);
		g_string_append_c(s, ' ');
		put_string(s, b->id);
		g_string_append(s, " NIL ");
		put_string(s, b->encoding);
		put_number(s, b->octets);
		if (b->children) {
			g_string_append(s, " NIL ");
			if (b->children->len)
				put_body(s, g_ptr_array_index(b->children, 0));
			else
				g_string_append(s, "NIL");
		}
		if (b->children || !strcmp(b->type, "text"))
			put_number(s, b->lines);
		g_string_append(s, " NIL");
	}
	put_disposition(s, b);
	g_string_append_c(s, ')');
}

char *
imap_body_serialise(const ImapBody *b)
{
	GString *s = g_string_sized_new(256);
	put_body(s, b);
	return g_string_free(s, FALSE);
}

ImapBody *
imap_body_deserialise(const char *text)
{
	Tokens t = { .p = text, .end = text + strlen(text) };
	ImapBody *b = imap_parse_body(&t);
	if (b && t.p != t.end)
		g_clear_pointer(&b, imap_body_free);
	return b;
}
