/* exam.c - one server: its name, its addresses, the encrypted connection; talk.c speaks with it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "doctor/exam_private.h"
#include "base/intl.h"

#include <string.h>

#define TICK_MS 250

typedef struct {
	Exam *exam;		/* borrowed */
	char *address;		/* owned */
	TcpConnect *connect;	/* owned; NULL: it answered */
	gint64 since;
} Probe;

/* ---- telling ---- */

const char *
exam_user(const Exam *x)
{
	return x->url->user ? x->url->user : account_user(x->setup.account);
}

static void
tell_step(Exam *x, DoctorOutcome outcome, const char *label, const char *text, gint64 ms)
{
	DoctorLetter *l = doctor_letter(DOCTOR_STEP);
	l->outcome = outcome;
	l->label = g_strdup(label);
	l->text = g_strdup(text);
	l->ms = ms;
	x->setup.tell(x->setup.user, l);
}

void
exam_step(Exam *x, DoctorOutcome outcome, const char *label, const char *text)
{
	gint64 now = g_get_monotonic_time();
	tell_step(x, outcome, label, text, (now - x->since) / 1000);
	x->since = now;
}

void
exam_step_untimed(Exam *x, DoctorOutcome outcome, const char *label, const char *text)
{
	tell_step(x, outcome, label, text, -1);
}

/* The first one counts: what comes behind it follows from it. */
void
exam_trouble(Exam *x, const char *sentence, const Refusal *row, const char *said, RefusalWhom whom, const char *advice)
{
	if (x->failed)
		return;
	x->failed = true;
	RefusalPlace place = { .user = exam_user(x), .host = x->url->host, .by = x->setup.by, .said = said };
	DoctorLetter *l = doctor_letter(DOCTOR_VERDICT);
	l->outcome = DOCTOR_FAILED;
	l->text = row && sentence != said ? refusal_sentence(row, &place) : g_strdup(sentence);
	l->whom = g_strdup(refusal_whom(row ? row->whom : whom));
	l->advice = row ? refusal_advice(row, &place) : g_strdup(advice);
	l->plea = row ? refusal_plea(row, &place) : NULL;
	x->setup.tell(x->setup.user, l);
}

static gboolean
ended(gpointer user)
{
	Exam *x = user;
	x->setup.ended(x->setup.user, (ExamEnd){ .well = !x->failed, .secret_wrong = x->secret_wrong, .unsigned_in = x->unsigned_in });
	return G_SOURCE_REMOVE;
}

static void
clear_timer(Exam *x)
{
	if (x->timer) {
		g_source_destroy(x->timer);
		g_source_unref(x->timer);
		x->timer = NULL;
	}
}

void
exam_over(Exam *x)
{
	if (x->over)
		return;
	x->over = true;
	clear_timer(x);
	x->timer = g_idle_source_new();	/* no callback of ours is on the stack then */
	g_source_set_callback(x->timer, ended, x, NULL);
	g_source_attach(x->timer, x->setup.context);
}

/* ---- the connection that is kept ---- */

static void
on_stage(void *user, LinkStage stage)
{
	Exam *x = user;
	if (stage == LINK_TLS_HANDSHAKE)
		x->since = g_get_monotonic_time();
}

/* What the server showed of itself, for who wants to compare it. NULL: nothing. Yours. */
static char *
peer_words(const Exam *x)
{
	const Peer *p = x->link ? link_peer(x->link) : NULL;
	const PeerCert *c = p && p->chain->len ? g_ptr_array_index(p->chain, 0) : NULL;

	if (!c)
		return NULL;
	g_autoptr(GDateTime) from = g_date_time_new_from_unix_local(c->from), until = g_date_time_new_from_unix_local(c->until);
	g_autofree char *first = from ? g_date_time_format(from, "%Y-%m-%d") : g_strdup("?"), *last = until ? g_date_time_format(until, "%Y-%m-%d") : g_strdup("?");
	return g_strdup_printf(_("certificate of %s, issued by %s, valid from %s until %s, SHA-256 %s"), c->subject, c->issuer, first, last, c->fingerprint);
}

static void
secured(Exam *x)
{
	const Peer *p = link_peer(x->link);
	g_autofree char *text = g_strdup_printf(_("%s; the certificate is that of %s"), p && p->version ? p->version : "TLS", x->url->host), *words = peer_words(x);
	exam_step(x, DOCTOR_OK, _("encryption"), text);
	if (words)
		exam_step_untimed(x, p->waived || p->pin == PEER_PINNED ? DOCTOR_NOTE : DOCTOR_OK, _("certificate"), words);
}

static void
on_opened(void *user)
{
	Exam *x = user;
	x->opened = true;
	if (server_security(x->url) == SECURITY_TLS)
		secured(x);
	x->since = g_get_monotonic_time();
	talk_begin(x);
	talk_pump(x);
}

static void
on_tls_started(void *user)
{
	Exam *x = user;
	secured(x);
	talk_secured(x);
	talk_pump(x);
}

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Exam *x = user;
	talk_feed(x, data, len);
	talk_pump(x);
	return x->link && !x->over;
}

static const guint8 *
on_output(void *user, gsize *len)
{
	*len = 0;
	return talk_output(user, len);
}

static void
on_taken(void *user, gsize n)
{
	talk_taken(user, n);
}

static void
on_closed(void *user, const GError *err)
{
	Exam *x = user;
	bool later = !err || error_is(err, EIL_LATER);
	g_autofree char *text = err ? g_strdup(err->message) : g_strdup_printf(_("%s closed the connection."), x->url->host);

	if (x->over)
		return;
	if (!x->ready || (err && !x->leaving)) {
		g_autofree char *words = peer_words(x);
		if (words && !x->opened)
			exam_step_untimed(x, DOCTOR_NOTE, _("certificate"), words);
		exam_step(x, DOCTOR_FAILED, !x->opened ? _("encryption") : x->signing ? _("sign-in") : _("connection"), text);
		exam_trouble(x, text, NULL, NULL, later ? WHOM_PROVIDER : WHOM_YOURSELF, later ? _("Try again in a while; if it stays so, ask.") :
			_("Compare host, port and kind (imaps, imap, pop3s, smtps, smtp) in the settings with what the provider says."));
	}
	exam_over(x);
}

static const LinkClient CLIENT = {
	.stage = on_stage, .opened = on_opened, .tls_started = on_tls_started,
	.feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed,
};

static gboolean
on_tick(gpointer user)
{
	talk_tick(user);
	talk_pump(user);
	return G_SOURCE_CONTINUE;
}

void
exam_secret(Exam *x, const Secret *secret, const char *why_not, const Secret *key_phrase)
{
	if (x->over || x->link)
		return;
	x->secret = secret ? secret_new(secret_peek(secret), -1) : NULL;
	x->why_not = g_strdup(why_not);
	LinkTarget target = account_target(x->setup.account, x->url, key_phrase ? secret_peek(key_phrase) : NULL);
	x->since = g_get_monotonic_time();
	x->link = link_open(&target, x->setup.context, &CLIENT, x);
	x->timer = g_timeout_source_new(TICK_MS);
	g_source_set_callback(x->timer, on_tick, x, NULL);
	g_source_attach(x->timer, x->setup.context);
}

/* ---- its name and its addresses ---- */

static void
all_tried(Exam *x)
{
	if (x->reached) {
		x->setup.wants_secret(x->setup.user);
		return;
	}
	g_autofree char *sentence = g_strdup_printf(_("%s can't be reached on port %u at any of its addresses; the password is not the cause."), x->url->host, x->url->port);
	exam_trouble(x, sentence, NULL, NULL, WHOM_YOURSELF,
		_("Look whether this computer has a network (and no portal or firewall in it that blocks the port), and whether host and port in the settings are right."));
	exam_over(x);
}

static void
on_probed(void *user, int fd, const GError *err)
{
	Probe *p = user;
	Exam *x = p->exam;
	const char *family = strchr(p->address, ':') ? "IPv6" : "IPv4";
	g_autofree char *text = fd >= 0 ? g_strdup_printf(_("%s %s, port %u"), family, p->address, x->url->port) : g_strdup_printf("%s: %s", family, err->message);

	p->connect = NULL;
	if (fd >= 0) {
		filter_free(tcp_filter_new(fd));
		x->reached++;
	}
	/* one family that has no road is no trouble where the other has */
	tell_step(x, fd >= 0 ? DOCTOR_OK : DOCTOR_NOTE, _("connection"), text, (g_get_monotonic_time() - p->since) / 1000);
	if (--x->open == 0)
		all_tried(x);
}

static void
on_found(void *user, const char *const *addresses, const GError *err)
{
	Exam *x = user;

	x->lookup = NULL;
	if (!addresses) {
		exam_step(x, DOCTOR_FAILED, _("name"), err->message);
		exam_trouble(x, err->message, NULL, NULL, WHOM_YOURSELF, _("Look whether this computer has a network, and whether the name of the server in the settings is right."));
		exam_over(x);
		return;
	}
	g_autofree char *list = g_strjoinv(", ", (char **)addresses), *text = g_strdup_printf("%s: %s", x->url->host, list);
	exam_step(x, DOCTOR_OK, _("name"), text);
	x->open = g_strv_length((char **)addresses);
	for (guint i = 0; addresses[i]; i++) {
		Probe *p = g_new0(Probe, 1);
		p->exam = x;
		p->address = g_strdup(addresses[i]);
		p->since = g_get_monotonic_time();
		g_ptr_array_add(x->probes, p);
		p->connect = tcp_connect(p->address, x->url->port, x->setup.context, on_probed, p);
	}
}

static void
probe_free(gpointer user)
{
	Probe *p = user;
	tcp_cancel(p->connect);
	g_free(p->address);
	g_free(p);
}

Exam *
exam_new(const ExamSetup *setup)
{
	Exam *x = g_new0(Exam, 1);
	x->setup = *setup;
	x->url = setup->by == SAYS_SMTP ? &setup->account->send : &setup->account->receive;
	x->probes = g_ptr_array_new_with_free_func(probe_free);
	x->since = g_get_monotonic_time();
	DoctorLetter *l = doctor_letter(DOCTOR_SERVER);
	l->text = g_strdup_printf(setup->by == SAYS_SMTP ? _("Sending by %s: %s, port %u, as %s") : _("Receiving by %s: %s, port %u, as %s"),
		refusal_protocol(setup->by), x->url->host, x->url->port, exam_user(x));
	setup->tell(setup->user, l);
	x->lookup = tcp_lookup(x->url->host, setup->context, on_found, x);
	return x;
}

void
exam_free(Exam *x)
{
	if (!x)
		return;
	clear_timer(x);
	tcp_cancel(x->lookup);
	g_ptr_array_unref(x->probes);
	link_close(x->link);
	talk_free(x);
	secret_free(x->secret);
	g_free(x->why_not);
	g_free(x->mechanism);
	g_free(x);
}
