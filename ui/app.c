/* app.c - the screen program: its loop, its keys, its end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * All waiting is done in one main loop: keys, letters of the engines, the worker. Keys that are typed faster than the
 * picture are all taken before it is drawn once; letters are drawn some milliseconds later, so that a sync of a hundred
 * thousand headers costs few pictures. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/setup.h"
#include "ui/settings.h"
#include "base/intl.h"
#include "base/log.h"

#include <glib-unix.h>
#include <stdarg.h>

#define LETTERS_MS 16	/* between two pictures of what the engines say: one of the eye's */

static const CommandRun RUN[N_COMMANDS] = {
#define COMMAND(symbol, ...) [CMD_##symbol] = cmd_##symbol,
#include "ui/commands.def"
#undef COMMAND
};

AppAccount *
app_account_of(App *a, guint number)
{
	return number < a->accounts->len ? g_ptr_array_index(a->accounts, number) : NULL;
}

AppAccount *
app_account(App *a)
{
	return app_account_of(a, a->account);
}

Where
app_where(const App *a)
{
	const Over *over = over_top(a);
	if (a->helping)
		return IN_HELP;
	if (over)
		return over->face->where(over->self);
	if (a->in_parts)
		return IN_PARTS;
	return a->focus == PANE_PAGER ? IN_PAGER : a->focus == PANE_FOLDERS ? IN_FOLDERS : IN_INDEX;
}

Needs
app_have(const App *a)
{
	Needs have = a->setup->read_only ? 0 : NEEDS_WRITE;
	const AppAccount *here = app_account_of((App *)a, a->account);
	if (here && !here->gone)
		have |= NEEDS_ACCOUNT;
	if (a->list)
		have |= NEEDS_FOLDER;
	if (a->open.message || (a->list && listview_current(a->list)))
		have |= NEEDS_MESSAGE;
	if (a->open.view)
		have |= NEEDS_OPEN;
	if (a->in_parts && a->open.view && parts_current(&a->parts, readview_document(a->open.view)))
		have |= NEEDS_PART;
	const Over *over = over_top(a);
	if (over && over->face->have)
		have |= over->face->have(over->self);
	return have;
}

void
app_say(App *a, CellStyle style, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	clean_free(a->message);
	a->message = clean_new(text, -1, CLEAN_LINE);
	a->message_style = style;
	a->message_at = g_get_monotonic_time();
}

/* ---- drawing in time ---- */

static gboolean
draw_now(gpointer user)
{
	App *a = user;
	g_source_destroy(a->draw_timer);
	g_clear_pointer(&a->draw_timer, g_source_unref);
	app_draw(a);
	return G_SOURCE_REMOVE;
}

void
app_dirty(App *a, guint delay_ms)
{
	gint64 due = g_get_monotonic_time() + (gint64)delay_ms * 1000;

	if (a->draw_timer) {	/* what may wait does not hold up what the person waits for */
		if (due < g_source_get_ready_time(a->draw_timer))
			g_source_set_ready_time(a->draw_timer, due);
		return;
	}
	a->draw_timer = g_timeout_source_new(delay_ms);
	g_source_set_callback(a->draw_timer, draw_now, a, NULL);
	g_source_attach(a->draw_timer, NULL);
}

static void
draw_after_keys(App *a, bool moved)
{
	if (moved && !a->draw_timer) {	/* nothing else is waiting to be drawn */
		app_draw_moved(a);
		return;
	}
	if (a->draw_timer) {
		g_source_destroy(a->draw_timer);
		g_clear_pointer(&a->draw_timer, g_source_unref);
	}
	app_draw(a);
}

static void
found(App *a, FindState state)
{
	if (state == FIND_WRAPPED)
		app_say(a, STYLE_STATUS, "%s", a->finding_back ? _("Search went on from the end.") : _("Search went on from the beginning."));
	else if (state == FIND_NOTHING)
		app_say(a, STYLE_WARN, "%s", _("Nothing found."));
}

static gboolean
work_slice(gpointer user)
{
	App *a = user;
	bool more = false;

	if (a->list) {
		more = listview_work(a->list);
		FindState state = listview_find_work(a->list);
		more |= state == FIND_RUNNING;
		if (state == FIND_FOUND || state == FIND_WRAPPED || state == FIND_NOTHING) {
			found(a, state);
			/* from the pager: the message that was found is opened */
			if (state != FIND_NOTHING && a->focus == PANE_PAGER && listview_current(a->list))
				open_message(a, listview_current(a->list));
		}
	}
	app_dirty(a, more ? 60 : 0);
	if (!more) {
		g_source_destroy(a->idle);
		g_clear_pointer(&a->idle, g_source_unref);
		return G_SOURCE_REMOVE;
	}
	return G_SOURCE_CONTINUE;
}

void
app_work(App *a)
{
	if (a->idle || !a->list || !listview_busy(a->list))
		return;
	a->idle = g_idle_source_new();
	g_source_set_callback(a->idle, work_slice, a, NULL);
	g_source_attach(a->idle, NULL);
}

/* ---- keys ---- */

bool
app_command(App *a, CommandId id, const char *arg)
{
	g_autofree char *why = NULL;
	if (!command_allowed(id, app_where(a), app_have(a), &why)) {
		app_say(a, STYLE_WARN, "%s", why);
		return false;
	}
	RUN[id](a, arg);
	if (!a->apply_fresh)
		a->apply_tagged = false;
	a->apply_fresh = false;
	app_work(a);
	return true;
}

void
app_command_line(App *a, const char *line)
{
	g_autofree char *arg = NULL, *problem = NULL;
	if (!*line)
		return;
	CommandId id = command_parse(line, &arg, &problem);
	if (id == COMMAND_NONE)
		app_say(a, STYLE_WARN, "%s", problem);
	else
		app_command(a, id, arg);
}

static void
unbound(App *a, Key k)
{
	g_autofree char *name = key_to_name(k), *help = keymap_first_key(a->keymap, app_where(a), CMD_help);
	app_say(a, STYLE_STATUS, _("The key %s has no meaning here; %s shows those that have."), name, help ? help : ":help");
}

static void
special(App *a, Key k)
{
	switch (k) {
	case K_RESIZE:
		break;
	case K_SUSPEND:
		screen_suspend(a->screen);
		break;
	case K_TERMINATE: case K_CLOSED:
		a->quitting = a->terminated = true;
		break;
	default:
		break;
	}
}

static void
key(App *a, Key k, const char *paste)
{
	bool pending = false;

	if (k == K_RESIZE || k == K_SUSPEND || k == K_TERMINATE || k == K_CLOSED) {
		special(a, k);
		return;
	}
	if (a->prompt) {
		app_prompt_key(a, k, paste);
		return;
	}
	Over *over = over_top(a);
	if (k == K_PASTE || k == K_UNKNOWN) {
		if (k == K_PASTE && over && over->face->key)
			over->face->key(a, over->self, k, paste);
		return;
	}
	g_clear_pointer(&a->message, clean_free);
	a->last_key = k;
	CommandId id = keymap_feed(a->keymap, app_where(a), k, &pending);
	if (id != COMMAND_NONE)
		app_command(a, id, NULL);
	else if (!pending && !(over && over->face->key && over->face->key(a, over->self, k, NULL)))
		unbound(a, k);
}

static void
keys_ready(void *user)
{
	App *a = user;
	char *paste = NULL;
	Key k;
	bool any = false, moved = true;

	while (!a->quitting && (k = screen_key(a->screen, &paste)) != K_NONE) {
		bool said = a->message != NULL;
		a->moved = false;
		key(a, k, paste);
		moved &= a->moved && !said;
		g_clear_pointer(&paste, g_free);
		any = true;
	}
	if (a->quitting) {
		g_main_loop_quit(a->loop);
	} else if (any) {
		answering_tick(a);
		draw_after_keys(a, moved);
	}
}

/* ---- start and end ---- */

static gboolean
letters_ready(gint fd, GIOCondition condition, gpointer user)
{
	App *a = user;
	app_letters(a);
	/* the first news at once, a flood of them as one picture */
	gint64 since = (g_get_monotonic_time() - a->drawn_at) / 1000;
	app_dirty(a, since >= LETTERS_MS ? 0 : (guint)(LETTERS_MS - since));
	return G_SOURCE_CONTINUE;
}

static gboolean
render_ready(gint fd, GIOCondition condition, gpointer user)
{
	App *a = user;
	render_dispatch(a->render);
	app_dirty(a, 0);
	return G_SOURCE_CONTINUE;
}

static gboolean
every_second(gpointer user)
{
	App *a = user;
	if (a->render)
		render_dispatch(a->render);	/* its deadlines */
	over_tick(a);
	answering_tick(a);
	notices_tick(a);
	if (a->overs->len || a->counting || outgoing_counting(a) || open_preview(a))
		app_dirty(a, 0);
	a->counting = outgoing_counting(a);
	return G_SOURCE_CONTINUE;
}

static gboolean
every_few_seconds(gpointer user)
{
	app_accounts_take_over(user);
	return G_SOURCE_CONTINUE;
}

/* The clock in the title and relative dates. */
static gboolean
every_minute(gpointer user)
{
	app_dirty(user, 0);
	return G_SOURCE_CONTINUE;
}

static App *
app_new(const AppSetup *setup, Screen *screen)
{
	App *a = g_new0(App, 1);
	const char *theme = conf_text(setup->conf, "ui", "theme");
	int rows, cols;

	a->setup_now = *setup;
	a->setup_now.conf = conf_ref(setup->conf);
	a->setup = &a->setup_now;
	a->screen = screen;
	a->loop = g_main_loop_new(NULL, FALSE);
	screen_size(screen, &rows, &cols);
	a->canvas = canvas_new(rows, cols);
	a->theme = theme_new(theme && !g_strcmp0(theme, "mono") ? DEPTH_MONO : theme_choose_depth(screen_colors(screen)));
	a->keymap = keymap_new();
	a->letters = chan_new((GDestroyNotify)letter_free);
	a->history = prompt_history_new();
	a->accounts = g_ptr_array_new();
	a->overs = g_array_new(FALSE, FALSE, sizeof(Over));
	a->outgoing = outgoing_new();
	a->saves = g_array_new(FALSE, TRUE, sizeof(Saving));
	a->zone = g_time_zone_new_local();
	a->folders_shown = true;
	folders_pane_init(&a->folders);
	settings_take(setup->conf, a->keymap, a->theme);
	g_autofree char *problem = conf_problem_text(setup->conf);
	if (problem)
		app_say(a, STYLE_WARN, "%s", problem);
	screen_set_theme(screen, a->theme);
	return a;
}

void
app_set_conf(App *a, Conf *conf)
{
	conf_unref(a->setup_now.conf);
	a->setup_now.conf = conf;
}

static void
clear_source(GSource **s)
{
	if (*s) {
		g_source_destroy(*s);
		g_source_unref(*s);
		*s = NULL;
	}
}

static void
app_free(App *a)
{
	a->quitting = true;
	password_offer_end(a);
	open_close(a);
	over_clear(a);
	notices_free(a->notices);
	answering_free(a->answering);
	g_free(a->files_folder);
	clear_source(&a->idle);
	clear_source(&a->draw_timer);
	clear_source(&a->render_source);
	listview_free(a->list);
	render_free(a->render);
	app_accounts_end(a);
	folder_free(a->folder_row);
	folders_pane_free(&a->folders);
	help_free(a->help);
	prompt_free(a->prompt);
	prompt_history_free(a->history);
	clean_free(a->message);
	secret_free(a->key_once);
	trial_test_free(a->sign_in_test);
	keymap_free(a->keymap);
	theme_free(a->theme);
	canvas_free(a->canvas);
	chan_free(a->letters);
	g_array_unref(a->overs);
	outgoing_free(a->outgoing);
	g_array_unref(a->saves);
	g_time_zone_unref(a->zone);
	g_main_loop_unref(a->loop);
	g_free(a->ask_context);
	g_free(a->found);
	g_free(a->last_target);
	g_clear_pointer(&a->tagged, g_hash_table_destroy);
	g_clear_pointer(&a->moving, g_array_unref);
	g_clear_pointer(&a->errands, g_ptr_array_unref);
	g_free(a->window_title);
	conf_unref(a->setup_now.conf);
	g_free(a);
}

int
app_run(const AppSetup *setup, GError **err)
{
	Screen *screen = screen_start(0, 1, err);
	if (!screen)
		return 1;
	App *a = app_new(setup, screen);
	if (!app_accounts_start(a))
		setup_open(a);
	else if (setup->demo)
		app_say(a, STYLE_WARN, "%s", _("A demo: sample mails, no network; all of it goes when you leave with q."));
	app_draw(a);	/* out of the store, before anything else */
	a->render = render_new(2);
	g_autoptr(GSource) letters = g_unix_fd_source_new(chan_fd(a->letters), G_IO_IN);
	g_source_set_callback(letters, G_SOURCE_FUNC(letters_ready), a, NULL);
	g_source_attach(letters, NULL);
	g_autoptr(GSource) auth = setup->auth_letters ? g_unix_fd_source_new(chan_fd(setup->auth_letters), G_IO_IN) : g_idle_source_new();
	g_source_set_callback(auth, G_SOURCE_FUNC(letters_ready), a, NULL);
	if (setup->auth_letters)
		g_source_attach(auth, NULL);
	a->render_source = g_unix_fd_source_new(render_fd(a->render), G_IO_IN);
	g_source_set_callback(a->render_source, G_SOURCE_FUNC(render_ready), a, NULL);
	g_source_attach(a->render_source, NULL);
	guint minute = g_timeout_add_seconds(30, every_minute, a), second = g_timeout_add_seconds(1, every_second, a), few = g_timeout_add_seconds(3, every_few_seconds, a);
	screen_watch(screen, NULL, keys_ready, a);
	for (guint i = 0; setup->commands && setup->commands[i]; i++)
		app_command_line(a, setup->commands[i]);
	if (setup->write && app_running(a))
		compose_begin(a, draft_copy(setup->write));
	if (setup->write || (setup->commands && setup->commands[0]))
		app_draw(a);
	if (!a->quitting)
		g_main_loop_run(a->loop);
	g_source_remove(minute);
	g_source_remove(second);
	g_source_remove(few);
	g_source_destroy(letters);
	g_source_destroy(auth);
	screen_stop(screen);	/* the terminal is the person's again, whatever the network does */
	a->screen = NULL;
	int status = a->terminated ? APP_TERMINATED : a->wants_demo ? APP_WANTS_DEMO : 0;
	app_free(a);
	return status;
}
