/* utf7.h - mailbox names: modified UTF-7 (RFC 3501, 5.1.3) and back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

char *imap_utf7_encode(const char *utf8);	/* yours; NULL: not UTF-8 */
/* Yours. Names that are no valid UTF-7 (raw UTF-8 from a sloppy server, bad base64) come back as they are, invalid bytes as U+FFFD. */
char *imap_utf7_decode(const char *name);
