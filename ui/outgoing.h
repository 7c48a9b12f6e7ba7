/* outgoing.h - the mails of the person that are on their way, in short: how many, which one may
 * still be taken back, and what became of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/outbox.h"
#include "sync/engine.h"
#include "ui/canvas.h"

struct App;
typedef struct Outgoing Outgoing;

Outgoing *outgoing_new(void);
void outgoing_free(Outgoing *o);

/* The account's outbox is read anew; what left meanwhile is said in the bottom line, if the program
 * was there to see it. */
void outgoing_read(struct App *a, guint account, bool say);
void outgoing_forget(struct App *a, guint account);	/* it is not here any more */
typedef struct {
	guint waiting;		/* have not left yet */
	guint needs_person;	/* refused or in doubt */
} OutgoingCounts;
OutgoingCounts outgoing_counts(const Outgoing *o);
bool outgoing_leaves(const Outgoing *o, guint account);	/* one is being sent, and is not handed over yet */

/* "The mail to Anna leaves in 9 s · u takes it back"; NULL: nothing is in its undo time. Yours. */
Clean *outgoing_countdown(struct App *a);
bool outgoing_counting(struct App *a);	/* the picture changes with the second */
/* Takes the newest back that is in its undo time. False: there is none. */
bool outgoing_take_back(struct App *a);
/* A mail is a draft again, then the composer opens with it (LETTER_DRAFT comes to
 * outgoing_taken_back). */
void outgoing_edit(struct App *a, guint account, gint64 row);
void outgoing_taken_back(struct App *a, const Letter *l);
