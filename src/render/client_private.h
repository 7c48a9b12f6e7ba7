/* client_private.h - what the files of the client side share: jobs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "render/client.h"
#include "render/payload.h"
#include "render/wire.h"

typedef struct Job Job;
struct Job {
	guint id;
	WireKind kind;
	int fd;			/* owned: the data of the request; -1: there is none, the job fails */
	guint64 length, meta;
	gsize limit;		/* of the answer */
	gsize memory;		/* address space it needs; beyond the usual it gets a worker of its own */
	guint cpu_ms, answer_ms;
	/* Takes the answer in; false: it is nonsense, and its worker is ended. NULL: any bytes are good. */
	bool (*read)(Job *job, GBytes *answer);
	RenderDone done;
	void *user;		/* borrowed: for done or read */
	GError *error;		/* owned: why it failed */
	Document *document;	/* owned: what it gave */
};

Job *job_new(WireKind kind, Payload *data, gsize limit);
void job_free(Job *j);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)

/* Runs the job now, waiting for its answer. NULL: err says why. */
GBytes *render_run(Render *r, Job *job, GError **err);

/* Short header values that were decoded before, and what came of them: headers.c. Two tables, so that a full one makes room
 * without forgetting what is in use. */
typedef struct { GHashTable *young, *old; } Decoded;	/* owned, of char* -> char*; NULL: none yet */
Decoded *render_decoded(Render *r);
void decoded_clear(Decoded *d);

/* For tests: shorter deadlines than people get (0: theirs); the living workers and their pids. */
void render_hurry(Render *r, guint cpu_ms, guint answer_ms);
guint render_n_workers(const Render *r);
int render_worker_pid(const Render *r, guint i);
