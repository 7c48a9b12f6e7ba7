/* outbox_private.h - the sending side of an account's thread; for src/sync/outbox*.c only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "proto/smtp/session.h"
#include "render/compose.h"
#include "store/outbox.h"
#include "sync/engine_private.h"

enum { OUT_KEEP_OPEN_MS = 30000, OUT_GIVE_UP_S = 5 * 86400 };

typedef struct { char *address; bool accepted; guint16 code; char *reply; } Result;	/* owned strings */

/* How a mail on its way ended. taken: the server has it for those whom it accepted; else their acceptance means nothing. */
typedef struct { OutState state; bool taken; gint64 not_before; char *why; /* owned */ } MailEnd;

struct Sender {
	/* who may leave though its account sends by hand, or not by itself now */
	GHashTable *released;	/* owned, of gint64*: rows that the person sent off */
	bool cycle;		/* a send/receive cycle: engine_sent is told when nothing more can go */
	bool blocked;		/* a failure that time does not heal: until the person acts */
	guint tries;		/* of connections that failed */
	gint64 next_try;	/* ms; 0: now */

	/* the connection */
	Link *link;		/* owned */
	SmtpSession *session;	/* owned */
	GByteArray *early;	/* owned: the greeting, if it is here before the secret */
	bool link_open, ready, starting;
	gint64 last_use;	/* ms */

	/* the mail on its way */
	gint64 row;		/* 0: none */
	GBytes *message;	/* owned */
	gsize given;
	char **recipients;	/* owned */
	GArray *results;	/* owned, of Result */
	bool wants_data, released_end;
	gint64 told;		/* ms: progress */
	MailEnd end;
	gint64 end_at;		/* ms: that could not be written down, and is tried again then; until it is, no other mail begins. 0: none */

	/* the copies */
	GHashTable *looked;	/* owned, of gint64* -> number: fruitless looks into Sent, this session */
	gint64 here_at;		/* ms: not earlier is a copy put into the local Sent again */
	bool found;		/* the search under way found it */
	bool local_copy;	/* a copy was put into the local Sent: to be told after the commit */
	gint64 marked_folder;	/* a message of it was marked as answered: to be told after the commit */
	bool creating;		/* CREATE of the Sent folder was tried */
	bool acted;		/* something left, or was to leave, in this session: its copy may open a connection */
};

/* outbox.c */
bool outbox_commit(Engine *e, bool ok, GError **err /* taken */);	/* ends the transaction; false: rolled back, and said */
void outbox_told(Engine *e, gint64 row);	/* LETTER_OUTBOX */
bool outbox_may_leave(Engine *e, const OutRow *r);
OutRow *outbox_ready(Engine *e, gint64 *next /* Unix seconds of the next that will be ready, -1: none */);

char *outbox_own_address(const Account *a);	/* "Name <a@b>"; yours */

/* drafts.c; in the caller's transaction unless it says otherwise */
/* The copy of the draft goes, if there is one: the folder that changed, 0: none, -1: err. */
gint64 drafts_gone(Engine *e, gint64 row, bool into_trash, GError **err);
bool drafts_goes_on_with(Engine *e, gint64 row, const GArray *ids /* the message; may be NULL */, GError **err);
void drafts_changed(Engine *e, gint64 folder);	/* after the commit */
void drafts_postponed(Engine *e, gint64 row);	/* a transaction of its own */

/* outbox_end.c; of the mail on its way */
void end_clear(Sender *s);	/* there is none any more */
gint64 end_back_off(guint tries);	/* seconds */
void end_settle(Engine *e, OutState state, bool taken, gint64 not_before, const char *why);
void end_in_doubt(Engine *e);	/* nobody knows whether it arrived: told, and the person decides */
void end_put_back(Engine *e, const char *why);	/* into the queue: whatever failed had nothing to do with it */
void end_write(Engine *e);	/* what could not be written down: once more */

/* outbox_smtp.c */
void smtp_connect(Engine *e);
void smtp_pump(Engine *e);
void smtp_give_up(Engine *e);	/* as if the line had broken: what waits for it is tried again by itself */
void smtp_drop(Engine *e);	/* closes; what was on its way goes back to its place in the queue, or is in doubt */

/* outbox_file.c */
void file_here(Engine *e);	/* copies that belong into the local Sent, or nowhere; what finds no room is tried again */
void file_mark_answered(Engine *e, gint64 row, GError **err);	/* in the caller's transaction */
guint file_wait_s(Engine *e);	/* how long a server gets to file the copy by itself before it is looked for */
gint64 file_next_time(Engine *e);	/* Unix seconds; -1: nothing to file */
