/* schedule.c - when an account sends and receives by itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/schedule.h"
#include "conf/accounts.h"

static gint64
interval(const Schedule *s)
{
	return (s->check & CHECK_EVERY) && s->minutes ? (gint64)s->minutes * 60000 : 0;
}

void
schedule_start(Schedule *s, guint check, guint minutes, gint64 now)
{
	*s = (Schedule){ .check = check, .minutes = minutes };
	if (!(check & CHECK_MANUAL) && (check & (CHECK_STARTUP | CHECK_PUSH | CHECK_EVERY)))
		s->due = MAX(now, 1);
}

void
schedule_change(Schedule *s, guint check, guint minutes, gint64 now)
{
	gint64 was = s->due, next;

	s->check = check;
	s->minutes = minutes;
	s->stopped = false;
	s->due = 0;
	if (check & CHECK_MANUAL)
		return;
	next = interval(s) ? now + interval(s) : 0;
	if (check & CHECK_PUSH)	/* it wants a connection now, not at the next start */
		s->due = MAX(now, 1);
	else if (next)
		s->due = was > 0 ? MIN(was, next) : next;
}

bool
schedule_due(const Schedule *s, gint64 now)
{
	return s->due > 0 && now >= s->due && !s->stopped && !s->paused;
}

void
schedule_ran(Schedule *s, gint64 now, guint jitter_ms)
{
	s->due = interval(s) && !(s->check & CHECK_MANUAL) ? now + interval(s) + jitter_ms : 0;
}

void
schedule_refused(Schedule *s)
{
	s->stopped = true;
}

void
schedule_acted(Schedule *s)
{
	s->stopped = false;
}
