/* tls.h - TLS over another layer; the only user of GnuTLS.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * TLS 1.2 and 1.3. The peer is verified inside the handshake, before a byte of ours goes: chain (system's store and
 * ca_file), dates, use, name by SAN only (RFC 9525), IDN as A-labels, what its issuer says of it if it brings that along,
 * and the keys that the person accepted. Failure: EIL_REFUSED with a sentence that says what is wrong with the certificate
 * and that no password was sent. */
#pragma once

#include "base/peer.h"
#include "net/filter.h"

typedef struct {	/* borrowed for the call */
	const char *host;
	guint16 port;
	const char *ca_file;	/* PEM, beside the system's store; NULL: none */
	GPtrArray *pins;	/* of Pin*, of any host; never changed after; NULL: none */
	const char *client_cert, *client_key;	/* ours, if the server asks for it: PEM; key NULL: in the same file; cert NULL: none */
	const char *key_phrase;	/* of the key's file; NULL: it has none */
} TlsSetup;

/* Takes below (also on error). EIL_ASK_USER: a file named here can't be used, or is for others to read too, or key_phrase is wrong. */
Filter *tls_open(Filter *below, const TlsSetup *setup, GError **err);
/* What the peer showed, refused or not: yours; NULL: nothing yet. f: from tls_open. */
Peer *tls_peer(const Filter *f);
bool tls_key_locked(const char *path);	/* a file of a key that wants a passphrase */
bool tls_key_opens(const char *path, const char *phrase);	/* false: that is not its passphrase */
