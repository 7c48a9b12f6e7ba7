/* door.c - the socket of an account's engine, the host's side.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The question is a line of words, then (for "queue") lengths and bytes:
 *
 *	check\n
 *	queue SENDER_LEN RECIPIENTS_LEN MESSAGE_LEN\n SENDER RECIPIENTS MESSAGE
 */
#include "config.h"
#include "sync/door.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { VISITORS = 8, HEAD = 128 };

typedef struct {
	Door *door;	/* borrowed */
	int fd;
	GSource *source;	/* owned */
	GByteArray *in;	/* owned */
	gint64 number;	/* of the letter that answers a queue; 0: none */
	bool checks, asked;
} Visitor;

struct Door {
	Engine *engine;	/* borrowed */
	char *path;	/* owned */
	int fd;
	GSource *source;	/* owned */
	GPtrArray *visitors;	/* owned, of Visitor* */
	gint64 numbers;	/* the last one given; below zero, so that the screen's own are others */
};

static void
visitor_free(gpointer p)
{
	Visitor *v = p;
	g_source_destroy(v->source);
	g_source_unref(v->source);
	g_byte_array_unref(v->in);
	close(v->fd);
	g_free(v);
}

/* One short line into an empty socket buffer: it does not block. */
static void
answer(Visitor *v, const char *word, const char *text)
{
	g_autofree char *line = g_strdup_printf("%s %s\n", word, text ? text : "");
	ssize_t n = send(v->fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n != (ssize_t)strlen(line))
		log_line(LOG_INFO, "door", "a visitor did not wait for the answer");
	g_ptr_array_remove(v->door->visitors, v);
}

static void
check(Visitor *v)
{
	v->asked = v->checks = true;
	engine_post(v->door->engine, request_new(REQ_CHECK));
}

/* True: the question was taken or refused; false: more of it must come. */
static bool
queue(Visitor *v, const char *line, gsize head)
{
	guint sender, recipients, message;

	if (sscanf(line, "queue %9u %9u %9u", &sender, &recipients, &message) != 3 || sender > LIMIT_HEADER ||
		recipients > LIMIT_HEADER || message > LIMIT_MESSAGE_STORED) {
		answer(v, "no", _("The question was not understood."));
		return true;
	}
	if (v->in->len < head + sender + recipients + message)
		return false;
	const char *at = (const char *)v->in->data + head;
	Request *r = request_new(REQ_SEND_RAW);
	r->text2 = sender ? g_strndup(at, sender) : NULL;
	r->text = g_strndup(at + sender, recipients);
	r->data = g_bytes_new(at + sender + recipients, message);
	r->when = v->number = --v->door->numbers;
	v->asked = true;
	engine_post(v->door->engine, r);
	return true;
}

static void
read_question(Visitor *v)
{
	const char *end = memchr(v->in->data, '\n', MIN(v->in->len, HEAD));

	if (!end) {
		if (v->in->len >= HEAD)
			answer(v, "no", _("The question was not understood."));
		return;
	}
	g_autofree char *line = g_strndup((const char *)v->in->data, (gsize)(end - (const char *)v->in->data));
	if (!strcmp(line, "check"))
		check(v);
	else if (g_str_has_prefix(line, "queue "))
		queue(v, line, strlen(line) + 1);
	else
		answer(v, "no", _("The question was not understood."));
}

static gboolean
visitor_ready(gint fd, GIOCondition condition, gpointer user)
{
	Visitor *v = user;
	guint8 buffer[64 * 1024];
	ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n <= 0 || v->in->len + (gsize)n > LIMIT_MESSAGE_STORED + MIB) {
		g_ptr_array_remove(v->door->visitors, v);	/* what it asked for is done nevertheless */
		return G_SOURCE_REMOVE;
	}
	if (v->asked)
		return G_SOURCE_CONTINUE;
	g_byte_array_append(v->in, buffer, (guint)n);
	read_question(v);
	return G_SOURCE_CONTINUE;
}

static gboolean
knock(gint fd, GIOCondition condition, gpointer user)
{
	Door *d = user;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client < 0)
		return G_SOURCE_CONTINUE;
	if (d->visitors->len >= VISITORS) {
		close(client);
		return G_SOURCE_CONTINUE;
	}
	Visitor *v = g_new0(Visitor, 1);
	v->door = d;
	v->fd = client;
	v->in = g_byte_array_new();
	v->source = g_unix_fd_source_new(client, G_IO_IN | G_IO_HUP | G_IO_ERR);
	g_source_set_callback(v->source, G_SOURCE_FUNC(visitor_ready), v, NULL);
	g_source_attach(v->source, d->engine->context);
	g_ptr_array_add(d->visitors, v);
	return G_SOURCE_CONTINUE;
}

void
door_heard(Door *d, const Letter *l)
{
	for (guint i = d ? d->visitors->len : 0; i > 0; i--) {
		Visitor *v = g_ptr_array_index(d->visitors, i - 1);
		if (v->checks && l->kind == LETTER_CHECKED) {
			answer(v, l->failed ? "no" : "ok", l->failed ? d->engine->last_trouble : "0");
		} else if (v->checks && l->kind == LETTER_STATE && (l->state == ENGINE_BLOCKED || l->state == ENGINE_WAITING)) {
			answer(v, "no", d->engine->last_trouble);
		} else if (v->number && l->kind == LETTER_DRAFT && l->when == v->number) {
			g_autofree char *row = g_strdup_printf("%" G_GINT64_FORMAT, l->message);
			answer(v, l->failed ? "no" : "ok", l->failed ? l->text2 : row);
		}
	}
}

Door *
door_new(Engine *e, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofree char *folder = path ? g_path_get_dirname(path) : NULL;

	if (!path || strlen(path) >= sizeof address.sun_path || g_mkdir_with_parents(folder, 0700) != 0)
		return NULL;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return NULL;
	strcpy(address.sun_path, path);
	unlink(path);	/* we hold the store's lock: whoever made it is gone */
	mode_t was = umask(0177);
	bool bound = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	umask(was);
	if (!bound || listen(fd, VISITORS) != 0) {
		log_line(LOG_INFO, "door", "no socket at %s: %s", path, g_strerror(errno));
		close(fd);
		return NULL;
	}
	Door *d = g_new0(Door, 1);
	d->engine = e;
	d->path = g_strdup(path);
	d->fd = fd;
	d->visitors = g_ptr_array_new_with_free_func(visitor_free);
	d->source = g_unix_fd_source_new(fd, G_IO_IN);
	g_source_set_callback(d->source, G_SOURCE_FUNC(knock), d, NULL);
	g_source_attach(d->source, e->context);
	return d;
}

void
door_free(Door *d)
{
	if (!d)
		return;
	g_ptr_array_unref(d->visitors);
	g_source_destroy(d->source);
	g_source_unref(d->source);
	close(d->fd);
	unlink(d->path);
	g_free(d->path);
	g_free(d);
}
