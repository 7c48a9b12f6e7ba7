/* sum.h - the SHA-256 of what lies in the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { SUM_BYTES = 32 };

typedef struct Sum Sum;
Sum *sum_new(void);
void sum_free(Sum *s);
void sum_again(Sum *s);	/* of nothing yet, as a new one */
void sum_add(Sum *s, const void *data, gsize len);	/* not behind sum_end */
void sum_end(Sum *s, guint8 digest[SUM_BYTES]);	/* the same, as often as it is asked */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sum, sum_free)
