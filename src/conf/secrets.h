/* secrets.h - gets a password: from a command, without blocking.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The command runs through /bin/sh -c with stdin from /dev/null and gives the secret on its standard output, first line
 * (T16: never by argument or environment). Runs in the given context; at most 60 s. */
#pragma once

#include "base/error.h"

#include <glib.h>

typedef struct SecretJob SecretJob;
/* secret: NUL-terminated, borrowed for the call (copy it into locked memory); NULL with err set. Called once. */
typedef void (*SecretDone)(void *user, const char *secret, const GError *err);
SecretJob *secret_fetch(const char *command, GMainContext *context, SecretDone done, void *user);
void secret_job_cancel(SecretJob *j);	/* kills the command by its own pid; done is not called */
