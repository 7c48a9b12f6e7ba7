/* client.c - tests of the client: good mail through the real worker, and every way a worker can fail.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The bad workers are this program itself: started under the worker's name it does what the mail tells it to. */
#include "config.h"
#include "mail/message.h"
#include "render/client_private.h"
#include "render/sandbox.h"
#include "base/limits.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELLO "From: Anna Weber <anna@example.org>\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n" \
	"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nSch\xf6ne Gr\xfc\xdf" "e\r\n"

/* ---- the bad worker ---- */

static void
speak(guint32 kind, guint32 job, const void *data, gsize len, gsize said)
{
	WireFrame f = { .kind = kind, .job = job, .length = said };
	guint8 head[WIRE_FRAME_SIZE];
	wire_frame_write(&f, head);
	if (write(0, head, sizeof head) < 0 || write(0, data, len) < 0)
		_exit(1);
}

static bool
told(const char *data, gsize len, const char *word)
{
	for (gsize i = 0, n = strlen(word); i + n <= len; i++)	/* there are NULs before it */
		if (!memcmp(data + i, word, n))
			return true;
	return false;
}

/* To one header value, as much as is taken for one. */
static void
swell(const WireFrame *f)
{
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autofree char *text = g_strnfill(4 * LIMIT_HEADER, 'x');

	wire_put_number(answer, 1);
	wire_put_bytes(answer, text, 4 * LIMIT_HEADER);
	speak(f->kind, f->job, answer->data, answer->len, answer->len);
}

static void
obey(const WireFrame *f, const char *data, gsize len)
{
	if (told(data, len, "do:spin"))
		for (volatile guint64 i = 0;; i++)
			;
	if (told(data, len, "do:hang"))
		pause();
	if (told(data, len, "do:die")) {
		signal(SIGSEGV, SIG_DFL);	/* sanitizers write a report otherwise */
		raise(SIGSEGV);
	}
	if (told(data, len, "do:abort"))
		abort();
	if (told(data, len, "do:close")) {
		close(0);
		pause();
	}
	if (told(data, len, "do:garbage"))
		speak(4711, 1, "garbage", 7, 7);
	else if (told(data, len, "do:huge"))
		speak(f->kind, f->job, "x", 1, (gsize)1 << 60);
	else if (told(data, len, "do:other-job"))
		speak(f->kind, f->job + 1, "x", 1, 1);
	else if (told(data, len, "do:nonsense"))
		speak(f->kind, f->job, "nonsense", 8, 8);
	else if (told(data, len, "do:swell"))
		swell(f);
	else if (told(data, len, "do:twice")) {
		g_autoptr(Document) d = document_new();
		g_autoptr(GBytes) out = document_write(d);
		for (int i = 0; i < 2; i++)
			speak(f->kind, f->job, g_bytes_get_data(out, NULL), g_bytes_get_size(out), g_bytes_get_size(out));
	} else if (f->kind == WIRE_HEADERS) {
		speak(f->kind, f->job, data + f->meta, len - f->meta, len - f->meta);
	} else {
		g_autoptr(Document) d = document_new();
		g_autoptr(GBytes) out = document_write(d);
		speak(f->kind, f->job, g_bytes_get_data(out, NULL), g_bytes_get_size(out), g_bytes_get_size(out));
	}
}

static int
bad_worker(int argc, char **argv)
{
	guint8 head[WIRE_FRAME_SIZE];
	union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;

	if (argc != 3 || !sandbox_belong(atoi(argv[1]), 3))
		return 1;
	speak(WIRE_HELLO, 0, "\1\0\0\0", 4, 4);
	for (;;) {
		struct iovec part = { head, sizeof head };
		struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
			.msg_controllen = sizeof control.room };
		WireFrame f;
		int fd;
		if (recvmsg(0, &m, MSG_WAITALL) != (ssize_t)sizeof head || !wire_frame_read(&f, head))
			return 0;
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
		g_autofree char *data = g_malloc(f.length);
		if (pread(fd, data, f.length, 0) != (ssize_t)f.length)
			return 1;
		close(fd);
		sandbox_job(f.cpu_ms);
		obey(&f, data, f.length);
		sandbox_job(0);
	}
}

/* ---- the tests ---- */

static char *real_worker, *own_path;

typedef struct { int n; Document *last; char *error; } Got;

static void
got_it(void *user, Document *document, const GError *err)
{
	Got *g = user;
	g->n++;
	g_clear_pointer(&g->last, document_free);
	g->last = document;
	g_free(g->error);
	g->error = err ? g_strdup(err->message) : NULL;
	g_assert_true((document == NULL) == (err != NULL));
	g_assert_true(!err || err->code == EIL_BROKEN);
}

static void
got_clear(Got *g)
{
	g_clear_pointer(&g->last, document_free);
	g_clear_pointer(&g->error, g_free);
}

static void
wait_for(Render *r, Got *g, int n)
{
	gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
	while (g->n < n) {
		struct pollfd p = { render_fd(r), POLLIN, 0 };
		g_assert_cmpint(g_get_monotonic_time(), <, until);
		poll(&p, 1, render_timeout_ms(r));
		render_dispatch(r);
	}
}

static Render *
good_render(guint warm)
{
	g_setenv("EILPOST_RENDER", real_worker, TRUE);
	return render_new(warm);
}

static Render *
bad_render(guint warm)
{
	g_setenv("EILPOST_RENDER", own_path, TRUE);
	Render *r = render_new(warm);
	render_hurry(r, 100, 400);
	return r;
}

static guint
ask(Render *r, Got *g, const char *mail)
{
	g_autoptr(GBytes) raw = g_bytes_new(mail, strlen(mail));
	RenderMessage m = { .raw = raw, .columns = 80 };
	return render_message(r, &m, got_it, g);
}

static char *
text_of(const Document *d)
{
	GString *s = g_string_new(NULL);
	for (guint i = 0; i < d->fields->len; i++) {
		const HeaderField *f = &g_array_index(d->fields, HeaderField, i);
		g_string_append_printf(s, "%s: %s\n", clean_peek(f->name), clean_peek(f->value));
	}
	for (guint i = 0; i < d->blocks->len; i++) {
		const Block *b = d->blocks->pdata[i];
		g_string_append_printf(s, "%s\n", b->text ? clean_peek(b->text) : "");
	}
	return g_string_free(s, FALSE);
}

static void
no_children(void)
{
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
	g_assert_cmpint(errno, ==, ECHILD);
}

static guint
open_files(void)
{
	guint n = 0;
	GDir *d = g_dir_open("/proc/self/fd", 0, NULL);
	while (g_dir_read_name(d))
		n++;
	g_dir_close(d);
	return n;
}

static void
test_good(void)
{
	for (guint warm = 0; warm <= 2; warm++) {
		Render *r = good_render(warm);
		Got g = { 0 };
		ask(r, &g, HELLO);
		wait_for(r, &g, 1);
		g_assert_null(g.error);
		g_autofree char *text = text_of(g.last);
		g_assert_nonnull(strstr(text, "Subject: gr\xc3\xbc\xc3\x9f" "e"));
		g_assert_nonnull(strstr(text, "Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9f" "e"));
#ifdef EIL_SANITIZERS
		g_assert_false(render_sealed(r));
#elif defined(__x86_64__) || defined(__aarch64__)
		g_assert_true(render_sealed(r));
#endif
		got_clear(&g);
		render_free(r);
		no_children();
	}
}

static void
test_parts(void)
{
	Render *r = good_render(1);
	Got g = { 0 };
	g_autoptr(GBytes) header = g_bytes_new_static("Subject: two parts\r\nFrom: a@b.example\r\n", 40);
	g_autoptr(GBytes) body = g_bytes_new_static("SGVsbG8gcGFydA==\r\n", 18);
	const RenderPart parts[] = {
		{ "1", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n", body, 18, 0 },
		{ "2", "Content-Type: application/pdf; name=\"plan.pdf\"\r\nContent-Disposition: attachment\r\n", NULL, 50000, 0 },
	};
	RenderMessage m = { .header = header, .parts = parts, .n_parts = 2, .columns = 72 };

	render_message(r, &m, got_it, &g);
	wait_for(r, &g, 1);
	g_assert_nonnull(g.last);
	g_autofree char *text = text_of(g.last);
	g_assert_nonnull(strstr(text, "Hello part"));
	g_assert_nonnull(strstr(text, "two parts"));
	g_assert_cmpuint(g.last->parts->len, ==, 2);
	g_assert_cmpstr(g_array_index(g.last->parts, DocPart, 1).file_name, ==, "plan.pdf");
	got_clear(&g);
	render_free(r);
}

/* A worker that was taken over can write any document. */
static void
test_mangled_document(void)
{
	static const guint8 values[] = { 0x00, 0x01, 0x1b, 0x7f, 0x80, 0xff };
	g_autoptr(GBytes) raw = g_bytes_new_static(HELLO, sizeof HELLO - 1);
	MessageInput in = { .raw = raw, .columns = 80 };
	g_autoptr(Document) d = message_render(&in);
	g_autoptr(GBytes) bytes = document_write(d);
	gsize len = g_bytes_get_size(bytes);
	g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(bytes, NULL), len);

	for (gsize at = 0; at < len; at++) {
		guint8 before = copy[at];
		for (gsize v = 0; v < G_N_ELEMENTS(values); v++) {
			copy[at] = values[v];
			g_autoptr(Document) read = document_read(copy, len);
			g_autofree char *text = read ? text_of(read) : NULL;
			g_assert_true(!text || (g_utf8_validate(text, -1, NULL) && !strchr(text, '\033')));
		}
		copy[at] = before;
		g_autofree guint8 *cut = g_memdup2(copy, at + 1);	/* so that reading beyond is seen */
		g_autoptr(Document) none = at + 1 < len ? document_read(cut, at + 1) : NULL;
		g_assert_null(none);
	}
}

typedef struct { GString *order; int id; Got *all; } Turn;

static void
got_turn(void *user, Document *document, const GError *err)
{
	Turn *t = user;
	g_string_append_printf(t->order, "%d ", t->id);
	document_free(document);
	t->all->n++;
}

static void
test_order(void)
{
	Render *r = good_render(2);
	Got g = { 0 };
	Turn turns[10];
	guint ids[10];
	g_autoptr(GString) order = g_string_new(NULL);
	g_autoptr(GBytes) raw = g_bytes_new(HELLO, strlen(HELLO));
	RenderMessage m = { .raw = raw, .columns = 80 };

	for (int i = 0; i < 10; i++) {
		turns[i] = (Turn){ order, i, &g };
		ids[i] = render_message(r, &m, got_turn, &turns[i]);
	}
	render_cancel(r, ids[0]);	/* runs */
	render_cancel(r, ids[4]);	/* waits */
	render_cancel(r, ids[4]);
	render_cancel(r, 9999);
	wait_for(r, &g, 8);
	g_assert_cmpstr(order->str, ==, "1 2 3 5 6 7 8 9 ");
	while (render_timeout_ms(r) >= 0) {	/* the cancelled one, if its worker was slower */
		struct pollfd p = { render_fd(r), POLLIN, 0 };
		g_assert_cmpint(poll(&p, 1, 10000), ==, 1);
		render_dispatch(r);
	}
	render_free(r);
	no_children();
}

static const struct { const char *mail; const char *says; } failures[] = {
	{ "do:spin", "took too long" },
	{ "do:hang", "took too long" },
	{ "do:die", "cannot be shown safely." },
	{ "do:abort", "memory" },
	{ "do:close", "cannot be shown safely." },
	{ "do:garbage", "cannot be shown safely." },
	{ "do:huge", "cannot be shown safely." },
	{ "do:other-job", "cannot be shown safely." },
	{ "do:nonsense", "cannot be shown safely." },
};

static void
test_failures(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
		Render *r = bad_render(2);
		Got g = { 0 };
		g_test_message("%s", failures[i].mail);
		ask(r, &g, failures[i].mail);
		ask(r, &g, "fine");
		wait_for(r, &g, 1);
		g_assert_nonnull(g.error);
		g_assert_nonnull(strstr(g.error, failures[i].says));
		g_assert_nonnull(strstr(g.error, "raw text"));
		wait_for(r, &g, 2);
		g_assert_null(g.error);
		render_dispatch(r);
		g_assert_cmpuint(render_n_workers(r), ==, 2);
		got_clear(&g);
		render_free(r);
		no_children();
	}
}

/* An answer that nobody asked for ends the worker; nobody notices. */
static void
test_unasked(void)
{
	Render *r = bad_render(1);
	Got g = { 0 };
	for (int i = 1; i <= 3; i++) {
		ask(r, &g, "do:twice");
		wait_for(r, &g, i);
		g_usleep(20000);
		g_assert_null(g.error);
	}
	got_clear(&g);
	render_free(r);
	no_children();
}

static void
test_killed(void)
{
	Render *r = good_render(2);
	Got g = { 0 };

	/* while it waits: the job goes to another */
	ask(r, &g, HELLO);
	wait_for(r, &g, 1);
	for (guint i = 0; i < render_n_workers(r); i++)
		kill(render_worker_pid(r, i), SIGKILL);
	g_usleep(20000);
	ask(r, &g, HELLO);
	wait_for(r, &g, 2);
	g_assert_null(g.error);
	got_clear(&g);
	render_free(r);

	/* in the middle of a job: the job fails */
	r = bad_render(1);
	g = (Got){ 0 };
	ask(r, &g, "do:hang");
	kill(render_worker_pid(r, 0), SIGKILL);
	ask(r, &g, "fine");
	wait_for(r, &g, 1);
	g_assert_nonnull(g.error);
	wait_for(r, &g, 2);
	g_assert_null(g.error);
	got_clear(&g);
	render_free(r);
	no_children();
}

/* Who is cancelled does not hold up the next. */
static void
test_cancel_hanging(void)
{
	for (guint warm = 0; warm <= 2; warm++) {
		Render *r = bad_render(warm);
		Got g = { 0 };
		render_hurry(r, 5000, 5000);
		gint64 began = g_get_monotonic_time();
		for (int i = 0; i < 4; i++)
			render_cancel(r, ask(r, &g, "do:hang"));
		ask(r, &g, "fine");
		wait_for(r, &g, 1);
		g_assert_null(g.error);
		g_assert_cmpint(g_get_monotonic_time() - began, <, 4 * G_USEC_PER_SEC);
		g_assert_cmpint(g.n, ==, 1);
		got_clear(&g);
		render_free(r);
		no_children();
	}
}

static void
test_missing(void)
{
	static const char *const programs[] = { "/nonexistent/eilpost-render", "/etc/passwd", "/bin/false" };

	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
		g_setenv("EILPOST_RENDER", programs[i], TRUE);
		Render *r = render_new(2);
		Got g = { 0 };
		for (int n = 1; n <= 4; n++) {
			ask(r, &g, HELLO);
			wait_for(r, &g, n);
			g_assert_nonnull(g.error);
		}
		g_assert_false(render_sealed(r));
		const char *const texts[] = { "=?utf-8?q?a?=" };
		g_autofree char **out = render_decode_headers(r, texts, 1);
		g_assert_cmpstr(out[0], ==, "=?utf-8?q?a?=");
		g_free(out[0]);
		got_clear(&g);
		render_free(r);
		no_children();
	}
}

/* The same people write again, among more others than are kept: each name stays what it is. */
static void
test_headers_again(void)
{
	enum { N = 700 };
	Render *r = good_render(1);
	char *texts[N + 2], *wished[N + 1];

	for (int i = 0; i <= N; i++) {
		texts[i] = g_strdup_printf("=?utf-8?q?=C3=A4_%d?=", i);
		wished[i] = g_strdup_printf("\xc3\xa4 %d", i);
	}
	texts[N + 1] = texts[0];
	for (int turn = 0; turn < 3; turn++) {
		g_autofree char **out = render_decode_headers(r, (const char *const *)texts, N + 2);
		for (int i = 0; i <= N + 1; i++) {
			g_assert_cmpstr(out[i], ==, wished[i % (N + 1)]);
			g_free(out[i]);
		}
	}
	for (int i = 0; i <= N; i++) {
		g_free(texts[i]);
		g_free(wished[i]);
	}
	render_free(r);
	no_children();
}

/* What a worker makes of a short value is not kept where it is no name: a thousand of them may be a GiB. */
static void
test_headers_swollen(void)
{
	Render *r = bad_render(1);
	const char *const texts[] = { "do:swell =?x", "=?value" };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char **out = render_decode_headers(r, &texts[i], 1);
		g_assert_cmpuint(strlen(out[0]), ==, i == 0 ? 4 * LIMIT_HEADER : strlen(texts[i]));
		g_free(out[0]);
	}
	g_assert_cmpuint(g_hash_table_size(render_decoded(r)->young), ==, 1);
	render_free(r);
	no_children();
}

static void
test_headers(void)
{
	Render *r = good_render(1);
	const char *const texts[] = {
		"plain", NULL, "=?utf-8?b?w6Q=?= =?utf-8?q?=C3=B6?=", "folded\r\n line", "gr\xfc\xdf" "e", "", "a\033[2Jb",
	};
	g_autofree char **out = render_decode_headers(r, texts, G_N_ELEMENTS(texts));
	g_assert_cmpstr(out[0], ==, "plain");
	g_assert_null(out[1]);
	g_assert_cmpstr(out[2], ==, "\xc3\xa4\xc3\xb6");
	g_assert_cmpstr(out[3], ==, "folded line");
	g_assert_cmpstr(out[4], ==, "gr\xc3\xbc\xc3\x9f" "e");
	g_assert_cmpstr(out[5], ==, "");
	g_assert_null(strchr(out[6], '\033'));
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(out[i]);
	render_free(r);
}

/* What is said to come out as it goes in does so. */
static void
test_headers_themselves(void)
{
	static const struct { const char *text; bool itself; } rows[] = {
		{ "plain", true }, { "", true }, { "a = b?", true }, { "Bob <bob@example.org>, \"x\"", true }, { "=?utf-8?q?a?=", false }, { "x =?", false },
		{ " before", false }, { "behind ", false }, { " ", false }, { "tab\tin it", false }, { "folded\r\n line", false }, { "line\nfeed", false },
		{ "gr\xc3\xbc\xc3\x9f", false }, { "a\033[2Jb", false }, { "del\x7f", false },
	};
	Render *r = good_render(1);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char **out = render_decode_headers(r, &rows[i].text, 1);
		g_assert_cmpint(render_header_is_itself(rows[i].text), ==, rows[i].itself);
		if (rows[i].itself)
			g_assert_cmpstr(out[0], ==, rows[i].text);
		g_free(out[0]);
	}
	render_free(r);
}

/* A batch with a value that kills the worker: only that one stays as it came. */
static void
test_headers_halved(void)
{
	enum { N = 1200 };
	Render *r = bad_render(1);
	const char *texts[N];
	for (int i = 0; i < N; i++)
		texts[i] = i == 700 ? "do:die =?x" : i == 701 ? "do:nonsense =?x" : "=?value";
	g_autofree char **out = render_decode_headers(r, texts, N);
	for (int i = 0; i < N; i++) {
		g_assert_cmpstr(out[i], ==, texts[i]);
		g_free(out[i]);
	}
	render_free(r);
	no_children();
}

static void
test_part(void)
{
	Render *r = good_render(1);
	g_autoptr(GError) err = NULL;
	g_autoptr(GBytes) body = g_bytes_new_static("SGVsbG8gcGFydA==\r\n", 18);
	g_autoptr(GBytes) out = render_decode_part(r, body, "1",
		"Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n", &err);
	g_assert_no_error(err);
	g_assert_cmpmem(g_bytes_get_data(out, NULL), g_bytes_get_size(out), "Hello part", 10);

	g_autoptr(GBytes) whole = g_bytes_new_static(HELLO, sizeof HELLO - 1);
	g_autoptr(GBytes) none = render_decode_part(r, whole, "7.3", NULL, &err);
	g_assert_null(none);
	g_assert_error(err, EIL_ERROR, EIL_BROKEN);
	g_assert_cmpuint(render_n_workers(r), ==, 1);
	render_free(r);
}

/* An attachment beyond the usual worker's memory gets one of its own. */
static void
test_large_part(void)
{
	gsize len = 96 * 1024 * 1024;
	Render *r = good_render(1);
	g_autoptr(GError) err = NULL;
	char *data = g_malloc(len);
	for (gsize i = 0; i < len; i += 64)
		memcpy(data + i, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdH\r\n", 64);
	g_autoptr(GBytes) body = g_bytes_new_take(data, len);
	g_autoptr(GBytes) out = render_decode_part(r, body, "2",
		"Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n", &err);
	g_assert_no_error(err);
	g_assert_cmpuint(g_bytes_get_size(out), >, len / 2);
	render_free(r);
	no_children();
}

/* head, then `unit` n times (%d is its number), then tail. */
static const struct { const char *name, *head, *unit, *tail; guint n; } bombs[] = {
	{ "10^6 parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\n", "--b--\r\n", 1000000 },
	{ "deep multiparts", "", "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", "x\r\n", 50000 },
	{ "deep messages", "", "Content-Type: message/rfc822\r\n\r\n", "x\r\n", 200000 },
	{ "10^6 headers", "", "X-%d: value\r\n", "\r\nx\r\n", 1000000 },
	{ "10^6 semicolons", "Content-Type: text/plain", "; a=b", "\r\n\r\nx\r\n", 1000000 },
	{ "10^6 addresses", "To: a@example.org", ",\r\n a@example.org", "\r\n\r\nx\r\n", 1000000 },
	{ "10^6 comments", "To: ", "(", "a@example.org\r\n\r\nx\r\n", 1000000 },
	{ "encoded words", "Subject: ", "=?utf-8?q?=C3=BC?= ", "\r\n\r\nx\r\n", 200000 },
	{ "continuations", "Content-Type: text/plain", ";\r\n name*%d=x", "\r\n\r\nx\r\n", 200000 },
	{ "deep HTML", "Content-Type: text/html\r\n\r\n", "<div><b>", "x", 500000 },
	{ "wide HTML", "Content-Type: text/html\r\n\r\n<table><tr>", "<td>x", "", 500000 },
	{ "nested tables", "Content-Type: text/html\r\n\r\n", "<table><tr><td>", "x", 100000 },
	{ "HTML attributes", "Content-Type: text/html\r\n\r\n<p", " a%d=b", ">x", 500000 },
	{ "formatting tags", "Content-Type: text/html\r\n\r\n", "<a><b><i><p>", "x", 100000 },
	{ "entities", "Content-Type: text/html\r\n\r\n", "&amp;&#%d;", "x", 500000 },
	{ "quotes", "Content-Type: text/plain\r\n\r\n", ">", "x", 2000000 },
	{ "lines", "Content-Type: text/plain\r\n\r\n", "\r\n> x", "x", 2000000 },
	{ "combining marks", "Content-Type: text/plain; charset=utf-8\r\n\r\nx", "\xcc\x80", "x", 2000000 },
	{ "links", "Content-Type: text/html\r\n\r\n", "<a href='http://example.org/%d'>x</a>", "x", 200000 },
	{ "plain links", "Content-Type: text/plain\r\n\r\n", "http://example.org/%d ", "x", 200000 },
	{ "UTF-7", "Content-Type: text/plain; charset=utf-7\r\n\r\n", "+AGEAYg-", "x", 500000 },
	{ "ISO-2022-JP", "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", "\x1b$B\x24\x22\x1b(B", "x", 500000 },
};

/* What must never happen: the client stops, or waits longer than it promised. */
static void
test_bombs(void)
{
	Render *r = good_render(2);
	Got g = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(bombs); i++) {
		g_autoptr(GString) mail = g_string_new(bombs[i].head);
		for (guint n = 0; n < bombs[i].n; n++)
			g_string_append_printf(mail, bombs[i].unit, n, n);
		g_string_append(mail, bombs[i].tail);
		g_autoptr(GBytes) raw = g_string_free_to_bytes(g_steal_pointer(&mail));
		RenderMessage m = { .raw = raw, .columns = 80 };
		gint64 began = g_get_monotonic_time();
		render_message(r, &m, got_it, &g);
		wait_for(r, &g, (int)i + 1);
		int ms = (int)((g_get_monotonic_time() - began) / 1000);
		g_test_message("%s: %d ms, %s", bombs[i].name, ms, g.error ? g.error : "shown");
#ifndef EIL_SANITIZERS
		g_assert_cmpint(ms, <, 6000);
#endif
	}
	got_clear(&g);
	render_free(r);
	no_children();
}

static void
test_leaks(void)
{
	guint before = open_files(), during = 0;
	Render *r = good_render(2);
	Got g = { 0 };

	for (int i = 1; i <= 200; i++) {
		ask(r, &g, HELLO);
		wait_for(r, &g, i);
		g_assert_null(g.error);
		if (i == 1)
			during = open_files();
	}
	g_assert_cmpuint(open_files(), ==, during);
	g_assert_cmpuint(render_n_workers(r), ==, 2);
	got_clear(&g);
	render_free(r);
	g_assert_cmpuint(open_files(), ==, before);
	no_children();

	r = bad_render(2);
	for (int i = 0; i < 30; i++) {
		ask(r, &g, "do:die");
		wait_for(r, &g, 201 + i);
	}
	got_clear(&g);
	render_free(r);
	g_assert_cmpuint(open_files(), ==, before);
	no_children();
}

static gpointer
use_one(gpointer n)
{
	Render *r = render_new(1);
	Got g = { 0 };
	for (int i = 1; i <= 40; i++) {
		const char *const texts[] = { "=?utf-8?q?=C3=BC?=" };
		ask(r, &g, HELLO);
		g_autofree char **out = render_decode_headers(r, texts, 1);
		g_assert_cmpstr(out[0], ==, "\xc3\xbc");
		g_free(out[0]);
		wait_for(r, &g, i);
		g_assert_null(g.error);
	}
	got_clear(&g);
	render_free(r);
	return n;
}

/* The person's thread and the accounts' each have their own. */
static void
test_threads(void)
{
	GThread *threads[4];
	guint before = open_files();

	g_setenv("EILPOST_RENDER", real_worker, TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("render", use_one, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	g_assert_cmpuint(open_files(), ==, before);
	no_children();
}

/* Who dies after each hello is not replaced for ever. */
static void
test_dying(void)
{
	Render *r = bad_render(2);
	Got g = { 0 };
	for (int i = 0; i < 8; i++) {
		for (guint n = 0; n < render_n_workers(r); n++)
			kill(render_worker_pid(r, n), SIGKILL);
		g_usleep(5000);
		render_dispatch(r);
	}
	g_assert_cmpuint(render_n_workers(r), ==, 0);
	ask(r, &g, "fine");
	wait_for(r, &g, 1);
	g_assert_null(g.error);
	render_dispatch(r);
	g_assert_cmpuint(render_n_workers(r), ==, 2);
	got_clear(&g);
	render_free(r);
}

/* The worker inherits nothing: no descriptor, no environment. */
static void
test_inherits(void)
{
	int secret[2];
	g_assert_cmpint(pipe(secret), ==, 0);	/* without CLOEXEC, as a library might */
	g_setenv("EILPOST_SECRET", "hunter2", TRUE);
	Render *r = good_render(1);
	Got g = { 0 };
	ask(r, &g, HELLO);
	wait_for(r, &g, 1);
	g_autofree char *fds = g_strdup_printf("/proc/%d/fd", render_worker_pid(r, 0));
	g_autofree char *env = g_strdup_printf("/proc/%d/environ", render_worker_pid(r, 0));
	GDir *d = g_dir_open(fds, 0, NULL);
	guint n = 0;
	while (d && g_dir_read_name(d))
		n++;
	g_clear_pointer(&d, g_dir_close);
	g_assert_cmpuint(n, <=, 3);
	g_autofree char *text = NULL;
	gsize len = 0;
	if (g_file_get_contents(env, &text, &len, NULL))
		for (gsize i = 0; i < len; i += strlen(text + i) + 1)
			g_assert_null(strstr(text + i, "hunter2"));
	close(secret[0]);
	close(secret[1]);
	got_clear(&g);
	render_free(r);
}

int
main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	g_autofree char *name = g_path_get_basename(argv[0]);
	if (strcmp(name, "eilpost-render") == 0)
		return bad_worker(argc, argv);
	g_test_init(&argc, &argv, NULL);
	own_path = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = g_path_get_dirname(own_path);
	real_worker = g_build_filename(dir, "..", "..", "eilpost-render", NULL);
	g_test_add_func("/render/client/good", test_good);
	g_test_add_func("/render/client/parts", test_parts);
	g_test_add_func("/render/client/mangled-document", test_mangled_document);
	g_test_add_func("/render/client/order", test_order);
	g_test_add_func("/render/client/M5/failures", test_failures);
	g_test_add_func("/render/client/unasked", test_unasked);
	g_test_add_func("/render/client/killed", test_killed);
	g_test_add_func("/render/client/cancel-hanging", test_cancel_hanging);
	g_test_add_func("/render/client/missing", test_missing);
	g_test_add_func("/render/client/headers", test_headers);
	g_test_add_func("/render/client/headers-again", test_headers_again);
	g_test_add_func("/render/client/headers-swollen", test_headers_swollen);
	g_test_add_func("/render/client/headers/themselves", test_headers_themselves);
	g_test_add_func("/render/client/headers-halved", test_headers_halved);
	g_test_add_func("/render/client/part", test_part);
	g_test_add_func("/render/client/large-part", test_large_part);
	g_test_add_func("/render/client/M2/bombs", test_bombs);
	g_test_add_func("/render/client/leaks", test_leaks);
	g_test_add_func("/render/client/threads", test_threads);
	g_test_add_func("/render/client/dying", test_dying);
	g_test_add_func("/render/client/inherits", test_inherits);
	int r = g_test_run();
	g_free(real_worker);
	g_free(own_path);
	return r;
}
