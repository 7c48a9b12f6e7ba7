/* credential.h - the one door to what an account signs in with: from nobody, a command, the vault, or the person.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * For the engine (keys.c), a line of its own (look.c) and a trial (trial.c). Who fetches it says what follows: this one only
 * knows where it comes from, in which words it is asked for, and how long a keyring may be silent. */
#pragma once

#include "auth/vault.h"
#include "base/error.h"
#include "base/secret.h"
#include "conf/accounts.h"

typedef enum { RECEIVING, SENDING } SignsInTo;
typedef enum {
	GIVEN_BY_NOBODY,	/* none is needed: our certificate signs in */
	GIVEN_BY_COMMAND,
	GIVEN_BY_TOKEN,		/* of the vault's */
	GIVEN_BY_VAULT,		/* a password that is kept; if there is none, the person has it */
	GIVEN_BY_PERSON,
} GivenBy;
GivenBy credential_giver(const Account *a, SignsInTo what, bool vault /* there is one */);
bool credential_by_token(const Account *a);
const char *credential_command(const Account *a, SignsInTo what);	/* borrowed; NULL: it has none */

typedef struct {	/* all borrowed for the call */
	const char *secret;	/* NULL: none; without err: the person has it */
	gint64 good_ms;		/* of a token */
	const char *where;	/* in which place a password would be kept, in words; NULL: in none */
	const GError *err;	/* EIL_LATER: time heals it, the server has refused nothing; else the person has to act */
} CredentialAnswer;
typedef void (*CredentialDone)(void *user, SignsInTo what, const CredentialAnswer *answer);
typedef struct {
	Account *account;	/* a reference is taken */
	Vault *vault;		/* NULL: none; lives longer, as context */
	GMainContext *context;
	SignsInTo what;
	const Secret *refused;	/* a token that a server did not take; copied; NULL: none */
	CredentialDone done;	/* once, later, in the context; the fetch is gone with it. Never after credential_cancel */
	/* The keyring does not answer; it still may. Comes again until it does; not while the person is asked for its passphrase. */
	void (*slow)(void *user, SignsInTo what);
	void *user;
} CredentialSetup;
typedef struct CredentialFetch CredentialFetch;
CredentialFetch *credential_fetch(const CredentialSetup *setup);
void credential_cancel(CredentialFetch *f);	/* NULL is fine */

/* A provider that takes no passwords is shown none (S3): the sentence that says so; NULL: it is not that. Yours. */
char *credential_barred(const Account *a, SignsInTo what);
/* The question for it; again: the last one was refused. Yours. */
char *credential_question(const Account *a, SignsInTo what, bool again);

/* The passphrase of client-key goes before all else. */
const char *credential_locked_key(const Account *a);	/* its file; borrowed; NULL: it has none, or is not locked */
char *credential_key_question(const char *key);	/* yours */
