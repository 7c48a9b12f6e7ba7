/* act_settings.c - commands of the settings screen, and what a change does at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A change is written into the file, the file is read anew, and everybody whom it concerns gets the new snapshot: the
 * screen here, the engines by a letter. There is no second copy of a setting. */
#include "config.h"
#include "ui/panes/settings_private.h"
#include "ui/settings.h"
#include "base/intl.h"

#include <string.h>

AppAccount *
settings_account(App *a, const char *name)
{
	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (!acc->gone && !strcmp(acc->account->name, name))
			return acc;
	}
	return NULL;
}

/* ---- applying ---- */

static void
look_anew(App *a, Conf *conf)
{
	const char *theme = conf_text(conf, "ui", "theme");

	theme_free(a->theme);
	a->theme = theme_new(!g_strcmp0(theme, "mono") ? DEPTH_MONO : theme_choose_depth(screen_colors(a->screen)));
	keymap_free(a->keymap);
	a->keymap = keymap_new();
	settings_take(conf, a->keymap, a->theme);
	screen_set_theme(a->screen, a->theme);
	screen_redraw(a->screen);
	a->stale_list = a->stale_folders = true;
}

static void
tell_engines(App *a, Conf *conf)
{
	for (guint i = 0; i < conf_accounts(conf)->len; i++) {
		Account *fresh = g_ptr_array_index(conf_accounts(conf), i);
		AppAccount *acc = settings_account(a, fresh->name);
		if (!acc)
			continue;
		account_unref(acc->account);
		acc->account = account_ref(fresh);
		if (fresh->keep == KEEP_YES)
			acc->removal_n = 0;
		Request *r = request_new(REQ_CONFIGURE);
		r->config = account_ref(fresh);
		r->flag = (guint32)conf_int(conf, "general", "undo-send");
		r->on = conf_bool(conf, "ui", "prefer-html");
		app_post(a, acc->number, r);
	}
	app_accounts_follow(a, NULL, NULL);
}

void
settings_reread(App *a)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	g_autofree char *file = g_strdup(conf_file(a->setup->conf));

	app_set_conf(a, conf_read(file));
	tell_engines(a, a->setup->conf);
	if (p)
		settings_refresh(p);
}

bool
settings_write(App *a, const char *section, const Option *o, const char *value)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *problem = NULL;
	g_autofree char *file = g_strdup(conf_file(a->setup->conf));	/* it dies with the old Conf */

	if (value && !option_check(o, value, &problem)) {
		app_say(a, STYLE_WARN, "%s: %s", o->name, problem);
		return false;
	}
	if (!value && o->required) {
		app_say(a, STYLE_WARN, _("%s: an account needs this line."), o->name);
		return false;
	}
	if (!conf_write(file, section, o->name, value, &err)) {
		app_say(a, STYLE_WARN, "%s", err->message);
		return false;
	}
	Conf *fresh = conf_read(file);
	app_set_conf(a, fresh);	/* takes it */
	if (o->touch & (TOUCH_SCREEN | TOUCH_LIST))
		look_anew(a, fresh);
	if (!strcmp(o->section, "account") || !(o->touch & (TOUCH_SCREEN | TOUCH_LIST)))
		tell_engines(a, fresh);
	return true;
}

static bool
change(App *a, SettingsPane *p, const char *section, const Option *o, const char *value)
{
	g_autofree char *file = g_strdup(conf_file(a->setup->conf)), *kept = g_strdup(section);	/* they die with the old Conf */

	if (!settings_write(a, section, o, value))
		return false;
	settinglist_touch(p->list, kept, o->name);
	settings_refresh(p);
	app_say(a, STYLE_STATUS, value ? _("%s = %s (written into %s)") : _("%s: set back"), o->name, value, file);
	return true;
}

static void answered(App *a, const char *text);	/* asks and answers go round: a wrong answer may ask again */

/* ---- the schedule ---- */

static void
set_modes(App *a, SettingsPane *p, const SettingRow *row, guint mode, guint minutes)
{
	const GPtrArray *accounts = conf_accounts(a->setup->conf);
	const Option *o = option_find("account", "check");
	guint n = accounts->len;
	/* by name: each change makes the accounts anew */
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	bool all = row->all, on = false;
	guint only = row->account;

	for (guint i = 0; i < n; i++) {
		const Account *account = g_ptr_array_index(accounts, i);
		g_ptr_array_add(names, g_strdup(account->name));
		on |= i == (all ? 0 : only) && !(account->check & mode);
	}
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *section = g_strconcat("account ", (char *)names->pdata[i], NULL);
		const char *was = conf_text(a->setup->conf, section, "check");
		guint bits = 0, every = 0;
		if (!all && i != only)
			continue;
		account_parse_check(was ? was : "", &bits, &every, NULL);
		guint next = mode == CHECK_EVERY && minutes ? (bits & ~(guint)CHECK_MANUAL) | CHECK_EVERY :
			!!(bits & mode) == on ? bits : schedule_toggle(bits, mode);
		g_autofree char *text = schedule_text(next, minutes ? minutes : every);
		if (!change(a, p, section, o, text))
			return;
	}
}

static void
toggle(App *a, guint mode)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	SettingRow *row = p ? settings_row(p) : NULL;

	if (row && row->off) {
		app_say(a, STYLE_STATUS, "%s", _("It is switched off; d switches it on."));
		return;
	}
	if (!row || row->option) {
		app_say(a, STYLE_STATUS, "%s", _("The modes are on the first page, “Send and receive”."));
		return;
	}
	const Account *account = g_ptr_array_index(conf_accounts(a->setup->conf), row->account);
	if (mode == CHECK_EVERY && (row->all || !(account->check & CHECK_EVERY))) {
		g_autofree char *initial = g_strdup_printf("%u", account->check_minutes ? account->check_minutes : 5);
		p->every = true;
		app_ask_line(a, PROMPT_NUMBER, _("Every how many minutes (1 to 1440)? "), initial, answered);
		return;
	}
	if (mode == CHECK_PUSH && !row->all && account_is_pop(account)) {
		app_say(a, STYLE_WARN, "%s", _("POP3 has no push: choose an interval."));
		return;
	}
	set_modes(a, p, row, mode, 0);
}

void cmd_mode_startup(App *a, const char *arg) { toggle(a, CHECK_STARTUP); }
void cmd_mode_manual(App *a, const char *arg) { toggle(a, CHECK_MANUAL); }
void cmd_mode_every(App *a, const char *arg) { toggle(a, CHECK_EVERY); }
void cmd_mode_push(App *a, const char *arg) { toggle(a, CHECK_PUSH); }

static void
each_account(App *a, void (*act)(App *a, AppAccount *acc))
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	SettingRow *row = p ? settings_row(p) : NULL;

	for (guint i = 0; row && i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		g_autofree char *section = g_strconcat("account ", acc->account->name, NULL);
		if (row->all || !strcmp(section, row->section))
			act(a, acc);
	}
}

static void
run_now(App *a, AppAccount *acc)
{
	app_post(a, acc->number, request_new(REQ_CHECK));
	app_say(a, STYLE_STATUS, _("%s sends and receives now."), acc->account->name);
}

static void
pause_account(App *a, AppAccount *acc)
{
	Request *r = request_new(REQ_SCHEDULE);
	r->on = acc->schedule_paused;
	acc->schedule_paused = !r->on;
	app_say(a, STYLE_STATUS, r->on ? _("%s goes by its schedule again.") : _("%s is paused until you go on, or leave."), acc->account->name);
	app_post(a, acc->number, r);
}

void cmd_mode_now(App *a, const char *arg) { each_account(a, run_now); }
void cmd_mode_pause(App *a, const char *arg) { each_account(a, pause_account); }

/* ---- options ---- */

static char *
next_choice(const Option *o, const char *value)
{
	g_auto(GStrv) all = g_strsplit(o->choices, strchr(o->choices, '|') ? "|" : " ", -1);
	for (char **c = all; *c; c++)
		if (!strcmp(*c, value))
			return g_strdup(c[1] ? c[1] : all[0]);
	return g_strdup(all[0]);
}

void
cmd_change_setting(App *a, const char *arg)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	SettingRow *row = p ? settings_row(p) : NULL;

	if (!row)
		return;
	if (!row->option) {	/* Enter on the first page: the interval, the mode that needs a number */
		toggle(a, CHECK_EVERY);
		return;
	}
	const Option *o = row->option;
	g_autofree char *value = setting_value(a->setup->conf, row);
	if (o->type == OPT_BOOL) {
		change(a, p, row->section, o, conf_bool(a->setup->conf, row->section, o->name) ? "no" : "yes");
	} else if (o->type == OPT_CHOICE) {
		g_autofree char *next = next_choice(o, value);
		change(a, p, row->section, o, next);
	} else {
		g_autofree char *label = g_strdup_printf("%s = ", o->name);
		p->every = false;
		app_ask_line(a, o->type == OPT_FILE ? PROMPT_FILE : o->type == OPT_INT ? PROMPT_NUMBER :
			o->type == OPT_EXTENSIONS ? PROMPT_EXTENSIONS : PROMPT_COMMAND, label, value, answered);
	}
}

static void
answered(App *a, const char *text)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	SettingRow *row = p ? settings_row(p) : NULL;
	gint64 minutes;

	if (!row || !text)
		return;
	if (p->every) {
		if (!g_ascii_string_to_signed(text, 10, 1, 1440, &minutes, NULL))
			app_say(a, STYLE_WARN, _("“%s” is not a number from %d to %d."), text, 1, 1440);
		else
			set_modes(a, p, row, CHECK_EVERY, (guint)minutes);
	} else if (row->option) {
		g_autofree char *value = g_strstrip(g_strdup(text));
		change(a, p, row->section, row->option, *value ? value : NULL);
	}
}

void
cmd_default_setting(App *a, const char *arg)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	SettingRow *row = p ? settings_row(p) : NULL;

	if (row && !row->all)
		change(a, p, row->section, row->option ? row->option : option_find("account", "check"), NULL);
}

static void
turn_page(App *a, int step)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	if (!p)
		return;
	guint n = p->list->pages->len;
	g_clear_pointer(&p->list->search, g_free);
	p->list->page = (p->list->page + n + (guint)(step + (int)n)) % n;
	p->selected = 0;
	settings_refresh(p);
}

void cmd_next_settings(App *a, const char *arg) { turn_page(a, 1); }
void cmd_previous_settings(App *a, const char *arg) { turn_page(a, -1); }

static void
searched(App *a, const char *text)
{
	if (text)
		settings_search(a, text);
}

void
cmd_search_settings(App *a, const char *arg)
{
	if (arg)
		settings_search(a, arg);
	else
		app_ask_line(a, PROMPT_SEARCH, _("Search the settings: "), NULL, searched);
}

void
cmd_settings(App *a, const char *arg)
{
	settings_open(a);
	if (arg && *arg)
		settings_search(a, arg);
}
