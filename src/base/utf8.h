/* utf8.h - columns, cutting, wrapping, and the one cleaner for foreign text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Text reaches the canvas only as a Clean: UTF-8 without C0, C1, DEL, bidi
 * controls, invisible fillers, tags, private use, or more than LIMIT_COMBINING
 * combining marks on a cell. Clean is an incomplete type of its own, so that the
 * compiler refuses a plain string. Widths are those of wcwidth() in the locale
 * that main set (ncurses counts with it too). Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Clean Clean;	/* really a NUL-terminated UTF-8 string */

typedef enum {
	CLEAN_LINE = 0,		/* one line: tab and newline become a space */
	CLEAN_TEXT = 1 << 0,	/* keeps newlines; a tab becomes spaces to the next multiple of 8 */
	CLEAN_SHOW = 1 << 1,	/* shows what is taken out as <U+202E> (file names, addresses, URLs) */
} CleanFlags;

/* Cleans any bytes (len -1: up to the NUL). Invalid UTF-8 becomes U+FFFD. ZWJ and variation selectors are
 * dropped (terminals disagree about the width of joined emoji), regional indicators become letters.
 * Never fails; the result is cut at LIMIT_DISPLAY_STRING for CLEAN_LINE. Yours to free with clean_free. */
Clean *clean_new(const char *bytes, gssize len, CleanFlags flags);
Clean *clean_dup(const Clean *c);
Clean *clean_join(const Clean *a, const char *ours, const Clean *b);	/* ours: a text of the program between them */
Clean *clean_printf(const char *format, ...) G_GNUC_PRINTF(1, 2);	/* formats, then cleans the whole as CLEAN_LINE */
void clean_free(Clean *c);
const char *clean_peek(const Clean *c);	/* as plain UTF-8, borrowed */
const Clean *clean_ours(const char *text);	/* a text of the program itself, such as _("...") ; no copy, no check */

/* Columns of a character (0 for combining), of a string (len -1: all). */
int utf8_char_columns(gunichar c);
int utf8_columns(const char *text, gssize len);

/* The longest prefix of at most `columns` columns that ends on a cell's end: its bytes; *used gets its columns.
 * Combining marks stay with their base. */
gsize utf8_cut(const char *text, gssize len, int columns, int *used);

/* One step of wrapping: bytes of the next line of text[0..len), at most `columns` wide, broken at a space where
 * possible, else inside the word at a cell; *next gets the offset where the following line begins (spaces at the
 * break skipped, a newline consumed). CJK may break between characters. Never returns 0 for *next unless len is 0. */
gsize utf8_wrap(const char *text, gsize len, int columns, gsize *next);

/* Case-folded and normalised for comparing and searching. Yours. */
char *utf8_fold(const char *text, gssize len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Clean, clean_free)
