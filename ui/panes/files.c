/* files.c - choosing files of this computer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Names are bytes that anybody may have made: they are shown clean and used as they are. */
#include "config.h"
#include "ui/panes/files.h"
#include "ui/app_private.h"
#include "ui/view/filelist.h"
#include "base/intl.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

struct FilesPane {
	App *app;		/* borrowed */
	FilesTaken taken;
	char *folder;		/* owned */
	GArray *entries;	/* owned, of FileEntry */
	GString *filter;	/* owned */
	GHashTable *marked;	/* owned: paths, also of other folders */
	char *problem;		/* owned: why the folder can't be shown; NULL: it can */
	bool hidden;
	int selected;
	gint64 top;
};

/* ---- the folder ---- */

static const FileEntry *
current(const FilesPane *f)
{
	return f->selected < (int)f->entries->len ?
		&g_array_index(f->entries, FileEntry, f->selected) :
		NULL;
}

static char *
path_of(const FilesPane *f, const FileEntry *e)
{
	return g_build_filename(f->folder, e->name, NULL);
}

/* Anew, with the cursor on that name if it is there. */
static void
load(FilesPane *f, const char *name)
{
	g_array_unref(f->entries);
	g_clear_pointer(&f->problem, g_free);
	f->entries = files_list(f->folder, f->filter->str, f->hidden, &f->problem);
	f->selected = 0;
	f->top = 0;
	for (guint i = 0; i < f->entries->len; i++) {
		FileEntry *e = &g_array_index(f->entries, FileEntry, i);
		g_autofree char *path = path_of(f, e);
		e->marked = g_hash_table_contains(f->marked, path);
		if (!g_strcmp0(e->name, name))
			f->selected = (int)i;
	}
}

static void
filter_changed(FilesPane *f)
{
	const FileEntry *e = current(f);
	g_autofree char *name = e ? g_strdup(e->name) : NULL;
	load(f, name);
}

static void
enter(FilesPane *f, char *folder /* taken */, const char *name)
{
	g_free(f->folder);
	f->folder = folder;
	g_string_truncate(f->filter, 0);
	load(f, name);
}

static void
finish(FilesPane *f, const char *path)
{
	App *a = f->app;
	FilesTaken taken = f->taken;
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, f->marked);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		g_ptr_array_add(paths, g_strdup(key));
	g_ptr_array_sort(paths, (GCompareFunc)g_strcmp0);
	if (path && !g_hash_table_contains(f->marked, path) && !g_hash_table_size(f->marked))
		g_ptr_array_add(paths, g_strdup(path));
	g_free(a->files_folder);
	a->files_folder = g_strdup(f->folder);
	over_pop(a);
	taken(a, paths);
}

void
files_take(FilesPane *f)
{
	const FileEntry *e = current(f);
	if (e && e->folder && !g_hash_table_size(f->marked)) {
		enter(f, path_of(f, e), NULL);
	} else if (e || g_hash_table_size(f->marked)) {
		g_autofree char *path = e && !e->folder ? path_of(f, e) : NULL;
		finish(f, path);
	}
}

void
files_mark(FilesPane *f)
{
	FileEntry *e = (FileEntry *)current(f);
	if (!e)
		return;
	g_autofree char *path = path_of(f, e);
	if (e->folder) {
		app_say(f->app, STYLE_STATUS, "%s",
			_("Folders can't be attached; Enter opens them."));
		return;
	}
	e->marked = !e->marked;
	if (e->marked)
		g_hash_table_add(f->marked, g_steal_pointer(&path));
	else
		g_hash_table_remove(f->marked, path);
	f->selected = MIN(f->selected + 1, (int)f->entries->len - 1);
}

void
files_up(FilesPane *f)
{
	if (f->filter->len) {
		const char *last =
			g_utf8_find_prev_char(f->filter->str, f->filter->str + f->filter->len);
		g_string_truncate(f->filter, last ? (gsize)(last - f->filter->str) : 0);
		filter_changed(f);
		return;
	}
	g_autofree char *name = g_path_get_basename(f->folder);
	enter(f, g_path_get_dirname(f->folder), name);
}

void
files_toggle_hidden(FilesPane *f)
{
	if (f->filter->len) {	/* a dot of a name that is typed */
		g_string_append_c(f->filter, '.');
	} else {
		f->hidden = !f->hidden;
		app_say(f->app, STYLE_STATUS, "%s",
			f->hidden ? _("Hidden files are shown.") :
				    _("Hidden files are not shown."));
	}
	filter_changed(f);
}

bool
files_go(FilesPane *f, const char *typed)
{
	g_autofree char *plain = parts_path(f->app, typed, NULL),
			*path = g_canonicalize_filename(plain, f->folder);
	if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
		enter(f, g_steal_pointer(&path), NULL);
	} else if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		g_hash_table_remove_all(f->marked);
		finish(f, path);
	} else {
		app_say(f->app, STYLE_WARN, _("There is no file or folder %s."), typed);
		return false;
	}
	return true;
}

/* ---- the pane ---- */

static void
draw_entry(const FilesPane *f, Canvas *c, Rect r, const FileEntry *e)
{
	RowContext rc = { .now = g_get_real_time() / G_USEC_PER_SEC, .zone = f->app->zone };
	int date_w = r.w >= 40 ? 9 : 0, size_w = r.w >= 28 ? 6 : 0;
	g_autofree char *shown = g_strconcat(e->name, e->folder ? "/" : "", NULL);
	g_autoptr(Clean) name = clean_new(shown, -1, CLEAN_SHOW), date = rows_date(e->changed, &rc),
			 size = rows_size(e->size);

	canvas_fill(c, r, STYLE_NORMAL);
	if (e->marked)
		canvas_put_char(c, r.y, r.x, STYLE_MARK, '*');
	canvas_put(c, r.y, r.x + 2, r.w - 3 - date_w - size_w,
		e->folder ? STYLE_FOLDER_OPEN : STYLE_NORMAL, PUT_CUT, name);
	if (size_w && !e->folder)
		canvas_put(c, r.y, r.x + r.w - date_w - size_w, size_w - 1, STYLE_SIZE,
			PUT_RIGHT | PUT_PAD, size);
	if (date_w)
		canvas_put(c, r.y, r.x + r.w - date_w, date_w - 1, STYLE_DATE, PUT_RIGHT | PUT_PAD,
			date);
}

static void
draw_head(const FilesPane *f, Canvas *c, Rect r)
{
	guint marked = g_hash_table_size(f->marked);
	g_autofree char *shown = g_filename_display_name(f->folder);
	g_autoptr(GString) s = g_string_new(" ");

	g_string_append(s, shown);
	if (f->filter->len)
		g_string_append_printf(s, _("  · only “%s”"), f->filter->str);
	if (marked)
		g_string_append_printf(
			s, ngettext("  · %u marked", "  · %u marked", marked), marked);
	g_autoptr(Clean) text = clean_new(s->str, -1, CLEAN_SHOW);
	canvas_put(c, r.y, r.x, r.w, STYLE_HEADING, PUT_PAD, text);
}

static void
draw(void *self, Canvas *c, Rect r, bool focused)
{
	FilesPane *f = self;
	Rect list = { r.y + 1, r.x, r.h - 1, r.w };

	canvas_fill(c, r, STYLE_NORMAL);
	if (rect_empty(r))
		return;
	draw_head(f, c, rect_row(r, 0));
	if (!f->entries->len) {
		g_autoptr(Clean) why = clean_new(f->problem ? f->problem :
				f->filter->len ? _("No name fits; Backspace takes a letter away.") :
						 _("Nothing is in this folder; Backspace goes up."),
			-1, CLEAN_LINE);
		canvas_put(c, list.y, list.x + 1, list.w - 1, f->problem ? STYLE_ERROR : STYLE_NOTE,
			PUT_CUT, why);
		if (focused && list.h > 0)
			canvas_cursor(c, list.y, list.x, true);
	}
	f->top = layout_list_top(f->top, f->selected, list.h, f->entries->len);
	for (int i = 0; i < list.h && f->top + i < f->entries->len; i++) {
		Rect row = rect_row(list, i);
		draw_entry(f, c, row, &g_array_index(f->entries, FileEntry, f->top + i));
		if (f->top + i == f->selected) {
			canvas_style_row(c, row.y, row.x, row.w, STYLE_SELECTED);
			if (focused)
				canvas_cursor(c, row.y, row.x, true);
		}
	}
}

static void
move(void *self, int rows)
{
	FilesPane *f = self;
	f->selected = CLAMP(f->selected + rows, 0, MAX((int)f->entries->len - 1, 0));
}

static void
page(void *self, int halves, int height)
{
	move(self, halves * MAX(height - 1, 2) / 2);
}

static void
ends(void *self, bool last)
{
	move(self, last ? FILES_MAX : -FILES_MAX);
}

static bool
key(App *a, void *self, Key k, const char *paste)
{
	FilesPane *f = self;

	if (k == K_HOME || k == K_END) {
		ends(f, k == K_END);
		return true;
	}
	if (k == K_PASTE) {
		g_autofree char *line = g_strdelimit(g_strdup(paste), "\n\t", ' ');
		if (*line == '/' || *line == '~')	/* a path from another window */
			files_go(f, g_strstrip(line));
		return true;
	}
	if (!key_is_text(k) || k >= K_UP || f->filter->len > 200)
		return false;
	g_string_append_unichar(f->filter, k);
	filter_changed(f);
	return true;
}

static Where
where(void *self)
{
	return IN_FILES;
}

static bool
close_pane(App *a, void *self)
{
	FilesPane *f = self;
	if (!f->filter->len)
		return true;
	g_string_truncate(f->filter, 0);	/* first back to all names */
	filter_changed(f);
	return false;
}

static void
free_pane(void *self)
{
	FilesPane *f = self;
	g_free(f->folder);
	g_free(f->problem);
	g_array_unref(f->entries);
	g_string_free(f->filter, TRUE);
	g_hash_table_unref(f->marked);
	g_free(f);
}

static const Clean *
title(void *self)
{
	return clean_ours(_("Choose files"));
}

const OverFace files_face = {
	.where = where,
	.draw = draw,
	.move = move,
	.page = page,
	.ends = ends,
	.key = key,
	.close = close_pane,
	.free = free_pane,
	.title = title,
};

void
files_open(App *a, FilesTaken taken)
{
	FilesPane *f = g_new0(FilesPane, 1);
	g_autofree char *here = g_get_current_dir();

	f->app = a;
	f->taken = taken;
	f->folder = g_strdup(a->files_folder && g_file_test(a->files_folder, G_FILE_TEST_IS_DIR) ?
			a->files_folder :
			here);
	f->entries = g_array_new(FALSE, TRUE, sizeof(FileEntry));
	f->filter = g_string_new(NULL);
	f->marked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	load(f, NULL);
	over_push(a, &files_face, f);
}
