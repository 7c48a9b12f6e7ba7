/* dns.c - MX and SRV records: the question in a thread, the answer read here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The resolver can't be stopped, so a query that nobody waits for any more ends by itself (at most some ten seconds). */
#include "config.h"
#include "setup/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 16384, RECORDS_MAX = 64, NAME_MAX_ = 255 };

/* ---- reading ---- */

typedef struct { const guint8 *data; gsize len, at; bool bad; } Packet;

static guint
number(Packet *p, guint bytes)
{
	guint n = 0;
	if (p->bad || p->len - p->at < bytes) {
		p->bad = true;
		return 0;
	}
	while (bytes--)
		n = n << 8 | p->data[p->at++];
	return n;
}

/* A name, which may point backwards only; into out if it is not NULL. Labels with other than letters, digits, - and _ are refused. */
static void
name(Packet *p, GString *out)
{
	gsize at = p->at, limit = at, total = 0;
	bool jumped = false;

	for (;;) {
		if (p->bad || at >= p->len)
			goto broken;
		guint n = p->data[at];
		if (n >= 0xc0) {
			if (at + 1 >= p->len)
				goto broken;
			gsize to = (gsize)(n & 0x3f) << 8 | p->data[at + 1];
			if (to >= limit)
				goto broken;
			if (!jumped)
				p->at = at + 2;
			jumped = true;
			at = limit = to;
			continue;
		}
		if (n > 63 || at + 1 + n > p->len || (total += n + 1) > NAME_MAX_)
			goto broken;
		at++;
		if (n == 0)
			break;
		for (guint i = 0; out && i < n; i++) {
			char c = (char)p->data[at + i];
			if (!g_ascii_isalnum(c) && c != '-' && c != '_')
				goto broken;
		}
		if (out)
			g_string_append_printf(out, "%s%.*s", out->len ? "." : "", (int)n, (const char *)p->data + at);
		at += n;
	}
	if (!jumped)
		p->at = at;
	return;
broken:
	p->bad = true;
}

static void
record_free(gpointer p)
{
	DnsRecord *r = p;
	g_free(r->target);
	g_free(r);
}

static gint
by_priority(gconstpointer a, gconstpointer b)
{
	const DnsRecord *x = *(DnsRecord *const *)a, *y = *(DnsRecord *const *)b;
	return x->priority != y->priority ? x->priority - y->priority : y->weight - x->weight;
}

static void
take_record(Packet *p, DnsKind kind, guint rdlength, GPtrArray *all)
{
	gsize end = p->at + rdlength;
	g_autoptr(GString) target = g_string_new(NULL);
	DnsRecord r = { .priority = (guint16)number(p, 2) };

	if (kind == DNS_SRV) {
		r.weight = (guint16)number(p, 2);
		r.port = (guint16)number(p, 2);
	}
	name(p, target);
	if (p->at != end)
		p->bad = true;
	if (p->bad || all->len >= RECORDS_MAX)
		return;
	r.target = g_ascii_strdown(target->len ? target->str : ".", -1);
	g_ptr_array_add(all, g_memdup2(&r, sizeof r));
}

GPtrArray *
dns_parse(const guint8 *answer, gsize len, DnsKind kind)
{
	Packet p = { .data = answer, .len = len };
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(record_free);

	number(&p, 2);
	guint flags = number(&p, 2), questions = number(&p, 2), answers = number(&p, 2), rcode = flags & 0xf;
	number(&p, 4);
	if (p.bad || !(flags & 0x8000) || questions > 1 || (rcode != 0 && rcode != 3))
		return NULL;
	if (rcode == 3)	/* there is no such name */
		return g_steal_pointer(&all);
	for (; questions && !p.bad; questions--) {
		name(&p, NULL);
		number(&p, 4);
	}
	for (; answers && !p.bad; answers--) {
		name(&p, NULL);
		guint type = number(&p, 2), class = number(&p, 2);
		number(&p, 4);
		guint rdlength = number(&p, 2);
		if (p.bad || p.len - p.at < rdlength)
			return NULL;
		if (type == (guint)kind && class == 1)
			take_record(&p, kind, rdlength, all);
		else
			p.at += rdlength;
	}
	if (p.bad)
		return NULL;
	g_ptr_array_sort(all, by_priority);
	return g_steal_pointer(&all);
}

/* ---- asking ---- */

struct DnsQuery {
	gatomicrefcount refs;	/* the asker's and the thread's */
	char *name;		/* owned */
	DnsKind kind;
	GMainContext *context;	/* shared */
	DnsDone done;
	void *user;
	bool cancelled;		/* the context's thread only */
	GPtrArray *records;	/* owned */
};

static void
query_unref(DnsQuery *q)
{
	if (!g_atomic_ref_count_dec(&q->refs))
		return;
	g_free(q->name);
	g_main_context_unref(q->context);
	g_clear_pointer(&q->records, g_ptr_array_unref);
	g_free(q);
}

/* EILPOST_DNS: an IPv4 address and a port. */
static void
other_server(struct __res_state *state)
{
	const char *text = g_getenv("EILPOST_DNS"), *colon = text ? strrchr(text, ':') : NULL;
	g_autofree char *host = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;
	struct in_addr to;

	if (!host || inet_pton(AF_INET, host, &to) != 1)
		return;
	state->nscount = 1;
	state->nsaddr_list[0] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = to, .sin_port = htons((guint16)atoi(colon + 1)) };
}

static gboolean
answered(gpointer user)
{
	DnsQuery *q = user;
	if (!q->cancelled) {
		q->cancelled = true;
		q->done(q->user, q->records);
		query_unref(q);	/* the asker's */
	}
	return G_SOURCE_REMOVE;
}

static gpointer
ask(gpointer user)
{
	DnsQuery *q = user;
	struct __res_state state;
	g_autofree guint8 *answer = g_malloc(ANSWER_MAX);

	memset(&state, 0, sizeof state);
	if (res_ninit(&state) == 0) {
		other_server(&state);
		state.retrans = 3;
		state.retry = 2;
		int n = res_nquery(&state, q->name, ns_c_in, (int)q->kind, answer, ANSWER_MAX);
		if (n > 0)
			q->records = dns_parse(answer, (gsize)MIN(n, ANSWER_MAX), q->kind);
		else if (state.res_h_errno == HOST_NOT_FOUND || state.res_h_errno == NO_DATA)
			q->records = g_ptr_array_new();
		res_nclose(&state);
	}
	g_autoptr(GSource) back = g_idle_source_new();
	g_source_set_priority(back, G_PRIORITY_DEFAULT);
	g_source_set_callback(back, answered, q, (GDestroyNotify)query_unref);
	g_source_attach(back, q->context);
	return NULL;
}

DnsQuery *
dns_query(const char *wanted, DnsKind kind, GMainContext *context, DnsDone done, void *user)
{
	DnsQuery *q = g_new0(DnsQuery, 1);
	g_atomic_ref_count_init(&q->refs);
	g_atomic_ref_count_inc(&q->refs);
	q->name = g_strdup(wanted);
	q->kind = kind;
	q->context = g_main_context_ref(context ? context : g_main_context_default());
	q->done = done;
	q->user = user;
	g_thread_unref(g_thread_new("dns", ask, q));
	return q;
}

void
dns_cancel(DnsQuery *q)
{
	if (!q)
		return;
	q->cancelled = true;
	query_unref(q);
}
