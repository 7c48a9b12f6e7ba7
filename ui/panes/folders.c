/* folders.c - the accounts and their folders, as a tree.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/panes/folders.h"
#include "base/intl.h"
#include "ui/layout.h"
#include "ui/theme.h"

#include <string.h>

static void
item_clear(gpointer p)
{
	FolderItem *item = p;
	g_free((char *)item->line.name);
	g_free(item->path);
}

void
folders_pane_init(FoldersPane *p)
{
	p->items = g_array_new(FALSE, TRUE, sizeof(FolderItem));
	g_array_set_clear_func(p->items, item_clear);
	p->selected = 0;
	p->top = 0;
	p->foot = NULL;
}

void
folders_pane_clear(FoldersPane *p)
{
	g_array_set_size(p->items, 0);
}

void
folders_pane_free(FoldersPane *p)
{
	g_array_unref(p->items);
	clean_free(p->foot);
}

void
folders_pane_add(FoldersPane *p, guint account, gint64 folder, const char *path, const FolderLine *line)
{
	FolderItem item = { account, folder, *line, g_strdup(path) };
	item.line.name = g_strdup(line->name);
	g_array_append_val(p->items, item);
}

bool
folders_pane_select(FoldersPane *p, guint account, gint64 folder)
{
	bool found = false;
	for (guint i = 0; i < p->items->len; i++) {
		const FolderItem *item = &g_array_index(p->items, FolderItem, i);
		if (item->account != account || item->folder != folder || (!folder && *item->path))
			continue;
		p->selected = (int)i;
		found = true;
	}
	p->selected = CLAMP(p->selected, 0, MAX((int)p->items->len - 1, 0));
	return found;
}

bool
folders_pane_select_path(FoldersPane *p, guint account, const char *path, char delimiter)
{
	g_autofree char *wanted = g_strdup(path);

	for (char *end = wanted; end; *end = '\0') {
		for (guint i = 0; *wanted && i < p->items->len; i++) {
			const FolderItem *item = &g_array_index(p->items, FolderItem, i);
			if (item->account != account || g_strcmp0(item->path, wanted))
				continue;
			p->selected = (int)i;
			return true;
		}
		if (!(end = delimiter ? strrchr(wanted, delimiter) : NULL))
			break;
	}
	return false;
}

void
folders_pane_set_foot(FoldersPane *p, CellStyle style, Clean *foot)
{
	clean_free(p->foot);
	p->foot = foot;
	p->foot_style = style;
}

bool
folders_pane_move(FoldersPane *p, int rows)
{
	int was = p->selected, step = rows < 0 ? -1 : 1;

	for (int left = ABS(rows), i = p->selected + step; left > 0 && i >= 0 && i < (int)p->items->len; i += step) {
		const FolderItem *item = &g_array_index(p->items, FolderItem, i);
		if (*item->path && !item->line.selectable && !item->line.parent)
			continue;
		p->selected = i;
		left--;
	}
	return p->selected != was;
}

const FolderItem *
folders_pane_current(const FoldersPane *p)
{
	return p->selected < (int)p->items->len ? &g_array_index(p->items, FolderItem, p->selected) : NULL;
}

#define FOOT_ROOM 8	/* rows */

void
folders_pane_draw(FoldersPane *p, Canvas *c, Rect head, Rect r, bool focused)
{
	RowLine line = { 0 };

	if (!rect_empty(head))
		canvas_put(c, head.y, head.x, head.w, STYLE_HEADING, PUT_PAD, clean_ours(_(" Folders")));
	if (rect_empty(r))
		return;
	if (p->foot && r.h >= FOOT_ROOM) {
		r.h--;
		canvas_put(c, r.y + r.h, r.x, r.w, p->foot_style, PUT_PAD, p->foot);
	}
	p->top = layout_list_top(p->top, p->selected, r.h, p->items->len);
	for (int i = 0; i < r.h && p->top + i < p->items->len; i++) {
		rows_folder(&g_array_index(p->items, FolderItem, p->top + i).line, r.w, &line);
		row_line_draw(&line, c, r.y + i, r.x, r.w);
		row_line_clear(&line);
		if (focused && p->top + i == p->selected) {
			canvas_style_row(c, r.y + i, r.x, r.w, STYLE_SELECTED);
			canvas_cursor(c, r.y + i, r.x, true);
		}
	}
}
