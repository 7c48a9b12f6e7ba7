/* seqmap.c - sequence numbers die here: the table from them to UIDs of the selected folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Four bytes a message; what was never fetched in this session is 0. */
#include "config.h"
#include "proto/imap/session_private.h"
#include "proto/imap/set.h"

#define MAX_MESSAGES 100000000u	/* 400 MB of table: no folder is that large, a hostile count is */

void
seqmap_exists(ImapSession *s, guint32 n)
{
	if (n > MAX_MESSAGES) {
		session_fail(s, IMAP_FAIL_PROTOCOL, "EXISTS too large");
		return;
	}
	if (n < s->uids->len && !s->selecting)
		session_event(s, IMAP_EV_RESYNC, "EXISTS went down");	/* SERVERS fact 4 */
	g_array_set_size(s->uids, n);
}

void
seqmap_fetch(ImapSession *s, ImapFetch *f, bool *known)
{
	*known = true;
	if (f->seq == 0 || f->seq > s->uids->len) {
		*known = (f->has & IMAP_HAS_UID) != 0;
		return;
	}
	guint32 *uid = &g_array_index(s->uids, guint32, f->seq - 1);
	if (f->has & IMAP_HAS_UID) {
		*uid = f->uid;
	} else if (*uid) {
		f->uid = *uid;
		f->has |= IMAP_HAS_UID;
	} else {
		*known = false;
	}
}

void
seqmap_expunge(ImapSession *s, ImapResponse *r)
{
	guint32 n = r->number, uid = 0;

	if (n > s->uids->len) {
		session_event(s, IMAP_EV_RESYNC, "EXPUNGE of a number that is not there");
		r->kind = IMAP_RESP_SKIP;
		return;
	}
	uid = g_array_index(s->uids, guint32, n - 1);
	g_array_remove_index(s->uids, n - 1);
	if (!uid) {
		session_event(s, IMAP_EV_RESYNC, "EXPUNGE of an unknown message");
		r->kind = IMAP_RESP_SKIP;
		return;
	}
	r->kind = IMAP_RESP_VANISHED;
	r->set = imap_set_new();
	imap_set_add(r->set, uid, uid);
}

/* Known UIDs ascend; what is not found among them lay in an unknown place, so the table is forgotten but for its length. */
void
seqmap_vanished(ImapSession *s, const GArray *set)
{
	guint to = 0;
	guint64 gone = imap_set_count(set), found = 0;

	for (guint i = 0; i < s->uids->len; i++) {
		guint32 uid = g_array_index(s->uids, guint32, i);
		if (uid && imap_set_has(set, uid))
			found++;
		else
			g_array_index(s->uids, guint32, to++) = uid;
	}
	g_array_set_size(s->uids, to);
	if (found < gone && to > 0) {
		guint left = gone - found > to ? 0 : to - (guint)(gone - found);
		g_array_set_size(s->uids, 0);
		g_array_set_size(s->uids, left);
	}
}
