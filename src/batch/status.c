/* status.c - `eilpost status`: how the accounts stand, as far as their stores know.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "batch/json.h"
#include "batch/script.h"
#include "base/intl.h"
#include "base/utf8.h"
#include "store/journal.h"

#include <stdio.h>

typedef struct {
	const Account *account;
	GPtrArray *folders;	/* owned, of Folder* */
	guint outbox, drafts, changes, refused;
	gint64 checked;		/* the inbox's last look */
} Standing;

static const char *const ROLES[] = { "", "inbox", "drafts", "sent", "archive", "junk", "trash", "all", "flagged", "important", "outbox" };

static void
print_json(const Standing *s)
{
	fputs("{\"account\":", stdout);
	json_string(s->account->name);
	json_time("checked", s->checked);
	printf(",\"outbox\":%u,\"drafts\":%u,\"changes_waiting\":%u,\"changes_refused\":%u,\"folders\":[", s->outbox, s->drafts, s->changes, s->refused);
	for (guint i = 0; i < s->folders->len; i++) {
		const Folder *f = g_ptr_array_index(s->folders, i);
		fputs(i ? ",{\"name\":" : "{\"name\":", stdout);
		json_string(f->name);
		json_member("role", ROLES[f->role]);
		printf(",\"messages\":%u,\"unread\":%u}", folder_total(f), folder_unseen(f));
	}
	puts("]}");
}

static void
print_words(const Standing *s)
{
	g_autofree char *when = script_time(s->checked);

	printf("%s: ", s->account->name);
	if (when)
		printf(_("checked %s"), when);
	else
		fputs(_("never checked"), stdout);
	putchar('\n');
	for (guint i = 0; i < s->folders->len; i++) {
		const Folder *f = g_ptr_array_index(s->folders, i);
		g_autoptr(Clean) name = clean_new(f->name, -1, CLEAN_LINE);
		if (folder_unseen(f) > 0 || f->role == ROLE_INBOX)
			printf(_("  %s: %'u unread of %'u\n"), clean_peek(name), folder_unseen(f), folder_total(f));
	}
	if (s->outbox)
		printf(ngettext("  %'u mail is on its way out\n", "  %'u mails are on their way out\n", s->outbox), s->outbox);
	if (s->drafts)
		printf(ngettext("  %'u draft\n", "  %'u drafts\n", s->drafts), s->drafts);
	if (s->changes)
		printf(ngettext("  %u change waits to be done on the server.\n", "  %u changes wait to be done on the server.\n", s->changes), s->changes);
	if (s->refused)
		printf(ngettext("  %'u change was refused by the server and needs you\n", "  %'u changes were refused by the server and need you\n", s->refused),
			s->refused);
}

static bool
stand(const Script *script, const Account *a)
{
	g_autoptr(Db) db = script_store(script, a);
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) folders = db ? folders_list(db, &err) : NULL;

	if (err)
		fprintf(stderr, "%s: %s\n", a->name, err->message);
	if (!folders)
		return false;
	Standing s = { .account = a, .folders = folders, .outbox = outbox_count(db, false), .drafts = outbox_count(db, true),
		.changes = journal_count(db, WISH_WAITING) + journal_count(db, WISH_SENT) + journal_count(db, WISH_DOUBT),
		.refused = journal_count(db, WISH_FAILED) };
	for (guint i = 0; i < folders->len; i++) {
		const Folder *f = g_ptr_array_index(folders, i);
		if (f->role == ROLE_INBOX)
			s.checked = f->checked_at;
	}
	(script->json ? print_json : print_words)(&s);
	return true;
}

int
batch_status(const Batch *h, char **args)
{
	Script s;
	bool well = true;

	if (!script_begin(&s, h, args, _("Usage: eilpost status [--json] [ACCOUNT]...")))
		return EXIT_USAGE;
	for (guint i = 0; i < s.words->len; i++)
		if (!batch_account(h, s.words->pdata[i])) {
			fprintf(stderr, _("There is no account “%s” in %s.\n"), (char *)s.words->pdata[i], h->places->config);
			script_end(&s);
			return EXIT_USAGE;
		}
	if (!s.words->len && h->account)
		g_ptr_array_add(s.words, g_strdup(h->account));
	const GPtrArray *accounts = conf_accounts(h->conf);
	for (guint i = 0; i < accounts->len; i++) {
		const Account *a = g_ptr_array_index(accounts, i);
		if (!s.words->len || g_ptr_array_find_with_equal_func(s.words, a->name, g_str_equal, NULL))
			well &= stand(&s, a);
	}
	script_end(&s);
	return well ? EXIT_DONE : EXIT_FAILED;
}
