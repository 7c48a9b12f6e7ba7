/* credential.c - where it comes from what is signed in with, and what a token that can't be had just now may not do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * "pop" of world.h is the IMAP server here. */
#include "config.h"
#include "auth/tokenstore.h"
#include "sync/look.h"
#include "sync/trial.h"
#include "mailboxd.h"
#include "world.h"
#include "../auth/provider.h"


/* ---- the door ---- */

typedef struct { bool done; char *secret, *error; int code; } Got;

static void
on_done(void *user, SignsInTo what, const CredentialAnswer *a)
{
	Got *g = user;
	g_assert_false(g->done);
	g->done = true;
	g->secret = g_strdup(a->secret);
	g->error = a->err ? g_strdup(a->err->message) : NULL;
	g->code = a->err ? a->err->code : -1;
}

static Got
fetched(Account *a, SignsInTo what)
{
	Got g = { 0 };
	GMainContext *context = g_main_context_new();
	g_assert_nonnull(credential_fetch(&(CredentialSetup){ .account = a, .context = context, .what = what, .done = on_done, .user = &g }));
	g_assert_false(g.done);	/* never in its own call */
	while (!g.done)
		g_main_context_iteration(context, TRUE);
	g_main_context_unref(context);
	return g;
}

#define FETCHED(a, what, want, want_code, words) do { \
	Got g_ = fetched(a, what); \
	g_assert_cmpstr(g_.secret, ==, want); \
	g_assert_cmpint(g_.code, ==, want_code); \
	const char *words_ = words; \
	g_assert_true(!words_ || strstr(g_.error, words_)); \
	g_free(g_.secret); \
	g_free(g_.error); \
} while (0)

static void
door(void)
{
	g_autoptr(Account) a = account_for(1, 1, CHECK_MANUAL, "at once");

	FETCHED(a, RECEIVING, "secret", -1, NULL);
	FETCHED(a, SENDING, "secret", -1, NULL);
	a->send_password_command = g_strdup("echo other");
	FETCHED(a, RECEIVING, "secret", -1, NULL);
	FETCHED(a, SENDING, "other", -1, NULL);
	a->no_passwords = true;
	FETCHED(a, RECEIVING, NULL, EIL_REFUSED, "takes no passwords");
	a->no_passwords = false;
	g_free(a->password_command);
	a->password_command = g_strdup("false");
	FETCHED(a, RECEIVING, NULL, EIL_ASK_USER, "password command failed");
	g_clear_pointer(&a->password_command, g_free);
	FETCHED(a, RECEIVING, NULL, -1, NULL);	/* the person */
	a->auth = AUTH_OAUTH2;
	FETCHED(a, RECEIVING, NULL, EIL_ASK_USER, "nothing here that could sign in");
	a->auth = AUTH_CERTIFICATE;
	FETCHED(a, RECEIVING, "", -1, NULL);
}

/* Nothing comes of one that was given up. */
static void
cancelled(void)
{
	g_autoptr(Account) a = account_for(1, 1, CHECK_MANUAL, "at once");
	GMainContext *context = g_main_context_new();
	Got g = { 0 };

	for (guint i = 0; i < 2; i++) {
		CredentialFetch *f = credential_fetch(&(CredentialSetup){ .account = a, .context = context, .done = on_done, .user = &g });
		credential_cancel(f);
		while (g_main_context_iteration(context, FALSE))
			;
		g_clear_pointer(&a->password_command, g_free);
	}
	g_assert_false(g.done);
	g_main_context_unref(context);
}

/* S3: a provider that takes no passwords is shown none, whoever tries. */
static void
no_passwords(void)
{
	g_autoptr(Account) a = account_for(1, pop->port, CHECK_MANUAL, "at once");
	g_autoptr(GError) err = NULL;

	mailbox_reset(pop, "SASL-IR", 0);
	a->receive.scheme = SCHEME_IMAP_INSECURE;
	a->no_passwords = true;
	g_assert_null(look_open(&(LookSetup){ .account = a }, &err));
	g_assert_nonnull(strstr(err->message, "takes no passwords"));
	for (guint typed = 0; typed < 2; typed++) {
		Trial *t = trial_start(a, typed ? "secret" : NULL, NULL);
		for (bool over = false; !over;) {
			struct pollfd p = { trial_fd(t), POLLIN, 0 };
			g_assert_cmpint(poll(&p, 1, PATIENCE_S * 1000), ==, 1);
			g_autoptr(TrialLetter) l = trial_take(t);
			over = l && l->state == TRIAL_FAILED;
			g_assert_true(!over || strstr(l->text, "takes no passwords"));
		}
		trial_end(t);
	}
	g_assert_cmpuint(server_n_connections(pop), ==, 0);
}

/* ---- a token ---- */

/* as if it had been signed in before */
static void
stored(const char *file, const char *token_url)
{
	g_autoptr(GError) err = NULL;
	g_auto(Tokens) t = { NULL, g_strdup("r1"), g_strdup("id"), g_strdup(token_url), 0, 0 };
	TokenStore *s = token_store_new(KEEP_FILE, file, 10);
	g_assert_true(token_store_unlock(s, "key", &err));
	g_assert_true(token_store_save(s, "test", &t, &err));
	token_store_free(s);
}

static World *
world_with_tokens(Provider *p)
{
	World *w = world_imap("credential", CHECK_PUSH);

	server_reset(smtp);
	mailbox_reset(pop, "SASL-IR IDLE", 3);
	mbox.mechanism = "XOAUTH2";
	w->account->auth = AUTH_OAUTH2;
	g_clear_pointer(&w->account->password_command, g_free);
	w->account->oauth = (Oauth){ .name = g_strdup("test"), .hint = g_strdup("alice@example.org"), .provider = g_strdup("Test"), .client_id = g_strdup("id"),
		.scope = g_strdup("mail"), .redirect = g_strdup("http://127.0.0.1/"), .authorize_url = g_strconcat(p->url, "/auth", NULL),
		.token_url = g_strconcat(p->url, "/token", NULL), .device_url = g_strconcat(p->url, "/device", NULL) };
	g_autofree char *file = g_build_filename(w->dir, "tokens", NULL);
	stored(file, w->account->oauth.token_url);
	w->vault = vault_new(&(VaultSetup){ .file = file, .keep = "file", .key_command = "echo key", .rounds = 10 });
	return w;
}

/* The line that is signed in needs no second token: that the provider does not answer the sending is no reason to hang up. */
static void
spares_the_line(void)
{
	static const char MAIL[] = "From: alice@example.org\r\nSubject: x\r\nMessage-ID: <1@example.org>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nText.\r\n";
	Provider *p = provider_new();
	World *w = world_with_tokens(p);
	Request *mail = request_new(REQ_SEND_RAW);

	/* no life beyond its margin: good for one sign-in */
	provider_will(p, "/token", 200, "{\"access_token\":\"a1\",\"refresh_token\":\"r2\",\"token_type\":\"Bearer\",\"expires_in\":5}");
	provider_will(p, "/token", 503, "{}");
	world_open(w, 0);
	WAIT_FOR(w, w->checked > 0);
	mail->data = g_bytes_new_static(MAIL, strlen(MAIL));
	mail->text = g_strdup("bob@example.com");
	engine_post(w->engine, mail);
	WAIT_FOR(w, w->trouble);
	g_assert_cmpuint(provider_count(p, "POST /token"), ==, 2);
	/* and it goes on: the next check is done over the same line */
	w->checked = 0;
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, w->checked > 0);
	g_assert_cmpuint(server_n_connections(pop), ==, 1);
	g_assert_cmpuint(server_n_taken(smtp), ==, 0);
	world_close(w);
	vault_free(w->vault);
	world_free(w);
	provider_free(p);
	mbox.mechanism = NULL;
}

int
main(int argc, char **argv)
{
	world_begin(&argc, &argv, mailbox_start);
	g_test_add_func("/credential/door", door);
	g_test_add_func("/credential/cancelled", cancelled);
	g_test_add_func("/credential/S3/no-passwords", no_passwords);
	g_test_add_func("/credential/token/spares-the-line", spares_the_line);
	return g_test_run();
}
