/* over.h - a pane that lies over the three: composer, file picker, settings, waiting pane, ledger.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * They lie on a stack: the topmost has the keys and the whole body of the screen. Each brings its face; the app knows no more of it.
 * All functions but where, draw and free may be NULL. */
#pragma once

#include "sync/engine.h"
#include "ui/canvas.h"
#include "ui/commands.h"
#include "ui/keys.h"

typedef struct {
	Where (*where)(void *self);	/* the context of its keys; a single bit */
	void (*draw)(void *self, Canvas *c, Rect body, bool focused);	/* focused: the cursor is its own (no prompt, no help over it) */
	void (*move)(void *self, int rows);	/* next-entry, previous-entry */
	void (*page)(void *self, int halves, int height);	/* half a page each */
	void (*ends)(void *self, bool last);	/* first-entry, last-entry */
	bool (*key)(struct App *a, void *self, Key k, const char *paste /* with K_PASTE */);	/* a key that is bound to nothing here; false: not wanted */
	void (*letter)(struct App *a, void *self, const Letter *l);	/* every letter of every engine */
	void (*tick)(struct App *a, void *self);	/* each second */
	bool (*close)(struct App *a, void *self);	/* `close`: true: it may go now; false: it stays (asks first, or closes something of its own) */
	void (*free)(void *self);
	Needs (*have)(void *self);	/* what its selected row adds to app_have */
	const Clean *(*title)(void *self);	/* in the title line instead of the folder's; borrowed */
} OverFace;

void over_push(struct App *a, const OverFace *face, void *self /* taken */);
void over_pop(struct App *a);	/* the topmost goes (freed) */
void over_leave(struct App *a, const void *self);	/* and whatever lies on it */
/* The topmost if it has that face, else NULL. */
void *over_self(struct App *a, const OverFace *face);
bool over_has(struct App *a, const OverFace *face);	/* anywhere on the stack */
