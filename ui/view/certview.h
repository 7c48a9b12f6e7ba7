/* certview.h - what a server showed of itself, as lines: what is wrong, the clock, keys to compare, the chain.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Fingerprints stand in groups of four digits, so that two people can read them to each other; of a key that changed the old
 * and the new one stand beside each other, at any width. */
#pragma once

#include "base/peer.h"
#include "ui/canvas.h"

typedef struct { CellStyle style; Clean *text; } CertLine;	/* text owned; NULL: empty */

/* accepted: the account's pin for that server, or NULL. advice: what can be done, a sentence of ours, or NULL. Of CertLine; yours. */
GArray *certview_lines(const Peer *p, const Pin *accepted, const char *advice, int columns);
void certview_draw(const GArray *lines, guint top, Canvas *c, Rect r);
/* Whether what was typed is the beginning, of 8 digits at least, of a fingerprint: of the certificate or of its key. Spaces
 * and colons between the digits don't count. */
bool certview_typed_fits(const Peer *p, const char *typed);
