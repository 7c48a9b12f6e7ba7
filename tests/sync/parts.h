/* parts.h - what tests of parts that come in pieces have in common; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "textd.h"
#include "world.h"
#include "base/limits.h"

#define FILE_BYTES ((gsize)8 * MIB + 777)

typedef struct { GPtrArray *bodies; /* owned, of char*: "section", or "!section: why" */ guint saved, save_failed, progress; guint64 done, total, speed; char *why; } Heard;
static Heard heard;

static inline void
hear_parts(World *w)
{
	struct pollfd p = { chan_fd(w->letters), POLLIN, 0 };
	Letter *l;

	poll(&p, 1, 20);
	while ((l = chan_take(w->letters))) {
		hear(w, l);
		if (l->kind == LETTER_BODY)
			g_ptr_array_add(heard.bodies, l->failed ? g_strdup_printf("!%s: %s", l->text, l->text2) : g_strdup(l->text));
		if (l->kind == LETTER_SAVED) {
			heard.saved += !l->failed;
			heard.save_failed += l->failed;
			g_free(heard.why);
			heard.why = g_strdup(l->text2);
		}
		if (l->kind == LETTER_PROGRESS && l->message) {
			heard.progress++;
			heard.done = l->done;
			heard.total = l->total;
			heard.speed = (guint64)l->when;
		}
		letter_free(l);
	}
}

#define UNTIL(w, what) WAIT_UNTIL(w, hear_parts, what)

static inline bool
told(const char *body)
{
	return g_ptr_array_find_with_equal_func(heard.bodies, body, g_str_equal, NULL);
}

static inline bool
told_failed(const char *section)
{
	g_autofree char *begin = g_strdup_printf("!%s: ", section);
	for (guint i = 0; i < heard.bodies->len; i++)
		if (g_str_has_prefix(heard.bodies->pdata[i], begin))
			return true;
	return false;
}

static inline void
forget(void)
{
	g_ptr_array_set_size(heard.bodies, 0);
	heard.saved = heard.save_failed = heard.progress = 0;
	heard.done = heard.total = heard.speed = 0;
	g_clear_pointer(&heard.why, g_free);
}

static inline gint64
id_of(World *w, const char *wire, guint32 uid)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = db ? folders_find(db, wire, NULL) : NULL;
	return f ? messages_id_of_uid(db, f->id, uid) : 0;
}

static inline World *
world_closed(void)
{
	World *w = world_imap("parts", CHECK_STARTUP);
	server_reset(smtp);
	texts_reset(pop);
	forget();
	doc_put("INBOX", 1, 1, FILE_BYTES);
	doc_put("INBOX", 2, 1, 0);
	doc_put("INBOX", 3, 1, 0);
	return w;
}

static inline void
post_part(World *w, RequestKind kind, gint64 message, const char *section, const char *path)
{
	Request *r = request_new(kind);
	r->message = message;
	r->text = g_strdup(section);
	r->text2 = g_strdup(path);
	engine_post(w->engine, r);
}

static inline void
open_text(World *w, gint64 message)
{
	ask(w, REQ_OPEN_MESSAGE, message, false);
}

static inline bool
file_is_right(World *w, const char *section, gsize before)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(GBytes) data = bodies_get(db, id_of(w, "INBOX", 1), section, NULL);
	gsize len = 0;
	const char *bytes = data ? g_bytes_get_data(data, &len) : NULL;

	if (len != before + FILE_BYTES)
		return false;
	for (gsize i = 0; i < FILE_BYTES; i++)
		if (bytes[before + i] != file_byte(i))
			return false;
	return true;
}

static inline guint64
partial(World *w)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	return bodies_partial(db, id_of(w, "INBOX", 1), "2");
}

/* Bytes that were asked for from this piece on, and nothing twice. */
static inline guint64
asked_from(guint first)
{
	guint64 n = 0;
	g_mutex_lock(&pop->lock);
	for (guint i = first; i < textd.pieces->len; i++) {
		const Piece *p = &g_array_index(textd.pieces, Piece, i);
		n += p->offset < FILE_BYTES ? MIN(p->length, FILE_BYTES - p->offset) : 0;
	}
	g_mutex_unlock(&pop->lock);
	return n;
}

static inline guint
n_pieces(void)
{
	g_mutex_lock(&pop->lock);
	guint n = textd.pieces->len;
	g_mutex_unlock(&pop->lock);
	return n;
}

/* The list is here, and the text of the message with the file. */
static inline World *
world_ready(void)
{
	World *w = world_closed();
	world_open(w, 0);
	UNTIL(w, id_of(w, "INBOX", 3));
	open_text(w, id_of(w, "INBOX", 1));
	UNTIL(w, told(""));
	forget();
	return w;
}

static inline void
reopen(World *w, bool offline)
{
	g_autoptr(GError) err = NULL;
	EngineSetup setup = { .account = w->account, .store = w->store, .letters = w->letters, .offline = offline };

	if (w->engine)
		world_close(w);
	w->engine = engine_new(&setup, &err);
	g_assert_no_error(err);
}

static inline guint
times_said(const char *words)
{
	guint n = 0;
	g_mutex_lock(&pop->lock);
	for (const char *p = pop->log->str; (p = strstr(p, words)); p++)
		n++;
	g_mutex_unlock(&pop->lock);
	return n;
}
