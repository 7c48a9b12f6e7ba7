/* frame.c - tests of proto/imap/frame: the network may slice as it likes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/frame.h"
#include "base/limits.h"

#include <string.h>

static const struct { const char *name, *wire, *pieces; } cases[] = {
	{ "one-line", "* OK hi\r\n", "R[* OK hi]" },
	{ "bare-lf", "* OK hi\na OK\n", "R[* OK hi]R[a OK]" },
	{ "empty-literal", "* 1 FETCH (BODY[] {0}\r\n)\r\n", "R[* 1 FETCH (BODY[] {0})]<>" },
	{ "literal", "* 1 FETCH (BODY[] {5}\r\na\r\nb) UID 3)\r\n* 2 EXISTS\r\n", "R[* 1 FETCH (BODY[] {5} UID 3)]<a\r\nb)>R[* 2 EXISTS]" },
	{ "two-literals", "* LIST () {1}\r\n/ {2+}\r\nab\r\n", "R[* LIST () {1} {2+}]</><ab>" },
	{ "text-no-size", "* OK see {this}\r\n", "R[* OK see {this}]" },
	{ "text-like-a-size", "* NO see {5}\r\n* 1 EXISTS\r\n", "R[* NO see {5}]R[* 1 EXISTS]" },
	{ "tagged-like-a-size", "a1 OK see {5}\r\n* 1 EXISTS\r\n", "R[a1 OK see {5}]R[* 1 EXISTS]" },
	{ "empty-line", "\r\n* OK\r\n", "R[]R[* OK]" },
	{ "huge-literal", "* 1 FETCH (BODY[] {99999999999}\r\n", "F" },
	{ "overflowing-literal", "* 1 FETCH (BODY[] {99999999999999999999999}\r\n", "F" },
};

static bool
collect(ImapFrame *f, GString *out)
{
	for (;;) {
		ImapFramePiece p = imap_frame_next(f);
		if (p.kind == IMAP_FRAME_WANTS_BYTES)
			return true;
		if (p.kind == IMAP_FRAME_FAILED) {
			g_string_append_c(out, 'F');
			return false;
		}
		g_assert_cmpint(p.kind, ==, IMAP_FRAME_RESPONSE);
		g_string_append_printf(out, "R[%.*s]", (int)p.len, p.line);
		for (gsize i = 0; i < p.n_literals; i++) {
			gsize n;
			const char *d = g_bytes_get_data(p.literals[i].data, &n);
			g_string_append_printf(out, "<%.*s>", (int)n, d);
		}
	}
}

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data), total = strlen(cases[i].wire);
	for (gsize step = 1; step <= total; step++) {	/* every slicing, one truth */
		ImapFrame *f = imap_frame_new();
		g_autoptr(GString) got = g_string_new(NULL);
		bool going = true;
		for (gsize at = 0; at < total && going; at += step) {
			imap_frame_feed(f, cases[i].wire + at, MIN(step, total - at));
			going = collect(f, got);
		}
		g_assert_cmpstr(got->str, ==, cases[i].pieces);
		imap_frame_free(f);
	}
}

static bool
line_of_length_fails(gsize len)
{
	ImapFrame *f = imap_frame_new();
	g_autofree char *line = g_strnfill(len + 2, 'x');
	line[len] = '\r';
	line[len + 1] = '\n';
	bool failed = false;
	for (gsize at = 0; at < len + 2 && !failed; at += 100000) {
		imap_frame_feed(f, line + at, MIN(100000, len + 2 - at));
		failed = imap_frame_next(f).kind == IMAP_FRAME_FAILED;
	}
	imap_frame_free(f);
	return failed;
}

static void
test_line_limit(void)
{
	g_assert_false(line_of_length_fails(LIMIT_IMAP_LINE - 1));
	g_assert_false(line_of_length_fails(LIMIT_IMAP_LINE));
	g_assert_true(line_of_length_fails(LIMIT_IMAP_LINE + 1));
}

static void
test_literal_limit(void)
{
	for (int d = -1; d <= 1; d++) {
		ImapFrame *f = imap_frame_new();
		g_autofree char *line = g_strdup_printf("* 1 FETCH (BODY[] {%" G_GUINT64_FORMAT "}\r\n", LIMIT_IMAP_LITERAL + (guint64)(gint64)d);
		imap_frame_feed(f, line, strlen(line));
		g_assert_cmpint(imap_frame_next(f).kind, ==, d <= 0 ? IMAP_FRAME_LITERAL : IMAP_FRAME_FAILED);
		imap_frame_free(f);
	}
}

/* A literal at the inline limit is kept, one byte more is streamed. */
static void
test_streaming(void)
{
	for (int d = 0; d <= 1; d++) {
		gsize size = LIMIT_IMAP_INLINE + (gsize)d, chunks = 0, bytes = 0;
		ImapFrame *f = imap_frame_new();
		g_autoptr(GString) wire = g_string_new(NULL);
		g_string_append_printf(wire, "* 1 FETCH (BODY[] {%" G_GSIZE_FORMAT "}\r\n", size);
		for (gsize i = 0; i < size; i++)
			g_string_append_c(wire, 'y');
		g_string_append(wire, " UID 7)\r\n");
		bool begun = false, ended = false, whole = false;
		for (gsize at = 0; at < wire->len; at += 4099) {
			imap_frame_feed(f, wire->str + at, MIN(4099, wire->len - at));
			for (ImapFramePiece p; (p = imap_frame_next(f)).kind != IMAP_FRAME_WANTS_BYTES; ) {
				begun |= p.kind == IMAP_FRAME_LITERAL && p.size == size;
				ended |= p.kind == IMAP_FRAME_LITERAL_END;
				if (p.kind == IMAP_FRAME_CHUNK)
					chunks++, bytes += p.len;
				if (p.kind == IMAP_FRAME_RESPONSE) {
					whole = true;
					g_assert_cmpint(p.literals[0].streamed, ==, d);
					g_assert_cmpuint(p.literals[0].size, ==, size);
				}
			}
		}
		g_assert_true(whole);
		g_assert_cmpint(begun && ended && chunks > 10 && bytes == size, ==, d);
		imap_frame_free(f);
	}
}

static void
test_waiting(void)
{
	ImapFrame *f = imap_frame_new();
	imap_frame_feed(f, "a OK begin TLS\r\n* CAPA", 22);
	g_assert_cmpint(imap_frame_next(f).kind, ==, IMAP_FRAME_RESPONSE);
	g_assert_cmpuint(imap_frame_waiting(f), ==, 6);
	imap_frame_free(f);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/imap/frame/", cases[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/imap/P2/line-limit", test_line_limit);
	g_test_add_func("/imap/P1/literal-limit", test_literal_limit);
	g_test_add_func("/imap/P1/streamed-beyond-inline", test_streaming);
	g_test_add_func("/imap/T2/bytes-left-are-counted", test_waiting);
	return g_test_run();
}
