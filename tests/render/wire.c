/* wire.c - tests of the frames: whole, in slices, mangled at every position.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "render/wire.h"

#include <string.h>

static GByteArray *
frame(WireKind kind, guint32 job, const void *data, gsize len)
{
	GByteArray *a = g_byte_array_new();
	WireFrame f = { .kind = kind, .job = job, .length = len };
	guint8 head[WIRE_FRAME_SIZE];
	wire_frame_write(&f, head);
	g_byte_array_append(a, head, sizeof head);
	g_byte_array_append(a, data, (guint)len);
	return a;
}

/* Feeds at most `step` bytes at once and stops at the first end. */
static WireState
feed(WireInbox *in, const guint8 *data, gsize len, gsize step)
{
	WireState state = WIRE_MORE;

	while (len > 0 && state == WIRE_MORE) {
		gsize room;
		guint8 *to = wire_inbox_room(in, &room);
		g_assert_cmpuint(room, >, 0);
		gsize n = MIN(MIN(room, step), len);
		memcpy(to, data, n);
		data += n;
		len -= n;
		state = wire_inbox_added(in, n);
	}
	return state;
}

static void
test_slices(void)
{
	g_autoptr(GByteArray) a = frame(WIRE_PART, 7, "the part", 8);

	for (gsize step = 1; step <= a->len; step++) {
		WireInbox in;
		WireKind kind;
		wire_inbox_init(&in);
		wire_inbox_expect(&in, WIRE_PART, 7, 8);
		g_assert_cmpint(feed(&in, a->data, a->len, step), ==, WIRE_WHOLE);
		g_autoptr(GBytes) data = wire_inbox_take(&in, &kind);
		g_assert_cmpint(kind, ==, WIRE_PART);
		g_assert_cmpmem(g_bytes_get_data(data, NULL), g_bytes_get_size(data), "the part", 8);
		g_assert_cmpint(feed(&in, a->data, 1, 1), ==, WIRE_BAD);	/* nobody asked */
		wire_inbox_clear(&in);
	}
}

static void
test_bounds(void)
{
	static const struct { const char *name; guint32 kind, job; gsize len; WireState state; } cases[] = {
		{ "at the limit", WIRE_MESSAGE, 3, 16, WIRE_WHOLE },
		{ "below", WIRE_MESSAGE, 3, 15, WIRE_WHOLE },
		{ "empty", WIRE_MESSAGE, 3, 0, WIRE_WHOLE },
		{ "beyond", WIRE_MESSAGE, 3, 17, WIRE_BAD },
		{ "other job", WIRE_MESSAGE, 4, 1, WIRE_BAD },
		{ "other kind", WIRE_PART, 3, 1, WIRE_BAD },
		{ "second hello", WIRE_HELLO, 3, 4, WIRE_BAD },
		{ "trouble", WIRE_TROUBLE, 3, 1, WIRE_WHOLE },
		{ "long trouble", WIRE_TROUBLE, 3, 2, WIRE_BAD },
		{ "no kind", 0, 3, 1, WIRE_BAD },
		{ "unknown kind", 99, 3, 1, WIRE_BAD },
	};
	const char data[32] = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) a = frame(cases[i].kind, cases[i].job, data, cases[i].len);
		WireInbox in;
		wire_inbox_init(&in);
		wire_inbox_expect(&in, WIRE_MESSAGE, 3, 16);
		g_test_message("%s", cases[i].name);
		g_assert_cmpint(feed(&in, a->data, a->len, a->len), ==, cases[i].state);
		wire_inbox_clear(&in);
	}
}

static void
test_hello(void)
{
	g_autoptr(GByteArray) a = frame(WIRE_HELLO, 0, "\x0f\0\0\0", 4);
	g_autoptr(GByteArray) early = frame(WIRE_TROUBLE, 0, "\1", 1);
	WireInbox in;
	WireKind kind;

	wire_inbox_init(&in);
	g_assert_cmpint(feed(&in, a->data, a->len, 3), ==, WIRE_WHOLE);
	g_autoptr(GBytes) data = wire_inbox_take(&in, &kind);
	g_assert_cmpuint(g_bytes_get_size(data), ==, 4);
	wire_inbox_clear(&in);
	wire_inbox_init(&in);
	g_assert_cmpint(feed(&in, early->data, early->len, 3), ==, WIRE_BAD);
	wire_inbox_clear(&in);
}

static GByteArray *
texts(const char *const *list, gsize n)
{
	GByteArray *a = g_byte_array_new();
	wire_put_number(a, n);
	for (gsize i = 0; i < n; i++)
		wire_put_bytes(a, list[i], strlen(list[i]));
	return a;
}

/* Whatever the worker writes, the lists are refused or clean. */
static void
test_mangled(void)
{
	const char *const list[] = { "one", "", ("gr\xc3\xbc\xc3\x9f" "e") };
	g_autoptr(GByteArray) inner = texts(list, 3);
	g_autoptr(GByteArray) a = frame(WIRE_HEADERS, 9, inner->data, inner->len);
	static const guint8 values[] = { 0x00, 0x01, 0x0a, 0x1b, 0x7f, 0x80, 0xfe, 0xff };

	for (gsize at = 0; at < a->len; at++) {
		for (gsize v = 0; v < G_N_ELEMENTS(values); v++) {
			guint8 before = a->data[at];
			WireInbox in;
			WireKind kind;
			char *out[3] = { NULL };
			a->data[at] = values[v];
			wire_inbox_init(&in);
			wire_inbox_expect(&in, WIRE_HEADERS, 9, 4096);
			if (feed(&in, a->data, a->len, 5) == WIRE_WHOLE) {
				g_autoptr(GBytes) data = wire_inbox_take(&in, &kind);
				if (wire_read_texts(data, out, 3))
					for (int i = 0; i < 3; i++) {
						g_assert_true(g_utf8_validate(out[i], -1, NULL));
						for (const char *p = out[i]; *p; p++)
							g_assert_cmpuint((guchar)*p, >=, 0x20);
						g_free(out[i]);
					}
			}
			wire_inbox_clear(&in);
			a->data[at] = before;
		}
	}
	for (gsize len = 0; len < inner->len; len++) {
		char *out[3] = { NULL };
		g_autoptr(GBytes) cut = g_bytes_new(inner->data, len);
		g_assert_false(wire_read_texts(cut, out, 3));
		g_assert_null(out[0]);
	}
}

static void
test_reader(void)
{
	g_autoptr(GByteArray) a = g_byte_array_new();
	gsize len;

	wire_put_number(a, 42);
	wire_put_text(a, "text");
	wire_put_text(a, NULL);
	wire_put_bytes(a, "abc", 3);
	WireReader r = { a->data, a->len, false };
	g_assert_cmpuint(wire_number(&r), ==, 42);
	g_assert_cmpstr(wire_text(&r), ==, "text");
	g_assert_cmpstr(wire_text(&r), ==, "");
	const guint8 *p = wire_bytes(&r, &len);
	g_assert_cmpmem(p, len, "abc", 3);
	g_assert_false(r.bad);
	g_assert_cmpuint(wire_number(&r), ==, 0);
	g_assert_true(r.bad);
	g_assert_cmpstr(wire_text(&r), ==, "");
	wire_bytes(&r, &len);
	g_assert_cmpuint(len, ==, 0);
	/* bytes that do not end are no text */
	WireReader again = { a->data + a->len - 11, 11, false };
	g_assert_cmpstr(wire_text(&again), ==, "");
	g_assert_true(again.bad);
}

static void
test_one_line(void)
{
	static const struct { const char *in, *out; gsize len; } cases[] = {
		{ "plain", "plain", 5 },
		{ " folded\r\n value ", "folded value", 16 },
		{ "bare\nline", "bare line", 9 },
		{ "a\tb", "a b", 3 },
		{ "esc\033[31m", "esc [31m", 8 },
		{ "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd", 2 },
		{ "", "", 0 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *out = wire_one_line(cases[i].in, cases[i].len);
		g_assert_cmpstr(out, ==, cases[i].out);
	}
	g_autofree char *nul = wire_one_line("a\0b", 3);
	g_assert_true(g_utf8_validate(nul, -1, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/render/wire/slices", test_slices);
	g_test_add_func("/render/wire/bounds", test_bounds);
	g_test_add_func("/render/wire/hello", test_hello);
	g_test_add_func("/render/wire/mangled", test_mangled);
	g_test_add_func("/render/wire/reader", test_reader);
	g_test_add_func("/render/wire/one-line", test_one_line);
	return g_test_run();
}
