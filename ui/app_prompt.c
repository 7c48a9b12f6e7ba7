/* app_prompt.c - questions in the bottom line and what their answers do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/signin.h"
#include "ui/panes/question.h"
#include "base/extensions.h"
#include "base/intl.h"

#include <string.h>

/* ---- completion ---- */

/* Folders of the account on the screen by their name, of the others as account/name. */
static char *
folder_label(const App *a, const AppAccount *acc, const Folder *f)
{
	g_autofree char *shown = folders_shown_name(acc, f->name);
	Clean *name = rows_folder_name(f->role, shown);
	char *label = acc->number == a->account ? g_strdup(clean_peek(name)) : g_strdup_printf("%s/%s", acc->account->name, clean_peek(name));
	clean_free(name);
	return label;
}

static char **
complete_folder(App *a, const char *text, gsize cursor, gsize *start)
{
	g_autofree char *typed = g_strndup(text, cursor), *needle = utf8_fold(typed, -1);
	GPtrArray *names = g_ptr_array_new();

	*start = 0;
	for (int beginning = 1; beginning >= 0; beginning--)
		for (guint i = 0; i < a->accounts->len; i++) {
			const AppAccount *acc = g_ptr_array_index(a->accounts, i);
			for (guint k = 0; k < acc->folders->len; k++) {
				const Folder *f = g_ptr_array_index(acc->folders, k);
				g_autofree char *label = folder_label(a, acc, f), *folded = utf8_fold(label, -1);
				const char *at = strstr(folded, needle);
				if (f->selectable && at && (at == folded) == (bool)beginning)
					g_ptr_array_add(names, g_steal_pointer(&label));
			}
		}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **
complete_file(App *a, const char *text, gsize cursor, gsize *start)
{
	g_autofree char *typed = g_strndup(text, cursor), *whole = parts_path(a, typed, NULL), *dir = g_path_get_dirname(whole);
	const char *slash = strrchr(typed, '/'), *base = slash ? slash + 1 : typed;
	GPtrArray *names = g_ptr_array_new();
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *entry;

	*start = (gsize)(base - typed);
	while (d && (entry = g_dir_read_name(d)))
		if (g_str_has_prefix(entry, base) && (*base == '.' || *entry != '.') && g_utf8_validate(entry, -1, NULL)) {
			g_autofree char *path = g_build_filename(dir, entry, NULL);
			g_ptr_array_add(names, g_file_test(path, G_FILE_TEST_IS_DIR) ? g_strconcat(entry, "/", NULL) : g_strdup(entry));
		}
	g_ptr_array_sort(names, by_name);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

static char **
complete_extension(const char *text, gsize cursor, gsize *start)
{
	g_autofree char *typed = g_ascii_strup(text, (gssize)cursor);
	GPtrArray *names = g_ptr_array_new();
	gsize n, word = cursor;
	const Extension *table = extensions_table(&n);

	while (word > 0 && !strchr(" ,", typed[word - 1]))
		word--;
	*start = word;
	for (gsize i = 0; i < n; i++)
		if (table[i].protocol == PROTOCOL_IMAP && g_str_has_prefix(table[i].name, typed + word))
			g_ptr_array_add(names, g_strdup(table[i].name));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

static char **
complete(void *user, const char *text, gsize cursor, gsize *start)
{
	App *a = user;
	switch (a->ask) {
	case ASK_COMMAND:
		return command_complete(text, cursor, app_where(a), start);
	case ASK_FOLDER:
		return complete_folder(a, text, cursor, start);
	case ASK_SAVE: case ASK_SAVE_ALL:
		return complete_file(a, text, cursor, start);
	case ASK_LINE:
		return prompt_kind(a->prompt) == PROMPT_FILE ? complete_file(a, text, cursor, start) :
			prompt_kind(a->prompt) == PROMPT_EXTENSIONS ? complete_extension(text, cursor, start) :
			prompt_kind(a->prompt) == PROMPT_FOLDER ? complete_folder(a, text, cursor, start) : NULL;
	default:
		return NULL;
	}
}

/* ---- asking ---- */

void
app_ask(App *a, Ask ask, PromptKind kind, const char *label, const char *initial)
{
	Clean *clean = clean_new(label, -1, CLEAN_LINE);
	prompt_free(a->prompt);
	a->prompt = prompt_new(kind, clean, initial, kind == PROMPT_PASSWORD ? NULL : a->history);
	clean_free(clean);
	a->ask = ask;
	prompt_set_complete(a->prompt, complete, a);
	if (ask == ASK_COMMAND || kind == PROMPT_FOLDER)
		prompt_set_live(a->prompt);
	keymap_reset(a->keymap);
	g_clear_pointer(&a->message, clean_free);
}

void
app_ask_line(App *a, PromptKind kind, const char *label, const char *initial, Asked asked)
{
	app_ask(a, ASK_LINE, kind, label, initial);
	a->asked = asked;
}

/* The passphrase of the stored sign-ins; chosen ones are typed twice. */
static void
ask_key(App *a)
{
	if (!a->key_asked || a->prompt || app_where(a) == IN_EDITOR)
		return;
	/* said before the question, as the question takes the line */
	const char *wrong = !a->key_wrong ? "" : a->key_fresh ? _("They differ. ") : _("Not that one. ");
	g_autofree char *label = g_strconcat(a->key_once ? "" : wrong, !a->key_fresh ? _("Passphrase of the stored sign-ins: ") :
		a->key_once ? _("The same once more: ") : _("Choose a passphrase for the sign-ins (Esc: don't store them): "), NULL);
	app_ask(a, ASK_KEY, PROMPT_PASSWORD, label, NULL);
}

static void
answer_key(App *a, const char *key)
{
	if (a->key_fresh && key && *key && !a->key_once) {
		a->key_once = secret_new(key, -1);
		return;
	}
	if (a->key_once && key && strcmp(secret_peek(a->key_once), key)) {
		g_clear_pointer(&a->key_once, secret_free);
		a->key_wrong = true;
		return;
	}
	g_clear_pointer(&a->key_once, secret_free);
	a->key_asked = false;
	if (a->setup->vault)
		vault_key(a->setup->vault, key);
}

void
app_ask_secret(App *a)
{
	if (question_is_open(a))	/* its answer must not become the first letter of a password */
		return;
	/* who types a mail must not type it into a password: the question waits */
	for (guint i = 0; i < a->accounts->len && !a->prompt && app_where(a) != IN_EDITOR; i++) {
		if (password_ask(a, g_ptr_array_index(a->accounts, i)))
			break;
	}
	ask_key(a);
	/* a sign-in takes the whole screen: it waits until nothing else lies there */
	for (guint i = 0; i < a->accounts->len && !a->prompt && a->overs->len == 0 && !a->helping && !a->in_parts; i++) {
		const AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (acc->sign_in_why)
			signin_open(a, i, acc->sign_in_why);
	}
}

/* ---- answers ---- */

/* How many fit: one that is called exactly so, else all that have it in their names. */
static guint
folders_named(App *a, const char *typed, guint *account, gint64 *folder)
{
	guint n = 0;
	g_autofree char *needle = utf8_fold(typed, -1);

	for (guint i = 0; i < a->accounts->len; i++) {
		const AppAccount *acc = g_ptr_array_index(a->accounts, i);
		for (guint k = 0; k < acc->folders->len; k++) {
			const Folder *f = g_ptr_array_index(acc->folders, k);
			g_autofree char *label = folder_label(a, acc, f), *folded = utf8_fold(label, -1), *wire = utf8_fold(f->name, -1);
			bool exact = !strcmp(folded, needle) || (acc->number == a->account && !strcmp(wire, needle));
			if (!f->selectable || (!exact && !strstr(folded, needle)))
				continue;
			*folder = f->id;
			*account = i;
			n = exact ? 1 : n + 1;
			if (exact)
				return 1;
		}
	}
	return n;
}

bool
app_folder_unknown(App *a, const char *typed)
{
	guint account;
	gint64 folder;
	return folders_named(a, typed, &account, &folder) == 0;
}

bool
app_folder_named(App *a, const char *typed, guint *account, gint64 *folder)
{
	if (!*typed)
		return false;
	guint n = folders_named(a, typed, account, folder);
	const AppAccount *here = app_account(a);
	if (n == 0 && here && account_is_pop(here->account))
		app_say(a, STYLE_WARN, _("There is no folder “%s”: POP3 has no public or shared folders, only one inbox."), typed);
	else if (n == 0)
		app_say(a, STYLE_WARN, _("There is no folder “%s”."), typed);
	else if (n > 1)
		app_say(a, STYLE_WARN, _("“%s” fits several folders; Tab lists them."), typed);
	return n == 1;
}

static void
answer_folder(App *a, const char *typed)
{
	gint64 folder;
	guint account;
	if (app_folder_named(a, typed, &account, &folder))
		app_open_folder(a, account, folder);
}

static void
answer_limit(App *a, const char *pattern)
{
	g_autoptr(GError) err = NULL;
	if (!listview_set_limit(a->list, pattern, &err))
		app_say(a, STYLE_WARN, "%s", err->message);
}

/* As it is typed; what is not a pattern yet changes nothing. */
static void
limit_changed(App *a)
{
	if (a->ask == ASK_LIMIT && a->list)
		listview_set_limit(a->list, prompt_text(a->prompt), NULL);
	app_work(a);
}

static void
answer(App *a, Ask ask, const char *text)
{
	switch (ask) {
	case ASK_COMMAND:
		app_command_line(a, text);
		break;
	case ASK_SEARCH:
		cmd_search(a, text);
		break;
	case ASK_SEARCH_BACK:
		cmd_search_back(a, text);
		break;
	case ASK_LIMIT:
		answer_limit(a, text);
		break;
	case ASK_FOLDER:
		answer_folder(a, text);
		break;
	case ASK_JUMP:
		cmd_jump(a, text);
		break;
	case ASK_SAVE:
		cmd_save_part(a, text);
		break;
	case ASK_SAVE_ALL:
		cmd_save_all(a, text);
		break;
	case ASK_LINE:
		a->asked(a, text);
		break;
	case ASK_SECRET: case ASK_KEY: case ASK_NOTHING:
		break;
	}
	app_work(a);
}

static void
cancelled(App *a, Ask ask)
{
	if (ask == ASK_LIMIT && a->list)
		listview_set_limit(a->list, a->ask_context, NULL);
	else if (ask == ASK_SECRET)
		password_answered(a, "");
	else if (ask == ASK_KEY)
		answer_key(a, NULL);
	else if (ask == ASK_LINE)
		a->asked(a, NULL);
	app_work(a);
}

/* A folder's name that is not enough yet. */
static bool
fits_several(App *a)
{
	guint account;
	gint64 folder;
	int selected = -1;

	if (prompt_kind(a->prompt) != PROMPT_FOLDER)
		return false;
	const char *text = prompt_text(a->prompt);
	prompt_candidates(a->prompt, &selected);
	return selected < 0 && *text && folders_named(a, text, &account, &folder) > 1;
}

void
app_prompt_key(App *a, Key k, const char *paste)
{
	if ((k == K_RETURN || k == K_C('j')) && fits_several(a))
		return;	/* they are listed above it, and what was typed stays */
	PromptState state = prompt_key(a->prompt, k, paste);

	if (state == PROMPT_CHANGED)
		limit_changed(a);
	if (state != PROMPT_DONE && state != PROMPT_CANCELLED)
		return;
	/* an answer may ask the next question */
	Prompt *p = g_steal_pointer(&a->prompt);
	Ask ask = a->ask;
	a->ask = ASK_NOTHING;
	if (state == PROMPT_CANCELLED) {
		cancelled(a, ask);
	} else if (prompt_kind(p) == PROMPT_PASSWORD) {
		g_autoptr(Secret) secret = prompt_take_secret(p);
		if (ask == ASK_SECRET)
			password_answered(a, secret_peek(secret));
		else if (ask == ASK_KEY)
			answer_key(a, secret_peek(secret));
		else
			a->asked(a, secret_peek(secret));
	} else {
		answer(a, ask, prompt_text(p));
	}
	prompt_free(p);
	app_ask_secret(a);
}
