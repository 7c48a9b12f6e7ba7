/* acts.h - a world whose server has folders (boxes.h), and what a person does in it; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "boxes.h"
#include "world.h"

#include "store/acts.h"

#include <stdlib.h>

#define WITH_MOVE "MOVE UIDPLUS"
#define WITH_COPY "UIDPLUS"
#define PLAIN ""
#define WITH_MANY "MOVE UIDPLUS MULTIAPPEND"

static inline Account *
imap_account(guint16 port)
{
	Account *a = account_for(port, port, CHECK_STARTUP, "at once");
	a->receive.scheme = SCHEME_IMAP_INSECURE;
	return a;
}

/* ---- what is where ---- */

static inline gint64
folder_id(World *w, const char *wire)
{
	Db *db = world_reader(w);
	g_autoptr(Folder) f = folders_find(db, wire, NULL);
	return f && !f->gone ? f->id : 0;
}

static inline gint
as_words(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline char *
sorted(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	qsort(words, g_strv_length(words), sizeof *words, as_words);
	return g_strjoinv(" ", words);
}

static inline char *
store_text(World *w, const char *wire)
{
	Db *db = world_reader(w);
	gint64 folder = folder_id(w, wire);
	g_autoptr(GArray) keys = messages_keys(db, folder, NULL, NULL, false, true, 1000, 0, NULL, NULL, NULL);
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; keys && i < keys->len; i++) {
		g_autoptr(Message) m = messages_get(db, g_array_index(keys, MessageKey, i).id, NULL);
		if (!m)
			continue;
		g_string_append_printf(out, "%s:%s%s%s%s%s ", m->subject + 1, m->flags & FLAG_SEEN ? "S" : "", m->flags & FLAG_FLAGGED ? "F" : "",
			m->flags & FLAG_DELETED ? "D" : "", m->keywords && strstr(m->keywords, "work") ? "w" : "", m->uid ? "" : "?");
	}
	return sorted(out->str);
}

static inline char *
server_text(const char *name)
{
	g_mutex_lock(&pop->lock);
	const Box *b = box_named(name);
	g_autofree char *text = b ? box_text(b) : g_strdup("none");
	g_mutex_unlock(&pop->lock);
	return sorted(text);
}

static inline bool
same(World *w, const char *name)
{
	g_autofree char *here = store_text(w, name), *there = server_text(name);
	return !strcmp(here, there);
}

static inline guint
n_wishes(World *w)
{
	Db *db = world_reader(w);
	g_autoptr(GPtrArray) all = journal_list(db, NULL);
	return all->len;
}

/* Those that still have something to do; what failed is for the person. */
static inline guint
live_wishes(World *w)
{
	Db *db = world_reader(w);
	return journal_count(db, WISH_WAITING) + journal_count(db, WISH_SENT) + journal_count(db, WISH_DOUBT);
}

#define ASSERT_SERVER(name, wanted) do { \
	g_autofree char *there_ = server_text(name), *wanted_ = sorted(wanted " "); \
	g_assert_cmpstr(there_, ==, wanted_); \
} while (0)

/* The store tells what the server has, in every folder. */
static inline void
assert_in_step(World *w)
{
	g_mutex_lock(&pop->lock);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < boxes.all->len; i++)
		g_ptr_array_add(names, g_strdup(((Box *)boxes.all->pdata[i])->name));
	g_mutex_unlock(&pop->lock);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		WAIT_FOR(w, folder_id(w, name));
		Request *r = request_new(REQ_OPEN_FOLDER);
		r->folder = folder_id(w, name);
		engine_post(w->engine, r);
		ask(w, REQ_CHECK, 0, false);
		for (gint64 until = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC; !same(w, name);) {
			turn(w);
			if (g_get_monotonic_time() > until) {
				g_autofree char *here = store_text(w, name), *there = server_text(name);
				g_error("%s: here %s, there %s\n%s", name, here, there, pop->log->str);
			}
		}
	}
}

/* Each message that was there at the beginning, how often it is there now. */
static inline guint
n_of(guint id)
{
	guint n = 0;
	g_mutex_lock(&pop->lock);
	for (guint i = 0; i < boxes.all->len; i++) {
		const Box *b = boxes.all->pdata[i];
		for (guint k = 0; k < b->messages->len; k++)
			n += g_array_index(b->messages, BoxMessage, k).id == id;
	}
	g_mutex_unlock(&pop->lock);
	return n;
}

/* ---- the world ---- */

static inline World *
push_world(const char *caps)
{
	World *w = g_new0(World, 1);
	boxes_reset(pop, caps);
	w->dir = world_dir("push");
	w->store = g_build_filename(w->dir, "test.db", NULL);
	w->account = imap_account(pop->port);
	w->letters = chan_new((GDestroyNotify)letter_free);
	world_open(w, 0);
	WAIT_FOR(w, w->checked && folder_id(w, "Work.Old") && same(w, "INBOX"));
	return w;
}

/* What each story does; messages by their numbers. */
static inline gint64
message(World *w, const char *folder, guint id)
{
	Db *db = world_reader(w);
	g_autoptr(GArray) keys = messages_keys(db, folder_id(w, folder), NULL, NULL, false, true, 1000, 0, NULL, NULL, NULL);
	g_autofree char *subject = g_strdup_printf("m%u", id);

	for (guint i = 0; keys && i < keys->len; i++) {
		g_autoptr(Message) m = messages_get(db, g_array_index(keys, MessageKey, i).id, NULL);
		if (m && !strcmp(m->subject, subject))
			return m->id;
	}
	g_error("no m%u in %s", id, folder);
}

static inline Request *
on_messages(World *w, RequestKind kind, const char *folder, guint a, guint b)
{
	Request *r = request_new(kind);
	gint64 ids[] = { message(w, folder, a), b ? message(w, folder, b) : 0 };
	r->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_array_append_vals(r->ids, ids, b ? 2 : 1);
	return r;
}

static inline void
act(World *w, Request *r)
{
	guint before = w->acts;
	engine_post(w->engine, r);
	WAIT_FOR(w, w->acts > before);
}

static inline void
move(World *w, const char *from, guint a, guint b, const char *to)
{
	Request *r = on_messages(w, REQ_MOVE, from, a, b);
	r->folder = folder_id(w, to);
	act(w, r);
}

static inline void
copy(World *w, const char *from, guint a, const char *to)
{
	Request *r = on_messages(w, REQ_COPY, from, a, 0);
	r->folder = folder_id(w, to);
	act(w, r);
}

static inline void
delete(World *w, const char *from, guint a, bool for_good)
{
	Request *r = on_messages(w, REQ_DELETE, from, a, 0);
	r->on = for_good;
	act(w, r);
}

static inline void
flag(World *w, const char *from, guint a, guint32 flag, bool on)
{
	Request *r = on_messages(w, REQ_FLAG, from, a, 0);
	r->flag = flag;
	r->on = on;
	act(w, r);
}

static inline void
label(World *w, const char *from, guint a, bool on)
{
	Request *r = on_messages(w, REQ_KEYWORD, from, a, 0);
	r->text = g_strdup("work");
	r->on = on;
	act(w, r);
}

/* To the archive, to the junk, or back to the inbox. */
static inline void
to_role(World *w, const char *from, guint a, FolderRole role)
{
	Request *r = on_messages(w, REQ_TO_ROLE, from, a, 0);
	r->flag = role;
	act(w, r);
}

/* REQ_MARK_READ_ALL, REQ_EMPTY. */
static inline void
whole(World *w, RequestKind kind, const char *name)
{
	Request *r = request_new(kind);
	r->folder = folder_id(w, name);
	act(w, r);
}

static inline void
subscribe(World *w, const char *name, bool on)
{
	Request *r = request_new(REQ_FOLDER_SUBSCRIBE);
	r->folder = folder_id(w, name);
	r->on = on;
	act(w, r);
}

static inline void
folder(World *w, RequestKind kind, const char *name, const char *text)
{
	Request *r = request_new(kind);
	r->folder = name ? folder_id(w, name) : 0;
	r->text = g_strdup(text);
	act(w, r);
}

/* From another account, or imported. */
static inline void
append(World *w, const char *to, guint first, guint n)
{
	Request *r = request_new(REQ_APPEND);
	r->folder = folder_id(w, to);
	for (guint id = first; id < first + n; id++) {
		g_autofree char *text = g_strdup_printf("From: a@example.org\r\nSubject: m%u\r\nMessage-ID: <m%u@example.org>\r\n\r\nText %u.\r\n", id, id, id);
		g_autoptr(GBytes) whole = g_bytes_new(text, strlen(text));
		request_add_item(r, append_item_new(whole, FLAG_SEEN, 1767261600 + id, NULL));
	}
	act(w, r);
}

static inline void
undo(World *w)
{
	act(w, request_new(REQ_UNDO));
}
