/* trace.c - what the connection log gets of an IMAP session.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * By construction without secrets (RELIABILITY T15): the sign-in code hands over the names of its commands and nothing
 * else, a challenge is a number of bytes. Of literals and of the strings in a FETCH only the sizes are told. */
#include "config.h"
#include "proto/imap/session_private.h"

#include <string.h>

/* A command as it is written, but for what stands in literals. */
void
session_trace_command(const ImapSession *s, const Flight *f)
{
	const ImapCommand *c = f->command;

	if (!s->trace)
		return;
	if (f->kind == FLIGHT_SIGN_IN) {
		trace_printf(s->trace, "imap", '>', "e%" G_GUINT32_FORMAT " LOGIN (name and password, not shown)", f->id);
		return;
	}
	g_autoptr(GString) line = g_string_new(NULL);
	g_string_printf(line, "e%" G_GUINT32_FORMAT " ", f->id);
	for (guint i = 0; i < c->pieces->len; i++) {
		const ImapPiece *p = &g_array_index(c->pieces, ImapPiece, i);
		if (p->literal)
			g_string_append_printf(line, "{%" G_GSIZE_FORMAT " bytes}", g_bytes_get_size(p->literal));
		else
			g_string_append(line, p->text ? p->text : p->mailbox);
	}
	g_string_append(line, c->text->str);
	trace_line(s->trace, "imap", '>', line->str, (gssize)line->len);
}

/* "Subject" becomes "(7)": what people wrote to each other is not for a bug report. */
static char *
without_strings(const char *line, gsize len)
{
	GString *out = g_string_new(NULL);

	for (gsize i = 0; i < len; i++) {
		if (line[i] != '"') {
			g_string_append_c(out, line[i]);
			continue;
		}
		gsize from = ++i;
		while (i < len && line[i] != '"')
			i += line[i] == '\\' ? 2 : 1;
		g_string_append_printf(out, "\"(%" G_GSIZE_FORMAT ")\"", MIN(i, len) - from);
	}
	return g_string_free(out, FALSE);
}

static bool
is_fetch(const char *line, gsize len)
{
	gsize i = 2;

	if (len < 9 || line[0] != '*')
		return false;
	while (i < len && g_ascii_isdigit(line[i]))
		i++;
	return i > 2 && i + 6 < len && !g_ascii_strncasecmp(line + i, " FETCH", 6);
}

void
session_trace_read(const ImapSession *s, const ImapFramePiece *p)
{
	if (!s->trace)
		return;
	if (p->kind == IMAP_FRAME_RESPONSE || p->kind == IMAP_FRAME_LITERAL) {
		if (s->phase == PHASE_SIGN_IN && p->len && p->line[0] == '+') {
			trace_printf(s->trace, "imap", '<', "+ (a challenge of %" G_GSIZE_FORMAT " bytes)", p->len);
		} else if (is_fetch(p->line, p->len)) {
			if (trace_more(s->trace, "imap", "FETCH"))
				return;
			g_autofree char *line = without_strings(p->line, p->len);
			trace_bulk(s->trace, "imap", "FETCH", line, -1);
		} else {
			trace_line(s->trace, "imap", '<', p->line, (gssize)p->len);
		}
	} else if (p->kind == IMAP_FRAME_SKIPPED) {
		trace_line(s->trace, "imap", '<', "(a response beyond the limits, left out)", -1);
	}
}
