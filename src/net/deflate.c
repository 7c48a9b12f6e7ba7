/* deflate.c - COMPRESS=DEFLATE over another layer (RFC 4978).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "net/deflate.h"
#include "base/intl.h"
#include "base/limits.h"

#include <string.h>
#include <zlib.h>

#define STEP (16 * KIB)

typedef struct {
	Filter filter;
	z_stream in, out;
	guint8 packed[STEP];	/* read from below, not yet expanded */
	GBytes *first;		/* shared: read before we were there; NULL: nothing */
	bool more;		/* the last step filled its buffer: more may come without new input */
	bool first_taken;
	GByteArray *waiting;	/* owned: compressed, not yet taken below */
} Deflate;

static gssize
deflate_read(Filter *f, void *buffer, gsize size, GError **err)
{
	Deflate *d = (Deflate *)f;

	for (;;) {
		if (d->in.avail_in == 0 && !d->more && d->first && !d->first_taken) {
			gsize n;
			d->in.next_in = (Bytef *)(guintptr)g_bytes_get_data(d->first, &n);
			d->in.avail_in = (uInt)n;
			d->first_taken = true;
		} else if (d->in.avail_in == 0 && !d->more) {
			gssize n = f->below->read(f->below, d->packed, STEP, err);
			if (n <= 0)
				return n;
			d->in.next_in = d->packed;
			d->in.avail_in = (uInt)n;
		}
		d->in.next_out = buffer;
		d->in.avail_out = (uInt)MIN(size, 64 * KIB);
		uInt room = d->in.avail_out;
		int result = inflate(&d->in, Z_SYNC_FLUSH);
		d->more = d->in.avail_out == 0;
		if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
			g_set_error(err, EIL_ERROR, EIL_BROKEN, _("The server sent compressed data that can't be read."));
			return FILTER_ERROR;
		}
		if (room > d->in.avail_out)
			return (gssize)(room - d->in.avail_out);
		if (result == Z_STREAM_END)
			return FILTER_EOF;
		d->more = false;
	}
}

static bool
drain(Deflate *d, GError **err, gssize *result)
{
	while (d->waiting->len) {
		gssize n = d->filter.below->write(d->filter.below, d->waiting->data, d->waiting->len, err);
		if (n <= 0) {
			*result = n;
			return false;
		}
		g_byte_array_remove_range(d->waiting, 0, (guint)n);
	}
	/* what the layer below holds is asked for at the top only */
	if (filter_unflushed(d->filter.below))
		*result = d->filter.below->write(d->filter.below, "", 0, err);
	return *result != FILTER_ERROR;
}

static gssize
deflate_write(Filter *f, const void *data, gsize len, GError **err)
{
	Deflate *d = (Deflate *)f;
	gssize result = 0;

	if (!drain(d, err, &result))
		return result;
	len = MIN(len, 256 * KIB);
	d->out.next_in = (Bytef *)data;
	d->out.avail_in = (uInt)len;
	do {
		guint8 packed[STEP];
		d->out.next_out = packed;
		d->out.avail_out = STEP;
		deflate(&d->out, Z_SYNC_FLUSH);
		g_byte_array_append(d->waiting, packed, (guint)(STEP - d->out.avail_out));
	} while (d->out.avail_out == 0);
	if (!drain(d, err, &result) && result == FILTER_ERROR)
		return result;
	return (gssize)len;
}

static bool
deflate_pending(Filter *f)
{
	Deflate *d = (Deflate *)f;
	return d->in.avail_in > 0 || d->more || (d->first && !d->first_taken);
}

static bool
deflate_unflushed(Filter *f)
{
	return ((Deflate *)f)->waiting->len > 0;
}

static void
deflate_free(Filter *f)
{
	Deflate *d = (Deflate *)f;
	inflateEnd(&d->in);
	deflateEnd(&d->out);
	g_byte_array_unref(d->waiting);
	if (d->first)
		g_bytes_unref(d->first);
	g_free(d);
}

Filter *
deflate_open(Filter *below, GBytes *first)
{
	Deflate *d = g_new0(Deflate, 1);
	d->filter = (Filter){
		.below = below, .read = deflate_read, .write = deflate_write,
		.pending = deflate_pending, .unflushed = deflate_unflushed, .free = deflate_free,
	};
	d->waiting = g_byte_array_new();
	if (first && g_bytes_get_size(first))
		d->first = g_bytes_ref(first);
	/* -15: raw; can only fail without memory, where GLib has ended us already */
	g_assert(inflateInit2(&d->in, -15) == Z_OK);
	g_assert(deflateInit2(&d->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	return &d->filter;
}
