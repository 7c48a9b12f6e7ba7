/* help.c - the keys and commands of a context, out of THE table.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/panes/help.h"
#include "base/intl.h"
#include "conf/options.h"
#include "ui/theme.h"

#include <string.h>

typedef struct { Clean *keys, *name, *help; bool heading; } HelpLine;

struct HelpPane {
	GArray *lines;		/* owned, of HelpLine */
	int keys_columns, name_columns, width;	/* width: of the last picture */
	guint top;
	char *needle;		/* owned, folded */
};

static void
line_clear(gpointer p)
{
	HelpLine *l = p;
	clean_free(l->keys);
	clean_free(l->name);
	clean_free(l->help);
}

static void
heading(HelpPane *h, const char *text)
{
	HelpLine l = { .help = clean_new(text, -1, CLEAN_LINE), .heading = true };
	g_array_append_val(h->lines, l);
}

static void
add(HelpPane *h, const Keymap *keymap, Where context, CommandId id, bool with_key)
{
	g_auto(GStrv) keys = keymap_keys(keymap, context, id);
	g_autofree char *joined = g_strjoinv(" ", keys);

	if (with_key != (*joined != 0))
		return;
	HelpLine l = {
		.keys = clean_new(joined, -1, CLEAN_LINE), .name = clean_new(command_row(id)->name, -1, CLEAN_LINE),
		.help = clean_new(command_help(id), -1, CLEAN_LINE),
	};
	h->keys_columns = MAX(h->keys_columns, MIN(utf8_columns(joined, -1), 22));
	h->name_columns = MAX(h->name_columns, utf8_columns(command_row(id)->name, -1));
	g_array_append_val(h->lines, l);
}

/* S32: how it is set is in the program's help, each option in words. */
static void
add_options(HelpPane *h)
{
	gsize n;
	const Option *options = options_table(&n);

	heading(h, "");
	heading(h, _("What each setting means"));
	heading(h, "");
	for (gsize i = 0; i < n; i++) {
		HelpLine l = { .keys = clean_new(options[i].name, -1, CLEAN_LINE), .name = clean_new(options[i].section, -1, CLEAN_LINE),
			.help = clean_new(_(options[i].help), -1, CLEAN_LINE) };
		h->keys_columns = MAX(h->keys_columns, MIN(utf8_columns(options[i].name, -1), 22));
		g_array_append_val(h->lines, l);
	}
}

static const char *
title_of(Where context)
{
	switch (context) {
	case IN_PAGER:		return _("Help: keys in the message");
	case IN_FOLDERS:	return _("Help: keys in the list of folders");
	case IN_PARTS:		return _("Help: keys in the list of attachments");
	case IN_COMPOSE:	return _("Help: keys in a mail that is written");
	case IN_EDITOR:		return _("Help: keys while text is typed");
	case IN_FILES:		return _("Help: keys in the list of files");
	case IN_SETTINGS:	return _("Help: keys in the settings");
	case IN_WAITING:	return _("Help: keys in the list of what waits");
	case IN_LEDGER:		return _("Help: keys in the list of what lies on the server");
	case IN_HISTORY:	return _("Help: keys in the list of what was done");
	case IN_REPORT:		return _("Help: keys in the doctor's report and the connection log");
	case IN_SIGNIN:		return _("Help: keys while you sign in");
	case IN_CERTIFICATE:	return _("Help: keys at a server's certificate");
	case IN_SETUP:		return _("Help: keys while an account is made");
	case IN_QUESTION:	return _("Help: keys in a question");
	default:		return _("Help: keys in the list of messages");
	}
}

HelpPane *
help_new(const Keymap *keymap, Where context)
{
	HelpPane *h = g_new0(HelpPane, 1);
	h->width = 80;
	h->lines = g_array_new(FALSE, TRUE, sizeof(HelpLine));
	g_array_set_clear_func(h->lines, line_clear);
	heading(h, title_of(context));
	heading(h, "");
	for (CommandId id = 0; id < N_COMMANDS; id++)
		if (command_row(id)->where & context)
			add(h, keymap, context, id, true);
	heading(h, "");
	heading(h, _("Commands without a key, for the line at “:”"));
	heading(h, "");
	for (CommandId id = 0; id < N_COMMANDS; id++)
		if (command_row(id)->where & context)
			add(h, keymap, context, id, false);
	if (context == IN_SETTINGS)
		add_options(h);
	return h;
}

void
help_free(HelpPane *h)
{
	if (!h)
		return;
	g_array_unref(h->lines);
	g_free(h->needle);
	g_free(h);
}

guint
help_count(const HelpPane *h)
{
	return h->lines->len;
}

/* ---- widths: what a command does is read whole, on several rows if it must ---- */

typedef struct { int keys, names, text; } HelpColumns;

static HelpColumns
columns_for(const HelpPane *h, int width)
{
	HelpColumns k = { .keys = MIN(h->keys_columns, MAX(width / 3, 6)), .names = width >= 110 ? h->name_columns + 2 : 0 };
	k.text = MAX(width - 1 - k.keys - 2 - k.names, 4);
	return k;
}

static int
rows_of(const HelpPane *h, const HelpLine *l)
{
	const char *p = clean_peek(l->help);
	gsize len = strlen(p), next;
	int rows = 0;

	for (; len && !l->heading; p += next, len -= next, rows++)
		utf8_wrap(p, len, columns_for(h, h->width).text, &next);
	return MAX(rows, 1);
}

/* The first line of the last page. */
static gint64
last_top(const HelpPane *h, int height)
{
	int rows = 0;
	for (guint i = h->lines->len; i > 0; i--) {
		rows += rows_of(h, &g_array_index(h->lines, HelpLine, i - 1));
		if (rows > height)
			return MIN(i, h->lines->len - 1);
	}
	return 0;
}

bool
help_scroll(HelpPane *h, int lines, int height)
{
	gint64 now = CLAMP((gint64)h->top + lines, 0, last_top(h, height));
	bool moved = now != h->top;
	h->top = (guint)now;
	return moved;
}

bool
help_search(HelpPane *h, const char *text, bool backwards)
{
	guint n = h->lines->len;

	if (text) {
		g_free(h->needle);
		h->needle = utf8_fold(text, -1);
	}
	for (guint step = 1; h->needle && *h->needle && step <= n; step++) {
		guint i = (backwards ? h->top + n - step : h->top + step) % n;
		const HelpLine *l = &g_array_index(h->lines, HelpLine, i);
		g_autofree char *all = l->heading ? g_strdup(clean_peek(l->help)) :
			g_strdup_printf("%s %s %s", clean_peek(l->keys), clean_peek(l->name), clean_peek(l->help));
		g_autofree char *folded = utf8_fold(all, -1);
		if (strstr(folded, h->needle)) {
			h->top = i;
			return true;
		}
	}
	return false;
}

static void
draw_line(const HelpPane *h, Canvas *c, Rect r, const HelpLine *l, int rows)
{
	HelpColumns k = columns_for(h, r.w);
	const char *p = clean_peek(l->help);
	gsize len = strlen(p), next;
	int x = r.x + 1;

	if (l->heading) {
		canvas_put(c, r.y, x, r.w - 1, STYLE_HEADLINE, PUT_CUT, l->help);
		return;
	}
	/* without a key it is called by its name */
	canvas_put(c, r.y, x, k.keys, STYLE_HELP_KEY, PUT_CUT, !k.names && !*clean_peek(l->keys) ? l->name : l->keys);
	x += k.keys + 2;
	if (k.names)
		canvas_put(c, r.y, x, k.names - 2, STYLE_HELP_KEY, PUT_CUT, l->name);
	x += k.names;
	for (int i = 0; i < MIN(rows, r.h) && len; i++, p += next, len -= next) {
		gsize n = utf8_wrap(p, len, k.text, &next);
		canvas_put_part(c, r.y + i, x, k.text, STYLE_HELP_TEXT, l->help, (gsize)(p - clean_peek(l->help)), n);
	}
}

void
help_draw(HelpPane *h, Canvas *c, Rect r)
{
	canvas_fill(c, r, STYLE_NORMAL);
	h->width = r.w;
	help_scroll(h, 0, r.h);
	int y = 0;
	for (guint i = h->top; y < r.h && i < h->lines->len; i++) {
		const HelpLine *l = &g_array_index(h->lines, HelpLine, i);
		int rows = rows_of(h, l);
		draw_line(h, c, (Rect){ r.y + y, r.x, r.h - y, r.w }, l, rows);
		y += rows;
	}
	canvas_cursor(c, r.y, r.x, true);
}
