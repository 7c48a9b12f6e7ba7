/* change.c - tells when this computer's addresses change.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Links go up and down with every breath of a radio; addresses are what a connection hangs on, so only they are watched. */
#include "config.h"
#include "net/change.h"

#include <glib-unix.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#endif

#define SETTLE_MS 500	/* an address comes with routes and a second address behind it */

struct NetChange {
	GMainContext *context;	/* borrowed */
	void (*changed)(void *user);
	void *user;
	int fd;			/* -1: nothing is told */
	GSource *socket, *settle;	/* owned */
};

static void
clear_source(GSource **s)
{
	if (*s) {
		g_source_destroy(*s);
		g_source_unref(*s);
	}
	*s = NULL;
}

static gboolean
settled(gpointer user)
{
	NetChange *n = user;
	clear_source(&n->settle);
	n->changed(n->user);
	return G_SOURCE_REMOVE;
}

#ifdef __linux__
static gboolean
readable(gint fd, GIOCondition condition, gpointer user)
{
	NetChange *n = user;
	char buffer[8192];

	/* what exactly it was does not matter */
	while (recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
		;
	if (condition & (G_IO_HUP | G_IO_NVAL)) {
		clear_source(&n->socket);
		return G_SOURCE_REMOVE;
	}
	if (!n->settle) {
		n->settle = g_timeout_source_new(SETTLE_MS);
		g_source_set_callback(n->settle, settled, n, NULL);
		g_source_attach(n->settle, n->context);
	}
	return G_SOURCE_CONTINUE;
}

static int
listen_to_kernel(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&a, sizeof a) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}
#endif

NetChange *
net_change_new(GMainContext *context, void (*changed)(void *user), void *user)
{
	NetChange *n = g_new0(NetChange, 1);
	n->context = context;
	n->changed = changed;
	n->user = user;
	n->fd = -1;
#ifdef __linux__
	n->fd = listen_to_kernel();
	if (n->fd >= 0) {
		n->socket = g_unix_fd_source_new(n->fd, G_IO_IN);
		g_source_set_callback(n->socket, G_SOURCE_FUNC(readable), n, NULL);
		g_source_attach(n->socket, context);
	}
#endif
	return n;
}

/* Of a line of /proc/net/route or /proc/net/ipv6_route: interface and gateway of a way to everywhere. Yours; NULL: it is none. */
static char *
way_out(const char *line, bool v6)
{
	g_auto(GStrv) f = g_strsplit_set(line, " \t", -1);
	guint n = 0;

	for (guint i = 0; f[i]; i++)	/* in one table spaces, many, in the other tabs */
		if (*f[i])
			n++;
	if (v6)
		return n >= 10 && g_str_has_prefix(line, "00000000000000000000000000000000 00 ") && strspn(f[4], "0") < strlen(f[4]) ? g_strdup(f[4]) : NULL;
	return n >= 8 && !strcmp(f[1], "00000000") && strcmp(f[2], "00000000") ? g_strconcat(f[0], " ", f[2], NULL) : NULL;
}

char *
net_change_network(void)
{
	static const char *const files[] = { "/proc/net/route", "/proc/net/ipv6_route" };
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint v6 = 0; v6 < 2; v6++) {
		g_autofree char *text = NULL;
		if (!g_file_get_contents(files[v6], &text, NULL, NULL))
			continue;
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
		for (char **l = lines; *l; l++) {
			g_autofree char *way = way_out(*l, v6);
			if (way)
				g_checksum_update(sum, (const guchar *)way, -1);
		}
	}
	return g_strndup(g_checksum_get_string(sum), 12);
}

void
net_change_tell(NetChange *n)
{
	g_main_context_invoke_full(n->context, G_PRIORITY_DEFAULT, settled, n, NULL);
}

void
net_change_free(NetChange *n)
{
	if (!n)
		return;
	clear_source(&n->socket);
	clear_source(&n->settle);
	if (n->fd >= 0)
		close(n->fd);
	g_free(n);
}
