/* outbox.c - mails of the person leave by SMTP, once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"

struct Sender { bool once; };

Sender *
outbox_new(Engine *e)
{
	return g_new0(Sender, 1);
}

void
outbox_free(Sender *s)
{
	g_free(s);
}

bool
outbox_up(const Engine *e)
{
	return false;
}

bool
outbox_wants(Engine *e)
{
	return false;
}

void
outbox_start(Engine *e)
{
}

void
outbox_pump(Engine *e)
{
}

void
outbox_drop(Engine *e)
{
}

void
outbox_leave(Engine *e)
{
}

gint64
outbox_deadline(Engine *e)
{
	return -1;
}

void
outbox_cycle(Engine *e)
{
	engine_sent(e);
}

void
outbox_request(Engine *e, const Request *r)
{
	Letter *l = letter_new(LETTER_DRAFT);
	l->message = r->message;
	l->when = r->when;
	l->failed = true;
	l->text2 = g_strdup(_("This version of eilpost can't send yet."));
	engine_tell(e, l);
}
