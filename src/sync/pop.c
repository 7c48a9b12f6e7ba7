/* pop.c - receives by POP3 into the one inbox of the account.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"

struct Pop { bool wanted; };

Pop *
pop_new(Engine *e)
{
	return g_new0(Pop, 1);
}

void
pop_free(Pop *p)
{
	g_free(p);
}

bool
pop_up(const Engine *e)
{
	return false;
}

bool
pop_wants(Engine *e)
{
	return e->check_wanted;
}

void
pop_start(Engine *e)
{
	e->check_wanted = false;
	engine_state(e, ENGINE_BLOCKED, _("not connected"));
	engine_trouble(e, EIL_REFUSED, g_strdup_printf(_("%s is not an IMAP account; this version of eilpost reads mail by IMAP only."), e->account->name));
	engine_cycle_ended(e, false);
}

void
pop_pump(Engine *e)
{
}

void
pop_drop(Engine *e)
{
}

void
pop_leave(Engine *e)
{
}

gint64
pop_deadline(const Engine *e)
{
	return -1;
}

void
pop_request(Engine *e, const Request *r)
{
}
