/* outbox.c - mails of the person leave, once: what may go when, and what the person says to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * States: store/outbox.h. Here is who may leave now (send-when, the undo time, a cycle, the person's own word), and the
 * requests; outbox_smtp.c brings them away, outbox_file.c files the copies. */
#include "config.h"
#include "sync/outbox_private.h"
#include "base/intl.h"
#include "base/log.h"

#include <string.h>

#define CLOCK_SET_BACK_S 60	/* less is no matter */

/* What a commit changed beside the outbox. */
static void
tell_what_else(Engine *e)
{
	Sender *s = e->sender;
	if (!s)
		return;
	if (s->marked_folder)
		engine_changed(e, s->marked_folder, CHANGE_FLAGS | CHANGE_COUNTS);
	if (s->local_copy) {
		g_autoptr(Folder) f = folders_role(e->db, ROLE_SENT, NULL);
		engine_changed(e, 0, CHANGE_FOLDERS);
		if (f)
			engine_changed(e, f->id, CHANGE_ADDED | CHANGE_COUNTS);
	}
	s->marked_folder = 0;
	s->local_copy = false;
}

bool
outbox_commit(Engine *e, bool ok, GError **err)
{
	if (ok && db_commit(e->db, err)) {
		tell_what_else(e);
		return true;
	}
	db_rollback(e->db);
	if (e->sender) {
		e->sender->marked_folder = 0;
		e->sender->local_copy = false;
	}
	engine_store_failed(e, g_steal_pointer(err));
	return false;
}

void
outbox_told(Engine *e, gint64 row)
{
	Letter *l = letter_new(LETTER_OUTBOX);
	l->message = row;
	engine_tell(e, l);
}

Sender *
outbox_new(Engine *e)
{
	Sender *s = g_new0(Sender, 1);

	s->released = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	s->looked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	s->early = g_byte_array_new();
	s->results = g_array_new(FALSE, TRUE, sizeof(Result));
	return s;
}

void
outbox_free(Sender *s)
{
	if (!s)
		return;
	g_hash_table_unref(s->released);
	g_hash_table_unref(s->looked);
	g_byte_array_unref(s->early);
	g_array_unref(s->results);
	g_strfreev(s->recipients);
	g_free(s->end.why);
	g_clear_pointer(&s->message, g_bytes_unref);
	g_free(s);
}

/* ---- who may leave ---- */

static bool
can_send(const Engine *e)
{
	return e->sender && !e->read_only && !e->offline && e->account->send.scheme != SCHEME_NONE;
}

bool
outbox_may_leave(Engine *e, const OutRow *r)
{
	const Account *a = e->account;

	if (g_hash_table_contains(e->sender->released, &r->id))
		return true;
	if (!strcmp(a->send_when, "manual") || e->schedule.stopped)
		return false;
	if (e->sender->cycle)
		return true;
	/* in manual mode nothing goes out but on the command (S23) */
	return !strcmp(a->send_when, "at once") && !(a->check & CHECK_MANUAL) && !e->schedule.paused && !e->headless;
}

/* If the clock was set back since it was told to wait, the time up to which says nothing any more: that may be years. What
 * the person wants to leave at a time leaves at that time. */
static bool
waits(const OutRow *r, gint64 now)
{
	return r->not_before > now && (r->later || r->changed <= now + CLOCK_SET_BACK_S);
}

OutRow *
outbox_ready(Engine *e, gint64 *next)
{
	*next = -1;
	if (outbox_next_time(e->db) < 0)
		return NULL;
	g_autoptr(GPtrArray) rows = outbox_list(e->db, false, NULL);
	gint64 now = clock_s();
	OutRow *best = NULL;
	for (guint i = 0; rows && i < rows->len; i++) {
		OutRow *r = g_ptr_array_index(rows, i);
		if (r->state != OUT_QUEUED || !outbox_may_leave(e, r))
			continue;
		if (waits(r, now))
			*next = *next < 0 ? r->not_before : MIN(*next, r->not_before);
		else if (!best || r->not_before < best->not_before)
			best = r;
	}
	return best ? outbox_get(e->db, best->id, NULL) : NULL;
}

bool
outbox_up(const Engine *e)
{
	return e->sender && (e->sender->link || e->sender->starting);
}

bool
outbox_waits_for_secret(const Engine *e)
{
	return e->sender && e->sender->starting && !e->sender->link;
}

void
outbox_no_secret(Engine *e, bool later)
{
	Sender *s = e->sender;

	if (!outbox_waits_for_secret(e))
		return;
	s->starting = false;
	s->blocked = !later;
	if (later)
		s->next_try = e->now + (gint64)plan_backoff(++s->tries) * 1000;
}

void
outbox_again(Engine *e)
{
	if (!e->sender)
		return;
	e->sender->blocked = false;
	e->sender->next_try = 0;
}

bool
outbox_wants(Engine *e)
{
	gint64 next;
	if (!can_send(e) || e->sender->blocked || e->now < e->sender->next_try)
		return false;
	g_autoptr(OutRow) r = outbox_ready(e, &next);
	return r != NULL;
}

void
outbox_start(Engine *e)
{
	smtp_connect(e);
}

/* A cycle waits for nothing that can't go now. */
static void
end_cycle(Engine *e)
{
	Sender *s = e->sender;
	if (!s->cycle || (s->row && !s->end_at) || (outbox_wants(e) && !s->blocked))
		return;
	s->cycle = false;
	engine_sent(e);
}

void
outbox_pump(Engine *e)
{
	if (!e->sender)
		return;
	if (e->sender->end_at && e->now >= e->sender->end_at)
		end_write(e);
	if (outbox_up(e))
		smtp_pump(e);
	file_here(e);
	end_cycle(e);
}

void
outbox_drop(Engine *e)
{
	if (e->sender) {
		smtp_drop(e);
		e->sender->blocked = false;
		e->sender->next_try = 0;
		e->sender->tries = 0;
	}
}

void
outbox_cut(Engine *e)
{
	if (e->sender)
		e->sender->creating = false;
}

void
outbox_leave(Engine *e)
{
	if (!e->sender)
		return;
	if (e->sender->session && e->sender->ready && !e->sender->row) {
		gsize len;
		smtp_session_quit(e->sender->session);
		if (smtp_session_output(e->sender->session, &len) && len)
			link_kick(e->sender->link);
	}
	if (e->sender->end_at)
		end_write(e);
	smtp_drop(e);
}

static gint64
seconds_to_ms(const Engine *e, gint64 at)
{
	return e->now + MAX(0, at - clock_s()) * 1000 + 20;
}

gint64
outbox_deadline(Engine *e)
{
	Sender *s = e->sender;
	gint64 at = s && s->end_at ? s->end_at : -1, next, file;

	if (!s || !can_send(e))
		return at;
	if (s->session) {
		gint64 line = smtp_session_deadline(s->session);
		if (line < 0 && s->ready && !s->row)
			line = s->last_use + OUT_KEEP_OPEN_MS;
		at = at < 0 || line < 0 ? MAX(at, line) : MIN(at, line);
	}
	g_autoptr(OutRow) r = s->blocked || s->row ? NULL : outbox_ready(e, &next);
	if (!s->blocked && !s->row) {
		gint64 due = r ? s->next_try : next >= 0 ? seconds_to_ms(e, next) : -1;
		if (due > 0)
			at = at < 0 ? due : MIN(at, due);
	}
	file = file_next_time(e);
	if (file >= 0) {
		gint64 due = seconds_to_ms(e, file);
		at = at < 0 ? due : MIN(at, due);
	}
	return at;
}

/* The person, or the schedule, wants what waits to go. A person's word also ends the waiting after failures; an undo time
 * and a time that was chosen stay. */
void
outbox_cycle(Engine *e, bool person)
{
	Sender *s = e->sender;
	s->cycle = s->acted = true;
	s->next_try = 0;
	if (person) {
		GError *err = NULL;
		s->blocked = false;
		s->tries = 0;
		g_autoptr(GPtrArray) rows = outbox_list(e->db, false, NULL);
		bool ok = store_begin(e, &err);
		for (guint i = 0; ok && rows && i < rows->len; i++) {
			const OutRow *r = g_ptr_array_index(rows, i);
			if (r->state == OUT_QUEUED && r->last_error && !r->later)
				ok = outbox_set_state(e->db, r->id, OUT_QUEUED, 0, r->last_error, &err);
		}
		outbox_commit(e, ok, &err);
	}
	end_cycle(e);
}

/* ---- requests ---- */

static void
answer(Engine *e, gint64 row, gint64 number, char *sentence /* taken; NULL: it worked */)
{
	Letter *l = letter_new(LETTER_DRAFT);
	l->message = row;
	l->when = number;
	l->failed = sentence != NULL;
	l->text2 = sentence;
	engine_tell(e, l);
	outbox_told(e, row);
}

static char *
words_of(GError *err)
{
	char *text = g_strdup(err ? err->message : _("unknown error"));
	g_clear_error(&err);
	return text;
}

/* The row, or 0 with *problem. */
static gint64
save(Engine *e, gint64 row, const Draft *d, const GArray *goes_on_with, char **problem)
{
	GError *err = NULL;
	gint64 id = 0;

	if (store_begin(e, &err)) {
		id = outbox_save_draft(e->db, row, d, &err);
		if (!id || !drafts_goes_on_with(e, id, goes_on_with, &err) || !db_commit(e->db, &err)) {
			db_rollback(e->db);
			id = 0;
		}
	}
	if (!id && problem)
		*problem = g_strdup_printf(_("The draft could not be saved: %s"), err ? err->message : "");
	g_clear_error(&err);
	return id;
}

static void
draft_save(Engine *e, const Request *r)
{
	g_autoptr(Draft) d = draft_read(r->data);
	char *problem = NULL;
	gint64 row = d ? save(e, r->message, d, r->ids, &problem) : 0;
	answer(e, row ? row : r->message, r->when, d ? problem : g_strdup(_("The draft could not be read.")));
}

static gint64
queue(Engine *e, const Request *r, const Draft *d, const Composed *c, gint64 not_before, bool later, GError **err)
{
	OutMail mail = { .sender = c->sender, .recipients = (const char *const *)c->recipients, .message = c->message, .has_8bit = c->has_8bit,
		.needs_utf8 = c->needs_utf8, .dsn = d && d->dsn, .message_id = c->message_id, .subject = c->subject, .to = c->to };
	gint64 id = 0, folder = 0;

	headers_flush(e);
	if (!store_begin(e, err))
		return 0;
	id = outbox_queue(e->db, d ? r->message : 0, d, &mail, not_before, later, err);
	if (id && drafts_goes_on_with(e, id, r->ids, err) && (folder = drafts_gone(e, id, false, err)) >= 0 && db_commit(e->db, err)) {
		drafts_changed(e, folder);
		return id;
	}
	db_rollback(e->db);
	return 0;
}

static char *
why_not(const Engine *e)
{
	if (e->read_only)
		return g_strdup(_("Nothing is sent: eilpost runs read-only (-R). The mail is a draft."));
	if (e->account->send.scheme == SCHEME_NONE)
		return g_strdup_printf(_("The account %s can't send: the line “send = smtp://…” is missing in the configuration. The mail is a draft."),
			e->account->name);
	return NULL;
}

char *
outbox_own_address(const Account *a)
{
	if (!a->full_name || !*a->full_name)
		return g_strdup(a->address);
	g_autoptr(GString) quoted = g_string_new(a->full_name);
	g_string_replace(quoted, "\\", "\\\\", 0);
	g_string_replace(quoted, "\"", "\\\"", 0);
	return g_strdup_printf("\"%s\" <%s>", quoted->str, a->address);
}

static void
send_draft(Engine *e, const Request *r)
{
	g_autoptr(Draft) d = draft_read(r->data);
	g_autofree char *from = outbox_own_address(e->account);
	char *problem = d ? why_not(e) : g_strdup(_("The draft could not be read."));
	GError *err = NULL;
	gint64 row = 0;

	if (!problem) {
		g_autoptr(Composed) c = draft_check(d, &err) ? compose_message(d, from, &err) : NULL;
		gint64 when = r->when ? r->when : clock_s() + e->undo_s;
		row = c ? queue(e, r, d, c, when, r->when != 0, &err) : 0;
		if (!row)
			problem = words_of(err);
	}
	if (!row && d)
		row = save(e, r->message, d, r->ids, NULL);	/* whatever failed, what was typed is kept */
	answer(e, row ? row : r->message, r->flag, problem);
}

static void
send_raw(Engine *e, const Request *r)
{
	g_autofree char *from = r->text2 ? g_strdup(r->text2) : outbox_own_address(e->account);
	g_auto(GStrv) recipients = g_strsplit(r->text ? r->text : "", "\n", -1);
	bool from_header = !recipients[0] || !*recipients[0];
	char *problem = why_not(e);
	GError *err = NULL;
	gint64 row = 0;

	if (!problem) {
		g_autoptr(Composed) c = compose_raw(r->data, from, (const char *const *)(from_header ? NULL : recipients), from_header, &err);
		row = c ? queue(e, r, NULL, c, clock_s(), false, &err) : 0;
		if (!row)
			problem = words_of(err);
	}
	answer(e, row, r->when, problem);
}

static void
release(Engine *e, gint64 row)
{
	gint64 *key = g_new(gint64, 1);
	*key = row;
	g_hash_table_add(e->sender->released, key);
}

/* The state as the store has it now: -1: gone. */
static int
state_of(Engine *e, gint64 id)
{
	g_autoptr(OutRow) r = outbox_get(e->db, id, NULL);
	return r ? (int)r->state : -1;
}

static void
set_state(Engine *e, gint64 row, OutState state, const char *error)
{
	GError *err = NULL;
	outbox_commit(e, store_begin(e, &err) && outbox_set_state(e->db, row, state, 0, error, &err), &err);
	outbox_told(e, row);
}

static void
send_now(Engine *e, const Request *r)
{
	g_autoptr(GPtrArray) rows = outbox_list(e->db, false, NULL);

	e->sender->blocked = false;
	e->sender->acted = true;
	e->sender->next_try = 0;
	e->sender->tries = 0;
	e->sender->here_at = 0;
	schedule_acted(&e->schedule);
	for (guint i = 0; rows && i < rows->len; i++) {
		const OutRow *row = g_ptr_array_index(rows, i);
		bool one = r->message == row->id;
		if (!one && (r->message || row->later))
			continue;
		if (row->state == OUT_QUEUED || (row->state == OUT_FAILED && one)) {
			set_state(e, row->id, OUT_QUEUED, row->last_error);
			release(e, row->id);
		} else if (row->state == OUT_SENT) {
			set_state(e, row->id, OUT_SENT, NULL);
		}
	}
}

/* The person wants it, while it is being sent. What is handed over can't be called back: whether it arrives is the server's to
 * say. Row 0: whichever it is, or a connection that is only for one. */
static bool
can_call_back(const Engine *e, gint64 row)
{
	const Sender *s = e->sender;

	return s->link && !s->released_end && (row ? s->row == row : s->row || !s->ready);
}

static void
call_back(Engine *e, gint64 row)
{
	if (can_call_back(e, row))
		smtp_drop(e);
}

bool
outbox_stop(Engine *e, bool mail)
{
	Sender *s = e->sender;
	gint64 row = s->row;

	if (row && s->released_end && mail) {
		Letter *l = letter_new(LETTER_NOTE);
		l->text = g_strdup(_("Too late: the mail has left, or is leaving."));
		engine_tell(e, l);
		return true;
	}
	if (!can_call_back(e, 0))
		return false;
	if (row) {
		smtp_drop(e);
		g_hash_table_remove(s->released, &row);
		s->end.state = OUT_FAILED;	/* if its end is still to be written */
		set_state(e, row, OUT_FAILED, _("It was stopped before it had left. $ sends it, e changes it."));
	} else {
		smtp_give_up(e);
	}
	return true;
}

/* Undo: a draft again, unless it left, even to one of its recipients. */
static void
edit(Engine *e, const Request *r)
{
	call_back(e, r->message);
	g_autoptr(OutRow) row = outbox_get(e->db, r->message, NULL);
	g_autoptr(Draft) d = row ? outbox_draft(e->db, r->message, NULL) : NULL;
	g_autoptr(GArray) recipients = row ? outbox_recipients(e->db, r->message, NULL) : NULL;
	char *problem = NULL;
	bool left = row && row->state != OUT_QUEUED && row->state != OUT_FAILED && row->state != OUT_DRAFT;

	for (guint i = 0; recipients && i < recipients->len; i++)
		left |= g_array_index(recipients, OutRecipient, i).state == 1;
	if (!row)
		problem = g_strdup(_("This mail is not in the outbox any more."));
	else if (left)
		problem = g_strdup(_("Too late: the mail has left, or is leaving."));
	else if (!d)
		problem = g_strdup(_("This mail was not written here (it came from another program); it can only be sent or given up."));
	else if (row->state != OUT_DRAFT) {
		g_free(g_steal_pointer(&d->message_id));	/* it will be another mail */
		d->date = 0;
		GError *err = NULL;
		/* the row itself becomes a draft: outbox_save_draft would make a second one beside it */
		if (outbox_commit(e, store_begin(e, &err) && outbox_set_state(e->db, row->id, OUT_DRAFT, 0, NULL, &err) &&
			outbox_save_draft(e->db, row->id, d, &err), &err))
			g_hash_table_remove(e->sender->released, &row->id);
		else
			problem = g_strdup(_("The mail could not be taken back: it still waits in the outbox."));
	}
	answer(e, r->message, r->when, problem);
}

static void
remove_row(Engine *e, gint64 row, bool only_draft)
{
	if (!only_draft)
		call_back(e, row);
	int state = state_of(e, row);
	GError *err = NULL;

	if (state < 0 || (only_draft && state != OUT_DRAFT) || state == OUT_SENDING || state == OUT_DOT_SENT)
		return;
	headers_flush(e);
	gint64 folder = store_begin(e, &err) ? drafts_gone(e, row, true, &err) : -1;
	if (outbox_commit(e, folder >= 0 && outbox_remove(e->db, row, &err), &err))
		drafts_changed(e, folder);
	outbox_told(e, row);
}

static void
decide(Engine *e, const Request *r)
{
	if (state_of(e, r->message) != OUT_UNKNOWN)
		return;
	if (r->on) {
		GError *err = NULL;
		bool ok = store_begin(e, &err) && outbox_set_state(e->db, r->message, OUT_SENT, 0, NULL, &err);
		if (ok)
			file_mark_answered(e, r->message, &err);
		outbox_commit(e, ok && !err, &err);
		file_here(e);
		outbox_told(e, r->message);
		e->sender->acted = true;
	} else {
		set_state(e, r->message, OUT_QUEUED, NULL);
		release(e, r->message);
		e->sender->next_try = 0;	/* the person said so: now */
	}
}

void
outbox_request(Engine *e, const Request *r)
{
	if (r->kind == REQ_OUT_NOW || r->kind == REQ_OUT_EDIT || r->kind == REQ_OUT_DECIDE || r->kind == REQ_OUT_REMOVE)
		engine_one_taken_up(e);
	switch (r->kind) {
	case REQ_DRAFT_SAVE:	draft_save(e, r); break;
	case REQ_DRAFT_POSTPONED: drafts_postponed(e, r->message); break;
	case REQ_SEND:		send_draft(e, r); break;
	case REQ_SEND_RAW:	send_raw(e, r); break;
	case REQ_OUT_NOW:	send_now(e, r); break;
	case REQ_OUT_EDIT:	edit(e, r); break;
	case REQ_OUT_DECIDE:	decide(e, r); break;
	case REQ_DRAFT_REMOVE:	remove_row(e, r->message, true); break;
	case REQ_OUT_REMOVE:	remove_row(e, r->message, false); break;
	default:
		break;
	}
}
