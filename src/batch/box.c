/* box.c - what writing and reading of boxes share: formats, and a message in the form in which it is compared.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "batch/box.h"

#include <string.h>

bool
box_format_parse(const char *text, BoxFormat *format)
{
	static const char *const names[] = { "mbox", "maildir", "eml" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (!g_ascii_strcasecmp(text, names[i])) {
			*format = (BoxFormat)i;
			return true;
		}
	return false;
}

void
box_item_free(BoxItem *i)
{
	if (!i)
		return;
	g_bytes_unref(i->whole);
	g_free(i->keywords);
	g_free(i);
}

static bool
is_of_mbox(const char *line, gsize len)
{
	static const char *const names[] = { "Status:", "X-Status:", "X-Keywords:" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (len >= strlen(names[i]) && !g_ascii_strncasecmp(line, names[i], strlen(names[i])))
			return true;
	return false;
}

GBytes *
box_canonical(const void *data, gsize len, bool strip)
{
	const char *at = data, *end = at + len;
	GString *out = g_string_sized_new(len + len / 32 + 2);
	bool header = true, skipping = false;

	while (at < end) {
		const char *lf = memchr(at, '\n', (gsize)(end - at)), *next = lf ? lf + 1 : end;
		gsize n = (gsize)((lf ? lf : end) - at);
		while (n && at[n - 1] == '\r')
			n--;
		header &= n > 0;
		skipping = strip && header && (skipping && (*at == ' ' || *at == '\t') ? true : is_of_mbox(at, n));
		if (!skipping) {
			g_string_append_len(out, at, (gssize)n);
			g_string_append(out, "\r\n");
		}
		at = next;
	}
	return g_string_free_to_bytes(out);
}

/* The value of the first header of that name, on one line; yours. */
static char *
header_value(GBytes *whole, const char *name)
{
	gsize len, n = strlen(name);
	const char *at = g_bytes_get_data(whole, &len), *end = at + len;
	GString *value = NULL;

	while (at < end && *at != '\r' && *at != '\n') {
		const char *lf = memchr(at, '\n', (gsize)(end - at)), *next = lf ? lf + 1 : end;
		bool more = *at == ' ' || *at == '\t';
		if (value && !more)
			break;
		if (value)
			g_string_append_len(value, at, next - at);
		else if (!more && (gsize)(next - at) > n && !g_ascii_strncasecmp(at, name, n) && at[n] == ':')
			value = g_string_new_len(at + n + 1, next - at - (gssize)n - 1);
		at = next;
	}
	return value ? g_strstrip(g_string_free(value, FALSE)) : NULL;
}

char *
box_message_id(GBytes *whole)
{
	g_autofree char *value = header_value(whole, "Message-ID");
	char *open = value ? strchr(value, '<') : NULL, *close = open ? strchr(open, '>') : NULL;

	if (close)
		return close > open + 1 ? g_strndup(open + 1, (gsize)(close - open) - 1) : NULL;
	return value && *value ? g_steal_pointer(&value) : NULL;
}
