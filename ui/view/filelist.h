/* filelist.h - what a folder of this computer shows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { FILES_MAX = 50000 };

/* name owned, as on the disk */
typedef struct { char *name; guint64 size; gint64 changed; bool folder, marked; } FileEntry;

/* Names that hold the filter (NULL or "": all), folders first; what can't be looked at is left
 * out. *problem: the folder can't be read (yours). Of
 * FileEntry; yours. */
GArray *files_list(const char *folder, const char *filter, bool hidden, char **problem);
