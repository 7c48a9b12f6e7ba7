/* table.c - the cells of a table in columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Only tables that hold data come here; those that senders use for laying out a page are read as
 * text. */
#include "config.h"
#include "mail/run.h"

#include <string.h>

#define GAP		2	/* columns between columns */
#define NARROWEST	6	/* a column thinner than this can't be read */
#define LIMIT_COLUMNS	32

typedef struct {
	Builder *b;		/* borrowed */
	int width[LIMIT_COLUMNS];
	guint n;
} Layout;

static int
widest_line(const char *text)
{
	int most = 0;
	for (const char *p = text; ; ) {
		gsize n = strcspn(p, "\n");
		most = MAX(most, utf8_columns(p, (gssize)n));
		if (!p[n])
			return most;
		p += n + 1;
	}
}

/* Makes the widest columns narrower, all to the same width, until the sum is at most `room`. */
static bool
fit_columns(Layout *l, int room)
{
	int cap = 0, sum = 0;

	for (guint i = 0; i < l->n; i++) {
		sum += l->width[i];
		cap = MAX(cap, l->width[i]);
	}
	while (sum > room && cap > NARROWEST) {
		cap--;
		sum = 0;
		for (guint i = 0; i < l->n; i++)
			sum += MIN(l->width[i], cap);
	}
	for (guint i = 0; i < l->n; i++)
		l->width[i] = MIN(l->width[i], cap);
	return sum <= room;
}

/* The cells of a row side by side; at[] is how far each was shown. True: there are more lines. */
static bool
show_line(const Layout *l, Run *out, const Cell *const *cells, gsize *at)
{
	int column = 0;
	bool more = false;

	for (guint i = 0; i < l->n; i++) {
		int start = 0;
		for (guint k = 0; k < i; k++)
			start += l->width[k] + (l->width[k] ? GAP : 0);
		const GString *text = cells[i] ? cells[i]->run.text : NULL;
		if (!text || at[i] >= text->len)
			continue;
		gsize next, n = utf8_wrap(text->str + at[i], text->len - at[i], MAX(l->width[i], 1),
			&next);
		for (; column < start; column++)
			run_append(out, " ", 1, 0, 0);
		run_append_run(out, &cells[i]->run, at[i], at[i] + n);
		column += utf8_columns(text->str + at[i], (gssize)n);
		at[i] += MAX(next, 1);
		more = more || at[i] < text->len;
	}
	run_append(out, "\n", 1, 0, 0);
	return more;
}

static void
show_row(const Layout *l, const Cell *const *cells)
{
	gsize at[LIMIT_COLUMNS] = { 0 };
	Run out;

	run_init(&out);
	while (show_line(l, &out, cells, at) && out.text->len < 100000)
		;
	run_trim(&out);
	if (out.text->len)
		build_block(l->b, BLOCK_PRE, out.text->str, out.text->len,
			(const Span *)out.spans->data, out.spans->len);
	run_clear(&out);
}

/* The one cell with text in the row that begins at cell i, if there is only one: a headline over
 * the columns rather than a value in one of them. */
static const Cell *
only_cell(const GArray *cells, guint i, guint *end)
{
	guint row = g_array_index(cells, Cell, i).row, filled = 0;
	const Cell *last = NULL;

	for (*end = i; *end < cells->len && g_array_index(cells, Cell, *end).row == row; (*end)++) {
		const Cell *c = &g_array_index(cells, Cell, *end);
		if (c->run.text->len == 0)
			continue;
		filled++;
		last = c;
	}
	return filled == 1 && last->column == 0 ? last : NULL;
}

bool
table_show(Builder *b, const GArray *cells, guint n_columns)
{
	Layout l = { .b = b, .n = n_columns };
	guint used = 0;

	if (n_columns < 2 || n_columns > LIMIT_COLUMNS)
		return false;
	for (guint i = 0, end; i < cells->len; i = end) {
		if (only_cell(cells, i, &end))
			continue;
		for (guint k = i; k < end; k++) {
			const Cell *c = &g_array_index(cells, Cell, k);
			l.width[c->column] = MAX(l.width[c->column], widest_line(c->run.text->str));
		}
	}
	for (guint i = 0; i < l.n; i++)
		used += l.width[i] > 0;
	int room = (int)b->columns - b->indent - 2 * b->quote - GAP * (int)used;
	if (used < 2 || !fit_columns(&l, room))
		return false;
	for (guint i = 0, end; i < cells->len; i = end) {
		const Cell *row[LIMIT_COLUMNS] = { NULL }, *only = only_cell(cells, i, &end);
		if (only) {
			const Run *r = &only->run;
			build_block(b, BLOCK_TEXT, r->text->str, r->text->len,
				(const Span *)r->spans->data, r->spans->len);
			continue;
		}
		for (guint k = i; k < end; k++)
			row[g_array_index(cells, Cell, k).column] = &g_array_index(cells, Cell, k);
		show_row(&l, row);
	}
	return true;
}
