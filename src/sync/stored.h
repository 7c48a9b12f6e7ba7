/* stored.h - a message of the store on its way to the worker: for the screen and for `eilpost show`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Of the thread that has the Render; db may be a reader. */
#pragma once

#include "render/client.h"
#include "store/db.h"

/* The whole message, else its header and the parts that are here. m: the columns and the wish are the caller's, the rest is filled
 * in for the call. *header_cut: of the header only the beginning was ever fetched. The job, as of render_message; 0: its text is
 * not here, or err (which may be NULL). */
guint stored_render(Render *r, Db *db, gint64 message, RenderMessage *m, bool *header_cut, RenderDone done, void *user, GError **err);
