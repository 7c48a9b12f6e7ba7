/* import.c - tests of setup/import: sample files of five programs, and what becomes of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "setup/import.h"
#include "conf/conf.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

static char *
home_of(const char *program)
{
	return g_test_build_filename(G_TEST_DIST, "tests", "data", "import", program, NULL);
}

static Import *
read_of(const char *program, ImportKind kind)
{
	g_autofree char *home = home_of(program);
	g_autoptr(GPtrArray) sources = import_sources(home);
	g_autoptr(GError) err = NULL;
	g_assert_cmpuint(sources->len, ==, 1);
	const ImportSource *s = sources->pdata[0];
	g_assert_cmpint(s->kind, ==, kind);
	Import *i = import_read(kind, s->path, home, &err);
	g_assert_no_error(err);
	return i;
}

static char *
usual_keys(const char *section, const char *command)
{
	return !strcmp(section, "keys.index") && !strcmp(command, "next-unread") ? g_strdup("<Tab>") : NULL;
}

/* As it stands in a file that eilpost reads without a complaint about the lines themselves. */
static Conf *
written(const Import *i, char **text)
{
	g_autofree char *folder = g_dir_make_tmp("import-XXXXXX", NULL), *file = g_build_filename(folder, "config", NULL);
	g_autoptr(GError) err = NULL;
	g_autofree char *first = import_write(i, file, usual_keys, &err);
	g_assert_no_error(err);
	g_assert_nonnull(first);
	GStatBuf st;
	g_assert_cmpint(g_stat(file, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	g_assert_true(g_file_get_contents(file, text, NULL, NULL));
	Conf *c = conf_read(file);
	for (guint k = 0; k < conf_problems(c)->len; k++) {
		const ConfProblem *p = conf_problems(c)->pdata[k];
		g_test_message("%u: %s", p->line, p->text);
		g_assert_false(p->fatal);
		/* a signature of another computer may be missing; an own sign-in is still to be set up */
		g_assert_true(strstr(p->text, "signature-file") || strstr(p->text, "oauth"));
	}
	g_unlink(file);
	g_rmdir(folder);
	return c;
}

static bool
said(const GPtrArray *all, const char *what)
{
	for (guint i = 0; i < all->len; i++)
		if (strstr(all->pdata[i], what))
			return true;
	return false;
}

static const Account *
account(const Conf *c, guint n)
{
	g_assert_cmpuint(conf_accounts(c)->len, >, n);
	return conf_accounts(c)->pdata[n];
}

static void
test_mutt(void)
{
	g_autoptr(Import) i = read_of("mutt", IMPORT_MUTT);
	g_autofree char *text = NULL;
	g_autoptr(Conf) c = written(i, &text);
	const Account *a = account(c, 0);
	g_assert_cmpuint(conf_accounts(c)->len, ==, 1);
	g_assert_cmpstr(a->address, ==, "alice@example.org");
	g_assert_cmpstr(a->full_name, ==, "Alice Example");
	g_assert_cmpint(a->receive.scheme, ==, SCHEME_IMAPS);
	g_assert_cmpstr(a->receive.host, ==, "imap.example.org");
	g_assert_cmpstr(a->receive.user, ==, "alice");
	g_assert_cmpint(a->send.scheme, ==, SCHEME_SMTP);
	g_assert_cmpstr(a->password_command, ==, "pass show mail/work");
	g_assert_cmpstr(a->sent, ==, "Sent");
	g_assert_cmpstr(conf_text(c, "account alice@example.org", "other-addresses"), ==, "alice.private@example.net, *@old.example");
	g_assert_cmpstr(conf_text(c, "keys.index", "next-unread"), ==, "<Tab> C-n");
	g_assert_cmpstr(conf_text(c, "keys.pager", "next-unread"), ==, "C-n");
	g_assert_cmpstr(conf_text(c, "keys.index", "check-mail"), ==, "<F7>");
	static const char *const left[] = { "2 aliases", "1 macro", "1 hook", "2 keys", "gpg -dq", "mutt-secrets", "(x|y)" };
	for (guint k = 0; k < G_N_ELEMENTS(left); k++)
		g_assert_true(said(i->left, left[k]));
	g_assert_true(said(i->taken, "3 keys"));
}

static void
test_neomutt(void)
{
	g_autoptr(Import) i = read_of("neomutt", IMPORT_NEOMUTT);
	g_autofree char *text = NULL;
	g_autoptr(Conf) c = written(i, &text);
	const Account *a = account(c, 0);
	g_assert_cmpint(a->receive.scheme, ==, SCHEME_IMAP);	/* STARTTLS demanded */
	g_assert_cmpstr(a->address, ==, "bob@example.com");
	g_assert_cmpint(a->send.scheme, ==, SCHEME_SMTPS);
	g_assert_null(a->send.user);	/* it is the address */
	g_assert_null(strstr(text, "hunter2"));
	g_assert_true(said(i->left, "password"));
	g_assert_true(said(i->taken, "STARTTLS"));
}

static void
test_aerc(void)
{
	g_autoptr(Import) i = read_of("aerc", IMPORT_AERC);
	g_autofree char *text = NULL;
	g_autoptr(Conf) c = written(i, &text);
	const Account *work = account(c, 0), *google = account(c, 1);
	g_assert_cmpuint(conf_accounts(c)->len, ==, 2);
	g_assert_cmpstr(work->name, ==, "Work");
	g_assert_cmpstr(work->full_name, ==, "Alice Example");
	g_assert_cmpstr(work->password_command, ==, "pass show work");
	g_assert_cmpuint(work->check_minutes, ==, 5);
	g_assert_cmpstr(work->sent, ==, "Sent");
	g_assert_cmpint(google->auth, ==, AUTH_OAUTH2);
	g_assert_cmpint(google->send.scheme, ==, SCHEME_SMTP);
	g_assert_null(strstr(text, "tok"));
	g_assert_true(said(i->left, "maildir"));
	g_assert_true(said(i->left, "binds.conf"));
}

static void
test_alpine(void)
{
	g_autoptr(Import) i = read_of("alpine", IMPORT_ALPINE);
	g_autofree char *text = NULL;
	g_autoptr(Conf) c = written(i, &text);
	const Account *a = account(c, 0);
	g_assert_cmpstr(a->address, ==, "alice@example.org");
	g_assert_cmpint(a->receive.scheme, ==, SCHEME_IMAPS);
	g_assert_cmpstr(a->receive.user, ==, "alice");
	g_assert_cmpint(a->send.scheme, ==, SCHEME_SMTP);
	g_assert_cmpint(a->send.port, ==, 587);
	g_assert_cmpstr(a->sent, ==, "Sent");
	g_assert_nonnull(strstr(text, "a@old.example"));
	g_assert_true(said(i->left, "address book"));
}

static void
test_thunderbird(void)
{
	g_autoptr(Import) i = read_of("thunderbird", IMPORT_THUNDERBIRD);
	g_autofree char *text = NULL;
	g_autoptr(Conf) c = written(i, &text);
	const Account *work = account(c, 0), *home = account(c, 1);
	g_assert_cmpuint(conf_accounts(c)->len, ==, 2);
	g_assert_cmpstr(work->name, ==, "Work _main_");	/* no bracket in a section's name */
	g_assert_cmpstr(work->full_name, ==, "Alice Éxample");
	g_assert_cmpint(work->send.scheme, ==, SCHEME_SMTPS);
	g_assert_cmpint(home->receive.scheme, ==, SCHEME_POP3);
	g_assert_cmpstr(home->full_name, ==, "Bob \"the\" Meyer");
	g_assert_cmpint(home->keep, ==, KEEP_DAYS);
	g_assert_cmpint(home->keep_days, ==, 30);
	g_assert_cmpstr(conf_text(c, "identity info@example.org", "reply-to"), ==, "desk@example.org");
	g_assert_true(said(i->left, "nntp"));
	g_assert_true(said(i->left, "Passwords"));
	g_assert_true(said(i->left, "no server for sending"));
}

/* Files of no sense: an error or no account, never a crash. */
static void
test_nonsense(void)
{
	static const char *const texts[] = { "", "set", "set folder=`x", "set folder=\"imaps://", "\xff\xfe\x01", "{{{{", "inbox-path={", "[", "[x", "[x]\nsource=imaps://",
		"user_pref(\"mail.accountmanager.accounts\", \"account1", "bind index", "bind index \\ x", "bind index <f quit", "set $x ${y", "inbox-path={}INBOX",
		"set folder=imaps://@:/ from=a@b", "[a]\nsource=imaps://u@h\nfrom=x y <a@b\noutgoing=smtp://" };
	g_autofree char *folder = g_dir_make_tmp("import-XXXXXX", NULL), *file = g_build_filename(folder, "x", NULL);
	for (guint k = 0; k < N_IMPORTS; k++)
		for (guint t = 0; t < G_N_ELEMENTS(texts); t++) {
			g_autoptr(GError) err = NULL;
			g_assert_true(g_file_set_contents(file, texts[t], -1, NULL));
			g_autoptr(Import) i = import_read(k, file, folder, &err);
			g_assert_true((i != NULL) != (err != NULL));
		}
	g_unlink(file);
	g_autoptr(GError) err = NULL;
	g_autoptr(Import) gone = import_read(IMPORT_MUTT, file, folder, &err);
	g_assert_null(gone);
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	g_rmdir(folder);
}

/* A second import beside what is there: other names, nothing of the person's changed. */
static void
test_beside(void)
{
	g_autoptr(Import) i = read_of("mutt", IMPORT_MUTT);
	g_autofree char *folder = g_dir_make_tmp("import-XXXXXX", NULL), *file = g_build_filename(folder, "config", NULL), *text = NULL;
	g_assert_true(g_file_set_contents(file, "# mine\n[account alice@example.org]\naddress = x@y.z\nreceive = imaps://h\n[keys.index]\nnext-unread = n\n", -1, NULL));
	g_autofree char *first = import_write(i, file, NULL, NULL);
	g_assert_cmpstr(first, ==, "alice@example.org 2");
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_true(g_str_has_prefix(text, "# mine\n[account alice@example.org]\naddress = x@y.z\nreceive = imaps://h\n"));
	g_assert_nonnull(strstr(text, "next-unread = n\n"));
	g_unlink(file);
	g_rmdir(folder);
}

/* A value that the file can't hold is named, and the rest comes; two accounts of one name, or of none, stay two. */
static void
test_odd(void)
{
	static const char mutt[] = "set folder=imaps://imap.example.org from=a@example.org realname='Bob # Smith' smtp_url=smtps://smtp.example.org\n";
	static const char aerc[] = "[Mail]\nsource=imaps://one.example.org\nfrom=one@example.org\ncheck-mail=9223372036854775807h\n"
		"[Mail]\nsource=imaps://two.example.org\nfrom=two@example.org\n[ ]\nsource=imaps://three.example.org\nfrom=three@example.org\n";
	g_autofree char *folder = g_dir_make_tmp("import-XXXXXX", NULL), *file = g_build_filename(folder, "x", NULL), *one = NULL, *other = NULL;

	g_assert_true(g_file_set_contents(file, mutt, -1, NULL));
	g_autoptr(Import) i = import_read(IMPORT_MUTT, file, folder, NULL);
	g_autoptr(Conf) c = written(i, &one);
	g_assert_cmpstr(account(c, 0)->send.host, ==, "smtp.example.org");
	g_assert_null(account(c, 0)->full_name);
	g_assert_true(said(i->left, "Bob # Smith"));

	g_assert_true(g_file_set_contents(file, aerc, -1, NULL));
	g_autoptr(Import) k = import_read(IMPORT_AERC, file, folder, NULL);
	g_autoptr(Conf) d = written(k, &other);
	g_assert_cmpuint(conf_accounts(d)->len, ==, 3);
	g_assert_cmpstr(account(d, 0)->address, ==, "one@example.org");
	g_assert_cmpuint(account(d, 0)->check_minutes, ==, 1440);
	g_assert_cmpstr(account(d, 1)->address, ==, "two@example.org");
	g_assert_cmpstr(account(d, 1)->name, ==, "Mail 2");
	g_assert_cmpstr(account(d, 2)->name, ==, "three@example.org");
	g_unlink(file);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setup/import/mutt", test_mutt);
	g_test_add_func("/setup/import/neomutt", test_neomutt);
	g_test_add_func("/setup/import/aerc", test_aerc);
	g_test_add_func("/setup/import/alpine", test_alpine);
	g_test_add_func("/setup/import/thunderbird", test_thunderbird);
	g_test_add_func("/setup/import/nonsense", test_nonsense);
	g_test_add_func("/setup/import/beside", test_beside);
	g_test_add_func("/setup/import/odd", test_odd);
	return g_test_run();
}
