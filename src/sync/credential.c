/* credential.c - fetches what an account signs in with, wherever it comes from.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/credential.h"
#include "base/intl.h"
#include "conf/secrets.h"
#include "net/tls.h"

enum { PATIENCE_MS = 4000 };	/* for a keyring that does not answer */

struct CredentialFetch {
	CredentialSetup setup;	/* its account is ours too */
	SecretJob *job;		/* owned, as all here; one of the first three is under way */
	VaultTicket *ticket;
	GSource *at_once;
	GSource *patience;
	GError *err;		/* what at_once answers; NULL: nothing */
};

/* ---- whose it is ---- */

bool
credential_by_token(const Account *a)
{
	return a->auth == AUTH_OAUTH2 && !a->password_command;
}

const char *
credential_command(const Account *a, SignsInTo what)
{
	return what == SENDING && a->send_password_command ? a->send_password_command : a->password_command;
}

GivenBy
credential_giver(const Account *a, SignsInTo what, bool vault)
{
	if (a->auth == AUTH_CERTIFICATE)
		return GIVEN_BY_NOBODY;
	if (credential_by_token(a))
		return GIVEN_BY_TOKEN;
	if (credential_command(a, what))
		return GIVEN_BY_COMMAND;
	return vault && a->auth == AUTH_PASSWORD ? GIVEN_BY_VAULT : GIVEN_BY_PERSON;
}

/* ---- the fetch ---- */

static void
clear_source(GSource **s)
{
	if (*s) {
		g_source_destroy(*s);
		g_source_unref(*s);
		*s = NULL;
	}
}

void
credential_cancel(CredentialFetch *f)
{
	if (!f)
		return;
	secret_job_cancel(f->job);
	vault_ticket_cancel(f->ticket);
	clear_source(&f->at_once);
	clear_source(&f->patience);
	g_clear_error(&f->err);
	account_unref(f->setup.account);
	g_free(f);
}

/* Its job or ticket is gone already. */
static void
answer(CredentialFetch *f, const CredentialAnswer *a)
{
	f->job = NULL;
	f->ticket = NULL;
	clear_source(&f->patience);
	f->setup.done(f->setup.user, f->setup.what, a);
	credential_cancel(f);
}

static void
on_secret(void *user, const char *secret, const GError *err)
{
	answer(user, &(CredentialAnswer){ .secret = secret, .err = err });
}

static void
on_token(void *user, const char *token, gint64 good_ms, const GError *err)
{
	answer(user, &(CredentialAnswer){ .secret = token, .good_ms = good_ms, .err = err });
}

/* One that can't be read is as good as none (the vault's log has why): the person is asked. */
static void
on_password(void *user, const char *password, const char *where, const GError *err)
{
	answer(user, &(CredentialAnswer){ .secret = password, .where = where });
}

static gboolean
on_nothing(gpointer user)
{
	CredentialFetch *f = user;
	answer(f, &(CredentialAnswer){ .secret = f->setup.account->auth == AUTH_CERTIFICATE ? "" : NULL, .err = f->err });
	return G_SOURCE_REMOVE;
}

static gboolean
on_slow(gpointer user)
{
	CredentialFetch *f = user;

	if (!vault_ticket_wants_key(f->ticket))
		f->setup.slow(f->setup.user, f->setup.what);
	return G_SOURCE_CONTINUE;
}

static GSource *
attach(CredentialFetch *f, GSource *s, GSourceFunc what)
{
	g_source_set_callback(s, what, f, NULL);
	g_source_attach(s, f->setup.context);
	return s;
}

static void
look_up(CredentialFetch *f)
{
	const CredentialSetup *s = &f->setup;

	f->ticket = vault_password(s->vault, s->account, s->what == SENDING ? VAULT_SEND : VAULT_RECEIVE, s->context, on_password, f);
	if (s->slow)
		f->patience = attach(f, g_timeout_source_new(PATIENCE_MS), on_slow);
}

CredentialFetch *
credential_fetch(const CredentialSetup *setup)
{
	CredentialFetch *f = g_new0(CredentialFetch, 1);
	Account *a = account_ref(setup->account);
	GivenBy giver = credential_giver(a, setup->what, setup->vault);
	char *barred = credential_barred(a, setup->what);

	f->setup = *setup;
	if (barred)
		f->err = g_error_new_literal(EIL_ERROR, EIL_REFUSED, barred);
	else if (giver == GIVEN_BY_COMMAND)
		f->job = secret_fetch(credential_command(a, setup->what), setup->context, on_secret, f);
	else if (giver == GIVEN_BY_TOKEN && setup->vault)
		f->ticket = vault_token(setup->vault, a, setup->refused ? secret_peek(setup->refused) : NULL, setup->context, on_token, f);
	else if (giver == GIVEN_BY_TOKEN)
		f->err = g_error_new_literal(EIL_ERROR, EIL_ASK_USER, _("There is nothing here that could sign in."));
	else if (giver == GIVEN_BY_VAULT)
		look_up(f);
	if (!f->job && !f->ticket)
		f->at_once = attach(f, g_idle_source_new(), on_nothing);
	g_free(barred);
	return f;
}

/* ---- in words ---- */

char *
credential_barred(const Account *a, SignsInTo what)
{
	if (!a->no_passwords)
		return NULL;
	return g_strdup_printf(_("%s takes no passwords: the account “%s” needs auth = oauth2."), what == SENDING ? a->send.host : a->receive.host, a->name);
}

char *
credential_question(const Account *a, SignsInTo what, bool again)
{
	if (what == SENDING)
		return g_strdup_printf(again ? _("Not accepted. Password of %s at %s, for sending") : _("Password of %s at %s, for sending"),
			a->send.user ? a->send.user : account_user(a), a->send.host);
	return g_strdup_printf(again ? _("Not accepted. Password of %s at %s") : _("Password of %s at %s"), account_user(a), a->receive.host);
}

const char *
credential_locked_key(const Account *a)
{
	const char *key = a->client_key ? a->client_key : a->client_cert;
	return a->client_cert && tls_key_locked(key) ? key : NULL;
}

char *
credential_key_question(const char *key)
{
	return g_strdup_printf(_("Passphrase of the key %s"), key);
}
