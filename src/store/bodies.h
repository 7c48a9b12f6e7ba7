/* bodies.h - the bytes of messages: whole ones, or parts as they were fetched (still encoded).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Each has its length and SHA-256; one that does not match is as if not there (S2, S8). Large ones are kept in pieces of
 * 1 MiB so that neither reading nor writing needs the whole in memory twice. */
#pragma once

#include "store/db.h"

/* section: "" the whole message, "HEADER", or an IMAP part such as "1.2". NULL without err: not here (or damaged: then it is removed by the writer at its next chance). */
GBytes *bodies_get(Db *db, gint64 message, const char *section, GError **err);
bool bodies_has(Db *db, gint64 message, const char *section);

/* writer */
bool bodies_put(Db *db, gint64 message, const char *section, GBytes *data, GError **err);	/* in a transaction of the caller's; replaces */
bool bodies_set_here(Db *db, gint64 message, bool here, GError **err);	/* messages.body_here */
bool bodies_remove(Db *db, gint64 message, GError **err);

/* Streamed: pieces are committed as they come and count only from finish on; what was not finished is gone at the next open. */
typedef struct BodyWriter BodyWriter;
BodyWriter *bodies_write(Db *db, gint64 message, const char *section, GError **err);
bool bodies_write_piece(BodyWriter *w, const void *data, gsize len, GError **err);
bool bodies_write_finish(BodyWriter *w, GError **err);	/* frees w */
void bodies_write_abort(BodyWriter *w);	/* frees w */
