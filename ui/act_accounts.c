/* act_accounts.c - accounts in the settings: their order, switching off and on, new names, removal.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Nothing on a server is touched by any of these, and no file goes without an answer that says so. */
#include "config.h"
#include "ui/panes/question.h"
#include "ui/panes/settings_private.h"
#include "ui/panes/setup.h"
#include "base/intl.h"
#include "store/outbox.h"

#include <glib/gstdio.h>
#include <string.h>

/* The section of the selected row, or of the page that is open; NULL: it was said that there is none. Borrowed until the next change. */
static const char *
section_here(App *a)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	const SettingRow *row = p ? settings_row(p) : NULL;

	if (row && g_str_has_prefix(row->section, "account "))
		return row->section;
	if (p)
		app_say(a, STYLE_STATUS, "%s", _("No account is selected."));
	return NULL;
}

static const char *
name_of(const char *section)
{
	return section + strlen("account ");
}

static char *
file_of(App *a)
{
	return g_strdup(conf_file(a->setup->conf));
}

static void
select_section(App *a, const char *section)
{
	SettingsPane *p = over_self(a, &SETTINGS_FACE);
	for (guint i = 0; p && i < p->list->rows->len; i++)
		if (!g_strcmp0(g_array_index(p->list->rows, SettingRow, i).section, section)) {
			p->selected = (int)i;
			return;
		}
}

/* ---- order ---- */

static void
move_account(App *a, int step)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *section = g_strdup(section_here(a)), *file = file_of(a);
	g_auto(GStrv) all = conf_sections(a->setup->conf, "account");
	int n = (int)g_strv_length(all), i = 0;

	if (!section)
		return;
	while (i < n && strcmp(all[i], section))
		i++;
	if (i == n || i + step < 0 || i + step >= n) {
		app_say(a, STYLE_STATUS, "%s", step < 0 ? _("It is the first one.") : _("It is the last one."));
		return;
	}
	/* one step down is the next one's step up */
	bool good = step < 0 ? conf_section_move(file, section, all[i - 1], &err) : conf_section_move(file, all[i + 1], section, &err);
	if (!good) {
		app_say(a, STYLE_WARN, "%s", err->message);
		return;
	}
	settings_reread(a);
	select_section(a, section);
}

void cmd_account_up(App *a, const char *arg) { move_account(a, -1); }
void cmd_account_down(App *a, const char *arg) { move_account(a, 1); }

/* ---- off and on ---- */

void
cmd_account_off(App *a, const char *arg)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *section = g_strdup(section_here(a)), *file = file_of(a);

	if (!section)
		return;
	bool off = conf_bool(a->setup->conf, section, "disabled");
	if (!conf_write(file, section, "disabled", off ? NULL : "yes", &err)) {
		app_say(a, STYLE_WARN, "%s", err->message);
		return;
	}
	settings_reread(a);
	select_section(a, section);
	app_say(a, STYLE_STATUS, off ? _("%s is switched on again.") : _("%s is switched off: it is not shown and not fetched; its mail stays on this computer."), name_of(section));
}

/* ---- files of an account ---- */

static const char *const TAILS[] = { "", "-wal", "-shm", ".d" };

static char *
store_named(App *a, const char *name)
{
	g_autoptr(Account) account = account_new();
	account->name = g_strdup(name);
	return places_store(a->setup->places, account);
}

static bool
files_are_there(App *a, const char *name)
{
	g_autofree char *store = store_named(a, name);
	return g_file_test(store, G_FILE_TEST_EXISTS);
}

static void
remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);
		remove_tree(below);
	}
	g_remove(path);
}

/* ---- who names it ---- */

/* Lines of other sections whose value is an account; what becomes of them when it is removed. */
static const struct { const char *kind, *option, *words; } NAMED_BY[] = {
	{ "identity", "account", N_(" The identity “%s” sends by it: its line “account” goes too, and then the first account sends for it.") },
	{ "account", "oauth-account", N_(" The account “%s” uses its sign-in: that line (oauth-account) goes too, and then it needs a sign-in of its own.") },
};
typedef bool (*NamingDo)(const char *section, guint which, void *user, GError **err);

static bool
each_naming(App *a, const char *name, NamingDo what, void *user, GError **err)
{
	for (guint i = 0; i < G_N_ELEMENTS(NAMED_BY); i++) {
		g_auto(GStrv) all = conf_sections(a->setup->conf, NAMED_BY[i].kind);
		for (char **s = all; *s; s++)
			if (!g_strcmp0(conf_text(a->setup->conf, *s, NAMED_BY[i].option), name) && !what(*s, i, user, err))
				return false;
	}
	return true;
}

typedef struct { const char *file, *value; } Line;

static bool
write_line(const char *section, guint which, void *user, GError **err)
{
	const Line *l = user;
	return conf_write(l->file, section, NAMED_BY[which].option, l->value, err);
}

static bool
add_words(const char *section, guint which, void *user, GError **err)
{
	g_string_append_printf(user, _(NAMED_BY[which].words), strchr(section, ' ') + 1);
	return true;
}

/* ---- a new name ---- */

/* Other sections that name the account follow it. */
static bool
rename_in_file(App *a, const char *file, const char *section, const char *fresh, GError **err)
{
	Line line = { file, fresh };
	g_autofree char *to = g_strconcat("account ", fresh, NULL);

	return each_naming(a, name_of(section), write_line, &line, err) && conf_section_rename(file, section, to, err);
}

/* Before the engines know of the new name: they find their passwords and tokens under it. */
static void
move_secrets(App *a, const char *file, const char *old, const char *fresh)
{
	g_autoptr(Conf) conf = conf_read(file);

	for (guint i = 0; a->setup->vault && i < conf_accounts(conf)->len; i++) {
		Account *account = g_ptr_array_index(conf_accounts(conf), i);
		if (!strcmp(account->name, fresh))
			vault_rename(a->setup->vault, old, account);
	}
}

/* The store is what the account has on this computer; with POP3 it is the mail itself. */
static bool
rename_files(App *a, const char *old, const char *fresh)
{
	g_autofree char *from = store_named(a, old), *to = store_named(a, fresh);
	bool good = true;

	for (guint i = 0; i < G_N_ELEMENTS(TAILS); i++) {
		g_autofree char *one = g_strconcat(from, TAILS[i], NULL), *other = g_strconcat(to, TAILS[i], NULL);
		if (g_file_test(one, G_FILE_TEST_EXISTS))
			good &= g_rename(one, other) == 0;
	}
	return good;
}

static void
renamed(App *a, const char *text)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *section = g_strdup(section_here(a)), *file = file_of(a), *fresh = g_strstrip(g_strdup(text ? text : ""));
	g_autofree char *to = g_strconcat("account ", fresh, NULL);
	g_auto(GStrv) all = conf_sections(a->setup->conf, "account");

	if (!section || !*fresh || !strcmp(to, section))
		return;
	if (strpbrk(fresh, "[]#\r\n") || !g_utf8_validate(fresh, -1, NULL)) {
		app_say(a, STYLE_WARN, "%s", _("The account needs a name, without [ ] and #."));
		return;
	}
	if (g_strv_contains((const char *const *)all, to) || files_are_there(a, fresh)) {
		app_say(a, STYLE_WARN, _("“%s” is taken already, by an account or by the files of one that was removed."), fresh);
		return;
	}
	if (!app_account_stop(a, name_of(section))) {
		app_say(a, STYLE_WARN, "%s", _("The account is busy just now; try it again."));
		settings_reread(a);
		return;
	}
	if (!rename_files(a, name_of(section), fresh) || !rename_in_file(a, file, section, fresh, &err)) {
		app_say(a, STYLE_WARN, "%s", err ? err->message : _("Its files could not be renamed; nothing was changed."));
		rename_files(a, fresh, name_of(section));
		settings_reread(a);
		return;
	}
	move_secrets(a, file, name_of(section), fresh);
	settings_reread(a);
	select_section(a, to);
	app_say(a, STYLE_STATUS, _("It is called “%s” now."), fresh);
}

void
cmd_rename_account(App *a, const char *arg)
{
	const char *section = section_here(a);

	if (section && arg)
		renamed(a, arg);
	else if (section)
		app_ask_line(a, PROMPT_LABEL, _("New name of the account: "), name_of(section), renamed);
}

/* ---- removal ---- */

static void
remove_files(App *a, const char *name)
{
	g_autofree char *store = store_named(a, name);
	for (guint i = 0; i < G_N_ELEMENTS(TAILS); i++) {
		g_autofree char *path = g_strconcat(store, TAILS[i], NULL);
		remove_tree(path);
	}
}

/* What is kept elsewhere than in its files. The sign-in of another account is that one's. */
static bool
has_sign_in(const Account *account)
{
	return account->auth == AUTH_OAUTH2 && !g_strcmp0(account->oauth.name, account->name);
}

static bool
may_have_password(const Account *account)
{
	return account->auth == AUTH_PASSWORD && !account->password_command;
}

static void
forget_secrets(App *a, Account *account)
{
	if (!account || !a->setup->vault)
		return;
	if (has_sign_in(account)) {
		vault_forget(a->setup->vault, account);
	} else if (may_have_password(account)) {
		vault_forget_password(a->setup->vault, account, VAULT_RECEIVE);
		vault_forget_password(a->setup->vault, account, VAULT_SEND);
	}
}

static void
removal_answered(App *a, int n, gpointer user)
{
	const char *section = user;
	g_autoptr(GError) err = NULL;
	g_autofree char *file = file_of(a);
	const AppAccount *acc = settings_account(a, name_of(section));
	g_autoptr(Account) account = acc ? account_ref(acc->account) : NULL;

	if (n != 1 && n != 2)
		return;
	if (n == 2 && acc && !app_account_stop(a, name_of(section))) {
		app_say(a, STYLE_WARN, "%s", _("The account is busy just now; try it again."));
		settings_reread(a);
		return;
	}
	Line gone = { file, NULL };
	if (!each_naming(a, name_of(section), write_line, &gone, &err) || !conf_section_remove(file, section, &err)) {
		app_say(a, STYLE_WARN, "%s", err->message);
		settings_reread(a);
		return;
	}
	settings_reread(a);
	if (n == 2)
		remove_files(a, name_of(section));
	forget_secrets(a, account);	/* files may be wanted again; a secret of an account that is not there is only a danger */
	app_say(a, STYLE_STATUS, n == 2 ? _("The account “%s” and its files here are gone.") : _("The account “%s” is gone; its files stay where they are."), name_of(section));
}

/* What lies here and would stay, or go, in words. Yours. */
static char *
removal_words(App *a, const char *section)
{
	const AppAccount *acc = settings_account(a, name_of(section));
	g_autofree char *store = store_named(a, name_of(section));
	g_autoptr(GPtrArray) waiting = acc && acc->db ? outbox_list(acc->db, false, NULL) : NULL;
	g_autofree char *outbox = waiting && waiting->len ?
		g_strdup_printf(ngettext(" In its outbox lies %u mail.", " In its outbox lie %u mails.", waiting->len), waiting->len) : g_strdup("");
	bool pop = acc && account_is_pop(acc->account), tokens = acc && has_sign_in(acc->account), password = acc && may_have_password(acc->account);
	g_autoptr(GString) named = g_string_new(NULL);
	GStatBuf st;
	guint64 size = g_stat(store, &st) == 0 ? (guint64)st.st_size : 0;
	g_autofree char *sized = g_format_size(size);

	each_naming(a, name_of(section), add_words, named, NULL);
	return g_strdup_printf(_("Remove the account “%s”? Nothing changes on its server. On this computer lie %s (%s: mail, drafts, outbox)%s.%s%s%s"), name_of(section), store,
		sized, tokens ? _(" and its sign-in, which is forgotten in any case") :
			password ? _(" and its password, if it was kept, which is forgotten in any case") : "", outbox, named->str, pop ? _(" This is a POP3 account: mail that is no longer on the server is only in that file.") : "");
}

void
cmd_remove_account(App *a, const char *arg)
{
	const char *section = section_here(a);
	const QuestionChoice choices[] = {
		{ _("Leave it as it is"), NULL }, { _("Remove the account, keep its files"), NULL }, { _("Remove the account and its files on this computer"), NULL },
	};

	if (!section)
		return;
	g_autofree char *words = removal_words(a, section);
	question_ask(a, words, choices, G_N_ELEMENTS(choices), 0, removal_answered, g_strdup(section), g_free);
}
