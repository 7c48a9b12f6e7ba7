/* settinglist.c - pages, rows, provenance and modes of the settings screen, without a terminal.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/settinglist.h"
#include "tests/tree.h"

#include <locale.h>
#include <string.h>

static Conf *
conf_of(const char *text)
{
	TEMP_FOLDER folder = g_dir_make_tmp("setting-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "config", NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return conf_read(path);
}

#define TWO "[account work]\naddress = a@b.example\nreceive = imaps://h\ncheck = manual\n\n[account home]\naddress = c@d.example\nreceive = pop3s://h\n[ui]\nwrap = 72\n"

static void
test_pages(void)
{
	g_autoptr(Conf) c = conf_of(TWO);
	SettingList *l = settinglist_new();
	settinglist_fill(l, c);
	g_assert_cmpstr(g_array_index(l->pages, SettingPage, 0).title, ==, "Send and receive");
	g_assert_cmpstr(g_array_index(l->pages, SettingPage, 1).section, ==, "account work");
	/* the modes of every account side by side, and one row for all */
	g_assert_cmpuint(l->rows->len, ==, 3);
	g_assert_true(g_array_index(l->rows, SettingRow, 2).all);
	/* every option of the table is on some page, whoever adds one */
	gsize n;
	guint found = 0, wanted = 0;
	const Option *table = options_table(&n);
	for (gsize i = 0; i < n; i++)
		wanted += !strcmp(table[i].section, "account") ? 2 : strcmp(table[i].section, "identity") != 0;
	for (l->page = 1; l->page < l->pages->len; l->page++) {
		settinglist_fill(l, c);
		found += l->rows->len;
	}
	g_assert_cmpuint(found, ==, wanted);
	settinglist_free(l);
}

static void
test_search(void)
{
	static const struct { const char *text; const char *name; } searches[] = {
		{ "undo", "general: undo-send" }, { "several devices", "work: keep-on-server" }, { "72", "ui: wrap" }, { "WRAP column", "ui: wrap" },
	};
	g_autoptr(Conf) c = conf_of(TWO);
	SettingList *l = settinglist_new();
	for (gsize i = 0; i < G_N_ELEMENTS(searches); i++) {
		bool hit = false;
		g_free(l->search);
		l->search = g_strdup(searches[i].text);
		settinglist_fill(l, c);
		for (guint k = 0; k < l->rows->len; k++) {
			g_autofree char *name = setting_name(&g_array_index(l->rows, SettingRow, k), true);
			hit |= !strcmp(name, searches[i].name);
		}
		g_test_message("%s", searches[i].text);
		g_assert_true(hit);
	}
	g_free(l->search);
	l->search = g_strdup("nonsense that fits nothing");
	settinglist_fill(l, c);
	g_assert_cmpuint(l->rows->len, ==, 0);
	settinglist_free(l);
}

static void
test_origin(void)
{
	g_autoptr(Conf) c = conf_of(TWO);
	SettingList *l = settinglist_new();
	SettingRow wrap = { .option = option_find("ui", "wrap"), .section = (char *)"ui" },
		dates = { .option = option_find("ui", "dates"), .section = (char *)"ui" },
		check = { .section = (char *)"account work" };
	g_autofree char *a = setting_origin(l, c, &wrap), *b = setting_origin(l, c, &dates), *d = setting_origin(l, c, &check);
	g_assert_cmpstr(a, ==, "config, line 10");
	g_assert_cmpstr(b, ==, "built in");
	g_assert_cmpstr(d, ==, "config, line 4");
	g_assert_false(setting_is_default(c, &wrap));
	g_assert_true(setting_is_default(c, &dates));
	settinglist_touch(l, "ui", "wrap");
	g_autofree char *e = setting_origin(l, c, &wrap);
	g_assert_cmpstr(e, ==, "this screen (config, line 10)");
	settinglist_free(l);
}

static const struct { guint bits, mode, after; const char *text; } toggles[] = {
	{ CHECK_MANUAL, CHECK_STARTUP, CHECK_STARTUP, "startup" },
	{ CHECK_STARTUP, CHECK_EVERY, CHECK_STARTUP | CHECK_EVERY, "startup, every 5 minutes" },
	{ CHECK_STARTUP | CHECK_EVERY, CHECK_PUSH, CHECK_STARTUP | CHECK_EVERY | CHECK_PUSH, "startup, every 5 minutes, push" },
	{ CHECK_STARTUP | CHECK_EVERY | CHECK_PUSH, CHECK_MANUAL, CHECK_MANUAL, "manual" },
	{ CHECK_EVERY, CHECK_EVERY, CHECK_MANUAL, "manual" },
	{ CHECK_MANUAL, CHECK_MANUAL, CHECK_MANUAL, "manual" },
};

/* What the screen writes is what the file's reader understands. */
static void
test_modes(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(toggles); i++) {
		guint bits = schedule_toggle(toggles[i].bits, toggles[i].mode), read = 0, minutes = 0;
		g_autofree char *text = schedule_text(bits, 5);
		g_assert_cmpuint(bits, ==, toggles[i].after);
		g_assert_cmpstr(text, ==, toggles[i].text);
		g_assert_true(account_parse_check(text, &read, &minutes, NULL));
		g_assert_cmpuint(read, ==, bits);
	}
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/settings/pages", test_pages);
	g_test_add_func("/settings/search", test_search);
	g_test_add_func("/settings/origin", test_origin);
	g_test_add_func("/settings/S22/modes", test_modes);
	return g_test_run();
}
