/* push.c - wishes of the journal become commands.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Wishes of one kind travel together. *Sent* is committed before the first byte leaves (RELIABILITY, journal). One set of
 * wishes is under way at a time: its answer decides about those behind it. A move by MOVE is one command; else it is
 * COPY, and the original goes when the copy is known to be there. Nothing is expunged that others marked. */
#include "config.h"
#include "sync/push_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

#define WISHES_AT_ONCE 500	/* scattered UIDs: 5,500 bytes, under LIMIT_IMAP_COMMAND */
#define BARRED_S 300

/* ---- what is next ---- */

static bool
in_flight(const Engine *e)
{
	for (guint i = 0; i < e->jobs->len; i++)
		if (((Job *)g_ptr_array_index(e->jobs, i))->kind == JOB_STORE)
			return true;
	return false;
}

/* A folder that could not be looked at is left alone for a while. */
static gint64
look_at(Engine *e)
{
	gint64 folder = journal_look_at(e->db, clock_s());
	gint64 left = e->barred_until - clock_s();	/* more than that: the clock was set back */
	return folder && (folder != e->barred || left <= 0 || left > BARRED_S) ? folder : 0;
}

static void
bar(Engine *e, gint64 folder, const char *words)
{
	GError *err = NULL;
	e->barred = folder;
	e->barred_until = clock_s() + BARRED_S;
	push_commit(e, store_begin(e, &err) && journal_look_later(e->db, folder, e->barred_until, words, &err), &err);
}

static const Wish *
first_ready(Engine *e, GPtrArray **one)
{
	*one = journal_ready(e->db, clock_s(), 1, NULL);
	return *one && (*one)->len ? g_ptr_array_index(*one, 0) : NULL;
}

bool
push_ready(Engine *e, gint64 *folder)
{
	if (e->read_only || e->is_pop || in_flight(e))
		return false;
	g_autoptr(GPtrArray) one = NULL;
	const Wish *w = first_ready(e, &one);
	bool any = w && (w->kind == WISH_FOLDER || w->kind == WISH_APPEND);	/* they need no folder to be selected */
	*folder = !w ? look_at(e) : any && e->sel.id ? e->sel.id : any && e->shown ? e->shown : w->folder;
	return *folder != 0;
}

/* All that the server has in the selected folder is in the store. */
static bool
in_step(const Engine *e)
{
	const Selected *s = &e->sel;

	if (!s->id || s->selecting || s->held || s->page_wanted || s->new_wanted || s->below > 1 || (s->below == 0 && s->exists > 0))
		return false;
	for (guint i = 0; i < e->jobs->len; i++) {
		JobKind kind = ((const Job *)g_ptr_array_index(e->jobs, i))->kind;
		if (kind == JOB_NEW || kind == JOB_PAGE || kind == JOB_BACKFILL || kind == JOB_SELECT || kind == JOB_NOOP)
			return false;
	}
	return true;
}

/* Something of the journal can be done in the selected folder now. */
bool
push_can(Engine *e)
{
	gint64 folder;
	if (!push_ready(e, &folder) || folder != e->sel.id)
		return false;
	g_autoptr(GPtrArray) one = NULL;
	if (first_ready(e, &one))
		return true;
	if (e->sel.held)
		bar(e, folder, NULL);
	g_autoptr(GPtrArray) doubts = journal_doubts(e->db, folder, NULL);
	return (doubts && doubts->len) || in_step(e);
}

/* ---- the store ---- */

bool
push_commit(Engine *e, bool ok, GError **err)
{
	if (ok && db_commit(e->db, err))
		return true;
	db_rollback(e->db);
	engine_store_failed(e, g_steal_pointer(err));
	return false;
}

void
push_changed(Engine *e, const Wish *w)
{
	engine_changed(e, w->folder, CHANGE_FLAGS | CHANGE_COUNTS | (w->kind == WISH_FLAG || w->kind == WISH_KEYWORD ? 0 : CHANGE_ADDED | CHANGE_REMOVED));
	if (w->target)
		engine_changed(e, w->target, CHANGE_ADDED | CHANGE_REMOVED | CHANGE_COUNTS);
	engine_tell(e, letter_new(LETTER_OUTBOX));
}

void
push_hear(Engine *e, const Wish *w)
{
	if (w->target && w->target == e->sel.id)
		work_job(e, JOB_NOOP, imap_command_simple("NOOP"));
}

bool
push_mark_sent(Engine *e, const GPtrArray *wishes, WishStep step)
{
	GError *err = NULL;
	return push_commit(e, store_begin(e, &err) && journal_mark_sent(e->db, wishes, &err) &&
		journal_set_step(e->db, wishes, step, &err), &err);
}

void
push_finished(Engine *e, const GPtrArray *wishes)
{
	GError *err = NULL;
	if (push_commit(e, store_begin(e, &err) && journal_done(e->db, wishes, &err), &err))
		push_changed(e, g_ptr_array_index(wishes, 0));
}

void
push_failed(Engine *e, const GPtrArray *wishes, const char *words)
{
	GError *err = NULL;
	if (push_commit(e, store_begin(e, &err) && journal_fail(e->db, wishes, words, &err), &err))
		push_changed(e, g_ptr_array_index(wishes, 0));
}

char *
push_set(const GPtrArray *wishes)
{
	g_autoptr(GArray) set = imap_set_new();
	for (guint i = 0; i < wishes->len; i++) {
		guint32 uid = ((const Wish *)g_ptr_array_index(wishes, i))->uid;
		imap_set_add(set, uid, uid);
	}
	return imap_set_text(set);
}

/* ---- flags and keywords ---- */

static const char *
flag_name(const Wish *w)
{
	switch (w->kind == WISH_FLAG ? w->flag : 0) {
	case FLAG_SEEN:		return "\\Seen";
	case FLAG_ANSWERED:	return "\\Answered";
	case FLAG_FLAGGED:	return "\\Flagged";
	case FLAG_DELETED:	return "\\Deleted";
	case FLAG_DRAFT:	return "\\Draft";
	case FLAG_FORWARDED:	return "$Forwarded";
	default:		return w->kind == WISH_KEYWORD ? w->argument : NULL;
	}
}

/* Gmail keeps its labels beside the flags. */
static ImapCommand *
store_command(Engine *e, const Wish *w, const char *set)
{
	const char *labels[] = { w->argument, NULL };
	if (w->kind == WISH_KEYWORD && imap_session_can(e->session, "X-GM-EXT-1"))
		return imap_command_uid_store_labels(set, w->on, labels);
	return imap_command_uid_store(set, w->on, flag_name(w), 0);
}

static void
submit_flags(Engine *e, GPtrArray *wishes)
{
	const Wish *first = g_ptr_array_index(wishes, 0);
	g_autofree char *set = push_set(wishes);

	if (!flag_name(first)) {
		push_failed(e, wishes, _("the message is not there any more"));
		return;
	}
	if (!push_mark_sent(e, wishes, STEP_MOVE))
		return;
	Job *job = work_job(e, JOB_STORE, store_command(e, first, set));
	job->lo = PUSH_FLAGS;
	job->wishes = g_ptr_array_ref(wishes);
}

/* ---- the next set ---- */

void
push_submit(Engine *e)
{
	g_autoptr(GPtrArray) wishes = journal_ready(e->db, clock_s(), WISHES_AT_ONCE, NULL);

	if (!wishes || wishes->len == 0) {
		push_look(e);
		return;
	}
	const Wish *first = g_ptr_array_index(wishes, 0);
	if (first->kind == WISH_FOLDER)
		push_folder_submit(e, wishes);
	else if (first->kind == WISH_APPEND)
		push_append_submit(e, wishes);
	else if (first->uidvalidity != e->sel.uidvalidity)
		push_failed(e, wishes, _("the message is not there any more"));
	else if (e->sel.read_only)
		push_failed(e, wishes, _("the server lets nobody change this folder"));
	else if (first->kind == WISH_FLAG || first->kind == WISH_KEYWORD)
		submit_flags(e, wishes);
	else
		push_move_submit(e, wishes);
}

/* ---- answers ---- */

static char *
folder_sentence(Engine *e, const Wish *w, const char *why)
{
	g_autoptr(Folder) f = folders_get(e->db, w->folder, NULL);
	const char *name = f ? f->name : "";

	switch ((FolderWish)w->flag) {
	case FOLDER_CREATE:	return g_strdup_printf(_("The server refused to make the folder %s: “%s”."), name, why);
	case FOLDER_RENAME:	return g_strdup_printf(_("The server refused to call the folder %s: “%s”. It gets its old name back."), name, why);
	case FOLDER_DELETE:	return g_strdup_printf(_("The server refused to delete the folder %s: “%s”. It is shown again."), name, why);
	case FOLDER_SUBSCRIBE:	return g_strdup_printf(w->on ? _("The server refused to subscribe to the folder %s: “%s”.") :
		_("The server refused to unsubscribe from the folder %s: “%s”."), name, why);
	}
	return g_strdup(why);
}

static char *
sentence_of(Engine *e, const Wish *w, const char *why)
{
	switch (w->kind) {
	case WISH_MOVE:		return g_strdup_printf(_("The server refused to move a message: “%s”. It is shown again where the server has it."), why);
	case WISH_COPY:		return g_strdup_printf(_("The server refused to copy a message: “%s”."), why);
	case WISH_DELETE:	return g_strdup_printf(_("The server refused to delete a message: “%s”. It is shown again."), why);
	case WISH_APPEND:	return g_strdup_printf(_("The server refused to take a message: “%s”. It is kept here; F4 shows it."), why);
	case WISH_FOLDER:	return folder_sentence(e, w, why);
	default:		return g_strdup_printf(_("The server refused to change a flag: “%s”. It is shown again as the server has it."), why);
	}
}

void
push_refused(Engine *e, Job *job, const ImapResponse *r)
{
	const Wish *first = g_ptr_array_index(job->wishes, 0);
	bool later = r->code == IMAP_CODE_INUSE || r->code == IMAP_CODE_UNAVAILABLE || r->code == IMAP_CODE_LIMIT;
	const char *why = r->text ? r->text : "";
	GError *err = NULL;

	if (later) {
		push_commit(e, store_begin(e, &err) && journal_retry(e->db, job->wishes, clock_s() + 60, why, &err), &err);
		return;
	}
	char *text = sentence_of(e, first, why);
	push_failed(e, job->wishes, why);
	engine_one_refused(e, text);
}

void
push_done(Engine *e, Job *job, const ImapResponse *r)
{
	switch ((PushStep)job->lo) {
	case PUSH_FLAGS:
		if (r->status != IMAP_OK)
			push_refused(e, job, r);
		else
			push_finished(e, job->wishes);
		break;
	case PUSH_APPEND:
		push_append_done(e, job, r);
		break;
	case PUSH_FOLDER:
		push_folder_done(e, job, r);
		break;
	default:
		push_move_done(e, job, r);
	}
}

/* The folder can't be opened: what is to be done there waits. */
void
push_barred(Engine *e, gint64 folder, const char *words)
{
	gint64 wanted;
	if (push_ready(e, &wanted) && wanted == folder)
		bar(e, folder, words);
}

static void
note(Engine *e, const char *sentence)
{
	Letter *l = letter_new(LETTER_NOTE);
	l->text = g_strdup(sentence);
	engine_tell(e, l);
}

void
push_request(Engine *e, const Request *r)
{
	GError *err = NULL;
	g_autoptr(Wish) w = journal_get(e->db, r->message, NULL);	/* perhaps of a folder that is not on the screen */
	bool remove = r->kind == REQ_WISH_REMOVE;

	engine_one_taken_up(e);
	bool ok = store_begin(e, &err) && journal_again(e->db, r->message, remove, &err);
	if (g_error_matches(err, EIL_ERROR, EIL_REFUSED)) {	/* it can't be, and nothing is wrong with the store */
		db_rollback(e->db);
		note(e, err->message);
		g_clear_error(&err);
	} else if (push_commit(e, ok, &err) && remove && w) {
		note(e, wish_is_under_way(w) ? _("The change is under way: the server answers first.") : _("The change is taken back."));
	}
	if (w)
		push_changed(e, w);
	else
		engine_tell(e, letter_new(LETTER_OUTBOX));
}
