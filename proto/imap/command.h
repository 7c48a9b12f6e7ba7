/* command.h - builds commands; the one encoder of strings (P8).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A string goes as an atom if that is safe, quoted if it has no CR, LF, NUL or 8-bit byte, else as a literal
 * (non-synchronising where the session may). Mailbox names are modified UTF-7 to everybody above the session, which writes
 * and reads UTF-8 instead once the server has enabled it. Sets are the caller's: one line stays below LIMIT_IMAP_COMMAND. One thread. */
#pragma once

#include "proto/imap/parse.h"

typedef struct ImapCommand ImapCommand;

ImapCommand *imap_command_new(const char *verb);	/* "UID FETCH": ours, never from outside */
void imap_command_free(ImapCommand *c);
void imap_command_raw(ImapCommand *c, const char *text);	/* " (FLAGS UID)": ours */
void imap_command_rawf(ImapCommand *c, const char *format, ...) G_GNUC_PRINTF(2, 3);
void imap_command_string(ImapCommand *c, const char *bytes, gssize len);	/* an argument: adds the space before it */
void imap_command_mailbox(ImapCommand *c, const char *wire);	/* likewise, for the name of a mailbox */
void imap_command_literal(ImapCommand *c, GBytes *data, bool binary);
void imap_command_early(ImapCommand *c);	/* may be written right behind the sign-in */

typedef enum {
	IMAP_APPEND_PLAIN,
	IMAP_APPEND_BINARY,	/* literal8: it has parts in the encoding "binary" (BINARY) */
	IMAP_APPEND_UTF8,	/* its header has bare UTF-8, and UTF8=ACCEPT is enabled (RFC 6855, 4) */
} ImapAppendForm;

/* ready-made; each is yours until submitted */
ImapCommand *imap_command_select(const char *mailbox, bool examine, bool condstore);
/* QRESYNC: known UIDs may be NULL */
ImapCommand *imap_command_select_qresync(const char *mailbox, bool examine, guint32 uidvalidity, guint64 modseq, const char *known_uids);
/* sequence numbers: only for the last page of a fresh folder, right after its SELECT; hi G_MAXUINT32: the last one */
ImapCommand *imap_command_fetch_seq(guint32 lo, guint32 hi, const char *items);
ImapCommand *imap_command_uid_fetch(const char *set, const char *items, guint64 changed_since, bool vanished);
ImapCommand *imap_command_uid_search(const char *criteria, bool esearch);	/* "ALL", "UID 1:500": ours */
ImapCommand *imap_command_uid_store(const char *set, bool add, const char *flags, guint64 unchanged_since);
/* What the answer to SEARCH shall be (RFC 4731, 5182, 9394); 0: the old SEARCH line. */
typedef enum {
	IMAP_RETURN_ALL = 1, IMAP_RETURN_COUNT = 2, IMAP_RETURN_MIN = 4, IMAP_RETURN_MAX = 8,
	IMAP_RETURN_SAVE = 16,	/* "$" stands for the result in the commands behind it */
	IMAP_RETURN_NEWEST = 32,	/* PARTIAL -1:-n */
} ImapReturn;
ImapCommand *imap_command_uid_search_return(const char *criteria, guint what, guint newest);
/* UID FETCH of the newest n of a set, without knowing how many there are (PARTIAL). */
ImapCommand *imap_command_uid_fetch_newest(const char *set, const char *items, guint n);
ImapCommand *imap_command_uid_store_labels(const char *set, bool add, const char *const *labels);	/* X-GM-EXT-1; as on the wire */
ImapCommand *imap_command_uid_copy(const char *set, const char *mailbox);
ImapCommand *imap_command_uid_move(const char *set, const char *mailbox);	/* MOVE */
ImapCommand *imap_command_uid_expunge(const char *set);	/* UIDPLUS */

/* LIST; each flag only where it is offered. */
typedef enum {
	IMAP_LIST_EXTENDED = 1, IMAP_LIST_SPECIAL_USE = 2, IMAP_LIST_STATUS = 4, IMAP_LIST_SIZE = 8, IMAP_LIST_OBJECTID = 16,
	IMAP_LIST_MYRIGHTS = 32, IMAP_LIST_MODSEQ = 64,
} ImapListFlags;
ImapCommand *imap_command_lsub(const char *pattern);	/* what is subscribed, where there is no LIST-EXTENDED (RFC 3501, 6.3.9) */
ImapCommand *imap_command_list(const char *reference, const char *pattern, guint flags);
ImapCommand *imap_command_status(const char *mailbox, guint flags);	/* IMAP_LIST_SIZE, _OBJECTID, _MODSEQ */

/* mailboxes */
ImapCommand *imap_command_create(const char *mailbox, const char *use);	/* use: "\\Sent", CREATE-SPECIAL-USE; or NULL */
ImapCommand *imap_command_delete(const char *mailbox);
ImapCommand *imap_command_rename(const char *from, const char *to);
ImapCommand *imap_command_subscribe(const char *mailbox, bool on);
ImapCommand *imap_command_myrights(const char *mailbox);
ImapCommand *imap_command_quota_root(const char *mailbox);
ImapCommand *imap_command_notify(bool on, bool names);	/* the selected mailbox, and all personal ones; names: their names too */
ImapCommand *imap_command_compress(void);	/* the session writes it when nothing else is under way, and nothing behind it */

/* APPEND of one message, or with MULTIAPPEND of several: one _message for each. flags: "\\Seen $Forwarded" or NULL; when: 0: now. */
ImapCommand *imap_command_append(const char *mailbox);
void imap_command_append_message(ImapCommand *c, const char *flags, gint64 when, GBytes *message, ImapAppendForm form);

ImapCommand *imap_command_enable(const char *what);
ImapCommand *imap_command_simple(const char *verb);	/* NAMESPACE, NOOP, UNSELECT, CAPABILITY */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapCommand, imap_command_free)
