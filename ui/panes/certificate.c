/* certificate.c - the pane of what an account's servers showed of themselves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A key is accepted by typing the beginning of a fingerprint that came another way than through this connection, and by
 * saying for how long: never by one key (RELIABILITY T10). */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/certificate.h"
#include "ui/panes/settings_private.h"
#include "ui/view/certview.h"
#include "base/intl.h"
#include "conf/pins.h"

typedef struct {
	App *app;		/* borrowed */
	guint account;
	char *host;		/* owned: whose is shown */
	guint16 port;
	Clean *title;		/* owned */
	GArray *lines;		/* owned; NULL: to be made */
	int columns, height;	/* of the last picture */
	guint top;
	bool removing;		/* what is asked for is to take the exception away */
} CertificatePane;

static const GPtrArray *
peers(const CertificatePane *p)
{
	AppAccount *acc = app_account_of(p->app, p->account);
	return acc ? acc->peers : NULL;
}

static const Peer *
shown(const CertificatePane *p)
{
	const GPtrArray *all = peers(p);
	for (guint i = 0; all && i < all->len; i++) {
		const Peer *peer = g_ptr_array_index(all, i);
		if (peer->port == p->port && !g_strcmp0(peer->host, p->host))
			return peer;
	}
	return NULL;
}

static const Pin *
accepted(const CertificatePane *p)
{
	AppAccount *acc = app_account_of(p->app, p->account);
	for (guint i = 0; acc && acc->account->pins && i < acc->account->pins->len; i++) {
		const Pin *pin = g_ptr_array_index(acc->account->pins, i);
		if (pin->port == p->port && !g_ascii_strcasecmp(pin->host, p->host))
			return pin;
	}
	return NULL;
}

/* ---- drawing ---- */

static char *
key_of(const CertificatePane *p, CommandId id)
{
	char *key = keymap_first_key(p->app->keymap, IN_CERTIFICATE, id);
	return key ? key : g_strconcat(":", command_row(id)->name, NULL);
}

static char *
advice(const CertificatePane *p, const Peer *peer)
{
	const char *provider = pin_provider(peer->host);
	g_autofree char *accept = key_of(p, CMD_certificate_accept), *remove = key_of(p, CMD_certificate_remove);

	if (provider && peer_refused(peer))
		return g_strdup_printf(_("This is a server of %s, whose certificates everybody trusts. Somebody stands between here and there, perhaps the network that you use, or the clock here is wrong. There is no exception for it; try another network, or ask whose this one is."), provider);
	if (provider || (!peer_refused(peer) && !accepted(p)))
		return NULL;
	if (!peer_pinnable(peer))
		return g_strdup(_("There is no exception for that: ask the one who runs the server."));
	if (!peer_refused(peer))
		return g_strdup_printf(_("%s takes what you accepted back."), remove);
	if (peer->pin == PEER_PIN_CHANGED)
		return g_strdup_printf(_("Ask the one who runs the server whether the key was changed, by telephone or where you got the old one from, and compare. %s accepts the new key, %s takes the old one back; for both the new fingerprint has to be typed."), accept, remove);
	return g_strdup_printf(_("Ask the one who runs the server for the fingerprint, by telephone or by another way than this network, and compare. If it is the same, %s accepts this key until a day that you choose; the fingerprint has to be typed."), accept);
}

static void
make_lines(CertificatePane *p, int columns)
{
	const Peer *peer = shown(p);
	g_autofree char *what = peer ? advice(p, peer) : NULL;

	g_clear_pointer(&p->lines, g_array_unref);
	clean_free(p->title);
	p->title = clean_printf(_("Certificate of %s, port %u"), p->host, p->port);
	p->columns = columns;
	p->lines = peer ? certview_lines(peer, accepted(p), what, columns) : g_array_new(FALSE, FALSE, sizeof(CertLine));
}

static void
show(CertificatePane *p, const Peer *peer)
{
	g_free(p->host);
	p->host = g_strdup(peer->host);
	p->port = peer->port;
	p->top = 0;
	g_clear_pointer(&p->lines, g_array_unref);
}

static void
draw(void *self, Canvas *c, Rect body, bool focused)
{
	CertificatePane *p = self;
	Rect r = rect_inset(body, 2, 2);

	if (!p->lines || p->columns != r.w)
		make_lines(p, r.w);
	p->height = r.h;
	p->top = MIN(p->top, (guint)MAX((int)p->lines->len - r.h, 0));
	canvas_fill(c, body, STYLE_NORMAL);
	certview_draw(p->lines, p->top, c, r);
	if (focused)
		canvas_cursor(c, body.y, body.x, true);
}

/* ---- the face ---- */

static Where
where(void *self)
{
	return IN_CERTIFICATE;
}

static void
move(void *self, int rows)
{
	CertificatePane *p = self;
	p->top = (guint)MAX((int)p->top + rows, 0);
}

static void
page(void *self, int halves, int height)
{
	move(self, halves * MAX(height / 2, 1));
}

static void
ends(void *self, bool last)
{
	((CertificatePane *)self)->top = last ? G_MAXINT / 2 : 0;
}

static void
letter(App *a, void *self, const Letter *l)
{
	CertificatePane *p = self;
	if (l->kind == LETTER_PEER && l->account == p->account)
		g_clear_pointer(&p->lines, g_array_unref);
}

static void
free_pane(void *self)
{
	CertificatePane *p = self;
	g_free(p->host);
	clean_free(p->title);
	g_clear_pointer(&p->lines, g_array_unref);
	g_free(p);
}

static const Clean *
title(void *self)
{
	CertificatePane *p = self;
	if (!p->title)
		make_lines(p, 76);
	return p->title;
}

static const OverFace FACE = {
	.where = where, .draw = draw, .move = move, .page = page, .ends = ends, .letter = letter, .free = free_pane, .title = title,
};

/* ---- accepting ---- */

static void
write_pins(App *a, CertificatePane *p, const char *key, gint64 until, guint waives)
{
	AppAccount *acc = app_account_of(a, p->account);
	g_autofree char *section = g_strconcat("account ", acc->account->name, NULL);
	g_autofree char *text = pins_changed(acc->account->pins, p->host, p->port, key, until, waives);

	if (!settings_write(a, section, option_find("account", "pins"), text))
		return;
	g_clear_pointer(&p->lines, g_array_unref);
	g_autofree char *day = peer_when(until - 1);
	if (key)
		app_say(a, STYLE_STATUS, _("The key of %s is accepted until %s."), p->host, day);
	else
		app_say(a, STYLE_STATUS, _("The exception for %s is gone."), p->host);
	app_post(a, p->account, request_new(REQ_CHECK));
}

static void
days_typed(App *a, const char *text)
{
	CertificatePane *p = over_self(a, &FACE);
	const Peer *peer = p ? shown(p) : NULL;
	guint64 days;

	if (!text || !peer || !peer_pinnable(peer))
		return;
	if (!g_ascii_string_to_unsigned(text, 10, 1, PIN_DAYS_MOST, &days, NULL)) {
		app_say(a, STYLE_WARN, _("“%s” is not a number of days from 1 to %d; nothing was accepted."), text, PIN_DAYS_MOST);
		return;
	}
	const PeerCert *c = g_ptr_array_index(peer->chain, 0);
	write_pins(a, p, c->key_fingerprint, pin_until(g_get_real_time() / G_USEC_PER_SEC, (guint)days), peer->wrong);
}

static void
fingerprint_typed(App *a, const char *text)
{
	CertificatePane *p = over_self(a, &FACE);
	const Peer *peer = p ? shown(p) : NULL;

	if (!text || !peer)
		return;
	if (!certview_typed_fits(peer, text)) {
		app_say(a, STYLE_WARN, "%s", _("That is not how a fingerprint of this server begins: nothing was accepted. If it is what you were told, this is another server."));
		return;
	}
	if (p->removing) {
		write_pins(a, p, NULL, 0, 0);
		return;
	}
	g_autofree char *days = g_strdup_printf("%d", PIN_DAYS);
	app_ask_line(a, PROMPT_NUMBER, _("For how many days? "), days, days_typed);
}

static void
ask_fingerprint(App *a, CertificatePane *p, bool removing)
{
	p->removing = removing;
	app_ask_line(a, PROMPT_COMMAND, _("First 8 digits of the fingerprint that you were told: "), NULL, fingerprint_typed);
}

/* ---- the door ---- */

bool
certificate_accept(App *a)
{
	CertificatePane *p = over_self(a, &FACE);
	const Peer *peer = p ? shown(p) : NULL;
	const char *provider = peer ? pin_provider(peer->host) : NULL;

	if (!peer)
		return false;
	if (provider)
		app_say(a, STYLE_WARN, _("There is no exception for the servers of %s."), provider);
	else if (!peer_pinnable(peer))
		app_say(a, STYLE_WARN, "%s", _("There is no exception for what is wrong with this certificate."));
	else
		ask_fingerprint(a, p, false);
	return true;
}

/* Without its exception a server that has another key now may be good again: that is a decision as well. */
bool
certificate_remove(App *a)
{
	CertificatePane *p = over_self(a, &FACE);
	const Peer *peer = p ? shown(p) : NULL;

	if (!p)
		return false;
	if (!accepted(p))
		app_say(a, STYLE_STATUS, _("You made no exception for %s."), p->host);
	else if (peer && peer->pin == PEER_PIN_CHANGED)
		ask_fingerprint(a, p, true);
	else
		write_pins(a, p, NULL, 0, 0);
	return true;
}

bool
certificate_next(App *a)
{
	CertificatePane *p = over_self(a, &FACE);
	const GPtrArray *all = p ? peers(p) : NULL;
	const Peer *now = p ? shown(p) : NULL;

	for (guint i = 0; all && i < all->len; i++)
		if (all->pdata[i] == now) {
			show(p, all->pdata[(i + 1) % all->len]);
			return true;
		}
	return false;
}

void
certificate_open(App *a, guint account)
{
	AppAccount *acc = app_account_of(a, account);
	const Peer *first = NULL;

	for (guint i = 0; acc && acc->peers && i < acc->peers->len; i++) {
		const Peer *peer = g_ptr_array_index(acc->peers, i);
		if (!first || (peer_refused(peer) && !peer_refused(first)))
			first = peer;
	}
	if (!first) {
		app_say(a, STYLE_STATUS, _("No server of %s has shown a certificate yet."), acc ? acc->account->name : "?");
		return;
	}
	CertificatePane *p = over_self(a, &FACE);
	if (!p && over_has(a, &FACE)) {
		app_say(a, STYLE_STATUS, "%s", _("The certificate is below; Esc goes back to it."));
		return;
	}
	if (!p) {
		p = g_new0(CertificatePane, 1);
		p->app = a;
		over_push(a, &FACE, p);
	}
	p->account = account;
	show(p, first);
}
