/* tree.h - folders of tests, which leave none behind.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib/gstdio.h>

/* No link is followed. */
static inline void
remove_tree(const char *path)
{
	GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);
		remove_tree(below);
	}
	g_clear_pointer(&dir, g_dir_close);
	g_remove(path);
}

static inline void
temp_folder_clear(char **folder)
{
	if (*folder)
		remove_tree(*folder);
	g_free(*folder);
}

/* One that g_dir_make_tmp made: goes with the block, and is yours only so long. */
#define TEMP_FOLDER __attribute__((cleanup(temp_folder_clear))) char *
