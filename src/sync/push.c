/* push.c - wishes of the journal become commands.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Wishes of one kind travel together. *Sent* is committed before the first byte leaves (RELIABILITY, journal). */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

#define WISHES_AT_ONCE 500	/* scattered UIDs: 5,500 bytes, under LIMIT_IMAP_COMMAND */

static gint64
now_seconds(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

bool
push_ready(Engine *e, gint64 *folder)
{
	if (e->read_only)
		return false;
	/* one STORE at a time: its answer decides about the wish and the counter-wish behind it */
	for (guint i = 0; i < e->jobs->len; i++)
		if (((Job *)g_ptr_array_index(e->jobs, i))->kind == JOB_STORE)
			return false;
	g_autoptr(GPtrArray) wishes = journal_ready(e->db, now_seconds(), 1, NULL);
	if (!wishes || wishes->len == 0)
		return false;
	*folder = ((Wish *)g_ptr_array_index(wishes, 0))->folder;
	return true;
}

static const char *
flag_name(guint32 flag)
{
	switch (flag) {
	case FLAG_SEEN:		return "\\Seen";
	case FLAG_ANSWERED:	return "\\Answered";
	case FLAG_FLAGGED:	return "\\Flagged";
	case FLAG_DELETED:	return "\\Deleted";
	case FLAG_DRAFT:	return "\\Draft";
	case FLAG_FORWARDED:	return "$Forwarded";
	default:		return NULL;
	}
}

static bool
commit(Engine *e, bool (*what)(Db *, const GPtrArray *, GError **), const GPtrArray *wishes)
{
	g_autoptr(GError) err = NULL;
	if (db_begin(e->db, &err)) {
		if (what(e->db, wishes, &err) && db_commit(e->db, &err))
			return true;
		db_rollback(e->db);
	}
	engine_store_failed(e, g_steal_pointer(&err));
	return false;
}

void
push_submit(Engine *e)
{
	g_autoptr(GPtrArray) wishes = journal_ready(e->db, now_seconds(), WISHES_AT_ONCE, NULL);
	if (!wishes || wishes->len == 0)
		return;
	const Wish *first = g_ptr_array_index(wishes, 0);
	const char *flag = first->kind == WISH_FLAG ? flag_name(first->flag) : NULL;
	if (!flag || first->uidvalidity != e->sel.uidvalidity) {
		g_autoptr(GError) err = NULL;
		if (db_begin(e->db, &err) && journal_fail(e->db, wishes, _("the message is not there any more"), &err) && db_commit(e->db, &err))
			engine_changed(e, first->folder, CHANGE_FLAGS | CHANGE_COUNTS);
		else
			engine_store_failed(e, g_steal_pointer(&err));
		return;
	}
	g_autoptr(GArray) set = imap_set_new();
	for (guint i = 0; i < wishes->len; i++) {
		const Wish *w = g_ptr_array_index(wishes, i);
		imap_set_add(set, w->uid, w->uid);
	}
	g_autofree char *text = imap_set_text(set);
	if (!commit(e, journal_mark_sent, wishes))
		return;
	Job *job = work_job(e, JOB_STORE, imap_command_uid_store(text, first->on, flag, 0));
	job->wishes = g_steal_pointer(&wishes);
}

static void
push_refused(Engine *e, Job *job, const ImapResponse *r)
{
	g_autoptr(GError) err = NULL;
	const Wish *first = g_ptr_array_index(job->wishes, 0);
	bool later = r->code == IMAP_CODE_INUSE || r->code == IMAP_CODE_UNAVAILABLE || r->code == IMAP_CODE_LIMIT;
	g_autofree char *why = g_strdup(r->text ? r->text : "");
	bool ok = db_begin(e->db, &err) &&
		(later ? journal_retry(e->db, job->wishes, now_seconds() + 60, why, &err) : journal_fail(e->db, job->wishes, why, &err)) &&
		db_commit(e->db, &err);
	if (!ok) {
		db_rollback(e->db);
		engine_store_failed(e, g_steal_pointer(&err));
		return;
	}
	if (!later)
		engine_trouble(e, EIL_REFUSED, g_strdup_printf(_("The server refused to change a flag: “%s”. It is shown again as the server has it."), why));
	engine_changed(e, first->folder, CHANGE_FLAGS | CHANGE_COUNTS);
}

void
push_request(Engine *e, const Request *r)
{
	g_autoptr(GError) err = NULL;
	bool ok = db_begin(e->db, &err) && journal_again(e->db, r->message, r->kind == REQ_WISH_REMOVE, &err) && db_commit(e->db, &err);
	if (!ok) {
		db_rollback(e->db);
		engine_store_failed(e, g_steal_pointer(&err));
	}
	engine_changed(e, e->shown, CHANGE_FLAGS | CHANGE_COUNTS);
	engine_tell(e, letter_new(LETTER_OUTBOX));
}

void
push_done(Engine *e, Job *job, const ImapResponse *r)
{
	if (r->status != IMAP_OK)
		push_refused(e, job, r);
	else
		commit(e, journal_done, job->wishes);
}
