/* style.h - the little of CSS that decides whether text is seen and how.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Inline declarations, and classes that a style sheet hides. Loads nothing. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define COLOUR_UNKNOWN	0xff000000u	/* such as a picture behind the text */

typedef struct {
	bool hidden;		/* nobody would see it, nor what is in it */
	bool has_size, tiny;	/* of the letters; an element inside may have another size */
	bool has_visibility, invisible;	/* the same */
	bool bold, not_bold, italic, underline, struck, pre;
	bool has_fg, has_bg;
	guint32 fg, bg;		/* 0xrrggbb or COLOUR_UNKNOWN */
	bool remote;		/* names something on a server */
} Style;

void style_read(Style *s, const char *declarations);
/* True if text right in the element is not seen, by any of the three ways. */
bool style_hides(const Style *s);
guint32 style_colour(const char *text);
bool style_same_colour(guint32 a, guint32 b);

typedef struct {
	GHashTable *hidden;	/* owned: class names */
	bool paints;		/* sets colours: what is white on white can't be known */
	bool remote;
} StyleSheet;

void style_sheet_init(StyleSheet *s, const char *css);
void style_sheet_clear(StyleSheet *s);
/* True if one of the names in a class attribute is hidden. */
bool style_sheet_hides(const StyleSheet *s, const char *classes);
