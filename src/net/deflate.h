/* deflate.h - COMPRESS=DEFLATE over another layer (RFC 4978).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Raw deflate in both directions, flushed after each write. What is read is expanded in steps of the caller's buffer, so
 * that a bomb fills nothing. */
#pragma once

#include "net/filter.h"

/* Takes below; never fails. first: compressed bytes that were read already; NULL: none. */
Filter *deflate_open(Filter *below, GBytes *first);
