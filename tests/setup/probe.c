/* probe.c - likely names: only a verified server that greets as its protocol does counts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The peer is a thread with blocking GnuTLS; its certificate, made in memory, is its own CA. */
#include "config.h"
#include "setup/probe.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <locale.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gnutls_x509_privkey_t key;
static gnutls_x509_crt_t cert;
static char *ca_file;

static void
make_certificate(void)
{
	guint8 serial = 1;
	gnutls_datum_t pem = { 0 };

	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&cert);
	gnutls_x509_crt_set_version(cert, 3);
	gnutls_x509_crt_set_serial(cert, &serial, 1);
	gnutls_x509_crt_set_key(cert, key);
	gnutls_x509_crt_set_activation_time(cert, time(NULL) - 86400);
	gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 86400);
	gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, "Test", 4);
	gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_ca_status(cert, 1);
	gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0);
	g_assert_cmpint(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
	int fd = g_file_open_tmp("eilpost-ca-XXXXXX", &ca_file, NULL);
	g_assert_true(write(fd, pem.data, pem.size) == (gssize)pem.size);
	close(fd);
	gnutls_free(pem.data);
}

typedef struct { const char *plain[3]; const char *greeting; int listener; guint16 port; } Peer;	/* plain: what is said before TLS, a line of the client's between */

static gpointer
serve(gpointer user)
{
	Peer *p = user;
	int fd = accept(p->listener, NULL, NULL);
	char line[256];
	gnutls_session_t s;
	gnutls_certificate_credentials_t cred;

	for (guint i = 0; i < G_N_ELEMENTS(p->plain) && p->plain[i]; i++)
		if (write(fd, p->plain[i], strlen(p->plain[i])) < 0 || (i + 1 < G_N_ELEMENTS(p->plain) && p->plain[i + 1] && read(fd, line, sizeof line) <= 0))
			break;
	gnutls_certificate_allocate_credentials(&cred);
	gnutls_certificate_set_x509_key(cred, &cert, 1, key);
	gnutls_init(&s, GNUTLS_SERVER);
	gnutls_set_default_priority(s);
	gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_transport_set_int(s, fd);
	int result;
	do
		result = gnutls_handshake(s);
	while (result < 0 && !gnutls_error_is_fatal(result));
	if (result == 0 && p->greeting)
		gnutls_record_send(s, p->greeting, strlen(p->greeting));
	if (result == 0 && gnutls_record_recv(s, line, sizeof line) > 0)
		g_error("a probe says nothing inside TLS");
	gnutls_deinit(s);
	gnutls_certificate_free_credentials(cred);
	close(fd);
	return NULL;
}

typedef struct { bool done, good; } Answer;

static void
done(void *user, bool good)
{
	*(Answer *)user = (Answer){ true, good };
}

static bool
probe(Peer *p, const char *scheme, const char *ca)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof here;
	Answer a = { false, false };

	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(p->listener, (struct sockaddr *)&here, sizeof here), ==, 0);
	getsockname(p->listener, (struct sockaddr *)&here, &size);
	listen(p->listener, 4);
	g_autofree char *url = g_strdup_printf("%s://localhost:%u", scheme, ntohs(here.sin_port));
	GThread *thread = g_thread_new("peer", serve, p);
	probe_start(url, ca, g_main_context_default(), done, &a);
	g_assert_false(a.done);
	while (!a.done)
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(thread);
	close(p->listener);
	return a.good;
}

static void
test_tls(void)
{
	g_assert_true(probe(&(Peer){ .greeting = "* OK ready\r\n" }, "imaps", ca_file));
	g_assert_true(probe(&(Peer){ .greeting = "+OK ready\r\n" }, "pop3s", ca_file));
	g_assert_true(probe(&(Peer){ .greeting = "220 mx ESMTP\r\n" }, "smtps", ca_file));
	/* another protocol at that port, and a certificate that nobody vouches for */
	g_assert_false(probe(&(Peer){ .greeting = "220 mx ESMTP\r\n" }, "imaps", ca_file));
	g_assert_false(probe(&(Peer){ .greeting = "* OK ready\r\n" }, "imaps", NULL));
}

static void
test_starttls(void)
{
	g_assert_true(probe(&(Peer){ .plain = { "220-mx\r\n220 ESMTP\r\n", "250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n", "220 go on\r\n" } }, "smtp", ca_file));
	g_assert_false(probe(&(Peer){ .plain = { "220 mx\r\n", "250 mx\r\n", "502 what?\r\n" } }, "smtp", ca_file));
	/* something behind the answer, in the clear (T2) */
	g_assert_false(probe(&(Peer){ .plain = { "220 mx\r\n", "250 STARTTLS\r\n", "220 go on\r\n250 evil\r\n" } }, "smtp", ca_file));
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	make_certificate();
	g_test_add_func("/setup/probe/tls", test_tls);
	g_test_add_func("/setup/probe/T2/starttls", test_starttls);
	int status = g_test_run();
	g_unlink(ca_file);
	return status;
}
