/* extensions.h - THE table of what servers may offer and what eilpost makes of it, and of the limits that hold.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The option `disable`, its completion, eilpost(1) and the tests read it; a capability that the code asks for and that is no
 * row here fails tests/manual.py (SEED S6). The texts are for the manual page alone, which is English. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { PROTOCOL_IMAP, PROTOCOL_POP3, PROTOCOL_SMTP, N_PROTOCOLS } Protocol;

typedef struct {
	Protocol protocol;
	const char *name;	/* upper case, as it is announced: "COMPRESS=DEFLATE" */
	const char *source;	/* "RFC 4978" */
	bool used;		/* false: text says why not */
	const char *text;	/* begins in lower case, ends without a dot */
} Extension;

const Extension *extensions_table(gsize *n);
const char *protocol_name(Protocol p);	/* "imap" */

/* As the option `disable` names it, in any case: "compress" is COMPRESS=DEFLATE too. NULL: there is none. */
const Extension *extension_named(Protocol p, const char *name);

/* Limits of base/limits.h that a person may meet. */
typedef struct {
	const char *text;	/* begins in lower case */
	guint64 value;
	enum { LIMIT_IS_BYTES, LIMIT_IS_MS, LIMIT_IS_NUMBER } unit;
} LimitTold;

const LimitTold *limits_told(gsize *n);
