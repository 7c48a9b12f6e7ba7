/* act_program.c - commands that concern the network and the program itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/report.h"
#include "base/intl.h"

#include <string.h>

void
cmd_quit(App *a, const char *arg)
{
	if (waiting_ask_leave(a))
		return;
	a->quitting = true;
	g_main_loop_quit(a->loop);
}

void
cmd_help(App *a, const char *arg)
{
	Where where = app_where(a);
	if (arg) {
		CommandId id = command_find(arg);
		if (id == COMMAND_NONE)
			app_say(a, STYLE_WARN, _("There is no command “%s”."), arg);
		else
			app_say(a, STYLE_STATUS, "%s: %s", command_row(id)->name, command_help(id));
		return;
	}
	if (a->helping)
		return;
	help_free(a->help);
	a->help = help_new(a->keymap, where);
	a->helping = true;
}

void
cmd_command_line(App *a, const char *arg)
{
	app_ask(a, ASK_COMMAND, PROMPT_COMMAND, ":", NULL);
}

void
cmd_bind(App *a, const char *arg)
{
	g_auto(GStrv) words = g_strsplit(arg ? arg : "", " ", 3);
	g_autofree char *problem = NULL;
	Where where = g_strv_length(words) == 3 ? keymap_context(words[0]) : 0;

	if (!where)
		app_say(a, STYLE_WARN, "%s", _("Say: bind CONTEXT KEY COMMAND, such as: bind index gg first-entry"));
	else if (!keymap_bind_key(a->keymap, where, words[1], words[2], &problem))
		app_say(a, STYLE_WARN, "%s", problem);
}

void
cmd_redraw(App *a, const char *arg)
{
	a->stale_list = a->stale_folders = true;
	screen_redraw(a->screen);
}

void
cmd_suspend(App *a, const char *arg)
{
	screen_suspend(a->screen);
}

bool
app_is_offline(App *a)
{
	if (a->setup->offline)
		app_say(a, STYLE_STATUS, "%s", a->setup->demo ? _("The demo has no network: nothing is fetched or sent.") :
			_("eilpost was started without the network (--offline): nothing is fetched or sent."));
	return a->setup->offline;
}

void
cmd_check_mail(App *a, const char *arg)
{
	AppAccount *acc = app_account(a);
	if (app_is_offline(a))
		return;
	app_accounts_take_over(a);
	if (!acc->engine) {
		app_say(a, STYLE_WARN, "%s", acc->trouble ? clean_peek(acc->trouble) : _("Another eilpost has this account; do it there."));
		return;
	}
	g_clear_pointer(&acc->trouble, clean_free);
	app_post(a, a->account, request_new(REQ_CHECK));
	acc->checking = true;
	app_say(a, STYLE_STATUS, _("Checking %s …"), acc->account->name);
	a->checking_at = a->message_at;
}

void
cmd_check_mail_all(App *a, const char *arg)
{
	if (app_is_offline(a))
		return;
	app_accounts_take_over(a);
	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		app_post(a, i, request_new(REQ_CHECK));
		acc->checking = acc->engine != NULL;
	}
	app_say(a, STYLE_STATUS, "%s", _("Checking all accounts …"));
	a->checking_at = a->message_at;
}

void
cmd_pause(App *a, const char *arg)
{
	AppAccount *acc = app_account(a);
	acc->paused = !acc->paused;
	app_post(a, a->account, request_new(acc->paused ? REQ_PAUSE : REQ_RESUME));
	app_say(a, STYLE_STATUS, "%s", acc->paused ? _("The fetching of older mail pauses; F8 goes on.") : _("The fetching of older mail goes on."));
}

/* What is under way with the servers of the account. True: it is stopped. */
static bool
stop_servers(App *a, AppAccount *acc)
{
	bool mail = outgoing_leaves(a->outgoing, acc->number);

	if (!mail && !acc->checking && acc->state != ENGINE_CONNECTING && acc->state != ENGINE_SIGNING_IN)
		return false;
	Request *r = request_new(REQ_STOP);
	r->on = mail;
	app_post(a, acc->number, r);
	acc->checking = false;
	app_say(a, STYLE_STATUS, "%s", mail ? _("Stopped: the mail stays in the outbox.") : _("Stopped; it is tried again by itself."));
	return true;
}

/* The account on the screen first; the pane of what waits shows those of all. */
static bool
stop_attachment(App *a)
{
	bool stopped = large_give_up(a, a->account);

	for (guint i = 0; i < a->accounts->len && !stopped; i++)
		stopped = large_give_up(a, i);
	return stopped;
}

void
cmd_cancel(App *a, const char *arg)
{
	AppAccount *acc = app_account(a);
	if (report_stop(a))
		return;
	if (a->list && listview_busy(a->list)) {
		listview_find_stop(a->list);
		app_say(a, STYLE_STATUS, "%s", _("Search cancelled."));
	} else if (stop_attachment(a)) {
		return;
	} else if (a->open.message && !a->open.view) {
		open_close(a);
		app_say(a, STYLE_STATUS, "%s", _("Cancelled."));
	} else if (acc && stop_servers(a, acc)) {
		return;
	} else if (acc && acc->progress && !acc->paused) {
		cmd_pause(a, NULL);
	} else {
		app_say(a, STYLE_STATUS, "%s", _("Nothing is going on."));
	}
}
