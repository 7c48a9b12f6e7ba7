/* compose.h - a draft becomes a message, and a received message becomes what the list shows. Both in a process beside us.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * GMime is not in the main process: `eilpost-render compose` builds (it may read the attachments' files: it works on the
 * person's own text), the sealed worker reads. Synchronous, for the engine's thread. */
#pragma once

#include "mail/draft.h"
#include "mail/summary.h"
#include "render/client.h"

typedef struct {
	char *sender;		/* owned: envelope sender, bare */
	char **recipients;	/* owned: bare, To, Cc and Bcc, each once, in order; NULL-terminated */
	GBytes *message;	/* owned: as it leaves and as it is filed: CRLF only, no Bcc field, final line end; Message-ID and Date of the draft */
	bool has_8bit;		/* else 7bit: 8BITMIME is not needed */
	bool needs_utf8;	/* an address needs SMTPUTF8 (RFC 6531) */
	char *subject, *to;	/* owned: UTF-8, for the outbox list */
	char *message_id;	/* owned: with angle brackets; of a bounce the Resent-Message-ID */
} Composed;
void composed_free(Composed *c);

/* A draft may have no recipients yet: who sends it asks draft_check first. Fills d->message_id and d->date if they are not there. from: "Name <a@b>" used if the draft's From is empty. NULL: EIL_ASK_USER with a sentence (bad
 * address, attachment gone), EIL_LATER (the program could not be run, no memory). */
Composed *compose_message(Draft *d, const char *from, GError **err);
/* The same of a message that came on standard input (sendmail face): recipients from the command line, or (from_header) from To, Cc, Bcc; Bcc is
 * taken out; Date, Message-ID, From are added if they lack. */
Composed *compose_raw(GBytes *message, const char *from, const char *const *recipients, bool from_header, GError **err);

/* n messages in one go; a message that can't be read gives an empty summary: never fails. */
void render_summaries(Render *r, GBytes *const *messages, gsize n, Summary *out);
void summary_put(GByteArray *out, Summary *s);	/* the worker's side of it: the record of one */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Composed, composed_free)
