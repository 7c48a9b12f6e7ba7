/* prescan.c - parts found in one pass, and never more than the limits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/prescan.h"
#include "base/limits.h"

#include <string.h>

/* Parts as "kind depth [body]" lines; a multipart's body is left out. */
static char *
show(const char *raw, gsize len)
{
	GString *out = g_string_new(NULL);
	Prescan p;

	prescan_init(&p, raw, len, 0, LIMIT_MIME_PARTS);
	for (gsize i = 0; i < p.n_parts; i++) {
		const MimeRange *m = &p.parts[i];
		g_assert_cmpuint(m->header + m->header_len, <=, len);
		g_assert_cmpuint(m->body + m->body_len, <=, len);
		g_assert_cmpint(m->parent, <, (gint32)i);
		g_string_append_printf(out, "%c%u", "LMR"[m->kind], m->depth);
		if (m->kind == MIME_LEAF)
			g_string_append_printf(out, "[%.*s]", (int)m->body_len, raw + m->body);
		if (m->opaque)
			g_string_append_c(out, '!');
		g_string_append_c(out, ' ');
	}
	prescan_clear(&p);
	return g_strchomp(g_string_free(out, FALSE));
}

#define MIXED(b) "Content-Type: multipart/mixed; boundary=" b "\n\n"

static const struct { const char *name, *raw, *parts; } cases[] = {
	{ "plain", "A: b\n\nhello", "L0[hello]" },
	{ "crlf", "A: b\r\n\r\nhello\r\n", "L0[hello\r\n]" },
	{ "empty", "", "L0[]" },
	{ "no-body", "A: b\n", "L0[]" },
	{ "no-header", "\nhello", "L0[hello]" },
	{ "two", MIXED("x") "pre\n--x\n\na\n--x\n\nb\n--x--\nepilogue", "M0 L1[a] L1[b]" },
	{ "crlf-parts", "Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\n\r\na\r\n--x--\r\n", "M0 L1[a]" },
	{ "no-end", MIXED("x") "--x\n\na", "M0 L1[a]" },
	{ "blanks-after-boundary", MIXED("x") "--x  \n\na\n--x-- \n", "M0 L1[a]" },
	{ "longer-is-another", MIXED("x") "--x\n\na\n--xy\n--x--", "M0 L1[a\n--xy]" },
	{ "nested", MIXED("x") "--x\n" MIXED("y") "--y\n\na\n--y--\n--x\n\nb\n--x--", "M0 M1 L2[a] L1[b]" },
	{ "inner-never-ends", MIXED("x") "--x\n" MIXED("y") "--y\n\na\n--x\n\nb\n--x--", "M0 M1 L2[a] L1[b]" },
	{ "prefix-boundaries", MIXED("x") "--x\n" MIXED("xx") "--xx\n\na\n--xx--\n--x--", "M0 M1 L2[a]" },
	{ "message", MIXED("x") "--x\nContent-Type: message/rfc822\n\nS: t\n\nin\n--x--", "M0 R1 L2[in]" },
	{ "message-with-parts", "Content-Type: message/rfc822\n\n" MIXED("y") "--y\n\na\n--y--", "R0 M1 L2[a]" },
	{ "encoded-message", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQQ==", "L0[QQ==]" },
	{ "digest", "Content-Type: multipart/digest; boundary=x\n\n--x\n\nS: t\n\nin\n--x--", "M0 R1 L2[in]" },
	{ "no-boundary", "Content-Type: multipart/mixed\n\nhello", "L0[hello]" },
	{ "empty-boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\nhello", "L0[hello]" },
	{ "changed-boundary", MIXED("x") "--z\nContent-Type: text/plain\n\na\n--z--", "M0 L1[a]" },
	{ "never-comes", MIXED("x") "hello", "M0" },
	{ "from-line", "From a Mon Jan\nA: b\n\nhello", "L0[hello]" },
	{ "odd-line-in-header", "A: b\nodd line\nC: d\n\nhello", "L0[hello]" },
	{ "header-without-empty-line", MIXED("x") "--x\nContent-Type: text/plain\nno field here\n--x--", "M0 L1[no field here]" },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *parts = show(cases[i].raw, strlen(cases[i].raw));
	g_assert_cmpstr(parts, ==, cases[i].parts);
}

/* Cut anywhere, it still is a message. */
static void
test_every_prefix(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		for (gsize n = 0; n <= strlen(cases[i].raw); n++) {
			g_autofree char *copy = g_memdup2(cases[i].raw, n);
			g_free(show(copy ? copy : "", n));
		}
}

static void
test_parts(void)
{
	for (guint n = LIMIT_MIME_PARTS - 3; n <= LIMIT_MIME_PARTS + 1; n++) {
		GString *s = g_string_new(MIXED("x"));
		for (guint k = 0; k < n; k++)
			g_string_append(s, "--x\n\na\n");
		Prescan p;
		prescan_init(&p, s->str, s->len, 0, LIMIT_MIME_PARTS);
		g_assert_cmpuint(p.n_parts, ==, MIN(n + 1, LIMIT_MIME_PARTS));
		g_assert_cmpint((p.flags & PRESCAN_TOO_MANY_PARTS) != 0, ==,
			n + 1 >= LIMIT_MIME_PARTS);
		prescan_clear(&p);
		g_string_free(s, TRUE);
	}
}

static void
test_depth(void)
{
	for (guint n = LIMIT_MIME_DEPTH - 1; n <= LIMIT_MIME_DEPTH + 1; n++) {
		GString *s = g_string_new(NULL);
		for (guint k = 0; k < n; k++)
			g_string_append_printf(s,
				"Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", k, k);
		g_string_append(s, "\nend");
		Prescan p;
		prescan_init(&p, s->str, s->len, 0, LIMIT_MIME_PARTS);
		g_assert_cmpuint(p.n_parts, ==, MIN(n, LIMIT_MIME_DEPTH) + 1);
		g_assert_cmpint((p.flags & PRESCAN_TOO_DEEP) != 0, ==, n > LIMIT_MIME_DEPTH);
		g_assert_cmpint(p.parts[p.n_parts - 1].kind, ==, MIME_LEAF);
		prescan_clear(&p);
		g_string_free(s, TRUE);
	}
}

static void
test_headers(void)
{
	for (guint n = LIMIT_HEADERS - 1; n <= LIMIT_HEADERS + 1; n++) {
		GString *s = g_string_new(NULL);
		for (guint k = 0; k < n; k++)
			g_string_append(s, "A: b\n");
		g_string_append(s, "\nbody");
		PrescanFlags flags = 0;
		gsize body, header = prescan_header(s->str, s->len, &body, &flags);
		g_assert_cmpuint(header, ==, MIN(n, LIMIT_HEADERS) * 5);
		g_assert_cmpstr(s->str + body, ==, "body");
		g_assert_cmpint((flags & PRESCAN_CUT_HEADERS) != 0, ==, n > LIMIT_HEADERS);
		g_string_free(s, TRUE);
	}
	g_autofree char *huge = g_strnfill(3 * MIB, 'a');
	memcpy(huge, "To: ", 4);
	memcpy(huge + 3 * MIB - 6, "\n\nbody", 6);
	PrescanFlags flags = 0;
	gsize body, header = prescan_header(huge, 3 * MIB, &body, &flags);
	g_assert_cmpuint(header, ==, LIMIT_HEADER_BLOCK);
	g_assert_cmpuint(body, ==, 3 * MIB - 4);
	g_assert_true(flags & PRESCAN_CUT_HEADERS);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/mail/prescan/%s", cases[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/mail/prescan/every-prefix", test_every_prefix);
	g_test_add_func("/mail/prescan/M2/parts", test_parts);
	g_test_add_func("/mail/prescan/M1/depth", test_depth);
	g_test_add_func("/mail/prescan/M2/headers", test_headers);
	return g_test_run();
}
