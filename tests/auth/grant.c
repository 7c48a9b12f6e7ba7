/* grant.c - requests and answers of OAuth 2.0, as text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auth/grant.h"
#include "base/limits.h"
#include "conf/oauth.h"

#include <string.h>

static void
forms(void)
{
	g_autofree char *form = grant_form("a", "b c", "skipped", NULL, "ä", "&=+%~", NULL);
	g_assert_cmpstr(form, ==, "a=b%20c&ä=%26%3D%2B%25~");
	Oauth o = { .client_id = (char *)"id", .authorize_url = (char *)"https://p/auth?x=1", .scope = (char *)"mail offline", .hint = (char *)"a@b",
		.extra = (char *)"prompt=consent" };
	Pkce p = { (char *)"verifier", (char *)"challenge", (char *)"state" };
	g_autofree char *url = grant_authorize_url(&o, "http://127.0.0.1:1/", &p);
	g_assert_cmpstr(url, ==, "https://p/auth?x=1&response_type=code&client_id=id&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&scope=mail%20offline"
		"&state=state&code_challenge=challenge&code_challenge_method=S256&login_hint=a%40b&prompt=consent");
	g_autofree char *code = grant_code_form(&o, "http://127.0.0.1:1/", &p, "C");
	g_assert_cmpstr(code, ==, "grant_type=authorization_code&code=C&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&client_id=id&code_verifier=verifier");
}

/* RFC 7636, appendix B has the pair; ours are random, so the relation is what can be looked at */
static void
pkce(void)
{
	Pkce p, q;
	guint8 sum[32];
	gsize len = sizeof sum, n;
	pkce_new(&p);
	pkce_new(&q);
	g_assert_cmpstr(p.verifier, !=, q.verifier);
	g_assert_cmpstr(p.state, !=, q.state);
	g_assert_cmpint((int)strlen(p.verifier), ==, 43);
	g_assert_cmpuint(strspn(p.verifier, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), ==, 43);
	g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sha, (const guchar *)p.verifier, -1);
	g_checksum_get_digest(sha, sum, &len);
	g_autofree char *plain = g_strconcat(p.challenge, "=", NULL);
	g_strdelimit(plain, "-", '+');
	g_strdelimit(plain, "_", '/');
	g_autofree guchar *back = g_base64_decode(plain, &n);
	g_assert_cmpmem(back, n, sum, len);
	pkce_clear(&p);
	pkce_clear(&q);
}

static void
answers(void)
{
	static const struct { int status; const char *body; GrantOutcome want; const char *words; } rows[] = {
		{ 200, "{\"access_token\":\"A\",\"token_type\":\"Bearer\",\"expires_in\":60,\"refresh_token\":\"R\"}", GRANT_OK, NULL },
		{ 200, "{\"access_token\":\"A\"}", GRANT_OK, NULL },
		{ 200, "{\"access_token\":\"A\",\"expires_in\":\"60\"}", GRANT_OK, NULL },
		{ 200, "{\"access_token\":\"A\",\"token_type\":\"mac\"}", GRANT_NONSENSE, NULL },
		{ 200, "{\"access_token\":\"A\\r\\nB\"}", GRANT_NONSENSE, NULL },
		{ 200, "{\"access_token\":\"\"}", GRANT_NONSENSE, NULL },
		{ 200, "{\"access_token\":\"A\",\"refresh_token\":\"\\u00e4\"}", GRANT_NONSENSE, NULL },
		{ 200, "{}", GRANT_NONSENSE, NULL },
		{ 200, "<html>Welcome to the hotel</html>", GRANT_NONSENSE, NULL },
		{ 400, "{\"error\":\"authorization_pending\"}", GRANT_PENDING, "authorization_pending" },
		{ 400, "{\"error\":\"slow_down\"}", GRANT_SLOW_DOWN, "slow_down" },
		{ 400, "{\"error\":\"access_denied\"}", GRANT_DENIED, "access_denied" },
		{ 400, "{\"error\":\"authorization_declined\"}", GRANT_DENIED, "authorization_declined" },
		{ 400, "{\"error\":\"expired_token\"}", GRANT_EXPIRED, "expired_token" },
		{ 400, "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS700082: The refresh token has expired due to inactivity.\\r\\nTrace ID: 1\"}", GRANT_REVOKED,
			"invalid_grant: AADSTS700082: The refresh token has expired due to inactivity." },
		{ 400, "{\"error\":\"interaction_required\"}", GRANT_REVOKED, "interaction_required" },
		{ 401, "{\"error\":\"invalid_client\"}", GRANT_CLIENT, "invalid_client" },
		{ 400, "{\"error\":\"invalid_scope\"}", GRANT_REFUSED, "invalid_scope" },
		{ 200, "{\"error\":\"authorization_pending\"}", GRANT_PENDING, "authorization_pending" },
		{ 503, "busy", GRANT_LATER, NULL },
		{ 429, "", GRANT_LATER, NULL },
		{ 500, "{\"error\":\"server_error\"}", GRANT_LATER, "server_error" },
		{ 404, "no", GRANT_NONSENSE, "HTTP 404" },
		{ 302, "", GRANT_NONSENSE, "HTTP 302" },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(Tokens) t = { 0 };
		g_autofree char *words = NULL;
		g_test_message("%d %s", rows[i].status, rows[i].body);
		g_assert_cmpint(grant_tokens(rows[i].status, rows[i].body, strlen(rows[i].body), 1000, &t, &words), ==, rows[i].want);
		g_assert_cmpstr(words, ==, rows[i].words);
		g_assert_cmpint(t.access != NULL, ==, rows[i].want == GRANT_OK);
	}
	g_auto(Tokens) t = { 0 };
	g_autofree char *words = NULL;
	grant_tokens(200, rows[0].body, strlen(rows[0].body), 1000, &t, &words);
	g_assert_cmpstr(t.access, ==, "A");
	g_assert_cmpstr(t.refresh, ==, "R");
	g_assert_cmpint(t.obtained, ==, 1000);
	g_assert_cmpint(t.expires, ==, 1060);
}

static void
token_limit(void)
{
	for (int more = -1; more <= 1; more++) {
		g_autofree char *token = g_strnfill(LIMIT_TOKEN + (gsize)more, 'x');
		g_autofree char *body = g_strdup_printf("{\"access_token\":\"%s\"}", token), *words = NULL;
		g_auto(Tokens) t = { 0 };
		g_assert_cmpint(grant_tokens(200, body, strlen(body), 1, &t, &words), ==, more <= 0 ? GRANT_OK : GRANT_NONSENSE);
	}
}

static void
device(void)
{
	static const struct { int status; const char *body; GrantOutcome want; int interval; const char *uri; } rows[] = {
		{ 200, "{\"device_code\":\"D\",\"user_code\":\"ABCD-EFGH\",\"verification_uri\":\"https://p/d\",\"expires_in\":600,\"interval\":7}", GRANT_OK, 7, "https://p/d" },
		{ 200, "{\"device_code\":\"D\",\"user_code\":\"AB\",\"verification_url\":\"https://g/d\",\"expires_in\":600}", GRANT_OK, 5, "https://g/d" },
		{ 200, "{\"device_code\":\"D\",\"user_code\":\"A B\\u001b[2J\",\"verification_uri\":\"https://p/d\"}", GRANT_NONSENSE, 0, NULL },
		{ 200, "{\"user_code\":\"AB\",\"verification_uri\":\"https://p/d\"}", GRANT_NONSENSE, 0, NULL },
		{ 400, "{\"error\":\"unauthorized_client\"}", GRANT_CLIENT, 0, NULL },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		DeviceCode d = { 0 };
		g_autofree char *words = NULL;
		g_assert_cmpint(grant_device(rows[i].status, rows[i].body, strlen(rows[i].body), &d, &words), ==, rows[i].want);
		g_assert_cmpint((int)d.interval_s, ==, rows[i].interval);
		g_assert_cmpstr(d.uri, ==, rows[i].uri);
		device_code_clear(&d);
	}
}

static void
way_back(void)
{
	static const struct { const char *address; GrantOutcome want; const char *code; } rows[] = {
		{ "/?code=C&state=S", GRANT_OK, "C" },
		{ " http://127.0.0.1:4711/?state=S&code=C%2B1\n", GRANT_OK, "C+1" },
		{ "http://127.0.0.1:4711/?state=S&code=C&iss=https%3A%2F%2Fp#", GRANT_OK, "C" },
		{ "http://127.0.0.1:4711/?state=S&code=C&iss=https%3A%2F%2Fevil", GRANT_NONSENSE, NULL },
		{ "/?code=C&state=s", GRANT_NONSENSE, NULL },
		{ "/?code=C&state=SS", GRANT_NONSENSE, NULL },
		{ "/?code=C&state=", GRANT_NONSENSE, NULL },
		{ "/?code=C", GRANT_NONSENSE, NULL },
		{ "/?state=S", GRANT_NONSENSE, NULL },
		{ "/?state=S&code=%00", GRANT_NONSENSE, NULL },
		{ "/?state=S&code=a%0d%0ab", GRANT_NONSENSE, NULL },
		{ "/?state=S&error=access_denied&error_description=no", GRANT_DENIED, NULL },
		{ "/?state=x&error=access_denied", GRANT_NONSENSE, NULL },
		{ "", GRANT_NONSENSE, NULL }, { "C", GRANT_NONSENSE, NULL }, { "/", GRANT_NONSENSE, NULL }, { "?", GRANT_NONSENSE, NULL },
	};
	Pkce p = { .state = (char *)"S" };
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *code = NULL, *words = NULL;
		g_test_message("%s", rows[i].address);
		g_assert_cmpint(grant_redirect(rows[i].address, &p, "https://p", &code, &words), ==, rows[i].want);
		g_assert_cmpstr(code, ==, rows[i].code);
	}
}

static void
discovery(void)
{
	Oauth o = { .issuer = g_strdup("https://p/realm/") };
	const char *good = "{\"issuer\":\"https://p/realm/\",\"token_endpoint\":\"https://p/t\",\"authorization_endpoint\":\"https://p/a\"}",
		*other = "{\"issuer\":\"https://evil\",\"token_endpoint\":\"https://p/t\"}";
	g_autofree char *url = grant_discovery_url(&o);
	g_assert_cmpstr(url, ==, "https://p/realm/.well-known/openid-configuration");
	g_assert_false(grant_discovered(&o, 200, other, strlen(other)));
	g_assert_false(grant_discovered(&o, 404, good, strlen(good)));
	g_assert_true(grant_discovered(&o, 200, good, strlen(good)));
	g_assert_cmpstr(o.token_url, ==, "https://p/t");
	g_assert_cmpstr(o.authorize_url, ==, "https://p/a");
	g_assert_null(o.device_url);
	oauth_clear(&o);
}

/* the rows of conf/oauth.c, and what options make of them */
static void
providers(void)
{
	static const struct { const char *host, *name; } rows[] = {
		{ "outlook.office365.com", "Microsoft" }, { "SMTP.Office365.com", "Microsoft" }, { "imap-mail.outlook.com", "Microsoft" },
		{ "imap.gmail.com", "Google" }, { "gmail.com.evil.example", NULL }, { "notgmail.com", NULL }, { "imap.example.org", NULL },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpstr(oauth_provider(rows[i].host) ? oauth_provider(rows[i].host)->name : NULL, ==, rows[i].name);
	g_autoptr(Account) a = account_new();
	g_autofree char *problem = NULL;
	a->name = g_strdup("work");
	a->address = g_strdup("a@firm.example");
	a->receive.host = g_strdup("outlook.office365.com");
	a->oauth.tenant = g_strdup("firm.example");
	oauth_complete(a);
	g_assert_cmpstr(a->oauth.token_url, ==, "https://login.microsoftonline.com/firm.example/oauth2/v2.0/token");
	g_assert_cmpstr(a->oauth.redirect, ==, "http://localhost/");
	g_assert_cmpstr(a->oauth.name, ==, "work");
	g_assert_cmpstr(a->oauth.hint, ==, "a@firm.example");
	g_assert_false(oauth_check(a, &problem));
	g_assert_nonnull(strstr(problem, "oauth-client-id"));
	a->oauth.client_id = g_strdup("1234");
	g_assert_true(oauth_check(a, &problem));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/grant/forms", forms);
	g_test_add_func("/grant/pkce", pkce);
	g_test_add_func("/grant/answers", answers);
	g_test_add_func("/grant/token-limit", token_limit);
	g_test_add_func("/grant/device", device);
	g_test_add_func("/grant/way-back", way_back);
	g_test_add_func("/grant/discovery", discovery);
	g_test_add_func("/grant/providers", providers);
	return g_test_run();
}
