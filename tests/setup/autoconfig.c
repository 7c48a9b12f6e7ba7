/* autoconfig.c - tests of setup/autoconfig: descriptions of domains, good, odd and hostile.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "setup/autoconfig.h"

#include <locale.h>
#include <string.h>

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"example.org\"><domain>example.org</domain>"
#define TAIL "</emailProvider></clientConfig>"
#define SERVER(what, type, host, port, socket, user, auth) "<" what "Server type=\"" type "\"><hostname>" host "</hostname><port>" port "</port>" \
	"<socketType>" socket "</socketType><username>" user "</username><authentication>" auth "</authentication></" what "Server>"
#define IN(...) SERVER("incoming", __VA_ARGS__)
#define OUT(...) SERVER("outgoing", __VA_ARGS__)

static const struct { const char *name, *xml, *imap, *pop3, *smtp, *user; guint sign_in; } cases[] = {
	{ "usual", HEAD "<displayName>Example Mail</displayName>" IN("imap", "imap.example.org", "993", "SSL", "%EMAILADDRESS%", "password-cleartext")
		IN("pop3", "pop.example.org", "995", "SSL", "%EMAILADDRESS%", "password-cleartext")
		OUT("smtp", "smtp.example.org", "587", "STARTTLS", "%EMAILADDRESS%", "password-cleartext") TAIL,
		"imaps://imap.example.org:993", "pop3s://pop.example.org:995", "smtp://smtp.example.org:587", "alice@example.org", SIGN_PASSWORD },
	{ "local part and domain", HEAD IN("imap", "imap.%EMAILDOMAIN%", " 993 ", "ssl", "%EMAILLOCALPART%", "password-encrypted") TAIL,
		"imaps://imap.example.org:993", NULL, NULL, "alice", SIGN_PASSWORD },
	{ "order of the owner", HEAD IN("imap", "a.example", "143", "STARTTLS", "u", "OAuth2") IN("imap", "b.example", "993", "SSL", "v", "password-cleartext") TAIL,
		"imap://a.example:143", NULL, NULL, "u", SIGN_OAUTH },
	{ "no TLS is passed over", HEAD IN("imap", "a.example", "143", "plain", "u", "password-cleartext") IN("imap", "b.example", "993", "SSL", "v", "password-cleartext") TAIL,
		"imaps://b.example:993", NULL, NULL, "v", SIGN_PASSWORD },
	{ "unknown sign-in is passed over", HEAD IN("imap", "a.example", "993", "SSL", "u", "client-IP-address") IN("pop3", "b.example", "995", "SSL", "v", "plain") TAIL,
		NULL, "pop3s://b.example:995", NULL, "v", SIGN_PASSWORD },
	{ "only plain: refused", HEAD IN("imap", "a.example", "143", "plain", "u", "password-cleartext") TAIL, NULL, NULL, NULL, NULL, 0 },
	{ "host with a path", HEAD IN("imap", "evil.example/x", "993", "SSL", "u", "plain") TAIL, NULL, NULL, NULL, NULL, 0 },
	{ "host with a user", HEAD IN("imap", "u@evil.example", "993", "SSL", "u", "plain") TAIL, NULL, NULL, NULL, NULL, 0 },
	{ "port beyond", HEAD IN("imap", "a.example", "99399", "SSL", "u", "plain") TAIL, NULL, NULL, NULL, NULL, 0 },
	{ "exchange server is not ours", HEAD IN("exchange", "a.example", "443", "SSL", "u", "plain") TAIL, NULL, NULL, NULL, NULL, 0 },
	{ "html page", "<!DOCTYPE html><html><body>Not found</body></html>", NULL, NULL, NULL, NULL, 0 },
	{ "cut off", HEAD "<incomingServer type=\"imap\"><hostname>a.ex", NULL, NULL, NULL, NULL, 0 },
	{ "empty", "", NULL, NULL, NULL, NULL, 0 },
};

static void
test_cases(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) err = NULL;
		g_autoptr(Found) f = autoconfig_read(cases[i].xml, strlen(cases[i].xml), "alice@example.org", &err);
		g_test_message("%s", cases[i].name);
		if (!cases[i].imap && !cases[i].pop3) {
			g_assert_null(f);
			g_assert_error(err, EIL_ERROR, EIL_BROKEN);
			continue;
		}
		g_assert_no_error(err);
		g_assert_cmpstr(f->imap, ==, cases[i].imap);
		g_assert_cmpstr(f->pop3, ==, cases[i].pop3);
		g_assert_cmpstr(f->smtp, ==, cases[i].smtp);
		g_assert_cmpstr(f->user, ==, cases[i].user);
		g_assert_cmpuint(f->sign_in, ==, cases[i].sign_in);
	}
}

/* Whatever comes: no crash, no growth; each beginning of a good file too. */
static void
test_hostile(void)
{
	const char *good = cases[0].xml;
	for (gsize n = 0; n < strlen(good); n++) {
		g_autoptr(Found) f = autoconfig_read(good, n, "alice@example.org", NULL);
		g_assert_null(f);
	}
	g_autoptr(GString) deep = g_string_new("<clientConfig>");
	for (guint i = 0; i < 5000; i++)
		g_string_append(deep, "<a>");
	g_autoptr(Found) f = autoconfig_read(deep->str, deep->len, "alice@example.org", NULL);
	g_assert_null(f);
	/* entities that would grow are not expanded at all */
	const char *laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><clientConfig><displayName>&b;</displayName></clientConfig>";
	g_autoptr(Found) bomb = autoconfig_read(laughs, strlen(laughs), "alice@example.org", NULL);
	g_assert_null(bomb);
	g_autofree char *huge = g_strnfill(AUTOCONFIG_MAX + 1, ' ');
	g_autoptr(Found) large = autoconfig_read(huge, AUTOCONFIG_MAX + 1, "alice@example.org", NULL);
	g_assert_null(large);
	g_autoptr(Found) binary = autoconfig_read("\xff\xfe<\0\1", 5, "alice@example.org", NULL);
	g_assert_null(binary);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setup/autoconfig/cases", test_cases);
	g_test_add_func("/setup/autoconfig/hostile", test_hostile);
	return g_test_run();
}
