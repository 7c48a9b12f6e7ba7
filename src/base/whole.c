/* whole.c - all of it into a descriptor, however often the kernel takes only a piece.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/whole.h"

#include <errno.h>
#include <unistd.h>

bool
write_whole(int fd, const void *data, gsize len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)	/* of a file it never is; an end without a reason would be one for ever */
			errno = EIO;
		if (n <= 0)
			return false;
		at += n;
		len -= (gsize)n;
	}
	return true;
}
