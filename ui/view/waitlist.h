/* waitlist.h - all that is on its way, of all accounts, as one list in sections: what the waiting
 * pane shows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Reads the stores and draws on a canvas; knows neither keys nor engines, so a test looks at it
 * without a terminal. */
#pragma once

#include "store/journal.h"
#include "store/outbox.h"
#include "sync/engine.h"
#include "ui/canvas.h"

typedef enum {
	WAIT_OUTBOX, WAIT_FILING, WAIT_DRAFTS, WAIT_WISHES, WAIT_DOWNLOADS, WAIT_ACCOUNTS,
	WAIT_SECTIONS
} WaitSection;
enum { WAIT_WISHES_SHOWN = 100 };	/* of an account: more are only counted */

/* What is known of an account beside its store. Borrowed, for the call. */
typedef struct {
	guint number;
	const Account *account;
	Db *db;			/* NULL: its store can't be read */
	EngineState state;
	const char *state_text, *trouble, *progress, *schedule;	/* any may be NULL */
	guint64 done, total;	/* of the progress */
	const char *how_far;	/* the same in words, of an attachment; NULL: it is counted */
	guint removal_n;	/* mails that may go from the POP3 server, if the person agrees */
	bool paused, schedule_paused, stopped;
	gint64 checked_at, next_check, next_try;	/* Unix seconds; 0: none */
} WaitAccount;

typedef struct {
	WaitSection section;
	guint account;
	gint64 id;		/* row of the outbox or the journal; 0: the account itself */
	OutState state;		/* of a mail */
	bool needs_person;	/* nothing more happens by itself */
	bool paused;
	gint64 counts_to;	/* Unix seconds that are counted down to; 0: none */
	Clean *words, *who, *what, *account_name; /* owned: state in words; to whom; subject */
	GPtrArray *details;	/* owned, of Clean*: reasons, refused recipients */
} WaitEntry;

typedef struct WaitList WaitList;
WaitList *waitlist_new(GTimeZone *zone /* borrowed */);
void waitlist_free(WaitList *l);

/* Reads everything anew; the cursor stays on its entry. */
void waitlist_fill(WaitList *l, const WaitAccount *accounts, guint n, gint64 now);
bool waitlist_counts(const WaitList *l);	/* a number in it changes with each second */
guint waitlist_count(const WaitList *l, WaitSection section);

const WaitEntry *waitlist_current(const WaitList *l);	/* borrowed until the next fill; or NULL */
void waitlist_move(WaitList *l, int entries);
void waitlist_select(WaitList *l, WaitSection section);	/* its first entry; stays if it has none */
void waitlist_draw(WaitList *l, Canvas *c, Rect r, bool focused);

/* "Anna Weber", "Anna Weber +2": of an address list, for a sentence. Yours. */
char *waitlist_people(const char *list);
/* "10:17", "Tue 10:17", "2026-12-24 10:17". Yours. */
char *waitlist_time(gint64 when, gint64 now, GTimeZone *zone);
/* Its mails leave when their time has come; else they wait for a check or a word. */
bool waitlist_leaves_by_itself(const Account *account, bool stopped, bool paused);
/* What happens next with a mail, in words. Yours. */
char *waitlist_mail_words(const OutRow *r, const WaitAccount *acc, gint64 now, GTimeZone *zone);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WaitList, waitlist_free)
