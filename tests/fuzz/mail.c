/* mail.c - libFuzzer's target for src/mail: any bytes give a document that can be read back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte chooses: a whole message, an HTML part, a header value, a calendar, a document as
 * the worker would send it. usage: tests/fuzz/mail [-max_len=65536] CORPUS... */
#include "config.h"
#include "mail/header.h"
#include "mail/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

static void
fuzz_document(const MessageInput *in)
{
	g_autoptr(Document) d = message_render(in);
	g_autoptr(GBytes) written = document_write(d);
	g_autoptr(Document) back =
		document_read(g_bytes_get_data(written, NULL), g_bytes_get_size(written));
	if (!back)
		abort();
}

static void
fuzz_part(GBytes *body, const char *mime)
{
	MessagePart part = { .section = "1", .mime = mime, .body = body };
	MessageInput in = { .parts = &part, .n_parts = 1, .columns = 80 };
	fuzz_document(&in);
}

static void
fuzz_header(const char *text, gsize size)
{
	gint64 when;
	gint16 offset;
	g_autofree char *decoded = header_decode(text, size, NULL);
	g_autoptr(GArray) addresses = header_addresses(text, size, NULL, NULL);
	g_autoptr(ParamValue) params = header_params(text, size, NULL);
	g_autofree char *host = header_show_host(decoded);

	header_date(text, size, &when, &offset);
	if (!addresses || !params || !host || !g_utf8_validate(decoded, -1, NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	if (size == 0)
		return 0;
	const guint8 *rest = data + 1;
	gsize n = size - 1;
	g_autoptr(GBytes) bytes = g_bytes_new_static(rest, n);
	MessageInput whole = { .raw = bytes, .columns = 80, .prefer_html = data[0] & 1 };

	switch (data[0] % 8) {
	case 2:
		fuzz_part(bytes, "Content-Type: text/html\n");
		break;
	case 3:
		fuzz_header((const char *)rest, n);
		break;
	case 4:
		fuzz_part(bytes, "Content-Type: text/calendar\n");
		break;
	case 5:
		document_free(document_read(rest, n));
		break;
	case 6:
		fuzz_part(bytes, "Content-Type: text/plain; charset=gb2312; format=flowed\nContent-Transfer-Encoding: x-uuencode\n");
		break;
	default:
		fuzz_document(&whole);
	}
	return 0;
}
