/* export.c - `eilpost export`: the messages of a folder into files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What is whole here is taken from here; the rest comes by a line of its own, by PEEK, and is not kept. So it works beside an
 * eilpost that is open, changes nothing, and says what it could not have. */
#include "config.h"
#include "batch/batch_private.h"
#include "batch/box.h"
#include "base/intl.h"
#include "store/bodies.h"
#include "store/check.h"
#include "store/messages.h"
#include "sync/look.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	const Batch *h;
	Account *account;
	Db *db;			/* owned */
	Look *look;		/* owned; NULL: not needed yet */
	BoxFormat format;
	bool here_only;
	char *trouble;		/* owned: why there is no line */
	guint n, missing;
} Export;

/* ---- ended by Ctrl-C ---- */

static const int ENDS[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t ended_by;

static void
on_end(int number)
{
	ended_by = number;
	box_cut_off();
}

/* What is written so far goes first; a second Ctrl-C ends at once. */
static void
watch_for_the_end(void)
{
	const struct sigaction watch = { .sa_handler = on_end, .sa_flags = (int)SA_RESETHAND };
	struct sigaction was;

	for (guint i = 0; i < G_N_ELEMENTS(ENDS); i++)
		if (sigaction(ENDS[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN)
			sigaction(ENDS[i], &watch, NULL);
}

static void
end_by_it(void)
{
	if (!ended_by)
		return;
	signal(ended_by, SIG_DFL);
	raise(ended_by);
}

static bool
turn(void *user)
{
	return look_turn(user) && !ended_by;
}

static char *
ask(void *user, const char *label)
{
	return ended_by ? NULL : look_ask_password(user, label);
}

/* ---- the messages ---- */

static Look *
line_of(Export *x)
{
	LookSetup setup = { .account = x->account, .vault = x->h->vault, .ask = ask, .turn = turn, .user = (void *)x->h };
	g_autoptr(GError) err = NULL;

	if (x->here_only || x->trouble || x->look)
		return x->look;
	x->look = look_open(&setup, &err);
	if (!x->look)
		x->trouble = g_strdup(err->message);
	return x->look;
}

/* NULL without err: it can't be had. */
static GBytes *
whole_of(Export *x, const Folder *f, const CheckRow *row)
{
	g_autoptr(GError) err = NULL;
	GBytes *whole = bodies_get(x->db, row->id, "", NULL);

	if (whole || folder_is_local(f) || !row->uid || !line_of(x))
		return whole;
	whole = look_message(x->look, f->wire, f->uidvalidity, row->uid, &err);
	if (whole || error_is(err, EIL_REFUSED))	/* that one alone */
		return whole;
	x->trouble = g_strdup(err->message);
	g_clear_pointer(&x->look, look_close);
	return NULL;
}

static void
progress(const Folder *f, guint done, guint all)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%u/%u", done, all);
}

static bool
export_folder(Export *x, const Folder *f, const char *target, GError **err)
{
	g_autoptr(GArray) rows = check_rows(x->db, f->id, err);
	BoxWriter *w = rows ? box_writer_new(x->format, target, err) : NULL;

	for (guint i = 0; w && i < rows->len && !ended_by; i++) {
		const CheckRow *row = &g_array_index(rows, CheckRow, i);
		g_autoptr(GBytes) whole = whole_of(x, f, row);
		progress(f, i, rows->len);
		if (!whole) {
			x->missing++;
			continue;
		}
		if (!box_writer_add(w, whole, row->flags, row->received, row->keywords, err)) {
			g_clear_pointer(&w, box_writer_abort);
			return false;
		}
		x->n++;
	}
	if (ended_by)
		g_clear_pointer(&w, box_writer_abort);
	return w && box_writer_finish(w, err);
}

/* What is said at the end; the exit status. */
static int
say_end(const Export *x, const char *target)
{
	printf(ngettext("%u message written to %s, and read again.\n", "%u messages written to %s, and read again.\n", x->n), x->n, target);
	if (!x->missing)
		return EXIT_DONE;
	fprintf(stderr, ngettext("%u message is missing there: it is not whole on this computer, and could not be fetched. %s\n",
		"%u messages are missing there: they are not whole on this computer, and could not be fetched. %s\n", x->missing), x->missing,
		x->trouble ? x->trouble : "");
	return EXIT_FAILED;
}

Folder *
batch_folder(Db *db, const char *name)
{
	g_autoptr(GPtrArray) all = folders_list(db, NULL);

	for (guint i = 0; all && i < all->len; i++) {
		Folder *f = g_ptr_array_index(all, i);
		bool inbox = f->role == ROLE_INBOX && !g_ascii_strcasecmp(name, "inbox");
		if (f->selectable && (inbox || !strcmp(f->name, name)))
			return folders_get(db, f->id, NULL);
	}
	return NULL;
}

static int
usage(void)
{
	fprintf(stderr, "%s\n", _("Usage: eilpost export [--here] mbox|maildir|eml ACCOUNT FOLDER TARGET"));
	return EXIT_USAGE;
}

static int
run_export(Export *x, const char *name, const char *target)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(Folder) f = NULL;
	int status = EXIT_FAILED;

	x->db = batch_store(x->h, x->account, &err);
	f = x->db ? batch_folder(x->db, name) : NULL;
	if (x->db && !f)
		g_set_error(&err, EIL_ERROR, EIL_ASK_USER, _("There is no folder “%s”."), name);
	else if (f && export_folder(x, f, target, &err))
		status = say_end(x, target);
	progress_end();
	if (err && !ended_by)
		fprintf(stderr, "%s: %s\n", x->account->name, err->message);
	return status;
}

int
batch_export(const Batch *h, char **args)
{
	Export x = { .h = h };

	if (args && *args && !strcmp(*args, "--here")) {
		x.here_only = true;
		args++;
	}
	if (!args || g_strv_length(args) != 4 || !box_format_parse(args[0], &x.format))
		return usage();
	x.account = batch_account(h, args[1]);
	if (!x.account) {
		fprintf(stderr, _("There is no account “%s” in %s.\n"), args[1], h->places->config);
		return EXIT_USAGE;
	}
	watch_for_the_end();
	int status = run_export(&x, args[2], args[3]);
	look_close(x.look);
	if (x.db)
		db_close(x.db);
	g_free(x.trouble);
	end_by_it();
	return status;
}
