/* html.c - HTML of a mail to blocks; loads nothing, runs nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * tags.c cuts the input down, gumbo makes a tree of it in an arena, and one walk of bounded depth
 * makes blocks. If the arena is full all the same, the text is shown without its form. */
#include "config.h"
#include "mail/html.h"
#include "base/intl.h"
#include "base/limits.h"
#include "mail/arena.h"
#include "mail/run.h"
#include "mail/style.h"
#include "mail/tags.h"

#include <gumbo.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_TREE	(96 * MIB)
/* tags.c does not count what ends by itself: li, dd, a */
#define LIMIT_WALK	(2 * LIMIT_HTML_DEPTH + 16)
#define LIMIT_RUN	(256 * KIB)
#define LIMIT_CELL	600	/* bytes; longer cells are no data */
#define LIMIT_HIDDEN	300

/* How text looks at a place of the tree; handed down by value. */
typedef struct {
	guint16 style, link;
	bool pre, hidden, tiny, invisible, signature;
	guint8 quote, indent;
	guint32 fg, bg;
	BlockKind kind;
	guint8 level;
	guint *number;		/* borrowed: of the ordered list; NULL: bullets */
} Look;

typedef struct {
	Builder *b;		/* borrowed */
	Run run;
	Look block;		/* of the text in run */
	StyleSheet sheet;
	GHashTable *outer;	/* owned: tables with tables in them */
	GString *hidden;	/* owned: what was left out, its beginning */
	bool in_cell;		/* blocks become lines of the cell */
	bool cut, remote;
} Html;

static void walk(Html *h, const GumboNode *node, Look look, guint depth);

static const char *
attribute(const GumboNode *node, const char *name)
{
	const GumboAttribute *a = gumbo_get_attribute(&node->v.element.attributes, name);
	return a ? a->value : NULL;
}

static bool
is_element(const GumboNode *node, GumboTag tag)
{
	return node->type == GUMBO_NODE_ELEMENT && node->v.element.tag == tag;
}

/* Ends the block that is being made. */
static void
break_block(Html *h)
{
	if (h->in_cell) {
		run_trim(&h->run);
		if (h->run.text->len)
			run_newline(&h->run);
		return;
	}
	run_trim(&h->run);
	if (h->run.text->len && !run_is_blank(&h->run)) {
		const Look *l = &h->block;
		BlockKind kind = l->signature && (l->kind == BLOCK_TEXT || l->kind == BLOCK_PRE) ?
			BLOCK_SIGNATURE : l->kind;
		h->b->quote = l->quote;
		h->b->indent = l->indent;
		Block *k = build_block(h->b, kind, h->run.text->str, h->run.text->len,
			(const Span *)h->run.spans->data, h->run.spans->len);
		if (k)
			k->level = l->level;
		h->b->quote = h->b->indent = 0;
	}
	run_reset(&h->run);
}

/* An empty line, unless there is one. */
static void
margin(Html *h, const Look *look)
{
	break_block(h);
	if (h->in_cell)
		return;
	h->b->quote = look->quote;
	build_blank(h->b);
	h->b->quote = 0;
}

static void
put_text(Html *h, const Look *look, const char *text)
{
	/* asked for each text: white on white is often undone by an inner element, for readers with
	 * a dark screen */
	if (look->hidden || look->tiny || look->invisible ||
		style_same_colour(look->fg, look->bg)) {
		if (h->hidden->len < LIMIT_HIDDEN)
			g_string_append_len(h->hidden, text, (gssize)strnlen(text, LIMIT_HIDDEN));
		return;
	}
	if (h->run.text->len == 0) {
		h->block = *look;
		if (look->pre && !h->in_cell)
			h->block.kind = BLOCK_PRE;
	}
	if (look->pre)
		run_append(&h->run, text, strlen(text), look->style, look->link);
	else
		run_append_collapsed(&h->run, text, look->style, look->link);
	if (h->run.text->len > LIMIT_RUN)
		break_block(h);
}

static void
walk_children(Html *h, const GumboNode *node, const Look *look, guint depth)
{
	const GumboVector *children = &node->v.element.children;
	for (unsigned i = 0; i < children->length && h->b->left; i++)
		walk(h, children->data[i], *look, depth + 1);
}

/* colours, classes and inline style */

static void
take_style(Html *h, Look *look, const Style *s)
{
	if (s->has_bg)
		look->bg = s->bg;
	if (s->has_fg)
		look->fg = s->fg;
	if (s->bold)
		look->style |= SPAN_BOLD;
	if (s->not_bold)
		look->style &= (guint16)~SPAN_BOLD;
	look->style |= (guint16)((s->italic ? SPAN_ITALIC : 0) | (s->underline &&
		!look->link ? SPAN_UNDERLINE : 0) |
		(s->struck ? SPAN_STRUCK : 0));
	look->pre = look->pre || s->pre;
	look->hidden = look->hidden || s->hidden;
	look->tiny = s->has_size ? s->tiny : look->tiny;
	look->invisible = s->has_visibility ? s->invisible : look->invisible;
	h->remote = h->remote || s->remote;
}

static void
take_attributes(Html *h, const GumboNode *node, Look *look)
{
	const GumboVector *attributes = &node->v.element.attributes;
	Style s = { 0 };

	for (unsigned i = 0; i < attributes->length; i++) {
		const GumboAttribute *a = attributes->data[i];
		if (strcmp(a->name, "style") == 0) {
			style_read(&s, a->value);
		} else if (strcmp(a->name, "class") == 0) {
			look->hidden = look->hidden || style_sheet_hides(&h->sheet, a->value);
			look->signature = look->signature || strstr(a->value, "moz-signature") ||
				strstr(a->value, "gmail_signature");
		} else if (strcmp(a->name, "hidden") == 0) {
			look->hidden = true;
		} else if (strcmp(a->name, "bgcolor") == 0) {
			look->bg = style_colour(a->value);
		} else if (strcmp(a->name, "color") == 0) {
			look->fg = style_colour(a->value);
		} else if (strcmp(a->name, "background") == 0) {
			look->bg = COLOUR_UNKNOWN;
			h->remote = h->remote || g_str_has_prefix(a->value, "http");
		}
	}
	take_style(h, look, &s);
}

/* links and pictures */

typedef struct { GString *text; guint nodes; bool picture; } Shown;

static void
collect_shown(Shown *s, const GumboNode *node, guint depth)
{
	if (s->text->len > 300 || ++s->nodes > 100 || depth > 50)
		return;
	if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE)
		g_string_append_len(s->text, node->v.text.text,
			(gssize)strnlen(node->v.text.text, 400));
	if (node->type != GUMBO_NODE_ELEMENT)
		return;
	if (is_element(node, GUMBO_TAG_IMG)) {
		s->picture = true;
		const char *alt = attribute(node, "alt");
		g_string_append(s->text, alt ? alt : "");
	}
	for (unsigned i = 0; i < node->v.element.children.length; i++)
		collect_shown(s, node->v.element.children.data[i], depth + 1);
}

static bool
shows_itself(const char *target, const char *shown)
{
	if (g_ascii_strncasecmp(target, "mailto:", 7) == 0)
		target += 7;
	else if (!strstr(shown, "://") && strstr(target, "://"))
		target = strstr(target, "://") + 3;
	gsize a = strlen(target), b = strlen(shown);
	a -= a && target[a - 1] == '/';
	b -= b && shown[b - 1] == '/';
	return a == b && g_ascii_strncasecmp(target, shown, a) == 0;
}

static void
walk_link(Html *h, const GumboNode *node, Look look, guint depth)
{
	const char *href = attribute(node, "href");
	g_autofree char *target = href ? g_strstrip(g_strndup(href, LIMIT_DISPLAY_STRING)) : NULL;

	if (!target || !build_target_is_link(target) || look.hidden) {
		walk_children(h, node, &look, depth);
		return;
	}
	Shown shown = { .text = g_string_new(NULL) };
	collect_shown(&shown, node, 0);
	g_autofree char *text = g_strstrip(g_string_free(shown.text, FALSE));
	if (*text || shown.picture) {
		look.link = build_link(h->b, target, text, shows_itself(target, text));
		look.style = (guint16)((look.style & ~SPAN_UNDERLINE) |
			(look.link ? SPAN_LINK : 0));
	}
	if (!*text && shown.picture)
		put_text(h, &look, _("[picture]"));
	walk_children(h, node, &look, depth);
}

static void
show_picture(Html *h, const GumboNode *node, const Look *look)
{
	const char *src = attribute(node, "src"), *alt = attribute(node, "alt");
	const char *width = attribute(node, "width"), *height = attribute(node, "height");

	if (src && (g_ascii_strncasecmp(src, "http", 4) == 0 || g_str_has_prefix(src, "//")))
		h->remote = true;
	bool spacer = (width && atoi(width) == 1) || (height && atoi(height) == 1);
	bool comes_along = src && g_ascii_strncasecmp(src, "cid:", 4) == 0;
	if (spacer || look->hidden)
		return;
	g_autofree char *text = g_strstrip(g_strdup(alt ? alt : ""));
	if (!*text) {
		if (comes_along && !look->link)	/* in a link walk_link has said it */
			put_text(h, look, _("[picture]"));
		return;
	}
	g_autofree char *framed = look->link ? g_strdup(text) : g_strdup_printf("[%s]", text);
	put_text(h, look, framed);
}

/* lists */

static void
walk_item(Html *h, const GumboNode *node, Look look, guint depth)
{
	char marker[24] = "• ";

	if (look.number)
		g_snprintf(marker, sizeof marker, "%u. ", (*look.number)++);
	int columns = utf8_columns(marker, -1);
	if (look.hidden) {
		walk_children(h, node, &look, depth);
		return;
	}
	break_block(h);
	look.kind = BLOCK_ITEM;
	look.level = (guint8)columns;
	if (!h->in_cell || h->run.text->len == 0)
		h->block = look;
	run_append(&h->run, marker, strlen(marker), 0, 0);
	h->run.space = false;
	gsize empty = h->run.text->len;
	guint blocks = h->b->doc->blocks->len;
	const GumboVector *children = &node->v.element.children;
	for (unsigned i = 0; i < children->length && h->b->left; i++) {
		Look inner = look;
		/* what comes after the first paragraph stands under it */
		if (h->run.text->len == 0 || h->b->doc->blocks->len > blocks ||
			h->run.text->len < empty) {
			inner.kind = BLOCK_TEXT;
			inner.level = 0;
			inner.indent = (guint8)MIN(look.indent + columns, 60);
		}
		walk(h, children->data[i], inner, depth + 1);
	}
	break_block(h);
}

static void
walk_list(Html *h, const GumboNode *node, Look look, guint depth)
{
	const char *start = attribute(node, "start");
	guint number = start ? (guint)CLAMP(atoi(start), 0, 1000000) : 1;
	bool inner = look.number != NULL || look.level != 0 || look.indent > 0;

	inner ? break_block(h) : margin(h, &look);
	look.indent = (guint8)MIN(look.indent + (look.kind == BLOCK_ITEM ? look.level : 2), 60);
	look.kind = BLOCK_TEXT;
	look.level = 0;
	look.number = is_element(node, GUMBO_TAG_OL) ? &number : NULL;
	walk_children(h, node, &look, depth);
	look.indent = 0;
	inner ? break_block(h) : margin(h, &look);
}

/* tables */

typedef struct {
	GArray *cells;		/* owned: of Cell */
	guint rows, columns;
	bool data;		/* still thought to hold data */
	bool several;		/* a row with two cells that are not empty */
} Table;

static void
cell_clear(gpointer p)
{
	run_clear(&((Cell *)p)->run);
}

static void
read_cell(Html *h, Table *t, const GumboNode *node, Look look, guint column, guint depth)
{
	Run saved = h->run;
	Look saved_block = h->block;

	run_init(&h->run);
	h->in_cell = true;
	take_attributes(h, node, &look);
	look.kind = BLOCK_TEXT;
	if (is_element(node, GUMBO_TAG_TH))
		look.style |= SPAN_BOLD;
	walk_children(h, node, &look, depth);
	run_trim(&h->run);
	if (run_is_blank(&h->run))
		run_reset(&h->run);
	h->in_cell = false;
	Cell c = { h->run, t->rows, column };
	t->data = t->data && c.run.text->len <= LIMIT_CELL;
	g_array_append_val(t->cells, c);
	h->run = saved;
	h->block = saved_block;
}

static void
read_row(Html *h, Table *t, const GumboNode *row, const Look *look, guint depth)
{
	guint column = 0, filled = 0;

	for (unsigned i = 0; i < row->v.element.children.length && t->data; i++) {
		const GumboNode *n = row->v.element.children.data[i];
		if (!is_element(n, GUMBO_TAG_TD) && !is_element(n, GUMBO_TAG_TH))
			continue;
		if (column >= 32) {
			t->data = false;
			return;
		}
		const char *span = attribute(n, "colspan");
		read_cell(h, t, n, *look, column, depth + 1);
		filled += g_array_index(t->cells, Cell, t->cells->len - 1).run.text->len > 0;
		column += span ? (guint)CLAMP(atoi(span), 1, 32) : 1;
	}
	t->columns = MAX(t->columns, MIN(column, 32));
	t->several = t->several || filled > 1;
	t->rows++;
}

static void
read_rows(Html *h, Table *t, const GumboNode *node, const Look *look, guint depth)
{
	for (unsigned i = 0; i < node->v.element.children.length && t->data; i++) {
		const GumboNode *n = node->v.element.children.data[i];
		Look inner = *look;
		if (n->type != GUMBO_NODE_ELEMENT)
			continue;
		take_attributes(h, n, &inner);
		if (inner.hidden)
			continue;
		if (n->v.element.tag == GUMBO_TAG_TR)
			read_row(h, t, n, &inner, depth + 1);
		else if (n->v.element.tag == GUMBO_TAG_TBODY ||
			n->v.element.tag == GUMBO_TAG_THEAD || n->v.element.tag == GUMBO_TAG_TFOOT)
			read_rows(h, t, n, &inner, depth + 1);
	}
}

/* True if the table holds data and was shown in columns. */
static bool
show_data_table(Html *h, const GumboNode *node, const Look *look, guint depth)
{
	Table t = { .data = true };
	gsize hidden = h->hidden->len;

	if (h->in_cell || look->hidden || g_hash_table_contains(h->outer, node))
		return false;
	t.cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	g_array_set_clear_func(t.cells, cell_clear);
	read_rows(h, &t, node, look, depth);
	h->b->quote = look->quote;
	h->b->indent = look->indent;
	bool shown = t.data && t.several && table_show(h->b, t.cells, t.columns);
	h->b->quote = h->b->indent = 0;
	if (!shown)
		g_string_truncate(h->hidden, hidden);
	g_array_unref(t.cells);
	return shown;
}

static void
walk_table(Html *h, const GumboNode *node, Look look, guint depth)
{
	break_block(h);
	if (show_data_table(h, node, &look, depth)) {
		margin(h, &look);
		return;
	}
	if (look.kind == BLOCK_ITEM)
		look.kind = BLOCK_TEXT;
	walk_children(h, node, &look, depth);
	break_block(h);
}

/* One pass for the whole tree: a table in a table makes the outer one a matter of layout. */
static void
find_outer_tables(Html *h, const GumboNode *node, const GumboNode *table, guint depth)
{
	if (node->type != GUMBO_NODE_ELEMENT || depth > LIMIT_WALK)
		return;
	if (node->v.element.tag == GUMBO_TAG_TABLE) {
		if (table)
			g_hash_table_add(h->outer, (gpointer)(guintptr)table);
		table = node;
	}
	for (unsigned i = 0; i < node->v.element.children.length; i++)
		find_outer_tables(h, node->v.element.children.data[i], table, depth + 1);
}

/* the walk */

static guint16
inline_style(GumboTag tag)
{
	switch (tag) {
	case GUMBO_TAG_B: case GUMBO_TAG_STRONG: case GUMBO_TAG_TH: case GUMBO_TAG_DT: return SPAN_BOLD;
	case GUMBO_TAG_I: case GUMBO_TAG_EM: case GUMBO_TAG_CITE: case GUMBO_TAG_VAR: return SPAN_ITALIC;
	case GUMBO_TAG_U: case GUMBO_TAG_INS: return SPAN_UNDERLINE;
	case GUMBO_TAG_S: case GUMBO_TAG_STRIKE: case GUMBO_TAG_DEL: return SPAN_STRUCK;
	case GUMBO_TAG_CODE: case GUMBO_TAG_TT: case GUMBO_TAG_KBD: case GUMBO_TAG_SAMP: return SPAN_CODE;
	default: return 0;
	}
}

typedef enum { BOX_INLINE, BOX_BLOCK, BOX_SPACED } Box;

static Box
box_of(GumboTag tag)
{
	switch (tag) {
	case GUMBO_TAG_P: case GUMBO_TAG_H1: case GUMBO_TAG_H2: case GUMBO_TAG_H3: case GUMBO_TAG_H4: case GUMBO_TAG_H5:
	case GUMBO_TAG_H6: case GUMBO_TAG_PRE: case GUMBO_TAG_LISTING: case GUMBO_TAG_BLOCKQUOTE: case GUMBO_TAG_DL:
	case GUMBO_TAG_FIGURE:
		return BOX_SPACED;
	case GUMBO_TAG_DIV: case GUMBO_TAG_CENTER: case GUMBO_TAG_ARTICLE: case GUMBO_TAG_SECTION: case GUMBO_TAG_NAV:
	case GUMBO_TAG_ASIDE: case GUMBO_TAG_HEADER: case GUMBO_TAG_FOOTER: case GUMBO_TAG_ADDRESS: case GUMBO_TAG_MAIN:
	case GUMBO_TAG_TR: case GUMBO_TAG_TD: case GUMBO_TAG_TH: case GUMBO_TAG_CAPTION: case GUMBO_TAG_DT: case GUMBO_TAG_DD:
	case GUMBO_TAG_FIGCAPTION: case GUMBO_TAG_BODY: case GUMBO_TAG_HTML:
		return BOX_BLOCK;
	default:
		return BOX_INLINE;
	}
}

static void
show_rule(Html *h, const Look *look)
{
	break_block(h);
	if (h->in_cell || look->hidden)
		return;
	h->b->quote = look->quote;
	h->b->indent = look->indent;
	build_block(h->b, BLOCK_RULE, "", 0, NULL, 0);
	h->b->quote = h->b->indent = 0;
}

static void
walk_box(Html *h, const GumboNode *node, Look look, guint depth)
{
	GumboTag tag = node->v.element.tag;
	Box box = box_of(tag);
	Look outside = look;

	/* the paragraph of an item is the item itself: its marker must not stand alone */
	bool marker_waits = h->block.kind == BLOCK_ITEM && look.kind == BLOCK_ITEM &&
		h->run.text->len && !h->in_cell &&
		utf8_columns(h->run.text->str, (gssize)h->run.text->len) == look.level;
	if (box != BOX_INLINE && !look.hidden && !marker_waits)
		box == BOX_SPACED && look.kind != BLOCK_ITEM ? margin(h, &outside) : break_block(h);
	look.style |= inline_style(tag);
	if (tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6) {
		look.kind = BLOCK_HEADING;
		look.level = (guint8)(tag - GUMBO_TAG_H1 + 1);
	} else if (tag == GUMBO_TAG_BLOCKQUOTE) {
		look.quote = (guint8)MIN(look.quote + 1, LIMIT_QUOTE_DEPTH);
		look.kind = BLOCK_TEXT;
	} else if (tag == GUMBO_TAG_DD) {
		look.indent = (guint8)MIN(look.indent + 4, 60);
	} else if (tag == GUMBO_TAG_PRE || tag == GUMBO_TAG_LISTING) {
		look.pre = true;
	}
	walk_children(h, node, &look, depth);
	if (box != BOX_INLINE && !look.hidden)
		box == BOX_SPACED && look.kind != BLOCK_ITEM ? margin(h, &outside) : break_block(h);
}

static void
walk_element(Html *h, const GumboNode *node, Look look, guint depth)
{
	take_attributes(h, node, &look);
	switch (node->v.element.tag) {
	case GUMBO_TAG_BR:
		if (!look.hidden && (h->run.text->len || h->in_cell))
			run_newline(&h->run);
		else if (!look.hidden)
			margin(h, &look);
		break;
	case GUMBO_TAG_HR:
		show_rule(h, &look);
		break;
	case GUMBO_TAG_IMG:
		show_picture(h, node, &look);
		break;
	case GUMBO_TAG_A:
		walk_link(h, node, look, depth);
		break;
	case GUMBO_TAG_UL:
	case GUMBO_TAG_OL:
	case GUMBO_TAG_MENU:
	case GUMBO_TAG_DIR:
		walk_list(h, node, look, depth);
		break;
	case GUMBO_TAG_LI:
		walk_item(h, node, look, depth);
		break;
	case GUMBO_TAG_TABLE:
		walk_table(h, node, look, depth);
		break;
	case GUMBO_TAG_HEAD:
		break;
	default:
		walk_box(h, node, look, depth);
	}
}

static void
walk(Html *h, const GumboNode *node, Look look, guint depth)
{
	if (depth > LIMIT_WALK) {
		h->cut = true;
		return;
	}
	switch (node->type) {
	case GUMBO_NODE_TEXT:
	case GUMBO_NODE_WHITESPACE:
	case GUMBO_NODE_CDATA:
		put_text(h, &look, node->v.text.text);
		break;
	case GUMBO_NODE_ELEMENT:
		walk_element(h, node, look, depth);
		break;
	default:
		break;
	}
}

/* Tags left out, entities as they are: for what the parser could not hold. */
static void
show_bare(Html *h, const GString *html)
{
	Look look = { .kind = BLOCK_TEXT, .bg = COLOUR_UNKNOWN };

	for (const char *p = html->str; *p && h->b->left; ) {
		gsize n = strcspn(p, "<");
		g_autofree char *text = g_strndup(p, MIN(n, LIMIT_RUN));
		put_text(h, &look, text);
		p += n;
		if (!*p)
			break;
		const char *close = strchr(p, '>');
		if (!close)
			break;
		static const char *const blocks[] = { "<p", "<div", "<br", "<tr", "<li", "<h" };
		for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++)
			if (g_ascii_strncasecmp(p, blocks[i], strlen(blocks[i])) == 0) {
				break_block(h);
				break;
			}
		p = close + 1;
	}
	break_block(h);
}

/* Parses in the arena; false: it was too small. No automatic variable changes between setjmp and
 * longjmp. */
static bool
parse_and_walk(Html *h, const GString *html, Arena *arena)
{
	if (setjmp(arena->full))
		return false;
	GumboOptions options = kGumboDefaultOptions;
	options.allocator = arena_take;
	options.deallocator = arena_give;
	options.userdata = arena;
	options.max_errors = 0;
	const GumboOutput *tree = gumbo_parse_with_options(&options, html->str, html->len);
	Look look = { .kind = BLOCK_TEXT, .fg = h->sheet.paints ? COLOUR_UNKNOWN : 0,
		.bg = h->sheet.paints ? COLOUR_UNKNOWN : 0xffffff };
	find_outer_tables(h, tree->root, NULL, 0);
	walk(h, tree->root, look, 0);
	break_block(h);
	return true;
}

static void
say_what_was_found(Html *h)
{
	if (h->remote)
		document_add_note(h->b->doc, NOTE_REMOTE_CONTENT);
	if (h->cut) {
		build_note(h->b, NOTE_HTML_CUT, NULL);
		document_add_note(h->b->doc, NOTE_HTML_CUT);
	}
	Run hidden = { .text = h->hidden };
	if (h->hidden->len == 0 || run_is_blank(&hidden))
		return;
	Run flat;
	run_init(&flat);
	g_autofree char *valid =
		g_utf8_make_valid(h->hidden->str, (gssize)MIN(h->hidden->len, LIMIT_HIDDEN));
	run_append_collapsed(&flat, valid, 0, 0);
	build_blank(h->b);
	build_note(h->b, NOTE_HIDDEN_TEXT, flat.text->str);
	document_add_note(h->b->doc, NOTE_HIDDEN_TEXT);
	run_clear(&flat);
}

void
html_show(Builder *b, const char *html, gsize len)
{
	Html h = { .b = b, .cut = len > b->html_left };
	TagsFound found;
	Arena arena;

	len = MIN(len, b->html_left);
	b->html_left -= len;
	GString *reduced = tags_reduce(html, len, &b->nodes_left, &found);
	style_sheet_init(&h.sheet, found.css->str);
	h.remote = found.remote || h.sheet.remote;
	h.cut = h.cut || found.cut;
	h.outer = g_hash_table_new(g_direct_hash, g_direct_equal);
	h.hidden = g_string_new(NULL);
	run_init(&h.run);
	arena_init(&arena, LIMIT_TREE);
	if (!parse_and_walk(&h, reduced, &arena)) {
		arena_clear(&arena);
		h.cut = true;
		show_bare(&h, reduced);
	}
	arena_clear(&arena);
	say_what_was_found(&h);
	run_clear(&h.run);
	g_string_free(h.hidden, TRUE);
	g_hash_table_unref(h.outer);
	style_sheet_clear(&h.sheet);
	tags_clear(&found);
	g_string_free(reduced, TRUE);
}
