/* act_folders.c - the tree of folders: folding, and making, renaming, moving, deleting, subscribing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Which folder: the one under the cursor of the folder pane, else the one on the screen. What is done is an act like any
 * other: said, in the history, taken back with `u`. What the server sets before the names of the person's folders
 * ("INBOX.") is neither shown nor typed. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/question.h"
#include "base/intl.h"
#include "base/utf8.h"
#include "store/local.h"
#include "store/server.h"

#include <string.h>

enum { QUOTA_WARN = 90 };	/* percent */

/* ---- the view: what is folded, kept in the store ---- */

void
folders_view_read(AppAccount *acc)
{
	g_free(acc->prefix);
	acc->prefix = namespaces_personal(acc->db, &acc->delimiter);	/* as on the wire; all servers write it in ASCII */
	if (acc->folded)	/* from then on ours is newer than the store's */
		return;
	g_autofree char *folded = db_fact(acc->db, "ui.folded"), *subscribed = db_fact(acc->db, "ui.subscribed");
	g_auto(GStrv) paths = g_strsplit(folded ? folded : "", "\n", -1);
	acc->folded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (char **p = paths; *p; p++)
		if (**p)
			g_hash_table_add(acc->folded, g_strdup(strcmp(*p, "/") ? *p : ""));
	acc->subscribed_only = subscribed && *subscribed == '1';
}

void
folders_view_clear(AppAccount *acc)
{
	g_clear_pointer(&acc->folded, g_hash_table_unref);
	g_free(acc->prefix);
}

static void
remember(App *a, guint account, const char *name, char *value)
{
	Request *r = request_new(REQ_REMEMBER);
	r->text = g_strdup(name);
	r->text2 = value;
	app_post(a, account, r);
}

static void
remember_folded(App *a, const AppAccount *acc)
{
	GString *all = g_string_new(NULL);
	GHashTableIter it;
	gpointer path;

	g_hash_table_iter_init(&it, acc->folded);
	while (g_hash_table_iter_next(&it, &path, NULL))	/* the account itself has no name: "/", which no folder is called */
		g_string_append_printf(all, "%s\n", *(char *)path ? (char *)path : "/");
	remember(a, acc->number, "folded", g_string_free(all, FALSE));
}

static void
set_folded(App *a, const FolderItem *item, bool folded)
{
	AppAccount *acc = app_account_of(a, item->account);
	if (!acc || !acc->folded)
		return;
	if (folded)
		g_hash_table_add(acc->folded, g_strdup(item->path));
	else
		g_hash_table_remove(acc->folded, item->path);
	remember_folded(a, acc);
	app_folders_reload(a);
}

void
cmd_fold(App *a, const char *arg)
{
	const FolderItem *item = folders_pane_current(&a->folders);
	if (!item || item->line.outbox)
		return;
	if (item->line.parent && !item->line.folded) {
		set_folded(a, item, true);
		return;
	}
	const AppAccount *acc = app_account_of(a, item->account);
	char *above = g_strdup(item->path), *last = acc && acc->delimiter ? strrchr(above, acc->delimiter) : NULL;
	if (last)
		*last = '\0';
	if (!last || !folders_pane_select_path(&a->folders, item->account, above, acc->delimiter))
		folders_pane_select(&a->folders, item->account, 0);
	folders_foot(a);
	g_free(above);
}

void
cmd_unfold(App *a, const char *arg)
{
	const FolderItem *item = folders_pane_current(&a->folders);
	if (item && item->line.parent && item->line.folded)
		set_folded(a, item, false);
	else if (item && (item->folder || item->line.outbox))
		app_command(a, CMD_open, NULL);
	else
		folders_step(a, 1);
}

void
cmd_subscribed_only(App *a, const char *arg)
{
	const FolderItem *item = a->focus == PANE_FOLDERS ? folders_pane_current(&a->folders) : NULL;
	AppAccount *acc = item ? app_account_of(a, item->account) : app_account(a);
	if (!acc)
		return;
	acc->subscribed_only = !acc->subscribed_only;
	remember(a, acc->number, "subscribed", g_strdup(acc->subscribed_only ? "1" : "0"));
	app_folders_reload(a);
	app_say(a, STYLE_STATUS, "%s", acc->subscribed_only ? _("Only folders that you have subscribed to are shown; T shows all.") : _("All folders are shown."));
}

void
folders_step(App *a, int step)
{
	folders_pane_move(&a->folders, step);
	folders_foot(a);
}

/* ---- how full it is ---- */

void
folders_foot(App *a)
{
	const FolderItem *item = folders_pane_current(&a->folders);
	const AppAccount *acc = item && !item->line.outbox ? app_account_of(a, item->account) : NULL;
	Quota q = acc && acc->db ? quota_get(acc->db) : (Quota){ 0 };
	guint percent = quota_percent(&q);

	if (!q.told || (!q.limit && !q.messages_limit)) {
		folders_pane_set_foot(&a->folders, STYLE_FOLDER_DIM, NULL);
		return;
	}
	g_autofree char *used = g_format_size(q.limit ? q.used * 1024 : 0), *limit = g_format_size(q.limit * 1024);
	Clean *text = q.limit ? clean_printf(_(" %s of %s (%u %%)"), used, limit, percent) :
		clean_printf(_(" %u of %u messages (%u %%)"), (guint)q.messages, (guint)q.messages_limit, percent);
	folders_pane_set_foot(&a->folders, percent >= QUOTA_WARN ? STYLE_WARN : STYLE_FOLDER_DIM, text);
}

/* ---- names ---- */

char *
folders_shown_name(const AppAccount *acc, const char *path)
{
	gsize n = acc && acc->prefix ? strlen(acc->prefix) : 0;
	return g_strdup(n && !g_ascii_strncasecmp(path, acc->prefix, n) && path[n] ? path + n : path);
}

/* Folders of others keep their names; so does what has the prefix already. */
char *
folders_path(const AppAccount *acc, const char *typed)
{
	gsize n = acc->prefix ? strlen(acc->prefix) : 0;

	if (!n || !g_ascii_strncasecmp(typed, acc->prefix, n))
		return g_strdup(typed);
	for (guint i = 0; i < acc->folders->len; i++) {
		const Folder *f = g_ptr_array_index(acc->folders, i);
		gsize head = strcspn(f->name, (char[]){ acc->delimiter, '\0' });
		if (f->space != SPACE_PERSONAL && !strncmp(typed, f->name, head) && typed[head] == acc->delimiter)
			return g_strdup(typed);
	}
	return g_strconcat(acc->prefix, typed, NULL);
}

/* ---- which folder ---- */

static const Folder *
folder_here(App *a, guint *account)
{
	const FolderItem *item = a->focus == PANE_FOLDERS ? folders_pane_current(&a->folders) : NULL;

	*account = item ? item->account : a->account;
	const Folder *f = item ? (item->folder ? app_folder(a, item->account, item->folder) : NULL) : app_folder(a, a->account, a->folder);
	if (!f)
		app_say(a, STYLE_STATUS, "%s", _("There is no folder under the cursor."));
	return f;
}

static bool
can_write(App *a, guint account)
{
	const AppAccount *acc = app_account_of(a, account);
	if (acc && acc->engine)
		return true;
	app_say(a, STYLE_WARN, "%s", _("Another eilpost has this account; do it there."));
	return false;
}

static void
post(App *a, guint account, RequestKind kind, gint64 folder, char *text, bool on)
{
	Request *r = request_new(kind);
	r->folder = folder;
	r->text = text;
	r->on = on;
	if (can_write(a, account))
		app_post(a, account, r);
	else
		request_free(r);
}

/* ---- making, renaming, moving ---- */

static void
create_named(App *a, const char *typed)
{
	const AppAccount *acc = app_account_of(a, a->renaming.account);
	g_autofree char *name = typed ? g_strstrip(g_strdup(typed)) : NULL;
	if (acc && name && *name)
		post(a, acc->number, REQ_FOLDER_CREATE, 0, folders_path(acc, name), true);
}

void
cmd_create_folder(App *a, const char *arg)
{
	const FolderItem *item = a->focus == PANE_FOLDERS ? folders_pane_current(&a->folders) : NULL;
	const AppAccount *acc = item && !item->line.outbox ? app_account_of(a, item->account) : app_account(a);
	if (!acc)
		return;
	a->renaming.account = acc->number;
	if (arg) {
		create_named(a, arg);
		return;
	}
	/* beside the one under the cursor; where that has folders below it, more likely there */
	g_autofree char *shown = item ? folders_shown_name(acc, item->path) : g_strdup("");
	char *last = acc->delimiter ? strrchr(shown, acc->delimiter) : NULL;
	g_autofree char *initial = item && item->line.parent && *shown ? g_strdup_printf("%s%c", shown, acc->delimiter) :
		last ? g_strndup(shown, (gsize)(last + 1 - shown)) : g_strdup("");
	app_ask_line(a, PROMPT_LABEL, _("Name of the new folder: "), initial, create_named);
}

static void
rename_to(App *a, const char *typed)
{
	const AppAccount *acc = app_account_of(a, a->renaming.account);
	const Folder *f = acc ? app_folder(a, acc->number, a->renaming.folder) : NULL;
	g_autofree char *name = typed ? g_strstrip(g_strdup(typed)) : NULL;

	if (!f || !name || !*name)
		return;
	char *path = folders_path(acc, name);
	if (strcmp(path, f->name)) {
		post(a, acc->number, REQ_FOLDER_RENAME, f->id, path, true);
	} else {
		g_free(path);
		app_say(a, STYLE_STATUS, "%s", _("Nothing was changed."));
	}
}

void
cmd_rename_folder(App *a, const char *arg)
{
	guint account;
	const Folder *f = folder_here(a, &account);
	if (!f)
		return;
	a->renaming.account = account;
	a->renaming.folder = f->id;
	if (arg) {
		rename_to(a, arg);
		return;
	}
	g_autofree char *shown = folders_shown_name(app_account_of(a, account), f->name);
	app_ask_line(a, PROMPT_LABEL, _("Rename the folder to: "), shown, rename_to);
}

static void
move_into(App *a, const char *typed)
{
	const AppAccount *acc = app_account_of(a, a->renaming.account);
	const Folder *f = acc ? app_folder(a, acc->number, a->renaming.folder) : NULL, *to = NULL;
	guint account = a->renaming.account;
	gint64 target = 0;

	if (!f || !typed)
		return;
	if (*typed && !app_folder_named(a, typed, &account, &target))
		return;
	to = target ? app_folder(a, account, target) : NULL;
	if (account != acc->number || (to && to->space != f->space) || !f->delimiter) {
		app_say(a, STYLE_WARN, "%s", _("A folder can only be moved into another one of the same account that may have folders below it."));
		return;
	}
	const char *last = strrchr(f->name, f->delimiter), *leaf = last ? last + 1 : f->name;
	char *path = to ? g_strdup_printf("%s%c%s", to->name, f->delimiter, leaf) : folders_path(acc, leaf);
	post(a, account, REQ_FOLDER_RENAME, f->id, path, true);
}

void
cmd_move_folder(App *a, const char *arg)
{
	guint account;
	const Folder *f = folder_here(a, &account);
	if (!f)
		return;
	a->renaming.account = account;
	a->renaming.folder = f->id;
	if (arg) {
		move_into(a, arg);
		return;
	}
	g_autoptr(Clean) name = rows_folder_name(f->role, f->name);
	g_autofree char *label = g_strdup_printf(_("Move %s into folder (empty: to the top): "), clean_peek(name));
	app_ask_line(a, PROMPT_FOLDER, label, NULL, move_into);
}

void
cmd_subscribe(App *a, const char *arg)
{
	guint account;
	const Folder *f = folder_here(a, &account);
	if (f)
		post(a, account, REQ_FOLDER_SUBSCRIBE, f->id, NULL, !f->subscribed);
}

/* ---- deleting and emptying, after a question ---- */

typedef struct { RequestKind kind; guint account; gint64 folder; } Plan;

static void
agreed(App *a, int n, gpointer user)
{
	const Plan *plan = user;
	if (n == 0)
		post(a, plan->account, plan->kind, plan->folder, NULL, true);
	else
		app_say(a, STYLE_STATUS, "%s", _("Nothing was changed."));
}

static void
ask(App *a, const char *text, const char *yes, RequestKind kind, guint account, gint64 folder)
{
	const QuestionChoice choices[] = { { yes, _("y") }, { _("No, leave it as it is"), _("n") } };
	Plan *plan = g_new(Plan, 1);
	*plan = (Plan){ kind, account, folder };
	question_ask(a, text, choices, G_N_ELEMENTS(choices), 1, agreed, plan, g_free);
}

static bool
has_below(const AppAccount *acc, const Folder *f)
{
	g_autofree char *below = g_strdup_printf("%s%c", f->name, f->delimiter);
	for (guint i = 0; f->delimiter && i < acc->folders->len; i++)
		if (g_str_has_prefix(((const Folder *)acc->folders->pdata[i])->name, below))
			return true;
	return false;
}

void
cmd_delete_folder(App *a, const char *arg)
{
	guint account;
	const Folder *f = folder_here(a, &account);
	if (!f)
		return;
	guint n = folder_total(f);
	g_autoptr(Clean) name = rows_folder_name(f->role, f->name);
	if (f->role == ROLE_INBOX) {
		app_say(a, STYLE_STATUS, _("%s belongs to every account: it can be neither renamed nor deleted."), clean_peek(name));
		return;
	}
	g_autofree char *head = n ? g_strdup_printf(ngettext("Delete the folder %s and the %u message in it for good?",
		"Delete the folder %s and the %u messages in it for good?", n), clean_peek(name), n) :
		g_strdup_printf(_("Delete the folder %s? It is empty."), clean_peek(name));
	g_autofree char *text = has_below(app_account_of(a, account), f) ? g_strconcat(head, " ", _("The folders below it stay."), NULL) : g_strdup(head);
	ask(a, text, _("Delete the folder"), REQ_FOLDER_DELETE, account, f->id);
}

void
cmd_empty_folder(App *a, const char *arg)
{
	guint account;
	const Folder *f = folder_here(a, &account);
	if (!f)
		return;
	guint n = folder_total(f);
	g_autoptr(Clean) name = rows_folder_name(f->role, f->name);
	if (n == 0) {
		app_say(a, STYLE_STATUS, _("%s is empty already."), clean_peek(name));
		return;
	}
	g_autofree char *text = g_strdup_printf(ngettext("Delete the %u message in %s for good?", "Delete all %u messages in %s for good?", n), n, clean_peek(name));
	ask(a, text, _("Delete for good"), REQ_EMPTY, account, f->id);
}

/* ---- what is kept of it without a network ---- */

/* "90 days" in words. */
static char *
kept_text(int policy)
{
	if (policy == KEEP_TEXTS_ALL)
		return g_strdup(_("all texts"));
	if (policy == KEEP_TEXTS_NONE)
		return g_strdup(_("headers, and what you open"));
	return g_strdup_printf(ngettext("texts of the last %d day", "texts of the last %d days", (gulong)policy), policy);
}

static char *
kept_of(const AppAccount *acc, const Folder *f)
{
	int policy = f->keep == KEEP_TEXTS_AS_ACCOUNT ? acc->account->offline_days : f->keep;
	g_autofree char *kept = kept_text(policy);
	return g_strdup_printf(f->keep == KEEP_TEXTS_AS_ACCOUNT ? _("; kept here: %s, as in the account") : _("; kept here: %s"), kept);
}

static void
keep_typed(App *a, const char *typed)
{
	const AppAccount *acc = app_account_of(a, a->renaming.account);
	const Folder *f = acc ? app_folder(a, acc->number, a->renaming.folder) : NULL;
	g_autofree char *word = typed ? g_strstrip(g_strdup(typed)) : NULL, *problem = NULL;
	int policy = KEEP_TEXTS_AS_ACCOUNT;

	if (!f || !word || !*word || !can_write(a, a->renaming.account))
		return;
	if (strcmp(word, "account") && !account_parse_days(word, &policy, &problem)) {
		app_say(a, STYLE_WARN, "%s", problem);
		return;
	}
	Request *r = request_new(REQ_FOLDER_KEEP);
	r->folder = f->id;
	r->when = policy;
	app_post(a, acc->number, r);
	g_autoptr(Clean) name = rows_folder_name(f->role, f->name);
	g_autofree char *kept = kept_text(policy == KEEP_TEXTS_AS_ACCOUNT ? acc->account->offline_days : policy);
	app_say(a, STYLE_STATUS, _("Kept here of %s: %s."), clean_peek(name), kept);
}

void
cmd_keep_texts(App *a, const char *arg)
{
	guint account;
	const Folder *f = folder_here(a, &account);
	const AppAccount *acc = f ? app_account_of(a, account) : NULL;

	if (!acc)
		return;
	if (account_is_pop(acc->account) || folder_is_local(f)) {
		app_say(a, STYLE_STATUS, "%s", _("This folder is only on this computer: all of it is here."));
		return;
	}
	a->renaming.account = account;
	a->renaming.folder = f->id;
	if (arg) {
		keep_typed(a, arg);
		return;
	}
	g_autofree char *now = f->keep > 0 ? g_strdup_printf("%d days", f->keep) :
		g_strdup(f->keep == KEEP_TEXTS_ALL ? "all" : f->keep == KEEP_TEXTS_NONE ? "headers" : "account");
	app_ask_line(a, PROMPT_LABEL, _("Texts kept here (headers, N days, all, account): "), now, keep_typed);
}

/* ---- what is known of it ---- */

static char *
rights_text(const Folder *f)
{
	static const struct { char right; const char *text; } rights[] = {
		{ 's', N_("mark as read") }, { 'w', N_("flag") }, { 'i', N_("add messages") }, { 't', N_("delete messages") },
		{ 'k', N_("make folders in it") }, { 'x', N_("rename and delete it") },
	};
	GString *s = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(rights); i++)
		if (folder_may(f, rights[i].right))
			g_string_append_printf(s, "%s%s", s->len ? ", " : "", _(rights[i].text));
	if (!s->len)
		g_string_append(s, _("only read"));
	return g_string_free(s, FALSE);
}

void
cmd_folder_info(App *a, const char *arg)
{
	guint account;
	const Folder *f = folder_here(a, &account);
	if (!f)
		return;
	guint n = folder_total(f), unseen = folder_unseen(f);
	g_autoptr(Clean) name = rows_folder_name(f->role, f->name);
	GString *s = g_string_new(clean_peek(name));
	g_string_append_printf(s, ngettext(": %u message", ": %u messages", n), n);
	g_string_append_printf(s, _(", %u unread"), unseen);
	if (f->server_size) {
		g_autofree char *size = g_format_size(f->server_size);
		g_string_append_printf(s, ", %s", size);
	}
	if (f->rights) {
		g_autofree char *may = rights_text(f);
		g_string_append_printf(s, _("; you may: %s"), may);
	}
	if (!f->subscribed)
		g_string_append(s, _("; not subscribed"));
	const AppAccount *acc = app_account_of(a, account);
	if (acc && !account_is_pop(acc->account) && !folder_is_local(f)) {
		g_autofree char *kept = kept_of(acc, f);
		g_string_append(s, kept);
	}
	app_say(a, STYLE_STATUS, "%s", s->str);
	g_string_free(s, TRUE);
}
