/* curl.c - tests of libcurl that is brought in late, or is not there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "net/curl.h"
#include "net/http.h"

#include <dlfcn.h>

static void
test_there(void)
{
	g_autoptr(GError) err = NULL;

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
		g_test_trap_assert_passed();
		return;
	}
	/* what only a question to a web server needs is not there before one is asked */
	void *early = dlopen(CURL_LIBRARY, RTLD_NOW | RTLD_NOLOAD);
	g_assert_null(early);
	const Curl *curl = curl_get(&err);
	g_assert_no_error(err);
	g_assert_true(curl == curl_get(NULL));
	g_assert_cmpint(curl->getdate("Thu, 01 Jan 1970 00:00:09 GMT", NULL), ==, 9);
}

static void
on_done(void *user, const HttpAnswer *answer, const GError *err)
{
	GError **got = user;

	g_assert_null(answer);
	g_assert_null(*got);
	*got = g_error_copy(err);
}

/* A computer that lost the library: each question is answered, and with the reason. */
static void
test_missing(void)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	g_autoptr(GError) first = NULL, cancelled = NULL, left = NULL;
	const HttpRequest r = { .url = "https://login.example/token", .form = "secret=1" };

	curl_set_file("libcurl-of-nobody.so.0");
	g_assert_null(curl_get(NULL));
	Http *h = http_new(context);
	http_start(h, &r, on_done, &first);
	http_cancel(h, http_start(h, &r, on_done, &cancelled));
	while (!first)
		g_main_context_iteration(context, TRUE);
	g_assert_error(first, EIL_ERROR, EIL_LATER);
	g_assert_nonnull(strstr(first->message, "libcurl-of-nobody"));
	http_start(h, &r, on_done, &left);
	http_free(h);
	while (g_main_context_iteration(context, FALSE))
		;
	g_assert_no_error(cancelled);
	g_assert_no_error(left);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/net/curl/there", test_there);
	g_test_add_func("/net/curl/missing", test_missing);
	return g_test_run();
}
