/* certificate.h - the pane of what an account's servers showed of themselves, where a key is accepted after comparing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/over.h"

void certificate_open(struct App *a, guint account);	/* the refused one first */

/* its commands; false: the pane has not the keys */
bool certificate_accept(struct App *a);	/* asks for the fingerprint, then for the days */
bool certificate_remove(struct App *a);
bool certificate_next(struct App *a);
