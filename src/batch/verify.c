/* verify.c - `eilpost verify`: the stores against their servers, in words or as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A line for each folder, below it what is to say of it, at the end a sentence. */
#include "config.h"
#include "batch/batch_private.h"
#include "batch/json.h"
#include "base/intl.h"
#include "base/utf8.h"
#include "sync/verify.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_COLUMNS 32

/* ---- words ---- */

G_GNUC_PRINTF(3, 4)
static void
say(GString *out, const char *between, const char *format, ...)
{
	va_list args;

	if (out->len)
		g_string_append(out, between);
	va_start(args, format);
	g_string_append_vprintf(out, format, args);
	va_end(args);
}

static const char *
why_words(const VerifyItem *i)
{
	switch (i->why) {
	case WHY_BEHIND:	return _("It changed there since the last look; the next look into the folder takes it over.");
	case WHY_STORE:		return _("It has not changed there since: what is here is wrong.");
	case WHY_UNKNOWN:	return _("The server does not tell since when; the next look into the folder takes it over.");
	}
	return "";
}

static char *
item_words(const VerifyItem *i, bool is_pop)
{
	const char *here = i->here && *i->here ? i->here : _("none"), *there = i->there && *i->there ? i->there : _("none");

	switch (i->what) {
	case DIFFERS_FLAGS:
		return g_strdup_printf(_("flags: here %s, on the server %s. %s"), here, there, why_words(i));
	case DIFFERS_KEYWORDS:
		return g_strdup_printf(_("labels: here %s, on the server %s. %s"), here, there, why_words(i));
	case DIFFERS_GONE:
		if (is_pop)
			return g_strdup(_("is not on the server any more, though the ledger has it there. The next check takes it over; what is here stays."));
		return g_strdup_printf(_("is not on the server. %s"), i->why == WHY_BEHIND ? _("It was removed there since the last look; the next look into the folder takes it over.") : why_words(i));
	case DIFFERS_LACKS:
		return g_strdup(is_pop ? _("is on the server, though it was removed from there.") : _("is on the server, and not here though it should be."));
	case DIFFERS_NEW:
		return g_strdup(_("came since the last look; the next check fetches it."));
	case DIFFERS_TEXT:
		return g_strdup(_("its text here is damaged and counts as not here; it is fetched again when it is opened."));
	case N_DIFFERS:
		break;
	}
	return g_strdup("");
}

static const char *
state_words(const Wish *w)
{
	switch (w->state) {
	case WISH_WAITING:	return _("waits for the connection");
	case WISH_SENT:		return _("is being done");
	case WISH_FAILED:	return _("refused: needs you");
	case WISH_DOUBT:	return _("the server is asked whether it was done");
	}
	return "";
}

static void
print_wait(const VerifyWish *w)
{
	bool to = w->target && (w->wish->kind == WISH_MOVE || w->wish->kind == WISH_COPY);
	g_autoptr(Clean) subject = clean_new(w->subject ? w->subject : "", -1, CLEAN_LINE);
	g_autoptr(Clean) target = clean_new(w->target ? w->target : "", -1, CLEAN_LINE);
	g_autoptr(Clean) words = clean_new(w->wish->last_error ? w->wish->last_error : "", -1, CLEAN_LINE);

	printf("    %s", wish_kind_words(w->wish));
	if (w->wish->kind == WISH_FOLDER)
		printf(" %s", clean_peek(target));
	if (w->wish->argument && w->wish->kind == WISH_KEYWORD) {
		g_autoptr(Clean) word = clean_new(w->wish->argument, -1, CLEAN_LINE);
		printf(" %s", clean_peek(word));
	}
	if (to)
		printf(" → %s", clean_peek(target));
	if (w->subject)
		printf(" “%s”", clean_peek(subject));
	printf(": %s%s%s\n", state_words(w->wish), *clean_peek(words) ? " – " : "", clean_peek(words));
}

static void
print_item(const VerifyItem *i, bool is_pop)
{
	g_autoptr(Clean) subject = clean_new(i->subject ? i->subject : "", -1, CLEAN_LINE);
	g_autofree char *text = item_words(i, is_pop);
	g_autoptr(Clean) words = clean_new(text, -1, CLEAN_LINE);
	g_autofree char *name = i->uid ? g_strdup_printf(is_pop ? _("number %u") : "UID %u", i->uid) : g_strdup("");

	printf("    %s%s", name, *name ? " " : "");
	if (i->subject)
		printf("“%s” ", clean_peek(subject));
	printf("%s\n", clean_peek(words));
}

static guint
n_differ(const VerifyFolder *f)
{
	guint n = 0;
	for (guint i = 0; i < N_DIFFERS; i++)
		n += f->n[i];
	return n;
}

static const char *
verdict(const VerifyFolder *f)
{
	return f->look == FOLDER_LOCAL && verify_folder_agrees(f) ? _("is whole") : verify_folder_agrees(f) ? _("agrees") : _("differs");
}

/* What is to be counted of it, behind its verdict. */
static char *
counts(const VerifyFolder *f)
{
	g_autoptr(GString) s = g_string_new(NULL);
	g_autofree char *size = g_format_size(f->text_bytes);

	switch (f->look) {
	case FOLDER_NOT_HERE:	return g_strdup(_("The server has this folder, and it is not known here yet; the next check takes it over."));
	case FOLDER_NOT_THERE:	return g_strdup(_("The server has no such folder (any more)."));
	case FOLDER_CLOSED:	return g_strdup_printf(_("The server does not open it: “%s”"), f->words ? f->words : "");
	case FOLDER_RENEWED:	return g_strdup(_("It is another folder of the same name now (UIDVALIDITY): the next check reads it anew."));
	case FOLDER_LOOKED: case FOLDER_LOCAL: break;
	}
	say(s, "", ngettext("%'u message", "%'u messages", f->here), f->here);
	if (f->texts)
		say(s, ", ", ngettext("the text of %'u (%s)", "the texts of %'u (%s)", f->texts), f->texts, size);
	if (f->unfetched)
		say(s, ", ", ngettext("%'u more on the server is not fetched yet", "%'u more on the server are not fetched yet", f->unfetched), f->unfetched);
	if (f->coming)
		say(s, ", ", ngettext("%u waits to get there", "%u wait to get there", f->coming), f->coming);
	if (f->leaving)
		say(s, ", ", ngettext("%u waits to leave the server's folder", "%u wait to leave the server's folder", f->leaving), f->leaving);
	if (f->sizes)
		say(s, ", ", ngettext("the server tells another size of %'u (no difference: some only estimate)",
			"the server tells other sizes of %'u (no difference: some only estimate)", f->sizes), f->sizes);
	if (n_differ(f))
		say(s, ", ", ngettext("%'u difference", "%'u differences", n_differ(f)), n_differ(f));
	return g_string_free(g_steal_pointer(&s), FALSE);
}

static void
print_folder(const VerifyFolder *f, bool is_pop)
{
	g_autofree char *text = counts(f);
	g_autoptr(Clean) name = clean_new(f->name, -1, CLEAN_LINE);
	g_autoptr(Clean) words = clean_new(text, -1, CLEAN_LINE);
	int pad = MAX(NAME_COLUMNS - utf8_columns(clean_peek(name), -1), 1);

	printf("  %s%*s%s: %s\n", clean_peek(name), pad, "", verdict(f), clean_peek(words));
	for (guint i = 0; i < f->items->len; i++)
		print_item(g_ptr_array_index(f->items, i), is_pop);
	if (n_differ(f) > f->items->len)
		printf(ngettext("    and %'u more\n", "    and %'u more\n", n_differ(f) - f->items->len), n_differ(f) - f->items->len);
	for (guint i = 0; i < f->waits->len; i++)
		print_wait(g_ptr_array_index(f->waits, i));
}

static void
print_report(const Account *a, const VerifyReport *r)
{
	guint waits = r->waits->len, differ = 0;

	printf("%s (%s)\n", a->name, a->receive.host);
	for (guint i = 0; i < r->folders->len; i++) {
		const VerifyFolder *f = g_ptr_array_index(r->folders, i);
		print_folder(f, r->is_pop);
		waits += f->waits->len;
		differ += !verify_folder_agrees(f);
	}
	for (guint i = 0; i < r->waits->len; i++)
		print_wait(g_ptr_array_index(r->waits, i));
	if (r->is_pop)
		printf(ngettext("  The server has %u message, %u of them in the ledger.\n", "  The server has %u messages, %u of them in the ledger.\n", r->on_server),
			r->on_server, r->known);
	if (r->outbox)
		printf(ngettext("  %u mail waits in the outbox.\n", "  %u mails wait in the outbox.\n", r->outbox), r->outbox);
	if (waits)
		printf(ngettext("  %u change waits to be done on the server.\n", "  %u changes wait to be done on the server.\n", waits), waits);
	if (differ)
		printf(ngettext("  Store and server differ in %u folder.\n", "  Store and server differ in %u folders.\n", differ), differ);
	else
		printf("  %s\n", _("Store and server agree."));
}

/* ---- JSON ---- */

static void
json_wait(const VerifyWish *w, bool first)
{
	static const char *const kinds[] = { "flag", "move", "copy", "delete", "append", "folder", "label" };
	static const char *const states[] = { [WISH_WAITING] = "waiting", [WISH_SENT] = "sent", [WISH_FAILED] = "failed", [WISH_DOUBT] = "in-doubt" };

	printf("%s{\"kind\":\"%s\",\"state\":\"%s\",\"subject\":", first ? "" : ",", kinds[w->wish->kind], states[w->wish->state]);
	json_string(w->subject);
	fputs(",\"target\":", stdout);
	json_string(w->target);
	putchar('}');
}

static void
json_item(const VerifyItem *i, bool first)
{
	static const char *const kinds[N_DIFFERS] = { "flags", "labels", "gone", "lacks", "new", "text" };
	static const char *const whys[] = { "unknown", "changed-there", "wrong-here" };

	printf("%s{\"what\":\"%s\",\"why\":\"%s\",\"uid\":%u,\"subject\":", first ? "" : ",", kinds[i->what], whys[i->why], i->uid);
	json_string(i->subject);
	fputs(",\"here\":", stdout);
	json_string(i->here);
	fputs(",\"there\":", stdout);
	json_string(i->there);
	putchar('}');
}

static void
json_folder(const VerifyFolder *f, bool first)
{
	static const char *const looks[] = { "looked", "not-here", "not-there", "closed", "renewed", "local" };

	printf("%s{\"name\":", first ? "" : ",");
	json_string(f->name);
	printf(",\"agrees\":%s,\"look\":\"%s\",\"here\":%u,\"there\":%u,\"unfetched\":%u,\"coming\":%u,\"leaving\":%u,\"texts\":%u,"
	       "\"text_bytes\":%" G_GUINT64_FORMAT ",\"sizes_differ\":%u,\"differences\":%u,\"named\":[",
		verify_folder_agrees(f) ? "true" : "false", looks[f->look], f->here, f->there, f->unfetched, f->coming, f->leaving, f->texts,
		f->text_bytes, f->sizes, n_differ(f));
	for (guint i = 0; i < f->items->len; i++)
		json_item(g_ptr_array_index(f->items, i), i == 0);
	fputs("],\"waits\":[", stdout);
	for (guint i = 0; i < f->waits->len; i++)
		json_wait(g_ptr_array_index(f->waits, i), i == 0);
	fputs("]}", stdout);
}

/* One object on a line for each account. */
static void
json_report(const Account *a, const VerifyReport *r, const char *trouble)
{
	fputs("{\"account\":", stdout);
	json_string(a->name);
	if (!r) {
		fputs(",\"agrees\":false,\"error\":", stdout);
		json_string(trouble);
		puts("}");
		return;
	}
	printf(",\"agrees\":%s,\"outbox\":%u,\"drafts\":%u,\"folders\":[", verify_agrees(r) ? "true" : "false", r->outbox, r->drafts);
	for (guint i = 0; i < r->folders->len; i++)
		json_folder(g_ptr_array_index(r->folders, i), i == 0);
	fputs("],\"waits\":[", stdout);
	for (guint i = 0; i < r->waits->len; i++)
		json_wait(g_ptr_array_index(r->waits, i), i == 0);
	puts("]}");
}

/* ---- the run ---- */

char *
look_ask_password(void *user, const char *label)
{
	progress_end();
	return ask_password(label);
}

bool
look_turn(void *user)
{
	auth_letters_take(user, true);
	return true;
}

static void
told(void *user, const char *folder)
{
	g_autoptr(Clean) name = clean_new(folder, -1, CLEAN_LINE);

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s", clean_peek(name));
}

/* True: they agree. */
static bool
one_account(const Batch *h, Account *a, bool json)
{
	LookSetup setup = { .account = a, .vault = h->vault, .ask = look_ask_password, .turn = look_turn, .user = (void *)h };
	g_autoptr(GError) err = NULL;
	g_autoptr(Db) db = batch_store(h, a, &err);
	g_autoptr(VerifyReport) report = db ? verify_account(&setup, db, told, &err) : NULL;

	progress_end();
	if (!report)
		fprintf(stderr, "%s: %s\n", a->name, err ? err->message : _("It did not work."));
	if (json)
		json_report(a, report, err ? err->message : NULL);
	else if (report)
		print_report(a, report);
	return report && verify_agrees(report);
}

int
batch_verify(const Batch *h, char **args)
{
	g_autoptr(GPtrArray) accounts = g_ptr_array_new();
	bool json = false, agree = true;

	for (char **p = args; p && *p; p++) {
		Account *a = batch_account(h, *p);
		if (!strcmp(*p, "--json")) {
			json = true;
		} else if (a) {
			g_ptr_array_add(accounts, a);
		} else {
			fprintf(stderr, _("There is no account “%s” in %s.\n"), *p, h->places->config);
			return EXIT_USAGE;
		}
	}
	if (!accounts->len && h->account)
		g_ptr_array_add(accounts, batch_account(h, h->account));
	for (guint i = 0; !h->account && !accounts->len && i < conf_accounts(h->conf)->len; i++)
		agree &= one_account(h, g_ptr_array_index(conf_accounts(h->conf), i), json);
	for (guint i = 0; i < accounts->len; i++)
		agree &= one_account(h, g_ptr_array_index(accounts, i), json);
	return agree ? EXIT_DONE : EXIT_FAILED;
}
