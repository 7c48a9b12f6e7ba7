/* filelist.c - tests of ui/view/filelist: order, filter, hidden files, odd names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/filelist.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static void
put(const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *
names(const char *filter, bool hidden)
{
	g_autofree char *problem = NULL;
	g_autoptr(GArray) list = files_list(folder, filter, hidden, &problem);
	g_autoptr(GString) out = g_string_new(NULL);
	g_assert_null(problem);
	for (guint i = 0; i < list->len; i++) {
		const FileEntry *e = &g_array_index(list, FileEntry, i);
		g_string_append_printf(out, "%s%s%s", i ? " " : "", e->name, e->folder ? "/" : "");
	}
	return g_strdup(out->str);
}

static const struct { const char *filter; bool hidden; const char *want; } lists[] = {
	{ NULL, false, "alpha/ Zoo/ a.txt B.pdf über.txt \xff.bin" },
	{ "", true, "alpha/ Zoo/ .rc a.txt B.pdf über.txt \xff.bin" },
	{ "TXT", false, "a.txt über.txt" }, { "Über", false, "über.txt" }, { "o", false, "Zoo/" }, { "nothing", false, "" }, { "rc", false, "" }, { "rc", true, ".rc" },
};

static void
test_lists(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autofree char *got = names(lists[i].filter, lists[i].hidden);
		g_assert_cmpstr(got, ==, lists[i].want);
	}
}

static void
test_facts(void)
{
	g_autofree char *problem = NULL;
	g_autoptr(GArray) list = files_list(folder, "a.txt", false, &problem);
	g_assert_cmpuint(list->len, ==, 1);
	g_assert_cmpuint(g_array_index(list, FileEntry, 0).size, ==, 5);
	g_assert_cmpint(g_array_index(list, FileEntry, 0).changed, >, 1700000000);
}

static void
test_no_folder(void)
{
	g_autofree char *problem = NULL, *path = g_build_filename(folder, "nowhere", NULL);
	g_autoptr(GArray) list = files_list(path, NULL, false, &problem);
	g_assert_cmpuint(list->len, ==, 0);
	g_assert_nonnull(problem);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("eilpost-files-XXXXXX", NULL);
	static const char *const files[] = { "a.txt", "B.pdf", ".rc", "über.txt", "\xff.bin" };
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		put(files[i], "12345");
	static const char *const folders[] = { "alpha", "Zoo" };
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(folder, folders[i], NULL);
		g_mkdir(path, 0700);
	}
	g_autofree char *dangling = g_build_filename(folder, "dangling", NULL);
	g_assert_cmpint(symlink("/nowhere/at/all", dangling), ==, 0);
	g_test_add_func("/ui/filelist/lists", test_lists);
	g_test_add_func("/ui/filelist/facts", test_facts);
	g_test_add_func("/ui/filelist/no-folder", test_no_folder);
	int failed = g_test_run();
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(folder, files[i], NULL);
		g_unlink(path);
	}
	g_unlink(dangling);
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(folder, folders[i], NULL);
		g_rmdir(path);
	}
	g_rmdir(folder);
	g_free(folder);
	return failed;
}
