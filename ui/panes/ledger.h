/* ledger.h - the pane of what lies on the POP3 servers, with the dry run before anything is removed
 * there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/over.h"
#include "ui/view/poplist.h"

void ledger_open(struct App *a, guint account);	/* or goes there, if it is open */
/* The list, if the pane has the keys; borrowed. */
const PopList *ledger_list(struct App *a);
void ledger_stale(struct App *a);
