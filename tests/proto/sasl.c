/* sasl.c - tests of proto/sasl.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * SCRAM is checked against libgsasl's own server side. */
#include "config.h"
#include "proto/sasl.h"
#include "base/limits.h"

#include <gsasl.h>
#include <string.h>

static const struct { const char *offered; SaslBy by; bool one_turn; const char *refused, *want; } choices[] = {
	{ "PLAIN LOGIN SCRAM-SHA-256", SASL_PASSWORD, true, "", "PLAIN" },
	{ "PLAIN LOGIN SCRAM-SHA-256", SASL_PASSWORD, false, "", "SCRAM-SHA-256" },
	{ "PLAIN SCRAM-SHA-256 SCRAM-SHA-1", SASL_PASSWORD, false, "SCRAM-SHA-256 SCRAM-SHA-1", "PLAIN" },
	{ "CRAM-MD5 NTLM", SASL_PASSWORD, true, "", NULL },
	{ "PLAIN LOGIN", SASL_TOKEN, true, "", NULL },
	{ "PLAIN XOAUTH2", SASL_TOKEN, true, "", "XOAUTH2" },
	{ "OAUTHBEARER XOAUTH2", SASL_TOKEN, true, "", "OAUTHBEARER" },
	{ "PLAIN XOAUTH2", SASL_PASSWORD, true, "PLAIN", NULL },
	{ "", SASL_PASSWORD, true, "", NULL },
	{ "PLAIN EXTERNAL", SASL_PASSWORD, true, "PLAIN", NULL },
	{ "PLAIN EXTERNAL", SASL_CERTIFICATE, true, "", "EXTERNAL" },
	{ "PLAIN XOAUTH2", SASL_CERTIFICATE, true, "", NULL },
	{ "XOAUTH2 EXTERNAL", SASL_TOKEN, true, "XOAUTH2", NULL },
};

static void
test_choose(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(choices); i++) {
		g_auto(GStrv) offered = g_strsplit(choices[i].offered, " ", -1), refused = g_strsplit(choices[i].refused, " ", -1);
		g_assert_cmpstr(sasl_choose((const char *const *)offered, choices[i].by, choices[i].one_turn, (const char *const *)refused), ==, choices[i].want);
	}
}

static const SaslCredentials alice = { .user = "alice", .secret = "secret", .host = "mail.example.org", .port = 993, .service = "imap" };

static void
test_strings(void)
{
	static const struct { const char *mechanism; const char *first; gsize len; } strings[] = {
		{ "PLAIN", "\0alice\0secret", 13 },
		{ "EXTERNAL", "alice", 5 },
		{ "XOAUTH2", "user=alice\001auth=Bearer secret\001\001", 31 },
		{ "OAUTHBEARER", "n,a=alice,\001host=mail.example.org\001port=993\001auth=Bearer secret\001\001", 0 },
		{ "LOGIN", "alice", 5 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(strings); i++) {
		g_autoptr(Sasl) s = sasl_new(strings[i].mechanism, &alice);
		GBytes *out;
		gsize len;
		g_assert_true(sasl_step(s, NULL, 0, &out));
		const char *data = g_bytes_get_data(out, &len);
		g_assert_cmpmem(data, len, strings[i].first, strings[i].len ? strings[i].len : strlen(strings[i].first));
		sasl_bytes_free(out);
		g_assert_cmpint(sasl_client_first(s), ==, strcmp(strings[i].mechanism, "LOGIN") != 0);
	}
	g_assert_null(sasl_new("NTLM", &alice));
}

static void
test_token_error(void)
{
	g_autoptr(Sasl) s = sasl_new("OAUTHBEARER", &alice);
	GBytes *out;
	gsize len;
	g_assert_true(sasl_step(s, NULL, 0, &out));
	sasl_bytes_free(out);
	g_assert_true(sasl_step(s, "{\"status\":\"401\"}", 16, &out));
	g_assert_cmpmem(g_bytes_get_data(out, &len), g_bytes_get_size(out), "\001", 1);
	sasl_bytes_free(out);
	g_assert_cmpstr(sasl_error(s), ==, "{\"status\":\"401\"}");
}

static void
test_name(void)
{
	SaslCredentials c = alice;
	c.user = "a=b,c@d";
	g_autoptr(Sasl) s = sasl_new("OAUTHBEARER", &c);
	GBytes *out;
	g_assert_true(sasl_step(s, NULL, 0, &out));
	g_assert_true(g_str_has_prefix(g_bytes_get_data(out, NULL), "n,a=a=3Db=2Cc@d,\001host="));
	sasl_bytes_free(out);
}

/* A server that asks for more rounds than it may is not signed in to, and costs no time. */
static void
test_rounds(void)
{
	static const struct { const char *rounds; bool good; } rows[] = {
		{ "999999", true }, { "1000000", true }, { "1000001", false }, { "4294967295", false }, { "99999999999999999999999", false },
	};
	g_assert_cmpint(LIMIT_SCRAM_ROUNDS, ==, 1000000);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Sasl) s = sasl_new("SCRAM-SHA-256", &alice);
		GBytes *out;
		g_assert_true(sasl_step(s, NULL, 0, &out));
		g_autofree char *first = g_strndup(g_bytes_get_data(out, NULL), g_bytes_get_size(out));
		g_autofree char *challenge = g_strdup_printf("r=%sX,s=c2FsdHNhbHQ=,i=%s", strstr(first, "r=") + 2, rows[i].rounds);
		sasl_bytes_free(out);
		g_assert_cmpint(sasl_step(s, challenge, strlen(challenge), &out), ==, rows[i].good);
		sasl_bytes_free(out);
	}
}

static int
server_callback(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	if (prop != GSASL_PASSWORD)
		return GSASL_NO_CALLBACK;
	gsasl_property_set(session, GSASL_PASSWORD, "secret");
	return GSASL_OK;
}

static bool
scram_exchange(const char *mechanism, const char *password, bool tamper)
{
	SaslCredentials c = alice;
	c.secret = password;
	g_autoptr(Sasl) s = sasl_new(mechanism, &c);
	Gsasl *ctx;
	Gsasl_session *server;
	g_assert_cmpint(gsasl_init(&ctx), ==, GSASL_OK);
	gsasl_callback_set(ctx, server_callback);
	g_assert_cmpint(gsasl_server_start(ctx, mechanism, &server), ==, GSASL_OK);
	char *challenge = NULL;
	gsize n = 0;
	bool good = true;
	for (int step = 0; step < 4 && good && !sasl_done(s); step++) {
		GBytes *out = NULL;
		if (tamper && step == 2 && n > 4)
			challenge[4] ^= 1;
		good = sasl_step(s, challenge, n, &out);
		gsasl_free(challenge);
		challenge = NULL;
		if (good && !sasl_done(s)) {
			gsize len;
			const char *data = g_bytes_get_data(out, &len);
			int rc = gsasl_step(server, data, len, &challenge, &n);
			good = rc == GSASL_OK || rc == GSASL_NEEDS_MORE;
		}
		sasl_bytes_free(out);
	}
	good = good && sasl_done(s);
	gsasl_free(challenge);
	gsasl_finish(server);
	gsasl_done(ctx);
	return good;
}

static void
test_scram(void)
{
	static const char *const mechanisms[] = { "SCRAM-SHA-256", "SCRAM-SHA-1" };
	for (gsize i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		g_assert_true(scram_exchange(mechanisms[i], "secret", false));
		g_assert_false(scram_exchange(mechanisms[i], "wrong", false));
		g_assert_false(scram_exchange(mechanisms[i], "secret", true));	/* the server's proof is checked */
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sasl/choose", test_choose);
	g_test_add_func("/sasl/strings", test_strings);
	g_test_add_func("/sasl/token-error", test_token_error);
	g_test_add_func("/sasl/T13/scram", test_scram);
	g_test_add_func("/sasl/T13/rounds", test_rounds);
	g_test_add_func("/sasl/name", test_name);
	return g_test_run();
}
