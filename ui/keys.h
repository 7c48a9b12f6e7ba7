/* keys.h - names of keys, sequences of keys, and the map from them to commands.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A key maps to a command of THE table (ui/commands.def), never to a function. Names are those of
 * KEYS.md: "j", "C-x", "M-v", "<F6>", "<S-F5>", "<Home>", "<Return>"; keys written without a
 * space between them are a sequence ("gg"). The file says it as `command = keys` in [keys.index]
 * and so on, keys separated by spaces, replacing the defaults of that context; nothing after "="
 * unbinds the command. */
#pragma once

#include "ui/commands.h"

/* a Unicode character or one of K_..., with modifiers or-ed to it; 0: none */
typedef guint32 Key;

enum {
	K_NONE = 0,
	K_TAB = '\t', K_RETURN = '\r', K_ESC = 0x1b, K_SPACE = ' ', K_BACKSPACE = 0x7f,
	K_UP = 0x200000, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_PAGE_UP, K_PAGE_DOWN, K_INSERT,
	K_DELETE,
	K_F0 = 0x200100,	/* K_F0 + n */
	/* what the screen tells beside keys */
	K_PASTE = 0x200200,	/* its text comes along */
	K_RESIZE, K_SUSPEND /* SIGTSTP from outside */, K_TERMINATE /* SIGTERM, SIGHUP, SIGINT */,
	K_CLOSED /* the terminal is gone */,
	K_UNKNOWN,		/* a sequence that means nothing here */
	K_MASK = 0xffffff,
	/* SHIFT only with keys that are no characters */
	K_META = 1 << 24, K_CTRL = 1 << 25, K_SHIFT = 1 << 26,
};

#define K_C(letter) ((Key)(K_CTRL | (letter)))	/* K_C('x') */
#define K_M(letter) ((Key)(K_META | (letter)))

enum { KEYS_SEQUENCE = 4 };	/* longest */
typedef struct { Key keys[KEYS_SEQUENCE]; guint8 n; } KeySequence;

char *key_to_name(Key k);	/* "C-x"; yours (curses owns the name key_name) */
/* One key at the beginning of text; *end gets what follows. 0: not a key. */
Key key_parse(const char *text, const char **end);
bool key_sequence_parse(const char *text, KeySequence *out);	/* the whole word */
char *key_sequence_name(const KeySequence *s);	/* yours */
/* for people: "Enter", "F1", "C-l"; translated; yours */
char *key_sequence_label(const KeySequence *s);
/* What a terminal sends: a character with the control ones named; the modifiers of xterm (1 +
 * shift 1, alt 2, ctrl 4); CSI number ; modifiers final, where terminfo doesn't know it.
 * K_UNKNOWN: nothing that we know. */
Key key_of_char(gunichar ch);
Key key_modifiers(guint number);
Key key_of_csi(const guint numbers[2], char final);
bool key_is_text(Key k);	/* a character that can be typed into a line */

typedef struct Keymap Keymap;

Keymap *keymap_new(void);	/* with the defaults of the table */
void keymap_free(Keymap *m);

/* The name of a section "keys.NAME" <-> a single bit of Where; 0 or NULL: none. */
Where keymap_context(const char *name);
const char *keymap_context_name(Where context);

/* A line `command = keys` of [keys.CONTEXT]: replaces the keys of that command there. False:
 * nothing is changed, *problem gets a translated sentence (yours). A key that another command had
 * goes to the new one. */
bool keymap_bind(Keymap *m, Where context, const char *command, const char *keys, char **problem);
/* One key more (":bind index gg first-entry"). */
bool keymap_bind_key(Keymap *m, Where context, const char *key, const char *command,
	char **problem);
/* The same from the argument of the command: "index gg first-entry". */
bool keymap_bind_line(Keymap *m, const char *line, char **problem);

/* Feeds a key typed in a context. COMMAND_NONE: unbound, *pending false; or the beginning of a
 * sequence: *pending true, and what is typed so far waits in the map. keymap_reset forgets it
 * (focus changed, a prompt opened). */
CommandId keymap_feed(Keymap *m, Where context, Key k, bool *pending);
void keymap_reset(Keymap *m);
CommandId keymap_find(const Keymap *m, Where context, const KeySequence *s);

/* The keys of a command in a context, the first one first; of char* (yours), NULL-terminated,
 * maybe empty. */
char **keymap_keys(const Keymap *m, Where context, CommandId id);
char *keymap_first_key(const Keymap *m, Where context, CommandId id);	/* NULL: unbound; yours */

/* Keys that stand for two commands in one context, or that a shorter sequence hides: "index: q
 * quit close", of char*; yours. */
GPtrArray *keymap_clashes(const Keymap *m);

/* The keys that matter in a context for the bottom line, "Return open / search ? help", those
 * that fit into columns; at most n. */
/* key, word, key, word ..., NULL: the same in pieces; yours */
char **keymap_hints(const Keymap *m, Where context, guint n);
Clean *keymap_line(const Keymap *m, Where context, int columns, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keymap, keymap_free)
