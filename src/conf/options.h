/* options.h - THE table of settings: file, settings screen, completion, manual and tests read it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { OPT_BOOL, OPT_INT, OPT_TEXT, OPT_CHOICE, OPT_URL, OPT_FILE, OPT_CHECK, OPT_DAYS, OPT_KEEP, OPT_HOURS, OPT_COMMAND, OPT_ADDRESS, OPT_COLOR, OPT_KEYS, OPT_WEB, OPT_EXTENSIONS, OPT_PINS } OptionType;
typedef enum { TOUCH_NOTHING = 0, TOUCH_SCREEN = 1, TOUCH_LIST = 2, TOUCH_READER = 4, TOUCH_ENGINE = 8, TOUCH_RESTART = 16 } OptionTouch;

typedef struct {
	const char *section;	/* "account", "general", "ui", "colors", "keys.index" ... */
	const char *name;
	OptionType type;
	gint64 min, max;
	const char *value;	/* the default as text; NULL: none */
	const char *choices;	/* OPT_CHOICE: "a b c" */
	bool required;
	OptionTouch touch;
	const char *help;	/* N_() */
} Option;

const Option *options_table(gsize *n);
const Option *option_find(const char *section, const char *name);	/* NULL: unknown */
/* False: *problem gets a translated sentence (yours). */
guint option_distance(const char *a, const char *b);	/* letters to change from a to b: what was meant? */
bool option_check(const Option *o, const char *value, char **problem);
