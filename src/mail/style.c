/* style.c - the little of CSS that decides whether text is seen and how.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * To leave out text that a person would have seen is worse than to show what was hidden: in doubt
 * it is shown. */
#include "config.h"
#include "mail/style.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

guint32
style_colour(const char *text)
{
	static const struct { const char *name; guint32 rgb; } names[] = {
		{ "white", 0xffffff }, { "black", 0 }, { "red", 0xff0000 }, { "green", 0x8000 }, { "blue", 0xff },
		{ "silver", 0xc0c0c0 }, { "gray", 0x808080 }, { "grey", 0x808080 }, { "yellow", 0xffff00 }, { "navy", 0x80 },
	};
	while (*text == ' ')
		text++;
	if (*text == '#') {
		gsize n = strspn(text + 1, "0123456789abcdefABCDEF");
		guint32 v = (guint32)strtoul(text + 1, NULL, 16);
		if (n == 6)
			return v;
		if (n != 3)
			return COLOUR_UNKNOWN;
		return (v >> 8 & 15) * 0x110000 | (v >> 4 & 15) * 0x1100 | (v & 15) * 0x11;
	}
	guint r, g, b;
	if (sscanf(text, "rgb(%3u,%3u,%3u)", &r, &g, &b) == 3 ||
		sscanf(text, "rgb(%3u, %3u, %3u)", &r, &g, &b) == 3)
		return (r & 255) << 16 | (g & 255) << 8 | (b & 255);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strncasecmp(text, names[i].name, strlen(names[i].name)) == 0)
			return names[i].rgb;
	return COLOUR_UNKNOWN;
}

bool
style_same_colour(guint32 a, guint32 b)
{
	if (a == COLOUR_UNKNOWN || b == COLOUR_UNKNOWN)
		return false;
	for (int shift = 0; shift < 24; shift += 8)
		if (abs((int)(a >> shift & 255) - (int)(b >> shift & 255)) > 4)
			return false;
	return true;
}

/* "0", "0px", ".1em", "1px": nothing that an eye could see. */
static bool
is_tiny(const char *value)
{
	char *unit;
	double n = g_ascii_strtod(value, &unit);

	if (unit == value || n < 0)
		return false;
	return n == 0 || (n <= 1 && (g_str_has_prefix(unit, "px") || g_str_has_prefix(unit, "pt")));
}

typedef struct { bool no_height, clipped, away, absolute; } Box;

static void
take_colour(Style *s, const char *name, const char *value)
{
	if (strcmp(name, "color") == 0) {
		s->has_fg = true;
		s->fg = style_colour(value);
	} else if (strcmp(name, "background-color") == 0) {
		s->has_bg = true;
		s->bg = style_colour(value);
	} else if (g_str_has_prefix(name, "background")) {
		s->has_bg = true;
		s->bg = strstr(value, "url") || strstr(value, "gradient") ? COLOUR_UNKNOWN :
			style_colour(value);
	}
}

static void
take_declaration(Style *s, Box *box, const char *name, const char *value)
{
	if (strcmp(name, "display") == 0)
		s->hidden = g_str_has_prefix(value, "none");
	else if (strcmp(name, "visibility") == 0) {
		s->has_visibility = true;
		s->invisible = g_str_has_prefix(value, "hidden") ||
			g_str_has_prefix(value, "collapse");
	} else if (strcmp(name, "font-size") == 0) {
		s->has_size = true;
		s->tiny = is_tiny(value);
	} else if (strcmp(name, "opacity") == 0)
		s->hidden = s->hidden ||
		(g_ascii_isdigit(*value) && g_ascii_strtod(value, NULL) <= 0.01);
	else if (strcmp(name, "max-height") == 0 || strcmp(name, "height") == 0)
		box->no_height = box->no_height || is_tiny(value);
	else if (strcmp(name, "overflow") == 0)
		box->clipped = g_str_has_prefix(value, "hidden");
	else if (strcmp(name, "position") == 0)
		box->absolute = g_str_has_prefix(value, "absolute") ||
			g_str_has_prefix(value, "fixed");
	else if (strcmp(name, "left") == 0 || strcmp(name, "top") == 0 ||
		strcmp(name, "text-indent") == 0)
		box->away = box->away || g_ascii_strtod(value, NULL) <= -900;
	else if (strcmp(name, "font-weight") == 0) {
		s->bold = g_str_has_prefix(value, "bold") || atoi(value) >= 600;
		s->not_bold = !s->bold;
	} else if (strcmp(name, "font-style") == 0)
		s->italic = g_str_has_prefix(value, "italic");
	else if (g_str_has_prefix(name, "text-decoration")) {
		s->underline = strstr(value, "underline") != NULL;
		s->struck = strstr(value, "line-through") != NULL;
	} else if (strcmp(name, "white-space") == 0)
		s->pre = g_str_has_prefix(value, "pre");
	else
		take_colour(s, name, value);
	if (strstr(value, "url(") && (strstr(value, "http:") || strstr(value, "https:")))
		s->remote = true;
}

void
style_read(Style *s, const char *declarations)
{
	g_autofree char *low = g_ascii_strdown(declarations, -1);
	Box box = { 0 };

	for (char *p = low, *next; p && *p; p = next) {
		next = strchr(p, ';');
		if (next)
			*next++ = '\0';
		char *colon = strchr(p, ':');
		if (!colon)
			continue;
		*colon = '\0';
		take_declaration(s, &box, g_strstrip(p), g_strstrip(colon + 1));
	}
	s->hidden = s->hidden || (box.no_height && box.clipped) || box.away;
}

bool
style_hides(const Style *s)
{
	return s->hidden || s->tiny || s->invisible;
}

static void
take_selectors(StyleSheet *sheet, char *selectors, bool hidden)
{
	for (char *p = selectors, *next; p && *p; p = next) {
		next = strchr(p, ',');
		if (next)
			*next++ = '\0';
		p = g_strstrip(p);
		char *dot = strchr(p, '.');
		/* only "name.class" and ".class": what depends on more may not apply */
		if (!dot || strpbrk(p, " >+~:[#*") || strchr(dot + 1, '.') || !dot[1])
			continue;
		if (hidden)
			g_hash_table_add(sheet->hidden, g_strdup(dot + 1));
		else
			g_hash_table_remove(sheet->hidden, dot + 1);
	}
}

static void
take_rule(StyleSheet *sheet, const char *selectors, gsize n, const char *body, gsize body_len)
{
	g_autofree char *names = g_strndup(selectors, n), *declarations = g_strndup(body, body_len);
	Style s = { 0 };

	style_read(&s, declarations);
	sheet->paints = sheet->paints || s.has_bg || s.has_fg;
	sheet->remote = sheet->remote || s.remote;
	/* not by the size of letters: that is reset inside more often than not */
	if (s.hidden || s.invisible || strstr(declarations, "display"))
		take_selectors(sheet, names, s.hidden || s.invisible);
}

void
style_sheet_init(StyleSheet *s, const char *css)
{
	*s = (StyleSheet){ .hidden = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
	g_autoptr(GString) plain = g_string_new(NULL);
	for (const char *p = css; *p; ) {	/* without comments */
		const char *open = strstr(p, "/*"), *close = open ? strstr(open + 2, "*/") : NULL;
		g_string_append_len(plain, p, open ? open - p : (gssize)strlen(p));
		if (!close)
			break;
		p = close + 2;
	}
	if (strstr(plain->str, "@import") || strstr(plain->str, "@font-face"))
		s->remote = true;
	const char *start = plain->str;
	guint inside = 0;	/* of @media and its like: they may not apply */
	for (const char *p = plain->str; *p; p++) {
		if (*p == '}') {
			inside -= inside > 0;
			start = p + 1;
		} else if (*p == ';') {
			start = p + 1;
		} else if (*p == '{') {
			const char *at = start + strspn(start, " \t\r\n-<!>");
			const char *close = strchr(p, '}');
			if (*at == '@') {
				inside++;
				start = p + 1;
				continue;
			}
			if (!close)
				break;
			if (!inside)
				take_rule(s, at, (gsize)(p - at), p + 1, (gsize)(close - p - 1));
			p = close;
			start = close + 1;
		}
	}
}

void
style_sheet_clear(StyleSheet *s)
{
	g_clear_pointer(&s->hidden, g_hash_table_unref);
}

bool
style_sheet_hides(const StyleSheet *s, const char *classes)
{
	if (!*classes || g_hash_table_size(s->hidden) == 0)
		return false;
	g_auto(GStrv) names = g_strsplit_set(classes, " \t\r\n", 40);
	for (char **n = names; *n; n++)
		if (**n && g_hash_table_contains(s->hidden, *n))
			return true;
	return false;
}
