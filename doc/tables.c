/* tables.c - fills the program's own tables into a manual page while building.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * usage: tables < page.in > page. A line @COMMANDS@ becomes the commands with their default keys, @OPTIONS SECTION@ the
 * options of a section of the configuration file, @EXTENSIONS PROTOCOL@ what eilpost makes of a server's extensions,
 * @LIMITS@ the limits, @STYLES@ the names for [colors], @CONTEXTS@ those for [keys.NAME], and
 * @VERSION@ anywhere the version. So a page can't say anything else than the program does. All text is made safe for
 * roff, and ASCII: a formatter need not guess the encoding. */
#include "config.h"
#include "base/extensions.h"
#include "conf/options.h"
#include "ui/keys.h"
#include "ui/theme.h"

#include <stdio.h>
#include <string.h>

/* "-" stays what can be typed, and nothing at the beginning of a line is taken for a request. */
static void
put(const char *text)
{
	static const struct { gunichar c; const char *name; } names[] = {
		{ '\\', "\\e" }, { '-', "\\-" }, { '\'', "\\(aq" }, { '`', "\\(ga" }, { '^', "\\(ha" }, { '~', "\\(ti" },
		{ '"', "\\(dq" }, { 0x201c, "\\(lq" }, { 0x201d, "\\(rq" }, { '.', "\\&." },
	};

	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		gsize i = 0;
		while (i < G_N_ELEMENTS(names) && names[i].c != c)
			i++;
		if (i < G_N_ELEMENTS(names))
			fputs(names[i].name, stdout);
		else if (c < 0x80)
			putchar((int)c);
		else
			printf("\\[u%04X]", c);
	}
}

/* ---- commands ---- */

/* "j, Down" of one context, in the words of the screen; NULL: no key. Yours. */
static char *
keys_in(const Keymap *map, Where context, CommandId id)
{
	g_auto(GStrv) names = keymap_keys(map, context, id);
	GString *all = g_string_new(NULL);

	for (char **n = names; *n; n++) {
		KeySequence keys;
		g_autofree char *label = key_sequence_parse(*n, &keys) ? key_sequence_label(&keys) : g_strdup(*n);
		g_string_append_printf(all, "%s%s", all->len ? ", " : "", label);
	}
	return g_string_free(all, all->len == 0);
}

/* Contexts with the same keys are told together; where a command has the same keys wherever it works, none is named. */
static void
put_keys(const Keymap *map, CommandId id)
{
	char *keys[N_CONTEXTS] = { NULL };
	guint works = command_row(id)->where, told = 0;

	for (guint c = 0; c < N_CONTEXTS; c++)
		if (works & 1u << c)
			keys[c] = keys_in(map, (Where)(1u << c), id);
	for (guint c = 0; c < N_CONTEXTS; c++) {
		g_autoptr(GString) who = g_string_new(NULL);
		guint alike = 0;
		if (!keys[c] || told & 1u << c)
			continue;
		for (guint k = c; k < N_CONTEXTS; k++)
			if (keys[k] && !strcmp(keys[c], keys[k])) {
				alike |= 1u << k;
				g_string_append_printf(who, "%s%s", who->len ? ", " : "", keymap_context_name((Where)(1u << k)));
			}
		fputs(told ? "; " : "", stdout);
		told |= alike;
		fputs("\\fB", stdout);
		put(keys[c]);
		fputs("\\fR", stdout);
		if (alike != works) {
			fputs(" (", stdout);
			put(who->str);
			putchar(')');
		}
	}
	if (!told)
		fputs("no key", stdout);
	for (guint c = 0; c < N_CONTEXTS; c++)
		g_free(keys[c]);
}

static const char *
argument_word(ArgKind arg)
{
	switch (arg) {
	case ARG_NONE: break;
	case ARG_TEXT: return "TEXT";
	case ARG_PATTERN: return "PATTERN";
	case ARG_NUMBER: return "NUMBER";
	case ARG_FOLDER: return "FOLDER";
	case ARG_FILE: return "FILE";
	case ARG_COMMAND: return "COMMAND";
	case ARG_CONTEXT_KEY: return "CONTEXT KEY COMMAND";
	}
	return NULL;
}

static void
put_commands(void)
{
	g_autoptr(Keymap) map = keymap_new();

	for (CommandId id = 0; id < N_COMMANDS; id++) {
		const Command *c = command_row(id);
		fputs(".TP\n\\fB", stdout);
		put(c->name);
		fputs("\\fR", stdout);
		if (argument_word(c->arg))
			printf(" [\\fI%s\\fR]", argument_word(c->arg));
		putchar('\n');
		put_keys(map, id);
		fputs(".\n", stdout);
		put(c->help);
		fputs(c->needs & NEEDS_WRITE ? ".\nNot with \\fB\\-R\\fR.\n" : ".\n", stdout);
	}
}

/* ---- options ---- */

static void
put_values(const Option *o)
{
	switch (o->type) {
	case OPT_BOOL:
		fputs("yes or no", stdout);
		break;
	case OPT_INT:
		printf("%d to %d", (int)o->min, (int)o->max);
		break;
	case OPT_CHOICE: {
		g_auto(GStrv) all = g_strsplit(o->choices, strchr(o->choices, '|') ? "|" : " ", -1);
		for (char **a = all; *a; a++) {
			fputs(a == all ? "" : a[1] ? ", " : " or ", stdout);
			put(*a);
		}
		break;
	}
	case OPT_URL: fputs("server address", stdout); break;
	case OPT_WEB: fputs("web address", stdout); break;
	case OPT_FILE: fputs("file or folder", stdout); break;
	case OPT_CHECK: fputs("see below", stdout); break;
	case OPT_KEEP: fputs("yes, no, N days or until deleted here", stdout); break;
	case OPT_DAYS: fputs("headers, N days or all", stdout); break;
	case OPT_EXTENSIONS: fputs("names", stdout); break;
	case OPT_PINS: fputs("keys of servers, see below", stdout); break;
	case OPT_HOURS: fputs("HH:MM\\-HH:MM, ...", stdout); break;
	case OPT_COMMAND: fputs("shell command", stdout); break;
	case OPT_ADDRESS: fputs("mail address", stdout); break;
	case OPT_TEXT: fputs("text", stdout); break;
	case OPT_COLOR: fputs("look", stdout); break;
	case OPT_KEYS: fputs("keys", stdout); break;
	}
}

static bool
put_options(const char *section)
{
	gsize n, found = 0;
	const Option *table = options_table(&n);

	for (gsize i = 0; i < n; i++) {
		const Option *o = &table[i];
		if (strcmp(o->section, section) != 0)
			continue;
		found++;
		fputs(".TP\n\\fB", stdout);
		put(o->name);
		fputs("\\fR = ", stdout);
		put_values(o);
		if (o->required)
			fputs(" (required)", stdout);
		putchar('\n');
		put(o->help);
		fputs(".\n", stdout);
		if (o->value) {
			fputs("Default: \\fB", stdout);
			put(o->value);
			fputs("\\fR.\n", stdout);
		}
	}
	return found > 0;
}

/* ---- extensions and limits ---- */

static bool
put_extensions(const char *protocol)
{
	gsize n, found = 0;
	const Extension *table = extensions_table(&n);

	for (gsize i = 0; i < n; i++) {
		const Extension *x = &table[i];
		if (strcmp(protocol_name(x->protocol), protocol) != 0)
			continue;
		found++;
		fputs(".TP\n\\fB", stdout);
		put(x->name);
		fputs("\\fR (", stdout);
		put(x->source);
		fputs(x->used ? ")\n" : ")\nNot used: ", stdout);
		g_autofree char *text = g_strdup(x->text);
		if (x->used)
			*text = g_ascii_toupper(*text);
		put(text);
		fputs(".\n", stdout);
	}
	return found > 0;
}

static void
put_limits(void)
{
	gsize n;
	const LimitTold *table = limits_told(&n);

	for (gsize i = 0; i < n; i++) {
		const LimitTold *l = &table[i];
		fputs(".TP\n\\fB", stdout);
		if (l->unit == LIMIT_IS_MS)
			l->value % 60000 ? printf("%u seconds", (guint)(l->value / 1000)) : printf("%u minute%s", (guint)(l->value / 60000), l->value > 60000 ? "s" : "");
		else if (l->unit == LIMIT_IS_NUMBER)
			printf("%u", (guint)l->value);
		else
			l->value % (1 << 20) ? printf("%u KiB", (guint)(l->value >> 10)) : printf("%u MiB", (guint)(l->value >> 20));
		fputs("\\fR\n", stdout);
		put(l->text);
		fputs(".\n", stdout);
	}
}

/* ---- names ---- */

static void
put_contexts(void)
{
	for (guint c = 0; c < N_CONTEXTS; c++) {
		fputs(c ? c + 1 < N_CONTEXTS ? ",\n\\fB" : " and\n\\fB" : "\\fB", stdout);
		put(keymap_context_name((Where)(1u << c)));
		fputs("\\fR", stdout);
	}
	fputs(".\n", stdout);
}

static void
put_styles(void)
{
	for (int s = 0; s < STYLE_LAST; s++) {
		put(theme_style_name((Style)s));
		fputs(s + 1 < STYLE_LAST ? ",\n" : ".\n", stdout);
	}
}

static void
put_template_line(const char *line)
{
	g_auto(GStrv) parts = g_strsplit(line, "@VERSION@", -1);
	g_autofree char *whole = g_strjoinv(PACKAGE_VERSION, parts);

	fputs(whole, stdout);
}

int
main(void)
{
	char line[4096], section[64];
	unsigned n = 0;

	while (fgets(line, sizeof line, stdin)) {
		bool known = true;
		n++;
		if (!strcmp(line, "@COMMANDS@\n"))
			put_commands();
		else if (!strcmp(line, "@CONTEXTS@\n"))
			put_contexts();
		else if (!strcmp(line, "@STYLES@\n"))
			put_styles();
		else if (!strcmp(line, "@LIMITS@\n"))
			put_limits();
		else if (sscanf(line, "@EXTENSIONS %63[a-z0-9]@", section) == 1)
			known = put_extensions(section);
		else if (sscanf(line, "@OPTIONS %63[a-z.]@", section) == 1)
			known = put_options(section);
		else if (line[0] == '@' && strncmp(line, "@VERSION@", 9) != 0)
			known = false;
		else
			put_template_line(line);
		if (!known) {
			fprintf(stderr, "tables: line %u: there is no such table: %s", n, line);
			return 1;
		}
	}
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
