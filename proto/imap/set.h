/* set.h - sets of UIDs: building, splitting, arithmetic, text (RFC 9051, sequence-set).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A set is a GArray of ImapRange, sorted, without overlaps or neighbours. */
#pragma once

#include "proto/imap/parse.h"

GArray *imap_set_new(void);
void imap_set_add(GArray *set, guint32 lo, guint32 hi);	/* keeps the order; appending at the end is cheap */
/* In any order, and cheap in any: between the first and imap_set_settle it is no set, and nothing else may be asked of it. */
void imap_set_gather(GArray *set, guint32 lo, guint32 hi);
void imap_set_settle(GArray *set);
bool imap_set_has(const GArray *set, guint32 n);
guint64 imap_set_count(const GArray *set);
void imap_set_subtract(GArray *set, const GArray *other);
/* "1:3,7,9:*". NULL on an empty set. */
char *imap_set_text(const GArray *set);
/* Text of at most max bytes of the set from range *index on; moves *index; NULL at the end. A range is never cut. */
char *imap_set_next_text(const GArray *set, guint *index, gsize max);
GArray *imap_set_parse(const char *text, gsize len);	/* NULL: not a set; 0 is refused; "9:7" is turned; limits ranges to 1,000,000 */
