/* link.c - the pump against servers in this process: every certificate that must be refused, STARTTLS, compression.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The peer is a thread with blocking GnuTLS; certificates are made in memory. */
#include "config.h"
#include "net/link.h"
#include "base/bytes.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <locale.h>
#include <signal.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- certificates ---- */

static gnutls_x509_privkey_t ca_key, key;
static gnutls_x509_crt_t ca;
static char *ca_file;

static gnutls_x509_privkey_t
new_key(void)
{
	gnutls_x509_privkey_t k;
	gnutls_x509_privkey_init(&k);
	g_assert_cmpint(gnutls_x509_privkey_generate(k, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), ==, 0);
	return k;
}

typedef struct { const char *dns, *ip, *cn; int from_days, until_days; bool self, unknown; } CertSpec;

static gnutls_x509_crt_t
new_cert(const CertSpec *spec, bool is_ca)
{
	static guint serial = 1;
	guint32 number = GUINT32_TO_BE(++serial);
	gnutls_x509_crt_t c;
	time_t now = time(NULL);

	gnutls_x509_crt_init(&c);
	gnutls_x509_crt_set_version(c, 3);
	gnutls_x509_crt_set_serial(c, &number, sizeof number);
	gnutls_x509_crt_set_key(c, is_ca ? ca_key : key);
	gnutls_x509_crt_set_activation_time(c, now + spec->from_days * 86400);
	gnutls_x509_crt_set_expiration_time(c, now + spec->until_days * 86400);
	const char *cn = spec->cn ? spec->cn : "Test";
	gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, cn, (guint)strlen(cn));
	if (spec->dns)
		gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_DNSNAME, spec->dns, (guint)strlen(spec->dns), GNUTLS_FSAN_SET);
	if (spec->ip) {
		guint8 ip[4];
		inet_pton(AF_INET, spec->ip, ip);
		gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_IPADDRESS, ip, 4, GNUTLS_FSAN_APPEND);
	}
	if (is_ca) {
		gnutls_x509_crt_set_ca_status(c, 1);
		gnutls_x509_crt_set_key_usage(c, GNUTLS_KEY_KEY_CERT_SIGN);
		gnutls_x509_crt_sign2(c, c, ca_key, GNUTLS_DIG_SHA256, 0);
	} else if (spec->self) {
		gnutls_x509_crt_sign2(c, c, key, GNUTLS_DIG_SHA256, 0);
	} else if (spec->unknown) {
		gnutls_x509_privkey_t other_key = new_key();
		gnutls_x509_crt_t other;
		gnutls_x509_crt_init(&other);
		gnutls_x509_crt_set_version(other, 3);
		gnutls_x509_crt_set_dn_by_oid(other, GNUTLS_OID_X520_COMMON_NAME, 0, "Evil CA", 7);
		gnutls_x509_crt_set_key(other, other_key);
		gnutls_x509_crt_sign2(c, other, other_key, GNUTLS_DIG_SHA256, 0);
		gnutls_x509_crt_deinit(other);
		gnutls_x509_privkey_deinit(other_key);
	} else {
		gnutls_x509_crt_sign2(c, ca, ca_key, GNUTLS_DIG_SHA256, 0);
	}
	return c;
}

static void
make_ca(void)
{
	ca_key = new_key();
	key = new_key();
	ca = new_cert(&(CertSpec){ .cn = "eilpost test CA", .from_days = -1, .until_days = 10 }, true);
	gnutls_datum_t pem = { 0 };
	g_assert_cmpint(gnutls_x509_crt_export2(ca, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
	int fd = g_file_open_tmp("eilpost-ca-XXXXXX", &ca_file, NULL);
	g_assert_true(write(fd, pem.data, pem.size) == (gssize)pem.size);
	close(fd);
	gnutls_free(pem.data);
}

/* ---- the peer ---- */

typedef struct {
	CertSpec cert;
	const char *priority;
	const char *plain;	/* said before anything, in the clear */
	bool starttls, inject, silent, hang_up;
	gsize send, expect;	/* bytes after the handshake */
	int listener;
	guint16 port;
	gsize received;
	bool asked;		/* anything came from the client */
	gnutls_x509_crt_t crt;
} Server;

static void
peer_tls(Server *p, int fd)
{
	gnutls_session_t s;
	gnutls_certificate_credentials_t cred;
	static guint8 block[65536];

	gnutls_certificate_allocate_credentials(&cred);
	gnutls_certificate_set_x509_key(cred, &p->crt, 1, key);
	gnutls_init(&s, GNUTLS_SERVER);
	gnutls_priority_set_direct(s, p->priority ? p->priority : "NORMAL", NULL);
	gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_transport_set_int(s, fd);
	int result;
	do
		result = gnutls_handshake(s);
	while (result < 0 && !gnutls_error_is_fatal(result));
	if (result == 0) {
		for (gsize sent = 0; sent < p->send;) {
			gssize n = gnutls_record_send(s, block, MIN(sizeof block, p->send - sent));
			if (n < 0)
				break;
			sent += (gsize)n;
		}
		while (p->received < p->expect) {
			gssize n = gnutls_record_recv(s, block, sizeof block);
			if (n <= 0)
				break;
			p->received += (gsize)n;
		}
		guint8 byte;
		p->asked |= p->expect == 0 && p->send == 0 && gnutls_record_recv(s, &byte, 1) > 0;
		gnutls_bye(s, GNUTLS_SHUT_WR);
	}
	gnutls_deinit(s);
	gnutls_certificate_free_credentials(cred);
}

static gpointer
peer_thread(gpointer user)
{
	Server *p = user;
	int fd = accept(p->listener, NULL, NULL);
	char buffer[512];

	if (fd < 0)
		return NULL;
	if (p->plain)
		g_assert_true(write(fd, p->plain, strlen(p->plain)) > 0);
	if (p->starttls) {
		g_assert_true(read(fd, buffer, sizeof buffer) > 0);
		const char *ok = p->inject ? "OK\r\n* INJECTED\r\n" : "OK\r\n";
		g_assert_true(write(fd, ok, strlen(ok)) > 0);
	}
	if (p->hang_up) {
		if (read(fd, buffer, 1) < 0)
			p->asked = false;
	} else if (!p->silent) {
		peer_tls(p, fd);
	}
	close(fd);
	return NULL;
}

static GThread *
peer_start(Server *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;

	p->crt = new_cert(&p->cert, false);
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(p->listener, (struct sockaddr *)&a, sizeof a), ==, 0);
	g_assert_cmpint(listen(p->listener, 4), ==, 0);
	getsockname(p->listener, (struct sockaddr *)&a, &len);
	p->port = ntohs(a.sin_port);
	return g_thread_new("peer", peer_thread, p);
}

static void
peer_end(Server *p, GThread *t)
{
	shutdown(p->listener, SHUT_RDWR);
	g_thread_join(t);
	close(p->listener);
	gnutls_x509_crt_deinit(p->crt);
}

/* ---- our side ---- */

typedef struct {
	Link *link;
	GMainContext *context;
	bool opened, started, ended;
	char *error;
	int code;
	Bytes out;
	gsize got, want;
	GString *plain;
	bool starttls;
} Side;

static void on_opened(void *user) { ((Side *)user)->opened = true; }
static void on_started(void *user) { ((Side *)user)->started = true; }

static bool
on_feed(void *user, const guint8 *data, gsize len)
{
	Side *s = user;
	g_autoptr(GError) err = NULL;
	s->got += len;
	if (s->got < 4096)
		g_string_append_len(s->plain, (const char *)data, (gssize)len);
	if (s->starttls && !s->started && strstr(s->plain->str, "OK\r\n")) {
		bool more = !g_str_has_suffix(s->plain->str, "OK\r\n");
		if (more || !link_start_tls(s->link, &err)) {	/* the session sees what was fed already; the link what was not */
			s->error = g_strdup(more ? "injected" : err->message);
			s->ended = true;
			return false;
		}
	}
	if (s->want && s->got >= s->want)
		s->ended = true;
	return true;
}

static const guint8 *
on_output(void *user, gsize *len)
{
	return bytes_peek(&((Side *)user)->out, len);
}

static void
on_taken(void *user, gsize n)
{
	bytes_consume(&((Side *)user)->out, n);
}

static void
on_closed(void *user, const GError *err)
{
	Side *s = user;
	s->ended = true;
	s->error = err ? g_strdup(err->message) : NULL;
	s->code = err ? err->code : -1;
}

static const LinkClient CLIENT = { .opened = on_opened, .tls_started = on_started, .feed = on_feed, .output = on_output, .taken = on_taken, .closed = on_closed };

static void
side_open(Side *s, const char *host, guint16 port, Security tls)
{
	s->context = g_main_context_new();
	s->plain = g_string_new(NULL);
	bytes_init(&s->out, 64 * 1024 * 1024);
	s->link = link_open(&(LinkTarget){ host, port, tls, ca_file }, s->context, &CLIENT, s);
}

static gboolean
nothing(gpointer user)
{
	return G_SOURCE_REMOVE;
}

static void
side_run(Side *s, const bool *until)
{
	gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
	while (!*until && !s->ended && g_get_monotonic_time() < deadline) {
		g_autoptr(GSource) tick = g_timeout_source_new(50);
		g_source_set_callback(tick, nothing, NULL, NULL);
		g_source_attach(tick, s->context);
		g_main_context_iteration(s->context, TRUE);
		g_source_destroy(tick);
	}
}

static void
side_close(Side *s)
{
	link_close(s->link);
	while (g_main_context_iteration(s->context, FALSE))
		;
	g_main_context_unref(s->context);
	g_string_free(s->plain, TRUE);
	bytes_wipe(&s->out);
	g_free(s->error);
}

/* ---- the matrix ---- */

static const struct { const char *name, *host; CertSpec cert; const char *priority, *says; } MATRIX[] = {
	{ "good", "localhost", { .dns = "localhost", .from_days = -1, .until_days = 5 }, NULL, NULL },
	{ "good-tls12", "localhost", { .dns = "localhost", .from_days = -1, .until_days = 5 }, "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL },
	{ "good-ip", "127.0.0.1", { .dns = "x.example", .ip = "127.0.0.1", .from_days = -1, .until_days = 5 }, NULL, NULL },
	{ "T7/expired", "localhost", { .dns = "localhost", .from_days = -9, .until_days = -2 }, NULL, "has expired" },
	{ "T7/not-yet", "localhost", { .dns = "localhost", .from_days = 2, .until_days = 5 }, NULL, "not valid yet" },
	{ "T7/wrong-name", "localhost", { .dns = "mail.example.org", .from_days = -1, .until_days = 5 }, NULL, "it is that of mail.example.org" },
	{ "T8/common-name-only", "localhost", { .cn = "localhost", .from_days = -1, .until_days = 5 }, NULL, "names no server" },
	{ "T8/common-name-beside-ip", "localhost", { .cn = "localhost", .ip = "127.0.0.1", .from_days = -1, .until_days = 5 }, NULL, "not that of localhost" },
	{ "T8/wrong-ip", "127.0.0.1", { .dns = "localhost", .ip = "127.0.0.9", .from_days = -1, .until_days = 5 }, NULL, "127.0.0.9" },
	{ "T8/ip-as-dns-name", "127.0.0.1", { .dns = "127.0.0.1", .from_days = -1, .until_days = 5 }, NULL, "not that of 127.0.0.1" },
	{ "T8/wildcard-too-wide", "localhost", { .dns = "*", .from_days = -1, .until_days = 5 }, NULL, "not that of localhost" },
	{ "T7/self-signed", "localhost", { .dns = "localhost", .from_days = -1, .until_days = 5, .self = true }, NULL, "signed itself" },
	{ "T7/unknown-ca", "localhost", { .dns = "localhost", .from_days = -1, .until_days = 5, .unknown = true }, NULL, "does not trust" },
	{ "T10/old-version", "localhost", { .dns = "localhost", .from_days = -1, .until_days = 5 }, "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0", "No password was sent" },
};

static void
matrix(gconstpointer user)
{
	guint i = GPOINTER_TO_UINT(user);
	Server p = { .cert = MATRIX[i].cert, .priority = MATRIX[i].priority };
	GThread *t = peer_start(&p);
	Side s = { 0 };

	side_open(&s, MATRIX[i].host, p.port, SECURITY_TLS);
	bytes_append_text(&s.out, "x LOGIN secret\r\n");
	side_run(&s, &s.opened);
	if (!MATRIX[i].says) {
		g_assert_null(s.error);
		g_assert_true(s.opened);
		link_kick(s.link);
		g_main_context_iteration(s.context, FALSE);
		side_close(&s);
		peer_end(&p, t);
		g_assert_true(p.asked);
		return;
	}
	g_assert_false(s.opened);
	g_test_message("%s", s.error);
	g_assert_nonnull(s.error);
	g_assert_nonnull(strstr(s.error, MATRIX[i].says));
	g_assert_nonnull(strstr(s.error, "No password was sent"));
	g_assert_cmpint(s.code, ==, EIL_REFUSED);
	const Peer *shown = link_peer(s.link);
	g_assert_cmpint(shown != NULL, ==, !MATRIX[i].priority);	/* it comes not so far */
	if (shown) {
		const PeerCert *c = g_ptr_array_index(shown->chain, 0);
		g_assert_true(peer_refused(shown));
		g_assert_cmpuint(strlen(c->fingerprint), ==, 64);
		g_assert_cmpuint(strlen(c->key_fingerprint), ==, 64);
		g_assert_cmpstr(c->subject, ==, MATRIX[i].cert.cn ? "CN=localhost" : "CN=Test");
	}
	side_close(&s);
	peer_end(&p, t);
	g_assert_false(p.asked);	/* not a byte of the application's went */
}

static void
starttls(gconstpointer user)
{
	bool inject = GPOINTER_TO_UINT(user);
	Server p = { .cert = { .dns = "localhost", .from_days = -1, .until_days = 5 }, .plain = "* HELLO\r\n", .starttls = true, .inject = inject, .send = 5 };
	GThread *t = peer_start(&p);
	Side s = { .starttls = true };

	side_open(&s, "localhost", p.port, SECURITY_STARTTLS);
	bytes_append_text(&s.out, "STARTTLS\r\n");
	side_run(&s, &s.started);
	if (s.error)
		g_test_message("%s", s.error);
	g_assert_cmpint(s.started, ==, !inject);
	if (inject)
		g_assert_nonnull(s.error);
	side_close(&s);
	peer_end(&p, t);
}

/* Both directions, more than any buffer; bytes wait inside TLS while the socket is silent. */
static void
large(void)
{
	enum { N = 3000000 };
	Server p = { .cert = { .dns = "localhost", .from_days = -1, .until_days = 5 }, .send = N, .expect = N };
	GThread *t = peer_start(&p);
	Side s = { .want = N };

	side_open(&s, "localhost", p.port, SECURITY_TLS);
	side_run(&s, &s.opened);
	for (guint i = 0; i < N / 100; i++)
		bytes_append(&s.out, "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789", 100);
	link_kick(s.link);
	side_run(&s, &(bool){ false });
	g_assert_cmpuint(s.got, ==, N);
	g_assert_cmpuint(link_bytes_in(s.link), ==, N);
	s.ended = false;
	s.want = 0;
	side_run(&s, &(bool){ false });
	g_assert_cmpuint(link_bytes_out(s.link), ==, N);
	side_close(&s);
	peer_end(&p, t);
	g_assert_cmpuint(p.received, ==, N);
}

static void
hang_up(void)
{
	Server p = { .cert = { .dns = "localhost", .from_days = -1, .until_days = 5 }, .hang_up = true };
	GThread *t = peer_start(&p);
	Side s = { 0 };
	side_open(&s, "localhost", p.port, SECURITY_TLS);
	side_run(&s, &s.opened);
	g_assert_false(s.opened);
	g_assert_nonnull(s.error);
	g_assert_cmpint(s.code, ==, EIL_LATER);
	side_close(&s);
	peer_end(&p, t);
}

static void
nobody(void)
{
	Side s = { 0 };
	side_open(&s, "127.0.0.1", 1, SECURITY_NONE);
	side_run(&s, &s.opened);
	g_assert_nonnull(s.error);
	g_assert_cmpint(s.code, ==, EIL_LATER);
	side_close(&s);
}

/* Nothing of a cancelled connect comes back, whatever the resolver does. */
static void
cancel(void)
{
	Side s = { 0 };
	side_open(&s, "name.invalid", 1, SECURITY_NONE);
	link_close(s.link);
	s.link = NULL;
	for (guint i = 0; i < 10; i++) {
		g_main_context_iteration(s.context, FALSE);
		g_usleep(10000);
	}
	g_assert_false(s.ended);
	side_close(&s);
}

static void
no_ca_file(void)
{
	Server p = { .cert = { .dns = "localhost", .from_days = -1, .until_days = 5 }, .silent = true };
	GThread *t = peer_start(&p);
	char *saved = ca_file;
	Side s = { 0 };
	ca_file = (char *)"/nowhere/ca.pem";
	side_open(&s, "localhost", p.port, SECURITY_TLS);
	side_run(&s, &s.opened);
	ca_file = saved;
	g_assert_nonnull(strstr(s.error, "/nowhere/ca.pem"));
	g_assert_cmpint(s.code, ==, EIL_ASK_USER);
	side_close(&s);
	peer_end(&p, t);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);	/* as main does: a peer may leave while we write */
	g_test_init(&argc, &argv, NULL);
	make_ca();
	for (guint i = 0; i < G_N_ELEMENTS(MATRIX); i++) {
		g_autofree char *name = g_strdup_printf("/link/tls/%s", MATRIX[i].name);
		g_test_add_data_func(name, GUINT_TO_POINTER(i), matrix);
	}
	g_test_add_data_func("/link/starttls", GUINT_TO_POINTER(0), starttls);
	g_test_add_data_func("/link/T2/bytes-after-starttls", GUINT_TO_POINTER(1), starttls);
	g_test_add_func("/link/large", large);
	g_test_add_func("/link/hang-up", hang_up);
	g_test_add_func("/link/nobody", nobody);
	g_test_add_func("/link/cancel", cancel);
	g_test_add_func("/link/no-ca-file", no_ca_file);
	int result = g_test_run();
	g_unlink(ca_file);
	g_free(ca_file);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_privkey_deinit(ca_key);
	gnutls_x509_privkey_deinit(key);
	return result;
}
