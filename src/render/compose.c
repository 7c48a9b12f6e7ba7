/* compose.c - a draft becomes a message: starts the program that builds it, and reads what it made.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What is random or depends on the clock is chosen here, once, so that it can be kept with the draft. The message comes
 * in an unnamed file that is mapped, never copied: it may be large. */
#include "config.h"
#include "render/compose.h"
#include "render/client_private.h"
#include "render/composer.h"
#include "render/process.h"
#include "base/intl.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_US	(120 * G_USEC_PER_SEC)	/* a file on a slow network folder */
#define LIMIT_ANSWER	(4 * MIB)

void
composed_free(Composed *c)
{
	if (!c)
		return;
	g_free(c->sender);
	g_strfreev(c->recipients);
	g_clear_pointer(&c->message, g_bytes_unref);
	g_free(c->subject);
	g_free(c->to);
	g_free(c->message_id);
	g_free(c);
}

static bool
later(GError **err, const char *why)
{
	g_set_error(err, EIL_ERROR, EIL_LATER, _("The mail could not be written: %s. It is kept as a draft."), why);
	return false;
}

/* ---- what is fixed once ---- */

/* 128 random bits at the sender's domain: nobody can guess it, and no second mail has it. */
static char *
new_message_id(const char *from)
{
	g_auto(GStrv) entries = draft_split_addresses(from ? from : "");
	g_autofree char *address = entries[0] ? draft_address(entries[0], NULL) : NULL;
	const char *at = address ? strrchr(address, '@') : NULL;
	g_autofree char *host = at && at[1] != '[' ? g_hostname_to_ascii(at + 1) : NULL;
	guint8 random[16];
	GString *id = g_string_new("<");

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		for (gsize i = 0; i < sizeof random; i += 4) {
			guint32 n = g_random_int();
			memcpy(random + i, &n, 4);
		}
	for (gsize i = 0; i < sizeof random; i++)
		g_string_append_printf(id, "%02x", random[i]);
	g_string_append_printf(id, "@%s>", host && *host ? host : "eilpost.invalid");
	return g_string_free(id, FALSE);
}

/* ---- the program ---- */

typedef struct { pid_t pid; int answer; } Running;

static int
spawn(const char *program, int request, int answer, int message, pid_t *pid)
{
	char name[] = "eilpost-render", mode[] = "compose";
	char *argv[] = { name, mode, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;

	posix_spawn_file_actions_init(&files);
	/* all of ours are above 3 (close-on-exec), so that none is overwritten before it is copied */
	posix_spawn_file_actions_adddup2(&files, request, 0);
	posix_spawn_file_actions_adddup2(&files, answer, 1);
	posix_spawn_file_actions_adddup2(&files, message, COMPOSER_MESSAGE_FD);
#ifndef EIL_SANITIZERS	/* their reports go to stderr */
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
#endif
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int why = posix_spawn(pid, program, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return why;
}

static int
above(int fd)
{
	if (fd < 0 || fd > COMPOSER_MESSAGE_FD)
		return fd;
	int higher = fcntl(fd, F_DUPFD_CLOEXEC, COMPOSER_MESSAGE_FD + 1);
	int why = errno;
	close(fd);
	errno = why;
	return higher;
}

static bool
start(int request, int message, Running *run, GError **err)
{
	g_autofree char *program = process_find();
	int ends[2];

	if (!program) {
		later(err, _("the helper program eilpost-render is missing; please check that eilpost is installed completely"));
		return false;
	}
	if (pipe2(ends, O_CLOEXEC) != 0)
		return later(err, g_strerror(errno));
	int theirs = above(ends[1]);
	int why = theirs < 0 ? errno : spawn(program, request, theirs, message, &run->pid);
	if (theirs >= 0)
		close(theirs);
	if (why != 0) {
		close(ends[0]);
		return later(err, g_strerror(why));
	}
	run->answer = ends[0];
	return true;
}

/* Until it closes its end; false: too much, too late. */
static bool
read_answer(int fd, GByteArray *into)
{
	gint64 until = g_get_monotonic_time() + PATIENCE_US;
	guint8 room[16 * 1024];

	for (;;) {
		gint64 left = until - g_get_monotonic_time();
		struct pollfd p = { fd, POLLIN, 0 };
		if (left <= 0 || into->len > LIMIT_ANSWER)
			return false;
		if (poll(&p, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		ssize_t n = read(fd, room, sizeof room);
		if (n < 0 && errno != EINTR)
			return false;
		if (n == 0)
			return true;
		if (n > 0)
			g_byte_array_append(into, room, (guint)n);
	}
}

/* False: it did not end well; err says so. */
static bool
finish(const Running *run, GByteArray *answer, GError **err)
{
	int status = 0;
	bool whole = read_answer(run->answer, answer);

	close(run->answer);
	if (!whole)
		kill(run->pid, SIGKILL);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!whole)
		return later(err, _("it took too long; a file may lie on a folder that does not answer"));
	/* GLib gives up by a signal when memory is out */
	if (!WIFEXITED(status))
		return later(err, _("there was not enough memory"));
	if (WEXITSTATUS(status) != 0)
		return later(err, _("the helper program eilpost-render did not start as it should"));
	return true;
}

/* ---- request and answer ---- */

/* The request in its file: bytes, the list, and where the list begins. -1: see errno. */
static int
finish_request(Payload *p)
{
	guint64 list = p->length;

	wire_put_number(p->meta, list);
	int fd = payload_finish(p, &list);
	payload_clear(p);
	return fd >= 0 && lseek(fd, 0, SEEK_SET) == 0 ? above(fd) : -1;
}

static GBytes *
map_message(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	g_autoptr(GMappedFile) map = size > 0 ? g_mapped_file_new_from_fd(fd, FALSE, NULL) : NULL;
	return map ? g_mapped_file_get_bytes(map) : NULL;
}

static Composed *
take_envelope(WireReader *r)
{
	g_autoptr(Composed) c = g_new0(Composed, 1);
	g_autoptr(GPtrArray) recipients = g_ptr_array_new();

	c->sender = g_strdup(wire_text(r));
	for (guint64 n = wire_number(r); n > 0 && !r->bad; n--)
		g_ptr_array_add(recipients, g_strdup(wire_text(r)));
	g_ptr_array_add(recipients, NULL);
	c->recipients = (char **)g_ptr_array_free(g_steal_pointer(&recipients), FALSE);
	c->has_8bit = wire_number(r) != 0;
	c->needs_utf8 = wire_number(r) != 0;
	c->subject = g_strdup(wire_text(r));
	c->to = g_strdup(wire_text(r));
	c->message_id = g_strdup(wire_text(r));
	return r->bad || r->left != 0 || !*c->sender ? NULL : g_steal_pointer(&c);
}

static Composed *
take_answer(const GByteArray *answer, int message, GError **err)
{
	WireReader r = { answer->data, answer->len, false };

	if (wire_number(&r) == COMPOSER_ERROR) {
		guint64 code = wire_number(&r);
		const char *sentence = wire_text(&r);
		if (!r.bad && code <= EIL_CANCELLED && *sentence) {
			g_set_error_literal(err, EIL_ERROR, (gint)code, sentence);
			return NULL;
		}
	} else {
		g_autoptr(Composed) c = take_envelope(&r);
		if (c && (c->message = map_message(message)))
			return g_steal_pointer(&c);
	}
	later(err, _("the helper program eilpost-render gave no answer"));
	return NULL;
}

static Composed *
run(int request, GError **err)
{
	g_autoptr(GByteArray) answer = g_byte_array_new();
	Payload out;
	Running running;
	Composed *c = NULL;

	payload_init(&out);
	int message = above(out.fd);
	out.fd = -1;
	payload_clear(&out);
	if (request < 0 || message < 0)
		later(err, g_strerror(errno));
	else if (start(request, message, &running, err) && finish(&running, answer, err))
		c = take_answer(answer, message, err);
	if (request >= 0)
		close(request);
	if (message >= 0)
		close(message);
	return c;
}

static Composed *
run_draft(const Draft *d, const char *from, GError **err)
{
	g_autoptr(GBytes) bytes = draft_write(d);
	gsize len;
	const void *data = g_bytes_get_data(bytes, &len);
	Payload p;

	payload_init(&p);
	wire_put_number(p.meta, COMPOSER_DRAFT);
	payload_add(&p, data, len);
	wire_put_text(p.meta, from);
	return run(finish_request(&p), err);
}

/* Id and date stay with the draft only when it became a message: one that goes back to the person gets new ones. */
Composed *
compose_message(Draft *d, const char *from, GError **err)
{
	bool fresh_id = !d->message_id || !*d->message_id, fresh_date = d->date == 0;

	if (fresh_id) {
		g_free(d->message_id);
		d->message_id = new_message_id(*d->fields[DRAFT_FROM] ? d->fields[DRAFT_FROM] : from);
	}
	if (fresh_date)
		d->date = (gint64)time(NULL);
	Composed *c = run_draft(d, from, err);
	if (!c && fresh_id)
		g_clear_pointer(&d->message_id, g_free);
	if (!c && fresh_date)
		d->date = 0;
	return c;
}

Composed *
compose_raw(GBytes *message, const char *from, const char *const *recipients, bool from_header, GError **err)
{
	g_autofree char *id = new_message_id(from);
	gsize len;
	const void *data = g_bytes_get_data(message, &len);
	guint n = recipients ? g_strv_length((char **)(guintptr)recipients) : 0;
	Payload p;

	payload_init(&p);
	wire_put_number(p.meta, COMPOSER_RAW);
	payload_add(&p, data ? data : "", len);
	wire_put_text(p.meta, from);
	wire_put_number(p.meta, from_header);
	wire_put_text(p.meta, id);
	wire_put_number(p.meta, (guint64)time(NULL));
	wire_put_number(p.meta, n);
	for (guint i = 0; i < n; i++)
		wire_put_text(p.meta, recipients[i]);
	return run(finish_request(&p), err);
}
