/* grant.h - what OAuth 2.0 says: requests as text, answers as outcomes. Knows no network, clock or disk.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * RFC 6749, 7636 (PKCE, S256), 8252 (loopback redirect), 8628 (device authorization), 9207 (iss). Any thread. */
#pragma once

#include "base/error.h"
#include "conf/accounts.h"

/* Tokens and what is known of them; wiped when cleared. */
typedef struct {
	char *access, *refresh;	/* owned; NULL: none */
	char *client_id, *token_url;	/* owned: for which they were given */
	gint64 obtained, expires;	/* Unix seconds by this computer's clock */
} Tokens;
void tokens_clear(Tokens *t);
void tokens_move(Tokens *to, Tokens *from);	/* what was in `to` is cleared; `from` is empty then */
void tokens_copy(Tokens *to, const Tokens *from);

typedef struct { char *verifier, *challenge, *state; } Pkce;	/* owned */
void pkce_new(Pkce *p);
void pkce_clear(Pkce *p);	/* wipes */

/* "a=1&b=2" of pairs, NULL at the end; a pair whose value is NULL is left out. Yours; wipe it if a secret was in it. */
char *grant_form(const char *name, ...) G_GNUC_NULL_TERMINATED;
char *grant_authorize_url(const Oauth *o, const char *redirect, const Pkce *p);
char *grant_code_form(const Oauth *o, const char *redirect, const Pkce *p, const char *code);
char *grant_refresh_form(const Oauth *o, const char *refresh);
char *grant_device_form(const Oauth *o);
char *grant_poll_form(const Oauth *o, const char *device_code);

typedef enum {
	GRANT_OK,
	GRANT_PENDING, GRANT_SLOW_DOWN,	/* of the device flow: ask again */
	GRANT_DENIED,			/* the person said no at the provider */
	GRANT_EXPIRED,			/* the code is too old */
	GRANT_REVOKED,			/* a new sign-in is needed */
	GRANT_LATER,			/* the provider can't just now */
	GRANT_CLIENT,			/* the client id (or secret) is not accepted */
	GRANT_REFUSED,			/* anything else: the words say what */
	GRANT_NONSENSE,
} GrantOutcome;

/* The provider's answer to a token request. words: its own, for people (yours; may be NULL). t is filled for GRANT_OK, its
 * refresh stays NULL if no new one was given. */
GrantOutcome grant_tokens(int status, const char *body, gsize len, gint64 now, Tokens *t, char **words);

typedef struct {
	char *device_code, *user_code, *uri, *uri_complete;	/* owned; uri_complete may be NULL */
	gint64 expires_s, interval_s;
} DeviceCode;
void device_code_clear(DeviceCode *d);
GrantOutcome grant_device(int status, const char *body, gsize len, DeviceCode *d, char **words);

/* The address that the browser came back with, whole or from the path on. GRANT_OK: *code (yours; wipe it).
 * GRANT_NONSENSE: it is not an answer to what was asked (another state, another issuer, something else pasted). */
GrantOutcome grant_redirect(const char *address, const Pkce *p, const char *issuer, char **code, char **words);

char *grant_discovery_url(const Oauth *o);	/* of its issuer */
/* The OpenID provider's own description (RFC 8414): fills the endpoints that are NULL. False: it is none, or of another issuer. */
bool grant_discovered(Oauth *o, int status, const char *body, gsize len);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tokens, tokens_clear)
