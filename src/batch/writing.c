/* writing.c - a mail that the command line begins.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "batch/writing.h"
#include "base/intl.h"
#include "mail/mailto.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BODY_MAX = 8 * 1024 * 1024 };

void
writing_clear(Writing *w)
{
	g_free(w->subject);
	g_free(w->body_file);
	g_free(w->template_file);
	g_strfreev(w->cc);
	g_strfreev(w->bcc);
	g_strfreev(w->attach);
}

static bool
attach(Draft *d, const char *path, GError **err)
{
	GStatBuf st;
	if (g_stat(path, &st) != 0 || access(path, R_OK) != 0) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s can't be read: %s"), path,
			g_strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s is not a file."), path);
		return false;
	}
	g_autofree char *name = g_path_get_basename(path);
	DraftAttachment *a = draft_attach(d);
	a->path = g_canonicalize_filename(path, NULL);
	a->name = g_filename_display_name(name);
	return true;
}

static bool
take_body(Draft *d, const char *path, GError **err)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) why = NULL;
	GStatBuf st;
	gsize len;

	if (g_stat(path, &st) == 0 && st.st_size > BODY_MAX) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER,
			_("%s is too long for the text of a mail."), path);
		return false;
	}
	if (!g_file_get_contents(path, &text, &len, &why)) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s can't be read: %s"), path,
			why->message);
		return false;
	}
	g_free(d->body);
	d->body = g_utf8_make_valid(text, (gssize)len);
	return true;
}

static void
take_header(Draft *d, const char *name, const char *value)
{
	static const struct { const char *name; DraftField field; } fields[] = {
		{ "To", DRAFT_TO }, { "Cc", DRAFT_CC }, { "Bcc", DRAFT_BCC }, { "Reply-To", DRAFT_REPLY_TO },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (!g_ascii_strcasecmp(name, fields[i].name))
			mailto_add_address(d, fields[i].field, value);
	if (!g_ascii_strcasecmp(name, "Subject"))
		draft_set(d, DRAFT_SUBJECT, value);
}

/* Lines "Name: value" (going on where a line begins with a blank), an empty line, the text: the person's own file,
 * written as one reads it. */
static bool
take_template(Draft *d, const char *path, GError **err)
{
	if (!take_body(d, path, err))
		return false;
	g_autofree char *text = g_steal_pointer(&d->body);
	g_autoptr(GString) line = g_string_new(NULL);
	char *p = text;

	for (gsize n; *p && *p != '\n' && *p != '\r'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		g_string_append_len(line, p, (gssize)n);
		char next = p[n] ? p[n + 1] : 0;
		if (next == ' ' || next == '\t')
			continue;
		char *colon = strchr(line->str, ':');
		if (colon) {
			*colon = 0;
			take_header(d, line->str, g_strstrip(colon + 1));
		}
		g_string_truncate(line, 0);
	}
	p += *p == '\r';
	p += *p == '\n';
	d->body = g_strdup(p);
	return true;
}

/* -a one two -- anna@example.org: where the addresses begin. */
static char **
take_files(Draft *d, const Writing *w, char **rest, bool *ok, GError **err)
{
	char **end = rest;

	for (char **p = w->attach; p && *p && *ok; p++)
		*ok = attach(d, *p, err);
	if (!w->attach || !rest)
		return rest;
	while (*end && strcmp(*end, "--"))
		end++;
	if (!*end)
		return rest;
	for (; rest < end && *ok; rest++)
		*ok = attach(d, *rest, err);
	return end + 1;
}

static bool
take_address(Draft *d, const char *raw, GError **err)
{
	g_autofree char *text = intl_text(raw);
	g_autofree char *problem = NULL;
	g_auto(GStrv) entries = NULL;

	if (!g_ascii_strncasecmp(text, "mailto:", 7)) {
		if (mailto_add(d, text, &problem))
			return true;
		g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER, problem);
		return false;
	}
	entries = draft_split_addresses(text);
	for (char **e = entries; *e; e++) {
		g_autofree char *why = NULL, *address = draft_address(*e, &why);
		if (address)
			continue;
		g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER, why);
		return false;
	}
	mailto_add_address(d, DRAFT_TO, text);
	return true;
}

Draft *
writing_draft(const Writing *w, char **rest, GError **err)
{
	bool ok = true;

	if (!w->subject && !w->body_file && !w->template_file && !w->cc && !w->bcc && !w->attach && (!rest || !rest[0]))
		return NULL;
	g_autoptr(Draft) d = draft_new();
	if (w->template_file)
		ok = take_template(d, w->template_file, err);
	rest = take_files(d, w, rest, &ok, err);
	if (w->subject)
		draft_set(d, DRAFT_SUBJECT, w->subject);
	for (char **p = w->cc; p && *p; p++)
		mailto_add_address(d, DRAFT_CC, *p);
	for (char **p = w->bcc; p && *p; p++)
		mailto_add_address(d, DRAFT_BCC, *p);
	for (; ok && rest && *rest; rest++)
		ok = !strcmp(*rest, "--") || take_address(d, *rest, err);
	if (ok && w->body_file)
		ok = take_body(d, w->body_file, err);
	return ok ? g_steal_pointer(&d) : NULL;
}
