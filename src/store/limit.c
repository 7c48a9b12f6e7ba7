/* limit.c - mutt's patterns, read into a small tree and tried on a row.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Words are compared folded, without regular expressions: a pattern is read at every key that
 * is typed, and must neither fail on half a word nor run away on a hostile one. */
#include "config.h"
#include "store/limit_private.h"
#include "base/error.h"
#include "base/intl.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MOST = 50, NODES_MOST = 500 };

typedef enum {
	NODE_AND, NODE_OR, NODE_NOT, NODE_ALL,
	NODE_FLAG,	/* bits: wanted, with on */
	NODE_TRAIT,
	NODE_TEXT,	/* fields, needle */
	NODE_BODY,	/* needle */
	NODE_SENT, NODE_RECEIVED, NODE_SIZE,	/* lo <= value < hi */
} NodeKind;

enum { IN_FROM = 1, IN_TO = 2, IN_CC = 4, IN_SUBJECT = 8 };

typedef struct Node Node;
struct Node {
	NodeKind kind;
	Node *a, *b;	/* owned */
	guint32 bits;
	bool on;
	char *needle;	/* owned: folded */
	gint64 lo, hi;
};

struct MessageLimit {
	Node *root;	/* owned */
	bool reads_bodies;
	LimitAmong among;
	GHashTable *kept;	/* owned, of gint64: ids that pass whatever they are now; NULL: none */
	char *kept_text;	/* owned: the same as a JSON array, for SQLite */
};

typedef struct {
	const char *p;		/* borrowed: what is left of the pattern */
	GDateTime *now;		/* borrowed: local time */
	guint depth, nodes;
	GError **err;
} Reader;

static void
node_free(Node *n)
{
	if (!n)
		return;
	node_free(n->a);
	node_free(n->b);
	g_free(n->needle);
	g_free(n);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Node, node_free)

static Node *
node_new(NodeKind kind, Node *a, Node *b)
{
	Node *n = g_new0(Node, 1);

	n->kind = kind;
	n->a = a;
	n->b = b;
	return n;
}

/* ---- words ---- */

static void
skip_spaces(Reader *r)
{
	while (g_ascii_isspace(*r->p))
		r->p++;
}

/* "in quotes" or up to a space or an operator. NULL: nothing there. */
static char *
take_word(Reader *r)
{
	skip_spaces(r);
	if (*r->p == '"' || *r->p == '\'') {
		char quote = *r->p++;
		const char *begin = r->p;
		while (*r->p && *r->p != quote)
			r->p++;
		char *word = g_strndup(begin, (gsize)(r->p - begin));
		if (*r->p)	/* a quote that is still being typed ends at the end */
			r->p++;
		return word;
	}
	gsize n = strcspn(r->p, " \t\r\n()|");
	if (n == 0)
		return NULL;
	char *word = g_strndup(r->p, n);
	r->p += n;
	return word;
}

static char *
take_argument(Reader *r, char letter)
{
	char *word = take_word(r);

	if (!word || !*word) {
		g_free(word);
		g_set_error(r->err, EIL_ERROR, EIL_ASK_USER, _("~%c needs a word after it"),
		    letter);
		return NULL;
	}
	return word;
}

/* ---- ~d and ~r ---- */

static GDateTime *
start_of_day(GDateTime *t)
{
	return g_date_time_new_local(g_date_time_get_year(t), g_date_time_get_month(t),
	    g_date_time_get_day_of_month(t), 0, 0, 0);
}

/* "3d" before now, as Unix seconds. Days and longer begin at midnight, as a person counts them. */
static bool
relative(Reader *r, const char *text, gint64 *then)
{
	char *end;
	guint64 n = g_ascii_strtoull(text, &end, 10);
	g_autoptr(GDateTime) day = start_of_day(r->now);
	g_autoptr(GDateTime) t = NULL;

	if (end == text || n > 100000 || (*end && end[1]) || !day)
		return false;
	int k = -(int)n;
	switch (*end) {
	case 'y': t = g_date_time_add_years(day, MAX(k, -5000)); break;
	case 'm': t = g_date_time_add_months(day, MAX(k, -60000)); break;
	case 'w': t = g_date_time_add_weeks(day, k); break;
	case 0:
	case 'd': t = g_date_time_add_days(day, k); break;
	case 'H': t = g_date_time_add_hours(r->now, k); break;
	case 'M': t = g_date_time_add_minutes(r->now, k); break;
	case 'S': t = g_date_time_add_seconds(r->now, k); break;
	default: return false;
	}
	*then = t ? g_date_time_to_unix(t) : G_MININT64;
	return true;
}

/* One day: 2026-01-31, 20260131, 31/1/2026, 31/1. Its first second and the first of the next
 * day. */
static bool
absolute(Reader *r, const char *text, gint64 *first, gint64 *next)
{
	int y, m, d, used = 0;
	gsize len = strlen(text);

	if (sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &used) == 3 && (gsize)used == len)
		;
	else if (sscanf(text, "%2d/%2d/%4d%n", &d, &m, &y, &used) == 3 && (gsize)used == len)
		y += y < 70 ? 2000 : y < 100 ? 1900 : 0;
	else if (sscanf(text, "%2d/%2d%n", &d, &m, &used) == 2 && (gsize)used == len)
		y = g_date_time_get_year(r->now);
	else if (len != 8 || strspn(text, "0123456789") != 8 ||
	    sscanf(text, "%4d%2d%2d", &y, &m, &d) != 3)
		return false;
	g_autoptr(GDateTime) day = g_date_time_new_local(y, m, d, 0, 0, 0);
	g_autoptr(GDateTime) after = day ? g_date_time_add_days(day, 1) : NULL;
	if (!after)
		return false;
	*first = g_date_time_to_unix(day);
	*next = g_date_time_to_unix(after);
	return true;
}

static bool
read_dates(Reader *r, const char *text, gint64 *lo, gint64 *hi)
{
	gint64 unused;

	*lo = G_MININT64;
	*hi = G_MAXINT64;
	if (*text == '<')
		return relative(r, text + 1, lo);
	if (*text == '>')
		return relative(r, text + 1, hi);
	if (*text == '=') {
		if (!relative(r, text + 1, lo))
			return false;
		*hi = *lo + 24 * 3600;
		return true;
	}
	if (absolute(r, text, lo, hi))
		return true;

	const char *bar = strstr(text, "..");
	gsize gap = 2;
	if (!bar) {
		bar = strchr(text, '-');
		gap = 1;
	}
	if (!bar)
		return false;
	g_autofree char *from = g_strndup(text, (gsize)(bar - text));
	const char *to = bar + gap;
	*lo = G_MININT64;
	*hi = G_MAXINT64;
	return (*from || *to) && (!*from || absolute(r, from, lo, &unused)) &&
	    (!*to || absolute(r, to, &unused, hi));
}

/* ---- ~z ---- */

static bool
read_size(const char *text, gint64 *size)
{
	char *end;
	guint64 n = g_ascii_strtoull(text, &end, 10);
	int shift = 0;

	switch (g_ascii_toupper(*end)) {
	case 'K': shift = 10; break;
	case 'M': shift = 20; break;
	case 'G': shift = 30; break;
	default: break;
	}
	if (end == text || end[shift ? 1 : 0] || n > G_MAXINT32)
		return false;
	*size = (gint64)(n << shift);
	return true;
}

static bool
read_sizes(const char *text, gint64 *lo, gint64 *hi)
{
	const char *bar = strchr(text, '-');

	*lo = 0;
	*hi = G_MAXINT64;
	if (*text == '<')
		return read_size(text + 1, hi);
	if (*text == '>') {
		if (!read_size(text + 1, lo))
			return false;
		*lo += 1;
		return true;
	}
	if (!bar) {
		if (!read_size(text, lo))
			return false;
		*hi = *lo + 1;
		return true;
	}
	g_autofree char *from = g_strndup(text, (gsize)(bar - text));
	if ((!*from && !bar[1]) || (*from && !read_size(from, lo)) ||
	    (bar[1] && !read_size(bar + 1, hi)))
		return false;
	if (bar[1])
		*hi += 1;
	return true;
}

/* ---- ~x ---- */

static Node *
bits_node(NodeKind kind, guint32 bits, bool on)
{
	Node *n = node_new(kind, NULL, NULL);

	n->bits = bits;
	n->on = on;
	return n;
}

static Node *
text_node(NodeKind kind, guint32 fields, const char *word)
{
	Node *n = node_new(kind, NULL, NULL);

	n->bits = fields;
	n->needle = utf8_fold(word, -1);
	return n;
}

static Node *
text_term(Reader *r, char letter, NodeKind kind, guint32 fields)
{
	g_autofree char *word = take_argument(r, letter);

	return word ? text_node(kind, fields, word) : NULL;
}

static Node *
range_term(Reader *r, char letter, NodeKind kind)
{
	g_autofree char *word = take_argument(r, letter);
	gint64 lo, hi;

	if (!word)
		return NULL;
	if (kind == NODE_SIZE ? !read_sizes(word, &lo, &hi) : !read_dates(r, word, &lo, &hi)) {
		if (kind == NODE_SIZE)
			g_set_error(r->err, EIL_ERROR, EIL_ASK_USER,
			    _("“%s” is not a size such as >10K, <1M or 10K-1M"), word);
		else
			g_set_error(r->err, EIL_ERROR, EIL_ASK_USER,
			    _("“%s” is not a date such as <3d, >1w, 2026-01-31 or"
			    " 1/1/2026-31/1/2026"), word);
		return NULL;
	}
	Node *n = node_new(kind, NULL, NULL);
	n->lo = lo;
	n->hi = hi;
	return n;
}

static Node *
read_tilde(Reader *r)
{
	char letter = *r->p;

	if (letter)
		r->p++;
	switch (letter) {
	case 'A': return node_new(NODE_ALL, NULL, NULL);
	case 'N':
	case 'U': return bits_node(NODE_FLAG, FLAG_SEEN, false);
	case 'R': return bits_node(NODE_FLAG, FLAG_SEEN, true);
	case 'F': return bits_node(NODE_FLAG, FLAG_FLAGGED, true);
	case 'D': return bits_node(NODE_FLAG, FLAG_DELETED, true);
	case 'Q': return bits_node(NODE_FLAG, FLAG_ANSWERED, true);
	case 'X': return bits_node(NODE_TRAIT, TRAIT_ATTACHMENT, true);
	case 'f': return text_term(r, letter, NODE_TEXT, IN_FROM);
	case 't': return text_term(r, letter, NODE_TEXT, IN_TO);
	case 'c': return text_term(r, letter, NODE_TEXT, IN_CC);
	case 's': return text_term(r, letter, NODE_TEXT, IN_SUBJECT);
	case 'C': return text_term(r, letter, NODE_TEXT, IN_TO | IN_CC);
	case 'L': return text_term(r, letter, NODE_TEXT, IN_FROM | IN_TO | IN_CC);
	case 'b': return text_term(r, letter, NODE_BODY, 0);
	case 'd': return range_term(r, letter, NODE_SENT);
	case 'r': return range_term(r, letter, NODE_RECEIVED);
	case 'z': return range_term(r, letter, NODE_SIZE);
	case 0:
		g_set_error(r->err, EIL_ERROR, EIL_ASK_USER,
		    _("~ needs a letter after it, such as ~f for the sender or ~N for unread"));
		return NULL;
	case 'h':
		g_set_error(r->err, EIL_ERROR, EIL_ASK_USER,
		    _("~h is not offered: only ~f, ~t, ~c and ~s of the header are stored"));
		return NULL;
	default:
		if (!g_ascii_isgraph(letter))
			letter = '?';
		g_set_error(r->err, EIL_ERROR, EIL_ASK_USER,
		    _("~%c is not a pattern; there are ~f ~t ~c ~C ~L ~s ~b ~d ~r ~z ~N ~U ~R"
		    " ~F ~Q ~D ~X ~A"), letter);
		return NULL;
	}
}

/* ---- the grammar: or := and ('|' and)* ; and := not+ ; not := '!' not | '(' or ')' | term ---- */

static Node *read_or(Reader *r);

static bool
deeper(Reader *r)
{
	if (++r->depth <= DEPTH_MOST && ++r->nodes <= NODES_MOST)
		return true;
	g_set_error(r->err, EIL_ERROR, EIL_ASK_USER, _("This pattern is too long"));
	return false;
}

static Node *
read_parentheses(Reader *r)
{
	g_autoptr(Node) inside = read_or(r);

	skip_spaces(r);
	if (!inside)
		return NULL;
	if (*r->p != ')') {
		g_set_error(r->err, EIL_ERROR, EIL_ASK_USER, _("A closing parenthesis is missing"));
		return NULL;
	}
	r->p++;
	return g_steal_pointer(&inside);
}

static Node *
read_not(Reader *r)
{
	Node *n = NULL;

	if (!deeper(r))
		return NULL;
	skip_spaces(r);
	if (*r->p == '!') {
		r->p++;
		n = read_not(r);
		n = n ? node_new(NODE_NOT, n, NULL) : NULL;
	} else if (*r->p == '(') {
		r->p++;
		n = read_parentheses(r);
	} else if (*r->p == '~') {
		r->p++;
		n = read_tilde(r);
	} else {
		g_autofree char *word = take_word(r);
		if (word)
			n = text_node(NODE_TEXT, IN_FROM | IN_TO | IN_SUBJECT, word);
		else if (!*r->p)
			g_set_error(r->err, EIL_ERROR, EIL_ASK_USER, _("This pattern is not complete: a word is expected at its end"));
		else
			g_set_error(r->err, EIL_ERROR, EIL_ASK_USER,
			    _("Something is missing in this pattern: a word is expected"
			    " before “%s”"), r->p);
	}
	r->depth--;
	return n;
}

static Node *
read_and(Reader *r)
{
	g_autoptr(Node) all = read_not(r);

	while (all) {
		skip_spaces(r);
		if (!*r->p || *r->p == ')' || *r->p == '|')
			break;
		Node *next = read_not(r);
		if (!next)
			return NULL;
		all = node_new(NODE_AND, g_steal_pointer(&all), next);
	}
	return g_steal_pointer(&all);
}

static Node *
read_or(Reader *r)
{
	g_autoptr(Node) any = read_and(r);

	while (any) {
		skip_spaces(r);
		if (*r->p != '|')
			break;
		r->p++;
		Node *next = read_and(r);
		if (!next)
			return NULL;
		any = node_new(NODE_OR, g_steal_pointer(&any), next);
	}
	return g_steal_pointer(&any);
}

/* ---- trying it ---- */

static bool
text_matches(const Node *n, const LimitRow *row)
{
	return (n->bits & IN_FROM && text_has(row->from_name, n->needle)) ||
	    (n->bits & IN_FROM && text_has(row->from_address, n->needle)) ||
	    (n->bits & IN_SUBJECT && text_has(row->subject, n->needle)) ||
	    (n->bits & IN_TO && text_has(row->to, n->needle)) ||
	    (n->bits & IN_CC && cc_has_text(row->db, row->id, n->needle));
}

static bool
in_range(const Node *n, gint64 value)
{
	return n->lo <= value && value < n->hi;
}

static bool
matches(const Node *n, const LimitRow *row)
{
	switch (n->kind) {
	case NODE_AND: return matches(n->a, row) && matches(n->b, row);
	case NODE_OR: return matches(n->a, row) || matches(n->b, row);
	case NODE_NOT: return !matches(n->a, row);
	case NODE_ALL: return true;
	case NODE_FLAG: return ((row->flags & n->bits) != 0) == n->on;
	case NODE_TRAIT: return ((row->traits & n->bits) != 0) == n->on;
	case NODE_TEXT: return text_matches(n, row);
	case NODE_BODY: return row->body_here ? body_has_text(row->db, row->id, n->needle) :
	    body_has_text(row->db, row->id, n->needle) || preview_has_text(row->db, row->id, n->needle);
	case NODE_SENT: return in_range(n, row->sent ? row->sent : row->received);
	case NODE_RECEIVED: return in_range(n, row->received);
	case NODE_SIZE: return in_range(n, (gint64)row->size);
	}
	g_assert_not_reached();
}

bool
limit_matches(const MessageLimit *l, const LimitRow *row)
{
	return (l->kept && g_hash_table_contains(l->kept, &row->id)) || matches(l->root, row);
}

LimitAmong
limit_among(const MessageLimit *l)
{
	return l->among;
}

const char *
limit_kept(const MessageLimit *l)
{
	return l->kept_text;
}

static void
write_kept(MessageLimit *l)
{
	GString *text = g_string_new("[");
	GHashTableIter iter;
	gpointer id;

	g_hash_table_iter_init(&iter, l->kept);
	while (g_hash_table_iter_next(&iter, &id, NULL))
		g_string_append_printf(text, "%s%" G_GINT64_FORMAT, text->len > 1 ? "," : "", *(const gint64 *)id);
	g_string_append_c(text, ']');
	g_free(l->kept_text);
	l->kept_text = g_string_free(text, FALSE);
}

void
messages_limit_keep(MessageLimit *l, gint64 id)
{
	if (!l->kept)
		l->kept = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	if (g_hash_table_add(l->kept, g_memdup2(&id, sizeof id)))
		write_kept(l);
}

bool
limit_reads_bodies(const MessageLimit *l)
{
	return l->reads_bodies;
}

/* ---- building it ---- */

static bool
reads_bodies(const Node *n)
{
	return n && (n->kind == NODE_BODY || reads_bodies(n->a) || reads_bodies(n->b));
}

/* Only what every row must fulfil narrows the walk. */
static LimitAmong
shortest_walk(const Node *n)
{
	if (n->kind == NODE_AND) {
		LimitAmong a = shortest_walk(n->a), b = shortest_walk(n->b);
		return MAX(a, b);
	}
	if (n->kind == NODE_FLAG && n->bits == FLAG_SEEN && !n->on)
		return LIMIT_AMONG_UNSEEN;
	if (n->kind == NODE_FLAG && n->bits == FLAG_FLAGGED && n->on)
		return LIMIT_AMONG_FLAGGED;
	return LIMIT_AMONG_ALL;
}

MessageLimit *
messages_limit_new(const char *pattern, GError **err)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	Reader r = { .p = pattern, .now = now, .err = err };
	g_autoptr(Node) root = NULL;

	skip_spaces(&r);
	root = *r.p ? read_or(&r) : node_new(NODE_ALL, NULL, NULL);
	if (!root)
		return NULL;
	if (*r.p) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER,
		    _("There is a closing parenthesis too many"));
		return NULL;
	}
	MessageLimit *l = g_new0(MessageLimit, 1);
	l->root = g_steal_pointer(&root);
	l->reads_bodies = reads_bodies(l->root);
	l->among = shortest_walk(l->root);
	return l;
}

void
messages_limit_free(MessageLimit *l)
{
	if (!l)
		return;
	node_free(l->root);
	g_clear_pointer(&l->kept, g_hash_table_unref);
	g_free(l->kept_text);
	g_free(l);
}
