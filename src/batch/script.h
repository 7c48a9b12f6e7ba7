/* script.h - what `eilpost list`, `search`, `show` and `status` share: their arguments, and how a message is named.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * For src/batch. All read from the stores alone: no network, nothing is changed, and they work beside an eilpost that is open. */
#pragma once

#include "batch/batch_private.h"

typedef struct {
	const Batch *h;
	bool json;
	guint most;		/* -n; 0: all */
	GPtrArray *words;	/* owned, of char*: UTF-8; what is no option */
} Script;

/* False: wrong usage, which was said with that line. */
bool script_begin(Script *s, const Batch *h, char **args, const char *usage);
void script_end(Script *s);
/* The account's store; NULL: said why, to the error output. */
Db *script_store(const Script *s, const Account *a);
char *script_time(gint64 when);	/* "2026-11-29 18:22", of this computer's clock; yours; NULL: 0 */
/* "work:123": the account, and its store's number for the message. */
char *script_id(const Account *a, gint64 message);
/* And back. NULL: there is no such account, or it is no such name. A number alone is of -A, or of the only account. */
Account *script_account_of(const Script *s, const char *id, gint64 *message);
