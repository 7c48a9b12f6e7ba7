/* commands.c - tests of THE table: complete rows, looking up, what is allowed, what was typed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/commands.h"

#include <string.h>

static void
test_rows(void)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	for (int i = 0; i < N_COMMANDS; i++) {
		const Command *c = command_row((CommandId)i);
		g_assert_true(g_hash_table_add(names, (gpointer)c->name));
		g_assert_cmpuint(strspn(c->name, "abcdefghijklmnopqrstuvwxyz-"), ==,
			strlen(c->name));
		g_assert_true(c->where != 0 && (c->where & ~IN_EVERYWHERE) == 0);
		g_assert_true((c->line & ~c->where) == 0);
		g_assert_true((c->line != 0) == (c->label != NULL));
		g_assert_true(g_ascii_isupper(c->help[0]));
		g_assert_cmpuint(strlen(c->help), >, 8);
		g_assert_false(g_str_has_suffix(c->help, "."));
		g_assert_cmpint(command_find(c->name), ==, i);
	}
	g_assert_cmpint(command_find("fly"), ==, COMMAND_NONE);
}

static const struct { CommandId id; Where where; Needs have; bool allowed; } allowances[] = {
	{ CMD_quit, IN_INDEX, NEEDS_NOTHING, true },
	{ CMD_limit, IN_PAGER, NEEDS_FOLDER, false },
	{ CMD_toggle_read, IN_INDEX, NEEDS_MESSAGE | NEEDS_WRITE, true },
	{ CMD_toggle_read, IN_INDEX, NEEDS_MESSAGE, false },
	{ CMD_toggle_read, IN_INDEX, NEEDS_WRITE, false },
	{ CMD_change_folder, IN_INDEX, NEEDS_NOTHING, false },
	{ CMD_skip_quoted, IN_PAGER, NEEDS_OPEN, true },
};

static void
test_allowed(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(allowances); i++) {
		g_autofree char *why = NULL;
		g_assert_cmpint(command_allowed(allowances[i].id, allowances[i].where,
			allowances[i].have, &why), ==, allowances[i].allowed);
		g_assert_cmpint(why == NULL, ==, allowances[i].allowed);
		g_assert_cmpint(command_allowed(allowances[i].id, allowances[i].where,
			allowances[i].have, NULL), ==, allowances[i].allowed);
	}
}

static const struct { const char *line; CommandId id; const char *arg; } typed[] = {
	{ "quit", CMD_quit, NULL }, { "  quit  ", CMD_quit, NULL }, { "q", CMD_quit, NULL },
	{ "limit ~U anna", CMD_limit, "~U anna" },
	{ "limit\t x  y ", CMD_limit, "x  y" }, { "lim", CMD_limit, NULL },
	{ "42", CMD_jump, "42" }, { "jump 42", CMD_jump, "42" },
	{ "search", CMD_search, NULL }, { "search-", COMMAND_NONE, NULL },
	{ "next", COMMAND_NONE, NULL }, { "fly", COMMAND_NONE, NULL },
	{ "", COMMAND_NONE, NULL }, { "   ", COMMAND_NONE, NULL },
	{ "quit now", COMMAND_NONE, NULL }, { "0", COMMAND_NONE, NULL },
	{ "change-folder Archive/Alte Sachen", CMD_change_folder, "Archive/Alte Sachen" },
	{ "99999999999999999999", COMMAND_NONE, NULL },
};

static void
test_parse(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(typed); i++) {
		g_autofree char *arg = NULL, *problem = NULL;
		g_assert_cmpint(command_parse(typed[i].line, &arg, &problem), ==, typed[i].id);
		g_assert_cmpstr(arg, ==, typed[i].arg);
		g_assert_cmpint(problem != NULL, ==, typed[i].id == COMMAND_NONE);
	}
}

static const struct { const char *typed; Where where; CommandId first; } palettes[] = {
	{ "lim", IN_INDEX, CMD_limit }, { "chf", IN_INDEX, CMD_change_folder },
	{ "nu", IN_INDEX, CMD_next_unread }, { "folder", IN_INDEX, CMD_folder_info },
	{ "attachm", IN_PAGER, CMD_view_attachments }, { "LIMIT", IN_INDEX, CMD_limit },
	{ "screen anew", IN_INDEX, CMD_redraw },
};

static void
test_match(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(palettes); i++) {
		g_autoptr(GArray) ids = command_match(palettes[i].typed, palettes[i].where);
		g_assert_cmpuint(ids->len, >, 0);
		g_assert_cmpstr(command_row(g_array_index(ids, CommandId, 0))->name, ==,
			command_row(palettes[i].first)->name);
		for (guint j = 0; j < ids->len; j++)
			g_assert_true(command_row(g_array_index(ids, CommandId,
				j))->where & palettes[i].where);
	}
	g_autoptr(GArray) none = command_match("zzzz", IN_INDEX), all = command_match("", IN_INDEX);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(all->len, >, 20);
}

static void
test_complete(void)
{
	gsize start = 99;
	g_auto(GStrv) lim = command_complete("  lim", 5, IN_INDEX, &start);
	g_assert_cmpuint(start, ==, 2);
	g_assert_cmpstr(lim[0], ==, "limit");
	g_assert_null(command_complete("limit x", 7, IN_INDEX, &start));
	g_assert_null(command_complete("  lim", 1, IN_INDEX, &start));
	g_auto(GStrv) first = command_complete("limit x", 2, IN_INDEX, &start);
	g_assert_cmpstr(first[0], ==, "limit");
	g_auto(GStrv) none = command_complete("zzzz", 4, IN_INDEX, &start);
	g_assert_null(none[0]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/commands/rows", test_rows);
	g_test_add_func("/commands/allowed", test_allowed);
	g_test_add_func("/commands/parse", test_parse);
	g_test_add_func("/commands/match", test_match);
	g_test_add_func("/commands/complete", test_complete);
	return g_test_run();
}
