/* app_draw.c - one picture: what goes where.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The whole canvas is composed anew, but after a key that only moved in the list; screen.c sends only what differs. */
#include "config.h"
#include "ui/app_private.h"
#include "store/local.h"
#include "ui/view/waitlist.h"
#include "base/intl.h"

#include <string.h>

static RowContext
row_context(const App *a)
{
	return (RowContext){
		.now = g_get_real_time() / G_USEC_PER_SEC, .zone = a->zone,
		.dates = !g_strcmp0(conf_text(a->setup->conf, "ui", "dates"), "absolute") ? DATES_ABSOLUTE : DATES_RELATIVE,
		.tagged = a->tagged && tags_count(a) ? a->tagged : NULL,
		.recipients = a->folder_row && (a->folder_row->role == ROLE_SENT || a->folder_row->role == ROLE_DRAFTS),
	};
}

/* ---- title ---- */

static char *
schedule_text(const Account *account)
{
	GString *s = g_string_new(NULL);
	if (account->check & CHECK_PUSH)
		g_string_append(s, _("push"));
	if (account->check & CHECK_EVERY)
		g_string_append_printf(s, ngettext("%severy %u min", "%severy %u min", account->check_minutes), s->len ? ", " : "", account->check_minutes);
	if (!s->len)
		g_string_append(s, account->check & CHECK_MANUAL ? _("manual") : _("on startup"));
	return g_string_free(s, FALSE);
}

/* When mail was last and will next be fetched; the more detail, the wider. */
static char *
when_checked(App *a, int detail)
{
	const AppAccount *acc = app_account(a);
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	if (!acc || acc->gone)
		return g_strdup("");
	if (acc->stopped)
		return g_strdup(_("stopped: sign-in refused"));
	if (acc->state == ENGINE_WAITING && acc->next_try) {
		g_autofree char *next = waitlist_time(acc->next_try, now, a->zone);
		return g_strdup_printf(_("offline, next try %s"), next);
	}
	if (acc->state == ENGINE_CONNECTING || acc->state == ENGINE_SIGNING_IN)
		return g_strdup(acc->state_text ? clean_peek(acc->state_text) : "");
	g_autofree char *schedule = acc->schedule_paused ? g_strdup(_("paused")) : schedule_text(acc->account);
	g_autofree char *at = acc->checked_at ? waitlist_time(acc->checked_at, now, a->zone) : NULL;
	g_autofree char *checked = at ? g_strdup_printf(_("checked %s"), at) : g_strdup(_("not checked yet"));
	if (detail == 0)
		return g_steal_pointer(&checked);
	if (detail == 1 || !acc->next_check || acc->schedule_paused)
		return g_strdup_printf("%s, %s", checked, schedule);
	g_autofree char *next = waitlist_time(acc->next_check, now, a->zone);
	g_autofree char *going = g_strdup_printf(_("next %s"), next);
	return g_strdup_printf("%s, %s, %s", checked, schedule, going);
}

/* Where the folder pane, which has the outbox, is not seen; NULL: nothing is in it, or it is. Yours. */
static char *
outbox_count_text(App *a)
{
	OutgoingCounts n = outgoing_counts(a->outgoing);
	guint all = n.waiting + n.needs_person;
	if (!all || !rect_empty(a->layout.folders))
		return NULL;
	return g_strdup_printf(n.needs_person ? _("outbox %u!") : _("outbox %u"), all);
}

static char *
counts(App *a)
{
	const Folder *f = a->folder_row;
	const AppAccount *acc = app_account(a);
	if (!f)
		return g_strdup("");
	guint total = f->total;
	if (acc && acc->progress && acc->progress_folder == f->id && acc->total > total)	/* so many will be here */
		total = (guint)acc->total;
	g_autofree char *unread = f->unseen ? g_strdup_printf(ngettext("%'u unread", "%'u unread", f->unseen), f->unseen) : NULL;
	g_autofree char *all = g_strdup_printf(ngettext("%'u message", "%'u messages", total), total);
	const char *limit = a->list ? listview_limit(a->list) : NULL;
	g_autofree char *outbox = outbox_count_text(a);
	g_autofree char *tagged = tags_count(a) ? g_strdup_printf(_(" · %u tagged"), tags_count(a)) : NULL;
	return g_strdup_printf("%s%s%s%s%s%s%s%s", unread ? unread : "", unread ? " · " : "", all, tagged ? tagged : "", outbox ? " · " : "", outbox ? outbox : "",
		limit ? _(" · limit: ") : "", limit ? limit : "");
}

/* Where there is no room for all of that: what is easily forgotten, else what is unread. */
static char *
counts_in_brief(App *a)
{
	const char *limit = a->list ? listview_limit(a->list) : NULL, *between = " · ";
	g_autofree char *tagged = tags_count(a) ? g_strdup_printf(_(" · %u tagged"), tags_count(a)) : g_strdup("");
	g_autofree char *all = g_strconcat(tagged, limit ? _(" · limit: ") : "", limit, NULL);
	guint unseen = a->folder_row ? a->folder_row->unseen : 0;

	if (*all)
		return g_strdup(g_str_has_prefix(all, between) ? all + strlen(between) : all);
	return unseen ? g_strdup_printf(ngettext("%'u unread", "%'u unread", unseen), unseen) : g_strdup("");
}

/* The terminal's own title: told only when it changes. */
static void
window_title(App *a, const char *account, const Clean *folder)
{
	guint unseen = a->folder_row ? a->folder_row->unseen : 0;
	Clean *title = unseen ? clean_printf("eilpost: %s / %s (%u)", account, clean_peek(folder), unseen) :
		clean_printf("eilpost: %s / %s", account, clean_peek(folder));
	if (g_strcmp0(a->window_title, clean_peek(title))) {
		g_free(a->window_title);
		a->window_title = g_strdup(clean_peek(title));
		screen_title(a->screen, title);
	}
	clean_free(title);
}

/* Of a pane that lies over the three, else of the account and its folder; yours. */
static Clean *
title_left(App *a, bool *over)
{
	const AppAccount *acc = app_account(a);
	const Clean *said = NULL;
	/* a question leaves the title to the pane under it */
	for (guint i = a->overs->len; i > 0 && !said && !a->helping; i--) {
		const Over *o = &g_array_index(a->overs, Over, i - 1);
		said = o->face->title ? o->face->title(o->self) : NULL;
	}
	g_autofree char *shown = acc && a->folder_row ? folders_shown_name(acc, a->folder_row->name) : NULL;
	Clean *folder = shown ? rows_folder_name(a->folder_row->role, shown) : clean_new("", 0, CLEAN_LINE);
	const char *demo = a->setup->demo ? _("DEMO  ") : "";
	Clean *left = said || !acc ? clean_printf(" eilpost  %s%s", demo, said ? clean_peek(said) : "") :
		clean_printf(" eilpost  %s%s / %s%s", demo, acc->account->name, clean_peek(folder),
			a->folder_row && folder_is_local(a->folder_row) && a->folder_row->role != ROLE_INBOX ? _(" (only on this computer)") : "");

	*over = said != NULL;
	window_title(a, acc ? acc->account->name : "", folder);
	clean_free(folder);
	return left;
}

static void
draw_title(App *a)
{
	Rect r = a->layout.title;

	if (rect_empty(r))
		return;
	canvas_fill(a->canvas, r, STYLE_TITLE);
	bool over;
	Clean *left = title_left(a, &over);
	g_autofree char *count_text = over ? g_strdup("") : counts(a);
	Clean *middle = clean_new(count_text, -1, CLEAN_LINE);
	int x = canvas_put(a->canvas, r.y, r.x, r.w, STYLE_TITLE, PUT_CUT, left);
	if (!over && x + 2 + utf8_columns(clean_peek(middle), -1) > r.w) {
		g_autofree char *brief = counts_in_brief(a);
		clean_free(middle);
		middle = clean_new(brief, -1, CLEAN_LINE);
	}
	int mid_w = MIN(utf8_columns(clean_peek(middle), -1), MAX(r.w - x - 2, 0));
	if (mid_w > 0)
		canvas_put(a->canvas, r.y, r.x + x + 2, mid_w, STYLE_TITLE, PUT_CUT, middle);
	for (int detail = 2; detail >= 0; detail--) {
		g_autofree char *checked = when_checked(a, detail);
		Clean *right = clean_printf("%s ", checked);
		int right_w = utf8_columns(clean_peek(right), -1);
		bool fits = x + 4 + mid_w + right_w <= r.w;
		if (fits)
			canvas_put(a->canvas, r.y, r.x + r.w - right_w, right_w, STYLE_TITLE_DIM, PUT_CUT, right);
		clean_free(right);
		if (fits)
			break;
	}
	clean_free(left);
	clean_free(middle);
}

/* ---- the bottom line ---- */

static Clean *
progress_text(const AppAccount *acc)
{
	if (acc->progress_message) {
		Clean *text = large_progress(acc), *whole = clean_printf(_("fetching: %s"), clean_peek(text));
		clean_free(text);
		return whole;
	}
	if (acc->total > 1)
		return clean_printf(_("%s: %'llu of %'llu%s"), clean_peek(acc->progress), (unsigned long long)acc->done, (unsigned long long)acc->total,
			acc->paused ? _(" (paused, F8 goes on)") : _(" · F8 pauses"));
	return clean_dup(acc->progress);
}

/* What stands left in the bottom line; yours. */
static Clean *
status_text(App *a, CellStyle *style)
{
	const AppAccount *acc = app_account(a);

	*style = STYLE_STATUS;
	Clean *countdown = outgoing_countdown(a);
	if (countdown)
		return countdown;
	if (a->message) {
		*style = a->message_style;
		return clean_dup(a->message);
	}
	if (acc && password_waits(acc) && !a->prompt) {
		*style = STYLE_WARN;
		return clean_printf(_("%s asks for its password; Esc leads to the question."), acc->account->name);
	}
	if (acc && acc->trouble && !(app_where(a) & (IN_CERTIFICATE | IN_REPORT))) {
		*style = STYLE_ERROR;
		return certificate_trouble(a, acc);
	}
	if (a->list && listview_busy(a->list)) {
		*style = STYLE_PROGRESS;
		return clean_new(_("searching · C-g cancels"), -1, CLEAN_LINE);
	}
	if (acc && acc->progress) {
		*style = STYLE_PROGRESS;
		return progress_text(acc);
	}
	Clean *notice = removal_notice(a);
	if (notice) {
		*style = STYLE_WARN;
		return notice;
	}
	if (a->focus == PANE_PAGER && a->open.view && !over_top(a) && !a->helping && !a->in_parts) {
		if (readview_at_end(a->open.view))
			return clean_new(readview_top(a->open.view) ? _("end") : _("all"), -1, CLEAN_LINE);
		return clean_printf("%d %%", readview_percent(a->open.view));
	}
	if (acc && acc->state_text && acc->state != ENGINE_ONLINE)
		return clean_dup(acc->state_text);
	return clean_new("", 0, CLEAN_LINE);
}

/* Beside a candidate of the palette: its key and what it does. */
static char *
candidate_note(void *user, const char *candidate)
{
	App *a = user;
	CommandId id = a->ask == ASK_COMMAND ? command_find(candidate) : COMMAND_NONE;
	if (id == COMMAND_NONE)
		return NULL;
	g_autofree char *key = keymap_first_key(a->keymap, app_where(a), id);
	return g_strdup_printf("%s  %s", command_help(id), key ? key : "");
}

static void
draw_candidates(App *a)
{
	enum { SHOWN = 9 };
	Rect r = a->layout.status;
	int rows = MIN(SHOWN, r.y - 1);
	if (rows > 0)
		prompt_draw_candidates(a->prompt, a->canvas, (Rect){ r.y - rows, r.x, rows, r.w }, candidate_note, a);
}

/* A sentence that is longer than its line is shown whole, over the rows above it, until the next key. */
static bool
draw_long_message(App *a, const Clean *text, CellStyle style)
{
	enum { ROWS = 5 };
	Rect r = a->layout.status;
	const char *p = clean_peek(text);
	gsize len = strlen(p), next;
	int rows = 0;

	if (style == STYLE_PROGRESS || !a->message || utf8_columns(p, (gssize)len) <= r.w - 2 || r.y < 3 || r.w < 10)
		return false;
	for (gsize at = 0; at < len && rows < MIN(ROWS, r.y - 1); at += next, rows++)
		utf8_wrap(p + at, len - at, r.w - 2, &next);
	for (int y = r.y - rows + 1; y <= r.y; y++) {
		gsize n = utf8_wrap(p, len, r.w - 2, &next);
		canvas_fill(a->canvas, (Rect){ y, r.x, 1, r.w }, STYLE_STATUS);
		g_autoptr(Clean) row = clean_new(p, (gssize)(y == r.y ? len : n), CLEAN_LINE);
		canvas_put(a->canvas, y, r.x + 1, r.w - 1, style, PUT_CUT, row);
		p += next;
		len -= next;
	}
	return true;
}

/* Beside a trouble stands the key that looks into it, however long the sentence is. NULL: no trouble is shown; yours. */
static Clean *
trouble_key(App *a, const Clean *shown)
{
	const AppAccount *acc = app_account(a);
	if (a->message || !acc || !acc->trouble || strcmp(clean_peek(shown), clean_peek(acc->trouble)))
		return NULL;
	/* what was refused waits there; the doctor knows of nothing wrong */
	g_autofree char *key = keymap_first_key(a->keymap, app_where(a), acc->trouble_of_one ? CMD_waiting : CMD_doctor);
	return !key ? NULL : acc->trouble_of_one ? clean_printf(_(" %s shows it"), key) : clean_printf(_(" %s why?"), key);
}

static void
draw_status(App *a)
{
	Rect r = a->layout.status;
	CellStyle style;

	if (rect_empty(r))
		return;
	canvas_fill(a->canvas, r, STYLE_STATUS);
	if (a->prompt) {
		draw_candidates(a);
		prompt_draw(a->prompt, a->canvas, r);
		return;
	}
	Clean *left = status_text(a, &style);
	if (draw_long_message(a, left, style)) {
		clean_free(left);
		return;
	}
	int wanted = utf8_columns(clean_peek(left), -1) + 2;
	Clean *keys = trouble_key(a, left);
	if (!keys)
		keys = keymap_line(a->keymap, app_where(a), MAX(r.w - wanted - 1, 0), 5);
	int keys_w = utf8_columns(clean_peek(keys), -1);
	canvas_put(a->canvas, r.y, r.x + 1, r.w - 1 - (keys_w ? keys_w + 1 : 0), style, PUT_CUT, left);
	if (keys_w)
		canvas_put(a->canvas, r.y, r.x + r.w - keys_w - 1, keys_w, STYLE_STATUS_KEY, PUT_CUT, keys);
	clean_free(left);
	clean_free(keys);
}

/* ---- panes ---- */

static const char *
why_empty(App *a)
{
	const AppAccount *acc = app_account(a);
	if (a->folder_row && !a->folder_row->selectable)
		return _("This folder holds other folders, and no messages.");
	if (a->list && listview_busy(a->list))
		return _("searching …");
	if (a->list && listview_limit(a->list))
		return _("No message fits the limit. “l” and Return shows all again.");
	if (acc && (acc->state == ENGINE_CONNECTING || acc->state == ENGINE_SIGNING_IN || (acc->state == ENGINE_ONLINE && a->folder_row && !a->folder_row->checked_at && !acc->trouble)))
		return _("Fetching the list …");
	if (a->folder_row && !a->folder_row->checked_at)
		return _("Nothing of this folder is on this computer yet.");
	return _("No messages.");
}

static void
draw_parts(App *a)
{
	const Document *d = readview_document(a->open.view);
	g_autoptr(GPtrArray) notes = large_notes(a, d);
	parts_draw(&a->parts, a->canvas, a->layout.body, d, notes);
}

static void
draw_over(App *a)
{
	if (a->helping) {
		help_draw(a->help, a->canvas, a->layout.body);
		return;
	}
	if (a->in_parts && a->open.view)
		draw_parts(a);
	/* from below: a question leaves something of the pane under it to be seen */
	for (guint i = 0; i < a->overs->len; i++) {
		const Over *o = &g_array_index(a->overs, Over, i);
		o->face->draw(o->self, a->canvas, a->layout.body, i + 1 == a->overs->len && !a->prompt);
	}
}

static void
read_anew(App *a)
{
	const AppAccount *acc = app_account(a);

	if (a->stale_folders) {
		app_folders_reload(a);
		if (acc && acc->db && a->folder && acc->folders->len && !app_folder(a, a->account, a->folder))
			app_leave_folder(a);
	}
	if ((a->stale_list || a->stale_folders) && acc && a->folder) {
		folder_free(a->folder_row);
		a->folder_row = folders_get(acc->db, a->folder, NULL);
	}
	if (a->stale_list && a->list)
		listview_reload(a->list);
	a->stale_list = a->stale_folders = false;
}

void
app_draw(App *a)
{
	int rows, cols;

	if (!a->screen)
		return;
	read_anew(a);
	screen_size(a->screen, &rows, &cols);
	if (rows != canvas_rows(a->canvas) || cols != canvas_cols(a->canvas))
		canvas_resize(a->canvas, rows, cols);
	canvas_clear(a->canvas);
	a->drawn.known = false;
	a->layout = layout_make(rows, cols, (LayoutWant){
		.focus = a->focus, .folders = a->folders_shown, .pager = a->open.message != 0,
		.folders_width = (int)conf_int(a->setup->conf, "ui", "folders-width"),
		.index_percent = (int)conf_int(a->setup->conf, "ui", "index-height"),
	});
	const Layout *l = &a->layout;
	RowContext rc = row_context(a);
	bool keys_here = !a->prompt && !a->helping && !a->in_parts && !a->overs->len;
	draw_title(a);
	if (!rect_empty(l->folders))
		folders_pane_draw(&a->folders, a->canvas, l->folders_head, l->folders, keys_here && a->focus == PANE_FOLDERS);
	if (!rect_empty(l->index)) {
		if (a->list)
			listview_set_height(a->list, l->index.h);
		app_work(a);
		index_draw(a->canvas, l->index_head, l->index, a->list, &rc, keys_here && a->focus == PANE_INDEX, clean_ours(why_empty(a)), &a->drawn);
	}
	if (!rect_empty(l->pager))
		pager_draw(a->canvas, l->pager, a->open.view, a->open.waiting, open_preview(a), keys_here && a->focus == PANE_PAGER);
	layout_draw_borders(l, a->canvas, STYLE_BORDER);
	draw_over(a);
	draw_status(a);
	screen_blit(a->screen, a->canvas);
	a->drawn_at = g_get_monotonic_time();
}

void
app_draw_moved(App *a)
{
	RowContext rc = row_context(a);

	if (!a->screen)
		return;
	if (a->stale_list || a->stale_folders || a->prompt || a->message || a->helping || a->in_parts || a->overs->len ||
		!a->list || !a->drawn.known || !a->drawn.focused || a->focus != PANE_INDEX || listview_busy(a->list) ||
		!index_draw_again(a->canvas, a->list, &rc, &a->drawn)) {
		app_draw(a);
		return;
	}
	screen_blit(a->screen, a->canvas);
	a->drawn_at = g_get_monotonic_time();
}
