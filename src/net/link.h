/* link.h - the pump: a connection from name to bytes, in one GMainContext.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * TCP, TLS (at once or later), compression; at most 256 KiB are read in a turn, all waiting output goes in one write.
 * All callbacks come in the context's thread; link_close may be called in each of them. */
#pragma once

#include "base/error.h"
#include "base/target.h"

typedef struct Link Link;

typedef enum { LINK_TCP, LINK_TLS_HANDSHAKE, LINK_OPEN } LinkStage;

typedef struct {
	void (*stage)(void *user, LinkStage stage);
	void (*opened)(void *user);	/* bytes may go; with SECURITY_TLS: the peer is verified */
	void (*tls_started)(void *user);	/* after link_start_tls */
	bool (*feed)(void *user, const guint8 *data, gsize len);	/* false: don't read on in this turn (or closed) */
	const guint8 *(*output)(void *user, gsize *len);	/* what is to be written; borrowed until the next call */
	void (*taken)(void *user, gsize n);
	/* The end, once; err NULL: the peer closed in order. The link still has to be freed by link_close. */
	void (*closed)(void *user, const GError *err);
} LinkClient;

Link *link_open(const LinkTarget *target, GMainContext *context, const LinkClient *client, void *user);
void link_kick(Link *l);	/* output waits */
/* All output must have been taken and everything read: bytes that wait undecrypted behind the peer's OK are an attack (T2). */
bool link_start_tls(Link *l, GError **err);
void link_start_deflate(Link *l, GBytes *first);	/* first: what the client was given already of the compressed stream; NULL: nothing */
void link_close(Link *l);
/* What the peer showed in the handshake; borrowed until link_close; NULL: nothing (yet). Also when it was refused, in `closed`. */
const Peer *link_peer(const Link *l);
guint64 link_bytes_in(const Link *l);	/* as the client gets them, without TLS */
guint64 link_bytes_out(const Link *l);
