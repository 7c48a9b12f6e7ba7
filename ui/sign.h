/* sign.h - a character as this locale can show it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/canvas.h"

#include <wchar.h>

wchar_t sign_shown(const Cell *cell, bool utf8);	/* never one that a terminal would act on */
