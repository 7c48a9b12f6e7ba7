/* pager.h - the open message.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/view/readview.h"

void pager_draw(Canvas *c, Rect r, ReadView *view /* NULL: not here yet */, const Clean *waiting,
	const Clean *preview /* below it; NULL: none */, bool focused);
