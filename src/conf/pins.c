/* pins.c - the option `pins` of an account.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/pins.h"
#include "conf/providers.h"
#include "base/intl.h"

#include <string.h>

enum { KEY_DIGITS = 64, DAY_S = 86400 };

static const struct { const char *word; PeerWrong wrong; } WORDS[] = {
	{ "untrusted", PEER_UNTRUSTED }, { "expired", PEER_EXPIRED }, { "not-yet", PEER_NOT_YET }, { "wrong-name", PEER_WRONG_NAME }, { "weak", PEER_WEAK },
};

static bool
say(char **problem, char *sentence)
{
	if (problem)
		*problem = sentence;
	else
		g_free(sentence);
	return false;
}

const char *
pin_provider(const char *host)
{
	const Provider *p = provider_by_host(host);
	return p && !(p->quirks & PROVIDER_GATEWAY) ? p->name : NULL;
}

gint64
pin_until(gint64 now_s, guint days)
{
	return (now_s / DAY_S + 1 + days) * DAY_S;
}

char *
pin_day(const Pin *p)
{
	g_autoptr(GDateTime) d = g_date_time_new_from_unix_utc(p->until - 1);
	return d ? g_date_time_format(d, "%Y-%m-%d") : g_strdup("9999-12-31");
}

/* ---- reading ---- */

static bool
parse_server(const char *word, char **host, guint16 *port)
{
	const char *colon = strrchr(word, ':');
	guint64 n;

	if (!colon || colon == word || !g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &n, NULL))
		return false;
	bool literal = *word == '[';
	if (literal && colon[-1] != ']')
		return false;
	*port = (guint16)n;
	*host = literal ? g_strndup(word + 1, (gsize)(colon - word) - 2) : g_strndup(word, (gsize)(colon - word));
	return true;
}

static bool
parse_key(const char *word, const char **key)
{
	if (!g_str_has_prefix(word, "sha256:"))
		return false;
	*key = word + strlen("sha256:");
	return strlen(*key) == KEY_DIGITS && strspn(*key, "0123456789abcdefABCDEF") == KEY_DIGITS;
}

static bool
parse_day(const char *word, gint64 *until)
{
	guint64 n[3];
	g_auto(GStrv) parts = g_strsplit(word, "-", -1);

	if (g_strv_length(parts) != 3)
		return false;
	for (guint i = 0; i < 3; i++)
		if (!g_ascii_string_to_unsigned(parts[i], 10, 1, 9999, &n[i], NULL))
			return false;
	g_autoptr(GDateTime) d = g_date_time_new_utc((int)n[0], (int)n[1], (int)n[2], 0, 0, 0);
	if (!d)
		return false;
	*until = g_date_time_to_unix(d) + DAY_S;
	return true;
}

static bool
parse_waives(const char *word, guint *waives)
{
	g_auto(GStrv) parts = g_strsplit(word, "+", -1);

	for (char **p = parts; *p; p++) {
		guint found = 0;
		for (guint i = 0; i < G_N_ELEMENTS(WORDS); i++)
			if (!strcmp(WORDS[i].word, *p))
				found = WORDS[i].wrong;
		if (!found)
			return false;
		*waives |= found;
	}
	return true;
}

static bool
parse_one(char *text, GPtrArray *pins, char **problem)
{
	g_auto(GStrv) w = g_strsplit_set(g_strstrip(text), " \t", -1);
	guint n = g_strv_length(w), waives = 0;
	g_autofree char *host = NULL;
	const char *key;
	guint16 port;
	gint64 until;

	if ((n != 4 && n != 6) || !parse_server(w[0], &host, &port) || !parse_key(w[1], &key) || strcmp(w[2], "until") || !parse_day(w[3], &until) ||
	    (n == 6 && (strcmp(w[4], "for") || !parse_waives(w[5], &waives))))
		return say(problem, g_strdup_printf(_("“%s” is not written as “host:993 sha256:… until 2027-11-28 for untrusted”."), text));
	const char *provider = pin_provider(host);
	if (provider)
		return say(problem, g_strdup_printf(_("%s is a server of %s, whose certificates everybody trusts: no exception is made for it."), host, provider));
	g_ptr_array_add(pins, pin_new(host, port, key, until, waives));
	return true;
}

bool
pins_parse(const char *text, GPtrArray **pins, char **problem)
{
	g_auto(GStrv) all = g_strsplit(text, ",", -1);
	g_autoptr(GPtrArray) made = pins_new();

	for (char **one = all; *one; one++)
		if (!parse_one(*one, made, problem))
			return false;
	if (made->len == 0)
		return say(problem, g_strdup(_("The value is empty.")));
	if (pins)
		*pins = g_steal_pointer(&made);
	return true;
}

/* ---- writing ---- */

static void
put(GString *out, const char *host, guint16 port, const char *key, const char *day, guint waives)
{
	bool literal = strchr(host, ':') != NULL;
	const char *before = " for ";

	g_string_append_printf(out, "%s%s%s%s:%u sha256:%s until %s", out->len ? ", " : "", literal ? "[" : "", host, literal ? "]" : "", port, key, day);
	for (guint i = 0; i < G_N_ELEMENTS(WORDS); i++)
		if (waives & WORDS[i].wrong) {
			g_string_append_printf(out, "%s%s", before, WORDS[i].word);
			before = "+";
		}
}

static void
put_pin(GString *out, const Pin *p)
{
	g_autofree char *day = pin_day(p);
	put(out, p->host, p->port, p->key, day, p->waives);
}

char *
pins_text(const GPtrArray *pins)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; pins && i < pins->len; i++)
		put_pin(out, g_ptr_array_index(pins, i));
	return g_string_free(out, out->len == 0);
}

char *
pins_changed(const GPtrArray *pins, const char *host, guint16 port, const char *key, gint64 until, guint waives)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; pins && i < pins->len; i++) {
		const Pin *p = g_ptr_array_index(pins, i);
		if (p->port != port || g_ascii_strcasecmp(p->host, host))
			put_pin(out, p);
	}
	if (key) {
		Pin *fresh = pin_new(host, port, key, until, waives);
		put_pin(out, fresh);
		pin_free(fresh);
	}
	return g_string_free(out, out->len == 0);
}

bool
pins_same(const GPtrArray *a, const GPtrArray *b)
{
	g_autofree char *one = pins_text(a), *other = pins_text(b);
	return !g_strcmp0(one, other);
}
