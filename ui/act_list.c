/* act_list.c - commands that move in lists and texts, search and limit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/report.h"
#include "base/intl.h"

#include <string.h>

static int
over_height(const App *a)
{
	return app_where(a) == IN_PARTS ? a->layout.body.h - 1 : a->layout.body.h;
}

static const Document *
open_document(const App *a)
{
	return a->open.view ? readview_document(a->open.view) : NULL;
}

/* The message beside the open one. */
static bool
open_beside(App *a, int step)
{
	if (!a->list || !listview_move(a->list, step)) {
		app_say(a, STYLE_STATUS, "%s", step > 0 ? _("This is the last message.") : _("This is the first message."));
		return false;
	}
	open_message(a, listview_current(a->list));
	return true;
}

static void
move(App *a, int step)
{
	const Over *over = over_top(a);
	if (over) {
		if (over->face->move)
			over->face->move(over->self, step);
		return;
	}
	switch (app_where(a)) {
	case IN_PAGER:
		open_beside(a, step);
		break;
	case IN_FOLDERS:
		folders_step(a, step);
		break;
	case IN_PARTS:
		parts_move(&a->parts, open_document(a), step);
		break;
	case IN_HELP:
		help_scroll(a->help, step, over_height(a));
		break;
	default:
		if (a->list)
			listview_move(a->list, step);
		a->moved = true;
		break;
	}
}

void cmd_next_entry(App *a, const char *arg) { move(a, 1); }
void cmd_previous_entry(App *a, const char *arg) { move(a, -1); }

static void
page(App *a, int halves)
{
	const Over *over = over_top(a);
	if (over) {
		if (over->face->page)
			over->face->page(over->self, halves, a->layout.body.h);
		return;
	}
	switch (app_where(a)) {
	case IN_PAGER:
		if (a->open.view && !readview_page(a->open.view, halves) && halves == 2)
			open_beside(a, 1);
		break;
	case IN_FOLDERS:
		folders_step(a, halves * a->layout.folders.h / 2);
		break;
	case IN_PARTS:
		parts_move(&a->parts, open_document(a), halves * over_height(a) / 2);
		break;
	case IN_HELP:
		help_scroll(a->help, halves * over_height(a) / 2, over_height(a));
		break;
	default:
		if (a->list)
			listview_page(a->list, halves);
		a->moved = true;
		break;
	}
}

void cmd_next_page(App *a, const char *arg) { page(a, 2); }
void cmd_previous_page(App *a, const char *arg) { page(a, -2); }
void cmd_half_down(App *a, const char *arg) { page(a, 1); }
void cmd_half_up(App *a, const char *arg) { page(a, -1); }

static void
end_of_list(App *a, bool last)
{
	enum { FAR = 1000000 };
	Where where = app_where(a);
	const Over *over = over_top(a);

	if (over) {
		if (over->face->ends)
			over->face->ends(over->self, last);
	} else if (where == IN_FOLDERS) {
		folders_step(a, last ? FAR : -FAR);
	} else if (where == IN_PARTS) {
		parts_move(&a->parts, open_document(a), last ? FAR : -FAR);
	} else if (a->list) {
		if (last)
			listview_last(a->list);
		else
			listview_first(a->list);
		if (where == IN_PAGER && listview_current(a->list))
			open_message(a, listview_current(a->list));
		a->moved = where == IN_INDEX;
	}
}

void cmd_first_entry(App *a, const char *arg) { end_of_list(a, false); }
void cmd_last_entry(App *a, const char *arg) { end_of_list(a, true); }

static void
scroll(App *a, int lines)
{
	if (report_scroll(a, lines))
		return;
	if (a->helping)
		help_scroll(a->help, lines, over_height(a));
	else if (a->open.view && !readview_scroll(a->open.view, lines) && lines > 0)
		app_say(a, STYLE_STATUS, "%s", _("This is the end of the message."));
}

void cmd_next_line(App *a, const char *arg) { scroll(a, 1); }
void cmd_previous_line(App *a, const char *arg) { scroll(a, -1); }

void
cmd_top(App *a, const char *arg)
{
	if (report_scroll(a, -1000000))
		return;
	if (a->helping)
		help_scroll(a->help, -1000000, over_height(a));
	else if (a->open.view)
		readview_top_set(a->open.view, 0);
}

void
cmd_bottom(App *a, const char *arg)
{
	if (report_scroll(a, 1000000))
		return;
	if (a->helping)
		help_scroll(a->help, 1000000, over_height(a));
	else if (a->open.view)
		readview_top_set(a->open.view, G_MAXINT);
}

void
cmd_jump(App *a, const char *arg)
{
	if (!arg) {
		char digit[2] = { a->last_key >= '1' && a->last_key <= '9' ? (char)a->last_key : 0, 0 };
		app_ask(a, ASK_JUMP, PROMPT_NUMBER, _("Go to message number: "), digit);
		return;
	}
	guint64 n;
	if (!g_ascii_string_to_unsigned(arg, 10, 1, G_MAXUINT32, &n, NULL)) {
		app_say(a, STYLE_WARN, _("“%s” is not a number of a message."), arg);
		return;
	}
	if (!listview_jump(a->list, (guint)n))
		app_say(a, STYLE_STATUS, "%s", _("The list is shorter; this is its last message."));
	if (a->focus == PANE_PAGER && listview_current(a->list))
		open_message(a, listview_current(a->list));
}

/* ---- finding ---- */

static void
find(App *a, const char *pattern, bool backwards)
{
	g_autoptr(GError) err = NULL;
	if (!listview_find(a->list, pattern, backwards, &err))
		app_say(a, STYLE_WARN, "%s", err->message);
	a->finding_back = backwards;
	app_work(a);
}

void cmd_next_unread(App *a, const char *arg) { find(a, "~U", false); }
void cmd_previous_unread(App *a, const char *arg) { find(a, "~U", true); }

static void
search_in_text(App *a, const char *text, bool backwards)
{
	bool wrapped = false, hit = false;
	if (!report_search(a, text, backwards, &hit))
		hit = a->helping ? help_search(a->help, text, backwards) :
			a->open.view && readview_search(a->open.view, text, backwards, &wrapped);
	if (!hit)
		app_say(a, STYLE_WARN, "%s", _("Nothing found."));
	else if (wrapped)
		app_say(a, STYLE_STATUS, "%s", backwards ? _("Search went on from the end.") : _("Search went on from the beginning."));
}

static void
search(App *a, const char *arg, bool backwards)
{
	if (!arg) {
		app_ask(a, backwards ? ASK_SEARCH_BACK : ASK_SEARCH, PROMPT_SEARCH, backwards ? _("Search backwards: ") : _("Search: "), NULL);
		return;
	}
	a->finding_back = backwards;
	if (app_where(a) & IN_TEXTS) {
		search_in_text(a, *arg ? arg : NULL, backwards);
		return;
	}
	if (*arg) {
		g_free(a->found);
		a->found = g_strdup(arg);
	}
	if (a->found && a->list)
		find(a, a->found, backwards);
}

void cmd_search(App *a, const char *arg) { search(a, arg, false); }
void cmd_search_back(App *a, const char *arg) { search(a, arg, true); }

static void
again(App *a, bool backwards)
{
	bool keep = a->finding_back;
	if (app_where(a) & IN_TEXTS)
		search_in_text(a, NULL, backwards);
	else if (a->found && a->list)
		find(a, a->found, backwards);
	else
		app_say(a, STYLE_STATUS, "%s", _("Nothing was searched for yet; “/” searches."));
	a->finding_back = keep;
}

void cmd_search_next(App *a, const char *arg) { again(a, a->finding_back); }
void cmd_search_previous(App *a, const char *arg) { again(a, !a->finding_back); }

void
cmd_limit(App *a, const char *arg)
{
	g_autoptr(GError) err = NULL;

	if (!arg) {
		g_free(a->ask_context);
		a->ask_context = g_strdup(listview_limit(a->list));
		app_ask(a, ASK_LIMIT, PROMPT_LIMIT, _("Show only (~f from, ~s subject, ~U unread, ~F flagged): "), NULL);
		return;
	}
	if (!listview_set_limit(a->list, arg, &err))
		app_say(a, STYLE_WARN, "%s", err->message);
}
