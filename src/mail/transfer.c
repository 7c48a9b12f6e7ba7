/* transfer.c - bytes as they may travel: lines, flowed text, base64, quoted-printable.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/transfer.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/whole.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 64 * 1024, SOFT = 72, NO_BREAK = 78, QP_LINE = 76, BASE64_LINE = 57 };

/* ---- the sink ---- */

void
transfer_init(Transfer *t, int fd, guint64 limit)
{
	*t = (Transfer){ .fd = fd, .waiting = g_byte_array_sized_new(ROOM), .limit = limit };
}

static void
flush(Transfer *t)
{
	if (!t->error && !write_whole(t->fd, t->waiting->data, t->waiting->len))
		t->error = errno;
	g_byte_array_set_size(t->waiting, 0);
}

void
transfer_put(Transfer *t, const void *data, gsize len)
{
	const guint8 *p = data;

	t->total += len;
	if (t->total > t->limit && !t->error)
		t->error = EFBIG;
	while (len > 0 && !t->error) {
		gsize n = MIN(len, ROOM - t->waiting->len);
		g_byte_array_append(t->waiting, p, (guint)n);
		p += n;
		len -= n;
		if (t->waiting->len == ROOM)
			flush(t);
	}
}

void
transfer_text(Transfer *t, const char *text)
{
	transfer_put(t, text, strlen(text));
}

bool
transfer_end(Transfer *t)
{
	flush(t);
	g_clear_pointer(&t->waiting, g_byte_array_unref);
	return t->error == 0;
}

/* ---- lines ---- */

/* The line at p without its end; *next: where the following begins. */
static gsize
line_at(const char *p, gsize len, gsize *next)
{
	gsize n = 0;

	while (n < len && p[n] != '\n' && p[n] != '\r')
		n++;
	*next = n;
	if (n < len)
		*next += p[n] == '\r' && n + 1 < len && p[n + 1] == '\n' ? 2 : 1;
	return n;
}

void
transfer_look(const char *data, gsize len, TransferLook *look)
{
	*look = (TransferLook){ 0 };
	for (gsize pos = 0, next; pos < len; pos += next) {
		const char *line = data + pos;
		gsize n = line_at(line, len - pos, &next);
		look->longest = MAX(look->longest, n);
		look->odd_end |= n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t');
		look->from_line |= n >= 5 && memcmp(line, "From ", 5) == 0;
		for (gsize i = 0; i < n; i++) {
			guchar c = (guchar)line[i];
			look->n_8bit += c >= 0x80;
			look->n_control += (c < 0x20 && c != '\t') || c == 0x7f;
		}
	}
}

static void
put_without_nul(Transfer *t, const char *p, gsize len)
{
	while (len > 0) {
		const char *nul = memchr(p, 0, len);
		gsize n = nul ? (gsize)(nul - p) : len;
		transfer_put(t, p, n);
		n += nul != NULL;
		p += n;
		len -= n;
	}
}

static bool
put_lines(Transfer *t, const char *data, gsize len)
{
	bool ended = true;

	for (gsize pos = 0, next; pos < len; pos += next) {
		gsize n = line_at(data + pos, len - pos, &next);
		put_without_nul(t, data + pos, n);
		ended = next > n;
		if (ended)
			transfer_put(t, "\r\n", 2);
	}
	return ended;
}

void
transfer_lines(Transfer *t, const char *data, gsize len)
{
	if (!put_lines(t, data, len))
		transfer_put(t, "\r\n", 2);
}

void
transfer_lines_open(Transfer *t, const char *data, gsize len)
{
	put_lines(t, data, len);
}

/* ---- base64 ---- */

void
base64_begin(Base64 *b, Transfer *to)
{
	*b = (Base64){ .to = to };
}

void
base64_put(Base64 *b, const guint8 *data, gsize len)
{
	char room[BASE64_LINE * 64 / 3 * 4 + BASE64_LINE * 2 + 16];

	while (len > 0) {
		gsize n = MIN(len, (gsize)BASE64_LINE * 32);
		/* GLib breaks the lines at 76, by \n */
		gsize made = g_base64_encode_step(data, n, TRUE, room, &b->state, &b->save);
		transfer_lines_open(b->to, room, made);
		data += n;
		len -= n;
	}
}

void
base64_end(Base64 *b)
{
	char room[16];
	gsize made = g_base64_encode_close(TRUE, room, &b->state, &b->save);

	while (made > 0 && room[made - 1] == '\n')
		made--;
	transfer_put(b->to, room, made);
	transfer_put(b->to, "\r\n", 2);
}

/* ---- quoted-printable ---- */

static bool
is_printable(const char *line, gsize i, gsize n)
{
	guchar c = (guchar)line[i];

	if (c == ' ' || c == '\t')
		return i + 1 < n;	/* at the end it could get lost */
	if (i == 0 && ((c == '.' && n == 1) || (n >= 5 && memcmp(line, "From ", 5) == 0)))
		return false;
	return c > 0x20 && c < 0x7f && c != '=';
}

static void
put_quoted_line(Transfer *t, const char *line, gsize n)
{
	gsize column = 0;
	char code[4];

	for (gsize i = 0; i < n; i++) {
		bool plain = is_printable(line, i, n);
		gsize cost = plain ? 1 : 3;
		if (column + cost > QP_LINE - (i + 1 < n ? 1 : 0)) {
			transfer_put(t, "=\r\n", 3);
			column = 0;
		}
		if (!plain)
			g_snprintf(code, sizeof code, "=%02X", (guchar)line[i]);
		transfer_put(t, plain ? line + i : code, cost);
		column += cost;
	}
}

void
transfer_quoted(Transfer *t, const char *text, gsize len)
{
	for (gsize pos = 0, next; pos < len; pos += next) {
		gsize n = line_at(text + pos, len - pos, &next);
		put_quoted_line(t, text + pos, n);
		transfer_put(t, "\r\n", 2);
	}
}

/* ---- text ---- */

/* How deep a line is quoted; *text: what is quoted. "> > a" and ">> a" are the same. */
static guint
quote_depth(const char *line, gsize n, gsize *text)
{
	guint depth = 0;
	gsize i = 0;

	while (i < n && line[i] == '>') {
		depth++;
		i++;
		if (i + 1 < n && line[i] == ' ' && line[i + 1] == '>')
			i++;
	}
	if (depth && i < n && line[i] == ' ')
		i++;
	*text = i;
	return depth;
}

static void
put_flowed(GString *out, guint depth, const char *piece, gsize n)
{
	for (guint i = 0; i < depth; i++)
		g_string_append_c(out, '>');
	/* space-stuffing (RFC 3676, 4.4) */
	if (n > 0 && (depth || *piece == ' ' || *piece == '>' || (n >= 5 && memcmp(piece, "From ", 5) == 0)))
		g_string_append_c(out, ' ');
	g_string_append_len(out, piece, (gssize)n);
	g_string_append(out, "\r\n");
}

static bool
is_wider(const char *p, gsize n, int room)
{
	int column = 0;

	for (gsize i = 0; i < n && column <= room; i += (gsize)(g_utf8_next_char(p + i) - (p + i)))
		column += utf8_char_columns(g_utf8_get_char(p + i));
	return column > room;
}

/* Where a line is broken softly: behind the blanks that end near column `room`; n: nowhere. */
static gsize
soft_break(const char *p, gsize n, int room)
{
	gsize best = 0;
	int column = 0;

	for (gsize i = 0; i < n;) {
		gsize next = i + (gsize)(g_utf8_next_char(p + i) - (p + i));
		column += utf8_char_columns(g_utf8_get_char(p + i));
		/* "-- " alone on a line would begin a signature */
		if (p[i] == ' ' && next < n && p[next] != ' ' && !(next == 3 && memcmp(p, "-- ", 3) == 0)) {
			if (column > room)
				return best ? best : next;
			best = next;
		}
		i = next;
	}
	return column > room && best ? best : n;
}

static void
flow_line(GString *out, const char *line, gsize n)
{
	gsize at;
	guint depth = quote_depth(line, n, &at);
	const char *p = line + at;

	n -= at;
	if (n == 3 && memcmp(p, "-- ", 3) == 0) {
		put_flowed(out, depth, p, n);
		return;
	}
	while (n > 0 && p[n - 1] == ' ')	/* would make the next line part of this one */
		n--;
	int prefix = depth ? (int)MIN(depth, 40) + 1 : 0;
	while (is_wider(p, n, NO_BREAK - prefix)) {
		gsize cut = soft_break(p, n, SOFT - prefix);
		if (cut >= n)
			break;
		put_flowed(out, depth, p, cut);
		p += cut;
		n -= cut;
	}
	put_flowed(out, depth, p, n);
}

GString *
transfer_flow(const char *body)
{
	GString *out = g_string_new(NULL);
	gsize len = strlen(body);

	for (gsize pos = 0, next; pos < len; pos += next) {
		gsize n = line_at(body + pos, len - pos, &next);
		flow_line(out, body + pos, n);
	}
	return out;
}

GString *
transfer_fixed(const char *body)
{
	GString *out = g_string_new(NULL);
	gsize len = strlen(body);

	for (gsize pos = 0, next; pos < len; pos += next) {
		gsize n = line_at(body + pos, len - pos, &next);
		g_string_append_len(out, body + pos, (gssize)n);
		g_string_append(out, "\r\n");
	}
	return out;
}
