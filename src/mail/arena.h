/* arena.h - memory with an end, for a library that has none of its own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * All of it goes at once. When the limit is reached it jumps out of the library by longjmp: nothing
 * that must be closed may be open in between. */
#pragma once

#include <glib.h>
#include <setjmp.h>

typedef struct ArenaChunk ArenaChunk;

typedef struct {
	ArenaChunk *chunks;	/* owned */
	gsize used, left, limit;	/* used: bytes of all chunks; left: of the newest */
	char *at;		/* borrowed: into the newest chunk */
	jmp_buf full;
} Arena;

void arena_init(Arena *a, gsize limit);
void arena_clear(Arena *a);
void *arena_take(void *arena, size_t n);	/* never NULL */
void arena_give(void *arena, void *p);	/* nothing: see arena_clear */
