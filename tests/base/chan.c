/* chan.c - tests of base/chan.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/chan.h"

#include <poll.h>
#include <stdbool.h>

static bool
readable(Chan *c, int wait_ms)
{
	struct pollfd p = { .fd = chan_fd(c), .events = POLLIN };
	return poll(&p, 1, wait_ms) == 1;
}

static void
test_readable_while_letters_wait(void)
{
	g_autoptr(Chan) c = chan_new(g_free);

	g_assert_false(readable(c, 0));
	g_assert_null(chan_take(c));
	chan_send(c, g_strdup("a"));
	chan_send(c, g_strdup("b"));
	g_assert_true(readable(c, 0));
	g_autofree char *a = chan_take(c);
	g_assert_cmpstr(a, ==, "a");
	g_assert_true(readable(c, 0));
	g_autofree char *b = chan_take(c);
	g_assert_cmpstr(b, ==, "b");
	g_assert_false(readable(c, 0));
	chan_send(c, g_strdup("left to chan_free"));
}

static gpointer
sender(gpointer data)
{
	for (guint i = 1; i <= 10000; i++)
		chan_send(data, g_memdup2(&i, sizeof i));
	return NULL;
}

static void
test_two_threads(void)
{
	g_autoptr(Chan) c = chan_new(g_free);
	GThread *t = g_thread_new("sender", sender, c);

	for (guint want = 1; want <= 10000; ) {
		g_assert_true(readable(c, 5000));
		for (guint *got; (got = chan_take(c)); g_free(got))
			g_assert_cmpuint(*got, ==, want++);
	}
	g_thread_join(t);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/chan/readable-while-letters-wait", test_readable_while_letters_wait);
	g_test_add_func("/chan/two-threads", test_two_threads);
	return g_test_run();
}
