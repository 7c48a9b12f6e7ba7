/* settinglist.c - the pages and rows of the settings screen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Nothing of it is a list made by hand: pages are the sections, rows the options of the table. */
#include "config.h"
#include "ui/view/settinglist.h"
#include "base/intl.h"

#include <string.h>

static void
page_clear(gpointer p)
{
	SettingPage *page = p;
	g_free(page->section);
	g_free(page->title);
}

static void
row_clear(gpointer p)
{
	g_free(((SettingRow *)p)->section);
}

SettingList *
settinglist_new(void)
{
	SettingList *l = g_new0(SettingList, 1);
	l->pages = g_array_new(FALSE, TRUE, sizeof(SettingPage));
	l->rows = g_array_new(FALSE, TRUE, sizeof(SettingRow));
	g_array_set_clear_func(l->pages, page_clear);
	g_array_set_clear_func(l->rows, row_clear);
	l->touched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return l;
}

void
settinglist_free(SettingList *l)
{
	if (!l)
		return;
	g_array_unref(l->pages);
	g_array_unref(l->rows);
	g_hash_table_unref(l->touched);
	g_free(l->search);
	g_free(l);
}

void
settinglist_touch(SettingList *l, const char *section, const char *name)
{
	g_hash_table_add(l->touched, g_strdup_printf("%s\n%s", section, name));
}

/* ---- pages ---- */

static void
add_page(SettingList *l, const char *section, char *title)
{
	SettingPage p = { g_strdup(section), title };
	g_array_append_val(l->pages, p);
}

static char *
kind_title(const char *kind)
{
	static const struct { const char *kind, *title; } known[] = {
		{ "general", N_("General") }, { "ui", N_("Screen") }, { "compose", N_("Writing mail") }, { "notify", N_("Notices of new mail") },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
		if (!strcmp(known[i].kind, kind))
			return g_strdup(_(known[i].title));
	return g_strdup(kind);
}

static bool
has_page(const SettingList *l, const char *section)
{
	for (guint i = 0; i < l->pages->len; i++)
		if (!g_strcmp0(g_array_index(l->pages, SettingPage, i).section, section))
			return true;
	return false;
}

static void
fill_pages(SettingList *l, const Conf *conf)
{
	gsize n;
	const Option *table = options_table(&n);
	g_auto(GStrv) accounts = conf_sections(conf, "account");

	g_array_set_size(l->pages, 0);
	add_page(l, NULL, g_strdup(_("Send and receive")));
	for (char **s = accounts; *s; s++)
		add_page(l, *s, g_strdup_printf(_("Account %s"), *s + strlen("account ")));
	g_auto(GStrv) identities = conf_sections(conf, "identity");
	for (char **s = identities; *s; s++)
		add_page(l, *s, g_strdup_printf(_("Identity %s"), *s + strlen("identity ")));
	for (gsize i = 0; i < n; i++)
		if (strcmp(table[i].section, "account") && strcmp(table[i].section, "identity") && !has_page(l, table[i].section))
			add_page(l, table[i].section, kind_title(table[i].section));
	l->page = MIN(l->page, l->pages->len - 1);
}

/* ---- rows ---- */

static void
add_row(SettingList *l, const Option *o, const char *section, guint account)
{
	SettingRow r = { .option = o, .section = g_strdup(section), .account = account };
	g_array_append_val(l->rows, r);
}

static void
first_page(SettingList *l, const Conf *conf)
{
	const GPtrArray *accounts = conf_accounts(conf);
	g_auto(GStrv) all = conf_sections(conf, "account");

	for (char **s = all; *s; s++) {
		guint i = 0;
		while (i < accounts->len && strcmp(((Account *)g_ptr_array_index(accounts, i))->name, *s + strlen("account ")))
			i++;
		add_row(l, NULL, *s, i);
		g_array_index(l->rows, SettingRow, l->rows->len - 1).off = i == accounts->len;
	}
	if (accounts->len > 1) {
		add_row(l, NULL, "", 0);
		g_array_index(l->rows, SettingRow, l->rows->len - 1).all = true;
	}
}

static bool
fits(const Conf *conf, const SettingRow *r, const char *needle)
{
	g_autofree char *name = setting_name(r, true), *value = setting_value(conf, r);
	g_autofree char *all = g_strjoin(" ", name, value, _(r->option->help), NULL), *folded = utf8_fold(all, -1);
	g_auto(GStrv) words = g_strsplit(needle, " ", -1);
	for (char **w = words; *w; w++)
		if (!strstr(folded, *w))
			return false;
	return true;
}

static void
page_rows(SettingList *l, const Conf *conf, const char *section, const char *needle)
{
	const char *space = strchr(section, ' ');
	g_autofree char *kind = space ? g_strndup(section, (gsize)(space - section)) : g_strdup(section);
	gsize n;
	const Option *table = options_table(&n);

	for (gsize i = 0; i < n; i++) {
		if (strcmp(table[i].section, kind))
			continue;
		SettingRow r = { .option = &table[i], .section = (char *)section };
		if (!needle || fits(conf, &r, needle))
			add_row(l, &table[i], section, 0);
	}
}

void
settinglist_fill(SettingList *l, const Conf *conf)
{
	fill_pages(l, conf);
	g_array_set_size(l->rows, 0);
	if (l->search) {
		g_autofree char *needle = utf8_fold(l->search, -1);
		for (guint i = 1; i < l->pages->len; i++)
			page_rows(l, conf, g_array_index(l->pages, SettingPage, i).section, needle);
	} else if (l->page == 0) {
		first_page(l, conf);
	} else {
		page_rows(l, conf, g_array_index(l->pages, SettingPage, l->page).section, NULL);
	}
}

/* ---- what is shown ---- */

char *
setting_name(const SettingRow *r, bool with_section)
{
	const char *space = strchr(r->section, ' ');
	if (!r->option)
		return r->all ? g_strdup(_("all accounts")) : g_strdup(space ? space + 1 : r->section);
	if (!with_section)
		return g_strdup(r->option->name);
	return g_strdup_printf("%s: %s", space ? space + 1 : r->section, r->option->name);
}

char *
setting_value(const Conf *conf, const SettingRow *r)
{
	const char *name = r->option ? r->option->name : "check";
	const char *value = r->all ? NULL : conf_text(conf, r->section, name);
	return g_strdup(value ? value : "");
}

bool
setting_is_default(const Conf *conf, const SettingRow *r)
{
	g_autofree char *value = setting_value(conf, r);
	return !strcmp(value, r->option && r->option->value ? r->option->value : "");
}

char *
setting_origin(const SettingList *l, const Conf *conf, const SettingRow *r)
{
	const char *name = r->option ? r->option->name : "check";
	guint line = conf_line(conf, r->section, name);
	g_autofree char *key = g_strdup_printf("%s\n%s", r->section, name), *file = g_filename_display_basename(conf_file(conf));
	bool here = g_hash_table_contains(l->touched, key);

	if (!line)
		return g_strdup(here ? _("this screen: set back to the built-in value") : _("built in"));
	return g_strdup_printf(here ? _("this screen (%s, line %u)") : _("%s, line %u"), file, line);
}

char *
setting_allowed(const Option *o)
{
	switch (o->type) {
	case OPT_BOOL:
		return g_strdup("yes, no");
	case OPT_INT:
		return g_strdup_printf(_("a number from %d to %d"), (int)o->min, (int)o->max);
	case OPT_CHOICE: {
		g_auto(GStrv) all = g_strsplit(o->choices, strchr(o->choices, '|') ? "|" : " ", -1);
		return g_strjoinv(", ", all);
	}
	case OPT_CHECK:
		return g_strdup(_("startup, manual, every N minutes (1 to 1440), push; several, separated by commas"));
	case OPT_DAYS:
		return g_strdup("headers, N days, all");
	case OPT_KEEP:
		return g_strdup("yes, no, N days, until deleted here");
	case OPT_EXTENSIONS:
		return g_strdup(_("names of extensions, separated by spaces; Tab completes them"));
	case OPT_HOURS:
		return g_strdup(_("times of the day: 22:00-07:00, several separated by commas"));
	case OPT_PINS:
		return g_strdup(_("written by the certificate pane; set back: no exceptions"));
	case OPT_ADDRESS:
		return g_strdup(_("a mail address"));
	case OPT_WEB:
		return g_strdup(_("a web address with https://"));
	case OPT_URL:
		return g_strdup(_("an address such as imaps://user@host:993"));
	case OPT_FILE:
		return g_strdup(_("a file or folder"));
	case OPT_COMMAND:
		return g_strdup(_("a command of the shell"));
	case OPT_TEXT: case OPT_COLOR: case OPT_KEYS:
		break;
	}
	return g_strdup(_("any text"));
}

const char *
setting_effect(const Option *o)
{
	if (o->touch & TOUCH_RESTART)
		return _("holds from the next start on");
	if (o->touch & TOUCH_ENGINE)
		return _("holds at once; where a server or a name changes, the account connects anew");
	if (o->touch & TOUCH_READER)
		return _("holds from the next message on that is opened");
	return _("holds at once");
}

/* ---- the schedule ---- */

char *
schedule_text(guint bits, guint minutes)
{
	g_autoptr(GString) s = g_string_new(NULL);

	if ((bits & CHECK_MANUAL) || !bits)
		return g_strdup("manual");
	if (bits & CHECK_STARTUP)
		g_string_append(s, "startup");
	if (bits & CHECK_EVERY)
		g_string_append_printf(s, minutes == 1 ? "%severy %u minute" : "%severy %u minutes", s->len ? ", " : "", MAX(minutes, 1));
	if (bits & CHECK_PUSH)
		g_string_append_printf(s, "%spush", s->len ? ", " : "");
	return g_string_free(g_steal_pointer(&s), FALSE);
}

guint
schedule_toggle(guint bits, guint mode)
{
	if (mode == CHECK_MANUAL)
		return CHECK_MANUAL;
	bits = (bits & ~(guint)CHECK_MANUAL) ^ mode;
	return bits ? bits : CHECK_MANUAL;
}
