/* setupform.c - the values of an account that is being made.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/setupform.h"
#include "base/intl.h"
#include "conf/oauth.h"

#include <string.h>

static void
put(SetupForm *f, SetupField field, const char *value)
{
	char *fresh = g_strdup(value ? value : "");
	g_free(f->value[field]);
	f->value[field] = fresh;
}

SetupForm *
setupform_new(const char *address)
{
	SetupForm *f = g_new0(SetupForm, 1);
	for (SetupField i = 0; i < N_FIELDS; i++)
		f->value[i] = g_strdup("");
	put(f, FIELD_ADDRESS, address);
	put(f, FIELD_KIND, "imap");
	put(f, FIELD_AUTH, "password");
	put(f, FIELD_KEEP, "yes");
	return f;
}

void
setupform_free(SetupForm *f)
{
	if (!f)
		return;
	for (SetupField i = 0; i < N_FIELDS; i++)
		g_free(f->value[i]);
	found_free(f->found);
	g_free(f);
}

/* ---- what follows from what ---- */

static const Provider *
row_of_server(const SetupForm *f)
{
	ServerUrl url = { 0 };
	const Provider *p = server_url_parse(f->value[FIELD_RECEIVE], &url, NULL) ? provider_by_host(url.host) : NULL;
	server_url_clear(&url);
	return p;
}

bool
setupform_may_password(const SetupForm *f)
{
	const Provider *by_host = row_of_server(f), *named = f->found ? f->found->provider : NULL;
	const Provider *p = by_host ? by_host : named;
	return !p || p->sign_in != SIGN_OAUTH;
}

bool
setupform_is_pop(const SetupForm *f)
{
	return !strcmp(f->value[FIELD_KIND], "pop3");
}

bool
setupform_is_oauth(const SetupForm *f)
{
	return !strcmp(f->value[FIELD_AUTH], "oauth2");
}

bool
setupform_has_both(const SetupForm *f)
{
	return f->found && f->found->imap && f->found->pop3;
}

static void
follow_kind(SetupForm *f)
{
	const char *base = !f->found ? NULL : setupform_is_pop(f) ? f->found->pop3 : f->found->imap;
	g_autofree char *url = base ? provider_url(base, f->found->user, f->value[FIELD_ADDRESS]) : NULL;
	if (url)
		put(f, FIELD_RECEIVE, url);
}

static void
follow_server(SetupForm *f)
{
	if (!setupform_may_password(f))
		put(f, FIELD_AUTH, "oauth2");
}

/* Without what a section's head can't hold, and as no other account is called. Yours. */
static char *
free_name(const Conf *conf, const char *wanted)
{
	g_autofree char *name = g_strdup(wanted && *wanted ? wanted : "mail");
	g_auto(GStrv) all = conf_sections(conf, "account");

	g_strdelimit(name, "[]#\r\n\t/", ' ');
	g_strstrip(name);
	for (guint n = 1; ; n++) {
		g_autofree char *numbered = n == 1 ? g_strdup(name) : g_strdup_printf("%s %u", name, n), *section = g_strconcat("account ", numbered, NULL);
		if (!g_strv_contains((const char *const *)all, section))
			return g_steal_pointer(&numbered);
	}
}

void
setupform_take(SetupForm *f, Found *found, const Conf *conf)
{
	const Provider *p = found->provider;
	g_autofree char *smtp = provider_url(found->smtp, found->user, f->value[FIELD_ADDRESS]);
	g_autofree char *name = free_name(conf, p ? p->name : found->name);

	found_free(f->found);
	f->found = found;
	put(f, FIELD_KIND, found->imap || !found->pop3 ? "imap" : "pop3");
	follow_kind(f);
	put(f, FIELD_SEND, smtp);
	put(f, FIELD_AUTH, found->sign_in && !(found->sign_in & (SIGN_PASSWORD | SIGN_APP_PASSWORD)) ? "oauth2" : "password");
	put(f, FIELD_SENT, p && (p->quirks & PROVIDER_FILES_SENT) ? "no copy" : "");
	put(f, FIELD_CA_FILE, p ? p->ca_file : NULL);
	put(f, FIELD_ACCOUNT, name);
	follow_server(f);
}

void
setupform_set(SetupForm *f, SetupField field, const char *value)
{
	g_autofree char *clean = g_strstrip(g_strdup(value));

	put(f, field, clean);
	if (field == FIELD_KIND)
		follow_kind(f);
	if (field == FIELD_RECEIVE && strstr(clean, "://"))
		put(f, FIELD_KIND, g_str_has_prefix(clean, "pop3") ? "pop3" : "imap");
	follow_server(f);
}

/* ---- what is shown ---- */

bool
setupform_shows(const SetupForm *f, SetupField field)
{
	switch (field) {
	case FIELD_KEEP:
		return setupform_is_pop(f);
	case FIELD_SENT:
		return !setupform_is_pop(f);
	case FIELD_PASSWORD_COMMAND:
		return !setupform_is_oauth(f);
	case FIELD_CLIENT_ID: case FIELD_CLIENT_SECRET:
		return setupform_is_oauth(f);
	case FIELD_TENANT:
		return setupform_is_oauth(f) && f->found && f->found->provider && f->found->provider->oauth.token && strstr(f->found->provider->oauth.token, "{tenant}");
	default:
		return true;
	}
}

static const struct { const char *label, *option; } FIELDS[N_FIELDS] = {
	[FIELD_ADDRESS] = { N_("Address"), "address" },
	[FIELD_FULL_NAME] = { N_("Your name"), "full-name" },
	[FIELD_KIND] = { N_("Kind"), NULL },
	[FIELD_RECEIVE] = { N_("Receive from"), "receive" },
	[FIELD_SEND] = { N_("Send by"), "send" },
	[FIELD_AUTH] = { N_("Sign-in"), "auth" },
	[FIELD_PASSWORD_COMMAND] = { N_("Password command"), "password-command" },
	[FIELD_CLIENT_ID] = { N_("Client id"), "oauth-client-id" },
	[FIELD_CLIENT_SECRET] = { N_("Client secret"), "oauth-client-secret" },
	[FIELD_TENANT] = { N_("Tenant"), "oauth-tenant" },
	[FIELD_KEEP] = { N_("Keep on server"), "keep-on-server" },
	[FIELD_SENT] = { N_("Sent folder"), "sent" },
	[FIELD_CA_FILE] = { N_("Own certificates"), "ca-file" },
	[FIELD_ACCOUNT] = { N_("Account's name"), NULL },
};

const char *
setupform_label(SetupField field)
{
	return _(FIELDS[field].label);
}

const char *
setupform_option(SetupField field)
{
	return FIELDS[field].option;
}

const char *
setupform_hint(const SetupForm *f)
{
	return f->found && f->found->provider ? provider_hint(f->found->provider) : NULL;
}

/* ---- what is written ---- */

static void
add(GArray *all, const char *section, const char *name, const char *value)
{
	ConfChange c = { section, name, value };
	if (value && *value)
		g_array_append_val(all, c);
}

/* A provider that only a row of one's own knows: its addresses go along. */
static void
add_endpoints(const SetupForm *f, GArray *all, const char *section)
{
	const Provider *p = f->found ? f->found->provider : NULL;
	ServerUrl url = { 0 };
	bool known = server_url_parse(f->value[FIELD_RECEIVE], &url, NULL) && oauth_provider(url.host);

	server_url_clear(&url);
	if (known || !p || !setupform_is_oauth(f))
		return;
	add(all, section, "oauth-authorize-url", p->oauth.authorize);
	add(all, section, "oauth-token-url", p->oauth.token);
	add(all, section, "oauth-device-url", p->oauth.device);
	add(all, section, "oauth-issuer", p->oauth.issuer);
	add(all, section, "oauth-scope", p->oauth.scope);
	add(all, section, "oauth-redirect", p->oauth.redirect);
}

GArray *
setupform_changes(const SetupForm *f, char **section)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(ConfChange));

	*section = g_strconcat("account ", f->value[FIELD_ACCOUNT], NULL);
	for (SetupField i = 0; i < N_FIELDS; i++) {
		bool usual = i == FIELD_AUTH && !setupform_is_oauth(f);
		if (FIELDS[i].option && setupform_shows(f, i) && !usual)
			add(all, *section, FIELDS[i].option, f->value[i]);
	}
	if (setupform_is_pop(f))
		add(all, *section, "check", "startup, every 5 minutes");	/* there is no push */
	add_endpoints(f, all, *section);
	return all;
}

Account *
setupform_account(const SetupForm *f, char **problem)
{
	g_autofree char *section = NULL;
	g_autoptr(GArray) changes = setupform_changes(f, &section);
	g_autoptr(GString) text = g_string_new(NULL);
	const char *name = f->value[FIELD_ACCOUNT];

	if (!*name || strpbrk(name, "[]#\r\n")) {
		*problem = g_strdup(_("The account needs a name, without [ ] and #."));
		return NULL;
	}
	g_string_append_printf(text, "[%s]\n", section);
	for (guint i = 0; i < changes->len; i++) {
		const ConfChange *c = &g_array_index(changes, ConfChange, i);
		g_string_append_printf(text, "%s = %s\n", c->name, c->value);
	}
	g_autoptr(Conf) conf = conf_of_text("", text->str);
	if (conf_problems(conf)->len) {
		*problem = g_strdup(((ConfProblem *)g_ptr_array_index(conf_problems(conf), 0))->text);
		return NULL;
	}
	if (conf_accounts(conf)->len != 1) {
		*problem = g_strdup(_("The account is not whole yet."));
		return NULL;
	}
	return account_ref(g_ptr_array_index(conf_accounts(conf), 0));
}
