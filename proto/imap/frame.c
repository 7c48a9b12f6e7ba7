/* frame.c - cuts the server's bytes into whole responses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A response ends at CRLF, unless the line announces a literal; then the
 * counted bytes belong to it and the line goes on behind them (RFC 9051, 4.3).
 * A line without literals is given out as it lies in the input, uncopied. */
#include "config.h"
#include "proto/imap/frame.h"
#include "base/limits.h"

#include <string.h>

typedef enum { IN_LINE, IN_LITERAL, IN_STREAM, DROP_LINE, DROP_LITERAL, FAILED } State;

#define HEAD 512	/* of a dropped response is kept, to know what it was */
#define TAIL 32		/* of a dropped line waits, in which its literal may be announced */

struct ImapFrame {
	guint8 *in;	/* owned; bytes [at, have) wait */
	gsize at, have, room;
	gsize scanned;	/* no newline in [at, at + scanned) */
	GString *line;	/* owned: the response so far, when it has literals */
	GArray *literals;	/* owned, of ImapLiteral */
	GByteArray *literal;	/* owned: the inline one that is coming */
	guint64 left;	/* bytes of the literal still to come */
	gsize total;	/* of this response */
	State state;
	bool begin_pending, give_out_done;
	const char *failure;
	guint64 dropped;	/* bytes of the response that is being dropped */
	char head[HEAD + 1];
};

static void
literal_clear(gpointer p)
{
	g_clear_pointer(&((ImapLiteral *)p)->data, g_bytes_unref);
}

ImapFrame *
imap_frame_new(void)
{
	ImapFrame *f = g_new0(ImapFrame, 1);
	f->line = g_string_new(NULL);
	f->literals = g_array_new(FALSE, TRUE, sizeof(ImapLiteral));
	g_array_set_clear_func(f->literals, literal_clear);
	return f;
}

void
imap_frame_free(ImapFrame *f)
{
	if (!f)
		return;
	g_free(f->in);
	g_string_free(f->line, TRUE);
	g_array_unref(f->literals);
	if (f->literal)
		g_byte_array_unref(f->literal);
	g_free(f);
}

void
imap_frame_feed(ImapFrame *f, const void *data, gsize len)
{
	if (f->at == f->have)
		f->at = f->have = 0;
	if (f->have + len > f->room) {
		if (f->at) {
			memmove(f->in, f->in + f->at, f->have - f->at);
			f->have -= f->at;
			f->at = 0;
		}
		if (f->have + len > f->room) {
			f->room = MAX(f->room * 2, MAX(f->have + len, 16 * KIB));
			f->in = g_realloc(f->in, f->room);
		}
	}
	memcpy(f->in + f->have, data, len);
	f->have += len;
}

static ImapFramePiece
fail(ImapFrame *f, const char *why)
{
	f->state = FAILED;
	f->failure = why;
	return (ImapFramePiece){ .kind = IMAP_FRAME_FAILED, .text = why };
}

/* Text of OK, NO, BAD, BYE, PREAUTH and "+" may end in anything, so no literal is looked for there. */
static bool
may_have_literal(const char *line, gsize len)
{
	if (len < 3 || line[0] != '*' || line[1] != ' ')
		return false;
	if (g_ascii_isdigit(line[2]))	/* of a message: nearly all */
		return true;
	static const char *const texts[] = { "OK", "NO", "BAD", "BYE", "PREAUTH" };
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		gsize n = strlen(texts[i]);
		if (len > 2 + n && !g_ascii_strncasecmp(line + 2, texts[i], n) && line[2 + n] == ' ')
			return false;
	}
	return true;
}

/* Does line end in {n} or {n+}? Then its size; *too_large if it is no number we take. */
static bool
announces(const char *line, gsize len, guint64 *size, bool *too_large)
{
	if (len < 3 || line[len - 1] != '}')
		return false;
	gsize end = len - 1;
	if (line[end - 1] == '+')
		end--;
	gsize start = end;
	while (start > 0 && g_ascii_isdigit(line[start - 1]))
		start--;
	if (start == end || start == 0 || line[start - 1] != '{')
		return false;
	*too_large = !imap_parse_u63(line + start, end - start, size) || *size > LIMIT_IMAP_LITERAL;
	return true;
}

/* The response is beyond a limit: it is read to its end, but not kept. False: it can't be; `piece` says why. */
static bool
drop(ImapFrame *f, const char *line, gsize len, const char *why, ImapFramePiece *piece)
{
	const char *head = f->line->len ? f->line->str : line;
	gsize n = f->line->len ? f->line->len : len;

	/* a tagged one is needed, and so is what does not say whose it is */
	if (n < 2 || head[0] != '*' || head[1] != ' ') {
		*piece = fail(f, why);
		return false;
	}
	n = MIN(n, HEAD);
	memcpy(f->head, head, n);
	f->head[n] = '\0';
	f->dropped = f->line->len;	/* what lies in the input is counted as it is taken */
	g_string_truncate(f->line, 0);
	g_array_set_size(f->literals, 0);
	f->state = DROP_LINE;
	return true;
}

static bool
drop_line(ImapFrame *f, ImapFramePiece *piece)
{
	gsize n = f->have - f->at;
	const char *p = (const char *)f->in + f->at;
	const char *nl = n > f->scanned ? memchr(p + f->scanned, '\n', n - f->scanned) : NULL;
	gsize take = nl ? (gsize)(nl - p) + 1 : n > TAIL ? n - TAIL : 0;
	bool too_large = false;
	guint64 size = 0;

	f->dropped += take;
	f->at += take;
	f->scanned = nl ? 0 : n - take;
	if (f->dropped > LIMIT_IMAP_UNTAGGED) {
		*piece = fail(f, "response too large");
		return true;
	}
	if (!nl) {
		*piece = (ImapFramePiece){ .kind = IMAP_FRAME_WANTS_BYTES };
		return true;
	}
	gsize len = take > 1 && p[take - 2] == '\r' ? take - 2 : take - 1;
	if (announces(p, len, &size, &too_large)) {
		f->dropped += size;
		if (too_large || f->dropped > LIMIT_IMAP_UNTAGGED) {
			*piece = fail(f, "literal too large");
			return true;
		}
		f->left = size;
		f->state = DROP_LITERAL;
		return false;
	}
	f->state = IN_LINE;
	f->give_out_done = true;
	*piece = (ImapFramePiece){ .kind = IMAP_FRAME_SKIPPED, .line = f->head, .len = strlen(f->head) };
	return true;
}

static bool
drop_literal(ImapFrame *f, ImapFramePiece *piece)
{
	gsize n = (gsize)MIN(f->left, f->have - f->at);

	f->at += n;
	f->left -= n;
	if (f->left) {
		*piece = (ImapFramePiece){ .kind = IMAP_FRAME_WANTS_BYTES };
		return true;
	}
	f->state = DROP_LINE;
	return false;
}

static ImapFramePiece
response(ImapFrame *f, const char *line, gsize len)
{
	f->give_out_done = true;
	return (ImapFramePiece){
		.kind = IMAP_FRAME_RESPONSE, .line = line, .len = len,
		.literals = (const ImapLiteral *)(void *)f->literals->data, .n_literals = f->literals->len,
	};
}

/* A line of the input is whole: a response, or the way to a literal. */
static bool
line_ended(ImapFrame *f, gsize n, ImapFramePiece *piece)
{
	const char *p = (const char *)f->in + f->at;
	gsize len = n > 0 && p[n - 1] == '\r' ? n - 1 : n;
	bool too_large = false;
	guint64 size;

	if (f->line->len + len > LIMIT_IMAP_LINE)
		return !drop(f, p, len, "line too long", piece);
	f->at += n + 1;
	f->scanned = 0;
	f->total += n;
	bool literal = may_have_literal(f->line->len ? f->line->str : p, f->line->len ? f->line->len : len) &&
		announces(p, len, &size, &too_large);
	if (too_large) {
		*piece = fail(f, "literal too large");
		return true;
	}
	if (!literal && f->line->len == 0 && f->literals->len == 0) {
		*piece = response(f, p, len);
		return true;
	}
	g_string_append_len(f->line, p, (gssize)len);
	if (!literal) {
		*piece = response(f, f->line->str, f->line->len);
		return true;
	}
	f->left = size;
	f->state = size > LIMIT_IMAP_INLINE ? IN_STREAM : IN_LITERAL;
	if (f->state == IN_LITERAL) {
		f->total += size;
		f->literal = g_byte_array_sized_new((guint)size);
	}
	ImapLiteral l = { .size = size, .streamed = f->state == IN_STREAM };
	g_array_append_val(f->literals, l);
	f->begin_pending = f->state == IN_STREAM;
	if (f->total > LIMIT_IMAP_RESPONSE) {
		g_clear_pointer(&f->literal, g_byte_array_unref);
		if (!drop(f, "", 0, "response too large", piece))
			return true;
		f->dropped += size;
		f->begin_pending = false;
		f->state = DROP_LITERAL;
	}
	return false;
}

static bool
next_line(ImapFrame *f, ImapFramePiece *piece)
{
	gsize n = f->have - f->at;
	guint8 *nl = n > f->scanned ? memchr(f->in + f->at + f->scanned, '\n', n - f->scanned) : NULL;
	if (nl)
		return line_ended(f, (gsize)(nl - (f->in + f->at)), piece);
	f->scanned = n;
	if (f->line->len + n > LIMIT_IMAP_LINE + 1)
		return !drop(f, (const char *)f->in + f->at, n, "line too long", piece);
	*piece = (ImapFramePiece){ .kind = IMAP_FRAME_WANTS_BYTES };
	return true;
}

static bool
next_literal(ImapFrame *f, ImapFramePiece *piece)
{
	gsize n = (gsize)MIN(f->left, f->have - f->at);
	g_byte_array_append(f->literal, f->in + f->at, (guint)n);
	f->at += n;
	f->left -= n;
	if (f->left) {
		*piece = (ImapFramePiece){ .kind = IMAP_FRAME_WANTS_BYTES };
		return true;
	}
	g_array_index(f->literals, ImapLiteral, f->literals->len - 1).data = g_byte_array_free_to_bytes(g_steal_pointer(&f->literal));
	f->state = IN_LINE;
	return false;
}

static bool
next_stream(ImapFrame *f, ImapFramePiece *piece)
{
	if (f->begin_pending) {
		f->begin_pending = false;
		*piece = (ImapFramePiece){ .kind = IMAP_FRAME_LITERAL, .line = f->line->str, .len = f->line->len, .size = f->left };
		return true;
	}
	gsize n = (gsize)MIN(f->left, f->have - f->at);
	if (f->left == 0) {
		f->state = IN_LINE;
		*piece = (ImapFramePiece){ .kind = IMAP_FRAME_LITERAL_END };
		return true;
	}
	if (n == 0) {
		*piece = (ImapFramePiece){ .kind = IMAP_FRAME_WANTS_BYTES };
		return true;
	}
	*piece = (ImapFramePiece){ .kind = IMAP_FRAME_CHUNK, .data = f->in + f->at, .len = n };
	f->at += n;
	f->left -= n;
	return true;
}

ImapFramePiece
imap_frame_next(ImapFrame *f)
{
	ImapFramePiece piece;

	if (f->give_out_done) {
		f->give_out_done = false;
		f->total = 0;
		g_string_truncate(f->line, 0);
		g_array_set_size(f->literals, 0);
	}
	for (;;) {
		bool given = true;
		switch (f->state) {
		case IN_LINE:
			given = next_line(f, &piece);
			break;
		case IN_LITERAL:
			given = next_literal(f, &piece);
			break;
		case IN_STREAM:
			given = next_stream(f, &piece);
			break;
		case DROP_LINE:
			given = drop_line(f, &piece);
			break;
		case DROP_LITERAL:
			given = drop_literal(f, &piece);
			break;
		case FAILED:
			return fail(f, f->failure);
		}
		if (given)
			return piece;
	}
}

GBytes *
imap_frame_take_rest(ImapFrame *f)
{
	gsize n = f->have - f->at;
	GBytes *rest = n ? g_bytes_new(f->in + f->at, n) : NULL;

	f->at = f->have = f->scanned = 0;
	return rest;
}

gsize
imap_frame_waiting(const ImapFrame *f)
{
	return f->have - f->at + (f->give_out_done ? 0 : f->line->len);
}
