/* theme.h - what each style looks like, in colour and without.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * All that colour says is also said by an attribute or by a character in the text, so that
 * monochrome terminals, NO_COLOR and colour-blind people lose nothing (a test checks it). Knows
 * no curses: screen.c translates. */
#pragma once

#include "ui/canvas.h"

typedef enum {
	STYLE_NORMAL,
	STYLE_TITLE, STYLE_TITLE_DIM,	/* the top line; its less important words */
	STYLE_STATUS, STYLE_STATUS_KEY,	/* the bottom line; a key in it */
	STYLE_ERROR, STYLE_WARN, STYLE_PROGRESS,
	STYLE_PROMPT, STYLE_PROMPT_TEXT, STYLE_CANDIDATE, STYLE_CANDIDATE_SELECTED,
	STYLE_BORDER, STYLE_HEADING,	/* lines between panes; column heads */
	STYLE_SELECTED,		/* the selected row of the pane that has the keys */
	STYLE_SELECTED_IDLE,	/* of the others */
	/* rows of the index; the marks before them */
	STYLE_READ, STYLE_UNREAD, STYLE_FLAGGED, STYLE_DELETED, STYLE_MARK,
	STYLE_DATE, STYLE_SIZE,	/* of attachments; a row of the index has one style */
	/* DIM: can't be opened */
	STYLE_ACCOUNT, STYLE_FOLDER, STYLE_FOLDER_NEW, STYLE_FOLDER_COUNT, STYLE_FOLDER_OPEN,
	STYLE_FOLDER_DIM,
	STYLE_HEADER_NAME, STYLE_HEADER_VALUE, STYLE_HEADER_SUBJECT,
	STYLE_QUOTE1, STYLE_QUOTE2, STYLE_QUOTE3, STYLE_QUOTE4,
	STYLE_SIGNATURE, STYLE_LINK, STYLE_PART, STYLE_NOTE, STYLE_HEADLINE, STYLE_CODE,
	STYLE_FOLD,		/* "12 quoted lines" */
	STYLE_SEARCH, STYLE_SEARCH_CURRENT,
	STYLE_GUTTER,		/* the cell before body text that only we can draw in (M8) */
	STYLE_HELP_KEY, STYLE_HELP_TEXT,
	STYLE_QR,		/* of a QR code: its light modules on its dark ones */
	STYLE_LAST
} Style;

Style style_quote(int depth);	/* 1.. : STYLE_QUOTE1.. round and round; 0: STYLE_NORMAL */

typedef enum { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256 } ThemeDepth;

enum { COLOR_DEFAULT = -1 };

typedef struct {
	gint16 fg, bg;		/* 0..255, or COLOR_DEFAULT */
	guint16 attrs;		/* MOD_BOLD ... of canvas.h */
} Look;

typedef struct Theme Theme;

Theme *theme_new(ThemeDepth depth);
void theme_free(Theme *t);
ThemeDepth theme_depth(const Theme *t);
/* The depth for a terminal of that many colours (0: none); the variable NO_COLOR, not empty,
 * takes them away. */
ThemeDepth theme_choose_depth(int colors);
Look theme_look(const Theme *t, CellStyle style);	/* modifiers taken in */
const char *theme_style_name(Style s);	/* as in [colors]: "unread", "quote1" */
/* said by a character beside it, needs no attribute in monochrome */
bool theme_by_character(Style s);

/* A line of [colors]: words "bold dim italic underline reverse", a foreground, "on" and a
 * background: names (red, bright-red, default), 0..255, #rrggbb. False: *problem gets a
 * translated sentence (yours). */
bool theme_set(Theme *t, const char *style, const char *value, char **problem);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Theme, theme_free)
