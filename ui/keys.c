/* keys.c - names of keys, sequences of keys, and the map from them to commands.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The map is a short list that is walked: a hundred or two bindings, a key a
 * time. Binding a key takes it, and every sequence that would hide it or that it
 * would hide, from other commands of that context; so no binding is out of reach. */
#include "config.h"
#include "ui/keys.h"
#include "base/intl.h"

#include <string.h>

typedef struct {
	Where context;	/* a single bit */
	KeySequence keys;
	CommandId command;
} Binding;

struct Keymap {
	GArray *bindings;	/* owned, of Binding */
	KeySequence typed;	/* the beginning of a sequence */
	Where typed_in;
};

static const struct { const char *name; Key key; const char *label; } named[] = {
	{ "Up", K_UP, N_("Up") }, { "Down", K_DOWN, N_("Down") }, { "Left", K_LEFT, N_("Left") },
	{ "Right", K_RIGHT, N_("Right") },
	{ "Home", K_HOME, N_("Home") }, { "End", K_END, N_("End") },
	{ "PageUp", K_PAGE_UP, N_("PageUp") }, { "PageDown", K_PAGE_DOWN, N_("PageDown") },
	{ "Insert", K_INSERT, N_("Insert") }, { "Delete", K_DELETE, N_("Del") },
	{ "Tab", K_TAB, N_("Tab") }, { "Return", K_RETURN, N_("Enter") },
	{ "Esc", K_ESC, N_("Esc") },
	{ "Space", K_SPACE, N_("Space") }, { "Backspace", K_BACKSPACE, N_("Backspace") },
	/* other names for the same */
	{ "Enter", K_RETURN, NULL }, { "Del", K_DELETE, NULL }, { "PgUp", K_PAGE_UP, NULL },
	{ "PgDn", K_PAGE_DOWN, NULL },
	{ "Escape", K_ESC, NULL },
};

static const struct { char letter; Key bit; } modifiers[] = { { 'C', K_CTRL }, { 'M', K_META },
	{ 'S', K_SHIFT } };

static const struct { const char *name; Where context; } contexts[] = {
	{ "index", IN_INDEX }, { "pager", IN_PAGER }, { "folders", IN_FOLDERS },
	{ "attachments", IN_PARTS }, { "help", IN_HELP },
	{ "compose", IN_COMPOSE }, { "editor", IN_EDITOR }, { "files", IN_FILES }, { "settings", IN_SETTINGS },
	{ "waiting", IN_WAITING }, { "ledger", IN_LEDGER }, { "question", IN_QUESTION }, { "history", IN_HISTORY }, { "sign-in", IN_SIGNIN },
	{ "setup", IN_SETUP }, { "certificate", IN_CERTIFICATE }, { "report", IN_REPORT },
	{ "parts", IN_PARTS },
};

bool
key_is_text(Key k)
{
	return k >= 0x20 && k < K_UP && k != K_BACKSPACE && !(k >= 0x80 && k < 0xa0);
}

static Key
base_of(Key k)
{
	return k & K_MASK;
}

/* What a terminal can't tell apart is one key: C-i is Tab, C-m Return, C-h Backspace, C-[ Esc;
 * C-A is C-a. */
static Key
normal(Key k)
{
	if (!(k & K_CTRL) || base_of(k) >= 0x80)
		return k;
	Key rest = k & (K_META | K_SHIFT), letter = (Key)g_ascii_tolower((char)base_of(k));
	switch (letter) {
	case 'i': return rest | K_TAB;
	case 'm': return rest | K_RETURN;
	case 'h': return rest | K_BACKSPACE;
	case '[': return rest | K_ESC;
	default: return rest | K_CTRL | letter;
	}
}

static const char *
name_of(Key base, bool label)
{
	for (gsize i = 0; i < G_N_ELEMENTS(named); i++)
		if (named[i].key == base)
			return label ? _(named[i].label) : named[i].name;
	return NULL;
}

static void
append_name(GString *out, Key k, bool label)
{
	Key base = base_of(k);
	const char *name = name_of(base, label);
	bool brackets = !label && (name || (base >= K_F0 && base <= K_F0 + 63));

	if (brackets)
		g_string_append_c(out, '<');
	for (gsize i = 0; i < G_N_ELEMENTS(modifiers); i++)
		if (k & modifiers[i].bit)
			g_string_append_printf(out, "%c-", modifiers[i].letter);
	if (name)
		g_string_append(out, name);
	else if (base >= K_F0 && base <= K_F0 + 63)
		g_string_append_printf(out, "F%u", base - K_F0);
	else
		g_string_append_unichar(out, base < K_UP ? base : '?');
	if (brackets)
		g_string_append_c(out, '>');
}

char *
key_to_name(Key k)
{
	g_autoptr(GString) s = g_string_new(NULL);
	append_name(s, k, false);
	return g_strdup(s->str);
}

char *
key_sequence_name(const KeySequence *seq)
{
	g_autoptr(GString) s = g_string_new(NULL);
	for (guint i = 0; i < seq->n; i++)
		append_name(s, seq->keys[i], false);
	return g_strdup(s->str);
}

char *
key_sequence_label(const KeySequence *seq)
{
	g_autoptr(GString) s = g_string_new(NULL);
	for (guint i = 0; i < seq->n; i++) {
		bool word = name_of(base_of(seq->keys[i]), false) != NULL;
		if (word && s->len > 0)
			g_string_append_c(s, ' ');
		append_name(s, seq->keys[i], true);
	}
	return g_strdup(s->str);
}

Key
key_modifiers(guint number)
{
	guint bits = number > 0 ? number - 1 : 0;
	return (bits & 1 ? K_SHIFT : 0) | (bits & 2 ? K_META : 0) | (bits & 4 ? K_CTRL : 0);
}

Key
key_of_char(gunichar ch)
{
	switch (ch) {
	case 0x08: case 0x7f: return K_BACKSPACE;
	case '\n': return K_RETURN;	/* typed before the terminal was ours, or pasted without brackets */
	case '\t': case '\r': case 0x1b: return ch;
	}
	if (ch == 0 || (ch >= 0x80 && ch < 0xa0) || ch == 0xfffd || ch >= K_UP)
		return K_UNKNOWN;
	if (ch < 0x20)
		return K_C(ch < 0x1b ? ch + 'a' - 1 : ch + '@');
	return ch;
}

Key
key_of_csi(const guint numbers[2], char final)
{
	static const Key tilde[] = {
		[1] = K_HOME, K_INSERT, K_DELETE, K_END, K_PAGE_UP, K_PAGE_DOWN, K_HOME, K_END,
		[11] = K_F0 + 1, K_F0 + 2, K_F0 + 3, K_F0 + 4, K_F0 + 5, [17] = K_F0 + 6, K_F0 + 7,
		K_F0 + 8, K_F0 + 9, K_F0 + 10,
		[23] = K_F0 + 11, K_F0 + 12,
	};
	static const char finals[] = "ABCDHFPQRS";
	static const Key letters[] = { K_UP, K_DOWN, K_RIGHT, K_LEFT, K_HOME, K_END, K_F0 + 1,
		K_F0 + 2, K_F0 + 3, K_F0 + 4 };
	Key mods = key_modifiers(numbers[1]), key = K_NONE;

	if (final == '~' && numbers[0] < G_N_ELEMENTS(tilde))
		key = tilde[numbers[0]];
	else if (final == 'Z')
		return K_SHIFT | K_TAB;
	else if (final == 'u')
		key = key_of_char(numbers[0]);
	else if (strchr(finals, final))
		key = letters[strchr(finals, final) - finals];
	if (key == K_NONE || key == K_UNKNOWN)
		return K_UNKNOWN;
	return key | (key < K_UP && key != K_TAB && key != K_RETURN ? mods & ~(Key)K_SHIFT : mods);
}

/* Modifiers "C-", "M-", "S-" at the beginning, as long as something stands behind them. */
static const char *
parse_modifiers(const char *p, bool in_brackets, Key *mods)
{
	for (bool more = true; more;) {
		more = false;
		for (gsize i = 0; i < G_N_ELEMENTS(modifiers); i++) {
			if (p[0] != modifiers[i].letter || p[1] != '-' || !p[2] || (in_brackets && p[2] == '>'))
				continue;
			*mods |= modifiers[i].bit;
			p += 2;
			more = true;
		}
	}
	return p;
}

/* The inside of <...>, without modifiers. */
static Key
parse_name(const char *name, gsize len)
{
	guint64 n;
	g_autofree char *word = g_strndup(name, len);

	for (gsize i = 0; i < G_N_ELEMENTS(named); i++)
		if (g_ascii_strcasecmp(word, named[i].name) == 0)
			return named[i].key;
	if ((*word == 'F' || *word == 'f') &&
		g_ascii_string_to_unsigned(word + 1, 10, 1, 63, &n, NULL))
		return K_F0 + (Key)n;
	return K_NONE;
}

Key
key_parse(const char *text, const char **end)
{
	Key mods = 0;
	const char *p = parse_modifiers(text, false, &mods);

	if (*p == '<' && strchr(p, '>')) {
		Key inner = mods;
		const char *close = strchr(p, '>'), *name = parse_modifiers(p + 1, true, &inner);
		Key k = parse_name(name, (gsize)(close - name));
		if (k != K_NONE) {
			*end = close + 1;
			return normal(k | inner);
		}
	}
	gunichar c = g_utf8_get_char_validated(p, -1);
	if (!*p || c == (gunichar)-1 || c == (gunichar)-2 || !key_is_text(c) ||
		((mods & K_CTRL) && (c <= ' ' || c >= 0x7f))) {
		*end = text;
		return K_NONE;
	}
	*end = g_utf8_next_char(p);
	return normal(c | (mods & ~(Key)K_SHIFT));
}

bool
key_sequence_parse(const char *text, KeySequence *out)
{
	KeySequence s = { .n = 0 };

	while (*text) {
		Key k = key_parse(text, &text);
		if (k == K_NONE || s.n == KEYS_SEQUENCE)
			return false;
		s.keys[s.n++] = k;
	}
	*out = s;
	return s.n > 0;
}

Where
keymap_context(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(contexts); i++)
		if (strcmp(contexts[i].name, name) == 0)
			return contexts[i].context;
	return (Where)0;
}

const char *
keymap_context_name(Where context)
{
	for (gsize i = 0; i < G_N_ELEMENTS(contexts); i++)
		if (contexts[i].context == context)
			return contexts[i].name;
	return NULL;
}

static void
add_default(Keymap *m, CommandId id, const char *word)
{
	Where where = command_row(id)->where;
	const char *colon = strchr(word, ':');
	KeySequence keys;

	if (colon && colon > word && colon[1]) {
		g_autofree char *name = g_strndup(word, (gsize)(colon - word));
		where = keymap_context(name) & where;
		g_assert(where);
		word = colon + 1;
	}
	bool good = key_sequence_parse(word, &keys);
	g_assert(good);
	/* where letters filter names they are no commands, unless its own row says so */
	if (where != IN_FILES && !(colon && colon > word) && key_is_text(keys.keys[0]))
		where &= ~(Where)IN_FILES;
	for (int i = 0; i < N_CONTEXTS; i++) {
		Binding b = { (Where)(1 << i), keys, id };
		if (where & b.context)
			g_array_append_val(m->bindings, b);
	}
}

Keymap *
keymap_new(void)
{
	Keymap *m = g_new0(Keymap, 1);
	m->bindings = g_array_new(FALSE, FALSE, sizeof(Binding));
	for (int id = 0; id < N_COMMANDS; id++) {
		g_auto(GStrv) words = g_strsplit(command_row((CommandId)id)->keys, " ", -1);
		for (char **w = words; *w; w++)
			if (**w)
				add_default(m, (CommandId)id, *w);
	}
	return m;
}

void
keymap_free(Keymap *m)
{
	if (!m)
		return;
	g_array_unref(m->bindings);
	g_free(m);
}

static const Binding *
binding(const Keymap *m, guint i)
{
	return &g_array_index(m->bindings, Binding, i);
}

static bool
begins_with(const KeySequence *s, const KeySequence *beginning)
{
	return s->n >= beginning->n &&
		memcmp(s->keys, beginning->keys, beginning->n * sizeof(Key)) == 0;
}

static void
bind(Keymap *m, Where context, const KeySequence *keys, CommandId id)
{
	for (guint i = m->bindings->len; i-- > 0;) {
		const Binding *b = binding(m, i);
		if (b->context == context &&
			(begins_with(&b->keys, keys) || begins_with(keys, &b->keys)))
			g_array_remove_index(m->bindings, i);
	}
	Binding b = { context, *keys, id };
	g_array_append_val(m->bindings, b);
}

/* Whether a command may be bound in a context; COMMAND_NONE: *problem. */
static CommandId
check_command(Where context, const char *command, char **problem)
{
	CommandId id = command_find(command);
	const char *name = keymap_context_name(context);

	if (!name) {
		*problem = g_strdup(_("Keys are bound in one of: index, pager, folders, attachments, help."));
		return COMMAND_NONE;
	}
	if (id == COMMAND_NONE)
		*problem = g_strdup_printf(_("There is no command “%s”; “?” lists those there are."), command);
	else if (!(command_row(id)->where & context)) {
		*problem = g_strdup_printf(_("“%s” does not work in “%s”."), command, name);
		return COMMAND_NONE;
	}
	return id;
}

static bool
parse_keys(const char *word, KeySequence *out, char **problem)
{
	if (key_sequence_parse(word, out))
		return true;
	*problem = g_strdup_printf(_("“%s” is not a key. Keys are written like these: j, C-x, M-v, <F6>, <Home>, <Return>."), word);
	return false;
}

bool
keymap_bind(Keymap *m, Where context, const char *command, const char *keys, char **problem)
{
	g_auto(GStrv) words = g_strsplit_set(keys, " \t", -1);
	g_autoptr(GArray) parsed = g_array_new(FALSE, FALSE, sizeof(KeySequence));
	CommandId id = check_command(context, command, problem);

	if (id == COMMAND_NONE)
		return false;
	for (char **w = words; *w; w++) {
		KeySequence s;
		if (!**w)
			continue;
		if (!parse_keys(*w, &s, problem))
			return false;
		g_array_append_val(parsed, s);
	}
	for (guint i = m->bindings->len; i-- > 0;)
		if (binding(m, i)->context == context && binding(m, i)->command == id)
			g_array_remove_index(m->bindings, i);
	for (guint i = 0; i < parsed->len; i++)
		bind(m, context, &g_array_index(parsed, KeySequence, i), id);
	keymap_reset(m);
	return true;
}

bool
keymap_bind_key(Keymap *m, Where context, const char *key, const char *command, char **problem)
{
	KeySequence s;
	CommandId id = check_command(context, command, problem);

	if (id == COMMAND_NONE || !parse_keys(key, &s, problem))
		return false;
	bind(m, context, &s, id);
	keymap_reset(m);
	return true;
}

bool
keymap_bind_line(Keymap *m, const char *line, char **problem)
{
	g_auto(GStrv) all = g_strsplit_set(line ? line : "", " \t", -1);
	const char *words[3] = { NULL };
	int n = 0;

	for (char **w = all; *w; w++) {
		if (!**w)
			continue;
		if (n < 3)
			words[n] = *w;
		n++;
	}
	if (n != 3) {
		*problem = g_strdup(_("Say where, which key and which command, for example: bind index gg first-entry"));
		return false;
	}
	return keymap_bind_key(m, keymap_context(words[0]), words[1], words[2], problem);
}

CommandId
keymap_find(const Keymap *m, Where context, const KeySequence *s)
{
	for (guint i = 0; i < m->bindings->len; i++) {
		const Binding *b = binding(m, i);
		if (b->context == context && b->keys.n == s->n && begins_with(&b->keys, s))
			return b->command;
	}
	return COMMAND_NONE;
}

void
keymap_reset(Keymap *m)
{
	m->typed.n = 0;
}

CommandId
keymap_feed(Keymap *m, Where context, Key k, bool *pending)
{
	*pending = false;
	if (m->typed_in != context)
		keymap_reset(m);
	m->typed_in = context;
	m->typed.keys[m->typed.n++] = k;
	CommandId id = keymap_find(m, context, &m->typed);
	if (id == COMMAND_NONE && m->typed.n < KEYS_SEQUENCE) {
		for (guint i = 0; i < m->bindings->len && !*pending; i++)
			*pending = binding(m, i)->context == context &&
				begins_with(&binding(m, i)->keys, &m->typed);
	}
	if (!*pending)
		keymap_reset(m);
	return id;
}

char **
keymap_keys(const Keymap *m, Where context, CommandId id)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (guint i = 0; i < m->bindings->len; i++)
		if (binding(m, i)->context == context && binding(m, i)->command == id)
			g_ptr_array_add(names, key_sequence_name(&binding(m, i)->keys));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

char *
keymap_first_key(const Keymap *m, Where context, CommandId id)
{
	for (guint i = 0; i < m->bindings->len; i++)
		if (binding(m, i)->context == context && binding(m, i)->command == id)
			return key_sequence_name(&binding(m, i)->keys);
	return NULL;
}

GPtrArray *
keymap_clashes(const Keymap *m)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < m->bindings->len; i++) {
		for (guint j = 0; j < m->bindings->len; j++) {
			const Binding *a = binding(m, i), *b = binding(m, j);
			if (i == j || a->context != b->context ||
				!begins_with(&a->keys, &b->keys) ||
				(a->keys.n == b->keys.n && i < j))
				continue;
			g_autofree char *key = key_sequence_name(&b->keys);
			g_ptr_array_add(out,
				g_strdup_printf("%s: %s %s %s", keymap_context_name(a->context),
				key,
				command_row(a->command)->name, command_row(b->command)->name));
		}
	}
	return out;
}

static char *
first_label(const Keymap *m, Where context, CommandId id)
{
	for (guint i = 0; i < m->bindings->len; i++)
		if (binding(m, i)->context == context && binding(m, i)->command == id)
			return key_sequence_label(&binding(m, i)->keys);
	return NULL;
}

static void
add_hint(const Keymap *m, Where context, CommandId id, GPtrArray *out)
{
	char *key = command_row(id)->line & context ? first_label(m, context, id) : NULL;
	if (!key)
		return;
	g_ptr_array_add(out, key);
	g_ptr_array_add(out, g_strdup(_(command_row(id)->label)));
}

char **
keymap_hints(const Keymap *m, Where context, guint n)
{
	g_autoptr(GPtrArray) out = g_ptr_array_new();

	/* the way to all others has its place for sure, at the end */
	for (int i = 0; i < N_COMMANDS && out->len / 2 + 1 < n; i++)
		if (i != CMD_help)
			add_hint(m, context, (CommandId)i, out);
	if (n > 0)
		add_hint(m, context, CMD_help, out);
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&out), FALSE);
}

Clean *
keymap_line(const Keymap *m, Where context, int columns, guint n)
{
	for (; n > 0; n--) {
		g_auto(GStrv) hints = keymap_hints(m, context, n);
		g_autoptr(GString) s = g_string_new(NULL);
		for (char **h = hints; *h; h += 2)
			g_string_append_printf(s, "%s%s %s", s->len > 0 ? "  " : "", h[0], h[1]);
		if (utf8_columns(s->str, -1) <= columns)
			return clean_new(s->str, -1, CLEAN_LINE);
	}
	return clean_new("", 0, CLEAN_LINE);
}
