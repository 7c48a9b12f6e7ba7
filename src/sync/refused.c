/* refused.c - what a refused sign-in means (the row of conf/refusals.h), and what the log tells of the connection itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Only what time heals is tried again without the person (SEED S2, S4). */
#include "config.h"
#include "sync/engine_private.h"
#include "base/intl.h"

#include <string.h>

#define SLOW_SIGN_IN_MS 2000

const Refusal *
refused_row(const Engine *e, RefusalBy by, const char *said)
{
	return refusal_find(by, e->account->auth == AUTH_OAUTH2, said);
}

char *
refused_sentence(const Engine *e, RefusalBy by, const Refusal *row, const char *words, const char *tail)
{
	const ServerUrl *url = by == SAYS_SMTP ? &e->account->send : &e->account->receive;
	RefusalPlace place = { .user = url->user ? url->user : account_user(e->account), .host = url->host, .by = by, .said = words };
	g_autofree char *sentence = refusal_sentence(row, &place);
	const char *again = row->again ? _("eilpost tries again by itself.") : NULL;
	char *whole = g_strjoin(" ", sentence, tail ? tail : again, tail ? again : NULL, NULL);

	return sentence_with_server(whole, words);
}

bool
refused_service(Engine *e, const ImapResponse *r)
{
	if (r->status == IMAP_OK || !r->text)
		return false;
	g_autofree char *said = g_strdup_printf("%s %s", r->status == IMAP_BAD ? "BAD" : "NO", r->text);
	const Refusal *row = refused_row(e, SAYS_IMAP, said);
	if (!row || row->cause != CAUSE_SERVICE_OFF)
		return false;
	char *sentence = refused_sentence(e, SAYS_IMAP, row, r->text, NULL);
	if (!row->again)
		engine_refused(e);
	connect_lost(e, row->again ? EIL_LATER : EIL_REFUSED, sentence);
	return true;
}

void
sign_in_took(Engine *e, gint64 ms)
{
	g_autofree char *told = db_fact(e->db, "slow-sign-in");
	GError *err = NULL;

	if (ms < SLOW_SIGN_IN_MS || (told && *told))
		return;
	g_autofree char *now = g_strdup_printf("%" G_GINT64_FORMAT, ms);
	if (!store_begin(e, &err) || !db_set_fact(e->db, "slow-sign-in", now, &err) || !db_commit(e->db, &err))
		db_rollback(e->db);
	g_clear_error(&err);
	Letter *l = letter_new(LETTER_NOTE);
	l->text = g_strdup_printf(_("%s takes %.1f s to answer a sign-in; that is the server, not the network here. It is said once."),
		e->account->receive.host, (double)ms / 1000);
	engine_tell(e, l);
}

void
trace_stage(Engine *e, const char *protocol, LinkStage stage)
{
	static const char *const words[] = { [LINK_TCP] = "connected", [LINK_TLS_HANDSHAKE] = "securing the connection (TLS)", [LINK_OPEN] = "the connection is open" };
	trace_line(e->trace, protocol, '-', words[stage], -1);
}

void
trace_ends(Engine *e, const char *protocol, const Link *link)
{
	if (link)
		trace_printf(e->trace, protocol, '-', "closed after %" G_GUINT64_FORMAT " bytes in, %" G_GUINT64_FORMAT " bytes out", link_bytes_in(link), link_bytes_out(link));
}

void
trace_tell(Engine *e)
{
	Letter *l = letter_new(LETTER_TRACE);
	l->text = trace_text(e->trace);
	engine_tell(e, l);
}
