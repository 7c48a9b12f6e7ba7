/* act_waiting.c - commands of what is on its way: try now, edit, give up, pause, decide, undo; and
 * the question before leaving.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/ledger.h"
#include "ui/panes/question.h"
#include "ui/panes/waiting.h"
#include "base/intl.h"

/* The entry that a question is about: the list may be another one when the answer comes. */
typedef struct { guint account; gint64 id; WaitSection section; } Choice;

static Choice *
choice_of(const WaitEntry *e)
{
	Choice *c = g_new(Choice, 1);
	*c = (Choice){ e->account, e->id, e->section };
	return c;
}

static void
post(App *a, guint account, RequestKind kind, gint64 row, bool on)
{
	AppAccount *acc = app_account_of(a, account);
	if (acc && !acc->engine) {
		app_say(a, STYLE_WARN, "%s", _("Another eilpost has this account; do it there."));
		return;
	}
	Request *r = request_new(kind);
	r->message = row;
	r->on = on;
	app_post(a, account, r);
	waiting_stale(a);
}

static const char *
name_of(App *a, guint account)
{
	AppAccount *acc = app_account_of(a, account);
	return acc ? acc->account->name : "";
}

void
cmd_waiting(App *a, const char *arg)
{
	waiting_open(a, WAIT_OUTBOX);
}

void
cmd_send_now(App *a, const char *arg)
{
	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		g_autoptr(GPtrArray) wishes = acc->db ? journal_list(acc->db, NULL) : NULL;
		if (acc->engine)
			post(a, i, REQ_OUT_NOW, 0, false);
		/* what waits after a failure is tried at once; what was refused needs a look */
		for (guint k = 0; wishes && k < wishes->len && acc->engine; k++) {
			const Wish *w = g_ptr_array_index(wishes, k);
			if (w->state == WISH_WAITING && w->not_before)
				post(a, i, REQ_WISH_RETRY, w->id, false);
		}
	}
	OutgoingCounts n = outgoing_counts(a->outgoing);
	if (n.waiting)
		app_say(a, STYLE_STATUS,
			ngettext("%u mail is sent now …", "%u mails are sent now …", n.waiting),
			n.waiting);
	else if (n.needs_person)
		app_say(a, STYLE_STATUS, "%s",
			_("What is left in the outbox needs you; F4 shows it."));
	else
		app_say(a, STYLE_STATUS, "%s", _("No mail waits to be sent."));
}

/* ---- a mail in doubt ---- */

static void
decided(App *a, int n, gpointer user)
{
	const Choice *c = user;
	if (n == 0 || n == 1)
		post(a, c->account, REQ_OUT_DECIDE, c->id, n == 0);
	if (n == 0)
		app_say(a, STYLE_STATUS, "%s",
			_("Taken as arrived; a copy goes to the folder of sent mail."));
	else if (n == 1)
		app_say(a, STYLE_STATUS, "%s", _("The mail is sent once more."));
}

static void
ask_decision(App *a, const WaitEntry *e)
{
	const QuestionChoice choices[] = {
		{ _("It did arrive: file it with the sent mail"), NULL },
		{ _("Send it once more"), NULL },
		{ _("Leave it here for now"), NULL },
	};
	g_autofree char *text = g_strdup_printf(
		_("Did “%s” to %s arrive? The connection broke after the whole mail was handed over and before the "
		  "server confirmed it, so nobody here can know. Sent once more, it may arrive twice. Taken as arrived, it may never arrive. "
		  "Whether your server has filed a copy, or a word from a recipient, tells."),
		clean_peek(e->what), clean_peek(e->who));
	question_ask(a, text, choices, G_N_ELEMENTS(choices), 2, decided, choice_of(e), g_free);
}

/* ---- the selected entry ---- */

static void
say_entry(App *a, const WaitEntry *e)
{
	const Clean *why = e->details->len ? g_ptr_array_index(e->details, 0) : NULL;
	if (why)
		app_say(a, STYLE_STATUS, "%s", clean_peek(why));
	else
		app_say(a, STYLE_STATUS, "%s: %s", clean_peek(e->who), clean_peek(e->words));
}

static void
edit(App *a, const WaitEntry *e)
{
	if (e->state == OUT_DOT_SENT)
		app_say(a, STYLE_WARN, "%s", _("It is handed over: the server is yet to say that it has it."));
	else if (e->state == OUT_UNKNOWN)
		ask_decision(a, e);
	else if (e->state == OUT_FILED)
		say_entry(a, e);
	else
		outgoing_edit(a, e->account, e->id);
}

void
waiting_enter(App *a)
{
	const WaitEntry *e = waiting_current(a);
	if (!e)
		return;
	if (e->section == WAIT_DRAFTS)
		compose_open_row(a, e->account, e->id);
	else if (e->section == WAIT_OUTBOX)
		edit(a, e);
	else if (e->section == WAIT_ACCOUNTS && app_account_of(a, e->account)->removal_n)
		ledger_open(a, e->account);
	else
		say_entry(a, e);
}

void
cmd_edit_waiting(App *a, const char *arg)
{
	const WaitEntry *e = waiting_current(a);
	if (e && (e->section == WAIT_DRAFTS || e->section == WAIT_OUTBOX))
		waiting_enter(a);
	else
		app_say(a, STYLE_STATUS, "%s",
			_("Only drafts and mails that have not left can be edited."));
}

void
cmd_try_now(App *a, const char *arg)
{
	const WaitEntry *e = waiting_current(a);
	if (!e)
		return;
	switch (e->section) {
	case WAIT_OUTBOX:
		if (e->state == OUT_UNKNOWN)
			ask_decision(a, e);
		else if (e->state == OUT_FILED)
			app_say(a, STYLE_STATUS, "%s",
				_("The others have it. To write to these again, open it in the folder of sent mail; d puts this away."));
		else
			post(a, e->account, REQ_OUT_NOW, e->id, false);
		break;
	case WAIT_FILING:
		post(a, e->account, REQ_OUT_NOW, e->id, false);
		break;
	case WAIT_DRAFTS:
		app_say(a, STYLE_STATUS, "%s",
			_("A draft is sent from the composer; Enter opens it."));
		break;
	case WAIT_WISHES:
		post(a, e->account, REQ_WISH_RETRY, e->id, false);
		break;
	case WAIT_DOWNLOADS:
		if (e->paused)
			cmd_pause_waiting(a, NULL);
		break;
	case WAIT_ACCOUNTS:
		if (app_is_offline(a))
			break;
		post(a, e->account, REQ_CHECK, 0, false);
		if (app_account_of(a, e->account))
			app_account_of(a, e->account)->checking = true;
		app_say(a, STYLE_STATUS, _("Checking %s …"), name_of(a, e->account));
		a->checking_at = a->message_at;
		break;
	case WAIT_SECTIONS:
		break;
	}
}

static void
given_up(App *a, int n, gpointer user)
{
	const Choice *c = user;
	if (n != 1)
		return;
	const AppAccount *acc = app_account_of(a, c->account);
	g_autoptr(OutRow) row = c->section == WAIT_OUTBOX && acc && acc->db ?
		outbox_get(acc->db, c->id, NULL) :
		NULL;
	bool notice = row && row->state == OUT_FILED;
	switch (c->section) {
	case WAIT_WISHES:
		post(a, c->account, REQ_WISH_REMOVE, c->id, false);
		break;
	case WAIT_DRAFTS:
		post(a, c->account, REQ_DRAFT_REMOVE, c->id, false);
		app_say(a, STYLE_STATUS, "%s", _("The draft is deleted."));
		break;
	default:
		post(a, c->account, REQ_OUT_REMOVE, c->id, false);
		app_say(a, STYLE_STATUS, "%s", notice ? _("Put away.") : _("The mail is given up."));
		break;
	}
}

void
cmd_give_up(App *a, const char *arg)
{
	const WaitEntry *e = waiting_current(a);
	const char *yes = _("Give it up");
	g_autofree char *text = NULL;

	if (!e || (e->section == WAIT_DOWNLOADS && large_give_up(a, e->account)))
		return;
	if (e->section == WAIT_DOWNLOADS || e->section == WAIT_ACCOUNTS) {
		app_say(a, STYLE_STATUS, "%s", _("This can't be given up; p pauses it."));
		return;
	}
	if (e->state == OUT_DOT_SENT) {
		app_say(a, STYLE_WARN, "%s", _("It is handed over: the server is yet to say that it has it."));
		return;
	}
	const char *who = clean_peek(e->who), *what = clean_peek(e->what);
	if (e->section == WAIT_WISHES) {
		text = g_strdup_printf(_("Take the change “%s” of “%s” back? "
			"It is shown again as the server has it."), who, what);
		yes = _("Take it back");
	} else if (e->section == WAIT_DRAFTS) {
		text = g_strdup_printf(_("Delete the draft “%s” to %s? It can't be brought back."), what, who);
		yes = _("Delete it");
	} else if (e->state == OUT_FILED) {
		text = g_strdup_printf(_("“%s” was sent, but not to all. Put this notice away?"), what);
		yes = _("Put it away");
	} else if (e->section == WAIT_FILING) {
		text = g_strdup_printf(_("“%s” to %s was sent. Give up filing a copy of it?"), what, who);
	} else {
		text = g_strdup_printf(_("Give up “%s” to %s? It is not sent, and deleted here."), what, who);
	}
	const QuestionChoice choices[] = {
		{ _("Keep it"), "n" },
		{ yes, "yj" },
	};
	question_ask(a, text, choices, G_N_ELEMENTS(choices), 0, given_up, choice_of(e), g_free);
}

void
cmd_pause_waiting(App *a, const char *arg)
{
	const WaitEntry *e = waiting_current(a);
	AppAccount *acc = e ? app_account_of(a, e->account) : NULL;

	if (!acc)
		return;
	if (e->section == WAIT_DOWNLOADS) {
		acc->paused = !acc->paused;
		post(a, e->account, acc->paused ? REQ_PAUSE : REQ_RESUME, 0, false);
		app_say(a, STYLE_STATUS, "%s",
			acc->paused ? _("The fetching of older mail pauses; p goes on.") :
				      _("The fetching of older mail goes on."));
		return;
	}
	acc->schedule_paused = !acc->schedule_paused;
	post(a, e->account, REQ_SCHEDULE, 0, !acc->schedule_paused);
	app_say(a, STYLE_STATUS,
		acc->schedule_paused ?
			_("%s pauses: nothing is sent or fetched by itself; p goes on.") :
			_("%s goes on."),
		acc->account->name);
}

/* ---- leaving ---- */

static void
leave_answered(App *a, int n, gpointer user)
{
	if (n == 0) {
		a->quitting = true;
		g_main_loop_quit(a->loop);
	} else if (n == 1) {
		waiting_open(a, WAIT_OUTBOX);
	}
}

bool
waiting_ask_leave(App *a)
{
	guint n = outgoing_counts(a->outgoing).waiting;
	if (n == 0)
		return false;
	const QuestionChoice choices[] = {
		{ _("Leave"), "yjqx" }, { _("Show what waits"), NULL }, { _("Stay"), "n" },
	};
	g_autofree char *text = g_strdup_printf(
		ngettext("%u mail has not left yet. It leaves at the next start of eilpost.",
			"%u mails have not left yet. They leave at the next start of eilpost.", n),
		n);
	question_ask(a, text, choices, G_N_ELEMENTS(choices), 0, leave_answered, NULL, NULL);
	return true;
}
