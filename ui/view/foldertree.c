/* foldertree.c - an account's folders, as a tree that folds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/foldertree.h"

#include <string.h>

typedef struct Knot Knot;
struct Knot {
	const Folder *folder;	/* borrowed; NULL: a name in between */
	char *path, *key;	/* owned; key: for the order */
	char delimiter;
	GPtrArray *below;	/* owned, of borrowed Knot* */
	guint unseen, sum;	/* sum: with all below */
	bool kept;
};

typedef struct {
	const FolderTreeWant *want;
	GHashTable *knots;	/* owned: path -> owned Knot */
	Knot *root;		/* borrowed */
} Tree;

static void
knot_free(gpointer p)
{
	Knot *k = p;
	g_free(k->path);
	g_free(k->key);
	g_ptr_array_unref(k->below);
	g_free(k);
}

static void
node_free(gpointer p)
{
	FolderNode *n = p;
	g_free(n->path);
	g_free(n->leaf);
	g_free(n);
}

/* ---- names ---- */

static const char *
leaf_of(const char *path, char delimiter)
{
	const char *last = delimiter ? strrchr(path, delimiter) : NULL;
	return last && last[1] && last != path ? last + 1 : path;
}

/* The path above it; NULL: it stands at the top. Yours. */
static char *
above(const Tree *t, const char *path, char delimiter)
{
	const char *leaf = leaf_of(path, delimiter);
	gsize prefix = strlen(t->want->prefix);

	if (leaf == path)
		return NULL;
	/* what the server sets before all names is no folder of the person's: "INBOX" is written in any case */
	if (prefix && (gsize)(leaf - path) == prefix && !g_ascii_strncasecmp(path, t->want->prefix, prefix))
		return NULL;
	return g_strndup(path, (gsize)(leaf - path - 1));
}

static bool
is_special(const Folder *f)
{
	return f && f->space == SPACE_PERSONAL && f->role >= ROLE_INBOX && f->role <= ROLE_TRASH;
}

static char *
order_key(const Knot *k)
{
	guint rank = is_special(k->folder) ? (guint)k->folder->role : k->folder && k->folder->space != SPACE_PERSONAL ? 200 : 100;
	const char *leaf = leaf_of(k->path, k->delimiter);
	g_autofree char *valid = g_utf8_make_valid(leaf, -1), *folded = g_utf8_casefold(valid, -1), *key = g_utf8_collate_key(folded, -1);
	return g_strdup_printf("%03u %s", rank, key);
}

/* ---- building ---- */

static Knot *
knot(Tree *t, const char *path, char delimiter, const Folder *f)
{
	Knot *k = g_hash_table_lookup(t->knots, path);

	if (k)
		return k;
	k = g_new0(Knot, 1);
	k->path = g_strdup(path);
	k->delimiter = delimiter;
	k->folder = f;
	k->below = g_ptr_array_new();
	g_hash_table_insert(t->knots, k->path, k);
	return k;
}

static void
hang(Tree *t, Knot *k)
{
	g_autofree char *up = is_special(k->folder) ? NULL : above(t, k->path, k->delimiter);
	Knot *parent = t->root;

	k->key = order_key(k);
	if (up) {
		bool known = g_hash_table_contains(t->knots, up);
		parent = knot(t, up, k->delimiter, NULL);
		if (!known)
			hang(t, parent);
	}
	g_ptr_array_add(parent->below, k);
}

static gint
by_key(gconstpointer a, gconstpointer b)
{
	return strcmp((*(Knot *const *)a)->key, (*(Knot *const *)b)->key);
}

static void
add_up(Tree *t, Knot *k)
{
	const Folder *f = k->folder;

	g_ptr_array_sort(k->below, by_key);
	k->unseen = k->sum = f ? t->want->unseen(f) : 0;
	k->kept = f && f->selectable && (!t->want->subscribed || f->subscribed || is_special(f));
	for (guint i = 0; i < k->below->len; i++) {
		Knot *child = k->below->pdata[i];
		add_up(t, child);
		k->sum += child->sum;
		k->kept |= child->kept;
	}
}

static void
lay_out(Tree *t, const Knot *k, int depth, GPtrArray *out)
{
	for (guint i = 0; i < k->below->len; i++) {
		const Knot *child = k->below->pdata[i];
		FolderNode *n;
		if (!child->kept)
			continue;
		n = g_new0(FolderNode, 1);
		*n = (FolderNode){ .folder = child->folder, .path = g_strdup(child->path), .leaf = g_strdup(leaf_of(child->path, child->delimiter)),
			.depth = depth };
		for (guint c = 0; c < child->below->len; c++)
			n->parent |= ((const Knot *)child->below->pdata[c])->kept;
		n->folded = n->parent && t->want->folded && g_hash_table_contains(t->want->folded, child->path);
		n->unseen = n->folded ? child->sum : child->unseen;
		g_ptr_array_add(out, n);
		if (!n->folded)
			lay_out(t, child, depth + 1, out);
	}
}

GPtrArray *
foldertree_build(const GPtrArray *folders, const FolderTreeWant *want)
{
	Tree t = { .want = want, .knots = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, knot_free) };
	GPtrArray *out = g_ptr_array_new_with_free_func(node_free), *listed = g_ptr_array_new();

	t.root = knot(&t, "", 0, NULL);
	for (guint i = 0; i < folders->len; i++) {
		const Folder *f = folders->pdata[i];
		Knot *k = knot(&t, f->name, f->delimiter, f);
		if (k != t.root && k->folder == f)
			g_ptr_array_add(listed, k);
	}
	for (guint i = 0; i < listed->len; i++)
		hang(&t, listed->pdata[i]);
	add_up(&t, t.root);
	lay_out(&t, t.root, 0, out);
	g_ptr_array_unref(listed);
	g_hash_table_destroy(t.knots);
	return out;
}
