/* outbox_smtp.c - the connection that brings mails away.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * SENDING is committed before MAIL FROM is written, DOT_SENT before the end leaves: after any crash the store knows what
 * is in doubt (RELIABILITY S1, S5). */
#include "config.h"
#include "sync/outbox_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

void
smtp_drop(Engine *e)
{
	Sender *s = e->sender;
	trace_ends(e, "smtp", s->link);
	g_clear_pointer(&s->link, link_close);
	g_clear_pointer(&s->session, smtp_session_free);
	g_byte_array_set_size(s->early, 0);
	s->link_open = s->ready = s->starting = false;
	if (s->row && s->released_end && !s->end_at)
		end_in_doubt(e);
	else
		end_put_back(e, NULL);
}

/* The connection failed: every mail that could have gone waits, and says why. */
static void
lost(Engine *e, EilError code, char *sentence, bool doubt)
{
	Sender *s = e->sender;
	gint64 wait = 0;

	s->released_end = s->released_end && doubt;
	s->tries++;
	s->blocked = code != EIL_LATER && code != EIL_BROKEN;
	if (!s->blocked) {
		wait = (gint64)plan_backoff(s->tries);
		s->next_try = e->now + wait * 1000;
	}
	bool doubtful = s->row && s->released_end && !s->end_at;
	if (doubtful)
		end_in_doubt(e);
	else
		end_put_back(e, sentence);
	smtp_drop(e);
	g_autoptr(GPtrArray) rows = outbox_list(e->db, false, NULL);
	GError *err = NULL;
	bool ok = store_begin(e, &err);
	for (guint i = 0; ok && rows && i < rows->len; i++) {
		const OutRow *r = g_ptr_array_index(rows, i);
		if (r->state == OUT_QUEUED && r->not_before <= clock_s() && outbox_may_leave(e, r))
			ok = outbox_set_state(e->db, r->id, OUT_QUEUED, wait ? clock_s() + wait : 0, sentence, &err);
	}
	outbox_commit(e, ok, &err);
	outbox_told(e, 0);
	if (sentence && !doubtful)	/* that of the doubt stands: it asks for a decision */
		engine_trouble(e, code, sentence);
	else
		g_free(sentence);
}

/* ---- failures in words ---- */

static void
sign_in_refused(Engine *e, const Refusal *row, const char *words, bool doubt)
{
	char *s = refused_sentence(e, SAYS_SMTP, row, words, _("The mail waits in the outbox."));
	bool secret = !row->again && row->cause == CAUSE_SECRET;

	if (secret)
		secret_refused(e, SENDING);
	if (!row->again)
		engine_refused(e);
	lost(e, row->again ? EIL_LATER : secret ? EIL_ASK_USER : EIL_REFUSED, s, doubt);
	if (secret)
		secret_ask_again(e, SENDING);
}

static void
session_failed(Engine *e, const SmtpEvent *ev)
{
	const char *host = e->account->send.host;
	g_autofree char *words = g_strdup(ev->reply.text ? ev->reply.text : ev->text);
	const Refusal *row = refused_row(e, SAYS_SMTP, ev->said);
	char *s = NULL;
	EilError code = EIL_REFUSED;

	if (ev->failure == SMTP_FAIL_AUTH && !(row && row->again) && secret_renew(e, SENDING)) {	/* no mail was begun: it goes at once with the new token */
		smtp_drop(e);
		return;
	}
	if (row && (ev->failure == SMTP_FAIL_AUTH || ev->failure == SMTP_FAIL_UNAVAILABLE || ev->failure == SMTP_FAIL_REFUSED)) {
		sign_in_refused(e, row, words, ev->in_doubt);
		return;
	}
	switch (ev->failure) {
	case SMTP_FAIL_AUTH:
		s = g_strdup_printf(_("%s refused the sign-in for sending of %s. The mail waits in the outbox."), host, e->account->name);
		code = EIL_ASK_USER;
		secret_refused(e, SENDING);
		engine_refused(e);
		break;
	case SMTP_FAIL_AUTH_NO_MECHANISM:
		s = g_strdup_printf(_("%s offers no way to sign in that eilpost knows and that is safe here. No password was sent."), host);
		break;
	case SMTP_FAIL_AUTH_REQUIRED:
		s = g_strdup_printf(_("%s wants a sign-in before it takes mail, but offers none. The mail waits in the outbox."), host);
		break;
	case SMTP_FAIL_NO_STARTTLS:
		s = g_strdup_printf(_("%s does not offer encryption (STARTTLS) on this port. No password and no mail was sent."), host);
		break;
	case SMTP_FAIL_INJECTION:
		s = g_strdup_printf(_("Somebody or something between here and %s tampers with the connection. No password was sent."), host);
		break;
	case SMTP_FAIL_REFUSED:
		s = g_strdup_printf(_("%s takes no mail from here. The mail waits in the outbox."), host);
		break;
	case SMTP_FAIL_UNAVAILABLE:
		s = g_strdup_printf(_("%s can't take mail right now. eilpost tries again by itself."), host);
		code = EIL_LATER;
		break;
	case SMTP_FAIL_TIMEOUT:
		s = g_strdup_printf(_("%s did not answer for too long. eilpost tries again by itself."), host);
		code = EIL_LATER;
		break;
	case SMTP_FAIL_PROTOCOL: case SMTP_FAIL_NONE:
		s = g_strdup_printf(_("%s sent something that is not SMTP. eilpost tries again by itself."), host);
		code = EIL_BROKEN;
		break;
	}
	s = sentence_with_server(s, words);
	lost(e, code, g_strdup(s), ev->in_doubt);
	g_free(s);
	if (ev->failure == SMTP_FAIL_AUTH)
		secret_ask_again(e, SENDING);
}

/* ---- what the server says to a mail ---- */

static void
recipient_answered(Sender *s, const SmtpEvent *ev)
{
	Result r = { g_strdup(s->recipients[ev->recipient]), ev->accepted, ev->reply.code, g_strdup(ev->reply.text) };
	g_array_append_val(s->results, r);
}

/* "bob@x (no such user), eve@y (full)" */
static char *
refused_list(const Sender *s)
{
	GString *list = g_string_new(NULL);
	for (guint i = 0; i < s->results->len; i++) {
		const Result *r = &g_array_index(s->results, Result, i);
		if (!r->accepted)
			g_string_append_printf(list, "%s%s (%u %s)", list->len ? ", " : "", r->address, r->code, r->reply ? r->reply : "");
	}
	if (list->len)
		return g_string_free(list, FALSE);
	g_string_free(list, TRUE);
	return NULL;
}

static bool
some_for_later(const Sender *s)
{
	for (guint i = 0; i < s->results->len; i++) {
		const Result *r = &g_array_index(s->results, Result, i);
		if (!r->accepted && r->code / 100 == 4)
			return true;
	}
	return false;
}

static bool
too_old(Engine *e, gint64 row)
{
	g_autoptr(OutRow) r = outbox_get(e->db, row, NULL);
	return r && clock_s() - r->created > OUT_GIVE_UP_S && r->tries > 3;
}

static guint
tries_of(Engine *e, gint64 row)
{
	g_autoptr(OutRow) r = outbox_get(e->db, row, NULL);
	return r ? r->tries : 0;
}

static void
accepted(Engine *e, const SmtpEvent *ev)
{
	Sender *s = e->sender;
	g_autofree char *refused = refused_list(s);
	bool again = some_for_later(s) && !too_old(e, s->row);

	log_line(LOG_INFO, "smtp", "accepted: %s", ev->reply.text);
	s->tries = 0;
	g_autofree char *why = refused ? g_strdup_printf(_("The mail was sent, but not to all: %s."), refused) : NULL;
	if (again) {
		end_settle(e, OUT_QUEUED, true, clock_s() + end_back_off(tries_of(e, s->row)), why);
	} else {
		end_settle(e, OUT_SENT, true, clock_s() + file_wait_s(e), why);
	}
	if (why)
		engine_one_refused(e, g_strdup(why));
}

static bool
somebody_has_it(Engine *e, gint64 row)
{
	g_autoptr(GArray) all = outbox_recipients(e->db, row, NULL);
	for (guint i = 0; all && i < all->len; i++)
		if (g_array_index(all, OutRecipient, i).state == 1)
			return true;
	return false;
}

/* The server's; or ours, where it was not even asked. */
static const char *
words_of(const SmtpEvent *ev)
{
	switch (ev->unfit) {
	case SMTP_TOO_LARGE:
		return _("the mail is larger than this server takes");
	case SMTP_NOT_ASCII:
		return _("an address has letters that are not ASCII, and this server takes no such addresses");
	case SMTP_FITS:
		break;
	}
	return ev->reply.text;
}

/* The last of its recipients will not get it, but others have it: it was sent. Whom the server did not name has its
 * answer to the whole mail. */
static void
rest_refused(Engine *e, const SmtpEvent *ev)
{
	Sender *s = e->sender;

	for (guint i = 0; s->recipients[i]; i++) {
		bool named = false;
		for (guint n = 0; n < s->results->len; n++) {
			Result *r = &g_array_index(s->results, Result, n);
			if (strcmp(r->address, s->recipients[i]))
				continue;
			named = true;
			if (r->accepted) {
				g_free(r->reply);
				*r = (Result){ r->address, false, ev->reply.code, g_strdup(words_of(ev)) };
			}
		}
		if (!named) {
			Result r = { g_strdup(s->recipients[i]), false, ev->reply.code, g_strdup(words_of(ev)) };
			g_array_append_val(s->results, r);
		}
	}
	g_autofree char *refused = refused_list(s);
	char *why = g_strdup_printf(_("The mail was sent, but not to all: %s."), refused ? refused : "");
	s->released_end = false;
	end_settle(e, OUT_SENT, true, clock_s() + file_wait_s(e), why);
	engine_one_refused(e, why);
}

/* What was not even tried: yours. */
static char *
why_unfit(Engine *e, SmtpUnfit unfit)
{
	const char *host = e->account->send.host;
	g_autoptr(OutRow) row = outbox_get(e->db, e->sender->row, NULL);
	g_autofree char *size = g_format_size(row ? row->size : 0), *most = g_format_size(smtp_session_max_size(e->sender->session));

	return unfit == SMTP_TOO_LARGE ?
		g_strdup_printf(_("The mail has %s, and %s takes at most %s. It waits in the outbox for you."), size, host, most) :
		g_strdup_printf(_("An address of the mail has letters that are not ASCII, and %s takes no such addresses. It waits in the outbox for you."), host);
}

static void
mail_refused(Engine *e, const SmtpEvent *ev)
{
	Sender *s = e->sender;
	g_autofree char *refused = refused_list(s), *words = g_strdup_printf("%u %s", ev->reply.code, ev->reply.text ? ev->reply.text : "");
	bool later = ev->reply.code / 100 == 4 && !too_old(e, s->row);
	guint accepted_n = 0;

	for (guint i = 0; i < s->results->len; i++)
		accepted_n += g_array_index(s->results, Result, i).accepted;
	if (refused && !accepted_n)
		later = later && some_for_later(s);
	if (!later && somebody_has_it(e, s->row)) {
		rest_refused(e, ev);
		return;
	}
	char *why = ev->unfit != SMTP_FITS ? why_unfit(e, ev->unfit) :
		later ? sentence_with_server(g_strdup_printf(_("%s did not take the mail yet. It is tried again by itself."), e->account->send.host),
			refused ? refused : words) :
		sentence_with_server(g_strdup_printf(_("%s did not take the mail. It waits in the outbox for you."), e->account->send.host),
			refused ? refused : words);
	s->released_end = false;
	end_settle(e, later ? OUT_QUEUED : OUT_FAILED, false, later ? clock_s() + end_back_off(tries_of(e, s->row)) : 0, why);
	if (later)
		engine_trouble(e, EIL_LATER, why);
	else
		engine_one_refused(e, why);
}

/* ---- the next mail ---- */

static bool
begin_mail(Engine *e)
{
	Sender *s = e->sender;
	GError *err = NULL;
	gint64 next;
	g_autoptr(OutRow) row = e->now < s->next_try ? NULL : outbox_ready(e, &next);
	g_autoptr(GPtrArray) to = NULL;
	g_autofree char *sender = NULL;
	SmtpMail mail = { 0 };

	if (!row)
		return false;
	s->row = row->id;
	s->message = outbox_message(e->db, row->id, &err);
	if (!s->message || !outbox_mail(e->db, row->id, &to, &sender, &mail.has_8bit, &mail.needs_utf8, &mail.dsn, &err)) {
		end_settle(e, OUT_FAILED, false, 0, err ? err->message : _("The mail in the outbox is damaged on the disk; it was not sent."));
		g_clear_error(&err);
		return true;
	}
	g_ptr_array_add(to, NULL);
	s->recipients = g_strdupv((char **)to->pdata);
	mail.sender = sender;
	mail.recipients = (const char *const *)s->recipients;
	mail.size = g_bytes_get_size(s->message);
	mail.envelope_id = row->message_id;
	if (!outbox_commit(e, store_begin(e, &err) && outbox_set_state(e->db, row->id, OUT_SENDING, 0, NULL, &err), &err)) {
		end_clear(s);
		s->next_try = e->now + (gint64)plan_backoff(++s->tries) * 1000;
		return false;
	}
	outbox_told(e, row->id);
	if (!smtp_session_submit(s->session, &mail)) {
		char *why = g_strdup(_("An address of this mail can't be written on the wire; it was not sent."));
		end_settle(e, OUT_FAILED, false, 0, why);
		engine_trouble(e, EIL_ASK_USER, why);
	}
	return true;
}

static void
tell_progress(Engine *e)
{
	Sender *s = e->sender;
	gsize size = g_bytes_get_size(s->message);
	if (s->given < size && e->now - s->told < 200)
		return;
	s->told = e->now;
	Letter *l = letter_new(LETTER_PROGRESS);
	l->text = g_strdup(_("sending"));
	l->done = s->given;
	l->total = size;
	engine_tell(e, l);
}

static void
give_data(Engine *e)
{
	Sender *s = e->sender;
	gsize size;
	const guint8 *data = g_bytes_get_data(s->message, &size);

	while (s->given < size) {
		gsize n = smtp_session_data(s->session, data + s->given, size - s->given);
		if (n == 0)
			break;
		s->given += n;
	}
	tell_progress(e);
}

static void
before_dot(Engine *e)
{
	Sender *s = e->sender;
	GError *err = NULL;
	if (outbox_commit(e, store_begin(e, &err) && outbox_set_state(e->db, s->row, OUT_DOT_SENT, 0, NULL, &err), &err)) {
		s->released_end = true;
		outbox_told(e, s->row);
		smtp_session_finish(s->session);
	} else {
		lost(e, EIL_LATER, NULL, false);
	}
}

/* False: the session is gone. */
static bool
event(Engine *e, const SmtpEvent *ev)
{
	Sender *s = e->sender;
	g_autoptr(GError) err = NULL;

	switch (ev->kind) {
	case SMTP_EV_START_TLS:
		if (!link_start_tls(s->link, &err)) {
			key_phrase_wrong(e, (EilError)err->code);
			lost(e, (EilError)err->code, g_strdup(err->message), false);
		}
		break;
	case SMTP_EV_READY:
		s->ready = true;
		secret_worked(e, SENDING);
		s->last_use = e->now;
		break;
	case SMTP_EV_RECIPIENT:
		recipient_answered(s, ev);
		break;
	case SMTP_EV_WANTS_DATA:
		s->wants_data = true;
		give_data(e);
		break;
	case SMTP_EV_BEFORE_DOT:
		before_dot(e);
		break;
	case SMTP_EV_ACCEPTED:
		accepted(e, ev);
		break;
	case SMTP_EV_REFUSED:
		mail_refused(e, ev);
		break;
	case SMTP_EV_CLOSED:
		smtp_drop(e);
		break;
	case SMTP_EV_FAILED:
		session_failed(e, ev);
		break;
	case SMTP_EV_SIGNING_IN: case SMTP_WANTS_BYTES:
		break;
	}
	return s->session != NULL;
}

static void
begin_session(Engine *e)
{
	Sender *s = e->sender;
	const Account *a = e->account;

	if (s->session || !s->link_open || !secret_text(e, SENDING))
		return;
	SmtpSetup setup = {
		.security = server_security(&a->send),
		.user = a->send.user ? a->send.user : account_user(a), .secret = secret_text(e, SENDING), .oauth2 = a->auth == AUTH_OAUTH2, .external = a->auth == AUTH_CERTIFICATE,
		.host = a->send.host, .port = a->send.port, .trace = e->trace, .disabled = (const char *const *)a->disable,
	};
	s->session = smtp_session_new(&setup, e->now);
	if (s->early->len) {
		smtp_session_feed(s->session, s->early->data, s->early->len);
		g_byte_array_set_size(s->early, 0);
	}
}

static void
rest(Engine *e)
{
	Sender *s = e->sender;
	if (e->now - s->last_use >= OUT_KEEP_OPEN_MS)
		smtp_session_quit(s->session);
}

void
smtp_pump(Engine *e)
{
	Sender *s = e->sender;
	gsize len = 0;

	if (s->starting && !s->link) {
		if (secret_text(e, SENDING)) {
			smtp_connect(e);
		} else if (!secret_waits(e, SENDING)) {	/* nobody gave one */
			s->starting = false;
			s->blocked = true;
		}
		return;
	}
	begin_session(e);
	if (!s->session)
		return;
	smtp_session_tick(s->session, e->now);
	for (;;) {
		SmtpEvent ev = smtp_session_next(s->session);
		if (ev.kind == SMTP_WANTS_BYTES) {
			/* the next mail rides with the end of the last one */
			if (s->ready && !s->row && smtp_session_idle(s->session) && begin_mail(e))
				continue;
			break;
		}
		if (!event(e, &ev))
			return;
	}
	if (s->row && s->wants_data && s->given < g_bytes_get_size(s->message)) {
		give_data(e);
		if (s->given == g_bytes_get_size(s->message)) {
			smtp_pump(e);	/* BEFORE_DOT waits */
			return;
		}
	}
	if (s->ready && !s->row)
		rest(e);
	if (smtp_session_output(s->session, &len) && len)
		link_kick(s->link);
}

/* ---- the link's side ---- */

static void
on_stage(void *user, LinkStage stage)
{
	Engine *e = user;
	if (stage == LINK_OPEN)
		engine_peer(e, e->sender->link, false);
	trace_stage(e, "smtp", stage);
}

static void
pump_all(Engine *e)
{
	e->now = clock_ms();
	outbox_pump(e);
}

static void
on_opened(void *user)
{
	Engine *e = user;
	e->sender->link_open = true;
	pump_all(e);
}

static void
on_tls_started(void *user)
{
	Engine *e = user;
	e->now = clock_ms();
	smtp_session_tls_started(e->sender->session);
	pump_all(e);
}

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Engine *e = user;
	Sender *s = e->sender;
	if (log_wants(LOG_WIRE))
		log_wire("smtp", '<', data, len);
	e->now = clock_ms();
	if (!s->session) {
		early_append(s->early, data, len);
		return true;
	}
	smtp_session_tick(s->session, e->now);
	smtp_session_feed(s->session, data, len);
	pump_all(e);
	return s->link != NULL;
}

static const guint8 *
on_output(void *user, gsize *len)
{
	Engine *e = user;
	Sender *s = e->sender;
	*len = 0;
	if (s->session && s->row && s->wants_data && s->message)
		give_data(e);
	return s->session ? smtp_session_output(s->session, len) : NULL;
}

static void
on_taken(void *user, gsize n)
{
	Engine *e = user;
	Sender *s = e->sender;
	gsize len;
	const void *data = smtp_session_output(s->session, &len);
	if (log_wants(LOG_WIRE) && !smtp_session_output_secret(s->session))
		log_wire("smtp", '>', data, n);
	smtp_session_output_taken(s->session, n, clock_ms());
}

static void
on_closed(void *user, const GError *err)
{
	Engine *e = user;
	EilError code = err && err->domain == EIL_ERROR ? (EilError)err->code : EIL_LATER;
	Sender *s = e->sender;

	trace_printf(e->trace, "smtp", '-', "%s", err ? err->message : "the server closed the connection");
	e->now = clock_ms();
	if (!err && s->ready && !s->row) {	/* the server had enough of waiting, and so do we */
		smtp_drop(e);
		return;
	}
	engine_peer(e, s->link, true);
	key_phrase_wrong(e, code);
	lost(e, code, err ? g_strdup(err->message) : g_strdup_printf(_("%s closed the connection. The mail waits in the outbox."), e->account->send.host), true);
}

static const LinkClient CLIENT = {
	.stage = on_stage, .opened = on_opened, .tls_started = on_tls_started,
	.feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed,
};

void
smtp_give_up(Engine *e)
{
	lost(e, EIL_LATER, NULL, false);
}

void
smtp_connect(Engine *e)
{
	Sender *s = e->sender;
	const ServerUrl *url = &e->account->send;

	if (!secret_ready(e, SENDING)) {	/* it is asked for before anything is opened: a person may take long */
		s->starting = true;
		return;
	}
	LinkTarget target = secret_target(e, url);
	s->starting = false;
	trace_printf(e->trace, "smtp", '-', "connecting to %s, port %u", url->host, url->port);
	s->link = link_open(&target, e->context, &CLIENT, e);
}
