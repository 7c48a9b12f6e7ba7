/* signin.h - one sign-in, from the question to the tokens: a code for another device (RFC 8628), or the browser with PKCE.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Runs in one context and never waits. Knows no store and no screen. */
#pragma once

#include "auth/grant.h"
#include "net/http.h"

typedef struct SignIn SignIn;

typedef struct {
	void (*code)(void *user, const DeviceCode *d);	/* to be shown; polling goes on by itself */
	void (*address)(void *user, const char *url);	/* to be opened in a browser */
	void (*note)(void *user, const char *sentence);	/* translated: it goes on, but the person should know */
	/* The end, once; t is to be taken with tokens_move; err otherwise. The SignIn still has to be freed. */
	void (*done)(void *user, Tokens *t, const GError *err);
} SignInClient;

/* device: by a code, else by the browser. Nothing is called before it returns. */
SignIn *signin_new(const Oauth *o, bool device, Http *http, GMainContext *context, const SignInClient *client, void *user);
void signin_free(SignIn *s);
/* The address that the person copied out of a browser elsewhere. What does not fit is said by note. */
void signin_paste(SignIn *s, const char *address);

/* What an outcome means, in words for people; of the account's sign-in at its provider. */
GError *grant_error(GrantOutcome outcome, const Oauth *o, const char *words);
/* A clock that is off makes tokens and certificates fail. NULL: it is not (or nothing is known). Yours. */
char *clock_words(const Oauth *o, gint64 theirs, gint64 ours);
