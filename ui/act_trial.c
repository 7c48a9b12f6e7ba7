/* act_trial.c - tries the sign-ins of an account that is there, and says the result in a sentence.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It really connects and signs in, for receiving and for sending, beside the connections of the account. A password that is
 * kept nowhere is asked for; it is used for that and forgotten. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/question.h"
#include "ui/panes/settings_private.h"
#include "sync/trial.h"
#include "base/intl.h"

#include <glib-unix.h>
#include <string.h>

struct SignInTest {
	App *app;		/* borrowed */
	Account *account;	/* shared */
	Trial *trial;		/* owned; NULL: a password is asked for */
	GSource *source;	/* owned */
	Secret *key_phrase;	/* owned: of client-key, as it was typed; NULL: not yet */
	gint64 took_ms[2];	/* by side; 0: not signed in */
	bool typed;
};

void
trial_test_free(SignInTest *t)
{
	if (!t)
		return;
	if (t->source) {
		g_source_destroy(t->source);
		g_source_unref(t->source);
	}
	trial_end(t->trial);
	account_unref(t->account);
	secret_free(t->key_phrase);
	g_free(t);
}

static void
read_it(App *a, int n, gpointer user)
{
}

static void
over(App *a, char *sentence /* taken */, bool good)
{
	const QuestionChoice close[] = { { _("Close"), "q" } };

	g_clear_pointer(&a->sign_in_test, trial_test_free);
	if (good)
		app_say(a, STYLE_STATUS, "%s", sentence);
	else	/* whole, however long */
		question_ask(a, sentence, close, 1, 0, read_it, NULL, NULL);
	g_free(sentence);
}

static char *
done_sentence(const SignInTest *t)
{
	const char *name = t->account->name;
	double receive = (double)t->took_ms[TRIAL_RECEIVE] / 1000, send = (double)t->took_ms[TRIAL_SEND] / 1000;

	if (t->took_ms[TRIAL_SEND])
		return g_strdup_printf(_("%s signs in for receiving (after %.1f s) and for sending (after %.1f s)."), name, receive, send);
	if (t->account->send.scheme == SCHEME_NONE)
		return g_strdup_printf(_("%s signs in for receiving (after %.1f s). It has no server for sending (send, in the settings)."), name, receive);
	return g_strdup_printf(_("%s signs in for receiving (after %.1f s). Sending has another password: it is asked for with the first mail."), name, receive);
}

static char *
failed_sentence(const SignInTest *t, const TrialLetter *l)
{
	if (l->side == TRIAL_SEND)
		return g_strdup_printf(_("%s signs in for receiving (after %.1f s), but not for sending. %s"), t->account->name,
			(double)t->took_ms[TRIAL_RECEIVE] / 1000, l->text);
	return g_strdup_printf(_("%s does not sign in for receiving, so sending was not tried. %s"), t->account->name, l->text);
}

static void begin(SignInTest *t, const char *password);

static void
typed(App *a, const char *text)
{
	SignInTest *t = a->sign_in_test;

	if (!t)
		return;
	if (!text || !*text) {
		g_clear_pointer(&a->sign_in_test, trial_test_free);
		return;
	}
	t->typed = true;
	begin(t, text);
}

static void
key_typed(App *a, const char *text)
{
	SignInTest *t = a->sign_in_test;

	if (!t || !t->trial)
		return;
	if (!text || !*text) {
		g_clear_pointer(&a->sign_in_test, trial_test_free);
		return;
	}
	t->key_phrase = secret_new(text, -1);
	trial_answer(t->trial, text);
}

static void
ask_key(SignInTest *t, const char *question)
{
	g_autofree char *label = g_strconcat(question, ": ", NULL);

	if (t->key_phrase)	/* of the same test */
		trial_answer(t->trial, secret_peek(t->key_phrase));
	else if (t->app->prompt)
		trial_answer(t->trial, NULL);
	else
		app_ask_line(t->app, PROMPT_PASSWORD, label, NULL, key_typed);
}

/* True: it goes on. */
static bool
hear(SignInTest *t, const TrialLetter *l)
{
	App *a = t->app;

	switch (l->state) {
	case TRIAL_GOES:
		app_say(a, STYLE_PROGRESS, l->side == TRIAL_SEND ? _("Testing %s, sending: %s") : _("Testing %s, receiving: %s"), t->account->name, l->text);
		return true;
	case TRIAL_ASKS:
		ask_key(t, l->text);
		return true;
	case TRIAL_GOOD:
		t->took_ms[l->side] = MAX(l->took_ms, 1);
		return true;
	case TRIAL_DONE:
		over(a, done_sentence(t), true);
		return false;
	case TRIAL_FAILED:
		break;
	}
	if (!l->no_password || l->side != TRIAL_RECEIVE || t->typed || a->prompt) {
		over(a, failed_sentence(t, l), false);
		return false;
	}
	g_clear_pointer(&t->trial, trial_end);
	g_autofree char *label = g_strdup_printf(_("Password of %s at %s, for this test: "), account_user(t->account), t->account->receive.host);
	app_ask_line(a, PROMPT_PASSWORD, label, NULL, typed);
	return false;
}

static gboolean
ready(gint fd, GIOCondition condition, gpointer user)
{
	SignInTest *t = user;
	App *a = t->app;
	bool goes_on = true;

	while (goes_on) {
		g_autoptr(TrialLetter) l = trial_take(t->trial);
		if (!l)
			break;
		goes_on = hear(t, l);
	}
	app_dirty(a, 0);
	return goes_on ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
begin(SignInTest *t, const char *password)
{
	if (t->source) {
		g_source_destroy(t->source);
		g_source_unref(t->source);
	}
	t->trial = trial_start(t->account, password, t->app->setup->vault);
	t->source = g_unix_fd_source_new(trial_fd(t->trial), G_IO_IN);
	g_source_set_callback(t->source, G_SOURCE_FUNC(ready), t, NULL);
	g_source_attach(t->source, NULL);
}

/* The account of the selected row of the settings screen; NULL: it is of none, or no such screen is open. */
static const char *
in_settings(App *a)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	const SettingRow *row = p ? settings_row(p) : NULL;

	if (row && row->section && g_str_has_prefix(row->section, "account "))
		return row->section + strlen("account ");
	return NULL;
}

void
cmd_test_sign_in(App *a, const char *arg)
{
	AppAccount *acc = password_account(a, arg && *arg ? arg : in_settings(a));

	if (!acc)
		return;
	g_clear_pointer(&a->sign_in_test, trial_test_free);	/* the last wish counts */
	SignInTest *t = a->sign_in_test = g_new0(SignInTest, 1);
	t->app = a;
	t->account = account_ref(acc->account);
	begin(t, NULL);
}
