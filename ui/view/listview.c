/* listview.c - the visible page of a folder, out of the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/listview.h"

#include <string.h>

#define SLICE_US 5000
#define PATIENCE_US 60000	/* for pages upwards, which are not loaded in pieces */

typedef struct {
	MessageLimit *limit;	/* owned */
	MessageKey from, start;
	bool has_from, backwards, wrapped, running;
} Find;

struct ListView {
	Db *db;			/* borrowed */
	gint64 folder;
	int height;
	char *pattern;		/* owned; NULL: no limit */
	MessageLimit *limit;	/* owned */
	GArray *rows;		/* owned, of MessageRow: the page */
	guint64 generation;	/* of the page */
	int selected;
	bool at_head;		/* the page begins with the newest */
	bool cut;		/* the page is not complete yet */
	MessageKey resume;
	Find find;
};

static void
row_clear(gpointer p)
{
	message_row_clear(p);
}

static GArray *
rows_new(void)
{
	GArray *rows = g_array_new(FALSE, TRUE, sizeof(MessageRow));
	g_array_set_clear_func(rows, row_clear);
	return rows;
}

static void
another_page(ListView *v)
{
	static guint64 last;	/* UI thread */
	v->generation = ++last;
}

ListView *
listview_new(Db *db, gint64 folder)
{
	ListView *v = g_new0(ListView, 1);
	v->db = db;
	v->folder = folder;
	v->height = 1;
	v->rows = rows_new();
	v->selected = -1;
	v->at_head = true;
	another_page(v);
	return v;
}

void
listview_free(ListView *v)
{
	if (!v)
		return;
	listview_find_stop(v);
	messages_limit_free(v->limit);
	g_array_unref(v->rows);
	g_free(v->pattern);
	g_free(v);
}

gint64
listview_folder(const ListView *v)
{
	return v->folder;
}

guint64
listview_generation(const ListView *v)
{
	return v->generation;
}

guint
listview_count(const ListView *v)
{
	return v->rows->len;
}

const MessageRow *
listview_row(const ListView *v, guint i)
{
	return i < v->rows->len ? &g_array_index(v->rows, MessageRow, i) : NULL;
}

int
listview_selected(const ListView *v)
{
	return v->rows->len ? v->selected : -1;
}

const MessageRow *
listview_current(const ListView *v)
{
	return v->selected >= 0 ? listview_row(v, (guint)v->selected) : NULL;
}

const char *
listview_limit(const ListView *v)
{
	return v->pattern;
}

bool
listview_busy(const ListView *v)
{
	return v->cut || v->find.running;
}

/* ---- loading ---- */

static void
append_rows(GArray *to, GArray *from)
{
	if (!from)
		return;
	g_array_append_vals(to, from->data, from->len);
	g_array_set_clear_func(from, NULL);	/* the rows have moved */
	g_array_unref(from);
}

/* From `from` on downwards into rows; what a slice does not find comes by listview_work. */
static void
load_down(ListView *v, GArray *rows, const MessageKey *from, bool inclusive, guint n)
{
	bool cut = false;
	another_page(v);
	append_rows(rows, messages_page(v->db, v->folder, v->limit, from, false, inclusive, n, v->limit ? SLICE_US : 0, &cut, &v->resume, NULL));
	v->cut = cut;
}

/* n rows upwards of `from`, nearest first; patient, not endless. */
static GArray *
load_up(ListView *v, const MessageKey *from, bool inclusive, guint n)
{
	GArray *rows = rows_new();
	MessageKey at = *from, resume;
	gint64 until = g_get_monotonic_time() + PATIENCE_US;
	bool cut = false;

	do {
		append_rows(rows, messages_page(v->db, v->folder, v->limit, &at, true, inclusive, n - rows->len, v->limit ? SLICE_US : 0, &cut, &resume, NULL));
		at = resume;	/* looked at already */
		inclusive = false;
	} while (cut && rows->len < n && g_get_monotonic_time() < until);
	return rows;
}

static void
set_rows(ListView *v, GArray *rows)
{
	g_array_unref(v->rows);
	v->rows = rows;
	another_page(v);
}

static int
index_of(const GArray *rows, gint64 id)
{
	for (guint i = 0; i < rows->len; i++)
		if (g_array_index(rows, MessageRow, i).key.id == id)
			return (int)i;
	return -1;
}

static GArray *
reversed(GArray *rows)
{
	for (guint i = 0; i < rows->len / 2; i++) {
		MessageRow *a = &g_array_index(rows, MessageRow, i), *b = &g_array_index(rows, MessageRow, rows->len - 1 - i), t = *a;
		*a = *b;
		*b = t;
	}
	return rows;
}

/* A page that ends the list is filled from above, so that no empty lines stand where messages could. */
static void
fill_above(ListView *v)
{
	if (v->cut || v->at_head || v->rows->len == 0 || v->rows->len >= (guint)v->height)
		return;
	GArray *above = reversed(load_up(v, &g_array_index(v->rows, MessageRow, 0).key, false, (guint)v->height - v->rows->len));
	v->at_head = above->len + v->rows->len < (guint)v->height;
	int added = (int)above->len;
	another_page(v);
	GArray *old = v->rows;
	v->rows = above;
	append_rows(v->rows, old);
	v->selected += added;
}

static void
load_head(ListView *v)
{
	GArray *rows = rows_new();
	load_down(v, rows, NULL, true, (guint)v->height);
	set_rows(v, rows);
	v->at_head = true;
}

static void
load_from(ListView *v, const MessageKey *from, bool inclusive)
{
	GArray *rows = rows_new();
	load_down(v, rows, from, inclusive, (guint)v->height);
	set_rows(v, rows);
	v->at_head = false;
}

/* What a limit let through stays until the next one: a message that was just read under "~U" does not go from under the cursor. */
static void
keep_shown(ListView *v)
{
	for (guint i = 0; v->limit && i < v->rows->len; i++) {
		gint64 id = g_array_index(v->rows, MessageRow, i).key.id;
		if (messages_limit_lost(v->db, v->limit, v->folder, id))
			messages_limit_keep(v->limit, id);
	}
}

void
listview_reload(ListView *v)
{
	const MessageRow *current = listview_current(v);
	int was = v->selected;

	keep_shown(v);
	if (!current) {
		load_head(v);
		v->selected = v->rows->len ? 0 : -1;
		return;
	}
	gint64 id = current->key.id;
	MessageKey top = g_array_index(v->rows, MessageRow, 0).key;
	bool head = v->at_head;
	if (head)
		load_head(v);
	/* so much came that the cursor's message would leave the page: the page stays where it is */
	if (!head || (index_of(v->rows, id) < 0 && !v->cut))
		load_from(v, &top, true);
	if (head && index_of(v->rows, id) < 0 && !v->cut)	/* no: it is gone, and nothing that came is above the page */
		load_head(v);
	int now = index_of(v->rows, id);
	v->selected = now >= 0 ? now : MIN(was, (int)v->rows->len - 1);
	fill_above(v);
	if (v->rows->len == 0 && !v->at_head) {	/* all of the page is gone */
		load_head(v);
		v->selected = v->rows->len ? 0 : -1;
	}
}

void
listview_set_height(ListView *v, int rows)
{
	const MessageRow *current;
	rows = MAX(rows, 1);
	if (rows == v->height)
		return;
	v->height = rows;
	current = listview_current(v);
	if (current && v->selected >= rows) {	/* the cursor would leave the page: it becomes its last row */
		MessageKey top = g_array_index(v->rows, MessageRow, v->selected - rows + 1).key, key = current->key;
		load_from(v, &top, true);
		v->selected = MAX(index_of(v->rows, key.id), 0);
	} else {
		listview_reload(v);
	}
}

bool
listview_set_limit(ListView *v, const char *pattern, GError **err)
{
	MessageLimit *limit = NULL;

	if (pattern && *pattern && !(limit = messages_limit_new(pattern, err)))
		return false;
	listview_find_stop(v);
	messages_limit_free(v->limit);
	v->limit = limit;
	g_free(v->pattern);
	v->pattern = limit ? g_strdup(pattern) : NULL;
	const MessageRow *current = listview_current(v);
	MessageKey key = current ? current->key : (MessageKey){ 0 };
	bool stay = current && !limit;	/* back to all: the cursor's message stays under the cursor */
	if (stay) {
		load_from(v, &key, true);
		v->selected = v->rows->len ? 0 : -1;
		GArray *above = reversed(load_up(v, &key, false, (guint)v->height / 2));
		v->at_head = above->len < (guint)v->height / 2;
		v->selected += (int)above->len;
		append_rows(above, v->rows);
		v->rows = above;
		another_page(v);
		if (v->rows->len > (guint)v->height)
			g_array_set_size(v->rows, (guint)v->height);
		fill_above(v);
	} else {
		load_head(v);
		v->selected = v->rows->len ? 0 : -1;
	}
	return true;
}

bool
listview_work(ListView *v)
{
	if (!v->cut)
		return false;
	MessageKey from = v->resume;
	guint before = v->rows->len;
	load_down(v, v->rows, &from, false, (guint)v->height - before);
	if (v->selected < 0 && v->rows->len)
		v->selected = 0;
	if (v->rows->len >= (guint)v->height)
		v->cut = false;
	if (!v->cut)
		fill_above(v);
	return v->cut;
}

/* ---- moving ---- */

static bool
page_down(ListView *v)
{
	MessageKey last = g_array_index(v->rows, MessageRow, v->rows->len - 1).key;
	GArray *rows = rows_new();

	load_down(v, rows, &last, false, (guint)v->height);
	if (rows->len == 0 && !v->cut) {
		g_array_unref(rows);
		return false;
	}
	set_rows(v, rows);
	v->at_head = false;
	v->selected = v->rows->len ? 0 : -1;
	fill_above(v);
	return true;
}

static bool
page_up(ListView *v)
{
	MessageKey first = g_array_index(v->rows, MessageRow, 0).key;
	GArray *rows = reversed(load_up(v, &first, false, (guint)v->height));

	v->cut = false;
	if (rows->len == 0) {
		g_array_unref(rows);
		v->at_head = true;
		return false;
	}
	if (rows->len < (guint)v->height) {	/* the head: a whole page from there, the cursor on the row above the old one */
		int above = (int)rows->len;
		g_array_unref(rows);
		load_head(v);
		v->selected = MIN(above - 1, (int)v->rows->len - 1);
		return true;
	}
	set_rows(v, rows);
	v->at_head = false;
	v->selected = (int)v->rows->len - 1;
	return true;
}

bool
listview_move(ListView *v, int rows)
{
	bool moved = false;

	for (; rows > 0 && v->rows->len; rows--, moved = true) {
		if (v->selected + 1 < (int)v->rows->len)
			v->selected++;
		else if (v->cut || v->rows->len < (guint)v->height || !page_down(v))
			break;
	}
	for (; rows < 0 && v->rows->len; rows++, moved = true) {
		if (v->selected > 0)
			v->selected--;
		else if (v->at_head || !page_up(v))
			break;
	}
	return moved;
}

bool
listview_page(ListView *v, int halves)
{
	int rows = v->height * ABS(halves) / 2;

	if (v->rows->len == 0)
		return false;
	if (halves > 0 && ABS(halves) == 2) {
		if (v->rows->len < (guint)v->height || !page_down(v)) {
			bool moved = v->selected + 1 < (int)v->rows->len;
			v->selected = (int)v->rows->len - 1;
			return moved;
		}
		return true;
	}
	if (halves < 0 && ABS(halves) == 2) {
		bool moved = v->selected > 0;
		if (v->at_head || !page_up(v)) {
			v->selected = 0;
			return moved;
		}
		v->selected = 0;
		return true;
	}
	return listview_move(v, halves > 0 ? MAX(rows, 1) : -MAX(rows, 1));
}

void
listview_first(ListView *v)
{
	load_head(v);
	v->selected = v->rows->len ? 0 : -1;
}

void
listview_last(ListView *v)
{
	static const MessageKey OLDEST = { G_MININT64, 0, 0 };
	GArray *rows = reversed(load_up(v, &OLDEST, true, (guint)v->height));

	v->cut = false;
	v->at_head = rows->len < (guint)v->height;
	set_rows(v, rows);
	v->selected = (int)v->rows->len - 1;
}

bool
listview_jump(ListView *v, guint number)
{
	MessageKey key = { 0 };
	guint at = 0;

	if (!v->limit && number > 0 && messages_key_at(v->db, v->folder, number - 1, &key))
		at = number;
	while (at < number) {
		g_autoptr(GArray) keys = messages_keys(v->db, v->folder, v->limit, at ? &key : NULL, false, at == 0, MIN(number - at, 1000), 0, NULL, NULL, NULL);
		if (!keys || keys->len == 0)
			break;
		at += keys->len;
		key = g_array_index(keys, MessageKey, keys->len - 1);
	}
	if (at == 0)
		return false;
	load_from(v, &key, true);
	v->at_head = at == 1;
	v->selected = v->rows->len ? 0 : -1;
	fill_above(v);
	return at == number;
}

void
listview_select(ListView *v, guint row)
{
	if (row < v->rows->len)
		v->selected = (int)row;
}

/* ---- finding ---- */

void
listview_find_stop(ListView *v)
{
	messages_limit_free(v->find.limit);
	v->find = (Find){ 0 };
}

bool
listview_find(ListView *v, const char *pattern, bool backwards, GError **err)
{
	g_autofree char *whole = v->pattern ? g_strdup_printf("(%s) (%s)", v->pattern, pattern) : g_strdup(pattern);
	MessageLimit *limit = messages_limit_new(whole, err);

	if (!limit)
		return false;
	listview_find_stop(v);
	const MessageRow *current = listview_current(v);
	v->find = (Find){ .limit = limit, .backwards = backwards, .running = true, .has_from = current != NULL };
	if (current)
		v->find.from = v->find.start = current->key;
	return true;
}

static void
go_to(ListView *v, const MessageKey *key)
{
	int here = index_of(v->rows, key->id);
	if (here >= 0) {
		v->selected = here;
		return;
	}
	/* some rows above it, so that the eye sees where it is */
	GArray *above = reversed(load_up(v, key, false, (guint)v->height / 3));
	GArray *rows = rows_new();
	load_down(v, rows, key, true, (guint)v->height - above->len);
	v->at_head = above->len < (guint)v->height / 3;
	v->selected = (int)above->len;
	append_rows(above, rows);
	set_rows(v, above);
	fill_above(v);
}

static bool
behind_start(const Find *f, const MessageKey *key)
{
	if (!f->has_from)
		return false;
	bool newer = key->received != f->start.received ? key->received > f->start.received : key->uid > f->start.uid;
	return f->backwards ? newer : !newer && key->id != f->start.id;
}

FindState
listview_find_work(ListView *v)
{
	static const MessageKey OLDEST = { G_MININT64, 0, 0 };
	Find *f = &v->find;
	bool cut = false;
	MessageKey resume;

	if (!f->running)
		return FIND_NONE;
	const MessageKey *from = f->has_from || f->wrapped ? &f->from : NULL;
	bool restart = f->wrapped && f->from.id == -1;	/* from the other end */
	if (restart)
		from = f->backwards ? &OLDEST : NULL;
	g_autoptr(GArray) rows = messages_page(v->db, v->folder, f->limit, from, f->backwards, restart || !f->has_from, 1, SLICE_US, &cut, &resume, NULL);
	if (rows)
		g_array_set_clear_func(rows, row_clear);
	if (rows && rows->len) {
		MessageKey key = g_array_index(rows, MessageRow, 0).key;
		FindState state = f->wrapped ? FIND_WRAPPED : FIND_FOUND;
		if (f->wrapped && behind_start(f, &key))	/* seen already on the way */
			state = FIND_NOTHING;
		else
			go_to(v, &key);
		listview_find_stop(v);
		return state;
	}
	if (cut) {
		f->from = resume;
		f->has_from = true;
		return FIND_RUNNING;
	}
	if (f->wrapped || !f->has_from) {
		listview_find_stop(v);
		return FIND_NOTHING;
	}
	f->wrapped = true;
	f->from.id = -1;
	return FIND_RUNNING;
}

GArray *
listview_near(ListView *v, guint n)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	for (guint i = 0; v->selected >= 0 && i <= n && (guint)v->selected + i < v->rows->len; i++)
		g_array_append_val(ids, g_array_index(v->rows, MessageRow, (guint)v->selected + i).key.id);
	return ids;
}
