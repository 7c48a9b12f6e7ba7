/* write.c - changes lines and sections of the configuration file and nothing else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The file is the person's: comments, order, blank lines, line ends and mode stay; it is read anew before each change, so
 * that nothing that an editor wrote meanwhile is lost. Written beside it, fsynced, renamed over it (a symbolic link is
 * followed). */
#include "config.h"
#include "conf/conf.h"
#include "base/intl.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST = 1024 * 1024 };

typedef struct {
	GPtrArray *lines;	/* owned, of char* without their ends */
	const char *end;	/* "\n" or "\r\n" */
	bool bom, last_ended;	/* the last line has an end */
	mode_t mode;
} File;

/* ---- reading ---- */

static void
file_clear(File *f)
{
	g_clear_pointer(&f->lines, g_ptr_array_unref);
}

static void
take_lines(File *f, const char *text)
{
	f->bom = g_str_has_prefix(text, "\xef\xbb\xbf");
	text += f->bom ? 3 : 0;
	f->end = strstr(text, "\r\n") ? "\r\n" : "\n";
	f->last_ended = true;
	while (*text) {
		const char *lf = strchr(text, '\n');
		gsize n = lf ? (gsize)(lf - text) : strlen(text);
		char *line = g_strndup(text, n);
		if (n && line[n - 1] == '\r')
			line[n - 1] = 0;
		g_ptr_array_add(f->lines, line);
		f->last_ended = lf != NULL;
		text += n + (lf != NULL);
	}
}

static bool
file_read(File *f, const char *path, GError **err)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) why = NULL;
	GStatBuf st;
	gsize len;

	f->lines = g_ptr_array_new_with_free_func(g_free);
	f->mode = 0600;
	f->end = "\n";
	f->last_ended = true;
	if (g_stat(path, &st) != 0 && errno == ENOENT)
		return true;
	if (!g_file_get_contents(path, &text, &len, &why) || len > LARGEST || strlen(text) != len) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The configuration file could not be read before it is changed: %s"),
			why ? why->message : _("it is too large, or a folder"));
		return false;
	}
	f->mode = st.st_mode & 07777;
	take_lines(f, text);
	return true;
}

/* ---- finding ---- */

static bool
is_entry(const char *line, const char *name)
{
	line += strspn(line, " \t");
	gsize n = strlen(name);
	return !strncmp(line, name, n) && line[n + strspn(line + n, " \t")] == '=';
}

static bool
is_comment_or_blank(const char *line)
{
	line += strspn(line, " \t");
	return !*line || *line == '#' || *line == ';';
}

typedef struct { int entry, last, section; } Where;	/* -1: not there; last: last line of the section that says something */

static Where
find_line(const File *f, const char *section, const char *name)
{
	Where w = { -1, -1, -1 };
	bool inside = false;

	for (guint i = 0; i < f->lines->len; i++) {
		const char *line = g_ptr_array_index(f->lines, i);
		g_autofree char *head = conf_section_of(line);
		if (head) {
			inside = !strcmp(head, section);
			if (inside)
				w.section = w.last = (int)i;
		} else if (inside && !is_comment_or_blank(line)) {
			w.last = (int)i;
			if (is_entry(line, name))
				w.entry = (int)i;	/* the last one counts, as in reading */
		}
	}
	return w;
}

/* ---- changing ---- */

/* The comment behind the value, with the blanks before it; "" if there is none. As conf.c reads it. */
static const char *
comment_of(const char *line, bool colors)
{
	const char *value = strchr(line, '=') + 1;
	const char *begin = value + strspn(value, " \t");
	for (const char *p = begin; (p = strchr(p, '#')); p++) {
		bool color = colors && strspn(p + 1, "0123456789abcdefABCDEF") == 6 && (!p[7] || p[7] == ' ' || p[7] == '\t');
		if ((p == begin || p[-1] == ' ' || p[-1] == '\t') && !color) {
			while (p > value && (p[-1] == ' ' || p[-1] == '\t'))
				p--;
			return p;
		}
	}
	return "";
}

/* Name and blanks around "=" as they stand there, the new value, the old comment. */
static char *
changed_line(const char *line, const char *value, bool colors)
{
	const char *eq = strchr(line, '=');
	gsize head = (gsize)(eq - line) + 1;
	gsize blanks = strspn(line + head, " \t");
	const char *comment = comment_of(line, colors);
	return g_strdup_printf("%.*s%s%s%s", (int)(head + blanks), line, blanks ? "" : " ", value, comment);
}

static void
change(File *f, const char *section, const char *name, const char *value)
{
	Where w = find_line(f, section, name);

	if (!value) {
		/* all lines of that name: a second one would come to the light */
		while (w.entry >= 0) {
			g_ptr_array_remove_index(f->lines, (guint)w.entry);
			w = find_line(f, section, name);
		}
		return;
	}
	if (w.entry >= 0) {
		char *fresh = changed_line(g_ptr_array_index(f->lines, w.entry), value, !strcmp(section, "colors"));
		g_free(f->lines->pdata[w.entry]);
		f->lines->pdata[w.entry] = fresh;
		return;
	}
	char *line = g_strdup_printf("%s = %s", name, value);
	if (w.section >= 0) {
		g_ptr_array_insert(f->lines, w.last + 1, line);
		if (w.last + 2 == (int)f->lines->len)
			f->last_ended = true;
		return;
	}
	if (f->lines->len && *(const char *)g_ptr_array_index(f->lines, f->lines->len - 1))
		g_ptr_array_add(f->lines, g_strdup(""));
	g_ptr_array_add(f->lines, g_strdup_printf("[%s]", section));
	g_ptr_array_add(f->lines, line);
	f->last_ended = true;
}

/* ---- writing ---- */

static char *
text_of(const File *f)
{
	GString *s = g_string_new(f->bom ? "\xef\xbb\xbf" : "");
	for (guint i = 0; i < f->lines->len; i++) {
		g_string_append(s, g_ptr_array_index(f->lines, i));
		if (i + 1 < f->lines->len || f->last_ended)
			g_string_append(s, f->end);
	}
	return g_string_free(s, FALSE);
}

static bool
failed(GError **err, const char *path)
{
	int why = errno;
	g_autofree char *shown = g_filename_display_name(path);
	g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s could not be written: %s. Nothing was changed."), shown, g_strerror(why));
	return false;
}

static void
sync_folder(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

static bool
replace(const char *path, const char *text, mode_t mode, GError **err)
{
	g_autofree char *fresh = g_strdup_printf("%s.XXXXXX", path), *folder = g_path_get_dirname(path);

	g_mkdir_with_parents(folder, 0700);
	int fd = g_mkstemp_full(fresh, O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed(err, path);
	bool ok = write_whole(fd, text, strlen(text)) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	int why = errno;
	ok = close(fd) == 0 && ok;
	if (ok && g_rename(fresh, path) == 0) {
		sync_folder(path);
		return true;
	}
	why = ok ? errno : why;
	g_unlink(fresh);
	errno = why;
	return failed(err, path);
}

bool
conf_can_write(const char *section, const char *name, const char *value, GError **err)
{
	const char *bad = value ? strpbrk(value, "\r\n") : NULL;
	g_autofree char *line = value ? g_strdup_printf("x = %s", value) : NULL;

	/* " #" begins a comment: such a value would come back shorter */
	if (!bad && (!value || (!*comment_of(line, !strcmp(section, "colors")) && !g_ascii_isspace(*value) && g_utf8_validate(value, -1, NULL))))
		return true;
	g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("This value of %s can't be written into the configuration file: it holds a line end, or “ #”."), name);
	return false;
}

/* ---- whole sections ---- */

/* The lines of a section from `from` on: its head, what follows, and the comment right above the head; false: there is none. */
static bool
section_range(const File *f, const char *section, guint from, guint *first, guint *end)
{
	guint n = f->lines->len, i = from;

	for (; i < n; i++) {
		g_autofree char *head = conf_section_of(f->lines->pdata[i]);
		if (head && !strcmp(head, section))
			break;
	}
	if (i == n)
		return false;
	*first = i;
	while (*first > 0 && *(char *)f->lines->pdata[*first - 1] && is_comment_or_blank(f->lines->pdata[*first - 1]))
		--*first;
	for (*end = i + 1; *end < n; ++*end) {
		g_autofree char *head = conf_section_of(f->lines->pdata[*end]);
		if (head)
			break;
	}
	if (*end < n)	/* the comment above the next one is that one's */
		while (*end > i + 1 && *(char *)f->lines->pdata[*end - 1] && is_comment_or_blank(f->lines->pdata[*end - 1]))
			--*end;
	return true;
}

static void
remove_section(File *f, const char *section, const char *unused)
{
	guint first, end;
	while (section_range(f, section, 0, &first, &end))
		g_ptr_array_remove_range(f->lines, first, end - first);
}

static void
rename_section(File *f, const char *section, const char *to)
{
	for (guint i = 0; i < f->lines->len; i++) {
		char *line = f->lines->pdata[i];
		g_autofree char *head = conf_section_of(line);
		if (!head || strcmp(head, section))
			continue;
		f->lines->pdata[i] = g_strdup_printf("[%s]%s", to, strchr(line, ']') + 1);
		g_free(line);
	}
}

/* In front of another section. */
static void
move_section(File *f, const char *section, const char *before)
{
	guint first, end, to, unused;

	if (!section_range(f, section, 0, &first, &end))
		return;
	g_autoptr(GPtrArray) moved = g_ptr_array_new();
	for (guint i = first; i < end; i++)
		g_ptr_array_add(moved, g_strdup(f->lines->pdata[i]));
	if (*(char *)moved->pdata[moved->len - 1])	/* it was the last one: no line between them otherwise */
		g_ptr_array_add(moved, g_strdup(""));
	g_ptr_array_remove_range(f->lines, first, end - first);
	if (!section_range(f, before, 0, &to, &unused))
		to = f->lines->len;
	for (guint i = 0; i < moved->len; i++)
		g_ptr_array_insert(f->lines, (int)(to + i), moved->pdata[i]);
}

/* ---- the door ---- */

/* The file behind a symbolic link, also if that is not there yet. Yours. */
static char *
behind_link(const char *path)
{
	char *real = realpath(path, NULL);
	g_autofree char *to = real ? NULL : g_file_read_link(path, NULL);

	if (real || !to)
		return real ? real : g_strdup(path);
	g_autofree char *folder = g_path_get_dirname(path);
	return g_canonicalize_filename(to, folder);
}

typedef void (*SectionChange)(File *f, const char *section, const char *other);

static bool
with_section(const char *path, SectionChange how, const char *section, const char *other, GError **err)
{
	File f = { 0 };
	g_autofree char *target = behind_link(path);
	bool ok = file_read(&f, target, err);

	if (ok) {
		how(&f, section, other);
		g_autofree char *text = text_of(&f);
		ok = replace(target, text, f.mode, err);
	}
	file_clear(&f);
	return ok;
}

bool
conf_section_remove(const char *path, const char *section, GError **err)
{
	return with_section(path, remove_section, section, NULL, err);
}

bool
conf_section_rename(const char *path, const char *section, const char *to, GError **err)
{
	return with_section(path, rename_section, section, to, err);
}

bool
conf_section_move(const char *path, const char *section, const char *before, GError **err)
{
	return with_section(path, move_section, section, before, err);
}

bool
conf_write_all(const char *path, const ConfChange *changes, gsize n, GError **err)
{
	File f = { 0 };
	g_autofree char *target = behind_link(path);
	bool ok = true;

	for (gsize i = 0; ok && i < n; i++)
		ok = conf_can_write(changes[i].section, changes[i].name, changes[i].value, err);
	ok = ok && file_read(&f, target, err);
	if (ok) {
		for (gsize i = 0; i < n; i++)
			change(&f, changes[i].section, changes[i].name, changes[i].value);
		g_autofree char *text = text_of(&f);
		ok = replace(target, text, f.mode, err);
	}
	file_clear(&f);
	return ok;
}

bool
conf_write(const char *path, const char *section, const char *name, const char *value, GError **err)
{
	ConfChange one = { section, name, value };
	return conf_write_all(path, &one, 1, err);
}
