/* parts.c - the attachments of the open message.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/panes/parts.h"
#include "base/intl.h"
#include "ui/layout.h"
#include "ui/rows.h"
#include "ui/theme.h"

const DocPart *
parts_current(const PartsPane *p, const Document *d)
{
	return p->selected < (int)d->parts->len ? &g_array_index(d->parts, DocPart, p->selected) : NULL;
}

bool
parts_move(PartsPane *p, const Document *d, int rows)
{
	int was = p->selected;
	p->selected = (int)CLAMP((gint64)p->selected + rows, 0, MAX((gint64)d->parts->len - 1, 0));
	return p->selected != was;
}

static void
draw_part(Canvas *c, int y, Rect r, guint number, const DocPart *part, const Clean *note)
{
	Clean *size = rows_size(part->size);
	Clean *text = clean_printf("%3u  %*s%s", number, MIN(part->depth, 8) * 2, "",
		part->name && *clean_peek(part->name) ? clean_peek(part->name) : part->attachment ? part->file_name : _("(text)"));
	int type_columns = r.w >= 60 ? 26 : 0, room = r.w - 6 - type_columns;
	CellStyle style = part->attachment ? STYLE_NORMAL : STYLE_FOLDER_DIM;
	/* how far it has come is what is looked for: a long name gives way to it */
	int name = note ? MAX(room - utf8_columns(clean_peek(note), -1) - 2, room / 2) : room;
	canvas_put(c, y, r.x, MIN(name, room), style, PUT_CUT, text);
	int behind = MIN(utf8_columns(clean_peek(text), -1), name) + 2;
	if (note && behind < room)
		canvas_put(c, y, r.x + behind, room - behind, style, PUT_CUT, note);
	if (type_columns)
		canvas_put(c, y, r.x + r.w - 5 - type_columns, type_columns - 1, STYLE_PART, PUT_CUT, part->type);
	canvas_put(c, y, r.x + r.w - 5, 4, STYLE_SIZE, PUT_PAD | PUT_RIGHT, size);
	clean_free(size);
	clean_free(text);
}

void
parts_draw(PartsPane *p, Canvas *c, Rect r, const Document *d, const GPtrArray *notes)
{
	canvas_fill(c, r, STYLE_NORMAL);
	if (rect_empty(r))
		return;
	canvas_put(c, r.y, r.x, r.w, STYLE_HEADING, PUT_PAD, clean_ours(_(" Attachments and parts")));
	Rect list = { r.y + 1, r.x, r.h - 1, r.w };
	if (d->parts->len == 0)
		canvas_put(c, list.y, list.x + 1, list.w - 1, STYLE_NOTE, PUT_CUT, clean_ours(_("This message has no parts.")));
	p->top = layout_list_top(p->top, p->selected, list.h, d->parts->len);
	for (int i = 0; i < list.h && p->top + i < d->parts->len; i++) {
		draw_part(c, list.y + i, list, (guint)(p->top + i) + 1, &g_array_index(d->parts, DocPart, p->top + i),
			g_ptr_array_index(notes, p->top + i));
		if (p->top + i == p->selected) {
			canvas_style_row(c, list.y + i, list.x, list.w, STYLE_SELECTED);
			canvas_cursor(c, list.y + i, list.x, true);
		}
	}
}
