/* process.h - finds, starts and ends the worker's process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The child gets one socket and nothing else of ours: no descriptor, no environment but the locale's. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* The path of eilpost-render: $EILPOST_RENDER (tests), beside this program, in libexec. NULL: not found. Yours. */
char *process_find(void);

/* memory: its address space in bytes. *fd: our end of the socket, not blocking. */
bool process_start(const char *program, gsize memory, pid_t *pid, int *fd, GError **err);

typedef enum { ENDED_KILLED, ENDED_CPU, ENDED_MEMORY, ENDED_CRASHED, ENDED_EXITED } ProcessEnd;
/* Kills it if it still runs, and leaves no zombie. How it ended tells who was first. */
ProcessEnd process_end(pid_t pid);
