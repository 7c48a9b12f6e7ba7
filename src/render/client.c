/* client.c - the main process' side of the sandboxed worker: who works, who waits, who is late.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Jobs of the person run one after the other on one worker, so their answers come in order; the second warm one steps
 * in when the first dies or still chews on something cancelled, and serves the synchronous calls. Every way out of a
 * job that is not a good answer ends its worker: nothing is known about its state any more. */
#include "config.h"
#include "render/client.h"
#include "render/client_private.h"
#include "render/process.h"
#include "render/sandbox.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Memory that was used once stays with the process; after this much work a fresh one is better. */
#define RETIRE_JOBS	1000
#define RETIRE_BYTES	(8 * MIB)
#define START_MS	2000	/* for the first answer of a fresh worker, on top */
#define FAILED_STARTS	3	/* then none is started ahead */
#ifdef EIL_SANITIZERS
#define SLOWNESS 5
#else
#define SLOWNESS 1
#endif

typedef struct {
	pid_t pid;
	int fd;			/* owned */
	WireInbox in;
	bool greeted;
	bool busy;
	bool dropped;		/* busy with a job that nobody wants any more */
	bool retire;		/* after this job */
	gint64 deadline;	/* monotonic µs, while busy */
	guint n_jobs, n_answers;
	guint32 job_kind, job_id;
	gsize job_limit;
} Worker;

struct Render {
	int epoll, kick;
	guint warm;
	char *program;		/* owned; NULL: not found */
	GPtrArray *workers;	/* owned: of Worker* */
	guint next_id;
	GQueue waiting, finished;	/* owned: of Job* */
	Job *running;		/* owned */
	Worker *runner;		/* borrowed: has the running job */
	Decoded decoded;
	guint flags, failed_starts;
	guint cpu_ms, answer_ms;	/* instead of the usual ones; 0: not */
	bool greeted;
};

Job *
job_new(WireKind kind, Payload *data, gsize limit)
{
	Job *j = g_new0(Job, 1);
	j->kind = kind;
	j->limit = limit;
	j->fd = payload_finish(data, &j->meta);
	j->length = data->length;
	j->memory = LIMIT_WORKER_MEMORY;
	j->cpu_ms = LIMIT_WORKER_CPU_S * 1000 * SLOWNESS;
	j->answer_ms = LIMIT_WORKER_ANSWER_MS * SLOWNESS;
	if (j->fd < 0)
		g_set_error(&j->error, EIL_ERROR, EIL_BROKEN,
			_("The message could not be handed to the program that reads it: %s. Please try again."),
			g_strerror(errno));
	return j;
}

void
job_free(Job *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	g_clear_error(&j->error);
	g_clear_pointer(&j->document, document_free);
	g_free(j);
}

static void
set_job_error(GError **err, WireKind kind, ProcessEnd end)
{
	const char *text;

	if (kind == WIRE_PART)
		text = end == ENDED_CPU ? _("This attachment could not be decoded: it took too long.") :
			end == ENDED_MEMORY ? _("This attachment could not be decoded: it needed too much memory.") :
			_("This attachment could not be decoded safely.");
	else
		text = end == ENDED_CPU ?
			_("This message cannot be shown safely: reading it took too long. You can look at its raw text.") :
			end == ENDED_MEMORY ?
			_("This message cannot be shown safely: it needed too much memory. You can look at its raw text.") :
			_("This message cannot be shown safely. You can look at its raw text.");
	g_set_error_literal(err, EIL_ERROR, EIL_BROKEN, text);
}

static void
kick(Render *r)
{
	guint64 one = 1;
	if (write(r->kick, &one, sizeof one) < 0)
		log_line(LOG_DEBUG, "render", "kick: %s", g_strerror(errno));
}

static Worker *
worker_start(Render *r, gsize memory, GError **err)
{
	Worker *w = g_new0(Worker, 1);

	if (!process_start(r->program, memory, &w->pid, &w->fd, err)) {
		g_free(w);
		r->failed_starts++;
		return NULL;
	}
	wire_inbox_init(&w->in);
	w->retire = memory > LIMIT_WORKER_MEMORY;
	struct epoll_event event = { .events = EPOLLIN, .data.fd = w->fd };
	epoll_ctl(r->epoll, EPOLL_CTL_ADD, w->fd, &event);
	g_ptr_array_add(r->workers, w);
	return w;
}

static ProcessEnd
worker_end(Render *r, Worker *w)
{
	epoll_ctl(r->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	close(w->fd);
	ProcessEnd end = process_end(w->pid);
	if (w->n_answers == 0)	/* or it would be replaced for ever where each dies after its hello */
		r->failed_starts++;
	if (r->runner == w)
		r->runner = NULL;
	wire_inbox_clear(&w->in);
	g_ptr_array_remove_fast(r->workers, w);
	g_free(w);
	return end;
}

static void
keep_warm(Render *r)
{
	/* the second one is for a job that hangs: it waits for the first job of all, and costs no memory until then */
	guint wanted = r->next_id == 0 ? MIN(r->warm, 1) : r->warm;

	while (r->workers->len < wanted && r->failed_starts < FAILED_STARTS) {
		g_autoptr(GError) err = NULL;
		if (!worker_start(r, LIMIT_WORKER_MEMORY, &err))
			log_line(LOG_WARN, "render", "%s", err->message);
	}
}

static bool
worker_give(const Render *r, Worker *w, const Job *j)
{
	WireFrame frame = { j->kind, j->id, r->cpu_ms ? r->cpu_ms : j->cpu_ms, j->length, j->meta };
	guint8 bytes[WIRE_FRAME_SIZE];
	union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	struct iovec part = { bytes, sizeof bytes };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
		.msg_controllen = sizeof control.room };

	wire_frame_write(&frame, bytes);
	memset(&control, 0, sizeof control);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &j->fd, sizeof(int));
	if (sendmsg(w->fd, &m, MSG_NOSIGNAL) != (ssize_t)sizeof bytes)
		return false;
	w->busy = true;
	w->dropped = false;
	w->job_kind = j->kind;
	w->job_id = j->id;
	w->job_limit = j->limit;
	if (w->greeted)
		wire_inbox_expect(&w->in, j->kind, j->id, j->limit);
	w->retire |= ++w->n_jobs >= RETIRE_JOBS || j->length > RETIRE_BYTES;
	guint answer_ms = r->answer_ms ? r->answer_ms : j->answer_ms;
	w->deadline = g_get_monotonic_time() + (gint64)(answer_ms + (w->greeted ? 0 : START_MS * SLOWNESS)) * 1000;
	return true;
}

static void
worker_greeted(Render *r, Worker *w)
{
	WireKind kind;
	g_autoptr(GBytes) data = wire_inbox_take(&w->in, &kind);
	const guint8 *p = g_bytes_get_data(data, NULL);

	w->greeted = r->greeted = true;
	r->flags = g_bytes_get_size(data) == 4 ? p[0] : 0;
	if (w->busy)
		wire_inbox_expect(&w->in, w->job_kind, w->job_id, w->job_limit);
}

/* Reads what is there; WIRE_WHOLE: the answer to its job. */
static WireState
worker_read(Render *r, Worker *w)
{
	for (;;) {
		gsize room;
		guint8 *to = wire_inbox_room(&w->in, &room);
		ssize_t n = read(w->fd, to, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return WIRE_MORE;
		WireState state = n > 0 ? wire_inbox_added(&w->in, (gsize)n) : WIRE_BAD;
		if (state == WIRE_WHOLE && !w->greeted)
			worker_greeted(r, w);
		else if (state != WIRE_MORE)
			return state;
	}
}

/* Its answer has come; it may take the next job, unless it has had enough. */
static void
worker_done(Render *r, Worker *w)
{
	guint spare = 0;

	w->busy = w->dropped = false;
	w->n_answers++;
	r->failed_starts = 0;
	if (r->runner == w)
		r->runner = NULL;
	for (guint i = 0; i < r->workers->len; i++)
		spare += !((Worker *)r->workers->pdata[i])->busy;
	if (w->retire || (r->workers->len > MAX(r->warm, 1) && spare > 1))
		worker_end(r, w);
}

/* Gives the job to an idle worker, or to a fresh one. */
static Worker *
hand_out(Render *r, Job *j, GError **err)
{
	if (j->error) {
		g_propagate_error(err, g_steal_pointer(&j->error));
		return NULL;
	}
	for (guint i = 0; i < r->workers->len && j->memory <= LIMIT_WORKER_MEMORY; ) {
		Worker *w = r->workers->pdata[i];
		if (w->busy) {
			i++;
			continue;
		}
		if (worker_read(r, w) != WIRE_BAD && worker_give(r, w, j))
			return w;
		/* died while it waited, or spoke without being asked; the last one has its place now */
		worker_end(r, w);
	}
	Worker *fresh = worker_start(r, j->memory, err);
	if (!fresh || worker_give(r, fresh, j))
		return fresh;
	set_job_error(err, j->kind, worker_end(r, fresh));
	return NULL;
}

/* The answer as bytes, or what the worker could not do. */
static GBytes *
take_answer(Worker *w, GError **err)
{
	WireKind kind;
	g_autoptr(GBytes) data = wire_inbox_take(&w->in, &kind);

	if (kind != WIRE_TROUBLE)
		return g_steal_pointer(&data);
	guint8 code = *(const guint8 *)g_bytes_get_data(data, NULL);
	if (code == WIRE_NO_SUCH_PART)
		g_set_error_literal(err, EIL_ERROR, EIL_BROKEN, _("The message has no such part. Please open it again."));
	else
		set_job_error(err, w->job_kind, code == WIRE_TOO_LARGE ? ENDED_MEMORY : ENDED_CRASHED);
	return NULL;
}

static void
finish_running(Render *r)
{
	g_queue_push_tail(&r->finished, g_steal_pointer(&r->running));
	r->runner = NULL;
}

static void
start_next(Render *r)
{
	while (!r->running && !g_queue_is_empty(&r->waiting)) {
		r->running = g_queue_pop_head(&r->waiting);
		GError *error = NULL;
		r->runner = hand_out(r, r->running, &error);
		if (r->runner)
			continue;
		r->running->error = error;
		finish_running(r);
		kick(r);
	}
}

/* A good answer, or a plain no, leaves the worker as it was; nonsense ends it. NULL: err says why. */
static GBytes *
accept_answer(Render *r, Worker *w, Job *job, GError **err)
{
	GError *error = NULL;
	g_autoptr(GBytes) data = take_answer(w, &error);

	if (data && job && job->read && !job->read(job, data)) {
		log_line(LOG_WARN, "render", "worker %ld gave nonsense and is killed", (long)w->pid);
		worker_end(r, w);
		set_job_error(err, job->kind, ENDED_CRASHED);
		return NULL;
	}
	worker_done(r, w);
	if (error)
		g_propagate_error(err, error);
	return g_steal_pointer(&data);
}

/* The worker answered, died, or talked nonsense. */
static void
settle(Render *r, Worker *w, WireState state)
{
	Job *j = r->runner == w ? r->running : NULL;
	g_autoptr(GError) error = NULL;

	if (state == WIRE_WHOLE) {
		GBytes *data = accept_answer(r, w, j, &error);	/* the job has read it */
		g_clear_pointer(&data, g_bytes_unref);
	} else {
		ProcessEnd end = worker_end(r, w);
		if (j)
			set_job_error(&error, j->kind, end);
	}
	if (!j)
		return;
	j->error = g_steal_pointer(&error);
	finish_running(r);
}

static void
read_workers(Render *r)
{
	gint64 now = g_get_monotonic_time();

	for (guint i = r->workers->len; i-- > 0; ) {	/* settle may remove the i-th, never one before it */
		Worker *w = r->workers->pdata[i];
		WireState state = worker_read(r, w);
		if (state != WIRE_MORE) {
			settle(r, w, state);
		} else if (w->busy && now >= w->deadline) {
			log_line(LOG_WARN, "render", "worker %ld is late and is killed", (long)w->pid);
			Job *j = r->runner == w ? r->running : NULL;
			worker_end(r, w);
			if (j) {
				set_job_error(&j->error, j->kind, ENDED_CPU);
				finish_running(r);
			}
		}
	}
}

void
render_dispatch(Render *r)
{
	guint64 kicks;
	if (read(r->kick, &kicks, sizeof kicks) < 0 && errno != EAGAIN)
		log_line(LOG_DEBUG, "render", "kick: %s", g_strerror(errno));
	read_workers(r);
	start_next(r);
	keep_warm(r);
	/* only those that are here now: done may ask for more */
	for (guint n = g_queue_get_length(&r->finished); n > 0 && !g_queue_is_empty(&r->finished); n--) {
		g_autoptr(Job) j = g_queue_pop_head(&r->finished);
		j->done(j->user, g_steal_pointer(&j->document), j->error);
	}
}

int
render_timeout_ms(const Render *r)
{
	gint64 first = G_MAXINT64, now = g_get_monotonic_time();

	if (r->finished.length > 0)
		return 0;
	for (guint i = 0; i < r->workers->len; i++) {
		const Worker *w = r->workers->pdata[i];
		if (w->busy)
			first = MIN(first, w->deadline);
	}
	return first == G_MAXINT64 ? -1 : first <= now ? 0 : (int)((first - now) / 1000 + 1);
}

int
render_fd(const Render *r)
{
	return r->epoll;
}

static void
put_part(Payload *p, const RenderPart *part, gsize *budget)
{
	gsize len = part->body ? MIN(g_bytes_get_size(part->body), *budget) : 0;

	wire_put_text(p->meta, part->section);
	wire_put_text(p->meta, part->mime);
	wire_put_number(p->meta, part->body != NULL);
	payload_add(p, part->body ? g_bytes_get_data(part->body, NULL) : "", len);
	wire_put_number(p->meta, part->size);
	wire_put_number(p->meta, part->depth);
	*budget -= len;
}

static bool
read_document(Job *job, GBytes *answer)
{
	job->document = document_read(g_bytes_get_data(answer, NULL), g_bytes_get_size(answer));
	return job->document != NULL;
}

guint
render_message(Render *r, const RenderMessage *m, RenderDone done, void *user)
{
	Payload p;
	/* one byte more than is read, so that the worker sees that it is not all */
	gsize budget = LIMIT_MESSAGE_PARSED + 1;
	GBytes *whole = m->raw ? m->raw : m->header;
	gsize n_parts = m->raw ? 0 : MIN(m->n_parts, LIMIT_MIME_PARTS + 1);

	payload_init(&p);
	wire_put_number(p.meta, m->raw ? 1 : m->header ? 2 : 0);
	gsize len = whole ? MIN(g_bytes_get_size(whole), budget) : 0;
	payload_add(&p, whole ? g_bytes_get_data(whole, NULL) : "", len);
	budget -= len;
	wire_put_number(p.meta, m->columns);
	wire_put_number(p.meta, m->prefer_html);
	wire_put_number(p.meta, n_parts);
	for (gsize i = 0; i < n_parts; i++)
		put_part(&p, &m->parts[i], &budget);
	Job *j = job_new(WIRE_MESSAGE, &p, LIMIT_WORKER_OUTPUT);
	payload_clear(&p);
	j->read = read_document;
	j->done = done;
	j->user = user;
	j->id = r->next_id = r->next_id == G_MAXUINT32 ? 1 : r->next_id + 1;
	g_queue_push_tail(&r->waiting, j);
	guint id = j->id;
	start_next(r);
	return id;
}

static bool
cancel_in(GQueue *queue, guint id)
{
	for (GList *l = queue->head; l; l = l->next) {
		Job *j = l->data;
		if (j->id == id) {
			g_queue_delete_link(queue, l);
			job_free(j);
			return true;
		}
	}
	return false;
}

/* The worker goes on with what nobody wants; killed only where the next job finds no other. */
void
render_cancel(Render *r, guint id)
{
	if (cancel_in(&r->waiting, id) || cancel_in(&r->finished, id) || !r->running || r->running->id != id)
		return;
	g_clear_pointer(&r->running, job_free);
	bool idle = false;
	guint dropped = 0;
	if (r->runner)
		r->runner->dropped = true;
	r->runner = NULL;
	for (guint i = 0; i < r->workers->len; i++) {
		const Worker *w = r->workers->pdata[i];
		idle |= !w->busy;
		dropped += w->dropped;
	}
	for (guint i = r->workers->len; i-- > 0 && !idle && dropped > 0; ) {
		Worker *w = r->workers->pdata[i];
		if (w->dropped) {
			worker_end(r, w);
			dropped = 0;
		}
	}
	keep_warm(r);
	start_next(r);
}

/* One round of waiting; false: it died, talked nonsense or is late. */
static bool
wait_for(Render *r, Worker *w, WireState *state, ProcessEnd *end)
{
	gint64 left = w->deadline - g_get_monotonic_time();
	struct pollfd p = { w->fd, POLLIN, 0 };

	if (left <= 0) {
		worker_end(r, w);
		*end = ENDED_CPU;
		return false;
	}
	if (poll(&p, 1, (int)(left / 1000) + 1) < 0 && errno != EINTR)
		*state = WIRE_BAD;
	else
		*state = worker_read(r, w);
	if (*state == WIRE_BAD)
		*end = worker_end(r, w);
	return *state != WIRE_BAD;
}

GBytes *
render_run(Render *r, Job *job, GError **err)
{
	WireState state = WIRE_MORE;
	ProcessEnd end = ENDED_CRASHED;

	job->id = r->next_id = r->next_id == G_MAXUINT32 ? 1 : r->next_id + 1;
	Worker *w = hand_out(r, job, err);
	if (!w)
		return NULL;
	while (state == WIRE_MORE) {
		if (!wait_for(r, w, &state, &end)) {
			set_job_error(err, job->kind, end);
			keep_warm(r);
			return NULL;
		}
	}
	GBytes *answer = accept_answer(r, w, job, err);
	keep_warm(r);
	return answer;
}

GBytes *
render_decode_part(Render *r, GBytes *data, const char *section, const char *mime, GError **err)
{
	gsize size = g_bytes_get_size(data);
	Payload p;

	payload_init(&p);
	wire_put_text(p.meta, section);
	wire_put_number(p.meta, mime != NULL);
	wire_put_text(p.meta, mime);
	payload_add(&p, g_bytes_get_data(data, NULL), size);
	/* no transfer encoding makes more bytes than it was given */
	g_autoptr(Job) job = job_new(WIRE_PART, &p, size + KIB);
	payload_clear(&p);
	guint more_ms = (guint)(size / (16 * MIB)) * 1000 * SLOWNESS;
	job->cpu_ms += more_ms;
	job->answer_ms += 2 * more_ms;
	if (size > 48 * MIB)	/* the encoded and the decoded, and a growing buffer's two halves */
		job->memory += 4 * size;
	return render_run(r, job, err);
}

Render *
render_new(guint warm)
{
	Render *r = g_new0(Render, 1);

	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->warm = MIN(warm, 2);
	r->program = process_find();
	r->workers = g_ptr_array_new();
	struct epoll_event event = { .events = EPOLLIN, .data.fd = r->kick };
	epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->kick, &event);
	keep_warm(r);
	return r;
}

void
render_free(Render *r)
{
	if (!r)
		return;
	while (r->workers->len > 0)
		worker_end(r, r->workers->pdata[0]);
	g_ptr_array_unref(r->workers);
	g_queue_clear_full(&r->waiting, (GDestroyNotify)job_free);
	g_queue_clear_full(&r->finished, (GDestroyNotify)job_free);
	g_clear_pointer(&r->running, job_free);
	decoded_clear(&r->decoded);
	close(r->kick);
	close(r->epoll);
	g_free(r->program);
	g_free(r);
}

Decoded *
render_decoded(Render *r)
{
	return &r->decoded;
}

bool
render_sealed(const Render *r)
{
#if defined(EIL_SANITIZERS)
	const bool hoped = false;
#else
	const bool hoped = r->failed_starts == 0;
#endif
	return r->greeted ? (r->flags & SANDBOX_SECCOMP) != 0 : hoped;
}

void
render_hurry(Render *r, guint cpu_ms, guint answer_ms)
{
	r->cpu_ms = cpu_ms;
	r->answer_ms = answer_ms;
}

guint
render_n_workers(const Render *r)
{
	return r->workers->len;
}

int
render_worker_pid(const Render *r, guint i)
{
	return i < r->workers->len ? ((Worker *)r->workers->pdata[i])->pid : -1;
}
