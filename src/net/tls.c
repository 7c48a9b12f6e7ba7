/* tls.c - TLS over another layer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * gnutls_certificate_verify_peers3 with a host name falls back to the common name; so the chain is verified by
 * verify_peers2 and the names here, by subjectAltName only (RFC 9525, 6.3). */
#include "config.h"
#include "net/tls.h"
#include "base/intl.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <idn2.h>
#include <string.h>

typedef struct {
	Filter filter;
	gnutls_session_t session;	/* owned */
	gnutls_certificate_credentials_t credentials;	/* owned */
	char *host;		/* owned: as the person wrote it */
	char *ascii;		/* owned: A-labels */
	bool is_ip, up;
	GError *below_error;	/* owned: what the layer below said */
	GError *verdict;	/* owned: why the certificate was refused */
} Tls;

#define NO_PASSWORD _("No password was sent.")

static bool
literal_ip(const char *host)
{
	struct in6_addr any;
	return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

/* ---- the layer below as GnuTLS sees it ---- */

static gssize
below_outcome(Tls *t, gssize n)
{
	if (n >= 0)
		return n;
	gnutls_transport_set_errno(t->session, n == FILTER_AGAIN ? EAGAIN : EIO);
	return -1;
}

static gssize
pull(gnutls_transport_ptr_t user, void *data, gsize size)
{
	Tls *t = user;
	g_clear_error(&t->below_error);
	return below_outcome(t, t->filter.below->read(t->filter.below, data, size, &t->below_error));
}

static gssize
push(gnutls_transport_ptr_t user, const void *data, gsize len)
{
	Tls *t = user;
	g_clear_error(&t->below_error);
	return below_outcome(t, t->filter.below->write(t->filter.below, data, len, &t->below_error));
}

/* ---- is it the right server? ---- */

/* What to compare with: verify functions get the session only. */
static void
refuse(Tls *t, char *sentence)
{
	g_clear_error(&t->verdict);
	t->verdict = g_error_new(EIL_ERROR, EIL_REFUSED, "%s %s", sentence, NO_PASSWORD);
	g_free(sentence);
}

static char *
day(time_t t)
{
	g_autoptr(GDateTime) d = g_date_time_new_from_unix_local((gint64)t);
	return d ? g_date_time_format(d, "%x %H:%M") : g_strdup("?");
}

static void
refuse_dates(Tls *t, gnutls_x509_crt_t cert, bool expired)
{
	g_autofree char *from = day(gnutls_x509_crt_get_activation_time(cert)), *until = day(gnutls_x509_crt_get_expiration_time(cert));
	g_autofree char *now = day(time(NULL));
	refuse(t, expired ?
		g_strdup_printf(_("The certificate of %s has expired: it was valid from %s until %s; the clock here says %s."), t->host, from, until, now) :
		g_strdup_printf(_("The certificate of %s is not valid yet: it is valid from %s until %s; the clock here says %s."), t->host, from, until, now));
}

static bool
self_signed(gnutls_x509_crt_t cert)
{
	return gnutls_x509_crt_check_issuer(cert, cert) == 1;
}

static void
refuse_chain(Tls *t, gnutls_x509_crt_t cert, guint status)
{
	char issuer[256] = "?";
	size_t size = sizeof issuer;

	if (status & GNUTLS_CERT_REVOKED) {
		refuse(t, g_strdup_printf(_("The certificate of %s was revoked by its issuer."), t->host));
	} else if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA)) {
		gnutls_x509_crt_get_issuer_dn(cert, issuer, &size);
		refuse(t, self_signed(cert) ?
			g_strdup_printf(_("%s identifies itself by a certificate that it signed itself. If it is yours, name it with ca-file in the account's settings."), t->host) :
			g_strdup_printf(_("The certificate of %s was issued by somebody that this computer does not trust (%s)."), t->host, issuer));
	} else if (status & GNUTLS_CERT_INSECURE_ALGORITHM) {
		refuse(t, g_strdup_printf(_("The certificate of %s is signed with an algorithm that is not safe any more."), t->host));
	} else if (status & GNUTLS_CERT_EXPIRED) {
		refuse_dates(t, cert, true);
	} else if (status & GNUTLS_CERT_NOT_ACTIVATED) {
		refuse_dates(t, cert, false);
	} else {
		gnutls_datum_t text = { 0 };
		gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
		refuse(t, g_strdup_printf(_("The certificate of %s can't be trusted: %s"), t->host, text.data ? (const char *)text.data : "?"));
		gnutls_free(text.data);
	}
}

/* The names by SAN, for the sentence; NULL: it has none. */
static char *
names_of(gnutls_x509_crt_t cert)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < 50; i++) {
		char name[256];
		size_t size = sizeof name - 1;
		int kind = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &size, NULL);
		if (kind < 0)
			break;
		if (kind == GNUTLS_SAN_IPADDRESS) {
			char text[INET6_ADDRSTRLEN];
			if (inet_ntop(size == 4 ? AF_INET : AF_INET6, name, text, sizeof text) && (size == 4 || size == 16))
				g_string_append_printf(out, "%s%s", out->len ? ", " : "", text);
		} else if (kind == GNUTLS_SAN_DNSNAME) {
			name[size] = 0;
			g_string_append_printf(out, "%s%s", out->len ? ", " : "", name);
		}
	}
	return g_string_free(out, out->len == 0);
}

static bool
has_dns_name(gnutls_x509_crt_t cert)
{
	for (guint i = 0;; i++) {
		char name[256];
		size_t size = sizeof name;
		int kind = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &size, NULL);
		if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
		if (kind == GNUTLS_SAN_DNSNAME)
			return true;
	}
}

static bool
name_fits(const Tls *t, gnutls_x509_crt_t cert)
{
	if (t->is_ip) {
		unsigned char ip[16];
		bool four = inet_pton(AF_INET, t->host, ip) == 1;
		if (!four && inet_pton(AF_INET6, t->host, ip) != 1)
			return false;
		return gnutls_x509_crt_check_ip(cert, ip, four ? 4 : 16, 0);
	}
	/* without a DNS name in the SAN, check_hostname would look at the common name */
	return has_dns_name(cert) && gnutls_x509_crt_check_hostname2(cert, t->ascii, GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES);
}

static int
verify(gnutls_session_t session)
{
	Tls *t = gnutls_session_get_ptr(session);
	guint n = 0, status = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
	gnutls_x509_crt_t cert;

	if (!list || n == 0 || gnutls_certificate_type_get(session) != GNUTLS_CRT_X509 || gnutls_x509_crt_init(&cert) < 0) {
		refuse(t, g_strdup_printf(_("%s did not identify itself."), t->host));
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	int result = gnutls_x509_crt_import(cert, &list[0], GNUTLS_X509_FMT_DER);
	if (result < 0 || gnutls_certificate_verify_peers2(session, &status) < 0) {
		refuse(t, g_strdup_printf(_("The certificate of %s can't be read."), t->host));
	} else if (status != 0) {
		refuse_chain(t, cert, status);
	} else if (!name_fits(t, cert)) {
		g_autofree char *names = names_of(cert);
		refuse(t, names ?
			g_strdup_printf(_("The certificate is not that of %s; it is that of %s. Either the name in the settings is wrong, or this is another server."), t->host, names) :
			g_strdup_printf(_("The certificate is not that of %s: it names no server."), t->host));
	}
	gnutls_x509_crt_deinit(cert);
	return t->verdict ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

/* ---- the filter ---- */

static gssize
trouble(Tls *t, gssize result, GError **err)
{
	if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
		return FILTER_AGAIN;
	if (t->verdict)
		g_propagate_error(err, g_steal_pointer(&t->verdict));
	else if (t->below_error)
		g_propagate_error(err, g_steal_pointer(&t->below_error));
	else if (result == GNUTLS_E_PREMATURE_TERMINATION && t->up)
		g_set_error(err, EIL_ERROR, EIL_LATER, _("%s broke off the connection."), t->host);
	else if (result == GNUTLS_E_PREMATURE_TERMINATION)
		g_set_error(err, EIL_ERROR, EIL_LATER, _("%s broke off while the connection was being secured. %s"), t->host, NO_PASSWORD);
	else if (result == GNUTLS_E_UNEXPECTED_PACKET_LENGTH || result == GNUTLS_E_UNSUPPORTED_VERSION_PACKET)
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("%s does not speak TLS on this port, or only a version that is not safe any more. %s"), t->host, NO_PASSWORD);
	else if (!t->up && (result == GNUTLS_E_FATAL_ALERT_RECEIVED || result == GNUTLS_E_NO_CIPHER_SUITES))
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("%s refused to secure the connection (%s). %s"), t->host,
			gnutls_alert_get_name(gnutls_alert_get(t->session)), NO_PASSWORD);
	else
		g_set_error(err, EIL_ERROR, t->up ? EIL_LATER : EIL_REFUSED, _("The secured connection to %s failed: %s"), t->host, gnutls_strerror((int)result));
	return FILTER_ERROR;
}

static int
tls_handshake(Filter *f, GError **err)
{
	Tls *t = (Tls *)f;
	int result = gnutls_handshake(t->session);
	if (result == GNUTLS_E_SUCCESS) {
		t->up = true;
		return 1;
	}
	/* an alert of the warning kind ends nothing */
	if (!gnutls_error_is_fatal(result))
		return FILTER_AGAIN;
	return (int)trouble(t, result, err);
}

static gssize
tls_read(Filter *f, void *buffer, gsize size, GError **err)
{
	Tls *t = (Tls *)f;
	for (;;) {
		gssize n = gnutls_record_recv(t->session, buffer, size);
		if (n >= 0)
			return n;
		if (n == GNUTLS_E_REHANDSHAKE)	/* TLS 1.2 servers may ask; the answer is no */
			gnutls_alert_send(t->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
		else if (n == GNUTLS_E_AGAIN || gnutls_error_is_fatal((int)n))
			return trouble(t, n, err);
	}
}

static gssize
tls_write(Filter *f, const void *data, gsize len, GError **err)
{
	Tls *t = (Tls *)f;
	/* after AGAIN, GnuTLS wants to be called without data until its record is out; it then tells the size that it took */
	gssize n = gnutls_record_check_corked(t->session) ? GNUTLS_E_AGAIN : gnutls_record_send(t->session, data, len);
	return n >= 0 ? n : trouble(t, n, err);
}

static bool
tls_pending(Filter *f)
{
	Tls *t = (Tls *)f;
	return t->up && gnutls_record_check_pending(t->session) > 0;
}

static void
tls_free(Filter *f)
{
	Tls *t = (Tls *)f;
	if (t->session) {
		if (t->up)
			gnutls_bye(t->session, GNUTLS_SHUT_WR);
		gnutls_deinit(t->session);
	}
	if (t->credentials)
		gnutls_certificate_free_credentials(t->credentials);
	g_clear_error(&t->below_error);
	g_clear_error(&t->verdict);
	g_free(t->host);
	if (t->ascii)
		idn2_free(t->ascii);
	g_free(t);
}

static bool
credentials(Tls *t, const char *ca_file, GError **err)
{
	if (gnutls_certificate_allocate_credentials(&t->credentials) < 0)
		return false;
	gnutls_certificate_set_x509_system_trust(t->credentials);
	gnutls_certificate_set_verify_function(t->credentials, verify);
	if (!ca_file)
		return true;
	int n = gnutls_certificate_set_x509_trust_file(t->credentials, ca_file, GNUTLS_X509_FMT_PEM);
	if (n <= 0)
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The file of certificates %s (ca-file) can't be used: %s"), ca_file,
			n < 0 ? gnutls_strerror(n) : _("it holds no certificate"));
	return n > 0;
}

static bool
setup(Tls *t, const char *ca_file, GError **err)
{
	static const char PRIORITY[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SAFE_RENEGOTIATION";

	if (!credentials(t, ca_file, err))
		return false;
	if (!t->is_ip && idn2_to_ascii_8z(t->host, &t->ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s is not the name of a server."), t->host);
		return false;
	}
	if (gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0 ||
		gnutls_priority_set_direct(t->session, PRIORITY, NULL) < 0 ||
		gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->credentials) < 0) {
		g_set_error(err, EIL_ERROR, EIL_BROKEN, _("The secured connection to %s failed: %s"), t->host, "GnuTLS");
		return false;
	}
	gnutls_session_set_ptr(t->session, t);
	gnutls_transport_set_ptr(t->session, t);
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_transport_set_push_function(t->session, push);
	gnutls_handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);	/* the pump keeps the deadline */
	/* SNI is for names only (RFC 6066, 3) */
	return t->is_ip || gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->ascii, strlen(t->ascii)) >= 0;
}

Filter *
tls_open(Filter *below, const char *host, const char *ca_file, GError **err)
{
	Tls *t = g_new0(Tls, 1);
	t->filter = (Filter){
		.below = below, .read = tls_read, .write = tls_write, .handshake = tls_handshake,
		.pending = tls_pending, .free = tls_free,
	};
	t->host = g_strdup(host);
	t->is_ip = literal_ip(host);
	if (!setup(t, ca_file, err)) {
		filter_free(&t->filter);
		return NULL;
	}
	return &t->filter;
}
