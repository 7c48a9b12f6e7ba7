/* act_writing.c - commands of the pane in which a mail is written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/compose.h"
#include "ui/panes/files.h"
#include "ui/view/editor.h"
#include "ui/when.h"
#include "base/intl.h"

#include <string.h>

static Compose *
compose_of(App *a)
{
	return over_self(a, &compose_face);
}

/* ---- moving and changing text ---- */

static void
text_act(App *a, EditorAct act)
{
	Compose *c = compose_of(a);
	Editor *e = c ? compose_editor(c) : NULL;

	if (!e)
		return;
	bool up = act == EDIT_UP,
	     edge = up ? editor_at_first_row(e) : act == EDIT_DOWN && editor_at_last_row(e);
	if ((up || act == EDIT_DOWN) && (!compose_in_body(c) || (edge && up)))
		compose_step(c, up ? -1 : 1, true);	/* to the field above or below */
	else
		editor_act(e, act);
}

void cmd_text_left(App *a, const char *arg) { text_act(a, EDIT_LEFT); }
void cmd_text_right(App *a, const char *arg) { text_act(a, EDIT_RIGHT); }
void cmd_text_up(App *a, const char *arg) { text_act(a, EDIT_UP); }
void cmd_text_down(App *a, const char *arg) { text_act(a, EDIT_DOWN); }
void cmd_word_left(App *a, const char *arg) { text_act(a, EDIT_WORD_LEFT); }
void cmd_word_right(App *a, const char *arg) { text_act(a, EDIT_WORD_RIGHT); }
void cmd_row_start(App *a, const char *arg) { text_act(a, EDIT_ROW_START); }
void cmd_row_end(App *a, const char *arg) { text_act(a, EDIT_ROW_END); }
void cmd_text_page_up(App *a, const char *arg) { text_act(a, EDIT_PAGE_UP); }
void cmd_text_page_down(App *a, const char *arg) { text_act(a, EDIT_PAGE_DOWN); }
void cmd_text_start(App *a, const char *arg) { text_act(a, EDIT_TEXT_START); }
void cmd_text_end(App *a, const char *arg) { text_act(a, EDIT_TEXT_END); }
void cmd_erase_back(App *a, const char *arg) { text_act(a, EDIT_ERASE_BACK); }
void cmd_erase(App *a, const char *arg) { text_act(a, EDIT_ERASE); }
void cmd_erase_word_back(App *a, const char *arg) { text_act(a, EDIT_ERASE_WORD_BACK); }
void cmd_erase_word(App *a, const char *arg) { text_act(a, EDIT_ERASE_WORD); }
void cmd_text_cut(App *a, const char *arg) { text_act(a, EDIT_CUT); }
void cmd_text_copy(App *a, const char *arg) { text_act(a, EDIT_COPY); }
void cmd_text_paste(App *a, const char *arg) { text_act(a, EDIT_PASTE); }
void cmd_rewrap(App *a, const char *arg) { text_act(a, EDIT_REWRAP); }

void
cmd_text_mark(App *a, const char *arg)
{
	text_act(a, EDIT_MARK);
	app_say(a, STYLE_STATUS, "%s", _("Mark set here; move, then C-k cuts, M-w copies."));
}

static void
step_back(App *a, EditorAct act, const char *nothing)
{
	Compose *c = compose_of(a);
	Editor *e = c ? compose_editor(c) : NULL;
	if (e && !editor_act(e, act))
		app_say(a, STYLE_STATUS, "%s", nothing);
}

void
cmd_text_undo(App *a, const char *arg)
{
	step_back(a, EDIT_UNDO, _("There is nothing to undo here."));
}

void
cmd_text_redo(App *a, const char *arg)
{
	step_back(a, EDIT_REDO, _("There is nothing to do again here."));
}

void
cmd_new_line(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (!c)
		return;
	if (compose_in_body(c))
		editor_type(compose_editor(c), '\n');
	else
		compose_enter(c);
}

/* ---- searching in the text ---- */

static void
find(App *a, const char *text)
{
	Compose *c = compose_of(a);
	bool wrapped = false;

	if (!c || !text || !*text)
		return;
	if (!compose_in_body(c))
		compose_type_into(c, DRAFT_FIELDS);
	if (text != a->found) {
		g_free(a->found);
		a->found = g_strdup(text);
	}
	if (!editor_find(compose_editor(c), text, &wrapped))
		app_say(a, STYLE_WARN, "%s", _("Nothing found."));
	else if (wrapped)
		app_say(a, STYLE_STATUS, "%s", _("Search went on from the beginning."));
}

void
cmd_text_search(App *a, const char *arg)
{
	if (arg)
		find(a, arg);
	else
		app_ask_line(a, PROMPT_SEARCH, _("Search in the text: "), NULL, find);
}

void
cmd_text_search_next(App *a, const char *arg)
{
	if (a->found)
		find(a, a->found);
	else
		cmd_text_search(a, NULL);
}

/* ---- fields ---- */

void
cmd_next_field(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c && compose_in_body(c))
		editor_type(compose_editor(c), '\t');
	else if (c)
		compose_step(c, 1, compose_typing(c) || a->last_key == K_TAB);
}

void
cmd_previous_field(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c)
		compose_step(c, -1, compose_typing(c));
}

static void
type_into(App *a, int field)
{
	Compose *c = compose_of(a);
	if (c)
		compose_type_into(c, field);
}

void cmd_edit_to(App *a, const char *arg) { type_into(a, DRAFT_TO); }
void cmd_edit_cc(App *a, const char *arg) { type_into(a, DRAFT_CC); }
void cmd_edit_bcc(App *a, const char *arg) { type_into(a, DRAFT_BCC); }
void cmd_edit_subject(App *a, const char *arg) { type_into(a, DRAFT_SUBJECT); }
void cmd_edit_reply_to(App *a, const char *arg) { type_into(a, DRAFT_REPLY_TO); }

void
cmd_edit_line(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c)
		compose_enter(c);
}

void
cmd_leave_text(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c)
		compose_leave(c);
}

void
cmd_next_sender(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c)
		compose_next_identity(c, 1);
}

/* ---- attachments ---- */

static void
files_taken(App *a, const GPtrArray *paths)
{
	Compose *c = compose_of(a);
	for (guint i = 0; c && i < paths->len; i++)
		compose_attach(c, g_ptr_array_index(paths, i));
}

void
cmd_attach_file(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (!c)
		return;
	if (arg && *arg) {
		g_autofree char *path = parts_path(a, arg, NULL);
		compose_attach(c, path);
	} else {
		compose_keep(c);
		files_open(a, files_taken);
	}
}

void
cmd_detach(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c && !compose_detach(c))
		app_say(a, STYLE_STATUS, "%s",
			_("Select an attachment first: the arrows go to it."));
}

/* ---- the end of it ---- */

void
cmd_send(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c)
		compose_send_at(c, 0);
}

static void
later(App *a, const char *text)
{
	Compose *c = compose_of(a);
	g_autofree char *problem = NULL;
	gint64 when = 0;

	if (!c || !text || !*text)
		return;
	if (when_parse(text, g_get_real_time() / G_USEC_PER_SEC, a->zone, &when, &problem))
		compose_send_at(c, when);
	else
		app_say(a, STYLE_WARN, "%s", problem);
}

void
cmd_send_later(App *a, const char *arg)
{
	if (arg)
		later(a, arg);
	else
		app_ask_line(a, PROMPT_TIME,
			_("Send when (+2h, tomorrow 08:00, 2026-12-01 09:30): "), NULL, later);
}

void
cmd_postpone(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c)
		compose_postpone(c);
}

void
cmd_abort_mail(App *a, const char *arg)
{
	Compose *c = compose_of(a);
	if (c)
		compose_abort(c);
}
