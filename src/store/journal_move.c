/* journal_move.c - moves, copies and deletions, until the server has done them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A message keeps its row: in its new folder it stands under a provisional UID (UID_PROVISIONAL
 * plus its row id) until the server's is known, by COPYUID, or because the folder is read and the
 * Message-ID is recognised. Its wish keeps where the server still has it, so that what the server
 * shows there is known to be on its way. What is deleted for good waits in "limbo", a folder that
 * is never listed: there it can be taken back from. */
#include "config.h"
#include "store/journal_private.h"
#include "store/local.h"
#include "base/intl.h"

#define LIMBO "\001local:limbo"
#define MOVING "kind IN (1, 3)"	/* of the message itself: WISH_MOVE, WISH_DELETE */
#define SMALL_BODY "1048576"

static gint64
limbo(Db *db, bool make, GError **err)
{
	gint64 id = db_int(db, 0, "SELECT id FROM folder WHERE wire = '" LIMBO "'", NULL, 0);

	if (id || !make)
		return id;
	if (!db_run_ints(db, err, "INSERT INTO folder (wire, name, selectable, gone, uidvalidity)"
	    " VALUES ('" LIMBO "', 'limbo', 0, 1, 1)", NULL, 0))
		return 0;
	return limbo(db, false, err);
}

bool
journal_is_going(Db *db, gint64 message)
{
	gint64 id = limbo(db, false, NULL);
	return id && db_int(db, 0, "SELECT folder FROM message WHERE id = ?1", INTS(message)) == id;
}

static bool
is_local(Db *db, gint64 folder)
{
	return folders_is_local(db, folder);
}

/* uid 0: provisional. Whatever else had that name goes: it is this message. */
static bool
place(Db *db, gint64 message, gint64 folder, guint32 uidvalidity, guint32 uid, GError **err)
{
	gint64 name = uid ? uid : UID_PROVISIONAL + message;

	return db_run_ints(db, err, "DELETE FROM message WHERE folder = ?1 AND uid = ?2 AND uidvalidity = ?3"
	    " AND id <> ?4", INTS(folder, name, uidvalidity, message)) &&
	    db_run_ints(db, err, "UPDATE message SET folder = ?2, uidvalidity = ?3, uid = ?4 WHERE id = ?1",
	    INTS(message, folder, uidvalidity, name));
}

bool
journal_place_provisional(Db *db, gint64 message, gint64 folder, GError **err)
{
	gint64 uidvalidity = db_int(db, 0, "SELECT uidvalidity FROM folder WHERE id = ?1", INTS(folder));
	return place(db, message, folder, (guint32)uidvalidity, 0, err);
}

bool
journal_out_of_sight(Db *db, gint64 message, GError **err)
{
	gint64 id = limbo(db, true, err);
	return id && place(db, message, id, 1, 0, err);
}

static Wish *
one_wish(Db *db, const char *sql, gint64 value, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, err);

	if (!st)
		return NULL;
	stmt_int(st, 1, value);
	g_autoptr(GPtrArray) one = journal_read(db, st, err);
	return one && one->len ? g_ptr_array_steal_index(one, 0) : NULL;
}

/* The wish that moves the message and has never left: it can still be another one. Not if a copy waits for it to arrive. */
static Wish *
waiting_move(Db *db, gint64 message)
{
	if (db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM wish WHERE source = ?1 AND source <> 0 AND uid = 0 AND state IN " LIVE ")", INTS(message)))
		return NULL;
	/* else SQLite takes the index of states, for the order, and goes through all that wait */
	return one_wish(db, "SELECT " WISH_COLUMNS " FROM wish INDEXED BY wish_message WHERE message = ?1 AND " MOVING
	    " AND state = 0 AND tries = 0 AND step = 0 ORDER BY id DESC LIMIT 1", message, NULL);
}

static gint64
add_wish(Db *db, WishKind kind, const Message *m, gint64 message, gint64 target, gint64 act, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "INSERT INTO wish (kind, folder, message, uidvalidity, uid, target, source, act)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id", err);
	bool row;

	if (!st)
		return 0;
	stmt_int(st, 1, kind);
	stmt_int(st, 2, m->folder);
	stmt_int(st, 3, message);
	stmt_int(st, 4, m->uidvalidity);
	stmt_int(st, 5, m->uid);
	stmt_int(st, 6, target);
	stmt_int(st, 7, message == m->id ? 0 : m->id);
	stmt_int(st, 8, act);
	return db_next(db, st, &row, err) && row ? sqlite3_column_int64(st, 0) : 0;
}

static bool
drop_wish(Db *db, gint64 id, GError **err)
{
	return db_run_ints(db, err, "DELETE FROM wish WHERE id = ?1", INTS(id));
}

static bool
refuse(GError **err, const char *words)
{
	g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, words);
	return false;
}

/* Nobody would see it there. */
static bool
is_open(Db *db, gint64 folder, GError **err)
{
	return db_int(db, 1, "SELECT gone FROM folder WHERE id = ?1", INTS(folder)) == 0 || refuse(err, _("This folder is not there any more."));
}

/* ---- what the person says ---- */

/* What was said of it where it never came to goes with it. */
static bool
take_along(Db *db, const Wish *w, gint64 folder, guint32 uidvalidity, guint32 uid, GError **err)
{
	return db_run_ints(db, err, "UPDATE wish INDEXED BY wish_message SET folder = ?3, uidvalidity = ?4, uid = ?5 WHERE message = ?1 AND id > ?2"
	    " AND (uid = 0 OR (folder = ?6 AND uid = ?7)) AND kind IN (0, 6) AND state = 0",
	    INTS(w->message, w->id, folder, uidvalidity, uid, w->folder, w->uid));
}

static bool
retarget(Db *db, const Wish *w, gint64 message, gint64 target, gint64 act, GError **err)
{
	bool home = w->folder == target;
	gint64 uidvalidity = db_int(db, 0, "SELECT uidvalidity FROM folder WHERE id = ?1", INTS(target));

	if (!take_along(db, w, target, home ? w->uidvalidity : (guint32)uidvalidity, home ? w->uid : 0, err))
		return false;
	if (home)	/* back to where it is on the server: nothing was wished */
		return drop_wish(db, w->id, err) && place(db, message, w->folder, w->uidvalidity, w->uid, err);
	return db_run_ints(db, err, "UPDATE wish SET kind = 1, target = ?2, act = ?3 WHERE id = ?1", INTS(w->id, target, act)) &&
	    journal_place_provisional(db, message, target, err);
}

bool
journal_move(Db *db, gint64 message, gint64 target, gint64 act, GError **err)
{
	g_autoptr(Message) m = messages_get(db, message, err);

	if (!m)
		return (err && *err) || refuse(err, _("This message is not there any more."));
	if (m->folder == target)
		return true;
	if (!is_open(db, target, err))
		return false;
	bool going = journal_is_going(db, message);
	bool here = is_local(db, m->folder) && !going;
	if (here && is_local(db, target))
		return local_move(db, message, target, err);
	if (here || is_local(db, target))
		return refuse(err, _("A message can't be moved between the server and this computer."));
	g_autoptr(Wish) w = waiting_move(db, message);
	if (w)
		return retarget(db, w, message, target, act, err);
	if (going)
		return refuse(err, _("It is deleted for good already."));
	return add_wish(db, WISH_MOVE, m, message, target, act, err) && journal_place_provisional(db, message, target, err);
}

/* Row, details and what of its text is small: it is read there at once, also offline. */
static gint64
copy_row(Db *db, const Message *m, gint64 target, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "INSERT INTO message (folder, uid, uidvalidity, received, sent, flags, server_flags,"
	    "  traits, size, modseq, body_here, subject, from_name, from_address, to_list, keywords)"
	    " SELECT ?2, ?3 + (SELECT max(id) FROM message), (SELECT uidvalidity FROM folder WHERE id = ?2), received, sent, flags,"
	    "  server_flags, traits, size, 0, 0, subject, from_name, from_address, to_list, keywords"
	    " FROM message WHERE id = ?1 RETURNING id", err);
	bool row;

	if (!st)
		return 0;
	stmt_int(st, 1, m->id);
	stmt_int(st, 2, target);
	stmt_int(st, 3, UID_PROVISIONAL * 2);	/* its own number follows at once */
	if (!db_next(db, st, &row, err) || !row)
		return 0;
	gint64 id = sqlite3_column_int64(st, 0);
	if (!db_run(db, st, err))
		return 0;
	return journal_place_provisional(db, id, target, err) &&
	    db_run_ints(db, err, "INSERT INTO detail (message, cc, reply_to, message_id, in_reply_to, refs, structure, email_id, preview)"
	    " SELECT ?2, cc, reply_to, message_id, in_reply_to, refs, structure, email_id, preview FROM detail WHERE message = ?1",
	    INTS(m->id, id)) ? id : 0;
}

static bool
copy_bodies(Db *db, gint64 from, gint64 to, GError **err)
{
	return db_run_ints(db, err, "INSERT INTO body (message, section, size, sha256, done)"
	    " SELECT ?2, section, size, sha256, 1 FROM body WHERE message = ?1 AND done = 1 AND size <= " SMALL_BODY,
	    INTS(from, to)) &&
	    db_run_ints(db, err, "INSERT INTO piece (id, data) SELECT (n.id << 16) | (p.id & 65535), p.data FROM body o"
	    " JOIN body n ON n.message = ?2 AND n.section = o.section"
	    " JOIN piece p ON p.id >= o.id << 16 AND p.id < (o.id + 1) << 16"
	    " WHERE o.message = ?1 AND o.done = 1 AND o.size <= " SMALL_BODY, INTS(from, to)) &&
	    db_run_ints(db, err, "UPDATE message SET body_here = (SELECT body_here FROM message WHERE id = ?1) AND NOT EXISTS"
	    " (SELECT 1 FROM body WHERE message = ?1 AND done = 1 AND size > " SMALL_BODY ") WHERE id = ?2", INTS(from, to));
}

bool
journal_copy(Db *db, gint64 message, gint64 target, gint64 act, gint64 *copy, GError **err)
{
	g_autoptr(Message) m = messages_get(db, message, err);

	if (!m)
		return (err && *err) || refuse(err, _("This message is not there any more."));
	if (!is_open(db, target, err))
		return false;
	bool here = is_local(db, m->folder);
	if (here != is_local(db, target))
		return refuse(err, _("A message can't be copied between the server and this computer."));
	*copy = copy_row(db, m, target, err);
	if (!*copy || !copy_bodies(db, message, *copy, err))
		return false;
	if (!here)
		return add_wish(db, WISH_COPY, m, *copy, target, act, err) != 0;
	guint32 uid = local_reserve(db, target, 1, err);
	return uid && place(db, *copy, target, 1, uid, err);
}

bool
journal_delete(Db *db, gint64 message, gint64 act, GError **err)
{
	g_autoptr(Message) m = messages_get(db, message, err);
	gint64 out_of_sight = limbo(db, true, err);

	if (!out_of_sight)
		return false;
	if (!m)
		return (err && *err) || refuse(err, _("This message is not there any more."));
	if (m->folder == out_of_sight)
		return true;
	if (is_local(db, m->folder))
		return local_remove(db, message, err);
	g_autoptr(Wish) copy = one_wish(db, "SELECT " WISH_COLUMNS " FROM wish INDEXED BY wish_message WHERE message = ?1 AND kind IN (2, 4) AND state = 0"
	    " AND tries = 0 AND NOT EXISTS (SELECT 1 FROM wish c WHERE c.source = ?1 AND c.source <> 0 AND c.state IN " LIVE ")", message, NULL);
	if (copy)	/* it never left: there is nothing to delete */
		return db_run_ints(db, err, "DELETE FROM wish WHERE message = ?1", INTS(message)) && db_run_ints(db, err, "DELETE FROM message WHERE id = ?1", INTS(message));
	g_autoptr(Wish) w = waiting_move(db, message);
	bool ok = w ? take_along(db, w, w->folder, w->uidvalidity, w->uid, err) && db_run_ints(db, err, "UPDATE wish SET kind = 3, target = 0, act = ?2 WHERE id = ?1", INTS(w->id, act)) :
	    add_wish(db, WISH_DELETE, m, message, 0, act, err) != 0;
	return ok && place(db, message, out_of_sight, 1, 0, err);
}

/* ---- where it is on the server ---- */

bool
journal_set_step(Db *db, const GPtrArray *wishes, WishStep step, GError **err)
{
	for (guint i = 0; i < wishes->len; i++)
		if (!db_run_ints(db, err, "UPDATE wish SET step = ?2 WHERE id = ?1", INTS(((Wish *)wishes->pdata[i])->id, step)))
			return false;
	return true;
}

/* Another row has that name because the folder was read first: what the server said of it is kept. */
static bool
take_over(Db *db, gint64 message, gint64 folder, guint32 uidvalidity, guint32 uid, GError **err)
{
	return db_run_ints(db, err, "UPDATE message SET server_flags = o.server_flags, keywords = o.keywords,"
	    "  flags = (o.server_flags & ~w.bits) | (message.flags & w.bits) FROM message o,"
	    "  (SELECT ifnull(sum(DISTINCT flag), 0) AS bits FROM wish WHERE message = ?1 AND kind = 0 AND state IN (0, 1)) w"
	    " WHERE message.id = ?1 AND o.folder = ?2 AND o.uidvalidity = ?3 AND o.uid = ?4 AND o.id <> ?1",
	    INTS(message, folder, uidvalidity, uid));
}

static bool
bind(Db *db, gint64 message, gint64 folder, guint32 uidvalidity, guint32 uid, GError **err)
{
	if (!db_run_ints(db, err, "UPDATE wish SET uid = ?4, uidvalidity = ?3 WHERE folder = ?2 AND uid = 0"
	    " AND kind IN (0, 1, 2, 3, 6) AND ((kind <> 2 AND message = ?1) OR (kind = 2 AND source = ?1 AND source <> 0))",
	    INTS(message, folder, uidvalidity, uid)))
		return false;
	if (db_int(db, 0, "SELECT uid FROM message WHERE id = ?1 AND folder = ?2", INTS(message, folder)) < UID_PROVISIONAL)
		return true;
	return take_over(db, message, folder, uidvalidity, uid, err) && place(db, message, folder, uidvalidity, uid, err);
}

bool
journal_arrived(Db *db, const Wish *w, guint32 uidvalidity, guint32 uid, GError **err)
{
	return bind(db, w->message, w->target, uidvalidity, uid, err);
}

/* The row of `message` under that SQL, which gets folder ?1, Message-ID ?2, date ?3, size ?4. */
static gint64
by_name(Db *db, const char *sql, gint64 folder, const char *message_id, gint64 received, guint64 size, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, sql, err);
	bool row;

	if (!st)
		return 0;
	stmt_int(st, 1, folder);
	stmt_text(st, 2, message_id);
	stmt_int(st, 3, received);
	stmt_int(st, 4, (gint64)size);
	return db_next(db, st, &row, err) && row ? sqlite3_column_int64(st, 0) : 0;
}

/* Its Message-ID, or without one its date and size, which COPY and MOVE keep. */
#define SAME "(d.message_id = ?2 OR (?2 IS NULL AND d.message_id IS NULL AND m.received = ?3 AND m.size = ?4))"

bool
journal_expects(Db *db, gint64 folder)
{
	return db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM wish WHERE folder = ?1 AND kind <> 0)"
	    " OR EXISTS (SELECT 1 FROM message WHERE folder = ?1 AND uid > 4294967295)", INTS(folder));
}

bool
journal_recognise(Db *db, gint64 folder, guint32 uidvalidity, guint32 uid, const char *message_id, gint64 received, guint64 size,
    gint64 *message, bool *hidden, GError **err)
{
	*message = 0;
	*hidden = false;
	/* most of the time nothing is on its way */
	if (!journal_expects(db, folder))
		return true;
	*message = db_int(db, 0, "SELECT message FROM wish WHERE folder = ?1 AND uid = ?2 AND uidvalidity = ?3 AND " MOVING
	    " AND state IN " LIVE, INTS(folder, uid, uidvalidity));
	if (*message) {
		*hidden = true;
		return true;
	}
	if (db_int(db, 0, "SELECT id FROM message WHERE folder = ?1 AND uid = ?2 AND uidvalidity = ?3", INTS(folder, uid, uidvalidity)))
		return true;
	/* about to be moved on, and the server's name was not known till now */
	gint64 known = by_name(db, "SELECT w.message FROM wish w JOIN message m ON m.id = w.message LEFT JOIN detail d ON d.message = m.id"
	    " WHERE w.folder = ?1 AND w.uid = 0 AND w." MOVING " AND w.state IN " LIVE " AND " SAME " AND NOT EXISTS"
	    " (SELECT 1 FROM wish p WHERE p.message = w.message AND p.id < w.id AND p.target = ?1 AND p.state = 0 AND p.tries = 0)"
	    " ORDER BY w.id LIMIT 1", folder, message_id, received, size, err);
	*hidden = known != 0;
	if (!known)	/* moved here; not while it can't be here yet: then it is another one of the same name */
		known = by_name(db, "SELECT m.id FROM message m LEFT JOIN detail d ON d.message = m.id"
		    " WHERE m.folder = ?1 AND m.uid > 4294967295 AND " SAME " AND NOT EXISTS"
		    " (SELECT 1 FROM wish w INDEXED BY wish_message WHERE w.message = m.id AND w.target = ?1 AND w.state = 0 AND w.tries = 0)"
		    " ORDER BY m.id LIMIT 1", folder, message_id, received, size, err);
	*message = known;
	return (!err || !*err) && (!known || bind(db, known, folder, uidvalidity, uid, err));
}

/* ---- ends ---- */

bool
journal_move_done(Db *db, const Wish *w, GError **err)
{
	gint64 out_of_sight = limbo(db, false, NULL);

	if (w->kind != WISH_DELETE && w->kind != WISH_MOVE)
		return true;
	/* it is not there any more; a folder that was read is counted by its rows */
	if (w->uid && !db_run_ints(db, err, "UPDATE folder SET server_total = max(server_total - 1, 0) WHERE id = ?1 AND backfill <> 1", INTS(w->folder)))
		return false;
	return w->kind == WISH_MOVE ||
	    db_run_ints(db, err, "DELETE FROM message WHERE id = ?1 AND folder = ?2", INTS(w->message, out_of_sight));
}

/* What was said of it after that, in a place where it never came to, can't be done either. */
static bool
fail_followers(Db *db, const Wish *w, GError **err)
{
	return db_run_ints(db, err, "UPDATE wish SET state = 2, last_error = (SELECT last_error FROM wish WHERE id = ?1)"
	    " WHERE id > ?1 AND message = ?2 AND folder = ?3 AND uid = 0 AND state IN " LIVE, INTS(w->id, w->message, w->target));
}

/* But how it was marked there holds where it lies again. */
static bool
take_marks_back(Db *db, const Wish *w, GError **err)
{
	return db_run_ints(db, err, "UPDATE wish SET folder = ?4, uidvalidity = ?5, uid = ?6 WHERE id > ?1 AND message = ?2 AND folder = ?3"
	    " AND uid = 0 AND kind IN (0, 6) AND state = 0", INTS(w->id, w->message, w->target, w->folder, w->uidvalidity, w->uid));
}

bool
journal_move_failed(Db *db, const Wish *w, GError **err)
{
	switch (w->kind) {
	case WISH_APPEND:
		return fail_followers(db, w, err) && journal_append_failed(db, w, err);
	case WISH_COPY:
		return db_run_ints(db, err, "DELETE FROM message WHERE id = ?1 AND uid > 4294967295", INTS(w->message));
	case WISH_MOVE: case WISH_DELETE:
		break;
	default:
		return true;
	}
	gint64 there = w->kind == WISH_DELETE ? limbo(db, false, NULL) : w->target;
	if (!take_marks_back(db, w, err) || !fail_followers(db, w, err))
		return false;
	/* it has arrived, and only its original could not be taken away: both are there, and both are shown */
	if (db_int(db, 0, "SELECT uid FROM message WHERE id = ?1 AND folder = ?2", INTS(w->message, there)) < UID_PROVISIONAL)
		return true;
	return place(db, w->message, w->folder, w->uidvalidity, w->uid, err);
}

bool
journal_move_again(Db *db, const Wish *w, bool remove, GError **err)
{
	if (wish_is_under_way(w))	/* for the server to answer */
		return db_run_ints(db, err, "UPDATE wish SET not_before = 0 WHERE id = ?1", INTS(w->id));
	if (w->state == WISH_WAITING && !remove)
		return db_run_ints(db, err, "UPDATE wish SET not_before = 0 WHERE id = ?1", INTS(w->id));
	if (w->state == WISH_WAITING && !journal_move_failed(db, w, err))
		return false;
	if (!drop_wish(db, w->id, err) || remove)
		return remove;
	gint64 copy;
	switch (w->kind) {
	case WISH_MOVE:		return journal_move(db, w->message, w->target, w->act, err);
	case WISH_DELETE:	return journal_delete(db, w->message, w->act, err);
	default:		return journal_copy(db, w->source, w->target, w->act, &copy, err);
	}
}

/* ---- in doubt ---- */

bool
journal_move_recover(Db *db, GError **err)
{
	/* marking and taking away may be repeated; what is on its way in one piece or as a copy may not */
	return db_run_ints(db, err, "UPDATE wish SET state = 0 WHERE state = 1 AND (kind = 3 OR (kind = 1 AND step = 2))", NULL, 0) &&
	    db_run_ints(db, err, "UPDATE wish SET state = 4 WHERE state = 1 AND kind IN (1, 2, 4)", NULL, 0);
}

/* The numbers mean nothing any more. The rows that wishes are about stay, and get their new names when they are recognised. */
bool
journal_unbind(Db *db, gint64 folder, GError **err)
{
	return db_run_ints(db, err, "UPDATE wish SET uid = 0, state = CASE state WHEN 4 THEN 4 ELSE 0 END"
	    " WHERE folder = ?1 AND kind IN (0, 1, 2, 3, 6) AND state IN " LIVE, INTS(folder)) &&
	    db_run_ints(db, err, "UPDATE message SET uid = ?2 + id WHERE folder = ?1 AND uid < ?2 AND EXISTS"
	    " (SELECT 1 FROM wish w WHERE (w.message = message.id OR (w.source = message.id AND w.source <> 0)) AND w.state IN " LIVE ")",
	    INTS(folder, UID_PROVISIONAL));
}

/* Wishes whose message has no name in their folder yet, with nothing before them that could still bring it. */
#define UNBOUND "state = 0 AND uid = 0 AND kind IN (0, 1, 2, 3, 6) AND NOT EXISTS (SELECT 1 FROM wish p WHERE p.id < wish.id" \
	" AND p.state IN " LIVE " AND p.target = wish.folder AND ((wish.kind <> 2 AND p.message = wish.message)" \
	"  OR (wish.kind = 2 AND p.message = wish.source)))"
#define ABANDONED "uid > 4294967295 AND NOT EXISTS (SELECT 1 FROM wish w WHERE w.message = message.id AND w.state IN " LIVE ")"

gint64
journal_look_at(Db *db, gint64 now)
{
	/* asked at each turn, and nearly always there is nothing */
	bool wishes = db_int(db, 0, "SELECT 1 FROM wish LIMIT 1", NULL, 0) != 0;
	gint64 folder = !wishes ? 0 : db_int(db, 0, "SELECT CASE WHEN kind = 1 AND step = 0 THEN folder ELSE target END FROM wish"
	    " WHERE state = 4 AND " DUE " ORDER BY id LIMIT 1", INTS(now));

	if (!folder && wishes)
		folder = db_int(db, 0, "SELECT folder FROM wish WHERE " DUE " AND " UNBOUND " ORDER BY id LIMIT 1", INTS(now));
	if (!folder && db_int(db, 0, "SELECT 1 FROM message INDEXED BY message_provisional WHERE uid > 4294967295 LIMIT 1", NULL, 0))
		folder = db_int(db, 0, "SELECT folder FROM message INDEXED BY message_provisional WHERE " ABANDONED
		    " AND folder <> ?1 LIMIT 1", INTS(limbo(db, false, NULL)));
	return folder;
}

GPtrArray *
journal_doubts(Db *db, gint64 folder, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " WISH_COLUMNS " FROM wish WHERE state = 4 AND kind = 1 AND step = 0 AND folder = ?1"
	    " AND uid > 0 ORDER BY id LIMIT 500", err);

	if (!st)
		return NULL;
	stmt_int(st, 1, folder);
	return journal_read(db, st, err);
}

bool
journal_doubt_resolved(Db *db, const Wish *w, bool done, GError **err)
{
	return done ? journal_move_done(db, w, err) && drop_wish(db, w->id, err) :
	    db_run_ints(db, err, "UPDATE wish SET state = 0, step = 0 WHERE id = ?1 AND state = 4", INTS(w->id));
}

/* The copy is there, under a name of the server's: known from its row, or from a wish on it there. */
static bool
is_there(Db *db, const Wish *w)
{
	return db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1 AND folder = ?2 AND uid <= 4294967295)"
	    " OR EXISTS (SELECT 1 FROM wish WHERE message = ?1 AND folder = ?2 AND uid > 0 AND id > ?3)",
	    INTS(w->message, w->target, w->id));
}

static bool
resolve_copies(Db *db, gint64 folder, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " WISH_COLUMNS " FROM wish WHERE state = 4 AND target = ?1 AND (kind IN (2, 4) OR step = 1)", err);

	if (!st)
		return false;
	stmt_int(st, 1, folder);
	g_autoptr(GPtrArray) wishes = journal_read(db, st, err);
	for (guint i = 0; wishes && i < wishes->len; i++) {
		const Wish *w = wishes->pdata[i];
		bool there = is_there(db, w), ok;
		if (there && w->kind == WISH_MOVE)
			ok = db_run_ints(db, err, "UPDATE wish SET state = 0, step = 2 WHERE id = ?1", INTS(w->id));
		else
			ok = journal_doubt_resolved(db, w, there, err);
		if (!ok)
			return false;
	}
	return wishes != NULL;
}

static GPtrArray *
unbound(Db *db, gint64 folder, const char *which, GError **err)
{
	g_autofree char *sql = g_strdup_printf("SELECT " WISH_COLUMNS " FROM wish WHERE folder = ?1 AND " UNBOUND " AND (%s)", which);
	g_autoptr(Stmt) st = db_stmt(db, sql, err);

	if (!st)
		return NULL;
	stmt_int(st, 1, folder);
	return journal_read(db, st, err);
}

bool
journal_looked(Db *db, gint64 folder, GError **err)
{
	/* moves in doubt out of a folder that has other numbers now: what was not recognised there has left it */
	if (!resolve_copies(db, folder, err) ||
	    !db_run_ints(db, err, "DELETE FROM wish WHERE state = 4 AND kind = 1 AND step = 0 AND folder = ?1 AND uid = 0", INTS(folder)))
		return false;
	/* what was to be taken away from there is not there: done */
	g_autoptr(GPtrArray) gone = unbound(db, folder, "kind = 3 OR (kind = 1 AND step = 2)", err);
	if (!gone || !journal_done(db, gone, err))
		return false;
	g_autoptr(GPtrArray) lost = unbound(db, folder, "1", err);
	if (!lost || !journal_fail(db, lost, _("the message is not there any more"), err))
		return false;
	return db_run_ints(db, err, "DELETE FROM message WHERE folder = ?1 AND " ABANDONED, INTS(folder));
}

bool
journal_look_later(Db *db, gint64 folder, gint64 not_before, const char *error, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE wish SET not_before = ?2, last_error = ?3 WHERE (state = 4 AND ?1 IN (folder, target))"
	    " OR (state = 0 AND folder = ?1)", err);

	if (!st)
		return false;
	stmt_int(st, 1, folder);
	stmt_int(st, 2, not_before);
	stmt_text(st, 3, error);
	return db_run(db, st, err);
}
