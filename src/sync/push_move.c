/* push_move.c - moves, copies and deletions on the wire.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * MOVE: RFC 6851; UID EXPUNGE and COPYUID: RFC 4315. Without UID EXPUNGE an EXPUNGE would take away what other clients
 * have only marked: it is looked for first, and then the message stays marked and the person is told. */
#include "config.h"
#include "sync/push_private.h"
#include "base/intl.h"
#include "base/log.h"

static Job *
submit(Engine *e, PushStep step, ImapCommand *c, GPtrArray *wishes)
{
	Job *job = work_job(e, JOB_STORE, c);
	job->lo = step;
	job->wishes = g_ptr_array_ref(wishes);
	return job;
}

/* The wire name of where they go; NULL: that folder is not there any more. */
static char *
target_of(Engine *e, const Wish *w)
{
	g_autoptr(Folder) f = folders_get(e->db, w->target, NULL);
	return f && (!f->gone || journal_is_leaving(e->db, f->id)) ? journal_wire(e->db, f->id) : NULL;
}

/* First marked, then expunged: one that could not be marked must not be taken for gone. */
static void
mark(Engine *e, GPtrArray *wishes, bool expunge)
{
	g_autofree char *set = push_set(wishes);
	submit(e, PUSH_MARK, imap_command_uid_store(set, true, "\\Deleted", 0), wishes)->hi = expunge;
}

static void
expunge(Engine *e, GPtrArray *wishes)
{
	g_autofree char *set = push_set(wishes);
	submit(e, PUSH_EXPUNGE, imap_session_can(e->session, "UIDPLUS") ? imap_command_uid_expunge(set) : imap_command_simple("EXPUNGE"), wishes);
}

static void
delete_originals(Engine *e, GPtrArray *wishes)
{
	if (!push_mark_sent(e, wishes, STEP_DELETE))
		return;
	if (imap_session_can(e->session, "UIDPLUS"))
		mark(e, wishes, true);
	else
		submit(e, PUSH_OTHERS, imap_command_uid_search("DELETED", false), wishes)->found = imap_set_new();
}

void
push_move_submit(Engine *e, GPtrArray *wishes)
{
	const Wish *first = g_ptr_array_index(wishes, 0);
	bool move = first->kind == WISH_MOVE && imap_session_can(e->session, "MOVE");

	if (first->kind == WISH_DELETE || first->step == STEP_DELETE) {
		delete_originals(e, wishes);
		return;
	}
	g_autofree char *target = target_of(e, first), *set = push_set(wishes);
	if (!target)
		push_failed(e, wishes, _("the folder is not there any more"));
	else if (push_mark_sent(e, wishes, move ? STEP_MOVE : STEP_COPY))
		submit(e, move ? PUSH_MOVE : PUSH_COPY, move ? imap_command_uid_move(set, target) : imap_command_uid_copy(set, target), wishes);
}

/* ---- COPYUID ---- */

static guint32
nth(const GArray *set, guint64 n)
{
	for (guint i = 0; i < set->len; i++) {
		ImapRange r = g_array_index(set, ImapRange, i);
		guint64 width = (guint64)r.hi - r.lo + 1;
		if (n < width)
			return r.lo + (guint32)n;
		n -= width;
	}
	return 0;
}

static bool
arrived(Engine *e, const GPtrArray *wishes, const ImapResponse *r, GError **err)
{
	g_autoptr(GHashTable) by_uid = g_hash_table_new(NULL, NULL);
	guint64 n = r->code_set && r->code_set2 ? imap_set_count(r->code_set) : 0;

	if (n == 0 || n != imap_set_count(r->code_set2) || n > 100000)
		return true;
	for (guint i = 0; i < wishes->len; i++) {
		Wish *w = g_ptr_array_index(wishes, i);
		g_hash_table_insert(by_uid, GUINT_TO_POINTER(w->uid), w);
	}
	for (guint64 i = 0; i < n; i++) {
		const Wish *w = g_hash_table_lookup(by_uid, GUINT_TO_POINTER(nth(r->code_set, i)));
		if (w && !journal_arrived(e->db, w, (guint32)r->code_number, nth(r->code_set2, i), err))
			return false;
	}
	return true;
}

/* It comes before the end of a MOVE, and even if the end never does. */
void
push_told(Engine *e, const ImapResponse *r)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		Job *job = g_ptr_array_index(e->jobs, i);
		GError *err = NULL;
		if (job->kind != JOB_STORE || job->lo != PUSH_MOVE)
			continue;
		headers_flush(e);
		push_commit(e, store_begin(e, &err) && arrived(e, job->wishes, r, &err), &err);
		return;
	}
}

/* ---- answers ---- */

static void
copied(Engine *e, Job *job, const ImapResponse *r)
{
	const Wish *first = g_ptr_array_index(job->wishes, 0);
	GError *err = NULL;
	bool ok = store_begin(e, &err) && (r->code != IMAP_CODE_COPYUID || arrived(e, job->wishes, r, &err)) &&
		(first->kind == WISH_COPY ? journal_done(e->db, job->wishes, &err) : journal_set_step(e->db, job->wishes, STEP_DELETE, &err));

	if (!push_commit(e, ok, &err))
		return;
	push_changed(e, first);
	if (r->code != IMAP_CODE_COPYUID)
		push_hear(e, first);
	if (first->kind == WISH_MOVE)
		delete_originals(e, job->wishes);
}

/* Nothing of others' must go with ours. */
static void
others_known(Engine *e, Job *job)
{
	g_autoptr(GArray) ours = imap_set_new();
	for (guint i = 0; i < job->wishes->len; i++) {
		guint32 uid = ((const Wish *)g_ptr_array_index(job->wishes, i))->uid;
		imap_set_add(ours, uid, uid);
	}
	imap_set_subtract(job->found, ours);
	bool alone = imap_set_count(job->found) == 0;
	if (!alone)
		engine_trouble(e, EIL_ASK_USER, g_strdup_printf(_("Another program has marked messages in %s as deleted, and this server can only remove all of them at once. "
			"Yours are marked too, and stay until they are removed there."), e->sel.wire));
	mark(e, job->wishes, alone);
}

/* Those that are not there any more have been moved. */
static void
where_known(Engine *e, Job *job)
{
	GError *err = NULL;
	bool ok = store_begin(e, &err);

	for (guint i = 0; ok && i < job->wishes->len; i++) {
		const Wish *w = g_ptr_array_index(job->wishes, i);
		ok = journal_doubt_resolved(e->db, w, !imap_set_has(job->found, w->uid), &err);
	}
	if (push_commit(e, ok, &err))
		push_changed(e, g_ptr_array_index(job->wishes, 0));
}

/* They are still there, and shown so. */
static void
only_marked(Engine *e, const GPtrArray *wishes)
{
	g_autofree char *set = push_set(wishes);

	push_finished(e, wishes);
	if (!e->drop)
		work_job(e, JOB_OTHER, imap_command_uid_fetch(set, extend_items(e, JOB_OTHER), 0, false));
}

void
push_move_done(Engine *e, Job *job, const ImapResponse *r)
{
	bool ok = r->status == IMAP_OK;

	if (!ok && job->lo == PUSH_WHERE)	/* as good as no answer: it is asked again later */
		push_barred(e, job->folder, r->text);
	else if (!ok)
		push_refused(e, job, r);
	else if (ok && job->lo == PUSH_MOVE && r->code == IMAP_CODE_COPYUID)
		push_told(e, r);
	switch (ok ? (PushStep)job->lo : PUSH_FLAGS) {
	case PUSH_COPY:		copied(e, job, r); break;
	case PUSH_OTHERS:	others_known(e, job); break;
	case PUSH_WHERE:	where_known(e, job); break;
	case PUSH_MARK:
		if (job->hi)
			expunge(e, job->wishes);
		else	/* that is all that can be done */
			only_marked(e, job->wishes);
		break;
	case PUSH_MOVE: case PUSH_EXPUNGE:
		push_finished(e, job->wishes);
		break;
	default:
		break;
	}
}

/* ---- in doubt ---- */

void
push_look(Engine *e)
{
	g_autoptr(GPtrArray) doubts = journal_doubts(e->db, e->sel.id, NULL);
	GError *err = NULL;

	if (doubts && doubts->len) {
		g_autofree char *set = push_set(doubts), *criteria = g_strconcat("UID ", set, NULL);
		submit(e, PUSH_WHERE, imap_command_uid_search(criteria, false), doubts)->found = imap_set_new();
		return;
	}
	headers_flush(e);
	if (push_commit(e, store_begin(e, &err) && journal_looked(e->db, e->sel.id, &err), &err))
		engine_changed(e, e->sel.id, CHANGE_ADDED | CHANGE_REMOVED | CHANGE_COUNTS);
}
