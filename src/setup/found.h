/* found.h - settings for an address, and who says so.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "conf/providers.h"

typedef enum {	/* in the order in which they are believed */
	SOURCE_PROVIDER,	/* a row of the table, by the domain of the address */
	SOURCE_AUTOCONFIG,	/* the domain's own description, by https */
	SOURCE_MX,		/* a row of the table, by who takes the domain's mail */
	SOURCE_SRV,		/* the domain's DNS */
	SOURCE_GUESS,		/* a server answers at a likely name */
	SOURCE_NONE,		/* nothing was found: names to begin with */
} FoundSource;

typedef struct {
	FoundSource source;
	const Provider *provider;	/* borrowed; NULL: none */
	char *name;		/* owned: of the provider or domain */
	char *imap, *pop3, *smtp;	/* owned: URLs as in the configuration file, without a user; NULL: none */
	char *user;		/* owned: the name to sign in with */
	guint sign_in;		/* ProviderSignIn bits */
} Found;

void found_free(Found *f);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Found, found_free)
