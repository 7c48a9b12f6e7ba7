/* compose_draw.c - the picture of a mail that is written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Fields and files on top, the text below; where there is little room, only that of them which has
 * the cursor, and a line of the other. */
#include "config.h"
#include "ui/panes/compose_private.h"
#include "base/intl.h"

#include <glib/gstdio.h>
#include <string.h>

enum { LOW = 9, TEXT_ROWS = 4 };

static const char *const labels[DRAFT_FIELDS] = {
	[DRAFT_FROM] = N_("From"),
	[DRAFT_TO] = N_("To"),
	[DRAFT_CC] = N_("Cc"),
	[DRAFT_BCC] = N_("Bcc"),
	[DRAFT_REPLY_TO] = N_("Reply-To"),
	[DRAFT_SUBJECT] = N_("Subject"),
};

static int
label_columns(int width)
{
	int columns = utf8_columns(_("Attached"), -1);
	for (int f = 0; f < DRAFT_FIELDS; f++)
		columns = MAX(columns, utf8_columns(_(labels[f]), -1));
	return MIN(columns + 3, MAX(width / 3, 4));
}

/* ---- lines above the text ---- */

static void
draw_label(Canvas *c, Rect r, int columns, const char *label)
{
	canvas_fill(c, r, STYLE_NORMAL);
	canvas_put(c, r.y, r.x + 1, columns - 2, STYLE_HEADER_NAME, PUT_CUT, clean_ours(label));
}

static void
draw_field(Compose *c, Canvas *canvas, Rect r, int field, bool focused)
{
	int columns = label_columns(r.w);
	Rect value = rect_inset(r, columns, 0);
	bool here = focused && c->focus.kind == LINE_FIELD && c->focus.n == field;
	CellStyle style = field == DRAFT_SUBJECT ? STYLE_HEADER_SUBJECT : STYLE_HEADER_VALUE;

	draw_label(canvas, r, columns, _(labels[field]));
	if (field == DRAFT_FROM) {
		g_autoptr(Clean) from = clean_new(compose_identity(c)->from, -1, CLEAN_SHOW);
		int used = canvas_put(canvas, value.y, value.x, value.w, style, PUT_CUT, from);
		if (here && c->identities->len > 1 && used + 3 < value.w)
			canvas_put(canvas, value.y, value.x + used + 2, value.w - used - 2,
				STYLE_NOTE, PUT_CUT, clean_ours(_("Left and Right choose")));
	} else {
		editor_draw_line(c->fields[field], canvas, value, style, here && c->typing);
	}
	if (here && !c->typing) {
		canvas_style_row(canvas, r.y, r.x, r.w, STYLE_SELECTED);
		canvas_cursor(canvas, r.y, r.x, true);
	}
}

/* Its size, or NULL: the file is not there any more. Yours. */
static Clean *
size_of(const DraftAttachment *a)
{
	GStatBuf st;
	if (a->data)
		return rows_size(g_bytes_get_size(a->data));
	return a->path && g_stat(a->path, &st) == 0 ? rows_size((guint64)st.st_size) : NULL;
}

static void
draw_attachment(Compose *c, Canvas *canvas, Rect r, int n, bool focused)
{
	const DraftAttachment *a = &g_array_index(c->draft->attachments, DraftAttachment, n);
	int columns = label_columns(r.w), size_w = r.w - columns > 16 ? 6 : 0,
	    type_w = r.w >= 80 ? 24 : 0;
	g_autoptr(Clean) size = size_of(a),
			 name = clean_new(a->name ? a->name :
					 a->path  ? a->path :
						    "",
				 -1, CLEAN_SHOW);
	g_autoptr(Clean) type = clean_new(a->type ? a->type : "", -1, CLEAN_LINE);
	Rect value = rect_inset(r, columns, 0);

	draw_label(canvas, r, columns, n == 0 ? _("Attached") : "");
	canvas_put(canvas, value.y, value.x, value.w - size_w - type_w, STYLE_PART, PUT_CUT, name);
	if (!size)
		canvas_put(canvas, value.y, value.x + value.w - size_w - type_w, size_w + type_w,
			STYLE_ERROR, PUT_CUT, clean_ours(_("gone")));
	else if (size_w)
		canvas_put(canvas, value.y, value.x + value.w - size_w, size_w - 1, STYLE_SIZE,
			PUT_RIGHT | PUT_PAD, size);
	if (type_w && size)
		canvas_put(canvas, value.y, value.x + value.w - size_w - type_w, type_w - 1,
			STYLE_SIZE, PUT_CUT, type);
	if (focused && c->focus.kind == LINE_ATTACHMENT && c->focus.n == n) {
		canvas_style_row(canvas, r.y, r.x, r.w, STYLE_SELECTED);
		canvas_cursor(canvas, r.y, r.x, true);
	}
}

/* A problem takes the line below its field where there is room for it. */
static bool
has_problem(const Compose *c, const ComposeLine *l, bool roomy)
{
	return roomy && l->kind == LINE_FIELD && c->problems[l->n] &&
		!(c->typing && c->focus.kind == LINE_FIELD && c->focus.n == l->n);
}

static int
head_rows(const Compose *c, const GArray *lines, bool roomy)
{
	int rows = 0;
	for (guint i = 0; i + 1 < lines->len; i++)
		rows += 1 + has_problem(c, &g_array_index(lines, ComposeLine, i), roomy);
	return rows;
}

static void
draw_head(Compose *c, Canvas *canvas, Rect r, const GArray *lines, bool focused, bool roomy)
{
	int focus = compose_focus_index(c, lines), y = r.y, count = (int)lines->len - 1;

	if (focus < c->top)
		c->top = focus;
	while (c->top + r.h <= MIN(focus, count - 1))
		c->top++;
	c->top = CLAMP(c->top, 0, MAX(count - r.h, 0));
	for (int i = c->top; i < count && y < r.y + r.h; i++) {
		const ComposeLine *l = &g_array_index(lines, ComposeLine, i);
		Rect row = { y++, r.x, 1, r.w };
		if (l->kind == LINE_FIELD)
			draw_field(c, canvas, row, l->n, focused);
		else
			draw_attachment(c, canvas, row, l->n, focused);
		if (!has_problem(c, l, roomy) || y >= r.y + r.h)
			continue;
		int columns = label_columns(r.w);
		canvas_put(canvas, y, r.x + columns, r.w - columns, STYLE_WARN, PUT_CUT,
			c->problems[l->n]);
		y++;
	}
}

/* ---- the line between, and the whole ---- */

static void
draw_between(Compose *c, Canvas *canvas, Rect r)
{
	int column, lines, line = editor_line_number(c->body, &column, &lines);

	canvas_hline(canvas, r.y, r.x, r.w, STYLE_BORDER);
	g_autoptr(GString) s = g_string_new(NULL);
	if (c->kept_at) {
		g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(c->kept_at),
				     local = g_date_time_to_timezone(utc, c->app->zone);
		g_autofree char *at = g_date_time_format(local, "%H:%M:%S");
		g_string_append_printf(s, _(" kept %s ·"), at);
	}
	g_string_append_printf(s, _(" line %d of %d, column %d "), line, lines, column);
	g_autoptr(Clean) text = clean_new(s->str, -1, CLEAN_LINE);
	int w = utf8_columns(clean_peek(text), -1);
	if (w + 4 < r.w)
		canvas_put(canvas, r.y, r.x + r.w - w - 2, w, STYLE_BORDER, PUT_CUT, text);
}

/* One line of the fields while the text has the little room there is. */
static void
draw_summary(Compose *c, Canvas *canvas, Rect r)
{
	const char *to = editor_text(c->fields[DRAFT_TO]),
		   *subject = editor_text(c->fields[DRAFT_SUBJECT]);
	g_autofree char *short_to = g_utf8_substring(to, 0, MIN(g_utf8_strlen(to, 200), 60));
	g_autofree char *short_subject =
		g_utf8_substring(subject, 0, MIN(g_utf8_strlen(subject, 400), 200));
	g_autoptr(Clean) text =
		clean_printf(" %s: %s · %s", _("To"), *short_to ? short_to : "–", short_subject);
	canvas_put(canvas, r.y, r.x, r.w, STYLE_HEADING, PUT_CUT | PUT_PAD, text);
}

void
compose_draw(void *self, Canvas *canvas, Rect body, bool focused)
{
	Compose *c = self;
	g_autoptr(GArray) lines = compose_lines(c);
	bool in_body = c->focus.kind == LINE_BODY, roomy = body.h > LOW;

	canvas_fill(canvas, body, STYLE_NORMAL);
	if (rect_empty(body))
		return;
	if (!roomy) {
		int head = in_body ? body.h > 3 : body.h;
		if (in_body && head)
			draw_summary(c, canvas, (Rect){ body.y, body.x, 1, body.w });
		else if (!in_body)
			draw_head(c, canvas, body, lines, focused, false);
		if (in_body)
			editor_draw(c->body, canvas,
				(Rect){ body.y + head, body.x + 1, body.h - head, body.w - 1 },
				focused);
		return;
	}
	int head = MIN(head_rows(c, lines, true), body.h - 1 - TEXT_ROWS);
	draw_head(c, canvas, (Rect){ body.y, body.x, head, body.w }, lines, focused, true);
	draw_between(c, canvas, (Rect){ body.y + head, body.x, 1, body.w });
	editor_draw(c->body, canvas,
		(Rect){ body.y + head + 1, body.x + 1, body.h - head - 1, body.w - 1 },
		focused && in_body);
}
