/* look.c - a line of its own to an account's server: connects, signs in, asks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One main context that only runs while a call waits. Nothing is tried twice by itself but a token that was not taken. */
#include "config.h"
#include "sync/look_private.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

#define TURN_MS 200

struct Look {
	LookSetup setup;
	GMainContext *context;	/* owned, as all here */
	GSource *ticks;
	Link *link;
	ImapSession *imap;	/* one of these two */
	Pop3Session *pop;
	Secret *secret, *refused_token;
	Secret *key_phrase;	/* of client-key; NULL: it has none, or nobody gave it */
	CredentialFetch *fetch;	/* NULL: none */
	GError *error;		/* why the line is of no use any more */
	bool is_pop, has_secret, link_open, ready, closed, refused;

	/* the command that is waited for */
	guint32 id;
	bool done, ok;
	char *words;		/* what the server said at its end */
	LookTold told;
	void *user;
	GByteArray *bytes;	/* NULL: nobody wants them */
	char *examined;		/* the folder that is open */
	guint32 examined_validity;
	GArray *list;		/* of LookPopRow; NULL: not asked yet */
};

static void
broken(Look *l, EilError code, char *sentence /* taken */, const char *words)
{
	g_autofree char *whole = sentence_with_server(sentence, words);

	if (!l->error)
		l->error = g_error_new_literal(EIL_ERROR, code, whole);
}

/* ---- failures in words ---- */

static void
imap_failed(Look *l, ImapFailure failure, const char *words)
{
	const char *host = l->setup.account->receive.host;

	switch (failure) {
	case IMAP_FAIL_AUTH:
		l->refused = true;
		broken(l, EIL_ASK_USER, g_strdup_printf(_("%s refused the sign-in of %s."), host, account_user(l->setup.account)), words);
		break;
	case IMAP_FAIL_AUTH_NO_MECHANISM:
		broken(l, EIL_REFUSED, g_strdup_printf(_("%s offers no way to sign in that eilpost knows and that is safe here. No password was sent."), host), words);
		break;
	case IMAP_FAIL_NO_STARTTLS:
		broken(l, EIL_REFUSED, g_strdup_printf(_("%s does not offer encryption (STARTTLS) on this port. No password was sent."), host), words);
		break;
	case IMAP_FAIL_INJECTION: case IMAP_FAIL_PREAUTH:
		broken(l, EIL_REFUSED, g_strdup_printf(_("Somebody or something between here and %s tampers with the connection. No password was sent."), host), words);
		break;
	case IMAP_FAIL_TIMEOUT:
		broken(l, EIL_LATER, g_strdup_printf(_("%s did not answer for too long."), host), words);
		break;
	case IMAP_FAIL_UNAVAILABLE: case IMAP_FAIL_BYE:
		broken(l, EIL_LATER, g_strdup_printf(_("%s ended the session."), host), words);
		break;
	case IMAP_FAIL_PROTOCOL: case IMAP_FAIL_NONE:
		broken(l, EIL_BROKEN, g_strdup_printf(_("%s sent something that can't be understood."), host), words);
		break;
	}
}

static void
pop_failed(Look *l, const Pop3Event *ev)
{
	static const ImapFailure same[] = {
		[POP3_FAIL_NONE] = IMAP_FAIL_NONE, [POP3_FAIL_PROTOCOL] = IMAP_FAIL_PROTOCOL, [POP3_FAIL_NO_STARTTLS] = IMAP_FAIL_NO_STARTTLS,
		[POP3_FAIL_INJECTION] = IMAP_FAIL_INJECTION, [POP3_FAIL_AUTH] = IMAP_FAIL_AUTH,
		[POP3_FAIL_AUTH_NO_MECHANISM] = IMAP_FAIL_AUTH_NO_MECHANISM, [POP3_FAIL_UNAVAILABLE] = IMAP_FAIL_UNAVAILABLE,
		[POP3_FAIL_TIMEOUT] = IMAP_FAIL_TIMEOUT,
	};
	if (ev->failure == POP3_FAIL_UNAVAILABLE && ev->code == POP3_CODE_IN_USE)
		broken(l, EIL_LATER, g_strdup_printf(_("The mailbox on %s is in use by another program."), l->setup.account->receive.host), ev->text);
	else
		imap_failed(l, same[ev->failure], ev->text);
}

/* ---- the sessions ---- */

static void
begin_session(Look *l)
{
	const Account *a = l->setup.account;

	if (l->imap || l->pop || !l->link_open)
		return;
	if (l->is_pop) {
		Pop3Setup setup = {
			.security = server_security(&a->receive),
			.user = account_user(a), .secret = secret_peek(l->secret), .oauth2 = a->auth == AUTH_OAUTH2, .external = a->auth == AUTH_CERTIFICATE, .host = a->receive.host, .port = a->receive.port,
			.disabled = (const char *const *)a->disable,
		};
		l->pop = pop3_session_new(&setup, clock_ms());
	} else {
		ImapSetup setup = {
			.security = server_security(&a->receive),
			.user = account_user(a), .secret = secret_peek(l->secret), .oauth2 = a->auth == AUTH_OAUTH2, .external = a->auth == AUTH_CERTIFICATE, .host = a->receive.host, .port = a->receive.port,
			.no_early = true, .disabled = (const char *const *)a->disable, .client_version = PACKAGE_VERSION,
		};
		l->imap = imap_session_new(&setup, clock_ms());
	}
}

static void
start_tls(Look *l)
{
	g_autoptr(GError) err = NULL;

	if (!link_start_tls(l->link, &err))
		broken(l, EIL_REFUSED, g_strdup(err->message), NULL);
}

static void
ended(Look *l, bool ok, const char *words)
{
	l->done = true;
	l->ok = ok;
	g_free(l->words);
	l->words = g_strdup(words);
}

static void
came(Look *l, const void *data, gsize len)
{
	if (l->bytes && l->bytes->len + len <= LIMIT_MESSAGE_STORED)
		g_byte_array_append(l->bytes, data, (guint)len);
	else if (l->bytes)
		broken(l, EIL_REFUSED, g_strdup(_("A message is larger than eilpost takes.")), NULL);
}

static void
imap_event(Look *l, const ImapEvent *ev)
{
	switch (ev->kind) {
	case IMAP_EV_START_TLS:	start_tls(l); break;
	case IMAP_EV_READY:	l->ready = true; break;
	case IMAP_EV_RESPONSE:	if (l->told) l->told(l->user, ev->response); break;
	case IMAP_EV_CHUNK:	came(l, ev->data, ev->len); break;
	case IMAP_EV_DONE:	if (ev->id == l->id) ended(l, ev->response->status == IMAP_OK, ev->response->text); break;
	case IMAP_EV_CLOSED:	l->closed = true; break;
	case IMAP_EV_FAILED:	imap_failed(l, ev->failure, ev->text); break;
	default:		break;
	}
}

static void
pop_line(Look *l, const Pop3Event *ev)
{
	if (!l->list)
		return;
	if (!ev->text) {	/* of LIST, which is asked first */
		LookPopRow row = { .number = ev->number, .size = ev->size };
		g_array_append_val(l->list, row);
		return;
	}
	for (guint i = MIN(ev->number, l->list->len); i > 0; i--) {	/* numbers count up: it is the first look nearly always */
		LookPopRow *row = &g_array_index(l->list, LookPopRow, i - 1);
		if (row->number == ev->number) {
			g_free(row->uidl);
			row->uidl = g_strdup(ev->text);
			return;
		}
	}
}

static void
pop_told(Look *l, const Pop3Event *ev)
{
	switch (ev->kind) {
	case POP3_EV_START_TLS:	start_tls(l); break;
	case POP3_EV_READY:	l->ready = true; break;
	case POP3_EV_LINE:	pop_line(l, ev); break;
	case POP3_EV_CHUNK:	came(l, ev->data, ev->len); break;
	case POP3_EV_DONE:	if (ev->id == l->id) ended(l, ev->ok, ev->text); break;
	case POP3_EV_CLOSED:	l->closed = true; break;
	case POP3_EV_FAILED:	pop_failed(l, ev); break;
	default:		break;
	}
}

static void
pump(Look *l)
{
	gsize len = 0;

	begin_session(l);
	while (l->imap && !l->error && !l->closed) {
		ImapEvent ev = imap_session_next(l->imap);
		if (ev.kind == IMAP_WANTS_BYTES)
			break;
		imap_event(l, &ev);
	}
	while (l->pop && !l->error && !l->closed) {
		Pop3Event ev = pop3_session_next(l->pop);
		if (ev.kind == POP3_WANTS_BYTES)
			break;
		pop_told(l, &ev);
	}
	if (l->error || l->closed || !l->link_open)
		return;
	if ((l->imap && imap_session_output(l->imap, &len) && len) || (l->pop && pop3_session_output(l->pop, &len) && len))
		link_kick(l->link);
}

/* ---- the link's side ---- */

static void
on_stage(void *user, LinkStage stage)
{
}

static void
on_opened(void *user)
{
	Look *l = user;
	l->link_open = true;
	pump(l);
}

static void
on_tls_started(void *user)
{
	Look *l = user;
	if (l->imap)
		imap_session_tls_started(l->imap);
	else
		pop3_session_tls_started(l->pop);
	pump(l);
}

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Look *l = user;

	if (log_wants(LOG_WIRE))
		log_wire(l->is_pop ? "pop3" : "imap", '<', data, len);
	if (l->imap) {
		imap_session_tick(l->imap, clock_ms());
		imap_session_feed(l->imap, data, len);
	} else {
		pop3_session_tick(l->pop, clock_ms());
		pop3_session_feed(l->pop, data, len);
	}
	pump(l);
	return !l->error && !l->closed;
}

static const guint8 *
on_output(void *user, gsize *len)
{
	Look *l = user;
	*len = 0;
	return l->imap ? imap_session_output(l->imap, len) : l->pop ? pop3_session_output(l->pop, len) : NULL;
}

static void
on_taken(void *user, gsize n)
{
	Look *l = user;
	gsize len;
	const void *data = on_output(l, &len);
	bool secret = l->imap ? imap_session_output_secret(l->imap) : pop3_session_output_secret(l->pop);

	if (log_wants(LOG_WIRE) && !secret)
		log_wire(l->is_pop ? "pop3" : "imap", '>', data, n);
	if (l->imap)
		imap_session_output_taken(l->imap, n, clock_ms());
	else
		pop3_session_output_taken(l->pop, n, clock_ms());
}

static void
on_closed(void *user, const GError *err)
{
	Look *l = user;
	EilError code = err && err->domain == EIL_ERROR ? (EilError)err->code : EIL_LATER;

	l->closed = true;
	broken(l, code, err ? g_strdup(err->message) : g_strdup_printf(_("%s closed the connection."), l->setup.account->receive.host), NULL);
}

static const LinkClient CLIENT = {
	.stage = on_stage, .opened = on_opened, .tls_started = on_tls_started,
	.feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed,
};

/* ---- the secret ---- */

static char *
ask(const Look *l, char *label /* taken */)
{
	char *text = l->setup.ask ? l->setup.ask(l->setup.user, label) : NULL;
	g_free(label);
	return text;
}

static void
take_secret(Look *l, const char *text)
{
	secret_free(l->secret);
	l->secret = secret_new(text, -1);
	l->has_secret = true;
}

static void
ask_person(Look *l)
{
	char *text = ask(l, credential_question(l->setup.account, RECEIVING, false));

	if (text)
		take_secret(l, text);
	else
		broken(l, EIL_ASK_USER, g_strdup(_("It needs a password, and nobody can be asked for it here (password-command gives it).")), NULL);
	secret_wipe_string(text);
}

/* Without it the encryption says what is missing. */
static void
ask_key(Look *l)
{
	const char *key = l->key_phrase ? NULL : credential_locked_key(l->setup.account);
	char *text = key ? ask(l, credential_key_question(key)) : NULL;

	if (text && *text)
		l->key_phrase = secret_new(text, -1);
	secret_wipe_string(text);
}

static void
on_credential(void *user, SignsInTo what, const CredentialAnswer *a)
{
	Look *l = user;

	l->fetch = NULL;
	if (a->secret)
		take_secret(l, a->secret);
	else if (a->err)
		broken(l, (EilError)a->err->code, g_strdup(a->err->message), NULL);
	else
		ask_person(l);
}

/* A keyring that does not answer: the person is asked. */
static void
on_slow(void *user, SignsInTo what)
{
	Look *l = user;

	g_clear_pointer(&l->fetch, credential_cancel);
	ask_person(l);
}

/* ---- waiting ---- */

static gboolean
on_tick(gpointer user)
{
	Look *l = user;

	if (l->imap)
		imap_session_tick(l->imap, clock_ms());
	if (l->pop)
		pop3_session_tick(l->pop, clock_ms());
	pump(l);
	if (l->setup.turn && !l->setup.turn(l->setup.user))
		broken(l, EIL_CANCELLED, g_strdup(_("It was cancelled.")), NULL);
	return G_SOURCE_CONTINUE;
}

static bool
wait_for(Look *l, const bool *what, GError **err)
{
	pump(l);
	while (!*what && !l->error)
		g_main_context_iteration(l->context, TRUE);
	if (*what)
		return true;
	if (err)
		*err = g_error_copy(l->error);
	return false;
}

static void
drop_line(Look *l)
{
	g_clear_pointer(&l->fetch, credential_cancel);
	g_clear_pointer(&l->link, link_close);
	g_clear_pointer(&l->imap, imap_session_free);
	g_clear_pointer(&l->pop, pop3_session_free);
	g_clear_error(&l->error);
	l->has_secret = l->link_open = l->ready = l->closed = l->refused = false;
}

static bool
sign_in(Look *l, GError **err)
{
	Account *a = l->setup.account;

	ask_key(l);
	l->fetch = credential_fetch(&(CredentialSetup){ .account = a, .vault = l->setup.vault, .context = l->context, .what = RECEIVING,
		.refused = l->refused_token, .done = on_credential, .slow = on_slow, .user = l });
	if (!wait_for(l, &l->has_secret, err))	/* a person takes longer than a server waits */
		return false;
	LinkTarget target = account_target(a, &a->receive, l->key_phrase ? secret_peek(l->key_phrase) : NULL);
	l->link = link_open(&target, l->context, &CLIENT, l);
	return wait_for(l, &l->ready, err);
}

/* A token may be over though it says that it is good: one more is fetched, without a question. */
static bool
sign_in_again(Look *l, GError **err)
{
	if (!l->refused || !credential_by_token(l->setup.account) || l->refused_token)
		return false;
	g_clear_error(err);
	drop_line(l);
	l->refused_token = g_steal_pointer(&l->secret);
	return sign_in(l, err);
}

Look *
look_open(const LookSetup *setup, GError **err)
{
	Look *l = g_new0(Look, 1);
	GError *why = NULL;

	l->setup = *setup;
	l->is_pop = account_is_pop(setup->account);
	l->context = g_main_context_new();
	l->ticks = g_timeout_source_new(TURN_MS);
	g_source_set_callback(l->ticks, on_tick, l, NULL);
	g_source_attach(l->ticks, l->context);
	if (sign_in(l, &why) || sign_in_again(l, &why))
		return l;
	g_propagate_error(err, why);
	look_close(l);
	return NULL;
}

void
look_close(Look *l)
{
	if (!l)
		return;
	if (l->ready && !l->error && !l->closed) {
		if (l->imap)
			imap_session_logout(l->imap);
		else
			pop3_session_quit(l->pop);
		wait_for(l, &l->closed, NULL);
	}
	drop_line(l);
	g_source_destroy(l->ticks);
	g_source_unref(l->ticks);
	g_main_context_unref(l->context);
	secret_free(l->secret);
	secret_free(l->refused_token);
	secret_free(l->key_phrase);
	if (l->list)
		g_array_unref(l->list);
	g_free(l->words);
	g_free(l->examined);
	g_free(l);
}

/* ---- asking ---- */

bool
look_can(const Look *l, const char *capability)
{
	return imap_session_can(l->imap, capability);
}

/* Until the command has ended; *ok: it was well. */
static bool
finish(Look *l, guint32 id, bool *ok, GError **err)
{
	l->id = id;
	l->done = false;
	*ok = false;
	if (l->error) {
		g_propagate_error(err, g_error_copy(l->error));
		return false;
	}
	if (!wait_for(l, &l->done, err))
		return false;
	*ok = l->ok;
	return true;
}

static bool
refused(const Look *l, GError **err)
{
	g_set_error(err, EIL_ERROR, EIL_REFUSED, _("%s said no: “%s”"), l->setup.account->receive.host, l->words ? l->words : "");
	return false;
}

bool
look_ask(Look *l, ImapCommand *c, LookTold told, void *user, GError **err)
{
	bool ok;

	l->told = told;
	l->user = user;
	bool over = finish(l, imap_session_submit(l->imap, c), &ok, err);
	l->told = NULL;
	return over && (ok || refused(l, err));
}

static void
examine_told(void *user, const ImapResponse *r)
{
	LookFolder *f = user;

	if (r->kind == IMAP_RESP_EXISTS)
		f->exists = r->number;
	if (r->kind != IMAP_RESP_STATUS)
		return;
	if (r->code == IMAP_CODE_UIDVALIDITY)
		f->uidvalidity = (guint32)r->code_number;
	else if (r->code == IMAP_CODE_UIDNEXT)
		f->uidnext = (guint32)r->code_number;
	else if (r->code == IMAP_CODE_HIGHESTMODSEQ)
		f->modseq = r->code_number;
}

bool
look_examine(Look *l, const char *wire, LookFolder *f, char **words, GError **err)
{
	GError *why = NULL;

	*f = (LookFolder){ 0 };
	g_clear_pointer(&l->examined, g_free);
	if (look_ask(l, imap_command_select(wire, true, look_can(l, "CONDSTORE")), examine_told, f, &why)) {
		f->here = true;
		l->examined = g_strdup(wire);
		l->examined_validity = f->uidvalidity;
		return true;
	}
	if (!error_is(why, EIL_REFUSED) || l->error) {
		g_propagate_error(err, why);
		return false;
	}
	*words = g_strdup(l->words);
	g_error_free(why);
	return true;
}

/* ---- whole messages ---- */

typedef struct { Look *look; guint32 uid; bool came; } Wanted1;

static void
message_told(void *user, const ImapResponse *r)
{
	Wanted1 *w = user;

	if (r->kind != IMAP_RESP_FETCH || r->fetch->uid != w->uid)
		return;
	for (guint i = 0; i < r->fetch->parts->len; i++) {
		const ImapFetchPart *p = g_ptr_array_index(r->fetch->parts, i);
		gsize len;
		if (*p->section || (!p->data && !p->streamed))
			continue;
		const void *data = p->data && !p->streamed ? g_bytes_get_data(p->data, &len) : NULL;
		if (data)
			g_byte_array_append(w->look->bytes, data, (guint)len);
		w->came = w->look->bytes->len == p->size;
	}
}

GBytes *
look_message(Look *l, const char *wire, guint32 uidvalidity, guint32 uid, GError **err)
{
	Wanted1 w = { .look = l, .uid = uid };
	g_autofree char *words = NULL, *set = g_strdup_printf("%" G_GUINT32_FORMAT, uid);
	LookFolder f;

	if (g_strcmp0(l->examined, wire) && !look_examine(l, wire, &f, &words, err))
		return NULL;
	if (!l->examined || l->examined_validity != uidvalidity) {
		g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, words ? words : _("The folder is another one now."));
		return NULL;
	}
	l->bytes = g_byte_array_new();
	bool ok = look_ask(l, imap_command_uid_fetch(set, "(UID BODY.PEEK[])", 0, false), message_told, &w, err);
	GByteArray *bytes = g_steal_pointer(&l->bytes);
	if (ok && w.came)
		return g_byte_array_free_to_bytes(bytes);
	g_byte_array_unref(bytes);
	if (ok)
		g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, _("It is not on the server any more."));
	return NULL;
}

/* ---- POP3 ---- */

static void
pop_row_clear(gpointer p)
{
	g_free(((LookPopRow *)p)->uidl);
}

GArray *
look_pop_list(Look *l, GError **err)
{
	bool ok;

	if (!l->list) {
		l->list = g_array_new(FALSE, FALSE, sizeof(LookPopRow));
		g_array_set_clear_func(l->list, pop_row_clear);
		if (!finish(l, pop3_session_list(l->pop), &ok, err) || !(ok || refused(l, err)))
			return NULL;
		if (!finish(l, pop3_session_uidl(l->pop), &ok, err))	/* it has none: the rows stay without names */
			return NULL;
	}
	return g_array_ref(l->list);
}

GBytes *
look_pop_message(Look *l, const char *uidl, GError **err)
{
	g_autoptr(GArray) list = look_pop_list(l, err);
	const LookPopRow *found = NULL;
	bool ok;

	for (guint i = 0; list && i < list->len && !found; i++)
		if (!g_strcmp0(g_array_index(list, LookPopRow, i).uidl, uidl))
			found = &g_array_index(list, LookPopRow, i);
	if (!list)
		return NULL;
	if (!found) {
		g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, _("It is not on the server any more."));
		return NULL;
	}
	l->bytes = g_byte_array_new();
	bool over = finish(l, pop3_session_retr(l->pop, found->number, found->size), &ok, err);
	GByteArray *bytes = g_steal_pointer(&l->bytes);
	if (over && (ok || refused(l, err)))
		return g_byte_array_free_to_bytes(bytes);
	g_byte_array_unref(bytes);
	return NULL;
}
