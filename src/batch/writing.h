/* writing.h - a mail that the command line begins: addresses, mailto: links, -s -c -b -a -i.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "mail/draft.h"

/* owned; NULL: not given */
typedef struct { char *subject, *body_file, *template_file, **cc, **bcc, **attach; } Writing;

void writing_clear(Writing *w);
/* rest: what stands behind the options: with -a first more files up to "--" (mutt's way), then
 * addresses or links. NULL without err: no mail
 * is asked for; with err: a file can't be read, or an argument is neither address nor link. */
Draft *writing_draft(const Writing *w, char **rest /* may be NULL */, GError **err);
