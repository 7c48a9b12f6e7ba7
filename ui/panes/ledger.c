/* ledger.c - the pane of what lies on the POP3 servers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/ledger.h"
#include "base/intl.h"

typedef struct {
	App *app;		/* borrowed */
	PopList *list;		/* owned */
	Clean *title;		/* owned */
	bool stale;
} LedgerPane;

static void
read_anew(LedgerPane *p)
{
	const App *a = p->app;
	g_autofree PopListAccount *all = g_new0(PopListAccount, a->accounts->len);

	guint n = 0;
	for (guint i = 0; i < a->accounts->len; i++) {
		const AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (acc->gone)
			continue;
		g_autofree char *agreed = acc->db ? db_fact(acc->db, "pop-removal") : NULL;
		all[n++] = (PopListAccount){ acc->number, acc->account, acc->db, acc->removal_n > 0 ||
			(acc->removal_said ? acc->removal_said < 0 : g_strcmp0(agreed, "yes") != 0) };
	}
	p->stale = false;
	poplist_fill(p->list, all, n, g_get_real_time() / G_USEC_PER_SEC);
}

static Where
where(void *self)
{
	return IN_LEDGER;
}

static void
draw(void *self, Canvas *c, Rect body, bool focused)
{
	LedgerPane *p = self;
	if (p->stale)
		read_anew(p);
	poplist_draw(p->list, c, body, focused);
}

static void
move(void *self, int rows)
{
	poplist_move(((LedgerPane *)self)->list, rows);
}

static void
page(void *self, int halves, int height)
{
	poplist_move(((LedgerPane *)self)->list, halves * MAX(height / 2, 1));
}

static void
ends(void *self, bool last)
{
	poplist_move(((LedgerPane *)self)->list, last ? G_MAXINT / 2 : G_MININT / 2);
}

static void
letter(App *a, void *self, const Letter *l)
{
	if (l->kind != LETTER_BODY && l->kind != LETTER_PROGRESS)
		((LedgerPane *)self)->stale = true;
}

static void
pane_free(void *self)
{
	LedgerPane *p = self;
	poplist_free(p->list);
	clean_free(p->title);
	g_free(p);
}

static const Clean *
title(void *self)
{
	return ((LedgerPane *)self)->title;
}

static const OverFace FACE = {
	.where = where,
	.draw = draw,
	.move = move,
	.page = page,
	.ends = ends,
	.letter = letter,
	.free = pane_free,
	.title = title,
};

void
ledger_open(App *a, guint account)
{
	LedgerPane *p = over_self(a, &FACE);
	if (!p && over_has(a, &FACE)) {
		app_say(a, STYLE_STATUS, "%s",
			_("The list of what lies on the server is below; Esc goes back to it."));
		return;
	}
	if (!p) {
		p = g_new0(LedgerPane, 1);
		p->app = a;
		p->list = poplist_new(a->zone);
		p->title = clean_new(_("On the POP3 server"), -1, CLEAN_LINE);
		over_push(a, &FACE, p);
	}
	read_anew(p);
	poplist_select_account(p->list, account);
}

const PopList *
ledger_list(App *a)
{
	LedgerPane *p = over_self(a, &FACE);
	return p ? p->list : NULL;
}

void
ledger_stale(App *a)
{
	LedgerPane *p = over_self(a, &FACE);
	if (p)
		p->stale = true;
}
