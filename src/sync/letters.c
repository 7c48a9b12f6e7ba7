/* letters.c - what an engine and the screen say to each other, and the clock that both live by.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <time.h>

static gint64 clock_shifted, wall_shifted;	/* atomic enough: tests set them while nothing runs */

gint64
clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (gint64)t.tv_sec * 1000 + t.tv_nsec / 1000000 + __atomic_load_n(&clock_shifted, __ATOMIC_RELAXED);
}

gint64
clock_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC + __atomic_load_n(&clock_shifted, __ATOMIC_RELAXED) / 1000 + __atomic_load_n(&wall_shifted, __ATOMIC_RELAXED);
}

void
clock_shift(gint64 ms)
{
	__atomic_fetch_add(&clock_shifted, ms, __ATOMIC_RELAXED);
}

void
clock_wall_shift(gint64 seconds)
{
	__atomic_fetch_add(&wall_shifted, seconds, __ATOMIC_RELAXED);
}

/* ---- letters ---- */

Request *
request_new(RequestKind kind)
{
	Request *r = g_new0(Request, 1);
	r->kind = kind;
	return r;
}

static void
append_item_free(gpointer p)
{
	AppendItem *item = p;
	g_bytes_unref(item->whole);
	g_free(item->keywords);
	g_free(item);
}

AppendItem *
append_item_new(GBytes *whole, guint32 flags, gint64 received, const char *keywords)
{
	AppendItem *item = g_new(AppendItem, 1);
	*item = (AppendItem){ g_bytes_ref(whole), flags, received, g_strdup(keywords) };
	return item;
}

void
request_add_item(Request *r, AppendItem *item)
{
	if (!r->items)
		r->items = g_ptr_array_new_with_free_func(append_item_free);
	g_ptr_array_add(r->items, item);
}

void
request_free(Request *r)
{
	if (!r)
		return;
	if (r->kind == REQ_SECRET)
		secret_wipe_string(g_steal_pointer(&r->text));
	if (r->ids)
		g_array_unref(r->ids);
	g_free(r->text);
	g_free(r->text2);
	g_clear_pointer(&r->data, g_bytes_unref);
	g_clear_pointer(&r->items, g_ptr_array_unref);
	g_clear_pointer(&r->config, account_unref);
	g_free(r);
}

Letter *
letter_new(LetterKind kind)
{
	Letter *l = g_new0(Letter, 1);
	l->kind = kind;
	return l;
}

void
letter_free(Letter *l)
{
	if (!l)
		return;
	g_free(l->text);
	g_free(l->text2);
	if (l->ids)
		g_array_unref(l->ids);
	peer_unref(l->peer);
	g_free(l);
}

bool
letter_is_news(const Letter *l, const char *shown)
{
	return l->text || !g_strcmp0(l->text2, shown);
}

void
engine_tell(Engine *e, Letter *l)
{
	l->account = e->number;
	door_heard(e->door, l);
	chan_send(e->letters, l);
}

void
engine_changed(Engine *e, gint64 folder, guint change)
{
	Letter *l = letter_new(LETTER_CHANGED);
	e->threads_wanted |= (change & CHANGE_ADDED) != 0;
	l->folder = folder;
	l->change = change;
	engine_tell(e, l);
}

void
engine_peer(Engine *e, const Link *link, bool refused)
{
	const Peer *peer = link ? link_peer(link) : NULL;
	if (!peer || peer_refused(peer) != refused)
		return;
	Letter *l = letter_new(LETTER_PEER);
	l->peer = peer_ref(peer);
	engine_tell(e, l);
}

void
engine_state(Engine *e, EngineState state, const char *text)
{
	e->state = state;
	Letter *l = letter_new(LETTER_STATE);
	l->state = state;
	l->text = g_strdup(text);
	if (state == ENGINE_WAITING)
		l->when = g_get_real_time() / G_USEC_PER_SEC + (e->next_try - e->now) / 1000;
	engine_tell(e, l);
	if (state == ENGINE_ONLINE && e->no_room)	/* which takes the sentence away */
		engine_trouble(e, EIL_LATER, g_strdup(db_no_room()));
}

static void
tell_trouble(Engine *e, EilError code, bool of_one, char *text)
{
	log_line(LOG_WARN, "sync", "%s", text);
	g_free(e->last_trouble);
	e->last_trouble = g_strdup(text);
	e->last_of_one = of_one;
	Letter *l = letter_new(LETTER_TROUBLE);
	l->error = code;
	l->failed = of_one;
	l->text = text;
	engine_tell(e, l);
}

void engine_trouble(Engine *e, EilError code, char *text) { tell_trouble(e, code, false, text); }
void engine_one_refused(Engine *e, char *text) { tell_trouble(e, EIL_REFUSED, true, text); }

void
engine_store_failed(Engine *e, GError *err)
{
	e->drop = true;
	e->tries = MAX(e->tries, 3);
	if (g_error_matches(err, EIL_ERROR, EIL_LATER))	/* full, or busy: says all that there is to say, and is short enough for the screen */
		engine_trouble(e, EIL_LATER, g_strdup(err->message));
	else
		engine_trouble(e, EIL_BROKEN, g_strdup_printf(_("The mail store of %s could not be written: %s"), e->account->name,
			err ? err->message : _("unknown error")));
	g_clear_error(&err);
}

/* If it is what was told last. */
static void
trouble_over(Engine *e, const char *sentence)
{
	if (g_strcmp0(e->last_trouble, sentence))
		return;
	g_clear_pointer(&e->last_trouble, g_free);
	Letter *l = letter_new(LETTER_TROUBLE);
	l->text2 = g_strdup(sentence);
	engine_tell(e, l);
}

void
engine_one_taken_up(Engine *e)
{
	if (e->last_of_one && e->last_trouble) {
		g_autofree char *sentence = g_strdup(e->last_trouble);
		trouble_over(e, sentence);
	}
}

bool
engine_has_room(Engine *e)
{
	/* what comes and goes at the limit would bring a sentence each time */
	bool room = db_has_room(e->db, e->no_room ? LIMIT_DISK_RESERVE / 2 : 0);

	if (room == !e->no_room)
		return room;
	e->no_room = !room;
	if (room) {
		trouble_over(e, db_no_room());
		if (e->is_pop)
			pop_has_room(e);
		else if (e->ready)
			wanted_load(e);
		else
			wanted_wake(e);
	} else {
		engine_trouble(e, EIL_LATER, g_strdup(db_no_room()));
		wanted_wait(e, db_no_room());
	}
	return room;
}
