/* certview.c - tests of ui/view/certview: a server's certificate and what is wrong with it, on a canvas.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/theme.h"
#include "ui/view/certview.h"

#include <locale.h>
#include <string.h>

#define CERT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY "0f3a81c2445566778899aabbccddeeff0f3a81c2445566778899aabbccddeeff"
#define OLD "abababab445566778899aabbccddeeffabababab445566778899aabbccddeeff"

enum { NOW = 1795824000 };	/* 2026-11-28 00:00 UTC */

static Peer *
peer(guint wrong)
{
	Peer *p = peer_new("mail.example.org", 993);
	PeerCert *c = peer_add(p);
	const char *const names[] = { "mail.example.org", "*.example.net", NULL };

	p->clock = NOW;
	p->wrong = wrong;
	p->version = g_strdup("TLS1.3");
	*c = (PeerCert){ .subject = g_strdup("CN=mail.example.org"), .issuer = g_strdup("CN=Nobody \x1b[31mred\xe2\x80\xae"), .names = g_strdupv((char **)names),
		.serial = g_strdup("01"), .fingerprint = g_strdup(CERT), .key_fingerprint = g_strdup(KEY), .key = g_strdup("RSA 2048 bits"),
		.signature = g_strdup("RSA-SHA256"), .from = NOW - 20 * 86400, .until = NOW - 86400 };
	return p;
}

static char *
picture(const Peer *p, const Pin *pin, int rows, int cols)
{
	g_autoptr(Canvas) c = canvas_new(rows, cols);
	g_autoptr(GArray) lines = certview_lines(p, pin, "Ask her.", cols);
	certview_draw(lines, 0, c, canvas_rect(c));
	return canvas_text(c);
}

static void
has(const char *text, const char *what)
{
	if (!strstr(text, what))
		g_error("not there: %s\n%s", what, text);
}

/* T10: both dates and the clock; all that is wrong, not only the first thing. */
static void
refused(void)
{
	g_autoptr(Peer) p = peer(PEER_EXPIRED | PEER_UNTRUSTED);
	g_autofree char *text = picture(p, NULL, 60, 200);

	has(text, "The certificate of mail.example.org has expired: it was valid from 2026-11-08 00:00 until 2026-11-27 00:00; the clock here says 2026-11-28 00:00.");
	has(text, "was issued by somebody that this computer does not trust");
	has(text, "No password was sent.");
	has(text, "Ask her.");
	has(text, "Names: mail.example.org, *.example.net");
	has(text, "  0f3a 81c2 4455 6677 8899 aabb ccdd eeff 0f3a 81c2 4455 6677 8899 aabb ccdd eeff");
	has(text, "  0011 2233 4455 6677 8899 aabb ccdd eeff 0011 2233");
	g_assert_null(strchr(text, 0x1b));
	g_assert_null(strstr(text, "\xe2\x80\xae"));
}

/* T9: at 50 columns, and still at 44, old and new stand in the same row. */
static void
changed(void)
{
	g_autoptr(Peer) p = peer(0);
	p->pin = PEER_PIN_CHANGED;
	p->pinned = g_strdup(OLD);
	p->pinned_until = NOW + 86400;
	for (int cols = 44; cols <= 50; cols += 6) {
		g_autofree char *text = picture(p, NULL, 60, cols);
		has(text, "abab abab 4455 6677    0f3a 81c2 4455 6677\n8899 aabb ccdd eeff    8899 aabb ccdd eeff");
		has(text, "another key");
		has(text, "Apart from that");
		has(text, "  0011 2233 4455 6677 8899 aabb ccdd eeff\n  0011");
	}
}

static void
accepted(void)
{
	g_autoptr(Peer) p = peer(PEER_EXPIRED);
	Pin *pin = pin_new("mail.example.org", 993, KEY, NOW + 2 * 86400, PEER_EXPIRED);
	g_autoptr(GPtrArray) pins = pins_new();
	g_ptr_array_add(pins, pin);
	peer_judge(p, pins);
	g_assert_false(peer_refused(p));
	g_autofree char *text = picture(p, pin, 60, 100);
	has(text, "You made an exception for that.");
	has(text, "You accepted this server's key until 2026-11-29 23:59");
	g_assert_null(strstr(text, "No password was sent"));
}

static void
typed(void)
{
	static const struct { const char *text; bool fits; } ROWS[] = {
		{ "", false }, { "y", false }, { "0f3a81c", false }, { "0f3a81c2", true }, { "0F3A 81C2", true }, { "0f:3a:81:c2:44", true },
		{ "00112233", true }, { "01112233", false }, { "0f3a81c3", false }, { KEY, true }, { KEY "0", false }, { "abababab", false }, { "        ", false },
	};
	g_autoptr(Peer) p = peer(PEER_UNTRUSTED), empty = peer_new("x", 1);
	for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
		g_assert_cmpint(certview_typed_fits(p, ROWS[i].text), ==, ROWS[i].fits);
		g_assert_false(certview_typed_fits(empty, ROWS[i].text));
	}
}

static void
any_size(void)
{
	g_autoptr(Peer) p = peer(0x3ff);
	p->pin = PEER_PIN_CHANGED;
	p->pinned = g_strdup(OLD);
	for (int rows = 1; rows < 50; rows += 7)
		for (int cols = 1; cols < 130; cols += 9) {
			g_autofree char *text = picture(p, NULL, rows, cols);
			g_assert_nonnull(text);
		}
}

int
main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/certview/T10/refused", refused);
	g_test_add_func("/certview/T9/changed", changed);
	g_test_add_func("/certview/T9/accepted", accepted);
	g_test_add_func("/certview/T10/typed", typed);
	g_test_add_func("/certview/any-size", any_size);
	return g_test_run();
}
