/* import.c - `eilpost import`: messages of files into a folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * They go through the journal: in the folder at once, on the server with the connection, each once. What is in the folder
 * already is passed over, so an import that was cut off is begun again as it was. */
#include "config.h"
#include "batch/batch_private.h"
#include "batch/box.h"
#include "base/intl.h"
#include "store/check.h"
#include "store/journal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ITEMS_AT_ONCE = 50, BYTES_AT_ONCE = 4 << 20 };

typedef struct {
	Job job;
	const Batch *h;
	Chan *letters;
	const char *folder;
	GHashTable *there;	/* owned: name of a message -> how many of it are in the folder and were not met yet */
	Request *gathering;	/* owned; NULL: nothing */
	gsize bytes;
	gint64 number;
	bool answered, refused;
	guint taken, passed;
} Import;

/* ---- what is there already ---- */

static char *
name_of(const char *message_id, const char *sum)
{
	if (!message_id || !*message_id)
		return sum ? g_strconcat("sum ", sum, NULL) : NULL;
	g_autofree char *bare = g_strdup(*message_id == '<' ? message_id + 1 : message_id);
	if (g_str_has_suffix(bare, ">"))
		bare[strlen(bare) - 1] = '\0';
	return g_strconcat("id ", bare, NULL);
}

static bool
read_there(Import *im, GError **err)
{
	g_autoptr(Folder) f = batch_folder(im->job.db, im->folder);

	im->there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!f)
		return true;
	g_autoptr(GArray) rows = check_rows(im->job.db, f->id, err);
	g_autoptr(GHashTable) sums = rows ? check_wholes(im->job.db, f->id, err) : NULL;
	for (guint i = 0; sums && i < rows->len; i++) {
		const CheckRow *r = &g_array_index(rows, CheckRow, i);
		char *name = name_of(r->message_id, g_hash_table_lookup(sums, &r->id));
		if (name)
			g_hash_table_insert(im->there, name, GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(im->there, name)) + 1));
	}
	return sums != NULL;
}

static bool
is_there(Import *im, const BoxItem *i)
{
	g_autofree char *id = box_message_id(i->whole), *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, i->whole);
	g_autofree char *name = name_of(id, sum);
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(im->there, name));

	if (n)
		g_hash_table_insert(im->there, g_steal_pointer(&name), GUINT_TO_POINTER(n - 1));
	return n > 0;
}

/* ---- into the folder ---- */

static void
take_letters(Import *im)
{
	Letter *l;

	letters_wait(im->h, im->letters, 500);
	auth_letters_take(im->h, true);
	while ((l = chan_take(im->letters))) {
		if (l->kind == LETTER_ACT && l->when == im->number) {
			im->answered = true;
			im->refused = l->failed;
			if (l->failed) {
				g_free(im->job.trouble);
				im->job.trouble = g_strdup(l->text2);
			}
		} else if (!im->job.done) {
			job_letter(&im->job, l);
		}
		letter_free(l);
	}
}

static bool
put(Import *im)
{
	g_autoptr(Folder) f = batch_folder(im->job.db, im->folder);
	guint n = im->gathering ? im->gathering->items->len : 0;

	if (!n)
		return true;
	im->gathering->folder = f ? f->id : 0;
	im->gathering->text = f ? NULL : g_strdup(im->folder);
	im->gathering->when = ++im->number;
	im->answered = false;
	engine_post(im->job.engine, g_steal_pointer(&im->gathering));
	im->bytes = 0;
	while (!im->answered)
		take_letters(im);
	if (!im->refused)
		im->taken += n;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%u", im->taken);
	return !im->refused;
}

static bool
take_file(Import *im, const char *path, GError **err)
{
	g_autoptr(BoxReader) r = box_reader_new(path, err);
	GError *why = NULL;

	for (BoxItem *i; r && (i = box_reader_next(r, &why));) {
		g_autoptr(BoxItem) item = i;
		if (g_bytes_get_size(item->whole) == 0)	/* no mail: no server takes it */
			continue;
		if (is_there(im, item)) {
			im->passed++;
			continue;
		}
		if (!im->gathering)
			im->gathering = request_new(REQ_APPEND);
		request_add_item(im->gathering, append_item_new(item->whole, item->flags, item->received, item->keywords));
		im->bytes += g_bytes_get_size(item->whole);
		if ((im->gathering->items->len >= ITEMS_AT_ONCE || im->bytes >= BYTES_AT_ONCE) && !put(im))
			return false;
	}
	if (why)
		g_propagate_error(err, why);
	return put(im) && r && !why;
}

/* ---- the run ---- */

static guint
waiting(Import *im)
{
	g_autoptr(GPtrArray) all = journal_list(im->job.db, NULL);
	guint n = 0;

	for (guint i = 0; all && i < all->len; i++)
		n += ((Wish *)g_ptr_array_index(all, i))->kind == WISH_APPEND;
	return n;
}

static void
to_server(Import *im)
{
	im->job.collected = true;	/* no look into all folders */
	engine_post(im->job.engine, request_new(REQ_CHECK));
	while (!im->job.done)
		take_letters(im);
}

static int
run_import(Import *im, char **paths)
{
	g_autoptr(GError) err = NULL;
	bool ok = read_there(im, &err);

	for (char **p = paths; ok && *p; p++)
		ok = take_file(im, *p, &err);
	if (im->taken && !account_is_pop(im->job.account))
		to_server(im);
	progress_end();
	printf(ngettext("%s/%s: %u message taken in", "%s/%s: %u messages taken in", im->taken), im->job.account->name, im->folder, im->taken);
	if (im->passed)
		printf(ngettext(", %u was there already", ", %u were there already", im->passed), im->passed);
	puts(".");
	guint waits = waiting(im);
	if (waits)
		fprintf(stderr, ngettext("%u message waits here for the server. %s\n", "%u messages wait here for the server. %s\n", waits), waits,
			im->job.trouble ? im->job.trouble : "");
	if (!ok)
		fprintf(stderr, "%s: %s\n", im->job.account->name, err ? err->message : im->job.trouble ? im->job.trouble : _("It did not work."));
	return ok ? EXIT_DONE : EXIT_FAILED;
}

int
batch_import(const Batch *h, char **args)
{
	if (!args || g_strv_length(args) < 3) {
		fprintf(stderr, "%s\n", _("Usage: eilpost import ACCOUNT FOLDER FILE..."));
		return EXIT_USAGE;
	}
	Account *a = batch_account(h, args[0]);
	if (!a) {
		fprintf(stderr, _("There is no account “%s” in %s.\n"), args[0], h->places->config);
		return EXIT_USAGE;
	}
	g_autoptr(Chan) letters = chan_new((GDestroyNotify)letter_free);
	g_autoptr(GError) err = NULL;
	g_autofree char *folder = intl_text(args[1]);
	Import im = { .h = h, .letters = letters, .folder = folder };
	int status = EXIT_FAILED;

	if (job_start(&im.job, h, a, 0, letters, &err))
		status = run_import(&im, args + 2);
	else
		fprintf(stderr, "%s: %s\n", a->name, err ? err->message : _("Another eilpost has the mail store open. Leave it first, then import again."));
	job_clear(&im.job);
	g_clear_pointer(&im.gathering, request_free);
	g_clear_pointer(&im.there, g_hash_table_unref);
	return status;
}
