/* compose.h - the message of a draft, written to a descriptor.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Runs in `eilpost-render compose` (src/render/composer.c), and in tests. CRLF only, no Bcc field, a line end at the end;
 * the same draft gives the same bytes, because what is random in it hangs on its Message-ID. */
#pragma once

#include "mail/draft.h"

typedef struct {
	char *sender;		/* owned: bare */
	GPtrArray *recipients;	/* owned: of char*, bare, each once */
	bool has_8bit, needs_utf8;
	char *subject, *to;	/* owned: UTF-8 */
} Envelope;
void envelope_init(Envelope *e);
void envelope_clear(Envelope *e);

/* d->message_id and d->date are there. It may have no recipients yet: who sends it asks draft_check first. zone: of the Date field. False: EIL_ASK_USER with a sentence, EIL_LATER. */
bool compose_write(const Draft *d, const char *from, GTimeZone *zone, int fd, Envelope *e, GError **err);

/* A message as programs give it to sendmail. */
typedef struct {
	const char *from;		/* "Name <a@b>": the envelope's sender, and From if it lacks; NULL: as the message says */
	const char *const *recipients;	/* NULL-terminated; or NULL */
	bool from_header;		/* and those of To, Cc, Bcc (of the Resent- fields if there are such) */
	const char *message_id;		/* used if it has none */
	gint64 date;
	GTimeZone *zone;
} RawMail;
/* *message_id gets what it has in the end, yours. */
bool compose_write_raw(const char *bytes, gsize len, const RawMail *in, int fd, Envelope *e, char **message_id, GError **err);
