/* seal.h - text that only who knows a passphrase can read or change.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * PBKDF2-HMAC-SHA256 makes a key of the passphrase, ChaCha20-Poly1305 seals (RFC 8439). Form: magic line, rounds (4 bytes,
 * big end first), salt (16), nonce (12), the sealed text, tag (16); all before the text is under the tag too. Any thread. */
#pragma once

#include "base/secret.h"

#include <stdbool.h>

enum { SEAL_ROUNDS = 600000 };

typedef struct Seal Seal;	/* a passphrase and what was made of it; in locked memory */

Seal *seal_new(const char *passphrase, guint rounds);
void seal_free(Seal *s);
/* Takes a second or so where the salt is new to the Seal. Yours. */
GBytes *seal_close(Seal *s, const char *text, gsize len);
/* NULL: another passphrase, or it was changed by others. */
Secret *seal_open(Seal *s, const void *data, gsize len);
bool seal_is(const void *data, gsize len);	/* it looks like one */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Seal, seal_free)
