/* index.h - the list of messages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/rows.h"
#include "ui/view/listview.h"

/* empty: what to say when there are no rows; borrowed. */
void index_draw(Canvas *c, Rect head, Rect r, ListView *list, const RowContext *rc, bool focused, const Clean *empty);
