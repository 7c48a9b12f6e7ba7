/* outbox.c - mails of the person on their way, as rows and as plain files beside the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The files are written and fsynced before the row is committed: a store that is lost takes no mail of the person's with
 * it (RELIABILITY S7). */
#include "config.h"
#include "store/outbox.h"
#include "store/db_private.h"
#include "base/intl.h"
#include "base/log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS "id, state, message_id, sender, to_list, subject, not_before, later, created, changed, tries, size, last_error," \
	" filed_by_server, (SELECT count (*) FROM recipient WHERE outbox = outbox.id)," \
	" (SELECT count (*) FROM recipient WHERE outbox = outbox.id AND state = 2)"

/* filed, but some recipient never got it: the person is told until the row is removed */
#define REFUSED " EXISTS (SELECT 1 FROM recipient WHERE outbox = outbox.id AND state = 2)"

static gint64
now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

void
out_row_free(OutRow *r)
{
	if (!r)
		return;
	g_free(r->message_id);
	g_free(r->sender);
	g_free(r->to);
	g_free(r->subject);
	g_free(r->last_error);
	g_free(r);
}

void
out_recipient_clear(OutRecipient *r)
{
	g_free(r->address);
	g_free(r->reply);
}

/* ---- reading ---- */

static OutRow *
read_row(Stmt *st)
{
	OutRow *r = g_new0(OutRow, 1);
	r->id = sqlite3_column_int64(st, 0);
	r->state = (OutState)sqlite3_column_int(st, 1);
	r->message_id = stmt_dup(st, 2);
	r->sender = stmt_dup(st, 3);
	r->to = stmt_dup(st, 4);
	r->subject = stmt_dup(st, 5);
	r->not_before = sqlite3_column_int64(st, 6);
	r->later = sqlite3_column_int(st, 7);
	r->created = sqlite3_column_int64(st, 8);
	r->changed = sqlite3_column_int64(st, 9);
	r->tries = (guint)sqlite3_column_int(st, 10);
	r->size = (guint64)sqlite3_column_int64(st, 11);
	r->last_error = stmt_dup(st, 12);
	r->filed_by_server = sqlite3_column_int(st, 13);
	r->n_recipients = (guint)sqlite3_column_int(st, 14);
	r->n_refused = (guint)sqlite3_column_int(st, 15);
	return r;
}

static OutRow *
one_row(Db *db, const char *sql, gint64 value, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, err);
	bool row;
	if (!st)
		return NULL;
	stmt_int(st, 1, value);
	return db_next(db, st, &row, err) && row ? read_row(st) : NULL;
}

GPtrArray *
outbox_list(Db *db, bool drafts, GError **err)
{
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func((GDestroyNotify)out_row_free);
	g_autoptr(Stmt) st = db_stmt(db, drafts ? "SELECT " COLUMNS " FROM outbox WHERE state = 0 ORDER BY changed DESC, id DESC" :
		"SELECT " COLUMNS " FROM outbox WHERE state NOT IN (0, 5) OR (state = 5 AND" REFUSED ") ORDER BY id", err);
	bool row = true;
	if (!st)
		return NULL;
	while (row) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (row)
			g_ptr_array_add(out, read_row(st));
	}
	return g_steal_pointer(&out);
}

OutRow *
outbox_get(Db *db, gint64 id, GError **err)
{
	return one_row(db, "SELECT " COLUMNS " FROM outbox WHERE id = ?1", id, err);
}

guint
outbox_count(Db *db, bool drafts)
{
	return (guint)db_int(db, 0, drafts ? "SELECT count (*) FROM outbox WHERE state = 0" :
		/* asked all the time: IN would make a table for it each time */
		"SELECT count (*) FROM outbox WHERE state > 0 AND state <> 4 AND state <> 5", NULL, 0);
}

static GBytes *
read_blob(Db *db, gint64 id, const char *sql, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, err);
	bool row;
	if (!st)
		return NULL;
	stmt_int(st, 1, id);
	if (!db_next(db, st, &row, err) || !row || sqlite3_column_type(st, 0) == SQLITE_NULL)
		return NULL;
	const void *data = sqlite3_column_blob(st, 0);
	return g_bytes_new(data ? data : "", (gsize)sqlite3_column_bytes(st, 0));
}

Draft *
outbox_draft(Db *db, gint64 id, GError **err)
{
	g_autoptr(GBytes) data = read_blob(db, id, "SELECT draft FROM outbox WHERE id = ?1", err);
	return data ? draft_read(data) : NULL;
}

GBytes *
outbox_message(Db *db, gint64 id, GError **err)
{
	g_autoptr(GBytes) data = read_blob(db, id, "SELECT message FROM outbox WHERE id = ?1", err);
	g_autoptr(GBytes) sum = data ? read_blob(db, id, "SELECT sha256 FROM outbox WHERE id = ?1", err) : NULL;
	if (!data)
		return NULL;
	g_autofree char *is = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, data);
	if (!sum || g_bytes_get_size(sum) != strlen(is) || memcmp(g_bytes_get_data(sum, NULL), is, strlen(is)) != 0) {
		g_set_error(err, EIL_ERROR, EIL_BROKEN, _("The mail in the outbox is damaged on the disk; it was not sent."));
		return NULL;
	}
	return g_steal_pointer(&data);
}

GArray *
outbox_recipients(Db *db, gint64 id, GError **err)
{
	g_autoptr(GArray) out = g_array_new(FALSE, TRUE, sizeof(OutRecipient));
	g_array_set_clear_func(out, (GDestroyNotify)out_recipient_clear);
	g_autoptr(Stmt) st = db_stmt(db, "SELECT address, state, code, reply FROM recipient WHERE outbox = ?1 ORDER BY n", err);
	bool row = true;
	if (!st)
		return NULL;
	stmt_int(st, 1, id);
	while (row) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			break;
		OutRecipient r = { stmt_dup(st, 0), (guint)sqlite3_column_int(st, 1), (guint16)sqlite3_column_int(st, 2), stmt_dup(st, 3) };
		g_array_append_val(out, r);
	}
	return g_steal_pointer(&out);
}

OutRow *
outbox_next(Db *db, gint64 now, GError **err)
{
	return one_row(db, "SELECT " COLUMNS " FROM outbox WHERE state = 1 AND not_before <= ?1 ORDER BY not_before, id LIMIT 1", now, err);
}

gint64
outbox_next_time(Db *db)
{
	return db_int(db, -1, "SELECT min (not_before) FROM outbox WHERE state = 1 HAVING count (*) > 0", NULL, 0);
}

OutRow *
outbox_next_to_file(Db *db, gint64 now, GError **err)
{
	/* as with mails that wait (sync/outbox.c): what was put off by a clock that is put right now waits no longer */
	return one_row(db, "SELECT " COLUMNS " FROM outbox WHERE state = 4 AND (not_before <= ?1 OR changed > ?1 + 60) ORDER BY not_before, id LIMIT 1", now, err);
}

bool
outbox_mail(Db *db, gint64 id, GPtrArray **recipients, char **sender, bool *has_8bit, bool *needs_utf8, bool *dsn, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT sender, has_8bit, needs_utf8, dsn FROM outbox WHERE id = ?1", err);
	g_autoptr(GArray) all = st ? outbox_recipients(db, id, err) : NULL;
	bool row;
	if (!all)
		return false;
	stmt_int(st, 1, id);
	if (!db_next(db, st, &row, err) || !row)
		return false;
	*sender = stmt_dup(st, 0);
	*has_8bit = sqlite3_column_int(st, 1);
	*needs_utf8 = sqlite3_column_int(st, 2);
	*dsn = sqlite3_column_int(st, 3);
	*recipients = g_ptr_array_new_with_free_func(g_free);
	/* who was refused for good is asked again only when nobody else waits: the person wanted one more try */
	for (guint refused = 0; refused < 2 && (*recipients)->len == 0; refused++)
		for (guint i = 0; i < all->len; i++) {
			const OutRecipient *r = &g_array_index(all, OutRecipient, i);
			bool for_good = r->state == 2 && r->code / 100 == 5;
			if (r->state != 1 && for_good == (refused == 1))
				g_ptr_array_add(*recipients, g_strdup(r->address));
		}
	return true;
}

/* ---- the plain files ---- */

static char *
file_of(Db *db, gint64 id)
{
	const char *store = sqlite3_db_filename(db_handle(db), "main");
	if (!store || !*store)
		return NULL;	/* in memory: a test */
	g_autofree char *folder = g_strconcat(store, ".d", NULL);
	g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT ".eml", id);
	g_mkdir_with_parents(folder, 0700);
	return g_build_filename(folder, name, NULL);
}

static bool
write_file(Db *db, gint64 id, const void *data, gsize len, GError **err)
{
	g_autofree char *path = file_of(db, id);
	g_autoptr(GError) why = NULL;

	if (!path)
		return true;
	if (g_file_set_contents_full(path, data, (gssize)len, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &why))
		return true;
	g_set_error(err, EIL_ERROR, EIL_LATER, _("The mail could not be written to the disk: %s"), why->message);
	return false;
}

static void
remove_file(Db *db, gint64 id)
{
	g_autofree char *path = file_of(db, id);
	if (path && g_unlink(path) == 0)
		log_line(LOG_DEBUG, "store", "outbox file %" G_GINT64_FORMAT " removed", id);
}

/* A draft for people's eyes: fields, text, where the attachments are. */
static char *
draft_text(const Draft *d)
{
	static const char *const names[DRAFT_FIELDS] = { "From", "To", "Cc", "Bcc", "Reply-To", "Subject" };
	GString *s = g_string_new(NULL);
	for (int i = 0; i < DRAFT_FIELDS; i++)
		if (*d->fields[i])
			g_string_append_printf(s, "%s: %s\n", names[i], d->fields[i]);
	for (guint i = 0; i < d->attachments->len; i++) {
		const DraftAttachment *a = &g_array_index(d->attachments, DraftAttachment, i);
		g_string_append_printf(s, "X-Attachment: %s\n", a->path ? a->path : a->name ? a->name : "");
	}
	g_string_append_printf(s, "Content-Type: text/plain; charset=utf-8\n\n%s", d->body);
	return g_string_free(s, FALSE);
}

/* ---- writing ---- */

static bool
put_draft(Db *db, gint64 id, const Draft *d, GError **err)
{
	g_autoptr(GBytes) data = draft_write(d);
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE outbox SET state = 0, draft = ?2, message_id = ?3, to_list = ?4, subject = ?5, changed = ?6,"
		" not_before = 0, later = 0, message = NULL, sha256 = NULL, size = 0 WHERE id = ?1", err);
	gsize len;
	if (!st)
		return false;
	const void *bytes = g_bytes_get_data(data, &len);
	stmt_int(st, 1, id);
	stmt_blob(st, 2, bytes, len);
	stmt_text(st, 3, d->message_id);
	stmt_text(st, 4, d->fields[DRAFT_TO]);
	stmt_text(st, 5, d->fields[DRAFT_SUBJECT]);
	stmt_int(st, 6, now_s());
	return db_run(db, st, err);
}

static gint64
new_row(Db *db, GError **err)
{
	gint64 now = now_s();
	if (!db_run_ints(db, err, "INSERT INTO outbox (created, changed) VALUES (?1, ?1)", INTS(now)))
		return 0;
	return sqlite3_last_insert_rowid(db_handle(db));
}

static bool
is_there(Db *db, gint64 id)
{
	return db_int(db, 0, "SELECT count (*) FROM outbox WHERE id = ?1", INTS(id)) > 0;
}

gint64
outbox_save_draft(Db *db, gint64 id, const Draft *d, GError **err)
{
	/* one that left meanwhile, or was thrown away in another window, is a new draft: nothing typed is lost */
	if (id && db_int(db, -1, "SELECT state FROM outbox WHERE id = ?1", INTS(id)) != OUT_DRAFT)
		id = 0;
	if (!id && !(id = new_row(db, err)))
		return 0;
	g_autofree char *text = draft_text(d);
	g_autoptr(GError) no_file = NULL;
	if (!db_run_ints(db, err, "DELETE FROM recipient WHERE outbox = ?1", INTS(id)) || !put_draft(db, id, d, err))
		return 0;
	/* on a disk that is all but full the draft in the store is worth more than none at all */
	if (!write_file(db, id, text, strlen(text), &no_file))
		log_line(LOG_WARN, "store", "the file of draft %" G_GINT64_FORMAT ": %s", id, no_file->message);
	return id;
}

static bool
put_recipients(Db *db, gint64 id, const char *const *recipients, GError **err)
{
	if (!db_run_ints(db, err, "DELETE FROM recipient WHERE outbox = ?1", INTS(id)))
		return false;
	for (guint i = 0; recipients[i]; i++) {
		g_autoptr(Stmt) st = db_stmt(db, "INSERT INTO recipient (outbox, n, address) VALUES (?1, ?2, ?3)", err);
		if (!st)
			return false;
		stmt_int(st, 1, id);
		stmt_int(st, 2, i);
		stmt_text(st, 3, recipients[i]);
		if (!db_run(db, st, err))
			return false;
	}
	return true;
}

static bool
put_message(Db *db, gint64 id, const OutMail *mail, gint64 not_before, bool later, GError **err)
{
	g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, mail->message);
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE outbox SET state = 1, message_id = ?2, sender = ?3, to_list = ?4, subject = ?5, not_before = ?6, later = ?7,"
		" changed = ?8, tries = 0, size = ?9, has_8bit = ?10, needs_utf8 = ?11, dsn = ?12, last_error = NULL, message = ?13, sha256 = ?14 WHERE id = ?1", err);
	gsize len;
	if (!st)
		return false;
	const void *bytes = g_bytes_get_data(mail->message, &len);
	stmt_int(st, 1, id);
	stmt_text(st, 2, mail->message_id);
	stmt_text(st, 3, mail->sender);
	stmt_text(st, 4, mail->to);
	stmt_text(st, 5, mail->subject);
	stmt_int(st, 6, not_before);
	stmt_int(st, 7, later);
	stmt_int(st, 8, now_s());
	stmt_int(st, 9, (gint64)len);
	stmt_int(st, 10, mail->has_8bit);
	stmt_int(st, 11, mail->needs_utf8);
	stmt_int(st, 12, mail->dsn);
	stmt_blob(st, 13, bytes, len);
	stmt_blob(st, 14, sum, strlen(sum));
	return db_run(db, st, err);
}

gint64
outbox_queue(Db *db, gint64 id, const Draft *d, const OutMail *mail, gint64 not_before, bool later, GError **err)
{
	gsize len;
	const void *bytes = g_bytes_get_data(mail->message, &len);

	if (id && db_int(db, -1, "SELECT state FROM outbox WHERE id = ?1", INTS(id)) != OUT_DRAFT)
		id = 0;
	if (!id && !(id = new_row(db, err)))
		return 0;
	if (d && !put_draft(db, id, d, err))
		return 0;
	/* the file first: where it finds no room the store's log is not filled up either, and the draft can still be kept */
	if (!write_file(db, id, bytes, len, err))
		return 0;
	if (put_recipients(db, id, mail->recipients, err) && put_message(db, id, mail, not_before, later, err))
		return id;
	remove_file(db, id);
	return 0;
}

bool
outbox_set_state(Db *db, gint64 id, OutState state, gint64 not_before, const char *error, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE outbox SET"
		/* tries to send, and then tries to file */
		" tries = CASE WHEN state <> 4 AND ?2 = 4 THEN 0 ELSE tries + (state = 2 AND ?2 = 1 OR state = 4 AND ?2 = 4 OR state = 3 AND ?2 = 1) END, state = ?2, not_before = ?3,"
		" last_error = ?4, changed = ?5, later = later AND ?2 = 1 AND state = 1,"
		/* what is filed is only remembered */
		" draft = CASE ?2 WHEN 5 THEN NULL ELSE draft END, message = CASE ?2 WHEN 5 THEN NULL ELSE message END WHERE id = ?1", err);
	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_int(st, 2, state);
	stmt_int(st, 3, not_before);
	stmt_text(st, 4, error);
	stmt_int(st, 5, now_s());
	if (!db_run(db, st, err))
		return false;
	if (state == OUT_FILED)
		remove_file(db, id);
	return true;
}

bool
outbox_set_recipient(Db *db, gint64 id, const char *address, bool accepted, guint16 code, const char *reply, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE recipient SET state = ?3, code = ?4, reply = ?5 WHERE outbox = ?1 AND address = ?2", err);
	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_text(st, 2, address);
	stmt_int(st, 3, accepted ? 1 : 2);
	stmt_int(st, 4, code);
	stmt_text(st, 5, reply);
	return db_run(db, st, err);
}

bool
outbox_set_filed_by_server(Db *db, gint64 id, GError **err)
{
	return db_run_ints(db, err, "UPDATE outbox SET filed_by_server = 1 WHERE id = ?1", INTS(id));
}

bool
outbox_remove(Db *db, gint64 id, GError **err)
{
	if (!is_there(db, id))
		return true;
	if (!db_run_ints(db, err, "DELETE FROM outbox WHERE id = ?1", INTS(id)))
		return false;
	remove_file(db, id);
	return true;
}

bool
outbox_recover(Db *db, gint64 now, GError **err)
{
	return db_run_ints(db, err, "UPDATE outbox SET state = 1, changed = ?1 WHERE state = 2", INTS(now)) &&
	    db_run_ints(db, err, "UPDATE outbox SET state = 6, changed = ?1 WHERE state = 3", INTS(now)) &&
	    db_run_ints(db, err, "DELETE FROM outbox WHERE state = 5 AND changed < ?1 - ?2 AND NOT" REFUSED, INTS(now, OUTBOX_KEEP_S));
}

/* ---- copies in a folder of drafts: a fact for each ---- */

#define COPY "draft-copy:"

gint64
outbox_copy(Db *db, gint64 id)
{
	g_autofree char *key = g_strdup_printf(COPY "%" G_GINT64_FORMAT, id), *value = db_fact(db, key);
	return value ? g_ascii_strtoll(value, NULL, 10) : 0;
}

gint64
outbox_of_copy(Db *db, gint64 message)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT outbox.id FROM outbox JOIN fact ON key = '" COPY "' || outbox.id WHERE value = ?1 AND state = 0", NULL);
	g_autofree char *value = g_strdup_printf("%" G_GINT64_FORMAT, message);
	bool row;

	if (!st)
		return 0;
	stmt_text(st, 1, value);
	return db_next(db, st, &row, NULL) && row ? sqlite3_column_int64(st, 0) : 0;
}

bool
outbox_set_copy(Db *db, gint64 id, gint64 message, GError **err)
{
	g_autofree char *key = g_strdup_printf(COPY "%" G_GINT64_FORMAT, id), *value = message ? g_strdup_printf("%" G_GINT64_FORMAT, message) : NULL;
	return db_set_fact(db, key, value, err);
}
