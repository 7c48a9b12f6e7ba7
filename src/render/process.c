/* process.c - finds, starts and ends the worker's process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * posix_spawn, because fork in a program with threads may only exec anyhow, and a large program pays for fork's page
 * tables. A pid is killed and waited for here only, so that it can never be somebody else's by then. */
#include "config.h"
#include "render/process.h"
#include "base/error.h"
#include "base/intl.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "eilpost-render"

static char *
if_executable(char *path)
{
	if (access(path, X_OK) == 0)
		return path;
	g_free(path);
	return NULL;
}

char *
process_find(void)
{
	const char *told = secure_getenv("EILPOST_RENDER");
	if (told && *told)
		return g_strdup(told);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = self ? g_path_get_dirname(self) : NULL;
	char *found = NULL;
	if (dir)
		found = if_executable(g_build_filename(dir, PROGRAM, NULL));
	if (!found && dir)	/* the whole tree was moved: bin/ and libexec/eilpost/ keep their distance */
		found = if_executable(g_build_filename(dir, "..", "libexec", "eilpost", PROGRAM, NULL));
	if (!found)
		found = if_executable(g_build_filename(PKGLIBEXECDIR, PROGRAM, NULL));
	return found;
}

/* The locale decides how wide a character is and what iconv knows; nothing else of ours is the worker's business. */
static char **
worker_environment(void)
{
	static const char *const kept[] = {
		"LANG", "LANGUAGE", "LOCPATH",
#ifdef EIL_SANITIZERS
		"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
#endif
	};
	g_autoptr(GPtrArray) env = g_ptr_array_new();
	for (char **e = environ; *e; e++) {
		bool keep = g_str_has_prefix(*e, "LC_");
		for (gsize i = 0; i < G_N_ELEMENTS(kept) && !keep; i++)
			keep = g_str_has_prefix(*e, kept[i]) && (*e)[strlen(kept[i])] == '=';
		if (keep)
			g_ptr_array_add(env, *e);
	}
	g_ptr_array_add(env, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&env), FALSE);
}

static int
spawn(const char *program, gsize memory, int theirs, pid_t *pid)
{
	g_autofree char *parent = g_strdup_printf("%ld", (long)getpid());
	g_autofree char *room = g_strdup_printf("%" G_GSIZE_FORMAT, memory);
	g_autofree char **env = worker_environment();	/* the strings are borrowed */
	char name[] = PROGRAM;
	char *argv[] = { name, parent, room, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, theirs, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
#ifndef EIL_SANITIZERS	/* their reports go to stderr */
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
#endif
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int why = posix_spawn(pid, program, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return why;
}

bool
process_start(const char *program, gsize memory, pid_t *pid, int *fd, GError **err)
{
	int ends[2];
	int why = ENOENT;

	if (program && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		why = errno;
	} else if (program) {
		why = spawn(program, memory, ends[1], pid);
		close(ends[1]);
		if (why != 0)
			close(ends[0]);
	}
	if (why != 0) {
		g_set_error(err, EIL_ERROR, EIL_BROKEN,
			_("Mail cannot be read safely because the helper program %s did not start: %s. "
			  "Please check that eilpost is installed completely."), PROGRAM, g_strerror(why));
		return false;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*fd = ends[0];
	return true;
}

ProcessEnd
process_end(pid_t pid)
{
	int status = 0;
	pid_t r;

	kill(pid, SIGKILL);
	while ((r = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (r < 0)
		return ENDED_KILLED;
	if (WIFEXITED(status)) {
		log_line(LOG_DEBUG, "render", "worker %ld left with %d", (long)pid, WEXITSTATUS(status));
		return ENDED_EXITED;
	}
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (sig == SIGKILL)
		return ENDED_KILLED;
	log_line(LOG_WARN, "render", "worker %ld was ended by signal %d", (long)pid, sig);
	/* GLib gives up by SIGTRAP or SIGABRT when memory is out */
	return sig == SIGPROF ? ENDED_CPU : sig == SIGTRAP || sig == SIGABRT ? ENDED_MEMORY : ENDED_CRASHED;
}
