/* ahead.c - texts that are fetched before anybody asks for them, and those that were asked for without a connection.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/engine_private.h"
#include "base/log.h"

#include <string.h>

/* ---- asked for without a connection ---- */

static void
change_wanted(Engine *e, gint64 message, const char *section, bool (*change)(Db *, gint64, const char *, GError **))
{
	g_autoptr(GError) err = NULL;

	headers_flush(e);
	if (!store_begin(e, &err) || !change(e->db, message, section, &err) || !db_commit(e->db, &err)) {
		db_rollback(e->db);
		log_line(LOG_WARN, "store", "what waits for a connection: %s", err->message);
	}
}

void
wanted_later(Engine *e, gint64 message, const char *section)
{
	change_wanted(e, message, section, wanted_add);
}

void
wanted_done(Engine *e, gint64 message, const char *section)
{
	if (wanted_has(e->db, message, section))
		change_wanted(e, message, section, wanted_remove);
}

void
wanted_wait(Engine *e, const char *why)
{
	g_autoptr(GArray) opening = e->opening;

	e->opening = g_array_new(FALSE, FALSE, sizeof(gint64));
	for (guint i = 0; i < opening->len; i++)
		wanted_refuse(e, g_array_index(opening, gint64, i), WANTED_TEXT, why);
	large_stop_all(e, why);
}

void
wanted_refuse(Engine *e, gint64 message, const char *section, const char *why)
{
	bool text = !strcmp(section, WANTED_TEXT);

	wanted_later(e, message, section);
	fetch_failed(e, message, text ? "" : section, why);
	if (!text)
		save_failed(e, message, section, why);
}

static void
want_text(Engine *e, gint64 message)
{
	for (guint i = 0; i < e->opening->len; i++)
		if (g_array_index(e->opening, gint64, i) == message)
			return;
	g_array_prepend_val(e->opening, message);
}

void
wanted_wake(Engine *e)
{
	g_autoptr(GArray) list = wanted_list(e->db, NULL);

	e->wake_wanted |= list && list->len > 0 && !e->offline;
}

/* There is a connection, and room. */
void
wanted_load(Engine *e)
{
	g_autoptr(GArray) list = wanted_list(e->db, NULL);

	if (!list || list->len == 0 || !engine_has_room(e))
		return;
	for (guint i = 0; i < list->len; i++) {
		const Wanted *w = &g_array_index(list, Wanted, i);
		g_autoptr(Message) m = messages_get(e->db, w->message, NULL);
		bool text = !strcmp(w->section, WANTED_TEXT);
		if (!m || (text ? m->body_here : bodies_has(e->db, w->message, w->section)))
			wanted_done(e, w->message, w->section);
		else if (text)
			want_text(e, w->message);
		else
			large_want(e, w->message, w->section, true);
	}
}
