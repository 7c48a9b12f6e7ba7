/* settings.c - the settings screen: pages, rows, and what the selected one means.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/settings_private.h"
#include "base/intl.h"

#include <string.h>

/* ---- movement ---- */

static Where
where(void *self)
{
	return IN_SETTINGS;
}

static int
n_rows(const SettingsPane *p)
{
	return (int)p->list->rows->len;
}

static void
move(void *self, int rows)
{
	SettingsPane *p = self;
	p->selected = CLAMP(p->selected + rows, 0, MAX(n_rows(p) - 1, 0));
}

static void
page(void *self, int halves, int height)
{
	move(self, halves * MAX(height / 2, 1) / 2);
}

static void
ends(void *self, bool last)
{
	move(self, last ? 100000 : -100000);
}

SettingRow *
settings_row(SettingsPane *p)
{
	return p->selected < n_rows(p) ? &g_array_index(p->list->rows, SettingRow, p->selected) : NULL;
}

void
settings_refresh(SettingsPane *p)
{
	settinglist_fill(p->list, p->app->setup->conf);
	move(p, 0);
}

/* ---- drawing ---- */

static void
put(Canvas *c, int y, int x, int w, CellStyle style, const char *text)
{
	Clean *clean = clean_new(text, -1, CLEAN_LINE);
	canvas_put(c, y, x, w, style, PUT_CUT, clean);
	clean_free(clean);
}

/* The names of the pages in one line, the open one marked; scrolled so that it is there. */
static void
draw_tabs(const SettingsPane *p, Canvas *c, Rect r)
{
	int x = r.x + 1, first = 0, width = 0;

	canvas_fill(c, (Rect){ r.y, r.x, 1, r.w }, STYLE_HEADING);
	if (p->list->search) {
		g_autofree char *text = g_strdup_printf(_("Settings with “%s”"), p->list->search);
		put(c, r.y, x, r.w - 1, STYLE_HEADING, text);
		return;
	}
	for (int i = (int)p->list->page; i >= 0; i--) {
		width += utf8_columns(g_array_index(p->list->pages, SettingPage, i).title, -1) + 4;
		if (width > r.w - 2 && i < (int)p->list->page) {
			first = i + 1;
			break;
		}
	}
	for (guint i = (guint)first; i < p->list->pages->len && x < r.x + r.w - 3; i++) {
		const char *title = g_array_index(p->list->pages, SettingPage, i).title;
		bool open = i == p->list->page;
		g_autofree char *text = g_strdup_printf(open ? "[%s]" : " %s ", title);
		put(c, r.y, x, r.x + r.w - x, open ? STYLE_HEADING | MOD_BOLD : STYLE_HEADING, text);
		x += utf8_columns(text, -1) + 2;
	}
}

static void
draw_option(const SettingsPane *p, Canvas *c, int y, Rect r, const SettingRow *row)
{
	const Conf *conf = p->app->setup->conf;
	g_autofree char *name = setting_name(row, p->list->search != NULL), *value = setting_value(conf, row);
	bool plain = setting_is_default(conf, row);
	int names = MIN(p->list->search ? 34 : r.w >= 100 ? 24 : 20, r.w / 2);

	put(c, y, r.x + 1, names - 1, STYLE_NORMAL, name);
	put(c, y, r.x + names + 1, r.w - names - 2, plain ? STYLE_FOLDER_DIM : STYLE_NORMAL, *value ? value : _("(not set)"));
	if (!plain)
		put(c, y, r.x, 1, STYLE_MARK, "*");
}

enum { MODES = 4 };
static const guint MODE_BITS[MODES] = { CHECK_STARTUP, CHECK_MANUAL, CHECK_EVERY, CHECK_PUSH };

static const char *
mode_title(int i, bool wide)
{
	switch (i) {
	case 0:	return wide ? _("on startup") : _("start");
	case 1:	return wide ? _("manual") : _("man.");
	case 2:	return wide ? _("every N minutes") : _("every");
	default: return _("push");
	}
}

static int
mode_columns(int i, bool wide)
{
	return MAX(utf8_columns(mode_title(i, wide), -1), 5) + 2;
}

static bool
is_wide(Rect r)
{
	int w = 20;
	for (int i = 0; i < MODES; i++)
		w += mode_columns(i, true);
	return r.w >= w + 18;
}

static char *
clock_of(gint64 when)
{
	g_autoptr(GDateTime) t = when > 1 ? g_date_time_new_from_unix_local(when) : NULL;
	return t ? g_date_time_format(t, "%H:%M") : g_strdup("–");
}

static void
draw_schedule_head(Canvas *c, int y, Rect r)
{
	bool wide = is_wide(r);
	int x = r.x + MIN(20, r.w / 3);

	canvas_fill(c, (Rect){ y, r.x, 1, r.w }, STYLE_NORMAL);
	put(c, y, r.x + 1, x - r.x - 2, STYLE_FOLDER_DIM, _("Account"));
	for (int i = 0; i < MODES; i++) {
		put(c, y, x, r.x + r.w - x, STYLE_FOLDER_DIM, mode_title(i, wide));
		x += mode_columns(i, wide);
	}
	put(c, y, x, r.x + r.w - x, STYLE_FOLDER_DIM, wide ? _("last    next") : _("next"));
}

static void
draw_schedule(const SettingsPane *p, Canvas *c, int y, Rect r, const SettingRow *row)
{
	const GPtrArray *accounts = conf_accounts(p->app->setup->conf);
	const Account *a = row->all || row->off ? NULL : g_ptr_array_index(accounts, row->account);
	const AppAccount *acc = a ? settings_account(p->app, a->name) : NULL;
	g_autofree char *name = setting_name(row, false);
	bool wide = is_wide(r);
	int x = r.x + MIN(20, r.w / 3);

	put(c, y, r.x + 1, x - r.x - 2, row->all || row->off ? STYLE_FOLDER_DIM : STYLE_ACCOUNT, name);
	for (int i = 0; i < MODES && a; i++) {
		bool on = a->check & MODE_BITS[i];
		g_autofree char *text = on && MODE_BITS[i] == CHECK_EVERY ? g_strdup_printf("[x] %u", a->check_minutes) : g_strdup(on ? "[x]" : "[ ]");
		put(c, y, x, mode_columns(i, wide) - 1, on ? STYLE_NORMAL | MOD_BOLD : STYLE_FOLDER_DIM, text);
		x += mode_columns(i, wide);
	}
	if (row->off)
		put(c, y, x, r.x + r.w - x, STYLE_FOLDER_DIM, _("switched off"));
	if (!a || !acc)
		return;
	g_autofree char *last = clock_of(acc->checked_at), *next = clock_of(acc->next_check);
	const char *stands = acc->stopped ? _("stopped") : acc->schedule_paused ?
		_("paused") : next;
	g_autofree char *text = wide ? g_strdup_printf("%-7s %s", last, stands) : g_strdup(stands);
	put(c, y, x, r.x + r.w - x, acc->stopped ? STYLE_WARN : STYLE_NORMAL, text);
}

/* Text wrapped into the rectangle from line y on; the next free line. */
static int
draw_wrapped(Canvas *c, Rect r, int y, CellStyle style, const char *text)
{
	gsize len = strlen(text), at = 0;
	while (at < len && y < r.y + r.h) {
		gsize next, n = utf8_wrap(text + at, len - at, r.w - 2, &next);
		g_autofree char *line = g_strndup(text + at, n);
		put(c, y++, r.x + 1, r.w - 2, style, line);
		at += next;
	}
	return y;
}

static void
draw_option_detail(const SettingsPane *p, Canvas *c, Rect r, const SettingRow *row)
{
	const Option *o = row->option;
	g_autofree char *origin = setting_origin(p->list, p->app->setup->conf, row), *allowed = setting_allowed(o);
	g_autofree char *from = g_strdup_printf(_("From: %s · built in: %s"), origin, o->value ? o->value : _("nothing"));
	g_autofree char *may = g_strdup_printf(_("Allowed: %s · %s"), allowed, setting_effect(o));
	int y = draw_wrapped(c, r, r.y, STYLE_NORMAL, _(o->help));

	y = draw_wrapped(c, r, y, STYLE_FOLDER_DIM, from);
	draw_wrapped(c, r, y, STYLE_FOLDER_DIM, may);
}

/* The document's own advice stands beside the modes (S31). */
static void
draw_schedule_detail(const SettingsPane *p, Canvas *c, Rect r, const SettingRow *row)
{
	int y = r.y;
	if (!row->all) {
		g_autofree char *origin = setting_origin(p->list, p->app->setup->conf, row), *value = setting_value(p->app->setup->conf, row);
		g_autofree char *line = g_strdup_printf(_("%s · from: %s"), value, origin);
		y = draw_wrapped(c, r, y, STYLE_FOLDER_DIM, line);
	}
	y = draw_wrapped(c, r, y, STYLE_NORMAL, _("s on startup: once at each start. m manual: only when you press G or F5. e every N minutes, also at the start. "
		"p push: the server tells of new mail at once (IMAP). Each time mail is sent first, then received."));
	y = draw_wrapped(c, r, y, STYLE_FOLDER_DIM, _("Accounts: a adds one, K and J change their order, d switches it off and on, R gives it another name, D removes it."));
	draw_wrapped(c, r, y, STYLE_NORMAL, _("Always connected: choose an interval. Not always connected: choose manual. Several devices: keep a copy on the server."));
}

/* The list comes first; what a short one leaves free goes to the words below it. */
static int
detail_height(Rect r, int head, guint rows)
{
	int least = r.h >= 16 ? 6 : r.h >= 10 ? 4 : 0;
	return least ? MAX(least, MIN(r.h - head - 1 - (int)MIN(rows, (guint)r.h), 10)) : 0;
}

static void
draw(void *self, Canvas *c, Rect r, bool focused)
{
	SettingsPane *p = self;
	SettingRow *row = settings_row(p);
	bool schedule = !p->list->search && p->list->page == 0;
	int head = 1 + schedule, detail = detail_height(r, head, n_rows(p));
	Rect list = { r.y + head, r.x, r.h - head - detail - (detail > 0), r.w };

	canvas_fill(c, r, STYLE_NORMAL);
	draw_tabs(p, c, r);
	if (schedule && r.h > 2)
		draw_schedule_head(c, r.y + 1, r);
	p->top = layout_list_top(p->top, p->selected, MAX(list.h, 1), n_rows(p));
	if (n_rows(p) == 0)
		put(c, list.y, list.x + 1, list.w - 1, STYLE_NOTE, schedule ? _("There is no account: a adds one.") : _("No setting fits."));
	for (int i = 0; i < list.h && p->top + i < n_rows(p); i++) {
		const SettingRow *each = &g_array_index(p->list->rows, SettingRow, p->top + i);
		if (each->option)
			draw_option(p, c, list.y + i, list, each);
		else
			draw_schedule(p, c, list.y + i, list, each);
		if (p->top + i == p->selected) {
			canvas_style_row(c, list.y + i, list.x, list.w, STYLE_SELECTED);
			if (focused)
				canvas_cursor(c, list.y + i, list.x, true);
		}
	}
	if (detail && row) {
		Rect d = { r.y + r.h - detail, r.x, detail, r.w };
		canvas_hline(c, d.y - 1, d.x, d.w, STYLE_BORDER);
		if (row->option)
			draw_option_detail(p, c, d, row);
		else
			draw_schedule_detail(p, c, d, row);
	}
}

/* ---- the face ---- */

static bool
close_pane(App *a, void *self)
{
	SettingsPane *p = self;
	if (!p->list->search)
		return true;
	g_clear_pointer(&p->list->search, g_free);
	p->selected = 0;
	settings_refresh(p);
	return false;
}

static void
free_pane(void *self)
{
	SettingsPane *p = self;
	settinglist_free(p->list);
	clean_free(p->title);
	g_free(p);
}

static const Clean *
title(void *self)
{
	return ((SettingsPane *)self)->title;
}

const OverFace SETTINGS_FACE = {
	.where = where, .draw = draw, .move = move, .page = page, .ends = ends, .close = close_pane, .free = free_pane, .title = title,
};

void
settings_open(App *a)
{
	if (over_has(a, &SETTINGS_FACE))
		return;
	SettingsPane *p = g_new0(SettingsPane, 1);
	p->app = a;
	p->list = settinglist_new();
	p->title = clean_new(_("Settings"), -1, CLEAN_LINE);
	settings_refresh(p);
	over_push(a, &SETTINGS_FACE, p);
}

void
settings_search(App *a, const char *text)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	if (!p)
		return;
	g_free(p->list->search);
	p->list->search = *text ? g_strdup(text) : NULL;
	p->selected = 0;
	settings_refresh(p);
}
