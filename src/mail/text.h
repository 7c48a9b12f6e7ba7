/* text.h - plain text of a mail to blocks: quotes, format=flowed, signature, addresses of the web.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Takes UTF-8. Knows nothing of MIME. */
#pragma once

#include "mail/build.h"

typedef enum {
	TEXT_FIXED,
	TEXT_FLOWED,
	TEXT_FLOWED_DELSP,
	TEXT_VERBATIM,	/* patches, tables: each line kept */
} TextForm;

void text_show(Builder *b, const char *text, TextForm form);
/* text/enriched and text/richtext (RFC 1896) without their commands. Yours. */
char *text_from_enriched(const char *text);
