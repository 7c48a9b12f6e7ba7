/* act_move.c - moving, copying, deleting, filing messages, their keywords, and taking it back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Which messages: after `;` the tagged ones, else the one under the cursor, or the open one. The engine does it in one
 * transaction and answers with LETTER_ACT; what was done is said then, and `u` takes it back. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/history.h"
#include "ui/panes/question.h"
#include "base/intl.h"
#include "store/acts.h"
#include "store/threads.h"

#include <string.h>

/* ---- which messages ---- */

static gint64
message_here(App *a)
{
	const MessageRow *current = a->list ? listview_current(a->list) : NULL;
	return a->focus == PANE_PAGER && a->open.message ? a->open.message : current ? current->key.id : 0;
}

static GArray *
only(gint64 id)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	if (id)
		g_array_append_val(ids, id);
	return ids;
}

/* Yours; empty: none. */
static GArray *
chosen(App *a)
{
	return a->apply_tagged ? tags_ids(a) : only(message_here(a));
}

static GArray *
thread_of(App *a)
{
	AppAccount *acc = app_account(a);
	GArray *ids = acc && message_here(a) ? threads_messages(acc->db, message_here(a), NULL) : NULL;
	return ids ? ids : only(0);
}

/* ---- asking the engine ---- */

static bool
can_write(App *a)
{
	AppAccount *acc = app_account(a);
	if (acc && acc->engine)
		return true;
	app_say(a, STYLE_WARN, "%s", _("Another eilpost has this account; do it there."));
	return false;
}

/* As in mutt: on to the next one; in the pager it is opened. Before the message goes, so that the cursor is where it should be. */
static void
go_on(App *a, bool leaves)
{
	bool moved = a->list && listview_move(a->list, 1);
	if (a->focus != PANE_PAGER || !leaves)
		return;
	if (moved && listview_current(a->list)) {
		open_message(a, listview_current(a->list));
	} else {
		open_close(a);
		a->focus = PANE_INDEX;
	}
}

/* It may be open here, and removed elsewhere meanwhile. */
static bool
is_there(App *a, gint64 id)
{
	AppAccount *acc = app_account(a);
	MessageRow row = { 0 };
	bool there = acc && acc->db && messages_row(acc->db, id, &row, NULL);

	message_row_clear(&row);
	return there;
}

/* Takes ids. leaves: they go out of the list. */
static void
post(App *a, Request *r, GArray *ids, bool leaves)
{
	bool gone = ids->len == 1 && !is_there(a, g_array_index(ids, gint64, 0));

	if (ids->len == 0 || gone || !can_write(a)) {
		if (ids->len == 0)
			app_say(a, STYLE_STATUS, "%s", _("There is no message here."));
		else if (gone)
			app_say(a, STYLE_WARN, "%s", _("This message is not there any more."));
		g_array_unref(ids);
		request_free(r);
		return;
	}
	bool single = ids->len == 1 && g_array_index(ids, gint64, 0) == message_here(a);
	r->ids = g_array_ref(ids);
	app_post(a, a->account, r);
	if (leaves)
		for (guint i = 0; i < ids->len; i++)
			tags_remove(a, g_array_index(ids, gint64, i));
	if (single && (a->focus == PANE_PAGER || a->focus == PANE_INDEX))
		go_on(a, leaves);
	else if (leaves && a->open.message && a->focus == PANE_PAGER) {
		open_close(a);
		a->focus = PANE_INDEX;
	}
	g_array_unref(ids);
}

static void
to_role(App *a, FolderRole role, GArray *ids)
{
	Request *r = request_new(REQ_TO_ROLE);
	r->flag = role;
	post(a, r, ids, true);
}

/* ---- questions ---- */

typedef struct { RequestKind kind; gint64 folder; bool on; GArray *ids; /* owned */ char *text; /* owned */ } Plan;

static void
plan_free(gpointer p)
{
	Plan *plan = p;
	if (plan->ids)
		g_array_unref(plan->ids);
	g_free(plan->text);
	g_free(plan);
}

static void
agreed(App *a, int n, gpointer user)
{
	Plan *plan = user;
	if (n != 0) {
		app_say(a, STYLE_STATUS, "%s", _("Nothing was changed."));
		return;
	}
	Request *r = request_new(plan->kind);
	r->folder = plan->folder;
	r->on = plan->on;
	r->text = g_steal_pointer(&plan->text);
	if (plan->ids)
		post(a, r, g_steal_pointer(&plan->ids), plan->kind != REQ_COPY);
	else if (can_write(a))
		app_post(a, a->account, r);
	else
		request_free(r);
}

static void
ask(App *a, const char *text, const char *yes, RequestKind kind, bool on, GArray *ids, char *name /* taken */)
{
	const QuestionChoice choices[] = { { yes, _("y") }, { _("No, leave them as they are"), _("n") } };
	Plan *plan = g_new(Plan, 1);
	*plan = (Plan){ kind, 0, on, ids, name };
	question_ask(a, text, choices, G_N_ELEMENTS(choices), 1, agreed, plan, plan_free);
}

static void
ask_delete(App *a, GArray *ids)
{
	g_autofree char *text = g_strdup_printf(ngettext("Delete %u message for good? It does not go to the trash.",
		"Delete %u messages for good? They do not go to the trash.", ids->len), ids->len);
	ask(a, text, _("Delete for good"), REQ_DELETE, true, ids, NULL);
}

/* ---- deleting ---- */

static bool
in_trash(const App *a)
{
	return a->folder_row && a->folder_row->role == ROLE_TRASH;
}

static void
delete_these(App *a, GArray *ids)
{
	if (in_trash(a) && ids->len)
		ask_delete(a, ids);
	else
		post(a, request_new(REQ_DELETE), ids, true);
}

void cmd_delete(App *a, const char *arg) { delete_these(a, chosen(a)); }
void cmd_delete_thread(App *a, const char *arg) { delete_these(a, thread_of(a)); }

void
cmd_delete_for_good(App *a, const char *arg)
{
	GArray *ids = chosen(a);
	if (ids->len)
		ask_delete(a, ids);
	else
		post(a, request_new(REQ_DELETE), ids, true);
}

static void
delete_fitting(App *a, const char *pattern)
{
	g_autoptr(GError) err = NULL;
	GArray *ids = pattern && *pattern ? tags_fitting(a, pattern, &err) : NULL;

	if (err)
		app_say(a, STYLE_WARN, "%s", err->message);
	if (!ids)
		return;
	if (ids->len == 0) {
		app_say(a, STYLE_STATUS, "%s", _("No message fits."));
		g_array_unref(ids);
	} else if (in_trash(a)) {
		ask_delete(a, ids);
	} else {
		g_autofree char *text = g_strdup_printf(ngettext("Move %u message to the trash?", "Move %u messages to the trash?", ids->len), ids->len);
		ask(a, text, _("Move to the trash"), REQ_DELETE, false, ids, NULL);
	}
}

void
cmd_delete_pattern(App *a, const char *arg)
{
	if (arg)
		delete_fitting(a, arg);
	else
		app_ask_line(a, PROMPT_LIMIT, _("Delete messages that fit (~f from, ~s subject, ~r <1y): "), NULL, delete_fitting);
}

/* ---- moving ---- */

/* No such folder: it may be made for them. */
static void
offer_folder(App *a, const char *name, bool copy)
{
	GArray *ids = a->moving ? g_steal_pointer(&a->moving) : chosen(a);
	g_autofree char *text = g_strdup_printf(_("There is no folder “%s”. Make it?"), name);

	g_free(a->last_target);
	a->last_target = g_strdup(name);
	ask(a, text, copy ? _("Make it and copy there") : _("Make it and move there"), copy ? REQ_COPY : REQ_MOVE, false, ids, folders_path(app_account(a), name));
}

static void
move_or_copy(App *a, const char *name, bool copy)
{
	gint64 folder;
	guint account;

	if (name && *name && app_folder_unknown(a, name) && app_account(a)) {
		offer_folder(a, name, copy);
		return;
	}
	if (!name || !app_folder_named(a, name, &account, &folder)) {
		g_clear_pointer(&a->moving, g_array_unref);
		return;
	}
	GArray *ids = a->moving ? g_steal_pointer(&a->moving) : chosen(a);
	if (account != a->account) {
		if (can_write(a))
			elsewhere_go(a, ids, account, folder, !copy);
		else
			g_array_unref(ids);
		return;
	}
	g_free(a->last_target);
	a->last_target = g_strdup(name);
	Request *r = request_new(copy ? REQ_COPY : REQ_MOVE);
	r->folder = folder;
	post(a, r, ids, !copy);
}

static void move_named(App *a, const char *name) { move_or_copy(a, name, false); }
static void copy_named(App *a, const char *name) { move_or_copy(a, name, true); }

static void
ask_target(App *a, const char *arg, bool copy)
{
	g_clear_pointer(&a->moving, g_array_unref);
	a->moving = chosen(a);
	if (a->moving->len == 0)
		post(a, request_new(REQ_MOVE), g_steal_pointer(&a->moving), false);
	else if (arg)
		move_or_copy(a, arg, copy);
	else
		app_ask_line(a, PROMPT_FOLDER, copy ? _("Copy to folder: ") : _("Move to folder: "), a->last_target, copy ? copy_named : move_named);
}

void cmd_move(App *a, const char *arg) { ask_target(a, arg, false); }
void cmd_copy(App *a, const char *arg) { ask_target(a, arg, true); }
void cmd_archive(App *a, const char *arg) { to_role(a, ROLE_ARCHIVE, chosen(a)); }

void
cmd_junk(App *a, const char *arg)
{
	bool is_junk = a->folder_row && a->folder_row->role == ROLE_JUNK;
	to_role(a, is_junk ? ROLE_INBOX : ROLE_JUNK, chosen(a));
}

/* ---- flags of many, keywords ---- */

static void
flag(App *a, GArray *ids, guint32 flag, bool on)
{
	Request *r = request_new(REQ_FLAG);
	r->flag = flag;
	r->on = on;
	post(a, r, ids, false);
}

static bool
has_flag(App *a, gint64 id, guint32 flag)
{
	AppAccount *acc = app_account(a);
	MessageRow row = { 0 };
	bool has = acc && messages_row(acc->db, id, &row, NULL) && (row.flags & flag);
	message_row_clear(&row);
	return has;
}

/* Of several the first one decides. */
static void
toggle(App *a, guint32 which)
{
	GArray *ids = chosen(a);
	flag(a, ids, which, ids->len && !has_flag(a, g_array_index(ids, gint64, 0), which));
}

void cmd_toggle_read(App *a, const char *arg) { toggle(a, FLAG_SEEN); }
void cmd_toggle_flag(App *a, const char *arg) { toggle(a, FLAG_FLAGGED); }
void cmd_read_thread(App *a, const char *arg) { flag(a, thread_of(a), FLAG_SEEN, true); }

void
cmd_read_all(App *a, const char *arg)
{
	if (!can_write(a))
		return;
	Request *r = request_new(REQ_MARK_READ_ALL);
	r->folder = a->folder;
	app_post(a, a->account, r);
}

static void
keyword(App *a, const char *typed, bool on)
{
	static const struct { const char *name; guint32 flag; } flags[] = {
		{ "\\seen", FLAG_SEEN }, { "\\flagged", FLAG_FLAGGED }, { "\\answered", FLAG_ANSWERED }, { "$forwarded", FLAG_FORWARDED },
	};
	g_autofree char *word = typed ? g_strstrip(g_strdup(typed)) : NULL;
	GArray *ids = a->moving ? g_steal_pointer(&a->moving) : chosen(a);

	if (!word || !*word) {
		g_array_unref(ids);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(flags); i++)
		if (!g_ascii_strcasecmp(word, flags[i].name)) {
			flag(a, ids, flags[i].flag, on);
			return;
		}
	/* an atom of IMAP, without the bracket that the server's answers end in (RFC 9051, flag-keyword) */
	if (strpbrk(word, " (){%*\"\\]") || !g_str_is_ascii(word)) {
		app_say(a, STYLE_WARN, _("“%s” can be no label: letters, digits and - _ . $ make one, without spaces."), word);
		g_array_unref(ids);
		return;
	}
	Request *r = request_new(REQ_KEYWORD);
	r->text = g_steal_pointer(&word);
	r->on = on;
	post(a, r, ids, false);
}

static void set_keyword(App *a, const char *text) { keyword(a, text, true); }
static void clear_keyword(App *a, const char *text) { keyword(a, text, false); }

static void
ask_keyword(App *a, const char *arg, bool on)
{
	g_clear_pointer(&a->moving, g_array_unref);
	a->moving = chosen(a);
	if (arg)
		keyword(a, arg, on);
	else
		app_ask_line(a, PROMPT_LABEL, on ? _("Set flag or label: ") : _("Clear flag or label: "), NULL, on ? set_keyword : clear_keyword);
}

void cmd_set_flag(App *a, const char *arg) { ask_keyword(a, arg, true); }
void cmd_clear_flag(App *a, const char *arg) { ask_keyword(a, arg, false); }

/* ---- taking back ---- */

void
cmd_undo(App *a, const char *arg)
{
	/* a mail that is about to leave comes first: it can't wait */
	if (outgoing_take_back(a))
		return;
	AppAccount *acc = app_account(a);
	g_autoptr(Act) last = acc && acc->db ? acts_get(acc->db, 0, NULL) : NULL;
	if (!last) {
		app_say(a, STYLE_STATUS, "%s", _("There is nothing to undo."));
	} else if (can_write(a)) {
		app_post(a, a->account, request_new(REQ_UNDO));
	}
}

void
cmd_undo_this(App *a, const char *arg)
{
	guint account = 0;
	gint64 id = history_current(a, &account);
	if (!id || !can_write(a))
		return;
	Request *r = request_new(REQ_UNDO);
	r->message = id;
	app_post(a, account, r);
}

void
cmd_history(App *a, const char *arg)
{
	history_open(a);
}

/* ---- the answer ---- */

/* What is deleted for good comes back only as long as the server has not heard of it. */
static bool
is_final(const AppAccount *acc, const Act *act)
{
	bool deletes = act->kind == ACT_DELETE || act->kind == ACT_EMPTY || act->kind == ACT_FOLDER_DELETE;
	return deletes && (act->state == ACT_DONE || acc->state == ENGINE_ONLINE);
}

void
act_came(App *a, const Letter *l)
{
	AppAccount *acc = app_account_of(a, l->account);

	if (elsewhere_act_came(a, l))
		return;
	if (l->failed) {
		app_say(a, STYLE_WARN, "%s", l->text2);
		return;
	}
	if (!l->message || !acc || !acc->db)
		return;
	g_autoptr(Act) act = acts_get(acc->db, l->message, NULL);
	if (!act)
		return;
	if (a->stale_folders)	/* it may be about one that was made just now */
		app_folders_reload(a);
	g_autofree char *what = act_text(acc, act);
	if (act->undone)
		app_say(a, STYLE_STATUS, _("Taken back: %s"), what);
	else if (is_final(acc, act))
		app_say(a, STYLE_STATUS, "%s", what);
	else
		app_say(a, STYLE_STATUS, _("%s · u takes it back"), what);
}
