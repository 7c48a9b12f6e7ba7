/* whole.c - all of it arrives, also where the other end takes it in pieces; what ends it is told.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/whole.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 1 << 20 };	/* more than a pipe holds */

static gpointer
read_all(gpointer fd)
{
	GByteArray *got = g_byte_array_new();
	guint8 room[1000];

	for (ssize_t n; (n = read(GPOINTER_TO_INT(fd), room, sizeof room)) > 0;)
		g_byte_array_append(got, room, (guint)n);
	return got;
}

static void
in_pieces(void)
{
	g_autofree guint8 *data = g_malloc(SIZE);
	int ends[2];

	for (guint i = 0; i < SIZE; i++)
		data[i] = (guint8)(i * 7 + i / 256);
	g_assert_cmpint(pipe(ends), ==, 0);
	GThread *reader = g_thread_new("reader", read_all, GINT_TO_POINTER(ends[0]));
	g_assert_true(write_whole(ends[1], data, SIZE));
	g_assert_true(write_whole(ends[1], data, 0));
	close(ends[1]);
	GByteArray *got = g_thread_join(reader);
	g_assert_cmpmem(got->data, got->len, data, SIZE);
	g_byte_array_unref(got);
	close(ends[0]);
}

static void
ended(void)
{
	int ends[2];

	g_assert_cmpint(pipe(ends), ==, 0);
	close(ends[0]);
	g_assert_false(write_whole(ends[1], "x", 1));
	g_assert_cmpint(errno, ==, EPIPE);
	close(ends[1]);
	g_assert_false(write_whole(-1, "x", 1));
	g_assert_cmpint(errno, ==, EBADF);
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/whole/in-pieces", in_pieces);
	g_test_add_func("/base/whole/ended", ended);
	return g_test_run();
}
