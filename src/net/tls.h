/* tls.h - TLS over another layer; the only user of GnuTLS.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * TLS 1.2 and 1.3. The peer is verified inside the handshake, before a byte of ours goes: chain (system's store and
 * ca_file), dates, name by SAN only (RFC 9525), IDN as A-labels. Failure: EIL_REFUSED with a sentence that says what is
 * wrong with the certificate and that no password was sent. */
#pragma once

#include "net/filter.h"

/* Takes below (also on error). ca_file: PEM, beside the system's store; NULL: none. */
Filter *tls_open(Filter *below, const char *host, const char *ca_file, GError **err);
