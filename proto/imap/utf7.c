/* utf7.c - mailbox names: modified UTF-7 (RFC 3501, 5.1.3) and back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/utf7.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static void
append_units(GString *out, const guint16 *units, gsize n)
{
	guint32 bits = 0;
	int have = 0;

	g_string_append_c(out, '&');
	for (gsize i = 0; i < n; i++) {
		bits = bits << 16 | units[i];
		have += 16;
		while (have >= 6) {
			have -= 6;
			g_string_append_c(out, base64[bits >> have & 63]);
		}
	}
	if (have)
		g_string_append_c(out, base64[bits << (6 - have) & 63]);
	g_string_append_c(out, '-');
}

char *
imap_utf7_encode(const char *utf8)
{
	if (!g_utf8_validate(utf8, -1, NULL))
		return NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(guint16));
	for (const char *p = utf8;; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		bool plain = c >= 0x20 && c < 0x7f;
		if (units->len && (plain || !c)) {
			append_units(out, (const guint16 *)(void *)units->data, units->len);
			g_array_set_size(units, 0);
		}
		if (!c)
			break;
		if (plain) {
			g_string_append_c(out, (char)c);
			if (c == '&')
				g_string_append_c(out, '-');
		} else if (c < 0x10000) {
			guint16 u = (guint16)c;
			g_array_append_val(units, u);
		} else {
			guint16 u[2] = { (guint16)(0xd800 + ((c - 0x10000) >> 10)), (guint16)(0xdc00 + ((c - 0x10000) & 0x3ff)) };
			g_array_append_vals(units, u, 2);
		}
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* The shifted run text[0..n) (without & and -) to UTF-8; false: not valid base64 or UTF-16. */
static bool
decode_run(GString *out, const char *text, gsize n)
{
	g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(guint16));
	guint32 bits = 0;
	int have = 0;

	for (gsize i = 0; i < n; i++) {
		const char *at = strchr(base64, text[i]);
		if (!at || !text[i])
			return false;
		bits = bits << 6 | (guint32)(at - base64);
		have += 6;
		if (have >= 16) {
			have -= 16;
			guint16 u = (guint16)(bits >> have);
			g_array_append_val(units, u);
		}
	}
	g_autofree char *utf8 = g_utf16_to_utf8((const gunichar2 *)(void *)units->data, units->len, NULL, NULL, NULL);
	if (!utf8 || units->len == 0)
		return false;
	g_string_append(out, utf8);
	return true;
}

char *
imap_utf7_decode(const char *name)
{
	g_autoptr(GString) out = g_string_new(NULL);
	for (const char *p = name; *p; ) {
		if (*p != '&') {
			g_string_append_c(out, *p++);
			continue;
		}
		const char *end = strchr(p, '-');
		if (!end)
			return g_utf8_make_valid(name, -1);
		if (end == p + 1)
			g_string_append_c(out, '&');
		else if (!decode_run(out, p + 1, (gsize)(end - p - 1)))
			return g_utf8_make_valid(name, -1);
		p = end + 1;
	}
	return g_utf8_make_valid(out->str, (gssize)out->len);
}
