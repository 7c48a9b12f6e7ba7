/* unpack.c - tests of render/unpack: every slicing, one truth.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "render/unpack.h"

#include <string.h>

static const struct { const char *name; UnpackKind kind; const char *in, *out; } cases[] = {
	{ "base64", UNPACK_BASE64, "SGVsbG8gd29ybGQ=\r\n", "Hello world" },
	{ "lines", UNPACK_BASE64, "SGVs\r\nbG8g\r\n\r\nd29y bGQ=\r\n", "Hello world" },
	{ "two-pads", UNPACK_BASE64, "SGVsbG8gd29ybA==", "Hello worl" },
	{ "no-pad", UNPACK_BASE64, "SGVsbG8gd29ybA", "Hello worl" },
	{ "pieces", UNPACK_BASE64, "SGVsbG8=\r\nIHdvcmxk\r\n", "Hello world" },
	{ "one-letter", UNPACK_BASE64, "S", "" },
	{ "only-pads", UNPACK_BASE64, "====", "" },
	{ "empty", UNPACK_BASE64, "", "" },
	{ "quoted", UNPACK_QUOTED, "caf=C3=A9 =3D\r\nnext", "caf\303\251 =\r\nnext" },
	{ "soft", UNPACK_QUOTED, "one=\r\n two= \t\r\nthree", "one twothree" },
	{ "soft-lf", UNPACK_QUOTED, "one=\ntwo\n", "onetwo\n" },
	{ "blanks", UNPACK_QUOTED, "one \t \r\n two", "one\r\n two" },
	{ "no-digits", UNPACK_QUOTED, "a=ZZ =", "a=ZZ " },
	{ "one-digit", UNPACK_QUOTED, "a=4Z=4", "a=4Z=4" },
	{ "equals", UNPACK_QUOTED, "==41", "=A" },
	{ "bare-cr", UNPACK_QUOTED, "a\rb\r\r\n", "a\rb\r\r\n" },
	{ "small", UNPACK_QUOTED, "=c3=a9", "\303\251" },
	{ "as-it-is", UNPACK_AS_IT_IS, "a=3D\r\n b ", "a=3D\r\n b " },
};

static void
test_slices(gconstpointer user)
{
	gsize i = GPOINTER_TO_SIZE(user), total = strlen(cases[i].in);

	for (gsize step = 1; step <= total + 1; step++) {
		g_autoptr(GByteArray) out = g_byte_array_new();
		Unpack u;
		unpack_begin(&u, cases[i].kind);
		for (gsize at = 0; at < total; at += step)
			unpack_put(&u, (const guint8 *)cases[i].in + at, MIN(step, total - at), out);
		unpack_end(&u, out);
		g_assert_cmpmem(out->data, out->len, cases[i].out, strlen(cases[i].out));
	}
}

static void
test_long_blanks(void)
{
	g_autofree char *blanks = g_strnfill(1000, ' '), *in = g_strconcat("a", blanks, "b=", blanks, "c", NULL);
	g_autoptr(GByteArray) out = g_byte_array_new();
	Unpack u;

	unpack_begin(&u, UNPACK_QUOTED);
	unpack_put(&u, (const guint8 *)in, strlen(in), out);
	unpack_end(&u, out);
	g_assert_cmpmem(out->data, out->len, in, strlen(in));
}

/* Never more comes out than went in. */
static void
test_random(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (guint n = 0; n < 2000; n++) {
		static const char letters[] = "=A4z+/ \t\r\n\377-";
		guint8 in[200];
		gsize len = (gsize)g_rand_int_range(rand, 0, sizeof in);
		g_autoptr(GByteArray) whole = g_byte_array_new(), sliced = g_byte_array_new();
		Unpack u, v;
		for (gsize i = 0; i < len; i++)
			in[i] = (guint8)letters[g_rand_int_range(rand, 0, sizeof letters - 1)];
		unpack_begin(&u, n % 2 ? UNPACK_BASE64 : UNPACK_QUOTED);
		unpack_begin(&v, u.kind);
		unpack_put(&u, in, len, whole);
		for (gsize i = 0; i < len; i++)
			unpack_put(&v, in + i, 1, sliced);
		unpack_end(&u, whole);
		unpack_end(&v, sliced);
		g_assert_cmpmem(whole->data, whole->len, sliced->data, sliced->len);
		g_assert_cmpuint(whole->len, <=, len);
	}
}

static void
test_kinds(void)
{
	g_assert_cmpint(unpack_kind("Content-Type: a/b\r\nContent-transfer-encoding:  BASE64 (so)\r\n"), ==, UNPACK_BASE64);
	g_assert_cmpint(unpack_kind("Content-Type: a/b\r\n"), ==, UNPACK_AS_IT_IS);
	g_assert_cmpint(unpack_kind("Content-Transfer-Encoding: quoted-printable\r\n"), ==, UNPACK_QUOTED);
	g_assert_cmpint(unpack_kind("Content-Transfer-Encoding: x-uuencode\r\n"), ==, UNPACK_UNKNOWN);
	g_assert_cmpint(unpack_kind("Content-Transfer-Encoding:\r\n"), ==, UNPACK_AS_IT_IS);
	g_assert_cmpint(unpack_kind(NULL), ==, UNPACK_AS_IT_IS);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/render/unpack/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_slices);
	}
	g_test_add_func("/render/unpack/long-blanks", test_long_blanks);
	g_test_add_func("/render/unpack/random", test_random);
	g_test_add_func("/render/unpack/kinds", test_kinds);
	return g_test_run();
}
