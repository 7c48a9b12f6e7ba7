/* pop.c - receives by POP3 into the one inbox of the account: the connection.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A session locks the mailbox on the server, so none is kept: connect, list, download, remove, QUIT (pop_work.c). */
#include "config.h"
#include "sync/pop_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

Pop *
pop_new(Engine *e)
{
	Pop *p = g_new0(Pop, 1);
	p->early = g_byte_array_new();
	p->entries = g_array_new(FALSE, TRUE, sizeof(PopEntry));
	p->ids = g_hash_table_new(NULL, NULL);
	p->too_big = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	p->done = g_ptr_array_new_with_free_func((GDestroyNotify)pop_body_free);
	g_queue_init(&p->queue);
	return p;
}

void
pop_free(Pop *p)
{
	if (!p)
		return;
	pop_clear(p);
	g_byte_array_unref(p->early);
	g_array_unref(p->entries);
	g_hash_table_unref(p->ids);
	g_hash_table_unref(p->too_big);
	g_ptr_array_unref(p->done);
	g_free(p);
}

bool
pop_up(const Engine *e)
{
	return e->pop && (e->pop->link || e->pop->starting);
}

bool
pop_in_session(const Engine *e)
{
	return e->pop && e->pop->session;
}

bool
pop_wants(Engine *e)
{
	return e->pop && e->check_wanted && !e->paused;
}

void
pop_drop(Engine *e)
{
	Pop *p = e->pop;
	if (!p)
		return;
	pop_flush(e, true);	/* what is whole is kept, whatever happens to the rest */
	trace_ends(e, "pop3", p->link);
	g_clear_pointer(&p->link, link_close);
	g_clear_pointer(&p->session, pop3_session_free);
	g_byte_array_set_size(p->early, 0);
	p->link_open = p->ready = p->starting = false;
	pop_clear(p);
}

/* ---- failures in words ---- */

static void
lost(Engine *e, EilError code, char *sentence /* taken */)
{
	pop_drop(e);
	if (code == EIL_LATER || code == EIL_BROKEN)
		e->check_wanted = true;	/* what is missing is fetched with the next try */
	connect_back_off(e, code, sentence);
}

void
pop_has_room(Engine *e)
{
	if (e->pop->short_of_room && !(e->account->check & CHECK_MANUAL) && !e->schedule.paused && !e->schedule.stopped)
		e->check_wanted = true;
}

void
pop_store_failed(Engine *e)
{
	e->drop = false;
	if (e->pop && e->pop->session)
		lost(e, EIL_LATER, NULL);
	else
		connect_lost(e, EIL_LATER, NULL);
}

static void
sign_in_refused(Engine *e, const Refusal *row, const char *words)
{
	GError *err = NULL;

	if (row && row->again) {	/* the password was not judged */
		lost(e, EIL_LATER, refused_sentence(e, SAYS_POP3, row, words, NULL));
		return;
	}
	if (secret_renew(e, RECEIVING)) {
		pop_drop(e);
		e->check_wanted = true;
		e->next_try = 0;
		engine_state(e, ENGINE_OFFLINE, _("fetching a new token"));
		return;
	}
	bool secret = !row || row->cause == CAUSE_SECRET;
	char *s = row ? refused_sentence(e, SAYS_POP3, row, words, NULL) :
		sentence_with_server(g_strdup_printf(_("%s refused the sign-in of %s."), e->account->receive.host, account_user(e->account)), words);

	/* what was remembered of the server may be old */
	if (store_begin(e, &err) && (!db_set_fact(e->db, "pop-capabilities", "", &err) || !db_commit(e->db, &err)))
		db_rollback(e->db);
	g_clear_error(&err);
	if (secret)
		secret_refused(e, RECEIVING);
	engine_refused(e);
	lost(e, secret ? EIL_ASK_USER : EIL_REFUSED, s);
	if (secret)
		secret_ask_again(e, RECEIVING);
}

/* All is done but that the server says so. Some never do: to come back at once would have no end. */
static bool
quit_unanswered(Engine *e)
{
	bool removes = e->pop->removes, short_of_room = e->pop->short_of_room;

	if (e->pop->phase != POP_QUITTING)
		return false;
	pop_drop(e);
	engine_state(e, ENGINE_OFFLINE, _("not connected"));
	if (removes)
		engine_trouble(e, EIL_LATER, g_strdup_printf(_("%s did not say whether it removed what it was told to; eilpost looks again next time."),
			e->account->receive.host));
	engine_cycle_ended(e, !removes && !short_of_room);
	return true;
}

static void
session_failed(Engine *e, const Pop3Event *ev)
{
	const char *host = e->account->receive.host;
	g_autofree char *words = g_strdup(ev->text);
	const Refusal *row = refused_row(e, SAYS_POP3, ev->said);
	char *s = NULL;
	EilError code = EIL_LATER;

	if (quit_unanswered(e))
		return;
	switch (ev->failure) {
	case POP3_FAIL_AUTH:
		sign_in_refused(e, row, words);
		return;
	case POP3_FAIL_AUTH_NO_MECHANISM:
		s = g_strdup_printf(_("%s offers no way to sign in that eilpost knows and that is safe here. No password was sent."), host);
		code = EIL_REFUSED;
		break;
	case POP3_FAIL_NO_STARTTLS:
		s = g_strdup_printf(_("%s does not offer encryption (STARTTLS) on this port. No password was sent."), host);
		code = EIL_REFUSED;
		break;
	case POP3_FAIL_INJECTION:
		s = g_strdup_printf(_("Somebody or something between here and %s tampers with the connection. No password was sent."), host);
		code = EIL_REFUSED;
		break;
	case POP3_FAIL_UNAVAILABLE:
		if (e->pop->ready) {	/* "-ERR autologout" and the like, unasked */
			s = g_strdup_printf(_("%s ended the session. eilpost connects again by itself."), host);
			break;
		}
		if (row && !row->again) {	/* whatever its code says: time does not heal it */
			sign_in_refused(e, row, words);
			return;
		}
		s = row ? refused_sentence(e, SAYS_POP3, row, NULL, NULL) :
			g_strdup_printf(_("%s can't take the sign-in right now. eilpost tries again by itself."), host);
		break;
	case POP3_FAIL_TIMEOUT:
		s = g_strdup_printf(_("%s did not answer for too long. eilpost tries again by itself."), host);
		break;
	case POP3_FAIL_PROTOCOL: case POP3_FAIL_NONE:
		s = g_strdup_printf(_("%s sent something that is not POP3. eilpost tries again by itself."), host);
		code = EIL_BROKEN;
		break;
	}
	lost(e, code, sentence_with_server(s, words));
}

/* ---- the session ---- */

static void
begin_session(Engine *e)
{
	Pop *p = e->pop;
	const Account *a = e->account;

	if (p->session || !p->link_open || !secret_text(e, RECEIVING))
		return;
	g_autofree char *known = db_fact(e->db, "pop-capabilities");
	Pop3Setup setup = {
		.security = server_security(&a->receive),
		.user = account_user(a), .secret = secret_text(e, RECEIVING), .oauth2 = a->auth == AUTH_OAUTH2, .external = a->auth == AUTH_CERTIFICATE, .host = a->receive.host, .port = a->receive.port,
		.known_capabilities = known && *known ? known : NULL, .trace = e->trace, .disabled = (const char *const *)a->disable,
	};
	p->session = pop3_session_new(&setup, e->now);
	engine_state(e, ENGINE_SIGNING_IN, _("signing in"));
	if (p->early->len) {
		pop3_session_feed(p->session, p->early->data, p->early->len);
		g_byte_array_set_size(p->early, 0);
	}
}

static void
save_capabilities(Engine *e)
{
	g_autofree char *now = pop3_session_capabilities(e->pop->session), *was = db_fact(e->db, "pop-capabilities");
	GError *err = NULL;
	if (now && g_strcmp0(now, was) && store_begin(e, &err) && (!db_set_fact(e->db, "pop-capabilities", now, &err) || !db_commit(e->db, &err)))
		db_rollback(e->db);
	g_clear_error(&err);
}

static void
session_ready(Engine *e)
{
	e->pop->ready = true;
	sign_in_took(e, e->signing_in ? e->now - e->signing_in : 0);
	e->signing_in = 0;
	e->tries = 0;
	e->next_try = 0;
	save_capabilities(e);
	secret_worked(e, RECEIVING);
	engine_state(e, ENGINE_ONLINE, _("connected"));
	pop_begin(e);
}

/* QUIT was answered: only now is what was DELEd gone (P14). */
static void
closed(Engine *e, const Pop3Event *ev)
{
	GError *err = NULL;
	if (ev->ok && store_begin(e, &err) && (!pop_deleted(e->db, clock_s(), &err) || !db_commit(e->db, &err)))
		db_rollback(e->db);
	g_clear_error(&err);
	bool complained = !ev->ok, short_of_room = e->pop->short_of_room;
	g_autofree char *words = g_strdup(ev->text);
	pop_drop(e);
	engine_state(e, ENGINE_OFFLINE, _("not connected"));
	if (complained)
		engine_trouble(e, EIL_LATER, sentence_with_server(g_strdup_printf(_("%s did not remove all that it was told to; eilpost looks again next time."),
			e->account->receive.host), words));
	engine_tell(e, letter_new(LETTER_OUTBOX));	/* the ledger changed */
	engine_cycle_ended(e, !short_of_room);
}

/* False: the session is gone. */
static bool
event(Engine *e, const Pop3Event *ev)
{
	g_autoptr(GError) err = NULL;

	switch (ev->kind) {
	case POP3_EV_START_TLS:
		if (!link_start_tls(e->pop->link, &err)) {
			key_phrase_wrong(e, (EilError)err->code);
			lost(e, (EilError)err->code, g_strdup(err->message));
		}
		break;
	case POP3_EV_READY:
		session_ready(e);
		break;
	case POP3_EV_CLOSED:
		closed(e, ev);
		break;
	case POP3_EV_FAILED:
		session_failed(e, ev);
		break;
	case POP3_EV_SIGNING_IN:
		e->signing_in = e->now;
		break;
	case POP3_WANTS_BYTES:
		break;
	default:
		pop_event(e, ev);
		break;
	}
	return e->pop->session != NULL;
}

void
pop_pump(Engine *e)
{
	Pop *p = e->pop;
	gsize len = 0;

	if (!p)
		return;
	if (p->starting && !p->link) {
		if (secret_text(e, RECEIVING))
			pop_start(e);
		else if (!secret_waits(e, RECEIVING))
			p->starting = false;
		return;
	}
	begin_session(e);
	if (!p->session)
		return;
	pop3_session_tick(p->session, e->now);
	for (;;) {
		Pop3Event ev = pop3_session_next(p->session);
		if (ev.kind == POP3_WANTS_BYTES)
			break;
		if (!event(e, &ev))
			return;
		if (e->drop)
			break;
	}
	if (!e->drop)
		pop_flush(e, false);
	if (e->drop) {
		pop_store_failed(e);
		return;
	}
	if (p->session && pop3_session_output(p->session, &len) && len)
		link_kick(p->link);
}

gint64
pop_deadline(const Engine *e)
{
	if (!e->pop || !e->pop->session)
		return -1;
	gint64 at = pop3_session_deadline(e->pop->session);
	/* what is whole goes into the store soon, also if nothing more comes */
	if (e->pop->done->len)
		at = at < 0 ? e->now + 200 : MIN(at, e->now + 200);
	return at;
}

void
pop_leave(Engine *e)
{
	if (e->pop && e->pop->session && e->pop->ready)
		pop_flush(e, true);
	pop_drop(e);
}

/* ---- the link's side ---- */

static void
on_stage(void *user, LinkStage stage)
{
	Engine *e = user;
	if (stage == LINK_TLS_HANDSHAKE)
		engine_state(e, ENGINE_CONNECTING, _("securing the connection"));
	else if (stage == LINK_OPEN)
		engine_peer(e, e->pop->link, false);
	trace_stage(e, "pop3", stage);
}

static void
on_opened(void *user)
{
	Engine *e = user;
	e->now = clock_ms();
	e->pop->link_open = true;
	pop_pump(e);
}

static void
on_tls_started(void *user)
{
	Engine *e = user;
	e->now = clock_ms();
	pop3_session_tls_started(e->pop->session);
	pop_pump(e);
}

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Engine *e = user;
	if (log_wants(LOG_WIRE))
		log_wire("pop3", '<', data, len);
	e->now = clock_ms();
	if (!e->pop->session) {
		early_append(e->pop->early, data, len);
		return true;
	}
	pop3_session_tick(e->pop->session, e->now);
	pop3_session_feed(e->pop->session, data, len);
	pop_pump(e);
	return e->pop->link != NULL;
}

static const guint8 *
on_output(void *user, gsize *len)
{
	Engine *e = user;
	*len = 0;
	return e->pop->session ? pop3_session_output(e->pop->session, len) : NULL;
}

static void
on_taken(void *user, gsize n)
{
	Engine *e = user;
	gsize len;
	const void *data = pop3_session_output(e->pop->session, &len);
	if (log_wants(LOG_WIRE) && !pop3_session_output_secret(e->pop->session))
		log_wire("pop3", '>', data, n);
	pop3_session_output_taken(e->pop->session, n, clock_ms());
}

static void
on_closed(void *user, const GError *err)
{
	Engine *e = user;
	EilError code = err && err->domain == EIL_ERROR ? (EilError)err->code : EIL_LATER;
	trace_printf(e->trace, "pop3", '-', "%s", err ? err->message : "the server closed the connection");

	e->now = clock_ms();
	engine_peer(e, e->pop->link, true);
	key_phrase_wrong(e, code);
	if (quit_unanswered(e))
		return;
	lost(e, code, err ? g_strdup(err->message) : g_strdup_printf(_("%s closed the connection. eilpost connects again by itself."), e->account->receive.host));
}

static const LinkClient CLIENT = {
	.stage = on_stage, .opened = on_opened, .tls_started = on_tls_started,
	.feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed,
};

void
pop_start(Engine *e)
{
	Pop *p = e->pop;
	const ServerUrl *url = &e->account->receive;

	if (!secret_ready(e, RECEIVING)) {
		p->starting = true;
		return;
	}
	p->starting = false;
	engine_state(e, ENGINE_CONNECTING, _("connecting"));
	LinkTarget target = secret_target(e, url);
	trace_printf(e->trace, "pop3", '-', "connecting to %s, port %u", url->host, url->port);
	p->link = link_open(&target, e->context, &CLIENT, e);
}

void
pop_request(Engine *e, const Request *r)
{
	GError *err = NULL;

	if (r->kind != REQ_POP_REMOVE || !e->pop)
		return;
	/* the dry run was shown: from now on the policy acts by itself; "no" keeps all, and asks again another time */
	if (store_begin(e, &err) && (!db_set_fact(e->db, "pop-removal", r->on ? "yes" : "", &err) || !db_commit(e->db, &err)))
		db_rollback(e->db);
	g_clear_error(&err);
	if (r->on)
		e->check_wanted = true;
}
