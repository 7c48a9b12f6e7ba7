/* pop_names.c - which message on a POP3 server is which of those that are known (P13).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * By UIDL and size. A UIDL may be missing, stand for two messages, or be another one than yesterday: then the hash of the
 * header decides. */
#include "config.h"
#include "sync/pop_private.h"

#include <string.h>

enum { SUSPICIOUS_LEAST = 20 };

static char *
key_of(const char *uidl, guint64 size)
{
	return g_strdup_printf("%s\n%" G_GUINT64_FORMAT, uidl, size);
}

/* One transaction of the ledger's. */
static void
load_ledger(Engine *e)
{
	Pop *p = e->pop;
	p->ledger = pop_list(e->db, false, NULL);
	if (!p->ledger)
		p->ledger = g_ptr_array_new_with_free_func((GDestroyNotify)pop_row_free);
	p->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	p->uidls = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < p->ledger->len; i++) {
		PopRow *r = g_ptr_array_index(p->ledger, i);
		g_hash_table_insert(p->by_key, key_of(r->uidl, r->size), r);
		g_hash_table_add(p->uidls, r->uidl);
	}
}

/* UIDLs that stand for two messages are none (P13). */
static void
drop_twins(Pop *p)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal), twins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < p->entries->len; i++) {
		const char *uidl = pop_entry(p, i)->uidl;
		if (uidl && !g_hash_table_add(seen, (gpointer)uidl))
			g_hash_table_add(twins, g_strdup(uidl));
	}
	for (guint i = 0; g_hash_table_size(twins) && i < p->entries->len; i++)
		if (pop_entry(p, i)->uidl && g_hash_table_contains(twins, pop_entry(p, i)->uidl))
			g_clear_pointer(&pop_entry(p, i)->uidl, g_free);
}

static bool
lay_there(const PopRow *r)
{
	return r->state == POP_HERE || r->state == POP_SEEN || r->state == POP_DELETING;
}

static void
find_missing(Pop *p)
{
	g_autoptr(GHashTable) listed = g_hash_table_new(NULL, NULL);

	p->missing = g_hash_table_new(NULL, NULL);
	p->missing_sizes = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < p->entries->len; i++)
		if (pop_entry(p, i)->row)
			g_hash_table_add(listed, pop_entry(p, i)->row);
	for (guint i = 0; i < p->ledger->len; i++) {
		PopRow *r = g_ptr_array_index(p->ledger, i);
		if (lay_there(r) && !g_hash_table_contains(listed, r)) {
			g_hash_table_add(p->missing, r);
			g_hash_table_add(p->missing_sizes, GSIZE_TO_POINTER((gsize)r->size));
		}
	}
}

/* Many that were known are not there, and as many are new: the server gave them other names. */
static bool
looks_renamed(const Pop *p)
{
	guint known = 0, missing = g_hash_table_size(p->missing), unknown = 0;

	for (guint i = 0; i < p->entries->len; i++) {
		const PopEntry *en = &g_array_index(p->entries, PopEntry, i);
		unknown += en->number && !en->row;
	}
	for (guint i = 0; i < p->ledger->len; i++)
		known += lay_there(g_ptr_array_index(p->ledger, i));
	return known >= SUSPICIOUS_LEAST && missing * 2 > known && unknown * 2 > missing;
}

static bool
size_changed(Pop *p, const PopEntry *en)
{
	return g_hash_table_contains(p->uidls, en->uidl);	/* with this size it would have been found */
}

/* ---- the header's hash ---- */

/* The header block up to its empty line, without fields that a server adds or changes by itself. */
char *
pop_header_hash(const guint8 *data, gsize len)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	bool skip = false;

	for (gsize at = 0; at < len;) {
		const guint8 *lf = memchr(data + at, '\n', len - at);
		gsize n = lf ? (gsize)(lf - data) - at + 1 : len - at;
		const char *line = (const char *)data + at;
		if (n <= 2 && (line[0] == '\r' || line[0] == '\n'))
			break;
		if (line[0] != ' ' && line[0] != '\t')
			skip = !g_ascii_strncasecmp(line, "Status:", MIN(n, 7)) || !g_ascii_strncasecmp(line, "X-Status:", MIN(n, 9)) ||
				!g_ascii_strncasecmp(line, "X-UIDL:", MIN(n, 7));
		if (!skip)
			g_checksum_update(sum, data + at, (gssize)n);
		at += n;
	}
	return g_strdup(g_checksum_get_string(sum));
}

PopRow *
pop_row_of_hash(Pop *p, const char *hash)
{
	for (guint i = 0; i < p->ledger->len; i++) {
		PopRow *r = g_ptr_array_index(p->ledger, i);
		if (r->hash && !strcmp(r->hash, hash) && r->state != POP_DELETED)
			return r;
	}
	return NULL;
}

/* Known or new: by UIDL and size, else by hash. */
bool
pop_needs_hash(Pop *p, const PopEntry *en)
{
	if (!en->number)
		return false;
	/* what was removed under this name may be there still, or the name is another mail's now */
	if (en->row)
		return en->row->state == POP_DELETED && en->row->hash;
	return !en->uidl || p->suspicious || size_changed(p, en) || g_hash_table_contains(p->missing_sizes, GSIZE_TO_POINTER((gsize)en->size));
}

/* Another program took it away, or its lifetime ended there. */
bool
pop_mark_gone(Engine *e, GError **err)
{
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, e->pop->missing);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		PopRow *r = key;
		/* one that was to be deleted is: its QUIT was not answered */
		PopState now = r->state == POP_DELETING ? POP_DELETED : POP_GONE;
		if (!pop_set_state(e->db, r->id, now, clock_s(), err))
			return false;
		r->state = now;
	}
	return true;
}

void
pop_names_match(Engine *e)
{
	Pop *p = e->pop;

	load_ledger(e);
	drop_twins(p);
	for (guint i = 0; i < p->entries->len; i++) {
		PopEntry *en = pop_entry(p, i);
		if (en->number && en->uidl) {
			g_autofree char *key = key_of(en->uidl, en->size);
			en->row = g_hash_table_lookup(p->by_key, key);
		}
	}
	find_missing(p);
	p->suspicious = !p->no_uidl && looks_renamed(p);
}
