/* qr.c - a text as a QR code.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The steps are those of ISO/IEC 18004: bytes to blocks with Reed-Solomon remainders over GF(256), blocks interleaved
 * into the zigzag, the mask with the least penalty, format and version with their BCH remainders. */
#include "config.h"
#include "base/qr.h"

#include <stdlib.h>
#include <string.h>

/* by version, from 1: remainder bytes of a block, and blocks, for L and M */
static const guint8 REMAINDER[2][QR_VERSION_MAX + 1] = {
	{ 0, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28 },
	{ 0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26 },
};
static const guint8 BLOCKS[2][QR_VERSION_MAX + 1] = {
	{ 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8 },
	{ 0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16 },
};

enum { CODEWORDS_MAX = 1085, REMAINDER_MAX = 30, ALIGNMENTS_MAX = 7 };

typedef struct {
	Qr *q;
	guint8 fixed[QR_SIZE_MAX][QR_SIZE_MAX];	/* no data there */
} Drawing;

/* ---- how much goes in ---- */

static int
codewords(int version)
{
	int bits = (16 * version + 128) * version + 64;

	if (version >= 2) {
		int n = version / 7 + 2;
		bits -= (25 * n - 10) * n - 55;
		if (version >= 7)
			bits -= 36;
	}
	return bits / 8;
}

static int
room(int version, bool medium)
{
	return codewords(version) - REMAINDER[medium][version] * BLOCKS[medium][version];
}

/* ---- Reed-Solomon over GF(256), polynomial 0x11D ---- */

static guint8
multiply(guint8 x, guint8 y)
{
	guint z = 0;

	for (int i = 7; i >= 0; i--) {
		z = z << 1 ^ (z >> 7) * 0x11D;
		z ^= (y >> i & 1u) * x;
	}
	return (guint8)z;
}

static void
divisor(guint8 *d, int degree)
{
	guint8 root = 1;

	memset(d, 0, (gsize)degree);
	d[degree - 1] = 1;
	for (int i = 0; i < degree; i++) {
		for (int j = 0; j < degree; j++) {
			d[j] = multiply(d[j], root);
			if (j + 1 < degree)
				d[j] ^= d[j + 1];
		}
		root = multiply(root, 2);
	}
}

static void
remainder_of(const guint8 *data, int len, const guint8 *d, int degree, guint8 *out)
{
	memset(out, 0, (gsize)degree);
	for (int i = 0; i < len; i++) {
		guint8 factor = data[i] ^ out[0];
		memmove(out, out + 1, (gsize)degree - 1);
		out[degree - 1] = 0;
		for (int j = 0; j < degree; j++)
			out[j] ^= multiply(d[j], factor);
	}
}

/* ---- text to codewords ---- */

typedef struct { guint8 bytes[CODEWORDS_MAX]; int bits; } Bits;

static void
put(Bits *b, guint value, int n)
{
	for (int i = n - 1; i >= 0; i--, b->bits++)
		b->bytes[b->bits >> 3] |= (guint8)((value >> i & 1u) << (7 - (b->bits & 7)));
}

static void
fill(Bits *b, const char *text, gsize len, int version, int capacity)
{
	put(b, 4, 4);	/* bytes */
	put(b, (guint)len, version < 10 ? 8 : 16);
	for (gsize i = 0; i < len; i++)
		put(b, (guint8)text[i], 8);
	put(b, 0, MIN(4, capacity * 8 - b->bits));
	put(b, 0, -b->bits & 7);
	for (guint pad = 0xEC; b->bits < capacity * 8; pad ^= 0xEC ^ 0x11)
		put(b, pad, 8);
}

/* The first blocks are one byte shorter where it does not come out even. */
static void
interleave(const guint8 *data, int version, bool medium, guint8 *out)
{
	int blocks = BLOCKS[medium][version], rest = REMAINDER[medium][version], all = codewords(version);
	int shorts = blocks - all % blocks, len = all / blocks - rest, at = 0;
	guint8 d[REMAINDER_MAX], remainder[REMAINDER_MAX];
	const guint8 *from = data;

	divisor(d, rest);
	for (int i = 0; i <= len; i++) {	/* column by column */
		from = data;
		for (int b = 0; b < blocks; b++) {
			int n = len + (b >= shorts);
			if (i < n)
				out[at++] = from[i];
			from += n;
		}
	}
	for (int i = 0; i < rest; i++) {
		from = data;
		for (int b = 0; b < blocks; b++) {
			int n = len + (b >= shorts);
			remainder_of(from, n, d, rest, remainder);
			out[at++] = remainder[i];
			from += n;
		}
	}
}

/* ---- the fixed patterns ---- */

static void
set(Drawing *w, int x, int y, bool dark)
{
	w->q->dark[y][x] = dark;
	w->fixed[y][x] = 1;
}

static void
finder(Drawing *w, int x, int y)
{
	for (int dy = -4; dy <= 4; dy++)
		for (int dx = -4; dx <= 4; dx++) {
			int far = MAX(abs(dx), abs(dy)), xx = x + dx, yy = y + dy;
			if (xx >= 0 && xx < w->q->size && yy >= 0 && yy < w->q->size)
				set(w, xx, yy, far != 2 && far != 4);
		}
}

static void
alignment(Drawing *w, int x, int y)
{
	for (int dy = -2; dy <= 2; dy++)
		for (int dx = -2; dx <= 2; dx++)
			set(w, x + dx, y + dy, MAX(abs(dx), abs(dy)) != 1);
}

static int
alignments(const Qr *q, int *at)
{
	int n = q->version / 7 + 2, step;

	if (q->version == 1)
		return 0;
	step = (q->version * 8 + n * 3 + 5) / (n * 4 - 4) * 2;
	at[0] = 6;
	for (int i = n - 1, pos = q->size - 7; i >= 1; i--, pos -= step)
		at[i] = pos;
	return n;
}

static void
format(Drawing *w, int mask)
{
	int size = w->q->size;
	guint data = (guint)((w->q->medium ? 0 : 1) << 3 | mask), rem = data;

	for (int i = 0; i < 10; i++)
		rem = rem << 1 ^ (rem >> 9) * 0x537;
	guint bits = (data << 10 | rem) ^ 0x5412;
	for (int i = 0; i <= 5; i++)
		set(w, 8, i, bits >> i & 1);
	set(w, 8, 7, bits >> 6 & 1);
	set(w, 8, 8, bits >> 7 & 1);
	set(w, 7, 8, bits >> 8 & 1);
	for (int i = 9; i < 15; i++)
		set(w, 14 - i, 8, bits >> i & 1);
	for (int i = 0; i < 8; i++)
		set(w, size - 1 - i, 8, bits >> i & 1);
	for (int i = 8; i < 15; i++)
		set(w, 8, size - 15 + i, bits >> i & 1);
	set(w, 8, size - 8, true);
}

static void
version_bits(Drawing *w)
{
	guint rem = (guint)w->q->version;

	if (w->q->version < 7)
		return;
	for (int i = 0; i < 12; i++)
		rem = rem << 1 ^ (rem >> 11) * 0x1F25;
	guint bits = (guint)w->q->version << 12 | rem;
	for (int i = 0; i < 18; i++) {
		int a = w->q->size - 11 + i % 3, b = i / 3;
		set(w, a, b, bits >> i & 1);
		set(w, b, a, bits >> i & 1);
	}
}

static void
patterns(Drawing *w)
{
	int size = w->q->size, at[ALIGNMENTS_MAX], n = alignments(w->q, at);

	for (int i = 0; i < size; i++) {
		set(w, 6, i, i % 2 == 0);
		set(w, i, 6, i % 2 == 0);
	}
	finder(w, 3, 3);
	finder(w, size - 4, 3);
	finder(w, 3, size - 4);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			if (!(i == 0 && j == 0) && !(i == 0 && j == n - 1) && !(i == n - 1 && j == 0))
				alignment(w, at[i], at[j]);
	format(w, 0);
	version_bits(w);
}

static void
zigzag(Drawing *w, const guint8 *data, int len)
{
	int size = w->q->size, bit = 0;

	for (int right = size - 1; right >= 1; right -= 2) {
		if (right == 6)
			right = 5;
		for (int v = 0; v < size; v++)
			for (int j = 0; j < 2; j++) {
				int x = right - j;
				bool upward = ((right + 1) & 2) == 0;
				int y = upward ? size - 1 - v : v;
				if (!w->fixed[y][x] && bit < len * 8) {
					w->q->dark[y][x] = data[bit >> 3] >> (7 - (bit & 7)) & 1;
					bit++;
				}
			}
	}
}

/* ---- the mask ---- */

static bool
masked(int mask, int x, int y)
{
	switch (mask) {
	case 0:	return (x + y) % 2 == 0;
	case 1:	return y % 2 == 0;
	case 2:	return x % 3 == 0;
	case 3:	return (x + y) % 3 == 0;
	case 4:	return (x / 3 + y / 2) % 2 == 0;
	case 5:	return x * y % 2 + x * y % 3 == 0;
	case 6:	return (x * y % 2 + x * y % 3) % 2 == 0;
	default: return ((x + y) % 2 + x * y % 3) % 2 == 0;
	}
}

static void
apply(Drawing *w, int mask)
{
	for (int y = 0; y < w->q->size; y++)
		for (int x = 0; x < w->q->size; x++)
			w->q->dark[y][x] ^= !w->fixed[y][x] && masked(mask, x, y);
}

static bool
at(const Qr *q, bool rows, int line, int i)
{
	return rows ? q->dark[line][i] : q->dark[i][line];
}

static int
penalty_of_line(const Qr *q, bool rows, int line)
{
	static const guint8 like[2][11] = { { 1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0 }, { 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1 } };
	int penalty = 0, run = 1;

	for (int i = 1; i <= q->size; i++) {
		if (i < q->size && at(q, rows, line, i) == at(q, rows, line, i - 1)) {
			run++;
			continue;
		}
		penalty += run >= 5 ? run - 2 : 0;
		run = 1;
	}
	for (int i = 0; i + 11 <= q->size; i++)
		for (int k = 0; k < 2; k++) {
			int n = 0;
			while (n < 11 && at(q, rows, line, i + n) == like[k][n])
				n++;
			penalty += n == 11 ? 40 : 0;
		}
	return penalty;
}

static int
penalty(const Qr *q)
{
	int sum = 0, dark = 0, all = q->size * q->size;

	for (int i = 0; i < q->size; i++)
		sum += penalty_of_line(q, true, i) + penalty_of_line(q, false, i);
	for (int y = 0; y < q->size; y++)
		for (int x = 0; x < q->size; x++) {
			dark += q->dark[y][x];
			if (x + 1 < q->size && y + 1 < q->size) {
				int n = q->dark[y][x] + q->dark[y][x + 1] + q->dark[y + 1][x] + q->dark[y + 1][x + 1];
				sum += n == 0 || n == 4 ? 3 : 0;
			}
		}
	return sum + abs(dark * 20 - all * 10) / all * 10;
}

static void
choose_mask(Drawing *w)
{
	int best = -1, least = 0;

	for (int mask = 0; mask < 8; mask++) {
		apply(w, mask);
		format(w, mask);
		int p = penalty(w->q);
		if (best < 0 || p < least) {
			best = mask;
			least = p;
		}
		apply(w, mask);	/* off again */
	}
	apply(w, best);
	format(w, best);
	w->q->mask = best;
}

/* ---- the door ---- */

bool
qr_encode(Qr *q, const char *text)
{
	gsize len = strlen(text);
	int version = 1;
	Bits b = { .bits = 0 };
	guint8 words[CODEWORDS_MAX];

	while (version <= QR_VERSION_MAX && (gsize)room(version, false) < len + (version < 10 ? 2 : 3))
		version++;
	if (version > QR_VERSION_MAX)
		return false;
	memset(q, 0, sizeof *q);
	q->version = version;
	q->size = version * 4 + 17;
	q->medium = (gsize)room(version, true) >= len + (version < 10 ? 2 : 3);
	fill(&b, text, len, version, room(version, q->medium));
	interleave(b.bytes, version, q->medium, words);
	Drawing *w = g_new0(Drawing, 1);
	w->q = q;
	patterns(w);
	zigzag(w, words, codewords(version));
	choose_mask(w);
	g_free(w);
	return true;
}

int
qr_columns(const Qr *q)
{
	return q->size + 2 * QR_QUIET;
}

int
qr_rows(const Qr *q)
{
	return (qr_columns(q) + 1) / 2;
}

static bool
light(const Qr *q, int x, int y)
{
	x -= QR_QUIET;
	y -= QR_QUIET;
	return x < 0 || y < 0 || x >= q->size || y >= q->size || !q->dark[y][x];
}

char *
qr_row(const Qr *q, int row)
{
	static const char *const BLOCK[] = { " ", "▄", "▀", "█" };
	GString *s = g_string_new(NULL);
	int n = qr_columns(q);

	for (int x = 0; x < n; x++) {
		bool below = 2 * row + 1 < n && light(q, x, 2 * row + 1);	/* the last half row stays dark */
		g_string_append(s, BLOCK[light(q, x, 2 * row) * 2 + below]);
	}
	return g_string_free(s, FALSE);
}
