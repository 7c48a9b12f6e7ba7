/* worker.c - the program eilpost-render: reads mail for eilpost, locked in.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Started by src/render/process.c with a socket on descriptor 0 and the parent's pid and the room of its memory as
 * arguments. It loads what it will ever need, seals itself, says which protections hold, and then answers one
 * question after the other until the socket closes. It may be killed at any point; it keeps nothing. */
#include "config.h"
#include "mail/message.h"
#include "render/compose.h"
#include "render/composer.h"
#include "render/sandbox.h"
#include "render/wire.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/whole.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define SOCKET 0

/* What the question came with, mapped. */
typedef struct { WireFrame frame; const guint8 *data; } Question;	/* data owned */

static bool
answer(WireKind kind, guint32 job, const void *data, gsize len)
{
	WireFrame frame = { .kind = kind, .job = job, .length = len };
	guint8 head[WIRE_FRAME_SIZE];
	wire_frame_write(&frame, head);
	return write_whole(SOCKET, head, sizeof head) && write_whole(SOCKET, data, len);
}

static bool
trouble(const Question *q, WireTrouble code)
{
	guint8 byte = (guint8)code;
	return answer(WIRE_TROUBLE, q->frame.job, &byte, 1);
}

/* The frame and the descriptor beside it; -1: the socket is closed. */
static int
receive(guint8 head[WIRE_FRAME_SIZE])
{
	union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	gsize got = 0;
	int fd = -1;

	while (got < WIRE_FRAME_SIZE) {
		struct iovec part = { head + got, WIRE_FRAME_SIZE - got };
		struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
			.msg_controllen = sizeof control.room };
		ssize_t n = recvmsg(SOCKET, &m, MSG_CMSG_CLOEXEC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		got += (gsize)n;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof fd);
	}
	return fd;
}

static GBytes *
view(const Question *q, WireReader *r)
{
	guint64 at = wire_number(r), len = wire_number(r);
	if (at > q->frame.meta || len > q->frame.meta - at) {
		r->bad = true;
		at = len = 0;
	}
	return g_bytes_new_static(q->data + at, len);
}

static bool
read_parts(const Question *q, WireReader *r, GArray *parts)
{
	guint64 n = wire_number(r);

	for (guint64 i = 0; i < n && !r->bad; i++) {
		MessagePart part = { .section = wire_text(r), .mime = wire_text(r) };
		bool here = wire_number(r) != 0;
		g_autoptr(GBytes) body = view(q, r);
		part.body = here ? g_steal_pointer(&body) : NULL;
		part.size = wire_number(r);
		part.depth = (guint8)wire_number(r);
		g_array_append_val(parts, part);
	}
	return !r->bad;
}

static void
part_clear(gpointer p)
{
	g_clear_pointer(&((MessagePart *)p)->body, g_bytes_unref);
}

static bool
do_message(const Question *q, WireReader *r)
{
	guint64 what = wire_number(r);
	g_autoptr(GBytes) whole = view(q, r);
	g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(MessagePart));
	MessageInput in = { .raw = what == 1 ? whole : NULL, .header = what == 2 ? whole : NULL };

	g_array_set_clear_func(parts, part_clear);
	in.columns = (guint16)wire_number(r);
	in.prefer_html = wire_number(r) != 0;
	if (!read_parts(q, r, parts))
		return trouble(q, WIRE_NOT_UNDERSTOOD);
	in.parts = (const MessagePart *)(const void *)parts->data;
	in.n_parts = parts->len;
	g_autoptr(Document) d = message_render(&in);
	g_autoptr(GBytes) out = document_write(d);
	if (g_bytes_get_size(out) > LIMIT_WORKER_OUTPUT)
		return trouble(q, WIRE_TOO_LARGE);
	return answer(WIRE_MESSAGE, q->frame.job, g_bytes_get_data(out, NULL), g_bytes_get_size(out));
}

static bool
do_headers(const Question *q, WireReader *r)
{
	guint64 n = wire_number(r);
	g_autoptr(GByteArray) out = g_byte_array_new();

	wire_put_number(out, n);
	for (guint64 i = 0; i < n && !r->bad && out->len < LIMIT_WORKER_OUTPUT; i++) {
		gsize len;
		const guint8 *raw = wire_bytes(r, &len);
		g_autofree char *text = message_decode_header((const char *)raw, len);
		wire_put_bytes(out, text, strlen(text));
	}
	if (r->bad)
		return trouble(q, WIRE_NOT_UNDERSTOOD);
	if (out->len > LIMIT_WORKER_OUTPUT)
		return trouble(q, WIRE_TOO_LARGE);
	return answer(WIRE_HEADERS, q->frame.job, out->data, out->len);
}

static bool
do_summaries(const Question *q, WireReader *r)
{
	guint64 n = wire_number(r);
	g_autoptr(GByteArray) out = g_byte_array_new();

	wire_put_number(out, n);
	for (guint64 i = 0; i < n && !r->bad && out->len < LIMIT_WORKER_OUTPUT; i++) {
		g_autoptr(GBytes) raw = view(q, r);
		Summary s;
		gsize len;
		const char *data = g_bytes_get_data(raw, &len);
		summary_of(data, len, &s);
		summary_put(out, &s);
		summary_clear(&s);
	}
	if (r->bad)
		return trouble(q, WIRE_NOT_UNDERSTOOD);
	if (out->len > LIMIT_WORKER_OUTPUT)
		return trouble(q, WIRE_TOO_LARGE);
	return answer(WIRE_SUMMARIES, q->frame.job, out->data, out->len);
}

static bool
do_part(const Question *q, WireReader *r)
{
	const char *section = wire_text(r);
	bool has_mime = wire_number(r) != 0;
	const char *mime = wire_text(r);
	g_autoptr(GBytes) data = view(q, r);

	if (r->bad)
		return trouble(q, WIRE_NOT_UNDERSTOOD);
	g_autoptr(GBytes) out = message_decode_part(data, section, has_mime ? mime : NULL);
	if (!out)
		return trouble(q, WIRE_NO_SUCH_PART);
	return answer(WIRE_PART, q->frame.job, g_bytes_get_data(out, NULL), g_bytes_get_size(out));
}

static bool
work(const Question *q)
{
	WireReader r = { q->data + q->frame.meta, q->frame.length - q->frame.meta, false };

	switch (q->frame.kind) {
	case WIRE_MESSAGE:
		return do_message(q, &r);
	case WIRE_HEADERS:
		return do_headers(q, &r);
	case WIRE_SUMMARIES:
		return do_summaries(q, &r);
	case WIRE_PART:
		return do_part(q, &r);
	default:
		return trouble(q, WIRE_NOT_UNDERSTOOD);
	}
}

static bool
serve(void)
{
	Question q;
	guint8 head[WIRE_FRAME_SIZE];
	int fd = receive(head);

	if (fd < 0)
		return false;
	bool fine = wire_frame_read(&q.frame, head) && q.frame.length > 0 && q.frame.meta < q.frame.length;
	void *map = fine ? mmap(NULL, q.frame.length, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	if (map == MAP_FAILED)
		return fine && trouble(&q, WIRE_TOO_LARGE);
	q.data = map;
	sandbox_job(q.frame.cpu_ms);
	bool going = work(&q);
	sandbox_job(0);
	munmap(map, q.frame.length);
#ifdef __GLIBC__
	if (q.frame.length > MIB)
		malloc_trim(0);
#endif
	return going;
}

/* Characters are as wide here as in the main process, or at least UTF-8. What opens a file when first used is used
 * now, because later there are no files. */
static void
load(void)
{
	time_t now = time(NULL);
	struct tm tm;

	intl_letters();
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	intl_start();
	tzset();
	localtime_r(&now, &tm);
	g_get_charset(NULL);
	g_get_language_names();
	g_random_int();
	message_init();
}

int
main(int argc, char **argv)
{
	guint8 hello[4] = { 0 };
	struct sockaddr address;
	socklen_t len = sizeof address;

	if (argc == 2 && strcmp(argv[1], "compose") == 0) {
		load();
		return composer_main();
	}
	if (argc != 3 || getsockname(SOCKET, &address, &len) != 0) {
		fputs("eilpost-render reads mail for eilpost, which starts it itself.\n", stderr);
		return 2;
	}
	if (!sandbox_belong((pid_t)strtol(argv[1], NULL, 10), 3))
		return 1;
	load();
	hello[0] = (guint8)sandbox_enter((gsize)g_ascii_strtoull(argv[2], NULL, 10));
	if (!answer(WIRE_HELLO, 0, hello, sizeof hello))
		return 1;
	while (serve())
		;
	return 0;
}
