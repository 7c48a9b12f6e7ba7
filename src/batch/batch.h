/* batch.h - eilpost without a screen: sync, send, sendmail, verify, and what scripts ask.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "auth/vault.h"
#include "conf/conf.h"
#include "mail/draft.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
/* the sendmail face says it as sysexits.h does; what waits in the outbox is EX_TEMPFAIL */
enum { EXIT_EX_USAGE = 64, EXIT_EX_DATA = 65, EXIT_EX_UNAVAILABLE = 69, EXIT_EX_TEMPORARY = 75, EXIT_EX_NO_PERMISSION = 77, EXIT_EX_CONFIG = 78 };

typedef struct {
	const Places *places;	/* borrowed, as all here */
	Conf *conf;
	bool read_only;
	const char *account, *folder;	/* -A, -f, or NULL */
	Vault *vault;
	Chan *auth_letters;	/* of AuthLetter* */
} Batch;

/* One send/receive cycle of the accounts that are named (none: all, or that of -A); a line for each. */
int batch_sync(const Batch *h, char **accounts);
/* A message on standard input goes to the outbox and leaves. args: what stood behind "send": -t -oi -f ADDRESS -A NAME recipients. */
int batch_send(const Batch *h, char **args);
/* Signs an account in at its provider. args: [ACCOUNT [code | browser | forget]]; without an account: how all of them stand. */
int batch_oauth(const Batch *h, char **args);
/* The stores of the accounts that are named (none: all) against their servers, which nothing is changed on. args: [--json] [ACCOUNT]... */
int batch_verify(const Batch *h, char **args);
/* From the stores alone. args: [--json] [-n NUMBER] [ACCOUNT [FOLDER]]; ... PATTERN...; [--json] ID...; [--json] [ACCOUNT]... */
int batch_list(const Batch *h, char **args);
int batch_search(const Batch *h, char **args);
int batch_show(const Batch *h, char **args);
int batch_status(const Batch *h, char **args);
/* args: [--here] FORMAT ACCOUNT FOLDER TARGET; ACCOUNT FOLDER FILE... */
int batch_export(const Batch *h, char **args);
int batch_import(const Batch *h, char **args);
/* Why the accounts that are named (none: all, or that of -A) don't connect; EXIT_DONE: all is well. */
int batch_doctor(const Batch *h, char **accounts);
/* A mail that the command line began leaves, with the standard input as its text. */
int batch_write(const Batch *h, Draft *d);
