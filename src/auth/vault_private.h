/* vault_private.h - what the files of the vault share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * All but VaultTicket.refs and Vault.calls belongs to the vault's thread. */
#pragma once

#include "auth/signin.h"
#include "auth/tokenstore.h"
#include "auth/vault.h"
#include "base/secret.h"
#include "conf/secrets.h"

struct VaultTicket {
	gatomicrefcount refs;	/* the asker's and the vault's */
	GMainContext *context;	/* a reference */
	VaultDone done;		/* of a token; NULL: a password is asked for */
	VaultPasswordDone password_done;
	void *user;
	bool cancelled;		/* of the asker's thread */
	gint wants_key;		/* atomic: it waits for the passphrase */
	Secret *refused;	/* owned; NULL: none */
	/* the answer */
	Secret *secret;		/* owned; NULL: err, or there is no password */
	char *where;		/* owned: of a password */
	gint64 good_ms;		/* of a token */
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
	GError *unread;		/* owned: what is stored could not be read; NULL: it was, or nothing is there */
	gint64 trouble_at;
} Entry;

/* A password with whose it is; on its way out, or waiting for a place to be kept. */
typedef struct {
	char *account, *key, *holder;	/* owned: the account's name, its name in the store, "user@host" that it was given for */
	bool asked;		/* for the passphrase, anew: once */
	char *was;		/* owned: the account has another name, and all that is kept follows; NULL: no, it is a password */
	Secret *secret;		/* owned; NULL: to be forgotten */
	VaultTicket *ticket;	/* owned: who asks for it; NULL: it is to be kept */
} Password;

typedef enum { CALL_TOKEN, CALL_SIGN_IN, CALL_PASTE, CALL_STOP, CALL_KEY, CALL_FORGET, CALL_PASSWORD, CALL_RENAME, CALL_END } CallKind;
typedef struct {
	CallKind kind;
	Account *account;	/* a reference; NULL where not used */
	char *text, *name;	/* owned; text is wiped */
	VaultTicket *ticket;	/* owned */
	Password *password;	/* owned */
	bool device;
} Call;

struct Vault {
	char *key_command;	/* owned; NULL: none (any more) */
	Chan *letters;		/* borrowed */
	Chan *calls;		/* owned */
	GThread *thread;
	gint ended;		/* atomic */

	GMainContext *context;	/* owned */
	Http *http;		/* owned */
	TokenStore *store;	/* owned */
	GPtrArray *entries;	/* owned, of Entry* */
	GPtrArray *passwords;	/* owned, of Password*: they wait for the passphrase, in the order that they came */
	SecretJob *key_job;	/* owned */
	bool key_asked, quitting;
};

/* vault.c */
void vault_tell(Vault *v, AuthLetter letter);	/* takes its strings */
VaultTicket *vault_ticket_new(GMainContext *context, void *user);
void vault_ticket_answer(VaultTicket *t);	/* takes the vault's reference */
void vault_ticket_unref(gpointer ticket);
bool vault_locked(Vault *v);	/* it waits for the passphrase */
void vault_ask_key(Vault *v, const char *why);
void vault_call(Vault *v, Call *c);	/* takes it */

/* entry.c */
Entry *entry_named(Vault *v, const char *name);	/* NULL: there is none */
Entry *entry_of(Vault *v, Account *a);
void entry_free(gpointer entry);
void entry_serve(Entry *e);
void entry_save(Entry *e);
void entry_sign_in(Vault *v, Account *a, bool device);
void entry_forget(Vault *v, Account *a);
void entry_rename(Vault *v, const char *was, Account *now);	/* what is in memory; the store is password.c's */

/* password.c */
void password_free(gpointer password);
void password_serve(Vault *v, Password *p);	/* takes it */
void password_serve_all(Vault *v);	/* the passphrase came, or was declined */
void password_rename(Vault *v, const char *was, const char *now);	/* and the tokens of that name */
