/* filelist.c - what a folder of this computer shows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/filelist.h"
#include "base/utf8.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void
entry_clear(gpointer p)
{
	g_free(((FileEntry *)p)->name);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	const FileEntry *x = a, *y = b;
	if (x->folder != y->folder)
		return x->folder ? -1 : 1;
	g_autofree char *one = utf8_fold(x->name, -1), *two = utf8_fold(y->name, -1);
	int order = strcmp(one, two);
	return order ? order : strcmp(x->name, y->name);
}

GArray *
files_list(const char *folder, const char *filter, bool hidden, char **problem)
{
	GArray *out = g_array_new(FALSE, TRUE, sizeof(FileEntry));
	g_autoptr(GError) err = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &err);
	g_autofree char *needle = utf8_fold(filter ? filter : "", -1);
	const char *name;

	g_array_set_clear_func(out, entry_clear);
	if (!dir) {
		*problem = g_strdup(err->message);
		return out;
	}
	while ((name = g_dir_read_name(dir)) && out->len < FILES_MAX) {
		g_autofree char *folded = utf8_fold(name, -1),
				*path = g_build_filename(folder, name, NULL);
		GStatBuf st;
		if ((*name == '.' && !hidden) || !strstr(folded, needle) || g_stat(path, &st) != 0)
			continue;
		FileEntry e = { .name = g_strdup(name),
			.size = (guint64)st.st_size,
			.changed = st.st_mtime,
			.folder = S_ISDIR(st.st_mode) };
		g_array_append_val(out, e);
	}
	g_array_sort(out, by_name);
	return out;
}
