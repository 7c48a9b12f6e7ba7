/* push_private.h - what the files of push share. Only for src/sync/push*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync/engine_private.h"

/* Job.lo of a JOB_STORE */
typedef enum {
	PUSH_FLAGS,
	PUSH_MOVE, PUSH_COPY,
	PUSH_OTHERS,	/* without UIDPLUS: who else is marked as deleted? */
	PUSH_MARK,	/* \Deleted; hi: and then the expunge */
	PUSH_EXPUNGE,
	PUSH_WHERE,	/* moves in doubt: are the originals still there? */
	PUSH_FOLDER,
	PUSH_APPEND,
} PushStep;

/* By address: in one call nobody knows whether `ok` or err is looked at first. */
bool push_commit(Engine *e, bool ok, GError **err /* taken */);
void push_changed(Engine *e, const Wish *w);
/* What came to the selected folder without a UID must be recognised, and not every server tells of it by itself. */
void push_hear(Engine *e, const Wish *w);
bool push_mark_sent(Engine *e, const GPtrArray *wishes, WishStep step);
void push_finished(Engine *e, const GPtrArray *wishes);
void push_failed(Engine *e, const GPtrArray *wishes, const char *words);
void push_refused(Engine *e, Job *job, const ImapResponse *r);
char *push_set(const GPtrArray *wishes);	/* their UIDs */

/* push_move.c */
void push_move_submit(Engine *e, GPtrArray *wishes);
void push_move_done(Engine *e, Job *job, const ImapResponse *r);
void push_look(Engine *e);	/* what is in doubt, or not known by its UID, in the selected folder */
/* push_append.c */
void push_append_submit(Engine *e, GPtrArray *wishes);
void push_append_done(Engine *e, Job *job, const ImapResponse *r);
/* push_folder.c */
void push_folder_submit(Engine *e, GPtrArray *wishes);
void push_folder_done(Engine *e, Job *job, const ImapResponse *r);
