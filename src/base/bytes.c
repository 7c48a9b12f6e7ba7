/* bytes.c - a byte queue with a hard limit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/bytes.h"

#include <stdarg.h>
#include <string.h>

void
bytes_init(Bytes *b, gsize limit)
{
	memset(b, 0, sizeof *b);
	b->limit = limit;
}

void
bytes_clear(Bytes *b)
{
	g_clear_pointer(&b->data, g_free);
	b->start = b->len = b->room = 0;
}

void
bytes_wipe(Bytes *b)
{
	if (b->data)
		explicit_bzero(b->data, b->room);
	bytes_clear(b);
}

/* A queue that held a secret is grown by copy and wipe, never by realloc. */
static void
make_room(Bytes *b, gsize more)
{
	if (b->start + b->len + more <= b->room)
		return;
	if (b->len + more <= b->room && b->start >= b->room / 2) {
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
		return;
	}
	gsize room = MAX(b->room * 2, b->len + more);
	guint8 *data = g_malloc(room);
	if (b->len)
		memcpy(data, b->data + b->start, b->len);
	gsize limit = b->limit, len = b->len;
	bytes_wipe(b);
	*b = (Bytes){ .data = data, .len = len, .room = room, .limit = limit };
}

bool
bytes_append(Bytes *b, const void *data, gsize len)
{
	if (len > b->limit - MIN(b->len, b->limit))
		return false;
	if (len == 0)
		return true;
	make_room(b, len);
	memcpy(b->data + b->start + b->len, data, len);
	b->len += len;
	return true;
}

bool
bytes_append_text(Bytes *b, const char *text)
{
	return bytes_append(b, text, strlen(text));
}

bool
bytes_printf(Bytes *b, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	return bytes_append_text(b, text);
}

const guint8 *
bytes_peek(const Bytes *b, gsize *len)
{
	*len = b->len;
	return b->data ? b->data + b->start : NULL;
}

void
bytes_consume(Bytes *b, gsize n)
{
	g_assert(n <= b->len);
	b->start += n;
	b->len -= n;
	if (b->len == 0)
		b->start = 0;
}
