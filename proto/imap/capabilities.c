/* capabilities.c - what the server can, what was switched on, and what that changes: names in UTF-8.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Above the session a mailbox has one name, in modified UTF-7, whatever was enabled: the store keeps folders by it, and a
 * server that learns UTF8=ACCEPT (RFC 6855) or IMAP4rev2 (RFC 9051, 5.1) must not make every folder a new one. */
#include "config.h"
#include "proto/imap/session_private.h"
#include "proto/imap/utf7.h"

#include <string.h>

/* "COMPRESS" names "COMPRESS=DEFLATE" too. */
static bool
named(const char *const *names, const char *word)
{
	for (; *names; names++) {
		gsize n = strlen(*names);
		if (n && !g_ascii_strncasecmp(*names, word, n) && (!word[n] || (word[n] == '=' && !strchr(*names, '='))))
			return true;
	}
	return false;
}

/* As g_strv_contains; asked for each message, so that most words are not worth a call. */
static bool
contains(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (**words == *word && !strcmp(*words, word))
			return true;
	return false;
}

void
session_set_capabilities(ImapSession *s, char **words)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	for (; words && *words; words++)
		if (!named((const char *const *)s->disabled, *words))
			g_ptr_array_add(all, g_strdup(*words));
	g_ptr_array_add(all, NULL);
	g_strfreev(s->capabilities);
	s->capabilities = g_strdupv((char **)all->pdata);
}

/* What was an extension of IMAP4rev1 and is a part of IMAP4rev2 (RFC 9051, appendix E); of BINARY what is about FETCH. */
static const char *const REV2[] = {
	"NAMESPACE", "UNSELECT", "UIDPLUS", "ESEARCH", "SEARCHRES", "ENABLE", "IDLE", "SASL-IR", "LIST-EXTENDED", "LIST-STATUS",
	"MOVE", "LITERAL-", "STATUS=SIZE", "BINARY", NULL
};

bool
imap_capabilities_have(const char *const *words, const char *capability)
{
	if (!words)
		return false;
	if (contains(words, capability))
		return true;
	/* beside IMAP4rev1 a server says what else it has */
	return contains(REV2, capability) && contains(words, "IMAP4REV2") && !contains(words, "IMAP4REV1");
}

bool
imap_session_can(const ImapSession *s, const char *capability)
{
	if (s->idle_refused && !strcmp(capability, "IDLE"))
		return false;
	if (!imap_capabilities_have((const char *const *)s->capabilities, capability))
		return contains(REV2, capability) && imap_session_enabled(s, "IMAP4REV2") &&
			!named((const char *const *)s->disabled, capability);
	return !named((const char *const *)s->disabled, capability);
}

const char *const *
imap_session_capabilities(const ImapSession *s)
{
	return s->capabilities_final ? (const char *const *)s->capabilities : NULL;
}

bool
imap_session_asks_capabilities(const ImapSession *s)
{
	for (guint i = 0; i < s->flights->len; i++)
		if (((const Flight *)g_ptr_array_index(s->flights, i))->kind == FLIGHT_CAPABILITY)
			return true;
	return false;
}

const char *const *
imap_session_offers(const ImapSession *s)
{
	return (const char *const *)s->capabilities;
}

guint64
imap_session_append_limit(const ImapSession *s)
{
	guint64 limit = 0;

	for (char **c = s->capabilities; c && *c; c++)
		if (g_str_has_prefix(*c, "APPENDLIMIT=") && imap_parse_u63(*c + 12, strlen(*c + 12), &limit))
			return limit;
	return 0;
}

void
session_set_enabled(ImapSession *s, char **words)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	for (char **w = s->enabled; w && *w; w++)
		g_ptr_array_add(all, g_strdup(*w));
	for (; words && *words; words++)
		g_ptr_array_add(all, g_strdup(*words));
	g_ptr_array_add(all, NULL);
	g_strfreev(s->enabled);
	s->enabled = g_strdupv((char **)all->pdata);
	s->utf8 = imap_session_enabled(s, "UTF8=ACCEPT") || imap_session_enabled(s, "IMAP4REV2");
}

bool
imap_session_enabled(const ImapSession *s, const char *what)
{
	return s->enabled && g_strv_contains((const char *const *)s->enabled, what);
}

/* ---- names ---- */

bool
session_names_wait(const ImapSession *s)
{
	for (guint i = 0; i < s->flights->len; i++) {
		const Flight *f = g_ptr_array_index(s->flights, i);
		if (f->command && !strcmp(f->command->verb, "ENABLE") &&
			(strstr(f->command->text->str, "UTF8=ACCEPT") || strstr(f->command->text->str, "IMAP4rev2")))
			return true;
	}
	return false;
}

static bool
has_controls(const char *name)
{
	for (; *name; name++)
		if (g_ascii_iscntrl(*name))
			return true;
	return false;
}

char *
session_name_written(const ImapSession *s, const char *wire)
{
	g_autofree char *utf8 = s->utf8 ? imap_utf7_decode(wire) : NULL;
	/* one with a line end in it would end the command (P8): the server knows none of the other spelling, and says so */
	const char *name = utf8 && !has_controls(utf8) ? utf8 : wire;
	GString *out = g_string_new(NULL);

	imap_quote(out, name, strlen(name));
	return g_string_free(out, FALSE);
}

static void
to_wire(char **name)
{
	char *wire = *name ? imap_utf7_encode(*name) : NULL;

	if (!wire)
		return;
	g_free(*name);
	*name = wire;
}

void
session_names_read(const ImapSession *s, ImapResponse *r)
{
	if (!s->utf8)
		return;
	to_wire(&r->list.name);
	to_wire(&r->list.old_name);
	to_wire(&r->mailbox.name);
	GPtrArray *spaces[] = { r->personal, r->other_users, r->shared };
	for (guint i = 0; i < G_N_ELEMENTS(spaces); i++)
		for (guint k = 0; spaces[i] && k < spaces[i]->len; k++)
			to_wire(&((ImapNamespace *)g_ptr_array_index(spaces[i], k))->prefix);
}
