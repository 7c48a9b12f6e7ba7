/* theme.c - what each style looks like, in colour and without.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The colours are middling ones on the terminal's own background, so that they
 * can be read on a dark and on a light one. Each row has the look for 8 and 16
 * colours, for 256, and without colour. */
#include "config.h"
#include "ui/theme.h"
#include "base/intl.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
	const char *name;
	bool by_character;	/* a mark or sign in the text says it too */
	guint16 mono;		/* attributes without colour */
	Look few, many;		/* 8 or 16 colours; 256 */
} StyleRow;

struct Theme {
	ThemeDepth depth;
	Look looks[STYLE_LAST];
};

enum { D = COLOR_DEFAULT, RED = 1, GREEN, YELLOW, BLUE, MAGENTA, CYAN };
enum { B = MOD_BOLD, R = MOD_REVERSE, U = MOD_UNDERLINE, F = MOD_DIM, I = MOD_ITALIC };

/* defined at the end of the file */
static const StyleRow style_rows[STYLE_LAST];

Style
style_quote(int depth)
{
	return depth <= 0 ? STYLE_NORMAL : STYLE_QUOTE1 + (Style)((depth - 1) % 4);
}

ThemeDepth
theme_choose_depth(int colors)
{
	const char *no = g_getenv("NO_COLOR");
	if (colors < 8 || (no && *no))
		return DEPTH_MONO;
	return colors >= 256 ? DEPTH_256 : colors >= 16 ? DEPTH_16 : DEPTH_8;
}

static Look
default_look(const StyleRow *row, ThemeDepth depth)
{
	if (depth == DEPTH_MONO)
		return (Look){ D, D, row->mono };
	return depth == DEPTH_256 ? row->many : row->few;
}

Theme *
theme_new(ThemeDepth depth)
{
	Theme *t = g_new0(Theme, 1);
	t->depth = depth;
	for (int i = 0; i < STYLE_LAST; i++)
		t->looks[i] = default_look(&style_rows[i], depth);
	return t;
}

void
theme_free(Theme *t)
{
	g_free(t);
}

ThemeDepth
theme_depth(const Theme *t)
{
	return t->depth;
}

Look
theme_look(const Theme *t, CellStyle style)
{
	guint s = style & MOD_STYLE;
	Look look = t->looks[s < STYLE_LAST ? s : STYLE_NORMAL];
	look.attrs |= (guint16)(style & ~MOD_STYLE);
	return look;
}

const char *
theme_style_name(Style s)
{
	return style_rows[s].name;
}

bool
theme_by_character(Style s)
{
	return style_rows[s].by_character;
}

static const struct { const char *name; guint16 attr; } attr_names[] = {
	{ "bold", B }, { "dim", F }, { "italic", I }, { "underline", U }, { "reverse", R },
	{ "normal", 0 },
};

static const char *const color_names[] = { "black", "red", "green", "yellow", "blue", "magenta",
	"cyan", "white" };

static gint16
nearest_256(guint rgb)
{
	static const int steps[] = { 0, 95, 135, 175, 215, 255 };
	int index = 16, grey = 0;

	for (int shift = 16, weight = 36; shift >= 0; shift -= 8, weight /= 6) {
		int v = (int)(rgb >> shift & 0xff), best = 0;
		for (int i = 1; i < 6; i++)
			if (abs(steps[i] - v) < abs(steps[best] - v))
				best = i;
		index += best * weight;
		grey += v;
	}
	guint r = rgb >> 16 & 0xff, g = rgb >> 8 & 0xff, b = rgb & 0xff;
	if (r == g && g == b && r >= 8 && r <= 238)	/* the grey ramp is finer */
		return (gint16)(232 + (grey / 3 - 8) / 10);
	return (gint16)index;
}

/* For terminals of fewer colours than the name or number asks for. */
static gint16
reduce(gint16 color, ThemeDepth depth)
{
	if (color == COLOR_DEFAULT || depth == DEPTH_256)
		return color;
	int limit = depth == DEPTH_16 ? 16 : 8;
	if (color < limit)
		return color;
	if (color < 16)
		return (gint16)(color - 8);
	if (color >= 232)
		return color < 244 ? 0 : 7;
	int c = color - 16;
	return (gint16)((c / 36 >= 3 ? 1 : 0) | (c / 6 % 6 >= 3 ? 2 : 0) | (c % 6 >= 3 ? 4 : 0));
}

static bool
parse_color(const char *word, gint16 *out)
{
	guint64 n;
	if (strcmp(word, "default") == 0) {
		*out = COLOR_DEFAULT;
		return true;
	}
	if (word[0] == '#') {
		if (strlen(word) != 7 || strspn(word + 1, "0123456789abcdefABCDEF") != 6)
			return false;
		*out = nearest_256((guint)strtoul(word + 1, NULL, 16));
		return true;
	}
	if (g_ascii_string_to_unsigned(word, 10, 0, 255, &n, NULL)) {
		*out = (gint16)n;
		return true;
	}
	bool bright = g_str_has_prefix(word, "bright-");
	for (gsize i = 0; i < G_N_ELEMENTS(color_names); i++) {
		if (strcmp(word + (bright ? 7 : 0), color_names[i]) == 0) {
			*out = (gint16)(i + (bright ? 8 : 0));
			return true;
		}
	}
	return false;
}

static bool
parse_look(const char *value, ThemeDepth depth, Look *out, char **problem)
{
	g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);
	Look look = { D, D, 0 };
	bool on = false;

	for (char **w = words; *w; w++) {
		gint16 color;
		gsize a = 0;
		if (!**w)
			continue;
		while (a < G_N_ELEMENTS(attr_names) && strcmp(*w, attr_names[a].name) != 0)
			a++;
		if (a < G_N_ELEMENTS(attr_names)) {
			look.attrs |= attr_names[a].attr;
		} else if (strcmp(*w, "on") == 0) {
			on = true;
		} else if (parse_color(*w, &color)) {
			*(on ? &look.bg : &look.fg) = reduce(color, depth);
			on = false;
		} else {
			*problem = g_strdup_printf(_("“%s” is not a colour. Say for example “bold red on default”, a number from 0 to 255, or #rrggbb."), *w);
			return false;
		}
	}
	if (on) {
		*problem = g_strdup(_("There is no background colour behind “on”."));
		return false;
	}
	*out = look;
	return true;
}

bool
theme_set(Theme *t, const char *style, const char *value, char **problem)
{
	for (int i = 0; i < STYLE_LAST; i++) {
		Look look;
		if (strcmp(style_rows[i].name, style) != 0)
			continue;
		if (!parse_look(value, t->depth, &look, problem))
			return false;
		/* colour would be all that it says: keep our attributes beside theirs */
		if (t->depth == DEPTH_MONO) {
			look.fg = look.bg = COLOR_DEFAULT;
			look.attrs |= style_rows[i].mono;
		}
		t->looks[i] = look;
		return true;
	}
	*problem = g_strdup_printf(_("There is no style “%s”."), style);
	return false;
}

/* STYLE_..., name, by character, mono, 8 and 16 colours, 256 colours */
#define ROW(id, name, by_character, mono, ...) \
	[STYLE_##id] = { name, by_character, mono, __VA_ARGS__ }
static const StyleRow style_rows[STYLE_LAST] = {
	ROW(NORMAL, "normal", false, 0, { D, D, 0 }, { D, D, 0 }),
	ROW(TITLE, "title", false, R | B, { D, D, R | B }, { D, D, R | B }),
	ROW(TITLE_DIM, "title-dim", false, R, { D, D, R }, { D, D, R }),
	ROW(STATUS, "status", true, 0, { D, D, 0 }, { D, D, 0 }),	/* its row says it */
	ROW(STATUS_KEY, "status-key", false, B, { CYAN, D, B }, { 37, D, B }),
	ROW(ERROR, "error", false, B | R, { RED, D, B | R }, { 160, D, B | R }),
	ROW(WARN, "warn", false, B | U, { YELLOW, D, B | U }, { 172, D, B | U }),
	ROW(PROGRESS, "progress", true, 0, { CYAN, D, 0 }, { 37, D, 0 }),
	ROW(PROMPT, "prompt", false, B, { D, D, B }, { D, D, B }),
	/* the cursor is there */
	ROW(PROMPT_TEXT, "prompt-text", true, 0, { D, D, 0 }, { D, D, 0 }),
	ROW(CANDIDATE, "candidate", true, 0, { D, D, 0 }, { D, D, 0 }),
	ROW(CANDIDATE_SELECTED, "candidate-selected", false, R, { D, D, R }, { D, D, R }),
	ROW(BORDER, "border", true, 0, { BLUE, D, 0 }, { 244, D, 0 }),
	ROW(HEADING, "heading", false, U, { D, D, U }, { 244, D, U }),
	ROW(SELECTED, "selected", false, R, { D, D, R }, { D, D, R }),
	ROW(SELECTED_IDLE, "selected-idle", false, U | B, { D, D, U | B }, { D, D, U | B }),
	ROW(READ, "read", true, 0, { D, D, 0 }, { D, D, 0 }),
	ROW(UNREAD, "unread", true, B, { D, D, B }, { D, D, B }),	/* ● */
	ROW(FLAGGED, "flagged", true, 0, { RED, D, 0 }, { 160, D, 0 }),	/* ! */
	ROW(DELETED, "deleted", true, F, { D, D, F }, { 244, D, F }),	/* D */
	ROW(MARK, "mark", true, B, { GREEN, D, B }, { 35, D, B }),
	ROW(DATE, "date", true, 0, { D, D, 0 }, { D, D, 0 }),
	ROW(SIZE, "size", true, 0, { D, D, 0 }, { 244, D, 0 }),
	ROW(ACCOUNT, "account", false, B, { D, D, B }, { D, D, B }),
	ROW(FOLDER, "folder", true, 0, { D, D, 0 }, { D, D, 0 }),
	ROW(FOLDER_NEW, "folder-new", true, B, { GREEN, D, B }, { 35, D, B }),	/* the number */
	ROW(FOLDER_COUNT, "folder-count", true, 0, { CYAN, D, 0 }, { 37, D, 0 }),
	ROW(FOLDER_OPEN, "folder-open", true, B, { D, D, B }, { D, D, B }),	/* › */
	ROW(FOLDER_DIM, "folder-dim", true, F, { D, D, F }, { 244, D, F }),	/* in ( ) */
	ROW(HEADER_NAME, "header-name", false, B, { CYAN, D, 0 }, { 37, D, 0 }),
	ROW(HEADER_VALUE, "header-value", true, 0, { D, D, 0 }, { D, D, 0 }),
	ROW(HEADER_SUBJECT, "header-subject", false, B, { D, D, B }, { D, D, B }),
	ROW(QUOTE1, "quote1", true, 0, { GREEN, D, 0 }, { 35, D, 0 }),	/* "> " before each */
	ROW(QUOTE2, "quote2", true, 0, { CYAN, D, 0 }, { 37, D, 0 }),
	ROW(QUOTE3, "quote3", true, 0, { MAGENTA, D, 0 }, { 133, D, 0 }),
	ROW(QUOTE4, "quote4", true, 0, { BLUE, D, 0 }, { 68, D, 0 }),
	ROW(SIGNATURE, "signature", true, F, { D, D, F }, { 244, D, F }),	/* "-- " */
	ROW(LINK, "link", true, U, { BLUE, D, U }, { 33, D, U }),	/* [1] */
	ROW(PART, "part", false, B, { MAGENTA, D, B }, { 133, D, B }),
	ROW(NOTE, "note", false, I | B, { YELLOW, D, I }, { 172, D, I }),
	ROW(HEADLINE, "headline", false, B, { D, D, B }, { D, D, B }),
	ROW(CODE, "code", true, 0, { D, D, 0 }, { 130, D, 0 }),
	ROW(FOLD, "fold", true, F, { D, D, F }, { 244, D, F }),
	ROW(SEARCH, "search", false, R, { YELLOW, D, R }, { 0, 221, 0 }),
	ROW(SEARCH_CURRENT, "search-current", false, R | B | U, { YELLOW, D, R | B | U },
		{ 0, 214, B | U }),
	ROW(GUTTER, "gutter", true, 0, { D, D, 0 }, { 244, D, 0 }),
	ROW(HELP_KEY, "help-key", false, B, { CYAN, D, B }, { 37, D, B }),
	ROW(HELP_TEXT, "help-text", true, 0, { D, D, 0 }, { D, D, 0 }),
	ROW(QR, "qr", true, 0, { 7, 0, 0 }, { 231, 16, 0 }),
};
