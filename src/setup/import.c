/* import.c - what other mail programs know, gathered as lines of our configuration file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "setup/import_private.h"
#include "conf/conf.h"
#include "base/intl.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>

static const struct { const char *name; const char *files[3]; bool (*read)(Import *i, const char *path, const char *home, GError **err); } KINDS[N_IMPORTS] = {
	[IMPORT_MUTT] = { "mutt", { ".muttrc", ".mutt/muttrc", ".config/mutt/muttrc" }, import_mutt },
	[IMPORT_NEOMUTT] = { "NeoMutt", { ".neomuttrc", ".neomutt/neomuttrc", ".config/neomutt/neomuttrc" }, import_mutt },
	[IMPORT_AERC] = { "aerc", { ".config/aerc/accounts.conf" }, import_aerc },
	[IMPORT_ALPINE] = { "Alpine", { ".pinerc", ".alpine/pinerc" }, import_alpine },
	[IMPORT_THUNDERBIRD] = { "Thunderbird", { ".thunderbird/profiles.ini", "snap/thunderbird/common/.thunderbird/profiles.ini",
		".var/app/org.mozilla.Thunderbird/.thunderbird/profiles.ini" }, import_thunderbird },
};

const char *
import_program(ImportKind kind)
{
	return KINDS[kind].name;
}

static void
source_free(gpointer p)
{
	ImportSource *s = p;
	g_free(s->path);
	g_free(s);
}

GPtrArray *
import_sources(const char *home)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(source_free);

	for (guint k = 0; k < N_IMPORTS; k++)
		for (guint i = 0; i < G_N_ELEMENTS(KINDS[k].files) && KINDS[k].files[i]; i++) {
			g_autofree char *path = g_build_filename(home, KINDS[k].files[i], NULL);
			if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
				continue;
			ImportSource *s = g_new0(ImportSource, 1);
			s->kind = k;
			s->path = g_steal_pointer(&path);
			g_ptr_array_add(all, s);
			break;
		}
	return all;
}

/* ---- what the readers use ---- */

char *
import_file(const char *path, GError **err)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) why = NULL;
	GStatBuf st;
	gsize len = 0;

	if (g_stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= IMPORT_FILE_MAX && g_file_get_contents(path, &text, &len, &why))
		return g_utf8_make_valid(text, (gssize)strlen(text));
	g_autofree char *shown = g_filename_display_name(path);
	g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s can't be read: %s"), shown, why ? why->message : _("it is missing, too large, or no file"));
	return NULL;
}

char *
import_home(const char *path, const char *home)
{
	static const char *const begins[] = { "~/", "$HOME/", "${HOME}/" };
	for (guint i = 0; i < G_N_ELEMENTS(begins); i++)
		if (g_str_has_prefix(path, begins[i]))
			return g_build_filename(home, path + strlen(begins[i]), NULL);
	return g_strdup(path);
}

static void
line_free(gpointer p)
{
	ImportLine *l = p;
	g_free(l->section);
	g_free(l->name);
	g_free(l->value);
	g_free(l);
}

void
import_line(Import *i, const char *section, const char *name, const char *value)
{
	g_autofree char *plain = g_strstrip(g_strdup(value));
	g_autoptr(GError) err = NULL;

	if (!conf_can_write(section, name, plain, &err)) {	/* all else is taken nevertheless */
		import_left(i, "%s: %s", plain, err->message);
		return;
	}
	ImportLine *l = g_new0(ImportLine, 1);
	l->section = g_strdup(section);
	l->name = g_strdup(name);
	l->value = g_steal_pointer(&plain);
	g_ptr_array_add(i->lines, l);
}

void
import_key(Import *i, const char *section, const char *command, const char *key)
{
	for (guint k = 0; k < i->lines->len; k++) {
		ImportLine *l = i->lines->pdata[k];
		if (!strcmp(l->section, section) && !strcmp(l->name, command)) {
			char *both = g_strconcat(l->value, " ", key, NULL);
			g_free(l->value);
			l->value = both;
			return;
		}
	}
	import_line(i, section, command, key);
}

static void
say(GPtrArray *to, const char *format, va_list ap)
{
	char *text = g_strdup_vprintf(format, ap);
	for (guint i = 0; i < to->len; i++)
		if (!strcmp(to->pdata[i], text)) {	/* once is enough */
			g_free(text);
			return;
		}
	g_ptr_array_add(to, text);
}

void
import_taken(Import *i, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	say(i->taken, format, ap);
	va_end(ap);
}

void
import_left(Import *i, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	say(i->left, format, ap);
	va_end(ap);
}

char *
import_url(const char *scheme, const char *host, guint port, const char *user, const char *address)
{
	static const struct { const char *scheme; guint port; } usual[] = {
		{ "imaps", 993 }, { "imap", 143 }, { "pop3s", 995 }, { "pop3", 110 }, { "smtps", 465 }, { "smtp", 587 },
	};
	if (!host || !*host)
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(usual); i++)
		if (!strcmp(usual[i].scheme, scheme) && usual[i].port == port)
			port = 0;
	g_autofree char *escaped = user && *user && g_strcmp0(user, address) ? g_uri_escape_string(user, NULL, TRUE) : NULL;
	GString *s = g_string_new(scheme);
	g_string_append_printf(s, "://%s%s%s", escaped ? escaped : "", escaped ? "@" : "", host);
	if (port)
		g_string_append_printf(s, ":%u", port);
	return g_string_free(s, FALSE);
}

void
import_account_clear(ImportAccount *a)
{
	char *all[] = { a->name, a->address, a->full_name, a->receive, a->send, a->auth, a->password_command, a->sent, a->signature_file, a->keep, a->check, a->others };
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
	*a = (ImportAccount){ 0 };
}

/* A name that can stand between brackets. */
static char *
section_name(const char *text)
{
	GString *s = g_string_new(NULL);
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		g_string_append_unichar(s, g_unichar_iscntrl(c) || c == '[' || c == ']' || c == '#' ? '_' : c);
	}
	return g_strstrip(g_string_free(s, FALSE));
}

static bool
is_used(const Import *i, const char *section)
{
	for (guint k = 0; k < i->lines->len; k++)
		if (!strcmp(((const ImportLine *)i->lines->pdata[k])->section, section))
			return true;
	return false;
}

/* Two accounts of one name are two here as well. Yours. */
static char *
free_name(const Import *i, const ImportAccount *a)
{
	g_autofree char *plain = section_name(a->name ? a->name : "");

	if (!*plain) {
		g_free(plain);
		plain = section_name(a->address);
	}
	char *name = g_strdup(plain);
	for (guint n = 2;; n++) {
		g_autofree char *section = g_strconcat("account ", name, NULL);
		if (!is_used(i, section))
			return name;
		g_free(name);
		name = g_strdup_printf("%s %u", plain, n);
	}
}

static bool
fits(const char *option, const char *value, char **why)
{
	const Option *o = option_find("account", option);
	return o && option_check(o, value, why);
}

bool
import_account(Import *i, ImportAccount *a)
{
	g_autofree char *why = NULL, *wrong_send = NULL;
	bool good = false;
	const char *called = a->name ? a->name : a->address ? a->address : "?";

	if (i->n_accounts >= IMPORT_ACCOUNTS_MAX)
		import_left(i, _("The account “%s”: there are too many."), called);
	else if (!a->address || !fits("address", a->address, &why))
		import_left(i, _("The account “%s”: its mail address is not told."), called);
	else if (!a->receive || !fits("receive", a->receive, &why))
		import_left(i, _("The account “%s”: its server can't be taken (%s)."), called, why ? why : _("none is named"));
	else
		good = true;
	if (good && a->send && !fits("send", a->send, &wrong_send)) {
		import_left(i, _("The server for sending of “%s”: %s"), called, wrong_send);
		g_clear_pointer(&a->send, g_free);
	}
	if (good) {
		g_autofree char *name = free_name(i, a), *section = g_strconcat("account ", name, NULL);
		const struct { const char *name, *value; } lines[] = {
			{ "address", a->address }, { "full-name", a->full_name }, { "receive", a->receive }, { "send", a->send }, { "auth", a->auth },
			{ "password-command", a->password_command }, { "sent", a->sent }, { "signature-file", a->signature_file },
			{ "keep-on-server", a->keep }, { "check", a->check }, { "other-addresses", a->others },
		};
		for (guint k = 0; k < G_N_ELEMENTS(lines); k++)
			if (lines[k].value && *lines[k].value)
				import_line(i, section, lines[k].name, lines[k].value);
		import_taken(i, a->send ? _("Account “%s”: %s, received from %s, sent by %s") : _("Account “%s”: %s, received from %s"), name, a->address, a->receive, a->send);
		if (a->password_command)	/* it is run, so it is shown */
			import_taken(i, _("Its password comes from the command: %s"), a->password_command);
		i->n_accounts++;
	}
	import_account_clear(a);
	return good;
}

const char *
import_section(const Import *i)
{
	for (guint k = i->lines->len; k > 0; k--) {
		const ImportLine *l = i->lines->pdata[k - 1];
		if (g_str_has_prefix(l->section, "account "))
			return l->section;
	}
	return "account ";
}

/* ---- the door ---- */

Import *
import_read(ImportKind kind, const char *path, const char *home, GError **err)
{
	g_autoptr(Import) i = g_new0(Import, 1);
	i->kind = kind;
	i->lines = g_ptr_array_new_with_free_func(line_free);
	i->taken = g_ptr_array_new_with_free_func(g_free);
	i->left = g_ptr_array_new_with_free_func(g_free);
	if (!KINDS[kind].read(i, path, home, err))
		return NULL;
	return g_steal_pointer(&i);
}

void
import_free(Import *i)
{
	if (!i)
		return;
	g_ptr_array_unref(i->lines);
	g_ptr_array_unref(i->taken);
	g_ptr_array_unref(i->left);
	g_free(i);
}

/* ---- writing ---- */

static bool
is_taken(const Conf *conf, const char *section)
{
	g_auto(GStrv) all = conf_sections(conf, "account");
	return g_strv_contains((const char *const *)all, section);
}

/* The section under which an account of the import is written: its own, or with a number. Yours. */
static char *
free_section(const Conf *conf, GHashTable *used, const char *section)
{
	for (guint n = 1; ; n++) {
		char *name = n == 1 ? g_strdup(section) : g_strdup_printf("%s %u", section, n);
		if (!is_taken(conf, name) && g_hash_table_add(used, g_strdup(name)))
			return name;
		g_free(name);
	}
}

/* A key more, not another: who typed the usual one goes on doing so. An identity follows its account to the new name. Yours. */
static char *
value_of(const ImportLine *l, ImportKeys keys, GHashTable *names)
{
	g_autofree char *account = g_strconcat("account ", l->value, NULL);
	const char *now = g_str_has_prefix(l->section, "identity ") && !strcmp(l->name, "account") ? g_hash_table_lookup(names, account) : NULL;
	if (now)
		return g_strdup(now + strlen("account "));
	g_autofree char *has = keys && g_str_has_prefix(l->section, "keys.") ? keys(l->section, l->name) : NULL;
	return has && *has ? g_strconcat(has, " ", l->value, NULL) : g_strdup(l->value);
}

char *
import_write(const Import *i, const char *file, ImportKeys keys, GError **err)
{
	g_autoptr(Conf) conf = conf_read(file);
	g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(ConfChange));
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *first = NULL;

	for (guint k = 0; k < i->lines->len; k++) {
		const ImportLine *l = i->lines->pdata[k];
		bool account = g_str_has_prefix(l->section, "account ");
		if (account && !g_hash_table_contains(names, l->section))
			g_hash_table_insert(names, g_strdup(l->section), free_section(conf, used, l->section));
		const char *section = account ? g_hash_table_lookup(names, l->section) : l->section;
		if (account && !first)
			first = g_strdup(section + strlen("account "));
		if (!account && conf_line(conf, section, l->name))	/* what the person has set goes before */
			continue;
		g_ptr_array_add(values, value_of(l, keys, names));
		ConfChange change = { section, l->name, g_ptr_array_index(values, values->len - 1) };
		g_array_append_val(changes, change);
	}
	if (changes->len && !conf_write_all(file, (const ConfChange *)changes->data, changes->len, err))
		return NULL;
	return first ? g_steal_pointer(&first) : g_strdup("");
}
