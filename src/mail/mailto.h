/* mailto.h - a mailto: link, and addresses of the command line, as a draft (RFC 6068).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "mail/draft.h"

/* Adds what the link says to a draft. Only to, cc, bcc, subject, body and in-reply-to are
 * taken: a link may attach nothing and set no other field.
 * False: it is none (problem: a translated sentence, yours). */
bool mailto_add(Draft *d, const char *uri, char **problem);
/* behind those that are there */
void mailto_add_address(Draft *d, DraftField field, const char *addresses);
