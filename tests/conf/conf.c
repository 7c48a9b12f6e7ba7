/* conf.c - the configuration file: the example, and each mistake with its line.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/conf.h"
#include "conf/options.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static Conf *
read_text(const char *text)
{
	g_autofree char *file = g_build_filename(folder, "config", NULL);
	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	return conf_read(file);
}

static void
example(void)
{
	g_autofree char *file = g_test_build_filename(G_TEST_DIST, "tests", "data", "conf", "example", NULL);
	g_autoptr(Conf) c = conf_read(file);
	g_assert_cmpuint(conf_problems(c)->len, ==, 0);
	g_assert_cmpuint(conf_accounts(c)->len, ==, 1);
	const Account *a = g_ptr_array_index(conf_accounts(c), 0);
	g_assert_cmpstr(a->name, ==, "work");
	g_assert_cmpstr(a->address, ==, "alice@example.org");
	g_assert_cmpstr(a->full_name, ==, "Alice Example");
	g_assert_cmpint(a->receive.scheme, ==, SCHEME_IMAPS);
	g_assert_cmpstr(a->receive.host, ==, "imap.example.org");
	g_assert_cmpuint(a->receive.port, ==, 993);
	g_assert_cmpstr(account_user(a), ==, "alice");
	g_assert_cmpuint(a->send.port, ==, 587);
	g_assert_cmpstr(a->password_command, ==, "pass show mail/work");
	g_assert_cmpuint(a->check, ==, CHECK_STARTUP | CHECK_EVERY);
	g_assert_cmpuint(a->check_minutes, ==, 5);
	g_assert_cmpint(a->offline_days, ==, 90);
	g_assert_cmpstr(a->sent, ==, "Sent");
}

#define GOOD "[account w]\naddress = a@b.example\nreceive = imaps://imap.b.example\n"

static const struct { const char *text; guint line; bool fatal; const char *says; guint accounts; } MISTAKES[] = {
	{ GOOD "adress = x@y\n", 4, false, "is “address” meant?", 1 },
	{ GOOD "[identity]\naddress = x@y.example\n", 4, false, "The identity needs a name", 1 },
	{ GOOD "[identity x]\nadress = x@y.example\n", 5, false, "is “address” meant?", 1 },
	{ GOOD "[identity x]\naddress = x\n", 5, false, "not a mail address", 1 },
	{ GOOD "[identity x]\naccount = other\n", 5, false, "there is no account “other”", 1 },
	{ GOOD "[identity x]\nsignature-file = /nonexistent/x\n", 5, false, "/nonexistent/x can't be read", 1 },
	{ GOOD "signature-file = /nonexistent/x\n", 4, false, "/nonexistent/x can't be read", 1 },
	{ GOOD "[compose]\nflowed = maybe\n", 5, false, "neither yes nor no", 1 },
	{ GOOD "colour = red\n", 4, false, "There is no option “colour” in [account w]", 1 },
	{ GOOD "nonsense\n", 4, false, "“nonsense” is not a line of the form", 1 },
	{ GOOD "= 5\n", 4, false, "not a line of the form", 1 },
	{ GOOD "auth = kerberos\n", 4, false, "auth: “kerberos” is none of: password, oauth2", 1 },
	{ GOOD "check = hourly\n", 4, false, "check: “hourly” is none of", 1 },
	{ GOOD "check = every 0 minutes\n", 4, false, "every N minutes (1 to 1440)", 1 },
	{ GOOD "check = every 1441 minutes\n", 4, false, "1 to 1440", 1 },
	{ GOOD "check = manual, push\n", 4, false, "“manual” excludes", 1 },
	{ GOOD "check =\n", 4, false, "empty", 1 },
	{ GOOD "offline = forever\n", 4, false, "headers, N days, all", 1 },
	{ GOOD "offline = 0 days\n", 4, false, "headers, N days, all", 1 },
	{ GOOD "disable = QRESINC\n", 4, false, "disable: There is no extension “QRESINC”; is “QRESYNC” meant?", 1 },
	{ GOOD "disable = COMPRESS, quota, chunking, TOP, FLYING\n", 4, false, "There is no extension “FLYING” that eilpost knows", 1 },
	{ GOOD "send-when = later\n", 4, false, "at once, with check, manual", 1 },
	{ GOOD "send = imaps://x\n", 4, false, "mail is sent by smtp", 1 },
	{ GOOD "ca-file = /nowhere/ca.pem\n", 4, false, "/nowhere/ca.pem can't be read", 1 },
	{ GOOD "client-certificate = /nowhere/me.pem\n", 4, false, "client-certificate: /nowhere/me.pem can't be read", 1 },
	{ GOOD "auth = certificate\n", 4, true, "certificate needs a client-certificate", 0 },
	{ GOOD "password-command =\n", 4, false, "empty", 1 },
	{ GOOD "[ui]\nindex-height = 5\n", 5, false, "“5” is not a number from 10 to 90", 1 },
	{ GOOD "[ui]\nindex-height = many\n", 5, false, "“many” is not a number", 1 },
	{ GOOD "[ui]\nmark-read = maybe\n", 5, false, "neither yes nor no", 1 },
	{ GOOD "[ui]\ntheme = pink\n", 5, false, "auto, mono", 1 },
	{ GOOD "[uii]\n", 4, false, "There is no section [uii]", 1 },
	{ GOOD "[ui\n", 4, true, "bracket", 1 },
	{ GOOD "[ui] x\n", 4, true, "bracket", 1 },
	{ GOOD "[account]\n", 4, true, "needs a name", 1 },
	{ GOOD "[general]\n[account w]\nauth = password\n", 5, false, "is there twice", 1 },
	{ "address = a@b\n" GOOD, 1, false, "before any section", 1 },
	{ GOOD "[account empty]\n", 4, true, "The account “empty” lacks “address”", 1 },
	{ "[account w]\nreceive = imaps://x\n", 1, true, "The account “w” lacks “address”", 0 },
	{ "[account w]\naddress = a@b\n", 1, true, "lacks “receive”", 0 },
	{ "[account w]\naddress = nobody\nreceive = imaps://x\n", 2, true, "not a mail address", 0 },
	{ "[account w]\naddress = a@b\nreceive = imap.example.org\n", 3, true, "should look like imaps://", 0 },
	{ "[account w]\naddress = a@b\nreceive = gopher://x\n", 3, true, "“gopher” is not a protocol", 0 },
	{ "[account w]\naddress = a@b\nreceive = smtp://x\n", 3, true, "not by smtp", 0 },
	{ "[account w]\naddress = a@b\nreceive = imaps://\n", 3, true, "name of the server is missing", 0 },
	{ "[account w]\naddress = a@b\nreceive = imaps://x:99999\n", 3, true, "“99999” is not a port", 0 },
	{ "[account w]\naddress = a@b\nreceive = imaps://x:0\n", 3, true, "“0” is not a port", 0 },
	{ "[account w]\naddress = a@b\nreceive = imaps://x/INBOX\n", 3, true, "Nothing may follow", 0 },
	{ "[account w]\naddress = a@b\nreceive = imaps://u:secret@x\n", 3, true, "A password does not belong", 0 },
	{ "[account w]\naddress = a@b\nreceive = imaps://[::1\n", 3, true, "not closed", 0 },
	{ "[account w]\naddress = a@b\nreceive = imaps://%zz@x\n", 3, true, "can't be read", 0 },
	{ "[account w]\naddress = a@b\nreceive = imap+insecure://mail.example.org\n", 3, true, "Without encryption", 0 },
	{ GOOD "full-name = \xff\n", 4, false, "not UTF-8", 1 },
};

static void
mistakes(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(MISTAKES); i++) {
		g_autoptr(Conf) c = read_text(MISTAKES[i].text);
		bool found = false;
		for (guint k = 0; k < conf_problems(c)->len; k++) {
			const ConfProblem *p = g_ptr_array_index(conf_problems(c), k);
			g_test_message("%u: %s:%u: %s", i, p->file, p->line, p->text);
			found |= p->line == MISTAKES[i].line && p->fatal == MISTAKES[i].fatal && strstr(p->text, MISTAKES[i].says);
		}
		g_assert_true(found);
		g_assert_cmpuint(conf_problems(c)->len, ==, 1);
		g_assert_cmpuint(conf_accounts(c)->len, ==, MISTAKES[i].accounts);
	}
}

/* No mistake hides another. */
static void
several(void)
{
	g_autoptr(Conf) c = read_text("x = 1\n" GOOD "auth = a\n[ui\nfoo\n[account v]\naddress = b@c\nreceive = imaps://h\n");
	g_assert_cmpuint(conf_problems(c)->len, ==, 4);
	g_assert_cmpuint(conf_accounts(c)->len, ==, 2);
	g_autofree char *line = conf_problem_text(c);
	g_assert_true(strstr(line, ":1: ") && strstr(line, "3 more mistakes"));
	g_autoptr(Conf) one = read_text("x = 1\n"), none = read_text(GOOD);
	g_autofree char *alone = conf_problem_text(one), *nothing = conf_problem_text(none);
	g_assert_true(strstr(alone, ":1: ") && !strstr(alone, "more"));
	g_assert_null(nothing);
}

static void
values(void)
{
	g_autoptr(Conf) c = read_text("\xef\xbb\xbf[account Büro  ]\r\naddress = a@b # mine\r\nreceive=imaps://a%40b.example@[::1]:1993/\r\n"
		"password-command = echo a#b   # not part of it\r\n; old\r\n[keys.index]\r\nquit = Q\r\nopen =\r\n");
	g_assert_cmpuint(conf_problems(c)->len, ==, 0);
	const Account *a = g_ptr_array_index(conf_accounts(c), 0);
	g_assert_cmpstr(a->name, ==, "Büro");
	g_assert_cmpstr(a->address, ==, "a@b");
	g_assert_cmpstr(a->receive.user, ==, "a@b.example");
	g_assert_cmpstr(a->receive.host, ==, "::1");
	g_assert_cmpuint(a->receive.port, ==, 1993);
	g_assert_cmpstr(a->password_command, ==, "echo a#b");
	g_assert_cmpuint(a->check, ==, CHECK_STARTUP | CHECK_PUSH);
	g_auto(GStrv) keys = conf_keys(c, "keys.index");
	g_assert_cmpuint(g_strv_length(keys), ==, 2);
	g_assert_cmpstr(conf_text(c, "keys.index", "quit"), ==, "Q");
	g_assert_cmpint(conf_int(c, "ui", "index-height"), ==, 40);
	g_assert_true(conf_bool(c, "ui", "mark-read"));
}

/* A colour is no comment; a comment behind one is. */
static void
colors(void)
{
	g_autoptr(Conf) c = read_text("[colors]\nread = #ff8700\nunread = bold #00ff00 on #000000 # mine\nmark = red #1 of them\n"
		"[ui]\nwrap = 72 #facade\n");
	g_assert_cmpuint(conf_problems(c)->len, ==, 0);
	g_assert_cmpstr(conf_text(c, "colors", "read"), ==, "#ff8700");
	g_assert_cmpstr(conf_text(c, "colors", "unread"), ==, "bold #00ff00 on #000000");
	g_assert_cmpstr(conf_text(c, "colors", "mark"), ==, "red");
	g_assert_cmpint(conf_int(c, "ui", "wrap"), ==, 72);
}

static void
missing(void)
{
	g_autoptr(Conf) c = conf_read("/nowhere/at/all");
	g_assert_cmpuint(conf_problems(c)->len, ==, 0);
	g_assert_cmpuint(conf_accounts(c)->len, ==, 0);
	g_autoptr(Conf) d = conf_read("/");
	g_assert_cmpuint(conf_problems(d)->len, ==, 1);
	/* it is there, and nobody can look */
	g_autofree char *loop = g_build_filename(folder, "loop", NULL);
	g_assert_cmpint(symlink("loop", loop), ==, 0);
	g_autoptr(Conf) e = conf_read(loop);
	g_assert_cmpuint(conf_problems(e)->len, ==, 1);
	g_unlink(loop);
}

static void
places(void)
{
	Places *p = places_new(folder, NULL);
	g_autoptr(Account) a = account_new();
	a->name = g_strdup("../../etc/passwd");
	g_autofree char *path = places_store(p, a);
	g_assert_true(g_str_has_suffix(path, "/store/%2E%2E%2F%2E%2E%2Fetc%2Fpasswd.db"));
	g_assert_true(g_str_has_prefix(path, folder));
	g_assert_true(g_str_has_suffix(p->config, "/config"));
	g_autofree char *store = g_path_get_dirname(path);
	/* one profile has one socket, however its folder is written */
	g_autofree char *link = g_strconcat(folder, ".link", NULL), *base = g_path_get_basename(folder), *up = g_path_get_dirname(folder);
	g_autofree char *was = g_get_current_dir(), *slashes = g_strconcat(folder, "//", NULL), *socket = places_socket(p, a);
	const char *const ways[] = { base, link, slashes };
	g_assert_cmpint(g_chdir(up), ==, 0);
	g_assert_cmpint(symlink(base, link), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		Places *other = places_new(ways[i], NULL);
		g_autofree char *same = places_socket(other, a);
		g_assert_cmpstr(same, ==, socket);
		places_free(other);
	}
	g_assert_cmpint(g_chdir(was), ==, 0);
	g_unlink(link);
	g_rmdir(store);
	places_free(p);
}

/* Every default is one that the table itself accepts. */
static void
table(void)
{
	gsize n;
	const Option *t = options_table(&n);
	for (gsize i = 0; i < n; i++) {
		g_test_message("%s", t[i].name);
		g_assert_true(t[i].help && *t[i].help);
		g_assert_true(option_find(t[i].section, t[i].name) == &t[i]);
		if (t[i].value)
			g_assert_true(option_check(&t[i], t[i].value, NULL));
	}
}

static void
identities(void)
{
	g_autoptr(Conf) c = read_text(GOOD "[identity shop]\naccount = w\naddress = shop@b.example\nsignature-file = ~/\n"
		"[identity night]\nfull-name = Night\n[identity shop]\nreply-to = desk@b.example\n[compose]\nsignature-above = yes\n");
	g_auto(GStrv) sections = conf_sections(c, "identity"), none = conf_sections(c, "search");
	g_autofree char *path = conf_path(c, "identity shop", "signature-file");

	g_assert_cmpuint(g_strv_length(sections), ==, 2);
	g_assert_cmpuint(g_strv_length(none), ==, 0);
	g_assert_cmpstr(sections[0], ==, "identity shop");
	g_assert_cmpstr(sections[1], ==, "identity night");
	g_assert_cmpstr(conf_text(c, sections[0], "reply-to"), ==, "desk@b.example");
	g_assert_cmpstr(conf_text(c, sections[1], "full-name"), ==, "Night");
	g_assert_null(conf_text(c, sections[1], "address"));
	g_assert_true(g_str_has_prefix(path, g_get_home_dir()));
	g_assert_null(conf_path(c, sections[1], "signature-file"));
	g_assert_true(conf_bool(c, "compose", "signature-above"));
	g_assert_true(conf_bool(c, "compose", "flowed"));
	g_assert_cmpuint(conf_problems(c)->len, ==, 1);	/* the section that is there twice */
}

/* which servers share a password without being told */
static void
apart(void)
{
	static const struct { const char *receive, *send; bool apart; } rows[] = {
		{ "imaps://alice@imap.example.org", "smtp://alice@smtp.example.org", false },
		{ "imaps://imap.example.org", "smtp://smtp.example.org", false },
		{ "imaps://mail.example.org", "smtps://MAIL.example.org", false },
		{ "imaps://example.org", "smtp://smtp.example.org", false },
		{ "imaps://imap.example.org", "smtp://example.org", false },
		{ "imaps://outlook.office365.com", "smtp://smtp.office365.com", false },
		{ "imaps://alice@imap.example.org", "smtp://bob@imap.example.org", true },
		{ "imaps://alice@imap.example.org", "smtp://alice@smtp.example.net", true },
		{ "imaps://example.org", "smtp://example.net", true },
		{ "imaps://192.0.2.1", "smtp://192.1.2.1", true },
		{ "imaps://192.0.2.1", "smtp://192.0.2.1", false },
		{ "imaps://localhost", "smtp://otherhost", true },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Account) a = account_new();
		a->address = g_strdup("alice@example.org");
		g_assert_true(server_url_parse(rows[i].receive, &a->receive, NULL));
		g_assert_true(server_url_parse(rows[i].send, &a->send, NULL));
		g_test_message("%s %s", rows[i].receive, rows[i].send);
		g_assert_true(account_sends_apart(a) == rows[i].apart);
	}
}

/* Exchange Online: a password is not even asked for */
static void
no_passwords(void)
{
	static const struct { const char *text; bool none; } rows[] = {
		{ "[account w]\naddress = a@b.example\nreceive = imaps://outlook.office365.com\n", true },
		{ "[account w]\naddress = a@b.example\nreceive = pop3s://Outlook.office365.com\npassword-command = echo x\n", true },
		{ "[account w]\naddress = a@b.example\nreceive = imaps://imap.b.example\nsend = smtp://smtp.office365.com\n", true },
		{ "[account w]\naddress = a@b.example\nreceive = imaps://outlook.office365.com\nauth = oauth2\noauth-client-id = x\n", false },
		{ "[account w]\naddress = a@b.example\nreceive = imaps://imap.b.example\n", false },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Conf) c = read_text(rows[i].text);
		g_assert_cmpuint(conf_accounts(c)->len, ==, 1);
		g_test_message("%s", rows[i].text);
		g_assert_true(((const Account *)g_ptr_array_index(conf_accounts(c), 0))->no_passwords == rows[i].none);
		g_assert_cmpuint(conf_problems(c)->len, ==, rows[i].none);
	}
}

/* Where a connection goes is the scheme's word and all that the account says of certificates. */
static void
target(void)
{
	static const struct { const char *url; Security security; } rows[] = {
		{ "imaps://a@h.example", SECURITY_TLS }, { "imap://a@h.example", SECURITY_STARTTLS }, { "imap+insecure://a@localhost", SECURITY_NONE },
		{ "pop3s://a@h.example", SECURITY_TLS }, { "pop3://a@h.example", SECURITY_STARTTLS }, { "pop3+insecure://a@localhost", SECURITY_NONE },
		{ "smtps://a@h.example", SECURITY_TLS }, { "smtp://a@h.example", SECURITY_STARTTLS }, { "smtp+insecure://a@localhost", SECURITY_NONE },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		ServerUrl url = { 0 };
		g_assert_true(server_url_parse(rows[i].url, &url, NULL));
		g_assert_cmpint(server_target(&url).security, ==, rows[i].security);
		server_url_clear(&url);
	}
	g_autoptr(Account) a = account_new();
	g_assert_true(server_url_parse("imaps://a@h.example:99", &a->receive, NULL));
	a->ca_file = g_strdup("ca");
	a->client_cert = g_strdup("cert");
	a->client_key = g_strdup("key");
	a->pins = pins_new();
	LinkTarget t = account_target(a, &a->receive, "phrase");
	g_assert_cmpstr(t.host, ==, "h.example");
	g_assert_cmpuint(t.port, ==, 99);
	g_assert_true(t.pins == a->pins && t.ca_file == a->ca_file && t.client_cert == a->client_cert && t.client_key == a->client_key);
	g_assert_cmpstr(t.key_phrase, ==, "phrase");
}

/* An account is found by its name, whatever blanks stand before it. */
static void
blanks(void)
{
	g_autoptr(Conf) c = conf_of_text("c", "[account \t work]\naddress = a@example.org\nreceive = imaps://h.example.org\nauth = oauth2\n");
	g_assert_cmpuint(conf_accounts(c)->len, ==, 1);
	g_assert_cmpstr(((const Account *)g_ptr_array_index(conf_accounts(c), 0))->name, ==, "work");
	g_assert_cmpstr(conf_text(c, "account work", "auth"), ==, "oauth2");
	g_assert_cmpuint(conf_problems(c)->len, ==, 1);	/* nobody told where to sign in */
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("eilpost-conf-XXXXXX", NULL);
	g_test_add_func("/conf/example", example);
	g_test_add_func("/conf/target", target);
	g_test_add_func("/conf/mistakes", mistakes);
	g_test_add_func("/conf/several", several);
	g_test_add_func("/conf/values", values);
	g_test_add_func("/conf/colors", colors);
	g_test_add_func("/conf/identities", identities);
	g_test_add_func("/conf/apart", apart);
	g_test_add_func("/conf/S3/no-passwords", no_passwords);
	g_test_add_func("/conf/missing", missing);
	g_test_add_func("/conf/blanks", blanks);
	g_test_add_func("/conf/P7/places", places);
	g_test_add_func("/conf/table", table);
	int result = g_test_run();
	g_autofree char *file = g_build_filename(folder, "config", NULL);
	g_unlink(file);
	g_rmdir(folder);
	g_free(folder);
	return result;
}
