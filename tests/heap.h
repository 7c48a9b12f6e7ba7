/* heap.h - what lies in the memory of a test; for tests of what a secret leaves behind.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The words that are looked for must not lie in the heap themselves: they are made on the stack. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A password of its own, so that nobody else's text is found. */
static inline void
heap_secret(char secret[17])
{
	for (int i = 0; i < 16; i++)
		secret[i] = (char)('A' + (i * 7 + 3) % 26);
	secret[16] = 0;
}

static inline bool
lies_between(const char *from, const char *to, const char *word)
{
	gsize n = strlen(word);

	for (const char *at = from; (gsize)(to - at) >= n && (at = memchr(at, *word, (gsize)(to - at) - n + 1)); at++)
		if (!memcmp(at, word, n))
			return true;
	return false;
}

static inline bool
heap_has(const char *word)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], name[64];
	bool found = false;

	while (maps && !found && fgets(line, sizeof line, maps)) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %63s", &from, &to, name) == 3 && !strcmp(name, "[heap]"))
			found = lies_between((const char *)from, (const char *)to, word);
	}
	if (maps)
		fclose(maps);
	return found;
}
