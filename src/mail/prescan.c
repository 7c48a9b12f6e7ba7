/* prescan.c - finds the parts of a message, with bounds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * RFC 2046, 5.1: a line of "--" and a boundary that is open ends everything below it. The innermost
 * boundary is asked first, so that a forgotten end of an inner multipart harms nobody. Message and
 * multipart bodies nest by a stack of LIMIT_MIME_DEPTH, never by recursion (RELIABILITY M1, M2). */
#include "config.h"
#include "mail/prescan.h"
#include "base/limits.h"
#include "mail/header.h"

#include <string.h>

typedef struct {
	gint32 part;		/* the multipart */
	const char *boundary;	/* borrowed */
	gsize boundary_len;
	guint32 n_children;
	bool digest;
} Open;

typedef struct {
	Prescan *p;
	const char *bytes;	/* borrowed */
	gsize len, room, budget;
	guint depth;		/* of the outermost part */
	Open open[LIMIT_MIME_DEPTH];
	guint n_open;
	gint32 current;		/* the part that lines belong to; -1: none any more */
} Scan;

static bool
looks_like_field(const char *line, gsize len)
{
	gsize i = 0;

	if (len == 0 || !g_ascii_isalnum(line[0]))
		return false;
	while (i < len && (guchar)line[i] > 0x20 && (guchar)line[i] < 0x7f && line[i] != ':')
		i++;
	gsize name = i;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return i < len && line[i] == ':' && name < 200;
}

static gsize
line_end(const char *bytes, gsize len, gsize at, gsize *next)
{
	const char *nl = memchr(bytes + at, '\n', len - at);
	gsize end = nl ? (gsize)(nl - bytes) : len;

	*next = nl ? end + 1 : len;
	return end > at && bytes[end - 1] == '\r' ? end - 1 : end;
}

/* A line in the header that is none, such as "From " of an mbox: skipped if the header goes on
 * behind it. */
static bool
header_goes_on(const char *bytes, gsize len, gsize next, bool first)
{
	gsize after;
	gsize end = next < len ? line_end(bytes, len, next, &after) : next;

	return !first && end > next && looks_like_field(bytes + next, end - next);
}

gsize
prescan_header(const char *bytes, gsize len, gsize *body, PrescanFlags *flags)
{
	gsize at = 0, next = 0, kept = 0, fields = 0;
	bool cut = false;

	if (len >= 5 && (memcmp(bytes, "From ", 5) == 0 || memcmp(bytes, ">From", 5) == 0)) {
		line_end(bytes, len, 0, &next);
		at = kept = header_goes_on(bytes, len, next, false) ? next : 0;
	}
	gsize begin = at;
	for (; at < len; at = next) {
		gsize end = line_end(bytes, len, at, &next);
		if (end == at)
			break;
		bool more = bytes[at] == ' ' || bytes[at] == '\t';
		if (!more && !looks_like_field(bytes + at, end - at) &&
			(bytes[at] == '-' || !header_goes_on(bytes, len, next, at == begin))) {
			next = at;	/* no header any more, though no empty line came */
			break;
		}
		fields += !more;
		if (!cut && next - begin > LIMIT_HEADER_BLOCK)
			/* the beginning of a long field is of use */
			kept = begin + LIMIT_HEADER_BLOCK;
		cut = cut || fields > LIMIT_HEADERS || next - begin > LIMIT_HEADER_BLOCK;
		if (!cut)
			kept = next;
	}
	if (cut)
		*flags |= PRESCAN_CUT_HEADERS;
	*body = at < len ? next : len;
	return kept;
}

/* The value of a parameter in a raw Content-Type: borrowed, without quotes. */
static const char *
raw_param(const char *value, gsize len, const char *name, gsize *out_len)
{
	gsize n = strlen(name);
	bool quoted = false;

	for (gsize i = 0; i < len; i++) {
		if (value[i] == '"')
			quoted = !quoted;
		else if (value[i] == '\\' && quoted)
			i++;
		if (value[i] != ';' || quoted)
			continue;
		gsize at = i + 1;
		while (at < len && g_ascii_isspace(value[at]))
			at++;
		if (len - at < n || g_ascii_strncasecmp(value + at, name, n) != 0)
			continue;
		for (at += n; at < len && g_ascii_isspace(value[at]); at++)
			;
		if (at >= len || value[at] != '=')
			continue;
		for (at++; at < len && g_ascii_isspace(value[at]); at++)
			;
		gsize end = at;
		if (at < len && value[at] == '"') {
			at++;
			for (end = at; end < len && value[end] != '"'; end++)
				;
		} else {
			while (end < len && value[end] != ';' && !g_ascii_isspace(value[end]))
				end++;
		}
		while (end > at && g_ascii_isspace(value[end - 1]))
			end--;
		*out_len = end - at;
		return value + at;
	}
	return NULL;
}

static bool
has_prefix(const char *value, gsize len, const char *prefix)
{
	gsize n = strlen(prefix);
	return len >= n && g_ascii_strncasecmp(value, prefix, n) == 0;
}

static bool
is_encoded(const char *header, gsize len)
{
	HeaderLine h;
	return header_find(header, len, "Content-Transfer-Encoding", &h) &&
		(has_prefix(h.value, h.value_len, "base64") ||
		has_prefix(h.value, h.value_len, "quoted"));
}

static MimeRange *
add_part(Scan *s, gint32 parent, guint32 number, gsize at)
{
	Prescan *p = s->p;

	if (p->n_parts == s->room) {
		s->room = MIN(MAX(s->room * 2, 16), s->budget);
		p->parts = g_renew(MimeRange, p->parts, s->room);
	}
	MimeRange *m = &p->parts[p->n_parts];
	*m = (MimeRange){ .header = at, .body = at, .body_len = s->len - at, .parent = parent,
		.number = number };
	m->depth = (guint8)MIN(parent < 0 ? s->depth : (guint)p->parts[parent].depth + 1, 255);
	s->current = (gint32)p->n_parts++;
	return m;
}

static void
make_opaque(Scan *s, MimeRange *m, PrescanFlags why)
{
	m->kind = MIME_LEAF;
	m->opaque = true;
	s->p->flags |= why;
}

/* Decides what the newest part is; a multipart is pushed. True: it is a message, whose own part
 * comes next. */
static bool
classify(Scan *s, MimeRange *m, bool digest)
{
	const char *header = s->bytes + m->header, *boundary;
	gsize boundary_len = 0;
	HeaderLine h;
	bool typed = header_find(header, m->header_len, "Content-Type", &h);

	m->digest = digest;
	if (typed && has_prefix(h.value, h.value_len, "multipart/")) {
		boundary = raw_param(h.value, h.value_len, "boundary", &boundary_len);
		if (!boundary || boundary_len == 0)
			return false;
		if (boundary_len > LIMIT_MIME_BOUNDARY) {
			make_opaque(s, m, PRESCAN_TOO_MANY_PARTS);
		} else if (m->depth >= LIMIT_MIME_DEPTH || s->n_open == LIMIT_MIME_DEPTH) {
			make_opaque(s, m, PRESCAN_TOO_DEEP);
		} else {
			m->kind = MIME_MULTIPART;
			s->open[s->n_open++] = (Open){ s->current, boundary, boundary_len, 0,
				has_prefix(h.value, h.value_len, "multipart/digest") };
		}
		return false;
	}
	bool message = typed ?
		has_prefix(h.value, h.value_len, "message/rfc822") ||
		has_prefix(h.value, h.value_len, "message/global") ||
		has_prefix(h.value, h.value_len, "message/news") : digest;
	if (typed && (has_prefix(h.value, h.value_len, "message/global-") ||
		has_prefix(h.value, h.value_len, "message/rfc822-")))
		message = false;
	if (!message || is_encoded(header, m->header_len))
		return false;
	if (m->depth >= LIMIT_MIME_DEPTH)
		make_opaque(s, m, PRESCAN_TOO_DEEP);
	else if (s->p->n_parts < s->budget)
		m->kind = MIME_MESSAGE;
	return m->kind == MIME_MESSAGE;
}

/* Reads the header of the part that begins at `at`, and of the messages that it holds; gives where
 * its body begins. */
static gsize
open_part(Scan *s, gint32 parent, guint32 number, gsize at, bool digest)
{
	for (;;) {
		MimeRange *m = add_part(s, parent, number, at);
		gsize body;
		PrescanFlags flags = 0;
		m->header_len = prescan_header(s->bytes + at, s->len - at, &body, &flags);
		s->p->flags |= flags;
		m->body = at + body;
		m->body_len = s->len - m->body;
		at = m->body;
		if (!classify(s, m, digest))
			return at;
		parent = s->current;
		number = 1;
		digest = false;
	}
}

/* Everything below `container` ends before `end`. */
static void
close_parts(Scan *s, gint32 container, gsize end)
{
	for (gint32 i = s->current; i >= 0 && i != container; i = s->p->parts[i].parent) {
		MimeRange *m = &s->p->parts[i];
		m->body_len = end > m->body ? end - m->body : 0;
	}
	s->current = container;
}

/* The open multipart whose boundary this line is, or -1; *last: it is the closing one. */
static int
match_boundary(const Scan *s, const char *line, gsize len, bool *last)
{
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	for (int i = (int)s->n_open - 1; i >= 0; i--) {
		gsize n = s->open[i].boundary_len;
		if (len < n + 2 || len > n + 4 || memcmp(line + 2, s->open[i].boundary, n) != 0)
			continue;
		*last = len == n + 4 && line[n + 2] == '-' && line[n + 3] == '-';
		if (*last || len == n + 2)
			return i;
	}
	return -1;
}

static void
scan_lines(Scan *s, gsize at)
{
	for (gsize next; at < s->len; at = next) {
		bool last;
		if (s->bytes[at] != '-' || at + 2 >= s->len || s->bytes[at + 1] != '-') {
			const char *nl = memchr(s->bytes + at, '\n', s->len - at);
			next = nl ? (gsize)(nl - s->bytes) + 1 : s->len;
			continue;
		}
		gsize end = line_end(s->bytes, s->len, at, &next);
		int level = match_boundary(s, s->bytes + at, end - at, &last);
		if (level < 0)
			continue;
		gsize before = at;	/* the line end before a boundary belongs to it */
		if (before && s->bytes[before - 1] == '\n')
			before--;
		if (before && s->bytes[before - 1] == '\r')
			before--;
		Open *o = &s->open[level];
		close_parts(s, o->part, before);
		s->n_open = (guint)level + (last ? 0 : 1);
		if (last)
			continue;
		if (s->p->n_parts + 1 >= s->budget) {
			make_opaque(s, add_part(s, o->part, ++o->n_children, next),
				PRESCAN_TOO_MANY_PARTS);
			return;
		}
		next = open_part(s, o->part, ++o->n_children, next, o->digest);
	}
}

/* A multipart whose boundary never comes, because it was changed on the way: the first line that
 * looks like one and is followed by a Content- field is taken for it. */
static void
guess_boundary(Scan *s, gsize at)
{
	gsize next, after;

	for (; at < s->len; at = next) {
		gsize end = line_end(s->bytes, s->len, at, &next);
		if (end - at < 3 || end - at > LIMIT_MIME_BOUNDARY || s->bytes[at] != '-' ||
			s->bytes[at + 1] != '-' || next >= s->len)
			continue;
		gsize end_of_next = line_end(s->bytes, s->len, next, &after);
		if (!has_prefix(s->bytes + next, end_of_next - next, "Content-"))
			continue;
		s->open[0].boundary = s->bytes + at + 2;
		s->open[0].boundary_len = end - at - 2;
		s->n_open = 1;
		scan_lines(s, at);
		return;
	}
}

void
prescan_init(Prescan *p, const char *bytes, gsize len, guint depth, gsize budget)
{
	Scan s = { .p = p, .bytes = bytes, .len = len, .depth = depth,
		.budget = CLAMP(budget, 2, LIMIT_MIME_PARTS), .current = -1 };
	gsize next, end;

	memset(p, 0, sizeof *p);
	end = len ? line_end(bytes, len, 0, &next) : 0;
	if (end && !looks_like_field(bytes, end) && !has_prefix(bytes, end, "From ") &&
		!has_prefix(bytes, end, ">From "))
		p->flags |= PRESCAN_NOT_MAIL;
	gsize body = open_part(&s, -1, 1, 0, false);
	if (s.n_open == 0)
		return;
	scan_lines(&s, body);
	if (p->n_parts == 1) {
		s.open[0] = (Open){ .part = 0, .digest = s.open[0].digest };
		guess_boundary(&s, body);
	}
}

void
prescan_clear(Prescan *p)
{
	g_clear_pointer(&p->parts, g_free);
	p->n_parts = 0;
}
