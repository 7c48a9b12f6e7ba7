/* command.c - builds commands; the one encoder of strings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A command is a list of pieces: text that may be written at once, and literals
 * that may have to wait for the server's "+" (RFC 9051, 4.3; 7888). */
#include "config.h"
#include "proto/imap/command_private.h"

#include "base/secret.h"

#include <stdarg.h>
#include <string.h>

enum { ROOMY = 4096 };	/* a text that grows leaves copies behind */

static void
piece_clear(gpointer p)
{
	ImapPiece *piece = p;
	if (piece->literal)
		g_bytes_unref(piece->literal);
	g_free(piece->text);
	g_free(piece->mailbox);
}

ImapCommand *
imap_command_new(const char *verb)
{
	ImapCommand *c = g_new0(ImapCommand, 1);
	c->verb = g_strdup(verb);
	c->pieces = g_array_new(FALSE, TRUE, sizeof(ImapPiece));
	g_array_set_clear_func(c->pieces, piece_clear);
	c->text = g_string_new(verb);
	return c;
}

void
imap_command_free(ImapCommand *c)
{
	if (!c)
		return;
	if (c->secret) {
		explicit_bzero(c->text->str, c->text->allocated_len);
		for (guint i = 0; i < c->pieces->len; i++)
			secret_wipe_string(g_steal_pointer(&g_array_index(c->pieces, ImapPiece, i).text));
	}
	g_free(c->verb);
	g_free(c->mailbox);
	g_string_free(c->text, TRUE);
	g_array_unref(c->pieces);
	g_free(c);
}

void
imap_command_secret(ImapCommand *c)
{
	GString *text = g_string_sized_new(ROOMY);

	g_string_append(text, c->text->str);
	g_string_free(c->text, TRUE);
	c->text = text;
	c->secret = true;
}

void
imap_command_raw(ImapCommand *c, const char *text)
{
	g_string_append(c->text, text);
}

void
imap_command_rawf(ImapCommand *c, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_string_append_vprintf(c->text, format, ap);
	va_end(ap);
}

static void
end_text(ImapCommand *c)
{
	ImapPiece piece = { .text = g_strdup(c->text->str) };
	g_array_append_val(c->pieces, piece);
	g_string_truncate(c->text, 0);
}

void
imap_command_literal(ImapCommand *c, GBytes *data, bool binary)
{
	if (!g_str_has_suffix(c->text->str, "("))
		g_string_append_c(c->text, ' ');
	if (binary)
		g_string_append_c(c->text, '~');
	end_text(c);
	c->has_literal = true;
	ImapPiece piece = { .literal = g_bytes_ref(data) };
	g_array_append_val(c->pieces, piece);
}

static bool
atom_safe(const char *s, gsize len)
{
	if (len == 0 || (len == 3 && !g_ascii_strncasecmp(s, "NIL", 3)))
		return false;
	for (gsize i = 0; i < len; i++)
		if (!g_ascii_isalnum(s[i]) && !(s[i] && strchr("-_./@+=:,;!#$&'<>|~^?", s[i])))
			return false;
	return true;
}

static bool
quotable(const char *s, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if ((guchar)s[i] < 0x20 || (guchar)s[i] >= 0x7f)
			return false;
	return len <= 1000;
}

void
imap_quote(GString *out, const char *bytes, gsize len)
{
	g_string_append_c(out, '"');
	for (gsize i = 0; i < len; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, bytes[i]);
	}
	g_string_append_c(out, '"');
}

static void
wipe_and_free(gpointer text)
{
	secret_wipe_string(text);
}

void
imap_command_string(ImapCommand *c, const char *bytes, gssize length)
{
	gsize len = length < 0 ? strlen(bytes) : (gsize)length;
	if (atom_safe(bytes, len)) {
		g_string_append_c(c->text, ' ');
		g_string_append_len(c->text, bytes, (gssize)len);
	} else if (quotable(bytes, len)) {
		g_string_append_c(c->text, ' ');
		imap_quote(c->text, bytes, len);
	} else {
		/* a NUL can't stand in a literal either (RFC 9051, 9: CHAR8); what follows it is nobody's name */
		const char *nul = memchr(bytes, 0, len);
		gsize n = nul ? (gsize)(nul - bytes) : len;
		char *copy = g_strndup(bytes, n);
		g_autoptr(GBytes) data = g_bytes_new_with_free_func(copy, n, c->secret ? wipe_and_free : g_free, copy);
		imap_command_literal(c, data, false);
	}
}

/* Only "&" makes a difference between the two ways to write a name. */
void
imap_command_mailbox(ImapCommand *c, const char *wire)
{
	if (!strchr(wire, '&') || !quotable(wire, strlen(wire))) {
		imap_command_string(c, wire, -1);
		return;
	}
	g_string_append_c(c->text, ' ');
	end_text(c);
	ImapPiece piece = { .mailbox = g_strdup(wire) };
	g_array_append_val(c->pieces, piece);
	c->foreign = true;
}

void
imap_command_early(ImapCommand *c)
{
	c->early = true;
}

static ImapCommand *
select_begin(const char *mailbox, bool examine)
{
	ImapCommand *c = imap_command_new(examine ? "EXAMINE" : "SELECT");
	c->select = true;
	c->mailbox = g_strdup(mailbox);
	imap_command_mailbox(c, mailbox);
	return c;
}

ImapCommand *
imap_command_select(const char *mailbox, bool examine, bool condstore)
{
	ImapCommand *c = select_begin(mailbox, examine);
	if (condstore)
		imap_command_raw(c, " (CONDSTORE)");
	return c;
}

ImapCommand *
imap_command_select_qresync(const char *mailbox, bool examine, guint32 uidvalidity, guint64 modseq, const char *known_uids)
{
	ImapCommand *c = select_begin(mailbox, examine);
	imap_command_rawf(c, " (QRESYNC (%" G_GUINT32_FORMAT " %" G_GUINT64_FORMAT "%s%s))", uidvalidity, modseq,
		known_uids ? " " : "", known_uids ? known_uids : "");
	return c;
}

ImapCommand *
imap_command_fetch_seq(guint32 lo, guint32 hi, const char *items)
{
	ImapCommand *c = imap_command_new("FETCH");
	if (hi == G_MAXUINT32)
		imap_command_rawf(c, " %" G_GUINT32_FORMAT ":* %s", lo, items);
	else
		imap_command_rawf(c, " %" G_GUINT32_FORMAT ":%" G_GUINT32_FORMAT " %s", lo, hi, items);
	return c;
}

ImapCommand *
imap_command_uid_fetch(const char *set, const char *items, guint64 changed_since, bool vanished)
{
	ImapCommand *c = imap_command_new("UID FETCH");
	imap_command_rawf(c, " %s %s", set, items);
	if (changed_since)
		imap_command_rawf(c, " (CHANGEDSINCE %" G_GUINT64_FORMAT "%s)", changed_since, vanished ? " VANISHED" : "");
	return c;
}

ImapCommand *
imap_command_uid_search(const char *criteria, bool esearch)
{
	ImapCommand *c = imap_command_new("UID SEARCH");
	imap_command_rawf(c, "%s %s", esearch ? " RETURN (ALL)" : "", criteria);
	return c;
}

ImapCommand *
imap_command_uid_store(const char *set, bool add, const char *flags, guint64 unchanged_since)
{
	ImapCommand *c = imap_command_new("UID STORE");
	imap_command_rawf(c, " %s", set);
	if (unchanged_since)
		imap_command_rawf(c, " (UNCHANGEDSINCE %" G_GUINT64_FORMAT ")", unchanged_since);
	imap_command_rawf(c, " %cFLAGS.SILENT (%s)", add ? '+' : '-', flags);
	return c;
}
