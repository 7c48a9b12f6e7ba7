/* check.h - what a folder holds, bare, for whoever compares or copies all of it. On any Db.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/db.h"

typedef struct {
	gint64 id;
	guint32 uid;		/* 0: the server's is not known yet */
	guint32 flags, server_flags;
	gint64 received;
	guint64 size;
	bool text_here;		/* can be shown without the network */
	char *keywords, *subject, *message_id;	/* owned; may be NULL */
} CheckRow;

/* All of the folder as of one moment, by UID, those without one at the end; of CheckRow, cleared when freed; yours. NULL: err. */
GArray *check_rows(Db *db, gint64 folder, GError **err);

typedef struct { guint messages; guint64 bytes; } CheckTexts;
/* Reads every text of the folder that is here against its checksum. *broken: ids of messages with one that does not fit (of gint64; yours).
 * False: err. */
bool check_texts(Db *db, gint64 folder, CheckTexts *texts, GArray **broken, GError **err);
/* The SHA-256, in hexadecimal digits, of each whole message that is here, by its row id (gint64* -> char*). NULL: err. Yours. */
GHashTable *check_wholes(Db *db, gint64 folder, GError **err);
/* Another number: somebody else has written since. */
gint64 check_version(Db *db);
