/* accounts.c - an account as the configuration file describes it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/accounts.h"
#include "base/intl.h"

#include <arpa/inet.h>
#include <string.h>

static bool
say(char **problem, char *sentence)
{
	if (problem)
		*problem = sentence;
	else
		g_free(sentence);
	return false;
}

/* ---- server URLs ---- */

static const struct { const char *name; Scheme scheme; guint16 port; bool insecure; } SCHEMES[] = {
	{ "imaps", SCHEME_IMAPS, 993, false }, { "imap", SCHEME_IMAP, 143, false }, { "imap+insecure", SCHEME_IMAP_INSECURE, 143, true },
	{ "pop3s", SCHEME_POP3S, 995, false }, { "pop3", SCHEME_POP3, 110, false }, { "pop3+insecure", SCHEME_POP3_INSECURE, 110, true },
	{ "smtps", SCHEME_SMTPS, 465, false }, { "smtp", SCHEME_SMTP, 587, false }, { "smtp+insecure", SCHEME_SMTP_INSECURE, 587, true },
};

Security
server_security(const ServerUrl *url)
{
	switch (url->scheme) {
	case SCHEME_IMAPS: case SCHEME_POP3S: case SCHEME_SMTPS:
		return SECURITY_TLS;
	case SCHEME_IMAP_INSECURE: case SCHEME_POP3_INSECURE: case SCHEME_SMTP_INSECURE:
		return SECURITY_NONE;
	case SCHEME_IMAP: case SCHEME_POP3: case SCHEME_SMTP: case SCHEME_NONE:
		break;
	}
	return SECURITY_STARTTLS;
}

LinkTarget
server_target(const ServerUrl *url)
{
	return (LinkTarget){ .host = url->host, .port = url->port, .security = server_security(url) };
}

LinkTarget
account_target(const Account *a, const ServerUrl *url, const char *key_phrase)
{
	LinkTarget t = server_target(url);

	t.ca_file = a->ca_file;
	t.pins = a->pins;
	t.client_cert = a->client_cert;
	t.client_key = a->client_key;
	t.key_phrase = key_phrase;
	return t;
}

bool
host_is_here(const char *host)
{
	struct in_addr four;
	struct in6_addr six;
	if (!g_ascii_strcasecmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool
parse_port(const char *text, guint16 *port, char **problem)
{
	guint64 n;
	if (!g_ascii_string_to_unsigned(text, 10, 1, 65535, &n, NULL))
		return say(problem, g_strdup_printf(_("“%s” is not a port (1 to 65535)."), text));
	*port = (guint16)n;
	return true;
}

/* "host", "host:port", "[::1]:port" */
static bool
parse_authority(char *text, ServerUrl *url, char **problem)
{
	char *port = NULL;

	if (*text == '[') {
		char *end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return say(problem, g_strdup_printf(_("The bracket in “%s” is not closed."), text));
		*end = 0;
		port = end[1] ? end + 2 : NULL;
		text++;
	} else if ((port = strchr(text, ':'))) {
		*port++ = 0;
	}
	if (!*text || strpbrk(text, " \t\"<>\\@"))
		return say(problem, g_strdup(_("The name of the server is missing or has characters that no name has.")));
	url->host = g_strdup(text);
	return !port || parse_port(port, &url->port, problem);
}

bool
server_url_parse(const char *text, ServerUrl *url, char **problem)
{
	const char *sep = strstr(text, "://");
	bool insecure = false;

	*url = (ServerUrl){ 0 };
	if (!sep)
		return say(problem, g_strdup_printf(_("“%s” is not a server address; it should look like imaps://alice@imap.example.org."), text));
	for (guint i = 0; i < G_N_ELEMENTS(SCHEMES); i++)
		if (strlen(SCHEMES[i].name) == (gsize)(sep - text) && !g_ascii_strncasecmp(text, SCHEMES[i].name, (gsize)(sep - text))) {
			url->scheme = SCHEMES[i].scheme;
			url->port = SCHEMES[i].port;
			insecure = SCHEMES[i].insecure;
		}
	if (url->scheme == SCHEME_NONE) {
		g_autofree char *name = g_strndup(text, (gsize)(sep - text));
		return say(problem, g_strdup_printf(_("“%s” is not a protocol that eilpost knows (imaps, imap, pop3s, pop3, smtps, smtp)."), name));
	}
	g_autofree char *rest = g_strdup(sep + 3);
	gsize len = strlen(rest);
	if (len && rest[len - 1] == '/')
		rest[len - 1] = 0;
	if (strpbrk(rest, "/?#"))
		return say(problem, g_strdup_printf(_("Nothing may follow the server's name in “%s”."), text));
	char *at = strrchr(rest, '@');
	if (at) {
		*at = 0;
		if (strchr(rest, ':'))
			return say(problem, g_strdup(_("A password does not belong into the server address; use password-command, or let eilpost ask.")));
		url->user = g_uri_unescape_string(rest, NULL);
		if (!url->user || !*url->user)
			return say(problem, g_strdup_printf(_("The user name in “%s” can't be read."), text));
	}
	if (!parse_authority(at ? at + 1 : rest, url, problem))
		return false;
	if (insecure && !host_is_here(url->host))
		return say(problem, g_strdup_printf(_("Without encryption eilpost talks to this computer only, not to %s."), url->host));
	return true;
}

void
server_url_clear(ServerUrl *url)
{
	g_clear_pointer(&url->user, g_free);
	g_clear_pointer(&url->host, g_free);
}

/* ---- values with words in them ---- */

static bool
number_and(const char *text, const char *before, const char *const *after, gint64 max, gint64 *n)
{
	g_autofree char *copy = g_ascii_strdown(text, -1);
	char *end;

	if (!g_str_has_prefix(copy, before))
		return false;
	char *at = copy + strlen(before);
	*n = g_ascii_strtoll(at, &end, 10);
	return end != at && *n >= 1 && *n <= max && g_strv_contains(after, g_strstrip(end));
}

bool
account_parse_check(const char *text, guint *bits, guint *minutes, char **problem)
{
	static const char *const MINUTES[] = { "minutes", "minute", "min", "m", NULL };
	g_auto(GStrv) words = g_strsplit(text, ",", -1);

	*bits = *minutes = 0;
	for (char **w = words; *w; w++) {
		gint64 n = 0;
		const char *word = g_strstrip(*w);
		if (!g_ascii_strcasecmp(word, "startup"))
			*bits |= CHECK_STARTUP;
		else if (!g_ascii_strcasecmp(word, "manual"))
			*bits |= CHECK_MANUAL;
		else if (!g_ascii_strcasecmp(word, "push"))
			*bits |= CHECK_PUSH;
		else if (number_and(word, "every ", MINUTES, 1440, &n))
			*bits |= CHECK_EVERY;
		else
			return say(problem, g_strdup_printf(_("“%s” is none of: startup, manual, push, every N minutes (1 to 1440)."), word));
		if (n)
			*minutes = (guint)n;
	}
	if ((*bits & CHECK_MANUAL) && *bits != CHECK_MANUAL)
		return say(problem, g_strdup(_("“manual” excludes the others: with it mail is fetched only when you say so.")));
	return *bits || say(problem, g_strdup(_("The value is empty.")));
}

bool
account_parse_days(const char *text, int *days, char **problem)
{
	static const char *const DAYS[] = { "days", "day", "d", NULL };
	gint64 n;

	if (!g_ascii_strcasecmp(text, "headers"))
		*days = 0;
	else if (!g_ascii_strcasecmp(text, "all"))
		*days = -1;
	else if (number_and(text, "", DAYS, 36500, &n))
		*days = (int)n;
	else
		return say(problem, g_strdup_printf(_("“%s” is none of: headers, N days, all."), text));
	return true;
}

bool
account_parse_keep(const char *text, KeepKind *keep, int *days, char **problem)
{
	static const char *const DAYS[] = { "days", "day", "d", NULL };
	gint64 n = 0;

	if (!g_ascii_strcasecmp(text, "yes"))
		*keep = KEEP_YES;
	else if (!g_ascii_strcasecmp(text, "no"))
		*keep = KEEP_NO;
	else if (!g_ascii_strcasecmp(text, "until deleted here"))
		*keep = KEEP_UNTIL_DELETED;
	else if (number_and(text, "", DAYS, 36500, &n))
		*keep = KEEP_DAYS;
	else
		return say(problem, g_strdup_printf(_("“%s” is none of: yes, no, N days, until deleted here."), text));
	*days = (int)n;
	return true;
}

/* ---- the struct ---- */

typedef struct { Account account; gatomicrefcount refs; } Counted;

Account *
account_new(void)
{
	Counted *c = g_new0(Counted, 1);
	g_atomic_ref_count_init(&c->refs);
	c->account.disable = g_new0(char *, 1);
	c->account.ahead_mib = 500;
	c->account.connections = 1;
	return &c->account;
}

Account *
account_ref(Account *a)
{
	g_atomic_ref_count_inc(&((Counted *)a)->refs);
	return a;
}

void
account_unref(Account *a)
{
	if (!a || !g_atomic_ref_count_dec(&((Counted *)a)->refs))
		return;
	char *texts[] = { a->name, a->address, a->full_name, a->password_command, a->send_password_command, a->ca_file, a->client_cert, a->client_key, a->send_when, a->sent, a->drafts };
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_strfreev(a->disable);
	g_clear_pointer(&a->pins, g_ptr_array_unref);
	oauth_clear(&a->oauth);
	server_url_clear(&a->receive);
	server_url_clear(&a->send);
	g_free(a);
}

enum { OAUTH_TEXTS = 13 };

static void
oauth_texts(const Oauth *o, char ***texts)
{
	Oauth *w = (Oauth *)o;
	char **all[OAUTH_TEXTS] = {
		&w->name, &w->hint, &w->provider, &w->client_id, &w->client_secret, &w->tenant, &w->scope,
		&w->authorize_url, &w->token_url, &w->device_url, &w->issuer, &w->redirect, &w->extra,
	};
	memcpy(texts, all, sizeof all);
}

void
oauth_clear(Oauth *o)
{
	char **texts[OAUTH_TEXTS];

	oauth_texts(o, texts);
	for (guint i = 0; i < OAUTH_TEXTS; i++)
		g_clear_pointer(texts[i], g_free);
	g_clear_pointer(&o->ca_file, g_free);
}

void
oauth_copy(Oauth *to, const Oauth *from)
{
	char **old[OAUTH_TEXTS], **fresh[OAUTH_TEXTS];
	Oauth copy = { .way = from->way, .ca_file = g_strdup(from->ca_file) };

	oauth_texts(from, old);
	oauth_texts(&copy, fresh);
	for (guint i = 0; i < OAUTH_TEXTS; i++)
		*fresh[i] = g_strdup(*old[i]);
	oauth_clear(to);
	*to = copy;
}

bool
oauth_same(const Oauth *a, const Oauth *b)
{
	char **one[OAUTH_TEXTS], **other[OAUTH_TEXTS];

	oauth_texts(a, one);
	oauth_texts(b, other);
	for (guint i = 0; i < OAUTH_TEXTS; i++)
		if (g_strcmp0(*one[i], *other[i]))
			return false;
	return !g_strcmp0(a->ca_file, b->ca_file);
}

void
account_set_disable(Account *a, const char *words)
{
	g_autofree char *upper = g_ascii_strup(words ? words : "", -1);
	g_auto(GStrv) all = g_strsplit_set(upper, " ,\t", -1);
	g_autoptr(GPtrArray) named = g_ptr_array_new();

	for (char **w = all; *w; w++)
		if (**w)
			g_ptr_array_add(named, *w);
	g_ptr_array_add(named, NULL);
	g_strfreev(a->disable);
	a->disable = g_strdupv((char **)named->pdata);
}

/* What of a host's name says whose it is; an address is only itself. */
static const char *
domain_of(const char *host)
{
	const char *dot = strchr(host, '.');
	return dot && strchr(dot + 1, '.') && !g_hostname_is_ip_address(host) ? dot + 1 : host;
}

bool
account_sends_apart(const Account *a)
{
	const char *to = a->send.host, *from = a->receive.host;

	if (!to || !from)
		return false;
	if (a->send.user && g_strcmp0(a->send.user, account_user(a)))
		return true;
	return g_ascii_strcasecmp(to, from) && g_ascii_strcasecmp(domain_of(to), domain_of(from)) && g_ascii_strcasecmp(domain_of(to), from) &&
		g_ascii_strcasecmp(to, domain_of(from));
}

const char *
account_user(const Account *a)
{
	return a->receive.user ? a->receive.user : a->address;
}

bool
account_is_pop(const Account *a)
{
	return a->receive.scheme == SCHEME_POP3S || a->receive.scheme == SCHEME_POP3 || a->receive.scheme == SCHEME_POP3_INSECURE;
}
