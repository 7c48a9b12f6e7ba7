/* chan.h - a queue of letters between two threads, with a descriptor to wait on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Any thread may send, one thread takes. A letter is allocated by the sender and
 * freed by the receiver; it holds no pointer to anything living. */
#pragma once

#include <glib.h>

typedef struct Chan Chan;

Chan *chan_new(GDestroyNotify free_letter);
void chan_free(Chan *c);	/* frees the letters that nobody took */

void chan_send(Chan *c, gpointer letter);	/* takes the letter */
gpointer chan_take(Chan *c);	/* the oldest letter, yours; NULL: none waits */
int chan_fd(const Chan *c);	/* readable while letters wait */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Chan, chan_free)
