/* act_setup.c - what the pane that makes accounts does: search, questions, trial, saving, importing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * At most three questions follow each other by themselves: the name, IMAP or POP3 (and what stays on the server), the sign-in. Who
 * leaves one of them finds all values in the form. */
#include "config.h"
#include "ui/panes/question.h"
#include "ui/panes/setup_private.h"
#include "ui/panes/settings_private.h"
#include "ui/panes/signin.h"
#include "base/intl.h"

#include <glib-unix.h>
#include <string.h>

static void ask_next(SetupPane *p);	/* questions and answers go round */

static void
watch(SetupPane *p, int fd, gboolean (*ready)(gint, GIOCondition, gpointer))
{
	p->source = g_unix_fd_source_new(fd, G_IO_IN);
	g_source_set_callback(p->source, G_SOURCE_FUNC(ready), p, NULL);
	g_source_attach(p->source, NULL);
}

/* ---- the sign-in at a provider ---- */

static bool
same_server(const ServerUrl *a, const ServerUrl *b)
{
	return a->scheme == b->scheme && a->port == b->port && !g_strcmp0(a->host, b->host) && !g_strcmp0(a->user, b->user);
}

/* A grant is for one client, its scopes and addresses, and no token of it goes to a server that it was not meant for. */
static bool
is_signed_in(const SetupPane *p, const Account *a)
{
	const Account *s = p->signed_in;
	return s && a->auth == AUTH_OAUTH2 && oauth_same(&s->oauth, &a->oauth) && same_server(&s->receive, &a->receive) && same_server(&s->send, &a->send);
}

/* No account is left that it belongs to. */
static void
forget_sign_in(SetupPane *p)
{
	if (p->signed_in && p->app->setup->vault)
		vault_forget(p->app->setup->vault, p->signed_in);
	g_clear_pointer(&p->signed_in, account_unref);
}

/* ---- saving ---- */

/* A password that was typed: the engine has it at once; whether it is kept is asked. */
static void
saved(SetupPane *p, const char *name)
{
	App *a = p->app;
	g_autofree char *kept = g_strdup(name);
	g_autoptr(Secret) password = g_steal_pointer(&p->password);

	app_set_conf(a, conf_read(a->setup->places->config));
	app_accounts_follow(a, kept, password ? secret_peek(password) : NULL);
	while (over_has(a, &SETUP_FACE))	/* p is gone */
		over_pop(a);
	if (over_self(a, &SETTINGS_FACE))	/* it was opened from there */
		over_pop(a);
	app_show_account(a, kept);
	app_say(a, STYLE_STATUS, _("The account “%s” is there; it is written in %s."), kept, a->setup->places->config);
	if (password)
		password_offer(a, kept);
}

static void
save(SetupPane *p)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *section = NULL;
	g_autoptr(GArray) changes = setupform_changes(p->form, &section);

	if (!conf_write_all(p->app->setup->places->config, (const ConfChange *)(gpointer)changes->data, changes->len, &err)) {
		setup_show(p, SETUP_FORM);
		setup_problem(p, err->message);
		return;
	}
	g_clear_pointer(&p->signed_in, account_unref);	/* its tokens are the account's now */
	g_autofree char *name = g_strdup(p->form->value[FIELD_ACCOUNT]);
	saved(p, name);
}

/* ---- the trial ---- */

static void
trial_failed(SetupPane *p, const TrialLetter *l)
{
	g_autofree char *where = g_strdup_printf(l->side == TRIAL_SEND ? _("Sending: %s") : _("Receiving: %s"), l->text);
	const char *hint = l->refused ? setupform_hint(p->form) : NULL;
	g_autofree char *whole = hint ? g_strconcat(where, " ", hint, NULL) : g_strdup(where);

	setup_stop(p);
	p->may_skip = true;
	if (l->refused)
		g_clear_pointer(&p->password, secret_free);
	setup_show(p, SETUP_FORM);
	setup_select(p, ROW_SAVE, 0);
	setup_problem(p, whole);
}

static gboolean
trial_ready(gint fd, GIOCondition condition, gpointer user)
{
	SetupPane *p = user;
	App *a = p->app;
	bool over = false;

	while (!over) {
		g_autoptr(TrialLetter) l = trial_take(p->trial);
		if (!l)
			break;
		guint side = l->side;
		over = l->state == TRIAL_FAILED || l->state == TRIAL_DONE;
		clean_free(p->trial_text[side]);
		p->trial_text[side] = l->text ? clean_new(l->text, -1, CLEAN_LINE) : NULL;
		if (l->state == TRIAL_GOOD) {
			p->trial_good[side] = true;
			p->trial_text[side] = clean_printf(_("signed in, after %.1f s"), (double)l->took_ms / 1000);
		} else if (l->state == TRIAL_FAILED) {
			trial_failed(p, l);
		} else if (l->state == TRIAL_DONE) {
			setup_stop(p);
			save(p);
		}
	}
	app_dirty(a, 0);
	return over ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
begin_trial(SetupPane *p)
{
	setup_problem(p, NULL);
	for (guint i = 0; i < 2; i++) {
		g_clear_pointer(&p->trial_text[i], clean_free);
		p->trial_good[i] = false;
	}
	setup_show(p, SETUP_TRIAL);
	p->trial = trial_start(p->draft, p->password ? secret_peek(p->password) : NULL, p->app->setup->vault);
	watch(p, trial_fd(p->trial), trial_ready);
}

static void
password_typed(App *a, const char *text)
{
	SetupPane *p = setup_pane(a);

	if (!p)
		return;
	bool then_try = p->then_try;
	p->then_try = false;
	setup_select(p, ROW_SAVE, 0);
	if (!text || !*text) {
		p->asking = false;
		return;
	}
	secret_free(p->password);
	p->password = secret_new(text, -1);
	if (p->asking)
		ask_next(p);
	else if (then_try)
		begin_trial(p);
}

static void
ask_password(SetupPane *p)
{
	ServerUrl url = { 0 };
	const char *host = server_url_parse(p->form->value[FIELD_RECEIVE], &url, NULL) ? url.host : "?";
	g_autofree char *label = g_strdup_printf(_("Password of %s at %s: "), url.user ? url.user : p->form->value[FIELD_ADDRESS], host);
	server_url_clear(&url);
	setup_select(p, ROW_FIELD, FIELD_AUTH);
	app_ask_line(p->app, PROMPT_PASSWORD, label, NULL, password_typed);
}

static void
receive_only_answered(App *a, int n, gpointer user)
{
	SetupPane *p = setup_pane(a);
	if (!p)
		return;
	if (n == 1) {
		p->receive_only = true;
		cmd_setup_take(a, NULL);
	} else {
		setup_select(p, ROW_FIELD, FIELD_SEND);
	}
}

/* S11: an account that can't send is never saved in silence. False: a question is asked. */
static bool
can_send(SetupPane *p)
{
	const QuestionChoice choices[] = { { _("Back: a server for sending is missing"), NULL }, { _("It shall only receive"), NULL } };

	if (*p->form->value[FIELD_SEND] || p->receive_only)
		return true;
	question_ask(p->app, _("Without “Send by” this account can't send: mail is always sent by SMTP, never by POP3 or IMAP."), choices, 2, 0,
		receive_only_answered, NULL, NULL);
	return false;
}

static void
try_and_save(SetupPane *p, bool untried)
{
	g_autofree char *why = NULL, *section = g_strconcat("account ", p->form->value[FIELD_ACCOUNT], NULL);
	Account *draft = setupform_account(p->form, &why);
	g_auto(GStrv) all = conf_sections(p->app->setup->conf, "account");

	account_unref(p->draft);
	p->draft = draft;
	if (draft && g_strv_contains((const char *const *)all, section))
		why = g_strdup_printf(_("There is an account “%s” already; give this one another name."), draft->name);
	setup_problem(p, why);
	if (why || !can_send(p))
		return;
	if (!is_signed_in(p, draft))
		forget_sign_in(p);
	if (untried)
		save(p);
	else if (draft->auth == AUTH_OAUTH2 && !draft->password_command && !p->signed_in)
		signin_open_for(p->app, draft);
	else if (draft->auth == AUTH_PASSWORD && !draft->password_command && !p->password) {
		p->then_try = true;
		ask_password(p);
	} else {
		begin_trial(p);
	}
}

void
setup_auth_came(App *a, const AuthLetter *l)
{
	SetupPane *p = setup_pane(a);

	if (!p || !p->draft || p->step != SETUP_FORM || l->kind != AUTH_DONE || !l->ok || g_strcmp0(l->name, p->draft->oauth.name))
		return;
	account_unref(p->signed_in);
	p->signed_in = account_ref(p->draft);
	begin_trial(p);
}

/* ---- questions ---- */

/* Who leaves one of the questions that follow each other goes on from the form: what is missing is asked for by the trial. */
static void
leave_questions(SetupPane *p)
{
	if (p->asking)
		setup_select(p, ROW_SAVE, 0);
	p->asking = false;
}

static void
value_typed(App *a, const char *text)
{
	SetupPane *p = setup_pane(a);
	SetupRow *row = p ? setup_row(p) : NULL;
	g_autofree char *why = NULL;

	if (!row || row->kind != ROW_FIELD)
		return;
	if (!text) {
		leave_questions(p);
		return;
	}
	SetupField f = row->index;
	const Option *o = setupform_option(f) ? option_find("account", setupform_option(f)) : NULL;
	g_autofree char *value = g_strstrip(g_strdup(text));
	if (o && *value && !option_check(o, value, &why)) {
		setup_problem(p, why);
		return;
	}
	setup_problem(p, NULL);
	bool oauth = setupform_is_oauth(p->form);
	setupform_set(p->form, f, value);
	if (!oauth && setupform_is_oauth(p->form))
		setup_problem(p, _("This server takes no passwords: one signs in at the provider."));
	setup_show(p, SETUP_FORM);
	setup_select(p, ROW_FIELD, f);
	if (p->asking)
		ask_next(p);
}

static void
ask_value(SetupPane *p, SetupField f)
{
	static const PromptKind kinds[N_FIELDS] = { [FIELD_ADDRESS] = PROMPT_ADDRESS, [FIELD_CA_FILE] = PROMPT_FILE };
	g_autofree char *label = g_strdup_printf("%s: ", setupform_label(f));

	setup_select(p, ROW_FIELD, f);
	app_ask_line(p->app, kinds[f] ? kinds[f] : PROMPT_LABEL, label, p->form->value[f], value_typed);
}

static void
kind_answered(App *a, int n, gpointer user)
{
	SetupPane *p = setup_pane(a);
	if (!p)
		return;
	if (n < 0)
		leave_questions(p);
	if (n >= 0)
		setupform_set(p->form, FIELD_KIND, n == 1 ? "pop3" : "imap");
	setup_show(p, SETUP_FORM);
	if (p->asking)
		ask_next(p);
}

static void
keep_answered(App *a, int n, gpointer user)
{
	SetupPane *p = setup_pane(a);
	if (!p)
		return;
	if (n < 0)
		leave_questions(p);
	if (n >= 0)
		setupform_set(p->form, FIELD_KEEP, n == 1 ? "no" : "yes");
	if (p->asking)
		ask_next(p);
}

static void
way_answered(App *a, int n, gpointer user)
{
	SetupPane *p = setup_pane(a);
	if (!p)
		return;
	if (n < 0)
		leave_questions(p);
	if (n >= 0)
		setupform_set(p->form, FIELD_AUTH, n == 1 ? "oauth2" : "password");
	setup_show(p, SETUP_FORM);
	if (p->asking)
		ask_next(p);
}

static void
ask_kind(SetupPane *p)
{
	const QuestionChoice choices[] = { { _("IMAP (usual)"), "i" }, { _("POP3"), "p" } };
	question_ask(p->app, setup_kind_words(), choices, 2, 0, kind_answered, NULL, NULL);
}

static void
ask_keep(SetupPane *p)
{
	const QuestionChoice choices[] = { { _("Keep a copy on the server"), NULL }, { _("Remove mail from the server once it is here"), NULL } };
	question_ask(p->app, _("What shall happen on the server with mail that was fetched? If you read it on several devices, keep a copy there."), choices, 2, 0,
		keep_answered, NULL, NULL);
}

static void
ask_way(SetupPane *p)
{
	const QuestionChoice choices[] = { { _("With a password made for one program (app password)"), NULL }, { _("At the provider, in a browser (OAuth 2.0; needs a client id of your own)"), NULL } };
	question_ask(p->app, _("How do you want to sign in?"), choices, 2, 0, way_answered, NULL, NULL);
}

/* The next question that is not answered by what was found. */
static void
ask_next(SetupPane *p)
{
	guint ways = p->form->found ? p->form->found->sign_in : 0;

	p->asking = true;
	switch (p->question++) {
	case 0:
		ask_value(p, FIELD_FULL_NAME);
		return;
	case 1:
		if (setupform_has_both(p->form))
			ask_kind(p);
		else
			break;
		return;
	case 2:
		if (setupform_is_pop(p->form))
			ask_keep(p);
		else
			break;
		return;
	case 3:
		if ((ways & SIGN_OAUTH) && (ways & (SIGN_PASSWORD | SIGN_APP_PASSWORD)))
			ask_way(p);
		else
			break;
		return;
	case 4:
		if (setupform_is_oauth(p->form) && !*p->form->value[FIELD_CLIENT_ID])
			ask_value(p, FIELD_CLIENT_ID);
		else if (!setupform_is_oauth(p->form))
			ask_password(p);
		else
			break;
		return;
	default:
		p->asking = false;
		setup_select(p, ROW_SAVE, 0);
		return;
	}
	ask_next(p);
}

/* ---- the search ---- */

static char *
persons_name(void)
{
	const char *name = g_get_real_name();
	return g_strdup(name && g_utf8_validate(name, -1, NULL) && strcmp(name, "Unknown") && strcmp(name, "root") ? name : "");
}

static void
found(SetupPane *p, Found *what)
{
	setup_stop(p);
	setupform_take(p->form, what, p->app->setup->conf);
	setup_show(p, SETUP_FORM);
	setup_select(p, ROW_SAVE, 0);
	if (!what->imap && !what->pop3) {	/* it offers neither: its hint says so */
		setup_problem(p, setupform_hint(p->form));
		return;
	}
	p->question = 0;
	ask_next(p);
}

static gboolean
search_ready(gint fd, GIOCondition condition, gpointer user)
{
	SetupPane *p = user;
	App *a = p->app;
	bool over = false;

	while (!over) {
		g_autoptr(DiscoverLetter) l = discover_take(p->discover);
		if (!l)
			break;
		if (l->source < SOURCE_NONE)
			p->sources[l->source] = l->state;
		over = l->found != NULL;
		if (over)
			found(p, g_steal_pointer(&l->found));
	}
	app_dirty(a, 0);
	return over ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
search(SetupPane *p, const char *address)
{
	g_autofree char *folder = g_path_get_dirname(p->app->setup->places->config), *site = g_build_filename(folder, "providers", NULL), *name = persons_name();
	DiscoverSetup setup = { .address = address, .site_file = site };

	setupform_free(p->form);
	p->form = setupform_new(address);
	setupform_set(p->form, FIELD_FULL_NAME, name);
	g_clear_pointer(&p->password, secret_free);
	forget_sign_in(p);
	p->receive_only = p->may_skip = false;
	for (FoundSource s = 0; s < SOURCE_NONE; s++)
		p->sources[s] = DISCOVER_ASKS;
	setup_problem(p, NULL);
	setup_stop(p);
	setup_show(p, SETUP_SEARCH);
	p->discover = discover_start(&setup);
	watch(p, discover_fd(p->discover), search_ready);
}

static void
address_typed(App *a, const char *text)
{
	if (text && *text)
		setup_address(a, text);
}

static void
ask_address(App *a, const char *initial)
{
	app_ask_line(a, PROMPT_ADDRESS, _("Your mail address: "), initial, address_typed);
}

void
setup_address(App *a, const char *text)
{
	SetupPane *p = setup_pane(a);
	g_autofree char *address = g_strstrip(g_strdup(text)), *domain = address_domain(address);

	if (!p)
		return;
	if (domain) {
		search(p, address);
		return;
	}
	g_autofree char *why = g_strdup_printf(_("“%s” is not a mail address; it should look like alice@example.org."), address);
	setup_problem(p, why);
	ask_address(a, address);
}

/* ---- importing ---- */

/* The keys that a command has in a section [keys.CONTEXT]: those of the table. */
static char *
usual_keys(const char *section, const char *command)
{
	g_autoptr(Keymap) m = keymap_new();
	Where where = g_str_has_prefix(section, "keys.") ? keymap_context(section + strlen("keys.")) : 0;
	CommandId id = command_find(command);
	g_auto(GStrv) keys = where && id != COMMAND_NONE ? keymap_keys(m, where, id) : NULL;
	return keys && keys[0] ? g_strjoinv(" ", keys) : NULL;
}

static void
look_at_import(SetupPane *p, guint i)
{
	g_autoptr(GError) err = NULL;
	const ImportSource *s = p->imports->pdata[i];
	Import *read = import_read(s->kind, s->path, g_get_home_dir(), &err);

	if (!read) {
		setup_problem(p, err->message);
		return;
	}
	import_free(p->import);
	p->import = read;
	setup_problem(p, NULL);
	setup_show(p, SETUP_IMPORT);
}

static void
take_import(SetupPane *p)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *first = import_write(p->import, p->app->setup->places->config, usual_keys, &err);

	if (!first)
		setup_problem(p, err->message);
	else if (*first)
		saved(p, first);
	else {
		setup_show(p, SETUP_MENU);
		setup_problem(p, _("Keys and settings were taken over; there was no account to take."));
	}
}

/* ---- rows ---- */

static void
look_again(SetupPane *p)
{
	App *a = p->app;
	g_autoptr(Conf) conf = conf_read(a->setup->places->config);

	if (conf_accounts(conf)->len == 0) {
		g_autofree char *problem = conf_problem_text(conf), *none = g_strdup_printf(_("There is no account in %s yet."), a->setup->places->config);
		setup_problem(p, problem ? problem : none);
		return;
	}
	saved(p, ((Account *)g_ptr_array_index(conf_accounts(conf), 0))->name);
}

static void
change_field(SetupPane *p, SetupField f)
{
	p->asking = false;
	if (f == FIELD_KIND) {
		ask_kind(p);
	} else if (f == FIELD_KEEP) {
		ask_value(p, f);
	} else if (f == FIELD_AUTH) {
		if (setupform_is_oauth(p->form) && !setupform_may_password(p->form)) {
			setup_problem(p, _("This server takes no passwords: one signs in at the provider."));
			return;
		}
		setupform_set(p->form, f, setupform_is_oauth(p->form) ? "password" : "oauth2");
		setup_show(p, SETUP_FORM);
		setup_select(p, ROW_FIELD, f);
	} else {
		ask_value(p, f);
	}
}

void
cmd_setup_take(App *a, const char *arg)
{
	SetupPane *p = setup_pane(a);
	SetupRow *row = p ? setup_row(p) : NULL;

	if (!row)
		return;
	switch (row->kind) {
	case ROW_ADD:
		ask_address(a, NULL);
		break;
	case ROW_DEMO:
		a->wants_demo = true;
		cmd_quit(a, NULL);
		break;
	case ROW_IMPORT:
		look_at_import(p, row->index);
		break;
	case ROW_HAND:
		setup_problem(p, NULL);
		setup_show(p, SETUP_HAND);
		break;
	case ROW_LEAVE:
		cmd_close(a, NULL);
		break;
	case ROW_FIELD:
		change_field(p, row->index);
		break;
	case ROW_SAVE:
		try_and_save(p, false);
		break;
	case ROW_SAVE_UNTRIED:
		try_and_save(p, true);
		break;
	case ROW_TAKE:
		take_import(p);
		break;
	case ROW_AGAIN:
		look_again(p);
		break;
	case ROW_BACK:
		setup_problem(p, NULL);
		setup_show(p, SETUP_MENU);
		break;
	}
}

bool
setup_key(App *a, void *self, Key k, const char *paste)
{
	SetupPane *p = self;
	if (p->step != SETUP_MENU || k < '1' || k >= '1' + MIN(p->rows->len, 9u))
		return false;
	p->selected = (int)(k - '1');
	cmd_setup_take(a, NULL);
	return true;
}

bool
setup_close(App *a, void *self)
{
	SetupPane *p = self;

	setup_stop(p);
	setup_problem(p, NULL);
	if (p->step == SETUP_TRIAL) {
		setup_show(p, SETUP_FORM);
		setup_select(p, ROW_SAVE, 0);
		return false;
	}
	forget_sign_in(p);
	if (p->step != SETUP_MENU) {
		setup_show(p, SETUP_MENU);
		return false;
	}
	if (app_running(a) > 0)
		return true;
	cmd_quit(a, NULL);
	return false;
}

void
cmd_add_account(App *a, const char *arg)
{
	setup_open(a);
	if (arg && *arg)
		setup_address(a, arg);
}
