/* commands.c - THE table of commands: looking up, checking, parsing what was typed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/commands.h"
#include "base/intl.h"

#include <string.h>

static const Command rows[N_COMMANDS] = {
#define COMMAND(symbol, name_, keys_, where_, needs_, arg_, line_, label_, help_) \
	[CMD_##symbol] = { name_, keys_, (Where)(where_), (Needs)(needs_), arg_, \
		(Where)(line_), label_, help_ },
#include "ui/commands.def"
#undef COMMAND
};

const Command *
command_row(CommandId id)
{
	g_assert(id >= 0 && id < N_COMMANDS);
	return &rows[id];
}

CommandId
command_find(const char *name)
{
	for (int i = 0; i < N_COMMANDS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return (CommandId)i;
	return COMMAND_NONE;
}

const char *
command_help(CommandId id)
{
	return _(command_row(id)->help);
}

static const struct { Needs need; const char *why; } missing[] = {
	{ NEEDS_ACCOUNT, N_("No account is set up yet.") },
	{ NEEDS_FOLDER, N_("No folder is open.") },
	{ NEEDS_MESSAGE, N_("No message is selected.") },
	{ NEEDS_OPEN, N_("No message is open.") },
	{ NEEDS_PART, N_("No attachment is selected.") },
	{ NEEDS_WRITE, N_("The program was started read-only (-R): nothing is changed.") },
};

bool
command_allowed(CommandId id, Where context, Needs have, char **why)
{
	const Command *c = command_row(id);

	if (!(c->where & context)) {
		if (why)
			*why = g_strdup_printf(_("“%s” does not work here."), c->name);
		return false;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(missing); i++) {
		if (!(c->needs & missing[i].need) || (have & missing[i].need))
			continue;
		if (why)
			*why = g_strdup(_(missing[i].why));
		return false;
	}
	return true;
}

/* A whole name, or the beginning of exactly one. */
static CommandId
find_beginning(const char *word, char **problem)
{
	CommandId found = command_find(word);
	int n = 0;

	if (found != COMMAND_NONE)
		return found;
	for (int i = 0; i < N_COMMANDS; i++) {
		if (!g_str_has_prefix(rows[i].name, word))
			continue;
		found = (CommandId)i;
		n++;
	}
	if (n == 1)
		return found;
	*problem = n == 0 ? g_strdup_printf(_("There is no command “%s”; “?” lists those there are."), word) :
		g_strdup_printf(_("“%s” is the beginning of several commands; Tab shows them."),
			word);
	return COMMAND_NONE;
}

CommandId
command_parse(const char *line, char **arg, char **problem)
{
	g_autofree char *text = g_strstrip(g_strdup(line));
	gsize len = strcspn(text, " \t");
	guint64 number;

	*arg = NULL;
	if (!*text) {
		*problem = g_strdup(_("No command was typed."));
		return COMMAND_NONE;
	}
	if (g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT32, &number, NULL)) {
		*arg = g_strdup(text);
		return CMD_jump;
	}
	g_autofree char *word = g_strndup(text, len);
	CommandId id = find_beginning(word, problem);
	if (id == COMMAND_NONE)
		return COMMAND_NONE;
	const char *rest = text + len + strspn(text + len, " \t");
	if (*rest && rows[id].arg == ARG_NONE) {
		*problem = g_strdup_printf(_("“%s” takes nothing behind its name."), rows[id].name);
		return COMMAND_NONE;
	}
	*arg = *rest ? g_strdup(rest) : NULL;
	return id;
}

/* How well typed (folded) fits a text: 0 not at all; letters in order count, together and at word
 * beginnings more. */
static int
fuzzy(const char *typed, const char *text)
{
	int score = 1, run = 0;
	const char *t = text;

	if (g_str_has_prefix(text, typed))
		return 1000 - (int)strlen(text);
	if (strstr(text, typed))
		return 500 - (int)(strstr(text, typed) - text);
	for (const char *p = typed; *p; p++) {
		const char *at = strchr(t, *p);
		if (!at)
			return 0;
		run = at == t ? run + 1 : 0;
		score += 1 + run * 2 + (at == text || strchr("- ", at[-1]) ? 4 : 0);
		t = at + 1;
	}
	return MIN(score, 400);
}

typedef struct { CommandId id; int score; } Match;

static int
by_score(gconstpointer a, gconstpointer b)
{
	const Match *x = a, *y = b;
	return x->score != y->score ? y->score - x->score : (int)x->id - (int)y->id;
}

GArray *
command_match(const char *typed, Where context)
{
	g_autofree char *want = utf8_fold(typed, -1);
	g_autoptr(GArray) matches = g_array_new(FALSE, FALSE, sizeof(Match));

	for (int i = 0; i < N_COMMANDS; i++) {
		if (!(rows[i].where & context))
			continue;
		int score = fuzzy(want, rows[i].name) * 10;
		/* a word of the help, in the person's language */
		if (score == 0 && strlen(want) >= 3) {
			g_autofree char *help = utf8_fold(_(rows[i].help), -1);
			score = strstr(help, want) ? 1 : 0;
		}
		Match m = { (CommandId)i, score };
		if (score > 0)
			g_array_append_val(matches, m);
	}
	g_array_sort(matches, by_score);
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(CommandId));
	for (guint i = 0; i < matches->len; i++)
		g_array_append_val(ids, g_array_index(matches, Match, i).id);
	return ids;
}

char **
command_complete(const char *text, gsize cursor, Where context, gsize *start)
{
	gsize lead = strspn(text, " \t");

	if (cursor < lead || lead + strcspn(text + lead, " \t") < cursor)
		return NULL;
	*start = lead;
	g_autofree char *typed = g_strndup(text + lead, cursor - lead);
	g_autoptr(GArray) ids = command_match(typed, context);
	char **names = g_new0(char *, ids->len + 1);
	for (guint i = 0; i < ids->len; i++)
		names[i] = g_strdup(rows[g_array_index(ids, CommandId, i)].name);
	return names;
}
