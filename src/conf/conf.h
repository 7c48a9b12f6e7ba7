/* conf.h - reads and checks the configuration file (INTERFACE: INI, comments and order survive).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A Conf is an immutable snapshot, shared by reference. Each mistake is named with file and line. */
#pragma once

#include "conf/accounts.h"
#include "conf/options.h"

typedef struct {
	char *file;	/* owned */
	guint line;	/* 0: the file as a whole */
	bool fatal;	/* the program can't go on with that account (else a warning) */
	char *text;	/* owned: translated sentence */
} ConfProblem;

typedef struct Conf Conf;

/* Never NULL: what can be read is read, the rest is in conf_problems. A missing file is an empty configuration. */
Conf *conf_read(const char *file);
Conf *conf_of_text(const char *file, const char *text);	/* as if the file held that text; it is not looked at */
Conf *conf_ref(Conf *c);
void conf_unref(Conf *c);
const GPtrArray *conf_problems(const Conf *c);	/* of ConfProblem*, borrowed */
char *conf_problem_text(const Conf *c);	/* for one line: the first with its place, and how many more there are; yours; NULL: none */
const GPtrArray *conf_accounts(const Conf *c);	/* of Account*, borrowed, in the file's order; only whole ones */
const char *conf_text(const Conf *c, const char *section, const char *name);	/* the value, else the table's default; borrowed */
gint64 conf_int(const Conf *c, const char *section, const char *name);
bool conf_bool(const Conf *c, const char *section, const char *name);
char **conf_keys(const Conf *c, const char *section);	/* names set in a section ("keys.index"); yours */
char *conf_path(const Conf *c, const char *section, const char *name);	/* the value with ~/ made whole; NULL: not set; yours */
char **conf_sections(const Conf *c, const char *kind);	/* "identity": { "identity shop", ... } in the file's order; yours */
guint conf_line(const Conf *c, const char *section, const char *name);	/* where it is set; 0: nowhere */
/* Another room found a mistake in a value (a key, a colour): it joins the problems. Only before the Conf is shared. */
void conf_add_problem(Conf *c, const char *section, const char *name, const char *text);
const char *conf_file(const Conf *c);
/* The section that a line of the file begins: "account work"; "": one that can't be read; NULL: it begins none. Yours. */
char *conf_section_of(const char *line);
/* Changes that line of the file (value NULL: takes it out); all else stays as it is. EIL_ASK_USER with a sentence. */
bool conf_write(const char *file, const char *section, const char *name, const char *value, GError **err);
typedef struct { const char *section, *name, *value; } ConfChange;	/* borrowed */
bool conf_write_all(const char *file, const ConfChange *changes, gsize n, GError **err);	/* all of them, or none */
bool conf_can_write(const char *section, const char *name, const char *value, GError **err);	/* it would be read as it is: no line end, no " #" */
/* Sections as "account work", with the comment right above them. A name must not have brackets, "#" or line ends in it. */
bool conf_section_remove(const char *file, const char *section, GError **err);
bool conf_section_rename(const char *file, const char *section, const char *to, GError **err);
bool conf_section_move(const char *file, const char *section, const char *before, GError **err);

/* where things lie */
typedef struct { char *config, *data, *state, *runtime; } Places;	/* owned: config file, folders for stores, log, sockets */
Places *places_new(const char *profile, const char *config_file);	/* profile NULL: the XDG folders; makes folders (0700) when they are first needed */
void places_free(Places *p);
char *places_socket(const Places *p, const Account *a);	/* path of its engine's socket, short enough for one; yours */
char *places_store(const Places *p, const Account *a);	/* path of its SQLite file; no server-chosen text in it, the account name escaped (P7); yours */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conf, conf_unref)
