/* vault.c - the one owner of all tokens.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An entry is served when something about it changed: a ticket came, the passphrase, an answer. The order is that of
 * need: unlock, read what is stored, give out what is still good, else refresh under the lock against other programs. */
#include "config.h"
#include "auth/vault.h"
#include "auth/seal.h"
#include "auth/signin.h"
#include "auth/tokenstore.h"
#include "base/intl.h"
#include "base/log.h"
#include "base/secret.h"
#include "conf/secrets.h"

#include <glib-unix.h>
#include <string.h>
#include <time.h>

enum { LOCK_TRY_MS = 100, LOCK_TRIES = 400, END_MS = 1500, MARGIN_MIN_MS = 5000, MARGIN_MAX_MS = 300000, TROUBLE_MS = 3000 };

struct VaultTicket {
	gatomicrefcount refs;	/* the asker's and the vault's */
	GMainContext *context;	/* a reference */
	VaultDone done;
	void *user;
	bool cancelled;		/* of the asker's thread */
	Secret *refused;	/* owned; NULL: none */
	/* the answer */
	Secret *token;		/* owned; NULL: err */
	gint64 good_ms;
	GError *err;		/* owned */
};

typedef enum { ENTRY_RESTS, ENTRY_LOCKS, ENTRY_ASKS } EntryStep;

typedef struct {
	Vault *vault;		/* borrowed */
	Account *account;	/* shared: the newest snapshot that asked */
	Oauth found;		/* with what the issuer told */
	Tokens tokens;
	gint64 good_until, lives_ms;	/* of the access token, CLOCK_BOOTTIME ms; 0: not good */
	bool loaded, unsaved, clock_said;
	EntryStep step;
	guint tries, question;
	GSource *timer;		/* owned */
	GPtrArray *waiting;	/* owned, of VaultTicket* */
	SignIn *signin;		/* owned; NULL: none is under way */
	GSource *signin_end;	/* owned: it is freed outside of its own call */
	GError *trouble;	/* owned: the last refresh failed by it; NULL: it did not */
	gint64 trouble_at;
} Entry;

typedef enum { CALL_TOKEN, CALL_SIGN_IN, CALL_PASTE, CALL_STOP, CALL_KEY, CALL_FORGET, CALL_END } CallKind;
typedef struct {
	CallKind kind;
	Account *account;	/* a reference; NULL where not used */
	char *text, *name;	/* owned; text is wiped */
	VaultTicket *ticket;	/* owned */
	bool device;
} Call;

struct Vault {
	char *key_command;	/* owned; NULL: none (any more) */
	Chan *letters;		/* borrowed */
	Chan *calls;		/* owned */
	GThread *thread;
	gint ended;		/* atomic */

	/* all below belongs to the thread */
	GMainContext *context;	/* owned */
	Http *http;		/* owned */
	TokenStore *store;	/* owned */
	GPtrArray *entries;	/* owned, of Entry* */
	SecretJob *key_job;	/* owned */
	bool key_asked, quitting;
};

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

static void
tell(Vault *v, AuthLetter letter)
{
	AuthLetter copy = letter;
	if (v->letters)
		chan_send(v->letters, g_memdup2(&copy, sizeof copy));
	else
		auth_letter_free(g_memdup2(&copy, sizeof copy));
}

static void
ticket_unref(gpointer p)
{
	VaultTicket *t = p;

	if (!g_atomic_ref_count_dec(&t->refs))
		return;
	secret_free(t->refused);
	secret_free(t->token);
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
		t->done(t->user, t->token ? secret_peek(t->token) : NULL, t->good_ms, t->err);
		ticket_unref(t);	/* the asker's */
	}
	return G_SOURCE_REMOVE;
}

/* Takes the vault's reference. */
static void
ticket_answer(VaultTicket *t)
{
	g_autoptr(GSource) s = g_idle_source_new();
	g_source_set_priority(s, G_PRIORITY_DEFAULT);
	g_source_set_callback(s, deliver, t, ticket_unref);
	g_source_attach(s, t->context);
}

void
vault_ticket_cancel(VaultTicket *t)
{
	if (!t)
		return;
	t->cancelled = true;
	ticket_unref(t);
}

/* ---- entries ---- */

static gint64
boot_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (gint64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static gint64
wall_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static void
clear_timer(GSource **s)
{
	if (*s) {
		g_source_destroy(*s);
		g_source_unref(*s);
		*s = NULL;
	}
}

static GSource *
after(Vault *v, guint ms, GSourceFunc what, gpointer user)
{
	GSource *s = g_timeout_source_new(ms);
	g_source_set_callback(s, what, user, NULL);
	g_source_attach(s, v->context);
	return s;
}

static void
entry_free(gpointer p)
{
	Entry *e = p;

	if (e->question)
		http_cancel(e->vault->http, e->question);
	clear_timer(&e->timer);
	clear_timer(&e->signin_end);
	signin_free(e->signin);
	g_ptr_array_unref(e->waiting);
	tokens_clear(&e->tokens);
	oauth_clear(&e->found);
	g_clear_error(&e->trouble);
	account_unref(e->account);
	g_free(e);
}

/* Other settings: what was told of the old ones holds no more. */
static void
set_account(Entry *e, Account *a)
{
	if (!oauth_same(&e->account->oauth, &a->oauth)) {
		oauth_copy(&e->found, &a->oauth);
		e->loaded = false;
		e->good_until = 0;
		g_clear_error(&e->trouble);
	}
	account_ref(a);
	account_unref(e->account);
	e->account = a;
}

static Entry *
entry_named(Vault *v, const char *name)
{
	for (guint i = 0; i < v->entries->len; i++) {
		Entry *e = g_ptr_array_index(v->entries, i);
		if (!strcmp(e->account->oauth.name, name))
			return e;
	}
	return NULL;
}

static Entry *
entry_of(Vault *v, Account *a)
{
	Entry *e = entry_named(v, a->oauth.name);

	if (e) {
		set_account(e, a);
		return e;
	}
	e = g_new0(Entry, 1);
	e->vault = v;
	e->account = account_ref(a);
	oauth_copy(&e->found, &a->oauth);
	e->waiting = g_ptr_array_new_with_free_func(ticket_unref);
	g_ptr_array_add(v->entries, e);
	return e;
}

static const char *
entry_name(const Entry *e)
{
	return e->account->oauth.name;
}

/* ---- how long it is good ---- */

/* A connection and its sign-in take a while, and the clocks of two machines differ. */
static gint64
margin(const Entry *e)
{
	return CLAMP(e->lives_ms / 10, MARGIN_MIN_MS, MARGIN_MAX_MS);
}

static gint64
good_ms(const Entry *e)
{
	gint64 left = e->tokens.access && e->good_until ? e->good_until - boot_ms() - margin(e) : 0;
	return MAX(left, 0);
}

/* Just received: the life counts from now on, whatever the wall clock says. */
static void
count_from_now(Entry *e)
{
	e->lives_ms = (e->tokens.expires - e->tokens.obtained) * 1000;
	e->good_until = boot_ms() + e->lives_ms;
}

/* From the store: believed only as far as the wall clock makes sense; a wrong guess costs one refresh. */
static void
count_from_store(Entry *e)
{
	const Tokens *t = &e->tokens;
	gint64 now = wall_s();

	e->lives_ms = (t->expires - t->obtained) * 1000;
	e->good_until = t->access && t->obtained <= now && t->expires > now ? boot_ms() + (t->expires - now) * 1000 : 0;
}

static void
load(Entry *e)
{
	g_autoptr(GError) err = NULL;
	const Oauth *o = &e->found;
	g_auto(Tokens) t = { 0 };

	if (e->unsaved)	/* newer than what is stored */
		return;
	if (!token_store_load(e->vault->store, entry_name(e), &t, &err)) {
		if (err)
			log_line(LOG_WARN, "auth", "%s: %s", entry_name(e), err->message);
		tokens_clear(&e->tokens);
		e->good_until = 0;
		return;
	}
	/* tokens of another client or provider are none */
	if (g_strcmp0(t.client_id, o->client_id) || (o->token_url && g_strcmp0(t.token_url, o->token_url)))
		tokens_clear(&t);
	/* the same as before: what is known of its end by the better clock stays */
	bool same = !g_strcmp0(t.access, e->tokens.access) && !g_strcmp0(t.refresh, e->tokens.refresh);
	tokens_move(&e->tokens, &t);
	if (!same)
		count_from_store(e);
	e->loaded = true;
}

/* ---- keeping ---- */

static void ask_key(Vault *v, const char *why);

static void
save(Entry *e)
{
	Vault *v = e->vault;
	g_autoptr(GError) err = NULL;
	TokenState state = token_store_state(v->store);

	if (state == TOKENS_LOCKED || state == TOKENS_FRESH) {
		e->unsaved = true;
		ask_key(v, NULL);
		return;
	}
	bool ok = token_store_save(v->store, entry_name(e), e->tokens.access || e->tokens.refresh ? &e->tokens : NULL, &err);
	e->unsaved = !ok;
	if (!ok)
		log_line(LOG_WARN, "auth", "%s: %s", entry_name(e), err->message);
	tell(v, (AuthLetter){ .kind = AUTH_SAVED, .name = g_strdup(entry_name(e)), .ok = ok, .text = g_strdup(ok ? token_store_where(v->store) : err->message) });
}

/* ---- giving out ---- */

static void
give(Entry *e, VaultTicket *t, const GError *err)
{
	if (err) {
		t->err = g_error_copy(err);
	} else {
		t->token = secret_new(e->tokens.access, -1);
		t->good_ms = good_ms(e);
	}
	ticket_answer(t);
}

static void
fail_all(Entry *e, const GError *err)
{
	while (e->waiting->len)
		give(e, g_ptr_array_steal_index(e->waiting, 0), err);
}

/* Whoever had the good one refused waits for the next. */
static void
give_good(Entry *e)
{
	for (guint i = 0; i < e->waiting->len; ) {
		VaultTicket *t = g_ptr_array_index(e->waiting, i);
		if (good_ms(e) > 0 && (!t->refused || strcmp(secret_peek(t->refused), e->tokens.access)))
			give(e, g_ptr_array_steal_index(e->waiting, i), NULL);
		else
			i++;
	}
}

static GError *
needs_sign_in(const Entry *e)
{
	const Oauth *o = &e->account->oauth;

	if (token_store_state(e->vault->store) == TOKENS_DECLINED)
		return g_error_new(EIL_ERROR, EIL_ASK_USER,
			_("The stored sign-ins are locked by a passphrase that was not given, so %s needs a new sign-in at %s."), o->name, o->provider);
	return g_error_new(EIL_ERROR, EIL_ASK_USER, _("%s needs a sign-in at %s."), o->name, o->provider);
}

static void serve(Entry *e);

static void
rest(Entry *e)
{
	e->step = ENTRY_RESTS;
	token_store_unlock_file(e->vault->store);
	for (guint i = 0; i < e->vault->entries->len; i++)
		serve(g_ptr_array_index(e->vault->entries, i));
}

static void
refresh_failed(Entry *e, GError *err /* taken */)
{
	log_line(LOG_WARN, "auth", "%s: %s", entry_name(e), err->message);
	g_clear_error(&e->trouble);
	e->trouble = err;
	e->trouble_at = boot_ms();
	g_autoptr(GError) copy = g_error_copy(err);
	fail_all(e, copy);
	rest(e);
}

static void
refreshed(Entry *e, Tokens *t)
{
	if (!t->refresh)
		t->refresh = g_strdup(e->tokens.refresh);	/* the old one stays in force (RFC 6749, 6) */
	t->client_id = g_strdup(e->found.client_id);
	t->token_url = g_strdup(e->found.token_url);
	tokens_move(&e->tokens, t);
	count_from_now(e);
	g_clear_error(&e->trouble);
	save(e);	/* before anybody uses the access token: the old refresh token is dead from here on */
	/* what was refused has changed: it is given out whatever its life, else a provider with no life would be asked for ever */
	while (e->waiting->len)
		give(e, g_ptr_array_steal_index(e->waiting, 0), NULL);
	rest(e);
}

static void
say_clock(Entry *e, const HttpAnswer *a)
{
	g_autofree char *words = e->clock_said ? NULL : clock_words(&e->found, a->date, wall_s());
	if (!words)
		return;
	e->clock_said = true;
	log_line(LOG_WARN, "auth", "%s", words);
	tell(e->vault, (AuthLetter){ .kind = AUTH_NOTE, .name = g_strdup(entry_name(e)), .text = g_steal_pointer(&words) });
}

static void
on_refreshed(void *user, const HttpAnswer *a, const GError *err)
{
	Entry *e = user;
	g_autofree char *words = NULL;
	g_auto(Tokens) t = { 0 };

	e->question = 0;
	if (err) {
		refresh_failed(e, g_error_copy(err));
		return;
	}
	say_clock(e, a);
	GrantOutcome outcome = grant_tokens(a->status, a->body, a->len, wall_s(), &t, &words);
	if (outcome == GRANT_OK) {
		refreshed(e, &t);
		return;
	}
	if (outcome == GRANT_REVOKED) {
		tokens_clear(&e->tokens);
		e->good_until = 0;
		save(e);
	}
	/* neither the time nor the person can make sense of nonsense: a portal of a hotel, mostly */
	refresh_failed(e, grant_error(outcome == GRANT_NONSENSE ? GRANT_LATER : outcome, &e->found, words));
}

/* curl takes a while to begin, and most who start the program need no token from outside. */
static Http *
http_of(Vault *v)
{
	if (!v->http)
		v->http = http_new(v->context);
	return v->http;
}

static void
ask_provider(Entry *e, const char *url, char *form /* taken; may be NULL */, HttpDone done)
{
	HttpRequest r = { .url = url, .form = form, .ca_file = e->found.ca_file, .redirects = 3 };
	e->question = http_start(http_of(e->vault), &r, done, e);
	secret_wipe_string(form);
}

static void
on_discovered(void *user, const HttpAnswer *a, const GError *err)
{
	Entry *e = user;

	e->question = 0;
	if (err)
		refresh_failed(e, g_error_copy(err));
	else if (!grant_discovered(&e->found, a->status, a->body, a->len))
		refresh_failed(e, grant_error(a->status >= 500 ? GRANT_LATER : GRANT_NONSENSE, &e->found, NULL));
	else
		ask_provider(e, e->found.token_url, grant_refresh_form(&e->found, e->tokens.refresh), on_refreshed);
}

static gboolean
refresh(gpointer user)
{
	Entry *e = user;

	clear_timer(&e->timer);
	if (!token_store_try_lock(e->vault->store) && ++e->tries < LOCK_TRIES) {
		e->timer = after(e->vault, LOCK_TRY_MS, refresh, e);
		return G_SOURCE_REMOVE;
	}
	e->step = ENTRY_ASKS;
	load(e);	/* another program may have done it meanwhile */
	give_good(e);
	if (e->waiting->len == 0 || !e->tokens.refresh) {
		rest(e);
	} else if (e->found.token_url) {
		ask_provider(e, e->found.token_url, grant_refresh_form(&e->found, e->tokens.refresh), on_refreshed);
	} else {
		g_autofree char *url = grant_discovery_url(&e->found);
		ask_provider(e, url, NULL, on_discovered);
	}
	return G_SOURCE_REMOVE;
}

/* The lock is the program's, not the entry's: one after the other. */
static bool
another_refreshes(const Entry *e)
{
	for (guint i = 0; i < e->vault->entries->len; i++) {
		const Entry *other = g_ptr_array_index(e->vault->entries, i);
		if (other != e && other->step != ENTRY_RESTS)
			return true;
	}
	return false;
}

static void
serve(Entry *e)
{
	Vault *v = e->vault;

	if (e->waiting->len == 0 || e->step != ENTRY_RESTS)
		return;
	if (!e->unsaved && !e->tokens.access && token_store_state(v->store) == TOKENS_LOCKED) {
		ask_key(v, NULL);
		return;
	}
	if (!e->loaded || !e->tokens.refresh)
		load(e);
	give_good(e);
	if (e->waiting->len == 0)
		return;
	if (!e->tokens.refresh) {
		g_autoptr(GError) why = e->trouble && e->trouble->code != EIL_LATER ? g_error_copy(e->trouble) : needs_sign_in(e);
		fail_all(e, why);
	} else if (e->trouble && boot_ms() - e->trouble_at < TROUBLE_MS) {
		fail_all(e, e->trouble);
	} else if (!another_refreshes(e)) {
		e->step = ENTRY_LOCKS;
		e->tries = 0;
		clear_timer(&e->timer);
		e->timer = after(v, 0, refresh, e);	/* not in the call of whoever brought us here */
	}
}

static void
serve_all(Vault *v)
{
	for (guint i = 0; i < v->entries->len; i++)
		serve(g_ptr_array_index(v->entries, i));
}

/* ---- the passphrase ---- */

static void
take_key(Vault *v, const char *passphrase)
{
	g_autoptr(GError) err = NULL;

	v->key_asked = false;
	if (!token_store_unlock(v->store, passphrase, &err)) {
		ask_key(v, err->message);
		return;
	}
	for (guint i = 0; i < v->entries->len; i++) {
		Entry *e = g_ptr_array_index(v->entries, i);
		if (e->unsaved)
			save(e);
	}
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
		ask_key(v, err->message);
	}
}

static void
ask_key(Vault *v, const char *why)
{
	if (v->key_asked)
		return;
	v->key_asked = true;
	if (v->key_command) {
		g_autoptr(Account) a = account_new();
		a->password_command = g_strdup(v->key_command);
		v->key_job = secret_fetch(a, v->context, on_key, v);
	} else if (v->letters) {
		tell(v, (AuthLetter){ .kind = AUTH_ASK_KEY, .text = g_strdup(why), .fresh = token_store_state(v->store) == TOKENS_FRESH });
	} else {
		take_key(v, NULL);
	}
}

/* ---- signing in ---- */

static gboolean
signin_over(gpointer user)
{
	Entry *e = user;
	clear_timer(&e->signin_end);
	g_clear_pointer(&e->signin, signin_free);
	return G_SOURCE_REMOVE;
}

static void
on_signed_in(void *user, Tokens *t, const GError *err)
{
	Entry *e = user;

	if (t) {
		tokens_move(&e->tokens, t);
		count_from_now(e);
		e->loaded = true;
		g_clear_error(&e->trouble);
	}
	tell(e->vault, (AuthLetter){ .kind = AUTH_DONE, .name = g_strdup(entry_name(e)), .ok = t != NULL, .text = g_strdup(err ? err->message : NULL) });
	if (t) {
		save(e);
		serve(e);
	}
	clear_timer(&e->signin_end);
	e->signin_end = after(e->vault, 0, signin_over, e);
}

static void
on_code(void *user, const DeviceCode *d)
{
	Entry *e = user;
	tell(e->vault, (AuthLetter){ .kind = AUTH_CODE, .name = g_strdup(entry_name(e)), .code = g_strdup(d->user_code), .address = g_strdup(d->uri),
		.direct = g_strdup(d->uri_complete), .until = g_get_monotonic_time() + d->expires_s * G_USEC_PER_SEC });
}

static void
on_address(void *user, const char *url)
{
	Entry *e = user;
	tell(e->vault, (AuthLetter){ .kind = AUTH_ADDRESS, .name = g_strdup(entry_name(e)), .address = g_strdup(url) });
}

static void
on_note(void *user, const char *sentence)
{
	Entry *e = user;
	tell(e->vault, (AuthLetter){ .kind = AUTH_NOTE, .name = g_strdup(entry_name(e)), .text = g_strdup(sentence) });
}

static const SignInClient CLIENT = { .code = on_code, .address = on_address, .note = on_note, .done = on_signed_in };

static void
sign_in(Vault *v, Account *a, bool device)
{
	Entry *e = entry_of(v, a);

	clear_timer(&e->signin_end);
	signin_free(e->signin);
	e->signin = signin_new(&a->oauth, device, http_of(v), v->context, &CLIENT, e);
}

static void
forget(Vault *v, Account *a)
{
	Entry *e = entry_of(v, a);

	tokens_clear(&e->tokens);
	e->good_until = 0;
	e->loaded = true;
	/* nothing is there to be forgotten, and no passphrase is chosen for it */
	if (token_store_state(v->store) == TOKENS_FRESH)
		tell(v, (AuthLetter){ .kind = AUTH_SAVED, .name = g_strdup(entry_name(e)), .ok = true });
	else
		save(e);
}

/* ---- the thread ---- */

static void
call_free(gpointer p)
{
	Call *c = p;
	account_unref(c->account);
	secret_wipe_string(c->text);
	g_free(c->name);
	if (c->ticket)
		ticket_unref(c->ticket);
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
		serve(e);
		break;
	case CALL_SIGN_IN:
		sign_in(v, c->account, c->device);
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
		forget(v, c->account);
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
	v->thread = g_thread_new("vault", thread, v);
	return v;
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
	static Vault *left;	/* seen by leak checkers */
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
	VaultTicket *t = g_new0(VaultTicket, 1);
	Call *c = call_new(CALL_TOKEN, a);

	g_atomic_ref_count_init(&t->refs);
	g_atomic_ref_count_inc(&t->refs);
	t->context = g_main_context_ref(context);
	t->done = done;
	t->user = user;
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
