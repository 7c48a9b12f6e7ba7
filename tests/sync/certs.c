/* certs.c - tests of the engines: every kind of certificate, over IMAP, POP3 and SMTP, at once and by STARTTLS.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The server is a thread that speaks just enough to be offered a password. Whatever it hears, in the clear or inside TLS,
 * is searched for the canary: a good server gets it, a refused one never does, plain or in base64. */
#include "config.h"
#include "../net/certs.h"
#include "sync/look.h"
#include "sync/trial.h"
#include "world.h"

#include <locale.h>

#define CANARY "canary-7Wq"

typedef struct { const char *name; Scheme scheme, starttls; } Protocol;
static const Protocol PROTOCOLS[] = {
	{ "imap", SCHEME_IMAPS, SCHEME_IMAP }, { "pop3", SCHEME_POP3S, SCHEME_POP3 }, { "smtp", SCHEME_SMTPS, SCHEME_SMTP },
};

typedef struct { const Protocol *protocol; bool later; } Way;

/* ---- the server ---- */

typedef struct {
	const CertCase *k;
	const Way *way;
	int listener, fd;
	guint16 port;
	gnutls_session_t tls;	/* NULL: in the clear */
	GString *heard;		/* owned: all that came, decrypted where it was */
	bool secured, no_external;
	gint over;		/* atomic: it heard the sign-in, or somebody hung up */
} Far;

static void
far_say(Far *f, const char *text)
{
	if (f->tls)
		gnutls_record_send(f->tls, text, strlen(text));
	else if (send(f->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		shutdown(f->fd, SHUT_RDWR);
}

/* Yours; NULL: closed. */
static char *
far_line(Far *f)
{
	GString *line = g_string_new(NULL);
	char c;

	while ((f->tls ? gnutls_record_recv(f->tls, &c, 1) : recv(f->fd, &c, 1, 0)) > 0) {
		g_string_append_c(f->heard, c);
		if (c == '\n')
			return g_string_free(line, FALSE);
		g_string_append_c(line, c);
	}
	g_string_free(line, TRUE);
	return NULL;
}

/* What is offered inside TLS. */
static const char *
mechanism(const Far *f)
{
	return f->k->wants_ours && !f->no_external ? "EXTERNAL" : "PLAIN";
}

static void
say_taken(Far *f, char *text)
{
	far_say(f, text);
	g_free(text);
}

static char *
imap_capabilities(const Far *f)
{
	return f->tls ? g_strdup_printf("CAPABILITY IMAP4rev1 SASL-IR AUTH=%s", mechanism(f)) : g_strdup("CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED");
}

static void
answer(Far *f, const char *line)
{
	g_autofree char *tag = g_strndup(line, strcspn(line, " ")), *can = imap_capabilities(f);

	switch (f->way->protocol->scheme) {
	case SCHEME_IMAPS:
		say_taken(f, strstr(line, "CAPABILITY") ? g_strdup_printf("* %s\r\n%s OK\r\n", can, tag) : g_strdup_printf("%s OK\r\n", tag));
		break;
	case SCHEME_POP3S:
		say_taken(f, !g_str_has_prefix(line, "CAPA") ? g_strdup("+OK\r\n") :
			f->tls ? g_strdup_printf("+OK\r\nSASL %s\r\n.\r\n", mechanism(f)) : g_strdup("+OK\r\nSTLS\r\n.\r\n"));
		break;
	default:
		say_taken(f, !g_str_has_prefix(line, "EHLO") ? g_strdup("220 go\r\n") :
			f->tls ? g_strdup_printf("250-here\r\n250 AUTH %s\r\n", mechanism(f)) : g_strdup("250-here\r\n250 STARTTLS\r\n"));
		break;
	}
}

static void
greet(Far *f)
{
	Scheme s = f->way->protocol->scheme;
	g_autofree char *can = imap_capabilities(f);
	say_taken(f, s == SCHEME_IMAPS ? g_strdup_printf("* OK [%s] hi\r\n", can) : g_strdup(s == SCHEME_POP3S ? "+OK hi\r\n" : "220 hi\r\n"));
}

/* Until a line with one of the words was answered. */
static bool
converse(Far *f, const char *word, const char *other)
{
	for (;;) {
		g_autofree char *line = far_line(f);
		if (!line)
			return false;
		bool there = strstr(line, word) || strstr(line, other);
		if (!there || !f->tls)
			answer(f, line);
		if (there)
			return true;
	}
}

/* One connection. */
static void
serve(Far *f)
{
	gnutls_certificate_credentials_t cred;
	Shown shown;

	if (f->way->later) {
		greet(f);
		if (!converse(f, "STARTTLS", "STLS"))
			return;
	}
	gnutls_session_t s = server_session(f->k, f->fd, &cred, &shown);
	f->secured = server_handshake(s);
	f->tls = s;
	if (!f->way->later && f->secured)
		greet(f);
	if (f->secured)
		converse(f, "AUTH", "\r\r");
	f->tls = NULL;
	server_session_end(s, cred, &shown);
}

static gpointer
far_thread(gpointer user)
{
	Far *f = user;

	do {
		f->fd = accept(f->listener, NULL, NULL);
		if (f->fd < 0)
			return NULL;
		serve(f);
		close(f->fd);
	} while (f->k->wants_ours && !f->secured);	/* a passphrase that did not fit: it comes again */
	g_atomic_int_set(&f->over, 1);
	return NULL;
}

static void
far_listen(Far *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;

	f->heard = g_string_new(NULL);
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(f->listener, (struct sockaddr *)&a, sizeof a), ==, 0);
	g_assert_cmpint(listen(f->listener, 4), ==, 0);
	getsockname(f->listener, (struct sockaddr *)&a, &len);
	f->port = ntohs(a.sin_port);
}

/* ---- the canary ---- */

/* base64 of text in which it stands: what its place there leaves of it, at each of the three. */
static bool
has_canary(const char *heard)
{
	if (strstr(heard, CANARY))
		return true;
	for (gsize before = 0; before < 3; before++) {
		g_autofree char *text = g_strdup_printf("%.*s" CANARY, (int)before, "xx");
		g_autofree char *coded = g_base64_encode((const guchar *)text, strlen(text));
		gsize from = before == 0 ? 0 : 4, len = strlen(text) / 3 * 4;
		g_autofree char *middle = g_strndup(coded + from, len - from);
		if (strstr(heard, middle))
			return true;
	}
	return false;
}

/* ---- our side ---- */

static Account *
account_of(const Far *f)
{
	const Protocol *p = f->way->protocol;
	Account *a = account_new();
	const char *host = f->k->host ? f->k->host : "localhost";
	ServerUrl url = { f->way->later ? p->starttls : p->scheme, g_strdup("alice"), g_strdup(host), f->port };

	a->name = g_strdup("test");
	a->address = g_strdup("alice@example.org");
	a->check = CHECK_MANUAL;
	a->send_when = g_strdup("at once");
	if (f->k->wants_ours) {
		a->auth = AUTH_CERTIFICATE;
		a->client_cert = g_strdup(own_cert);
		a->client_key = g_strdup(own_locked_key);
	} else {
		a->password_command = g_strdup("echo " CANARY);
	}
	a->ca_file = g_strdup(ca_path);
	a->pins = pins_of(f->k, f->port);
	if (p->scheme == SCHEME_SMTPS) {
		a->send = url;
		a->receive = (ServerUrl){ SCHEME_POP3_INSECURE, g_strdup("alice"), g_strdup("127.0.0.1"), 1 };
	} else {
		a->receive = url;
	}
	return a;
}

static void
start(Engine *e, const Far *f, bool first)
{
	Request *configure = request_new(REQ_CONFIGURE), *go;

	configure->config = account_of(f);
	engine_post(e, configure);
	if (f->way->protocol->scheme == SCHEME_SMTPS && first) {
		static const char MAIL[] = "From: alice@example.org\r\nSubject: x\r\nMessage-ID: <1@example.org>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nText.\r\n";
		Request *mail = request_new(REQ_SEND_RAW);
		mail->data = g_bytes_new_static(MAIL, strlen(MAIL));
		mail->text = g_strdup("bob@example.com");
		engine_post(e, mail);
	}
	go = request_new(f->way->protocol->scheme == SCHEME_SMTPS ? REQ_OUT_NOW : REQ_CHECK);
	engine_post(e, go);
}

/* What the engine tells of that server: the verdict, and of a refused one the trouble behind it. */
static Peer *
hear_verdict(Chan *letters, const Far *f, char **trouble)
{
	Peer *peer = NULL;
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

	while (g_get_monotonic_time() < end) {
		struct pollfd p = { .fd = chan_fd(letters), .events = POLLIN };
		Letter *l;
		poll(&p, 1, 100);
		while ((l = chan_take(letters))) {
			if (l->kind == LETTER_PEER && l->peer->port == f->port) {
				peer_unref(peer);
				peer = peer_ref(l->peer);
			} else if (l->kind == LETTER_TROUBLE && (peer || f->k->priority) && strstr(l->text, "No password was sent") && !*trouble) {
				*trouble = g_strdup(l->text);
			}
			letter_free(l);
		}
		if (f->k->good ? peer != NULL : *trouble != NULL)
			return peer;
	}
	g_error("%s: nothing was told of it", f->k->name);
}

static void
one_case(Engine *e, Chan *letters, const Way *way, const CertCase *k, bool first)
{
	Far f = { .k = k, .way = way };
	g_autofree char *trouble = NULL;

	g_test_message("%s", k->name);
	far_listen(&f);
	GThread *t = g_thread_new("far", far_thread, &f);
	start(e, &f, first);
	g_autoptr(Peer) peer = hear_verdict(letters, &f, &trouble);
	if (!k->good)
		shutdown(f.listener, SHUT_RDWR);
	g_thread_join(t);	/* of a good one: it was offered the password */
	close(f.listener);
	if (peer)
		assert_verdict(k, peer);
	if (k->says && !strstr(trouble, k->says))
		g_error("%s: “%s” is not in “%s”", k->name, k->says, trouble);
	g_assert_cmpint(f.secured, ==, k->good);
	if (has_canary(f.heard->str) != k->good)
		g_error("%s: the password %s; heard: %s", k->name, k->good ? "never came" : "was given away", f.heard->str);
	g_string_free(f.heard, TRUE);
}

static void
matrix(gconstpointer user)
{
	const Way *way = user;
	g_autoptr(GError) err = NULL;
	g_autofree char *dir = g_dir_make_tmp("eilpost-certs-XXXXXX", NULL), *store = g_build_filename(dir, "test.db", NULL);
	Chan *letters = chan_new((GDestroyNotify)letter_free);
	Far nowhere = { .k = &CASES[0], .way = way, .port = 1 };
	Account *account = account_of(&nowhere);
	Engine *e = engine_new(&(EngineSetup){ .account = account, .store = store, .letters = letters }, &err);

	g_assert_no_error(err);
	for (guint i = 0; i < G_N_ELEMENTS(CASES); i++)
		one_case(e, letters, way, &CASES[i], i == 0);
	engine_end(e, 5000);
	chan_free(letters);
	account_unref(account);
	remove_tree(dir);
}

/* Our own certificate signs in, without a password (SASL EXTERNAL); its key's passphrase is asked for once. */
static void
external(gconstpointer user)
{
	static const CertCase K = { .name = "external", .cert = { .dns = "localhost" }, .wants_ours = true, .good = true };
	g_autoptr(GError) err = NULL;
	g_autofree char *dir = g_dir_make_tmp("eilpost-certs-XXXXXX", NULL), *store = g_build_filename(dir, "test.db", NULL);
	Chan *letters = chan_new((GDestroyNotify)letter_free);
	Far f = { .k = &K, .way = user };
	guint asked = 0;
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

	far_listen(&f);
	GThread *t = g_thread_new("far", far_thread, &f);
	Account *account = account_of(&f);
	Engine *e = engine_new(&(EngineSetup){ .account = account, .store = store, .letters = letters }, &err);
	g_assert_no_error(err);
	start(e, &f, true);
	while (!g_atomic_int_get(&f.over) && g_get_monotonic_time() < end) {
		struct pollfd p = { .fd = chan_fd(letters), .events = POLLIN };
		Letter *l;
		poll(&p, 1, 50);
		while ((l = chan_take(letters))) {
			if (l->kind == LETTER_ASK_SECRET) {
				g_assert_nonnull(strstr(l->text, own_locked_key));
				Request *r = request_new(REQ_SECRET);
				r->text = g_strdup(asked++ ? KEY_PHRASE : "wrong");
				engine_post(e, r);
			} else if (l->kind == LETTER_TROUBLE && asked == 1) {	/* the person tries again */
				g_assert_nonnull(strstr(l->text, "not the passphrase"));
				engine_post(e, request_new(f.way->protocol->scheme == SCHEME_SMTPS ? REQ_OUT_NOW : REQ_CHECK));
			}
			letter_free(l);
		}
	}
	g_assert_true(g_atomic_int_get(&f.over));
	g_thread_join(t);
	close(f.listener);
	g_assert_cmpuint(asked, ==, 2);
	g_assert_true(f.secured);
	g_assert_nonnull(strstr(f.heard->str, "EXTERNAL YWxpY2U="));
	g_assert_null(strstr(f.heard->str, KEY_PHRASE));
	g_string_free(f.heard, TRUE);
	engine_end(e, 5000);
	chan_free(letters);
	account_unref(account);
	remove_tree(dir);
}

typedef struct { Far far; Account *account; Engine *engine; Chan *letters; GThread *thread; char *dir; gint64 end; } Locked;

static void
locked_open(Locked *l, const Way *way, bool no_external)
{
	static const CertCase K = { .name = "locked", .cert = { .dns = "localhost" }, .wants_ours = true, .good = true };
	g_autoptr(GError) err = NULL;

	l->far = (Far){ .k = &K, .way = way, .no_external = no_external };
	l->dir = g_dir_make_tmp("eilpost-certs-XXXXXX", NULL);
	l->letters = chan_new((GDestroyNotify)letter_free);
	l->end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	far_listen(&l->far);
	l->thread = g_thread_new("far", far_thread, &l->far);
	l->account = account_of(&l->far);
	g_autofree char *store = g_build_filename(l->dir, "test.db", NULL);
	l->engine = engine_new(&(EngineSetup){ .account = l->account, .store = store, .letters = l->letters }, &err);
	g_assert_no_error(err);
}

/* Yours. */
static Letter *
locked_hear(Locked *l)
{
	for (;;) {
		struct pollfd p = { .fd = chan_fd(l->letters), .events = POLLIN };
		Letter *letter = chan_take(l->letters);
		if (letter)
			return letter;
		g_assert_cmpint(g_get_monotonic_time(), <, l->end);
		poll(&p, 1, 50);
	}
}

static void
locked_answer(Locked *l, const Letter *asked, const char *text)
{
	Request *r = request_new(REQ_SECRET);
	r->text = g_strdup(text);
	r->message = asked->message;
	engine_post(l->engine, r);
}

static void
locked_close(Locked *l)
{
	engine_end(l->engine, 5000);
	shutdown(l->far.listener, SHUT_RDWR);
	g_thread_join(l->thread);
	close(l->far.listener);
	g_string_free(l->far.heard, TRUE);
	chan_free(l->letters);
	account_unref(l->account);
	remove_tree(l->dir);
	g_free(l->dir);
}

/* Who declines is left alone until he acts; then it is asked for again. */
static void
declined(gconstpointer user)
{
	Locked l;
	guint asked = 0;
	bool acted = false;

	locked_open(&l, user, false);
	start(l.engine, &l.far, true);
	for (bool there = false; !there;) {
		Letter *letter = locked_hear(&l);
		if (letter->kind == LETTER_ASK_SECRET) {
			g_assert_true(asked++ == 0 || acted);
			locked_answer(&l, letter, acted ? KEY_PHRASE : "");
		} else if (letter->kind == LETTER_STATE && asked == 1 && !acted && strstr(letter->text, "no password")) {
			acted = true;
			engine_post(l.engine, request_new(l.far.way->protocol->scheme == SCHEME_SMTPS ? REQ_OUT_NOW : REQ_CHECK));
		} else if (letter->kind == LETTER_PEER && letter->peer->port == l.far.port) {
			there = true;
		}
		letter_free(letter);
	}
	g_assert_cmpuint(asked, ==, 2);
	while (!g_atomic_int_get(&l.far.over) && g_get_monotonic_time() < l.end)
		g_usleep(5000);
	g_assert_nonnull(strstr(l.far.heard->str, "EXTERNAL YWxpY2U="));
	locked_close(&l);
}

/* Something else is wrong beside the key: its passphrase is not asked for again. */
static void
other_file(gconstpointer user)
{
	Locked l;
	guint asked = 0;
	bool mended = false;
	Request *r = request_new(REQ_CONFIGURE);

	locked_open(&l, user, false);
	r->config = account_of(&l.far);
	g_free(r->config->ca_file);
	r->config->ca_file = g_strdup("/nonexistent/ca.pem");
	engine_post(l.engine, r);
	engine_post(l.engine, request_new(REQ_CHECK));
	while (!g_atomic_int_get(&l.far.over)) {
		struct pollfd p = { .fd = chan_fd(l.letters), .events = POLLIN };
		Letter *letter;
		g_assert_cmpint(g_get_monotonic_time(), <, l.end);
		poll(&p, 1, 50);
		while ((letter = chan_take(l.letters))) {
			if (letter->kind == LETTER_ASK_SECRET) {
				asked++;
				locked_answer(&l, letter, KEY_PHRASE);
			} else if (letter->kind == LETTER_TROUBLE && !mended) {
				g_assert_nonnull(strstr(letter->text, "ca-file"));
				mended = true;
				start(l.engine, &l.far, false);
			}
			letter_free(letter);
		}
	}
	g_assert_cmpuint(asked, ==, 1);
	locked_close(&l);
}

/* A trial asks for the passphrase as the engine does; who gives none is told what is missing. */
static void
trial(gconstpointer user)
{
	for (guint given = 0; given < 2; given++) {
		Locked l;
		guint asked = 0;
		bool over = false;

		locked_open(&l, user, false);
		Trial *t = trial_start(l.account, NULL, NULL);
		while (!over) {
			struct pollfd p = { .fd = trial_fd(t), .events = POLLIN };
			TrialLetter *letter;
			g_assert_cmpint(g_get_monotonic_time(), <, l.end);
			poll(&p, 1, 50);
			while ((letter = trial_take(t))) {
				if (letter->state == TRIAL_ASKS) {
					g_assert_nonnull(strstr(letter->text, own_locked_key));
					asked++;
					trial_answer(t, given ? KEY_PHRASE : NULL);
				} else if (letter->state == TRIAL_FAILED) {
					g_assert_true((strstr(letter->text, "its passphrase was not given") != NULL) == !given);
					over = true;
				}
				trial_letter_free(letter);
			}
		}
		trial_end(t);
		g_assert_cmpuint(asked, ==, 1);
		g_assert_true((strstr(l.far.heard->str, "EXTERNAL YWxpY2U=") != NULL) == given);
		locked_close(&l);
	}
}

static char *
look_asked(void *user, const char *label)
{
	const bool *given = user;
	g_assert_nonnull(strstr(label, own_locked_key));
	return *given ? g_strdup(KEY_PHRASE) : NULL;
}

/* So does a line of its own. */
static void
look(gconstpointer user)
{
	for (guint i = 0; i < 2; i++) {
		Locked l;
		g_autoptr(GError) err = NULL;
		bool given = i;

		locked_open(&l, user, false);
		g_assert_null(look_open(&(LookSetup){ .account = l.account, .ask = look_asked, .user = &given }, &err));	/* the server hangs up */
		g_assert_true((strstr(err->message, "its passphrase was not given") != NULL) == !given);
		g_assert_true((strstr(l.far.heard->str, "EXTERNAL YWxpY2U=") != NULL) == given);
		locked_close(&l);
	}
}

/* Without EXTERNAL nothing else is shown instead; the person is told. */
static void
no_external(gconstpointer user)
{
	Locked l;

	locked_open(&l, user, true);
	start(l.engine, &l.far, true);
	for (bool told = false; !told;) {
		Letter *letter = locked_hear(&l);
		if (letter->kind == LETTER_ASK_SECRET)
			locked_answer(&l, letter, KEY_PHRASE);
		else if (letter->kind == LETTER_TROUBLE)
			told = strstr(letter->text, "offers no way to sign in");
		letter_free(letter);
	}
	g_assert_null(strstr(l.far.heard->str, "AUTHENTICATE"));
	g_assert_null(strstr(l.far.heard->str, "AUTH PLAIN"));
	g_assert_null(strstr(l.far.heard->str, "PASS"));
	locked_close(&l);
}

/* A locked key and a password: one after the other, and nothing for sending while there is nothing to send. */
static void
key_and_password(gconstpointer user)
{
	Locked l;
	guint asked = 0;

	locked_open(&l, user, true);
	Request *configure = request_new(REQ_CONFIGURE);
	Account *a = configure->config = account_of(&l.far);
	a->auth = AUTH_PASSWORD;
	a->send = (ServerUrl){ SCHEME_SMTPS, g_strdup("bob"), g_strdup("mail.invalid"), 465 };
	engine_post(l.engine, configure);
	engine_post(l.engine, request_new(REQ_CHECK));
	while (!g_atomic_int_get(&l.far.over)) {
		struct pollfd p = { .fd = chan_fd(l.letters), .events = POLLIN };
		Letter *letter;
		g_assert_cmpint(g_get_monotonic_time(), <, l.end);
		poll(&p, 1, 50);
		while ((letter = chan_take(l.letters))) {
			if (letter->kind == LETTER_ASK_SECRET) {
				g_assert_cmpint(letter->message, ==, 0);
				g_assert_true((strstr(letter->text, own_locked_key) != NULL) == (asked++ == 0));
				locked_answer(&l, letter, asked == 1 ? KEY_PHRASE : CANARY);
			}
			letter_free(letter);
		}
	}
	g_assert_cmpuint(asked, ==, 2);
	g_assert_true(has_canary(l.far.heard->str));
	locked_close(&l);
}

/* The search finds what it looks for. */
static void
canary(void)
{
	static const char *const COATS[] = { "", "x", "xy", "xyz" };
	for (guint i = 0; i < G_N_ELEMENTS(COATS); i++) {
		g_autofree char *text = g_strconcat(COATS[i], CANARY, COATS[i], NULL), *coded = g_base64_encode((const guchar *)text, strlen(text));
		g_autofree char *line = g_strconcat("AUTH PLAIN ", coded, NULL);
		g_assert_true(has_canary(text));
		g_assert_true(has_canary(line));
	}
	g_assert_false(has_canary("AUTH PLAIN AGFsaWNlAHNlY3JldA=="));
}

int
main(int argc, char **argv)
{
	static Way ways[2 * G_N_ELEMENTS(PROTOCOLS)];

	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	certs_make();
	g_test_add_func("/certs/canary", canary);
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		ways[i] = (Way){ &PROTOCOLS[i / 2], i % 2 };
		g_autofree char *name = g_strdup_printf("/certs/%s/%s", ways[i].protocol->name, ways[i].later ? "starttls" : "implicit");
		g_test_add_data_func(name, &ways[i], matrix);
		g_autofree char *ours = g_strconcat(name, "/external", NULL);
		g_test_add_data_func(ours, &ways[i], external);
		if (ways[i].later)
			continue;
		g_autofree char *no = g_strconcat(name, "/declined", NULL), *without = g_strconcat(name, "/no-external", NULL), *both = g_strconcat(name, "/key-and-password", NULL);
		g_test_add_data_func(no, &ways[i], declined);
		g_test_add_data_func(without, &ways[i], no_external);
		if (ways[i].protocol->scheme == SCHEME_SMTPS)
			continue;
		g_autofree char *file = g_strconcat(name, "/other-file", NULL), *tried = g_strconcat(name, "/trial", NULL), *looked = g_strconcat(name, "/look", NULL);
		g_test_add_data_func(both, &ways[i], key_and_password);
		g_test_add_data_func(file, &ways[i], other_file);
		g_test_add_data_func(tried, &ways[i], trial);
		g_test_add_data_func(looked, &ways[i], look);
	}
	int result = g_test_run();
	certs_end();
	return result;
}
