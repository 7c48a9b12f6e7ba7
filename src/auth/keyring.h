/* keyring.h - the desktop's keyring (Secret Service, by libsecret); built without it, there is none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Calls may wait until the person unlocks the keyring: only in a thread that nothing waits for. */
#pragma once

#include "base/error.h"
#include "base/secret.h"

bool keyring_here(void);	/* one answers in this session */
/* owner: whose entry (the profile's folder), name: which. False with err NULL: there is no such entry. */
bool keyring_get(const char *owner, const char *name, Secret **text, GError **err);
bool keyring_put(const char *owner, const char *name, const char *label, const char *text, GError **err);
bool keyring_remove(const char *owner, const char *name, GError **err);
