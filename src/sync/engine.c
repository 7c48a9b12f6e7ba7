/* engine.c - the account's thread: its loop, its letters, its requests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A turn of the loop: letters first, then at most 256 KiB from the wire, then the plan. Nothing in it waits for
 * anything but the disk (and the worker, for some header lines). */
#include "config.h"
#include "sync/engine_private.h"
#include "store/outbox.h"
#include "store/threads.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <glib-unix.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- requests ---- */

static void
remember_id(GArray *ids, gint64 id)
{
	for (guint i = 0; i < ids->len; i++)
		if (g_array_index(ids, gint64, i) == id) {
			g_array_remove_index(ids, i);
			break;
		}
	g_array_append_val(ids, id);
}

static void
tell_body(Engine *e, gint64 message, const char *section)
{
	Letter *l = letter_new(LETTER_BODY);
	l->message = message;
	l->text = g_strdup(section);
	engine_tell(e, l);
}

static void
open_message(Engine *e, const Request *r)
{
	g_autoptr(Message) m = messages_get(e->db, r->message, NULL);
	if (!m) {
		fetch_failed(e, r->message, "", _("This message is gone."));
	} else if (m->body_here) {
		tell_body(e, r->message, "");
	} else if (e->offline) {
		wanted_later(e, r->message, WANTED_TEXT);
		fetch_failed(e, r->message, "", _("The text of this message is not on this computer. It will be fetched when eilpost may connect again."));
	} else if (!engine_has_room(e)) {
		wanted_refuse(e, r->message, WANTED_TEXT, db_no_room());
	} else {
		if (!e->ready)
			wanted_later(e, r->message, WANTED_TEXT);
		remember_id(e->opening, r->message);
		e->wake_wanted = true;
	}
}

static void
want_part(Engine *e, const Request *r)
{
	if (bodies_has(e->db, r->message, r->text) || bodies_has(e->db, r->message, "")) {
		tell_body(e, r->message, r->text);
		return;
	}
	fetch_want(e, r->message, r->text);
}

static void
remember(Engine *e, const Request *r)
{
	GError *err = NULL;
	g_autofree char *key = g_strconcat("ui.", r->text, NULL);
	if (store_begin(e, &err) && db_set_fact(e->db, key, r->text2, &err) && db_commit(e->db, &err))
		return;
	db_rollback(e->db);
	engine_store_failed(e, err);
}

/* Nobody has to wait for an answer that stays away; like a line that broke, it is tried again by itself. */
static void
stop(Engine *e, bool mail)
{
	bool sending = outbox_stop(e, mail);

	if (mail || !(e->is_pop ? pop_up(e) : connect_up(e)) || (sending && (e->is_pop ? pop_in_session(e) : e->ready)))
		return;
	engine_cycle_ended(e, false);
	if (e->is_pop)
		pop_drop(e);
	else
		connect_take_down(e);
	e->check_wanted = true;
	connect_back_off(e, EIL_LATER, NULL);
}

static void
cancel(Engine *e, const Request *r)
{
	e->paused |= !large_stop(e, r->message, r->text) && !r->message;
	if (r->message && r->text)	/* it may wait for room */
		wanted_done(e, r->message, r->text);
}

/* What is on the screen, or near it. */
static void
reading_request(Engine *e, const Request *r)
{
	switch (r->kind) {
	case REQ_OPEN_FOLDER:
		e->shown = r->folder;
		e->look = true;
		break;
	case REQ_OPEN_MESSAGE:
		open_message(e, r);
		break;
	case REQ_NEAR:
		g_array_set_size(e->near, 0);
		if (r->ids)
			g_array_append_vals(e->near, r->ids->data, r->ids->len);
		break;
	case REQ_FETCH_PART:
		want_part(e, r);
		break;
	default:
		break;
	}
}

static void
request(Engine *e, Request *r)
{
	switch (r->kind) {
	case REQ_OPEN_FOLDER: case REQ_OPEN_MESSAGE: case REQ_NEAR: case REQ_FETCH_PART:
		reading_request(e, r);
		break;
	case REQ_FLAG: case REQ_KEYWORD: case REQ_MOVE: case REQ_COPY: case REQ_DELETE: case REQ_TO_ROLE: case REQ_MARK_READ_ALL: case REQ_EMPTY: case REQ_UNDO: case REQ_APPEND:
	case REQ_FOLDER_CREATE: case REQ_FOLDER_RENAME: case REQ_FOLDER_DELETE: case REQ_FOLDER_SUBSCRIBE:
		wishes_request(e, r);
		break;
	case REQ_FOLDER_KEEP:
		keep_policy(e, r->folder, (int)r->when);
		break;
	case REQ_REMEMBER:
		remember(e, r);
		break;
	case REQ_CHECK:
		engine_check_now(e);
		break;
	case REQ_SAVE_PART:
		save_request(e, r);
		break;
	case REQ_CANCEL:
		cancel(e, r);
		break;
	case REQ_STOP:
		stop(e, r->on);
		break;
	case REQ_TRACE:
		trace_tell(e);
		break;
	case REQ_PAUSE: case REQ_RESUME:
		e->paused = r->kind == REQ_PAUSE;
		break;
	case REQ_SECRET: case REQ_KEEP_SECRET: case REQ_FORGET_SECRET: case REQ_SIGNED_IN:
		secret_request(e, r);
		break;
	case REQ_CONFIGURE:
		engine_configure(e, r);
		break;
	case REQ_SCHEDULE:
		e->schedule.paused = !r->on;
		schedule_tell(e);
		break;
	case REQ_DRAFT_SAVE: case REQ_DRAFT_POSTPONED: case REQ_DRAFT_REMOVE: case REQ_SEND: case REQ_SEND_RAW:
	case REQ_OUT_NOW: case REQ_OUT_EDIT: case REQ_OUT_REMOVE: case REQ_OUT_DECIDE:
		outbox_request(e, r);
		break;
	case REQ_WISH_RETRY: case REQ_WISH_REMOVE:
		push_request(e, r);
		break;
	case REQ_POP_REMOVE:
		pop_request(e, r);
		break;
	case REQ_QUIT:
		e->quitting = true;
		break;
	}
	request_free(r);
}

static gboolean
requests_wait(gint fd, GIOCondition condition, gpointer user)
{
	return G_SOURCE_CONTINUE;	/* only wakes the loop: they are taken at the head of each turn */
}

/* ---- the loop ---- */

static gint64
earliest(gint64 a, gint64 b)
{
	return a <= 0 ? b : b <= 0 ? a : MIN(a, b);
}

/* When the loop must turn again even if nothing comes. */
static gint64
wake_at(Engine *e)
{
	gint64 at = save_waits(e) || e->sel.clearing ? e->now + 1 : e->now + 30000;	/* a jump of the clock is seen by then */
	if (e->session)
		at = earliest(at, imap_session_deadline(e->session));
	at = earliest(at, bulk_deadline(e));
	if (!e->schedule.stopped && !e->schedule.paused)
		at = earliest(at, e->schedule.due);
	at = earliest(at, pop_deadline(e));
	at = earliest(at, outbox_deadline(e));
	if (e->quiet_until > e->now)
		at = earliest(at, e->quiet_until);
	if (e->no_room)
		at = earliest(at, e->now + ROOM_AGAIN_MS);
	if (e->ready) {
		at = earliest(at, scan_deadline(e));
		at = earliest(at, keep_deadline(e));
	}
	at = earliest(at, work_poll_at(e));
	at = earliest(at, headers_deadline(e));
	if (e->ready && e->look_at > e->now)
		at = earliest(at, e->look_at);
	if (!connect_up(e) && e->next_try)
		at = earliest(at, e->next_try);
	gint64 now = clock_s(), wish = journal_next_time(e->db, now);
	if (wish >= 0)
		at = earliest(at, e->now + (wish - now) * 1000 + 20);
	return MAX(at, e->now + 1);
}

/* After a suspend the connection may be dead without a word; the monotonic clock stood still, the boot clock did not. */
static void
look_at_clock(Engine *e)
{
	gint64 mono = g_get_monotonic_time() / 1000;
	e->now = clock_ms();
	gint64 slept = e->last_now ? (e->now - e->last_now) - (mono - e->last_mono) : 0;
	if (slept > 100)	/* the timer stood still too: what is due now would wait until it rings */
		e->timer_at = 0;
	if (slept > CLOCK_JUMP_MS && e->session) {
		log_line(LOG_INFO, "sync", "the computer slept; looking whether the connection is alive");
		imap_session_probe(e->session, e->now);
		bulk_probe(e);
	}
	e->last_now = e->now;
	e->last_mono = mono;
}

/* Another network: what is connected may be dead without a word, and what could not connect may do so now. */
static void
network_changed(void *user)
{
	Engine *e = user;

	e->now = clock_ms();
	log_line(LOG_INFO, "sync", "the addresses of this computer changed");
	keep_network_changed(e);
	if (e->session && e->ready)
		imap_session_probe(e->session, e->now);
	bulk_probe(e);
	if (e->state == ENGINE_WAITING)
		e->next_try = e->now;
}

static void
turn(Engine *e)
{
	Request *r;

	look_at_clock(e);
	filler_look(e);
	if (e->no_room)
		engine_has_room(e);
	while ((r = chan_take(e->requests))) {
		e->person_at = e->now;
		if (texts_deadline(e) >= 0)
			headers_flush(e);	/* one of them may be what is asked for */
		request(e, r);
	}
	save_step(e);
	pull_clear(e);
	engine_check_due(e);
	if (e->session)
		imap_session_tick(e->session, e->now);
	connect_pump(e);
	bulk_tick(e);
	bulk_pump(e);
	if (e->drop && e->is_pop)
		pop_store_failed(e);
	else if (e->drop)
		connect_lost(e, EIL_LATER, NULL);
	if (e->offline || e->quitting)
		return;
	if (!outbox_up(e) && outbox_wants(e))
		outbox_start(e);
	outbox_pump(e);
	if (e->state == ENGINE_BLOCKED || e->now < e->next_try || e->cycle == CYCLE_SENDS)
		return;
	if (e->is_pop && !pop_up(e) && pop_wants(e))
		pop_start(e);
	else if (!e->is_pop && !connect_up(e) && work_waits(e))
		connect_start(e);
	pop_pump(e);
}

/* Setting a source's time wakes the context up: it is done only where the loop must turn earlier than it would. */
static void
set_timer(Engine *e, gint64 at)
{
	if (e->timer_at && e->timer_at <= at)
		return;
	e->timer_at = at;
	g_source_set_ready_time(e->timer, g_get_monotonic_time() + (at - e->now) * 1000);
}

bool
threads_person_waits(void *user)
{
	struct pollfd p = { chan_fd(((Engine *)user)->requests), POLLIN, 0 };
	return poll(&p, 1, 0) > 0;
}

bool
threads_piece(Db *db, guint max, ThreadsStop given_up, void *user, bool *left, GError **err)
{
	if (db_begin_lazy(db, err) && threads_fill(db, max, given_up, user, left, err) && db_commit(db, err))
		return true;
	db_rollback(db);
	return false;
}

/* A large piece costs least, and is given up as soon as somebody wants something. */
void
threads_find(Engine *e)
{
	g_autoptr(GError) err = NULL;
	bool left = false;

	if (e->filler)	/* it looks for them */
		return;
	if (!e->threads_wanted || e->in_batch || e->batch->len > 0 || e->writer || e->now < e->quiet_until)
		return;
	if (threads_piece(e->db, THREADS_PIECE, threads_person_waits, e, &left, &err)) {
		e->threads_wanted = left;
		e->threadless = 0;
		if (left || e->headless)	/* a cycle's end waited for this */
			set_timer(e, e->now + 1);
		return;
	}
	set_timer(e, e->now + 1);	/* what it was given up for is seen to, and a cycle's end may wait for this */
	if (g_error_matches(err, EIL_ERROR, EIL_CANCELLED))
		return;
	e->threads_wanted = false;	/* until the next message comes: the acts on single ones go on */
	log_line(LOG_WARN, "store", "threads: %s", err->message);
}

static void
leave(Engine *e)
{
	gint64 until = clock_ms() + DEADLINE_QUIT_MS;
	headers_flush(e);
	if (e->session && e->ready) {
		imap_session_logout(e->session);
		connect_pump(e);
		while (e->session && !e->drop && clock_ms() < until) {
			set_timer(e, e->now + 50);
			g_main_context_iteration(e->context, TRUE);
			e->now = clock_ms();
			connect_pump(e);
		}
	}
	connect_drop(e);
	pop_leave(e);
	outbox_leave(e);
}

static gpointer
thread(gpointer user)
{
	Engine *e = user;

	if (!e->headless)
		setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 5);	/* the screen goes first */
	g_main_context_push_thread_default(e->context);
	e->render = render_new(1);
	e->now = e->person_at = clock_ms();
	engine_state(e, ENGINE_OFFLINE, _("not connected"));
	schedule_tell(e);
	if (e->is_pop)
		e->pop = pop_new(e);
	e->sender = outbox_new(e);
	e->drafts_since = clock_s();
	e->door = door_new(e, e->socket);
	e->net_change = net_change_new(e->context, network_changed, e);
	e->threads_wanted = threads_left(e->db);
	while (!e->quitting) {
		turn(e);
		if (e->quitting)
			break;
		set_timer(e, wake_at(e));
		if (!g_main_context_pending(e->context)) {	/* the line is quiet */
			if (filler_rest(e))
				set_timer(e, e->now + 1);
			threads_find(e);
		}
		g_main_context_iteration(e->context, TRUE);
	}
	g_clear_pointer(&e->door, door_free);
	g_clear_pointer(&e->net_change, net_change_free);
	secret_forget(e);
	leave(e);
	secret_forget(e);	/* what a last turn of a connection may have asked for */
	g_clear_pointer(&e->pop, pop_free);
	g_clear_pointer(&e->sender, outbox_free);
	render_free(e->render);
	e->render = NULL;
	filler_end(e);
	g_ptr_array_set_size(e->saves, 0);	/* they read the store, and so do the wishes */
	g_ptr_array_set_size(e->part_wishes, 0);
	db_close(e->db);
	e->db = NULL;
	g_main_context_pop_thread_default(e->context);
	g_atomic_int_set(&e->ended, 1);
	engine_tell(e, letter_new(LETTER_ENDED));
	return NULL;
}

/* ---- the door ---- */

/* The inbox is there from the first moment, so that the screen has a folder to show. */
static bool
prepare_store(Engine *e, GError **err)
{
	g_autoptr(Folder) inbox = folders_find(e->db, "INBOX", NULL);
	if (!db_begin(e->db, err))
		return false;
	/* before anything looks at it: what was under way when the program ended */
	if (!journal_recover(e->db, err) || !outbox_recover(e->db, clock_s(), err))
		goto failed;
	if (e->is_pop) {
		e->shown = local_folder(e->db, ROLE_INBOX, NULL, err);
		if (!e->shown)
			goto failed;
	} else if (!inbox) {
		g_autoptr(Folder) f = folder_new();
		f->name = g_strdup("INBOX");
		f->wire = g_strdup("INBOX");
		f->role = ROLE_INBOX;
		f->selectable = f->subscribed = true;
		e->shown = folders_put(e->db, f, err);
		if (!e->shown)
			goto failed;
	} else {
		e->shown = inbox->id;
	}
	return db_commit(e->db, err);
failed:
	db_rollback(e->db);
	return false;
}

static void
engine_free(Engine *e)
{
	g_ptr_array_set_size(e->saves, 0);
	g_ptr_array_set_size(e->part_wishes, 0);
	keep_free(e->keep);
	texts_free(e->texts);
	bulk_free(e->bulk);
	db_close(e->db);
	chan_free(e->requests);
	account_unref(e->account);
	g_array_unref(e->opening);
	g_array_unref(e->near);
	g_array_unref(e->news);
	g_array_unref(e->came);
	g_array_unref(e->visits);
	g_array_unref(e->status_queue);
	g_array_unref(e->sel.filled);
	g_free(e->sel.wire);
	g_ptr_array_unref(e->part_wishes);
	g_ptr_array_unref(e->saves);
	g_ptr_array_unref(e->jobs);
	g_ptr_array_unref(e->list);
	g_ptr_array_unref(e->apart);
	g_hash_table_unref(e->as_sent);
	g_hash_table_unref(e->lsub);
	g_free(e->items[0]);
	g_free(e->items[1]);
	g_ptr_array_unref(e->batch);
	g_byte_array_unref(e->early);
	g_free(e->socket);
	g_free(e->last_trouble);
	trace_free(e->trace);
	if (e->timer) {
		g_source_destroy(e->timer);
		g_source_unref(e->timer);
	}
	g_main_context_unref(e->context);
	g_free(e);
}

static void
folder_free_void(gpointer f)
{
	folder_free(f);
}

static void
message_free_void(gpointer m)
{
	message_free(m);
}

static GSourceFuncs timer_funcs = { .dispatch = NULL };

static gboolean
timer_dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	Engine *e = user;
	g_source_set_ready_time(source, -1);
	e->timer_at = 0;
	return G_SOURCE_CONTINUE;
}

Engine *
engine_new(const EngineSetup *setup, GError **err)
{
	Engine *e = g_new0(Engine, 1);
	e->number = setup->number;
	e->account = account_ref(setup->account);
	e->letters = setup->letters;
	e->vault = setup->vault;
	e->read_only = setup->read_only;
	e->offline = setup->offline;
	e->prefer_html = setup->prefer_html;
	e->headless = setup->headless;
	e->undo_s = setup->undo_s;
	e->socket = g_strdup(setup->socket);
	e->keys[RECEIVING].secret = setup->secret ? secret_new(setup->secret, -1) : NULL;
	e->is_pop = account_is_pop(e->account);
	e->requests = chan_new((GDestroyNotify)request_free);
	e->trace = trace_new(TRACE_LINES);
	e->context = g_main_context_new();
	e->opening = g_array_new(FALSE, FALSE, sizeof(gint64));
	e->near = g_array_new(FALSE, FALSE, sizeof(gint64));
	e->news = g_array_new(FALSE, FALSE, sizeof(gint64));
	e->came = g_array_new(FALSE, FALSE, sizeof(gint64));
	e->visits = g_array_new(FALSE, FALSE, sizeof(gint64));
	e->status_queue = g_array_new(FALSE, FALSE, sizeof(gint64));
	e->sel.filled = g_array_new(FALSE, FALSE, sizeof(Window));
	e->saves = saves_new();
	e->keep = keep_new();
	e->texts = texts_new();
	e->bulk = bulk_new();
	e->part_wishes = g_ptr_array_new_with_free_func(part_wish_free);
	e->jobs = g_ptr_array_new_with_free_func(work_job_free);
	e->list = g_ptr_array_new_with_free_func(folder_free_void);
	e->lsub = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	e->apart = g_ptr_array_new_with_free_func(g_free);
	e->as_sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	e->batch = g_ptr_array_new_with_free_func(message_free_void);
	e->early = g_byte_array_new();
	e->db = db_open(setup->store, DB_WRITER, err);
	if (!e->db || !prepare_store(e, err)) {
		engine_free(e);
		return NULL;
	}
	e->now = clock_ms();
	schedule_start(&e->schedule, e->account->check, e->account->check_minutes, e->now);
	timer_funcs.dispatch = timer_dispatch;
	e->timer = g_source_new(&timer_funcs, sizeof(GSource));
	g_source_set_callback(e->timer, G_SOURCE_FUNC(requests_wait), e, NULL);
	g_source_attach(e->timer, e->context);
	g_autoptr(GSource) wake = g_unix_fd_source_new(chan_fd(e->requests), G_IO_IN);
	g_source_set_callback(wake, G_SOURCE_FUNC(requests_wait), e, NULL);
	g_source_attach(wake, e->context);
	e->thread = g_thread_new("engine", thread, e);
	return e;
}

void
engine_post(Engine *e, Request *r)
{
	chan_send(e->requests, r);
}

bool
engine_end(Engine *e, guint wait_ms)
{
	engine_post(e, request_new(REQ_QUIT));
	for (guint waited = 0; waited < wait_ms && !g_atomic_int_get(&e->ended); waited += 2)
		g_usleep(2000);
	if (!g_atomic_int_get(&e->ended)) {
		/* it hangs in the disk: what is committed is safe, the rest is fetched again */
		g_thread_unref(e->thread);
		return false;
	}
	g_thread_join(e->thread);
	engine_free(e);
	return true;
}
