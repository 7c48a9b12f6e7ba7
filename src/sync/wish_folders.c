/* wish_folders.c - folders that the person makes, renames, moves, deletes, subscribes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * In the tree at once, wished of the server; where folders are on this computer it is true at once. All in the caller's
 * transaction. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "proto/imap/utf7.h"
#include "store/acts.h"
#include "store/server.h"

#include <string.h>

bool
wish_refuse(GError **err, char *sentence)
{
	g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, sentence);
	g_free(sentence);
	return false;
}

/* ---- making ---- */

static const char *
name_of_role(FolderRole role)
{
	switch (role) {
	case ROLE_ARCHIVE:	return "Archive";
	case ROLE_JUNK:		return "Junk";
	case ROLE_TRASH:	return "Trash";
	case ROLE_DRAFTS:	return "Drafts";
	case ROLE_SENT:		return "Sent";
	default:		return "INBOX";
	}
}

static Folder *
named(Engine *e, const char *name)
{
	g_autofree char *wire = e->is_pop ? local_wire(name) : imap_utf7_encode(name);
	return wire ? folders_find(e->db, wire, NULL) : NULL;
}

/* May a folder of that path be made? The folder above it says so (RFC 4314, "k"). */
static bool
may_be_made(Engine *e, const char *name, char delimiter, GError **err)
{
	const char *last = delimiter ? strrchr(name, delimiter) : NULL;
	g_autofree char *above = last ? g_strndup(name, (gsize)(last - name)) : NULL;
	g_autoptr(Folder) parent = above ? named(e, above) : NULL, there = named(e, name);

	if (!*name || strpbrk(name, "\r\n") || (last && !last[1]))
		return wish_refuse(err, g_strdup_printf(_("A folder can't be called “%s”."), name));
	if (there && !there->gone)
		return wish_refuse(err, g_strdup_printf(_("There is a folder “%s” already."), name));
	if (parent && !parent->gone && !folder_may(parent, 'k'))
		return wish_refuse(err, g_strdup_printf(_("You may not make folders in %s: the server gives you no right to."), parent->name));
	return true;
}

gint64
wish_make_folder(Engine *e, const char *name, FolderRole role, gint64 act, GError **err)
{
	g_autofree char *prefix = NULL;
	g_autoptr(Folder) f = folder_new();

	prefix = namespaces_personal(e->db, &f->delimiter);
	f->wire = e->is_pop ? local_wire(name) : imap_utf7_encode(name);
	if (!f->wire) {
		wish_refuse(err, g_strdup_printf(_("A folder can't be called “%s”."), name));
		return 0;
	}
	if (!may_be_made(e, name, f->delimiter, err))
		return 0;
	if (e->is_pop)
		return local_folder(e->db, role, name, err);
	f->name = g_strdup(name);
	f->role = role;
	f->selectable = f->subscribed = true;
	gint64 id = folders_put(e->db, f, err);
	return id && journal_folder(e->db, id, FOLDER_CREATE, true, NULL, act, err) ? id : 0;
}

gint64
wish_role_folder(Engine *e, FolderRole role, bool *made, GError **err)
{
	g_autoptr(Folder) f = folders_role(e->db, role, NULL);
	char delimiter;

	if (f)
		return f->id;
	*made = true;
	g_autofree char *prefix = e->is_pop ? g_strdup("") : namespaces_personal(e->db, &delimiter);
	g_autofree char *decoded = imap_utf7_decode(prefix), *name = g_strconcat(decoded, name_of_role(role), NULL);
	return wish_make_folder(e, name, role, 0, err);
}

/* ---- changing ---- */

static char *
under_new_name(const char *name, const char *old, const char *new)
{
	return g_strconcat(new, name + strlen(old), NULL);
}

static bool
rename_children(Engine *e, const Folder *f, const char *wire, const char *name, GError **err)
{
	g_autofree char *below = g_strdup_printf("%s%c", f->wire, f->delimiter);
	g_autoptr(GPtrArray) all = folders_list(e->db, err);

	for (guint i = 0; all && f->delimiter && i < all->len; i++) {
		const Folder *child = g_ptr_array_index(all, i);
		if (!g_str_has_prefix(child->wire, below))
			continue;
		g_autofree char *child_wire = under_new_name(child->wire, f->wire, wire), *child_name = under_new_name(child->name, f->name, name);
		if (!folders_rename(e->db, child->id, child_wire, child_name, err))
			return false;
	}
	return all != NULL;
}

static bool
rename_tree(Engine *e, const Folder *f, const char *name, gint64 act, GError **err)
{
	g_autofree char *wire = e->is_pop ? local_wire(name) : imap_utf7_encode(name), *below = g_strdup_printf("%s%c", f->name, f->delimiter);

	if (!wire)
		return wish_refuse(err, g_strdup_printf(_("A folder can't be called “%s”."), name));
	if (f->delimiter && g_str_has_prefix(name, below))
		return wish_refuse(err, g_strdup_printf(_("A folder can't be moved into itself: “%s”."), name));
	if (!may_be_made(e, name, f->delimiter, err) || !rename_children(e, f, wire, name, err) || !folders_rename(e->db, f->id, wire, name, err))
		return false;
	return e->is_pop || journal_folder(e->db, f->id, FOLDER_RENAME, true, f->wire, act, err);
}

static bool
delete_folder(Engine *e, const Folder *f, gint64 act, GError **err)
{
	if (e->is_pop)
		return folders_remove(e->db, f->id, err);
	if (e->shown == f->id)
		e->shown = 0;
	return folders_set_gone(e->db, f->id, true, err) && journal_folder(e->db, f->id, FOLDER_DELETE, true, f->wire, act, err);
}

static bool
subscribe(Engine *e, const Folder *f, bool on, gint64 act, GError **err)
{
	return folders_set_subscribed(e->db, f->id, on, err) && (e->is_pop || journal_folder(e->db, f->id, FOLDER_SUBSCRIBE, on, NULL, act, err));
}

static bool
change(Engine *e, const Request *r, const Folder *f, gint64 act, GError **err)
{
	if (r->kind == REQ_FOLDER_SUBSCRIBE)
		return subscribe(e, f, r->on, act, err);
	if (f->role == ROLE_INBOX || (e->is_pop && f->role != ROLE_NONE))
		return wish_refuse(err, g_strdup_printf(_("%s belongs to every account: it can be neither renamed nor deleted."), f->name));
	if (!folder_may(f, 'x'))
		return wish_refuse(err, g_strdup_printf(_("You may not change the folder %s: the server gives you no right to."), f->name));
	return r->kind == REQ_FOLDER_RENAME ? rename_tree(e, f, r->text, act, err) : delete_folder(e, f, act, err);
}

/* ---- the door ---- */

bool
wish_is_of_folder(const Request *r)
{
	return r->kind == REQ_FOLDER_CREATE || r->kind == REQ_FOLDER_RENAME || r->kind == REQ_FOLDER_DELETE || r->kind == REQ_FOLDER_SUBSCRIBE;
}

static ActKind
act_of(const Request *r)
{
	switch (r->kind) {
	case REQ_FOLDER_CREATE:	return ACT_FOLDER_CREATE;
	case REQ_FOLDER_RENAME:	return ACT_FOLDER_RENAME;
	case REQ_FOLDER_DELETE:	return ACT_FOLDER_DELETE;
	default:		return ACT_FOLDER_SUBSCRIBE;
	}
}

bool
wish_folder(Engine *e, const Request *r, gint64 *act, GError **err)
{
	bool create = r->kind == REQ_FOLDER_CREATE;
	g_autoptr(Folder) f = create ? NULL : folders_get(e->db, r->folder, NULL);
	if (!create && (!f || f->gone))
		return wish_refuse(err, g_strdup(_("This folder is not there any more.")));
	Act a = { .kind = act_of(r), .on = r->on, .text = create ? r->text : f->name };
	if (!(*act = acts_new(e->db, &a, clock_s(), err)))
		return false;
	gint64 id = create ? wish_make_folder(e, r->text, ROLE_NONE, *act, err) : change(e, r, f, *act, err) ? f->id : 0;
	return id && acts_close_folder(e->db, *act, id, err);
}

static bool
undo_create(Engine *e, const Folder *f, const Act *a, GError **err)
{
	if (f->total || f->server_total)
		return wish_refuse(err, g_strdup_printf(_("The folder %s has messages by now: it stays."), f->name));
	return delete_folder(e, f, a->id, err);
}

/* Only as long as the server has not heard of it: then its messages are gone. */
static bool
undo_delete(Engine *e, const Act *a, GError **err)
{
	gint64 wish = journal_folder_waits(e->db, a->folder, FOLDER_DELETE);
	if (!wish)
		return wish_refuse(err, g_strdup_printf(_("The folder %s has been deleted on the server: it can't be brought back."), a->text));
	g_autoptr(Folder) there = named(e, a->text);
	if (there && !there->gone)
		return wish_refuse(err, g_strdup_printf(_("There is a folder “%s” already."), a->text));
	return journal_again(e->db, wish, true, err);
}

bool
wish_folder_undo(Engine *e, const Act *a, GError **err)
{
	g_autoptr(Folder) f = folders_get(e->db, a->folder, NULL);

	if (a->kind == ACT_FOLDER_DELETE)
		return undo_delete(e, a, err);
	if (!f || f->gone)
		return wish_refuse(err, g_strdup(_("This folder is not there any more.")));
	if (a->kind == ACT_FOLDER_CREATE)
		return undo_create(e, f, a, err);
	if (a->kind == ACT_FOLDER_RENAME)
		return rename_tree(e, f, a->text, a->id, err);
	return subscribe(e, f, !a->on, a->id, err);
}
