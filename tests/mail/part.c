/* part.c - sections as IMAP numbers them, names to save under, transfer encodings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/part.h"
#include "base/limits.h"

#include <string.h>

static Part *
last_of(const PartTree *t)
{
	return t->all->pdata[t->all->len - 1];
}

static void
test_sections(void)
{
	/* the example of RFC 9051, 6.4.5 */
	static const char raw[] = "Content-Type: multipart/mixed; boundary=a\n\n"
		"--a\n\none\n--a\nContent-Type: application/octet-stream\n\ntwo\n"
		"--a\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n31\n--b\n\n32\n--b--\n"
		"--a\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: image/gif\n\n41\n"
		"--c\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=d\n\n--d\n\n421\n"
		"--d\nContent-Type: multipart/alternative; boundary=e\n\n--e\n\n4221\n--e\n\n4222\n--e--\n--d--\n--c--\n--a--\n";
	static const char *const sections[] = { "", "1", "2", "3", "3", "3.1", "3.2", "4", "4.1", "4.2", "4.2", "4.2.1", "4.2.2",
		"4.2.2.1", "4.2.2.2" };
	g_autoptr(PartTree) t = part_tree_new(raw, strlen(raw), 0, LIMIT_MIME_PARTS);

	g_assert_cmpuint(t->all->len, ==, G_N_ELEMENTS(sections));
	for (guint i = 0; i < t->all->len; i++)
		g_assert_cmpstr(((Part *)t->all->pdata[i])->section, ==, sections[i]);
	/* the same from what IMAP says, without the multiparts */
	GPtrArray *known = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < t->all->len; i++) {
		const Part *p = t->all->pdata[i];
		if (p->kind == MIME_MULTIPART)
			continue;
		MessagePart m = { .section = p->section,
			.mime = p->kind == MIME_MESSAGE ? "Content-Type: message/rfc822\n" :
			"Content-Type: text/plain\n" };
		g_ptr_array_add(known, g_memdup2(&m, sizeof m));
	}
	MessagePart list[20];
	for (guint i = 0; i < known->len; i++)
		list[i] = *(MessagePart *)known->pdata[i];
	MessageInput in = { .parts = list, .n_parts = known->len };
	g_autoptr(PartTree) again = part_tree_known(&in);
	guint leaves = 0;
	for (guint i = 0; i < again->all->len; i++)
		leaves += ((Part *)again->all->pdata[i])->kind != MIME_MULTIPART;
	g_assert_cmpuint(leaves, ==, known->len);
	g_assert_cmpint(((Part *)again->all->pdata[0])->kind, ==, MIME_MULTIPART);
	/* and with them: the same tree */
	MessagePart every[20];
	for (guint i = 0; i < t->all->len; i++) {
		const Part *p = t->all->pdata[i];
		every[i] = (MessagePart){ .section = p->section, .mime = p->kind == MIME_MESSAGE ?
			"Content-Type: message/rfc822\n" : p->kind == MIME_MULTIPART ?
			"Content-Type: multipart/mixed\n" : "Content-Type: text/plain\n" };
	}
	MessageInput all = { .parts = every, .n_parts = t->all->len };
	g_autoptr(PartTree) same = part_tree_known(&all);
	g_assert_cmpuint(same->all->len, ==, t->all->len);
	for (guint i = 0; i < t->all->len; i++) {
		const Part *a = t->all->pdata[i], *b = same->all->pdata[i];
		g_assert_cmpstr(a->section, ==, b->section);
		g_assert_cmpint(a->depth, ==, b->depth);
		g_assert_cmpint(a->kind, ==, b->kind);
		g_assert_cmpuint(a->children->len, ==, b->children->len);
	}
	g_ptr_array_unref(known);
}

static const struct { const char *name, *header, *file; } names[] = {
	{ "plain", "Content-Type: image/png; name=a.png", "a.png" },
	{ "disposition-first", "Content-Type: image/png; name=a.png\nContent-Disposition: attachment; filename=b.png", "b.png" },
	{ "path", "Content-Disposition: attachment; filename=\"/etc/passwd\"", "passwd" },
	{ "dots", "Content-Disposition: attachment; filename=\"../../.bashrc\"", "bashrc" },
	{ "only-dots", "Content-Type: image/png\nContent-Disposition: attachment; filename=\"..\"", "part-1.png" },
	{ "windows-path", "Content-Disposition: attachment; filename=\"C:\\\\a\\\\b.doc\"", "b.doc" },
	{ "dash", "Content-Disposition: attachment; filename=\"-rf.txt\"", "rf.txt" },
	{ "encoded-slash", "Content-Disposition: attachment; filename*=utf-8''..%2F..%2Fx", "x" },
	{ "nul", "Content-Disposition: attachment; filename*=utf-8''a.txt%00.exe", "a.txt.exe" },
	{ "bidi", "Content-Disposition: attachment; filename*=utf-8''a%E2%80%AEfdp.exe", "afdp.exe" },
	{ "newline", "Content-Disposition: attachment; filename*=utf-8''a%0Ab.txt", "a b.txt" },
	{ "none", "Content-Type: application/pdf", "part-1.pdf" },
	{ "trailing-slash", "Content-Disposition: attachment; filename=\"dir/\"", "dir" },
	{ "encoded-word", "Content-Disposition: attachment; filename=\"=?utf-8?q?gr=C3=BC.txt?=\"", "grü.txt" },
};

static void
test_name(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *raw = g_strconcat(names[i].header, "\n\nbody", NULL);
	g_autoptr(PartTree) t = part_tree_new(raw, strlen(raw), 0, LIMIT_MIME_PARTS);
	g_autofree char *file = part_file_name(t->all->pdata[0]);

	g_assert_cmpstr(file, ==, names[i].file);
	g_assert_true(document_name_is_safe(file));
}

static void
test_long_name(void)
{
	for (gsize n = LIMIT_FILE_NAME - 1; n <= LIMIT_FILE_NAME + 200; n += 67) {
		g_autofree char *stem = g_strnfill(n - 4, 'x');
		g_autofree char *raw =
			g_strdup_printf("Content-Disposition: attachment; filename=\"%s.pdf\"\n\n",
			stem);
		g_autoptr(PartTree) t = part_tree_new(raw, strlen(raw), 0, LIMIT_MIME_PARTS);
		g_autofree char *file = part_file_name(t->all->pdata[0]);
		g_assert_cmpuint(strlen(file), ==, MIN(n, LIMIT_FILE_NAME));
		g_assert_true(g_str_has_suffix(file, ".pdf"));
	}
}

static const struct { const char *name, *encoding, *body, *text; bool broken; } bodies[] = {
	{ "7bit", "7bit", "a=41", "a=41", false },
	{ "unknown", "x-strange", "a=41", "a=41", false },
	{ "qp", "quoted-printable", "a=41=\r\nb=20", "aAb ", false },
	{ "qp-case", "Quoted-Printable ", "=c3=BC", "ü", false },
	{ "qp-broken", "quoted-printable", "100% =sure = =4", NULL, false },
	{ "base64", "BASE64", "aGVs\r\nbG8=\r\n", "hello", false },
	{ "base64-no-padding", "base64", "aGVsbG8", NULL, false },
	{ "base64-odd", "base64", "aGV*sbG8=", "hello", true },
	{ "base64-lie", "base64", "This is no base64 at all, is it?", "This is no base64 at all, is it?", true },
	{ "uu", "x-uuencode", "begin 644 a\n%:&5L;&\\`\n`\nend\n", "hello", false },
	{ "uu-no-begin", "x-uuencode", "garbage", NULL, false },
	{ "empty", "base64", "", "", false },
};

static void
test_body(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data), len;
	bool cut, broken;
	g_autofree char *raw =
		g_strdup_printf("Content-Transfer-Encoding: %s\n\n%s", bodies[i].encoding,
		bodies[i].body);
	g_autoptr(PartTree) t = part_tree_new(raw, strlen(raw), 0, LIMIT_MIME_PARTS);
	g_autofree char *text = part_decode(last_of(t), 1000, &len, &cut, &broken);

	if (bodies[i].text) {
		g_assert_cmpstr(text, ==, bodies[i].text);
		g_assert_cmpint(broken, ==, bodies[i].broken);
	}
	g_assert_false(cut);
	g_assert_cmpint(text[len], ==, 0);
}

/* M4: never more than was asked for. */
static void
test_decode_limit(void)
{
	static const char *const encodings[] = { "7bit", "base64", "quoted-printable", "x-uuencode" };
	g_autofree char *body = g_strnfill(400000, 'M');

	for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
		g_autofree char *raw =
			g_strdup_printf("Content-Transfer-Encoding: %s\n\n%s", encodings[i], body);
		g_autoptr(PartTree) t = part_tree_new(raw, strlen(raw), 0, LIMIT_MIME_PARTS);
		gsize len;
		bool cut, broken;
		g_autofree char *text G_GNUC_UNUSED = part_decode(last_of(t), 1000, &len, &cut, &broken);
		g_assert_cmpuint(len, <=, 1000);
		g_assert_true(cut || i == 3);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/part/sections", test_sections);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_strdup_printf("/mail/part/M14/%s", names[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_name);
	}
	g_test_add_func("/mail/part/M14/long", test_long_name);
	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *path = g_strdup_printf("/mail/part/decode/%s", bodies[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_body);
	}
	g_test_add_func("/mail/part/M4/limit", test_decode_limit);
	return g_test_run();
}
