/* ask.c - a question on the terminal whose answer is not shown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * getpass() would do, but for Ctrl-C: it takes the key for a character of the password. */
#include "config.h"
#include "batch/batch_private.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int ENDS[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static struct sigaction was[G_N_ELEMENTS(ENDS)];
static struct termios shown;

/* The terminal is left as it was found; then the signal does what it did before, and if that is no end, nobody answered. */
static void
show_and_end(int number)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	for (guint i = 0; i < G_N_ELEMENTS(ENDS); i++)
		if (ENDS[i] == number)
			sigaction(number, &was[i], NULL);
	raise(number);
}

/* A line without its end; false: nobody answered. */
static bool
read_line(char *line, gsize size)
{
	gsize len = 0;
	ssize_t n;

	while (len + 1 < size && (n = read(STDIN_FILENO, line + len, 1)) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	return len > 0 || n == 1;
}

char *
ask_password(const char *label)
{
	struct sigaction show = { .sa_handler = show_and_end };
	char line[1024];
	char *answer = NULL;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0)
		return NULL;
	struct termios hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	for (guint i = 0; i < G_N_ELEMENTS(ENDS); i++)
		sigaction(ENDS[i], &show, &was[i]);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fprintf(stderr, "%s: ", label);	/* after it: whoever sees the question can answer at once, unseen, and nothing of it is flushed */
	fflush(stderr);
	if (read_line(line, sizeof line))
		answer = g_strdup(line);
	explicit_bzero(line, sizeof line);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	for (guint i = 0; i < G_N_ELEMENTS(ENDS); i++)
		sigaction(ENDS[i], &was[i], NULL);
	fputc('\n', stderr);
	return answer;
}
