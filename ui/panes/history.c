/* history.c - the pane of what was done.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/history.h"
#include "ui/when.h"
#include "base/intl.h"

typedef struct {
	App *app;		/* borrowed */
	guint account;
	GPtrArray *acts;	/* owned, of Act* */
	Clean *title;		/* owned */
	int selected, top;
	bool stale;
} HistoryPane;

static void
read_anew(HistoryPane *p)
{
	AppAccount *acc = app_account_of(p->app, p->account);
	GPtrArray *acts = acc && acc->db ? acts_list(acc->db, ACTS_KEPT, NULL) : NULL;

	if (acts) {
		g_ptr_array_unref(p->acts);
		p->acts = acts;
	}
	p->selected = CLAMP(p->selected, 0, MAX((int)p->acts->len - 1, 0));
	p->stale = false;
}

static const char *
state_text(ActState state)
{
	switch (state) {
	case ACT_WAITING:	return _("waits");
	case ACT_UNDER_WAY:	return _("under way");
	case ACT_FAILED:	return _("failed");
	case ACT_UNDONE:	return _("taken back");
	default:		return _("done");
	}
}

/* As wide as the longest of them in the person's language. */
static int
state_columns(void)
{
	int columns = 0;

	for (ActState state = ACT_DONE; state <= ACT_UNDONE; state++)
		columns = MAX(columns, utf8_columns(state_text(state), -1));
	return columns;
}

static void
put(Canvas *c, int y, int x, int w, CellStyle style, const char *text)
{
	Clean *clean = clean_new(text, -1, CLEAN_LINE);
	if (w > 0)
		canvas_put(c, y, x, w, style, PUT_CUT, clean);
	clean_free(clean);
}

static void
draw_act(const HistoryPane *p, Canvas *c, int y, Rect r, int state_w, const Act *act)
{
	enum { STATE_AT = 9 };
	int text_at = STATE_AT + state_w + 1;
	RowContext rc = { .now = g_get_real_time() / G_USEC_PER_SEC, .zone = p->app->zone };
	AppAccount *acc = app_account_of(p->app, p->account);
	Clean *date = rows_date(act->at, &rc);
	g_autofree char *what = act_text(acc, act), *whole = !act->error ? g_strdup(what) : g_strdup_printf("%s · %s", what, act->error);
	CellStyle style = act->state == ACT_FAILED ? STYLE_WARN : act->state == ACT_UNDONE ? STYLE_FOLDER_DIM : STYLE_NORMAL;

	canvas_put(c, y, r.x + 1, 7, style, PUT_CUT, date);
	put(c, y, r.x + STATE_AT, MIN(state_w, r.w - STATE_AT), style, state_text(act->state));
	put(c, y, r.x + text_at, r.w - text_at, style, whole);
	clean_free(date);
}

static void
draw(void *self, Canvas *c, Rect r, bool focused)
{
	HistoryPane *p = self;

	if (p->stale)
		read_anew(p);
	canvas_fill(c, r, STYLE_NORMAL);
	if (p->acts->len == 0)
		put(c, r.y, r.x + 1, r.w - 1, STYLE_NOTE, _("Nothing was done yet."));
	int state_w = state_columns();
	p->top = (int)layout_list_top((guint)p->top, (guint)p->selected, MAX(r.h, 1), p->acts->len);
	for (int i = 0; i < r.h && p->top + i < (int)p->acts->len; i++) {
		draw_act(p, c, r.y + i, r, state_w, g_ptr_array_index(p->acts, (guint)(p->top + i)));
		if (p->top + i != p->selected)
			continue;
		canvas_style_row(c, r.y + i, r.x, r.w, STYLE_SELECTED);
		if (focused)
			canvas_cursor(c, r.y + i, r.x, true);
	}
}

static Where
where(void *self)
{
	return IN_HISTORY;
}

static void
move(void *self, int rows)
{
	HistoryPane *p = self;
	p->selected = CLAMP(p->selected + rows, 0, MAX((int)p->acts->len - 1, 0));
}

static void
page(void *self, int halves, int height)
{
	move(self, halves * MAX(height / 2, 1));
}

static void
ends(void *self, bool last)
{
	HistoryPane *p = self;
	p->selected = last ? MAX((int)p->acts->len - 1, 0) : 0;
}

static void
letter(App *a, void *self, const Letter *l)
{
	HistoryPane *p = self;
	if (l->account == p->account && (l->kind == LETTER_ACT || l->kind == LETTER_OUTBOX))
		p->stale = true;
}

static void
free_pane(void *self)
{
	HistoryPane *p = self;
	g_ptr_array_unref(p->acts);
	clean_free(p->title);
	g_free(p);
}

static const Clean *
title(void *self)
{
	return ((HistoryPane *)self)->title;
}

static const OverFace FACE = {
	.where = where, .draw = draw, .move = move, .page = page, .ends = ends, .letter = letter, .free = free_pane, .title = title,
};

void
history_open(App *a)
{
	if (over_has(a, &FACE))
		return;
	HistoryPane *p = g_new0(HistoryPane, 1);
	p->app = a;
	p->account = a->account;
	p->acts = g_ptr_array_new_with_free_func((GDestroyNotify)act_free);
	p->title = clean_new(_("What was done"), -1, CLEAN_LINE);
	read_anew(p);
	over_push(a, &FACE, p);
}

gint64
history_current(App *a, guint *account)
{
	HistoryPane *p = over_self(a, &FACE);
	if (!p || p->selected >= (int)p->acts->len)
		return 0;
	*account = p->account;
	return ((const Act *)g_ptr_array_index(p->acts, (guint)p->selected))->id;
}
