/* box_write.c - messages into files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * All is made beside its target under a name of its own, read again, and renamed where nothing stands: whatever is cut off in
 * between, a target that is there is whole. */
#define _GNU_SOURCE
#include "config.h"
#include "batch/box.h"
#include "base/intl.h"
#include "base/whole.h"
#include "store/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct BoxWriter {
	BoxFormat format;
	char *target, *work;	/* owned */
	int fd;			/* mbox; -1: none */
	guint n;
	gint64 begun;
	GChecksum *sum;		/* of the checksums of all */
};

static volatile sig_atomic_t cut_off;

void
box_cut_off(void)
{
	cut_off = 1;
}

static bool
is_cut_off(GError **err)
{
	if (cut_off)
		g_set_error_literal(err, EIL_ERROR, EIL_CANCELLED, _("It was cancelled."));
	return cut_off != 0;
}

static bool
failed(GError **err, const char *path)
{
	g_set_error(err, EIL_ERROR, EIL_LATER, _("%s can't be written: %s"), path, g_strerror(errno));
	return false;
}

static void
remove_all(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);
		if (g_unlink(below) != 0)
			remove_all(below);
	}
	g_clear_pointer(&dir, g_dir_close);
	g_remove(path);
}

static bool
make_work(BoxWriter *w, GError **err)
{
	static const char *const parts[] = { "cur", "new", "tmp" };

	if (w->format == BOX_MBOX) {
		w->fd = g_mkstemp_full(w->work, O_WRONLY | O_CLOEXEC, 0600);
		return w->fd >= 0 || failed(err, w->target);
	}
	if (!g_mkdtemp_full(w->work, 0700))
		return failed(err, w->target);
	for (guint i = 0; w->format == BOX_MAILDIR && i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *below = g_build_filename(w->work, parts[i], NULL);
		if (g_mkdir(below, 0700) != 0)
			return failed(err, below);
	}
	return true;
}

BoxWriter *
box_writer_new(BoxFormat format, const char *target, GError **err)
{
	BoxWriter *w = g_new0(BoxWriter, 1);

	w->format = format;
	w->target = g_strdup(target);
	while (strlen(w->target) > 1 && g_str_has_suffix(w->target, "/"))
		w->target[strlen(w->target) - 1] = '\0';
	w->work = g_strconcat(w->target, ".part-XXXXXX", NULL);
	w->fd = -1;
	w->begun = g_get_real_time() / G_USEC_PER_SEC;
	w->sum = g_checksum_new(G_CHECKSUM_SHA256);
	if (g_file_test(w->target, G_FILE_TEST_EXISTS) || g_file_test(w->target, G_FILE_TEST_IS_SYMLINK)) {
		g_clear_pointer(&w->work, g_free);
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s is there already, and nothing is written over."), w->target);
	} else if (make_work(w, err)) {
		return w;
	}
	box_writer_abort(w);
	return NULL;
}

/* ---- one message ---- */

/* Day and month in English, whatever the locale. */
static char *
from_line(gint64 received)
{
	static const char days[] = "MonTueWedThuFriSatSun", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(received);

	if (!t)
		t = g_date_time_new_from_unix_utc(0);
	return g_strdup_printf("From MAILER-DAEMON %.3s %.3s %2d %02d:%02d:%02d %04d\n", days + 3 * (g_date_time_get_day_of_week(t) - 1),
		months + 3 * (g_date_time_get_month(t) - 1), g_date_time_get_day_of_month(t), g_date_time_get_hour(t), g_date_time_get_minute(t),
		g_date_time_get_second(t), g_date_time_get_year(t));
}

static void
add_lines(GString *out, const char *data, gsize len, bool quote)
{
	const char *at = data, *end = data + len;

	while (at < end) {
		const char *lf = memchr(at, '\n', (gsize)(end - at));
		gsize n = (gsize)((lf ? lf : end) - at), marks = 0;
		while (quote && marks < n && at[marks] == '>')
			marks++;
		if (quote && n - marks >= 5 && !strncmp(at + marks, "From ", 5))
			g_string_append_c(out, '>');
		g_string_append_len(out, at, (gssize)(n && at[n - 1] == '\r' ? n - 1 : n));
		g_string_append_c(out, '\n');
		at = lf ? lf + 1 : end;
	}
}

static GString *
as_mbox(GBytes *canonical, guint32 flags, gint64 received, const char *keywords)
{
	static const struct { guint32 flag; char letter; } letters[] = {
		{ FLAG_ANSWERED, 'A' }, { FLAG_FLAGGED, 'F' }, { FLAG_DRAFT, 'T' }, { FLAG_DELETED, 'D' },
	};
	g_autofree char *from = from_line(received);
	GString *out = g_string_new(from);
	gsize len;
	const char *data = g_bytes_get_data(canonical, &len);

	g_string_append_printf(out, "Status: %sO\n", flags & FLAG_SEEN ? "R" : "");
	g_string_append(out, "X-Status: ");
	for (guint i = 0; i < G_N_ELEMENTS(letters); i++)
		if (flags & letters[i].flag)
			g_string_append_c(out, letters[i].letter);
	g_string_append_c(out, '\n');
	if ((keywords && *keywords) || (flags & FLAG_FORWARDED))
		g_string_append_printf(out, "X-Keywords: %s%s%s\n", keywords ? keywords : "", keywords && (flags & FLAG_FORWARDED) ? " " : "",
			flags & FLAG_FORWARDED ? "$Forwarded" : "");
	add_lines(out, data, len, true);
	g_string_append_c(out, '\n');
	return out;
}

static char *
file_name(const BoxWriter *w, guint32 flags)
{
	if (w->format == BOX_EML)
		return g_strdup_printf("%08u.eml", w->n + 1);
	return g_strdup_printf("cur/%" G_GINT64_FORMAT ".M%08uP%d.eilpost:2,%s%s%s%s%s", w->begun, w->n, (int)getpid(), flags & FLAG_DRAFT ? "D" : "",
		flags & FLAG_FLAGGED ? "F" : "", flags & FLAG_FORWARDED ? "P" : "", flags & FLAG_ANSWERED ? "R" : "", flags & FLAG_SEEN ? "S" : "");
}

static bool
write_file(const BoxWriter *w, const char *data, gsize len, guint32 flags, gint64 received, GError **err)
{
	g_autofree char *name = file_name(w, flags), *path = g_build_filename(w->work, name, NULL);
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)received } };
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return failed(err, path);
	bool ok = write_whole(fd, data, len) && futimens(fd, times) == 0 && fsync(fd) == 0;
	if (!ok)
		failed(err, path);
	close(fd);
	return ok;
}

static void
add_to_sum(GChecksum *sum, GBytes *canonical)
{
	g_autofree char *one = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, canonical);
	g_checksum_update(sum, (const guchar *)one, -1);
}

bool
box_writer_add(BoxWriter *w, GBytes *whole, guint32 flags, gint64 received, const char *keywords, GError **err)
{
	gsize len;
	const char *data = g_bytes_get_data(whole, &len);
	g_autoptr(GBytes) canonical = box_canonical(data, len, true);
	bool ok;

	if (is_cut_off(err))
		return false;
	if (w->format == BOX_MBOX) {
		GString *text = as_mbox(canonical, flags, received, keywords);
		ok = write_whole(w->fd, text->str, text->len) || failed(err, w->target);
		g_string_free(text, TRUE);
	} else if (w->format == BOX_MAILDIR) {
		g_autoptr(GString) text = g_string_sized_new(len);
		add_lines(text, data, len, false);
		ok = write_file(w, text->str, text->len, flags, received, err);
	} else {
		ok = write_file(w, data, len, flags, received, err);
	}
	add_to_sum(w->sum, canonical);
	w->n += ok;
	return ok;
}

/* ---- the end ---- */

static bool
read_again(const BoxWriter *w, GError **err)
{
	g_autoptr(BoxReader) r = w->n || w->format == BOX_MAILDIR ? box_reader_new(w->work, err) : NULL;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	GError *why = NULL;
	guint n = 0;

	if (!r)
		return w->n == 0;
	for (BoxItem *i; !is_cut_off(&why) && (i = box_reader_next(r, &why)); n++) {
		gsize len;
		const void *data = g_bytes_get_data(i->whole, &len);
		g_autoptr(GBytes) canonical = box_canonical(data, len, true);
		add_to_sum(sum, canonical);
		box_item_free(i);
	}
	if (why) {
		g_propagate_error(err, why);
		return false;
	}
	if (n == w->n && !strcmp(g_checksum_get_string(sum), g_checksum_get_string(w->sum)))
		return true;
	g_set_error(err, EIL_ERROR, EIL_BROKEN, _("What was written to %s is not what was to be written (%u of %u messages). Nothing of it was kept."), w->target, n, w->n);
	return false;
}

/* Where nothing stands. */
static bool
give_name(const BoxWriter *w, GError **err)
{
	if (renameat2(AT_FDCWD, w->work, AT_FDCWD, w->target, RENAME_NOREPLACE) == 0)
		return true;
	if (errno == EINVAL && access(w->target, F_OK) != 0 && rename(w->work, w->target) == 0)	/* a file system that can't say it */
		return true;
	return failed(err, w->target);
}

bool
box_writer_finish(BoxWriter *w, GError **err)
{
	bool ok = w->fd < 0 || fsync(w->fd) == 0 || failed(err, w->target);

	ok = ok && !is_cut_off(err) && read_again(w, err) && give_name(w, err);
	if (ok)
		g_clear_pointer(&w->work, g_free);
	box_writer_abort(w);
	return ok;
}

void
box_writer_abort(BoxWriter *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	if (w->work)
		remove_all(w->work);
	g_checksum_free(w->sum);
	g_free(w->target);
	g_free(w->work);
	g_free(w);
}
