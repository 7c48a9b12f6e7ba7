/* keep.h - what of the messages' texts is kept here, to be read without the network, and what is wanted of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A folder has a policy of its own or the account's (Folder.keep). What the person asked for without a connection waits in
 * a list that survives the end of the program. */
#pragma once

#include "store/messages.h"

/* Policies; a number above 0 are days. */
enum { KEEP_TEXTS_AS_ACCOUNT = -2, KEEP_TEXTS_ALL = -1, KEEP_TEXTS_NONE = 0 };

bool keep_set_policy(Db *db, gint64 folder, int policy, GError **err);	/* writer */

/* The messages whose text is not here, newest first, of those received since then: looks at `look` rows behind *at (which
 * moves along; { G_MAXINT64, G_MAXINT64 } at the beginning). *end: there are no more. Of gint64; yours; NULL: err. */
GArray *keep_missing(Db *db, gint64 folder, gint64 since, guint look, MessageKey *at, bool *end, GError **err);

/* ---- what waits for a connection ---- */

#define WANTED_TEXT "TEXT"	/* the section that stands for what the pager needs */

typedef struct { gint64 message; char *section; /* owned */ } Wanted;
GArray *wanted_list(Db *db, GError **err);	/* of Wanted, cleared when freed; yours */
bool wanted_has(Db *db, gint64 message, const char *section);

/* writer */
bool wanted_add(Db *db, gint64 message, const char *section, GError **err);
bool wanted_remove(Db *db, gint64 message, const char *section, GError **err);
