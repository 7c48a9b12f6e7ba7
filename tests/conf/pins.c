/* pins.c - tests of conf/pins: the option in which accepted keys of servers are kept.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/conf.h"
#include "conf/pins.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
round_trip(void)
{
	static const char *const ROWS[] = {
		"mail.example.org:993 sha256:" KEY " until 2027-11-28",
		"mail.example.org:993 sha256:" KEY " until 2027-11-28 for untrusted+expired+not-yet+wrong-name+weak",
		"[::1]:143 sha256:" KEY " until 2027-02-28 for wrong-name, 127.0.0.1:1143 sha256:" OTHER " until 2028-02-29 for untrusted",
	};
	for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
		g_autoptr(GPtrArray) pins = NULL;
		g_autofree char *problem = NULL;
		g_assert_true(pins_parse(ROWS[i], &pins, &problem));
		g_assert_null(problem);
		g_autofree char *text = pins_text(pins);
		g_assert_cmpstr(text, ==, ROWS[i]);
	}
	g_autoptr(GPtrArray) pins = NULL;
	g_assert_true(pins_parse(ROWS[2], &pins, NULL));
	const Pin *p = g_ptr_array_index(pins, 0);
	g_assert_cmpstr(p->host, ==, "::1");
	g_assert_cmpint(p->port, ==, 143);
	g_assert_cmpuint(p->waives, ==, PEER_WRONG_NAME);
	g_assert_cmpint(p->until, ==, 1803859200);	/* 2027-03-01 00:00 UTC: the last day counts */
}

static void
mistakes(void)
{
	static const struct { const char *text, *says; } ROWS[] = {
		{ "", "empty" },
		{ "mail.example.org sha256:" KEY " until 2027-11-28", "is not written" },
		{ "mail.example.org:0 sha256:" KEY " until 2027-11-28", "is not written" },
		{ "mail.example.org:993 sha256:0123 until 2027-11-28", "is not written" },
		{ "mail.example.org:993 sha1:" KEY " until 2027-11-28", "is not written" },
		{ "mail.example.org:993 sha256:" KEY " until 2027-02-30", "is not written" },
		{ "mail.example.org:993 sha256:" KEY, "is not written" },
		{ "mail.example.org:993 sha256:" KEY " until 2027-11-28 for revoked", "is not written" },
		{ "mail.example.org:993 sha256:" KEY " until 2027-11-28 for ", "is not written" },
		{ "[::1:993 sha256:" KEY " until 2027-11-28", "is not written" },
		{ "imap.gmail.com:993 sha256:" KEY " until 2027-11-28 for untrusted", "no exception is made" },
		{ "outlook.office365.com:993 sha256:" KEY " until 2027-11-28", "no exception is made" },
	};
	for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
		g_autofree char *problem = NULL;
		g_assert_false(pins_parse(ROWS[i].text, NULL, &problem));
		g_assert_nonnull(strstr(problem, ROWS[i].says));
	}
}

static void
changed(void)
{
	g_autofree char *one = pins_changed(NULL, "a.example", 993, KEY, pin_until(1795824000 + 5000, 365), PEER_UNTRUSTED | PEER_REVOKED);
	g_assert_cmpstr(one, ==, "a.example:993 sha256:" KEY " until 2027-11-28 for untrusted");	/* a revoked one is never waived */
	g_autoptr(GPtrArray) pins = NULL;
	g_assert_true(pins_parse(one, &pins, NULL));
	g_autofree char *two = pins_changed(pins, "a.example", 465, OTHER, pin_until(1795824000, 1), 0);
	g_assert_cmpstr(two, ==, "a.example:993 sha256:" KEY " until 2027-11-28 for untrusted, a.example:465 sha256:" OTHER " until 2026-11-29");
	g_autofree char *again = pins_changed(pins, "A.example", 993, OTHER, pin_until(1795824000, 1), 0);
	g_assert_cmpstr(again, ==, "A.example:993 sha256:" OTHER " until 2026-11-29");
	g_autofree char *none = pins_changed(pins, "a.example", 993, NULL, 0, 0);
	g_assert_null(none);
}

/* A line in the file is the account's pins; a mistake in it is named and gives none. */
static void
in_the_file(void)
{
	static const char *const BASE = "[account a]\naddress = a@a.example\nreceive = imaps://a.example\npins = ";
	g_autofree char *path = NULL;
	for (guint good = 0; good < 2; good++) {
		int fd = g_file_open_tmp("eilpost-pins-XXXXXX", &path, NULL);
		g_assert_cmpint(fd, >=, 0);
		g_close(fd, NULL);
		g_autofree char *text = g_strconcat(BASE, good ? "a.example:993 sha256:" KEY " until 2027-11-28 for expired\n" : "nonsense\n", NULL);
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
		g_autoptr(Conf) c = conf_read(path);
		const Account *a = g_ptr_array_index(conf_accounts(c), 0);
		g_assert_cmpuint(conf_problems(c)->len, ==, !good);
		g_assert_cmpuint(a->pins ? a->pins->len : 0, ==, good);
		g_unlink(path);
		g_clear_pointer(&path, g_free);
	}
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf/pins/round-trip", round_trip);
	g_test_add_func("/conf/pins/T9/mistakes", mistakes);
	g_test_add_func("/conf/pins/changed", changed);
	g_test_add_func("/conf/pins/in-the-file", in_the_file);
	return g_test_run();
}
