/* list.c - `eilpost list` and `eilpost search`: messages of the store, a line each, for scripts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What a program reads is separated by tabs, which no field has; the columns stay as they are, a new one comes behind. */
#include "config.h"
#include "batch/json.h"
#include "batch/script.h"
#include "base/intl.h"
#include "base/utf8.h"
#include "store/messages.h"

#include <stdio.h>
#include <string.h>

typedef struct {
	const Script *script;
	const MessageLimit *limit;	/* borrowed; NULL: all */
	const Account *account;
	Db *db;
	guint left;		/* G_MAXUINT: no end */
	GHashTable *printed;	/* owned, of owned strings (same_key); NULL: nothing can come twice */
} Listing;

enum { PAGE = 200 };

static const struct { guint32 bit; char letter; const char *name; } FLAGS[] = {
	{ FLAG_FLAGGED, 'F', "flagged" }, { FLAG_ANSWERED, 'A', "answered" }, { FLAG_FORWARDED, 'P', "forwarded" },
	{ FLAG_DRAFT, 'T', "draft" }, { FLAG_DELETED, 'D', "deleted" },
};

static void
print_words(const Listing *l, const Folder *f, const MessageRow *row)
{
	g_autofree char *id = script_id(l->account, row->key.id), *date = script_time(row->key.received);
	g_autoptr(Clean) folder = clean_new(f->name, -1, CLEAN_LINE), from = NULL, subject = NULL;
	char flags[G_N_ELEMENTS(FLAGS) + 3], *at = flags;

	from = clean_new(row->from_name && *row->from_name ? row->from_name : row->from_address ? row->from_address : "", -1, CLEAN_LINE);
	subject = clean_new(row->subject ? row->subject : "", -1, CLEAN_LINE);
	if (!(row->flags & FLAG_SEEN))
		*at++ = 'N';
	for (gsize i = 0; i < G_N_ELEMENTS(FLAGS); i++)
		if (row->flags & FLAGS[i].bit)
			*at++ = FLAGS[i].letter;
	if (row->traits & TRAIT_ATTACHMENT)
		*at++ = 'X';
	*at = '\0';
	printf("%s\t%s\t%s\t%s\t%s\t%s\n", id, date ? date : "-", *flags ? flags : "-", clean_peek(folder), clean_peek(from), clean_peek(subject));
}

static void
print_json(const Listing *l, const Folder *f, const MessageRow *row)
{
	g_autofree char *id = script_id(l->account, row->key.id);
	bool first = true;

	fputs("{\"id\":", stdout);
	json_string(id);
	json_member("account", l->account->name);
	json_member("folder", f->name);
	json_time("received", row->key.received);
	json_time("sent", row->sent);
	printf(",\"unread\":%s,\"flags\":[", row->flags & FLAG_SEEN ? "false" : "true");
	for (gsize i = 0; i < G_N_ELEMENTS(FLAGS); i++) {
		if (!(row->flags & FLAGS[i].bit))
			continue;
		printf("%s\"%s\"", first ? "" : ",", FLAGS[i].name);
		first = false;
	}
	putchar(']');
	json_member("from_name", row->from_name);
	json_member("from_address", row->from_address);
	json_member("to", row->to);
	json_member("subject", row->subject);
	printf(",\"size\":%" G_GUINT64_FORMAT ",\"attachment\":%s,\"here\":%s}\n", row->size, row->traits & TRAIT_ATTACHMENT ? "true" : "false",
		row->body_here ? "true" : "false");
}

/* A folder that shows the messages of others once more (RFC 6154): Gmail's "All Mail", "Starred" and "Important". */
static bool
is_view(const Folder *f)
{
	return f->role == ROLE_ALL || f->role == ROLE_FLAGGED || f->role == ROLE_IMPORTANT;
}

/* What the same message has in each of the folders that show it; yours. NULL: it has no name, and is taken for one of its own. */
static char *
same_key(Db *db, const MessageRow *row)
{
	g_autoptr(Message) m = messages_get(db, row->key.id, NULL);

	if (!m || !m->message_id || !*m->message_id)
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %s", row->key.received, row->size, m->message_id);
}

/* It was printed before, and this is a view of it. */
static bool
is_again(Listing *l, const Folder *f, const MessageRow *row)
{
	char *key = l->printed ? same_key(l->db, row) : NULL;
	if (!key)
		return false;
	if (!is_view(f) || !g_hash_table_contains(l->printed, key)) {
		g_hash_table_add(l->printed, key);
		return false;
	}
	g_free(key);
	return true;
}

static bool
list_folder(Listing *l, const Folder *f, GError **err)
{
	MessageKey from = { 0 };
	bool first = true;

	while (l->left > 0 && !ferror(stdout)) {
		g_autoptr(GArray) page = messages_page(l->db, f->id, l->limit, first ? NULL : &from, false, false, l->printed ? PAGE : MIN(PAGE, l->left), 0, NULL, NULL, err);
		if (!page || page->len == 0)
			return page != NULL;
		for (guint i = 0; i < page->len && l->left > 0; i++) {
			const MessageRow *row = &g_array_index(page, MessageRow, i);
			if (is_again(l, f, row))
				continue;
			(l->script->json ? print_json : print_words)(l, f, row);
			l->left -= l->left != G_MAXUINT;
		}
		from = g_array_index(page, MessageRow, page->len - 1).key;
		first = false;
	}
	return true;
}

/* The views last, so that a message is told of the folder that it lies in. */
static void
list_all(Listing *l, GError **err)
{
	g_autoptr(GPtrArray) all = folders_list(l->db, err);
	bool views = false, well = all != NULL;

	for (guint i = 0; all && i < all->len; i++)
		views |= is_view(all->pdata[i]);
	if (views)
		l->printed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint pass = 0; pass < 2; pass++)
		for (guint i = 0; well && i < all->len; i++)
			if (is_view(all->pdata[i]) == (pass == 1))
				well = list_folder(l, all->pdata[i], err);
	g_clear_pointer(&l->printed, g_hash_table_unref);
}

/* name: NULL: all folders. */
static bool
list_account(Listing *l, const char *name)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(Db) db = script_store(l->script, l->account);
	g_autoptr(Folder) one = db && name ? batch_folder(db, name) : NULL;

	if (!db)
		return false;
	l->db = db;
	if (name && !one)
		g_set_error(&err, EIL_ERROR, EIL_ASK_USER, _("There is no folder “%s”."), name);
	else if (one)
		list_folder(l, one, &err);
	else
		list_all(l, &err);
	if (err)
		fprintf(stderr, "%s: %s\n", l->account->name, err->message);
	return err == NULL;
}

int
batch_list(const Batch *h, char **args)
{
	Script s;
	const char *usage = _("Usage: eilpost list [--json] [-n NUMBER] [ACCOUNT [FOLDER]]");

	if (!script_begin(&s, h, args, usage))
		return EXIT_USAGE;
	const char *name = s.words->len > 0 ? s.words->pdata[0] : h->account, *folder = s.words->len > 1 ? s.words->pdata[1] : h->folder;
	Account *a = name ? batch_account(h, name) : g_ptr_array_index(conf_accounts(h->conf), 0);
	Listing l = { .script = &s, .account = a, .left = s.most ? s.most : G_MAXUINT };
	int status = EXIT_USAGE;
	if (s.words->len > 2)
		fprintf(stderr, "%s\n", usage);
	else if (!a)
		fprintf(stderr, _("There is no account “%s” in %s.\n"), name, h->places->config);
	else
		status = list_account(&l, folder ? folder : "INBOX") ? EXIT_DONE : EXIT_FAILED;
	script_end(&s);
	return status;
}

int
batch_search(const Batch *h, char **args)
{
	Script s;
	g_autoptr(GError) err = NULL;
	const char *usage = _("Usage: eilpost search [--json] [-n NUMBER] PATTERN...");

	if (!script_begin(&s, h, args, usage))
		return EXIT_USAGE;
	g_ptr_array_add(s.words, NULL);
	g_autofree char *pattern = g_strjoinv(" ", (char **)s.words->pdata);
	g_autoptr(MessageLimit) limit = *pattern ? messages_limit_new(pattern, &err) : NULL;
	Listing l = { .script = &s, .limit = limit, .left = s.most ? s.most : G_MAXUINT };
	const GPtrArray *accounts = conf_accounts(h->conf);
	bool well = limit != NULL;
	if (!limit)
		fprintf(stderr, "%s\n", err ? err->message : usage);
	for (guint i = 0; limit && i < accounts->len; i++) {
		l.account = g_ptr_array_index(accounts, i);
		if (!h->account || !strcmp(h->account, l.account->name))
			well &= list_account(&l, h->folder);
	}
	script_end(&s);
	return well ? EXIT_DONE : limit ? EXIT_FAILED : EXIT_USAGE;
}
