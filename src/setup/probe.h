/* probe.h - whether a server of a kind answers at a likely name, with a certificate for it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * No more is said than a server needs to show its certificate: nothing of the person's. */
#pragma once

#include "base/error.h"

typedef struct Probe Probe;

/* good: TLS came up, verified, and it greets as its protocol does. Called once, in the context, never from probe_start itself; then the
 * probe is gone. */
typedef void (*ProbeDone)(void *user, bool good);
/* url: "imaps://", "pop3s://", "smtps://" or "smtp://" (STARTTLS). */
Probe *probe_start(const char *url, const char *ca_file /* may be NULL */, GMainContext *context, ProbeDone done, void *user);
void probe_cancel(Probe *p);	/* done is not called any more */
