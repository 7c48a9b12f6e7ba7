/* chan.c - a queue of letters between two threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The descriptor is an eventfd; it is read empty together with the last letter,
 * under the queue's lock, so that it is readable exactly while letters wait. */
#include "config.h"
#include "base/chan.h"

#include <sys/eventfd.h>
#include <unistd.h>

struct Chan {
	GMutex lock;
	GQueue letters;	/* owned */
	GDestroyNotify free_letter;
	int fd;
};

Chan *
chan_new(GDestroyNotify free_letter)
{
	Chan *c = g_new0(Chan, 1);
	g_mutex_init(&c->lock);
	g_queue_init(&c->letters);
	c->free_letter = free_letter;
	c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g_assert(c->fd >= 0);
	return c;
}

void
chan_free(Chan *c)
{
	if (!c)
		return;
	g_queue_clear_full(&c->letters, c->free_letter);
	g_mutex_clear(&c->lock);
	close(c->fd);
	g_free(c);
}

void
chan_send(Chan *c, gpointer letter)
{
	static const guint64 one = 1;

	g_mutex_lock(&c->lock);
	g_queue_push_tail(&c->letters, letter);
	/* can only fail when 2^64-1 letters wait */
	if (g_queue_get_length(&c->letters) == 1)
		g_assert(write(c->fd, &one, sizeof one) == sizeof one);
	g_mutex_unlock(&c->lock);
}

gpointer
chan_take(Chan *c)
{
	guint64 n;

	g_mutex_lock(&c->lock);
	gpointer letter = g_queue_pop_head(&c->letters);
	if (letter && g_queue_is_empty(&c->letters))
		g_assert(read(c->fd, &n, sizeof n) == sizeof n);
	g_mutex_unlock(&c->lock);
	return letter;
}

int
chan_fd(const Chan *c)
{
	return c->fd;
}
