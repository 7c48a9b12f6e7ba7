/* write.c - one line of the configuration file changes, and nothing else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/conf.h"
#include "tests/tree.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const struct { const char *what, *before, *section, *name, *value, *after; } rows[] = {
	{ "a value changes", "[ui]\nwrap = 72\n", "ui", "wrap", "80", "[ui]\nwrap = 80\n" },
	{ "comments and order stay", "# mine\n\n[account work]\naddress = a@b   # the old one\ncheck=manual # slow line\nsend = smtps://h\n\n# end\n[ui]\n",
	  "account work", "check", "startup, every 5 minutes",
	  "# mine\n\n[account work]\naddress = a@b   # the old one\ncheck= startup, every 5 minutes # slow line\nsend = smtps://h\n\n# end\n[ui]\n" },
	{ "a new key behind the last one", "[account a]\naddress = a@b\n# about b\n\n[account b]\naddress = b@b\n", "account a", "check", "manual",
	  "[account a]\naddress = a@b\ncheck = manual\n# about b\n\n[account b]\naddress = b@b\n" },
	{ "a new section", "[account a]\naddress = a@b\n", "general", "undo-send", "5", "[account a]\naddress = a@b\n\n[general]\nundo-send = 5\n" },
	{ "an empty file", "", "ui", "wrap", "80", "[ui]\nwrap = 80\n" },
	{ "no end of the last line", "[ui]\nwrap = 72", "ui", "wrap", "80", "[ui]\nwrap = 80" },
	{ "no end, a new key", "[ui]\nwrap = 72", "ui", "dates", "absolute", "[ui]\nwrap = 72\ndates = absolute\n" },
	{ "CRLF", "[ui]\r\nwrap = 72\r\n", "ui", "dates", "absolute", "[ui]\r\nwrap = 72\r\ndates = absolute\r\n" },
	{ "BOM", "\xef\xbb\xbf[ui]\nwrap = 72\n", "ui", "wrap", "80", "\xef\xbb\xbf[ui]\nwrap = 80\n" },
	{ "taken out", "[ui]\nwrap = 72 # x\ndates = absolute\n", "ui", "wrap", NULL, "[ui]\ndates = absolute\n" },
	{ "twice there, taken out", "[ui]\nwrap = 72\nwrap = 80\n", "ui", "wrap", NULL, "[ui]\n" },
	{ "the last one counts", "[ui]\nwrap = 72\nwrap = 80\n", "ui", "wrap", "90", "[ui]\nwrap = 72\nwrap = 90\n" },
	{ "not the longer name", "[ui]\nwrap-x = 1\n", "ui", "wrap", "90", "[ui]\nwrap-x = 1\nwrap = 90\n" },
	{ "a comment is no entry", "[ui]\n# wrap = 72\n", "ui", "wrap", "90", "[ui]\nwrap = 90\n# wrap = 72\n" },
	{ "indented", "[ui]\n\twrap\t=\t72\n", "ui", "wrap", "90", "[ui]\n\twrap\t=\t90\n" },
	{ "blanks in the brackets", "[account \t w ]\ncheck = push\n", "account w", "check", "manual", "[account \t w ]\ncheck = manual\n" },
	{ "a section that can't be read is none", "[ui]\nwrap = 72\n[general\nwrap = 80\n[general] x\nwrap = 80\n", "ui", "wrap", "90",
	  "[ui]\nwrap = 90\n[general\nwrap = 80\n[general] x\nwrap = 80\n" },
	{ "a colour is no comment", "[colors]\nunread = bold #ff8700 # warm\n", "colors", "unread", "#00ff00", "[colors]\nunread = #00ff00 # warm\n" },
};

static void
test_rows(void)
{
	TEMP_FOLDER folder = g_dir_make_tmp("conf-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "config", NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) err = NULL;
		g_autofree char *after = NULL;
		g_test_message("%s", rows[i].what);
		g_assert_true(g_file_set_contents(path, rows[i].before, -1, NULL));
		g_assert_true(conf_write(path, rows[i].section, rows[i].name, rows[i].value, &err));
		g_assert_true(g_file_get_contents(path, &after, NULL, NULL));
		g_assert_cmpstr(after, ==, rows[i].after);
		if (rows[i].value && strcmp(rows[i].section, "account a")) {
			g_autoptr(Conf) c = conf_read(path);
			g_assert_cmpstr(conf_text(c, rows[i].section, rows[i].name), ==, rows[i].value);
		}
		GDir *dir = g_dir_open(folder, 0, NULL);
		guint n = 0;
		while (g_dir_read_name(dir))
			n++;
		g_dir_close(dir);
		g_assert_cmpuint(n, ==, 1);	/* nothing is left beside it */
	}
}

static void
test_mode_and_link(void)
{
	TEMP_FOLDER folder = g_dir_make_tmp("conf-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "config", NULL),
		*link = g_build_filename(folder, "link", NULL), *fresh = g_build_filename(folder, "deep", "config", NULL);
	GStatBuf st;

	g_assert_true(g_file_set_contents(path, "[ui]\n", -1, NULL));
	g_assert_cmpint(g_chmod(path, 0640), ==, 0);
	g_assert_cmpint(symlink(path, link), ==, 0);
	g_assert_true(conf_write(link, "ui", "wrap", "80", NULL));
	g_assert_cmpint(g_lstat(link, &st), ==, 0);
	g_assert_true(S_ISLNK(st.st_mode));
	g_assert_cmpint(g_stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0640);
	/* the link stays if what it names is not there yet */
	g_unlink(link);
	g_unlink(path);
	g_assert_cmpint(symlink("dots/config", link), ==, 0);
	g_assert_true(conf_write(link, "ui", "wrap", "80", NULL));
	g_assert_cmpint(g_lstat(link, &st), ==, 0);
	g_assert_true(S_ISLNK(st.st_mode));
	g_assert_cmpint(g_stat(link, &st), ==, 0);
	/* a new one holds passwords maybe */
	g_assert_true(conf_write(fresh, "ui", "wrap", "80", NULL));
	g_assert_cmpint(g_stat(fresh, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
}

static void
test_refused(void)
{
	static const char *const bad[] = { "a\nb = c", "x # y", "# y", "x\r", " x" };
	TEMP_FOLDER folder = g_dir_make_tmp("conf-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "config", NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) err = NULL;
		g_assert_false(conf_write(path, "account a", "full-name", bad[i], &err));
		g_assert_true(error_is(err, EIL_ASK_USER));
		g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	}
	/* where nothing can be written: a sentence, and the old file stays */
	g_autoptr(GError) err = NULL;
	g_assert_false(conf_write("/proc/eilpost/config", "ui", "wrap", "80", &err));
	g_assert_nonnull(strstr(err->message, "/proc/eilpost/config"));
}

/* Sections move with the comment above them; the rest of the file stays as it is. */
static void
test_sections(void)
{
	static const char BEFORE[] = "# mine\n[ui]\nwrap = 80\n\n# at home\n[account home]\naddress = a@b.c  # yes\n\n[account work]\n# inside\naddress = d@e.f\n";
	TEMP_FOLDER folder = g_dir_make_tmp("conf-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "config", NULL), *text = NULL;

	g_assert_true(g_file_set_contents(path, BEFORE, -1, NULL));
	g_assert_true(conf_section_move(path, "account work", "account home", NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "# mine\n[ui]\nwrap = 80\n\n[account work]\n# inside\naddress = d@e.f\n\n# at home\n[account home]\naddress = a@b.c  # yes\n\n");
	g_clear_pointer(&text, g_free);
	g_assert_true(conf_section_rename(path, "account home", "account at home", NULL));
	g_assert_true(conf_section_remove(path, "account work", NULL));
	g_assert_true(conf_section_remove(path, "account nobody", NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "# mine\n[ui]\nwrap = 80\n\n# at home\n[account at home]\naddress = a@b.c  # yes\n\n");
}

/* All of an account at once, or nothing of it. */
static void
test_all(void)
{
	static const ConfChange good[] = { { "account a", "address", "a@b.c" }, { "account a", "receive", "imaps://b.c" } };
	static const ConfChange bad[] = { { "account b", "address", "a@b.c" }, { "account b", "full-name", "x # y" } };
	TEMP_FOLDER folder = g_dir_make_tmp("conf-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "config", NULL), *text = NULL;
	g_autoptr(GError) err = NULL;

	g_assert_true(conf_write_all(path, good, G_N_ELEMENTS(good), NULL));
	g_assert_false(conf_write_all(path, bad, G_N_ELEMENTS(bad), &err));
	g_assert_true(error_is(err, EIL_ASK_USER));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "[account a]\naddress = a@b.c\nreceive = imaps://b.c\n");
	g_autoptr(Conf) conf = conf_of_text(path, "[account x]\naddress = x@y.z\nreceive = pop3s://y.z\n");
	g_assert_cmpuint(conf_accounts(conf)->len, ==, 1);
	g_assert_cmpuint(conf_problems(conf)->len, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf-write/rows", test_rows);
	g_test_add_func("/conf-write/mode-and-link", test_mode_and_link);
	g_test_add_func("/conf-write/refused", test_refused);
	g_test_add_func("/conf-write/sections", test_sections);
	g_test_add_func("/conf-write/all", test_all);
	return g_test_run();
}
