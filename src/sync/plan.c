/* plan.c - what we know of a connection -> the next step.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/plan.h"

bool
plan_background(PlanStep step)
{
	return step == PLAN_RANGE || step == PLAN_BACKFILL || step == PLAN_STATUS || step == PLAN_PREFETCH || step == PLAN_CHANGES || step == PLAN_KEEP;
}

static PlanStep
in_folder(const PlanFacts *f)
{
	if (f->body_wanted)
		return PLAN_BODY;
	if (f->page_wanted && !f->page_in_flight)
		return PLAN_FIRST_PAGE;
	if (f->wishes_ready)
		return PLAN_STORE;
	if (f->file_wanted && !f->file_in_flight)
		return PLAN_FILE;
	if (f->new_wanted && !f->new_in_flight && !f->page_in_flight)
		return PLAN_NEW;
	return PLAN_WAIT;
}

static bool
other_background(const PlanFacts *f)
{
	return f->compress_wanted || f->prefetch_wanted || f->changes_wanted || f->scan_wanted || f->paused || f->range_wanted || f->backfill_wanted ||
		f->status_wanted;
}

/* What goes on behind the person's back, in the selected folder. */
static PlanStep
background(const PlanFacts *f)
{
	if (f->page_in_flight || f->quiet)
		return PLAN_WAIT;
	/* Dovecot 2.3 ends commands that it read together together: the next one follows when the last one's rows begin, not
	 * when its end has come, or the line would be idle in between */
	if (f->background >= PLAN_DEPTH && !(f->flowing && f->background == PLAN_DEPTH))	/* texts that are kept come in a stream, as long as nothing else is wanted */
		return f->keep_wanted && !other_background(f) ? PLAN_KEEP : PLAN_WAIT;
	if (f->compress_wanted && !f->paused)
		return f->in_flight ? PLAN_WAIT : PLAN_COMPRESS;
	if (f->prefetch_wanted && !f->prefetch_in_flight)
		return PLAN_PREFETCH;
	if (f->changes_wanted)
		return PLAN_CHANGES;
	if (f->scan_wanted)
		return PLAN_SCAN;
	if (f->paused)
		return PLAN_WAIT;
	if (f->range_wanted)
		return PLAN_RANGE;
	if (f->backfill_wanted)
		return PLAN_BACKFILL;
	if (f->status_wanted)
		return PLAN_STATUS;
	if (f->keep_wanted)
		return PLAN_KEEP;
	return PLAN_WAIT;
}

PlanStep
plan_next(const PlanFacts *f)
{
	PlanStep step = PLAN_WAIT;

	if (f->selecting)
		return PLAN_WAIT;
	/* answers name no folder: another one is selected only when nothing is under way */
	if (f->target && !f->selected)
		return f->in_flight ? PLAN_WAIT : PLAN_SELECT;
	if (f->target)
		step = in_folder(f);
	if (step != PLAN_WAIT)
		return step;
	if (!f->listed)
		return f->list_in_flight ? PLAN_WAIT : PLAN_LIST;
	if (f->check_wanted)
		return PLAN_NOOP;
	step = background(f);
	if (step != PLAN_WAIT || f->in_flight || f->quiet)
		return step;
	if (f->push && f->target)
		return PLAN_IDLE;
	return f->linger ? PLAN_WAIT : PLAN_LEAVE;
}

guint32
plan_window(guint32 below, guint32 remaining, guint32 rows)
{
	guint32 span = below > 1 ? below - 1 : 1;
	if (remaining <= rows)
		return span;
	guint64 width = (guint64)span * rows / remaining;
	return (guint32)CLAMP(width, 1, span);
}

guint
plan_backoff(guint tries)
{
	guint seconds = 5;
	while (tries-- > 1 && seconds < 300)
		seconds *= 2;
	return MIN(seconds, 300);
}
