/* signals.c - signals as letters that the main loop reads; the fatal ones put the terminal back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A handler writes a letter into a pipe, so that signals are met where keys are
 * met. The fatal ones do only what a handler may: write and tcsetattr; then the
 * handler that was there before (a sanitizer's, or none) has its turn. */
#include "config.h"
#include "ui/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* What signal handlers need; a process has one terminal. */
static struct {
	volatile sig_atomic_t up;
	int wake[2];
	int out;
	struct termios modes;
	char leave[256];
	gsize leave_len;
} now = { .wake = { -1, -1 } };
static char spare_stack[64 * 1024];

static const int waking[] = { SIGWINCH, SIGTSTP, SIGTERM, SIGHUP, SIGINT, SIGCONT };
static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static struct sigaction waking_was[G_N_ELEMENTS(waking)], fatal_was[G_N_ELEMENTS(fatal)];

static void
on_waking(int sig)
{
	int saved = errno;
	char letter = sig == SIGWINCH ? 'W' : sig == SIGTSTP ? 'S' : sig == SIGCONT ? 'C' : 'T';
	ssize_t n = write(now.wake[1], &letter, 1);	/* a full pipe wakes as well */
	(void)n;
	errno = saved;
}

static void
on_fatal(int sig)
{
	if (now.up) {
		now.up = 0;
		ssize_t n = write(now.out, now.leave, now.leave_len);
		(void)n;
		tcsetattr(now.out, TCSANOW, &now.modes);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(fatal); i++)
		if (fatal[i] == sig)
			sigaction(sig, &fatal_was[i], NULL);
	raise(sig);	/* delivered when this handler returns */
}

static void
set_handler(int sig, void (*handler)(int), int flags, struct sigaction *was)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };
	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, was);
}

bool
signals_take(GError **err)
{
	if (!g_unix_open_pipe(now.wake, FD_CLOEXEC, err))
		return false;
	g_unix_set_fd_nonblocking(now.wake[0], TRUE, NULL);
	g_unix_set_fd_nonblocking(now.wake[1], TRUE, NULL);
	stack_t stack = { .ss_sp = spare_stack, .ss_size = sizeof spare_stack };
	sigaltstack(&stack, NULL);	/* for a stack that ran over */
	for (gsize i = 0; i < G_N_ELEMENTS(waking); i++)
		set_handler(waking[i], on_waking, SA_RESTART, &waking_was[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(fatal); i++)
		set_handler(fatal[i], on_fatal, SA_ONSTACK, &fatal_was[i]);
	return true;
}

void
signals_give_back(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(waking); i++)
		sigaction(waking[i], &waking_was[i], NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(fatal); i++)
		sigaction(fatal[i], &fatal_was[i], NULL);
	for (int i = 0; i < 2; i++) {
		if (now.wake[i] >= 0)
			close(now.wake[i]);
		now.wake[i] = -1;
	}
}

static guint
woke_by(char letter)
{
	switch (letter) {
	case 'W': return WOKE_RESIZE;
	case 'S': return WOKE_SUSPEND;
	case 'C': return WOKE_CONTINUE;
	default: return WOKE_TERMINATE;
	}
}

int
signals_fd(void)
{
	return now.wake[0];
}

guint
signals_read(void)
{
	char letters[64];
	guint woke = 0;
	ssize_t n;

	while ((n = read(now.wake[0], letters, sizeof letters)) > 0)
		for (ssize_t i = 0; i < n; i++)
			woke |= woke_by(letters[i]);
	return woke;
}

void
signals_stop_for_real(bool on)
{
	set_handler(SIGTSTP, on ? SIG_DFL : on_waking, SA_RESTART, NULL);
}

void
signals_arm(int out, const struct termios *modes, const char *leave)
{
	now.up = 0;
	now.out = out;
	now.modes = *modes;
	now.leave_len = MIN(strlen(leave), sizeof now.leave);
	memcpy(now.leave, leave, now.leave_len);
	now.up = 1;
}

void
signals_disarm(void)
{
	now.up = 0;
}
