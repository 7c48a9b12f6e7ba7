/* server.c - what the server says of the account as a whole.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A namespace is a line of its fact: space, delimiter as a number, prefix. */
#include "config.h"
#include "store/server.h"

#include <stdio.h>
#include <string.h>

static void
namespace_free(gpointer p)
{
	g_free(((Namespace *)p)->prefix);
	g_free(p);
}

GPtrArray *
namespaces_new(void)
{
	return g_ptr_array_new_with_free_func(namespace_free);
}

void
namespaces_add(GPtrArray *spaces, FolderSpace space, const char *prefix, char delimiter)
{
	Namespace *n = g_new0(Namespace, 1);

	n->space = space;
	n->delimiter = delimiter;
	n->prefix = g_strdup(prefix);
	g_ptr_array_add(spaces, n);
}

GPtrArray *
namespaces_get(Db *db)
{
	g_autofree char *text = db_fact(db, "namespaces");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	GPtrArray *spaces = namespaces_new();

	for (char **l = lines; *l; l++) {
		guint space, delimiter;
		int at = 0;
		if (sscanf(*l, "%u %u %n", &space, &delimiter, &at) >= 2 && at && space <= SPACE_SHARED)
			namespaces_add(spaces, (FolderSpace)space, *l + at, (char)delimiter);
	}
	return spaces;
}

bool
namespaces_set(Db *db, const GPtrArray *spaces, GError **err)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *before = db_fact(db, "namespaces");

	for (guint i = 0; i < spaces->len; i++) {
		const Namespace *n = g_ptr_array_index(spaces, i);
		if (strpbrk(n->prefix, "\r\n"))
			continue;
		g_string_append_printf(text, "%u %u %s\n", n->space, (guint)(guchar)n->delimiter, n->prefix);
	}
	return !g_strcmp0(before, text->str) || db_set_fact(db, "namespaces", text->str, err);
}

FolderSpace
namespaces_of(const GPtrArray *spaces, const char *wire)
{
	FolderSpace space = SPACE_PERSONAL;
	gsize longest = 0;

	for (guint i = 0; i < spaces->len; i++) {
		const Namespace *n = g_ptr_array_index(spaces, i);
		gsize len = strlen(n->prefix);
		/* "Public" itself belongs to "Public/" */
		gsize head = len && n->delimiter && n->prefix[len - 1] == n->delimiter ? len - 1 : len;
		bool fits = len > longest && !strncmp(wire, n->prefix, head) && (!wire[head] || head == len || wire[head] == n->delimiter);
		if (fits) {
			space = n->space;
			longest = len;
		}
	}
	return g_ascii_strcasecmp(wire, "INBOX") ? space : SPACE_PERSONAL;
}

char *
namespaces_personal(Db *db, char *delimiter)
{
	g_autoptr(GPtrArray) spaces = namespaces_get(db);

	for (guint i = 0; i < spaces->len; i++) {
		const Namespace *n = g_ptr_array_index(spaces, i);
		if (n->space != SPACE_PERSONAL)
			continue;
		*delimiter = n->delimiter;
		return g_strdup(n->prefix);
	}
	g_autoptr(Folder) inbox = folders_role(db, ROLE_INBOX, NULL);
	*delimiter = inbox ? inbox->delimiter : 0;
	return g_strdup("");
}

Quota
quota_get(Db *db)
{
	g_autofree char *text = db_fact(db, "quota");
	Quota q = { 0 };

	q.told = text && sscanf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
		&q.used, &q.limit, &q.messages, &q.messages_limit) == 4;
	return q;
}

bool
quota_set(Db *db, const Quota *q, GError **err)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
		q->used, q->limit, q->messages, q->messages_limit);
	g_autofree char *before = db_fact(db, "quota");

	return !g_strcmp0(before, text) || db_set_fact(db, "quota", text, err);
}

static guint
percent(guint64 used, guint64 limit)
{
	return limit ? (guint)MIN(used / (double)limit * 100, 1000) : 0;
}

guint
quota_percent(const Quota *q)
{
	return MAX(percent(q->used, q->limit), percent(q->messages, q->messages_limit));
}
