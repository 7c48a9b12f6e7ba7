/* unpack.c - base64 and quoted-printable as streams (RFC 2045, 6.7 and 6.8).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "render/unpack.h"

#include <string.h>

static char *
encoding_of(const char *mime)
{
	static const char name[] = "Content-Transfer-Encoding:";
	for (const char *at = mime; at && *at; at = strchr(at, '\n'), at += at != NULL)
		if (!g_ascii_strncasecmp(at, name, strlen(name))) {
			at += strlen(name);
			return g_strstrip(g_strndup(at, strcspn(at, "\r\n;(")));
		}
	return g_strdup("7bit");
}

UnpackKind
unpack_kind(const char *mime)
{
	static const struct { const char *name; UnpackKind kind; } known[] = {
		{ "base64", UNPACK_BASE64 }, { "quoted-printable", UNPACK_QUOTED }, { "", UNPACK_AS_IT_IS },
		{ "7bit", UNPACK_AS_IT_IS }, { "8bit", UNPACK_AS_IT_IS }, { "binary", UNPACK_AS_IT_IS },
	};
	g_autofree char *name = encoding_of(mime);
	for (guint i = 0; i < G_N_ELEMENTS(known); i++)
		if (!g_ascii_strcasecmp(name, known[i].name))
			return known[i].kind;
	return UNPACK_UNKNOWN;
}

void
unpack_begin(Unpack *u, UnpackKind kind)
{
	*u = (Unpack){ .kind = kind };
}

/* ---- base64 ---- */

static int
base64_value(guint8 c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What is left of a group of four: two or three letters are one or two bytes. */
static void
end_group(Unpack *u, GByteArray *out)
{
	const guint8 bytes[2] = { (guint8)(u->save >> (u->n_held == 2 ? 4 : 10)), (guint8)(u->save >> 2) };
	if (u->n_held >= 2)
		g_byte_array_append(out, bytes, u->n_held - 1);
	u->n_held = 0;
	u->save = 0;
}

/* Up to the first padding. It ends a group, not the data: some programs put several pieces behind each other, and half a file is worse than one with
 * a list's footer behind it. */
static gsize
put_group(Unpack *u, const guint8 *data, gsize len, GByteArray *out)
{
	const guint was = out->len;
	gsize n = 0;

	g_byte_array_set_size(out, was + (guint)(len / 4 * 3 + 6));
	for (gsize i = 0; i < len; i++) {
		int value = base64_value(data[i]);
		if (value >= 0) {
			u->save = u->save << 6 | (guint)value;
			if (++u->n_held < 4)
				continue;
			out->data[was + n] = (guint8)(u->save >> 16);
			out->data[was + n + 1] = (guint8)(u->save >> 8);
			out->data[was + n + 2] = (guint8)u->save;
			n += 3;
			u->n_held = 0;
			u->save = 0;
		} else if (data[i] == '=' && u->n_held) {
			g_byte_array_set_size(out, was + (guint)n);
			end_group(u, out);
			return i + 1;
		}
	}
	g_byte_array_set_size(out, was + (guint)n);
	return len;
}

static void
put_base64(Unpack *u, const guint8 *data, gsize len, GByteArray *out)
{
	for (gsize at = 0; at < len;)
		at += put_group(u, data + at, len - at, out);
}

/* ---- quoted-printable ---- */

static void
keep(Unpack *u, guint8 c)
{
	u->held[u->n_held++] = (char)c;
}

static void
give(Unpack *u, GByteArray *out)
{
	g_byte_array_append(out, (const guint8 *)u->held, u->n_held);
	u->n_held = 0;
}

/* Behind "=": a line end, after blanks perhaps, is none; two digits are a byte; anything else stays as it is. */
static void
behind_equals(Unpack *u, guint8 c, GByteArray *out)
{
	bool digits = u->n_held == 2 && g_ascii_isxdigit(u->held[1]);

	if (c == '\n') {
		u->n_held = 0;
	} else if (digits && g_ascii_isxdigit(c)) {
		guint8 byte = (guint8)(g_ascii_xdigit_value(u->held[1]) << 4 | g_ascii_xdigit_value((char)c));
		u->n_held = 0;
		g_byte_array_append(out, &byte, 1);
	} else if (!digits && (c == ' ' || c == '\t' || c == '\r') && u->n_held < sizeof u->held) {
		keep(u, c);
	} else if (u->n_held == 1 && g_ascii_isxdigit(c)) {
		keep(u, c);
	} else {
		give(u, out);
		c == '=' ? keep(u, c) : (void)g_byte_array_append(out, &c, 1);
	}
}

/* Blanks at a line's end were added on the way (RFC 2045, 6.7, rule 3). */
static void
put_quoted(Unpack *u, const guint8 *data, gsize len, GByteArray *out)
{
	for (gsize i = 0; i < len; i++) {
		guint8 c = data[i];
		if (u->n_held && u->held[0] == '=') {
			behind_equals(u, c, out);
			continue;
		}
		if (c == '\r' || c == '\n') {
			bool only_cr = u->n_held && u->held[u->n_held - 1] == '\r';
			if (c == '\n') {
				static const guint8 crlf[] = "\r\n";
				g_byte_array_append(out, only_cr ? crlf : crlf + 1, only_cr ? 2 : 1);
				u->n_held = 0;
				continue;
			}
			if (only_cr || u->n_held == sizeof u->held)
				give(u, out);
			keep(u, c);
			continue;
		}
		if (c == ' ' || c == '\t') {
			if (u->n_held == sizeof u->held || (u->n_held && u->held[u->n_held - 1] == '\r'))
				give(u, out);
			keep(u, c);
			continue;
		}
		give(u, out);
		c == '=' ? keep(u, c) : (void)g_byte_array_append(out, &c, 1);
	}
}

/* ---- the door ---- */

void
unpack_put(Unpack *u, const guint8 *data, gsize len, GByteArray *out)
{
	if (len == 0)
		return;
	if (u->kind == UNPACK_BASE64)
		put_base64(u, data, len, out);
	else if (u->kind == UNPACK_QUOTED)
		put_quoted(u, data, len, out);
	else
		g_byte_array_append(out, data, (guint)len);
}

void
unpack_end(Unpack *u, GByteArray *out)
{
	if (u->kind == UNPACK_BASE64)
		end_group(u, out);
	/* "=" at the very end is a soft line end that lost its line */
	if (u->kind == UNPACK_QUOTED && u->n_held > 0 && !(u->n_held == 1 && u->held[0] == '='))
		give(u, out);
	u->n_held = 0;
}
