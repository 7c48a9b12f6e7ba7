/* error.c - the one error domain.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/error.h"

G_DEFINE_QUARK(eilpost-error, error_domain)

bool
error_is(const GError *err, EilError code)
{
	return g_error_matches(err, EIL_ERROR, (gint)code);
}
