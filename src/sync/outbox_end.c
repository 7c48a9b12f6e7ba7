/* outbox_end.c - how a mail on its way ends, and that this is written down.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What the server said of a mail is known nowhere else, and decides whether it is sent once more: if the store fails just
 * then, it is kept here and written down later, and no other mail begins before. */
#include "config.h"
#include "sync/outbox_private.h"
#include "base/intl.h"

#define END_AGAIN_MS 15000

static void
result_clear(gpointer p)
{
	Result *r = p;
	g_free(r->address);
	g_free(r->reply);
}

void
end_clear(Sender *s)
{
	s->row = 0;
	g_clear_pointer(&s->message, g_bytes_unref);
	g_clear_pointer(&s->recipients, g_strfreev);
	for (guint i = 0; i < s->results->len; i++)
		result_clear(&g_array_index(s->results, Result, i));
	g_array_set_size(s->results, 0);
	g_clear_pointer(&s->end.why, g_free);
	s->end_at = 0;
	s->given = 0;
	s->told = 0;
	s->wants_data = s->released_end = false;
}

gint64
end_back_off(guint tries)
{
	static const guint minutes[] = { 1, 5, 15, 30, 60, 120, 240 };
	return (gint64)minutes[MIN(tries, G_N_ELEMENTS(minutes) - 1)] * 60;
}

/* One transaction: what the recipients were told, and the new state. */
static bool
write_end(Engine *e)
{
	Sender *s = e->sender;
	const MailEnd *end = &s->end;
	GError *err = NULL;
	gint64 row = s->row;
	bool ok = store_begin(e, &err);

	for (guint i = 0; ok && i < s->results->len; i++) {
		const Result *r = &g_array_index(s->results, Result, i);
		if (end->taken || !r->accepted)
			ok = outbox_set_recipient(e->db, row, r->address, r->accepted, r->code, r->reply, &err);
	}
	ok = ok && outbox_set_state(e->db, row, end->state, end->not_before, end->why, &err);
	if (ok && end->state == OUT_SENT) {
		s->acted = true;
		file_mark_answered(e, row, &err);
	}
	return outbox_commit(e, ok && !err, &err);
}

void
end_write(Engine *e)
{
	Sender *s = e->sender;
	gint64 row = s->row;

	if (!write_end(e)) {
		s->end_at = e->now + END_AGAIN_MS;
		s->wants_data = false;
		return;
	}
	if (s->end.state == OUT_SENT)
		file_here(e);
	if (s->end.state != OUT_QUEUED)
		g_hash_table_remove(s->released, &row);
	if (s->told) {
		Letter *l = letter_new(LETTER_PROGRESS);
		l->done = l->total = 1;
		engine_tell(e, l);
	}
	end_clear(s);
	s->last_use = e->now;
	outbox_told(e, row);
}

void
end_settle(Engine *e, OutState state, bool taken, gint64 not_before, const char *why)
{
	char *before = e->sender->end.why;	/* perhaps why itself */

	e->sender->end = (MailEnd){ state, taken, not_before, g_strdup(why) };
	g_free(before);
	end_write(e);
}

void
end_in_doubt(Engine *e)
{
	Sender *s = e->sender;
	g_autoptr(OutRow) row = outbox_get(e->db, s->row, NULL);
	char *sentence = g_strdup_printf(_("The connection broke just when the mail “%s” was handed over: nobody knows whether it arrived. It is not sent again by itself; "
		"the waiting pane (F4) asks what to do."), row && row->subject ? row->subject : "");
	end_settle(e, OUT_UNKNOWN, false, 0, sentence);
	engine_trouble(e, EIL_ASK_USER, sentence);
}

/* The mail goes back into the queue; whatever failed had nothing to do with it. */
void
end_put_back(Engine *e, const char *why)
{
	Sender *s = e->sender;
	if (!s->row || s->end_at)
		return;
	/* what was heard of the recipients counts only with the mail itself */
	for (guint i = 0; i < s->results->len; i++)
		result_clear(&g_array_index(s->results, Result, i));
	g_array_set_size(s->results, 0);
	end_settle(e, OUT_QUEUED, false, why ? clock_s() + end_back_off(s->tries) : 0, why);
}
