/* error.h - the one error domain: each code says what can be done.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A message is a translated whole sentence for people: what failed, for whom,
 * what now. The server's own words are quoted after it, cleaned by base/utf8.
 * Where it came from is added at each door by g_prefix_error. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define EIL_ERROR error_domain_quark()

typedef enum {
	EIL_LATER,	/* try again, with back-off: no network, server busy, deadline */
	EIL_ASK_USER,	/* password, certificate, an input that is wrong */
	EIL_REFUSED,	/* the server said no */
	EIL_BROKEN,	/* peer or disk speaks nonsense: drop and start over */
	EIL_CANCELLED,	/* the person, or the end of the program */
} EilError;

GQuark error_domain_quark(void);

/* True if err is one of ours with that code. */
bool error_is(const GError *err, EilError code);
