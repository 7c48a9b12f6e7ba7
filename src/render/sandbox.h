/* sandbox.h - shuts the worker in: limits, no files, no network, few system calls.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Each protection stands alone: where the kernel lacks one the others still hold, and the worker's hello says
 * which are in force. Called by the worker only, after everything that needs a file has been loaded. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef enum {
	SANDBOX_LIMITS = 1 << 0,	/* memory, files, core */
	SANDBOX_NO_NEW_PRIVS = 1 << 1,
	SANDBOX_LANDLOCK = 1 << 2,	/* no file system, where the kernel has it no network */
	SANDBOX_SECCOMP = 1 << 3,	/* a short list of system calls; the others end the process */
} SandboxFlags;

/* Closes every descriptor from `first` on; dies with the parent. False: the parent is gone already. */
bool sandbox_belong(pid_t parent, int first);

/* memory: bytes of address space, 0: as it is. Returns the SandboxFlags that are in force; there is no way back. */
guint sandbox_enter(gsize memory);

/* From now the process may use that much processor time; then SIGPROF ends it. 0: no limit. */
void sandbox_job(guint cpu_ms);
