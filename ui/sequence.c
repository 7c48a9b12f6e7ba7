/* sequence.c - what is said to the terminal past curses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/sequence.h"

enum { TITLE_MAX = 100, BODY_MAX = 300 };	/* columns */

/* What stands inside a sequence. A Clean has no byte that could end it early or begin another; but
 * where the terminal does not take UTF-8, a byte of a character may be a C1 control to it. */
static char *
inside(bool utf8, const Clean *c, int columns)
{
	gsize n = utf8_cut(clean_peek(c), -1, columns, NULL);
	GString *out = g_string_sized_new(n);
	const char *p = clean_peek(c), *end = p + n;

	for (; p < end; p = g_utf8_next_char(p)) {
		if ((guchar)*p < 0x80)
			g_string_append_c(out, *p);
		else if (!utf8)
			g_string_append_c(out, '?');
		else
			g_string_append_len(out, p, g_utf8_next_char(p) - p);
	}
	return g_string_free(out, FALSE);
}

char *
sequence_notice(bool utf8, NoticeHow how, const Clean *title, const Clean *body)
{
	g_autofree char *head = inside(utf8, title, TITLE_MAX), *text = inside(utf8, body, BODY_MAX);

	/* its own separator; "4;1;50" would be a progress bar to some */
	g_strdelimit(head, ";", ',');
	g_strdelimit(text, ";", ',');
	return how == NOTICE_OSC777 ? g_strdup_printf("\033]777;notify;%s;%s\033\\", head, text) :
		g_strdup_printf("\033]9;%s%s: %s\033\\", g_ascii_isdigit(*head) ? " " : "", head, text);
}

char *
sequence_copy(const char *text)
{
	g_autoptr(GString) graphic = g_string_new(NULL);

	for (const char *c = text; *c; c++)
		if (g_ascii_isgraph(*c))
			g_string_append_c(graphic, *c);
	g_autofree char *coded = g_base64_encode((const guchar *)graphic->str, graphic->len);
	return g_strdup_printf("\033]52;c;%s\033\\", coded);
}

char *
sequence_title(bool utf8, bool first, const Clean *title)
{
	g_autofree char *words = inside(utf8, title, TITLE_MAX);
	return g_strdup_printf("%s\033]2;%s\033\\", first ? "\033[22;0t" : "", words);
}

char *
sequence_through_tmux(const char *sequence)
{
	GString *out = g_string_new("\033Ptmux;");

	for (const char *p = sequence; *p; p++) {
		if (*p == '\033')
			g_string_append_c(out, *p);	/* its ESCs are doubled */
		g_string_append_c(out, *p);
	}
	g_string_append(out, "\033\\");
	return g_string_free(out, FALSE);
}
