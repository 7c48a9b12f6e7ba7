/* act_parts.c - saving attachments.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A file appears whole or not at all, and none is written over without a question. What is not here yet is fetched
 * first; the person may go on meanwhile. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/question.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
saving_clear(Saving *s)
{
	g_free(s->section);
	g_free(s->path);
	g_free(s->mime);
	*s = (Saving){ 0 };
}

/* ---- where ---- */

static const char *
save_folder(App *a)
{
	const char *folder = conf_text(a->setup->conf, "general", "save-folder");
	return folder ? folder : ".";
}

/* What was typed, with ~ expanded; a folder gets the part's own name (which mail/ has made safe). Yours. */
char *
parts_path(App *a, const char *typed, const DocPart *part)
{
	g_autofree char *path = typed[0] == '~' && (typed[1] == '/' || !typed[1]) ?
		g_build_filename(g_get_home_dir(), typed + 1, NULL) : g_strdup(typed);
	if (part && g_file_test(path, G_FILE_TEST_IS_DIR))
		return g_build_filename(path, part->file_name, NULL);
	return g_steal_pointer(&path);
}

/* ---- writing ---- */

static bool
write_file(const char *path, GBytes *data, char **why)
{
	g_autofree char *temp = g_strdup_printf("%s.eilpost-XXXXXX", path);
	int fd = g_mkstemp_full(temp, O_WRONLY | O_CLOEXEC, 0666);

	if (fd < 0) {
		*why = g_strdup(g_strerror(errno));
		return false;
	}
	bool ok = write_whole(fd, g_bytes_get_data(data, NULL), g_bytes_get_size(data)) && (fsync(fd) == 0 || errno == EINVAL);
	ok = close(fd) == 0 && ok;
	ok = ok && g_rename(temp, path) == 0;
	if (!ok) {
		*why = g_strdup(g_strerror(errno));
		g_unlink(temp);
	}
	return ok;
}

static GBytes *
decoded(App *a, const Saving *s, GError **err)
{
	AppAccount *acc = app_account_of(a, s->account);
	g_autoptr(GBytes) raw = bodies_get(acc->db, s->message, "", NULL);
	if (raw)
		return render_decode_part(a->render, raw, s->section, NULL, err);
	g_autoptr(GBytes) body = bodies_get(acc->db, s->message, s->section, NULL);
	return body ? render_decode_part(a->render, body, s->section, s->mime, err) : NULL;
}

/* True: it is done, one way or the other; false: its bytes are not here. */
static bool
save_now(App *a, const Saving *s)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *why = NULL;
	g_autoptr(GBytes) data = decoded(a, s, &err);

	if (!data && !err)
		return false;
	if (!data)
		app_say(a, STYLE_ERROR, _("The attachment could not be decoded: %s"), err->message);
	else if (!write_file(s->path, data, &why))
		app_say(a, STYLE_ERROR, _("%s could not be written: %s"), s->path, why);
	else
		app_say(a, STYLE_STATUS, _("Saved as %s."), s->path);
	return true;
}

char *
parts_mime(App *a, const char *section)
{
	AppAccount *acc = app_account_of(a, a->open.account);
	g_autoptr(GBytes) list = bodies_get(acc->db, a->open.message, PARTS_SECTION, NULL);
	g_autoptr(GArray) parts = list ? parts_read(list) : parts_new();
	for (guint i = 0; i < parts->len; i++)
		if (!strcmp(g_array_index(parts, PartInfo, i).section, section))
			return g_strdup(g_array_index(parts, PartInfo, i).mime);
	return NULL;
}

/* The engine does it, piece by piece: the screen neither waits for it nor has it in memory. */
static bool
is_large(App *a, const DocPart *part)
{
	const AppAccount *acc = app_account_of(a, a->open.account);
	return part->size > MIB && acc->engine && !bodies_has(acc->db, a->open.message, "");
}

void
parts_save(App *a, const DocPart *part, const char *path)
{
	Saving s = { .message = a->open.message, .account = a->open.account, .section = g_strdup(part->section),
		.path = g_strdup(path), .mime = parts_mime(a, part->section) };

	if (is_large(a, part)) {
		Request *save = request_new(REQ_SAVE_PART);
		save->message = s.message;
		save->text = g_strdup(s.section);
		save->text2 = g_strdup(s.path);
		app_post(a, s.account, save);
		if (!large_is_here(a, part))
			large_fetch_said(a, s.account, part->file_name);
		saving_clear(&s);
		return;
	}
	if (save_now(a, &s)) {
		saving_clear(&s);
		return;
	}
	g_array_append_val(a->saves, s);
	Request *r = request_new(REQ_FETCH_PART);
	r->message = s.message;
	r->text = g_strdup(s.section);
	app_post(a, s.account, r);
	large_fetch_said(a, a->open.account, part->file_name);
}

void
parts_came(App *a, const Letter *l)
{
	bool said = false;
	for (guint i = 0; i < a->saves->len; i++) {
		Saving s = g_array_index(a->saves, Saving, i);
		if (s.message != l->message || s.account != l->account || g_strcmp0(s.section, l->text))
			continue;
		g_array_remove_index(a->saves, i--);
		said = true;
		if (l->failed)
			app_say(a, STYLE_ERROR, _("%s was not saved: %s"), s.path, l->text2 ? l->text2 : "");
		else if (!save_now(a, &s))
			app_say(a, STYLE_ERROR, _("%s was not saved: %s"), s.path, _("its bytes did not come"));
		saving_clear(&s);
	}
	if (l->failed && !said && l->text && *l->text)	/* stopped, or refused */
		app_say(a, STYLE_WARN, "%s", l->text2 ? l->text2 : "");
}

/* ---- commands ---- */

static const DocPart *
selected_part(App *a)
{
	return parts_current(&a->parts, readview_document(a->open.view));
}

static void
overwrite(App *a, int n, gpointer path)
{
	const DocPart *part = a->open.view ? selected_part(a) : NULL;
	if (n == 1 && part)
		parts_save(a, part, path);
	else
		app_say(a, STYLE_STATUS, "%s", _("Nothing was written."));
}

void
cmd_save_part(App *a, const char *arg)
{
	const DocPart *part = a->open.view ? selected_part(a) : NULL;

	if (!part)
		return;
	if (!arg) {
		g_autofree char *initial = g_build_filename(save_folder(a), part->file_name, NULL);
		g_autofree char *price = large_price(a, part), *label = price ? g_strdup_printf(_("Save as (%s): "), price) : NULL;
		app_ask(a, ASK_SAVE, PROMPT_FILE, label ? label : _("Save as: "), g_str_has_prefix(initial, "./") ? initial + 2 : initial);
		return;
	}
	if (!*arg)
		return;
	g_autofree char *path = parts_path(a, arg, part);
	if (g_file_test(path, G_FILE_TEST_EXISTS)) {
		const QuestionChoice choices[] = { { _("Leave it as it is"), "nq" }, { _("Write over it"), "y" } };
		g_autofree char *question = g_strdup_printf(_("%s exists."), path);
		question_ask(a, question, choices, G_N_ELEMENTS(choices), 0, overwrite, g_steal_pointer(&path), g_free);
		return;
	}
	parts_save(a, part, path);
}

/* A file of that name is there, or is on its way. */
static bool
is_taken(const App *a, GHashTable *given, const char *path)
{
	for (guint i = 0; i < a->saves->len; i++)
		if (!strcmp(g_array_index(a->saves, Saving, i).path, path))
			return true;
	return g_hash_table_contains(given, path) || g_file_test(path, G_FILE_TEST_EXISTS);
}

/* A name that is not taken: "photo.jpg", "photo-2.jpg" ... Yours. */
static char *
free_name(const App *a, GHashTable *given, const char *folder, const char *name)
{
	const char *dot = strrchr(name, '.');
	for (guint n = 1;; n++) {
		g_autofree char *try = n == 1 ? g_strdup(name) :
			dot && dot > name ? g_strdup_printf("%.*s-%u%s", (int)(dot - name), name, n, dot) : g_strdup_printf("%s-%u", name, n);
		char *path = g_build_filename(folder, try, NULL);
		if (!is_taken(a, given, path) || n > 9999)
			return path;
		g_free(path);
	}
}

void
parts_save_all(App *a, const char *folder)
{
	const Document *d = readview_document(a->open.view);
	/* two of one name: neither is there before both have come */
	g_autoptr(GHashTable) given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint n = 0;

	for (guint i = 0; i < d->parts->len; i++) {
		const DocPart *part = &g_array_index(d->parts, DocPart, i);
		if (!part->attachment)
			continue;
		char *path = free_name(a, given, folder, part->file_name);
		g_hash_table_add(given, path);
		parts_save(a, part, path);
		n++;
	}
	if (n == 0)
		app_say(a, STYLE_STATUS, "%s", _("This message has no attachments."));
	else if (a->message_style != STYLE_ERROR)
		app_say(a, STYLE_STATUS, ngettext("%u attachment goes to %s.", "%u attachments go to %s.", n), n, folder);
}

void
cmd_save_all(App *a, const char *arg)
{
	if (!arg) {
		app_ask(a, ASK_SAVE_ALL, PROMPT_FILE, _("Save all attachments in the folder: "), save_folder(a));
		return;
	}
	g_autofree char *folder = parts_path(a, *arg ? arg : ".", NULL);
	if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
		app_say(a, STYLE_WARN, _("%s is not a folder."), folder);
	else
		parts_save_all(a, folder);
}
