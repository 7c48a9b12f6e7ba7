/* roles.c - what a folder is for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Exchange Online has no SPECIAL-USE (SERVERS fact 18), so names in the languages of its users decide there. */
#include "config.h"
#include "sync/roles.h"
#include "proto/imap/parse.h"

#include <string.h>

static const struct { guint32 attr; FolderRole role; } BY_ATTR[] = {
	{ IMAP_ATTR_DRAFTS, ROLE_DRAFTS }, { IMAP_ATTR_SENT, ROLE_SENT }, { IMAP_ATTR_ARCHIVE, ROLE_ARCHIVE },
	{ IMAP_ATTR_JUNK, ROLE_JUNK }, { IMAP_ATTR_TRASH, ROLE_TRASH }, { IMAP_ATTR_ALL, ROLE_ALL },
	{ IMAP_ATTR_FLAGGED, ROLE_FLAGGED }, { IMAP_ATTR_IMPORTANT, ROLE_IMPORTANT },
};

static const struct { const char *name; FolderRole role; } BY_NAME[] = {
	{ "drafts", ROLE_DRAFTS }, { "draft", ROLE_DRAFTS }, { "entwürfe", ROLE_DRAFTS }, { "brouillons", ROLE_DRAFTS },
	{ "borradores", ROLE_DRAFTS }, { "bozze", ROLE_DRAFTS }, { "concepten", ROLE_DRAFTS }, { "rascunhos", ROLE_DRAFTS },
	{ "sent", ROLE_SENT }, { "sent items", ROLE_SENT }, { "sent mail", ROLE_SENT }, { "sent messages", ROLE_SENT },
	{ "gesendet", ROLE_SENT }, { "gesendete elemente", ROLE_SENT }, { "gesendete objekte", ROLE_SENT },
	{ "éléments envoyés", ROLE_SENT }, { "envoyés", ROLE_SENT }, { "enviados", ROLE_SENT },
	{ "elementos enviados", ROLE_SENT }, { "posta inviata", ROLE_SENT }, { "verzonden items", ROLE_SENT },
	{ "archive", ROLE_ARCHIVE }, { "archives", ROLE_ARCHIVE }, { "archiv", ROLE_ARCHIVE }, { "archivo", ROLE_ARCHIVE },
	{ "junk", ROLE_JUNK }, { "spam", ROLE_JUNK }, { "junk email", ROLE_JUNK }, { "junk e-mail", ROLE_JUNK },
	{ "junk-e-mail", ROLE_JUNK }, { "bulk mail", ROLE_JUNK }, { "courrier indésirable", ROLE_JUNK }, { "correo no deseado", ROLE_JUNK },
	{ "trash", ROLE_TRASH }, { "deleted", ROLE_TRASH }, { "deleted items", ROLE_TRASH }, { "deleted messages", ROLE_TRASH },
	{ "papierkorb", ROLE_TRASH }, { "gelöschte elemente", ROLE_TRASH }, { "gelöschte objekte", ROLE_TRASH }, { "corbeille", ROLE_TRASH },
	{ "éléments supprimés", ROLE_TRASH }, { "papelera", ROLE_TRASH }, { "elementos eliminados", ROLE_TRASH }, { "cestino", ROLE_TRASH },
	{ "prullenbak", ROLE_TRASH }, { "lixeira", ROLE_TRASH },
};

FolderRole
role_of(guint32 attrs, const char *name, char delimiter)
{
	if (!g_ascii_strcasecmp(name, "INBOX"))
		return ROLE_INBOX;
	for (guint i = 0; i < G_N_ELEMENTS(BY_ATTR); i++)
		if (attrs & BY_ATTR[i].attr)
			return BY_ATTR[i].role;
	/* only at the top, or right below the inbox or Gmail's container: a "Sent" deep in an archive is just a name */
	const char *leaf = name;
	if (delimiter && strchr(name, delimiter)) {
		gsize head = (gsize)(strchr(name, delimiter) - name);
		if (!(head == 5 && !g_ascii_strncasecmp(name, "INBOX", 5)) && *name != '[')
			return ROLE_NONE;
		leaf = name + head + 1;
	}
	g_autofree char *folded = g_utf8_strdown(leaf, -1);
	for (guint i = 0; i < G_N_ELEMENTS(BY_NAME); i++)
		if (!strcmp(folded, BY_NAME[i].name))
			return BY_NAME[i].role;
	return ROLE_NONE;
}
