/* settings_private.h - the state of the settings screen; for ui/panes/settings.c and ui/act_settings.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/app_private.h"
#include "ui/panes/settings.h"
#include "ui/view/settinglist.h"

typedef struct {
	App *app;		/* borrowed */
	SettingList *list;	/* owned */
	int selected;
	gint64 top;
	Clean *title;		/* owned */
	bool every;		/* the question in the bottom line is for the minutes */
} SettingsPane;

extern const OverFace SETTINGS_FACE;
SettingRow *settings_row(SettingsPane *p);	/* the selected one; NULL: none */
void settings_reread(App *a);	/* the file changed: everybody gets the new snapshot */
void settings_refresh(SettingsPane *p);		/* after the Conf changed */
/* Writes it into the file (value NULL: takes it out) and lets it hold at once, without a word. False: it was said why not. */
bool settings_write(App *a, const char *section, const Option *o, const char *value);
