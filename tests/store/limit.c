/* limit.c - tests of store/limit: patterns as a table, mistakes as a table, and slices.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "tests/store/fixture.h"

#include <string.h>

enum { DAY = 24 * 3600 };

/* A dozen messages; a pattern's answer is the string of their letters, newest first. */
static gint64
fill(Db *db)
{
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	const Message all[] = {
		{ .subject = (char *)"Re: the garden wall", .from_name = (char *)"Anna Weber", .from_address = (char *)"anna@example.org",
		  .to = (char *)"Post <post@example.net>", .flags = 0, .size = 2000, .received = now - 60 },				/* a */
		{ .subject = (char *)"Straße gesperrt", .from_name = (char *)"Bauamt", .from_address = (char *)"bau@stadt.example",
		  .to = (char *)"post@example.net", .flags = FLAG_SEEN, .size = 20000, .received = now - 2 * DAY },			/* b */
		{ .subject = (char *)"PICTURES", .from_name = (char *)"Iva", .from_address = (char *)"iva@example.com",
		  .to = (char *)"team@example.net", .cc = (char *)"Zoe <zoe@example.net>", .flags = FLAG_SEEN | FLAG_FLAGGED,
		  .traits = TRAIT_ATTACHMENT, .size = 5 * 1024 * 1024, .received = now - 10 * DAY },					/* c */
		{ .subject = NULL, .from_name = NULL, .from_address = NULL, .to = NULL, .flags = FLAG_DELETED, .size = 10,
		  .received = now - 40 * DAY },												/* d */
		{ .subject = (char *)"ÉCOLE (new)", .from_name = (char *)"École", .from_address = (char *)"e@example.fr",
		  .to = (char *)"anna@example.org", .flags = FLAG_SEEN | FLAG_ANSWERED, .size = 3000, .received = 1700000000 },		/* e: 2023-11-14 */
	};

	for (guint32 i = 0; i < G_N_ELEMENTS(all); i++) {
		Message m = all[i];
		m.folder = folder;
		m.uidvalidity = 7;
		m.uid = i + 1;
		m.server_flags = m.flags;
		m.sent = m.received;
		g_assert_cmpint(messages_put(db, &m, NULL), >, 0);
	}
	return folder;
}

static char *
answer(Db *db, gint64 folder, const char *pattern, bool newer)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(MessageLimit) limit = messages_limit_new(pattern, &err);
	g_assert_no_error(err);
	g_autoptr(GArray) keys = messages_keys(db, folder, limit, NULL, newer, false, 100, 0, NULL, NULL, &err);
	g_assert_no_error(err);
	GString *s = g_string_new(NULL);

	for (guint i = 0; i < keys->len; i++)
		g_string_append_c(s, (char)('a' + g_array_index(keys, MessageKey, i).uid - 1));
	return g_string_free(s, FALSE);
}

static void
test_patterns(void)
{
	static const struct { const char *pattern, *wanted; } cases[] = {
		{ "", "abcde" }, { "  ", "abcde" }, { "~A", "abcde" },
		{ "anna", "ae" }, { "ANNA", "ae" }, { "anna wall", "a" }, { "garden wall", "a" }, { "\"garden wall\"", "a" }, { "\"wall garden\"", "" },
		{ "strasse", "b" }, { "STRASSE", "b" }, { "straße", "b" }, { "école", "e" }, { "École", "e" }, { "ecole", "" },
		{ "~f anna", "a" }, { "~t anna", "e" }, { "~s pictures", "c" }, { "~c zoe", "c" }, { "~C zoe", "c" }, { "~C team", "c" }, { "~L zoe", "c" },
		{ "~fanna", "a" }, { "~f \"anna w\"", "a" }, { "~f 'anna w'", "a" }, { "~s \"(new)\"", "e" },
		{ "~N", "ad" }, { "~U", "ad" }, { "~R", "bce" }, { "~F", "c" }, { "~D", "d" }, { "~Q", "e" }, { "~X", "c" },
		{ "!~R", "ad" }, { "! ~N ~F", "c" }, { "~N !~D", "a" }, { "~N | ~F", "acd" }, { "~N|~F", "acd" }, { "(~N|~F) !~D", "ac" },
		{ "!(~N | ~F)", "be" }, { "!!~N", "ad" }, { "~R (~f bau | ~f iva)", "bc" }, { "~N ~F", "" }, { "anna | bauamt", "abe" },
		{ "~d <3d", "ab" }, { "~d >3d", "cde" }, { "~d <1w", "ab" }, { "~r <2w", "abc" }, { "~d <1H", "a" }, { "~d >1y", "e" }, { "~d =2d", "b" },
		{ "~d 2023-11-14", "e" }, { "~d 14/11/2023", "e" }, { "~d 14/11/23", "e" }, { "~d 20231114", "e" }, { "~d 2023-11-15", "" },
		{ "~d 1/11/2023-30/11/2023", "e" }, { "~d 2023-11-01..2023-11-30", "e" }, { "~d -1/1/2024", "e" }, { "~d 1/1/2024-", "abcd" },
		{ "~d 20231101-20231114", "e" },
		{ "~z >10K", "bc" }, { "~z <1K", "d" }, { "~z 1M-", "c" }, { "~z -2K", "ad" }, { "~z 2000", "a" }, { "~z 2k-1m", "be" },
		{ "~s \"unfinished", "" }, { "example.fr", "e" },
	};
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = fill(db);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = answer(db, folder, cases[i].pattern, false);
		g_autofree char *back = answer(db, folder, cases[i].pattern, true);
		g_test_message("%s", cases[i].pattern);
		g_assert_cmpstr(got, ==, cases[i].wanted);
		g_strreverse(back);
		g_assert_cmpstr(back, ==, cases[i].wanted);
	}
}

/* What is kept passes whatever it is, also where the unread ones have an index of their own. */
static void
test_kept(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "a", ROLE_NONE), other = put_folder(db, "b", ROLE_NONE);
	gint64 read = put_message(db, folder, 1, 100, FLAG_SEEN, "read"), away = put_message(db, other, 2, 100, FLAG_SEEN, "away");
	gint64 unread = put_message(db, folder, 3, 200, 0, "unread");
	g_autoptr(MessageLimit) limit = messages_limit_new("~U", NULL);

	g_assert_true(messages_limit_lost(db, limit, folder, read));
	g_assert_false(messages_limit_lost(db, limit, folder, unread));
	g_assert_false(messages_limit_lost(db, limit, folder, away));
	for (guint n = 1; n <= 2; n++) {
		g_autoptr(GArray) keys = messages_keys(db, folder, limit, NULL, false, false, 10, 0, NULL, NULL, NULL);
		g_assert_cmpuint(keys->len, ==, n);
		g_assert_cmpint(g_array_index(keys, MessageKey, 0).id, ==, unread);
		messages_limit_keep(limit, read);
	}
	g_assert_false(messages_limit_lost(db, limit, folder, read));
	g_autoptr(MessageLimit) slow = messages_limit_new("~U ~b x", NULL);
	g_assert_true(messages_limit_lost(db, slow, folder, read));
	g_assert_false(messages_limit_lost(db, slow, folder, away));
	g_autoptr(GArray) upwards = messages_keys(db, folder, limit, NULL, true, false, 10, 0, NULL, NULL, NULL);
	g_assert_cmpuint(upwards->len, ==, 2);
	g_assert_cmpint(g_array_index(upwards, MessageKey, 0).id, ==, read);
	g_autoptr(GArray) behind = messages_keys(db, folder, limit, &g_array_index(upwards, MessageKey, 1), false, false, 10, 0, NULL, NULL, NULL);
	g_assert_cmpuint(behind->len, ==, 1);
	g_assert_cmpint(g_array_index(behind, MessageKey, 0).id, ==, read);
}

static void
test_mistakes(void)
{
	static const char *const wrong[] = {
		"~", "~h x", "~y", "~f", "~f  ", "~f )", "~s (new)", "(", "()", "(~N", "~N)", "|", "~N |", "| ~N", "!", "! )", "~d x", "~d <", "~d <3q", "~d 31/2/2026",
		"~d 2026-13-01", "~d -", "~z x", "~z <", "~z 1T", "~z -", "~z 99999999999999999999", "~d <99999999999999999999d", "~\x01", "~\xff", "~d ..",
	};

	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) err = NULL;
		g_autoptr(MessageLimit) limit = messages_limit_new(wrong[i], &err);
		g_test_message("%s: %s", wrong[i], err ? err->message : "(taken)");
		g_assert_null(limit);
		g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
		g_assert_true(g_utf8_validate(err->message, -1, NULL) || strchr(wrong[i], '\xff'));
		g_assert_null(strstr(err->message, "“”"));
	}
}

static void
test_hostile_patterns(void)
{
	static const char *const pieces[] = { "(", "!", "~N ", "~N | ", "a ", "\"" };

	for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString *s = g_string_new(NULL);
		for (int n = 0; n < 20000; n++)
			g_string_append(s, pieces[i]);
		g_autoptr(GError) err = NULL;
		g_autoptr(MessageLimit) limit = messages_limit_new(s->str, &err);
		g_assert_true(limit || err);
		g_string_free(s, TRUE);
	}
}

/* Whatever is typed is either a pattern that can be tried or a mistake with a sentence. */
static void
test_random_patterns(void)
{
	static const char alphabet[] = "~~~~fstcCLNURFDQXAbdrzh  ()()!|\"'<>=-./0123456789kMywdHSß\xc3\xff";
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = fill(db);
	guint taken = 0;

	for (int round = 0; round < 5000; round++) {
		char pattern[24];
		int len = g_test_rand_int_range(1, (int)sizeof pattern);
		for (int i = 0; i < len - 1; i++)
			pattern[i] = alphabet[g_test_rand_int_range(0, (int)sizeof alphabet - 1)];
		pattern[len - 1] = 0;
		g_autoptr(GError) err = NULL;
		g_autoptr(MessageLimit) limit = messages_limit_new(pattern, &err);
		g_assert_true((limit != NULL) != (err != NULL));
		if (!limit)
			continue;
		g_autoptr(GArray) keys G_GNUC_UNUSED = messages_keys(db, folder, limit, NULL, false, false, 100, 0, NULL, NULL, &err);
		g_assert_no_error(err);
		taken++;
	}
	g_assert_cmpint(taken, >, 0);
}

static void
test_bodies(void)
{
	static const struct { const char *text; const char *word; bool found; } cases[] = {
		{ "plain and simple", "simple", true }, { "plain and simple", "Simple", true }, { "plain and simple", "complex", false },
		{ "Gr=C3=BC=C3=9Fe aus Bern", "grüße", true }, { "a soft line bre=\r\nak", "break", true },
		{ "caf\xe9 in Latin-1", "café", true }, { "two\r\nlines", "\"two  lines\"", true },
		{ "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYW5kIGFnYWlu\r\n", "lazy", true },
		{ "", "x", false }, { "1=2 and a=b", "1=2", true },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
		gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
		gint64 m = put_message(db, folder, 1, 100, 0, "m");
		g_autoptr(GBytes) text = g_bytes_new_static(cases[i].text, strlen(cases[i].text));
		g_autoptr(GBytes) other = g_bytes_new_static("simple complex grüße break café lazy x", 41);
		g_assert_true(bodies_put(db, m, "1", text, NULL));
		g_assert_true(bodies_put(db, m, "HEADER", other, NULL));	/* not the person's text */
		g_assert_true(bodies_put(db, m, "PARTS", other, NULL));
		g_autofree char *pattern = g_strdup_printf("~b %s", cases[i].word);
		g_autofree char *got = answer(db, folder, pattern, false);
		g_test_message("%s", pattern);
		g_assert_cmpstr(got, ==, cases[i].found ? "a" : "");
	}
}

/* A text that is not here is found by what the server told of its beginning, and only then. */
static void
test_previews(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	Message m = { .folder = folder, .uidvalidity = 7, .uid = 1, .received = 100, .subject = (char *)"a", .preview = (char *)"Grüße aus Bern" };
	gint64 id = messages_put(db, &m, NULL);
	put_message(db, folder, 2, 200, 0, "b");
	g_autofree char *found = answer(db, folder, "~b grüsse | ~b GRÜSSE | ~b bern", false);
	g_assert_cmpstr(found, ==, "a");
	g_autofree char *other = answer(db, folder, "~b basel", false);
	g_assert_cmpstr(other, ==, "");
	g_autoptr(GBytes) text = g_bytes_new_static("another text", 12);
	g_assert_true(bodies_put(db, id, "1", text, NULL) && bodies_set_here(db, id, true, NULL));
	g_autofree char *here = answer(db, folder, "~b bern", false);
	g_assert_cmpstr(here, ==, "");
}

/* In slices of nothing at all a limit still comes to its end, and finds the same. */
static void
test_slices(void)
{
	enum { N = 3000 };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 folder = put_folder(db, "INBOX", ROLE_INBOX);
	g_autoptr(MessageLimit) limit = messages_limit_new("~s needle", NULL);
	MessageKey from = { 0 };
	bool cut = true, first = true;
	guint found = 0, slices = 0;

	for (guint32 uid = 1; uid <= N; uid++)
		put_message(db, folder, uid, uid * 1000, 0, uid % 500 == 0 ? "a Needle" : "hay");
	while (cut) {
		g_autoptr(GArray) rows = messages_page(db, folder, limit, first ? NULL : &from, false, false, N, 1, &cut, &from, NULL);
		first = false;
		slices++;
		for (guint i = 0; i < rows->len; i++, found++)
			g_assert_cmpint(g_array_index(rows, MessageRow, i).key.uid, ==, N - found * 500);
	}
	g_assert_cmpint(found, ==, N / 500);
	g_assert_cmpint(slices, >, 10);
	g_test_message("%u slices", slices);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/limit/kept", test_kept);
	g_test_add_func("/store/limit/patterns", test_patterns);
	g_test_add_func("/store/limit/mistakes", test_mistakes);
	g_test_add_func("/store/limit/hostile-patterns", test_hostile_patterns);
	g_test_add_func("/store/limit/random-patterns", test_random_patterns);
	g_test_add_func("/store/limit/bodies", test_bodies);
	g_test_add_func("/store/limit/previews", test_previews);
	g_test_add_func("/store/limit/slices", test_slices);
	return g_test_run();
}
