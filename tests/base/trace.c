/* trace.c - tests of base/trace.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/trace.h"

#include <string.h>

static guint
lines(const char *text)
{
	guint n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void
test_lines(void)
{
	g_autoptr(Trace) t = trace_new(10);

	trace_printf(t, "imap", '-', "connecting to %s", "mail.example.org");
	trace_line(t, "imap", '<', "* OK \033[31mready\xff", -1);
	trace_line(t, "imap", '>', "e1 NOOP", -1);
	trace_line(t, "smtp", '<', "220 ready", -1);
	trace_line(t, "imap", '<', "e1 OK", -1);
	g_autofree char *all = trace_text(t);
	g_assert_cmpuint(lines(all), ==, 5);
	g_assert_nonnull(strstr(all, " imap - connecting to mail.example.org\n"));
	g_assert_nonnull(strstr(all, " imap < * OK \\x1b[31mready\\xff\n"));	/* nothing was asked yet: no time */
	g_assert_nonnull(strstr(all, " smtp < 220 ready\n"));	/* nor of this server */
	g_assert_nonnull(strstr(all, " imap < e1 OK  (0 ms)\n"));
	trace_line(NULL, "imap", '<', "nobody listens", -1);
	trace_bulk(NULL, "imap", "FETCH", "nobody listens", -1);
	g_assert_true(trace_more(NULL, "imap", "FETCH"));
}

/* It stays as large as it is, however much is said. */
static void
test_bounds(void)
{
	g_autoptr(Trace) t = trace_new(3);
	g_autofree char *large = g_strnfill(100000, 'x');

	for (int i = 0; i < 10; i++)
		trace_printf(t, "imap", '>', "e%d", i);
	g_autofree char *few = trace_text(t);
	g_assert_cmpuint(lines(few), ==, 3);
	g_assert_nonnull(strstr(few, "e7\n"));
	g_assert_null(strstr(few, "e6\n"));
	trace_line(t, "imap", '<', large, -1);
	g_autofree char *cut = trace_text(t);
	g_assert_cmpuint(strlen(cut), <, 600);
	g_assert_nonnull(strstr(cut, "... (100000 bytes)"));
	for (int i = 0; i < 1000; i++)
		trace_bulk(t, "imap", "FETCH", "* 1 FETCH (UID 1)", -1);
	g_autofree char *bulk = trace_text(t);
	g_assert_cmpuint(lines(bulk), ==, 3);
	g_assert_nonnull(strstr(bulk, "* 1 FETCH (UID 1) ... and 999 more of FETCH"));
	g_assert_true(trace_more(t, "imap", "FETCH"));
	g_assert_false(trace_more(t, "imap", "LITERAL"));	/* that would be a line of its own */
	g_assert_false(trace_more(t, "pop3", "FETCH"));
	g_autofree char *counted = trace_text(t);
	g_assert_cmpuint(lines(counted), ==, 3);
	g_assert_nonnull(strstr(counted, "... and 1000 more of FETCH"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trace/lines", test_lines);
	g_test_add_func("/trace/bounds", test_bounds);
	return g_test_run();
}
