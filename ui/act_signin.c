/* act_signin.c - commands that sign accounts in and out (OAuth 2.0).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/signin.h"
#include "base/intl.h"

#include <string.h>

/* The named account, else the one on the screen; NULL: it was said why not. */
static AppAccount *
account_for(App *a, const char *arg)
{
	AppAccount *found = arg && *arg ? NULL : app_account(a);

	for (guint i = 0; arg && i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (!acc->gone && !strcmp(acc->account->name, arg))
			found = acc;
	}
	if (!found) {
		app_say(a, STYLE_WARN, _("There is no account “%s”."), arg ? arg : "");
		return NULL;
	}
	if (found->account->auth == AUTH_OAUTH2 && !found->account->password_command)
		return found;
	app_say(a, STYLE_WARN, _("%s does not sign in at a provider (auth = oauth2)."), found->account->name);
	return NULL;
}

void
cmd_sign_in(App *a, const char *arg)
{
	AppAccount *acc = account_for(a, arg);
	if (acc)
		signin_open(a, acc->number, NULL);
}

void
cmd_sign_out(App *a, const char *arg)
{
	AppAccount *acc = account_for(a, arg);
	if (!acc || !a->setup->vault)
		return;
	vault_forget(a->setup->vault, acc->account);
	app_say(a, STYLE_STATUS, _("The sign-in of %s is forgotten on this computer; at %s it can be ended too."), acc->account->oauth.name,
		acc->account->oauth.provider);
}

static void
say_not_now(App *a)
{
	app_say(a, STYLE_STATUS, "%s", _("There is nothing to do that with now."));
}

void
cmd_sign_in_begin(App *a, const char *arg)
{
	if (!signin_pane_begin(a, SIGNIN_BEST))
		say_not_now(a);
}

void
cmd_sign_in_code(App *a, const char *arg)
{
	if (!signin_pane_begin(a, SIGNIN_BY_CODE))
		say_not_now(a);
}

void
cmd_sign_in_browser(App *a, const char *arg)
{
	if (!signin_pane_begin(a, SIGNIN_BY_BROWSER))
		say_not_now(a);
}

void
cmd_sign_in_copy(App *a, const char *arg)
{
	if (!signin_copy(a))
		say_not_now(a);
}

void
cmd_sign_in_open(App *a, const char *arg)
{
	if (!signin_browse(a))
		say_not_now(a);
}

void
cmd_sign_in_paste(App *a, const char *arg)
{
	if (!signin_paste_asked(a))
		say_not_now(a);
}
