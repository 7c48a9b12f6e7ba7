/* bodies.c - the bytes of messages, in pieces of 1 MiB, each whole with its length and SHA-256
 * (RELIABILITY S2, S8).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A body counts only when it is marked as done; what was cut short is taken out when the writer
 * opens the file, unless it is one that goes on another time. */
#include "config.h"
#include "store/bodies.h"
#include "store/db_private.h"
#include "store/sum.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

#define PIECE_BYTES MIB
#define SMALL_BYTES (256 * KIB)	/* needs no room beyond the reserve */

enum { DONE_NOT, DONE_WHOLE, DONE_KEPT /* not finished, but it goes on another time */ };
enum { PIECES_MOST = 1 << 16 };	/* of a body: their number is a part of their id */

struct BodyWriter {
	Db *db;			/* borrowed: outlives the writer */
	Sum *sum;		/* owned: of the first n_hashed pieces */
	GByteArray *piece;	/* owned: not yet written */
	char *section;		/* owned */
	gint64 message, body;
	gint64 n_pieces, n_hashed;
	guint64 size;
};

typedef struct {
	gint64 id;
	guint64 size;
	guint8 sha256[SUM_BYTES];
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
	if (sqlite3_column_bytes(st, 2) == SUM_BYTES)
		memcpy(f->sha256, sqlite3_column_blob(st, 2), SUM_BYTES);
	return true;
}

/* The pieces, as long as they fit what was announced; the caller compares. */
static bool
read_pieces(Db *db, const BodyFacts *f, guint8 *data, Sum *sum, guint64 *got, GError **err)
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
			sum_add(sum, bytes, len);
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
	g_autoptr(Sum) sum = sum_new();
	g_autofree guint8 *data = NULL;
	guint8 digest[SUM_BYTES];
	BodyFacts f;
	guint64 got = 0;

	if (!read_facts(db, message, section, &f, err) || !f.here)
		return NULL;
	if (f.size <= LIMIT_MESSAGE_STORED) {
		data = g_malloc(f.size + 1);
		if (!read_pieces(db, &f, data, sum, &got, err))
			return NULL;
	}
	sum_end(sum, digest);
	if (!data || got != f.size || memcmp(digest, f.sha256, SUM_BYTES) != 0) {
		drop_damaged(db, message, section, f.id);
		return NULL;
	}
	data[f.size] = 0;	/* not counted: for those who scan text */
	return g_bytes_new_take(g_steal_pointer(&data), f.size);
}

/* ---- reading in pieces ---- */

struct BodyReader {
	Db *db;			/* borrowed: outlives the reader */
	Sum *sum;		/* owned */
	char *section;		/* owned */
	GByteArray *piece;	/* owned: the last that was given */
	gint64 message;
	gint64 next;		/* number of the next piece */
	BodyFacts facts;
	guint64 got;
};

BodyReader *
bodies_read(Db *db, gint64 message, const char *section, GError **err)
{
	BodyFacts f;

	if (!read_facts(db, message, section, &f, err) || !f.here)
		return NULL;
	BodyReader *r = g_new0(BodyReader, 1);
	r->db = db;
	r->sum = sum_new();
	r->section = g_strdup(section);
	r->piece = g_byte_array_new();
	r->message = message;
	r->facts = f;
	return r;
}

void
bodies_reader_free(BodyReader *r)
{
	if (!r)
		return;
	sum_free(r->sum);
	g_byte_array_unref(r->piece);
	g_free(r->section);
	g_free(r);
}

static bool
load_piece(Db *db, gint64 body, gint64 n, GByteArray *piece, bool *here, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT data FROM piece WHERE id = ?1", err);

	if (!st)
		return false;
	stmt_int(st, 1, body << 16 | n);
	if (!db_next(db, st, here, err))
		return false;
	g_byte_array_set_size(piece, 0);
	if (*here && sqlite3_column_bytes(st, 0) > 0)
		g_byte_array_append(piece, sqlite3_column_blob(st, 0), (guint)sqlite3_column_bytes(st, 0));
	return true;
}

static bool
reader_matches(BodyReader *r, GError **err)
{
	guint8 digest[SUM_BYTES];

	sum_end(r->sum, digest);
	if (r->got == r->facts.size && memcmp(digest, r->facts.sha256, SUM_BYTES) == 0)
		return true;
	drop_damaged(r->db, r->message, r->section, r->facts.id);
	g_set_error_literal(err, EIL_ERROR, EIL_BROKEN, _("What lies on the disk is damaged; it has to be fetched again"));
	return false;
}

bool
bodies_read_piece(BodyReader *r, const guint8 **data, gsize *len, GError **err)
{
	bool here = false;

	*data = NULL;
	*len = 0;
	if (r->got < r->facts.size && !load_piece(r->db, r->facts.id, r->next, r->piece, &here, err))
		return false;
	if (!here || r->piece->len == 0 || r->piece->len > r->facts.size - r->got)
		return reader_matches(r, err);
	r->next++;
	r->got += r->piece->len;
	sum_add(r->sum, r->piece->data, r->piece->len);
	*data = r->piece->data;
	*len = r->piece->len;
	return true;
}

static bool
verify(Db *db, gint64 message, const char *section)
{
	g_autoptr(BodyReader) r = bodies_read(db, message, section, NULL);
	const guint8 *data;
	gsize len = 1;

	while (r && len > 0)
		if (!bodies_read_piece(r, &data, &len, NULL))
			return false;
	return r != NULL;
}

bool
bodies_has(Db *db, gint64 message, const char *section)
{
	BodyFacts f;

	/* the writer makes sure, so that what a reader could not use is fetched again */
	if (db_writes(db))
		return verify(db, message, section);
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
	sum_free(w->sum);
	g_byte_array_unref(w->piece);
	g_free(w->section);
	g_free(w);
}

static BodyWriter *
writer_new(Db *db, gint64 message, const char *section, gint64 body)
{
	BodyWriter *w = g_new0(BodyWriter, 1);
	w->db = db;
	w->sum = sum_new();
	w->piece = g_byte_array_new();
	w->section = g_strdup(section);
	w->message = message;
	w->body = body;
	return w;
}

static BodyWriter *
write_new(Db *db, gint64 message, const char *section, int done, BodyForm form, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "INSERT INTO body (message, section, size, done, form) VALUES (?1, ?2, 0, ?3, ?4)", err);

	if (!st)
		return NULL;
	stmt_int(st, 1, message);
	stmt_text(st, 2, section);
	stmt_int(st, 3, done);
	stmt_int(st, 4, form);
	if (!db_run(db, st, err))
		return NULL;
	return writer_new(db, message, section, sqlite3_last_insert_rowid(db_handle(db)));
}

BodyWriter *
bodies_write(Db *db, gint64 message, const char *section, GError **err)
{
	return write_new(db, message, section, DONE_NOT, BODY_AS_SENT, err);
}

/* The last piece may be short: it is taken back and filled. */
static bool
go_on(BodyWriter *w, GError **err)
{
	const gint64 last = w->n_pieces - 1;
	bool here = false;

	if (last < 0 || db_int(w->db, 0, "SELECT length(data) FROM piece WHERE id = ?1", INTS(w->body << 16 | last)) >= (gint64)PIECE_BYTES)
		return true;
	if (!load_piece(w->db, w->body, last, w->piece, &here, err))
		return false;
	w->n_pieces = last;
	return true;
}

static gint64
partial_id(Db *db, gint64 message, const char *section)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT id FROM body WHERE message = ?1 AND section = ?2 AND done = 2", NULL);
	bool row = false;

	if (!st)
		return 0;
	stmt_int(st, 1, message);
	stmt_text(st, 2, section);
	return db_next(db, st, &row, NULL) && row ? sqlite3_column_int64(st, 0) : 0;
}

static BodyForm
form_of(Db *db, gint64 body)
{
	return db_int(db, BODY_AS_SENT, "SELECT form FROM body WHERE id = ?1", INTS(body)) == BODY_RECODED ? BODY_RECODED : BODY_AS_SENT;
}

#define OF_BODY " FROM piece WHERE id >= ?1 << 16 AND id < (?1 + 1) << 16"

BodyWriter *
bodies_write_on(Db *db, gint64 message, const char *section, BodyForm form, GError **err)
{
	gint64 body = partial_id(db, message, section);

	if (body && form_of(db, body) != form) {
		if (!db_run_ints(db, err, "DELETE FROM body WHERE id = ?1", INTS(body)))
			return NULL;
		body = 0;
	}
	if (!body)
		return write_new(db, message, section, DONE_KEPT, form, err);
	BodyWriter *w = writer_new(db, message, section, body);
	w->n_pieces = db_int(db, 0, "SELECT count(*)" OF_BODY, INTS(body));
	w->size = (guint64)db_int(db, 0, "SELECT coalesce(sum(length(data)), 0)" OF_BODY, INTS(body));
	if (go_on(w, err))
		return w;
	writer_free(w);
	return NULL;
}

guint64
bodies_partial(Db *db, gint64 message, const char *section)
{
	gint64 body = partial_id(db, message, section);
	return body ? (guint64)db_int(db, 0, "SELECT coalesce(sum(length(data)), 0)" OF_BODY, INTS(body)) : 0;
}

BodyForm
bodies_partial_form(Db *db, gint64 message, const char *section)
{
	gint64 body = partial_id(db, message, section);
	return body ? form_of(db, body) : BODY_AS_SENT;
}

guint64
bodies_written(const BodyWriter *w)
{
	return w->size;
}

/* For what may become large. The last piece of a text, and small texts, came already: the reserve is for them. */
static bool
has_room(Db *db, GError **err)
{
	if (db_has_room(db, 0))
		return true;
	g_set_error_literal(err, EIL_ERROR, EIL_LATER, db_no_room());
	return false;
}

static bool
put_piece(Db *db, gint64 id, const void *bytes, gsize len, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "INSERT OR REPLACE INTO piece (id, data) VALUES (?1, ?2)", err);

	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_blob(st, 2, bytes, len);
	return db_run(db, st, err);
}

static bool
put_last(BodyWriter *w, GError **err)
{
	return put_piece(w->db, w->body << 16 | w->n_pieces, w->piece->data, w->piece->len, err);
}

static bool
flush_piece(BodyWriter *w, GError **err)
{
	if (w->n_pieces >= PIECES_MOST) {
		g_set_error_literal(err, EIL_ERROR, EIL_BROKEN, _("This came in too many pieces"));
		return false;
	}
	if (!put_last(w, err))
		return false;
	if (w->n_hashed == w->n_pieces) {
		sum_add(w->sum, w->piece->data, w->piece->len);
		w->n_hashed++;
	}
	w->n_pieces++;
	g_byte_array_set_size(w->piece, 0);
	return true;
}

/* What came in an earlier sitting is read again for the sum, a piece at a time beside what comes now. */
static bool
hash_old(BodyWriter *w, GError **err)
{
	g_autoptr(GByteArray) piece = g_byte_array_new();
	bool here = false;

	if (w->n_hashed >= w->n_pieces)
		return true;
	if (!load_piece(w->db, w->body, w->n_hashed, piece, &here, err))
		return false;
	if (!here) {
		g_set_error_literal(err, EIL_ERROR, EIL_BROKEN, _("What lies on the disk is damaged; it has to be fetched again"));
		return false;
	}
	sum_add(w->sum, piece->data, piece->len);
	w->n_hashed++;
	return true;
}

bool
bodies_write_sync(BodyWriter *w, GError **err)
{
	return w->piece->len == 0 || put_last(w, err);
}

void
bodies_write_pause(BodyWriter *w)
{
	if (!w)
		return;
	bodies_write_sync(w, NULL);
	writer_free(w);
}

bool
bodies_write_piece(BodyWriter *w, const void *data, gsize len, GError **err)
{
	const guint8 *p = data;

	if (len > LIMIT_MESSAGE_STORED - w->size) {
		g_autofree char *most = g_format_size(LIMIT_MESSAGE_STORED);
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("This message is larger than the %s that eilpost stores"), most);
		return false;
	}
	w->size += len;
	if (!hash_old(w, err))
		return false;
	while (len > 0) {
		gsize n = MIN(len, PIECE_BYTES - w->piece->len);
		g_byte_array_append(w->piece, p, (guint)n);
		p += n;
		len -= n;
		if (w->piece->len == PIECE_BYTES && (!has_room(w->db, err) || !flush_piece(w, err)))
			return false;
	}
	return true;
}

static bool
remove_old(Db *db, gint64 message, const char *section, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "DELETE FROM body WHERE message = ?1 AND section = ?2 AND done = 1", err);

	if (!st)
		return false;
	stmt_int(st, 1, message);
	stmt_text(st, 2, section);
	return db_run(db, st, err);
}

/* The old one out, the new one counts: together. */
static bool
mark_done(BodyWriter *w, GError **err)
{
	guint8 digest[SUM_BYTES];

	sum_end(w->sum, digest);
	if (!remove_old(w->db, w->message, w->section, err))
		return false;
	g_autoptr(Stmt) st = db_stmt(w->db,
	    "UPDATE body SET size = ?2, sha256 = ?3, done = 1 WHERE id = ?1", err);
	if (!st)
		return false;
	stmt_int(st, 1, w->body);
	stmt_int(st, 2, (gint64)w->size);
	stmt_blob(st, 3, digest, sizeof digest);
	return db_run(w->db, st, err);
}

bool
bodies_write_finish(BodyWriter *w, GError **err)
{
	bool own = !db_in_transaction(w->db), hashed = true;

	while (hashed && w->n_hashed < w->n_pieces)
		hashed = hash_old(w, err);
	bool ok = hashed && (!own || db_begin(w->db, err)) && (w->piece->len == 0 || flush_piece(w, err)) &&
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

static gint64
put_done(Db *db, gint64 message, const char *section, const void *bytes, gsize len, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "INSERT INTO body (message, section, size, sha256, done) VALUES (?1, ?2, ?3, ?4, 1)", err);
	g_autoptr(Sum) sum = sum_new();
	guint8 digest[SUM_BYTES];

	if (!st)
		return 0;
	sum_add(sum, bytes, len);
	sum_end(sum, digest);
	stmt_int(st, 1, message);
	stmt_text(st, 2, section);
	stmt_int(st, 3, (gint64)len);
	stmt_blob(st, 4, digest, sizeof digest);
	return db_run(db, st, err) ? sqlite3_last_insert_rowid(db_handle(db)) : 0;
}

/* All that there is of it is known: one row, not one that is finished later. */
static bool
put_small(Db *db, gint64 message, const char *section, const void *bytes, gsize len, GError **err)
{
	gint64 body;

	if (!remove_old(db, message, section, err) || !(body = put_done(db, message, section, bytes, len, err)))
		return false;
	return len == 0 || ((len <= SMALL_BYTES || has_room(db, err)) && put_piece(db, body << 16, bytes, len, err));
}

bool
bodies_put(Db *db, gint64 message, const char *section, GBytes *data, GError **err)
{
	gsize len;
	const void *bytes = g_bytes_get_data(data, &len);

	if (len <= PIECE_BYTES && db_in_transaction(db))
		return put_small(db, message, section, bytes, len, err);
	BodyWriter *w = bodies_write(db, message, section, err);

	if (!w)
		return false;
	if (!bodies_write_piece(w, bytes, len, err)) {
		bodies_write_abort(w);
		return false;
	}
	return bodies_write_finish(w, err);
}
