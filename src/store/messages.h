/* messages.h - what is known of each message: envelope, flags, structure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A message is (folder, UIDVALIDITY, UID), unique (P9, P10, P12). `flags` is what the person sees, `server_flags`
 * what the server last said; pull merges three ways while wishes wait. The list is paged by key, never loaded whole:
 * 100,000 rows cost as much as 1,000. The order is received date, then UID. */
#pragma once

#include "store/db.h"

typedef enum {	/* the same numbers as ImapFlags */
	FLAG_SEEN = 1 << 0, FLAG_ANSWERED = 1 << 1, FLAG_FLAGGED = 1 << 2, FLAG_DELETED = 1 << 3, FLAG_DRAFT = 1 << 4,
	FLAG_RECENT = 1 << 5, FLAG_FORWARDED = 1 << 6,
} MessageFlags;

typedef enum { TRAIT_ATTACHMENT = 1 << 0, TRAIT_HTML_ONLY = 1 << 1, TRAIT_CALENDAR = 1 << 2, TRAIT_ENCRYPTED = 1 << 3, TRAIT_SIGNED = 1 << 4 } MessageTraits;

typedef struct {
	gint64 id, folder;
	guint32 uidvalidity, uid;	/* uid 0: the server's is not known yet (it was moved here, or is on its way) */
	guint32 flags, server_flags;
	char *keywords;		/* owned: space-separated, or NULL */
	gint64 received, sent;	/* Unix seconds; sent 0: no valid Date */
	guint64 size;
	guint64 modseq;
	guint32 traits;
	char *subject, *from_name, *from_address, *to, *cc, *reply_to;	/* owned: UTF-8, decoded; lists as "Name <a@b>, ..." ; any may be NULL */
	char *message_id, *in_reply_to, *references;	/* owned; may be NULL */
	char *structure;	/* owned: imap_body_serialise, or NULL */
	char *email_id;		/* owned: OBJECTID: the same wherever the message lies; or NULL */
	char *preview;		/* owned: how the text begins, foreign, at most LIMIT_PREVIEW characters; NULL: not told */
	bool body_here;		/* text can be shown without the network */
} Message;

Message *message_new(void);
void message_free(Message *m);

/* The place of a row in the list. uid may be provisional: above all real ones. */
typedef struct { gint64 received; gint64 uid; gint64 id; } MessageKey;

/* A row as the list shows it: no structure, references, cc. */
typedef struct {
	MessageKey key;
	guint32 flags, traits;
	guint64 size;
	gint64 sent;
	char *subject, *from_name, *from_address, *to;	/* owned */
	bool body_here;
} MessageRow;
void message_row_clear(MessageRow *r);

/* What is shown of a folder: everything, or what a limit lets through. The limit is `where`, made by messages_limit_new;
 * NULL: all. */
typedef struct MessageLimit MessageLimit;

/* mutt-like patterns for limit and search: plain words (all of them) are looked for in from, to and subject; ~f ~t ~c ~s EXPR, ~C EXPR to or cc, ~L EXPR
 * from, to or cc, ~b EXPR in the text of bodies that are here, else in what the server told of their beginning, ~N new/unread, ~U unread, ~R read, ~F flagged, ~Q answered, ~D deleted, ~X with attachments,
 * ~A all, ~d DATE sent, ~r DATE received (<3d >1w =1d, y m w d H M S; 2026-01-31, 31/1/2026, 20260131; A-B, A-, -B except with 2026-01-31, there A..B), ~z size
 * (>10K <1M 10K-1M), ! not, | or, ( ). EXPR is a word or "some words": no regular expression; letter case and width do not matter.
 * ~h is not offered. EIL_ASK_USER with a sentence on a mistake; an empty pattern is ~A. */
MessageLimit *messages_limit_new(const char *pattern, GError **err);
void messages_limit_free(MessageLimit *l);
void messages_limit_keep(MessageLimit *l, gint64 id);	/* it passes from now on, whatever becomes of it */
/* It is in that folder, and does not pass any more; where that takes its body: may not. */
bool messages_limit_lost(Db *db, const MessageLimit *l, gint64 folder, gint64 id);

/* Up to n rows from `from` (NULL: the newest; with newer: the oldest) on: older ones if !newer, else newer ones (nearest first). `inclusive`: with the row of the
 * key itself. Stops early after budget_us microseconds (0: never): then *cut is set and *resume is the last row that was looked at: go on from it, not inclusive.
 * Each call looks at one row at least. cut and resume may be NULL where budget_us is 0. */
GArray *messages_page(Db *db, gint64 folder, const MessageLimit *limit, const MessageKey *from, bool newer, bool inclusive,
	guint n, guint budget_us, bool *cut, MessageKey *resume, GError **err);	/* of MessageRow; yours */
/* The same, only the keys: a whole limit's result in slices, or the next match of a search. */
GArray *messages_keys(Db *db, gint64 folder, const MessageLimit *limit, const MessageKey *from, bool newer, bool inclusive,
	guint n, guint budget_us, bool *cut, MessageKey *resume, GError **err);	/* of MessageKey; yours */
bool messages_row(Db *db, gint64 id, MessageRow *row, GError **err);	/* false without err: gone */
Message *messages_get(Db *db, gint64 id, GError **err);	/* whole; NULL without err: gone */
Message *messages_find_uid(Db *db, gint64 folder, guint32 uid, GError **err);
gint64 messages_id_of_uid(Db *db, gint64 folder, guint32 uid);	/* 0: none */
/* Position and row, both ways: a sum over days and a count inside one day, not over all rows. */
guint messages_count_newer(Db *db, gint64 folder, const MessageKey *key);	/* the row's position */
bool messages_key_at(Db *db, gint64 folder, guint position, MessageKey *key);	/* 0: the newest; false: there are not so many */
bool messages_is_in(Db *db, gint64 id, gint64 folder);
bool messages_key(Db *db, gint64 id, MessageKey *key);	/* false: gone */

/* writer, each inside a transaction of the caller's */
/* A new row gets m->flags and m->server_flags as they are (give both the same); NULL and 0 leave what is known of an old one. */
gint64 messages_put(Db *db, const Message *m, GError **err);	/* by (folder, uidvalidity, uid): inserts, or updates what came from the server without touching flags that wait in the journal. The id, or 0 */
gint64 messages_put_ours(Db *db, const Message *m, GError **err);	/* a new one that no server told of, under a name that is not kept: journal_place_provisional follows */
/* n of them, in that order, as messages_put one by one, and much faster where they are new; ids: room for n. false: err, and some may be put. */
bool messages_put_many(Db *db, Message *const *messages, guint n, gint64 *ids, GError **err);
bool messages_set_flags(Db *db, gint64 id, guint32 flags, guint32 server_flags, guint64 modseq, GError **err);
bool messages_server_flags(Db *db, gint64 folder, guint32 uid, guint32 server_flags, const char *keywords, guint64 modseq, bool *changed, GError **err);	/* three-way merge with what waits in the journal */
bool messages_remove_uid(Db *db, gint64 folder, guint32 uid, GError **err);
bool messages_remove_range(Db *db, gint64 folder, guint32 lo, guint32 hi, guint *n_removed, GError **err);	/* UIDs lo..hi */
/* For a resync by UID ranges: the store's (uid, server_flags) in [lo, hi], ascending; of MessageUid; yours. */
typedef struct { guint32 uid, server_flags; } MessageUid;
GArray *messages_uids(Db *db, gint64 folder, guint32 lo, guint32 hi, GError **err);
guint32 messages_max_uid(Db *db, gint64 folder);
guint32 messages_count_range(Db *db, gint64 folder, guint32 lo, guint32 hi);
bool messages_range_adds_up(Db *db, gint64 folder, guint32 lo, guint32 hi, guint n, gint64 sum);	/* so many are in it, and that is the sum of their UIDs */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, message_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MessageLimit, messages_limit_free)
