/* tcp.c - a connection to a host and port, by whichever address answers first.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "net/tcp.h"
#include "base/intl.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEXT_ADDRESS_MS 250	/* RFC 8305, 5 */
#define MAX_ADDRESSES 16

typedef struct { struct sockaddr_storage addr; socklen_t len; } Address;

/* What the resolver's thread and the connect share; freed by whoever comes last. */
typedef struct {
	GMutex lock;
	TcpConnect *owner;	/* NULL: nobody waits any more */
	GMainContext *context;	/* owned */
	char *host, *service;	/* owned */
	int result;		/* of getaddrinfo */
	GArray *found;		/* owned, of Address */
	int refs;		/* under lock */
} Lookup;

typedef struct { TcpConnect *owner; int fd; GSource *source; } Attempt;

struct TcpConnect {
	GMainContext *context;	/* borrowed */
	char *host;		/* owned */
	guint16 port;
	TcpDone done;
	TcpFound found;		/* instead of done: nothing is connected */
	void *user;
	Lookup *lookup;		/* one reference, until it answered */
	GArray *addresses;	/* owned, of Address, in the order to try */
	guint next;
	GPtrArray *attempts;	/* owned, of Attempt* */
	GSource *next_timer, *deadline;	/* owned */
	int last_errno;
};

/* ---- the resolver ---- */

static void
lookup_unref(Lookup *l)
{
	g_mutex_lock(&l->lock);
	bool last = --l->refs == 0;
	g_mutex_unlock(&l->lock);
	if (!last)
		return;
	g_mutex_clear(&l->lock);
	g_main_context_unref(l->context);
	g_array_unref(l->found);
	g_free(l->host);
	g_free(l->service);
	g_free(l);
}

static void
collect(GArray *found, const struct addrinfo *list)
{
	for (; list && found->len < MAX_ADDRESSES; list = list->ai_next) {
		Address a = { .len = list->ai_addrlen };
		if (a.len > sizeof a.addr)
			continue;
		memcpy(&a.addr, list->ai_addr, a.len);
		g_array_append_val(found, a);
	}
}

static int
resolve(const char *host, const char *service, int flags, GArray *found)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags }, *list = NULL;
	int result = getaddrinfo(host, service, &hints, &list);
	if (result == 0)
		collect(found, list);
	if (list)
		freeaddrinfo(list);
	return result;
}

static void resolved(TcpConnect *c, int result, const GArray *found);

static gboolean
lookup_answered(gpointer user)
{
	Lookup *l = user;
	TcpConnect *c = l->owner;	/* only the context's thread changes it */
	if (c) {
		l->owner = NULL;
		c->lookup = NULL;
		lookup_unref(l);
		resolved(c, l->result, l->found);
	}
	return G_SOURCE_REMOVE;
}

static gpointer
lookup_thread(gpointer user)
{
	Lookup *l = user;
	l->result = resolve(l->host, l->service, AI_ADDRCONFIG | AI_IDN, l->found);
	g_autoptr(GSource) answer = g_idle_source_new();
	g_source_set_priority(answer, G_PRIORITY_DEFAULT);
	g_source_set_callback(answer, lookup_answered, l, (GDestroyNotify)lookup_unref);
	g_source_attach(answer, l->context);	/* takes the thread's reference */
	return NULL;
}

static void
lookup_start(TcpConnect *c, const char *service)
{
	Lookup *l = g_new0(Lookup, 1);
	g_mutex_init(&l->lock);
	l->owner = c;
	l->context = g_main_context_ref(c->context);
	l->host = g_strdup(c->host);
	l->service = g_strdup(service);
	l->found = g_array_new(FALSE, FALSE, sizeof(Address));
	l->refs = 2;
	c->lookup = l;
	g_thread_unref(g_thread_new("resolver", lookup_thread, l));
}

/* ---- attempts ---- */

static void
attempt_free(gpointer p)
{
	Attempt *a = p;
	if (a->source) {
		g_source_destroy(a->source);
		g_source_unref(a->source);
	}
	if (a->fd >= 0)
		close(a->fd);
	g_free(a);
}

static void
clear_source(GSource **s)
{
	if (*s) {
		g_source_destroy(*s);
		g_source_unref(*s);
		*s = NULL;
	}
}

void
tcp_cancel(TcpConnect *c)
{
	if (!c)
		return;
	if (c->lookup) {
		c->lookup->owner = NULL;
		lookup_unref(c->lookup);
	}
	clear_source(&c->next_timer);
	clear_source(&c->deadline);
	g_ptr_array_unref(c->attempts);
	g_array_unref(c->addresses);
	g_free(c->host);
	g_free(c);
}

static void
finish(TcpConnect *c, int fd, GError *err)
{
	TcpDone done = c->done;
	TcpFound found = c->found;
	void *user = c->user;
	tcp_cancel(c);
	if (found)
		found(user, NULL, err);
	else
		done(user, fd, err);
	g_clear_error(&err);
}

static void
failed(TcpConnect *c, const char *why)
{
	finish(c, -1, g_error_new(EIL_ERROR, EIL_LATER, _("%s (port %u) can't be reached: %s"), c->host, c->port, why));
}

static void try_next(TcpConnect *c);

static void
attempt_failed(Attempt *a, int error)
{
	TcpConnect *c = a->owner;
	c->last_errno = error;
	g_ptr_array_remove(c->attempts, a);
	if (c->next < c->addresses->len)
		try_next(c);
	else if (c->attempts->len == 0)
		failed(c, g_strerror(c->last_errno));
}

static gboolean
attempt_ready(gint fd, GIOCondition condition, gpointer user)
{
	Attempt *a = user;
	int error = 0;
	socklen_t len = sizeof error;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		attempt_failed(a, error);
	} else {
		a->fd = -1;
		finish(a->owner, fd, NULL);
	}
	return G_SOURCE_REMOVE;
}

static gboolean
next_due(gpointer user)
{
	TcpConnect *c = user;
	clear_source(&c->next_timer);
	if (c->next < c->addresses->len)
		try_next(c);
	return G_SOURCE_REMOVE;
}

static void
tune(int fd)
{
	static const int on = 1, idle = 120, interval = 30, count = 4;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static void
try_next(TcpConnect *c)
{
	const Address *addr = &g_array_index(c->addresses, Address, c->next++);
	Attempt *a = g_new0(Attempt, 1);

	clear_source(&c->next_timer);
	a->owner = c;
	a->fd = socket(addr->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	g_ptr_array_add(c->attempts, a);
	if (a->fd < 0) {
		attempt_failed(a, errno);
		return;
	}
	tune(a->fd);
	if (connect(a->fd, (const struct sockaddr *)&addr->addr, addr->len) < 0 && errno != EINPROGRESS) {
		attempt_failed(a, errno);
		return;
	}
	a->source = g_unix_fd_source_new(a->fd, G_IO_OUT | G_IO_ERR | G_IO_HUP);
	g_source_set_callback(a->source, G_SOURCE_FUNC(attempt_ready), a, NULL);
	g_source_attach(a->source, c->context);
	if (c->next < c->addresses->len) {
		c->next_timer = g_timeout_source_new(NEXT_ADDRESS_MS);
		g_source_set_callback(c->next_timer, next_due, c, NULL);
		g_source_attach(c->next_timer, c->context);
	}
}

/* Families take turns, beginning with that of the resolver's first choice (RFC 8305, 4). */
static void
interleave(const GArray *found, GArray *order)
{
	guint i = 0, k = 0;
	if (found->len == 0)
		return;
	int first = g_array_index(found, Address, 0).addr.ss_family;
	bool want_first = true;
	while (i < found->len || k < found->len) {
		while (i < found->len && g_array_index(found, Address, i).addr.ss_family != first)
			i++;
		while (k < found->len && g_array_index(found, Address, k).addr.ss_family == first)
			k++;
		if ((want_first && i < found->len) || k >= found->len) {
			if (i < found->len)
				g_array_append_val(order, g_array_index(found, Address, i++));
		} else {
			g_array_append_val(order, g_array_index(found, Address, k++));
		}
		want_first = !want_first;
	}
}

static void
tell_found(TcpConnect *c)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
	TcpFound found = c->found;
	void *user = c->user;

	for (guint i = 0; i < c->addresses->len; i++) {
		const Address *a = &g_array_index(c->addresses, Address, i);
		char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
		if (!getnameinfo((const struct sockaddr *)&a->addr, a->len, text, sizeof text, NULL, 0, NI_NUMERICHOST))
			g_ptr_array_add(list, g_strdup(text));
	}
	g_ptr_array_add(list, NULL);
	tcp_cancel(c);
	found(user, (const char *const *)list->pdata, NULL);
}

static void
resolved(TcpConnect *c, int result, const GArray *found)
{
	if (result != 0 || found->len == 0) {
		finish(c, -1, g_error_new(EIL_ERROR, EIL_LATER, _("The address of %s can't be found: %s"), c->host,
			result ? gai_strerror(result) : _("it has none")));
		return;
	}
	interleave(found, c->addresses);
	if (c->found)
		tell_found(c);
	else
		try_next(c);
}

static gboolean
deadline_passed(gpointer user)
{
	TcpConnect *c = user;
	if (c->found)
		finish(c, -1, g_error_new(EIL_ERROR, EIL_LATER, _("The address of %s can't be found: %s"), c->host, _("no answer in time")));
	else
		failed(c, _("no answer in time"));
	return G_SOURCE_REMOVE;
}

/* A literal needs no thread, but done must not be called before tcp_connect returned. */
static gboolean
literal_begin(gpointer user)
{
	TcpConnect *c = user;
	clear_source(&c->next_timer);
	if (c->found)
		tell_found(c);
	else
		try_next(c);
	return G_SOURCE_REMOVE;
}

/* A literal, or localhost, which means this computer whatever a resolver says or has not been told (RFC 6761, 6.3). */
static bool
without_lookup(const char *host, const char *service, GArray *addresses)
{
	if (!g_ascii_strcasecmp(host, "localhost")) {
		resolve("127.0.0.1", service, AI_NUMERICHOST | AI_NUMERICSERV, addresses);
		resolve("::1", service, AI_NUMERICHOST | AI_NUMERICSERV, addresses);
	} else {
		resolve(host, service, AI_NUMERICHOST | AI_NUMERICSERV, addresses);
	}
	return addresses->len > 0;
}

static TcpConnect *
begin(const char *host, guint16 port, GMainContext *context, TcpDone done, TcpFound found, void *user)
{
	TcpConnect *c = g_new0(TcpConnect, 1);
	char service[8];

	c->context = context;
	c->host = g_strdup(host);
	c->port = port;
	c->done = done;
	c->found = found;
	c->user = user;
	c->addresses = g_array_new(FALSE, FALSE, sizeof(Address));
	c->attempts = g_ptr_array_new_with_free_func(attempt_free);
	c->deadline = g_timeout_source_new(DEADLINE_CONNECT_MS);
	g_source_set_callback(c->deadline, deadline_passed, c, NULL);
	g_source_attach(c->deadline, context);
	g_snprintf(service, sizeof service, "%u", port);
	if (without_lookup(host, service, c->addresses)) {
		c->next_timer = g_idle_source_new();
		g_source_set_priority(c->next_timer, G_PRIORITY_DEFAULT);
		g_source_set_callback(c->next_timer, literal_begin, c, NULL);
		g_source_attach(c->next_timer, context);
	} else {
		lookup_start(c, service);
	}
	return c;
}

TcpConnect *
tcp_connect(const char *host, guint16 port, GMainContext *context, TcpDone done, void *user)
{
	return begin(host, port, context, done, NULL, user);
}

TcpConnect *
tcp_lookup(const char *host, GMainContext *context, TcpFound found, void *user)
{
	return begin(host, 0, context, NULL, found, user);
}

/* ---- the socket as the lowest layer ---- */

typedef struct { Filter filter; int fd; } TcpFilter;

static gssize
outcome(gssize n, GError **err)
{
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return FILTER_AGAIN;
	g_set_error(err, EIL_ERROR, EIL_LATER, _("The connection broke: %s"), g_strerror(errno));
	return FILTER_ERROR;
}

static gssize
tcp_read(Filter *f, void *buffer, gsize size, GError **err)
{
	return outcome(recv(((TcpFilter *)f)->fd, buffer, size, 0), err);
}

static gssize
tcp_write(Filter *f, const void *data, gsize len, GError **err)
{
	return outcome(send(((TcpFilter *)f)->fd, data, len, MSG_NOSIGNAL), err);
}

static void
tcp_free(Filter *f)
{
	close(((TcpFilter *)f)->fd);
	g_free(f);
}

Filter *
tcp_filter_new(int fd)
{
	TcpFilter *t = g_new0(TcpFilter, 1);
	t->fd = fd;
	t->filter = (Filter){ .read = tcp_read, .write = tcp_write, .free = tcp_free };
	return &t->filter;
}
