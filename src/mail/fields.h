/* fields.h - the header fields of a message into a Document.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Says too what a careful person would see in them: several senders, a name that looks like an
 * address. */
#pragma once

#include "mail/build.h"

/* charset: the guess for bare 8-bit bytes; NULL: none. */
void fields_show(Builder *b, const char *header, gsize len, const char *charset);
/* The few fields of an embedded message, as text lines. Yours. */
char *fields_summary(const char *header, gsize len);
