/* identity.c - tests of ui/identity: who one can write as, and who a mail was meant for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/identity.h"

#include <glib/gstdio.h>
#include <string.h>

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
		g_assert_cmpuint(identities_find(all, meant[i].account, lists, 2, 0), ==, meant[i].found);
	}
	g_assert_cmpuint(identities_named(all, 0, "club"), ==, 2);
	g_assert_cmpuint(identities_named(all, 0, "unknown"), ==, 0);
	g_assert_cmpuint(identities_named(all, 1, NULL), ==, 1);
	g_auto(GStrv) own = identities_addresses(all);
	g_assert_cmpuint(g_strv_length(own), ==, 4);
}

/* ---- other-addresses ---- */

static const char others_config[] =
	"[account home]\naddress = me@home.example\nfull-name = Me\nreceive = imaps://imap.home.example\n"
	"other-addresses = old@home.example, *@mine.example\nsignature-file = %s\n"
	"[account work]\naddress = me@work.example\nfull-name = Doe, Jane\nreceive = imaps://imap.work.example\n"
	"[identity shop]\naccount = work\naddress = shop@work.example\nreply-to = desk@work.example\n"
	"[identity night]\nfull-name = Night\n";

static const struct { const char *name; guint account; const char *lists[3]; const char *from; } other_cases[] = {
	{ "nothing known", 0, { NULL, "bob@x.example", NULL }, "Me <me@home.example>" },
	{ "other address", 0, { NULL, "bob@x.example, OLD@home.example", NULL }, "Me <old@home.example>" },
	{ "wildcard", 0, { "garden@mine.example", "me@home.example", NULL }, "Me <garden@mine.example>" },
	{ "not of this account", 1, { NULL, "old@home.example", NULL }, "\"Doe, Jane\" <me@work.example>" },
	{ "identity", 1, { NULL, "Shop <shop@work.example>", NULL }, "\"Doe, Jane\" <shop@work.example>" },
	{ "in Cc", 1, { NULL, "bob@x.example", "shop@work.example" }, "\"Doe, Jane\" <shop@work.example>" },
	{ "the alias, not the mailbox that it ended in", 0, { "me@home.example", "garden@mine.example", NULL }, "Me <garden@mine.example>" },
	{ "a catch-all in the envelope only", 0, { "shed@mine.example", "list@lists.example", NULL }, "Me <shed@mine.example>" },
	{ "To before Cc", 0, { NULL, "me@home.example", "old@home.example" }, "Me <me@home.example>" },
	{ "behind a bracket in a name", 0, { NULL, "Smith (Sales <bob@x.example>, old@home.example", NULL }, "Me <old@home.example>" },
	{ "plus", 0, { NULL, "me+news@home.example", "old@home.example" }, "Me <me@home.example>" },
	{ "plus of an identity", 1, { "shop+x@work.example", "me@work.example", NULL }, "\"Doe, Jane\" <shop@work.example>" },
	{ "no plus", 0, { NULL, "me-too@home.example", NULL }, "Me <me@home.example>" },
	{ "nonsense", 0, { "<", "@@, *@mine.example", "\"" }, "Me <me@home.example>" },
};

static Conf *
read_config(char **folder)
{
	*folder = g_dir_make_tmp("eilpost-identity-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(*folder, "config", NULL), *signature = g_build_filename(*folder, "signature", NULL);
	g_autofree char *text = g_strdup_printf(others_config, signature);
	g_assert_true(g_file_set_contents(signature, "-- \nMe\nHome\n\n", -1, NULL));
	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	Conf *c = conf_read(file);
	g_assert_cmpuint(conf_problems(c)->len, ==, 0);
	g_unlink(file);
	return c;
}

static void
forget(char *folder)
{
	g_autofree char *signature = g_build_filename(folder, "signature", NULL);
	g_unlink(signature);
	g_rmdir(folder);
	g_free(folder);
}

static void
test_others(void)
{
	char *folder;
	g_autoptr(Conf) c = read_config(&folder);

	for (gsize i = 0; i < G_N_ELEMENTS(other_cases); i++) {
		g_autoptr(GPtrArray) all = identities_read(c);
		g_test_message("%s", other_cases[i].name);
		for (int k = 0; k < 3; k++)
			identities_meet(all, other_cases[i].account, other_cases[i].lists[k]);
		const Identity *id = g_ptr_array_index(all, identities_find(all, other_cases[i].account, other_cases[i].lists, 3, 1));
		g_assert_cmpstr(id->from, ==, other_cases[i].from);
		g_assert_cmpuint(id->account, ==, other_cases[i].account);
		/* a draft that was kept finds it again by its name */
		g_autoptr(GPtrArray) later = identities_read(c);
		identities_meet(later, other_cases[i].account, id->name);
		const Identity *again = g_ptr_array_index(later, identities_named(later, other_cases[i].account, id->name));
		g_assert_cmpstr(again->from, ==, other_cases[i].from);
	}
	forget(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/identity/read", test_read);
	g_test_add_func("/ui/identity/signatures", test_signatures);
	g_test_add_func("/ui/identity/find", test_find);
	g_test_add_func("/ui/identity/others", test_others);
	return g_test_run();
}
