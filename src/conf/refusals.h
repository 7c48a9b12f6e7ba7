/* refusals.h - THE table of refusals: what a server says, and what that means for the person.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The rows are in conf/refusals.def, the texts for an administrator in conf/pleas.def. The engine's sentence, the doctor
 * and the sign-in at a provider read the same rows. Pure; any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { SAYS_IMAP = 1, SAYS_POP3 = 2, SAYS_SMTP = 4, SAYS_OAUTH = 8, SAYS_MAIL = 7, SAYS_ANY = 15 } RefusalBy;
typedef enum { WITH_ANY, WITH_PASSWORD, WITH_TOKEN } RefusalWith;

typedef enum {
	CAUSE_SECRET,		/* the name, the password or the token is wrong */
	CAUSE_TOKEN,		/* a stored sign-in is over: sign in anew */
	CAUSE_SERVICE_OFF,	/* the service, or this way of signing in, is switched off */
	CAUSE_POLICY,		/* a rule of the organisation or the provider */
	CAUSE_CONSENT,		/* eilpost was not allowed yet to act for the person */
	CAUSE_ACCOUNT,		/* the account itself: unknown, disabled, without mailbox */
	CAUSE_CLIENT,		/* what the settings say: client id, tenant, scopes */
	CAUSE_LIMIT,		/* too much, too often */
	CAUSE_QUOTA,
	CAUSE_ENCRYPTION,
	CAUSE_SERVER,		/* the server itself can't */
} RefusalCause;

typedef enum { WHOM_YOURSELF, WHOM_ADMINISTRATOR, WHOM_PROVIDER } RefusalWhom;

typedef struct {
	const char *id;
	guint by;		/* RefusalBy bits */
	RefusalWith with;
	/* What must stand in the words: alternatives behind "|"; "*" in one: and later on. No letter case, but after "="; a digit
	 * at an end of it has no other beside it in the words. */
	const char *said;
	RefusalCause cause;
	RefusalWhom whom;
	bool again;		/* a retry without the person makes sense */
	const char *sentence;	/* N_(): {user}, {host}, {protocol} */
	const char *advice;	/* N_(): what to do; likewise; NULL: the text for the administrator says it */
	const char *plea;	/* of pleas.def; NULL: none */
	const char *example;	/* one or several, a line each: real words; the tests play them */
} Refusal;

const Refusal *refusals_table(gsize *n);

/* said: "NO [CODE] text", "-ERR [CODE] text", "535 5.7.8 text", "error: description"; of XOAUTH2 the JSON behind it. The first
 * row that fits; NULL: nothing is known of it. */
const Refusal *refusal_find(RefusalBy by, bool token, const char *said);
const Refusal *refusal_by_id(const char *id);

typedef struct { const char *user, *host; RefusalBy by; const char *said; } RefusalPlace;	/* borrowed; said may be NULL */
char *refusal_sentence(const Refusal *r, const RefusalPlace *p);	/* translated; yours */
char *refusal_advice(const Refusal *r, const RefusalPlace *p);	/* translated; yours; NULL: none */
const char *refusal_whom(RefusalWhom whom);	/* translated: "your administrator" */
/* A mail to the administrator, in German and English whatever the locale, as either may be read there; yours; NULL: none. */
char *refusal_plea(const Refusal *r, const RefusalPlace *p);
const char *refusal_protocol(RefusalBy by);	/* "IMAP" */
