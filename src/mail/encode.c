/* encode.c - header fields as they leave: folded, RFC 2047 words, RFC 2231 parameters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A field is a row of words, each with one blank before it; a line is ended before a word that would pass column 78.
 * Encoded words make their own size to what is left of the line (76 columns, RFC 2047, 2). */
#include "config.h"
#include "mail/encode.h"

#include <string.h>

enum { COLUMNS = 78, COLUMNS_ENCODED = 76, LONGEST_WORD = 900 };
#define WORD_FRAME 12	/* "=?utf-8?q?" and "?=" */

/* ---- lines ---- */

typedef struct { GString *out; gsize column; bool fresh /* nothing after the name yet */; } Fold;

static Fold
fold_begin(GString *out, const char *name)
{
	g_string_append_printf(out, "%s:", name);
	return (Fold){ out, strlen(name) + 1, true };
}

static void
fold_line(Fold *f)
{
	g_string_append(f->out, "\r\n");
	f->column = 0;
}

static void
put_word(Fold *f, const char *word, gsize len)
{
	if (!f->fresh && f->column + 1 + len > COLUMNS)
		fold_line(f);
	g_string_append_c(f->out, ' ');
	g_string_append_len(f->out, word, (gssize)len);
	f->column += 1 + len;
	f->fresh = false;
}

/* A line end or another control in a value would begin a field of its own (P16). */
static char *
one_line(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
	for (char *p = valid; *p; p++)
		if ((guchar)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return g_strstrip(g_steal_pointer(&valid));
}

/* ---- encoded words ---- */

static bool
is_ascii(const char *text, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if ((guchar)text[i] >= 0x80)
			return false;
	return true;
}

/* Letters that may stand for themselves in a phrase too (RFC 2047, 5). */
static bool
is_q_plain(guchar c)
{
	return g_ascii_isalnum(c) || (c && strchr("!*+-/", c));
}

static gsize
q_cost(const char *p, gsize len)
{
	gsize n = 0;
	for (gsize i = 0; i < len; i++)
		n += is_q_plain((guchar)p[i]) || p[i] == ' ' ? 1 : 3;
	return n;
}

static void
put_q(GString *out, const char *p, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (p[i] == ' ')
			g_string_append_c(out, '_');
		else if (is_q_plain((guchar)p[i]))
			g_string_append_c(out, p[i]);
		else
			g_string_append_printf(out, "=%02X", (guchar)p[i]);
	}
}

/* How many bytes of whole characters fit into `room` columns; at least one character. */
static gsize
chunk(const char *p, gsize len, gsize room, bool base64)
{
	gsize used = 0;

	while (used < len) {
		gsize next = used + (gsize)(g_utf8_next_char(p + used) - (p + used));
		gsize cost = base64 ? (next + 2) / 3 * 4 : q_cost(p, next);
		if (used > 0 && cost > room)
			break;
		used = next;
	}
	return used;
}

static void
put_encoded(Fold *f, const char *p, gsize len)
{
	bool base64 = (len + 2) / 3 * 4 < q_cost(p, len);
	g_autoptr(GString) word = g_string_new(NULL);

	while (len > 0) {
		gsize taken = f->column + 1 + WORD_FRAME;
		if (taken + 24 > COLUMNS_ENCODED && !f->fresh) {
			fold_line(f);
			taken = 1 + WORD_FRAME;
		}
		gsize n = chunk(p, len, taken < COLUMNS_ENCODED ? COLUMNS_ENCODED - taken : 12, base64);
		g_string_assign(word, base64 ? "=?utf-8?b?" : "=?utf-8?q?");
		if (base64) {
			g_autofree char *text = g_base64_encode((const guchar *)p, n);
			g_string_append(word, text);
		} else {
			put_q(word, p, n);
		}
		g_string_append(word, "?=");
		put_word(f, word->str, word->len);
		p += n;
		len -= n;
	}
}

static bool
needs_encoding(const char *word, gsize len)
{
	return !is_ascii(word, len) || len > LONGEST_WORD || g_strstr_len(word, (gssize)len, "=?");
}

/* The length of the next word with the blanks before it that are more than one. */
static gsize
word_length(const char *p)
{
	gsize blanks = strspn(p, " ");
	return blanks + strcspn(p + blanks, " ");
}

static void
put_text(Fold *f, const char *p)
{
	while (*p) {
		gsize n = word_length(p);
		if (!needs_encoding(p, n)) {
			put_word(f, p, n);
			p += n + (p[n] == ' ');
			continue;
		}
		/* the blank between two encoded words is not shown (RFC 2047, 6.2), so it must be inside */
		const char *from = p;
		for (;;) {
			p += n;
			gsize next = *p ? word_length(p + 1) : 0;
			if (!next || !needs_encoding(p + 1, next))
				break;
			n = next + 1;
		}
		put_encoded(f, from, (gsize)(p - from));
		p += *p == ' ';
	}
}

void
encode_text(GString *out, const char *name, const char *value)
{
	g_autofree char *line = one_line(value);
	Fold f = fold_begin(out, name);

	put_text(&f, line);
	if (f.fresh)
		g_string_append_c(out, ' ');
	g_string_append(out, "\r\n");
}

void
encode_ids(GString *out, const char *name, const char *ids)
{
	g_autofree char *line = one_line(ids);
	g_autoptr(GString) field = g_string_new(NULL);
	Fold f = fold_begin(field, name);

	for (char *p = line; (p = strchr(p, '<')); p++) {
		gsize n = strcspn(p, "> ");
		if (p[n] == '>' && n > 1 && n < LONGEST_WORD && is_ascii(p, n))
			put_word(&f, p, n + 1);
	}
	g_string_append(field, "\r\n");
	if (!f.fresh)
		g_string_append_len(out, field->str, (gssize)field->len);
}

/* ---- addresses ---- */

void
mailbox_clear(Mailbox *m)
{
	g_clear_pointer(&m->name, g_free);
	g_clear_pointer(&m->address, g_free);
}

static bool
is_phrase(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr(" !#$%&'*+-/=?^_`{|}~", *p))
			return false;
	return !strstr(name, "  ");	/* between the words of a phrase any blanks are one */
}

static char *
quoted(const char *text)
{
	GString *out = g_string_new("\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

static void
put_name(Fold *f, const char *text)
{
	g_autofree char *name = one_line(text);
	bool too_long = false;

	for (const char *p = name; *p; p += word_length(p))
		too_long |= word_length(p) > LONGEST_WORD / 2;
	if (!is_ascii(name, strlen(name)) || strstr(name, "=?") || too_long) {
		put_encoded(f, name, strlen(name));
		return;
	}
	g_autofree char *phrase = is_phrase(name) ? g_strdup(name) : quoted(name);
	for (const char *p = phrase; *p;) {
		gsize n = word_length(p);
		put_word(f, p, n);
		p += n + (p[n] == ' ');
	}
}

void
encode_mailboxes(GString *out, const char *name, const Mailbox *list, gsize n)
{
	Fold f = fold_begin(out, name);

	for (gsize i = 0; i < n; i++) {
		bool named = list[i].name && *list[i].name;
		const char *comma = i + 1 < n ? "," : "";
		if (named)
			put_name(&f, list[i].name);
		g_autofree char *address = one_line(list[i].address);
		g_autofree char *word = named ? g_strdup_printf("<%s>%s", address, comma) : g_strdup_printf("%s%s", address, comma);
		put_word(&f, word, strlen(word));
	}
	g_string_append(out, "\r\n");
}

char *
encode_address(const char *address, bool *is_utf8)
{
	const char *at = strrchr(address, '@');
	gsize local = at ? (gsize)(at - address) : 0;

	if (!local || !at[1] || strpbrk(address, "\r\n<>"))
		return NULL;
	if (!is_ascii(address, local))
		*is_utf8 = true;
	if (at[1] == '[' || is_ascii(at, strlen(at)))
		return strlen(address) < 512 ? g_strdup(address) : NULL;
	g_autofree char *host = g_hostname_to_ascii(at + 1);
	if (!host || strlen(host) > 253)
		return NULL;
	return g_strdup_printf("%.*s@%s", (int)local, address, host);
}

/* ---- parameters ---- */

void
encode_begin(GString *out, const char *name, const char *value)
{
	g_autofree char *line = one_line(value);
	g_string_append_printf(out, "%s: %s", name, line);
}

void
encode_end(GString *out)
{
	g_string_append(out, "\r\n");
}

static bool
is_attribute_char(guchar c)
{
	return g_ascii_isalnum(c) || (c && strchr("!#$&+-.^_`{|}~", c));
}

/* RFC 2231: pieces of at most 60 columns, cut between characters. */
static void
put_extended(GString *out, const char *name, const char *value)
{
	g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) piece = g_string_new("utf-8''");

	for (const char *p = value, *next; *p; p = next) {
		next = g_utf8_next_char(p);
		if (piece->len > 48) {
			g_ptr_array_add(pieces, g_strdup(piece->str));
			g_string_truncate(piece, 0);
		}
		for (; p < next; p++) {
			if (is_attribute_char((guchar)*p))
				g_string_append_c(piece, *p);
			else
				g_string_append_printf(piece, "%%%02X", (guchar)*p);
		}
	}
	g_ptr_array_add(pieces, g_strdup(piece->str));
	if (pieces->len == 1) {
		g_string_append_printf(out, ";\r\n %s*=%s", name, piece->str);
		return;
	}
	for (guint i = 0; i < pieces->len; i++)
		g_string_append_printf(out, ";\r\n %s*%u*=%s", name, i, (const char *)pieces->pdata[i]);
}

void
encode_param(GString *out, const char *name, const char *value)
{
	g_autofree char *line = one_line(value);
	gsize len = strlen(line), plain = 0;

	while (is_attribute_char((guchar)line[plain]))
		plain++;
	if (!is_ascii(line, len) || len > 60) {
		put_extended(out, name, line);
		return;
	}
	g_autofree char *text = plain == len && len > 0 ? g_strdup(line) : quoted(line);
	const char *begin = strrchr(out->str, '\n');
	gsize column = begin ? out->len - (gsize)(begin + 1 - out->str) : out->len;
	g_string_append_printf(out, ";%s %s=%s", column + strlen(name) + strlen(text) + 3 > COLUMNS ? "\r\n" : "", name, text);
}

/* ---- dates ---- */

char *
encode_date(gint64 when, GTimeZone *zone)
{
	static const char days[] = "MonTueWedThuFriSatSun", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(when);
	g_autoptr(GDateTime) t = utc && zone ? g_date_time_to_timezone(utc, zone) : NULL;
	GDateTime *at = t ? t : utc;

	if (!at)
		return g_strdup("Thu, 01 Jan 1970 00:00:00 +0000");
	int minutes = (int)(g_date_time_get_utc_offset(at) / G_TIME_SPAN_MINUTE), all = ABS(minutes);
	return g_strdup_printf("%.3s, %02d %.3s %04d %02d:%02d:%02d %c%02d%02d",
		days + 3 * (g_date_time_get_day_of_week(at) - 1), g_date_time_get_day_of_month(at),
		months + 3 * (g_date_time_get_month(at) - 1), g_date_time_get_year(at), g_date_time_get_hour(at),
		g_date_time_get_minute(at), g_date_time_get_second(at), minutes < 0 ? '-' : '+', all / 60, all % 60);
}
