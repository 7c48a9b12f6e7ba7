/* waiting.h - the pane of all that is on its way (F4): outbox, drafts, wishes, downloads, the
 * accounts' schedules.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/over.h"
#include "ui/view/waitlist.h"

void waiting_open(struct App *a, WaitSection section);	/* or goes there, if it is open */
/* The entry under the cursor, if the pane has the keys; borrowed until the next letter or second.
 */
const WaitEntry *waiting_current(struct App *a);
void waiting_stale(struct App *a);	/* something that it shows has changed */
