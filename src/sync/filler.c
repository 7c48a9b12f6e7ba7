/* filler.c - the headers of a backfill go into the store in a thread of their own, while the next ones are read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Reading what the server says and writing it down cost about the same, and a first sync has more of both than of
 * anything else. The thread has a connection to the store of its own, in which the triggers stay off (messages_many.c).
 * A few loads may be under way: one that takes longer, with a checkpoint or threads behind it, must not stop the line at once.
 * After one that failed or is in doubt the thread moves no mark any more, until the engine has taken all back and seen to it.
 * Whoever calls headers_flush or batch_begin finds what came before it in the store; other transactions of the engine, which
 * ask for no more than single rows, may meet one of the thread: SQLite lets the second wait.
 * Nothing of the engine is touched in the thread but what a Load holds, its channel of requests (threads_person_waits) and
 * its context, to wake it up. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/limits.h"
#include "base/log.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What goes there, and comes back with what became of it. */
typedef struct {
	gint64 folder;
	GPtrArray *rows;	/* owned, of Message*: decoded */
	GArray *seen;		/* owned, of guint32: UIDs of the window that ends with them; NULL: none does */
	guint32 lo, hi, below;	/* that window, and the mark after it */
	bool plain;		/* each of seen came once, and with its header */
	bool threads;		/* and a piece of those is looked for */
	GError *err;		/* owned: nothing of it is in the store */
	bool after_failed;	/* that is why, and it was told with the one before it */
	bool in_doubt;		/* something is here in the window that the server did not name: the mark was not moved */
	bool threads_left;
	GError *threads_err;	/* owned */
	bool first;		/* the engine has taken back all before it */
} Load;

enum { LOADS_AT_ONCE = 3 };

struct Filler {
	Db *db;			/* owned; of the thread */
	Engine *engine;		/* borrowed; for threads_person_waits and its context alone */
	GThread *thread;
	GAsyncQueue *loads, *done;	/* owned, of Load*; one without rows ends the thread */
	guint out;		/* of the engine: loads that were given, and not taken back */
	GPtrArray *doubts;	/* of the engine, owned, of Load*: taken back, in their order, and not seen to */
	bool resolving;		/* of the engine */
	gint64 threads_at;	/* of the engine: when it wanted a piece of those last */
	GError *failed;		/* of the thread, owned: since the last first load */
	bool doubt;		/* of the thread: the same */
	gint hurry;		/* atomic: the engine stands still until it has it back */
};

static void
load_free(Load *load)
{
	g_clear_pointer(&load->rows, g_ptr_array_unref);
	g_clear_pointer(&load->seen, g_array_unref);
	g_clear_error(&load->err);
	g_clear_error(&load->threads_err);
	g_free(load);
}

/* ---- the thread ---- */

/* All that is here of the window is what the server named. Counting alone would take one that is gone there, and is here, for
 * one that the person moved away; that the sums are the same as well would be a rare chance, which the next look at the folder mends. */
static bool
is_complete(Db *db, const Load *load)
{
	gint64 sum = 0;

	for (guint i = 0; i < load->seen->len; i++)
		sum += g_array_index(load->seen, guint32, i);
	return load->plain && messages_range_adds_up(db, load->folder, load->lo, load->hi, load->seen->len, sum);
}

static bool
write_load(Db *db, Load *load, GError **err)
{
	g_autofree gint64 *ids = g_new(gint64, load->rows->len + 1);

	if (!messages_put_many(db, (Message *const *)load->rows->pdata, load->rows->len, ids, err))
		return false;
	if (!load->seen)
		return true;
	load->in_doubt = load->in_doubt || !is_complete(db, load);
	return load->in_doubt || folders_set_backfill(db, load->folder, load->below, err);
}

/* What the person wants is not seen in the channel any more when the engine has it and waits for this. */
static bool
stop_threads(void *user)
{
	Filler *f = user;
	return g_atomic_int_get(&f->hurry) || threads_person_waits(f->engine);
}

static bool
put(Filler *f, Load *load)
{
	if (!db_begin_lazy(f->db, &load->err))
		return false;
	if (write_load(f->db, load, &load->err) && db_commit(f->db, &load->err))
		return true;
	db_rollback(f->db);
	return false;
}

/* The mark tells that all above it is here: it does not go past what is not. */
static bool
put_in_order(Filler *f, Load *load)
{
	if (load->first) {
		g_clear_error(&f->failed);
		f->doubt = false;
	}
	if (f->failed) {
		load->err = g_error_copy(f->failed);
		load->after_failed = true;
		return false;
	}
	load->in_doubt = f->doubt && load->seen;	/* rows that end no window move no mark anyhow */
	if (!put(f, load)) {
		f->failed = g_error_copy(load->err);
		return false;
	}
	f->doubt |= load->in_doubt;
	return true;
}

static void
work(Filler *f, Load *load)
{
	if (!put_in_order(f, load))
		return;
	g_ptr_array_set_size(load->rows, 0);
	if (load->threads && !threads_piece(f->db, 2 * THREADS_PIECE_MOST, stop_threads, f, &load->threads_left, &load->threads_err))
		load->threads_left = true;
	if (load->seen && !g_atomic_int_get(&f->hurry))	/* else with a later one */
		db_checkpoint(f->db);
}

static gpointer
thread(gpointer user)
{
	Filler *f = user;
	Load *load;

	if (!f->engine->headless)	/* the screen goes first, and then what it may wait for */
		setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
	while ((load = g_async_queue_pop(f->loads))->rows) {
		work(f, load);
		g_async_queue_push(f->done, load);
		g_main_context_wakeup(f->engine->context);
	}
	load_free(load);
	g_clear_error(&f->failed);
	db_close(f->db);
	return NULL;
}

/* ---- the engine's side ---- */

static void
filler_free(Engine *e)
{
	g_async_queue_unref(e->filler->loads);
	g_async_queue_unref(e->filler->done);
	g_ptr_array_unref(e->filler->doubts);
	g_clear_pointer(&e->filler, g_free);
}

static bool
start(Engine *e)
{
	g_autoptr(GError) err = NULL;

	if (e->filler || e->no_filler)
		return e->filler != NULL;
	Db *db = db_beside(e->db, &err);
	if (!db) {
		log_line(LOG_INFO, "store", "headers are stored by the engine itself: %s", err->message);
		e->no_filler = true;
		return false;
	}
	e->filler = g_new0(Filler, 1);
	*e->filler = (Filler){ .db = db, .engine = e, .loads = g_async_queue_new(), .done = g_async_queue_new(),
		.doubts = g_ptr_array_new_with_free_func((GDestroyNotify)load_free), .threads_at = e->now };
	e->filler->thread = g_thread_try_new("filler", thread, e->filler, &err);
	if (e->filler->thread)
		return true;
	log_line(LOG_INFO, "store", "headers are stored by the engine itself: %s", err->message);
	db_close(db);
	filler_free(e);
	e->no_filler = true;
	return false;
}

/* Rows of the backfill alone: whether one is news is seen by the engine. */
static bool
is_backfill(const Engine *e)
{
	for (guint i = 0; i < e->batch->len; i++)
		if (((const Message *)g_ptr_array_index(e->batch, i))->uid >= e->sel.next)
			return false;
	return e->sel.below != 0;
}

/* Each UID once: they are told in their order, nearly always. */
static bool
ascend(const GArray *uids)
{
	for (guint i = 1; i < uids->len; i++)
		if (g_array_index(uids, guint32, i) <= g_array_index(uids, guint32, i - 1))
			return false;
	return true;
}

/* A piece costs its rows, and about as much again for the pages of the names, which it all visits: so there are few, and none
 * that is large just before the last. On a slow line the newest ones do not wait for that. */
static bool
threads_due(const Engine *e)
{
	enum { PATIENCE_MS = 2000 };

	if (e->threadless >= THREADS_PIECE && e->now - e->filler->threads_at >= PATIENCE_MS)
		return true;
	return e->threadless >= THREADS_PIECE_MOST && e->sel.below > THREADS_PIECE_MOST / 2;
}

static Load *
load_new(Engine *e, Job *window)
{
	Load *load = g_new0(Load, 1);

	load->folder = e->sel.id;
	load->rows = g_steal_pointer(&e->batch);
	e->decoded = 0;
	e->batch = g_ptr_array_new_with_free_func((GDestroyNotify)message_free);
	if (window) {
		load->seen = g_steal_pointer(&window->seen);
		load->lo = window->lo;
		load->hi = window->hi;
		load->below = e->sel.below;
		load->plain = !window->rowless && ascend(load->seen);
	}
	e->threadless += load->rows->len;
	bool last = load->seen && load->below == 1;	/* then here, where the pages of the names are at hand */
	load->threads = threads_due(e) || last;
	if (load->threads) {
		e->threadless = 0;
		e->filler->threads_at = e->now;
	}
	return load;
}

static void
threads_took(Engine *e, Load *load)
{
	bool given_up = g_error_matches(load->threads_err, EIL_ERROR, EIL_CANCELLED);

	if (load->threads_err && !given_up) {
		log_line(LOG_WARN, "store", "threads: %s", load->threads_err->message);
		load->threads_left = false;	/* until the next message comes */
	}
	e->threads_wanted = load->threads_left;
}

static void
took(Engine *e, Load *load)
{
	e->filler->out--;
	if (load->err) {
		if (!load->after_failed)
			engine_store_failed(e, g_steal_pointer(&load->err));
	} else {
		engine_changed(e, load->folder, CHANGE_ADDED | CHANGE_COUNTS);
		if (load->threads)
			threads_took(e, load);
		if (load->in_doubt && load->folder == e->sel.id)
			g_ptr_array_add(e->filler->doubts, g_steal_pointer(&load));
	}
	if (load)
		load_free(load);
}

bool
filler_busy(const Engine *e)
{
	return e->filler && e->filler->out > 0;
}

static void wait_for_most(Engine *e, guint most, bool hurry);

/* All that is under way is taken back first: the mark goes behind the last of the doubts, when what is none any more went. */
static void
resolve(Engine *e)
{
	Filler *f = e->filler;
	guint32 below = 0;

	if (!f || f->resolving || f->doubts->len == 0)
		return;
	f->resolving = true;
	wait_for_most(e, 0, person_acts(e));
	for (guint i = 0; i < f->doubts->len && !e->drop; i++) {
		const Load *load = g_ptr_array_index(f->doubts, i);
		if (!pull_remove_unseen(e, load->seen, load->lo, load->hi))
			break;
		below = i + 1 == f->doubts->len ? load->below : 0;
	}
	if (below && !e->drop)
		pull_mark(e, below);
	g_ptr_array_set_size(f->doubts, 0);
	f->resolving = false;
}

void
filler_look(Engine *e)
{
	Load *load;

	while (filler_busy(e) && (load = g_async_queue_try_pop(e->filler->done)))
		took(e, load);
	resolve(e);
}

/* Until at most so many are under way. */
static void
wait_for_most(Engine *e, guint most, bool hurry)
{
	while (filler_busy(e) && e->filler->out > most) {
		g_atomic_int_set(&e->filler->hurry, hurry);
		Load *load = g_async_queue_pop(e->filler->done);
		g_atomic_int_set(&e->filler->hurry, false);
		took(e, load);
	}
	resolve(e);
}

void
filler_wait(Engine *e)
{
	wait_for_most(e, 0, person_acts(e));
}

bool
filler_give(Engine *e, Job *window)
{
	/* a thread is not worth its start for a few rows */
	if (e->in_batch || person_acts(e) || !is_backfill(e) || (!e->filler && e->batch->len < STORE_BULK_ROWS))
		return false;
	headers_decode(e);
	filler_look(e);
	wait_for_most(e, LOADS_AT_ONCE - 1, false);
	if (e->drop || e->in_batch || !start(e))
		return false;
	Load *load = load_new(e, window);
	load->first = e->filler->out++ == 0;
	g_async_queue_push(e->filler->loads, load);
	return true;
}

void
filler_end(Engine *e)
{
	filler_wait(e);
	if (!e->filler)
		return;
	g_async_queue_push(e->filler->loads, g_new0(Load, 1));
	g_thread_join(e->filler->thread);
	filler_free(e);
}

bool
filler_rest(Engine *e)
{
	if (!e->filler)
		return false;
	if (filler_busy(e))
		return g_async_queue_length(e->filler->done) > 0;
	for (guint i = 0; i < e->jobs->len; i++)
		if (((const Job *)g_ptr_array_index(e->jobs, i))->kind == JOB_BACKFILL)
			return false;
	filler_end(e);
	return false;
}
