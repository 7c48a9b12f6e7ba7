/* signin.c - one sign-in, from the question to the tokens.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One question is under way at a time, or a timer until the next. A provider that can't be reached is asked again until
 * the code runs out; the browser's way has a deadline of its own, as a provider that refuses the redirect never comes back. */
#include "config.h"
#include "auth/signin.h"
#include "auth/loopback.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/secret.h"
#include "conf/refusals.h"

#include <string.h>

enum { BROWSER_S = 900, SLOW_DOWN_S = 5, CLOCK_OFF_S = 300, INTERVAL_MAX_S = 60 };

struct SignIn {
	Oauth oauth;		/* what was discovered is filled in */
	bool device;
	Http *http;		/* borrowed */
	GMainContext *context;	/* a reference */
	const SignInClient *client;	/* static */
	void *user;
	guint question;		/* under way; 0: none */
	GSource *timer;		/* owned */
	DeviceCode code;
	Pkce pkce;
	Loopback *loopback;	/* owned; NULL: not listening */
	gint64 until;		/* monotonic microseconds */
	char *came;		/* owned; wiped: the code that the browser brought */
	bool ended, clock_said, trouble_said;
};

/* ---- words ---- */

/* Of what was asked, where the words say no more than that. */
static const Refusal *
row_of(GrantOutcome outcome, const char *words)
{
	static const struct { GrantOutcome outcome; const char *id; } general[] = {
		{ GRANT_DENIED, "oauth-denied" }, { GRANT_EXPIRED, "oauth-code-over" }, { GRANT_REVOKED, "oauth-over" },
		{ GRANT_LATER, "oauth-busy" }, { GRANT_CLIENT, "oauth-client" },
	};
	const Refusal *said = refusal_find(SAYS_OAUTH, true, words);

	if (said && !g_str_has_prefix(said->id, "oauth-"))
		return said;
	for (guint i = 0; i < G_N_ELEMENTS(general); i++)
		if (general[i].outcome == outcome)
			return refusal_by_id(general[i].id);
	return outcome == GRANT_NONSENSE ? NULL : said;
}

GError *
grant_error(GrantOutcome outcome, const Oauth *o, const char *words)
{
	EilError code = outcome == GRANT_LATER ? EIL_LATER : EIL_ASK_USER;
	const Refusal *r = row_of(outcome, words);
	RefusalPlace place = { .user = o->hint, .host = o->provider, .by = SAYS_OAUTH, .said = words };
	g_autofree char *sentence = r ? refusal_sentence(r, &place) :
		g_strdup_printf(outcome == GRANT_REFUSED ? _("%s refused the sign-in.") : _("%s sent an answer that eilpost does not understand."), o->provider);

	if (words && *words)
		return g_error_new(EIL_ERROR, code, _("%s It said: “%s”"), sentence, words);
	return g_error_new_literal(EIL_ERROR, code, sentence);
}

char *
clock_words(const Oauth *o, gint64 theirs, gint64 ours)
{
	gint64 s = theirs > 0 ? ABS(ours - theirs) : 0;
	int minutes = (int)MIN((s + 30) / 60, G_MAXINT / 2), hours = (minutes + 30) / 60, days = (hours + 12) / 24;	/* to the nearest: the way here took a moment */

	if (theirs <= 0 || s < CLOCK_OFF_S)
		return NULL;
	g_autofree char *span = minutes < 120 ? g_strdup_printf(ngettext("%d minute", "%d minutes", (gulong)minutes), minutes) :
		hours < 48 ? g_strdup_printf(ngettext("%d hour", "%d hours", (gulong)hours), hours) :
		g_strdup_printf(ngettext("%d day", "%d days", (gulong)days), days);
	return g_strdup_printf(ours < theirs ? _("The clock of this computer is %s behind that of %s; sign-ins and certificates may fail until it is set right.") :
		_("The clock of this computer is %s ahead of that of %s; sign-ins and certificates may fail until it is set right."), span, o->provider);
}

/* ---- asking ---- */

static void
clear_timer(SignIn *s)
{
	if (s->timer) {
		g_source_destroy(s->timer);
		g_source_unref(s->timer);
		s->timer = NULL;
	}
}

static void
end(SignIn *s, Tokens *t, GError *err /* taken */)
{
	if (!s->ended) {
		s->ended = true;
		clear_timer(s);
		s->client->done(s->user, t, err);	/* may free s */
	}
	g_clear_error(&err);
}

static void
after(SignIn *s, guint ms, GSourceFunc what)
{
	clear_timer(s);
	s->timer = g_timeout_source_new(ms);
	g_source_set_callback(s->timer, what, s, NULL);
	g_source_attach(s->timer, s->context);
}

static void
ask(SignIn *s, const char *url, char *form /* taken, wiped; may be NULL */, HttpDone done)
{
	HttpRequest r = { .url = url, .form = form, .ca_file = s->oauth.ca_file, .redirects = 3 };
	s->question = http_start(s->http, &r, done, s);
	secret_wipe_string(form);
}

static void
look_at_clock(SignIn *s, const HttpAnswer *a)
{
	g_autofree char *words = s->clock_said || !a ? NULL : clock_words(&s->oauth, a->date, g_get_real_time() / G_USEC_PER_SEC);
	if (!words)
		return;
	s->clock_said = true;
	s->client->note(s->user, words);
}

/* ---- tokens ---- */

static gboolean poll_now(gpointer user);

static void
poll_again(SignIn *s)
{
	after(s, (guint)s->code.interval_s * 1000, poll_now);
}

/* The person sees once that it hangs, not with each try. */
static void
trouble(SignIn *s, const char *sentence)
{
	if (!s->trouble_said)
		s->client->note(s->user, sentence);
	s->trouble_said = true;
}

static void
on_tokens(void *user, const HttpAnswer *a, const GError *err)
{
	SignIn *s = user;
	g_autofree char *words = NULL;
	g_auto(Tokens) t = { 0 };

	s->question = 0;
	if (err) {
		if (!s->device || !error_is(err, EIL_LATER)) {
			end(s, NULL, g_error_copy(err));
			return;
		}
		trouble(s, err->message);
		s->code.interval_s = MIN(s->code.interval_s * 2, INTERVAL_MAX_S);	/* RFC 8628, 3.5 */
		poll_again(s);
		return;
	}
	GrantOutcome outcome = grant_tokens(a->status, a->body, a->len, g_get_real_time() / G_USEC_PER_SEC, &t, &words);
	if (s->device && (outcome == GRANT_PENDING || outcome == GRANT_SLOW_DOWN || outcome == GRANT_LATER)) {
		s->code.interval_s += outcome == GRANT_PENDING ? 0 : SLOW_DOWN_S;
		poll_again(s);
		return;
	}
	if (outcome != GRANT_OK) {
		/* a code that is not accepted was no stored sign-in */
		end(s, NULL, grant_error(outcome == GRANT_REVOKED ? s->device ? GRANT_EXPIRED : GRANT_REFUSED : outcome, &s->oauth, words));
		return;
	}
	t.client_id = g_strdup(s->oauth.client_id);
	t.token_url = g_strdup(s->oauth.token_url);
	end(s, &t, NULL);
}

/* ---- by a code ---- */

static gboolean
poll_now(gpointer user)
{
	SignIn *s = user;

	clear_timer(s);
	if (g_get_monotonic_time() >= s->until)
		end(s, NULL, grant_error(GRANT_EXPIRED, &s->oauth, NULL));
	else
		ask(s, s->oauth.token_url, grant_poll_form(&s->oauth, s->code.device_code), on_tokens);
	return G_SOURCE_REMOVE;
}

static void
on_code(void *user, const HttpAnswer *a, const GError *err)
{
	SignIn *s = user;
	g_autofree char *words = NULL;

	s->question = 0;
	if (err) {
		end(s, NULL, g_error_copy(err));
		return;
	}
	GrantOutcome outcome = grant_device(a->status, a->body, a->len, &s->code, &words);
	if (outcome != GRANT_OK) {
		end(s, NULL, grant_error(outcome, &s->oauth, words));
		return;
	}
	s->until = g_get_monotonic_time() + s->code.expires_s * G_USEC_PER_SEC;
	look_at_clock(s, a);
	s->client->code(s->user, &s->code);
	poll_again(s);
}

/* ---- by the browser ---- */

static gboolean
take_code(gpointer user)
{
	SignIn *s = user;

	clear_timer(s);
	g_autofree char *redirect = g_strdup(loopback_redirect(s->loopback));
	ask(s, s->oauth.token_url, grant_code_form(&s->oauth, redirect, &s->pkce, s->came), on_tokens);
	return G_SOURCE_REMOVE;
}

static gboolean
denied(gpointer user)
{
	SignIn *s = user;
	GError *err = grant_error(GRANT_DENIED, &s->oauth, s->came);
	clear_timer(s);
	end(s, NULL, err);
	return G_SOURCE_REMOVE;
}

/* What comes of it is done later: the page is answered first, and a paste is not answered in its own call. */
static bool
came(void *user, const char *target)
{
	SignIn *s = user;
	g_autofree char *code = NULL, *words = NULL;

	if (s->came || s->ended)
		return false;
	GrantOutcome outcome = grant_redirect(target, &s->pkce, s->oauth.issuer, &code, &words);
	if (outcome == GRANT_NONSENSE)
		return false;
	s->came = outcome == GRANT_OK ? g_steal_pointer(&code) : g_strdup(words ? words : "");
	after(s, 0, outcome == GRANT_OK ? take_code : denied);
	return true;
}

void
signin_paste(SignIn *s, const char *address)
{
	if (s->loopback && !s->came && !came(s, address))
		s->client->note(s->user, _("That is not the address that the browser ends at; it begins with http:// and holds “code=”."));
}

static gboolean
too_late(gpointer user)
{
	SignIn *s = user;
	end(s, NULL, g_error_new(EIL_ERROR, EIL_ASK_USER, _("The browser did not come back from %s within %d minutes."), s->oauth.provider, BROWSER_S / 60));
	return G_SOURCE_REMOVE;
}

static void
go_to_browser(SignIn *s)
{
	GError *err = NULL;

	s->loopback = loopback_new(s->context, s->oauth.redirect, came, s, &err);
	if (!s->loopback) {
		end(s, NULL, err);
		return;
	}
	pkce_new(&s->pkce);
	g_autofree char *url = grant_authorize_url(&s->oauth, loopback_redirect(s->loopback), &s->pkce);
	after(s, BROWSER_S * 1000, too_late);
	s->client->address(s->user, url);
}

/* ---- the beginning ---- */

static void
go(SignIn *s)
{
	const Oauth *o = &s->oauth;

	if (!o->token_url || !(s->device ? o->device_url : o->authorize_url))
		end(s, NULL, g_error_new(EIL_ERROR, EIL_ASK_USER, s->device ? _("%s has no sign-in by a code; use the browser.") :
			_("%s has no sign-in by the browser; use a code."), o->provider));
	else if (s->device)
		ask(s, o->device_url, grant_device_form(o), on_code);
	else
		go_to_browser(s);
}

static void
on_discovered(void *user, const HttpAnswer *a, const GError *err)
{
	SignIn *s = user;

	s->question = 0;
	if (err) {
		end(s, NULL, g_error_copy(err));
		return;
	}
	look_at_clock(s, a);
	if (!grant_discovered(&s->oauth, a->status, a->body, a->len))
		end(s, NULL, grant_error(GRANT_NONSENSE, &s->oauth, NULL));
	else
		go(s);
}

static gboolean
begin(gpointer user)
{
	SignIn *s = user;

	clear_timer(s);
	if (!s->oauth.issuer || (s->oauth.token_url && (s->device ? s->oauth.device_url : s->oauth.authorize_url))) {
		go(s);
	} else {
		g_autofree char *url = grant_discovery_url(&s->oauth);
		ask(s, url, NULL, on_discovered);
	}
	return G_SOURCE_REMOVE;
}

SignIn *
signin_new(const Oauth *o, bool device, Http *http, GMainContext *context, const SignInClient *client, void *user)
{
	SignIn *s = g_new0(SignIn, 1);

	oauth_copy(&s->oauth, o);
	s->device = device;
	s->http = http;
	s->context = g_main_context_ref(context);
	s->client = client;
	s->user = user;
	after(s, 0, begin);
	return s;
}

void
signin_free(SignIn *s)
{
	if (!s)
		return;
	if (s->question)
		http_cancel(s->http, s->question);
	clear_timer(s);
	loopback_free(s->loopback);
	device_code_clear(&s->code);
	pkce_clear(&s->pkce);
	secret_wipe_string(s->came);
	oauth_clear(&s->oauth);
	g_main_context_unref(s->context);
	g_free(s);
}
