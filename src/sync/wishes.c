/* wishes.c - what the person does to messages and folders: shown at once, wished of the server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One command is one act (store/acts.h) in one transaction, on however many messages; what can't be done for one of them
 * is done for none. In an account whose folders are on this computer it is true at once. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "store/acts.h"

#include <string.h>

/* ---- acts on messages ---- */

typedef struct {
	Engine *e;
	const Request *r;
	Act act;
	gint64 id;		/* of the act */
	gint64 target;
	GHashTable *folders;	/* owned: set of gint64*: whose lists change */
	bool made;		/* a folder was made */
	Folder *at;		/* owned: that of the last message; to read it counts its wishes, which are those just made */
} Doing;

static const Folder *
folder_of(Doing *d, const Message *m)
{
	if (d->at && d->at->id == m->folder)
		return d->at;
	folder_free(d->at);
	d->at = folders_get(d->e->db, m->folder, NULL);
	return d->at;
}

static void
touch(Doing *d, gint64 folder)
{
	if (folder)
		g_hash_table_add(d->folders, g_memdup2(&folder, sizeof folder));
}

static bool
one_flag(Doing *d, const Message *m, GError **err)
{
	const Folder *f = folder_of(d, m);
	guint32 flag = d->act.kind == ACT_READ_ALL ? FLAG_SEEN : d->r->flag, flags = d->act.on ? m->flags | flag : m->flags & ~flag;

	/* what is only here needs no server's consent */
	if (f && folder_is_local(f))
		return messages_set_flags(d->e->db, m->id, flags, flags, 0, err);
	return journal_flag(d->e->db, m->id, flag, d->act.on, err);
}

static bool
trash_or_delete(Doing *d, const Message *m, GError **err)
{
	bool for_good = d->r->on || m->folder == d->target;
	return for_good ? journal_delete(d->e->db, m->id, d->id, err) : journal_move(d->e->db, m->id, d->target, d->id, err);
}

static bool
has_keyword(const Message *m, const char *keyword)
{
	g_auto(GStrv) words = g_strsplit(m->keywords ? m->keywords : "", " ", -1);
	for (char **w = words; *w; w++)
		if (!g_ascii_strcasecmp(*w, keyword))
			return true;
	return false;
}

/* What the server will refuse is refused here, before the screen shows it done (RFC 4314). */
static bool
may(Doing *d, const Message *m, GError **err)
{
	const Folder *f = folder_of(d, m);
	bool leaves = d->act.kind != ACT_COPY && d->act.kind != ACT_FLAG && d->act.kind != ACT_KEYWORD && d->act.kind != ACT_READ_ALL;
	guint32 flag = d->act.kind == ACT_READ_ALL ? FLAG_SEEN : d->act.kind == ACT_FLAG ? d->r->flag : 0;

	if (!f)
		return true;
	if (leaves && !(folder_may(f, 't') && folder_may(f, 'e')))
		return wish_refuse(err, g_strdup_printf(_("You may not take messages out of %s: the server gives you no right to."), f->name));
	if (d->act.kind != ACT_COPY && !leaves && !folder_may(f, flag == FLAG_SEEN ? 's' : 'w'))
		return wish_refuse(err, g_strdup_printf(_("You may not mark messages in %s: the server gives you no right to."), f->name));
	return true;
}

static bool
act_on(Doing *d, const Message *m, GError **err)
{
	gint64 shown = m->id;
	bool ok, changes = true;

	switch (d->act.kind) {
	case ACT_FLAG: case ACT_READ_ALL: {
		guint32 flag = d->act.kind == ACT_READ_ALL ? FLAG_SEEN : d->r->flag;
		changes = ((m->flags & flag) != 0) != d->act.on;
		ok = one_flag(d, m, err);
		break;
	}
	case ACT_KEYWORD:
		changes = has_keyword(m, d->r->text) != d->act.on;	/* else taking it back would turn it round */
		ok = !changes || journal_keyword(d->e->db, m->id, d->r->text, d->act.on, d->id, err);
		break;
	case ACT_COPY:
		ok = journal_copy(d->e->db, m->id, d->target, d->id, &shown, err);
		break;
	case ACT_TRASH: case ACT_DELETE:
		ok = trash_or_delete(d, m, err);
		break;
	case ACT_EMPTY:
		ok = journal_delete(d->e->db, m->id, d->id, err);
		break;
	default:
		changes = m->folder != d->target;
		ok = !changes || journal_move(d->e->db, m->id, d->target, d->id, err);
	}
	touch(d, m->folder);
	return ok && (!changes || d->r->by_itself || acts_add(d->e->db, d->id, shown, m->folder, err));
}

static bool
append_one(Doing *d, const AppendItem *item, GError **err)
{
	g_autoptr(Message) m = message_of_whole(d->e, item->whole);

	m->flags = item->flags;
	m->keywords = g_strdup(item->keywords);
	m->received = item->received ? item->received : m->received ? m->received : m->sent ? m->sent : clock_s();
	gint64 id = journal_append(d->e->db, d->target, m, item->whole, d->id, err);
	return id && acts_add(d->e->db, d->id, id, d->target, err);
}

/* All of a folder, or what of it is unread. */
static GArray *
all_of(Engine *e, gint64 folder, const char *pattern)
{
	g_autoptr(MessageLimit) limit = messages_limit_new(pattern, NULL);
	g_autoptr(GArray) keys = messages_keys(e->db, folder, limit, NULL, false, true, G_MAXINT32, 0, NULL, NULL, NULL);
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));

	for (guint i = 0; keys && i < keys->len; i++)
		g_array_append_val(ids, g_array_index(keys, MessageKey, i).id);
	return ids;
}

static bool
may_go_there(Engine *e, gint64 folder, GError **err)
{
	g_autoptr(Folder) f = folders_get(e->db, folder, NULL);

	if (!f || f->gone || !f->selectable)
		return wish_refuse(err, g_strdup(_("This folder can hold no messages.")));
	return folder_may(f, 'i') || wish_refuse(err, g_strdup_printf(_("You may not put messages into %s: the server gives you no right to."), f->name));
}

static bool
find_target(Doing *d, GError **err)
{
	const Request *r = d->r;

	switch (r->kind) {
	case REQ_MOVE: case REQ_COPY: case REQ_APPEND:
		if (r->kind == REQ_APPEND && !db_has_room(d->e->db, 0))
			return wish_refuse(err, g_strdup(_("The disk is nearly full: nothing can be put here until there is room")));
		d->made = !r->folder && r->text;
		d->target = d->made ? wish_make_folder(d->e, r->text, ROLE_NONE, 0, err) : r->folder;
		break;
	case REQ_DELETE:
		d->target = r->on ? 0 : wish_role_folder(d->e, ROLE_TRASH, &d->made, err);
		return d->target || r->on;
	case REQ_TO_ROLE:
		d->target = wish_role_folder(d->e, (FolderRole)r->flag, &d->made, err);
		break;
	default:
		return true;
	}
	return d->target && may_go_there(d->e, d->target, err);
}

static ActKind
kind_of(const Request *r)
{
	switch (r->kind) {
	case REQ_FLAG:		return ACT_FLAG;
	case REQ_KEYWORD:	return ACT_KEYWORD;
	case REQ_COPY:		return ACT_COPY;
	case REQ_DELETE:	return r->on ? ACT_DELETE : ACT_TRASH;
	case REQ_TO_ROLE:	return r->flag == ROLE_ARCHIVE ? ACT_ARCHIVE : r->flag == ROLE_JUNK ? ACT_JUNK : ACT_NOT_JUNK;
	case REQ_MARK_READ_ALL:	return ACT_READ_ALL;
	case REQ_EMPTY:		return ACT_EMPTY;
	case REQ_APPEND:	return ACT_APPEND;
	default:		return ACT_MOVE;
	}
}

static bool
act(Doing *d, const GArray *ids, guint *n, GError **err)
{
	d->act = (Act){ .kind = kind_of(d->r), .flag = d->r->flag, .on = d->r->on || d->r->kind == REQ_MARK_READ_ALL,
		.text = d->r->kind == REQ_KEYWORD ? d->r->text : NULL };
	if (!find_target(d, err))
		return false;
	d->act.target = d->target;
	touch(d, d->target);
	if (!d->r->by_itself && !(d->id = acts_new(d->e->db, &d->act, clock_s(), err)))
		return false;
	bool found = ids->len == 0;
	for (guint i = 0; i < ids->len; i++) {
		g_autoptr(Message) m = messages_get(d->e->db, g_array_index(ids, gint64, i), NULL);
		found |= m != NULL;
		if (!m || (d->r->by_itself && !may(d, m, NULL)))
			continue;
		if (!may(d, m, err) || !act_on(d, m, err))
			return false;
	}
	if (!found && !d->r->by_itself)	/* another program was quicker */
		return wish_refuse(err, g_strdup(_("This message is not there any more.")));
	for (guint i = 0; d->r->items && i < d->r->items->len; i++)
		if (!append_one(d, g_ptr_array_index(d->r->items, i), err))
			return false;
	return d->r->by_itself || acts_close(d->e->db, d->id, n, err);
}

static bool
undo(Doing *d, guint *n, GError **err)
{
	g_autoptr(Act) a = acts_get(d->e->db, d->r->message, NULL);

	if (!a)
		return wish_refuse(err, g_strdup(_("There is nothing to take back.")));
	d->id = a->id;
	*n = a->n;
	if (a->undone)
		return wish_refuse(err, g_strdup(_("This is taken back already.")));
	if (act_is_of_folder(a)) {
		d->made = true;
		return wish_folder_undo(d->e, a, err) && acts_undone(d->e->db, a->id, err);
	}
	touch(d, a->folder);
	touch(d, a->target);
	return acts_undo(d->e->db, a->id, n, err);
}

/* ---- the door ---- */

static void
tell(Engine *e, const Request *r, gint64 act, guint n, const GError *err)
{
	Letter *l = letter_new(LETTER_ACT);
	l->message = act;
	l->done = n;
	l->when = r->when;
	l->failed = err != NULL;
	if (err)
		l->text2 = g_strdup(err->message);
	engine_tell(e, l);
}

static bool
all_in_one(Doing *d, guint *n, GError **err)
{
	const Request *r = d->r;
	g_autoptr(GArray) all = r->kind == REQ_MARK_READ_ALL ? all_of(d->e, r->folder, "~U") : r->kind == REQ_EMPTY ? all_of(d->e, r->folder, "~A") : NULL;
	g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(gint64));

	if (d->e->read_only)
		return wish_refuse(err, g_strdup(_("Nothing was changed: eilpost runs read-only (-R).")));
	if (!store_begin(d->e, err))
		return false;
	bool ok = wish_is_of_folder(r) ? wish_folder(d->e, r, &d->id, err) : r->kind == REQ_UNDO ? undo(d, n, err) :
		act(d, all ? all : r->ids ? r->ids : none, n, err);
	if (ok && db_commit(d->e->db, err))
		return true;
	db_rollback(d->e->db);
	return false;
}

/* What can't be taken back stands in the way of nothing older. */
static void
skip_act(Engine *e, gint64 act)
{
	if (store_begin(e, NULL) && !(acts_skip(e->db, act, NULL) && db_commit(e->db, NULL)))
		db_rollback(e->db);
}

void
wishes_request(Engine *e, const Request *r)
{
	Doing d = { .e = e, .r = r, .folders = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL) };
	GError *err = NULL;
	GHashTableIter it;
	gpointer folder;
	gint64 shown = e->shown;
	guint n = 0;

	headers_flush(e);
	bool ok = all_in_one(&d, &n, &err);
	if (!ok)
		e->shown = shown;	/* the folder was not deleted */
	if (!ok && r->kind == REQ_UNDO && d.id && g_error_matches(err, EIL_ERROR, EIL_REFUSED))
		skip_act(e, d.id);
	g_hash_table_iter_init(&it, d.folders);
	while (g_hash_table_iter_next(&it, &folder, NULL))
		engine_changed(e, *(gint64 *)folder, CHANGE_FLAGS | CHANGE_COUNTS | (d.act.kind == ACT_FLAG && r->kind == REQ_FLAG ? 0 : CHANGE_ADDED | CHANGE_REMOVED));
	if (wish_is_of_folder(r) || d.made)
		engine_changed(e, 0, CHANGE_FOLDERS);
	if (!ok || !r->by_itself)
		tell(e, r, ok ? d.id : 0, n, err);
	if (err && !g_error_matches(err, EIL_ERROR, EIL_REFUSED)) {
		engine_store_failed(e, err);
		err = NULL;
	}
	g_clear_error(&err);
	folder_free(d.at);
	g_hash_table_destroy(d.folders);
}
