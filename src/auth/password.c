/* password.c - passwords that are kept: looked up, kept, forgotten.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One an account and use. Beside it stands for whom it was given: another name or server in the settings, and it is none
 * any more, so that it never goes to somebody else. */
#include "config.h"
#include "auth/vault_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

void
password_free(gpointer password)
{
	Password *p = password;

	if (!p)
		return;
	g_free(p->account);
	g_free(p->key);
	g_free(p->holder);
	g_free(p->was);
	secret_free(p->secret);
	if (p->ticket)
		vault_ticket_unref(p->ticket);
	g_free(p);
}

/* The name of an account has no brackets: it is a section of a file. */
static const char *const USES[] = { [VAULT_RECEIVE] = "receive]", [VAULT_SEND] = "send]" };

static Password *
password_new(const Account *a, VaultUse use)
{
	Password *p = g_new0(Password, 1);
	const ServerUrl *url = use == VAULT_SEND ? &a->send : &a->receive;

	p->account = g_strdup(a->name);
	p->key = g_strconcat(USES[use], a->name, NULL);
	p->holder = g_strdup_printf("%s@%s", url->user ? url->user : account_user(a), url->host ? url->host : "");
	return p;
}

/* ---- in the store ---- */

/* "for", a tab, the holder; "password", a tab, the password. */
static Secret *
read_entry(const char *text, const char *holder)
{
	g_autofree char *head = g_strdup_printf("for\t%s\npassword\t", holder);

	if (strncmp(text, head, strlen(head)))
		return NULL;
	text += strlen(head);
	return secret_new(text, (gssize)strcspn(text, "\n"));
}

static bool
store(Vault *v, const Password *p, GError **err)
{
	if (!p->secret)
		return token_store_save_text(v->store, p->key, NULL, NULL, err);
	g_autofree char *label = g_strdup_printf(_("eilpost: password of %s"), p->holder);
	GString *text = g_string_sized_new(strlen(p->holder) + LIMIT_TOKEN);	/* never grows: no pieces are left behind */
	g_string_append_printf(text, "for\t%s\npassword\t%s\n", p->holder, secret_peek(p->secret));
	bool ok = token_store_save_text(v->store, p->key, label, text->str, err);
	explicit_bzero(text->str, text->allocated_len);
	g_string_free(text, TRUE);
	return ok;
}

static void
keep(Vault *v, const Password *p)
{
	g_autoptr(GError) err = NULL;
	bool ok = store(v, p, &err);

	if (ok && !p->secret && token_store_shut(v->store)) {
		ok = false;
		err = g_error_new(EIL_ERROR, EIL_ASK_USER, _("A password of %s may still be in the file that your passphrase encrypts, as that was not given."), p->account);
	}
	if (!ok)
		log_line(LOG_WARN, "auth", "%s: %s", p->account, err->message);
	vault_tell(v, (AuthLetter){ .kind = AUTH_KEPT, .name = g_strdup(p->account), .ok = ok, .fresh = p->secret != NULL,
		.text = g_strdup(ok ? token_store_where(v->store) : err->message) });
}

static void
look_up(Vault *v, const Password *p)
{
	VaultTicket *t = p->ticket;
	g_autoptr(Secret) text = NULL;

	if (token_store_load_text(v->store, p->key, &text, &t->err))
		t->secret = read_entry(secret_peek(text), p->holder);
	if (t->err)
		log_line(LOG_WARN, "auth", "%s: %s", p->account, t->err->message);
	else if (token_store_lasts(v->store))
		t->where = g_strdup(token_store_where(v->store));
}

/* ---- another name ---- */

static char *
label_of(const char *text, const char *name, bool password)
{
	g_autofree char *holder = password && g_str_has_prefix(text, "for\t") ? g_strndup(text + 4, strcspn(text + 4, "\n")) : NULL;
	return holder ? g_strdup_printf(_("eilpost: password of %s"), holder) : g_strdup_printf(_("eilpost: sign-in of %s"), name);
}

/* First the copy, then the old one: what goes wrong in between loses nothing. */
static bool
move(TokenStore *s, const char *use, const char *was, const char *now, GError **err)
{
	g_autofree char *from = g_strconcat(use, was, NULL), *to = g_strconcat(use, now, NULL);
	g_autoptr(Secret) text = NULL;
	GError *why = NULL;

	if (!token_store_load_text(s, from, &text, &why)) {
		if (why)
			g_propagate_error(err, why);
		return why == NULL;
	}
	g_autofree char *label = label_of(secret_peek(text), now, *use != '\0');
	return token_store_save_text(s, to, label, secret_peek(text), err) && token_store_save_text(s, from, NULL, NULL, err);
}

static void
move_all(Vault *v, const Password *p)
{
	g_autoptr(GError) err = NULL;
	bool ok = move(v->store, "", p->was, p->account, &err);

	for (guint i = 0; ok && i < G_N_ELEMENTS(USES); i++)
		ok = move(v->store, USES[i], p->was, p->account, &err);
	if (ok && token_store_shut(v->store)) {
		ok = false;
		err = g_error_new(EIL_ERROR, EIL_ASK_USER, _("What is kept to sign in %s still has the name “%s”, as your passphrase was not given."), p->account, p->was);
	}
	if (!ok)
		log_line(LOG_WARN, "auth", "%s: %s", p->account, err->message);
	vault_tell(v, (AuthLetter){ .kind = AUTH_MOVED, .name = g_strdup(p->account), .ok = ok, .text = g_strdup(ok ? NULL : err->message) });
}

/* What waits to be kept under the old name is kept under the new one at once. */
static void
rename_waiting(Vault *v, const char *was, const char *now)
{
	for (guint i = 0; i < v->passwords->len; i++) {
		Password *p = g_ptr_array_index(v->passwords, i);
		if (p->ticket || p->was || strcmp(p->account, was))
			continue;
		char *key = g_strconcat(g_str_has_prefix(p->key, USES[VAULT_SEND]) ? USES[VAULT_SEND] : USES[VAULT_RECEIVE], now, NULL);
		g_free(p->key);
		g_free(p->account);
		p->key = key;
		p->account = g_strdup(now);
	}
}

/* Locked: names are changed before anything is kept, so that nothing old goes over something new. */
void
password_rename(Vault *v, const char *was, const char *now)
{
	Password *p = g_new0(Password, 1);
	guint at = 0;

	p->was = g_strdup(was);
	p->account = g_strdup(now);
	rename_waiting(v, was, now);
	p->asked = true;
	if (token_store_state(v->store) != TOKENS_LOCKED && !token_store_shut(v->store)) {
		move_all(v, p);
		password_free(p);
		return;
	}
	while (at < v->passwords->len && ((Password *)g_ptr_array_index(v->passwords, at))->was)
		at++;
	g_ptr_array_insert(v->passwords, (gint)at, p);
	vault_ask_key(v, NULL);
}

/* ---- one after the other ---- */

/* Kept a moment ago, and nobody has chosen the passphrase yet. */
static const Password *
waiting_to_be_kept(const Vault *v, const Password *asks)
{
	for (guint i = v->passwords->len; i > 0; i--) {
		const Password *p = g_ptr_array_index(v->passwords, i - 1);
		if (!p->ticket && !p->was && !strcmp(p->key, asks->key))
			return p;
	}
	return NULL;
}

static void
answer(Password *p)
{
	vault_ticket_answer(g_steal_pointer(&p->ticket));
}

void
password_serve(Vault *v, Password *p)
{
	TokenState state = token_store_state(v->store);
	bool forgets = !p->ticket && !p->was && !p->secret;
	const Password *kept = p->ticket ? waiting_to_be_kept(v, p) : NULL;

	if (p->was) {
		move_all(v, p);
	} else if (kept && kept->secret && !strcmp(kept->holder, p->holder)) {
		p->ticket->secret = secret_new(secret_peek(kept->secret), -1);
		p->ticket->where = g_strdup(token_store_where(v->store));
		answer(p);
	} else if (vault_locked(v) || (state == TOKENS_FRESH && p->secret) || (forgets && !p->asked && token_store_shut(v->store))) {
		p->asked = true;
		if (p->ticket)
			g_atomic_int_set(&p->ticket->wants_key, 1);
		g_ptr_array_add(v->passwords, p);
		vault_ask_key(v, NULL);
		return;
	} else if (p->ticket) {
		look_up(v, p);
		answer(p);
	} else {
		keep(v, p);
	}
	password_free(p);
}

void
password_serve_all(Vault *v)
{
	g_autoptr(GPtrArray) waited = g_steal_pointer(&v->passwords);

	v->passwords = g_ptr_array_new_with_free_func(password_free);
	while (waited->len)
		password_serve(v, g_ptr_array_steal_index(waited, 0));
}

/* ---- the door ---- */

static void
call(Vault *v, Password *p)
{
	Call *c = g_new0(Call, 1);
	c->kind = CALL_PASSWORD;
	c->password = p;
	vault_call(v, c);
}

VaultTicket *
vault_password(Vault *v, const Account *a, VaultUse use, GMainContext *context, VaultPasswordDone done, void *user)
{
	Password *p = password_new(a, use);
	VaultTicket *t = p->ticket = vault_ticket_new(context, user);

	t->password_done = done;
	call(v, p);
	return t;
}

void
vault_keep_password(Vault *v, const Account *a, VaultUse use, const char *password)
{
	Password *p = password_new(a, use);

	if (password && *password)
		p->secret = secret_new(password, (gssize)MIN(strcspn(password, "\r\n"), LIMIT_TOKEN));
	call(v, p);
}

void
vault_forget_password(Vault *v, const Account *a, VaultUse use)
{
	vault_keep_password(v, a, use, NULL);
}
