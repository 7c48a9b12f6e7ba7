/* log.c - the debug log: a ring in memory, and a file when asked.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Lines are short-lived strings under one lock; the ring keeps the newest 500. */
#include "config.h"
#include "base/log.h"
#include "base/error.h"
#include "base/intl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define RING_LINES 500
#define WIRE_SHOWN 200

static struct {
	GMutex lock;
	GQueue ring;	/* of char*, owned */
	int fd;
	LogLevel level;
} the_log = { .fd = -1, .level = LOG_INFO };

bool
log_open(const char *file, LogLevel level, GError **err)
{
	int fd = -1;
	if (file) {
		fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0) {
			g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The log file “%s” can't be opened: %s"), file, g_strerror(errno));
			return false;
		}
	}
	g_mutex_lock(&the_log.lock);
	if (the_log.fd >= 0)
		close(the_log.fd);
	the_log.fd = fd;
	the_log.level = level;
	g_mutex_unlock(&the_log.lock);
	return true;
}

void
log_close(void)
{
	g_mutex_lock(&the_log.lock);
	if (the_log.fd >= 0)
		close(the_log.fd);
	the_log.fd = -1;
	g_queue_clear_full(&the_log.ring, g_free);
	g_mutex_unlock(&the_log.lock);
}

bool
log_wants(LogLevel level)
{
	return level <= the_log.level;
}

/* Control characters and 8-bit bytes escaped, so that a log may be shown on a terminal. */
static void
append_escaped(GString *out, const guint8 *p, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (p[i] >= 0x20 && p[i] < 0x7f)
			g_string_append_c(out, (char)p[i]);
		else if (p[i] == '\r' || p[i] == '\n')
			g_string_append(out, p[i] == '\r' ? "\\r" : "\\n");
		else
			g_string_append_printf(out, "\\x%02x", p[i]);
	}
}

static void
emit(char *line)
{
	g_mutex_lock(&the_log.lock);
	if (the_log.fd >= 0) {
		/* a log that can't be written must not stop the mail */
		ssize_t n = write(the_log.fd, line, strlen(line));
		(void)n;
	}
	g_queue_push_tail(&the_log.ring, line);
	if (g_queue_get_length(&the_log.ring) > RING_LINES)
		g_free(g_queue_pop_head(&the_log.ring));
	g_mutex_unlock(&the_log.lock);
}

static GString *
line_begin(const char *room)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *stamp = now ? g_date_time_format(now, "%F %T.%f") : g_strdup("");
	GString *s = g_string_new(NULL);
	g_string_append_printf(s, "%.23s %s: ", stamp, room);
	return s;
}

void
log_line(LogLevel level, const char *room, const char *format, ...)
{
	if (!log_wants(level))
		return;
	va_list ap;
	va_start(ap, format);
	g_autofree char *said = g_strdup_vprintf(format, ap), *text = g_utf8_make_valid(said, -1);
	va_end(ap);
	GString *s = line_begin(room);
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		g_string_append_unichar(s, c < 0x20 || (c >= 0x7f && c < 0xa0) ? '?' : c);
	}
	g_string_append_c(s, '\n');
	emit(g_string_free(s, FALSE));
}

void
log_wire(const char *room, char direction, const void *data, gsize len)
{
	if (!log_wants(LOG_WIRE))
		return;
	GString *s = line_begin(room);
	g_string_append_printf(s, "%c %" G_GSIZE_FORMAT ": ", direction, len);
	append_escaped(s, data, MIN(len, WIRE_SHOWN));
	g_string_append(s, len > WIRE_SHOWN ? "...\n" : "\n");
	emit(g_string_free(s, FALSE));
}

char *
log_recent(void)
{
	GString *s = g_string_new(NULL);
	g_mutex_lock(&the_log.lock);
	for (GList *l = the_log.ring.head; l; l = l->next)
		g_string_append(s, l->data);
	g_mutex_unlock(&the_log.lock);
	return g_string_free(s, FALSE);
}
