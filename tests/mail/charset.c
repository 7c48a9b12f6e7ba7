/* charset.c - labels that are right, wrong, missing, unknown, lying.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/charset.h"

#include <string.h>

static const struct { const char *name, *bytes, *label, *text; CharsetVerdict verdict; } cases[] = {
	{ "utf8", "gr\xc3\xbc\xc3\x9f", "utf-8", "grüß", CHARSET_FINE },
	{ "utf8-odd-name", "gr\xc3\xbc", "UTF8", "grü", CHARSET_FINE },
	{ "utf8-quoted", "gr\xc3\xbc", "\"utf-8\"", "grü", CHARSET_FINE },
	{ "utf8-as-ascii", "gr\xc3\xbc", "us-ascii", "grü", CHARSET_FINE },
	{ "utf8-as-latin1", "gr\xc3\xbc", "iso-8859-1", "grü", CHARSET_FINE },
	{ "utf8-missing", "gr\xc3\xbc", NULL, "grü", CHARSET_FINE },
	{ "utf8-cut", "gr\xc3\xbc\xc3\x9f\xc3\xa4\xc3\xb6\xc3\xbc\xc3", "utf-8", "grüßäöü�", CHARSET_WRONG },
	{ "latin1", "gr\xfc\xdf", "iso-8859-1", "grüß", CHARSET_FINE },
	{ "latin1-missing", "gr\xfc\xdf", NULL, "grüß", CHARSET_FINE },
	{ "latin1-as-ascii", "gr\xfc\xdf", "us-ascii", "grüß", CHARSET_FINE },
	{ "latin1-as-utf8", "Fr\xf6sche", "utf-8", "Frösche", CHARSET_WRONG },
	{ "cp1252-as-latin1", "\x93so\x94 \x80", "iso-8859-1", "“so” €", CHARSET_FINE },
	{ "cp1252-hole", "a\x81", "windows-1252", "a\xef\xbf\xbd", CHARSET_FINE },
	{ "latin9", "\xa4", "iso-8859-15", "€", CHARSET_FINE },
	{ "latin2", "\xb9", "iso-8859-2", "š", CHARSET_FINE },
	{ "koi8", "\xd0\xd2\xc9\xd7\xc5\xd4", "koi8-r", "привет", CHARSET_FINE },
	{ "cp1251", "\xef\xf0\xe8\xe2\xe5\xf2", "windows-1251", "привет", CHARSET_FINE },
	{ "gb2312", "\xc4\xe3\xba\xc3", "gb2312", "你好", CHARSET_FINE },
	{ "gb18030-as-gb2312", "\x95\x32\x82\x36", "gb2312", "𠀀", CHARSET_FINE },
	{ "gbk-as-gb2312", "\xe9\x46", "GB2312", "镕", CHARSET_FINE },
	{ "hz", "~{VPND~} ok", "hz-gb-2312", "中文 ok", CHARSET_FINE },
	{ "big5", "\xa7\x41\xa6\x6e", "big5", "你好", CHARSET_FINE },
	{ "sjis", "\x93\xfa\x96\x7b", "shift_jis", "日本", CHARSET_FINE },
	{ "sjis-nec", "\x87\x40", "shift_jis", "①", CHARSET_FINE },
	{ "eucjp", "\xc6\xfc\xcb\xdc", "euc-jp", "日本", CHARSET_FINE },
	{ "jis", "\x1b$BF|K\\\x1b(B", "iso-2022-jp", "日本", CHARSET_FINE },
	{ "jis-missing", "\x1b$BF|K\\\x1b(B", NULL, "日本", CHARSET_FINE },
	{ "jis-as-ascii", "\x1b$BF|K\\\x1b(B", "us-ascii", "日本", CHARSET_FINE },
	{ "korean", "\xc7\xd1\xb1\xdb", "ks_c_5601-1987", "한글", CHARSET_FINE },
	{ "uhc-as-euckr", "\x8c\x63", "euc-kr", "똠", CHARSET_FINE },
	{ "thai", "\xca\xc7\xd1\xca", "tis-620", "สวัส", CHARSET_FINE },
	{ "hebrew-logical", "\xf9\xec\xe5\xed", "iso-8859-8-i", "שלום", CHARSET_FINE },
	{ "unknown-ascii", "plain", "x-martian", "plain", CHARSET_FINE },
	{ "unknown-utf8", "gr\xc3\xbc", "x-martian", "grü", CHARSET_UNKNOWN },
	{ "unknown-latin1", "gr\xfc", "x-martian", "grü", CHARSET_UNKNOWN },
	{ "utf8-as-big5", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac.", "big5", NULL, CHARSET_WRONG },
	{ "utf16-surrogate", "\x00\xd8", "utf-16le", NULL, CHARSET_WRONG },
	{ "empty", "", "utf-8", "", CHARSET_FINE },
	{ "empty-label", "a", "", "a", CHARSET_FINE },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	CharsetVerdict verdict;
	gsize len = strcmp(cases[i].name, "utf16-surrogate") == 0 ? 2 : strlen(cases[i].bytes);
	g_autofree char *text =
		charset_to_utf8(cases[i].bytes, len, cases[i].label, 1000, &verdict);

	if (cases[i].text)
		g_assert_cmpstr(text, ==, cases[i].text);
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_cmpint(verdict, ==, cases[i].verdict);
}

/* Whatever the bytes, every charset gives valid UTF-8 and keeps to its limit. */
static void
test_any_bytes(void)
{
	static const char *const labels[] = { "utf-8", "utf-7", "utf-16", "utf-16le", "utf-32", "gb18030", "big5", "euc-jp", "iso-2022-jp",
		"iso-2022-kr", "iso-2022-cn", "shift_jis", "euc-kr", "windows-1255", "windows-1258", "tcvn", "hz-gb-2312", "viscii", "x" };
	guint8 bytes[4096];
	GRand *rand = g_rand_new_with_seed(7);

	for (int round = 0; round < 50; round++) {
		for (gsize i = 0; i < sizeof bytes; i++)
			bytes[i] = (guint8)g_rand_int_range(rand, 0, 256);
		for (gsize l = 0; l < G_N_ELEMENTS(labels); l++) {
			g_autofree char *text =
				charset_to_utf8((char *)bytes, sizeof bytes, labels[l], 1000, NULL);
			g_assert_true(g_utf8_validate(text, -1, NULL));
			g_assert_cmpuint(strlen(text), <, 1000 + 3 * 4096);
		}
	}
	g_rand_free(rand);
}

static void
test_known(void)
{
	g_assert_true(charset_known("UTF-8"));
	g_assert_true(charset_known("cp1252"));
	g_assert_true(charset_known("csISO2022JP"));
	g_assert_false(charset_known("x-martian"));
	g_assert_false(charset_known("../../etc/passwd"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	charset_init();
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/mail/charset/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/mail/charset/any-bytes", test_any_bytes);
	g_test_add_func("/mail/charset/known", test_known);
	return g_test_run();
}
