/* schedule.h - when an account sends and receives by itself. Pure: no clock, no thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Times are CLOCK_BOOTTIME milliseconds, so that sleep counts: after it one cycle is due, not many (S26). */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	guint check;		/* CHECK_ bits of conf/accounts.h */
	guint minutes;		/* of CHECK_EVERY */
	gint64 due;		/* ms: the next cycle; 0: none by itself */
	bool stopped;		/* one refused sign-in: until the person acts (S4) */
	bool paused;		/* by the person */
} Schedule;

/* At the start of the program: with `startup`, with `every N` and with push one cycle is due at once; with manual none (S24..S26). */
void schedule_start(Schedule *s, guint check, guint minutes, gint64 now);
/* Another mode from the settings screen. "every N": N minutes from now, but not later than what was due; startup: nothing until the next start. */
void schedule_change(Schedule *s, guint check, guint minutes, gint64 now);
bool schedule_due(const Schedule *s, gint64 now);
void schedule_ran(Schedule *s, gint64 now, guint jitter_ms);	/* a cycle begins: the next one from here */
void schedule_refused(Schedule *s);
void schedule_acted(Schedule *s);	/* G, F5, a new password, a changed setting */
