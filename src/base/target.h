/* target.h - where a connection goes and how it is secured, as plain values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An account makes it (conf/accounts.h), net/link.h takes it, and the protocols know what they may say before it is secure. */
#pragma once

#include "base/peer.h"

typedef enum {
	SECURITY_TLS,		/* verified TLS from the first byte */
	SECURITY_STARTTLS,	/* required: nothing else is written before it (T1..T6) */
	SECURITY_NONE,		/* imap+insecure and its like, loopback only (the caller checked) */
} Security;

typedef struct {	/* borrowed for the call */
	const char *host;
	guint16 port;
	Security security;
	const char *ca_file;
	GPtrArray *pins;	/* as in net/tls.h, as the next */
	const char *client_cert, *client_key, *key_phrase;
} LinkTarget;
