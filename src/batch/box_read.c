/* box_read.c - messages out of files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Only lines are looked at here; what a message is the sealed worker reads, as of all that comes from outside. */
#include "config.h"
#include "batch/box.h"
#include "base/intl.h"
#include "base/limits.h"
#include "store/messages.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct BoxReader {
	char *path;		/* owned, as all here */
	GMappedFile *map;	/* mbox */
	const char *at, *end;
	GPtrArray *files;	/* of char*: names below path, or path itself */
	guint next;
	bool maildir;
};

/* ---- mbox ---- */

static bool
two_digits(const char *p, int *n)
{
	if (!g_ascii_isdigit(p[0]) || !g_ascii_isdigit(p[1]))
		return false;
	*n = (p[0] - '0') * 10 + p[1] - '0';
	return true;
}

/* "From anna@example.org Sat Nov 28 21:50:00 2026", or with a zone before or behind the year: a time and a month must be in it,
 * or it is a line of a text that begins so. */
static bool
read_from_line(const char *line, gsize len, gint64 *received)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	g_autofree char *text = g_strndup(line, MIN(len, 300));
	g_auto(GStrv) words = g_strsplit_set(text, " \t\r", -1);
	int month = 0, day = 0, year = 0, hour = -1, minute = 0, second = 0, n = 0;

	for (char **w = words + 1; *w; w++) {
		const char *m = strlen(*w) == 3 && g_ascii_isalpha(**w) ? strstr(months, *w) : NULL;
		bool digits = **w && strspn(*w, "0123456789") == strlen(*w);
		if (m && (m - months) % 3 == 0)
			month = (int)(m - months) / 3 + 1;
		else if (month && hour < 0 && strlen(*w) >= 5 && (*w)[2] == ':' && two_digits(*w, &hour) && two_digits(*w + 3, &minute))
			second = (*w)[5] == ':' && two_digits(*w + 6, &n) ? MIN(n, 59) : 0;
		else if (month && digits && strlen(*w) <= 2 && !day)
			day = atoi(*w);
		else if (month && digits && strlen(*w) == 4 && hour >= 0)
			year = atoi(*w);
	}
	g_autoptr(GDateTime) t = month && day && year && hour >= 0 ? g_date_time_new_utc(year, month, day, hour, minute, second) : NULL;
	*received = t ? g_date_time_to_unix(t) : 0;
	return t != NULL;
}

static bool
is_from_line(const BoxReader *r, const char *at, gint64 *received)
{
	const char *lf = memchr(at, '\n', (gsize)(r->end - at));
	gsize n = (gsize)((lf ? lf : r->end) - at);

	return n > 5 && !strncmp(at, "From ", 5) && read_from_line(at, n, received);
}

typedef struct { guint32 flags; bool unseen, expunged; GString *keywords; } Marks;

static void
word_mark(Marks *m, const char *word, gsize len)
{
	if (len == strlen("$Forwarded") && !g_ascii_strncasecmp(word, "$Forwarded", len))
		m->flags |= FLAG_FORWARDED;
	else if (len)
		g_string_append_printf(m->keywords, "%s%.*s", m->keywords->len ? " " : "", (int)len, word);
}

static void
letter_marks(Marks *m, const char *value, gsize len)
{
	for (gsize i = 0; i < len; i++)
		switch (value[i]) {
		case 'R':	m->flags |= FLAG_SEEN; break;
		case 'A':	m->flags |= FLAG_ANSWERED; break;
		case 'F':	m->flags |= FLAG_FLAGGED; break;
		case 'T':	m->flags |= FLAG_DRAFT; break;
		default:	break;
		}
}

/* What programs write of flags into the header of an mbox: mutt, pine and others; Thunderbird in numbers. */
static void
read_mark(Marks *m, const char *line, gsize len)
{
	const char *colon = memchr(line, ':', len);
	gsize name = colon ? (gsize)(colon - line) : 0, n = colon ? len - name - 1 : 0;

	if ((name == 6 && !g_ascii_strncasecmp(line, "Status", 6)) || (name == 8 && !g_ascii_strncasecmp(line, "X-Status", 8))) {
		letter_marks(m, colon + 1, n);
	} else if (name == 10 && !g_ascii_strncasecmp(line, "X-Keywords", 10)) {
		g_autofree char *text = g_strndup(colon + 1, n);
		g_auto(GStrv) words = g_strsplit_set(text, " \t\r", -1);
		for (char **w = words; *w; w++)	/* a comma may be part of a keyword */
			word_mark(m, *w, strlen(*w) - g_str_has_suffix(*w, ","));
	} else if (name == 16 && !g_ascii_strncasecmp(line, "X-Mozilla-Status", 16)) {
		g_autofree char *text = g_strndup(colon + 1, n);
		gulong bits = strtoul(text, NULL, 16);
		m->flags |= (bits & 1 ? FLAG_SEEN : 0) | (bits & 2 ? FLAG_ANSWERED : 0) | (bits & 4 ? FLAG_FLAGGED : 0) | (bits & 0x1000 ? FLAG_FORWARDED : 0);
		m->expunged = (bits & 8) != 0;	/* deleted there, and not compacted yet */
	}
}

static GBytes *
from_lines(const char *at, const char *end, bool unquote, Marks *m)
{
	g_autoptr(GString) text = g_string_sized_new((gsize)(end - at));
	bool header = true;

	while (at < end) {
		const char *lf = memchr(at, '\n', (gsize)(end - at));
		gsize n = (gsize)((lf ? lf : end) - at), marks = 0;
		while (marks < n && at[marks] == '>')
			marks++;
		bool quoted = unquote && marks > 0 && n - marks >= 5 && !strncmp(at + marks, "From ", 5);
		header &= n > 0 && *at != '\r';
		if (header && m)
			read_mark(m, at, n);
		g_string_append_len(text, at + quoted, (gssize)n - quoted);
		g_string_append_c(text, '\n');
		at = lf ? lf + 1 : end;
	}
	return box_canonical(text->str, text->len, m != NULL);
}

static bool
too_large(gsize len, GError **err)
{
	if (len <= LIMIT_MESSAGE_STORED)
		return false;
	g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, _("A message is larger than eilpost takes."));
	return true;
}

/* The end of the message that begins there: an empty line and a From line behind it, or the end of the file. */
static const char *
end_of(const BoxReader *r, const char *at)
{
	gint64 when;

	for (const char *p = at; p < r->end;) {
		const char *lf = memchr(p, '\n', (gsize)(r->end - p));
		if (!lf || lf + 1 >= r->end)
			return r->end;
		bool empty = lf == p || (lf == p + 1 && *p == '\r');
		if (empty && is_from_line(r, lf + 1, &when))
			return lf + 1;
		p = lf + 1;
	}
	return r->end;
}

static BoxItem *
next_of_mbox(BoxReader *r, GError **err)
{
	while (r->at < r->end) {
		gint64 received = 0;
		is_from_line(r, r->at, &received);
		const char *lf = memchr(r->at, '\n', (gsize)(r->end - r->at)), *start = lf ? lf + 1 : r->end;
		const char *end = end_of(r, start), *stop = end;
		if (stop > start && stop[-1] == '\n' && stop - start >= 2 && stop[-2] == '\n')	/* the empty line before the next one */
			stop--;
		else if (stop - start >= 4 && !strncmp(stop - 4, "\r\n\r\n", 4))
			stop -= 2;
		r->at = end;
		if (too_large((gsize)(stop - start), err))
			return NULL;
		Marks m = { .keywords = g_string_new(NULL) };
		g_autoptr(GBytes) whole = from_lines(start, stop, true, &m);
		char *keywords = g_string_free(m.keywords, m.keywords->len == 0);
		if (m.expunged) {
			g_free(keywords);
			continue;
		}
		BoxItem *i = g_new0(BoxItem, 1);
		*i = (BoxItem){ g_bytes_ref(whole), m.flags, received, keywords };
		return i;
	}
	return NULL;
}

/* ---- files ---- */

static guint32
flags_of_name(const char *name)
{
	const char *info = strstr(name, ":2,");
	guint32 flags = 0;

	for (const char *p = info ? info + 3 : ""; *p; p++)
		flags |= *p == 'S' ? FLAG_SEEN : *p == 'F' ? FLAG_FLAGGED : *p == 'R' ? FLAG_ANSWERED : *p == 'D' ? FLAG_DRAFT : *p == 'P' ? FLAG_FORWARDED : 0;
	return flags;
}

static BoxItem *
next_file(BoxReader *r, GError **err)
{
	if (r->next >= r->files->len)
		return NULL;
	const char *name = g_ptr_array_index(r->files, r->next++);
	g_autofree char *path = *name ? g_build_filename(r->path, name, NULL) : g_strdup(r->path);
	g_autoptr(GError) why = NULL;
	GStatBuf st;
	g_autoptr(GMappedFile) map = g_stat(path, &st) == 0 && !too_large((gsize)st.st_size, err) ? g_mapped_file_new(path, FALSE, &why) : NULL;

	if (!map) {
		if (!err || !*err)
			g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s can't be read: %s"), path, why ? why->message : "");
		return NULL;
	}
	const char *data = g_mapped_file_get_contents(map);
	g_autoptr(GBytes) whole = from_lines(data, data + g_mapped_file_get_length(map), false, NULL);
	BoxItem *i = g_new0(BoxItem, 1);
	i->whole = g_bytes_ref(whole);
	i->flags = r->maildir ? flags_of_name(name) : 0;
	i->received = r->maildir ? (gint64)st.st_mtime : 0;	/* Maildir keeps the date of arrival so; of other files it says nothing */
	return i;
}

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
list_folder(BoxReader *r, const char *below, const char *suffix, GError **err)
{
	g_autofree char *path = g_build_filename(r->path, below, NULL);
	g_autoptr(GError) why = NULL;
	g_autoptr(GDir) dir = g_dir_open(path, 0, &why);
	const char *name;

	if (!dir) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s can't be read: %s"), path, why->message);
		return false;
	}
	while ((name = g_dir_read_name(dir)))
		if (*name != '.' && (!suffix || g_str_has_suffix(name, suffix)))
			g_ptr_array_add(r->files, *below ? g_build_filename(below, name, NULL) : g_strdup(name));
	return true;
}

static bool
open_folder(BoxReader *r, GError **err)
{
	g_autofree char *cur = g_build_filename(r->path, "cur", NULL), *new = g_build_filename(r->path, "new", NULL);

	r->maildir = g_file_test(cur, G_FILE_TEST_IS_DIR);
	if (!(r->maildir ? list_folder(r, "cur", NULL, err) && (!g_file_test(new, G_FILE_TEST_IS_DIR) || list_folder(r, "new", NULL, err)) :
		list_folder(r, "", ".eml", err)))
		return false;
	g_ptr_array_sort(r->files, by_name);
	return true;
}

/* The first line is that of a header field (RFC 5322, 2.2). */
static bool
begins_like_mail(const char *data, gsize len)
{
	gsize n = 0;

	while (n < len && data[n] > ' ' && data[n] < 0x7f && data[n] != ':')
		n++;
	gsize name = n;
	while (n < len && (data[n] == ' ' || data[n] == '\t'))
		n++;
	return name > 0 && n < len && data[n] == ':';
}

static bool
open_file(BoxReader *r, GError **err)
{
	g_autoptr(GError) why = NULL;

	r->map = g_mapped_file_new(r->path, FALSE, &why);
	if (!r->map) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s can't be read: %s"), r->path, why->message);
		return false;
	}
	r->at = g_mapped_file_get_contents(r->map);
	gsize len = g_mapped_file_get_length(r->map);
	r->end = r->at + len;
	if (len == 0 || (len > 5 && !strncmp(r->at, "From ", 5)))
		return true;
	if (!begins_like_mail(r->at, len)) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s is neither an mbox nor a mail: it does not begin with a header."), r->path);
		return false;
	}
	g_clear_pointer(&r->map, g_mapped_file_unref);
	g_ptr_array_add(r->files, g_strdup(""));
	return true;
}

BoxReader *
box_reader_new(const char *path, GError **err)
{
	g_autoptr(BoxReader) r = g_new0(BoxReader, 1);

	r->path = g_strdup(path);
	r->files = g_ptr_array_new_with_free_func(g_free);
	if (!(g_file_test(path, G_FILE_TEST_IS_DIR) ? open_folder(r, err) : open_file(r, err)))
		return NULL;
	return g_steal_pointer(&r);
}

BoxItem *
box_reader_next(BoxReader *r, GError **err)
{
	return r->map ? next_of_mbox(r, err) : next_file(r, err);
}

void
box_reader_free(BoxReader *r)
{
	if (!r)
		return;
	g_clear_pointer(&r->map, g_mapped_file_unref);
	g_ptr_array_unref(r->files);
	g_free(r->path);
	g_free(r);
}
