/* tty.c - the descriptors of a terminal, past ncurses, whose own output is flushed after each update.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/tty.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

void
tty_write(int fd, const char *bytes, gsize len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		bytes += n;
		len -= (gsize)n;
	}
}

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
