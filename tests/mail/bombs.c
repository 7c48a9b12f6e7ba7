/* bombs.c - mails made to hurt: linear time, bounded memory, and a document all the same.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Each runs in a child of its own under the worker's limits, which is what the sandbox would do to
 * it. */
#include "config.h"
#include "mail/message.h"
#include "base/limits.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD "From: a@b.example\nSubject: bomb\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=x\n\n"

/* sanitizers want address space and time of their own */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static const struct { const char *name, *start, *piece; gsize n; const char *end; } bombs[] = {
	{ "parts", MIXED, "--x\n\na\n", 1000000, "" },
	{ "messages", HEAD, "Content-Type: message/rfc822\n\n", 1000000, "\nhi" },
	{ "same-boundary", HEAD, "Content-Type: multipart/mixed; boundary=b\n\n--b\n", 100000, "\nhi" },
	{ "headers", "", "X-A: b\n", 1000000, "\nbody" },
	{ "long-header", HEAD "X-Long: ", "aaaaaaaaaa", 10 * 1024 * 1024, "\n\nbody" },
	{ "folded-header", HEAD "X-Long: ", "aaaaaaa\n ", 11 * 1024 * 1024, "\n\nbody" },
	{ "encoded-words", "Subject: ", "=?utf-8?q?=41?= ", 1000000, "\n\nbody" },
	{ "addresses", "To: ", "a@b.c,", 1000000, "\n\nbody" },
	{ "parameters", "Content-Type: text/plain", "; a*0*=x", 100000, "\n\nbody" },
	{ "html-div", HEAD "Content-Type: text/html\n\n", "<div>", 100000, "deep" },
	{ "html-table", HEAD "Content-Type: text/html\n\n", "<table><tr><td>", 100000, "deep" },
	{ "html-bold", HEAD "Content-Type: text/html\n\n", "<b><p>y", 300000, "" },
	{ "html-less", HEAD "Content-Type: text/html\n\n", "<", 8 * 1024 * 1024, "" },
	{ "html-links", HEAD "Content-Type: text/html\n\n", "<a href='http://x.example/1'>x", 300000, "" },
	{ "html-attributes", HEAD "Content-Type: text/html\n\n<a", " x=1 y=2", 1000000, ">x" },
	{ "html-text", HEAD "Content-Type: text/html\n\n", "hello world ", 700000, "" },
	{ "many-html", MIXED, "--x\nContent-Type: text/html\n\n<p>a\n", 200000, "" },
	{ "base64", HEAD "Content-Transfer-Encoding: base64\n\n", "aGVsbG8gd29ybGQh\n", 3500000, "" },
	{ "quoted-printable", HEAD "Content-Transfer-Encoding: quoted-printable\n\n", "=41=\n", 12000000, "" },
	{ "one-line", HEAD "\n", "aaaaaaaaaaaaaaaa", 4000000, "" },
	{ "empty-lines", HEAD "\n", "\n", 60000000, "" },
	{ "quote-marks", HEAD "\n", ">", 10000000, "" },
	{ "urls", HEAD "\n", "http://a.b/c ", 1000000, "" },
	{ "tabs", HEAD "\n", "\t", 10000000, "x" },
	{ "attachments", MIXED, "--x\nContent-Type: application/x; name=\"0123456789012345678901234567890123456789.bin\"\n\nx\n", 500000, "" },
	{ "boundaries", MIXED "--x\n\n", "--y\n", 10000000, "" },
	{ "calendar", HEAD "Content-Type: text/calendar\n\n", "BEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\n", 1000000, "" },
	{ "jis", HEAD "Content-Type: text/plain; charset=iso-2022-jp\n\n", "\x1b$B!!\x1b(B\xff", 4000000, "" },
	{ "bytes", HEAD "\n", "\xff\xfe\x80\x01\x1b[2J", 4000000, "" },
};

static GBytes *
make(gsize i)
{
	gsize start = strlen(bombs[i].start), piece = strlen(bombs[i].piece),
		end = strlen(bombs[i].end);
	gsize len = start + piece * bombs[i].n + end;
	char *raw = malloc(len);

	g_assert_nonnull(raw);
	memcpy(raw, bombs[i].start, start);
	for (gsize k = 0; k < bombs[i].n; k++)
		memcpy(raw + start + k * piece, bombs[i].piece, piece);
	memcpy(raw + len - end, bombs[i].end, end);
	/* the sandbox gives no more than this */
	return g_bytes_new_with_free_func(raw, MIN(len, LIMIT_MESSAGE_PARSED), free, raw);
}

/* In the child: 0 if there is a document that can be read. */
static int
render_one(gsize i)
{
	struct rlimit memory = { LIMIT_WORKER_MEMORY, LIMIT_WORKER_MEMORY },
		cpu = { LIMIT_WORKER_CPU_S, LIMIT_WORKER_CPU_S + 1 };
	g_autoptr(GBytes) raw = make(i);

	if (!SANITIZED && (setrlimit(RLIMIT_AS, &memory) != 0 || setrlimit(RLIMIT_CPU, &cpu) != 0))
		return 2;
	MessageInput in = { .raw = raw, .columns = 80 };
	g_autoptr(Document) d = message_render(&in);
	g_autoptr(GBytes) written = document_write(d);
	if (g_bytes_get_size(written) > LIMIT_WORKER_OUTPUT)
		return 3;
	g_autoptr(Document) back =
		document_read(g_bytes_get_data(written, NULL), g_bytes_get_size(written));
	if (!back)
		return 4;
	return back->blocks->len + back->notes->len > 0 ? 0 : 5;
}

static void
test_bomb(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	int status;
	pid_t child = fork();

	g_assert_cmpint(child, >=, 0);
	if (child == 0)
		_exit(render_one(i));
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	if (WIFSIGNALED(status))
		g_error("killed by signal %d", WTERMSIG(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	message_init();
	for (gsize i = 0; i < G_N_ELEMENTS(bombs); i++) {
		g_autofree char *path = g_strdup_printf("/mail/bombs/M2/%s", bombs[i].name);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_bomb);
	}
	return g_test_run();
}
