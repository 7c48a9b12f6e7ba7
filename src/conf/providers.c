/* providers.c - finds the row of a domain, a mail exchanger or a server; reads the rows of a site.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/providers.h"
#include "conf/accounts.h"
#include "base/intl.h"

#include <string.h>

static const Provider TABLE[] = {
#include "conf/providers.def"
};

const Provider *
providers_table(gsize *n)
{
	*n = G_N_ELEMENTS(TABLE);
	return TABLE;
}

/* ---- finding ---- */

/* "*.x" is what lies below x, not x itself: mx.x.evil must not pass for it either. */
static bool
name_fits(const char *pattern, gsize len, const char *name)
{
	gsize n = strlen(name);
	if (n && name[n - 1] == '.')
		n--;
	if (len > 2 && pattern[0] == '*' && pattern[1] == '.')
		return n > len - 1 && !g_ascii_strncasecmp(name + n - (len - 1), pattern + 1, len - 1);
	return n == len && !g_ascii_strncasecmp(name, pattern, len);
}

static bool
list_fits(const char *list, const char *name)
{
	for (const char *p = list ? list : ""; *p; ) {
		gsize len = strcspn(p, " ");
		if (len && name_fits(p, len, name))
			return true;
		p += len + strspn(p + len, " ");
	}
	return false;
}

/* A name in full goes before one below another. */
static bool
exact_fits(const char *list, const char *name)
{
	g_auto(GStrv) all = g_strsplit(list ? list : "", " ", -1);
	gsize n = strlen(name);
	for (char **w = all; *w; w++)
		if (**w && **w != '*' && name_fits(*w, strlen(*w), name))
			return n > 0;
	return false;
}

typedef enum { BY_DOMAIN, BY_MX, BY_ID } FindBy;

static bool
row_fits(const Provider *p, FindBy by, const char *name, bool exact)
{
	if (by == BY_ID)
		return !strcmp(p->id, name);
	const char *list = by == BY_DOMAIN ? p->domains : p->mx;
	return exact ? exact_fits(list, name) : list_fits(list, name);
}

static const Provider *
find(const GPtrArray *site, FindBy by, const char *name)
{
	if (!name || !*name)
		return NULL;
	for (int exact = 1; exact >= 0; exact--) {
		for (guint i = 0; site && i < site->len; i++)
			if (row_fits(site->pdata[i], by, name, exact))
				return site->pdata[i];
		for (gsize i = 0; i < G_N_ELEMENTS(TABLE); i++)
			if (row_fits(&TABLE[i], by, name, exact))
				return &TABLE[i];
	}
	return NULL;
}

const Provider *
provider_by_domain(const GPtrArray *site, const char *domain)
{
	return find(site, BY_DOMAIN, domain);
}

const Provider *
provider_by_mx(const GPtrArray *site, const char *exchanger)
{
	return find(site, BY_MX, exchanger);
}

const Provider *
provider_by_id(const GPtrArray *site, const char *id)
{
	return find(site, BY_ID, id);
}

const Provider *
provider_by_host(const char *host)
{
	for (gsize i = 0; host && i < G_N_ELEMENTS(TABLE); i++) {
		const char *urls[] = { TABLE[i].imap, TABLE[i].pop3, TABLE[i].smtp };
		for (guint k = 0; k < G_N_ELEMENTS(urls); k++) {
			ServerUrl url = { 0 };
			bool same = urls[k] && server_url_parse(urls[k], &url, NULL) && !g_ascii_strcasecmp(url.host, host);
			server_url_clear(&url);
			if (same)
				return &TABLE[i];
		}
	}
	return NULL;
}

/* ---- what follows of a row ---- */

char *
address_domain(const char *address)
{
	const char *at = address ? strrchr(address, '@') : NULL;
	if (!at || at == address || !at[1] || strpbrk(address, " \t<>,;\"()\\") || !g_utf8_validate(address, -1, NULL))
		return NULL;
	char *domain = g_ascii_strdown(at + 1, -1);
	gsize n = strlen(domain);
	if (n && domain[n - 1] == '.')
		domain[--n] = 0;
	if (n && n <= 253 && domain[0] != '.' && domain[0] != '-' && !strstr(domain, "..") && !strpbrk(domain, "/:?#%[]&=+"))
		return domain;
	g_free(domain);
	return NULL;
}

char *
provider_user_name(const Provider *p, const char *address)
{
	const char *at = p->user == USER_LOCAL ? strrchr(address, '@') : NULL;
	return at ? g_strndup(address, (gsize)(at - address)) : g_strdup(address);
}

char *
provider_url(const char *base, const char *user, const char *address)
{
	const char *sep = base ? strstr(base, "://") : NULL;
	if (!sep || !user || !*user || !g_strcmp0(user, address))
		return g_strdup(base);
	g_autofree char *escaped = g_uri_escape_string(user, NULL, TRUE);
	return g_strdup_printf("%.*s%s@%s", (int)(sep + 3 - base), base, escaped, sep + 3);
}

const char *
provider_hint(const Provider *p)
{
	return p->hint ? _(p->hint) : NULL;
}

/* ---- rows of a site ---- */

static const char *
text_of(GKeyFile *f, const char *group, const char *key)
{
	g_autofree char *text = g_key_file_get_string(f, group, key, NULL);
	if (text)
		g_strstrip(text);
	return text && *text ? g_intern_string(text) : NULL;
}

static bool
url_is(const char *text, Scheme first, Scheme last, const char **field)
{
	ServerUrl url = { 0 };
	if (!text)
		return true;
	bool good = server_url_parse(text, &url, NULL) && url.scheme >= first && url.scheme <= last && !url.user;
	server_url_clear(&url);
	*field = good ? text : NULL;
	return good;
}

static guint
sign_in_of(const char *text)
{
	static const struct { const char *name; guint bit; } names[] = {
		{ "password", SIGN_PASSWORD }, { "app-password", SIGN_APP_PASSWORD }, { "oauth2", SIGN_OAUTH },
	};
	g_auto(GStrv) words = g_strsplit_set(text ? text : "password", " ,", -1);
	guint bits = 0;
	for (char **w = words; *w; w++)
		for (guint i = 0; i < G_N_ELEMENTS(names); i++)
			if (!strcmp(*w, names[i].name))
				bits |= names[i].bit;
	return bits;
}

static Provider *
site_row(GKeyFile *f, const char *group, char **problem)
{
	Provider *p = g_new0(Provider, 1);
	const char *name = text_of(f, group, "name"), *domains = text_of(f, group, "domains");

	p->id = g_intern_string(group);
	p->name = name ? name : p->id;
	p->domains = domains ? domains : "";
	p->mx = text_of(f, group, "mx");
	bool good = url_is(text_of(f, group, "imap"), SCHEME_IMAPS, SCHEME_IMAP_INSECURE, &p->imap);
	good &= url_is(text_of(f, group, "pop3"), SCHEME_POP3S, SCHEME_POP3_INSECURE, &p->pop3);
	good &= url_is(text_of(f, group, "smtp"), SCHEME_SMTPS, SCHEME_SMTP_INSECURE, &p->smtp);
	p->user = !g_strcmp0(text_of(f, group, "user"), "local") ? USER_LOCAL : USER_ADDRESS;
	p->sign_in = sign_in_of(text_of(f, group, "sign-in"));
	p->sent = text_of(f, group, "sent");
	p->ca_file = text_of(f, group, "ca-file");
	p->hint = text_of(f, group, "hint");
	p->url = text_of(f, group, "url");
	p->oauth = (ProviderOauth){
		.authorize = text_of(f, group, "oauth-authorize-url"), .token = text_of(f, group, "oauth-token-url"),
		.device = text_of(f, group, "oauth-device-url"), .issuer = text_of(f, group, "oauth-issuer"), .scope = text_of(f, group, "oauth-scope"),
		.redirect = text_of(f, group, "oauth-redirect"),
	};
	if ((!good || !p->sign_in) && !*problem)
		*problem = g_strdup_printf(_("[%s] has a server or a way to sign in that can't be read; it is left out."), group);
	return p;
}

GPtrArray *
providers_read_site(const char *file, char **problem)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GKeyFile) f = g_key_file_new();
	g_autoptr(GError) err = NULL;
	char *said = NULL;

	if (!g_key_file_load_from_file(f, file, G_KEY_FILE_NONE, &err)) {
		if (!g_error_matches(err, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			said = g_strdup(err->message);
	} else {
		g_auto(GStrv) groups = g_key_file_get_groups(f, NULL);
		for (char **g = groups; *g; g++)
			g_ptr_array_add(rows, site_row(f, *g, &said));
	}
	if (problem)
		*problem = g_steal_pointer(&said);
	g_free(said);
	return rows;
}
