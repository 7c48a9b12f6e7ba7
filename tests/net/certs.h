/* certs.h - every kind of certificate a server may show, good and bad, made in memory; and what must be said of each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * For tests/net/certs.c, which looks at each with any name, and tests/sync/certs.c, where the three protocols meet them. */
#pragma once

#include "base/peer.h"

#include <arpa/inet.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef enum {
	BY_ROOT, BY_INTERMEDIATE, BY_INTERMEDIATE_LEFT_OUT, BY_NO_CA /* an end certificate that signs */, BY_CONSTRAINED /* a CA for other names */,
	BY_OLD /* an intermediate that has expired */, BY_UNKNOWN, BY_ITSELF,
} Signer;
typedef enum { PIN_NONE, PIN_RIGHT, PIN_OTHER_KEY, PIN_ENDED, PIN_RIGHT_OTHER_PORT, PIN_RIGHT_OTHER_HOST } CasePin;

typedef struct {
	const char *name;
	const char *host;	/* as the account has it; NULL: localhost */
	struct {
		const char *dns, *ip, *cn;	/* dns "a|b": two; \1 in one stands for NUL */
		int from_days, until_days;	/* both 0: -1 to 5 */
		Signer signer;
		bool sha1, small, for_clients, must_staple;
	} cert;
	bool wants_ours;	/* the server takes nobody without a certificate of the root's */
	const char *priority;	/* of the server; NULL: all that is good */
	CasePin pin;
	guint waives;
	/* what must come out */
	bool good;
	guint wrong;		/* PeerWrong bits; of a good one: those that the pin waives */
	PeerPin state;
	const char *says;	/* of a refused one: in its sentence */
} CertCase;

#define NUL "\1"

static const CertCase CASES[] = {
	{ .name = "good", .cert = { .dns = "localhost" }, .good = true },
	{ .name = "good-through-an-intermediate", .cert = { .dns = "other.example|localhost", .signer = BY_INTERMEDIATE }, .good = true },
	{ .name = "good-tls12", .cert = { .dns = "localhost" }, .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2", .good = true },
	{ .name = "good-address", .host = "127.0.0.1", .cert = { .dns = "x.example", .ip = "127.0.0.1" }, .good = true },
	{ .name = "self-signed", .cert = { .dns = "localhost", .signer = BY_ITSELF }, .wrong = PEER_UNTRUSTED, .says = "signed itself" },
	{ .name = "unknown-ca", .cert = { .dns = "localhost", .signer = BY_UNKNOWN }, .wrong = PEER_UNTRUSTED, .says = "does not trust (CN=Evil CA)" },
	{ .name = "intermediate-left-out", .cert = { .dns = "localhost", .signer = BY_INTERMEDIATE_LEFT_OUT }, .wrong = PEER_UNTRUSTED, .says = "does not trust" },
	{ .name = "issuer-is-no-ca", .cert = { .dns = "localhost", .signer = BY_NO_CA }, .wrong = PEER_BAD_CHAIN, .says = "may not issue it" },
	{ .name = "issuer-is-for-other-names", .cert = { .dns = "localhost", .signer = BY_CONSTRAINED }, .wrong = PEER_BAD_CHAIN, .says = "may not issue it" },
	{ .name = "issuer-expired", .cert = { .dns = "localhost", .signer = BY_OLD }, .wrong = PEER_EXPIRED, .says = "A certificate that vouches for that of localhost has expired" },
	{ .name = "T8-wrong-host", .cert = { .dns = "mail.example.org" }, .wrong = PEER_WRONG_NAME, .says = "it is that of mail.example.org" },
	{ .name = "T8-common-name-only", .cert = { .cn = "localhost" }, .wrong = PEER_WRONG_NAME, .says = "names no server" },
	{ .name = "T8-common-name-beside-an-address", .cert = { .cn = "localhost", .ip = "127.0.0.1" }, .wrong = PEER_WRONG_NAME, .says = "not that of localhost" },
	{ .name = "T8-nul-in-the-name", .cert = { .dns = "localhost" NUL ".evil.example" }, .wrong = PEER_WRONG_NAME, .says = "localhost\\0.evil.example" },
	{ .name = "T8-wildcard-for-everything", .cert = { .dns = "*" }, .wrong = PEER_WRONG_NAME, .says = "not that of localhost" },
	{ .name = "T8-other-address", .host = "127.0.0.1", .cert = { .dns = "localhost", .ip = "127.0.0.9" }, .wrong = PEER_WRONG_NAME, .says = "127.0.0.9" },
	{ .name = "T8-address-as-a-name", .host = "127.0.0.1", .cert = { .dns = "127.0.0.1" }, .wrong = PEER_WRONG_NAME, .says = "not that of 127.0.0.1" },
	{ .name = "T10-expired", .cert = { .dns = "localhost", .from_days = -9, .until_days = -2 }, .wrong = PEER_EXPIRED, .says = "has expired" },
	{ .name = "T10-not-yet", .cert = { .dns = "localhost", .from_days = 2, .until_days = 5 }, .wrong = PEER_NOT_YET, .says = "not valid yet" },
	{ .name = "signed-with-sha1", .cert = { .dns = "localhost", .sha1 = true }, .wrong = PEER_WEAK, .says = "not safe any more" },
	{ .name = "key-too-small", .cert = { .dns = "localhost", .small = true }, .wrong = PEER_WEAK, .says = "not safe any more" },
	{ .name = "made-for-clients", .cert = { .dns = "localhost", .for_clients = true }, .wrong = PEER_WRONG_USE, .says = "not made for a server" },
	{ .name = "must-staple-and-does-not", .cert = { .dns = "localhost", .must_staple = true }, .wrong = PEER_NO_STATUS, .says = "issuer's word" },
	{ .name = "several-things-wrong", .cert = { .dns = "mail.example.org", .from_days = -9, .until_days = -2, .signer = BY_UNKNOWN },
		.wrong = PEER_UNTRUSTED | PEER_EXPIRED | PEER_WRONG_NAME, .says = "does not trust" },
	{ .name = "T11-old-version", .cert = { .dns = "localhost" }, .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0", .says = "No password was sent" },
	{ .name = "T9-pinned", .cert = { .dns = "localhost", .signer = BY_ITSELF }, .pin = PIN_RIGHT, .waives = PEER_UNTRUSTED, .good = true,
		.wrong = PEER_UNTRUSTED, .state = PEER_PINNED },
	{ .name = "T9-pinned-without-need", .cert = { .dns = "localhost" }, .pin = PIN_RIGHT, .good = true, .state = PEER_PINNED },
	{ .name = "T9-pinned-for-something-else", .cert = { .dns = "localhost", .signer = BY_ITSELF }, .pin = PIN_RIGHT, .waives = PEER_EXPIRED,
		.wrong = PEER_UNTRUSTED, .state = PEER_PINNED, .says = "signed itself" },
	{ .name = "T9-pin-does-not-waive-a-bad-chain", .cert = { .dns = "localhost", .signer = BY_NO_CA }, .pin = PIN_RIGHT, .waives = ~0u,
		.wrong = PEER_BAD_CHAIN, .state = PEER_PINNED, .says = "may not issue it" },
	{ .name = "T9-another-key", .cert = { .dns = "localhost", .signer = BY_ITSELF }, .pin = PIN_OTHER_KEY, .waives = PEER_UNTRUSTED,
		.wrong = PEER_UNTRUSTED, .state = PEER_PIN_CHANGED, .says = "another key" },
	{ .name = "T9-another-key-of-a-good-one", .cert = { .dns = "localhost" }, .pin = PIN_OTHER_KEY, .waives = PEER_UNTRUSTED,
		.state = PEER_PIN_CHANGED, .says = "another key" },
	{ .name = "T9-pin-ended", .cert = { .dns = "localhost", .signer = BY_ITSELF }, .pin = PIN_ENDED, .waives = PEER_UNTRUSTED,
		.wrong = PEER_UNTRUSTED, .state = PEER_PIN_ENDED, .says = "Your exception for it ended" },
	{ .name = "T9-ended-without-need", .cert = { .dns = "localhost" }, .pin = PIN_ENDED, .waives = PEER_UNTRUSTED, .good = true, .state = PEER_PIN_ENDED },
	{ .name = "T9-pinned-on-another-port", .cert = { .dns = "localhost", .signer = BY_ITSELF }, .pin = PIN_RIGHT_OTHER_PORT, .waives = PEER_UNTRUSTED,
		.wrong = PEER_UNTRUSTED, .says = "signed itself" },
	{ .name = "T9-pinned-for-another-host", .cert = { .dns = "localhost", .signer = BY_ITSELF }, .pin = PIN_RIGHT_OTHER_HOST, .waives = PEER_UNTRUSTED,
		.wrong = PEER_UNTRUSTED, .says = "signed itself" },
};

/* ---- authorities ---- */

typedef struct { gnutls_x509_privkey_t key; gnutls_x509_crt_t crt; } Signing;

static gnutls_x509_privkey_t leaf_key, small_key;
static Signing root, intermediate, no_ca, constrained, old_one, unknown;
static char *ca_path, *own_cert, *own_key, *own_locked_key;	/* of alice; the last opens with KEY_PHRASE */
#define KEY_PHRASE "phrase-3Kx"

static gnutls_x509_privkey_t
made_key(gnutls_pk_algorithm_t kind, unsigned bits)
{
	gnutls_x509_privkey_t k;
	gnutls_x509_privkey_init(&k);
	g_assert_cmpint(gnutls_x509_privkey_generate(k, kind, bits, 0), ==, 0);
	return k;
}

static gnutls_x509_privkey_t
curve_key(void)
{
	return made_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
}

static gsize
with_nuls(const char *text, char *out)
{
	gsize len = strlen(text);
	for (gsize i = 0; i < len; i++)
		out[i] = text[i] == NUL[0] ? 0 : text[i];
	return len;
}

static gnutls_x509_crt_t
begun(const char *cn, gnutls_x509_privkey_t key, int from_days, int until_days)
{
	static guint serial = 1;
	guint32 number = GUINT32_TO_BE(++serial);
	char text[128];
	gnutls_x509_crt_t c;

	gnutls_x509_crt_init(&c);
	gnutls_x509_crt_set_version(c, 3);
	gnutls_x509_crt_set_serial(c, &number, sizeof number);
	gnutls_x509_crt_set_key(c, key);
	gnutls_x509_crt_set_activation_time(c, time(NULL) + from_days * 86400);
	gnutls_x509_crt_set_expiration_time(c, time(NULL) + until_days * 86400);
	gsize len = with_nuls(cn, text);
	gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, text, (unsigned)len);
	return c;
}

/* As it comes over the wire: what was only set can't be compared. */
static gnutls_x509_crt_t
settled(gnutls_x509_crt_t made)
{
	gnutls_datum_t der = { 0 };
	gnutls_x509_crt_t c;

	g_assert_cmpint(gnutls_x509_crt_export2(made, GNUTLS_X509_FMT_DER, &der), ==, 0);
	gnutls_x509_crt_init(&c);
	g_assert_cmpint(gnutls_x509_crt_import(c, &der, GNUTLS_X509_FMT_DER), ==, 0);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(made);
	return c;
}

static Signing
authority(const char *cn, const Signing *by, bool ca, int until_days)
{
	Signing s = { .key = curve_key() };
	s.crt = begun(cn, s.key, -1 + MIN(until_days, 0) * 2, until_days);
	gnutls_x509_crt_set_ca_status(s.crt, ca);
	gnutls_x509_crt_set_key_usage(s.crt, ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (by == &constrained) {	/* itself: a CA of the root for one domain */
		gnutls_x509_name_constraints_t nc;
		gnutls_datum_t name = { (unsigned char *)"example.org", 11 };
		gnutls_x509_name_constraints_init(&nc);
		gnutls_x509_name_constraints_add_permitted(nc, GNUTLS_SAN_DNSNAME, &name);
		gnutls_x509_crt_set_name_constraints(s.crt, nc, 1);
		gnutls_x509_name_constraints_deinit(nc);
		by = &root;
	}
	g_assert_cmpint(gnutls_x509_crt_sign2(s.crt, by ? by->crt : s.crt, by ? by->key : s.key, GNUTLS_DIG_SHA256, 0), ==, 0);
	s.crt = settled(s.crt);
	return s;
}

static char *
pem_file(const gnutls_datum_t *pem)
{
	char *path;
	int fd = g_file_open_tmp("eilpost-pem-XXXXXX", &path, NULL);	/* 0600 */
	g_assert_true(write(fd, pem->data, pem->size) == (gssize)pem->size);
	close(fd);
	gnutls_free(pem->data);
	return path;
}

static void
own_make(void)
{
	gnutls_x509_privkey_t key = curve_key();
	gnutls_x509_crt_t c = begun("alice", key, -1, 5);
	gnutls_datum_t pem = { 0 };

	g_assert_cmpint(gnutls_x509_crt_sign2(c, root.crt, root.key, GNUTLS_DIG_SHA256, 0), ==, 0);
	g_assert_cmpint(gnutls_x509_crt_export2(c, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
	own_cert = pem_file(&pem);
	g_assert_cmpint(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem), ==, 0);
	own_key = pem_file(&pem);
	g_assert_cmpint(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, KEY_PHRASE, GNUTLS_PKCS_PBES2_AES_256, &pem), ==, 0);
	own_locked_key = pem_file(&pem);
	gnutls_x509_crt_deinit(c);
	gnutls_x509_privkey_deinit(key);
}

static void
certs_make(void)
{
	gnutls_datum_t pem = { 0 };

	leaf_key = curve_key();
	small_key = made_key(GNUTLS_PK_RSA, 1024);
	root = authority("eilpost test CA", NULL, true, 10);
	intermediate = authority("eilpost test intermediate", &root, true, 10);
	no_ca = authority("no CA", &root, false, 10);
	constrained = authority("for example.org", &constrained, true, 10);
	old_one = authority("old intermediate", &root, true, -3);
	unknown = authority("Evil CA", NULL, true, 10);
	g_assert_cmpint(gnutls_x509_crt_export2(root.crt, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
	ca_path = pem_file(&pem);
	own_make();
}

static void
certs_end(void)
{
	Signing *all[] = { &root, &intermediate, &no_ca, &constrained, &old_one, &unknown };
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		gnutls_x509_crt_deinit(all[i]->crt);
		gnutls_x509_privkey_deinit(all[i]->key);
	}
	gnutls_x509_privkey_deinit(leaf_key);
	gnutls_x509_privkey_deinit(small_key);
	char *files[] = { ca_path, own_cert, own_key, own_locked_key };
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_unlink(files[i]);
		g_free(files[i]);
	}
}

/* ---- what a server shows ---- */

typedef struct { gnutls_x509_crt_t chain[2]; unsigned n; gnutls_x509_privkey_t key; } Shown;

static const Signing *
signer_of(Signer s)
{
	const Signing *all[] = { &root, &intermediate, &intermediate, &no_ca, &constrained, &old_one, &unknown, NULL };
	return all[s];
}

/* GnuTLS itself makes no name with a NUL in it: the whole extension by hand (RFC 5280, 4.2.1.6), dNSName of short form. */
static void
set_names_with_nul(gnutls_x509_crt_t c, char *const *names)
{
	guint8 der[200] = { 0x30, 0 };
	gsize at = 2;

	for (; *names; names++) {
		gsize len = with_nuls(*names, (char *)der + at + 2);
		der[at] = 0x82;
		der[at + 1] = (guint8)len;
		at += 2 + len;
	}
	g_assert_cmpuint(at, <, 128);
	der[1] = (guint8)(at - 2);
	g_assert_cmpint(gnutls_x509_crt_set_extension_by_oid(c, GNUTLS_X509EXT_OID_SAN, der, at, 0), ==, 0);
}

static void
set_names(gnutls_x509_crt_t c, const CertCase *k)
{
	g_auto(GStrv) names = g_strsplit(k->cert.dns ? k->cert.dns : "", "|", -1);
	char text[128];

	if (k->cert.dns && strchr(k->cert.dns, NUL[0])) {
		set_names_with_nul(c, names);
		return;
	}
	for (char **n = names; *n && **n; n++) {
		gsize len = with_nuls(*n, text);
		g_assert_cmpint(gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_DNSNAME, text, (unsigned)len, GNUTLS_FSAN_APPEND), ==, 0);
	}
	if (k->cert.ip) {
		guint8 ip[16];
		bool four = inet_pton(AF_INET, k->cert.ip, ip) == 1;
		g_assert_true(four || inet_pton(AF_INET6, k->cert.ip, ip) == 1);
		gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_IPADDRESS, ip, four ? 4 : 16, GNUTLS_FSAN_APPEND);
	}
}

static Shown
shown_of(const CertCase *k)
{
	const Signing *by = signer_of(k->cert.signer);
	bool dated = k->cert.from_days || k->cert.until_days;
	Shown s = { .n = 1, .key = k->cert.small ? small_key : leaf_key };
	gnutls_x509_crt_t c = s.chain[0] = begun(k->cert.cn ? k->cert.cn : "Test", s.key, dated ? k->cert.from_days : -1, dated ? k->cert.until_days : 5);

	set_names(c, k);
	if (k->cert.for_clients)
		gnutls_x509_crt_set_key_purpose_oid(c, GNUTLS_KP_TLS_WWW_CLIENT, 0);
	if (k->cert.must_staple) {
		gnutls_x509_tlsfeatures_t f;
		gnutls_x509_tlsfeatures_init(&f);
		gnutls_x509_tlsfeatures_add(f, 5);	/* status_request */
		gnutls_x509_crt_set_tlsfeatures(c, f);
		gnutls_x509_tlsfeatures_deinit(f);
	}
	g_assert_cmpint(gnutls_x509_crt_sign2(c, by ? by->crt : c, by ? by->key : s.key, k->cert.sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, 0), ==, 0);
	s.chain[0] = settled(c);
	if (by && by != &root && by != &unknown && k->cert.signer != BY_INTERMEDIATE_LEFT_OUT)
		s.chain[s.n++] = by->crt;
	return s;
}

static char *
key_of_case(const CertCase *k)
{
	guint8 id[32];
	size_t size = sizeof id;
	GString *out = g_string_new(NULL);

	g_assert_cmpint(gnutls_x509_privkey_get_key_id(k->cert.small ? small_key : leaf_key, GNUTLS_KEYID_USE_SHA256, id, &size), ==, 0);
	for (size_t i = 0; i < size; i++)
		g_string_append_printf(out, "%02x", id[i]);
	return g_string_free(out, FALSE);
}

/* NULL: none. Yours. */
static GPtrArray *
pins_of(const CertCase *k, guint16 port)
{
	g_autofree char *key = key_of_case(k);
	gint64 now = time(NULL), until = k->pin == PIN_ENDED ? now - 10 : now + 86400;

	if (k->pin == PIN_NONE)
		return NULL;
	if (k->pin == PIN_OTHER_KEY)
		key[0] = key[0] == 'a' ? 'b' : 'a';
	GPtrArray *pins = pins_new();
	g_ptr_array_add(pins, pin_new(k->pin == PIN_RIGHT_OTHER_HOST ? "127.0.0.1" : k->host ? k->host : "localhost",
		k->pin == PIN_RIGHT_OTHER_PORT ? port + 1 : port, key, until, k->waives));
	return pins;
}

static gnutls_session_t
server_session(const CertCase *k, int fd, gnutls_certificate_credentials_t *cred, Shown *shown)
{
	gnutls_session_t s;

	*shown = shown_of(k);
	gnutls_certificate_allocate_credentials(cred);
	g_assert_cmpint(gnutls_certificate_set_x509_key(*cred, shown->chain, (int)shown->n, shown->key), ==, 0);
	gnutls_init(&s, GNUTLS_SERVER);
	gnutls_priority_set_direct(s, k->priority ? k->priority : "NORMAL", NULL);
	gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, *cred);
	gnutls_transport_set_int(s, fd);
	if (k->wants_ours) {
		gnutls_certificate_set_x509_trust_file(*cred, ca_path, GNUTLS_X509_FMT_PEM);
		gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUIRE);
		gnutls_session_set_verify_cert(s, NULL, 0);
	}
	return s;
}

static void
server_session_end(gnutls_session_t s, gnutls_certificate_credentials_t cred, Shown *shown)
{
	gnutls_deinit(s);
	gnutls_certificate_free_credentials(cred);
	gnutls_x509_crt_deinit(shown->chain[0]);
}

static bool
server_handshake(gnutls_session_t s)
{
	int result;
	do
		result = gnutls_handshake(s);
	while (result < 0 && !gnutls_error_is_fatal(result));
	if (result < 0) {	/* what the client has still to say is taken, else it may never read the alert */
		char rest[256];
		gnutls_alert_send_appropriate(s, result);
		shutdown(gnutls_transport_get_int(s), SHUT_WR);
		while (recv(gnutls_transport_get_int(s), rest, sizeof rest, 0) > 0)
			;
	}
	return result == 0;
}

/* What the client made of it. */
static void
assert_verdict(const CertCase *k, const Peer *p)
{
	if (p->wrong != k->wrong || p->pin != k->state || peer_refused(p) == k->good)
		g_error("%s: wrong 0x%x (0x%x wanted), pin %d (%d wanted), %s", k->name, p->wrong, k->wrong, p->pin, k->state, peer_refused(p) ? "refused" : "taken");
	g_autofree char *says = peer_sentence(p);
	if (k->good)
		g_assert_null(says);
	else if (!strstr(says, k->says))
		g_error("%s: “%s” is not in “%s”", k->name, k->says, says);
}
