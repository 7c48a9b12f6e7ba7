/* tags.c - the messages that are tagged, of the folder on the screen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "base/intl.h"
#include "store/threads.h"

static GHashTable *
tags(App *a)
{
	if (!a->tagged)
		a->tagged = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return a->tagged;
}

static void
set(App *a, gint64 id, bool on)
{
	if (on)
		g_hash_table_add(tags(a), g_memdup2(&id, sizeof id));
	else
		g_hash_table_remove(tags(a), &id);
}

void
tags_remove(App *a, gint64 id)
{
	set(a, id, false);
}

void
tags_clear(App *a)
{
	if (a->tagged)
		g_hash_table_remove_all(a->tagged);
}

guint
tags_count(const App *a)
{
	return a->tagged ? g_hash_table_size(a->tagged) : 0;
}

static gint
by_id(gconstpointer a, gconstpointer b)
{
	gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
	return x < y ? -1 : x > y;
}

GArray *
tags_ids(App *a)
{
	GArray *ids = g_array_sized_new(FALSE, FALSE, sizeof(gint64), tags_count(a));
	AppAccount *acc = app_account(a);
	GHashTableIter it;
	gpointer id;

	/* one that went meanwhile, by whoever's hand, is nobody's to act on here */
	g_hash_table_iter_init(&it, tags(a));
	while (g_hash_table_iter_next(&it, &id, NULL))
		if (acc && messages_is_in(acc->db, *(gint64 *)id, a->folder))
			g_array_append_val(ids, *(gint64 *)id);
		else
			g_hash_table_iter_remove(&it);
	g_array_sort(ids, by_id);
	return ids;
}

GArray *
tags_fitting(App *a, const char *pattern, GError **err)
{
	AppAccount *acc = app_account(a);
	/* what the list does not show is not meant, as in mutt */
	const char *shown = a->list ? listview_limit(a->list) : NULL;
	g_autofree char *both = shown ? g_strdup_printf("(%s) (%s)", shown, pattern) : g_strdup(pattern);
	g_autoptr(MessageLimit) limit = acc ? messages_limit_new(pattern, err) : NULL;
	if (limit && shown) {
		messages_limit_free(g_steal_pointer(&limit));
		limit = messages_limit_new(both, err);
	}
	g_autoptr(GArray) keys = limit ? messages_keys(acc->db, a->folder, limit, NULL, false, true, G_MAXINT32, 0, NULL, NULL, err) : NULL;

	if (!keys)
		return NULL;
	GArray *ids = g_array_sized_new(FALSE, FALSE, sizeof(gint64), keys->len);
	for (guint i = 0; i < keys->len; i++)
		g_array_append_val(ids, g_array_index(keys, MessageKey, i).id);
	return ids;
}

/* ---- commands ---- */

static void
say_count(App *a)
{
	guint n = tags_count(a);
	if (n == 0)
		app_say(a, STYLE_STATUS, "%s", _("No message is tagged; t tags one."));
	else
		app_say(a, STYLE_STATUS, ngettext("%u message is tagged; “;” and a command acts on it.", "%u messages are tagged; “;” and a command acts on them.", n), n);
}

void
cmd_tag(App *a, const char *arg)
{
	const MessageRow *row = a->list ? listview_current(a->list) : NULL;
	if (!row)
		return;
	set(a, row->key.id, !g_hash_table_contains(tags(a), &row->key.id));
	if (a->focus == PANE_INDEX)
		listview_move(a->list, 1);
}

void
cmd_tag_thread(App *a, const char *arg)
{
	const MessageRow *row = a->list ? listview_current(a->list) : NULL;
	AppAccount *acc = app_account(a);
	g_autoptr(GArray) ids = row && acc ? threads_messages(acc->db, row->key.id, NULL) : NULL;
	bool on = row && !g_hash_table_contains(tags(a), &row->key.id);

	for (guint i = 0; ids && i < ids->len; i++)
		set(a, g_array_index(ids, gint64, i), on);
	say_count(a);
}

static void
tag_fitting(App *a, const char *pattern, bool on)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(GArray) ids = pattern && *pattern ? tags_fitting(a, pattern, &err) : NULL;

	if (err)
		app_say(a, STYLE_WARN, "%s", err->message);
	if (!ids)
		return;
	for (guint i = 0; i < ids->len; i++)
		set(a, g_array_index(ids, gint64, i), on);
	say_count(a);
}

static void tag_these(App *a, const char *pattern) { tag_fitting(a, pattern, true); }
static void untag_these(App *a, const char *pattern) { tag_fitting(a, pattern, false); }

void
cmd_tag_pattern(App *a, const char *arg)
{
	if (arg)
		tag_these(a, arg);
	else
		app_ask_line(a, PROMPT_LIMIT, _("Tag messages that fit (~A all, ~f from, ~s subject): "), NULL, tag_these);
}

void
cmd_untag_pattern(App *a, const char *arg)
{
	if (arg)
		untag_these(a, arg);
	else
		app_ask_line(a, PROMPT_LIMIT, _("Untag messages that fit (~A all): "), NULL, untag_these);
}

void
cmd_tag_prefix(App *a, const char *arg)
{
	if (tags_count(a) == 0) {
		app_say(a, STYLE_STATUS, "%s", _("No message is tagged; t tags one."));
		return;
	}
	a->apply_tagged = true;
	a->apply_fresh = true;
	guint n = tags_count(a);
	app_say(a, STYLE_STATUS, ngettext("The next command acts on %u tagged message.", "The next command acts on %u tagged messages.", n), n);
}
