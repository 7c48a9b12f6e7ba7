/* certs.c - tests of net/tls: what is made of every kind of certificate, and what is told of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Over a socket pair: the name that is asked for needs no resolver. The peer is a thread with blocking GnuTLS. */
#include "config.h"
#include "certs.h"
#include "net/tcp.h"
#include "net/tls.h"

#include <glib-unix.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

/* Names that no resolver of a test's machine knows. */
static const CertCase NAMES[] = {
	{ .name = "wildcard", .host = "mail.example.org", .cert = { .dns = "*.example.org" }, .good = true },
	{ .name = "wildcard-upper-case", .host = "MAIL.example.org", .cert = { .dns = "*.EXAMPLE.org" }, .good = true },
	{ .name = "T8-wildcard-is-one-label", .host = "a.mail.example.org", .cert = { .dns = "*.example.org" }, .wrong = PEER_WRONG_NAME, .says = "*.example.org" },
	{ .name = "T8-wildcard-is-no-empty-label", .host = "example.org", .cert = { .dns = "*.example.org" }, .wrong = PEER_WRONG_NAME, .says = "*.example.org" },
	{ .name = "T8-wildcard-of-a-top-domain", .host = "example.org", .cert = { .dns = "*.org" }, .wrong = PEER_WRONG_NAME, .says = "*.org" },
	{ .name = "idn-as-a-labels", .host = "b\xc3\xbc" "cher.example", .cert = { .dns = "xn--bcher-kva.example" }, .good = true },
	{ .name = "T8-idn-lookalike", .host = "b\xc3\xbc" "cher.example", .cert = { .dns = "bucher.example" }, .wrong = PEER_WRONG_NAME, .says = "bucher.example" },
	{ .name = "address-of-ip6", .host = "2001:db8::1", .cert = { .ip = "2001:db8::1" }, .good = true },
	{ .name = "T8-other-address-of-ip6", .host = "2001:db8::1", .cert = { .ip = "2001:db8::2" }, .wrong = PEER_WRONG_NAME, .says = "2001:db8::2" },
	{ .name = "issuer-is-for-these-names", .host = "mail.example.org", .cert = { .dns = "mail.example.org", .signer = BY_CONSTRAINED }, .good = true },
};

static const CertCase *
case_of(guint i)
{
	return i < G_N_ELEMENTS(CASES) ? &CASES[i] : &NAMES[i - G_N_ELEMENTS(CASES)];
}

typedef struct { const CertCase *k; int fd; bool up, asked; } Far;

static gpointer
far_thread(gpointer user)
{
	Far *f = user;
	gnutls_certificate_credentials_t cred;
	Shown shown;
	char byte;
	gnutls_session_t s = server_session(f->k, f->fd, &cred, &shown);

	f->up = server_handshake(s);
	f->asked = f->up && gnutls_record_recv(s, &byte, 1) > 0;
	server_session_end(s, cred, &shown);
	close(f->fd);
	return NULL;
}

static int
handshake(Filter *tls, int fd, GError **err)
{
	int result;
	while ((result = tls->handshake(tls, err)) == FILTER_AGAIN) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		g_assert_cmpint(poll(&p, 1, 20000), >, 0);
	}
	return result;
}

static void
matrix(gconstpointer user)
{
	const CertCase *k = case_of(GPOINTER_TO_UINT(user));
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) pins = pins_of(k, 993);
	int fd[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), ==, 0);
	g_assert_true(g_unix_set_fd_nonblocking(fd[0], TRUE, NULL));
	Far far = { .k = k, .fd = fd[1] };
	GThread *t = g_thread_new("far", far_thread, &far);
	Filter *tls = tls_open(tcp_filter_new(fd[0]), &(TlsSetup){ .host = k->host ? k->host : "localhost", .port = 993, .ca_file = ca_path, .pins = pins }, &err);
	g_assert_no_error(err);
	g_assert_null(tls_peer(tls));
	int result = handshake(tls, fd[0], &err);
	g_autoptr(Peer) peer = tls_peer(tls);
	if (k->good) {
		g_assert_no_error(err);
		g_assert_cmpint(result, ==, 1);
		g_assert_cmpint(tls->write(tls, "x", 1, &err), ==, 1);
	} else {
		g_assert_cmpint(result, ==, FILTER_ERROR);
		g_assert_true(g_error_matches(err, EIL_ERROR, EIL_REFUSED));
		g_assert_nonnull(strstr(err->message, "No password was sent"));
		g_assert_nonnull(strstr(err->message, k->says));
	}
	filter_free(tls);
	g_thread_join(t);
	g_assert_cmpint(far.asked, ==, k->good);
	if (peer)
		assert_verdict(k, peer);
	else
		g_assert_nonnull(k->priority);	/* it comes to no certificate */
}

/* What is told of the chain is what openssl and certtool print. */
static void
described(void)
{
	static const CertCase K = { .name = "described", .cert = { .dns = "a.example|b" NUL "c", .cn = "Comma, quote\"", .signer = BY_INTERMEDIATE },
		.wrong = PEER_WRONG_NAME };
	g_autoptr(GError) err = NULL;
	g_autofree char *key = key_of_case(&K);
	int fd[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), ==, 0);
	g_assert_true(g_unix_set_fd_nonblocking(fd[0], TRUE, NULL));
	Far far = { .k = &K, .fd = fd[1] };
	GThread *t = g_thread_new("far", far_thread, &far);
	Filter *tls = tls_open(tcp_filter_new(fd[0]), &(TlsSetup){ .host = "localhost", .port = 993, .ca_file = ca_path }, &err);
	g_assert_cmpint(handshake(tls, fd[0], &err), ==, FILTER_ERROR);
	g_autoptr(Peer) p = tls_peer(tls);
	filter_free(tls);
	g_thread_join(t);
	g_assert_cmpuint(p->chain->len, ==, 2);
	const PeerCert *c = g_ptr_array_index(p->chain, 0), *by = g_ptr_array_index(p->chain, 1);
	g_autofree char *names = g_strjoinv(" ", c->names);
	g_assert_cmpstr(names, ==, "a.example b\\0c");
	g_assert_cmpstr(c->subject, ==, "CN=Comma\\, quote\\\"");
	g_assert_cmpstr(c->issuer, ==, "CN=eilpost test intermediate");
	g_assert_cmpstr(by->subject, ==, c->issuer);
	g_assert_cmpstr(by->issuer, ==, "CN=eilpost test CA");
	g_assert_cmpstr(c->key_fingerprint, ==, key);
	g_assert_cmpuint(strlen(c->fingerprint), ==, 64);
	g_assert_cmpstr(c->key, ==, "EC/ECDSA 256 bits");
	g_assert_cmpstr(c->signature, ==, "ECDSA-SHA256");
	g_assert_false(c->self_signed);
	g_assert_cmpint(c->until - c->from, ==, 6 * 86400);
	g_assert_cmpstr(p->version, ==, "TLS1.3");
	g_assert_cmpint(p->port, ==, 993);
}

/* Our own certificate: shown where it is asked for; its key is nobody else's to read, and may have a passphrase. */
static const struct { const char *name, *priority; bool cert, locked, open_to_all, same_file; const char *phrase; int code; const char *says; } OWN[] = {
	{ "shown", NULL, true, false, false, false, NULL, -1, NULL },
	{ "shown-tls12", "NORMAL:-VERS-ALL:+VERS-TLS1.2", true, false, false, false, NULL, -1, NULL },
	{ "passphrase", NULL, true, true, false, false, KEY_PHRASE, -1, NULL },
	{ "wrong-passphrase", NULL, true, true, false, false, "wrong", EIL_ASK_USER, "not the passphrase" },
	{ "others-may-read", NULL, true, false, true, false, NULL, EIL_ASK_USER, "chmod 600" },
	{ "no-key-in-the-file", NULL, true, false, false, true, NULL, EIL_ASK_USER, "can't be used" },
	{ "none", NULL, false, false, false, false, NULL, EIL_REFUSED, "wants to see a certificate of yours" },
	{ "none-tls12", "NORMAL:-VERS-ALL:+VERS-TLS1.2", false, false, false, false, NULL, EIL_REFUSED, "No password was sent" },
};

static void
own(gconstpointer user)
{
	guint i = GPOINTER_TO_UINT(user);
	const CertCase k = { .name = OWN[i].name, .cert = { .dns = "localhost" }, .priority = OWN[i].priority, .wants_ours = true, .good = true };
	const char *key = OWN[i].locked ? own_locked_key : own_key;
	g_autoptr(GError) err = NULL;
	char byte;
	int fd[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), ==, 0);
	g_assert_true(g_unix_set_fd_nonblocking(fd[0], TRUE, NULL));
	g_assert_cmpint(g_chmod(key, OWN[i].open_to_all ? 0644 : 0600), ==, 0);
	Far far = { .k = &k, .fd = fd[1] };
	GThread *t = g_thread_new("far", far_thread, &far);
	TlsSetup setup = { .host = "localhost", .port = 993, .ca_file = ca_path, .client_cert = OWN[i].cert ? own_cert : NULL,
		.client_key = OWN[i].same_file ? NULL : key, .key_phrase = OWN[i].phrase };
	g_assert_cmpint(tls_key_locked(key), ==, OWN[i].locked);
	Filter *tls = tls_open(tcp_filter_new(fd[0]), &setup, &err);
	/* with TLS 1.3 the server's no comes as the first thing that is read */
	int result = tls ? handshake(tls, fd[0], &err) : FILTER_ERROR;
	if (result == 1 && tls->write(tls, "x", 1, &err) == 1)
		while (tls->read(tls, &byte, 1, &err) == FILTER_AGAIN) {
			struct pollfd p = { .fd = fd[0], .events = POLLIN };
			g_assert_cmpint(poll(&p, 1, 20000), >, 0);
		}
	if (tls)
		filter_free(tls);
	g_thread_join(t);
	g_assert_cmpint(far.asked, ==, OWN[i].code == -1);
	if (OWN[i].code == -1)
		return;
	g_test_message("%s", err->message);
	g_assert_cmpint(err->code, ==, OWN[i].code);
	g_assert_nonnull(strstr(err->message, OWN[i].says));
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	certs_make();
	for (guint i = 0; i < G_N_ELEMENTS(CASES) + G_N_ELEMENTS(NAMES); i++) {
		g_autofree char *name = g_strdup_printf("/tls/%s", case_of(i)->name);
		g_test_add_data_func(name, GUINT_TO_POINTER(i), matrix);
	}
	g_test_add_func("/tls/described", described);
	for (guint i = 0; i < G_N_ELEMENTS(OWN); i++) {
		g_autofree char *name = g_strdup_printf("/tls/own/%s", OWN[i].name);
		g_test_add_data_func(name, GUINT_TO_POINTER(i), own);
	}
	int result = g_test_run();
	certs_end();
	return result;
}
