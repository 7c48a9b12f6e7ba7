/* rights.c - what an account and its mailboxes allow: quota (RFC 9208) and rights (RFC 4314); and the server's own names of
 * things (OBJECTID, RFC 8474).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/token.h"

#include <string.h>

/* "(STORAGE 10 512 MESSAGE 5 100)"; some say nothing at all behind the name (SERVERS fact 5): skipped. */
static void
parse_quota(Tokens *t, ImapResponse *r)
{
	ImapQuota *q = &r->quota;

	token_spaces(t);
	q->root = token_string(t);
	if (!q->root)
		q->root = g_strdup("");
	token_spaces(t);
	if (!token_open(t)) {
		t->bad = true;
		return;
	}
	while (!t->bad && !token_close(t)) {
		token_spaces(t);
		bool storage = token_word(t, "STORAGE"), messages = !storage && token_word(t, "MESSAGE");
		if (!storage && !messages) {
			token_skip(t);
			token_spaces(t);
		}
		token_spaces(t);
		guint64 used = token_u63(t);
		token_spaces(t);
		guint64 limit = token_u63(t);
		if (storage) {
			q->has_storage = true;
			q->storage = used;
			q->storage_limit = limit;
		} else if (messages) {
			q->has_messages = true;
			q->messages = used;
			q->messages_limit = limit;
		}
	}
}

/* A mailbox and the roots that it counts for. */
static void
parse_quota_root(Tokens *t, ImapResponse *r)
{
	g_autoptr(GPtrArray) roots = g_ptr_array_new_with_free_func(g_free);

	token_spaces(t);
	r->list.name = token_string(t);
	for (;;) {
		token_spaces(t);
		if (t->bad || t->p == t->end)
			break;
		char *root = token_string(t);
		g_ptr_array_add(roots, root ? root : g_strdup(""));
	}
	g_ptr_array_add(roots, NULL);
	r->words = g_strdupv((char **)roots->pdata);
	if (!r->list.name)
		t->bad = true;
}

static void
parse_my_rights(Tokens *t, ImapResponse *r)
{
	token_spaces(t);
	r->list.name = token_string(t);
	token_spaces(t);
	r->rights = token_string(t);
	if (!r->list.name || !r->rights)
		t->bad = true;
}

bool
imap_parse_right(Tokens *t, ImapResponse *r)
{
	if (token_word(t, "QUOTA")) {
		r->kind = IMAP_RESP_QUOTA;
		parse_quota(t, r);
	} else if (token_word(t, "QUOTAROOT")) {
		r->kind = IMAP_RESP_QUOTAROOT;
		parse_quota_root(t, r);
	} else if (token_word(t, "MYRIGHTS")) {
		r->kind = IMAP_RESP_MYRIGHTS;
		parse_my_rights(t, r);
	} else {
		return false;
	}
	return true;
}

char *
token_object_id(Tokens *t)
{
	if (token_word(t, "NIL"))
		return NULL;
	if (!token_open(t)) {
		t->bad = true;
		return NULL;
	}
	token_spaces(t);
	g_autofree char *id = token_string(t);
	if (!token_close(t))
		t->bad = true;
	return t->bad ? NULL : g_steal_pointer(&id);
}
