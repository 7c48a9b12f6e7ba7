/* pop_private.h - the receiving side of a POP3 account; for src/sync/pop*.c only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "proto/pop3/session.h"
#include "render/compose.h"
#include "store/pop.h"
#include "sync/engine_private.h"

typedef enum { POP_OFF, POP_LISTING, POP_HASHING, POP_FETCHING, POP_REMOVING, POP_QUITTING } PopPhase;

/* A message as the server lists it in this session. */
typedef struct {
	guint32 number;
	guint64 size;
	char *uidl;		/* owned; NULL: none, or not unique */
	PopRow *row;		/* borrowed from Pop.ledger; NULL: not known */
	char *hash;		/* owned: of its header, as TOP gave it */
	bool wanted;		/* to be downloaded */
	guint newer;		/* so many of the wanted ones are newer */
	bool fresh;		/* downloaded in this session */
} PopEntry;

/* A message on its way into the store. */
typedef struct {
	guint entry;		/* index into Pop.entries */
	GByteArray *bytes;	/* owned: small ones */
	int fd;			/* large ones: an unnamed file; -1: none */
	guint64 size;
	GBytes *whole;		/* owned: when it is complete */
	char *hash;		/* owned */
} PopBody;

struct Pop {
	Link *link;		/* owned */
	Pop3Session *session;	/* owned */
	GByteArray *early;	/* owned */
	bool link_open, ready, starting;

	PopPhase phase;
	gint64 inbox;
	guint32 uid_above;	/* the newest of the wanted ones gets the UID below it, and so on down */
	GArray *entries;	/* owned, of PopEntry, by number */
	GPtrArray *ledger;	/* owned, of PopRow* */
	GHashTable *by_key;	/* owned: "uidl\nsize" -> PopRow* borrowed */
	GHashTable *missing;	/* owned, of PopRow* borrowed: were on the server, and are not listed now under their names */
	GHashTable *missing_sizes;	/* owned: their sizes */
	GHashTable *uidls;	/* owned: set of borrowed char* */
	guint32 stat_id, list_id, uidl_id;
	guint lists_done;
	bool no_uidl;		/* the server has none: the safe path */
	bool suspicious;	/* most UIDLs changed at once: nothing is removed in this session */
	guint64 count;

	GQueue queue;		/* of guint (entry index) to TOP or RETR, next first */
	GHashTable *ids;	/* owned: command id -> entry index + 1 */
	guint in_flight;
	PopBody *body;		/* owned: being received */
	GPtrArray *done;	/* owned, of PopBody*: complete, not yet in the store */
	gsize done_bytes;
	gint64 flushed_at;
	guint n_wanted, n_fetched;
	guint64 bytes_wanted, bytes_fetched;
	gint64 fetch_since, told;
	guint deles;		/* under way */
	bool removes;		/* DELEs went out */
	bool asked_removal;
	bool short_of_room;	/* some of the queue were left for that */
	GHashTable *too_big;	/* owned, of owned "uidl\nsize": the person was told of it */
	bool looked;		/* a session before this one fetched all: what comes now is news */
};

static inline PopEntry *
pop_entry(Pop *p, guint i)
{
	return &g_array_index(p->entries, PopEntry, i);
}

/* pop_names.c */
void pop_names_match(Engine *e);	/* the lists are here: ledger, the rows of the entries, what is missing, and whether names changed */
char *pop_header_hash(const guint8 *data, gsize len);	/* yours */
PopRow *pop_row_of_hash(Pop *p, const char *hash);	/* borrowed; NULL: none */
bool pop_needs_hash(Pop *p, const PopEntry *en);	/* its header must be seen before it counts as new */
bool pop_mark_gone(Engine *e, GError **err);	/* in the caller's transaction: what is missing */

/* pop_work.c */
void pop_begin(Engine *e);	/* signed in: list */
void pop_event(Engine *e, const Pop3Event *ev);
void pop_flush(Engine *e, bool all);	/* complete messages into the store */
void pop_clear(Pop *p);		/* what belongs to one session */
void pop_body_free(PopBody *b);
