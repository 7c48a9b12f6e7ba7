/* parts.c - the list of a message's parts, as text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "store/parts.h"
#include "base/limits.h"

#include <string.h>

static void
part_clear(gpointer p)
{
	PartInfo *part = p;
	g_free(part->section);
	g_free(part->mime);
}

GArray *
parts_new(void)
{
	GArray *parts = g_array_new(FALSE, TRUE, sizeof(PartInfo));
	g_array_set_clear_func(parts, part_clear);
	return parts;
}

void
parts_add(GArray *parts, const char *section, guint8 depth, guint64 size, const char *mime)
{
	if (parts->len >= LIMIT_MIME_PARTS)
		return;
	PartInfo part = { .section = g_strdup(section), .mime = g_strdup(mime), .size = size, .depth = depth };
	g_array_append_val(parts, part);
}

GBytes *
parts_write(const GArray *parts)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < parts->len; i++) {
		const PartInfo *p = &g_array_index(parts, PartInfo, i);
		g_string_append_printf(out, "%s\t%u\t%" G_GUINT64_FORMAT "\n%s\n", p->section, p->depth, p->size, p->mime);
	}
	return g_string_free_to_bytes(out);
}

static bool
read_record(const char *text, GArray *parts)
{
	const char *end = strchr(text, '\n');
	if (!end)
		return false;
	g_autofree char *line = g_strndup(text, (gsize)(end - text));
	g_auto(GStrv) f = g_strsplit(line, "\t", 3);
	if (g_strv_length(f) != 3)
		return false;
	parts_add(parts, f[0], (guint8)MIN(g_ascii_strtoull(f[1], NULL, 10), LIMIT_MIME_DEPTH), g_ascii_strtoull(f[2], NULL, 10), end + 1);
	return true;
}

GArray *
parts_read(GBytes *data)
{
	GArray *parts = parts_new();
	gsize len;
	const char *text = g_bytes_get_data(data, &len);
	g_autofree char *copy = g_strndup(text ? text : "", len);
	for (char *at = copy; *at;) {
		/* header lines end in CRLF, so that an LF right behind another LF is the record's end */
		char *end = strstr(at, "\n\n");
		if (end)
			end[1] = 0;
		read_record(at, parts);
		if (!end)
			break;
		at = end + 2;
	}
	return parts;
}

/* Does the value of that header line begin with one of these? */
static bool
line_begins(const char *mime, const char *name, const char *const *values)
{
	for (const char *at = mime; at && *at; at = strchr(at, '\n'), at += at != NULL) {
		if (g_ascii_strncasecmp(at, name, strlen(name)))
			continue;
		for (at += strlen(name); *values; values++)
			if (!g_ascii_strncasecmp(at, *values, strlen(*values)))
				return true;
		return false;
	}
	return false;
}

bool
parts_may_unpack(const GArray *parts, const char *section)
{
	static const char *const sealed[] = { "multipart/signed", "multipart/encrypted", "application/pkcs7", "application/x-pkcs7",
		"application/pgp", NULL };
	static const char *const nested[] = { "multipart/", "message/", NULL };
	static const char *const base64[] = { "base64", NULL };
	bool may = false;

	for (guint i = 0; i < parts->len; i++) {
		const PartInfo *p = &g_array_index(parts, PartInfo, i);
		if (line_begins(p->mime, "Content-Type: ", sealed))
			return false;
		if (!strcmp(p->section, section))
			may = line_begins(p->mime, "Content-Transfer-Encoding: ", base64) && !line_begins(p->mime, "Content-Type: ", nested);
	}
	return may;
}
