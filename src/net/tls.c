/* tls.c - TLS over another layer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * gnutls_certificate_verify_peers3 with a host name falls back to the common name; so the chain is verified by
 * verify_peers2 and the names here, by subjectAltName only (RFC 9525, 6.3). */
#include "config.h"
#include "net/tls.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <idn2.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
	Filter filter;
	gnutls_session_t session;	/* owned */
	gnutls_certificate_credentials_t credentials;	/* owned */
	char *host;		/* owned: as the person wrote it */
	char *ascii;		/* owned: A-labels */
	guint16 port;
	GPtrArray *pins;	/* shared; NULL: none */
	bool is_ip, up;
	bool has_cert;		/* of ours */
	GError *below_error;	/* owned: what the layer below said */
	Peer *peer;		/* owned; NULL: it showed nothing yet */
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

/* ---- what it shows ---- */

static char *
own_text(gnutls_datum_t *text)
{
	char *out = g_strndup((const char *)text->data, MIN(text->size, LIMIT_CERT_TEXT));
	gnutls_free(text->data);
	return out;
}

static char *
hex(const guint8 *bytes, gsize len)
{
	GString *out = g_string_new(NULL);
	for (gsize i = 0; i < len; i++)
		g_string_append_printf(out, "%02x", bytes[i]);
	return g_string_free(out, FALSE);
}

/* NUL among its letters (RELIABILITY T8) is shown, not an end. */
static char *
name_of(int kind, const char *name, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (kind == GNUTLS_SAN_IPADDRESS)
		return (size == 4 || size == 16) && inet_ntop(size == 4 ? AF_INET : AF_INET6, name, text, sizeof text) ? g_strdup(text) : NULL;
	if (kind != GNUTLS_SAN_DNSNAME)
		return NULL;
	char *out = g_strndup(name, size);
	for (size_t i = 0; i < size; i++)
		if (!name[i]) {
			g_free(out);
			GString *s = g_string_new(NULL);
			for (i = 0; i < size; i++)
				g_string_append(s, name[i] ? (char[]){ name[i], 0 } : "\\0");
			return g_string_free(s, FALSE);
		}
	return out;
}

static char **
names_of(gnutls_x509_crt_t cert)
{
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < LIMIT_CERT_NAMES; i++) {
		char name[1024];
		size_t size = sizeof name;
		int kind = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &size, NULL);
		if (kind == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (kind < 0)
			break;
		char *text = name_of(kind, name, size);
		if (text)
			g_ptr_array_add(out, text);
	}
	g_ptr_array_add(out, NULL);
	return g_strdupv((char **)out->pdata);
}

static bool
self_signed(gnutls_x509_crt_t cert)
{
	return gnutls_x509_crt_check_issuer(cert, cert) == 1;
}

static void
describe(Peer *peer, gnutls_x509_crt_t cert)
{
	PeerCert *c = peer_add(peer);
	gnutls_datum_t text = { 0 };
	guint8 bytes[64];
	size_t size = sizeof bytes;
	unsigned bits = 0;

	c->subject = gnutls_x509_crt_get_dn3(cert, &text, 0) == 0 ? own_text(&text) : g_strdup("");
	c->issuer = gnutls_x509_crt_get_issuer_dn3(cert, &text, 0) == 0 ? own_text(&text) : g_strdup("");
	c->names = names_of(cert);
	c->serial = gnutls_x509_crt_get_serial(cert, bytes, &size) == 0 ? hex(bytes, size) : g_strdup("");
	size = sizeof bytes;
	c->fingerprint = gnutls_x509_crt_get_fingerprint(cert, GNUTLS_DIG_SHA256, bytes, &size) == 0 ? hex(bytes, size) : g_strdup("");
	size = sizeof bytes;
	c->key_fingerprint = gnutls_x509_crt_get_key_id(cert, GNUTLS_KEYID_USE_SHA256, bytes, &size) == 0 ? hex(bytes, size) : g_strdup("");
	int pk = gnutls_x509_crt_get_pk_algorithm(cert, &bits);
	const char *signature = gnutls_sign_get_name(gnutls_x509_crt_get_signature_algorithm(cert));
	c->key = g_strdup_printf("%s %u bits", pk > 0 ? gnutls_pk_get_name(pk) : "?", bits);
	c->signature = g_strdup(signature ? signature : "?");
	c->from = gnutls_x509_crt_get_activation_time(cert);
	c->until = gnutls_x509_crt_get_expiration_time(cert);
	c->self_signed = self_signed(cert);
}

/* ---- is it the right server? ---- */

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

/* GnuTLS stops at what it finds first; a pin waives only what was seen when it was made, so all that can be seen of the
 * server's own certificate is looked at here too. */
static guint
wrong_by_itself(const Tls *t, gnutls_x509_crt_t cert)
{
	guint wrong = name_fits(t, cert) ? 0 : PEER_WRONG_NAME;
	unsigned bits = 0;
	int pk = gnutls_x509_crt_get_pk_algorithm(cert, &bits), signature = gnutls_x509_crt_get_signature_algorithm(cert);

	if (gnutls_x509_crt_get_expiration_time(cert) <= (time_t)t->peer->clock)
		wrong |= PEER_EXPIRED;
	if (gnutls_x509_crt_get_activation_time(cert) > (time_t)t->peer->clock)
		wrong |= PEER_NOT_YET;
	if (pk < 0 || gnutls_pk_bits_to_sec_param((gnutls_pk_algorithm_t)pk, bits) < GNUTLS_SEC_PARAM_MEDIUM)
		wrong |= PEER_WEAK;
	if (!self_signed(cert) && (signature < 0 || !gnutls_sign_is_secure2((gnutls_sign_algorithm_t)signature, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS)))
		wrong |= PEER_WEAK;
	return wrong;
}

static guint
wrong_by_status(guint status)
{
	static const struct { guint status, wrong; } ROWS[] = {
		{ GNUTLS_CERT_SIGNER_NOT_FOUND, PEER_UNTRUSTED }, { GNUTLS_CERT_EXPIRED, PEER_EXPIRED }, { GNUTLS_CERT_NOT_ACTIVATED, PEER_NOT_YET },
		{ GNUTLS_CERT_INSECURE_ALGORITHM, PEER_WEAK }, { GNUTLS_CERT_PURPOSE_MISMATCH, PEER_WRONG_USE }, { GNUTLS_CERT_SIGNER_NOT_CA, PEER_BAD_CHAIN },
		{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, PEER_BAD_CHAIN }, { GNUTLS_CERT_SIGNATURE_FAILURE, PEER_BAD_CHAIN },
		{ GNUTLS_CERT_REVOKED, PEER_REVOKED }, { GNUTLS_CERT_MISSING_OCSP_STATUS, PEER_NO_STATUS }, { GNUTLS_CERT_INVALID_OCSP_STATUS, PEER_NO_STATUS },
	};
	guint wrong = 0;

	for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
		if (status & ROWS[i].status)
			wrong |= ROWS[i].wrong;
	/* what GnuTLS may learn to find one day is no reason to trust */
	return status && !wrong ? PEER_BAD_CHAIN : wrong;
}

static guint
look_at(Tls *t, gnutls_session_t session)
{
	gnutls_typed_vdata_st use = { GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER, 0 };
	guint n = 0, status = 0, wrong = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);

	if (!list || gnutls_certificate_type_get(session) != GNUTLS_CRT_X509)
		return PEER_UNREADABLE;
	for (guint i = 0; i < MIN(n, LIMIT_CERT_CHAIN); i++) {
		gnutls_x509_crt_t cert;
		if (gnutls_x509_crt_init(&cert) < 0)
			return PEER_UNREADABLE;
		if (gnutls_x509_crt_import(cert, &list[i], GNUTLS_X509_FMT_DER) < 0) {
			wrong |= PEER_UNREADABLE;
		} else {
			describe(t->peer, cert);
			wrong |= i == 0 ? wrong_by_itself(t, cert) : 0;
		}
		gnutls_x509_crt_deinit(cert);
	}
	if (gnutls_certificate_verify_peers(session, &use, 1, &status) < 0)
		return wrong | PEER_UNREADABLE;
	return wrong | wrong_by_status(status);
}

static int
verify(gnutls_session_t session)
{
	Tls *t = gnutls_session_get_ptr(session);
	const char *version = gnutls_protocol_get_name(gnutls_protocol_get_version(session));

	peer_unref(t->peer);
	t->peer = peer_new(t->host, t->port);
	t->peer->version = g_strdup(version);
	t->peer->wrong = look_at(t, session);
	if (t->peer->chain->len == 0)
		t->peer->wrong |= PEER_UNREADABLE;
	peer_judge(t->peer, t->pins);
	return peer_refused(t->peer) ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static void
refused(const Tls *t, GError **err)
{
	g_autofree char *why = peer_sentence(t->peer);
	const PeerCert *c = t->peer->chain->len ? g_ptr_array_index(t->peer->chain, 0) : NULL;

	log_line(LOG_INFO, "tls", "refused %s port %u: wrong 0x%x, pin %d, certificate %s, key %s", t->host, t->port, t->peer->wrong, t->peer->pin,
		c ? c->fingerprint : "none", c ? c->key_fingerprint : "none");
	g_set_error(err, EIL_ERROR, EIL_REFUSED, "%s %s", why, NO_PASSWORD);
}

/* ---- the filter ---- */

/* With TLS 1.3 it comes when the connection is up for us already. */
static bool
about_us(const Tls *t)
{
	switch (gnutls_alert_get(t->session)) {
	case GNUTLS_A_CERTIFICATE_REQUIRED: case GNUTLS_A_BAD_CERTIFICATE: case GNUTLS_A_UNSUPPORTED_CERTIFICATE: case GNUTLS_A_CERTIFICATE_REVOKED:
	case GNUTLS_A_CERTIFICATE_EXPIRED: case GNUTLS_A_CERTIFICATE_UNKNOWN: case GNUTLS_A_UNKNOWN_CA: case GNUTLS_A_ACCESS_DENIED:
		return true;
	default:
		return false;
	}
}

static gssize
trouble(Tls *t, gssize result, GError **err)
{
	if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
		return FILTER_AGAIN;
	if (t->peer && peer_refused(t->peer))
		refused(t, err);
	else if (t->below_error)
		g_propagate_error(err, g_steal_pointer(&t->below_error));
	else if (result == GNUTLS_E_PREMATURE_TERMINATION && t->up)
		g_set_error(err, EIL_ERROR, EIL_LATER, _("%s broke off the connection."), t->host);
	else if (result == GNUTLS_E_PREMATURE_TERMINATION)
		g_set_error(err, EIL_ERROR, EIL_LATER, _("%s broke off while the connection was being secured. %s"), t->host, NO_PASSWORD);
	else if (result == GNUTLS_E_UNEXPECTED_PACKET_LENGTH || result == GNUTLS_E_UNSUPPORTED_VERSION_PACKET)
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("%s does not speak TLS on this port, or only a version that is not safe any more. %s"), t->host, NO_PASSWORD);
	else if (result == GNUTLS_E_FATAL_ALERT_RECEIVED && about_us(t))
		g_set_error(err, EIL_ERROR, EIL_REFUSED, t->has_cert ? _("%s did not take your certificate (client-certificate): %s") :
			_("%s wants to see a certificate of yours (client-certificate in the account's settings): %s"), t->host, gnutls_alert_get_name(gnutls_alert_get(t->session)));
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
	peer_unref(t->peer);
	g_clear_pointer(&t->pins, g_ptr_array_unref);
	g_free(t->host);
	if (t->ascii)
		idn2_free(t->ascii);
	g_free(t);
}

bool
tls_key_locked(const char *path)
{
	g_autofree char *text = NULL;
	gsize len;
	bool locked = g_file_get_contents(path, &text, &len, NULL) &&
		(strstr(text, "BEGIN ENCRYPTED PRIVATE KEY") || strstr(text, "Proc-Type: 4,ENCRYPTED"));
	if (text)
		explicit_bzero(text, len);
	return locked;
}

bool
tls_key_opens(const char *path, const char *phrase)
{
	g_autofree char *text = NULL;
	gnutls_x509_privkey_t key;
	gsize len;
	int n = 0;

	if (!g_file_get_contents(path, &text, &len, NULL))
		return true;	/* whatever is wrong, it is not the phrase */
	if (gnutls_x509_privkey_init(&key) >= 0) {
		n = gnutls_x509_privkey_import2(key, &(gnutls_datum_t){ .data = (guchar *)text, .size = (guint)len }, GNUTLS_X509_FMT_PEM, phrase, 0);
		gnutls_x509_privkey_deinit(key);
	}
	explicit_bzero(text, len);
	return n != GNUTLS_E_DECRYPTION_FAILED;
}

static bool
own_certificate(Tls *t, const TlsSetup *setup, GError **err)
{
	const char *key = setup->client_key ? setup->client_key : setup->client_cert;
	struct stat st;

	if (stat(key, &st) != 0) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The key %s (client-key) can't be read: %s"), key, g_strerror(errno));
		return false;
	}
	if (st.st_mode & 077) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("Others may read the key %s: take that away (chmod 600), then try again."), key);
		return false;
	}
	int n = gnutls_certificate_set_x509_key_file2(t->credentials, setup->client_cert, key, GNUTLS_X509_FMT_PEM, setup->key_phrase, 0);
	t->has_cert = n >= 0;
	if (n == GNUTLS_E_DECRYPTION_FAILED && !setup->key_phrase)
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The key %s is locked, and its passphrase was not given."), key);
	else if (n == GNUTLS_E_DECRYPTION_FAILED)
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("That is not the passphrase of the key %s."), key);
	else if (n < 0)
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The certificate %s (client-certificate) can't be used: %s"), setup->client_cert, gnutls_strerror(n));
	return n >= 0;
}

static bool
credentials(Tls *t, const TlsSetup *setup, GError **err)
{
	const char *ca_file = setup->ca_file;
	int n;

	if (gnutls_certificate_allocate_credentials(&t->credentials) < 0)
		return false;
	gnutls_certificate_set_x509_system_trust(t->credentials);
	gnutls_certificate_set_verify_function(t->credentials, verify);
	if (setup->client_cert && !own_certificate(t, setup, err))
		return false;
	if (!ca_file)
		return true;
	n = gnutls_certificate_set_x509_trust_file(t->credentials, ca_file, GNUTLS_X509_FMT_PEM);
	if (n <= 0)
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The file of certificates %s (ca-file) can't be used: %s"), ca_file,
			n < 0 ? gnutls_strerror(n) : _("it holds no certificate"));
	return n > 0;
}

static bool
prepare(Tls *t, const TlsSetup *setup, GError **err)
{
	/* the profile: RSA of 1024 bits and SHA-1 are not trusted any more (RFC 9325, 4.5) */
	static const char PRIORITY[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SAFE_RENEGOTIATION:%PROFILE_MEDIUM";

	if (!credentials(t, setup, err))
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

Peer *
tls_peer(const Filter *f)
{
	const Tls *t = (const Tls *)f;
	return t->peer ? peer_ref(t->peer) : NULL;
}

Filter *
tls_open(Filter *below, const TlsSetup *setup, GError **err)
{
	Tls *t = g_new0(Tls, 1);
	t->filter = (Filter){
		.below = below, .read = tls_read, .write = tls_write, .handshake = tls_handshake,
		.pending = tls_pending, .free = tls_free,
	};
	t->host = g_strdup(setup->host);
	t->port = setup->port;
	t->pins = setup->pins ? g_ptr_array_ref(setup->pins) : NULL;
	t->is_ip = literal_ip(setup->host);
	if (!prepare(t, setup, err)) {
		filter_free(&t->filter);
		return NULL;
	}
	return &t->filter;
}
