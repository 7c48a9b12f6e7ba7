/* prompt.h - the line editor of the bottom line.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Knows keys and the canvas, not what is asked for. A password never leaves Secret memory and
 * shows only stars. */
#pragma once

#include "base/secret.h"
#include "ui/keys.h"
#include "ui/theme.h"

typedef enum { PROMPT_COMMAND, PROMPT_SEARCH, PROMPT_LIMIT, PROMPT_FOLDER, PROMPT_FILE,
	PROMPT_NUMBER, PROMPT_PASSWORD, PROMPT_TIME, PROMPT_ADDRESS, PROMPT_LABEL, PROMPT_EXTENSIONS, PROMPT_KINDS } PromptKind;

typedef struct PromptHistory PromptHistory;	/* one for the program; a list for each kind */
PromptHistory *prompt_history_new(void);
void prompt_history_free(PromptHistory *h);
/* the newest; an equal older one goes */
void prompt_history_add(PromptHistory *h, PromptKind kind, const char *text);

typedef struct Prompt Prompt;

/* Candidates for what stands before the cursor (byte offset): whole replacements of text[*start
 * .. cursor), best first; NULL or empty: none. Yours. */
typedef char **(*PromptComplete)(void *user, const char *text, gsize cursor, gsize *start);

Prompt *prompt_new(PromptKind kind, const Clean *label, const char *initial,
	PromptHistory *history /* borrowed; NULL: none */);
void prompt_free(Prompt *p);	/* wipes */
void prompt_set_complete(Prompt *p, PromptComplete complete, void *user);
/* the candidates are there from the beginning and follow each key (the palette) */
void prompt_set_live(Prompt *p);

typedef enum {
	PROMPT_SAME,		/* nothing but maybe the cursor moved */
	PROMPT_CHANGED,		/* the text changed (limit as you type) */
	PROMPT_DONE,		/* Return: take the text; it is in the history now */
	PROMPT_CANCELLED,	/* Esc, C-g, or Backspace in an empty line (not of a password) */
} PromptState;
PromptState prompt_key(Prompt *p, Key k, const char *paste /* with K_PASTE */);

PromptKind prompt_kind(const Prompt *p);
const char *prompt_text(const Prompt *p);	/* borrowed until the next key; "" for a password */
Secret *prompt_take_secret(Prompt *p);		/* of a password; yours; never NULL */
/* What completion offers now, NULL: nothing; *selected is the one in the line, -1: none.
 * Borrowed. */
char *const *prompt_candidates(const Prompt *p, int *selected);
/* The candidates from the bottom of r upwards, as many as fit, the selected one among them; note
 * (may be NULL) gives what stands at the right of each (its key or help; yours to give away). The
 * rows used. */
int prompt_draw_candidates(const Prompt *p, Canvas *c, Rect r,
	char *(*note)(void *user, const char *candidate), void *user);
/* Draws into one line and puts the cursor there; scrolls sideways when the text is longer. */
void prompt_draw(Prompt *p, Canvas *c, Rect line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PromptHistory, prompt_history_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prompt, prompt_free)
