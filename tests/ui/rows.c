/* rows.c - tests of ui/rows: the index and folder rows at every width, dates, sizes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/rows.h"
#include "ui/theme.h"

#include <locale.h>
#include <string.h>

enum { NOW = 1795426800 };	/* 2026-11-23 09:40 UTC, a Monday: see main */

static RowContext
context(void)
{
	static GTimeZone *zone;
	if (!zone)
		zone = g_time_zone_new_utc();
	return (RowContext){ .now = NOW, .zone = zone };
}

static const struct { gint64 ago; RowDates dates; const char *text; } dates[] = {
	{ 540, DATES_RELATIVE, "09:31" }, { 0, DATES_RELATIVE, "09:40" },
	{ 9 * 3600 + 40 * 60, DATES_RELATIVE, "00:00" },
	{ 9 * 3600 + 40 * 60 + 1, DATES_RELATIVE, "Sun" }, { 5 * 86400, DATES_RELATIVE, "Wed" },
	{ 6 * 86400, DATES_RELATIVE, "17 Nov" },
	{ 20 * 86400, DATES_RELATIVE, " 3 Nov" }, { 299 * 86400, DATES_RELATIVE, "28 Jan" },
	{ 400 * 86400, DATES_RELATIVE, "2025-10" },
	{ -7200, DATES_RELATIVE, "11:40" }, { -20 * 3600, DATES_RELATIVE, "24 Nov" },
	{ -3 * 86400, DATES_RELATIVE, "2026-11" }, { NOW, DATES_RELATIVE, "" },
	{ 540, DATES_ABSOLUTE, "2026-11-23 09:31" },
};

static void
test_dates(void)
{
	RowContext rc = context();
	for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
		rc.dates = dates[i].dates;
		g_autoptr(Clean) c = rows_date(NOW - dates[i].ago, &rc);
		g_assert_cmpstr(clean_peek(c), ==, dates[i].text);
	}
	rc.dates = DATES_RELATIVE;
	g_autoptr(Clean) far = rows_date(G_MAXINT64, &rc), before = rows_date(-5, &rc);
	g_assert_cmpstr(clean_peek(far), ==, "");
	g_assert_cmpstr(clean_peek(before), ==, "");
}

static const struct { guint64 bytes; const char *text; } sizes[] = {
	{ 0, "0" }, { 999, "999" }, { 1000, "1K" }, { 1024, "1K" }, { 12288, "12K" },
	{ 1022 * 1024, "1.0M" }, { 1258291, "1.2M" }, { 52428800, "50M" },
	{ 999 * 1024, "999K" }, { G_GUINT64_CONSTANT(3221225472), "3.0G" }, { G_MAXUINT64, "16E" },
};

static void
test_sizes(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(Clean) c = rows_size(sizes[i].bytes);
		g_assert_cmpstr(clean_peek(c), ==, sizes[i].text);
	}
	for (guint64 n = 1; n < G_MAXUINT64 / 2; n += n / 7 + 1) {
		g_autoptr(Clean) c = rows_size(n);
		g_assert_cmpuint(strlen(clean_peek(c)), <=, 4);
	}
}

static MessageRow
message(void)
{
	return (MessageRow){ .key = { NOW - 540, 7, 7 }, .size = 12288,
		.subject = (char *)"The garden wall", .from_name = (char *)"Anna Weber",
		.from_address = (char *)"anna@example.org",
			.to = (char *)"Bob Meyer <bob@example.org>" };
}

static char *
row(const MessageRow *m, int w, RowContext rc)
{
	RowLine l;
	rows_index(m, w, &rc, &l);
	g_autoptr(Clean) text = row_line_text(&l, w);
	row_line_clear(&l);
	return g_strdup(clean_peek(text));
}

static void
test_index(void)
{
	MessageRow m = message();
	static const struct { int w; guint32 flags, traits; const char *row; } cases[] = {
		{ 92, 0, 0, "●  09:31   Anna Weber             The garden wall                                        12K" },
		{ 92, FLAG_SEEN, TRAIT_ATTACHMENT,
		"   09:31   Anna Weber             The garden wall                                     @  12K" },
		{ 60, FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED, 0,
		"»! 09:31   Anna Weber   The garden wall                  12K" },
		{ 44, FLAG_SEEN | FLAG_FORWARDED, TRAIT_ATTACHMENT,
		"›  09:31   Anna Web… The garden wall       @" },
		{ 30, FLAG_DELETED, TRAIT_ATTACHMENT, "D  09:31   Anna … The garden …" },
		{ 20, 0, 0, "●  Anna … The garde…" },
		{ 12, 0, 0, "●  The gard…" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		m.flags = cases[i].flags;
		m.traits = cases[i].traits;
		g_autofree char *text = row(&m, cases[i].w, context());
		g_test_message("|%s|", text);
		g_assert_cmpstr(text, ==, cases[i].row);
		g_assert_cmpint(utf8_columns(text, -1), <=, cases[i].w);
	}
}

/* Names of strangers, at every width: the columns keep their places and nothing acts on the
 * terminal. */
static void
test_hostile(void)
{
	static const char *const texts[] = {
		"\033]0;owned\007", "日本語の件名がとても長い場合はどうなるか", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
			("\xe2\x80\xae" "evil\n\r\tx"), "", "   ", "\xff\xfe", "😀😀😀😀😀😀😀😀😀😀",
	};
	for (int w = 1; w < 140; w++) {
		for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
			MessageRow m = message();
			m.subject = m.from_name = (char *)texts[i];
			m.traits = TRAIT_ATTACHMENT;
			m.flags = FLAG_FLAGGED;
			g_autofree char *text = row(&m, w, context());
			g_assert_cmpint(utf8_columns(text, -1), <=, w);
			for (const char *p = text; *p; p++)
				g_assert_true((guchar)*p >= 0x20 && *p != 0x7f);
			g_assert_null(strstr(text, "\xe2\x80\xae"));
			if (w >= 60)
				g_assert_true(g_str_has_suffix(text, "@  12K"));
			FolderLine f = { .name = texts[i], .selectable = i % 2, .unseen = 1234,
				.depth = (int)i * 3, .open = true, .news = true };
			RowLine l;
			rows_folder(&f, w, &l);
			g_autoptr(Clean) folder = row_line_text(&l, w);
			g_assert_cmpint(utf8_columns(clean_peek(folder), -1), <=, w);
			row_line_clear(&l);
		}
	}
}

static void
test_who(void)
{
	RowContext rc = context();
	MessageRow m = message();
	rc.recipients = true;
	g_autofree char *sent = row(&m, 80, rc);
	g_assert_nonnull(strstr(sent, "To Bob Meyer"));
	rc.recipients = false;
	m.from_name = NULL;
	m.subject = (char *)" ";
	g_autofree char *nameless = row(&m, 80, rc);
	g_assert_nonnull(strstr(nameless, "anna@example.org"));
	g_assert_nonnull(strstr(nameless, "(no subject)"));
	m.from_address = NULL;
	g_autofree char *nobody = row(&m, 80, rc);
	g_assert_nonnull(strstr(nobody, "(no sender)"));
	rc.dates = DATES_ABSOLUTE;
	g_autofree char *absolute = row(&m, 100, rc), *narrow = row(&m, 80, rc);
	g_assert_nonnull(strstr(absolute, "2026-11-23 09:31"));
	g_assert_nonnull(strstr(narrow, " 09:31"));
	g_assert_null(strstr(narrow, "2026"));
}

static void
test_head(void)
{
	for (int w = 20; w < 130; w++) {
		RowContext rc = context();
		MessageRow m = message();
		RowLine head, line;
		rows_index_head(w, &rc, &head);
		rows_index(&m, w, &rc, &line);
		/* the subject stands under its head */
		int at = -1, under = -2;
		for (guint i = 0; i < head.n; i++)
			if (strcmp(clean_peek(head.pieces[i].text), "Subject") == 0)
				at = head.pieces[i].x;
		for (guint i = 0; i < line.n; i++)
			if (strcmp(clean_peek(line.pieces[i].text), "The garden wall") == 0)
				under = line.pieces[i].x;
		g_assert_cmpint(at, ==, under);
		row_line_clear(&head);
		row_line_clear(&line);
	}
}

static const struct { FolderLine f; int w; const char *row; CellStyle style; } folder_rows[] = {
	{ { .account = true, .name = "work" }, 20, "▾ work", STYLE_ACCOUNT },
	{ { .account = true, .name = "work", .trouble = true }, 20, "▾ work             !",
	STYLE_ACCOUNT },
	{ { .account = true, .name = "work", .busy = true }, 20, "▾ work             …",
	STYLE_ACCOUNT },
	{ { .name = "INBOX", .role = ROLE_INBOX, .selectable = true, .unseen = 12 }, 20,
	"  Inbox           12", STYLE_FOLDER },
	{ { .name = "INBOX", .role = ROLE_INBOX, .selectable = true, .open = true }, 20, "› Inbox",
	STYLE_FOLDER_OPEN },
	{ { .name = "2024", .selectable = true, .depth = 1, .unseen = 3, .news = true }, 20,
	"   *2024           3", STYLE_FOLDER_NEW },
	{ { .name = "Projects", .depth = 1 }, 20, "    (Projects)", STYLE_FOLDER_DIM },
	{ { .name = "A very long folder name", .selectable = true, .unseen = 99999 }, 20,
	"  A very long… 99999", STYLE_FOLDER },
	{ { .name = "Projects", .selectable = true, .depth = 1, .parent = true }, 20, "  ▾ Projects", STYLE_FOLDER },
	{ { .name = "Projects", .selectable = true, .depth = 1, .parent = true, .folded = true, .open = true, .unseen = 7 }, 20, "  ▸›Projects       7",
	STYLE_FOLDER_OPEN },
	{ { .name = "news", .selectable = true, .read_only = true }, 24, "  news (read only)", STYLE_FOLDER },
	{ { .name = "news of the day", .selectable = true, .read_only = true }, 24, "  news of the day", STYLE_FOLDER },
};

static void
test_folders(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(folder_rows); i++) {
		RowLine l;
		rows_folder(&folder_rows[i].f, folder_rows[i].w, &l);
		g_autoptr(Clean) text = row_line_text(&l, folder_rows[i].w);
		g_assert_cmpstr(clean_peek(text), ==, folder_rows[i].row);
		bool styled = false;
		for (guint p = 0; p < l.n; p++)
			styled |= l.pieces[p].style == folder_rows[i].style;
		g_assert_true(styled);
		row_line_clear(&l);
	}
}

static void
test_styles(void)
{
	MessageRow m = message();
	RowContext rc = context();
	RowLine l;
	rows_index(&m, 80, &rc, &l);
	g_autoptr(Canvas) c = canvas_new(1, 80);
	row_line_draw(&l, c, 0, 0, 80);
	g_assert_cmpint(canvas_style_at(c, 0, 0), ==, STYLE_MARK);
	g_assert_cmpint(canvas_style_at(c, 0, 11), ==, STYLE_UNREAD);
	row_line_clear(&l);
	g_assert_cmpuint(l.n, ==, 0);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rows/dates", test_dates);
	g_test_add_func("/rows/sizes", test_sizes);
	g_test_add_func("/rows/index", test_index);
	g_test_add_func("/rows/M6/hostile", test_hostile);
	g_test_add_func("/rows/who", test_who);
	g_test_add_func("/rows/head", test_head);
	g_test_add_func("/rows/folders", test_folders);
	g_test_add_func("/rows/styles", test_styles);
	return g_test_run();
}
