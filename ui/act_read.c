/* act_read.c - commands that open, close and mark messages, and change what of them is shown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/question.h"
#include "ui/panes/waiting.h"
#include "base/intl.h"

void
cmd_open(App *a, const char *arg)
{
	if (question_take(a))
		return;
	if (app_where(a) == IN_WAITING) {
		waiting_enter(a);
		return;
	}
	if (a->focus == PANE_FOLDERS) {
		const FolderItem *item = folders_pane_current(&a->folders);
		if (!item)
			return;
		gint64 folder = item->folder;
		if (item->line.outbox) {
			waiting_open(a, WAIT_OUTBOX);
			return;
		}
		guint account = item->account;
		const AppAccount *acc = app_account_of(a, account);
		if (!folder && acc && acc->folders->len)	/* the account: its first folder, the inbox */
			folder = ((Folder *)g_ptr_array_index(acc->folders, 0))->id;
		if (folder == a->folder && account == a->account)
			a->focus = a->open.message ? PANE_PAGER : PANE_INDEX;
		else if (folder)
			app_open_folder(a, account, folder);
		return;
	}
	const MessageRow *row = a->list ? listview_current(a->list) : NULL;
	if (!row || compose_recall_selected(a))
		return;
	if (a->open.message == row->key.id && a->open.account == a->account)
		a->focus = PANE_PAGER;	/* it is open already */
	else
		open_message(a, row);
}

void
cmd_close(App *a, const char *arg)
{
	if (a->helping) {
		g_clear_pointer(&a->help, help_free);
		a->helping = false;
	} else if (over_top(a)) {
		const Over *over = over_top(a);
		if (!over->face->close || over->face->close(a, over->self))
			over_pop(a);
	} else if (a->in_parts) {
		a->in_parts = false;
	} else if (a->focus == PANE_PAGER || (a->focus == PANE_INDEX && a->open.message)) {
		open_close(a);
		a->focus = PANE_INDEX;
	} else if (a->focus == PANE_FOLDERS) {
		a->focus = a->open.message ? PANE_PAGER : PANE_INDEX;
	}
}

/* ---- the open message ---- */

void
cmd_toggle_headers(App *a, const char *arg)
{
	readview_toggle_headers(a->open.view);
}

void
cmd_toggle_quoted(App *a, const char *arg)
{
	readview_toggle_quotes(a->open.view);
}

void
cmd_skip_quoted(App *a, const char *arg)
{
	if (!readview_skip_quoted(a->open.view))
		app_say(a, STYLE_STATUS, "%s", _("No text behind quoted text."));
}

void
cmd_view_attachments(App *a, const char *arg)
{
	if (!a->open.view) {
		/* from the list: the message is opened first, its attachments are known then */
		const MessageRow *row = a->list ? listview_current(a->list) : NULL;
		if (row && !a->open.message)
			open_message(a, row);
		a->open.parts_wanted = a->open.message != 0;
		if (a->open.parts_wanted)
			app_say(a, STYLE_PROGRESS, "%s", _("The message is being opened; its attachments are listed then."));
		return;
	}
	a->focus = PANE_PAGER;
	a->in_parts = true;
	const Document *d = readview_document(a->open.view);
	for (guint i = 0; i < d->parts->len; i++)
		if (g_array_index(d->parts, DocPart, i).attachment) {
			a->parts.selected = (int)i;
			break;
		}
}

/* ---- folders and panes ---- */

void
cmd_change_folder(App *a, const char *arg)
{
	if (!arg) {
		app_ask(a, ASK_FOLDER, PROMPT_FOLDER, _("Open folder: "), NULL);
		return;
	}
	app_ask(a, ASK_FOLDER, PROMPT_FOLDER, _("Open folder: "), arg);
	app_prompt_key(a, K_RETURN, NULL);
}

void
cmd_view_folders(App *a, const char *arg)
{
	a->folders_shown = true;
	a->focus = PANE_FOLDERS;
	folders_pane_select(&a->folders, a->account, a->folder);
}

void
cmd_next_pane(App *a, const char *arg)
{
	if (a->focus == PANE_INDEX && a->open.message)
		a->focus = PANE_PAGER;
	else if (a->focus != PANE_FOLDERS && app_running(a))
		cmd_view_folders(a, NULL);
	else
		a->focus = PANE_INDEX;
}

void
cmd_toggle_folders(App *a, const char *arg)
{
	a->folders_shown = !a->folders_shown;
	if (!a->folders_shown && a->focus == PANE_FOLDERS)
		a->focus = PANE_INDEX;
}
