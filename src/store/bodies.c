/* bodies.c - the bytes of messages, in pieces of 1 MiB, each whole with its length and SHA-256
 * (RELIABILITY S2, S8).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A body counts only when it is marked as done; what was cut short is taken out when the writer
 * opens the file. */
#include "config.h"
#include "store/bodies.h"
#include "store/db_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

enum { SHA256_BYTES = 32 };
#define PIECE_BYTES MIB

struct BodyWriter {
	Db *db;			/* borrowed: outlives the writer */
	GChecksum *sum;		/* owned */
	GByteArray *piece;	/* owned: not yet written */
	char *section;		/* owned */
	gint64 message, body;
	gint64 n_pieces;
	guint64 size;
};

typedef struct {
	gint64 id;
	guint64 size;
	guint8 sha256[SHA256_BYTES];
	bool here;
} BodyFacts;

/* ---- reading ---- */

static bool
read_facts(Db *db, gint64 message, const char *section, BodyFacts *f, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT id, size, sha256 FROM body WHERE message = ?1 AND section = ?2 AND done = 1",
	    err);

	f->here = false;
	if (!st)
		return false;
	stmt_int(st, 1, message);
	stmt_text(st, 2, section);
	if (!db_next(db, st, &f->here, err))
		return false;
	if (!f->here)
		return true;
	f->id = sqlite3_column_int64(st, 0);
	f->size = (guint64)sqlite3_column_int64(st, 1);
	memset(f->sha256, 0, sizeof f->sha256);
	if (sqlite3_column_bytes(st, 2) == SHA256_BYTES)
		memcpy(f->sha256, sqlite3_column_blob(st, 2), SHA256_BYTES);
	return true;
}

/* The pieces, as long as they fit what was announced; the caller compares. */
static bool
read_pieces(Db *db, const BodyFacts *f, guint8 *data, GChecksum *sum, guint64 *got, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT data FROM piece WHERE id >= ?1 << 16 AND id < (?1 + 1) << 16 ORDER BY id", err);
	bool row;

	*got = 0;
	if (!st)
		return false;
	stmt_int(st, 1, f->id);
	for (;;) {
		if (!db_next(db, st, &row, err))
			return false;
		if (!row)
			return true;
		const void *bytes = sqlite3_column_blob(st, 0);
		gsize len = (gsize)sqlite3_column_bytes(st, 0);
		if (len > f->size - *got)
			return true;
		if (len > 0) {
			memcpy(data + *got, bytes, len);
			g_checksum_update(sum, bytes, (gssize)len);
		}
		*got += len;
	}
}

static void
drop_damaged(Db *db, gint64 message, const char *section, gint64 body)
{
	log_line(LOG_WARN, "store",
	    "body %" G_GINT64_FORMAT " section \"%s\" does not match its checksum", message,
	    section);
	if (!db_writes(db))
		return;
	db_run_ints(db, NULL, "DELETE FROM body WHERE id = ?1", INTS(body));
	bodies_set_here(db, message, false, NULL);
}

GBytes *
bodies_get(Db *db, gint64 message, const char *section, GError **err)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guint8 *data = NULL;
	guint8 digest[SHA256_BYTES];
	gsize n_digest = sizeof digest;
	BodyFacts f;
	guint64 got = 0;

	if (!read_facts(db, message, section, &f, err) || !f.here)
		return NULL;
	if (f.size <= LIMIT_MESSAGE_STORED) {
		data = g_malloc(f.size + 1);
		if (!read_pieces(db, &f, data, sum, &got, err))
			return NULL;
	}
	g_checksum_get_digest(sum, digest, &n_digest);
	if (!data || got != f.size || memcmp(digest, f.sha256, SHA256_BYTES) != 0) {
		drop_damaged(db, message, section, f.id);
		return NULL;
	}
	data[f.size] = 0;	/* not counted: for those who scan text */
	return g_bytes_new_take(g_steal_pointer(&data), f.size);
}

bool
bodies_has(Db *db, gint64 message, const char *section)
{
	BodyFacts f;

	/* the writer makes sure, so that what a reader could not use is fetched again */
	if (db_writes(db)) {
		g_autoptr(GBytes) bytes = bodies_get(db, message, section, NULL);
		return bytes != NULL;
	}
	return read_facts(db, message, section, &f, NULL) && f.here;
}

/* ---- writing ---- */

bool
bodies_set_here(Db *db, gint64 message, bool here, GError **err)
{
	return db_run_ints(db, err, "UPDATE message SET body_here = ?2 WHERE id = ?1",
	    INTS(message, here));
}

bool
bodies_remove(Db *db, gint64 message, GError **err)
{
	return db_run_ints(db, err, "DELETE FROM body WHERE message = ?1", INTS(message)) &&
	    bodies_set_here(db, message, false, err);
}

static void
writer_free(BodyWriter *w)
{
	g_checksum_free(w->sum);
	g_byte_array_unref(w->piece);
	g_free(w->section);
	g_free(w);
}

BodyWriter *
bodies_write(Db *db, gint64 message, const char *section, GError **err)
{
	gint64 body = 0;
	{
		g_autoptr(Stmt) st = db_stmt(db,
		    "INSERT INTO body (message, section, size, done) VALUES (?1, ?2, 0, 0)", err);
		if (!st)
			return NULL;
		stmt_int(st, 1, message);
		stmt_text(st, 2, section);
		if (!db_run(db, st, err))
			return NULL;
		body = sqlite3_last_insert_rowid(db_handle(db));
	}

	BodyWriter *w = g_new0(BodyWriter, 1);
	w->db = db;
	w->sum = g_checksum_new(G_CHECKSUM_SHA256);
	w->piece = g_byte_array_new();
	w->section = g_strdup(section);
	w->message = message;
	w->body = body;
	return w;
}

static bool
flush_piece(BodyWriter *w, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(w->db, "INSERT INTO piece (id, data) VALUES (?1, ?2)", err);

	if (!st)
		return false;
	if (!db_has_room(w->db)) {
		g_set_error(err, EIL_ERROR, EIL_LATER,
		    _("The disk is nearly full: nothing more is downloaded until there is room"));
		return false;
	}
	stmt_int(st, 1, w->body << 16 | w->n_pieces++);
	stmt_blob(st, 2, w->piece->data, w->piece->len);
	if (!db_run(w->db, st, err))
		return false;
	g_byte_array_set_size(w->piece, 0);
	return true;
}

bool
bodies_write_piece(BodyWriter *w, const void *data, gsize len, GError **err)
{
	const guint8 *p = data;

	if (len > LIMIT_MESSAGE_STORED - w->size) {
		g_set_error(err, EIL_ERROR, EIL_REFUSED,
		    _("This message is larger than the %d MiB that eilpost stores"),
		    (int)(LIMIT_MESSAGE_STORED / MIB));
		return false;
	}
	w->size += len;
	g_checksum_update(w->sum, p, (gssize)len);
	while (len > 0) {
		gsize n = MIN(len, PIECE_BYTES - w->piece->len);
		g_byte_array_append(w->piece, p, (guint)n);
		p += n;
		len -= n;
		if (w->piece->len == PIECE_BYTES && !flush_piece(w, err))
			return false;
	}
	return true;
}

/* The old one out, the new one counts: together. */
static bool
mark_done(BodyWriter *w, GError **err)
{
	guint8 digest[SHA256_BYTES];
	gsize n_digest = sizeof digest;

	g_checksum_get_digest(w->sum, digest, &n_digest);
	{
		g_autoptr(Stmt) st = db_stmt(w->db,
		    "DELETE FROM body WHERE message = ?1 AND section = ?2 AND done = 1", err);
		if (!st)
			return false;
		stmt_int(st, 1, w->message);
		stmt_text(st, 2, w->section);
		if (!db_run(w->db, st, err))
			return false;
	}
	g_autoptr(Stmt) st = db_stmt(w->db,
	    "UPDATE body SET size = ?2, sha256 = ?3, done = 1 WHERE id = ?1", err);
	if (!st)
		return false;
	stmt_int(st, 1, w->body);
	stmt_int(st, 2, (gint64)w->size);
	stmt_blob(st, 3, digest, n_digest);
	return db_run(w->db, st, err);
}

bool
bodies_write_finish(BodyWriter *w, GError **err)
{
	bool own = !db_in_transaction(w->db);
	bool ok = (!own || db_begin(w->db, err)) && (w->piece->len == 0 || flush_piece(w, err)) &&
	    mark_done(w, err) &&
	    (!own || db_commit(w->db, err));

	if (!ok) {
		if (own)
			db_rollback(w->db);
		bodies_write_abort(w);
		return false;
	}
	writer_free(w);
	return true;
}

void
bodies_write_abort(BodyWriter *w)
{
	if (!w)
		return;
	db_run_ints(w->db, NULL, "DELETE FROM body WHERE id = ?1", INTS(w->body));
	writer_free(w);
}

bool
bodies_put(Db *db, gint64 message, const char *section, GBytes *data, GError **err)
{
	gsize len;
	const void *bytes = g_bytes_get_data(data, &len);
	BodyWriter *w = bodies_write(db, message, section, err);

	if (!w)
		return false;
	if (!bodies_write_piece(w, bytes, len, err)) {
		bodies_write_abort(w);
		return false;
	}
	return bodies_write_finish(w, err);
}
