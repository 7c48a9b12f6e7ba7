/* tokenstore.c - what is kept where, who may read it, and two programs at one file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auth/tokenstore.h"

#include <glib/gstdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

static char *
file_named(const char *name)
{
	return g_build_filename(folder, name, "tokens", NULL);
}

static const Tokens ONE = { (char *)"access-1", (char *)"refresh-1", (char *)"id", (char *)"https://p/t", 1000, 4600 };
static const Tokens TWO = { (char *)"access-2", (char *)"refresh-2", (char *)"id", (char *)"https://p/t", 2000, 5600 };

static void
kept_in_a_file(void)
{
	g_autofree char *file = file_named("kept"), *text = NULL;
	g_autoptr(GError) err = NULL;
	g_auto(Tokens) t = { 0 };
	gsize len;
	struct stat st;
	TokenStore *s = token_store_new(KEEP_FILE, file, 10);

	g_assert_cmpint(token_store_state(s), ==, TOKENS_FRESH);
	g_assert_false(token_store_load(s, "work", &t, &err));
	g_assert_no_error(err);
	g_assert_true(token_store_unlock(s, "open sesame", &err));
	g_assert_true(token_store_save(s, "work", &ONE, &err));
	g_assert_true(token_store_save(s, "a\tb\nc", &TWO, &err));
	token_store_free(s);

	g_assert_cmpint(g_stat(file, &st), ==, 0);
	g_assert_cmpint((int)(st.st_mode & 0777), ==, 0600);
	g_assert_true(g_file_get_contents(file, &text, &len, NULL));
	g_assert_null(memmem(text, len, "access", 6));
	g_assert_null(memmem(text, len, "sesame", 6));

	s = token_store_new(KEEP_AUTO, file, 10);
	g_assert_cmpint(token_store_state(s), ==, TOKENS_LOCKED);
	g_assert_false(token_store_unlock(s, "open says me", &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	g_clear_error(&err);
	g_assert_true(token_store_unlock(s, "open sesame", &err));
	g_assert_true(token_store_load(s, "work", &t, &err));
	g_assert_cmpstr(t.access, ==, "access-1");
	g_assert_cmpstr(t.refresh, ==, "refresh-1");
	g_assert_cmpstr(t.client_id, ==, "id");
	g_assert_cmpstr(t.token_url, ==, "https://p/t");
	g_assert_cmpint(t.obtained, ==, 1000);
	g_assert_cmpint(t.expires, ==, 4600);
	g_assert_true(token_store_load(s, "a\tb\nc", &t, &err));
	g_assert_cmpstr(t.access, ==, "access-2");
	g_assert_false(token_store_load(s, "wor", &t, &err));
	/* forgotten: the other stays */
	g_assert_true(token_store_save(s, "work", NULL, &err));
	g_assert_false(token_store_load(s, "work", &t, &err));
	g_assert_true(token_store_load(s, "a\tb\nc", &t, &err));
	token_store_free(s);
}

static void
declined(void)
{
	g_autofree char *file = file_named("declined");
	g_autoptr(GError) err = NULL;
	g_auto(Tokens) t = { 0 };
	TokenStore *s = token_store_new(KEEP_FILE, file, 10);

	g_assert_true(token_store_unlock(s, "", &err));
	g_assert_cmpint(token_store_state(s), ==, TOKENS_DECLINED);
	g_assert_true(token_store_save(s, "work", &ONE, &err));
	g_assert_true(token_store_load(s, "work", &t, &err));
	g_assert_cmpstr(t.access, ==, "access-1");
	g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
	/* a passphrase after all */
	g_assert_true(token_store_unlock(s, "now", &err));
	g_assert_true(token_store_save(s, "work", &TWO, &err));
	g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
	g_assert_true(token_store_load(s, "work", &t, &err));
	g_assert_cmpstr(t.access, ==, "access-2");
	token_store_free(s);
}

/* a second program signed in meanwhile: neither overwrites the other */
static void
two_programs(void)
{
	g_autofree char *file = file_named("two");
	g_autoptr(GError) err = NULL;
	g_auto(Tokens) t = { 0 };
	TokenStore *a = token_store_new(KEEP_FILE, file, 10), *b = token_store_new(KEEP_FILE, file, 10);

	g_assert_true(token_store_unlock(a, "x", &err));
	g_assert_true(token_store_save(a, "work", &ONE, &err));
	g_assert_true(token_store_unlock(b, "x", &err));
	g_assert_true(token_store_save(b, "home", &TWO, &err));
	g_assert_true(token_store_load(a, "home", &t, &err));
	g_assert_cmpstr(t.access, ==, "access-2");
	g_assert_true(token_store_load(b, "work", &t, &err));
	g_assert_true(token_store_try_lock(a));
	g_assert_true(token_store_try_lock(a));
	g_assert_false(token_store_try_lock(b));
	token_store_unlock_file(a);
	g_assert_true(token_store_try_lock(b));
	token_store_free(a);
	token_store_free(b);
}

static void
not_ours(void)
{
	g_autofree char *file = file_named("foreign"), *dir = g_path_get_dirname(file), *target = g_build_filename(folder, "target", NULL);
	g_autoptr(GError) err = NULL;
	TokenStore *s = token_store_new(KEEP_FILE, file, 10);

	g_mkdir_with_parents(dir, 0700);
	g_assert_true(g_file_set_contents(file, "hello", -1, NULL));
	g_assert_false(token_store_unlock(s, "x", &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	g_clear_error(&err);
	g_unlink(file);
	g_assert_true(g_file_set_contents(target, "hello", -1, NULL));
	g_assert_cmpint(symlink(target, file), ==, 0);
	g_assert_false(token_store_unlock(s, "x", &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	token_store_free(s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("tokens-XXXXXX", NULL);
	g_test_add_func("/tokenstore/T16/file", kept_in_a_file);
	g_test_add_func("/tokenstore/declined", declined);
	g_test_add_func("/tokenstore/two-programs", two_programs);
	g_test_add_func("/tokenstore/not-ours", not_ours);
	int status = g_test_run();
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", folder);
	(void)!system(command);
	g_free(folder);
	return status;
}
