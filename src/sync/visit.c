/* visit.c - the visitor's side of an engine's socket.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "sync/door.h"
#include "base/intl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
knock(const char *path, GError **err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) < sizeof address.sun_path) {
		strcpy(address.sun_path, path);
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	g_set_error(err, EIL_ERROR, EIL_LATER, _("Another eilpost has the mail store, and it does not answer."));
	return -1;
}

static bool
tell(int fd, const void *data, gsize len, GError **err)
{
	const char *at = data;
	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			g_set_error(err, EIL_ERROR, EIL_LATER, _("The other eilpost hung up: %s"), g_strerror(errno));
			return false;
		}
		at += n;
		len -= (gsize)n;
	}
	return true;
}

/* The number behind "ok"; -1: err. */
static gint64
listen_to(int fd, GError **err)
{
	g_autoptr(GString) line = g_string_new(NULL);
	char c;
	ssize_t n;

	while (line->len < 8192 && ((n = read(fd, &c, 1)) > 0 || (n < 0 && errno == EINTR))) {
		if (n < 0)
			continue;
		if (c == '\n') {
			if (g_str_has_prefix(line->str, "ok "))
				return g_ascii_strtoll(line->str + 3, NULL, 10);
			g_set_error_literal(err, EIL_ERROR, EIL_REFUSED, line->len > 3 ? line->str + 3 : _("It was refused."));
			return -1;
		}
		g_string_append_c(line, c);
	}
	g_set_error(err, EIL_ERROR, EIL_LATER, _("The other eilpost ended before it answered."));
	return -1;
}

bool
door_check(const char *path, GError **err)
{
	int fd = knock(path, err);
	bool ok = fd >= 0 && tell(fd, "check\n", 6, err) && listen_to(fd, err) >= 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

gint64
door_queue(const char *path, GBytes *message, const char *const *recipients, const char *sender, GError **err)
{
	g_autofree char *list = recipients ? g_strjoinv("\n", (char **)recipients) : g_strdup("");
	gsize len, from = sender ? strlen(sender) : 0;
	const void *data = g_bytes_get_data(message, &len);
	g_autofree char *head = g_strdup_printf("queue %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT "\n%s%s",
		from, strlen(list), len, sender ? sender : "", list);
	int fd = knock(path, err);
	gint64 row = fd >= 0 && tell(fd, head, strlen(head), err) && tell(fd, data, len, err) ? listen_to(fd, err) : -1;
	if (fd >= 0)
		close(fd);
	return MAX(row, 0);
}
