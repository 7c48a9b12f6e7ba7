/* intl.h - marks what a person sees for translation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * N_ marks a text in a table; it is translated where it is shown, by _(). */
#pragma once

#include <libintl.h>

/* LC_CTYPE and LC_MESSAGES. ssh brings names along that are not installed here ("LC_CTYPE=UTF-8" of a Mac): the terminal shows UTF-8
 * all the same, and the language is known as far as our own texts go. Before any thread: it may set LANGUAGE. */
void intl_letters(void);
/* Once, after setlocale. */
void intl_start(void);
/* What was typed on the command line, as UTF-8: bytes that are none are taken as the locale's. Yours. */
char *intl_text(const char *raw);

#define _(text) gettext(text)
#define N_(text) (text)
#define C_(context, text) g_dpgettext2(NULL, (context), (text))
