/* folders.c - the account's folders, and how far each is synced.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "store/folders.h"
#include "store/keep.h"
#include "store/db_private.h"
#include "store/journal.h"
#include "base/intl.h"
#include "base/utf8.h"

#include <string.h>

#define COLUMNS "id, name, wire, delimiter, attrs, role, selectable, subscribed, gone," \
	" uidvalidity, uidnext, modseq, server_total, server_unseen," \
	" total, unseen, recent, backfill, checked," \
	" namespace, rights, mailbox_id, server_size, keep," \
	" (SELECT count(*) FROM wish WHERE wish.folder = folder.id AND wish.uid <> 0" \
	"  AND wish.kind IN (1, 3) AND wish.state IN (0, 1, 4))"	/* moves and deletions to come true */

Folder *
folder_new(void)
{
	Folder *f = g_new0(Folder, 1);
	f->keep = KEEP_TEXTS_AS_ACCOUNT;
	return f;
}

void
folder_free(Folder *f)
{
	if (!f)
		return;
	g_free(f->name);
	g_free(f->wire);
	g_free(f->rights);
	g_free(f->mailbox_id);
	g_free(f);
}

/* The obsolete "c" and "d" (RFC 4314, 2.1.1) stand for what old servers mean by them. */
static bool
counted_here(const Folder *f)
{
	return f->backfill_below == 1;
}

guint32
folder_total(const Folder *f)
{
	guint32 there = f->server_total - MIN(f->server_total, f->leaving);
	return counted_here(f) ? f->total : MAX(f->total, there);
}

guint32
folder_unseen(const Folder *f)
{
	return counted_here(f) ? f->unseen : MAX(f->unseen, f->server_unseen);
}

bool
folder_may(const Folder *f, char right)
{
	if (!f->rights || strchr(f->rights, right))
		return true;
	if (right == 'k' || right == 'x')
		return strchr(f->rights, 'c') != NULL && !strpbrk(f->rights, "kx");
	if (right == 't' || right == 'e')
		return strchr(f->rights, 'd') != NULL && !strpbrk(f->rights, "tex");
	return false;
}

static Folder *
read_folder(Stmt *st)
{
	Folder *f = folder_new();

	f->id = sqlite3_column_int64(st, 0);
	f->name = stmt_dup(st, 1);
	f->wire = stmt_dup(st, 2);
	f->delimiter = (char)sqlite3_column_int(st, 3);
	f->attrs = (guint32)sqlite3_column_int64(st, 4);
	f->role = (FolderRole)sqlite3_column_int(st, 5);
	f->selectable = sqlite3_column_int(st, 6);
	f->subscribed = sqlite3_column_int(st, 7);
	f->gone = sqlite3_column_int(st, 8);
	f->uidvalidity = (guint32)sqlite3_column_int64(st, 9);
	f->uidnext = (guint32)sqlite3_column_int64(st, 10);
	f->highestmodseq = (guint64)sqlite3_column_int64(st, 11);
	f->server_total = (guint32)sqlite3_column_int64(st, 12);
	f->server_unseen = (guint32)sqlite3_column_int64(st, 13);
	f->total = (guint32)sqlite3_column_int64(st, 14);
	f->unseen = (guint32)sqlite3_column_int64(st, 15);
	f->recent = (guint32)sqlite3_column_int64(st, 16);
	f->backfill_below = (guint32)sqlite3_column_int64(st, 17);
	f->checked_at = sqlite3_column_int64(st, 18);
	f->space = (FolderSpace)sqlite3_column_int(st, 19);
	f->rights = stmt_dup(st, 20);
	f->mailbox_id = stmt_dup(st, 21);
	f->server_size = (guint64)sqlite3_column_int64(st, 22);
	f->keep = sqlite3_column_int(st, 23);
	f->leaving = (guint32)sqlite3_column_int64(st, 24);
	return f;
}

/* ---- showing order ---- */

static char
role_rank(FolderRole role)
{
	switch (role) {
	case ROLE_INBOX: return 'a';
	case ROLE_DRAFTS: return 'b';
	case ROLE_SENT: return 'c';
	case ROLE_ARCHIVE: return 'd';
	case ROLE_JUNK: return 'e';
	case ROLE_TRASH: return 'f';
	default: return 'm';
	}
}

/* A key for strcmp: for each part of the path its rank and its collation key, the parts divided
 * by the lowest byte, so that children stand right behind their parents whatever their siblings
 * are called. */
static char *
order_key(const Folder *f, GHashTable *by_name)
{
	GString *key = g_string_new(NULL);
	const char *part = f->name;

	for (;;) {
		const char *end = f->delimiter ? strchr(part, f->delimiter) : NULL;
		gsize len = end ? (gsize)(end - part) : strlen(part);
		g_autofree char *path = g_strndup(f->name, (gsize)(part - f->name) + len);
		const Folder *here = g_hash_table_lookup(by_name, path);
		g_autofree char *folded = utf8_fold(part, (gssize)len);
		g_autofree char *collated = g_utf8_collate_key(folded, -1);

		g_string_append_c(key, role_rank(here ? here->role : ROLE_NONE));
		g_string_append(key, collated);
		g_string_append_c(key, '\001');
		if (!end)
			return g_string_free(key, FALSE);
		part = end + 1;
	}
}

typedef struct {
	char *key;	/* owned */
	Folder *folder;	/* borrowed */
} Placed;

static int
by_key(gconstpointer a, gconstpointer b)
{
	return strcmp(((const Placed *)a)->key, ((const Placed *)b)->key);
}

static void
clear_placed(gpointer p)
{
	g_free(((Placed *)p)->key);
}

static void
put_in_order(GPtrArray *folders)
{
	g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) placed = g_array_sized_new(FALSE, FALSE, sizeof(Placed), folders->len);

	g_array_set_clear_func(placed, clear_placed);
	for (guint i = 0; i < folders->len; i++) {
		Folder *f = folders->pdata[i];
		g_hash_table_insert(by_name, f->name, f);
	}
	for (guint i = 0; i < folders->len; i++) {
		Placed p = { order_key(folders->pdata[i], by_name), folders->pdata[i] };
		g_array_append_val(placed, p);
	}
	g_array_sort(placed, by_key);
	for (guint i = 0; i < folders->len; i++)
		folders->pdata[i] = g_array_index(placed, Placed, i).folder;
}

/* ---- reading ---- */

GPtrArray *
folders_list(Db *db, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT " COLUMNS " FROM folder WHERE gone = 0 ORDER BY id", err);
	bool row = st != NULL;

	if (!st)
		return NULL;
	for (;;) {
		if (!db_next(db, st, &row, err))
			return NULL;
		if (!row)
			break;
		g_ptr_array_add(all, read_folder(st));
	}
	put_in_order(all);
	return g_steal_pointer(&all);
}

static Folder *
one_folder(Db *db, Stmt *st, GError **err)
{
	bool row;

	if (!db_next(db, st, &row, err) || !row)
		return NULL;
	return read_folder(st);
}

Folder *
folders_get(Db *db, gint64 id, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " COLUMNS " FROM folder WHERE id = ?1", err);

	if (!st)
		return NULL;
	stmt_int(st, 1, id);
	return one_folder(db, st, err);
}

Folder *
folders_find(Db *db, const char *wire, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "SELECT " COLUMNS " FROM folder WHERE wire = ?1", err);

	if (!st)
		return NULL;
	stmt_text(st, 1, wire);
	return one_folder(db, st, err);
}

Folder *
folders_by_mailbox_id(Db *db, const char *mailbox_id, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT " COLUMNS " FROM folder WHERE mailbox_id = ?1 ORDER BY gone, id LIMIT 1", err);

	if (!st)
		return NULL;
	stmt_text(st, 1, mailbox_id);
	return one_folder(db, st, err);
}

Folder *
folders_role(Db *db, FolderRole role, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "SELECT " COLUMNS " FROM folder WHERE role = ?1 AND gone = 0 ORDER BY id LIMIT 1", err);

	if (!st)
		return NULL;
	stmt_int(st, 1, role);
	return one_folder(db, st, err);
}

/* ---- writing ---- */

gint64
folders_put(Db *db, const Folder *f, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db,
	    "INSERT INTO folder (wire, name, delimiter, attrs, role, selectable, subscribed,"
	    "  namespace, rights, mailbox_id)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
	    " ON CONFLICT (wire) DO UPDATE SET name = excluded.name,"
	    "  delimiter = excluded.delimiter, attrs = excluded.attrs, role = excluded.role,"
	    "  selectable = excluded.selectable, subscribed = excluded.subscribed, gone = 0,"
	    "  namespace = excluded.namespace, rights = ifnull(excluded.rights, rights),"
	    "  mailbox_id = ifnull(excluded.mailbox_id, mailbox_id)"
	    " RETURNING id", err);
	gint64 id;
	bool row;

	if (!st)
		return 0;
	stmt_text(st, 1, f->wire);
	stmt_text(st, 2, f->name ? f->name : f->wire);
	stmt_int(st, 3, (guchar)f->delimiter);
	stmt_int(st, 4, f->attrs);
	stmt_int(st, 5, f->role);
	stmt_int(st, 6, f->selectable);
	stmt_int(st, 7, f->subscribed);
	stmt_int(st, 8, f->space);
	stmt_text(st, 9, f->rights);
	stmt_text(st, 10, f->mailbox_id);
	if (!db_next(db, st, &row, err) || !row)
		return 0;
	id = sqlite3_column_int64(st, 0);
	return db_run(db, st, err) ? id : 0;
}

bool
folders_mark_gone_except(Db *db, const GArray *ids, GError **err)
{
	g_autoptr(GHashTable) listed = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(gint64));

	for (guint i = 0; i < ids->len; i++)
		g_hash_table_add(listed, &g_array_index(ids, gint64, i));
	{
		g_autoptr(Stmt) st = db_stmt(db, "SELECT id FROM folder WHERE gone = 0", err);
		bool row;
		if (!st)
			return false;
		for (;;) {
			if (!db_next(db, st, &row, err))
				return false;
			if (!row)
				break;
			gint64 id = sqlite3_column_int64(st, 0);
			if (!g_hash_table_contains(listed, &id))
				g_array_append_val(gone, id);
		}
	}
	for (guint i = 0; i < gone->len; i++)
		if (!db_run_ints(db, err, "UPDATE folder SET gone = 1 WHERE id = ?1",
		    INTS(g_array_index(gone, gint64, i))))
			return false;
	return true;
}

bool
folders_set_sync(Db *db, gint64 id, guint32 uidvalidity, guint32 uidnext, guint64 modseq,
    GError **err)
{
	gint64 known = db_int(db, 0, "SELECT uidvalidity FROM folder WHERE id = ?1 AND total > 0",
	    INTS(id));

	/* P9: rows of another UIDVALIDITY must go first, through folders_reset */
	if (known != 0 && known != uidvalidity) {
		g_set_error(err, EIL_ERROR, EIL_BROKEN,
		    _("The server numbers this folder anew; it must be read again first"));
		return false;
	}
	return db_run_ints(db, err,
	    "UPDATE folder SET uidvalidity = ?2, uidnext = ?3, modseq = ?4 WHERE id = ?1",
	    INTS(id, uidvalidity, uidnext, (gint64)modseq));
}

bool
folders_set_server_counts(Db *db, gint64 id, guint32 total, guint32 unseen, GError **err)
{
	return db_run_ints(db, err, "UPDATE folder SET server_total = ?2, server_unseen = ?3,"
	    " empty_since = CASE WHEN ?2 > 0 THEN 0 ELSE empty_since END WHERE id = ?1",
	    INTS(id, total, unseen));
}

/* ---- what else the server says of it ---- */

typedef struct { guint32 uidvalidity, uidnext; guint64 modseq; } Marks;

static char *
marks_key(gint64 id)
{
	return g_strdup_printf("server.%" G_GINT64_FORMAT, id);
}

static Marks
server_marks(Db *db, gint64 id)
{
	g_autofree char *key = marks_key(id), *text = db_fact(db, key);
	g_auto(GStrv) part = g_strsplit(text ? text : "", " ", 3);
	Marks m = { 0 };

	if (g_strv_length(part) == 3)
		m = (Marks){ (guint32)g_ascii_strtoull(part[0], NULL, 10), (guint32)g_ascii_strtoull(part[1], NULL, 10),
			g_ascii_strtoull(part[2], NULL, 10) };
	return m;
}

bool
folders_set_server_marks(Db *db, gint64 id, guint32 uidvalidity, guint32 uidnext, guint64 modseq, GError **err)
{
	Marks known = server_marks(db, id);
	Marks m = { uidvalidity ? uidvalidity : known.uidvalidity, uidnext ? uidnext : known.uidnext, modseq ? modseq : known.modseq };

	if (m.uidvalidity == known.uidvalidity && m.uidnext == known.uidnext && m.modseq == known.modseq)
		return true;
	g_autofree char *key = marks_key(id);
	g_autofree char *text = g_strdup_printf("%" G_GUINT32_FORMAT " %" G_GUINT32_FORMAT " %" G_GUINT64_FORMAT, m.uidvalidity, m.uidnext, m.modseq);
	return db_set_fact(db, key, text, err);
}

/* Our own marks may be younger than its word. */
bool
folder_behind(Db *db, const Folder *f)
{
	Marks m = server_marks(db, f->id);

	if (f->total == 0 && f->server_total == 0)
		return false;
	if (f->total != f->server_total || f->unseen != f->server_unseen)
		return true;
	if (f->backfill_below == 0)
		return false;
	return (m.uidvalidity && m.uidvalidity != f->uidvalidity) || m.uidnext > f->uidnext || (f->highestmodseq && m.modseq > f->highestmodseq);
}

bool
folder_hides_flags(Db *db, const Folder *f)
{
	return f->highestmodseq == 0 || server_marks(db, f->id).modseq == 0;
}

bool
folders_set_gone(Db *db, gint64 id, bool gone, GError **err)
{
	return db_run_ints(db, err, "UPDATE folder SET gone = ?2 WHERE id = ?1", INTS(id, gone));
}

bool
folders_set_subscribed(Db *db, gint64 id, bool on, GError **err)
{
	return db_run_ints(db, err, "UPDATE folder SET subscribed = ?2 WHERE id = ?1", INTS(id, on));
}

bool
folders_set_backfill(Db *db, gint64 id, guint32 below, GError **err)
{
	return db_run_ints(db, err, "UPDATE folder SET backfill = ?2 WHERE id = ?1",
	    INTS(id, below));
}

bool
folders_set_size(Db *db, gint64 id, guint64 bytes, GError **err)
{
	return db_run_ints(db, err, "UPDATE folder SET server_size = ?2 WHERE id = ?1",
	    INTS(id, (gint64)bytes));
}

bool
folders_set_rights(Db *db, gint64 id, const char *rights, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE folder SET rights = ?2 WHERE id = ?1", err);

	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_text(st, 2, rights);
	return db_run(db, st, err);
}

bool
folders_rename(Db *db, gint64 id, const char *wire, const char *name, GError **err)
{
	g_autoptr(Folder) there = folders_find(db, wire, NULL);
	g_autoptr(Stmt) st = NULL;

	if (there && there->id != id) {
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("There is a folder of that name."));
		return false;
	}
	st = db_stmt(db, "UPDATE folder SET wire = ?2, name = ?3, gone = 0 WHERE id = ?1", err);
	if (!st)
		return false;
	stmt_int(st, 1, id);
	stmt_text(st, 2, wire);
	stmt_text(st, 3, name);
	return db_run(db, st, err);
}

bool
folders_set_checked(Db *db, gint64 id, gint64 when, GError **err)
{
	return db_run_ints(db, err, "UPDATE folder SET checked = ?2 WHERE id = ?1", INTS(id, when));
}

bool
folders_remove(Db *db, gint64 id, GError **err)
{
	return db_run_ints(db, err, "DELETE FROM message WHERE folder = ?1", INTS(id)) &&
	    db_run_ints(db, err, "DELETE FROM folder WHERE id = ?1", INTS(id));
}

bool
folders_empty_is_sure(Db *db, gint64 id, gint64 now, bool *sure, GError **err)
{
	gint64 total = db_int(db, 0, "SELECT total FROM folder WHERE id = ?1", INTS(id));
	gint64 since = db_int(db, 0, "SELECT empty_since FROM folder WHERE id = ?1", INTS(id));

	*sure = total < FOLDER_EMPTY_FEW || (since > 0 && now - since >= FOLDER_EMPTY_WAIT_S);
	/* a clock that was set back starts the wait anew */
	if (*sure || (since > 0 && since <= now))
		return true;
	return db_run_ints(db, err, "UPDATE folder SET empty_since = ?2 WHERE id = ?1",
	    INTS(id, now));
}

bool
folders_has_other_uidvalidity(Db *db, gint64 id, guint32 uidvalidity)
{
	return db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM message WHERE folder = ?1 AND uid < 4294967296 AND uidvalidity <> ?2)"
	    " OR EXISTS (SELECT 1 FROM wish WHERE folder = ?1 AND uid > 0 AND uidvalidity <> ?2)", INTS(id, uidvalidity)) != 0;
}

bool
folders_reset(Db *db, gint64 id, guint32 uidvalidity, GError **err)
{
	return journal_park_folder(db, id, err) &&
	    db_run_ints(db, err, "DELETE FROM message WHERE folder = ?1 AND uid < 4294967296", INTS(id)) &&
	    /* what is on its way there has no name there yet */
	    db_run_ints(db, err, "UPDATE message SET uidvalidity = ?2 WHERE folder = ?1", INTS(id, uidvalidity)) &&
	    db_run_ints(db, err,
	    "UPDATE folder SET uidvalidity = ?2, uidnext = 0, modseq = 0, backfill = 0,"
	    " empty_since = 0"
		" WHERE id = ?1", INTS(id, uidvalidity));
}

bool
folders_clear_piece(Db *db, gint64 id, guint max, bool *left, GError **err)
{
	if (!db_run_ints(db, err, "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE folder = ?1 AND uid < 4294967296"
	    " ORDER BY uid DESC LIMIT ?2)", INTS(id, max)))
		return false;
	*left = db_int(db, 0, "SELECT EXISTS (SELECT 1 FROM message WHERE folder = ?1 AND uid < 4294967296)", INTS(id));
	return true;
}
