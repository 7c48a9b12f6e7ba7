/* notice.c - tests of ui/notice: whose, when, how many together, in which words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/notice.h"

#include <locale.h>
#include <string.h>

/* ---- which folders ---- */

static const struct { const char *patterns; FolderRole role; const char *name; bool wanted; } folders[] = {
	{ NULL, ROLE_INBOX, "INBOX", true }, { NULL, ROLE_NONE, "Lists/dev", true },
	{ NULL, ROLE_SENT, "Sent", false }, { NULL, ROLE_JUNK, "Junk", false }, { NULL, ROLE_TRASH, "Trash", false },
	{ NULL, ROLE_DRAFTS, "Drafts", false }, { NULL, ROLE_ARCHIVE, "Archive", false }, { NULL, ROLE_ALL, "All", false },
	{ "inbox", ROLE_INBOX, "INBOX", true }, { "Inbox", ROLE_INBOX, "Posteingang", true },
	{ "inbox", ROLE_NONE, "Lists/dev", false }, { "lists/*", ROLE_NONE, "Lists/dev", true },
	{ "*", ROLE_JUNK, "Junk", true }, { "*, !Junk", ROLE_JUNK, "Junk", false }, { "*, !Junk", ROLE_NONE, "x", true },
	{ "!Lists/*", ROLE_NONE, "Lists/dev", false }, { "!Lists/*", ROLE_NONE, "x", true },
	{ "!Lists/*, Lists/dev", ROLE_NONE, "Lists/dev", true }, { "gärten*", ROLE_NONE, "Gärten & Höfe", true },
	{ "GÄRTEN & höfe", ROLE_NONE, "Gärten & Höfe", true }, { "none", ROLE_INBOX, "INBOX", false },
	{ "", ROLE_INBOX, "INBOX", false }, { ",,", ROLE_INBOX, "INBOX", false }, { "a?c", ROLE_NONE, "abc", true },
	{ "***************************b", ROLE_NONE, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

static void
test_folders(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_test_message("%s: %s", folders[i].patterns, folders[i].name);
		g_assert_cmpint(notice_wanted(folders[i].patterns, folders[i].role, folders[i].name), ==,
			folders[i].wanted);
	}
}

/* ---- words ---- */

static News *
news(const char *from, const char *subject, gint64 folder)
{
	News *n = news_new();
	n->folder = folder;
	n->account_name = g_strdup("work");
	n->folder_name = g_strdup("Inbox");
	n->from = g_strdup(from);
	n->subject = g_strdup(subject);
	return n;
}

static void
free_news(gpointer n)
{
	news_free(n);
}

static const char *const evil[] = {
	"\033]0;owned\007", "\033\\", "\x9c", "\xc2\x9c", "\xc2\x9d" "0;x\xc2\x9c", "a\007b", "two\r\nlines", "tab\there",
	"\033[31mred\033[0m", "\xe2\x80\xae" "txt.exe", "\xe2\x80\x8b\xe2\x80\x8f", "\x80\x81\xff\xfe", "4;1;50", ";;;;",
	"--icon=/etc/passwd", "-u critical", "$(touch /tmp/x) `id` ; rm -rf ~ | & > \" '", "<img src=\"http://x/\"> <b>bold</b> &amp;",
	"\033Ptmux;\033\033]9;x\007\033\\", "\xe2\x81\xa6isolate\xe2\x81\xa9", "\xf3\xa0\x81\x81tag", "", " ", "\xc2\x85next line", "\xe2\x80\xa8" "separator",
	"zalgo a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
};

static void
assert_harmless(const char *text)
{
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		bool bad = c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
			(c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || (c >= 0xe0000 && c < 0xe1000);
		if (bad)
			g_error("U+%04X in “%s”", c, text);
	}
	g_assert_cmpint(utf8_columns(text, -1), <, 600);
}

static void
test_evil(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(evil); i++)
		for (guint n = 1; n < 6; n += 2) {
			g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_news);
			for (guint k = 0; k < n; k++)
				g_ptr_array_add(all, news(evil[i], evil[(i + k) % G_N_ELEMENTS(evil)], k % 2));
			Notice notice = notice_make(all, 0);
			assert_harmless(clean_peek(notice.title));
			assert_harmless(clean_peek(notice.body));
			g_autofree char *line = notice_line(&notice);
			assert_harmless(line);
			g_auto(GStrv) env = notice_environment(&notice, NULL);
			g_assert_cmpuint(g_strv_length(env), ==, 8);
			for (char **e = env; *e; e++)
				assert_harmless(*e);
			g_assert_true(*g_environ_getenv(env, "EILPOST_TEXT") != '-');
			g_assert_true(*g_environ_getenv(env, "EILPOST_TITLE") != '-');
			g_assert_null(strpbrk(g_environ_getenv(env, "EILPOST_MARKUP"), "<>\""));
			notice_clear(&notice);
		}
}

static void
test_words(void)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_news);
	g_autofree char *long_one = g_strnfill(10000, 'x');

	g_ptr_array_add(all, news("Anna Weber", "The garden wall", 1));
	Notice n = notice_make(all, 0);
	g_assert_cmpstr(clean_peek(n.title), ==, "New mail from Anna Weber");
	g_assert_cmpstr(clean_peek(n.body), ==, "The garden wall");
	notice_clear(&n);
	g_ptr_array_add(all, news("Bob", NULL, 1));
	n = notice_make(all, 0);
	g_assert_cmpstr(clean_peek(n.title), ==, "2 new messages in work / Inbox");
	g_assert_cmpstr(clean_peek(n.body), ==, "Anna Weber: The garden wall · Bob: no subject");
	notice_clear(&n);
	g_ptr_array_add(all, news(NULL, "third", 2));
	n = notice_make(all, 0);
	g_assert_cmpstr(clean_peek(n.title), ==, "3 new messages");
	notice_clear(&n);
	for (int i = 0; i < 5000; i++)
		g_ptr_array_add(all, news(long_one, long_one, 1));
	n = notice_make(all, 0);
	g_assert_cmpstr(clean_peek(n.title), ==, "5003 new messages");
	g_assert_true(g_str_has_suffix(clean_peek(n.body), "unknown sender: third …"));
	notice_clear(&n);
}

/* ---- gathering ---- */

static News *
keyed(const char *key)
{
	News *n = news("a", "b", 1);
	n->key = g_strdup(key);
	return n;
}

static void
test_gather(void)
{
	Gather *g = gather_new();
	g_autoptr(GPtrArray) first = NULL, second = NULL;
	guint more = 7;

	g_assert_cmpint(gather_due(g, 6), ==, -1);
	g_assert_true(gather_add(g, keyed("<1>"), 1000));
	g_assert_true(gather_add(g, keyed("<2>"), 2000));
	g_assert_false(gather_add(g, keyed("<1>"), 2000));	/* a copy in another folder */
	g_assert_true(gather_add(g, keyed(NULL), 2000));
	g_assert_true(gather_add(g, keyed(NULL), 2000));
	g_assert_cmpint(gather_due(g, 6), ==, 1000 + GATHER_MS);
	first = gather_take(g, 2500, &more);
	g_assert_cmpuint(first->len, ==, 4);
	gather_told(g, 2500);
	g_assert_cmpint(gather_due(g, 6), ==, -1);
	g_assert_false(gather_add(g, keyed("<2>"), 3000));	/* told is told */
	g_assert_cmpint(gather_due(g, 6), ==, -1);
	g_assert_true(gather_add(g, keyed("<3>"), 3000));
	g_assert_cmpint(gather_due(g, 6), ==, 3000 + GATHER_MS);
	g_assert_cmpint(gather_due(g, 1), ==, 62500);	/* one in a minute */
	second = gather_take(g, 62500, &more);
	g_assert_cmpuint(second->len, ==, 1);
	g_assert_cmpuint(more, ==, 0);
	gather_free(g);
}

/* After weeks away: counted, not looked at. */
static void
test_thousands(void)
{
	Gather *g = gather_new();
	guint more;

	for (int i = 0; !gather_full(g); i++) {
		g_assert_cmpint(i, <, GATHER_MAX);
		g_assert_true(gather_add(g, keyed(NULL), 0));
	}
	gather_more(g, 9000);
	gather_more(g, 800);
	g_autoptr(GPtrArray) all = gather_take(g, 5000, &more);
	g_assert_cmpuint(more, ==, 9800);
	Notice n = notice_make(all, more);
	g_assert_cmpstr(clean_peek(n.title), ==, "10000 new messages");
	g_assert_cmpstr(clean_peek(n.body), ==, "a: b · a: b · a: b …");
	notice_clear(&n);
	g_assert_false(gather_full(g));
	gather_free(g);
}

/* Never more than so many in any minute, nothing lost, nothing late without need. */
static void
test_flood(void)
{
	enum { PER_MINUTE = 4, N = 3000 };
	Gather *g = gather_new();
	g_autoptr(GArray) told = g_array_new(FALSE, FALSE, sizeof(gint64));
	guint n = 0, added = 0, more;

	for (gint64 now = 0; now < 900000; now += 100) {
		if (added < N && g_test_rand_int_range(0, 3) == 0) {
			g_autofree char *key = g_strdup_printf("<%u>", added++);
			g_assert_true(gather_add(g, keyed(key), now));
		}
		gint64 due = gather_due(g, PER_MINUTE);
		if (due < 0 || due > now)
			continue;
		g_autoptr(GPtrArray) all = gather_take(g, now, &more);
		n += all->len;
		gather_told(g, now);
		g_array_append_val(told, now);
		if (told->len > PER_MINUTE)
			g_assert_cmpint(now - g_array_index(told, gint64, told->len - 1 - PER_MINUTE), >=, 60000);
	}
	g_autoptr(GPtrArray) rest = gather_take(g, 900000, &more);
	g_assert_cmpuint(n + rest->len, ==, added);
	g_assert_cmpuint(added, >, 2000);
	gather_free(g);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/notice/folders", test_folders);
	g_test_add_func("/ui/notice/evil", test_evil);
	g_test_add_func("/ui/notice/words", test_words);
	g_test_add_func("/ui/notice/gather", test_gather);
	g_test_add_func("/ui/notice/thousands", test_thousands);
	g_test_add_func("/ui/notice/flood", test_flood);
	return g_test_run();
}
