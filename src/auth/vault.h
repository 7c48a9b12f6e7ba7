/* vault.h - the one owner of all tokens and stored passwords of the program: gives them out, refreshes and keeps them, signs in.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A thread of its own; all who want a token ask it by letters, so a refresh token is used once however many connections
 * wait for it (they rotate: a second use would revoke both). What it says to a person goes into one Chan as AuthLetters.
 * A sign-in has the name of the account it belongs to (Oauth.name); accounts may share one. Any thread may call. */
#pragma once

#include "base/chan.h"
#include "base/error.h"
#include "conf/accounts.h"

typedef struct Vault Vault;
typedef struct VaultTicket VaultTicket;

typedef enum {
	AUTH_ASK_KEY,	/* the passphrase of the stored sign-ins is wanted: vault_key. fresh: it is to be chosen now. text: why it is asked again, or NULL */
	AUTH_CODE,	/* code, address, direct (with the code in it; may be NULL), until: to be shown */
	AUTH_ADDRESS,	/* address: to be opened in a browser */
	AUTH_NOTE,	/* text: the sign-in goes on, but this should be known */
	AUTH_DONE,	/* the sign-in ended: ok; else text says why not */
	AUTH_SAVED,	/* what AUTH_DONE brought is kept now; text: where (or, !ok, why it is not) */
	AUTH_KEPT,	/* name: the account; its password is kept (fresh), or forgotten (!fresh); text: where, "in the keyring of the desktop" (or, !ok, why it is not) */
	AUTH_MOVED,	/* name: the new one of an account; ok: what was kept for it has that name too; else text says why not */
} AuthNews;
typedef struct {
	AuthNews kind;
	char *name;		/* owned, as all here: of the sign-in */
	char *text, *code, *address, *direct;
	gint64 until;		/* monotonic microseconds */
	bool ok, fresh;
} AuthLetter;
void auth_letter_free(AuthLetter *l);

typedef struct {
	const char *file;	/* where the sealed file lies; copied, as all here */
	const char *keep;	/* general: token-store */
	const char *key_command;	/* NULL: the person is asked */
	Chan *letters;		/* borrowed, of AuthLetter*; NULL: there is nobody to ask or tell */
	guint rounds;		/* of the key's making; 0: SEAL_ROUNDS */
} VaultSetup;

Vault *vault_new(const VaultSetup *setup);
void vault_free(Vault *v);	/* nobody may ask it any more; waits a little for the thread, then leaves it behind */
void vault_end(Vault *v);	/* at the end of the program: engines that hang may still ask, and get no answer */

/* token NULL: err. EIL_LATER: the provider can't be reached; EIL_ASK_USER: a sign-in is needed, or the settings are wrong.
 * good_ms: how long it lives. The ticket is gone with the call. */
typedef void (*VaultDone)(void *user, const char *token, gint64 good_ms, const GError *err);
/* An access token of the account's sign-in, refreshed before it ends. refused: the token that a mail server did not take,
 * or NULL. done is called once, later, in the context; never after vault_ticket_cancel (same thread). */
VaultTicket *vault_token(Vault *v, Account *a, const char *refused, GMainContext *context, VaultDone done, void *user);
void vault_ticket_cancel(VaultTicket *t);	/* NULL is fine */

/* Begins a sign-in; one that is under way for the same name ends without a word. The answers are letters. */
void vault_sign_in(Vault *v, Account *a, bool device);
void vault_paste(Vault *v, const char *name, const char *address);
void vault_stop(Vault *v, const char *name);	/* the person leaves the sign-in */
void vault_key(Vault *v, const char *passphrase);	/* NULL or "": declined: tokens stay in memory */
void vault_forget(Vault *v, Account *a);	/* answered by AUTH_SAVED */

/* ---- passwords ---- */

/* Each account may have one for receiving and one for sending. They lie where general: token-store says, with the name and host
 * that they are for (a->receive or a->send): with others in the account there is none. A keyring that hangs delays the answer,
 * nothing else. */
typedef enum { VAULT_RECEIVE, VAULT_SEND } VaultUse;
/* password NULL: none is kept, or err says why it can't be read. where: in which place one would be kept, translated ("in the
 * keyring of the desktop"); NULL: nowhere beyond this run. All borrowed; the ticket is gone with the call. */
typedef void (*VaultPasswordDone)(void *user, const char *password, const char *where, const GError *err);
VaultTicket *vault_password(Vault *v, const Account *a, VaultUse use, GMainContext *context, VaultPasswordDone done, void *user);
bool vault_ticket_wants_key(VaultTicket *t);	/* its answer waits for AUTH_ASK_KEY to be answered */
/* Both are answered by AUTH_KEPT, maybe after AUTH_ASK_KEY; vault_password knows of it at once. */
void vault_keep_password(Vault *v, const Account *a, VaultUse use, const char *password);
void vault_forget_password(Vault *v, const Account *a, VaultUse use);

/* The account that was called so is `now`: its sign-in and passwords go along, for all that is asked after this call.
 * Answered by AUTH_MOVED, maybe after AUTH_ASK_KEY. */
void vault_rename(Vault *v, const char *was, Account *now);
