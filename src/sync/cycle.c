/* cycle.c - send/receive cycles: when they begin, in which order, what ends them, and what another configuration changes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Each cycle first sends what waits, then receives (S23). When one is due is schedule.c's, a pure function. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"
#include "conf/pins.h"

static char *
schedule_words(const Account *a)
{
	g_autoptr(GString) s = g_string_new(NULL);
	if (a->check & CHECK_MANUAL)
		return g_strdup(_("manual"));
	if (a->check & CHECK_STARTUP)
		g_string_append(s, _("on startup"));
	if (a->check & CHECK_EVERY)
		g_string_append_printf(s, ngettext("%severy minute", "%severy %u minutes", a->check_minutes), s->len ? ", " : "", a->check_minutes);
	if (a->check & CHECK_PUSH)
		g_string_append_printf(s, "%s%s", s->len ? ", " : "", _("push"));
	return g_string_free(g_steal_pointer(&s), FALSE);
}

void
schedule_tell(Engine *e)
{
	Letter *l = letter_new(LETTER_SCHEDULE);
	if (e->schedule.due && !e->schedule.stopped && !e->schedule.paused)
		l->when = g_get_real_time() / G_USEC_PER_SEC + (e->schedule.due - clock_ms()) / 1000;
	l->text = schedule_words(e->account);
	l->failed = e->schedule.stopped;
	engine_tell(e, l);
}

void
engine_refused(Engine *e)
{
	schedule_refused(&e->schedule);
	schedule_tell(e);
}

static void
cycle_begin(Engine *e, bool person)
{
	e->cycle = CYCLE_SENDS;
	outbox_cycle(e, person);
}

void
engine_sent(Engine *e)
{
	if (e->cycle != CYCLE_SENDS)
		return;
	e->cycle = CYCLE_RECEIVES;
	e->check_wanted = e->is_pop || connect_up(e);	/* a fresh connection looks by itself */
	e->wake_wanted = true;
}

void
engine_cycle_ended(Engine *e, bool well)
{
	if (e->cycle != CYCLE_RECEIVES)
		return;
	e->cycle = CYCLE_NONE;
	e->wake_wanted = false;
	Letter *l = letter_new(LETTER_CHECKED);
	l->when = g_get_real_time() / G_USEC_PER_SEC;
	l->failed = !well;
	engine_tell(e, l);
}

static bool
same_server(const ServerUrl *a, const ServerUrl *b)
{
	return a->scheme == b->scheme && a->port == b->port && !g_strcmp0(a->host, b->host) && !g_strcmp0(a->user, b->user);
}

/* A key that was accepted says nothing of the password. */
static bool
same_secret(const Account *a, const Account *b)
{
	return same_server(&a->receive, &b->receive) && same_server(&a->send, &b->send) && a->auth == b->auth && oauth_same(&a->oauth, &b->oauth) &&
		!g_strcmp0(a->address, b->address) && !g_strcmp0(a->password_command, b->password_command) &&
		!g_strcmp0(a->send_password_command, b->send_password_command) &&
		!g_strcmp0(a->client_cert, b->client_cert) && !g_strcmp0(a->client_key, b->client_key);
}

/* Another server, another name, another key: what is connected is not what is wanted any more. */
static bool
same_connection(const Account *a, const Account *b)
{
	return same_secret(a, b) && !g_strcmp0(a->ca_file, b->ca_file) && pins_same(a->pins, b->pins) &&
		g_strv_equal((const char *const *)a->disable, (const char *const *)b->disable);
}

void
engine_configure(Engine *e, const Request *r)
{
	Account *config = r->config;
	Account *was = e->account;
	bool check_changed = was->check != config->check || was->check_minutes != config->check_minutes;

	e->account = account_ref(config);
	e->undo_s = r->flag;
	e->prefer_html = r->on;
	if (!same_connection(was, config)) {
		connect_take_down(e);
		pop_drop(e);
		outbox_drop(e);
		if (!same_secret(was, config))
			secret_forget(e);
		e->next_try = 0;
		e->tries = 0;
		schedule_acted(&e->schedule);
		engine_state(e, ENGINE_OFFLINE, _("not connected"));
		e->wake_wanted = !(config->check & CHECK_MANUAL);
	}
	account_unref(was);
	if (check_changed) {
		schedule_change(&e->schedule, config->check, config->check_minutes, e->now);
		if (e->state == ENGINE_BLOCKED)	/* the person acted */
			engine_state(e, ENGINE_OFFLINE, _("not connected"));
	}
	schedule_tell(e);
}

void
engine_check_now(Engine *e)
{
	cycle_begin(e, true);
	e->paused = false;
	secret_look_again(e);
	schedule_acted(&e->schedule);
	schedule_ran(&e->schedule, e->now, 0);
	schedule_tell(e);
	e->next_try = 0;
	e->tries = 0;
	if (e->state == ENGINE_WAITING || e->state == ENGINE_BLOCKED)
		e->state = ENGINE_OFFLINE;
}

void
engine_check_due(Engine *e)
{
	if (e->headless || !schedule_due(&e->schedule, e->now))
		return;
	schedule_ran(&e->schedule, e->now, (guint)g_random_int_range(0, 2000));
	schedule_tell(e);
	if (e->cycle == CYCLE_NONE)
		cycle_begin(e, false);
}
