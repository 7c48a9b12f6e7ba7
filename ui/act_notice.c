/* act_notice.c - notices of new mail: the bottom line, the bell, the terminal, a command.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Foreign text reaches the command as arguments and environment only, and the terminal only
 * through screen.c. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/notice.h"
#include "conf/hours.h"
#include "base/intl.h"
#include "base/log.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { RUNNING_MAX = 3, SHOWN_S = 20 };

struct Notices {
	Gather *gather;		/* owned */
	GSource *timer;		/* owned; NULL: nothing waits */
	GHashTable *running;	/* owned: id of the watch of each command that runs */
	gint64 said_at;		/* message_at of the notice in the bottom line */
	App *app;		/* borrowed */
};

static gint64
now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static Notices *
notices(App *a)
{
	if (!a->notices) {
		a->notices = g_new0(Notices, 1);
		a->notices->app = a;
		a->notices->gather = gather_new();
		a->notices->running = g_hash_table_new(NULL, NULL);
	}
	return a->notices;
}

static void
timer_end(Notices *n)
{
	if (!n->timer)
		return;
	g_source_destroy(n->timer);
	g_clear_pointer(&n->timer, g_source_unref);
}

void
notices_free(Notices *n)
{
	GHashTableIter iter;
	gpointer id;

	if (!n)
		return;
	timer_end(n);
	gather_free(n->gather);
	g_hash_table_iter_init(&iter, n->running);
	while (g_hash_table_iter_next(&iter, &id, NULL))
		g_source_remove(GPOINTER_TO_UINT(id));
	g_hash_table_unref(n->running);
	g_free(n);
}

/* ---- the command ---- */

/* In the child: its own group, so that C-c and the end of the terminal are not its business. */
static void
of_its_own(gpointer user)
{
	static const int all[] = { SIGINT, SIGQUIT, SIGTSTP, SIGPIPE, SIGTERM, SIGHUP, SIGCONT,
		SIGWINCH, SIGCHLD };
	sigset_t none;
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		signal(all[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
}

typedef struct { Notices *notices; guint watch; } Running;

static void
ended(GPid pid, gint status, gpointer user)
{
	Running *r = user;
	if (status != 0)
		log_line(LOG_WARN, "ui", "the command for new mail ended with status %d", status);
	g_hash_table_remove(r->notices->running, GUINT_TO_POINTER(r->watch));
	g_spawn_close_pid(pid);
}

/* False: *why, if it is worth saying (yours). */
static bool
run_command(Notices *n, const char *command, const Notice *notice, char **why)
{
	g_auto(GStrv) environment = notice_environment(notice, g_get_environ());
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)command, (char *)"eilpost",
		(char *)g_environ_getenv(environment, "EILPOST_TITLE"),
		(char *)g_environ_getenv(environment, "EILPOST_TEXT"), NULL };
	g_autoptr(GError) err = NULL;
	GPid pid;

	if (g_hash_table_size(n->running) >= RUNNING_MAX) {
		*why = g_strdup(_("The command for new mail did not end the last times; it is not run again."));
		return false;
	}
	if (!g_spawn_async(NULL, argv, environment,
		G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
		of_its_own, NULL, &pid, &err)) {
		*why = g_strdup_printf(_("The command for new mail could not be run: %s"), err->message);
		return false;
	}
	Running *r = g_new(Running, 1);
	r->notices = n;
	r->watch = g_child_watch_add_full(G_PRIORITY_DEFAULT, pid, ended, r, g_free);
	g_hash_table_add(n->running, GUINT_TO_POINTER(r->watch));
	return true;
}

/* ---- giving it ---- */

static bool
is_quiet(App *a)
{
	const char *text = conf_text(a->setup->conf, "notify", "quiet");
	g_autoptr(GArray) hours = NULL;
	g_autoptr(GDateTime) now = g_date_time_new_now(a->zone);

	return text && hours_parse(text, &hours, NULL) &&
		hours_hold(hours, g_date_time_get_hour(now) * 60 + g_date_time_get_minute(now));
}

/* By all ways that are set but the bottom line; their names, NULL: none is. Yours. */
static char *
give(App *a, const Notice *notice, char **why)
{
	const Conf *conf = a->setup->conf;
	const char *command = conf_text(conf, "notify", "command"),
		*terminal = conf_text(conf, "notify", "terminal");
	g_autoptr(GString) ways = g_string_new(NULL);

	if (g_strcmp0(terminal, "off")) {
		screen_notice(a->screen, !g_strcmp0(terminal, "osc777") ? NOTICE_OSC777 : NOTICE_OSC9,
			notice->title, notice->body);
		g_string_append(ways, terminal);
	}
	if (conf_bool(conf, "notify", "bell")) {
		screen_bell(a->screen);
		g_string_append_printf(ways, "%s%s", ways->len ? ", " : "", _("bell"));
	}
	if (command && run_command(notices(a), command, notice, why))
		g_string_append_printf(ways, "%s%s", ways->len ? ", " : "", _("command"));
	return ways->len ? g_string_free(g_steal_pointer(&ways), FALSE) : NULL;
}

/* Read meanwhile, here or elsewhere, or gone. */
static bool
is_read(App *a, const News *n)
{
	const AppAccount *acc = app_account_of(a, n->account);
	MessageRow row = { 0 };

	if (!acc || !acc->db || !messages_row(acc->db, n->message, &row, NULL))
		return true;
	bool read = row.flags & (FLAG_SEEN | FLAG_DELETED);
	message_row_clear(&row);
	return read;
}

static void
tell(App *a)
{
	Notices *n = notices(a);
	guint more;
	g_autoptr(GPtrArray) news = gather_take(n->gather, now_ms(), &more);
	g_autofree char *why = NULL;

	for (guint i = news->len; i > 0; i--)
		if (is_read(a, g_ptr_array_index(news, i - 1)))
			g_ptr_array_remove_index(news, i - 1);
	if (!news->len)
		return;
	Notice notice = notice_make(news, more);
	gather_told(n->gather, now_ms());
	if (!is_quiet(a))
		g_free(give(a, &notice, &why));
	if (why) {
		app_say(a, STYLE_WARN, "%s", why);
	} else if (conf_bool(a->setup->conf, "notify", "status") && (!a->message || a->message_at == n->said_at)) {
		g_autofree char *line = notice_line(&notice);
		app_say(a, STYLE_STATUS, "%s", line);
		n->said_at = a->message_at;
	}
	notice_clear(&notice);
	app_dirty(a, 0);
}

static gboolean
due(gpointer user)
{
	Notices *n = user;
	timer_end(n);
	tell(n->app);
	return G_SOURCE_REMOVE;
}

static void
timer_set(App *a)
{
	Notices *n = notices(a);
	gint64 at = gather_due(n->gather, (guint)conf_int(a->setup->conf, "notify", "per-minute"));

	timer_end(n);
	if (at < 0)
		return;
	n->timer = g_timeout_source_new((guint)MAX(at - now_ms(), 0));
	g_source_set_callback(n->timer, due, n, NULL);
	g_source_attach(n->timer, NULL);
}

/* ---- news ---- */

static bool
wanted(App *a, const AppAccount *acc, const Folder *f)
{
	g_autofree char *section = g_strconcat("account ", acc->account->name, NULL);
	const char *own = conf_text(a->setup->conf, section, "notify");

	return notice_wanted(own ? own : conf_text(a->setup->conf, "notify", "folders"), f->role, f->name);
}

static News *
news_of(const AppAccount *acc, const Folder *f, const Message *m)
{
	News *n = news_new();
	g_autoptr(Clean) name = rows_folder_name(f->role, f->name);

	n->account = acc->number;
	n->folder = f->id;
	n->message = m->id;
	n->account_name = g_strdup(acc->account->name);
	n->folder_name = g_strdup(clean_peek(name));
	n->from = g_strdup(m->from_name && *m->from_name ? m->from_name : m->from_address);
	n->subject = g_strdup(m->subject);
	n->key = m->email_id ? g_strdup(m->email_id) : g_strdup(m->message_id);
	return n;
}

void
notices_came(App *a, const Letter *l)
{
	const AppAccount *acc = app_account_of(a, l->account);
	g_autoptr(Folder) f = acc && acc->db && l->folder ? folders_get(acc->db, l->folder, NULL) : NULL;

	if (!f || !l->ids || !wanted(a, acc, f))
		return;
	for (guint i = 0; i < l->ids->len; i++) {
		if (gather_full(notices(a)->gather)) {
			gather_more(notices(a)->gather, l->ids->len - i);
			break;
		}
		g_autoptr(Message) m = messages_get(acc->db, g_array_index(l->ids, gint64, i), NULL);
		if (m)
			gather_add(notices(a)->gather, news_of(acc, f, m), now_ms());
	}
	timer_set(a);
}

void
notices_tick(App *a)
{
	Notices *n = a->notices;

	if (!n || !a->message || a->message_at != n->said_at ||
		g_get_monotonic_time() - n->said_at < SHOWN_S * G_USEC_PER_SEC)
		return;
	g_clear_pointer(&a->message, clean_free);
	app_dirty(a, 0);
}

void
cmd_notify_test(App *a, const char *arg)
{
	g_autoptr(GPtrArray) one = g_ptr_array_new();
	g_autofree char *why = NULL;
	const AppAccount *acc = app_account(a);
	News sample = {
		.account_name = acc ? acc->account->name : (char *)PACKAGE_NAME,
		.folder_name = (char *)"Inbox", .from = (char *)PACKAGE_NAME,
		.subject = arg ? (char *)arg : _("This is how new mail is told."),
	};

	g_ptr_array_add(one, &sample);
	Notice notice = notice_make(one, 0);
	g_autofree char *ways = give(a, &notice, &why);
	notice_clear(&notice);
	if (why)
		app_say(a, STYLE_ERROR, "%s", why);
	else if (!ways)
		app_say(a, STYLE_WARN, "%s", _("New mail is told in the bottom line only; the settings (F2) of notices have command, terminal and bell."));
	else
		app_say(a, STYLE_STATUS, is_quiet(a) ? _("A notice was given by: %s. Now is a quiet time, new mail gives none.") :
			_("A notice was given by: %s."), ways);
}
