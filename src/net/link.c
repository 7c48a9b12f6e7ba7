/* link.c - the pump.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One source watches the socket; a second, without descriptor, makes the next turn when bytes wait inside a layer or
 * output was announced. The link is freed only when no callback of its own is on the stack. */
#include "config.h"
#include "net/link.h"
#include "net/deflate.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/secret.h"

#include <glib-unix.h>
#include <sys/socket.h>

#define READ_AT_ONCE (64 * KIB)
#define READ_TURN (256 * KIB)

struct Link {
	LinkClient client;
	void *user;
	GMainContext *context;	/* borrowed */
	char *host, *ca_file;	/* owned */
	guint16 port;
	GPtrArray *pins;	/* shared; NULL: none */
	char *client_cert, *client_key;	/* owned; NULL: none */
	Secret *key_phrase;	/* owned; NULL: none */
	Peer *peer;		/* owned; NULL: none yet */
	Security security;
	TcpConnect *connecting;	/* owned until it answers */
	Filter *top;		/* owned chain */
	int fd;			/* borrowed from the chain; -1: none */
	GSource *socket, *turn, *deadline;	/* owned */
	gpointer tag;		/* of the descriptor in `socket` */
	bool handshaking, later, closed, dead;
	guint depth;		/* callbacks on the stack */
	guint64 in, out;
	guint8 *buffer;		/* owned, READ_AT_ONCE */
};

static void
clear_source(GSource **s)
{
	if (*s) {
		g_source_destroy(*s);
		g_source_unref(*s);
		*s = NULL;
	}
}

static void
let_go(Link *l)
{
	g_clear_pointer(&l->connecting, tcp_cancel);
	clear_source(&l->socket);
	clear_source(&l->turn);
	clear_source(&l->deadline);
	g_clear_pointer(&l->top, filter_free);
	l->fd = -1;
}

static void
leave(Link *l)
{
	if (--l->depth > 0 || !l->dead)
		return;
	let_go(l);
	g_free(l->host);
	g_free(l->ca_file);
	g_free(l->client_cert);
	g_free(l->client_key);
	secret_free(l->key_phrase);
	g_clear_pointer(&l->pins, g_ptr_array_unref);
	peer_unref(l->peer);
	g_free(l->buffer);
	g_free(l);
}

void
link_close(Link *l)
{
	if (!l || l->dead)
		return;
	l->dead = l->closed = true;
	l->depth++;
	leave(l);
}

/* Ends it with err (taken; NULL: in order). */
static void
end(Link *l, GError *err)
{
	if (!l->closed) {
		l->closed = true;
		clear_source(&l->socket);
		clear_source(&l->turn);
		clear_source(&l->deadline);
		l->client.closed(l->user, err);
	}
	g_clear_error(&err);
}

static void
watch(Link *l, bool for_writing)
{
	if (l->socket)
		g_source_modify_unix_fd(l->socket, l->tag, G_IO_IN | G_IO_HUP | G_IO_ERR | (for_writing ? G_IO_OUT : 0));
}

static gboolean
deadline_passed(gpointer user)
{
	Link *l = user;
	l->depth++;
	end(l, g_error_new(EIL_ERROR, EIL_LATER, _("%s did not finish securing the connection in time."), l->host));
	leave(l);
	return G_SOURCE_REMOVE;
}

static void
stage(Link *l, LinkStage s)
{
	if (l->client.stage)
		l->client.stage(l->user, s);
}

static void
handshake(Link *l)
{
	GError *err = NULL;
	int result = l->top->handshake(l->top, &err);

	if (!l->peer)
		l->peer = tls_peer(l->top);
	if (result == FILTER_ERROR || result == FILTER_EOF) {
		end(l, err);
		return;
	}
	if (result == FILTER_AGAIN)
		return;
	l->handshaking = false;
	clear_source(&l->deadline);
	stage(l, LINK_OPEN);
	if (l->closed)
		return;
	if (l->later)
		l->client.tls_started(l->user);
	else
		l->client.opened(l->user);
}

static void
write_out(Link *l)
{
	while (!l->closed && !l->handshaking) {
		GError *err = NULL;
		gsize len = 0;
		const guint8 *data = l->client.output(l->user, &len);
		if (!data || len == 0) {
			/* a layer may hold bytes that the socket did not take */
			if (filter_unflushed(l->top) && l->top->write(l->top, "", 0, &err) == FILTER_ERROR)
				end(l, err);
			break;
		}
		gssize n = l->top->write(l->top, data, len, &err);
		if (n == FILTER_ERROR) {
			end(l, err);
			break;
		}
		if (n <= 0) {
			watch(l, true);
			return;
		}
		l->out += (guint64)n;
		l->client.taken(l->user, (gsize)n);
	}
	if (!l->closed)
		watch(l, filter_unflushed(l->top));
}

static void
read_in(Link *l)
{
	gsize got = 0;

	while (!l->closed && !l->handshaking && got < READ_TURN) {
		GError *err = NULL;
		gssize n = l->top->read(l->top, l->buffer, READ_AT_ONCE, &err);
		if (n == FILTER_AGAIN)
			break;
		if (n == FILTER_ERROR || n == FILTER_EOF) {
			end(l, err);
			return;
		}
		got += (gsize)n;
		l->in += (guint64)n;
		if (!l->client.feed(l->user, l->buffer, (gsize)n))
			break;
	}
	/* what waits inside TLS or zlib does not make the socket readable */
	if (!l->closed && !l->handshaking && filter_pending(l->top))
		g_source_set_ready_time(l->turn, 0);
}

static void
make_turn(Link *l)
{
	l->depth++;
	if (!l->closed && l->handshaking)
		handshake(l);
	if (!l->closed && !l->handshaking)
		read_in(l);
	if (!l->closed && !l->handshaking)
		write_out(l);
	leave(l);
}

static gboolean
socket_dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	make_turn(user);
	return G_SOURCE_CONTINUE;
}

static gboolean
socket_check(GSource *source)
{
	return FALSE;
}

typedef struct { GSource source; Link *link; gpointer tag; } SocketSource;

static gboolean
socket_ready(GSource *source)
{
	return g_source_query_unix_fd(source, ((SocketSource *)source)->tag) != 0;
}

static gboolean
socket_run(GSource *source, GSourceFunc callback, gpointer user)
{
	return socket_dispatch(source, callback, ((SocketSource *)source)->link);
}

static gboolean
turn_run(GSource *source, GSourceFunc callback, gpointer user)
{
	g_source_set_ready_time(source, -1);
	make_turn(((SocketSource *)source)->link);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs socket_funcs = { .check = socket_ready, .dispatch = socket_run };
static GSourceFuncs turn_funcs = { .check = socket_check, .dispatch = turn_run };

static bool
add_tls(Link *l, GError **err)
{
	Filter *below = g_steal_pointer(&l->top);
	TlsSetup setup = { .host = l->host, .port = l->port, .ca_file = l->ca_file, .pins = l->pins,
		.client_cert = l->client_cert, .client_key = l->client_key, .key_phrase = l->key_phrase ? secret_peek(l->key_phrase) : NULL };
	l->top = tls_open(below, &setup, err);
	if (!l->top)
		return false;
	l->handshaking = true;
	l->deadline = g_timeout_source_new(DEADLINE_TLS_MS);
	g_source_set_callback(l->deadline, deadline_passed, l, NULL);
	g_source_attach(l->deadline, l->context);
	stage(l, LINK_TLS_HANDSHAKE);
	g_source_set_ready_time(l->turn, 0);	/* our hello goes first */
	return true;
}

static void
connected(void *user, int fd, const GError *error)
{
	Link *l = user;
	GError *err = NULL;

	l->depth++;
	l->connecting = NULL;
	if (fd < 0) {
		end(l, g_error_copy(error));
		leave(l);
		return;
	}
	l->fd = fd;
	l->top = tcp_filter_new(fd);
	l->socket = g_source_new(&socket_funcs, sizeof(SocketSource));
	((SocketSource *)l->socket)->link = l;
	l->tag = ((SocketSource *)l->socket)->tag = g_source_add_unix_fd(l->socket, fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
	g_source_attach(l->socket, l->context);
	if (l->security == SECURITY_TLS) {
		if (!add_tls(l, &err))
			end(l, err);
	} else {
		stage(l, LINK_OPEN);
		if (!l->closed)
			l->client.opened(l->user);
	}
	leave(l);
}

Link *
link_open(const LinkTarget *target, GMainContext *context, const LinkClient *client, void *user)
{
	Link *l = g_new0(Link, 1);
	l->client = *client;
	l->user = user;
	l->context = context;
	l->host = g_strdup(target->host);
	l->ca_file = g_strdup(target->ca_file);
	l->port = target->port;
	l->pins = target->pins ? g_ptr_array_ref(target->pins) : NULL;
	l->client_cert = g_strdup(target->client_cert);
	l->client_key = g_strdup(target->client_key);
	l->key_phrase = target->key_phrase ? secret_new(target->key_phrase, -1) : NULL;
	l->security = target->security;
	l->fd = -1;
	l->buffer = g_malloc(READ_AT_ONCE);
	l->turn = g_source_new(&turn_funcs, sizeof(SocketSource));
	((SocketSource *)l->turn)->link = l;
	g_source_attach(l->turn, context);
	l->connecting = tcp_connect(target->host, target->port, context, connected, l);
	return l;
}

void
link_kick(Link *l)
{
	/* at once where no callback is on the stack: the bytes leave a turn earlier */
	if (!l->closed && l->top && !l->handshaking && l->depth == 0) {
		l->depth++;
		write_out(l);
		leave(l);
	} else if (!l->closed && l->turn) {
		g_source_set_ready_time(l->turn, 0);
	}
}

bool
link_start_tls(Link *l, GError **err)
{
	char byte;

	if (recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
		g_set_error(err, EIL_ERROR, EIL_REFUSED, _("%s sent something before the connection was secured; somebody may be tampering with it. No password was sent."), l->host);
		return false;
	}
	l->later = true;
	return add_tls(l, err);
}

void
link_start_deflate(Link *l, GBytes *first)
{
	l->top = deflate_open(g_steal_pointer(&l->top), first);
	if (filter_pending(l->top))
		g_source_set_ready_time(l->turn, 0);
}

const Peer *
link_peer(const Link *l)
{
	return l->peer;
}

guint64
link_bytes_in(const Link *l)
{
	return l->in;
}

guint64
link_bytes_out(const Link *l)
{
	return l->out;
}
