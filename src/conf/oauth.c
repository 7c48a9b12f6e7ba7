/* oauth.c - where an account signs in by OAuth 2.0.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/oauth.h"
#include "base/intl.h"

#include <string.h>

#define MICROSOFT(host) { host, "Microsoft", \
	"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize", "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token", \
	"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode", NULL, \
	"https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/POP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access", \
	"http://localhost/", NULL }
#define GOOGLE(host) { host, "Google", \
	"https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token", \
	NULL /* its device flow refuses the scope of mail */, "https://accounts.google.com", "https://mail.google.com/", \
	"http://127.0.0.1/", "access_type=offline&prompt=consent" }

static const OauthProvider PROVIDERS[] = {
	MICROSOFT("office365.com"), MICROSOFT("outlook.office.com"), MICROSOFT("outlook.com"), MICROSOFT("hotmail.com"), MICROSOFT("live.com"),
	GOOGLE("gmail.com"), GOOGLE("googlemail.com"), GOOGLE("smtp-relay.gmail.com"),
};

const OauthProvider *
oauth_provider(const char *host)
{
	gsize len = host ? strlen(host) : 0;

	for (guint i = 0; i < G_N_ELEMENTS(PROVIDERS); i++) {
		gsize n = strlen(PROVIDERS[i].host);
		if (len >= n && !g_ascii_strcasecmp(host + len - n, PROVIDERS[i].host) && (len == n || host[len - n - 1] == '.'))
			return &PROVIDERS[i];
	}
	return NULL;
}

static void
fill(char **field, const char *value)
{
	if (!*field)
		*field = g_strdup(value);
}

static void
put_tenant(char **url, const char *tenant)
{
	if (!*url || !strstr(*url, "{tenant}"))
		return;
	g_autofree char *escaped = g_uri_escape_string(tenant, NULL, FALSE);
	g_auto(GStrv) parts = g_strsplit(*url, "{tenant}", -1);
	g_free(*url);
	*url = g_strjoinv(escaped, parts);
}

void
oauth_complete(Account *a)
{
	Oauth *o = &a->oauth;
	/* who names endpoints means them, not a mixture */
	bool own = o->authorize_url || o->token_url || o->device_url || o->issuer;
	const OauthProvider *p = own ? NULL : oauth_provider(a->receive.host);

	if (p) {
		o->authorize_url = g_strdup(p->authorize_url);
		o->token_url = g_strdup(p->token_url);
		o->device_url = g_strdup(p->device_url);
		o->issuer = g_strdup(p->issuer);
		fill(&o->scope, p->scope);
		fill(&o->redirect, p->redirect);
		fill(&o->extra, p->extra);
		fill(&o->provider, p->name);
	}
	put_tenant(&o->authorize_url, o->tenant);
	put_tenant(&o->token_url, o->tenant);
	put_tenant(&o->device_url, o->tenant);
	put_tenant(&o->issuer, o->tenant);
	fill(&o->redirect, "http://127.0.0.1/");
	fill(&o->name, a->name);
	fill(&o->hint, a->address);
	if (!o->provider) {
		const char *url = o->token_url ? o->token_url : o->issuer ? o->issuer : o->authorize_url;
		g_autoptr(GUri) uri = url ? g_uri_parse(url, G_URI_FLAGS_NONE, NULL) : NULL;
		o->provider = g_strdup(uri && g_uri_get_host(uri) ? g_uri_get_host(uri) : a->receive.host);
	}
}

bool
oauth_check(const Account *a, char **problem)
{
	const Oauth *o = &a->oauth;

	if (!o->client_id)
		*problem = g_strdup_printf(_("auth = oauth2 needs oauth-client-id: the id that %s gave to your eilpost. The manual eilpost-config(5) says in plain steps how to get one."),
			o->provider);
	else if (!o->issuer && (!o->token_url || (!o->authorize_url && !o->device_url)))
		*problem = g_strdup_printf(_("eilpost does not know where one signs in to %s; set oauth-issuer, or oauth-token-url with oauth-authorize-url or oauth-device-url."),
			a->receive.host);
	else
		return true;
	return false;
}
