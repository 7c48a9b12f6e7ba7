/* secrets.h - gets a password: from the account's command (or, later, keyring), without blocking.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The command runs through /bin/sh -c with stdin from /dev/null and gives the secret on its standard output, first line
 * (T16: never by argument or environment). Runs in the given context; at most 60 s. */
#pragma once

#include "base/error.h"
#include "conf/accounts.h"

typedef struct SecretJob SecretJob;
/* secret: NUL-terminated, borrowed for the call (copy it into locked memory); NULL with err set. Called once. */
typedef void (*SecretDone)(void *user, const char *secret, const GError *err);
/* NULL: the account has no command, so the person must be asked. */
SecretJob *secret_fetch(const Account *a, GMainContext *context, SecretDone done, void *user);
void secret_job_cancel(SecretJob *j);	/* kills the command by its own pid; done is not called */
