/* seal.c - what is sealed comes back, and nothing else does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auth/seal.h"

#include <string.h>

static void
round_trip(void)
{
	static const char *const texts[] = { "", "a", "a longer one, over a block of the cipher, and some more so that there are two of them: 0123456789" };
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Seal) s = seal_new("pass phräse", 10), other = seal_new("pass phräse", 99), wrong = seal_new("pass phrase", 10);
		g_autoptr(GBytes) data = seal_close(s, texts[i], strlen(texts[i])), again = seal_close(s, texts[i], strlen(texts[i]));
		gsize len;
		const guint8 *bytes = g_bytes_get_data(data, &len);
		g_autoptr(Secret) one = seal_open(s, bytes, len), two = seal_open(other, bytes, len), none = seal_open(wrong, bytes, len);
		g_assert_cmpstr(secret_peek(one), ==, texts[i]);
		g_assert_cmpstr(secret_peek(two), ==, texts[i]);	/* rounds and salt are the file's */
		g_assert_null(none);
		g_assert_false(g_bytes_equal(data, again));	/* another nonce */
		g_assert_true(len < 8 + strlen(texts[i]) || !memmem(bytes, len, "cipher", 6));
	}
}

/* each bit is under the tag */
static void
changed(void)
{
	g_autoptr(Seal) s = seal_new("key", 1);
	g_autoptr(GBytes) data = seal_close(s, "secret", 6);
	gsize len;
	const guint8 *bytes = g_bytes_get_data(data, &len);
	for (gsize i = 0; i < len; i++) {
		if (i >= 17 && i < 20)	/* the upper bytes of the rounds: only time */
			continue;
		g_autofree guint8 *bad = g_memdup2(bytes, len);
		bad[i] ^= 1;
		g_autoptr(Secret) none = seal_open(s, bad, len);
		g_assert_null(none);
	}
	for (gsize i = 0; i < len; i++) {
		g_autofree guint8 *part = g_memdup2(bytes, i ? i : 1);
		g_autoptr(Secret) none = seal_open(s, part, i);
		g_assert_null(none);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seal/round-trip", round_trip);
	g_test_add_func("/seal/T16/changed", changed);
	return g_test_run();
}
