/* binary.c - parts whose base64 the server undoes on the way (BINARY, RFC 3516), which saves a quarter of the bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Here they become base64 again, so that what lies in the store is the same whatever the way: lines of 76 letters, each 57 bytes of
 * the file. Pieces are asked for in whole lines, so that each can be written as it comes and any number of lines can be gone on
 * from. A server that can't, or whose sizes don't fit each other, is asked for the part as it was sent: from its beginning. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/log.h"

#include <string.h>

#define FILE_LINE ((gsize)BINARY_LINE)
#define SENT_LINE 78	/* with its CRLF */

/* ---- whether ---- */

static char *
name_of(gint64 message, const char *section)
{
	return g_strdup_printf("%" G_GINT64_FORMAT " %s", message, section);
}

static const ImapSession *
session_of(const Engine *e, bool bulk)
{
	return bulk ? bulk_session(e) : e->session;
}

bool
binary_known(const Engine *e, bool bulk)
{
	const ImapSession *s = session_of(e, bulk);
	return s && !imap_session_asks_capabilities(s);
}

bool
binary_wanted(Engine *e, bool bulk, gint64 message, const char *section)
{
	g_autofree char *name = name_of(message, section);
	const ImapSession *s = session_of(e, bulk);

	if (!*section || !s || !imap_session_can(s, "BINARY") || g_hash_table_contains(e->as_sent, "") || g_hash_table_contains(e->as_sent, name))
		return false;
	g_autoptr(GBytes) list = bodies_get(e->db, message, PARTS_SECTION, NULL);
	g_autoptr(GArray) parts = list ? parts_read(list) : parts_new();
	return parts_may_unpack(parts, section);
}

void
binary_refused(Engine *e, const PartWish *w, const char *why, bool all)
{
	log_line(LOG_INFO, "imap", "part %s does not come by BINARY (%s): it is fetched as it was sent", w->section, why);
	g_hash_table_add(e->as_sent, all ? g_strdup("") : name_of(w->message, w->section));
}

/* ---- sizes ---- */

guint64
binary_file_size(guint64 sent)
{
	return sent / SENT_LINE * FILE_LINE;
}

guint64
binary_sent_size(guint64 file)
{
	guint64 rest = file % FILE_LINE;
	return file / FILE_LINE * SENT_LINE + (rest ? (rest + 2) / 3 * 4 + 2 : 0);
}

/* Four letters are three bytes, and ends of lines come on top of them: seven in ten or more are left of lines of 32 letters, and nobody
 * writes shorter ones. A decoder that ended at something in the midst of the text is found out by this. */
bool
binary_size_fits(guint64 file, guint64 sent)
{
	return file <= sent / 4 * 3 + 3 && file >= sent / 10 * 7;
}

/* ---- bytes ---- */

guint64
binary_go_on(guint64 written, guint *skip)
{
	/* the last line is made again: it may be the end of one that was not finished, and then it is not known how long it was */
	guint64 lines = written ? (written - 1) / SENT_LINE : 0;

	*skip = (guint)(written - lines * SENT_LINE);
	return lines * FILE_LINE;
}

GByteArray *
binary_lines(const guint8 *data, gsize len)
{
	GByteArray *out = g_byte_array_sized_new((guint)binary_sent_size(len));

	for (gsize at = 0; at < len; at += FILE_LINE) {
		g_autofree char *line = g_base64_encode(data + at, MIN(FILE_LINE, len - at));
		g_byte_array_append(out, (const guint8 *)line, (guint)strlen(line));
		g_byte_array_append(out, (const guint8 *)"\r\n", 2);
	}
	return out;
}
