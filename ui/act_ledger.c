/* act_ledger.c - commands of what lies on a POP3 server: look at it, and let it be removed there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The engine tells once a check what its policy would remove for the first time
 * (LETTER_POP_REMOVAL). No question jumps at the person for that: keys that are being typed might
 * answer it. A line says it, the ledger shows it, D asks. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/ledger.h"
#include "ui/panes/question.h"
#include "base/intl.h"

void
cmd_ledger(App *a, const char *arg)
{
	guint account = a->account;
	AppAccount *here = app_account(a);
	bool found = here && account_is_pop(here->account) && !arg;

	for (guint i = 0; i < a->accounts->len && !found; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (acc->gone || !account_is_pop(acc->account) || (arg && g_strcmp0(arg, acc->account->name)))
			continue;
		account = i;
		found = true;
	}
	if (found)
		ledger_open(a, account);
	else
		app_say(a, STYLE_STATUS, "%s",
			_("No such account receives by POP3; IMAP leaves all on the server anyway."));
}

void
removal_came(App *a, const Letter *l)
{
	AppAccount *acc = app_account_of(a, l->account);
	acc->removal_n = (guint)l->total;
	acc->removal_bytes = l->done;
	ledger_stale(a);
}

Clean *
removal_notice(App *a)
{
	AppAccount *acc = app_account(a);
	if (!acc || !acc->removal_n || a->overs->len)
		return NULL;
	g_autofree char *key = keymap_first_key(a->keymap, app_where(a), CMD_ledger);
	return clean_printf(
		ngettext("%u mail may be removed from the server · %s asks",
			"%u mails may be removed from the server · %s asks", acc->removal_n),
		acc->removal_n, key ? key : ":ledger");
}

static void
answered(App *a, int n, gpointer user)
{
	guint account = GPOINTER_TO_UINT(user);
	AppAccount *acc = app_account_of(a, account);
	if (!acc || n < 0)
		return;
	Request *r = request_new(REQ_POP_REMOVE);
	r->on = n == 1;
	app_post(a, account, r);
	acc->removal_said = n == 1 ? 1 : -1;
	acc->removal_n = 0;
	ledger_stale(a);
	app_say(a, STYLE_STATUS, "%s",
		n == 1 ?
			_("It is removed from the server now; from now on by itself, as the setting says.") :
			_("Everything stays on the server for now."));
}

void
cmd_pop_remove(App *a, const char *arg)
{
	const PopList *l = ledger_list(a);
	guint account;

	if (!l || !poplist_account(l, &account))
		return;
	AppAccount *acc = app_account_of(a, account);
	PopTotals t = poplist_totals(l, account);
	g_autofree char *policy = poplist_policy(acc->account);
	if (!acc->engine) {
		app_say(a, STYLE_WARN, "%s", _("Another eilpost has this account; do it there."));
		return;
	}
	if (t.due == 0) {
		app_say(a, STYLE_STATUS, _("Nothing is due: %s (keep-on-server)."), policy);
		return;
	}
	g_autofree char *size = poplist_size(t.due_bytes);
	g_autofree char *text = g_strdup_printf(
		ngettext(
			"Remove %u mail (%s) from the server of %s? It is on this computer; other programs that read "
			"this mailbox will not find it any more. By your setting: %s. A yes holds from now on.",
			"Remove %u mails (%s) from the server of %s? They are on this computer; other programs that read "
			"this mailbox will not find them any more. By your setting: %s. A yes holds from now on.",
			t.due),
		t.due, size, acc->account->name, policy);
	const QuestionChoice choices[] = { { _("Leave them on the server for now"), "n" },
		{ _("Remove them from the server"), "yj" } };

	question_ask(a, text, choices, G_N_ELEMENTS(choices), 0, answered,
		GUINT_TO_POINTER(account), NULL);
}
