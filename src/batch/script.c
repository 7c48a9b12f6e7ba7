/* script.c - what the commands for scripts share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "batch/script.h"
#include "base/intl.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool
take_number(Script *s, const char *text)
{
	guint64 n;

	if (!text || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT, &n, NULL))
		return false;
	s->most = (guint)n;
	return true;
}

bool
script_begin(Script *s, const Batch *h, char **args, const char *usage)
{
	bool well = true, options = true;

	*s = (Script){ .h = h, .words = g_ptr_array_new_with_free_func(g_free) };
	for (char **p = args; p && *p && well; p++) {
		if (!options || **p != '-' || !(*p)[1])
			g_ptr_array_add(s->words, intl_text(*p));
		else if (!strcmp(*p, "--"))
			options = false;
		else if (!strcmp(*p, "--json"))
			s->json = true;
		else if (!strcmp(*p, "-n"))
			well = take_number(s, *++p);
		else
			well = false;
		if (!*p)
			break;
	}
	if (!well) {
		fprintf(stderr, "%s\n", usage);
		script_end(s);
		return false;
	}
	signal(SIGPIPE, SIG_DFL);	/* "| head" has what it wanted */
	return true;
}

void
script_end(Script *s)
{
	g_clear_pointer(&s->words, g_ptr_array_unref);
}

Db *
script_store(const Script *s, const Account *a)
{
	g_autoptr(GError) err = NULL;
	Db *db = batch_store(s->h, a, &err);

	if (!db)
		fprintf(stderr, "%s: %s\n", a->name, err->message);
	return db;
}

char *
script_time(gint64 when)
{
	g_autoptr(GDateTime) t = when ? g_date_time_new_from_unix_local(when) : NULL;
	return t ? g_date_time_format(t, "%Y-%m-%d %H:%M") : NULL;
}

char *
script_id(const Account *a, gint64 message)
{
	return g_strdup_printf("%s:%" G_GINT64_FORMAT, a->name, message);
}

Account *
script_account_of(const Script *s, const char *id, gint64 *message)
{
	const char *colon = strrchr(id, ':');
	g_autofree char *name = colon ? g_strndup(id, (gsize)(colon - id)) : NULL;
	const GPtrArray *all = conf_accounts(s->h->conf);
	guint64 n;

	if (!g_ascii_string_to_unsigned(colon ? colon + 1 : id, 10, 1, G_MAXINT64, &n, NULL))
		return NULL;
	*message = (gint64)n;
	if (name)
		return batch_account(s->h, name);
	return s->h->account ? batch_account(s->h, s->h->account) : all->len == 1 ? g_ptr_array_index(all, 0) : NULL;
}
