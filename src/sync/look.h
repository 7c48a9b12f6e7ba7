/* look.h - a line of its own to an account's server for a program without a screen: it looks and changes nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It needs no store, so it works beside an eilpost that is open. All calls block the calling thread; while they wait,
 * `turn` is called. IMAP folders are opened by EXAMINE, texts fetched by PEEK; of a POP3 mailbox nothing is DELEd. */
#pragma once

#include "auth/vault.h"
#include "base/error.h"
#include "conf/accounts.h"

typedef struct Look Look;

typedef struct {
	Account *account;	/* borrowed, as all here; lives longer */
	Vault *vault;		/* NULL: accounts that need it can't sign in */
	char *(*ask)(void *user, const char *label);	/* the password, or the passphrase of client-key (yours to make, it is wiped); NULL: nobody can be asked */
	bool (*turn)(void *user);	/* while it waits, some times a second; false: it waits no longer (EIL_CANCELLED) */
	void *user;
} LookSetup;

Look *look_open(const LookSetup *setup, GError **err);	/* signs in. NULL: err */
void look_close(Look *l);	/* says goodbye; NULL is fine */

/* A whole message as it lies on the server. EIL_REFUSED: it is not there (any more). Yours. */
GBytes *look_message(Look *l, const char *wire, guint32 uidvalidity, guint32 uid, GError **err);
GBytes *look_pop_message(Look *l, const char *uidl, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Look, look_close)
