/* outbox.h - mails of the person on their way: drafts, waiting, in doubt, sent but not filed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * DRAFT -> QUEUED (Message-ID and Date fixed) -> SENDING -> DOT_SENT (committed before the final dot leaves) -> SENT -> FILED (then the row goes after
 * OUTBOX_KEEP_S). Failure before DOT_SENT: QUEUED with back-off, or FAILED (5xx: the person must act). Failure after: UNKNOWN, never sent again in silence.
 * Draft and message also lie as plain .eml beside the store (RELIABILITY S7): STORE.d/ID.eml, written by outbox_put_*, removed with the row.
 * Functions that change run on the writer, inside a transaction of the caller's; lists also on a reader. */
#pragma once

#include "mail/draft.h"
#include "store/db.h"

typedef enum { OUT_DRAFT, OUT_QUEUED, OUT_SENDING, OUT_DOT_SENT, OUT_SENT, OUT_FILED, OUT_UNKNOWN, OUT_FAILED } OutState;
enum { OUTBOX_KEEP_S = 3 * 86400 };

typedef struct {
	gint64 id;
	OutState state;
	char *message_id, *sender, *to, *subject;	/* owned; for showing, UTF-8, not cleaned; may be NULL in a draft */
	gint64 not_before;	/* Unix seconds: undo time, send later, next try */
	bool later;		/* a time that the person chose (else undo time or back-off) */
	gint64 created, changed;
	guint tries;
	guint64 size;		/* of the message; 0 in a draft */
	char *last_error;	/* owned: sentence or server's words; NULL: none */
	guint n_recipients, n_refused;
	bool filed_by_server;	/* its Message-ID was found in Sent without our doing */
} OutRow;
void out_row_free(OutRow *r);

typedef struct { char *address; guint state; /* 0 waiting, 1 accepted, 2 refused */ guint16 code; char *reply; } OutRecipient;	/* owned strings */
void out_recipient_clear(OutRecipient *r);

GPtrArray *outbox_list(Db *db, bool drafts, GError **err);	/* of OutRow*, oldest first: all but drafts and FILED (those yes that a recipient refused, until removed), or only drafts (newest first); yours */
OutRow *outbox_get(Db *db, gint64 id, GError **err);	/* NULL without err: gone */
guint outbox_count(Db *db, bool drafts);
Draft *outbox_draft(Db *db, gint64 id, GError **err);	/* as last saved; also of a queued mail (for editing it again); yours */
GBytes *outbox_message(Db *db, gint64 id, GError **err);	/* the final bytes; yours */
GArray *outbox_recipients(Db *db, gint64 id, GError **err);	/* of OutRecipient; yours (clear func set) */
OutRow *outbox_next(Db *db, gint64 now, GError **err);	/* the oldest QUEUED that is due; NULL without err: none */
gint64 outbox_next_time(Db *db);	/* earliest not_before of the QUEUED, or -1 */
OutRow *outbox_next_to_file(Db *db, gint64 now, GError **err);	/* SENT, not filed yet, due */

/* The message that is its copy in a folder of drafts; 0: none. */
gint64 outbox_copy(Db *db, gint64 id);
gint64 outbox_of_copy(Db *db, gint64 message);	/* the draft whose copy that is; 0: none */

/* writer */
bool outbox_set_copy(Db *db, gint64 id, gint64 message /* 0: none */, GError **err);
gint64 outbox_save_draft(Db *db, gint64 id /* 0: a new one */, const Draft *d, GError **err);
typedef struct { const char *sender; const char *const *recipients; GBytes *message; bool has_8bit, needs_utf8, dsn; const char *message_id, *subject, *to; } OutMail;	/* borrowed */
gint64 outbox_queue(Db *db, gint64 id /* 0: a new one */, const Draft *d /* NULL: sendmail face */, const OutMail *mail, gint64 not_before, bool later, GError **err);
bool outbox_mail(Db *db, gint64 id, GPtrArray **recipients /* of char*; those not yet accepted, and of them not who was refused for good, unless there is nobody else */, char **sender, bool *has_8bit, bool *needs_utf8, bool *dsn, GError **err);
bool outbox_set_state(Db *db, gint64 id, OutState state, gint64 not_before, const char *error /* NULL: none */, GError **err);	/* QUEUED from SENDING counts a try */
bool outbox_set_recipient(Db *db, gint64 id, const char *address, bool accepted, guint16 code, const char *reply, GError **err);
bool outbox_set_filed_by_server(Db *db, gint64 id, GError **err);
bool outbox_remove(Db *db, gint64 id, GError **err);
/* After a start: SENDING -> QUEUED, DOT_SENT -> UNKNOWN, old FILED go that all recipients took. */
bool outbox_recover(Db *db, gint64 now, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutRow, out_row_free)
