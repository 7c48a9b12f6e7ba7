/* providers.h - THE table of mail providers: servers, how one signs in, names of folders, what must be known.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The rows are in conf/providers.def. A site may have rows of its own in a file (providers_read_site); they come first. */
#pragma once

#include "base/error.h"

typedef enum { SIGN_PASSWORD = 1, SIGN_APP_PASSWORD = 2 /* made at the provider for one program */, SIGN_OAUTH = 4 } ProviderSignIn;
typedef enum { USER_ADDRESS, USER_LOCAL /* what stands before the @ */ } ProviderUser;
typedef enum {
	PROVIDER_FILES_SENT = 1,	/* the server itself puts a copy of what is sent into Sent */
	PROVIDER_SWITCH_ON = 2,		/* IMAP and POP3 must be allowed at the provider's site first */
	PROVIDER_GATEWAY = 4,		/* a program on this computer stands between */
} ProviderQuirk;

typedef struct {	/* {tenant} in the addresses stands for the option oauth-tenant; NULL: it has none */
	const char *authorize, *token, *device, *issuer, *scope, *redirect;
	const char *extra;	/* parameters for the address of the sign-in page */
} ProviderOauth;

typedef struct {
	const char *id, *name;
	const char *domains;	/* separated by spaces; "*.x" is all below x; "" if it is found by MX only */
	const char *mx;		/* names of the mail exchangers of domains that it hosts, in the same form */
	const char *imap, *pop3, *smtp;	/* "imaps://host[:port]" as in the configuration file, without a user; NULL: none */
	ProviderUser user;
	guint sign_in;		/* ProviderSignIn bits; 0: it offers neither IMAP nor POP3 */
	ProviderOauth oauth;
	const char *sent, *drafts, *trash, *junk, *archive;	/* in English or as they are always named; NULL: not known */
	guint quirks;		/* ProviderQuirk bits */
	const char *ca_file;	/* of site rows */
	const char *hint;	/* N_(): what must be done first, one or two sentences; NULL: nothing */
	const char *url;	/* the page for it; NULL: none */
} Provider;

const Provider *providers_table(gsize *n);

/* site: from providers_read_site, its rows come first; may be NULL. NULL: not known. */
const Provider *provider_by_domain(const GPtrArray *site, const char *domain);
const Provider *provider_by_mx(const GPtrArray *site, const char *exchanger);
const Provider *provider_by_id(const GPtrArray *site, const char *id);
const Provider *provider_by_host(const char *host);	/* of one of its servers */

/* "alice@example.org" → "example.org" (ASCII letters small, no dot at the end); NULL: that is no address. Yours. */
char *address_domain(const char *address);
char *provider_user_name(const Provider *p, const char *address);	/* yours */
/* "imaps://host" with the user put in, escaped; without it where the user is the address itself. Yours. */
char *provider_url(const char *base, const char *user, const char *address);
const char *provider_hint(const Provider *p);	/* translated; NULL: none */

/* Rows of a site: an INI file with a section for each, keys named as the fields above (domains, mx, imap, pop3, smtp, user = address|local,
 * sign-in = password|app-password|oauth2, sent, ca-file, hint, oauth-authorize-url ...). A missing file is no mistake: no rows. Never NULL;
 * what is wrong in it is said in *problem (yours), the rest is taken. */
GPtrArray *providers_read_site(const char *file, char **problem);	/* of Provider*; yours */
