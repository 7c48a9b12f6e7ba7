/* save.c - a part goes to a file of the person's: piece by piece, decoded on the way, never as a whole in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The engine does it because it has the time: the screen does not wait for the disk. The file appears whole or not at all. What is
 * not here yet is fetched first. */
#include "config.h"
#include "sync/engine_private.h"
#include "render/unpack.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	gint64 message;
	char *section, *path;	/* owned */
	char *temp;		/* owned: the file's name until it is whole */
	BodyReader *reader;	/* owned; NULL: it has not begun */
	Unpack unpack;
	int fd;
} Save;

static void
save_free(gpointer p)
{
	Save *s = p;
	if (s->fd >= 0)
		close(s->fd);
	if (s->temp)
		g_unlink(s->temp);
	bodies_reader_free(s->reader);
	g_free(s->temp);
	g_free(s->path);
	g_free(s->section);
	g_free(s);
}

GPtrArray *
saves_new(void)
{
	return g_ptr_array_new_with_free_func(save_free);
}

/* Takes it out of the list. why NULL: it is done. */
static void
tell(Engine *e, Save *s, const char *why)
{
	Letter *l = letter_new(LETTER_SAVED);
	l->message = s->message;
	l->text = g_strdup(s->path);
	l->text2 = g_strdup(why);
	l->failed = why != NULL;
	engine_tell(e, l);
	g_ptr_array_remove(e->saves, s);
}

/* why NULL: the person stopped it, and knows. */
void
save_failed(Engine *e, gint64 message, const char *section, const char *why)
{
	for (guint i = e->saves->len; i-- > 0;) {
		Save *s = g_ptr_array_index(e->saves, i);
		if (s->message != message || strcmp(s->section, section) || s->reader)
			continue;
		if (why)
			tell(e, s, why);
		else
			g_ptr_array_remove_index(e->saves, i);
	}
}

/* ---- writing ---- */

static char *
mime_of(Engine *e, const Save *s)
{
	g_autoptr(GBytes) list = bodies_get(e->db, s->message, PARTS_SECTION, NULL);
	g_autoptr(GArray) parts = list ? parts_read(list) : parts_new();
	for (guint i = 0; i < parts->len; i++)
		if (!strcmp(g_array_index(parts, PartInfo, i).section, s->section))
			return g_strdup(g_array_index(parts, PartInfo, i).mime);
	return NULL;
}

/* An encoding of former times: the worker knows it, at the price of memory. */
static GBytes *
by_worker(Engine *e, const Save *s, const char *mime, GError **err)
{
	g_autoptr(GBytes) data = bodies_get(e->db, s->message, s->section, err);
	return data ? render_decode_part(e->render, data, s->section, mime, err) : NULL;
}

static bool
begin(Engine *e, Save *s, GError **err)
{
	g_autofree char *mime = mime_of(e, s), *temp = g_strdup_printf("%s.eilpost-XXXXXX", s->path);

	s->fd = g_mkstemp_full(temp, O_WRONLY | O_CLOEXEC, 0666);
	if (s->fd < 0) {
		g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, g_strerror(errno));
		return false;
	}
	s->temp = g_steal_pointer(&temp);
	unpack_begin(&s->unpack, unpack_kind(mime));
	if (s->unpack.kind != UNPACK_UNKNOWN)
		return true;
	g_autoptr(GBytes) data = by_worker(e, s, mime, err);
	if (!data)
		return false;
	if (write_whole(s->fd, g_bytes_get_data(data, NULL), g_bytes_get_size(data)))
		return true;
	g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, g_strerror(errno));
	return false;
}

static bool
end(Save *s, GError **err)
{
	bool ok = (fsync(s->fd) == 0 || errno == EINVAL) && close(s->fd) == 0;

	s->fd = -1;
	ok = ok && g_rename(s->temp, s->path) == 0;
	if (!ok) {
		g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, g_strerror(errno));
		return false;
	}
	g_clear_pointer(&s->temp, g_free);
	return true;
}

/* One piece of the store. *done: it was the last. */
static bool
step(Save *s, bool *done, GError **err)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	const guint8 *data;
	gsize len;

	if (!bodies_read_piece(s->reader, &data, &len, err))
		return false;
	*done = len == 0;
	if (s->unpack.kind != UNPACK_UNKNOWN) {
		unpack_put(&s->unpack, data, len, out);
		if (*done)
			unpack_end(&s->unpack, out);
	}
	if (!write_whole(s->fd, out->data, out->len)) {
		g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, g_strerror(errno));
		return false;
	}
	return !*done || end(s, err);
}

/* ---- the queue ---- */

static Save *
ready(const Engine *e)
{
	for (guint i = 0; i < e->saves->len; i++) {
		Save *s = g_ptr_array_index(e->saves, i);
		if (s->reader)
			return s;
	}
	return NULL;
}

bool
save_waits(const Engine *e)
{
	return ready(e) != NULL;
}

/* A piece in a turn, so that wishes and the wire are served in between. */
void
save_step(Engine *e)
{
	g_autoptr(GError) err = NULL;
	Save *s = ready(e);
	bool done = false;

	if (!s)
		return;
	if ((!s->temp && !begin(e, s, &err)) || !step(s, &done, &err)) {
		g_autofree char *why = g_strdup(err->message);
		tell(e, s, why);
	} else if (done) {
		tell(e, s, NULL);
	}
}

/* It is here: what waits for it begins. */
void
save_came(Engine *e, gint64 message, const char *section)
{
	for (guint i = e->saves->len; i-- > 0;) {
		Save *s = g_ptr_array_index(e->saves, i);
		if (s->message != message || strcmp(s->section, section) || s->reader)
			continue;
		s->reader = bodies_read(e->db, message, section, NULL);
		if (!s->reader)
			tell(e, s, _("its bytes did not come"));
	}
}

void
save_request(Engine *e, const Request *r)
{
	Save *s = g_new0(Save, 1);

	s->message = r->message;
	s->section = g_strdup(r->text);
	s->path = g_strdup(r->text2);
	s->fd = -1;
	g_ptr_array_add(e->saves, s);
	s->reader = bodies_read(e->db, s->message, s->section, NULL);
	if (!s->reader)
		fetch_want(e, s->message, s->section);
}
