/* prompt.c - tests of ui/prompt: editing by keys, history, completion, passwords, drawing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/prompt.h"

#include <locale.h>
#include <string.h>

/* Keys are names separated by spaces; the text after them has | where the cursor is. */
static const struct { const char *name, *initial, *keys, *text; } edits[] = {
	{ "type", NULL, "a b <Space> ä", "ab ä|" },
	{ "initial", "abc", "", "abc|" },
	{ "left-right", "abc", "<Left> <Left> x <Right> y", "axby|c" },
	{ "home-end", "abc", "<Home> x <End> y", "xabcy|" },
	{ "emacs-moves", "abc", "C-a C-f x C-e C-b y", "axby|c" },
	{ "bounds", "a", "<Left> <Left> <Left> x", "x|a" },
	{ "backspace", "aä日", "<Backspace> <Backspace>", "a|" },
	{ "delete", "abc", "<Home> <Delete> C-d", "|c" },
	{ "marks-with-base", "xe\xcc\x81y", "<Left> <Left>", "x|e\xcc\x81y" },
	{ "marks-erased-with-base", "xe\xcc\x81", "<Backspace>", "x|" },
	{ "words", "one two.three", "M-b M-b", "one |two.three" },
	{ "words-forward", "one two.three", "<Home> M-f M-f", "one two|.three" },
	{ "kill-word", "one two", "C-w", "one |" },
	{ "kill-word-forward", "one two", "<Home> M-d", "| two" },
	{ "kill-end-yank", "one two", "<Home> M-f C-k <Home> C-y", " two|one" },
	{ "kill-line-yank-twice", "ab", "C-u C-y C-y", "abab|" },
	{ "unknown-keys", "ab", "<F12> C-t M-z", "ab|" },
	{ "initial-cleaned", "a\033[31m\xe2\x80\xae" "b", "", "a[31mb|" },
};

static void
press(Prompt *p, const char *keys, PromptState *last)
{
	g_auto(GStrv) words = g_strsplit(keys, " ", -1);
	for (char **w = words; *w; w++) {
		const char *end;
		if (**w)
			*last = prompt_key(p, key_parse(*w, &end), NULL);
	}
}

/* The line as drawn, with | at the cursor. */
static char *
drawn(Prompt *p, int w)
{
	g_autoptr(Canvas) c = canvas_new(1, w);
	int y, x;
	prompt_draw(p, c, canvas_rect(c));
	g_assert_true(canvas_cursor_peek(c, &y, &x));
	g_autoptr(GString) s = g_string_new(NULL);
	for (int i = 0; i < w; i++) {
		const Cell *cell = canvas_cell(c, 0, i);
		if (i == x)
			g_string_append_c(s, '|');
		if (cell->columns > 0)
			g_string_append_unichar(s, cell->ch);
		for (int m = 0; m < CELL_MARKS && cell->marks[m]; m++)
			g_string_append_unichar(s, cell->marks[m]);
	}
	while (s->len > 0 && s->str[s->len - 1] == ' ' && s->str[s->len - 2] != '|')
		g_string_truncate(s, s->len - 1);
	return g_strchomp(g_strdup(s->str));
}

static void
test_edit(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Prompt) p = prompt_new(PROMPT_SEARCH, clean_ours(":"), edits[i].initial, NULL);
	PromptState last = PROMPT_SAME;
	press(p, edits[i].keys, &last);
	g_autofree char *line = drawn(p, 40), *want = g_strconcat(":", edits[i].text, NULL),
		*plain = g_strdup(edits[i].text);
	g_assert_cmpstr(line, ==, want);
	char *bar = strchr(plain, '|');
	memmove(bar, bar + 1, strlen(bar));
	g_assert_cmpstr(prompt_text(p), ==, plain);
}

static const struct { PromptKind kind; const char *initial,
	*keys; PromptState last; const char *text; } ends[] = {
	{ PROMPT_SEARCH, "a", "<Return>", PROMPT_DONE, "a" },
	{ PROMPT_SEARCH, "a", "C-j", PROMPT_DONE, "a" },
	{ PROMPT_SEARCH, "a", "<Esc>", PROMPT_CANCELLED, "a" },
	{ PROMPT_SEARCH, "a", "C-g", PROMPT_CANCELLED, "a" },
	{ PROMPT_SEARCH, NULL, "<Backspace>", PROMPT_CANCELLED, "" },
	{ PROMPT_SEARCH, "a", "<Backspace>", PROMPT_CHANGED, "" },
	{ PROMPT_NUMBER, "4", "x 2", PROMPT_CHANGED, "42" },
	{ PROMPT_NUMBER, "4", "x", PROMPT_SAME, "4" },
	{ PROMPT_LIMIT, NULL, "<Left>", PROMPT_SAME, "" },
	{ PROMPT_PASSWORD, NULL, "s e c r e t", PROMPT_CHANGED, "" },
	{ PROMPT_PASSWORD, NULL, "<Backspace>", PROMPT_CHANGED, "" },
};

/* The folder of last time is an offer: what is typed takes its place, moving in it makes it one's own. */
static void
test_offered(void)
{
	static const struct { const char *keys, *text; } cases[] = {
		{ "", "Archive" }, { "T r", "Tr" }, { "<End> T", "ArchiveT" }, { "<Backspace>", "Archiv" },
		{ "C-u T", "T" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Prompt) p = prompt_new(PROMPT_FOLDER, clean_ours(":"), "Archive", NULL);
		PromptState last = PROMPT_SAME;
		press(p, cases[i].keys, &last);
		g_assert_cmpstr(prompt_text(p), ==, cases[i].text);
	}
}

static void
test_ends(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autoptr(Prompt) p = prompt_new(ends[i].kind, clean_ours(":"), ends[i].initial,
			NULL);
		PromptState last = PROMPT_SAME;
		press(p, ends[i].keys, &last);
		g_assert_cmpint(last, ==, ends[i].last);
		g_assert_cmpstr(prompt_text(p), ==, ends[i].text);
		g_assert_cmpint(prompt_kind(p), ==, ends[i].kind);
	}
}

static void
test_paste(void)
{
	g_autoptr(Prompt) p = prompt_new(PROMPT_COMMAND, clean_ours(":"), "a", NULL);
	/* a newline must not send */
	g_assert_cmpint(prompt_key(p, K_PASTE, "b\nquit\n\033[2J\xc2\x9b\xe2\x80\xaez"), ==,
		PROMPT_CHANGED);
	g_assert_cmpstr(prompt_text(p), ==, "ab quit [2Jz");
	g_assert_cmpint(prompt_key(p, K_PASTE, NULL), ==, PROMPT_SAME);
	g_autofree char *long_text = g_strnfill(100000, 'x');
	prompt_key(p, K_PASTE, long_text);
	prompt_key(p, K_PASTE, long_text);
	g_assert_cmpuint(strlen(prompt_text(p)), <=, 16 * 1024);
}

static void
test_history(void)
{
	g_autoptr(PromptHistory) h = prompt_history_new();
	PromptState last;
	static const char *const lines[] = { "one", "two", "one", "", "three" };
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(Prompt) p = prompt_new(PROMPT_SEARCH, clean_ours("/"), lines[i], h);
		g_assert_cmpint(prompt_key(p, K_RETURN, NULL), ==, PROMPT_DONE);
	}
	g_autoptr(Prompt) p = prompt_new(PROMPT_SEARCH, clean_ours("/"), "own", h);
	static const struct { const char *key, *text; } steps[] = {
		{ "<Up>", "three" }, { "<Up>", "one" }, { "C-p", "two" }, { "<Up>", "two" },
		{ "<Down>", "one" }, { "C-n", "three" }, { "<Down>", "own" }, { "<Down>", "own" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		press(p, steps[i].key, &last);
		g_assert_cmpstr(prompt_text(p), ==, steps[i].text);
	}
	/* kinds are apart; killed text is shared */
	g_autoptr(Prompt) other = prompt_new(PROMPT_LIMIT, clean_ours("l"), NULL, h);
	press(other, "<Up>", &last);
	g_assert_cmpstr(prompt_text(other), ==, "");
	press(p, "C-u", &last);
	press(other, "C-y", &last);
	g_assert_cmpstr(prompt_text(other), ==, "own");
	for (int i = 0; i < 300; i++) {
		g_autofree char *n = g_strdup_printf("%d", i);
		prompt_history_add(h, PROMPT_FILE, n);
	}
	g_autoptr(Prompt) file = prompt_new(PROMPT_FILE, clean_ours("f"), NULL, h);
	for (int i = 0; i < 400; i++)
		press(file, "<Up>", &last);
	g_assert_cmpstr(prompt_text(file), ==, "200");
	prompt_history_add(h, PROMPT_PASSWORD, "secret");
	g_autoptr(Prompt) password = prompt_new(PROMPT_PASSWORD, clean_ours("f"), NULL, h);
	press(password, "<Up> C-p", &last);
	g_autoptr(Secret) none = prompt_take_secret(password);
	g_assert_cmpstr(secret_peek(none), ==, "");
}

static char **
folders(void *user, const char *text, gsize cursor, gsize *start)
{
	static const char *const all[] = { "Archive", "Archiv/2024", "Inbox", "Entwürfe",
		"Entwürze", NULL };
	g_autoptr(GPtrArray) out = g_ptr_array_new();
	const char *space = g_strrstr_len(text, (gssize)cursor, " ");
	*start = space ? (gsize)(space + 1 - text) : 0;
	g_autofree char *word = g_strndup(text + *start, cursor - *start);
	for (int i = 0; all[i]; i++)
		if (g_ascii_strncasecmp(all[i], word, strlen(word)) == 0)
			g_ptr_array_add(out, g_strdup(all[i]));
	g_ptr_array_add(out, NULL);
	(*(int *)user)++;
	return (char **)g_ptr_array_free(g_steal_pointer(&out), FALSE);
}

static void
test_complete(void)
{
	static const struct { const char *initial, *keys, *text; int selected; } cases[] = {
		{ "I", "<Tab>", "Inbox", -2 }, { "inb", "<Tab>", "Inbox", -2 },
		{ "A", "<Tab>", "Archiv", -1 }, { "A", "<Tab> <Tab>", "Archive", 0 },
		{ "A", "<Tab> <Tab> <Tab>", "Archiv/2024", 1 },
		{ "A", "<Tab> <Tab> <Tab> <Tab>", "Archive", 0 },
		{ "A", "<Tab> <S-Tab>", "Archiv/2024", 1 },
		{ "E", "<Tab>", "Entwür", -1 }, { "x", "<Tab>", "x", -2 },
		{ "open A", "<Tab> <Tab>", "open Archive", 0 },
		{ "A", "<Tab> <Tab> x", "Archivex", -2 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		int asked = 0, selected;
		PromptState last;
		g_autoptr(Prompt) p = prompt_new(PROMPT_FOLDER, clean_ours(":"), cases[i].initial,
			NULL);
		prompt_set_complete(p, folders, &asked);
		press(p, cases[i].keys, &last);
		g_assert_cmpstr(prompt_text(p), ==, cases[i].text);
		char *const *shown = prompt_candidates(p, &selected);
		g_assert_cmpint(shown ? selected : -2, ==, cases[i].selected);
		g_assert_cmpint(asked, ==, 1);
	}
}

static char *
note(void *user, const char *candidate)
{
	return g_strdup_printf("%zu bytes", strlen(candidate));
}

/* The palette: candidates from the start, following what is typed; Tab walks. */
static void
test_live(void)
{
	static const struct { const char *keys, *text; int n, selected; } steps[] = {
		{ "", "", 5, -1 }, { "a", "a", 2, -1 }, { "<Tab>", "Archive", 2, 0 },
		{ "<Tab>", "Archiv/2024", 2, 1 }, { "<S-Tab>", "Archive", 2, 0 },
		{ "<Left>", "Archive", 0, -1 }, { "C-u", "", 5, -1 }, { "<Left>", "", 5, -1 },
		{ "z", "z", 0, -1 }, { "<Backspace> i", "i", 1, -1 }, { "<Tab>", "Inbox", 0, -1 },
	};
	int asked = 0, selected;
	PromptState last;
	g_autoptr(Prompt) p = prompt_new(PROMPT_COMMAND, clean_ours(":"), NULL, NULL);
	prompt_set_complete(p, folders, &asked);
	prompt_set_live(p);
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		press(p, steps[i].keys, &last);
		char *const *shown = prompt_candidates(p, &selected);
		g_assert_cmpstr(prompt_text(p), ==, steps[i].text);
		g_assert_cmpint(shown ? (int)g_strv_length((char **)shown) : 0, ==, steps[i].n);
		g_assert_cmpint(selected, ==, steps[i].selected);
	}
	press(p, "C-u <Tab> <Tab> <Tab>", &last);
	g_autoptr(Canvas) c = canvas_new(4, 24);
	g_assert_cmpint(prompt_draw_candidates(p, c, (Rect){ 1, 0, 2, 24 }, note, NULL), ==, 2);
	g_autofree char *text = canvas_text(c);
	g_assert_cmpstr(text, ==, "\n Archiv/2024   11 bytes\n Inbox          5 bytes\n\n");
	g_assert_cmpint(canvas_style_at(c, 2, 3), ==, STYLE_CANDIDATE_SELECTED);
	g_assert_cmpint(canvas_style_at(c, 1, 3), ==, STYLE_CANDIDATE);
	for (int w = 0; w < 24; w++)
		prompt_draw_candidates(p, c, (Rect){ 0, 0, 4, w }, note, NULL);
}

static void
test_password(void)
{
	g_autoptr(Prompt) p = prompt_new(PROMPT_PASSWORD, clean_ours("Password: "), "ignored",
		NULL);
	PromptState last;
	press(p, "C-u s ä 日 x <Backspace> C-y", &last);
	prompt_key(p, K_PASTE, "rest\nof it");
	g_autofree char *line = drawn(p, 30);
	g_assert_cmpstr(line, ==, "Password: *******|");
	g_assert_cmpstr(prompt_text(p), ==, "");
	g_autofree char *narrow = drawn(p, 13);
	g_assert_nonnull(strchr(narrow, '|'));
	g_autoptr(Secret) s = prompt_take_secret(p), again = prompt_take_secret(p);
	g_assert_cmpstr(secret_peek(s), ==, "sä日rest");
	g_assert_cmpstr(secret_peek(again), ==, "");
	g_autofree char *huge = g_strnfill(5000, 'x');
	prompt_key(p, K_PASTE, huge);
	g_autoptr(Secret) kept = prompt_take_secret(p);
	g_assert_cmpuint(strlen(secret_peek(kept)), <=, 1000);
}

static void
test_scroll(void)
{
	g_autoptr(Prompt) p = prompt_new(PROMPT_SEARCH, clean_ours("/"), "abcdefghijkl日本語", NULL);
	PromptState last;
	g_autofree char *end = drawn(p, 10);
	g_assert_cmpstr(end, ==, "/kl日本語|");
	press(p, "<Home>", &last);
	g_autofree char *home = drawn(p, 10);
	g_assert_cmpstr(home, ==, "/|abcdefghi");
	for (int w = 1; w < 30; w++) {
		press(p, "<End>", &last);
		for (int i = 0; i < 20; i++) {
			g_autofree char *line = drawn(p, w);
			g_assert_nonnull(strchr(line, '|'));
			press(p, "<Left>", &last);
		}
	}
	g_autoptr(Prompt) wordy = prompt_new(PROMPT_SEARCH,
		clean_ours("A very long question indeed? "), "ab", NULL);
	g_autofree char *line = drawn(wordy, 12);
	g_assert_cmpstr(line, ==, "A very …ab|");
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(edits); i++) {
		g_autofree char *path = g_strconcat("/prompt/edit/", edits[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_edit);
	}
	g_test_add_func("/prompt/ends", test_ends);
	g_test_add_func("/prompt/offered", test_offered);
	g_test_add_func("/prompt/paste", test_paste);
	g_test_add_func("/prompt/history", test_history);
	g_test_add_func("/prompt/complete", test_complete);
	g_test_add_func("/prompt/live", test_live);
	g_test_add_func("/prompt/T16/password", test_password);
	g_test_add_func("/prompt/scroll", test_scroll);
	return g_test_run();
}
