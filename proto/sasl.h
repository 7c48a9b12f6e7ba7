/* sasl.h - one sign-in exchange, without a socket.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN through libgsasl; EXTERNAL, XOAUTH2 and OAUTHBEARER (RFC 7628) are ours.
 * Messages are raw bytes (the protocols add base64). Secrets are copied into locked, wiped memory. One thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Sasl Sasl;

typedef struct {
	const char *user, *secret;	/* borrowed for the call; the secret is a password or an access token */
	const char *host;
	guint16 port;
	const char *service;		/* "imap", "pop", "smtp" */
} SaslCredentials;

/* What there is to sign in with: never one instead of another (SEED S3). */
typedef enum { SASL_PASSWORD, SASL_TOKEN, SASL_CERTIFICATE /* EXTERNAL (RFC 4422, appendix A): the one that TLS has shown; no secret */ } SaslBy;

/* The best mechanism for what the server offers (names upper case, NULL-terminated): with one_turn the ones that need no
 * challenge come first (inside verified TLS: PLAIN, LOGIN, then SCRAM), else SCRAM first. SASL_TOKEN: only OAUTHBEARER, XOAUTH2,
 * never a password mechanism. refused: NULL-terminated mechanisms already answered with NO, or NULL. NULL: none fits. */
const char *sasl_choose(const char *const *offered, SaslBy by, bool one_turn, const char *const *refused);

Sasl *sasl_new(const char *mechanism, const SaslCredentials *c);	/* NULL: mechanism unknown here */
void sasl_free(Sasl *s);	/* wipes */
bool sasl_client_first(const Sasl *s);	/* an initial response exists */

/* The answer to a challenge (NULL, 0 for the initial response). False: the exchange failed (server not genuine, or nonsense).
 * *out is yours; wipe and free it with sasl_bytes_free. After an XOAUTH2/OAUTHBEARER error challenge *out is what must be
 * answered so that NO comes, and sasl_error() has the JSON text. */
bool sasl_step(Sasl *s, const void *challenge, gsize len, GBytes **out);
void sasl_bytes_free(GBytes *b);
const char *sasl_error(const Sasl *s);	/* borrowed; NULL: none */
/* True when the server's proof was checked or the mechanism has none; OK before that must not be trusted. */
bool sasl_done(const Sasl *s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sasl, sasl_free)
