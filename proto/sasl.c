/* sasl.c - one sign-in exchange, without a socket.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The challenge mechanisms are libgsasl's; XOAUTH2 and OAUTHBEARER are one
 * string each (RFC 7628). PLAIN is written here too: one line, and libgsasl
 * would stringprep what some servers want byte for byte. */
#include "config.h"
#include "proto/sasl.h"
#include "base/limits.h"
#include "base/secret.h"

#include <gsasl.h>
#include <string.h>

struct Sasl {
	char *mechanism;	/* owned */
	char *user, *host;	/* owned */
	guint16 port;
	char *service;		/* owned */
	Secret *secret;		/* owned */
	Gsasl *context;		/* owned; challenge mechanisms only */
	Gsasl_session *session;	/* owned, likewise */
	int step;
	bool done;
	char *error;		/* owned */
};

/* In the order of preference. */
static const char *const one_turn_first[] = { "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1", NULL };
static const char *const challenge_first[] = { "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", NULL };
static const char *const token[] = { "OAUTHBEARER", "XOAUTH2", NULL };
static const char *const certificate[] = { "EXTERNAL", NULL };

const char *
sasl_choose(const char *const *offered, SaslBy by, bool one_turn, const char *const *refused)
{
	const char *const *all = by == SASL_TOKEN ? token : by == SASL_CERTIFICATE ? certificate : one_turn ? one_turn_first : challenge_first;

	for (const char *const *m = all; *m; m++) {
		if (offered && g_strv_contains(offered, *m) && !(refused && g_strv_contains(refused, *m)))
			return *m;
	}
	return NULL;
}

static bool
scram(const Sasl *s)
{
	return g_str_has_prefix(s->mechanism, "SCRAM-");
}

static bool
start_gsasl(Sasl *s)
{
	if (gsasl_init(&s->context) != GSASL_OK ||
		gsasl_client_start(s->context, s->mechanism, &s->session) != GSASL_OK)
		return false;
	gsasl_property_set(s->session, GSASL_AUTHID, s->user);
	gsasl_property_set(s->session, GSASL_PASSWORD, secret_peek(s->secret));
	gsasl_property_set(s->session, GSASL_SERVICE, s->service);
	gsasl_property_set(s->session, GSASL_HOSTNAME, s->host);
	return true;
}

Sasl *
sasl_new(const char *mechanism, const SaslCredentials *c)
{
	static const char *const known[] = { "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "OAUTHBEARER", "XOAUTH2", "EXTERNAL", NULL };
	if (!g_strv_contains(known, mechanism))
		return NULL;
	g_autoptr(Sasl) s = g_new0(Sasl, 1);
	s->mechanism = g_strdup(mechanism);
	s->user = g_strdup(c->user);
	s->host = g_strdup(c->host ? c->host : "");
	s->service = g_strdup(c->service);
	s->port = c->port;
	s->secret = secret_new(c->secret, -1);
	if (scram(s) && !start_gsasl(s))
		return NULL;
	return g_steal_pointer(&s);
}

void
sasl_free(Sasl *s)
{
	if (!s)
		return;
	if (s->session)
		gsasl_finish(s->session);
	if (s->context)
		gsasl_done(s->context);
	secret_free(s->secret);
	g_free(s->mechanism);
	g_free(s->user);
	g_free(s->host);
	g_free(s->service);
	g_free(s->error);
	g_free(s);
}

bool
sasl_client_first(const Sasl *s)
{
	return strcmp(s->mechanism, "LOGIN") != 0;
}

static void
wipe_and_free(gpointer p)
{
	GByteArray *b = p;
	explicit_bzero(b->data, b->len);
	g_byte_array_unref(b);
}

static GBytes *
secret_bytes(GByteArray *b)
{
	return g_bytes_new_with_free_func(b->data, b->len, wipe_and_free, b);
}

static void
append(GByteArray *b, const char *text)
{
	g_byte_array_append(b, (const guint8 *)text, (guint)strlen(text));
}

/* RFC 5801, 4: "," and "=" are said otherwise. */
static void
append_name(GByteArray *b, const char *name)
{
	for (; *name; name++) {
		if (*name == ',' || *name == '=')
			append(b, *name == ',' ? "=2C" : "=3D");
		else
			g_byte_array_append(b, (const guint8 *)name, 1);
	}
}

static GBytes *
plain(const Sasl *s)
{
	GByteArray *b = g_byte_array_sized_new(1024);	/* roomy: growing would leave copies behind */
	g_byte_array_append(b, (const guint8 *)"", 1);
	append(b, s->user);
	g_byte_array_append(b, (const guint8 *)"", 1);
	append(b, secret_peek(s->secret));
	return secret_bytes(b);
}

static GBytes *
bearer(const Sasl *s)
{
	GByteArray *b = g_byte_array_sized_new(16384);
	if (!strcmp(s->mechanism, "XOAUTH2")) {
		append(b, "user=");
		append(b, s->user);
	} else {
		g_autofree char *where = g_strdup_printf(",\001host=%s\001port=%u", s->host, s->port);
		append(b, "n,a=");
		append_name(b, s->user);
		append(b, where);
	}
	append(b, "\001auth=Bearer ");
	append(b, secret_peek(s->secret));
	append(b, "\001\001");
	return secret_bytes(b);
}

static bool
step_bearer(Sasl *s, const void *challenge, gsize len, GBytes **out)
{
	if (s->step++ == 0) {
		*out = bearer(s);
		s->done = true;
		return true;
	}
	/* the error as JSON: it must be answered so that NO comes */
	g_free(s->error);
	s->error = g_strndup(challenge ? challenge : "", len);
	*out = !strcmp(s->mechanism, "XOAUTH2") ? g_bytes_new(NULL, 0) : g_bytes_new_static("\001", 1);
	return true;
}

static bool
step_login(Sasl *s, GBytes **out)
{
	if (s->step > 1)
		return false;
	const char *text = s->step++ == 0 ? s->user : secret_peek(s->secret);
	GByteArray *b = g_byte_array_sized_new(1024);
	append(b, text);
	*out = secret_bytes(b);
	s->done = s->step == 2;
	return true;
}

/* "r=...,s=...,i=4096" (RFC 5802, 7): libgsasl would do as many as it says, for hours. */
static bool
too_many_rounds(const void *challenge, gsize len)
{
	g_autofree char *text = g_strndup(challenge ? challenge : "", len);
	const char *rounds = strstr(text, ",i=");

	return rounds && g_ascii_strtoull(rounds + 3, NULL, 10) > LIMIT_SCRAM_ROUNDS;
}

static bool
step_gsasl(Sasl *s, const void *challenge, gsize len, GBytes **out)
{
	char *answer = NULL;
	gsize n = 0;

	if (s->done || too_many_rounds(challenge, len))
		return false;
	int rc = gsasl_step(s->session, challenge, len, &answer, &n);
	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
		return false;
	s->step++;
	s->done = rc == GSASL_OK;
	*out = g_bytes_new(answer, n);
	gsasl_free(answer);
	return true;
}

bool
sasl_step(Sasl *s, const void *challenge, gsize len, GBytes **out)
{
	*out = NULL;
	if (scram(s))
		return step_gsasl(s, challenge, len, out);
	if (!strcmp(s->mechanism, "LOGIN"))
		return step_login(s, out);
	if (!strcmp(s->mechanism, "EXTERNAL")) {
		if (s->step++ > 0)
			return false;
		s->done = true;
		*out = g_bytes_new(s->user, strlen(s->user));
		return true;
	}
	if (!strcmp(s->mechanism, "PLAIN")) {
		if (s->step++ > 0)
			return false;
		s->done = true;
		*out = plain(s);
		return true;
	}
	return step_bearer(s, challenge, len, out);
}

void
sasl_bytes_free(GBytes *b)
{
	if (b)
		g_bytes_unref(b);
}

const char *
sasl_error(const Sasl *s)
{
	return s->error;
}

bool
sasl_done(const Sasl *s)
{
	return s->done;
}
