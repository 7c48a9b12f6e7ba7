/* sandbox.c - tests that the walls stand: a child seals itself and tries to get out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/limits.h"
#include "render/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT 77	/* exit code of a child that got out */

#ifdef EIL_SANITIZERS
#define SANITIZED true	/* then only small limits are set: they need files and address space themselves */
#else
#define SANITIZED false
#endif

static int
in_child(void (*attempt)(void), gsize memory)
{
	int status = 0;
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		sandbox_enter(memory);
		attempt();
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return status;
}

static void
exit_if(bool got_out)
{
	_exit(got_out ? OUT : 0);
}

static void
try_read(void)
{
	exit_if(open("/etc/passwd", O_RDONLY) >= 0);
}

static void
try_write(void)
{
	exit_if(open("/tmp/eilpost-sandbox-test", O_WRONLY | O_CREAT, 0600) >= 0);
}

static void
try_raw_open(void)
{
#ifdef SYS_open
	exit_if(syscall(SYS_open, "/etc/passwd", O_RDONLY) >= 0);
#endif
}

static void
try_openat2(void)
{
#ifdef SYS_openat2
	guint64 how[3] = { O_RDONLY, 0, 0 };
	exit_if(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how) >= 0);
#endif
}

static void
try_stat(void)
{
	exit_if(access("/etc/passwd", R_OK) == 0);
}

static void
try_inet(void)
{
	exit_if(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static void
try_unix(void)
{
	exit_if(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
}

static void
try_connect(void)
{
	exit_if(syscall(SYS_connect, 0, NULL, 0) == 0 || errno != EACCES);
}

static void
try_exec(void)
{
	char name[] = "true";
	char *argv[] = { name, NULL };
	execv("/bin/true", argv);
	_exit(OUT);	/* not even tried to the end */
}

static void
try_fork(void)
{
	exit_if(fork() >= 0);
}

static void
try_ptrace(void)
{
	exit_if(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static void
try_kill_parent(void)
{
	exit_if(kill(getppid(), 0) == 0);
}

static void
try_signal_other(void)
{
	exit_if(syscall(SYS_tgkill, 1, 1, 0) == 0);
}

static void
try_memfd(void)
{
	exit_if(syscall(SYS_memfd_create, "x", 0) >= 0);
}

static void
try_exec_memory(void)
{
	exit_if(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void
try_make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		_exit(0);
	exit_if(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
}

static void
try_io_uring(void)
{
#ifdef SYS_io_uring_setup
	char params[256] = { 0 };
	exit_if(syscall(SYS_io_uring_setup, 1, params) >= 0);
#endif
}

static void
try_dup(void)
{
	exit_if(dup(0) >= 0);
}

static void
try_raise_limit(void)
{
	struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };
	exit_if(setrlimit(RLIMIT_AS, &l) == 0);
}

static const struct { const char *name; void (*attempt)(void); } attempts[] = {
	{ "read a file", try_read }, { "write a file", try_write }, { "open(2)", try_raw_open },
	{ "openat2", try_openat2 }, { "stat", try_stat }, { "internet socket", try_inet }, { "unix socket", try_unix },
	{ "connect", try_connect }, { "exec", try_exec }, { "fork", try_fork }, { "ptrace", try_ptrace },
	{ "signal the parent", try_kill_parent }, { "signal another", try_signal_other }, { "memfd", try_memfd },
	{ "executable memory", try_exec_memory }, { "make executable", try_make_executable },
	{ "io_uring", try_io_uring }, { "dup", try_dup }, { "raise a limit", try_raise_limit },
};

/* 0: refused; SIGSYS: killed for asking. */
static void
test_walls(void)
{
	if (SANITIZED) {
		g_test_skip("sanitizers need files");
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(attempts); i++) {
		int status = in_child(attempts[i].attempt, 0);
		g_test_message("%s: %s", attempts[i].name, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "refused");
		if (WIFSIGNALED(status))
			g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
		else
			g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	}
}

static void
use_what_is_allowed(void)
{
	char *p = malloc(8 * MIB);
	if (!p)
		_exit(OUT);
	memset(p, 1, 8 * MIB);
	p = realloc(p, 16 * MIB);
	free(p);
	g_autofree char *text G_GNUC_UNUSED = g_strdup_printf("%" G_GINT64_FORMAT, g_get_monotonic_time());
	/* as libraries do */
	if (open("/etc/localtime", O_RDONLY) >= 0 || errno != EACCES || isatty(1))
		_exit(OUT);
}

static void
test_alive(void)
{
	if (SANITIZED) {
		g_test_skip("sanitizers need files");
		return;
	}
	g_assert_cmpint(in_child(use_what_is_allowed, LIMIT_WORKER_MEMORY), ==, 0);
}

static void
abort_now(void)
{
	abort();
}

static void
test_abort(void)
{
	int status = in_child(abort_now, 0);
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGABRT);
}

static void
use_memory(void)
{
	for (int i = 0; i < 64; i++) {
		char *p = malloc(8 * MIB);
		if (!p)
			_exit(5);
		memset(p, 1, 8 * MIB);
	}
	_exit(OUT);
}

static void
test_memory(void)
{
	if (SANITIZED) {
		g_test_skip("sanitizers need address space");
		return;
	}
	int status = in_child(use_memory, LIMIT_WORKER_MEMORY);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 5);
}

static void
spin(void)
{
	sandbox_job(50);
	for (volatile guint64 i = 0;; i++)
		;
}

static void
test_cpu(void)
{
	gint64 began = g_get_monotonic_time();
	int status = in_child(spin, 0);
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGPROF);
	g_assert_cmpint(g_get_monotonic_time() - began, >=, 40000);
}

/* A job that ended in time leaves no timer behind. */
static void
work_between(void)
{
	sandbox_job(50);
	sandbox_job(0);
	gint64 until = g_get_monotonic_time() + 100000;
	while (g_get_monotonic_time() < until)
		;
}

static void
test_cpu_off(void)
{
	g_assert_cmpint(in_child(work_between, 0), ==, 0);
}

static void
test_flags(void)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit((int)sandbox_enter(0));
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_true(WEXITSTATUS(status) & SANDBOX_NO_NEW_PRIVS);
	g_assert_true(WEXITSTATUS(status) & SANDBOX_LIMITS);
#if !defined(EIL_SANITIZERS) && (defined(__x86_64__) || defined(__aarch64__))
	g_assert_true(WEXITSTATUS(status) & SANDBOX_SECCOMP);
#endif
}

static void
test_orphan(void)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit(sandbox_belong(getppid(), 3) && !sandbox_belong(getppid() + 1, 3) && fcntl(5, F_GETFD) < 0 ? 0 : OUT);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/render/sandbox/walls", test_walls);
	g_test_add_func("/render/sandbox/alive", test_alive);
	g_test_add_func("/render/sandbox/abort", test_abort);
	g_test_add_func("/render/sandbox/memory", test_memory);
	g_test_add_func("/render/sandbox/cpu", test_cpu);
	g_test_add_func("/render/sandbox/cpu-off", test_cpu_off);
	g_test_add_func("/render/sandbox/flags", test_flags);
	g_test_add_func("/render/sandbox/orphan", test_orphan);
	return g_test_run();
}
