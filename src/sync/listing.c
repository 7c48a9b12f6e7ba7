/* listing.c - the folders of an account, whose they are, what may be done in them, and how full it all is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One write asks for everything that is not about one folder: NAMESPACE, LIST with counts, roles and rights where the
 * server can say them in one go, and quota. NOTIFY goes before or behind it. */
#include "config.h"
#include "sync/engine_private.h"
#include "sync/roles.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"
#include "proto/imap/utf7.h"

#include <string.h>

#define STATUS_AT_ONCE 20
#define QUOTA_WARN 90	/* percent */
#define LOOK_MS (5 * 60 * 1000)

static bool
can(Engine *e, const char *capability)
{
	return imap_session_can(e->session, capability);
}

static bool
job_comes(const Engine *e, JobKind kind)
{
	for (guint i = 0; i < e->jobs->len; i++)
		if (((const Job *)g_ptr_array_index(e->jobs, i))->kind == kind)
			return true;
	return false;
}

/* ---- asking ---- */

/* What STATUS, alone or in LIST, can be asked for. */
static guint
status_flags(Engine *e)
{
	return (can(e, "CONDSTORE") ? IMAP_LIST_MODSEQ : 0) | (can(e, "STATUS=SIZE") ? IMAP_LIST_SIZE : 0) | (can(e, "OBJECTID") ? IMAP_LIST_OBJECTID : 0);
}

static guint
list_flags(Engine *e)
{
	if (!can(e, "LIST-EXTENDED"))
		return 0;
	return IMAP_LIST_EXTENDED | (can(e, "SPECIAL-USE") ? IMAP_LIST_SPECIAL_USE : 0) |
		(can(e, "LIST-STATUS") ? IMAP_LIST_STATUS | status_flags(e) : 0) | (can(e, "LIST-MYRIGHTS") ? IMAP_LIST_MYRIGHTS : 0);
}

static void
list_below(Engine *e, const char *prefix)
{
	g_autofree char *pattern = g_strconcat(prefix, "*", NULL);
	work_job(e, JOB_LIST, imap_command_list("", pattern, list_flags(e)));
}

/* What the last session had to ask for by itself goes along with the first question of this one. */
static void
known_apart(Engine *e)
{
	g_autofree char *text = db_fact(e->db, "namespaces-apart");
	g_auto(GStrv) prefixes = g_strsplit(text ? text : "", "\n", -1);

	for (char **p = prefixes; *p; p++)
		if (**p)
			g_ptr_array_add(e->apart, g_strdup(*p));
}

void
listing_submit(Engine *e)
{
	g_ptr_array_set_size(e->list, 0);
	e->quota_percent = 0;
	if (can(e, "NAMESPACE"))
		work_job(e, JOB_OTHER, imap_command_simple("NAMESPACE"));
	g_hash_table_remove_all(e->lsub);
	if (!can(e, "LIST-EXTENDED"))
		work_job(e, JOB_OTHER, imap_command_lsub("*"));
	list_below(e, "");
	if (!e->apart_asked)
		known_apart(e);
	for (guint i = 0; i < e->apart->len; i++)
		list_below(e, g_ptr_array_index(e->apart, i));
	if (can(e, "QUOTA"))
		work_job(e, JOB_OTHER, imap_command_quota_root("INBOX"));
	extend_condstore(e);
	if (!e->notify_tried)
		extend_notify(e);
}

/* IDLE tells of the folder on the screen only: the others are looked at now and then. NOTIFY tells of all, but of flags only
 * where there is MODSEQ: without it each still has its turn, for which no new list is needed. */
void
listing_look(Engine *e)
{
	if (!e->listed || !(e->account->check & CHECK_PUSH) || e->now < e->look_at)
		return;
	e->look_at = e->now + LOOK_MS;
	if (e->notify)
		keep_look_round(e);
	else
		e->listed = false;
}

/* The counts of folders, and the rights in those of others, that LIST did not tell. */
void
listing_status(Engine *e)
{
	for (guint n = 0; n < STATUS_AT_ONCE && e->status_queue->len > 0; n++) {
		gint64 id = g_array_index(e->status_queue, gint64, 0);
		g_array_remove_index(e->status_queue, 0);
		g_autoptr(Folder) f = folders_get(e->db, id, NULL);
		if (!f || f->gone || !f->selectable)	/* it may have been deleted since it was queued: it has no name any more */
			continue;
		if (f->id != e->sel.id)
			work_job(e, JOB_STATUS, imap_command_status(f->wire, status_flags(e)));
		if (f->space != SPACE_PERSONAL && can(e, "ACL") && !can(e, "LIST-MYRIGHTS"))
			work_job(e, JOB_STATUS, imap_command_myrights(f->wire));
	}
}

void
listing_notify_done(Engine *e, const ImapResponse *r)
{
	e->notify = r->status == IMAP_OK;
	if (!e->notify)
		log_line(LOG_INFO, "imap", "NOTIFY was refused (%s): the folder on the screen is watched by IDLE", r->text ? r->text : "");
}

/* The server has stopped telling: the counts may be old, and IDLE is what is left (RFC 5465, 5.8). */
void
listing_notify_lost(Engine *e)
{
	log_line(LOG_INFO, "imap", "too much news for NOTIFY: from here by IDLE");
	e->notify = false;
	e->listed = false;
}

/* ---- answers ---- */

static Folder *
coming(Engine *e, const char *wire)
{
	for (guint i = 0; i < e->list->len; i++) {
		Folder *f = g_ptr_array_index(e->list, i);
		if (!strcmp(f->wire, wire))
			return f;
	}
	return NULL;
}

static const char *
canonical(const char *wire)
{
	return g_ascii_strcasecmp(wire, "INBOX") ? wire : "INBOX";	/* any case (SERVERS fact 11); it is one folder */
}

void
listing_told(Engine *e, const ImapList *l)
{
	if (l->lsub) {
		if (l->name && g_hash_table_size(e->lsub) < LIMIT_MAILBOXES)
			g_hash_table_add(e->lsub, g_strdup(canonical(l->name)));
		return;
	}
	if (!job_comes(e, JOB_LIST)) {	/* NOTIFY: a folder came, went, or has another name */
		e->listed = false;
		return;
	}
	if (!l->name || !*l->name || e->list->len > LIMIT_MAILBOXES)
		return;
	if (e->list->len == LIMIT_MAILBOXES)
		engine_trouble(e, EIL_BROKEN, g_strdup_printf(_("%s has more folders than eilpost can show; what comes after %d is left out."),
			e->account->name, LIMIT_MAILBOXES));
	Folder *f = folder_new();
	f->wire = g_strdup(canonical(l->name));
	f->name = imap_utf7_decode(f->wire);
	f->delimiter = l->delimiter;
	f->attrs = l->attrs;
	f->role = role_of(l->attrs, f->name, l->delimiter);
	f->selectable = !(l->attrs & (IMAP_ATTR_NOSELECT | IMAP_ATTR_NONEXISTENT));
	/* who has subscribed to nothing wants to see all */
	f->subscribed = can(e, "LIST-EXTENDED") ? (l->attrs & IMAP_ATTR_SUBSCRIBED) != 0 :
		!g_hash_table_size(e->lsub) || g_hash_table_contains(e->lsub, f->wire);
	g_ptr_array_add(e->list, f);
}

static void
status_of_coming(Folder *f, const ImapMailboxStatus *st)
{
	f->server_total = st->messages;
	f->server_unseen = st->unseen;
	f->server_size = st->size;
	f->uidvalidity = st->uidvalidity;
	f->uidnext = st->uidnext;
	f->highestmodseq = st->highestmodseq;
	f->counted = true;
	g_free(f->mailbox_id);
	f->mailbox_id = g_strdup(st->mailbox_id);
}

void
listing_counted(Engine *e, const ImapMailboxStatus *st)
{
	g_autoptr(GError) err = NULL;
	Folder *new = job_comes(e, JOB_LIST) ? coming(e, canonical(st->name)) : NULL;

	news_counted(e, canonical(st->name), st);
	if (new) {	/* LIST-STATUS: it comes before the folder is in the store */
		status_of_coming(new, st);
		return;
	}
	g_autoptr(Folder) f = folders_find(e->db, canonical(st->name), NULL);
	if (!f)
		return;
	/* NOTIFY may leave out what did not change, or what is dear to count */
	if ((st->has & IMAP_ST_MESSAGES) && !(st->has & IMAP_ST_UNSEEN) && e->notify)
		g_array_append_val(e->status_queue, f->id);
	guint32 total = st->has & IMAP_ST_MESSAGES ? st->messages : f->server_total;
	guint32 unseen = st->has & IMAP_ST_UNSEEN ? st->unseen : f->server_unseen;
	bool ok = batch_begin(e) && folders_set_server_counts(e->db, f->id, total, unseen, &err) &&
		folders_set_server_marks(e->db, f->id, st->uidvalidity, st->uidnext, st->highestmodseq, &err) &&
		(!(st->has & IMAP_ST_SIZE) || folders_set_size(e->db, f->id, st->size, &err));
	if (!ok && err)
		engine_store_failed(e, g_steal_pointer(&err));
	else if (ok)
		batch_row(e, total != f->server_total || unseen != f->server_unseen ? CHANGE_COUNTS : 0);
	keep_look(e, f->id);
}

void
listing_namespaces(Engine *e, const ImapResponse *r)
{
	const GPtrArray *told[] = { r->personal, r->other_users, r->shared };
	g_autoptr(GPtrArray) spaces = namespaces_new();
	g_autoptr(GError) err = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(told); i++)
		for (guint k = 0; told[i] && k < told[i]->len; k++) {
			const ImapNamespace *n = g_ptr_array_index(told[i], k);
			namespaces_add(spaces, (FolderSpace)i, n->prefix, n->delimiter);
		}
	if (spaces->len && batch_begin(e) && !namespaces_set(e->db, spaces, &err))
		engine_store_failed(e, g_steal_pointer(&err));
}

void
listing_rights(Engine *e, const ImapResponse *r)
{
	g_autoptr(GError) err = NULL;
	Folder *new = job_comes(e, JOB_LIST) ? coming(e, canonical(r->list.name)) : NULL;

	if (new) {
		g_free(new->rights);
		new->rights = g_strdup(r->rights);
		return;
	}
	g_autoptr(Folder) f = folders_find(e->db, canonical(r->list.name), NULL);
	if (!f || !g_strcmp0(f->rights, r->rights) || !batch_begin(e))
		return;
	if (folders_set_rights(e->db, f->id, r->rights, &err))
		batch_row(e, CHANGE_FOLDERS);
	else
		engine_store_failed(e, g_steal_pointer(&err));
}

/* Of several roots the fullest one counts. */
void
listing_quota(Engine *e, const ImapQuota *told)
{
	g_autoptr(GError) err = NULL;
	Quota q = { .told = true, .used = told->storage, .limit = told->storage_limit,
		.messages = told->messages, .messages_limit = told->messages_limit };
	guint percent = quota_percent(&q);

	if (percent < e->quota_percent || !(told->has_storage || told->has_messages))
		return;
	e->quota_percent = percent;
	if (!batch_begin(e) || !quota_set(e->db, &q, &err)) {
		if (err)
			engine_store_failed(e, g_steal_pointer(&err));
		return;
	}
	batch_row(e, CHANGE_FOLDERS);
	if (percent >= QUOTA_WARN && !e->quota_warned) {
		g_autofree char *used = g_format_size(q.used * 1024);
		g_autofree char *limit = g_format_size(q.limit * 1024);
		engine_trouble(e, EIL_ASK_USER, percent >= 100 ?
			g_strdup_printf(_("The mailbox of %s is full (%s of %s). New mail may be refused until something is deleted."), e->account->name, used, limit) :
			g_strdup_printf(_("The mailbox of %s is %u %% full (%s of %s)."), e->account->name, percent, used, limit));
	}
	e->quota_warned = percent >= QUOTA_WARN;
}

/* ---- the end of the list ---- */

/* Only the first folder of a role has it: two "Sent" would both get the copies. */
static void
one_of_each_role(GPtrArray *list)
{
	guint had = 0;
	for (int announced = 1; announced >= 0; announced--)
		for (guint i = 0; i < list->len; i++) {
			Folder *f = g_ptr_array_index(list, i);
			bool by_server = f->attrs >= IMAP_ATTR_ALL || f->role == ROLE_INBOX;
			if (f->role == ROLE_NONE || by_server != (bool)announced)
				continue;
			if (had & (1u << f->role))
				f->role = ROLE_NONE;
			had |= 1u << f->role;
		}
}

/* Folders of others, and public ones, need not be in LIST "" "*" (RFC 2342, 6). True: they are asked for, the end is not yet. */
static bool
list_apart(Engine *e)
{
	g_autoptr(GPtrArray) spaces = NULL;

	if (e->apart_asked)
		return false;
	e->apart_asked = true;
	guint before = e->apart->len;
	headers_flush(e);
	spaces = namespaces_get(e->db);
	for (guint i = 0; i < spaces->len; i++) {
		const Namespace *n = g_ptr_array_index(spaces, i);
		bool covered = n->space == SPACE_PERSONAL || !*n->prefix;
		for (guint k = 0; k < e->list->len && !covered; k++)
			covered = g_str_has_prefix(((const Folder *)g_ptr_array_index(e->list, k))->wire, n->prefix);
		if (covered || g_ptr_array_find_with_equal_func(e->apart, n->prefix, g_str_equal, NULL))
			continue;
		g_ptr_array_add(e->apart, g_strdup(n->prefix));
		list_below(e, n->prefix);
	}
	if (e->apart->len == before)
		return false;
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < e->apart->len; i++)
		g_string_append_printf(text, "%s\n", (const char *)g_ptr_array_index(e->apart, i));
	if (store_begin(e, NULL) && (!db_set_fact(e->db, "namespaces-apart", text->str, NULL) || !db_commit(e->db, NULL)))
		db_rollback(e->db);
	return true;
}

/* Another client renamed it: the server's own name of it says so. */
static bool
renamed(Engine *e, const Folder *f, GError **err)
{
	g_autoptr(Folder) known = folders_find(e->db, f->wire, NULL), before = NULL;

	if (known || !f->mailbox_id)
		return true;
	before = folders_by_mailbox_id(e->db, f->mailbox_id, NULL);
	if (!before || coming(e, before->wire))
		return true;
	log_line(LOG_INFO, "imap", "%s is called %s now", before->wire, f->wire);
	return folders_rename(e->db, before->id, f->wire, f->name, err);
}

static bool
store_folder(Engine *e, Folder *f, const GPtrArray *spaces, GArray *ids, GError **err)
{
	if (journal_folder_hides(e->db, f->wire))	/* it is about to be called otherwise, or to go */
		return true;
	f->space = namespaces_of(spaces, f->wire);
	f->subscribed = journal_folder_subscribed(e->db, f->wire, f->subscribed);
	if (!renamed(e, f, err))
		return false;
	gint64 id = folders_put(e->db, f, err);
	if (!id)
		return false;
	g_array_append_val(ids, id);
	if (f->selectable && (!f->counted || (f->space != SPACE_PERSONAL && !f->rights && can(e, "ACL"))))
		g_array_append_val(e->status_queue, id);
	return !f->counted || (folders_set_server_counts(e->db, id, f->server_total, f->server_unseen, err) &&
		folders_set_server_marks(e->db, id, f->uidvalidity, f->uidnext, f->highestmodseq, err) &&
		(!f->server_size || folders_set_size(e->db, id, f->server_size, err)));
}

/* Servers list a folder twice (P12): the one with counts stays. */
static void
once_each(GPtrArray *list)
{
	g_autoptr(GHashTable) had = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < list->len;) {
		Folder *f = g_ptr_array_index(list, i), *first = g_hash_table_lookup(had, f->wire);
		if (!first) {
			g_hash_table_insert(had, f->wire, f);
			i++;
			continue;
		}
		first->attrs |= f->attrs;
		first->subscribed |= f->subscribed;
		g_ptr_array_remove_index(list, i);
	}
}

void
listing_done(Engine *e, const ImapResponse *r)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));

	if (r->status != IMAP_OK)	/* half a list would make folders go */
		e->list_failed = true;
	if (job_comes(e, JOB_LIST))
		return;
	bool failed = e->list_failed;
	e->list_failed = false;
	if (!failed && list_apart(e))
		return;
	e->listed = true;
	e->look_at = e->now + LOOK_MS;
	if (failed || e->list->len == 0) {	/* no account is without an inbox: rather a broken answer */
		g_ptr_array_set_size(e->list, 0);
		return;
	}
	headers_flush(e);
	g_autoptr(GPtrArray) spaces = namespaces_get(e->db);
	once_each(e->list);
	one_of_each_role(e->list);
	g_array_set_size(e->status_queue, 0);
	bool ok = store_begin(e, &err);
	for (guint i = 0; ok && i < e->list->len; i++)
		ok = store_folder(e, g_ptr_array_index(e->list, i), spaces, ids, &err);
	g_ptr_array_set_size(e->list, 0);
	if (!ok || !journal_folder_keep(e->db, ids, &err) || !folders_mark_gone_except(e->db, ids, &err) || !db_commit(e->db, &err)) {
		db_rollback(e->db);
		engine_store_failed(e, g_steal_pointer(&err));
		return;
	}
	engine_changed(e, 0, CHANGE_FOLDERS | CHANGE_COUNTS);
	drafts_left(e);
	keep_look_round(e);
}
