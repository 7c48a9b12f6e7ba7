/* signin.h - the pane that signs an account in: what is asked, the code and where to type it, or the browser's address.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The sign-in itself is the vault's (auth/vault.h); this shows its letters and says what the person wants. */
#pragma once

#include "auth/vault.h"
#include "ui/over.h"

/* why: a sentence, or NULL: the person wants it, so that it begins at once. Nothing happens if it is open already. */
void signin_open(struct App *a, guint account, const char *why);
void signin_open_for(struct App *a, Account *config);	/* of an account that is not there yet: it begins at once */
bool signin_is_open(struct App *a);
void signin_came(struct App *a, const AuthLetter *l);	/* of the vault */

/* its commands */
typedef enum { SIGNIN_BEST, SIGNIN_BY_CODE, SIGNIN_BY_BROWSER } SignInWay;
bool signin_pane_begin(struct App *a, SignInWay way);	/* false: the pane has not the keys */
bool signin_copy(struct App *a);
bool signin_browse(struct App *a);
bool signin_paste_asked(struct App *a);
