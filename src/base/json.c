/* json.c - the members of one JSON object (RFC 8259).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * By recursive descent with a bound on the depth. A NUL inside a string makes the text unreadable: nothing that we read
 * may hold one, and C's strings would end there. */
#include "config.h"
#include "base/json.h"
#include "base/limits.h"

#include <string.h>

typedef struct { char *name, *text; gsize size; bool string; } Member;	/* owned; size: what was allocated for text */
struct Json { GArray *members; };	/* owned, of Member */

typedef struct { const char *at, *end; Json *out; guint depth; } Reader;

static void
member_clear(gpointer p)
{
	Member *m = p;
	if (m->text)
		explicit_bzero(m->text, m->size);
	g_free(m->text);
	g_free(m->name);
}

static void
space(Reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
		r->at++;
}

static bool
take(Reader *r, char c)
{
	space(r);
	if (r->at >= r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool
hex4(Reader *r, gunichar *c)
{
	*c = 0;
	for (int i = 0; i < 4; i++, r->at++) {
		if (r->at >= r->end || !g_ascii_isxdigit(*r->at))
			return false;
		*c = *c << 4 | (gunichar)g_ascii_xdigit_value(*r->at);
	}
	return true;
}

/* Behind "\u": one character, maybe of two halves. */
static bool
escaped_unicode(Reader *r, char *out, gsize *n)
{
	gunichar c, low;

	if (!hex4(r, &c))
		return false;
	if (c >= 0xD800 && c < 0xDC00) {
		if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
			return false;
		r->at += 2;
		if (!hex4(r, &low) || low < 0xDC00 || low > 0xDFFF)
			return false;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	if (c == 0 || (c >= 0xD800 && c < 0xE000))
		return false;
	*n += (gsize)g_unichar_to_utf8(c, out + *n);
	return true;
}

/* What an escape stands for is never longer than itself, so the source's length is room enough. */
static bool
string(Reader *r, char **text, gsize *size)
{
	static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
	gsize n = 0;

	if (!take(r, '"'))
		return false;
	const char *close = r->at;
	while (close < r->end && *close != '"')
		close += *close == '\\' && close + 1 < r->end ? 2 : 1;
	if (close >= r->end)
		return false;
	*size = (gsize)(close - r->at) + 1;
	*text = g_malloc(*size);
	while (r->at < close) {
		char c = *r->at++;
		const char *which;
		if ((guchar)c < 0x20)
			return false;
		if (c != '\\') {
			(*text)[n++] = c;
		} else if (*r->at == 'u') {
			r->at++;
			if (!escaped_unicode(r, *text, &n))
				return false;
		} else if (*r->at && (which = strchr(FROM, *r->at))) {
			(*text)[n++] = TO[which - FROM];
			r->at++;
		} else {
			return false;
		}
	}
	r->at = close + 1;
	(*text)[n] = 0;
	return g_utf8_validate(*text, (gssize)n, NULL);
}

static bool
digits(Reader *r)
{
	const char *from = r->at;
	while (r->at < r->end && g_ascii_isdigit(*r->at))
		r->at++;
	return r->at > from;
}

static bool
number(Reader *r)
{
	if (r->at < r->end && *r->at == '-')
		r->at++;
	if (!digits(r))
		return false;
	if (r->at < r->end && *r->at == '.') {
		r->at++;
		if (!digits(r))
			return false;
	}
	if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
		r->at++;
		if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
			r->at++;
		return digits(r);
	}
	return true;
}

static bool
word(Reader *r, const char *w)
{
	gsize len = strlen(w);
	if ((gsize)(r->end - r->at) < len || strncmp(r->at, w, len))
		return false;
	r->at += len;
	return true;
}

static bool value(Reader *r, Member *into);

static bool
array(Reader *r)
{
	if (take(r, ']'))
		return true;
	do {
		Member m = { 0 };
		bool ok = value(r, &m);
		member_clear(&m);
		if (!ok)
			return false;
	} while (take(r, ','));
	return take(r, ']');
}

static bool
object(Reader *r)
{
	if (take(r, '}'))
		return true;
	do {
		Member m = { 0 };
		gsize size;
		bool ok = string(r, &m.name, &size) && take(r, ':') && value(r, &m);
		if (ok && r->depth == 1 && m.text && r->out->members->len < LIMIT_JSON_MEMBERS)
			g_array_append_val(r->out->members, m);
		else
			member_clear(&m);
		if (!ok)
			return false;
	} while (take(r, ','));
	return take(r, '}');
}

static bool
value(Reader *r, Member *into)
{
	bool ok;

	space(r);
	if (r->at >= r->end)
		return false;
	const char *from = r->at;
	if (*r->at == '"') {
		into->string = true;
		return string(r, &into->text, &into->size);
	}
	if (*r->at == '{' || *r->at == '[') {
		bool is_object = *r->at++ == '{';
		if (++r->depth > LIMIT_JSON_DEPTH)
			return false;
		ok = is_object ? object(r) : array(r);
		r->depth--;
		return ok;
	}
	ok = word(r, "true") || word(r, "false") || word(r, "null") || number(r);
	if (ok && *from != 'n') {
		into->size = (gsize)(r->at - from) + 1;
		into->text = g_strndup(from, into->size - 1);
	}
	return ok;
}

Json *
json_read(const char *text, gsize len)
{
	Json *j = g_new0(Json, 1);
	Reader r = { .at = text, .end = text + len, .out = j, .depth = 1 };

	j->members = g_array_new(FALSE, FALSE, sizeof(Member));
	g_array_set_clear_func(j->members, member_clear);
	bool ok = text && len <= LIMIT_JSON && !memchr(text, 0, len) && take(&r, '{') && object(&r);
	space(&r);
	if (ok && r.at == r.end)
		return j;
	json_free(j);
	return NULL;
}

void
json_free(Json *j)
{
	if (!j)
		return;
	g_array_unref(j->members);
	g_free(j);
}

static const Member *
find(const Json *j, const char *name)
{
	for (guint i = j ? j->members->len : 0; i > 0; i--) {	/* of equal names the last counts */
		const Member *m = &g_array_index(j->members, Member, i - 1);
		if (!strcmp(m->name, name))
			return m;
	}
	return NULL;
}

const char *
json_text(const Json *j, const char *name)
{
	const Member *m = find(j, name);
	return m && m->string ? m->text : NULL;
}

bool
json_int(const Json *j, const char *name, gint64 *n)
{
	const Member *m = find(j, name);
	return m && g_ascii_string_to_signed(m->text, 10, G_MININT64, G_MAXINT64, n, NULL);
}
