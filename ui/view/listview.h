/* listview.h - the visible page of a folder, out of the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Rows are not objects: only the page on the screen is in memory, named by the key of its first row, so a folder of a
 * million costs what one of a hundred does. The cursor stays on its message whatever comes or goes. Newest first. Reads
 * only; UI thread. With a limit a page may need many rows to be looked at: that is done in slices (listview_work). */
#pragma once

#include "store/messages.h"

typedef struct ListView ListView;

ListView *listview_new(Db *db /* borrowed */, gint64 folder);
void listview_free(ListView *v);
gint64 listview_folder(const ListView *v);

void listview_set_height(ListView *v, int rows);
bool listview_set_limit(ListView *v, const char *pattern /* NULL or "": none */, GError **err);
const char *listview_limit(const ListView *v);	/* NULL: none */
void listview_reload(ListView *v);	/* the store changed */

bool listview_busy(const ListView *v);
bool listview_work(ListView *v);	/* one slice of some milliseconds; true: more to do */

guint64 listview_generation(const ListView *v);	/* another one, of all lists, whenever a row of the page may be another */
guint listview_count(const ListView *v);	/* rows on the page */
const MessageRow *listview_row(const ListView *v, guint i);	/* borrowed until the next call that moves or loads */
int listview_selected(const ListView *v);	/* -1: the list is empty */
const MessageRow *listview_current(const ListView *v);	/* NULL: the list is empty */

bool listview_move(ListView *v, int rows);	/* false: it stands at the end */
bool listview_page(ListView *v, int halves);	/* +2: a page down, -1: half a page up */
void listview_first(ListView *v);
void listview_last(ListView *v);
bool listview_jump(ListView *v, guint number);	/* 1: the first */
void listview_select(ListView *v, guint row);	/* of the page */

/* Looks for the next row that fits, from the cursor on and round the end; pattern as for a limit, within it. */
typedef enum { FIND_NONE, FIND_RUNNING, FIND_FOUND, FIND_WRAPPED /* found beyond the end */, FIND_NOTHING } FindState;
bool listview_find(ListView *v, const char *pattern, bool backwards, GError **err);
FindState listview_find_work(ListView *v);	/* one slice; FOUND and WRAPPED have moved the cursor */
void listview_find_stop(ListView *v);

/* The n messages behind the cursor (and it), for fetching ahead; of gint64; yours. */
GArray *listview_near(ListView *v, guint n);
