/* setup.c - how the pane that makes accounts looks; what it does is in ui/act_setup.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Every step is words on top and rows to choose from below; each row of the form is a value that can be changed. */
#include "config.h"
#include "ui/panes/setup_private.h"
#include "base/intl.h"

#include <string.h>

enum { NUMBERED = 5 };	/* columns that the number of a row of the menu takes, with the margins */

SetupPane *
setup_pane(App *a)
{
	return over_self(a, &SETUP_FACE);
}

/* ---- rows ---- */

static void
add_row(SetupPane *p, SetupRowKind kind, guint index)
{
	SetupRow r = { kind, index };
	g_array_append_val(p->rows, r);
}

static void
menu_rows(SetupPane *p)
{
	bool first = app_running(p->app) == 0;

	add_row(p, ROW_ADD, 0);
	if (first)
		add_row(p, ROW_DEMO, 0);
	for (guint i = 0; i < p->imports->len; i++)
		add_row(p, ROW_IMPORT, i);
	if (first)
		add_row(p, ROW_HAND, 0);
	add_row(p, ROW_LEAVE, 0);
}

static void
form_rows(SetupPane *p)
{
	for (SetupField f = 0; f < N_FIELDS; f++)
		if (setupform_shows(p->form, f))
			add_row(p, ROW_FIELD, f);
	add_row(p, ROW_SAVE, 0);
	if (p->may_skip)
		add_row(p, ROW_SAVE_UNTRIED, 0);
}

static void
fill_rows(SetupPane *p)
{
	g_array_set_size(p->rows, 0);
	switch (p->step) {
	case SETUP_MENU:
		menu_rows(p);
		break;
	case SETUP_FORM:
		form_rows(p);
		break;
	case SETUP_IMPORT:
		if (p->import && p->import->lines->len)
			add_row(p, ROW_TAKE, 0);
		add_row(p, ROW_BACK, 0);
		break;
	case SETUP_HAND:
		add_row(p, ROW_AGAIN, 0);
		add_row(p, ROW_BACK, 0);
		break;
	case SETUP_SEARCH: case SETUP_TRIAL:
		break;
	}
	p->selected = CLAMP(p->selected, 0, MAX((int)p->rows->len - 1, 0));
}

SetupRow *
setup_row(SetupPane *p)
{
	return p->selected < (int)p->rows->len ? &g_array_index(p->rows, SetupRow, p->selected) : NULL;
}

void
setup_select(SetupPane *p, SetupRowKind kind, guint index)
{
	for (guint i = 0; i < p->rows->len; i++) {
		const SetupRow *r = &g_array_index(p->rows, SetupRow, i);
		if (r->kind == kind && r->index == index)
			p->selected = (int)i;
	}
}

void
setup_show(SetupPane *p, SetupStep step)
{
	if (step != p->step) {
		if (p->step == SETUP_MENU)
			p->menu_selected = p->selected;
		p->selected = step == SETUP_MENU ? p->menu_selected : 0;
		p->text_top = 0;
		p->top = 0;
	}
	p->step = step;
	fill_rows(p);
}

void
setup_problem(SetupPane *p, const char *sentence)
{
	clean_free(p->problem);
	p->problem = sentence ? clean_new(sentence, -1, CLEAN_LINE) : NULL;
}

/* ---- words ---- */

static char *
row_text(const SetupPane *p, const SetupRow *r, CellStyle *style)
{
	*style = STYLE_NORMAL;
	switch (r->kind) {
	case ROW_ADD:
		return g_strdup(_("Add an account"));
	case ROW_DEMO:
		return g_strdup(_("Look around in a demo"));
	case ROW_IMPORT: {
		const ImportSource *s = p->imports->pdata[r->index];
		g_autofree char *shown = g_filename_display_name(s->path);
		return g_strdup_printf(_("Take over what %s knows (%s)"), import_program(s->kind), shown);
	}
	case ROW_HAND:
		return g_strdup(_("Write the configuration file by hand"));
	case ROW_LEAVE:
		return g_strdup(app_running(p->app) ? _("Back to the mail") : _("Leave eilpost"));
	case ROW_SAVE:
		return g_strdup(_("Try the sign-in, then save"));
	case ROW_SAVE_UNTRIED:
		return g_strdup(_("Save as it is, without trying again"));
	case ROW_TAKE:
		return g_strdup(_("Take this over"));
	case ROW_AGAIN:
		return g_strdup(_("It is written: look into the file again"));
	case ROW_BACK: case ROW_FIELD:
		break;
	}
	return g_strdup(_("Back"));
}

/* What a row of the menu is about: beside it, or below the list where that is too narrow. NULL: it says all. */
static const char *
row_about(const SetupRow *r)
{
	return r->kind == ROW_ADD ? _("type a mail address, the rest is looked for") :
		r->kind == ROW_DEMO ? _("sample mails, no network, nothing stays") : NULL;
}

/* The row of the menu with what it is about; NULL: that has no room in so many columns. Yours. */
static char *
whole_row(const SetupPane *p, const SetupRow *r, int columns)
{
	CellStyle style;
	g_autofree char *text = row_text(p, r, &style);
	const char *about = row_about(r);
	g_autofree char *whole = about ? g_strdup_printf("%s: %s", text, about) : NULL;
	return whole && utf8_columns(whole, -1) <= columns ? g_steal_pointer(&whole) : NULL;
}

static const char *
field_value(const SetupPane *p, SetupField f)
{
	const char *v = p->form->value[f];
	if (f == FIELD_KIND)
		return setupform_is_pop(p->form) ? _("POP3: fetch the inbox to this computer") : _("IMAP: mail and folders on the server");
	if (f == FIELD_AUTH)
		return setupform_is_oauth(p->form) ? _("at the provider (OAuth 2.0)") : p->password ? _("password (typed)") : _("password");
	if (f == FIELD_KEEP && !strcmp(v, "yes"))
		return _("yes: a copy stays there");
	if (f == FIELD_KEEP && !strcmp(v, "no"))
		return _("no: it is removed there once it is here");
	if (f == FIELD_CLIENT_SECRET && *v)
		return "****";
	return v;
}

static const char *
unset_words(SetupField f)
{
	switch (f) {
	case FIELD_TENANT:
		return option_find("account", setupform_option(f))->value;
	case FIELD_PASSWORD_COMMAND:
		return _("(none: the password is asked for)");
	case FIELD_SENT:
		return _("(found by itself)");
	case FIELD_SEND:
		return _("(nothing: it can't send)");
	case FIELD_CA_FILE:
		return _("(those of the system)");
	default:
		return _("(not set)");
	}
}

static bool
is_off(const SetupPane *p)
{
	g_auto(GStrv) all = conf_sections(p->app->setup->conf, "account");
	return all[0] != NULL;
}

/* What the words on top say in this step. Yours. */
static char *
head_words(const SetupPane *p)
{
	switch (p->step) {
	case SETUP_MENU:
		return g_strdup(app_running(p->app) ? _("What shall be added?") :
			is_off(p) ? _("All accounts are switched off; F2 switches them on again.") :
			_("Welcome to eilpost. There is no account yet. Choose with the arrows and Enter, or by the number."));
	case SETUP_SEARCH:
		return g_strdup_printf(_("Looking for the servers of %s. Esc stops it."), p->form->value[FIELD_ADDRESS]);
	case SETUP_FORM: {
		const Found *f = p->form->found;
		const char *careful = f && f->source >= SOURCE_SRV ? _(" Look at the names before you type a password: it goes to them.") : "";
		return g_strdup_printf(_("%s. Servers by: %s.%s"), f && f->name ? f->name : p->form->value[FIELD_ADDRESS],
			found_source_words(f ? f->source : SOURCE_NONE), careful);
	}
	case SETUP_TRIAL:
		return g_strdup_printf(_("Trying the account “%s”. Esc stops it; nothing is saved before."), p->form->value[FIELD_ACCOUNT]);
	case SETUP_IMPORT: {
		const ImportSource *s = p->import ? NULL : p->imports->pdata[0];
		return g_strdup_printf(_("What %s knows. Its files are not changed; no password was taken out of them."),
			import_program(p->import ? p->import->kind : s->kind));
	}
	case SETUP_HAND:
		break;
	}
	g_autofree char *shown = g_filename_display_name(p->app->setup->places->config);
	return g_strdup_printf(_("Write this into %s, with your own names; eilpost-config(5) has all options:"), shown);
}

/* What the selected row means, in the lines below the list; NULL: nothing more is to be said. Yours. */
static char *
detail_words(SetupPane *p, int columns)
{
	const SetupRow *r = setup_row(p);

	if (p->step == SETUP_MENU && r && row_about(r)) {
		g_autofree char *whole = whole_row(p, r, columns - NUMBERED);
		return whole ? NULL : g_strdup(row_about(r));
	}
	if (p->step != SETUP_FORM || !r)
		return NULL;
	if (r->kind == ROW_SAVE && setupform_is_oauth(p->form)) {
		g_autofree char *why = NULL;
		Account *a = setupform_account(p->form, &why);
		account_unref(a);
		if (why)
			return g_steal_pointer(&why);
	}
	if (r->kind != ROW_FIELD)
		return g_strdup(setupform_hint(p->form));
	if (r->index == FIELD_KIND)
		return g_strdup(setup_kind_words());
	if (r->index == FIELD_ACCOUNT)
		return g_strdup(_("How the account is called here, in the pane of folders"));
	const Option *o = option_find("account", setupform_option(r->index));
	return g_strdup(o ? _(o->help) : NULL);
}

const char *
setup_kind_words(void)
{
	return _("IMAP keeps your mail and its folders on the server, where all your devices see the same; what was not fetched yet can't be read without a network. "
		"POP3 fetches the inbox to this computer and can't do more: no folders on the server, no flags that your other devices see, no public or shared folders.");
}

/* ---- drawing ---- */

static void
put(Canvas *c, int y, int x, int w, CellStyle style, const char *text)
{
	Clean *clean = clean_new(text, -1, CLEAN_LINE);
	if (w > 0)
		canvas_put(c, y, x, w, style, PUT_CUT, clean);
	clean_free(clean);
}

/* Text wrapped into r from line y on; skip: lines that lie above. The next free line. */
static int
wrapped(Canvas *c, Rect r, int y, CellStyle style, const char *text, int *skip)
{
	gsize len = strlen(text), at = 0, next;

	do {
		gsize n = utf8_wrap(text + at, len - at, MAX(r.w - 2, 4), &next);
		g_autofree char *line = g_strndup(text + at, n);
		at += next;
		if (skip && *skip > 0) {
			--*skip;
			continue;
		}
		if (y >= r.y + r.h)
			break;
		put(c, y++, r.x + 1, r.w - 2, style, line);
	} while (at < len);
	return y;
}

static int
lines_of(const char *text, int columns)
{
	gsize len = strlen(text), at = 0, next;
	int n = 0;
	for (; at < len; at += next, n++)
		utf8_wrap(text + at, len - at, MAX(columns, 4), &next);
	return n;
}

static void
draw_row(const SetupPane *p, Canvas *c, Rect r, int y, int number, const SetupRow *row)
{
	enum { LABELS = 19 };
	if (row->kind == ROW_FIELD) {
		const char *value = field_value(p, row->index);
		int names = MIN(LABELS, r.w / 2);
		put(c, y, r.x + 1, names - 1, STYLE_FOLDER_DIM, setupform_label(row->index));
		put(c, y, r.x + names + 1, r.w - names - 2, *value ? STYLE_NORMAL : STYLE_FOLDER_DIM, *value ? value : unset_words(row->index));
		return;
	}
	CellStyle style;
	g_autofree char *text = row_text(p, row, &style), *digit = g_strdup_printf("%d", number);
	bool numbered = p->step == SETUP_MENU;
	g_autofree char *whole = numbered ? whole_row(p, row, r.w - NUMBERED) : NULL;
	if (numbered)
		put(c, y, r.x + 1, 2, STYLE_HELP_KEY, digit);
	put(c, y, r.x + (numbered ? 4 : 1), r.w - (numbered ? NUMBERED : 2), p->step == SETUP_FORM ? STYLE_NORMAL | MOD_BOLD : style, whole ? whole : text);
}

static void
draw_rows(SetupPane *p, Canvas *c, Rect list, bool focused)
{
	int n = (int)p->rows->len;

	p->top = layout_list_top(p->top, p->selected, MAX(list.h, 1), n);
	for (int i = 0; i < list.h && p->top + i < n; i++) {
		draw_row(p, c, list, list.y + i, (int)p->top + i + 1, &g_array_index(p->rows, SetupRow, p->top + i));
		if (p->top + i != p->selected)
			continue;
		canvas_style_row(c, list.y + i, list.x, list.w, focused ? STYLE_SELECTED : STYLE_SELECTED_IDLE);
		if (focused)
			canvas_cursor(c, list.y + i, list.x, true);
	}
}

static void
draw_search(const SetupPane *p, Canvas *c, Rect r, int y)
{
	for (FoundSource s = SOURCE_PROVIDER; s < SOURCE_NONE && y < r.y + r.h; s++, y++) {
		DiscoverState state = p->sources[s];
		put(c, y, r.x + 2, 2, STYLE_PROGRESS, state == DISCOVER_YES ? "✓" : state == DISCOVER_NO ? "–" : "…");
		put(c, y, r.x + 4, r.w - 5, state == DISCOVER_NO ? STYLE_FOLDER_DIM : STYLE_NORMAL, found_source_words(s));
	}
}

static void
draw_trial(const SetupPane *p, Canvas *c, Rect r, int y)
{
	const char *sides[] = { _("Receive"), _("Send") };
	const char *servers[] = { p->form->value[FIELD_RECEIVE], p->form->value[FIELD_SEND] };

	for (guint i = 0; i < 2; i++) {
		if (!*servers[i] || y + 1 >= r.y + r.h)
			continue;
		put(c, y, r.x + 2, 2, STYLE_PROGRESS, p->trial_good[i] ? "✓" : "…");
		g_autofree char *line = g_strdup_printf("%s: %s", sides[i], servers[i]);
		put(c, y++, r.x + 4, r.w - 5, STYLE_NORMAL, line);
		put(c, y++, r.x + 4, r.w - 5, STYLE_FOLDER_DIM, p->trial_text[i] ? clean_peek(p->trial_text[i]) : "");
	}
}

static void
draw_import(SetupPane *p, Canvas *c, Rect r, int y)
{
	const struct { const char *head; const GPtrArray *lines; CellStyle style; } parts[] = {
		{ _("What is taken:"), p->import->taken, STYLE_NORMAL }, { _("What is not, and why:"), p->import->left, STYLE_NOTE },
	};
	int room = MAX(r.y + r.h - y, 0), all = 0;

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		all += lines_of(parts[i].head, r.w - 2) + (parts[i].lines->len == 0);
		for (guint k = 0; k < parts[i].lines->len; k++)
			all += lines_of(parts[i].lines->pdata[k], r.w - 2);
	}
	p->text_top = CLAMP(p->text_top, 0, MAX(all - room, 0));
	if (all - p->text_top > room)
		put(c, r.y + r.h, r.x + 1, r.w - 2, STYLE_FOLDER_DIM, _("There is more below (page down)."));
	int skip = p->text_top;
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		y = wrapped(c, r, y, STYLE_HEADING, parts[i].head, &skip);
		if (parts[i].lines->len == 0)
			y = wrapped(c, r, y, STYLE_FOLDER_DIM, _("nothing"), &skip);
		for (guint k = 0; k < parts[i].lines->len; k++)
			y = wrapped(c, r, y, parts[i].style, parts[i].lines->pdata[k], &skip);
	}
}

static void
draw_hand(Canvas *c, Rect r, int y)
{
	static const char *const lines[] = {
		"[account work]", "address = alice@example.org", "full-name = Alice Example", "receive = imaps://alice@imap.example.org",
		"send = smtp://alice@smtp.example.org:587",
	};
	for (guint i = 0; i < G_N_ELEMENTS(lines) && y < r.y + r.h; i++)
		put(c, y++, r.x + 4, r.w - 5, STYLE_LINK, lines[i]);
}

static void
draw(void *self, Canvas *c, Rect r, bool focused)
{
	SetupPane *p = self;
	g_autofree char *head = head_words(p), *detail = detail_words(p, r.w);
	int rows = (int)p->rows->len, y = r.y;
	/* on the smallest screens a few rows are still there, and what went wrong goes before what is usual */
	Rect top = { r.y, r.x, MAX(r.h - MIN(rows, 3), 1), r.w };

	if (detail && p->problem && strstr(clean_peek(p->problem), detail))	/* it is said on top */
		g_clear_pointer(&detail, g_free);
	canvas_fill(c, r, STYLE_NORMAL);
	if (!p->problem || r.h >= 8)
		y = wrapped(c, top, y, STYLE_NORMAL, head, NULL);
	if (p->problem)
		y = wrapped(c, top, y, STYLE_ERROR, clean_peek(p->problem), NULL);
	if (r.h > rows + y - r.y + 1 && y < r.y + r.h)
		y++;
	if (p->step == SETUP_SEARCH || p->step == SETUP_TRIAL) {
		(p->step == SETUP_SEARCH ? draw_search : draw_trial)(p, c, r, y);
		return;
	}
	int left = r.y + r.h - y;
	if (p->step == SETUP_IMPORT || p->step == SETUP_HAND) {
		Rect text = { r.y, r.x, r.h - rows - 1, r.w };
		if (p->step == SETUP_HAND)
			draw_hand(c, text, y);
		else if (p->import)
			draw_import(p, c, text, y);
		draw_rows(p, c, (Rect){ r.y + r.h - rows, r.x, rows, r.w }, focused);
		return;
	}
	/* the list comes first; the words below it have what is left, on small screens a few lines of it */
	int wanted = detail ? lines_of(detail, r.w - 2) + 1 : 0;
	int below = wanted ? MIN(wanted, MAX(left - rows, left >= 9 ? 4 : 0)) : 0;
	draw_rows(p, c, (Rect){ y, r.x, MIN(left - below, rows), r.w }, focused);
	if (below > 1) {
		Rect d = { r.y + r.h - below + 1, r.x, below - 1, r.w };
		canvas_hline(c, d.y - 1, d.x, d.w, STYLE_BORDER);
		wrapped(c, d, d.y, STYLE_NORMAL, detail, NULL);
	}
}

/* ---- the face ---- */

static Where
where(void *self)
{
	return IN_SETUP;
}

static void
move(void *self, int rows)
{
	SetupPane *p = self;
	p->selected = CLAMP(p->selected + rows, 0, MAX((int)p->rows->len - 1, 0));
}

static void
page(void *self, int halves, int height)
{
	SetupPane *p = self;
	if (p->step == SETUP_IMPORT)
		p->text_top = MAX(p->text_top + halves * MAX(height / 4, 1), 0);
	else
		move(p, halves * MAX(height / 2, 1));
}

static void
ends(void *self, bool last)
{
	move(self, last ? 1000 : -1000);
}

static const Clean *
title(void *self)
{
	return ((SetupPane *)self)->title;
}

void
setup_stop(SetupPane *p)
{
	g_clear_pointer(&p->discover, discover_end);
	g_clear_pointer(&p->trial, trial_end);
	if (p->source) {
		g_source_destroy(p->source);
		g_clear_pointer(&p->source, g_source_unref);
	}
}

static void
free_pane(void *self)
{
	SetupPane *p = self;
	setup_stop(p);
	clean_free(p->title);
	clean_free(p->problem);
	clean_free(p->trial_text[0]);
	clean_free(p->trial_text[1]);
	setupform_free(p->form);
	secret_free(p->password);
	account_unref(p->draft);
	account_unref(p->signed_in);
	g_array_unref(p->rows);
	g_ptr_array_unref(p->imports);
	import_free(p->import);
	g_free(p);
}

const OverFace SETUP_FACE = {
	.where = where, .draw = draw, .move = move, .page = page, .ends = ends, .key = setup_key, .close = setup_close, .free = free_pane, .title = title,
};

void
setup_open(App *a)
{
	if (over_has(a, &SETUP_FACE))
		return;
	SetupPane *p = g_new0(SetupPane, 1);
	p->app = a;
	p->rows = g_array_new(FALSE, FALSE, sizeof(SetupRow));
	p->imports = import_sources(g_get_home_dir());
	p->title = clean_new(_("Accounts"), -1, CLEAN_LINE);
	setup_show(p, SETUP_MENU);
	over_push(a, &SETUP_FACE, p);
}
