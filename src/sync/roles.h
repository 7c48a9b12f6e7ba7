/* roles.h - what a folder is for: from SPECIAL-USE, else guessed by its name.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/folders.h"

/* attrs: ImapAttrs; name: UTF-8, whole path. */
FolderRole role_of(guint32 attrs, const char *name, char delimiter);
