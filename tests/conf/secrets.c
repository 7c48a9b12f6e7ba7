/* secrets.c - the password command.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/secrets.h"

#include <string.h>

typedef struct { bool done; char *secret, *error; } Answer;

static void
on_done(void *user, const char *secret, const GError *err)
{
	Answer *a = user;
	a->done = true;
	a->secret = g_strdup(secret);
	a->error = err ? g_strdup(err->message) : NULL;
}

static Answer
ask(const char *command)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	Answer a = { 0 };

	g_assert_nonnull(secret_fetch(command, context, on_done, &a));
	g_assert_false(a.done);
	while (!a.done)
		g_main_context_iteration(context, TRUE);
	return a;
}

static void
commands(void)
{
	static const struct { const char *command, *secret, *says; } rows[] = {
		{ "echo hunter2", "hunter2", NULL },
		{ "printf 'no newline'", "no newline", NULL },
		{ "printf 'first\\r\\nsecond\\n'", "first", NULL },
		{ "printf 'pass wörd \\n'", "pass wörd ", NULL },
		{ "echo oops >&2; exit 3", NULL, "exit status 3): oops" },
		{ "true", NULL, "wrote no password" },
		{ "echo", NULL, "wrote no password" },
		{ "kill -9 $$", NULL, "exit status 137" },
		{ "/nowhere/pass", NULL, "exit status 127" },
		{ "head -c 100000 /dev/zero | tr '\\0' x", NULL, "far too much" },
		{ "cat; echo stdin-is-empty", "stdin-is-empty", NULL },
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Answer a = ask(rows[i].command);
		g_test_message("%s: %s %s", rows[i].command, a.secret, a.error);
		g_assert_cmpstr(a.secret, ==, rows[i].secret);
		if (rows[i].says)
			g_assert_nonnull(strstr(a.error, rows[i].says));
		g_free(a.secret);
		g_free(a.error);
	}
}

/* Cancelling ends the command and what it started, and nothing is told any more. */
static void
cancel(void)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	Answer a = { 0 };
	SecretJob *j = secret_fetch("sleep 100; echo late", context, on_done, &a);
	for (guint i = 0; i < 20; i++) {
		g_main_context_iteration(context, FALSE);
		g_usleep(5000);
	}
	gint64 start = g_get_monotonic_time();
	secret_job_cancel(j);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
	g_main_context_iteration(context, FALSE);
	g_assert_false(a.done);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/secrets/commands", commands);
	g_test_add_func("/secrets/cancel", cancel);
	return g_test_run();
}
