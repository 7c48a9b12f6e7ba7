/* qr.c - QR codes are read back by a decoder that knows nothing of how they were drawn.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * With a file name as argument the code of a text is written as a picture (PBM), to be tried with a real reader:
 *	tests/base/qr --picture https://example.org > a.pbm; zbarimg a.pbm */
#include "config.h"
#include "base/qr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a reader: format, mask, zigzag, one block; as the standard says it, not as qr.c does ---- */

static bool
in_pattern(const Qr *q, int x, int y)
{
	int n = q->size;
	static const int ALIGN[][3] = { { 0 }, { 0 }, { 18 }, { 22 }, { 26 }, { 30 }, { 34 } };

	if ((x <= 8 && y <= 8) || (x >= n - 8 && y <= 8) || (x <= 8 && y >= n - 8) || x == 6 || y == 6)
		return true;
	int c = q->version >= 2 && q->version <= 6 ? ALIGN[q->version][0] : 0;
	return c && abs(x - c) <= 2 && abs(y - c) <= 2;
}

static bool
mask_bit(int mask, int i /* row */, int j /* column */)
{
	switch (mask) {
	case 0: return (i + j) % 2 == 0;
	case 1: return i % 2 == 0;
	case 2: return j % 3 == 0;
	case 3: return (i + j) % 3 == 0;
	case 4: return (i / 2 + j / 3) % 2 == 0;
	case 5: return (i * j) % 2 + (i * j) % 3 == 0;
	case 6: return ((i * j) % 2 + (i * j) % 3) % 2 == 0;
	default: return ((i + j) % 2 + (i * j) % 3) % 2 == 0;
	}
}

/* the 15 bits beside the upper left finder, from the highest down: along row 8, then up column 8 */
static guint
format_of(const Qr *q)
{
	static const int xs[] = { 0, 1, 2, 3, 4, 5, 7, 8, 8, 8, 8, 8, 8, 8, 8 }, ys[] = { 8, 8, 8, 8, 8, 8, 8, 8, 7, 5, 4, 3, 2, 1, 0 };
	guint bits = 0;
	for (int i = 0; i < 15; i++)
		bits = bits << 1 | q->dark[ys[i]][xs[i]];
	return bits ^ 0x5412;
}

static char *
read_back(const Qr *q)
{
	guint8 bytes[400] = { 0 };
	int bit = 0;
	guint format = format_of(q);

	g_assert_cmpuint(format >> 13, ==, q->medium ? 0 : 1);
	g_assert_cmpint((int)(format >> 10 & 7), ==, q->mask);
	for (int x = q->size - 1, up = 1; x > 0; x -= 2, up = !up) {
		if (x == 6)
			x--;
		for (int k = 0; k < q->size; k++) {
			int y = up ? q->size - 1 - k : k;
			for (int half = 0; half < 2; half++)
				if (!in_pattern(q, x - half, y) && bit < (int)sizeof bytes * 8) {
					bool dark = q->dark[y][x - half] ^ mask_bit(q->mask, y, x - half);
					bytes[bit / 8] |= (guint8)(dark << (7 - bit % 8));
					bit++;
				}
		}
	}
	g_assert_cmpint(bytes[0] >> 4, ==, 4);
	int len = (bytes[0] & 15) << 4 | bytes[1] >> 4;
	char *text = g_malloc0((gsize)len + 1);
	for (int i = 0; i < len; i++)
		text[i] = (char)((bytes[i + 1] & 15) << 4 | bytes[i + 2] >> 4);
	return text;
}

static void
round_trip(void)
{
	for (gsize len = 1; len <= 106; len++) {	/* one block: version 5-L and below */
		g_autofree char *text = g_malloc0(len + 1);
		static Qr q;
		for (gsize i = 0; i < len; i++)
			text[i] = (char)(33 + (i * 7 + len) % 90);
		g_assert_true(qr_encode(&q, text));
		if (q.medium && q.version >= 4)	/* two blocks */
			continue;
		g_autofree char *back = read_back(&q);
		g_assert_cmpstr(back, ==, text);
	}
}

/* the whole picture of "01234567" at 1-M by the mask the standard's own penalties choose is too long to be told here; what
 * must be anywhere: finders, timing, the lone dark module, a copy of the format */
static void
shape(void)
{
	static const int LIMITS[] = { 17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792, 858 };	/* bytes in 1-L .. 20-L */
	for (int version = 1; version <= QR_VERSION_MAX; version++)
		for (int more = 0; more <= 1; more++) {
			g_autofree char *text = g_strnfill((gsize)(LIMITS[version - 1] + more), 'x');
			static Qr q;
			g_assert_cmpint(qr_encode(&q, text), ==, version + more <= QR_VERSION_MAX);
			if (version + more > QR_VERSION_MAX)
				continue;
			g_assert_cmpint(q.version, ==, version + more);
			g_assert_cmpint(q.size, ==, 17 + 4 * q.version);
			for (int i = 8; i < q.size - 8; i++)
				g_assert_cmpint(q.dark[6][i], ==, i % 2 == 0);
			g_assert_true(q.dark[0][0] && q.dark[3][3] && !q.dark[1][1] && !q.dark[7][7] && q.dark[q.size - 8][8]);
			g_assert_true(q.dark[0][q.size - 1] && q.dark[q.size - 1][0]);
		}
	static Qr q;
	g_autofree char *long_one = g_strnfill(5000, 'x');
	g_assert_false(qr_encode(&q, long_one));
}

static void
rows(void)
{
	static Qr q;
	g_assert_true(qr_encode(&q, "https://example.org/device"));
	g_assert_cmpint(qr_columns(&q), ==, q.size + 4);
	for (int i = 0; i < qr_rows(&q); i++) {
		g_autofree char *row = qr_row(&q, i);
		g_assert_cmpint((int)g_utf8_strlen(row, -1), ==, qr_columns(&q));
	}
	g_autofree char *first = qr_row(&q, 0), *second = qr_row(&q, 1);
	g_assert_true(g_str_has_prefix(first, "████"));
	g_assert_true(g_str_has_prefix(second, "██ ▄▄▄▄▄ █"));	/* the finder */
}

static int
picture(const char *text)
{
	static Qr q;
	enum { SCALE = 6, QUIET = 4 };
	if (!qr_encode(&q, text))
		return 1;
	int n = (q.size + 2 * QUIET) * SCALE;
	printf("P1\n%d %d\n", n, n);
	for (int y = 0; y < n; y++) {
		for (int x = 0; x < n; x++) {
			int my = y / SCALE - QUIET, mx = x / SCALE - QUIET;
			putchar(my >= 0 && mx >= 0 && my < q.size && mx < q.size && q.dark[my][mx] ? '1' : '0');
		}
		putchar('\n');
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--picture"))
		return picture(argv[2]);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/qr/round-trip", round_trip);
	g_test_add_func("/qr/shape", shape);
	g_test_add_func("/qr/rows", rows);
	return g_test_run();
}
