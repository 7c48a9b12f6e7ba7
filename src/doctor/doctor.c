/* doctor.c - the thread, the secret, and one server after the other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"
#include "base/intl.h"
#include "base/json.h"
#include "base/utf8.h"
#include "conf/secrets.h"
#include "net/tls.h"

#include <glib-unix.h>
#include <string.h>

#define END_MS 1500

typedef struct { bool quit; char *secret; /* owned, wiped */ } Call;

struct Doctor {
	guint number;
	Account *account;	/* shared */
	Vault *vault;		/* borrowed; NULL: none */
	Chan *letters;		/* borrowed */
	Chan *calls;		/* owned */
	GThread *thread;
	gint ended;		/* atomic */

	/* all below belongs to the thread */
	GMainContext *context;	/* owned */
	Exam *exam;		/* owned; NULL: between two */
	bool sending, next, quitting, well, asked;
	Secret *secret;		/* owned; NULL: none */
	bool has_secret, secret_wrong;
	bool key_asked, key_answered;	/* the passphrase of client-key */
	Secret *key_phrase;	/* owned; NULL: none */
	char *why_not;		/* owned: why there is none */
	VaultTicket *ticket;	/* owned */
	SecretJob *job;		/* owned */
	gint64 since;		/* microseconds: the secret was asked for */
};

/* ---- letters ---- */

DoctorLetter *
doctor_letter(DoctorNews kind)
{
	DoctorLetter *l = g_new0(DoctorLetter, 1);
	l->kind = kind;
	l->ms = -1;
	return l;
}

void
doctor_letter_free(DoctorLetter *l)
{
	if (!l)
		return;
	g_free(l->label);
	g_free(l->text);
	g_free(l->whom);
	g_free(l->advice);
	g_free(l->plea);
	g_free(l);
}

const char *
doctor_outcome(DoctorOutcome o)
{
	return o == DOCTOR_OK ? _("ok") : o == DOCTOR_NOTE ? _("note") : o == DOCTOR_FAILED ? _("failed") : _("left out");
}

static void
put_padded(GString *out, const char *text, int columns)
{
	g_string_append(out, text);
	for (int w = utf8_columns(text, -1); w < columns; w++)
		g_string_append_c(out, ' ');
}

char *
doctor_line(const DoctorLetter *l)
{
	GString *out = g_string_new("  ");
	g_autofree char *ms = l->ms >= 0 ? g_strdup_printf("%6" G_GINT64_FORMAT " ms", l->ms) : g_strdup("         ");

	put_padded(out, doctor_outcome(l->outcome), 12);
	g_string_append_printf(out, "%s  ", ms);
	put_padded(out, l->label ? l->label : "", 15);
	g_string_append_printf(out, " %s", l->text ? l->text : "");
	return g_string_free(out, FALSE);
}

static void
tell(void *user, DoctorLetter *l)
{
	Doctor *d = user;
	l->number = d->number;
	chan_send(d->letters, l);
}

/* ---- the secret ---- */

static void
no_secret(Doctor *d, const char *why)
{
	g_clear_pointer(&d->secret, secret_free);
	d->secret_wrong = false;
	g_free(d->why_not);
	d->why_not = g_strdup(why);
}

/* Another one: what was said of the last does not hold for it. */
static void
new_secret(Doctor *d, const char *text)
{
	secret_free(d->secret);
	d->secret = secret_new(text, -1);
	d->secret_wrong = false;
	g_clear_pointer(&d->why_not, g_free);
}

static void
give_secret(Doctor *d)
{
	d->has_secret = true;
	if (d->exam)
		exam_secret(d->exam, d->secret_wrong ? NULL : d->secret, d->secret_wrong ? _("not tried again with what was refused a moment ago") : d->why_not, d->key_phrase);
}

static void
step(Doctor *d, DoctorOutcome outcome, const char *text)
{
	DoctorLetter *l = doctor_letter(DOCTOR_STEP);
	l->outcome = outcome;
	l->label = g_strdup(d->account->auth == AUTH_OAUTH2 ? _("token") : _("password"));
	l->text = g_strdup(text);
	l->ms = (g_get_monotonic_time() - d->since) / 1000;
	tell(d, l);
}

/* A token that can be read (RFC 9068, Microsoft's): for whom it is, and for what. NULL: it can't. Yours. */
static char *
token_words(const char *token)
{
	g_auto(GStrv) parts = g_strsplit(token, ".", 4);
	gsize len = 0;

	if (g_strv_length(parts) != 3)
		return NULL;
	g_strdelimit(parts[1], "-", '+');
	g_strdelimit(parts[1], "_", '/');
	g_autofree char *padded = g_strdup_printf("%s%.*s", parts[1], (int)((4 - strlen(parts[1]) % 4) % 4), "===");
	g_autofree char *plain = (char *)g_base64_decode(padded, &len);
	g_autoptr(Json) j = json_read(plain, len);
	const char *scopes = j ? json_text(j, "scp") : NULL, *who = j ? json_text(j, "upn") : NULL;
	if (j && !scopes)
		scopes = json_text(j, "scope");
	if (!scopes)
		return NULL;
	return who ? g_strdup_printf(_("for %s, with the permissions %s"), who, scopes) : g_strdup_printf(_("with the permissions %s"), scopes);
}

static void
on_token(void *user, const char *token, gint64 good_ms, const GError *err)
{
	Doctor *d = user;

	d->ticket = NULL;
	if (token) {
		g_autofree char *words = token_words(token);
		g_autofree char *good = g_strdup_printf(ngettext("good for %d minute", "good for %d minutes", (gulong)(good_ms / 60000)), (int)(good_ms / 60000));
		g_autofree char *text = words ? g_strdup_printf("%s, %s", good, words) : g_strdup(good);
		new_secret(d, token);
		step(d, DOCTOR_OK, text);
	} else {
		step(d, DOCTOR_FAILED, err->message);
		no_secret(d, _("there is no token"));
		/* the provider's words are in the sentence: the row is found by them again */
		const Refusal *row = refusal_find(SAYS_OAUTH, true, err->message);
		exam_trouble(d->exam, err->message, row, err->message, WHOM_YOURSELF, _("Sign in anew: in eilpost by the question that it asks, or with “eilpost oauth”."));
	}
	give_secret(d);
}

static void
on_secret(void *user, const char *secret, const GError *err)
{
	Doctor *d = user;

	d->job = NULL;
	if (secret) {
		new_secret(d, secret);
		step(d, DOCTOR_OK, _("the command gave it (password-command)"));
	} else {
		step(d, DOCTOR_FAILED, err->message);
		no_secret(d, _("there is no password"));
		exam_trouble(d->exam, err->message, NULL, NULL, WHOM_YOURSELF, _("Run the command of password-command by hand and look at what it says."));
	}
	give_secret(d);
}

/* What was taken for receiving is nothing for that server: as the engine has it (sync/keys.c). */
static bool
has_own(const Doctor *d)
{
	const Account *a = d->account;
	return d->sending && a->auth == AUTH_PASSWORD && (a->send_password_command || (!a->password_command && account_sends_apart(a)));
}

static void
ask_person(Doctor *d)
{
	const ServerUrl *url = d->sending ? &d->account->send : &d->account->receive;
	DoctorLetter *l = doctor_letter(DOCTOR_ASK_SECRET);

	l->text = g_strdup_printf(_("Password of %s at %s"), url->user ? url->user : account_user(d->account), url->host);
	d->asked = true;
	tell(d, l);
}

static void
on_kept(void *user, const char *password, const char *where, const GError *err)
{
	Doctor *d = user;

	d->ticket = NULL;
	if (password) {
		new_secret(d, password);
		step(d, DOCTOR_OK, where ? where : _("it is kept"));
		give_secret(d);
	} else if (d->sending && d->has_secret && !has_own(d)) {	/* none of its own: that for receiving is for both */
		give_secret(d);
	} else {
		if (err)
			step(d, DOCTOR_NOTE, err->message);
		ask_person(d);
	}
}

/* Before the secret, as what is behind it can't be reached without. True: the person is asked. */
static bool
ask_key(Doctor *d)
{
	const Account *a = d->account;
	const char *key = a->client_key ? a->client_key : a->client_cert;

	if (!a->client_cert || d->key_answered || !tls_key_locked(key))
		return false;
	DoctorLetter *l = doctor_letter(DOCTOR_ASK_SECRET);
	l->text = g_strdup_printf(_("Passphrase of the key %s"), key);
	d->key_asked = true;
	tell(d, l);
	return true;
}

/* S3: where a provider takes no passwords, none is fetched, asked for or offered. */
static bool
is_barred(Doctor *d)
{
	const Account *a = d->account;

	if (!a->no_passwords)
		return false;
	g_autofree char *sentence = g_strdup_printf(_("%s takes no passwords: the account “%s” needs auth = oauth2."),
		d->sending ? a->send.host : a->receive.host, a->name);
	no_secret(d, _("no password is sent there"));
	exam_trouble(d->exam, sentence, NULL, NULL, WHOM_YOURSELF, _("Write auth = oauth2 into the configuration and sign in with “eilpost oauth”."));
	give_secret(d);
	return true;
}

static void
wants_secret(void *user)
{
	Doctor *d = user;
	const Account *a = d->account;
	const char *command = d->sending && a->send_password_command ? a->send_password_command : a->password_command;

	if (is_barred(d) || ask_key(d))
		return;
	d->since = g_get_monotonic_time();
	if (a->auth == AUTH_CERTIFICATE) {	/* a password is not shown there */
		if (!d->has_secret)
			new_secret(d, "");
		give_secret(d);
		return;
	}
	if (d->has_secret && !has_own(d) && (a->auth == AUTH_OAUTH2 || command || !d->vault))
		give_secret(d);
	else if (command)
		d->job = secret_fetch(command, d->context, on_secret, d);
	else if (a->auth == AUTH_OAUTH2 && d->vault)
		d->ticket = vault_token(d->vault, d->account, NULL, d->context, on_token, d);
	else if (d->vault)
		d->ticket = vault_password(d->vault, a, d->sending ? VAULT_SEND : VAULT_RECEIVE, d->context, on_kept, d);
	else
		ask_person(d);
}

static void
typed(Doctor *d, const char *secret)
{
	if (d->key_asked) {
		d->key_asked = false;
		d->key_answered = true;
		d->key_phrase = secret && *secret ? secret_new(secret, -1) : NULL;
		wants_secret(d);
		return;
	}
	if (!d->asked)
		return;
	d->asked = false;
	if (secret && *secret)
		new_secret(d, secret);
	else
		no_secret(d, _("there is no password"));
	give_secret(d);
}

/* ---- one after the other ---- */

static void
exam_ended(void *user, ExamEnd end)
{
	Doctor *d = user;
	if (end.unsigned_in && d->well && end.well) {
		DoctorLetter *l = doctor_letter(DOCTOR_VERDICT);
		l->outcome = DOCTOR_FAILED;
		l->text = g_strdup(_("Nothing is wrong up to the sign-in; that was not tried, for want of a password."));
		l->whom = g_strdup(refusal_whom(WHOM_YOURSELF));
		tell(d, l);
	}
	d->well = d->well && end.well && !end.unsigned_in;
	d->secret_wrong |= end.secret_wrong;
	d->next = true;
}

static bool
next_exam(Doctor *d)
{
	const Account *a = d->account;
	bool first = !d->exam && !d->sending;

	g_clear_pointer(&d->exam, exam_free);
	d->next = false;
	if (!first && (d->sending || a->send.scheme == SCHEME_NONE || a->no_passwords /* that is all there is to say */))
		return false;
	d->sending = !first;
	ExamSetup setup = {
		.account = a, .by = d->sending ? SAYS_SMTP : account_is_pop(a) ? SAYS_POP3 : SAYS_IMAP, .context = d->context,
		.tell = tell, .wants_secret = wants_secret, .ended = exam_ended, .user = d,
	};
	d->exam = exam_new(&setup);
	return true;
}

static gboolean
on_calls(gint fd, GIOCondition condition, gpointer user)
{
	Doctor *d = user;
	Call *c;

	while ((c = chan_take(d->calls))) {
		if (c->quit)
			d->quitting = true;
		else
			typed(d, c->secret);
		secret_wipe_string(c->secret);
		g_free(c);
	}
	return G_SOURCE_CONTINUE;
}

static gpointer
thread(gpointer user)
{
	Doctor *d = user;

	g_main_context_push_thread_default(d->context);
	g_autoptr(GSource) wake = g_unix_fd_source_new(chan_fd(d->calls), G_IO_IN);
	g_source_set_callback(wake, G_SOURCE_FUNC(on_calls), d, NULL);
	g_source_attach(wake, d->context);
	d->next = d->well = true;
	while (!d->quitting && (!d->next || next_exam(d)))
		g_main_context_iteration(d->context, TRUE);
	g_source_destroy(wake);
	g_clear_pointer(&d->exam, exam_free);
	g_clear_pointer(&d->ticket, vault_ticket_cancel);
	g_clear_pointer(&d->job, secret_job_cancel);
	secret_free(d->secret);
	secret_free(d->key_phrase);
	if (!d->quitting) {
		DoctorLetter *l = doctor_letter(DOCTOR_ENDED);
		l->outcome = d->well ? DOCTOR_OK : DOCTOR_FAILED;
		tell(d, l);
	}
	g_main_context_pop_thread_default(d->context);
	g_atomic_int_set(&d->ended, 1);
	return NULL;
}

/* ---- the door ---- */

static void
call_free(gpointer p)
{
	Call *c = p;
	secret_wipe_string(c->secret);
	g_free(c);
}

Doctor *
doctor_new(const DoctorSetup *setup)
{
	Doctor *d = g_new0(Doctor, 1);
	d->number = setup->number;
	d->account = account_ref(setup->account);
	d->vault = setup->vault;
	d->letters = setup->letters;
	d->calls = chan_new(call_free);
	d->context = g_main_context_new();
	d->thread = g_thread_new("doctor", thread, d);
	return d;
}

void
doctor_secret(Doctor *d, const char *secret)
{
	Call *c = g_new0(Call, 1);
	c->secret = g_strdup(secret);
	chan_send(d->calls, c);
}

void
doctor_free(Doctor *d)
{
	if (!d)
		return;
	Call *c = g_new0(Call, 1);
	c->quit = true;
	chan_send(d->calls, c);
	/* all it does is waiting for sources: a turn, and it is over */
	for (guint waited = 0; waited < END_MS && !g_atomic_int_get(&d->ended); waited += 2)
		g_usleep(2000);
	if (!g_atomic_int_get(&d->ended)) {
		g_thread_unref(d->thread);
		return;
	}
	g_thread_join(d->thread);
	chan_free(d->calls);
	g_main_context_unref(d->context);
	account_unref(d->account);
	g_free(d->why_not);
	g_free(d);
}
