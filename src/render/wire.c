/* wire.c - how the main process and the worker talk: frames, and the lists inside them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Little-endian. The client believes no length before it has compared it with the limit of the question, and it asks
 * g_try_malloc: a worker that has been taken over can make its own job fail, not the mail reader. */
#include "config.h"
#include "render/wire.h"
#include "base/limits.h"

#include <string.h>

#define MAGIC 0x31524945u

static void
store(guint8 *out, guint64 n, gsize bytes)
{
	for (gsize i = 0; i < bytes; i++)
		out[i] = (guint8)(n >> (8 * i));
}

static guint64
load(const guint8 *in, gsize bytes)
{
	guint64 n = 0;
	for (gsize i = 0; i < bytes; i++)
		n |= (guint64)in[i] << (8 * i);
	return n;
}

void
wire_frame_write(const WireFrame *f, guint8 out[WIRE_FRAME_SIZE])
{
	store(out, MAGIC, 4);
	store(out + 4, f->kind, 4);
	store(out + 8, f->job, 4);
	store(out + 12, f->cpu_ms, 4);
	store(out + 16, f->length, 8);
	store(out + 24, f->meta, 8);
}

bool
wire_frame_read(WireFrame *f, const guint8 in[WIRE_FRAME_SIZE])
{
	f->kind = (guint32)load(in + 4, 4);
	f->job = (guint32)load(in + 8, 4);
	f->cpu_ms = (guint32)load(in + 12, 4);
	f->length = load(in + 16, 8);
	f->meta = load(in + 24, 8);
	return load(in, 4) == MAGIC && f->kind >= WIRE_HELLO && f->kind <= WIRE_TROUBLE;
}

void
wire_put_number(GByteArray *a, guint64 n)
{
	guint8 bytes[8];
	store(bytes, n, sizeof bytes);
	g_byte_array_append(a, bytes, sizeof bytes);
}

void
wire_put_bytes(GByteArray *a, const void *data, gsize len)
{
	wire_put_number(a, len);
	if (len)
		g_byte_array_append(a, data, (guint)len);
}

void
wire_put_text(GByteArray *a, const char *text)
{
	wire_put_bytes(a, text ? text : "", (text ? strlen(text) : 0) + 1);
}

static const guint8 *
take(WireReader *r, guint64 n)
{
	static const guint8 nothing[8];	/* as a number 0, as a text "" */

	if (r->bad || n > r->left) {
		r->bad = true;
		return nothing;
	}
	const guint8 *p = r->at;
	r->at += n;
	r->left -= n;
	return n ? p : nothing;
}

guint64
wire_number(WireReader *r)
{
	return load(take(r, 8), 8);
}

const guint8 *
wire_bytes(WireReader *r, gsize *len)
{
	guint64 n = wire_number(r);
	const guint8 *p = take(r, n);
	*len = r->bad ? 0 : n;
	return p;
}

const char *
wire_text(WireReader *r)
{
	gsize len;
	const guint8 *p = wire_bytes(r, &len);
	if (len == 0 || p[len - 1] != 0) {
		r->bad = true;
		return "";
	}
	return (const char *)p;
}

void
wire_inbox_init(WireInbox *in)
{
	memset(in, 0, sizeof *in);
	wire_inbox_expect(in, WIRE_HELLO, 0, 4);
}

void
wire_inbox_clear(WireInbox *in)
{
	g_clear_pointer(&in->data, g_free);
	in->head_len = in->got = 0;
	in->kind = 0;
}

void
wire_inbox_expect(WireInbox *in, WireKind kind, guint32 job, gsize limit)
{
	wire_inbox_clear(in);
	in->kind = kind;
	in->job = job;
	in->limit = limit;
}

guint8 *
wire_inbox_room(WireInbox *in, gsize *n)
{
	if (in->head_len < WIRE_FRAME_SIZE || !in->data) {
		in->head_len = MIN(in->head_len, WIRE_FRAME_SIZE - 1);
		*n = WIRE_FRAME_SIZE - in->head_len;
		return in->head + in->head_len;
	}
	*n = in->frame.length - in->got;
	return in->data + in->got;
}

static WireState
head_is_whole(WireInbox *in)
{
	if (!wire_frame_read(&in->frame, in->head) || in->kind == 0 || in->frame.job != in->job)
		return WIRE_BAD;
	if (in->frame.kind == WIRE_TROUBLE && in->kind != WIRE_HELLO ? in->frame.length != 1 :
		in->frame.kind != in->kind || in->frame.length > in->limit)
		return WIRE_BAD;
	in->data = g_try_malloc(in->frame.length + 1);
	if (!in->data)
		return WIRE_BAD;
	return in->frame.length == 0 ? WIRE_WHOLE : WIRE_MORE;
}

WireState
wire_inbox_added(WireInbox *in, gsize n)
{
	if (in->kind == 0)
		return WIRE_BAD;	/* it speaks without being asked */
	if (in->data) {
		in->got += n;
		return in->got == in->frame.length ? WIRE_WHOLE : WIRE_MORE;
	}
	in->head_len += n;
	return in->head_len == WIRE_FRAME_SIZE ? head_is_whole(in) : WIRE_MORE;
}

GBytes *
wire_inbox_take(WireInbox *in, WireKind *kind)
{
	*kind = in->frame.kind;
	GBytes *data = g_bytes_new_take(g_steal_pointer(&in->data), in->got);
	wire_inbox_clear(in);
	return data;
}

char *
wire_one_line(const char *bytes, gsize len)
{
	g_autofree char *text = g_utf8_make_valid(bytes ? bytes : "", (gssize)len);
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == '\r' && p[1] == '\n')
			continue;
		if (*p == '\n' && (p[1] == ' ' || p[1] == '\t'))
			continue;	/* folded: the blank after it stays (RFC 5322, 2.2.3) */
		*to++ = (guchar)*p < 0x20 || *p == 0x7f ? ' ' : *p;
	}
	*to = 0;
	return g_strstrip(g_steal_pointer(&text));
}

bool
wire_read_texts(GBytes *data, char **out, gsize n)
{
	gsize len;
	const guint8 *p = g_bytes_get_data(data, &len);
	WireReader r = { p, len, false };
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	if (wire_number(&r) != n)
		return false;
	for (gsize i = 0; i < n; i++) {
		gsize text_len;
		const guint8 *text = wire_bytes(&r, &text_len);
		if (r.bad || text_len > 4 * LIMIT_HEADER)
			return false;
		g_ptr_array_add(texts, wire_one_line((const char *)text, text_len));
	}
	if (r.left != 0)
		return false;
	for (gsize i = 0; i < n; i++)
		out[i] = g_steal_pointer(&texts->pdata[i]);
	return true;
}
