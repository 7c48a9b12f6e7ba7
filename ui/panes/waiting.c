/* waiting.c - the pane of all that is on its way.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It is read anew before a picture, when a letter said that something changed; while something
 * counts down, each second. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/waiting.h"
#include "base/intl.h"

typedef struct {
	App *app;		/* borrowed */
	WaitList *list;		/* owned */
	Clean *title;		/* owned */
	bool stale;
	gint64 read_at;		/* Unix seconds */
	int height;
} WaitingPane;

static gint64
now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static const char *
peek(const Clean *c)
{
	return c ? clean_peek(c) : NULL;
}

static WaitAccount
account_of(const AppAccount *acc, const char *how_far)
{
	return (WaitAccount){
		.number = acc->number,
		.account = acc->account,
		.db = acc->db,
		.state = acc->state,
		.state_text = peek(acc->state_text),
		.trouble = peek(acc->trouble),
		.progress = peek(acc->progress),
		.schedule = peek(acc->schedule),
		.done = acc->done,
		.total = acc->total,
		.how_far = how_far,
		.paused = acc->paused,
		.removal_n = acc->removal_n,
		.schedule_paused = acc->schedule_paused,
		.stopped = acc->stopped,
		.checked_at = acc->checked_at,
		.next_check = acc->next_check,
		.next_try = acc->next_try,
	};
}

static void
read_anew(WaitingPane *p)
{
	const App *a = p->app;
	g_autofree WaitAccount *all = g_new0(WaitAccount, a->accounts->len);
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func((GDestroyNotify)clean_free);

	guint n = 0;
	for (guint i = 0; i < a->accounts->len; i++) {
		const AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (acc->gone)
			continue;
		Clean *how_far = acc->progress && acc->progress_message ? large_progress(acc) : NULL;
		if (how_far)
			g_ptr_array_add(words, how_far);
		all[n++] = account_of(acc, peek(how_far));
	}
	p->read_at = now_s();
	p->stale = false;
	waitlist_fill(p->list, all, n, p->read_at);
}

static Where
where(void *self)
{
	return IN_WAITING;
}

static void
draw(void *self, Canvas *c, Rect body, bool focused)
{
	WaitingPane *p = self;
	if (p->stale)
		read_anew(p);
	p->height = body.h;
	waitlist_draw(p->list, c, body, focused);
}

static void
move(void *self, int rows)
{
	waitlist_move(((WaitingPane *)self)->list, rows);
}

static void
page(void *self, int halves, int height)
{
	int half = MAX(height / 2, 1);
	waitlist_move(((WaitingPane *)self)->list, halves * MAX(half / 2, 1));
}

static void
ends(void *self, bool last)
{
	waitlist_move(((WaitingPane *)self)->list, last ? G_MAXINT / 2 : G_MININT / 2);
}

static void
letter(App *a, void *self, const Letter *l)
{
	if (l->kind != LETTER_BODY)
		((WaitingPane *)self)->stale =
			true; /* after the app has taken it, before the next picture */
}

static void
tick(App *a, void *self)
{
	WaitingPane *p = self;
	/* times of day turn with the minute */
	if (waitlist_counts(p->list) || now_s() / 60 != p->read_at / 60)
		p->stale = true;
}

static void
pane_free(void *self)
{
	WaitingPane *p = self;
	waitlist_free(p->list);
	clean_free(p->title);
	g_free(p);
}

static const Clean *
title(void *self)
{
	return ((WaitingPane *)self)->title;
}

static const OverFace FACE = {
	.where = where,
	.draw = draw,
	.move = move,
	.page = page,
	.ends = ends,
	.letter = letter,
	.tick = tick,
	.free = pane_free,
	.title = title,
};

void
waiting_open(App *a, WaitSection section)
{
	WaitingPane *p = over_self(a, &FACE);
	if (!p && over_has(a, &FACE)) {
		app_say(a, STYLE_STATUS, "%s",
			_("The list of what is on its way lies below; Esc goes back to it."));
		return;
	}
	if (!p) {
		p = g_new0(WaitingPane, 1);
		p->app = a;
		p->list = waitlist_new(a->zone);
		p->title = clean_new(_("On its way"), -1, CLEAN_LINE);
		over_push(a, &FACE, p);
	}
	read_anew(p);
	waitlist_select(p->list, section);
}

const WaitEntry *
waiting_current(App *a)
{
	WaitingPane *p = over_self(a, &FACE);
	return p ? waitlist_current(p->list) : NULL;
}

void
waiting_stale(App *a)
{
	WaitingPane *p = over_self(a, &FACE);
	if (p)
		p->stale = true;
}
