/* journal_private.h - what the files of the journal share. Only for src/store/journal*.c and acts.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/db_private.h"
#include "store/journal.h"

#define WISH_COLUMNS "id, kind, folder, message, uidvalidity, uid, flag, \"on\", argument, state," \
	" tries, not_before, last_error, target, source, step, act"
/* A copy that waits was made behind that wish: it shall carry what was said till then. */
#define COPIED_SINCE "EXISTS (SELECT 1 FROM wish AS c WHERE c.kind = 2 AND c.source = wish.message AND c.source <> 0 AND c.id > wish.id AND c.state IN " LIVE ")"
#define LIVE "(0, 1, 4)"	/* states of wishes that are still to come true */
/* It is time, ?1 being now. No wish is told to wait for longer than minutes: hours say that the clock was ahead then, and is
 * put right. */
#define DUE "(not_before <= ?1 OR not_before > ?1 + 7200)"

GPtrArray *journal_read(Db *db, Stmt *st, GError **err);	/* of Wish*: all rows of a statement with WISH_COLUMNS */
bool journal_set_words(Db *db, gint64 id, gint64 not_before, const char *words, GError **err);

/* journal_move.c */
bool journal_move_done(Db *db, const Wish *w, GError **err);
bool journal_move_failed(Db *db, const Wish *w, GError **err);	/* the message goes back to where the server has it */
bool journal_move_again(Db *db, const Wish *w, bool remove, GError **err);
bool journal_move_recover(Db *db, GError **err);
bool journal_unbind(Db *db, gint64 folder, GError **err);	/* its UIDVALIDITY changed */
bool journal_place_provisional(Db *db, gint64 message, gint64 folder, GError **err);
bool journal_out_of_sight(Db *db, gint64 message, GError **err);	/* kept, and shown nowhere */
/* journal_append.c */
bool journal_append_failed(Db *db, const Wish *w, GError **err);
bool journal_append_again(Db *db, const Wish *w, bool remove, GError **err);
/* journal_keyword.c */
bool journal_keyword_failed(Db *db, const Wish *w, GError **err);	/* as before it */
/* journal_folder.c */
bool journal_folder_done(Db *db, const Wish *w, GError **err);
bool journal_folder_failed(Db *db, const Wish *w, GError **err);
