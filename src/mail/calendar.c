/* calendar.c - a calendar entry (RFC 5545) as a few lines of text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Times are shown as they stand there, with their zone's name: to convert them would need the
 * zone's rules. */
#include "config.h"
#include "mail/calendar.h"
#include "base/intl.h"

#include <stdbool.h>
#include <string.h>

#define LIMIT_EVENTS	20
#define LIMIT_PEOPLE	20

/* One content line: NAME;PARAM=..:value, with RFC 5545's escapes undone. */
typedef struct { char *name, *zone, *person, *value; } Line;	/* owned */

static void
line_clear(Line *l)
{
	g_free(l->name);
	g_free(l->zone);
	g_free(l->person);
	g_free(l->value);
}

static char *
unescape(const char *p, gsize len)
{
	GString *out = g_string_sized_new(len);

	for (gsize i = 0; i < len; i++) {
		if (p[i] == '\\' && i + 1 < len) {
			i++;
			g_string_append_c(out, p[i] == 'n' || p[i] == 'N' ? '\n' : p[i]);
		} else {
			g_string_append_c(out, p[i]);
		}
	}
	return g_string_free(out, FALSE);
}

static char *
param_of(const char *params, gsize len, const char *name)
{
	g_autofree char *text = g_strndup(params, len);
	g_autofree char *key = g_strdup_printf(";%s=", name);

	for (char *p = text; (p = strchr(p, ';')) != NULL; p++) {
		if (g_ascii_strncasecmp(p, key, strlen(key)) != 0)
			continue;
		p += strlen(key);
		bool quoted = *p == '"';
		return g_strndup(p + quoted, strcspn(p + quoted, quoted ? "\"" : ";"));
	}
	return NULL;
}

static Line
read_line(const char *text, gsize len)
{
	bool quoted = false;
	gsize colon = 0, semi;

	while (colon < len && (quoted || text[colon] != ':')) {
		quoted ^= text[colon] == '"';
		colon++;
	}
	for (semi = 0; semi < colon && text[semi] != ';'; semi++)
		;
	gsize value = MIN(colon + 1, len);
	return (Line){ g_ascii_strup(text, (gssize)semi),
		param_of(text + semi, colon - semi, "TZID"),
		param_of(text + semi, colon - semi, "CN"), unescape(text + value, len - value) };
}

/* "20260131T100000Z" for people; what does not look so stays. */
static char *
show_time(const Line *l)
{
	const char *v = l->value;

	if (strlen(v) < 8 || strspn(v, "0123456789") != 8)
		return g_strdup(v);
	GString *out = g_string_new(NULL);
	g_string_append_printf(out, "%.4s-%.2s-%.2s", v, v + 4, v + 6);
	if (v[8] == 'T' && strspn(v + 9, "0123456789") >= 4) {
		g_string_append_printf(out, " %.2s:%.2s", v + 9, v + 11);
		if (g_str_has_suffix(v, "Z"))
			g_string_append(out, " UTC");
		else if (l->zone)
			g_string_append_printf(out, " (%s)", l->zone);
	}
	return g_string_free(out, FALSE);
}

/* The end of whole days is the day after them (RFC 5545, 3.6.1); people name the last. */
static char *
show_end(const Line *l)
{
	gint64 n;

	if (strlen(l->value) != 8 || !g_ascii_string_to_signed(l->value, 10, 10101, 99991231, &n, NULL) ||
		!g_date_valid_dmy((GDateDay)(n % 100), (GDateMonth)(n / 100 % 100), (GDateYear)(n / 10000)))
		return show_time(l);
	g_autoptr(GDate) day = g_date_new_dmy((GDateDay)(n % 100), (GDateMonth)(n / 100 % 100), (GDateYear)(n / 10000));
	if (g_date_get_julian(day) > 1)
		g_date_subtract_days(day, 1);
	return g_strdup_printf("%04d-%02d-%02d", g_date_get_year(day), g_date_get_month(day), g_date_get_day(day));
}

static void
put(GString *out, const char *label, const char *value)
{
	if (*value)
		g_string_append_printf(out, "%s %s\n", label, value);
}

static void
put_person(GString *out, const char *label, const Line *l)
{
	const char *address = g_ascii_strncasecmp(l->value, "mailto:", 7) == 0 ? l->value + 7 :
		l->value;
	g_autofree char *both = l->person && strcmp(l->person, address) != 0 ?
		g_strdup_printf("%s <%s>", l->person, address) :
		g_strdup(address);
	put(out, label, both);
}

typedef struct {
	GString *out, *description;	/* owned until the end */
	guint events, people, inside;
	bool in_event;
} Summary;

static void
end_event(Summary *s)
{
	if (s->description->len)
		g_string_append_printf(s->out, "\n%s\n", s->description->str);
	g_string_append_c(s->out, '\n');
	g_string_truncate(s->description, 0);
	s->in_event = false;
	s->events++;
}

static void
take_event_line(Summary *s, const Line *l)
{
	static const struct { const char *name, *label; } plain[] = {
		{ "SUMMARY", N_("What:") }, { "LOCATION", N_("Where:") }, { "RRULE", N_("Repeats:") }, { "STATUS", N_("State:") },
	};
	bool ends = strcmp(l->name, "DTEND") == 0;
	g_autofree char *when = ends ? show_end(l) : show_time(l);

	if (strcmp(l->name, "DTSTART") == 0)
		put(s->out, _("From:"), when);
	else if (ends || strcmp(l->name, "DUE") == 0)
		put(s->out, _("Until:"), when);
	else if (strcmp(l->name, "ORGANIZER") == 0)
		put_person(s->out, _("Organizer:"), l);
	else if (strcmp(l->name, "ATTENDEE") == 0 && s->people++ < LIMIT_PEOPLE)
		put_person(s->out, _("Guest:"), l);
	else if (strcmp(l->name, "DESCRIPTION") == 0 && s->description->len == 0)
		g_string_append(s->description, l->value);
	for (gsize i = 0; i < G_N_ELEMENTS(plain); i++)
		if (strcmp(l->name, plain[i].name) == 0)
			put(s->out, _(plain[i].label), l->value);
}

static void
take_line(Summary *s, const char *text, gsize len)
{
	Line l = read_line(text, len);
	bool event = g_ascii_strcasecmp(l.value, "VEVENT") == 0 ||
		g_ascii_strcasecmp(l.value, "VTODO") == 0;

	if (strcmp(l.name, "BEGIN") == 0) {
		if (!s->in_event && event) {
			s->in_event = true;
			s->inside = s->people = 0;
		} else if (s->in_event) {
			s->inside++;	/* an alarm has a description of its own */
		}
	} else if (strcmp(l.name, "END") == 0 && s->in_event) {
		if (s->inside > 0)
			s->inside--;
		else
			end_event(s);
	} else if (strcmp(l.name, "METHOD") == 0 && g_ascii_strcasecmp(l.value, "CANCEL") == 0) {
		g_string_append_printf(s->out, "%s\n", _("This appointment was cancelled."));
	} else if (s->in_event && s->inside == 0) {
		take_event_line(s, &l);
	}
	line_clear(&l);
}

char *
calendar_summary(const char *text)
{
	Summary s = { .out = g_string_new(NULL), .description = g_string_new(NULL) };
	g_autoptr(GString) line = g_string_new(NULL);

	for (const char *p = text; *p && s.events < LIMIT_EVENTS; ) {
		gsize n = strcspn(p, "\r\n");
		g_string_append_len(line, p, (gssize)n);
		p += n;
		p += *p == '\r';
		p += *p == '\n';
		if (*p == ' ' || *p == '\t') {	/* folded */
			p++;
			continue;
		}
		if (line->len)
			take_line(&s, line->str, line->len);
		g_string_truncate(line, 0);
	}
	if (s.in_event)
		end_event(&s);
	g_string_free(s.description, TRUE);
	return s.events ? g_strchomp(g_string_free(s.out, FALSE)) :
		(g_string_free(s.out, TRUE), g_strdup(""));
}
