/* sandbox.c - shuts the worker in: limits, no files, no network, few system calls.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The filter is a table of ours and no library's: an allow-list this short can be read, and it needs nothing but the
 * kernel's headers. Calls that libraries try out of habit (opening the time zone, asking for a terminal) are answered
 * with an error, because they take no for an answer; everything else ends the process (seccomp(2)). Sanitizers open
 * files and start threads at the end, so a build with them keeps the small limits only. */
#include "config.h"
#include "render/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(HAVE_LINUX_SECCOMP_H) && defined(HAVE_LINUX_FILTER_H) && (defined(__x86_64__) || defined(__aarch64__)) && \
	!defined(EIL_SANITIZERS)
#define WITH_SECCOMP 1
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#endif

/* Landlock is called by number, so that old headers don't decide; the numbers are the same everywhere but on alpha. */
#define LANDLOCK_CREATE	444
#define LANDLOCK_SEAL	446

bool
sandbox_belong(pid_t parent, int first)
{
#ifdef HAVE_CLOSE_RANGE
	if (close_range((unsigned)first, ~0u, 0) != 0)
#endif
		for (int fd = first; fd < 4096; fd++)
			close(fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* no controlling terminal: no key signals, and nothing can be typed into it from here */
	setsid();
	return getppid() == parent;
}

static bool
limit(int what, rlim_t value)
{
	struct rlimit l = { value, value };
	return setrlimit(what, &l) == 0;
}

static bool
set_limits(gsize memory)
{
	bool ok = limit(RLIMIT_CORE, 0);
#ifndef EIL_SANITIZERS
	/* received descriptors and the three that are open */
	ok = limit(RLIMIT_NOFILE, 8) && ok;
	ok = limit(RLIMIT_FSIZE, 0) && ok;
	ok = (memory == 0 || limit(RLIMIT_AS, memory)) && ok;
#endif
	return ok;
}

/* RLIMIT_NOFILE counts numbers, not files, so it holds no new file; Landlock forbids those that have a name. */
static bool
enter_landlock(void)
{
#if defined(EIL_SANITIZERS) || defined(__alpha__)
	return false;
#else
	struct { guint64 files, net, scoped; } rules = { 0, 0, 0 };
	long abi = syscall(LANDLOCK_CREATE, NULL, (size_t)0, 1u);

	if (abi < 1)
		return false;
	rules.files = abi >= 5 ? 0xffff : abi >= 3 ? 0x7fff : abi >= 2 ? 0x3fff : 0x1fff;
	rules.net = abi >= 4 ? 3 : 0;
	rules.scoped = abi >= 6 ? 3 : 0;
	size_t size = abi >= 6 ? sizeof rules : abi >= 4 ? 16 : 8;
	long fd = syscall(LANDLOCK_CREATE, &rules, size, 0u);
	if (fd < 0)
		return false;
	bool ok = syscall(LANDLOCK_SEAL, (int)fd, 0u) == 0;
	close((int)fd);
	return ok;
#endif
}

#ifdef WITH_SECCOMP
#ifdef __x86_64__
#define OUR_ARCH AUDIT_ARCH_X86_64
#else
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

/* What reading mail needs: the socket and the descriptor that came through it, memory, time, an orderly end. */
static const int allowed[] = {
	__NR_read, __NR_readv, __NR_write, __NR_writev, __NR_recvmsg, __NR_close, __NR_lseek,
	__NR_brk, __NR_munmap, __NR_mremap, __NR_madvise,
	__NR_futex, __NR_sched_yield, __NR_restart_syscall,
	__NR_clock_gettime, __NR_clock_getres, __NR_gettimeofday, __NR_setitimer, __NR_getrandom,
#ifdef __NR_time
	__NR_time,
#endif
	__NR_getpid, __NR_gettid, __NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigreturn,
	__NR_exit, __NR_exit_group,
};

/* Libraries ask for these in passing and live with a refusal. */
static const int refused[] = {
	__NR_openat, __NR_newfstatat, __NR_fstat, __NR_statx, __NR_faccessat, __NR_readlinkat, __NR_ioctl, __NR_fcntl,
	__NR_getcwd, __NR_uname, __NR_sysinfo, __NR_prlimit64, __NR_prctl, __NR_sched_getaffinity, __NR_getuid,
	__NR_geteuid, __NR_getgid, __NR_getegid, __NR_getppid,
#ifdef __x86_64__
	__NR_open, __NR_stat, __NR_lstat, __NR_access, __NR_readlink,
#endif
#ifdef __NR_faccessat2
	__NR_faccessat2,
#endif
};

#define PROGRAM_ROOM 256
typedef struct { struct sock_filter code[PROGRAM_ROOM]; unsigned short n; } Program;

static void
put(Program *p, guint16 code, guint8 yes, guint8 no, guint32 k)
{
	g_assert(p->n < PROGRAM_ROOM);
	p->code[p->n++] = (struct sock_filter){ code, yes, no, k };
}

static void
put_load(Program *p, gsize offset)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (guint32)offset);
}

static void
put_answer(Program *p, int call, guint32 answer)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (guint32)call);
	put(p, BPF_RET | BPF_K, 0, 0, answer);
}

/* Memory that can be executed: never again. The protection is the third argument; both machines are little-endian. */
static void
put_no_exec(Program *p, int call)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (guint32)call);
	put_load(p, offsetof(struct seccomp_data, args[2]));
	put(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, PROT_EXEC);
	put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

/* abort() signals itself, and nobody else may be signalled. */
static void
put_own_signal(Program *p)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, __NR_tgkill);
	put_load(p, offsetof(struct seccomp_data, args[0]));
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (guint32)getpid());
	put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
}

static bool
enter_seccomp(void)
{
	Program p = { .n = 0 };

	put_load(&p, offsetof(struct seccomp_data, arch));
	put(&p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, OUR_ARCH);
	put(&p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	put_load(&p, offsetof(struct seccomp_data, nr));
	/* the x32 calls, 0x40000000 and up, equal none below and so end the process */
	for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++)
		put_answer(&p, allowed[i], SECCOMP_RET_ALLOW);
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
		put_answer(&p, refused[i], SECCOMP_RET_ERRNO | EACCES);
	put_no_exec(&p, __NR_mmap);
	put_no_exec(&p, __NR_mprotect);
	put_own_signal(&p);
	put(&p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	struct sock_fprog program = { p.n, p.code };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool
enter_seccomp(void)
{
	return false;
}
#endif

guint
sandbox_enter(gsize memory)
{
	guint flags = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		flags |= SANDBOX_NO_NEW_PRIVS;
#ifndef EIL_SANITIZERS	/* the leak checker attaches to its own process */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	if (enter_landlock())
		flags |= SANDBOX_LANDLOCK;
	if (set_limits(memory))
		flags |= SANDBOX_LIMITS;
	if (enter_seccomp())
		flags |= SANDBOX_SECCOMP;
	return flags;
}

void
sandbox_job(guint cpu_ms)
{
	/* SIGPROF's default action ends the process; by the thousandth, where RLIMIT_CPU knows whole seconds only */
	struct itimerval timer = { { 0, 0 }, { cpu_ms / 1000, (cpu_ms % 1000) * 1000 } };
	setitimer(ITIMER_PROF, &timer, NULL);
}
