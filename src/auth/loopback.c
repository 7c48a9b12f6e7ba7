/* loopback.c - where the browser comes back to.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Any program of this computer may knock: what comes is bounded in size, number and time, and is believed only if it
 * brings the state that was sent out (grant_redirect). */
#include "config.h"
#include "auth/loopback.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VISITORS = 8, VISIT_S = 10 };

typedef struct {
	Loopback *home;		/* borrowed */
	int fd;
	GSource *source, *deadline;	/* owned */
	GByteArray *request;	/* owned; wiped */
	char *answer;		/* owned; NULL: the request is not whole */
	gsize answered;
} Visitor;

struct Loopback {
	GMainContext *context;	/* a reference */
	char *path, *redirect;	/* owned */
	LoopbackCame came;
	void *user;
	int fd[2];		/* -1: not there */
	GSource *source[2];	/* owned */
	GPtrArray *visitors;	/* owned, of Visitor* */
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
visitor_free(gpointer p)
{
	Visitor *v = p;
	clear_source(&v->source);
	clear_source(&v->deadline);
	close(v->fd);
	explicit_bzero(v->request->data, v->request->len);
	g_byte_array_unref(v->request);
	g_free(v->answer);
	g_free(v);
}

static void
leave(Visitor *v)
{
	g_ptr_array_remove_fast(v->home->visitors, v);
}

/* ---- one request ---- */

static char *
page(const char *status, const char *sentence)
{
	g_autofree char *text = g_markup_escape_text(sentence, -1);
	g_autofree char *html = g_strdup_printf("<!doctype html><html><head><meta charset=\"utf-8\"><title>eilpost</title></head>"
		"<body style=\"font: 1.3em sans-serif; margin: 4em\"><p>%s</p></body></html>\n", text);
	return g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %u\r\nCache-Control: no-store\r\n"
		"Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n%s",
		status, (guint)strlen(html), html);
}

static char *
answer_to(Loopback *l, const char *request)
{
	const char *end = strchr(request, '\r');
	g_autofree char *line = g_strndup(request, end ? (gsize)(end - request) : 0);
	g_auto(GStrv) words = g_strsplit(line, " ", 4);
	char *answer;

	if (g_strv_length(words) != 3 || strcmp(words[0], "GET") || !g_str_has_prefix(words[2], "HTTP/1."))
		answer = page("400 Bad Request", _("This is not a question that eilpost answers."));
	else if (strncmp(words[1], l->path, strlen(l->path)) || (words[1][strlen(l->path)] && words[1][strlen(l->path)] != '?'))
		answer = page("404 Not Found", _("There is nothing here."));
	else if (l->came(l->user, words[1]))
		answer = page("200 OK", _("eilpost has what it needs. You can close this window and go back to it."));
	else
		answer = page("400 Bad Request", _("This does not answer the sign-in that eilpost waits for. Begin it anew in eilpost."));
	explicit_bzero(line, strlen(line));
	for (char **w = words; *w; w++)
		explicit_bzero(*w, strlen(*w));
	return answer;
}

static gboolean
on_time(gpointer user)
{
	leave(user);
	return G_SOURCE_REMOVE;
}

static gboolean on_visitor(gint fd, GIOCondition condition, gpointer user);

static void
watch(Visitor *v, GIOCondition condition)
{
	clear_source(&v->source);
	v->source = g_unix_fd_source_new(v->fd, condition);
	g_source_set_callback(v->source, G_SOURCE_FUNC(on_visitor), v, NULL);
	g_source_attach(v->source, v->home->context);
}

static void
write_on(Visitor *v)
{
	gsize len = strlen(v->answer);
	gssize n = send(v->fd, v->answer + v->answered, len - v->answered, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	v->answered += n > 0 ? (gsize)n : 0;
	if (n <= 0 || v->answered == len) {
		shutdown(v->fd, SHUT_WR);
		leave(v);
	}
}

static void
read_on(Visitor *v)
{
	char buffer[4096];
	gssize n = recv(v->fd, buffer, sizeof buffer, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || v->request->len + (gsize)n > LIMIT_REDIRECT || memchr(buffer, 0, (gsize)n)) {
		leave(v);
		return;
	}
	g_byte_array_append(v->request, (const guint8 *)buffer, (guint)n);
	explicit_bzero(buffer, sizeof buffer);
	v->request->data[v->request->len] = 0;
	if (!strstr((const char *)v->request->data, "\r\n\r\n"))
		return;
	v->answer = answer_to(v->home, (const char *)v->request->data);
	watch(v, G_IO_OUT);
}

static gboolean
on_visitor(gint fd, GIOCondition condition, gpointer user)
{
	Visitor *v = user;
	if (v->answer)
		write_on(v);
	else
		read_on(v);
	return G_SOURCE_CONTINUE;
}

static gboolean
on_knock(gint fd, GIOCondition condition, gpointer user)
{
	Loopback *l = user;
	int one = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (one < 0)
		return G_SOURCE_CONTINUE;
	if (l->visitors->len >= VISITORS) {
		close(one);
		return G_SOURCE_CONTINUE;
	}
	Visitor *v = g_new0(Visitor, 1);
	v->home = l;
	v->fd = one;
	v->request = g_byte_array_sized_new(LIMIT_REDIRECT + 1);	/* a code is in it: it must not leave copies behind */
	v->deadline = g_timeout_source_new_seconds(VISIT_S);
	g_source_set_callback(v->deadline, on_time, v, NULL);
	g_source_attach(v->deadline, l->context);
	g_ptr_array_add(l->visitors, v);
	watch(v, G_IO_IN);
	return G_SOURCE_CONTINUE;
}

/* ---- the door ---- */

/* *port 0: any, and *port says which. */
static int
listen_on(int family, int *port)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((guint16)*port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = htons((guint16)*port) };
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t len = family == AF_INET ? sizeof four : sizeof six;
	int on = 1, fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, address, len) != 0 || listen(fd, VISITORS) != 0 || getsockname(fd, address, &len) != 0) {
		close(fd);
		return -1;
	}
	*port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return fd;
}

static void
open_door(Loopback *l, int i, int fd)
{
	l->fd[i] = fd;
	if (fd < 0)
		return;
	l->source[i] = g_unix_fd_source_new(fd, G_IO_IN);
	g_source_set_callback(l->source[i], G_SOURCE_FUNC(on_knock), l, NULL);
	g_source_attach(l->source[i], l->context);
}

Loopback *
loopback_new(GMainContext *context, const char *redirect, LoopbackCame came, void *user, GError **err)
{
	g_autoptr(GUri) uri = g_uri_parse(redirect, G_URI_FLAGS_ENCODED, NULL);
	const char *host = uri ? g_uri_get_host(uri) : NULL;
	bool six = host && !strcmp(host, "::1"), named = host && !g_ascii_strcasecmp(host, "localhost");
	int port = uri ? MAX(g_uri_get_port(uri), 0) : 0, main_fd = -1;

	if (host && !strcmp(g_uri_get_scheme(uri), "http") && (six || named || !strcmp(host, "127.0.0.1")))
		main_fd = listen_on(six ? AF_INET6 : AF_INET, &port);
	else
		errno = EADDRNOTAVAIL;
	if (main_fd < 0) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("eilpost can't wait for the browser at %s: %s"), redirect, g_strerror(errno));
		return NULL;
	}
	Loopback *l = g_new0(Loopback, 1);
	l->context = g_main_context_ref(context);
	l->path = g_strdup(*g_uri_get_path(uri) ? g_uri_get_path(uri) : "/");
	/* the path as it was registered: "http://localhost" and "http://localhost/" are two for some */
	l->redirect = g_strdup_printf(six ? "http://[%s]:%d%s" : "http://%s:%d%s", host, port, g_uri_get_path(uri));
	l->came = came;
	l->user = user;
	l->visitors = g_ptr_array_new_with_free_func(visitor_free);
	l->fd[1] = -1;
	open_door(l, 0, main_fd);
	if (named)	/* the browser may take either meaning */
		open_door(l, 1, listen_on(AF_INET6, &port));
	return l;
}

void
loopback_free(Loopback *l)
{
	if (!l)
		return;
	for (int i = 0; i < 2; i++) {
		clear_source(&l->source[i]);
		if (l->fd[i] >= 0)
			close(l->fd[i]);
	}
	/* the page that says it worked is short, and the socket's buffer takes it at once */
	for (guint i = 0; i < l->visitors->len; i++) {
		Visitor *v = g_ptr_array_index(l->visitors, i);
		if (v->answer)
			(void)!send(v->fd, v->answer + v->answered, strlen(v->answer) - v->answered, MSG_NOSIGNAL);
	}
	g_ptr_array_unref(l->visitors);
	g_main_context_unref(l->context);
	g_free(l->path);
	g_free(l->redirect);
	g_free(l);
}

const char *
loopback_redirect(const Loopback *l)
{
	return l->redirect;
}
