/* oauth.h - where an account signs in by OAuth 2.0: its own options, else what is known of its mail server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * No client id is built in: a program's id is given by the provider to who registers it, and one that is borrowed may be
 * switched off any day (eilpost-config(5) says how to get one). */
#pragma once

#include "conf/accounts.h"

typedef struct {
	const char *host;	/* of the mail server: equal, or the end behind a dot */
	const char *name;	/* of the provider */
	const char *authorize_url, *token_url, *device_url;	/* {tenant}: oauth-tenant; NULL: it has none */
	const char *issuer;	/* NULL: not looked at (RFC 9207) */
	const char *scope;
	const char *redirect;
	const char *extra;	/* parameters for the address of the sign-in page; NULL: none */
} OauthProvider;

const OauthProvider *oauth_provider(const char *host);	/* NULL: not known */
/* What the options left open is filled in; {tenant} becomes the tenant. */
void oauth_complete(Account *a);
/* Whether it can work. False: *problem gets a translated sentence (yours). */
bool oauth_check(const Account *a, char **problem);
