/* app.h - the screen program: panes, engines and keys in one loop.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "auth/vault.h"
#include "conf/conf.h"
#include "mail/draft.h"

typedef struct {
	Conf *conf;		/* borrowed for the run, as all here; without an account the pane that makes one comes first */
	const Places *places;
	const char *account, *folder;	/* where to begin; NULL: the first account's inbox */
	bool read_only, offline;
	Vault *vault;		/* tokens; NULL: none */
	Chan *auth_letters;	/* of AuthLetter*; with a vault */
	const Draft *write;	/* a mail to begin with; NULL: none */
	const char *const *commands;	/* run after the start, NULL-terminated; may be NULL */
	bool demo;		/* it is one, and says so */
} AppSetup;

enum { APP_WANTS_DEMO = 2, APP_TERMINATED = 3 /* by a signal, or the terminal is gone */ };
/* Takes the terminal, runs until the person leaves. 0, 1 (err says why it could not begin), or what the person wants next. UI thread. */
int app_run(const AppSetup *setup, GError **err);
