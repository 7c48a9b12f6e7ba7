/* settings.h - the settings screen (F2).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/over.h"

void settings_open(struct App *a);
void settings_search(struct App *a, const char *text);	/* "": the page again */
