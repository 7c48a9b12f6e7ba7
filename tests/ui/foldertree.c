/* foldertree.c - folders as servers list them -> the tree that is shown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/foldertree.h"

/* Name, delimiter, role, letters: s subscribed, n not selectable, o of others; number: unread */
typedef struct { const char *name; char delimiter; FolderRole role; const char *marks; guint unseen; } Row;
typedef struct {
	const char *what, *prefix, *folded;
	bool subscribed;
	Row rows[9];
	const char *tree;	/* one line each: a dot for each step down, +/- before a parent that is folded or not, the leaf, unread */
} Case;

static const Case cases[] = {
	{ "flat", "", "", false, { { "INBOX", '/', ROLE_INBOX, "s", 3 }, { "Work", '/', 0, "s", 0 }, { "Alpha", '/', 0, "", 1 } }, "INBOX 3|Alpha 1|Work" },
	{ "special-on-top", "", "", false, { { "INBOX", '/', ROLE_INBOX, "", 0 }, { "[Gmail]", '/', 0, "n", 0 }, { "[Gmail]/Sent Mail", '/', ROLE_SENT, "", 0 },
		{ "[Gmail]/Trash", '/', ROLE_TRASH, "", 0 }, { "Aa", '/', 0, "", 0 } }, "INBOX|Sent Mail|Trash|Aa" },
	{ "prefix", "INBOX.", "", false, { { "INBOX", '.', ROLE_INBOX, "", 0 }, { "INBOX.Work", '.', 0, "", 0 }, { "INBOX.Work.Old", '.', 0, "", 2 },
		{ "INBOX.Trash", '.', ROLE_TRASH, "", 0 } }, "INBOX|Trash|-Work|.Old 2" },
	{ "below-the-inbox", "", "", false, { { "INBOX", '/', ROLE_INBOX, "", 0 }, { "INBOX/Work", '/', 0, "", 0 } }, "-INBOX|.Work" },
	{ "folded-sums", "", "Work", false, { { "Work", '/', 0, "", 1 }, { "Work/A", '/', 0, "", 2 }, { "Work/A/B", '/', 0, "", 4 }, { "Zoo", '/', 0, "", 0 } },
		"+Work 7|Zoo" },
	{ "unlisted-between", "", "", false, { { "a/b/c", '/', 0, "", 1 } }, "-a|.-b|..c 1" },
	{ "others-last", "", "", false, { { "Zoo", '/', 0, "", 0 }, { "Shared", '/', 0, "no", 0 }, { "Shared/bob", '/', 0, "o", 0 } }, "Zoo|-Shared|.bob" },
	{ "no-empty-parents", "", "", false, { { "Dir", '/', 0, "n", 0 }, { "Zoo", '/', 0, "", 0 } }, "Zoo" },
	{ "subscribed", "", "", true, { { "INBOX", '/', ROLE_INBOX, "", 0 }, { "A", '/', 0, "", 0 }, { "B", '/', 0, "", 0 }, { "B/C", '/', 0, "s", 0 } }, "INBOX|-B|.C" },
	{ "no-delimiter", "", "", false, { { "A/B", 0, 0, "", 0 }, { "A", 0, 0, "", 0 } }, "A|A/B" },
	{ "odd-names", "", "", false, { { "/A", '/', 0, "", 0 }, { "B/", '/', 0, "", 0 } }, "/A|B/" },
	{ "case", "", "", false, { { "beta", '/', 0, "", 0 }, { "Alpha", '/', 0, "", 0 }, { "Gamma", '/', 0, "", 0 } }, "Alpha|beta|Gamma" },
	{ "empty", "", "", false, { { NULL, 0, 0, NULL, 0 } }, "" },
};

static guint
unseen_of(const Folder *f)
{
	return f->unseen;
}

static char *
written(const GPtrArray *tree)
{
	GString *s = g_string_new(NULL);
	for (guint i = 0; i < tree->len; i++) {
		const FolderNode *n = tree->pdata[i];
		g_string_append(s, i ? "|" : "");
		for (int d = 0; d < n->depth; d++)
			g_string_append_c(s, '.');
		g_string_append_printf(s, "%s%s", n->parent ? n->folded ? "+" : "-" : "", n->leaf);
		if (n->unseen)
			g_string_append_printf(s, " %u", n->unseen);
	}
	return g_string_free(s, FALSE);
}

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
	g_autoptr(GHashTable) folded = g_hash_table_new(g_str_hash, g_str_equal);

	for (const Row *r = c->rows; r < c->rows + G_N_ELEMENTS(c->rows) && r->name; r++) {
		Folder *f = folder_new();
		f->id = (gint64)folders->len + 1;
		f->name = g_strdup(r->name);
		f->wire = g_strdup(r->name);
		f->delimiter = r->delimiter;
		f->role = r->role;
		f->selectable = !strchr(r->marks, 'n');
		f->subscribed = strchr(r->marks, 's') != NULL;
		f->space = strchr(r->marks, 'o') ? SPACE_OTHERS : SPACE_PERSONAL;
		f->unseen = r->unseen;
		g_ptr_array_add(folders, f);
	}
	g_hash_table_add(folded, (gpointer)c->folded);
	FolderTreeWant want = { .prefix = c->prefix, .subscribed = c->subscribed, .folded = folded, .unseen = unseen_of };
	g_autoptr(GPtrArray) tree = foldertree_build(folders, &want);
	g_autofree char *got = written(tree);
	g_assert_cmpstr(got, ==, c->tree);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/ui/foldertree/%s", cases[i].what);
		g_test_add_data_func(path, &cases[i], test_case);
	}
	return g_test_run();
}
