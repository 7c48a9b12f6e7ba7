/* parts.h - the attachments of the open message.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "mail/document.h"
#include "ui/canvas.h"

typedef struct { int selected; gint64 top; } PartsPane;

void parts_draw(PartsPane *p, Canvas *c, Rect r, const Document *d, const GPtrArray *notes /* of Clean*, one for each part; may be NULL */);
bool parts_move(PartsPane *p, const Document *d, int rows);
const DocPart *parts_current(const PartsPane *p, const Document *d);	/* NULL: there is none */
