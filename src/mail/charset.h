/* charset.h - bytes of any charset, rightly or wrongly labelled, to UTF-8.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Labels in mail are wrong often enough that the bytes have a say: see charset.c. Knows nothing of
 * MIME. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
	CHARSET_FINE,
	CHARSET_WRONG,		/* the label does not fit the bytes */
	CHARSET_UNKNOWN,	/* no such charset here: guessed */
} CharsetVerdict;

/* Loads the converters and keeps them open: later calls open no file. */
void charset_init(void);

/* Any bytes to valid UTF-8 without NUL; label may be NULL (missing). Stops when the output has
 * reached max bytes. verdict may be NULL. Yours. */
char *charset_to_utf8(const char *bytes, gsize len, const char *label, gsize max,
	CharsetVerdict *verdict);

/* True if the label names something that we can convert. */
bool charset_known(const char *label);
