/* compose_private.h - what the writers of messages share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "mail/compose.h"
#include "mail/encode.h"
#include "mail/transfer.h"

/* "Name <a@b>" as a mailbox; its domain becomes A-labels. False: a sentence that names the entry. */
bool compose_mailbox(const char *entry, Mailbox *m, bool *is_utf8, GError **err);
GArray *compose_mailboxes(const char *list, bool *is_utf8, GError **err);	/* of Mailbox; yours */
void envelope_add(Envelope *e, const char *address);	/* unless it is there */
/* "Bcc" and "Resent-Bcc" never leave. */
bool compose_is_secret(const char *name, gsize len);
/* What a Transfer ran into, as a sentence. */
void compose_set_error(int error, GError **err);
