/* tsan.c - what ThreadSanitizer can't see in a GLib that was not built for it: its locks, its queues, the ends of its threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * gcc -shared -fPIC -o tsan.so tests/tsan.c $(pkg-config --cflags glib-2.0) -ldl, then LD_PRELOAD=./tsan.so (HACKING, section 6). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glib.h>

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

void
g_mutex_lock(GMutex *m)
{
	REAL(g_mutex_lock);
	real(m);
	__tsan_acquire(m);
}

void
g_mutex_unlock(GMutex *m)
{
	REAL(g_mutex_unlock);
	__tsan_release(m);
	real(m);
}

void
g_async_queue_push(GAsyncQueue *q, gpointer data)
{
	REAL(g_async_queue_push);
	__tsan_release(data);
	real(q, data);
}

#define POPS(name, parameters, arguments) \
gpointer \
name parameters \
{ \
	REAL(name); \
	gpointer data = real arguments; \
	if (data) \
		__tsan_acquire(data); \
	return data; \
}

POPS(g_async_queue_pop, (GAsyncQueue *q), (q))
POPS(g_async_queue_try_pop, (GAsyncQueue *q), (q))
POPS(g_async_queue_timeout_pop, (GAsyncQueue *q, guint64 timeout), (q, timeout))

typedef struct { GThreadFunc run; gpointer data; } Start;

static gpointer
started(gpointer user)
{
	Start *s = user;
	__tsan_acquire(s);
	GThreadFunc run = s->run;
	gpointer data = s->data;
	gpointer out = run(data);
	__tsan_release(g_thread_self());
	return out;
}

GThread *
g_thread_new(const char *name, GThreadFunc run, gpointer data)
{
	REAL(g_thread_new);
	Start *s = g_new0(Start, 1);	/* a few bytes a thread, for the length of a test */
	*s = (Start){ run, data };
	__tsan_release(s);
	return real(name, started, s);
}

gpointer
g_thread_join(GThread *t)
{
	REAL(g_thread_join);
	gpointer out = real(t);
	__tsan_acquire(t);
	return out;
}
