/* secret.h - memory for passwords and tokens: locked, not dumped, wiped (RELIABILITY T16).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct Secret Secret;

Secret *secret_new(const char *text, gssize len);	/* copied; the caller wipes its own */
const char *secret_peek(const Secret *s);	/* NUL-terminated, borrowed */
void secret_free(Secret *s);
void secret_wipe_string(char *text);	/* overwrites and frees; NULL is fine */

/* No core dumps, no ptrace by others. Call first in main. */
void secret_process_hardening(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)
