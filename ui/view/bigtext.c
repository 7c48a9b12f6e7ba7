/* bigtext.c - a few letters so large that they can be read from another desk.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/bigtext.h"

#include <string.h>

/* seven rows of five dots, the leftmost is 16; zero has a stroke, so that it is not taken for an O */
static const struct { char ch; guint8 rows[7]; } DOTS[] = {
	{ '0', { 14, 17, 19, 21, 25, 17, 14 } }, { '1', { 4, 12, 4, 4, 4, 4, 14 } }, { '2', { 14, 17, 1, 2, 4, 8, 31 } },
	{ '3', { 31, 2, 4, 2, 1, 17, 14 } }, { '4', { 2, 6, 10, 18, 31, 2, 2 } }, { '5', { 31, 16, 30, 1, 1, 17, 14 } },
	{ '6', { 6, 8, 16, 30, 17, 17, 14 } }, { '7', { 31, 1, 2, 4, 8, 8, 8 } }, { '8', { 14, 17, 17, 14, 17, 17, 14 } },
	{ '9', { 14, 17, 17, 15, 1, 2, 12 } }, { 'A', { 14, 17, 17, 31, 17, 17, 17 } }, { 'B', { 30, 17, 17, 30, 17, 17, 30 } },
	{ 'C', { 14, 17, 16, 16, 16, 17, 14 } }, { 'D', { 28, 18, 17, 17, 17, 18, 28 } }, { 'E', { 31, 16, 16, 30, 16, 16, 31 } },
	{ 'F', { 31, 16, 16, 30, 16, 16, 16 } }, { 'G', { 14, 17, 16, 23, 17, 17, 15 } }, { 'H', { 17, 17, 17, 31, 17, 17, 17 } },
	{ 'I', { 14, 4, 4, 4, 4, 4, 14 } }, { 'J', { 7, 2, 2, 2, 2, 18, 12 } }, { 'K', { 17, 18, 20, 24, 20, 18, 17 } },
	{ 'L', { 16, 16, 16, 16, 16, 16, 31 } }, { 'M', { 17, 27, 21, 21, 17, 17, 17 } }, { 'N', { 17, 17, 25, 21, 19, 17, 17 } },
	{ 'O', { 14, 17, 17, 17, 17, 17, 14 } }, { 'P', { 30, 17, 17, 30, 16, 16, 16 } }, { 'Q', { 14, 17, 17, 17, 21, 18, 13 } },
	{ 'R', { 30, 17, 17, 30, 20, 18, 17 } }, { 'S', { 15, 16, 16, 14, 1, 1, 30 } }, { 'T', { 31, 4, 4, 4, 4, 4, 4 } },
	{ 'U', { 17, 17, 17, 17, 17, 17, 14 } }, { 'V', { 17, 17, 17, 17, 17, 10, 4 } }, { 'W', { 17, 17, 17, 21, 21, 21, 10 } },
	{ 'X', { 17, 17, 10, 4, 10, 17, 17 } }, { 'Y', { 17, 17, 10, 4, 4, 4, 4 } }, { 'Z', { 31, 1, 2, 4, 8, 16, 31 } },
	{ '-', { 0, 0, 0, 14, 0, 0, 0 } },
};

static const guint8 *
dots_of(char c)
{
	for (guint i = 0; i < G_N_ELEMENTS(DOTS); i++)
		if (DOTS[i].ch == g_ascii_toupper(c))
			return DOTS[i].rows;
	return NULL;
}

/* Small letters would be drawn as large ones, which is another code where it counts. */
bool
bigtext_can(const char *text)
{
	for (const char *c = text; *c; c++)
		if (g_ascii_islower(*c) || !dots_of(*c))
			return false;
	return *text != 0;
}

char *
bigtext_row(const char *text, gsize len, int row)
{
	static const char *const BLOCK[] = { " ", "▄", "▀", "█" };
	GString *s = g_string_new(NULL);

	for (gsize i = 0; i < len; i++) {
		const guint8 *dots = dots_of(text[i]);
		for (int x = 0; x < BIGTEXT_COLUMNS; x++) {
			int bit = 16 >> x;
			bool above = dots && x < 5 && dots[2 * row] & bit, below = dots && x < 5 && 2 * row + 1 < 7 && dots[2 * row + 1] & bit;
			g_string_append(s, BLOCK[above * 2 + below]);
		}
	}
	return g_string_free(s, FALSE);
}
