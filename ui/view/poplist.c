/* poplist.c - what lies on the POP3 servers, since when, and when it goes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/poplist.h"
#include "base/intl.h"
#include "ui/layout.h"
#include "ui/rows.h"
#include "ui/theme.h"
#include "ui/view/waitlist.h"

#include <string.h>

enum { NARROW = 72 };

typedef struct {
	guint number;
	Account *account;	/* shared */
	GPtrArray *rows;	/* owned, of PopRow* */
	PopTotals totals;
	bool asks;
} Section;

typedef struct { guint section, row; /* 0: the head; else 1 + index */ } Line;

struct PopList {
	GTimeZone *zone;	/* borrowed */
	GArray *sections;	/* owned, of Section */
	GArray *lines;		/* owned, of Line */
	gint64 now;
	gint64 selected, top;	/* lines */
};

static void
section_clear(gpointer p)
{
	Section *s = p;
	g_ptr_array_unref(s->rows);
	account_unref(s->account);
}

PopList *
poplist_new(GTimeZone *zone)
{
	PopList *l = g_new0(PopList, 1);
	l->zone = zone;
	l->sections = g_array_new(FALSE, TRUE, sizeof(Section));
	g_array_set_clear_func(l->sections, section_clear);
	l->lines = g_array_new(FALSE, FALSE, sizeof(Line));
	return l;
}

void
poplist_free(PopList *l)
{
	if (!l)
		return;
	g_array_unref(l->sections);
	g_array_unref(l->lines);
	g_free(l);
}

PopFate
poplist_fate(const Account *account, const PopRow *row, gint64 now, gint64 *at)
{
	*at = 0;
	if (row->state == POP_DELETING)
		return POP_GOES_NOW;
	if (row->state != POP_HERE)
		return account->keep == KEEP_YES ? POP_STAYS : POP_NOT_HERE;
	switch (account->keep) {
	case KEEP_YES:
		return POP_STAYS;
	case KEEP_NO:
		return POP_GOES_NOW;
	case KEEP_DAYS:
		*at = row->first_seen + (gint64)account->keep_days * 86400;
		return *at <= now ? POP_GOES_NOW : POP_GOES_AT;
	case KEEP_UNTIL_DELETED:
		return row->message == 0 ? POP_GOES_NOW : POP_GOES_WHEN_DELETED;
	}
	return POP_STAYS;
}

char *
poplist_policy(const Account *account)
{
	switch (account->keep) {
	case KEEP_YES:
		return g_strdup(_("everything stays on the server"));
	case KEEP_NO:
		return g_strdup(_("what is here goes from the server"));
	case KEEP_DAYS:
		return g_strdup_printf(ngettext("what is here goes from the server after %d day",
					       "what is here goes from the server after %d days",
					       (gulong)account->keep_days),
			account->keep_days);
	case KEEP_UNTIL_DELETED:
		return g_strdup(_("what you delete here goes from the server"));
	}
	return g_strdup("");
}

/* ---- filling ---- */

static gint64
id_at(const PopList *l, gint64 line, guint *account)
{
	if (line < 0 || line >= (gint64)l->lines->len)
		return -1;
	const Line *at = &g_array_index(l->lines, Line, line);
	const Section *s = &g_array_index(l->sections, Section, at->section);
	*account = s->number;
	return at->row ? ((const PopRow *)g_ptr_array_index(s->rows, at->row - 1))->id : 0;
}

static void
count(Section *s, gint64 now)
{
	gint64 at;
	for (guint i = 0; i < s->rows->len; i++) {
		const PopRow *r = g_ptr_array_index(s->rows, i);
		bool due = poplist_fate(s->account, r, now, &at) == POP_GOES_NOW;
		s->totals.all++;
		s->totals.bytes += r->size;
		s->totals.due += due;
		s->totals.due_bytes += due ? r->size : 0;
	}
}

void
poplist_fill(PopList *l, const PopListAccount *accounts, guint n, gint64 now)
{
	guint account = 0, other;
	gint64 id = id_at(l, l->selected, &account);

	g_array_set_size(l->sections, 0);
	g_array_set_size(l->lines, 0);
	l->now = now;
	for (guint i = 0; i < n; i++) {
		const PopListAccount *a = &accounts[i];
		if (!account_is_pop(a->account))
			continue;
		GPtrArray *rows = a->db ? pop_list(a->db, true, NULL) : NULL;
		Section s = { a->number, account_ref((Account *)a->account),
			rows ? rows : g_ptr_array_new(), { 0 }, a->asks };
		count(&s, now);
		for (guint k = 0; k <= s.rows->len; k++)
			g_array_append_val(l->lines, ((Line){ l->sections->len, k }));
		g_array_append_val(l->sections, s);
	}
	l->selected = CLAMP(l->selected, 0, MAX((gint64)l->lines->len - 1, 0));
	for (guint i = 0; i < l->lines->len && id >= 0; i++)
		if (id_at(l, i, &other) == id && other == account)
			l->selected = i;
}

PopTotals
poplist_totals(const PopList *l, guint account)
{
	for (guint i = 0; i < l->sections->len; i++)
		if (g_array_index(l->sections, Section, i).number == account)
			return g_array_index(l->sections, Section, i).totals;
	return (PopTotals){ 0 };
}

bool
poplist_account(const PopList *l, guint *account)
{
	return id_at(l, l->selected, account) >= 0;
}

const PopRow *
poplist_current(const PopList *l)
{
	if (l->selected >= (gint64)l->lines->len)
		return NULL;
	const Line *at = &g_array_index(l->lines, Line, l->selected);
	const Section *s = &g_array_index(l->sections, Section, at->section);
	return at->row ? g_ptr_array_index(s->rows, at->row - 1) : NULL;
}

void
poplist_select_account(PopList *l, guint account)
{
	guint other;
	for (guint i = 0; i < l->lines->len; i++)
		if (id_at(l, i, &other) == 0 && other == account)
			l->selected = i;
}

void
poplist_move(PopList *l, int rows)
{
	l->selected = CLAMP(l->selected + rows, 0, MAX((gint64)l->lines->len - 1, 0));
}

/* ---- drawing ---- */

static char *
fate_words(const PopList *l, const Section *s, const PopRow *r)
{
	gint64 at;
	switch (poplist_fate(s->account, r, l->now, &at)) {
	case POP_STAYS:
		return g_strdup(_("stays"));
	case POP_GOES_NOW:
		return g_strdup(r->state != POP_DELETING && s->asks ?
				_("due: asks you") :
				_("goes with the next check"));
	case POP_GOES_AT: {
		g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at);
		g_autoptr(GDateTime) local = utc ? g_date_time_to_timezone(utc, l->zone) : NULL;
		g_autofree char *day =
			local ? g_date_time_format(local, "%Y-%m-%d") : g_strdup("?");
		return g_strdup_printf(_("goes %s"), day);
	}
	case POP_GOES_WHEN_DELETED:
		return g_strdup(_("goes when deleted here"));
	case POP_NOT_HERE:
		return g_strdup(_("not fetched yet: stays"));
	}
	return g_strdup("");
}

char *
poplist_size(guint64 bytes)
{
	Clean *size = rows_size(bytes);
	char *text = g_strdup_printf(bytes < 1000 ? "%s B" : "%s", clean_peek(size));
	clean_free(size);
	return text;
}

static char *
mails(guint n, guint64 bytes)
{
	g_autofree char *size = poplist_size(bytes);
	return g_strdup_printf(ngettext("%'u mail, %s", "%'u mails, %s", n), n, size);
}

static void
draw_head(Canvas *c, int y, Rect r, const Section *s)
{
	g_autofree char *all = mails(s->totals.all, s->totals.bytes),
			*policy = poplist_policy(s->account),
			*due = mails(s->totals.due, s->totals.due_bytes);
	g_autofree char *asks =
		s->asks && s->totals.due ? g_strdup_printf(_("due: %s (D decides)"), due) : NULL;
	Clean *text = clean_printf("  %s  %s · %s%s%s", s->account->name, all, asks ? asks : policy,
		asks ? " · " : "", asks ? policy : "");
	canvas_put(c, y, r.x, r.w, STYLE_HEADING, PUT_PAD | PUT_CUT, text);
	if (asks)
		canvas_put_char(c, y, r.x, STYLE_HEADING, '!');
	clean_free(text);
}

static Clean *
since(const PopList *l, const PopRow *r)
{
	RowContext rc = { .now = l->now, .zone = l->zone };
	return rows_date(r->first_seen, &rc);
}

static void
draw_row(const PopList *l, Canvas *c, int y, Rect r, const Section *s, const PopRow *row)
{
	g_autofree char *fate_text = fate_words(l, s, row);
	gint64 at;
	bool due = poplist_fate(s->account, row, l->now, &at) == POP_GOES_NOW;
	CellStyle style = due ? STYLE_WARN : STYLE_NORMAL;
	Clean *fate = clean_new(fate_text, -1, CLEAN_LINE), *date = since(l, row),
	      *size = rows_size(row->size);
	Clean *from = clean_new(row->from ? row->from : "", -1, CLEAN_LINE);
	const char *none = row->state == POP_SEEN ? _("(not fetched yet)") : _("(no subject)");
	Clean *subject = clean_new(row->subject ? row->subject : none, -1, CLEAN_LINE);
	int x = r.x + 2, end = r.x + r.w, fate_w = r.w >= NARROW ? 26 : CLAMP(r.w / 3, 6, 15);

	canvas_put(c, y, x, MIN(7, end - x), style, PUT_CUT, date);
	canvas_put(c, y, x + 8, MIN(fate_w - 1, end - x - 8), style, PUT_CUT, fate);
	x += 8 + fate_w;
	if (r.w >= NARROW) {
		canvas_put(c, y, x, 4, style, PUT_PAD | PUT_RIGHT, size);
		canvas_put(c, y, x + 6, 19, style, PUT_CUT, from);
		x += 26;
	}
	if (end > x)
		canvas_put(c, y, x, end - x, style, PUT_CUT, subject);
	clean_free(fate);
	clean_free(date);
	clean_free(size);
	clean_free(from);
	clean_free(subject);
}

void
poplist_draw(PopList *l, Canvas *c, Rect r, bool focused)
{
	canvas_fill(c, r, STYLE_NORMAL);
	if (rect_empty(r))
		return;
	if (l->lines->len == 0)
		canvas_put(c, r.y, r.x + 1, r.w - 1, STYLE_NOTE, PUT_CUT,
			clean_ours(_("No account receives by POP3.")));
	l->top = layout_list_top(l->top, l->selected, r.h, l->lines->len);
	for (int i = 0; i < r.h && l->top + i < l->lines->len; i++) {
		const Line *line = &g_array_index(l->lines, Line, l->top + i);
		const Section *s = &g_array_index(l->sections, Section, line->section);
		if (line->row)
			draw_row(l, c, r.y + i, r, s, g_ptr_array_index(s->rows, line->row - 1));
		else
			draw_head(c, r.y + i, r, s);
		if (l->top + i == l->selected) {
			canvas_style_row(c, r.y + i, r.x, r.w,
				focused ? STYLE_SELECTED : STYLE_SELECTED_IDLE);
			if (focused)
				canvas_cursor(c, r.y + i, r.x, true);
		}
	}
}
