/* waitlist_private.h - between the list and its words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/messages.h"
#include "ui/view/waitlist.h"

char *wait_wish_words(const Wish *w, gint64 now, GTimeZone *zone); /* yours, as all but the next */
char *wait_account_words(const WaitAccount *acc, gint64 now, GTimeZone *zone);
char *wait_account_schedule(const WaitAccount *acc, gint64 now, GTimeZone *zone);
