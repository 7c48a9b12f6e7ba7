/* report.h - a pane of plain text that is read: what the doctor finds out, and the connection log.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/over.h"

void report_doctor(struct App *a, guint account);	/* begins to look; leaving the pane stops it */
void report_log(struct App *a, guint account);
/* False: the pane has not the keys. */
bool report_scroll(struct App *a, int lines);
bool report_search(struct App *a, const char *text /* NULL: again */, bool backwards, bool *found);
bool report_again(struct App *a);
bool report_stop(struct App *a);	/* the doctor, if it is at work; false: it is not */
char *report_text(struct App *a);	/* all of it; NULL: no report has the keys; yours */
