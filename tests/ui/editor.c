/* editor.c - tests of ui/view/editor: acts on a text, undo, wrapping, paragraphs, the picture.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/editor.h"
#include "ui/theme.h"
#include "tests/cpu.h"

#include <locale.h>
#include <string.h>

/* A letter an act; what stands in ' ' is typed letter by letter, in [ ] pasted; | is the cursor. */
static const struct { char letter; EditorAct act; } acts[] = {
	{ 'l', EDIT_LEFT }, { 'r', EDIT_RIGHT }, { 'u', EDIT_UP }, { 'd', EDIT_DOWN }, { 'b', EDIT_WORD_LEFT }, { 'f', EDIT_WORD_RIGHT },
	{ 'a', EDIT_ROW_START }, { 'e', EDIT_ROW_END }, { '<', EDIT_TEXT_START }, { '>', EDIT_TEXT_END }, { 'h', EDIT_ERASE_BACK },
	{ 'x', EDIT_ERASE }, { 'w', EDIT_ERASE_WORD_BACK }, { 'W', EDIT_ERASE_WORD }, { 'm', EDIT_MARK }, { 'c', EDIT_COPY },
	{ 'k', EDIT_CUT }, { 'y', EDIT_PASTE }, { 'z', EDIT_UNDO }, { 'Z', EDIT_REDO }, { 'q', EDIT_REWRAP },
	{ 'U', EDIT_PAGE_UP }, { 'D', EDIT_PAGE_DOWN },
};

static const struct { const char *name, *text, *keys, *want; } edits[] = {
	{ "type", "|", "'ab ä日'", "ab ä日|" },
	{ "type-inside", "a|c", "'b'", "ab|c" },
	{ "move", "ab|", "llrr'c'", "abc|" },
	{ "bounds", "|a", "lhrrx'b'", "ab|" },
	{ "marks-with-base", "xe\xcc\x81y|", "ll'-'", "x-|e\xcc\x81y" },
	{ "marks-erased-with-base", "xe\xcc\x81|", "h", "x|" },
	{ "mark-alone-at-line", "a\n\xcc\x81|", "h", "a\n|" },
	{ "joiners-stay-with-base", "a\xe2\x80\x8d" "b|", "ll'-'", "-|a\xe2\x80\x8d" "b" },
	{ "words", "one two.three|", "bb", "one |two.three" },
	{ "words-over-lines", "one\n  two|", "bb'x'", "x|one\n  two" },
	{ "words-forward", "|one two", "ff'x'", "one twox|" },
	{ "word-with-apostrophe", "don't|", "b", "|don't" },
	{ "row-ends", "on|e\ntwo", "a'x'e'y'", "xoney|\ntwo" },
	{ "text-ends", "one\nt|wo", "<'x'>'y'", "xone\ntwoy|" },
	{ "up-down-keeps-column", "long line\nx\nlong line|", "uu'-'", "long line-|\nx\nlong line" },
	{ "up-down-wide", "ab日本\nab|cd", "u'-'", "ab-|日本\nabcd" },
	{ "up-at-top", "a|b", "u'-'", "a-|b" },
	{ "erase-joins-lines", "one\n|two", "h", "one|two" },
	{ "erase-word-back", "one two  |", "w", "one |" },
	{ "erase-word", "|one two", "WW", "|" },
	{ "cut-line-pico", "one\n|two\nthree", "k", "one\n|three" },
	{ "cut-rest-emacs", "o|ne\ntwo", "k", "o|\ntwo" },
	{ "cut-line-end-emacs", "one|\ntwo", "k", "one|two" },
	{ "cut-lines-add-up", "|one\ntwo\nthree", "kk>y", "threeone\ntwo\n|" },
	{ "cut-mark", "one t|wo", "mbbky", "one t|wo" },
	{ "cut-mark-moved", "one |two", "mek<y", "two|one " },
	{ "mark-backwards", "one two|", "mbw<y", "two|one " },
	{ "copy-line", "on|e\ntwo", "cy", "onone\n|e\ntwo" },
	{ "copy-mark", "|ab", "mrcy", "aa|b" },
	{ "mark-erased", "one |two", "meh", "one |" },
	{ "mark-taken-away", "a|b", "mmrk", "ab|" },
	{ "paste-nothing", "a|", "y", "a|" },
	{ "paste-lines", "a|b", "[1\r\n2\r3\x1b\x07]", "a1\n2\n3|b" },
	{ "paste-one-undo", "a|b", "[1 2\n3]z", "a|b" },
	{ "undo-words", "|", "'one two'z", "one |" },
	{ "undo-all", "|", "'one two'zzz", "|" },
	{ "undo-redo", "|", "'one two'zzZ", "one |" },
	{ "undo-erasing", "abc|", "hhhz", "abc|" },
	{ "undo-mixed", "a|", "'b'h'c'zzz", "a|" },
	{ "undo-cut", "one|\ntwo", "kkz", "one|two" },
	{ "redo-gone-after-typing", "|", "'a'z'b'Z", "b|" },
	{ "undo-restores-cursor", "ab|cd", "Wz", "ab|cd" },
	{ "rewrap-joins", "one\ntwo|\n\nthree", "q", "one two|\n\nthree" },
	{ "rewrap-stops-at-quote", "> q\none\ntwo|", "q", "> q\none two|" },
	{ "rewrap-quote", "> one\n> two|\n>> three", "q", "> one two|\n>> three" },
	{ "rewrap-quote-depth", "> > one\n>> two|", "q", ">> one two|" },
	{ "rewrap-quote-long", "> aaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccccccccc dd|", "q",
		"> aaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n> ccccccccccccccccccccccccc dd|" },
	{ "rewrap-blank-line", "one\n|\ntwo", "q", "one\n|\ntwo" },
	{ "rewrap-not-signature", "one|\n-- \nme", "q", "one|\n-- \nme" },
	{ "rewrap-undo", "one\ntwo|", "qz", "one\ntwo|" },
};

static void
press(Editor *e, const char *keys)
{
	for (const char *p = keys; *p; p++) {
		if (*p == '\'') {
			for (p++; *p != '\''; p = g_utf8_next_char(p))
				editor_type(e, g_utf8_get_char(p));
		} else if (*p == '[') {
			const char *end = strchr(p, ']');
			editor_insert(e, p + 1, end - p - 1);
			p = end;
		} else {
			for (gsize i = 0; i < G_N_ELEMENTS(acts); i++)
				if (acts[i].letter == *p)
					editor_act(e, acts[i].act);
		}
	}
}

/* "a|b" as text and cursor. */
static void
place(Editor *e, const char *marked)
{
	const char *bar = strchr(marked, '|');
	g_autofree char *text = g_strdup_printf("%.*s%s", (int)(bar - marked), marked, bar + 1);
	editor_set(e, text);
	editor_set_cursor(e, (gsize)(bar - marked));
}

static char *
shown(const Editor *e)
{
	return g_strdup_printf("%.*s|%s", (int)editor_cursor(e), editor_text(e), editor_text(e) + editor_cursor(e));
}

static void
test_edits(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(edits); i++) {
		g_autoptr(GString) clip = g_string_new(NULL);
		g_autoptr(Editor) e = editor_new(false, clip);
		place(e, edits[i].text);
		press(e, edits[i].keys);
		g_autofree char *got = shown(e);
		g_test_message("%s", edits[i].name);
		g_assert_cmpstr(got, ==, edits[i].want);
		g_assert_true(g_utf8_validate(editor_text(e), -1, NULL));
	}
}

/* Whatever was done: undone it is as before, redone as after. */
static void
test_undo_everything(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(20261123);
	for (int round = 0; round < 60; round++) {
		g_autoptr(GString) clip = g_string_new("clip\ntwo");
		g_autoptr(Editor) e = editor_new(false, clip);
		editor_set(e, "> quoted ä\n> 日本 text\n\nA line of text that is written, wrapped and cut.\n-- \nme");
		g_autofree char *before = g_strdup(editor_text(e));
		for (int i = 0; i < 200; i++) {
			guint pick = (guint)g_rand_int_range(rand, 0, (gint32)G_N_ELEMENTS(acts) + 6);
			if (pick >= G_N_ELEMENTS(acts))
				editor_type(e, (gunichar)"x \n>\xe4" "9"[pick - G_N_ELEMENTS(acts)] & 0xff);
			else if (acts[pick].act != EDIT_UNDO && acts[pick].act != EDIT_REDO)
				editor_act(e, acts[pick].act);
			g_assert_true(g_utf8_validate(editor_text(e), -1, NULL));
			g_assert_cmpuint(editor_cursor(e), <=, editor_length(e));
		}
		g_autofree char *after = g_strdup(editor_text(e));
		while (editor_act(e, EDIT_UNDO))
			;
		g_assert_cmpstr(editor_text(e), ==, before);
		while (editor_act(e, EDIT_REDO))
			;
		g_assert_cmpstr(editor_text(e), ==, after);
	}
}

static const struct { const char *name, *text; int columns; const char *rows; } wraps[] = {
	{ "short", "one", 10, "one" },
	{ "empty-lines", "a\n\nb\n", 10, "a|" "|b|" },
	{ "at-blank", "one two three", 8, "one two |three" },
	{ "blank-hangs-over", "one two three", 7, "one two |three" },
	{ "two-blanks", "one  two", 4, "one  |two" },
	{ "long-word", "abcdefghij", 4, "abcd|efgh|ij" },
	{ "long-word-after-short", "ab abcdefgh", 4, "ab |abcd|efgh" },
	{ "wide", "日本語日本", 5, "日本|語日|本" },
	{ "wide-and-narrow", "ab日本 cd", 5, "ab日|本 cd" },
	{ "marks", "e\xcc\x81" "e\xcc\x81" "e\xcc\x81", 2, "e\xcc\x81" "e\xcc\x81|e\xcc\x81" },
	{ "tab", "a\tb", 9, "a\tb" },
	{ "quote-marks-drawn", "> aaa bbb ccc", 8, "> aaa |bbb |ccc" },
	{ "emoji", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80|\xf0\x9f\x98\x80" },
};

static void
test_wrap(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(wraps); i++) {
		g_autoptr(GString) clip = g_string_new(NULL), rows = g_string_new(NULL);
		g_autoptr(Editor) e = editor_new(false, clip);
		gsize from = 0, end;
		editor_set(e, wraps[i].text);
		editor_set_columns(e, wraps[i].columns);
		while (from != G_MAXSIZE) {
			gsize next = editor_row(e, from, &end);
			g_assert_cmpuint(editor_row_start(e, from), ==, from);
			g_string_append_printf(rows, "%s%.*s", from ? "|" : "", (int)(end - from), editor_text(e) + from);
			from = next;
		}
		g_test_message("%s", wraps[i].name);
		g_assert_cmpstr(rows->str, ==, wraps[i].rows);
	}
}

static void
test_move_in_rows(void)
{
	g_autoptr(GString) clip = g_string_new(NULL);
	g_autoptr(Editor) e = editor_new(false, clip);
	place(e, "|aaaa bbbb cccc");
	editor_set_columns(e, 6);
	press(e, "d");
	g_assert_cmpuint(editor_cursor(e), ==, 5);
	press(e, "e");
	g_assert_cmpuint(editor_cursor(e), ==, 9);	/* before the blank at which it was wrapped */
	press(e, "e");
	g_assert_cmpuint(editor_cursor(e), ==, 14);
	press(e, "aa");
	g_assert_cmpuint(editor_cursor(e), ==, 0);
	g_assert_true(editor_at_first_row(e));
	g_assert_false(editor_at_last_row(e));
	press(e, "ddd");
	g_assert_true(editor_at_last_row(e));
}

static void
test_hard_wrap(void)
{
	g_autoptr(GString) clip = g_string_new(NULL);
	g_autoptr(Editor) e = editor_new(false, clip);
	editor_set_flowed(e, false);
	place(e, "|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbb cccccccccccccccccc");
	press(e, "q");
	g_assert_cmpstr(editor_text(e), ==, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbb\ncccccccccccccccccc");
}

static void
test_one_line(void)
{
	g_autoptr(GString) clip = g_string_new(NULL);
	g_autoptr(Editor) e = editor_new(true, clip);
	g_autofree char *huge = g_strnfill(10 * 1024 * 1024, 'x');

	editor_insert(e, "a@b.example\r\nBcc: evil@example.org\n\x1b[31m", -1);
	g_assert_cmpstr(editor_text(e), ==, "a@b.example Bcc: evil@example.org [31m");
	g_assert_false(editor_insert(e, huge, -1));	/* ten megabytes are no subject */
	g_assert_cmpstr(editor_text(e), ==, "a@b.example Bcc: evil@example.org [31m");
	g_assert_false(editor_type(e, '\n'));
	g_autoptr(Editor) body = editor_new(false, clip);
	g_assert_false(editor_insert(body, huge, -1));
	g_assert_cmpuint(editor_length(body), ==, 0);
}

static void
test_find(void)
{
	g_autoptr(GString) clip = g_string_new(NULL);
	g_autoptr(Editor) e = editor_new(false, clip);
	bool wrapped;
	place(e, "|Äpfel und Birnen\nund äpfel");
	g_assert_true(editor_find(e, "äPFEL", &wrapped));
	g_assert_cmpuint(editor_cursor(e), ==, 22);
	g_assert_false(wrapped);
	g_assert_true(editor_find(e, "äpfel", &wrapped));
	g_assert_cmpuint(editor_cursor(e), ==, 0);
	g_assert_true(wrapped);
	g_assert_false(editor_find(e, "Kirschen", &wrapped));
}

static void
test_draw(void)
{
	g_autoptr(GString) clip = g_string_new(NULL);
	g_autoptr(Editor) e = editor_new(false, clip);
	g_autoptr(Canvas) c = canvas_new(6, 20);
	int y, x;

	editor_set(e, "> quoted\n>> twice\nown text that is long enough\n-- \nme");
	editor_draw(e, c, canvas_rect(c), true);
	g_autofree char *text = canvas_text(c);
	g_assert_cmpstr(text, ==, "> quoted\n>> twice\nown text that is\nlong enough\n--\nme\n");
	g_assert_cmpuint(canvas_style_at(c, 0, 0), ==, STYLE_QUOTE1);
	g_assert_cmpuint(canvas_style_at(c, 1, 0), ==, STYLE_QUOTE2);
	g_assert_cmpuint(canvas_style_at(c, 2, 0), ==, STYLE_NORMAL);
	g_assert_cmpuint(canvas_style_at(c, 5, 0), ==, STYLE_SIGNATURE);
	g_assert_true(canvas_cursor_peek(c, &y, &x));
	g_assert_cmpint(y, ==, 0);
	editor_act(e, EDIT_TEXT_END);
	editor_act(e, EDIT_MARK);
	editor_act(e, EDIT_LEFT);
	editor_draw(e, c, canvas_rect(c), true);
	g_assert_cmpuint(canvas_style_at(c, 5, 1), ==, STYLE_SIGNATURE | MOD_REVERSE);
	g_assert_true(canvas_cursor_peek(c, &y, &x));
	g_assert_cmpint(y, ==, 5);
	g_assert_cmpint(x, ==, 1);
}

/* The cursor is on the screen wherever it goes, and the signature is dim also when its beginning is above. */
static void
test_scroll(void)
{
	g_autoptr(GString) clip = g_string_new(NULL), long_text = g_string_new(NULL);
	g_autoptr(Editor) e = editor_new(false, clip);
	g_autoptr(Canvas) c = canvas_new(5, 30);
	static const EditorAct way[] = { EDIT_DOWN, EDIT_PAGE_DOWN, EDIT_TEXT_END, EDIT_UP, EDIT_PAGE_UP, EDIT_TEXT_START, EDIT_RIGHT, EDIT_WORD_RIGHT };
	int y, x;

	for (int i = 0; i < 100; i++)
		g_string_append_printf(long_text, "%s %d\n", i % 7 ? "line" : "a long line that is wrapped over several rows of the screen 日本語", i);
	g_string_append(long_text, "-- \n1\n2\n3\n4\n5\n6");
	editor_set(e, long_text->str);
	for (gsize i = 0; i < G_N_ELEMENTS(way) * 40; i++) {
		editor_act(e, way[i / 40]);
		canvas_clear(c);
		editor_draw(e, c, canvas_rect(c), true);
		g_assert_true(canvas_cursor_peek(c, &y, &x));
		g_assert_true(y >= 0 && y < 5 && x >= 0 && x < 30);
	}
	editor_act(e, EDIT_TEXT_END);
	editor_draw(e, c, canvas_rect(c), true);
	g_assert_cmpuint(canvas_style_at(c, 2, 0), ==, STYLE_SIGNATURE);
}

static void
test_draw_long_quote(void)
{
	g_autoptr(GString) clip = g_string_new(NULL);
	g_autoptr(Editor) e = editor_new(false, clip);
	g_autoptr(Canvas) c = canvas_new(3, 13);
	int y, x;

	place(e, "> quoted text go|es on\nown");
	editor_draw(e, c, canvas_rect(c), true);
	g_autofree char *text = canvas_text(c);
	g_assert_cmpstr(text, ==, "> quoted\n> text goes\n> on\n");
	g_assert_cmpuint(canvas_style_at(c, 2, 0), ==, STYLE_QUOTE1);
	g_assert_true(canvas_cursor_peek(c, &y, &x));
	g_assert_cmpint(y, ==, 1);
	g_assert_cmpint(x, ==, 9);
}

/* A megabyte without a line end is a mail too. */
static void
test_long_line(void)
{
	g_autoptr(GString) clip = g_string_new(NULL), text = g_string_new("> ");
	g_autoptr(Editor) e = editor_new(false, clip);
	g_autoptr(Canvas) c = canvas_new(20, 80);

	while (text->len < 1000000)
		g_string_append(text, "words of a quite long line ");
	editor_set(e, text->str);
	editor_act(e, EDIT_TEXT_END);
	gint64 start = cpu_us();
	editor_type(e, 'x');
	editor_draw(e, c, canvas_rect(c), true);
	editor_act(e, EDIT_UP);
	editor_draw(e, c, canvas_rect(c), true);
	g_test_message("%" G_GINT64_FORMAT " us", cpu_us() - start);
	g_assert_cmpint(cpu_us() - start, <, 5 * G_USEC_PER_SEC);
}

static void
test_draw_line(void)
{
	g_autoptr(GString) clip = g_string_new(NULL);
	g_autoptr(Editor) e = editor_new(true, clip);
	g_autoptr(Canvas) c = canvas_new(1, 10);
	int y, x;

	editor_insert(e, "abcdefghijklmnop", -1);
	editor_draw_line(e, c, canvas_rect(c), STYLE_NORMAL, true);
	g_autofree char *end = canvas_text(c);
	g_assert_cmpstr(end, ==, "hijklmnop\n");
	g_assert_true(canvas_cursor_peek(c, &y, &x));
	g_assert_cmpint(x, ==, 9);
	editor_draw_line(e, c, canvas_rect(c), STYLE_NORMAL, false);
	g_autofree char *start = canvas_text(c);
	g_assert_cmpstr(start, ==, "abcdefghi…\n");
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/editor/edits", test_edits);
	g_test_add_func("/ui/editor/undo-everything", test_undo_everything);
	g_test_add_func("/ui/editor/wrap", test_wrap);
	g_test_add_func("/ui/editor/move-in-rows", test_move_in_rows);
	g_test_add_func("/ui/editor/hard-wrap", test_hard_wrap);
	g_test_add_func("/ui/editor/one-line", test_one_line);
	g_test_add_func("/ui/editor/find", test_find);
	g_test_add_func("/ui/editor/draw", test_draw);
	g_test_add_func("/ui/editor/scroll", test_scroll);
	g_test_add_func("/ui/editor/draw-long-quote", test_draw_long_quote);
	g_test_add_func("/ui/editor/long-line", test_long_line);
	g_test_add_func("/ui/editor/draw-line", test_draw_line);
	return g_test_run();
}
