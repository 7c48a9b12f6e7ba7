/* conf.c - reads and checks the configuration file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The form is GKeyFile's INI; it is read line by line here because GKeyFile tells no line numbers and stops at the first
 * mistake. A comment may also stand behind a value, after a space and "#". */
#include "config.h"
#include "conf/conf.h"
#include "conf/oauth.h"
#include "conf/providers.h"
#include "conf/pins.h"
#include "base/intl.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define LIMIT_FILE (1024 * 1024)

typedef struct { char *section, *name, *value; guint line; } Entry;

struct Conf {
	gatomicrefcount refs;
	char *file;		/* owned */
	GPtrArray *entries;	/* owned, of Entry*, in the file's order */
	GPtrArray *problems, *accounts;	/* owned */
};

static void
entry_free(gpointer p)
{
	Entry *e = p;
	g_free(e->section);
	g_free(e->name);
	g_free(e->value);
	g_free(e);
}

static void
problem_free(gpointer p)
{
	ConfProblem *x = p;
	g_free(x->file);
	g_free(x->text);
	g_free(x);
}

static void
problem(Conf *c, guint line, bool fatal, char *text)
{
	ConfProblem *p = g_new0(ConfProblem, 1);
	p->file = g_strdup(c->file);
	p->line = line;
	p->fatal = fatal;
	p->text = text;
	g_ptr_array_add(c->problems, p);
}

/* ---- what was meant? ---- */

static const char *
nearest(const char *section, const char *name)
{
	gsize n;
	const Option *table = options_table(&n), *best = NULL;
	guint least = 4;

	for (gsize i = 0; i < n; i++) {
		guint d = strcmp(table[i].section, section) ? G_MAXUINT : option_distance(name, table[i].name);
		if (d < least) {
			least = d;
			best = &table[i];
		}
	}
	return best ? best->name : NULL;
}

/* "account work" is of the kind "account"; sections of free keys are their own kind. */
static char *
kind_of(const char *section)
{
	const char *space = strchr(section, ' ');
	return space ? g_strndup(section, (gsize)(space - section)) : g_strdup(section);
}

static bool
is_free(const char *kind)
{
	return g_str_has_prefix(kind, "keys.") || !strcmp(kind, "colors") || !strcmp(kind, "search");
}

/* ---- lines ---- */

/* "#ff8700" is a colour, not a comment: [colors] would lose it. */
static bool
is_color(const char *hash)
{
	return strspn(hash + 1, "0123456789abcdefABCDEF") == 6 && (!hash[7] || hash[7] == ' ' || hash[7] == '\t');
}

static char *
without_comment(const char *value, bool colors)
{
	for (const char *p = value; (p = strchr(p, '#')); p++)
		if ((p == value || p[-1] == ' ' || p[-1] == '\t') && !(colors && is_color(p)))
			return g_strchomp(g_strndup(value, (gsize)(p - value)));
	return g_strchomp(g_strdup(value));
}

static bool
is_known(const char *kind)
{
	static const char *const kinds[] = { "account", "identity", "compose", "general", "notify", "ui", NULL };
	return g_strv_contains(kinds, kind);
}

/* One blank between kind and name, however many were typed: whoever asks for "account work" finds it. */
char *
conf_section_of(const char *line)
{
	line += strspn(line, " \t");
	if (*line != '[')
		return NULL;
	const char *end = strchr(line, ']');
	g_autofree char *rest = end ? without_comment(end + 1, false) : NULL;
	if (!end || *g_strstrip(rest))
		return g_strdup("");
	g_autofree char *inner = g_strstrip(g_strndup(line + 1, (gsize)(end - line) - 1));
	gsize kind = strcspn(inner, " \t");
	const char *name = inner + kind + strspn(inner + kind, " \t");
	return g_strdup_printf("%.*s%s%s", (int)kind, inner, *name ? " " : "", name);
}

static char *
read_section(Conf *c, const char *text, guint line)
{
	char *section = conf_section_of(text);
	g_autofree char *kind = kind_of(section);

	if (!*section) {
		problem(c, line, true, g_strdup(_("A section looks like [account work]; the bracket is not closed, or something follows it.")));
		return section;
	}
	if (!strcmp(section, "account")) {
		problem(c, line, true, g_strdup(_("The account needs a name: [account work].")));
	} else if (!strcmp(section, "identity")) {
		problem(c, line, false, g_strdup(_("The identity needs a name: [identity shop].")));
	} else if (!is_known(kind) && !is_free(kind)) {
		problem(c, line, false, g_strdup_printf(_("There is no section [%s]; known are account NAME, identity NAME, compose, general, ui, colors, keys.index and so on."), section));
	} else {
		for (guint i = 0; i < c->entries->len; i++) {
			const Entry *e = g_ptr_array_index(c->entries, i);
			if (!strcmp(e->section, section)) {
				problem(c, line, false, g_strdup_printf(_("The section [%s] is there twice; both are taken together."), section));
				break;
			}
		}
	}
	if (!strcmp(kind, "account") && strcmp(section, "account")) {	/* it is there even if no line follows */
		Entry *mark = g_new0(Entry, 1);
		mark->section = g_strdup(section);
		mark->name = g_strdup("");
		mark->value = g_strdup("");
		mark->line = line;
		g_ptr_array_add(c->entries, mark);
	}
	return section;
}

static void
read_entry(Conf *c, const char *section, char *text, guint line)
{
	char *eq = strchr(text, '=');

	if (!eq || eq == text) {
		problem(c, line, false, g_strdup_printf(_("“%s” is not a line of the form name = value."), text));
		return;
	}
	*eq = 0;
	Entry *e = g_new0(Entry, 1);
	e->section = g_strdup(section);
	e->name = g_strdup(g_strstrip(text));
	g_autofree char *value = g_strdup(g_strchug(eq + 1));
	e->value = without_comment(value, !strcmp(section, "colors"));
	e->line = line;
	g_ptr_array_add(c->entries, e);
	if (!*section) {
		problem(c, line, false, g_strdup_printf(_("“%s” stands before any section such as [account work]."), e->name));
		return;
	}
	g_autofree char *kind = kind_of(section);
	const Option *o = option_find(kind, e->name);
	if (!o && is_free(kind))
		return;
	if (!o) {
		const char *meant = nearest(kind, e->name);
		problem(c, line, false, meant ? g_strdup_printf(_("There is no option “%s”; is “%s” meant?"), e->name, meant) :
			g_strdup_printf(_("There is no option “%s” in [%s]."), e->name, section));
		return;
	}
	char *why = NULL;
	if (!option_check(o, e->value, &why)) {
		problem(c, line, o->required, g_strdup_printf("%s: %s", e->name, why));
		g_free(why);
		e->line = G_MAXUINT;	/* as if it were not there */
	}
}

static void
read_lines(Conf *c, char *text)
{
	g_autofree char *section = g_strdup("");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		char *at = g_strstrip(lines[i]);
		if (!*at || *at == '#' || *at == ';')
			continue;
		if (*at == '[') {
			g_free(section);
			section = read_section(c, at, i + 1);
		} else {
			read_entry(c, section, at, i + 1);
		}
	}
}

/* ---- accounts ---- */

static const Entry *
find(const Conf *c, const char *section, const char *name)
{
	const Entry *found = NULL;	/* the last one counts */
	for (guint i = 0; i < c->entries->len; i++) {
		const Entry *e = g_ptr_array_index(c->entries, i);
		if (e->line != G_MAXUINT && !strcmp(e->section, section) && !strcmp(e->name, name))
			found = e;
	}
	return found;
}

static guint
section_line(const Conf *c, const char *section)
{
	for (guint i = 0; i < c->entries->len; i++) {
		const Entry *e = g_ptr_array_index(c->entries, i);
		if (!strcmp(e->section, section) && e->line != G_MAXUINT)
			return e->line;
	}
	return 0;
}

static bool
is_receiving(Scheme s)
{
	return s >= SCHEME_IMAPS && s <= SCHEME_POP3_INSECURE;
}

static char *
expand_home(const char *path)
{
	if (path && path[0] == '~' && path[1] == '/')
		return g_build_filename(g_get_home_dir(), path + 2, NULL);
	return g_strdup(path);
}

static bool
account_check(Conf *c, const Account *a, const char *section)
{
	const Entry *receive = find(c, section, "receive"), *send = find(c, section, "send");

	if (!is_receiving(a->receive.scheme)) {
		problem(c, receive->line, true, g_strdup(_("receive: mail is received by imaps, imap, pop3s or pop3, not by smtp.")));
		return false;
	}
	if (send && is_receiving(a->send.scheme))
		problem(c, send->line, false, g_strdup(_("send: mail is sent by smtp or smtps, not by imap or pop3.")));
	const Entry *signature = find(c, section, "signature-file");
	g_autofree char *path = signature ? conf_path(c, section, "signature-file") : NULL;
	if (path && g_access(path, R_OK) != 0)
		problem(c, signature->line, false, g_strdup_printf(_("signature-file: %s can't be read."), path));
	if (a->ca_file && g_access(a->ca_file, R_OK) != 0)
		problem(c, find(c, section, "ca-file")->line, false, g_strdup_printf(_("ca-file: %s can't be read."), a->ca_file));
	if (a->client_cert && g_access(a->client_cert, R_OK) != 0)
		problem(c, find(c, section, "client-certificate")->line, false, g_strdup_printf(_("client-certificate: %s can't be read."), a->client_cert));
	if (a->client_key && g_access(a->client_key, R_OK) != 0)
		problem(c, find(c, section, "client-key")->line, false, g_strdup_printf(_("client-key: %s can't be read."), a->client_key));
	if (a->auth == AUTH_CERTIFICATE && !a->client_cert) {
		problem(c, find(c, section, "auth")->line, true, g_strdup(_("auth: certificate needs a client-certificate.")));
		return false;
	}
	return true;
}

static void
oauth_make(const Conf *c, Account *a, const char *section)
{
	Oauth *o = &a->oauth;
	const struct { char **field; const char *name; } rows[] = {
		{ &o->client_id, "oauth-client-id" }, { &o->client_secret, "oauth-client-secret" }, { &o->tenant, "oauth-tenant" },
		{ &o->scope, "oauth-scope" }, { &o->authorize_url, "oauth-authorize-url" }, { &o->token_url, "oauth-token-url" },
		{ &o->device_url, "oauth-device-url" }, { &o->issuer, "oauth-issuer" }, { &o->redirect, "oauth-redirect" },
		{ &o->name, "oauth-account" },
	};
	const char *way = conf_text(c, section, "oauth-flow");

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		*rows[i].field = g_strdup(conf_text(c, section, rows[i].name));
	o->way = !strcmp(way, "device") ? OAUTH_WAY_DEVICE : !strcmp(way, "browser") ? OAUTH_WAY_BROWSER : OAUTH_WAY_AUTO;
	o->ca_file = g_strdup(a->ca_file);
	oauth_complete(a);
}

static Account *
account_named(const Conf *c, const char *name)
{
	for (guint i = 0; i < c->accounts->len; i++) {
		Account *a = g_ptr_array_index(c->accounts, i);
		if (!strcmp(a->name, name))
			return a;
	}
	return NULL;
}

/* An account may use the sign-in of another (a shared mailbox): all of it comes from there. */
static void
share_oauth(Conf *c)
{
	for (guint i = 0; i < c->accounts->len; i++) {
		Account *a = g_ptr_array_index(c->accounts, i);
		g_autofree char *section = g_strconcat("account ", a->name, NULL), *why = NULL;
		const Entry *named = find(c, section, "oauth-account");
		if (a->auth != AUTH_OAUTH2)
			continue;
		const Account *other = named ? account_named(c, named->value) : NULL;
		if (named && (!other || other == a || other->auth != AUTH_OAUTH2 || strcmp(other->oauth.name, other->name)))
			problem(c, named->line, false, g_strdup_printf(_("oauth-account: “%s” is no other account with auth = oauth2 and a sign-in of its own."), named->value));
		else if (named)
			oauth_copy(&a->oauth, &other->oauth);
		else if (!a->password_command && !oauth_check(a, &why))
			problem(c, find(c, section, "auth")->line, false, g_steal_pointer(&why));
	}
}

static bool
only_tokens(const char *host)
{
	const Provider *p = host ? provider_by_host(host) : NULL;
	return p && p->sign_in == SIGN_OAUTH;
}

/* S3: where a provider takes no passwords, none is ever offered to it. */
static void
check_passwords(Conf *c, const char *section, Account *a)
{
	a->no_passwords = a->auth == AUTH_PASSWORD && (only_tokens(a->receive.host) || only_tokens(a->send.host));
	if (a->no_passwords)
		problem(c, find(c, section, "receive")->line, false, g_strdup_printf(_("%s takes no passwords: the account “%s” needs auth = oauth2."),
			only_tokens(a->receive.host) ? a->receive.host : a->send.host, a->name));
}

static void
account_make(Conf *c, const char *section)
{
	static const char *const required[] = { "address", "receive" };
	g_autoptr(Account) a = account_new();

	a->name = g_strstrip(g_strdup(section + 8));
	for (guint i = 0; i < G_N_ELEMENTS(required); i++)
		if (!find(c, section, required[i])) {
			bool wrong = false;	/* said already */
			for (guint k = 0; k < c->entries->len; k++) {
				const Entry *e = g_ptr_array_index(c->entries, k);
				wrong |= !strcmp(e->section, section) && !strcmp(e->name, required[i]);
			}
			if (!wrong)
				problem(c, section_line(c, section), true, g_strdup_printf(_("The account “%s” lacks “%s”."), a->name, required[i]));
			return;
		}
	a->address = g_strdup(conf_text(c, section, "address"));
	a->full_name = g_strdup(conf_text(c, section, "full-name"));
	server_url_parse(conf_text(c, section, "receive"), &a->receive, NULL);
	if (conf_text(c, section, "send"))
		server_url_parse(conf_text(c, section, "send"), &a->send, NULL);
	const char *auth = conf_text(c, section, "auth");
	a->auth = !strcmp(auth, "oauth2") ? AUTH_OAUTH2 : !strcmp(auth, "certificate") ? AUTH_CERTIFICATE : AUTH_PASSWORD;
	check_passwords(c, section, a);
	a->password_command = g_strdup(conf_text(c, section, "password-command"));
	a->send_password_command = g_strdup(conf_text(c, section, "send-password-command"));
	a->ca_file = expand_home(conf_text(c, section, "ca-file"));
	a->client_cert = expand_home(conf_text(c, section, "client-certificate"));
	a->client_key = expand_home(conf_text(c, section, "client-key"));
	if (conf_text(c, section, "pins"))
		pins_parse(conf_text(c, section, "pins"), &a->pins, NULL);
	account_parse_check(conf_text(c, section, "check"), &a->check, &a->check_minutes, NULL);
	a->send_when = g_strdup(conf_text(c, section, "send-when"));
	account_parse_keep(conf_text(c, section, "keep-on-server"), &a->keep, &a->keep_days, NULL);
	account_parse_days(conf_text(c, section, "offline"), &a->offline_days, NULL);
	a->connections = (guint)conf_int(c, section, "connections");
	a->ahead_mib = (guint)conf_int(c, section, "fetch-ahead");
	a->sent = g_strdup(conf_text(c, section, "sent"));
	a->drafts = g_strdup(conf_text(c, section, "drafts"));
	account_set_disable(a, conf_text(c, section, "disable"));
	if (a->auth == AUTH_OAUTH2)
		oauth_make(c, a, section);
	if (account_check(c, a, section) && !conf_bool(c, section, "disabled"))
		g_ptr_array_add(c->accounts, g_steal_pointer(&a));
}

static void
make_accounts(Conf *c)
{
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < c->entries->len; i++) {
		const Entry *e = g_ptr_array_index(c->entries, i);
		if (g_str_has_prefix(e->section, "account ") && g_hash_table_add(done, e->section))
			account_make(c, e->section);
	}
	share_oauth(c);
}

static bool
has_account(const Conf *c, const char *name)
{
	g_autofree char *section = g_strconcat("account ", name, NULL);
	return section_line(c, section) != 0;
}

static void
check_identities(Conf *c)
{
	g_auto(GStrv) sections = conf_sections(c, "identity");

	for (char **s = sections; *s; s++) {
		const Entry *account = find(c, *s, "account"), *signature = find(c, *s, "signature-file");
		g_autofree char *path = signature ? conf_path(c, *s, "signature-file") : NULL;
		if (account && !has_account(c, account->value))
			problem(c, account->line, false, g_strdup_printf(_("account: there is no account “%s”."), account->value));
		if (path && g_access(path, R_OK) != 0)
			problem(c, signature->line, false, g_strdup_printf(_("signature-file: %s can't be read."), path));
	}
}

/* ---- the door ---- */

static char *
load(Conf *c)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *text = NULL;
	gsize len;
	GStatBuf st;

	if (g_stat(c->file, &st) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)	/* it may be there: no first start */
			problem(c, 0, true, g_strdup_printf(_("The file can't be read: %s"), g_strerror(errno)));
		return NULL;
	}
	if (st.st_size > LIMIT_FILE || S_ISDIR(st.st_mode) || !g_file_get_contents(c->file, &text, &len, &err)) {
		problem(c, 0, true, g_strdup_printf(_("The file can't be read: %s"), err ? err->message : _("it is too large, or a folder")));
		return NULL;
	}
	if (strlen(text) != len || !g_utf8_validate(text, -1, NULL)) {
		guint line = 1;
		const char *bad;
		g_utf8_validate(text, -1, &bad);
		for (const char *p = text; p < bad; p++)
			line += *p == '\n';
		problem(c, line, false, g_strdup(_("The file is not UTF-8 text from here on; what can't be read is replaced.")));
		char *whole = g_utf8_make_valid(text, -1);
		return whole;
	}
	return g_steal_pointer(&text);
}

static Conf *
conf_new(const char *file)
{
	Conf *c = g_new0(Conf, 1);
	g_atomic_ref_count_init(&c->refs);
	c->file = g_strdup(file);
	c->entries = g_ptr_array_new_with_free_func(entry_free);
	c->problems = g_ptr_array_new_with_free_func(problem_free);
	c->accounts = g_ptr_array_new_with_free_func((GDestroyNotify)account_unref);
	return c;
}

Conf *
conf_of_text(const char *file, const char *text)
{
	Conf *c = conf_new(file);
	g_autofree char *lines = g_strdup(text);
	read_lines(c, lines);
	make_accounts(c);
	check_identities(c);
	return c;
}

Conf *
conf_read(const char *file)
{
	Conf *c = conf_new(file);
	g_autofree char *text = load(c);
	if (text) {
		read_lines(c, g_str_has_prefix(text, "\xef\xbb\xbf") ? text + 3 : text);
		make_accounts(c);
		check_identities(c);
	}
	return c;
}

Conf *
conf_ref(Conf *c)
{
	g_atomic_ref_count_inc(&c->refs);
	return c;
}

void
conf_unref(Conf *c)
{
	if (!c || !g_atomic_ref_count_dec(&c->refs))
		return;
	g_ptr_array_unref(c->entries);
	g_ptr_array_unref(c->problems);
	g_ptr_array_unref(c->accounts);
	g_free(c->file);
	g_free(c);
}

const GPtrArray *
conf_problems(const Conf *c)
{
	return c->problems;
}

char *
conf_problem_text(const Conf *c)
{
	if (c->problems->len == 0)
		return NULL;
	const ConfProblem *first = g_ptr_array_index(c->problems, 0);
	guint more = c->problems->len - 1;
	if (more == 0)
		return g_strdup_printf("%s:%u: %s", first->file, first->line, first->text);
	return g_strdup_printf(ngettext("%s:%u: %s (and %u more mistake: eilpost --check-config)", "%s:%u: %s (and %u more mistakes: eilpost --check-config)", more),
		first->file, first->line, first->text, more);
}

const GPtrArray *
conf_accounts(const Conf *c)
{
	return c->accounts;
}

const char *
conf_file(const Conf *c)
{
	return c->file;
}

guint
conf_line(const Conf *c, const char *section, const char *name)
{
	const Entry *e = find(c, section, name);
	return e ? e->line : 0;
}

void
conf_add_problem(Conf *c, const char *section, const char *name, const char *text)
{
	problem(c, conf_line(c, section, name), false, g_strdup_printf("%s: %s", name, text));
}

const char *
conf_text(const Conf *c, const char *section, const char *name)
{
	const Entry *e = find(c, section, name);
	if (e)
		return e->value;
	g_autofree char *kind = kind_of(section);
	const Option *o = option_find(kind, name);
	return o ? o->value : NULL;
}

gint64
conf_int(const Conf *c, const char *section, const char *name)
{
	const char *text = conf_text(c, section, name);
	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

bool
conf_bool(const Conf *c, const char *section, const char *name)
{
	const char *text = conf_text(c, section, name);
	return text && (!strcmp(text, "yes") || !strcmp(text, "true"));
}

char **
conf_keys(const Conf *c, const char *section)
{
	GPtrArray *names = g_ptr_array_new();
	for (guint i = 0; i < c->entries->len; i++) {
		const Entry *e = g_ptr_array_index(c->entries, i);
		if (*e->name && e->line != G_MAXUINT && !strcmp(e->section, section) && find(c, section, e->name) == e)
			g_ptr_array_add(names, g_strdup(e->name));
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

char **
conf_sections(const Conf *c, const char *kind)
{
	g_autofree char *prefix = g_strconcat(kind, " ", NULL);
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < c->entries->len; i++) {
		const Entry *e = g_ptr_array_index(c->entries, i);
		if (g_str_has_prefix(e->section, prefix) && g_hash_table_add(done, e->section))
			g_ptr_array_add(names, g_strdup(e->section));
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

char *
conf_path(const Conf *c, const char *section, const char *name)
{
	return expand_home(conf_text(c, section, name));
}
