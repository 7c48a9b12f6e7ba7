/* sync.c - one send/receive cycle without a screen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The engines do the work; this is what listens to them and says it on the terminal. Where another eilpost has the store,
 * it is asked to do it (sync/door.h). */
#include "config.h"
#include "batch/batch.h"
#include "batch/batch_private.h"
#include "base/intl.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
job_clear(Job *j)
{
	if (j->engine)
		engine_end(j->engine, 3000);
	db_close(j->db);
	g_free(j->socket);
	g_free(j->trouble);
	g_array_unref(j->folders_left);
}

/* False: another eilpost has the store (then j->engine is NULL, and err not set), or err. */
bool
job_start(Job *j, const Batch *h, Account *account, guint number, Chan *letters, GError **err)
{
	g_autofree char *store = places_store(h->places, account);
	g_autoptr(GError) problem = NULL;

	j->account = account;
	j->socket = places_socket(h->places, account);
	j->folders_left = g_array_new(FALSE, FALSE, sizeof(gint64));
	EngineSetup setup = { .number = number, .account = account, .store = store, .letters = letters, .socket = j->socket,
		.vault = h->vault, .read_only = h->read_only, .headless = true };
	j->engine = engine_new(&setup, &problem);
	if (!j->engine) {
		if (!g_error_matches(problem, EIL_ERROR, EIL_REFUSED))
			g_propagate_error(err, g_steal_pointer(&problem));
		return false;
	}
	j->db = db_open(store, DB_READER, err);
	return j->db != NULL;
}

/* ---- progress ---- */

static void
show_progress(const Job *j, const Letter *l)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (l->total)
		fprintf(stderr, "\r\033[K%s: %s %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, j->account->name, l->text, l->done, l->total);
	else
		fprintf(stderr, "\r\033[K%s: %s", j->account->name, l->text);
}

void
progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* ---- the cycle ---- */

static guint
unsent(const Job *j)
{
	return j->db ? outbox_count(j->db, false) : 0;
}

/* After the inbox: the other folders of which the server says that something is not here. */
static void
collect_folders(Job *j)
{
	g_autoptr(GPtrArray) folders = folders_list(j->db, NULL);
	j->collected = true;
	for (guint i = 0; folders && i < folders->len; i++) {
		const Folder *f = g_ptr_array_index(folders, i);
		bool differs = folder_behind(j->db, f) || f->backfill_below > 1;
		if (f->selectable && f->role != ROLE_INBOX && !folder_is_local(f) && differs)
			g_array_append_val(j->folders_left, f->id);
	}
}

static bool
next_folder(Job *j)
{
	if (account_is_pop(j->account))
		return false;
	if (!j->collected)
		collect_folders(j);
	if (j->folders_left->len == 0)
		return false;
	Request *r = request_new(REQ_OPEN_FOLDER);
	r->folder = g_array_index(j->folders_left, gint64, 0);
	g_array_remove_index(j->folders_left, 0);
	engine_post(j->engine, r);
	engine_post(j->engine, request_new(REQ_CHECK));
	return true;
}

static void
finish(Job *j, bool well)
{
	j->done = true;
	j->failed = !well;
}

void
job_letter(Job *j, const Letter *l)
{
	switch (l->kind) {
	case LETTER_PROGRESS:
		show_progress(j, l);
		break;
	case LETTER_TROUBLE:
		if (!letter_is_news(l, j->trouble))
			break;
		g_free(j->trouble);
		j->trouble = g_strdup(l->text);
		break;
	case LETTER_ASK_SECRET: {
		if (!l->text)
			break;
		progress_end();
		Request *r = request_new(REQ_SECRET);
		r->message = l->message;
		r->text = ask_password(l->text);
		if (!r->text) {
			g_free(j->trouble);
			j->trouble = g_strdup(_("It needs a password, and nobody can be asked for it here (password-command gives it)."));
		}
		engine_post(j->engine, r);
		break;
	}
	case LETTER_ASK_SIGN_IN:
		g_free(j->trouble);
		j->trouble = ask_sign_in_words(l->text, j->account);
		engine_post(j->engine, request_new(REQ_SIGNED_IN));
		break;
	case LETTER_STATE:
		if (l->state == ENGINE_WAITING || (l->state == ENGINE_BLOCKED && j->trouble))
			finish(j, false);
		break;
	case LETTER_CHANGED:
		if (l->change & CHANGE_ADDED)
			j->news = true;
		break;
	case LETTER_CHECKED:
		if (l->failed || !next_folder(j))
			finish(j, !l->failed);
		break;
	case LETTER_POP_REMOVAL:
		fprintf(stderr, ngettext("%s: %u message would be removed from the server now. Open eilpost once and say yes; until then it stays.\n",
			"%s: %u messages would be removed from the server now. Open eilpost once and say yes; until then they stay.\n", (guint)l->total),
			j->account->name, (guint)l->total);
		break;
	default:
		break;
	}
}

static void
say_result(const Job *j)
{
	guint waiting = unsent(j), unread = 0, total = 0;
	g_autoptr(Folder) inbox = j->db ? folders_role(j->db, ROLE_INBOX, NULL) : NULL;
	if (inbox) {
		unread = inbox->unseen;
		total = inbox->total;
	}
	if (j->failed)
		fprintf(stderr, "%s: %s\n", j->account->name, j->trouble ? j->trouble : _("It did not work."));
	else
		printf(_("%s: %u unread of %u in the inbox\n"), j->account->name, unread, total);
	if (!j->failed && j->trouble)	/* it went well but for this */
		fprintf(stderr, "%s: %s\n", j->account->name, j->trouble);
	if (waiting)
		fprintf(stderr, ngettext("%s: %u mail waits in the outbox\n", "%s: %u mails wait in the outbox\n", waiting), j->account->name, waiting);
}

static bool
all_done(const GArray *jobs)
{
	for (guint i = 0; i < jobs->len; i++)
		if (!g_array_index(jobs, Job, i).done)
			return false;
	return true;
}

void
letters_wait(const Batch *h, Chan *letters, int timeout_ms)
{
	struct pollfd p[2] = { { .fd = chan_fd(letters), .events = POLLIN }, { .fd = chan_fd(h->auth_letters), .events = POLLIN } };
	poll(p, 2, timeout_ms);
}

/* Another eilpost has it: it does the cycle. */
static void
by_the_other(Job *j)
{
	g_autoptr(GError) err = NULL;
	bool ok = door_check(j->socket, &err);
	if (!ok)
		j->trouble = g_strdup(err->message);
	finish(j, ok);
	if (ok)
		printf(_("%s: done by the eilpost that is open\n"), j->account->name);
	else
		say_result(j);
	j->told = true;
}

static bool
chosen(const Batch *h, const Account *a, char **names)
{
	if (!names || !names[0])
		return !h->account || !strcmp(h->account, a->name);
	return g_strv_contains((const char *const *)names, a->name);
}

static void
run_jobs(const Batch *h, GArray *jobs, Chan *letters)
{
	while (!all_done(jobs)) {
		Letter *l;
		letters_wait(h, letters, 1000);
		auth_letters_take(h, true);
		while ((l = chan_take(letters))) {
			Job *j = &g_array_index(jobs, Job, l->account);
			if (!j->done)
				job_letter(j, l);
			letter_free(l);
			if (j->done && !j->told) {
				progress_end();
				say_result(j);
				j->told = true;
			}
		}
	}
}

int
batch_sync(const Batch *h, char **names)
{
	g_autoptr(GArray) jobs = g_array_new(FALSE, TRUE, sizeof(Job));
	g_autoptr(Chan) letters = chan_new((GDestroyNotify)letter_free);
	const GPtrArray *accounts = conf_accounts(h->conf);
	int status = EXIT_DONE;

	for (char **n = names; n && *n; n++)
		if (!batch_account(h, *n)) {
			fprintf(stderr, _("There is no account “%s” in %s.\n"), *n, h->places->config);
			return EXIT_USAGE;
		}
	for (guint i = 0; i < accounts->len; i++)
		if (chosen(h, g_ptr_array_index(accounts, i), names))
			g_array_set_size(jobs, jobs->len + 1);
	for (guint i = 0, n = 0; i < accounts->len; i++) {
		Account *a = g_ptr_array_index(accounts, i);
		g_autoptr(GError) err = NULL;
		if (!chosen(h, a, names))
			continue;
		Job *j = &g_array_index(jobs, Job, n);
		if (job_start(j, h, a, n++, letters, &err)) {
			engine_post(j->engine, request_new(REQ_CHECK));
		} else if (err) {
			j->trouble = g_strdup(err->message);
			finish(j, false);
			say_result(j);
			j->told = true;
		} else {
			by_the_other(j);
		}
	}
	run_jobs(h, jobs, letters);
	for (guint i = 0; i < jobs->len; i++) {
		Job *j = &g_array_index(jobs, Job, i);
		if (j->failed || unsent(j))
			status = EXIT_FAILED;
		job_clear(j);
	}
	return status;
}

Db *
batch_store(const Batch *h, const Account *a, GError **err)
{
	g_autofree char *store = places_store(h->places, a);

	if (g_file_test(store, G_FILE_TEST_EXISTS))
		return db_open(store, DB_READER, err);
	g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("There is no mail store of it here yet: eilpost sync %s makes one."), a->name);
	return NULL;
}

Account *
batch_account(const Batch *h, const char *name)
{
	const GPtrArray *accounts = conf_accounts(h->conf);
	for (guint i = 0; i < accounts->len; i++) {
		Account *a = g_ptr_array_index(accounts, i);
		if (!strcmp(a->name, name))
			return a;
	}
	return NULL;
}
