/* push_folder.c - folders are made, renamed, deleted and subscribed on the server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * In doubt after a cut it is simply done again: "it exists already" and "there is none" are then the answers that were
 * missed. The LIST behind it tells what is true. */
#include "config.h"
#include "sync/push_private.h"
#include "base/intl.h"
#include "base/log.h"

static const char *
use_of(Engine *e, const Folder *f)
{
	if (!imap_session_can(e->session, "CREATE-SPECIAL-USE"))
		return NULL;
	switch (f->role) {
	case ROLE_ARCHIVE:	return "\\Archive";
	case ROLE_DRAFTS:	return "\\Drafts";
	case ROLE_JUNK:		return "\\Junk";
	case ROLE_SENT:		return "\\Sent";
	case ROLE_TRASH:	return "\\Trash";
	default:		return NULL;
	}
}

static ImapCommand *
command_of(Engine *e, const Wish *w, const Folder *f, const char *wire)
{
	g_autofree char *after = w->flag == FOLDER_RENAME ? journal_wire_after(e->db, w) : NULL;
	switch ((FolderWish)w->flag) {
	case FOLDER_CREATE:	return imap_command_create(wire, use_of(e, f));
	case FOLDER_RENAME:	return imap_command_rename(wire, after);
	case FOLDER_DELETE:	return imap_command_delete(wire);
	default:		return imap_command_subscribe(wire, w->on);
	}
}

void
push_folder_submit(Engine *e, GPtrArray *wishes)
{
	const Wish *w = g_ptr_array_index(wishes, 0);
	g_autoptr(Folder) f = folders_get(e->db, w->folder, NULL);

	g_autofree char *wire = f ? journal_wire(e->db, f->id) : NULL;
	if (!wire) {
		push_finished(e, wishes);
		return;
	}
	if (!push_mark_sent(e, wishes, STEP_MOVE))
		return;
	if (w->flag == FOLDER_DELETE && f->id == e->sel.id)
		work_unselect(e);
	Job *job = work_job(e, JOB_STORE, command_of(e, w, f, wire));
	job->lo = PUSH_FOLDER;
	job->wishes = g_ptr_array_ref(wishes);
	/* new folders are watched and listed everywhere only if they are subscribed */
	if (w->flag == FOLDER_CREATE)
		work_job(e, JOB_OTHER, imap_command_subscribe(wire, true));
}

/* Another client was quicker (RFC 5530), or it is repeated because no answer came: now it says that it was done. */
static bool
was_done(const Wish *w, const ImapResponse *r)
{
	if (r->status != IMAP_NO)
		return false;
	if ((w->flag == FOLDER_CREATE && r->code == IMAP_CODE_ALREADYEXISTS) || (w->flag == FOLDER_DELETE && r->code == IMAP_CODE_NONEXISTENT))
		return true;
	if (w->tries == 0)
		return false;
	switch ((FolderWish)w->flag) {
	case FOLDER_CREATE:	return r->code != IMAP_CODE_NOPERM && r->code != IMAP_CODE_OVERQUOTA;
	case FOLDER_DELETE: case FOLDER_RENAME:	return r->code != IMAP_CODE_NOPERM && r->code != IMAP_CODE_INUSE;
	default:		return false;
	}
}

void
push_folder_done(Engine *e, Job *job, const ImapResponse *r)
{
	const Wish *w = g_ptr_array_index(job->wishes, 0);

	if (r->status == IMAP_OK || was_done(w, r))
		push_finished(e, job->wishes);
	else
		push_refused(e, job, r);
	e->listed = false;
	engine_changed(e, 0, CHANGE_FOLDERS);
}
