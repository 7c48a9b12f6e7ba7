/* waitlist_words.c - the state of what is on its way, in words for people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/waitlist_private.h"
#include "base/intl.h"

#include <string.h>

/* The name before the address, without its quotes; else the address. */
static char *
one_name(const char *entry)
{
	const char *angle = strchr(entry, '<');
	g_autofree char *name = angle ? g_strndup(entry, (gsize)(angle - entry)) : g_strdup(entry);
	g_strstrip(name);
	gsize len = strlen(name);
	if (len >= 2 && name[0] == '"' && name[len - 1] == '"') {
		name[len - 1] = 0;
		return g_strdup(name + 1);
	}
	if (!*name && angle) {
		g_autofree char *address = g_strdup(angle + 1);
		char *end = strchr(address, '>');
		if (end)
			*end = 0;
		return g_steal_pointer(&address);
	}
	return g_steal_pointer(&name);
}

char *
waitlist_people(const char *list)
{
	g_auto(GStrv) entries = draft_split_addresses(list ? list : "");
	guint n = entries ? g_strv_length(entries) : 0;
	if (n == 0)
		return g_strdup(_("(nobody)"));
	g_autofree char *first = one_name(entries[0]);
	return n == 1 ? g_steal_pointer(&first) : g_strdup_printf("%s +%u", first, n - 1);
}

char *
waitlist_time(gint64 when, gint64 now, GTimeZone *zone)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(when),
			     utc_now = g_date_time_new_from_unix_utc(now);
	if (!utc || !utc_now)
		return g_strdup("?");
	g_autoptr(GDateTime) t = g_date_time_to_timezone(utc, zone),
			     n = g_date_time_to_timezone(utc_now, zone);
	if (g_date_time_get_year(t) == g_date_time_get_year(n) &&
		g_date_time_get_day_of_year(t) == g_date_time_get_day_of_year(n))
		return g_date_time_format(t, "%H:%M");
	if (ABS(when - now) < 6 * 86400)
		return g_date_time_format(t, "%a %H:%M");
	return g_date_time_format(t, "%Y-%m-%d %H:%M");
}

/* "in 9 s", and from a minute on the time of day. */
static char *
leaves(gint64 when, gint64 now, GTimeZone *zone)
{
	if (when - now <= 60)
		return g_strdup_printf(_("leaves in %u s"), (guint)MAX(when - now, 1));
	g_autofree char *at = waitlist_time(when, now, zone);
	return g_strdup_printf(_("leaves at %s"), at);
}

static char *
tries_again(gint64 when, gint64 now, GTimeZone *zone)
{
	if (when <= now)
		return g_strdup(_("is tried again now"));
	if (when - now <= 60)
		return g_strdup_printf(_("next try in %u s"), (guint)(when - now));
	g_autofree char *at = waitlist_time(when, now, zone);
	return g_strdup_printf(_("next try at %s"), at);
}

/* The engine's rule (outbox_may_leave): in manual mode nothing goes out but on the command (S23). */
bool
waitlist_leaves_by_itself(const Account *account, bool stopped, bool paused)
{
	return account->send.scheme != SCHEME_NONE && !stopped && !paused &&
		!(account->check & CHECK_MANUAL) && !g_strcmp0(account->send_when, "at once");
}

/* It may go; what holds it is the account. */
static char *
due_words(const WaitAccount *acc, gint64 now, GTimeZone *zone)
{
	const char *when = acc->account->send_when;
	if (acc->account->send.scheme == SCHEME_NONE)
		return g_strdup(_("has no server to go to"));
	if (acc->stopped || acc->state == ENGINE_BLOCKED)
		return g_strdup(_("waits for the sign-in"));
	if (!g_strcmp0(when, "manual"))
		return g_strdup(_("waits for “send now” ($)"));
	if (acc->account->check & CHECK_MANUAL)
		return g_strdup(_("waits for a check (G) or $"));
	if (acc->schedule_paused)
		return g_strdup(_("waits: the account is paused"));
	if (!g_strcmp0(when, "with check")) {
		if (!acc->next_check)
			return g_strdup(_("leaves with the next check"));
		g_autofree char *at = waitlist_time(acc->next_check, now, zone);
		return g_strdup_printf(_("leaves with the check at %s"), at);
	}
	return g_strdup(_("leaves now"));
}

char *
waitlist_mail_words(const OutRow *r, const WaitAccount *acc, gint64 now, GTimeZone *zone)
{
	switch (r->state) {
	case OUT_DRAFT: {
		g_autofree char *at = waitlist_time(r->changed, now, zone);
		return g_strdup_printf(_("saved %s"), at);
	}
	case OUT_QUEUED:
		if (r->later && r->not_before > now) {
			g_autofree char *at = waitlist_time(r->not_before, now, zone);
			return g_strdup_printf(_("leaves at %s"), at);
		}
		if (r->tries || r->last_error)
			return tries_again(r->not_before, now, zone);
		if (r->not_before > now && acc->state != ENGINE_BLOCKED &&
			waitlist_leaves_by_itself(acc->account, acc->stopped, acc->schedule_paused))
			return leaves(r->not_before, now, zone);
		return due_words(acc, now, zone);
	case OUT_SENDING:
		return g_strdup(_("is being sent"));
	case OUT_DOT_SENT:
		return g_strdup(_("sent, waits for the receipt"));
	case OUT_SENT:
		return r->tries ? tries_again(r->not_before, now, zone) :
				  g_strdup(_("sent, is being filed"));
	case OUT_FILED:
		return g_strdup(r->n_refused ? _("sent, but not to all") : _("sent"));
	case OUT_UNKNOWN:
		return g_strdup(_("in doubt: your decision"));
	case OUT_FAILED:
		return g_strdup(_("refused: needs you"));
	}
	return g_strdup("");
}

char *
wait_wish_words(const Wish *w, gint64 now, GTimeZone *zone)
{
	switch (w->state) {
	case WISH_WAITING:
		if (w->not_before > now)
			return tries_again(w->not_before, now, zone);
		return g_strdup(_("waits for the connection"));
	case WISH_SENT:
		return g_strdup(_("is being done"));
	case WISH_FAILED:
		return g_strdup(_("refused: needs you"));
	case WISH_DOUBT:
		return g_strdup(_("the server is asked whether it was done"));
	}
	return g_strdup("");
}

static char *
last_run(const WaitAccount *acc, gint64 now, GTimeZone *zone)
{
	if (!acc->checked_at)
		return g_strdup(_("not checked yet"));
	g_autofree char *at = waitlist_time(acc->checked_at, now, zone);
	return g_strdup_printf(_("checked %s"), at);
}

char *
wait_account_words(const WaitAccount *acc, gint64 now, GTimeZone *zone)
{
	if (acc->stopped)
		return g_strdup(_("stopped: needs you"));
	if (acc->schedule_paused)
		return g_strdup(_("paused"));
	if (acc->state == ENGINE_WAITING && acc->next_try > now) {
		g_autofree char *at = waitlist_time(acc->next_try, now, zone);
		return g_strdup_printf(_("offline, next try %s"), at);
	}
	return last_run(acc, now, zone);
}

/* Mode, last and next run. */
char *
wait_account_schedule(const WaitAccount *acc, gint64 now, GTimeZone *zone)
{
	g_autoptr(GString) s = g_string_new(acc->schedule ? acc->schedule : "");
	if (acc->next_check && !acc->stopped && !acc->schedule_paused) {
		g_autofree char *at = waitlist_time(acc->next_check, now, zone);
		g_string_append_printf(s, "%s", s->len ? " · " : "");
		g_string_append_printf(s, _("next %s"), at);
	}
	/* else it is in the words before */
	if (acc->stopped || acc->schedule_paused || acc->state == ENGINE_WAITING) {
		g_autofree char *last = last_run(acc, now, zone);
		g_string_append_printf(s, "%s%s", s->len ? " · " : "", last);
	}
	return g_string_free(g_steal_pointer(&s), FALSE);
}
