/* import_mutt.c - mutt and NeoMutt: accounts out of `set`, names out of `alias`, keys out of `bind`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Their file is a program; it is read here, never run: what is in backticks stays text. One account is what the plain lines
 * say; a `source` of a file is followed, of a command it is not. */
#include "config.h"
#include "setup/import_private.h"
#include "base/intl.h"

#include <string.h>

enum { SOURCES_MAX = 16, WORDS_MAX = 64 };

typedef struct {
	Import *import;		/* borrowed */
	const char *home;
	GHashTable *set;	/* owned: name -> value */
	GPtrArray *alternates;	/* owned, of char* */
	guint files, aliases, hooks, macros, lists;
	GPtrArray *keys;	/* owned: context, key, function by threes */
} Mutt;

/* ---- words ---- */

/* The next word, with its quotes taken off and $name filled in; NULL at the end. Backticks are kept, with what is in them. Yours. */
static char *
word(const Mutt *m, const char **at)
{
	const char *p = *at + strspn(*at, " \t");
	GString *s = g_string_new(NULL);
	char quote = 0;
	bool any = false;

	for (; *p && (quote || !strchr(" \t;#", *p)); p++) {
		any = true;
		if (*p == '\\' && p[1] && quote != '\'') {
			if (p[1] == 'C' || p[1] == 'e')	/* a key of `bind` */
				g_string_append_c(s, *p);
			g_string_append_c(s, *++p);
		} else if (*p == '`' && quote != '\'') {
			const char *end = strchr(p + 1, '`');
			if (!end)
				end = p + strlen(p) - 1;
			g_string_append_len(s, p, end - p + 1);
			p = end;
		} else if (quote ? *p == quote : *p == '"' || *p == '\'') {
			quote = quote ? 0 : *p;
		} else if (*p == '$' && quote != '\'' && (g_ascii_isalpha(p[1]) || p[1] == '{')) {
			const char *name = p + 1 + (p[1] == '{');
			gsize n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
			g_autofree char *key = g_strndup(name, n);
			const char *value = !strcmp(key, "HOME") ? m->home : g_hash_table_lookup(m->set, key);
			g_string_append(s, value ? value : "");
			p = name + n - (*name && name[n] == '}' && p[1] == '{' ? 0 : 1);
		} else {
			g_string_append_c(s, *p);
		}
	}
	*at = p;
	if (any)
		return g_string_free(s, FALSE);
	g_string_free(s, TRUE);
	return NULL;
}

static GPtrArray *
words(const Mutt *m, const char *line, const char **rest)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	char *w;
	while (all->len < WORDS_MAX && (w = word(m, &line)))
		g_ptr_array_add(all, w);
	line += strspn(line, " \t");
	*rest = *line == ';' ? line + 1 : "";
	return all;
}

static const char *
value(const Mutt *m, const char *name)
{
	const char *text = g_hash_table_lookup(m->set, name);
	return text && *text ? text : NULL;
}

/* ---- lines ---- */

static void read_file(Mutt *m, const char *path);

/* "set a=b c = d noe unset": each pair; a name alone is yes. */
static void
do_set(Mutt *m, const char *at)
{
	for (guint n = 0; n < WORDS_MAX; n++) {
		at += strspn(at, " \t");
		gsize len = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
		if (!len)
			return;
		g_autofree char *name = g_strndup(at, len);
		at += len;
		const char *eq = at + strspn(at, " \t+");
		char *text = NULL;
		if (*eq == '=') {
			at = eq + 1;
			text = word(m, &at);
		}
		g_hash_table_replace(m->set, g_steal_pointer(&name), text ? text : g_strdup("yes"));
	}
}

static void
do_source(Mutt *m, const GPtrArray *w)
{
	const char *path = w->len > 1 ? w->pdata[1] : "";
	gsize n = strlen(path);

	if (strchr(path, '`') || (n && path[n - 1] == '|')) {
		import_left(m->import, _("“source %s”: it runs a command; nothing is run here."), path);
		return;
	}
	g_autofree char *whole = import_home(path, m->home);
	read_file(m, whole);
}

static void
do_alternates(Mutt *m, const GPtrArray *w)
{
	for (guint i = 1; i < w->len; i++) {
		/* a plain address in the clothes of a pattern */
		g_autoptr(GString) plain = g_string_new(w->pdata[i]);
		if (*plain->str == '^')
			g_string_erase(plain, 0, 1);
		if (plain->len && plain->str[plain->len - 1] == '$')
			g_string_truncate(plain, plain->len - 1);
		for (char *back; (back = strchr(plain->str, '\\')); )
			g_string_erase(plain, back - plain->str, 1);
		if (*plain->str == '@')	/* everything at that domain */
			g_string_prepend_c(plain, '*');
		if (strchr(plain->str, '@') && !strpbrk(plain->str + 1, "()[]*+?|^$, "))
			g_ptr_array_add(m->alternates, g_strdup(plain->str));
		else if (*plain->str != '-')
			import_left(m->import, _("“alternates %s”: a pattern; only plain addresses are taken."), (char *)w->pdata[i]);
	}
}

static void
do_line(Mutt *m, const char *line)
{
	while (*line) {
		const char *rest = "", *start = line + strspn(line, " \t");
		g_autoptr(GPtrArray) w = words(m, line, &rest);
		if (!w->len)
			return;
		const char *first = w->pdata[0];
		if (!strcmp(first, "set")) {
			g_autofree char *part = g_strndup(start, *rest ? (gsize)(rest - 1 - start) : strlen(start));
			do_set(m, part + 3);
		} else if (!strcmp(first, "source"))
			do_source(m, w);
		else if (!strcmp(first, "alternates"))
			do_alternates(m, w);
		else if (!strcmp(first, "alias"))
			m->aliases++;
		else if (!strcmp(first, "bind") && w->len >= 4)
			for (guint i = 1; i <= 3; i++)
				g_ptr_array_add(m->keys, g_strdup(w->pdata[i]));
		else if (!strcmp(first, "macro"))
			m->macros++;
		else if (!strcmp(first, "lists") || !strcmp(first, "subscribe"))
			m->lists++;
		else if (g_str_has_suffix(first, "-hook"))
			m->hooks++;
		line = rest;
	}
}

static void
read_file(Mutt *m, const char *path)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *text = NULL;

	if (++m->files > SOURCES_MAX)
		return;
	if (!(text = import_file(path, &err))) {
		import_left(m->import, "%s", err->message);
		return;
	}
	/* a line that ends in a backslash goes on */
	g_auto(GStrv) pieces = g_strsplit(text, "\\\n", -1);
	g_autofree char *joined = g_strjoinv("", pieces);
	g_auto(GStrv) lines = g_strsplit_set(joined, "\r\n", -1);
	for (char **l = lines; *l; l++)
		do_line(m, *l);
}

/* ---- what it means ---- */

typedef struct { char *scheme, *user, *host; guint port; } Url;	/* owned */

static void
url_clear(Url *u)
{
	g_free(u->scheme);
	g_free(u->user);
	g_free(u->host);
}

/* "imaps://user:secret@host:993/INBOX"; a secret in it is left. */
static bool
url_read(const char *text, Url *u, bool *secret)
{
	*u = (Url){ 0 };
	const char *sep = text ? strstr(text, "://") : NULL;
	if (!sep || strchr(text, '`'))
		return false;
	u->scheme = g_ascii_strdown(text, sep - text);
	g_autofree char *authority = g_strndup(sep + 3, strcspn(sep + 3, "/"));
	char *at = strrchr(authority, '@'), *host = at ? at + 1 : authority;
	if (at) {
		*at = 0;
		char *colon = strchr(authority, ':');
		if (colon) {
			*colon = 0;
			*secret = true;
		}
		u->user = g_uri_unescape_string(authority, NULL);
		if (!u->user)
			u->user = g_strdup(authority);
	}
	char *colon = strrchr(host, ':');
	if (colon) {
		*colon = 0;
		u->port = (guint)g_ascii_strtoull(colon + 1, NULL, 10);
	}
	u->host = g_strdup(host);
	return true;
}

/* The whole of "`pass show mail`" is a command that gives the secret; anything else is the secret. Yours; NULL: none. */
static char *
command_of(const char *text)
{
	gsize n = text ? strlen(text) : 0;
	if (n > 2 && text[0] == '`' && strchr(text + 1, '`') == text + n - 1)
		return g_strndup(text + 1, n - 2);
	return NULL;
}

static void
take_secret(const Mutt *m, ImportAccount *a, const char *kind)
{
	g_autofree char *pass = g_strconcat(kind, "_pass", NULL), *refresh = g_strconcat(kind, "_oauth_refresh_command", NULL);
	const char *oauth = value(m, refresh), *text = value(m, pass);

	if (oauth && !a->password_command) {
		a->auth = g_strdup("oauth2");
		a->password_command = g_strdup(oauth);
	} else if (text && !a->password_command) {
		a->password_command = command_of(text);
		if (!a->password_command)
			import_left(m->import, "%s", _("A password that stood in the file: it is not copied; eilpost asks for it, or takes it from password-command."));
	}
}

static void
take_send(const Mutt *m, ImportAccount *a, const char *user)
{
	Url u;
	bool secret = false;
	if (!url_read(value(m, "smtp_url"), &u, &secret)) {
		if (value(m, "sendmail"))
			import_left(m->import, _("“sendmail = %s”: eilpost sends by SMTP itself; set “send” to your server."), value(m, "sendmail"));
		return;
	}
	bool tls = !strcmp(u.scheme, "smtps");
	guint port = u.port ? u.port : tls ? 465 : 587;
	a->send = import_url(tls ? "smtps" : "smtp", u.host, port, u.user ? u.user : user, a->address);
	if (!tls && !u.port)
		import_taken(m->import, _("Sending by port 587 with STARTTLS (mutt's usual port 25 is for servers among themselves)"));
	if (secret)
		import_left(m->import, "%s", _("A password that stood in the file: it is not copied; eilpost asks for it, or takes it from password-command."));
	url_clear(&u);
}

/* "=Sent", "+Sent", "imaps://host/Sent": the folder's name. Yours; NULL: no folder on the server. */
static char *
folder_of(const char *text)
{
	if (!text || strchr(text, '`'))
		return NULL;
	if (*text == '=' || *text == '+')
		return g_strdup(text + 1);
	const char *sep = strstr(text, "://"), *slash = sep ? strchr(sep + 3, '/') : NULL;
	return slash && slash[1] ? g_strdup(slash + 1) : NULL;
}

static void
take_account(const Mutt *m)
{
	static const char *const places[] = { "spoolfile", "spool_file", "folder", "imap_host", "pop_host" };
	ImportAccount a = { 0 };
	Url u = { 0 };
	bool secret = false, found = false;

	for (guint i = 0; i < G_N_ELEMENTS(places) && !found; i++) {
		const char *text = value(m, places[i]);
		g_autofree char *made = text && i == 4 && !strstr(text, "://") ? g_strconcat("pop://", text, NULL) : g_strdup(text);
		url_clear(&u);
		found = url_read(made, &u, &secret) && (!strcmp(u.scheme, "imaps") || !strcmp(u.scheme, "imap") || !strcmp(u.scheme, "pops") || !strcmp(u.scheme, "pop"));
		if (!found && made && !strstr(made, "://") && *made != '+' && *made != '=' && *made != '!')
			import_left(m->import, _("The mailbox %s on this computer: eilpost reads servers, not mailbox files."), made);
	}
	if (found) {
		bool pop = g_str_has_prefix(u.scheme, "pop"), tls = g_str_has_suffix(u.scheme, "s");
		const char *user = u.user ? u.user : value(m, pop ? "pop_user" : "imap_user");
		const char *from = value(m, "from"), *open = from ? strchr(from, '<') : NULL;
		a.full_name = g_strdup(value(m, "realname") ? value(m, "realname") : value(m, "real_name"));
		a.address = open ? g_strndup(open + 1, strcspn(open + 1, ">")) : g_strdup(from ? from : user && strchr(user, '@') ? user : NULL);
		if (open && !a.full_name && open > from)
			a.full_name = g_strstrip(g_strndup(from, (gsize)(open - from)));
		a.receive = import_url(pop ? tls ? "pop3s" : "pop3" : tls ? "imaps" : "imap", u.host, u.port, user, a.address);
		if (!tls)
			import_taken(m->import, _("%s without “s”: eilpost demands STARTTLS there"), u.scheme);
		take_send(m, &a, user);
		take_secret(m, &a, pop ? "pop" : "imap");
		if (!a.password_command)
			take_secret(m, &a, "smtp");
		if (secret)
			import_left(m->import, "%s", _("A password that stood in the file: it is not copied; eilpost asks for it, or takes it from password-command."));
		const char *signature = value(m, "signature");
		if (signature && !strchr(signature, '|') && !strchr(signature, '`'))
			a.signature_file = import_home(signature, m->home);
		else if (signature)
			import_left(m->import, "%s", _("The signature: a command makes it; eilpost takes a file."));
		a.sent = folder_of(value(m, "record"));
		if (m->alternates->len) {
			g_ptr_array_add(m->alternates, NULL);
			a.others = g_strjoinv(", ", (char **)m->alternates->pdata);
		}
		if (pop)
			a.keep = g_strdup(!g_strcmp0(value(m, "pop_delete"), "yes") ? "no" : "yes");
		import_account(m->import, &a);
	}
	url_clear(&u);
	if (!found && !m->import->n_accounts)
		import_left(m->import, "%s", _("No account: the file names no server for IMAP or POP3 (“folder”, “spoolfile”)."));
}

/* ---- keys ---- */

static const struct { const char *mutt, *ours; } FUNCTIONS[] = {
	{ "next-entry", "next-entry" }, { "previous-entry", "previous-entry" }, { "next-undeleted", "next-entry" }, { "previous-undeleted", "previous-entry" },
	{ "next-page", "next-page" }, { "previous-page", "previous-page" }, { "half-down", "half-down" }, { "half-up", "half-up" },
	{ "first-entry", "first-entry" }, { "last-entry", "last-entry" }, { "next-line", "next-line" }, { "previous-line", "previous-line" },
	{ "top", "top" }, { "bottom", "bottom" }, { "next-unread", "next-unread" }, { "previous-unread", "previous-unread" },
	{ "next-new-then-unread", "next-unread" }, { "previous-new-then-unread", "previous-unread" },
	{ "display-message", "open" }, { "exit", "close" }, { "quit", "quit" }, { "search", "search" }, { "search-reverse", "search-back" },
	{ "search-next", "search-next" }, { "search-opposite", "search-previous" }, { "limit", "limit" },
	{ "toggle-new", "toggle-read" }, { "flag-message", "toggle-flag" }, { "mail", "compose" }, { "reply", "reply" }, { "group-reply", "reply-all" },
	{ "list-reply", "reply-list" }, { "forward-message", "forward" }, { "bounce-message", "bounce" }, { "recall-message", "recall" },
	{ "view-attachments", "view-attachments" }, { "toggle-quoted", "toggle-quoted" }, { "skip-quoted", "skip-quoted" }, { "display-toggle-weed", "toggle-headers" },
	{ "change-folder", "change-folder" }, { "imap-fetch-mail", "check-mail" }, { "fetch-mail", "check-mail" }, { "help", "help" }, { "refresh", "redraw" },
	{ "enter-command", "command-line" }, { "sidebar-toggle-visible", "toggle-folders" }, { "tag-prefix", "tag-prefix" },
};

static const char *
function_of(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(FUNCTIONS); i++)
		if (!strcmp(FUNCTIONS[i].mutt, name))
			return FUNCTIONS[i].ours;
	return NULL;
}

/* mutt's "\Cf", "\ef", "<f5>" in our writing; NULL: it can't be written. Yours. */
static char *
key_of(const char *text)
{
	GString *s = g_string_new(NULL);
	for (const char *p = text; *p; p++) {
		if (*p == '<') {
			gsize n = strcspn(p, ">");
			static const char *const names[][2] = {
				{ "up", "<Up>" }, { "down", "<Down>" }, { "left", "<Left>" }, { "right", "<Right>" }, { "home", "<Home>" }, { "end", "<End>" },
				{ "pageup", "<PageUp>" }, { "pagedown", "<PageDown>" }, { "return", "<Return>" }, { "enter", "<Return>" }, { "esc", "<Esc>" },
				{ "tab", "<Tab>" }, { "space", "<Space>" }, { "backspace", "<Backspace>" }, { "delete", "<Delete>" }, { "backtab", "<S-Tab>" },
			};
			g_autofree char *inner = g_ascii_strdown(p + 1, (gssize)(n ? n - 1 : 0));
			const char *ours = NULL;
			for (guint i = 0; i < G_N_ELEMENTS(names); i++)
				if (!strcmp(inner, names[i][0]))
					ours = names[i][1];
			if (!p[n] || (!ours && !(inner[0] == 'f' && g_ascii_isdigit(inner[1])))) {
				g_string_free(s, TRUE);
				return NULL;
			}
			g_string_append_printf(s, "%s", ours ? ours : "");
			if (!ours)
				g_string_append_printf(s, "<F%s>", inner + 1);
			p += n;
		} else if (g_str_has_prefix(p, "\\C") && p[2]) {
			g_string_append_printf(s, "C-%c", g_ascii_tolower(p[2]));
			p += 2;
		} else if (g_str_has_prefix(p, "\\e") && p[2]) {
			g_string_append_printf(s, "M-%c", p[2]);
			p += 2;
		} else if (*p == '\\' || !g_ascii_isgraph(*p) || *p == '=' || *p == '#') {
			g_string_free(s, TRUE);
			return NULL;
		} else {
			g_string_append_c(s, *p);
		}
	}
	return g_string_free(s, FALSE);
}

static void
take_keys(Mutt *m)
{
	guint taken = 0, left = 0;

	for (guint i = 0; i + 2 < m->keys->len; i += 3) {
		g_auto(GStrv) contexts = g_strsplit(m->keys->pdata[i], ",", -1);
		const char *function = function_of(m->keys->pdata[i + 2]);
		g_autofree char *key = key_of(m->keys->pdata[i + 1]);
		for (char **c = contexts; *c; c++) {
			bool ours = !strcmp(*c, "index") || !strcmp(*c, "pager");
			if (!ours || !function || !key) {
				left++;
				continue;
			}
			g_autofree char *section = g_strconcat("keys.", *c, NULL);
			import_key(m->import, section, function, key);
			taken++;
		}
	}
	if (taken)
		import_taken(m->import, ngettext("%u key of list and message", "%u keys of list and message", taken), taken);
	if (left)
		import_left(m->import, ngettext("%u key: eilpost has no such command, or not in that place.", "%u keys: eilpost has no such commands, or not in those places.", left), left);
}

bool
import_mutt(Import *i, const char *path, const char *home, GError **err)
{
	Mutt m = { .import = i, .home = home };
	g_autofree char *text = import_file(path, err);

	if (!text)
		return false;
	m.set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	m.alternates = g_ptr_array_new_with_free_func(g_free);
	m.keys = g_ptr_array_new_with_free_func(g_free);
	read_file(&m, path);
	take_account(&m);
	take_keys(&m);
	if (m.aliases)
		import_left(i, ngettext("%u alias: eilpost has no address book yet.", "%u aliases: eilpost has no address book yet.", m.aliases), m.aliases);
	if (m.macros)
		import_left(i, ngettext("%u macro: eilpost binds single commands only.", "%u macros: eilpost binds single commands only.", m.macros), m.macros);
	if (m.hooks)
		import_left(i, ngettext("%u hook: what depends on folder or account is a setting of that account here.",
			"%u hooks: what depends on folder or account is a setting of that account here.", m.hooks), m.hooks);
	g_hash_table_unref(m.set);
	g_ptr_array_unref(m.alternates);
	g_ptr_array_unref(m.keys);
	return true;
}
