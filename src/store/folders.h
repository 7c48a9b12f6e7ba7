/* folders.h - the account's folders as the server lists them, and what is known of each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/db.h"

typedef enum {
	ROLE_NONE, ROLE_INBOX, ROLE_DRAFTS, ROLE_SENT, ROLE_ARCHIVE, ROLE_JUNK, ROLE_TRASH, ROLE_ALL, ROLE_FLAGGED, ROLE_IMPORTANT, ROLE_OUTBOX,
} FolderRole;

typedef enum { SPACE_PERSONAL, SPACE_OTHERS, SPACE_SHARED } FolderSpace;	/* whose folders: RFC 2342 */

typedef struct {
	gint64 id;
	char *name;		/* owned: UTF-8, the whole path with the server's delimiter, not cleaned */
	char *wire;		/* owned: the name as on the wire; unique in the account */
	char delimiter;		/* 0: none */
	guint32 attrs;		/* ImapAttrs of proto/imap/parse.h, as numbers */
	FolderRole role;
	bool selectable, subscribed, gone;	/* gone: no longer listed by the server */
	guint32 uidvalidity, uidnext;
	guint64 highestmodseq;	/* up to which the store has every change; 0: none */
	guint32 server_total, server_unseen;	/* as the server last said */
	guint32 leaving;	/* of these, messages that the person moved or deleted, which the server is yet to do */
	guint32 total, unseen;	/* rows in the store, kept exact by the store itself (triggers) */
	guint32 backfill_below;	/* headers of UIDs >= this are here; 1: all; 0: nothing yet */
	gint64 checked_at;	/* Unix seconds of the last successful look; 0: never */
	guint32 recent;		/* rows with FLAG_RECENT, kept as total and unseen are */
	FolderSpace space;
	char *rights;		/* owned: MYRIGHTS (RFC 4314), "lrswi"; NULL: not told */
	char *mailbox_id;	/* owned: OBJECTID, stays when it is renamed; NULL: not told */
	guint64 server_size;	/* bytes, as the server last said; 0: not told */
	int keep;		/* texts that are kept here: KEEP_TEXTS_ of store/keep.h, or so many days */
	bool counted;		/* not kept: server_total and its like are told just now */
} Folder;

Folder *folder_new(void);
void folder_free(Folder *f);
/* May it be done there? One of RFC 4314's letters: i add messages, s mark read, w other flags, t mark deleted, e expunge, k new folder
 * below it, x delete or rename it. True where the server told no rights: then it decides. */
bool folder_may(const Folder *f, char right);
/* Messages in it, and unread ones, as far as is known: our own count is exact once all headers are here, before that the server's last word
 * is the better one. */
guint32 folder_total(const Folder *f);
guint32 folder_unseen(const Folder *f);

/* All that are not gone, of Folder*, in showing order (roles first: INBOX, Drafts, Sent, Archive, Junk, Trash; then by name,
 * children behind their parents). Yours. NULL on error. */
GPtrArray *folders_list(Db *db, GError **err);
Folder *folders_get(Db *db, gint64 id, GError **err);	/* NULL without err: none */
Folder *folders_find(Db *db, const char *wire, GError **err);
Folder *folders_by_mailbox_id(Db *db, const char *mailbox_id, GError **err);	/* also one that is gone */
Folder *folders_role(Db *db, FolderRole role, GError **err);

/* writer: each inside a transaction of the caller's */
gint64 folders_put(Db *db, const Folder *f, GError **err);	/* by wire name: inserts or updates name, delimiter, attrs, role, selectable, subscribed; clears gone. The id, or 0 */
bool folders_mark_gone_except(Db *db, const GArray *ids /* of gint64 */, GError **err);
bool folders_set_gone(Db *db, gint64 id, bool gone, GError **err);
bool folders_set_subscribed(Db *db, gint64 id, bool on, GError **err);
bool folders_set_sync(Db *db, gint64 id, guint32 uidvalidity, guint32 uidnext, guint64 modseq, GError **err);
bool folders_set_server_counts(Db *db, gint64 id, guint32 total, guint32 unseen, GError **err);
/* The rest of what the server last said of it, beside its counts; what is 0 was not told, and stays. */
bool folders_set_server_marks(Db *db, gint64 id, guint32 uidvalidity, guint32 uidnext, guint64 modseq, GError **err);
/* By what the server last said, something changed in it that is not here: counts, numbers, or (where it tells) anything at all.
 * Of a folder that was never read only its counts say it. Any Db */
bool folder_behind(Db *db, const Folder *f);
/* Nothing that the server says of it would tell that a flag changed there. Any Db */
bool folder_hides_flags(Db *db, const Folder *f);
bool folders_set_backfill(Db *db, gint64 id, guint32 below, GError **err);
bool folders_set_rights(Db *db, gint64 id, const char *rights, GError **err);
bool folders_set_size(Db *db, gint64 id, guint64 bytes, GError **err);
/* Another client renamed it: the messages stay. False with err EIL_REFUSED: there is one of that name. */
bool folders_rename(Db *db, gint64 id, const char *wire, const char *name, GError **err);
bool folders_set_checked(Db *db, gint64 id, gint64 when, GError **err);
/* Takes it out of the store with all that hangs on it (the server said that it is deleted, not merely unlisted). */
bool folders_remove(Db *db, gint64 id, GError **err);
/* The server shows the folder empty while the store has messages of it (P9): a server's accident looks the same as a
 * clean-up. *sure at once for few messages, else only if it was still so FOLDER_EMPTY_WAIT_S after the first time; until
 * then keep the rows and say so. Ask this BEFORE taking them out or calling folders_reset; not for EXPUNGE and VANISHED,
 * which name each message. Anything but 0 in folders_set_server_counts forgets the first time. */
enum { FOLDER_EMPTY_FEW = 20, FOLDER_EMPTY_WAIT_S = 600 };
bool folders_empty_is_sure(Db *db, gint64 id, gint64 now, bool *sure, GError **err);
/* Something of it has its number under another UIDVALIDITY. Any Db */
bool folders_has_other_uidvalidity(Db *db, gint64 id, guint32 uidvalidity);
/* UIDVALIDITY changed (P9): its messages and their bodies go, sync state starts anew; what wishes are about waits to be recognised (journal_park_folder). */
bool folders_reset(Db *db, gint64 id, guint32 uidvalidity, GError **err);
/* Before it, for a large folder, in transactions of their own: at most max of the messages that it would take out. Its marks stay
 * the old ones, so that whoever is interrupted sees the other UIDVALIDITY again. *left: there are more. */
bool folders_clear_piece(Db *db, gint64 id, guint max, bool *left, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folder, folder_free)
