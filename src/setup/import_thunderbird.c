/* import_thunderbird.c - Thunderbird: profiles.ini and the profile's prefs.js.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * prefs.js is a list of user_pref("name", value); lines; they are read, not run. Passwords lie in logins.json, encrypted
 * by a key of Thunderbird's: they are not taken. */
#include "config.h"
#include "setup/import_private.h"
#include "base/intl.h"

#include <string.h>

enum { PREFS_MAX = 20000 };

/* ---- prefs.js ---- */

/* A JavaScript string from behind its quote on; *end behind the closing one. Yours; NULL: it is not closed. */
static char *
js_string(const char *p, const char **end)
{
	GString *s = g_string_new(NULL);
	for (; *p && *p != '"'; p++) {
		if (*p != '\\') {
			g_string_append_c(s, *p);
			continue;
		}
		p++;
		if (*p == 'u' && strlen(p) > 4) {
			g_autofree char *hex = g_strndup(p + 1, 4);
			gunichar c = (gunichar)g_ascii_strtoull(hex, NULL, 16);
			g_string_append_unichar(s, g_unichar_validate(c) && c ? c : 0xfffd);
			p += 4;
		} else if (*p) {
			g_string_append_c(s, *p == 'n' ? '\n' : *p == 't' ? '\t' : *p);
		} else {
			break;
		}
	}
	if (*p == '"') {
		*end = p + 1;
		return g_string_free(s, FALSE);
	}
	g_string_free(s, TRUE);
	return NULL;
}

static GHashTable *
read_prefs(const char *text)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);

	for (char **l = lines; *l && g_hash_table_size(all) < PREFS_MAX; l++) {
		const char *at = *l, *end;
		if (!g_str_has_prefix(at, "user_pref(\""))
			continue;
		g_autofree char *name = js_string(at + strlen("user_pref(\""), &end);
		if (!name || *end != ',')
			continue;
		end += 1 + strspn(end + 1, " \t");
		char *value = *end == '"' ? js_string(end + 1, &end) : g_strndup(end, strcspn(end, ")"));
		if (value)
			g_hash_table_replace(all, g_steal_pointer(&name), g_strstrip(value));
	}
	return all;
}

static const char *pref(GHashTable *all, const char *format, ...) G_GNUC_PRINTF(2, 3);

static const char *
pref(GHashTable *all, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *name = g_strdup_vprintf(format, ap);
	va_end(ap);
	const char *value = g_hash_table_lookup(all, name);
	return value && *value ? value : NULL;
}

/* ---- accounts ---- */

enum { SOCKET_PLAIN = 0, SOCKET_STARTTLS = 2, SOCKET_TLS = 3, AUTH_OAUTH = 10 };

static guint
number(const char *text, guint usual)
{
	return text ? (guint)g_ascii_strtoull(text, NULL, 10) : usual;
}

/* The account's identities behind the first one. */
static void
take_identities(Import *i, GHashTable *p, char **ids, const char *account)
{
	for (char **id = ids; *id; id++) {
		const char *key = g_strstrip(*id), *address = pref(p, "mail.identity.%s.useremail", key);
		if (id == ids || !address)
			continue;
		g_autofree char *section = g_strconcat("identity ", address, NULL);
		if (strpbrk(section, "[]#"))
			continue;
		import_line(i, section, "account", account + strlen("account "));
		import_line(i, section, "address", address);
		if (pref(p, "mail.identity.%s.fullName", key))
			import_line(i, section, "full-name", pref(p, "mail.identity.%s.fullName", key));
		if (pref(p, "mail.identity.%s.reply_to", key))
			import_line(i, section, "reply-to", pref(p, "mail.identity.%s.reply_to", key));
		import_taken(i, _("Identity %s"), address);
	}
}

static void
take_send(Import *i, GHashTable *p, const char *smtp, ImportAccount *a)
{
	if (!smtp)
		smtp = pref(p, "mail.smtp.defaultserver");
	const char *host = smtp ? pref(p, "mail.smtpserver.%s.hostname", smtp) : NULL;
	if (!host) {
		import_left(i, _("“%s”: it has no server for sending; set “send” before you write."), a->name);
		return;
	}
	guint security = number(pref(p, "mail.smtpserver.%s.try_ssl", smtp), SOCKET_PLAIN);
	guint port = number(pref(p, "mail.smtpserver.%s.port", smtp), security == SOCKET_TLS ? 465 : 587);
	if (security == SOCKET_PLAIN)
		import_taken(i, _("%s without encryption: eilpost demands STARTTLS there"), host);
	a->send = import_url(security == SOCKET_TLS ? "smtps" : "smtp", host, port, pref(p, "mail.smtpserver.%s.username", smtp), a->address);
}

static void
take_pop(GHashTable *p, const char *server, ImportAccount *a)
{
	const char *leave = pref(p, "mail.server.%s.leave_on_server", server), *by_age = pref(p, "mail.server.%s.delete_by_age_from_server", server);
	if (g_strcmp0(leave, "true")) {
		a->keep = g_strdup("no");
	} else if (!g_strcmp0(by_age, "true")) {
		a->keep = g_strdup_printf("%u days", MAX(number(pref(p, "mail.server.%s.num_days_to_leave_on_server", server), 14), 1));
	} else {
		a->keep = g_strdup(!g_strcmp0(pref(p, "mail.server.%s.delete_mail_left_on_server", server), "true") ? "until deleted here" : "yes");
	}
}

static void
take_account(Import *i, GHashTable *p, const char *account, const char *home)
{
	const char *server = pref(p, "mail.account.%s.server", account), *ids = pref(p, "mail.account.%s.identities", account);
	const char *type = server ? pref(p, "mail.server.%s.type", server) : NULL;
	if (!type || !strcmp(type, "none"))
		return;
	const char *shown = pref(p, "mail.server.%s.name", server), *host = pref(p, "mail.server.%s.hostname", server);
	bool pop = !strcmp(type, "pop3");
	if (!pop && strcmp(type, "imap")) {
		import_left(i, _("“%s”: eilpost does not know %s; it reads IMAP and POP3 servers."), shown ? shown : host ? host : account, type);
		return;
	}
	g_auto(GStrv) all = g_strsplit(ids ? ids : "", ",", -1);
	const char *id = all[0] ? g_strstrip(all[0]) : "";
	guint security = number(pref(p, "mail.server.%s.socketType", server), SOCKET_PLAIN);
	guint port = number(pref(p, "mail.server.%s.port", server), 0);
	ImportAccount a = { .name = g_strdup(shown ? shown : host), .address = g_strdup(pref(p, "mail.identity.%s.useremail", id)),
		.full_name = g_strdup(pref(p, "mail.identity.%s.fullName", id)) };
	a.receive = import_url(security == SOCKET_TLS ? pop ? "pop3s" : "imaps" : pop ? "pop3" : "imap", host, port, pref(p, "mail.server.%s.userName", server), a.address);
	if (security != SOCKET_TLS && security != SOCKET_STARTTLS && host)
		import_taken(i, _("%s without encryption: eilpost demands STARTTLS there"), host);
	if (number(pref(p, "mail.server.%s.authMethod", server), 0) == AUTH_OAUTH) {
		a.auth = g_strdup("oauth2");
		import_left(i, _("The sign-in of “%s”: it belongs to Thunderbird; eilpost asks for its own."), a.name);
	}
	if (pop)
		take_pop(p, server, &a);
	take_send(i, p, pref(p, "mail.identity.%s.smtpServer", id), &a);
	if (!g_strcmp0(pref(p, "mail.identity.%s.attach_signature", id), "true"))
		a.signature_file = g_strdup(pref(p, "mail.identity.%s.sig_file", id));
	if (pref(p, "mail.identity.%s.htmlSigText", id))
		import_left(i, _("The signature of “%s” is kept in Thunderbird itself; eilpost takes a file (signature-file)."), a.name);
	if (import_account(i, &a))
		take_identities(i, p, all, import_section(i));
}

/* ---- the profile ---- */

/* The profile that is used by default; yours; NULL: none. */
static char *
profile_of(const char *ini)
{
	g_autoptr(GKeyFile) f = g_key_file_new();
	g_autofree char *folder = g_path_get_dirname(ini), *chosen = NULL;
	if (!g_key_file_load_from_file(f, ini, G_KEY_FILE_NONE, NULL))
		return NULL;
	g_auto(GStrv) groups = g_key_file_get_groups(f, NULL);
	for (char **g = groups; *g && !chosen; g++)
		if (g_str_has_prefix(*g, "Install"))
			chosen = g_key_file_get_string(f, *g, "Default", NULL);
	for (int any = 0; any < 2 && !chosen; any++)
		for (char **g = groups; *g && !chosen; g++)
			if (g_str_has_prefix(*g, "Profile") && (any || g_key_file_get_boolean(f, *g, "Default", NULL)))
				chosen = g_key_file_get_string(f, *g, "Path", NULL);
	return !chosen ? NULL : g_path_is_absolute(chosen) ? g_steal_pointer(&chosen) : g_build_filename(folder, chosen, NULL);
}

bool
import_thunderbird(Import *i, const char *path, const char *home, GError **err)
{
	g_autofree char *profile = profile_of(path), *prefs = profile ? g_build_filename(profile, "prefs.js", NULL) : NULL;
	if (!prefs) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, "%s", _("Thunderbird's profiles.ini names no profile."));
		return false;
	}
	g_autofree char *text = import_file(prefs, err);
	if (!text)
		return false;
	g_autoptr(GHashTable) all = read_prefs(text);
	g_auto(GStrv) accounts = g_strsplit(pref(all, "mail.accountmanager.accounts") ? pref(all, "mail.accountmanager.accounts") : "", ",", -1);
	for (char **a = accounts; *a; a++)
		take_account(i, all, g_strstrip(*a), home);
	if (i->n_accounts) {
		import_left(i, "%s", _("Passwords: Thunderbird encrypts them with a key of its own; eilpost asks for them."));
		import_left(i, "%s", _("Address books, filters and calendars: eilpost has none yet."));
	} else {
		import_left(i, "%s", _("No account for IMAP or POP3 is in Thunderbird's profile."));
	}
	return true;
}
