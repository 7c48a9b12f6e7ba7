/* html.h - HTML of a mail to blocks; loads nothing, runs nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Takes UTF-8. Bounded in input, nodes, depth and output (RELIABILITY M16). */
#pragma once

#include "mail/build.h"

void html_show(Builder *b, const char *html, gsize len);
