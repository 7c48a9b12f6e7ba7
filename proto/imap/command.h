/* command.h - builds commands; the one encoder of strings (P8).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A string goes as an atom if that is safe, quoted if it has no CR, LF, NUL or 8-bit byte, else as a literal
 * (non-synchronising where the session may). Mailbox names are given as on the wire. One thread. */
#pragma once

#include "proto/imap/parse.h"

typedef struct ImapCommand ImapCommand;

ImapCommand *imap_command_new(const char *verb);	/* "UID FETCH": ours, never from outside */
void imap_command_free(ImapCommand *c);
void imap_command_raw(ImapCommand *c, const char *text);	/* " (FLAGS UID)": ours */
void imap_command_rawf(ImapCommand *c, const char *format, ...) G_GNUC_PRINTF(2, 3);
void imap_command_string(ImapCommand *c, const char *bytes, gssize len);	/* an argument: adds the space before it */
void imap_command_literal(ImapCommand *c, GBytes *data, bool binary);
void imap_command_early(ImapCommand *c);	/* may be written right behind the sign-in */

/* ready-made; each is yours until submitted */
ImapCommand *imap_command_select(const char *mailbox, bool examine, bool condstore);
/* QRESYNC: known UIDs may be NULL */
ImapCommand *imap_command_select_qresync(const char *mailbox, bool examine, guint32 uidvalidity, guint64 modseq, const char *known_uids);
/* sequence numbers: only for the last page of a fresh folder, right after its SELECT */
ImapCommand *imap_command_fetch_seq(guint32 lo, guint32 hi, const char *items);
ImapCommand *imap_command_uid_fetch(const char *set, const char *items, guint64 changed_since, bool vanished);
ImapCommand *imap_command_uid_search(const char *criteria, bool esearch);	/* "ALL", "UID 1:500": ours */
ImapCommand *imap_command_uid_store(const char *set, bool add, const char *flags, guint64 unchanged_since);
ImapCommand *imap_command_list(const char *reference, const char *pattern, bool extended, bool special_use, bool status);
ImapCommand *imap_command_status(const char *mailbox, bool modseq);
ImapCommand *imap_command_enable(const char *what);
ImapCommand *imap_command_simple(const char *verb);	/* NAMESPACE, NOOP, UNSELECT, CAPABILITY */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapCommand, imap_command_free)
