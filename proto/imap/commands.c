/* commands.c - the ready-made commands, one line of RFC each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/command_private.h"

#include <string.h>

ImapCommand *
imap_command_simple(const char *verb)
{
	return imap_command_new(verb);
}

ImapCommand *
imap_command_enable(const char *what)
{
	ImapCommand *c = imap_command_new("ENABLE");
	imap_command_rawf(c, " %s", what);
	return c;
}

/* ---- sets ---- */

ImapCommand *
imap_command_uid_search_return(const char *criteria, guint what, guint newest)
{
	static const struct { guint bit; const char *word; } words[] = {
		{ IMAP_RETURN_MIN, "MIN" }, { IMAP_RETURN_MAX, "MAX" }, { IMAP_RETURN_COUNT, "COUNT" },
		{ IMAP_RETURN_ALL, "ALL" }, { IMAP_RETURN_SAVE, "SAVE" },
	};
	ImapCommand *c = imap_command_new("UID SEARCH");
	const char *space = "";

	if (what) {
		imap_command_raw(c, " RETURN (");
		for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
			if (!(what & words[i].bit))
				continue;
			imap_command_rawf(c, "%s%s", space, words[i].word);
			space = " ";
		}
		if (what & IMAP_RETURN_NEWEST)
			imap_command_rawf(c, "%sPARTIAL -1:-%u", space, newest);
		imap_command_raw(c, ")");
	}
	imap_command_rawf(c, " %s", criteria);
	return c;
}

ImapCommand *
imap_command_uid_fetch_newest(const char *set, const char *items, guint n)
{
	ImapCommand *c = imap_command_new("UID FETCH");
	imap_command_rawf(c, " %s %s (PARTIAL -1:-%u)", set, items, n);
	return c;
}

ImapCommand *
imap_command_uid_store_labels(const char *set, bool add, const char *const *labels)
{
	ImapCommand *c = imap_command_new("UID STORE");

	imap_command_rawf(c, " %s %cX-GM-LABELS.SILENT (", set, add ? '+' : '-');
	for (gsize i = 0; labels[i]; i++) {
		g_string_append(c->text, i ? " " : "");
		if (labels[i][0] == '\\')	/* "\Starred": a system label goes bare */
			g_string_append(c->text, labels[i]);
		else
			imap_quote(c->text, labels[i], strlen(labels[i]));
	}
	imap_command_raw(c, ")");
	return c;
}

static ImapCommand *
to_mailbox(const char *verb, const char *set, const char *mailbox)
{
	ImapCommand *c = imap_command_new(verb);
	imap_command_rawf(c, " %s", set);
	imap_command_mailbox(c, mailbox);
	return c;
}

ImapCommand *
imap_command_uid_copy(const char *set, const char *mailbox)
{
	return to_mailbox("UID COPY", set, mailbox);
}

ImapCommand *
imap_command_uid_move(const char *set, const char *mailbox)
{
	return to_mailbox("UID MOVE", set, mailbox);
}

ImapCommand *
imap_command_uid_expunge(const char *set)
{
	ImapCommand *c = imap_command_new("UID EXPUNGE");
	imap_command_rawf(c, " %s", set);
	return c;
}

/* ---- mailboxes ---- */

static void
status_items(ImapCommand *c, guint flags)
{
	imap_command_rawf(c, " (MESSAGES UNSEEN UIDNEXT UIDVALIDITY%s%s%s)", flags & IMAP_LIST_MODSEQ ? " HIGHESTMODSEQ" : "",
		flags & IMAP_LIST_SIZE ? " SIZE" : "", flags & IMAP_LIST_OBJECTID ? " MAILBOXID" : "");
}

ImapCommand *
imap_command_lsub(const char *pattern)
{
	ImapCommand *c = imap_command_new("LSUB \"\" ");
	imap_quote(c->text, pattern, strlen(pattern));
	return c;
}

ImapCommand *
imap_command_list(const char *reference, const char *pattern, guint flags)
{
	ImapCommand *c = imap_command_new("LIST");
	imap_command_string(c, reference, -1);
	g_string_append_c(c->text, ' ');
	imap_quote(c->text, pattern, strlen(pattern));
	if (flags & IMAP_LIST_EXTENDED) {
		/* Dovecot drops the other attributes as soon as RETURN names any (SERVERS fact 10): ask for all */
		imap_command_rawf(c, " RETURN (SUBSCRIBED CHILDREN%s%s", flags & IMAP_LIST_SPECIAL_USE ? " SPECIAL-USE" : "",
			flags & IMAP_LIST_MYRIGHTS ? " MYRIGHTS" : "");
		if (flags & IMAP_LIST_STATUS) {
			imap_command_raw(c, " STATUS");
			status_items(c, flags);
		}
		imap_command_raw(c, ")");
	}
	return c;
}

static ImapCommand *
about_mailbox(const char *verb, const char *mailbox)
{
	ImapCommand *c = imap_command_new(verb);
	imap_command_mailbox(c, mailbox);
	return c;
}

ImapCommand *
imap_command_status(const char *mailbox, guint flags)
{
	ImapCommand *c = about_mailbox("STATUS", mailbox);
	status_items(c, flags);
	return c;
}

ImapCommand *
imap_command_create(const char *mailbox, const char *use)
{
	ImapCommand *c = about_mailbox("CREATE", mailbox);
	if (use)
		imap_command_rawf(c, " (USE (%s))", use);
	return c;
}

ImapCommand *
imap_command_delete(const char *mailbox)
{
	return about_mailbox("DELETE", mailbox);
}

ImapCommand *
imap_command_rename(const char *from, const char *to)
{
	ImapCommand *c = about_mailbox("RENAME", from);
	imap_command_mailbox(c, to);
	return c;
}

ImapCommand *
imap_command_subscribe(const char *mailbox, bool on)
{
	return about_mailbox(on ? "SUBSCRIBE" : "UNSUBSCRIBE", mailbox);
}

ImapCommand *
imap_command_myrights(const char *mailbox)
{
	return about_mailbox("MYRIGHTS", mailbox);
}

ImapCommand *
imap_command_quota_root(const char *mailbox)
{
	return about_mailbox("GETQUOTAROOT", mailbox);
}

/* RFC 5465, 5: FlagChange may stand only where MessageNew and MessageExpunge do. */
ImapCommand *
imap_command_notify(bool on, bool names)
{
	ImapCommand *c = imap_command_new("NOTIFY");
	if (on)
		imap_command_rawf(c, " SET (SELECTED (MessageNew MessageExpunge FlagChange))"
			" (PERSONAL (MessageNew MessageExpunge FlagChange%s))", names ? " MailboxName SubscriptionChange" : "");
	else
		imap_command_raw(c, " NONE");
	return c;
}

ImapCommand *
imap_command_compress(void)
{
	ImapCommand *c = imap_command_new("COMPRESS");
	imap_command_raw(c, " DEFLATE");
	return c;
}

/* ---- messages ---- */

ImapCommand *
imap_command_append(const char *mailbox)
{
	return about_mailbox("APPEND", mailbox);
}

static void
internal_date(ImapCommand *c, gint64 when)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(when);

	if (!t)
		return;
	imap_command_rawf(c, " \"%02d-%.3s-%04d %02d:%02d:%02d +0000\"", g_date_time_get_day_of_month(t),
		months + 3 * (g_date_time_get_month(t) - 1), g_date_time_get_year(t), g_date_time_get_hour(t),
		g_date_time_get_minute(t), g_date_time_get_second(t));
}

void
imap_command_append_message(ImapCommand *c, const char *flags, gint64 when, GBytes *message, ImapAppendForm form)
{
	if (flags && *flags)
		imap_command_rawf(c, " (%s)", flags);
	if (when)
		internal_date(c, when);
	if (form == IMAP_APPEND_UTF8)
		imap_command_raw(c, " UTF8 (");
	imap_command_literal(c, message, form != IMAP_APPEND_PLAIN);
	if (form == IMAP_APPEND_UTF8)
		imap_command_raw(c, ")");
}
