/* whole.h - all of it into a descriptor, however often the kernel takes only a piece.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

bool write_whole(int fd, const void *data, gsize len);	/* false: errno says why; a part may have been written */
