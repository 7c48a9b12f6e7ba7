/* tags.c - cuts HTML down to what the HTML parser may see.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A tokenizer after the HTML standard (13.2.5), as far as tags, comments and raw text go. Every
 * search that can fail is remembered as failed, so that no input makes it look at the rest twice
 * (RELIABILITY M16). */
#include "config.h"
#include "mail/tags.h"
#include "base/limits.h"

#include <gumbo.h>
#include <string.h>

#define LIMIT_CSS	(64 * KIB)
#define LIMIT_REDUCED	(6 * MIB)	/* more than is ever shown */
#define LIMIT_ATTRIBUTES 10
/* open <b>, <font>, ...: the parser opens all of them again in each paragraph */
#define LIMIT_FORMATTING 40

typedef enum { FATE_KEEP, FATE_DROP, FATE_DROP_CONTENT } TagFate;

typedef struct {
	const char *at, *end;	/* borrowed */
	GString *out;		/* owned until the end */
	guint *nodes;		/* borrowed */
	TagsFound *found;	/* borrowed */
	guint depth, formatting;
	guint open[GUMBO_TAG_LAST], dropped[GUMBO_TAG_LAST];
	bool no_end[GUMBO_TAG_LAST];
	bool no_comment_end, no_quote[2];
} Reduce;

static TagFate
fate_of(GumboTag tag)
{
	switch (tag) {
	case GUMBO_TAG_SCRIPT: case GUMBO_TAG_STYLE: case GUMBO_TAG_TITLE: case GUMBO_TAG_IFRAME: case GUMBO_TAG_NOEMBED:
	case GUMBO_TAG_NOFRAMES: case GUMBO_TAG_TEXTAREA: case GUMBO_TAG_SELECT: case GUMBO_TAG_SVG: case GUMBO_TAG_MATH:
	case GUMBO_TAG_TEMPLATE: case GUMBO_TAG_AUDIO: case GUMBO_TAG_VIDEO: case GUMBO_TAG_CANVAS: case GUMBO_TAG_DATALIST:
		return FATE_DROP_CONTENT;
	case GUMBO_TAG_BODY: case GUMBO_TAG_ARTICLE: case GUMBO_TAG_SECTION: case GUMBO_TAG_NAV: case GUMBO_TAG_ASIDE:
	case GUMBO_TAG_H1: case GUMBO_TAG_H2: case GUMBO_TAG_H3: case GUMBO_TAG_H4: case GUMBO_TAG_H5: case GUMBO_TAG_H6:
	case GUMBO_TAG_HEADER: case GUMBO_TAG_FOOTER: case GUMBO_TAG_ADDRESS: case GUMBO_TAG_P: case GUMBO_TAG_HR:
	case GUMBO_TAG_PRE: case GUMBO_TAG_BLOCKQUOTE: case GUMBO_TAG_OL: case GUMBO_TAG_UL: case GUMBO_TAG_LI:
	case GUMBO_TAG_DL: case GUMBO_TAG_DT: case GUMBO_TAG_DD: case GUMBO_TAG_FIGURE: case GUMBO_TAG_FIGCAPTION:
	case GUMBO_TAG_MAIN: case GUMBO_TAG_DIV: case GUMBO_TAG_A: case GUMBO_TAG_EM: case GUMBO_TAG_STRONG: case GUMBO_TAG_S:
	case GUMBO_TAG_CITE: case GUMBO_TAG_CODE: case GUMBO_TAG_VAR: case GUMBO_TAG_SAMP: case GUMBO_TAG_KBD: case GUMBO_TAG_I:
	case GUMBO_TAG_B: case GUMBO_TAG_U: case GUMBO_TAG_SPAN: case GUMBO_TAG_BR: case GUMBO_TAG_INS: case GUMBO_TAG_DEL:
	case GUMBO_TAG_IMG: case GUMBO_TAG_TABLE: case GUMBO_TAG_CAPTION: case GUMBO_TAG_TBODY: case GUMBO_TAG_THEAD:
	case GUMBO_TAG_TFOOT: case GUMBO_TAG_TR: case GUMBO_TAG_TD: case GUMBO_TAG_TH: case GUMBO_TAG_CENTER: case GUMBO_TAG_FONT:
	case GUMBO_TAG_TT: case GUMBO_TAG_STRIKE: case GUMBO_TAG_DIR: case GUMBO_TAG_MENU: case GUMBO_TAG_LISTING: case GUMBO_TAG_Q:
		return FATE_KEEP;
	default:
		return FATE_DROP;
	}
}

static bool
is_void(GumboTag tag)
{
	return tag == GUMBO_TAG_BR || tag == GUMBO_TAG_HR || tag == GUMBO_TAG_IMG;
}

/* Elements whose end tag is left out: they can't nest without a container between them, which is
 * counted. */
static bool
ends_by_itself(GumboTag tag)
{
	return tag == GUMBO_TAG_P || tag == GUMBO_TAG_LI || tag == GUMBO_TAG_DT ||
		tag == GUMBO_TAG_DD || tag == GUMBO_TAG_TR ||
		tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH || tag == GUMBO_TAG_TBODY ||
		tag == GUMBO_TAG_THEAD ||
		tag == GUMBO_TAG_TFOOT || tag == GUMBO_TAG_BODY || tag == GUMBO_TAG_A;
}

/* What an element adds to the depth: a table brings tbody, tr and td with it. */
static guint
weight_of(GumboTag tag)
{
	return tag == GUMBO_TAG_TABLE ? 4 : 1;
}

static bool
is_formatting(GumboTag tag)
{
	return tag == GUMBO_TAG_B || tag == GUMBO_TAG_CODE || tag == GUMBO_TAG_EM ||
		tag == GUMBO_TAG_FONT ||
		tag == GUMBO_TAG_I || tag == GUMBO_TAG_S || tag == GUMBO_TAG_STRIKE ||
		tag == GUMBO_TAG_STRONG ||
		tag == GUMBO_TAG_TT || tag == GUMBO_TAG_U;
}

/* How much of an attribute's value is of use; 0: none. */
static gsize
attribute_limit(const char *name, gsize len)
{
	static const struct { const char *name; gsize limit; } kept[] = {
		{ "href", LIMIT_DISPLAY_STRING }, { "style", 2 * KIB }, { "src", 24 }, { "alt", 256 }, { "hidden", 8 }, { "width", 16 },
		{ "height", 16 }, { "color", 32 }, { "bgcolor", 32 }, { "background", 24 }, { "colspan", 8 }, { "start", 12 },
		{ "type", 8 }, { "class", 256 }, { "size", 8 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
		if (strlen(kept[i].name) == len &&
			g_ascii_strncasecmp(name, kept[i].name, len) == 0)
			return kept[i].limit;
	return 0;
}

static bool
has_word(const char *at, const char *end, const char *word)
{
	gsize n = strlen(word);
	return (gsize)(end - at) >= n && g_ascii_strncasecmp(at, word, n) == 0;
}

/* Behind "needle", or NULL. */
static const char *
find_behind(const char *at, const char *end, const char *needle)
{
	const char *p = g_strstr_len(at, end - at, needle);
	return p ? p + strlen(needle) : NULL;
}

static void
skip_comment(Reduce *r)
{
	const char *close = NULL;

	if (has_word(r->at, r->end, "<!--")) {
		if (has_word(r->at, r->end, "<!-->") || has_word(r->at, r->end, "<!--->")) {
			close = memchr(r->at, '>', (gsize)(r->end - r->at));
			close++;
		} else if (!r->no_comment_end) {
			close = find_behind(r->at + 4, r->end, "-->");
			r->no_comment_end = !close;
		}
	}
	if (!close) {
		const char *gt = memchr(r->at, '>', (gsize)(r->end - r->at));
		close = gt ? gt + 1 : r->end;
	}
	r->at = close;
}

/* The raw text of an element up to its end tag; moves behind that. False: there is no end tag. */
static bool
skip_content(Reduce *r, GumboTag tag, const char *name, gsize name_len)
{
	if (r->no_end[tag])
		return false;
	for (const char *p = r->at; p < r->end; p++) {
		p = memchr(p, '<', (gsize)(r->end - p));
		if (!p || (gsize)(r->end - p) < name_len + 2)
			break;
		if (p[1] != '/' || g_ascii_strncasecmp(p + 2, name, name_len) != 0 ||
			(p + 2 + name_len < r->end && g_ascii_isalnum(p[2 + name_len])))
			continue;
		if (tag == GUMBO_TAG_STYLE && r->found->css->len < LIMIT_CSS) {
			g_string_append_len(r->found->css, r->at,
				(gssize)MIN((gsize)(p - r->at), LIMIT_CSS));
			g_string_append_c(r->found->css, '\n');
		}
		const char *gt = memchr(p, '>', (gsize)(r->end - p));
		r->at = gt ? gt + 1 : r->end;
		return true;
	}
	r->no_end[tag] = true;
	return false;
}

typedef struct { const char *name, *value; gsize name_len, value_len; } Attribute;

static const char *
attribute_value(Reduce *r, const char *p, Attribute *a)
{
	while (p < r->end && g_ascii_isspace(*p))
		p++;
	if (p < r->end && (*p == '"' || *p == '\'')) {
		bool *none = &r->no_quote[*p == '"'];
		const char *close = *none ? NULL : memchr(p + 1, *p, (gsize)(r->end - p - 1));
		*none = !close;
		if (close) {
			a->value = p + 1;
			a->value_len = (gsize)(close - p - 1);
			return close + 1;
		}
		p++;
	}
	a->value = p;
	while (p < r->end && *p != '>' && !g_ascii_isspace(*p))
		p++;
	a->value_len = (gsize)(p - a->value);
	return p;
}

/* The next attribute of the tag at p; false: the tag ends. p moves on. */
static bool
next_attribute(Reduce *r, const char **at, Attribute *a)
{
	const char *p = *at;

	while (p < r->end && (g_ascii_isspace(*p) || *p == '/'))
		p++;
	if (p >= r->end || *p == '>') {
		*at = p < r->end ? p + 1 : p;
		return false;
	}
	*a = (Attribute){ .name = p, .value = "" };
	while (p < r->end && *p != '>' && *p != '/' && !g_ascii_isspace(*p) &&
		(*p != '=' || p == a->name))
		p++;
	a->name_len = (gsize)(p - a->name);
	const char *q = p;
	while (q < r->end && g_ascii_isspace(*q))
		q++;
	*at = q < r->end && *q == '=' ? attribute_value(r, q + 1, a) : p;
	return true;
}

static void
put_attribute(Reduce *r, const Attribute *a, gsize limit)
{
	GString *out = r->out;

	g_string_append_c(out, ' ');
	g_string_append_len(out, a->name, (gssize)a->name_len);
	g_string_append(out, "=\"");
	gsize n = MIN(a->value_len, limit);
	while (n && n < a->value_len && ((guchar)a->value[n] & 0xc0) == 0x80)
		n--;
	for (gsize i = 0; i < n; i++) {
		if (a->value[i] == '"')
			g_string_append(out, "&quot;");
		else
			g_string_append_c(out, a->value[i]);
	}
	g_string_append_c(out, '"');
}

static bool
may_open(Reduce *r, GumboTag tag)
{
	if (*r->nodes == 0) {
		r->found->cut = true;
		return false;
	}
	if (is_void(tag) || ends_by_itself(tag))
		return true;
	if (r->depth + weight_of(tag) > LIMIT_HTML_DEPTH ||
		(is_formatting(tag) && r->formatting >= LIMIT_FORMATTING)) {
		r->found->cut = r->found->cut || !is_formatting(tag);
		r->dropped[tag]++;
		return false;
	}
	return true;
}

static void
start_tag(Reduce *r, const char *name, gsize name_len)
{
	GumboTag tag = gumbo_tagn_enum(name, (unsigned)name_len);
	TagFate fate = fate_of(tag);
	const char *p = name + name_len;
	guint n = 0;
	Attribute a;
	bool keep = fate == FATE_KEEP && may_open(r, tag);

	if (keep) {
		g_string_append_c(r->out, '<');
		g_string_append_len(r->out, name, (gssize)name_len);
	}
	while (next_attribute(r, &p, &a)) {
		gsize limit = attribute_limit(a.name, a.name_len);
		if (tag == GUMBO_TAG_LINK && has_word(a.value, a.value + a.value_len, "http"))
			r->found->remote = true;
		if (keep && limit && n++ < LIMIT_ATTRIBUTES)
			put_attribute(r, &a, limit);
	}
	r->at = p;
	if (fate == FATE_DROP_CONTENT && !skip_content(r, tag, name, name_len) &&
		(tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE))
		r->at = r->end;
	if (!keep)
		return;
	g_string_append_c(r->out, '>');
	(*r->nodes)--;
	if (!is_void(tag) && !ends_by_itself(tag)) {
		r->open[tag]++;
		r->depth += weight_of(tag);
		r->formatting += is_formatting(tag);
	}
}

static void
end_tag(Reduce *r, const char *name, gsize name_len)
{
	GumboTag tag = gumbo_tagn_enum(name, (unsigned)name_len);
	const char *gt = memchr(name, '>', (gsize)(r->end - name));

	r->at = gt ? gt + 1 : r->end;
	if (fate_of(tag) != FATE_KEEP || is_void(tag) || tag == GUMBO_TAG_BODY)
		return;
	if (!ends_by_itself(tag)) {
		if (r->dropped[tag] > 0) {
			r->dropped[tag]--;
			return;
		}
		if (r->open[tag] == 0)
			return;
		r->open[tag]--;
		r->depth -= weight_of(tag);
		r->formatting -= is_formatting(tag);
	} else if (*r->nodes == 0) {
		return;
	} else {
		(*r->nodes)--;	/* a lonely </p> is an element too */
	}
	g_string_append(r->out, "</");
	g_string_append_len(r->out, name, (gssize)name_len);
	g_string_append_c(r->out, '>');
}

static gsize
name_length(const char *name, const char *end)
{
	gsize n = 0;
	while (name + n < end && !g_ascii_isspace(name[n]) && name[n] != '/' && name[n] != '>')
		n++;
	return n;
}

GString *
tags_reduce(const char *html, gsize len, guint *nodes, TagsFound *found)
{
	g_autofree Reduce *r = g_new0(Reduce, 1);

	*found = (TagsFound){ .css = g_string_new(NULL) };
	r->at = html;
	r->end = html + len;
	r->nodes = nodes;
	r->found = found;
	r->out = g_string_sized_new(len + 16);
	while (r->at < r->end) {
		if (r->out->len > LIMIT_REDUCED) {
			found->cut = true;
			break;
		}
		const char *lt = memchr(r->at, '<', (gsize)(r->end - r->at));
		const char *to = lt ? lt : r->end;
		gsize n = MIN((gsize)(to - r->at), LIMIT_REDUCED);
		found->cut = found->cut || n < (gsize)(to - r->at);
		g_string_append_len(r->out, r->at, (gssize)n);
		r->at = to;
		if (!lt)
			break;
		char next = lt + 1 < r->end ? lt[1] : ' ';
		if (g_ascii_isalpha(next)) {
			start_tag(r, lt + 1, name_length(lt + 1, r->end));
		} else if (next == '/' && lt + 2 < r->end && g_ascii_isalpha(lt[2])) {
			end_tag(r, lt + 2, name_length(lt + 2, r->end));
		} else if (next == '!' || next == '?' || next == '/') {
			skip_comment(r);
		} else {
			g_string_append(r->out, "&lt;");
			r->at++;
		}
	}
	return r->out;
}

void
tags_clear(TagsFound *found)
{
	g_string_free(found->css, TRUE);
	found->css = NULL;
}

char *
tags_charset(const char *html, gsize len)
{
	g_autofree char *head = g_ascii_strdown(html, (gssize)MIN(len, 2 * KIB));
	const char *meta = strstr(head, "<meta");
	const char *at = meta ? strstr(meta, "charset") : NULL;

	if (!at)
		return NULL;
	at += strlen("charset");
	at += strspn(at, " \t=\"'");
	gsize n = strcspn(at, " \t\r\n\"'>;/");
	return n && n < 60 ? g_strndup(at, n) : NULL;
}
