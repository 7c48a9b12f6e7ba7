/* act_external.c - the text of a mail in the person's own editor.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The terminal is the editor's until it ends; the engines go on in their threads, their letters
 * wait. What comes back is taken only as a whole; anything else changes nothing, and the file
 * stays where the person can find it. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/compose.h"
#include "ui/signals.h"
#include "ui/view/editor.h"
#include "base/intl.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *
editor_command(void)
{
	const char *visual = g_getenv("VISUAL"), *editor = g_getenv("EDITOR");
	return visual && *visual ? visual : editor && *editor ? editor : NULL;
}

/* Its own file, nobody else's (0600). Yours; NULL: *problem. */
static char *
write_temp(App *a, const char *text, char **problem)
{
	const char *folder = a->setup->places->runtime;
	g_mkdir_with_parents(folder, 0700);
	g_autofree char *path = g_build_filename(folder, "eilpost-XXXXXX.eml", NULL);
	int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	bool whole = fd >= 0 && write_whole(fd, text, strlen(text));

	if (fd >= 0 && close(fd) == 0 && whole)
		return g_steal_pointer(&path);
	*problem = g_strdup_printf(_("The file for the editor could not be written (%s): %s"), path, g_strerror(errno));
	if (fd >= 0)
		g_unlink(path);
	return NULL;
}

/* In the child: what this process ignores or catches is none of the editor's business. */
static void
signals_of_a_program(gpointer user)
{
	static const int all[] = { SIGINT, SIGQUIT, SIGTSTP, SIGPIPE, SIGTERM, SIGHUP, SIGCONT,
		SIGWINCH, SIGCHLD };
	sigset_t none;
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		signal(all[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As system(3) does it: C-c in the editor is the editor's. */
static bool
run(const char *command, char **problem)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)command, NULL };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, was_int, was_quit;
	g_autoptr(GError) err = NULL;
	GPid pid;
	int status = -1;

	sigaction(SIGINT, &ignore, &was_int);
	sigaction(SIGQUIT, &ignore, &was_quit);
	signals_stop_for_real(true);	/* C-z in the editor stops both, and fg brings both back */
	bool started = g_spawn_async(NULL, argv, NULL,
		G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CHILD_INHERITS_STDIN, signals_of_a_program,
		NULL, &pid, &err);
	while (started && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	signals_stop_for_real(false);
	sigaction(SIGINT, &was_int, NULL);
	sigaction(SIGQUIT, &was_quit, NULL);
	if (!started)
		*problem = g_strdup_printf(_("The editor could not be started: %s"), err->message);
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		*problem = g_strdup_printf(_("The editor ended with an error (%d): nothing was changed."), WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return !*problem;
}

/* What the editor left, or NULL with *problem; the file is kept then. */
static char *
read_back(const char *path, char **problem)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) err = NULL;
	GStatBuf st;
	gsize len = 0;

	if (g_stat(path, &st) == 0 && st.st_size > EDITOR_BODY_MAX)
		*problem = g_strdup_printf(_("The text from the editor is too long (more than %d MB); the mail is as it was. It lies in %s."), EDITOR_BODY_MAX >> 20, path);
	else if (!g_file_get_contents(path, &text, &len, &err))
		*problem = g_strdup_printf(_("The text from the editor can't be read; the mail is as it was: %s"), err->message);
	else if (!g_utf8_validate(text, (gssize)len, NULL))
		*problem = g_strdup_printf(_("The text from the editor is not UTF-8; the mail is as it was. It lies in %s."), path);
	if (*problem)
		return NULL;
	return g_strdup(g_str_has_prefix(text, "\xef\xbb\xbf") ? text + 3 : text);
}

void
cmd_edit_text(App *a, const char *arg)
{
	Compose *c = over_self(a, &compose_face);
	const char *program = editor_command();
	g_autofree char *problem = NULL;

	if (!c)
		return;
	if (!program) {
		compose_type_into(c, DRAFT_FIELDS);
		return;
	}
	compose_keep(c);	/* whatever the editor does to the terminal */
	g_autofree char *path = write_temp(a, compose_body(c), &problem);
	if (path) {
		g_autofree char *quoted = g_shell_quote(path),
				*command = g_strdup_printf("%s %s", program, quoted);
		screen_pause(a->screen);
		bool ok = run(command, &problem);
		screen_resume(a->screen);
		screen_redraw(a->screen);
		g_autofree char *text = ok ? read_back(path, &problem) : NULL;
		g_autofree char *most = g_format_size(EDITOR_BODY_MAX);
		if (text && !compose_replace_body(c, text))
			problem = g_strdup_printf(
				_("The text from the editor is too long (more than %s); the mail is as it was. It lies in %s."), most, path);
		if (!ok || !problem)
			g_unlink(path);
	}
	if (problem)
		app_say(a, STYLE_ERROR, "%s", problem);
	else
		app_say(a, STYLE_STATUS, "%s", _("The text of the editor was taken. y sends it."));
}
