/* autoconfig.h - reads the XML in which a domain describes its mail servers (Mozilla's config-v1.1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Knows no network. Servers without TLS are passed over: a stranger's file can't talk us into sending a password in the clear. */
#pragma once

#include "setup/found.h"

enum { AUTOCONFIG_MAX = 256 * 1024 };

/* NULL: err (EIL_BROKEN) says what is wrong with it, or that it names no server that eilpost can use. */
Found *autoconfig_read(const char *xml, gsize len, const char *address, GError **err);
