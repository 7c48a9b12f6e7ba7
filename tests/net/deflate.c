/* deflate.c - COMPRESS=DEFLATE at every chunk size, and a bomb.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "net/deflate.h"

#include <string.h>
#include <zlib.h>

/* A layer in memory that gives `chunk` bytes at a time and takes at most as many. */
typedef struct { Filter filter; GByteArray *in, *out; gsize at, chunk; } Memory;

static gssize
memory_read(Filter *f, void *buffer, gsize size, GError **err)
{
	Memory *m = (Memory *)f;
	gsize n = MIN(MIN(size, m->chunk), m->in->len - m->at);
	memcpy(buffer, m->in->data + m->at, n);
	m->at += n;
	return n ? (gssize)n : FILTER_AGAIN;
}

static gssize
memory_write(Filter *f, const void *data, gsize len, GError **err)
{
	Memory *m = (Memory *)f;
	g_byte_array_append(m->out, data, (guint)MIN(len, m->chunk));
	return (gssize)MIN(len, m->chunk);
}

static void
memory_free(Filter *f)
{
	Memory *m = (Memory *)f;
	g_byte_array_unref(m->in);
	g_byte_array_unref(m->out);
	g_free(m);
}

static Memory *
memory_new(gsize chunk)
{
	Memory *m = g_new0(Memory, 1);
	m->filter = (Filter){ .read = memory_read, .write = memory_write, .free = memory_free };
	m->in = g_byte_array_new();
	m->out = g_byte_array_new();
	m->chunk = chunk;
	return m;
}

static void
pack(GByteArray *into, const guint8 *data, gsize len)
{
	z_stream z = { 0 };
	gsize bound = len / 100 + len + 1024;
	g_autofree guint8 *room = g_malloc(bound);
	deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (guint8 *)data;
	z.avail_in = (uInt)len;
	z.next_out = room;
	z.avail_out = (uInt)bound;
	deflate(&z, Z_SYNC_FLUSH);
	g_byte_array_append(into, room, (guint)(bound - z.avail_out));
	deflateEnd(&z);
}

static void
read_all(Filter *f, GByteArray *got)
{
	guint8 buffer[1000];
	for (;;) {
		gssize n = f->read(f, buffer, sizeof buffer, NULL);
		if (n > 0)
			g_byte_array_append(got, buffer, (guint)n);
		else if (!filter_pending(f))
			return;
	}
}

static void
chunks(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < 300; i++)
		g_string_append_printf(text, "* %u FETCH (UID %u FLAGS (\\Seen))\r\n", i, i * 7);
	for (gsize chunk = 1; chunk < 1500; chunk = chunk * 3 / 2 + 1) {
		Memory *m = memory_new(chunk), *w = memory_new(chunk);
		pack(m->in, (const guint8 *)text->str, text->len);
		Filter *f = deflate_open(&m->filter, NULL), *g = deflate_open(&w->filter, NULL);
		g_autoptr(GByteArray) got = g_byte_array_new();
		while (m->at < m->in->len || filter_pending(f))
			read_all(f, got);
		g_assert_cmpmem(got->data, got->len, text->str, text->len);
		/* and back: what we write is what a server reads */
		for (gsize at = 0; at < text->len;) {
			gssize n = g->write(g, text->str + at, text->len - at, NULL);
			if (n > 0)
				at += (gsize)n;
		}
		while (filter_unflushed(g))
			g->write(g, "", 0, NULL);
		Memory *back = memory_new(1 << 20);
		g_byte_array_append(back->in, w->out->data, w->out->len);
		Filter *h = deflate_open(&back->filter, NULL);
		g_autoptr(GByteArray) again = g_byte_array_new();
		read_all(h, again);
		g_assert_cmpmem(again->data, again->len, text->str, text->len);
		filter_free(f);
		filter_free(g);
		filter_free(h);
	}
}

/* 64 MB of zeros in 64 kB: comes in steps of the reader's buffer. */
static void
bomb(void)
{
	enum { N = 64 * 1024 * 1024 };
	g_autofree guint8 *zeros = g_malloc0(N);
	Memory *m = memory_new(1 << 20);
	pack(m->in, zeros, N);
	g_assert_cmpuint(m->in->len, <, 100000);
	Filter *f = deflate_open(&m->filter, NULL);
	gsize total = 0;
	guint8 buffer[65536];
	gssize n;
	while ((n = f->read(f, buffer, sizeof buffer, NULL)) > 0 || filter_pending(f)) {
		g_assert_cmpint(n, <=, (gssize)sizeof buffer);
		total += n > 0 ? (gsize)n : 0;
	}
	g_assert_cmpuint(total, ==, N);
	filter_free(f);
}

static void
garbage(void)
{
	Memory *m = memory_new(100);
	g_autoptr(GError) err = NULL;
	guint8 buffer[100];
	g_byte_array_append(m->in, (const guint8 *)"\xff\xff\xff\xff\xff\xff", 6);
	Filter *f = deflate_open(&m->filter, NULL);
	g_assert_cmpint(f->read(f, buffer, sizeof buffer, &err), ==, FILTER_ERROR);
	g_assert_true(error_is(err, EIL_BROKEN));
	filter_free(f);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/deflate/chunks", chunks);
	g_test_add_func("/deflate/bomb", bomb);
	g_test_add_func("/deflate/garbage", garbage);
	return g_test_run();
}
