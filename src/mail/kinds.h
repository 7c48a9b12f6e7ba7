/* kinds.h - what kind of file an attachment is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * By its name, and where that says nothing by its first bytes. Never asks the system's tables: what a mail says of a file must
 * not depend on the machine that it was written on. */
#pragma once

#include <glib.h>

/* head: the first bytes. Static; never NULL. */
const char *kind_guess(const char *name, const guint8 *head, gsize len);
/* Of text: "us-ascii", "utf-8" or NULL (nobody knows). */
const char *kind_charset(const guint8 *head, gsize len);
