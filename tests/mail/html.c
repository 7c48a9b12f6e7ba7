/* html.c - HTML as a person would read it, and bombs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/html.h"
#include "base/limits.h"
#include "tests/mail/dump.h"
#include "tests/cpu.h"

#include <locale.h>

static Document *
render(const char *html, gsize len)
{
	Document *d = document_new();
	Builder b;

	build_init(&b, d, 40);
	html_show(&b, html, len);
	build_clear(&b);
	return d;
}

static const struct { const char *name, *html, *blocks; } cases[] = {
	{ "text", "hello", "text|hello\n" },
	{ "paragraphs", "<p>one</p><p>two", "text|one\nblank|\ntext|two\nblank|\n" },
	{ "blanks", "  a \n\t b  ", "text|a b\n" },
	{ "br", "a<br>b<br/>c", "text|a/b/c\n" },
	{ "divs", "<div>a</div><div>b</div>", "text|a\ntext|b\n" },
	{ "div-br-div", "<div>a</div><div><br></div><div>b</div>", "text|a\nblank|\ntext|b\n" },
	{ "heading", "<h2>Title</h2>text", "head|Title\nblank|\ntext|text\n" },
	{ "bold", "a <b>b</b> c", "text|a <b:b> c\n" },
	{ "nested-style", "<b>a <i>b</i></b>", "text|<b:a> <bi:b>\n" },
	{ "inline-style", "<span style=\"font-weight:bold\">a</span>b", "text|<b:a>b\n" },
	{ "entities", "&lt;a&gt; &amp; &eacute;&#8364;&nbsp;x", "text|<a> & é€ x\n" },
	{ "odd-angle", "1 < 2 and 3 <4", "text|1 < 2 and 3 <4\n" },
	{ "list", "<ul><li>a<li>b</ul>", "item|+2 • a\nitem|+2 • b\nblank|\n" },
	{ "ordered", "<ol start=3><li>a</li><li>b</li></ol>", "item|+2 3. a\nitem|+2 4. b\nblank|\n" },
	{ "list-in-list", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "item|+2 • a\nitem|+4 • b\nitem|+2 • c\nblank|\n" },
	{ "item-with-paragraphs", "<ul><li><p>a</p><p>b</p></li></ul>", "item|+2 • a\nblank|\ntext|+4 b\nblank|\n" },
	{ "quote", "<p>a</p><blockquote>b<blockquote>c</blockquote></blockquote>d",
		"text|a\nblank|\ntext|> b\nblank|> \ntext|> > c\nblank|> \ntext|d\n" },
	{ "rule", "a<hr>b", "text|a\nrule|\ntext|b\n" },
	{ "pre", "<pre>a\n  b</pre>", "pre|a/  b\nblank|\n" },
	{ "data-table", "<table><tr><th>Name<th>Sum</tr><tr><td>Anna<td>12</tr></table>", "pre|<b:Name>  <b:Sum>\npre|Anna  12\nblank|\n" },
	{ "wide-table", "<table><tr><td>aaa bbb ccc ddd eee fff ggg hhh<td>iii jjj kkk lll mmm nnn ooo ppp</tr></table>",
		"pre|aaa bbb ccc ddd     iii jjj kkk lll/eee fff ggg hhh     mmm nnn ooo ppp\nblank|\n" },
	{ "table-with-headline", "<table><tr><td colspan=2>A headline that is longer<tr><td>a<td>b<tr><td>c<td>d</table>",
		"text|A headline that is longer\npre|a  b\npre|c  d\nblank|\n" },
	{ "layout-table", "<table><tr><td><table><tr><td>a</td></tr></table></td></tr><tr><td>b</td></tr></table>", "text|a\ntext|b\n" },
	{ "one-cell", "<table><tr><td>a</td></tr></table>", "text|a\n" },
	{ "colspan", "<table><tr><td colspan=1000000000>a<td>b</table>", NULL },
	{ "link", "see <a href=\"http://a.b/c\">this</a>.", "text|see <l1:this>.\n" },
	{ "link-in-cell", "<table><tr><td><a href='http://a.b'>x</a><td>y</table>", "pre|<l1:x>  y\nblank|\n" },
	{ "link-relative", "<a href=\"/x\">this</a>", "text|this\n" },
	{ "link-script", "<a href=\"javascript:alert(1)\">this</a>", "text|this\n" },
	{ "link-picture", "<a href=\"http://a.b\"><img src=x></a>", "text|<l1:[picture]>\n" },
	{ "link-picture-with-name", "<a href=\"http://a.b\"><img src=x alt=Logo></a>", "text|<l1:Logo>\n" },
	{ "picture", "<img src=\"http://a.b/x.png\" alt=\"A dog\">", "text|[A dog]\n" },
	{ "spacer", "a<img width=1 height=1 src=\"http://a.b\" alt=track>", "text|a\n" },
	{ "script", "a<script>evil()</script>b", "text|ab\n" },
	{ "style", "<style>p{}</style>a", "text|a\n" },
	{ "title", "<head><title>T</title></head><body>a", "text|a\n" },
	{ "comment", "a<!-- b --><!--[if mso]>c<![endif]-->d", "text|ad\n" },
	{ "select", "a<select><option>x</select>b", "text|ab\n" },
	{ "hidden-display", "a<div style=\"display:none\">pre header</div>", "text|a\nblank|\nnote|9 pre header\n" },
	{ "hidden-size", "a<span style='font-size:0'>x</span>", "text|a\nblank|\nnote|9 x\n" },
	{ "hidden-white", "a<span style='color:#ffffff'>x</span>", "text|a\nblank|\nnote|9 x\n" },
	{ "white-on-blue", "<table bgcolor=#0000aa><tr><td><font color=white>x</font></table>", "text|x\n" },
	{ "size-undone", "<div style='font-size:0'>x<p style='font-size:13px'>y</p></div>", "text|y\nblank|\nnote|9 x\n" },
	{ "white-undone", "<font color=#ffffff><span style='color:#000'>x</span></font>", "text|x\n" },
	{ "hidden-class", "<style>.pre{display:none}</style>a<p class='x pre'>y</p>", "text|a\nblank|\nnote|9 y\n" },
	{ "class-of-media", "<style>@media print{.pre{display:none}}</style><span class=pre>y</span>", "text|y\n" },
	{ "hidden-attribute", "a<p hidden>b</p>", "text|a\nblank|\nnote|9 b\n" },
	{ "hidden-fillers-only", "a<div style=\"display:none\">&zwnj;&nbsp;&#847; </div>", "text|a\n" },
	{ "signature", "a<div class=\"moz-signature\">Anna</div>", "text|a\nsig|Anna\n" },
	{ "misnested", "<b>a<p>b</b>c</p>", NULL },
	{ "cut-tag", "a<b", "text|a\n" },
	{ "cut-attribute", "a<a href=\"http://x", NULL },
	{ "old-list-in-font", "<font><li>a<li>b</font>", NULL },
	{ "definition", "<dl><dt>a<dd>b</dl>", "text|<b:a>\ntext|+4 b\nblank|\n" },
	{ "word-paragraphs", "<p class=MsoNormal>a<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>b</p>",
		"text|a\nblank|\ntext|b\nblank|\n" },
	{ "escapes", "a\x1b[31m&#27;[0m&#x9b;&#x202e;b", "text|a�[31m[0m›b\n" },
	{ "empty", "", "" },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Document) d = render(cases[i].html, strlen(cases[i].html));
	g_autofree char *blocks = dump_blocks(d);

	if (cases[i].blocks)
		g_assert_cmpstr(blocks, ==, cases[i].blocks);
	for (const char *p = blocks; *p; p++)
		g_assert_true((guchar)*p >= 0x20 || *p == '\n');
}

static void
test_links(void)
{
	static const struct { const char *html; bool mismatch, visible; const char *host; } links[] = {
		{ "<a href='http://evil.example/x'>http://bank.example/</a>", true, false, "evil.example" },
		{ "<a href='http://evil.example/x'>www.bank.example/login</a>", true, false, "evil.example" },
		{ "<a href='http://bank.example@evil.example/'>bank</a>", false, false, "evil.example" },
		{ "<a href='https://www.bank.example/a'>bank.example/a</a>", false, false, "www.bank.example" },
		{ "<a href='https://bank.example/'>https://bank.example</a>", false, true, "bank.example" },
		{ "<a href='mailto:a@b.example'>a@b.example</a>", false, true, "b.example" },
		{ "<a href='http://a.b/'>click here</a>", false, false, "a.b" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autoptr(Document) d = render(links[i].html, strlen(links[i].html));
		g_assert_cmpuint(d->links->len, ==, 1);
		const DocLink *l = &g_array_index(d->links, DocLink, 0);
		g_assert_cmpint(l->mismatch, ==, links[i].mismatch);
		g_assert_cmpint(l->visible, ==, links[i].visible);
		g_assert_cmpstr(clean_peek(l->host), ==, links[i].host);
	}
}

static void
test_remote(void)
{
	static const struct { const char *html; bool remote; } pages[] = {
		{ "<img src='http://a.b/x.gif'>", true }, { "<img src='//a.b/x.gif'>", true }, { "<img src='cid:x'>", false },
		{ "<img src='data:image/png;base64,x'>", false }, { "<link rel=stylesheet href='http://a.b/x.css'>", true },
		{ "<td background='http://a.b/x.gif'>", false }, { "<table background='http://a.b/x.gif'><tr><td>x</table>", true },
		{ "<div style=\"background:url('http://a.b/x')\">x</div>", true }, { "<style>@import 'http://a.b'</style>x", true },
		{ "<a href='http://a.b'>x</a>", false },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autoptr(Document) d = render(pages[i].html, strlen(pages[i].html));
		g_assert_cmpint(dump_has_note(d, NOTE_REMOTE_CONTENT), ==, pages[i].remote);
	}
}

/* M16: the time is linear, the memory bounded, and some text is left. */
static void
test_bomb(gconstpointer data)
{
	const char *piece = data;
	GString *s = g_string_new("<p>before</p>");

	while (s->len < 3 * MIB)
		g_string_append(s, piece);
	g_string_append(s, "after");
	gint64 start = cpu_us();
	g_autoptr(Document) d = render(s->str, s->len);
	g_autoptr(GBytes) written = document_write(d);
	g_autoptr(Document) back =
		document_read(g_bytes_get_data(written, NULL), g_bytes_get_size(written));
	g_assert_nonnull(back);
	g_assert_cmpuint(back->blocks->len, >, 0);
	g_assert_cmpint(cpu_us() - start, <, 8 * G_USEC_PER_SEC);
	g_string_free(s, TRUE);
}

static void
test_depth(void)
{
	for (guint n = LIMIT_HTML_DEPTH - 1; n <= LIMIT_HTML_DEPTH + 1; n++) {
		GString *s = g_string_new(NULL);
		for (guint k = 0; k < n; k++)
			g_string_append(s, "<div>");
		g_string_append(s, "deep");
		g_autoptr(Document) d = render(s->str, s->len);
		g_assert_cmpint(dump_has_note(d, NOTE_HTML_CUT), ==, n > LIMIT_HTML_DEPTH);
		g_assert_cmpstr(clean_peek(((Block *)d->blocks->pdata[0])->text), ==, "deep");
		g_string_free(s, TRUE);
	}
}

static void
test_input_limit(void)
{
	g_autofree char *text = g_malloc(LIMIT_HTML_INPUT + 1);
	for (gsize i = 0; i <= LIMIT_HTML_INPUT; i++)
		text[i] = "<o:p>ab "[i % 8];
	for (gsize n = LIMIT_HTML_INPUT; n <= LIMIT_HTML_INPUT + 1; n++) {
		g_autoptr(Document) d = render(text, n);
		g_assert_cmpint(dump_has_note(d, NOTE_HTML_CUT), ==, n > LIMIT_HTML_INPUT);
	}
}

int
main(int argc, char **argv)
{
	static const struct { const char *name, *piece; } bombs[] = {
		{ "div", "<div>" }, { "table", "<table><tr><td>" }, { "bold", "<b>x" }, { "font-p", "<font color=a><p>y" }, { "list", "<ul><li>x" },
		{ "quote", "<blockquote>x" }, { "attributes", "<a x=1 y=2 z=3 href=" }, { "anchor", "<a href='http://x.y/1'>x" },
		{ "less", "<" }, { "comment", "<!--" }, { "quote-mark", "<a href=\"" }, { "entity", "&amp;" }, { "select", "<select>" },
		{ "script", "<script>" }, { "colspan", "<table><tr><td colspan=1000000000>a<td>b</table>" }, { "cells", "<table><tr><td>a<td>b" },
		{ "br", "<br>" }, { "end", "</p>" }, { "misnested", "<b><i><p></b>x</i></p>" }, { "style", "<p style='display:none'>x" },
		{ "close", "</div></table></b>" }, { "svg", "<svg><math>" },
	};
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/mail/html/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bombs); i++) {
		g_autofree char *path = g_strdup_printf("/mail/html/M16/%s", bombs[i].name);
		g_test_add_data_func(path, bombs[i].piece, test_bomb);
	}
	g_test_add_func("/mail/html/M18/links", test_links);
	g_test_add_func("/mail/html/M17/remote", test_remote);
	g_test_add_func("/mail/html/M16/depth", test_depth);
	g_test_add_func("/mail/html/M16/input", test_input_limit);
	return g_test_run();
}
