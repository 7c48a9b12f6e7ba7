/* door.h - the socket of an account's engine: a second eilpost gives its wishes to the first, which has the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A visitor writes one question and reads one answer, then hangs up. "check": one send/receive cycle; "queue": a mail for
 * the outbox. The answer is "ok NUMBER" or "no SENTENCE". The socket lies in the runtime folder (0700): only the
 * person's own programs reach it. */
#pragma once

#include "base/error.h"

typedef struct Engine Engine;
typedef struct Letter Letter;
typedef struct Door Door;

/* ---- the engine's side; its thread ---- */
Door *door_new(Engine *e, const char *path);	/* NULL: no socket could be made; everything else goes on */
void door_free(Door *d);
void door_heard(Door *d, const Letter *l);	/* each letter of the engine: one may be what a visitor waits for */

/* ---- the visitor's side; blocks ---- */
bool door_check(const char *path, GError **err);	/* until the cycle has ended */
/* The row in the outbox; 0: err. */
gint64 door_queue(const char *path, GBytes *message, const char *const *recipients /* NULL or empty: those of its header */,
	const char *sender /* NULL: of the account */, GError **err);
