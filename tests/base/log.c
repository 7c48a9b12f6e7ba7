/* log.c - tests of base/log and base/secret.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/error.h"
#include "base/log.h"
#include "base/secret.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_levels_and_escapes(void)
{
	g_assert_true(log_open(NULL, LOG_WIRE, NULL));
	log_line(LOG_DEBUG, "t", "not wanted");
	log_line(LOG_INFO, "t", "with \033[31m escape");
	log_line(LOG_INFO, "t", "a \xc2\x9b" "31m of one byte, \xc3\xa4 and \x9b stay harmless");	/* C1 in UTF-8; no UTF-8 */
	log_wire("imap", '<', "* OK \xff\r\n", 8);
	g_autofree char *all = log_recent();
	g_assert_null(strstr(all, "not wanted"));
	g_assert_null(strchr(all, '\033'));
	g_assert_nonnull(strstr(all, "a ?31m of one byte, \xc3\xa4 and \xef\xbf\xbd stay harmless"));
	g_assert_nonnull(strstr(all, "imap: < 8: * OK \\xff\\r\\n"));
	log_close();
}

static void
test_file(void)
{
	g_autofree char *dir = g_dir_make_tmp("log-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "log", NULL), *link = g_build_filename(dir, "link", NULL);
	struct stat st;

	g_assert_true(log_open(file, LOG_INFO, NULL));
	log_line(LOG_WARN, "t", "kept");
	log_close();
	g_assert_cmpint(stat(file, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_nonnull(strstr(text, "t: kept\n"));
	g_assert_cmpint(symlink(file, link), ==, 0);
	g_autoptr(GError) err = NULL;
	g_assert_false(log_open(link, LOG_INFO, &err));
	g_assert_true(error_is(err, EIL_ASK_USER));
	g_unlink(link);
	g_unlink(file);
	g_rmdir(dir);
}

static void
test_secret(void)
{
	g_autoptr(Secret) s = secret_new("hunter2 and more", 7);
	g_assert_cmpstr(secret_peek(s), ==, "hunter2");
	secret_wipe_string(g_strdup("x"));
	secret_wipe_string(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/levels-and-escapes", test_levels_and_escapes);
	g_test_add_func("/log/file", test_file);
	g_test_add_func("/secret/T16/copy-and-wipe", test_secret);
	return g_test_run();
}
