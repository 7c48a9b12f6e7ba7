/* sum.c - SHA-256.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * GLib's is written for every processor alike; nettle's uses what this one has, and is four to eight times as fast: of a first
 * sync with all texts, the sums were a fifth of the work. */
#include "config.h"
#include "store/sum.h"

#include <nettle/sha2.h>

#include <string.h>

struct Sum {
	struct sha256_ctx state;
	guint8 digest[SUM_BYTES];
	bool ended;
};

Sum *
sum_new(void)
{
	Sum *s = g_new0(Sum, 1);
	sha256_init(&s->state);
	return s;
}

void
sum_free(Sum *s)
{
	g_free(s);
}

void
sum_again(Sum *s)
{
	sha256_init(&s->state);
	s->ended = false;
}

void
sum_add(Sum *s, const void *data, gsize len)
{
	g_assert(!s->ended);
	if (len > 0)
		sha256_update(&s->state, len, data);
}

void
sum_end(Sum *s, guint8 digest[SUM_BYTES])
{
	if (!s->ended)
		sha256_digest(&s->state, SUM_BYTES, s->digest);
	s->ended = true;
	memcpy(digest, s->digest, SUM_BYTES);
}
