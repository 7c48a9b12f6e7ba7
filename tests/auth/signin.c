/* signin.c - sign-ins against a scripted provider: by a code, by the browser, and what goes wrong.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auth/signin.h"
#include "auth/loopback.h"
#include "tests/auth/provider.h"

#define TOKENS "{\"access_token\":\"A1\",\"token_type\":\"Bearer\",\"expires_in\":60,\"refresh_token\":\"R1\"}"

typedef struct {
	Provider *p;
	GMainContext *context;
	Http *http;
	Oauth o;
	SignIn *s;
	char *code, *uri, *address, *note, *error;
	int error_code;
	Tokens t;
	bool done;
} World;

static void
on_code(void *user, const DeviceCode *d)
{
	World *w = user;
	w->code = g_strdup(d->user_code);
	w->uri = g_strdup(d->uri);
}

static void
on_address(void *user, const char *url)
{
	((World *)user)->address = g_strdup(url);
}

static void
on_note(void *user, const char *sentence)
{
	World *w = user;
	g_free(w->note);
	w->note = g_strdup(sentence);
}

static void
on_done(void *user, Tokens *t, const GError *err)
{
	World *w = user;
	g_assert_false(w->done);
	w->done = true;
	if (t)
		tokens_move(&w->t, t);
	w->error = err ? g_strdup(err->message) : NULL;
	w->error_code = err ? err->code : -1;
}

static const SignInClient CLIENT = { on_code, on_address, on_note, on_done };

static void
setup(World *w, gconstpointer unused)
{
	w->p = provider_new();
	w->context = g_main_context_new();
	w->http = http_new(w->context);
	w->o = (Oauth){ .name = g_strdup("work"), .hint = g_strdup("alice@example.org"), .provider = g_strdup("Test"), .client_id = g_strdup("id"),
		.scope = g_strdup("mail"), .redirect = g_strdup("http://127.0.0.1/"), .authorize_url = g_strconcat(w->p->url, "/auth", NULL),
		.token_url = g_strconcat(w->p->url, "/token", NULL), .device_url = g_strconcat(w->p->url, "/device", NULL) };
}

static void
teardown(World *w, gconstpointer unused)
{
	signin_free(w->s);
	http_free(w->http);
	g_main_context_unref(w->context);
	provider_free(w->p);
	oauth_clear(&w->o);
	tokens_clear(&w->t);
	g_free(w->code);
	g_free(w->uri);
	g_free(w->address);
	g_free(w->note);
	g_free(w->error);
}

static void
begin(World *w, bool device)
{
	w->s = signin_new(&w->o, device, w->http, w->context, &CLIENT, w);
}

#define UNTIL(w, what) do { \
	gint64 end_ = g_get_monotonic_time() + 8 * G_USEC_PER_SEC; \
	while (!(what)) { \
		g_main_context_iteration((w)->context, FALSE); \
		g_usleep(1000); \
		g_assert_cmpint(g_get_monotonic_time(), <, end_); \
	} \
} while (0)

#define DEVICE "{\"device_code\":\"D\",\"user_code\":\"WXYZ-1234\",\"verification_uri\":\"https://p/d\",\"expires_in\":%d,\"interval\":1}"

static void
by_code(World *w, gconstpointer unused)
{
	g_autofree char *device = g_strdup_printf(DEVICE, 60);
	provider_will(w->p, "/device", 200, device);
	provider_will(w->p, "/token", 400, "{\"error\":\"authorization_pending\"}");
	provider_will(w->p, "/token", 200, TOKENS);
	begin(w, true);
	UNTIL(w, w->code);
	g_assert_cmpstr(w->code, ==, "WXYZ-1234");
	g_assert_cmpstr(w->uri, ==, "https://p/d");
	UNTIL(w, w->done);
	g_assert_cmpstr(w->error, ==, NULL);
	g_assert_cmpstr(w->t.access, ==, "A1");
	g_assert_cmpstr(w->t.refresh, ==, "R1");
	g_assert_cmpstr(w->t.client_id, ==, "id");
	g_autofree char *first = provider_asked(w->p, 0), *second = provider_asked(w->p, 1);
	g_assert_cmpstr(first, ==, "POST /device client_id=id&scope=mail");
	g_assert_cmpstr(second, ==, "POST /token grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=D&client_id=id");
	g_assert_cmpuint(provider_count(w->p, "POST /token"), ==, 2);
}

static void
code_refused(World *w, gconstpointer unused)
{
	g_autofree char *device = g_strdup_printf(DEVICE, 60);
	provider_will(w->p, "/device", 200, device);
	provider_will(w->p, "/token", 400, "{\"error\":\"access_denied\"}");
	begin(w, true);
	UNTIL(w, w->done);
	g_assert_nonnull(strstr(w->error, "Test was told not to let eilpost in."));
}

static void
code_runs_out(World *w, gconstpointer unused)
{
	g_autofree char *device = g_strdup_printf(DEVICE, 1);
	provider_will(w->p, "/device", 200, device);
	provider_will(w->p, "/token", 400, "{\"error\":\"authorization_pending\"}");
	begin(w, true);
	UNTIL(w, w->done);
	g_assert_cmpstr(w->error, ==, "The code of Test has run out.");
}

/* cut connections while the person types: it goes on */
static void
code_through_trouble(World *w, gconstpointer unused)
{
	g_autofree char *device = g_strdup_printf(DEVICE, 60);
	provider_will(w->p, "/device", 200, device);
	provider_will(w->p, "/token", 0, "");
	provider_will(w->p, "/token", 200, TOKENS);
	begin(w, true);
	UNTIL(w, w->done);
	g_assert_nonnull(w->note);
	g_assert_cmpstr(w->t.access, ==, "A1");
}

static void
code_client_unknown(World *w, gconstpointer unused)
{
	provider_will(w->p, "/device", 401, "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS700016: not found\"}");
	begin(w, true);
	UNTIL(w, w->done);
	g_assert_nonnull(strstr(w->error, "oauth-client-id"));
	g_assert_nonnull(strstr(w->error, "AADSTS700016"));
	g_assert_cmpint(w->error_code, ==, EIL_ASK_USER);
}

/* ---- the browser ---- */

static char *
parameter(const char *url, const char *name)
{
	g_autoptr(GHashTable) all = g_uri_parse_params(strchr(url, '?') + 1, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
	return g_strdup(g_hash_table_lookup(all, name));
}

typedef struct { char *url; char *answer; gint done; } Visit;

static gpointer
visit_thread(gpointer user)
{
	Visit *v = user;
	g_autoptr(GUri) uri = g_uri_parse(v->url, G_URI_FLAGS_ENCODED, NULL);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((guint16)g_uri_get_port(uri)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	GString *in = g_string_new(NULL);
	char buffer[1000];
	gssize n;

	g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof to), ==, 0);
	g_autofree char *request = g_strdup_printf("GET %s%s%s HTTP/1.1\r\nHost: x\r\n\r\n", g_uri_get_path(uri), g_uri_get_query(uri) ? "?" : "",
		g_uri_get_query(uri) ? g_uri_get_query(uri) : "");
	for (gsize i = 0; i < strlen(request); i += 7)	/* in pieces */
		g_assert_cmpint((int)send(fd, request + i, MIN(7, strlen(request) - i), MSG_NOSIGNAL), >, 0);
	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		g_string_append_len(in, buffer, n);
	close(fd);
	v->answer = g_string_free(in, FALSE);
	g_atomic_int_set(&v->done, 1);
	return NULL;
}

static char *
visit(World *w, const char *url)
{
	Visit v = { .url = g_strdup(url) };
	GThread *t = g_thread_new("browser", visit_thread, &v);
	UNTIL(w, g_atomic_int_get(&v.done));
	g_thread_join(t);
	g_free(v.url);
	return v.answer;
}

static void
by_browser(World *w, gconstpointer unused)
{
	provider_will(w->p, "/token", 200, TOKENS);
	begin(w, false);
	UNTIL(w, w->address);
	g_autofree char *state = parameter(w->address, "state"), *redirect = parameter(w->address, "redirect_uri"), *challenge = parameter(w->address, "code_challenge");
	g_autofree char *wrong = g_strconcat(redirect, "?code=X&state=other", NULL), *elsewhere = g_strconcat(redirect, "favicon.ico", NULL),
		*right = g_strdup_printf("%s?code=C1&state=%s", redirect, state);
	g_autofree char *no = visit(w, wrong), *nothing = visit(w, elsewhere);
	g_assert_true(g_str_has_prefix(no, "HTTP/1.1 400"));
	g_assert_true(g_str_has_prefix(nothing, "HTTP/1.1 404"));
	g_assert_false(w->done);
	g_autofree char *yes = visit(w, right);
	g_assert_true(g_str_has_prefix(yes, "HTTP/1.1 200"));
	UNTIL(w, w->done);
	g_assert_cmpstr(w->t.access, ==, "A1");
	/* what was sent as verifier is what the challenge was made of */
	g_autofree char *asked = provider_asked(w->p, 0);
	char *verifier = strstr(asked, "code_verifier=") + strlen("code_verifier=");
	guint8 sum[32];
	gsize len = sizeof sum;
	g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sha, (const guchar *)verifier, -1);
	g_checksum_get_digest(sha, sum, &len);
	g_autofree char *want = g_base64_encode(sum, len);
	g_strdelimit(want, "+", '-');
	g_strdelimit(want, "/", '_');
	want[strcspn(want, "=")] = 0;
	g_assert_cmpstr(challenge, ==, want);
	g_assert_nonnull(strstr(asked, "code=C1&"));
}

static void
pasted(World *w, gconstpointer unused)
{
	provider_will(w->p, "/token", 200, TOKENS);
	begin(w, false);
	UNTIL(w, w->address);
	g_autofree char *state = parameter(w->address, "state"), *redirect = parameter(w->address, "redirect_uri");
	g_autofree char *right = g_strdup_printf(" %s?code=C1&state=%s\n", redirect, state);
	signin_paste(w->s, "C1");
	g_assert_nonnull(strstr(w->note, "code="));
	signin_paste(w->s, right);
	UNTIL(w, w->done);
	g_assert_cmpstr(w->t.access, ==, "A1");
}

static void
browser_denied(World *w, gconstpointer unused)
{
	begin(w, false);
	UNTIL(w, w->address);
	g_autofree char *state = parameter(w->address, "state"), *redirect = parameter(w->address, "redirect_uri");
	g_autofree char *no = g_strdup_printf("%s?error=access_denied&state=%s", redirect, state);
	g_autofree char *page G_GNUC_UNUSED = visit(w, no);
	UNTIL(w, w->done);
	g_assert_nonnull(strstr(w->error, "told not to let eilpost in"));
	g_assert_cmpuint(provider_count(w->p, "POST"), ==, 0);
}

static void
redirects(World *w, gconstpointer unused)
{
	static const struct { const char *redirect, *want; } rows[] = {
		{ "http://localhost", "http://localhost:" }, { "http://[::1]/", "http://[::1]:" }, { "http://127.0.0.1/callback", "http://127.0.0.1:" },
		{ "https://localhost/", NULL }, { "http://0.0.0.0/", NULL }, { "http://example.org/", NULL }, { "nonsense", NULL },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) err = NULL;
		Loopback *l = loopback_new(w->context, rows[i].redirect, NULL, NULL, &err);
		if (!l && i == 1)	/* no IPv6 here */
			continue;
		g_assert_cmpint(l != NULL, ==, rows[i].want != NULL);
		if (l)
			g_assert_true(g_str_has_prefix(loopback_redirect(l), rows[i].want));
		else
			g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
		loopback_free(l);
	}
}

/* endpoints told by the issuer; a clock that is off is said */
static void
discovered(World *w, gconstpointer unused)
{
	g_autofree char *meta = g_strdup_printf("{\"issuer\":\"%s\",\"token_endpoint\":\"%s/token\",\"device_authorization_endpoint\":\"%s/device\"}",
		w->p->url, w->p->url, w->p->url), *device = g_strdup_printf(DEVICE, 60);
	g_clear_pointer(&w->o.token_url, g_free);
	g_clear_pointer(&w->o.device_url, g_free);
	w->o.issuer = g_strdup(w->p->url);
	provider_will_at(w->p, "/.well-known/openid-configuration", 200, meta, "Tue, 01 Jan 2019 00:00:00 GMT", 0);
	provider_will(w->p, "/device", 200, device);
	provider_will(w->p, "/token", 200, TOKENS);
	begin(w, true);
	UNTIL(w, w->done);
	g_assert_cmpstr(w->t.access, ==, "A1");
	g_assert_nonnull(strstr(w->note, "ahead of that of Test"));
}

static void
clocks(World *w, gconstpointer unused)
{
	g_assert_null(clock_words(&w->o, 0, 1000000));
	g_assert_null(clock_words(&w->o, 1000000, 1000299));
	g_autofree char *minutes = clock_words(&w->o, 1000000, 1000000 - 600), *hours = clock_words(&w->o, 1000000, 1000000 + 3 * 3600),
		*days = clock_words(&w->o, 1000000, 1000000 + 86400 * 4), *nearly = clock_words(&w->o, 1000000, 1000000 - 3 * 3600 + 4);
	g_assert_nonnull(strstr(minutes, "10 minutes behind"));
	g_assert_nonnull(strstr(hours, "3 hours ahead"));
	g_assert_nonnull(strstr(days, "4 days ahead"));
	g_assert_nonnull(strstr(nearly, "3 hours behind"));	/* the answer was on its way for a moment */
}

/* ---- http ---- */

typedef struct { bool done; int status; char *error; int code; gsize len; } Got;

static void
on_answer(void *user, const HttpAnswer *a, const GError *err)
{
	Got *g = user;
	g->done = true;
	g->status = a ? a->status : 0;
	g->len = a ? a->len : 0;
	g->code = err ? err->code : -1;
	g->error = err ? g_strdup(err->message) : NULL;
}

static void
http(World *w, gconstpointer unused)
{
	g_autofree char *good = g_strconcat(w->p->url, "/x", NULL), *slow = g_strconcat(w->p->url, "/slow", NULL), *big = g_strconcat(w->p->url, "/big", NULL);
	g_autofree char *much = g_strnfill(256 * 1024 + 1, 'x');
	const struct { const char *url; int status, code; } rows[] = {
		{ good, 200, -1 }, { slow, 0, EIL_LATER }, { big, 0, EIL_BROKEN }, { "http://127.0.0.1:1/", 0, EIL_LATER },
		{ "http://example.org/", 0, EIL_ASK_USER }, { "ftp://127.0.0.1/", 0, EIL_ASK_USER }, { "https://user:pw@127.0.0.1/", 0, EIL_ASK_USER }, { "", 0, EIL_ASK_USER },
		{ "http://127.0.0.1.example.org/", 0, EIL_ASK_USER },
	};
	provider_will(w->p, "/x", 200, "ok");
	provider_will_at(w->p, "/slow", 200, "ok", NULL, 1500);
	provider_will(w->p, "/big", 200, much);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		HttpRequest r = { .url = rows[i].url, .timeout_ms = rows[i].url == slow ? 300 : 6000 };
		Got g = { 0 };
		http_start(w->http, &r, on_answer, &g);
		g_assert_false(g.done);
		UNTIL(w, g.done);
		g_test_message("%s: %d %d %s", rows[i].url, g.status, g.code, g.error);
		g_assert_cmpint(g.status, ==, rows[i].status);
		g_assert_cmpint(g.code, ==, rows[i].code);
		g_free(g.error);
	}
	HttpRequest r = { .url = good };
	Got g = { 0 };
	http_cancel(w->http, http_start(w->http, &r, on_answer, &g));
	for (int i = 0; i < 50; i++) {
		g_main_context_iteration(w->context, FALSE);
		g_usleep(1000);
	}
	g_assert_false(g.done);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_unsetenv("http_proxy");
	g_unsetenv("https_proxy");
	g_unsetenv("ALL_PROXY");
#define ADD(path, f) g_test_add("/signin/" path, World, NULL, setup, f, teardown)
	ADD("http", http);
	ADD("by-code", by_code);
	ADD("code/refused", code_refused);
	ADD("code/runs-out", code_runs_out);
	ADD("code/through-trouble", code_through_trouble);
	ADD("code/client-unknown", code_client_unknown);
	ADD("by-browser", by_browser);
	ADD("browser/pasted", pasted);
	ADD("browser/denied", browser_denied);
	ADD("browser/redirects", redirects);
	ADD("discovered", discovered);
	ADD("clocks", clocks);
	return g_test_run();
}
