/* tty.h - the descriptors of a terminal, past ncurses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

int tty_waiting(int fd);	/* bytes that can be read now; -1: it is no terminal any more */
bool tty_closed(int fd);	/* the other end hung up */
bool tty_in_tmux(void);
