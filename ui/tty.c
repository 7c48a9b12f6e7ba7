/* tty.c - the descriptors of a terminal, past ncurses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/tty.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

int
tty_waiting(int fd)
{
	int waiting = 0;
	return ioctl(fd, FIONREAD, &waiting) < 0 ? -1 : waiting;
}

bool
tty_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, 0) <= 0)
		return false;
	if (p.revents & (POLLERR | POLLHUP | POLLNVAL))
		return true;
	/* readable, but nothing there: the end */
	return tty_waiting(fd) <= 0;
}

bool
tty_in_tmux(void)
{
	const char *tmux = g_getenv("TMUX");
	return tmux && *tmux;
}
