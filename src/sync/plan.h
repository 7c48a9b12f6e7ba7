/* plan.h - what we know of a connection -> the next step. Pure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The order is ARCHITECTURE section 4's: what the person waits for, the journal, new mail, flag changes, backfill,
 * prefetch, then IDLE. Background steps are cut small and at most PLAN_DEPTH of them wait for their answer, so that a
 * wish of the person's is answered behind little else. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
	PLAN_WAIT,		/* nothing to do until something ends or comes */
	PLAN_IDLE,
	PLAN_LEAVE,		/* nothing more to do, and no push: say LOGOUT */
	PLAN_SELECT,		/* facts.target */
	PLAN_FIRST_PAGE,
	PLAN_BODY,		/* the message that the person opens */
	PLAN_STORE,		/* wishes of the journal */
	PLAN_FILE,		/* a copy of a sent mail into its folder */
	PLAN_NEW,
	PLAN_LIST,
	PLAN_CHANGES,		/* CHANGEDSINCE */
	PLAN_COMPRESS,		/* much is to come: COMPRESS before it */
	PLAN_SCAN,		/* searches of the pass over flags and deletions */
	PLAN_RANGE,		/* a window of the pass over flags and deletions */
	PLAN_BACKFILL,
	PLAN_STATUS,		/* counts of another folder */
	PLAN_NOOP,		/* a check was asked for */
	PLAN_PREFETCH,
	PLAN_KEEP,		/* texts for the time without a network */
} PlanStep;

#define PLAN_DEPTH 2

typedef struct {
	bool selected;		/* the folder of `target` is the selected one */
	bool selecting;
	gint64 target;		/* the folder that the next step wants; 0: none */
	guint in_flight;	/* jobs under way, all */
	guint background;	/* those among them that nobody waits for */
	bool flowing;		/* the answer to the last of these has begun */
	bool listed, list_in_flight;
	bool page_wanted, page_in_flight;	/* nothing of the folder is here, but it is not empty */
	bool body_wanted;
	bool wishes_ready;
	bool file_wanted, file_in_flight;
	bool new_wanted, new_in_flight;
	bool changes_wanted;
	bool compress_wanted;	/* nothing of the background goes before it */
	bool scan_wanted;
	bool range_wanted;
	bool backfill_wanted;
	bool status_wanted;
	bool check_wanted;
	bool prefetch_wanted, prefetch_in_flight;
	bool keep_wanted;
	bool paused;		/* the person paused the background work */
	bool quiet;		/* the first screen has just come: background work waits a moment */
	bool push;
	bool linger;		/* without push: the connection may stay for a while */
} PlanFacts;

PlanStep plan_next(const PlanFacts *f);
bool plan_background(PlanStep step);

/* How many UIDs the next window of a pass backwards takes, so that about `rows` messages are in it: from `below` (exclusive)
 * down, with `remaining` messages known to lie there. At least 1, at most below - 1. */
guint32 plan_window(guint32 below, guint32 remaining, guint32 rows);

/* Seconds until the next try to connect after `tries` failures: 5, 10, 20 ... 300. */
guint plan_backoff(guint tries);
