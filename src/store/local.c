/* local.c - folders that are only on this computer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * They look like the others: a UIDVALIDITY (always 1), UIDs that only grow, counts kept by the triggers. No wish is ever
 * written for them: what the person says is true at once. */
#include "config.h"
#include "store/local.h"
#include "store/bodies.h"
#include "store/db_private.h"

#include <string.h>

#define PREFIX "\001local:"	/* a mailbox name on the wire has no control character that could come first */

bool
folder_is_local(const Folder *f)
{
	return g_str_has_prefix(f->wire, PREFIX);
}

bool
folders_is_local(Db *db, gint64 id)
{
	return db_int(db, 0, "SELECT substr(wire, 1, 7) = char(1) || 'local:' FROM folder WHERE id = ?1", INTS(id)) != 0;
}

char *
local_wire(const char *name)
{
	return g_strconcat(PREFIX, name, NULL);
}

static const char *
name_of(FolderRole role, const char *name)
{
	switch (role) {
	case ROLE_INBOX:	return "Inbox";
	case ROLE_DRAFTS:	return "Drafts";
	case ROLE_SENT:		return "Sent";
	case ROLE_ARCHIVE:	return "Archive";
	case ROLE_JUNK:		return "Junk";
	case ROLE_TRASH:	return "Trash";
	default:		return name;
	}
}

gint64
local_folder(Db *db, FolderRole role, const char *name, GError **err)
{
	g_autofree char *wire = g_strconcat(PREFIX, name_of(role, name), NULL);
	g_autoptr(Folder) f = folders_find(db, wire, NULL);

	if (f && !f->gone)
		return f->id;
	g_autoptr(Folder) fresh = folder_new();
	fresh->wire = g_steal_pointer(&wire);
	fresh->name = g_strdup(name ? name : name_of(role, name));
	fresh->role = role;
	fresh->selectable = fresh->subscribed = true;
	gint64 id = folders_put(db, fresh, err);
	if (!id || !folders_set_sync(db, id, 1, 1, 0, err) || !folders_set_backfill(db, id, 1, err) || !folders_set_checked(db, id, 1, err))
		return 0;
	return id;
}

/* UIDs are never given twice, also not after the newest message went. */
guint32
local_reserve(Db *db, gint64 folder, guint n, GError **err)
{
	gint64 next = db_int(db, 0, "SELECT uidnext FROM folder WHERE id = ?1", INTS(folder));
	next = MAX(next, 1);
	return db_run_ints(db, err, "UPDATE folder SET uidnext = ?2 WHERE id = ?1", INTS(folder, next + n)) ? (guint32)next : 0;
}

static bool
count(Db *db, gint64 folder, GError **err)
{
	return db_run_ints(db, err, "UPDATE folder SET server_total = total, server_unseen = unseen WHERE id = ?1", INTS(folder));
}

gint64
local_add(Db *db, gint64 folder, Message *m, GBytes *raw, GError **err)
{
	m->folder = folder;
	m->uidvalidity = 1;
	m->server_flags = m->flags;
	if (!m->uid)
		m->uid = local_reserve(db, folder, 1, err);
	if (!m->uid)
		return 0;
	gint64 id = messages_put(db, m, err);
	if (!id || (raw && (!bodies_put(db, id, "", raw, err) || !bodies_set_here(db, id, true, err))) || !count(db, folder, err))
		return 0;
	m->id = id;
	m->body_here = raw != NULL;
	return id;
}

bool
local_move(Db *db, gint64 message, gint64 folder, GError **err)
{
	gint64 from = db_int(db, 0, "SELECT folder FROM message WHERE id = ?1", INTS(message));

	if (!from || from == folder)
		return from != 0;
	guint32 uid = local_reserve(db, folder, 1, err);
	return uid && db_run_ints(db, err, "UPDATE message SET folder = ?2, uid = ?3, uidvalidity = 1 WHERE id = ?1", INTS(message, folder, uid)) &&
	    count(db, from, err) && count(db, folder, err);
}

bool
local_remove(Db *db, gint64 message, GError **err)
{
	gint64 folder = db_int(db, 0, "SELECT folder FROM message WHERE id = ?1", INTS(message));
	return db_run_ints(db, err, "DELETE FROM message WHERE id = ?1", INTS(message)) && count(db, folder, err);
}
