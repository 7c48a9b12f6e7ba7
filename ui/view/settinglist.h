/* settinglist.h - the pages and rows of the settings screen, made of the options table and a Conf. No drawing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/utf8.h"
#include "conf/conf.h"

typedef struct {
	char *section;		/* owned: "account work", "ui"; NULL: the first page, "Send and receive" */
	char *title;		/* owned: translated */
} SettingPage;

typedef struct {
	const Option *option;	/* borrowed from the table; NULL: the schedule of an account */
	char *section;		/* owned */
	guint account;		/* number among conf_accounts; of a schedule row */
	bool off;		/* a schedule row of an account that is switched off, or lacks something: it has no number */
	bool all;		/* the schedule of all accounts at once */
} SettingRow;

typedef struct {
	GArray *pages, *rows;	/* owned: of SettingPage, SettingRow */
	guint page;
	char *search;		/* owned: rows of all pages that fit; NULL: the page's */
	GHashTable *touched;	/* owned: "section\nname" changed on this screen */
} SettingList;

SettingList *settinglist_new(void);
void settinglist_free(SettingList *l);
/* Makes pages and rows anew; the page stays where it is. */
void settinglist_fill(SettingList *l, const Conf *conf);
void settinglist_touch(SettingList *l, const char *section, const char *name);

/* What is shown of a row. Yours. */
char *setting_name(const SettingRow *r, bool with_section);
char *setting_value(const Conf *conf, const SettingRow *r);	/* "" if there is none */
bool setting_is_default(const Conf *conf, const SettingRow *r);
char *setting_origin(const SettingList *l, const Conf *conf, const SettingRow *r);	/* "built in", "config, line 14", "this screen (config, line 14)" */
char *setting_allowed(const Option *o);	/* "yes, no"; "a number from 0 to 60" */
const char *setting_effect(const Option *o);	/* whom it disturbs; translated */

/* The schedule as text of the file: bits and minutes together, "manual" alone. Yours. */
char *schedule_text(guint bits, guint minutes);
/* One mode switched: manual excludes the others, and they it; minutes for CHECK_EVERY. */
guint schedule_toggle(guint bits, guint mode);
