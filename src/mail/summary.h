/* summary.h - what the list and the store know of a message, from its bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * For mail that came without a server's ENVELOPE (POP3, files, the outbox). summary_of reads foreign bytes and runs
 * in the worker; the record crosses to the main process in src/render/summaries.c. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	/* owned: UTF-8, decoded, one line; lists as "Name <a@b>, ..." as in store/messages.h; or NULL */
	char *subject, *from_name, *from_address, *to, *cc, *reply_to;
	char *message_id, *in_reply_to, *references;	/* owned, or NULL */
	gint64 sent;		/* 0: no valid Date */
	gint64 received;	/* of the topmost Received; 0: none */
	guint32 traits;		/* MessageTraits, as numbers */
} Summary;

/* Any bytes: a whole message, or its header alone (then the traits know its own type only). Total and bounded. */
void summary_of(const char *raw, gsize len, Summary *out);
void summary_clear(Summary *s);
