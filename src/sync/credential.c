/* credential.c - what the account signs in with: from its command, the vault, or the person.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * IMAP, POP3 and SMTP share one, as most servers have one password for both; sending has its own where the names say so
 * (account_sends_apart), where one is kept for it, or where the server for sending refused what the other one took. What was
 * typed is kept, if the person wishes it, after a server took it. A refused one is never tried again (SEED S4): the person
 * is asked, and what was kept is replaced. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/log.h"
#include "net/tls.h"

enum { PATIENCE_MS = 4000 };	/* for a keyring that does not answer */

/* Tokens: the vault has them. */
static bool
by_vault(const Engine *e)
{
	return e->account->auth == AUTH_OAUTH2 && !e->account->password_command;
}

static const char *
command(const Engine *e, SignsInTo which)
{
	const Account *a = e->account;
	return which == SENDING && a->send_password_command ? a->send_password_command : a->password_command;
}

static bool
sends_apart(const Engine *e)
{
	if (e->account->auth != AUTH_PASSWORD)
		return false;
	return e->sends_apart || e->account->send_password_command || (!e->account->password_command && account_sends_apart(e->account));
}

/* Which of the two it signs in with. */
static SignsInTo
key_for(const Engine *e, SignsInTo what)
{
	return what == SENDING && sends_apart(e) ? SENDING : RECEIVING;
}

static VaultUse
use_of(SignsInTo which)
{
	return which == SENDING ? VAULT_SEND : VAULT_RECEIVE;
}

const char *
secret_text(const Engine *e, SignsInTo what)
{
	const Credential *c = &e->keys[key_for(e, what)];
	return c->secret ? secret_peek(c->secret) : NULL;
}

static void
end_patience(Credential *c)
{
	if (c->patience) {
		g_source_destroy(c->patience);
		g_source_unref(c->patience);
		c->patience = NULL;
	}
}

static void
pump_all(Engine *e)
{
	pop_pump(e);
	outbox_pump(e);
}

static void
begin_all(Engine *e)
{
	connect_begin(e);
	pump_all(e);
}

/* ---- the person ---- */

static char *
ask_label(const Engine *e, SignsInTo which)
{
	const Account *a = e->account;
	bool again = e->keys[which].refused_once;

	if (which == SENDING)
		return g_strdup_printf(again ? _("Not accepted. Password of %s at %s, for sending") : _("Password of %s at %s, for sending"),
			a->send.user ? a->send.user : account_user(a), a->send.host);
	return g_strdup_printf(again ? _("Not accepted. Password of %s at %s") : _("Password of %s at %s"), account_user(a), a->receive.host);
}

static void
ask(Engine *e, SignsInTo which)
{
	Credential *c = &e->keys[which];

	if (c->asked)
		return;
	c->asked = true;
	Letter *l = letter_new(LETTER_ASK_SECRET);
	l->text = ask_label(e, which);
	l->text2 = c->keep ? NULL : g_strdup(c->where);
	l->message = which;
	engine_tell(e, l);
	if (which == RECEIVING)
		engine_state(e, ENGINE_BLOCKED, _("waiting for the password"));
}

bool
secret_key_wanted(const Engine *e)
{
	const Account *a = e->account;
	return a->client_cert && !e->key_phrase && tls_key_locked(a->client_key ? a->client_key : a->client_cert);
}

static void
ask_key(Engine *e)
{
	const Account *a = e->account;

	if (e->keys[RECEIVING].asked)
		return;
	e->keys[RECEIVING].asked = e->key_asked = true;
	Letter *l = letter_new(LETTER_ASK_SECRET);
	l->text = g_strdup_printf(_("Passphrase of the key %s"), a->client_key ? a->client_key : a->client_cert);
	l->message = RECEIVING;
	engine_tell(e, l);
	engine_state(e, ENGINE_BLOCKED, _("waiting for the password"));
}

void
key_phrase_wrong(Engine *e, EilError code)
{
	if (code == EIL_ASK_USER)
		g_clear_pointer(&e->key_phrase, secret_free);
}

static void
acted(Engine *e)
{
	schedule_acted(&e->schedule);
	schedule_tell(e);
	outbox_again(e);
	e->tries = 0;
	e->next_try = 0;
	e->wake_wanted = true;
}

static void
key_answered(Engine *e, const char *phrase)
{
	e->key_asked = e->keys[RECEIVING].asked = false;
	if (!phrase || !*phrase) {	/* declined: nothing goes on by itself */
		for (guint i = 0; i < G_N_ELEMENTS(e->keys); i++)
			g_clear_pointer(&e->keys[i].secret, secret_free);
		engine_state(e, ENGINE_BLOCKED, _("not connected: no password"));
	} else {
		secret_free(e->key_phrase);
		e->key_phrase = secret_new(phrase, -1);
		acted(e);
		e->state = ENGINE_OFFLINE;
		secret_ready(e, RECEIVING);
		if (outbox_waits_for_secret(e))	/* nobody is asked for what nothing needs */
			secret_ready(e, SENDING);
	}
	pump_all(e);
}

void
secret_answered(Engine *e, SignsInTo which, const char *secret)
{
	Credential *c = &e->keys[which];

	if (e->key_asked && which == RECEIVING) {
		key_answered(e, secret);
		return;
	}
	c->asked = false;
	end_patience(c);
	g_clear_pointer(&c->ticket, vault_ticket_cancel);
	if (!secret || !*secret) {
		if (which == RECEIVING)
			engine_state(e, ENGINE_BLOCKED, _("not connected: no password"));
		pump_all(e);
		return;
	}
	secret_free(c->secret);
	c->secret = secret_new(secret, -1);
	c->worked = false;
	acted(e);
	if (which == RECEIVING)
		e->state = ENGINE_OFFLINE;
}

static void
keep_now(Engine *e, SignsInTo which)
{
	Credential *c = &e->keys[which];

	if (!c->keep || !c->worked || !c->secret || !e->vault)
		return;
	vault_keep_password(e->vault, e->account, use_of(which), secret_peek(c->secret));
	c->keep = false;
	c->stored = true;
}

void
secret_keep(Engine *e, SignsInTo which)
{
	e->keys[which].keep = true;
	keep_now(e, which);
}

/* ---- the vault's passwords ---- */

static void
found(Engine *e, SignsInTo which, const char *password)
{
	Credential *c = &e->keys[which];

	if (c->asked) {	/* it came after the question: that is over */
		Letter *l = letter_new(LETTER_ASK_SECRET);
		l->message = which;
		engine_tell(e, l);
		c->asked = false;
		if (which == RECEIVING)
			e->state = ENGINE_OFFLINE;
	}
	secret_free(c->secret);
	c->secret = secret_new(password, -1);
	c->stored = true;
	e->sends_apart |= which == SENDING;
	e->wake_wanted |= which == RECEIVING;
	begin_all(e);
}

static void
looked_up(Engine *e, SignsInTo which, const char *password, const char *where)
{
	Credential *c = &e->keys[which];

	c->ticket = NULL;
	end_patience(c);
	c->looked = true;
	e->now = clock_ms();
	g_free(c->where);
	c->where = g_strdup(where);
	if (password) {
		found(e, which, password);
		return;
	}
	if (!c->asked)
		secret_ready(e, which);	/* another source, or the question */
	pump_all(e);
}

static void
on_receiving(void *user, const char *password, const char *where, const GError *err)
{
	looked_up(user, RECEIVING, password, where);
}

static void
on_sending(void *user, const char *password, const char *where, const GError *err)
{
	looked_up(user, SENDING, password, where);
}

static void
no_patience(Engine *e, SignsInTo which)
{
	Credential *c = &e->keys[which];

	if (!c->ticket || c->asked || vault_ticket_wants_key(c->ticket))
		return;
	log_line(LOG_INFO, "sync", "the keyring does not answer: the person is asked");
	if (which == RECEIVING || sends_apart(e)) {
		ask(e, which);	/* and the keyring may still answer */
		return;
	}
	end_patience(c);
	g_clear_pointer(&c->ticket, vault_ticket_cancel);	/* the one for receiving does */
	c->looked = true;
	secret_ready(e, SENDING);
	pump_all(e);
}

static gboolean
no_patience_receiving(gpointer user)
{
	no_patience(user, RECEIVING);
	return G_SOURCE_CONTINUE;
}

static gboolean
no_patience_sending(gpointer user)
{
	no_patience(user, SENDING);
	return G_SOURCE_CONTINUE;
}

static void
look_up(Engine *e, SignsInTo which)
{
	Credential *c = &e->keys[which];

	c->ticket = vault_password(e->vault, e->account, use_of(which), e->context, which == SENDING ? on_sending : on_receiving, e);
	c->patience = g_timeout_source_new(PATIENCE_MS);
	g_source_set_callback(c->patience, which == SENDING ? no_patience_sending : no_patience_receiving, e, NULL);
	g_source_attach(c->patience, e->context);
}

/* ---- the command ---- */

static void
came(Engine *e, SignsInTo which, const char *secret, const GError *err)
{
	Credential *c = &e->keys[which];

	c->job = NULL;
	e->now = clock_ms();
	if (secret) {
		c->secret = secret_new(secret, -1);
		begin_all(e);
	} else if (which == RECEIVING) {
		connect_lost(e, EIL_ASK_USER, g_strdup(err->message));
	} else {
		engine_trouble(e, EIL_ASK_USER, g_strdup(err->message));
		outbox_no_secret(e, false);
	}
}

static void
on_receiving_came(void *user, const char *secret, const GError *err)
{
	came(user, RECEIVING, secret, err);
}

static void
on_sending_came(void *user, const char *secret, const GError *err)
{
	came(user, SENDING, secret, err);
}

/* ---- tokens ---- */

static void
ask_for_sign_in(Engine *e, const char *why)
{
	connect_take_down(e);
	e->keys[RECEIVING].asked = true;
	Letter *l = letter_new(LETTER_ASK_SIGN_IN);
	l->text = g_strdup(why);
	engine_tell(e, l);
	engine_refused(e);
	engine_state(e, ENGINE_BLOCKED, _("waiting for the sign-in"));
}

static void
on_token(void *user, const char *token, gint64 good_ms, const GError *err)
{
	Engine *e = user;
	Credential *c = &e->keys[RECEIVING];

	c->ticket = NULL;
	e->now = clock_ms();
	if (token) {
		secret_free(c->secret);
		c->secret = secret_new(token, -1);
		c->until = e->now + good_ms;
		c->asked = false;
		connect_begin(e);
	} else if (error_is(err, EIL_ASK_USER)) {
		ask_for_sign_in(e, err->message);
	} else {
		e->check_wanted |= e->is_pop && !e->session;	/* with the next try */
		outbox_no_secret(e, true);
		connect_lost(e, EIL_LATER, g_strdup_printf("%s: %s", e->account->name, err->message));
	}
	pump_all(e);
}

static void
fetch_token(Engine *e)
{
	Credential *c = &e->keys[RECEIVING];

	g_clear_pointer(&c->secret, secret_free);
	if (c->ticket)
		return;
	if (e->vault)
		c->ticket = vault_token(e->vault, e->account, c->refused ? secret_peek(c->refused) : NULL, e->context, on_token, e);
	else
		ask_for_sign_in(e, _("There is nothing here that could sign in."));
}

void
connect_signed_in(Engine *e, bool on)
{
	e->keys[RECEIVING].asked = false;
	if (!by_vault(e))
		return;
	if (!on) {
		outbox_no_secret(e, false);
		engine_state(e, ENGINE_BLOCKED, _("not connected: no sign-in"));
		return;
	}
	secret_forget(e);
	acted(e);
	e->state = ENGINE_OFFLINE;
	fetch_token(e);
}

/* ---- the door ---- */

static void
takes_no_passwords(Engine *e, SignsInTo what)
{
	char *s = g_strdup_printf(_("%s takes no passwords: the account “%s” needs auth = oauth2."),
		what == SENDING ? e->account->send.host : e->account->receive.host, e->account->name);

	outbox_no_secret(e, false);
	if (what == RECEIVING)
		connect_lost(e, EIL_REFUSED, s);
	else
		engine_trouble(e, EIL_REFUSED, s);
}

bool
secret_ready(Engine *e, SignsInTo what)
{
	if (e->account->no_passwords) {
		takes_no_passwords(e, what);
		return false;
	}
	bool vault = e->vault && e->account->auth == AUTH_PASSWORD;
	SignsInTo which = key_for(e, what);
	Credential *c = &e->keys[which], *own = &e->keys[SENDING];

	if (secret_key_wanted(e)) {
		ask_key(e);
		return false;
	}
	if (e->account->auth == AUTH_CERTIFICATE && !c->secret)
		c->secret = secret_new("", 0);
	/* is there one of its own? */
	if (what == SENDING && which == RECEIVING && vault && !command(e, SENDING) && !own->looked) {
		if (!own->ticket)
			look_up(e, SENDING);
		return false;
	}
	if (c->secret && (!c->until || e->now < c->until))
		return true;
	if (by_vault(e))
		fetch_token(e);
	else if (command(e, which)) {
		if (!c->job)
			c->job = secret_fetch(command(e, which), e->context, which == SENDING ? on_sending_came : on_receiving_came, e);
	} else if (vault && !c->looked) {
		if (!c->ticket)
			look_up(e, which);
	} else {
		ask(e, which);
	}
	return false;
}

bool
secret_waits(const Engine *e, SignsInTo what)
{
	const Credential *c = &e->keys[key_for(e, what)];
	return e->key_asked || c->asked || c->job || c->ticket || (what == SENDING && e->keys[SENDING].ticket);
}

bool
secret_by_person(const Engine *e)
{
	return !by_vault(e) && !command(e, RECEIVING);
}

bool
secret_renew(Engine *e, SignsInTo what)
{
	Credential *c = &e->keys[RECEIVING];

	if (!by_vault(e) || !c->secret || e->renewed[what])
		return false;
	log_line(LOG_INFO, "sync", "a token was refused: a new one is fetched");
	e->renewed[what] = true;
	secret_free(c->refused);
	c->refused = g_steal_pointer(&c->secret);
	return true;
}

void
secret_worked(Engine *e, SignsInTo what)
{
	SignsInTo which = key_for(e, what);
	Credential *c = &e->keys[which];

	e->renewed[what] = false;
	c->worked = true;
	c->refused_once = false;
	keep_now(e, which);
}

void
secret_refused(Engine *e, SignsInTo what)
{
	SignsInTo which = key_for(e, what);
	Credential *c = &e->keys[which];

	e->renewed[RECEIVING] = e->renewed[SENDING] = false;	/* the next try is the person's */
	if (what == SENDING && which == RECEIVING && c->worked && secret_by_person(e)) {
		e->sends_apart = true;	/* it is good, but not there */
		e->keys[SENDING].refused_once = e->keys[SENDING].looked = true;
		g_free(e->keys[SENDING].where);
		e->keys[SENDING].where = g_strdup(c->where);
		return;
	}
	g_clear_pointer(&c->secret, secret_free);
	c->worked = false;
	c->keep |= c->stored;	/* the next one takes its place */
	c->stored = false;
	c->refused_once = c->looked = true;
}

void
secret_ask_again(Engine *e, SignsInTo what)
{
	if (e->account->auth != AUTH_CERTIFICATE && secret_by_person(e) && !(what == SENDING && command(e, SENDING)))
		ask(e, key_for(e, what));
}

void
secret_look_again(Engine *e)
{
	for (guint i = 0; i < G_N_ELEMENTS(e->keys); i++)
		if (!e->keys[i].refused_once && !e->keys[i].secret && !e->keys[i].asked)
			e->keys[i].looked = false;
}

void
secret_cancel_command(Engine *e)
{
	g_clear_pointer(&e->keys[RECEIVING].job, secret_job_cancel);
}

void
secret_forget(Engine *e)
{
	for (guint i = 0; i < G_N_ELEMENTS(e->keys); i++) {
		Credential *c = &e->keys[i];
		g_clear_pointer(&c->job, secret_job_cancel);
		g_clear_pointer(&c->ticket, vault_ticket_cancel);
		end_patience(c);
		secret_free(c->secret);
		secret_free(c->refused);
		g_free(c->where);
		*c = (Credential){ 0 };
		e->renewed[i] = false;
	}
	g_clear_pointer(&e->key_phrase, secret_free);
	e->sends_apart = e->key_asked = false;
}

void
secret_forget_kept(Engine *e)
{
	secret_forget(e);
	if (!e->vault)
		return;
	vault_forget_password(e->vault, e->account, VAULT_RECEIVE);
	vault_forget_password(e->vault, e->account, VAULT_SEND);
}
