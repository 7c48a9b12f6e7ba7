/* import_private.h - what the readers of setup/import*.c share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "setup/import.h"

enum { IMPORT_FILE_MAX = 1024 * 1024, IMPORT_ACCOUNTS_MAX = 64 };

/* What a reader gathered of one account, before it is written as lines. All owned; NULL: not told. */
typedef struct {
	char *name, *address, *full_name;
	char *receive, *send;	/* URLs, with the user in them where it is not the address */
	char *auth, *password_command, *sent, *signature_file, *keep, *check, *others;
} ImportAccount;

void import_account_clear(ImportAccount *a);
/* False: it lacks what an account needs, and `left` says so. */
bool import_account(Import *i, ImportAccount *a /* cleared */);
const char *import_section(const Import *i);	/* of the last account that was taken; borrowed */
void import_line(Import *i, const char *section, const char *name, const char *value);
void import_key(Import *i, const char *section, const char *command, const char *key);	/* one more for the command */
void import_taken(Import *i, const char *format, ...) G_GNUC_PRINTF(2, 3);
void import_left(Import *i, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "imaps", host, "993", user, address: an URL; without the port where it is usual and the user where it is the address. Yours; NULL: no host. */
char *import_url(const char *scheme, const char *host, guint port, const char *user, const char *address);
char *import_file(const char *path, GError **err);	/* as UTF-8; yours */
char *import_home(const char *path, const char *home);	/* "~/x" and "$HOME/x" made whole; yours */

bool import_mutt(Import *i, const char *path, const char *home, GError **err);
bool import_aerc(Import *i, const char *path, const char *home, GError **err);
bool import_alpine(Import *i, const char *path, const char *home, GError **err);
bool import_thunderbird(Import *i, const char *path, const char *home, GError **err);
