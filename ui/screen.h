/* screen.h - the one sink for the terminal and the one source of keys; the only file that knows
 * curses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * setlocale is assumed to be done. One Screen in a process. The terminal is whole again after
 * screen_stop, and after a fatal signal. UI thread only. */
#pragma once

#include "ui/keys.h"
#include "ui/sequence.h"
#include "ui/theme.h"

typedef struct Screen Screen;

/* Alternate screen, raw keys, bracketed paste; handlers for SIGWINCH, SIGTSTP, SIGTERM, SIGHUP,
 * SIGINT and the fatal ones. The descriptors are 0 and 1 for the program. NULL: no terminal, or
 * one that is not known. */
Screen *screen_start(int in, int out, GError **err);
void screen_stop(Screen *s);	/* leaves the terminal as it was; NULL is fine */

int screen_colors(const Screen *s);	/* of the terminal; for theme_choose_depth */
/* borrowed; the next blit draws everything */
void screen_set_theme(Screen *s, const Theme *theme);
void screen_size(const Screen *s, int *rows, int *cols);

/* Brings the canvas onto the terminal: only the cells that differ from the last one; cursor last. */
void screen_blit(Screen *s, Canvas *canvas);
/* the next blit draws everything: the terminal may show rubbish (C-l) */
void screen_redraw(Screen *s);
void screen_bell(Screen *s);
/* Asks the terminal to show a notice to the person, wherever they look. */
void screen_notice(Screen *s, NoticeHow how, const Clean *title, const Clean *body);
/* Puts it into the clipboard, where the terminal allows it (OSC 52), through SSH too. Graphic ASCII only: anything else is left out. */
void screen_copy(Screen *s, const char *text);
/* the window's, where the terminal has one; restored at the end */
void screen_title(Screen *s, const Clean *title);

/* The next key, K_NONE when there is none now; never waits (but ESCDELAY behind an ESC). K_PASTE:
 * *paste is yours (maybe a password: free it with secret_wipe_string), UTF-8 without control
 * characters but newline and tab, not Clean. K_CLOSED: the terminal is gone, leave. After
 * K_RESIZE screen_size is new. */
Key screen_key(Screen *s, char **paste);

/* Calls `ready` from the main loop whenever screen_key may have something; drain it until K_NONE.
 * Removed by screen_stop. */
void screen_watch(Screen *s, GMainContext *context, void (*ready)(void *user), void *user);

/* Gives the terminal back and stops the process group (C-z, K_SUSPEND); returns after SIGCONT
 * with the screen taken again. */
void screen_suspend(Screen *s);
/* Gives the terminal to another program and takes it back. */
void screen_pause(Screen *s);
void screen_resume(Screen *s);
