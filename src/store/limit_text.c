/* limit_text.c - looks for a folded word in foreign text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Plain ASCII, which is nearly all, is compared where it lies. Bodies are kept as they came,
 * still encoded: what is plainly base64 or quoted-printable is decoded here by a few bounded
 * lines, without MIME, which belongs to the worker. */
#include "config.h"
#include "store/limit_private.h"
#include "store/db_private.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

#define BODY_SEARCHED (128 * KIB)	/* of each section: a slice of the search must end */

static bool
is_ascii(const char *text)
{
	for (; *text; text++)
		if ((guchar)*text >= 0x80)
			return false;
	return true;
}

static bool
begins_folded(const char *text, const char *needle)
{
	for (; *needle; text++, needle++)
		if (g_ascii_tolower(*text) != *needle)
			return false;
	return true;
}

static bool
ascii_has(const char *text, const char *needle)
{
	char first[3] = { *needle, g_ascii_toupper(*needle), 0 };

	if (!*needle)
		return true;
	for (text = strpbrk(text, first); text; text = strpbrk(text + 1, first))
		if (begins_folded(text, needle))
			return true;
	return false;
}

bool
text_has(const char *text, const char *needle)
{
	if (!text)
		return false;
	if (is_ascii(needle) && ascii_has(text, needle))
		return true;
	if (is_ascii(text))
		return false;
	g_autofree char *folded = utf8_fold(text, -1);
	return strstr(folded, needle) != NULL;
}

/* sql: one text of message ?1. */
static bool
detail_has_text(Db *db, const char *sql, gint64 message, const char *needle)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, NULL);
	bool row;

	if (!st)
		return false;
	stmt_int(st, 1, message);
	return db_next(db, st, &row, NULL) && row &&
	    text_has((const char *)sqlite3_column_text(st, 0), needle);
}

bool
cc_has_text(Db *db, gint64 message, const char *needle)
{
	return detail_has_text(db, "SELECT cc FROM detail WHERE message = ?1", message, needle);
}

bool
preview_has_text(Db *db, gint64 message, const char *needle)
{
	return detail_has_text(db, "SELECT preview FROM detail WHERE message = ?1", message, needle);
}

/* ---- bodies ---- */

static bool
looks_base64(const char *data, gsize len)
{
	gsize n = MIN(len, 512);

	for (gsize i = 0; i < n; i++)
		if (!g_ascii_isalnum(data[i]) && !strchr("+/=\r\n", data[i]))
			return false;
	/* one long word is more likely than prose */
	return len >= 60 && !memchr(data, ' ', n);
}

static int
hex_pair(const char *p)
{
	int hi = g_ascii_xdigit_value(p[0]), lo = hi < 0 ? -1 : g_ascii_xdigit_value(p[1]);

	return lo < 0 ? -1 : hi * 16 + lo;
}

/* In place; a text that is not quoted-printable hardly has "=41" in it, and then only finds
 * more. */
static gsize
decode_quoted(char *data, gsize len)
{
	gsize out = 0;

	for (gsize i = 0; i < len; i++) {
		int value;
		if (data[i] != '=') {
			data[out++] = data[i];
		} else if (i + 1 < len && data[i + 1] == '\n') {
			i += 1;
		} else if (i + 2 < len && data[i + 1] == '\r' && data[i + 2] == '\n') {
			i += 2;
		} else if (i + 2 < len && (value = hex_pair(data + i + 1)) > 0) {
			data[out++] = (char)value;
			i += 2;
		} else {
			data[out++] = data[i];
		}
	}
	return out;
}

/* NUL would end the search, a line break would divide words of a paragraph. */
static void
make_searchable(char *data, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if (data[i] == 0 || data[i] == '\n' || data[i] == '\r')
			data[i] = ' ';
	data[len] = 0;
}

static bool
bytes_have(const char *data, gsize len, const char *needle)
{
	g_autofree char *copy = g_malloc(len + 1);

	if (len)
		memcpy(copy, data, len);
	copy[len] = 0;
	if (looks_base64(copy, len)) {
		int state = 0;
		guint save = 0;
		len = g_base64_decode_step(copy, len, (guchar *)copy, &state, &save);
	} else if (memchr(copy, '=', len)) {
		len = decode_quoted(copy, len);
	}
	make_searchable(copy, len);
	if (g_utf8_validate(copy, (gssize)len, NULL))
		return text_has(copy, needle);
	g_autofree char *western = g_convert(copy, (gssize)len, "UTF-8", "WINDOWS-1252",
	    NULL, NULL, NULL);
	return text_has(western ? western : copy, needle);
}

/* The beginnings alone, and no checksums: a damaged body is found when it is opened. */
bool
body_has_text(Db *db, gint64 message, const char *needle)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT substr(data, 1, ?2) FROM body JOIN piece ON piece.id = body.id << 16"
	    " WHERE message = ?1 AND done = 1 AND section NOT IN ('HEADER', 'PARTS')"
	    " ORDER BY section", NULL);
	bool row;

	if (!st)
		return false;
	stmt_int(st, 1, message);
	stmt_int(st, 2, BODY_SEARCHED);
	while (db_next(db, st, &row, NULL) && row) {
		const char *data = sqlite3_column_blob(st, 0);
		if (bytes_have(data, (gsize)sqlite3_column_bytes(st, 0), needle))
			return true;
	}
	return false;
}
