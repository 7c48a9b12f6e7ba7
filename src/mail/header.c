/* header.c - header fields: unfolding, RFC 2047, parameters, dates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * GMime could do this, but has no bounds: continuations and floods cost it quadratic time. So the
 * fields are ours; addresses are in address.c. */
#include "config.h"
#include "mail/header.h"
#include "base/limits.h"
#include "mail/charset.h"

#include <stdio.h>
#include <string.h>

bool
header_next(const char *block, gsize len, gsize *pos, HeaderLine *out)
{
	while (*pos < len) {
		const char *line = block + *pos, *end = block + len, *nl;
		const char *next = line;
		do {	/* a field goes on while the next line begins with a blank */
			nl = memchr(next, '\n', (gsize)(end - next));
			next = nl ? nl + 1 : end;
		} while (next < end && (*next == ' ' || *next == '\t'));
		*pos = (gsize)(next - block);
		gsize n = (gsize)((nl ? nl : end) - line);
		const char *colon = memchr(line, ':', n);
		if (!colon || colon == line || *line == ' ' || *line == '\t')
			continue;
		out->name = line;
		out->name_len = (gsize)(colon - line);
		while (out->name_len && strchr(" \t", line[out->name_len - 1]))
			out->name_len--;
		out->value = colon + 1;
		out->value_len = MIN((gsize)(line + n - out->value), LIMIT_HEADER);
		while (out->value_len && strchr(" \t\r\n", out->value[0]))
			out->value++, out->value_len--;
		while (out->value_len && strchr(" \t\r\n", out->value[out->value_len - 1]))
			out->value_len--;
		return true;
	}
	return false;
}

bool
header_is(const HeaderLine *h, const char *name)
{
	return strlen(name) == h->name_len && g_ascii_strncasecmp(name, h->name, h->name_len) == 0;
}

bool
header_find(const char *block, gsize len, const char *name, HeaderLine *out)
{
	gsize pos = 0;

	for (guint n = 0; n < LIMIT_HEADERS && header_next(block, len, &pos, out); n++)
		if (header_is(out, name))
			return true;
	return false;
}

/* RFC 2047 */

typedef struct {
	GString *out;		/* owned until the end */
	GString *pending;	/* owned: bytes of encoded words not yet converted */
	char *charset;		/* owned: of pending; NULL: none pending */
	guint words;
} Words;

static void
flush_words(Words *w)
{
	if (!w->charset)
		return;
	g_autofree char *text =
		charset_to_utf8(w->pending->str, w->pending->len, w->charset, LIMIT_HEADER, NULL);
	g_string_append(w->out, text);
	g_string_truncate(w->pending, 0);
	g_clear_pointer(&w->charset, g_free);
}

static int
hex_value(char c)
{
	return g_ascii_isxdigit(c) ? g_ascii_xdigit_value(c) : -1;
}

static void
decode_q(GString *out, const char *p, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (p[i] == '=' && i + 2 < len && hex_value(p[i + 1]) >= 0 &&
			hex_value(p[i + 2]) >= 0) {
			g_string_append_c(out,
				(char)(hex_value(p[i + 1]) << 4 | hex_value(p[i + 2])));
			i += 2;
		} else if (p[i] == '=' && i + 2 == len && hex_value(p[i + 1]) >= 0) {
			break;	/* cut in the middle of an octet */
		} else {
			g_string_append_c(out, p[i] == '_' ? ' ' : p[i]);
		}
	}
}

static void
decode_b(GString *out, const char *p, gsize len)
{
	guint32 bits = 0;
	guint have = 0;

	for (gsize i = 0; i < len; i++) {
		int v = g_ascii_isupper(p[i]) ? p[i] - 'A' :
			g_ascii_islower(p[i]) ? p[i] - 'a' + 26 :
			g_ascii_isdigit(p[i]) ? p[i] - '0' + 52 : p[i] == '+' || p[i] == '-' ? 62 :
			p[i] == '/' || p[i] == '_' ? 63 : -1;
		if (v < 0) {
			if (p[i] == '=')
				have = 0;
			continue;
		}
		bits = bits << 6 | (guint32)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			g_string_append_c(out, (char)(bits >> have & 0xff));
		}
	}
}

/* An encoded word at p: its length, or 0. Longer than the RFC's 75 and with spaces inside are both
 * in use. */
static gsize
word_at(const char *p, gsize len, const char **charset_end, const char **text)
{
	gsize max = MIN(len, 8 * KIB), i = 2;

	if (len < 8 || p[0] != '=' || p[1] != '?')
		return 0;
	while (i < max && i < 60 && p[i] != '?' && (guchar)p[i] > 0x20)
		i++;
	if (i + 3 >= max || p[i] != '?' || i == 2 || !strchr("QqBb", p[i + 1]) || p[i + 2] != '?')
		return 0;
	*charset_end = p + i;
	*text = p + i + 3;
	bool base64 = (p[i + 1] | 0x20) == 'b';
	for (i += 3; i + 1 < max; i++) {
		if (p[i] == '?' && p[i + 1] == '=') {
			/* "=?utf-8?Q?=?=" and "?=41?=": the mark may also be the beginning of an
			 * octet */
			if (!base64 && i + 4 < max && hex_value(p[i + 2]) >= 0 &&
				hex_value(p[i + 3]) >= 0 &&
				memchr(p + i + 2, '?', MIN(max - i - 2, 200)) &&
				!(i + 2 < max && g_ascii_isspace(p[i + 2])))
				continue;
			return i + 2;
		}
		if (base64 && (p[i] == '?' || (guchar)p[i] < 0x20) && p[i] != '\r' &&
			p[i] != '\n' && p[i] != '\t')
			return 0;
	}
	return 0;
}

static void
take_word(Words *w, const char *p, const char *charset_end, const char *text, gsize n)
{
	gsize label_len = (gsize)(charset_end - p - 2);
	const char *star = memchr(p + 2, '*', label_len);	/* RFC 2231: language */
	g_autofree char *label =
		g_ascii_strdown(p + 2, (gssize)(star ? (gsize)(star - p - 2) : label_len));

	if (w->charset && strcmp(w->charset, label) != 0)
		flush_words(w);
	if (!w->charset)
		w->charset = g_steal_pointer(&label);
	if ((charset_end[1] | 0x20) == 'b')
		decode_b(w->pending, text, (gsize)(p + n - 2 - text));
	else
		decode_q(w->pending, text, (gsize)(p + n - 2 - text));
	w->words++;
}

/* Text outside encoded words, unfolded: a run of line ends and blanks after a line end is one
 * blank. */
static void
take_bare(Words *w, const char *p, gsize len, const char *charset)
{
	GString *flat = g_string_sized_new(len);
	CharsetVerdict v = CHARSET_FINE;

	flush_words(w);
	for (gsize i = 0; i < len; i++) {
		if (p[i] != '\r' && p[i] != '\n') {
			g_string_append_c(flat, p[i]);
			continue;
		}
		while (i + 1 < len && strchr("\r\n \t", p[i + 1]) && p[i + 1])
			i++;
		if (flat->len == 0 || flat->str[flat->len - 1] != ' ')
			g_string_append_c(flat, ' ');
	}
	bool utf8 = g_utf8_validate(flat->str, (gssize)flat->len, NULL) &&
		!memchr(flat->str, 0x1b, flat->len);
	g_autofree char *text = utf8 ? g_strndup(flat->str, flat->len) :
		charset_to_utf8(flat->str, flat->len, charset, LIMIT_HEADER, &v);
	g_string_append(w->out, text);
	g_string_free(flat, TRUE);
}

static bool
only_blanks(const char *p, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if (!strchr(" \t\r\n", p[i]) || !p[i])
			return false;
	return true;
}

char *
header_decode(const char *raw, gsize len, const char *charset)
{
	Words w = { .out = g_string_new(NULL), .pending = g_string_new(NULL) };
	gsize bare = 0;
	bool after_word = false;

	len = MIN(len, LIMIT_HEADER);
	for (gsize i = 0; i < len; ) {
		const char *charset_end, *text;
		const char *mark = memchr(raw + i, '=', len - i);
		if (!mark || w.words >= LIMIT_RFC2047_WORDS)
			break;
		i = (gsize)(mark - raw);
		gsize n = word_at(mark, len - i, &charset_end, &text);
		if (n == 0) {
			i++;
			continue;
		}
		if (i > bare && !(after_word && only_blanks(raw + bare, i - bare)))
			take_bare(&w, raw + bare, i - bare, charset);
		take_word(&w, mark, charset_end, text, n);
		after_word = true;
		i += n;
		bare = i;
	}
	if (bare < len && w.words < LIMIT_RFC2047_WORDS)
		take_bare(&w, raw + bare, len - bare, charset);
	flush_words(&w);
	if (w.words >= LIMIT_RFC2047_WORDS)
		g_string_append(w.out, "…");
	g_string_free(w.pending, TRUE);
	return g_strstrip(g_string_free(w.out, FALSE));
}

/* parameters, RFC 2045 and 2231 */

static void
param_clear(gpointer p)
{
	g_free(((Param *)p)->name);
	g_free(((Param *)p)->value);
}

void
param_free(ParamValue *p)
{
	if (!p)
		return;
	g_free(p->value);
	g_array_unref(p->params);
	g_free(p);
}

const char *
param_get(const ParamValue *p, const char *name)
{
	for (guint i = 0; i < p->params->len; i++)
		if (strcmp(g_array_index(p->params, Param, i).name, name) == 0)
			return g_array_index(p->params, Param, i).value;
	return NULL;
}

/* A section of a parameter as it stands: name*3*=value. */
typedef struct {
	char *name;	/* owned */
	GString *value;	/* owned */
	guint order;
	bool section, percent;
} Piece;

static void
piece_clear(gpointer p)
{
	Piece *piece = p;
	g_free(piece->name);
	g_string_free(piece->value, TRUE);
}

/* Moves over blanks and comments; nested comments are counted, not descended into. */
static void
skip_blanks(const char *raw, gsize len, gsize *pos)
{
	guint depth = 0;

	for (; *pos < len; (*pos)++) {
		char c = raw[*pos];
		if (c == '(')
			depth++;
		else if (c == ')' && depth)
			depth--;
		else if (c == '\\' && depth && *pos + 1 < len)
			(*pos)++;
		else if (!depth && !g_ascii_isspace(c))
			return;
	}
}

static GString *
take_param_value(const char *raw, gsize len, gsize *pos)
{
	GString *v = g_string_new(NULL);

	if (*pos < len && raw[*pos] == '"') {
		for ((*pos)++; *pos < len && raw[*pos] != '"'; (*pos)++) {
			if (raw[*pos] == '\r' || raw[*pos] == '\n')
				continue;
			/* Windows paths stand in quotes unescaped: only \" and \\ are escapes */
			if (raw[*pos] == '\\' && *pos + 1 < len && strchr("\"\\", raw[*pos + 1]))
				(*pos)++;
			g_string_append_c(v, raw[*pos]);
		}
		while (*pos < len && raw[*pos] != ';')
			(*pos)++;
		return v;
	}
	gsize start = *pos;
	while (*pos < len && raw[*pos] != ';')	/* spaces in bare values are common in file names */
		(*pos)++;
	g_string_append_len(v, raw + start, (gssize)(*pos - start));
	while (v->len && g_ascii_isspace(v->str[v->len - 1]))
		g_string_truncate(v, v->len - 1);
	return v;
}

static bool
take_piece(const char *raw, gsize len, gsize *pos, Piece *out)
{
	skip_blanks(raw, len, pos);
	while (*pos < len && raw[*pos] == ';') {
		(*pos)++;
		skip_blanks(raw, len, pos);
	}
	gsize start = *pos;
	while (*pos < len && !strchr("=;", raw[*pos]))
		(*pos)++;
	gsize n = *pos - start;
	while (n && g_ascii_isspace(raw[start + n - 1]))
		n--;
	if (*pos >= len && n == 0)
		return false;
	*out = (Piece){ .name = g_ascii_strdown(raw + start, (gssize)n) };
	if (*pos < len && raw[*pos] == '=') {
		(*pos)++;
		skip_blanks(raw, len, pos);
		out->value = take_param_value(raw, len, pos);
	} else {
		out->value = g_string_new(NULL);
	}
	char *star = strchr(out->name, '*');
	if (star) {
		*star++ = '\0';
		out->percent = *star == '\0' || g_str_has_suffix(star, "*");
		out->section = g_ascii_isdigit(*star);
		out->order = (guint)MIN(strtoul(star, NULL, 10), 100000);
	}
	return true;
}

static gint
compare_pieces(gconstpointer a, gconstpointer b)
{
	const Piece *x = a, *y = b;
	int c = strcmp(x->name, y->name);
	if (c)
		return c;
	if (x->section != y->section)	/* RFC 2231 forms win over a plain one beside them */
		return x->section ? -1 : 1;
	if (x->percent != y->percent && !x->section)
		return x->percent ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void
append_percent(GString *out, const char *p, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (p[i] == '%' && i + 2 < len && hex_value(p[i + 1]) >= 0 &&
			hex_value(p[i + 2]) >= 0) {
			g_string_append_c(out,
				(char)(hex_value(p[i + 1]) << 4 | hex_value(p[i + 2])));
			i += 2;
		} else {
			g_string_append_c(out, p[i]);
		}
	}
}

/* Joins the pieces [from, to) of one name. */
static char *
join_pieces(const GArray *pieces, guint from, guint to, const char *charset)
{
	GString *bytes = g_string_new(NULL);
	g_autofree char *label = NULL;
	bool percent = false;

	for (guint i = from; i < to; i++) {
		const Piece *p = &g_array_index(pieces, Piece, i);
		const char *text = p->value->str;
		gsize len = p->value->len;
		if (i == from && p->percent) {	/* charset'language'text */
			const char *one = memchr(text, '\'', len);
			const char *two = one ?
				memchr(one + 1, '\'', len - (gsize)(one + 1 - text)) : NULL;
			if (two) {
				label = g_strndup(text, (gsize)(one - text));
				len -= (gsize)(two + 1 - text);
				text = two + 1;
			}
		}
		percent = percent || p->percent;
		if (p->percent)
			append_percent(bytes, text, len);
		else
			g_string_append_len(bytes, text, (gssize)len);
	}
	char *out = percent ?
		charset_to_utf8(bytes->str, bytes->len, label &&
		*label ? label : NULL, LIMIT_HEADER, NULL) :
		header_decode(bytes->str, bytes->len, charset);
	g_string_free(bytes, TRUE);
	return out;
}

ParamValue *
header_params(const char *raw, gsize len, const char *charset)
{
	ParamValue *out = g_new0(ParamValue, 1);
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
	gsize pos = 0, start;
	Piece piece;

	len = MIN(len, LIMIT_HEADER);
	g_array_set_clear_func(pieces, piece_clear);
	out->params = g_array_new(FALSE, FALSE, sizeof(Param));
	g_array_set_clear_func(out->params, param_clear);
	skip_blanks(raw, len, &pos);
	start = pos;
	while (pos < len && !strchr(";( \t\r\n", raw[pos]))
		pos++;
	out->value = g_ascii_strdown(raw + start, (gssize)(pos - start));
	while (pos < len && raw[pos] != ';' && raw[pos] != '(' && g_ascii_isspace(raw[pos]))
		pos++;
	while (take_piece(raw, len, &pos, &piece)) {
		if (pieces->len >= LIMIT_MIME_PARAMS) {
			piece_clear(&piece);
			out->cut = true;
			break;
		}
		g_array_append_val(pieces, piece);
	}
	g_array_sort(pieces, compare_pieces);
	for (guint i = 0, j; i < pieces->len; i = j) {
		const Piece *first = &g_array_index(pieces, Piece, i);
		for (j = i + 1; j < pieces->len &&
			strcmp(g_array_index(pieces, Piece, j).name, first->name) == 0; j++)
			;
		/* sections follow each other without a gap; doubles are dropped */
		guint to = i + 1;
		while (first->section && to < j && g_array_index(pieces, Piece, to).section &&
			g_array_index(pieces, Piece, to).order == g_array_index(pieces, Piece,
			to - 1).order + 1)
			to++;
		Param p = { g_strdup(first->name), join_pieces(pieces, i, to, charset) };
		g_array_append_val(out->params, p);
	}
	return out;
}

/* dates, RFC 5322 with what old mailers write */

static bool
take_date_number(const char *word, int *n)
{
	char *end;
	if (!g_ascii_isdigit(*word) || strlen(word) > 4)
		return false;
	*n = (int)strtol(word, &end, 10);
	return *end == '\0';
}

static int
month_of(const char *word)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (int m = 0; m < 12 && strlen(word) >= 3; m++)
		if (g_ascii_strncasecmp(word, months + 3 * m, 3) == 0)
			return m + 1;
	return 0;
}

static bool
zone_of(const char *word, int *minutes)
{
	static const struct { const char *name; int minutes; } zones[] = {
		{ "UT", 0 }, { "GMT", 0 }, { "UTC", 0 }, { "Z", 0 }, { "EST", -300 }, { "EDT", -240 }, { "CST", -360 },
		{ "CDT", -300 }, { "MST", -420 }, { "MDT", -360 }, { "PST", -480 }, { "PDT", -420 }, { "CET", 60 }, { "MET", 60 },
		{ "CEST", 120 }, { "MEST", 120 }, { "BST", 60 }, { "JST", 540 }, { "MSK", 180 }, { "EET", 120 }, { "EEST", 180 },
	};
	if ((*word == '+' || *word == '-') && strspn(word + 1, "0123456789") == 4 &&
		word[5] == '\0') {
		int n = atoi(word + 1);
		*minutes = (n / 100 * 60 + n % 100) * (*word == '-' ? -1 : 1);
		return n / 100 <= 24 && n % 100 < 60;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(zones); i++)
		if (g_ascii_strcasecmp(word, zones[i].name) == 0) {
			*minutes = zones[i].minutes;
			return true;
		}
	return false;
}

/* Days from 1970-01-01 in the Gregorian calendar. */
static gint64
days_of(int y, int m, int d)
{
	y -= m <= 2;
	int era = (y >= 0 ? y : y - 399) / 400;
	int yoe = y - era * 400;
	int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return (gint64)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool
header_date(const char *raw, gsize len, gint64 *when, gint16 *offset)
{
	g_autofree char *text = g_strndup(raw, MIN(len, 200));
	int day = -1, month = 0, year = -1, h = -1, m = 0, s = 0, zone = 0, n;

	for (char *p = text; *p; p++)	/* a comment at the end names the zone once more */
		if (*p == '(')
			*p = '\0', p--;
	g_strdelimit(text, "\t\r\n,", ' ');
	g_auto(GStrv) words = g_strsplit(text, " ", 30);
	for (char **w = words; *w; w++) {
		int hh, mm, ss = 0;
		if (strchr(*w, ':') && h < 0 && sscanf(*w, "%2d:%2d:%2d", &hh, &mm, &ss) >= 2) {
			h = hh, m = mm, s = ss;
		} else if (strchr(*w, '-') && g_ascii_isdigit(**w) && !month) {	/* 01-Jan-2020 */
			char name[16];
			if (sscanf(*w, "%2d-%15[A-Za-z]-%4d", &day, name, &year) == 3)
				month = month_of(name);
			else if (sscanf(*w, "%4d-%2d-%2d", &year, &month, &day) != 3)
				return false;
		} else if (take_date_number(*w, &n)) {
			if (day < 0 && n <= 31 && strlen(*w) <= 2)
				day = n;
			else if (year < 0)
				year = n;
		} else if (h >= 0 && zone_of(*w, &n)) {
			zone = n;
		} else if (!month && month_of(*w)) {
			month = month_of(*w);
		}
	}
	if (year >= 0 && year < 50)
		year += 2000;
	else if (year >= 50 && year < 200)
		year += 1900;
	if (day < 1 || day > 31 || month < 1 || month > 12 || year < 1900 || year > 9999 || h < 0 ||
		h > 24 || m < 0 || m > 59 || s < 0)
		return false;
	*when = days_of(year, month, day) * 86400 + h * 3600 + (m - zone) * 60 + s;
	*offset = (gint16)zone;
	return true;
}
