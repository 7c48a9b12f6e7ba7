/* history.h - the pane of what was done (U): each act with its state, to be taken back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/acts.h"
#include "ui/over.h"

void history_open(struct App *a);	/* of the account on the screen */
gint64 history_current(struct App *a, guint *account);	/* the act under the cursor, if the pane has the keys; else 0 */
