/* build.c - puts blocks, links and notes into a Document, within the limits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/build.h"
#include "base/intl.h"
#include "base/limits.h"
#include "mail/header.h"

#include <string.h>

#define LIMIT_LINKS	10000
#define LIMIT_DOC_BLOCKS 500000
#define BLOCK_BYTES	24	/* of a block without text in document_write */
#define SPAN_BYTES	12

void
build_init(Builder *b, Document *doc, guint16 columns)
{
	memset(b, 0, sizeof *b);
	b->doc = doc;
	b->columns = columns ? columns : 80;
	b->left = LIMIT_BODY_SHOWN;
	b->room = LIMIT_WORKER_OUTPUT - 64 * KIB;
	b->html_left = LIMIT_HTML_INPUT;
	b->nodes_left = LIMIT_HTML_NODES;
	b->blanks = 2;	/* no empty line at the top */
}

void
build_clear(Builder *b)
{
	g_clear_pointer(&b->link_ids, g_hash_table_unref);
}

bool
build_take_room(Builder *b, gsize n)
{
	if (n > b->room)
		return false;
	b->room -= n;
	return true;
}

static Block *
add_block(Builder *b, BlockKind kind)
{
	Block *k = document_add_block(b->doc, kind);
	k->part = b->part;
	k->quote = b->quote;
	k->indent = b->indent;
	return k;
}

static void
say_cut(Builder *b)
{
	if (b->cut)
		return;
	b->cut = true;
	Block *k = document_add_block(b->doc, BLOCK_NOTE);
	k->note = NOTE_CUT_BODY;
	k->text = clean_dup(clean_ours(""));
	document_add_note(b->doc, NOTE_CUT_BODY);
}

/* Cleans piece by piece, so that the offsets of spans can follow. */
static void
clean_with_spans(Block *k, const char *text, gsize len, const Span *spans, gsize n)
{
	g_autofree guint32 *edges = g_new(guint32, 2 * n + 2);
	g_autofree guint32 *moved = g_new(guint32, 2 * n + 2);
	GString *out = g_string_sized_new(len + 16);
	gsize n_edges = 0;

	edges[n_edges++] = 0;
	for (gsize i = 0; i < n; i++) {	/* spans follow each other and do not overlap */
		guint32 from = MIN(spans[i].start, (guint32)len),
			to = MIN(spans[i].start + spans[i].len, (guint32)len);
		edges[n_edges] = MAX(from, edges[n_edges - 1]);
		edges[n_edges + 1] = MAX(to, edges[n_edges]);
		n_edges += 2;
	}
	edges[n_edges++] = (guint32)len;
	moved[0] = 0;
	for (gsize i = 1; i < n_edges; i++) {
		if (edges[i] > edges[i - 1]) {
			g_autoptr(Clean) c = clean_new(text + edges[i - 1],
				(gssize)(edges[i] - edges[i - 1]), CLEAN_TEXT);
			g_string_append(out, clean_peek(c));
		}
		moved[i] = (guint32)out->len;
	}
	k->text = clean_new(out->str, (gssize)out->len, CLEAN_TEXT);
	gsize whole = strlen(clean_peek(k->text));
	k->spans = g_new0(Span, n);
	for (gsize i = 0; i < n && whole == out->len; i++) {
		Span s = spans[i];
		s.start = moved[2 * i + 1];
		s.len = moved[2 * i + 2] - s.start;
		if (s.len)
			k->spans[k->n_spans++] = s;
	}
	g_string_free(out, TRUE);
}

/* The last block goes again if the written document would become too large. */
static bool
fits(Builder *b, const Block *k)
{
	if (build_take_room(b, BLOCK_BYTES + strlen(clean_peek(k->text)) + SPAN_BYTES * k->n_spans))
		return true;
	b->left = 0;
	g_ptr_array_set_size(b->doc->blocks, (gint)b->doc->blocks->len - 1);
	return false;
}

Block *
build_block(Builder *b, BlockKind kind, const char *text, gsize len, const Span *spans,
	gsize n_spans)
{
	if (b->left == 0 || len > b->left || b->doc->blocks->len >= LIMIT_DOC_BLOCKS) {
		gsize n = b->doc->blocks->len >= LIMIT_DOC_BLOCKS ? 0 : b->left;
		while (n && ((guchar)text[n] & 0xc0) == 0x80)
			n--;
		b->left = 0;
		if (n) {
			Block *k = add_block(b, kind);
			k->text = clean_new(text, (gssize)n, CLEAN_TEXT);
			fits(b, k);
		}
		say_cut(b);
		return NULL;
	}
	b->left -= len;
	Block *k = add_block(b, kind);
	if (n_spans)
		clean_with_spans(k, text, len, spans, n_spans);
	else
		k->text = clean_new(text, (gssize)len, CLEAN_TEXT);
	if (!fits(b, k)) {
		say_cut(b);
		return NULL;
	}
	b->blanks = kind == BLOCK_BLANK ? b->blanks + 1 : 0;
	return k;
}

void
build_blank(Builder *b)
{
	if (b->blanks == 0 && b->left)
		build_block(b, BLOCK_BLANK, "", 0, NULL, 0);
}

void
build_note(Builder *b, NoteKind note, const char *argument)
{
	if (b->doc->blocks->len >= LIMIT_DOC_BLOCKS)
		return;
	Block *k = document_add_block(b->doc, BLOCK_NOTE);
	k->note = (guint8)note;
	k->part = b->part;
	k->text = clean_new(argument ? argument : "", -1, CLEAN_LINE | CLEAN_SHOW);
	if (fits(b, k))
		b->blanks = 0;
}

void
build_part_line(Builder *b, guint part, const char *text)
{
	if (b->doc->blocks->len >= LIMIT_DOC_BLOCKS)
		return;
	Block *k = document_add_block(b->doc, BLOCK_PART);
	k->part = (guint16)part;
	k->text = clean_new(text, -1, CLEAN_LINE | CLEAN_SHOW);
	if (fits(b, k))
		b->blanks = 0;
}

char *
build_size_text(guint64 n)
{
	if (n < 1000)
		return g_strdup_printf(ngettext("%u byte", "%u bytes", (gulong)n), (guint)n);
	/* translators: kilobytes and megabytes */
	return n < 1000000 ? g_strdup_printf(_("%.1f kB"), (double)n / 1e3) :
		g_strdup_printf(_("%.1f MB"), (double)n / 1e6);
}

bool
build_target_is_link(const char *target)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://", "mailto:", "tel:" };
	for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (g_ascii_strncasecmp(target, schemes[i], strlen(schemes[i])) == 0 &&
			target[strlen(schemes[i])])
			return true;
	return false;
}

/* The host of "scheme://user@host:port/..." or "mailto:somebody@host?...". In lower case; yours. */
static char *
host_of(const char *target)
{
	const char *start = strstr(target, "://");
	gsize n;

	if (start) {
		start += 3;
		n = strcspn(start, "/?#\\");
		/* what stands before "@" is a name, whatever it looks like */
		for (gsize i = n; i > 0; i--)
			if (start[i - 1] == '@') {
				start += i;
				n -= i;
				break;
			}
		if (*start != '[')
			n = MIN(n, strcspn(start, ":"));
	} else {
		const char *at = strrchr(target, '@');
		const char *query = strchr(target, '?');
		if (at && query && at > query) {
			g_autofree char *before = g_strndup(target, (gsize)(query - target));
			return host_of(before);
		}
		start = at ? at + 1 : "";
		n = strcspn(start, "?,>");
	}
	g_autofree char *part = g_strndup(start, n);
	g_autofree char *plain = g_uri_unescape_string(part, NULL);
	g_autofree char *low =
		g_utf8_strdown(plain && g_utf8_validate(plain, -1, NULL) ? plain : "", -1);
	return header_show_host(low);
}

static const char *
without_www(const char *host)
{
	return g_str_has_prefix(host, "www.") ? host + 4 : host;
}

static bool
same_site(const char *a, const char *b)
{
	a = without_www(a);
	b = without_www(b);
	gsize la = strlen(a), lb = strlen(b);
	if (strcmp(a, b) == 0)
		return true;
	return la > lb ? g_str_has_suffix(a, b) && a[la - lb - 1] == '.' :
		lb > la && g_str_has_suffix(b, a) && b[lb - la - 1] == '.';
}

/* The host that the shown text names, if it looks like an address of the web at all. Yours, or
 * NULL. */
static char *
shown_host(const char *shown)
{
	while (*shown && strchr(" <([", *shown))
		shown++;
	gsize n = strcspn(shown, " \n>)]");
	g_autofree char *word = g_strndup(shown, n);

	if (strspn(shown + n, " \n>)]") != strlen(shown + n))
		return NULL;
	if (strstr(word, "://"))
		return host_of(word);
	gsize name = strcspn(word, "/?:");
	g_autofree char *host = g_ascii_strdown(word, (gssize)name);
	const char *dot = strrchr(host, '.');
	if (!dot || strchr(host, '@') || strlen(dot + 1) < 2 || dot == host)
		return NULL;
	for (const char *p = dot + 1; *p; p++)
		if (!g_ascii_isalpha(*p))
			return NULL;
	/* "Node.js" and "readme.txt" are no hosts; a known ending or a path makes one */
	if (!g_str_has_prefix(host, "www.") && word[name] != '/' &&
		!strstr(".com.org.net.edu.gov.info.de.at.ch.eu.uk.fr.nl", dot))
		return NULL;
	return g_steal_pointer(&host);
}

guint16
build_link(Builder *b, const char *target, const char *shown, bool visible)
{
	if (!build_target_is_link(target))
		return 0;
	if (!b->link_ids)
		b->link_ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *named = shown ? shown_host(shown) : NULL;
	g_autofree char *host = host_of(target);
	bool mismatch = named && *named && !same_site(named, host);
	guint id = GPOINTER_TO_UINT(g_hash_table_lookup(b->link_ids, target));

	if (id) {
		DocLink *l = &g_array_index(b->doc->links, DocLink, id - 1);
		l->mismatch = l->mismatch || mismatch;
		l->visible = l->visible && visible;
		return (guint16)id;
	}
	if (b->doc->links->len >= LIMIT_LINKS ||
		!build_take_room(b, 2 * MIN(strlen(target), LIMIT_DISPLAY_STRING) + 600))
		return 0;
	DocLink l = { clean_new(target, (gssize)MIN(strlen(target), LIMIT_DISPLAY_STRING),
		CLEAN_LINE | CLEAN_SHOW),
		clean_new(host, -1, CLEAN_LINE | CLEAN_SHOW), mismatch, visible };
	g_array_append_val(b->doc->links, l);
	g_hash_table_insert(b->link_ids, g_strdup(target), GUINT_TO_POINTER(b->doc->links->len));
	return (guint16)b->doc->links->len;
}
