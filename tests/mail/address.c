/* address.c - address lists as they come.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/header.h"
#include "base/limits.h"
#include "tests/cpu.h"

#include <string.h>

static const struct { const char *name, *raw, *text; } cases[] = {
	{ "bare", "a@b.c", "|a@b.c" },
	{ "name", "Anna Weber <a@b.c>", "Anna Weber|a@b.c" },
	{ "quoted", "\"Weber, Anna\" <a@b.c>", "Weber, Anna|a@b.c" },
	{ "two", "a@b.c, d@e.f", "|a@b.c d@e.f" },
	{ "comment", "a@b.c (Anna)", "Anna|a@b.c" },
	{ "nested-comment", "a@b.c (Anna (the one))", "Anna (the one)|a@b.c" },
	{ "encoded", "=?utf-8?q?J=C3=B6rg?= <j@b.c>", "Jörg|j@b.c" },
	{ "encoded-in-quotes", "\"=?utf-8?q?J=C3=B6rg?=\" <j@b.c>", "Jörg|j@b.c" },
	{ "group", "Friends: a@b.c, d@e.f;", "|a@b.c d@e.f" },
	{ "empty-group", "undisclosed-recipients:;", "" },
	{ "route", "<@x.y,@z:a@b.c>", NULL },
	{ "no-address", "somebody", "somebody|" },
	{ "address-in-name", "\"boss@bank.example\" <thief@evil.example>", "boss@bank.example|thief@evil.example" },
	{ "encoded-comma", "=?utf-8?q?a=2Cb?= <a@b.c>", "a,b|a@b.c" },
	{ "raw-utf8", "J\xc3\xb6rg <j@b.c>", "Jörg|j@b.c" },
	{ "folded", "Anna\r\n Weber\r\n <a@b.c>", "Anna Weber|a@b.c" },
	{ "open-quote", "\"Anna <a@b.c>", NULL },
	{ "open-comment", "Smith (Sales <a@b.c>, d@e.f", "Smith (Sales|a@b.c d@e.f" },
	{ "open-comment-behind-one", "a@b.c (Anna), Smith (Sales <d@e.f>, g@h.i", "Anna Smith (Sales|a@b.c d@e.f g@h.i" },
	{ "open-angle", "Anna <a@b.c", "Anna|a@b.c" },
	{ "empty", "", "" },
	{ "commas", ",,,a@b.c,,", "|a@b.c" },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GArray) list = header_addresses(cases[i].raw, strlen(cases[i].raw), NULL, NULL);
	GString *names = g_string_new(NULL), *addresses = g_string_new(NULL);

	for (guint k = 0; k < list->len; k++) {
		const Address *a = &g_array_index(list, Address, k);
		g_assert_true(g_utf8_validate(a->name, -1, NULL) &&
			g_utf8_validate(a->address, -1, NULL));
		g_string_append_printf(names, "%s%s", names->len && *a->name ? " " : "", a->name);
		g_string_append_printf(addresses, "%s%s", addresses->len ? " " : "", a->address);
	}
	g_autofree char *text = list->len ? g_strdup_printf("%s|%s", names->str, addresses->str) :
		g_strdup("");
	if (cases[i].text)
		g_assert_cmpstr(text, ==, cases[i].text);
	g_string_free(names, TRUE);
	g_string_free(addresses, TRUE);
}

/* Cut anywhere, and with nothing behind: a sanitizer sees who reads on. */
static void
test_every_prefix(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		for (gsize n = 1; n <= strlen(cases[i].raw); n++) {
			g_autofree char *copy = g_memdup2(cases[i].raw, n);
			gsize more;
			g_autoptr(GArray) list = header_addresses(copy, n, NULL, &more);
			g_assert_cmpuint(list->len, <=, 4);
		}
}

static void
test_limits(void)
{
	static const char *const pieces[] = { "a@b.c,", "(", "\"", "<", ";", ":", "\"a\" <b@c>,", "\\", "," };

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString *s = g_string_new(NULL);
		while (s->len < 6 * MIB)
			g_string_append(s, pieces[i]);
		gint64 start = cpu_us();
		gsize more;
		g_autoptr(GArray) list = header_addresses(s->str, s->len, NULL, &more);
		g_assert_cmpuint(list->len, <=, LIMIT_ADDRESSES);
		g_assert_cmpint(cpu_us() - start, <, 2 * G_USEC_PER_SEC);
		g_string_free(s, TRUE);
	}
	for (guint n = LIMIT_ADDRESSES - 1; n <= LIMIT_ADDRESSES + 1; n++) {
		GString *s = g_string_new("a@b.c");
		for (guint k = 1; k < n; k++)
			g_string_append(s, ",a@b.c");
		gsize more;
		g_autoptr(GArray) list = header_addresses(s->str, s->len, NULL, &more);
		g_assert_cmpuint(list->len, ==, MIN(n, LIMIT_ADDRESSES));
		g_assert_cmpuint(more, ==, n - list->len);
		g_string_free(s, TRUE);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/mail/address/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/mail/address/every-prefix", test_every_prefix);
	g_test_add_func("/mail/address/M2/limits", test_limits);
	return g_test_run();
}
