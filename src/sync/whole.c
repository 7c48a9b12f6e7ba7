/* whole.c - a whole message that comes from here becomes a row of the store: its header is read in the renderer's process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/engine_private.h"

void
message_take_summary(Message *m, const Summary *s)
{
	m->sent = s->sent;
	m->traits = s->traits;
	m->subject = g_strdup(s->subject);
	m->from_name = g_strdup(s->from_name);
	m->from_address = g_strdup(s->from_address);
	m->to = g_strdup(s->to);
	m->cc = g_strdup(s->cc);
	m->reply_to = g_strdup(s->reply_to);
	m->message_id = g_strdup(s->message_id);
	m->in_reply_to = g_strdup(s->in_reply_to);
	m->references = g_strdup(s->references);
}

Message *
message_of_whole(Engine *e, GBytes *whole)
{
	Message *m = message_new();
	Summary s = { 0 };

	render_summaries(e->render, &whole, 1, &s);
	message_take_summary(m, &s);
	m->received = s.received;
	m->size = g_bytes_get_size(whole);
	summary_clear(&s);
	return m;
}
