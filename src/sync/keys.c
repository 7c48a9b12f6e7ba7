/* keys.c - what the engine of an account signs in with: when it is fetched, asked for, kept and forgotten.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * IMAP, POP3 and SMTP share one, as most servers have one password for both; sending has its own where the names say so
 * (account_sends_apart), where one is kept for it, or where the server for sending refused what the other one took. What was
 * typed is kept, if the person wishes it, after a server took it. A refused one is never tried again (SEED S4): the person
 * is asked, and what was kept is replaced. Where it comes from is credential.c's. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/log.h"
#include "net/tls.h"

static GivenBy
giver(const Engine *e, SignsInTo which)
{
	return credential_giver(e->account, which, e->vault != NULL);
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

const char *
secret_text(const Engine *e, SignsInTo what)
{
	const Credential *c = &e->keys[key_for(e, what)];
	return c->secret ? secret_peek(c->secret) : NULL;
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

static void
ask(Engine *e, SignsInTo which)
{
	Credential *c = &e->keys[which];

	if (c->asked)
		return;
	c->asked = true;
	Letter *l = letter_new(LETTER_ASK_SECRET);
	l->text = credential_question(e->account, which, c->refused_once);
	l->text2 = c->keep ? NULL : g_strdup(c->where);
	l->message = which;
	engine_tell(e, l);
	if (which == RECEIVING)
		engine_state(e, ENGINE_BLOCKED, _("waiting for the password"));
}

bool
secret_key_wanted(const Engine *e)
{
	return !e->key_phrase && credential_locked_key(e->account);
}

static void
ask_key(Engine *e)
{
	if (e->keys[RECEIVING].asked)
		return;
	e->keys[RECEIVING].asked = e->key_asked = true;
	Letter *l = letter_new(LETTER_ASK_SECRET);
	l->text = credential_key_question(credential_locked_key(e->account));
	l->message = RECEIVING;
	engine_tell(e, l);
	engine_state(e, ENGINE_BLOCKED, _("waiting for the password"));
}

LinkTarget
secret_target(const Engine *e, const ServerUrl *url)
{
	return account_target(e->account, url, e->key_phrase ? secret_peek(e->key_phrase) : NULL);
}

/* Other files may be wrong beside it: then it is not asked for again. */
void
key_phrase_wrong(Engine *e, EilError code)
{
	const char *key = code == EIL_ASK_USER && e->key_phrase ? credential_locked_key(e->account) : NULL;

	if (key && !tls_key_opens(key, secret_peek(e->key_phrase)))
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

static void
answered(Engine *e, SignsInTo which, const char *secret)
{
	Credential *c = &e->keys[which];

	if (e->key_asked && which == RECEIVING) {
		key_answered(e, secret);
		return;
	}
	c->asked = false;
	g_clear_pointer(&c->fetch, credential_cancel);
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
	vault_keep_password(e->vault, e->account, which == SENDING ? VAULT_SEND : VAULT_RECEIVE, secret_peek(c->secret));
	c->keep = false;
	c->stored = true;
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
looked_up(Engine *e, SignsInTo which, const CredentialAnswer *a)
{
	Credential *c = &e->keys[which];

	c->looked = true;
	g_free(c->where);
	c->where = g_strdup(a->where);
	if (a->secret) {
		found(e, which, a->secret);
		return;
	}
	if (!c->asked)
		secret_ready(e, which);	/* another source, or the question */
	pump_all(e);
}

static void
on_slow(void *user, SignsInTo which)
{
	Engine *e = user;
	Credential *c = &e->keys[which];

	if (c->asked)
		return;
	e->now = clock_ms();
	log_line(LOG_INFO, "sync", "the keyring does not answer: the person is asked");
	if (which == RECEIVING || sends_apart(e)) {
		ask(e, which);	/* and the keyring may still answer */
		return;
	}
	g_clear_pointer(&c->fetch, credential_cancel);	/* the one for receiving does */
	c->looked = true;
	secret_ready(e, SENDING);
	pump_all(e);
}

/* ---- the command ---- */

static void
command_came(Engine *e, SignsInTo which, const CredentialAnswer *a)
{
	if (a->secret) {
		e->keys[which].secret = secret_new(a->secret, -1);
		begin_all(e);
	} else if (which == RECEIVING) {
		connect_lost(e, EIL_ASK_USER, g_strdup(a->err->message));
	} else {
		engine_trouble(e, EIL_ASK_USER, g_strdup(a->err->message));
		outbox_no_secret(e, false);
	}
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

/* Time heals it. What is signed in goes on: a session needs no second token. */
static void
no_token_yet(Engine *e, const char *why)
{
	char *sentence = g_strdup_printf("%s: %s", e->account->name, why);

	outbox_no_secret(e, true);
	if (e->session || pop_in_session(e)) {
		bulk_no_secret(e);
		engine_trouble(e, EIL_LATER, sentence);
		return;
	}
	e->check_wanted |= e->is_pop;	/* with the next try */
	connect_lost(e, EIL_LATER, sentence);
}

static void
token_came(Engine *e, const CredentialAnswer *a)
{
	Credential *c = &e->keys[RECEIVING];

	if (a->secret) {
		secret_free(c->secret);
		c->secret = secret_new(a->secret, -1);
		c->until = e->now + a->good_ms;
		c->asked = false;
		connect_begin(e);
	} else if (error_is(a->err, EIL_ASK_USER)) {
		ask_for_sign_in(e, a->err->message);
	} else {
		no_token_yet(e, a->err->message);
	}
	pump_all(e);
}

/* ---- all that is fetched ---- */

static void
came(void *user, SignsInTo which, const CredentialAnswer *a)
{
	Engine *e = user;

	e->keys[which].fetch = NULL;
	e->now = clock_ms();
	switch (giver(e, which)) {
	case GIVEN_BY_TOKEN:
		token_came(e, a);
		break;
	case GIVEN_BY_COMMAND:
		command_came(e, which, a);
		break;
	case GIVEN_BY_VAULT: case GIVEN_BY_PERSON: case GIVEN_BY_NOBODY:
		looked_up(e, which, a);
		break;
	}
}

static void
fetch(Engine *e, SignsInTo which)
{
	Credential *c = &e->keys[which];

	if (!c->fetch)
		c->fetch = credential_fetch(&(CredentialSetup){ .account = e->account, .vault = e->vault, .context = e->context, .what = which,
			.refused = c->refused, .done = came, .slow = on_slow, .user = e });
}

static void
fetch_token(Engine *e)
{
	g_clear_pointer(&e->keys[RECEIVING].secret, secret_free);
	fetch(e, RECEIVING);
}

/* ---- the door ---- */

static void
takes_no_passwords(Engine *e, SignsInTo what, char *sentence /* taken */)
{
	outbox_no_secret(e, false);
	if (what == RECEIVING)
		connect_lost(e, EIL_REFUSED, sentence);
	else
		engine_trouble(e, EIL_REFUSED, sentence);
}

/* Sending may have one of its own, which only the vault knows. */
static bool
own_unknown(const Engine *e)
{
	return !sends_apart(e) && giver(e, SENDING) == GIVEN_BY_VAULT && !e->keys[SENDING].looked;
}

bool
secret_ready(Engine *e, SignsInTo what)
{
	SignsInTo which = key_for(e, what);
	Credential *c = &e->keys[which];
	GivenBy by = giver(e, which);
	char *barred = credential_barred(e->account, what);

	if (barred) {
		takes_no_passwords(e, what, barred);
		return false;
	}
	if (secret_key_wanted(e)) {
		ask_key(e);
		return false;
	}
	if (by == GIVEN_BY_NOBODY && !c->secret)
		c->secret = secret_new("", 0);
	if (what == SENDING && own_unknown(e)) {
		fetch(e, SENDING);
		return false;
	}
	if (c->secret && (!c->until || e->now < c->until))
		return true;
	if (by == GIVEN_BY_TOKEN)
		fetch_token(e);
	else if (by == GIVEN_BY_COMMAND || (by == GIVEN_BY_VAULT && !c->looked))
		fetch(e, which);
	else
		ask(e, which);
	return false;
}

bool
secret_waits(const Engine *e, SignsInTo what)
{
	const Credential *c = &e->keys[key_for(e, what)];
	return e->key_asked || c->asked || c->fetch || (what == SENDING && e->keys[SENDING].fetch);
}

bool
secret_by_person(const Engine *e)
{
	return !credential_by_token(e->account) && !credential_command(e->account, RECEIVING);
}

bool
secret_renew(Engine *e, SignsInTo what)
{
	Credential *c = &e->keys[RECEIVING];

	if (giver(e, RECEIVING) != GIVEN_BY_TOKEN || !c->secret || e->renewed[what])
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
	if (e->account->auth != AUTH_CERTIFICATE && secret_by_person(e) && !(what == SENDING && credential_command(e->account, SENDING)))
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
	if (giver(e, RECEIVING) == GIVEN_BY_COMMAND)
		g_clear_pointer(&e->keys[RECEIVING].fetch, credential_cancel);
}

void
secret_forget(Engine *e)
{
	for (guint i = 0; i < G_N_ELEMENTS(e->keys); i++) {
		Credential *c = &e->keys[i];
		credential_cancel(c->fetch);
		secret_free(c->secret);
		secret_free(c->refused);
		g_free(c->where);
		*c = (Credential){ 0 };
		e->renewed[i] = false;
	}
	g_clear_pointer(&e->key_phrase, secret_free);
	e->sends_apart = e->key_asked = false;
}

/* ---- what the person says of it ---- */

static void
signed_in(Engine *e, bool on)
{
	e->keys[RECEIVING].asked = false;
	if (giver(e, RECEIVING) != GIVEN_BY_TOKEN)
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

static void
forget_kept(Engine *e)
{
	secret_forget(e);
	if (!e->vault)
		return;
	vault_forget_password(e->vault, e->account, VAULT_RECEIVE);
	vault_forget_password(e->vault, e->account, VAULT_SEND);
}

void
secret_request(Engine *e, const Request *r)
{
	SignsInTo which = r->message == SENDING ? SENDING : RECEIVING;

	switch (r->kind) {
	case REQ_SECRET:
		answered(e, which, r->text);
		break;
	case REQ_KEEP_SECRET:
		e->keys[which].keep = true;
		keep_now(e, which);
		break;
	case REQ_FORGET_SECRET:
		forget_kept(e);
		break;
	case REQ_SIGNED_IN:
		signed_in(e, r->on);
		break;
	default:
		break;
	}
}
