/* bigtext.h - a few letters so large that they can be read from another desk.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Five by seven dots in half blocks: letters, digits and the hyphen; other characters are left to the plain text beside it. */
#pragma once

#include "base/utf8.h"

enum { BIGTEXT_ROWS = 4, BIGTEXT_COLUMNS = 6 };	/* of a character, with the gap behind it */

bool bigtext_can(const char *text);
char *bigtext_row(const char *text, gsize len, int row);	/* yours */
