/* sequence.h - what is said to the terminal past curses: notices, the clipboard, the window's title.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Makes the bytes and writes none: only ui/screen.c writes to the terminal. No text that comes in can end a sequence early
 * or begin another. utf8: the terminal takes UTF-8. All results are yours. */
#pragma once

#include "base/utf8.h"

typedef enum { NOTICE_OSC9, NOTICE_OSC777 } NoticeHow;

char *sequence_notice(bool utf8, NoticeHow how, const Clean *title, const Clean *body);
/* OSC 52; graphic ASCII only: anything else is left out. */
char *sequence_copy(const char *text);
/* OSC 2; first: the title that was there is kept before (restored by CSI 23;0t). */
char *sequence_title(bool utf8, bool first, const Clean *title);
/* tmux lets it through to the terminal around it (allow-passthrough). */
char *sequence_through_tmux(const char *sequence);
