/* act_password.c - passwords: asked for, kept, forgotten.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The question whether one is kept comes after it was typed, while the sign-in goes on; the engine keeps it when a server took it. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/question.h"
#include "base/intl.h"

#include <string.h>

typedef struct { guint account, which; } Which;

/* ---- asking ---- */

bool
password_waits(const AppAccount *acc)
{
	return acc->asks[0].label || acc->asks[1].label;
}

static void
clear(AppAccount *acc, guint which)
{
	g_clear_pointer(&acc->asks[which].label, clean_free);
	g_clear_pointer(&acc->asks[which].where, g_free);
}

void
password_clear(AppAccount *acc)
{
	clear(acc, 0);
	clear(acc, 1);
}

void
password_asked(App *a, AppAccount *acc, const Letter *l)
{
	guint which = l->message ? 1 : 0;

	clear(acc, which);
	if (l->text) {
		acc->asks[which].label = clean_printf("%s: ", l->text);
		acc->asks[which].where = g_strdup(l->text2);
	} else if (a->ask == ASK_SECRET && a->ask_account == acc->number && a->ask_which == which) {
		g_clear_pointer(&a->prompt, prompt_free);	/* the keyring had it */
		a->ask = ASK_NOTHING;
	}
	app_ask_secret(a);
}

bool
password_ask(App *a, AppAccount *acc)
{
	guint which = acc->asks[0].label ? 0 : 1;

	if (!password_waits(acc))
		return false;
	app_ask(a, ASK_SECRET, PROMPT_PASSWORD, clean_peek(acc->asks[which].label), NULL);
	a->ask_account = acc->number;
	a->ask_which = which;
	return true;
}

/* ---- keeping ---- */

static void
keep(App *a, const Which *w)
{
	Request *r = request_new(REQ_KEEP_SECRET);
	r->message = w->which;
	app_post(a, w->account, r);
}

static void
never_ask(App *a, const AppAccount *acc)
{
	g_autofree char *section = g_strconcat("account ", acc->account->name, NULL), *file = g_strdup(conf_file(a->setup->conf));
	g_autoptr(GError) err = NULL;

	if (!conf_write(file, section, "keep-password", "no", &err)) {
		app_say(a, STYLE_WARN, "%s", err->message);
		return;
	}
	app_set_conf(a, conf_read(file));
	app_say(a, STYLE_STATUS, _("The password of %s is not kept, and that is not asked again (keep-password, in the settings)."), acc->account->name);
}

static void
keep_answered(App *a, int n, gpointer user)
{
	if (n == 0)
		keep(a, user);
	else if (n == 2)
		never_ask(a, app_account_of(a, ((const Which *)user)->account));
}

static void
ask_keep(App *a, const AppAccount *acc, guint which, const char *where)
{
	g_autofree char *section = g_strconcat("account ", acc->account->name, NULL);
	const char *wish = conf_text(a->setup->conf, section, "keep-password");
	Which w = { acc->number, which };

	if (!where || !strcmp(wish, "no"))
		return;
	if (!strcmp(wish, "yes")) {
		keep(a, &w);
		return;
	}
	g_autofree char *text = g_strdup_printf(which ? _("Shall the password of %s for sending be kept for the next start? That happens once it was accepted.") :
		_("Shall the password of %s be kept for the next start? That happens once it was accepted."), acc->account->name);
	g_autofree char *yes = g_strdup_printf(_("Keep it %s"), where);
	const QuestionChoice choices[] = {
		{ yes, _("y") }, { _("No, only until eilpost ends"), _("n") },
		{ _("No, and don't ask again for this account"), NULL },
	};
	question_ask(a, text, choices, G_N_ELEMENTS(choices), 1, keep_answered, g_memdup2(&w, sizeof w), g_free);
}

void
password_answered(App *a, const char *password)
{
	AppAccount *acc = app_account_of(a, a->ask_account);
	guint which = a->ask_which;
	g_autofree char *where = g_steal_pointer(&acc->asks[which].where);
	Request *r = request_new(REQ_SECRET);

	r->text = g_strdup(password);
	r->message = which;
	clear(acc, which);
	app_post(a, acc->number, r);
	if (*password)
		ask_keep(a, acc, which, where);
}

static void
offered(void *user, const char *password, const char *where, const GError *err)
{
	App *a = user;
	const AppAccount *acc = app_account_of(a, a->offer_account);

	a->offer = NULL;
	if (acc && !acc->gone)
		ask_keep(a, acc, 0, where);
	app_dirty(a, 0);
}

void
password_offer(App *a, const char *account)
{
	const AppAccount *acc = settings_account(a, account);

	password_offer_end(a);
	if (!acc || !acc->engine || !a->setup->vault)
		return;
	a->offer_account = acc->number;
	a->offer = vault_password(a->setup->vault, acc->account, VAULT_RECEIVE, g_main_context_default(), offered, a);
}

void
password_offer_end(App *a)
{
	g_clear_pointer(&a->offer, vault_ticket_cancel);
}

/* ---- commands ---- */

AppAccount *
password_account(App *a, const char *arg)
{
	AppAccount *found = arg && *arg ? NULL : app_account(a);

	for (guint i = 0; arg && i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (!acc->gone && !strcmp(acc->account->name, arg))
			found = acc;
	}
	if (!found)
		app_say(a, STYLE_WARN, _("There is no account “%s”."), arg ? arg : "");
	return found;
}

void
cmd_forget_password(App *a, const char *arg)
{
	AppAccount *acc = password_account(a, arg);

	if (!acc)
		return;
	if (acc->account->auth == AUTH_OAUTH2)
		app_say(a, STYLE_WARN, _("%s has no password; :sign-out forgets its sign-in."), acc->account->name);
	else if (acc->account->password_command)
		app_say(a, STYLE_WARN, _("eilpost keeps no password of %s: its password-command gives it."), acc->account->name);
	else if (!acc->engine)
		app_say(a, STYLE_WARN, "%s", _("Another eilpost has this account; do it there."));
	else
		app_post(a, acc->number, request_new(REQ_FORGET_SECRET));
}
