/* header.c - RFC 2047, RFC 2231, dates, and what senders make of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/header.h"
#include "base/limits.h"
#include "tests/cpu.h"

#include <string.h>

static const struct { const char *name, *raw, *text; } words[] = {
	{ "plain", "Hello", "Hello" },
	{ "q", "=?utf-8?Q?gr=C3=BC_Gott?=", "grü Gott" },
	{ "b", "=?UTF-8?B?Z3LDvA==?=", "grü" },
	{ "two-words-one-blank-lost", "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" },
	{ "word-and-text", "=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c" },
	{ "folded-between", "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab" },
	{ "character-cut-in-two", "=?utf-8?b?w7?= =?utf-8?b?w=?=", NULL },
	{ "octets-cut-in-two", "=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü" },
	{ "latin1", "=?iso-8859-1?q?gr=FC=DF?=", "grüß" },
	{ "jis", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本" },
	{ "language", "=?us-ascii*en?q?ok?=", "ok" },
	{ "unknown-charset", "=?x-martian?q?ok?=", "ok" },
	{ "in-the-middle-of-a-word", "x=?utf-8?q?a?=y", NULL },
	{ "no-end", "=?utf-8?q?abc", "=?utf-8?q?abc" },
	{ "no-text", "=?utf-8?q?" "?=", "" },
	{ "wrong-encoding", "=?utf-8?x?abc?=", "=?utf-8?x?abc?=" },
	{ "spaces-inside", "=?utf-8?q?a b c?=", "a b c" },
	{ "base64-without-padding", "=?utf-8?b?Z3LDvA?=", "grü" },
	{ "folded", "a\r\n\tb", "a b" },
	{ "raw-utf8", "gr\xc3\xbc", "grü" },
	{ "raw-latin1", "gr\xfc", "grü" },
	{ "nul", "=?utf-8?q?a=00b?=", "ab" },
	{ "newline-inside", "=?utf-8?q?a=0D=0AX-Evil:_1?=", NULL },
};

static void
test_word(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *text = header_decode(words[i].raw, strlen(words[i].raw), NULL);

	g_assert_true(g_utf8_validate(text, -1, NULL));
	if (words[i].text)
		g_assert_cmpstr(text, ==, words[i].text);
}

static const struct { const char *name, *raw, *value, *param, *text; } params[] = {
	{ "simple", "text/plain; charset=utf-8", "text/plain", "charset", "utf-8" },
	{ "case", "Text/PLAIN; CharSet=\"UTF-8\"", "text/plain", "charset", "UTF-8" },
	{ "comment", "text/plain (really); (x) charset=a", "text/plain", "charset", "a" },
	{ "escape", "a/b; name=\"x\\\"y\"", "a/b", "name", "x\"y" },
	{ "windows-path", "a/b; name=\"C:\\dir\\f.txt\"", "a/b", "name", "C:\\dir\\f.txt" },
	{ "semicolon-in-quotes", "a/b; name=\"x;y\"; z=1", "a/b", "z", "1" },
	{ "blanks-in-bare-value", "a/b; name=my file.txt", "a/b", "name", "my file.txt" },
	{ "2231", "a/b; name*=utf-8''gr%C3%BC", "a/b", "name", "grü" },
	{ "2231-pieces", "a/b; name*0=one; name*1=two", "a/b", "name", "onetwo" },
	{ "2231-pieces-out-of-order", "a/b; name*1*=%BC; name*0*=utf-8'de'gr%C3", "a/b", "name", "grü" },
	{ "2231-gap", "a/b; name*0=one; name*2=three", "a/b", "name", "one" },
	{ "2231-and-plain", "a/b; name=x; name*=utf-8''y", "a/b", "name", "y" },
	{ "2231-no-charset", "a/b; name*=%41", "a/b", "name", "A" },
	{ "2231-broken-percent", "a/b; name*=utf-8''%4", "a/b", "name", "%4" },
	{ "2231-latin1", "a/b; name*=iso-8859-1''gr%FC", "a/b", "name", "grü" },
	{ "2047-in-parameter", "a/b; name=\"=?utf-8?q?gr=C3=BC?=\"", "a/b", "name", "grü" },
	{ "no-closing-quote", "a/b; name=\"x", "a/b", "name", "x" },
	{ "no-value", "a/b; name", "a/b", "name", "" },
	{ "missing", "a/b", "a/b", "name", NULL },
	{ "only-semicolons", ";;;;", "", "name", NULL },
};

static void
test_param(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(ParamValue) p = header_params(params[i].raw, strlen(params[i].raw), NULL);

	g_assert_cmpstr(p->value, ==, params[i].value);
	g_assert_cmpstr(param_get(p, params[i].param), ==, params[i].text);
}

/* Cut anywhere, and with nothing behind. */
static void
test_every_prefix(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		for (gsize n = 1; n <= strlen(words[i].raw); n++) {
			g_autofree char *copy = g_memdup2(words[i].raw, n);
			g_autofree char *text = header_decode(copy, n, NULL);
			g_assert_true(g_utf8_validate(text, -1, NULL));
		}
	for (gsize i = 0; i < G_N_ELEMENTS(params); i++)
		for (gsize n = 1; n <= strlen(params[i].raw); n++) {
			g_autofree char *copy = g_memdup2(params[i].raw, n);
			g_autoptr(ParamValue) p = header_params(copy, n, NULL);
			g_assert_nonnull(p->value);
		}
}

static const struct { const char *raw; gint64 when; gint16 offset; bool good; } dates[] = {
	{ "Thu, 01 Jan 1970 00:00:00 +0000", 0, 0, true },
	{ "1 Jan 1970 01:00:00 +0100", 0, 60, true },
	{ "Wed, 14 Nov 2012 09:01:02 -0500 (EST)", 1352901662, -300, true },
	{ "Wed, 14 Nov 12 14:01:02 GMT", 1352901662, 0, true },
	{ "14-Nov-2012 14:01:02 +0000", 1352901662, 0, true },
	{ "29 Feb 2000 12:00 +0000", 951825600, 0, true },
	{ "Wed, 14 Nov 2012 14:01:02", 1352901662, 0, true },
	{ "Wed, 14 Nov 2012 59:10 -0500", 0, 0, false },
	{ "yesterday", 0, 0, false },
	{ "", 0, 0, false },
	{ "99999999999999999999 Jan 99999999999 99:99:99", 0, 0, false },
};

static void
test_dates(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
		gint64 when = 0;
		gint16 offset = 0;
		bool good = header_date(dates[i].raw, strlen(dates[i].raw), &when, &offset);
		g_assert_cmpint(good, ==, dates[i].good);
		if (good) {
			g_assert_cmpint(when, ==, dates[i].when);
			g_assert_cmpint(offset, ==, dates[i].offset);
		}
	}
}

static void
test_lines(void)
{
	static const char block[] = "A: 1\r\nno field\r\nB : 2\r\n\tfolded\r\nC:\n D\nE: \n";
	static const char *const names[] = { "A", "B", "C", "E" };
	gsize pos = 0, n = 0;
	HeaderLine h;

	while (header_next(block, sizeof block - 1, &pos, &h))
		g_assert_true(header_is(&h, names[n++]));
	g_assert_cmpuint(n, ==, 4);
	g_assert_true(header_find(block, sizeof block - 1, "b", &h));
	g_autofree char *text = header_decode(h.value, h.value_len, NULL);
	g_assert_cmpstr(text, ==, "2 folded");
	g_assert_false(header_find(block, sizeof block - 1, "X", &h));
}

/* M2: floods cost linear time. */
static void
test_floods(void)
{
	static const char *const pieces[] = { "=?utf-8?q?a?= ", "=?", "=?utf-8?q?", "; a*0*=x", "(", "\\", "\"", "=" };

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString *s = g_string_new("text/plain");
		while (s->len < 2 * MIB)
			g_string_append(s, pieces[i]);
		gint64 start = cpu_us();
		g_autofree char *text G_GNUC_UNUSED = header_decode(s->str, s->len, NULL);
		g_autoptr(ParamValue) p = header_params(s->str, s->len, NULL);
		g_assert_cmpuint(p->params->len, <=, LIMIT_MIME_PARAMS);
		g_assert_cmpint(cpu_us() - start, <, 2 * G_USEC_PER_SEC);
		g_string_free(s, TRUE);
	}
}

static void
test_hosts(void)
{
	static const struct { const char *host, *shown; } hosts[] = {
		{ "example.com", "example.com" }, { "bücher.de", "bücher.de" }, { "аррӏе.com", "xn--80ak6aa92e.com" }, { "日本.jp", NULL },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
		g_autofree char *shown = header_show_host(hosts[i].host);
		if (hosts[i].shown)
			g_assert_cmpstr(shown, ==, hosts[i].shown);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *path = g_strdup_printf("/mail/header/word/%s", words[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_word);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(params); i++) {
		g_autofree char *path = g_strdup_printf("/mail/header/param/%s", params[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_param);
	}
	g_test_add_func("/mail/header/every-prefix", test_every_prefix);
	g_test_add_func("/mail/header/dates", test_dates);
	g_test_add_func("/mail/header/lines", test_lines);
	g_test_add_func("/mail/header/M2/floods", test_floods);
	g_test_add_func("/mail/header/M9/hosts", test_hosts);
	return g_test_run();
}
