/* compose_private.h - what compose.c, compose_draw.c and compose_send.c share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/app_private.h"
#include "ui/identity.h"
#include "ui/panes/compose.h"
#include "ui/view/editor.h"

enum { SAVE_S = 10, SAVE_KEYS = 200 };

/* A line of the pane: a field, an attachment, the text. */
typedef enum { LINE_FIELD, LINE_ATTACHMENT, LINE_BODY } ComposeLineKind;
typedef struct { ComposeLineKind kind; int n; } ComposeLine;

/* A copy in another account's outbox, from before the sender was changed: it goes when the mail is
 * kept in the new one.
 * row 0: the answer to that save, `number`, is still to come. */
typedef struct { guint account; gint64 row, number; } ComposeLeft;

struct Compose {
	App *app;		/* borrowed */
	guint account;
	gint64 row;		/* in the outbox; 0: not yet */
	Draft *draft;		/* owned: what no editor holds, and where it is gathered */
	GString *clip;		/* owned */
	Editor *fields[DRAFT_FIELDS];	/* owned; From is chosen, not typed */
	Editor *body;		/* owned */
	Clean *problems[DRAFT_FIELDS];	/* owned: what is wrong with the addresses; NULL: nothing */
	GPtrArray *identities;	/* owned */
	guint identity;
	ComposeLine focus;
	bool typing, wanted[DRAFT_FIELDS];	/* wanted: shown though empty */
	int top;		/* first line shown above the text */
	Clean *title;		/* owned */

	guint touched;		/* changes outside of the editors */
	guint begun, saved;	/* compose_version at the beginning, when it was last saved */
	GArray *left;		/* owned, of ComposeLeft */
	gint64 number;		/* of the request that runs */
	gint64 tried_at;	/* monotonic seconds of the last save */
	gint64 kept_at;		/* Unix seconds; 0: not yet */
	guint keys;		/* typed since then */
	gint64 goes_on_with;	/* a message of `origin`'s folder of drafts; 0: none */
	guint origin;		/* account */
	bool saving, sending, trouble_said;
	bool close_then, send_then, discard_then;	/* when the save that runs is done */
	bool finished;		/* nothing of it is to be kept any more */
	gint64 send_at;		/* 0: after the undo time */
	bool no_subject_agreed, no_attachment_agreed;
};

/* compose.c */
GArray *compose_lines(const Compose *c);	/* of ComposeLine; yours */
int compose_focus_index(const Compose *c, const GArray *lines);
guint compose_version(const Compose *c);
void compose_gather(Compose *c);	/* from the editors into the draft */
const Identity *compose_identity(const Compose *c);
void compose_check_field(Compose *c, int field);
void compose_go(Compose *c, ComposeLine to, bool typing);

/* compose_send.c */
void compose_change_account(Compose *c, guint account);
void compose_save(Compose *c);
void compose_letter(App *a, void *self, const Letter *l);
void compose_tick(App *a, void *self);
bool compose_close(App *a, void *self);

/* compose_draw.c */
void compose_draw(void *self, Canvas *canvas, Rect body, bool focused);
