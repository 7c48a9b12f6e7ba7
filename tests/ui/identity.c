/* identity.c - tests of ui/identity: who one can write as, and who a mail was meant for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/identity.h"

#include <glib/gstdio.h>

static const char config[] =
	"[account work]\naddress = alice@example.org\nfull-name = Alice, Example\nreceive = imap+insecure://alice@127.0.0.1:1\n"
	"signature-file = %s\n"
	"[account home]\naddress = al@home.example\nreceive = imap+insecure://al@127.0.0.1:1\n"
	"[identity club]\naddress = board@club.example\nfull-name = The Board\nreply-to = list@club.example\n"
	"[identity private]\naccount = home\naddress = a.private@home.example\n";

static char *
temp_file(const char *text)
{
	char *path = NULL;
	int fd = g_file_open_tmp("eilpost-identity-XXXXXX", &path, NULL);
	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static GPtrArray *
read_all(const char *signature)
{
	g_autofree char *sign = temp_file(signature), *text = g_strdup_printf(config, sign), *path = temp_file(text);
	g_autoptr(Conf) c = conf_read(path);
	GPtrArray *all = identities_read(c);
	g_unlink(path);
	g_unlink(sign);
	return all;
}

static const Identity *
at(const GPtrArray *all, guint i)
{
	return g_ptr_array_index(all, i);
}

static void
test_read(void)
{
	g_autoptr(GPtrArray) all = read_all("Alice\nExample Ltd.\n\n");
	g_assert_cmpuint(all->len, ==, 4);
	g_assert_cmpstr(at(all, 0)->from, ==, "\"Alice, Example\" <alice@example.org>");
	g_assert_cmpstr(at(all, 0)->signature, ==, "Alice\nExample Ltd.");
	g_assert_null(at(all, 0)->name);
	g_assert_cmpstr(at(all, 1)->from, ==, "al@home.example");
	g_assert_null(at(all, 1)->signature);
	g_assert_cmpstr(at(all, 2)->from, ==, "The Board <board@club.example>");
	g_assert_cmpstr(at(all, 2)->name, ==, "club");
	g_assert_cmpstr(at(all, 2)->reply_to, ==, "list@club.example");
	g_assert_cmpstr(at(all, 2)->signature, ==, "Alice\nExample Ltd.");	/* its account's */
	g_assert_cmpuint(at(all, 2)->account, ==, 0);
	g_assert_cmpuint(at(all, 3)->account, ==, 1);
}

static void
test_signatures(void)
{
	static const struct { const char *file, *text; } files[] = {
		{ "-- \nme\n", "me" }, { "", NULL }, { "\n\n", NULL }, { "\xff me", "\xef\xbf\xbd me" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autoptr(GPtrArray) all = read_all(files[i].file);
		g_assert_cmpstr(at(all, 0)->signature, ==, files[i].text);
	}
}

static const struct { guint account; const char *first, *second; guint found; } meant[] = {
	{ 0, NULL, NULL, 0 }, { 0, "alice@example.org", NULL, 0 }, { 0, NULL, "Bob <b@c.example>, The Board <BOARD@club.example>", 2 },
	{ 0, "board@club.example", "alice@example.org", 2 }, { 1, NULL, "board@club.example", 1 }, { 1, "x@y.z", "a.private@home.example", 3 },
};

static void
test_find(void)
{
	g_autoptr(GPtrArray) all = read_all("");
	for (gsize i = 0; i < G_N_ELEMENTS(meant); i++) {
		const char *lists[] = { meant[i].first, meant[i].second };
		g_assert_cmpuint(identities_find(all, meant[i].account, lists, 2), ==, meant[i].found);
	}
	g_assert_cmpuint(identities_named(all, 0, "club"), ==, 2);
	g_assert_cmpuint(identities_named(all, 0, "unknown"), ==, 0);
	g_assert_cmpuint(identities_named(all, 1, NULL), ==, 1);
	g_auto(GStrv) own = identities_addresses(all);
	g_assert_cmpuint(g_strv_length(own), ==, 4);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/identity/read", test_read);
	g_test_add_func("/ui/identity/signatures", test_signatures);
	g_test_add_func("/ui/identity/find", test_find);
	return g_test_run();
}
