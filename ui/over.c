/* over.c - the stack of panes that lie over the three.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/over.h"
#include "ui/panes/setup.h"

static Over *
top(const App *a)
{
	return a->overs->len ? &g_array_index(a->overs, Over, a->overs->len - 1) : NULL;
}

Over *
over_top(const App *a)
{
	return a->helping ? NULL : top(a);
}

void
over_push(App *a, const OverFace *face, void *self)
{
	Over o = { face, self };
	g_array_append_val(a->overs, o);
	keymap_reset(a->keymap);
}

void
over_pop(App *a)
{
	Over *o = top(a);
	if (!o)
		return;
	Over gone = *o;
	g_array_set_size(a->overs, a->overs->len - 1);
	if (gone.face->free)
		gone.face->free(gone.self);
	keymap_reset(a->keymap);
	if (a->quitting)
		return;
	if (a->overs->len == 0 && app_running(a) == 0)	/* the last account went */
		setup_open(a);
	app_ask_secret(a);
}

void *
over_self(App *a, const OverFace *face)
{
	Over *o = top(a);
	return o && o->face == face ? o->self : NULL;
}

bool
over_has(App *a, const OverFace *face)
{
	for (guint i = 0; i < a->overs->len; i++)
		if (g_array_index(a->overs, Over, i).face == face)
			return true;
	return false;
}

void
over_leave(App *a, const void *self)
{
	guint at = 0, n = a->overs->len;

	while (at < n && g_array_index(a->overs, Over, at).self != self)
		at++;
	for (guint i = at; i < n; i++)
		over_pop(a);
}

/* From the topmost down: a letter may close the one that gets it. */
void
over_letter(App *a, const Letter *l)
{
	for (guint i = a->overs->len; i > 0; i--) {
		Over o = g_array_index(a->overs, Over, MIN(i, a->overs->len) - 1);
		if (o.face->letter)
			o.face->letter(a, o.self, l);
		if (a->overs->len == 0)
			break;
	}
}

void
over_tick(App *a)
{
	Over *o = top(a);
	if (o && o->face->tick)
		o->face->tick(a, o->self);
}

void
over_clear(App *a)
{
	while (a->overs->len)
		over_pop(a);
}
