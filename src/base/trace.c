/* trace.c - the last exchanges with a server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/trace.h"

#include <stdarg.h>
#include <string.h>

#define SHOWN 300	/* bytes of a line */

typedef struct {
	gint64 at;		/* Unix microseconds */
	gint64 took;		/* microseconds since our last line; -1: nothing was asked */
	const char *protocol, *kind;	/* static; kind NULL: it stands alone */
	char direction;
	char *text;		/* owned */
	guint more;		/* of its kind behind it */
} Line;

struct Trace {
	GQueue lines;		/* of Line*, owned */
	guint most;
};

static void
line_free(gpointer p)
{
	Line *l = p;
	g_free(l->text);
	g_free(l);
}

Trace *
trace_new(guint lines)
{
	Trace *t = g_new0(Trace, 1);
	g_queue_init(&t->lines);
	t->most = lines;
	return t;
}

void
trace_free(Trace *t)
{
	if (!t)
		return;
	g_queue_clear_full(&t->lines, line_free);
	g_free(t);
}

static char *
escaped(const char *text, gsize len)
{
	GString *out = g_string_sized_new(MIN(len, SHOWN) + 16);

	for (gsize i = 0; i < MIN(len, SHOWN); i++) {
		guchar c = (guchar)text[i];
		if (c >= 0x20 && c < 0x7f)
			g_string_append_c(out, (char)c);
		else
			g_string_append_printf(out, "\\x%02x", c);
	}
	if (len > SHOWN)
		g_string_append_printf(out, "... (%" G_GSIZE_FORMAT " bytes)", len);
	return g_string_free(out, FALSE);
}

/* Since our last line to the same server. */
static gint64
since_ours(const Trace *t, const char *protocol, gint64 now)
{
	for (GList *i = t->lines.tail; i; i = i->prev) {
		const Line *l = i->data;
		if (l->direction == '>' && !strcmp(l->protocol, protocol))
			return now - l->at;
	}
	return -1;
}

static void
add(Trace *t, const char *protocol, char direction, const char *kind, const char *text, gssize len)
{
	Line *l = g_new0(Line, 1);
	l->at = g_get_real_time();
	l->took = direction == '<' ? since_ours(t, protocol, l->at) : -1;
	l->protocol = protocol;
	l->kind = kind;
	l->direction = direction;
	l->text = escaped(text, len < 0 ? strlen(text) : (gsize)len);
	g_queue_push_tail(&t->lines, l);
	if (g_queue_get_length(&t->lines) > t->most)
		line_free(g_queue_pop_head(&t->lines));
}

void
trace_line(Trace *t, const char *protocol, char direction, const char *text, gssize len)
{
	if (t)
		add(t, protocol, direction, NULL, text, len);
}

void
trace_printf(Trace *t, const char *protocol, char direction, const char *format, ...)
{
	if (!t)
		return;
	va_list ap;
	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	add(t, protocol, direction, NULL, text, -1);
}

bool
trace_more(Trace *t, const char *protocol, const char *kind)
{
	Line *last = t ? g_queue_peek_tail(&t->lines) : NULL;

	if (!t)
		return true;
	if (!last || !last->kind || strcmp(last->kind, kind) || strcmp(last->protocol, protocol))
		return false;
	last->more++;
	return true;
}

void
trace_bulk(Trace *t, const char *protocol, const char *kind, const char *text, gssize len)
{
	if (!trace_more(t, protocol, kind))
		add(t, protocol, '<', kind, text, len);
}

char *
trace_text(const Trace *t)
{
	GString *out = g_string_new(NULL);

	for (GList *i = t->lines.head; i; i = i->next) {
		const Line *l = i->data;
		g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(l->at / G_USEC_PER_SEC);
		g_autofree char *clock = at ? g_date_time_format(at, "%H:%M:%S") : g_strdup("");
		g_string_append_printf(out, "%s.%03d %-4s %c %s", clock, (int)(l->at % G_USEC_PER_SEC / 1000), l->protocol, l->direction, l->text);
		if (l->more)
			g_string_append_printf(out, " ... and %u more of %s", l->more, l->kind);
		if (l->took >= 0)
			g_string_append_printf(out, "  (%" G_GINT64_FORMAT " ms)", l->took / 1000);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}
