/* compose.c - tests of the client's side of composing: the program is started, and what it says is believed with care.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "render/compose.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

static Draft *
hello(void)
{
	Draft *d = draft_new();
	draft_set(d, DRAFT_TO, "Bob <bob@example.org>");
	draft_set(d, DRAFT_BCC, "secret@example.org");
	draft_set(d, DRAFT_SUBJECT, "Gr\xc3\xbc\xc3\x9f" "e");
	g_free(d->body);
	d->body = g_strdup("Hello\n");
	return d;
}

static bool
has(const Composed *c, const char *text)
{
	gsize len;
	const char *p = g_bytes_get_data(c->message, &len);
	return memmem(p, len, text, strlen(text)) != NULL;
}

static void
test_message(void)
{
	g_autoptr(Draft) d = hello();
	g_autoptr(GError) err = NULL;

	g_autoptr(Composed) c = compose_message(d, "Me <me@example.org>", &err);
	g_assert_no_error(err);
	g_assert_cmpstr(c->sender, ==, "me@example.org");
	g_assert_cmpuint(g_strv_length(c->recipients), ==, 2);
	g_assert_cmpstr(c->recipients[1], ==, "secret@example.org");
	g_assert_cmpstr(c->subject, ==, "Gr\xc3\xbc\xc3\x9f" "e");
	g_assert_cmpstr(c->to, ==, "Bob <bob@example.org>");
	g_assert_false(has(c, "secret"));
	g_assert_true(has(c, "\r\n\r\nHello\r\n"));
	g_assert_true(g_str_has_suffix(d->message_id, "@example.org>"));
	g_assert_cmpuint(strlen(d->message_id), ==, 1 + 32 + strlen("@example.org>"));
	g_assert_cmpstr(c->message_id, ==, d->message_id);
	g_assert_true(has(c, d->message_id));
	g_assert_cmpint(d->date, >, 1700000000);
	/* again: the same mail to the byte */
	g_autoptr(Composed) again = compose_message(d, "Me <me@example.org>", &err);
	g_assert_no_error(err);
	g_assert_true(g_bytes_equal(c->message, again->message));
	/* another has another id */
	g_autoptr(Draft) other = hello();
	g_autoptr(Composed) o = compose_message(other, "me@b\xc3\xbc" "cher.example", &err);
	g_assert_no_error(err);
	g_assert_true(g_str_has_suffix(other->message_id, "@xn--bcher-kva.example>"));
	g_assert_cmpstr(o->sender, ==, "me@xn--bcher-kva.example");
}

static void
test_refused(void)
{
	g_autoptr(Draft) d = hello();
	g_autoptr(GError) err = NULL;

	draft_attach(d)->path = g_strdup("/nonexistent/x.pdf");
	g_assert_null(compose_message(d, "me@example.org", &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	g_assert_nonnull(strstr(err->message, "/nonexistent/x.pdf"));
	g_assert_null(d->message_id);	/* what goes back to the person gets a new one */
	g_assert_cmpint(d->date, ==, 0);
	g_clear_error(&err);
	draft_detach(d, 0);
	draft_set(d, DRAFT_TO, "bob");
	g_assert_null(compose_message(d, "me@example.org", &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	g_clear_error(&err);
	draft_set(d, DRAFT_TO, "bob@example.org");
	g_assert_null(compose_message(d, NULL, &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
}

/* A program that is not there, dies, or says nothing: later, and the draft is as it was. */
static void
test_bad_program(void)
{
	g_autofree char *before = g_strdup(g_getenv("EILPOST_RENDER")), *dir = g_dir_make_tmp("eil-XXXXXX", NULL);
	g_autofree char *script = g_build_filename(dir, "bad", NULL);
	static const char *const bad[] = { NULL, "#!/bin/sh\nkill -9 $$\n", "#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 3\n",
		"#!/bin/sh\nprintf nonsense\n", "#!/bin/sh\nhead -c 9000000 /dev/zero\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(Draft) d = hello();
		g_autoptr(GError) err = NULL;
		g_setenv("EILPOST_RENDER", bad[i] ? script : "/nonexistent/eilpost-render", TRUE);
		if (bad[i]) {
			g_assert_true(g_file_set_contents(script, bad[i], -1, NULL));
			g_chmod(script, 0755);
		}
		g_assert_null(compose_message(d, "me@example.org", &err));
		g_assert_error(err, EIL_ERROR, EIL_LATER);
		g_assert_null(d->message_id);
	}
	g_setenv("EILPOST_RENDER", before ? before : "", TRUE);
	g_unlink(script);
	g_rmdir(dir);
}

static void
test_large(void)
{
	g_autofree char *dir = g_dir_make_tmp("eil-XXXXXX", NULL), *path = g_build_filename(dir, "large.bin", NULL);
	g_autoptr(Draft) d = hello();
	g_autoptr(GError) err = NULL;
	gsize size = 40 * 1024 * 1024;
	g_autofree char *data = g_malloc0(size);

	g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
	draft_attach(d)->path = g_strdup(path);
	gint64 start = g_get_monotonic_time();
	g_autoptr(Composed) c = compose_message(d, "me@example.org", &err);
	g_assert_no_error(err);
	g_test_message("40 MiB in %d ms", (int)((g_get_monotonic_time() - start) / 1000));
	g_assert_cmpuint(g_bytes_get_size(c->message), >, size / 3 * 4);
	g_unlink(path);
	g_rmdir(dir);
}

static void
test_raw(void)
{
	g_autoptr(GBytes) in = g_bytes_new_static("To: b@example.org\nBcc: c@example.org\nSubject: s\n\n.x\n", 51);
	const char *more[] = { "d@example.org", NULL };
	g_autoptr(GError) err = NULL;

	g_autoptr(Composed) c = compose_raw(in, "Me <me@example.org>", more, true, &err);
	g_assert_no_error(err);
	g_assert_cmpuint(g_strv_length(c->recipients), ==, 3);
	g_assert_false(has(c, "Bcc"));
	g_assert_true(has(c, "\r\n\r\n.x\r\n"));
	g_assert_true(has(c, c->message_id));
	g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
	g_assert_null(compose_raw(empty, "me@example.org", NULL, true, &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/render/compose/message", test_message);
	g_test_add_func("/render/compose/refused", test_refused);
	g_test_add_func("/render/compose/bad-program", test_bad_program);
	g_test_add_func("/render/compose/large", test_large);
	g_test_add_func("/render/compose/raw", test_raw);
	return g_test_run();
}
