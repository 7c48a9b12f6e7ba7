/* discover.c - from a mail address to its servers: all that may know is asked at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What ranks higher is waited for before what ranks lower is believed (FoundSource); a row of the table needs no network at all. */
#include "config.h"
#include "setup/discover.h"
#include "setup/autoconfig.h"
#include "setup/dns.h"
#include "setup/probe.h"
#include "base/chan.h"
#include "base/intl.h"
#include "base/log.h"
#include "conf/accounts.h"
#include "net/http.h"

#include <string.h>

enum { N_AUTOCONFIG = 2, N_SRV = 6, N_GUESSES = 16, HTTP_MS = 8000, ALL_MS = 15000, REDIRECTS = 3 };

static const struct { const char *service, *scheme; } SRV[N_SRV] = {	/* encrypted from the first byte goes before STARTTLS (RFC 8314) */
	{ "_imaps", "imaps" }, { "_imap", "imap" }, { "_pop3s", "pop3s" }, { "_pop3", "pop3" }, { "_submissions", "smtps" }, { "_submission", "smtp" },
};
static const char GUESSES[] = "imaps://imap.%:993 imaps://mail.%:993 imaps://%:993 pop3s://pop.%:995 pop3s://pop3.%:995 pop3s://mail.%:995 "
	"smtps://smtp.%:465 smtps://mail.%:465 smtp://smtp.%:587 smtp://mail.%:587";

typedef struct { Discover *d; FoundSource source; guint index; } Question;	/* borrowed: it lives in d */

struct Discover {
	gatomicrefcount refs;	/* the person's and the thread's */
	Chan *letters;		/* owned */
	GMainContext *context;	/* owned */
	gint ended;		/* atomic: the person went away */
	char *address, *domain, *ca_file;	/* owned */
	GPtrArray *site;	/* kept for ever */
	/* the thread's own */
	Http *http;
	GSource *deadline;
	Question autoconfig[N_AUTOCONFIG], mx, srv[N_SRV], guess[N_GUESSES];
	DnsQuery *mx_query, *srv_query[N_SRV];
	guint http_number[N_AUTOCONFIG];
	char **guesses;		/* owned: URLs */
	Probe *probe[N_GUESSES];
	bool answers[N_GUESSES];
	Found *described[N_AUTOCONFIG];	/* owned */
	char *service[N_SRV];	/* owned: URLs */
	Found *results[SOURCE_NONE];	/* owned */
	guint waiting[SOURCE_NONE];
	bool done;
};

void
discover_letter_free(DiscoverLetter *l)
{
	if (!l)
		return;
	found_free(l->found);
	g_free(l);
}

static void
discover_unref(Discover *d)
{
	if (!g_atomic_ref_count_dec(&d->refs))
		return;
	chan_free(d->letters);
	g_main_context_unref(d->context);
	g_free(d->address);
	g_free(d->domain);
	g_free(d->ca_file);
	g_free(d);
}

static void
tell(Discover *d, FoundSource source, DiscoverState state, Found *found)
{
	DiscoverLetter *l = g_new0(DiscoverLetter, 1);
	l->source = source;
	l->state = state;
	l->found = found;
	chan_send(d->letters, l);
}

/* ---- what is believed ---- */

static Found *
of_provider(const Discover *d, FoundSource source, const Provider *p)
{
	Found *f = g_new0(Found, 1);
	f->source = source;
	f->provider = p;
	f->name = g_strdup(p->name);
	f->imap = g_strdup(p->imap);
	f->pop3 = g_strdup(p->pop3);
	f->smtp = g_strdup(p->smtp);
	f->user = provider_user_name(p, d->address);
	f->sign_in = p->sign_in;
	return f;
}

static bool
is_whole(const Found *f)
{
	return f->provider || ((f->imap || f->pop3) && f->smtp);
}

static void
fill(char **field, const char *value)
{
	if (!*field)
		*field = g_strdup(value);
}

/* Names to begin with, where nobody knows any. */
static Found *
nothing_found(const Discover *d)
{
	Found *f = g_new0(Found, 1);
	f->source = SOURCE_NONE;
	f->name = g_strdup(d->domain);
	f->imap = g_strdup_printf("imaps://imap.%s:993", d->domain);
	f->pop3 = g_strdup_printf("pop3s://pop.%s:995", d->domain);
	f->smtp = g_strdup_printf("smtps://smtp.%s:465", d->domain);
	f->user = g_strdup(d->address);
	f->sign_in = SIGN_PASSWORD;
	return f;
}

static const Provider *
row_of(const char *text)
{
	ServerUrl url = { 0 };
	const Provider *p = text && server_url_parse(text, &url, NULL) ? provider_by_host(url.host) : NULL;
	server_url_clear(&url);
	return p;
}

/* Servers of a provider that is known: how one signs in there is known too, whoever named them (S3). */
static void
know_the_host(const Discover *d, Found **f)
{
	const Provider *p = (*f)->provider ? NULL : row_of((*f)->imap);
	p = p || (*f)->provider ? p : row_of((*f)->pop3);
	if (!p)
		return;
	if (p->sign_in == SIGN_OAUTH) {
		Found *whole = of_provider(d, (*f)->source, p);
		found_free(*f);
		*f = whole;
		return;
	}
	(*f)->provider = p;
	(*f)->sign_in = p->sign_in;
}

static void
finish(Discover *d)
{
	Found *best = NULL;

	for (FoundSource s = SOURCE_PROVIDER; s < SOURCE_NONE; s++) {
		Found *f = d->results[s];
		if (!f || (best && is_whole(best)))
			continue;
		if (!best) {
			best = f;
			d->results[s] = NULL;
		} else if (!f->provider) {	/* what the better source did not say */
			if (!best->imap && !best->pop3) {
				fill(&best->imap, f->imap);
				fill(&best->pop3, f->pop3);
			}
			fill(&best->smtp, f->smtp);
		}
	}
	if (!best || (!best->provider && !best->imap && !best->pop3)) {
		found_free(best);
		best = nothing_found(d);
	}
	know_the_host(d, &best);
	d->done = true;
	log_line(LOG_INFO, "setup", "%s: source %d, %s, %s, %s", d->domain, (int)best->source, best->imap ? best->imap : "-", best->pop3 ? best->pop3 : "-",
		best->smtp ? best->smtp : "-");
	tell(d, best->source, best->source == SOURCE_NONE ? DISCOVER_NO : DISCOVER_YES, best);
}

static void
decide(Discover *d)
{
	for (FoundSource s = SOURCE_PROVIDER; s < SOURCE_NONE && !d->done; s++) {
		if (d->waiting[s])
			return;
		if (d->results[s] && is_whole(d->results[s]))
			break;
	}
	if (!d->done)
		finish(d);
}

/* One of a source's questions is answered; true: that was the last one. */
static bool
answered(Discover *d, FoundSource source)
{
	return d->waiting[source] && --d->waiting[source] == 0;
}

static void
source_done(Discover *d, FoundSource source, Found *found)
{
	d->waiting[source] = 0;
	d->results[source] = found;
	tell(d, source, found ? DISCOVER_YES : DISCOVER_NO, NULL);
	decide(d);
}

/* ---- the domain's own description ---- */

static void
on_http(void *user, const HttpAnswer *a, const GError *err)
{
	const Question *q = user;
	Discover *d = q->d;

	d->http_number[q->index] = 0;
	if (a && a->status == 200)
		d->described[q->index] = autoconfig_read(a->body, a->len, d->address, NULL);
	if (!answered(d, SOURCE_AUTOCONFIG))
		return;
	for (guint i = 0; i < N_AUTOCONFIG; i++)
		if (d->described[i]) {
			source_done(d, SOURCE_AUTOCONFIG, g_steal_pointer(&d->described[i]));
			return;
		}
	source_done(d, SOURCE_AUTOCONFIG, NULL);
}

static void
ask_domain(Discover *d)
{
	const char *other = g_getenv("EILPOST_AUTOCONFIG");
	g_autofree char *here = other ? http_url_host(other) : NULL, *escaped = g_uri_escape_string(d->address, NULL, FALSE);
	bool elsewhere = here && host_is_here(here);

	for (guint i = 0; i < N_AUTOCONFIG; i++) {
		g_autofree char *site = elsewhere ? g_strdup(other) : g_strconcat(i == 0 ? "https://autoconfig." : "https://", d->domain, NULL);
		g_autofree char *url = g_strdup_printf("%s/%smail/config-v1.1.xml?emailaddress=%s", site, i == 0 ? "" : ".well-known/autoconfig/", escaped);
		HttpRequest r = { .url = url, .ca_file = d->ca_file, .redirects = REDIRECTS, .timeout_ms = HTTP_MS };
		d->autoconfig[i] = (Question){ d, SOURCE_AUTOCONFIG, i };
		d->waiting[SOURCE_AUTOCONFIG]++;
		d->http_number[i] = http_start(d->http, &r, on_http, &d->autoconfig[i]);
	}
}

/* ---- DNS ---- */

static void
on_mx(void *user, const GPtrArray *records)
{
	Discover *d = ((const Question *)user)->d;
	const Provider *p = NULL;

	d->mx_query = NULL;
	for (guint i = 0; records && i < records->len && !p; i++)
		p = provider_by_mx(d->site, ((const DnsRecord *)records->pdata[i])->target);
	source_done(d, SOURCE_MX, p ? of_provider(d, SOURCE_MX, p) : NULL);
}

static const char *
service_url(const Discover *d, guint first)
{
	return d->service[first] ? d->service[first] : d->service[first + 1];
}

static void
on_srv(void *user, const GPtrArray *records)
{
	const Question *q = user;
	Discover *d = q->d;
	const DnsRecord *r = records && records->len ? records->pdata[0] : NULL;

	d->srv_query[q->index] = NULL;
	if (r && strcmp(r->target, ".") && r->port)
		d->service[q->index] = g_strdup_printf("%s://%s:%u", SRV[q->index].scheme, r->target, r->port);
	if (!answered(d, SOURCE_SRV))
		return;
	if (!service_url(d, 0) && !service_url(d, 2)) {
		source_done(d, SOURCE_SRV, NULL);
		return;
	}
	Found *f = g_new0(Found, 1);
	f->source = SOURCE_SRV;
	f->name = g_strdup(d->domain);
	f->imap = g_strdup(service_url(d, 0));
	f->pop3 = g_strdup(service_url(d, 2));
	f->smtp = g_strdup(service_url(d, 4));
	f->user = g_strdup(d->address);
	f->sign_in = SIGN_PASSWORD;
	source_done(d, SOURCE_SRV, f);
}

static void
ask_dns(Discover *d)
{
	d->mx = (Question){ d, SOURCE_MX, 0 };
	d->waiting[SOURCE_MX] = 1;
	d->mx_query = dns_query(d->domain, DNS_MX, d->context, on_mx, &d->mx);
	for (guint i = 0; i < N_SRV; i++) {
		g_autofree char *name = g_strdup_printf("%s._tcp.%s", SRV[i].service, d->domain);
		d->srv[i] = (Question){ d, SOURCE_SRV, i };
		d->waiting[SOURCE_SRV]++;
		d->srv_query[i] = dns_query(name, DNS_SRV, d->context, on_srv, &d->srv[i]);
	}
}

/* ---- likely names ---- */

static const char *
best_guess(const Discover *d, const char *kind)
{
	for (guint i = 0; d->guesses[i]; i++)
		if (d->answers[i] && g_str_has_prefix(d->guesses[i], kind))
			return d->guesses[i];
	return NULL;
}

static void
on_probe(void *user, bool good)
{
	const Question *q = user;
	Discover *d = q->d;

	d->probe[q->index] = NULL;
	d->answers[q->index] = good;
	if (!answered(d, SOURCE_GUESS))
		return;
	Found *f = g_new0(Found, 1);
	f->source = SOURCE_GUESS;
	f->name = g_strdup(d->domain);
	f->imap = g_strdup(best_guess(d, "imap"));
	f->pop3 = g_strdup(best_guess(d, "pop3"));
	f->smtp = g_strdup(best_guess(d, "smtp"));
	f->user = g_strdup(d->address);
	f->sign_in = SIGN_PASSWORD;
	if (!f->imap && !f->pop3 && !f->smtp)
		g_clear_pointer(&f, found_free);
	source_done(d, SOURCE_GUESS, f);
}

static void
guess(Discover *d)
{
	const char *other = g_getenv("EILPOST_GUESS");
	g_auto(GStrv) words = g_strsplit(other ? other : GUESSES, " ", -1);
	g_autoptr(GPtrArray) urls = g_ptr_array_new();

	for (char **w = words; *w && urls->len < N_GUESSES; w++) {
		g_auto(GStrv) parts = g_strsplit(*w, "%", -1);
		g_autofree char *url = g_strjoinv(d->domain, parts);
		ServerUrl to = { 0 };
		bool good = server_url_parse(url, &to, NULL) && (!other || host_is_here(to.host));
		server_url_clear(&to);
		if (good)
			g_ptr_array_add(urls, g_steal_pointer(&url));
	}
	g_ptr_array_add(urls, NULL);
	d->guesses = g_strdupv((char **)urls->pdata);
	for (guint i = 0; urls->pdata[i]; i++) {
		g_free(urls->pdata[i]);
		d->guess[i] = (Question){ d, SOURCE_GUESS, i };
		d->waiting[SOURCE_GUESS]++;
		d->probe[i] = probe_start(d->guesses[i], d->ca_file, d->context, on_probe, &d->guess[i]);
	}
	if (!d->waiting[SOURCE_GUESS])
		source_done(d, SOURCE_GUESS, NULL);
}

/* ---- the thread ---- */

static gboolean
too_late(gpointer user)
{
	Discover *d = user;
	if (!d->done)
		finish(d);
	return G_SOURCE_CONTINUE;
}

static void
clear(Discover *d)
{
	http_free(d->http);
	dns_cancel(d->mx_query);
	for (guint i = 0; i < N_SRV; i++) {
		dns_cancel(d->srv_query[i]);
		g_free(d->service[i]);
	}
	for (guint i = 0; i < N_GUESSES; i++)
		probe_cancel(d->probe[i]);
	for (guint i = 0; i < N_AUTOCONFIG; i++)
		found_free(d->described[i]);
	for (guint i = 0; i < SOURCE_NONE; i++)
		found_free(d->results[i]);
	g_strfreev(d->guesses);
	g_source_destroy(d->deadline);
	g_source_unref(d->deadline);
}

static gpointer
run(gpointer user)
{
	Discover *d = user;
	const Provider *p = provider_by_domain(d->site, d->domain);

	g_main_context_push_thread_default(d->context);
	d->deadline = g_timeout_source_new(ALL_MS);
	g_source_set_callback(d->deadline, too_late, d, NULL);
	g_source_attach(d->deadline, d->context);
	if (p) {
		d->results[SOURCE_PROVIDER] = of_provider(d, SOURCE_PROVIDER, p);
		finish(d);
	} else {
		tell(d, SOURCE_PROVIDER, DISCOVER_NO, NULL);
		for (FoundSource s = SOURCE_AUTOCONFIG; s < SOURCE_NONE; s++)
			tell(d, s, DISCOVER_ASKS, NULL);
		d->http = http_new(d->context);
		ask_domain(d);
		ask_dns(d);
		guess(d);
	}
	while (!d->done && !g_atomic_int_get(&d->ended))
		g_main_context_iteration(d->context, TRUE);
	clear(d);
	g_main_context_pop_thread_default(d->context);
	discover_unref(d);
	return NULL;
}

/* ---- the door ---- */

Discover *
discover_start(const DiscoverSetup *setup)
{
	static GPtrArray *sites;	/* of GPtrArray*: what is found borrows their rows */
	Discover *d = g_new0(Discover, 1);

	g_atomic_ref_count_init(&d->refs);
	g_atomic_ref_count_inc(&d->refs);
	d->letters = chan_new((GDestroyNotify)discover_letter_free);
	d->context = g_main_context_new();
	d->address = g_strdup(setup->address);
	d->domain = address_domain(setup->address);
	d->ca_file = g_strdup(setup->ca_file);
	if (setup->site_file) {
		g_autofree char *problem = NULL;
		d->site = providers_read_site(setup->site_file, &problem);
		if (problem)
			log_line(LOG_WARN, "setup", "%s: %s", setup->site_file, problem);
		if (!sites)
			sites = g_ptr_array_new();
		g_ptr_array_add(sites, d->site);
	}
	g_thread_unref(g_thread_new("discover", run, d));
	return d;
}

int
discover_fd(const Discover *d)
{
	return chan_fd(d->letters);
}

DiscoverLetter *
discover_take(Discover *d)
{
	return chan_take(d->letters);
}

void
discover_end(Discover *d)
{
	if (!d)
		return;
	g_atomic_int_set(&d->ended, 1);
	g_main_context_wakeup(d->context);
	discover_unref(d);
}

const char *
found_source_words(FoundSource source)
{
	switch (source) {
	case SOURCE_PROVIDER:
		return _("the providers that eilpost knows");
	case SOURCE_AUTOCONFIG:
		return _("the domain's own description (autoconfig)");
	case SOURCE_MX:
		return _("who takes the domain's mail (MX)");
	case SOURCE_SRV:
		return _("the domain's DNS (SRV)");
	case SOURCE_GUESS:
		return _("servers that answer at likely names");
	case SOURCE_NONE:
		break;
	}
	return _("nobody knows them: the names below are only a beginning");
}
