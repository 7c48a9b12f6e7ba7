/* room.h - a disk that is nearly full when the test says so; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The store asks statvfs alone, and the program's own goes before that of the C library. */
#pragma once

#include <glib.h>
#include <sys/statvfs.h>

static gint no_room;	/* atomic: engines ask in their threads */

int
statvfs(const char *path, struct statvfs *fs)
{
	(void)path;
	*fs = (struct statvfs){ .f_frsize = 4096, .f_bavail = g_atomic_int_get(&no_room) ? 1000 : 1000000 };
	return 0;
}
