/* messages.c - what is known of each message, written and read one by one; page.c reads many.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Flags have three truths: what the server said last (server_flags), what the person sees
 * (flags), and what it says now. The first two differ only where a wish is in the journal, so
 * the merge is: those bits stay, all others follow. */
#include "config.h"
#include "store/messages.h"
#include "store/db_private.h"
#include "store/journal.h"
#include "base/error.h"

#include <string.h>

/* The flags of message ?1 that are not the server's to change now. */
#define WISHED(id) "(SELECT ifnull(sum(DISTINCT flag), 0) FROM wish WHERE message = " id \
	" AND kind = 0 AND state IN (0, 1))"

/* Nor its keywords, while one of them is wished. */
#define KEYWORDS_WISHED(id) "EXISTS (SELECT 1 FROM wish WHERE message = " id " AND kind = 6 AND state IN (0, 1))"

Message *
message_new(void)
{
	return g_new0(Message, 1);
}

void
message_free(Message *m)
{
	if (!m)
		return;
	g_free(m->keywords);
	g_free(m->subject);
	g_free(m->from_name);
	g_free(m->from_address);
	g_free(m->to);
	g_free(m->cc);
	g_free(m->reply_to);
	g_free(m->message_id);
	g_free(m->in_reply_to);
	g_free(m->references);
	g_free(m->structure);
	g_free(m->email_id);
	g_free(m->preview);
	g_free(m);
}

/* ---- reading ---- */

static Message *
read_message(Stmt *st)
{
	Message *m = message_new();

	m->id = sqlite3_column_int64(st, 0);
	m->folder = sqlite3_column_int64(st, 1);
	m->uidvalidity = (guint32)sqlite3_column_int64(st, 2);
	gint64 uid = sqlite3_column_int64(st, 3);
	m->uid = uid > G_MAXUINT32 ? 0 : (guint32)uid;
	m->flags = (guint32)sqlite3_column_int64(st, 4);
	m->server_flags = (guint32)sqlite3_column_int64(st, 5);
	m->keywords = stmt_dup(st, 6);
	m->received = sqlite3_column_int64(st, 7);
	m->sent = sqlite3_column_int64(st, 8);
	m->size = (guint64)sqlite3_column_int64(st, 9);
	m->modseq = (guint64)sqlite3_column_int64(st, 10);
	m->traits = (guint32)sqlite3_column_int64(st, 11);
	m->body_here = sqlite3_column_int(st, 12);
	m->subject = stmt_dup(st, 13);
	m->from_name = stmt_dup(st, 14);
	m->from_address = stmt_dup(st, 15);
	m->to = stmt_dup(st, 16);
	m->cc = stmt_dup(st, 17);
	m->reply_to = stmt_dup(st, 18);
	m->message_id = stmt_dup(st, 19);
	m->in_reply_to = stmt_dup(st, 20);
	m->references = stmt_dup(st, 21);
	m->structure = stmt_dup(st, 22);
	m->email_id = stmt_dup(st, 23);
	m->preview = stmt_dup(st, 24);
	return m;
}

#define WHOLE "SELECT id, folder, uidvalidity, uid, flags, server_flags, keywords," \
	" received, sent, size, modseq, traits, body_here," \
	" subject, from_name, from_address, to_list, cc, reply_to," \
	" message_id, in_reply_to, refs, structure, email_id, preview" \
	" FROM message LEFT JOIN detail ON detail.message = message.id WHERE "

Message *
messages_get(Db *db, gint64 id, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, WHOLE "id = ?1", err);
	bool row;

	if (!st)
		return NULL;
	stmt_int(st, 1, id);
	return db_next(db, st, &row, err) && row ? read_message(st) : NULL;
}

Message *
messages_find_uid(Db *db, gint64 folder, guint32 uid, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, WHOLE "folder = ?1 AND uid = ?2", err);
	bool row;

	if (!st)
		return NULL;
	stmt_int(st, 1, folder);
	stmt_int(st, 2, uid);
	return db_next(db, st, &row, err) && row ? read_message(st) : NULL;
}

gint64
messages_id_of_uid(Db *db, gint64 folder, guint32 uid)
{
	return db_int(db, 0, "SELECT id FROM message WHERE folder = ?1 AND uid = ?2",
	    INTS(folder, uid));
}

GArray *
messages_uids(Db *db, gint64 folder, guint32 lo, guint32 hi, GError **err)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(MessageUid));
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT uid, server_flags FROM message WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3"
	    " ORDER BY uid", err);
	bool row;

	if (!st)
		return NULL;
	stmt_int(st, 1, folder);
	stmt_int(st, 2, lo);
	stmt_int(st, 3, hi);
	for (;;) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			return g_steal_pointer(&uids);
		MessageUid u = { (guint32)sqlite3_column_int64(st, 0),
		    (guint32)sqlite3_column_int64(st, 1) };
		g_array_append_val(uids, u);
	}
}

bool
messages_is_in(Db *db, gint64 id, gint64 folder)
{
	return db_int(db, 0, "SELECT folder FROM message WHERE id = ?1", INTS(id)) == folder;
}

guint32
messages_max_uid(Db *db, gint64 folder)
{
	return (guint32)db_int(db, 0, "SELECT max(uid) FROM message WHERE folder = ?1 AND uid < ?2",
	    INTS(folder, UID_PROVISIONAL));
}

guint32
messages_count_range(Db *db, gint64 folder, guint32 lo, guint32 hi)
{
	return (guint32)db_int(db, 0,
	    "SELECT count(*) FROM message WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3",
	    INTS(folder, lo, hi));
}

bool
messages_range_adds_up(Db *db, gint64 folder, guint32 lo, guint32 hi, guint n, gint64 sum)
{
	return db_int(db, 0,
	    "SELECT count(*) = ?4 AND ifnull(sum(uid), 0) = ?5 FROM message WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3",
	    INTS(folder, lo, hi, n, sum)) != 0;
}

/* ---- writing ---- */

static const char put_message[] =
	"INSERT INTO message (folder, uid, uidvalidity, received, sent, flags, server_flags,"
	"  traits, size, modseq, body_here,"
	"  subject, from_name, from_address, to_list, keywords)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
	" ON CONFLICT (folder, uid, uidvalidity) DO UPDATE SET"
	"  flags = (excluded.server_flags & ~" WISHED("message.id") ") | (flags & "
	WISHED("message.id") "),"
	"  server_flags = excluded.server_flags, keywords = CASE WHEN " KEYWORDS_WISHED("message.id")
	"   THEN keywords ELSE excluded.keywords END,"
	"  received = CASE WHEN excluded.received <> 0 THEN excluded.received ELSE received END,"
	"  sent = CASE WHEN excluded.sent <> 0 THEN excluded.sent ELSE sent END,"
	"  size = CASE WHEN excluded.size <> 0 THEN excluded.size ELSE size END,"
	"  traits = CASE WHEN ?17 THEN excluded.traits ELSE traits | excluded.traits END,"
	"  modseq = max(modseq, excluded.modseq), body_here = max(body_here, excluded.body_here),"
	"  subject = ifnull(excluded.subject, subject), "
	"  from_name = ifnull(excluded.from_name, from_name),"
	"  from_address = ifnull(excluded.from_address, from_address),"
	"  to_list = ifnull(excluded.to_list, to_list)"
	" RETURNING id";

static const char put_detail[] =
	"INSERT INTO detail (message, cc, reply_to, message_id, in_reply_to, refs, structure,"
	"  email_id, preview) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	" ON CONFLICT (message) DO UPDATE SET cc = ifnull(excluded.cc, cc),"
	"  reply_to = ifnull(excluded.reply_to, reply_to),"
	"  message_id = ifnull(excluded.message_id, message_id),"
	"  in_reply_to = ifnull(excluded.in_reply_to, in_reply_to),"
	"  refs = ifnull(excluded.refs, refs), structure = ifnull(excluded.structure, structure),"
	"  email_id = ifnull(excluded.email_id, email_id), preview = ifnull(excluded.preview, preview)";

static bool
write_detail(Db *db, gint64 id, const Message *m, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, put_detail, err);

	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_text(st, 2, m->cc);
	stmt_text(st, 3, m->reply_to);
	stmt_text(st, 4, m->message_id);
	stmt_text(st, 5, m->in_reply_to);
	stmt_text(st, 6, m->references);
	stmt_text(st, 7, m->structure);
	stmt_text(st, 8, m->email_id);
	stmt_text(st, 9, m->preview);
	return db_run(db, st, err);
}

static gint64
put_row(Db *db, const Message *m, gint64 uid, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, put_message, err);
	bool row;

	if (!st)
		return 0;
	stmt_int(st, 1, m->folder);
	stmt_int(st, 2, uid);
	stmt_int(st, 3, m->uidvalidity);
	stmt_int(st, 4, m->received);
	stmt_int(st, 5, m->sent);
	stmt_int(st, 6, m->flags);
	stmt_int(st, 7, m->server_flags);
	stmt_int(st, 8, m->traits);
	stmt_int(st, 9, (gint64)m->size);
	stmt_int(st, 10, (gint64)m->modseq);
	stmt_int(st, 11, m->body_here);
	stmt_text(st, 12, m->subject);
	stmt_text(st, 13, m->from_name);
	stmt_text(st, 14, m->from_address);
	stmt_text(st, 15, m->to);
	stmt_text(st, 16, m->keywords);
	stmt_int(st, 17, m->structure != NULL);
	if (!db_next(db, st, &row, err) || !row)
		return 0;
	gint64 id = sqlite3_column_int64(st, 0);
	if (!db_run(db, st, err))
		return 0;
	return write_detail(db, id, m, err) ? id : 0;
}

gint64
messages_put(Db *db, const Message *m, GError **err)
{
	gint64 known = 0;
	bool hidden = false;

	if (!journal_recognise(db, m->folder, m->uidvalidity, m->uid, m->message_id, m->received, m->size, &known, &hidden, err))
		return 0;
	if (hidden)	/* it is where the person put it */
		return known;
	return put_row(db, m, m->uid, err);
}

gint64
messages_put_ours(Db *db, const Message *m, GError **err)
{
	return put_row(db, m, UID_PROVISIONAL * 2, err);
}

bool
messages_set_flags(Db *db, gint64 id, guint32 flags, guint32 server_flags, guint64 modseq,
    GError **err)
{
	return db_run_ints(db, err,
	    "UPDATE message SET flags = ?2, server_flags = ?3, modseq = max(modseq, ?4)"
	    " WHERE id = ?1",
	    INTS(id, flags, server_flags, (gint64)modseq));
}

typedef struct {
	gint64 id;
	guint32 flags, server_flags;
	guint64 modseq;
	char *keywords;	/* owned */
} Known;

static bool
read_known(Db *db, gint64 folder, guint32 uid, Known *k, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT id, flags, server_flags, modseq, keywords FROM message "
	    " WHERE folder = ?1 AND uid = ?2", err);
	bool row;

	k->id = 0;
	k->keywords = NULL;
	if (!st)
		return false;
	stmt_int(st, 1, folder);
	stmt_int(st, 2, uid);
	if (!db_next(db, st, &row, err))
		return false;
	if (!row)
		return true;
	k->id = sqlite3_column_int64(st, 0);
	k->flags = (guint32)sqlite3_column_int64(st, 1);
	k->server_flags = (guint32)sqlite3_column_int64(st, 2);
	k->modseq = (guint64)sqlite3_column_int64(st, 3);
	k->keywords = stmt_dup(st, 4);
	return true;
}

static bool
write_server_flags(Db *db, gint64 id, guint32 flags, guint32 server_flags, const char *keywords,
    guint64 modseq, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "UPDATE message SET flags = ?2, server_flags = ?3,"
	    " keywords = CASE WHEN " KEYWORDS_WISHED("?1") " THEN keywords ELSE ?4 END,"
	    " modseq = max(modseq, ?5)"
	    " WHERE id = ?1", err);

	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_int(st, 2, flags);
	stmt_int(st, 3, server_flags);
	stmt_text(st, 4, keywords);
	stmt_int(st, 5, (gint64)modseq);
	return db_run(db, st, err);
}

bool
messages_server_flags(Db *db, gint64 folder, guint32 uid, guint32 server_flags,
    const char *keywords, guint64 modseq,
    bool *changed, GError **err)
{
	Known k;

	if (changed)
		*changed = false;
	if (!read_known(db, folder, uid, &k, err))
		return false;
	g_autofree char *known_keywords = k.keywords;
	if (k.id == 0)
		return true;
	/* A wish that never left and is already true there, with none under way on that flag,
	 * is fulfilled. */
	if ((k.flags != k.server_flags || k.flags != server_flags) &&
	    !db_run_ints(db, err,
		"DELETE FROM wish WHERE message = ?1 AND kind = 0 AND state = 0 AND tries = 0"
		" AND \"on\" = ((?2 & flag) <> 0) AND NOT EXISTS (SELECT 1 FROM wish s"
		" WHERE s.message = wish.message AND s.flag = wish.flag AND s.kind = 0"
		" AND s.state = 1)", INTS(k.id, server_flags)))
		return false;

	guint32 wished = (guint32)db_int(db, 0, "SELECT " WISHED("?1"), INTS(k.id));
	guint32 flags = (server_flags & ~wished) | (k.flags & wished);
	bool visible = flags != k.flags || g_strcmp0(keywords, known_keywords) != 0;
	if (changed)
		*changed = visible;
	if (!visible && server_flags == k.server_flags && modseq <= k.modseq)
		return true;
	return write_server_flags(db, k.id, flags, server_flags, keywords, modseq, err);
}

bool
messages_remove_uid(Db *db, gint64 folder, guint32 uid, GError **err)
{
	return db_run_ints(db, err, "DELETE FROM message WHERE folder = ?1 AND uid = ?2",
	    INTS(folder, uid));
}

bool
messages_remove_range(Db *db, gint64 folder, guint32 lo, guint32 hi, guint *n_removed, GError **err)
{
	if (n_removed)
		*n_removed = 0;
	if (!db_run_ints(db, err, "DELETE FROM message WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3",
	    INTS(folder, lo, hi)))
		return false;
	if (n_removed)
		*n_removed = (guint)sqlite3_changes(db_handle(db));
	return true;
}
