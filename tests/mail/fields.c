/* fields.c - what the header says, and what a careful person would see in it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/fields.h"
#include "base/limits.h"
#include "tests/mail/dump.h"

static Document *
read_fields(const char *header)
{
	Document *d = document_new();
	Builder b;

	build_init(&b, d, 80);
	fields_show(&b, header, strlen(header), NULL);
	build_clear(&b);
	return d;
}

static const char *
field(const Document *d, const char *name)
{
	for (guint i = 0; i < d->fields->len; i++)
		if (strcmp(clean_peek(g_array_index(d->fields, HeaderField, i).name), name) == 0)
			return clean_peek(g_array_index(d->fields, HeaderField, i).value);
	return NULL;
}

static void
test_fields(void)
{
	g_autoptr(Document) d =
		read_fields("From: =?utf-8?q?J=C3=B6rg?= <j@b.c>\nTo: a@b.c,\n d@e.f\nSubject: a\n b\x1b[1m\n"
		"Date: Thu, 01 Jan 1970 01:00:00 +0100\nX-Other: 1\n");
	g_assert_cmpuint(d->fields->len, ==, 5);
	g_assert_cmpstr(field(d, "From"), ==, "Jörg <j@b.c>");
	g_assert_cmpstr(field(d, "To"), ==, "a@b.c, d@e.f");
	g_assert_cmpstr(field(d, "Subject"), ==, "a b<U+001B>[1m");
	g_assert_cmpint(d->date, ==, 0);
	g_assert_cmpint(d->date_offset, ==, 60);
	g_assert_true(g_array_index(d->fields, HeaderField, 0).brief);
	g_assert_false(g_array_index(d->fields, HeaderField, 4).brief);
}

static const struct { const char *header; bool several, like_address; const char *from; } senders[] = {
	{ "From: a@b.c\n", false, false, "a@b.c" },
	{ "From: a@b.c, d@e.f\n", true, false, NULL },
	{ "From: a@b.c\nFrom: d@e.f\n", true, false, NULL },
	{ "From: \"boss@bank.example\" <x@evil.example>\n", false, true, "boss@bank.example <x@evil.example>" },
	{ "From: \"x@evil.example\" <x@evil.example>\n", false, false, NULL },
	{ "From: =?utf-8?q?boss=40bank?= <x@evil.example>\n", false, true, NULL },
	{ "From: A <x@\xd0\xb0pple.com>\n", false, false, "A <x@xn--pple-43d.com>" },
	{ "From: =?utf-8?q?a=E2=80=AEb?= <x@y.z>\n", false, false, "a<U+202E>b <x@y.z>" },
	{ "Subject: x\n", false, false, NULL },
};

static void
test_senders(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(senders); i++) {
		g_autoptr(Document) d = read_fields(senders[i].header);
		g_assert_cmpint(dump_has_note(d, NOTE_SEVERAL_FROM), ==, senders[i].several);
		g_assert_cmpint(dump_has_note(d, NOTE_NAME_LOOKS_LIKE_ADDRESS), ==,
			senders[i].like_address);
		if (senders[i].from)
			g_assert_cmpstr(field(d, "From"), ==, senders[i].from);
	}
}

static void
test_long_name(void)
{
	g_autofree char *name = g_strnfill(5000, 'x');
	g_autofree char *header = g_strdup_printf("From: %s <a@b.c>\n", name);
	g_autoptr(Document) d = read_fields(header);
	g_assert_true(g_str_has_suffix(field(d, "From"), "… <a@b.c>"));
	g_assert_cmpuint(strlen(field(d, "From")), <, 300);
}

static void
test_many(void)
{
	for (guint n = LIMIT_ADDRESSES_SHOWN - 1; n <= LIMIT_ADDRESSES_SHOWN + 1; n++) {
		GString *s = g_string_new("To: a@b.c");
		for (guint k = 1; k < n; k++)
			g_string_append(s, ", a@b.c");
		g_autoptr(Document) d = read_fields(s->str);
		g_assert_cmpint(dump_has_note(d, NOTE_MORE_ADDRESSES), ==,
			n > LIMIT_ADDRESSES_SHOWN);
		g_string_free(s, TRUE);
	}
	for (guint n = LIMIT_HEADERS - 1; n <= LIMIT_HEADERS + 1; n++) {
		GString *s = g_string_new(NULL);
		for (guint k = 0; k < n; k++)
			g_string_append(s, "A: b\n");
		g_autoptr(Document) d = read_fields(s->str);
		g_assert_cmpuint(d->fields->len, ==, MIN(n, LIMIT_HEADERS));
		g_assert_cmpint(dump_has_note(d, NOTE_CUT_HEADERS), ==, n > LIMIT_HEADERS);
		g_string_free(s, TRUE);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/fields/values", test_fields);
	g_test_add_func("/mail/fields/M9/senders", test_senders);
	g_test_add_func("/mail/fields/M9/long-name", test_long_name);
	g_test_add_func("/mail/fields/M2/many", test_many);
	return g_test_run();
}
