/* trial.c - tries the sign-ins of an account that is not there yet.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The same links and sessions as the engine's, so that what passes here passes there: STARTTLS is demanded, the certificate is
 * verified, an account with auth = oauth2 never shows a password (S3). */
#include "config.h"
#include "sync/engine_private.h"
#include "sync/trial.h"
#include "base/intl.h"
#include "base/log.h"
#include "conf/refusals.h"
#include "proto/pop3/session.h"
#include "proto/smtp/session.h"

enum { TICK_MS = 500 };

typedef enum { SPEAKS_IMAP, SPEAKS_POP3, SPEAKS_SMTP } Speaks;
typedef enum { WORD_WAITS, WORD_OTHER, WORD_START_TLS, WORD_READY, WORD_FAILED } WordKind;
typedef enum { WHY_AUTH, WHY_NO_MECHANISM, WHY_NO_STARTTLS, WHY_TAMPERED, WHY_BUSY, WHY_TIMEOUT, WHY_NONSENSE, WHY_REFUSED } Why;
typedef struct { WordKind kind; Why why; const char *text, *said; /* borrowed */ } Word;

struct Trial {
	gatomicrefcount refs;	/* the person's and the thread's */
	Chan *letters;		/* owned */
	Chan *answers;		/* owned, of Secret*: the other way */
	GMainContext *context;	/* owned */
	gint ended;		/* atomic */
	Account *account;	/* shared */
	Secret *secret;		/* owned; NULL: not here yet */
	Secret *shared;		/* owned: what receiving took, while sending looks for its own */
	bool typed;		/* it was given, not looked up */
	Vault *vault;		/* borrowed */
	/* the thread's own */
	TrialSide side;
	Speaks speaks;
	Link *link;		/* owned */
	ImapSession *imap;	/* owned, as the two below; one of them is there */
	Pop3Session *pop3;
	SmtpSession *smtp;
	CredentialFetch *fetch;	/* owned; NULL: none */
	Secret *key_phrase;	/* owned: of client-key; NULL: none */
	gint64 begun_ms;
	bool over, key_asked, key_answered;
};

void
trial_letter_free(TrialLetter *l)
{
	if (!l)
		return;
	g_free(l->text);
	g_free(l);
}

static void
tell(Trial *t, TrialState state, char *text)
{
	TrialLetter *l = g_new0(TrialLetter, 1);
	l->side = t->side;
	l->state = state;
	l->text = text;
	l->took_ms = clock_ms() - t->begun_ms;
	chan_send(t->letters, l);
}

static void
end_with(Trial *t, char *sentence, bool refused)
{
	if (t->over)
		return;
	t->over = true;
	TrialLetter *l = g_new0(TrialLetter, 1);
	l->side = t->side;
	l->state = TRIAL_FAILED;
	l->text = sentence;
	l->refused = refused;
	chan_send(t->letters, l);
}

static const ServerUrl *
server_of(const Trial *t)
{
	return t->side == TRIAL_RECEIVE ? &t->account->receive : &t->account->send;
}

static const char *
user_of(const Trial *t)
{
	const char *own = server_of(t)->user;
	return own ? own : account_user(t->account);
}

/* ---- failures in words ---- */

static char *
sentence(const Trial *t, Why why)
{
	static const char *const names[] = { "IMAP", "POP3", "SMTP" };
	const char *host = server_of(t)->host;

	switch (why) {
	case WHY_AUTH:
		return g_strdup_printf(_("%s refused the sign-in of %s."), host, user_of(t));
	case WHY_NO_MECHANISM:
		return g_strdup_printf(_("%s offers no way to sign in that eilpost knows and that is safe here. No password was sent."), host);
	case WHY_NO_STARTTLS:
		return g_strdup_printf(_("%s does not offer encryption (STARTTLS) on this port. No password was sent."), host);
	case WHY_TAMPERED:
		return g_strdup_printf(_("Somebody or something between here and %s tampers with the connection. No password was sent."), host);
	case WHY_BUSY:
		return g_strdup_printf(_("%s can't take the sign-in right now. Try it again later."), host);
	case WHY_TIMEOUT:
		return g_strdup_printf(_("%s did not answer for too long. Is the port right?"), host);
	case WHY_REFUSED:
		return g_strdup_printf(_("%s takes no mail from here."), host);
	case WHY_NONSENSE:
		break;
	}
	return g_strdup_printf(_("%s sent something that is not %s. Is the port right?"), host, names[t->speaks]);
}

static Why
why_imap(ImapFailure f)
{
	switch (f) {
	case IMAP_FAIL_AUTH:
		return WHY_AUTH;
	case IMAP_FAIL_AUTH_NO_MECHANISM:
		return WHY_NO_MECHANISM;
	case IMAP_FAIL_NO_STARTTLS:
		return WHY_NO_STARTTLS;
	case IMAP_FAIL_INJECTION: case IMAP_FAIL_PREAUTH:
		return WHY_TAMPERED;
	case IMAP_FAIL_UNAVAILABLE: case IMAP_FAIL_BYE:
		return WHY_BUSY;
	case IMAP_FAIL_TIMEOUT:
		return WHY_TIMEOUT;
	case IMAP_FAIL_PROTOCOL: case IMAP_FAIL_NONE:
		break;
	}
	return WHY_NONSENSE;
}

static Why
why_pop3(Pop3Failure f)
{
	switch (f) {
	case POP3_FAIL_AUTH:
		return WHY_AUTH;
	case POP3_FAIL_AUTH_NO_MECHANISM:
		return WHY_NO_MECHANISM;
	case POP3_FAIL_NO_STARTTLS:
		return WHY_NO_STARTTLS;
	case POP3_FAIL_INJECTION:
		return WHY_TAMPERED;
	case POP3_FAIL_UNAVAILABLE:
		return WHY_BUSY;
	case POP3_FAIL_TIMEOUT:
		return WHY_TIMEOUT;
	case POP3_FAIL_PROTOCOL: case POP3_FAIL_NONE:
		break;
	}
	return WHY_NONSENSE;
}

static Why
why_smtp(SmtpFailure f)
{
	switch (f) {
	case SMTP_FAIL_AUTH:
		return WHY_AUTH;
	case SMTP_FAIL_AUTH_NO_MECHANISM: case SMTP_FAIL_AUTH_REQUIRED:
		return WHY_NO_MECHANISM;
	case SMTP_FAIL_NO_STARTTLS:
		return WHY_NO_STARTTLS;
	case SMTP_FAIL_INJECTION:
		return WHY_TAMPERED;
	case SMTP_FAIL_UNAVAILABLE:
		return WHY_BUSY;
	case SMTP_FAIL_TIMEOUT:
		return WHY_TIMEOUT;
	case SMTP_FAIL_REFUSED:
		return WHY_REFUSED;
	case SMTP_FAIL_PROTOCOL: case SMTP_FAIL_NONE:
		break;
	}
	return WHY_NONSENSE;
}

/* ---- three protocols, one conversation ---- */

static Word
next_word(Trial *t)
{
	if (t->imap) {
		ImapEvent e = imap_session_next(t->imap);
		return (Word){ e.kind == IMAP_WANTS_BYTES ? WORD_WAITS : e.kind == IMAP_EV_START_TLS ? WORD_START_TLS : e.kind == IMAP_EV_READY ? WORD_READY :
			e.kind == IMAP_EV_FAILED || e.kind == IMAP_EV_CLOSED ? WORD_FAILED : WORD_OTHER, why_imap(e.kind == IMAP_EV_CLOSED ? IMAP_FAIL_BYE : e.failure), e.text, e.said };
	}
	if (t->pop3) {
		Pop3Event e = pop3_session_next(t->pop3);
		return (Word){ e.kind == POP3_WANTS_BYTES ? WORD_WAITS : e.kind == POP3_EV_START_TLS ? WORD_START_TLS : e.kind == POP3_EV_READY ? WORD_READY :
			e.kind == POP3_EV_FAILED || e.kind == POP3_EV_CLOSED ? WORD_FAILED : WORD_OTHER, why_pop3(e.failure), e.text, e.said };
	}
	SmtpEvent e = smtp_session_next(t->smtp);
	return (Word){ e.kind == SMTP_WANTS_BYTES ? WORD_WAITS : e.kind == SMTP_EV_START_TLS ? WORD_START_TLS : e.kind == SMTP_EV_READY ? WORD_READY :
		e.kind == SMTP_EV_FAILED || e.kind == SMTP_EV_CLOSED ? WORD_FAILED : WORD_OTHER, why_smtp(e.failure), e.reply.text ? e.reply.text : e.text, e.said };
}

static const guint8 *
on_output(void *user, gsize *len)
{
	Trial *t = user;
	*len = 0;
	return t->imap ? imap_session_output(t->imap, len) : t->pop3 ? pop3_session_output(t->pop3, len) : t->smtp ? smtp_session_output(t->smtp, len) : NULL;
}

static void
on_taken(void *user, gsize n)
{
	Trial *t = user;
	if (t->imap)
		imap_session_output_taken(t->imap, n, clock_ms());
	else if (t->pop3)
		pop3_session_output_taken(t->pop3, n, clock_ms());
	else
		smtp_session_output_taken(t->smtp, n, clock_ms());
}

static void
drop(Trial *t)
{
	g_clear_pointer(&t->link, link_close);
	g_clear_pointer(&t->imap, imap_session_free);
	g_clear_pointer(&t->pop3, pop3_session_free);
	g_clear_pointer(&t->smtp, smtp_session_free);
}

/* Signed in. The server is left without a goodbye: who tries does not wait for one. */
static void
good(Trial *t)
{
	tell(t, TRIAL_GOOD, NULL);
	drop(t);
	/* what was typed for one is not shown to somebody else's server: with the first mail it is asked for */
	if (t->side == TRIAL_RECEIVE && t->account->send.scheme != SCHEME_NONE && !(t->typed && account_sends_apart(t->account))) {
		t->side = TRIAL_SEND;	/* begun by the loop: a link is not opened from another's call */
		GivenBy by = credential_giver(t->account, SENDING, t->vault != NULL);
		if (t->account->send_password_command || (!t->typed && by == GIVEN_BY_VAULT))
			t->shared = g_steal_pointer(&t->secret);
		return;
	}
	tell(t, TRIAL_DONE, NULL);
	t->over = true;
}

/* What is known of the server's words goes before what the protocol alone tells. */
static void
failed(Trial *t, const Word *w)
{
	static const RefusalBy by[] = { SAYS_IMAP, SAYS_POP3, SAYS_SMTP };
	const Refusal *row = w->said ? refusal_find(by[t->speaks], t->account->auth == AUTH_OAUTH2, w->said) : NULL;
	RefusalPlace place = { .user = user_of(t), .host = server_of(t)->host, .by = by[t->speaks], .said = w->text };

	if (!row) {
		end_with(t, sentence_with_server(sentence(t, w->why), w->text), w->why == WHY_AUTH);
		return;
	}
	g_autofree char *means = refusal_sentence(row, &place), *advice = refusal_advice(row, &place);
	end_with(t, sentence_with_server(g_strjoin(" ", means, advice, NULL), w->text), row->cause == CAUSE_SECRET);
}

static bool
hear(Trial *t, const Word *w)
{
	g_autoptr(GError) err = NULL;

	switch (w->kind) {
	case WORD_START_TLS:
		if (link_start_tls(t->link, &err))
			return true;
		end_with(t, g_strdup(err->message), false);
		return false;
	case WORD_READY:
		good(t);
		return false;
	case WORD_FAILED:
		failed(t, w);
		return false;
	case WORD_WAITS: case WORD_OTHER:
		break;
	}
	return true;
}

static bool
talks(const Trial *t)
{
	return t->imap || t->pop3 || t->smtp;
}

static void
pump(Trial *t)
{
	while (!t->over && talks(t)) {
		Word w = next_word(t);
		if (w.kind == WORD_WAITS || !hear(t, &w))
			break;
	}
	gsize len = 0;
	if (!t->over && talks(t) && on_output(t, &len) && len)
		link_kick(t->link);
}

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Trial *t = user;
	if (t->imap)
		imap_session_feed(t->imap, data, len);
	else if (t->pop3)
		pop3_session_feed(t->pop3, data, len);
	else if (t->smtp)
		smtp_session_feed(t->smtp, data, len);
	pump(t);
	return t->link != NULL;
}

static void
on_stage(void *user, LinkStage stage)
{
	if (stage == LINK_TLS_HANDSHAKE)
		tell(user, TRIAL_GOES, g_strdup(_("securing the connection")));
}

static void
begin_session(Trial *t)
{
	const ServerUrl *u = server_of(t);
	const char *secret = secret_peek(t->secret);
	bool oauth2 = t->account->auth == AUTH_OAUTH2;

	tell(t, TRIAL_GOES, g_strdup(_("signing in")));
	if (t->speaks == SPEAKS_IMAP) {
		ImapSetup s = {
			.security = server_security(u),
			.user = user_of(t), .secret = secret, .oauth2 = oauth2, .external = t->account->auth == AUTH_CERTIFICATE, .host = u->host, .port = u->port, .client_version = PACKAGE_VERSION,
		};
		t->imap = imap_session_new(&s, clock_ms());
	} else if (t->speaks == SPEAKS_POP3) {
		Pop3Setup s = {
			.security = server_security(u),
			.user = user_of(t), .secret = secret, .oauth2 = oauth2, .external = t->account->auth == AUTH_CERTIFICATE, .host = u->host, .port = u->port,
		};
		t->pop3 = pop3_session_new(&s, clock_ms());
	} else {
		SmtpSetup s = {
			.security = server_security(u),
			.user = user_of(t), .secret = secret, .oauth2 = oauth2, .external = t->account->auth == AUTH_CERTIFICATE, .host = u->host, .port = u->port,
		};
		t->smtp = smtp_session_new(&s, clock_ms());
	}
}

static void
on_opened(void *user)
{
	begin_session(user);
	pump(user);
}

static void
on_tls_started(void *user)
{
	Trial *t = user;
	if (t->imap)
		imap_session_tls_started(t->imap);
	else if (t->pop3)
		pop3_session_tls_started(t->pop3);
	else if (t->smtp)
		smtp_session_tls_started(t->smtp);
	pump(t);
}

static void
on_closed(void *user, const GError *err)
{
	Trial *t = user;
	end_with(t, err ? g_strdup(err->message) : g_strdup_printf(_("%s closed the connection before the sign-in."), server_of(t)->host), false);
}

static const LinkClient CLIENT = {
	.stage = on_stage, .opened = on_opened, .tls_started = on_tls_started, .feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed,
};

static void
connect_side(Trial *t)
{
	const ServerUrl *u = server_of(t);
	LinkTarget target = account_target(t->account, u, t->key_phrase ? secret_peek(t->key_phrase) : NULL);

	t->begun_ms = clock_ms();
	t->speaks = t->side == TRIAL_SEND ? SPEAKS_SMTP : account_is_pop(t->account) ? SPEAKS_POP3 : SPEAKS_IMAP;
	tell(t, TRIAL_GOES, g_strdup(_("connecting")));
	t->link = link_open(&target, t->context, &CLIENT, t);
}

/* ---- the secret ---- */

static void
no_password(Trial *t)
{
	if (t->over)
		return;
	t->over = true;
	TrialLetter *l = g_new0(TrialLetter, 1);
	l->side = t->side;
	l->state = TRIAL_FAILED;
	l->text = g_strdup_printf(_("No password of %s at %s is kept."), user_of(t), server_of(t)->host);
	l->no_password = true;
	chan_send(t->letters, l);
}

/* None of its own: that for receiving may be for both. */
static void
none_kept(Trial *t)
{
	if (t->shared && !account_sends_apart(t->account))
		t->secret = g_steal_pointer(&t->shared);
	else
		no_password(t);
}

static void
on_credential(void *user, SignsInTo what, const CredentialAnswer *a)
{
	Trial *t = user;

	t->fetch = NULL;
	if (a->secret)
		t->secret = secret_new(a->secret, -1);
	else if (a->err)
		end_with(t, g_strdup(a->err->message), false);
	else
		none_kept(t);
}

/* A keyring that does not answer has none. */
static void
on_slow(void *user, SignsInTo what)
{
	Trial *t = user;

	g_clear_pointer(&t->fetch, credential_cancel);
	none_kept(t);
}

/* True: it is not wanted, or answered. Without it the encryption says what is missing. */
static bool
has_key(Trial *t)
{
	const char *key = t->key_answered ? NULL : credential_locked_key(t->account);
	Secret *typed = key ? chan_take(t->answers) : NULL;

	if (key && !typed && !t->key_asked)
		tell(t, TRIAL_ASKS, credential_key_question(key));
	t->key_asked = key != NULL;
	if (!typed)
		return !key;
	t->key_answered = true;
	if (*secret_peek(typed))
		t->key_phrase = typed;
	else
		secret_free(typed);
	return true;
}

static void
fetch_secret(Trial *t)
{
	SignsInTo what = t->side == TRIAL_SEND ? SENDING : RECEIVING;
	GivenBy by = credential_giver(t->account, what, t->vault != NULL);
	char *barred = credential_barred(t->account, what);

	if (barred) {	/* also what was typed */
		end_with(t, barred, false);
		return;
	}
	if (t->secret || t->fetch)
		return;
	tell(t, TRIAL_GOES, g_strdup(_("fetching the secret")));
	if (by == GIVEN_BY_PERSON)
		end_with(t, g_strdup(_("There is nothing here that could sign in.")), false);
	else
		t->fetch = credential_fetch(&(CredentialSetup){ .account = t->account, .vault = t->vault, .context = t->context, .what = what,
			.done = on_credential, .slow = on_slow, .user = t });
}

/* ---- the thread ---- */

static gboolean
tick(gpointer user)
{
	Trial *t = user;
	if (t->imap)
		imap_session_tick(t->imap, clock_ms());
	else if (t->pop3)
		pop3_session_tick(t->pop3, clock_ms());
	else if (t->smtp)
		smtp_session_tick(t->smtp, clock_ms());
	pump(t);
	return G_SOURCE_CONTINUE;
}

static void
trial_unref(Trial *t)
{
	if (!g_atomic_ref_count_dec(&t->refs))
		return;
	chan_free(t->letters);
	chan_free(t->answers);
	account_unref(t->account);
	secret_free(t->secret);
	secret_free(t->shared);
	secret_free(t->key_phrase);
	g_main_context_unref(t->context);
	g_free(t);
}

static void
go_on(Trial *t)
{
	if (!has_key(t))
		return;
	fetch_secret(t);
	if (t->secret && !t->link && !t->over)
		connect_side(t);
}

static gpointer
run(gpointer user)
{
	Trial *t = user;
	g_autoptr(GSource) clock = g_timeout_source_new(TICK_MS);

	g_main_context_push_thread_default(t->context);
	g_source_set_callback(clock, tick, t, NULL);
	g_source_attach(clock, t->context);
	t->begun_ms = clock_ms();
	while (!t->over && !g_atomic_int_get(&t->ended)) {
		go_on(t);
		if (!t->over)
			g_main_context_iteration(t->context, TRUE);
	}
	drop(t);
	credential_cancel(t->fetch);
	g_source_destroy(clock);
	g_main_context_pop_thread_default(t->context);
	trial_unref(t);
	return NULL;
}

/* ---- the door ---- */

Trial *
trial_start(Account *account, const char *secret, Vault *vault)
{
	Trial *t = g_new0(Trial, 1);

	g_atomic_ref_count_init(&t->refs);
	g_atomic_ref_count_inc(&t->refs);
	t->letters = chan_new((GDestroyNotify)trial_letter_free);
	t->answers = chan_new((GDestroyNotify)secret_free);
	t->context = g_main_context_new();
	t->account = account_ref(account);
	t->secret = secret ? secret_new(secret, -1) : NULL;
	t->typed = secret != NULL;
	t->vault = vault;
	g_thread_unref(g_thread_new("trial", run, t));
	return t;
}

int
trial_fd(const Trial *t)
{
	return chan_fd(t->letters);
}

TrialLetter *
trial_take(Trial *t)
{
	return chan_take(t->letters);
}

void
trial_answer(Trial *t, const char *text)
{
	chan_send(t->answers, secret_new(text ? text : "", -1));
	g_main_context_wakeup(t->context);
}

void
trial_end(Trial *t)
{
	if (!t)
		return;
	g_atomic_int_set(&t->ended, 1);
	g_main_context_wakeup(t->context);
	trial_unref(t);
}
