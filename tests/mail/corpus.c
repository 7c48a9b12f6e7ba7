/* corpus.c - every odd mail of ../shared/corpora gives a readable document; with a file's name:
 * shows that document.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The mails are not part of the project: where the folder is missing the test is skipped.
 * $EILPOST_CORPORA names another one. */
#include "config.h"
#include "mail/message.h"
#include "base/limits.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static void
print_block(const Document *d, const Block *b)
{
	static const char *const kinds[] = { "text", "pre", "head", "item", "rule", "sig", "part", "note", "" };
	g_autofree char *note = b->kind == BLOCK_NOTE ? document_note_text(b->note, b->text) : NULL;

	printf("%-4s q%u i%u l%u p%u|%s", kinds[b->kind], b->quote, b->indent, b->level, b->part,
		note ? note : clean_peek(b->text));
	for (guint i = 0; i < b->n_spans; i++)
		printf(" {%u+%u %x %u}", b->spans[i].start, b->spans[i].len, b->spans[i].style,
			b->spans[i].link);
	printf("\n");
	(void)d;
}

static void
print_document(const Document *d)
{
	for (guint i = 0; i < d->fields->len; i++) {
		const HeaderField *f = &g_array_index(d->fields, HeaderField, i);
		if (f->brief)
			printf("%s: %s\n", clean_peek(f->name), clean_peek(f->value));
	}
	for (guint i = 0; i < d->notes->len; i++) {
		g_autofree char *text =
			document_note_text(g_array_index(d->notes, guint8, i), NULL);
		printf("! %s\n", text);
	}
	for (guint i = 0; i < d->blocks->len; i++)
		print_block(d, d->blocks->pdata[i]);
	for (guint i = 0; i < d->links->len; i++) {
		const DocLink *l = &g_array_index(d->links, DocLink, i);
		printf("[%u] %s (%s)%s%s\n", i + 1, clean_peek(l->target), clean_peek(l->host),
			l->mismatch ? " MISMATCH" : "",
			l->visible ? " visible" : "");
	}
	for (guint i = 0; i < d->parts->len; i++) {
		const DocPart *p = &g_array_index(d->parts, DocPart, i);
		printf("part %u: %s %s name=%s file=%s %s size=%" G_GUINT64_FORMAT " depth=%u%s%s%s\n", i + 1, p->section,
			clean_peek(p->type), clean_peek(p->name), p->file_name,
			clean_peek(p->charset), p->size, p->depth,
			p->attachment ? " attachment" : "",
			p->shown ? " shown" : "", p->here ? " here" : "");
	}
}

static Document *
render_file(const char *path)
{
	g_autofree char *data = NULL;
	gsize len;

	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	g_autoptr(GBytes) raw = g_bytes_new_take(g_steal_pointer(&data), len);
	MessageInput in = { .raw = raw, .columns = 80,
		.prefer_html = g_getenv("EILPOST_HTML") != NULL };
	return message_render(&in);
}

static void
check_text(const Clean *text, const char *path)
{
	for (const char *p = clean_peek(text); *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if ((c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) ||
			(c >= 0x202a && c <= 0x202e))
			g_error("%s: U+%04X comes through", path, c);
	}
}

static void
check_file(const char *path)
{
	g_autoptr(Document) d = render_file(path);
	g_autoptr(GBytes) written = document_write(d);
	g_autoptr(Document) back =
		document_read(g_bytes_get_data(written, NULL), g_bytes_get_size(written));

	if (!back || back->blocks->len != d->blocks->len)
		g_error("%s: the document can't be read back", path);
	if (back->blocks->len == 0 && back->notes->len == 0)
		g_error("%s: nothing to read", path);
	for (guint i = 0; i < back->blocks->len; i++)
		check_text(((Block *)back->blocks->pdata[i])->text, path);
	for (guint i = 0; i < back->fields->len; i++)
		check_text(g_array_index(back->fields, HeaderField, i).value, path);
}

static guint
check_folder(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	guint n = 0;

	while (dir && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			n += check_folder(path);
		} else {
			check_file(path);
			n++;
		}
	}
	return n;
}

static void
test_corpora(void)
{
	static const char *const places[] = { "../shared/corpora", "../../shared/corpora" };
	const char *named = g_getenv("EILPOST_CORPORA");
	guint n = named ? check_folder(named) : 0;

	for (gsize i = 0; i < G_N_ELEMENTS(places) && n == 0 && !named; i++) {
		g_autofree char *folder = g_test_build_filename(G_TEST_DIST, places[i], NULL);
		n = check_folder(folder);
	}
	if (n == 0)
		g_test_skip("the folder of odd mails is not here");
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	message_init();
	if (argc > 1 && argv[1][0] != '-') {
		for (int i = 1; i < argc; i++) {
			gint64 start = g_get_monotonic_time();
			g_autoptr(Document) d = render_file(argv[i]);
			gint64 took = g_get_monotonic_time() - start;
			if (argc == 2)
				print_document(d);
			else
				check_file(argv[i]);
			if (argc == 2 || took > 100000)
				printf("%s: %" G_GINT64_FORMAT " us\n", argv[i], took);
		}
		return 0;
	}
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/corpus/readable", test_corpora);
	return g_test_run();
}
