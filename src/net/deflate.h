/* deflate.h - COMPRESS=DEFLATE over another layer (RFC 4978).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Raw deflate in both directions, flushed after each write. What is read is expanded in steps of the caller's buffer, so
 * that a bomb fills nothing. */
#pragma once

#include "net/filter.h"

Filter *deflate_open(Filter *below);	/* takes below; never fails */
