/* accounts.h - an account as the configuration file describes it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Made by conf.c from the sections [account NAME]; never changes after (a change makes a new snapshot). Shared between
 * threads by reference. */
#pragma once

#include "base/error.h"
#include "base/target.h"

typedef enum { SCHEME_NONE, SCHEME_IMAPS, SCHEME_IMAP, SCHEME_IMAP_INSECURE, SCHEME_POP3S, SCHEME_POP3, SCHEME_POP3_INSECURE,
	SCHEME_SMTPS, SCHEME_SMTP, SCHEME_SMTP_INSECURE } Scheme;
typedef struct {
	Scheme scheme;
	char *user;	/* owned, percent-decoded; NULL: the account's address */
	char *host;	/* owned; IPv6 literals without brackets */
	guint16 port;	/* the scheme's default filled in */
} ServerUrl;

typedef enum { AUTH_PASSWORD, AUTH_OAUTH2, AUTH_CERTIFICATE } AuthKind;
typedef enum { KEEP_YES, KEEP_NO, KEEP_DAYS, KEEP_UNTIL_DELETED } KeepKind;	/* POP3: what stays on the server */
enum { CHECK_STARTUP = 1, CHECK_MANUAL = 2, CHECK_EVERY = 4, CHECK_PUSH = 8 };

/* Signing in by OAuth 2.0; the fields that options left open are filled in by oauth_complete. */
typedef enum { OAUTH_WAY_AUTO, OAUTH_WAY_DEVICE, OAUTH_WAY_BROWSER } OauthWay;
typedef struct {
	char *name;		/* owned, as all here: the account whose sign-in it is: its own, or the one that oauth-account names */
	char *hint;		/* address of that account, for the sign-in page */
	char *provider;		/* for sentences: "Microsoft", or a host */
	char *client_id, *client_secret, *tenant, *scope;
	char *authorize_url, *token_url, *device_url, *issuer, *redirect, *extra;	/* NULL: it has none */
	char *ca_file;
	OauthWay way;
} Oauth;

typedef struct {
	char *name;		/* owned, as all here */
	char *address, *full_name;
	ServerUrl receive, send;
	AuthKind auth;
	bool no_passwords;	/* auth is by password, but the provider takes none (S3): nothing is asked for, nothing sent */
	Oauth oauth;		/* with AUTH_OAUTH2 */
	char *password_command;	/* NULL: keyring, else asked on the screen */
	char *send_password_command;	/* NULL: as for receiving */
	char *ca_file;
	char *client_cert, *client_key;	/* files; key NULL: in the same */
	GPtrArray *pins;	/* of Pin*, never changed after; NULL: none (conf/pins.h) */
	guint check;		/* CHECK_ bits */
	guint check_minutes;
	char *send_when;
	KeepKind keep;		/* keep-on-server */
	int keep_days;
	int offline_days;	/* bodies kept here: 0 headers only, -1 all */
	guint connections;	/* at most so many to receive: 1, or 2: one more for large attachments and texts that are kept */
	guint ahead_mib;	/* a day, fetched before anybody asks for it */
	char *sent;
	char *drafts;		/* NULL: by its role; "no copy" */
	char **disable;		/* upper case; never NULL: capabilities that count as not offered */
} Account;

Account *account_ref(Account *a);
void account_unref(Account *a);
bool account_is_pop(const Account *a);	/* receives by POP3 */
const char *account_user(const Account *a);	/* for receiving */
/* The password for receiving is not for its sending: another name, or a host of somebody else. imap.example.org and
 * smtp.example.org belong together, imap.example.org and smtp.example.net don't. */
bool account_sends_apart(const Account *a);

/* "imaps://alice@imap.example.org:993". False: *problem gets a translated sentence (yours). imap+insecure and its like are accepted
 * for 127.0.0.0/8, ::1 and localhost only. */
bool server_url_parse(const char *text, ServerUrl *url, char **problem);
Security server_security(const ServerUrl *url);
/* A server that belongs to no account: nothing of certificates. Borrows from url, as the next. */
LinkTarget server_target(const ServerUrl *url);
/* One of an account's servers, with all that the account says of certificates. */
LinkTarget account_target(const Account *a, const ServerUrl *url, const char *key_phrase /* of client_key; NULL: none */);
bool host_is_here(const char *host);	/* 127.0.0.0/8, ::1, localhost */
void server_url_clear(ServerUrl *url);
/* "startup, every 5 minutes" as CHECK_ bits; "headers", "90 days", "all" as offline_days. */
bool account_parse_check(const char *text, guint *bits, guint *minutes, char **problem);
bool account_parse_keep(const char *text, KeepKind *keep, int *days, char **problem);
bool account_parse_days(const char *text, int *days, char **problem);
Account *account_new(void);
void oauth_clear(Oauth *o);
void oauth_copy(Oauth *to, const Oauth *from);	/* what was in it goes */
bool oauth_same(const Oauth *a, const Oauth *b);
void account_set_disable(Account *a, const char *words /* separated by spaces or commas; may be NULL */);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Account, account_unref)
