/* document.c - written and read back; what was tampered with is refused or harmless.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/document.h"
#include "base/limits.h"

#include <string.h>

static Document *
sample(void)
{
	Document *d = document_new();

	d->date = 1234567890;
	d->date_offset = -90;
	document_add_field(d, clean_new("Subject", -1, CLEAN_LINE),
		clean_new("grüße", -1, CLEAN_LINE), true);
	document_add_field(d, clean_new("X-A", -1, CLEAN_LINE), clean_new("", -1, CLEAN_LINE),
		false);
	document_add_note(d, NOTE_CUT_BODY);
	document_add_note(d, NOTE_CUT_BODY);
	DocPart p = { g_strdup("1.2"), clean_new("text/plain", -1, CLEAN_LINE),
		clean_new("a b", -1, CLEAN_LINE), g_strdup("a b"),
		clean_new("utf-8", -1, CLEAN_LINE), 77, 2, true, false, true };
	g_array_append_val(d->parts, p);
	DocLink l = { clean_new("http://a.b/c", -1, CLEAN_LINE), clean_new("a.b", -1, CLEAN_LINE),
		true, false };
	g_array_append_val(d->links, l);
	Block *b = document_add_block(d, BLOCK_TEXT);
	b->text = clean_new("see this\nplease", -1, CLEAN_TEXT);
	b->quote = 3;
	b->part = 1;
	b->spans = g_new0(Span, 1);
	b->spans[0] = (Span){ 4, 4, SPAN_LINK, 1 };
	b->n_spans = 1;
	b = document_add_block(d, BLOCK_NOTE);
	b->note = NOTE_HIDDEN_TEXT;
	b->text = clean_new("x", -1, CLEAN_LINE);
	return d;
}

static void
test_round(void)
{
	g_autoptr(Document) d = sample();
	g_autoptr(GBytes) bytes = document_write(d);
	g_autoptr(Document) back =
		document_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	g_assert_nonnull(back);
	g_autoptr(GBytes) again = document_write(back);
	g_assert_true(g_bytes_equal(bytes, again));
	g_assert_cmpint(back->date, ==, 1234567890);
	g_assert_cmpint(back->date_offset, ==, -90);
	g_assert_cmpuint(back->notes->len, ==, 1);
	g_assert_cmpstr(g_array_index(back->parts, DocPart, 0).section, ==, "1.2");
	g_assert_true(g_array_index(back->links, DocLink, 0).mismatch);
}

/* The worker may be in a stranger's hands: any bytes give a sound document or none. */
static void
test_tampered(void)
{
	g_autoptr(Document) d = sample();
	g_autoptr(GBytes) bytes = document_write(d);
	gsize len = g_bytes_get_size(bytes);
	g_autofree guint8 *copy = g_malloc(len);

	for (gsize n = 0; n < len; n++) {
		memcpy(copy, g_bytes_get_data(bytes, NULL), len);
		g_assert_null(document_read(copy, n));
		for (int v = 0; v < 256; v++) {
			copy[n] = (guint8)v;
			g_autoptr(Document) back = document_read(copy, len);
			if (!back)
				continue;
			g_autoptr(GBytes) again G_GNUC_UNUSED = document_write(back);
			for (guint i = 0; i < back->parts->len; i++)
				g_assert_true(document_name_is_safe(g_array_index(back->parts,
					DocPart, i).file_name));
			for (guint i = 0; i < back->blocks->len; i++) {
				const Block *b = back->blocks->pdata[i];
				g_assert_cmpuint(b->part, <=, back->parts->len);
				g_assert_true(g_utf8_validate(clean_peek(b->text), -1, NULL));
			}
		}
	}
	g_autofree guint8 *more = g_malloc0(len + 1);
	memcpy(more, g_bytes_get_data(bytes, NULL), len);
	g_assert_null(document_read(more, len + 1));
}

static void
test_names(void)
{
	static const struct { const char *name; bool safe; } names[] = {
		{ "a.txt", true }, { "grü.pdf", true }, { "a b", true }, { "", false }, { ".", false }, { "..", false }, { ".profile", false },
		{ "-rf", false }, { "a/b", false }, { "a\\b", false }, { "a\nb", false }, { "a\x7f", false }, { "a\u202eb", false }, { "\xff", false },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpint(document_name_is_safe(names[i].name), ==, names[i].safe);
	for (gsize n = LIMIT_FILE_NAME - 1; n <= LIMIT_FILE_NAME + 1; n++) {
		g_autofree char *name = g_strnfill(n, 'x');
		g_assert_cmpint(document_name_is_safe(name), ==, n <= LIMIT_FILE_NAME);
	}
}

static void
test_notes(void)
{
	for (int n = NOTE_NONE + 1; n < NOTE_LAST; n++) {
		g_autoptr(Clean) argument = clean_new("%s%n", -1, CLEAN_LINE);
		g_autofree char *alone = document_note_text(n, NULL);
		g_autofree char *with = document_note_text(n, argument);
		g_assert_cmpuint(strlen(alone), >, 0);
		g_assert_cmpuint(strlen(with), >, 0);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/document/round", test_round);
	g_test_add_func("/mail/document/tampered", test_tampered);
	g_test_add_func("/mail/document/M14/names", test_names);
	g_test_add_func("/mail/document/notes", test_notes);
	return g_test_run();
}
