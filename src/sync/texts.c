/* texts.c - texts that are fetched before anybody asks for them: asked for and written many at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A command of its own for each costs a server more than the text, and a commit of its own the disk. What comes is held for a
 * moment, bounded in bytes and in time; who waits for one of them meanwhile has it at once. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

#define HOLD_MS 200
#define HOLD_BYTES (2 * MIB)	/* as much of them is fetched again when the program is killed */

typedef struct {
	gint64 message;
	guint32 uid;
	bool got;		/* something came */
	bool here;		/* all of it did: held, or in the store */
	bool waited_for;	/* by now */
} Text;

/* One command that is not yet written. */
typedef struct {
	char *items;		/* owned */
	GArray *texts;		/* owned, of Text */
} Ask;

/* What came and is not yet in the store; data NULL: the text of that message is whole with it. */
typedef struct {
	gint64 message;
	char *section;		/* owned */
	GBytes *data;		/* owned */
} Held;

struct Texts {
	GPtrArray *asks;	/* owned, of Ask* */
	GPtrArray *held;	/* owned, of Held*, in the order in which it came */
	gsize held_bytes;
	gint64 held_since;	/* ms */
};

static void
ask_free(gpointer p)
{
	Ask *a = p;
	g_free(a->items);
	g_clear_pointer(&a->texts, g_array_unref);
	g_free(a);
}

static void
held_free(gpointer p)
{
	Held *h = p;
	g_free(h->section);
	g_clear_pointer(&h->data, g_bytes_unref);
	g_free(h);
}

Texts *
texts_new(void)
{
	Texts *t = g_new0(Texts, 1);
	t->asks = g_ptr_array_new_with_free_func(ask_free);
	t->held = g_ptr_array_new_with_free_func(held_free);
	return t;
}

void
texts_free(Texts *t)
{
	if (!t)
		return;
	g_ptr_array_unref(t->asks);
	g_ptr_array_unref(t->held);
	g_free(t);
}

/* ---- asking ---- */

static bool
is_one(const Job *job)
{
	return job->texts != NULL;
}

/* With one more, scattered ones are still within a line. */
static bool
has_room(const Ask *a)
{
	enum { UID = 11, REST = 40 };	/* with its comma; the tag and the command's name */

	return (a->texts->len + 1) * UID + strlen(a->items) + REST <= LIMIT_IMAP_COMMAND;
}

static Ask *
ask_for(Texts *t, const char *items)
{
	for (guint i = 0; i < t->asks->len; i++) {
		Ask *a = g_ptr_array_index(t->asks, i);
		if (!strcmp(a->items, items) && has_room(a))
			return a;
	}
	Ask *a = g_new0(Ask, 1);
	a->items = g_strdup(items);
	a->texts = g_array_new(FALSE, FALSE, sizeof(Text));
	g_ptr_array_add(t->asks, a);
	return a;
}

void
texts_add(Engine *e, const Message *m, const char *items)
{
	Text text = { .message = m->id, .uid = m->uid };
	g_array_append_val(ask_for(e->texts, items)->texts, text);
}

static void
submit(Engine *e, bool bulk, const char *items, GArray *texts /* taken */)
{
	g_autoptr(GArray) set = imap_set_new();

	for (guint i = 0; i < texts->len; i++)
		imap_set_add(set, g_array_index(texts, Text, i).uid, g_array_index(texts, Text, i).uid);
	g_autofree char *words = imap_set_text(set);
	if (e->speed_since == 0)
		speed_began(e);
	ImapCommand *c = imap_command_uid_fetch(words, items, 0, false);
	Job *job = bulk ? bulk_job(e, JOB_BODY, c) : work_job(e, JOB_BODY, c);
	job->texts = texts;
	job->items = g_strdup(items);
}

void
texts_submit(Engine *e, bool bulk)
{
	for (guint i = 0; i < e->texts->asks->len; i++) {
		Ask *a = g_ptr_array_index(e->texts->asks, i);
		submit(e, bulk, a->items, g_steal_pointer(&a->texts));
	}
	g_ptr_array_set_size(e->texts->asks, 0);
}

/* One name of the two: a UID is one only within the folder of that connection. */
static Text *
find(const GPtrArray *jobs, gint64 message, guint32 uid)
{
	for (guint i = 0; i < jobs->len; i++) {
		const Job *job = g_ptr_array_index(jobs, i);
		for (guint k = 0; is_one(job) && k < job->texts->len; k++) {
			Text *t = &g_array_index(job->texts, Text, k);
			if (!t->here && (message ? t->message == message : t->uid == uid))
				return t;
		}
	}
	return NULL;
}

static Text *
on_its_way(const Engine *e, gint64 message)
{
	Text *t = find(e->jobs, message, 0);

	return t ? t : find(bulk_jobs(e), message, 0);
}

static bool
is_held(const Engine *e, gint64 message)
{
	for (guint i = 0; i < e->texts->held->len; i++) {
		const Held *h = g_ptr_array_index(e->texts->held, i);
		if (h->message == message && !h->data)
			return true;
	}
	return false;
}

bool
texts_come(const Engine *e, gint64 message)
{
	return on_its_way(e, message) || is_held(e, message);
}

bool
texts_wait_for(Engine *e, gint64 message)
{
	Text *t = on_its_way(e, message);

	if (t)
		t->waited_for = true;
	else if (is_held(e, message))
		headers_flush(e);	/* and it is told */
	else
		return false;
	return t || !e->drop;
}

static guint
count(const GPtrArray *jobs, guint *n_jobs)
{
	guint n = 0;

	*n_jobs = 0;
	for (guint i = 0; i < jobs->len; i++) {
		const Job *job = g_ptr_array_index(jobs, i);
		*n_jobs += is_one(job);
		for (guint k = 0; is_one(job) && k < job->texts->len; k++)
			n += !g_array_index(job->texts, Text, k).here;
	}
	return n;
}

guint
texts_on_their_way(const Engine *e, guint *n_jobs)
{
	guint of_bulk, n = count(bulk_jobs(e), &of_bulk);

	return n + count(e->jobs, n_jobs);
}

/* What came may have been rolled back. */
static bool
in_store(Engine *e, gint64 message)
{
	g_autoptr(Message) m = messages_get(e->db, message, NULL);
	return m && m->body_here;
}

/* The connection is gone, or will be. */
void
texts_ask_again(Engine *e, const Job *job)
{
	for (guint i = 0; i < job->texts->len; i++) {
		const Text *t = &g_array_index(job->texts, Text, i);
		if (t->waited_for && !(t->here && in_store(e, t->message)))
			g_array_append_val(e->opening, t->message);
	}
}

/* ---- what comes ---- */

static void
hold(Engine *e, gint64 message, const char *section, GBytes *data /* NULL: all of it came */)
{
	Texts *t = e->texts;
	Held *h = g_new0(Held, 1);

	if (t->held->len == 0)
		t->held_since = e->now;
	h->message = message;
	h->section = g_strdup(section);
	h->data = data ? g_bytes_ref(data) : NULL;
	t->held_bytes += data ? g_bytes_get_size(data) : 0;
	g_ptr_array_add(t->held, h);
}

void
texts_hold(Engine *e, gint64 message, const char *section, GBytes *data)
{
	hold(e, message, section, data);
}

static void
all_here(Engine *e, Text *t)
{
	t->here = true;
	hold(e, t->message, "", NULL);
	if (t->waited_for)
		e->last_use = e->now;	/* as in work_done: nothing is said on top of what the person begins to read */
	if (t->waited_for || e->texts->held_bytes >= HOLD_BYTES)
		headers_flush(e);
}

bool
texts_part(Engine *e, bool bulk, guint32 uid, const ImapFetchPart *p)
{
	Text *t = find(bulk ? bulk_jobs(e) : e->jobs, 0, uid);

	if (!t)
		return false;
	if (!p->data)	/* larger than it was said to be: it comes when the person asks for it */
		return true;
	t->got = true;
	speed_got(e, g_bytes_get_size(p->data), false);
	hold(e, t->message, p->section, p->data);
	if (!*p->section)
		all_here(e, t);
	return true;
}

/* Some servers end at the first that they can't read, and some say NO for one of many: halves, and at last one by one. */
static void
ask_for_less(Engine *e, bool bulk, const Job *job, GArray *left)
{
	enum { FEW = 16 };
	guint piece = left->len > FEW ? (left->len + 1) / 2 : 1;

	for (guint at = 0; at < left->len; at += piece) {
		g_autoptr(GArray) some = g_array_new(FALSE, FALSE, sizeof(Text));
		g_array_append_vals(some, &g_array_index(left, Text, at), MIN(piece, left->len - at));
		submit(e, bulk, job->items, g_steal_pointer(&some));
	}
}

void
texts_done(Engine *e, bool bulk, const Job *job, const ImapResponse *r)
{
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(Text));

	for (guint i = 0; i < job->texts->len && !e->drop; i++) {
		Text *t = &g_array_index(job->texts, Text, i), again = { .message = t->message, .uid = t->uid };
		if (t->here)
			continue;
		if (t->got && (r->status == IMAP_OK || job->texts->len == 1))
			all_here(e, t);
		else if (r->status != IMAP_OK && job->texts->len > 1 && t->waited_for)
			g_array_append_val(e->opening, t->message);
		else if (r->status != IMAP_OK && job->texts->len > 1)
			g_array_append_val(left, again);
		else if (t->waited_for)
			fetch_refused(e, job, t->message, r);
		else
			wanted_done(e, t->message, WANTED_TEXT);
	}
	if (e->drop)
		texts_ask_again(e, job);
	else
		ask_for_less(e, bulk, job, left);
	e->speed_since = 0;
}

/* ---- into the store ---- */

gint64
texts_deadline(const Engine *e)
{
	return e->texts->held->len > 0 ? e->texts->held_since + HOLD_MS : -1;
}

static bool
put(Engine *e, const Held *h)
{
	g_autoptr(GError) err = NULL;

	if ((h->data ? bodies_put(e->db, h->message, h->section, h->data, &err) : bodies_set_here(e->db, h->message, true, &err)) &&
		wanted_remove(e->db, h->message, h->data ? h->section : WANTED_TEXT, &err)) {
		if (!h->data)
			g_array_append_val(e->came, h->message);
		return true;
	}
	if (g_error_matches(err, EIL_ERROR, EIL_REFUSED)) {	/* the message went meanwhile */
		log_line(LOG_INFO, "store", "a text is not kept: %s", err->message);
		return true;
	}
	e->in_batch = false;
	db_rollback(e->db);
	g_array_set_size(e->came, 0);
	engine_store_failed(e, g_steal_pointer(&err));
	return false;
}

void
texts_put(Engine *e)
{
	GPtrArray *held = e->texts->held;
	bool well = held->len > 0 && batch_begin(e);

	for (guint i = 0; well && i < held->len; i++)
		well = put(e, g_ptr_array_index(held, i));
	if (well)
		ahead_save(e);
	g_ptr_array_set_size(held, 0);
	e->texts->held_bytes = 0;
}
