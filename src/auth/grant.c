/* grant.c - what OAuth 2.0 says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auth/grant.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <string.h>
#include <sys/random.h>

#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"

/* ---- tokens ---- */

void
tokens_clear(Tokens *t)
{
	secret_wipe_string(t->access);
	secret_wipe_string(t->refresh);
	g_free(t->client_id);
	g_free(t->token_url);
	*t = (Tokens){ 0 };
}

void
tokens_move(Tokens *to, Tokens *from)
{
	tokens_clear(to);
	*to = *from;
	*from = (Tokens){ 0 };
}

void
tokens_copy(Tokens *to, const Tokens *from)
{
	Tokens copy = { g_strdup(from->access), g_strdup(from->refresh), g_strdup(from->client_id), g_strdup(from->token_url), from->obtained, from->expires };
	tokens_move(to, &copy);
}

/* ---- PKCE ---- */

static char *
base64url(const guint8 *data, gsize len)
{
	char *text = g_base64_encode(data, len);
	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	text[strcspn(text, "=")] = 0;
	return text;
}

static char *
chance(void)
{
	guint8 bytes[32];
	gsize n = 0;

	while (n < sizeof bytes) {
		gssize got = getrandom(bytes + n, sizeof bytes - n, 0);
		if (got > 0)
			n += (gsize)got;
	}
	char *text = base64url(bytes, sizeof bytes);
	explicit_bzero(bytes, sizeof bytes);
	return text;
}

void
pkce_new(Pkce *p)
{
	guint8 sum[32];
	gsize len = sizeof sum;
	g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);

	p->verifier = chance();
	p->state = chance();
	g_checksum_update(sha, (const guchar *)p->verifier, -1);
	g_checksum_get_digest(sha, sum, &len);
	p->challenge = base64url(sum, len);
}

void
pkce_clear(Pkce *p)
{
	secret_wipe_string(p->verifier);
	secret_wipe_string(p->state);
	g_free(p->challenge);
	*p = (Pkce){ 0 };
}

/* ---- requests ---- */

char *
grant_form(const char *name, ...)
{
	GString *form = g_string_sized_new(4096);	/* it may hold a token: it must not leave pieces behind while it grows */
	va_list ap;

	va_start(ap, name);
	for (const char *n = name; n; n = va_arg(ap, const char *)) {
		const char *value = va_arg(ap, const char *);
		if (!value)
			continue;
		g_string_append_printf(form, "%s%s=", form->len ? "&" : "", n);
		for (const char *c = value; *c; c++)
			if (g_ascii_isalnum(*c) || strchr("-._~", *c))
				g_string_append_c(form, *c);
			else
				g_string_append_printf(form, "%%%02X", (guint)(guchar)*c);
	}
	va_end(ap);
	return g_string_free(form, FALSE);
}

char *
grant_authorize_url(const Oauth *o, const char *redirect, const Pkce *p)
{
	g_autofree char *query = grant_form("response_type", "code", "client_id", o->client_id, "redirect_uri", redirect, "scope", o->scope,
		"state", p->state, "code_challenge", p->challenge, "code_challenge_method", "S256", "login_hint", o->hint, NULL);
	return g_strconcat(o->authorize_url, strchr(o->authorize_url, '?') ? "&" : "?", query, o->extra ? "&" : "", o->extra, NULL);
}

char *
grant_code_form(const Oauth *o, const char *redirect, const Pkce *p, const char *code)
{
	return grant_form("grant_type", "authorization_code", "code", code, "redirect_uri", redirect, "client_id", o->client_id,
		"client_secret", o->client_secret, "code_verifier", p->verifier, NULL);
}

char *
grant_refresh_form(const Oauth *o, const char *refresh)
{
	/* without a scope it is the one that was granted (RFC 6749, 6); Microsoft's doubtful default for several resources is no concern here */
	return grant_form("grant_type", "refresh_token", "refresh_token", refresh, "client_id", o->client_id, "client_secret", o->client_secret, NULL);
}

char *
grant_device_form(const Oauth *o)
{
	return grant_form("client_id", o->client_id, "scope", o->scope, NULL);
}

char *
grant_poll_form(const Oauth *o, const char *device_code)
{
	return grant_form("grant_type", DEVICE_GRANT, "device_code", device_code, "client_id", o->client_id, "client_secret", o->client_secret, NULL);
}

/* ---- answers ---- */

static const struct { const char *error; GrantOutcome outcome; } ERRORS[] = {
	{ "authorization_pending", GRANT_PENDING }, { "slow_down", GRANT_SLOW_DOWN },
	{ "access_denied", GRANT_DENIED }, { "authorization_declined", GRANT_DENIED },	/* the second is Microsoft's */
	{ "expired_token", GRANT_EXPIRED }, { "bad_verification_code", GRANT_EXPIRED }, { "code_expired", GRANT_EXPIRED },
	{ "invalid_grant", GRANT_REVOKED }, { "interaction_required", GRANT_REVOKED }, { "login_required", GRANT_REVOKED },
	{ "consent_required", GRANT_REVOKED }, { "account_selection_required", GRANT_REVOKED },
	{ "invalid_client", GRANT_CLIENT }, { "unauthorized_client", GRANT_CLIENT },
	{ "temporarily_unavailable", GRANT_LATER }, { "server_error", GRANT_LATER },
};

static GrantOutcome
outcome_of(const char *error)
{
	for (guint i = 0; i < G_N_ELEMENTS(ERRORS); i++)
		if (!strcmp(error, ERRORS[i].error))
			return ERRORS[i].outcome;
	return GRANT_REFUSED;
}

/* "invalid_grant: AADSTS50076: ...". Microsoft's descriptions go on for lines with numbers of traces: the first says it. */
static char *
their_words(const char *error, const char *description)
{
	g_autofree char *text = error && description && *description ? g_strdup_printf("%s: %s", error, description) : g_strdup(error ? error : description);
	gsize len = text ? strcspn(text, "\r\n") : 0;
	if (!len)
		return NULL;
	Clean *clean = clean_new(text, (gssize)MIN(len, 300), CLEAN_LINE);
	char *words = g_strdup(clean_peek(clean));
	clean_free(clean);
	return words;
}

/* GRANT_OK: not an error. */
static GrantOutcome
failure(int status, const Json *j, char **words)
{
	const char *error = json_text(j, "error");

	if (error) {
		*words = their_words(error, json_text(j, "error_description"));
		return outcome_of(error);
	}
	if (status >= 500 || status == 429 || status == 408)
		return GRANT_LATER;
	if (status < 200 || status > 299 || !j) {
		*words = status >= 200 && status <= 299 ? NULL : g_strdup_printf("HTTP %d", status);
		return GRANT_NONSENSE;
	}
	return GRANT_OK;
}

/* VSCHAR of RFC 6749, so that no token can break a line or a form, or grow without end. */
static bool
token_good(const char *t)
{
	gsize len = t ? strlen(t) : 0;
	for (gsize i = 0; i < len; i++)
		if (t[i] < 0x20 || t[i] > 0x7e)
			return false;
	return len > 0 && len <= LIMIT_TOKEN;
}

GrantOutcome
grant_tokens(int status, const char *body, gsize len, gint64 now, Tokens *t, char **words)
{
	enum { USUAL_LIFE = 3000, LONGEST_LIFE = 30 * 86400 };
	g_autoptr(Json) j = json_read(body, len);
	gint64 life = USUAL_LIFE;

	*words = NULL;
	GrantOutcome outcome = failure(status, j, words);
	if (outcome != GRANT_OK)
		return outcome;
	const char *access = json_text(j, "access_token"), *refresh = json_text(j, "refresh_token"), *type = json_text(j, "token_type");
	if (!token_good(access) || (refresh && !token_good(refresh)) || (type && g_ascii_strcasecmp(type, "bearer")))
		return GRANT_NONSENSE;
	if (!json_int(j, "expires_in", &life))
		life = USUAL_LIFE;
	t->access = g_strdup(access);
	t->refresh = g_strdup(refresh);
	t->obtained = now;
	t->expires = now + CLAMP(life, 0, LONGEST_LIFE);
	return GRANT_OK;
}

void
device_code_clear(DeviceCode *d)
{
	secret_wipe_string(d->device_code);
	g_free(d->user_code);
	g_free(d->uri);
	g_free(d->uri_complete);
	*d = (DeviceCode){ 0 };
}

static bool
shown_good(const char *text, gsize max)
{
	gsize len = text ? strlen(text) : 0;
	for (gsize i = 0; i < len; i++)
		if (!g_ascii_isgraph(text[i]))
			return false;
	return len > 0 && len <= max;
}

GrantOutcome
grant_device(int status, const char *body, gsize len, DeviceCode *d, char **words)
{
	enum { CODE_MAX = 40, ADDRESS_MAX = 1000 };
	g_autoptr(Json) j = json_read(body, len);

	*words = NULL;
	GrantOutcome outcome = failure(status, j, words);
	if (outcome != GRANT_OK)
		return outcome;
	const char *device = json_text(j, "device_code"), *code = json_text(j, "user_code"), *complete = json_text(j, "verification_uri_complete"),
		*uri = json_text(j, "verification_uri");
	if (!uri)
		uri = json_text(j, "verification_url");	/* Google's, from before the RFC */
	if (!token_good(device) || !shown_good(code, CODE_MAX) || !shown_good(uri, ADDRESS_MAX))
		return GRANT_NONSENSE;
	d->device_code = g_strdup(device);
	d->user_code = g_strdup(code);
	d->uri = g_strdup(uri);
	d->uri_complete = shown_good(complete, ADDRESS_MAX) ? g_strdup(complete) : NULL;
	if (!json_int(j, "expires_in", &d->expires_s))
		d->expires_s = 900;
	if (!json_int(j, "interval", &d->interval_s))
		d->interval_s = 5;
	d->expires_s = CLAMP(d->expires_s, 1, 3600);
	d->interval_s = CLAMP(d->interval_s, 1, 60);
	return GRANT_OK;
}

/* ---- the way back ---- */

static char *
parameter(GHashTable *query, const char *name)
{
	return query ? g_hash_table_lookup(query, name) : NULL;
}

static bool
equal_in_constant_time(const char *a, const char *b)
{
	gsize n = strlen(b);
	guchar differs = strlen(a) != n;
	for (gsize i = 0; i < n && a[i]; i++)
		differs |= (guchar)(a[i] ^ b[i]);
	return !differs;
}

GrantOutcome
grant_redirect(const char *address, const Pkce *p, const char *issuer, char **code, char **words)
{
	g_autofree char *text = g_strstrip(g_strdup(address));
	char *query = strchr(text, '?');

	*code = *words = NULL;
	if (query)
		query[1 + strcspn(query + 1, "# \t\r\n")] = 0;
	g_autoptr(GHashTable) all = query ? g_uri_parse_params(query + 1, -1, "&", G_URI_PARAMS_WWW_FORM, NULL) : NULL;
	const char *state = parameter(all, "state"), *iss = parameter(all, "iss"), *error = parameter(all, "error"), *found = parameter(all, "code");
	if (!state || !equal_in_constant_time(state, p->state))
		return GRANT_NONSENSE;
	if (iss && issuer && strcmp(iss, issuer))	/* another provider's answer, mixed in */
		return GRANT_NONSENSE;
	if (error) {
		*words = their_words(error, parameter(all, "error_description"));
		return outcome_of(error);
	}
	if (!token_good(found))
		return GRANT_NONSENSE;
	*code = g_strdup(found);
	return GRANT_OK;
}

static void
take(char **field, const Json *j, const char *name)
{
	const char *value = json_text(j, name);
	if (!*field && value)
		*field = g_strdup(value);
}

char *
grant_discovery_url(const Oauth *o)
{
	gsize len = strlen(o->issuer);
	return g_strdup_printf("%.*s/.well-known/openid-configuration", (int)(len && o->issuer[len - 1] == '/' ? len - 1 : len), o->issuer);
}

bool
grant_discovered(Oauth *o, int status, const char *body, gsize len)
{
	g_autoptr(Json) j = status == 200 ? json_read(body, len) : NULL;
	const char *issuer = json_text(j, "issuer");

	if (!issuer || strcmp(issuer, o->issuer))
		return false;
	take(&o->authorize_url, j, "authorization_endpoint");
	take(&o->token_url, j, "token_endpoint");
	take(&o->device_url, j, "device_authorization_endpoint");
	return o->token_url != NULL;
}
