/* arena.c - memory with an end, for a library that has none of its own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * gumbo frees its tree by recursion, which a deep one does not survive, and can't be told to stop;
 * here the tree goes with its chunks. */
#include "config.h"
#include "mail/arena.h"
#include "base/limits.h"

#include <stdlib.h>

#define CHUNK	(256 * KIB)
#define ALIGN	16

struct ArenaChunk {
	ArenaChunk *next;	/* owned */
	gsize bytes;
} __attribute__((aligned(ALIGN)));

void
arena_init(Arena *a, gsize limit)
{
	*a = (Arena){ .limit = limit };
}

void
arena_clear(Arena *a)
{
	while (a->chunks) {
		ArenaChunk *next = a->chunks->next;
		free(a->chunks);
		a->chunks = next;
	}
	a->used = a->left = 0;
}

static ArenaChunk *
new_chunk(Arena *a, gsize n)
{
	if (n > a->limit - a->used)
		longjmp(a->full, 1);
	ArenaChunk *c = malloc(sizeof *c + n);
	if (!c)
		longjmp(a->full, 1);
	a->used += n;
	c->bytes = n;
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *
arena_take(void *arena, size_t size)
{
	Arena *a = arena;
	gsize n = (MIN(size, G_MAXSIZE / 2) + ALIGN - 1) & ~(gsize)(ALIGN - 1);

	if (n > CHUNK / 4) {	/* alone, behind the newest, which goes on being filled */
		ArenaChunk *newest = a->chunks, *c = new_chunk(a, n);
		if (newest) {
			a->chunks = newest;
			c->next = newest->next;
			newest->next = c;
		}
		return c + 1;
	}
	if (n > a->left) {
		a->at = (char *)(new_chunk(a, CHUNK) + 1);
		a->left = CHUNK;
	}
	char *p = a->at;
	a->at += n;
	a->left -= n;
	return p;
}

void
arena_give(void *arena, void *p)
{
	(void)arena;
	(void)p;
}
