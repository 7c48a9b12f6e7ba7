/* help.h - the keys and commands of a context, out of THE table.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/canvas.h"
#include "ui/keys.h"

typedef struct HelpPane HelpPane;

HelpPane *help_new(const Keymap *keymap, Where context);
void help_free(HelpPane *h);
bool help_scroll(HelpPane *h, int lines, int height);
bool help_search(HelpPane *h, const char *text, bool backwards);
guint help_count(const HelpPane *h);
void help_draw(HelpPane *h, Canvas *c, Rect r);
