/* help.c - the keys and commands of a context, out of THE table.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/panes/help.h"
#include "base/intl.h"
#include "ui/theme.h"

#include <string.h>

typedef struct { Clean *keys, *name, *help; bool heading; } HelpLine;

struct HelpPane {
	GArray *lines;		/* owned, of HelpLine */
	int keys_columns, name_columns;
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
	default:		return _("Help: keys in the list of messages");
	}
}

HelpPane *
help_new(const Keymap *keymap, Where context)
{
	HelpPane *h = g_new0(HelpPane, 1);
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

bool
help_scroll(HelpPane *h, int lines, int height)
{
	gint64 last = MAX((gint64)h->lines->len - height, 0), now = CLAMP((gint64)h->top + lines, 0, last);
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

void
help_draw(HelpPane *h, Canvas *c, Rect r)
{
	canvas_fill(c, r, STYLE_NORMAL);
	help_scroll(h, 0, r.h);
	for (int i = 0; i < r.h && h->top + (guint)i < h->lines->len; i++) {
		const HelpLine *l = &g_array_index(h->lines, HelpLine, h->top + (guint)i);
		int y = r.y + i, x = r.x + 1, right = r.x + r.w, name_columns = r.w >= 80 ? h->name_columns + 2 : 0;
		if (l->heading) {
			canvas_put(c, y, x, right - x, STYLE_HEADLINE, PUT_CUT, l->help);
			continue;
		}
		canvas_put(c, y, x, MIN(h->keys_columns, right - x), STYLE_HELP_KEY, PUT_CUT, l->keys);
		x += h->keys_columns + 2;
		if (name_columns && x < right)
			canvas_put(c, y, x, MIN(name_columns, right - x), STYLE_HELP_KEY, PUT_CUT, l->name);
		x += name_columns;
		if (x < right)
			canvas_put(c, y, x, right - x, STYLE_HELP_TEXT, PUT_CUT, l->help);
	}
	canvas_cursor(c, r.y, r.x, true);
}
