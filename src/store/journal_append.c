/* journal_append.c - messages that come to a folder of the server from here: imported, from another account, a draft.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The message stands in its folder at once, under a provisional UID and with its whole text; APPENDUID, or its Message-ID
 * when the folder is read, gives it the server's. One that the server refused waits out of sight: it is the only copy. */
#include "config.h"
#include "store/journal_private.h"
#include "store/bodies.h"
#include "store/local.h"
#include "store/messages.h"
#include "base/intl.h"

static bool
add_wish(Db *db, gint64 message, gint64 folder, gint64 act, GError **err)
{
	return db_run_ints(db, err, "INSERT INTO wish (kind, folder, message, uidvalidity, uid, target, act)"
	    " VALUES (4, ?2, ?1, 0, 0, ?2, ?3)", INTS(message, folder, act));
}

gint64
journal_append(Db *db, gint64 folder, Message *m, GBytes *raw, gint64 act, GError **err)
{
	g_autoptr(Folder) f = folders_get(db, folder, err);

	if (!f || f->gone || !f->selectable) {
		if (!err || !*err)
			g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, _("This folder can hold no messages."));
		return 0;
	}
	if (folder_is_local(f))
		return local_add(db, folder, m, raw, err);
	m->folder = folder;
	m->uidvalidity = f->uidvalidity;
	m->server_flags = m->flags;
	m->size = g_bytes_get_size(raw);
	gint64 id = messages_put_ours(db, m, err);	/* never another one that has the same Message-ID */
	if (!id || !journal_place_provisional(db, id, folder, err) || !bodies_put(db, id, "", raw, err) || !bodies_set_here(db, id, true, err) ||
	    !add_wish(db, id, folder, act, err))
		return 0;
	return id;
}

bool
journal_append_failed(Db *db, const Wish *w, GError **err)
{
	/* it arrived, and only the answer was lost */
	if (db_int(db, 0, "SELECT uid FROM message WHERE id = ?1", INTS(w->message)) < UID_PROVISIONAL)
		return true;
	return journal_out_of_sight(db, w->message, err);
}

bool
journal_append_again(Db *db, const Wish *w, bool remove, GError **err)
{
	if (wish_is_under_way(w))	/* for the server to answer */
		return db_run_ints(db, err, "UPDATE wish SET not_before = 0 WHERE id = ?1", INTS(w->id));
	if (remove)
		return db_run_ints(db, err, "DELETE FROM wish WHERE id = ?1", INTS(w->id)) &&
		    db_run_ints(db, err, "DELETE FROM message WHERE id = ?1 AND uid > 4294967295", INTS(w->message));
	if (w->state == WISH_FAILED && !journal_place_provisional(db, w->message, w->folder, err))
		return false;
	return db_run_ints(db, err, "UPDATE wish SET state = 0, not_before = 0, tries = 0 WHERE id = ?1", INTS(w->id));
}
