/* command.c - builds commands; the one encoder of strings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A command is a list of pieces: text that may be written at once, and literals
 * that may have to wait for the server's "+" (RFC 9051, 4.3; 7888). */
#include "config.h"
#include "proto/imap/command_private.h"

#include <stdarg.h>
#include <string.h>

static void
piece_clear(gpointer p)
{
	ImapPiece *piece = p;
	if (piece->literal)
		g_bytes_unref(piece->literal);
	g_free(piece->text);
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
	g_free(c->verb);
	g_free(c->mailbox);
	g_string_free(c->text, TRUE);
	g_array_unref(c->pieces);
	g_free(c);
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
	g_string_append_c(c->text, ' ');
	if (binary)
		g_string_append_c(c->text, '~');
	end_text(c);
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
imap_command_string(ImapCommand *c, const char *bytes, gssize length)
{
	gsize len = length < 0 ? strlen(bytes) : (gsize)length;
	if (atom_safe(bytes, len)) {
		g_string_append_c(c->text, ' ');
		g_string_append_len(c->text, bytes, (gssize)len);
	} else if (quotable(bytes, len)) {
		g_string_append(c->text, " \"");
		for (gsize i = 0; i < len; i++) {
			if (bytes[i] == '"' || bytes[i] == '\\')
				g_string_append_c(c->text, '\\');
			g_string_append_c(c->text, bytes[i]);
		}
		g_string_append_c(c->text, '"');
	} else {
		/* a NUL can't stand in a literal either (RFC 9051, 9: CHAR8); what follows it is nobody's name */
		const char *nul = memchr(bytes, 0, len);
		g_autoptr(GBytes) data = g_bytes_new(bytes, nul ? (gsize)(nul - bytes) : len);
		imap_command_literal(c, data, false);
	}
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
	imap_command_string(c, mailbox, -1);
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

ImapCommand *
imap_command_list(const char *reference, const char *pattern, bool extended, bool special_use, bool status)
{
	ImapCommand *c = imap_command_new("LIST");
	imap_command_string(c, reference, -1);
	imap_command_rawf(c, " \"%s\"", pattern);
	if (extended) {
		/* Dovecot drops the other attributes as soon as RETURN names any (SERVERS fact 10): ask for all */
		imap_command_rawf(c, " RETURN (SUBSCRIBED CHILDREN%s%s)", special_use ? " SPECIAL-USE" : "",
			status ? " STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)" : "");
	}
	return c;
}

ImapCommand *
imap_command_status(const char *mailbox, bool modseq)
{
	ImapCommand *c = imap_command_new("STATUS");
	imap_command_string(c, mailbox, -1);
	imap_command_rawf(c, " (MESSAGES UNSEEN UIDNEXT UIDVALIDITY%s)", modseq ? " HIGHESTMODSEQ" : "");
	return c;
}

ImapCommand *
imap_command_enable(const char *what)
{
	ImapCommand *c = imap_command_new("ENABLE");
	imap_command_rawf(c, " %s", what);
	return c;
}

ImapCommand *
imap_command_simple(const char *verb)
{
	return imap_command_new(verb);
}
