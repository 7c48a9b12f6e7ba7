/* sum.c - tests of store/sum.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "store/sum.h"

#include <string.h>

/* Files of before were written with GLib's: it is the same sum, however the bytes come. */
static void
test_as_glib(void)
{
	static const gsize steps[] = { 1, 7, 63, 64, 65, 1000, 100000 };
	g_autofree guint8 *data = g_malloc(100000);

	for (gsize i = 0; i < 100000; i++)
		data[i] = (guint8)(i * 7 + i / 251);
	for (guint k = 0; k < G_N_ELEMENTS(steps); k++) {
		for (gsize len = 0; len <= 100000; len = len * 3 + 1) {
			g_autoptr(GChecksum) theirs = g_checksum_new(G_CHECKSUM_SHA256);
			g_autoptr(Sum) ours = sum_new();
			guint8 a[SUM_BYTES], b[SUM_BYTES];
			gsize n = sizeof a;
			g_checksum_update(theirs, data, (gssize)len);
			g_checksum_get_digest(theirs, a, &n);
			for (gsize at = 0; at < len; at += steps[k])
				sum_add(ours, data + at, MIN(steps[k], len - at));
			sum_end(ours, b);
			g_assert_cmpmem(a, n, b, SUM_BYTES);
			memset(b, 0, sizeof b);
			sum_end(ours, b);
			g_assert_cmpmem(a, n, b, SUM_BYTES);
			sum_again(ours);
			sum_add(ours, data, len);
			memset(b, 0, sizeof b);
			sum_end(ours, b);
			g_assert_cmpmem(a, n, b, SUM_BYTES);
		}
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/sum/as-glib", test_as_glib);
	return g_test_run();
}
