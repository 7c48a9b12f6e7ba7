/* probe.c - whether a server of a kind answers at a likely name.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The lines of SMTP before STARTTLS are read here and not by proto/: setup is no protocol's room, and three of them are enough. */
#include "config.h"
#include "setup/probe.h"
#include "conf/accounts.h"
#include "net/link.h"

#include <string.h>

enum { TALK_MAX = 8192, DEADLINE_MS = 8000 };

typedef enum { AT_GREETING, AT_EHLO, AT_STARTTLS, AT_TLS } Stage;

struct Probe {
	ServerUrl url;		/* owned */
	Link *link;		/* owned; NULL: the address can't be read */
	GSource *deadline;	/* owned */
	ProbeDone done;
	void *user;
	Stage stage;
	GString *heard;		/* owned: of the line that is read */
	const char *say;	/* what is to be written; NULL: nothing */
};

static const char EHLO[] = "EHLO [127.0.0.1]\r\n", STARTTLS[] = "STARTTLS\r\n";

void
probe_cancel(Probe *p)
{
	if (!p)
		return;
	link_close(p->link);
	g_source_destroy(p->deadline);
	g_source_unref(p->deadline);
	server_url_clear(&p->url);
	g_string_free(p->heard, TRUE);
	g_free(p);
}

static void
finish(Probe *p, bool good)
{
	ProbeDone done = p->done;
	void *user = p->user;
	probe_cancel(p);
	done(user, good);
}

static const char *
greeting_of(Scheme scheme)
{
	return scheme == SCHEME_IMAPS ? "* OK" : scheme == SCHEME_POP3S ? "+OK" : "220";
}

/* A whole line of SMTP before TLS. False: it is over. */
static bool
smtp_line(Probe *p, const char *line)
{
	bool last = strlen(line) < 4 || line[3] == ' ';
	const char *wanted = p->stage == AT_EHLO ? "250" : "220";

	if (!g_str_has_prefix(line, wanted)) {
		finish(p, false);
		return false;
	}
	if (!last)
		return true;
	if (p->stage == AT_STARTTLS) {
		p->stage = AT_TLS;
		if (p->heard->len || !link_start_tls(p->link, NULL)) {	/* nothing may follow in the clear */
			finish(p, false);
			return false;
		}
		return true;
	}
	p->say = p->stage == AT_GREETING ? EHLO : STARTTLS;
	p->stage = p->stage == AT_GREETING ? AT_EHLO : AT_STARTTLS;
	link_kick(p->link);
	return true;
}

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Probe *p = user;

	if (p->heard->len + len > TALK_MAX) {
		finish(p, false);
		return false;
	}
	g_string_append_len(p->heard, (const char *)data, (gssize)len);
	for (char *end; (end = strstr(p->heard->str, "\n")); ) {
		g_autofree char *line = g_strstrip(g_strndup(p->heard->str, (gsize)(end - p->heard->str)));
		g_string_erase(p->heard, 0, end + 1 - p->heard->str);
		if (p->url.scheme != SCHEME_SMTP) {
			finish(p, g_str_has_prefix(line, greeting_of(p->url.scheme)));
			return false;
		}
		if (!smtp_line(p, line))
			return false;
	}
	return true;
}

static const guint8 *
on_output(void *user, gsize *len)
{
	Probe *p = user;
	*len = p->say ? strlen(p->say) : 0;
	return (const guint8 *)p->say;
}

static void
on_taken(void *user, gsize n)
{
	Probe *p = user;
	p->say += n;
	if (!*p->say)
		p->say = NULL;
}

static void
on_opened(void *user)
{
}

static void
on_tls_started(void *user)
{
	finish(user, true);
}

static void
on_closed(void *user, const GError *err)
{
	finish(user, false);
}

static gboolean
too_late(gpointer user)
{
	finish(user, false);
	return G_SOURCE_REMOVE;
}

static const LinkClient CLIENT = {
	.opened = on_opened, .tls_started = on_tls_started, .feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed,
};

Probe *
probe_start(const char *url, const char *ca_file, GMainContext *context, ProbeDone done, void *user)
{
	Probe *p = g_new0(Probe, 1);
	bool good = server_url_parse(url, &p->url, NULL);

	p->done = done;
	p->user = user;
	p->heard = g_string_new(NULL);
	p->deadline = g_timeout_source_new(good ? DEADLINE_MS : 0);
	g_source_set_callback(p->deadline, too_late, p, NULL);
	g_source_attach(p->deadline, context);
	if (!good)
		return p;
	LinkTarget target = server_target(&p->url);	/* no account is there yet: nobody accepted a key for it */
	target.ca_file = ca_file;
	p->link = link_open(&target, context, &CLIENT, p);
	return p;
}
