/* textd.h - an IMAP server whose messages have texts and large parts, given in pieces or not; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It offers nothing beyond IMAP4rev1 and IDLE, and BINARY when told to. A message is a text, or a text and a file of so many
 * bytes, which goes as it is or as base64. */
#pragma once

#include "servers.h"

#include <stdlib.h>
#include <time.h>

typedef struct { guint uid; int days; gsize file; } Doc;
typedef struct { const char *name; GArray *docs; /* of Doc, by uid */ } Shelf;
typedef struct { guint uid; guint64 offset, length; bool binary; guint connection; } Piece;

static struct {
	bool no_pieces;		/* gives the whole part whatever was asked */
	bool bad_pieces;	/* BAD */
	bool no_beyond;		/* NO to what lies behind the end */
	bool nil_beyond;
	gint64 lie;		/* added to the announced size of a file */
	int cut_after;		/* pieces, then the line is cut; 0: never */
	int cuts;		/* so many more behind that one, each at the first piece */
	int piece_ms;		/* of thinking before a piece */
	int text_ms;		/* before a text */
	guint idles;
	gint64 text_at, idle_at;	/* us: when the last text was given, the last IDLE came */
	bool only_one;		/* connection is let in; from then on */
	guint unreadable;	/* UID of a text: NO to a command for it and others, which gives those before it */
	guint waits;		/* number of a connection that gives no text as long as this is set; 0: none */
	guint waiting;		/* it would, otherwise */
	bool page_waits;	/* flags of another message are told before a page of the list, which comes when this is cleared */
	bool page_waiting;
	guint cut_texts;	/* number of a connection that is cut in the middle of the first texts; 0: none */
	guint other_validity;	/* of what the second connection opens; 0: the same */
	bool packed;		/* files are base64 */
	guint line;		/* letters in a line of it; 0: 76 */
	bool binary;		/* BINARY is offered */
	const char *refusal;	/* of it: "NO [UNKNOWN-CTE] can't" */
	int refused_from;	/* this piece on, by BINARY; 0: from the first on */
	guint64 ends;		/* its decoder ends after so many bytes; 0: at the end */
	gint64 size_lie;	/* added to BINARY.SIZE */
	bool no_size;		/* BINARY.SIZE is not told */
	bool empty;		/* pieces by BINARY are */
	const char *outer;	/* multipart's kind; NULL: MIXED */
	const char *kind;	/* of the file; NULL: "\"APPLICATION\" \"OCTET-STREAM\"" */
	Shelf shelves[3];
	GArray *pieces;		/* owned, of Piece: what was asked */
	GPtrArray *texts;	/* owned, of char*: "folder/uid", bodies asked without an offset, in order */
} textd;

static inline Shelf *
shelf(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(textd.shelves); i++)
		if (textd.shelves[i].name && !strcmp(textd.shelves[i].name, name))
			return &textd.shelves[i];
	return NULL;
}

static inline void
doc_put(const char *folder, guint uid, int days, gsize file)
{
	Doc d = { uid, days, file };
	g_array_append_val(shelf(folder)->docs, d);
}

static inline char
file_byte(gsize i)
{
	return textd.packed ? (char)(i * 7 + i / 251) : (char)('a' + (i * 7 + i / 251) % 26);
}

static inline void
file_put(GString *out, gsize file)
{
	gsize was = out->len;
	g_string_set_size(out, was + file);
	for (gsize i = 0; i < file; i++)
		out->str[was + i] = file_byte(i);
}

/* As base64, the last line with its end. */
static inline void
file_pack(GString *out, gsize file)
{
	g_autoptr(GString) bytes = g_string_new(NULL);
	gsize line = textd.line ? textd.line : 76;

	file_put(bytes, file);
	g_autofree char *text = g_base64_encode((const guchar *)bytes->str, bytes->len);
	for (gsize at = 0, len = strlen(text); at < len; at += line) {
		g_string_append_len(out, text + at, (gssize)MIN(line, len - at));
		g_string_append(out, "\r\n");
	}
}

/* So many bytes on the way. */
static inline gsize
file_sent(gsize file)
{
	gsize letters = (file + 2) / 3 * 4, line = textd.line ? textd.line : 76;
	return textd.packed ? letters + (letters + line - 1) / line * 2 : file;
}

static inline GString *
doc_section(const Doc *d, const char *section)
{
	GString *out = g_string_new(NULL);
	bool header = !*section || !strcmp(section, "HEADER"), text = !*section || !strcmp(section, "1"), file = !*section || !strcmp(section, "2");

	if (header)
		g_string_append_printf(out, "Subject: number %u\r\nFrom: bob@example.org\r\n\r\n", d->uid);
	if (text)
		g_string_append_printf(out, "text of %u\r\n", d->uid);
	if (file && d->file)
		(textd.packed ? file_pack : file_put)(out, d->file);
	return out;
}

static inline void
doc_header(GString *out, const Doc *d)
{
	time_t when = time(NULL) - (time_t)d->days * 86400 - 60;
	struct tm t;
	char date[40];

	gmtime_r(&when, &t);
	strftime(date, sizeof date, "%d-%b-%Y %H:%M:%S +0000", &t);
	g_string_append_printf(out, " INTERNALDATE \"%s\" RFC822.SIZE %" G_GSIZE_FORMAT " ENVELOPE (NIL \"number %u\" NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE ",
		date, 200 + file_sent(d->file), d->uid);
	if (d->file)
		g_string_append_printf(out, "((\"TEXT\" \"PLAIN\" (\"charset\" \"utf-8\") NIL NIL \"7BIT\" 12 1)(%s (\"name\" \"f.bin\") NIL NIL \"%s\" %"
			G_GINT64_FORMAT ") \"%s\")", textd.kind ? textd.kind : "\"APPLICATION\" \"OCTET-STREAM\"", textd.packed ? "BASE64" : "7BIT",
			(gint64)file_sent(d->file) + textd.lie, textd.outer ? textd.outer : "MIXED");
	else
		g_string_append(out, "(\"TEXT\" \"PLAIN\" (\"charset\" \"utf-8\") NIL NIL \"7BIT\" 12 1)");
}

/* One "BODY.PEEK[...]<a.b>"; the status of the command, NULL: well. */
static inline const char *
doc_body(Talk *t, GString *out, const char *folder, const Doc *d, const char *at)
{
	g_autofree char *section = g_strndup(at, strcspn(at, "]"));
	const char *behind = at + strlen(section) + 1;
	guint64 offset = 0, length = G_MAXUINT64;

	if (*behind == '<') {
		char *end;
		offset = g_ascii_strtoull(behind + 1, &end, 10);
		length = g_ascii_strtoull(end + 1, NULL, 10);
	}
	bool piece = *behind == '<' && (!strcmp(section, "2") || !*section);
	g_autoptr(GString) all = doc_section(d, section);
	if (piece) {
		Piece p = { d->uid, offset, length, false, t->number };
		g_array_append_val(textd.pieces, p);
	} else if (g_ascii_isdigit(*section) || !*section) {
		g_ptr_array_add(textd.texts, g_strdup_printf("%s/%u%s%s", folder, d->uid, *section ? "/" : "", section));
	}
	if (piece && textd.bad_pieces)
		return "BAD no pieces here";
	if (piece && textd.no_beyond && offset >= all->len)
		return "NO nothing is there";
	if (piece && textd.nil_beyond && offset >= all->len) {
		g_string_append_printf(out, " BODY[%s]<%" G_GUINT64_FORMAT "> NIL", section, offset);
		return NULL;
	}
	if (piece && textd.no_pieces) {
		offset = 0;
		length = G_MAXUINT64;
	}
	offset = MIN(offset, all->len);
	length = MIN(length, all->len - offset);
	g_autofree char *origin = *behind == '<' && !(piece && textd.no_pieces) ? g_strdup_printf("<%" G_GUINT64_FORMAT ">", offset) : g_strdup("");
	g_string_append_printf(out, " BODY[%s]%s {%" G_GUINT64_FORMAT "}\r\n", section, origin, length);
	g_string_append_len(out, all->str + offset, (gssize)length);
	return NULL;
}

/* "1:3,7,9:*" */
static inline bool
in_words(const char *set, guint n, bool last)
{
	for (const char *at = set;; at++) {
		guint lo = *at == '*' ? (last ? n : G_MAXUINT) : (guint)atoi(at), hi = lo;
		gsize len = strcspn(at, ", ");
		const char *colon = memchr(at, ':', len);
		if (colon)
			hi = colon[1] == '*' ? G_MAXUINT : (guint)atoi(colon + 1);
		if (n >= lo && n <= hi)
			return true;
		at += len;
		if (*at != ',')
			return false;
	}
}

/* Until the test lets it go on. */
static inline void
text_waits(Talk *t, const char *verb)
{
	bool waits = strstr(verb, "BODY.PEEK[]");

	while (waits) {
		g_mutex_lock(&t->s->lock);
		waits = textd.waits == t->number;
		textd.waiting = waits ? t->number : textd.waiting;
		g_mutex_unlock(&t->s->lock);
		if (waits)
			g_usleep(2000);
	}
}

static inline void
page_waits(Talk *t, const char *verb)
{
	g_mutex_lock(&t->s->lock);
	bool waits = textd.page_waits && strstr(verb, "ENVELOPE");
	g_mutex_unlock(&t->s->lock);
	if (waits)
		say(t, "* 3 FETCH (UID 9 FLAGS (\\Seen))\r\n");
	while (waits) {
		g_mutex_lock(&t->s->lock);
		textd.page_waiting = waits = textd.page_waits;
		g_mutex_unlock(&t->s->lock);
		g_usleep(2000);
	}
}

/* One "BINARY.PEEK[2]<a.b>", as doc_body. */
static inline const char *
doc_binary(const Talk *t, GString *out, const Doc *d, const char *at)
{
	g_autoptr(GString) all = g_string_new(NULL);
	char *end;
	guint64 offset = g_ascii_strtoull(strchr(at, '<') + 1, &end, 10), length = g_ascii_strtoull(end + 1, NULL, 10);
	Piece p = { d->uid, offset, length, true, t->number };

	g_array_append_val(textd.pieces, p);
	if (!textd.binary)
		return "BAD nobody offered that";
	if (textd.refusal && textd.refused_from-- <= 1)
		return textd.refusal;
	file_put(all, textd.ends ? MIN(textd.ends, d->file) : d->file);
	g_string_set_size(all, textd.empty ? 0 : all->len);
	offset = MIN(offset, all->len);
	length = textd.no_pieces ? all->len : MIN(length, all->len - offset);
	g_string_append_printf(out, " BINARY[2]<%" G_GUINT64_FORMAT "> ~{%" G_GUINT64_FORMAT "}\r\n", textd.no_pieces ? 0 : offset, length);
	g_string_append_len(out, all->str + (textd.no_pieces ? 0 : offset), (gssize)length);
	return NULL;
}

static inline const char *
docs_fetch(Talk *t, GString *out, const Shelf *s, const char *rest, bool uid)
{
	const char *blank = strchr(rest, ' ');
	bool many = memchr(rest, ':', (gsize)(blank - rest)) || memchr(rest, ',', (gsize)(blank - rest));

	for (guint i = 0; i < s->docs->len; i++) {
		const Doc *d = &g_array_index(s->docs, Doc, i);
		guint n = uid ? d->uid : i + 1;
		if (!in_words(rest, n, i + 1 == s->docs->len))
			continue;
		if (many && textd.unreadable == d->uid && strstr(blank, "BODY.PEEK[]"))
			return "NO this one is broken";
		g_string_append_printf(out, "* %u FETCH (UID %u", i + 1, d->uid);
		if (strstr(blank, "FLAGS"))
			g_string_append(out, " FLAGS (\\Seen)");
		if (strstr(blank, "ENVELOPE"))
			doc_header(out, d);
		if (strstr(blank, "BINARY.SIZE[2]") && !textd.no_size)
			g_string_append_printf(out, " BINARY.SIZE[2] %" G_GINT64_FORMAT, (gint64)(textd.ends ? textd.ends : d->file) + textd.size_lie);
		const char *binary = strstr(blank, "BINARY.PEEK[2]");
		const char *status = binary ? doc_binary(t, out, d, binary) : NULL;
		for (const char *p = blank; !status && !strstr(blank, "ENVELOPE") && (p = strstr(p, "BODY.PEEK[")); ) {
			p += 10;
			status = doc_body(t, out, s->name, d, p);
		}
		if (status) {
			g_string_truncate(out, 0);
			return status;
		}
		g_string_append(out, ")\r\n");
	}
	return "OK fetched";
}

static inline const char *
text_command(Talk *t, GString *out, const Shelf **in, const char *verb)
{
	if (g_str_has_prefix(verb, "CAPABILITY")) {
		g_string_append_printf(out, "* CAPABILITY IMAP4rev1 IDLE%s\r\n", textd.binary ? " BINARY" : "");
	} else if (g_str_has_prefix(verb, "LIST")) {
		for (guint i = 0; i < G_N_ELEMENTS(textd.shelves); i++)
			if (textd.shelves[i].name)
				g_string_append_printf(out, "* LIST (%s) \"/\" %s\r\n", strcmp(textd.shelves[i].name, "Junk") ? "" : "\\Junk", textd.shelves[i].name);
	} else if (g_str_has_prefix(verb, "STATUS ")) {
		g_autofree char *name = g_strndup(verb + 7, strcspn(verb + 7, " "));
		const Shelf *s = shelf(g_strdelimit(name, "\"", ' ') && *name == ' ' ? g_strstrip(name) : name);
		if (!s)
			return "NO there is none";
		guint n = s->docs->len, next = n ? g_array_index(s->docs, Doc, n - 1).uid + 1 : 1;
		g_string_append_printf(out, "* STATUS %s (MESSAGES %u UNSEEN 0 UIDNEXT %u UIDVALIDITY 7)\r\n", s->name, n, next);
	} else if (g_str_has_prefix(verb, "SELECT ") || g_str_has_prefix(verb, "EXAMINE ")) {
		g_autofree char *name = g_strdelimit(g_strdup(strchr(verb, ' ')), "\"", ' ');
		*in = shelf(g_strstrip(name));
		if (!*in)
			return "NO there is none";
		guint n = (*in)->docs->len, next = n ? g_array_index((*in)->docs, Doc, n - 1).uid + 1 : 1;
		guint validity = *verb == 'E' && textd.other_validity ? textd.other_validity : 7;
		g_string_append_printf(out, "* %u EXISTS\r\n* OK [UIDVALIDITY %u] x\r\n* OK [UIDNEXT %u] x\r\n", n, validity, next);
		return "OK [READ-WRITE] x";
	} else if (*in && (g_str_has_prefix(verb, "UID FETCH ") || g_str_has_prefix(verb, "FETCH "))) {
		return docs_fetch(t, out, *in, strstr(verb, "FETCH ") + 6, *verb == 'U');
	} else if (*in && g_str_has_prefix(verb, "UID SEARCH")) {
		g_string_append(out, "* SEARCH");
		for (guint i = 0; i < (*in)->docs->len && !strstr(verb, "UNSEEN") && !strstr(verb, "FLAGGED"); i++)
			g_string_append_printf(out, " %u", g_array_index((*in)->docs, Doc, i).uid);
		g_string_append(out, "\r\n");
	} else if (!g_str_has_prefix(verb, "NOOP") && !g_str_has_prefix(verb, "UID STORE ") && !g_str_has_prefix(verb, "LOGOUT") && !g_str_has_prefix(verb, "AUTHENTICATE")) {
		return "BAD what?";
	}
	return "OK done";
}

static inline bool
say_all(Talk *t, const GString *out)
{
	for (gsize at = 0; at < out->len;) {
		ssize_t n = send(t->fd, out->str + at, out->len - at, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += (gsize)n;
	}
	return true;
}

static inline gpointer
text_talk(gpointer user)
{
	Talk *t = user;
	const Shelf *in = NULL;
	bool going = !t->s->down;

	if (going)
		say(t, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n");
	while (going) {
		g_autofree char *line = next_line(t);
		char *verb = line ? strchr(line, ' ') : NULL;
		if (!verb)
			break;
		*verb++ = '\0';
		g_autoptr(GString) out = g_string_new(NULL);
		if (g_str_has_prefix(verb, "IDLE")) {
			g_mutex_lock(&t->s->lock);
			textd.idles++;
			textd.idle_at = g_get_monotonic_time();
			g_mutex_unlock(&t->s->lock);
			say(t, "+ idling\r\n");
			g_autofree char *done = next_line(t);
			g_string_append_printf(out, "%s OK done\r\n", line);
			going = done && say_all(t, out);
			continue;
		}
		g_mutex_lock(&t->s->lock);
		guint n = textd.pieces->len, n_texts = textd.texts->len;
		g_string_append_printf(t->s->log, "imap %u: %s\n", t->number, g_str_has_prefix(verb, "AUTHENTICATE") ? "(a secret)" : verb);
		bool turned_away = textd.only_one && t->number > 1 && g_str_has_prefix(verb, "AUTHENTICATE");
		const char *said = turned_away ? "NO [LIMIT] Too many simultaneous connections." : text_command(t, out, &in, verb);
		bool piece = textd.pieces->len > n, cut = piece && textd.cut_after && --textd.cut_after == 0;
		if (cut && textd.cuts > 0) {
			textd.cuts--;
			textd.cut_after = 1;
		}
		bool text = textd.texts->len > n_texts;
		int ms = piece ? textd.piece_ms : text ? textd.text_ms : 0;
		if (textd.cut_texts == t->number && strstr(verb, "BODY.PEEK[]")) {
			textd.cut_texts = 0;
			cut = true;
		}
		g_string_append_printf(out, "%s %s\r\n", line, said);
		g_mutex_unlock(&t->s->lock);
		if (ms)
			g_usleep((gulong)ms * 1000);
		text_waits(t, verb);
		page_waits(t, verb);
		if (cut)
			g_string_truncate(out, out->len / 2);
		g_mutex_lock(&t->s->lock);
		textd.text_at = text ? g_get_monotonic_time() : textd.text_at;
		g_mutex_unlock(&t->s->lock);
		going = say_all(t, out) && !cut && !g_str_has_prefix(verb, "LOGOUT");
	}
	close(t->fd);
	g_free(t);
	return NULL;
}

/* INBOX, Archive and Junk, empty. */
static inline void
texts_reset(Server *s)
{
	static const char *const names[] = { "INBOX", "Archive", "Junk" };
	server_reset(s);
	g_mutex_lock(&s->lock);
	GArray *pieces = textd.pieces, *docs[3];
	GPtrArray *texts = textd.texts;
	for (guint i = 0; i < 3; i++)
		docs[i] = textd.shelves[i].docs;
	memset(&textd, 0, sizeof textd);
	for (guint i = 0; i < 3; i++) {
		textd.shelves[i] = (Shelf){ names[i], docs[i] };
		g_array_set_size(docs[i], 0);
	}
	textd.pieces = pieces;
	textd.texts = texts;
	g_array_set_size(pieces, 0);
	g_ptr_array_set_size(texts, 0);
	g_mutex_unlock(&s->lock);
}

static inline Server *
texts_start(void)
{
	Server *s = g_new0(Server, 1);
	textd.pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
	textd.texts = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < 3; i++)
		textd.shelves[i].docs = g_array_new(FALSE, FALSE, sizeof(Doc));
	server_listen(s, NULL, text_talk);
	return s;
}
