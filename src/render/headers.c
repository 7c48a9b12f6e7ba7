/* headers.c - header values in bulk: the client's side.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Most values are plain and never leave the process. The same people write again and again: their names are kept. Where
 * a batch kills the worker, it is halved until the value that did it stands alone; that one stays as it came. */
#include "config.h"
#include "render/client_private.h"
#include "base/limits.h"

#include <string.h>

#define BATCH_VALUES	500
#define BATCH_BYTES	MIB
#define PATIENCE_US	(10 * G_USEC_PER_SEC)	/* for the whole call; what is left then stays undecoded */

#define KEPT_LEN	64	/* bytes: names, and hardly a subject */
#define KEPT_VALUES	512	/* of each table */
#define KEPT_DECODED	(4 * KEPT_LEN)	/* bytes; more is no name, and a worker that lies may say a MiB for each */

typedef struct { const char *text; gsize len; char **out; } Value;	/* borrowed */

/* ---- what was decoded before ---- */

void
decoded_clear(Decoded *d)
{
	g_clear_pointer(&d->young, g_hash_table_unref);
	g_clear_pointer(&d->old, g_hash_table_unref);
}

static void
keep(Decoded *d, const char *text, const char *decoded)
{
	if (d->young && g_hash_table_size(d->young) >= KEPT_VALUES) {
		g_clear_pointer(&d->old, g_hash_table_unref);
		d->old = g_steal_pointer(&d->young);
	}
	if (!d->young)
		d->young = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_hash_table_replace(d->young, g_strdup(text), g_strdup(decoded));
}

static char *
decoded_before(Decoded *d, const char *text)
{
	const char *found = d->young ? g_hash_table_lookup(d->young, text) : NULL;

	if (found)
		return g_strdup(found);
	found = d->old ? g_hash_table_lookup(d->old, text) : NULL;
	if (!found)
		return NULL;
	char *copy = g_strdup(found);	/* the old table may go now */
	keep(d, text, copy);
	return copy;
}

/* ---- the worker's ---- */

static bool
is_plain(const char *text, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		guchar c = (guchar)text[i];
		if (c >= 0x7f || (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || (c == '=' && text[i + 1] == '?'))
			return false;
	}
	return true;
}

bool
render_header_is_itself(const char *text)
{
	const char *p = text;

	if (*p == ' ')
		return false;
	for (; *p; p++)
		if ((guchar)*p < 0x20 || (guchar)*p >= 0x7f || (*p == '=' && p[1] == '?'))
			return false;
	return (p == text || p[-1] != ' ') && (gsize)(p - text) <= LIMIT_HEADER;
}

typedef struct { char **texts; gsize n; } Texts;	/* borrowed */

static bool
read_texts(Job *job, GBytes *answer)
{
	const Texts *t = job->user;
	return wire_read_texts(answer, t->texts, t->n);
}

static bool
decode(Render *r, const Value *v, gsize n)
{
	g_autofree char **texts = g_new0(char *, n);
	Texts t = { texts, n };
	Payload p;

	payload_init(&p);
	wire_put_number(p.meta, n);
	for (gsize i = 0; i < n; i++)
		wire_put_bytes(p.meta, v[i].text, v[i].len);
	g_autoptr(Job) job = job_new(WIRE_HEADERS, &p, LIMIT_WORKER_OUTPUT);
	payload_clear(&p);
	job->read = read_texts;
	job->user = &t;
	g_autoptr(GBytes) answer = render_run(r, job, NULL);
	if (!answer)
		return false;
	for (gsize i = 0; i < n; i++) {
		*v[i].out = texts[i];
		if (v[i].len <= KEPT_LEN && strlen(texts[i]) <= KEPT_DECODED)
			keep(render_decoded(r), v[i].text, texts[i]);
	}
	return true;
}

static void
decode_halving(Render *r, const Value *v, gsize n, gint64 until)
{
	if (n == 0 || g_get_monotonic_time() >= until || decode(r, v, n) || n == 1)
		return;
	decode_halving(r, v, n / 2, until);
	decode_halving(r, v + n / 2, n - n / 2, until);
}

char **
render_decode_headers(Render *r, const char *const *texts, gsize n)
{
	char **out = g_new0(char *, n + 1);
	g_autofree Value *foreign = g_new(Value, n + 1);
	gsize n_foreign = 0, bytes = 0;
	gint64 until = g_get_monotonic_time() + PATIENCE_US;

	for (gsize i = 0; i < n; i++) {
		gsize len = texts[i] ? MIN(strlen(texts[i]), LIMIT_HEADER) : 0;
		if (!texts[i])
			continue;
		if (is_plain(texts[i], len)) {
			out[i] = wire_one_line(texts[i], len);
			continue;
		}
		if (len <= KEPT_LEN && (out[i] = decoded_before(render_decoded(r), texts[i])))
			continue;
		if (n_foreign == BATCH_VALUES || bytes + len > BATCH_BYTES) {
			decode_halving(r, foreign, n_foreign, until);
			n_foreign = bytes = 0;
		}
		foreign[n_foreign++] = (Value){ texts[i], len, &out[i] };
		bytes += len;
	}
	decode_halving(r, foreign, n_foreign, until);
	for (gsize i = 0; i < n; i++)
		if (texts[i] && !out[i])
			out[i] = wire_one_line(texts[i], MIN(strlen(texts[i]), LIMIT_HEADER));
	return out;
}
