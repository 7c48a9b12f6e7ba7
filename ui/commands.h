/* commands.h - THE table of commands: keymap, help, palette, bottom line, manual and tests read
 * it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The rows are in ui/commands.def, one COMMAND(symbol, name, keys, where, needs, arg, line,
 * label, help) each. This file makes ids of them and declares void cmd_SYMBOL(struct App *, const
 * char *arg); the functions live beside the app, which fills its dispatch array from the same
 * rows:
 *
 *	static const CommandRun run[N_COMMANDS] = {
 *	#define COMMAND(symbol, ...) [CMD_##symbol] = cmd_##symbol,
 *	#include "ui/commands.def"
 *	#undef COMMAND
 *	};
 *
 * Where and needs are checked by the caller (command_allowed), so that the body only does its
 * work. */
#pragma once

#include "base/utf8.h"

struct App;
/* arg: what stood behind the name at ":"; NULL when called by key */
typedef void (*CommandRun)(struct App *app, const char *arg);

typedef enum {	/* contexts: who has the keys */
	IN_INDEX = 1 << 0, IN_PAGER = 1 << 1, IN_FOLDERS = 1 << 2,
	IN_PARTS = 1 << 3 /* attachment list */, IN_HELP = 1 << 4,
	IN_COMPOSE = 1 << 5 /* header fields and attachments of a mail that is written */,
	IN_EDITOR = 1 << 6 /* its text: what is no command is typed */,
	IN_FILES = 1 << 7 /* the file picker */, IN_SETTINGS = 1 << 8,
	IN_WAITING = 1 << 9 /* outbox, drafts, wishes, downloads */,
	IN_LEDGER = 1 << 10 /* what lies on a POP3 server */,
	IN_QUESTION = 1 << 11 /* a question with a few answers: letters and digits are its own */,
	IN_HISTORY = 1 << 12 /* what was done */,
	IN_SIGNIN = 1 << 13 /* signing in by OAuth */,
	IN_SETUP = 1 << 14 /* making an account */,
	IN_CERTIFICATE = 1 << 15 /* what a server showed of itself */,
	IN_REPORT = 1 << 16 /* what the doctor found out; the connection log */,
	IN_LISTS = IN_INDEX | IN_FOLDERS | IN_PARTS | IN_FILES | IN_SETTINGS | IN_WAITING | IN_LEDGER | IN_HISTORY | IN_CERTIFICATE,
	IN_TEXTS = IN_PAGER | IN_HELP | IN_REPORT,
	IN_ANY = IN_LISTS | IN_TEXTS,	/* not where text is typed */
	IN_EVERYWHERE = IN_ANY | IN_COMPOSE | IN_EDITOR | IN_QUESTION | IN_SIGNIN | IN_SETUP,
	N_CONTEXTS = 17,
} Where;

typedef enum {
	NEEDS_NOTHING = 0,
	NEEDS_ACCOUNT = 1 << 0,	/* one is configured and chosen */
	NEEDS_FOLDER = 1 << 1,	/* one is open (or selected in its pane) */
	NEEDS_MESSAGE = 1 << 2,	/* one is selected */
	NEEDS_OPEN = 1 << 3,	/* one is open in the pager */
	NEEDS_PART = 1 << 4,	/* one is selected in the attachment list */
	NEEDS_WRITE = 1 << 5,	/* not started with -R */
} Needs;

typedef enum { ARG_NONE, ARG_TEXT, ARG_PATTERN, ARG_NUMBER, ARG_FOLDER, ARG_FILE, ARG_COMMAND,
	ARG_CONTEXT_KEY } ArgKind;

typedef enum {
#define COMMAND(symbol, ...) CMD_##symbol,
#include "ui/commands.def"
#undef COMMAND
	N_COMMANDS,
	COMMAND_NONE = -1,
} CommandId;

#define COMMAND(symbol, ...) void cmd_##symbol(struct App *app, const char *arg);
#include "ui/commands.def"
#undef COMMAND

typedef struct {
	const char *name;	/* "next-unread" */
	const char *keys;	/* separated by spaces; "pager:q" only there */
	Where where;
	Needs needs;
	ArgKind arg;		/* optional always: without it the command asks */
	/* contexts in whose bottom line it stands, in the order of the table */
	Where line;
	const char *label;	/* N_(): a word for the bottom line; NULL: never there */
	const char *help;	/* N_(): one line, a verb first, no full stop */
} Command;

const Command *command_row(CommandId id);
CommandId command_find(const char *name);	/* COMMAND_NONE: unknown */
const char *command_help(CommandId id);		/* translated */

/* Whether it may run here and now; else *why gets a translated sentence (yours; why may be NULL). */
bool command_allowed(CommandId id, Where context, Needs have, char **why);

/* Splits what was typed at ":" into command and argument ("limit ~U anna"; a beginning of a name
 * that is unique will do, a number alone is `jump`); *arg is yours, NULL if there is none.
 * COMMAND_NONE: *problem gets a sentence (yours). */
CommandId command_parse(const char *line, char **arg, char **problem);

/* The palette: ids of the commands valid in a context that fit what was typed (letters in order;
 * name before help), best first; of CommandId; yours. */
GArray *command_match(const char *typed, Where context);

/* For the prompt: names that may stand for the first word of text, when the cursor is in it (so
 * *start is 0); NULL behind it: what is wanted there is the app's to know. Yours. */
char **command_complete(const char *text, gsize cursor, Where context, gsize *start);
