/* providers.c - tests of conf/providers: the rows, and who is found by what.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/accounts.h"
#include "conf/providers.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

/* The three lines of the user's document, as written there (S12); passwords are not offered (S3). */
static void
test_exchange(void)
{
	const Provider *p = provider_by_id(NULL, "exchange");
	static const struct { gsize field; Scheme scheme; const char *host; guint16 port; } rows[] = {
		{ G_STRUCT_OFFSET(Provider, pop3), SCHEME_POP3S, "Outlook.office365.com", 995 },
		{ G_STRUCT_OFFSET(Provider, imap), SCHEME_IMAPS, "Outlook.office365.com", 993 },
		{ G_STRUCT_OFFSET(Provider, smtp), SCHEME_SMTP, "Smtp.office365.com", 587 },	/* STARTTLS, demanded */
	};
	g_assert_nonnull(p);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		ServerUrl url;
		g_assert_true(server_url_parse(G_STRUCT_MEMBER(const char *, p, rows[i].field), &url, NULL));
		g_assert_cmpint(url.scheme, ==, rows[i].scheme);
		g_assert_cmpint(g_ascii_strcasecmp(url.host, rows[i].host), ==, 0);
		g_assert_cmpint(url.port, ==, rows[i].port);
		server_url_clear(&url);
	}
	g_assert_cmpuint(p->sign_in, ==, SIGN_OAUTH);
	static const char *const scopes[] = { "IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send", "offline_access" };	/* S5 */
	for (guint i = 0; i < G_N_ELEMENTS(scopes); i++)
		g_assert_nonnull(strstr(p->oauth.scope, scopes[i]));
}

static void
test_rows(void)
{
	gsize n;
	const Provider *rows = providers_table(&n);
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal), domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	g_assert_cmpuint(n, >=, 40);
	for (gsize i = 0; i < n; i++) {
		const Provider *p = &rows[i];
		const struct { const char *url; Scheme first, last; } urls[] = {
			{ p->imap, SCHEME_IMAPS, SCHEME_IMAP }, { p->pop3, SCHEME_POP3S, SCHEME_POP3 }, { p->smtp, SCHEME_SMTPS, SCHEME_SMTP },
		};
		g_test_message("%s", p->id);
		g_assert_true(g_hash_table_add(ids, (gpointer)p->id));
		for (guint k = 0; k < G_N_ELEMENTS(urls); k++) {
			ServerUrl url;
			if (!urls[k].url)
				continue;
			g_assert_true(server_url_parse(urls[k].url, &url, NULL));
			g_assert_cmpint(url.scheme, >=, urls[k].first);
			g_assert_cmpint(url.scheme, <=, urls[k].last);
			g_assert_null(url.user);
			server_url_clear(&url);
		}
		/* who receives must be able to send (S11); who does neither says so */
		g_assert_true(p->sign_in ? p->imap && p->smtp : !p->imap && !p->pop3 && !p->smtp && p->hint);
		g_assert_true(!(p->sign_in & SIGN_OAUTH) || (p->oauth.token && p->oauth.authorize && p->oauth.scope));
		g_assert_true(!(p->sign_in & SIGN_APP_PASSWORD) || p->hint);
		g_assert_true(*p->domains || p->mx);
		g_auto(GStrv) names = g_strsplit(p->domains, " ", -1);
		for (char **d = names; *d; d++)
			if (**d) {
				g_assert_true(g_hash_table_add(domains, g_strdup(*d)));
				g_assert_true(**d == '*' || provider_by_domain(NULL, *d) == p);
			}
	}
}

static void
test_found(void)
{
	static const struct { const char *domain, *mx, *id; } cases[] = {
		{ "gmail.com", NULL, "gmail" }, { "GoogleMail.com", NULL, "gmail" }, { "contoso.onmicrosoft.com", NULL, "exchange" },
		{ "hotmail.de", NULL, "outlook" }, { "gmx.at", NULL, "gmx" }, { "web.de", NULL, "web.de" }, { "t-online.de", NULL, "t-online" },
		{ "me.com", NULL, "icloud" }, { "proton.me", NULL, "proton" }, { "example.org", NULL, NULL }, { "onmicrosoft.com", NULL, NULL },
		{ "gmail.com.evil.example", NULL, NULL }, { "xgmail.com", NULL, NULL },
		{ NULL, "contoso-com.mail.protection.outlook.com", "exchange" }, { NULL, "contoso-com.mail.protection.outlook.com.", "exchange" },
		{ NULL, "contoso-com.a-v1.mx.microsoft", "exchange" }, { NULL, "outlook-com.olc.protection.outlook.com", "outlook" },
		{ NULL, "aspmx.l.google.com", "gmail" }, { NULL, "ALT1.ASPMX.L.GOOGLE.COM", "gmail" }, { NULL, "in1-smtp.messagingengine.com", "fastmail" },
		{ NULL, "mx00.kundenserver.de", "ionos" }, { NULL, "mx-aol.mail.gm0.yahoodns.net", "aol" }, { NULL, "mta5.am0.yahoodns.net", "yahoo" },
		{ NULL, "mx.protection.outlook.com.evil.example", NULL }, { NULL, "evilgoogle.com", NULL }, { NULL, "", NULL },
	};
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Provider *p = cases[i].domain ? provider_by_domain(NULL, cases[i].domain) : provider_by_mx(NULL, cases[i].mx);
		g_test_message("%s", cases[i].domain ? cases[i].domain : cases[i].mx);
		g_assert_cmpstr(p ? p->id : NULL, ==, cases[i].id);
	}
	g_assert_cmpstr(provider_by_host("imap.GMX.net")->id, ==, "gmx");
	g_assert_null(provider_by_host("imap.example.org"));
}

static void
test_address(void)
{
	static const struct { const char *address, *domain; } cases[] = {
		{ "alice@Example.ORG", "example.org" }, { "a@b@c.de", "c.de" }, { "alice@example.org.", "example.org" }, { "alice", NULL }, { "@x.y", NULL },
		{ "alice@", NULL }, { "a b@c.de", NULL }, { "a@b/../c", NULL }, { "a@b..c", NULL }, { "a@.b", NULL }, { "a@b?c", NULL }, { "a@münchen.de", "münchen.de" },
		{ "a@b:99", NULL }, { "a@-b", NULL },
	};
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *domain = address_domain(cases[i].address);
		g_assert_cmpstr(domain, ==, cases[i].domain);
	}
	g_autofree char *local = provider_user_name(provider_by_id(NULL, "riseup"), "alice@riseup.net");
	g_assert_cmpstr(local, ==, "alice");
	g_autofree char *same = provider_url("imaps://h:993", "a@b.c", "a@b.c"), *other = provider_url("imaps://h:993", "a b@x", "a@b.c");
	g_assert_cmpstr(same, ==, "imaps://h:993");
	g_assert_cmpstr(other, ==, "imaps://a%20b%40x@h:993");
	ServerUrl url;
	g_assert_true(server_url_parse(other, &url, NULL));
	g_assert_cmpstr(url.user, ==, "a b@x");
	server_url_clear(&url);
}

static void
test_site(void)
{
	g_autofree char *folder = g_dir_make_tmp("providers-XXXXXX", NULL), *file = g_build_filename(folder, "providers", NULL), *problem = NULL;
	g_autoptr(GPtrArray) none = providers_read_site(file, &problem);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_null(problem);
	g_assert_true(g_file_set_contents(file,
		"[works]\nname = The works\ndomains = works.example gmail.com\nimap = imaps://mail.works.example\nsmtp = smtps://mail.works.example\nuser = local\n"
		"ca-file = /etc/works.pem\n[bad]\ndomains = bad.example\nimap = smtp://wrong\n", -1, NULL));
	g_autoptr(GPtrArray) site = providers_read_site(file, &problem);
	g_assert_nonnull(problem);
	g_assert_nonnull(strstr(problem, "[bad]"));
	const Provider *p = provider_by_domain(site, "works.example");
	g_assert_cmpstr(p->name, ==, "The works");
	g_assert_cmpint(p->user, ==, USER_LOCAL);
	g_assert_cmpstr(p->ca_file, ==, "/etc/works.pem");
	g_assert_true(provider_by_domain(site, "gmail.com") == p);	/* the site knows better */
	g_assert_null(provider_by_domain(site, "bad.example")->imap);
	g_unlink(file);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf/providers/S12 exchange", test_exchange);
	g_test_add_func("/conf/providers/rows", test_rows);
	g_test_add_func("/conf/providers/found", test_found);
	g_test_add_func("/conf/providers/address", test_address);
	g_test_add_func("/conf/providers/site", test_site);
	return g_test_run();
}
