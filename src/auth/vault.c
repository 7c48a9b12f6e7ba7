/* vault.c - the one owner of all tokens and stored passwords.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auth/vault_private.h"
#include "auth/seal.h"
#include "base/intl.h"
#include "base/secret.h"

#include <glib-unix.h>

enum { END_MS = 1500 };

/* ---- letters and tickets ---- */

void
auth_letter_free(AuthLetter *l)
{
	if (!l)
		return;
	g_free(l->name);
	g_free(l->text);
	g_free(l->code);
	g_free(l->address);
	g_free(l->direct);
	g_free(l);
}

void
vault_tell(Vault *v, AuthLetter letter)
{
	AuthLetter copy = letter;
	if (v->letters)
		chan_send(v->letters, g_memdup2(&copy, sizeof copy));
	else
		auth_letter_free(g_memdup2(&copy, sizeof copy));
}

void
vault_ticket_unref(gpointer p)
{
	VaultTicket *t = p;

	if (!g_atomic_ref_count_dec(&t->refs))
		return;
	secret_free(t->refused);
	secret_free(t->secret);
	g_free(t->where);
	g_clear_error(&t->err);
	g_main_context_unref(t->context);
	g_free(t);
}

static gboolean
deliver(gpointer user)
{
	VaultTicket *t = user;

	if (!t->cancelled) {
		t->cancelled = true;
		const char *secret = t->secret ? secret_peek(t->secret) : NULL;
		if (t->done)
			t->done(t->user, secret, t->good_ms, t->err);
		else
			t->password_done(t->user, secret, t->where, t->err);
		vault_ticket_unref(t);	/* the asker's */
	}
	return G_SOURCE_REMOVE;
}

VaultTicket *
vault_ticket_new(GMainContext *context, void *user)
{
	VaultTicket *t = g_new0(VaultTicket, 1);

	g_atomic_ref_count_init(&t->refs);
	g_atomic_ref_count_inc(&t->refs);
	t->context = g_main_context_ref(context);
	t->user = user;
	return t;
}

void
vault_ticket_answer(VaultTicket *t)
{
	g_autoptr(GSource) s = g_idle_source_new();
	g_source_set_priority(s, G_PRIORITY_DEFAULT);
	g_source_set_callback(s, deliver, t, vault_ticket_unref);
	g_source_attach(s, t->context);
}

void
vault_ticket_cancel(VaultTicket *t)
{
	if (!t)
		return;
	t->cancelled = true;
	vault_ticket_unref(t);
}

bool
vault_ticket_wants_key(VaultTicket *t)
{
	return g_atomic_int_get(&t->wants_key);
}

/* ---- the passphrase ---- */

static void
serve_all(Vault *v)
{
	for (guint i = 0; i < v->entries->len; i++)
		entry_serve(g_ptr_array_index(v->entries, i));
}

static void
take_key(Vault *v, const char *passphrase)
{
	g_autoptr(GError) err = NULL;

	v->key_asked = false;
	if (!token_store_unlock(v->store, passphrase, &err)) {
		vault_ask_key(v, err->message);
		return;
	}
	for (guint i = 0; i < v->entries->len; i++) {
		Entry *e = g_ptr_array_index(v->entries, i);
		if (e->unsaved)
			entry_save(e);
	}
	password_serve_all(v);	/* before the tokens: they may have to be moved first */
	serve_all(v);
}

static void
on_key(void *user, const char *secret, const GError *err)
{
	Vault *v = user;

	v->key_job = NULL;
	g_clear_pointer(&v->key_command, g_free);	/* once: a wrong one would be wrong again */
	if (secret) {
		take_key(v, secret);
	} else {
		v->key_asked = false;
		vault_ask_key(v, err->message);
	}
}

/* Who declined is asked anew for what needs the file: until that is answered it is as locked as before. */
bool
vault_locked(Vault *v)
{
	return token_store_state(v->store) == TOKENS_LOCKED || (v->key_asked && token_store_shut(v->store));
}

void
vault_ask_key(Vault *v, const char *why)
{
	if (v->key_asked)
		return;
	v->key_asked = true;
	if (v->key_command) {
		v->key_job = secret_fetch(v->key_command, v->context, on_key, v);
	} else if (v->letters) {
		vault_tell(v, (AuthLetter){ .kind = AUTH_ASK_KEY, .text = g_strdup(why), .fresh = token_store_state(v->store) == TOKENS_FRESH });
	} else {
		take_key(v, NULL);
	}
}

/* ---- the thread ---- */

static void
call_free(gpointer p)
{
	Call *c = p;
	account_unref(c->account);
	secret_wipe_string(c->text);
	g_free(c->name);
	password_free(c->password);
	if (c->ticket)
		vault_ticket_unref(c->ticket);
	g_free(c);
}

static void
take_call(Vault *v, Call *c)
{
	Entry *e = c->name ? entry_named(v, c->name) : NULL;

	switch (c->kind) {
	case CALL_TOKEN:
		e = entry_of(v, c->account);
		g_ptr_array_add(e->waiting, g_steal_pointer(&c->ticket));
		entry_serve(e);
		break;
	case CALL_SIGN_IN:
		entry_sign_in(v, c->account, c->device);
		break;
	case CALL_PASTE:
		if (e && e->signin)
			signin_paste(e->signin, c->text);
		break;
	case CALL_STOP:
		if (e)
			g_clear_pointer(&e->signin, signin_free);
		break;
	case CALL_KEY:
		take_key(v, c->text);
		break;
	case CALL_FORGET:
		entry_forget(v, c->account);
		break;
	case CALL_PASSWORD:
		password_serve(v, g_steal_pointer(&c->password));
		break;
	case CALL_RENAME:
		entry_rename(v, c->name, c->account);
		password_rename(v, c->name, c->account->name);
		break;
	case CALL_END:
		v->quitting = true;
		break;
	}
}

static gboolean
on_calls(gint fd, GIOCondition condition, gpointer user)
{
	Vault *v = user;
	Call *c;

	while ((c = chan_take(v->calls))) {
		take_call(v, c);
		call_free(c);
	}
	return G_SOURCE_CONTINUE;
}

static gpointer
thread(gpointer user)
{
	Vault *v = user;

	g_main_context_push_thread_default(v->context);
	g_autoptr(GSource) wake = g_unix_fd_source_new(chan_fd(v->calls), G_IO_IN);
	g_source_set_callback(wake, G_SOURCE_FUNC(on_calls), v, NULL);
	g_source_attach(wake, v->context);
	while (!v->quitting)
		g_main_context_iteration(v->context, TRUE);
	g_source_destroy(wake);
	g_clear_pointer(&v->key_job, secret_job_cancel);
	g_ptr_array_unref(v->entries);
	g_ptr_array_unref(v->passwords);
	http_free(v->http);
	token_store_free(v->store);
	g_main_context_pop_thread_default(v->context);
	g_atomic_int_set(&v->ended, 1);
	return NULL;
}

/* ---- the door ---- */

Vault *
vault_new(const VaultSetup *setup)
{
	static const struct { const char *word; TokenKeep keep; } words[] = {
		{ "keyring", KEEP_KEYRING }, { "file", KEEP_FILE }, { "memory", KEEP_MEMORY },
	};
	Vault *v = g_new0(Vault, 1);
	TokenKeep keep = KEEP_AUTO;

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (!g_strcmp0(setup->keep, words[i].word))
			keep = words[i].keep;
	v->key_command = g_strdup(setup->key_command);
	v->letters = setup->letters;
	v->calls = chan_new(call_free);
	v->context = g_main_context_new();
	v->store = token_store_new(keep, setup->file, setup->rounds ? setup->rounds : SEAL_ROUNDS);
	v->entries = g_ptr_array_new_with_free_func(entry_free);
	v->passwords = g_ptr_array_new_with_free_func(password_free);
	v->thread = g_thread_new("vault", thread, v);
	return v;
}

void
vault_call(Vault *v, Call *c)
{
	chan_send(v->calls, c);
}

static Call *
call_new(CallKind kind, Account *a)
{
	Call *c = g_new0(Call, 1);
	c->kind = kind;
	c->account = a ? account_ref(a) : NULL;
	return c;
}

/* False: it waits for a keyring that the person does not unlock. */
static bool
end_thread(Vault *v)
{
	chan_send(v->calls, call_new(CALL_END, NULL));
	for (guint waited = 0; waited < END_MS && !g_atomic_int_get(&v->ended); waited += 2)
		g_usleep(2000);
	bool over = g_atomic_int_get(&v->ended);
	if (over)
		g_thread_join(v->thread);
	else
		g_thread_unref(v->thread);
	return over;
}

void
vault_end(Vault *v)
{
	static Vault *volatile left;	/* seen by leak checkers; without volatile the compiler keeps no such place */
	left = v;
	if (left)
		end_thread(left);
}

void
vault_free(Vault *v)
{
	if (!v || !end_thread(v))
		return;
	chan_free(v->calls);
	g_main_context_unref(v->context);
	g_free(v->key_command);
	g_free(v);
}

VaultTicket *
vault_token(Vault *v, Account *a, const char *refused, GMainContext *context, VaultDone done, void *user)
{
	VaultTicket *t = vault_ticket_new(context, user);
	Call *c = call_new(CALL_TOKEN, a);

	t->done = done;
	t->refused = refused ? secret_new(refused, -1) : NULL;
	c->ticket = t;
	chan_send(v->calls, c);
	return t;
}

void
vault_sign_in(Vault *v, Account *a, bool device)
{
	Call *c = call_new(CALL_SIGN_IN, a);
	c->device = device;
	chan_send(v->calls, c);
}

void
vault_paste(Vault *v, const char *name, const char *address)
{
	Call *c = call_new(CALL_PASTE, NULL);
	c->name = g_strdup(name);
	c->text = g_strdup(address);
	chan_send(v->calls, c);
}

void
vault_stop(Vault *v, const char *name)
{
	Call *c = call_new(CALL_STOP, NULL);
	c->name = g_strdup(name);
	chan_send(v->calls, c);
}

void
vault_key(Vault *v, const char *passphrase)
{
	Call *c = call_new(CALL_KEY, NULL);
	c->text = g_strdup(passphrase);
	chan_send(v->calls, c);
}

void
vault_forget(Vault *v, Account *a)
{
	chan_send(v->calls, call_new(CALL_FORGET, a));
}

void
vault_rename(Vault *v, const char *was, Account *now)
{
	Call *c = call_new(CALL_RENAME, now);
	c->name = g_strdup(was);
	chan_send(v->calls, c);
}
