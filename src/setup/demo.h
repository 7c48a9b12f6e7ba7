/* demo.h - a profile to look around in: sample mails in local folders, no network, gone with the program.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

/* A folder of its own for places_new: configuration and filled store. The folder (yours); NULL: err. */
char *demo_make(GError **err);
void demo_remove(const char *folder);	/* with all that was done in it */
