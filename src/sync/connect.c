/* connect.c - the connection of an account: link, session, and what its failures mean for people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The password command and the TCP connect run side by side. Errors that time heals lead to back-off; those that it does
 * not (password, certificate) block until the person acts, so that no account is locked by retries (SEED S4). */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

bool
connect_up(const Engine *e)
{
	return e->link != NULL;
}

void
connect_drop(Engine *e)
{
	headers_flush(e);
	trace_ends(e, "imap", e->link);
	g_clear_pointer(&e->link, link_close);
	g_clear_pointer(&e->session, imap_session_free);
	/* the sending may wait for the same secret, and needs it though the receiving is over */
	if (!outbox_waits_for_secret(e))
		secret_cancel_command(e);
	g_byte_array_set_size(e->early, 0);
	e->link_open = e->drop = e->ready = false;
	bulk_drop(e);
	extend_clear(e);
	work_clear(e);
}

static void
wait_or_block(Engine *e, EilError code)
{
	if (code == EIL_LATER || code == EIL_BROKEN) {
		e->tries++;
		e->next_try = e->now + (gint64)plan_backoff(e->tries) * 1000;
		engine_state(e, ENGINE_WAITING, _("not connected"));
	} else {
		e->next_try = 0;
		engine_state(e, ENGINE_BLOCKED, _("not connected"));
	}
}

void
connect_back_off(Engine *e, EilError code, char *sentence)
{
	if (sentence)
		engine_trouble(e, code, sentence);
	wait_or_block(e, code);
	if (e->cycle == CYCLE_RECEIVES && (e->headless || code != EIL_LATER))
		engine_cycle_ended(e, false);
}

/* Without a connection nothing is under way. If that can't be written down, the next connection does it before it begins:
 * a wish that stays "under way" would never leave. */
static void
recover(Engine *e)
{
	g_autoptr(GError) err = NULL;

	e->recover = !(store_begin(e, &err) && journal_recover(e->db, &err) && db_commit(e->db, &err));
	if (e->recover)
		db_rollback(e->db);
}

void
connect_take_down(Engine *e)
{
	headers_flush(e);
	connect_drop(e);
	recover(e);
}

void
connect_lost(Engine *e, EilError code, char *sentence)
{
	connect_take_down(e);
	connect_back_off(e, code, sentence);
}

/* ---- failures in words ---- */

char *
sentence_with_server(char *sentence, const char *text)
{
	if (!text || !*text)
		return sentence;
	char *whole = g_strdup_printf(_("%s The server said: “%s”"), sentence, text);
	g_free(sentence);
	return whole;
}

static void
sign_in_refused(Engine *e, const char *text, const char *said)
{
	const Refusal *row = refused_row(e, SAYS_IMAP, said);

	if (row && row->again) {	/* the password was not judged */
		connect_lost(e, EIL_LATER, refused_sentence(e, SAYS_IMAP, row, text, NULL));
		return;
	}
	if (secret_renew(e, RECEIVING)) {
		connect_take_down(e);
		engine_state(e, ENGINE_OFFLINE, _("fetching a new token"));
		e->wake_wanted = true;
		e->next_try = 0;
		return;
	}
	char *s = row ? refused_sentence(e, SAYS_IMAP, row, text, NULL) :
		sentence_with_server(g_strdup_printf(_("%s refused the sign-in of %s."), e->account->receive.host, account_user(e->account)), text);
	bool secret = !row || row->cause == CAUSE_SECRET;
	engine_refused(e);
	if (secret)
		secret_refused(e, RECEIVING);
	connect_lost(e, secret ? EIL_ASK_USER : EIL_REFUSED, s);
	if (secret)
		secret_ask_again(e, RECEIVING);
}

static void
session_failed(Engine *e, const ImapEvent *ev)
{
	const char *host = e->account->receive.host;
	ImapFailure failure = ev->failure;
	g_autofree char *text = g_strdup(ev->text), *said = g_strdup(ev->said);
	const Refusal *row = refused_row(e, SAYS_IMAP, said);
	char *s = NULL;
	EilError code = EIL_LATER;

	switch (failure) {
	case IMAP_FAIL_AUTH:
		sign_in_refused(e, text, said);
		return;
	case IMAP_FAIL_AUTH_NO_MECHANISM:
		s = g_strdup_printf(_("%s offers no way to sign in that eilpost knows and that is safe here. No password was sent."), host);
		code = EIL_REFUSED;
		break;
	case IMAP_FAIL_NO_STARTTLS:
		s = g_strdup_printf(_("%s does not offer encryption (STARTTLS) on this port. No password was sent."), host);
		code = EIL_REFUSED;
		break;
	case IMAP_FAIL_INJECTION:
		s = g_strdup_printf(_("Somebody or something between here and %s tampers with the connection. No password was sent."), host);
		code = EIL_REFUSED;
		break;
	case IMAP_FAIL_PREAUTH:
		s = g_strdup_printf(_("%s claims that nobody needs to sign in; that is not safe, so eilpost went away."), host);
		code = EIL_REFUSED;
		break;
	case IMAP_FAIL_UNAVAILABLE:
		if (row && !row->again) {	/* whatever its code says: time does not heal it */
			sign_in_refused(e, text, said);
			return;
		}
		if (row) {
			connect_lost(e, EIL_LATER, refused_sentence(e, SAYS_IMAP, row, text, NULL));
			return;
		}
		s = g_strdup_printf(_("%s can't take the sign-in right now. eilpost tries again by itself."), host);
		break;
	case IMAP_FAIL_TIMEOUT:
		s = g_strdup_printf(_("%s did not answer for too long. eilpost tries again by itself."), host);
		break;
	case IMAP_FAIL_BYE:
		s = g_strdup_printf(_("%s ended the session. eilpost connects again by itself."), host);
		break;
	case IMAP_FAIL_PROTOCOL: case IMAP_FAIL_NONE:
		s = g_strdup_printf(_("%s sent something that is not IMAP. eilpost tries again by itself."), host);
		code = EIL_BROKEN;
		break;
	}
	if (failure == IMAP_FAIL_PROTOCOL)
		extend_broken(e);
	/* a session lost on pipelined commands is tried without them next time */
	if (!e->ready && (failure == IMAP_FAIL_PROTOCOL || failure == IMAP_FAIL_BYE))
		e->no_early = true;
	connect_lost(e, code, sentence_with_server(s, text));
}

/* ---- the session ---- */

ImapSession *
connect_session(Engine *e)
{
	g_autofree char *known = db_fact(e->db, "capabilities");
	g_auto(GStrv) words = known ? g_strsplit(known, " ", -1) : NULL;
	const Account *a = e->account;
	ImapSetup setup = {
		.security = server_security(&a->receive),
		.user = account_user(a), .secret = secret_text(e, RECEIVING), .oauth2 = a->auth == AUTH_OAUTH2, .external = a->auth == AUTH_CERTIFICATE,
		.host = a->receive.host, .port = a->receive.port, .no_early = e->no_early,
		.disabled = (const char *const *)a->disable,
		.known_capabilities = (const char *const *)words, .client_version = PACKAGE_VERSION, .trace = e->trace,
	};
	return imap_session_new(&setup, e->now);
}

static void
begin_session(Engine *e)
{
	if (e->session || !e->link_open || !secret_text(e, RECEIVING))
		return;
	e->session = connect_session(e);
	engine_state(e, ENGINE_SIGNING_IN, _("signing in"));
	work_ready(e);
	if (e->early->len) {
		imap_session_feed(e->session, e->early->data, e->early->len);
		g_byte_array_set_size(e->early, 0);
	}
}

static void
session_ready(Engine *e)
{
	e->ready = true;
	sign_in_took(e, e->signing_in ? e->now - e->signing_in : 0);
	e->signing_in = 0;
	wanted_load(e);
	e->tries = 0;
	e->next_try = 0;
	e->last_use = e->now;
	secret_worked(e, RECEIVING);
	engine_state(e, ENGINE_ONLINE, _("connected"));
}

static void
save_capabilities(Engine *e)
{
	const char *const *words = imap_session_capabilities(e->session);
	if (!words)
		return;
	g_autofree char *text = g_strjoinv(" ", (char **)words);
	g_autofree char *known = db_fact(e->db, "capabilities");
	if (g_strcmp0(text, known) && store_begin(e, NULL) && (!db_set_fact(e->db, "capabilities", text, NULL) || !db_commit(e->db, NULL)))
		db_rollback(e->db);
}

static void
start_compress(Engine *e)
{
	g_autoptr(GBytes) rest = imap_session_compress_started(e->session);
	link_start_deflate(e->link, rest);
	log_line(LOG_INFO, "imap", "the connection is compressed from here");
}

static bool
event(Engine *e, const ImapEvent *ev)
{
	g_autoptr(GError) err = NULL;

	switch (ev->kind) {
	case IMAP_EV_START_TLS:
		if (!link_start_tls(e->link, &err)) {
			key_phrase_wrong(e, (EilError)err->code);
			connect_lost(e, (EilError)err->code, g_strdup(err->message));
		}
		break;
	case IMAP_EV_READY:
		session_ready(e);
		break;
	case IMAP_EV_RESPONSE:
		pull_response(e, ev->response);
		break;
	case IMAP_EV_LITERAL: case IMAP_EV_CHUNK: case IMAP_EV_LITERAL_END:
		fetch_literal(e, ev);
		break;
	case IMAP_EV_DONE:
		work_done(e, ev->id, ev->response);
		break;
	case IMAP_EV_RESYNC:
		log_line(LOG_INFO, "imap", "sequence numbers lost (%s): reading the folder again", ev->text);
		pull_resync(e);
		break;
	case IMAP_EV_CLOSED:
		connect_drop(e);
		engine_state(e, ENGINE_OFFLINE, _("not connected"));
		break;
	case IMAP_EV_FAILED:
		session_failed(e, ev);
		break;
	case IMAP_EV_START_COMPRESS:
		start_compress(e);
		break;
	case IMAP_EV_SKIPPED:
		pull_skipped(e, ev->uid);
		break;
	case IMAP_EV_SIGNING_IN:
		e->signing_in = e->now;
		break;
	case IMAP_EV_GREETING: case IMAP_WANTS_BYTES:
		break;
	}
	return e->session && !e->drop;
}

static void
take_events(Engine *e)
{
	while (e->session && !e->drop) {
		ImapEvent ev = imap_session_next(e->session);
		if (ev.kind == IMAP_WANTS_BYTES)
			break;
		if (!event(e, &ev))
			break;
	}
}

void
connect_pump(Engine *e)
{
	gsize len = 0;

	take_events(e);
	/* the first page of a folder is one picture: its oldest rows come first on the wire, and the cursor would stay on one of them */
	if (!work_page_comes(e))
		headers_pause(e);
	if (!e->session || e->drop)
		return;
	if (e->ready && imap_session_capabilities(e->session) && e->jobs->len == 0)
		save_capabilities(e);
	if (e->ready)
		work_plan(e);
	if (e->session && imap_session_output(e->session, &len) && len)
		link_kick(e->link);
}

void
connect_begin(Engine *e)
{
	begin_session(e);
	connect_pump(e);
}

/* ---- the link's side ---- */

static void
on_stage(void *user, LinkStage stage)
{
	Engine *e = user;
	if (stage == LINK_TLS_HANDSHAKE)
		engine_state(e, ENGINE_CONNECTING, _("securing the connection"));
	else if (stage == LINK_OPEN)
		engine_peer(e, e->link, false);
	trace_stage(e, "imap", stage);
}

static void
on_opened(void *user)
{
	Engine *e = user;
	e->now = clock_ms();
	e->link_open = true;
	begin_session(e);
	connect_pump(e);
}

static void
on_tls_started(void *user)
{
	Engine *e = user;
	e->now = clock_ms();
	imap_session_tls_started(e->session);
	connect_pump(e);
}

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Engine *e = user;
	if (log_wants(LOG_WIRE))
		log_wire("imap", '<', data, len);
	e->now = clock_ms();
	if (!e->session) {
		early_append(e->early, data, len);
		return true;
	}
	imap_session_tick(e->session, e->now);
	imap_session_feed(e->session, data, len);
	take_events(e);
	return e->link != NULL;
}

static const guint8 *
on_output(void *user, gsize *len)
{
	Engine *e = user;
	*len = 0;
	return e->session ? imap_session_output(e->session, len) : NULL;
}

static void
on_taken(void *user, gsize n)
{
	Engine *e = user;
	gsize len;
	const void *data = imap_session_output(e->session, &len);
	if (log_wants(LOG_WIRE) && !imap_session_output_secret(e->session))
		log_wire("imap", '>', data, n);
	imap_session_output_taken(e->session, n, clock_ms());
}

static void
on_closed(void *user, const GError *err)
{
	Engine *e = user;
	EilError code = err && err->domain == EIL_ERROR ? (EilError)err->code : EIL_LATER;
	char *sentence = err ? g_strdup(err->message) : g_strdup_printf(_("%s closed the connection. eilpost connects again by itself."),
		e->account->receive.host);
	trace_printf(e->trace, "imap", '-', "%s", err ? err->message : "the server closed the connection");
	if (!e->ready && e->session && !err)
		e->no_early = true;
	e->now = clock_ms();
	engine_peer(e, e->link, true);
	key_phrase_wrong(e, code);
	connect_lost(e, code, sentence);
}

static const LinkClient CLIENT = {
	.stage = on_stage, .opened = on_opened, .tls_started = on_tls_started,
	/* what comes of it is done in the turn of the loop that follows: what several reads brought shares a commit and a plan */
	.feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed,
};

/* ---- its beginning ---- */

Link *
connect_link(Engine *e, const LinkClient *client)
{
	LinkTarget target = secret_target(e, &e->account->receive);
	return link_open(&target, e->context, client, e);
}

void
connect_start(Engine *e)
{
	if (e->recover)
		recover(e);
	/* who has to type it may take longer than the server waits */
	if ((secret_by_person(e) || secret_key_wanted(e)) && !secret_ready(e, RECEIVING)) {
		if (e->state == ENGINE_OFFLINE)
			engine_state(e, ENGINE_CONNECTING, _("looking for the password"));
		return;
	}
	engine_state(e, ENGINE_CONNECTING, _("connecting"));
	trace_printf(e->trace, "imap", '-', "connecting to %s, port %u", e->account->receive.host, e->account->receive.port);
	e->link = connect_link(e, &CLIENT);
	secret_ready(e, RECEIVING);	/* while the connection is made */
}
