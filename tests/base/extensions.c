/* extensions.c - tests of the table of extensions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/extensions.h"

#include <string.h>

static void
test_form(void)
{
	gsize n, k;
	const Extension *table = extensions_table(&n);

	for (gsize i = 0; i < n; i++) {
		const Extension *x = &table[i];
		g_autofree char *upper = g_ascii_strup(x->name, -1);
		g_assert_cmpstr(x->name, ==, upper);
		g_assert_true(*x->source && *x->text && !g_str_has_suffix(x->text, "."));
		if (i > 0 && table[i - 1].protocol == x->protocol)
			g_assert_cmpint(strcmp(table[i - 1].name, x->name), <, 0);	/* each once, in order */
		g_assert_true(extension_named(x->protocol, x->name) == x);
	}
	const LimitTold *limits = limits_told(&k);
	for (gsize i = 0; i < k; i++)
		g_assert_cmpuint(limits[i].value, >, 0);
}

static void
test_names(void)
{
	g_assert_cmpstr(extension_named(PROTOCOL_IMAP, "compress")->name, ==, "COMPRESS=DEFLATE");
	g_assert_cmpstr(extension_named(PROTOCOL_IMAP, "IMAP4rev2")->name, ==, "IMAP4REV2");
	g_assert_cmpstr(extension_named(PROTOCOL_IMAP, "auth=plain")->name, ==, "AUTH=PLAIN");
	g_assert_null(extension_named(PROTOCOL_IMAP, "COMPRESS=LZ4"));
	g_assert_null(extension_named(PROTOCOL_IMAP, "COMP"));
	g_assert_null(extension_named(PROTOCOL_IMAP, "AUTH"));	/* which one? */
	g_assert_null(extension_named(PROTOCOL_IMAP, ""));
	g_assert_null(extension_named(PROTOCOL_IMAP, "UIDL"));
	g_assert_nonnull(extension_named(PROTOCOL_POP3, "UIDL"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/extensions/S6/form", test_form);
	g_test_add_func("/base/extensions/names", test_names);
	return g_test_run();
}
