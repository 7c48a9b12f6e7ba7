/* autoconfig.c - reads the XML in which a domain describes its mail servers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The first usable server of each kind counts: the file gives them in its owner's order. Encrypted from the first byte goes
 * before STARTTLS only where the order says so. */
#include "config.h"
#include "setup/autoconfig.h"
#include "conf/accounts.h"
#include "base/intl.h"

#include <string.h>

enum { TEXT_MAX = 512, DEPTH_MAX = 32 };

typedef enum { KIND_IMAP, KIND_POP3, KIND_SMTP, N_KINDS, KIND_OTHER } Kind;

typedef struct {
	const char *address;	/* borrowed */
	Found *found;		/* borrowed */
	bool inside, config;	/* in a server; the root was right */
	Kind kind;
	char *host, *port, *socket, *user;	/* owned: of the server that is read */
	guint sign_in;
	bool auth_named;
	GString *text;		/* owned */
	guint depth;
} Reader;

/* %EMAILADDRESS%, %EMAILLOCALPART%, %EMAILDOMAIN%; yours */
static char *
fill_in(const char *text, const char *address)
{
	const char *at = strrchr(address, '@');
	g_autofree char *local = g_strndup(address, (gsize)(at - address));
	const struct { const char *name, *value; } names[] = {
		{ "%EMAILADDRESS%", address }, { "%EMAILLOCALPART%", local }, { "%EMAILDOMAIN%", at + 1 },
	};
	GString *s = g_string_new(NULL);

	while (*text) {
		gsize i = 0;
		while (i < G_N_ELEMENTS(names) && !g_str_has_prefix(text, names[i].name))
			i++;
		if (i < G_N_ELEMENTS(names)) {
			g_string_append(s, names[i].value);
			text += strlen(names[i].name);
		} else {
			g_string_append_c(s, *text++);
		}
	}
	return g_string_free(s, FALSE);
}

static void
clear_server(Reader *r)
{
	g_clear_pointer(&r->host, g_free);
	g_clear_pointer(&r->port, g_free);
	g_clear_pointer(&r->socket, g_free);
	g_clear_pointer(&r->user, g_free);
	r->sign_in = 0;
	r->auth_named = false;
}

static void
start(GMarkupParseContext *context, const char *name, const char **names, const char **values, gpointer user, GError **err)
{
	Reader *r = user;
	const char *type = "";

	if (++r->depth > DEPTH_MAX) {
		g_set_error_literal(err, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "too deep");
		return;
	}
	g_string_truncate(r->text, 0);
	r->config |= !strcmp(name, "clientConfig");
	for (guint i = 0; names[i]; i++)
		if (!strcmp(names[i], "type"))
			type = values[i];
	if (!strcmp(name, "incomingServer"))
		r->kind = !strcmp(type, "imap") ? KIND_IMAP : !strcmp(type, "pop3") ? KIND_POP3 : KIND_OTHER;
	else if (!strcmp(name, "outgoingServer"))
		r->kind = !strcmp(type, "smtp") ? KIND_SMTP : KIND_OTHER;
	else
		return;
	clear_server(r);
	r->inside = true;
}

static void
text(GMarkupParseContext *context, const char *words, gsize len, gpointer user, GError **err)
{
	Reader *r = user;
	if (r->text->len + len <= TEXT_MAX)
		g_string_append_len(r->text, words, (gssize)len);
}

/* Its URL; NULL: not usable. */
static char *
server_url(const Reader *r)
{
	static const char *const schemes[N_KINDS][2] = { { "imaps", "imap" }, { "pop3s", "pop3" }, { "smtps", "smtp" } };
	bool tls = !g_strcmp0(r->socket, "SSL"), later = !g_strcmp0(r->socket, "STARTTLS");
	ServerUrl url = { 0 };

	if (!r->host || !r->port || !(tls || later) || strpbrk(r->host, "/@:?#[] "))
		return NULL;
	g_autofree char *made = g_strdup_printf("%s://%s:%s", schemes[r->kind][later], r->host, r->port);
	bool good = server_url_parse(made, &url, NULL);
	server_url_clear(&url);
	return good ? g_steal_pointer(&made) : NULL;
}

static void
take_server(Reader *r)
{
	Found *f = r->found;
	char **fields[N_KINDS] = { &f->imap, &f->pop3, &f->smtp };

	if (r->kind >= N_KINDS || *fields[r->kind] || (r->auth_named && !r->sign_in))
		return;
	*fields[r->kind] = server_url(r);
	if (!*fields[r->kind] || r->kind == KIND_SMTP)
		return;
	f->sign_in |= r->sign_in ? r->sign_in : SIGN_PASSWORD;
	if (!f->user && r->user)
		f->user = g_strdup(r->user);
}

static void
end(GMarkupParseContext *context, const char *name, gpointer user, GError **err)
{
	Reader *r = user;
	g_autofree char *words = g_strstrip(g_strdup(r->text->str));

	r->depth--;
	g_string_truncate(r->text, 0);
	if (!strcmp(name, "incomingServer") || !strcmp(name, "outgoingServer")) {
		if (r->inside)
			take_server(r);
		r->inside = false;
	} else if (!r->inside) {
		if (!strcmp(name, "displayName") && !r->found->name && *words)
			r->found->name = fill_in(words, r->address);
	} else if (!strcmp(name, "hostname")) {
		g_free(r->host);
		r->host = fill_in(words, r->address);
	} else if (!strcmp(name, "port")) {
		g_free(r->port);
		r->port = g_steal_pointer(&words);
	} else if (!strcmp(name, "socketType")) {
		g_free(r->socket);
		r->socket = g_ascii_strup(words, -1);
	} else if (!strcmp(name, "username")) {
		g_free(r->user);
		r->user = fill_in(words, r->address);
	} else if (!strcmp(name, "authentication")) {
		r->auth_named = true;
		if (!g_ascii_strcasecmp(words, "OAuth2"))
			r->sign_in |= SIGN_OAUTH;
		else if (!g_ascii_strncasecmp(words, "password-", 9) || !strcmp(words, "plain") || !strcmp(words, "secure"))
			r->sign_in |= SIGN_PASSWORD;
	}
}

Found *
autoconfig_read(const char *xml, gsize len, const char *address, GError **err)
{
	static const GMarkupParser parser = { .start_element = start, .end_element = end, .text = text };
	g_autoptr(Found) f = g_new0(Found, 1);
	g_autoptr(GError) why = NULL;
	Reader r = { .address = address, .found = f, .text = g_string_new(NULL) };

	f->source = SOURCE_AUTOCONFIG;
	g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &r, NULL);
	bool good = len <= AUTOCONFIG_MAX && strrchr(address, '@') && g_markup_parse_context_parse(context, xml, (gssize)len, &why) &&
		g_markup_parse_context_end_parse(context, &why) && r.config;
	clear_server(&r);
	g_string_free(r.text, TRUE);
	if (!good) {
		g_set_error(err, EIL_ERROR, EIL_BROKEN, _("The domain's description of its servers can't be read%s%s."), why ? ": " : "", why ? why->message : "");
		return NULL;
	}
	if (!f->imap && !f->pop3) {
		g_set_error(err, EIL_ERROR, EIL_BROKEN, "%s", _("The domain's description names no server for IMAP or POP3 with TLS."));
		return NULL;
	}
	if (!f->user)
		f->user = g_strdup(address);
	return g_steal_pointer(&f);
}
