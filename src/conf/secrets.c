/* secrets.c - gets a password from the account's command, without blocking.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The command has its own process group, so that what it starts ends with it. Its output is read into a buffer that is
 * wiped; its error output is kept for the sentence that says why it failed. */
#include "config.h"
#include "conf/secrets.h"
#include "base/intl.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_S 60
#define LIMIT_SECRET 16384	/* access tokens are a few kB */

struct SecretJob {
	SecretDone done;
	void *user;
	GPid pid;
	int out, err;		/* -1: at its end */
	char secret[LIMIT_SECRET + 1];
	gsize secret_len;
	char words[512];	/* the end of its error output */
	gsize words_len;
	int status;
	bool exited, too_long;
	GSource *sources[4];	/* owned: out, err, child, deadline */
};

static void
clear_source(SecretJob *j, guint i)
{
	if (j->sources[i]) {
		g_source_destroy(j->sources[i]);
		g_source_unref(j->sources[i]);
		j->sources[i] = NULL;
	}
}

static void
job_free(SecretJob *j)
{
	for (guint i = 0; i < G_N_ELEMENTS(j->sources); i++)
		clear_source(j, i);
	if (j->out >= 0)
		close(j->out);
	if (j->err >= 0)
		close(j->err);
	explicit_bzero(j->secret, sizeof j->secret);
	g_free(j);
}

static void
reap(gpointer pid)
{
	int status;
	kill(-(pid_t)GPOINTER_TO_INT(pid), SIGKILL);
	waitpid((pid_t)GPOINTER_TO_INT(pid), &status, 0);
}

void
secret_job_cancel(SecretJob *j)
{
	if (!j)
		return;
	if (!j->exited) {
		clear_source(j, 2);
		reap(GINT_TO_POINTER((int)j->pid));
	}
	job_free(j);
}

static void
finish(SecretJob *j, GError *err)
{
	SecretDone done = j->done;
	void *user = j->user;
	char *line_end = memchr(j->secret, '\n', j->secret_len);

	if (line_end)
		*line_end = 0;
	gsize len = strlen(j->secret);
	if (len && j->secret[len - 1] == '\r')
		j->secret[len - 1] = 0;
	done(user, err ? NULL : j->secret, err);
	secret_job_cancel(j);
	g_clear_error(&err);
}

static void
maybe_finish(SecretJob *j)
{
	if (!j->exited || j->out >= 0)
		return;
	j->words[j->words_len] = 0;
	g_strstrip(j->words);
	const char *last = strrchr(j->words, '\n');
	last = last ? last + 1 : j->words;
	if (j->too_long)
		finish(j, g_error_new_literal(EIL_ERROR, EIL_ASK_USER, _("The password command wrote far too much for a password.")));
	else if (!WIFEXITED(j->status) || WEXITSTATUS(j->status) != 0)
		finish(j, g_error_new(EIL_ERROR, EIL_ASK_USER, _("The password command failed (exit status %d)%s%s"),
			WIFEXITED(j->status) ? WEXITSTATUS(j->status) : 128 + WTERMSIG(j->status), *last ? ": " : ".", last));
	else if (j->secret_len == 0 || j->secret[0] == '\n')
		finish(j, g_error_new_literal(EIL_ERROR, EIL_ASK_USER, _("The password command wrote no password.")));
	else
		finish(j, NULL);
}

static gboolean
on_out(gint fd, GIOCondition condition, gpointer user)
{
	SecretJob *j = user;
	gssize n = read(fd, j->secret + j->secret_len, LIMIT_SECRET - j->secret_len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n > 0) {
		j->secret_len += (gsize)n;
		j->too_long = j->secret_len >= LIMIT_SECRET;
		if (!j->too_long)
			return G_SOURCE_CONTINUE;
	}
	close(j->out);
	j->out = -1;
	clear_source(j, 0);
	maybe_finish(j);
	return G_SOURCE_REMOVE;
}

static gboolean
on_err(gint fd, GIOCondition condition, gpointer user)
{
	SecretJob *j = user;
	char buffer[256];
	gssize n = read(fd, buffer, sizeof buffer);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n <= 0) {
		close(j->err);
		j->err = -1;
		clear_source(j, 1);
		return G_SOURCE_REMOVE;
	}
	if (j->words_len + (gsize)n > sizeof j->words - 1)
		j->words_len = 0;
	memcpy(j->words + j->words_len, buffer, (gsize)n);
	j->words_len += (gsize)n;
	return G_SOURCE_CONTINUE;
}

static void
on_end(GPid pid, gint status, gpointer user)
{
	SecretJob *j = user;
	j->exited = true;
	j->status = status;
	if (j->err >= 0)
		on_err(j->err, G_IO_IN, j);
	maybe_finish(j);
}

static gboolean
on_deadline(gpointer user)
{
	SecretJob *j = user;
	finish(j, g_error_new(EIL_ERROR, EIL_ASK_USER, _("The password command did not end within %d seconds."), DEADLINE_S));
	return G_SOURCE_REMOVE;
}

static void
own_group(gpointer unused)
{
	setpgid(0, 0);
}

static gboolean
failed_later(gpointer user)
{
	SecretJob *j = user;
	clear_source(j, 3);
	finish(j, g_error_new_literal(EIL_ERROR, EIL_ASK_USER, _("The password command could not be started.")));
	return G_SOURCE_REMOVE;
}

static void
attach(SecretJob *j, guint i, GSource *source, GSourceFunc callback, GMainContext *context)
{
	j->sources[i] = source;
	g_source_set_callback(source, callback, j, NULL);
	g_source_attach(source, context);
}

SecretJob *
secret_fetch(const char *command, GMainContext *context, SecretDone done, void *user)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)command, NULL };

	SecretJob *j = g_new0(SecretJob, 1);
	j->done = done;
	j->user = user;
	j->out = j->err = -1;
	if (!g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, own_group, NULL, &j->pid, NULL, &j->out, &j->err, NULL)) {
		j->exited = true;
		attach(j, 3, g_idle_source_new(), failed_later, context);
		return j;
	}
	g_unix_set_fd_nonblocking(j->out, TRUE, NULL);
	g_unix_set_fd_nonblocking(j->err, TRUE, NULL);
	attach(j, 0, g_unix_fd_source_new(j->out, G_IO_IN | G_IO_HUP), G_SOURCE_FUNC(on_out), context);
	attach(j, 1, g_unix_fd_source_new(j->err, G_IO_IN | G_IO_HUP), G_SOURCE_FUNC(on_err), context);
	attach(j, 2, g_child_watch_source_new(j->pid), G_SOURCE_FUNC(on_end), context);
	attach(j, 3, g_timeout_source_new_seconds(DEADLINE_S), on_deadline, context);
	return j;
}
