/* loopback.h - where the browser comes back to: a web server for one question on this computer (RFC 8252, 7.3).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Listens on 127.0.0.1 or ::1 (both for localhost) only, takes GET of the one path, answers with a sentence. In one context. */
#pragma once

#include "base/error.h"

typedef struct Loopback Loopback;

/* target: path and query of the request; borrowed. True: it is what was waited for, and the page says that it worked. May
 * not free the Loopback. */
typedef bool (*LoopbackCame)(void *user, const char *target);

/* redirect: "http://127.0.0.1/", maybe with a port; without one a free one is taken. */
Loopback *loopback_new(GMainContext *context, const char *redirect, LoopbackCame came, void *user, GError **err);
void loopback_free(Loopback *l);
const char *loopback_redirect(const Loopback *l);	/* with its port; borrowed */
