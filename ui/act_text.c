/* act_text.c - an act in words, for the bottom line and the history.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "base/intl.h"
#include "store/acts.h"

#include <string.h>

static char *
folder_name(const AppAccount *acc, gint64 id)
{
	for (guint i = 0; acc && i < acc->folders->len; i++) {
		const Folder *f = g_ptr_array_index(acc->folders, i);
		if (f->id != id)
			continue;
		g_autofree char *shown = folders_shown_name(acc, f->name);
		g_autoptr(Clean) name = rows_folder_name(f->role, shown);
		return g_strdup(clean_peek(name));
	}
	return g_strdup("?");
}

static char *
flag_text(const Act *act)
{
	guint n = act->n;
	switch (act->flag) {
	case FLAG_SEEN:
		return act->on ? g_strdup_printf(ngettext("%u message marked as read", "%u messages marked as read", n), n) :
			g_strdup_printf(ngettext("%u message marked as unread", "%u messages marked as unread", n), n);
	case FLAG_FLAGGED:
		return act->on ? g_strdup_printf(ngettext("%u message flagged", "%u messages flagged", n), n) :
			g_strdup_printf(ngettext("flag taken from %u message", "flag taken from %u messages", n), n);
	default:
		return g_strdup_printf(ngettext("flag of %u message changed", "flags of %u messages changed", n), n);
	}
}

static char *
of_folder(const AppAccount *acc, const Act *act, const char *now)
{
	g_autofree char *name = folders_shown_name(acc, act->text ? act->text : "");

	switch (act->kind) {
	case ACT_FOLDER_CREATE:	return g_strdup_printf(_("folder %s made"), name);
	case ACT_FOLDER_RENAME:	/* or was, and is called as before */
		return strcmp(name, now) ? g_strdup_printf(_("folder %s is called %s now"), name, now) : g_strdup_printf(_("folder %s renamed"), name);
	case ACT_FOLDER_DELETE:	return g_strdup_printf(_("folder %s deleted"), name);
	default:		return g_strdup_printf(act->on ? _("folder %s subscribed") : _("folder %s not subscribed any more"), name);
	}
}

char *
act_text(const AppAccount *acc, const Act *act)
{
	g_autofree char *to = folder_name(acc, act->target), *from = folder_name(acc, act->folder);
	guint n = act->n;

	if (act_is_of_folder(act))
		return of_folder(acc, act, to);
	switch (act->kind) {
	case ACT_FLAG:		return flag_text(act);
	case ACT_READ_ALL:	return g_strdup_printf(ngettext("%u message of %s marked as read", "%u messages of %s marked as read", n), n, from);
	case ACT_KEYWORD:
		return act->on ? g_strdup_printf(ngettext("label %2$s set on %1$u message", "label %2$s set on %1$u messages", n), n, act->text) :
			g_strdup_printf(ngettext("label %2$s taken from %1$u message", "label %2$s taken from %1$u messages", n), n, act->text);
	case ACT_APPEND:	return g_strdup_printf(ngettext("%u message put into %s", "%u messages put into %s", n), n, to);
	case ACT_COPY:		return g_strdup_printf(ngettext("%u message copied to %s", "%u messages copied to %s", n), n, to);
	case ACT_DELETE:	return g_strdup_printf(ngettext("%u message deleted for good", "%u messages deleted for good", n), n);
	case ACT_EMPTY:		return g_strdup_printf(ngettext("%s emptied: %u message deleted", "%s emptied: %u messages deleted", n), from, n);
	default:		return g_strdup_printf(ngettext("%u message moved to %s", "%u messages moved to %s", n), n, to);
	}
}
