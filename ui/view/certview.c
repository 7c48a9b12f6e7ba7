/* certview.c - what a server showed of itself, as lines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/certview.h"
#include "ui/theme.h"
#include "base/intl.h"

#include <string.h>

enum { TYPED_LEAST = 8, GROUPS_COLUMNS = 19 /* of four groups */ };

typedef struct { GArray *lines; int columns; } Paper;

static void
line_clear(gpointer line)
{
	clean_free(((CertLine *)line)->text);
}

/* ---- lines ---- */

static void
put(Paper *p, CellStyle style, int indent, const char *text)
{
	Clean *clean = clean_new(text, -1, CLEAN_LINE | CLEAN_SHOW);
	const char *at = clean_peek(clean);
	gsize left = strlen(at), next;

	while (left > 0) {
		gsize len = utf8_wrap(at, left, MAX(p->columns - indent, 8), &next);
		g_autofree char *piece = g_strdup_printf("%*s%.*s", indent, "", (int)len, at);
		CertLine line = { style, clean_new(piece, -1, CLEAN_LINE) };
		g_array_append_val(p->lines, line);
		at += next;
		left -= next;
	}
	clean_free(clean);
}

static void
put_taken(Paper *p, CellStyle style, int indent, char *text)
{
	put(p, style, indent, text);
	g_free(text);
}

static void
gap(Paper *p)
{
	CertLine line = { STYLE_NORMAL, NULL };
	if (p->lines->len && g_array_index(p->lines, CertLine, p->lines->len - 1).text)
		g_array_append_val(p->lines, line);
}

static char *
groups(const char *hex, gsize row, gsize n)
{
	g_autofree char *part = g_strndup(hex + MIN(strlen(hex), row * n * 4), n * 4);
	return peer_grouped(part);
}

static void
put_fingerprint(Paper *p, const char *label, const char *hex)
{
	gsize n = p->columns >= 2 + 79 ? 16 : p->columns >= 2 + 39 ? 8 : 4;	/* groups in a row */

	put(p, STYLE_HEADER_NAME, 0, label);
	for (gsize row = 0; row * n * 4 < strlen(hex); row++)
		put_taken(p, STYLE_CODE, 2, groups(hex, row, n));
}

static void
put_two_keys(Paper *p, const Peer *peer, const char *now)
{
	g_autofree char *until = peer_when(peer->pinned_until - 1);

	put_taken(p, STYLE_HEADER_NAME, 0, g_strdup_printf("%-*s    %s", GROUPS_COLUMNS, _("accepted key"), _("key it shows now")));
	for (gsize row = 0; row < 4; row++) {
		g_autofree char *was = groups(peer->pinned, row, 4), *is = groups(now, row, 4);
		put_taken(p, STYLE_CODE, 0, g_strdup_printf("%-*s    %s", GROUPS_COLUMNS, was, is));
	}
	put_taken(p, STYLE_NORMAL, 0, g_strdup_printf(_("The accepted one holds until %s."), until));
	gap(p);
}

/* ---- parts ---- */

static void
put_wrongs(Paper *p, const Peer *peer)
{
	if (peer->pin == PEER_PIN_CHANGED)
		put_taken(p, STYLE_ERROR, 0, peer_sentence(peer));
	for (guint bit = 1; bit <= PEER_UNREADABLE; bit <<= 1) {
		if (!(peer->wrong & bit))
			continue;
		bool waived = peer->waived & bit;
		g_autofree char *text = peer_wrong_text(peer, (PeerWrong)bit);
		put_taken(p, waived ? STYLE_WARN : STYLE_ERROR, 0, waived ? g_strdup_printf(_("%s You made an exception for that."), text) : g_strdup(text));
	}
	if (!peer->wrong)
		put(p, STYLE_NORMAL, 0, peer->pin == PEER_PIN_CHANGED ?
			_("Apart from that its certificate is in order: it fits the name, and somebody whom this computer trusts vouches for it.") :
			_("The certificate is in order: it fits the name, and somebody whom this computer trusts vouches for it."));
	if (peer_refused(peer))
		put(p, STYLE_NORMAL, 0, _("No password was sent."));
	gap(p);
}

static void
put_accepted(Paper *p, const Peer *peer, const Pin *accepted)
{
	g_autofree char *until = accepted ? peer_when(accepted->until - 1) : NULL;

	if (!accepted || peer->pin == PEER_PIN_CHANGED)
		return;
	put_taken(p, STYLE_NORMAL, 0, accepted->until <= peer->clock ?
		g_strdup_printf(_("You accepted a key for this server; that ended on %s."), until) :
		g_strdup_printf(_("You accepted this server's key until %s; another one would be refused."), until));
	gap(p);
}

static void
put_field(Paper *p, const char *label, const char *value)
{
	put_taken(p, STYLE_HEADER_VALUE, 0, g_strdup_printf("%s %s", label, value));
}

static void
put_cert(Paper *p, const PeerCert *c, guint n, gint64 clock)
{
	g_autofree char *from = peer_when(c->from), *until = peer_when(c->until);
	g_autofree char *names = c->names && *c->names ? g_strjoinv(", ", c->names) : NULL;

	put_taken(p, STYLE_HEADLINE, 0, n == 0 ? g_strdup(_("Certificate of the server")) : g_strdup_printf(_("Certificate %u of the chain"), n + 1));
	put_field(p, _("Belongs to:"), *c->subject ? c->subject : "-");
	if (n == 0)
		put_field(p, _("Names:"), names ? names : "-");
	put_field(p, _("Issued by:"), c->self_signed ? _("itself") : *c->issuer ? c->issuer : "-");
	put_taken(p, c->until <= clock || c->from > clock ? STYLE_WARN : STYLE_HEADER_VALUE, 0,
		g_strdup_printf(_("Valid from %s until %s"), from, until));
	put_fingerprint(p, _("SHA-256 of the certificate:"), c->fingerprint);
	if (n == 0)
		put_fingerprint(p, _("SHA-256 of its key:"), c->key_fingerprint);
	put_field(p, _("Key:"), c->key);
	put_field(p, _("Signed with:"), c->signature);
	put_field(p, _("Serial number:"), c->serial);
	gap(p);
}

GArray *
certview_lines(const Peer *peer, const Pin *accepted, const char *advice, int columns)
{
	Paper p = { g_array_new(FALSE, FALSE, sizeof(CertLine)), columns };
	g_autofree char *clock = peer_when(peer->clock);
	const PeerCert *first = peer->chain->len ? g_ptr_array_index(peer->chain, 0) : NULL;

	g_array_set_clear_func(p.lines, line_clear);
	put_wrongs(&p, peer);
	if (peer->pin == PEER_PIN_CHANGED && first)
		put_two_keys(&p, peer, first->key_fingerprint);
	put_accepted(&p, peer, accepted);
	if (advice) {
		put(&p, STYLE_NOTE, 0, advice);
		gap(&p);
	}
	put_taken(&p, STYLE_NORMAL, 0, g_strdup_printf(_("The clock of this computer says %s."), clock));
	gap(&p);
	for (guint i = 0; i < peer->chain->len; i++)
		put_cert(&p, g_ptr_array_index(peer->chain, i), i, peer->clock);
	if (peer->version)
		put_field(&p, _("Protocol:"), peer->version);
	return p.lines;
}

void
certview_draw(const GArray *lines, guint top, Canvas *c, Rect r)
{
	canvas_fill(c, r, STYLE_NORMAL);
	for (int row = 0; row < r.h && top + (guint)row < lines->len; row++) {
		const CertLine *line = &g_array_index(lines, CertLine, top + (guint)row);
		if (line->text)
			canvas_put(c, r.y + row, r.x, r.w, line->style, PUT_CUT, line->text);
	}
}

bool
certview_typed_fits(const Peer *p, const char *typed)
{
	const PeerCert *c = p->chain->len ? g_ptr_array_index(p->chain, 0) : NULL;
	g_autoptr(GString) digits = g_string_new(NULL);

	for (; *typed; typed++)
		if (!strchr(" :\t", *typed))
			g_string_append_c(digits, g_ascii_tolower(*typed));
	return c && digits->len >= TYPED_LEAST && (g_str_has_prefix(c->fingerprint, digits->str) || g_str_has_prefix(c->key_fingerprint, digits->str));
}
