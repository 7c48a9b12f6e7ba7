/* peer.h - what a server showed of itself while the connection was secured, as plain values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Made by net/tls, never changed after; shared between threads by reference. All texts come from strangers: clean them
 * before they are shown. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What is wrong with it. */
typedef enum {
	PEER_UNTRUSTED = 1 << 0,	/* nobody who is trusted here vouches for it, or it signed itself */
	PEER_EXPIRED = 1 << 1,
	PEER_NOT_YET = 1 << 2,
	PEER_WRONG_NAME = 1 << 3,	/* by subjectAltName only */
	PEER_WEAK = 1 << 4,		/* key too short, or signed in a way that can be forged */
	/* the above can be waived by a pin, the rest can't */
	PEER_WRONG_USE = 1 << 5,	/* not made for servers */
	PEER_BAD_CHAIN = 1 << 6,	/* an issuer signed what it must not */
	PEER_REVOKED = 1 << 7,
	PEER_NO_STATUS = 1 << 8,	/* it must bring its issuer's word that it is not revoked (RFC 7633), and did not */
	PEER_UNREADABLE = 1 << 9,
} PeerWrong;
#define PEER_WAIVABLE 0x1f

/* A key that the person accepted for one server of one account, after comparing its fingerprint (RELIABILITY T9). */
typedef struct {
	char *host;		/* owned; as in the account's settings */
	guint16 port;
	char *key;		/* owned: SHA-256 of the public key (SPKI), 64 small hex digits */
	gint64 until;		/* Unix seconds: nothing is waived any more from then on */
	guint waives;		/* PeerWrong bits that were wrong when it was accepted; 0: nothing was */
} Pin;
Pin *pin_new(const char *host, guint16 port, const char *key, gint64 until, guint waives);
void pin_free(gpointer pin);
GPtrArray *pins_new(void);	/* of Pin*, owned */

typedef enum {
	PEER_NOT_PINNED,
	PEER_PINNED,		/* its key is one that was accepted */
	PEER_PIN_CHANGED,	/* another key was accepted: blocked, whatever the rest says */
	PEER_PIN_ENDED,		/* one was accepted, but its time is over */
} PeerPin;

typedef struct {
	char *subject, *issuer;	/* owned, as all here; RFC 4514 */
	char **names;		/* of subjectAltName: DNS names, addresses */
	char *serial;		/* hex */
	char *fingerprint;	/* SHA-256 of the certificate, 64 small hex digits */
	char *key_fingerprint;	/* of its public key (SPKI) */
	char *key, *signature;	/* "RSA 2048 bits", "RSA-SHA256" */
	gint64 from, until;	/* Unix seconds */
	bool self_signed;
} PeerCert;

typedef struct {
	char *host;		/* as it was asked for */
	guint16 port;
	GPtrArray *chain;	/* of PeerCert*: the server's first; empty: it showed none, or none that can be read */
	guint wrong, waived;	/* PeerWrong bits; waived: by a pin that fits */
	PeerPin pin;
	char *pinned;		/* fingerprint of the key that was accepted; NULL: none */
	gint64 pinned_until;	/* Unix seconds */
	gint64 clock;		/* of this computer, when it was looked at: Unix seconds */
	char *version;		/* "TLS1.3"; NULL: not known yet */
} Peer;

Peer *peer_new(const char *host, guint16 port);	/* one reference */
Peer *peer_ref(const Peer *p);
void peer_unref(const Peer *p);	/* NULL is fine */
PeerCert *peer_add(Peer *p);	/* to the chain, while it is made; borrowed */
void peer_judge(Peer *p, const GPtrArray *pins /* of Pin*; may be NULL */);	/* sets pin, pinned, waived by the others */
bool peer_refused(const Peer *p);	/* nothing was sent to it */
bool peer_pinnable(const Peer *p);	/* a pin would let it in */

/* Whole translated sentences; foreign names in them are not cleaned. Yours. */
char *peer_sentence(const Peer *p);	/* why it was refused: the gravest; NULL: it was not */
char *peer_wrong_text(const Peer *p, PeerWrong wrong);	/* one bit */
char *peer_when(gint64 unix_s);	/* day and time, here */
char *peer_names(const PeerCert *c);	/* "a, b and 3 more"; NULL: none */
/* 64 digits as "0f3a 81c2 …" in groups of four. Yours. */
char *peer_grouped(const char *hex);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peer, peer_unref)
