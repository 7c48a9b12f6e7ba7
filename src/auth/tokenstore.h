/* tokenstore.h - where tokens and passwords are kept: the desktop's keyring, a sealed file, or nowhere.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What was saved is on the disk when the call returns (a refresh token that rotated is the only one there is). Two
 * programs may use the same one: each holds the lock while it reads, refreshes and saves. One thread; may wait for the
 * keyring, the disk and the making of a key. */
#pragma once

#include "auth/grant.h"
#include "base/secret.h"

typedef enum { KEEP_AUTO, KEEP_KEYRING, KEEP_FILE, KEEP_MEMORY } TokenKeep;
typedef enum {
	TOKENS_OPEN,		/* load and save work */
	TOKENS_LOCKED,		/* there is a file, and its passphrase is not known */
	TOKENS_FRESH,		/* there is no file yet: nothing to load, and saving needs a passphrase first */
	TOKENS_DECLINED,	/* the person gave none: in memory only */
} TokenState;

typedef struct TokenStore TokenStore;

TokenStore *token_store_new(TokenKeep keep, const char *file, guint rounds);
void token_store_free(TokenStore *s);
TokenState token_store_state(TokenStore *s);
bool token_store_shut(TokenStore *s);	/* declined, and there is a file: what is in it stays as it is */
const char *token_store_where(TokenStore *s);	/* in words, translated: "in the keyring of the desktop" */
/* False with err: it does not fit the file. NULL or "": declined. */
bool token_store_unlock(TokenStore *s, const char *passphrase, GError **err);
/* False with err NULL: nothing is kept of that name. */
bool token_store_load(TokenStore *s, const char *name, Tokens *t, GError **err);
bool token_store_save(TokenStore *s, const char *name, const Tokens *t, GError **err);	/* t NULL: removes it */
/* The same for any text of lines, "name, tab, value" each. label: for the keyring's own list; text NULL: removes it. */
bool token_store_load_text(TokenStore *s, const char *name, Secret **text, GError **err);
bool token_store_save_text(TokenStore *s, const char *name, const char *label, const char *text, GError **err);
bool token_store_lasts(TokenStore *s);	/* beyond this run */
bool token_store_try_lock(TokenStore *s);	/* against other programs; false: one of them has it */
void token_store_unlock_file(TokenStore *s);
