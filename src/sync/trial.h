/* trial.h - tries the sign-ins of an account: receiving, then sending; nothing is fetched, nothing changes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A thread of its own that tells by letters. One after the other: a server that refused the password is the only one that saw it
 * (S4). Where no way to send is named only the first is tried. */
#pragma once

#include "auth/vault.h"
#include "conf/accounts.h"

typedef enum { TRIAL_RECEIVE, TRIAL_SEND } TrialSide;
typedef enum {
	TRIAL_GOES,	/* text: what goes on, in words */
	TRIAL_ASKS,	/* text: for what: the passphrase of client-key; it waits for trial_answer */
	TRIAL_GOOD,	/* this side is signed in; took_ms: how long that was */
	TRIAL_FAILED,	/* text: a whole sentence; the end */
	TRIAL_DONE,	/* all that there is can be used; the end */
} TrialState;
typedef struct {
	TrialSide side;
	TrialState state;
	char *text;		/* owned; or NULL */
	gint64 took_ms;
	bool refused;		/* TRIAL_FAILED: the sign-in itself: another password may do */
	bool no_password;	/* TRIAL_FAILED: none is known; one may be typed */
} TrialLetter;
void trial_letter_free(TrialLetter *l);

typedef struct Trial Trial;
/* secret: the password that was typed (copied), or NULL: what the account's command or the vault gives. */
Trial *trial_start(Account *account, const char *secret, Vault *vault /* lives longer; may be NULL */);
int trial_fd(const Trial *t);
TrialLetter *trial_take(Trial *t);	/* yours; NULL: none waits */
void trial_answer(Trial *t, const char *text);	/* copied; NULL: nobody gives it */
void trial_end(Trial *t);	/* also in the middle: it does not wait for the network */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrialLetter, trial_letter_free)
