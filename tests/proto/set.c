/* set.c - tests of proto/imap/set and utf7.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/set.h"
#include "proto/imap/utf7.h"

#include <string.h>

static const struct { const char *in, *out; } sets[] = {
	{ "1", "1" }, { "1,2,3", "1:3" }, { "3,1,2", "1:3" }, { "9:7", "7:9" }, { "1:5,3:8", "1:8" }, { "5:*", "5:*" },
	{ "*", "*" }, { "1,3,5,2,4", "1:5" }, { "10:12,1:3,5", "1:3,5,10:12" }, { "4294967294", "4294967294" },
	{ "", NULL }, { "0", NULL }, { "1,", NULL }, { ",1", NULL }, { "1:", NULL }, { "a", NULL }, { "4294967296", NULL },
	{ "1:2:3", NULL }, { "-1", NULL },
};

static void
test_parse(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sets); i++) {
		g_autoptr(GArray) set = imap_set_parse(sets[i].in, strlen(sets[i].in));
		if (!sets[i].out) {
			g_assert_null(set);
			continue;
		}
		g_assert_nonnull(set);
		g_autofree char *text = imap_set_text(set);
		g_assert_cmpstr(text, ==, sets[i].out);
	}
}

/* The arithmetic agrees with a plain table of bits. */
static void
test_against_bits(void)
{
	bool bits[200] = { false };
	g_autoptr(GArray) set = imap_set_new();
	for (int round = 0; round < 3000; round++) {
		guint32 lo = (guint32)g_test_rand_int_range(1, 190), hi = lo + (guint32)g_test_rand_int_range(0, 9);
		bool add = g_test_rand_bit();
		g_autoptr(GArray) one = imap_set_new();
		imap_set_add(one, lo, hi);
		if (add)
			imap_set_add(set, lo, hi);
		else
			imap_set_subtract(set, one);
		guint64 n = 0;
		for (guint32 u = 1; u < 200; u++) {
			if (u >= lo && u <= hi)
				bits[u] = add;
			g_assert_cmpint(imap_set_has(set, u), ==, bits[u]);
			n += bits[u];
		}
		g_assert_cmpuint(imap_set_count(set), ==, n);
		for (guint i = 1; i < set->len; i++)
			g_assert_cmpuint(g_array_index(set, ImapRange, i - 1).hi + 1, <, g_array_index(set, ImapRange, i).lo);
	}
}

/* What is gathered in any order is what was added one by one. */
static void
test_gathered(void)
{
	for (int round = 0; round < 300; round++) {
		g_autoptr(GArray) added = imap_set_new(), gathered = imap_set_new();
		for (int i = g_test_rand_int_range(0, 40); i > 0; i--) {
			guint32 lo = (guint32)g_test_rand_int_range(1, 100), hi = g_test_rand_bit() ? lo + (guint32)g_test_rand_int_range(0, 5) : lo;
			if (g_test_rand_int_range(0, 200) == 0)
				hi = G_MAXUINT32;
			imap_set_add(added, lo, hi);
			imap_set_gather(gathered, g_test_rand_bit() ? lo : hi, lo);
			imap_set_gather(gathered, hi, lo);
		}
		imap_set_settle(gathered);
		g_assert_cmpmem(added->data, added->len * sizeof(ImapRange), gathered->data, gathered->len * sizeof(ImapRange));
	}
}

static void
test_split(void)
{
	g_autoptr(GArray) set = imap_set_new(), back = imap_set_new();
	for (guint32 u = 1; u < 4000; u += 2)
		imap_set_add(set, u, u);
	guint at = 0;
	for (char *text; (text = imap_set_next_text(set, &at, 100)); g_free(text)) {
		g_assert_cmpuint(strlen(text), <=, 100);
		g_autoptr(GArray) part = imap_set_parse(text, strlen(text));
		for (guint i = 0; i < part->len; i++)
			imap_set_add(back, g_array_index(part, ImapRange, i).lo, g_array_index(part, ImapRange, i).hi);
	}
	g_assert_cmpuint(imap_set_count(back), ==, 2000);
}

static const struct { const char *utf8, *wire; } names[] = {
	{ "INBOX", "INBOX" }, { "A&B", "A&-B" }, { "Entwürfe", "Entw&APw-rfe" }, { "~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
	{ "Работа", "&BCAEMAQxBD4EQgQw-" }, { "😀", "&2D3eAA-" }, { "", "" },
};

static void
test_utf7(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *wire = imap_utf7_encode(names[i].utf8), *back = imap_utf7_decode(names[i].wire);
		g_assert_cmpstr(wire, ==, names[i].wire);
		g_assert_cmpstr(back, ==, names[i].utf8);
	}
	g_assert_null(imap_utf7_encode("\xff"));
	static const char *const broken[] = { "a&b", "&!!-", "&2D0-", "&-&x" };	/* come back as they are */
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autofree char *back = imap_utf7_decode(broken[i]);
		g_assert_cmpstr(back, ==, broken[i]);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/imap/set/parse", test_parse);
	g_test_add_func("/imap/P11/set-against-bits", test_against_bits);
	g_test_add_func("/imap/set/gathered", test_gathered);
	g_test_add_func("/imap/set/split", test_split);
	g_test_add_func("/imap/utf7", test_utf7);
	return g_test_run();
}
