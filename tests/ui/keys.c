/* keys.c - tests of ui/keys: names, sequences, the map.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/keys.h"

#include <locale.h>
#include <string.h>

static const struct { const char *text; Key key; const char *name; } names[] = {
	{ "j", 'j', "j" }, { "Z", 'Z', "Z" }, { "<", '<', "<" }, { ">", '>', ">" },
	{ "-", '-', "-" }, { "=", '=', "=" }, { "ä", 0xe4, "ä" },
	{ "C-x", K_C('x'), "C-x" }, { "C-X", K_C('x'), "C-x" }, { "M-v", K_M('v'), "M-v" },
	{ "M-V", K_M('V'), "M-V" }, { "M-C-x", K_META | K_C('x'), "C-M-x" },
	{ "C-i", K_TAB, "<Tab>" }, { "C-m", K_RETURN, "<Return>" },
	{ "C-h", K_BACKSPACE, "<Backspace>" }, { "C-[", K_ESC, "<Esc>" },
	{ "<F6>", K_F0 + 6, "<F6>" }, { "<f12>", K_F0 + 12, "<F12>" },
	{ "<S-F5>", K_SHIFT | (K_F0 + 5), "<S-F5>" },
	{ "<Home>", K_HOME, "<Home>" }, { "<C-Up>", K_CTRL | K_UP, "<C-Up>" },
	{ "M-<Tab>", K_META | K_TAB, "<M-Tab>" }, { "<M-Tab>", K_META | K_TAB, "<M-Tab>" },
	{ "<S-Tab>", K_SHIFT | K_TAB, "<S-Tab>" }, { "<enter>", K_RETURN, "<Return>" },
	{ "<Space>", K_SPACE, "<Space>" }, { "<Del>", K_DELETE, "<Delete>" },
	{ "<PgDn>", K_PAGE_DOWN, "<PageDown>" }, { "M-/", K_M('/'), "M-/" }, { "M->", K_M('>'), "M->" }, { "C", 'C', "C" },
	{ "M-", 'M', NULL }, { "C-ä", 0, NULL }, { "", 0, NULL },
	{ "\x01", 0, NULL }, { "\xff", 0, NULL }, { "\x7f", 0, NULL },
};

static void
test_names(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *end;
		Key k = key_parse(names[i].text, &end);
		g_assert_cmphex(k, ==, names[i].key);
		if (!names[i].name)
			continue;
		g_assert_cmpstr(end, ==, "");
		g_autofree char *name = key_to_name(k);
		g_assert_cmpstr(name, ==, names[i].name);
		g_assert_cmphex(key_parse(name, &end), ==, k);
	}
}

static const struct { const char *text; int n; const char *name; } sequences[] = {
	{ "gg", 2, "gg" }, { "C-xC-e", 2, "C-xC-e" }, { "<Esc>x", 2, "<Esc>x" },
	{ "g<F1>", 2, "g<F1>" }, { "abcd", 4, "abcd" },
	{ "abcde", 0, NULL }, { "", 0, NULL }, { "a\x01", 0, NULL }, { "<lt", 3, "<lt" },
	{ "<x>", 3, "<x>" },
};

static void
test_sequences(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sequences); i++) {
		KeySequence s = { .n = 0 };
		g_assert_cmpint(key_sequence_parse(sequences[i].text, &s), ==, sequences[i].n > 0);
		g_assert_cmpint(s.n, ==, sequences[i].n);
		g_autofree char *name = sequences[i].name ? key_sequence_name(&s) : NULL;
		g_assert_cmpstr(name, ==, sequences[i].name);
	}
}

static void
test_is_text(void)
{
	g_assert_true(key_is_text('a') && key_is_text(' ') && key_is_text(0xe4) &&
		key_is_text(0x1f600));
	g_assert_false(key_is_text(K_ESC) || key_is_text(K_BACKSPACE) || key_is_text(K_UP) ||
		key_is_text(K_C('x')) || key_is_text(K_M('x')) ||
		key_is_text(K_PASTE) || key_is_text(0x9b) || key_is_text(0));
}

static void
test_defaults_unique(void)
{
	g_autoptr(Keymap) m = keymap_new();
	g_autoptr(GPtrArray) clashes = keymap_clashes(m);
	for (guint i = 0; i < clashes->len; i++)
		g_test_message("%s", (char *)clashes->pdata[i]);
	g_assert_cmpuint(clashes->len, ==, 0);
}

/* KEYS, the acts of reading. */
static const struct { Where context; const char *key, *command; } defaults[] = {
	{ IN_INDEX, "j", "next-entry" }, { IN_INDEX, "<Down>", "next-entry" },
	{ IN_PAGER, "k", "previous-entry" }, { IN_INDEX, "z", "next-page" },
	{ IN_INDEX, "<PageUp>", "previous-page" }, { IN_INDEX, "]", "half-down" },
	{ IN_INDEX, "=", "first-entry" }, { IN_INDEX, "*", "last-entry" },
	{ IN_INDEX, "<End>", "last-entry" }, { IN_PAGER, "<End>", "bottom" },
	{ IN_INDEX, "<Tab>", "next-unread" }, { IN_INDEX, "M-<Tab>", "previous-unread" },
	{ IN_INDEX, "<Return>", "open" }, { IN_INDEX, "<Space>", "open" },
	{ IN_PAGER, "<Space>", "next-page" }, { IN_PAGER, "q", "close" },
	{ IN_PAGER, "<Esc>", "close" }, { IN_PAGER, "<Left>", "close" }, { IN_INDEX, "q", "quit" },
	{ IN_INDEX, "x", "quit" }, { IN_PAGER, "?", "help" },
	{ IN_INDEX, "<F1>", "help" }, { IN_INDEX, ":", "command-line" },
	{ IN_INDEX, "<F10>", "command-line" }, { IN_PAGER, "C-l", "redraw" },
	{ IN_INDEX, "N", "toggle-read" }, { IN_PAGER, "F", "toggle-flag" },
	{ IN_INDEX, "l", "limit" }, { IN_INDEX, "/", "search" }, { IN_PAGER, "n", "search-next" },
	{ IN_INDEX, "M-/", "search-back" }, { IN_INDEX, "c", "change-folder" },
	{ IN_INDEX, "y", "view-folders" }, { IN_INDEX, "<F6>", "next-pane" },
	{ IN_FOLDERS, "<Tab>", "next-pane" }, { IN_INDEX, "<F9>", "toggle-folders" },
	{ IN_INDEX, "G", "check-mail" }, { IN_INDEX, "<F5>", "check-mail" },
	{ IN_INDEX, "<S-F5>", "check-mail-all" }, { IN_INDEX, "v", "view-attachments" },
	{ IN_PARTS, "s", "save-part" }, { IN_PARTS, "S", "save-all" },
	{ IN_PAGER, "S", "skip-quoted" }, { IN_PAGER, "T", "toggle-quoted" },
	{ IN_PAGER, "h", "toggle-headers" }, { IN_INDEX, "5", "jump" },
	{ IN_INDEX, "C-z", "suspend" }, { IN_INDEX, "C-g", "cancel" }, { IN_INDEX, "Q", NULL },
	{ IN_HELP, "N", NULL },
};

static void
test_defaults(void)
{
	g_autoptr(Keymap) m = keymap_new();
	for (gsize i = 0; i < G_N_ELEMENTS(defaults); i++) {
		const char *end;
		bool pending;
		CommandId id = keymap_feed(m, defaults[i].context, key_parse(defaults[i].key, &end),
			&pending);
		g_assert_false(pending);
		g_assert_cmpstr(id == COMMAND_NONE ? NULL : command_row(id)->name, ==,
			defaults[i].command);
	}
	/* where text is typed every character is text */
	for (Key k = ' '; k < 0x7f; k++) {
		bool begins = true;
		g_assert_cmpint(keymap_feed(m, IN_EDITOR, k, &begins), ==, COMMAND_NONE);
		g_assert_false(begins);
	}
	/* not bindable, or never bound by us: flow control */
	bool pending;
	for (Where w = 1; w < 1 << N_CONTEXTS; w = (Where)(w << 1)) {
		g_assert_cmpint(keymap_feed(m, w, K_C('s'), &pending), ==, COMMAND_NONE);
		g_assert_cmpint(keymap_feed(m, w, K_C('q'), &pending), ==, COMMAND_NONE);
		g_assert_cmpint(keymap_feed(m, w, K_UNKNOWN, &pending), ==, COMMAND_NONE);
		g_assert_cmpstr(keymap_context_name(keymap_context(keymap_context_name(w))), ==,
			keymap_context_name(w));
	}
	g_assert_cmpint(keymap_context("nowhere"), ==, 0);
}

static void
test_bind(void)
{
	g_autoptr(Keymap) m = keymap_new();
	g_autofree char *problem = NULL;
	bool pending;

	g_assert_true(keymap_bind(m, IN_INDEX, "first-entry", "gg <Home>", &problem));
	/* replaced */
	g_assert_cmpint(keymap_feed(m, IN_INDEX, '=', &pending), ==, COMMAND_NONE);
	/* only there */
	g_assert_cmpint(keymap_feed(m, IN_PAGER, '=', &pending), ==, CMD_first_entry);
	g_assert_cmpint(keymap_feed(m, IN_INDEX, 'g', &pending), ==, COMMAND_NONE);
	g_assert_true(pending);
	g_assert_cmpint(keymap_feed(m, IN_INDEX, 'g', &pending), ==, CMD_first_entry);
	g_assert_false(pending);
	g_assert_cmpint(keymap_feed(m, IN_INDEX, 'g', &pending), ==, COMMAND_NONE);
	/* gx: nothing, and not quit */
	g_assert_cmpint(keymap_feed(m, IN_INDEX, 'x', &pending), ==, COMMAND_NONE);
	g_assert_false(pending);
	g_assert_cmpint(keymap_feed(m, IN_INDEX, 'g', &pending), ==, COMMAND_NONE);
	/* another context forgets */
	g_assert_cmpint(keymap_feed(m, IN_PAGER, 'j', &pending), ==, CMD_next_entry);
	/* a key is taken from the command that had it; a sequence that would hide another takes
	 * its place */
	g_assert_true(keymap_bind_key(m, IN_INDEX, "q", "close", &problem));
	g_assert_cmpint(keymap_feed(m, IN_INDEX, 'q', &pending), ==, CMD_close);
	g_assert_true(keymap_bind_key(m, IN_INDEX, "g", "redraw", &problem));
	g_assert_cmpint(keymap_feed(m, IN_INDEX, 'g', &pending), ==, CMD_redraw);
	g_assert_true(keymap_bind(m, IN_INDEX, "limit", "", &problem));
	g_assert_cmpint(keymap_feed(m, IN_INDEX, 'l', &pending), ==, COMMAND_NONE);
	g_autoptr(GPtrArray) clashes = keymap_clashes(m);
	g_assert_cmpuint(clashes->len, ==, 0);
	g_assert_null(problem);
}

static const struct { Where context; const char *command, *keys, *names; } refused[] = {
	{ IN_INDEX, "fly", "x", "fly" }, { IN_INDEX, "skip-quoted", "x", "skip-quoted" },
	{ IN_INDEX, "open", "j <Nope>x\x01", "<Nope>x" },
	{ IN_INDEX, "open", "abcde", "abcde" }, { (Where)0, "open", "x", "index" },
};

static void
test_refused(void)
{
	g_autoptr(Keymap) m = keymap_new();
	bool pending;
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *problem = NULL;
		g_assert_false(keymap_bind(m, refused[i].context, refused[i].command,
			refused[i].keys, &problem));
		g_assert_nonnull(strstr(problem, refused[i].names));
	}
	g_assert_cmpint(keymap_feed(m, IN_INDEX, K_RETURN, &pending), ==, CMD_open);
}

static void
test_bind_line(void)
{
	static const struct { const char *line; bool good; } lines[] = {
		{ "index gg first-entry", true }, { "  pager\t<F12>   redraw ", true },
		{ "index gg", false }, { "", false }, { NULL, false },
		{ "index g g first-entry", false }, { "nowhere g first-entry", false },
		{ "index g fly", false }, { "index <Nope\x01 quit", false },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(Keymap) m = keymap_new();
		g_autofree char *problem = NULL;
		g_assert_cmpint(keymap_bind_line(m, lines[i].line, &problem), ==, lines[i].good);
		g_assert_cmpint(problem == NULL, ==, lines[i].good);
	}
}

static void
test_shown(void)
{
	g_autoptr(Keymap) m = keymap_new();
	g_auto(GStrv) keys = keymap_keys(m, IN_INDEX, CMD_quit);
	g_autofree char *joined = g_strjoinv(" ", keys),
		*first = keymap_first_key(m, IN_INDEX, CMD_open);
	g_assert_cmpstr(joined, ==, "q x");
	g_assert_cmpstr(first, ==, "<Return>");
	g_assert_null(keymap_first_key(m, IN_INDEX, CMD_bind));
	g_autoptr(Clean) line = keymap_line(m, IN_INDEX, 60, 4);
	g_assert_cmpstr(clean_peek(line), ==, "Tab next unread  Enter open  / search  ? help");
	for (Where w = 1; w < 1 << N_CONTEXTS; w = (Where)(w << 1)) {
		for (int columns = 0; columns < 80; columns++) {
			g_autoptr(Clean) l = keymap_line(m, w, columns, 4);
			g_assert_cmpint(utf8_columns(clean_peek(l), -1), <=, columns);
			if (columns > 20)
				g_assert_cmpstr(clean_peek(l), !=, "");
		}
	}
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keys/names", test_names);
	g_test_add_func("/keys/sequences", test_sequences);
	g_test_add_func("/keys/is-text", test_is_text);
	g_test_add_func("/keys/defaults-unique", test_defaults_unique);
	g_test_add_func("/keys/defaults", test_defaults);
	g_test_add_func("/keys/bind", test_bind);
	g_test_add_func("/keys/refused", test_refused);
	g_test_add_func("/keys/bind-line", test_bind_line);
	g_test_add_func("/keys/shown", test_shown);
	return g_test_run();
}
