/* vault.c - tokens given out and refreshed: once, in time, and never lost.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auth/vault.h"
#include "auth/grant.h"
#include "auth/tokenstore.h"
#include "base/log.h"
#include "tests/auth/provider.h"

#include <glib/gstdio.h>
#include <stdlib.h>

typedef struct {
	Provider *p;
	char *folder, *file;
	Chan *letters;
	Vault *v;
	Account *a;
	GMainContext *context;
} World;

typedef struct { bool done; char *token, *error; int code; gint64 good_ms; } Got;

static Account *
account(const World *w, const char *name)
{
	Account *a = account_new();
	a->name = g_strdup(name);
	a->auth = AUTH_OAUTH2;
	a->oauth = (Oauth){ .name = g_strdup(name), .hint = g_strdup("alice@example.org"), .provider = g_strdup("Test"), .client_id = g_strdup("id"),
		.scope = g_strdup("mail"), .redirect = g_strdup("http://127.0.0.1/"), .authorize_url = g_strconcat(w->p->url, "/auth", NULL),
		.token_url = g_strconcat(w->p->url, "/token", NULL), .device_url = g_strconcat(w->p->url, "/device", NULL) };
	return a;
}

static Vault *
vault(World *w, const char *keep, const char *command)
{
	VaultSetup s = { .file = w->file, .keep = keep, .key_command = command, .letters = w->letters, .rounds = 10 };
	return vault_new(&s);
}

static void
setup(World *w, gconstpointer unused)
{
	w->p = provider_new();
	w->folder = g_dir_make_tmp("vault-XXXXXX", NULL);
	w->file = g_build_filename(w->folder, "tokens", NULL);
	w->letters = chan_new((GDestroyNotify)auth_letter_free);
	w->context = g_main_context_new();
	w->a = account(w, "work");
}

static void
teardown(World *w, gconstpointer unused)
{
	vault_free(w->v);
	account_unref(w->a);
	g_main_context_unref(w->context);
	chan_free(w->letters);
	provider_free(w->p);
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", w->folder);
	(void)!system(command);
	g_free(w->folder);
	g_free(w->file);
}

/* as if it had been signed in before */
static void
stored(World *w, const char *name, const char *access, const char *refresh, gint64 obtained, gint64 life)
{
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	g_autoptr(GError) err = NULL;
	g_auto(Tokens) t = { g_strdup(access), g_strdup(refresh), g_strdup("id"), g_strconcat(w->p->url, "/token", NULL), now + obtained, now + obtained + life };
	TokenStore *s = token_store_new(KEEP_FILE, w->file, 10);
	g_assert_true(token_store_unlock(s, "key", &err));
	g_assert_true(token_store_save(s, name, &t, &err));
	token_store_free(s);
}

static char *
what_is_stored(World *w, const char *name)
{
	g_autoptr(GError) err = NULL;
	g_auto(Tokens) t = { 0 };
	TokenStore *s = token_store_new(KEEP_FILE, w->file, 10);
	g_assert_true(token_store_unlock(s, "key", &err));
	token_store_load(s, name, &t, &err);
	token_store_free(s);
	return g_strdup_printf("%s %s", t.access ? t.access : "-", t.refresh ? t.refresh : "-");
}

static void
on_token(void *user, const char *token, gint64 good_ms, const GError *err)
{
	Got *g = user;
	g_assert_false(g->done);
	g->done = true;
	g->token = g_strdup(token);
	g->good_ms = good_ms;
	g->error = err ? g_strdup(err->message) : NULL;
	g->code = err ? err->code : -1;
}

static void
until(World *w, bool *what)
{
	gint64 end = g_get_monotonic_time() + 8 * G_USEC_PER_SEC;
	while (!*what) {
		g_main_context_iteration(w->context, FALSE);
		g_usleep(500);
		g_assert_cmpint(g_get_monotonic_time(), <, end);
	}
}

/* token, or code and sentence */
static char *
token_of(World *w, Account *a, const char *refused)
{
	Got g = { 0 };
	vault_token(w->v, a, refused, w->context, on_token, &g);
	until(w, &g.done);
	char *said = g.token ? g_strdup(g.token) : g_strdup_printf("%d %s", g.code, g.error);
	g_free(g.token);
	g_free(g.error);
	return said;
}

#define TOKEN(w, refused, want) do { g_autofree char *said_ = token_of(w, (w)->a, refused); g_assert_cmpstr(said_, ==, want); } while (0)

static AuthLetter *
letter(World *w, AuthNews kind)
{
	gint64 end = g_get_monotonic_time() + 8 * G_USEC_PER_SEC;
	for (;;) {
		AuthLetter *l = chan_take(w->letters);
		if (l && l->kind == kind)
			return l;
		auth_letter_free(l);
		if (!l)
			g_usleep(500);
		g_assert_cmpint(g_get_monotonic_time(), <, end);
	}
}

static void
good(World *w, gconstpointer unused)
{
	stored(w, "work", "A1", "R1", -10, 3600);
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "A1");
	TOKEN(w, NULL, "A1");
	g_assert_cmpuint(provider_count(w->p, ""), ==, 0);
}

static void
refreshed(World *w, gconstpointer unused)
{
	stored(w, "work", "A1", "R1", -3590, 3600);	/* ends in 10 s: too soon to begin with */
	provider_will(w->p, "/token", 200, "{\"access_token\":\"A2\",\"expires_in\":3600,\"refresh_token\":\"R2\"}");
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "A2");
	TOKEN(w, NULL, "A2");
	g_autofree char *asked = provider_asked(w->p, 0), *kept = what_is_stored(w, "work");
	g_assert_cmpstr(asked, ==, "POST /token grant_type=refresh_token&refresh_token=R1&client_id=id");
	g_assert_cmpstr(kept, ==, "A2 R2");
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 1);
}

/* ten connections of two accounts want it at the same moment: a refresh token is used once */
static void
one_refresh(World *w, gconstpointer unused)
{
	Got got[10] = { 0 };
	g_autoptr(Account) shared = account(w, "shared");
	g_free(shared->oauth.name);
	shared->oauth.name = g_strdup("work");
	stored(w, "work", "A1", "R1", -4000, 3600);
	provider_will_at(w->p, "/token", 200, "{\"access_token\":\"A2\",\"expires_in\":3600,\"refresh_token\":\"R2\"}", NULL, 100);
	provider_will(w->p, "/token", 400, "{\"error\":\"invalid_grant\"}");
	w->v = vault(w, "file", "echo key");
	for (guint i = 0; i < G_N_ELEMENTS(got); i++)
		vault_token(w->v, i % 2 ? shared : w->a, NULL, w->context, on_token, &got[i]);
	for (guint i = 0; i < G_N_ELEMENTS(got); i++) {
		until(w, &got[i].done);
		g_assert_cmpstr(got[i].token, ==, "A2");
		g_free(got[i].token);
	}
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 1);
}

/* two programs with the same store: the second finds what the first fetched */
static void
two_programs(World *w, gconstpointer unused)
{
	Got one = { 0 }, two = { 0 };
	stored(w, "work", "A1", "R1", -4000, 3600);
	provider_will_at(w->p, "/token", 200, "{\"access_token\":\"A2\",\"expires_in\":3600,\"refresh_token\":\"R2\"}", NULL, 200);
	provider_will(w->p, "/token", 400, "{\"error\":\"invalid_grant\"}");
	w->v = vault(w, "file", "echo key");
	Vault *other = vault(w, "file", "echo key");
	vault_token(w->v, w->a, NULL, w->context, on_token, &one);
	vault_token(other, w->a, NULL, w->context, on_token, &two);
	until(w, &one.done);
	until(w, &two.done);
	g_assert_cmpstr(one.token, ==, "A2");
	g_assert_cmpstr(two.token, ==, "A2");
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 1);
	vault_free(other);
	g_free(one.token);
	g_free(two.token);
}

static void
refused(World *w, gconstpointer unused)
{
	stored(w, "work", "A1", "R1", -10, 3600);	/* it looks good, but the mail server does not take it: a wrong clock, or revoked */
	provider_will(w->p, "/token", 200, "{\"access_token\":\"A2\",\"expires_in\":60}");
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "A1");
	TOKEN(w, "A1", "A2");
	TOKEN(w, "A1", "A2");	/* of another connection, which was told later */
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 1);
	g_autofree char *kept = what_is_stored(w, "work");
	g_assert_cmpstr(kept, ==, "A2 R1");	/* no new refresh token: the old one stays */
}

static void
short_life(World *w, gconstpointer unused)
{
	stored(w, "work", NULL, "R1", -10, 3600);
	provider_will(w->p, "/token", 200, "{\"access_token\":\"A2\",\"expires_in\":7}");
	provider_will(w->p, "/token", 200, "{\"access_token\":\"A3\",\"expires_in\":60}");
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "A2");
	g_usleep(2200 * 1000);	/* less than the margin is left */
	TOKEN(w, NULL, "A3");
	TOKEN(w, NULL, "A3");
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 2);
}

static void
revoked(World *w, gconstpointer unused)
{
	stored(w, "work", "A1", "R1", -4000, 3600);
	provider_will(w->p, "/token", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"The token was revoked.\"}");
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "1 Test does not accept the stored sign-in any more; a new one is needed. It said: “invalid_grant: The token was revoked.”");
	TOKEN(w, NULL, "1 Test does not accept the stored sign-in any more; a new one is needed. It said: “invalid_grant: The token was revoked.”");
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 1);
	g_autofree char *kept = what_is_stored(w, "work");
	g_assert_cmpstr(kept, ==, "- -");
}

/* A sign-in that can't be read is not one that is missing: a new one would not help, and what is there stays. */
static void
unreadable(World *w, gconstpointer unused)
{
	g_autofree char *away = g_strconcat(w->file, ".away", NULL);
	g_autofree char *want = g_strdup_printf("1 The file of the sign-ins, %s, can't be used: Operation not permitted", w->file);
	g_autoptr(Account) other = account(w, "other");

	stored(w, "work", "A1", "R1", -10, 3600);
	stored(w, "other", "B1", "S1", -10, 3600);
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "A1");
	g_assert_cmpint(g_rename(w->file, away), ==, 0);
	g_assert_cmpint(g_mkdir(w->file, 0700), ==, 0);
	g_autofree char *said = token_of(w, other, NULL);
	g_assert_cmpstr(said, ==, want);
	TOKEN(w, "A1", want);
	g_assert_cmpint(g_rmdir(w->file), ==, 0);
	g_assert_cmpint(g_rename(away, w->file), ==, 0);
	g_autofree char *there = token_of(w, other, NULL);
	g_assert_cmpstr(there, ==, "B1");
	TOKEN(w, NULL, "A1");
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 0);
}

static void
provider_down(World *w, gconstpointer unused)
{
	stored(w, "work", "A1", "R1", -4000, 3600);
	provider_will(w->p, "/token", 503, "");
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "0 Test can't answer just now. eilpost tries again by itself.");
	TOKEN(w, NULL, "0 Test can't answer just now. eilpost tries again by itself.");
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 1);	/* not hammered at */
	g_autofree char *kept = what_is_stored(w, "work");
	g_assert_cmpstr(kept, ==, "A1 R1");
}

static void
wrong_clock(World *w, gconstpointer unused)
{
	stored(w, "work", "A1", "R1", 86400, 3600);	/* given "tomorrow": the clock was set back */
	provider_will_at(w->p, "/token", 200, "{\"access_token\":\"A2\",\"expires_in\":3600}", "Tue, 01 Jan 2019 00:00:00 GMT", 0);
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "A2");
	AuthLetter *l = letter(w, AUTH_NOTE);
	g_assert_nonnull(strstr(l->text, "The clock of this computer is"));
	auth_letter_free(l);
}

static void
nobody_signed_in(World *w, gconstpointer unused)
{
	w->v = vault(w, "file", NULL);
	TOKEN(w, NULL, "1 work needs a sign-in at Test.");
}

/* signed in; the passphrase is chosen then, and asked for by the next program */
static void
signed_in(World *w, gconstpointer unused)
{
	AuthLetter *l;
	provider_will(w->p, "/device", 200, "{\"device_code\":\"D\",\"user_code\":\"WXYZ\",\"verification_uri\":\"https://p/d\",\"expires_in\":60,\"interval\":1}");
	provider_will(w->p, "/token", 200, "{\"access_token\":\"A1\",\"expires_in\":3600,\"refresh_token\":\"R1\"}");
	w->v = vault(w, "file", NULL);
	vault_sign_in(w->v, w->a, true);
	l = letter(w, AUTH_CODE);
	g_assert_cmpstr(l->code, ==, "WXYZ");
	g_assert_cmpint(l->until, >, g_get_monotonic_time());
	auth_letter_free(l);
	l = letter(w, AUTH_DONE);
	g_assert_true(l->ok);
	auth_letter_free(l);
	TOKEN(w, NULL, "A1");	/* nobody waits for the passphrase */
	l = letter(w, AUTH_ASK_KEY);
	g_assert_true(l->fresh);
	auth_letter_free(l);
	vault_key(w->v, "key");
	l = letter(w, AUTH_SAVED);
	g_assert_true(l->ok);
	auth_letter_free(l);
	vault_free(w->v);

	w->v = vault(w, "file", NULL);
	Got g = { 0 };
	vault_token(w->v, w->a, NULL, w->context, on_token, &g);
	l = letter(w, AUTH_ASK_KEY);
	g_assert_false(l->fresh);
	g_assert_null(l->text);
	auth_letter_free(l);
	vault_key(w->v, "quay");
	l = letter(w, AUTH_ASK_KEY);
	g_assert_nonnull(l->text);
	auth_letter_free(l);
	g_assert_false(g.done);
	vault_key(w->v, "key");
	until(w, &g.done);
	g_assert_cmpstr(g.token, ==, "A1");
	g_free(g.token);
	vault_forget(w->v, w->a);
	auth_letter_free(letter(w, AUTH_SAVED));
	TOKEN(w, NULL, "1 work needs a sign-in at Test.");
}

static void
declined(World *w, gconstpointer unused)
{
	stored(w, "work", "A1", "R1", -10, 3600);
	w->v = vault(w, "file", NULL);
	Got g = { 0 };
	vault_token(w->v, w->a, NULL, w->context, on_token, &g);
	auth_letter_free(letter(w, AUTH_ASK_KEY));
	vault_key(w->v, NULL);
	until(w, &g.done);
	g_assert_cmpint(g.code, ==, EIL_ASK_USER);
	g_assert_nonnull(strstr(g.error, "locked by a passphrase"));
	g_free(g.error);
	g_autofree char *kept = what_is_stored(w, "work");
	g_assert_cmpstr(kept, ==, "A1 R1");
}

/* another client id: what was given to the old one is not used */
static void
other_client(World *w, gconstpointer unused)
{
	stored(w, "work", "A1", "R1", -10, 3600);
	g_free(w->a->oauth.client_id);
	w->a->oauth.client_id = g_strdup("new");
	w->v = vault(w, "file", "echo key");
	TOKEN(w, NULL, "1 work needs a sign-in at Test.");
}

static void
cancelled(World *w, gconstpointer unused)
{
	Got g = { 0 };
	stored(w, "work", "A1", "R1", -4000, 3600);
	provider_will_at(w->p, "/token", 200, "{\"access_token\":\"A2\",\"expires_in\":3600}", NULL, 100);
	w->v = vault(w, "file", "echo key");
	vault_ticket_cancel(vault_token(w->v, w->a, NULL, w->context, on_token, &g));
	TOKEN(w, NULL, "A2");
	g_assert_false(g.done);
}

typedef struct { bool done; char *password, *where, *error; } Found;

static void
on_password(void *user, const char *password, const char *where, const GError *err)
{
	Found *f = user;
	f->done = true;
	f->password = g_strdup(password);
	f->where = g_strdup(where);
	f->error = err ? g_strdup(err->message) : NULL;
}

static Account *
mail_account(const char *receive, const char *send)
{
	Account *a = account_new();
	a->name = g_strdup("home");
	a->address = g_strdup("alice@example.org");
	g_assert_true(server_url_parse(receive, &a->receive, NULL));
	g_assert_true(server_url_parse(send, &a->send, NULL));
	return a;
}

/* password, and where it is kept */
static char *
password_of(World *w, const Account *a, VaultUse use)
{
	Found f = { 0 };
	vault_password(w->v, a, use, w->context, on_password, &f);
	until(w, &f.done);
	char *said = f.error ? g_strdup(f.error) : g_strdup_printf("%s, %s", f.password ? f.password : "none", f.where ? f.where : "nowhere");
	g_free(f.password);
	g_free(f.where);
	g_free(f.error);
	return said;
}

#define PASSWORD(w, a, use, want) do { g_autofree char *said_ = password_of(w, a, use); g_assert_cmpstr(said_, ==, want); } while (0)
#define IN_FILE "in a file that your passphrase encrypts"

static void
kept_letter(World *w, bool kept)
{
	AuthLetter *l = letter(w, AUTH_KEPT);
	g_assert_true(l->ok);
	g_assert_true(l->fresh == kept);
	g_assert_cmpstr(l->name, ==, "home");
	auth_letter_free(l);
}

/* one an account and use; it outlives the program; other names and servers don't get it */
static void
passwords(World *w, gconstpointer unused)
{
	g_autoptr(Account) a = mail_account("imaps://alice@imap.example.org", "smtp://alice@smtp.example.org"),
		other_host = mail_account("imaps://alice@imap.example.net", "smtp://alice@smtp.example.org"),
		other_user = mail_account("imaps://bob@imap.example.org", "smtp://alice@smtp.example.org");

	w->v = vault(w, "file", "echo key");
	PASSWORD(w, a, VAULT_RECEIVE, "none, " IN_FILE);
	vault_keep_password(w->v, a, VAULT_RECEIVE, "blue\tgarden # 7");
	kept_letter(w, true);
	vault_keep_password(w->v, a, VAULT_SEND, "green");
	kept_letter(w, true);
	PASSWORD(w, a, VAULT_RECEIVE, "blue\tgarden # 7, " IN_FILE);
	vault_free(w->v);

	w->v = vault(w, "auto", "echo key");
	PASSWORD(w, a, VAULT_RECEIVE, "blue\tgarden # 7, " IN_FILE);
	PASSWORD(w, a, VAULT_SEND, "green, " IN_FILE);
	PASSWORD(w, other_host, VAULT_RECEIVE, "none, " IN_FILE);
	PASSWORD(w, other_user, VAULT_RECEIVE, "none, " IN_FILE);
	vault_keep_password(w->v, a, VAULT_RECEIVE, "red");	/* a rotated one takes its place */
	kept_letter(w, true);
	PASSWORD(w, a, VAULT_RECEIVE, "red, " IN_FILE);
	vault_forget_password(w->v, a, VAULT_RECEIVE);
	kept_letter(w, false);
	PASSWORD(w, a, VAULT_RECEIVE, "none, " IN_FILE);
	PASSWORD(w, a, VAULT_SEND, "green, " IN_FILE);
	g_autofree char *sealed = NULL;
	gsize len;
	g_assert_true(g_file_get_contents(w->file, &sealed, &len, NULL));
	g_assert_null(memmem(sealed, len, "green", 5));
}

/* kept before anybody chose a passphrase: it is given out at once, and lies in the file as soon as that is chosen */
static void
password_first(World *w, gconstpointer unused)
{
	g_autoptr(Account) a = mail_account("imaps://imap.example.org", "smtp://smtp.example.org");
	Found f = { 0 };
	AuthLetter *l;

	w->v = vault(w, "file", NULL);
	vault_keep_password(w->v, a, VAULT_RECEIVE, "blue");
	PASSWORD(w, a, VAULT_RECEIVE, "blue, " IN_FILE);
	l = letter(w, AUTH_ASK_KEY);
	g_assert_true(l->fresh);
	auth_letter_free(l);
	vault_key(w->v, "key");
	kept_letter(w, true);
	vault_free(w->v);

	w->v = vault(w, "file", NULL);
	VaultTicket *t = vault_password(w->v, a, VAULT_RECEIVE, w->context, on_password, &f);
	auth_letter_free(letter(w, AUTH_ASK_KEY));
	g_assert_true(vault_ticket_wants_key(t));
	g_assert_false(f.done);
	vault_key(w->v, "key");
	until(w, &f.done);
	g_assert_cmpstr(f.password, ==, "blue");
	g_free(f.password);
	g_free(f.where);
}

static void
moved_letter(World *w)
{
	AuthLetter *l = letter(w, AUTH_MOVED);
	g_assert_true(l->ok);
	g_assert_cmpstr(l->name, ==, "house");
	auth_letter_free(l);
}

/* the account has another name: both passwords and the tokens go along, and nothing is left under the old one */
static void
renamed(World *w, gconstpointer unused)
{
	g_autoptr(Account) a = mail_account("imaps://imap.example.org", "smtp://smtp.example.org"), b = mail_account("imaps://imap.example.org", "smtp://smtp.example.org"),
		in_memory = account(w, "home"), house = account(w, "house");

	g_free(b->name);
	b->name = g_strdup("house");
	stored(w, a->name, "A1", "R1", -10, 3600);
	w->v = vault(w, "file", "echo key");
	g_autofree char *before = token_of(w, in_memory, NULL);
	g_assert_cmpstr(before, ==, "A1");
	vault_keep_password(w->v, a, VAULT_RECEIVE, "blue");
	vault_keep_password(w->v, a, VAULT_SEND, "green");
	vault_rename(w->v, a->name, house);
	g_autofree char *token = token_of(w, house, NULL);
	g_assert_cmpstr(token, ==, "A1");
	PASSWORD(w, b, VAULT_RECEIVE, "blue, " IN_FILE);
	PASSWORD(w, b, VAULT_SEND, "green, " IN_FILE);
	PASSWORD(w, a, VAULT_RECEIVE, "none, " IN_FILE);
	PASSWORD(w, a, VAULT_SEND, "none, " IN_FILE);
	moved_letter(w);
	g_autofree char *kept = what_is_stored(w, "house"), *left = what_is_stored(w, a->name);
	g_assert_cmpstr(kept, ==, "A1 R1");
	g_assert_cmpstr(left, ==, "- -");
}

/* renamed before the passphrase was given: what is asked for then waits, and is found; a newer password is not overwritten */
static void
renamed_while_locked(World *w, gconstpointer unused)
{
	g_autoptr(Account) a = mail_account("imaps://imap.example.org", "smtp://smtp.example.org"), b = mail_account("imaps://imap.example.org", "smtp://smtp.example.org"),
		house = account(w, "house");
	Got got = { 0 };
	Found f = { 0 };

	g_free(b->name);
	b->name = g_strdup("house");
	stored(w, a->name, "A1", "R1", -10, 3600);
	w->v = vault(w, "file", "echo key");
	vault_keep_password(w->v, a, VAULT_RECEIVE, "blue");
	vault_keep_password(w->v, a, VAULT_SEND, "green");
	kept_letter(w, true);
	kept_letter(w, true);
	vault_free(w->v);

	w->v = vault(w, "file", NULL);
	vault_keep_password(w->v, a, VAULT_SEND, "red");
	vault_rename(w->v, a->name, house);
	vault_password(w->v, b, VAULT_RECEIVE, w->context, on_password, &f);
	vault_token(w->v, house, NULL, w->context, on_token, &got);
	auth_letter_free(letter(w, AUTH_ASK_KEY));
	vault_key(w->v, "key");
	until(w, &f.done);
	until(w, &got.done);
	g_assert_cmpstr(f.password, ==, "blue");
	g_assert_cmpstr(got.token, ==, "A1");
	PASSWORD(w, b, VAULT_SEND, "red, " IN_FILE);
	PASSWORD(w, a, VAULT_SEND, "none, " IN_FILE);
	g_free(f.password);
	g_free(f.where);
	g_free(got.token);
}

/* The passphrase was declined, and then the account is renamed or forgotten: it is asked for anew, and who declines again is told
 * what stays. */
static void
acts_after_declined(World *w, gconstpointer unused)
{
	g_autoptr(Account) a = mail_account("imaps://imap.example.org", "smtp://smtp.example.org"), b = mail_account("imaps://imap.example.org", "smtp://smtp.example.org"),
		house = account(w, "house");

	g_free(b->name);
	b->name = g_strdup("house");
	stored(w, a->name, "A1", "R1", -10, 3600);
	w->v = vault(w, "file", "echo key");
	vault_keep_password(w->v, a, VAULT_RECEIVE, "blue");
	kept_letter(w, true);
	vault_free(w->v);
	for (guint gives = 0; gives < 2; gives++) {
		w->v = vault(w, "file", NULL);
		Found f = { 0 }, g = { 0 };
		vault_password(w->v, a, VAULT_RECEIVE, w->context, on_password, &f);
		auth_letter_free(letter(w, AUTH_ASK_KEY));
		vault_key(w->v, NULL);
		until(w, &f.done);
		g_assert_null(f.password);
		g_free(f.where);
		vault_rename(w->v, a->name, house);
		vault_password(w->v, b, VAULT_RECEIVE, w->context, on_password, &g);	/* waits for the answer */
		auth_letter_free(letter(w, AUTH_ASK_KEY));
		vault_key(w->v, gives ? "key" : NULL);
		until(w, &g.done);
		g_assert_cmpstr(g.password, ==, gives ? "blue" : NULL);
		g_free(g.password);
		g_free(g.where);
		AuthLetter *l = letter(w, AUTH_MOVED);
		g_assert_true(l->ok == (gives != 0));
		g_assert_true(gives || strstr(l->text, a->name));
		auth_letter_free(l);
		g_autofree char *kept = what_is_stored(w, gives ? "house" : a->name);
		g_assert_cmpstr(kept, ==, "A1 R1");
		vault_free(w->v);
	}
	for (guint gives = 0; gives < 2; gives++) {
		w->v = vault(w, "file", NULL);
		Found f = { 0 };
		vault_password(w->v, b, VAULT_RECEIVE, w->context, on_password, &f);
		auth_letter_free(letter(w, AUTH_ASK_KEY));
		vault_key(w->v, NULL);
		until(w, &f.done);
		g_free(f.where);
		vault_forget_password(w->v, b, VAULT_RECEIVE);
		vault_forget(w->v, house);
		auth_letter_free(letter(w, AUTH_ASK_KEY));
		vault_key(w->v, gives ? "key" : NULL);
		AuthLetter *first = letter(w, AUTH_SAVED), *second = letter(w, AUTH_KEPT);
		g_assert_true(first->ok == (gives != 0) && second->ok == (gives != 0));
		auth_letter_free(first);
		auth_letter_free(second);
		g_autofree char *kept = what_is_stored(w, "house");
		g_assert_cmpstr(kept, ==, gives ? "- -" : "A1 R1");
		vault_free(w->v);
	}
	w->v = vault(w, "file", "echo key");
	PASSWORD(w, b, VAULT_RECEIVE, "none, " IN_FILE);
}

static void
password_in_memory(World *w, gconstpointer unused)
{
	g_autoptr(Account) a = mail_account("imaps://imap.example.org", "smtp://smtp.example.org");

	w->v = vault(w, "memory", NULL);
	vault_keep_password(w->v, a, VAULT_SEND, "blue");
	kept_letter(w, true);
	PASSWORD(w, a, VAULT_SEND, "blue, nowhere");
	PASSWORD(w, a, VAULT_RECEIVE, "none, nowhere");
	g_assert_false(g_file_test(w->file, G_FILE_TEST_EXISTS));
}

/* T15, T16: at full detail nothing of a token, code or passphrase is in the log */
static void
nothing_in_the_log(World *w, gconstpointer unused)
{
	static const char *const canaries[] = { "CANARYaccess", "CANARYrefresh", "CANARYnext", "CANARYdevice", "CANARYkey", "CANARYpassword", "Q0FOQVJZ" };
	g_autofree char *log = g_build_filename(w->folder, "log", NULL), *text = NULL;
	g_autoptr(GError) err = NULL;
	g_assert_true(log_open(log, LOG_DEBUG, &err));
	provider_will(w->p, "/device", 200, "{\"device_code\":\"CANARYdevice\",\"user_code\":\"WXYZ\",\"verification_uri\":\"https://p/d\",\"interval\":1}");
	provider_will(w->p, "/token", 200, "{\"access_token\":\"CANARYaccess\",\"expires_in\":3600,\"refresh_token\":\"CANARYrefresh\"}");
	provider_will(w->p, "/token", 200, "{\"access_token\":\"CANARYnext\",\"expires_in\":3600}");
	w->v = vault(w, "file", "echo CANARYkey");
	vault_sign_in(w->v, w->a, true);
	auth_letter_free(letter(w, AUTH_SAVED));
	TOKEN(w, "CANARYaccess", "CANARYnext");
	g_autoptr(Account) a = mail_account("imaps://imap.example.org", "smtp://smtp.example.org");
	vault_keep_password(w->v, a, VAULT_RECEIVE, "CANARYpassword");
	kept_letter(w, true);
	PASSWORD(w, a, VAULT_RECEIVE, "CANARYpassword, " IN_FILE);
	vault_free(w->v);
	w->v = NULL;
	log_close();
	g_assert_true(g_file_get_contents(log, &text, NULL, NULL));
	g_assert_nonnull(strstr(text, "127.0.0.1"));
	g_autofree char *recent = log_recent(), *sealed = NULL;
	gsize len;
	g_assert_true(g_file_get_contents(w->file, &sealed, &len, NULL));
	for (guint i = 0; i < G_N_ELEMENTS(canaries); i++) {
		g_assert_null(strstr(text, canaries[i]));
		g_assert_null(strstr(recent, canaries[i]));
		g_assert_null(memmem(sealed, len, canaries[i], strlen(canaries[i])));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, f) g_test_add("/vault/" path, World, NULL, setup, f, teardown)
	ADD("good", good);
	ADD("refreshed", refreshed);
	ADD("S5/one-refresh", one_refresh);
	ADD("two-programs", two_programs);
	ADD("refused", refused);
	ADD("short-life", short_life);
	ADD("S5/revoked", revoked);
	ADD("unreadable", unreadable);
	ADD("provider-down", provider_down);
	ADD("wrong-clock", wrong_clock);
	ADD("nobody-signed-in", nobody_signed_in);
	ADD("signed-in", signed_in);
	ADD("declined", declined);
	ADD("other-client", other_client);
	ADD("cancelled", cancelled);
	ADD("passwords", passwords);
	ADD("password-first", password_first);
	ADD("password-in-memory", password_in_memory);
	ADD("renamed", renamed);
	ADD("renamed-while-locked", renamed_while_locked);
	ADD("acts-after-declined", acts_after_declined);
	ADD("T15/nothing-in-the-log", nothing_in_the_log);
	return g_test_run();
}
