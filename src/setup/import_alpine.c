/* import_alpine.c - Alpine and Pine: .pinerc.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Values may go on in lines that begin with a blank; servers are "{host:993/ssl/user=alice}INBOX". */
#include "config.h"
#include "setup/import_private.h"
#include "base/intl.h"

#include <string.h>

static GHashTable *
read_values(const char *text)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
	g_autofree char *name = NULL;

	for (char **l = lines; *l; l++) {
		if (**l == '#')
			continue;
		char *eq = strchr(*l, '=');
		if ((**l == ' ' || **l == '\t') && name) {
			const char *was = g_hash_table_lookup(all, name);
			g_hash_table_replace(all, g_strdup(name), g_strconcat(was, g_strstrip(*l), NULL));
		} else if (eq && eq > *l) {
			g_free(name);
			name = g_ascii_strdown(*l, eq - *l);
			g_hash_table_replace(all, g_strdup(name), g_strdup(g_strstrip(eq + 1)));
		}
	}
	return all;
}

/* A list's first value, without its quotes; yours; NULL: none. */
static char *
first(GHashTable *all, const char *name)
{
	const char *text = g_hash_table_lookup(all, name);
	if (!text || !*text)
		return NULL;
	if (*text == '"')
		return g_strndup(text + 1, strcspn(text + 1, "\""));
	return g_strstrip(g_strndup(text, strcspn(text, ",")));
}

typedef struct { char *host, *user; guint port; bool ssl, tls, pop, oauth; } Server;

static void
server_clear(Server *s)
{
	g_free(s->host);
	g_free(s->user);
}

/* "host:993/ssl/user=alice@example.org" */
static void
server_read(const char *text, Server *s)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", -1);
	*s = (Server){ 0 };
	for (char **p = parts; *p; p++) {
		if (p == parts) {
			char *colon = strrchr(*p, ':');
			if (colon) {
				*colon = 0;
				s->port = (guint)g_ascii_strtoull(colon + 1, NULL, 10);
			}
			s->host = g_strdup(*p);
		} else if (!g_ascii_strncasecmp(*p, "user=", 5)) {
			const char *name = *p + 5;
			s->user = *name == '"' ? g_strndup(name + 1, strcspn(name + 1, "\"")) : g_strdup(name);
		} else if (!g_ascii_strcasecmp(*p, "ssl")) {
			s->ssl = true;
		} else if (!g_ascii_strcasecmp(*p, "tls")) {
			s->tls = true;
		} else if (!g_ascii_strcasecmp(*p, "pop3") || !g_ascii_strcasecmp(*p, "service=pop3")) {
			s->pop = true;
		} else if (!g_ascii_strncasecmp(*p, "auth=xoauth2", 12) || !g_ascii_strncasecmp(*p, "auth=oauthbearer", 16)) {
			s->oauth = true;
		}
	}
}

static void
take_send(Import *i, GHashTable *all, ImportAccount *a)
{
	g_autofree char *text = first(all, "smtp-server");
	Server s;

	if (!text) {
		import_left(i, "%s", _("Sending: the file names no server (“smtp-server”); set “send” before you write."));
		return;
	}
	server_read(text, &s);
	bool ssl = s.ssl || s.port == 465;
	/* "submit" is Alpine's word for 587; port 25 is for servers among themselves */
	guint port = s.port && s.port != 25 ? s.port : ssl ? 465 : 587;
	a->send = import_url(ssl ? "smtps" : "smtp", s.host, port, s.user, a->address);
	server_clear(&s);
}

bool
import_alpine(Import *i, const char *path, const char *home, GError **err)
{
	g_autofree char *text = import_file(path, err);
	if (!text)
		return false;
	g_autoptr(GHashTable) all = read_values(text);
	g_autofree char *inbox = first(all, "inbox-path"), *domain = first(all, "user-domain"), *fcc = first(all, "default-fcc");
	ImportAccount a = { .full_name = first(all, "personal-name") };
	Server s = { 0 };
	char *close = inbox ? strrchr(inbox, '}') : NULL;

	if (!inbox || *inbox != '{' || !close) {
		import_left(i, "%s", _("No account: “inbox-path” names no server; eilpost reads servers, not mailbox files."));
		import_account_clear(&a);
		return true;
	}
	*close = 0;
	server_read(inbox + 1, &s);
	g_autofree char *login = first(all, "user-id");
	const char *user = s.user ? s.user : login;
	if (user && strchr(user, '@'))
		a.address = g_strdup(user);
	else if (user && domain)
		a.address = g_strdup_printf("%s@%s", user, domain);
	bool ssl = s.ssl || s.port == 993 || s.port == 995;
	a.receive = import_url(s.pop ? ssl ? "pop3s" : "pop3" : ssl ? "imaps" : "imap", s.host, s.port, user, a.address);
	a.auth = s.oauth ? g_strdup("oauth2") : NULL;
	if (!ssl)
		import_taken(i, "%s", _("The server without /ssl: eilpost demands STARTTLS there"));
	take_send(i, all, &a);
	char *folder = fcc ? strrchr(fcc, '}') : NULL;
	if (folder && folder[1])
		a.sent = g_strdup(folder + 1);
	g_autofree char *signature = first(all, "signature-file");
	if (signature && !strchr(signature, '|'))
		a.signature_file = *signature == '/' || *signature == '~' ? import_home(signature, home) : g_build_filename(home, signature, NULL);
	const char *others = g_hash_table_lookup(all, "alt-addresses");
	if (others && *others)
		a.others = g_strdup(others);
	server_clear(&s);
	import_account(i, &a);
	g_autofree char *book = g_build_filename(home, ".addressbook", NULL);
	if (g_file_test(book, G_FILE_TEST_EXISTS))
		import_left(i, "%s", _("The address book: eilpost has none yet."));
	if (g_hash_table_lookup(all, "patterns-roles") || g_hash_table_lookup(all, "patterns-filters2"))
		import_left(i, "%s", _("Roles and filters: eilpost has identities instead, and no filters."));
	import_left(i, "%s", _("Passwords: Alpine keeps them in a file of its own or asks; eilpost asks."));
	return true;
}
