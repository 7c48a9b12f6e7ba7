/* reader.h - a world whose account reads the server of mailboxd.h; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * "pop" of world.h is the IMAP server here. */
#pragma once

#include "mailboxd.h"
#include "world.h"

#define EXCHANGE "SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
#define MUCH EXCHANGE " ENABLE CONDSTORE ESEARCH SEARCHRES LIST-EXTENDED LIST-STATUS STATUS=SIZE SPECIAL-USE NOTIFY QUOTA ACL OBJECTID"

static inline World *
world_with(const char *caps, guint n, const char *disable)
{
	World *w = world_imap("extensions", CHECK_PUSH);

	server_reset(smtp);
	mailbox_reset(pop, caps, n);
	account_set_disable(w->account, disable);
	return w;
}

static inline Folder *
folder(World *w, const char *wire)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	return db ? folders_find(db, wire, NULL) : NULL;
}

/* The messages of a folder that can be drawn. */
static inline GArray *
here_of(World *w, const char *wire)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = db ? folders_find(db, wire, NULL) : NULL;
	return f ? messages_uids(db, f->id, 1, G_MAXUINT32, NULL) : NULL;
}

/* Every message of the server is here with its flags, and no other. */
static inline bool
same_as(World *w, const char *wire, const GArray *there)
{
	g_autoptr(GArray) here = here_of(w, wire);
	if (!here || here->len != there->len)
		return false;
	for (guint i = 0; i < here->len; i++) {
		const Msg *m = &g_array_index(there, Msg, i);
		MessageUid u = g_array_index(here, MessageUid, i);
		guint32 want = (m->flags & SEEN ? FLAG_SEEN : 0) | (m->flags & FLAGGED ? FLAG_FLAGGED : 0) | (m->flags & ANSWERED ? FLAG_ANSWERED : 0);
		if (u.uid != m->uid || u.server_flags != want)
			return false;
	}
	return true;
}

static inline bool
same(World *w)
{
	return same_as(w, "INBOX", mbox.inbox);
}

static inline bool
said(const char *words)
{
	lock(pop);
	bool yes = strstr(pop->log->str, words) != NULL;
	unlock(pop);
	return yes;
}

static inline guint
times_said(const char *words)
{
	guint n = 0;
	lock(pop);
	for (const char *p = pop->log->str; (p = strstr(p, words)); p++)
		n++;
	unlock(pop);
	return n;
}

static inline void
forget_said(void)
{
	lock(pop);
	g_string_truncate(pop->log, 0);
	unlock(pop);
}

static inline void
open_and_check(World *w)
{
	w->checked = 0;
	world_open(w, 0);
	WAIT_FOR(w, w->checked > 0);
}

static inline void
open_folder(World *w, const char *wire)
{
	g_autoptr(Folder) f = folder(w, wire);
	Request *r = request_new(REQ_OPEN_FOLDER);

	r->folder = f->id;
	engine_post(w->engine, r);
}

static inline void
first_session(World *w)
{
	open_and_check(w);
	WAIT_FOR(w, same(w));
	world_close(w);
	forget_said();
}

static inline void
finish(World *w)
{
	if (mbox.refused)
		g_error("%u commands that were not offered:\n%s", mbox.refused, pop->log->str);
	world_free(w);
}
