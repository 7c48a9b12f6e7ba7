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

/* As the server has it byte by byte, or in lines that were made here of what it had decoded (BINARY). The two are never mixed. */
typedef enum { BODY_AS_SENT, BODY_RECODED } BodyForm;

/* In several sittings: what came is kept, also over the end of the program (at most a piece is lost when it is killed), until it is finished or aborted. At most
 * one writer of a section at a time. */
/* Begins, or goes on behind what is here; what is here in the other form goes first. */
BodyWriter *bodies_write_on(Db *db, gint64 message, const char *section, BodyForm form, GError **err);
guint64 bodies_written(const BodyWriter *w);	/* so many bytes are here: the offset of the next */
bool bodies_write_sync(BodyWriter *w, GError **err);	/* now a kill loses nothing */
void bodies_write_pause(BodyWriter *w);	/* frees w */
guint64 bodies_partial(Db *db, gint64 message, const char *section);	/* bytes of one that is not finished; 0: none */
BodyForm bodies_partial_form(Db *db, gint64 message, const char *section);	/* of that one */

/* Read in pieces, one in memory at a time. */
typedef struct BodyReader BodyReader;
BodyReader *bodies_read(Db *db, gint64 message, const char *section, GError **err);	/* NULL without err: not here */
/* *len 0: the end, and all that was given is as it came. EIL_BROKEN: it does not match its checksum; nothing of it may be used. */
bool bodies_read_piece(BodyReader *r, const guint8 **data /* borrowed until the next call */, gsize *len, GError **err);
void bodies_reader_free(BodyReader *r);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BodyReader, bodies_reader_free)
