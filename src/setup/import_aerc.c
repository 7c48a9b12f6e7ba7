/* import_aerc.c - aerc: accounts.conf, a section for each account.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "setup/import_private.h"
#include "base/intl.h"

#include <string.h>

/* aerc's INI has no GKeyFile form everywhere (names with spaces around, no groups first), so it is read by lines. */
typedef struct { char *name; GHashTable *values; } Section;

static const char *
get(const Section *s, const char *name)
{
	return g_hash_table_lookup(s->values, name);
}

/* "imaps+oauthbearer://user%40host:pass@host:993": our URL, NULL: not of our kinds. Yours. */
static char *
url_of(Import *i, const Section *s, const char *text, const char *address, bool *oauth)
{
	static const struct { const char *aerc, *ours; guint port; } kinds[] = {
		{ "imaps", "imaps", 993 }, { "imap", "imap", 143 }, { "smtps", "smtps", 465 }, { "smtp", "smtp", 587 },
	};
	const char *sep = text ? strstr(text, "://") : NULL;
	if (!sep)
		return NULL;
	g_autofree char *scheme = g_ascii_strdown(text, sep - text), *authority = g_strndup(sep + 3, strcspn(sep + 3, "/?"));
	char *plus = strchr(scheme, '+');
	*oauth |= plus && (strstr(plus, "oauthbearer") || strstr(plus, "xoauth2"));
	if (plus && strstr(plus, "insecure")) {
		import_left(i, _("%s of “%s”: without encryption eilpost talks to this computer only; STARTTLS is demanded."), scheme, s->name);
	}
	if (plus)
		*plus = 0;
	guint k = 0;
	while (k < G_N_ELEMENTS(kinds) && strcmp(kinds[k].aerc, scheme))
		k++;
	if (k == G_N_ELEMENTS(kinds)) {
		import_left(i, _("“%s”: eilpost does not know %s; it reads IMAP and POP3 servers."), s->name, scheme);
		return NULL;
	}
	char *at = strrchr(authority, '@'), *host = at ? at + 1 : authority, *colon;
	g_autofree char *user = NULL;
	if (at) {
		*at = 0;
		if ((colon = strchr(authority, ':'))) {
			*colon = 0;
			import_left(i, "%s", _("A password that stood in the file: it is not copied; eilpost asks for it, or takes it from password-command."));
		}
		user = g_uri_unescape_string(authority, NULL);
	}
	guint port = kinds[k].port;
	if ((colon = strrchr(host, ':'))) {
		*colon = 0;
		port = (guint)g_ascii_strtoull(colon + 1, NULL, 10);
	}
	return import_url(kinds[k].ours, host, port, user, address);
}

static char *
check_of(const char *text)
{
	char *end;
	gint64 n = text ? MIN(g_ascii_strtoll(text, &end, 10), 86400) : 0;
	if (n <= 0)
		return NULL;
	gint64 minutes = *end == 'h' ? n * 60 : *end == 's' ? MAX(n / 60, 1) : n;
	return g_strdup_printf("startup, push, every %d minutes", (int)CLAMP(minutes, 1, 1440));
}

static void
take(Import *i, const Section *s, const char *home)
{
	ImportAccount a = { .name = g_strdup(s->name) };
	const char *from = get(s, "from"), *open = from ? strchr(from, '<') : NULL;
	bool oauth = false;

	a.address = open ? g_strndup(open + 1, strcspn(open + 1, ">")) : g_strdup(from);
	if (open && open > from) {
		g_autofree char *name = g_strstrip(g_strndup(from, (gsize)(open - from)));
		gsize n = strlen(name);
		a.full_name = n > 1 && name[0] == '"' && name[n - 1] == '"' ? g_strndup(name + 1, n - 2) : g_strdup(name);
	}
	a.receive = url_of(i, s, get(s, "source"), a.address, &oauth);
	const char *outgoing = get(s, "outgoing");
	if (outgoing && strstr(outgoing, "://"))
		a.send = url_of(i, s, outgoing, a.address, &oauth);
	else if (outgoing)
		import_left(i, _("“outgoing = %s” of “%s”: eilpost sends by SMTP itself."), outgoing, s->name);
	a.auth = oauth ? g_strdup("oauth2") : NULL;
	a.password_command = g_strdup(get(s, "source-cred-cmd"));
	if (get(s, "outgoing-cred-cmd") && g_strcmp0(get(s, "outgoing-cred-cmd"), get(s, "source-cred-cmd")))
		import_left(i, _("“outgoing-cred-cmd” of “%s”: an account has one password here."), s->name);
	a.sent = g_strdup(get(s, "copy-to"));
	a.others = g_strdup(get(s, "aliases"));
	a.check = check_of(get(s, "check-mail"));
	if (get(s, "signature-file"))
		a.signature_file = import_home(get(s, "signature-file"), home);
	if (a.receive)
		import_account(i, &a);
	else
		import_account_clear(&a);
}

static void
section_clear(Section *s)
{
	g_free(s->name);
	g_hash_table_unref(s->values);
}

static void
section_start(Section *s, const char *line)
{
	section_clear(s);
	s->name = g_strndup(line + 1, strcspn(line + 1, "]"));
	s->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

bool
import_aerc(Import *i, const char *path, const char *home, GError **err)
{
	g_autofree char *text = import_file(path, err);
	if (!text)
		return false;
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
	Section s = { g_strdup(""), g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
	for (char **l = lines; *l; l++) {
		char *line = g_strstrip(*l), *eq = strchr(line, '=');
		if (*line == '[') {
			if (*s.name)
				take(i, &s, home);
			section_start(&s, line);
		} else if (*line && *line != '#' && *line != ';' && eq) {
			*eq = 0;
			g_hash_table_replace(s.values, g_strdup(g_strchomp(line)), g_strdup(g_strchug(eq + 1)));
		}
	}
	if (*s.name)
		take(i, &s, home);
	section_clear(&s);
	g_autofree char *folder = g_path_get_dirname(path), *binds = g_build_filename(folder, "binds.conf", NULL);
	if (g_file_test(binds, G_FILE_TEST_EXISTS))
		import_left(i, "%s", _("The keys of binds.conf: aerc's commands are others than eilpost's."));
	return true;
}
