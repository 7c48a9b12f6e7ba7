/* verify_pop.c - the ledger of a POP3 account beside the list of its server, and what is on this computer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The differences stand with the inbox: it is the one folder that the server has. */
#include "config.h"
#include "sync/verify_private.h"
#include "store/local.h"
#include "store/pop.h"
#include "base/intl.h"

#include <string.h>

/* A UIDL is not unique on every server (P13): the size belongs to the name. */
static char *
key_of(const char *uidl, guint64 size)
{
	return g_strdup_printf("%s\n%" G_GUINT64_FORMAT, uidl, size);
}

static void
on_server(VerifyFolder *v, VerifyReport *report, const LookPopRow *l, const PopRow *row)
{
	if (!row) {
		verify_differs(v, DIFFERS_NEW, WHY_BEHIND, l->number, NULL, NULL, NULL);
		return;
	}
	report->known++;
	if (row->state == POP_SEEN)
		v->unfetched++;
	else if (row->state == POP_DELETING)
		v->leaving++;
	else if (row->state == POP_DELETED)
		verify_differs(v, DIFFERS_LACKS, WHY_UNKNOWN, l->number, row->subject ? row->subject : "", NULL, NULL);
}

static bool
compare(Look *look, Db *db, VerifyFolder *v, VerifyReport *report, GError **err)
{
	g_autoptr(GArray) list = look_pop_list(look, err);
	g_autoptr(GPtrArray) ledger = list ? pop_list(db, false, err) : NULL;
	g_autoptr(GHashTable) by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	if (!ledger)
		return false;
	for (guint i = 0; i < ledger->len; i++) {
		PopRow *row = g_ptr_array_index(ledger, i);
		g_hash_table_insert(by_key, key_of(row->uidl, (guint64)row->size), row);
	}
	for (guint i = 0; i < list->len; i++) {
		const LookPopRow *l = &g_array_index(list, LookPopRow, i);
		if (!l->uidl) {
			g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, _("The server has no names for its messages (UIDL): they can't be compared with what is here."));
			return false;
		}
		g_autofree char *key = key_of(l->uidl, l->size);
		PopRow *row = g_hash_table_lookup(by_key, key);
		on_server(v, report, l, row);
		g_hash_table_add(seen, row);
	}
	report->on_server = v->there = list->len;
	for (guint i = 0; i < ledger->len; i++) {
		const PopRow *row = g_ptr_array_index(ledger, i);
		bool said = row->state == POP_SEEN || row->state == POP_HERE || row->state == POP_DELETING;
		if (said && !g_hash_table_contains(seen, row))
			verify_differs(v, DIFFERS_GONE, WHY_UNKNOWN, 0, row->subject ? row->subject : "", NULL, NULL);
	}
	return true;
}

bool
verify_pop(Look *look, Db *db, VerifyReport *report, GError **err)
{
	g_autoptr(GPtrArray) folders = folders_list(db, err);
	bool compared = false;

	for (guint i = 0; folders && i < folders->len; i++) {
		const Folder *f = g_ptr_array_index(folders, i);
		if (!folder_is_local(f))
			continue;
		VerifyFolder *v = verify_folder_new(f->name, f->role == ROLE_INBOX ? FOLDER_LOOKED : FOLDER_LOCAL);
		g_ptr_array_add(report->folders, v);
		v->here = f->total;
		v->checked = f->checked_at;
		if (!verify_texts(db, f->id, v, err))
			return false;
		if (f->role != ROLE_INBOX || compared)
			continue;
		compared = true;
		if (!compare(look, db, v, report, err))
			return false;
	}
	if (!folders || compared)
		return folders != NULL;
	VerifyFolder *v = verify_folder_new("Inbox", FOLDER_LOOKED);	/* nothing was ever fetched */
	g_ptr_array_add(report->folders, v);
	return compare(look, db, v, report, err);
}
