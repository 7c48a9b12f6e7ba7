/* stored.c - a message of the store on its way to the worker.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/stored.h"
#include "base/limits.h"
#include "store/bodies.h"
#include "store/parts.h"

static guint
render_parts(Render *r, Db *db, gint64 message, RenderMessage *m, RenderDone done, void *user)
{
	g_autoptr(GBytes) list = bodies_get(db, message, PARTS_SECTION, NULL);
	g_autoptr(GArray) parts = list ? parts_read(list) : parts_new();
	g_autofree RenderPart *given = g_new0(RenderPart, parts->len + 1);

	for (guint i = 0; i < parts->len; i++) {
		const PartInfo *p = &g_array_index(parts, PartInfo, i);
		given[i] = (RenderPart){ .section = p->section, .mime = p->mime, .size = p->size, .depth = p->depth,
			.body = *p->section ? bodies_get(db, message, p->section, NULL) : NULL };
	}
	m->parts = given;
	m->n_parts = parts->len;
	guint job = render_message(r, m, done, user);
	for (guint i = 0; i < parts->len; i++)
		g_clear_pointer(&given[i].body, g_bytes_unref);
	m->parts = NULL;
	m->n_parts = 0;
	return job;
}

guint
stored_render(Render *r, Db *db, gint64 message, RenderMessage *m, bool *header_cut, RenderDone done, void *user, GError **err)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GBytes) raw = bodies_get(db, message, "", &why), header = raw || why ? NULL : bodies_get(db, message, "HEADER", &why);
	guint job = 0;

	*header_cut = header && g_bytes_get_size(header) >= LIMIT_IMAP_INLINE - 1;	/* no more of it is fetched */
	m->raw = raw;
	m->header = header;
	if (raw)
		job = render_message(r, m, done, user);
	else if (header)
		job = render_parts(r, db, message, m, done, user);
	else if (why)
		g_propagate_error(err, g_steal_pointer(&why));
	m->raw = m->header = NULL;
	return job;
}
