/* entry.c - the tokens of one sign-in: read, given out, refreshed, kept; and how one begins.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An entry is served when something about it changed: a ticket came, the passphrase, an answer. The order is that of
 * need: unlock, read what is stored, give out what is still good, else refresh under the lock against other programs. */
#include "config.h"
#include "auth/vault_private.h"
#include "base/intl.h"
#include "base/log.h"

#include <string.h>
#include <time.h>

enum { LOCK_TRY_MS = 100, LOCK_TRIES = 400, MARGIN_MIN_MS = 5000, MARGIN_MAX_MS = 300000, TROUBLE_MS = 3000 };

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

void
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
	g_clear_error(&e->unread);
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

Entry *
entry_named(Vault *v, const char *name)
{
	for (guint i = 0; i < v->entries->len; i++) {
		Entry *e = g_ptr_array_index(v->entries, i);
		if (!strcmp(e->account->oauth.name, name))
			return e;
	}
	return NULL;
}

Entry *
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
	e->waiting = g_ptr_array_new_with_free_func(vault_ticket_unref);
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

	g_clear_error(&e->unread);
	if (e->unsaved)	/* newer than what is stored */
		return;
	if (!token_store_load(e->vault->store, entry_name(e), &t, &err)) {
		if (err)
			log_line(LOG_WARN, "auth", "%s: %s", entry_name(e), err->message);
		e->unread = g_steal_pointer(&err);
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

void
entry_save(Entry *e)
{
	Vault *v = e->vault;
	g_autoptr(GError) err = NULL;
	TokenState state = token_store_state(v->store);

	if (state == TOKENS_LOCKED || state == TOKENS_FRESH) {
		e->unsaved = true;
		vault_ask_key(v, NULL);
		return;
	}
	bool forgets = e->unsaved, none = !e->tokens.access && !e->tokens.refresh, ok = token_store_save(v->store, entry_name(e), none ? NULL : &e->tokens, &err);
	e->unsaved = !ok;
	if (ok && none && forgets && token_store_shut(v->store)) {
		ok = false;
		err = g_error_new(EIL_ERROR, EIL_ASK_USER, _("The sign-in of %s may still be in the file that your passphrase encrypts, as that was not given."), entry_name(e));
	}
	if (!ok)
		log_line(LOG_WARN, "auth", "%s: %s", entry_name(e), err->message);
	vault_tell(v, (AuthLetter){ .kind = AUTH_SAVED, .name = g_strdup(entry_name(e)), .ok = ok, .text = g_strdup(ok ? token_store_where(v->store) : err->message) });
}

/* ---- giving out ---- */

static void
give(Entry *e, VaultTicket *t, const GError *err)
{
	if (err) {
		t->err = g_error_copy(err);
	} else {
		t->secret = secret_new(e->tokens.access, -1);
		t->good_ms = good_ms(e);
	}
	vault_ticket_answer(t);
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

static void
rest(Entry *e)
{
	e->step = ENTRY_RESTS;
	token_store_unlock_file(e->vault->store);
	for (guint i = 0; i < e->vault->entries->len; i++)
		entry_serve(g_ptr_array_index(e->vault->entries, i));
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
	entry_save(e);	/* before anybody uses the access token: the old refresh token is dead from here on */
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
	vault_tell(e->vault, (AuthLetter){ .kind = AUTH_NOTE, .name = g_strdup(entry_name(e)), .text = g_steal_pointer(&words) });
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
		entry_save(e);
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

void
entry_serve(Entry *e)
{
	Vault *v = e->vault;

	if (e->waiting->len == 0 || e->step != ENTRY_RESTS)
		return;
	if (!e->unsaved && !e->tokens.access && vault_locked(v)) {
		vault_ask_key(v, NULL);
		return;
	}
	if (!e->loaded || !e->tokens.refresh)
		load(e);
	give_good(e);
	if (e->waiting->len == 0)
		return;
	if (!e->tokens.refresh) {
		g_autoptr(GError) why = e->unread ? g_error_copy(e->unread) :
			e->trouble && e->trouble->code != EIL_LATER ? g_error_copy(e->trouble) : needs_sign_in(e);
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
	vault_tell(e->vault, (AuthLetter){ .kind = AUTH_DONE, .name = g_strdup(entry_name(e)), .ok = t != NULL, .text = g_strdup(err ? err->message : NULL) });
	if (t) {
		entry_save(e);
		entry_serve(e);
	}
	clear_timer(&e->signin_end);
	e->signin_end = after(e->vault, 0, signin_over, e);
}

static void
on_code(void *user, const DeviceCode *d)
{
	Entry *e = user;
	vault_tell(e->vault, (AuthLetter){ .kind = AUTH_CODE, .name = g_strdup(entry_name(e)), .code = g_strdup(d->user_code), .address = g_strdup(d->uri),
		.direct = g_strdup(d->uri_complete), .until = g_get_monotonic_time() + d->expires_s * G_USEC_PER_SEC });
}

static void
on_address(void *user, const char *url)
{
	Entry *e = user;
	vault_tell(e->vault, (AuthLetter){ .kind = AUTH_ADDRESS, .name = g_strdup(entry_name(e)), .address = g_strdup(url) });
}

static void
on_note(void *user, const char *sentence)
{
	Entry *e = user;
	vault_tell(e->vault, (AuthLetter){ .kind = AUTH_NOTE, .name = g_strdup(entry_name(e)), .text = g_strdup(sentence) });
}

static const SignInClient CLIENT = { .code = on_code, .address = on_address, .note = on_note, .done = on_signed_in };

void
entry_sign_in(Vault *v, Account *a, bool device)
{
	Entry *e = entry_of(v, a);

	clear_timer(&e->signin_end);
	signin_free(e->signin);
	e->signin = signin_new(&a->oauth, device, http_of(v), v->context, &CLIENT, e);
}

/* Nobody who is called so is in the settings any more. */
static void
drop(Vault *v, Entry *e)
{
	g_autoptr(GError) why = needs_sign_in(e);

	fail_all(e, why);
	if (e->step != ENTRY_RESTS)
		token_store_unlock_file(v->store);
	g_ptr_array_remove(v->entries, e);
}

/* A refresh that is under way goes on, and what it brings is the new name's. */
void
entry_rename(Vault *v, const char *was, Account *now)
{
	Entry *e = entry_named(v, was), *other = entry_named(v, now->name);

	if (g_strcmp0(now->oauth.name, now->name))
		return;
	if (other && other != e)
		drop(v, other);
	if (!e)
		return;
	account_ref(now);
	account_unref(e->account);
	e->account = now;
}

void
entry_forget(Vault *v, Account *a)
{
	Entry *e = entry_of(v, a);

	tokens_clear(&e->tokens);
	e->good_until = 0;
	e->loaded = true;
	/* nothing is there to be forgotten, and no passphrase is chosen for it */
	if (token_store_shut(v->store)) {
		e->unsaved = true;
		vault_ask_key(v, NULL);
	} else if (token_store_state(v->store) == TOKENS_FRESH) {
		vault_tell(v, (AuthLetter){ .kind = AUTH_SAVED, .name = g_strdup(entry_name(e)), .ok = true });
	} else {
		entry_save(e);
	}
}
