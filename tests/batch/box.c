/* box.c - tests of batch/box: mbox, Maildir, .eml, there and back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "batch/box.h"
#include "store/messages.h"
#include "tests/tree.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder;

static char *
path_of(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static const char *const TEXTS[] = {
	"Message-ID: <a@x>\r\nSubject: From lines\r\n\r\nFrom here on\r\n>From there\r\n>>From everywhere\r\n> From is no such line\r\nfrom small\r\n",
	"Message-ID: <b@x>\r\nSubject: ends in empty lines\r\n\r\nText\r\n\r\n\r\n",
	"Subject: nothing in it\r\n\r\n",
	"Message-ID: <c@x>\r\nSubject: a From line in full\r\n\r\n\r\nFrom anna@example.org Sat Nov 28 21:50:00 2026\r\nMessage-ID: <no@x>\r\n\r\nbelongs to it\r\n",
	"Message-ID:\r\n <folded@x>\r\nX-Long: one\r\n two\r\n\r\nÄ \xff and \t tab\r\n.\r\n",
};

static void
round_trip(BoxFormat format, const char *name)
{
	g_autofree char *path = path_of(name);
	g_autoptr(GError) err = NULL;
	BoxWriter *w = box_writer_new(format, path, &err);
	guint32 flags[] = { FLAG_SEEN, FLAG_FLAGGED | FLAG_ANSWERED, 0, FLAG_SEEN | FLAG_DRAFT, FLAG_FORWARDED };

	g_assert_no_error(err);
	for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
		g_autoptr(GBytes) whole = g_bytes_new(TEXTS[i], strlen(TEXTS[i]));
		g_assert_true(box_writer_add(w, whole, flags[i], 1700000000 + i, i == 1 ? "work $Label1" : NULL, &err));
	}
	g_assert_true(box_writer_finish(w, &err));
	g_autoptr(BoxReader) r = box_reader_new(path, &err);
	for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
		g_autoptr(BoxItem) item = box_reader_next(r, &err);
		g_assert_no_error(err);
		g_assert_nonnull(item);
		g_autofree char *text = g_strndup(g_bytes_get_data(item->whole, NULL), g_bytes_get_size(item->whole));
		g_assert_cmpstr(text, ==, TEXTS[i]);
		g_assert_cmpint(item->received, ==, format == BOX_EML ? 0 : 1700000000 + i);
		g_assert_cmpuint(item->flags, ==, format == BOX_EML ? 0 : flags[i]);
		g_assert_cmpstr(item->keywords, ==, format == BOX_MBOX && i == 1 ? "work $Label1" : NULL);
	}
	g_assert_null(box_reader_next(r, &err));
	g_assert_no_error(err);
	/* what is there is never written over */
	g_assert_null(box_writer_new(format, path, &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
}

/* Dates as servers tell them, and a mail of no byte: what is written is read again. */
static void
odd(BoxFormat format, const char *name)
{
	static const gint64 times[] = { -30641760000 /* 999 */, -62135596800 /* 1 */, 253402300799 /* 9999 */, G_MAXINT64, G_MININT64, 0 };
	g_autofree char *path = path_of(name);
	g_autoptr(GError) err = NULL;
	BoxWriter *w = box_writer_new(format, path, &err);

	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		g_autoptr(GBytes) whole = i % 2 ? g_bytes_new_static(NULL, 0) : g_bytes_new_static(TEXTS[i / 2], strlen(TEXTS[i / 2]));
		g_assert_true(box_writer_add(w, whole, 0, times[i], NULL, &err));
	}
	g_assert_true(box_writer_finish(w, &err));
	g_assert_no_error(err);
}

static void
test_odd(void)
{
	odd(BOX_MBOX, "odd.mbox");
	odd(BOX_MAILDIR, "odd.maildir");
	odd(BOX_EML, "odd.d");
}

static void test_mbox(void) { round_trip(BOX_MBOX, "a.mbox"); }
static void test_maildir(void) { round_trip(BOX_MAILDIR, "a.maildir"); }
static void test_eml(void) { round_trip(BOX_EML, "a.eml.d"); }

static void
put_file(const char *path, const char *text)
{
	g_autoptr(GError) err = NULL;
	g_file_set_contents(path, text, -1, &err);
	g_assert_no_error(err);
}

/* As other programs write it: CRLF, a zone in the From line, Thunderbird's marks, one that is deleted there. */
static void
test_foreign_mbox(void)
{
	g_autofree char *path = path_of("foreign");
	g_autoptr(GError) err = NULL;

	put_file(path, "From - Mon Jan 05 08:09:10 2026\r\nX-Mozilla-Status: 0003\r\nMessage-ID: <1@x>\r\n\r\none\r\n\r\n"
		"From b@x Tue Jan  6 08:09:10 +0100 2026\nX-Mozilla-Status: 0009\n\ndeleted there\n\n"
		"From c@x Wed Jan  7 08:09:10 2026\nStatus: R\nStatus-Line: stays\nX-Status: F\nX-Keywords:   one two, a,b  \nSubject: s\n\nStatus: of the text stays\n\nFrom there it went on\n");
	g_autoptr(BoxReader) r = box_reader_new(path, &err);
	g_autoptr(BoxItem) one = box_reader_next(r, &err), three = box_reader_next(r, &err);
	g_assert_cmpuint(one->flags, ==, FLAG_SEEN | FLAG_ANSWERED);
	g_assert_cmpint(one->received, ==, 1767600550);
	g_assert_true(g_str_has_suffix(g_bytes_get_data(one->whole, NULL), "one\r\n"));
	g_autofree char *id = box_message_id(one->whole);
	g_assert_cmpstr(id, ==, "1@x");
	g_assert_cmpuint(three->flags, ==, FLAG_SEEN | FLAG_FLAGGED);
	g_assert_cmpstr(three->keywords, ==, "one two a,b");
	g_autofree char *text = g_strndup(g_bytes_get_data(three->whole, NULL), g_bytes_get_size(three->whole));
	g_assert_cmpstr(text, ==, "Status-Line: stays\r\nSubject: s\r\n\r\nStatus: of the text stays\r\n\r\nFrom there it went on\r\n");
	g_assert_null(box_reader_next(r, &err));
	g_assert_no_error(err);
}

/* M20: what does not read as it was written is not kept. */
static void
test_verified(void)
{
	g_autofree char *path = path_of("damaged");
	g_autoptr(GError) err = NULL;
	g_autoptr(GBytes) whole = g_bytes_new_static("Subject: x\r\n\r\ny\r\n", 17);
	BoxWriter *w = box_writer_new(BOX_MAILDIR, path, &err);

	g_assert_true(box_writer_add(w, whole, 0, 1, NULL, &err));
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	while ((name = g_dir_read_name(dir)))
		if (g_str_has_prefix(name, "damaged.part-")) {
			g_autofree char *extra = g_build_filename(folder, name, "cur", "zzz:2,", NULL);
			put_file(extra, "Subject: not ours\n\n");
		}
	g_assert_false(box_writer_finish(w, &err));
	g_assert_error(err, EIL_ERROR, EIL_BROKEN);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_dir_rewind(dir);
	while ((name = g_dir_read_name(dir)))
		g_assert_false(g_str_has_prefix(name, "damaged"));
}

/* One file that is no mbox: a mail begins with a header field. */
static void
test_what_is_a_mail(void)
{
	static const struct { const char *text; bool mail; } cases[] = {
		{ "Subject: x\n\ntext\n", true }, { "Subject:\r\n folded\r\n\r\n", true }, { "X-Old :with a blank\n\n", true }, { "From: a@x\n", true },
		{ "#!/bin/sh\necho: no\n", false }, { "\x89PNG\r\n\x1a\nSubject: x\n", false }, { "\nSubject: after an empty line\n", false },
		{ "Dear: ", true }, { "Dear all,\nSubject: x\n", false }, { ": nothing before it\n", false }, { "Subject", false },
	};
	g_autofree char *path = path_of("one");

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) err = NULL;
		put_file(path, cases[i].text);
		g_autoptr(BoxReader) r = box_reader_new(path, &err);
		g_test_message("%s", cases[i].text);
		g_assert_cmpint(r != NULL, ==, cases[i].mail);
		if (!cases[i].mail)
			g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("eilpost-box-XXXXXX", NULL);
	g_test_add_func("/batch/box/mbox", test_mbox);
	g_test_add_func("/batch/box/maildir", test_maildir);
	g_test_add_func("/batch/box/eml", test_eml);
	g_test_add_func("/batch/box/odd", test_odd);
	g_test_add_func("/batch/box/foreign-mbox", test_foreign_mbox);
	g_test_add_func("/batch/box/what-is-a-mail", test_what_is_a_mail);
	g_test_add_func("/batch/box/M20/read-again", test_verified);
	int status = g_test_run();
	remove_tree(folder);
	return status;
}
