/* draft.c - a fuzz target: the records of a draft, lists of addresses, and header fields that are written of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte chooses. What comes out must hold: a draft that was read is written and read the same, and no field has a
 * line end that begins another field. */
#include "config.h"
#include "mail/compose.h"
#include "mail/encode.h"
#include "mail/reply.h"
#include "mail/transfer.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len);

static void
one_field(const GString *out)
{
	for (gsize i = 0; i < out->len; i++) {
		g_assert_true(out->str[i] != '\r' || out->str[i + 1] == '\n');
		g_assert_true(out->str[i] != '\n' || (i > 0 && out->str[i - 1] == '\r'));
		if (out->str[i] == '\n' && i + 1 < out->len)
			g_assert_true(out->str[i + 1] == ' ');
	}
}

static void
fuzz_record(const guint8 *data, gsize len)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, len);
	g_autoptr(Draft) d = draft_read(bytes);

	if (!d)
		return;
	g_autoptr(GBytes) once = draft_write(d);
	g_autoptr(Draft) again = draft_read(once);
	g_assert_nonnull(again);
	g_autoptr(GBytes) twice = draft_write(again);
	g_assert_true(g_bytes_equal(once, twice));
	g_autofree char *word = draft_forgot_attachment(d);
	for (int i = 0; i < DRAFT_FIELDS; i++)
		g_assert_null(strpbrk(d->fields[i], "\r\n"));
}

static void
fuzz_addresses(const char *text)
{
	g_auto(GStrv) entries = draft_split_addresses(text);

	for (char **e = entries; *e; e++) {
		g_autofree char *address = draft_address(*e, NULL);
		bool utf8 = false;
		g_autofree char *ascii = address ? encode_address(address, &utf8) : NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		if (!ascii)
			continue;
		Mailbox m = { *e, ascii };
		encode_mailboxes(out, "To", &m, 1);
		one_field(out);
	}
	ReplySource s = { .from = text, .to = text, .subject = text, .list_post = text, .references = text, .message_id = text };
	ReplyStyle style = { .address = "me@example.org" };
	g_autoptr(Draft) d = reply_make(DRAFT_REPLY_ALL, &s, &style);
	g_autoptr(Draft) list = reply_make(DRAFT_REPLY_LIST, &s, &style);
}

static void
fuzz_fields(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	encode_text(out, "Subject", text);
	one_field(out);
	g_string_truncate(out, 0);
	encode_ids(out, "References", text);
	one_field(out);
	g_string_truncate(out, 0);
	encode_begin(out, "Content-Disposition", "attachment");
	encode_param(out, "filename", text);
	encode_end(out);
	one_field(out);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *flow = transfer_flow(valid);
	g_string_free(flow, TRUE);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
	if (len < 1 || len > 65536)
		return 0;
	g_autofree char *text = g_strndup((const char *)data + 1, len - 1);
	switch (data[0] % 3) {
	case 0:
		fuzz_record(data + 1, len - 1);
		break;
	case 1:
		fuzz_addresses(text);
		break;
	default:
		fuzz_fields(text);
	}
	return 0;
}
