/* summaries.c - received messages as rows of the list: the client's side, and the record that crosses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Where a batch kills the worker, it is halved until the message that did it stands alone; that one gets an empty row
 * and is there all the same: its bytes are kept and its raw text can be looked at. */
#include "config.h"
#include "render/compose.h"
#include "render/client_private.h"
#include "base/limits.h"

#include <string.h>

#define BATCH_MESSAGES	200
#define BATCH_BYTES	(16 * MIB)
#define PATIENCE_US	(30 * G_USEC_PER_SEC)	/* for the whole call; what is left then stays empty */

enum { N_TEXTS = 9 };

typedef struct { char **to[N_TEXTS]; } Texts;

static Texts
texts_of(Summary *s)
{
	return (Texts){ { &s->subject, &s->from_name, &s->from_address, &s->to, &s->cc, &s->reply_to, &s->message_id,
		&s->in_reply_to, &s->references } };
}

void
summary_clear(Summary *s)
{
	Texts t = texts_of(s);

	for (gsize i = 0; i < N_TEXTS; i++)
		g_free(*t.to[i]);
	memset(s, 0, sizeof *s);
}

void
summary_put(GByteArray *out, Summary *s)
{
	Texts t = texts_of(s);

	for (gsize i = 0; i < N_TEXTS; i++)
		wire_put_bytes(out, *t.to[i] ? *t.to[i] : "", *t.to[i] ? strlen(*t.to[i]) : 0);
	wire_put_number(out, (guint64)s->sent);
	wire_put_number(out, (guint64)s->received);
	wire_put_number(out, s->traits);
}

/* A time that no calendar can show is no time. */
static gint64
take_time(WireReader *r)
{
	gint64 when = (gint64)wire_number(r);
	return when > 0 && when < G_GINT64_CONSTANT(253402300800) ? when : 0;
}

static void
take_summary(WireReader *r, Summary *s)
{
	Texts t = texts_of(s);

	for (gsize i = 0; i < N_TEXTS; i++) {
		gsize len;
		const guint8 *text = wire_bytes(r, &len);
		if (len > 4 * LIMIT_HEADER)
			r->bad = true;
		else if (len > 0)
			*t.to[i] = wire_one_line((const char *)text, len);
	}
	s->sent = take_time(r);
	s->received = take_time(r);
	s->traits = (guint32)(wire_number(r) & 0x1f);
}

typedef struct { Summary *to; gsize n; } Wanted;	/* borrowed */

static bool
read_summaries(Job *job, GBytes *answer)
{
	const Wanted *w = job->user;
	gsize len;
	const guint8 *p = g_bytes_get_data(answer, &len);
	WireReader r = { p, len, false };

	if (wire_number(&r) != w->n)
		return false;
	for (gsize i = 0; i < w->n && !r.bad; i++)
		take_summary(&r, &w->to[i]);
	if (!r.bad && r.left == 0)
		return true;
	for (gsize i = 0; i < w->n; i++)
		summary_clear(&w->to[i]);
	return false;
}

static bool
summarise(Render *r, GBytes *const *messages, gsize n, Summary *out)
{
	Wanted wanted = { out, n };
	Payload p;

	payload_init(&p);
	wire_put_number(p.meta, n);
	for (gsize i = 0; i < n; i++) {
		gsize len;
		const void *data = g_bytes_get_data(messages[i], &len);
		payload_add(&p, data ? data : "", MIN(len, LIMIT_MESSAGE_PARSED));
	}
	g_autoptr(Job) job = job_new(WIRE_SUMMARIES, &p, LIMIT_WORKER_OUTPUT);
	payload_clear(&p);
	job->read = read_summaries;
	job->user = &wanted;
	g_autoptr(GBytes) answer = render_run(r, job, NULL);
	return answer != NULL;
}

static void
summarise_halving(Render *r, GBytes *const *messages, gsize n, Summary *out, gint64 until)
{
	if (n == 0 || g_get_monotonic_time() >= until || summarise(r, messages, n, out) || n == 1)
		return;
	summarise_halving(r, messages, n / 2, out, until);
	summarise_halving(r, messages + n / 2, n - n / 2, out + n / 2, until);
}

void
render_summaries(Render *r, GBytes *const *messages, gsize n, Summary *out)
{
	gint64 until = g_get_monotonic_time() + PATIENCE_US;
	gsize from = 0, bytes = 0;

	memset(out, 0, n * sizeof *out);
	for (gsize i = 0; i < n; i++) {
		gsize size = g_bytes_get_size(messages[i]);
		if (i > from && (i - from == BATCH_MESSAGES || bytes + size > BATCH_BYTES)) {
			summarise_halving(r, messages + from, i - from, out + from, until);
			from = i;
			bytes = 0;
		}
		bytes += size;
	}
	summarise_halving(r, messages + from, n - from, out + from, until);
}
