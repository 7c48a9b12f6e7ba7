/* sign.c - a character as this locale can show it: itself, a plain one in its place, or the sign of what is missing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/sign.h"

#include <limits.h>
#include <stdlib.h>

/* Our own signs where the terminal's character set hasn't got them. */
static const struct { gunichar ch; char plain; } plain_signs[] = {
	{ 0x2502, '|' }, { 0x2500, '-' }, { 0x251c, '+' }, { 0x253c, '+' }, { 0x2026, '~' },
	{ 0x25cf, 'N' }, { 0xbb, 'r' }, { 0x203a, '>' },
	{ 0x25be, 'v' }, { 0x25b8, '>' }, { 0x2022, '*' }, { 0x201c, '"' }, { 0x201d, '"' },
	{ 0x201e, '"' }, { 0x2018, '\'' }, { 0x2019, '\'' },
	{ 0x2013, '-' }, { 0x2014, '-' }, { 0xa0, ' ' }, { 0xb7, '.' },
};

wchar_t
sign_shown(const Cell *cell, bool utf8)
{
	wchar_t ch = (wchar_t)cell->ch;
	char bytes[MB_LEN_MAX];

	if (cell->ch >= 0x20 && cell->ch < 0x7f)
		return ch;
	if (cell->ch < 0x20 || wcwidth(ch) != cell->columns || wctomb(bytes, ch) <= 0) {
		for (gsize i = 0; i < G_N_ELEMENTS(plain_signs); i++)
			if (plain_signs[i].ch == cell->ch)
				return (wchar_t)plain_signs[i].plain;
		return utf8 && cell->columns == 1 ? 0xfffd : '?';
	}
	return ch;
}
