/* bytes.c - tests of base/bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/bytes.h"

#include <string.h>

static void
test_limit(void)
{
	Bytes b;
	gsize len;

	bytes_init(&b, 8);
	g_assert_true(bytes_append(&b, "1234567", 7));
	g_assert_false(bytes_append(&b, "89", 2));
	g_assert_true(bytes_append(&b, "8", 1));
	g_assert_false(bytes_append(&b, "9", 1));
	g_assert_cmpmem(bytes_peek(&b, &len), 8, "12345678", 8);
	g_assert_cmpuint(len, ==, 8);
	bytes_clear(&b);
}

/* Whatever is appended comes out in order, for any mixture of steps. */
static void
test_order(void)
{
	Bytes b;
	guint8 next_in = 0, next_out = 0;

	bytes_init(&b, 100000);
	for (guint round = 1; round < 400; round++) {
		for (guint i = 0; i < round % 37; i++) {
			g_assert_true(bytes_append(&b, &next_in, 1));
			next_in++;
		}
		gsize len;
		const guint8 *p = bytes_peek(&b, &len);
		gsize take = MIN(len, round % 31);
		for (gsize i = 0; i < take; i++)
			g_assert_cmpuint(p[i], ==, next_out++);
		bytes_consume(&b, take);
	}
	bytes_wipe(&b);
}

static void
test_printf(void)
{
	Bytes b;
	gsize len;

	bytes_init(&b, 10);
	g_assert_true(bytes_printf(&b, "%s-%d", "ab", 12));
	g_assert_false(bytes_printf(&b, "%s", "123456"));
	g_assert_cmpmem(bytes_peek(&b, &len), 5, "ab-12", 5);
	bytes_clear(&b);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bytes/limit", test_limit);
	g_test_add_func("/bytes/order", test_order);
	g_test_add_func("/bytes/printf", test_printf);
	return g_test_run();
}
