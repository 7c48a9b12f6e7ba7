/* peer.c - what a server showed of itself while the connection was secured.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/peer.h"
#include "base/intl.h"

#include <string.h>

typedef struct { Peer peer; gatomicrefcount refs; } Counted;

/* ---- pins ---- */

Pin *
pin_new(const char *host, guint16 port, const char *key, gint64 until, guint waives)
{
	Pin *p = g_new(Pin, 1);
	*p = (Pin){ g_strdup(host), port, g_ascii_strdown(key, -1), until, waives & PEER_WAIVABLE };
	return p;
}

void
pin_free(gpointer pin)
{
	Pin *p = pin;
	if (!p)
		return;
	g_free(p->host);
	g_free(p->key);
	g_free(p);
}

GPtrArray *
pins_new(void)
{
	return g_ptr_array_new_with_free_func(pin_free);
}

/* ---- the value ---- */

static void
cert_free(gpointer cert)
{
	PeerCert *c = cert;
	char *texts[] = { c->subject, c->issuer, c->serial, c->fingerprint, c->key_fingerprint, c->key, c->signature };

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_strfreev(c->names);
	g_free(c);
}

Peer *
peer_new(const char *host, guint16 port)
{
	Counted *c = g_new0(Counted, 1);
	g_atomic_ref_count_init(&c->refs);
	c->peer.host = g_strdup(host);
	c->peer.port = port;
	c->peer.chain = g_ptr_array_new_with_free_func(cert_free);
	c->peer.clock = g_get_real_time() / G_USEC_PER_SEC;
	return &c->peer;
}

Peer *
peer_ref(const Peer *p)
{
	g_atomic_ref_count_inc(&((Counted *)p)->refs);
	return (Peer *)p;
}

void
peer_unref(const Peer *p)
{
	if (!p || !g_atomic_ref_count_dec(&((Counted *)p)->refs))
		return;
	g_ptr_array_unref(p->chain);
	g_free(p->host);
	g_free(p->pinned);
	g_free(p->version);
	g_free((Counted *)p);
}

PeerCert *
peer_add(Peer *p)
{
	PeerCert *c = g_new0(PeerCert, 1);
	g_ptr_array_add(p->chain, c);
	return c;
}

static const PeerCert *
first(const Peer *p)
{
	return p->chain->len ? g_ptr_array_index(p->chain, 0) : NULL;
}

/* ---- the verdict ---- */

/* Of several the one that fits counts, then one that is good still. */
void
peer_judge(Peer *p, const GPtrArray *pins)
{
	const PeerCert *c = first(p);
	const Pin *best = NULL;

	p->pin = PEER_NOT_PINNED;
	for (guint i = 0; c && pins && i < pins->len; i++) {
		const Pin *pin = g_ptr_array_index(pins, i);
		if (pin->port != p->port || g_ascii_strcasecmp(pin->host, p->host))
			continue;
		bool good = pin->until > p->clock, fits = !strcmp(pin->key, c->key_fingerprint);
		PeerPin state = !good ? PEER_PIN_ENDED : fits ? PEER_PINNED : PEER_PIN_CHANGED;
		bool better = !best || (good && (fits || p->pin == PEER_PIN_ENDED)) || (!good && p->pin == PEER_PIN_ENDED && fits);
		if (!better)
			continue;
		best = pin;
		p->pin = state;
	}
	g_free(p->pinned);
	p->pinned = best ? g_strdup(best->key) : NULL;
	p->pinned_until = best ? best->until : 0;
	p->waived = best && p->pin == PEER_PINNED ? best->waives & p->wrong & PEER_WAIVABLE : 0;
}

bool
peer_refused(const Peer *p)
{
	return p->pin == PEER_PIN_CHANGED || (p->wrong & ~p->waived);
}

bool
peer_pinnable(const Peer *p)
{
	return p->chain->len && !(p->wrong & ~PEER_WAIVABLE);
}

/* ---- in words ---- */

char *
peer_when(gint64 unix_s)
{
	g_autoptr(GDateTime) d = g_date_time_new_from_unix_local(unix_s);
	return d ? g_date_time_format(d, "%Y-%m-%d %H:%M") : g_strdup("?");
}

char *
peer_names(const PeerCert *c)
{
	enum { SHOWN = 6 };
	guint n = c->names ? g_strv_length(c->names) : 0;
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < MIN(n, SHOWN); i++)
		g_string_append_printf(out, "%s%s", i ? ", " : "", c->names[i]);
	if (n > SHOWN)
		g_string_append_printf(out, ngettext(" and %u more", " and %u more", n - SHOWN), n - SHOWN);
	return g_string_free(out, n == 0);
}

char *
peer_grouped(const char *hex)
{
	GString *out = g_string_new(NULL);
	for (gsize i = 0; hex[i]; i++)
		g_string_append_printf(out, "%s%c", i && i % 4 == 0 ? " " : "", g_ascii_tolower(hex[i]));
	return g_string_free(out, FALSE);
}

/* The one of the chain whose dates are meant. */
static char *
dates_text(const Peer *p, bool expired)
{
	const PeerCert *c = first(p);

	for (guint i = p->chain->len; i-- > 0; ) {
		const PeerCert *one = g_ptr_array_index(p->chain, i);
		if (expired ? one->until <= p->clock : one->from > p->clock)
			c = one;
	}
	g_autofree char *from = peer_when(c ? c->from : 0), *until = peer_when(c ? c->until : 0), *now = peer_when(p->clock);
	if (c != first(p))
		return expired ?
			g_strdup_printf(_("A certificate that vouches for that of %s has expired: it was valid from %s until %s; the clock here says %s."), p->host, from, until, now) :
			g_strdup_printf(_("A certificate that vouches for that of %s is not valid yet: it is valid from %s until %s; the clock here says %s."), p->host, from, until, now);
	return expired ?
		g_strdup_printf(_("The certificate of %s has expired: it was valid from %s until %s; the clock here says %s."), p->host, from, until, now) :
		g_strdup_printf(_("The certificate of %s is not valid yet: it is valid from %s until %s; the clock here says %s."), p->host, from, until, now);
}

static char *
untrusted_text(const Peer *p)
{
	const PeerCert *c = first(p), *last = p->chain->len ? g_ptr_array_index(p->chain, p->chain->len - 1) : NULL;

	if (c && c->self_signed)
		return g_strdup_printf(_("%s identifies itself by a certificate that it signed itself. If it is yours, name it with ca-file in the account's settings."), p->host);
	return g_strdup_printf(_("The certificate of %s was issued by somebody that this computer does not trust (%s)."), p->host, last ? last->issuer : "?");
}

static char *
name_text(const Peer *p)
{
	const PeerCert *c = first(p);
	g_autofree char *names = c ? peer_names(c) : NULL;

	return names ?
		g_strdup_printf(_("The certificate is not that of %s; it is that of %s. Either the name in the settings is wrong, or this is another server."), p->host, names) :
		g_strdup_printf(_("The certificate is not that of %s: it names no server."), p->host);
}

char *
peer_wrong_text(const Peer *p, PeerWrong wrong)
{
	switch (wrong) {
	case PEER_UNTRUSTED:
		return untrusted_text(p);
	case PEER_EXPIRED: case PEER_NOT_YET:
		return dates_text(p, wrong == PEER_EXPIRED);
	case PEER_WRONG_NAME:
		return name_text(p);
	case PEER_WEAK:
		return g_strdup_printf(_("The certificate of %s is signed with an algorithm, or has a key, that is not safe any more."), p->host);
	case PEER_WRONG_USE:
		return g_strdup_printf(_("The certificate of %s was not made for a server."), p->host);
	case PEER_BAD_CHAIN:
		return g_strdup_printf(_("The certificate of %s was issued by somebody who may not issue it."), p->host);
	case PEER_REVOKED:
		return g_strdup_printf(_("The certificate of %s was revoked by its issuer."), p->host);
	case PEER_NO_STATUS:
		return g_strdup_printf(_("The certificate of %s must come with its issuer's word that it was not revoked, and did not."), p->host);
	case PEER_UNREADABLE:
		break;
	}
	return p->chain->len ? g_strdup_printf(_("The certificate of %s can't be read."), p->host) : g_strdup_printf(_("%s did not identify itself."), p->host);
}

char *
peer_sentence(const Peer *p)
{
	static const PeerWrong GRAVEST[] = {
		PEER_UNREADABLE, PEER_REVOKED, PEER_BAD_CHAIN, PEER_UNTRUSTED, PEER_WEAK, PEER_WRONG_USE, PEER_NO_STATUS, PEER_EXPIRED, PEER_NOT_YET, PEER_WRONG_NAME,
	};

	if (!peer_refused(p))
		return NULL;
	if (p->pin == PEER_PIN_CHANGED)
		return g_strdup_printf(_("%s has another key than the one that you accepted: somebody may stand between here and there. Compare the fingerprints before you go on."), p->host);
	for (guint i = 0; i < G_N_ELEMENTS(GRAVEST); i++) {
		if (!(p->wrong & ~p->waived & GRAVEST[i]))
			continue;
		char *text = peer_wrong_text(p, GRAVEST[i]);
		if (p->pin != PEER_PIN_ENDED)
			return text;
		g_autofree char *why = text, *end = peer_when(p->pinned_until - 1);
		return g_strdup_printf(_("%s Your exception for it ended on %s."), why, end);
	}
	return NULL;
}
