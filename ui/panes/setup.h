/* setup.h - the pane that makes accounts: the first screen of a start without any, and `add-account` later.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "auth/vault.h"
#include "ui/over.h"

void setup_open(struct App *a);
/* An address in: its servers are looked for at once. */
void setup_address(struct App *a, const char *address);
void setup_auth_came(struct App *a, const AuthLetter *l);	/* of the vault: the sign-in of the account that is made */
