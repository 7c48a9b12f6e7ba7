/* journal_keyword.c - keywords that the person sets and clears.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What the server said last is not kept beside what is shown: while a wish on a keyword waits, the
 * keywords of the message are the person's (messages.c), and the next word of the server after it
 * is done is the truth again. */
#include "config.h"
#include "store/journal_private.h"
#include "store/local.h"
#include "base/intl.h"

/* The words without that one, or with it at the end; yours; NULL: none left. */
static char *
changed(const char *keywords, const char *keyword, bool on)
{
	g_auto(GStrv) words = g_strsplit(keywords ? keywords : "", " ", -1);
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; words[i]; i++)
		if (*words[i] && g_ascii_strcasecmp(words[i], keyword))
			g_string_append_printf(out, "%s%s", out->len ? " " : "", words[i]);
	if (on)
		g_string_append_printf(out, "%s%s", out->len ? " " : "", keyword);
	return out->len ? g_strdup(out->str) : NULL;
}

static bool
show(Db *db, gint64 message, const char *keywords, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "UPDATE message SET keywords = ?2 WHERE id = ?1", err);

	if (!st)
		return false;
	stmt_int(st, 1, message);
	stmt_text(st, 2, keywords);
	return db_run(db, st, err);
}

/* What waits on that keyword goes; *counter: it said the opposite, and the server never heard of it. */
static bool
forget(Db *db, gint64 message, const char *keyword, bool on, bool *counter, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "DELETE FROM wish INDEXED BY wish_message WHERE message = ?1 AND kind = 6 AND state IN (0, 2)"
	    " AND NOT (state = 0 AND " COPIED_SINCE ") AND argument = ?2 COLLATE NOCASE RETURNING \"on\" <> ?3 AND tries = 0 AND state = 0", err);
	bool row = true;

	*counter = false;
	if (!st)
		return false;
	stmt_int(st, 1, message);
	stmt_text(st, 2, keyword);
	stmt_int(st, 3, on);
	for (;;) {
		if (!db_next(db, st, &row, err))
			return false;
		if (!row)
			return true;
		*counter |= sqlite3_column_int(st, 0) != 0;
	}
}

static bool
add(Db *db, const Message *m, const char *keyword, bool on, gint64 act, GError **err)
{
	g_autoptr(Stmt) st = db_stmt(db, "INSERT INTO wish (kind, folder, message, uidvalidity, uid, \"on\", argument, act)"
	    " VALUES (6, ?1, ?2, ?3, ?4, ?5, ?6, ?7)", err);

	if (!st)
		return false;
	stmt_int(st, 1, m->folder);
	stmt_int(st, 2, m->id);
	stmt_int(st, 3, m->uidvalidity);
	stmt_int(st, 4, m->uid);
	stmt_int(st, 5, on);
	stmt_text(st, 6, keyword);
	stmt_int(st, 7, act);
	return db_run(db, st, err);
}

bool
journal_keyword(Db *db, gint64 message, const char *keyword, bool on, gint64 act, GError **err)
{
	g_autoptr(Message) m = messages_get(db, message, err);
	bool counter;

	if (!m) {
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("This message is not there any more."));
		return false;
	}
	g_autofree char *keywords = changed(m->keywords, keyword, on);
	if (!show(db, message, keywords, err))
		return false;
	if (folders_is_local(db, m->folder))
		return true;
	return forget(db, message, keyword, on, &counter, err) && (counter || add(db, m, keyword, on, act, err));
}

/* Something newer about it, while it was under way, said the opposite: that is how it was before. */
bool
journal_keyword_failed(Db *db, const Wish *w, GError **err)
{
	g_autoptr(Message) m = messages_get(db, w->message, NULL);
	if (!m)
		return true;
	g_autofree char *keywords = changed(m->keywords, w->argument, !w->on);
	return show(db, w->message, keywords, err);
}
