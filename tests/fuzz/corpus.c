/* corpus.c - runs a fuzz target over its corpus, without a fuzzer: what was found once stays found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Each file, each of its beginnings, and the file in pieces of other sizes. */
#include "config.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void
feed(const char *data, gsize size)
{
	g_autofree guint8 *own = g_malloc(MAX(size, 1));	/* exactly as long: a byte behind it is nobody's */
	memcpy(own, data, size);
	LLVMFuzzerTestOneInput(own, size);
}

static void
test_file(gconstpointer path)
{
	static const guint8 chunks[] = { 0, 1, 2, 3, 7, 64, 255 };
	g_autofree char *data = NULL;
	gsize size;

	g_assert_true(g_file_get_contents(path, &data, &size, NULL));
	feed(data, size);
	for (gsize n = 0; n < MIN(size, 4000); n++)
		feed(data, n);
	for (gsize i = 0; size && i < G_N_ELEMENTS(chunks); i++) {
		data[0] = (char)chunks[i];
		feed(data, size);
	}
}

int
main(int argc, char **argv)
{
	g_autofree char *name = g_path_get_basename(argv[0]), *dir = NULL;
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	g_test_init(&argc, &argv, NULL);
	const char *target = g_str_has_prefix(name, "lt-") ? name + 3 : name;
	g_assert_true(g_str_has_prefix(target, "corpus-"));
	dir = g_test_build_filename(G_TEST_DIST, "tests", "fuzz", "corpus", target + strlen("corpus-"), NULL);
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	g_assert_nonnull(d);
	for (const char *file; (file = g_dir_read_name(d));) {
		char *path = g_build_filename(dir, file, NULL);
		g_autofree char *test = g_strdup_printf("/fuzz/%s/%s", target + strlen("corpus-"), file);
		g_ptr_array_add(paths, path);
		g_test_add_data_func(test, path, test_file);
	}
	return g_test_run();
}
