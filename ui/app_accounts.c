/* app_accounts.c - accounts, their engines and folders, and what the engines' letters change.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/identity.h"
#include "ui/panes/setup.h"
#include "ui/panes/signin.h"
#include "base/intl.h"
#include "base/log.h"
#include "ui/view/foldertree.h"

#include <string.h>

#define END_MS 800

static void
folder_free_void(gpointer f)
{
	folder_free(f);
}

void
app_post(App *a, guint account, Request *r)
{
	AppAccount *acc = app_account_of(a, account);
	if (acc && r->kind == REQ_CHECK)
		acc->paused = false;	/* a check ends the pause: engine_check_now */
	if (acc && acc->engine)
		engine_post(acc->engine, r);
	else
		request_free(r);
}

const Folder *
app_folder(App *a, guint account, gint64 folder)
{
	AppAccount *acc = app_account_of(a, account);
	for (guint i = 0; acc && i < acc->folders->len; i++) {
		const Folder *f = g_ptr_array_index(acc->folders, i);
		if (f->id == folder)
			return f;
	}
	return NULL;
}

/* ---- the folder pane ---- */

static void
add_folder_line(App *a, const AppAccount *acc, const FolderNode *n)
{
	const Folder *f = n->folder;
	FolderLine line = {
		.open = f && acc->number == a->account && f->id == a->folder, .selectable = f && f->selectable, .role = f ? f->role : ROLE_NONE,
		.depth = n->depth + 1, .name = n->leaf, .unseen = n->unseen, .parent = n->parent, .folded = n->folded,
		.read_only = f && f->selectable && !folder_may(f, 'i') && !folder_may(f, 't'),
	};
	folders_pane_add(&a->folders, acc->number, f ? f->id : 0, n->path, &line);
}

static void
add_account_lines(App *a, const AppAccount *acc)
{
	guint unseen = 0;
	for (guint i = 0; i < acc->folders->len; i++) {
		const Folder *f = g_ptr_array_index(acc->folders, i);
		if (f->role == ROLE_INBOX)
			unseen = folder_unseen(f);
	}
	/* its folders are another matter than a server's: that is seen from the name on */
	g_autofree char *name = account_is_pop(acc->account) ? g_strdup_printf("%s (POP3)", acc->account->name) : g_strdup(acc->account->name);
	FolderLine root = {
		.account = true, .selectable = true, .name = name, .unseen = unseen, .parent = true,
		.folded = acc->folded && g_hash_table_contains(acc->folded, ""),
		.trouble = acc->trouble != NULL || acc->state == ENGINE_BLOCKED,
		.busy = acc->state == ENGINE_CONNECTING || acc->state == ENGINE_SIGNING_IN,
	};
	folders_pane_add(&a->folders, acc->number, 0, "", &root);
	FolderTreeWant want = { .prefix = acc->prefix ? acc->prefix : "", .subscribed = acc->subscribed_only, .folded = acc->folded, .unseen = folder_unseen };
	g_autoptr(GPtrArray) tree = foldertree_build(acc->folders, &want);
	for (guint i = 0; i < tree->len && !root.folded; i++)
		add_folder_line(a, acc, tree->pdata[i]);
}

/* In the file's order. */
static void
add_accounts(App *a)
{
	const GPtrArray *order = conf_accounts(a->setup->conf);
	for (guint i = 0; i < order->len; i++) {
		const AppAccount *acc = settings_account(a, ((const Account *)g_ptr_array_index(order, i))->name);
		if (acc)
			add_account_lines(a, acc);
	}
}

/* One for all accounts, where any can send or something waits. */
static bool
can_send_by(const AppAccount *acc)
{
	return !acc->gone && acc->account->send.scheme != SCHEME_NONE;
}

static void
add_outbox_line(App *a)
{
	OutgoingCounts n = outgoing_counts(a->outgoing);
	bool can_send = n.waiting + n.needs_person > 0;

	for (guint i = 0; i < a->accounts->len; i++)
		can_send |= can_send_by(g_ptr_array_index(a->accounts, i));
	FolderLine line = {
		.outbox = true, .selectable = true, .name = _("Outbox"), .unseen = n.waiting + n.needs_person, .trouble = n.needs_person > 0,
	};
	if (can_send)
		folders_pane_add(&a->folders, FOLDERS_OUTBOX, 0, "", &line);
}

void
app_folders_reload(App *a)
{
	const FolderItem *current = folders_pane_current(&a->folders);
	guint account = current ? current->account : a->account;
	gint64 folder = current ? current->folder : a->folder;
	g_autofree char *path = current ? g_strdup(current->path) : NULL;

	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		GPtrArray *fresh = acc->db ? folders_list(acc->db, NULL) : NULL;
		if (fresh) {
			g_ptr_array_unref(acc->folders);
			acc->folders = fresh;
			folders_view_read(acc);
		}
	}
	folders_pane_clear(&a->folders);
	add_accounts(a);
	add_outbox_line(a);
	AppAccount *acc = app_account_of(a, account);
	bool named = path && *path;	/* its row, also under a new name; or what it was folded into */
	if ((named && !folder) || !folders_pane_select(&a->folders, account, folder))
		if (named)
			folders_pane_select_path(&a->folders, account, path, acc ? acc->delimiter : 0);
	folders_foot(a);
}

void
app_open_folder(App *a, guint account, gint64 folder)
{
	AppAccount *acc = app_account_of(a, account);

	if (!acc || !acc->db)
		return;
	open_close(a);
	if (a->folder != folder || a->account != account)
		tags_clear(a);
	listview_free(a->list);
	a->account = account;
	a->folder = folder;
	a->list = listview_new(acc->db, folder);
	a->focus = PANE_INDEX;
	a->stale_list = a->stale_folders = true;
	folders_pane_select(&a->folders, account, folder);
	Request *r = request_new(REQ_OPEN_FOLDER);
	r->folder = folder;
	app_post(a, account, r);
}

/* ---- start and end ---- */

/* The engine, which has the store to itself, and the reader's door into it. */
static void
start_engine(App *a, AppAccount *acc, const char *secret)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *path = places_store(a->setup->places, acc->account), *socket = places_socket(a->setup->places, acc->account);
	EngineSetup setup = {
		.number = acc->number, .account = acc->account, .store = path, .letters = a->letters,
		.vault = a->setup->vault, .socket = socket, .secret = secret, .read_only = a->setup->read_only, .offline = a->setup->offline,
		.undo_s = (guint)conf_int(a->setup->conf, "general", "undo-send"),
		.prefer_html = conf_bool(a->setup->conf, "ui", "prefer-html"),
	};

	g_clear_pointer(&acc->trouble, clean_free);
	acc->engine = engine_new(&setup, &err);
	acc->held_elsewhere = g_error_matches(err, EIL_ERROR, EIL_REFUSED);
	if (!acc->engine) {
		acc->trouble = clean_printf("%s: %s", acc->account->name, err->message);
		acc->state = ENGINE_BLOCKED;
		g_clear_error(&err);
	}
	if (!acc->db)
		acc->db = db_open(path, DB_READER, &err);
	if (!acc->db && !acc->trouble)
		acc->trouble = clean_printf("%s: %s", acc->account->name, err->message);
}

static AppAccount *
start_account(App *a, Account *account, guint number, const char *secret)
{
	AppAccount *acc = g_new0(AppAccount, 1);

	acc->number = number;
	acc->account = account_ref(account);
	acc->folders = g_ptr_array_new_with_free_func(folder_free_void);
	start_engine(a, acc, secret);
	return acc;
}

void
app_accounts_take_over(App *a)
{
	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (acc->gone || !acc->held_elsewhere)
			continue;
		start_engine(a, acc, NULL);
		if (!acc->engine)
			continue;
		app_say(a, STYLE_STATUS, _("%s: the other eilpost has ended; from now on it is done here."), acc->account->name);
		a->stale_folders = a->stale_list = true;
		if (i == a->account && a->folder) {
			Request *r = request_new(REQ_OPEN_FOLDER);
			r->folder = a->folder;
			app_post(a, i, r);
		}
	}
}

static gint64
folder_by_name(const AppAccount *acc, const char *name)
{
	for (guint i = 0; i < acc->folders->len; i++) {
		const Folder *f = g_ptr_array_index(acc->folders, i);
		if (!g_ascii_strcasecmp(f->name, name) || (f->role == ROLE_INBOX && !g_ascii_strcasecmp(name, "inbox")))
			return f->id;
	}
	return 0;
}

static gint64
inbox_of(const AppAccount *acc)
{
	for (guint i = 0; i < acc->folders->len; i++) {
		const Folder *f = g_ptr_array_index(acc->folders, i);
		if (f->role == ROLE_INBOX)
			return f->id;
	}
	return acc->folders->len ? ((Folder *)g_ptr_array_index(acc->folders, 0))->id : 0;
}

bool
app_accounts_start(App *a)
{
	const GPtrArray *accounts = conf_accounts(a->setup->conf);
	guint first = 0;

	for (guint i = 0; i < accounts->len; i++) {
		Account *account = g_ptr_array_index(accounts, i);
		if (a->setup->account && !strcmp(account->name, a->setup->account))
			first = i;
		g_ptr_array_add(a->accounts, start_account(a, account, i, NULL));
	}
	for (guint i = 0; i < a->accounts->len; i++)
		outgoing_read(a, i, false);
	app_folders_reload(a);
	AppAccount *acc = app_account_of(a, first);
	if (!acc)
		return false;
	gint64 folder = a->setup->folder ? folder_by_name(acc, a->setup->folder) : 0;
	if (a->setup->folder && !folder)
		app_say(a, STYLE_WARN, _("There is no folder “%s” here (yet); the inbox is shown."), a->setup->folder);
	app_open_folder(a, first, folder ? folder : inbox_of(acc));
	return true;
}

/* ---- accounts come and go ---- */

guint
app_running(const App *a)
{
	guint n = 0;
	for (guint i = 0; i < a->accounts->len; i++)
		n += !((const AppAccount *)g_ptr_array_index(a->accounts, i))->gone;
	return n;
}

/* identity.c counts the accounts as the file does. */
GPtrArray *
app_identities(App *a)
{
	GPtrArray *all = identities_read(a->setup->conf);
	const GPtrArray *accounts = conf_accounts(a->setup->conf);

	for (guint i = 0; i < all->len; i++) {
		Identity *id = g_ptr_array_index(all, i);
		const AppAccount *acc = settings_account(a, ((const Account *)g_ptr_array_index(accounts, id->account))->name);
		if (acc)
			id->account = acc->number;
	}
	return all;
}

static bool
is_configured(App *a, const char *name)
{
	const GPtrArray *accounts = conf_accounts(a->setup->conf);
	for (guint i = 0; i < accounts->len; i++)
		if (!strcmp(((const Account *)g_ptr_array_index(accounts, i))->name, name))
			return true;
	return false;
}

/* Its number stays taken: letters and rows name it. */
static bool
stop_account(AppAccount *acc)
{
	enum { STOP_MS = 1500 };
	bool ended = true;

	acc->gone = true;
	password_clear(acc);
	if (acc->engine) {
		engine_post(acc->engine, request_new(REQ_QUIT));
		ended = engine_end(acc->engine, STOP_MS);
		acc->engine = NULL;
	}
	db_close(acc->db);
	acc->db = NULL;
	g_ptr_array_set_size(acc->folders, 0);
	g_clear_pointer(&acc->trouble, clean_free);
	g_clear_pointer(&acc->progress, clean_free);
	g_clear_pointer(&acc->sign_in_why, g_free);
	acc->removal_n = 0;
	acc->stopped = false;
	return ended;
}

static void
leave_account(App *a)
{
	open_close(a);
	tags_clear(a);
	g_clear_pointer(&a->list, listview_free);
	g_clear_pointer(&a->folder_row, folder_free);
	a->folder = 0;
	a->focus = PANE_INDEX;
}

void
app_accounts_follow(App *a, const char *fresh, const char *secret)
{
	const GPtrArray *accounts = conf_accounts(a->setup->conf);

	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (acc->gone || is_configured(a, acc->account->name))
			continue;
		if (i == a->account)
			leave_account(a);
		stop_account(acc);
		outgoing_forget(a, i);
	}
	for (guint i = 0; i < accounts->len; i++) {
		Account *account = g_ptr_array_index(accounts, i);
		if (settings_account(a, account->name))
			continue;
		g_ptr_array_add(a->accounts, start_account(a, account, a->accounts->len, !g_strcmp0(account->name, fresh) ? secret : NULL));
		outgoing_read(a, a->accounts->len - 1, false);
	}
	a->stale_folders = a->stale_list = true;
	app_folders_reload(a);
	const AppAccount *here = app_account(a);
	if (accounts->len && (!here || here->gone))
		app_show_account(a, ((const Account *)g_ptr_array_index(accounts, 0))->name);
	else if (!accounts->len && !a->overs->len)
		setup_open(a);
}

bool
app_account_stop(App *a, const char *name)
{
	AppAccount *acc = settings_account(a, name);

	if (!acc)
		return true;
	if (acc->number == a->account)
		leave_account(a);
	bool ended = stop_account(acc);
	outgoing_forget(a, acc->number);
	return ended;
}

void
app_show_account(App *a, const char *name)
{
	const AppAccount *acc = settings_account(a, name);
	if (acc)
		app_open_folder(a, acc->number, inbox_of(acc));
}

void
app_accounts_end(App *a)
{
	gint64 until = g_get_monotonic_time() + END_MS * 1000;

	/* all say goodbye at the same time */
	for (guint i = 0; i < a->accounts->len; i++)
		app_post(a, i, request_new(REQ_QUIT));
	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		gint64 left = (until - g_get_monotonic_time()) / 1000;
		if (acc->engine)
			engine_end(acc->engine, (guint)MAX(left, 1));
		db_close(acc->db);
		g_ptr_array_unref(acc->folders);
		folders_view_clear(acc);
		account_unref(acc->account);
		clean_free(acc->state_text);
		clean_free(acc->trouble);
		clean_free(acc->progress);
		g_free(acc->progress_section);
		password_clear(acc);
		g_free(acc->sign_in_why);
		g_clear_pointer(&acc->peers, g_ptr_array_unref);
		clean_free(acc->schedule);
		g_free(acc);
	}
	g_ptr_array_unref(a->accounts);
}

/* The one on the screen is not there any more. */
void
app_leave_folder(App *a)
{
	Pane focus = a->focus == PANE_PAGER ? PANE_INDEX : a->focus;
	const FolderItem *item = folders_pane_current(&a->folders);
	guint account = item ? item->account : a->account;
	gint64 folder = item ? item->folder : 0;
	g_autofree char *gone = a->folder_row ? folders_shown_name(app_account(a), a->folder_row->name) : NULL;

	app_open_folder(a, a->account, inbox_of(app_account(a)));
	if (gone && !a->message)	/* what the person did is said by its own answer */
		app_say(a, STYLE_WARN, _("The folder %s is gone: deleted or renamed elsewhere. This is the inbox."), gone);
	a->focus = focus;
	if (focus == PANE_FOLDERS)
		folders_pane_select(&a->folders, account, folder);
	app_folders_reload(a);
}

/* ---- letters ---- */

static void
changed(App *a, const AppAccount *acc, const Letter *l)
{
	if (l->change & (CHANGE_COUNTS | CHANGE_FOLDERS | CHANGE_RESET))
		a->stale_folders = true;
	if (acc->number == a->account && l->folder == a->folder)
		a->stale_list = true;
}

static void
state(App *a, AppAccount *acc, const Letter *l)
{
	/* a way back to life takes the old trouble away; waiting for the next try does not */
	if (l->state == ENGINE_ONLINE)
		g_clear_pointer(&acc->trouble, clean_free);
	if (l->state != ENGINE_ONLINE && l->state != ENGINE_CONNECTING)
		g_clear_pointer(&acc->progress, clean_free);
	acc->checking &= l->state != ENGINE_WAITING && l->state != ENGINE_BLOCKED;
	acc->state = l->state;
	acc->next_try = l->when;
	clean_free(acc->state_text);
	acc->state_text = l->text ? clean_new(l->text, -1, CLEAN_LINE) : NULL;
	a->stale_folders = true;
}

static void
progress(AppAccount *acc, const Letter *l)
{
	g_clear_pointer(&acc->progress, clean_free);
	acc->done = l->done;
	acc->total = l->total;
	acc->progress_folder = l->folder;
	acc->progress_message = l->message;
	acc->progress_speed = l->message ? (guint64)l->when : 0;
	g_free(acc->progress_section);
	acc->progress_section = l->message ? g_strdup(l->text2) : NULL;
	if (l->done < l->total || (l->total == 0 && (!l->message || l->done == 0)))
		acc->progress = clean_new(l->text, -1, CLEAN_LINE);
}

static void
trouble(App *a, AppAccount *acc, const Letter *l)
{
	if (!letter_is_news(l, acc->trouble ? clean_peek(acc->trouble) : NULL))
		return;
	clean_free(acc->trouble);
	acc->trouble = l->text ? clean_new(l->text, -1, CLEAN_LINE) : NULL;
	acc->trouble_of_one = l->failed;
	/* "moved to Work" is not true any more */
	if (l->failed && acc == app_account(a) && a->message && a->message_style == STYLE_STATUS)
		g_clear_pointer(&a->message, clean_free);
	a->stale_folders = true;
}

static void
body_came(App *a, const Letter *l)
{
	open_body_came(a, l);
	parts_came(a, l);
	answering_body_came(a, l);
	elsewhere_body_came(a, l);
}

static void
sign_in_asked(App *a, AppAccount *acc, const Letter *l)
{
	g_free(acc->sign_in_why);
	acc->sign_in_why = g_strdup(l->text);
	clean_free(acc->trouble);
	acc->trouble = clean_new(l->text, -1, CLEAN_LINE);
	acc->trouble_of_one = false;
	app_ask_secret(a);
}

static void
scheduled(AppAccount *acc, const Letter *l)
{
	acc->next_check = l->when;
	acc->stopped = l->failed;
	clean_free(acc->schedule);
	acc->schedule = clean_new(l->text, -1, CLEAN_LINE);
}

static void
outgoing_changed(App *a, const Letter *l)
{
	outgoing_read(a, l->account, true);
	if (l->kind == LETTER_DRAFT)
		outgoing_taken_back(a, l);
	a->stale_folders = true;
}

static void
checked(AppAccount *acc, const Letter *l)
{
	acc->checking = false;
	if (!l->failed)
		acc->checked_at = l->when;
}

static void
letter(App *a, const Letter *l)
{
	AppAccount *acc = app_account_of(a, l->account);

	if (!acc || acc->gone)
		return;
	over_letter(a, l);
	if ((l->kind == LETTER_CHECKED || l->kind == LETTER_TROUBLE) && a->message && a->message_at == a->checking_at)
		g_clear_pointer(&a->message, clean_free);
	switch (l->kind) {
	case LETTER_CHANGED:		changed(a, acc, l); break;
	case LETTER_BODY:		body_came(a, l); break;
	case LETTER_SAVED:		large_saved(a, l); break;
	case LETTER_STATE:		state(a, acc, l); break;
	case LETTER_PROGRESS:		progress(acc, l); break;
	case LETTER_TROUBLE:		trouble(a, acc, l); break;
	case LETTER_NOTE:		app_say(a, STYLE_WARN, "%s", l->text); break;
	case LETTER_ASK_SECRET:		password_asked(a, acc, l); break;
	case LETTER_ASK_SIGN_IN:	sign_in_asked(a, acc, l); break;
	case LETTER_PEER:		certificate_came(acc, l); break;
	case LETTER_CHECKED:		checked(acc, l); break;
	case LETTER_SCHEDULE:		scheduled(acc, l); break;
	case LETTER_OUTBOX: case LETTER_DRAFT: outgoing_changed(a, l); break;
	case LETTER_NEWS:		notices_came(a, l); break;
	case LETTER_ACT:		act_came(a, l); break;
	case LETTER_POP_REMOVAL:	removal_came(a, l); break;
	case LETTER_TRACE: case LETTER_ENDED: break;	/* for the pane that asked for it; for who ends */
	}
}

static void
auth_letter(App *a, const AuthLetter *l)
{
	if (l->kind == AUTH_ASK_KEY) {
		a->key_asked = true;
		a->key_fresh = l->fresh;
		a->key_wrong = l->text != NULL;
		app_ask_secret(a);
	} else if ((l->kind == AUTH_KEPT || l->kind == AUTH_MOVED) && !l->ok) {
		app_say(a, STYLE_WARN, "%s", l->text);
	} else if (l->kind == AUTH_KEPT && l->fresh) {
		app_say(a, STYLE_STATUS, _("The password of %s is kept %s."), l->name, l->text);
	} else if (l->kind == AUTH_KEPT && settings_account(a, l->name)) {	/* of one that was removed, that was said */
		app_say(a, STYLE_STATUS, _("The stored password of %s is forgotten."), l->name);
	}
	signin_came(a, l);
	setup_auth_came(a, l);
}

void
app_letters(App *a)
{
	AuthLetter *auth;
	while (a->setup->auth_letters && (auth = chan_take(a->setup->auth_letters))) {
		auth_letter(a, auth);
		auth_letter_free(auth);
	}
	Letter *l;
	while ((l = chan_take(a->letters))) {
		letter(a, l);
		letter_free(l);
	}
}
