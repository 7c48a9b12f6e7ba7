/* pop.h - the ledger of a POP3 account: what lies on the server, since when, and what became of it. UIDLs are kept for ever (S15, P13).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Order (P14): RETR -> body and row committed -> the policy decides -> POP_DELETING committed -> DELE -> +OK to QUIT -> POP_DELETED. */
#pragma once

#include "store/db.h"

typedef enum {
	POP_SEEN,	/* on the server, not downloaded (yet) */
	POP_HERE,	/* downloaded and committed; still on the server */
	POP_DELETING,	/* to be deleted there: committed before DELE */
	POP_DELETED,	/* +OK to QUIT: gone there */
	POP_GONE,	/* it disappeared by itself (another client) */
} PopState;

typedef struct {
	gint64 id;
	char *uidl;		/* owned */
	guint64 size;		/* as LIST said */
	char *hash;		/* owned: SHA-256 of the header; NULL: not known */
	gint64 message;		/* row here; 0: none (any more) */
	gint64 first_seen, changed;	/* Unix seconds */
	PopState state;
	char *subject, *from;	/* owned: for the ledger screen; or NULL */
} PopRow;
void pop_row_free(PopRow *r);

GPtrArray *pop_list(Db *db, bool on_server_only, GError **err);	/* of PopRow*, newest first; any connection; yours */
PopRow *pop_find(Db *db, const char *uidl, guint64 size, GError **err);	/* NULL without err: unknown */
guint pop_count(Db *db, PopState state);
guint64 pop_bytes(Db *db, PopState state);

/* writer, in a transaction of the caller's */
gint64 pop_put(Db *db, const PopRow *row, GError **err);	/* by (uidl, size): inserts or updates */
bool pop_set_state(Db *db, gint64 id, PopState state, gint64 now, GError **err);
bool pop_rename(Db *db, gint64 id, const char *uidl, guint64 size, GError **err);	/* the server gave it another name: the header is the same */
bool pop_session(Db *db, GError **err);	/* a session begins: no DELE of an earlier one counts */
bool pop_deled(Db *db, gint64 id, GError **err);	/* +OK to DELE came */
bool pop_deleted(Db *db, gint64 now, GError **err);	/* +OK to QUIT came: all POP_DELETING that were DELEd in this session */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PopRow, pop_row_free)
