/* act_report.c - commands of the doctor and the connection log.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/report.h"
#include "base/intl.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The named account, else the one on the screen; NULL: it was said why not. */
static AppAccount *
account_for(App *a, const char *arg)
{
	AppAccount *found = arg && *arg ? NULL : app_account(a);

	for (guint i = 0; arg && i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (!strcmp(acc->account->name, arg))
			found = acc;
	}
	if (!found)
		app_say(a, STYLE_WARN, _("There is no account “%s”."), arg ? arg : "");
	return found;
}

void
cmd_doctor(App *a, const char *arg)
{
	AppAccount *acc = account_for(a, arg);
	if (acc)
		report_doctor(a, acc->number);
}

void
cmd_connection_log(App *a, const char *arg)
{
	AppAccount *acc = account_for(a, arg);
	if (acc)
		report_log(a, acc->number);
}

void
cmd_report_again(App *a, const char *arg)
{
	report_again(a);
}

static bool
write_report(const char *path, const char *text)
{
	/* a new file, for its owner alone: nothing that lies there is written over or followed */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool ok = write_whole(fd, text, strlen(text));
	ok &= close(fd) == 0;
	if (!ok)
		unlink(path);
	return ok;
}

static void
save_to(App *a, const char *typed)
{
	g_autofree char *text = report_text(a);

	if (!typed || !*typed || !text) {
		app_say(a, STYLE_STATUS, "%s", _("Nothing was written."));
		return;
	}
	g_autofree char *path = g_str_has_prefix(typed, "~/") ? g_build_filename(g_get_home_dir(), typed + 2, NULL) : g_strdup(typed);
	if (write_report(path, text))
		app_say(a, STYLE_STATUS, _("Written to %s; passwords and tokens are not in it, but names and folders are."), path);
	else if (errno == EEXIST)
		app_say(a, STYLE_WARN, _("%s exists already; nothing was written. Take another name."), path);
	else
		app_say(a, STYLE_WARN, _("%s can't be written: %s"), path, g_strerror(errno));
}

void
cmd_report_save(App *a, const char *arg)
{
	if (arg)
		save_to(a, arg);
	else
		app_ask_line(a, PROMPT_FILE, _("Write it to the new file: "), "~/eilpost-report.txt", save_to);
}
