/* import.h - reads what other mail programs know: accounts, identities, keys; and says what was not taken, and why.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Their files are only read, nothing in them is run, and no password is taken out of them: a command that gives one is. */
#pragma once

#include "base/error.h"

typedef enum { IMPORT_MUTT, IMPORT_NEOMUTT, IMPORT_AERC, IMPORT_ALPINE, IMPORT_THUNDERBIRD, N_IMPORTS } ImportKind;

typedef struct {
	ImportKind kind;
	char *path;		/* owned: its main file */
} ImportSource;

typedef struct { char *section, *name, *value; } ImportLine;	/* owned; as conf_write takes them; sections [account NAME] may be renamed by who writes */

typedef struct {
	ImportKind kind;
	GPtrArray *lines;	/* owned, of ImportLine*, in order */
	GPtrArray *taken, *left;	/* owned, of char*: sentences for people */
	guint n_accounts;
} Import;

const char *import_program(ImportKind kind);	/* "NeoMutt" */
/* What is there in a home folder; of ImportSource*; yours. */
GPtrArray *import_sources(const char *home);
/* NULL: err. */
Import *import_read(ImportKind kind, const char *path, const char *home, GError **err);
void import_free(Import *i);
/* The keys that a command has in a section [keys.CONTEXT], separated by spaces; yours; NULL: it has none, or is not known. */
typedef char *(*ImportKeys)(const char *section, const char *command);
/* Writes what was read; account names that exist already get a number, keys are put beside those that a command has. The name of the first
 * account that came (yours; "" if none did), NULL on error. */
char *import_write(const Import *i, const char *file, ImportKeys keys, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Import, import_free)
