/* signals.h - signals as letters that the main loop reads; the fatal ones put the terminal back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * For ui/screen only: a process has one terminal, so this is one for the process. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <termios.h>

enum { WOKE_RESIZE = 1, WOKE_SUSPEND = 2, WOKE_TERMINATE = 4, WOKE_CONTINUE = 8 };

bool signals_take(GError **err);	/* SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT */
void signals_give_back(void);		/* as they were before */
int signals_fd(void);			/* readable when signals_read has something */
guint signals_read(void);		/* WOKE_... since the last call */
void signals_stop_for_real(bool on);	/* SIGTSTP stops the process instead of being told */

/* From now on a fatal signal writes `leave` to out and sets its modes before it does its work. */
void signals_arm(int out, const struct termios *modes, const char *leave);
void signals_disarm(void);
