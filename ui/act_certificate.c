/* act_certificate.c - commands of the certificate pane, and what the engines tell of their servers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/certificate.h"
#include "base/intl.h"

#include <string.h>

static bool
is_of(const Peer *p, const ServerUrl *url)
{
	return url->host && p->port == url->port && !g_strcmp0(p->host, url->host);
}

/* The last word of each server that the account still has. */
void
certificate_came(AppAccount *acc, const Letter *l)
{
	if (!acc->peers)
		acc->peers = g_ptr_array_new_with_free_func((GDestroyNotify)peer_unref);
	for (guint i = acc->peers->len; i-- > 0; ) {
		const Peer *was = g_ptr_array_index(acc->peers, i);
		bool same = was->port == l->peer->port && !g_strcmp0(was->host, l->peer->host);
		if (same || (!is_of(was, &acc->account->receive) && !is_of(was, &acc->account->send)))
			g_ptr_array_remove_index(acc->peers, i);
	}
	g_ptr_array_add(acc->peers, peer_ref(l->peer));
}

Clean *
certificate_trouble(App *a, const AppAccount *acc)
{
	for (guint i = 0; acc->peers && i < acc->peers->len; i++) {
		if (!peer_refused(g_ptr_array_index(acc->peers, i)))
			continue;
		g_autofree char *key = keymap_first_key(a->keymap, app_where(a), CMD_certificate);
		return clean_printf(_("%s: certificate · %s"), key ? key : ":certificate", clean_peek(acc->trouble));
	}
	return clean_dup(acc->trouble);
}

/* ---- commands ---- */

void
cmd_certificate(App *a, const char *arg)
{
	AppAccount *found = arg && *arg ? NULL : app_account(a);

	for (guint i = 0; arg && i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (!strcmp(acc->account->name, arg))
			found = acc;
	}
	if (found)
		certificate_open(a, found->number);
	else
		app_say(a, STYLE_WARN, _("There is no account “%s”."), arg ? arg : "");
}

static void
or_say(App *a, bool did)
{
	if (!did)
		app_say(a, STYLE_STATUS, "%s", _("There is nothing to do that with now."));
}

void
cmd_certificate_accept(App *a, const char *arg)
{
	or_say(a, certificate_accept(a));
}

void
cmd_certificate_remove(App *a, const char *arg)
{
	or_say(a, certificate_remove(a));
}

void
cmd_certificate_next(App *a, const char *arg)
{
	or_say(a, certificate_next(a));
}
